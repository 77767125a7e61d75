"""The clients with the PACs' own contracts, where the machine has copies of them; what answers is the sandbox."""

import pytest
from desk import RECEIVER, RFC
from soap_clients import CLIENTS, PASSWORD, USER, make

from l10n_mx_cfdi40.pac import soap
from l10n_mx_cfdi40.pac.base import Accepted, CredentialsOk, Pending, Receipt, Related, key_of
from l10n_mx_cfdi40.pac.loopback import Loopback
from l10n_mx_cfdi40.pac.sandbox import Response, Sandbox, routes_of

BOTH = pytest.mark.parametrize("code", CLIENTS)
FILES = {
    "/servicios/soap/stamp.wsdl": "finkok/stamp.wsdl",
    "/servicios/soap/cancel.wsdl": "finkok/cancel40.wsdl",
    "/servicios/soap/registration.wsdl": "finkok/registration.wsdl",
    "/servicios/soap/utilities.wsdl": "finkok/reconstructed/utilities.wsdl",
    "/ws/services/Timbrado": "solucion_factible/Timbrado.wsdl",
    "/ws/services/Cancelacion": "solucion_factible/reconstructed/Cancelacion.wsdl",
    "/ws/services/Utilerias": "solucion_factible/reconstructed/Utilerias.wsdl",
}


@pytest.fixture
def server(engine, shared_data, monkeypatch):
    monkeypatch.setattr(soap, "_documents", {})
    folder = shared_data.parent / "reference" / "pacs" / "wsdl"
    if not folder.is_dir():
        pytest.skip("the PACs' contracts are not beside the project")
    engine.set_credentials(USER, PASSWORD)
    engine.set_credits(100)
    routes = dict(routes_of(engine))
    for path, name in FILES.items():
        assert ("GET", path) in routes
        body = (folder / name).read_bytes()
        routes["GET", path] = lambda request, body=body: Response(body=body)
    with Sandbox(routes=routes) as server:
        yield server


@pytest.fixture
def pac(engine):
    return Loopback(engine.store.path, user=USER, password=PASSWORD)


@BOTH
def test_every_operation(code, server, engine, documents, desk):
    client = make(code, server.address)
    sealed = documents.sealed()
    assert client.check() == CredentialsOk()
    assert client.credits() == 100
    first = client.stamp(sealed, key=key_of(sealed))
    assert first == Accepted(engine.stamps()[0].xml)
    again = client.stamp(sealed, key=key_of(sealed))
    assert again == Accepted(first.xml, repeated=True)
    uuid = engine.stamps()[0].uuid
    received = client.cancel(desk.request((uuid, "02")), uuid=uuid)
    assert (received.code, client.acuse(uuid, rfc=RFC)) == ("201", Receipt(received.acuse))
    if code == "finkok":
        assert client.recover(sealed, key=key_of(sealed)) == again
        waiting = desk.dear()
        client.cancel(desk.request((waiting, "02")), uuid=waiting)
        assert client.pending(RECEIVER) == Pending((waiting,))
        assert client.answer(desk.reply((waiting, "Aceptacion"))).codes == {waiting: "1000"}
        assert client.related(desk.ask_related(uuid, issuer=RFC)) == Related()
        assert client.estado(desk.consulta(uuid)) == desk.pac.estado(desk.consulta(uuid))
