"""Connections that tell whether they failed while they were being made, and that can be cut from outside.

Only a connection that was never made proves that nothing left. The libraries tell that apart for DNS and refusals, but
not for TLS, whose errors look alike before and after the request; so the connection itself says so.
"""

import contextlib
import socket
import threading
from http.cookiejar import DefaultCookiePolicy

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

_current = threading.local()


class Attempt:
    """One request on its way, in the thread that makes it. ``connecting``: a connection was begun and is not made.
    ``begun``: something of the request was given to a connection. ``cut``: it was cut because its time was over."""

    def __init__(self):
        self.connecting = False
        self.begun = False
        self.cut = False
        self._connection = None

    def __enter__(self) -> "Attempt":
        _current.attempt = self
        return self

    def __exit__(self, *_exception) -> None:
        _current.attempt = None
        self._connection = None

    def uses(self, connection) -> None:
        """It goes over this connection."""
        self._connection = connection

    def cut_off(self) -> None:
        """End it, from another thread: whoever waits for its answer reads the end of it."""
        self.cut = True
        used = getattr(self._connection, "sock", None)
        if isinstance(used, socket.socket):
            with contextlib.suppress(OSError):
                # The plain method: that of a TLS socket takes away what its reader is just using.
                socket.socket.shutdown(used, socket.SHUT_RDWR)


class _Watched:
    def connect(self):
        attempt = getattr(_current, "attempt", None) or Attempt()
        attempt.connecting = True
        result = super().connect()
        if attempt.cut:
            # To look up a name, or to agree on TLS drop by drop, cannot be interrupted. Whoever waits for the outcome
            # has given up by now, so nothing may leave any more.
            self.close()
            raise TimeoutError("connected too late")
        attempt.connecting = False
        return result

    def send(self, data):
        attempt = getattr(_current, "attempt", None)
        if attempt is not None:
            attempt.uses(self)
            # What a proxy is told while a connection is made is not the request.
            attempt.begun = attempt.begun or not attempt.connecting
        return super().send(data)


class _Http(_Watched, HTTPConnection):
    pass


class _Https(_Watched, HTTPSConnection):
    pass


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _Http


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _Https


class _Adapter(HTTPAdapter):
    """Never tries anything twice: whether to repeat is for whoever knows what the request was."""

    def __init__(self):
        super().__init__(max_retries=0)

    def init_poolmanager(self, *arguments, **options):
        result = super().init_poolmanager(*arguments, **options)
        _watch(self.poolmanager)
        return result

    def proxy_manager_for(self, *arguments, **options):
        manager = super().proxy_manager_for(*arguments, **options)
        _watch(manager)
        return manager


def _watch(manager) -> None:
    manager.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}


def _as_it_is(request):
    return request


def new_session() -> requests.Session:
    """A session over such connections: TLS verified, no cookies, no credentials from a ``.netrc``, no compression (what
    is compressed could be anything once it is unpacked)."""
    session = requests.Session()
    session.verify = True
    session.auth = _as_it_is
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.headers.update({"User-Agent": "l10n_mx_cfdi40", "Accept": "*/*", "Accept-Encoding": "identity"})
    session.mount("https://", _Adapter())
    session.mount("http://", _Adapter())
    return session
