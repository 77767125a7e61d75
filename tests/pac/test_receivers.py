"""What a receiver answers to a cancellation, what waits for it, and what is related to a document."""

import pytest
from desk import NOBODY, RECEIVER, RFC, STRANGER, receipt, received
from lxml import etree

from l10n_mx_cfdi40.cfdi import acuse, seal
from l10n_mx_cfdi40.cfdi.acuse import Relacionado
from l10n_mx_cfdi40.cfdi.csd import Csd
from l10n_mx_cfdi40.cfdi.estado import EstatusCancelacion
from l10n_mx_cfdi40.pac import cancel_codes, review
from l10n_mx_cfdi40.pac.base import Answered, Pending, Refused, Related


def refused(outcome, code):
    assert isinstance(outcome, Refused), outcome
    assert outcome.code == code, outcome.message
    assert outcome.message.startswith(cancel_codes.explain_answer(code).text)
    return outcome


@pytest.fixture
def waiting(desk):
    """UUID of a document whose cancellation waits for its receiver."""
    uuid = desk.dear()
    received(desk.cancel(uuid))
    return uuid


def codes(desk, *answers, **how):
    outcome = desk.pac.answer(desk.reply(*answers, **how))
    assert isinstance(outcome, Answered), outcome
    return dict(outcome.codes)


def status(engine):
    return [request.status(engine.clock.now()) for request in engine.requests()]


# Pending

def test_what_waits_for_whom(desk, engine, waiting):
    assert desk.pac.pending(RECEIVER) == Pending((waiting,))
    assert desk.pac.pending(RFC) == Pending(())
    engine.clock.freeze(engine.requests()[0].expires_at.replace(hour=23))
    assert desk.pac.pending(RECEIVER) == Pending(())


def test_what_was_answered_waits_no_more(desk, engine, waiting):
    engine.reject(waiting)
    assert desk.pac.pending(RECEIVER) == Pending(())
    received(desk.cancel(waiting))
    assert desk.pac.pending(RECEIVER) == Pending((waiting,))


# Answers

@pytest.mark.parametrize(("answer", "came_to"), [
    ("Aceptacion", EstatusCancelacion.CANCELADO_CON_ACEPTACION), ("Rechazo", EstatusCancelacion.RECHAZADA),
])
def test_1000_the_answer_counts(desk, engine, waiting, answer, came_to):
    outcome = desk.pac.answer(desk.reply((waiting.lower(), answer)))
    assert outcome.codes == {waiting: "1000"}
    assert status(engine) == [came_to]
    read = acuse.leer_acuse_respuesta(outcome.acuse)
    assert (read.rfc_receptor, read.rfc_pac, read.cod_estatus) == (RECEIVER, desk.pac.rfc, "1000")
    assert [(folio.uuid, folio.respuesta, folio.estatus) for folio in read.folios] == [(waiting, answer, "1000")]
    assert b"SelloSAT" in outcome.acuse


def test_1001_nothing_waits(desk, engine, waiting):
    other = desk.stamped()
    assert codes(desk, (NOBODY, "Rechazo"), (other, "Rechazo")) == {NOBODY: "1001", other: "1001"}
    engine.clock.freeze(engine.requests()[0].expires_at.replace(hour=23))
    assert codes(desk, (waiting, "Rechazo")) == {waiting: "1001"}
    assert status(engine) == [EstatusCancelacion.PLAZO_VENCIDO]


def test_1001_it_waits_for_somebody_else(desk, engine, waiting):
    assert codes(desk, (waiting, "Rechazo"), rfc=STRANGER) == {waiting: "1001"}
    assert status(engine) == [EstatusCancelacion.EN_PROCESO]


@pytest.mark.parametrize("second", ["Aceptacion", "Rechazo"])
def test_1002_answered_before(desk, engine, waiting, second):
    codes(desk, (waiting, "Rechazo"))
    assert codes(desk, (waiting, second)) == {waiting: "1002"}
    assert status(engine) == [EstatusCancelacion.RECHAZADA]


def test_1003_not_the_receivers_seal(desk, engine, waiting):
    assert codes(desk, (waiting, "Aceptacion"), signer=desk.csds[RFC]) == {waiting: "1003"}
    assert status(engine) == [EstatusCancelacion.EN_PROCESO]


def test_1004_twice_in_one_answer(desk, engine, waiting):
    assert codes(desk, (waiting, "Aceptacion"), (waiting, "Rechazo")) == {waiting: "1004"}
    assert status(engine) == [EstatusCancelacion.EN_PROCESO]


def test_1005_no_uuid(desk, waiting):
    assert codes(desk, ("", "Aceptacion"), ("123", "Rechazo"), (waiting, "Rechazo")) == {
        "": "1005", "123": "1005", waiting: "1000",
    }


def test_1006_too_many(desk):
    refused(desk.pac.answer(desk.reply(*[(NOBODY, "Rechazo")] * 501)), "1006")


