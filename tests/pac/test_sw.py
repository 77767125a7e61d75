"""What only SW has: tokens, two hosts, identities of our own, and files elsewhere."""

import json
from datetime import timedelta

import pytest
import requests
from desk import RFC
from test_rest_clients import send
from wired import PASSWORD, SETTINGS, USER, connect

from l10n_mx_cfdi40.pac import registry, sw
from l10n_mx_cfdi40.pac.base import Accepted, CredentialsOk, Receipt, Unknown, key_of
from l10n_mx_cfdi40.pac.sandbox import Sandbox
from l10n_mx_cfdi40.pac.sandbox import sw as sandbox_sw


@pytest.fixture
def sandbox(engine):
    engine.set_credentials(USER, PASSWORD)
    with Sandbox(engine) as running:
        yield running


@pytest.fixture
def client(engine, sandbox):
    one = connect("sw", engine, sandbox.address)
    yield one
    one.close()


@pytest.fixture
def pac(client):
    """Whoever the desk's people use."""
    return client


def test_an_expired_token(engine, client, documents):
    """The clock that counts is SW's: ours may say anything."""
    first, second = documents.sealed(), documents.sealed(folio="2")
    assert isinstance(send(client, first), Accepted)
    old = client._token
    engine.clock.advance(sandbox_sw.TOKEN_LIFE)
    assert isinstance(send(client, second), Accepted)
    assert client._token != old
    assert engine.count() == 2


def test_a_token_is_asked_for_once(engine, sandbox, documents):
    seen = []
    client = connect("sw", engine, sandbox.address, observer=seen.append)
    for folio in "123":
        send(client, documents.sealed(folio=folio))
    assert [one.operation for one in seen] == ["authenticate", "stamp", "stamp", "stamp"]


def test_a_token_without_end(engine, sandbox, documents):
    token = sandbox_sw.infinite_token(engine, USER)
    client = registry.client("sw", {"token": token, "sandbox_url": sandbox.address})
    engine.clock.advance(timedelta(hours=50))
    assert client.check() == CredentialsOk()
    bad = registry.client("sw", {"token": token[:-1] + "x", "sandbox_url": sandbox.address})
    outcome = send(bad, documents.sealed())
    assert (outcome.code, outcome.examined) == ("300", False)
    assert bad.check().code == "300"


def test_sw_needs_a_user_or_a_token():
    with pytest.raises(ValueError, match="Usuario y Contraseña o Token infinito"):
        registry.client("sw", {"username": USER})


def test_another_document_under_the_same_identity(engine, client, documents):
    """What SW tells of the first one is not taken for a stamp of this one."""
    first, second = documents.sealed(), documents.sealed(folio="2")
    send(client, first)
    outcome = client._wire.run("stamp", lambda: client._stamp(second, key_of(first)))
    assert (outcome.reason, outcome.sent) == ("timbre_de_otro_cfdi", True)


def test_two_hosts():
    """Account and files are elsewhere; the sandbox is all in one place."""
    one = registry.client("sw", SETTINGS["sw"], production=True)
    assert (one._url, one._api) == ("https://services.sw.com.mx", "https://api.sw.com.mx")
    assert one.rfc == sw.RFC_PAC
    one = registry.client("sw", SETTINGS["sw"])
    assert (one._url, one._api) == ("https://services.test.sw.com.mx", "https://api.test.sw.com.mx")


def test_files_are_fetched_without_a_token(engine, sandbox, desk):
    seen = []
    client = connect("sw", engine, sandbox.address, observer=seen.append)
    uuid = desk.stamped()
    desk.cancel(uuid)
    assert isinstance(client.acuse(uuid, rfc=RFC), Receipt)
    assert [one.operation for one in seen] == ["authenticate", "receipt", "receipt"]


# The sandbox's side of it

def post(sandbox, path, body=b"", **headers):
    return requests.post(sandbox.address + path, data=body, headers=headers, timeout=30)


def bearer(engine):
    return {"Authorization": f"Bearer {sandbox_sw.infinite_token(engine, USER)}", "customid": "1"}


@pytest.mark.parametrize("token", [
    "", "Bearer", "Bearer a", "Bearer a.b.c", "Bearer YQ==.bmV2ZXI=.x", "Bearer YQ==.bmV2ZXI=.ñ", "Bearer é.ü.ñ",
    "Bearer ..", "x",
])
def test_tokens_that_are_none(sandbox, token):
    answer = post(sandbox, "/cfdi33/cancel/xml", Authorization=token.encode())
    assert (answer.status_code, answer.json()["message"]) == (401, "401 Unauthorized")


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"x", b'{"user": "a"}', b"\xff"])
def test_logins_that_are_none(sandbox, body):
    answer = post(sandbox, "/v2/security/authenticate", body)
    assert (answer.status_code, answer.json()["status"]) == (400, "error")


