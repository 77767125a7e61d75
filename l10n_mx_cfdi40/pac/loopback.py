"""The embedded PAC, for tests, demonstrations and companies in test mode: a client of the engine without a wire.

What it stamps has no fiscal validity and says so; the registry refuses it in production.
"""

import os
import sqlite3

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
    AnswerOutcome,
    CancelOutcome,
    Pac,
    PendingOutcome,
    RecoverOutcome,
    RelatedOutcome,
    StampOutcome,
    Unknown,
    check_key,
)
from .engine import Engine
from .store import Store


class Loopback(Pac):
    """A client of the engine over ``store`` (a path, or a :class:`Store`); ``user`` and ``password`` if it asks."""

    code = "loopback"
    rfc = RFC_PAC
    capabilities = frozenset({
        CAN_STAMP, CAN_RECOVER, CAN_REPEAT, CAN_TELL_CREDITS, CAN_CANCEL, CAN_SAT_STATUS, CAN_RELATED, CAN_PENDING,
        CAN_ANSWER,
    })
    # Twice the wait for the store's lock, and the longest pause that a fault makes by default.
    time_limit = 120

    def __init__(self, store: Store | str | os.PathLike[str], *, user: str | None = None, password: str | None = None):
        self.engine = Engine(store if isinstance(store, Store) else Store(store))
        self._credentials = {"user": user, "password": password}

    def stamp(self, sealed: bytes, *, key: str) -> StampOutcome:
        check_key(sealed, key)
        try:
            return self.engine.stamp(sealed, **self._credentials)
        except (sqlite3.Error, OSError) as error:
            return _broken(error)

    def recover(self, sealed: bytes, *, key: str) -> RecoverOutcome:
        check_key(sealed, key)
        try:
            return self.engine.recover(sealed, **self._credentials)
        except (sqlite3.Error, OSError) as error:
            return _broken(error)

    def cancel(self, request: bytes, *, uuid: str) -> CancelOutcome:
        try:
            return self.engine.cancel(request, uuid=uuid, **self._credentials)
        except (sqlite3.Error, OSError) as error:
            return _broken(error)

    def related(self, request: bytes) -> RelatedOutcome:
        try:
            return self.engine.related(request, **self._credentials)
        except (sqlite3.Error, OSError) as error:
            return _broken(error)

    def pending(self, rfc: str) -> PendingOutcome:
        try:
            return self.engine.pending(rfc, **self._credentials)
        except (sqlite3.Error, OSError) as error:
            return _broken(error)

    def answer(self, request: bytes) -> AnswerOutcome:
        try:
            return self.engine.answer(request, **self._credentials)
        except (sqlite3.Error, OSError) as error:
            return _broken(error)

    def estado(self, consulta: str) -> EstadoSat:
        try:
            return self.engine.estado(consulta)
        except (sqlite3.Error, OSError) as error:
            raise SatError("server_error", _broken(error).detail) from error

    def credits(self) -> int | None:
        """Stamps left, ``None`` for as many as wanted."""
        return self.engine.credits()


def _broken(error: sqlite3.Error | OSError) -> Unknown:
    """The store failed (locked, full disk, no right to write): whether the work was committed before is not known."""
    return Unknown("server_error", f"El almacén del PAC de pruebas falló: {error}", sent=True)
