"""The SAT's receipts for cancellations and answers, in its own shape; the seal is an HMAC with a secret of the store's,
as the SAT's is with one of its own, so nobody else can verify it either."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from ..cfdi.acuse import (
    Acuse,
    AcuseRespuesta,
    FolioAcuse,
    FolioRespuesta,
    escribir_acuse,
    escribir_acuse_respuesta,
)
from ..cfdi.cancelacion import RespuestaReceptor, SolicitudCancelacion
from .clock import CENTRAL
from .store import Store, read_setting, write_setting

NOTHING: Mapping[str, str] = MappingProxyType({})
_SECRET = "acuse_secret"


def secret_of(store: Store) -> bytes:
    """The store's secret, made at first use. Not inside a transaction of the caller's."""
    found = store.setting(_SECRET)
    if found is None:
        with store.writing() as db:
            found = read_setting(db, _SECRET) or secrets.token_hex(64)
            write_setting(db, _SECRET, found)
    return bytes.fromhex(found)


def of_cancellation(
    asked: SolicitudCancelacion, now: datetime, secret: bytes, *, status: Mapping[str, str] = NOTHING,
    code: str | None = None,
) -> bytes:
    """The receipt of a request. ``status``: EstatusUUID by UUID. ``code``: CodEstatus, when all of it was refused."""
    folios = tuple(FolioAcuse(uuid=uuid, estatus=found) for uuid, found in status.items())
    return escribir_acuse(
        Acuse(rfc_emisor=asked.rfc_emisor, fecha=_local(now), cod_estatus=code, folios=folios), secret,
    )


def of_answer(asked: RespuestaReceptor, now: datetime, secret: bytes, *, status: Mapping[str, str]) -> bytes:
    """The receipt of a receiver's answer. ``status``: EstatusUUID by UUID."""
    said = {uuid: str(answer) for uuid, answer in asked.respuestas}
    folios = tuple(
        FolioRespuesta(uuid=uuid, respuesta=said[uuid], estatus=found) for uuid, found in status.items()
    )
    return escribir_acuse_respuesta(
        AcuseRespuesta(
            rfc_receptor=asked.rfc_receptor, rfc_pac=asked.rfc_pac, fecha=_local(now), cod_estatus="1000",
            folios=folios,
        ),
        secret,
    )


def _local(now: datetime) -> datetime:
    return now.astimezone(CENTRAL).replace(tzinfo=None)
