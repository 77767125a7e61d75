"""Real clients of the PACs that speak SOAP, over the sandbox, and a clock of theirs that nobody waits for."""

from l10n_mx_cfdi40.pac.finkok import Finkok
from l10n_mx_cfdi40.pac.registry import Access
from l10n_mx_cfdi40.pac.sandbox import routes_of
from l10n_mx_cfdi40.pac.solucion_factible import SolucionFactible

CLIENTS = {"finkok": Finkok, "solucion_factible": SolucionFactible}
USER, PASSWORD = "usuario&co@example.com", 'clave "<secreta>" ñ&7'
RFC = "EKU9003173C9"

HTML = b"<!DOCTYPE html><html><body><h1>Sitio en mantenimiento</h1></body></html>"


class Time:
    """A monotonic clock that only moves when somebody sleeps; ``on_sleep`` is then called with the seconds."""

    def __init__(self):
        self.seconds, self.slept, self.on_sleep = 0.0, 0, lambda seconds: None

    def clock(self):
        return self.seconds

    def sleep(self, seconds):
        self.seconds += seconds
        self.slept += 1
        self.on_sleep(seconds)


def make(code, address, *, time=None, user=USER, password=PASSWORD, rfc=RFC, **more):
    """A client of that PAC at the sandbox's address."""
    access = {name: more.pop(name) for name in ("observer", "cache", "production") if name in more}
    time = time or Time()
    return CLIENTS[code](
        Access(
            settings={"username": user, "password": password}, url=address, sandbox=True, rfc=rfc, **access,
        ),
        sleep=time.sleep, clock=time.clock, **more,
    )


class Spoiler:
    """Routes over an engine whose next POST answers are spoilt, after the work is done."""

    def __init__(self, engine):
        self.next, self.seen = [], []
        self.routes = {route: self._around(route, handler) for route, handler in routes_of(engine).items()}

    def _around(self, route, handler):
        def call(request):
            self.seen.append((route[0], request.headers.get("soapaction", ""), request.body))
            response = handler(request)
            return self.next.pop(0)(response) if route[0] == "POST" and self.next else response

        return call
