"""Answers that a PAC should never give, made from good ones: what the stamp's reader must not believe."""

import base64
import uuid
from dataclasses import replace

from ..cfdi import timbre
from ..cfdi.build import escribir_timbre
from .authority import Authority
from .base import Accepted
from .faults import FaultKind


def tampered(outcome, kind: FaultKind, authority: Authority):
    """The answer with its timbre spoilt; one without a stamp stays as it is.

    ``OTHER_UUID``: a good timbre, but of another document. ``BAD_SEAL``: the right one, whose SelloSAT is of something
    else.
    """
    if not isinstance(outcome, Accepted):
        return outcome
    good = timbre.leer_timbre(outcome.xml)
    if kind is FaultKind.OTHER_UUID:
        other = replace(good, uuid=str(uuid.uuid4()).upper(), sello_cfd=_signature(b"somebody else's", authority))
        bad = timbre.sellar_timbre(other, authority.stamping)
    else:
        bad = replace(good, sello_sat=_signature(b"something else", authority))
    # Written as it was added, so the rest of the file does not change by a byte.
    written, spoilt = (escribir_timbre(one)[0].encode() for one in (good, bad))
    return replace(outcome, xml=outcome.xml.replace(written, spoilt))


def _signature(text: bytes, authority: Authority) -> str:
    return base64.b64encode(authority.stamping.firmar(text)).decode("ascii")
