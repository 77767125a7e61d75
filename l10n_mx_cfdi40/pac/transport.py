"""The one place where a client talks HTTP: what it sends, how long it waits, and what a failure proves.

The only thing that matters after a failure is whether the document may have left. It certainly did not when no
connection was made: no DNS, refused, TLS not agreed, no time left to connect. After that nobody knows, whatever the
answer looks like: a gateway's 502 or 429 says nothing about what stands behind it.
"""

import functools
import re
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, is_dataclass, replace
from datetime import UTC, datetime
from types import MappingProxyType
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError, ReadTimeoutError

from .base import Unknown
from .connections import Attempt, new_session
from .masking import forms

#: Bytes of the longest answer that is read: the largest CFDI, in base64.
MAXIMUM_BYTES = 30_000_000
#: Seconds for a whole operation, whatever it asks on the way; and for making one connection.
LIMIT_SECONDS = 45.0
CONNECT_SECONDS = 10.0
#: Seconds that an operation may outlast its limit: looking up a name cannot be interrupted.
MARGIN_SECONDS = 15
#: Characters of each text that the observer gets.
LOGGED_CHARACTERS = 200_000

#: What the observer gets as ``outcome`` of a call that was not the last of its operation.
STEP = "Step"
#: And of an operation whose outcome is a mere value (a number of stamps).
DONE = "Done"
MASK = "•••"

