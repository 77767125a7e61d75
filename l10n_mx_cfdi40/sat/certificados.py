"""The SAT's public repository of certificates: the file of a certificate by its number, without an account.

Timbres name the certificate that sealed them by number only. Whoever wants to verify one has to ask for the file here.
"""

import re
import time
from collections.abc import Callable

import requests

from ..cfdi.csd import Certificado
from ..cfdi.errors import CsdError, SatError
from .lectura import TooMuch, TooSlow, leer_cuerpo

REPOSITORY = "https://rdc.sat.gob.mx/rccf"

#: Bytes of the longest file that is read; a real one has less than two thousand.
MAXIMUM_BYTES = 20_000

_NUMBER = re.compile(r"[0-9]{20}")


def address(number: str, repository: str = REPOSITORY) -> str:
    """Where the file of the certificate ``number`` (20 digits) is. ``ValueError``: not such a number."""
    if not _NUMBER.fullmatch(number):
        raise ValueError(f"{number!r} no es un número de certificado: son 20 dígitos.")
    parts = (number[:6], number[6:12], number[12:14], number[14:16], number[16:18])
    return "/".join((repository, *parts, f"{number}.cer"))


def descargar(
    number: str, *, repository: str = REPOSITORY, timeout: float = 20, clock: Callable[[], float] = time.monotonic,
) -> Certificado:
    """The certificate with this number, as the SAT publishes it.

    ``timeout``: seconds for the connection and for each piece; the whole file may take twice as long. SatError:
    ``unreachable`` or ``timeout`` (it may be there another time), ``server_error`` (the SAT has none of this number, or
    has troubles), ``unreadable_answer`` (what came is not that certificate).
    """
    where = address(number, repository)
    try:
        with requests.get(
            where, headers={"Accept-Encoding": "identity"}, timeout=timeout, stream=True, allow_redirects=False,
            verify=True,
        ) as response:
            if response.status_code != 200:
                raise _error("server_error", number, f"HTTP {response.status_code}")
            content = leer_cuerpo(response, MAXIMUM_BYTES, timeout * 2, clock)
    except (requests.exceptions.Timeout, TooSlow) as error:
        raise _error("timeout", number, "no contestó a tiempo") from error
    except TooMuch as error:
        raise _error("unreadable_answer", number, str(error)) from error
    except requests.exceptions.RequestException as error:
        raise _error("unreachable", number, type(error).__name__) from error
    try:
        found = Certificado.leer(content)
        # Its key is what verifies: one that cannot is no use.
        usable = found.numero == number and bool(found.clave_publica)
    except CsdError as error:
        raise _error("unreadable_answer", number, "no es un certificado") from error
    if not usable:
        raise _error("unreadable_answer", number, f"es el certificado {found.numero}")
    return found


def _error(code: str, number: str, detail: str) -> SatError:
    return SatError(code, f"El repositorio de certificados del SAT no dio el {number}: {detail}.")