def test_300_to_310_of_an_answer(desk, engine, waiting):
    good = desk.reply((waiting, "Aceptacion"))
    for bad in (b"", b"<a/>", good[:-9], desk.request((waiting, "02")), desk.reply(), desk.reply((waiting, "Tal vez")),
                desk.reply((waiting, "Rechazo"), rfc_pac="AAA010101AAA")):
        refused(desk.pac.answer(bad), "301")
    refused(desk.pac.answer(good.replace(b">Aceptacion<", b">Rechazo<")), "302")
    refused(desk.pac.answer(good.replace(desk.csds[RECEIVER].certificado.base64.encode(), b"AAAA")), "305")
    cer, key = engine.authority.csd(RECEIVER, "UNIVERSIDAD ROBOTICA ESPAÑOLA SA DE CV", efirma=True)
    signer = Csd(review.Certificado.leer(cer), desk.documents.open_key(key))
    refused(desk.pac.answer(desk.reply((waiting, "Rechazo"), signer=signer)), "310")
    engine.set_certificate_status(desk.csds[RECEIVER].certificado.numero, review.REVOKED)
    refused(desk.pac.answer(good), "304")
    engine.set_credentials("usuario", "clave")
    for outcome in (desk.pac.answer(good), desk.pac.pending(RECEIVER), desk.pac.related(good)):
        assert not refused(outcome, "300").examined
    assert status(engine) == [EstatusCancelacion.EN_PROCESO]


def test_a_comment_cannot_split_what_was_signed(desk, waiting):
    """Comments are not signed: one inside a UUID would let another text be read than the one that was."""
    good = desk.reply((waiting, "Aceptacion"))
    refused(desk.pac.answer(good.replace(b">Aceptacion<", b">Acep<!-- x -->tacion<")), "301")


# Related documents

def test_2000_who_names_it_and_whom_it_names(desk):
    first = desk.stamped()
    second = desk.naming(first, "02")
    third = desk.naming(second)
    outcome = desk.pac.related(desk.ask_related(second, issuer=RFC))
    assert outcome == Related(
        padres=(Relacionado(third, RFC, RECEIVER),), hijos=(Relacionado(first, RFC, RECEIVER),),
    )
    assert desk.pac.related(desk.ask_related(second.lower(), receiver=RECEIVER)) == outcome


def test_only_those_in_force(desk):
    first = desk.stamped()
    received(desk.cancel(desk.naming(first, "02")))
    assert desk.pac.related(desk.ask_related(first, issuer=RFC)) == Related()


def test_2001_none(desk):
    uuid = desk.stamped()
    assert desk.pac.related(desk.ask_related(uuid, issuer=RFC)) == Related((), ())


def test_a_payment_is_related_to_its_invoice(desk):
    uuid = desk.stamped(metodo_pago="PPD", forma_pago="99")
    complement = desk.stamp(seal.sellar(receipt(desk.values(uuid), "58.00"), desk.documents.csd).xml)
    assert [one.uuid for one in desk.pac.related(desk.ask_related(uuid, issuer=RFC)).padres] == [complement]
    assert [one.uuid for one in desk.pac.related(desk.ask_related(complement, issuer=RFC)).hijos] == [uuid]


def test_2002_not_a_document_of_who_asks(desk):
    uuid = desk.stamped()
    refused(desk.pac.related(desk.ask_related(uuid, receiver=RFC)), "2002")
    refused(desk.pac.related(desk.ask_related(uuid, issuer=RECEIVER)), "2002")
    refused(desk.pac.related(desk.ask_related(uuid, receiver=STRANGER)), "2002")
    refused(desk.pac.related(desk.ask_related(NOBODY, issuer=RFC)), "2002")


def test_301_to_303_of_a_question(desk):
    uuid = desk.stamped()
    good = desk.ask_related(uuid, issuer=RFC)
    for bad in (b"", desk.request((uuid, "02")), desk.ask_related(uuid, issuer=RFC, receiver=RECEIVER),
                desk.ask_related(uuid, signer=desk.csds[RFC]), desk.ask_related(uuid, issuer=RFC, rfc_pac="X")):
        refused(desk.pac.related(bad), "301")
    refused(desk.pac.related(good.replace(uuid.encode(), NOBODY.encode())), "302")
    refused(desk.pac.related(desk.ask_related(uuid, issuer=RFC, signer=desk.csds[STRANGER])), "303")
    root = etree.fromstring(good)
    root.remove(root[-1])
    refused(desk.pac.related(etree.tostring(root)), "302")


@pytest.mark.parametrize("code", [
    *map(str, range(300, 306)), "309", "310", *map(str, range(1000, 1007)), "1100", "1101", "2000", "2001", "2002",
])
def test_every_code_of_an_answer_has_words(code):
    explanation = cancel_codes.explain_answer(code)
    assert explanation.known
    assert explanation.text.endswith(".")
    assert explanation.remedy.endswith(".")


def test_an_unknown_code_keeps_the_pacs_words_whole():
    for explain in (cancel_codes.explain_cancel, cancel_codes.explain_answer):
        assert explain("9876", "Ha fallado <X>").text == "Ha fallado <X>"
        assert not explain("9876", "Ha fallado <X>").known
        assert explain("9876").text
        assert "«Ha fallado»" in explain("301", "Ha fallado").text
        doubt = explain("timeout", "read timed out")
        assert doubt.known
        assert doubt.text.endswith("Detalle: read timed out.")
        assert explain("302", explain("302").text) == explain("302")
        assert explain("302", explain("302").text + " Más.").text.endswith(" Más.")
