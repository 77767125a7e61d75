"""Failures on demand, kept in the loopback's store: a test sets one, and whichever process calls next meets it.

A fault belongs to an operation and serves a number of calls, the oldest first. A pause stops the process at an exact
point of the protocol, where it can be killed; nothing here waits for time to pass, only for a row to change, and never
beyond a limit.
"""

import time
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum

from .store import Store

STAMP, RECOVER = "stamp", "recover"
CANCEL, RELATED, PENDING, ANSWER, ESTADO = "cancel", "related", "pending", "answer", "estado"
CREDITS, CHECK, RECEIPT = "credits", "check", "receipt"
#: A connection with the sandbox's server, of whatever operation.
CONNECT = "connect"
OPERATIONS = frozenset({STAMP, RECOVER, CANCEL, RELATED, PENDING, ANSWER, ESTADO, CREDITS, CHECK, RECEIPT, CONNECT})
_POLL_SECONDS = 0.01


class FaultKind(StrEnum):
    """What goes wrong."""

    #: The answer is a refusal with the fault's code; nothing is stamped, nor cancelled.
    REFUSE = "refuse"
    #: The work is done (a document may be stamped, a request of cancellation stored), and the answer never arrives.
    LOST = "lost"
    #: The request left and never arrived: nothing is done, and the caller cannot know it.
    TIMEOUT = "timeout"
    #: No connection is made: nothing is done, and the caller knows it.
    UNREACHABLE = "unreachable"
    #: The PAC does not find a stamp that it has (its index is late). Only when recovering.
    NOT_FOUND = "not_found"
    #: Stop when the request has arrived and nothing is stored yet, until released.
    PAUSE_BEFORE = "pause_before"
    #: Stop when the stamp (or the request of cancellation) is stored and the answer has not left, until released.
    PAUSE_AFTER = "pause_after"
    #: The work is done, and the answer comes late but whole: after the fault's code in seconds.
    SLOW = "slow"
    #: The stamp is made, and the answer carries the timbre of somebody else's document.
    OTHER_UUID = "other_uuid"
    #: The stamp is made, and the timbre in the answer does not verify with the certificate that it names.
    BAD_SEAL = "bad_seal"

    # Failures of the wire, whatever protocol goes over it (``sandbox.http_faults``). First those before the work:
    # nothing is done.
    #: A gateway answers with an HTTP status: the fault's code ("401", "429", "503").
    HTTP = "http"
    #: A page that says "maintenance" instead of the protocol, with HTTP 200.
    HTML = "html"
    # And those after it: the work is done.
    #: The connection is closed without an answer.
    CLOSED = "closed"
    #: The answer ends in the middle.
    TRUNCATED = "truncated"
    #: The answer comes as another one than it should: that of a gateway that lost patience (HTTP 504, or the code).
    HTTP_AFTER = "http_after"
    #: The answer stops in the middle, and nothing more comes of it.
    STALLED = "stalled"
    #: The server closes the connection as soon as it is made, whatever was to go over it. Only when connecting.
    HANG_UP = "hang_up"


#: Failures of the wire: the work is not done, or it is.
BEFORE_WORK = frozenset({FaultKind.HTTP, FaultKind.HTML})
AFTER_WORK = frozenset({FaultKind.CLOSED, FaultKind.TRUNCATED, FaultKind.HTTP_AFTER, FaultKind.STALLED})


