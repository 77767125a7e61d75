"""Rounding, tolerances of Anexo 20, and amounts in words."""
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from l10n_mx_cfdi40.cfdi import amounts
from l10n_mx_cfdi40.cfdi.errors import MontoError
from l10n_mx_cfdi40.cfdi.letras import importe_con_letra, numero_con_letra

NUMEROS = st.decimals(allow_nan=False, allow_infinity=False, min_value=-10**18, max_value=10**18, places=6)


@pytest.mark.parametrize(('valor', 'cifras', 'esperado'), [
    ('0.005', 2, '0.01'), ('-0.005', 2, '-0.01'), ('2.5', 0, '3'), ('1.0049999', 2, '1.00'), ('1', 2, '1.00'),
    ('999999999999999999.999999', 2, '1000000000000000000.00'), ('1E+3', 1, '1000.0'),
])
def test_half_goes_away_from_zero(valor, cifras, esperado):
    assert str(amounts.redondear(D(valor), cifras)) == esperado


def test_cut_and_ceiling():
    assert str(amounts.truncar(D('1.239'), 2)) == '1.23'
    assert str(amounts.techo(D('1.231'), 2)) == '1.24'
    assert str(amounts.techo(D('1.23'), 2)) == '1.23'


@pytest.mark.parametrize(('valor', 'esperado'), [
    ('1.50', '1.50'), ('1E+3', '1000'), ('1E-7', '0.0000001'), ('0E-6', '0.000000'), ('-0.00', '0.00'),
    ('-1.5', '-1.5'),
    ('0', '0'), ('123456789012345678.123456', '123456789012345678.123456'),
])
def test_text(valor, esperado):
    assert amounts.texto(D(valor)) == esperado


@pytest.mark.parametrize('valor', ['NaN', 'Infinity', '-Infinity', 'sNaN'])
def test_no_number(valor):
    for hacer in (amounts.texto, lambda v: amounts.redondear(v, 2)):
        with pytest.raises(MontoError):
            hacer(D(valor))


@given(NUMEROS)
def test_text_reads_back(valor):
    assert D(amounts.texto(valor)) == valor
    assert amounts.decimales(D(amounts.texto(valor))) == amounts.decimales(valor)


@given(st.lists(NUMEROS, max_size=30))
def test_sums_are_exact(valores):
    assert amounts.suma(valores) * 10**6 == sum(int(v * 10**6) for v in valores)


@pytest.mark.parametrize(('cantidad', 'unitario', 'cifras', 'esperado'), [
    ('3.141649', '1230.00', 6, ('3864.211946', '3864.244594')), ('1', '100.00', 2, ('49.99', '150.01')),
    ('1', '100.00', 4, ('49.9975', '150.0075')), ('2', '55.55', 4, ('83.3175', '138.8875')),
    ('1.000000', '100.000000', 6, ('99.999949', '100.000051')),
])
def test_limits_of_the_amount_of_a_line(cantidad, unitario, cifras, esperado):
    assert amounts.limites_importe(D(cantidad), D(unitario), cifras) == tuple(map(D, esperado))


@pytest.mark.parametrize(('base', 'tasa', 'cifras', 'esperado'), [
    ('33.33', '0.160000', 4, ('5.3320', '5.3336')), ('33.33', '0.160000', 2, ('5.33', '5.34')),
    ('33.330000', '0.160000', 6, ('5.332799', '5.332801')), ('100.00', '0.160000', 2, ('15.99', '16.01')),
    ('924.224956', '1.000000', 2, ('924.22', '924.23')),
])
def test_limits_of_a_tax(base, tasa, cifras, esperado):
    assert amounts.limites_impuesto(D(base), D(tasa), cifras) == tuple(map(D, esperado))


