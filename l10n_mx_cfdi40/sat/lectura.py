"""Reading an answer that may be endless or drip for ever."""

import time
from collections.abc import Callable

import requests


class TooMuch(Exception):
    """The answer is longer than admitted; the text says so in Spanish."""


class TooSlow(Exception):
    """The whole answer took longer than admitted."""


def leer_cuerpo(
    response: requests.Response, most: int, seconds: float, clock: Callable[[], float] = time.monotonic,
) -> bytes:
    """The body of a streamed ``response``: at most ``most`` bytes, within ``seconds`` from now. TooMuch, TooSlow, and
    what requests raises."""
    end = clock() + seconds
    found = bytearray()
    # One byte at a time: asked for more, it waits for all of them, and a server that drips would never be left.
    for piece in response.iter_content(1):
        found += piece
        if len(found) > most:
            raise TooMuch(f"mide más de {most:,} bytes")
        if clock() > end:
            raise TooSlow
    return bytes(found)
