"""Every client, every operation, every failure of the wire: never two stamps, never a lost one, and the right end."""

import logging
import random
import threading
import traceback
from datetime import timedelta
from decimal import Decimal
from urllib.parse import urlsplit

import pytest
from desk import RECEIVER, RFC
from wired import PASSWORD, SETTINGS, USER, connect

from l10n_mx_cfdi40.cfdi.errors import SatError
from l10n_mx_cfdi40.cfdi.estado import Estado
from l10n_mx_cfdi40.pac import base, registry, soap, trust
from l10n_mx_cfdi40.pac.base import Accepted, NotFound, Received, Refused, Unknown, key_of
from l10n_mx_cfdi40.pac.faults import AFTER_WORK, ANSWER, BEFORE_WORK, CONNECT, FaultKind
from l10n_mx_cfdi40.pac.loopback import Loopback
from l10n_mx_cfdi40.pac.sandbox import Sandbox

ALL = tuple(SETTINGS)
#: (kind, code): what can happen to a call.
FAULTS = [
    ("lost", ""), ("timeout", ""), ("unreachable", ""), ("http", "403"), ("http", "429"), ("http", "500"),
    ("http", "502"), ("http", "503"), ("html", ""), ("closed", ""), ("truncated", ""), ("http_after", ""),
    ("http_after", "429"), ("stalled", ""), ("hang_up", ""),
]
names = [f"{kind} {code}".strip() for kind, code in FAULTS]
#: Those after which a client waits until its own limit.
SILENT = {"lost", "timeout", "stalled"}
REASONS = {
    "lost": {"timeout"}, "timeout": {"timeout"}, "stalled": {"timeout"}, "unreachable": {"timeout"},
    "closed": {"timeout"}, "hang_up": {"timeout"}, "html": {"unreadable_answer"}, "truncated": {"unreadable_answer"},
    "http": {"server_error", "unreadable_answer"}, "http_after": {"server_error"},
}


@pytest.fixture(autouse=True)
def _forgotten(monkeypatch):
    """Ports are used again, by other servers."""
    monkeypatch.setattr(soap, "_documents", {})


@pytest.fixture
def sandbox(engine):
    engine.set_credentials(USER, PASSWORD)
    with Sandbox(engine) as running:
        yield running


@pytest.fixture
def pac(engine):
    """What the desk stamps with: the embedded PAC, beside the wire."""
    return Loopback(engine.store.path, user=USER, password=PASSWORD)


@pytest.fixture(params=ALL)
def client(request, engine, sandbox):
    """A client that has been let in before: what it needs to know besides, it knows."""
    one = connect(request.param, engine, sandbox.address)
    one._sleep = lambda seconds: engine.clock.advance(timedelta(seconds=seconds))
    warm(one)
    yield one
    one.close()


def warm(one):
    """Let it read its contracts and get its token, before the clock of a test runs."""
    one.check()
    if one.code in ("sw", "prodigia"):
        return
    one.cancel(b"<a/>", uuid="11111111-2222-4333-8444-555555555555")
    one.stamp(b"<a/>", key=key_of(b"<a/>"))
    if base.CAN_TELL_CREDITS in one.capabilities:
        one.credits()
    if base.CAN_RECEIPT in one.capabilities:
        one.acuse("11111111-2222-4333-8444-555555555555", rfc=RFC)


def send(client, sealed):
    return trust.believe(client, sealed, client.stamp(sealed, key=key_of(sealed)))[0]


def settle(client, sealed):
    """What becomes of a document in doubt, as the ledger does it: asked about where it can be, else sent again."""
    if base.CAN_RECOVER in client.capabilities:
        outcome = client.recover(sealed, key=key_of(sealed))
        if not isinstance(outcome, NotFound):
            return trust.believe(client, sealed, outcome)[0]
    return send(client, sealed)


def failing(engine, client, kind, code, operation, call):
    """What a call comes to that meets a fault; it does not wait for long."""
    if kind == "hang_up":
        client.close()
        engine.faults.set(kind, operation=CONNECT)
    else:
        engine.faults.set(kind, operation=operation, code=code)
    limit, client._wire._limit = client._wire._limit, 0.3 if kind in SILENT else 30
    try:
        return call()
    finally:
        client._wire._limit = limit
        with engine.store.reading() as db:
            assert db.execute("SELECT count(*) FROM fault WHERE remaining > 0").fetchone()[0] == 0


# Stamps

@pytest.mark.parametrize(("kind", "code"), FAULTS, ids=names)
def test_a_stamp(engine, client, documents, kind, code):
    sealed = documents.sealed()
    outcome = failing(engine, client, kind, code, "stamp", lambda: send(client, sealed))
    assert isinstance(outcome, Unknown)
    assert outcome.sent
    assert outcome.reason in REASONS[kind]
    assert engine.count() <= 1
    final = settle(client, sealed)
    (stored,) = engine.stamps()
    assert isinstance(final, Accepted)
    assert final.xml == stored.xml
    assert send(client, sealed) == Accepted(stored.xml, repeated=True)
    assert engine.count() == 1


