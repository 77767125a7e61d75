"""Solución Factible: SOAP of Axis2, one service for stamps, one for cancellations, one for the account.

There are two levels of status: that of the call, and in it that of each document (200 stamped, else the SAT's code). It
tells nothing of a document without its UUID, so a lost answer is found by sending the same bytes again: they come back
with their first stamp (307). A cancellation is taken under the UUID of its document and told of when asked for.
"""

import re
from datetime import UTC, datetime

from ..cfdi.errors import CfdiError
from ..cfdi.timbre import leer_timbre
from . import cancel_codes
from .base import (
    CAN_CANCEL,
    CAN_RECEIPT,
    CAN_REPEAT,
    CAN_STAMP,
    CAN_TELL_CREDITS,
    CAN_TEST_CREDENTIALS,
    Accepted,
    CancelOutcome,
    CheckOutcome,
    CredentialsOk,
    NotFound,
    Receipt,
    ReceiptOutcome,
    Received,
    RecoverOutcome,
    Refused,
    StampOutcome,
    Unknown,
    check_key,
    is_beyond_stamping,
)
from .codes import CANNOT_ASK, DOUBTS, LATE_STAMP, NOT_ENROLLED, NOT_EXAMINED, SIN_FOLIOS, SUSPENDED
from .registry import Access
from .soap_pac import SoapPac, operation, xml_of

#: Seconds between two questions for what it has not told yet.
STEP = 2

# Its own numbers that mean the same as one of ours, in whichever level they come.
_OURS = {
    "601": "300", "602": SUSPENDED, "603": "300", "604": SUSPENDED, "605": SUSPENDED, "611": "301", "612": "301",
    "620": NOT_ENROLLED, "621": "301", "630": SIN_FOLIOS, "631": SIN_FOLIOS, "632": SIN_FOLIOS, "633": "300",
}
# Errors of its own, after which nobody knows; 624 ("unique") may well be the stamp that another call got.
_NOBODY_KNOWS = frozenset({"500", "501", "502", "503", "624"})
# Of its cancellations, the SAT's number for the same.
_CANCELLING = {
    "306": "310", "623": "205", "1801": "302", "1802": "302", "1803": "309",
    # What is wrong with a certificate or its key.
    **dict.fromkeys(("1701", "1702", "1703", "1704", "1710", "1711", "1712", "1713"), "711"),
}
_RULE = re.compile(r"(?:CFDI40|CRP20)[0-9]{3}")


