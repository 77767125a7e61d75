"""`./dev sandbox`: the services of the SAT and the PACs on this machine, over a store of the embedded PAC."""

import argparse
import signal
import sqlite3
from pathlib import Path

from tools import core_path, paths
from tools.ui import Failure, say

DEFAULT_STORE = paths.RUN / "sandbox.sqlite3"
DEFAULT_PORT = 8075


def main(arguments):
    """Serve until interrupted; the address goes to standard output."""
    parser = argparse.ArgumentParser(
        prog="./dev sandbox", description="The SAT's status service and the PACs' protocols (Finkok, SW, Solución"
        " Factible, Prodigia) over the embedded PAC. What it answers is worth nothing outside tests. Ctrl+C ends it.",
    )
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="0 takes any free one (default %(default)s)")
    parser.add_argument("--store", type=Path, default=DEFAULT_STORE, help="SQLite file of the embedded PAC; an Odoo"
                        " that is given the same file shares its stamps and cancellations")
    options = parser.parse_args(arguments)
    core_path.register()
    from l10n_mx_cfdi40.pac.engine import Engine
    from l10n_mx_cfdi40.pac.sandbox import Sandbox
    from l10n_mx_cfdi40.pac.sandbox.consulta import PATH
    from l10n_mx_cfdi40.pac.store import Store

    try:
        engine = Engine(Store(options.store))
        engine.count()
        server = Sandbox(engine, port=options.port)
    except (OSError, OverflowError, sqlite3.Error) as error:
        raise Failure(f"the sandbox cannot start on port {options.port} with {options.store}: {error}") from error
    # Whoever stops it by `kill` gets the same clean end as by Ctrl+C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    say(f"store {options.store}; Ctrl+C ends it")
    print(f"{server.address}{PATH}", flush=True)
    try:
        server.serve()
    except KeyboardInterrupt:
        say("sandbox ended")
    finally:
        server.close()
    return 0
