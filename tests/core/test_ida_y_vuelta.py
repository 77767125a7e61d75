"""What is built parses back equal, and the cadena from values, from the XML and by the SAT's stylesheet is one."""
import random
from dataclasses import replace
from decimal import Decimal

import oracle
import pytest
from apoyo import LARGO, csd, guardar
from estrategias import AHORA, comprobantes, ejemplo
from hypothesis import HealthCheck, given, settings
from lxml import etree

from l10n_mx_cfdi40.cfdi import build, cadena, parse, seal, values
from l10n_mx_cfdi40.cfdi.catalogos import ArchivoCatalogos
from l10n_mx_cfdi40.cfdi.findings import Contexto, check, errores
from tools import paths

CONTEXTO = Contexto(catalogos=ArchivoCatalogos().buscar, ahora=lambda _cp: AHORA)
CON_ORACULO = oracle.SCHEMAS.is_dir() and paths.ORACLE_TREE.is_dir()
LENTO = [HealthCheck.too_slow, HealthCheck.data_too_large]


@settings(max_examples=500 if LARGO else 120, deadline=None, suppress_health_check=LENTO)
@given(comprobantes())
def test_random_documents(comprobante):
    sellado = seal.sellar(comprobante, csd())
    assert parse.leer(sellado.xml) == sellado.comprobante
    assert sellado.cadena == cadena.cadena(sellado.comprobante) == cadena.cadena_of_xml(sellado.xml)
    assert build.construir(sellado.comprobante) == sellado.xml
    assert seal.verificar(sellado.xml) == []
    assert errores(check(comprobante, CONTEXTO, skip=['seal'])) == []
    if random.Random(len(sellado.xml)).random() < 0.1:
        guardar(sellado.xml)
    if CON_ORACULO:
        assert oracle.cadena_xslt(sellado.xml) == sellado.cadena
        assert oracle.validate_xsd(sellado.xml) == []


IMPLOCAL = values.ImpuestosLocales(
    totalde_retenciones=Decimal('5.00'), totalde_traslados=Decimal('3.00'),
    retenciones_locales=(values.RetencionLocal(imp_loc_retenido='5 al millar', tasade_retencion=Decimal('0.50'),
                                               importe=Decimal('5.00')),),
    traslados_locales=(values.TrasladoLocal(imp_loc_trasladado='ISH', tasade_traslado=Decimal('3.00'),
                                            importe=Decimal('3.00')),))


def test_local_taxes():
    comprobante = ejemplo(complemento=(IMPLOCAL,), total=Decimal('114.00'))
    sellado = seal.sellar(comprobante, csd())
    assert parse.leer(sellado.xml).complemento == (IMPLOCAL,)
    assert sellado.cadena.endswith('|1.0|5.00|3.00|5 al millar|0.50|5.00|ISH|3.00|3.00||')
    assert b'xmlns:implocal=' in sellado.xml.split(b'>')[1]
    guardar(sellado.xml)
    if CON_ORACULO:
        assert oracle.cadena_xslt(sellado.xml) == sellado.cadena
        assert oracle.validate_xsd(sellado.xml) == []


def test_every_optional_attribute_and_node():
    """Text that needs escapes in each text field, and each node that an invoice may have."""
    feo = 'a & b <c> "d" \'e\' ñÑ €'
    base = ejemplo()
    concepto = replace(
        base.conceptos[0], no_identificacion=feo, unidad='x & y', descripcion=feo, descuento=Decimal('0.00'),
        a_cuenta_terceros=values.ACuentaTerceros(
            rfc_a_cuenta_terceros='JES900109Q90', nombre_a_cuenta_terceros=feo,
            regimen_fiscal_a_cuenta_terceros='601', domicilio_fiscal_a_cuenta_terceros='01030'),
        informacion_aduanera=('15  48  3009  0001234', '15  48  3009  0001235'), cuenta_predial=('1', '2'),
        parte=(values.Parte(clave_prod_serv='43211503', cantidad=Decimal(1), descripcion=feo, no_identificacion=feo,
                            unidad='u', valor_unitario=Decimal('1.5'), importe=Decimal('1.50'),
                            informacion_aduanera=('15  48  3009  0001234',)),))
    comprobante = replace(
        base, conceptos=(concepto,), condiciones_de_pago=feo, serie='A&', folio='<1>', confirmacion='AB12c',
        tipo_cambio=Decimal(1), descuento=Decimal('0.00'),
        informacion_global=values.InformacionGlobal(periodicidad='01', meses='02', anio=2026),
        cfdi_relacionados=(values.CfdiRelacionados(tipo_relacion='04', uuids=('a' * 36, 'b' * 36)),
                           values.CfdiRelacionados(tipo_relacion='07', uuids=('c' * 36,))),
        emisor=replace(base.emisor, fac_atr_adquirente='0123456789'),
        receptor=replace(base.receptor, residencia_fiscal='USA', num_reg_id_trib='1&2'))
    xml = build.construir(comprobante)
    assert parse.leer(xml) == comprobante
    assert cadena.cadena(comprobante) == cadena.cadena_of_xml(xml)
    assert '|15 48 3009 0001234|15 48 3009 0001235|1|2|' in cadena.cadena(comprobante)
    if CON_ORACULO:
        assert oracle.cadena_xslt(xml) == cadena.cadena(comprobante)


