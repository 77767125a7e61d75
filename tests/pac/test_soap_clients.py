"""Finkok and Solución Factible by their real clients: zeep and requests over this machine's sandbox."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from desk import RECEIVER, RFC
from soap_clients import CLIENTS, PASSWORD, USER, Time, make

from l10n_mx_cfdi40.cfdi.errors import SatError
from l10n_mx_cfdi40.pac import base, registry, soap, trust
from l10n_mx_cfdi40.pac.authority import RFC_PAC
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
from l10n_mx_cfdi40.pac.cancel_codes import IN_PROCESS
from l10n_mx_cfdi40.pac.codes import LATE_STAMP, SIN_FOLIOS
from l10n_mx_cfdi40.pac.faults import FaultKind
from l10n_mx_cfdi40.pac.loopback import Loopback
from l10n_mx_cfdi40.pac.sandbox import Sandbox

BOTH = pytest.mark.parametrize("code", CLIENTS)
FINKOK = pytest.mark.parametrize("code", ["finkok"])
SF = pytest.mark.parametrize("code", ["solucion_factible"])


@pytest.fixture(autouse=True)
def _forgotten(monkeypatch):
    """Ports are used again, by other servers."""
    monkeypatch.setattr(soap, "_documents", {})


@pytest.fixture
def sandbox(engine):
    engine.set_credentials(USER, PASSWORD)
    with Sandbox(engine) as server:
        yield server


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def client(code, sandbox, time):
    pac = make(code, sandbox.address, time=time)
    yield pac
    pac.close()


@pytest.fixture
def pac(engine):
    """What the desk stamps with: the embedded PAC, beside the wire."""
    return Loopback(engine.store.path, user=USER, password=PASSWORD)


def stamp(client, sealed):
    return client.stamp(sealed, key=key_of(sealed))


def recover(client, sealed):
    return client.recover(sealed, key=key_of(sealed))


# Stamps


@BOTH
def test_a_document_is_stamped_once(client, engine, documents):
    sealed = documents.sealed()
    first = stamp(client, sealed)
    assert first == Accepted(engine.stamps()[0].xml)
    assert trust.believe(client, sealed, first)[1].uuid == engine.stamps()[0].uuid
    assert stamp(client, sealed) == Accepted(first.xml, repeated=True)
    assert engine.count() == 1


@BOTH
def test_accents_and_what_xml_escapes_come_back_as_they_were(client, engine, documents):
    line = documents.comprobante().conceptos[0]
    sealed = documents.sealed(conceptos=(replace(line, descripcion="Piñón & <té> \"x\" ’"),))
    assert stamp(client, sealed).xml == engine.stamps()[0].xml


@FINKOK
def test_a_stamp_is_asked_for(client, engine, documents):
    sealed = documents.sealed()
    assert isinstance(recover(client, sealed), NotFound)
    engine.stamp(sealed, user=USER, password=PASSWORD)
    assert recover(client, sealed) == Accepted(engine.stamps()[0].xml, repeated=True)


@BOTH
def test_the_key_is_that_of_the_bytes(client, engine, documents):
    for ask in (client.stamp, client.recover):
        with pytest.raises(ValueError, match="sha256"):
            ask(documents.sealed(), key=key_of(b"others"))
    assert engine.calls() == []


@BOTH
def test_a_refusal_has_the_code_of_the_sat(client, engine, documents):
    sealed = documents.sealed()
    engine.clock.advance(timedelta(hours=80))
    refused = stamp(client, sealed)
    assert (refused.code, refused.examined) == ("401", True)
    assert "Fecha" in refused.message
    engine.faults.set(FaultKind.REFUSE, code="CFDI40157", message="El régimen no corresponde")
    refused = stamp(client, documents.sealed())
    assert (refused.code, refused.examined) == ("CFDI40157", True)
    assert "El régimen no corresponde" in refused.message
    assert engine.count() == 0


@BOTH
def test_used_up_credits(client, engine, documents):
    engine.set_credits(0)
    refused = stamp(client, documents.sealed())
    assert (refused.code, refused.examined) == (SIN_FOLIOS, False)
    assert client.credits() == 0
    engine.set_credits(1)
    assert isinstance(stamp(client, documents.sealed()), Accepted)
    assert client.credits() == 0


@FINKOK
def test_credits_of_a_user_on_demand(client):
    assert client.credits() is None


@BOTH
def test_credits_of_a_package(client, engine):
    engine.set_credits(74)
    assert client.credits() == 74


def test_credits_of_the_whole_account(sandbox, engine):
    engine.set_credits(5)
    assert make("solucion_factible", sandbox.address, rfc="").credits() == 5


@BOTH
def test_the_credentials_are_tested(client, code, sandbox):
    assert isinstance(client.check(), CredentialsOk)
    wrong = make(code, sandbox.address, password="otra")
    refused = wrong.check()
    assert (refused.code, refused.examined) == ("300", False)
    assert wrong.credits().reason == "credentials"


@BOTH
def test_bad_credentials_say_nothing_about_the_document(code, sandbox, engine, documents, desk):
    more = {"now": engine.clock.now} if code == "solucion_factible" else {}
    wrong = make(code, sandbox.address, user="otro", **more)
    sealed = documents.sealed()
    refused = stamp(wrong, sealed)
    assert (refused.code, refused.examined) == ("300", False)
    asked = recover(wrong, sealed)
    assert (type(asked), asked.reason) == (Unknown, "credentials" if code == "finkok" else "cannot_ask")
    uuid = desk.stamped()
    refused = wrong.cancel(desk.request((uuid, "02")), uuid=uuid)
    assert (refused.code, refused.examined) == ("300", False)
    assert engine.requests() == []


@BOTH
def test_a_first_stamp_that_comes_late(client, engine, documents, time):
    """307 with nothing else for some seconds: asked for until it is there, and never stamped again."""
    sealed = documents.sealed()
    engine.delay_repeat(8)
    first = stamp(client, sealed)
    time.on_sleep = lambda seconds: engine.clock.advance(timedelta(seconds=seconds))
    assert stamp(client, sealed) == Accepted(first.xml, repeated=True)
    assert 0 < time.slept <= 20
    assert engine.count() == 1


@BOTH
def test_a_first_stamp_that_never_comes(client, engine, documents, time):
    sealed = documents.sealed()
    engine.delay_repeat(10_000)
    first = stamp(client, sealed)
    doubt = stamp(client, sealed)
    assert (type(doubt), doubt.reason, doubt.sent) == (Unknown, LATE_STAMP, True)
    assert time.seconds <= 10
    engine.clock.advance(timedelta(hours=5))
    assert stamp(client, sealed) == Accepted(first.xml, repeated=True)
    assert engine.count() == 1


@BOTH
@pytest.mark.parametrize("kind", [FaultKind.OTHER_UUID, FaultKind.BAD_SEAL])
def test_a_spoilt_timbre_is_not_believed(client, engine, documents, kind):
    stamping = engine.authority.stamping
    client.certificates = Loopback(engine.store.path).certificates
    assert list(client.certificates) == [stamping.number]
    sealed = documents.sealed()
    engine.faults.set(kind)
    answer, timbre = trust.believe(client, sealed, stamp(client, sealed))
    assert timbre is None
    assert answer.reason == {"other_uuid": "timbre_de_otro_cfdi", "bad_seal": "sello_sat_invalido"}[kind]
    assert answer.sent is True
    good, timbre = trust.believe(client, sealed, stamp(client, sealed))
    assert (good.repeated, timbre.uuid) == (True, engine.stamps()[0].uuid)
    assert engine.count() == 1


@SF
def test_an_old_document_can_be_asked_about_by_sending_it(client, engine, documents, sandbox):
    """No sooner than nobody can stamp it any more; before that, ``stamp`` is the way to ask."""
    moment = [engine.clock.now()]
    asking = make("solucion_factible", sandbox.address, now=lambda: moment[0])
    lost, never = documents.sealed(), documents.sealed(folio="2")
    first = stamp(client, lost)
    assert recover(asking, never).reason == "cannot_ask"
    moment[0] += timedelta(days=4)
    assert recover(asking, lost).reason == "cannot_ask"
    moment[0] += timedelta(days=1)
    engine.clock.freeze(moment[0])
    assert recover(asking, lost) == Accepted(first.xml, repeated=True)
    # It may refuse an old document before it looks for an earlier stamp of it.
    assert recover(asking, never).reason == "cannot_ask"
    assert engine.count() == 1


# Cancellations


@BOTH
def test_a_cancellation_is_received_with_its_receipt(client, desk, engine):
    uuid = desk.stamped()
    request = desk.request((uuid, "02"))
    received = client.cancel(request, uuid=uuid)
    assert (type(received), received.code) == (Received, "201")
    assert received.acuse == engine.requests()[0].acuse
    assert client.cancel(request, uuid=uuid.lower()).code == "202"
    assert client.acuse(uuid, rfc=RFC) == Receipt(received.acuse)
    assert len(engine.requests()) == 1


@BOTH
def test_what_the_sat_refuses_to_cancel(client, desk, engine):
    uuid = desk.stamped()
    engine.delay_index(60)
    late = desk.stamped()
    refused = client.cancel(desk.request((late, "02")), uuid=late)
    assert (refused.code, refused.examined) == ("205", True)
    nobody = "11111111-2222-4333-8444-555555555555"
    assert client.cancel(desk.request((nobody, "02")), uuid=nobody).code == "205"
    engine.clock.advance(timedelta(minutes=5))
    assert client.cancel(desk.request((uuid, "01")), uuid=uuid).code == "208"
    assert isinstance(client.acuse(uuid, rfc=RFC), NotFound)
    engine.faults.set(FaultKind.REFUSE, operation="cancel", code="305")
    assert client.cancel(desk.request((uuid, "02")), uuid=uuid).code == "305"
    assert engine.requests() == []


@FINKOK
def test_the_sats_cancellation_is_down(client, desk, engine):
    uuid = desk.stamped()
    engine.faults.set(FaultKind.REFUSE, operation="cancel", code="708")
    refused = client.cancel(desk.request((uuid, "02")), uuid=uuid)
    assert (refused.code, refused.examined) == ("708", False)


@FINKOK
def test_a_document_with_others_that_name_it(client, desk):
    uuid = desk.stamped()
    desk.naming(uuid, "02")
    assert client.cancel(desk.request((uuid, "02")), uuid=uuid).code == "no_cancelable"


@SF
def test_a_cancellation_that_waits_for_the_receiver(client, desk, engine, time):
    """211 until the receiver answers; who asks again learns the end, and nothing is requested twice."""
    uuid = desk.dear()
    request = desk.request((uuid, "02"))
    doubt = client.cancel(request, uuid=uuid)
    assert (type(doubt), doubt.reason, doubt.sent) == (Unknown, IN_PROCESS, True)
    assert time.seconds <= 10
    engine.accept(uuid)
    received = client.cancel(request, uuid=uuid)
    assert (received.code, received.acuse) == ("202", engine.requests()[0].acuse)
    assert len(engine.requests()) == 1


@FINKOK
def test_related_documents(client, desk, engine):
    uuid = desk.stamped()
    alone = client.related(desk.ask_related(uuid, issuer=RFC, rfc_pac=client.rfc))
    assert alone == Related()
    other = desk.naming(uuid)
    found = client.related(desk.ask_related(uuid, issuer=RFC))
    assert found == desk.pac.related(desk.ask_related(uuid, issuer=RFC))
    assert [one.uuid for one in found.padres] == [other]
    refused = client.related(desk.ask_related(uuid, issuer="CACX7605101P8"))
    assert (type(refused), refused.code) == (Refused, "2002")


@FINKOK
def test_the_receiver_answers(client, desk, engine):
    first, second = desk.stamped(price=Decimal("10000")), desk.dear()
    assert client.pending(RECEIVER) == Pending()
    for uuid in (first, second):
        client.cancel(desk.request((uuid, "02")), uuid=uuid)
    assert set(client.pending(RECEIVER).uuids) == {first, second}
    answered = client.answer(desk.reply((first, "Aceptacion"), (second, "Rechazo")))
    assert answered == Answered({first: "1000", second: "1000"})
    assert client.pending(RECEIVER) == Pending()
    assert [one.answer for one in engine.requests()] == ["Aceptacion", "Rechazo"]
    assert client.answer(desk.reply((first, "Aceptacion"))).codes == {first: "1002"}
    refused = client.answer(desk.reply((first, "Aceptacion"), rfc_pac="AAA010101AAA"))
    assert (type(refused), refused.code) == (Refused, "301")


@FINKOK
def test_the_state_at_the_sat(client, desk):
    uuid = desk.stamped()
    consulta = desk.consulta(uuid)
    assert client.estado(consulta) == desk.pac.estado(consulta)
    client.cancel(desk.request((uuid, "02")), uuid=uuid)
    assert client.estado(consulta) == desk.pac.estado(consulta)
    other = consulta.replace(uuid, "11111111-2222-4333-8444-555555555555")
    assert client.estado(other) == desk.pac.estado(other)


def test_no_state_with_bad_credentials(sandbox, desk):
    consulta = desk.consulta(desk.stamped())
    with pytest.raises(SatError) as caught:
        make("finkok", sandbox.address, password="otra").estado(consulta)
    assert caught.value.code == "server_error"


# What is said of each


@BOTH
def test_what_it_can_do_is_what_the_list_says(code, client):
    provider = registry.PROVIDERS[code]
    assert client.capabilities == provider.capabilities
    assert client.code == code
    methods = {
        base.CAN_CANCEL: "cancel", base.CAN_RELATED: "related", base.CAN_PENDING: "pending", base.CAN_ANSWER: "answer",
        base.CAN_RECEIPT: "acuse", base.CAN_SAT_STATUS: "estado", base.CAN_TELL_CREDITS: "credits",
        base.CAN_TEST_CREDENTIALS: "check",
    }
    for capability, method in methods.items():
        own = getattr(type(client), method) is not getattr(base.Pac, method)
        assert own is (capability in client.capabilities), capability


@BOTH
def test_the_list_makes_a_client(code, sandbox, engine, documents, tmp_path):
    settings = {"username": USER, "password": PASSWORD, "sandbox_url": sandbox.address}
    client = registry.client(code, settings, rfc=RFC, cache=str(tmp_path / "contracts"))
    assert isinstance(stamp(client, documents.sealed()), Accepted)
    assert engine.count() == 1
    assert client.rfc == (RFC_PAC if code == "finkok" else "")
    assert list((tmp_path / "contracts").iterdir())
    with pytest.raises(ValueError, match="producción"):
        registry.client(code, settings, production=True)
    with pytest.raises(ValueError, match="esta máquina"):
        registry.client(code, settings | {"sandbox_url": "http://example.com"})
    with pytest.raises(ValueError, match="Contraseña"):
        registry.client(code, {"username": USER})
    assert registry.PROVIDERS[code].production_url.startswith("https://")
