"""SOAP clients of the PACs: zeep writes and reads the messages, ``transport`` carries them.

The contract is the PAC's own, read from its address once and kept: it changes without notice, and what it says of
names and types is followed. Where the service answers is ours to say, whatever the contract says of it: credentials go
nowhere else.
"""

import contextlib
import hashlib
import os
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import zeep
from lxml import etree
from zeep.wsdl.bindings.soap import Soap11Binding

from ..cfdi.errors import XmlError
from ..cfdi.parse import arbol
from .base import Unknown
from .codes import DOUBTS
from .transport import MAXIMUM_BYTES, Answer, Failed, Wire

ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
#: Seconds that a contract is kept before it is read again; if it cannot be read then, the old one still serves.
CONTRACT_AGE = 7 * 24 * 3600
#: Seconds that reading a contract may take, and that a client waits for another one to read it.
CONTRACT_SECONDS = 20
_CONTRACT_BYTES = 5_000_000
_CONTRACT_ROOTS = ("{http://schemas.xmlsoap.org/wsdl/}definitions", "{http://www.w3.org/2001/XMLSchema}schema")

# A contract may gain members before we know of them, and Axis sorts them as it likes.
_SETTINGS = zeep.Settings(strict=False, xsd_ignore_sequence_order=True, forbid_dtd=True)
# What zeep raises when message and contract do not agree.
_MISFITS = (
    zeep.exceptions.Error, etree.LxmlError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError,
)

_documents: dict[tuple[str, str | None], zeep.wsdl.Document] = {}
_reading = threading.Lock()


class Contracts:
    """Contracts by their address, in ``folder`` (made when needed), or only in memory. ``now``: seconds of the clock
    that file times are told in."""

    def __init__(self, folder: str | None = None, *, now: Callable[[], float] = time.time):
        self.folder, self._now = folder, now

    def text(self, url: str, fetch: Callable[[str], bytes]) -> bytes:
        """The text of a contract; ``fetch`` gets it by the wire. Failed when there is neither a new nor an old one."""
        path = self._path(url)
        kept, moment = _contract_in(path)
        if kept is not None and self._now() - moment < CONTRACT_AGE:
            return kept
        try:
            found = fetch(url)
            _check_contract(found)
        except Failed as failure:
            if kept is not None:
                return kept
            # Nothing but a question about the contract has left, so what it looked like for a stamp does not matter.
            doubt = failure.unknown
            if doubt.reason not in ("unreachable", "contract"):
                raise _misfit(doubt.detail or doubt.reason, sent=False) from None
            raise Failed(replace(doubt, sent=False)) from None
        if path is not None:
            _keep(path, found)
        return found

    def doubt(self, url: str) -> None:
        """It does not fit: read it again the next time, though it is not old. If it cannot be read, it still serves."""
        path = self._path(url)
        if path is not None:
            with contextlib.suppress(OSError):
                os.utime(path, (0, 0))

    def _path(self, url: str) -> Path | None:
        if self.folder is None:
            return None
        return Path(self.folder) / f"{hashlib.sha256(url.encode()).hexdigest()}.wsdl"


class Service:
    """One SOAP service of a PAC. ``contract``: address of its WSDL. ``address``: where it is called."""

    def __init__(self, wire: Wire, *, contract: str, address: str, contracts: Contracts):
        self._carrier = _Carrier(wire, contracts)
        self._contract, self._address, self._contracts = contract, address, contracts
        self._client: zeep.Client | None = None

    def call(self, operation: str, **arguments: object):
        """What the operation gives back, as zeep reads it; members that it lacks are ``None``. Only inside
        ``Wire.run``. Failed: no answer, a fault, or one that is not of the contract."""
        carrier = self._carrier
        try:
            proxy = self._proxy(operation)
            carrier.left = False
            found = proxy[operation](**arguments)
        except _MISFITS as error:
            self._doubt()
            # Not the error's own text, nor the error itself: it may quote what was sent.
            raise _misfit(type(error).__name__, sent=carrier.left) from None
        if found is None:
            raise _failed("unreadable_answer", "")
        return _members(found)

    def _proxy(self, operation: str):
        if self._client is None:
            self._client = zeep.Client(self._document(), transport=self._carrier, settings=_SETTINGS)
        for binding in self._client.wsdl.bindings.values():
            if isinstance(binding, Soap11Binding) and operation in binding.all():
                return self._client.create_service(str(binding.name), self._address)
        self._doubt()
        raise _misfit(f"no {operation}", sent=False)

    def _doubt(self) -> None:
        """The contract and what we know of the service do not agree: the PAC may have changed it since it was read."""
        self._client = None
        _documents.pop((self._contract, self._contracts.folder), None)
        self._contracts.doubt(self._contract)

    def _document(self) -> zeep.wsdl.Document:
        """The contract, understood once for all the clients of the process."""
        key = self._contract, self._contracts.folder
        if key in _documents:
            return _documents[key]
        # Whoever waits must not add up the time-outs of all those before.
        if not _reading.acquire(timeout=CONTRACT_SECONDS):
            raise _misfit("busy", sent=False)
        try:
            if key not in _documents:
                # It keeps what it was read with, for ever and for everybody: that must hold nobody's secrets.
                reader = _Carrier(self._carrier.wire, self._contracts)
                _documents[key] = zeep.wsdl.Document(self._contract, reader, settings=_SETTINGS)
                reader.wire = None
            return _documents[key]
        finally:
            _reading.release()


