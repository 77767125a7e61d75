"""Rules of Totales: everything that the payments add up to, in pesos.

A total that is missing beside taxes that need it is said with its own code, unless none of its kind is there: then
CRP20264, CRP20267 or CRP20273 say it once.
"""

from decimal import Decimal

from ..amounts import producto, redondear, suma
from ..pagos import Pagos
from .filas_pagos import NODO
from .registro import regla

CIFRAS = 2
IVA = '002'
RUTA = f'{NODO}/Totales'


def _por_tasa(campo, tasa):
    def leer(fila):
        nodo = fila.nodo
        suyo = nodo.impuesto_p == IVA and (
            nodo.tipo_factor_p == 'Exento' if tasa is None else nodo.tipo_factor_p == 'Tasa' and fila.tasa == tasa)
        return [getattr(fila, campo)] if suyo else []

    return lambda pago: [valor for fila in pago.traslados for valor in leer(fila)]


def _por_impuesto(impuesto):
    return lambda pago: [fila.importe for fila in pago.retenciones if fila.nodo.impuesto_p == impuesto]


DIECISEIS, OCHO, CERO = Decimal('0.16'), Decimal('0.08'), Decimal(0)
#: Code, field, attribute and the amounts of a payment that it adds up.
TOTALES = (
    ('CRP20201', 'total_retenciones_iva', 'TotalRetencionesIVA', _por_impuesto(IVA)),
    ('CRP20202', 'total_retenciones_isr', 'TotalRetencionesISR', _por_impuesto('001')),
    ('CRP20203', 'total_retenciones_ieps', 'TotalRetencionesIEPS', _por_impuesto('003')),
    ('CRP20204', 'total_traslados_base_iva16', 'TotalTrasladosBaseIVA16', _por_tasa('base', DIECISEIS)),
    ('CRP20205', 'total_traslados_impuesto_iva16', 'TotalTrasladosImpuestoIVA16', _por_tasa('importe', DIECISEIS)),
    ('CRP20206', 'total_traslados_base_iva8', 'TotalTrasladosBaseIVA8', _por_tasa('base', OCHO)),
    ('CRP20207', 'total_traslados_impuesto_iva8', 'TotalTrasladosImpuestoIVA8', _por_tasa('importe', OCHO)),
    ('CRP20208', 'total_traslados_base_iva0', 'TotalTrasladosBaseIVA0', _por_tasa('base', CERO)),
    ('CRP20209', 'total_traslados_impuesto_iva0', 'TotalTrasladosImpuestoIVA0', _por_tasa('importe', CERO)),
    ('CRP20210', 'total_traslados_base_iva_exento', 'TotalTrasladosBaseIVAExento', _por_tasa('base', None)),
)
RETENIDOS = TOTALES[:3]
BASES = TOTALES[3::2]
IMPUESTOS = TOTALES[4::2]


def totales_de(doc):
    """Return the Totales nodes of the document: one, unless someone wrote the complement twice."""
    complementos = [nodo for nodo in doc.comprobante.complemento if isinstance(nodo, Pagos)]
    return [nodo.totales for nodo in complementos if nodo.totales is not None]


def faltan_todos(doc, grupo) -> bool:
    """Tell whether no total of a group is there, in a complement that has Totales."""
    nodos = totales_de(doc)
    return bool(nodos) and all(getattr(nodo, campo) is None for nodo in nodos for _c, campo, _a, _s in grupo)


def _esperado(doc, leer):
    """Return (whether there is anything to add, its rounded sum in pesos or None if it cannot be worked out)."""
    importes = [(valor, pago.cambio) for pago in doc.pagos for valor in leer(pago)]
    if any(None in par for par in importes):
        return True, None
    return bool(importes), redondear(suma(producto(*par) for par in importes), CIFRAS)


def _juzgar(doc, campo, atributo, leer, grupo):
    hay, esperado = _esperado(doc, leer)
    if esperado is None:
        return
    for nodo in totales_de(doc):
        valor = getattr(nodo, campo)
        if valor is None:
            if hay and not faltan_todos(doc, grupo):
                yield f'{RUTA}/@{atributo}', {'motivo': 'falta', 'esperado': esperado}
        elif (numero := doc.numero(valor)) is not None and numero != esperado:
            yield f'{RUTA}/@{atributo}', {'valor': numero, 'esperado': esperado}


def _registrar(codigo, campo, atributo, leer):
    grupo = next(grupo for grupo in (RETENIDOS, BASES, IMPUESTOS) if any(fila[0] == codigo for fila in grupo))

    @regla(codigo, complemento=Pagos)
    def total(doc):
        yield from _juzgar(doc, campo, atributo, leer, grupo)

    total.__doc__ = f'{atributo} is the rounded sum, in pesos, of what the payments say of it.'


for _argumentos in TOTALES:
    _registrar(*_argumentos)


@regla('CRP20211', complemento=Pagos)
def monto_total(doc):
    """MontoTotalPagos is the rounded sum of the payments in pesos."""
    yield from _juzgar(doc, 'monto_total_pagos', 'MontoTotalPagos', lambda pago: [pago.monto], ())
