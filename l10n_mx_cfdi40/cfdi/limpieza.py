"""Free text of people and programs made fit for an attribute of a CFDI.

The pipe separates the fields of the cadena original and is forbidden in every text; line ends, tabs, no-break and other
exotic spaces become one plain space, because the SAT's ``normalize-space`` treats only four of them as white space.
"""
import re
import unicodedata

_RACHA = re.compile(r"\s+")
_DIGITOS = re.compile(r"\D")


def limpiar(texto: str | None, maximo: int) -> str:
    """`texto` in one line, without pipes or control characters, of at most `maximo` characters.

    A text that is cut ends in an ellipsis, so that whoever reads the invoice sees that something is missing.

    >>> limpiar("Tornillo | 1/2\\n acero", 100)
    'Tornillo / 1/2 acero'
    """
    texto = unicodedata.normalize("NFC", texto or "").replace("|", "/")
    texto = _RACHA.sub(" ", "".join(map(_visible, texto))).strip()
    return texto if len(texto) <= maximo else texto[: maximo - 1].rstrip() + "…"


def _visible(caracter: str) -> str:
    """The character, a space for white space and line ends, nothing for controls and invisible format marks."""
    categoria = unicodedata.category(caracter)
    if categoria in ("Zs", "Zl", "Zp") or caracter in "\t\n\r\x0b\x0c\x85":
        return " "
    return "" if categoria in ("Cc", "Cf", "Cs", "Cn", "Co") else caracter


def pedimentos(texto: str | None) -> tuple[str, ...]:
    """Customs documents separated by commas, each written as NumeroPedimento wants it (two spaces between groups).

    One that has not 15 digits is kept as typed, for CFDI40194 to report it.

    >>> pedimentos("21 47 3807 8003832")
    ('21  47  3807  8003832',)
    """
    salida = []
    for parte in (texto or "").split(","):
        digitos = _DIGITOS.sub("", parte)
        if len(digitos) == 15:
            salida.append(f"{digitos[:2]}  {digitos[2:4]}  {digitos[4:8]}  {digitos[8:]}")
        elif parte.strip():
            salida.append(limpiar(parte, 21))
    return tuple(salida)


def prediales(texto: str | None) -> tuple[str, ...]:
    """Property tax accounts separated by commas; CuentaPredial admits letters and digits only.

    >>> prediales("0123-45, 678")
    ('012345', '678')
    """
    cuentas = ("".join(filter(str.isalnum, parte)) for parte in (texto or "").split(","))
    return tuple(cuenta[:150] for cuenta in cuentas if cuenta)
