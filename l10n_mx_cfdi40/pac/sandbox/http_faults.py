"""Failures of the wire on demand, the same for every protocol: what a gateway, a proxy or a cable does to an answer.

They are set like the others, by operation and document (``faults.Faults``). That the clocks differ is set on the
engine's clock (``engine.clock.move``), and a refused connection by a server that is not there.
"""

import sqlite3
from dataclasses import replace

from .. import faults
from ..engine import Engine
from ..faults import Fault, FaultKind
from .messages import Response

PAGE = b"<!DOCTYPE html>\n<html><head><title>Mantenimiento</title></head><body><p>Volvemos pronto.</p></body></html>\n"
_HTML = "text/html; charset=utf-8"


def spoilt(response: Response, fault: Fault) -> Response:
    """What arrives instead of ``response``."""
    match fault.kind:
        case FaultKind.HTTP:
            return _status(int(fault.code))
        case FaultKind.HTTP_AFTER:
            return _status(int(fault.code or 504))
        case FaultKind.HTML:
            return Response(200, PAGE, _HTML)
        case FaultKind.CLOSED:
            return Response(hang_up=True)
        case FaultKind.TRUNCATED:
            return replace(response, cut_at=len(response.body) // 2)
        case FaultKind.STALLED:
            return replace(response, cut_at=len(response.body) // 2, stall=True)
        case _:
            return response


def hangs_up(engine: Engine) -> bool:
    """Whether the connection that was just made is to be closed at once."""
    store = engine.store
    try:
        with store.reading() as db:
            if not faults.waiting(db, faults.CONNECT):
                return False
        with store.writing() as db:
            return faults.take(db, faults.CONNECT, "") is not None
    except sqlite3.Error:
        return False


def _status(status: int) -> Response:
    headers = {"Retry-After": "30"} if status in (429, 503) else {}
    return Response(status, b"<html><body><h1>%d</h1></body></html>\n" % status, _HTML, headers)
