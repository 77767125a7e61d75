"""Format of every attribute: each one of the structure tables, broken in each way that its table forbids."""

from dataclasses import fields, replace
from datetime import UTC, datetime
from decimal import Decimal as D

import pytest
from casos_reglas import CASOS, a_cuenta, con_parte, importada, locales, mensual, relacionada, retenida
from fabrica_reglas import EMISOR, EXTRANJERO, RECEPTOR, con_concepto, contexto, factura

from l10n_mx_cfdi40.cfdi import schema
from l10n_mx_cfdi40.cfdi import values as v
from l10n_mx_cfdi40.cfdi.findings import check, mensaje

TFD = v.TimbreFiscalDigital(
    uuid='5FB2822E-396D-4725-8521-CDC4BDD20CCF', fecha_timbrado=datetime(2026, 8, 3, 12, 0, 0),
    rfc_prov_certif='SPR190613I52', sello_cfd='AAAA', no_certificado_sat='30001000000500003456', sello_sat='AAAA')


def revisar(documento):
    hallazgos = check(documento, contexto(), skip=('seal', 'time'))
    assert all(mensaje(h).endswith(f'({h.code})') and 'sin dato' not in mensaje(h) for h in hallazgos)
    return [(h.code, h.path.removeprefix('Comprobante/'), h.params.get('motivo'), h.severity) for h in hallazgos]


def con_descripcion(texto):
    return revisar(con_concepto(descripcion=texto))


DESCRIPCION = 'Conceptos/Concepto[1]/@Descripcion'


@pytest.mark.parametrize('caracter', list('\x00\x01\x08\x0b\x1f\x7f\x80\x9f\ud800\uffff'))
def test_caracteres_de_control(caracter):
    assert con_descripcion(f'TOR{caracter}NILLO') == [('301', DESCRIPCION, 'caracter', 'error')]


@pytest.mark.parametrize('espacio', ['\xa0', '\u2003', '\x85', '\u200b', '\u2028', '\u3000', '\ufeff'])
def test_espacios_que_no_lo_son_para_el_sat(espacio):
    assert con_descripcion(f'TOR{espacio}NILLO') == [('301', DESCRIPCION, 'espacio', 'warning')]
    # they do not collapse: one by itself is a text
    assert con_descripcion(espacio) == [('301', DESCRIPCION, 'espacio', 'warning')]


@pytest.mark.parametrize('texto', ['', ' ', '\t\r\n '])
def test_texto_vacio(texto):
    assert con_descripcion(texto) == [('301', DESCRIPCION, 'falta', 'error')]


@pytest.mark.parametrize('texto', [
    'TORNILLO  DE  ACERO', ' TORNILLO ', 'TORNILLO\nDE\tACERO', 'Ñandú & «más» 100 %', '日本'])
def test_textos_que_el_sat_admite(texto):
    assert con_descripcion(texto) == []


def test_barra():
    assert con_descripcion('TORNILLO | TUERCA') == [('301', DESCRIPCION, 'barra', 'error')]


def test_largo_despues_de_colapsar():
    assert con_descripcion('A' * 1000) == []
    assert con_descripcion('A' * 1001) == [('301', DESCRIPCION, 'largo', 'error')]
    assert con_descripcion(' ' * 500 + 'A' * 1000 + '\n' * 500) == []


@pytest.mark.parametrize(('ruta', 'documento'), [
    ('Receptor/@DomicilioFiscalReceptor', factura(receptor=replace(RECEPTOR, domicilio_fiscal_receptor='7634３'))),
    ('Emisor/@Rfc', factura(emisor=replace(EMISOR, rfc='EKU９003173C9'))),
    ('Conceptos/Concepto[1]/CuentaPredial[1]/@Numero', con_concepto(cuenta_predial=('1٣',))),
    ('Conceptos/Concepto[1]/@Cantidad', con_concepto(cantidad='２')),
    ('@Total', factura(total='２３２.００')),
])
def test_digitos_de_otras_escrituras(ruta, documento):
    assert revisar(documento) == [('301', ruta, 'patron', 'error')]


def test_pedimento_con_digitos_de_otra_escritura():
    hallazgos = check(importada('26  47  3807  600383٣'), contexto(), skip=('seal', 'time'))
    assert [h.code for h in hallazgos] == ['CFDI40194']


@pytest.mark.parametrize(('valor', 'motivo'), [
    (D('-1'), 'patron'), (D('NaN'), 'patron'), (D('Infinity'), 'patron'), (D('1E+18'), 'patron'),
    (D('1E+999999'), 'patron'), (D('0.0000001'), 'decimales'), ('1,000.00', 'patron'), ('1e2', 'patron'),
    ('+1', 'patron'), ('.5', 'patron'), ('5.', 'patron'), ('', 'patron'), (5, 'tipo'), (None, 'falta'),
])
def test_numeros_que_t_importe_no_admite(valor, motivo):
    assert revisar(con_concepto(valor_unitario=valor)) == [
        ('301', 'Conceptos/Concepto[1]/@ValorUnitario', motivo, 'error')]


@pytest.mark.parametrize('valor', [D('100'), D('1E+2'), D('100.000000'), '0100.00', ' 100.00 ', '100'])
def test_numeros_que_el_sat_lee_igual(valor):
    assert revisar(con_concepto(valor_unitario=valor)) == []


def test_un_texto_numerico_se_suma_como_numero():
    documento = factura(sub_total='0200.01')
    assert [h[:2] for h in revisar(documento)] == [('CFDI40108', '@SubTotal'), ('CFDI40119', '@Total')]


