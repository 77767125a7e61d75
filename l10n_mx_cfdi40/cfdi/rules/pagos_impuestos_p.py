"""Rules of ImpuestosP: the summary of what the related documents of a payment charge and withhold.

As in the document's Impuestos, a problem that a related document already has (an unknown tax or rate, an amount that
cannot be read) is reported there, and not once more for the sums that follow from it.
"""

from ..amounts import decimales, redondear, truncar
from ..pagos import Pagos
from .filas_pagos import CERO, CON_FACTOR
from .pagos_totales import BASES, IMPUESTOS, IVA, RETENIDOS, RUTA, faltan_todos
from .registro import regla
from .tasas import TRASLADO

CIFRAS = 6


def _cifras(doc, pago):
    """Least decimals with which an amount of the payment is compared: those of its currency."""
    return min(CIFRAS, doc.decimales_de(pago.nodo.moneda_p) or 0)


def _distinto(doc, pago, valor, exacto):
    """Return what ``valor`` should be, or None if it is ``exacto`` rounded, or cut, to the decimals it is written with.

    A sum of quotients has no last decimal: the guide and the software of the PACs differ in how to end it.
    """
    cifras = min(CIFRAS, max(decimales(valor), _cifras(doc, pago)))
    esperado = redondear(exacto, cifras)
    return None if valor in (esperado, truncar(exacto, cifras)) else esperado


def _params(clave):
    return {'impuesto': str(clave[0]), 'factor': str(clave[1]), 'tasa': clave[2]}


def _repetidas(claves):
    vistas, repetidas = set(), set()
    for clave in claves:
        (repetidas if clave in vistas else vistas).add(clave)
    return repetidas


# -- Retenciones


@regla('CRP20262', complemento=Pagos)
def impuesto_retenido_en_catalogo(doc):
    """ImpuestoP is in c_Impuesto (one that a related document carries is CRP20250)."""
    for pago in doc.pagos:
        for fila in pago.retenciones:
            clave = fila.nodo.impuesto_p
            if clave is not None and clave not in _retenidos(pago) and doc.desconocida('c_Impuesto', clave):
                yield f'{fila.ruta}/@ImpuestoP', doc.params_clave('c_Impuesto', clave)


def _retenidos(pago):
    return {una.impuesto for docto in pago.doctos for una in docto.retenciones}


@regla('CRP20263', complemento=Pagos)
def una_retencion_por_impuesto(doc):
    """There is only one RetencionP for each tax of a payment."""
    for pago in doc.pagos:
        vistos = set()
        for fila in pago.retenciones:
            if fila.nodo.impuesto_p in vistos:
                yield f'{fila.ruta}/@ImpuestoP', {'impuesto': str(fila.nodo.impuesto_p)}
            vistos.add(fila.nodo.impuesto_p)


@regla('CRP20264', complemento=Pagos)
def retenciones_con_total(doc):
    """Where a payment withholds a tax, one of the totals of retentions exists."""
    if any(pago.retenciones for pago in doc.pagos) and faltan_todos(doc, RETENIDOS):
        yield RUTA, {}


@regla('CRP20265', complemento=Pagos)
def retencion_es_la_suma(doc):
    """ImporteP is the sum of ImporteDR / EquivalenciaDR of that tax, and no tax withheld is left out."""
    for pago in doc.pagos:
        presentes = [fila.nodo.impuesto_p for fila in pago.retenciones]
        repetidos = _repetidas(presentes)
        for fila in pago.retenciones:
            clave = fila.nodo.impuesto_p
            if fila.importe is None or clave in pago.dudosos or clave in repetidos:
                continue
            if clave not in pago.retenidos and doc.desconocida('c_Impuesto', clave):
                continue
            esperado = _distinto(doc, pago, fila.importe, pago.retenidos.get(clave, CERO))
            if esperado is not None:
                yield f'{fila.ruta}/@ImporteP', {
                    'valor': fila.importe, 'esperado': esperado, 'impuesto': str(clave)}
        for clave, exacto in pago.retenidos.items():
            if clave not in presentes and clave not in pago.dudosos:
                yield f'{pago.ruta}/ImpuestosP/RetencionesP', {
                    'motivo': 'falta', 'esperado': redondear(exacto, CIFRAS), 'impuesto': str(clave)}


# -- Traslados


@regla('CRP20266', complemento=Pagos)
def exento_con_lo_suyo(doc):
    """A TrasladoP that is Exento has BaseP, ImpuestoP and TipoFactorP, and neither rate nor amount.

    The matrix says it of payments where all is Exento; for the others it has no code.
    """
    for pago in doc.pagos:
        for fila in pago.traslados:
            for campo, atributo in (('tasa_o_cuota_p', 'TasaOCuotaP'), ('importe_p', 'ImporteP')):
                if fila.nodo.tipo_factor_p == 'Exento' and getattr(fila.nodo, campo) is not None:
                    yield f'{fila.ruta}/@{atributo}', {'valor': getattr(fila.nodo, campo)}


@regla('CRP20267', complemento=Pagos)
def iva_con_base_total(doc):
    """Where a payment charges IVA, one of the totals of its bases exists."""
    if any(fila.nodo.impuesto_p == IVA for pago in doc.pagos for fila in pago.traslados) and faltan_todos(doc, BASES):
        yield RUTA, {}


def _comparables(doc, pago):
    """Yield (row, key, sums of the documents or None) of what can be compared.

    Left out: repeated combinations (CRP20271), taxes with an amount that cannot be added up, and combinations that no
    document has because their tax or rate is not one (CRP20270, CRP20272).
    """
    repetidas = _repetidas(fila.clave for fila in pago.traslados)
    for fila in pago.traslados:
        clave = fila.clave
        if clave in repetidas or clave[0] in pago.dudosos or (clave[2] is None and clave[1] != 'Exento'):
            continue
        sumas = pago.grupos.get(clave)
        if sumas is None and _sin_tasa_valida(doc, clave):
            continue
        yield fila, clave, sumas


