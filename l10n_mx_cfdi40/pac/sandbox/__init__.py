"""The wire without the outside world: an HTTP server on this machine that speaks the protocols of the SAT and the PACs
over the loopback's engine, so that the real clients can be driven against it.

``server`` is the server and its table of routes; ``journal`` writes down what it was asked; each protocol is a file
beside it that says which routes it serves.
"""

from .journal import Journal
from .messages import Request, Response
from .server import Sandbox, routes_of

__all__ = ["Journal", "Request", "Response", "Sandbox", "routes_of"]
