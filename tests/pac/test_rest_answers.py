"""Answers of SW and Prodigia that no sandbox gives: whatever says nothing leaves the document in doubt."""

import json

import pytest
from test_rest_clients import BOTH, NOBODY
from wired import SETTINGS, read_request, server

from l10n_mx_cfdi40.cfdi import parse
from l10n_mx_cfdi40.pac import codes, registry
from l10n_mx_cfdi40.pac.base import Accepted, Refused, Related, Unknown, key_of
from l10n_mx_cfdi40.pac.sandbox import sw as sandbox_sw


def stamp(one, sealed):
    return one.stamp(sealed, key=key_of(sealed))


def answered(body, *, code="sw", status=200, work=stamp, sealed=b""):
    """What a client makes of an answer."""
    def answer(connection):
        while True:
            head, _body = read_request(connection)
            if not head:
                return
            token = b'{"data": {"token": "a.b.c"}, "status": "success"}'
            text = token if b"authenticate" in head else body
            connection.sendall(b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n%s" % (status, len(text), text))

    with server(answer) as port:
        one = registry.client(code, {**SETTINGS[code], "sandbox_url": f"http://127.0.0.1:{port}"})
        outcome = work(one, sealed)
        one.close()
    return outcome


@pytest.mark.parametrize("body", [
    b"", b"null", b"[]", b"1", b'"success"', b"{}", b'{"status": "success"}', b'{"status": "success", "data": null}',
    b'{"status": "success", "data": []}', b'{"status": "success", "data": {"cfdi": null}}',
    b'{"status": "success", "data": {"tfd": "<a/>"}}', b'{"status": "success", "data": {"tfd": 7}}',
    b'{"status": ["success"]}', b'{"status": "error"}', b'{"status": "error", "message": null}',
    b'{"status": "error", "message": "307. El comprobante contiene un timbre previo.", "data": null}',
    b'{"status": "error", "message": "CFDI3307 - Timbre duplicado.", "data": {"tfd": ""}}',
    b'{"status": "error", "message": "Error no controlado"}', b'{"status": "error", "message": {"a": 1}}',
    b'{"status": "success", "data": {"tfd": "\\ud800"}}', b"\xff\xfe", b"[" * 100_000, b"<html></html>",
])
@pytest.mark.parametrize("status", [200, 400, 500])
def test_answers_of_sw_that_say_nothing(documents, body, status):
    """Whatever it is, the document stays in doubt."""
    outcome = answered(body, status=status, sealed=documents.sealed())
    assert isinstance(outcome, Unknown)
    assert outcome.sent


@pytest.mark.parametrize("body", [
    b"", b"<a/>", b"<servicioTimbrado/>", b"<servicioTimbrado><codigo/></servicioTimbrado>",
    b"<servicioTimbrado><codigo>0</codigo></servicioTimbrado>",
    b"<servicioTimbrado><codigo>0</codigo><timbradoOk>true</timbradoOk></servicioTimbrado>",
    b"<servicioTimbrado><codigo>0</codigo><timbradoOk>true</timbradoOk><xmlBase64>*</xmlBase64></servicioTimbrado>",
    b"<servicioTimbrado><codigo>0</codigo><timbradoOk>false</timbradoOk><xmlBase64>YQ==</xmlBase64></servicioTimbrado>",
    b"<servicioTimbrado><codigo>307</codigo></servicioTimbrado>",
    b"<servicioTimbrado><codigo>5</codigo><mensaje>Mantenimiento</mensaje></servicioTimbrado>",
    b"<servicioTimbrado><codigo>x</codigo></servicioTimbrado>", b"\xff", b"<!DOCTYPE a><a/>", b"<html></html>",
])
@pytest.mark.parametrize("status", [200, 400, 500])
def test_answers_of_prodigia_that_say_nothing(documents, body, status):
    outcome = answered(body, code="prodigia", status=status, sealed=documents.sealed())
    assert isinstance(outcome, Unknown)
    assert outcome.sent


@pytest.mark.parametrize("body", [
    b'{"status": "success", "data": {"uuid": {"X": "201"}}}', b'{"status": "success", "data": {"uuid": []}}',
    b'{"status": "success", "data": {"acuse": "<a/>"}}', b'{"status": "success", "data": {"acuse": 1, "uuid": 2}}',
    b'{"status": "error", "message": "CACFDI33 - Error no controlado"}',
    b'{"status": "error", "message": "CASD - Acuse sin descripci\\u00f3n espec\\u00edfica."}',
])
def test_cancellations_of_sw_that_say_nothing(body):
    outcome = answered(body, work=lambda one, _sealed: one.cancel(b"", uuid=NOBODY))
    assert isinstance(outcome, Unknown)
    assert outcome.sent


def test_the_acuse_tells_when_the_map_does_not(desk):
    uuid = desk.stamped()
    acuse = desk.cancel(uuid).acuse.decode()
    body = json.dumps({"status": "success", "data": {"acuse": acuse}}).encode()
    outcome = answered(body, work=lambda one, _sealed: one.cancel(b"", uuid=uuid))
    assert (outcome.code, outcome.acuse) == ("201", acuse.encode())


def test_a_timbre_that_comes_alone(engine, documents):
    """The first version of the service gives nothing else; it goes where it belongs."""
    sealed = documents.sealed()
    engine.stamp(sealed)
    stored = engine.stamps()[0].xml
    body = json.dumps({"status": "success", "data": {"tfd": sandbox_sw._tfd(stored)}}).encode()
    outcome = answered(body, sealed=sealed)
    assert outcome == Accepted(stored)
    assert parse.leer(outcome.xml).timbre.uuid == engine.stamps()[0].uuid


def told(message, **more):
    return json.dumps({"status": "error", "message": message, "data": None, **more}).encode()


@pytest.mark.parametrize("status", [400, 401])
@pytest.mark.parametrize("message", [
    "El token debe contener 3 partes", "401 Unauthorized", "Unauthorized", "Token inválido",
])
def test_tokens_that_are_none(documents, message, status):
    """Whatever the HTTP status: that of a door, so a doubt remains one and nothing else is at fault."""
    outcome = answered(told(message), status=status, sealed=documents.sealed())
    assert (type(outcome), outcome.code, outcome.examined) == (Refused, "300", False)
    outcome = answered(told(message), status=status, work=lambda one, _sealed: one.cancel(b"", uuid=NOBODY))
    assert (type(outcome), outcome.code, outcome.examined) == (Refused, "300", False)


@pytest.mark.parametrize(("message", "status", "code"), [
    ("401 - El rango de la fecha de generación no debe de ser mayor a 72 horas.", 400, "401"),
    ("401 - El rango de la fecha de generación no debe de ser mayor a 72 horas.", 401, "401"),
    ("CO1001 - Estructura", 400, "CO1001"), ("CFDI40144 - Nombre", 500, "CFDI40144"), ("CRP20217 - x", 500, "CRP20217"),
    ("AU2000 - No", 400, "300"), ("SA4321 - El usuario no cuenta con saldo de timbres", 400, codes.SIN_FOLIOS),
    ("XY1234 - Algo que nadie sabe", 400, "XY1234"),
])
def test_refusals_of_sw(documents, message, status, code):
    outcome = answered(told(message), status=status, sealed=documents.sealed())
    assert (type(outcome), outcome.code, outcome.message) == (Refused, code, message)
    assert outcome.examined is (code not in codes.NOT_EXAMINED)


@pytest.mark.parametrize(("message", "status"), [("XY1234 - Algo", 500), ("500 - Error", 400), ("999 - Error", 200)])
def test_troubles_of_sw(documents, message, status):
    """What is not of the document says nothing of what became of it; nor of a cancellation."""
    for work in (stamp, lambda one, _sealed: one.cancel(b"", uuid=NOBODY)):
        outcome = answered(told(message), status=status, sealed=documents.sealed(), work=work)
        assert (type(outcome), outcome.reason, outcome.sent) == (Unknown, "server_error", True)
        assert outcome.detail == message


def test_no_related_documents_may_be_an_error():
    outcome = answered(told("2001 - No existen", codStatus="2001"), work=lambda one, _sealed: one.related(b""))
    assert outcome == Related()


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/x", "http://localhost:8069/web", "file:///etc/passwd", "http://["])
def test_an_acuse_is_fetched_from_no_odd_place(url):
    body = json.dumps({"status": "success", "data": {"records": [{"urlAckCancellation": url}]}}).encode()
    outcome = answered(body, work=lambda one, _sealed: one.acuse(NOBODY, rfc="X"))
    assert (type(outcome), outcome.reason) == (Unknown, "unreadable_answer")


@pytest.mark.parametrize(("folio", "outcome"), [
    (f"<uuid>{NOBODY}</uuid><codigo>97</codigo>", ("213", "97")),
    (f"<uuid>{NOBODY}</uuid><codigo>96</codigo>", ("202", None)),
    (f"<uuid>{NOBODY[::-1]}</uuid><codigo>201</codigo>", None), (f"<uuid>{NOBODY}</uuid><codigo>93</codigo>", None),
])
def test_cancellations_of_prodigia(desk, folio, outcome):
    text = f"<cancelaciones><cancelacion>{folio}</cancelacion></cancelaciones>"
    text = f"<servicioCancel><codigo>0</codigo>{text}</servicioCancel>"
    text = text.replace("<", "&lt;")
    space = "http://schemas.xmlsoap.org/soap/envelope/"
    body = f'<e:Envelope xmlns:e="{space}"><e:Body><r><return>{text}</return></r></e:Body></e:Envelope>'.encode()
    request = desk.request((NOBODY, "02"))
    found = answered(body, code="prodigia", work=lambda one, _sealed: one.cancel(request, uuid=NOBODY))
    if outcome is None:
        assert (type(found), found.sent) == (Unknown, True)
    else:
        own = getattr(found, "params", {}).get("pac_code")
        assert (found.code, own) == outcome


@pytest.mark.parametrize("status", [401, 403])
def test_turned_away_by_a_gateway(engine, documents, status):
    """HTTP 401 is the door of both; what 403 says, nobody knows."""
    for code in BOTH:
        outcome = answered(b"", code=code, status=status, sealed=documents.sealed())
        assert isinstance(outcome, Refused if status == 401 else Unknown)
