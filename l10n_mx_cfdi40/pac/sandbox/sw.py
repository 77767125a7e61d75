"""SW (SmarterWeb) over the engine: JSON over HTTP, with the envelope, texts and oddities of the real one.

Both of its hosts are this server. A token is made for a user and lives two hours of the engine's clock. The identity of
a document is the ``customid`` that came with it, for 72 hours: the same one again, whatever the bytes, tells of the
first ones' timbre. The family that takes it hands nothing over to who comes later; the second one does.
"""

import base64
import binascii
import hmac
import json
from datetime import datetime, timedelta
from urllib.parse import unquote

from lxml import etree

from ...cfdi import schema
from ...cfdi.cancelacion import leer_respuesta
from ...cfdi.errors import XmlError
from ...cfdi.parse import arbol
from .. import acuses, faults
from ..base import Accepted, Answered, Pending, Received, Refused, Related, StampOutcome, Unknown, key_of
from ..codes import LATE_STAMP, SIN_FOLIOS
from ..engine import Engine
from .messages import Handler, Request, Response, Routes
from .multipart import part_of
from .soap import uuid_in

TOKEN_LIFE = timedelta(hours=2)
CUSTOM_LIFE = timedelta(hours=72)
REPEATED = "307. El comprobante contiene un timbre previo."
BAD_LOGIN = "AU2000 - El usuario y/o contraseña son inválidos, no se puede autenticar el servicio."
DUPLICATED = "CFDI3307 - Timbre duplicado. El customId proporcionado está duplicado."
NO_CREDITS = "El usuario no cuenta con saldo de timbres disponible."
NONE_PENDING = "CA1101 - No existen peticiones para el RFC Receptor."

_CUSTOM = "sw_customid:"
_BAD_XML = "CACFDI33 - Problemas con el xml."
# How it says what is wrong with a signed request.
_SIGNED = {"302": "CR1309 - Firma mal formada o inválida", "304": "CR1308 - Certificado revocado o caduco"}


def routes(engine: Engine) -> Routes:
    """What this protocol serves."""
    desk = Sw(engine)
    admitted = desk.admitted
    return {
        ("POST", "/v2/security/authenticate"): desk.authenticate,
        ("POST", "/v4/cfdi33/stamp/v2"): admitted(desk.stamp),
        ("POST", "/cfdi33/v2/stamp/v2"): admitted(desk.stamp_again),
        ("POST", "/cfdi33/cancel/xml"): admitted(desk.cancel),
        ("POST", "/relations/xml"): admitted(desk.related),
        ("POST", "/acceptreject/xml"): admitted(desk.accept_reject),
        ("GET", "/pendings/"): admitted(desk.pending),
        ("GET", "/management/v2/api/users/balance"): admitted(desk.balance),
        ("GET", "/datawarehouse/v1/live/"): admitted(desk.receipts),
        ("GET", "/sw/files/"): desk.file,
    }


def infinite_token(engine: Engine, user: str) -> str:
    """A token of this user without an end, as the portal makes it."""
    return _token(engine, user, "never")


