"""SW and Prodigia by the wire: each operation of each client, over the sandbox."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from desk import DEAR, LATER, RECEIVER, RFC
from wired import PASSWORD, USER, closed_port, connect

from l10n_mx_cfdi40.cfdi.acuse import Relacionado, leer_acuse
from l10n_mx_cfdi40.cfdi.values import Receptor
from l10n_mx_cfdi40.pac import base, codes, registry, trust
from l10n_mx_cfdi40.pac.base import (
    Accepted,
    Answered,
    CredentialsOk,
    NotFound,
    Pending,
    Receipt,
    Received,
    Refused,
    Related,
    Unknown,
    key_of,
)
from l10n_mx_cfdi40.pac.sandbox import Sandbox

BOTH = ("sw", "prodigia")
NOBODY = "11111111-2222-4333-8444-555555555555"


@pytest.fixture
def sandbox(engine):
    engine.set_credentials(USER, PASSWORD)
    with Sandbox(engine) as running:
        yield running


@pytest.fixture
def client(request, engine, sandbox):
    """The client that a test is parametrized with."""
    one = connect(request.param, engine, sandbox.address)
    yield one
    one.close()


@pytest.fixture
def pac(request, engine, sandbox):
    """Whoever the desk's people use: in these tests, a client by the wire."""
    one = connect(getattr(request, "param", "sw"), engine, sandbox.address)
    yield one
    one.close()


both = pytest.mark.parametrize("client", BOTH, indirect=True)
both_desks = pytest.mark.parametrize("pac", BOTH, indirect=True)
only_sw = pytest.mark.parametrize("client", ["sw"], indirect=True)


def send(client, sealed):
    """What a stamp comes to, once it is believed."""
    return trust.believe(client, sealed, client.stamp(sealed, key=key_of(sealed)))[0]


def recover(client, sealed):
    return client.recover(sealed, key=key_of(sealed))


# Stamps

@both
def test_stamped(engine, client, documents):
    sealed = documents.sealed()
    outcome = send(client, sealed)
    (stored,) = engine.stamps()
    assert outcome == Accepted(stored.xml)


@both
def test_the_same_bytes_again(engine, client, documents):
    sealed = documents.sealed()
    first = send(client, sealed)
    assert send(client, sealed) == Accepted(first.xml, repeated=True)
    assert engine.count() == 1


@both
def test_every_character_survives(client, documents):
    """Names with accents, ampersands and what looks like markup."""
    receptor = Receptor(
        rfc="URE180429TM6", nombre="UNIVERSIDAD ROBOTICA ESPAÑOLA", domicilio_fiscal_receptor="86991",
        regimen_fiscal_receptor="601", uso_cfdi="G03",
    )
    line = documents.comprobante().conceptos[0]
    sealed = documents.sealed(receptor=receptor, conceptos=(replace(line, descripcion="Ñandú & Cía <1> \"x\" €"),))
    assert isinstance(send(client, sealed), Accepted)


@both
def test_the_key_must_be_that_of_the_bytes(engine, client, documents):
    with pytest.raises(ValueError, match="sha256"):
        client.stamp(documents.sealed(), key=key_of(b""))
    assert engine.calls() == []


@both
def test_refused_by_a_rule(engine, client, documents):
    """The code of the rule, and everything that the PAC said."""
    sealed = documents.sealed(total=Decimal("5.00"))
    outcome = send(client, sealed)
    assert isinstance(outcome, Refused)
    assert outcome.examined
    assert outcome.code.startswith("CFDI40")
    assert codes.explain(outcome.code, outcome.message).known
    assert engine.count() == 0


@both
@pytest.mark.parametrize(("code", "examined"), [("302", True), ("401", True), ("304", True), ("308", True)])
def test_refused_by_a_number(engine, client, documents, code, examined):
    engine.faults.set("refuse", code=code)
    outcome = send(client, documents.sealed())
    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.examined) == (code, examined)
    assert outcome.message


@both
def test_a_trouble_of_the_pac_is_no_refusal(engine, client, documents):
    """A number that says nothing of the document leaves it in doubt."""
    sealed = documents.sealed()
    for code in ("404", "500", "999"):
        engine.faults.set("refuse", code=code, message="Error no controlado")
        outcome = send(client, sealed)
        assert isinstance(outcome, Unknown)
        assert outcome.sent
    assert isinstance(send(client, sealed), Accepted)


