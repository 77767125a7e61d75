"""How a secret looks in what goes over a wire: only who knows all its forms can hide it."""

import base64
import html
import json
import re
from urllib.parse import quote, quote_plus

_PERCENT = re.compile(r"%[0-9A-F]{2}")


def forms(secret: str) -> set[str]:
    """How a secret may be written: as it is, in JSON, in XML, in an address, in base64, as Python shows a text. Not
    everybody escapes the same letters."""
    plain = json.dumps(secret)[1:-1]
    found = {
        secret, repr(secret)[1:-1], plain, plain.replace("/", "\\/"), json.dumps(secret, ensure_ascii=False)[1:-1],
        # .NET's and Gson's JSON, that may be put into a page as it is.
        "".join(_in_json(one, "\\u{:04X}", '"&\'+<>`', beyond_ascii=True) for one in secret),
        "".join(_in_json(one, "\\u{:04x}", "&'<=>", beyond_ascii=False) for one in secret),
        quote(secret), quote(secret, safe=""), quote_plus(secret),
        *(encode(secret.encode()).decode("ascii") for encode in (base64.b64encode, base64.urlsafe_b64encode)),
    }
    found |= {_PERCENT.sub(lambda match: match.group().lower(), form) for form in found}
    in_xml = html.escape(secret, quote=False)
    for quotation in ('"', "&quot;", "&#34;", "&#x22;"):
        for apostrophe in ("'", "&apos;", "&#39;", "&#x27;"):
            one = in_xml.replace('"', quotation).replace("'", apostrophe)
            found |= {one, one.encode("ascii", "xmlcharrefreplace").decode("ascii")}
    return found


def _in_json(letter: str, mark: str, escaped: str, *, beyond_ascii: bool) -> str:
    if letter in escaped or (beyond_ascii and not letter.isascii()):
        return mark.format(ord(letter))
    return json.dumps(letter, ensure_ascii=False)[1:-1]
