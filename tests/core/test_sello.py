"""The seal and the stamp: made, verified, and each way in which they can be wrong."""
import base64
from dataclasses import replace
from datetime import datetime

import pytest
from apoyo import csd, guardar
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.hashes import SHA256
from estrategias import ejemplo
from hypothesis import given, settings
from hypothesis import strategies as st

from l10n_mx_cfdi40.cfdi import build, parse, qr, seal, timbre, values
from l10n_mx_cfdi40.cfdi.csd import Csd
from l10n_mx_cfdi40.cfdi.errors import XmlError

PAC = ('SAT970701NN3', 'SERVICIO DE ADMINISTRACION TRIBUTARIA')


def codigos(problemas):
    return [problema.code for problema in problemas]


def sellado():
    return seal.sellar(ejemplo(), csd())


def timbrado(xml=None):
    xml = xml or sellado().xml
    sello = parse.leer(xml).sello
    nodo = values.TimbreFiscalDigital(
        uuid='AD662D33-6934-459C-A128-BDF0393F0F44', fecha_timbrado=datetime(2026, 3, 10, 12, 5),
        rfc_prov_certif='SPR190613I52', leyenda='Sin validez & de prueba', sello_cfd=sello,
        no_certificado_sat=csd(*PAC).certificado.numero, sello_sat='')
    return timbre.agregar(xml, timbre.sellar_timbre(nodo, csd(*PAC)))


def test_the_seal_is_rsa_sha256_of_the_cadena():
    uno = sellado()
    csd().certificado.clave_publica.verify(base64.b64decode(uno.comprobante.sello), uno.cadena.encode(),
                                           padding.PKCS1v15(), SHA256())
    assert f'|{csd().certificado.numero}|' in uno.cadena
    assert uno.comprobante.sello not in uno.cadena
    assert uno.comprobante.certificado == base64.b64encode(csd().certificado.der).decode()
    assert parse.leer(uno.xml) == uno.comprobante
    assert build.construir(uno.comprobante) == uno.xml
    assert seal.verificar(uno.xml) == []


@pytest.mark.parametrize('trampa', [' Sello="" ', 'x" Sello="" Certificado=""', ' Certificado=""'])
def test_text_that_looks_like_an_empty_seal(trampa):
    uno = seal.sellar(ejemplo(serie=trampa, folio=trampa, condiciones_de_pago=trampa), csd())
    assert parse.leer(uno.xml) == uno.comprobante
    assert seal.verificar(uno.xml) == []


def test_sealing_again_replaces_the_seal():
    otro = seal.sellar(sellado().comprobante, csd())
    assert otro.xml == sellado().xml


def test_any_change_of_content_breaks_the_seal():
    xml = sellado().xml
    for antes, despues in ((b'Total="116.00"', b'Total="116.01"'), (b'Programa', b'programa'),
                           (b'Folio="1"', b'Folio="11"'), (b' Folio="1"', b' Folio=""')):
        assert xml.count(antes) == 1
        assert codigos(seal.verificar(xml.replace(antes, despues))) == ['sello_invalido']


def test_white_space_and_order_of_attributes_do_not_break_the_seal():
    xml = sellado().xml
    assert seal.verificar(xml.replace(b'Descripcion="Programa"', b'Descripcion="  Programa "')) == []
    assert seal.verificar(xml.replace(b'><cfdi:Emisor', b'>\n  <cfdi:Emisor')) == []


def test_what_is_missing_or_of_another():
    xml = sellado().xml
    uno = sellado().comprobante
    assert codigos(seal.verificar(build.construir(ejemplo()))) == ['sin_sello']
    assert codigos(seal.verificar(build.construir(replace(uno, certificado='')))) == ['sin_certificado']
    for malo in ('hola', 'aGVjaG8=', 'ñ'):
        assert codigos(seal.verificar(build.construir(replace(uno, certificado=malo)))) == ['certificado_ilegible']
    assert codigos(seal.verificar(xml.replace(csd().certificado.numero.encode(), b'1' * 20))) == [
        'no_certificado_distinto', 'sello_invalido']
    ajeno = seal.sellar(ejemplo(), csd('CACX7605101P8', 'XOCHILT CASAS CHAVEZ')).xml
    assert codigos(seal.verificar(ajeno)) == ['emisor_distinto']
    for sello in ('no es base64', 'aGVjaG8=', 'ñ'):
        assert codigos(seal.verificar(build.construir(replace(uno, sello=sello)))) == ['sello_invalido']


