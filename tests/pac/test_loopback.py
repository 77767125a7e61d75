"""What the embedded PAC stamps and what it refuses: each code with a document that fails, beside one that passes."""

import base64
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from l10n_mx_cfdi40.cfdi import cadena, parse, timbre
from l10n_mx_cfdi40.cfdi.csd import Csd
from l10n_mx_cfdi40.cfdi.values import Emisor, Receptor
from l10n_mx_cfdi40.pac import codes, registry, review
from l10n_mx_cfdi40.pac.authority import PASSWORD, Authority
from l10n_mx_cfdi40.pac.base import Accepted, NotFound, Pac, Refused, Unknown, key_of
from l10n_mx_cfdi40.pac.engine import LEYENDA, Engine
from l10n_mx_cfdi40.pac.store import Store

NOW = datetime(2026, 8, 13, 18, 0, 0, tzinfo=UTC)
LOCAL = datetime(2026, 8, 13, 12, 0, 0)
RFC, NOMBRE = "EKU9003173C9", "ESCUELA KEMPER URGATE SA DE CV"


def refused(outcome, code):
    assert isinstance(outcome, Refused), outcome
    assert outcome.code == code, outcome.message
    assert outcome.message
    return outcome


def test_a_client_says_what_its_entry_says(engine):
    pac = registry.client("loopback", {"store": engine.store.path})
    assert isinstance(pac, Pac)
    assert pac.code == "loopback"
    assert pac.capabilities == registry.PROVIDERS["loopback"].capabilities


def test_the_stamp_is_whole_and_marked(engine, documents, stamp):
    sealed = documents.sealed()
    outcome = stamp(sealed)
    assert isinstance(outcome, Accepted)
    assert not outcome.repeated
    found = timbre.leer_timbre(outcome.xml)
    assert found.leyenda == LEYENDA
    assert 12 <= len(LEYENDA) <= 150
    assert found.rfc_prov_certif == "SPR190613I52"
    assert found.no_certificado_sat == engine.authority.stamping.number
    assert found.fecha_timbrado == LOCAL
    assert found.sello_cfd == parse.leer(sealed).sello
    engine.authority.stamping.key.public_key().verify(
        base64.b64decode(found.sello_sat), cadena.cadena_timbre(found).encode(), padding.PKCS1v15(), hashes.SHA256(),
    )
    (stored,) = engine.stamps()
    assert stored.uuid == found.uuid
    assert (stored.issuer_rfc, stored.receiver_rfc, stored.serie, stored.folio, stored.total, stored.currency) == (
        RFC, "URE180429TM6", "F", "1", "116.00", "MXN",
    )
    assert stored.sha256 == key_of(sealed)
    assert stored.xml == outcome.xml


def test_the_sealed_document_is_not_touched(documents, stamp):
    sealed = documents.sealed()
    stamped = stamp(sealed).xml
    assert cadena.cadena_of_xml(stamped) == cadena.cadena_of_xml(sealed)


def test_fecha_timbrado_is_central_time_wherever_the_issuer_is(documents, stamp):
    """Tijuana is an hour behind the centre in August: FechaTimbrado does not follow it."""
    tijuana = documents.sealed(lugar_expedicion="22000", fecha=datetime(2026, 8, 13, 10, 30))
    assert timbre.leer_timbre(stamp(tijuana).xml).fecha_timbrado == LOCAL


def test_the_same_bytes_get_the_first_stamp(engine, documents, stamp):
    sealed = documents.sealed()
    first, second = stamp(sealed), stamp(sealed)
    assert second == Accepted(first.xml, repeated=True)
    assert engine.count() == 1
    assert len(engine.calls()) == 2


def test_the_same_bytes_get_it_also_when_they_would_no_longer_pass(engine, documents, stamp):
    sealed = documents.sealed()
    first = stamp(sealed)
    engine.clock.advance(timedelta(days=30))
    engine.set_credits(0)
    engine.set_certificate_status(documents.csd.certificado.numero, review.REVOKED)
    assert stamp(sealed) == Accepted(first.xml, repeated=True)
    refused(stamp(documents.sealed(folio="2")), "304")


def test_another_document_with_the_same_folio_is_another_document(engine, documents, stamp):
    """No PAC looks at serie and folio: it is the issuer who must not number twice."""
    stamp(documents.sealed())
    assert isinstance(stamp(documents.sealed(condiciones_de_pago="30 dias")), Accepted)
    assert engine.count() == 2


def test_a_store_reopened_remembers(engine, documents, stamp):
    sealed = documents.sealed()
    first = stamp(sealed)
    again = Engine(Store(engine.store.path))
    assert again.recover(sealed) == Accepted(first.xml, repeated=True)
    assert again.stamps() == engine.stamps()


