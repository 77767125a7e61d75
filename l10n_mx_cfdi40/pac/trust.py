"""What a PAC returns is not believed before it is looked at: a stamp must be for what was sealed, to the letter."""

import re
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from ..cfdi.cadena import cadena_of_xml
from ..cfdi.csd import Certificado
from ..cfdi.errors import CfdiError
from ..cfdi.parse import arbol
from ..cfdi.timbre import leer_timbre, verificar_timbre
from ..cfdi.values import TimbreFiscalDigital
from .base import Accepted, Pac, Unknown
from .codes import DOUBTS

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_NONE: Mapping[str, Certificado] = MappingProxyType({})


class AnswerMismatch(CfdiError):
    """The PAC's XML is not a stamp of what was sealed."""


def stamp_of(
    sealed: bytes, stamped: bytes, certificates: Mapping[str, Certificado] = _NONE,
) -> TimbreFiscalDigital:
    """The timbre of ``stamped``, once it is sure that it belongs to ``sealed``.

    ``sealed``: the CFDI as we sealed it. ``stamped``: the CFDI as the PAC returned it; it may be written differently,
    but not say anything else. ``certificates``: those of the SAT that are known, by number; a timbre that names one of
    them must verify with it. AnswerMismatch: other content, other seal, no timbre, a timbre of another seal or with a
    broken one of its own. XmlError: not XML, or unsafe.
    """
    seal = arbol(sealed).get("Sello")
    if arbol(stamped).get("Sello") != seal or cadena_of_xml(stamped) != cadena_of_xml(sealed):
        raise AnswerMismatch("respuesta_de_otro_cfdi", DOUBTS["respuesta_de_otro_cfdi"].text)
    timbre = leer_timbre(stamped)
    if (timbre is None or timbre.sello_cfd != seal or not _UUID.fullmatch(timbre.uuid or "")
            or not isinstance(timbre.fecha_timbrado, datetime)):
        raise AnswerMismatch("timbre_de_otro_cfdi", DOUBTS["timbre_de_otro_cfdi"].text)
    known = certificates.get(timbre.no_certificado_sat)
    if known is not None and verificar_timbre(timbre, seal, known):
        raise AnswerMismatch("sello_sat_invalido", DOUBTS["sello_sat_invalido"].text)
    return timbre


def believe(pac: Pac, sealed: bytes, answer) -> tuple[object, TimbreFiscalDigital | None]:
    """``answer`` itself, or Unknown when it claims a stamp that is not one of ``sealed``; and the timbre, if any."""
    if not isinstance(answer, Accepted):
        return answer, None
    try:
        return answer, stamp_of(sealed, answer.xml, pac.certificates)
    except CfdiError as error:
        return Unknown(reason=error.code, detail=str(error), sent=True), None
