"""Certificates and keys: what they say, and each way in which they cannot be used."""
import base64
import copy
import pickle
from datetime import UTC, datetime, timedelta

import pytest
from apoyo import PASSWORD, autoridad, csd, par
from cryptography.hazmat.primitives import serialization as s
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from l10n_mx_cfdi40.cfdi import der
from l10n_mx_cfdi40.cfdi.csd import Certificado, Csd
from l10n_mx_cfdi40.cfdi.errors import CsdError

CIFRADO = s.BestAvailableEncryption(PASSWORD.encode())


def en_der(llave, cifrado=CIFRADO):
    return llave.private_bytes(s.Encoding.DER, s.PrivateFormat.PKCS8, cifrado)


def codigo(hacer, *argumentos):
    with pytest.raises(CsdError) as error:
        hacer(*argumentos)
    assert str(error.value).endswith('.')
    return error.value.code


@pytest.mark.parametrize(('rfc', 'nombre'), [
    ('EKU9003173C9', 'ESCUELA KEMPER URGATE'), ('CACX7605101P8', 'XOCHILT CASAS CHAVEZ'),
    ('URE180429TM6', 'UNIVERSIDAD ROBOTICA ESPAÑOLA'), ('H&E951128469', 'HERRERIA & ELECTRICOS'),
    ('OÑO120726RX3', 'ORGANICOS ÑAVEZ OSORIO'),
])
def test_what_a_certificate_says(rfc, nombre):
    certificado = Certificado.leer(par(rfc, nombre)[0])
    assert (certificado.rfc, certificado.nombre, certificado.es_csd) == (rfc, nombre, True)
    assert len(certificado.numero) == 20
    assert certificado.numero.isdigit()
    assert certificado.desde == datetime(2024, 1, 1, tzinfo=UTC)
    assert certificado.hasta == datetime(2028, 1, 1, tzinfo=UTC)
    assert base64.b64decode(certificado.base64) == certificado.der


def test_a_pair_signs():
    firma = csd().firmar(b'datos')
    assert csd().certificado.verifica(firma, b'datos')
    assert not csd().certificado.verifica(firma, b'otros')
    assert not csd().certificado.verifica(b'', b'datos')


def test_pem_files_are_understood():
    cer, key = par()
    pem = b'-----BEGIN CERTIFICATE-----\n' + base64.encodebytes(cer) + b'-----END CERTIFICATE-----\n'
    llave = (b'-----BEGIN ENCRYPTED PRIVATE KEY-----\n' + base64.encodebytes(key)
             + b'-----END ENCRYPTED PRIVATE KEY-----\n')
    assert Csd.abrir(pem, llave, PASSWORD).certificado.der == cer


@pytest.mark.parametrize('contenido', [b'', b'hola', b'\x30', b'\x30\x80', b'\x30\x03\x02\x01\x01', b'\x00' * 300,
                                       b'-----BEGIN CERTIFICATE-----\n====\n-----END CERTIFICATE-----'])
def test_not_a_certificate(contenido):
    assert codigo(Certificado.leer, contenido) == 'no_es_certificado'
    assert codigo(Csd.abrir, contenido, par()[1], PASSWORD) == 'no_es_certificado'


def test_a_certificate_cut_anywhere_is_none():
    cer = par()[0]
    for largo in range(0, len(cer), 7):
        assert codigo(Certificado.leer, cer[:largo]) == 'no_es_certificado'


def test_a_certificate_with_any_byte_changed_never_breaks_the_reader():
    cer = par()[0]
    leidos, codigos = 0, set()
    for lugar in range(0, len(cer), 3):
        roto = bytearray(cer)
        roto[lugar] ^= 0xFF
        try:
            certificado = Certificado.leer(bytes(roto))
            leidos += bool(certificado.clave_publica)
        except CsdError as error:
            codigos.add(error.code)
    assert leidos
    assert codigos == {'no_es_certificado'}


def test_the_files_the_other_way_round():
    cer, key = par()
    assert codigo(Csd.abrir, key, cer, PASSWORD) == 'no_es_certificado'
    assert codigo(Csd.abrir, cer, cer, PASSWORD) == 'no_es_llave'


def test_not_a_key():
    cer = par()[0]
    llave = rsa.generate_private_key(65537, 2048)
    for contenido in (b'', b'hola', en_der(llave, s.NoEncryption()), en_der(llave)[:-1]):
        assert codigo(Csd.abrir, cer, contenido, PASSWORD) == 'no_es_llave'
    assert codigo(Csd.abrir, cer, en_der(ec.generate_private_key(ec.SECP256R1())), PASSWORD) == 'no_es_llave'


@pytest.mark.parametrize('password', ['', 'otra', PASSWORD.upper(), f'{PASSWORD} ', 'contraseña€'])
def test_wrong_password(password):
    assert codigo(Csd.abrir, *par(), password) == 'password_incorrecto'