def test_recover_what_never_came(pac, documents):
    sealed = documents.sealed()
    assert isinstance(pac.recover(sealed, key=key_of(sealed)), NotFound)


def test_a_key_of_other_bytes_is_the_callers_mistake(engine, pac, documents):
    with pytest.raises(ValueError, match="sha256"):
        pac.stamp(documents.sealed(), key=key_of(b"other"))
    assert engine.calls() == []


@pytest.mark.parametrize("damage", ["folder", "garbage"])
def test_a_store_that_fails_leaves_the_document_in_doubt(documents, tmp_path, damage):
    path = tmp_path / "store.sqlite3"
    if damage == "garbage":
        path.write_bytes(b"this is not a database" * 100)
    else:
        (tmp_path / "file").write_text("")
        path = tmp_path / "file" / "store.sqlite3"
    pac = registry.client("loopback", {"store": path})
    sealed = documents.sealed()
    for call in (pac.stamp, pac.recover):
        outcome = call(sealed, key=key_of(sealed))
        assert isinstance(outcome, Unknown)
        assert outcome.sent


# 300 and credits

def test_300_credentials(engine, documents):
    engine.set_credentials("usuario", "clave")
    sealed = documents.sealed()
    settings = {"store": engine.store.path, "username": "usuario"}
    wrong = registry.client("loopback", {**settings, "password": "otra"})
    outcome = refused(wrong.stamp(sealed, key=key_of(sealed)), "300")
    assert not outcome.examined
    assert isinstance(wrong.recover(sealed, key=key_of(sealed)), Unknown)
    refused(registry.client("loopback", {"store": engine.store.path}).stamp(sealed, key=key_of(sealed)), "300")
    right = registry.client("loopback", {**settings, "password": "clave"})
    assert isinstance(right.stamp(sealed, key=key_of(sealed)), Accepted)


def test_credits_are_spent_once_a_document(engine, pac, documents, stamp):
    assert pac.credits() is None
    engine.set_credits(1)
    sealed = documents.sealed()
    stamp(sealed), stamp(sealed)
    assert pac.credits() == 0
    refused(stamp(documents.sealed(folio="2")), codes.SIN_FOLIOS)
    engine.set_credits(5)
    assert isinstance(stamp(documents.sealed(folio="2")), Accepted)
    assert pac.credits() == 4


def test_a_refused_document_costs_nothing(engine, documents, stamp):
    engine.set_credits(1)
    stamp(documents.sealed(total=Decimal("117.00")))
    assert engine.credits() == 1


# 301 and 307

@pytest.mark.parametrize("changes", [{"folio": "x" * 41}, {"serie": "é" * 26}, {"condiciones_de_pago": "a|b"}])
def test_301_a_value_out_of_its_pattern(documents, stamp, changes):
    refused(stamp(documents.sealed(**changes)), "301")


def test_301_a_node_or_attribute_that_the_schema_lacks(documents, stamp):
    sealed = documents.sealed()
    refused(stamp(sealed.replace(b"<cfdi:Emisor ", b'<cfdi:Emisor Color="azul" ', 1)), "301")
    refused(stamp(sealed.replace(b"<cfdi:Emisor ", b"<cfdi:Nada/><cfdi:Emisor ", 1)), "301")


def test_301_a_missing_attribute(documents, stamp):
    sealed = documents.sealed()
    refused(stamp(sealed.replace(b' Total="116.00"', b"", 1)), "301")


@pytest.mark.parametrize("attribute", ["Sello", "Certificado", "NoCertificado", "Fecha", "LugarExpedicion", "Moneda"])
@pytest.mark.parametrize("value", [None, "", "x"])
def test_a_missing_or_senseless_attribute_is_a_refusal(documents, stamp, attribute, value):
    sealed = documents.sealed()
    pattern = f' {attribute}="[^"]*"'.encode()
    changed = re.sub(pattern, b"" if value is None else f' {attribute}="{value}"'.encode(), sealed, count=1)
    assert changed != sealed
    assert isinstance(stamp(changed), Refused)


@pytest.mark.parametrize("fecha", ["2026-02-30T10:00:00", "2026-08-13T10:00:00Z", "13/08/2026", "2026-08-13 10:00:00"])
def test_a_date_out_of_its_format(documents, stamp, fecha):
    sealed = documents.sealed()
    refused(stamp(re.sub(b' Fecha="[^"]*"', f' Fecha="{fecha}"'.encode(), sealed, count=1)), "CFDI40101")


