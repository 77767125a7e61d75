"""The demo database: made fresh by `./dev demo`, served by `./dev serve`.

The walk itself is `tools/demo`: a module or package with `main(arguments, database)`, called with a clone of the
database with the addon, and returning an exit code. The walk may use tools.odoo_env and tools.odoo_process.
"""

import argparse
import importlib
import importlib.util
import os

from tools import cluster, paths, setup_odoo, templates
from tools.ui import Failure, lock, say

READY = paths.RUN / "demo-ready"


def run(arguments):
    """Make the database anew and walk through it."""
    with lock(f"demo-{paths.DEMO_DB}"):
        return _make(arguments)


def _make(arguments):
    READY.unlink(missing_ok=True)
    template = templates.addon()
    templates.clone(template, paths.DEMO_DB, keep=True)
    code = 0
    if importlib.util.find_spec("tools.demo"):
        code = importlib.import_module("tools.demo").main(arguments, paths.DEMO_DB) or 0
    else:
        say("there is no walk to do yet: the database has the addon and nothing else")
    if not code:
        READY.write_text(template)
    return code


def _prepare():
    with lock(f"demo-{paths.DEMO_DB}"):
        if READY.exists() and templates.exists(paths.DEMO_DB):
            return
        say("the demo database is not there yet: making it")
        if _make([]):
            raise Failure("the demo did not come to its end, see above")


def serve(arguments):
    """Start Odoo's server on the demo database and stay until interrupted."""
    parser = argparse.ArgumentParser(prog="./dev serve", description="Odoo's web client with the demo data.")
    parser.add_argument("--port", type=int, default=8069)
    parser.add_argument("--host", default="127.0.0.1", help="0.0.0.0 lets other machines in; the passwords are weak")
    parser.add_argument("--db", help="another database than the demo's; it must exist")
    options, rest = parser.parse_known_args(arguments)
    if options.db and not templates.exists(options.db):
        raise Failure(f"there is no database {options.db}: ./dev db list")
    if not options.db:
        _prepare()
    say(f"http://{options.host}:{options.port}  user admin, password admin; Ctrl+C ends it")
    command = [
        *setup_odoo.odoo_command(),
        *("-d", options.db or paths.DEMO_DB),
        *("--http-port", str(options.port), "--http-interface", options.host),
        *rest,
    ]
    cluster.ensure()
    os.execve(command[0], command, setup_odoo.environment())
    return 1
