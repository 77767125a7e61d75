"""RFC, the date that a document takes, and the QR code."""
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from l10n_mx_cfdi40.cfdi import fecha, qr, rfc
from l10n_mx_cfdi40.cfdi.errors import CfdiError

BUENOS = (
    'EKU9003173C9', 'XIA190128J61', 'CACX7605101P8', 'SAT970701NN3', 'KICR630120NX3', 'FUNK671228PH6', 'H&E951128469',
    'OÑO120726RX3', 'URE180429TM6', 'WATM640917J45',
)


@pytest.mark.parametrize('uno', BUENOS)
def test_good_rfc(uno):
    assert rfc.validate(f' {uno.lower()[:4]}-{uno[4:]}.') == uno
    assert rfc.digito_correcto(uno)
    assert rfc.es_moral(uno) is (len(uno) == 12)
    assert rfc.es_fisica(uno) is (len(uno) == 13)
    assert not rfc.digito_correcto(uno[:-1] + ('1' if uno[-1] != '1' else '2'))


@pytest.mark.parametrize('uno', ['', 'EKU900317', 'EKU9013173C9', 'EKU9003323C9', 'EKU9003173CB', 'EKU90031٣3C9',
                                 'EKU9003173C9X9', '1KU9003173C9', 'EKU9003173C9\n'])
def test_bad_rfc(uno):
    assert not rfc.is_valid(uno)
    if rfc.compact(uno) == uno:
        with pytest.raises(CfdiError) as error:
            rfc.validate(uno)
        assert error.value.code == 'rfc_invalido'


def test_generic_rfc():
    for uno in (rfc.RFC_NACIONAL, rfc.RFC_EXTRANJERO):
        assert rfc.is_valid(uno)
        assert rfc.digito_correcto(uno)
        assert rfc.es_fisica(uno)
    assert rfc.digito(rfc.RFC_NACIONAL) == '4'


AHORA = datetime(2026, 3, 2, 10, 0, 0, 123456)


@pytest.mark.parametrize(('factura', 'esperada', 'movida', 'cruza'), [
    (date(2026, 3, 2), '2026-03-02T10:00:00', False, False),
    (date(2026, 3, 1), '2026-03-01T10:00:00', False, False),
    (date(2026, 2, 28), '2026-02-28T10:00:00', False, False),
    (date(2026, 2, 27), '2026-02-27T23:59:59', False, False),
    (date(2026, 2, 26), '2026-03-02T10:00:00', True, True),
    (date(2026, 3, 3), '2026-03-02T10:00:00', True, False),
    (date(2026, 4, 1), '2026-03-02T10:00:00', True, True),
    (date(2025, 3, 2), '2026-03-02T10:00:00', True, True),
])
def test_date(factura, esperada, movida, cruza):
    assert fecha.proponer(factura, AHORA) == fecha.Propuesta(datetime.fromisoformat(esperada), movida, cruza)


def test_late_at_night_the_end_of_the_third_day_is_too_old():
    assert fecha.proponer(date(2026, 3, 7), datetime(2026, 3, 10, 23, 0)).movida
    assert not fecha.proponer(date(2026, 3, 7), datetime(2026, 3, 10, 21, 0)).movida


@given(st.dates(date(2026, 1, 1), date(2026, 2, 1)), st.datetimes(datetime(2026, 1, 1), datetime(2026, 2, 1)))
def test_date_is_never_in_the_future_nor_too_old(factura, ahora):
    uno = fecha.proponer(factura, ahora)
    assert timedelta(0) <= ahora - uno.fecha < timedelta(hours=72)
    assert uno.movida is (uno.fecha.date() != factura)
    assert uno.cruza_mes is (uno.fecha.strftime('%Y%m') != factura.strftime('%Y%m'))
    assert uno.fecha.microsecond == 0


@pytest.mark.parametrize(('total', 'escrito'), [
    ('116.00', '116.0'), ('2010.01', '2010.01'), ('0', '0.0'), ('1.123456', '1.123456'), ('100', '100.0'),
    ('1.10', '1.1'), ('999999999999999999.999999', '999999999999999999.999999'),
])
def test_expression(total, escrito):
    texto = qr.expresion_de(uuid='U', emisor='H&E951128469', receptor='OÑO120726RX3', total=Decimal(total),
                            sello='0123456789abcd/+==')
    assert texto == ('https://verificacfdi.facturaelectronica.sat.gob.mx/default.aspx?id=U&re=H&amp;E951128469'
                     f'&rr=OÑO120726RX3&tt={escrito}&fe=abcd/+==')


def test_image():
    imagen = qr.imagen_png('x' * 200)
    assert imagen.startswith(b'\x89PNG\r\n')
    assert imagen != qr.imagen_png('y' * 200)
    assert int.from_bytes(imagen[16:20], 'big') == int.from_bytes(imagen[20:24], 'big') > 100
