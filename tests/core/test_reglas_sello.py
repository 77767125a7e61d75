"""CFDI40102 and CFDI40106: the seal and the certificate, with certificates of our own test authority."""

from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from fabrica_reglas import EMISOR, FECHA, contexto, factura

from l10n_mx_cfdi40.cfdi.csd import Csd
from l10n_mx_cfdi40.cfdi.findings import check, mensaje
from l10n_mx_cfdi40.cfdi.parse import leer
from l10n_mx_cfdi40.cfdi.seal import sellar
from l10n_mx_cfdi40.cfdi.values import Opaco
from l10n_mx_cfdi40.pac.authority import PASSWORD, Authority
from l10n_mx_cfdi40.pac.store import Store

# Fecha is 10:00 in Aguascalientes (central time, UTC-6).
DESDE = datetime(2026, 8, 3, 16, 0, 0, tzinfo=UTC)
HASTA = datetime(2030, 8, 3, tzinfo=UTC)
CERTIFICADO, NUMERO, SELLO = 'Comprobante/@Certificado', 'Comprobante/@NoCertificado', 'Comprobante/@Sello'


@pytest.fixture(scope='module')
def autoridad(tmp_path_factory):
    return Authority(Store(tmp_path_factory.mktemp('pac') / 'store.sqlite3'))


def abrir(autoridad, rfc=EMISOR.rfc, nombre=EMISOR.nombre, desde=DESDE, hasta=HASTA, **resto):
    return Csd.abrir(*autoridad.csd(rfc, nombre, password=PASSWORD, desde=desde, hasta=hasta, **resto), PASSWORD)


@pytest.fixture(scope='module')
def csd(autoridad):
    return abrir(autoridad)


@pytest.fixture(scope='module')
def sellada(csd):
    return sellar(factura(), csd).comprobante


def hallazgos(documento, **cambios):
    encontrados = check(documento, contexto(**cambios), skip=('time',))
    assert all(mensaje(h).endswith(f'({h.code})') and 'sin dato' not in mensaje(h) for h in encontrados)
    return [(h.code, h.path, h.params.get('motivo')) for h in encontrados]


def test_bien(sellada, csd):
    assert hallazgos(sellada) == []
    assert hallazgos(leer(sellar(factura(), csd).xml)) == []


def test_sin_sellar():
    assert hallazgos(factura()) == [('CFDI40102', SELLO, 'falta'), ('CFDI40106', CERTIFICADO, 'falta')]


def test_contenido_modificado(sellada):
    otra = replace(sellada, folio='2')
    assert hallazgos(otra) == [('CFDI40102', SELLO, 'distinto')]


def test_sello_que_no_es_base64(sellada):
    assert hallazgos(replace(sellada, sello='ñ' * 344)) == [('CFDI40102', SELLO, 'distinto')]


def test_complemento_sin_tabla_no_se_puede_comprobar(sellada):
    raro = Opaco(xml=b'<x:Cosa xmlns:x="urn:cosa" Version="1.0"/>')
    encontrados = check(replace(sellada, complemento=(raro,)), contexto(), skip=('time',))
    assert [(h.code, h.severity, h.params['motivo']) for h in encontrados] == [('CFDI40102', 'warning', 'complemento')]


def test_certificado_ilegible(sellada):
    mala = replace(sellada, certificado=b64encode(b'esto no es un certificado').decode())
    assert hallazgos(mala) == [('CFDI40106', CERTIFICADO, 'ilegible')]


def test_numero_de_otro_certificado(sellada, csd):
    otra = replace(sellada, no_certificado='30001000000500003416')
    assert hallazgos(otra)[-1] == ('CFDI40106', NUMERO, 'numero')


def test_certificado_de_otro(autoridad):
    otro = sellar(factura(), abrir(autoridad, 'XIA190128J61', 'XENON INDUSTRIAL ARTICLES')).comprobante
    assert hallazgos(otro) == [('CFDI40106', CERTIFICADO, 'rfc')]


def test_a_traves_del_adquirente(autoridad):
    emisor = replace(EMISOR, fac_atr_adquirente='0000012345')
    otro = sellar(factura(emisor=emisor), abrir(autoridad, 'XIA190128J61', 'XENON INDUSTRIAL ARTICLES')).comprobante
    assert hallazgos(otro) == []


def test_con_efirma(sellada, autoridad):
    cer, _key = autoridad.csd(EMISOR.rfc, EMISOR.nombre, password=PASSWORD, desde=DESDE, hasta=HASTA, efirma=True)
    otra = replace(sellada, certificado=b64encode(cer).decode())
    assert ('CFDI40106', CERTIFICADO, 'efirma') in hallazgos(otra)


def test_vigencia_en_la_zona_del_lugar(csd):
    """The certificate begins at 16:00 UTC: 10:00 in Aguascalientes, and 09:00 in Tijuana in summer."""
    antes = sellar(factura(fecha=FECHA - timedelta(seconds=1)), csd).comprobante
    assert hallazgos(antes) == [('CFDI40106', CERTIFICADO, 'vigencia')]
    tijuana = {'lugar_expedicion': '22000'}
    assert hallazgos(sellar(factura(fecha=FECHA - timedelta(hours=1), **tijuana), csd).comprobante) == []
    assert hallazgos(sellar(factura(fecha=FECHA - timedelta(hours=1, seconds=1), **tijuana), csd).comprobante) == [
        ('CFDI40106', CERTIFICADO, 'vigencia')]


def test_autoridad_desconocida(sellada):
    assert hallazgos(sellada, certificado_valido=lambda _certificado: True) == []
    assert hallazgos(sellada, certificado_valido=lambda _certificado: False) == [
        ('CFDI40106', CERTIFICADO, 'autoridad')]
