"""`./dev sandbox`: the services of the SAT and the PACs on this machine, over a store of the embedded PAC."""

import argparse
import signal
import sqlite3
from datetime import timedelta
from pathlib import Path

from tools import core_path, paths
from tools.ui import Failure, say

DEFAULT_STORE = paths.RUN / "sandbox.sqlite3"
DEFAULT_PORT = 8075


def kinds():
    """Names of the faults that can be set."""
    core_path.register()
    from l10n_mx_cfdi40.pac.faults import FaultKind

    return sorted(FaultKind)


def set_script(engine, options):
    """Let go wrong what the options say. Failure: there is no such fault, or not of that operation."""
    if options.no_faults:
        engine.faults.clear()
    for text in options.fault:
        kind, operation, times, code = (text.split(":", 3) + [""] * 3)[:4]
        try:
            engine.faults.set(kind, operation=operation or "stamp", times=int(times or 1), code=code)
        except ValueError as error:
            raise Failure(f"--fault {text}: {error}") from error
    if options.credits is not None:
        engine.set_credits(options.credits if options.credits >= 0 else None)
    if options.late is not None:
        engine.delay_repeat(options.late)
    if options.skew is not None:
        engine.clock.move(timedelta(seconds=options.skew))


def _parser():
    parser = argparse.ArgumentParser(
        prog="./dev sandbox", description="The SAT's status service and the PACs' protocols (Finkok, SW, Solución"
        " Factible, Prodigia) over the embedded PAC. What it answers is worth nothing outside tests. Ctrl+C ends it.",
    )
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="0 takes any free one (default %(default)s)")
    parser.add_argument("--store", type=Path, default=DEFAULT_STORE, help="SQLite file of the embedded PAC; an Odoo"
                        " that is given the same file shares its stamps and cancellations")
    parser.add_argument("--log", type=Path, help="file of JSON lines: what it was asked, and how it went")
    parser.add_argument("--tls", action="store_true", help="with a certificate that no client accepts: TLS fails")
    script = parser.add_argument_group("what goes wrong", "Kept in the store: whoever serves it already does so too.")
    script.add_argument("--fault", action="append", default=[], metavar="KIND[:OPERATION[:TIMES[:CODE]]]",
                        help="the next calls of the operation (stamp) meet it; may be given several times; kinds: "
                        + ", ".join(kinds()))
    script.add_argument("--credits", type=int, metavar="N", help="stamps that are left; -1: not counted")
    script.add_argument("--late", type=int, metavar="SECONDS", help="for so long after a stamp the PAC only says"
                        " that it gave it before (307)")
    script.add_argument("--skew", type=int, metavar="SECONDS", help="how far its clock goes from this machine's")
    script.add_argument("--no-faults", action="store_true", help="forget the faults that were set before")
    script.add_argument("--set-only", action="store_true", help="set these and end, without serving")
    return parser


def main(arguments):
    """Serve until interrupted; the address goes to standard output."""
    options = _parser().parse_args(arguments)
    from l10n_mx_cfdi40.pac.engine import Engine
    from l10n_mx_cfdi40.pac.sandbox import Journal, Sandbox
    from l10n_mx_cfdi40.pac.sandbox.consulta import PATH
    from l10n_mx_cfdi40.pac.store import Store

    try:
        engine = Engine(Store(options.store))
        set_script(engine, options)
        if options.set_only:
            return 0
        server = Sandbox(engine, port=options.port, journal=Journal(options.log) if options.log else None,
                         tls=options.tls)
    except (OSError, OverflowError, sqlite3.Error) as error:
        raise Failure(f"the sandbox cannot start on port {options.port} with {options.store}: {error}") from error
    # Whoever stops it by `kill` gets the same clean end as by Ctrl+C, which a shell ignores in what it runs behind.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    say(f"store {options.store}; Ctrl+C ends it")
    print(f"{server.address}{PATH}", flush=True)
    try:
        server.serve()
    except KeyboardInterrupt:
        say("sandbox ended")
    finally:
        server.close()
    return 0
