"""Acknowledgements, as the SAT writes them and as PACs wrap them."""
import contextlib
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from l10n_mx_cfdi40.cfdi import acuse as a
from l10n_mx_cfdi40.cfdi import xmldsig
from l10n_mx_cfdi40.cfdi.errors import XmlError

UUID, OTRO = '11111111-2222-4333-8444-5555555555AA', '11111111-2222-4333-8444-5555555555BB'
FECHA = datetime(2026, 1, 15, 10, 4, 59, 247580)
ACUSE = a.Acuse(rfc_emisor='EKU9003173C9', fecha=FECHA, folios=(
    a.FolioAcuse(uuid=UUID, estatus='201'), a.FolioAcuse(uuid=OTRO, estatus='208', motivo='01', extemporaneo='No')))
RESPUESTA = a.AcuseRespuesta(rfc_receptor='EKU9003173C9', rfc_pac='SPR190613I52', fecha=FECHA, cod_estatus='1000',
                             folios=(a.FolioRespuesta(uuid=UUID, respuesta='Aceptacion', estatus='1001'),))
RELACIONADOS = a.RespuestaRelacionados(
    uuid=UUID, resultado='WS Consulta CFDI relacionados RfcEmisor: EKU9003173C9 - Clave: 2000 - Se encontraron',
    padres=(a.Relacionado(OTRO, 'EKU9003173C9', 'XAXX010101000'),), hijos=())
DS = {'d': 'http://www.w3.org/2000/09/xmldsig#'}


@pytest.mark.parametrize('llave', [b'', b'secreta'])
def test_round_trip(llave):
    assert a.leer_acuse(a.escribir_acuse(ACUSE, llave)) == ACUSE
    assert a.leer_acuse_respuesta(a.escribir_acuse_respuesta(RESPUESTA, llave)) == RESPUESTA
    assert a.leer_relacionados_respuesta(a.escribir_relacionados_respuesta(RELACIONADOS)) == RELACIONADOS
    rechazo = a.Acuse(rfc_emisor='EKU9003173C9', fecha=FECHA, cod_estatus='302')
    assert a.leer_acuse(a.escribir_acuse(rechazo, llave)) == rechazo


def test_what_an_acknowledgement_looks_like():
    xml = a.escribir_acuse(a.Acuse(rfc_emisor='EKU9003173C9', fecha=FECHA, folios=ACUSE.folios[:1]))
    assert xml == (
        b'<?xml version="1.0" encoding="UTF-8"?><Acuse xmlns:xsd="http://www.w3.org/2001/XMLSchema" '
        b'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" Fecha="2026-01-15T10:04:59.247580" '
        b'RfcEmisor="EKU9003173C9"><Folios xmlns="http://cancelacfd.sat.gob.mx"><UUID>' + UUID.encode() +
        b'</UUID><EstatusUUID>201</EstatusUUID></Folios></Acuse>')


def test_seal():
    """It is an HMAC like the SAT's: right for who has the key, by xmlsec."""
    xmlsec = xmldsig.cargar()

    def verificar(xml, llave):
        contexto = xmlsec.SignatureContext()
        contexto.key = xmlsec.Key.from_binary_data(xmlsec.KeyData.HMAC, llave)
        firma = etree.fromstring(xml).find('d:Signature', DS)
        assert firma.get('Id') == 'SelloSAT'
        contexto.verify(firma)

    for xml in (a.escribir_acuse(ACUSE, b'secreta'), a.escribir_acuse_respuesta(RESPUESTA, b'secreta')):
        verificar(xml, b'secreta')
        for otro, llave in ((xml.replace(b'>10', b'>99').replace(b'>201', b'>202'), b'secreta'), (xml, b'otra')):
            with pytest.raises(xmlsec.Error):
                verificar(otro, llave)


def test_the_sat_writes_seven_decimals():
    xml = f'''<?xml version="1.0" encoding="utf-8"?>
      <Acuse Fecha="2022-10-27T11:02:56.2475804" RfcEmisor="EKU9003173C9"><Folios xmlns="http://cancelacfd.sat.gob.mx">
      <UUID> {UUID.lower()} </UUID><EstatusUUID>202</EstatusUUID></Folios></Acuse>'''
    leido = a.leer_acuse(xml.encode())
    assert leido.fecha == datetime(2022, 10, 27, 11, 2, 56, 247580)
    assert leido.folios == (a.FolioAcuse(uuid=UUID, estatus='202'),)


@pytest.mark.parametrize(('escrita', 'esperada'), [
    ('2026-01-15T10:04:59', datetime(2026, 1, 15, 10, 4, 59)),
    ('2026-01-15T10:04:59.5', datetime(2026, 1, 15, 10, 4, 59, 500000)),
    ('2026-01-15T10:04:59.1234567-06:00', datetime(2026, 1, 15, 10, 4, 59, 123456)),
    ('2026-01-15T10:04:59Z', None), ('2026-02-30T10:04:59', None), ('ayer', None), ('', None),
])
def test_dates(escrita, esperada):
    assert a.leer_acuse(f'<Acuse Fecha="{escrita}" RfcEmisor="X"/>'.encode()).fecha == esperada


