"""Business days, the receptor's three, and the last day to cancel, by the shipped tables."""
import csv
import io
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from l10n_mx_cfdi40.cfdi import plazos
from l10n_mx_cfdi40.cfdi.plazos import Calendario, Clase, Persona

DATOS = Path(__file__).resolve().parents[2] / 'l10n_mx_cfdi40' / 'data'
DIAS = (DATOS / 'l10n_mx_cfdi40.holiday.csv').read_text(encoding='utf-8')
PLAZOS = (DATOS / 'l10n_mx_cfdi40.deadline.rule.csv').read_text(encoding='utf-8')
CALENDARIO = Calendario(plazos.leer_inhabiles(DIAS))
REGLAS = plazos.leer_reglas_plazo(PLAZOS)


@pytest.mark.parametrize('dia', [
    '2022-02-07', '2022-03-21', '2022-04-14', '2022-04-15', '2022-11-21', '2023-02-06', '2023-04-06', '2023-04-07',
    '2024-03-28', '2024-03-29', '2024-10-01', '2024-11-18', '2025-02-03', '2025-03-17', '2025-04-17', '2025-04-18',
    '2026-01-01', '2026-02-02', '2026-03-16', '2026-04-02', '2026-04-03', '2026-05-01', '2026-05-05', '2026-09-16',
    '2026-11-16', '2026-12-25', '2027-03-25', '2027-03-26', '2028-04-13', '2028-04-14', '2028-11-20',
    '2026-01-03', '2026-01-04',
])
def test_days_that_do_not_count(dia):
    assert not CALENDARIO.es_habil(date.fromisoformat(dia))


@pytest.mark.parametrize('dia', ['2026-02-05', '2026-03-23', '2026-11-20', '2026-12-24', '2026-12-31', '2026-04-01',
                                 '2026-10-01', '2026-12-12', '2025-11-03'])
def test_days_that_count(dia):
    dia = date.fromisoformat(dia)
    assert CALENDARIO.es_habil(dia) is (dia.weekday() < 5)


def test_the_table_of_days():
    filas = list(csv.DictReader(io.StringIO(DIAS)))
    assert list(filas[0]) == ['id', 'date', 'name', 'source', 'certainty']
    assert [fila['date'] for fila in filas] == sorted({fila['date'] for fila in filas})
    assert len({fila['id'] for fila in filas}) == len(filas) == len(CALENDARIO.inhabiles)
    assert all(fila['name'] and fila['source'] and fila['certainty'] in 'ABCU' for fila in filas)
    por_ley = [fila for fila in filas if fila['certainty'] == 'A']
    assert len(por_ley) == 7 * 8
    assert {fila['source'] for fila in por_ley} == {'CFF artículo 12'}
    lunes = [date.fromisoformat(fila['date']) for fila in filas if 'lunes' in fila['name']]
    assert len(lunes) == 21
    assert all(dia.weekday() == 0 for dia in lunes)
    assert all(date.fromisoformat(fila['date']).weekday() == {'Jueves Santo': 3, 'Viernes Santo': 4}[fila['name']]
               for fila in filas if 'Santo' in fila['name'])


def test_years_that_are_known():
    assert [anio for anio in range(2020, 2031) if CALENDARIO.conoce(anio)] == list(range(2022, 2029))


@pytest.mark.parametrize(('solicitada', 'vence'), [
    ('2026-01-12T00:00:00', '2026-01-15'), ('2026-01-12T23:59:59', '2026-01-15'),
    ('2026-01-15T10:00:00', '2026-01-20'),   # Thursday: Friday, Monday, Tuesday
    ('2026-01-17T10:00:00', '2026-01-21'),   # Saturday
    ('2026-03-31T10:00:00', '2026-04-07'),   # Easter: Wednesday, Monday, Tuesday
    ('2026-12-23T10:00:00', '2026-12-29'), ('2025-12-31T10:00:00', '2026-01-06'), ('2026-04-30T10:00:00', '2026-05-07'),
])
def test_the_receptors_three_days(solicitada, vence):
    assert CALENDARIO.vence_respuesta(datetime.fromisoformat(solicitada)) == datetime.fromisoformat(f'{vence}T23:59:59')


def test_next_business_day():
    assert CALENDARIO.siguiente_habil(date(2026, 1, 30)) == date(2026, 2, 3)
    assert CALENDARIO.siguiente_habil(date(2026, 1, 12)) == date(2026, 1, 13)
    assert CALENDARIO.sumar_habiles(date(2026, 1, 31), 0) == date(2026, 1, 31)


