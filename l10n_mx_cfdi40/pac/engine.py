"""A PAC and the SAT behind it, in one file: what it stamps is durable, happens once, and has no fiscal validity.

Documents are known by the sha256 of their sealed bytes and by their seal, so neither a repeated call, nor two processes
at once, nor a process killed at any point gets a second UUID for the same document. The embedded PAC talks to it
directly; a server that speaks a real PAC's protocol can stand on it just as well.
"""

import base64
import hmac
import os
import sqlite3
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..cfdi import timbre
from ..cfdi.cancelacion import Respuesta
from ..cfdi.estado import EstadoSat
from ..cfdi.values import Comprobante, TimbreFiscalDigital
from . import cancel_codes, codes, faults, status
from .authority import RFC_PAC, Authority
from .base import (
    Accepted,
    AnswerOutcome,
    CancelOutcome,
    CheckOutcome,
    CredentialsOk,
    NotFound,
    PendingOutcome,
    RecoverOutcome,
    Refused,
    RelatedOutcome,
    StampOutcome,
    Unknown,
    key_of,
)
from .cancellations import Cancellations
from .clock import CENTRAL, Clock
from .faults import Fault, FaultKind, Faults
from .receivers import Receivers
from .relations import write_relations
from .review import Examiner, Standing, Stop, review
from .signed import subject
from .standing import CancelRequest
from .status import Consulta
from .store import Store, read_setting, write_setting
from .tampering import tampered

#: What every stamp says of itself (TimbreFiscalDigital/@Leyenda, 12 to 150 characters).
LEYENDA = "SIN VALIDEZ FISCAL: TIMBRE DE PRUEBA"

# How the refusals of each operation are explained, and which of them are given at the door.
_STAMPING = codes.explain, codes.NOT_EXAMINED
_CANCELLING = cancel_codes.explain_cancel, cancel_codes.NOT_EXAMINED
_ANSWERING = cancel_codes.explain_answer, cancel_codes.NOT_EXAMINED
_WORDS = {
    faults.STAMP: _STAMPING, faults.RECOVER: _STAMPING, faults.CANCEL: _CANCELLING, faults.ESTADO: _CANCELLING,
    faults.RELATED: _ANSWERING, faults.PENDING: _ANSWERING, faults.ANSWER: _ANSWERING,
    faults.CHECK: _CANCELLING, faults.CREDITS: _CANCELLING, faults.RECEIPT: _CANCELLING,
}

_CREDITS, _USER, _PASSWORD, _REPEAT_DELAY = "credits", "user", "password", "repeat_delay"


@dataclass(frozen=True, slots=True)
class Stamp:
    """A stored stamp. ``total``: as written in the document. ``stamped_at``: FechaTimbrado. ``sha256``: of the sealed
    bytes."""

    uuid: str
    sha256: str
    issuer_rfc: str
    receiver_rfc: str
    kind: str
    serie: str | None
    folio: str | None
    total: str
    currency: str
    stamped_at: str
    xml: bytes


@dataclass(frozen=True, slots=True)
class Call:
    """A call that arrived. ``sha256``: of the sealed document; in the operations of cancellation, the UUID (in
    ``pending``, the RFC) that it is about. ``outcome``: the class of the answer, ``None`` if the process died before
    giving one."""

    operation: str
    sha256: str
    process: int
    outcome: str | None
    code: str | None