_LENGTH = re.compile(r"[0-9]{1,18}")
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_NO_HEADERS: Mapping[str, str] = MappingProxyType({})
#: How an object of the program names itself in the text of an error.
_OBJECT = re.compile(r"<[^<>]* object at 0x[0-9a-f]+>:? ?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One call as it went over the wire, without secrets.

    ``when``: its start, in UTC. ``operation``: as the caller named it. ``milliseconds``: until the answer was read.
    ``outcome``: the class of the operation's outcome ("Accepted" …), ``DONE`` or ``STEP``. ``code``: of that outcome
    (that of the SAT or the PAC, the reason of an Unknown), or the HTTP status of a step. ``request``, ``response``: as
    text, empty when there was none.
    """

    when: datetime
    pac: str
    operation: str
    milliseconds: int
    outcome: str
    code: str
    request: str = field(repr=False)
    response: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, of any status. ``headers``: their names in any case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def content_type(self) -> str:
        """Without parameters, in lower case: ``text/html``."""
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()

    @property
    def text(self) -> str:
        """The body as UTF-8; what is not stays as a mark."""
        return self.body.decode("utf-8", "replace")


class Failed(Exception):
    """A call came to nothing that its client could read; ``unknown`` is what the operation comes to."""

    def __init__(self, unknown: Unknown):
        self.unknown = unknown
        super().__init__(unknown.reason, unknown.detail)


@dataclass(slots=True)
class _Call:
    when: datetime
    operation: str
    request: str
    milliseconds: int = 0
    response: str = ""
    status: str = ""


@dataclass(slots=True)
class _Operation:
    """What happens between the question of a caller and its outcome. ``left``: the document may have gone out."""

    name: str
    end: float
    left: bool = False
    #: ``left`` before the last call.
    before: bool = False
    last: _Call | None = None


class Wire:
    """The connection of one client with its PAC.

    ``pac``: its code, for the observer. ``secrets``: what no exception, log or text may show. ``observer``: is called
    with every :class:`Exchange`, in the thread of the call; it must be quick and must not raise. ``limit``: seconds for
    a whole operation; ``connect``: for a connection.
    """

    def __init__(
        self, pac: str, *, secrets: Iterable[str] = (), observer: Callable[[Exchange], None] | None = None,
        limit: float = LIMIT_SECONDS, connect: float = CONNECT_SECONDS, maximum_bytes: int = MAXIMUM_BYTES,
        clock: Callable[[], float] = time.monotonic, now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ):
        self.pac = pac
        self._observer, self._limit, self._connect, self._maximum = observer, limit, connect, maximum_bytes
        self._clock, self._now = clock, now
        self._hidden: tuple[str, ...] = ()
        self._operation: _Operation | None = None
        self._session = new_session()
        self.hide(*secrets)

    def __repr__(self) -> str:
        return f"<Wire to {self.pac}>"

    @property
    def time_limit(self) -> int:
        """Seconds after which an operation has certainly ended."""
        return int(self._limit) + MARGIN_SECONDS

    def close(self) -> None:
        """Let go of the connections."""
        self._session.close()

    # Secrets

    def hide(self, *secrets: str) -> None:
        """From now on show none of these, in whatever way they may be written."""
        hidden = {form for secret in secrets if secret for form in forms(secret)}
        # The longest first, so that none is left half of which was another one.
        self._hidden = tuple(sorted(hidden | set(self._hidden), key=len, reverse=True))

    def mask(self, text: str) -> str:
        """The text without secrets, and without what no database takes: NUL, and halves of a character (JSON may have
        them, and so has the page of a proxy that packed it and does not say so)."""
        for secret in self._hidden:
            text = text.replace(secret, MASK)
        return _UNSTORABLE.sub("\ufffd", text)

    # Operations

    def run(self, name: str, work: Callable[[], object]):
        """The outcome of ``work``, which asks by :meth:`send`; Unknown when that fails. Tells the observer.

        Whatever fails once the document may have left is ``sent``: also the question that came after.
        """
        self._operation = operation = _Operation(name, self._clock() + self._limit)
        try:
            outcome = work()
        except Failed as failed:
            outcome = failed.unknown
            if operation.left and not outcome.sent:
                outcome = replace(outcome, sent=True)
        except _MISREAD as error:
            if operation.last is None:
                raise  # nothing was asked: a mistake of the caller's
            # The answer has not the members or the types that the client was written for.
            outcome = Unknown("unreadable_answer", _place(error), sent=operation.left)
        finally:
            self._operation = None
        outcome = self._clean(outcome)
        if operation.last is not None:
            code = getattr(outcome, "code", None) or getattr(outcome, "reason", None) or ""
            # Whatever call it was that ended it: this is what came of the operation, and is told under its name.
            operation.last.operation = operation.name
            self._report(operation.last, type(outcome).__name__ if is_dataclass(outcome) else DONE, str(code))
        return outcome

    def send(
        self, method: str, url: str, *, body: bytes | str | None = None, files: Mapping[str, tuple] | None = None,
        headers: Mapping[str, str] = _NO_HEADERS, carries: bool = True, quiet: bool = False, step: str = "",
    ) -> Answer:
        """Ask, and read the whole answer, of whatever status. Only inside :meth:`run`.

        ``files``: parts of a form (``multipart/form-data``), as requests takes them. ``carries``: the request has the
        document in it, or asks for something to be done; without, its failure leaves a document where it was.
        ``quiet``: neither text is shown to the observer. ``step``: name for it there, unless it is the last call, which
        has the operation's.
        Failed: no answer, a broken one, or too long a one.
        """
        operation = self._operation
        if operation is None:
            raise RuntimeError("send() is called inside run()")
        if operation.last is not None:
            self._report(operation.last, STEP, operation.last.status)
        call = operation.last = _Call(self._now(), step or operation.name, f"{method} {url}")
        start = self._clock()
        answer, failure = self._exchange(
            requests.Request(method, url, data=body, files=files, headers=dict(headers)), operation.end - start, call,
            quiet,
        )
        call.milliseconds = round((self._clock() - start) * 1000)
        operation.before = operation.left
        if carries and (failure is None or failure.sent):
            operation.left = True
        if failure is not None:
            call.status = failure.reason
            raise Failed(replace(failure, sent=failure.sent and carries))
        call.status = f"HTTP {answer.status}"
        call.response = f"{call.status}\n\n{'' if quiet else answer.text}"
        return answer

    def not_taken(self) -> None:
        """The last call was turned away at the door: whatever it carried, nobody looked at it."""
        self._operation.left = self._operation.before

    def unreadable(self, answer: Answer, why: str = "") -> Failed:
        """To be raised: the answer is not one of the protocol. A trouble of the server's if its status says so."""
        troubled = answer.status == 429 or answer.status >= 500
        seen = " ".join(part for part in (f"HTTP {answer.status}", answer.content_type, why) if part)
        return Failed(Unknown("server_error" if troubled else "unreadable_answer", self.mask(seen)[:300], sent=True))

    def _exchange(
        self, request: requests.Request, seconds: float, call: _Call, quiet: bool,
    ) -> tuple[Answer | None, Unknown | None]:
        """The answer, or what came instead. No exception goes on from here: those of requests hold the request, and so
        the credentials."""
        try:
            prepared = self._session.prepare_request(request)
            parts = urlsplit(prepared.url)
        except (requests.exceptions.RequestException, ValueError) as error:
            return None, Unknown("unreachable", self.mask(_told(error))[:300], sent=False)
        if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
            return None, Unknown("unreachable", f"{parts.hostname}: la dirección no usa TLS (https).", sent=False)
        if seconds <= 0:
            return None, Unknown("timeout", "Se acabó el tiempo de la operación.", sent=False)
        if not quiet:
            call.request += f"\n\n{_text(prepared.body)}"
        # What this machine says to itself goes through nobody else.
        self._session.trust_env = parts.hostname not in _LOOPBACK
        with Attempt() as attempt:
            timer = threading.Timer(seconds, attempt.cut_off)
            timer.daemon = True
            timer.start()
            try:
                answer = self._perform(prepared, seconds)
            except (requests.exceptions.RequestException, HTTPError, OSError, ValueError) as error:
                # ValueError: a header that cannot be written (a token with a letter of no Western alphabet) or read.
                return None, self._failure(error, attempt)
            finally:
                timer.cancel()
            if attempt.cut:
                # A head that ends before its time looks like a whole one.
                return None, Unknown("timeout", "La respuesta no terminó a tiempo.", sent=True)
            return answer, None

    def _perform(self, prepared: requests.PreparedRequest, seconds: float) -> Answer:
        options = self._session.merge_environment_settings(prepared.url, {}, True, True, None)
        with self._session.send(
            prepared, timeout=(min(self._connect, seconds), seconds), allow_redirects=False, **options,
        ) as response:
            body = bytearray()
            for piece in response.iter_content(65536):
                body += piece
                if len(body) > self._maximum:
                    raise requests.exceptions.ContentDecodingError(f"more than {self._maximum} bytes")
            length = response.headers.get("Content-Length", "")
            if not _LENGTH.fullmatch(length):
                length = "0"  # none, or none that can be believed: the end of the connection is that of the answer
            if len(body) < int(length) and "Content-Encoding" not in response.headers:
                raise requests.exceptions.ChunkedEncodingError(f"{len(body)} bytes of {length}")
            return Answer(response.status_code, response.headers, bytes(body))

    def _failure(self, error: Exception, attempt: Attempt) -> Unknown:
        detail = self.mask(_told(error))[:300]
        if attempt.connecting or not attempt.begun:
            return Unknown("unreachable", detail, sent=False)
        if attempt.cut or isinstance(error, requests.exceptions.Timeout) or _timed_out(error):
            return Unknown("timeout", detail, sent=True)
        if isinstance(error, _BROKEN):
            return Unknown("unreadable_answer", detail, sent=True)
        return Unknown("timeout", detail, sent=True)

    def _clean(self, outcome):
        """What the PAC says may repeat what it was told."""
        if not is_dataclass(outcome):
            return outcome
        told = {
            name: self._masked(value) for name in ("message", "detail", "params")
            if (value := getattr(outcome, name, None))
        }
        return replace(outcome, **told) if told else outcome

    def _masked(self, value: object) -> object:
        """The value with its texts masked, however deep they are; bytes are evidence and stay."""
        if isinstance(value, str):
            return self.mask(value)
        if isinstance(value, Mapping):
            return {name: self._masked(one) for name, one in value.items()}
        if isinstance(value, tuple | list):
            return tuple(self._masked(one) for one in value)
        return value

    def _report(self, call: _Call, outcome: str, code: str) -> None:
        if self._observer is not None:
            self._observer(Exchange(
                when=call.when, pac=self.pac, operation=call.operation, milliseconds=call.milliseconds,
                outcome=outcome, code=self.mask(code), request=self.mask(call.request)[:LOGGED_CHARACTERS],
                response=self.mask(call.response)[:LOGGED_CHARACTERS],
            ))


def operation(name: str):
    """A method of a client with a ``_wire``: what it does under one name, within one limit of time; a failure of the
    wire becomes its Unknown."""
    def wrap(method):
        @functools.wraps(method)
        def call(self, *arguments, **options):
            return self._wire.run(name, lambda: method(self, *arguments, **options))

        return call

    return wrap


# What a client raises that finds something else in an answer than it should have.
_MISREAD = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
_BROKEN = (
    requests.exceptions.ChunkedEncodingError, requests.exceptions.ContentDecodingError,
    requests.exceptions.InvalidHeader,
)


def _place(error: Exception) -> str:
    """Kind and place of an error, without its text: that may quote what was sent."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} ({frame.name}, {frame.lineno})"


def _text(body: bytes | str | None) -> str:
    return body.decode("utf-8", "replace") if isinstance(body, bytes) else body or ""


def _timed_out(error: Exception) -> bool:
    """Whether it is a time-out in disguise: one in the middle of the answer comes as a connection error."""
    return any(isinstance(part, ReadTimeoutError) for part in (*error.args, error.__cause__, error.__context__))


def _told(error: Exception) -> str:
    """The innermost reason, in one line: the outer ones repeat the address. Without the program's own objects, which
    tell nobody anything."""
    while True:
        inner = getattr(error, "reason", None) or next((part for part in error.args if _is_error(part)), None)
        if not _is_error(inner):
            break
        error = inner
    return " ".join(f"{type(error).__name__}: {_OBJECT.sub('', str(error))}".split())


def _is_error(part: object) -> bool:
    return isinstance(part, Exception)
