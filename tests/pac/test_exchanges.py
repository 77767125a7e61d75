"""What is told of every call that went over the wire, and that no secret is told."""

import base64
import json
import logging
import traceback
from urllib.parse import quote

import pytest
from desk import RFC
from test_transport import DOCUMENT, SECRET, reply, send, wire
from wired import PASSWORD, SETTINGS, USER, closed_port, connect, server

from l10n_mx_cfdi40.cfdi import parse
from l10n_mx_cfdi40.pac.base import Accepted, CredentialsOk, NotFound, Received, Refused, key_of
from l10n_mx_cfdi40.pac.sandbox import Sandbox
from l10n_mx_cfdi40.pac.transport import DONE, MASK, STEP


def exchanges(work, text=b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhola", **how):
    """What the observer is told of an operation."""
    seen = []
    one = wire(observer=seen.append)
    with server(reply(text)) as port:
        one.run("stamp", lambda: work(one, f"http://127.0.0.1:{port}/a"))
    return seen


def test_every_call_is_told():
    def work(one, url):
        one.send("POST", url, body=b"uno", step="authenticate", carries=False)
        one.send("POST", url, body="dós".encode())
        return Refused("302", "mal")

    first, second = exchanges(work)
    assert (first.pac, first.operation, first.outcome, first.code) == ("prueba", "authenticate", STEP, "HTTP 200")
    assert (second.operation, second.outcome, second.code) == ("stamp", "Refused", "302")
    assert second.request.startswith("POST http://127.0.0.1:")
    assert second.request.endswith("/a\n\ndós")
    assert second.response == "HTTP 200\n\nhola"
    assert second.when.tzinfo is not None
    assert first.milliseconds >= 0


def test_failures_are_told():
    seen = []
    one = wire(observer=seen.append)
    send(closed_port(), one=one)
    (told,) = seen
    assert (told.outcome, told.code, told.response) == ("Unknown", "unreachable", "")


def test_a_mere_value_is_told():
    (told,) = exchanges(lambda one, url: one.send("GET", url) and 5)
    assert (told.outcome, told.code) == (DONE, "")


def test_what_is_quiet_is_not_shown():
    def work(one, url):
        one.send("POST", url, body=b"abracadabra", quiet=True)
        return Accepted(b"")

    (told,) = exchanges(work)
    assert "abracadabra" not in told.request + told.response
    assert "hola" not in told.response
    assert told.response.startswith("HTTP 200")


# Secrets

def test_no_secret_is_shown(caplog):
    """In no way that it may be written, sent or sent back."""
    caplog.set_level(logging.DEBUG)
    ways = (
        SECRET, json.dumps(SECRET), json.dumps(SECRET, ensure_ascii=False), quote(SECRET), quote(SECRET, safe=""),
        "Cl4ve &quot;ñ&quot; &amp; &lt;larga&gt;/+", 'Cl4ve "ñ" &amp; &lt;larga&gt;/+',
    )
    body = "\n".join(ways).encode()
    seen = []
    one = wire(observer=seen.append)
    text = b"HTTP/1.1 400 X\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)

    def work():
        answer = one.send("POST", f"http://127.0.0.1:{port}/", body=body, headers={"Authorization": "x"})
        return Refused("300", answer.text)

    with server(reply(text)) as port:
        outcome = one.run("stamp", work)
    shown = "\n".join((outcome.message, seen[0].request, seen[0].response, repr(one), repr(seen), caplog.text))
    assert "Cl4ve" not in shown
    assert MASK in outcome.message
    assert MASK in seen[0].request
    assert MASK in seen[0].response


def test_every_way_of_writing_a_secret():
    one = wire(secrets=(secret := "Cl4ve'\"ñ/<&+`Cl4ve",))
    for written in (
        repr(secret), quote(secret), "Cl4ve%27%22%c3%b1/%3c%26%2b%60Cl4ve",
        r"Cl4ve\u0027\u0022\u00F1/\u003C\u0026\u002B\u0060Cl4ve", r"Cl4ve\u0027\"ñ/\u003c\u0026+`Cl4ve",
        r"Cl4ve'\"\u00f1\/<&+`Cl4ve", "Cl4ve&apos;&quot;ñ/&lt;&amp;+`Cl4ve", "Cl4ve&#39;&#34;&#241;/&lt;&amp;+`Cl4ve",
        base64.b64encode(secret.encode()).decode(), base64.urlsafe_b64encode(secret.encode()).decode(),
    ):
        assert "l4ve" not in one.mask(written), written
        assert MASK in one.mask(written)


def test_no_secret_in_any_outcome():
    """What a PAC says may repeat what it was told, whatever it comes to."""
    one = wire()
    for outcome in (
        Received("201", SECRET, b"acuse"), NotFound(SECRET), CredentialsOk(SECRET),
        Refused("1", "x", {"findings": (("301", SECRET),), "pac_code": SECRET, "acuse": b"acuse"}),
    ):
        told = one.run("cancel", lambda outcome=outcome: outcome)
        assert "Cl4ve" not in repr(told)
        assert type(told) is type(outcome)
    assert told.params == {"findings": (("301", MASK),), "pac_code": MASK, "acuse": b"acuse"}


def test_no_secret_in_what_goes_wrong():
    one = wire()
    outcome = one.run("stamp", lambda: one.send("POST", f"https://pac.invalid/{SECRET}", body=SECRET))
    assert "Cl4ve" not in repr(outcome)


def test_no_exception_holds_a_request():
    """An exception of requests carries the headers, and so the credentials, into whoever reports it."""
    one = wire()
    caught = []

    def work():
        try:
            one.send("POST", f"http://127.0.0.1:{closed_port()}/", body=DOCUMENT, headers={"Authorization": SECRET})
        except Exception as error:
            caught.append(error)
            raise

    one.run("stamp", work)
    (error,) = caught
    assert error.__context__ is None
    assert error.__cause__ is None
    assert SECRET not in "".join(traceback.format_exception(error))


def test_a_secret_learnt_later():
    one = wire()
    one.hide("otra-clave")
    assert one.mask(f"otra-clave {SECRET} nada") == f"{MASK} {MASK} nada"


@pytest.mark.parametrize("code", SETTINGS)
def test_what_was_asked_has_the_same_name_with_every_pac(code, engine, desk, documents):
    """Whatever the PAC's own word for it is, and whatever call it was that ended it."""
    engine.set_credentials(USER, PASSWORD)
    seen = []
    with Sandbox(engine) as sandbox:
        client = connect(code, engine, sandbox.address, observer=seen.append)
        sealed = documents.sealed()
        uuid = parse.leer(client.stamp(sealed, key=key_of(sealed)).xml).timbre.uuid
        client.recover(sealed, key=key_of(sealed))
        client.cancel(desk.request((uuid, "02")), uuid=uuid)
        client.acuse(uuid, rfc=RFC)
        client.check()
        client.close()
    told = [one.operation for one in seen if one.outcome != STEP]
    # Only Finkok can be asked whether it has a document.
    assert told == ["stamp", *(["recover"] if code == "finkok" else []), "cancel", "receipt", "check"]