@pytest.mark.parametrize("node", ["Emisor", "Receptor", "Conceptos"])
def test_301_a_missing_node(documents, stamp, node):
    pattern = f"<cfdi:{node}[ >].*?(</cfdi:{node}>|/>)".encode()
    refused(stamp(re.sub(pattern, b"", documents.sealed(), count=1)), "301")


def test_307_a_document_that_is_stamped(engine, documents, stamp):
    refused(stamp(stamp(documents.sealed()).xml), "307")
    assert engine.count() == 1


def test_307_the_same_seal_in_other_bytes(engine, documents, stamp):
    """What the seal covers is the same document, whatever is around it."""
    sealed = documents.sealed()
    first = timbre.leer_timbre(stamp(sealed).xml)
    outcome = refused(stamp(sealed.rstrip() + b"\n\n"), "307")
    assert outcome.params["uuid"] == first.uuid
    assert engine.count() == 1


# The certificate

def test_308_a_certificate_of_another_authority(documents, stamp, tmp_path):
    cer, key = Authority(Store(tmp_path / "other.sqlite3")).csd(RFC, NOMBRE)
    refused(stamp(documents.sealed(key=Csd.abrir(cer, key, PASSWORD), fecha=LOCAL)), "308")


def test_308_a_number_that_is_not_the_certificates(documents, stamp, engine):
    cer, key = engine.authority.csd(RFC, NOMBRE)
    refused(stamp(documents.sealed_by(cer, documents.open_key(key), numero="30001000000500003416")), "308")
    assert isinstance(stamp(documents.sealed_by(cer, documents.open_key(key))), Accepted)


def test_308_what_is_not_a_certificate(documents, stamp):
    sealed = documents.sealed()
    comprobante = parse.leer(sealed)
    for value in (b"AAAA", b"QUJD" * 40):
        refused(stamp(sealed.replace(comprobante.certificado.encode(), value, 1)), "308")


def test_306_the_efirma(documents, stamp):
    refused(stamp(documents.sealed_by(*documents.efirma)), "306")


def test_303_somebody_elses_csd(documents, stamp):
    other = Emisor(rfc="JES900109Q90", nombre="JIMENEZ ESTRADA SALAS", regimen_fiscal="601")
    refused(stamp(documents.sealed(emisor=other)), "303")


def test_the_buyer_may_seal_for_the_seller(engine, documents, stamp):
    """FacAtrAdquirente: the buyer issues the document in the seller's name."""
    seller = Emisor(rfc="CACX7605101P8", nombre="XOCHILT CASAS CHAVEZ", regimen_fiscal="612",
                    fac_atr_adquirente="0000000001")
    buyer = Receptor(rfc=RFC, nombre="ESCUELA KEMPER URGATE", domicilio_fiscal_receptor="42501",
                     regimen_fiscal_receptor="601", uso_cfdi="G03")
    assert isinstance(stamp(documents.sealed(emisor=seller, receptor=buyer)), Accepted)
    refused(stamp(documents.sealed(emisor=replace(seller, fac_atr_adquirente=None), receptor=buyer)), "303")


@pytest.mark.parametrize("status", [review.REVOKED, review.EXPIRED, review.UNLISTED])
def test_304_the_list_of_issuers(engine, documents, stamp, status):
    sealed = documents.sealed()
    engine.set_certificate_status(documents.csd.certificado.numero, status)
    refused(stamp(sealed), "304")
    engine.set_certificate_status(documents.csd.certificado.numero, None)
    assert isinstance(stamp(sealed), Accepted)


def test_402_an_issuer_without_obligations(engine, documents, stamp):
    sealed = documents.sealed()
    engine.set_obligations(RFC, False)
    refused(stamp(sealed), "402")
    engine.set_obligations(RFC, True)
    assert isinstance(stamp(sealed), Accepted)


def test_305_a_date_out_of_the_certificates_validity(engine, documents, stamp):
    cer, key = engine.authority.csd(RFC, NOMBRE, desde=NOW - timedelta(days=9), hasta=NOW - timedelta(hours=1))
    key = documents.open_key(key)
    assert isinstance(stamp(documents.sealed_by(cer, key, fecha=LOCAL - timedelta(hours=2))), Accepted)
    refused(stamp(documents.sealed_by(cer, key, fecha=LOCAL - timedelta(minutes=30))), "305")
    cer, key = engine.authority.csd(RFC, NOMBRE, desde=NOW - timedelta(hours=1), hasta=NOW + timedelta(days=9))
    key = documents.open_key(key)
    refused(stamp(documents.sealed_by(cer, key, fecha=LOCAL - timedelta(hours=2))), "305")
    assert isinstance(stamp(documents.sealed_by(cer, key, fecha=LOCAL - timedelta(minutes=30))), Accepted)


# The seal and the date

