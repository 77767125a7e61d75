"""What the SAT's status service says of a document: its answer as values, for whoever asks directly or by the wire."""

from ..cfdi import parse, qr
from ..cfdi.errors import SatError, XmlError
from ..cfdi.estado import EsCancelable, Estado, EstadoSat, EstatusCancelacion
from .base import Refused, Unknown
from .cancellations import Cancellations
from .clock import Clock
from .standing import blockers, last_request
from .store import Store

FOUND = "S - Comprobante obtenido satisfactoriamente."
#: What the service answers instead of a state, by its number.
NOT_FOUND = {
    "601": "N - 601: La expresión impresa proporcionada no es válida.",
    "602": "N - 602: Comprobante no encontrado.",
}
#: ValidacionEFOS of an issuer of whom nothing was said: not in the list.
CLEAN = "200"


_TROUBLE = {
    "timeout": "El servicio de consulta del SAT no contestó a tiempo.",
    "unreachable": "No hubo conexión con el servicio de consulta del SAT.",
    "server_error": "El servicio de consulta del SAT tuvo un error.",
}


class Consulta:
    """The status service over one store."""

    def __init__(self, store: Store, clock: Clock, cancellations: Cancellations):
        self._store, self._clock, self._cancellations = store, clock, cancellations

    def estado(self, consulta: str) -> EstadoSat:
        """The state of the document of an expression. Never raises, whatever the text."""
        try:
            asked = qr.leer_consulta(consulta)
        except XmlError:
            return missing("601")
        now = self._clock.now()
        with self._store.reading() as db:
            stamp = self._cancellations.indexed(db, asked.uuid, now)
            if stamp is None or (stamp["issuer_rfc"], stamp["receiver_rfc"]) != (asked.emisor, asked.receptor):
                return missing("602")
            comprobante = parse.leer(stamp["xml"])
            if comprobante.total != asked.total or asked.sello8 not in (None, comprobante.sello[-8:]):
                return missing("602")
            request = last_request(db, asked.uuid)
            status = request.status(now) if request else None
            needs = request.needs_acceptance if request else self._cancellations.needs_acceptance(db, comprobante, now)
            cancelable = EsCancelable.CON_ACEPTACION if needs else EsCancelable.SIN_ACEPTACION
            cancelled = request is not None and request.cancelled(now)
            if not cancelled and status is not EstatusCancelacion.EN_PROCESO and blockers(db, asked.uuid, now):
                cancelable = EsCancelable.NO
            efos = db.execute("SELECT code FROM efos WHERE rfc = ?", (asked.emisor,)).fetchone()
        return EstadoSat(
            codigo_estatus=FOUND, estado=Estado.CANCELADO if cancelled else Estado.VIGENTE, es_cancelable=cancelable,
            estatus_cancelacion=status, validacion_efos=efos["code"] if efos else CLEAN,
        )

    def set_efos(self, rfc: str, code: str | None) -> None:
        """The ValidacionEFOS of what this RFC issues; ``None``: not in the list, as every RFC begins."""
        with self._store.writing() as db:
            db.execute("DELETE FROM efos WHERE rfc = ?", (rfc,))
            if code is not None:
                db.execute("INSERT INTO efos (rfc, code) VALUES (?, ?)", (rfc, code))


def missing(number: str) -> EstadoSat:
    """The answer about a document that was not found (602), or not asked about as it should (601)."""
    return EstadoSat(
        codigo_estatus=NOT_FOUND[number], estado=Estado.NO_ENCONTRADO, es_cancelable=None, estatus_cancelacion=None,
    )


def told(outcome: EstadoSat | Refused | Unknown) -> EstadoSat:
    """The answer, when faults may have had a hand in it. A refusal with one of the service's own numbers is that
    answer; with another code it is a trouble of the server's. SatError: timeout, unreachable, server_error."""
    if isinstance(outcome, EstadoSat):
        return outcome
    if isinstance(outcome, Refused) and outcome.code in NOT_FOUND:
        return missing(outcome.code)
    code = outcome.reason if isinstance(outcome, Unknown) else "server_error"
    raise SatError(code, _TROUBLE[code])


def subject(consulta: str) -> str:
    """The UUID of an expression in upper case; empty if it cannot be read."""
    try:
        return qr.leer_consulta(consulta).uuid
    except XmlError:
        return ""