class Engine:
    """The loopback's PAC and SAT over one store. Any number of these, in any number of processes, may share it."""

    def __init__(self, store: Store):
        self.store = store
        self.clock = Clock(store)
        self.authority = Authority(store)
        self.faults = Faults(store)
        self._cancellations = Cancellations(store, self.clock, self._examiner)
        self._receivers = Receivers(store, self._examiner)
        self._consulta = Consulta(store, self.clock, self._cancellations)

    # What a PAC does

    def stamp(self, sealed: bytes, *, user: str | None = None, password: str | None = None) -> StampOutcome:
        """Stamp a sealed document; the same bytes again get their first stamp back."""
        key = key_of(sealed)
        return self._answer(faults.STAMP, key, lambda: self._stamp(sealed, key, user, password))

    def recover(self, sealed: bytes, *, user: str | None = None, password: str | None = None) -> RecoverOutcome:
        """What became of these bytes. Never stamps."""
        key = key_of(sealed)
        return self._answer(faults.RECOVER, key, lambda: self._recover(key, user, password))

    def cancel(
        self, request: bytes, *, uuid: str, user: str | None = None, password: str | None = None,
    ) -> CancelOutcome:
        """Take a signed request of cancellation to the SAT."""
        return self._admit(
            faults.CANCEL, uuid.upper(), user, password, lambda: self._cancellations.cancel(request, uuid),
        )

    def related(self, request: bytes, *, user: str | None = None, password: str | None = None) -> RelatedOutcome:
        """Documents related to one, for its issuer or its receiver."""
        key = subject(request)
        return self._admit(faults.RELATED, key, user, password, lambda: self._receivers.related(request))

    def pending(self, rfc: str, *, user: str | None = None, password: str | None = None) -> PendingOutcome:
        """Cancellations that wait for this receiver."""
        return self._admit(faults.PENDING, rfc, user, password, lambda: self._receivers.pending(rfc))

    def answer(self, request: bytes, *, user: str | None = None, password: str | None = None) -> AnswerOutcome:
        """Take a receiver's signed answer to the SAT."""
        key = subject(request)
        return self._admit(faults.ANSWER, key, user, password, lambda: self._receivers.answer(request))

    def estado(self, consulta: str) -> EstadoSat:
        """What the SAT's status service says; it asks nobody who they are. SatError when a fault says so."""
        key = status.subject(consulta)
        return status.told(self._answer(faults.ESTADO, key, lambda: self._consulta.estado(consulta)))

    def visit(self, operation: str, *, user: str | None, password: str | None, key: str = "") -> CheckOutcome:
        """Let in, or not, whoever asks about the account or for a file (``faults.CHECK``, ``CREDITS``, ``RECEIPT``)."""
        return self._admit(operation, key, user, password, CredentialsOk)

    # What a test or an administrator does

    def requests(self) -> list[CancelRequest]:
        """Every stored request of cancellation, the oldest first."""
        return self._cancellations.requests()

    def accept(self, uuid: str) -> None:
        """The receiver accepts, in the SAT's own portal. ``ValueError`` if nothing waits for the answer."""
        self._cancellations.settle(uuid, Respuesta.ACEPTACION)

    def reject(self, uuid: str) -> None:
        """The receiver rejects, in the SAT's own portal. ``ValueError`` if nothing waits for the answer."""
        self._cancellations.settle(uuid, Respuesta.RECHAZO)

    def set_efos(self, rfc: str, code: str | None) -> None:
        """The ValidacionEFOS of what this RFC issues ("100" …); ``None``: not in the list, as every RFC begins."""
        self._consulta.set_efos(rfc, code)

    def delay_index(self, seconds: int) -> None:
        """For this many seconds of the clock after each stamp, the SAT does not have the document yet."""
        self._cancellations.set_delay(seconds)

    def delay_repeat(self, seconds: int) -> None:
        """For this many seconds of the clock after each stamp, the PAC knows that it gave it and cannot hand it out
        again: a repeated document gets no stamp and no data, and who asks about it is told that there is none."""
        self.store.set_setting(_REPEAT_DELAY, str(int(seconds)))

    def set_policy(self, *, acceptance: bool | None) -> None:
        """Whether every cancellation needs acceptance, or none does; ``None``: as the SAT's rules say."""
        self._cancellations.set_policy(acceptance)

    def stamps(self) -> list[Stamp]:
        """Every stamp, the oldest first."""
        with self.store.reading() as db:
            rows = db.execute(f"SELECT {', '.join(Stamp.__slots__)} FROM stamp ORDER BY id").fetchall()
        return [Stamp(*row) for row in rows]

    def count(self) -> int:
        """How many documents are stamped."""
        with self.store.reading() as db:
            return db.execute("SELECT count(*) FROM stamp").fetchone()[0]

    def calls(self) -> list[Call]:
        """Every call that arrived, in order, answered or not."""
        with self.store.reading() as db:
            rows = db.execute(f"SELECT {', '.join(Call.__slots__)} FROM call ORDER BY id").fetchall()
        return [Call(*row) for row in rows]

    def credits(self) -> int | None:
        """Stamps left, or ``None`` for as many as wanted (so it begins)."""
        left = self.store.setting(_CREDITS)
        return None if left is None else int(left)

    def set_credits(self, left: int | None) -> None:
        """Leave this many stamps; ``None`` for as many as wanted."""
        self.store.set_setting(_CREDITS, None if left is None else str(left))

    def set_credentials(self, user: str | None, password: str | None) -> None:
        """From now on ask every caller for these; ``None`` for nothing (so it begins). For tests: kept in clear."""
        with self.store.writing() as db:
            write_setting(db, _USER, user)
            write_setting(db, _PASSWORD, password)

    def set_certificate_status(self, number: str, status: str | None) -> None:
        """What the list of issuers says of a certificate: ``review.REVOKED``, ``EXPIRED``, ``UNLISTED`` (not published
        yet), or ``None`` for active, as every certificate begins."""
        with self.store.writing() as db:
            db.execute("DELETE FROM certificate_status WHERE number = ?", (number,))
            if status is not None:
                db.execute("INSERT INTO certificate_status (number, status) VALUES (?, ?)", (number, status))

    def set_obligations(self, rfc: str, obligations: bool) -> None:
        """Whether the list of issuers has this RFC with obligations to invoice; every RFC begins with them."""
        with self.store.writing() as db:
            db.execute(
                "INSERT OR REPLACE INTO taxpayer (rfc, obligations) VALUES (?, ?)", (rfc, int(obligations)),
            )

    # How an answer comes about

    def _admit(self, operation: str, key: str, user: str | None, password: str | None, work):
        """Do the work for whoever has the credentials; everybody else is turned away at the door."""
        def checked():
            if self.admits(user, password):
                return work()
            return Refused("300", codes.CODES["300"].text, examined=False)

        return self._answer(operation, key, checked)

    def _answer(self, operation: str, key: str, work):
        call, fault = self._arrive(operation, key)
        outcome = self._with_fault(operation, fault, work) if fault else work()
        with self.store.writing() as db:
            db.execute(
                "UPDATE call SET outcome = ?, code = ? WHERE id = ?",
                (type(outcome).__name__, getattr(outcome, "code", None), call),
            )
        faults.note(operation, key, outcome)
        return outcome

    def _arrive(self, operation: str, key: str) -> tuple[int, Fault | None]:
        with self.store.writing() as db:
            fault = faults.take(db, operation, key)
            call = db.execute(
                "INSERT INTO call (operation, sha256, process) VALUES (?, ?, ?)", (operation, key, os.getpid()),
            ).lastrowid
        return call, fault

    def _with_fault(self, operation: str, fault: Fault, work):
        match fault.kind:
            case FaultKind.UNREACHABLE:
                return Unknown("unreachable", fault.message or codes.DOUBTS["unreachable"].text, sent=False)
            case FaultKind.TIMEOUT:
                return _timeout(fault)
            case FaultKind.REFUSE:
                explain, not_examined = _WORDS[operation]
                return Refused(
                    fault.code, fault.message or explain(fault.code).text, examined=fault.code not in not_examined,
                )
            case FaultKind.NOT_FOUND:
                return NotFound(fault.message or codes.DOUBTS["not_found"].text)
            case FaultKind.PAUSE_BEFORE:
                return work() if self.faults.pause(fault) else _timeout(fault)
            case FaultKind.PAUSE_AFTER | FaultKind.SLOW:
                outcome = work()
                return outcome if self.faults.pause(fault) else _timeout(fault)
            case FaultKind.OTHER_UUID | FaultKind.BAD_SEAL:
                return tampered(work(), fault.kind, self.authority)
            case _:
                return _on_the_wire(fault, work)

    def _stamp(self, sealed: bytes, key: str, user: str | None, password: str | None) -> StampOutcome:
        if not self.admits(user, password):
            return Refused("300", codes.CODES["300"].text, examined=False)
        first = self._first(key)
        if first is not None:
            return first
        try:
            comprobante = review(sealed, self._examiner())
        except Stop as stop:
            return stop.refused
        return self._commit(sealed, key, comprobante)

    def _recover(self, key: str, user: str | None, password: str | None) -> RecoverOutcome:
        if not self.admits(user, password):
            return Unknown("credentials", codes.DOUBTS["credentials"].text, sent=False)
        first = self._first(key)
        return first if isinstance(first, Accepted) else NotFound(codes.DOUBTS["not_found"].text)

    def admits(self, user: str | None, password: str | None) -> bool:
        """Whether it would take a call with these."""
        with self.store.reading() as db:
            wanted = read_setting(db, _USER), read_setting(db, _PASSWORD)
        given = user, password
        return all(
            want is None or hmac.compare_digest(want.encode(), (got or "").encode())
            for want, got in zip(wanted, given, strict=True)
        )

    def _first(self, key: str) -> Accepted | Unknown | None:
        now = self.clock.now()
        with self.store.reading() as db:
            return _stored(db, key, now)

    def _examiner(self) -> Examiner:
        return Examiner(now=self.clock.now(), issued=self.authority.issued, standing=self._standing)

    def _standing(self, number: str, rfc: str) -> Standing:
        with self.store.reading() as db:
            status = db.execute("SELECT status FROM certificate_status WHERE number = ?", (number,)).fetchone()
            taxpayer = db.execute("SELECT obligations FROM taxpayer WHERE rfc = ?", (rfc,)).fetchone()
        return Standing(
            status=status["status"] if status else None,
            obligations=bool(taxpayer["obligations"]) if taxpayer else True,
        )

    def _commit(self, sealed: bytes, key: str, comprobante: Comprobante) -> StampOutcome:
        """Store the stamp, unless another process did first, or nothing is left to spend. One transaction."""
        stamp = self._make(comprobante)
        xml = timbre.agregar(sealed, stamp)
        seal = key_of(base64.b64decode(comprobante.sello))
        now = self.clock.now()
        with self.store.writing() as db:
            first = _stored(db, key, now)
            if first is not None:
                return first
            twin = db.execute("SELECT uuid FROM stamp WHERE seal = ?", (seal,)).fetchone()
            if twin is not None:
                return Refused("307", f"{codes.CODES['307'].text} UUID {twin['uuid']}.", {"uuid": twin["uuid"]})
            if not _spend(db):
                return Refused(codes.SIN_FOLIOS, codes.CODES[codes.SIN_FOLIOS].text)
            row = db.execute(
                "INSERT INTO stamp (sha256, seal, uuid, issuer_rfc, receiver_rfc, kind, serie, folio, total, currency,"
                " stamped_at, xml) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    key, seal, stamp.uuid, comprobante.emisor.rfc, comprobante.receptor.rfc,
                    str(comprobante.tipo_de_comprobante), comprobante.serie, comprobante.folio,
                    str(comprobante.total), str(comprobante.moneda), stamp.fecha_timbrado.isoformat(), xml,
                ),
            ).lastrowid
            write_relations(db, row, xml)
        return Accepted(xml)

    def _make(self, comprobante: Comprobante) -> TimbreFiscalDigital:
        identity = self.authority.stamping
        stamp = TimbreFiscalDigital(
            uuid=str(uuid.uuid4()).upper(),
            fecha_timbrado=self.clock.now().astimezone(CENTRAL).replace(microsecond=0, tzinfo=None),
            rfc_prov_certif=RFC_PAC,
            leyenda=LEYENDA,
            sello_cfd=comprobante.sello,
            no_certificado_sat=identity.number,
            sello_sat="",
        )
        return timbre.sellar_timbre(stamp, identity)


