"""Keys are judged on the day of the CFDI, and the SAT's examples are judged as they deserve."""

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal as D

import pytest
from fabrica_reglas import EMISOR, FECHA, RECEPTOR, concepto, contexto, entrada, factura, traslado

from l10n_mx_cfdi40.cfdi.findings import check, errores
from l10n_mx_cfdi40.cfdi.parse import leer


def codigos(documento, propios=None, **cambios):
    return [h.code for h in check(documento, contexto(propios, **cambios), skip=('seal', 'time'))]


@pytest.mark.parametrize(('fecha', 'esperado'), [
    (datetime(2025, 12, 31, 23, 59, 59), ['CFDI40179']),
    (datetime(2026, 1, 1, 0, 0, 0), []),
])
def test_el_rango_de_la_cuota_cambia_con_el_anio(fecha, esperado):
    """IEPS by quota: up to 66.506200 until 2025, up to 72.160500 from 2026."""
    cuota = traslado(impuesto='003', factor='Cuota', tasa='70.000000')
    assert codigos(factura(concepto((cuota,)), fecha=fecha)) == esperado


@pytest.mark.parametrize(('clave', 'desde'), [
    ('04', date(2022, 10, 7)), ('05', date(2023, 12, 6)), ('08', date(2024, 12, 13))])
def test_objeto_de_impuesto_antes_de_su_vigencia(clave, desde):
    linea = concepto((), objeto_imp=clave)
    el_dia = datetime.combine(desde, FECHA.time())
    assert codigos(factura(linea, fecha=el_dia)) == []
    assert codigos(factura(linea, fecha=el_dia.replace(day=desde.day - 1))) == ['CFDI40170']


def test_una_moneda_desconocida_no_descuadra_la_factura():
    """Nobody knows its decimals, but the sums are those that the document shows."""
    linea = concepto((traslado('200.123456'),), valor_unitario=D('100.061728'), importe=D('200.123456'))
    assert codigos(factura(linea, moneda='ABC', tipo_cambio=D('17'))) == ['CFDI40113']
    assert codigos(factura(linea, moneda='ABC', tipo_cambio=D('17'), total=D('232.15'))) == [
        'CFDI40113', 'CFDI40119']


def test_claves_retiradas():
    assert codigos(factura(receptor=replace(RECEPTOR, uso_cfdi='P01'))) == ['CFDI40160']
    assert codigos(factura(emisor=replace(EMISOR, regimen_fiscal='630'))) == ['CFDI40140']


def test_una_clave_con_fin_de_vigencia_vale_hasta_ese_dia():
    filas = {'c_FormaPago': [entrada('03', date(2022, 1, 1), FECHA.date())]}
    assert codigos(factura(), filas) == []
    assert codigos(factura(fecha=FECHA.replace(day=4)), filas) == ['CFDI40104']


def test_sin_fecha_legible_vale_la_de_hoy_en_el_lugar():
    filas = {'c_FormaPago': [entrada('03', FECHA.date(), FECHA.date())]}
    assert codigos(factura(fecha='ayer'), filas) == ['CFDI40101']
    otro_dia = contexto(filas, ahora=lambda cp: FECHA.replace(day=9) if cp == '20000' else FECHA)
    assert [h.code for h in check(factura(fecha='ayer'), otro_dia, skip=('seal', 'time'))] == [
        'CFDI40101', 'CFDI40104']


#: What is wrong with each of the examples if they were of today (they say themselves that their values are nonsense).
_COMUNES = {'CFDI40103', 'CFDI40137', 'CFDI40141', 'CFDI40157', 'CFDI40160'}
_EJEMPLO = {
    'CFDI40103', 'CFDI40109', 'CFDI40111', 'CFDI40119', 'CFDI40125', 'CFDI40130', 'CFDI40132', 'CFDI40137', 'CFDI40140',
    'CFDI40151', 'CFDI40152', 'CFDI40154', 'CFDI40157', 'CFDI40172', 'CFDI40179', 'CFDI40180', 'CFDI40186', 'CFDI40188',
    'CFDI40191', 'CFDI40194', 'CFDI40199', 'CFDI40201', '301',
}
MUESTRAS = {
    'cfdv40-donat11.xml': _COMUNES | {'301'},
    'cfdv40-ejemplo-signed-tfd.xml': _EJEMPLO,
    'cfdv40-ejemplo.xml': _EJEMPLO,
    'cfdv40-iedu.xml': _COMUNES | {'301'},
    'cfdv40-implocal.xml': _COMUNES | {'301', 'CFDI40119'},
    'cfdv40-leyendasfisc.xml': _COMUNES | {'301'},
    'cfdv40-min.xml': {'CFDI40108', 'CFDI40119', 'CFDI40124', 'CFDI40141', 'CFDI40157'},
    'cfdv40-pagos20-all.xml': _COMUNES | {f'CRP{numero}' for numero in (
        20102, 20105, 20212, 20218, 20221, 20224, 20227, 20228, 20229, 20238, 20239, 20247, 20252, 20258, 20265,
        20266, 20269)},
    'cfdv40-pagos20-min.xml': {
        'CFDI40141', 'CFDI40157', 'CFDI40160', 'CRP20102', 'CRP20211', 'CRP20215', 'CRP20238', 'CRP20244'},
    'cfdv40-pagos20.xml': _COMUNES | {'CRP20102', 'CRP20105', 'CRP20215', 'CRP20238'},
}


@pytest.mark.parametrize('nombre', sorted(MUESTRAS))
def test_muestras(nombre, shared_data):
    ruta = shared_data / 'samples' / nombre
    documento = replace(leer(ruta.read_bytes()), fecha=FECHA)
    hallazgos = check(documento, contexto(), skip=('seal', 'time'))
    assert {h.code for h in errores(hallazgos)} == MUESTRAS[nombre]


def test_muestras_de_antes_del_catalogo(shared_data):
    """On their own date, 2021, no key of version 4.0 was in force yet."""
    documento = leer((shared_data / 'samples' / 'cfdv40-min.xml').read_bytes())
    assert {'CFDI40104', 'CFDI40121', 'CFDI40123'} <= {
        h.code for h in check(documento, contexto(), skip=('seal', 'time'))}