@pytest.mark.parametrize("path", ["/v4/cfdi33/stamp/v2", "/cfdi33/cancel/xml", "/relations/xml", "/acceptreject/xml"])
@pytest.mark.parametrize(("kind", "body"), [
    ("multipart/form-data; boundary=B", b""), ("multipart/form-data", b"--B"), ("", b"<a/>"),
    ("multipart/form-data; boundary=B", b'--B\r\nContent-Disposition: form-data; name="otro"\r\n\r\nx\r\n--B--'),
    ("multipart/form-data; boundary=B", b'--B\r\nContent-Disposition: form-data; name="xml"\r\n\r\n\r\n--B--'),
    ("multipart/form-data; boundary=B", b'--B\r\nContent-Disposition: form-data; name="xml"\r\n\r\n<a\r\n--B--'),
])
def test_forms_that_say_nothing(engine, sandbox, path, kind, body):
    answer = post(sandbox, path, body, **bearer(engine), **{"Content-Type": kind})
    assert (answer.status_code, answer.json()["status"]) == (400, "error")
    assert engine.count() == 0


@pytest.mark.parametrize("custom", ["", "x" * 101])
def test_identities_that_are_none(engine, sandbox, documents, custom):
    answer = requests.post(
        f"{sandbox.address}/v4/cfdi33/stamp/v2", files={"xml": ("xml", documents.sealed())},
        headers=bearer(engine) | {"customid": custom}, timeout=30,
    )
    assert "CustomId" in answer.json()["message"]
    assert engine.count() == 0


def test_what_the_documentation_shows(engine, sandbox, documents):
    """The same identity twice: whatever the bytes, CFDI3307 and the timbre of the first; once it has ended, 307 alone,
    and the second family hands the first stamp over."""
    def stamp(sealed, path="/v4/cfdi33/stamp/v2"):
        return requests.post(
            sandbox.address + path, files={"xml": ("xml", sealed)}, headers=bearer(engine), timeout=30,
        ).json()

    sealed = documents.sealed()
    first, again, other = stamp(sealed), stamp(sealed), stamp(documents.sealed(folio="2"))
    assert (first["status"], sorted(first["data"])) == ("success", ["cfdi", "tfd"])
    for told in (again, other):
        assert (told["status"], told["data"]) == ("error", {"tfd": first["data"]["tfd"]})
        assert told["message"].startswith("CFDI3307 - ")
    engine.clock.advance(sandbox_sw.CUSTOM_LIFE)
    late, handed = stamp(sealed), stamp(sealed, "/cfdi33/v2/stamp/v2")
    assert (late["status"], late["message"], late["data"]) == ("error", sandbox_sw.REPEATED, None)
    assert (handed["status"], handed["message"], handed["data"]) == ("error", sandbox_sw.REPEATED, first["data"])
    assert engine.count() == 1
    assert json.dumps(first).count(engine.stamps()[0].uuid) == 2


def test_a_first_stamp_that_comes_without_data(engine, sandbox, client, documents):
    """Its identity never came to be, or ended: the family that hands stamps over is asked."""
    lost, old = documents.sealed(), documents.sealed(folio="2")
    engine.faults.set("lost")
    client._wire._limit = 0.3
    assert send(client, lost).reason == "timeout"
    client._wire._limit = 30
    assert isinstance(send(client, old), Accepted)
    engine.clock.advance(timedelta(hours=100))
    stamped = {stamp.sha256: stamp.xml for stamp in engine.stamps()}
    for sealed in (lost, old):
        assert send(client, sealed) == Accepted(stamped[key_of(sealed)], repeated=True)
    assert engine.count() == 2


@pytest.mark.parametrize("fault", ["html", "closed"])
def test_a_token_that_ends_while_no_new_one_is_to_be_had(engine, client, documents, fault):
    """With an old token nobody looked at the document: that is no doubt about it."""
    sealed = documents.sealed()
    client.check()
    engine.clock.advance(sandbox_sw.TOKEN_LIFE)
    engine.faults.set(fault, operation="check")
    outcome = send(client, sealed)
    assert (type(outcome), outcome.reason, outcome.sent) == (Unknown, "no_access", False)
    assert engine.count() == 0
    assert isinstance(send(client, sealed), Accepted)
