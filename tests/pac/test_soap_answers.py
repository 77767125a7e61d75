"""Answers of Finkok and Solución Factible that the sandbox never gives: oddities, sentences, foreign codes."""

import base64
from concurrent.futures import ThreadPoolExecutor

import pytest
from soap_clients import CLIENTS, PASSWORD, USER, make

from l10n_mx_cfdi40.pac import soap, trust
from l10n_mx_cfdi40.pac.base import (
    Accepted,
    Answered,
    CredentialsOk,
    NotFound,
    Pending,
    Received,
    Refused,
    Related,
    Unknown,
    key_of,
)
from l10n_mx_cfdi40.pac.codes import NOT_ENROLLED, SIN_FOLIOS, SUSPENDED, UNCODED, explain
from l10n_mx_cfdi40.pac.sandbox import Sandbox, routes_of
from l10n_mx_cfdi40.pac.sandbox.soap import answer

UUID = "11111111-2222-4333-8444-555555555555"
FINKOK = "http://facturacion.finkok.com/"


class Canned:
    """Routes whose POST answers are those of ``next``, in turn; without any, the engine's."""

    def __init__(self, engine):
        self.next, self.calls = [], 0
        self.routes = {
            route: self._post(handler) if route[0] == "POST" else handler
            for route, handler in routes_of(engine).items()
        }

    def _post(self, handler):
        def call(request):
            self.calls += 1
            return self.next.pop(0) if self.next else handler(request)

        return call


@pytest.fixture
def canned(engine, monkeypatch):
    monkeypatch.setattr(soap, "_documents", {})
    return Canned(engine)


@pytest.fixture
def server(canned):
    with Sandbox(routes=canned.routes) as server:
        yield server


@pytest.fixture
def finkok(server):
    return make("finkok", server.address)


@pytest.fixture
def factible(server, engine):
    return make("solucion_factible", server.address, now=engine.clock.now)


def of_finkok(operation, value, room="cancel"):
    return answer(
        operation, f"{operation}Result", value, namespace=FINKOK + room, types="apps.services.soap.core.views",
    )


def of_factible(operation, value, room="timbrado"):
    space = f"http://{room}.ws.cfdi.solucionfactible.com"
    return answer(operation, "return", value, namespace=space, types=f"{space}/xsd")


def incidences(*pairs, operation="stamp", **more):
    rows = [{"CodigoError": code, "MensajeIncidencia": text, "ExtraInfo": extra} for code, text, extra in pairs]
    return of_finkok(operation, more | {"Incidencias": {"Incidencia": rows}}, "stamp")


def stamp(client, sealed=b"<a/>"):
    return client.stamp(sealed, key=key_of(sealed))


# Finkok: stamps


@pytest.mark.parametrize(("own", "code", "examined"), [
    ("300", "300", False), ("501", "300", False), ("702", NOT_ENROLLED, False), ("706", NOT_ENROLLED, False),
    ("701", SUSPENDED, False), ("703", SUSPENDED, False), ("705", "301", True), ("302", "302", True),
    ("CFDI40138", "CFDI40138", True), ("718", "718", True),
])
def test_finkoks_numbers(finkok, canned, own, code, examined):
    canned.next.append(incidences((own, "Lo que dice el PAC", "y un detalle")))
    refused = stamp(finkok)
    assert (type(refused), refused.code, refused.examined) == (Refused, code, examined)
    assert refused.message == "Lo que dice el PAC y un detalle"
    assert refused.params["findings"] == ((own, "Lo que dice el PAC y un detalle"),)
    assert refused.params.get("pac_code") == (own if own != code else None)


@pytest.mark.parametrize(("own", "text", "code"), [
    ("703", "La cuenta no tiene créditos", SIN_FOLIOS), ("799", "Sin timbres", SIN_FOLIOS),
    ("703", "Cuenta suspendida", SUSPENDED), ("302", "Sello de créditos", "302"),
    ("CRP20999", "Nota de créditos", "CRP20999"), ("705", "timbres", "301"),
])
def test_used_up_credits_are_told_by_the_text(finkok, canned, own, text, code):
    canned.next.append(incidences((own, text, "")))
    assert stamp(finkok).code == code


def test_several_findings_at_once(finkok, canned):
    canned.next.append(incidences(("CFDI40138", "uno", ""), ("CFDI40145", "dos", ""), ("CFDI40138", "uno", "")))
    refused = stamp(finkok)
    assert (refused.code, refused.params["findings"]) == ("CFDI40138", (("CFDI40138", "uno"), ("CFDI40145", "dos")))


