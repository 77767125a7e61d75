"""The call that answers a vendor's cancellation, with plain values only: no ORM, no database, no lock meanwhile."""
import time
from dataclasses import dataclass

from ..pac.base import Answered, Pac, Pending, Refused, Unknown
from ..pac.codes import LATE_START

#: The answer is at the SAT now, or was before.
TAKEN = "1000"
NOTHING_PENDING = "1001"
ANSWERED_BEFORE = "1002"
_TELLING = frozenset({TAKEN, NOTHING_PENDING, ANSWERED_BEFORE})


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the SAT said of our answer: ``code`` is that of the UUID (1000 …); ``acuse`` its receipt, or None."""

    code: str
    message: str = ""
    acuse: bytes | None = None


@dataclass(frozen=True, slots=True)
class StillPending:
    """The answer was refused, and the SAT still waits for one: the attempt before did not arrive either."""

    refused: Verdict


@dataclass(frozen=True, slots=True)
class NotPending:
    """The answer was refused now, and the SAT waits for none: the attempt before may have arrived."""

    refused: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerCall:
    """One attempt, as claimed and committed.

    ``request``: the signed bytes. ``doubt``: the SAT may have them already; the same bytes are sent again, which it
    answers with 1002 then. ``start_by``: on the monotonic clock.
    """

    attempt: int
    pac: Pac
    request: bytes
    uuid: str
    rfc: str
    doubt: bool
    start_by: float

    def run(self):
        """Verdict, StillPending, NotPending or Unknown. Never an exception of a transport."""
        if time.monotonic() > self.start_by:
            return Unknown(reason=LATE_START, detail="", sent=False)
        verdict = self._verdict(self.pac.answer(self.request))
        if isinstance(verdict, Unknown) or verdict.code in _TELLING or not self.doubt:
            return verdict
        # Refused for a reason that says nothing about the attempt before: a certificate that expired meanwhile …
        pending = self.pac.pending(self.rfc)
        if not isinstance(pending, Pending):
            return Unknown(reason=verdict.code, detail=verdict.message, sent=True)
        listed = self.uuid in {uuid.upper() for uuid in pending.uuids}
        return StillPending(verdict) if listed else NotPending(verdict)

    def _verdict(self, answer):
        if isinstance(answer, Refused):
            return Verdict(answer.code, answer.message)
        if isinstance(answer, Answered):
            codes = {uuid.upper(): code for uuid, code in answer.codes.items()}
            if self.uuid not in codes:
                return Unknown(reason="unreadable_answer", detail="", sent=True)
            return Verdict(codes[self.uuid], acuse=answer.acuse)
        return answer
