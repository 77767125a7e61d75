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

from ..cfdi import timbre
from ..cfdi.values import Comprobante, TimbreFiscalDigital
from . import codes, faults
from .authority import RFC_PAC, Authority
from .base import (
    Accepted,
    NotFound,
    RecoverOutcome,
    Refused,
    StampOutcome,
    Unknown,
    key_of,
)
from .clock import CENTRAL, Clock
from .faults import Fault, FaultKind, Faults
from .review import Examiner, Standing, Stop, review
from .store import Store, read_setting, write_setting

#: What every stamp says of itself (TimbreFiscalDigital/@Leyenda, 12 to 150 characters).
LEYENDA = "SIN VALIDEZ FISCAL: TIMBRE DE PRUEBA"

_CREDITS, _USER, _PASSWORD = "credits", "user", "password"


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
    """A call that arrived. ``outcome``: the class of the answer, ``None`` if the process died before giving one."""

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

    # What a PAC does

    def stamp(self, sealed: bytes, *, user: str | None = None, password: str | None = None) -> StampOutcome:
        """Stamp a sealed document; the same bytes again get their first stamp back."""
        key = key_of(sealed)
        return self._answer(faults.STAMP, key, lambda: self._stamp(sealed, key, user, password))

    def recover(self, sealed: bytes, *, user: str | None = None, password: str | None = None) -> RecoverOutcome:
        """What became of these bytes. Never stamps."""
        key = key_of(sealed)
        return self._answer(faults.RECOVER, key, lambda: self._recover(key, user, password))

    # What a test or an administrator does

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

    def _answer(self, operation: str, key: str, work):
        call, fault = self._arrive(operation, key)
        outcome = self._with_fault(fault, work) if fault else work()
        with self.store.writing() as db:
            db.execute(
                "UPDATE call SET outcome = ?, code = ? WHERE id = ?",
                (type(outcome).__name__, getattr(outcome, "code", None), call),
            )
        return outcome

    def _arrive(self, operation: str, key: str) -> tuple[int, Fault | None]:
        with self.store.writing() as db:
            fault = faults.take(db, operation, key)
            call = db.execute(
                "INSERT INTO call (operation, sha256, process) VALUES (?, ?, ?)", (operation, key, os.getpid()),
            ).lastrowid
        return call, fault

    def _with_fault(self, fault: Fault, work):
        match fault.kind:
            case FaultKind.UNREACHABLE:
                return Unknown("unreachable", fault.message or codes.DOUBTS["unreachable"].text, sent=False)
            case FaultKind.TIMEOUT:
                return _timeout(fault)
            case FaultKind.REFUSE:
                return Refused(
                    fault.code, fault.message or codes.explain(fault.code).text,
                    examined=fault.code not in codes.NOT_EXAMINED,
                )
            case FaultKind.NOT_FOUND:
                return NotFound(fault.message or codes.DOUBTS["not_found"].text)
            case FaultKind.PAUSE_BEFORE:
                return work() if self.faults.pause(fault) else _timeout(fault)
            case FaultKind.PAUSE_AFTER:
                outcome = work()
                return outcome if self.faults.pause(fault) else _timeout(fault)
            case FaultKind.LOST:
                work()
                return _timeout(fault)

    def _stamp(self, sealed: bytes, key: str, user: str | None, password: str | None) -> StampOutcome:
        if not self._admitted(user, password):
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
        if not self._admitted(user, password):
            return Unknown("credentials", codes.DOUBTS["credentials"].text, sent=False)
        return self._first(key) or NotFound(codes.DOUBTS["not_found"].text)

    def _admitted(self, user: str | None, password: str | None) -> bool:
        with self.store.reading() as db:
            wanted = read_setting(db, _USER), read_setting(db, _PASSWORD)
        given = user, password
        return all(
            want is None or hmac.compare_digest(want.encode(), (got or "").encode())
            for want, got in zip(wanted, given, strict=True)
        )

    def _first(self, key: str) -> Accepted | None:
        with self.store.reading() as db:
            return _stored(db, key)

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
        with self.store.writing() as db:
            first = _stored(db, key)
            if first is not None:
                return first
            twin = db.execute("SELECT uuid FROM stamp WHERE seal = ?", (seal,)).fetchone()
            if twin is not None:
                return Refused("307", f"{codes.CODES['307'].text} UUID {twin['uuid']}.", {"uuid": twin["uuid"]})
            if not _spend(db):
                return Refused(codes.SIN_FOLIOS, codes.CODES[codes.SIN_FOLIOS].text)
            db.execute(
                "INSERT INTO stamp (sha256, seal, uuid, issuer_rfc, receiver_rfc, kind, serie, folio, total, currency,"
                " stamped_at, xml) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    key, seal, stamp.uuid, comprobante.emisor.rfc, comprobante.receptor.rfc,
                    str(comprobante.tipo_de_comprobante), comprobante.serie, comprobante.folio,
                    str(comprobante.total), str(comprobante.moneda), stamp.fecha_timbrado.isoformat(), xml,
                ),
            )
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


def _stored(db: sqlite3.Connection, key: str) -> Accepted | None:
    row = db.execute("SELECT xml FROM stamp WHERE sha256 = ?", (key,)).fetchone()
    return Accepted(row["xml"], repeated=True) if row else None


def _spend(db: sqlite3.Connection) -> bool:
    """Take one credit; ``False`` if none is left."""
    left = read_setting(db, _CREDITS)
    if left is None:
        return True
    if int(left) <= 0:
        return False
    write_setting(db, _CREDITS, str(int(left) - 1))
    return True


def _timeout(fault: Fault) -> Unknown:
    return Unknown("timeout", fault.message or codes.DOUBTS["timeout"].text, sent=True)
