"""Rules of InformacionGlobal: the invoice that sums up sales to the general public."""

from ..texto import colapsar
from .documento import PUBLICO_EN_GENERAL, RFC_NACIONAL
from .registro import AVISO, ERROR, regla

BIMESTRAL = '05'
MESES = frozenset(f'{mes:02d}' for mes in range(1, 13))
BIMESTRES = frozenset(str(bimestre) for bimestre in range(13, 19))
NODO = 'Comprobante/InformacionGlobal'


@regla('CFDI40130')
def informacion_global_solo_y_siempre(doc):
    """InformacionGlobal goes with the income document to PUBLICO EN GENERAL (XAXX010101000), always and only."""
    receptor = doc.receptor
    es_global = (
        doc.tipo == 'I' and receptor is not None
        and receptor.rfc == RFC_NACIONAL and receptor.nombre == PUBLICO_EN_GENERAL
    )
    existe = doc.comprobante.informacion_global is not None
    if es_global != existe:
        yield NODO, {'motivo': 'falta' if es_global else 'sobra'}


def _clave(doc, catalogo, clave, atributo):
    if clave is not None and doc.desconocida(catalogo, clave):
        yield f'{NODO}/@{atributo}', doc.params_clave(catalogo, clave)


@regla('CFDI40131')
def periodicidad_en_catalogo(doc):
    """Periodicidad is in its catalog."""
    if (nodo := doc.comprobante.informacion_global) is not None:
        yield from _clave(doc, 'c_Periodicidad', nodo.periodicidad, 'Periodicidad')


@regla('CFDI40132')
def bimestral_solo_incorporacion(doc):
    """Only an issuer of the regime 621 sums up two months."""
    nodo = doc.comprobante.informacion_global
    regimen = getattr(doc.emisor, 'regimen_fiscal', None)
    if nodo is not None and nodo.periodicidad == BIMESTRAL and regimen != '621':
        yield f'{NODO}/@Periodicidad', {'valor': nodo.periodicidad, 'regimen': regimen}


@regla('CFDI40133')
def meses_en_catalogo(doc):
    """Meses is in its catalog."""
    if (nodo := doc.comprobante.informacion_global) is not None:
        yield from _clave(doc, 'c_Meses', nodo.meses, 'Meses')


def _meses(doc, admitidos):
    nodo = doc.comprobante.informacion_global
    if nodo.meses is not None and nodo.meses not in admitidos and not doc.desconocida('c_Meses', nodo.meses):
        yield f'{NODO}/@Meses', {'valor': nodo.meses, 'periodicidad': nodo.periodicidad}


@regla('CFDI40134')
def un_solo_mes(doc):
    """With any Periodicidad but 05, Meses is one month (a key outside the catalog is CFDI40133)."""
    nodo = doc.comprobante.informacion_global
    if nodo is not None and nodo.periodicidad != BIMESTRAL:
        yield from _meses(doc, MESES)


@regla('CFDI40135')
def un_bimestre(doc):
    """With Periodicidad 05, Meses is a pair of months (a key outside the catalog is CFDI40133)."""
    nodo = doc.comprobante.informacion_global
    if nodo is not None and nodo.periodicidad == BIMESTRAL:
        yield from _meses(doc, BIMESTRES)


@regla('CFDI40136')
def anio_en_curso_o_anterior(doc):
    """Año is the year of Fecha or one before.

    Two official texts differ: the matrix of 2024-12-13 admits five previous years, the guide for global invoices only
    one.  What the matrix refuses is an error; what only the guide refuses, a warning.
    """
    nodo = doc.comprobante.informacion_global
    if nodo is None:
        return
    valor = nodo.anio
    if isinstance(valor, str) and len(texto := colapsar(valor)) <= 5 and texto.isascii() and texto.isdigit():
        valor = int(texto)
    actual = doc.dia.year
    params = {'valor': nodo.anio, 'actual': actual, 'anteriores': doc.contexto.anios_anteriores}
    if not isinstance(valor, int) or not actual - doc.contexto.anios_anteriores <= valor <= actual:
        yield f'{NODO}/@Año', params, ERROR
    elif valor < actual - 1:
        yield f'{NODO}/@Año', params, AVISO