@both
def test_no_credits(engine, client, documents):
    engine.set_credits(1)
    assert isinstance(send(client, documents.sealed()), Accepted)
    outcome = send(client, documents.sealed(folio="2"))
    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.examined) == (codes.SIN_FOLIOS, False)
    assert engine.count() == 1


@pytest.mark.parametrize("code", BOTH)
def test_wrong_credentials(engine, sandbox, documents, desk, code):
    bad = connect(code, engine, sandbox.address, password="otra")
    for outcome in (
        send(bad, documents.sealed()), bad.cancel(desk.request((NOBODY, "02")), uuid=NOBODY), bad.check(),
    ):
        assert isinstance(outcome, Refused)
        assert (outcome.code, outcome.examined) == ("300", False)
    assert engine.count() == 0
    bad.close()


@both
def test_a_stamp_that_it_does_not_hand_over_yet(engine, client, documents):
    sealed = documents.sealed()
    send(client, sealed)
    engine.delay_repeat(60)
    outcome = send(client, sealed)
    assert (outcome.reason, outcome.sent) == (codes.LATE_STAMP, True)
    engine.clock.advance(timedelta(seconds=61))
    assert send(client, sealed).repeated
    assert engine.count() == 1


@both
@pytest.mark.parametrize("kind", ["other_uuid", "bad_seal"])
def test_spoilt_stamps_are_not_believed(engine, client, documents, kind):
    sealed = documents.sealed()
    engine.faults.set(kind)
    outcome = send(client, sealed)
    assert isinstance(outcome, Unknown)
    assert outcome.sent
    assert send(client, sealed) == Accepted(engine.stamps()[0].xml, repeated=True)
    assert engine.count() == 1


@both
def test_a_young_document_is_not_asked_about(engine, client, documents):
    """To ask is to send: it might be stamped by it."""
    outcome = recover(client, documents.sealed())
    assert outcome.reason == "cannot_ask"
    assert engine.calls() == []


@both
def test_an_old_document_is_asked_about(engine, client, documents):
    """Nobody can stamp it any more, so to send it only asks; a refusal proves nothing."""
    sealed, never_sent = documents.sealed(), documents.sealed(folio="2")
    first = send(client, sealed)
    engine.clock.advance(timedelta(days=6))
    assert recover(client, sealed) == Accepted(first.xml, repeated=True)
    assert recover(client, never_sent).reason == "cannot_ask"
    engine.set_credentials(USER, "otra")
    assert recover(client, sealed).reason == "credentials"
    assert engine.count() == 1


# Cancellations

@both_desks
def test_a_cancellation(engine, desk, pac):
    uuid = desk.stamped()
    outcome = desk.cancel(uuid)
    assert isinstance(outcome, Received)
    assert outcome.code == "201"
    assert leer_acuse(outcome.acuse).folios[0].uuid == uuid
    assert desk.cancel(uuid).code == "202"
    assert len(engine.requests()) == 1
    assert pac.acuse(uuid, rfc=RFC) == Receipt(outcome.acuse)


@both_desks
def test_a_substitution(engine, desk):
    first = desk.stamped()
    second = desk.naming(first)
    assert desk.cancel(first, "01", second).code == "201"
    assert engine.requests()[0].substitute == second


@both_desks
def test_cancellations_that_are_refused(desk):
    uuid, named = desk.stamped(), desk.stamped()
    desk.naming(named, "02")
    outcome = desk.cancel(uuid, "01")
    assert (outcome.code, leer_acuse(outcome.params["acuse"]).folios[0].estatus) == ("208", "208")
    assert desk.cancel(named).code == "no_cancelable"
    assert desk.cancel(NOBODY).code == "205"
    stranger = desk.pac.cancel(desk.request((uuid, "02"), signer=desk.csds[RECEIVER]), uuid=uuid)
    assert stranger.code == "303"
    broken = desk.request((uuid, "02")).replace(b'Motivo="02"', b'Motivo="03"')
    assert desk.pac.cancel(broken, uuid=uuid).code == "302"


