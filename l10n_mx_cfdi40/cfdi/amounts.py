"""The only place that rounds.

Amounts are ``Decimal`` and keep the exponent with which they are written: ``Decimal('1.50')`` has two decimals and is
written ``1.50``. The tolerances are those of Anexo 20 (validations CFDI40167, 40180, 40186, 40198); where the SAT says
"round", half a unit goes away from zero, as on paper.

Plain ``a * b`` works with the 28 digits of the thread's decimal context, which an 18+6 by 18+6 product exceeds; the
functions here work with a context of their own, wide enough to be exact.
"""
from collections.abc import Iterable
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_HALF_UP, Context, Decimal

from .errors import MontoError

CERO = Decimal(0)
#: Exact for every amount that Anexo 20 admits, and for products of three of them.
CONTEXTO = Context(prec=120)
#: What Anexo 20 subtracts from the upper bound of a factor, so that the bound itself is left out.
EPSILON = Decimal('1E-12')
#: The same in the margins of a payment in several currencies, by the filling guide of Pagos 2.0.
EPSILON_EQUIVALENCIA = Decimal('1E-10')
_PASOS = tuple(Decimal(1).scaleb(-n) for n in range(13))
_MEDIOS = tuple(CONTEXTO.divide(paso, Decimal(2)) for paso in _PASOS)


def _ajustar(valor: Decimal, cifras: int, modo: str) -> Decimal:
    if not valor.is_finite():
        raise MontoError('monto_no_finito', f'El importe «{valor}» no es un número. Revise el cálculo que lo produjo.',
                         valor=str(valor))
    return valor.quantize(_PASOS[cifras], rounding=modo, context=CONTEXTO)


def redondear(valor: Decimal, cifras: int) -> Decimal:
    """``valor`` with exactly ``cifras`` decimals (0 to 12), half away from zero. MontoError if it is not finite."""
    return _ajustar(valor, cifras, ROUND_HALF_UP)


def truncar(valor: Decimal, cifras: int) -> Decimal:
    """``valor`` cut to ``cifras`` decimals, toward zero."""
    return _ajustar(valor, cifras, ROUND_DOWN)


def techo(valor: Decimal, cifras: int) -> Decimal:
    """``valor`` raised to the next number with ``cifras`` decimals, toward plus infinity."""
    return _ajustar(valor, cifras, ROUND_CEILING)


def decimales(valor: Decimal) -> int:
    """How many decimals ``valor`` is written with: 2 for ``Decimal('1.50')``, 0 for ``Decimal('1E+3')``."""
    exponente = valor.as_tuple().exponent
    return -exponente if isinstance(exponente, int) and exponente < 0 else 0


def con_decimales(valor: Decimal, minimo: int, maximo: int) -> Decimal:
    """``valor`` without superfluous zeros, but with at least ``minimo`` decimals and rounded to at most ``maximo``."""
    valor = redondear(valor, maximo)
    while (escritos := decimales(valor)) > minimo and valor == (corto := truncar(valor, escritos - 1)):
        valor = corto
    return valor if decimales(valor) >= minimo else redondear(valor, minimo)


def suma(valores: Iterable[Decimal]) -> Decimal:
    """Exact sum; ``Decimal(0)`` when there is nothing to add."""
    total = CERO
    agregar = CONTEXTO.add
    for valor in valores:
        total = agregar(total, valor)
    return total


def resta(minuendo: Decimal, sustraendo: Decimal) -> Decimal:
    """Exact difference."""
    return CONTEXTO.subtract(minuendo, sustraendo)


def producto(a: Decimal, b: Decimal) -> Decimal:
    """Exact product (not rounded)."""
    return CONTEXTO.multiply(a, b)


def cociente(a: Decimal, b: Decimal, cifras: int) -> Decimal:
    """``a / b`` rounded to ``cifras`` decimals. ``b`` must not be zero."""
    return redondear(CONTEXTO.divide(a, b), cifras)


def division(a: Decimal, b: Decimal) -> Decimal:
    """``a / b`` with 120 significant digits, for sums that are rounded only once. ``b`` must not be zero."""
    return CONTEXTO.divide(a, b)


def recortar(valor: Decimal, minimo: int) -> Decimal:
    """The same number without superfluous zeros, but with at least ``minimo`` decimals when it has that many."""
    sobran = decimales(valor) - minimo
    if sobran <= 0:
        return valor
    cifras = format(valor, 'f')
    ceros = min(sobran, len(cifras) - len(cifras.rstrip('0')))
    return truncar(valor, minimo + sobran - ceros) if ceros else valor


