"""SW (SmarterWeb): JSON over HTTP, with a token that is asked for first.

The envelope says whether something was done, not the HTTP status: a repeated document is an "error" that carries the
first stamp. Every document goes with a ``customid`` of ours, the hash of its bytes, so that to send it again never
costs a second stamp. What has no code says nothing of a document, and leaves it in doubt.
"""

import functools
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import quote, urlsplit

from ..cfdi.acuse import Relacionado, leer_acuse
from ..cfdi.errors import XmlError
from . import authority, cancel_codes
from .base import (
    CAN_ANSWER,
    CAN_CANCEL,
    CAN_PENDING,
    CAN_RECEIPT,
    CAN_RELATED,
    CAN_REPEAT,
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
    Refused,
    Related,
    RelatedOutcome,
    StampOutcome,
    Unknown,
)
from .codes import CODES, NO_ACCESS, NOT_EXAMINED, SIN_FOLIOS
from .registry import Access
from .rest_pac import RestPac, late, unknown, with_timbre
from .transport import Answer, Failed, operation

#: With what RFC it presents itself to the SAT.
RFC_PAC = "LSO1306189R5"

_CODE = re.compile(r"\s*(CFDI3307|[A-Z]{2,8}[0-9]{3,6}|[0-9]{3,4})\s*[-.:]")
_CREDIT = re.compile(r"\bsaldo\b|\btimbres? (disponibles?|suficientes?)", re.IGNORECASE)
# What it says, without a code, of a token that is none or is over; not always with HTTP 401.
_TOKEN = re.compile(r"\btoken debe\b|\btoken (inv[aá]lido|expirado|caduc)|\bunauthorized\b", re.IGNORECASE)
# Families of codes about a document: the matrix, complements, structure, certificates.
_OF_DOCUMENT = re.compile(r"(CFDI4|CRP|CCE|CP|CO|CC)[0-9]+")
# Its own codes of the cancellation services that mean the same as one of the SAT's.
_CANCELLING = {"CR1308": "304", "CR1309": "302", "CR1310": "207", "CA1000": "301", "CA1101": "1101"}
# Numbers with which the SAT and the PACs refuse a document, or a request. Any other one is a trouble of the server's.
_REFUSALS = frozenset(CODES) - {"404"}
_REQUEST_REFUSALS = cancel_codes.CANCEL.keys() | cancel_codes.ANSWER.keys()
_REPEATED = ("307", "CFDI3307")


class _TurnedAway(Exception):
    """User, password or token are no good; the text is what SW said."""


def _at_the_door(method):
    """Being turned away is a refusal for reasons that are not the document's."""
    @functools.wraps(method)
    def call(self, *arguments, **options):
        try:
            return method(self, *arguments, **options)
        except _TurnedAway as refused:
            return Refused("300", str(refused) or CODES["300"].text, examined=False)

    return call


