"""The call to the PAC, with plain values only: while it lasts nothing touches the ORM, the database or a lock.

And what comes back is not believed before it is looked at: a stamp must be for what was sealed, to the letter.
"""
import re
import time
from dataclasses import dataclass
from datetime import datetime

from ..cfdi.cadena import cadena_of_xml
from ..cfdi.errors import CfdiError
from ..cfdi.parse import arbol
from ..cfdi.timbre import leer_timbre
from ..pac.base import CAN_RECOVER, Accepted, NotFound, Pac, Unknown
from ..pac.codes import DOUBTS

#: Seconds between the commit of ``in_flight`` and the moment from which the call is no longer started.
START_WITHIN = 60

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def lease_seconds(pac):
    """How long a process owns a document: a late start, one question, one sending, and a minute to write it down."""
    return START_WITHIN + 2 * pac.time_limit + 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One attempt, as claimed and committed.

    ``ask``: the PAC may have the bytes already, so it is asked before they are sent again. ``send``: a PAC would still
    take them (Fecha not older than 72 hours). ``key``: sha256 of ``sealed``. ``start_by``: on the monotonic clock.
    ``exchanges``: what the client tells of its exchanges. ``document`` and ``account`` are records, which the call
    itself never touches.
    """

    document: object
    account: object
    attempt: int
    pac: Pac
    sealed: bytes
    key: str
    ask: bool
    send: bool
    start_by: float
    exchanges: list

    def run(self):
        """The answer: Accepted, Refused, Unknown, or NotFound when it was only asked about. Never an exception.

        The same bytes are sent again only to the PAC that got them, which answers with the first stamp if there is one.
        """
        if time.monotonic() > self.start_by:
            # This process was stopped between claiming and calling; another one may own the document by now.
            return Unknown(reason="late_start", detail="", sent=False)
        if self.ask and CAN_RECOVER in self.pac.capabilities:
            answer = self.pac.recover(self.sealed, key=self.key)
            if not isinstance(answer, NotFound) or not self.send:
                return answer
        elif not self.send:
            return Unknown(reason="cannot_ask", detail="", sent=False)
        return self.pac.stamp(self.sealed, key=self.key)


class AnswerMismatch(CfdiError):
    """The PAC's XML is not a stamp of what was sealed."""


def stamp_of(sealed, stamped):
    """The timbre of `stamped`, once it is sure that it belongs to `sealed`.

    :param bytes sealed: the CFDI as we sealed it
    :param bytes stamped: the CFDI as the PAC returned it; it may be written differently, but not say anything else
    :return: TimbreFiscalDigital
    :raises AnswerMismatch: other content, other seal, no timbre, or a timbre of another seal
    :raises XmlError: not XML, or unsafe
    """
    seal = arbol(sealed).get("Sello")
    if arbol(stamped).get("Sello") != seal or cadena_of_xml(stamped) != cadena_of_xml(sealed):
        raise AnswerMismatch("respuesta_de_otro_cfdi", DOUBTS["respuesta_de_otro_cfdi"].text)
    timbre = leer_timbre(stamped)
    if (timbre is None or timbre.sello_cfd != seal or not _UUID.fullmatch(timbre.uuid or "")
            or not isinstance(timbre.fecha_timbrado, datetime)):
        raise AnswerMismatch("timbre_de_otro_cfdi", DOUBTS["timbre_de_otro_cfdi"].text)
    return timbre


def believe(call, answer):
    """`answer` itself, or Unknown when it claims a stamp that is not one of `call.sealed`.

    :return: (answer, timbre or None)
    """
    if not isinstance(answer, Accepted):
        return answer, None
    try:
        return answer, stamp_of(call.sealed, answer.xml)
    except CfdiError as error:
        return Unknown(reason=error.code, detail=str(error), sent=True), None
