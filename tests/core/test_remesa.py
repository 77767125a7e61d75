"""Remittances as customers really send them."""
import string
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from l10n_mx_cfdi40.cfdi import celdas, remesa
from l10n_mx_cfdi40.cfdi.errors import RemesaError

UNO = '6128396F-C09B-4EC6-8699-43C5F7E3B230'
OTRO = '6128396F-C09B-4EC6-8699-43C5F7E3B231'


def leidos(texto):
    return [(r.uuid or r.folio, r.importe and str(r.importe)) for r in remesa.leer(texto)]


@pytest.mark.parametrize(('escrito', 'valor'), [
    ('$1,234.56', '1234.56'), ('1234.56', '1234.56'), ('1,234', '1234'), ('1,234,567.8', '1234567.8'), ('.50', '.50'),
    ('1.234,56', '1234.56'), ('1234,56', '1234.56'), ('1.234.567', '1234567'), ("1'234,567.89", '1234567.89'),
    ('1 234.56', '1234.56'), ('$ 1,160.00 M.N.', '1160.00'), ('1160.00 MXN', '1160.00'), ('USD 10', '10'),
    ('US$10.5', '10.5'), ('1,160.00 pesos', '1160.00'), ('(1,160.00)', '-1160.00'), ('-$1,160.00', '-1160.00'),
    ('1,160.00-', '-1160.00'), ('$1,160.00 MN', '1160.00'), ('−5.00', '-5.00'), ('0.00', '0.00'),
    ('1234,5', None), ('1,23,4', None), ('12,3456', None), ('abc', None), ('', None), ('$', None), ('F-123', None),
    ('12/03/2026', None), ('1e5', None), ('NaN', None), ('1' * 16, None), ('1.2.3', None), ('1,234.56,78', None),
])
def test_amounts(escrito, valor):
    leido = celdas.importe(escrito)
    assert leido == (None if valor is None else Decimal(valor))


@pytest.mark.parametrize('escrito', ['F123', 'F-123', 'f 123', 'F-00123', 'F/123', 'Factura F123', 'FACTURA F-123',
                                     'Folio: F 123', 'Serie F Folio 123', 'Factura No. F123', 'F–123'])
def test_a_folio_written_in_any_way(escrito):
    assert celdas.folio(escrito) == 'F-123'
    assert 'F-123' in celdas.claves(escrito)
    assert leidos(f'{escrito}\t$1,160.00') == [('F-123', '1160.00')]


def test_keys():
    assert celdas.claves('FAC 12') == ('FAC-12', '12')
    assert celdas.clave('INV/2026/00012') == celdas.clave('inv 2026 12') == 'INV-2026-12'
    assert celdas.clave('F2-5') != celdas.clave('F25')
    assert celdas.clave('F123A') is celdas.clave('hola') is celdas.clave('') is None
    assert celdas.clave('Ñ-1') == 'Ñ-1'


@pytest.mark.parametrize('celda', ['12/03/2026', '2026-03-12', '12-mar-2026', '12 de marzo de 2026', '10:35',
                                   '2026-03-12 10:35:00', 'EKU9003173C9', '$123', '1,160.00', '646180110400000007',
                                   'el 12 de la lista', 'MXN', 'hola'])
def test_what_is_no_reference(celda):
    assert celdas.valor_de_referencia(celda) == 0