class _Members:
    """An answer, or a part of one. A contract may lose members, or call them otherwise: then they are not there, which
    is no reason for not reading the rest of an answer that may hold a stamp."""

    __slots__ = ("_value",)

    def __init__(self, value: zeep.xsd.CompoundValue):
        self._value = value

    def __getattr__(self, name: str):
        return _members(getattr(self._value, name, None))


def _members(value: object) -> object:
    if isinstance(value, zeep.xsd.CompoundValue):
        return _Members(value)
    return [_members(one) for one in value] if isinstance(value, list) else value


class _Carrier(zeep.Transport):
    """What zeep takes for its transport. It keeps no session of its own and writes no log: a message holds secrets."""

    def __init__(self, wire: Wire, contracts: Contracts):
        self.wire, self._contracts = wire, contracts
        self._close_session = False
        self.left = False

    def load(self, url):
        return self._contracts.text(url, self._fetch)

    def _fetch(self, url: str) -> bytes:
        answer = self.wire.send("GET", url, carries=False, quiet=True, step="contract")
        if answer.status != 200:
            raise self.wire.unreadable(answer)
        return answer.body

    def post_xml(self, address, envelope, headers):
        body = etree.tostring(envelope, xml_declaration=True, encoding="utf-8")
        self.left = True
        answer = self.wire.send("POST", address, body=body, headers=headers)
        _check_envelope(self.wire, answer)
        return SimpleNamespace(
            status_code=200, headers={"Content-Type": "text/xml"}, content=answer.body, encoding="utf-8",
        )


def _check_envelope(wire: Wire, answer: Answer) -> None:
    """Failed unless the answer is a SOAP message with something in it that is no fault."""
    try:
        root = arbol(answer.body, MAXIMUM_BYTES)
    except XmlError as error:
        raise wire.unreadable(answer, error.code) from None
    content = root.find(f"{{{ENVELOPE}}}Body")
    if root.tag != f"{{{ENVELOPE}}}Envelope" or content is None or not len(content):
        raise wire.unreadable(answer, "not SOAP")
    if content[0].tag == f"{{{ENVELOPE}}}Fault":
        raise _failed("server_error", " ".join((content[0].findtext("faultstring") or "").split())[:300])
    if answer.status != 200:
        raise wire.unreadable(answer)


def _contract_in(path: Path | None) -> tuple[bytes | None, float]:
    """What is kept there, and since when; ``None`` when it is nothing that can be used (cut off, emptied)."""
    if path is None:
        return None, 0.0
    try:
        kept, moment = path.read_bytes(), path.stat().st_mtime
        _check_contract(kept)
    except (OSError, Failed):
        return None, 0.0
    return kept, moment


def _check_contract(found: bytes) -> None:
    """Failed unless it is a WSDL or a schema: a page that says "maintenance" must not be kept for a week."""
    try:
        root = arbol(found, _CONTRACT_BYTES).tag
    except XmlError as error:
        root = error.code
    if root not in _CONTRACT_ROOTS:
        raise _misfit("not a WSDL", sent=False)


def _keep(path: Path, found: bytes) -> None:
    """Whole or not at all: another process may be reading it. Without room or right to write it is read again."""
    name = None
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            name = file.name
            file.write(found)
        os.replace(name, path)
    except OSError:
        if name is not None:
            with contextlib.suppress(OSError):
                os.unlink(name)


def _misfit(detail: str, *, sent: bool) -> Failed:
    if sent:
        return _failed("unreadable_answer", detail)
    return Failed(Unknown("contract", f"{DOUBTS['contract'].text} ({detail})", sent=False))


def _failed(reason: str, detail: str) -> Failed:
    return Failed(Unknown(reason, detail or DOUBTS[reason].text, sent=True))