def _sin_tasa_valida(doc, clave):
    impuesto, factor, tasa = clave
    if doc.desconocida('c_Impuesto', impuesto) or doc.desconocida('c_TipoFactor', factor):
        return True
    tasas = doc.tasas
    return factor in CON_FACTOR and tasas is not None and not tasas.admite(impuesto, factor, TRASLADO, tasa)


def _bases(doc, exentas):
    for pago in doc.pagos:
        for fila, clave, sumas in _comparables(doc, pago):
            if fila.base is None or (pago.solo_exentos and clave[1] == 'Exento') is not exentas:
                continue
            esperado = _distinto(doc, pago, fila.base, sumas[0] if sumas is not None else CERO)
            if esperado is not None:
                yield f'{fila.ruta}/@BaseP', {'valor': fila.base, 'esperado': esperado, **_params(clave)}
        presentes = {fila.clave for fila in pago.traslados}
        for clave, (base, _importe) in pago.grupos.items():
            suya = clave[1] == 'Exento' and pago.solo_exentos is exentas
            if suya and clave not in presentes and clave[0] not in pago.dudosos:
                yield f'{pago.ruta}/ImpuestosP/TrasladosP', {
                    'motivo': 'falta', 'esperado': redondear(base, CIFRAS), **_params(clave)}


@regla('CRP20268', complemento=Pagos)
def base_es_la_suma(doc):
    """BaseP is the sum of BaseDR / EquivalenciaDR with that tax, factor and rate."""
    yield from _bases(doc, False)


@regla('CRP20269', complemento=Pagos)
def base_exenta_es_la_suma(doc):
    """If all that a payment covers is Exento, BaseP is the sum of BaseDR / EquivalenciaDR."""
    yield from _bases(doc, True)


@regla('CRP20270', complemento=Pagos)
def impuesto_trasladado_en_catalogo(doc):
    """ImpuestoP is in c_Impuesto (one that a related document carries is CRP20256)."""
    for pago in doc.pagos:
        de_doctos = {uno.impuesto for docto in pago.doctos for uno in docto.traslados}
        for fila in pago.traslados:
            clave = fila.nodo.impuesto_p
            if clave is not None and clave not in de_doctos and doc.desconocida('c_Impuesto', clave):
                yield f'{fila.ruta}/@ImpuestoP', doc.params_clave('c_Impuesto', clave)


@regla('CRP20271', complemento=Pagos)
def un_traslado_por_combinacion(doc):
    """There is only one TrasladoP for each tax, factor and rate of a payment."""
    for pago in doc.pagos:
        vistas = set()
        for fila in pago.traslados:
            if fila.clave in vistas:
                yield f'{fila.ruta}/@ImpuestoP', _params(fila.clave)
            vistas.add(fila.clave)


@regla('CRP20272', complemento=Pagos)
def tasa_trasladada_en_catalogo(doc):
    """TasaOCuotaP is in c_TasaOCuota for the tax and factor (one that a related document carries is CRP20260)."""
    tasas = doc.tasas
    for pago in doc.pagos:
        for fila in pago.traslados:
            impuesto, factor, tasa = fila.clave
            if factor not in CON_FACTOR or doc.desconocida('c_Impuesto', impuesto):
                continue
            if fila.nodo.tasa_o_cuota_p is None:
                yield f'{fila.ruta}/@TasaOCuotaP', {'motivo': 'falta', **_params(fila.clave)}
            elif (tasa is not None and tasas is not None and fila.clave not in pago.grupos
                    and not tasas.admite(impuesto, factor, TRASLADO, tasa)):
                yield f'{fila.ruta}/@TasaOCuotaP', {
                    'valor': tasa, 'admitidas': tasas.admitidas(impuesto, factor, TRASLADO), **_params(fila.clave)}


@regla('CRP20273', complemento=Pagos)
def iva_con_importe_total(doc):
    """Where a payment charges IVA that is not Exento, one of the totals of its amounts exists."""
    cargado = any(fila.nodo.impuesto_p == IVA and fila.nodo.tipo_factor_p != 'Exento'
                  for pago in doc.pagos for fila in pago.traslados)
    if cargado and faltan_todos(doc, IMPUESTOS):
        yield RUTA, {}


@regla('CRP20274', complemento=Pagos)
def importe_es_la_suma(doc):
    """ImporteP is the sum of ImporteDR / EquivalenciaDR with that tax, factor and rate, and none is left out."""
    for pago in doc.pagos:
        for fila, clave, sumas in _comparables(doc, pago):
            if clave[1] not in CON_FACTOR:
                continue
            exacto = sumas[1] if sumas is not None else CERO
            if fila.nodo.importe_p is None:
                yield f'{fila.ruta}/@ImporteP', {
                    'motivo': 'sin_importe', 'esperado': redondear(exacto, CIFRAS), **_params(clave)}
            elif fila.importe is not None and (esperado := _distinto(doc, pago, fila.importe, exacto)) is not None:
                yield f'{fila.ruta}/@ImporteP', {'valor': fila.importe, 'esperado': esperado, **_params(clave)}
        presentes = {fila.clave for fila in pago.traslados}
        for clave, (_base, importe) in pago.grupos.items():
            if clave[1] in CON_FACTOR and clave not in presentes and clave[0] not in pago.dudosos:
                yield f'{pago.ruta}/ImpuestosP/TrasladosP', {
                    'motivo': 'falta', 'esperado': redondear(importe, CIFRAS), **_params(clave)}
