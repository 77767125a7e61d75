"""What the PACs that speak SOAP have in common: the wire, services made when they are first called, and patience."""

import base64
import binascii
import time
from collections.abc import Callable

from ..cfdi.errors import SatError
from .base import Pac, Unknown
from .registry import Access
from .soap import Contracts, Service
from .transport import LIMIT_SECONDS, Wire, operation

__all__ = ["SoapPac", "operation", "sat_error", "xml_of"]

#: Seconds for all the questions that follow one call.
PATIENCE = 10


class SoapPac(Pac):
    """``limit``: seconds for a whole operation. ``sleep`` and ``clock`` (seconds, monotonic) are for the waits between
    questions."""

    def __init__(
        self, access: Access, *, secrets: tuple[str, ...], limit: float = LIMIT_SECONDS,
        sleep: Callable[[float], None] = time.sleep, clock: Callable[[], float] = time.monotonic,
    ):
        self._url, self._issuer = access.url, access.rfc
        self._sleep, self._clock = sleep, clock
        self._contracts = Contracts(access.cache)
        self._wire = Wire(self.code, secrets=secrets, observer=access.observer, limit=limit)
        self.time_limit = self._wire.time_limit
        self._services: dict[str, Service] = {}

    def __repr__(self) -> str:
        return f"<{type(self).__name__} at {self._url}>"

    def close(self) -> None:
        self._wire.close()

    def _service(self, name: str) -> Service:
        """The service of that name, made when it is first called."""
        if name not in self._services:
            contract, address = self._places(name)
            self._services[name] = Service(self._wire, contract=contract, address=address, contracts=self._contracts)
        return self._services[name]

    def _places(self, name: str) -> tuple[str, str]:
        """Where the contract of a service is, and where it is called."""
        raise NotImplementedError

    def _until(self, question: Callable[[], object], step: float):
        """Ask until there is something to tell, or patience ends (``None``)."""
        end = self._clock() + PATIENCE
        while True:
            found = question()
            if found is not None or self._clock() + step > end:
                return found
            self._sleep(step)


def sat_error(unknown: Unknown) -> SatError:
    """The same doubt, in the words of who asks for the state of a document."""
    code = unknown.reason if unknown.reason in ("timeout", "unreachable", "unreadable_answer") else "server_error"
    text = f"El PAC no pudo decir el estado de la factura en el SAT. {unknown.detail}"
    return SatError(code, text.strip(), detail=unknown.detail)


def xml_of(member: object) -> bytes | None:
    """A file that came as a member of an answer: as text, or in base64, whether or not the contract says so."""
    found = member.encode() if isinstance(member, str) else member
    if not isinstance(found, bytes) or not found.strip():
        return None
    if found.lstrip()[:1] != b"<":
        try:
            decoded = base64.b64decode(b"".join(found.split()), validate=True)
        except (binascii.Error, ValueError):
            return found
        if decoded.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<":
            return decoded
    return found
