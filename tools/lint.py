"""Checks of the source: ruff over everything, pylint-odoo over the addons."""

import os
import subprocess

from tools import config, paths
from tools.ui import say

# Several small files on one model are meant here, the README lies in the project's root, and ruff looks for prints.
PYLINT = (
    "--disable=all",
    "--enable=odoolint,syntax-error,import-self,unreachable,duplicate-key,dangerous-default-value",
    "--disable=missing-readme,consider-merging-classes-inherited,print-used,manifest-superfluous-key",
    "--score=n",
)


def _run(name, command):
    say(name)
    done = subprocess.run([str(part) for part in command], cwd=paths.ROOT, stdin=subprocess.DEVNULL, check=False)
    say(f"{name}: {'fine' if not done.returncode else 'findings, see above'}")
    return done.returncode


def main(arguments):
    """Exit code 1 when any of the checks finds something; arguments (such as --fix) go to ruff."""
    python = paths.VENV_PYTHON
    cache = paths.RUN / "ruff_cache"
    codes = [_run("ruff", [python, "-m", "ruff", "check", "--cache-dir", cache, *arguments, paths.ROOT])]
    jobs = min(4, os.cpu_count() or 1)
    addons = config.addon_folders()
    if addons:
        pylint = [python, "-m", "pylint", f"-j{jobs}", *PYLINT, f"--rcfile={paths.ROOT / 'pyproject.toml'}"]
        codes.append(_run("pylint-odoo", [*pylint, *addons]))
    return 1 if any(codes) else 0
