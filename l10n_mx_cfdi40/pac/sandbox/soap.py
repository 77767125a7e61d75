"""SOAP 1.1 on the server's side: what was called and with what, and the envelope of an answer."""

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lxml import etree

from ...cfdi.errors import XmlError
from ...cfdi.parse import arbol
from ..base import Unknown
from .messages import Handler, Request, Response, Routes

ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
_CONTRACTS = Path(__file__).parent / "contracts"
#: What stands in our contracts for the address of the sandbox.
_ADDRESS = "http://sandbox.invalid"
_MAXIMUM_BYTES = 20_000_000

_FOLIO = re.compile(rb'UUID="([^"]*)"')

#: What goes into an element: a text, the members of a type in their order, several of the same, or nothing.
Value = str | bytes | int | bool | Mapping | Sequence | None


class BadCall(Exception):
    """The message says nothing that can be answered; its text goes into a fault."""


@dataclass(frozen=True, slots=True)
class Call:
    """``operation``: local name of what was called. ``arguments``: the text of each, by local name; one that is
    missing, or nil, is not there."""

    operation: str
    arguments: Mapping[str, str] = field(repr=False)

    def text(self, name: str) -> str:
        """An argument, empty if it did not come."""
        return self.arguments.get(name, "")

    def binary(self, name: str) -> bytes:
        """An argument that travels in base64. BadCall if it is not that."""
        try:
            return base64.b64decode(self.text(name), validate=True)
        except (binascii.Error, ValueError):
            raise BadCall(f"{name} is not base64") from None


def read_call(body: bytes) -> Call:
    """What a message calls. BadCall if it is no SOAP message."""
    try:
        root = arbol(body, _MAXIMUM_BYTES)
    except XmlError as error:
        raise BadCall(str(error)) from error
    called = next((one for one in root.findall(f"{{{ENVELOPE}}}Body/*")), None)
    if called is None:
        raise BadCall("The message calls nothing")
    return Call(etree.QName(called).localname, {
        etree.QName(one).localname: (one.text or "").strip() for one in called.iterchildren(etree.Element)
    })


def answer(operation: str, result: str, value: Value, *, namespace: str, types: str) -> Response:
    """The answer of an operation: element ``result`` of ``namespace``, its members of the namespace ``types``. A member
    whose name has a colon in front (":string") is of ``namespace`` too."""
    root = etree.Element(
        etree.QName(ENVELOPE, "Envelope"), nsmap={"senv": ENVELOPE, "tns": namespace, "s0": types},
    )
    body = etree.SubElement(root, etree.QName(ENVELOPE, "Body"))
    call = etree.SubElement(body, etree.QName(namespace, f"{operation}Response"))
    _fill(etree.SubElement(call, etree.QName(namespace, result)), value, namespace, types)
    return Response(body=etree.tostring(root, xml_declaration=True, encoding="utf-8"))


def fault(text: str, status: int = 500) -> Response:
    """A SOAP fault."""
    root = etree.Element(etree.QName(ENVELOPE, "Envelope"), nsmap={"senv": ENVELOPE})
    told = etree.SubElement(etree.SubElement(root, etree.QName(ENVELOPE, "Body")), etree.QName(ENVELOPE, "Fault"))
    etree.SubElement(told, "faultcode").text = "senv:Server"
    etree.SubElement(told, "faultstring").text = text
    return Response(status, etree.tostring(root, xml_declaration=True, encoding="utf-8"))


def trouble(outcome: Unknown) -> Response:
    """What the wire does when the engine says that nobody will know."""
    match outcome.reason:
        case "timeout":
            return Response(silence=True)
        case "unreachable":
            return Response(hang_up=True)
        case _:
            return fault(outcome.detail)


def service(path: str, contract: str, handlers: Mapping[str, object], *, wsdl: str) -> Routes:
    """The routes of one service: calls are POSTed to ``path`` and its contract is at ``wsdl``.

    ``handlers``: by operation, who takes a :class:`Call` and gives a Response.
    """
    def call(request: Request) -> Response:
        try:
            called = read_call(request.body)
            handler = handlers.get(called.operation)
            return handler(called) if handler else fault(f"No operation {called.operation}")
        except BadCall as error:
            return fault(str(error))

    return {("POST", path): call, ("GET", wsdl): _describe(contract)}


def _describe(contract: str) -> Handler:
    text = (_CONTRACTS / contract).read_text(encoding="utf-8")

    def describe(request: Request) -> Response:
        return Response(body=text.replace(_ADDRESS, request.address).encode())

    return describe


def _fill(node, value: Value, namespace: str, types: str) -> None:
    """Write a value into an element. What is ``None`` is not written at all."""
    if not isinstance(value, Mapping):
        node.text = _text(value)
        return
    for name, member in value.items():
        tag = etree.QName(namespace, name[1:]) if name.startswith(":") else etree.QName(types, name)
        for one in member if isinstance(member, (list, tuple)) else (member,):
            if one is not None:
                _fill(etree.SubElement(node, tag), one, namespace, types)


def _text(value: Value) -> str | None:
    match value:
        case bool():
            return "true" if value else "false"
        case bytes():
            return base64.b64encode(value).decode("ascii")
        case "" | None:
            return None
        case _:
            return str(value)


def uuid_in(request: bytes) -> str:
    """The folio that a signed request of cancellation is about, without judging the request."""
    found = _FOLIO.search(request)
    return found.group(1).decode("ascii", "replace").upper() if found else ""