def test_302_a_document_changed_after_it_was_sealed(documents, stamp):
    sealed = documents.sealed()
    refused(stamp(sealed.replace(b'Descripcion="Venta"', b'Descripcion="Ventas"', 1)), "302")


def test_302_a_seal_that_is_none(documents, stamp):
    sealed = documents.sealed()
    sello = parse.leer(sealed).sello.encode()
    refused(stamp(sealed.replace(sello, base64.b64encode(b"x" * 256), 1)), "302")
    refused(stamp(sealed.replace(sello, b"QUJD", 1)), "302")


@pytest.mark.parametrize(("fecha", "fits"), [
    (LOCAL, True),
    (LOCAL + timedelta(seconds=1), False),
    (LOCAL - timedelta(hours=72), True),
    (LOCAL - timedelta(hours=72, seconds=1), False),
])
def test_401_the_72_hours(engine, documents, stamp, fecha, fits):
    cer, key = engine.authority.csd(RFC, NOMBRE, desde=NOW - timedelta(days=30))
    outcome = stamp(documents.sealed_by(cer, documents.open_key(key), fecha=fecha))
    if fits:
        assert isinstance(outcome, Accepted), outcome
    else:
        refused(outcome, "401")


@pytest.mark.parametrize(("postal_code", "hours"), [("42501", 0), ("22000", -1), ("77500", 1)])
def test_401_in_the_time_of_the_place_of_issue(documents, stamp, postal_code, hours):
    """At noon in the centre it is eleven in Tijuana (summer) and one in Cancún."""
    there = LOCAL + timedelta(hours=hours)
    assert isinstance(stamp(documents.sealed(lugar_expedicion=postal_code, fecha=there)), Accepted)
    late = documents.sealed(lugar_expedicion=postal_code, fecha=there + timedelta(minutes=5))
    refused(stamp(late), "401")


# The rules of Anexo 20

@pytest.mark.parametrize(("changes", "code"), [
    ({"total": Decimal("117.00")}, "CFDI40119"),
    ({"sub_total": Decimal("101.00")}, "CFDI40108"),
    ({"metodo_pago": "PPD"}, "CFDI40105"),
    ({"lugar_expedicion": "00001"}, "CFDI40126"),
    ({"tipo_cambio": Decimal("2")}, "CFDI40114"),
])
def test_a_rule_of_the_sat(documents, stamp, changes, code):
    outcome = stamp(documents.sealed(**changes))
    assert isinstance(outcome, Refused)
    assert code in [found for found, _text in outcome.params["findings"]]
    assert outcome.code.startswith("CFDI40")


def test_all_findings_are_told_and_the_first_gives_the_code(documents, stamp):
    outcome = stamp(documents.sealed(total=Decimal("117.00"), metodo_pago="PPD"))
    found = [code for code, _text in outcome.params["findings"]]
    assert {"CFDI40105", "CFDI40119"} <= set(found)
    assert outcome.code == found[0]


def test_the_order_of_the_checks(engine, documents, stamp):
    """Structure before certificate, certificate before seal, seal before date, date before the rules."""
    bad = documents.sealed(total=Decimal("117.00"), fecha=LOCAL + timedelta(hours=1))
    tampered = bad.replace(b'Descripcion="Venta"', b'Descripcion="Ventas"', 1)
    broken = tampered.replace(b"<cfdi:Emisor ", b'<cfdi:Emisor Color="azul" ', 1)
    engine.set_obligations(RFC, False)
    refused(stamp(broken), "301")
    refused(stamp(tampered), "402")
    engine.set_obligations(RFC, True)
    refused(stamp(tampered), "302")
    refused(stamp(bad), "401")
    engine.clock.advance(timedelta(hours=2))
    refused(stamp(bad), "CFDI40119")


# The SAT's own test certificates

def test_the_sats_test_csd(documents, stamp, shared_data):
    folder = shared_data / "csd" / "valid"
    key = Csd.abrir((folder / f"{RFC}.cer").read_bytes(), (folder / f"{RFC}.key").read_bytes(), PASSWORD)
    assert isinstance(stamp(documents.sealed(key=key)), Accepted)


def test_306_the_sats_test_efirma(documents, stamp, shared_data):
    folder = shared_data / "efirma"
    key = documents.open_key((folder / f"{RFC}.key").read_bytes())
    refused(stamp(documents.sealed_by((folder / f"{RFC}.cer").read_bytes(), key)), "306")


def test_305_the_sats_expired_test_csd(documents, stamp, shared_data):
    folder = shared_data / "csd" / "expired"
    key = documents.open_key((folder / "eku9003173c9_csd.key").read_bytes())
    refused(stamp(documents.sealed_by((folder / "eku9003173c9_csd.cer").read_bytes(), key)), "305")