class Sw(RestPac):
    """A client with a user (``username``, ``password``) or a ``token`` without end, in one environment."""

    code = "sw"
    # There is nothing to ask with what became of a document without its UUID: the same bytes are sent again.
    capabilities = frozenset({
        CAN_STAMP, CAN_REPEAT, CAN_TELL_CREDITS, CAN_CANCEL, CAN_RELATED, CAN_PENDING, CAN_ANSWER, CAN_RECEIPT,
        CAN_TEST_CREDENTIALS,
    })

    def __init__(self, access: Access, **how):
        settings = access.settings
        self._user, self._password = str(settings.get("username", "")), str(settings.get("password", ""))
        self._fixed = str(settings.get("token", ""))
        if not self._fixed and not (self._user and self._password):
            raise ValueError("SW: falta configurar usuario y contraseña, o el token.")
        super().__init__(access, secrets=(self._user, self._password, self._fixed), **how)
        self._token = self._fixed
        # Account and files have a host of their own.
        self._api = access.url.replace("://services.", "://api.", 1)
        # The sandbox presents itself as the embedded PAC.
        self.rfc = authority.RFC_PAC if access.sandbox else RFC_PAC

    # The wire

    def _authenticate(self) -> str:
        try:
            answer = self._wire.send(
                "POST", f"{self._url}/v2/security/authenticate",
                body=json.dumps({"user": self._user, "password": self._password}),
                headers={"Content-Type": "application/json"}, carries=False, quiet=True, step="authenticate",
            )
            told = self._envelope(answer)
            token = _data(told).get("token")
            if told["status"] == "success" and isinstance(token, str) and token:
                self._wire.hide(token)
                return token
            if answer.status not in (400, 401, 403) or _data(told):
                raise self._wire.unreadable(answer, _message(told))
        except Failed as failed:
            # The document waits for the token: nobody is to be told that it may be stamped.
            unknown = failed.unknown
            reason = unknown.reason if unknown.reason == "unreachable" else NO_ACCESS
            raise Failed(replace(unknown, reason=reason, sent=False)) from None
        raise _TurnedAway(_message(told))

    def _ask(self, method: str, url: str, *, xml: bytes | None = None, **headers: str) -> Mapping:
        """The envelope of an answer, and in it the HTTP status (``http``). A token may end at any moment, whatever its
        date and our clock say: then once more, with a new one. Whoever has no good one is not listened to, so nothing
        came of what was sent."""
        said = ""
        for _attempt in range(2):
            if not self._token:
                self._token = self._authenticate()
            answer = self._wire.send(
                method, url, files={"xml": ("xml", xml, "text/xml")} if xml is not None else None,
                headers={"Authorization": f"Bearer {self._token}", **headers},
            )
            told = self._admitted(answer)
            if told is not None:
                return told
            said = self._wire.mask(answer.text.strip())[:300]
            self._wire.not_taken()
            if self._fixed:
                break
            self._token = ""
        raise _TurnedAway(said if _TOKEN.search(said) else "")

    def _admitted(self, answer: Answer) -> Mapping | None:
        """The envelope of an answer; ``None`` when it says that the token is no good."""
        try:
            told = self._envelope(answer)
        except Failed:
            if answer.status == 401:
                return None
            raise
        code, message = _code_in(_message(told)), _message(told)
        no_good = answer.status == 401 or (answer.status < 500 and _TOKEN.search(message))
        return None if told["status"] == "error" and not code and no_good else told

    def _envelope(self, answer: Answer) -> Mapping:
        try:
            told = json.loads(answer.body)
        except (ValueError, RecursionError):
            raise self._wire.unreadable(answer) from None
        if not isinstance(told, dict) or told.get("status") not in ("success", "error"):
            raise self._wire.unreadable(answer, "no status")
        return told | {"http": answer.status}

    # Stamps

    @_at_the_door
    def _stamp(self, sealed: bytes, key: str) -> StampOutcome:
        told = self._ask("POST", f"{self._url}/v4/cfdi33/stamp/v2", xml=sealed, customid=key)
        data = _data(told)
        if told["status"] == "success":
            return _stamped(sealed, data) or unknown("unreadable_answer")
        code = _code_in(_message(told))
        if code in _REPEATED:
            return _stamped(sealed, data, repeated=True) or self._first_stamp(sealed)
        return _stamp_refused(code, told)

    def _first_stamp(self, sealed: bytes) -> StampOutcome:
        """The stamp that SW says it gave before. Its identity is kept for 72 hours only, and then the answer to it
        comes without data; there is a service that is made to hand it over."""
        told = self._ask("POST", f"{self._url}/cfdi33/v2/stamp/v2", xml=sealed)
        again = _code_in(_message(told)) in _REPEATED
        found = _stamped(sealed, _data(told), repeated=again) if again or told["status"] == "success" else None
        return found or late()

    # Cancellations

    @operation("cancel")
    @_at_the_door
    def cancel(self, request: bytes, *, uuid: str) -> CancelOutcome:
        told = self._ask("POST", f"{self._url}/cfdi33/cancel/xml", xml=request)
        data = _data(told)
        acuse = _bytes(data.get("acuse"))
        params = {"acuse": acuse} if acuse else {}
        folios = data.get("uuid")
        found = {str(one).upper(): str(code) for one, code in folios.items()} if isinstance(folios, dict) else {}
        code = found.get(uuid.upper()) or _status_in(acuse, uuid)
        if code in ("201", "202"):
            return Received(code, _message(told), acuse)
        if code:
            return Refused(code, _message(told), params, examined=code not in cancel_codes.NOT_EXAMINED)
        if told["status"] == "success":
            return unknown("unreadable_answer")
        return _request_refused(told)

    @operation("related")
    @_at_the_door
    def related(self, request: bytes) -> RelatedOutcome:
        told = self._ask("POST", f"{self._url}/relations/xml", xml=request)
        data = _data(told)
        code = str(told.get("codStatus") or "")
        if code in ("2000", "2001") or (told["status"] == "success" and not code):
            return Related(
                padres=_documents(data.get("uuidsRelacionadosPadres")),
                hijos=_documents(data.get("uuidsRelacionadosHijos")),
            )
        return _request_refused(told)

    @operation("pending")
    @_at_the_door
    def pending(self, rfc: str) -> PendingOutcome:
        told = self._ask("GET", f"{self._url}/pendings/{quote(rfc, safe='')}")
        data = _data(told)
        if told["status"] == "success":
            # The name of the list was in capitals once.
            return Pending(tuple(str(uuid).upper() for uuid in _list(data.get("uuid") or data.get("UUID"))))
        refused = _request_refused(told)
        return Pending() if isinstance(refused, Refused) and refused.code == "1101" else refused

    @operation("answer")
    @_at_the_door
    def answer(self, request: bytes) -> AnswerOutcome:
        told = self._ask("POST", f"{self._url}/acceptreject/xml", xml=request)
        data = _data(told)
        codes = {
            str(row["uuid"]).upper(): str(row["estatusUUID"]) for row in _list(data.get("folios"))
            if isinstance(row, dict) and row.get("uuid") and row.get("estatusUUID")
        }
        if codes:
            return Answered(codes, _bytes(data.get("acuse")))
        return unknown("unreadable_answer") if told["status"] == "success" else _request_refused(told)

    @operation("receipt")
    @_at_the_door
    def acuse(self, uuid: str, *, rfc: str) -> ReceiptOutcome:
        told = self._ask("GET", f"{self._api}/datawarehouse/v1/live/{quote(uuid, safe='')}")
        records = [one for one in _list(_data(told).get("records")) if isinstance(one, dict)]
        url = records[0].get("urlAckCancellation") if records else None
        if not isinstance(url, str) or not url:
            return NotFound(_message(told))
        # Whoever has the address may read the file: no token goes there, and the address is not shown.
        place = urlsplit(url)
        self._wire.hide(place.query)
        if place.scheme != "https" and place.netloc != urlsplit(self._url).netloc:
            # Not even to ask this machine, whose doors are open to whoever stands inside.
            return unknown("unreadable_answer", place.scheme)
        answer = self._wire.send("GET", url, step="download")
        if answer.status in (403, 404):
            return NotFound(f"HTTP {answer.status}")
        try:
            leer_acuse(answer.body)
        except XmlError as error:
            raise self._wire.unreadable(answer, error.code) from None
        return Receipt(answer.body)

    # Account

    def _balance(self) -> int | Unknown | None:
        told = self._ask("GET", f"{self._api}/management/v2/api/users/balance")
        data = _data(told)
        if data.get("isUnlimited") is True or data.get("unlimited") is True:
            return None
        left = data.get("stampsBalance")
        if told["status"] == "success" and isinstance(left, int) and not isinstance(left, bool):
            return left
        return unknown("server_error", _message(told))

    @operation("credits")
    def credits(self) -> int | Unknown | None:
        try:
            return self._balance()
        except _TurnedAway as refused:
            return unknown("credentials", str(refused))

    @operation("check")
    @_at_the_door
    def check(self) -> CheckOutcome:
        """With a new token: an old one would still be good after the password was changed."""
        self._token = self._fixed
        found = self._balance()
        return found if isinstance(found, Unknown) else CredentialsOk()


