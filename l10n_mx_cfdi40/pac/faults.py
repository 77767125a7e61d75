"""Failures on demand, kept in the loopback's store: a test sets one, and whichever process calls next meets it.

A fault belongs to an operation and serves a number of calls, the oldest first. A pause stops the process at an exact
point of the protocol, where it can be killed; nothing here waits for time to pass, only for a row to change, and never
beyond a limit.
"""

import time
from dataclasses import dataclass
from enum import StrEnum

from .store import Store

STAMP, RECOVER = "stamp", "recover"
CANCEL, RELATED, PENDING, ANSWER, ESTADO = "cancel", "related", "pending", "answer", "estado"
OPERATIONS = frozenset({STAMP, RECOVER, CANCEL, RELATED, PENDING, ANSWER, ESTADO})
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
        (``PENDING``: this RFC). ``code``, ``message``: of a refusal.
        ``limit_seconds``: a pause that nobody releases ends then, as a call that ran out of time.
        """
        kind = FaultKind(kind)
        if operation not in OPERATIONS or (kind is FaultKind.NOT_FOUND and operation != RECOVER):
            raise ValueError(f"No fault {kind} for {operation!r}")
        if kind is FaultKind.REFUSE and not code:
            raise ValueError("A refusal needs a code")
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
        """Stand still until released; ``False`` if the limit came first."""
        with self._store.writing() as db:
            db.execute("UPDATE fault SET reached = reached + 1 WHERE id = ?", (fault.id,))
        return _wait(lambda: self._released(fault.id), fault.limit_seconds)

    def _released(self, fault_id: int) -> bool:
        with self._store.reading() as db:
            return bool(db.execute("SELECT released FROM fault WHERE id = ?", (fault_id,)).fetchone()["released"])


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


def _wait(condition, limit_seconds: float) -> bool:
    end = time.monotonic() + limit_seconds
    while not condition():
        if time.monotonic() >= end:
            return False
        time.sleep(_POLL_SECONDS)
    return True
