"""The SAT's side of a cancellation: what it refuses, what it does at once, and what it leaves waiting for the receiver.

Strict, in the order of the SAT's codes: 301, 302, 310, 303, 304, 305 for the request; then, for each folio, 205, 203,
202, 207, 208/212, 209, 210/211 and ``no_cancelable``. 202 comes that early because a request sent again after a lost
answer must be told that it is there, whatever changed since.
"""

import sqlite3
from collections.abc import Callable
from datetime import datetime, timedelta

from ..cfdi import parse
from ..cfdi.cancelacion import Folio, Motivo, Respuesta, SolicitudCancelacion, leer_cancelacion
from ..cfdi.values import Comprobante
from . import acuses, law
from .base import CancelOutcome, Received, Refused
from .cancel_codes import NO_CANCELABLE, explain_cancel
from .clock import CENTRAL, Clock
from .relations import REPLACES
from .review import Examiner
from .signed import Halt, check_count, check_date, check_owner, check_signature, is_uuid, read
from .standing import CancelRequest, blockers, is_cancelled, last_request, moment_text, requests, write_answer
from .store import Store, read_setting, write_setting

_DELAY, _ACCEPTANCE = "index_delay", "policy_acceptance"
_DONE = ("201", "202")


class Cancellations:
    """Requests of cancellation over one store."""

    def __init__(self, store: Store, clock: Clock, examiner: Callable[[], Examiner]):
        self._store, self._clock, self._examiner = store, clock, examiner

    def cancel(self, request: bytes, uuid: str) -> CancelOutcome:
        """Judge a request and, where nothing stands against it, store it: once for a document, whoever else asks."""
        examiner, secret = self._examiner(), acuses.secret_of(self._store)
        try:
            asked = read(request, leer_cancelacion)
        except Halt as halt:
            return halt.refused
        try:
            check_date(asked.fecha, examiner.now)
            check_count(len(asked.folios))
            check_owner(check_signature(request, examiner), asked.rfc_emisor)
            _check_shape(asked, uuid)
        except Halt as halt:
            acuse = acuses.of_cancellation(asked, examiner.now, secret, code=halt.code)
            return Refused(halt.code, halt.refused.message, {"acuse": acuse})
        code, detail, acuse = self._judge_all(asked, request, uuid, examiner.now, secret)
        text = f"{explain_cancel(code).text} {detail}".strip()
        return Received(code, text, acuse) if code in _DONE else Refused(code, text, {"acuse": acuse})

    def _judge_all(
        self, asked: SolicitudCancelacion, request: bytes, uuid: str, now: datetime, secret: bytes,
    ) -> tuple[str, str, bytes]:
        """Code, detail and receipt for ``uuid``. One transaction: what is found in it is still true when it ends."""
        judged: dict[str, tuple[str, str]] = {}
        stored = []
        with self._store.writing() as db:
            for folio in asked.folios:
                found = self._judge(db, folio, asked.rfc_emisor, now)
                if found[0] == "201":
                    stored.append(self._store_request(db, folio, request, now))
                judged.setdefault(folio.uuid, found)
            status = {name: code for name, (code, _detail) in judged.items()}
            acuse = acuses.of_cancellation(asked, now, secret, status=status)
            db.executemany("UPDATE cancellation SET acuse = ? WHERE id = ?", [(acuse, row) for row in stored])
        return *judged[uuid.upper()], acuse

    def _judge(self, db: sqlite3.Connection, folio: Folio, rfc: str, now: datetime) -> tuple[str, str]:
        stamp = self.indexed(db, folio.uuid, now)
        if stamp is None:
            return "205", ""
        if stamp["issuer_rfc"] != rfc:
            return "203", ""
        last = last_request(db, folio.uuid)
        if last is not None and (last.waits(now) or last.cancelled(now)):
            return "202", ""
        comprobante = parse.leer(stamp["xml"])
        wrong = (
            _wrong_reason(folio, comprobante)
            or self._wrong_substitute(db, folio, rfc, now)
            or _too_late(comprobante, now)
        )
        if wrong:
            return wrong
        if in_the_way := blockers(db, folio.uuid, now):
            return NO_CANCELABLE, f"Vigentes: {', '.join(in_the_way)}."
        return "201", ""

    def _wrong_substitute(
        self, db: sqlite3.Connection, folio: Folio, rfc: str, now: datetime,
    ) -> tuple[str, str] | None:
        if folio.motivo is not Motivo.CON_RELACION:
            return ("209", "") if folio.folio_sustitucion else None
        if not folio.folio_sustitucion:
            return "208", "La solicitud no trae FolioSustitucion."
        other = self.indexed(db, folio.folio_sustitucion, now) if folio.folio_sustitucion != folio.uuid else None
        if other is None:
            return "208", "El SAT no tiene la factura sustituta."
        if other["issuer_rfc"] != rfc:
            return "208", "La factura sustituta es de otro emisor."
        if is_cancelled(db, folio.folio_sustitucion, now):
            return "208", "La factura sustituta está cancelada."
        related = db.execute(
            "SELECT 1 FROM relation WHERE stamp = ? AND uuid = ? AND kind = ?", (other["id"], folio.uuid, REPLACES),
        ).fetchone()
        return None if related else ("212", "")

    def _store_request(self, db: sqlite3.Connection, folio: Folio, request: bytes, now: datetime) -> int:
        stamp = self.indexed(db, folio.uuid, now)
        # Whoever said no once is asked again, and then silence no longer consents: only a first request expires.
        again = last_request(db, folio.uuid) is not None
        needs = again or self.needs_acceptance(db, parse.leer(stamp["xml"]), now)
        expires = moment_text(law.answer_deadline(now)) if needs and not again else None
        return db.execute(
            "INSERT INTO cancellation (uuid, reason, substitute, issuer_rfc, receiver_rfc, requested_at,"
            " needs_acceptance, expires_at, request) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                folio.uuid, str(folio.motivo), folio.folio_sustitucion, stamp["issuer_rfc"], stamp["receiver_rfc"],
                moment_text(now), int(needs), expires, request,
            ),
        ).lastrowid

    # What the rest of the SAT asks of these books

    def indexed(self, db: sqlite3.Connection, uuid: str, now: datetime) -> sqlite3.Row | None:
        """The stamp of a UUID, unless the SAT does not have it yet (see :meth:`set_delay`)."""
        stamp = db.execute("SELECT * FROM stamp WHERE uuid = ?", (uuid,)).fetchone()
        if stamp is None:
            return None
        stamped_at = datetime.fromisoformat(stamp["stamped_at"]).replace(tzinfo=CENTRAL)
        delay = timedelta(seconds=int(read_setting(db, _DELAY) or 0))
        return stamp if now >= stamped_at + delay else None

    def needs_acceptance(self, db: sqlite3.Connection, comprobante: Comprobante, now: datetime) -> bool:
        """Whether the receiver must accept, if it were asked for now."""
        policy = read_setting(db, _ACCEPTANCE)
        return law.needs_acceptance(comprobante, now) if policy is None else policy == "1"

    # What a test or an administrator does

    def requests(self) -> list[CancelRequest]:
        """Every stored request, the oldest first."""
        with self._store.reading() as db:
            return requests(db)

    def settle(self, uuid: str, answer: Respuesta) -> None:
        """The receiver answers through the SAT's own portal. ``ValueError`` if nothing waits for it."""
        now = self._clock.now()
        with self._store.writing() as db:
            request = last_request(db, uuid.upper())
            if request is None or not request.waits(now):
                raise ValueError(f"No request waits for an answer about {uuid}")
            write_answer(db, request, answer, now)

    def set_delay(self, seconds: int) -> None:
        """For this many seconds after its stamp, the SAT does not have a document yet."""
        self._store.set_setting(_DELAY, str(int(seconds)))

    def set_policy(self, acceptance: bool | None) -> None:
        """Whether every request needs acceptance, or none does; ``None``: as the SAT's rules say."""
        with self._store.writing() as db:
            write_setting(db, _ACCEPTANCE, None if acceptance is None else str(int(acceptance)))