def test_an_answer_that_comes_late(engine, client, documents):
    """Within the client's limit it is an answer as any other; beyond it nobody knows, and asks."""
    engine.faults.set("slow", code="0.2")
    assert isinstance(send(client, documents.sealed()), Accepted)
    sealed = documents.sealed(folio="2")
    engine.faults.set("slow", code="0.6")
    limit, client._wire._limit = client._wire._limit, 0.3
    outcome = send(client, sealed)
    client._wire._limit = limit
    assert (outcome.reason, outcome.sent) == ("timeout", True)
    assert isinstance(settle(client, sealed), Accepted)
    assert engine.count() == 2


@pytest.mark.parametrize("kind", ["html", "closed", "truncated", "stalled", "http_after", "hang_up"])
def test_a_question_for_a_stamp(engine, client, documents, kind):
    """The question fails as well: the doubt remains, and ends with the next one."""
    sealed = documents.sealed()
    failing(engine, client, "closed", "", "stamp", lambda: send(client, sealed))
    operation = "recover" if base.CAN_RECOVER in client.capabilities else "stamp"
    outcome = failing(engine, client, kind, "", operation, lambda: settle(client, sealed))
    assert isinstance(outcome, Unknown)
    assert settle(client, sealed) == Accepted(engine.stamps()[0].xml, repeated=True)
    assert engine.count() == 1


def test_a_document_that_is_refused_after_a_doubt(engine, client, documents):
    """Nothing came of the first attempt, and the PAC says so."""
    sealed = documents.sealed(total=Decimal("5.00"))
    failing(engine, client, "http", "503", "stamp", lambda: send(client, sealed))
    outcome = settle(client, sealed)
    assert isinstance(outcome, Refused)
    assert outcome.examined
    assert engine.count() == 0


def test_turned_away_by_a_gateway_is_no_verdict(engine, client, documents):
    """HTTP 401 in front of the PAC: with a new token, or at the door, or in doubt; never two stamps."""
    sealed = documents.sealed()
    outcome = failing(engine, client, "http", "401", "stamp", lambda: send(client, sealed))
    assert isinstance(outcome, Accepted) or (isinstance(outcome, Refused) and not outcome.examined) or outcome.sent
    assert isinstance(settle(client, sealed), Accepted)
    assert engine.count() == 1


def test_a_pac_whose_clock_is_late(engine, client, documents):
    """For it the document is of the future: it says so, and takes it once its clock has come there."""
    sealed = documents.sealed()
    engine.clock.advance(timedelta(hours=-2))
    outcome = send(client, sealed)
    assert (outcome.code, outcome.examined) == ("401", True)
    engine.clock.advance(timedelta(hours=2))
    assert isinstance(send(client, sealed), Accepted)
    assert engine.count() == 1


@pytest.mark.parametrize("code", ALL)
def test_a_pac_that_goes_away_and_comes_back(engine, documents, code):
    """Refused connections prove that nothing left."""
    engine.set_credentials(USER, PASSWORD)
    sealed = documents.sealed()
    with Sandbox(engine) as running:
        client = connect(code, engine, running.address)
        warm(client)
    client.close()
    outcome = send(client, sealed)
    assert (outcome.reason, outcome.sent) == ("unreachable", False)
    with Sandbox(engine, port=urlsplit(running.address).port):
        assert isinstance(send(client, sealed), Accepted)
    client.close()
    assert engine.count() == 1


@pytest.mark.parametrize("code", ALL)
def test_tls_that_nobody_vouches_for(engine, documents, code):
    with Sandbox(engine, tls=True) as running:
        client = registry.client(code, {**SETTINGS[code], "sandbox_url": running.address}, rfc=RFC)
        outcome = send(client, documents.sealed())
        client.close()
    assert (outcome.reason, outcome.sent, engine.calls()) == ("unreachable", False, [])


# Everything else

@pytest.mark.parametrize(("kind", "code"), FAULTS, ids=names)
def test_a_cancellation(engine, client, desk, kind, code):
    """The same request again is the same request."""
    uuid = desk.stamped()
    request = desk.request((uuid, "02"))
    outcome = failing(engine, client, kind, code, "cancel", lambda: client.cancel(request, uuid=uuid))
    assert isinstance(outcome, Unknown)
    assert outcome.sent
    final = client.cancel(request, uuid=uuid)
    assert isinstance(final, Received)
    assert final.code in ("201", "202")
    assert len(engine.requests()) == 1
    assert desk.estado(uuid).estado is Estado.CANCELADO


