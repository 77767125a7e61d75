"""Amounts of lines that meet the totals of the books, inside the SAT's limits."""
from decimal import Decimal as D
from decimal import localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from l10n_mx_cfdi40.cfdi import amounts, limpieza, nombre, paises
from l10n_mx_cfdi40.cfdi.cuadre import ImpuestoLinea, Linea, Metas, cuadrar, repartir_proporcional

IVA = ('002', 'Tasa', D('0.160000'))
RETENCION = ('002', 'Tasa', D('0.106667'))


def linea(cantidad, precio, *claves, neto=None, redondo=False):
    cantidad, precio = D(cantidad), D(precio)
    neto = cantidad * precio if neto is None else D(neto)
    impuestos = [
        ImpuestoLinea(clave=clave, retencion=clave is RETENCION, base=neto,
                      importe=amounts.redondear(neto * clave[2], 2) if redondo else neto * clave[2])
        for clave in claves]
    return Linea(cantidad=cantidad, precio=precio, importe=cantidad * precio, neto=neto, impuestos=impuestos)


def sumas(lineas, cifras=2):
    """What Anexo 20 makes of the lines: net, charged and withheld, each rounded as it says."""
    subtotal = amounts.redondear(amounts.suma(una.importe for una in lineas), cifras)
    descuento = amounts.redondear(amounts.suma(una.descuento for una in lineas), cifras)
    cobrado = amounts.suma(i.importe for una in lineas for i in una.impuestos if not i.retencion)
    retenido = amounts.suma(i.importe for una in lineas for i in una.impuestos if i.retencion)
    return subtotal - descuento, amounts.redondear(cobrado, cifras), amounts.redondear(retenido, cifras)


def dentro(lineas):
    """Every amount is inside the limits for the decimals with which it is written."""
    for una in lineas:
        inferior, superior = amounts.limites_importe(una.cantidad, una.valor_unitario, 6)
        assert inferior <= una.importe <= superior
        assert D(0) <= una.descuento <= una.importe
        for i in una.impuestos:
            inferior, superior = amounts.limites_impuesto(i.base, i.clave[2], amounts.decimales(i.importe))
            assert inferior <= i.importe <= superior


def test_nothing_to_mend_stays_exact():
    lineas = [linea('3', '33.33', IVA), linea('7', '12.3456', IVA, neto='77.77728')]
    cuadrar(lineas, Metas(neto=D('177.77'), traslados={IVA: D('28.44')}, retenciones={}), 2)
    assert [una.importe for una in lineas] == [D('99.99'), D('86.4192')]
    assert lineas[1].descuento == D('8.64192')
    assert [una.impuestos[0].importe for una in lineas] == [D('15.9984'), D('12.444365')]


def test_a_cent_of_tax_is_found_in_the_decimals_of_the_currency():
    lineas = [linea('1', '0.33', IVA), linea('1', '0.34', IVA)]
    cuadrar(lineas, Metas(neto=D('0.67'), traslados={IVA: D('0.10')}, retenciones={}), 2)
    assert sumas(lineas)[1] == D('0.10')
    dentro(lineas)


def test_half_a_cent():
    """The sum lies a millionth below the half that Odoo rounded up."""
    lineas = [linea('1', '0.333333', IVA), linea('1', '0.666667', IVA)]
    lineas[0].importe = lineas[0].neto = D('0.3383325')
    cuadrar(lineas, Metas(neto=D('1.01'), traslados={}, retenciones={}), 2)
    assert sumas(lineas)[0] == D('1.01')
    assert abs(lineas[0].importe - D('0.338333')) <= D('0.000002')


def test_what_cannot_be_reached_is_left():
    lineas = [linea('1', '100', IVA)]
    cuadrar(lineas, Metas(neto=D('100'), traslados={IVA: D('20')}, retenciones={}), 2)
    assert sumas(lineas)[1] != D('20')
    dentro(lineas)


@given(st.lists(st.tuples(st.integers(1, 10**6), st.integers(1, 10**9), st.booleans()), min_size=1, max_size=12),
       st.booleans())
def test_books_are_met(datos, por_linea):
    """Whoever rounds the document and whoever rounds each line: sums are those of the books and limits hold."""
    lineas = [
        linea(D(c) / 1000, D(p) / 10000, IVA, *([RETENCION] if r else []), redondo=por_linea) for c, p, r in datos]

    def meta(clave):
        importes = [i.importe for una in lineas for i in una.impuestos if i.clave == clave]
        return amounts.redondear(amounts.suma(importes), 2)

    neto = amounts.redondear(amounts.suma(una.neto for una in lineas), 2)
    metas = Metas(neto=neto, traslados={IVA: meta(IVA)}, retenciones={'002': meta(RETENCION)})
    cuadrar(lineas, metas, 2)
    assert sumas(lineas) == (neto, metas.traslados[IVA], metas.retenciones['002'])
    dentro(lineas)


@given(st.integers(0, 10**12), st.lists(st.integers(0, 10**9), min_size=1, max_size=20))
def test_shares_add_up(total, pesos):
    with localcontext(prec=60):
        partes = repartir_proporcional(D(total) / 10**6, [D(peso) for peso in pesos])
    assert sum(partes) == D(total) / 10**6
    assert min(partes) >= 0


@pytest.mark.parametrize(('texto', 'esperado'), [
    ('Universidad Robótica Española, S.A. de C.V.', 'UNIVERSIDAD ROBOTICA ESPAÑOLA'),
    ('Grupo J. Pérez S. A. de C. V.', 'GRUPO J. PEREZ'),
    ('H & E Señor\'s, A.C.', "H & E SEÑOR'S"),
    ('Banco X, S.A., Institución de Banca Múltiple', 'BANCO X, S.A., INSTITUCION DE BANCA MULTIPLE'),
    ('  Público\u00a0 en general ', 'PUBLICO EN GENERAL'),
    ('SA', 'SA'), ('', ''), (None, ''),
])
def test_legal_name(texto, esperado):
    assert nombre.nombre_fiscal(texto) == esperado


def test_natural_persons_keep_their_name():
    assert nombre.nombre_fiscal('Juan Pérez SA', moral=False) == 'JUAN PEREZ SA'


@pytest.mark.parametrize(('texto', 'esperado'), [
    ('a|b', 'a/b'), ('a\r\nb\tc', 'a b c'), ('a\u00a0\u2003b\u0085c', 'a b c'), ('a\x00\u200bb', 'ab'), (None, ''),
    ('x' * 10, 'x' * 10), ('x' * 11, 'x' * 9 + '…'),
])
def test_clean_text(texto, esperado):
    assert limpieza.limpiar(texto, 10) == esperado


def test_customs_documents():
    assert limpieza.pedimentos('21 47 3807 8003832, 214738078003833') == (
        '21  47  3807  8003832', '21  47  3807  8003833')
    assert limpieza.pedimentos('21-47') == ('21-47',)
    assert limpieza.pedimentos(None) == ()


def test_countries():
    assert (paises.clave_pais('us'), paises.clave_pais('MX'), paises.clave_pais('XK')) == ('USA', 'MEX', None)