@pytest.mark.parametrize("own", ["708", "404"])
def test_after_these_nobody_knows(finkok, canned, own):
    canned.next.append(incidences((own, "No hay conexión con el SAT", "")))
    doubt = stamp(finkok)
    assert (type(doubt), doubt.reason, doubt.sent) == (Unknown, "server_error", True)
    assert doubt.detail == f"{own} No hay conexión con el SAT"


def test_an_answer_that_says_nothing(finkok, factible, canned):
    canned.next.append(of_finkok("stamp", {}, "stamp"))
    assert stamp(finkok).reason == "unreadable_answer"
    canned.next.append(of_finkok("stamp", {"xml": "", "Incidencias": ""}, "stamp"))
    assert stamp(finkok).reason == "unreadable_answer"
    canned.next.append(of_factible("timbrar", {"status": 200, "resultados": {"status": 200, "uuid": UUID}}))
    assert stamp(factible).reason == "unreadable_answer"
    for value in ({}, {"mensaje": "algo"}, {"status": 200, "resultados": {"mensaje": "algo"}}, {"status": 200}):
        canned.next.append(of_factible("timbrar", value))
        doubt = stamp(factible)
        assert (type(doubt), doubt.sent) == (Unknown, True)


def test_a_sentence_without_code_is_kept_whole(finkok, canned):
    canned.next.append(incidences(("", "Algo que nadie sabe", "")))
    refused = stamp(finkok)
    told = explain(refused.code, refused.message)
    assert (told.known, told.text) == (False, "Algo que nadie sabe")


@pytest.mark.parametrize("code", CLIENTS)
def test_a_stamp_whose_uuid_is_not_the_one_that_the_answer_names(code, server, canned, documents, engine):
    sealed = documents.sealed()
    xml = engine.stamp(sealed).xml
    canned.next.append(
        of_finkok("stamp", {"xml": xml.decode(), "UUID": UUID}, "stamp") if code == "finkok"
        else of_factible("timbrar", {"resultados": {"cfdiTimbrado": xml, "status": 200, "uuid": UUID}, "status": 200})
    )
    client = make(code, server.address)
    assert stamp(client, sealed).reason == "timbre_de_otro_cfdi"
    assert stamp(client, sealed) == Accepted(xml, repeated=True)


@pytest.mark.parametrize("code", CLIENTS)
def test_a_stamp_that_is_no_cfdi(code, server, canned, documents):
    canned.next.append(
        of_finkok("stamp", {"xml": "<html/>", "UUID": UUID}, "stamp") if code == "finkok"
        else of_factible("timbrar", {"resultados": {"cfdiTimbrado": b"\x00", "status": 200}, "status": 200})
    )
    doubt = stamp(make(code, server.address), documents.sealed())
    assert (type(doubt), doubt.reason, doubt.sent) == (Unknown, "unreadable_answer", True)


def test_while_asking_no_complaint_is_a_refusal(finkok, canned):
    for own, reason in (("300", "credentials"), ("705", "server_error"), ("302", "server_error")):
        canned.next.append(incidences((own, "dice", ""), operation="stamped"))
        doubt = finkok.recover(b"<a/>", key=key_of(b"<a/>"))
        assert (type(doubt), doubt.reason) == (Unknown, reason)
    canned.next.append(incidences(("603", "no contiene", ""), operation="stamped"))
    assert isinstance(finkok.recover(b"<a/>", key=key_of(b"<a/>")), NotFound)


# Finkok: cancellations


@pytest.mark.parametrize(("text", "kind", "code", "examined"), [
    (f"UUID: {UUID} No Encontrado", Refused, "205", True),
    ("708 - No se pudo conectar al SAT", Refused, "708", False),
    ("305 - Certificado inválido", Refused, "305", True),
    ("300 - El usuario no es válido", Refused, "300", False),
    ("501 - Autenticación no válida", Refused, "300", False),
    ("798", Refused, "798", False),
    ("701 Cuenta suspendida", Refused, SUSPENDED, False),
    ("702 No registrado", Refused, NOT_ENROLLED, False),
    ("Already Cancelled", Received, "202", None),
    ("Already en BufferCancellation", Received, "202", None),
    ("Incorrect padding", Refused, UNCODED, True),
    ("UUID: 12345678-2222-4333-8444-555555555555 raro", Refused, UNCODED, True),
])
def test_finkoks_sentences_about_a_cancellation(finkok, canned, text, kind, code, examined):
    canned.next.append(of_finkok("cancel_signature", {"CodEstatus": text}))
    outcome = finkok.cancel(b"<a/>", uuid=UUID)
    assert (type(outcome), outcome.code, outcome.message) == (kind, code, text)
    assert getattr(outcome, "examined", None) == examined


