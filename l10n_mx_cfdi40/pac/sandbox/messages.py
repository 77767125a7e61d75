"""What goes in and out of the sandbox's protocols."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Request:
    """What arrived. ``query``: as written, without the question mark. ``headers``: names in lower case. ``address``: of
    this server, as ``http://host:port``."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    address: str


@dataclass(frozen=True, slots=True)
class Response:
    """What to answer. ``silence``: instead of answering, say nothing until the caller gives up; ``hang_up``: close the
    connection at once."""

    status: int = 200
    body: bytes = b""
    content_type: str = "text/xml; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)
    silence: bool = False
    hang_up: bool = False


Handler = Callable[[Request], Response]
#: (method, path) -> who answers.
Routes = Mapping[tuple[str, str], Handler]
