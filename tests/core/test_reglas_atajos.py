"""The shortcuts that make `check` fast say the same as the long way."""

from decimal import Context, Inexact, localcontext
from decimal import Decimal as D

from fabrica_reglas import concepto, contexto, factura
from hypothesis import given, settings
from hypothesis import strategies as st

from l10n_mx_cfdi40.cfdi.amounts import decimales, limites_importe, limites_impuesto
from l10n_mx_cfdi40.cfdi.findings import check
from l10n_mx_cfdi40.cfdi.rules import columnas, formato
from l10n_mx_cfdi40.cfdi.rules import conceptos as de_concepto
from l10n_mx_cfdi40.cfdi.rules import impuestos_concepto as de_impuesto
from l10n_mx_cfdi40.cfdi.rules.documento import Documento
from l10n_mx_cfdi40.cfdi.rules.tasas import Tasas
from l10n_mx_cfdi40.cfdi.schema_cfdi import CONCEPTO

PESOS = Documento(factura(), contexto())
YENES = Documento(factura(moneda='JPY', tipo_cambio=D('0.1')), contexto())
DESCRIPCION = next(atributo for atributo in CONCEPTO.atributos if atributo.nombre == 'Descripcion')
AMPLIA = Context(prec=96, traps=[])


def numeros(enteros):
    """Decimals written with zero to six decimals."""
    return st.builds(lambda n, cifras: D(n).scaleb(-cifras), st.integers(1, enteros), st.integers(0, 6))


#: How far the amount is from the product, around each of the limits.
CERCA = st.integers(-3, 3)


def _importe_cercano(producto, cifras, pasos, ancho):
    paso = D(1).scaleb(-cifras)
    return max(D(0), (producto + ancho).quantize(paso) + pasos * paso)


@given(numeros(10**9), numeros(10**9), st.integers(0, 6), CERCA, st.sampled_from([-1, 0, 1]),
       st.sampled_from([PESOS, YENES]))
@settings(max_examples=1500, deadline=None)
def test_limites_de_importe(cantidad, valor, cifras, pasos, lado, documento):
    with localcontext(AMPLIA):
        # half the last place of each factor, which is what moves the limits
        ancho = lado * (cantidad.scaleb(-decimales(valor)) + valor.scaleb(-decimales(cantidad))) / 2
        importe = _importe_cercano(cantidad * valor, cifras, pasos, ancho)
        n = min(6, max(decimales(importe), documento.decimales_moneda))
        inferior, superior = limites_importe(cantidad, valor, n)
        esperado = None if inferior <= importe <= superior else (inferior, superior)
        assert de_concepto.limites_rotos(documento, cantidad, valor, importe) == esperado


@given(numeros(10**9), st.integers(0, 72_160_500), st.integers(0, 6), CERCA, st.sampled_from([-1, 0, 1]),
       st.sampled_from([PESOS, YENES]))
@settings(max_examples=1500, deadline=None)
def test_limites_de_impuesto(base, millonesimas, cifras, pasos, lado, documento):
    tasa = D(millonesimas).scaleb(-6)
    with localcontext(AMPLIA):
        importe = _importe_cercano(base * tasa, cifras, pasos, lado * tasa.scaleb(-decimales(base)) / 2)
        n = min(6, max(decimales(importe), documento.decimales_moneda))
        inferior, superior = limites_impuesto(base, tasa, n)
        esperado = None if inferior <= importe <= superior else (inferior, superior)
        assert de_impuesto.limites_rotos(documento, base, tasa, importe) == esperado


RAROS = st.sampled_from([None, 'None', '1.0', '1|2', D('NaN'), D('sNaN'), D('-1'), D('-0'), D('1E+2'), D('0E-7'),
                         D('1E+999999'), D('123456789012345678.123456'), D('1234567890123456789'), 5, 'x'])


@given(st.lists(st.decimals(allow_nan=False, allow_infinity=False) | numeros(10**12) | RAROS, max_size=6))
@settings(max_examples=1500, deadline=None)
def test_una_columna_de_importes_es_la_suma_de_sus_valores(columna):
    de_una_vez, de_uno_en_uno = columnas.importes(columna), [columnas.importe(valor) for valor in columna]
    assert [repr(valor) for valor in de_una_vez] == [repr(valor) for valor in de_uno_en_uno]


@given(st.lists(st.text(st.characters() | st.sampled_from(' |\t\n\x00\xa0\u2003\x85'), max_size=6), max_size=4))
@settings(max_examples=3000, deadline=None)
def test_una_columna_de_textos_sana_no_tiene_ningun_problema(columna):
    if columnas.textos_sanos(columna, 4):
        assert all(
            0 < len(texto) <= 4 and formato._problema_texto(DESCRIPCION, texto) is None for texto in columna)


@given(st.lists(st.text('abc é12', min_size=1, max_size=4).filter(lambda t: t == ' '.join(t.split())), max_size=4))
def test_los_textos_corrientes_van_por_el_atajo(columna):
    assert columnas.textos_sanos(columna, 4)


def test_la_tasa_se_busca_por_valor_y_se_juzga_como_esta_escrita():
    tasas = Tasas(contexto().catalogos('c_TasaOCuota', (), PESOS.dia).values())
    assert tasas.problema('002', 'Tasa', 'traslado', D('0.160000')) is None
    assert tasas.problema('002', 'Tasa', 'traslado', D('0.16')) == 'decimales'
    assert tasas.problema('002', 'Tasa', 'traslado', D('0.160001')) == 'catalogo'
    assert tasas.problema('001', 'Tasa', 'traslado', D('0.100000')) == 'catalogo'


def test_no_depende_del_contexto_decimal_de_quien_llama():
    """Eighteen digits times eighteen: the default 28 digits would round, and a trap would raise."""
    grande = concepto((), cantidad=D('99999999.123456'), valor_unitario=D('999999999.123457'),
                      importe=D('99999999034567875'))
    documento = factura(grande, sub_total=D('1.00'))
    ahora = check(documento, contexto(), skip=('seal', 'time'))
    with localcontext(Context(prec=3, traps=[Inexact])):
        assert check(documento, contexto(), skip=('seal', 'time')) == ahora
    assert {h.code for h in ahora} == {'CFDI40108', 'CFDI40119', 'CFDI40167'}
