"""Signatures of requests: right by two judges, and nothing passes that was not signed."""
import re
from base64 import b64decode, b64encode

import pytest
from apoyo import PASSWORD, autoridad, csd
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_der_private_key
from fabrica_cancelacion import CANCELACION, DS, RELACIONADOS, RESPUESTA, A, B, C, firma_correcta
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from l10n_mx_cfdi40.cfdi import cancelacion as c
from l10n_mx_cfdi40.cfdi import firma_xml, xmldsig
from l10n_mx_cfdi40.cfdi.csd import Certificado, Csd
from l10n_mx_cfdi40.cfdi.errors import CfdiError, SealError

FIRMADAS = [c.firmar_cancelacion(CANCELACION, csd()), c.firmar_respuesta(RESPUESTA, csd()),
            c.firmar_relacionados(RELACIONADOS, csd())]
CANCELA = FIRMADAS[0]
FIRMA = re.search(b'<Signature.*</Signature>', CANCELA).group()
EVIL = b'DDDDDDDD-2222-4333-8444-555555555555'


def codigo(xml):
    with pytest.raises(SealError) as error:
        c.verificar_firma(xml)
    assert len(str(error.value)) > 30
    return error.value.code


def cambiada(antes, despues, xml=CANCELA):
    assert antes in xml
    return xml.replace(antes, despues, 1)


@pytest.mark.parametrize('xml', FIRMADAS, ids=['cancelacion', 'respuesta', 'relacionados'])
def test_right_by_both_judges(xml):
    assert firma_correcta(xml)
    certificado = c.verificar_firma(xml)
    assert (certificado.rfc, certificado.numero) == ('EKU9003173C9', csd().certificado.numero)
    assert certificado.der == csd().certificado.der


def test_the_same_request_has_the_same_signature():
    assert c.firmar_cancelacion(CANCELACION, csd()) == CANCELA


def test_key_info():
    firma = etree.fromstring(CANCELA).find('d:Signature', DS)
    real = x509.load_der_x509_certificate(csd().certificado.der)
    numeros = real.public_key().public_numbers()
    assert firma.findtext('.//d:X509SerialNumber', namespaces=DS) == str(real.serial_number)
    assert firma.findtext('.//d:X509IssuerName', namespaces=DS) == real.issuer.rfc4514_string()
    for nombre, numero in (('Modulus', numeros.n), ('Exponent', numeros.e)):
        assert int.from_bytes(b64decode(firma.findtext(f'.//d:{nombre}', namespaces=DS)), 'big') == numero


def test_names_are_escaped():
    nombre = firma_xml.nombre_rfc4514({'2.5.4.3': '#A, "B" + <C>;\\', '2.5.4.45': ' x ', '1.2.3': 'Ñ'})
    assert nombre == '1.2.3=Ñ,x500UniqueIdentifier=\\ x\\ ,CN=\\#A\\, \\"B\\" \\+ \\<C\\>\\;\\\\'


@pytest.mark.parametrize('xml', FIRMADAS, ids=['cancelacion', 'respuesta', 'relacionados'])
def test_any_changed_datum_breaks_it(xml):
    """Each attribute and each text outside of KeyInfo."""
    raiz = etree.fromstring(xml)
    probadas = 0
    for numero, nodo in enumerate(raiz.iter()):
        if any(etree.QName(padre).localname == 'KeyInfo' for padre in (nodo, *nodo.iterancestors())):
            continue
        for atributo in (*nodo.attrib, None):
            copia = etree.fromstring(xml)
            otro = list(copia.iter())[numero]
            if atributo is not None:
                otro.set(atributo, otro.get(atributo) + 'x')
            elif otro.text:
                otro.text = ('A' if otro.text[0] != 'A' else 'B') + otro.text[1:]
            else:
                continue
            alterada = etree.tostring(copia)
            assert codigo(alterada) == 'firma_invalida'
            probadas += 1
    assert probadas >= 9


@pytest.mark.parametrize('alterada', [
    cambiada(f'Motivo="01" FolioSustitucion="{B}"'.encode(), b'Motivo="02"'),
    cambiada(b'<Folio ', b'<Folio Otro="1" '),
    cambiada(b'</Folios><Signature', b'</Folios><Folios/><Signature'),
    cambiada(b'</Folios><Signature', b'</Folios> <Signature'),
    cambiada(f'<Folios><Folio UUID="{C}" Motivo="02"/></Folios>'.encode(), b''),
    cambiada(b' xmlns:xsd="http://www.w3.org/2001/XMLSchema"', b''),
    cambiada(b'xmlns:xsd="http://www.w3.org/2001/XMLSchema"', b'xmlns:xsd="http://example.com/"'),
])
def test_altered(alterada):
    assert not firma_correcta(alterada)
    assert codigo(alterada) == 'firma_invalida'