@pytest.mark.parametrize(("kind", "code"), [
    ("http", "503"), ("html", ""), ("closed", ""), ("truncated", ""), ("stalled", ""), ("hang_up", ""), ("timeout", ""),
])
def test_every_question(engine, client, desk, kind, code):
    """A question that fails is a doubt; asked again, it has its answer."""
    uuid = desk.stamped()
    assert isinstance(client.cancel(desk.request((uuid, "02")), uuid=uuid), Received)
    related, reply = desk.ask_related(uuid, issuer=RFC), desk.reply((uuid, "Aceptacion"))
    questions = {
        base.CAN_RELATED: ("related", lambda: client.related(related)),
        base.CAN_PENDING: ("pending", lambda: client.pending(RECEIVER)),
        base.CAN_ANSWER: (ANSWER, lambda: client.answer(reply)),
        base.CAN_RECEIPT: ("receipt", lambda: client.acuse(uuid, rfc=RFC)),
        base.CAN_TELL_CREDITS: ("credits", client.credits),
        base.CAN_TEST_CREDENTIALS: ("check" if client.code != "solucion_factible" else "credits", client.check),
    }
    for capability, (operation, ask) in questions.items():
        if capability not in client.capabilities:
            continue
        outcome = failing(engine, client, kind, code, operation, ask)
        assert isinstance(outcome, Unknown), (capability, outcome)
        assert not isinstance(ask(), Unknown | Refused), capability


@pytest.mark.parametrize("kind", ["html", "closed", "truncated", "stalled"])
def test_the_state_at_the_sat(engine, sandbox, desk, kind):
    client = connect("finkok", engine, sandbox.address)
    warm(client)
    consulta = desk.consulta(desk.stamped())
    client.estado(consulta)
    with pytest.raises(SatError):
        failing(engine, client, kind, "", "estado", lambda: client.estado(consulta))
    assert client.estado(consulta).estado is Estado.VIGENTE
    client.close()


# All at once

@pytest.mark.parametrize("code", ALL)
def test_many_documents_and_anything_that_can_happen(engine, sandbox, documents, code):
    """Four threads, each with a client, thirty documents, every second call failing: the PAC's stamps are the ledger's,
    no more and no fewer."""
    chance = random.Random(code)
    kinds = [one for one in (*BEFORE_WORK, *AFTER_WORK, FaultKind.UNREACHABLE) if one is not FaultKind.STALLED]
    sealed = [documents.sealed(folio=str(number)) for number in range(30)]
    for one in sealed:
        if chance.random() < 0.5:
            kind = chance.choice(sorted(kinds))
            engine.faults.set(kind, key=key_of(one), times=chance.randint(1, 3), code="503" if kind == "http" else "")
    ledger, lock = {}, threading.Lock()

    def work(share):
        client = connect(code, engine, sandbox.address)
        for one in share:
            outcome = send(client, one)
            for _attempt in range(4):
                if isinstance(outcome, Unknown):
                    outcome = settle(client, one)
            with lock:
                ledger[key_of(one)] = outcome
        client.close()

    threads = [threading.Thread(target=work, args=(sealed[start::4],)) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert {key: outcome.xml for key, outcome in ledger.items()} == {one.sha256: one.xml for one in engine.stamps()}
    assert len(ledger) == 30


# Secrets

@pytest.mark.parametrize("code", ALL)
def test_no_secret_is_shown(engine, sandbox, documents, desk, caplog, code):
    """In no log, outcome, exception, exchange or representation, whatever goes wrong."""
    caplog.set_level(logging.DEBUG)
    seen, shown = [], []
    client = connect(code, engine, sandbox.address, observer=seen.append)
    uuid = desk.stamped()
    request = desk.request((uuid, "02"))
    for kind, status in FAULTS:
        if kind in SILENT or kind == "hang_up":
            continue
        engine.faults.set(kind, code=status)
        engine.faults.set(kind, code=status, operation="cancel")
        sealed = documents.sealed(folio=f"{kind}{status}")
        shown += [send(client, sealed), settle(client, sealed), client.cancel(request, uuid=uuid), client.check()]
    engine.set_credentials(USER, "otra")
    shown += [client.check(), send(client, documents.sealed(folio="X"))]
    try:
        client.stamp(b"", key="")
    except ValueError as error:
        shown.append("".join(traceback.format_exception(error)))
    shown.append(client)
    text = "\n".join([*map(repr, shown), *map(repr, seen), caplog.text, *(one.request + one.response for one in seen)])
    assert len(seen) > 20
    own = [getattr(client, name, "") for name in ("_token", "_login")]
    for secret in filter(None, [PASSWORD, "Cl4ve", *own]):
        assert secret not in text
