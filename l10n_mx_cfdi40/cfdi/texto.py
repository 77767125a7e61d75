"""Text as XML and the cadena original see it.

White space is #x20 #x9 #xA #xD and nothing else: ``str.split()`` and ``\\s`` also take U+00A0, U+2003 or U+0085, which
the SAT's ``normalize-space`` leaves alone, and the seal would not match.
"""
import re
from datetime import datetime
from decimal import Decimal

from . import amounts

#: Characters that no XML 1.0 document can carry, not even escaped.
NO_XML = re.compile('[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]')
_BLANCOS = ' \t\n\r'
_RACHA = re.compile('[ \t\n\r]+')
_MARCAS = bytes(range(32)) + b'&<>"'
_ESCAPES = (('&', '&amp;'), ('<', '&lt;'), ('>', '&gt;'), ('"', '&quot;'),
            ('\t', '&#9;'), ('\n', '&#10;'), ('\r', '&#13;'))


class Inadmisible(ValueError):
    """A value that cannot be written. The writer turns it into an XmlError that says where."""

    def __init__(self, code: str, mensaje: str):
        super().__init__(mensaje)
        self.code = code


def colapsar(valor: str) -> str:
    """XPath's ``normalize-space`` and XSD's ``collapse``: runs of white space become one space, none at the ends."""
    if '  ' in valor or '\n' in valor or '\t' in valor or '\r' in valor:
        valor = _RACHA.sub(' ', valor)
    return valor.strip(_BLANCOS)


def escapar(valor: str) -> str:
    """``valor`` ready to stand between double quotes in an XML attribute; line ends and tabs survive a parser."""
    for caracter, escape in _ESCAPES:
        if caracter in valor:
            valor = valor.replace(caracter, escape)
    return valor


def sin_marcas(valor: str) -> bool:
    """Whether ``valor`` can stand in an XML attribute as it is: no markup, controls or what XML cannot carry."""
    try:
        octetos = valor.encode()
    except UnicodeEncodeError:  # a surrogate
        return False
    return len(octetos.translate(None, _MARCAS)) == len(octetos) and '\ufffe' not in valor and '\uffff' not in valor


def escrito(valor: str) -> tuple[str, str]:
    """A text as ``(in an attribute, in the cadena original)``. Inadmisible if XML cannot carry it."""
    # Printable text has neither controls nor surrogates nor white space other than #x20: the usual case, and quick.
    if (valor.isprintable() and '&' not in valor and '<' not in valor and '"' not in valor and '>' not in valor
            and '  ' not in valor and valor[:1] != ' ' and valor[-1:] != ' '):
        return valor, valor
    if sin_marcas(valor):
        return valor, colapsar(valor) if ' ' in valor else valor
    if malo := NO_XML.search(valor):
        raise Inadmisible('caracter_no_permitido',
                          f'contiene el carácter de control U+{ord(malo.group()):04X}, que un XML no admite. '
                          'Bórrelo y escriba el texto de nuevo (suele llegar al copiar y pegar).')
    return escapar(valor), colapsar(valor)


def canonico(valor) -> str:
    """The text of a value that is neither ``str`` nor a plain Decimal. Inadmisible if there is none."""
    if isinstance(valor, str):  # StrEnum
        return str.__str__(valor)
    if isinstance(valor, Decimal):
        if not valor.is_finite():
            raise Inadmisible('valor_no_admitido', 'no es un número. Revise el cálculo que lo produjo.')
        return amounts.texto(valor)
    if isinstance(valor, datetime):
        if valor.tzinfo is not None or valor.microsecond:
            raise Inadmisible('valor_no_admitido', 'debe ser hora local en segundos enteros, sin zona horaria.')
        return valor.isoformat()
    if isinstance(valor, int) and not isinstance(valor, bool):
        return str(valor)
    raise Inadmisible('valor_no_admitido', f'tiene un valor de tipo {type(valor).__name__}, que no se puede escribir.')
