"""What the PACs that speak plain HTTP have in common: the wire, and what to do for a PAC that cannot be asked."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from ..cfdi import schema
from ..cfdi.errors import CfdiError
from ..cfdi.parse import arbol, nodo_de
from ..cfdi.timbre import agregar
from .base import Accepted, Pac, RecoverOutcome, Refused, StampOutcome, Unknown, check_key, is_beyond_stamping
from .codes import CANNOT_ASK, DOUBTS, LATE_STAMP
from .registry import Access
from .transport import LIMIT_SECONDS, Wire


class RestPac(Pac):
    """``limit``: seconds for a whole operation. ``now``: the moment, for telling which documents are too old to be
    stamped."""

    def __init__(
        self, access: Access, *, secrets: tuple[str, ...], limit: float = LIMIT_SECONDS,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ):
        self._url, self._now = access.url, now
        self._wire = Wire(self.code, secrets=secrets, observer=access.observer, limit=limit)
        self.time_limit = self._wire.time_limit

    def __repr__(self) -> str:
        return f"<{type(self).__name__} at {self._url}>"

    def close(self) -> None:
        self._wire.close()

    def stamp(self, sealed: bytes, *, key: str) -> StampOutcome:
        check_key(sealed, key)
        return self._wire.run("stamp", lambda: self._stamp(sealed, key))

    def recover(self, sealed: bytes, *, key: str) -> RecoverOutcome:
        """Only of a document so old that to send it again can only ask about it: no sooner can this PAC be asked
        without risking a stamp, and then ``stamp`` is the way. It is never NotFound: a refusal for the age of the
        document may come before it is looked for."""
        check_key(sealed, key)
        if not is_beyond_stamping(sealed, self._now()):
            return unknown(CANNOT_ASK)
        outcome = self._wire.run("recover", lambda: self._stamp(sealed, key))
        match outcome:
            case Accepted():
                return replace(outcome, repeated=True)
            case Refused(code="300", message=message):
                return unknown("credentials", message)
            case Refused(message=message):
                return unknown(CANNOT_ASK, message)
            case _:
                return outcome

    def _stamp(self, sealed: bytes, key: str) -> StampOutcome:
        raise NotImplementedError


def unknown(reason: str, detail: str = "") -> Unknown:
    """After an answer that leaves everything open."""
    return Unknown(reason, detail or DOUBTS[reason].text, sent=True)


def late() -> Unknown:
    """It stamped these bytes before and does not hand the stamp over."""
    return unknown(LATE_STAMP)


def with_timbre(sealed: bytes, timbre: str, *, repeated: bool = False) -> Accepted | Unknown:
    """The sealed document with the timbre that came alone (a TimbreFiscalDigital), if it is one for it."""
    try:
        found = nodo_de(arbol(timbre.encode("utf-8", "replace")), schema.TIMBRE, "TimbreFiscalDigital")
        if found.sello_cfd != arbol(sealed).get("Sello"):
            return unknown("timbre_de_otro_cfdi")
        return Accepted(agregar(sealed, found), repeated=repeated)
    except CfdiError as error:
        return unknown("unreadable_answer", str(error))
