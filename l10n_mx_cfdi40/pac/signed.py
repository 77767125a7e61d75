"""The signed requests of the cancellation services as they arrive: is the signature good, whose is it, may it sign."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from ..cfdi.cancelacion import MAXIMO_FOLIOS, leer_relacionados, leer_respuesta, verificar_firma
from ..cfdi.csd import Certificado
from ..cfdi.errors import CfdiError, SealError, XmlError
from .base import Refused
from .cancel_codes import NOT_EXAMINED, explain_cancel
from .codes import Explanation
from .review import EXPIRED, REVOKED, Examiner, looks_like_sat_test

_UUID = re.compile("[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}")
#: The zone of Mexico where it is latest: a date that is in the future there is so in the whole country.
_EASTERNMOST = ZoneInfo("America/Cancun")
# Two servers' clocks never quite agree.
_TOLERANCE = timedelta(minutes=1)

_Asked = TypeVar("_Asked")


class Halt(Exception):
    """The request goes no further; ``refused`` is the answer."""

    def __init__(self, code: str, detail: str = "", *, explain: Callable[[str], Explanation] = explain_cancel):
        self.refused = Refused(code, f"{explain(code).text} {detail}".strip(), examined=code not in NOT_EXAMINED)
        super().__init__(self.refused.message)

    @property
    def code(self) -> str:
        """The SAT's code."""
        return self.refused.code


def is_uuid(text: str) -> bool:
    """Whether it is written as a folio fiscal, in upper case."""
    return bool(_UUID.fullmatch(text))


def read(xml: bytes, reader: Callable[[bytes], _Asked]) -> _Asked:
    """A request by one of ``cfdi.cancelacion``'s readers, which keep what they read as it is written; :class:`Halt`
    301."""
    try:
        return reader(xml)
    except XmlError as error:
        raise Halt("301", str(error)) from error


def subject(xml: bytes) -> str:
    """The first UUID that an answer or a question for related documents is about; empty if it cannot be read."""
    for reader, first in (
        (leer_relacionados, lambda asked: asked.uuid),
        (leer_respuesta, lambda asked: asked.respuestas[0][0] if asked.respuestas else ""),
    ):
        try:
            return first(reader(xml))
        except XmlError:
            continue
    return ""


def check_date(written: datetime, now: datetime) -> None:
    """:class:`Halt` 301 if a request says that it was made in the future."""
    if written > now.astimezone(_EASTERNMOST).replace(tzinfo=None) + _TOLERANCE:
        raise Halt("301", f"Fecha {written:%Y-%m-%dT%H:%M:%S} está en el futuro.")


def check_count(folios: int) -> None:
    """:class:`Halt` 301 unless there are as many folios as the SAT takes at a time."""
    if not 1 <= folios <= MAXIMO_FOLIOS:
        raise Halt("301", f"Trae {folios} folios y debe traer de 1 a {MAXIMO_FOLIOS}.")


def check_signature(xml: bytes, examiner: Examiner) -> Certificado:
    """The certificate that signed, a CSD in force at the examiner's moment; :class:`Halt` 302, 304, 305, 310. Whose it
    is, the caller looks at."""
    try:
        certificate = verificar_firma(xml)
    except SealError as error:
        raise Halt("305" if error.code == "certificado_ilegible" else "302", str(error)) from error
    except CfdiError as error:
        raise Halt("301", str(error)) from error
    if not examiner.issued(certificate.der) and not looks_like_sat_test(certificate):
        raise Halt("305", "Este PAC de pruebas solo acepta certificados de prueba, suyos o del SAT.")
    if not certificate.es_csd:
        raise Halt("310")
    status = examiner.standing(certificate.numero, certificate.rfc).status
    if status in (REVOKED, EXPIRED) or examiner.now > certificate.hasta:
        raise Halt("304", f"Certificado {certificate.numero}.")
    if status is not None or examiner.now < certificate.desde:
        raise Halt("305", f"El certificado {certificate.numero} todavía no está en vigor.")
    return certificate


def check_owner(certificate: Certificado, rfc: str) -> None:
    """:class:`Halt` 303 unless the certificate is of that RFC."""
    if certificate.rfc != rfc:
        raise Halt("303", f"El CSD es de {certificate.rfc} y la solicitud de {rfc}.")
