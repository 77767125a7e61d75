"""A request of cancellation: each code of the SAT's with a request that gets it, and what a good one does."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from desk import DEAR, LATER, NOBODY, PUBLIC, RFC, STRANGER, receipt, received
from lxml import etree

from l10n_mx_cfdi40.cfdi import acuse, parse, seal
from l10n_mx_cfdi40.cfdi.csd import Csd
from l10n_mx_cfdi40.cfdi.estado import EstatusCancelacion
from l10n_mx_cfdi40.cfdi.values import Emisor
from l10n_mx_cfdi40.pac import cancel_codes, review
from l10n_mx_cfdi40.pac.authority import PASSWORD, Authority
from l10n_mx_cfdi40.pac.base import Refused
from l10n_mx_cfdi40.pac.store import Store


def refused(outcome, code, engine=None):
    assert isinstance(outcome, Refused), outcome
    assert outcome.code == code, outcome.message
    assert outcome.message.startswith(cancel_codes.explain_cancel(code).text)
    if engine is not None:
        assert engine.requests() == []
    return outcome


# What a good one does

def test_without_acceptance_it_is_cancelled_at_once(desk, engine):
    uuid = desk.stamped()
    answer = received(desk.cancel(uuid))
    (request,) = engine.requests()
    assert (request.uuid, request.reason, request.substitute, request.needs_acceptance) == (uuid, "02", None, False)
    assert request.status(engine.clock.now()) is EstatusCancelacion.CANCELADO_SIN_ACEPTACION
    assert (request.requested_at, request.expires_at) == (engine.clock.now(), None)
    assert request.acuse == answer.acuse


def test_with_acceptance_it_waits_three_business_days(desk, engine):
    uuid = desk.dear()
    received(desk.cancel(uuid, "03"))
    (request,) = engine.requests()
    assert request.status(LATER) is EstatusCancelacion.EN_PROCESO
    # Monday 17: the third business day is Thursday 20, whose last second in the centre is 05:59:59 UTC of Friday.
    assert request.expires_at == datetime(2026, 8, 21, 5, 59, 59, tzinfo=UTC)


def test_the_receipt_has_the_sats_shape(desk):
    uuid = desk.stamped()
    answer = received(desk.cancel(uuid))
    read = acuse.leer_acuse(answer.acuse)
    assert (read.rfc_emisor, read.cod_estatus, read.fecha) == (RFC, None, desk.local())
    assert [(folio.uuid, folio.estatus) for folio in read.folios] == [(uuid, "201")]
    root = etree.fromstring(answer.acuse)
    assert root.tag == "Acuse"
    signature = root.find("{http://www.w3.org/2000/09/xmldsig#}Signature")
    assert signature.get("Id") == "SelloSAT"
    assert b"hmac-sha512" in answer.acuse


def test_a_receipt_is_sealed_with_the_secret_of_its_store(desk, engine):
    def seal_of(xml):
        return etree.fromstring(xml).findtext(".//{*}SignatureValue")

    bad = desk.request((NOBODY, "02"))
    first, again = (desk.pac.cancel(bad, uuid=NOBODY).params["acuse"] for _ in range(2))
    assert seal_of(first) == seal_of(again)
    engine.store.set_setting("acuse_secret", "00" * 64)
    assert seal_of(desk.pac.cancel(bad, uuid=NOBODY).params["acuse"]) != seal_of(first)


def test_lower_case_is_the_same_folio(desk, engine):
    uuid = desk.stamped()
    received(desk.pac.cancel(desk.request((uuid.lower(), "02")), uuid=uuid.lower()))
    assert engine.requests()[0].uuid == uuid


def test_several_folios_are_judged_one_by_one(desk, engine):
    first, second = desk.stamped(), desk.stamped()
    request = desk.request((first, "02"), (NOBODY, "02"), (second, "03"))
    answer = received(desk.pac.cancel(request, uuid=second))
    read = acuse.leer_acuse(answer.acuse)
    assert [folio.estatus for folio in read.folios] == ["201", "205", "201"]
    refused(desk.pac.cancel(request, uuid=NOBODY), "205")
    assert [stored.uuid for stored in engine.requests()] == [first, second]


def test_the_same_folio_twice_in_a_request_is_one_request(desk, engine):
    uuid = desk.stamped()
    received(desk.pac.cancel(desk.request((uuid, "02"), (uuid, "02")), uuid=uuid))
    assert len(engine.requests()) == 1


def test_an_empty_substitute_is_none(desk):
    received(desk.cancel(desk.stamped(), "02", ""))


# 202

def test_202_again_whatever_changed_since(desk, engine):
    uuid = desk.stamped()
    other = desk.naming(uuid)
    request = desk.request((uuid, "01", other))
    first = received(desk.pac.cancel(request, uuid=uuid))
    received(desk.cancel(other))
    engine.clock.freeze(datetime(2027, 6, 1, 18, 0, tzinfo=UTC))
    again = received(desk.pac.cancel(request, uuid=uuid), "202")
    assert acuse.leer_acuse(again.acuse).folios[0].estatus == "202"
    assert [stored.acuse for stored in engine.requests() if stored.uuid == uuid] == [first.acuse]


def test_202_while_it_waits(desk, engine):
    uuid = desk.dear()
    received(desk.cancel(uuid))
    received(desk.cancel(uuid, "03"), "202")
    assert len(engine.requests()) == 1


# The request as a whole

@pytest.mark.parametrize("change", [
    lambda xml: b"", lambda xml: b"no es xml", lambda xml: b"<a/>", lambda xml: xml[:-20],
    lambda xml: xml.replace(b"<Cancelacion", b"<Otra").replace(b"</Cancelacion", b"</Otra"),
    lambda xml: xml.replace(b"http://cancelacfd.sat.gob.mx", b"http://www.sat.gob.mx/esquemas/retencionpago/1"),
    lambda xml: xml.replace(b"<Folios>", b"<Nada/><Folios>"),
    lambda xml: xml.replace(b"<Folios>", b"<!-- x --><Folios>"),
    lambda xml: xml.replace(b'Fecha="2026', b'Fecha="26'),
    lambda xml: xml.replace(b"<Cancelacion", b"<!DOCTYPE x><Cancelacion"),
])
def test_301_structure(desk, engine, change):
    uuid = desk.stamped()
    refused(desk.pac.cancel(change(desk.request((uuid, "02"))), uuid=uuid), "301", engine)


def test_301_no_folio_too_many_or_another(desk, engine):
    uuid = desk.stamped()
    refused(desk.pac.cancel(desk.request(), uuid=uuid), "301", engine)
    refused(desk.pac.cancel(desk.request(*[(NOBODY, "02")] * 501), uuid=NOBODY), "301", engine)
    refused(desk.pac.cancel(desk.request((uuid, "02")), uuid=NOBODY), "301", engine)


def test_301_a_request_from_the_future(desk, engine):
    """It is an hour later in Cancún than in the centre, and nowhere in Mexico later than that."""
    uuid = desk.stamped()
    refused(desk.cancel(uuid, fecha=desk.local() + timedelta(minutes=62)), "301", engine)
    received(desk.cancel(uuid, fecha=desk.local() + timedelta(minutes=60)))


def test_302_no_signature(desk, engine):
    uuid = desk.stamped()
    root = etree.fromstring(desk.request((uuid, "02")))
    root.remove(root[-1])
    refused(desk.pac.cancel(etree.tostring(root), uuid=uuid), "302", engine)


@pytest.mark.parametrize("change", [
    lambda xml: xml.replace(b'Motivo="02"', b'Motivo="03"'),
    lambda xml: xml.replace(b"<SignatureValue>", b"<SignatureValue>A"),
    lambda xml: xml.replace(b"xmldsig#rsa-sha1", b"xmldsig-more#hmac-sha512"),
])
def test_302_something_else_was_signed(desk, engine, change):
    uuid = desk.stamped()
    good = desk.request((uuid, "02"))
    assert change(good) != good
    refused(desk.pac.cancel(change(good), uuid=uuid), "302", engine)


def test_303_somebody_elses_certificate(desk, engine):
    uuid = desk.stamped()
    outcome = refused(desk.cancel(uuid, signer=desk.csds[STRANGER]), "303", engine)
    assert acuse.leer_acuse(outcome.params["acuse"]).cod_estatus == "303"


@pytest.mark.parametrize("status", [review.REVOKED, review.EXPIRED])
def test_304_revoked(desk, engine, status):
    uuid = desk.stamped()
    engine.set_certificate_status(desk.csds[RFC].certificado.numero, status)
    refused(desk.cancel(uuid), "304", engine)


def test_304_out_of_force(desk, engine):
    uuid = desk.stamped()
    engine.clock.freeze(desk.csds[RFC].certificado.hasta + timedelta(seconds=1))
    refused(desk.cancel(uuid), "304", engine)


def test_305_not_in_force_yet(desk, engine):
    uuid = desk.stamped()
    number = desk.csds[RFC].certificado.numero
    engine.set_certificate_status(number, review.UNLISTED)
    refused(desk.cancel(uuid), "305", engine)
    engine.set_certificate_status(number, None)
    engine.clock.freeze(desk.csds[RFC].certificado.desde - timedelta(seconds=1))
    refused(desk.cancel(uuid), "305", engine)


def test_305_another_authority(desk, engine, tmp_path):
    uuid = desk.stamped()
    other = Authority(Store(tmp_path / "other.sqlite3"))
    signer = Csd.abrir(*other.csd(RFC, "ESCUELA KEMPER URGATE SA DE CV"), PASSWORD)
    refused(desk.cancel(uuid, signer=signer), "305", engine)


def test_305_an_unreadable_certificate(desk, engine):
    uuid = desk.stamped()
    good = desk.csds[RFC].certificado.base64.encode()
    refused(desk.pac.cancel(desk.request((uuid, "02")).replace(good, b"AAAA"), uuid=uuid), "305", engine)


def test_the_sats_test_certificates_sign(desk, engine, shared_data):
    uuid = desk.stamped()
    folder = shared_data / "csd" / "valid"
    signer = Csd.abrir(
        (folder / "EKU9003173C9.cer").read_bytes(), (folder / "EKU9003173C9.key").read_bytes(), PASSWORD,
    )
    received(desk.cancel(uuid, signer=signer))


def test_310_an_efirma(desk, engine):
    """The core opens no e.firma as a CSD, so the pair is put together by hand."""
    uuid = desk.stamped()
    cer, key = desk.documents.efirma
    signer = Csd(review.Certificado.leer(cer), key)
    refused(desk.cancel(uuid, signer=signer), "310", engine)


def test_309_a_folio_badly_written(desk, engine):
    refused(desk.cancel("123"), "309", engine)
    refused(desk.cancel(""), "309", engine)


@pytest.mark.parametrize("reason", ["2", "002", "x1", "0 2"])
def test_311_a_reason_badly_written(desk, engine, reason):
    refused(desk.cancel(desk.stamped(), reason), "311", engine)


def test_300_credentials(desk, engine):
    uuid = desk.stamped()
    engine.set_credentials("usuario", "clave")
    assert not refused(desk.cancel(uuid), "300", engine).examined


# Each document

def test_203_somebody_elses_document(desk, engine):
    uuid = desk.stamped()
    outcome = refused(desk.cancel(uuid, rfc=STRANGER), "203", engine)
    assert acuse.leer_acuse(outcome.params["acuse"]).folios[0].estatus == "203"


def test_205_unknown(desk, engine):
    refused(desk.cancel(NOBODY), "205", engine)


def test_205_until_the_sat_has_it(desk, engine):
    engine.delay_index(600)
    uuid = desk.stamped()
    refused(desk.cancel(uuid), "205", engine)
    engine.clock.advance(timedelta(seconds=599))
    refused(desk.cancel(uuid), "205", engine)
    engine.clock.advance(timedelta(seconds=1))
    received(desk.cancel(uuid))


@pytest.mark.parametrize("reason", [None, "", "00", "05", "99"])
def test_207_reason(desk, engine, reason):
    refused(desk.cancel(desk.stamped(), reason), "207", engine)


def test_207_reason_04_is_for_global_invoices(desk, engine):
    refused(desk.cancel(desk.stamped(), "04"), "207", engine)
    received(desk.cancel(desk.stamped(**PUBLIC), "04"))


def test_208_no_substitute_or_none_that_serves(desk, engine, csds):
    uuid = desk.stamped()
    refused(desk.cancel(uuid, "01"), "208", engine)
    refused(desk.cancel(uuid, "01", ""), "208", engine)
    refused(desk.cancel(uuid, "01", NOBODY), "208", engine)
    refused(desk.cancel(uuid, "01", "abc"), "208", engine)
    refused(desk.cancel(uuid, "01", uuid), "208", engine)
    cancelled = desk.naming(uuid)
    received(desk.cancel(cancelled))
    refused(desk.cancel(uuid, "01", cancelled), "208")
    document = desk.documents.comprobante(
        emisor=Emisor(rfc=STRANGER, nombre="XOCHILT CASAS CHAVEZ", regimen_fiscal="612"),
    )
    theirs = desk.stamp(seal.sellar(document, csds[STRANGER]).xml)
    refused(desk.cancel(uuid, "01", theirs), "208")


def test_209_a_substitute_that_is_not_called_for(desk, engine):
    uuid = desk.stamped()
    for reason in ("02", "03"):
        refused(desk.cancel(uuid, reason, desk.naming(uuid)), "209", engine)


def test_212_a_substitute_that_does_not_say_so(desk, engine):
    uuid = desk.stamped()
    for other in (desk.stamped(), desk.naming(uuid, "02"), desk.naming(NOBODY)):
        refused(desk.cancel(uuid, "01", other), "212", engine)


def test_01_with_its_substitute(desk, engine):
    uuid = desk.stamped()
    other = desk.naming(uuid)
    received(desk.cancel(uuid, "01", other.lower()))
    assert engine.requests()[0].substitute == other


@pytest.mark.parametrize(("last", "rfc", "regime"), [
    (datetime(2027, 4, 1, 5, 59, 59, tzinfo=UTC), RFC, "601"),
    (datetime(2027, 5, 1, 5, 59, 59, tzinfo=UTC), STRANGER, "612"),
])
def test_210_after_the_month_of_the_annual_return(desk, engine, csds, last, rfc, regime):
    """31 March of the next year for a company, 30 April for a person, to the last second where it was issued."""
    first, second = (
        desk.stamp(seal.sellar(desk.documents.comprobante(
            folio=folio, emisor=Emisor(rfc=rfc, nombre="XOCHILT CASAS CHAVEZ", regimen_fiscal=regime),
        ), csds[rfc]).xml) for folio in "12"
    )
    engine.clock.freeze(last)
    received(desk.cancel(first, rfc=rfc))
    engine.clock.advance(timedelta(seconds=1))
    assert "/0" in refused(desk.cancel(second, rfc=rfc), "210").message


def test_211_global_invoice_of_a_resico(desk, engine, csds):
    resico = Emisor(rfc=STRANGER, nombre="XOCHILT CASAS CHAVEZ", regimen_fiscal="626")
    first, second = (
        desk.stamp(seal.sellar(desk.documents.comprobante(folio=folio, emisor=resico, **PUBLIC), csds[STRANGER]).xml)
        for folio in "12"
    )
    engine.clock.freeze(datetime(2027, 4, 30, 18, 0, tzinfo=UTC))
    received(desk.cancel(first, rfc=STRANGER))
    engine.clock.freeze(datetime(2027, 5, 1, 18, 0, tzinfo=UTC))
    refused(desk.cancel(second, rfc=STRANGER), "211")


def test_no_cancelable_while_a_document_names_it(desk, engine):
    uuid = desk.stamped()
    debit = desk.naming(uuid, "02")
    outcome = refused(desk.cancel(uuid), "no_cancelable", engine)
    assert debit in outcome.message
    received(desk.cancel(debit))
    received(desk.cancel(uuid))


def test_a_request_in_process_of_the_other_still_stands_in_the_way(desk, engine):
    uuid = desk.stamped()
    debit = desk.naming(uuid, "02", price=DEAR)
    engine.clock.freeze(LATER)
    received(desk.cancel(debit))
    refused(desk.cancel(uuid), "no_cancelable")
    engine.clock.freeze(engine.requests()[0].expires_at + timedelta(seconds=1))
    received(desk.cancel(uuid))


def test_no_cancelable_while_a_payment_covers_it(desk, engine, stamp):
    uuid = desk.stamped(metodo_pago="PPD", forma_pago="99")
    paid = receipt(desk.values(uuid), "58.00")
    complement = desk.stamp(seal.sellar(replace(paid, fecha=desk.local()), desk.documents.csd).xml)
    refused(desk.cancel(uuid), "no_cancelable", engine)
    engine.set_policy(acceptance=False)
    received(desk.cancel(complement))
    received(desk.cancel(uuid))
    assert parse.leer(engine.stamps()[1].xml).tipo_de_comprobante == "P"


def test_every_code_of_a_request_has_words(desk):
    for code in (*range(201, 214), *range(300, 306), 309, 310, 311, 312, 314, 708, 711, 798, 799, "no_cancelable"):
        explanation = cancel_codes.explain_cancel(str(code))
        assert explanation.known
        assert explanation.text.endswith(".")
        assert explanation.remedy.endswith(".")