class SolucionFactible(SoapPac):
    """A client with one user (``username``, ``password``) in one environment. ``now``: the moment, for telling which
    documents are too old to be stamped."""

    code = "solucion_factible"
    capabilities = frozenset({
        CAN_STAMP, CAN_REPEAT, CAN_TELL_CREDITS, CAN_CANCEL, CAN_RECEIPT, CAN_TEST_CREDENTIALS,
    })

    def __init__(self, access: Access, *, now=lambda: datetime.now(UTC), **how):
        self._user, self._password = str(access.settings["username"]), str(access.settings["password"])
        self._now = now
        super().__init__(access, secrets=(self._user, self._password), **how)

    def _places(self, name: str) -> tuple[str, str]:
        services = f"{self._url}/ws/services"
        return f"{services}/{name}?wsdl", f"{services}/{name}.{name}HttpsSoap11Endpoint/"

    def _call(self, service: str, called: str, **arguments):
        return self._service(service).call(called, usuario=self._user, password=self._password, **arguments)

    # Stamps

    @operation("stamp")
    def stamp(self, sealed: bytes, *, key: str) -> StampOutcome:
        check_key(sealed, key)
        return self._until(lambda: self._stamp(sealed), STEP) or _late()

    def _stamp(self, sealed: bytes) -> StampOutcome | None:
        """What it answers; ``None`` when it stamped these bytes before and does not hand the stamp over."""
        found = self._call("Timbrado", "timbrar", cfdi=sealed, zip=False)
        results = [one for one in found.resultados or () if one is not None]
        if _code(found.status) != "200" or not results:
            return self._refused(found.status, found.mensaje)
        result = results[0]
        status = _code(result.status)
        xml = xml_of(result.cfdiTimbrado)
        if status in ("200", "307") and xml:
            return _accepted(result, xml, repeated=status == "307")
        if status == "307":
            return None
        return _unreadable() if status == "200" else self._refused(result.status, result.mensaje)

    @operation("recover")
    def recover(self, sealed: bytes, *, key: str) -> RecoverOutcome:
        """Only of a document so old that to send it again can only ask about it: no sooner can this PAC be asked
        without risking a stamp, and then ``stamp`` is the way. It is never NotFound: nothing says that it looks for an
        earlier stamp before it looks at the age of the document."""
        check_key(sealed, key)
        if not is_beyond_stamping(sealed, self._now()):
            return Unknown(CANNOT_ASK, DOUBTS[CANNOT_ASK].text, sent=True)
        outcome = self._until(lambda: self._stamp(sealed), STEP) or _late()
        if not isinstance(outcome, Refused):
            return outcome
        return Unknown("credentials" if outcome.code == "300" else CANNOT_ASK, outcome.message, sent=True)

    def _refused(self, status, text: str | None) -> Refused | Unknown:
        own, text = _code(status), self._wire.mask((text or "").strip())
        if not own:
            return _unreadable()
        if own in _NOBODY_KNOWS or own == "200":
            return Unknown("server_error", f"{own} {text}".strip(), sent=True)
        rule = _RULE.search(text)
        code = rule.group() if rule else _OURS.get(own, own)
        params = {"pac_code": own} if code != own else {}
        return Refused(code, text, params, examined=code not in NOT_EXAMINED)

    # Cancellations

    @operation("cancel")
    def cancel(self, request: bytes, *, uuid: str) -> CancelOutcome:
        found = self._call("Cancelacion", "enviarSolicitudCancelacionAsincrono", solicitud=request)
        status = _code(found.status)
        if status not in ("200", "201", "202", "211", "701"):
            return self._cancel_refused(found.status, found.mensaje)
        # It has the request, now or from before (701); what the SAT said of it is told apart.
        told = self._until(lambda: self._cancel_status(found.mensaje, uuid, repeated=status in ("202", "701")), STEP)
        return told or Unknown(
            cancel_codes.IN_PROCESS, cancel_codes.DOUBTS_OF_CANCEL[cancel_codes.IN_PROCESS].text, sent=True,
        )

    def _transaction(self, uuid: str, told: str | None = None):
        """What it tells of a request. It is known by the text with which it was taken (``told``), which is the UUID as
        Solución Factible writes it; without that, by the UUID in either way of writing it."""
        names = [told.strip()] if told and told.strip().upper() == uuid.upper() else [uuid.upper(), uuid.lower()]
        for name in names:
            found = self._call("Cancelacion", "getStatusCancelacionAsincrona", transactionId=name)
            if _code(found.status) != "702":
                break
        return found

    def _cancel_status(self, told: str | None, uuid: str, *, repeated: bool) -> CancelOutcome | None:
        found = self._transaction(uuid, told)
        match _code(found.status):
            case "200" | "201" | "202" as status:
                code = "202" if repeated or status == "202" else "201"
                return Received(code, (found.mensaje or "").strip(), xml_of(found.acuseSat))
            case "211":
                return None
            case _:
                refused = self._cancel_refused(found.status, found.mensaje)
                if isinstance(refused, Refused) and not refused.examined:
                    # Turned away at the question; the request is there all the same.
                    return Unknown("server_error", refused.message, sent=True)
                return refused

    def _cancel_refused(self, status, text: str | None) -> Refused | Unknown:
        own, text = _code(status), self._wire.mask((text or "").strip())
        if not own:
            return _unreadable()
        if own in _NOBODY_KNOWS or own == "702":
            return Unknown("server_error", f"{own} {text}".strip(), sent=True)
        code = _CANCELLING.get(own) or _OURS.get(own, own)
        params = {"pac_code": own} if code != own else {}
        return Refused(code, text, params, examined=code not in cancel_codes.NOT_EXAMINED)

    @operation("receipt")
    def acuse(self, uuid: str, *, rfc: str) -> ReceiptOutcome:
        found = self._transaction(uuid)
        xml = xml_of(found.acuseSat)
        if xml:
            return Receipt(xml)
        if _code(found.status) in _OURS:
            return self._cancel_refused(found.status, found.mensaje)
        return NotFound((found.mensaje or "").strip())

    # Account

    @operation("credits")
    def credits(self) -> int | Unknown | None:
        """Stamps left to the issuer, or to the whole account when no issuer was given."""
        found = self._balance()
        if _code(found.status) == "200" and found.disponibles is not None:
            return int(found.disponibles)
        reason = "credentials" if _OURS.get(_code(found.status)) == "300" else "server_error"
        return Unknown(reason, f"{_code(found.status)} {found.mensaje or ''}".strip(), sent=True)

    @operation("check")
    def check(self) -> CheckOutcome:
        found = self._balance()
        status = _code(found.status)
        if status == "200":
            return CredentialsOk()
        refused = self._refused(found.status, found.mensaje)
        if isinstance(refused, Refused) and refused.code not in ("300", SUSPENDED):
            # It knew who was asking, or it would not have looked for the issuer.
            return CredentialsOk(refused.message)
        return refused

    def _balance(self):
        if self._issuer:
            return self._call("Utilerias", "getTimbres", rfcEmisor=self._issuer)
        return self._call("Utilerias", "getTimbresImplementacion")


def _accepted(result, xml: bytes, *, repeated: bool) -> Accepted | Unknown:
    """The stamp of a result, if its UUID is the one that the result names."""
    try:
        timbre = leer_timbre(xml)
    except CfdiError as error:
        return Unknown("unreadable_answer", str(error), sent=True)
    if result.uuid and (timbre is None or (timbre.uuid or "").upper() != result.uuid.strip().upper()):
        return Unknown("timbre_de_otro_cfdi", DOUBTS["timbre_de_otro_cfdi"].text, sent=True)
    return Accepted(xml, repeated=repeated)


def _code(status) -> str:
    return "" if status is None else str(status)


def _late() -> Unknown:
    return Unknown(LATE_STAMP, DOUBTS[LATE_STAMP].text, sent=True)


def _unreadable() -> Unknown:
    return Unknown("unreadable_answer", DOUBTS["unreadable_answer"].text, sent=True)