def test_inside_of_soap():
    xml = f'''<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>
      <CancelaCFDResponse xmlns="http://cancelacfd.sat.gob.mx"><CancelaCFDResult Fecha="2026-01-15T10:04:59"
        RfcEmisor="EKU9003173C9" CodEstatus="300"><Folios><UUID>{UUID}</UUID><EstatusUUID>201</EstatusUUID></Folios>
      </CancelaCFDResult></CancelaCFDResponse></s:Body></s:Envelope>'''
    leido = a.leer_acuse(xml.encode())
    assert (leido.rfc_emisor, leido.cod_estatus, leido.folios[0].estatus) == ('EKU9003173C9', '300', '201')


def test_as_finkok_answers():
    xml = f'''<senv:Envelope xmlns:senv="http://schemas.xmlsoap.org/soap/envelope/"
      xmlns:s0="apps.services.soap.core.views"><senv:Body><r><s0:CancelaCFDResult><s0:Folios><s0:Folio>
      <s0:UUID>{UUID}</s0:UUID><s0:EstatusUUID>201</s0:EstatusUUID>
      <s0:EstatusCancelacion>En proceso</s0:EstatusCancelacion></s0:Folio></s0:Folios>
      <s0:Acuse>&lt;Acuse/&gt;</s0:Acuse>
      <s0:Fecha>2026-01-15T10:04:59</s0:Fecha><s0:RfcEmisor>EKU9003173C9</s0:RfcEmisor></s0:CancelaCFDResult></r>
      </senv:Body></senv:Envelope>'''
    leido = a.leer_acuse(xml.encode())
    assert leido == a.Acuse(rfc_emisor='EKU9003173C9', fecha=datetime(2026, 1, 15, 10, 4, 59),
                            folios=(a.FolioAcuse(uuid=UUID, estatus='201'),))


def test_the_status_of_a_document_is_not_that_of_the_whole():
    """The very answer of the SAT's test service: 1000 for the request, 1001 for the document."""
    xml = f'''<AcuseAceptacionRechazo RfcReceptor="EKU9003173C9" RfcPac="SPR190613I52" CodEstatus="1000"
      Fecha="2022-10-28T12:20:33.885126"><Folios Respuesta="Aceptacion" xmlns="http://cancelacfd.sat.gob.mx">
      <UUID>{UUID}</UUID><EstatusUUID>1001</EstatusUUID></Folios></AcuseAceptacionRechazo>'''
    leido = a.leer_acuse_respuesta(xml.encode())
    assert (leido.cod_estatus, leido.folios) == ('1000', RESPUESTA.folios)


@pytest.mark.parametrize(('resultado', 'clave'), [
    ('… - Clave: 2001 - No Existen cfdi relacionados al folio fiscal', '2001'), ('clave 2002', '2002'), ('', None),
    ('Clave: 20', None),
])
def test_key_of_the_related(resultado, clave):
    assert a.RespuestaRelacionados(uuid=UUID, resultado=resultado).clave == clave


def test_related_by_local_names():
    xml = f'''<x:Sobre xmlns:x="y"><ConsultaRelacionados xmlns="http://cancelacfd.sat.gob.mx">
      <UuidConsultado>{UUID.lower()}</UuidConsultado><Resultado>Clave: 2000</Resultado><UuidsRelacionadosPadres/>
      <UuidsRelacionadosHijos><UuidRelacionado><Uuid>{OTRO}</Uuid><RfcEmisor>A</RfcEmisor></UuidRelacionado>
      <UuidRelacionado/></UuidsRelacionadosHijos></ConsultaRelacionados></x:Sobre>'''
    leida = a.leer_relacionados_respuesta(xml.encode())
    assert (leida.uuid, leida.clave, leida.padres, leida.hijos) == (UUID, '2000', (), (a.Relacionado(OTRO, 'A', ''),))


@pytest.mark.parametrize(('xml', 'esperado'), [
    (b'<a/>', 'no_es_acuse'), (b'<Acuse/>', 'no_es_acuse'), (b'<a><Acuse>&lt;Acuse/&gt;</Acuse></a>', 'no_es_acuse'),
    (b'', 'mal_formado'), (b'{"json": 1}', 'mal_formado'),
    (b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]><Acuse a="1">&e;</Acuse>', 'dtd'),
    (b'<Acuse>' + b' ' * a.MAXIMO_BYTES + b'</Acuse>', 'demasiado_grande'),
])
def test_hostile(xml, esperado):
    for leer in (a.leer_acuse, a.leer_acuse_respuesta, a.leer_relacionados_respuesta):
        with pytest.raises(XmlError) as error:
            leer(xml)
        assert error.value.code == esperado


BUENO = a.escribir_acuse(ACUSE, b'k')


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damaged_acknowledgements_give_values_or_a_typed_error(datos):
    roto = bytearray(BUENO)
    for _ in range(datos.draw(st.integers(1, 4))):
        lugar = datos.draw(st.integers(0, len(roto) - 1))
        roto[lugar:lugar + datos.draw(st.integers(0, 3))] = datos.draw(st.binary(max_size=3))
    with contextlib.suppress(XmlError):
        assert isinstance(a.leer_acuse(bytes(roto)), a.Acuse)
