"""Finkok, today Quadrum: SOAP, one service for stamps, one for cancellations, two for the account.

Its answers are told apart by what they carry, not by a status: a stamp brings its XML, a refusal a list of incidences,
and a repeated document brings both, or, for some eight seconds after the first stamp, only the incidence 307. The
identity of a document is its content, so the same bytes never cost two stamps.
"""

import re
from dataclasses import replace

from ..cfdi.acuse import Relacionado
from ..cfdi.errors import CfdiError
from ..cfdi.estado import EstadoSat
from ..cfdi.qr import leer_consulta
from ..cfdi.timbre import leer_timbre
from . import authority, cancel_codes
from .base import (
    CAN_ANSWER,
    CAN_CANCEL,
    CAN_PENDING,
    CAN_RECEIPT,
    CAN_RECOVER,
    CAN_RELATED,
    CAN_REPEAT,
    CAN_SAT_STATUS,
    CAN_STAMP,
    CAN_TELL_CREDITS,
    CAN_TEST_CREDENTIALS,
    Accepted,
    Answered,
    AnswerOutcome,
    CancelOutcome,
    CheckOutcome,
    CredentialsOk,
    NotFound,
    Pending,
    PendingOutcome,
    Receipt,
    ReceiptOutcome,
    Received,
    RecoverOutcome,
    Refused,
    Related,
    RelatedOutcome,
    StampOutcome,
    Unknown,
    check_key,
)
from .codes import CODES, DOUBTS, LATE_STAMP, NOT_ENROLLED, NOT_EXAMINED, SIN_FOLIOS, SUSPENDED, UNCODED
from .registry import Access
from .soap_pac import SoapPac, operation, sat_error, xml_of

#: With what RFC it presents itself to the SAT, as its public clients write it. Others, and the SAT's list of 2019, name
#: it FIN1203015JA: it is a setting, whose right value is the RfcProvCertif of what the same account stamps.
RFC_PAC = "CVD110412TF6"

#: Seconds between two questions for a stamp that Finkok says it gave.
STEP = 0.5

# Its own numbers that mean the same as one of ours, when a document is stamped. 708: no connection to the SAT, after
# which nobody knows.
_ACCOUNT = {"501": "300", "701": SUSPENDED, "702": NOT_ENROLLED, "703": SUSPENDED, "706": NOT_ENROLLED}
_STAMPING = _ACCOUNT | {"705": "301"}
_NOBODY_KNOWS = frozenset({"404", "708"})
_LEADING_CODE = re.compile(r"\s*(?:UUID:\s*)?([0-9]{3,4})\b")
# No number is published for used-up credits; its text says it. A rule may speak of a "nota de crédito".
_NUMBER = re.compile(r"[0-9]{3}")
_CREDIT = re.compile(r"\b(?:cr[eé]ditos|timbres|folios)\b", re.IGNORECASE)
_LOGIN = re.compile(r"invalid (username|passw)|autenticaci[oó]n|usuario o contrase", re.IGNORECASE)
_NOT_FOUND = re.compile(r"no encontrado|does not exist", re.IGNORECASE)
_BEFORE = re.compile(r"already (cancelled|en buffercancellation)", re.IGNORECASE)


