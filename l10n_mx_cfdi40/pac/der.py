"""Just enough DER to write an X.509 certificate of the SAT's shape.

The SAT writes names that a PrintableString cannot hold (Ñ, &) as a T61String with Latin-1 bytes, which the usual
builders of certificates refuse to write. So the test authority writes its own.
"""

from collections.abc import Iterable
from datetime import UTC, datetime

_PRINTABLE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 '()+,-./:=?")


def tlv(tag: int, content: bytes) -> bytes:
    """One element: tag, definite length, content."""
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


def sequence(*parts: bytes) -> bytes:
    return tlv(0x30, b"".join(parts))


def integer(value: int) -> bytes:
    """A non-negative integer, with the zero byte that keeps it from reading as negative."""
    return tlv(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def boolean(value: bool) -> bytes:
    return tlv(0x01, b"\xff" if value else b"\x00")


def null() -> bytes:
    return tlv(0x05, b"")


def octet_string(content: bytes) -> bytes:
    return tlv(0x04, content)


def bit_string(content: bytes, unused: int = 0) -> bytes:
    return tlv(0x03, bytes((unused,)) + content)


def oid(dotted: str) -> bytes:
    """An object identifier from its dotted form."""
    first, second, *rest = (int(arc) for arc in dotted.split("."))
    content = bytearray()
    for arc in (first * 40 + second, *rest):
        groups = [arc & 0x7F]
        while arc := arc >> 7:
            groups.append(0x80 | arc & 0x7F)
        content += bytes(reversed(groups))
    return tlv(0x06, bytes(content))


def text(value: str) -> bytes:
    """A string as the SAT writes it: PrintableString when it fits, T61String in Latin-1 when not."""
    if _PRINTABLE.issuperset(value):
        return tlv(0x13, value.encode("ascii"))
    return tlv(0x14, value.encode("latin-1"))


def utf8(value: str) -> bytes:
    return tlv(0x0C, value.encode("utf-8"))


def ia5(value: str) -> bytes:
    return tlv(0x16, value.encode("ascii"))


def time(moment: datetime) -> bytes:
    """UTCTime up to 2049, GeneralizedTime from 2050 (RFC 5280, 4.1.2.5). ``moment`` carries its zone."""
    utc = moment.astimezone(UTC)
    if 1950 <= utc.year < 2050:
        return tlv(0x17, utc.strftime("%y%m%d%H%M%SZ").encode("ascii"))
    return tlv(0x18, utc.strftime("%Y%m%d%H%M%SZ").encode("ascii"))


def name(attributes: Iterable[tuple[str, bytes]]) -> bytes:
    """A distinguished name from (OID, already encoded value), one attribute in each set."""
    return sequence(*(tlv(0x31, sequence(oid(dotted), value)) for dotted, value in attributes))
