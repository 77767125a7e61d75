"""Clients of real PACs against the sandbox, and servers that do what no sandbox would."""

import contextlib
import socket
import threading

from l10n_mx_cfdi40.cfdi.csd import Certificado
from l10n_mx_cfdi40.pac import registry

USER, PASSWORD = "facturas@kemper.mx", 'Cl4ve "ñ" & <larga>'
SETTINGS = {
    "sw": {"username": USER, "password": PASSWORD},
    "prodigia": {"contract": "c0ntrat0", "username": USER, "password": PASSWORD},
    "finkok": {"username": USER, "password": PASSWORD},
    "solucion_factible": {"username": USER, "password": PASSWORD},
}


def connect(code, engine, address, *, observer=None, limit=None, **settings):
    """A client of a PAC whose protocol is spoken at ``address``; it knows the certificate of the engine's stamps and
    goes by the engine's clock."""
    client = registry.client(
        code, {**SETTINGS[code], "sandbox_url": address, **settings}, rfc="EKU9003173C9", observer=observer,
    )
    stamping = engine.authority.stamping
    client.certificates = {stamping.number: Certificado.leer(stamping.certificate)}
    client._now = engine.clock.now
    if limit is not None:
        client._wire._limit = limit
    return client


@contextlib.contextmanager
def server(answer, *, tls=None):
    """A server that lets ``answer`` do as it likes with each connection; gives its port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        def serve():
            with contextlib.suppress(OSError):
                while True:
                    connection = listening.accept()[0]
                    threading.Thread(target=handle, args=(connection,), daemon=True).start()

        def handle(connection):
            with contextlib.suppress(OSError), connection:
                answer(tls.wrap_socket(connection, server_side=True) if tls else connection)

        threading.Thread(target=serve, daemon=True).start()
        try:
            yield listening.getsockname()[1]
        finally:
            # Without it, the thread that accepts would wait for ever.
            with contextlib.suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)


def read_request(connection):
    """The head and the body of a request."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return data, b""
        data += piece
    head, _blank, body = data.partition(b"\r\n\r\n")
    lengths = [int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")]
    while lengths and len(body) < lengths[0]:
        piece = connection.recv(65536)
        if not piece:
            break
        body += piece
    return head, body


def closed_port():
    """A port where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return listening.getsockname()[1]
