"""What stands in the SAT's books about a stamped document: the requests of its cancellation and how they came out.

Nothing here waits for time to pass: what a request has come to is worked out, from the moment of whoever asks, each
time that somebody looks.
"""

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from ..cfdi.cancelacion import Respuesta
from ..cfdi.estado import EstatusCancelacion
from .relations import REPLACES


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelRequest:
    """A stored request. Moments are in UTC. ``reason``: the motivo; ``substitute``: a UUID or ``None``.
    ``expires_at``: the end of the term in which silence is consent; ``None`` for one that waits until it is answered,
    or that needs no answer. ``answer``: of the receiver, or ``None``. ``request``, ``acuse``: bytes as they came and
    went."""

    id: int
    uuid: str
    reason: str
    substitute: str | None
    issuer_rfc: str
    receiver_rfc: str
    requested_at: datetime
    needs_acceptance: bool
    expires_at: datetime | None
    answer: Respuesta | None
    answered_at: datetime | None
    request: bytes
    acuse: bytes | None

    def status(self, now: datetime) -> EstatusCancelacion:
        """What it has come to at that moment."""
        if not self.needs_acceptance:
            return EstatusCancelacion.CANCELADO_SIN_ACEPTACION
        if self.answer == Respuesta.ACEPTACION:
            return EstatusCancelacion.CANCELADO_CON_ACEPTACION
        if self.answer == Respuesta.RECHAZO:
            return EstatusCancelacion.RECHAZADA
        if self.expires_at is not None and now.replace(microsecond=0) > self.expires_at:
            return EstatusCancelacion.PLAZO_VENCIDO
        return EstatusCancelacion.EN_PROCESO

    def waits(self, now: datetime) -> bool:
        """Whether the receiver may still answer."""
        return self.status(now) is EstatusCancelacion.EN_PROCESO

    def cancelled(self, now: datetime) -> bool:
        """Whether the document is cancelled by it."""
        return self.status(now) not in (EstatusCancelacion.EN_PROCESO, EstatusCancelacion.RECHAZADA)


#: The same as :meth:`CancelRequest.cancelled` as a condition on a stamp ``s`` at the moment ``:now``.
CANCELLED = """EXISTS (
    SELECT 1 FROM cancellation c WHERE c.uuid = s.uuid AND (
        NOT c.needs_acceptance OR c.answer = 'Aceptacion'
        OR (c.answer IS NULL AND c.expires_at IS NOT NULL AND c.expires_at < :now)))"""


def moment_text(moment: datetime) -> str:
    """A moment in UTC as the store writes it: whole seconds, so that texts compare as moments do."""
    return moment.replace(microsecond=0).isoformat()


def requests(db: sqlite3.Connection, where: str = "TRUE", *values: object) -> list[CancelRequest]:
    """Stored requests, the oldest first; ``where`` is a condition of ours over the columns."""
    rows = db.execute(f"SELECT * FROM cancellation WHERE {where} ORDER BY id", values).fetchall()
    return [_read(row) for row in rows]


def last_request(db: sqlite3.Connection, uuid: str) -> CancelRequest | None:
    """The latest request for a document: the one that counts."""
    found = requests(db, "uuid = ?", uuid)
    return found[-1] if found else None


def is_cancelled(db: sqlite3.Connection, uuid: str, now: datetime) -> bool:
    """Whether a document is cancelled at that moment."""
    request = last_request(db, uuid)
    return request is not None and request.cancelled(now)


def blockers(db: sqlite3.Connection, uuid: str, now: datetime) -> list[str]:
    """UUIDs of the documents in force that name this one, its substitutes left aside: while there are any, it cannot be
    cancelled."""
    rows = db.execute(
        "SELECT DISTINCT s.uuid FROM relation r JOIN stamp s ON s.id = r.stamp"
        f" WHERE r.uuid = :uuid AND r.kind <> :replaces AND NOT {CANCELLED} ORDER BY s.uuid",
        {"uuid": uuid, "replaces": REPLACES, "now": moment_text(now)},
    ).fetchall()
    return [row["uuid"] for row in rows]


def write_answer(db: sqlite3.Connection, request: CancelRequest, answer: Respuesta, now: datetime) -> None:
    """Store a receiver's answer, inside the caller's transaction."""
    db.execute(
        "UPDATE cancellation SET answer = ?, answered_at = ? WHERE id = ?",
        (str(answer), moment_text(now), request.id),
    )


def _read(row: sqlite3.Row) -> CancelRequest:
    values = dict(row)
    for name in ("requested_at", "expires_at", "answered_at"):
        values[name] = datetime.fromisoformat(values[name]) if values[name] else None
    values["needs_acceptance"] = bool(values["needs_acceptance"])
    values["answer"] = Respuesta(values["answer"]) if values["answer"] else None
    return CancelRequest(**values)