def _stored(db: sqlite3.Connection, key: str, now: datetime) -> Accepted | Unknown | None:
    """The first stamp of these bytes; Unknown while it cannot be handed out (:meth:`Engine.delay_repeat`)."""
    row = db.execute("SELECT xml, stamped_at FROM stamp WHERE sha256 = ?", (key,)).fetchone()
    if row is None:
        return None
    delay = timedelta(seconds=int(read_setting(db, _REPEAT_DELAY) or 0))
    if delay and now < datetime.fromisoformat(row["stamped_at"]).replace(tzinfo=CENTRAL) + delay:
        return Unknown(codes.LATE_STAMP, codes.DOUBTS[codes.LATE_STAMP].text, sent=True)
    return Accepted(row["xml"], repeated=True)


def _spend(db: sqlite3.Connection) -> bool:
    """Take one credit; ``False`` if none is left."""
    left = read_setting(db, _CREDITS)
    if left is None:
        return True
    if int(left) <= 0:
        return False
    write_setting(db, _CREDITS, str(int(left) - 1))
    return True


def _on_the_wire(fault: Fault, work):
    """A failure of the wire. Whoever calls without one is told what it comes to; of a lost answer nobody is told."""
    if fault.kind in faults.BEFORE_WORK:
        faults.spoil(fault)
        return Unknown("server_error", fault.message or f"{fault.kind} {fault.code}".strip(), sent=True)
    outcome = work()
    return outcome if fault.kind is not FaultKind.LOST and faults.spoil(fault) else _timeout(fault)


def _timeout(fault: Fault) -> Unknown:
    return Unknown("timeout", fault.message or codes.DOUBTS["timeout"].text, sent=True)
