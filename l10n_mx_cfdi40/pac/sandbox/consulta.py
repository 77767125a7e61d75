"""The SAT's status service (ConsultaCFDIService) over the engine: SOAP 1.1, the answers as the real one writes them."""

from lxml import etree

from ...cfdi.errors import SatError, XmlError
from ...cfdi.estado import EstadoSat
from ...cfdi.parse import arbol
from ..engine import Engine
from .messages import Request, Response, Routes

PATH = "/sat/ConsultaCFDIService.svc"

_SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
_TEMPURI = "http://tempuri.org/"
_MEMBERS = "http://schemas.datacontract.org/2004/07/Sat.Cfdi.Negocio.ConsultaCfdi.Servicio"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_MAXIMUM_BYTES = 100_000


def routes(engine: Engine) -> Routes:
    """What this protocol serves."""
    return {("POST", PATH): lambda request: _consult(engine, request), ("GET", PATH): _describe}


def _consult(engine: Engine, request: Request) -> Response:
    try:
        root = arbol(request.body, _MAXIMUM_BYTES)
    except XmlError as error:
        return _fault(400, "Client", str(error))
    expression = next(root.iter(f"{{{_TEMPURI}}}expresionImpresa"), None)
    if expression is None:
        return _fault(500, "Client", "The message has no expresionImpresa.")
    try:
        state = engine.estado(expression.text or "")
    except SatError as error:
        match error.code:
            case "timeout":
                return Response(silence=True)
            case "unreachable":
                return Response(hang_up=True)
            case _:
                return _fault(503, "Server", str(error))
    return Response(body=answer(state))


def answer(state: EstadoSat) -> bytes:
    """The envelope of an answer. What has no value is written as an empty member, as the SAT does."""
    root = etree.Element(etree.QName(_SOAP, "Envelope"), nsmap={"s": _SOAP})
    body = etree.SubElement(root, etree.QName(_SOAP, "Body"))
    call = etree.SubElement(body, etree.QName(_TEMPURI, "ConsultaResponse"), nsmap={None: _TEMPURI})
    result = etree.SubElement(call, etree.QName(_TEMPURI, "ConsultaResult"), nsmap={"a": _MEMBERS, "i": _XSI})
    for name, value in (
        ("CodigoEstatus", state.codigo_estatus), ("DetallesValidacionEFOS", None),
        ("EsCancelable", state.es_cancelable or ""), ("Estado", state.estado or ""),
        ("EstatusCancelacion", state.estatus_cancelacion or ""), ("ValidacionEFOS", state.validacion_efos),
    ):
        member = etree.SubElement(result, etree.QName(_MEMBERS, name))
        if value is None:
            member.set(etree.QName(_XSI, "nil"), "true")
        else:
            member.text = str(value)
    return etree.tostring(root, encoding="utf-8")


def _fault(status: int, side: str, text: str) -> Response:
    root = etree.Element(etree.QName(_SOAP, "Envelope"), nsmap={"s": _SOAP})
    fault = etree.SubElement(etree.SubElement(root, etree.QName(_SOAP, "Body")), etree.QName(_SOAP, "Fault"))
    etree.SubElement(fault, "faultcode").text = f"s:{side}"
    etree.SubElement(fault, "faultstring").text = text
    return Response(status, etree.tostring(root, encoding="utf-8"))


def _describe(request: Request) -> Response:
    if request.query.lower() not in ("wsdl", "singlewsdl"):
        return Response(405, b"POST a question here, or GET ?wsdl\n", "text/plain")
    return Response(body=_WSDL.format(address=request.address, path=PATH).encode())


# Our own description of the service: one operation, one text in and six out.
_WSDL = """<?xml version="1.0" encoding="utf-8"?>
<wsdl:definitions name="ConsultaCFDIService" targetNamespace="http://tempuri.org/"
    xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/"
    xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:tns="http://tempuri.org/"
    xmlns:r="http://schemas.datacontract.org/2004/07/Sat.Cfdi.Negocio.ConsultaCfdi.Servicio">
  <wsdl:types>
    <xs:schema elementFormDefault="qualified"
        targetNamespace="http://schemas.datacontract.org/2004/07/Sat.Cfdi.Negocio.ConsultaCfdi.Servicio">
      <xs:complexType name="Acuse">
        <xs:sequence>
          <xs:element name="CodigoEstatus" type="xs:string" minOccurs="0" nillable="true"/>
          <xs:element name="DetallesValidacionEFOS" type="xs:string" minOccurs="0" nillable="true"/>
          <xs:element name="EsCancelable" type="xs:string" minOccurs="0" nillable="true"/>
          <xs:element name="Estado" type="xs:string" minOccurs="0" nillable="true"/>
          <xs:element name="EstatusCancelacion" type="xs:string" minOccurs="0" nillable="true"/>
          <xs:element name="ValidacionEFOS" type="xs:string" minOccurs="0" nillable="true"/>
        </xs:sequence>
      </xs:complexType>
    </xs:schema>
    <xs:schema elementFormDefault="qualified" targetNamespace="http://tempuri.org/">
      <xs:import namespace="http://schemas.datacontract.org/2004/07/Sat.Cfdi.Negocio.ConsultaCfdi.Servicio"/>
      <xs:element name="Consulta">
        <xs:complexType>
          <xs:sequence>
            <xs:element name="expresionImpresa" type="xs:string" minOccurs="0" nillable="true"/>
          </xs:sequence>
        </xs:complexType>
      </xs:element>
      <xs:element name="ConsultaResponse">
        <xs:complexType>
          <xs:sequence><xs:element name="ConsultaResult" type="r:Acuse" minOccurs="0" nillable="true"/></xs:sequence>
        </xs:complexType>
      </xs:element>
    </xs:schema>
  </wsdl:types>
  <wsdl:message name="ConsultaIn"><wsdl:part name="parameters" element="tns:Consulta"/></wsdl:message>
  <wsdl:message name="ConsultaOut"><wsdl:part name="parameters" element="tns:ConsultaResponse"/></wsdl:message>
  <wsdl:portType name="IConsultaCFDIService">
    <wsdl:operation name="Consulta">
      <wsdl:input message="tns:ConsultaIn"/>
      <wsdl:output message="tns:ConsultaOut"/>
    </wsdl:operation>
  </wsdl:portType>
  <wsdl:binding name="Basic" type="tns:IConsultaCFDIService">
    <soap:binding transport="http://schemas.xmlsoap.org/soap/http"/>
    <wsdl:operation name="Consulta">
      <soap:operation soapAction="http://tempuri.org/IConsultaCFDIService/Consulta" style="document"/>
      <wsdl:input><soap:body use="literal"/></wsdl:input>
      <wsdl:output><soap:body use="literal"/></wsdl:output>
    </wsdl:operation>
  </wsdl:binding>
  <wsdl:service name="ConsultaCFDIService">
    <wsdl:port name="Basic" binding="tns:Basic"><soap:address location="{address}{path}"/></wsdl:port>
  </wsdl:service>
</wsdl:definitions>
"""
