"""The server of the sandbox: loopback only, a thread for each connection, and a table that says who answers what."""

import sqlite3
import ssl
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from ..engine import Engine
from ..faults import Wired
from . import consulta, finkok, http_faults, prodigia, solucion_factible, sw
from .journal import Journal
from .messages import Request, Response, Routes
from .tls import self_signed

HOST = "127.0.0.1"
#: Bytes of the longest request; a signed one with 500 folios has less than a hundred thousand.
MAXIMUM_BYTES = 20_000_000
#: Seconds that a connection may keep the server waiting.
SILENCE_SECONDS = 30


#: Who is spoken as, by the code of the PAC; the SAT's status service is "sat".
PROTOCOLS = {
    "sat": consulta, "finkok": finkok, "sw": sw, "solucion_factible": solucion_factible, "prodigia": prodigia,
}


def routes_of(engine: Engine) -> Routes:
    """Everything that the sandbox serves over an engine."""
    return {route: handler for protocol in PROTOCOLS.values() for route, handler in protocol.routes(engine).items()}


def names_of(engine: Engine) -> dict[tuple[str, str], str]:
    """Of whose protocol each route is."""
    return {route: name for name, protocol in PROTOCOLS.items() for route in protocol.routes(engine)}


class Sandbox:
    """A server of ``routes`` (or of all there is over ``engine``) on ``port`` of this machine; 0 takes any free one.

    ``journal``: is told of everything that the engine is asked over it. ``tls``: it is served over TLS, with a
    certificate that no client accepts. As a context it serves in a thread of its own until it is left. ``OSError``
    when the port is taken.
    """

    def __init__(self, engine: Engine | None = None, *, port: int = 0, routes: Routes | None = None,
                 journal: Journal | None = None, tls: bool = False):
        table = routes if routes is not None else routes_of(engine)
        self._server = _Server((HOST, port), table, engine, journal, self_signed() if tls else None)
        self._thread: threading.Thread | None = None

    @property
    def address(self) -> str:
        """``http://127.0.0.1:port``, or with https."""
        return self._server.address

    def serve(self) -> None:
        """Serve until :meth:`stop`, or until interrupted."""
        self._server.serve_forever(poll_interval=0.1)

    def stop(self) -> None:
        """Stop serving and let go of the port. Not from the thread that serves."""
        self._server.shutdown()
        self.close()

    def close(self) -> None:
        """Let go of the port."""
        self._server.server_close()

    def __enter__(self) -> "Sandbox":
        self._thread = threading.Thread(target=self.serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_exception) -> None:
        self.stop()
        self._thread.join(10)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # A client that waits for an answer that will not come must not keep the server from ending.
    block_on_close = False

    def __init__(self, place: tuple[str, int], routes: Routes, engine: Engine | None,
                 journal: Journal | None, tls: ssl.SSLContext | None):
        self.routes, self._tls = routes, tls
        self._engine, self._journal = engine, journal
        self._names = names_of(engine) if journal is not None and engine is not None else {}
        super().__init__(place, _Connection)

    def verify_request(self, request, client_address) -> bool:
        # What is not verified is closed at once, before a byte of it is read.
        return self._engine is None or not http_faults.hangs_up(self._engine)

    def finish_request(self, request, client_address) -> None:
        # Here, in the connection's own thread: a client that never ends its handshake keeps nobody else waiting.
        if self._tls:
            request.settimeout(SILENCE_SECONDS)
            request = self._tls.wrap_socket(request, server_side=True)
        return super().finish_request(request, client_address)

    @property
    def address(self) -> str:
        host, port = self.server_address[:2]
        return f"{'https' if self._tls else 'http'}://{host}:{port}"

    def note(self, route: tuple[str, str], wired: Wired) -> None:
        """Write down what was asked by this route."""
        if self._journal is not None:
            self._journal.note(self._names.get(route, ""), wired)

    def handle_error(self, request, client_address) -> None:
        if isinstance(sys.exc_info()[1], OSError):
            return None  # a client that leaves in the middle of its answer is no error of the server's
        return super().handle_error(request, client_address)


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = SILENCE_SECONDS
    # Headers and body go in two pieces: without this the second waits for the client to acknowledge the first.
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def log_message(self, *_parts) -> None:
        """Nothing: a request may carry what a log must not."""

    def _serve(self) -> None:
        body = self._body()
        if body is None:
            return
        parts = urlsplit(self.path)
        route = self._route(parts.path)
        if route is None:
            self._write(Response(404, b"Not found\n", "text/plain"))
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, parts.path, parts.query, headers, body, self.server.address)
        with Wired() as wired:
            try:
                response = self.server.routes[route](request)
            except sqlite3.Error:
                # Locked for too long, a full disk: the sandbox's trouble, and the client must live with it.
                response = Response(500, b"The store failed\n", "text/plain")
        # Before the answer: who has got it finds what was asked written down.
        self.server.note(route, wired)
        self._write(http_faults.spoilt(response, wired.fault) if wired.fault else response)

    def _route(self, path: str) -> tuple[str, str] | None:
        """Which one it is: that of the very path or, where a path ends with a value, that of its folder."""
        folder = path.rpartition("/")[0] + "/"
        routes = self.server.routes
        return next((one for one in ((self.command, path), (self.command, folder)) if one in routes), None)

    def _body(self) -> bytes | None:
        """The request's body; ``None`` when it was refused already."""
        length = self.headers.get("Content-Length", "0")
        if self.headers.get("Transfer-Encoding") or not (length.isascii() and length.isdigit()):
            return self._refuse(411, b"Content-Length is needed\n")
        if int(length) > MAXIMUM_BYTES:
            return self._refuse(413, b"Too large\n")
        return self.rfile.read(int(length))

    def _refuse(self, status: int, text: bytes) -> None:
        # What is left of the request is not read, so nothing more can be understood on this connection.
        self.close_connection = True
        self._write(Response(status, text, "text/plain"))

    def _write(self, response: Response) -> None:
        if response.silence or response.hang_up:
            self.close_connection = True
            if response.silence:
                self._wait_until_left()
            return
        sent = response.body if response.cut_at is None else response.body[:response.cut_at]
        if len(sent) < len(response.body):
            self.close_connection = True
        self.send_response(response.status)
        self.send_header("Content-Type", response.content_type)
        self.send_header("Content-Length", str(len(response.body)))
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(sent)
        if response.stall:
            self.wfile.flush()
            self._wait_until_left()

    def _wait_until_left(self) -> None:
        """Read until the caller closes (an empty read), or has waited for as long as the server puts up with."""
        try:
            while self.connection.recv(4096):
                pass
        except (TimeoutError, OSError):
            return