@pytest.mark.parametrize(('texto', 'esperado'), [
    # pasted from a spreadsheet, with and without titles, a total with and without its word
    ('F 123\t$1,234.56\nF-124\t500\n\nTOTAL\t$1,734.56', [('F-123', '1234.56'), ('F-124', '500')]),
    ('F-1\t100\nF-2\t200\n\t300', [('F-1', '100'), ('F-2', '200')]),
    ('Serie\tFolio\tFecha\tTotal factura\tImporte pagado\nF\t123\t12/03/2026\t1,160.00\t1,000.00',
     [('F-123', '1000.00')]),
    ('Factura\tFecha\tIVA\tTotal\n123\t2026-03-01\t16.00\t116.00\nTotal\t\t16.00\t116.00', [('123', '116.00')]),
    ('Folio fiscal\tOC\tMonto\n' + UNO.lower() + '\t4500\t10', [(UNO, '10')]),
    ('Referencia\tConcepto\tImporte\nF-1\tPago 33\t$ 100.00 MXN', [('F-1', '100.00')]),
    # CSV of all kinds
    ('folio,importe\nF-123,1160.00\n"F-124","1,160.00"', [('F-123', '1160.00'), ('F-124', '1160.00')]),
    ('F123;1.234,56\nF124;1160,00', [('F-123', '1234.56'), ('F-124', '1160.00')]),
    ('123,116.00\n124,1160.00', [('123', '116.00'), ('124', '1160.00')]),
    ('F123, 1,160.00\nF124, 500.00', [('F-123', '1160.00'), ('F-124', '500.00')]),
    ('F-1|10.00|x\nF-2|20', [('F-1', '10.00'), ('F-2', '20')]),
    # mails
    ('Buenos días, el 12 de marzo pagamos:\nFactura F123 $1,234.56\nFactura F-124   1160.00 MXN\nTel. 55 1234 5678\n'
     'Gracias', [('F-123', '1234.56'), ('F-124', '1160.00')]),
    ('Transferencia por $300.00 del 12/03/2026\nF-1 $100.00\nF-2 $200.00', [('F-1', '100.00'), ('F-2', '200.00')]),
    ('1. F-1 $10.00\n2) F-2 $20.00\n• F-3: 5.00\nSuma $35.00', [('F-1', '10.00'), ('F-2', '20.00'), ('F-3', '5.00')]),
    ('Pagamos la factura F-123 por $500.00', [('F-123', '500.00')]),
    ('Total 1 factura $500.00\nF-123 = $ 500.00', [('F-123', '500.00')]),
    (f'{UNO.lower()} 1500\n{OTRO}   F-124   $1,000.00 MN', [(UNO, '1500'), (OTRO, '1000.00')]),
    ('123 1500\n124 2500', [('123', '1500'), ('124', '2500')]),
    ('EKU9003173C9 F-123 12/03/2026 $ 1,160.00', [('F-123', '1160.00')]),
    ('TOTAL PLAY\tF-123\t10.00', [('F-123', '10.00')]),
    ('INV/2026/00012 1160.00', [('INV-2026-12', '1160.00')]),
    # only invoices: each is paid whole
    ('F-1\nF-2', [('F-1', None), ('F-2', None)]),
    (f'{UNO}\n{OTRO}', [(UNO, None), (OTRO, None)]),
])
def test_texts(texto, esperado):
    assert leidos(texto) == esperado
    assert not any(renglon.problema for renglon in remesa.leer(texto))


@pytest.mark.parametrize(('texto', 'linea', 'problema'), [
    ('F123,1,160.00\nF124,2,160.00', 1, 'puede ser 160.00 o 1,160.00'),
    ('F123 1160.00 1000.00', 1, 'varios importes (1160.00, 1000.00)'),
    ('F-1\t1.234', 1, '«1.234» puede leerse de dos maneras'),
    ('F-1\tabc\nF-2\t10.00', 1, 'no trae importe'),
    ('Factura\tMonto\nF-1\tabc', 2, '«abc» no es un importe'),
    ('Factura\tMonto\nF-1\t', 2, 'no trae importe'),
    ('F-1\t10.00\nMaría\t20.00', 2, 'No se encuentra el folio'),
    ('F-1\t(10.00)', 1, 'debe ser mayor que cero'),
    ('F-1\t0.00', 1, 'debe ser mayor que cero'),
    (f'{UNO} {OTRO} 10.00', 1, 'varios UUID'),
])
def test_problems(texto, linea, problema):
    malo = next(renglon for renglon in remesa.leer(texto) if renglon.problema)
    assert malo.linea == linea
    assert problema in malo.problema
    if 'mayor que cero' not in problema and 'folio' not in problema and 'UUID' not in problema:
        assert malo.importe is None


def test_several_references_in_a_row_are_all_kept():
    """The customer's own order number comes first: the invoice is found under the second key."""
    [renglon] = remesa.leer('OC-44\tF-123\t1160.00')
    assert renglon.claves == ('OC-44', 'F-123')


@pytest.mark.parametrize('codificado', [
    'Factura;Importe\nÑ-1;$10.00'.encode(), 'Factura;Importe\nÑ-1;$10.00'.encode('utf-8-sig'),
    'Factura;Importe\nÑ-1;$10.00'.encode('cp1252'), 'Factura;Importe\r\nÑ-1;$10.00'.encode('utf-16'),
])
def test_files(codificado):
    assert leidos(codificado) == [('Ñ-1', '10.00')]


