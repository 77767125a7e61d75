"""Prodigia (PADE) over the engine: its small XML answers, by plain HTTP and inside SOAP."""

import base64
import binascii
from urllib.parse import parse_qs

from lxml import etree

from ...cfdi.timbre import leer_timbre
from .. import faults
from ..base import Accepted, Received, Refused, Unknown
from ..codes import LATE_STAMP, SIN_FOLIOS
from ..engine import Engine
from .messages import Request, Response, Routes
from .soap import ENVELOPE, BadCall, Call, fault, read_call, trouble, uuid_in

_SPACE = "timbrado.ws.pade.mx"
_SIGNED = "XML_CANCELACION:"

BAD_LOGIN = "Usuario y/o contraseña incorrectos"
REPEATED = "El CFDI contiene un timbre previo"
NOT_CANCELLED = "El CFDI no está cancelado"
# Our codes as this PAC says them. The real number of used-up credits is not published: a stand-in, with a text that
# says what it is about.
_STAMPING = {"300": ("1", BAD_LOGIN), SIN_FOLIOS: ("6", "El contrato no tiene timbres disponibles")}


def routes(engine: Engine) -> Routes:
    """What this protocol serves."""
    desk = Prodigia(engine)
    return {
        ("POST", "/servicio/rest/timbrado40"): desk.stamp,
        ("GET", "/servicio/rest/consulta/cfdPorUUID"): desk.by_uuid,
        ("POST", "/servicio/Timbrado4.0"): desk.soap,
    }


class Prodigia:
    """Who answers each call. The contract is the store's, whatever it is called."""

    def __init__(self, engine: Engine):
        self._engine = engine

    # Plain HTTP

    def stamp(self, request: Request) -> Response:
        again = "REGRESAR_CON_ERROR_307_XML" in parse_qs(request.query).get("opciones", [])
        outcome = self._engine.stamp(request.body, **_basic(request))
        match outcome:
            case Accepted(xml=xml, repeated=True):
                return _plain("servicioTimbrado", self._stamped("307", REPEATED, xml if again else None))
            case Accepted(xml=xml):
                return _plain("servicioTimbrado", self._stamped("0", "", xml))
            case Unknown(reason=reason) if reason == LATE_STAMP:
                return _plain("servicioTimbrado", self._stamped("307", REPEATED, None))
            case Refused():
                code, text = _STAMPING.get(outcome.code, (outcome.code, outcome.message))
                found = outcome.params.get("findings")
                if found:
                    code, text = "301", "|".join(f"{one}: {told}" for one, told in found)
                elif not code.isdigit():
                    code, text = "301", f"{code}: {text}"
                return _plain("servicioTimbrado", self._stamped(code, text, None))
            case _:
                return trouble(outcome)

    def _stamped(self, code: str, text: str, xml: bytes | None) -> dict[str, str]:
        told = {
            "id": "1", "timbradoOk": "true" if code == "0" else "false", "contrato": "", "codigo": code,
            "mensaje": text, "version": "1.1",
        }
        if xml is not None:
            timbre = leer_timbre(xml)
            told |= {
                "UUID": timbre.uuid, "FechaTimbrado": timbre.fecha_timbrado.isoformat(),
                "noCertificadoSAT": timbre.no_certificado_sat, "selloSAT": timbre.sello_sat,
                "xmlBase64": base64.b64encode(xml).decode("ascii"),
            }
        return told

    def by_uuid(self, request: Request) -> Response:
        visit = self._engine.visit(faults.CHECK, **_basic(request))
        if isinstance(visit, Unknown):
            return trouble(visit)
        if isinstance(visit, Refused):
            return _plain("servicioConsulta", {"consultaOk": "false", "codigo": "1", "mensaje": BAD_LOGIN})
        uuid = parse_qs(request.query).get("uuid", [""])[0].upper()
        xml = next((stamp.xml for stamp in self._engine.stamps() if stamp.uuid == uuid), None)
        return _plain("servicioConsulta", _found(xml, "602", "El CFDI no existe"))

    # SOAP

    def soap(self, request: Request) -> Response:
        try:
            call = read_call(request.body)
            match call.operation:
                case "cancelarConOpciones":
                    return self._cancel(call)
                case "acuseCancelacion":
                    return self._receipt(call)
                case _:
                    return fault(f"No operation {call.operation}")
        except BadCall as error:
            return fault(str(error))

    def _cancel(self, call: Call) -> Response:
        option = call.text("opciones")
        try:
            signed = base64.b64decode(option.removeprefix(_SIGNED), validate=True)
        except (binascii.Error, ValueError):
            raise BadCall("XML_CANCELACION is not base64") from None
        uuid = uuid_in(signed)
        outcome = self._engine.cancel(signed, uuid=uuid, **_login(call))
        match outcome:
            case Received(code=code, acuse=acuse):
                return _soap(call, "servicioCancel", _folio(uuid, code, acuse))
            case Refused(code="300"):
                return _soap(call, "servicioCancel", {"statusOk": "false", "codigo": "1", "mensaje": BAD_LOGIN})
            case Refused(code=code) if code.startswith("2") or code == "no_cancelable":
                number = "94" if code == "no_cancelable" else code
                return _soap(call, "servicioCancel", _folio(uuid, number, outcome.params.get("acuse")))
            case Refused(code=code, message=text):
                number = "7" if code == "708" else code
                return _soap(call, "servicioCancel", {"statusOk": "false", "codigo": number, "mensaje": text})
            case _:
                return trouble(outcome)

    def _receipt(self, call: Call) -> Response:
        visit = self._engine.visit(faults.RECEIPT, **_login(call))
        if isinstance(visit, Unknown):
            return trouble(visit)
        if isinstance(visit, Refused):
            return _soap(call, "servicioConsulta", {"consultaOk": "false", "codigo": "1", "mensaje": BAD_LOGIN})
        uuid = call.text("uuid").upper()
        acuse = next((one.acuse for one in reversed(self._engine.requests()) if one.uuid == uuid and one.acuse), None)
        return _soap(call, "servicioConsulta", _found(acuse, "21", NOT_CANCELLED))


