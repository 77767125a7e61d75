"""White space is #x20 #x9 #xA #xD and nothing else; characters that XML cannot carry are refused where they are."""
import oracle
import pytest
from estrategias import ejemplo

from l10n_mx_cfdi40.cfdi import build, cadena, parse
from l10n_mx_cfdi40.cfdi.errors import CfdiError, XmlError
from l10n_mx_cfdi40.cfdi.texto import colapsar

NBSP, EM, NEL, LS, ZWSP = '\u00a0', '\u2003', '\u0085', '\u2028', '\u200b'


def con_condiciones(texto):
    return ejemplo(condiciones_de_pago=texto)


@pytest.mark.parametrize('texto', [
    f'a{NBSP}b', f'{EM}a{EM}', f'a{NEL}{NEL}b', f'{LS}a', f'a{ZWSP} {ZWSP}b', f' {NBSP} ',
    'a \t\r\n b', '  a', 'b ', ' ', '\ta\n', 'a\x7fb', 'a\x80b',
])
def test_cadena_of_white_space(texto):
    comprobante = con_condiciones(texto)
    xml = build.construir(comprobante)
    assert parse.leer(xml) == comprobante
    esperado = ' '.join(texto.translate({9: ' ', 10: ' ', 13: ' '}).split(' ')).strip(' ')
    while '  ' in esperado:
        esperado = esperado.replace('  ', ' ')
    assert f'|{esperado}|100.00|' in cadena.cadena(comprobante)
    assert cadena.cadena_of_xml(xml) == cadena.cadena(comprobante)
    if oracle.SCHEMAS.is_dir():
        assert oracle.cadena_xslt(xml) == cadena.cadena(comprobante)


def test_only_four_characters_are_white_space():
    unicos = [chr(n) for n in range(0x3001) if chr(n).isspace()]
    assert [c for c in unicos if colapsar(c) == ''] == ['\t', '\n', '\r', ' ']


@pytest.mark.parametrize('malo', ['\x00', '\x01', '\x0b', '\x0c', '\x1f', '\ud800', '\ufffe', '\uffff'])
def test_control_characters_are_refused_with_their_place(malo):
    comprobante = ejemplo()
    from dataclasses import replace
    concepto = replace(comprobante.conceptos[0], descripcion=f'Producto{malo}')
    for hacer in (build.construir, cadena.cadena):
        with pytest.raises(XmlError) as error:
            hacer(replace(comprobante, conceptos=(comprobante.conceptos[0], concepto)))
        assert error.value.code == 'caracter_no_permitido'
        assert error.value.params['ruta'] == 'Comprobante/Conceptos/Concepto[2]/@Descripcion'
        assert f'U+{ord(malo):04X}' in str(error.value)


@pytest.mark.parametrize('valor', [1.5, True, b'x', object()])
def test_a_value_that_is_no_amount_is_refused(valor):
    with pytest.raises(XmlError) as error:
        build.construir(ejemplo(total=valor))
    assert error.value.code == 'valor_no_admitido'
    assert error.value.params['ruta'] == 'Comprobante/@Total'


@pytest.mark.parametrize('texto', ['NaN', 'Infinity', '-Infinity', 'sNaN'])
def test_an_amount_that_is_no_number_is_refused(texto):
    from dataclasses import replace
    from decimal import Decimal
    base = ejemplo()
    traslado = replace(base.conceptos[0].impuestos.traslados[0], importe=Decimal(texto))
    impuestos = replace(base.conceptos[0].impuestos, traslados=(traslado,))
    for comprobante in (replace(base, total=Decimal(texto)),
                        replace(base, conceptos=(replace(base.conceptos[0], impuestos=impuestos),))):
        with pytest.raises(CfdiError) as error:
            build.construir(comprobante)
        assert error.value.code == 'valor_no_admitido'
