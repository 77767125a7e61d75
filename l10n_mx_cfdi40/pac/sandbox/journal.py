"""What the sandbox was asked, line by line, as its own side of the story: what about and how it went, no secrets."""

import json
import os
import re
import threading
from datetime import UTC, datetime
from pathlib import Path

from ...cfdi.errors import CfdiError
from ...cfdi.timbre import leer_timbre
from .. import faults
from ..base import Accepted
from ..faults import Wired

_UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


class Journal:
    """A file of JSON lines, begun anew: ``time`` (UTC), ``pac`` (its code; "sat"), ``operation``, ``uuid`` (empty when
    there is none), ``outcome`` (the class of the engine's answer), ``code``; of a document to be stamped also
    ``sha256``, and ``fault`` when the answer did not arrive as it was given. ``OSError``: it cannot be written."""

    def __init__(self, path: str | os.PathLike[str]):
        self.path = Path(path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text("")
        self._lock = threading.Lock()

    def note(self, pac: str, wired: Wired) -> None:
        """What was asked of this PAC during one request."""
        lines = [_line(pac, *call, wired.fault) for call in wired.calls]
        if lines:
            with self._lock, self.path.open("a") as file:
                file.writelines(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines)


def _line(pac: str, operation: str, key: str, outcome: object, fault: faults.Fault | None) -> dict[str, str]:
    line = {
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"), "pac": pac, "operation": operation,
        "uuid": _uuid(key, outcome), "outcome": type(outcome).__name__,
        "code": str(getattr(outcome, "code", None) or getattr(outcome, "reason", None) or ""),
    }
    if operation in (faults.STAMP, faults.RECOVER):
        line["sha256"] = key
    if fault is not None:
        line["fault"] = str(fault.kind)
    return line


def _uuid(key: str, outcome: object) -> str:
    if isinstance(outcome, Accepted):
        try:
            timbre = leer_timbre(outcome.xml)
        except CfdiError:
            return ""
        return (timbre.uuid or "").upper() if timbre else ""
    return key.upper() if _UUID.fullmatch(key) else ""
