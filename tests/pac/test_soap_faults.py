"""What goes wrong between a SOAP client and its PAC: never two stamps, never a lost one, never a secret shown."""

import html
import logging
import socket
import traceback
from datetime import timedelta

import pytest
from desk import RECEIVER, RFC
from soap_clients import CLIENTS, HTML, PASSWORD, USER, Spoiler, make

from l10n_mx_cfdi40.cfdi.errors import SatError
from l10n_mx_cfdi40.pac import soap
from l10n_mx_cfdi40.pac.base import Accepted, CredentialsOk, NotFound, Received, Unknown, key_of
from l10n_mx_cfdi40.pac.faults import FaultKind
from l10n_mx_cfdi40.pac.loopback import Loopback
from l10n_mx_cfdi40.pac.sandbox import Response, Sandbox
from l10n_mx_cfdi40.pac.transport import STEP

BOTH = pytest.mark.parametrize("code", CLIENTS)

FAULT = (
    b'<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><e:Fault><faultcode>e:Server</faultcode>'
    b"<faultstring>Traceback: database is locked</faultstring></e:Fault></e:Body></e:Envelope>"
)
#: What the caller gets instead of the answer, once the work is done; the reason that it comes to.
SPOILT = {
    "lost": (lambda response: Response(hang_up=True), {"timeout"}),
    "html": (lambda response: Response(200, HTML, "text/html"), {"unreadable_answer"}),
    "gateway": (lambda response: Response(502, HTML, "text/html"), {"server_error"}),
    "too many": (lambda response: Response(429, b"slow down", "text/plain"), {"server_error"}),
    "truncated": (lambda response: Response(200, response.body[:-30]), {"unreadable_answer"}),
    "two lengths": (
        lambda response: Response(200, response.body[:-30], headers={"Content-Length": str(len(response.body))}),
        {"unreadable_answer"},
    ),
    "fault": (lambda response: Response(500, FAULT), {"server_error"}),
    "fault 200": (lambda response: Response(200, FAULT), {"server_error"}),
    "empty": (lambda response: Response(200, b""), {"unreadable_answer"}),
    "other xml": (lambda response: Response(200, b"<a><b/></a>"), {"unreadable_answer"}),
    "no result": (
        lambda response: Response(
            200, b'<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><x/></e:Body></e:Envelope>',
        ), {"unreadable_answer"},
    ),
    "bomb": (
        lambda response: Response(200, b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'),
        {"unreadable_answer"},
    ),
}


@pytest.fixture(autouse=True)
def _forgotten(monkeypatch):
    """Ports are used again, by other servers."""
    monkeypatch.setattr(soap, "_documents", {})


@pytest.fixture
def spoiler(engine):
    engine.set_credentials(USER, PASSWORD)
    return Spoiler(engine)


@pytest.fixture
def server(spoiler):
    with Sandbox(routes=spoiler.routes) as server:
        yield server


@pytest.fixture
def exchanges():
    return []


@pytest.fixture
def client(code, server, engine, exchanges):
    more = {"now": engine.clock.now} if code == "solucion_factible" else {}
    pac = make(code, server.address, observer=exchanges.append, **more)
    # The contracts are read, so that what fails below is the call.
    assert pac.check() == CredentialsOk()
    yield pac
    pac.close()


@pytest.fixture
def pac(engine):
    return Loopback(engine.store.path, user=USER, password=PASSWORD)


def stamp(client, sealed):
    return client.stamp(sealed, key=key_of(sealed))


def settled(client, sealed):
    """What is done about a doubt: ask where it can be asked, send the same bytes where not."""
    answer = client.recover(sealed, key=key_of(sealed))
    if isinstance(answer, NotFound) or getattr(answer, "reason", "") == "cannot_ask":
        return stamp(client, sealed)
    return answer


# An answer that is lost or spoilt


@BOTH
@pytest.mark.parametrize("how", SPOILT)
def test_a_stamp_whose_answer_is_spoilt(client, engine, documents, spoiler, how):
    sealed = documents.sealed()
    spoil, reasons = SPOILT[how]
    spoiler.next.append(spoil)
    doubt = stamp(client, sealed)
    assert (type(doubt), doubt.sent) == (Unknown, True)
    assert doubt.reason in reasons
    assert engine.count() == 1
    assert settled(client, sealed) == Accepted(engine.stamps()[0].xml, repeated=True)
    assert engine.count() == 1


@BOTH
@pytest.mark.parametrize("how", SPOILT)
def test_a_cancellation_whose_answer_is_spoilt(client, engine, desk, spoiler, how):
    uuid = desk.stamped()
    request = desk.request((uuid, "02"))
    spoil, reasons = SPOILT[how]
    spoiler.next.append(spoil)
    doubt = client.cancel(request, uuid=uuid)
    assert (type(doubt), doubt.sent) == (Unknown, True)
    assert doubt.reason in reasons
    again = client.cancel(request, uuid=uuid)
    assert (type(again), again.code) == (Received, "202")
    assert len(engine.requests()) == 1


@BOTH
@pytest.mark.parametrize("how", ["lost", "html", "fault", "truncated"])
def test_every_other_question_whose_answer_is_spoilt(client, code, desk, documents, spoiler, how):
    uuid = desk.stamped()
    sealed = documents.sealed()
    spoil, reasons = SPOILT[how]
    questions = {
        "receipt": lambda: client.acuse(uuid, rfc=RFC), "credits": client.credits, "check": client.check,
    }
    if code == "finkok":
        questions |= {
            "recover": lambda: client.recover(sealed, key=key_of(sealed)),
            "related": lambda: client.related(desk.ask_related(uuid, issuer=RFC)),
            "pending": lambda: client.pending(RECEIVER),
            "answer": lambda: client.answer(desk.reply((uuid, "Rechazo"))),
        }
    for name, ask in questions.items():
        spoiler.next.append(spoil)
        doubt = ask()
        assert (type(doubt), doubt.reason in reasons) == (Unknown, True), name
        assert not spoiler.next, name
    if code == "finkok":
        spoiler.next.append(spoil)
        with pytest.raises(SatError) as caught:
            client.estado(desk.consulta(uuid))
        assert caught.value.code in reasons


@BOTH
def test_an_answer_that_never_comes(code, server, engine, documents):
    """The time limit of the operation, and then the truth."""
    engine.faults.set(FaultKind.LOST)
    more = {"now": engine.clock.now} if code == "solucion_factible" else {}
    quick = make(code, server.address, limit=0.7, **more)
    quick.check()
    sealed = documents.sealed()
    doubt = stamp(quick, sealed)
    assert (type(doubt), doubt.reason, doubt.sent) == (Unknown, "timeout", True)
    assert settled(make(code, server.address, **more), sealed).repeated is True
    assert engine.count() == 1


@BOTH
def test_a_request_that_never_arrived(client, engine, documents):
    """Doubt at first, although nothing was done; then it is stamped, once."""
    engine.faults.set(FaultKind.UNREACHABLE)
    sealed = documents.sealed()
    doubt = stamp(client, sealed)
    assert (type(doubt), doubt.sent) == (Unknown, True)
    assert engine.count() == 0
    assert isinstance(settled(client, sealed), Accepted)
    assert engine.count() == 1


@BOTH
def test_the_first_stamp_comes_late_after_a_lost_answer(client, engine, documents, spoiler):
    """The worst day: the answer is lost, and for a while the PAC neither finds the stamp nor gives it again."""
    sealed = documents.sealed()
    engine.delay_repeat(3600)
    spoiler.next.append(SPOILT["lost"][0])
    assert stamp(client, sealed).sent is True
    assert settled(client, sealed).reason == "late_stamp"
    engine.clock.advance(timedelta(hours=2))
    assert settled(client, sealed) == Accepted(engine.stamps()[0].xml, repeated=True)
    assert engine.count() == 1


# Nothing left


@BOTH
def test_nobody_listens(code, documents):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    client = make(code, address)
    doubt = stamp(client, documents.sealed())
    assert (type(doubt), doubt.reason, doubt.sent) == (Unknown, "unreachable", False)


@BOTH
def test_nobody_listens_any_more(code, engine, documents, spoiler):
    with Sandbox(routes=spoiler.routes) as server:
        client = make(code, server.address)
        sealed = documents.sealed()
        assert isinstance(stamp(client, sealed), Accepted)
        client.close()
    doubt = stamp(client, documents.sealed(folio="2"))
    assert (type(doubt), doubt.reason, doubt.sent) == (Unknown, "unreachable", False)
    assert engine.count() == 1


# Secrets


@BOTH
def test_no_secret_is_shown(client, documents, desk, spoiler, exchanges, caplog):
    """Not in what is logged, whatever level; not in what is answered, raised, printed or told to the observer."""
    caplog.set_level(logging.DEBUG)
    shown = [repr(client), repr(client._wire)]
    sealed = documents.sealed()
    shown.append(repr(stamp(client, sealed)))
    uuid = desk.stamped()
    # A PAC that repeats what it was told.
    told = html.escape(f"{USER} {PASSWORD}", quote=False).encode()

    def echo(response):
        return Response(500, FAULT.replace(b"Traceback", b"user " + told))

    for ask in (
        lambda: stamp(client, sealed), lambda: client.cancel(desk.request((uuid, "02")), uuid=uuid), client.check,
        client.credits, lambda: client.acuse(uuid, rfc=RFC),
    ):
        spoiler.next.append(echo)
        shown.append(repr(ask()))
    if client.code == "finkok":
        spoiler.next.append(echo)
        try:
            client.estado(desk.consulta(uuid))
        except SatError:
            shown.append(traceback.format_exc())
    shown += [repr(record.__dict__) + record.getMessage() for record in caplog.records]
    shown += [f"{one!r} {one.request} {one.response}" for one in exchanges]
    everything = "\n".join(shown)
    assert "database is locked" in everything
    for secret in (USER, PASSWORD, USER.replace("&", "&amp;"), "secreta"):
        assert secret not in everything


@BOTH
def test_the_observer_is_told_of_every_exchange(client, engine, documents, exchanges):
    exchanges.clear()
    stamp(client, documents.sealed())
    (told,) = [one for one in exchanges if one.outcome != STEP]
    assert (told.pac, told.operation, told.outcome) == (client.code, "stamp", "Accepted")
    assert "Envelope" in told.request
    assert "Envelope" in told.response


@BOTH
def test_what_travels_is_what_the_contract_says(client, code, documents, spoiler):
    sealed = documents.sealed()
    stamp(client, sealed)
    method, action, body = spoiler.seen[-1]
    assert (method, action) == ("POST", {"finkok": '"stamp"', "solucion_factible": '"urn:timbrar"'}[code])
    assert body.count(b"Envelope") == 2


# The same by the sandbox's own script


@BOTH
@pytest.mark.parametrize("kind", [
    FaultKind.UNREACHABLE, FaultKind.HTTP, FaultKind.HTML, FaultKind.CLOSED, FaultKind.TRUNCATED, FaultKind.HTTP_AFTER,
])
def test_every_operation_meets_every_fault_by_script(code, engine, documents, desk, kind):
    """Whatever goes wrong, it is said that nobody knows; then the same question gets the answer."""
    uuid, sealed = desk.stamped(), documents.sealed(folio="2")
    engine.set_credentials(USER, PASSWORD)
    asked = desk.request((uuid, "02"))
    with Sandbox(engine) as server:
        more = {"now": engine.clock.now} if code == "solucion_factible" else {}
        client = make(code, server.address, **more)
        operations = {
            "stamp": lambda: stamp(client, sealed), "cancel": lambda: client.cancel(asked, uuid=uuid),
            "receipt": lambda: client.acuse(uuid, rfc=RFC), "credits": client.credits,
        }
        if code == "finkok":
            operations |= {
                "check": client.check, "recover": lambda: client.recover(sealed, key=key_of(sealed)),
                "related": lambda: client.related(desk.ask_related(uuid, issuer=RFC)),
                "pending": lambda: client.pending(RECEIVER),
            }
        for operation, ask in operations.items():
            engine.faults.set(kind, operation=operation, code="429" if kind is FaultKind.HTTP else "")
            doubt = ask()
            assert (type(doubt), doubt.sent) == (Unknown, True), operation
            assert not isinstance(ask(), Unknown), operation
        client.close()
    assert engine.count() == 2
    assert len(engine.requests()) == 1