class Sw:
    """Who answers each call. The engine gets user and password of whoever the token was made for."""

    def __init__(self, engine: Engine):
        self._engine = engine

    # Who calls

    def authenticate(self, request: Request) -> Response:
        try:
            asked = json.loads(request.body)
            user, password = str(asked["user"]), str(asked["password"])
        except (ValueError, LookupError, TypeError):
            return _error("AU1000 - Faltan el usuario y la contraseña.")
        visit = self._engine.visit(faults.CHECK, user=user, password=password)
        if isinstance(visit, Unknown):
            return _trouble(visit)
        if isinstance(visit, Refused):
            return _error(BAD_LOGIN)
        end = self._engine.clock.now() + TOKEN_LIFE
        return _success({
            "token": _token(self._engine, user, end.isoformat()), "expires_in": int(end.timestamp()),
            "tokeny_type": "Bearer",
        })

    def admitted(self, handler) -> Handler:
        """The handler, for who brings a good token; it gets the credentials as well."""
        def call(request: Request) -> Response:
            login = self._login(request.headers.get("authorization", ""))
            return handler(request, login) if login else _error("401 Unauthorized", status=401)

        return call

    def _login(self, header: str) -> dict[str, str] | None:
        token = header.removeprefix("Bearer ")
        parts = token.split(".")
        if len(parts) != 3:
            return None
        try:
            user, end = (base64.urlsafe_b64decode(part).decode() for part in parts[:2])
        except (binascii.Error, ValueError):
            return None
        if not hmac.compare_digest(token.encode(), _token(self._engine, user, end).encode()):
            return None
        if end != "never" and datetime.fromisoformat(end) <= self._engine.clock.now():
            return None
        return {"user": user, "password": self._engine.store.setting("password") or ""}

    # Stamps

    def stamp(self, request: Request, login) -> Response:
        xml, custom = part_of(request, "xml"), request.headers.get("customid", "")
        if xml is None:
            return _error("Xml CFDI33 no proporcionado o viene vacio.")
        if not 0 < len(custom) <= 100:
            return _error("El CustomId no es válido o es mayor a 100 caracteres.")
        key = self._key_under(custom)
        if key not in (None, key_of(xml)):
            first = next((stamp.xml for stamp in self._engine.stamps() if stamp.sha256 == key), None)
            return _error(DUPLICATED, data={"tfd": _tfd(first) if first else ""})
        outcome = self._engine.stamp(xml, **login)
        match outcome:
            case Accepted(xml=stamped, repeated=True):
                # Without its identity, which ended or never came to be, nothing is handed over.
                return _error(DUPLICATED, data={"tfd": _tfd(stamped)}) if key else _error(REPEATED)
            case Accepted():
                moment = self._engine.clock.now().isoformat()
                self._engine.store.set_setting(_CUSTOM + custom, f"{key_of(xml)} {moment}")
        return self._told(outcome)

    def stamp_again(self, request: Request, login) -> Response:
        """The family that is made to hand over the stamp of before."""
        xml = part_of(request, "xml")
        if xml is None:
            return _error("Xml CFDI33 no proporcionado o viene vacio.")
        return self._told(self._engine.stamp(xml, **login))

    def _told(self, outcome: StampOutcome) -> Response:
        match outcome:
            case Accepted(xml=stamped, repeated=repeated):
                data = {"tfd": _tfd(stamped), "cfdi": stamped.decode()}
                return _error(REPEATED, data=data) if repeated else _success(data)
            case Unknown(reason=reason) if reason == LATE_STAMP:
                return _error(REPEATED)
            case Refused(code=code) if code == SIN_FOLIOS:
                return _error(NO_CREDITS)
            case Refused(code="300"):
                return _error("401 Unauthorized", status=401)
            case Refused():
                return _refusal(outcome)
            case _:
                return _trouble(outcome)

    def _key_under(self, custom: str) -> str | None:
        """Of the document that came with this identity, while it is kept."""
        key, _blank, moment = (self._engine.store.setting(_CUSTOM + custom) or "").partition(" ")
        kept = key and self._engine.clock.now() - datetime.fromisoformat(moment) < CUSTOM_LIFE
        return key if kept else None

    # Cancellations

    def cancel(self, request: Request, login) -> Response:
        signed = part_of(request, "xml")
        if signed is None:
            return _error(_BAD_XML, "El archivo XML es requerido.")
        uuid = uuid_in(signed)
        outcome = self._engine.cancel(signed, uuid=uuid, **login)
        match outcome:
            case Received(code=code, acuse=acuse):
                return _success({"acuse": _text(acuse), "uuid": {uuid: code}})
            case Refused(code=code) if code.startswith("2") or code == "no_cancelable":
                return _success({"acuse": _text(outcome.params.get("acuse")), "uuid": {uuid: code}})
            case Refused(code=code):
                return _error(_BAD_XML, _SIGNED.get(code, f"{code} - {outcome.message}"))
            case _:
                return _trouble(outcome)

    def related(self, request: Request, login) -> Response:
        outcome = self._engine.related(part_of(request, "xml") or b"", **login)
        match outcome:
            case Related(padres=padres, hijos=hijos):
                code = "2000" if padres or hijos else "2001"
                data = {
                    "uuidConsultado": "", "resultado": f"WS Consulta CFDI relacionados. Clave: {code}",
                    "uuidsRelacionadosPadres": [_document(one) for one in padres],
                    "uuidsRelacionadosHijos": [_document(one) for one in hijos],
                }
                return _success(data, codStatus=code)
            case Refused():
                return _refusal(outcome)
            case _:
                return _trouble(outcome)

    def pending(self, request: Request, login) -> Response:
        outcome = self._engine.pending(_last(request), **login)
        match outcome:
            case Pending(uuids=()):
                return _error(NONE_PENDING)
            case Pending(uuids=uuids):
                return _success({"uuid": list(uuids)}, codStatus="1100")
            case Refused():
                return _refusal(outcome)
            case _:
                return _trouble(outcome)

    def accept_reject(self, request: Request, login) -> Response:
        signed = part_of(request, "xml") or b""
        outcome = self._engine.answer(signed, **login)
        match outcome:
            case Answered(codes=codes, acuse=acuse):
                said = {uuid: str(how) for uuid, how in leer_respuesta(signed).respuestas}
                folios = [
                    {"uuid": uuid, "estatusUUID": code, "respuesta": said.get(uuid, "")}
                    for uuid, code in codes.items()
                ]
                return _success({"folios": folios, "acuse": _text(acuse)}, codStatus="1000")
            case Refused():
                return _refusal(outcome)
            case _:
                return _trouble(outcome)

    # Account and files

    def balance(self, _request: Request, login) -> Response:
        visit = self._engine.visit(faults.CREDITS, **login)
        if isinstance(visit, Unknown):
            return _trouble(visit)
        if isinstance(visit, Refused):
            return _error("401 Unauthorized", status=401)
        left, used = self._engine.credits(), self._engine.count()
        return _success({
            "stampsBalance": left or 0, "stampsUsed": used, "stampsAssigned": (left or 0) + used,
            "isUnlimited": left is None, "expirationDate": None,
        })

    def receipts(self, request: Request, login) -> Response:
        """Addresses of the files of a document. There, no token is asked for."""
        visit = self._engine.visit(faults.RECEIPT, **login)
        if isinstance(visit, Unknown):
            return _trouble(visit)
        if isinstance(visit, Refused):
            return _error("401 Unauthorized", status=401)
        uuid = _last(request).upper()
        stamped = any(stamp.uuid == uuid for stamp in self._engine.stamps())
        acuse = f"{request.address}/sw/files/{uuid}" if self._acuse(uuid) else ""
        return _success({"records": [{"uuid": uuid, "urlAckCancellation": acuse}] if stamped else [], "metaData": {}})

    def file(self, request: Request) -> Response:
        found = self._acuse(_last(request).upper())
        return Response(200, found, "application/xml") if found else Response(404, b"", "text/plain")

    def _acuse(self, uuid: str) -> bytes | None:
        return next((one.acuse for one in reversed(self._engine.requests()) if one.uuid == uuid and one.acuse), None)


