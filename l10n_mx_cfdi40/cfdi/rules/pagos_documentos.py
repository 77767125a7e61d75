"""Rules of DoctoRelacionado: currency, balances, object of tax, and the margins of a payment in several currencies."""

from decimal import Decimal

from ..amounts import decimales, resta, suma
from ..equivalencia import cubre, dentro_de_sus_limites
from ..pagos import Pagos
from .conceptos import SIN_DESGLOSE
from .filas_pagos import cifras_de
from .registro import regla

CERO, UNO = Decimal(0), Decimal(1)
IVA, IEPS = '002', '003'


def _doctos(doc):
    """Yield (payment, related document) and what names the document to a person."""
    for pago in doc.pagos:
        for docto in pago.doctos:
            yield pago, docto, {'documento': docto.nombre}


@regla('CRP20236', complemento=Pagos)
def moneda_definida(doc):
    """MonedaDR is not XXX."""
    for _pago, docto, quien in _doctos(doc):
        if docto.nodo.moneda_dr == 'XXX':
            yield f'{docto.ruta}/@MonedaDR', {'valor': 'XXX', **quien}


@regla('CRP20237', complemento=Pagos)
def equivalencia_requerida(doc):
    """A document in another currency than its payment has EquivalenciaDR (XXX is CRP20213, CRP20236)."""
    for pago, docto, quien in _doctos(doc):
        monedas = {pago.nodo.moneda_p, docto.nodo.moneda_dr}
        if len(monedas) > 1 and docto.nodo.equivalencia_dr is None and monedas.isdisjoint(('XXX', None)):
            yield f'{docto.ruta}/@EquivalenciaDR', {
                'moneda': docto.nodo.moneda_dr, 'moneda_pago': pago.nodo.moneda_p, **quien}


@regla('CRP20238', complemento=Pagos)
def equivalencia_de_la_misma_moneda(doc):
    """A document in the currency of its payment has EquivalenciaDR 1, compared as a number."""
    for pago, docto, quien in _doctos(doc):
        valor = docto.nodo.equivalencia_dr
        ilegible = valor is not None and docto.equivalencia is None
        if docto.nodo.moneda_dr == pago.nodo.moneda_p and docto.equivalencia != UNO and not ilegible:
            yield f'{docto.ruta}/@EquivalenciaDR', {'valor': valor, 'moneda': docto.nodo.moneda_dr, **quien}


def _positivo(codigo, campo, atributo):
    @regla(codigo, complemento=Pagos)
    def positivo(doc):
        for _pago, docto, quien in _doctos(doc):
            valor = getattr(docto, campo)
            if valor is not None and not valor:
                yield f'{docto.ruta}/@{atributo}', {'valor': valor, **quien}

    positivo.__doc__ = f'{atributo} is greater than zero.'


def _con_decimales(codigo, campo, atributo):
    @regla(codigo, complemento=Pagos)
    def con_decimales(doc):
        for _pago, docto, quien in _doctos(doc):
            valor, cifras = getattr(docto, campo), cifras_de(doc, docto.nodo.moneda_dr)
            if valor is not None and cifras is not None and decimales(valor) > cifras:
                yield f'{docto.ruta}/@{atributo}', {
                    'valor': valor, 'moneda': docto.nodo.moneda_dr, 'decimales': cifras, **quien}

    con_decimales.__doc__ = f'{atributo} has at most the decimals of MonedaDR.'


_positivo('CRP20239', 'saldo_ant', 'ImpSaldoAnt')
_con_decimales('CRP20240', 'saldo_ant', 'ImpSaldoAnt')
_positivo('CRP20241', 'pagado', 'ImpPagado')
_con_decimales('CRP20242', 'pagado', 'ImpPagado')
_con_decimales('CRP20243', 'insoluto', 'ImpSaldoInsoluto')


@regla('CRP20244', complemento=Pagos)
def saldo_insoluto(doc):
    """ImpSaldoInsoluto is ImpSaldoAnt less ImpPagado, and not below zero (an ImpSaldoAnt of zero is CRP20239)."""
    for _pago, docto, quien in _doctos(doc):
        if not docto.saldo_ant or None in (docto.pagado, docto.insoluto):
            continue
        esperado = resta(docto.saldo_ant, docto.pagado)
        if docto.insoluto != esperado:
            yield f'{docto.ruta}/@ImpSaldoInsoluto', {
                'motivo': 'excede' if esperado < CERO else 'resta', 'valor': docto.insoluto, 'esperado': esperado,
                'anterior': docto.saldo_ant, 'pagado': docto.pagado, **quien}


# -- taxes that the object of tax asks for


@regla('CRP20245', complemento=Pagos)
def objeto_en_catalogo(doc):
    """ObjetoImpDR is in force in c_ObjetoImp."""
    for _pago, docto, quien in _doctos(doc):
        clave = docto.nodo.objeto_imp_dr
        if clave is not None and doc.desconocida('c_ObjetoImp', clave):
            yield f'{docto.ruta}/@ObjetoImpDR', {**doc.params_clave('c_ObjetoImp', clave), **quien}


@regla('CRP20246', complemento=Pagos)
def con_desglose(doc):
    """With ObjetoImpDR 02 the document has ImpuestosDR."""
    for _pago, docto, quien in _doctos(doc):
        if docto.nodo.objeto_imp_dr == '02' and docto.nodo.impuestos_dr is None:
            yield f'{docto.ruta}/@ObjetoImpDR', {'valor': '02', **quien}