@pytest.mark.parametrize(("status", "kind", "examined"), [
    ("201", Received, None), ("202", Received, None), ("204", Refused, True), ("no_cancelable", Refused, True),
    ("708", Refused, False), ("799", Refused, False),
])
def test_the_folio_that_was_asked_about(finkok, canned, status, kind, examined):
    other = {"UUID": UUID.replace("1", "9"), "EstatusUUID": "203"}
    mine = {"UUID": UUID.lower(), "EstatusUUID": status, "EstatusCancelacion": "En proceso"}
    canned.next.append(of_finkok("cancel_signature", {"Folios": {"Folio": [other, mine]}, "Acuse": "<Acuse/>"}))
    outcome = finkok.cancel(b"<a/>", uuid=UUID)
    assert (type(outcome), outcome.code, outcome.message) == (kind, status, "En proceso")
    assert getattr(outcome, "examined", None) == examined
    assert (outcome.acuse if kind is Received else outcome.params["acuse"]) == b"<Acuse/>"


def test_other_folios_say_nothing_of_mine(finkok, canned):
    canned.next.append(of_finkok("cancel_signature", {"Folios": {"Folio": {"UUID": "x", "EstatusUUID": "201"}}}))
    assert finkok.cancel(b"<a/>", uuid=UUID).reason == "unreadable_answer"


def test_finkoks_sentences_to_a_receiver(finkok, canned):
    canned.next += [
        of_finkok("accept_reject_signature", {"error": f"UUID: {UUID} No Encontrado"}),
        of_finkok("accept_reject_signature", {}),
        of_finkok("accept_reject_signature", {"rechazo": {"Rechaza": {"status": "1003", "uuid": UUID}}}),
        of_finkok("get_pending", {"error": "Invalid username or password"}),
        of_finkok("get_pending", {"uuids": "", "error": "1101 No existen peticiones"}),
        of_finkok("get_related_signature", {"error": "2001 - No existen cfdi relacionados"}),
        of_finkok("get_related_signature", {"error": "305 Certificado inválido"}),
        of_finkok("get_receipt", {"error": "Invalid username or password"}),
    ]
    assert finkok.answer(b"<a/>").code == "1001"
    assert finkok.answer(b"<a/>").reason == "unreadable_answer"
    assert finkok.answer(b"<a/>") == Answered({UUID: "1003"})
    assert (finkok.pending("X").code, finkok.pending("X")) == ("300", Pending())
    assert finkok.related(b"<a/>") == Related()
    assert finkok.related(b"<a/>").code == "305"
    assert finkok.acuse(UUID, rfc="X").code == "300"


# Solución Factible


@pytest.mark.parametrize(("status", "code", "examined"), [
    (601, "300", False), (602, SUSPENDED, False), (603, "300", False), (605, SUSPENDED, False), (633, "300", False),
    (620, NOT_ENROLLED, False), (630, SIN_FOLIOS, False), (631, SIN_FOLIOS, False), (612, "301", True),
    (621, "301", True),
])
def test_factibles_numbers(factible, canned, status, code, examined):
    """They come in either level, and mean the same."""
    canned.next += [
        of_factible("timbrar", {"mensaje": "Lo que dice el PAC", "status": status}),
        of_factible("timbrar", {"resultados": {"mensaje": "Lo que dice el PAC", "status": status}, "status": 200}),
    ]
    for _level in range(2):
        refused = stamp(factible)
        assert (type(refused), refused.code, refused.examined) == (Refused, code, examined)
        assert (refused.message, refused.params) == ("Lo que dice el PAC", {"pac_code": str(status)})


@pytest.mark.parametrize("status", [500, 501, 502, 503, 624])
def test_after_these_of_factible_nobody_knows(factible, canned, status):
    canned.next += [
        of_factible("timbrar", {"mensaje": "Error interno", "status": status}),
        of_factible("timbrar", {"resultados": {"mensaje": "Error interno", "status": status}, "status": 200}),
        of_factible("enviarSolicitudCancelacionAsincrono", {"mensaje": "Error", "status": status}, "cancelacion"),
    ]
    for ask in (lambda: stamp(factible), lambda: stamp(factible), lambda: factible.cancel(b"<a/>", uuid=UUID)):
        doubt = ask()
        assert (type(doubt), doubt.reason, doubt.sent) == (Unknown, "server_error", True)


