"""Dispatch of `./dev`: prepares what a command needs, then runs it with the virtual environment's Python."""

import os
import sys

from tools import paths
from tools.ui import Failure

HELP = """usage: ./dev COMMAND [ARGUMENTS]

  setup                prepare everything: virtual environment, Odoo, PostgreSQL, browser, prepared databases
  demo [--pac CODE]    fresh demo database, the whole life of an invoice on it, no account at any provider needed;
                       CODE (finkok, sw, solucion_factible, prodigia): over that PAC's protocol, spoken by the sandbox
  serve [--port N]     Odoo's web client with the demo data
  test [WHAT]          everything, or: core, odoo, process, tour, official, long, odoo:/tags, core:path
  bench [--json]       measurements against their limits
  lint                 ruff and pylint-odoo
  i18n                 export the addon's terms again, keep their translations, list what lacks one
  sandbox [--port N]   the SAT's status service and the PACs' protocols over the embedded PAC, on this machine;
                       --store FILE names its file, --log FILE keeps what it was asked
  cfdi ...             the document core on the command line, without Odoo or a database
  odoo ...             Odoo's own command with our configuration and the demo database
  db ...               list | clone NAME [--base] | drop NAME | psql [NAME]
  shot ...             screenshot of the web client, see ./dev shot --help
  stop                 stop the private PostgreSQL server
"""
# What a command needs before it runs; `venv` comes always.
NEEDS = {
    "setup": ("odoo", "system", "cluster", "templates", "oracle"),
    "demo": ("odoo", "system", "cluster"),
    "serve": ("odoo", "system", "cluster"),
    "test": (),
    "bench": ("odoo", "cluster", "oracle"),
    "lint": (),
    "i18n": ("odoo", "cluster"),
    "sandbox": (),
    "cfdi": (),
    "odoo": ("odoo", "cluster"),
    "db": ("odoo", "cluster"),
    "shot": ("system",),
    "stop": (),
    "running": (),
}


def prepare(needs):
    """Do the stages of the set-up that are named and not done yet."""
    from tools import cluster, config, setup_odoo, setup_system, setup_venv, templates

    stages = {
        "odoo": setup_odoo.ensure,
        "system": setup_system.ensure,
        "cluster": cluster.ensure,
        "oracle": setup_venv.ensure_oracle,
        "templates": templates.base,
    }
    for name in needs:
        stages[name]()
    if "odoo" in needs:
        config.write()


def _reenter(arguments):
    """Run the command again with the virtual environment's Python, which has the libraries."""
    code = "import sys; from tools.cli import dispatch; sys.exit(dispatch(sys.argv[1:]))"
    env = {**os.environ, "PYTHONPATH": str(paths.ROOT), "CFDI40_IN_VENV": str(paths.VENV)}
    os.execve(paths.VENV_PYTHON, [str(paths.VENV_PYTHON), "-c", code, *arguments], env)


def main(arguments):
    """First step, with whatever Python started us."""
    command = arguments[0] if arguments else "help"
    if command in ("help", "-h", "--help"):
        print(HELP)
        return 0
    if command not in NEEDS:
        print(f"./dev: unknown command {command}\n\n{HELP}", file=sys.stderr)
        return 2
    if command == "running" and not paths.VENV_PYTHON.exists():
        print("no")
        return 0
    try:
        from tools import setup_venv

        setup_venv.ensure()
    except Failure as failure:
        print(f"[dev] {failure}", file=sys.stderr)
        return 1
    sys.stdout.flush()
    _reenter(arguments)
    return 1


def dispatch(arguments):
    """Second step, in the virtual environment."""
    from tools import commands

    # Children (Odoo, pytest) find `tools` by their own working folder; the variable would hide Odoo's path from them.
    os.environ.pop("PYTHONPATH", None)
    command, rest = arguments[0], arguments[1:]
    try:
        prepare(NEEDS[command])
        return getattr(commands, command)(rest) or 0
    except Failure as failure:
        print(f"[dev] {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
