"""The SAT's repository of certificates, served on this machine as it is and as it must not be."""

import socket

import pytest

from l10n_mx_cfdi40.cfdi.errors import SatError
from l10n_mx_cfdi40.pac.engine import Engine
from l10n_mx_cfdi40.pac.sandbox import Response, Sandbox
from l10n_mx_cfdi40.pac.store import Store
from l10n_mx_cfdi40.sat import certificados


def authority(folder):
    return Engine(Store(folder / "pac.sqlite3")).authority


@pytest.fixture
def stamping(tmp_path):
    return authority(tmp_path).stamping


@pytest.fixture
def repository(stamping):
    """A function that serves an answer as the file of that certificate, and asks for it."""
    servers = []

    def ask(response, **options):
        path = certificados.address(stamping.number, "/rccf")
        server = Sandbox(routes={("GET", path): lambda _request: response})
        servers.append(server)
        server.__enter__()
        return certificados.descargar(stamping.number, repository=f"{server.address}/rccf", **options)

    yield ask
    for server in servers:
        server.__exit__(None, None, None)


def test_address():
    assert certificados.address("00001000000507237013") == (
        "https://rdc.sat.gob.mx/rccf/000010/000005/07/23/70/00001000000507237013.cer")


@pytest.mark.parametrize("number", ["", "1", "../../../../../etc/pass", "0000100000050723701٣", "0" * 21])
def test_only_a_number_is_asked_for(number):
    with pytest.raises(ValueError):
        certificados.descargar(number)


def test_the_file(repository, stamping):
    found = repository(Response(body=stamping.certificate))
    assert found.numero == stamping.number
    assert found.verifica(stamping.firmar(b"x"), b"x")


@pytest.mark.parametrize(("response", "code"), [
    (Response(status=404, body=b"no"), "server_error"),
    (Response(status=302, headers={"Location": "http://127.0.0.1:1/"}), "server_error"),
    (Response(body=b"<html>Mantenimiento</html>"), "unreadable_answer"),
    (Response(body=b""), "unreadable_answer"),
    (Response(body=b"\x30" * (certificados.MAXIMUM_BYTES + 1)), "unreadable_answer"),
    (Response(hang_up=True), "unreachable"),
])
def test_what_is_not_it(repository, response, code):
    with pytest.raises(SatError) as caught:
        repository(response)
    assert caught.value.code == code


def test_one_of_another_number(repository, tmp_path):
    with pytest.raises(SatError) as caught:
        repository(Response(body=authority(tmp_path).csd("EKU9003173C9", "ESCUELA KEMPER URGATE")[0]))
    assert "es el certificado" in str(caught.value)
    assert caught.value.code == "unreadable_answer"


def test_a_server_that_says_nothing(repository):
    with pytest.raises(SatError) as caught:
        repository(Response(silence=True), timeout=0.3)
    assert caught.value.code == "timeout"


def test_a_server_that_drips(repository, stamping):
    ticks = iter(range(0, 10**6, 5))
    with pytest.raises(SatError) as caught:
        repository(Response(body=stamping.certificate), clock=lambda: next(ticks))
    assert caught.value.code == "timeout"


def test_nobody_there(stamping):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(SatError) as caught:
        certificados.descargar(stamping.number, repository=f"http://127.0.0.1:{port}/rccf")
    assert caught.value.code == "unreachable"