@given(st.dates(date(2022, 1, 1), date(2028, 12, 1)), st.integers(1, 20))
def test_adding_counts_each_business_day_once(dia, cuantos):
    fin = CALENDARIO.sumar_habiles(dia, cuantos)
    pasados = [dia + timedelta(days=n) for n in range(1, (fin - dia).days + 1)]
    assert CALENDARIO.es_habil(fin)
    assert sum(map(CALENDARIO.es_habil, pasados)) == cuantos


@pytest.mark.parametrize(('emitido', 'persona', 'clase', 'ultimo', 'clave', 'incierto'), [
    ('2022-01-01', 'moral', 'documento', '2023-03-31', 'moral_facilidad', False),
    ('2024-12-31', 'fisica', 'documento', '2025-04-30', 'fisica_facilidad', False),
    ('2025-01-01', 'moral', 'documento', '2026-03-31', 'moral', False),
    ('2025-12-31', 'fisica', 'documento', '2026-04-30', 'fisica', False),
    ('2026-06-15', 'moral', 'documento', '2027-03-31', 'moral', False),
    ('2026-06-15', 'fisica', 'documento', '2027-04-30', 'fisica', False),
    ('2026-06-15', 'fisica', 'global_resico', '2027-04-30', 'global_resico_facilidad', True),
    ('2026-06-15', 'moral', 'global_resico', '2027-03-31', 'moral', False),
])
def test_last_day(emitido, persona, clase, ultimo, clave, incierto):
    plazo = plazos.ultimo_dia(date.fromisoformat(emitido), Persona(persona), REGLAS, Clase(clase))
    assert (plazo.fecha.isoformat(), plazo.regla.clave, plazo.incierto) == (ultimo, clave, incierto)


def test_before_cfdi_4_there_is_no_rule():
    assert plazos.ultimo_dia(date(2021, 12, 31), Persona.MORAL, REGLAS) is None


@pytest.mark.parametrize(('emitido', 'ultimo'), [('2026-06-15', '2026-06-30'), ('2028-02-01', '2028-02-29')])
def test_without_the_facility_the_law_gives_the_month(emitido, ultimo):
    sin_ella = [regla for regla in REGLAS if regla.clave != 'global_resico_facilidad']
    plazo = plazos.ultimo_dia(date.fromisoformat(emitido), Persona.FISICA, sin_ella, Clase.GLOBAL_RESICO)
    assert (plazo.fecha.isoformat(), plazo.incierto) == (ultimo, False)


def test_rules_for_both_kinds_of_person_and_short_months():
    todas = plazos.ReglaPlazo(clave='x', persona=Persona.TODAS, clase=Clase.DOCUMENTO, emitido_desde=None,
                              emitido_hasta=None, mes=2, dia=31, certeza='U', fuente='', texto='')
    for persona in (Persona.MORAL, Persona.FISICA):
        assert plazos.ultimo_dia(date(2027, 5, 5), persona, [todas]) == plazos.Plazo(date(2028, 2, 29), todas, True)


def test_kind_of_person():
    assert Persona.de('EKU9003173C9') is Persona.MORAL
    assert Persona.de('CACX7605101P8') is Persona.FISICA


@pytest.mark.parametrize(('total', 'minima', 'maxima'), [
    ('1160.00', '58.00', '116.00'), ('0.10', '0.01', '0.01'), ('0', '0.00', '0.00'), ('333.33', '16.67', '33.33'),
])
def test_fine(total, minima, maxima):
    assert list(map(str, plazos.multa(Decimal(total)))) == [minima, maxima]


def test_the_table_of_deadlines():
    filas = list(csv.DictReader(io.StringIO(PLAZOS)))
    assert list(filas[0]) == ['id', 'sequence', 'code', 'person', 'kind', 'date_from', 'date_to', 'month', 'day',
                              'certainty', 'source', 'text']
    assert len({fila['code'] for fila in filas}) == len({fila['id'] for fila in filas}) == len(REGLAS) == len(filas)
    assert all(regla.certeza in 'ABCU' and regla.fuente and regla.texto for regla in REGLAS)


def test_a_broken_table_is_refused():
    for roto in (PLAZOS.replace(',moral,', ',alguien,'), PLAZOS.replace('2025-01-01', 'ayer'),
                 PLAZOS.replace('month', 'mes')):
        with pytest.raises((ValueError, KeyError)):
            plazos.leer_reglas_plazo(roto)
    with pytest.raises(ValueError):
        plazos.leer_inhabiles(DIAS.replace('2026-01-01,', '2026-13-01,'))


def test_the_order_is_that_of_sequence():
    primera, *resto = PLAZOS.splitlines(keepends=True)
    assert plazos.leer_reglas_plazo(primera + ''.join(reversed(resto))) == REGLAS
