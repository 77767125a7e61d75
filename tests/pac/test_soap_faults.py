"""What goes wrong between a SOAP client and its PAC: never two stamps, never a lost one, never a secret shown."""

import html
import logging
import os
import socket
import traceback
from datetime import timedelta

import pytest
from desk import RECEIVER, RFC
from soap_clients import CLIENTS, PASSWORD, USER, make

from l10n_mx_cfdi40.cfdi.errors import SatError
from l10n_mx_cfdi40.pac import soap
from l10n_mx_cfdi40.pac.base import Accepted, CredentialsOk, NotFound, Received, Unknown, key_of
from l10n_mx_cfdi40.pac.faults import FaultKind
from l10n_mx_cfdi40.pac.loopback import Loopback
from l10n_mx_cfdi40.pac.sandbox import Response, Sandbox, routes_of
from l10n_mx_cfdi40.pac.transport import STEP

BOTH = pytest.mark.parametrize("code", CLIENTS)

HTML = b"<!DOCTYPE html><html><body><h1>Sitio en mantenimiento</h1></body></html>"
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


class Spoiler:
    """Routes over an engine whose next POST answers are spoilt, after the work is done."""

    def __init__(self, engine):
        self.next, self.seen = [], []
        self.routes = {route: self._around(route, handler) for route, handler in routes_of(engine).items()}

    def _around(self, route, handler):
        def call(request):
            self.seen.append((route[0], request.headers.get("soapaction", ""), request.body))
            response = handler(request)
            return self.next.pop(0)(response) if route[0] == "POST" and self.next else response

        return call


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


@BOTH
@pytest.mark.parametrize("response", [
    Response(200, HTML, "text/html"), Response(503, HTML, "text/html"), Response(hang_up=True), Response(200, b"<x/>"),
    Response(302, b"", headers={"Location": "http://127.0.0.1:9/"}),
])
def test_a_contract_that_cannot_be_read(code, engine, documents, spoiler, response, tmp_path):
    """Only the contract was asked for: the document certainly did not leave, and nothing bad is kept."""
    good = dict(spoiler.routes)
    for route in good:
        if route[0] == "GET":
            spoiler.routes[route] = lambda request: response
    with Sandbox(routes=spoiler.routes) as server:
        client = make(code, server.address, cache=str(tmp_path / "contracts"))
        doubt = stamp(client, documents.sealed())
        assert (type(doubt), doubt.sent) == (Unknown, False)
        assert engine.calls() == []
        spoiler.routes.update(good)
        assert isinstance(stamp(client, documents.sealed()), Accepted)


@BOTH
@pytest.mark.filterwarnings("ignore::UserWarning:zeep")
def test_a_contract_without_the_operation(code, engine, documents, spoiler):
    for route, handler in list(spoiler.routes.items()):
        if route[0] == "GET":
            spoiler.routes[route] = lambda request, handler=handler: Response(
                body=handler(request).body.replace(b'"stamp"', b'"sello"').replace(b'"timbrar"', b'"sellar"'),
            )
    with Sandbox(routes=spoiler.routes) as server:
        doubt = stamp(make(code, server.address), documents.sealed())
    assert (type(doubt), doubt.reason, doubt.sent) == (Unknown, "contract", False)


@BOTH
def test_a_contract_says_nothing_of_where_the_calls_go(code, engine, documents, spoiler):
    """One that was tampered with, or names another host, does not take the credentials there."""
    for route, handler in list(spoiler.routes.items()):
        if route[0] == "GET":
            spoiler.routes[route] = lambda request, handler=handler: Response(
                body=handler(request).body.replace(request.address.encode(), b"http://127.0.0.1:9"),
            )
    with Sandbox(routes=spoiler.routes) as server:
        assert isinstance(stamp(make(code, server.address), documents.sealed()), Accepted)
    assert engine.count() == 1


# Contracts are kept


@BOTH
def test_contracts_are_read_once(code, engine, documents, spoiler, server, tmp_path, monkeypatch):
    folder = str(tmp_path / "contracts")
    monkeypatch.setattr(soap, "_documents", {})
    for folio in ("1", "2"):
        assert isinstance(stamp(make(code, server.address, cache=folder), documents.sealed(folio=folio)), Accepted)
    assert sum(method == "GET" for method, *_rest in spoiler.seen) == 1
    # Another process finds the file.
    monkeypatch.setattr(soap, "_documents", {})
    stamp(make(code, server.address, cache=folder), documents.sealed(folio="3"))
    assert sum(method == "GET" for method, *_rest in spoiler.seen) == 1


@BOTH
def test_an_old_contract_is_read_again_and_serves_if_it_cannot_be(
    code, engine, documents, spoiler, server, tmp_path, monkeypatch,
):
    folder = tmp_path / "contracts"

    def gets():
        monkeypatch.setattr(soap, "_documents", {})
        before = sum(method == "GET" for method, *_rest in spoiler.seen)
        folio = str(len(spoiler.seen) + 1)
        assert isinstance(stamp(make(code, server.address, cache=str(folder)), documents.sealed(folio=folio)), Accepted)
        return sum(method == "GET" for method, *_rest in spoiler.seen) - before

    assert gets() == 1
    (kept,) = folder.iterdir()
    old = kept.stat().st_mtime - soap.CONTRACT_AGE - 60
    os.utime(kept, (old, old))
    assert gets() == 1
    assert kept.stat().st_mtime > old
    os.utime(kept, (old, old))
    for route in list(spoiler.routes):
        if route[0] == "GET":
            spoiler.routes[route] = lambda request: Response(503, HTML, "text/html")
    gets()
    assert kept.stat().st_mtime == old


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
    assert (told.pac, told.operation in ("stamp", "timbrar"), told.outcome) == (client.code, True, "Accepted")
    assert "Envelope" in told.request
    assert "Envelope" in told.response


@BOTH
def test_what_travels_is_what_the_contract_says(client, code, documents, spoiler):
    sealed = documents.sealed()
    stamp(client, sealed)
    method, action, body = spoiler.seen[-1]
    assert (method, action) == ("POST", {"finkok": '"stamp"', "solucion_factible": '"urn:timbrar"'}[code])
    assert body.count(b"Envelope") == 2
