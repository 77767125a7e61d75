"""Who must accept a cancellation, by the shipped rules (RMF 2.7.1.34 and 2.7.1.35)."""
import csv
import io
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from l10n_mx_cfdi40.cfdi import aceptacion, plazos
from l10n_mx_cfdi40.cfdi.aceptacion import Caso, Condicion

DATOS = Path(__file__).resolve().parents[2] / 'l10n_mx_cfdi40' / 'data'
TEXTO = (DATOS / 'l10n_mx_cfdi40.acceptance.rule.csv').read_text(encoding='utf-8')
REGLAS = aceptacion.leer_reglas_aceptacion(TEXTO)
CALENDARIO = plazos.Calendario(plazos.leer_inhabiles(
    (DATOS / 'l10n_mx_cfdi40.holiday.csv').read_text(encoding='utf-8')))
CASO = Caso(tipo='I', total=Decimal('11600.00'), rfc_emisor='EKU9003173C9', rfc_receptor='URE180429TM6',
            regimen_emisor='601', emitido=date(2026, 1, 12), solicitado=date(2026, 1, 20))


def de(**cambios):
    return aceptacion.dictamen(replace(CASO, **cambios), REGLAS, CALENDARIO)


def test_an_ordinary_invoice():
    dictamen = de()
    assert (dictamen.necesita, dictamen.regla, dictamen.incierto) == (True, None, False)
    assert dictamen.texto.startswith('Necesita aceptación: ')
    assert [regla.clave for regla in dictamen.salvo] == ['pcecfdi', 'sistema_financiero', 'federacion', 'retenciones']
    assert 'Si aplica, no la necesita: arrendamiento' in dictamen.texto


@pytest.mark.parametrize(('cambios', 'clave'), [
    ({'rfc_receptor': 'XAXX010101000'}, 'publico_general'),
    ({'rfc_receptor': 'XEXX010101000'}, 'extranjero'),
    ({'tipo': 'E'}, 'egreso'), ({'tipo': 'N'}, 'nomina'), ({'tipo': 'T'}, 'traslado'),
    ({'regimen_emisor': '621'}, 'rif'),
    ({'total': Decimal('1000')}, 'monto'), ({'total': Decimal('1000.000000')}, 'monto'),
    ({'total': Decimal(0)}, 'monto'),
    ({'solicitado': date(2026, 1, 12)}, 'dia_siguiente'), ({'solicitado': date(2026, 1, 13)}, 'dia_siguiente'),
    # Issued on Friday before a long weekend: Tuesday.
    ({'emitido': date(2026, 1, 30), 'solicitado': date(2026, 2, 3)}, 'dia_siguiente'),
    ({'tipo': 'P', 'total': Decimal(0), 'rfc_receptor': 'XEXX010101000'}, 'extranjero'),
    ({'tipo': 'P', 'total': Decimal(0), 'solicitado': date(2025, 12, 30), 'emitido': date(2025, 6, 1)}, 'monto'),
])
def test_no_need(cambios, clave):
    dictamen = de(**cambios)
    assert (dictamen.necesita, dictamen.regla.clave, dictamen.incierto) == (False, clave, False)
    assert dictamen.texto.startswith(f'No necesita aceptación: {dictamen.regla.texto}.')
    assert 'No es seguro' not in dictamen.texto


@pytest.mark.parametrize('cambios', [
    {'total': Decimal('1000.01')}, {'solicitado': date(2026, 1, 14)}, {'regimen_emisor': '626'}, {'tipo': ''},
    {'emitido': date(2026, 1, 30), 'solicitado': date(2026, 2, 4)},
])
def test_just_beyond(cambios):
    assert de(**cambios).regla is None
    assert de(**cambios).necesita


def test_a_payment_needs_it_whatever_its_total():
    dictamen = de(tipo='P', total=Decimal(0))
    assert (dictamen.necesita, dictamen.regla.clave, dictamen.incierto) == (True, 'pago', False)


def test_a_payment_of_yesterday_is_in_doubt_and_counts_as_needing():
    dictamen = de(tipo='P', total=Decimal(0), solicitado=date(2026, 1, 13))
    assert (dictamen.necesita, dictamen.regla.clave, dictamen.incierto) == (True, 'pago_dia_siguiente', True)
    assert 'No es seguro' in dictamen.texto


def test_fuels_are_said_where_they_matter():
    for cambios in ({'total': Decimal(500)}, {'tipo': 'T'}):
        dictamen = de(**cambios)
        assert [regla.clave for regla in dictamen.salvo] == ['combustibles']
        assert 'Si aplica, sí la necesita: ampara hidrocarburos' in dictamen.texto
        assert not dictamen.necesita
    assert de(tipo='E').salvo == ()


def test_manual_rules_never_decide():
    manuales = [regla for regla in REGLAS if regla.condicion is Condicion.MANUAL]
    assert len(manuales) == 5
    assert not any(regla.se_cumple(CASO, CALENDARIO) for regla in manuales)
    assert aceptacion.dictamen(CASO, manuales, CALENDARIO).regla is None


def test_without_rules_it_is_needed():
    dictamen = aceptacion.dictamen(replace(CASO, tipo='E'), (), CALENDARIO)
    assert (dictamen.necesita, dictamen.regla, dictamen.salvo) == (True, None, ())


def test_dates_of_a_rule_are_those_of_the_request():
    regla = replace(REGLAS[2], desde=date(2026, 2, 1), hasta=date(2026, 2, 28))
    egreso = replace(CASO, tipo='E')
    for dia, vigente in ((date(2026, 1, 31), False), (date(2026, 2, 1), True), (date(2026, 2, 28), True),
                         (date(2026, 3, 1), False)):
        dictamen = aceptacion.dictamen(replace(egreso, solicitado=dia), [regla], CALENDARIO)
        assert dictamen.necesita is not vigente


def test_every_condition_is_used_by_the_shipped_rules():
    assert {regla.condicion for regla in REGLAS} == set(Condicion)


def test_the_table():
    filas = list(csv.DictReader(io.StringIO(TEXTO)))
    assert list(filas[0]) == ['id', 'sequence', 'code', 'condition', 'value', 'date_from', 'date_to',
                              'needs_acceptance', 'certainty', 'source', 'text']
    assert len({fila['code'] for fila in filas}) == len({fila['id'] for fila in filas}) == len(filas) == len(REGLAS)
    assert all(regla.certeza in 'ABCU' and regla.fuente and not regla.texto.endswith('.') for regla in REGLAS)
    claves = {regla.clave for regla in REGLAS}
    assert all(set(regla.valor.split()) <= claves for regla in REGLAS if regla.condicion is Condicion.MANUAL)


def test_a_broken_table_is_refused():
    for roto in (TEXTO.replace(',tipo,', ',otra,'), TEXTO.replace('2026-01-01', '2026'), TEXTO.replace('code', 'clave'),
                 TEXTO.replace(',0,B', ',no,B')):
        with pytest.raises((ValueError, KeyError)):
            aceptacion.leer_reglas_aceptacion(roto)


def test_the_order_is_that_of_sequence():
    primera, *resto = TEXTO.splitlines(keepends=True)
    assert aceptacion.leer_reglas_aceptacion(primera + ''.join(reversed(resto))) == REGLAS
