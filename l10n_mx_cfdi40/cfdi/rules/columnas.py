"""Checks of whole columns at once: the same attribute of every node of a kind.

A document of a thousand lines has some twenty-five thousand attributes; looking at them one by one in Python costs
more than parsing the file.  Each test here answers "is everything in this column all right?" with a few operations in
C; only a column that fails is looked at value by value.
"""

import re
from decimal import Decimal

from ..texto import colapsar

# "None" stands for an absent optional attribute; the types are compared apart, so a text 'None' does not pass for one.
_COLUMNA_DE_IMPORTES = re.compile(r'(?:(?:[0-9]{1,18}(?:\.[0-9]{1,6})?|None)\|)*+')
_IMPORTE = re.compile(r'[0-9]{1,18}(?:\.[0-9]{1,6})?')
_TIPOS_DE_NUMERO = frozenset({Decimal, type(None)})


def escrito(valor: Decimal) -> str | None:
    """Return the amount as it is written, or None if no XML number could hold it (NaN, or digits without end)."""
    # The exponent is looked at first: 1E+999999 must not be expanded into a text of a million digits.
    if not valor.is_finite() or valor.adjusted() > 40 or valor.as_tuple().exponent < -40:
        return None
    return format(valor if valor else valor.copy_abs(), 'f')


def importe(valor) -> Decimal | None:
    """Return the number that t_Importe (18 digits, 6 decimals, no sign) reads in the value, or None if it reads none.

    A text that is a number, though not in the form that we would write it ("007.5"), is one for the SAT.
    """
    if isinstance(valor, Decimal):
        texto = escrito(valor)
        return valor if texto is not None and _IMPORTE.fullmatch(texto) else None
    if isinstance(valor, str) and _IMPORTE.fullmatch(texto := colapsar(valor)):
        return Decimal(texto)
    return None


def importes(columna: list) -> list:
    """Return the column of amounts as numbers, None where there is none; the very same list if all of it is right."""
    if not columna or (
        _TIPOS_DE_NUMERO.issuperset(map(type, columna))
        and _COLUMNA_DE_IMPORTES.fullmatch('|'.join(map(str, columna)) + '|')
    ):
        return columna
    return [importe(valor) for valor in columna]


def textos_sanos(columna: list, maximo: int) -> bool:
    """Tell whether every value is a text of 1 to ``maximo`` printable characters, without pipes or spaces to collapse.

    False only means that the column must be looked at value by value: not every unprintable character is forbidden.
    """
    if not columna:
        return True
    try:
        juntos = '|'.join(columna)
    except TypeError:
        return False
    return (
        juntos.isprintable()
        and juntos.count('|') == len(columna) - 1
        and '  ' not in juntos
        and '| ' not in juntos
        and ' |' not in juntos
        and juntos[:1] != ' '
        and juntos[-1:] != ' '
        and min(map(len, columna)) > 0
        and max(map(len, columna)) <= maximo
    )
