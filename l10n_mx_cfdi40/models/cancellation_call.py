"""The call that asks for a cancellation, with plain values only: no ORM, no database, no lock while it lasts."""
import time
from dataclasses import dataclass

from ..cfdi.errors import SatError
from ..cfdi.estado import Estado, EstadoSat, EstatusCancelacion
from ..pac.base import Pac, Unknown
from ..pac.codes import LATE_START


@dataclass(frozen=True, slots=True)
class Seen:
    """The SAT's own answer about the CFDI settles what became of the request."""

    estado: EstadoSat


@dataclass(frozen=True, slots=True)
class Untraced:
    """The SAT knows of no request, and the one that was sent is too old to be sent again as it stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelCall:
    """One attempt, as claimed and committed.

    ``request``: the signed bytes. ``ask``: the PAC may have them already, so the SAT is asked first, and the very same
    bytes are sent again only if it knows of no request. ``fresh``: the bytes may still be sent. ``sat``: client of the
    SAT's query service; ``consulta``: the expression of the CFDI. ``rejected_before``: the SAT may still show the
    rejection of an earlier request. ``start_by``: on the monotonic clock. ``exchanges``: what the client tells of them.
    ``document`` and ``account`` are records, which the call itself never touches.
    """

    document: object
    account: object
    exchanges: list
    attempt: int
    pac: Pac
    sat: object
    request: bytes
    uuid: str
    consulta: str
    ask: bool
    fresh: bool
    rejected_before: bool
    start_by: float

    def run(self):
        """The answer: Received, Refused, Unknown, Seen or Untraced. Never an exception of a transport."""
        if time.monotonic() > self.start_by:
            return Unknown(reason=LATE_START, detail="", sent=False)
        if self.ask:
            try:
                estado = self.sat.estado(self.consulta)
            except SatError as error:
                return Unknown(reason=error.code, detail=str(error), sent=True)
            if self._settles(estado):
                return Seen(estado)
            if not self.fresh:
                return Untraced()
        return self.pac.cancel(self.request, uuid=self.uuid)

    def _settles(self, estado):
        if estado.estado is Estado.CANCELADO or estado.estatus_cancelacion is EstatusCancelacion.EN_PROCESO:
            return True
        return estado.estatus_cancelacion is EstatusCancelacion.RECHAZADA and not self.rejected_before