def test_stamp_does_not_touch_the_rest():
    xml = sellado().xml
    con_timbre = timbrado(xml)
    inicio, fin = con_timbre.split(b'<cfdi:Complemento>')[0], con_timbre.split(b'</cfdi:Complemento>')[1]
    assert inicio + fin == xml
    leido = parse.leer(con_timbre)
    assert replace(leido, complemento=()) == parse.leer(xml)
    assert timbre.leer_timbre(con_timbre) == leido.timbre
    assert build.construir(leido) == con_timbre
    assert seal.verificar(con_timbre, csd(*PAC).certificado) == []
    guardar(con_timbre)


ADDENDA = b'<cfdi:Addenda><x a="&lt;/cfdi:Complemento&gt;"><![CDATA[</cfdi:Complemento>]]></x></cfdi:Addenda>'


@pytest.mark.parametrize('dentro', [
    b'', b'<cfdi:Complemento/>', b'<cfdi:Complemento />', b'<cfdi:Complemento></cfdi:Complemento>',
    b'<cfdi:Complemento><!-- </cfdi:Complemento> --></cfdi:Complemento >', ADDENDA,
    b'<cfdi:Complemento><a:b xmlns:a="urn:a"><cfdi:Complemento/></a:b></cfdi:Complemento>' + ADDENDA,
])
def test_where_the_stamp_goes(dentro):
    xml = sellado().xml.replace(b'</cfdi:Comprobante>', dentro + b'\n</cfdi:Comprobante>')
    con_timbre = timbrado(xml)
    assert timbre.leer_timbre(con_timbre).uuid == 'AD662D33-6934-459C-A128-BDF0393F0F44'
    assert len(parse.arbol(con_timbre).findall('{http://www.sat.gob.mx/cfd/4}Complemento')) == 1
    with pytest.raises(XmlError) as error:
        timbre.agregar(con_timbre, parse.leer(con_timbre).timbre)
    assert error.value.code == 'ya_timbrado'


def test_stamp_of_another_or_changed():
    xml = timbrado()
    pac = csd(*PAC).certificado
    assert codigos(seal.verificar(xml.replace(b'12:05:00', b'12:06:00'), pac)) == ['sello_sat_invalido']
    assert codigos(seal.verificar(xml.replace(b'12:05:00', b'12:06:00'))) == []
    assert codigos(seal.verificar(xml, csd().certificado)) == ['certificado_sat_distinto']
    uno = parse.leer(xml)
    otro = replace(uno, complemento=(replace(uno.timbre, sello_cfd='abc'),))
    assert codigos(seal.verificar(build.construir(otro))) == ['sello_cfd_distinto']


def test_no_stamp():
    assert timbre.leer_timbre(sellado().xml) is None
    with pytest.raises(XmlError) as error:
        qr.expresion(sellado().comprobante)
    assert error.value.code == 'sin_timbre'


def test_expression_of_a_stamped_document():
    uno = parse.leer(timbrado())
    assert qr.expresion(uno) == (
        'https://verificacfdi.facturaelectronica.sat.gob.mx/default.aspx?id=AD662D33-6934-459C-A128-BDF0393F0F44'
        f'&re=EKU9003173C9&rr=URE180429TM6&tt=116.0&fe={uno.sello[-8:]}')


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=600))
def test_garbage_for_a_certificate_is_only_unreadable(basura):
    uno = replace(sellado().comprobante, certificado=base64.b64encode(b'0' + basura).decode())
    assert codigos(seal.verificar(build.construir(uno))) == ['certificado_ilegible']


def test_with_the_certificates_of_the_sat(shared_data):
    for cer in sorted((shared_data / 'csd').rglob('*.cer')):
        pareja = Csd.abrir(cer.read_bytes(), cer.with_suffix('.key').read_bytes(), '12345678a')
        emisor = replace(ejemplo().emisor, rfc=pareja.certificado.rfc)
        uno = seal.sellar(ejemplo(emisor=emisor), pareja)
        assert seal.verificar(uno.xml) == []
        assert len(uno.comprobante.sello) == 344


def test_a_stamped_document_of_others(shared_data):
    xml = (shared_data / 'samples' / 'cfdv40-ejemplo-signed-tfd.xml').read_bytes()
    assert seal.verificar(xml) == []
