"""What a failure of the wire proves: whether the document may have left."""

import gzip
import socket
import struct
import threading

import pytest
from wired import closed_port, read_request, server

from l10n_mx_cfdi40.pac import connections
from l10n_mx_cfdi40.pac.base import Refused, Unknown
from l10n_mx_cfdi40.pac.sandbox.tls import self_signed
from l10n_mx_cfdi40.pac.transport import Wire

SECRET = 'Cl4ve "ñ" & <larga>/+'
DOCUMENT = b"<cfdi:Comprobante/>"


def wire(**how):
    return Wire("prueba", **({"limit": 20, "secrets": (SECRET,)} | how))


def send(port, *, scheme="http", path="/", one=None, **how):
    """What an operation comes to that sends a document there; its Answer if there was one."""
    one = one or wire()
    return one.run("stamp", lambda: one.send("POST", f"{scheme}://127.0.0.1:{port}{path}", body=DOCUMENT, **how))


def reply(text, *, then=None):
    def answer(connection):
        read_request(connection)
        connection.sendall(text)
        if then:
            then(connection)

    return answer


def until_left(connection):
    """Stay silent for as long as the caller puts up with it."""
    while connection.recv(1):
        pass


# Nothing left

def test_refused_connections():
    outcome = send(closed_port())
    assert (outcome.reason, outcome.sent) == ("unreachable", False)
    assert "refused" in outcome.detail
    assert " object at 0x" not in outcome.detail


def test_names_that_are_not_there():
    one = wire()
    outcome = one.run("stamp", lambda: one.send("POST", "https://pac.invalid/stamp", body=DOCUMENT))
    assert (outcome.reason, outcome.sent) == ("unreachable", False)


def test_tls_that_nobody_speaks():
    """A server without TLS where one with it should be."""
    seen = []

    def answer(connection):
        seen.append(connection.recv(100))
        connection.sendall(b"HTTP/1.1 400 Bad\r\n\r\n")

    with server(answer) as port:
        outcome = send(port, scheme="https")
    assert (outcome.reason, outcome.sent) == ("unreachable", False)
    assert DOCUMENT not in seen[0]


def test_tls_that_hangs_up():
    with server(lambda connection: connection.recv(1)) as port:
        outcome = send(port, scheme="https")
    assert (outcome.reason, outcome.sent) == ("unreachable", False)


def test_tls_that_never_comes_about():
    """Its limit is that of connecting."""
    with server(until_left) as port:
        outcome = send(port, scheme="https", one=wire(connect=0.2))
    assert (outcome.reason, outcome.sent) == ("unreachable", False)


def test_certificates_that_nobody_signed(monkeypatch):
    """Verification has no switch: not even the libraries' own."""
    monkeypatch.setenv("CURL_CA_BUNDLE", "")
    seen = []
    with server(lambda connection: seen.append(connection.recv(100)), tls=self_signed()) as port:
        outcome = send(port, scheme="https")
    assert (outcome.reason, outcome.sent) == ("unreachable", False)
    assert "CERTIFICATE_VERIFY_FAILED" in outcome.detail
    assert seen == []


def test_no_tls_to_the_outside():
    one = wire()
    outcome = one.run("stamp", lambda: one.send("POST", "http://pac.example/stamp", body=DOCUMENT))
    assert (outcome.reason, outcome.sent) == ("unreachable", False)
    assert "TLS" in outcome.detail


def test_no_address_at_all():
    one = wire()
    for url in ("https://", "https://[", "https:///x"):
        outcome = one.run("stamp", lambda url=url: one.send("POST", url, body=DOCUMENT))
        assert (outcome.reason, outcome.sent) == ("unreachable", False)


def test_no_time_left():
    """An operation that has used up its time begins nothing."""
    moments = iter([0.0, *[100.0] * 10])
    one = wire(clock=lambda: next(moments))
    seen = []
    with server(seen.append) as port:
        outcome = send(port, one=one)
    assert (outcome.reason, outcome.sent, seen) == ("timeout", False, [])


def test_a_header_that_cannot_be_written():
    """A token pasted with an ellipsis, say: it fails when the connection is there, and before anything goes over it."""
    for value in ("Bearer abc\u2026xyz", "Bearer abc\nxyz"):
        seen = []
        with server(lambda connection: seen.append(read_request(connection))) as port:  # noqa: B023
            outcome = send(port, headers={"Authorization": value})
        assert (outcome.reason, outcome.sent) == ("unreachable", False)
        assert all(head + body == b"" for head, body in seen)