@pytest.mark.parametrize('fecha', [
    datetime(2026, 8, 3, 10, 0, 0, tzinfo=UTC), datetime(2009, 12, 31), datetime(2100, 1, 1), '2026-08-03T10:00:00Z',
    '２０２６-08-03T10:00:00'])
def test_fechas(fecha):
    assert revisar(factura(fecha=fecha)) == [('CFDI40101', '@Fecha', None, 'error')]


def test_fecha_del_timbre():
    ruta = 'Complemento/TimbreFiscalDigital/@FechaTimbrado'
    assert revisar(factura(complemento=(TFD,))) == []
    assert revisar(factura(complemento=(replace(TFD, fecha_timbrado='ayer'),))) == [('301', ruta, 'patron', 'error')]


def test_impuestos_locales_admiten_negativos_y_dos_decimales():
    assert [h[2] for h in revisar(factura(total=D('236.000'), complemento=(
        replace(locales, totalde_traslados=D('6.001')),))) if h[0] == '301'] == ['decimales']
    negativo = replace(locales, totalde_retenciones=D('-2.00'))
    assert revisar(factura(total=D('240.00'), complemento=(negativo,))) == []


def test_sin_conceptos():
    assert [h[:3] for h in revisar(factura(conceptos=(), impuestos=None, sub_total=D(0), total=D(0)))] == [
        ('301', 'Conceptos', 'nodo')]


def test_las_rutas_dicen_el_numero_de_cada_nodo():
    malo = con_concepto().conceptos[0]
    documento = factura(malo, replace(malo, descripcion='|'), malo, replace(malo, cuenta_predial=('1', '*')))
    assert [h[1] for h in revisar(documento)] == [
        'Conceptos/Concepto[2]/@Descripcion', 'Conceptos/Concepto[4]/CuentaPredial[2]/@Numero']


# -- every required attribute of every table

COMPLETO = replace(
    factura(
        *con_parte().conceptos, *a_cuenta().conceptos, *retenida().conceptos,
        *importada('26  47  3807  6003832').conceptos,
        con_concepto(cuenta_predial=('1',)).conceptos[0],
        receptor=replace(EXTRANJERO, residencia_fiscal='USA', num_reg_id_trib='123456789'),
        cfdi_relacionados=relacionada('04').cfdi_relacionados, complemento=(TFD, locales)),
    informacion_global=mensual().informacion_global)


def _nodos():
    """Yield every kind of node of the document, the first of each, with the way to put another in its place."""
    vistos = set()
    for ruta, tabla, valor in schema.recorrer(COMPLETO):
        if tabla not in vistos and tabla.clase is not str:
            vistos.add(tabla)
            yield ruta, tabla, valor


def _cambiar(raiz, viejo, nuevo):
    """Return the tree with one node (the same object) in place of another."""
    if raiz is viejo:
        return nuevo
    if isinstance(raiz, tuple):
        return tuple(_cambiar(uno, viejo, nuevo) for uno in raiz)
    if not hasattr(raiz, '__dataclass_fields__'):
        return raiz
    cambios = {}
    for campo in fields(raiz):
        valor = getattr(raiz, campo.name)
        otro = _cambiar(valor, viejo, nuevo)
        if otro is not valor and otro != valor:
            cambios[campo.name] = otro
    return replace(raiz, **cambios) if cambios else raiz


def _nombre(parametro):
    return getattr(parametro, 'nombre', None)


ATRIBUTOS = [(ruta, tabla, valor, atributo) for ruta, tabla, valor in _nodos() for atributo in tabla.atributos]
SELLO = {'Sello', 'Certificado', 'NoCertificado'}


@pytest.mark.parametrize(('ruta', 'tabla', 'valor', 'atributo'), ATRIBUTOS, ids=_nombre)
def test_cada_requerido_que_falta_se_dice(ruta, tabla, valor, atributo):
    roto = _cambiar(COMPLETO, valor, replace(valor, **{atributo.campo: None}))
    saltar = ('time',) if atributo.nombre in SELLO and tabla is schema.COMPROBANTE else ('seal', 'time')
    rutas = {h.path: h for h in check(roto, contexto(), skip=saltar) if h.params.get('motivo') == 'falta'
             or h.code in ('CFDI40101', 'CFDI40136')}
    buscada = f'{ruta}/@{atributo.nombre}'
    if atributo.nombre == 'NoCertificado':
        return  # compared with the certificate, which this document lacks: test_reglas_sello.py
    if atributo.requerido:
        assert buscada in rutas
    else:
        assert rutas.get(buscada) is None or rutas[buscada].code != '301'


@pytest.mark.parametrize(('ruta', 'tabla', 'valor', 'atributo'), ATRIBUTOS, ids=_nombre)
def test_cada_atributo_rechaza_basura(ruta, tabla, valor, atributo):
    """A text that is neither a number, a date, a key nor a pattern, too long for any text, and with a pipe."""
    if atributo.nombre in SELLO and tabla is schema.COMPROBANTE:
        return  # test_reglas_sello.py
    if atributo.tipo == 'texto' and atributo.patron is None and atributo.maximo_largo is None:
        return  # the XSD admits any text
    if atributo.nombre == 'Confirmacion' or (atributo.tipo == 'catalogo' and tabla is schema.COMPROBANTE):
        basura = '*|*'
    else:
        basura = '*|*' * 500
    roto = _cambiar(COMPLETO, valor, replace(valor, **{atributo.campo: basura}))
    assert f'{ruta}/@{atributo.nombre}' in {h.path for h in check(roto, contexto(), skip=('seal', 'time'))}


def test_los_casos_cubren_el_301():
    assert any(caso.codigo == '301' for caso in CASOS)
