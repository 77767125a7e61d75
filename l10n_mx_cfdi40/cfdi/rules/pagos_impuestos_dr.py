"""Rules of ImpuestosDR: the taxes of each related document, in the part that the payment covers.

They are those of a concept's taxes (``impuestos_concepto.py``), in the currency of the document.
"""

from ..amounts import decimales, impuesto_fuera_de_limites
from ..pagos import Pagos
from .filas_pagos import CON_FACTOR
from .registro import AVISO, ERROR, regla
from .tasas import RETENCION, TRASLADO

CIFRAS = 6


def _filas(doc, lado):
    """Yield (document, tax, what names the document to a person) of one side."""
    for pago in doc.pagos:
        for docto in pago.doctos:
            for uno in docto.traslados if lado == TRASLADO else docto.retenciones:
                yield docto, uno, {'documento': docto.nombre}


def _base_positiva(doc, lado):
    for _docto, uno, quien in _filas(doc, lado):
        if uno.base is not None and not uno.base:
            yield f'{uno.ruta}/@BaseDR', {'valor': uno.base, **quien}


def _impuesto_en_catalogo(doc, lado):
    catalogo = doc.catalogo('c_Impuesto')
    if catalogo is None:
        return
    admitidos = {clave for clave, fila in catalogo.items() if fila.datos.get(lado)}
    for _docto, uno, quien in _filas(doc, lado):
        if uno.impuesto is not None and uno.impuesto not in admitidos:
            yield f'{uno.ruta}/@ImpuestoDR', {
                **doc.params_clave('c_Impuesto', uno.impuesto), **quien,
                'motivo': 'lado' if uno.impuesto in catalogo else 'catalogo'}


def _factor_en_catalogo(doc, lado):
    for _docto, uno, quien in _filas(doc, lado):
        if uno.factor is not None and doc.desconocida('c_TipoFactor', uno.factor):
            yield f'{uno.ruta}/@TipoFactorDR', {**doc.params_clave('c_TipoFactor', uno.factor), **quien}


def _tasa_en_catalogo(doc, lado):
    """A tax or a factor out of its catalog has its own code, and no rate to be compared with."""
    tasas, impuestos = doc.tasas, doc.catalogo('c_Impuesto') or {}
    gravables = {clave for clave, fila in impuestos.items() if fila.datos.get(lado)}
    for _docto, uno, quien in _filas(doc, lado) if tasas is not None else ():
        if uno.tasa is None or uno.factor not in CON_FACTOR or (impuestos and uno.impuesto not in gravables):
            continue
        motivo = tasas.problema(uno.impuesto, uno.factor, lado, uno.tasa)
        if motivo is not None:
            yield f'{uno.ruta}/@TasaOCuotaDR', {
                'motivo': motivo, 'valor': uno.tasa, 'impuesto': str(uno.impuesto), 'factor': str(uno.factor),
                'admitidas': tasas.admitidas(uno.impuesto, uno.factor, lado), **quien,
            }, AVISO if motivo == 'decimales' else ERROR


def _importe_dentro_de_limites(doc, lado):
    """Compared with the decimals written in ImporteDR, at least those of MonedaDR and at most six."""
    for docto, uno, quien in _filas(doc, lado):
        if not uno.base or None in (uno.tasa, uno.importe) or uno.factor == 'Exento':
            continue
        cifras = min(CIFRAS, max(decimales(uno.importe), doc.decimales_de(docto.nodo.moneda_dr) or 0))
        limites = impuesto_fuera_de_limites(uno.base, uno.tasa, uno.importe, cifras)
        if limites is not None:
            yield f'{uno.ruta}/@ImporteDR', {
                'valor': uno.importe, 'inferior': limites[0], 'superior': limites[1], 'base': uno.base,
                'tasa': uno.tasa, 'impuesto': str(uno.impuesto), **quien}


# -- Retenciones


@regla('CRP20249', complemento=Pagos)
def base_de_retencion_positiva(doc):
    """BaseDR is greater than zero."""
    yield from _base_positiva(doc, RETENCION)


@regla('CRP20250', complemento=Pagos)
def impuesto_de_retencion(doc):
    """ImpuestoDR is in c_Impuesto, among those that are withheld."""
    yield from _impuesto_en_catalogo(doc, RETENCION)


@regla('CRP20251', complemento=Pagos)
def factor_de_retencion(doc):
    """TipoFactorDR is in its catalog."""
    yield from _factor_en_catalogo(doc, RETENCION)


@regla('CRP20252', complemento=Pagos)
def retencion_no_exenta(doc):
    """A retención is never Exento."""
    for _docto, una, quien in _filas(doc, RETENCION):
        if una.factor == 'Exento':
            yield f'{una.ruta}/@TipoFactorDR', {'valor': 'Exento', **quien}


@regla('CRP20253', complemento=Pagos)
def tasa_de_retencion(doc):
    """TasaOCuotaDR is a fixed value of c_TasaOCuota, or within a range of it, for the tax and factor withheld."""
    yield from _tasa_en_catalogo(doc, RETENCION)


@regla('CRP20254', complemento=Pagos)
def importe_de_retencion(doc):
    """ImporteDR is between the limits of BaseDR x TasaOCuotaDR, as Anexo 20 computes them."""
    yield from _importe_dentro_de_limites(doc, RETENCION)


# -- Traslados


@regla('CRP20255', complemento=Pagos)
def base_de_traslado_positiva(doc):
    """BaseDR is greater than zero."""
    yield from _base_positiva(doc, TRASLADO)


@regla('CRP20256', complemento=Pagos)
def impuesto_de_traslado(doc):
    """ImpuestoDR is in c_Impuesto, among those that are charged: ISR is only withheld."""
    yield from _impuesto_en_catalogo(doc, TRASLADO)


@regla('CRP20257', complemento=Pagos)
def factor_de_traslado(doc):
    """TipoFactorDR is in its catalog."""
    yield from _factor_en_catalogo(doc, TRASLADO)


_CON_TASA = (('tasa_o_cuota_dr', 'TasaOCuotaDR'), ('importe_dr', 'ImporteDR'))


@regla('CRP20258', complemento=Pagos)
def exento_sin_tasa_ni_importe(doc):
    """Exento carries neither TasaOCuotaDR nor ImporteDR."""
    for _docto, uno, quien in _filas(doc, TRASLADO):
        for campo, atributo in _CON_TASA if uno.factor == 'Exento' else ():
            if getattr(uno.nodo, campo) is not None:
                yield f'{uno.ruta}/@{atributo}', {'valor': getattr(uno.nodo, campo), **quien}


@regla('CRP20259', complemento=Pagos)
def tasa_con_tasa_e_importe(doc):
    """Tasa and Cuota carry TasaOCuotaDR and ImporteDR."""
    for _docto, uno, quien in _filas(doc, TRASLADO):
        for campo, atributo in _CON_TASA if uno.factor in CON_FACTOR else ():
            if getattr(uno.nodo, campo) is None:
                yield f'{uno.ruta}/@{atributo}', {'factor': str(uno.factor), **quien}


@regla('CRP20260', complemento=Pagos)
def tasa_de_traslado(doc):
    """TasaOCuotaDR is a fixed value of c_TasaOCuota, or within a range of it, for the tax and factor charged."""
    yield from _tasa_en_catalogo(doc, TRASLADO)


@regla('CRP20261', complemento=Pagos)
def importe_de_traslado(doc):
    """ImporteDR is between the limits of BaseDR x TasaOCuotaDR, as Anexo 20 computes them."""
    yield from _importe_dentro_de_limites(doc, TRASLADO)