def test_what_says_the_same_is_still_signed():
    igual = cambiada(b'RfcEmisor="EKU9003173C9" Fecha="2026-01-15T10:04:59"',
                     b"Fecha='2026-01-15T10:04:59'\n RfcEmisor='EKU9003173C9'")
    assert firma_correcta(igual)
    assert c.verificar_firma(igual).rfc == 'EKU9003173C9'


def test_a_comment_is_not_signed_and_so_is_not_read():
    cortada = cambiada(A.encode(), A[:8].encode() + b'<!-- -->' + A[8:].encode(), FIRMADAS[1])
    assert c.verificar_firma(cortada)
    with pytest.raises(CfdiError) as error:
        c.leer_respuesta(cortada)
    assert error.value.code == 'estructura'


def con_certificado(certificado):
    return CANCELA.replace(csd().certificado.base64.encode(), b64encode(certificado))


def test_another_key():
    otro = csd('XIA190128J61', 'XENON INDUSTRIAL ARTICLES')
    assert codigo(con_certificado(otro.certificado.der)) == 'firma_invalida'


@pytest.mark.parametrize('certificado', [b'', b'hola', csd().certificado.der[:-200]])
def test_unreadable_certificate(certificado):
    assert codigo(con_certificado(certificado)) == 'certificado_ilegible'


@pytest.mark.parametrize(('antes', 'despues'), [
    (b'<X509Certificate>', b'<X509Certificate>*'),
    (b'<X509Certificate>', b'<X509Certificate/><X509Certificate>'),
    (b'X509Certificate>', b'Otro>'),
])
def test_certificate_that_is_not_there(antes, despues):
    assert codigo(CANCELA.replace(antes, despues, 2 if antes == b'X509Certificate>' else 1)) == 'certificado_ilegible'


def test_key_value_decides_nothing():
    """The key that verifies is that of the certificate, whose owner is known; a loose one has none."""
    otro = csd('XIA190128J61', 'XENON INDUSTRIAL ARTICLES')
    sin_valor = re.sub(b'<KeyValue>.*</KeyValue>', b'', CANCELA)
    assert c.verificar_firma(sin_valor).rfc == 'EKU9003173C9'
    suyo = re.search(b'<KeyValue>.*</KeyValue>', c.firmar_cancelacion(
        c.SolicitudCancelacion('XIA190128J61', CANCELACION.fecha, CANCELACION.folios), otro)).group()
    assert c.verificar_firma(re.sub(b'<KeyValue>.*</KeyValue>', lambda _: suyo, CANCELA)).rfc == 'EKU9003173C9'


@pytest.mark.parametrize('xml', [
    CANCELA.replace(FIRMA, b''), CANCELA.replace(FIRMA, FIRMA.replace(b'xmldsig#"><SignedInfo', b'otra#"><SignedInfo')),
    CANCELA.replace(FIRMA, b'<!-- -->'), b'<a/>', b'<Cancelacion/>', FIRMA,
    # The signed one inside of another, and its signature taken elsewhere.
    b'<Sobre>' + CANCELA.split(b'?>')[1] + b'</Sobre>',
    CANCELA.replace(FIRMA, b'<Folios>' + FIRMA + b'</Folios>'),
    CANCELA.replace(FIRMA, FIRMA + b'<Folios/>'),
    CANCELA.replace(FIRMA, FIRMA + b'<!-- -->'),
    CANCELA.replace(b'Cancelacion', b'Otra'),
])
def test_no_signature_of_its_own(xml):
    assert codigo(xml) == 'firma_ausente'


DENTRO = CANCELA.split(b'?>')[1]
AJENA = (b'<Cancelacion xmlns="http://cancelacfd.sat.gob.mx" RfcEmisor="EKU9003173C9" Fecha="2026-01-15T10:04:59">'
         b'<Folios><Folio UUID="%b" Motivo="02"/></Folios>%b</Cancelacion>')


