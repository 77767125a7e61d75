"""The client of the SAT's status service against servers that misbehave; its time is ours, so nothing sleeps."""

import threading

import pytest
from lxml import etree

from l10n_mx_cfdi40.cfdi.errors import SatError
from l10n_mx_cfdi40.cfdi.estado import EsCancelable, Estado, EstatusCancelacion
from l10n_mx_cfdi40.pac.sandbox import Response, Sandbox
from l10n_mx_cfdi40.sat import consulta
from l10n_mx_cfdi40.sat.consulta import ACTION, MAXIMUM_BYTES, PRODUCTION, ConsultaCfdi, Pace

ASKED = "?re=Ñ&amp;E951128469&rr=XAXX010101000&tt=1.0&id=11111111-2222-4333-8444-555555555555&fe=AAAA+/=="
ENVELOPE = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
    '<ConsultaResponse xmlns="http://tempuri.org/"><ConsultaResult xmlns:a="urn:members"'
    ' xmlns:i="http://www.w3.org/2001/XMLSchema-instance">{}</ConsultaResult></ConsultaResponse></s:Body></s:Envelope>'
)
GOOD = ENVELOPE.format(
    "<a:CodigoEstatus>S - Comprobante obtenido satisfactoriamente.</a:CodigoEstatus>"
    '<a:DetallesValidacionEFOS i:nil="true"/><a:EsCancelable>Cancelable con aceptación</a:EsCancelable>'
    "<a:Estado>Vigente</a:Estado><a:EstatusCancelacion>En proceso</a:EstatusCancelacion>"
    "<a:ValidacionEFOS>200</a:ValidacionEFOS>",
).encode()


class Time:
    """A clock that goes on only when somebody sleeps."""

    def __init__(self):
        self.now, self.slept = 100.0, []

    def clock(self):
        return self.now

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds


class Scripted:
    """A server that gives its answers in order, the last one again and again."""

    def __init__(self):
        self.answers, self.requests = [Response(body=GOOD)], []

    def __call__(self, request):
        self.requests.append(request)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def script():
    return Scripted()


@pytest.fixture
def sat(script, time):
    with Sandbox(routes={("POST", "/svc"): script}) as server:
        client = ConsultaCfdi(
            f"{server.address}/svc", timeout=30, pace=Pace(0, clock=time.clock, sleep=time.sleep), clock=time.clock,
            sleep=time.sleep,
        )
        yield client
        client.close()


def fails(sat, code):
    with pytest.raises(SatError) as caught:
        sat.estado(ASKED)
    assert caught.value.code == code, str(caught.value)
    assert str(caught.value).endswith("se volverá a consultar.")
    return caught.value


def test_what_leaves_and_what_is_read(sat, script, time):
    state = sat.estado(ASKED)
    assert (state.estado, state.es_cancelable, state.estatus_cancelacion, state.validacion_efos) == (
        Estado.VIGENTE, EsCancelable.CON_ACEPTACION, EstatusCancelacion.EN_PROCESO, "200",
    )
    (request,) = script.requests
    assert request.headers["soapaction"] == f'"{ACTION}"'
    assert request.headers["content-type"] == "text/xml; charset=utf-8"
    assert etree.fromstring(request.body).findtext(".//{http://tempuri.org/}expresionImpresa") == ASKED
    assert b"&amp;amp;" in request.body
    assert time.slept == []


@pytest.mark.parametrize("answer", [
    b"", b"<html><body>Mantenimiento</body></html>", b"<html><br>No bien formado</html>", GOOD[:-30], b"{}", b"\xff",
    ENVELOPE.format("").encode(), ENVELOPE.format("<a:EsCancelable>No cancelable</a:EsCancelable>").encode(),
    b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + GOOD.replace(b"Vigente", b"&e;"),
    GOOD.decode().encode("utf-16"), b"<a>" * 500 + b"</a>" * 500,
], ids=lambda answer: repr(answer[:20]))
def test_an_answer_that_cannot_be_read_is_not_asked_for_again(sat, script, answer):
    script.answers = [Response(body=answer)]
    fails(sat, "unreadable_answer")
    assert len(script.requests) == 1


def test_too_long(sat, script):
    script.answers = [Response(body=GOOD + b" " * MAXIMUM_BYTES)]
    assert "200,000" in str(fails(sat, "unreadable_answer"))


def test_members_that_are_missing_or_new_and_any_prefix(sat, script):
    body = ENVELOPE.format("<Estado xmlns='urn:x'> Cancelado </Estado><b:Otro xmlns:b='urn:y'>1</b:Otro>")
    script.answers = [Response(body=body.encode())]
    state = sat.estado(ASKED)
    assert (state.codigo_estatus, state.estado, state.es_cancelable) == ("", Estado.CANCELADO, None)
    assert state.validacion_efos == ""
    assert state.en_lista_69b is None


