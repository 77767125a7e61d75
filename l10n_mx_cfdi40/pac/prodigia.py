"""Prodigia (PADE): XML over plain HTTP for stamps, and SOAP for what needs more than an address can carry.

Every answer is a small XML without schema, whose ``codigo`` says what it is about; some come with an HTTP status that
is not 200, so it is the XML that counts. A repeated document (307) brings the first stamp when it is asked to.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from urllib.parse import quote, urlencode

from lxml import etree

from ..cfdi.cancelacion import leer_cancelacion
from ..cfdi.errors import XmlError
from ..cfdi.parse import arbol
from . import cancel_codes
from .base import (
    CAN_CANCEL,
    CAN_RECEIPT,
    CAN_REPEAT,
    CAN_STAMP,
    CAN_TEST_CREDENTIALS,
    Accepted,
    CancelOutcome,
    CheckOutcome,
    CredentialsOk,
    NotFound,
    Receipt,
    ReceiptOutcome,
    Received,
    Refused,
    StampOutcome,
    Unknown,
)
from .codes import CODES, NOT_EXAMINED, SIN_FOLIOS
from .registry import Access
from .rest_pac import RestPac, late, unknown
from .transport import MAXIMUM_BYTES, Answer, operation

_ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
_SPACE = "timbrado.ws.pade.mx"
#: A document that nobody has, to ask about when only the credentials are in question.
_NOBODY = "00000000-0000-4000-8000-000000000000"

# Its service's numbers that mean the same as one of ours: user, contract; SAT's cancellation service down.
_DOOR = {"1": "300", "2": "300"}
_CANCELLING = {
    **_DOOR, "3": "301", "7": "708", "90": "205", "92": "301", "94": cancel_codes.NO_CANCELABLE,
    # A request that was there before, however it went: what became of it, the SAT says.
    "95": "202", "96": "202", "98": "202",
    # The receiver said no; there is no certificate to sign with.
    "97": "213", "20": "711",
}
_REFUSALS = frozenset(CODES) - {"404"}
_RULE = re.compile(r"\b(?:CFDI40|CRP20)[0-9]{3}\b")
_CREDIT = re.compile(r"\bsaldo\b|\btimbres? (disponibles?|suficientes?)", re.IGNORECASE)


class Prodigia(RestPac):
    """A client with one ``contract``, ``username`` and ``password`` in one environment."""

    code = "prodigia"
    # There is nothing to ask with what became of a document without its UUID: the same bytes are sent again.
    capabilities = frozenset({CAN_STAMP, CAN_REPEAT, CAN_CANCEL, CAN_RECEIPT, CAN_TEST_CREDENTIALS})

    def __init__(self, access: Access, **how):
        settings = access.settings
        self._contract = str(settings["contract"])
        self._user, self._password = str(settings["username"]), str(settings["password"])
        self._login = base64.b64encode(f"{self._user}:{self._password}".encode()).decode("ascii")
        super().__init__(access, secrets=(self._user, self._password, self._login), **how)

    # The wire

    def _rest(self, method: str, path: str, *, body: bytes | None = None, **query: str) -> Mapping[str, str] | Refused:
        asked = urlencode({"contrato": self._contract, **query})
        headers = {"Authorization": f"Basic {self._login}"}
        if body is not None:
            headers["Content-Type"] = "application/xml"
        answer = self._wire.send(method, f"{self._url}/servicio/rest{path}?{asked}", body=body, headers=headers)
        if answer.status == 401:
            return _turned_away("")
        return self._members(answer, answer.body)

    def _soap(self, called: str, **arguments: str) -> Mapping[str, str]:
        root = etree.Element(etree.QName(_ENVELOPE, "Envelope"), nsmap={"soapenv": _ENVELOPE, "tim": _SPACE})
        call = etree.SubElement(etree.SubElement(root, etree.QName(_ENVELOPE, "Body")), etree.QName(_SPACE, called))
        login = {"contrato": self._contract, "usuario": self._user, "passwd": self._password}
        for name, value in (login | arguments).items():
            etree.SubElement(call, name).text = value
        answer = self._wire.send(
            "POST", f"{self._url}/servicio/Timbrado4.0",
            body=etree.tostring(root, xml_declaration=True, encoding="utf-8"),
            headers={"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""'},
        )
        told = next(self._tree(answer, answer.body).iter("{*}return", "return"), None)
        if told is None or not told.text:
            raise self._wire.unreadable(answer, "no return")
        return self._members(answer, told.text.encode())

    def _tree(self, answer: Answer, xml: bytes):
        try:
            return arbol(xml, MAXIMUM_BYTES)
        except XmlError as error:
            raise self._wire.unreadable(answer, error.code) from None

    def _members(self, answer: Answer, xml: bytes) -> Mapping[str, str]:
        """The texts of an answer by their local names; those of a folio are in ``folio/…``. It must have a code."""
        root = self._tree(answer, xml)
        found = {}
        for node in root.iter(etree.Element):
            name = etree.QName(node).localname
            inner = node.getparent() is not None and etree.QName(node.getparent()).localname == "cancelacion"
            found.setdefault(f"folio/{name}" if inner else name, (node.text or "").strip())
        if not found.get("codigo", "").isdigit():
            raise self._wire.unreadable(answer, "no code")
        return found

    # Stamps

    def _stamp(self, sealed: bytes, key: str) -> StampOutcome:
        found = self._rest("POST", "/timbrado40", body=sealed, opciones="REGRESAR_CON_ERROR_307_XML")
        if isinstance(found, Refused):
            return found
        code, xml = found["codigo"], _decoded(found.get("xmlBase64"))
        if code == "307":
            return Accepted(xml, repeated=True) if xml else late()
        if code == "0" and found.get("timbradoOk", "").lower() == "true":
            return Accepted(xml) if xml else unknown("unreadable_answer")
        return _stamp_refused(code, found.get("mensaje", ""))

    # Cancellations

    @operation("cancel")
    def cancel(self, request: bytes, *, uuid: str) -> CancelOutcome:
        try:
            asked = leer_cancelacion(request)
        except XmlError as error:
            return Refused("301", str(error))
        folios = (
            (one.uuid, str(one.motivo), one.folio_sustitucion or "") for one in asked.folios if one.uuid == uuid.upper()
        )
        folio = "|".join(next(folios, (uuid,))).rstrip("|")
        found = self._soap(
            "cancelarConOpciones", rfcEmisor=asked.rfc_emisor, arregloUUID=folio, cert="", key="", keyPass="",
            opciones=f"XML_CANCELACION:{base64.b64encode(request).decode('ascii')}",
        )
        if found.get("folio/uuid", uuid).upper() != uuid.upper():
            return unknown("unreadable_answer")
        own = found.get("folio/codigo") or found["codigo"]
        acuse = _decoded(found.get("acuseCancelBase64") or found.get("xmlBase64"))
        message = found.get("folio/mensaje") or found.get("mensaje", "")
        code = _CANCELLING.get(own, own)
        if code in ("201", "202"):
            return Received(code, message, acuse)
        if code not in cancel_codes.CANCEL:
            return unknown("server_error", f"{own} {message}".strip())
        params = ({"acuse": acuse} if acuse else {}) | ({"pac_code": own} if code != own else {})
        return Refused(code, message, params, examined=code not in cancel_codes.NOT_EXAMINED)

    @operation("receipt")
    def acuse(self, uuid: str, *, rfc: str) -> ReceiptOutcome:
        found = self._soap("acuseCancelacion", uuid=uuid)
        if found["codigo"] in _DOOR:
            return _turned_away(found.get("mensaje", ""))
        xml = _decoded(found.get("xmlBase64"))
        return Receipt(xml) if found["codigo"] == "0" and xml else NotFound(found.get("mensaje", ""))

    # Account

    @operation("check")
    def check(self) -> CheckOutcome:
        """By a question about a document that nobody has: whoever is told so was let in."""
        found = self._rest("GET", "/consulta/cfdPorUUID", uuid=quote(_NOBODY))
        if isinstance(found, Refused):
            return found
        if found["codigo"] in _DOOR:
            return _turned_away(found.get("mensaje", ""))
        if found["codigo"] in ("0", "602"):
            return CredentialsOk()
        return unknown("server_error", f"{found['codigo']} {found.get('mensaje', '')}".strip())


def _turned_away(message: str) -> Refused:
    return Refused("300", message or CODES["300"].text, examined=False)


def _stamp_refused(own: str, message: str) -> Refused | Unknown:
    if own in _DOOR:
        return _turned_away(message)
    rule = _RULE.search(message)
    code = rule.group() if rule else own
    if code not in _REFUSALS and not rule:
        if _CREDIT.search(message):
            # No number is published for used-up credits; the text says it.
            return Refused(SIN_FOLIOS, message, {"pac_code": own}, examined=False)
        return unknown("server_error", f"{own} {message}".strip())
    params = {"pac_code": own} if code != own else {}
    return Refused(code, message, params, examined=code not in NOT_EXAMINED)


def _decoded(text: str | None) -> bytes | None:
    try:
        return base64.b64decode("".join((text or "").split()), validate=True) or None
    except (binascii.Error, ValueError):
        return None
