"""A part that pytest runs: the core, the process tests, the official check."""

import os
import time
import xml.etree.ElementTree as ET

from tools import paths
from tools.testing import child
from tools.testing.outcome import Outcome

TEXT_LIMIT = 4000
EXPLAIN = {2: "interrupted", 3: "internal error", 4: "wrong usage", 5: "no test was found"}


def run(name, targets, *, env, limit, options=()):
    """Run pytest on the targets in a process of its own."""
    log = paths.LOGS / f"{name}.log"
    junit = log.with_suffix(".xml")
    junit.unlink(missing_ok=True)
    command = [
        paths.VENV_PYTHON,
        "-m",
        "pytest",
        "-q",
        "-ra",
        "--color=no",
        "--durations=10",
        f"--junitxml={junit}",
        "-o",
        f"cache_dir={paths.RUN / 'pytest_cache'}",
        *options,
        *targets,
    ]
    started = time.monotonic()
    code = child.run(command, log=log, env={**os.environ, **env}, cwd=paths.ROOT, limit=limit)
    outcome = read(name, junit, code)
    if not outcome.failures and (code or not outcome.passed):
        outcome.fail(name, f"{_why(code, limit)}\n" + tail(log))
    outcome.seconds, outcome.log = time.monotonic() - started, str(log)
    return outcome


def _why(code, limit):
    if code is None:
        return f"stopped: it took longer than {limit} s"
    return f"pytest ended with {code}: {EXPLAIN.get(code, 'no test passed' if not code else 'crashed')}"


def tail(log, lines=40):
    """End of a log."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


def read(name, junit, code):
    """Counts and failures from pytest's own report."""
    outcome = Outcome()
    if not junit.exists():
        return outcome
    for case in ET.parse(junit).getroot().iter("testcase"):
        label = f"{name}:{case.get('classname')}::{case.get('name')}"
        bad = [child for child in case if child.tag in ("failure", "error")]
        if bad:
            outcome.fail(label, "\n".join((node.text or node.get("message") or "")[-TEXT_LIMIT:] for node in bad))
        elif any(child.tag == "skipped" for child in case):
            outcome.skipped += 1
        else:
            outcome.passed += 1
    if code is None:
        outcome.fail(name, "stopped at its time limit")
    return outcome
