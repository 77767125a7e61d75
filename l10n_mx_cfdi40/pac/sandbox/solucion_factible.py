"""Solución Factible over the engine: three SOAP services in the manner of Axis2, with two levels of status.

The status of the answer is the call's (200 also when every document was refused), that of each result is the
document's. Cancellations are taken now and told of later: who asks while the receiver has not answered is told 211.
"""

from datetime import UTC

from ...cfdi.estado import EstatusCancelacion
from ...cfdi.timbre import leer_timbre
from .. import faults
from ..base import Accepted, Received, Refused, Unknown
from ..clock import CENTRAL
from ..codes import LATE_STAMP, NOT_ENROLLED, SIN_FOLIOS, SUSPENDED
from ..engine import Engine
from .messages import Response, Routes
from .soap import Call, answer, service, trouble, uuid_in

DONE = "La operación se ha completado satisfactoriamente"

# Our codes as this PAC says them. The first are of the call, the last of the document.
_AT_THE_DOOR = {"300": 601, SUSPENDED: 605}
_STAMPING = {SIN_FOLIOS: 631, NOT_ENROLLED: 620}


def routes(engine: Engine) -> Routes:
    """What this protocol serves."""
    desk = SolucionFactible(engine)
    return {
        **_service("Timbrado", {"timbrar": desk.stamp}),
        **_service("Cancelacion", {
            "enviarSolicitudCancelacionAsincrono": desk.cancel, "getStatusCancelacionAsincrona": desk.cancel_status,
        }),
        **_service("Utilerias", {"getTimbres": desk.credits, "getTimbresImplementacion": desk.credits}),
    }


def _service(name: str, handlers) -> Routes:
    """Described at ``/ws/services/Timbrado?wsdl`` and called at another path, as the real ones are."""
    contract = f"solucion_factible_{name.lower()}.wsdl"
    return service(
        f"/ws/services/{name}.{name}HttpsSoap11Endpoint/", contract, handlers, wsdl=f"/ws/services/{name}",
    )


def _answer(room: str, call: Call, value) -> Response:
    space = f"http://{room}.ws.cfdi.solucionfactible.com"
    return answer(call.operation, "return", value, namespace=space, types=f"{space}/xsd")


def _login(call: Call) -> dict[str, str]:
    return {"user": call.text("usuario"), "password": call.text("password")}


class SolucionFactible:
    """Who answers each operation."""

    def __init__(self, engine: Engine):
        self._engine = engine

    def stamp(self, call: Call) -> Response:
        outcome = self._engine.stamp(call.binary("cfdi"), **_login(call))
        match outcome:
            case Accepted():
                result = _stamped(outcome)
            case Unknown(reason=reason) if reason == LATE_STAMP:
                result = {"mensaje": "El CFDI contiene un timbre previo", "status": 307}
            case Refused(code=code, message=message) if code in _AT_THE_DOOR:
                return _answer("timbrado", call, {"mensaje": message, "status": _AT_THE_DOOR[code]})
            case Refused(code=code, message=message):
                status = _STAMPING.get(code, code)
                # The status is a number; a rule of Anexo 20 goes into the text.
                text, status = (message, status) if str(status).isdigit() else (f"{code} - {message}", 301)
                result = {"mensaje": text, "status": status}
            case _:
                return trouble(outcome)
        return _answer("timbrado", call, {"mensaje": DONE, "resultados": result, "status": 200})

    def cancel(self, call: Call) -> Response:
        request = call.binary("solicitud")
        uuid = uuid_in(request)
        outcome = self._engine.cancel(request, uuid=uuid, **_login(call))
        match outcome:
            case Received(code="201"):
                status, text = 200, uuid.lower()
            case Received():
                status, text = 701, "La transacción asíncrona ya existe"
            case Refused(code=code, message=text) if code in _AT_THE_DOOR:
                status = _AT_THE_DOOR[code]
            case Refused(code=code, message=text):
                status = code if code.isdigit() else 204
            case _:
                return trouble(outcome)
        return _answer("cancelacion", call, {"mensaje": text, "status": status})

    def cancel_status(self, call: Call) -> Response:
        visit = self._engine.visit(faults.RECEIPT, **_login(call))
        if isinstance(visit, Unknown):
            return trouble(visit)
        if isinstance(visit, Refused):
            return _answer("cancelacion", call, {"mensaje": "El usuario o contraseña son inválidos", "status": 601})
        # Its transactions are called as it said when it took them: the UUID in small letters.
        name = call.text("transactionId")
        request = next((one for one in reversed(self._engine.requests()) if one.uuid.lower() == name), None)
        if request is None:
            return _answer("cancelacion", call, {"mensaje": "No se encontró la transacción", "status": 702})
        match request.status(self._engine.clock.now()):
            case EstatusCancelacion.EN_PROCESO:
                value = {"mensaje": "En proceso", "status": 211}
            case EstatusCancelacion.RECHAZADA:
                value = {"mensaje": "Rechazada por el receptor", "status": 213}
            case _:
                value = {"acuseSat": request.acuse, "mensaje": "Cancelado", "status": 201}
        return _answer("cancelacion", call, value)

    def credits(self, call: Call) -> Response:
        visit = self._engine.visit(faults.CREDITS, **_login(call))
        if isinstance(visit, Unknown):
            return trouble(visit)
        if isinstance(visit, Refused):
            return _answer("utilerias", call, {"mensaje": "El usuario o contraseña son inválidos", "status": 601})
        left, used = self._engine.credits(), self._engine.count()
        if left is None:
            # It has no word for a plan without limit: a contract larger than anybody will use.
            left = 1_000_000_000 - used
        return _answer("utilerias", call, {
            "contratados": left + used, "disponibles": left, "mensaje": DONE, "status": 200, "usados": used,
        })


def _stamped(outcome: Accepted) -> dict:
    timbre = leer_timbre(outcome.xml)
    # The moment of this field is that of Greenwich; the timbre's own is local.
    moment = timbre.fecha_timbrado.replace(tzinfo=CENTRAL).astimezone(UTC)
    return {
        "certificadoSAT": timbre.no_certificado_sat, "cfdiTimbrado": outcome.xml,
        "fechaTimbrado": moment.isoformat().replace("+00:00", "Z"),
        "mensaje": "El CFDI contiene un timbre previo" if outcome.repeated else "Timbrado",
        "selloSAT": timbre.sello_sat, "status": 307 if outcome.repeated else 200, "uuid": timbre.uuid,
        "versionTFD": "1.1",
    }