class Finkok(SoapPac):
    """A client with one user (``username``, ``password``: the account's, or a token's) in one environment."""

    code = "finkok"
    capabilities = frozenset({
        CAN_STAMP, CAN_RECOVER, CAN_REPEAT, CAN_TELL_CREDITS, CAN_CANCEL, CAN_SAT_STATUS, CAN_RELATED, CAN_PENDING,
        CAN_ANSWER, CAN_RECEIPT, CAN_TEST_CREDENTIALS,
    })

    def __init__(self, access: Access, **how):
        self._user, self._password = str(access.settings["username"]), str(access.settings["password"])
        super().__init__(access, secrets=(self._user, self._password), **how)
        # The sandbox presents itself as the embedded PAC.
        self.rfc = authority.RFC_PAC if access.sandbox else str(access.settings.get("rfc_pac") or RFC_PAC)

    def _places(self, name: str) -> tuple[str, str]:
        address = f"{self._url}/servicios/soap/{name}"
        return f"{address}.wsdl", address

    def _call(self, service: str, called: str, **arguments):
        return self._service(service).call(called, **arguments, username=self._user, password=self._password)

    def _incidences(self, found) -> list[tuple[str, str]]:
        """Code and text of each, once."""
        told = []
        for one in _listed(found.Incidencias, "Incidencia"):
            text = " ".join(part.strip() for part in (one.MensajeIncidencia, one.ExtraInfo) if part and part.strip())
            told.append(((one.CodigoError or "").strip() or UNCODED, self._wire.mask(text)))
        return list(dict.fromkeys(told))

    # Stamps

    @operation("stamp")
    def stamp(self, sealed: bytes, *, key: str) -> StampOutcome:
        check_key(sealed, key)
        found = self._call("stamp", "stamp", xml=sealed)
        if found.xml:
            return _accepted(found)
        incidences = self._incidences(found)
        if any(code == "307" for code, _text in incidences):
            return self._first_stamp(sealed)
        return _refused(incidences)

    def _first_stamp(self, sealed: bytes) -> StampOutcome:
        """The stamp that Finkok says it gave before: its index comes some seconds later than the stamp."""
        def question():
            found = self._call("stamp", "stamped", xml=sealed)
            return _accepted(found, repeated=True) if found.xml else None

        return self._until(question, STEP) or Unknown(LATE_STAMP, DOUBTS[LATE_STAMP].text, sent=True)

    @operation("recover")
    def recover(self, sealed: bytes, *, key: str) -> RecoverOutcome:
        check_key(sealed, key)
        found = self._call("stamp", "stamped", xml=sealed)
        if found.xml:
            return _accepted(found, repeated=True)
        incidences = self._incidences(found)
        if any(code == "603" for code, _text in incidences):
            return NotFound(DOUBTS["not_found"].text)
        refused = _refused(incidences)
        if isinstance(refused, Refused) and refused.code == "300":
            return Unknown("credentials", refused.message, sent=True)
        # It does not stamp here, so nothing that it complains of is a refusal to stamp.
        return Unknown("server_error", _told(incidences), sent=True) if incidences else _unreadable()

    # Cancellations

    @operation("cancel")
    def cancel(self, request: bytes, *, uuid: str) -> CancelOutcome:
        # Never kept to be sent later: what the SAT does not have now is asked for again by us.
        found = self._call("cancel", "cancel_signature", xml=request, store_pending=False)
        acuse = xml_of(found.Acuse)
        for folio in _listed(found.Folios, "Folio"):
            if (folio.UUID or "").upper() == uuid.upper() and folio.EstatusUUID:
                return _cancelled(folio.EstatusUUID.strip(), folio.EstatusCancelacion or "", acuse)
        if not found.CodEstatus:
            return _unreadable()
        return _cancel_refusal(found.CodEstatus, acuse)

    @operation("related")
    def related(self, request: bytes) -> RelatedOutcome:
        found = self._call("cancel", "get_related_signature", xml=request)
        padres = _documents(_listed(found.Padres, "Padre"))
        hijos = _documents(_listed(found.Hijos, "Hijo"))
        code = _code_in(found.error)
        if padres or hijos or code == "2001" or not found.error:
            return Related(padres=padres, hijos=hijos)
        return _answer_refusal(found.error)

    @operation("pending")
    def pending(self, rfc: str) -> PendingOutcome:
        found = self._call("cancel", "get_pending", rtaxpayer_id=rfc)
        if found.error and _code_in(found.error) != "1101":
            return _answer_refusal(found.error)
        return Pending(tuple(uuid.upper() for uuid in _listed(found.uuids, "string")))

    @operation("answer")
    def answer(self, request: bytes) -> AnswerOutcome:
        found = self._call("cancel", "accept_reject_signature", xml=request)
        rows = [*_listed(found.aceptacion, "Acepta"), *_listed(found.rechazo, "Rechaza")]
        codes = {row.uuid.upper(): str(row.status) for row in rows if row.uuid and row.status}
        if codes:
            return Answered(codes)
        return _answer_refusal(found.error) if found.error else _unreadable()

    @operation("receipt")
    def acuse(self, uuid: str, *, rfc: str) -> ReceiptOutcome:
        found = self._call("cancel", "get_receipt", taxpayer_id=rfc, uuid=uuid, type="C")
        receipt = xml_of(found.receipt)
        if found.success and receipt:
            return Receipt(receipt)
        if found.error and _LOGIN.search(found.error):
            return _answer_refusal(found.error)
        return NotFound(found.error or "")

    def estado(self, consulta: str) -> EstadoSat:
        found = self._estado(consulta)
        if isinstance(found, Unknown):
            raise sat_error(found)
        return found

    @operation("estado")
    def _estado(self, consulta: str) -> EstadoSat | Unknown:
        asked = leer_consulta(consulta)
        found = self._call(
            "cancel", "get_sat_status", taxpayer_id=asked.emisor, rtaxpayer_id=asked.receptor, uuid=asked.uuid,
            total=f"{asked.total:f}",
        )
        state = found.sat
        if state is None or not (state.CodigoEstatus or state.Estado):
            return Unknown("server_error", found.error or "", sent=True)
        return EstadoSat.leer(
            state.CodigoEstatus, state.Estado, state.EsCancelable, state.EstatusCancelacion, state.ValidacionEFOS,
        )

    # Account

    @operation("credits")
    def credits(self) -> int | Unknown | None:
        """Stamps left to the issuer; ``None`` for a user on demand. It answers only to the account that holds it."""
        found = self._service("registration").call(
            "get", reseller_username=self._user, reseller_password=self._password, taxpayer_id=self._issuer,
        )
        users = [user for user in _listed(found.users, "ResellerUser") if user.taxpayer_id == self._issuer]
        if users and users[0].credit is not None:
            return None if users[0].credit < 0 else int(users[0].credit)
        text = found.message or ""
        return Unknown("credentials" if _LOGIN.search(text) else "server_error", text, sent=True)

    @operation("check")
    def check(self) -> CheckOutcome:
        found = self._call("utilities", "datetime")
        if found.datetime and not found.error:
            return CredentialsOk()
        if found.error and _LOGIN.search(found.error):
            return Refused("300", found.error, examined=False)
        return Unknown("server_error", found.error or "", sent=True)