@pytest.mark.parametrize('xml', [
    CANCELA.replace(FIRMA, FIRMA * 2),
    # A request that is not signed, with one that is inside of its own signature, of its folios or beside them.
    AJENA % (EVIL, DENTRO + FIRMA),
    AJENA % (EVIL, FIRMA.replace(b'</KeyInfo>', b'</KeyInfo><Object>' + DENTRO + b'</Object>')),
    AJENA % (EVIL, FIRMA.replace(b'</KeyInfo>', DENTRO + b'</KeyInfo>')),
    AJENA % (EVIL, FIRMA),
    CANCELA.replace(b'<Signature ', b'<Cancelacion/><Signature ', 1),
    # Another part of the document, by name.
    CANCELA.replace(b'<Reference URI="">', b'<Reference URI="#uno">').replace(b'<Folios>', b'<Folios Id="uno">', 1),
    CANCELA.replace(b'<Reference URI="">', b'<Reference>'),
    CANCELA.replace(b'<Reference URI="">', b'<Reference URI="#xpointer(/)">'),
    CANCELA.replace(b'<Reference URI="">', b'<Reference URI="http://127.0.0.1:9/">'),
    CANCELA.replace(b'<Reference URI="">', b'<Reference URI="" Type="x">'),
    CANCELA.replace(b'</Reference>', b'</Reference><Reference URI=""/>'),
    re.sub(b'<Reference.*</Reference>', b'', CANCELA),
    # Other transforms: one that keeps nothing would sign anything.
    CANCELA.replace(b'<Transforms>', b'<Transforms><Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116">'
                    b'<XPath>false()</XPath></Transform>'),
    CANCELA.replace(b'</Transforms>', b'<Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/></Transforms>'),
    re.sub(b'<Transforms>.*</Transforms>', b'', CANCELA),
    # Other algorithms, even good ones.
    CANCELA.replace(b'xmldsig#rsa-sha1', b'xmldsig#hmac-sha1'),
    CANCELA.replace(b'http://www.w3.org/2000/09/xmldsig#rsa-sha1', b'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256'),
    CANCELA.replace(b'REC-xml-c14n-20010315', b'REC-xml-c14n-20010315#WithComments'),
    CANCELA.replace(b'<SignedInfo>', b'<SignedInfo><!-- -->'),
    CANCELA.replace(b'<SignedInfo>', b'<SignedInfo><x:Otro xmlns:x="y"/>'),
    CANCELA.replace(b'</SignedInfo>', b'</SignedInfo><SignedInfo/>'),
])
def test_of_another_shape(xml):
    assert xml != CANCELA
    assert codigo(xml) == 'firma_invalida'


def test_signed_by_an_efirma_is_told_by_its_certificate():
    """Who verifies says who signed; whether he may is asked of the certificate."""
    cer, key = autoridad().csd('EKU9003173C9', 'ESCUELA KEMPER URGATE', password=PASSWORD, efirma=True)
    efirma = Csd(Certificado.leer(cer), load_der_private_key(key, PASSWORD.encode()))
    assert not c.verificar_firma(c.firmar_cancelacion(CANCELACION, efirma)).es_csd
    assert c.verificar_firma(CANCELA).es_csd
    assert codigo(con_certificado(cer)) == 'firma_invalida'


def test_without_xmlsec(monkeypatch):
    def ausente():
        raise SealError('xmlsec_ausente', 'Falta la biblioteca xmlsec en el servidor.')

    monkeypatch.setattr(xmldsig, 'cargar', ausente)
    assert codigo(CANCELA) == 'xmlsec_ausente'
    with pytest.raises(SealError) as error:
        c.firmar_cancelacion(CANCELACION, csd())
    assert error.value.code == 'xmlsec_ausente'


def test_a_server_that_forbids_sha1(monkeypatch):
    real = xmldsig.cargar()

    class Prohibido:
        Error, Key, KeyFormat = real.Error, real.Key, real.KeyFormat

        class SignatureContext:
            key = None

            def sign(self, _firma):
                raise real.Error('digest not allowed')

    monkeypatch.setattr(xmldsig, 'cargar', lambda: Prohibido)
    with pytest.raises(SealError) as error:
        c.firmar_cancelacion(CANCELACION, csd())
    assert error.value.code == 'firma_imposible'


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damaged_requests_never_verify_with_other_values(datos):
    roto = bytearray(CANCELA)
    for _ in range(datos.draw(st.integers(1, 3))):
        lugar = datos.draw(st.integers(0, len(roto) - 1))
        roto[lugar:lugar + datos.draw(st.integers(0, 3))] = datos.draw(st.binary(max_size=3))
    try:
        c.verificar_firma(bytes(roto))
        leida = c.leer_cancelacion(bytes(roto))
    except CfdiError:
        return
    assert leida == CANCELACION