# Faults that only some operations can meet.
_ONLY = {
    FaultKind.NOT_FOUND: {RECOVER}, FaultKind.OTHER_UUID: {STAMP, RECOVER}, FaultKind.BAD_SEAL: {STAMP, RECOVER},
    FaultKind.HANG_UP: {CONNECT},
}
_ANYWHERE_ELSE = OPERATIONS - {CONNECT}


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault as one call met it. ``limit_seconds`` bounds a pause."""

    id: int
    kind: FaultKind
    code: str
    message: str
    limit_seconds: float


class Faults:
    """The script of failures of one store."""

    def __init__(self, store: Store):
        self._store = store

    def set(
        self, kind: FaultKind | str, *, operation: str = STAMP, times: int = 1, key: str | None = None, code: str = "",
        message: str = "", limit_seconds: float = 60,
    ) -> int:
        """Let the next ``times`` calls of ``operation`` meet a fault; its id.

        ``key``: only calls for the document with this sha256; of the operations of cancellation, with this UUID
        (``PENDING``: this RFC). ``code``, ``message``: of a refusal; ``code`` also of an HTTP status, or
        the seconds of a slow answer.
        ``limit_seconds``: a pause that nobody releases ends then, as a call that ran out of time.
        """
        kind = FaultKind(kind)
        if operation not in OPERATIONS or operation not in _ONLY.get(kind, _ANYWHERE_ELSE):
            raise ValueError(f"No fault {kind} for {operation!r}")
        if kind in (FaultKind.REFUSE, FaultKind.HTTP, FaultKind.SLOW) and not code:
            raise ValueError(f"{kind} needs a code")
        if kind is FaultKind.SLOW:
            float(code)
        with self._store.writing() as db:
            return db.execute(
                "INSERT INTO fault (operation, kind, remaining, sha256, code, message, limit_seconds)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (operation, kind, times, key, code, message, limit_seconds),
            ).lastrowid

    def clear(self) -> None:
        """Forget every fault; whoever stands in a pause goes on."""
        with self._store.writing() as db:
            db.execute("UPDATE fault SET remaining = 0, released = 1")

    def release(self, fault_id: int) -> None:
        """Let go whoever stands in this pause, and whoever would come to it later."""
        with self._store.writing() as db:
            db.execute("UPDATE fault SET released = 1 WHERE id = ?", (fault_id,))

    def reached(self, fault_id: int) -> int:
        """How many calls have come to this pause."""
        with self._store.reading() as db:
            return db.execute("SELECT reached FROM fault WHERE id = ?", (fault_id,)).fetchone()["reached"]

    def wait_reached(self, fault_id: int, *, limit_seconds: float = 60) -> bool:
        """Wait until a call stands in this pause; ``False`` if none came within the limit."""
        return _wait(lambda: self.reached(fault_id) > 0, limit_seconds)

    def pause(self, fault: Fault) -> bool:
        """Stand still until released, or for the seconds of a slow answer; ``False`` if the limit came first."""
        if fault.kind is FaultKind.SLOW:
            time.sleep(float(fault.code))
            return True
        with self._store.writing() as db:
            db.execute("UPDATE fault SET reached = reached + 1 WHERE id = ?", (fault.id,))
        return _wait(lambda: self._released(fault.id), fault.limit_seconds)

    def _released(self, fault_id: int) -> bool:
        with self._store.reading() as db:
            return bool(db.execute("SELECT released FROM fault WHERE id = ?", (fault_id,)).fetchone()["released"])


def waiting(db, operation: str) -> bool:
    """Whether some call of the operation may meet a fault; to be asked without the lock."""
    row = db.execute("SELECT 1 FROM fault WHERE operation = ? AND remaining > 0 LIMIT 1", (operation,)).fetchone()
    return row is not None


def take(db, operation: str, key: str) -> Fault | None:
    """The fault that this call meets, used up by one; inside the caller's writing transaction."""
    row = db.execute(
        "SELECT * FROM fault WHERE operation = ? AND remaining > 0 AND (sha256 IS NULL OR sha256 = ?)"
        " ORDER BY id LIMIT 1",
        (operation, key),
    ).fetchone()
    if row is None:
        return None
    db.execute("UPDATE fault SET remaining = remaining - 1 WHERE id = ?", (row["id"],))
    return Fault(
        id=row["id"], kind=FaultKind(row["kind"]), code=row["code"], message=row["message"],
        limit_seconds=row["limit_seconds"],
    )


class Wired:
    """While it lasts, in this thread, calls come by the wire: a failure of it is left here for whoever answers there.

    ``calls``: what the engine was asked meanwhile: (operation, key, outcome).
    """

    def __init__(self):
        self.fault: Fault | None = None
        self.calls: list[tuple[str, str, object]] = []

    def __enter__(self) -> "Wired":
        self._token = _wired.set(self)
        return self

    def __exit__(self, *_exception) -> None:
        _wired.reset(self._token)


_wired: ContextVar[Wired | None] = ContextVar("wired", default=None)


def spoil(fault: Fault) -> bool:
    """Let the answer of the call that comes by the wire fail so; ``False`` if it does not come by it."""
    wired = _wired.get()
    if wired is None:
        return False
    wired.fault = fault
    return True


def note(operation: str, key: str, outcome: object) -> None:
    """Tell whoever answers by the wire what the engine was asked, and what it said."""
    wired = _wired.get()
    if wired is not None:
        wired.calls.append((operation, key, outcome))


def _wait(condition, limit_seconds: float) -> bool:
    end = time.monotonic() + limit_seconds
    while not condition():
        if time.monotonic() >= end:
            return False
        time.sleep(_POLL_SECONDS)
    return True
