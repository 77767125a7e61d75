"""The SAT's status service over HTTP on this machine: the real client asks, the embedded PAC answers."""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from datetime import timedelta
from decimal import Decimal

import pytest
import requests
from desk import DEAR, LATER, NOBODY, RFC, received

from l10n_mx_cfdi40.cfdi.errors import SatError
from l10n_mx_cfdi40.cfdi.estado import EsCancelable, Estado, EstatusCancelacion
from l10n_mx_cfdi40.cfdi.qr import consulta_de
from l10n_mx_cfdi40.pac.faults import ESTADO, FaultKind
from l10n_mx_cfdi40.pac.sandbox import Response, Sandbox
from l10n_mx_cfdi40.pac.sandbox.consulta import PATH
from l10n_mx_cfdi40.pac.status import FOUND, NOT_FOUND
from l10n_mx_cfdi40.sat.consulta import ConsultaCfdi, Pace
from tools import paths

CON, SIN, NO = EsCancelable.CON_ACEPTACION, EsCancelable.SIN_ACEPTACION, EsCancelable.NO


@pytest.fixture
def sandbox(engine):
    with Sandbox(engine) as server:
        yield server


@pytest.fixture
def sat(sandbox):
    """The real client; it never sleeps here."""
    client = ConsultaCfdi(sandbox.address + PATH, pace=Pace(0), timeout=30, sleep=lambda seconds: None)
    yield client
    client.close()


def test_every_row_of_the_sats_table(desk, engine, sat):
    """cancelacion: state machine, as the service tells it. One document for each row, asked about by the wire."""
    def told(uuid):
        state = sat.estado(desk.consulta(uuid))
        assert state == desk.estado(uuid)
        assert state.codigo_estatus == FOUND
        return state.estado, state.es_cancelable, state.estatus_cancelacion

    free, named, done = desk.stamped(), desk.stamped(), desk.stamped()
    desk.naming(named, "02")
    dear, waits, rejected, accepted, silent = (desk.stamped(price=DEAR) for _ in range(5))
    engine.clock.freeze(LATER)
    received(desk.cancel(silent))
    engine.clock.freeze(LATER + timedelta(days=5))
    for uuid in (done, waits, rejected, accepted):
        received(desk.cancel(uuid))
    engine.reject(rejected)
    engine.accept(accepted)
    missing = sat.estado(desk.consulta(free).replace(free, NOBODY))
    assert (missing.codigo_estatus, missing.estado, missing.es_cancelable, missing.estatus_cancelacion) == (
        NOT_FOUND["602"], Estado.NO_ENCONTRADO, None, None,
    )
    assert told(free) == (Estado.VIGENTE, SIN, None)
    assert told(dear) == (Estado.VIGENTE, CON, None)
    assert told(named) == (Estado.VIGENTE, NO, None)
    assert told(waits) == (Estado.VIGENTE, CON, EstatusCancelacion.EN_PROCESO)
    assert told(rejected) == (Estado.VIGENTE, CON, EstatusCancelacion.RECHAZADA)
    assert told(done) == (Estado.CANCELADO, SIN, EstatusCancelacion.CANCELADO_SIN_ACEPTACION)
    assert told(accepted) == (Estado.CANCELADO, CON, EstatusCancelacion.CANCELADO_CON_ACEPTACION)
    assert told(silent) == (Estado.CANCELADO, CON, EstatusCancelacion.PLAZO_VENCIDO)


def test_the_request_by_the_wire_is_waited_for_and_answered(desk, engine, sat):
    uuid = desk.dear()
    received(desk.cancel(uuid))
    assert sat.estado(desk.consulta(uuid)).estatus_cancelacion is EstatusCancelacion.EN_PROCESO
    desk.pac.answer(desk.reply((uuid, "Rechazo")))
    assert sat.estado(desk.consulta(uuid)).estatus_cancelacion is EstatusCancelacion.RECHAZADA


def test_601_and_efos(desk, engine, sat):
    assert sat.estado("lo que sea").codigo_estatus == NOT_FOUND["601"]
    engine.set_efos(RFC, "100")
    state = sat.estado(desk.consulta(desk.stamped()))
    assert (state.validacion_efos, state.en_lista_69b) == ("100", True)


@pytest.mark.parametrize("rfc", ["H&E951128469", "ÑAV120726RX3", "Ñ&Ñ120726RX3"])
def test_letters_that_need_escaping_arrive_whole(engine, sat, rfc):
    """Not found, and not badly written: the RFC came as it left."""
    text = consulta_de(uuid=NOBODY, emisor=rfc, receptor=rfc, total=Decimal("1"), sello="AAAA+/==")
    assert sat.estado(text).codigo_estatus == NOT_FOUND["602"]


# Faults by the wire

def test_a_server_that_hangs_up_is_tried_again(desk, engine, sat):
    text = desk.consulta(desk.stamped())
    engine.faults.set(FaultKind.UNREACHABLE, operation=ESTADO, times=2)
    assert sat.estado(text).estado is Estado.VIGENTE
    engine.faults.set(FaultKind.UNREACHABLE, operation=ESTADO, times=3)
    with pytest.raises(SatError) as caught:
        sat.estado(text)
    assert caught.value.code == "unreachable"
    assert sat.estado(text).estado is Estado.VIGENTE


