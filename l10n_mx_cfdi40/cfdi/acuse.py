"""What the cancellation service answers: acknowledgements of requests, and the list of related documents.

Each PAC wraps the SAT's answer in its own way, so they are read by local names. An acknowledgement is evidence, and its
seal (HMAC) can be verified by nobody but the SAT. It says that a request was received: not that anything is cancelled.
"""
import re
from dataclasses import dataclass
from datetime import datetime

from lxml import etree

from . import xmldsig
from .cancelacion import ESPACIO, XSD
from .errors import XmlError
from .firma_xml import C14N, DECLARACION, DS
from .parse import arbol
from .schema import XSI

#: Largest answer read, in bytes.
MAXIMO_BYTES = 5_000_000

_FECHA = re.compile(r'([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(\.[0-9]{1,9})?'
                    '(?:[+-][0-9]{2}:?[0-9]{2})?')
_CLAVE = re.compile(r'Clave:?\s*([0-9]{4})', re.IGNORECASE)
_SELLO = (
    f'<Signature Id="SelloSAT" xmlns="{DS}"><SignedInfo><CanonicalizationMethod Algorithm="{C14N}"/>'
    '<SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#hmac-sha512"/><Reference URI=""><Transforms>'
    '<Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116">'
    "<XPath>not(ancestor-or-self::*[local-name()='Signature'])</XPath></Transform></Transforms>"
    '<DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha512"/><DigestValue/></Reference></SignedInfo>'
    '<SignatureValue/><KeyInfo><KeyName>SelloSAT</KeyName></KeyInfo></Signature>'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FolioAcuse:
    """What was answered about a document. ``estatus`` is EstatusUUID: '201' received, '202' already requested, '203' to
    '213' refused... ``extemporaneo`` and ``motivo`` come only in newer acknowledgements."""
    uuid: str
    estatus: str
    motivo: str | None = None
    extemporaneo: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Acuse:
    """The answer to a request of cancellation. ``fecha`` is the SAT's local time, naive. ``cod_estatus`` comes when the
    request as a whole was refused ('300' to '314')."""
    rfc_emisor: str
    fecha: datetime | None
    cod_estatus: str | None = None
    folios: tuple[FolioAcuse, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FolioRespuesta:
    """What was answered about a receptor's answer; ``estatus`` is '1000' received, '1001' to '1006' refused."""
    uuid: str
    respuesta: str
    estatus: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AcuseRespuesta:
    """The answer to a receptor's acceptance or refusal (AcuseAceptacionRechazo). ``cod_estatus`` is that of the whole;
    each document has its own, which may well be another."""
    rfc_receptor: str
    rfc_pac: str
    fecha: datetime | None
    cod_estatus: str | None = None
    folios: tuple[FolioRespuesta, ...] = ()


@dataclass(frozen=True, slots=True)
class Relacionado:
    """A document related to the one that was asked about."""
    uuid: str
    rfc_emisor: str = ''
    rfc_receptor: str = ''


@dataclass(frozen=True, slots=True, kw_only=True)
class RespuestaRelacionados:
    """The related documents: ``padres`` refer to the one asked about, ``hijos`` are those that it refers to (so in
    practice; the SAT does not define it). ``resultado`` is the SAT's sentence."""
    uuid: str
    resultado: str
    padres: tuple[Relacionado, ...] = ()
    hijos: tuple[Relacionado, ...] = ()

    @property
    def clave(self) -> str | None:
        """The code in ``resultado``: '2000' there are, '2001' there are none, '2002' not a document of who asks."""
        encontrada = _CLAVE.search(self.resultado)
        return encontrada.group(1) if encontrada else None


def leer_acuse(xml: bytes) -> Acuse:
    """The acknowledgement of a cancellation, bare or inside a SOAP answer.

    :raises XmlError: those of ``parse.arbol``, no_es_acuse.
    """
    raiz = _buscar(xml, ('CancelaCFDResult', 'Acuse'))
    return Acuse(
        rfc_emisor=_dato(raiz, 'RfcEmisor') or '', fecha=_fecha(_dato(raiz, 'Fecha')),
        cod_estatus=_dato(raiz, 'CodEstatus'), folios=tuple(
            FolioAcuse(uuid=(_dato(folio, 'UUID') or '').upper(), estatus=_dato(folio, 'EstatusUUID') or '',
                       motivo=_dato(folio, 'Motivo'), extemporaneo=_dato(folio, 'Extemporaneo'))
            for folio in _folios(raiz)))


def leer_acuse_respuesta(xml: bytes) -> AcuseRespuesta:
    """The acknowledgement of a receptor's answer. Errors as ``leer_acuse``."""
    raiz = _buscar(xml, ('AcuseAceptacionRechazo', 'ProcesarRespuestaResult'))
    return AcuseRespuesta(
        rfc_receptor=_dato(raiz, 'RfcReceptor') or '', rfc_pac=_dato(raiz, 'RfcPac') or '',
        fecha=_fecha(_dato(raiz, 'Fecha')), cod_estatus=_dato(raiz, 'CodEstatus'), folios=tuple(
            FolioRespuesta(uuid=(_dato(folio, 'UUID') or '').upper(), respuesta=_dato(folio, 'Respuesta') or '',
                           estatus=_dato(folio, 'EstatusUUID') or '') for folio in _folios(raiz)))


def leer_relacionados_respuesta(xml: bytes) -> RespuestaRelacionados:
    """The answer to ``firmar_relacionados``. Errors as ``leer_acuse``."""
    raiz = _buscar(xml, ('ConsultaRelacionados', 'ProcesarRespuestaResult'))
    return RespuestaRelacionados(
        uuid=(_dato(raiz, 'UuidConsultado') or '').upper(), resultado=_dato(raiz, 'Resultado') or '',
        padres=_relacionados(raiz, 'UuidsRelacionadosPadres'), hijos=_relacionados(raiz, 'UuidsRelacionadosHijos'))


def escribir_acuse(acuse: Acuse, llave: bytes = b'') -> bytes:
    """An acknowledgement as the SAT writes it, for who simulates it; with ``llave``, sealed like the SAT's (HMAC).

    :raises SealError: those of ``xmldsig.cargar``.
    """
    raiz = _raiz('Acuse', Fecha=_escrita(acuse.fecha), RfcEmisor=acuse.rfc_emisor, CodEstatus=acuse.cod_estatus)
    for folio in acuse.folios:
        nodo = etree.SubElement(raiz, f'{{{ESPACIO}}}Folios', nsmap={None: ESPACIO})
        _hijo(nodo, 'UUID', folio.uuid)
        _hijo(nodo, 'EstatusUUID', folio.estatus)
        _hijo(nodo, 'Motivo', folio.motivo)
        _hijo(nodo, 'Extemporaneo', folio.extemporaneo)
    return _sellado(raiz, llave)


def escribir_acuse_respuesta(acuse: AcuseRespuesta, llave: bytes = b'') -> bytes:
    """The same for the acknowledgement of a receptor's answer."""
    raiz = _raiz('AcuseAceptacionRechazo', RfcReceptor=acuse.rfc_receptor, RfcPac=acuse.rfc_pac,
                 CodEstatus=acuse.cod_estatus, Fecha=_escrita(acuse.fecha))
    for folio in acuse.folios:
        nodo = etree.SubElement(raiz, f'{{{ESPACIO}}}Folios', Respuesta=folio.respuesta, nsmap={None: ESPACIO})
        _hijo(nodo, 'UUID', folio.uuid)
        _hijo(nodo, 'EstatusUUID', folio.estatus)
    return _sellado(raiz, llave)


def escribir_relacionados_respuesta(respuesta: RespuestaRelacionados) -> bytes:
    """The answer about related documents as the SAT writes it (it carries no seal)."""
    raiz = etree.Element(f'{{{ESPACIO}}}ConsultaRelacionados', nsmap={None: ESPACIO, 'xsd': XSD, 'xsi': XSI})
    _hijo(raiz, 'UuidConsultado', respuesta.uuid)
    _hijo(raiz, 'Resultado', respuesta.resultado)
    for lista, nombre, relacionados in (('UuidsRelacionadosPadres', 'UuidPadre', respuesta.padres),
                                        ('UuidsRelacionadosHijos', 'UuidRelacionado', respuesta.hijos)):
        grupo = etree.SubElement(raiz, f'{{{ESPACIO}}}{lista}')
        for uno in relacionados:
            nodo = etree.SubElement(grupo, f'{{{ESPACIO}}}{nombre}')
            _hijo(nodo, 'Uuid', uno.uuid)
            _hijo(nodo, 'RfcEmisor', uno.rfc_emisor)
            _hijo(nodo, 'RfcReceptor', uno.rfc_receptor)
    return DECLARACION + etree.tostring(raiz, encoding='UTF-8')


def _local(nodo):
    return etree.QName(nodo).localname if isinstance(nodo.tag, str) else ''


def _buscar(xml, nombres):
    """The first element of one of those names that says something (PACs also wrap a text in one of that name)."""
    raiz = arbol(xml, MAXIMO_BYTES)
    for nodo in raiz.iter():
        if _local(nodo) in nombres and (nodo.attrib or len(nodo)):
            return nodo
    raise XmlError('no_es_acuse', 'La respuesta no trae el acuse del SAT. Consulte el estatus de la factura: la '
                   'solicitud pudo haberse recibido.', nodo=raiz.tag)


def _dato(nodo, nombre):
    """An attribute or the text of a child, by local name and whatever its case; None if missing or empty."""
    for escrito, valor in nodo.attrib.items():
        if etree.QName(escrito).localname.lower() == nombre.lower():
            return valor.strip() or None
    for hijo in nodo:
        if _local(hijo).lower() == nombre.lower():
            return ''.join(hijo.itertext(etree.Element)).strip() or None
    return None


def _folios(raiz):
    """The nodes that tell the state of a document."""
    return [nodo for nodo in raiz.iter(etree.Element) if _dato(nodo, 'EstatusUUID')]


def _relacionados(raiz, lista):
    return tuple(
        Relacionado(_dato(nodo, 'Uuid').upper(), _dato(nodo, 'RfcEmisor') or '', _dato(nodo, 'RfcReceptor') or '')
        for grupo in raiz.iter(etree.Element) if _local(grupo) == lista
        for nodo in grupo.iterchildren(etree.Element) if _dato(nodo, 'Uuid'))


def _fecha(escrita):
    """The SAT writes up to seven decimals, and some PACs an offset; the local time is what is kept."""
    partes = _FECHA.fullmatch(escrita or '')
    if partes is None:
        return None
    try:
        return datetime.fromisoformat(partes.group(1) + (partes.group(2) or '.0')[:7].ljust(7, '0'))
    except ValueError:
        return None


def _escrita(fecha):
    return fecha.isoformat() if fecha else None


def _raiz(nombre, **atributos):
    return etree.Element(nombre, {clave: valor for clave, valor in atributos.items() if valor is not None},
                         nsmap={'xsd': XSD, 'xsi': XSI})


def _hijo(padre, nombre, texto):
    if texto is not None:
        etree.SubElement(padre, f'{{{ESPACIO}}}{nombre}').text = texto


def _sellado(raiz, llave):
    if llave:
        firma = etree.fromstring(_SELLO)
        raiz.append(firma)
        xmlsec = xmldsig.cargar()
        contexto = xmlsec.SignatureContext()
        contexto.key = xmlsec.Key.from_binary_data(xmlsec.KeyData.HMAC, llave)
        contexto.sign(firma)
        valor = firma.find(f'{{{DS}}}SignatureValue')
        valor.text = ''.join(valor.text.split())
    return DECLARACION + etree.tostring(raiz, encoding='UTF-8')
