"""Make the amounts of a document meet: lines with six decimals whose rounded sums are the totals of the books.

Anexo 20 rounds the *sum* of the lines to the decimals of the currency; an accounting system may reach its totals
another way (rounding each line, adding taxes apart, an amount corrected by hand). Here each line starts from its exact
amount, and what is missing for a total is given to the lines in steps of one millionth, as far as the SAT's limits for
each line allow (CFDI40167, 40180, 40186). Only where that does not reach, amounts are written with the decimals of the
currency, whose limits are one cent apart, as for whoever rounds each line.
"""
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from .amounts import CERO, decimales, limites_importe, limites_impuesto, redondear, resta, suma
from .values import Concepto, Impuestos, RetencionTotal, Traslado

#: Decimals of the amounts of a line.
CIFRAS = 6
PASO = Decimal("0.000001")


@dataclass(slots=True, kw_only=True)
class ImpuestoLinea:
    """A tax of a line: exact on entry, with its final decimals after `cuadrar`.

    ``clave`` is (impuesto, tipo_factor, tasa_o_cuota); the rate is None for Exento. A key may appear twice in a line.
    """

    clave: tuple[str, str, Decimal | None]
    retencion: bool
    base: Decimal
    importe: Decimal


@dataclass(slots=True, kw_only=True)
class Linea:
    """A line: quantity, unit value that the user typed (None if the amount is not its product), amount before discount,
    amount after it, and taxes, all exact. `cuadrar` fills in ``valor_unitario`` and ``descuento``."""

    cantidad: Decimal
    precio: Decimal | None
    importe: Decimal
    neto: Decimal
    impuestos: list[ImpuestoLinea] = field(default_factory=list)
    valor_unitario: Decimal = CERO
    descuento: Decimal = CERO


@dataclass(frozen=True, slots=True, kw_only=True)
class Metas:
    """What the books say, in the currency of the document: net of discounts, each charged tax by key, each withheld
    tax by impuesto."""

    neto: Decimal
    traslados: dict[tuple[str, str, Decimal | None], Decimal]
    retenciones: dict[str, Decimal]


def cuadrar(lineas: Sequence[Linea], metas: Metas, cifras: int) -> None:
    """Round the amounts of `lineas` in place so that their sums, rounded to `cifras` decimals, are `metas`.

    A goal that cannot be reached inside the SAT's limits stays unreached: whoever calls compares the totals.
    """
    for linea in lineas:
        linea.importe = redondear(linea.importe, CIFRAS)
        linea.neto = redondear(linea.neto, CIFRAS)
        linea.descuento = resta(linea.importe, linea.neto)
    _cuadrar_neto(lineas, metas.neto, cifras)
    for linea in lineas:
        linea.valor_unitario = _valor_unitario(linea)
        for impuesto in linea.impuestos:
            impuesto.base = redondear(impuesto.base, CIFRAS)
            impuesto.importe = _dentro(impuesto, cifras)
    for clave, meta in metas.traslados.items():
        _cuadrar_impuestos([i for linea in lineas for i in linea.impuestos if not i.retencion and i.clave == clave],
                           meta, cifras)
    for nombre, meta in metas.retenciones.items():
        _cuadrar_impuestos([i for linea in lineas for i in linea.impuestos if i.retencion and i.clave[0] == nombre],
                           meta, cifras)


