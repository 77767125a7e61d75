"""What the SAT's query service says, and the expression with which it is asked."""
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from l10n_mx_cfdi40.cfdi import qr
from l10n_mx_cfdi40.cfdi.errors import XmlError
from l10n_mx_cfdi40.cfdi.estado import EsCancelable, Estado, EstadoSat, EstatusCancelacion

UUID = '11111111-2222-4333-8444-5555555555AB'
BUENA = 'S - Comprobante obtenido satisfactoriamente.'


@pytest.mark.parametrize(('textos', 'esperados'), [
    (('Vigente', 'Cancelable sin aceptación', ''), (Estado.VIGENTE, EsCancelable.SIN_ACEPTACION, None)),
    (('Vigente', 'Cancelable con aceptación', 'En proceso'),
     (Estado.VIGENTE, EsCancelable.CON_ACEPTACION, EstatusCancelacion.EN_PROCESO)),
    (('Vigente', 'Cancelable con aceptación', 'Solicitud rechazada'),
     (Estado.VIGENTE, EsCancelable.CON_ACEPTACION, EstatusCancelacion.RECHAZADA)),
    (('Cancelado', 'Cancelable con aceptación', 'Plazo vencido'),
     (Estado.CANCELADO, EsCancelable.CON_ACEPTACION, EstatusCancelacion.PLAZO_VENCIDO)),
    (('Cancelado', None, 'Cancelado sin aceptación'),
     (Estado.CANCELADO, None, EstatusCancelacion.CANCELADO_SIN_ACEPTACION)),
    ((' cancelado ', 'CANCELABLE  CON\nACEPTACION', 'cancelado con aceptacio\u0301n'),
     (Estado.CANCELADO, EsCancelable.CON_ACEPTACION, EstatusCancelacion.CANCELADO_CON_ACEPTACION)),
    (('No encontrado', 'no cancelable', None), (Estado.NO_ENCONTRADO, EsCancelable.NO, None)),
    (('Vigentes', 'Cancelable', 'Proceso'), (None, None, None)),
    ((None, None, None), (None, None, None)),
])
def test_states(textos, esperados):
    leido = EstadoSat.leer(BUENA, *textos, '200')
    assert (leido.estado, leido.es_cancelable, leido.estatus_cancelacion) == esperados
    assert leido.codigo_estatus == BUENA


@pytest.mark.parametrize(('codigo', 'en_lista'), [
    ('100', True), ('101', True), ('104', True), ('102', False), ('103', False), ('200', False), (' 201 ', False),
    ('', None), (None, None), ('300', None), ('10', None), ('٢٠٠', None),
])
def test_list_69b(codigo, en_lista):
    leido = EstadoSat.leer(BUENA, 'Vigente', '', '', codigo)
    assert leido.en_lista_69b is en_lista


def test_list_69b_in_words():
    textos = {codigo: EstadoSat.leer('', '', '', '', codigo).texto_efos for codigo in ('100', '200', '102', '')}
    assert len(set(textos.values())) == 4
    assert textos['100'].startswith('El emisor está en la lista')
    assert textos['200'].startswith('El emisor no está')
    assert 'un tercero' in textos['102']
    assert 'no dijo' in textos['']


@given(st.lists(st.text() | st.none(), min_size=5, max_size=5))
def test_no_text_is_an_error(textos):
    leido = EstadoSat.leer(*textos)
    assert isinstance(leido.texto_efos, str)


def test_expression_of_the_service():
    texto = qr.consulta_de(uuid=UUID, emisor='H&E951128469', receptor='OÑO120726RX3', total=Decimal('1160.00'),
                           sello='0123456789abcd/+==')
    assert texto == f'?re=H&amp;E951128469&rr=OÑO120726RX3&tt=1160.0&id={UUID}&fe=abcd/+=='
    assert qr.leer_consulta(texto) == qr.Consulta(uuid=UUID, emisor='H&E951128469', receptor='OÑO120726RX3',
                                                  total=Decimal('1160.0'), sello8='abcd/+==')
    sin_sello = qr.consulta_de(uuid=UUID, emisor='EKU9003173C9', receptor='XAXX010101000', total=Decimal(1), sello='')
    assert sin_sello == f'?re=EKU9003173C9&rr=XAXX010101000&tt=1.0&id={UUID}'
    assert qr.leer_consulta(sin_sello).sello8 is None


def test_expression_of_a_printed_code():
    datos = {'uuid': UUID, 'emisor': 'H&E951128469', 'receptor': 'EKU9003173C9', 'total': Decimal('0.1'),
             'sello': 'x' * 20}
    leida = qr.leer_consulta(qr.expresion_de(**datos))
    assert leida == qr.leer_consulta(qr.consulta_de(**datos))
    assert leida == qr.leer_consulta(f'?re=H&E951128469&rr=EKU9003173C9&tt=000000.100000&id={UUID.lower()}&fe=xxxxxxxx')


@pytest.mark.parametrize('texto', [
    '', '?', 'hola', '?re=EKU9003173C9&rr=XAXX010101000&tt=1.0&fe=xxxxxxxx',
    f'?re=EKU9003173C9&rr=XAXX010101000&id={UUID}',
    f'?re=EKU9003173C9&rr=XAXX010101000&tt=1.0&id={UUID[:-1]}',
    f'?re=EKU9003173C9&rr=XAXX010101000&tt=1.0&id={UUID}0',
    f'?re=EKU9003173C9&rr=XAXX010101000&tt=uno&id={UUID}',
    f'?re=EKU9003173C9&rr=XAXX010101000&tt=1.1234567&id={UUID}',
    f'?re=EKU9003173C9&rr=XAXX010101000&tt=-1&id={UUID}',
    f'?re=EKU9003173C9&rr=XAXX010101000&tt=NaN&id={UUID}',
    f'?re=EKU9003173C9&rr=XAXX010101000&tt=1.0&tt=2.0&id={UUID}',
    f'?re=EKU9003173C9&rr=XAXX&tt=1.0&id={UUID}',
    f'?re=EKU900&rr=XAXX010101000&tt=1.0&id={UUID}',
    f'?re=EKU9003173C9&rr=XAXX010101000&tt=1.0&id={UUID}&fe=corto',
    f'?re=EKU9003173C9&rr=XAXX010101000&tt=1.0&id={UUID}&otro=1',
])
def test_bad_expression(texto):
    with pytest.raises(XmlError) as error:
        qr.leer_consulta(texto)
    assert error.value.code == 'expresion'