def test_a_wrong_bundle_of_certificates(tmp_path, monkeypatch):
    """No connection is even begun."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "nothing.pem"))
    one = wire()
    outcome = one.run("stamp", lambda: one.send("POST", "https://pac.invalid/stamp", body=DOCUMENT))
    assert (outcome.reason, outcome.sent) == ("unreachable", False)


def test_a_connection_that_comes_too_late(monkeypatch):
    """Whoever waits has given up by then, and another process may own the document: nothing is sent any more."""
    over = threading.Event()
    real = connections.HTTPConnection.connect

    def slow(connection):
        over.wait(10)
        real(connection)

    def cut_off(attempt):
        attempt.cut = True
        over.set()

    monkeypatch.setattr(connections.HTTPConnection, "connect", slow)
    monkeypatch.setattr(connections.Attempt, "cut_off", cut_off)
    seen = []
    with server(lambda connection: seen.append(read_request(connection))) as port:
        outcome = send(port, one=wire(limit=0.1))
    assert (outcome.reason, outcome.sent) == ("unreachable", False)
    assert all(head == b"" for head, _body in seen)


# It may have left

@pytest.mark.parametrize("answer", [
    until_left,
    lambda connection: (read_request(connection), until_left(connection)),
    reply(b"HTTP/1.1 200 OK\r\nContent-Le", then=until_left),
    reply(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n<a>", then=until_left),
], ids=["nothing", "after the request", "in the head", "in the body"])
def test_silence(answer):
    with server(answer) as port:
        outcome = send(port, one=wire(limit=0.3))
    assert (outcome.reason, outcome.sent) == ("timeout", True)


@pytest.mark.parametrize("start", [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"])
def test_drops_do_not_hold_a_call_for_ever(start):
    """Each drop comes long before a time-out between two pieces; the whole has a limit of its own."""
    over = threading.Event()

    def drip(connection):
        read_request(connection)
        connection.sendall(start)
        while not over.wait(0.02):
            connection.sendall(b"x")

    with server(drip) as port:
        outcome = send(port, one=wire(limit=0.4))
    over.set()
    assert (outcome.reason, outcome.sent) == ("timeout", True)


def test_closed_without_an_answer():
    with server(read_request) as port:
        outcome = send(port)
    assert (outcome.reason, outcome.sent) == ("timeout", True)


def test_reset():
    def reset(connection):
        read_request(connection)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    with server(reset) as port:
        outcome = send(port)
    assert (outcome.reason, outcome.sent) == ("timeout", True)


@pytest.mark.parametrize("text", [
    b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n<a>",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n<a>",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n<a>",
    b"esto no es HTTP\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnada",
    b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\nContent-Length: 7\r\n\r\n<a>",
    b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200 + b"\r\n",
])
def test_broken_answers(text):
    with server(reply(text)) as port:
        outcome = send(port)
    assert isinstance(outcome, Unknown)
    assert outcome.sent
    assert outcome.reason in ("timeout", "unreadable_answer")


def test_no_more_than_it_should_be():
    with server(reply(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 200_000)) as port:
        outcome = send(port, one=wire(maximum_bytes=100_000))
    assert (outcome.reason, outcome.sent) == ("unreadable_answer", True)


def test_no_more_than_it_should_be_once_unpacked():
    packed = gzip.compress(b"x" * 5_000_000)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    with server(reply(head + packed)) as port:
        outcome = send(port, one=wire(maximum_bytes=1_000_000))
    assert (outcome.reason, outcome.sent) == ("unreadable_answer", True)


def test_a_certain_failure_after_the_document_left():
    """What came before in the same operation counts."""
    one = wire()

    def work():
        one.send("POST", f"http://127.0.0.1:{port}/", body=DOCUMENT)
        return one.send("GET", f"http://127.0.0.1:{closed_port()}/", carries=False)

    with server(reply(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")) as port:
        outcome = one.run("stamp", work)
    assert (outcome.reason, outcome.sent) == ("unreachable", True)


def test_an_uncertain_failure_before_the_document_leaves():
    one = wire()
    with server(read_request) as port:
        outcome = one.run("stamp", lambda: one.send("POST", f"http://127.0.0.1:{port}/", carries=False))
    assert (outcome.reason, outcome.sent) == ("timeout", False)


# Answers

def test_every_status_is_an_answer():
    for status in (200, 400, 401, 429, 500, 503):
        with server(reply(b"HTTP/1.1 %d X\r\nContent-Length: 2\r\nX-A: 1\r\n\r\nok" % status)) as port:
            answer = send(port)
        assert (answer.status, answer.body, answer.headers["x-a"]) == (status, b"ok", "1")


@pytest.mark.parametrize(("status", "reason"), [
    (200, "unreadable_answer"), (302, "unreadable_answer"), (404, "unreadable_answer"), (429, "server_error"),
    (500, "server_error"), (503, "server_error"),
])
def test_answers_of_another_protocol(status, reason):
    one = wire()
    text = b"HTTP/1.1 %d X\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 0\r\n\r\n" % status

    def work():
        raise one.unreadable(one.send("POST", f"http://127.0.0.1:{port}/", body=DOCUMENT))

    with server(reply(text)) as port:
        outcome = one.run("stamp", work)
    assert outcome == Unknown(reason, f"HTTP {status} text/html", sent=True)


@pytest.mark.parametrize("length", [b"\xb2", b"9" * 5000, b"x", b"-1"])
def test_a_length_that_is_no_number(length):
    with server(reply(b"HTTP/1.1 200 OK\r\nContent-Length: %s\r\n\r\nok" % length)) as port:
        outcome = send(port)
    assert getattr(outcome, "body", b"") == b"ok" or outcome.sent


def test_an_answer_that_the_client_was_not_written_for():
    """Whatever it stumbles over, its caller gets an outcome; what the error says is not told."""
    one = wire()
    for stumble in (lambda answer: answer.nothing, lambda answer: int("clave"), lambda answer: {}["clave"]):
        with server(reply(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")) as port:
            outcome = one.run("stamp", lambda: stumble(  # noqa: B023
                one.send("POST", f"http://127.0.0.1:{port}/", body=DOCUMENT)))
        assert (outcome.reason, outcome.sent) == ("unreadable_answer", True)
        assert "clave" not in outcome.detail
    with pytest.raises(ValueError, match="mine"):
        one.run("stamp", mine)


def mine():
    raise ValueError("mine")


def test_nobody_is_followed_elsewhere():
    seen = []
    with server(lambda connection: seen.append(read_request(connection))) as other:
        text = b"HTTP/1.1 307 X\r\nLocation: http://127.0.0.1:%d/\r\nContent-Length: 0\r\n\r\n" % other
        with server(reply(text)) as port:
            answer = send(port, headers={"Authorization": "Bearer x"})
    assert (answer.status, seen) == (307, [])


def test_no_cookies_and_no_credentials_of_others(tmp_path, monkeypatch):
    """Neither a `.netrc` nor an earlier answer puts anything into a request."""
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login otro password ajena\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{closed_port()}")
    heads = []

    def answer(connection):
        heads.append(read_request(connection)[0])
        connection.sendall(b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    one = wire()
    with server(answer) as port:
        for _ in range(2):
            send(port, one=one)
    assert len(heads) == 2
    assert not any(b"Cookie" in head or b"Authorization" in head for head in heads)


def test_connections_are_kept():
    accepted = []

    def answer(connection):
        accepted.append(1)
        while read_request(connection)[0]:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    one = wire()
    with server(answer) as port:
        for _ in range(3):
            assert send(port, one=one).status == 200
        one.close()
    assert len(accepted) == 1


def test_a_kept_connection_that_died_is_no_proof():
    """The second request goes over a connection that was made before: if it breaks, nobody knows."""
    def answer(connection):
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        read_request(connection)

    one = wire()
    with server(answer) as port:
        assert send(port, one=one).status == 200
        outcome = send(port, one=one)
    assert (outcome.reason, outcome.sent) == ("timeout", True)


def test_only_inside_an_operation():
    with pytest.raises(RuntimeError):
        wire().send("GET", "https://pac.example/")


def test_nothing_that_no_database_takes():
    """What is told of an answer can be stored: no NUL, and no half of a character that JSON wrote in two."""
    seen = []
    one = wire(observer=seen.append)
    with server(reply(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x00!")) as port:
        url = f"http://127.0.0.1:{port}/"
        outcome = one.run("stamp", lambda: Refused("301", one.send("POST", url, body=DOCUMENT).text + "\ud83d"))
    for text in (outcome.message, seen[0].response):
        assert "\0" not in text
        assert b"!" in text.encode()
    outcome = one.run("stamp", lambda: Unknown("server_error", "a\0\udfffb", sent=True))
    assert outcome.detail == "a\ufffd\ufffdb"