def _data(told: Mapping) -> Mapping:
    data = told.get("data")
    return data if isinstance(data, dict) else {}


def _list(value: object) -> list:
    return value if isinstance(value, list) else []


def _bytes(text: object) -> bytes | None:
    return text.encode("utf-8", "replace") if isinstance(text, str) and text else None


def _message(told: Mapping) -> str:
    """All that it says: what is wrong may be in the detail."""
    parts = (told.get("message"), told.get("messageDetail"))
    return "\n".join(part.strip() for part in parts if isinstance(part, str) and part.strip())


def _code_in(text: object) -> str:
    found = _CODE.match(text) if isinstance(text, str) else None
    return found.group(1) if found else ""


def _stamped(sealed: bytes, data: Mapping, *, repeated: bool = False) -> Accepted | Unknown | None:
    """The stamp of an answer, whole or as a timbre alone; ``None`` if there is none."""
    if whole := _bytes(data.get("cfdi")):
        return Accepted(whole, repeated=repeated)
    if timbre := data.get("tfd"):
        return with_timbre(sealed, str(timbre), repeated=repeated)
    return None


def _stamp_refused(code: str, told: Mapping) -> Refused | Unknown:
    message = _message(told)
    known = code in _REFUSALS or _OF_DOCUMENT.fullmatch(code)
    if not known and _CREDIT.search(message):
        # No code is published for used-up credits; the text says it.
        return Refused(SIN_FOLIOS, message, {"pac_code": code} if code else {}, examined=False)
    if code.startswith("AU"):
        return Refused("300", message, {"pac_code": code}, examined=False)
    if not code or (not known and (code.isdigit() or told["http"] >= 500)):
        return unknown("server_error", message)
    return Refused(code, message, examined=code not in NOT_EXAMINED)


def _request_refused(told: Mapping) -> Refused | Unknown:
    """What is wrong with a signed request: the code of the detail says more than that of the message."""
    own = _code_in(told.get("messageDetail")) or _code_in(told.get("message"))
    code = _CANCELLING.get(own, own)
    if not own or (code not in _REQUEST_REFUSALS and (own.isdigit() or told["http"] >= 500)):
        return unknown("server_error", _message(told))
    params = {"pac_code": own} if code != own else {}
    return Refused(code, _message(told), params, examined=code not in cancel_codes.NOT_EXAMINED)


def _status_in(acuse: bytes | None, uuid: str) -> str:
    """EstatusUUID of a document in the SAT's receipt."""
    if acuse is None:
        return ""
    try:
        folios = leer_acuse(acuse).folios
    except XmlError:
        return ""
    return next((folio.estatus for folio in folios if folio.uuid == uuid.upper()), "")


def _documents(rows: object) -> tuple[Relacionado, ...]:
    return tuple(
        Relacionado(str(row["uuid"]).upper(), str(row.get("rfcEmisor") or ""), str(row.get("rfcReceptor") or ""))
        for row in _list(rows) if isinstance(row, dict) and row.get("uuid")
    )
