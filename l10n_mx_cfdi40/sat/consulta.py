"""The SAT's public service that tells the state of a CFDI (ConsultaCFDIService): SOAP 1.1 and no account.

It is the only truth about a cancellation. It is slow at peaks and nobody publishes its limits, so the calls of a
process keep a distance from one another, and what may pass by itself is tried again a few times. Its contract was not
published for years, so nothing depends on it: the envelope is written here.
"""

import threading
import time
from collections.abc import Callable

import requests
from lxml import etree

from ..cfdi.errors import SatError, XmlError
from ..cfdi.estado import EstadoSat
from ..cfdi.parse import arbol
from .lectura import TooMuch, TooSlow, leer_cuerpo

#: Where the SAT answers for real documents, and where for those of its own tests.
PRODUCTION = "https://consultaqr.facturaelectronica.sat.gob.mx/ConsultaCFDIService.svc"
TEST = "https://pruebacfdiconsultaqr.cloudapp.net/ConsultaCFDIService.svc"

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
TEMPURI = "http://tempuri.org/"
ACTION = "http://tempuri.org/IConsultaCFDIService/Consulta"

#: Bytes of the longest answer that is read; a real one has less than two thousand.
MAXIMUM_BYTES = 200_000
#: Seconds before the second try; each later one waits twice as long as the one before.
FIRST_WAIT = 2.0

_HEADERS = {
    "Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{ACTION}"', "Accept": "text/xml",
    # What is compressed could be anything once it is unpacked.
    "Accept-Encoding": "identity",
}
_TEXTS = {
    "timeout": "El servicio de consulta del SAT no contestó a tiempo.",
    "unreachable": "No hubo conexión con el servicio de consulta del SAT.",
    "server_error": "El servicio de consulta del SAT tuvo un error.",
    "unreadable_answer": "La respuesta del servicio de consulta del SAT no se entiende.",
}
_REMEDY = "No se sabe el estado del CFDI; se volverá a consultar."


class Pace:
    """Keeps ``seconds`` between the starts of calls, whichever client and thread makes them."""

    def __init__(
        self, seconds: float = 1.0, *, clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ):
        self._seconds, self._clock, self._sleep = seconds, clock, sleep
        self._lock = threading.Lock()
        self._free_at: float | None = None

    def wait(self) -> None:
        """Return when it is this caller's turn. Turns go by the order of arrival; nobody sleeps with the lock."""
        with self._lock:
            now = self._clock()
            turn = now if self._free_at is None else max(now, self._free_at)
            self._free_at = turn + self._seconds
        if turn > now:
            self._sleep(turn - now)


#: The pace of this process.
SHARED_PACE = Pace()


class _Again(Exception):
    """This try failed in a way that may pass by itself; ``error`` is what it comes to if it does not."""

    def __init__(self, error: SatError):
        self.error = error
        super().__init__(str(error))