def _accepted(found, *, repeated: bool = False) -> Accepted | Unknown:
    """The stamp of an answer, if its UUID is the one that the answer names."""
    xml = xml_of(found.xml)
    if xml is None:
        return _unreadable()
    try:
        timbre = leer_timbre(xml)
    except CfdiError as error:
        return Unknown("unreadable_answer", str(error), sent=True)
    if found.UUID and (timbre is None or (timbre.uuid or "").upper() != found.UUID.strip().upper()):
        return Unknown("timbre_de_otro_cfdi", DOUBTS["timbre_de_otro_cfdi"].text, sent=True)
    again = any(one.CodigoError == "307" for one in _listed(found.Incidencias, "Incidencia"))
    return Accepted(xml, repeated=repeated or again)


def _refused(incidences: list[tuple[str, str]]) -> Refused | Unknown:
    if not incidences:
        return _unreadable()
    own, text = incidences[0]
    if own in _NOBODY_KNOWS:
        return Unknown("server_error", _told(incidences), sent=True)
    code = _STAMPING.get(own, own)
    of_account = _NUMBER.fullmatch(own) and own not in CODES and code in {own, SUSPENDED, NOT_ENROLLED}
    if of_account and _CREDIT.search(text):
        code = SIN_FOLIOS
    params = {"findings": tuple(incidences)} | ({"pac_code": own} if code != own else {})
    return Refused(code, text, params, examined=code not in NOT_EXAMINED)


def _cancelled(code: str, text: str, acuse: bytes | None) -> CancelOutcome:
    if code in ("201", "202"):
        return Received(code, text, acuse)
    params = {"acuse": acuse} if acuse else {}
    return Refused(code, text, params, examined=code not in cancel_codes.NOT_EXAMINED)


def _cancel_refusal(text: str, acuse: bytes | None) -> CancelOutcome:
    """What a sentence instead of folios means."""
    if _BEFORE.search(text):
        return Received("202", text, acuse)
    if _NOT_FOUND.search(text):
        return Refused("205", text)
    refused = _answer_refusal(text)
    if refused.code in ("201", "202"):
        return Received(refused.code, text, acuse)
    return replace(refused, params={"acuse": acuse}) if acuse else refused


def _answer_refusal(text: str) -> Refused:
    code = _code_in(text) or ("300" if _LOGIN.search(text) else UNCODED)
    if code == UNCODED and _NOT_FOUND.search(text):
        code = "1001"
    code = _ACCOUNT.get(code, code)
    return Refused(code, text, examined=code not in cancel_codes.NOT_EXAMINED)


def _code_in(text: str | None) -> str:
    found = _LEADING_CODE.match(text or "")
    return found.group(1) if found else ""


def _told(incidences: list[tuple[str, str]]) -> str:
    return "; ".join(f"{code} {text}".strip() for code, text in incidences)


def _documents(rows) -> tuple[Relacionado, ...]:
    return tuple(Relacionado(row.uuid.upper(), row.emisor or "", row.receptor or "") for row in rows if row.uuid)


def _listed(array, name: str) -> list:
    """The members of one of its arrays, which may be missing, empty, or hold nothings."""
    return [one for one in (getattr(array, name, None) or ()) if one is not None]


def _unreadable() -> Unknown:
    return Unknown("unreadable_answer", DOUBTS["unreadable_answer"].text, sent=True)