def _check_shape(asked: SolicitudCancelacion, uuid: str) -> None:
    """What is wrong with the way a folio is written is told of the whole request."""
    for folio in asked.folios:
        if not is_uuid(folio.uuid):
            raise Halt("309", f"«{folio.uuid}».")
        if folio.motivo and not (len(folio.motivo) == 2 and folio.motivo.isascii() and folio.motivo.isdigit()):
            raise Halt("311", f"«{folio.motivo}».")
    if uuid.upper() not in {folio.uuid for folio in asked.folios}:
        raise Halt("301", f"La solicitud no trae el folio {uuid}.")


def _wrong_reason(folio: Folio, comprobante: Comprobante) -> tuple[str, str] | None:
    if not isinstance(folio.motivo, Motivo):
        return "207", f"Motivo «{folio.motivo}»."
    if folio.motivo is Motivo.GLOBAL and comprobante.informacion_global is None:
        return "207", "El motivo 04 es para facturas globales, y esta no lo es."
    return None


def _too_late(comprobante: Comprobante, now: datetime) -> tuple[str, str] | None:
    last_day = law.last_day(comprobante)
    if last_day is None or law.local_date(comprobante, now) <= last_day:
        return None
    code = "211" if law.is_resico_global(comprobante) else "210"
    return code, f"El último día fue el {last_day:%d/%m/%Y}."
