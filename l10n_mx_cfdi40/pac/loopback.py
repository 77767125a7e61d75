"""The embedded PAC, for tests, demonstrations and companies in test mode: a client of the engine without a wire.

What it stamps has no fiscal validity and says so; the registry refuses it in production.
"""

import os
import sqlite3
import time
from collections.abc import Callable, Mapping
from dataclasses import is_dataclass
from datetime import UTC, datetime, timedelta

from ..cfdi.csd import Certificado
from ..cfdi.errors import SatError
from ..cfdi.estado import EstadoSat
from .authority import RFC_PAC
from .base import (
    CAN_ANSWER,
    CAN_CANCEL,
    CAN_PENDING,
    CAN_RECOVER,
    CAN_RELATED,
    CAN_REPEAT,
    CAN_SAT_STATUS,
    CAN_STAMP,
    CAN_TELL_CREDITS,
    CAN_TEST_CREDENTIALS,
    AnswerOutcome,
    CancelOutcome,
    CheckOutcome,
    Pac,
    PendingOutcome,
    RecoverOutcome,
    Refused,
    RelatedOutcome,
    StampOutcome,
    Unknown,
    check_key,
)
from .engine import Engine
from .faults import ANSWER, CANCEL, CHECK, CREDITS, PENDING, RECOVER, RELATED, STAMP
from .store import Store
from .transport import DONE, Exchange


class Loopback(Pac):
    """A client of the engine over ``store`` (a path, or a :class:`Store`); ``user`` and ``password`` if it asks;
    ``observer`` as in ``transport``."""

    code = "loopback"
    rfc = RFC_PAC
    capabilities = frozenset({
        CAN_STAMP, CAN_RECOVER, CAN_REPEAT, CAN_TELL_CREDITS, CAN_CANCEL, CAN_SAT_STATUS, CAN_RELATED, CAN_PENDING,
        CAN_ANSWER, CAN_TEST_CREDENTIALS,
    })
    # Twice the wait for the store's lock, and the longest pause that a fault makes by default.
    time_limit = 120

    def __init__(
        self, store: Store | str | os.PathLike[str], *, user: str | None = None, password: str | None = None,
        observer: Callable[[Exchange], None] | None = None,
    ):
        self.engine = Engine(store if isinstance(store, Store) else Store(store))
        self._credentials = {"user": user, "password": password}
        self._observer = observer
        self._certificates: Mapping[str, Certificado] = {}

    def _ask(self, operation: str, work: Callable[[], object]):
        """What `work` answers. The observer is told of it; there is no wire, so there are no texts."""
        start = time.perf_counter()
        try:
            outcome = work()
        except (sqlite3.Error, OSError) as error:
            outcome = _broken(error)
        if self._observer:
            seconds = time.perf_counter() - start
            self._observer(Exchange(
                when=datetime.now(UTC) - timedelta(seconds=seconds), pac=self.code, operation=operation,
                milliseconds=round(seconds * 1000), outcome=type(outcome).__name__ if is_dataclass(outcome) else DONE,
                code=str(getattr(outcome, "code", "") or getattr(outcome, "reason", "")), request="", response=""))
        return outcome

    @property
    def certificates(self) -> Mapping[str, Certificado]:
        """That of its authority, with which every stamp of the store is sealed."""
        if not self._certificates:
            try:
                stamping = self.engine.authority.stamping
            except (sqlite3.Error, OSError):
                return {}
            self._certificates = {stamping.number: Certificado.leer(stamping.certificate)}
        return self._certificates

    def trust(self, certificates: Mapping[str, Certificado]) -> None:
        # It knows the only one that there is.
        pass

    def stamp(self, sealed: bytes, *, key: str) -> StampOutcome:
        check_key(sealed, key)
        return self._ask(STAMP, lambda: self.engine.stamp(sealed, **self._credentials))

    def recover(self, sealed: bytes, *, key: str) -> RecoverOutcome:
        check_key(sealed, key)
        return self._ask(RECOVER, lambda: self.engine.recover(sealed, **self._credentials))

    def cancel(self, request: bytes, *, uuid: str) -> CancelOutcome:
        return self._ask(CANCEL, lambda: self.engine.cancel(request, uuid=uuid, **self._credentials))

    def related(self, request: bytes) -> RelatedOutcome:
        return self._ask(RELATED, lambda: self.engine.related(request, **self._credentials))

    def pending(self, rfc: str) -> PendingOutcome:
        return self._ask(PENDING, lambda: self.engine.pending(rfc, **self._credentials))

    def answer(self, request: bytes) -> AnswerOutcome:
        return self._ask(ANSWER, lambda: self.engine.answer(request, **self._credentials))

    def estado(self, consulta: str) -> EstadoSat:
        try:
            return self.engine.estado(consulta)
        except (sqlite3.Error, OSError) as error:
            raise SatError("server_error", _broken(error).detail) from error

    def credits(self) -> int | Unknown | None:
        def work():
            visit = self.engine.visit(CREDITS, **self._credentials)
            if isinstance(visit, Refused):
                return Unknown("credentials", visit.message, sent=True)
            return visit if isinstance(visit, Unknown) else self.engine.credits()

        return self._ask(CREDITS, work)

    def check(self) -> CheckOutcome:
        return self._ask(CHECK, lambda: self.engine.visit(CHECK, **self._credentials))


def _broken(error: sqlite3.Error | OSError) -> Unknown:
    """The store failed (locked, full disk, no right to write): whether the work was committed before is not known."""
    return Unknown("server_error", f"El almacén del PAC de pruebas falló: {error}", sent=True)