def test_many_wrong_passwords_never_give_another_error():
    """One in 256 leaves a right padding and garbage behind it."""
    assert {codigo(Csd.abrir, *par(), f'no es {n}') for n in range(600)} == {'password_incorrecto'}


@pytest.mark.parametrize('codificacion', ['utf-8', 'latin-1'])
def test_a_password_with_letters_that_are_not_ascii(codificacion):
    cer, key = par()
    llave = s.load_der_private_key(key, PASSWORD.encode())
    otra = en_der(llave, s.BestAvailableEncryption('añejo'.encode(codificacion)))
    assert Csd.abrir(cer, otra, 'añejo').certificado.der == cer


def test_key_of_another_certificate():
    assert codigo(Csd.abrir, par()[0], par('CACX7605101P8', 'XOCHILT CASAS CHAVEZ')[1], PASSWORD) == (
        'llave_de_otro_certificado')


def test_a_key_with_the_right_modulus_that_does_not_sign_well_is_refused():
    """What the skipped self check of RSA would have found, the signature test finds."""
    cer, key = par()
    n = s.load_der_private_key(key, PASSWORD.encode()).private_numbers()
    rota = rsa.RSAPrivateNumbers(p=n.p, q=n.q, d=n.d + 2, dmp1=n.dmp1 + 2, dmq1=n.dmq1, iqmp=n.iqmp,
                                 public_numbers=n.public_numbers).private_key(unsafe_skip_rsa_key_validation=True)
    assert codigo(Csd.abrir, cer, en_der(rota), PASSWORD) == 'no_es_llave'


def test_an_efirma_is_no_csd():
    cer, key = autoridad().csd('EKU9003173C9', 'ESCUELA KEMPER URGATE', password=PASSWORD, efirma=True)
    assert not Certificado.leer(cer).es_csd
    assert codigo(Csd.abrir, cer, key, PASSWORD) == 'es_efirma'


def test_dates():
    certificado = csd().certificado
    segundo = timedelta(seconds=1)
    for bueno in (certificado.desde, certificado.hasta, certificado.hasta.replace(tzinfo=None)):
        csd().revisar_vigencia(bueno)
    assert codigo(csd().revisar_vigencia, certificado.hasta + segundo) == 'vencido'
    assert codigo(csd().revisar_vigencia, certificado.desde - segundo) == 'aun_no_vigente'
    mexico = certificado.hasta.astimezone(__import__('zoneinfo').ZoneInfo('America/Mexico_City'))
    csd().revisar_vigencia(mexico)


def test_rfc_of_another():
    csd().revisar_rfc(' eku9003173c9')
    assert codigo(csd().revisar_rfc, 'URE180429TM6') == 'rfc_distinto'
    assert codigo(csd().revisar_rfc, '') == 'rfc_distinto'


def test_a_key_does_not_leave_by_accident():
    assert 'BEGIN' not in repr(csd())
    for copiar in (pickle.dumps, copy.deepcopy, copy.copy):
        with pytest.raises(TypeError):
            copiar(csd())


def test_names_in_any_encoding():
    """The strings of certificates come in encodings that their tags do not tell."""
    for etiqueta, contenido in ((0x13, 'ESPAÑA'.encode()), (0x13, 'ESPAÑA'.encode('latin-1')),
                                (0x0C, 'ESPAÑA'.encode()), (0x14, 'ESPAÑA'.encode('latin-1')),
                                (0x1E, 'ESPAÑA'.encode('utf-16-be'))):
        pieza, = der.piezas(bytes([etiqueta, len(contenido)]) + contenido)
        assert der.texto(pieza) == 'ESPAÑA'


def test_the_certificates_of_the_sat(shared_data):
    vistos = {}
    for cer in sorted((shared_data / 'csd').rglob('*.cer')):
        pareja = Csd.abrir(cer.read_bytes(), cer.with_suffix('.key').read_bytes(), PASSWORD)
        vistos[pareja.certificado.rfc] = pareja.certificado.nombre
        assert codigo(Csd.abrir, cer.read_bytes(), cer.with_suffix('.key').read_bytes(), 'otra') == (
            'password_incorrecto')
    assert vistos['OÑO120726RX3'] == 'ORGANICOS ÑAVEZ OSORIO S.A DE C.V SA DE CV'
    assert vistos['H&E951128469'] == 'HERRERIA & ELECTRICOS S DE CV'
    assert {'EKU9003173C9', 'CACX7605101P8'} <= set(vistos)
    for cer in sorted((shared_data / 'efirma').glob('*.cer')):
        assert codigo(Csd.abrir, cer.read_bytes(), cer.with_suffix('.key').read_bytes(), PASSWORD) == 'es_efirma'
