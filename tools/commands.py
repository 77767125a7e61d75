"""One function for each command of `./dev`; the set-up that it needs is done when it is called."""

import importlib
import os
import subprocess

from tools import cluster, core_path, paths, setup_odoo, setup_system, templates
from tools.testing import runner
from tools.ui import Failure, say


def setup(_arguments):
    """Say what is there."""
    say(f"Odoo: {setup_odoo.check_import()} in {setup_odoo.python_path()}")
    say(f"PostgreSQL: {cluster.query('SHOW server_version')[0][0]} at {os.environ['PGHOST']}")
    lacking = setup_system.missing()
    if lacking:
        say("packages of the system still missing: " + ", ".join(lacking))
    say("ready: ./dev demo, ./dev test")


def odoo(arguments):
    """Odoo's own command; the configuration names the demo database, an own `-d` wins."""
    os.execve(paths.VENV_PYTHON, [*setup_odoo.odoo_command(), *arguments], setup_odoo.environment())


def db(arguments):
    """List, clone and drop databases, or open psql on one."""
    action, *rest = arguments or ["list"]
    names = [name for name in rest if not name.startswith("-")]
    if action == "list":
        for name, size in cluster.query(
            "SELECT datname, pg_size_pretty(pg_database_size(oid)) FROM pg_database"
            " WHERE datname !~ '^template' ORDER BY 1",
        ):
            print(f"{name}\t{size}")
    elif action == "clone" and len(names) == 1:
        templates.clone(templates.base() if "--base" in rest else templates.addon(), names[0], keep=True)
        print(names[0])
    elif action == "drop" and names:
        for name in names:
            templates.drop(name)
    elif action == "psql":
        name = names[0] if names else paths.DEMO_DB
        return subprocess.run(["psql", "-d", name, *rest[1:]], check=False).returncode
    else:
        raise Failure("usage: ./dev db list | clone NAME [--base] | drop NAME | psql [NAME [psql's options]]")
    return 0


def stop(arguments):
    """Stop the private server."""
    cluster.stop(forget="--forget" in arguments)


def test(arguments):
    """The tests; each part asks for what it needs."""
    from tools.cli import prepare

    return runner.main(arguments, prepare)


def cfdi(arguments):
    """The document core on the command line."""
    core_path.register()
    try:
        cli = importlib.import_module(f"{paths.ADDON}.cfdi.cli")
    except ModuleNotFoundError as error:
        if error.name != f"{paths.ADDON}.cfdi.cli":
            raise
        raise Failure("this version has no command line for the document core yet") from error
    return cli.main(arguments)


def sandbox(arguments):
    """The SAT's and the PACs' services, on this machine."""
    from tools import sandbox as server

    return server.main(arguments)


def shot(arguments):
    """Screenshot of the web client."""
    from tools import screenshot

    return screenshot.main(arguments)


def lint(arguments):
    """Checks of the source."""
    from tools import lint as checks

    return checks.main(arguments)


def i18n(arguments):
    """Template and Spanish files of the addon's terms."""
    from tools import i18n as translations

    return translations.main(arguments)


def demo(arguments):
    """A fresh demo database and a walk through the life of an invoice on it."""
    from tools import demo_database

    return demo_database.run(arguments)


def serve(arguments):
    """Odoo's web client with the demo data."""
    from tools import demo_database

    return demo_database.serve(arguments)


def bench(arguments):
    """Measurements against their limits."""
    core_path.register()
    from tools.bench.__main__ import main

    return main(arguments)


def running(_arguments):
    """Say whether the private server runs."""
    print("yes" if cluster.is_running() else "no")