def _cuadrar_neto(lineas: Sequence[Linea], meta: Decimal, cifras: int) -> None:
    """SubTotal - Descuento = `meta`: Descuento stays as it sums; what is missing goes to Importe, in equal shares."""
    descuento = redondear(suma(linea.descuento for linea in lineas), cifras)
    falta = _falta(suma(linea.importe for linea in lineas), meta + descuento, cifras)
    if not falta or not lineas:
        return
    # Nobody's unit value moves by a visible amount: everyone takes an equal share of the millionths.
    pasos = int(abs(falta) / PASO)
    signo = PASO if falta > 0 else -PASO
    orden = sorted((linea for linea in lineas if linea.neto > 0), key=lambda linea: -linea.neto)
    for posicion, linea in enumerate(orden):
        parte = signo * (pasos // len(orden) + (posicion < pasos % len(orden)))
        for impuesto in linea.impuestos:
            if redondear(impuesto.base, CIFRAS) == linea.neto:
                impuesto.base = linea.neto + parte
        linea.importe += parte
        linea.neto += parte


def _falta(actual: Decimal, meta: Decimal, cifras: int) -> Decimal:
    """The least that must be added to `actual` for it to round to `meta`."""
    if redondear(actual, cifras) == meta:
        return CERO
    medio = Decimal(5).scaleb(-cifras - 1)
    # Half a unit rounds away from zero: the interval is closed below and open above (amounts are never negative).
    limite = meta - medio if actual < meta else meta + medio - PASO
    return resta(limite, actual)


def _valor_unitario(linea: Linea) -> Decimal:
    """The price as typed if the SAT's limits allow it for this amount; if not, the quotient."""
    if linea.precio is not None and linea.precio > 0:
        precio = redondear(linea.precio, CIFRAS)
        inferior, superior = limites_importe(redondear(linea.cantidad, CIFRAS), precio, CIFRAS)
        if inferior <= linea.importe <= superior:
            return precio
    if not linea.cantidad:
        return redondear(linea.importe, CIFRAS)
    return redondear(linea.importe / linea.cantidad, CIFRAS)


def _limites(impuesto: ImpuestoLinea, cifras: int) -> tuple[Decimal, Decimal]:
    return limites_impuesto(impuesto.base, impuesto.clave[2], cifras)


def _dentro(impuesto: ImpuestoLinea, cifras: int) -> Decimal:
    """The amount of the books with six decimals, with those of the currency if it was rounded line by line, or else the
    nearest one that the SAT admits."""
    if impuesto.clave[2] is None:
        return CERO
    importe = redondear(impuesto.importe, CIFRAS)
    inferior, superior = _limites(impuesto, CIFRAS)
    if inferior <= importe <= superior:
        return importe
    corto = redondear(importe, cifras)
    if corto == importe:
        inferior_corto, superior_corto = _limites(impuesto, cifras)
        if inferior_corto <= corto <= superior_corto:
            return corto
    return min(max(importe, inferior), superior)


def _cuadrar_impuestos(impuestos: list[ImpuestoLinea], meta: Decimal, cifras: int) -> None:
    """Bring the sum of these amounts to round to `meta`."""
    impuestos = [i for i in impuestos if i.clave[2] is not None]
    falta = _repartir(impuestos, _falta(suma(i.importe for i in impuestos), meta, cifras))
    if not falta:
        return
    # Millionths do not reach. With the decimals of the currency each line may go up or down to the next cent.
    sube = falta > 0
    candidatos = []
    for impuesto in impuestos:
        inferior, superior = _limites(impuesto, cifras)
        corto = superior if sube else max(inferior, CERO)
        ganancia = abs(resta(corto, impuesto.importe))
        if ganancia and (corto > impuesto.importe) == sube:
            candidatos.append((ganancia, corto, impuesto))
    candidatos.sort(key=lambda candidato: -candidato[0])
    for _ganancia, corto, impuesto in candidatos:
        impuesto.importe = corto
        falta = _repartir(
            [i for i in impuestos if decimales(i.importe) == CIFRAS],
            _falta(suma(i.importe for i in impuestos), meta, cifras))
        if not falta:
            return


def _repartir(impuestos: list[ImpuestoLinea], falta: Decimal) -> Decimal:
    """Give `falta` to the amounts inside their limits, largest bases first; what could not be given."""
    if not falta:
        return CERO
    for impuesto in sorted(impuestos, key=lambda i: -i.base):
        if decimales(impuesto.importe) != CIFRAS:
            continue
        inferior, superior = _limites(impuesto, CIFRAS)
        espacio = min(falta, superior - impuesto.importe) if falta > 0 else max(falta, inferior - impuesto.importe)
        if (espacio > 0) != (falta > 0):
            continue
        impuesto.importe += espacio
        falta -= espacio
        if not falta:
            break
    return falta


def repartir_proporcional(total: Decimal, pesos: Sequence[Decimal], cifras: int = CIFRAS) -> list[Decimal]:
    """Split `total` in parts as `pesos`, each with `cifras` decimals, whose sum is exactly `total`.

    :param total: with at most `cifras` decimals.
    :param pesos: not negative; equal parts if they sum zero.
    """
    peso_total = suma(pesos)
    partes = []
    usado = repartido = CERO
    for posicion, peso in enumerate(pesos, start=1):
        usado = usado + peso if peso_total else Decimal(posicion)
        hasta = redondear(total * usado / (peso_total or Decimal(len(pesos))), cifras)
        partes.append(resta(hasta, repartido))
        repartido = hasta
    return partes



def resumir(conceptos: Sequence[Concepto], cifras: int) -> Impuestos | None:
    """The document's Impuestos node: one row per charged tax, factor and rate, one per withheld tax, with the decimals
    of the currency (CFDI40203 to CFDI40221). None if no line has taxes."""
    bases: dict[tuple, Decimal] = {}
    importes: dict[tuple, Decimal] = {}
    retenidos: dict[str, Decimal] = {}
    for concepto in conceptos:
        if concepto.impuestos is None:
            continue
        for traslado in concepto.impuestos.traslados:
            clave = (traslado.impuesto, traslado.tipo_factor, traslado.tasa_o_cuota)
            bases[clave] = bases.get(clave, CERO) + traslado.base
            importes[clave] = importes.get(clave, CERO) + (traslado.importe or CERO)
        for retencion in concepto.impuestos.retenciones:
            retenidos[retencion.impuesto] = retenidos.get(retencion.impuesto, CERO) + retencion.importe
    if not bases and not retenidos:
        return None
    traslados = tuple(
        Traslado(base=redondear(base, cifras), impuesto=clave[0], tipo_factor=clave[1], tasa_o_cuota=clave[2],
                 importe=None if clave[2] is None else redondear(importes[clave], cifras))
        for clave, base in bases.items())
    retenciones = tuple(RetencionTotal(impuesto=nombre, importe=redondear(importe, cifras))
                        for nombre, importe in retenidos.items())
    con_importe = [traslado.importe for traslado in traslados if traslado.importe is not None]
    return Impuestos(
        total_impuestos_retenidos=suma(r.importe for r in retenciones) if retenciones else None,
        total_impuestos_trasladados=suma(con_importe) if con_importe else None,
        retenciones=retenciones,
        traslados=traslados,
    )