def _medio_paso(valor: Decimal) -> Decimal:
    return _MEDIOS[min(decimales(valor), 12)]


def limites_importe(cantidad: Decimal, valor_unitario: Decimal, cifras: int) -> tuple[Decimal, Decimal]:
    """Lowest and highest Importe that Anexo 20 admits for Cantidad × ValorUnitario (CFDI40167; CFDI40198 for Parte),
    with ``cifras`` decimals. Each factor stands for any number that would be written like it, so a Cantidad of ``1``
    admits ±50 % and one of ``1.000000`` almost nothing. Both ends are admitted."""
    media_cantidad, medio_valor = _medio_paso(cantidad), _medio_paso(valor_unitario)
    c = CONTEXTO
    inferior = c.multiply(c.subtract(cantidad, media_cantidad), c.subtract(valor_unitario, medio_valor))
    superior = c.multiply(c.subtract(c.add(cantidad, media_cantidad), EPSILON),
                          c.subtract(c.add(valor_unitario, medio_valor), EPSILON))
    return truncar(inferior, cifras), techo(superior, cifras)


def limites_impuesto(base: Decimal, tasa: Decimal, cifras: int) -> tuple[Decimal, Decimal]:
    """Lowest and highest tax Importe that Anexo 20 admits for Base × TasaOCuota (CFDI40180, CFDI40186), with ``cifras``
    decimals. Only Base stands for a range: a rate is exact."""
    media = _medio_paso(base)
    c = CONTEXTO
    inferior = c.multiply(c.subtract(base, media), tasa)
    superior = c.multiply(c.subtract(c.add(base, media), EPSILON), tasa)
    return truncar(inferior, cifras), techo(superior, cifras)


def impuesto_fuera_de_limites(base: Decimal, tasa: Decimal, importe: Decimal,
                              cifras: int) -> tuple[Decimal, Decimal] | None:
    """The limits of `limites_impuesto` if ``importe`` is outside of them, else None."""
    # Less than one unit of its last place away from base x rate, cutting and raising cannot leave it outside.
    diferencia = CONTEXTO.subtract(CONTEXTO.multiply(base, tasa), importe)
    if CONTEXTO.abs(diferencia) < _PASOS[cifras]:
        return None
    inferior, superior = limites_impuesto(base, tasa, cifras)
    return None if inferior <= importe <= superior else (inferior, superior)


def limites_pagado(pagado: Decimal, equivalencia: Decimal, cifras: int,
                   cifras_equivalencia: int) -> tuple[Decimal, Decimal]:
    """Lowest and highest amount of a payment, in its currency with ``cifras`` decimals, that ImpPagado / EquivalenciaDR
    may stand for (CRP20275, CRP20276; filling guide of Pagos 2.0, Monto): the lowest one cut, the highest one rounded.

    ``cifras_equivalencia``: decimals with which the equivalence counts; ten when ``1`` stands beside other currencies
    (CRP20277). ``equivalencia`` must be greater than half of its last place."""
    medio_pagado, media_equivalencia = _medio_paso(pagado), _MEDIOS[cifras_equivalencia]
    c = CONTEXTO
    inferior = c.divide(c.subtract(pagado, medio_pagado),
                        c.subtract(c.add(equivalencia, media_equivalencia), EPSILON_EQUIVALENCIA))
    superior = c.divide(c.subtract(c.add(pagado, medio_pagado), EPSILON_EQUIVALENCIA),
                        c.subtract(equivalencia, media_equivalencia))
    return truncar(inferior, cifras), redondear(superior, cifras)


def texto(valor: Decimal) -> str:
    """``valor`` as t_Importe writes it: plain notation, dot, no exponent, the zeros it carries, never ``-0``.
    A negative amount keeps its sign (and is reported by the format checks). MontoError if it is not finite."""
    escrito = str(valor)
    if 'E' in escrito:
        escrito = format(valor, 'f')
    if escrito[-1] > '9':  # NaN and Infinity are the only ones that end in a letter
        raise MontoError('monto_no_finito', f'El importe «{valor}» no es un número. Revise el cálculo que lo produjo.',
                         valor=escrito)
    if escrito[0] == '-' and not valor:
        return escrito[1:]
    return escrito
