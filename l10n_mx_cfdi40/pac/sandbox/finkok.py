"""Finkok (Quadrum) over the engine: its four SOAP services, with the names, texts and oddities of the real ones.

Differences that a client must live with are kept: a refusal is a list of incidences in an answer 200, a repeated stamp
brings 307 together with the first one's data (or, for some seconds, with nothing), and what the PAC does not know about
a cancellation comes as a sentence without code.
"""

from ...cfdi.cancelacion import Respuesta, leer_respuesta
from ...cfdi.errors import SatError
from ...cfdi.timbre import leer_timbre
from .. import faults
from ..base import Accepted, Answered, NotFound, Pending, Received, Refused, Related, Unknown
from ..codes import LATE_STAMP, NOT_ENROLLED, SIN_FOLIOS, SUSPENDED
from ..engine import Engine
from .messages import Response, Routes
from .soap import Call, answer, service, trouble, uuid_in

_SPACE = "http://facturacion.finkok.com/"
_TYPES = "apps.services.soap.core.views"
_FOLDER = "/servicios/soap/"

REPEATED = "El CFDI contiene un timbre previo"
BAD_LOGIN = "Invalid username or password"
NO_RECEIPT = "There is not a Cancellation receipt with that info"

# Our codes as this PAC says them. The real number of used-up credits is not published: a stand-in, with a text that
# says what it is about.
_STAMPING = {SIN_FOLIOS: "703", NOT_ENROLLED: "702", SUSPENDED: "701"}


def routes(engine: Engine) -> Routes:
    """What this protocol serves."""
    desk = Finkok(engine)
    return {
        **_service("stamp", {"stamp": desk.stamp, "stamped": desk.stamped}),
        **_service("cancel", {
            "cancel_signature": desk.cancel, "get_related_signature": desk.related, "get_pending": desk.pending,
            "accept_reject_signature": desk.accept_reject, "get_sat_status": desk.sat_status,
            "get_receipt": desk.receipt,
        }),
        **_service("utilities", {"datetime": desk.datetime}),
        **_service("registration", {"get": desk.credits}),
    }


def _service(name: str, handlers) -> Routes:
    return service(f"{_FOLDER}{name}", f"finkok_{name}.wsdl", handlers, wsdl=f"{_FOLDER}{name}.wsdl")


def _answer(room: str, call: Call, value) -> Response:
    return answer(call.operation, f"{call.operation}Result", value, namespace=f"{_SPACE}{room}", types=_TYPES)


def _login(call: Call) -> dict[str, str]:
    return {"user": call.text("username"), "password": call.text("password")}