def test_a_server_in_trouble_is_tried_again(desk, engine, sat):
    text = desk.consulta(desk.stamped())
    engine.faults.set(FaultKind.REFUSE, operation=ESTADO, code="500", times=2)
    assert sat.estado(text).estado is Estado.VIGENTE
    engine.faults.set(FaultKind.REFUSE, operation=ESTADO, code="500", times=3)
    with pytest.raises(SatError) as caught:
        sat.estado(text)
    assert caught.value.code == "server_error"


def test_a_server_that_says_nothing(desk, engine, sandbox):
    """The client gives up by itself, and does not ask a busy server again."""
    text = desk.consulta(desk.stamped())
    before = len(engine.calls())
    engine.faults.set(FaultKind.TIMEOUT, operation=ESTADO, times=3)
    hasty = ConsultaCfdi(sandbox.address + PATH, pace=Pace(0), timeout=0.2)
    with pytest.raises(SatError) as caught:
        hasty.estado(text)
    hasty.close()
    assert caught.value.code == "timeout"
    assert len(engine.calls()) == before + 1


# The server itself

def post(sandbox, body, **headers):
    return requests.post(sandbox.address + PATH, data=body, headers=headers, timeout=30)


@pytest.mark.parametrize("body", [
    b"", b"no es xml", b"<a/>", b"<!DOCTYPE a><a/>", b"<a>" * 1000,
    b'<e xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Consulta/></e>', b"\xff\xfe",
])
def test_what_is_no_question_gets_a_fault(sandbox, body):
    answer = post(sandbox, body)
    assert answer.status_code in (400, 500)
    assert b"faultstring" in answer.content
    assert b"Traceback" not in answer.content


def test_no_more_than_it_can_take(sandbox):
    place = sandbox.address.removeprefix("http://")
    for headers, status in (
        ({"Content-Length": "99999999999"}, 413), ({"Content-Length": "-1"}, 411), ({"Content-Length": "x"}, 411),
        ({"Transfer-Encoding": "chunked"}, 411),
    ):
        connection = http.client.HTTPConnection(place, timeout=30)
        connection.putrequest("POST", PATH)
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders()
        assert connection.getresponse().status == status
        connection.close()


def test_other_places(sandbox):
    assert requests.get(sandbox.address, timeout=30).status_code == 404
    assert requests.get(sandbox.address + PATH, timeout=30).status_code == 405
    assert requests.put(sandbox.address + PATH, timeout=30).status_code == 501
    assert sandbox.address.startswith("http://127.0.0.1:")


def test_a_table_of_ones_own(engine):
    """Other protocols join by their routes."""
    seen = []

    def echo(request):
        seen.append((request.query, request.headers["x-one"], request.body))
        return Response(201, request.body.upper(), "text/plain", {"X-Two": "2"})

    with Sandbox(routes={("POST", "/echo"): echo}) as server:
        answer = requests.post(server.address + "/echo?a=1", data=b"abc", headers={"X-One": "1"}, timeout=30)
    assert (answer.status_code, answer.content, answer.headers["X-Two"]) == (201, b"ABC", "2")
    assert seen == [("a=1", "1", b"abc")]


def test_many_at_once(desk, sandbox):
    text = desk.consulta(desk.stamped())
    found = []

    def ask():
        client = ConsultaCfdi(sandbox.address + PATH, pace=Pace(0), timeout=30)
        found.append(client.estado(text).estado)
        client.close()

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert found == [Estado.VIGENTE] * 8


def test_zeep_understands_the_contract(desk, sandbox):
    zeep = pytest.importorskip("zeep")
    client = zeep.Client(f"{sandbox.address}{PATH}?wsdl")
    answer = client.service.Consulta(expresionImpresa=desk.consulta(desk.stamped()))
    assert (answer.CodigoEstatus, answer.Estado, answer.ValidacionEFOS) == (FOUND, "Vigente", "200")


# The command

def start(*arguments):
    return subprocess.Popen(
        [sys.executable, str(paths.ROOT / "dev"), "sandbox", *arguments], stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, cwd=paths.ROOT,
    )


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_the_command_says_where_it_is_and_ends_cleanly(desk, engine, stop):
    text = desk.consulta(desk.stamped())
    process = start("--port", "0", "--store", engine.store.path)
    try:
        address = process.stdout.readline().strip()
        assert re.fullmatch(rf"http://127\.0\.0\.1:\d+{re.escape(PATH)}", address)
        client = ConsultaCfdi(address, pace=Pace(0), timeout=30)
        assert client.estado(text).estado is Estado.VIGENTE
        client.close()
        os.kill(process.pid, stop)
        _out, said = process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait(30)
    assert process.returncode == 0
    assert "Traceback" not in said
    assert "ended" in said


def test_the_command_says_why_it_cannot_start(engine):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        process = start("--port", str(taken.getsockname()[1]), "--store", engine.store.path)
        _out, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "cannot start" in said
    assert "Traceback" not in said