def _token(engine: Engine, user: str, end: str) -> str:
    """Three parts, as SW's have: who, until when, and a seal that a changed password breaks."""
    parts = [base64.urlsafe_b64encode(part.encode()).decode("ascii") for part in (user, end)]
    told = f"{user}|{end}|{engine.store.setting('password') or ''}"
    return ".".join((*parts, hmac.new(acuses.secret_of(engine.store), told.encode(), "sha256").hexdigest()))


def _success(data, **more) -> Response:
    return _json({"data": data, **more, "status": "success"})


def _error(message: str, detail: str = "", *, data=None, status: int = 400) -> Response:
    return _json({"message": message, "messageDetail": detail, "data": data, "status": "error"}, status)


def _json(value, status: int = 200) -> Response:
    return Response(status, json.dumps(value).encode(), "application/json; charset=utf-8")


def _refusal(refused: Refused) -> Response:
    """The first of what is wrong, and the rest as its detail."""
    found = refused.params.get("findings") or ((refused.code, refused.message),)
    texts = [f"{code} - {text}" for code, text in found]
    return _error(texts[0], "\n".join(texts[1:]))


def _trouble(outcome: Unknown) -> Response:
    match outcome.reason:
        case "timeout":
            return Response(silence=True)
        case "unreachable":
            return Response(hang_up=True)
        case _:
            return _error("Error no controlado.", outcome.detail, status=500)


def _tfd(stamped: bytes) -> str:
    """The timbre of a stamped document as a document of its own."""
    try:
        node = next(arbol(stamped).iter(schema.TIMBRE.nombre_xml))
    except (XmlError, StopIteration):
        return ""
    return etree.tostring(node, xml_declaration=True, encoding="utf-8", with_tail=False).decode()


def _document(one) -> dict[str, str]:
    return {"uuid": one.uuid, "rfcEmisor": one.rfc_emisor, "rfcReceptor": one.rfc_receptor}


def _text(acuse: bytes | None) -> str | None:
    return acuse.decode() if acuse else None


def _last(request: Request) -> str:
    return unquote(request.path.rpartition("/")[2])