@both_desks
def test_what_is_no_request(desk):
    outcome = desk.pac.cancel(b"<a/>", uuid=NOBODY)
    assert isinstance(outcome, Refused)
    assert outcome.code == "301"


@both_desks
def test_the_sats_service_is_down(engine, desk):
    uuid = desk.stamped()
    engine.faults.set("refuse", operation="cancel", code="708")
    outcome = desk.cancel(uuid)
    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.examined) == ("708", False)


@both_desks
def test_no_receipt(desk, pac):
    assert isinstance(pac.acuse(desk.stamped(), rfc=RFC), NotFound)
    assert isinstance(pac.acuse(NOBODY, rfc=RFC), NotFound)


def test_related_documents(desk, pac):
    uuid = desk.stamped()
    other = desk.naming(uuid, "02")
    asked = desk.ask_related(uuid, issuer=RFC)
    assert pac.related(asked) == Related(padres=(Relacionado(other, RFC, RECEIVER),))
    assert pac.related(desk.ask_related(other, issuer=RFC)).hijos == (Relacionado(uuid, RFC, RECEIVER),)
    alone = desk.stamped()
    assert pac.related(desk.ask_related(alone, receiver=RECEIVER)) == Related()
    assert pac.related(desk.ask_related(alone, issuer="CACX7605101P8")).code == "2002"


def test_the_receivers_answer(engine, desk, pac):
    first, second = desk.stamped(price=DEAR), desk.stamped(price=DEAR)
    engine.clock.freeze(LATER)
    assert pac.pending(RECEIVER) == Pending()
    for uuid in (first, second):
        desk.cancel(uuid)
    assert set(pac.pending(RECEIVER).uuids) == {first, second}
    outcome = pac.answer(desk.reply((first, "Aceptacion"), (second, "Rechazo")))
    assert isinstance(outcome, Answered)
    assert outcome.codes == {first: "1000", second: "1000"}
    assert b"AcuseAceptacionRechazo" in outcome.acuse
    assert pac.answer(desk.reply((first, "Rechazo"))).codes == {first: "1002"}
    broken = desk.reply((first, "Rechazo")).replace(b"Rechazo<", b"Aceptacion<")
    assert pac.answer(broken).code == "302"


# Account

@only_sw
def test_credits(engine, client, documents):
    assert client.credits() is None
    engine.set_credits(2)
    send(client, documents.sealed())
    assert client.credits() == 1
    engine.set_credits(0)
    assert client.credits() == 0
    engine.set_credentials(USER, "otra")
    assert client.credits().reason == "credentials"


@both
def test_good_credentials(engine, client):
    assert client.check() == CredentialsOk()
    engine.set_credentials(USER, "otra")
    assert client.check().code == "300"
    assert engine.count() == 0


@pytest.mark.parametrize("code", BOTH)
def test_credentials_without_a_connection(engine, code):
    away = connect(code, engine, f"http://127.0.0.1:{closed_port()}")
    outcome = away.check()
    assert (outcome.reason, outcome.sent) == ("unreachable", False)
    away.close()


@pytest.mark.parametrize("code", BOTH)
def test_what_it_declares_is_what_it_does(engine, code):
    """And what it does not declare says so."""
    one = connect(code, engine, f"http://127.0.0.1:{closed_port()}")
    provider = registry.PROVIDERS[code]
    assert one.capabilities == provider.capabilities
    assert one.code == code
    calls = {
        base.CAN_CANCEL: lambda: one.cancel(b"", uuid=""), base.CAN_RELATED: lambda: one.related(b""),
        base.CAN_PENDING: lambda: one.pending(RFC), base.CAN_ANSWER: lambda: one.answer(b""),
        base.CAN_RECEIPT: lambda: one.acuse("", rfc=RFC), base.CAN_TELL_CREDITS: one.credits,
        base.CAN_TEST_CREDENTIALS: one.check, base.CAN_SAT_STATUS: lambda: one.estado("?"),
    }
    for capability, call in calls.items():
        if capability in provider.capabilities:
            call()
        else:
            with pytest.raises(NotImplementedError):
                call()
    one.close()