def _basic(request: Request) -> dict[str, str]:
    """User and password of HTTP Basic; empty ones when they cannot be read."""
    scheme, _blank, told = request.headers.get("authorization", "").partition(" ")
    try:
        user, _colon, password = base64.b64decode(told, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        scheme = ""
    return {"user": user, "password": password} if scheme == "Basic" else {"user": "", "password": ""}


def _login(call: Call) -> dict[str, str]:
    return {"user": call.text("usuario"), "password": call.text("passwd")}


def _found(xml: bytes | None, code: str, text: str) -> dict[str, str]:
    if xml is None:
        return {"consultaOk": "false", "codigo": code, "mensaje": text}
    return {"consultaOk": "true", "codigo": "0", "mensaje": "", "xmlBase64": base64.b64encode(xml).decode("ascii")}


def _folio(uuid: str, code: str, acuse: bytes | None) -> dict:
    done = code in ("201", "202")
    return {
        "statusOk": "true" if done else "false", "codigo": "0", "procesados": "1", "cancelados": "1" if done else "0",
        "mensaje": "", "cancelaciones": {"cancelacion": {"uuid": uuid, "codigo": code, "mensaje": ""}},
        "acuseCancelBase64": base64.b64encode(acuse).decode("ascii") if acuse else "",
    }


def _xml(name: str, members) -> etree._Element:
    node = etree.Element(name)
    for member, value in members.items():
        if isinstance(value, dict):
            node.append(_xml(member, value))
        else:
            etree.SubElement(node, member).text = value
    return node


def _plain(name: str, members) -> Response:
    """Its refusals come with HTTP 400: a client that looks at the status alone does not see what they say."""
    status = 200 if members["codigo"] == "0" else 400
    return Response(status, etree.tostring(_xml(name, members), xml_declaration=True, encoding="utf-8"))


def _soap(call: Call, name: str, members) -> Response:
    root = etree.Element(etree.QName(ENVELOPE, "Envelope"), nsmap={"S": ENVELOPE, "ns2": _SPACE})
    body = etree.SubElement(root, etree.QName(ENVELOPE, "Body"))
    answer = etree.SubElement(body, etree.QName(_SPACE, f"{call.operation}Response"))
    etree.SubElement(answer, "return").text = etree.tostring(_xml(name, members), encoding="unicode")
    return Response(body=etree.tostring(root, xml_declaration=True, encoding="utf-8"))
