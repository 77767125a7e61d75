"""EquivalenciaDR: how many units of an invoice's currency one unit of the payment's is worth, and the SAT's margins.

The filling guide of Pagos 2.0 (Monto) asks of every payment in several currencies that what it covers, converted to its
own currency and cut to its decimals, is no more than Monto, or else that Monto is between the sums of the margins. What
is written here passes the first test wherever ten decimals allow it, and the margins otherwise.
"""
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

from .amounts import (
    CERO,
    decimales,
    division,
    limites_pagado,
    recortar,
    redondear,
    suma,
    techo,
    truncar,
)

#: Most decimals that EquivalenciaDR admits.
CIFRAS = 10
UNO = Decimal(1)


class Convertido(NamedTuple):
    """Coverage of one invoice in the payment's currency: exact, and between which limits it may stand."""

    exacto: Decimal
    inferior: Decimal
    superior: Decimal


def convertir(pagado: Decimal, equivalencia: Decimal, cifras: int, cifras_equivalencia: int) -> Convertido:
    """ImpPagado / EquivalenciaDR with its limits, in the payment's currency of ``cifras`` decimals."""
    return Convertido(division(pagado, equivalencia),
                      *limites_pagado(pagado, equivalencia, cifras, cifras_equivalencia))


def dentro_de_sus_limites(uno: Convertido, cifras: int) -> bool:
    """CRP20275, of one invoice in another currency than the payment."""
    return uno.inferior <= truncar(uno.exacto, cifras) <= uno.superior


def cubre(monto: Decimal, convertidos: Sequence[Convertido], cifras: int) -> bool:
    """CRP20276: the sum, cut to the decimals of the payment's currency, is at most Monto; or Monto is between the sums
    of the limits."""
    if truncar(suma(uno.exacto for uno in convertidos), cifras) <= monto:
        return True
    return suma(uno.inferior for uno in convertidos) <= monto <= suma(uno.superior for uno in convertidos)


def equivalencia(pagado: Decimal, parte: Decimal, cifras: int, acordada: Decimal | None = None) -> Decimal:
    """EquivalenciaDR of an invoice whose currency is not the payment's, up to ten decimals without zeros to the right.

    :param pagado: ImpPagado, in the invoice's currency.
    :param parte: the same in the payment's, of ``cifras`` decimals.
    :param acordada: an agreed rate, which is kept if what it converts is no more than ``parte``.

    The quotient is rounded to ten decimals as the guide says. Where that would convert to more than ``parte`` it is
    raised instead; and where the amount is so large that ten decimals leave it outside of its own limits (above some
    hundred million: the guide's formula then moves both limits to one side), nine are written.
    """
    exacta = division(pagado, parte)
    candidatas = [redondear(exacta, CIFRAS), techo(exacta, CIFRAS), techo(exacta, CIFRAS - 1)]
    if acordada is not None:
        candidatas.insert(0, redondear(acordada, CIFRAS))
    candidatas = [recortar(candidata, 0) for candidata in candidatas]
    for una in candidatas:
        if una <= CERO:
            continue
        convertido = convertir(pagado, una, cifras, decimales(una))
        if truncar(convertido.exacto, cifras) <= parte and dentro_de_sus_limites(convertido, cifras):
            return una
    return candidatas[-1]


def ajustar(monto: Decimal, pagados: Iterable[tuple[Decimal, Decimal, Decimal]], cifras: int) -> list[Decimal]:
    """The equivalences of all the invoices of one payment, raised by one unit of their last place where together they
    would be refused though each one alone is right.

    :param pagados: ``(ImpPagado, part in the payment's currency, EquivalenciaDR)`` of each; ``1`` is left as it is.
    """
    pagados = list(pagados)
    equivalencias = [una for _pagado, _parte, una in pagados]
    if all(una == UNO for una in equivalencias):
        return equivalencias
    convertidos = [convertir(pagado, una, cifras, CIFRAS if una == UNO else decimales(una))
                   for pagado, _parte, una in pagados]
    if cubre(monto, convertidos, cifras):
        return equivalencias
    return [una if una == UNO or uno.exacto <= parte else recortar(techo(division(pagado, parte), CIFRAS), 0)
            for (pagado, parte, una), uno in zip(pagados, convertidos, strict=True)]
