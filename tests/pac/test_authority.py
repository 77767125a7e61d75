"""The test authority: the core reads what it issues as it reads the SAT's, and it recognises its own."""

from datetime import UTC, datetime, timedelta
from multiprocessing import get_context

import pytest
from cryptography import x509

from l10n_mx_cfdi40.cfdi.csd import Certificado, Csd
from l10n_mx_cfdi40.cfdi.errors import CsdError
from l10n_mx_cfdi40.pac.authority import PASSWORD, Authority
from l10n_mx_cfdi40.pac.store import Store

NOW = datetime(2026, 8, 13, 18, 0, 0, tzinfo=UTC)


@pytest.fixture
def authority(engine):
    return engine.authority


def test_a_csd_opens_with_its_key(authority):
    cer, key = authority.csd("EKU9003173C9", "ESCUELA KEMPER URGATE SA DE CV")
    opened = Csd.abrir(cer, key, PASSWORD)
    certificate = opened.certificado
    assert certificate.rfc == "EKU9003173C9"
    assert certificate.nombre == "ESCUELA KEMPER URGATE SA DE CV"
    assert certificate.es_csd
    assert certificate.numero.startswith("30001")
    assert len(certificate.numero) == 20
    assert certificate.numero.isdigit()
    assert certificate.desde == NOW - timedelta(days=1)
    assert certificate.hasta.year == 2030
    opened.revisar_vigencia(NOW)


@pytest.mark.parametrize(("rfc", "nombre"), [
    ("ÑAV120726RX3", "ORGÁNICOS ÑAVEZ OSORIO SA DE CV"),
    ("H&E951128469", "HERRERÍA & ELÉCTRICOS S DE CV"),
    ("CACX7605101P8", "XOCHILT CASAS CHAVEZ"),
    ("MUÑ8001019Q8", "JOSÉ MUÑOZ & HIJOS"),
])
def test_names_with_letters_that_printable_strings_lack(authority, rfc, nombre):
    cer, key = authority.csd(rfc, nombre)
    certificate = Csd.abrir(cer, key, PASSWORD).certificado
    assert (certificate.rfc, certificate.nombre, certificate.es_csd) == (rfc, nombre, True)


def test_an_efirma_is_told_from_a_csd(authority):
    cer, key = authority.csd("EKU9003173C9", "ESCUELA KEMPER URGATE SA DE CV", efirma=True)
    assert not Certificado.leer(cer).es_csd
    with pytest.raises(CsdError) as caught:
        Csd.abrir(cer, key, PASSWORD)
    assert caught.value.code == "es_efirma"


@pytest.mark.parametrize(("desde", "hasta", "code"), [
    (NOW - timedelta(days=1500), NOW - timedelta(days=1), "vencido"),
    (NOW + timedelta(days=1), NOW + timedelta(days=1500), "aun_no_vigente"),
])
def test_out_of_force(authority, desde, hasta, code):
    cer, key = authority.csd("EKU9003173C9", "ESCUELA KEMPER URGATE SA DE CV", desde=desde, hasta=hasta)
    with pytest.raises(CsdError) as caught:
        Csd.abrir(cer, key, PASSWORD).revisar_vigencia(NOW)
    assert caught.value.code == code


def test_the_password_is_the_one_given(authority):
    cer, key = authority.csd("EKU9003173C9", "ESCUELA", password="otra clave")
    with pytest.raises(CsdError) as caught:
        Csd.abrir(cer, key, PASSWORD)
    assert caught.value.code == "password_incorrecto"
    assert Csd.abrir(cer, key, "otra clave").certificado.rfc == "EKU9003173C9"


def test_numbers_do_not_repeat(authority):
    numbers = {Certificado.leer(authority.csd("EKU9003173C9", "ESCUELA")[0]).numero for _ in range(3)}
    assert len(numbers) == 3


def test_what_it_issued_is_recognised_also_by_another_process_and_nothing_else_is(authority, engine, tmp_path):
    cer, _key = authority.csd("EKU9003173C9", "ESCUELA")
    assert authority.issued(cer)
    assert Authority(Store(engine.store.path)).issued(cer)
    stranger = Authority(Store(tmp_path / "other.sqlite3"))
    assert not stranger.issued(cer)
    assert not authority.issued(stranger.csd("EKU9003173C9", "ESCUELA")[0])
    changed = bytearray(cer)
    changed[cer.index(b"ESCUELA")] ^= 1
    assert not authority.issued(bytes(changed))
    assert not authority.issued(b"")
    assert not authority.issued(b"no es un certificado")


def shape(certificate):
    """What tells kinds of certificates apart: subject's attributes in order, extensions with their values, key size."""
    parsed = x509.load_der_x509_certificate(certificate)
    return (
        [attribute.oid.dotted_string for attribute in parsed.subject],
        [(extension.critical, extension.value.public_bytes()) for extension in parsed.extensions],
        parsed.public_key().key_size,
        parsed.signature_algorithm_oid,
        parsed.serial_number.to_bytes(20, "big").decode()[:5],
    )


def test_the_shape_of_the_sats(authority, shared_data):
    """Same attributes, extensions, serial and key as the certificates that the SAT issues for tests."""
    name = "ESCUELA KEMPER URGATE SA DE CV"
    for folder, efirma in (("csd/valid", False), ("efirma", True)):
        theirs = (shared_data / folder / "EKU9003173C9.cer").read_bytes()
        assert shape(authority.csd("EKU9003173C9", name, efirma=efirma)[0]) == shape(theirs)


def test_it_says_that_it_is_not_the_sat(authority):
    own = x509.load_der_x509_certificate(authority.certificate)
    assert "SIN VALIDEZ" in own.subject.rfc4514_string()
    own.verify_directly_issued_by(own)
    stamping = x509.load_der_x509_certificate(authority.stamping.certificate)
    stamping.verify_directly_issued_by(own)
    assert "PRUEBA" in stamping.subject.rfc4514_string()
    assert "PACSPR190613I52" in stamping.subject.rfc4514_string()


def _first_use(path, start, results):
    start.wait()
    authority = Authority(Store(path))
    results.put((authority.certificate, authority.stamping.certificate))


def test_processes_that_come_first_together_agree_on_one_authority(tmp_path):
    context = get_context("fork")
    start, results = context.Barrier(4), context.Queue()
    path = tmp_path / "store.sqlite3"
    processes = [context.Process(target=_first_use, args=(path, start, results)) for _ in range(4)]
    for process in processes:
        process.start()
    answers = {results.get(timeout=60) for _ in processes}
    for process in processes:
        process.join(60)
    assert len(answers) == 1