@given(st.integers(1, 10**24), st.integers(0, 6), st.integers(1, 10**24), st.integers(0, 6), st.integers(0, 6))
def test_the_exact_product_is_always_within_its_limits(a, da, b, db, cifras):
    cantidad, unitario = D(a).scaleb(-da), D(b).scaleb(-db)
    inferior, superior = amounts.limites_importe(cantidad, unitario, cifras)
    assert inferior <= amounts.producto(cantidad, unitario) <= superior


def test_decimals_between_two_bounds():
    assert [str(amounts.con_decimales(D(v), 2, 6)) for v in ('1.500000', '1', '1.1234567', '0.120000', '0')] == [
        '1.50', '1.00', '1.123457', '0.12', '0.00']


@pytest.mark.parametrize(('importe', 'moneda', 'esperado'), [
    ('116', 'MXN', 'CIENTO DIECISÉIS PESOS 00/100 M.N.'), ('0', 'MXN', 'CERO PESOS 00/100 M.N.'),
    ('0.99', 'MXN', 'CERO PESOS 99/100 M.N.'), ('1', 'MXN', 'UN PESO 00/100 M.N.'),
    ('1.5', 'USD', 'UN DÓLAR 50/100 USD'), ('2', 'USD', 'DOS DÓLARES 00/100 USD'), ('1', 'EUR', 'UN EURO 00/100 EUR'),
    ('21', 'MXN', 'VEINTIÚN PESOS 00/100 M.N.'), ('31', 'MXN', 'TREINTA Y UN PESOS 00/100 M.N.'),
    ('100', 'MXN', 'CIEN PESOS 00/100 M.N.'), ('101', 'MXN', 'CIENTO UN PESOS 00/100 M.N.'),
    ('1000', 'MXN', 'MIL PESOS 00/100 M.N.'), ('1001', 'MXN', 'MIL UN PESOS 00/100 M.N.'),
    ('21000', 'MXN', 'VEINTIÚN MIL PESOS 00/100 M.N.'), ('31021', 'MXN', 'TREINTA Y UN MIL VEINTIÚN PESOS 00/100 M.N.'),
    ('100000', 'MXN', 'CIEN MIL PESOS 00/100 M.N.'), ('1000000', 'MXN', 'UN MILLÓN DE PESOS 00/100 M.N.'),
    ('2000000', 'USD', 'DOS MILLONES DE DÓLARES 00/100 USD'), ('1000001', 'MXN', 'UN MILLÓN UN PESOS 00/100 M.N.'),
    ('21000000', 'MXN', 'VEINTIÚN MILLONES DE PESOS 00/100 M.N.'),
    ('1000000000', 'MXN', 'MIL MILLONES DE PESOS 00/100 M.N.'),
    ('1000000000000', 'MXN', 'UN BILLÓN DE PESOS 00/100 M.N.'),
    ('2000000000001', 'MXN', 'DOS BILLONES UN PESOS 00/100 M.N.'),
    ('10', 'JPY', 'DIEZ 00/100 JPY'), ('1', 'XXX', 'UNO 00/100 XXX'), ('516.005', 'MXN', 'QUINIENTOS DIECISÉIS PESOS '
                                                                     '01/100 M.N.'),
    ('999999.99', 'MXN', 'NOVECIENTOS NOVENTA Y NUEVE MIL NOVECIENTOS NOVENTA Y NUEVE PESOS 99/100 M.N.'),
])
def test_in_words(importe, moneda, esperado):
    assert importe_con_letra(D(importe), moneda) == esperado


@pytest.mark.parametrize('importe', ['-1', '1000000000000000', '999999999999999.995'])
def test_out_of_range(importe):
    with pytest.raises(MontoError):
        importe_con_letra(D(importe))


def test_no_two_numbers_have_the_same_words():
    numeros = [*range(0, 3000), *range(999_000, 1_001_000), *range(20_999_990, 21_000_010), 10**12, 10**12 + 1]
    palabras = {numero_con_letra(n) for n in numeros}
    assert len(palabras) == len(set(numeros))
    assert not any('  ' in una or una != una.strip() for una in palabras)
