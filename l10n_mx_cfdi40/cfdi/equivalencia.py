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
    if acordada is not None:
        una = recortar(redondear(acordada, CIFRAS), 0)
        if _cabe(pagado, parte, una, cifras):
            return una
    una = recortar(redondear(division(pagado, parte), CIFRAS), 0)
    return una if _cabe(pagado, parte, una, cifras) else _por_arriba(pagado, parte, cifras)


def _cabe(pagado, parte, una, cifras):
    """Whether the equivalence converts to no more than ``parte``, inside of its own limits."""
    if una <= CERO:
        return False
    convertido = convertir(pagado, una, cifras, decimales(una))
    return truncar(convertido.exacto, cifras) <= parte and dentro_de_sus_limites(convertido, cifras)


def _por_arriba(pagado, parte, cifras):
    """The equivalence that never converts to more than ``parte``: raised at the tenth decimal, or at the ninth."""
    exacta = division(pagado, parte)
    una = recortar(techo(exacta, CIFRAS), 0)
    return una if _cabe(pagado, parte, una, cifras) else recortar(techo(exacta, CIFRAS - 1), 0)


def ajustar(monto: Decimal, pagados: Iterable[tuple[Decimal, Decimal, Decimal | None]], cifras: int) -> list[Decimal]:
    """The equivalences of all the invoices of one payment, raised by one unit of their last place where together they
    would be refused though each one alone is right.

    :param pagados: ``(ImpPagado, part in the payment's currency, EquivalenciaDR)`` of each; None in place of the
        equivalence of an invoice in the payment's own currency, which is 1 and counts with ten decimals (CRP20277).
    """
    pagados = list(pagados)
    convertidos = [
        convertir(pagado, UNO, cifras, CIFRAS) if una is None else convertir(pagado, una, cifras, decimales(una))
        for pagado, _parte, una in pagados]
    if cubre(monto, convertidos, cifras):
        return [UNO if una is None else una for _pagado, _parte, una in pagados]
    equivalencias = []
    for (pagado, parte, una), uno in zip(pagados, convertidos, strict=True):
        if una is None:
            equivalencias.append(UNO)
        else:
            equivalencias.append(una if uno.exacto <= parte else _por_arriba(pagado, parte, cifras))
    return equivalencias