class ConsultaCfdi:
    """A client of the service at ``url``. Used by one thread at a time; the pace is everybody's.

    ``timeout``: seconds to wait for the connection and for each piece of the answer; the whole answer may take twice as
    long. ``tries``: at most this many calls for one question; only connection errors and HTTP 429 and 5xx are tried
    again (a time-out is not: the service is busy already).
    """

    def __init__(
        self, url: str = PRODUCTION, *, timeout: float = 20, tries: int = 3, pace: Pace = SHARED_PACE,
        clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep,
    ):
        self.url = url
        self._timeout, self._tries, self._pace = timeout, max(tries, 1), pace
        self._clock, self._sleep = clock, sleep
        self._session = requests.Session()

    def estado(self, consulta: str) -> EstadoSat:
        """The state of a document; ``consulta`` is the text of ``cfdi.qr.consulta_de``.

        A document that the SAT does not find is an answer, not an error. SatError: timeout, unreachable, server_error,
        unreadable_answer.
        """
        body = envelope(consulta)
        for attempt in range(1, self._tries + 1):
            self._pace.wait()
            try:
                return read_answer(self._post(body))
            except _Again as again:
                if attempt == self._tries:
                    raise again.error from again.__cause__
                self._sleep(FIRST_WAIT * 2 ** (attempt - 1))
        raise AssertionError("the last try answers or raises")

    def close(self) -> None:
        """Let go of the connection."""
        self._session.close()

    def _post(self, body: bytes) -> bytes:
        try:
            with self._session.post(
                self.url, data=body, headers=_HEADERS, timeout=self._timeout, stream=True, allow_redirects=False,
                verify=True,
            ) as response:
                _check_status(response.status_code)
                return self._read(response)
        except requests.exceptions.SSLError as error:
            raise _error("unreachable", f"su certificado no es válido ({_told(error)})") from error
        except requests.exceptions.ReadTimeout as error:
            raise _error("timeout") from error
        except (requests.exceptions.ConnectionError, requests.exceptions.ChunkedEncodingError) as error:
            if _timed_out(error):
                raise _error("timeout") from error
            raise _Again(_error("unreachable", _told(error))) from error
        except requests.exceptions.RequestException as error:
            raise _error("unreachable", _told(error)) from error

    def _read(self, response: requests.Response) -> bytes:
        try:
            return leer_cuerpo(response, MAXIMUM_BYTES, self._timeout * 2, self._clock)
        except TooMuch as error:
            raise _error("unreadable_answer", str(error)) from error
        except TooSlow as error:
            raise _error("timeout") from error


def envelope(consulta: str) -> bytes:
    """The request. The expression travels as text, so its ``&`` are escaped once more than in the expression itself."""
    root = etree.Element(etree.QName(SOAP, "Envelope"), nsmap={"soap": SOAP, "tem": TEMPURI})
    body = etree.SubElement(root, etree.QName(SOAP, "Body"))
    call = etree.SubElement(body, etree.QName(TEMPURI, "Consulta"))
    etree.SubElement(call, etree.QName(TEMPURI, "expresionImpresa")).text = consulta
    return etree.tostring(root, xml_declaration=True, encoding="utf-8")


def read_answer(xml: bytes) -> EstadoSat:
    """The answer's members, by their local names; one that is missing counts as empty. SatError: server_error for a
    SOAP fault, unreadable_answer for whatever else says nothing."""
    try:
        root = arbol(xml, MAXIMUM_BYTES)
    except XmlError as error:
        raise _error("unreadable_answer", str(error)) from error
    result = next(root.iter("{*}ConsultaResult"), None)
    if result is None:
        fault = next(root.iter("{*}faultstring"), None)
        if fault is not None:
            raise _error("server_error", " ".join((fault.text or "").split())[:200])
        raise _error("unreadable_answer")
    members = {etree.QName(child).localname: (child.text or "").strip() for child in result.iterchildren("{*}*")}
    codigo, estado = members.get("CodigoEstatus", ""), members.get("Estado", "")
    if not codigo and not estado:
        raise _error("unreadable_answer")
    return EstadoSat.leer(
        codigo, estado, members.get("EsCancelable", ""), members.get("EstatusCancelacion", ""),
        members.get("ValidacionEFOS", ""),
    )


def _check_status(status: int) -> None:
    if status == 429 or status >= 500:
        raise _Again(_error("server_error", f"HTTP {status}"))
    if status != 200:
        raise _error("server_error", f"HTTP {status}")


def _timed_out(error: Exception) -> bool:
    """Whether it is a time-out in disguise: one in the middle of the answer comes as a connection error."""
    from urllib3.exceptions import ReadTimeoutError

    return any(isinstance(part, ReadTimeoutError) for part in (*error.args, error.__cause__, error.__context__))


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:200]


def _error(code: str, detail: str = "") -> SatError:
    text = f"{_TEXTS[code]} Detalle: {detail}." if detail else _TEXTS[code]
    return SatError(code, f"{text} {_REMEDY}", detail=detail)