def test_not_found_is_an_answer(sat, script):
    body = ENVELOPE.format("<a:CodigoEstatus>N - 602: Comprobante no encontrado.</a:CodigoEstatus><a:Estado/>")
    script.answers = [Response(body=body.encode())]
    assert sat.estado(ASKED).codigo_estatus.startswith("N - 602")


def test_a_fault_is_the_servers_error(sat, script):
    fault = b"<e><Fault><faultcode>x</faultcode><faultstring>No  hay\n servicio</faultstring></Fault></e>"
    script.answers = [Response(body=fault)]
    assert "No hay servicio" in str(fails(sat, "server_error"))
    assert len(script.requests) == 1


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_trouble_that_may_pass_is_tried_again_with_growing_waits(sat, script, time, status):
    script.answers = [Response(status), Response(status), Response(body=GOOD)]
    assert sat.estado(ASKED).estado is Estado.VIGENTE
    assert time.slept == [2.0, 4.0]
    script.answers = [Response(status)]
    assert str(status) in str(fails(sat, "server_error"))
    assert len(script.requests) == 6


@pytest.mark.parametrize("status", [301, 302, 307, 400, 401, 403, 404])
def test_other_statuses_are_final_and_nobody_is_followed_elsewhere(sat, script, status):
    script.answers = [Response(status, GOOD, headers={"Location": "/svc"})]
    fails(sat, "server_error")
    assert len(script.requests) == 1


def test_a_broken_connection_is_tried_again(sat, script, time):
    script.answers = [Response(hang_up=True), Response(body=GOOD)]
    assert sat.estado(ASKED).estado is Estado.VIGENTE
    assert time.slept == [2.0]
    script.answers = [Response(hang_up=True)]
    fails(sat, "unreachable")


def test_nobody_there(time):
    with Sandbox(routes={}) as server:
        address = server.address
    client = ConsultaCfdi(address, pace=Pace(0), tries=4, clock=time.clock, sleep=time.sleep)
    fails(client, "unreachable")
    assert time.slept == [2.0, 4.0, 8.0]


def test_no_answer(script):
    script.answers = [Response(silence=True)]
    with Sandbox(routes={("POST", "/svc"): script}) as server:
        fails(ConsultaCfdi(f"{server.address}/svc", pace=Pace(0), timeout=0.2), "timeout")
    assert len(script.requests) == 1


def test_an_answer_that_never_ends_is_left(sat, script, time):
    """Each byte arrives in time; all of them together do not."""
    ticks = iter(range(0, 10_000, 7))
    time.clock = lambda: next(ticks)
    sat._clock = time.clock
    fails(sat, "timeout")


def test_production_is_asked_with_its_certificate_verified(time, monkeypatch):
    """Whoever calls for another verification does so on purpose: there is no option for it."""
    seen = {}

    def post(self, url, **options):
        seen.update(options, url=url)
        raise consulta.requests.exceptions.SSLError("self-signed certificate")

    monkeypatch.setattr(consulta.requests.Session, "post", post)
    client = ConsultaCfdi(pace=Pace(0), clock=time.clock, sleep=time.sleep)
    assert "certificado" in str(fails(client, "unreachable"))
    assert (seen["url"], seen["verify"], seen["allow_redirects"], seen["timeout"]) == (PRODUCTION, True, False, 20)
    assert time.slept == []


# The pace

def test_calls_keep_a_second_between_them(script, time):
    pace = Pace(1.0, clock=time.clock, sleep=time.sleep)
    with Sandbox(routes={("POST", "/svc"): script}) as server:
        first, second = (
            ConsultaCfdi(f"{server.address}/svc", pace=pace, clock=time.clock, sleep=time.sleep) for _ in range(2)
        )
        first.estado(ASKED), second.estado(ASKED), first.estado(ASKED)
        assert time.slept == [1.0, 1.0]
        time.now += 5
        second.estado(ASKED)
        assert time.slept == [1.0, 1.0]


def test_every_client_of_a_process_shares_one_pace():
    assert ConsultaCfdi()._pace is ConsultaCfdi("http://127.0.0.1")._pace is consulta.SHARED_PACE


def test_threads_get_turns_of_their_own():
    """All come at the same instant of a clock that stands still: each is sent to wait for another turn."""
    waits = []
    pace = Pace(1.0, clock=lambda: 0.0, sleep=waits.append)
    threads = [threading.Thread(target=pace.wait) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(waits) == [float(turn) for turn in range(1, 20)]