def test_decimals_keep_the_exponent_they_are_written_with():
    leido = parse.leer(build.construir(ejemplo(sub_total=Decimal('1.50'), total=Decimal('1E+3'))))
    assert str(leido.sub_total) == '1.50'
    assert str(leido.total) == '1000'


@pytest.mark.parametrize('texto', ['1e3', '+1', '', ' 1', '.5', '1.', '1,000', '١', '1' * 40, 'NaN'])
def test_what_is_no_canonical_number_stays_text(texto):
    xml = build.construir(ejemplo()).replace(b'SubTotal="100.00"', f'SubTotal="{texto}"'.encode())
    leido = parse.leer(xml)
    assert leido.sub_total == texto
    assert isinstance(leido.sub_total, str)
    assert build.construir(leido) == xml
    assert any(hallazgo.path.endswith('@SubTotal') for hallazgo in check(leido, CONTEXTO, skip=['seal', 'time']))


@pytest.mark.parametrize('texto', [
    '2026-02-30T00:00:00', '2026-01-01', '2026-01-01T00:00:00Z', '2026-01-01T00:00:00.5'])
def test_what_is_no_canonical_date_stays_text(texto):
    xml = build.construir(ejemplo()).replace(b'Fecha="2026-03-10T12:00:00"', f'Fecha="{texto}"'.encode())
    assert parse.leer(xml).fecha == texto


DESCONOCIDO = (b'<foo:Bar xmlns:foo="urn:foo" xmlns:dos="urn:dos" Valor="1 &amp; 2" tipo="dos:T">'
               b'<foo:Hijo>texto <dos:x/> cola</foo:Hijo></foo:Bar>')


def exclusivo(xml):
    return etree.tostring(etree.fromstring(xml), method='c14n', exclusive=True)


def test_unknown_complements_and_addenda_survive():
    comprobante = ejemplo(
        complemento=(values.Opaco(xml=DESCONOCIDO, esquema='http://example.com/foo.xsd'),),
        addenda=(values.Opaco(xml=b'<Pedido numero="1"><x>hola</x></Pedido>'), values.Opaco(xml=b'suelto &amp; libre')))
    xml = build.construir(comprobante)
    leido = parse.leer(xml)
    assert leido == comprobante
    assert build.construir(leido) == xml
    raiz = etree.fromstring(xml)
    assert 'urn:foo http://example.com/foo.xsd' in raiz.get(f'{{{"http://www.w3.org/2001/XMLSchema-instance"}}}'
                                                           'schemaLocation')
    assert exclusivo(leido.complemento[0].xml) == exclusivo(DESCONOCIDO)


def test_namespaces_declared_above_go_with_an_opaque_node():
    """Prefixes declared at the root, used in a name or only inside a text, are declared on what is kept."""
    espacios = b' xmlns:foo="urn:foo" xmlns:t="urn:t" xmlns:xsi='
    xml = build.construir(ejemplo()).replace(b' xmlns:xsi=', espacios, 1).replace(
        b'</cfdi:Comprobante>', b'<cfdi:Complemento><foo:A tipo="t:B"/></cfdi:Complemento>'
        b'<cfdi:Addenda xsi:schemaLocation="urn:foo foo.xsd"><foo:C/></cfdi:Addenda></cfdi:Comprobante>')
    leido = parse.leer(xml)
    opaco = etree.fromstring(leido.complemento[0].xml)
    assert opaco.tag == '{urn:foo}A'
    assert opaco.nsmap == {'foo': 'urn:foo', 't': 'urn:t'}
    otra = parse.leer(build.construir(leido))
    assert otra == leido
    addenda = etree.fromstring(build.construir(leido)).find('{http://www.sat.gob.mx/cfd/4}Addenda')
    assert addenda.get('{http://www.w3.org/2001/XMLSchema-instance}schemaLocation') == 'urn:foo foo.xsd'
    assert addenda[0].tag == '{urn:foo}C'


def test_an_unknown_complement_has_no_cadena():
    comprobante = ejemplo(complemento=(values.Opaco(xml=DESCONOCIDO),))
    for pedir in (lambda: cadena.cadena(comprobante), lambda: seal.sellar(comprobante, csd()),
                  lambda: cadena.cadena_of_xml(build.construir(comprobante))):
        with pytest.raises(parse.XmlError) as error:
            pedir()
        assert error.value.code == 'complemento_sin_tabla'
        assert error.value.params['complemento'] == 'Bar'


@pytest.mark.parametrize('fragmento', [
    b'<a>', b'<a/><b/>', b'</cfdi:Complemento>', b'<foo:a/>', b'<!DOCTYPE a><a/>', b''])
def test_a_fragment_that_is_not_whole_is_refused(fragmento):
    with pytest.raises(parse.XmlError) as error:
        build.construir(ejemplo(complemento=(values.Opaco(xml=fragmento),)))
    assert error.value.code == 'fragmento'
