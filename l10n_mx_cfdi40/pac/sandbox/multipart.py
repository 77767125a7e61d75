"""Forms with files (``multipart/form-data``) as they arrive. A seal is over bytes, so not one of a part is changed."""

import re

from .messages import Request

_BOUNDARY = re.compile(r'boundary="?([^";]+)"?')
_NAME = re.compile(rb'content-disposition:[^\r\n]*?\bname="([^"]*)"', re.IGNORECASE)


def part_of(request: Request, name: str) -> bytes | None:
    """The content of the part of that name; ``None`` if there is none, or it is empty."""
    found = _BOUNDARY.search(request.headers.get("content-type", ""))
    if found is None:
        return None
    for piece in request.body.split(b"--" + found.group(1).encode()):
        head, _blank, content = piece.partition(b"\r\n\r\n")
        told = _NAME.search(head)
        if told and told.group(1) == name.encode():
            return content.removesuffix(b"\r\n") or None
    return None