@regla('CRP20247', complemento=Pagos)
def sin_desglose(doc):
    """With ObjetoImpDR 01, 03, 04 or 05 the document has no ImpuestosDR."""
    for _pago, docto, quien in _doctos(doc):
        if docto.nodo.objeto_imp_dr in SIN_DESGLOSE and docto.nodo.impuestos_dr is not None:
            yield f'{docto.ruta}/@ObjetoImpDR', {'valor': str(docto.nodo.objeto_imp_dr), **quien}


@regla('CRP20248', complemento=Pagos)
def impuestos_con_contenido(doc):
    """ImpuestosDR holds at least one traslado or retención."""
    for _pago, docto, quien in _doctos(doc):
        if docto.nodo.impuestos_dr is not None and not docto.traslados and not docto.retenciones:
            yield f'{docto.ruta}/ImpuestosDR', quien


def _impuestos_de(docto):
    """Return the keys that the document (charges, withholds)."""
    return {uno.impuesto for uno in docto.traslados}, {una.impuesto for una in docto.retenciones}


@regla('CRP20278', complemento=Pagos)
def iva_que_no_se_traslada(doc):
    """With ObjetoImpDR 06 or 08 the document neither charges nor withholds IVA or IEPS; it may withhold ISR."""
    for _pago, docto, quien in _doctos(doc):
        if docto.nodo.objeto_imp_dr in ('06', '08'):
            trasladados, retenidos = _impuestos_de(docto)
            if not {IVA, IEPS}.isdisjoint(trasladados | retenidos):
                yield f'{docto.ruta}/@ObjetoImpDR', {'valor': str(docto.nodo.objeto_imp_dr), **quien}


@regla('CRP20279', complemento=Pagos)
def solo_ieps_desglosado(doc):
    """With ObjetoImpDR 07 the document charges IEPS, and neither charges nor withholds IVA."""
    for _pago, docto, quien in _doctos(doc):
        if docto.nodo.objeto_imp_dr == '07':
            trasladados, retenidos = _impuestos_de(docto)
            if IVA in trasladados | retenidos:
                yield f'{docto.ruta}/@ObjetoImpDR', {'motivo': 'iva', 'valor': '07', **quien}
            elif IEPS not in trasladados:
                yield f'{docto.ruta}/@ObjetoImpDR', {'motivo': 'ieps', 'valor': '07', **quien}


# -- margins of a payment in several currencies


@regla('CRP20275', complemento=Pagos)
def pagado_dentro_de_limites(doc):
    """ImpPagado of a document in another currency, converted and cut to the payment's decimals, is between its limits.

    The limits follow from ImpPagado and EquivalenciaDR themselves: what breaks them is an equivalence of ten decimals
    too short for the amount, because the formula takes one unit of the tenth decimal from one side only.
    """
    for pago in doc.pagos:
        cifras = cifras_de(doc, pago.nodo.moneda_p)
        convertidos = pago.convertidos(cifras) if pago.otras_monedas and cifras is not None else None
        for docto, uno in zip(pago.doctos, convertidos or (), strict=False):
            if docto.nodo.moneda_dr != pago.nodo.moneda_p and not dentro_de_sus_limites(uno, cifras):
                yield f'{docto.ruta}/@ImpPagado', {
                    'valor': docto.pagado, 'equivalencia': docto.equivalencia, 'inferior': uno.inferior,
                    'superior': uno.superior, 'moneda': pago.nodo.moneda_p, 'documento': docto.nombre}


def _margenes_rotos(doc):
    """Yield (payment, limits of its sum, whether counting ``1`` without decimals would have let it pass)."""
    for pago in doc.pagos:
        cifras = cifras_de(doc, pago.nodo.moneda_p)
        if not pago.monto or cifras is None or not pago.otras_monedas:
            continue
        convertidos = pago.convertidos(cifras)
        propios = suma(docto.pagado or CERO for docto in pago.doctos if docto.nodo.moneda_dr == pago.nodo.moneda_p)
        # What the same currency alone exceeds is CRP20217.
        if convertidos is None or propios > pago.monto or cubre(pago.monto, convertidos, cifras):
            continue
        sin_decimales = len(pago.doctos) > 1 and cubre(pago.monto, pago.convertidos(cifras, 0), cifras)
        yield pago, convertidos, sin_decimales


def _params_de_margen(pago, convertidos):
    return {'valor': pago.monto, 'moneda': pago.nodo.moneda_p, 'inferior': suma(uno.inferior for uno in convertidos),
            'superior': suma(uno.superior for uno in convertidos)}


@regla('CRP20276', complemento=Pagos)
def monto_dentro_de_limites(doc):
    """In several currencies, Monto covers what is paid, converted; or is between the sums of the limits."""
    for pago, convertidos, sin_decimales in _margenes_rotos(doc):
        if not sin_decimales:
            yield f'{pago.ruta}/@Monto', _params_de_margen(pago, convertidos)


@regla('CRP20277', complemento=Pagos)
def equivalencia_uno_con_diez_decimales(doc):
    """Beside documents in other currencies, an equivalence ``1`` counts with ten decimals in the margins.

    It is how the margins are worked out, and not something to write: said, instead of CRP20276, of a Monto that only
    the wide margins of a ``1`` without decimals would let pass.
    """
    for pago, convertidos, sin_decimales in _margenes_rotos(doc):
        if sin_decimales:
            yield f'{pago.ruta}/@Monto', _params_de_margen(pago, convertidos)
