"""How a SOAP client comes by the PAC's contract, keeps it, and does without: the document never leaves meanwhile."""

import os
import re
from decimal import Decimal

import pytest
from soap_clients import CLIENTS, HTML, PASSWORD, USER, Spoiler, make

from l10n_mx_cfdi40.pac import soap
from l10n_mx_cfdi40.pac.base import Accepted, Unknown, key_of
from l10n_mx_cfdi40.pac.sandbox import Response, Sandbox

BOTH = pytest.mark.parametrize("code", CLIENTS)


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


def stamp(client, sealed):
    return client.stamp(sealed, key=key_of(sealed))


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
        # Nobody is told that it may be stamped.
        assert doubt.reason == "contract"
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
@pytest.mark.parametrize("spoilt", [b"", b"<wsdl:definitions xmlns:", b"<html/>", b"\x00" * 4096])
def test_a_kept_contract_that_was_spoilt_heals(code, engine, documents, server, tmp_path, spoilt):
    """A full disk or a machine that was switched off: it is read again, not refused for a week."""
    folder = tmp_path / "contracts"
    assert isinstance(stamp(make(code, server.address, cache=str(folder)), documents.sealed()), Accepted)
    (kept,) = folder.iterdir()
    good = kept.read_bytes()
    kept.write_bytes(spoilt)
    soap._documents.clear()
    again = stamp(make(code, server.address, cache=str(folder)), documents.sealed(folio="2"))
    assert isinstance(again, Accepted)
    assert kept.read_bytes() == good
    assert list(folder.iterdir()) == [kept]


@BOTH
@pytest.mark.filterwarnings("ignore::UserWarning:zeep")
def test_a_contract_that_no_longer_fits_is_read_again(code, engine, documents, spoiler, server, tmp_path):
    """The kept one, in the file and in the memory of the process, is of before the PAC's change."""
    folder = tmp_path / "contracts"
    client = make(code, server.address, cache=str(folder))
    before = documents.sealed()
    assert isinstance(stamp(client, before), Accepted)
    (kept,) = folder.iterdir()
    good = kept.read_bytes()
    kept.write_bytes(good.replace(b'"stamp"', b'"sello"').replace(b'"timbrar"', b'"sellar"'))
    soap._documents.clear()
    client = make(code, server.address, cache=str(folder))
    assert stamp(client, documents.sealed(folio="2")).reason == "contract"
    assert isinstance(stamp(client, documents.sealed(folio="2")), Accepted)
    assert kept.read_bytes() == good


@BOTH
@pytest.mark.filterwarnings("ignore::UserWarning:zeep")
def test_a_contract_that_lost_members(code, engine, documents, spoiler):
    """What is left of an answer is read: there may be a stamp in it."""
    gone = re.compile(rb'<xs:element name="(ExtraInfo|Fecha|UUID|uuid|CodEstatus|mensaje)"[^>]*/>')
    for route, handler in list(spoiler.routes.items()):
        if route[0] == "GET":
            spoiler.routes[route] = lambda request, handler=handler: Response(
                body=gone.sub(b"", handler(request).body))
    sealed = documents.sealed()
    with Sandbox(routes=spoiler.routes) as server:
        client = make(code, server.address)
        assert isinstance(stamp(client, sealed), Accepted)
        assert stamp(client, sealed) == Accepted(engine.stamps()[0].xml, repeated=True)
        refused = stamp(client, documents.sealed(total=Decimal("5.00")))
    # Solución Factible has nothing else than its text to tell the rule of.
    assert refused.code.startswith("CFDI40") if code == "finkok" else refused.code == "301"


def with_types(spoiler, **swap):
    """Contracts in which some elements are of other types."""
    for route, handler in list(spoiler.routes.items()):
        if route[0] == "GET":
            def describe(request, handler=handler):
                text = handler(request).body
                for name, kind in swap.items():
                    text = re.sub(rb'name="%s" type="[^"]*"' % name.encode(), b'name="%s" type="%s"' % (
                        name.encode(), kind.encode()), text)
                return Response(body=text)
            spoiler.routes[route] = describe


@pytest.mark.filterwarnings("ignore::UserWarning:zeep")
def test_a_contract_that_calls_a_file_a_text(engine, documents, spoiler):
    with_types(spoiler, cfdiTimbrado="xs:string")
    with Sandbox(routes=spoiler.routes) as server:
        answer = stamp(make("solucion_factible", server.address), documents.sealed())
    assert answer == Accepted(engine.stamps()[0].xml)


@BOTH
@pytest.mark.filterwarnings("ignore::UserWarning:zeep")
def test_a_contract_whose_answers_are_of_another_kind(code, engine, documents, spoiler):
    """It may be stamped, and what came back says nothing of it: no exception, a doubt."""
    with_types(spoiler, stampResult="xs:string", **{"return": "xs:string"})
    with Sandbox(routes=spoiler.routes) as server:
        doubt = stamp(make(code, server.address), documents.sealed())
    assert (type(doubt), doubt.reason, doubt.sent) == (Unknown, "unreadable_answer", True)
    assert engine.count() == 1


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