@pytest.mark.parametrize(('contenido', 'code'), [
    ('', 'sin_renglones'), ('hola', 'sin_renglones'), ('$100.00', 'sin_renglones'), (b'', 'sin_renglones'),
    ('x' * (remesa.MAX_BYTES + 1), 'demasiado_grande'), (b'F-1 1.00\n' * 400_000, 'demasiado_grande'),
    ('F-1 ' + '9' * remesa.MAX_LARGO, 'no_es_texto'), (b'%PDF-1.7\0\0\x01', 'no_es_texto'), ('F-1\0 10', 'no_es_texto'),
    (b'PK\x03\x04xxxx', 'es_libro'), (b'\xd0\xcf\x11\xe0xx', 'es_libro'),
    ('\n'.join(f'F-{n} 1.00' for n in range(remesa.MAX_RENGLONES + 1)), 'demasiados_renglones'),
])
def test_what_cannot_be_read_says_so(contenido, code):
    with pytest.raises(RemesaError) as error:
        remesa.leer(contenido)
    assert error.value.code == code
    assert str(error.value).endswith('.')


# -- properties --------------------------------------------------------------------------------------------------------

FOLIOS = st.tuples(st.sampled_from(['F', 'A', 'FAC', 'MTY', 'NC', 'Ñ', 'AB']), st.integers(1, 9_999_999))
CENTAVOS = st.integers(1, 99_999_999_99)
ESCRITURAS = ['{}{}', '{} {}', '{}-{}', '{}-{:07d}', '{}/{}', 'Factura {}{}', 'Folio {} {}']
IMPORTES = ['{}', '${:,}', '$ {:,} MXN', 'MXN {}', '{} M.N.']


@given(filas=st.lists(st.tuples(FOLIOS, CENTAVOS), min_size=1, max_size=12), como=st.sampled_from(ESCRITURAS),
       cuanto=st.sampled_from(IMPORTES), separador=st.sampled_from(['\t', ';', '   ', ' | ', ', ']),
       titulos=st.booleans())
def test_what_is_written_is_read(filas, como, cuanto, separador, titulos):
    importes = [Decimal(centavos).scaleb(-2) for _folio, centavos in filas]
    lineas = [
        f'{como.format(*folio)}{separador}{cuanto.format(importe)}'
        for (folio, _centavos), importe in zip(filas, importes, strict=True)]
    total = f'TOTAL{separador}{cuanto.format(sum(importes))}'
    texto = '\n'.join([*([f'Factura{separador}Importe'] if titulos else []), *lineas, '', total])
    renglones = remesa.leer(texto)
    assert [(r.folio, r.importe, r.problema) for r in renglones] == [
        (f'{serie}-{numero}', importe, None)
        for ((serie, numero), _centavos), importe in zip(filas, importes, strict=True)]
    assert [r.linea for r in renglones] == list(range(1 + titulos, len(filas) + 1 + titulos))


@given(filas=st.lists(st.tuples(st.uuids(), CENTAVOS), min_size=1, max_size=8, unique_by=lambda fila: fila[0]))
def test_csv_of_uuids(filas):
    texto = '\n'.join(f'{uuid},"{Decimal(centavos).scaleb(-2):,}"' for uuid, centavos in filas)
    assert [(r.uuid, r.importe) for r in remesa.leer(texto)] == [
        (str(uuid).upper(), Decimal(centavos).scaleb(-2)) for uuid, centavos in filas]


ALFABETO = string.ascii_letters + string.digits + string.whitespace + ',.;:|$()-/\'"#ñÑé\u00a0\u2013\u0663²\0'


@given(st.one_of(st.text(max_size=300), st.text(alphabet=ALFABETO, max_size=300), st.binary(max_size=300)))
def test_anything_is_read_or_refused(contenido):
    try:
        renglones = remesa.leer(contenido)
    except RemesaError:
        return
    assert renglones
    for renglon in renglones:
        assert renglon.importe is None or renglon.importe.is_finite()
        assert renglon.referencia or renglon.problema
        assert renglon.importe is None or renglon.importe > 0 or renglon.problema
        assert renglon.folio is None or celdas.clave(renglon.folio) == renglon.folio


@given(st.text(alphabet=ALFABETO, max_size=40))
def test_a_key_is_its_own_key(texto):
    for clave in celdas.claves(texto):
        assert celdas.clave(clave) == clave


@given(CENTAVOS, st.booleans())
def test_an_amount_in_every_notation(centavos, negativo):
    valor = Decimal(-centavos if negativo else centavos).scaleb(-2)
    europeo = f'{valor:,}'.translate(str.maketrans(',.', '.,'))
    for escrito in (f'{valor}', f'{valor:,}', f'${valor:,}', europeo, f'{valor:,}'.replace(',', ' ')):
        assert celdas.importe(escrito) == valor
        assert celdas.es_dinero(escrito)