def test_a_rule_is_found_in_the_text(factible, canned):
    canned.next.append(of_factible(
        "timbrar", {"resultados": {"mensaje": "CFDI40148 - El nombre del receptor", "status": 301}, "status": 200},
    ))
    refused = stamp(factible)
    assert (refused.code, refused.params["pac_code"]) == ("CFDI40148", "301")


def cancel_answers(*statuses, acuse=None):
    """The answer to a request, then those to the questions about it."""
    first, *later = statuses
    yield of_factible("enviarSolicitudCancelacionAsincrono", {"mensaje": UUID, "status": first}, "cancelacion")
    for status in later:
        value = {"acuseSat": acuse, "mensaje": "dice", "status": status}
        yield of_factible("getStatusCancelacionAsincrona", value, "cancelacion")


@pytest.mark.parametrize(("statuses", "outcome"), [
    ((200, 211, 211, 201), Received("201", "dice", b"<Acuse/>")),
    ((200, 200), Received("201", "dice", b"<Acuse/>")),
    ((200, 202), Received("202", "dice", b"<Acuse/>")),
    ((701, 201), Received("202", "dice", b"<Acuse/>")),
    ((211, 201), Received("201", "dice", b"<Acuse/>")),
    ((200, 204), Refused("204", "dice")),
    ((200, 213), Refused("213", "dice")),
    ((200, 702), Unknown("server_error", "702 dice", sent=True)),
    ((200, 503), Unknown("server_error", "503 dice", sent=True)),
    ((200, 601), Unknown("server_error", "dice", sent=True)),
    ((623,), Refused("205", UUID, {"pac_code": "623"})),
    ((306,), Refused("310", UUID, {"pac_code": "306"})),
    ((1702,), Refused("711", UUID, {"pac_code": "1702"}, examined=False)),
    ((630,), Refused(SIN_FOLIOS, UUID, {"pac_code": "630"}, examined=False)),
    ((1803,), Refused("309", UUID, {"pac_code": "1803"})),
    ((601,), Refused("300", UUID, {"pac_code": "601"}, examined=False)),
])
def test_what_becomes_of_a_cancellation(factible, canned, statuses, outcome):
    canned.next += cancel_answers(*statuses, acuse=b"<Acuse/>")
    assert factible.cancel(b"<a/>", uuid=UUID) == outcome
    assert canned.next == []


def test_a_request_is_known_by_the_name_that_it_was_given(factible, desk, canned):
    """Which is the UUID, but written as Solución Factible likes; it is told once, and later both ways are tried."""
    uuid = desk.stamped()
    received = factible.cancel(desk.request((uuid, "02")), uuid=uuid)
    assert (type(received), received.code) == (Received, "201")
    assert factible.acuse(uuid, rfc="EKU9003173C9").xml == received.acuse


@pytest.mark.parametrize("acuse", [b"<Acuse/>", base64.b64encode(b"<Acuse/>")])
def test_an_acuse_in_base64_once_more(factible, canned, acuse):
    canned.next += cancel_answers(200, 201, acuse=acuse)
    assert factible.cancel(b"<a/>", uuid=UUID).acuse == b"<Acuse/>"


def test_credentials_that_are_good_for_another_issuer(factible, canned):
    canned.next.append(of_factible("getTimbres", {"mensaje": "El emisor no es suyo", "status": 620}, "utilerias"))
    assert factible.check() == CredentialsOk("El emisor no es suyo")
    canned.next.append(of_factible("getTimbres", {"mensaje": "Bloqueada", "status": 602}, "utilerias"))
    assert factible.check().code == SUSPENDED
    canned.next.append(of_factible("getTimbres", {"mensaje": "Error", "status": 500}, "utilerias"))
    assert factible.check().reason == "server_error"


# Many at once


@pytest.mark.parametrize("code", CLIENTS)
def test_eight_connections_at_once(code, server, engine, documents):
    """One client a thread, one contract for all: each gets its own stamp, and none gets two."""
    sealed = [documents.sealed(folio=str(number)) for number in range(24)]
    clients = [make(code, server.address, user=USER, password=PASSWORD) for _number in range(8)]

    def work(number):
        return [(one, stamp(clients[number], one)) for one in sealed[number::8] + sealed[number::8]]

    with ThreadPoolExecutor(8) as pool:
        answers = [pair for found in pool.map(work, range(8)) for pair in found]
    uuids = {trust.stamp_of(one, answered.xml).uuid for one, answered in answers}
    assert sorted(uuids) == sorted(found.uuid for found in engine.stamps())
    assert len(uuids) == 24
    assert len(soap._documents) == 1
    assert base64.b64encode(PASSWORD.encode()).decode() not in repr(soap._documents)
    (document,) = soap._documents.values()
    assert document.transport.wire is None
