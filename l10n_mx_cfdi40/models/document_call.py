"""The call to the PAC, with plain values only: while it lasts nothing touches the ORM, the database or a lock.

And what comes back is not believed before it is looked at (``pac.trust``).
"""
import time
from dataclasses import dataclass

from ..pac import trust
from ..pac.base import CAN_RECOVER, NotFound, Pac, Unknown, key_of
from ..pac.codes import LATE_START

#: Seconds between the commit of ``in_flight`` and the moment from which the call is no longer started.
START_WITHIN = 60


def lease_seconds(pac):
    """How long a process owns a document: a late start, one question, one sending, and a minute to write it down."""
    return START_WITHIN + 2 * pac.time_limit + 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One attempt, as claimed and committed.

    ``ask``: the PAC may have the bytes already, so it is asked before they are sent again. ``send``: a PAC would still
    take them (Fecha not older than 72 hours). ``key``: sha256 of ``sealed``. ``start_by``: on the monotonic clock.
    ``exchanges``: what the client tells of its exchanges. ``document`` and ``account`` are records, which the call
    itself never touches.
    """

    document: object
    account: object
    attempt: int
    pac: Pac
    sealed: bytes
    key: str
    ask: bool
    send: bool
    start_by: float
    exchanges: list

    @classmethod
    def of_new(cls, document, account, pac):
        """The call that sends a sealed document for the first time; `document` says its attempt already."""
        sealed = document._sealed_bytes()
        return cls(
            document=document, account=account, attempt=document.attempt, pac=pac, sealed=sealed, key=key_of(sealed),
            ask=False, send=True, start_by=time.monotonic() + START_WITHIN, exchanges=[])

    def run(self):
        """The answer: Accepted, Refused, Unknown, or NotFound when it was only asked about. Never an exception.

        The same bytes are sent again only to the PAC that got them, which answers with the first stamp if there is one.
        """
        if time.monotonic() > self.start_by:
            # This process was stopped between claiming and calling; another one may own the document by now.
            return Unknown(reason=LATE_START, detail="", sent=False)
        if self.ask and CAN_RECOVER in self.pac.capabilities:
            answer = self.pac.recover(self.sealed, key=self.key)
            if not isinstance(answer, NotFound) or not self.send:
                return answer
        elif not self.send:
            # Too old to be stamped by anybody: some PACs that otherwise cannot be asked can be, then.
            return self.pac.recover(self.sealed, key=self.key)
        return self.pac.stamp(self.sealed, key=self.key)


def believe(call, answer):
    """`answer` itself, or Unknown when it claims a stamp that is not one of `call.sealed`.

    :return: (answer, timbre or None)
    """
    return trust.believe(call.pac, call.sealed, answer)