class Finkok:
    """Who answers each operation."""

    def __init__(self, engine: Engine):
        self._engine = engine

    # Stamps

    def stamp(self, call: Call) -> Response:
        outcome = self._engine.stamp(call.binary("xml"), **_login(call))
        match outcome:
            case Accepted():
                return _answer("stamp", call, self._stamped(outcome))
            case Unknown(reason=reason) if reason == LATE_STAMP:
                # It comes twice, and with the names of its fields for values: so the real one does.
                odd = self._incidence("307", REPEATED) | {
                    "IdIncidencia": "ID_incidencia", "WorkProcessId": "WorkProcessId",
                }
                return _answer("stamp", call, {"xml": "", "Incidencias": {"Incidencia": [odd, odd]}})
            case Refused():
                return _answer("stamp", call, {"Incidencias": {"Incidencia": self._incidences(outcome)}})
            case _:
                return trouble(outcome)

    def stamped(self, call: Call) -> Response:
        outcome = self._engine.recover(call.binary("xml"), **_login(call))
        match outcome:
            case Accepted():
                return _answer("stamp", call, self._stamped(outcome))
            case NotFound():
                missing = self._incidence("603", "El CFDI no contiene un timbre previo")
                return _answer("stamp", call, {"Incidencias": {"Incidencia": missing}})
            case Refused():
                return _answer("stamp", call, {"Incidencias": {"Incidencia": self._incidences(outcome)}})
            case Unknown(reason="credentials"):
                refused = self._incidence("300", "El usuario o contraseña son inválidos")
                return _answer("stamp", call, {"Incidencias": {"Incidencia": refused}})
            case _:
                return trouble(outcome)

    def _stamped(self, outcome: Accepted) -> dict:
        timbre = leer_timbre(outcome.xml)
        how = "previamente" if outcome.repeated else "satisfactoriamente"
        again = {"Incidencia": self._incidence("307", REPEATED)} if outcome.repeated else ""
        return {
            "xml": outcome.xml.decode(), "UUID": timbre.uuid, "Fecha": timbre.fecha_timbrado.isoformat(),
            "CodEstatus": f"Comprobante timbrado {how}", "SatSeal": timbre.sello_sat, "Incidencias": again,
            "NoCertificadoSAT": timbre.no_certificado_sat,
        }

    def _incidences(self, refused: Refused) -> list[dict]:
        code = _STAMPING.get(refused.code, refused.code)
        found = refused.params.get("findings") or ((code, refused.message),)
        return [self._incidence(one, text) for one, text in found]

    def _incidence(self, code: str, text: str) -> dict:
        return {
            "IdIncidencia": "1", "RfcEmisor": "", "Uuid": "", "CodigoError": code,
            "WorkProcessId": "c0ffee00-0000-4000-8000-000000000001", "MensajeIncidencia": text, "ExtraInfo": "",
            "NoCertificadoPac": self._engine.authority.stamping.number,
            "FechaRegistro": self._engine.clock.now().replace(tzinfo=None, microsecond=0).isoformat(),
        }

    # Cancellations

    def cancel(self, call: Call) -> Response:
        request = call.binary("xml")
        uuid = uuid_in(request)
        outcome = self._engine.cancel(request, uuid=uuid, **_login(call))
        match outcome:
            case Received(code=code, acuse=acuse):
                return _answer("cancel", call, self._folio(uuid, code, acuse))
            case Refused(code="205") if not self._knows(uuid):
                return _answer("cancel", call, {"CodEstatus": f"UUID: {uuid} No Encontrado"})
            case Refused(code=code, params=params) if code in ("708", "no_cancelable") or code.startswith("2"):
                return _answer("cancel", call, self._folio(uuid, code, params.get("acuse")))
            case Refused():
                return _answer("cancel", call, {"CodEstatus": f"{outcome.code} - {outcome.message}"})
            case _:
                return trouble(outcome)

    def _folio(self, uuid: str, code: str, acuse: bytes | None) -> dict:
        moment = self._engine.clock.now().replace(tzinfo=None)
        return {
            "Folios": {"Folio": {"UUID": uuid, "EstatusUUID": code, "EstatusCancelacion": ""}},
            "Acuse": acuse.decode() if acuse else None, "Fecha": moment.isoformat(),
        }

    def _knows(self, uuid: str) -> bool:
        return any(stamp.uuid == uuid for stamp in self._engine.stamps())

    def related(self, call: Call) -> Response:
        outcome = self._engine.related(call.binary("xml"), **_login(call))
        match outcome:
            case Related(padres=(), hijos=()):
                return _answer("cancel", call, {"error": "2001 - No existen cfdi relacionados al folio fiscal."})
            case Related():
                return _answer("cancel", call, {
                    "Padres": {"Padre": [_document(one) for one in outcome.padres]}, "error": "",
                    "Hijos": {"Hijo": [_document(one) for one in outcome.hijos]},
                })
            case Refused():
                return _answer("cancel", call, {"error": f"{outcome.code} - {outcome.message}"})
            case _:
                return trouble(outcome)

    def pending(self, call: Call) -> Response:
        outcome = self._engine.pending(call.text("rtaxpayer_id"), **_login(call))
        match outcome:
            case Pending(uuids=uuids):
                return _answer("cancel", call, {"uuids": {":string": list(uuids)}, "error": ""})
            case Refused():
                return _answer("cancel", call, {"error": f"{outcome.code} - {outcome.message}"})
            case _:
                return trouble(outcome)

    def accept_reject(self, call: Call) -> Response:
        request = call.binary("xml")
        outcome = self._engine.answer(request, **_login(call))
        match outcome:
            case Answered(codes=codes):
                rejected = {uuid for uuid, how in leer_respuesta(request).respuestas if how == Respuesta.RECHAZO}
                rows = [(uuid, {"status": code, "uuid": uuid}) for uuid, code in codes.items()]
                return _answer("cancel", call, {
                    "rechazo": {"Rechaza": [row for uuid, row in rows if uuid in rejected]},
                    "aceptacion": {"Acepta": [row for uuid, row in rows if uuid not in rejected]}, "error": "",
                })
            case Refused():
                return _answer("cancel", call, {"error": f"{outcome.code} - {outcome.message}"})
            case _:
                return trouble(outcome)

    def receipt(self, call: Call) -> Response:
        uuid, rfc = call.text("uuid").upper(), call.text("taxpayer_id")
        visit = self._engine.visit(faults.RECEIPT, **_login(call))
        if isinstance(visit, Unknown):
            return trouble(visit)
        if isinstance(visit, Refused):
            return _answer("cancel", call, {"success": False, "error": BAD_LOGIN})
        found = [
            one for one in self._engine.requests() if one.uuid == uuid and one.issuer_rfc == rfc and one.acuse
        ]
        if not found or call.text("type") != "C":
            return _answer("cancel", call, {"uuid": uuid, "success": False, "error": NO_RECEIPT})
        return _answer("cancel", call, {
            "uuid": uuid, "success": True, "receipt": found[-1].acuse.decode(), "taxpayer_id": rfc, "error": "",
            "date": found[-1].requested_at.replace(tzinfo=None).isoformat(),
        })

    def sat_status(self, call: Call) -> Response:
        if not self._engine.admits(**_login(call)):
            return _answer("cancel", call, {"error": BAD_LOGIN})
        asked = "?" + "&".join(
            f"{key}={call.text(name)}".replace("&", "&amp;") for key, name in (
                ("re", "taxpayer_id"), ("rr", "rtaxpayer_id"), ("tt", "total"), ("id", "uuid"),
            )
        )
        try:
            state = self._engine.estado(asked)
        except SatError as error:
            return trouble(Unknown(error.code, str(error), sent=True))
        return _answer("cancel", call, {"error": "", "sat": {
            "EsCancelable": state.es_cancelable or "", "ValidacionEFOS": state.validacion_efos,
            "CodigoEstatus": state.codigo_estatus, "Estado": state.estado or "",
            "EstatusCancelacion": state.estatus_cancelacion or "",
        }})

    # Account

    def datetime(self, call: Call) -> Response:
        visit = self._engine.visit(faults.CHECK, **_login(call))
        if isinstance(visit, Unknown):
            return trouble(visit)
        if isinstance(visit, Refused):
            return _answer("utilities", call, {"error": BAD_LOGIN})
        moment = self._engine.clock.now().replace(tzinfo=None, microsecond=0)
        return _answer("utilities", call, {"datetime": moment.isoformat(), "error": ""})

    def credits(self, call: Call) -> Response:
        login = {"user": call.text("reseller_username"), "password": call.text("reseller_password")}
        visit = self._engine.visit(faults.CREDITS, **login)
        if isinstance(visit, Unknown):
            return trouble(visit)
        if isinstance(visit, Refused):
            return _answer("registration", call, {"message": BAD_LOGIN})
        rfc = call.text("taxpayer_id")
        if not rfc:
            return _answer("registration", call, {"message": "RFC Invalido"})
        left = self._engine.credits()
        return _answer("registration", call, {"message": "", "users": {"ResellerUser": {
            "status": "A", "counter": self._engine.count(), "taxpayer_id": rfc,
            # A user "on demand" has no count of its own.
            "credit": -1 if left is None else left,
        }}})


def _document(one) -> dict:
    return {"uuid": one.uuid, "emisor": one.rfc_emisor, "receptor": one.rfc_receptor}
