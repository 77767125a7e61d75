"""A stamped CFDI that somebody else made: what is believed of it."""
import random
from dataclasses import replace
from datetime import datetime

import pytest
from apoyo import csd
from estrategias import ejemplo

from l10n_mx_cfdi40.cfdi import seal, timbre, values
from l10n_mx_cfdi40.cfdi.errors import CfdiError
from l10n_mx_cfdi40.cfdi.externo import es_de_prueba, leer_timbrado

PAC = ('SAT970701NN3', 'SERVICIO DE ADMINISTRACION TRIBUTARIA')


def timbrado(sello=None, **cambios):
    sellado = seal.sellar(ejemplo(**cambios), csd())
    nodo = values.TimbreFiscalDigital(
        uuid='ad662d33-6934-459c-a128-bdf0393f0f44', fecha_timbrado=datetime(2026, 3, 10, 12, 5),
        rfc_prov_certif='SPR190613I52', sello_cfd=sello or sellado.comprobante.sello,
        no_certificado_sat=csd(*PAC).certificado.numero, sello_sat='')
    return timbre.agregar(sellado.xml, timbre.sellar_timbre(nodo, csd(*PAC)))


def codigos(xml):
    """Codes of what is wrong, whether it was raised or returned."""
    try:
        return [error.code for error in leer_timbrado(xml)[1]]
    except CfdiError as error:
        return [error.code]


def test_a_good_one():
    comprobante, errores = leer_timbrado(timbrado())
    assert errores == []
    assert str(comprobante.total) == '116.00'
    assert comprobante.timbre.fecha_timbrado == datetime(2026, 3, 10, 12, 5)


def test_it_is_judged_by_its_form_not_by_the_day():
    """What was valid when it was stamped is: neither the clock nor today's catalogs have a say."""
    assert codigos(timbrado(fecha=datetime(2022, 1, 3, 9, 0))) == []
    assert codigos(timbrado(forma_pago='77')) == []


@pytest.mark.parametrize(('antes', 'despues', 'codigo'), [
    (b' Total="116.00"', b' Total="116.01"', 'sello_invalido'),
    (b' Total="116.00"', b' Total="1e3"', 'estructura'),
    (b' Total="116.00"', b'', 'estructura'),
    (b' FechaTimbrado="2026-03-10T12:05:00"', b' FechaTimbrado="2026-02-30T12:05:00"', 'estructura'),
    (b' UUID="ad662d33-', b' UUID="zz662d33-', 'estructura'),
    (b'"http://www.sat.gob.mx/cfd/4"', b'"http://www.sat.gob.mx/cfd/3"', 'version'),
    (b' Cantidad="1', b' Cantidad="-1', 'estructura'),
    (b'<cfdi:Conceptos', b'<!DOCTYPE x><cfdi:Conceptos', 'mal_formado'),
])
def test_changed(antes, despues, codigo):
    xml = timbrado()
    assert xml.count(antes) == 1
    assert codigos(xml.replace(antes, despues)) == [codigo]


def test_without_a_stamp_or_with_that_of_another():
    assert codigos(seal.sellar(ejemplo(), csd()).xml) == ['sin_timbre']
    assert codigos(timbrado(sello='QUJD')) == ['sello_cfd_distinto']


def test_of_another_issuer_than_its_certificate():
    sellado = seal.sellar(ejemplo(), csd(*PAC))
    nodo = replace(leer_timbrado(timbrado())[0].timbre, sello_cfd=sellado.comprobante.sello)
    assert codigos(timbre.agregar(sellado.xml, nodo)) == ['emisor_distinto']


def test_an_unknown_complement_leaves_the_seal_unverified():
    xml = timbrado().replace(b'</cfdi:Complemento>', b'<a:B xmlns:a="urn:a"/></cfdi:Complemento>')
    _comprobante, [error] = leer_timbrado(xml)
    assert (error.code, error.params['complemento']) == ('complemento_sin_tabla', 'B')


def test_whatever_the_bytes_hold_it_is_a_typed_error_or_a_document():
    azar = random.Random(40)
    bueno = timbrado()
    for _vez in range(300):
        xml = bytearray(bueno)
        for _cambio in range(azar.randint(1, 4)):
            xml[azar.randrange(len(xml))] = azar.choice(b'<>&"\'=/ A0\x00\xff')
        codigos(bytes(xml))


@pytest.mark.parametrize(('numero', 'prueba'), [
    ('00001000000504465028', False), ('30001000000500003456', True), ('20001000000300022323', True)])
def test_stamps_of_the_test_authority(numero, prueba):
    assert es_de_prueba(replace(leer_timbrado(timbrado())[0].timbre, no_certificado_sat=numero)) is prueba
