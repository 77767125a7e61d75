"""Answers of SW and Prodigia that no sandbox gives: whatever says nothing leaves the document in doubt."""

import json

import pytest
from test_rest_clients import BOTH, NOBODY
from wired import SETTINGS, read_request, server

from l10n_mx_cfdi40.cfdi import parse
from l10n_mx_cfdi40.pac import registry
from l10n_mx_cfdi40.pac.base import Accepted, Refused, Unknown, key_of
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


@pytest.mark.parametrize("status", [401, 403])
def test_turned_away_by_a_gateway(engine, documents, status):
    """HTTP 401 is the door of both; what 403 says, nobody knows."""
    for code in BOTH:
        outcome = answered(b"", code=code, status=status, sealed=documents.sealed())
        assert isinstance(outcome, Refused if status == 401 else Unknown)
