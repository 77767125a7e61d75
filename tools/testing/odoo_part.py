"""A part that Odoo's own test runner runs, on a fresh clone of the database with the addon."""

import ast
import os
import re
import socket
import time

from tools import config, paths, setup_odoo, templates
from tools.testing import child
from tools.testing.outcome import Outcome
from tools.testing.pytest_part import tail
from tools.ui import say

TOTAL = re.compile(r"odoo\.tests\.result: (\d+) failed, (\d+) error\(s\) of (\d+) tests when loading")
START = re.compile(r": Starting (\S+?\.\S+) \.\.\.")
BAD = re.compile(r" (?:ERROR|FAIL): (.+)$")
SKIP = re.compile(r": skipped (\S+) :")
METHOD = re.compile(r"(?:Subtest )?(\w+\.test_\w+)")
STAMP = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d+ \d+ ")
ADDONS = re.compile(r"/(\w+)")
CONTEXT = 60


def free_port():
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def run(name, tags, *, env, limit, template):
    """Run the tests that the tags choose on a clone of the template; a sibling addon named there is installed first."""
    siblings = sorted({addon.name for addon in config.addon_folders()} & set(ADDONS.findall(tags)) - {paths.ADDON})
    database = templates.clone(
        template, f"test_{paths.short_hash(paths.ROOT, os.getpid())}_{re.sub('[^a-z0-9]+', '_', name.lower())}"
    )
    log = paths.LOGS / f"{name}.log"
    command = [
        *setup_odoo.odoo_command(),
        "-d",
        database,
        "--test-tags",
        tags,
        "--stop-after-init",
        "--http-port",
        str(free_port()),
        "--max-cron-threads=0",
        "--screenshots",
        paths.LOGS / "screens",
        "--log-level=info",
        *(("-i", ",".join(siblings)) if siblings else ()),
    ]
    started = time.monotonic()
    try:
        code = child.run(
            command,
            log=log,
            env={**setup_odoo.environment(), **env},
            cwd=paths.ROOT,
            limit=limit,
            progress=lambda path: _progress(name, path),
        )
    finally:
        templates.drop(database)
    outcome = read(name, log, code)
    outcome.seconds, outcome.log = time.monotonic() - started, str(log)
    return outcome


def _progress(name, log):
    started = START.findall(log.read_text(errors="replace"))
    if started:
        say(f"{name}: {len(started)} tests started, now {started[-1]}")


def read(name, log, code):
    """Counts from Odoo's last summary, failures with their tracebacks; anything unexpected is a failure."""
    outcome = Outcome()
    text = log.read_text(errors="replace")
    outcome.failures = [(f"{name}:{label}", body) for label, body in failures(text)]
    totals = TOTAL.findall(text)
    outcome.skipped = len(SKIP.findall(text))
    if totals:
        failed, errors, ran = (int(number) for number in totals[-1])
        outcome.failed = failed + errors
        outcome.passed = max(0, ran - outcome.skipped - len(_failed_methods(text)))
    if code is None:
        outcome.fail(name, "stopped at its time limit\n" + tail(log))
    elif not totals:
        outcome.fail(name, f"Odoo ended with {code} before the tests were over\n" + tail(log))
    elif code and not outcome.failed:
        outcome.fail(name, f"Odoo ended with {code} although no test failed\n" + tail(log))
    elif not outcome.failed and not outcome.passed:
        outcome.fail(name, "no test was run")
    return outcome


def _failed_methods(text):
    """Tests that were counted as run and failed, each once however many of its subtests did."""
    hits = (METHOD.match(label) for label, _body in failures(text))
    return {hit.group(1) for hit in hits if hit} & set(START.findall(text))


def failures(text):
    """Pairs of the name of a failed test and what Odoo logged about it."""
    lines, found = text.splitlines(), []
    for number, line in enumerate(lines):
        hit = BAD.search(line)
        if hit and STAMP.match(line):
            end = number + 1
            while end < len(lines) and not STAMP.match(lines[end]) and end - number < CONTEXT:
                end += 1
            found.append((hit.group(1), "\n".join(lines[number + 1 : end])))
    return found


def has_tests(addon):
    """True when the addon has files with tests."""
    return any((paths.ROOT / addon / "tests").glob("test_*.py"))


def check_imports():
    """Odoo runs only the test files that the folder's `__init__` imports: one that is forgotten would never fail."""
    outcome = Outcome()
    for addon in config.addon_folders():
        names = {path.stem for path in (addon / "tests").glob("test_*.py")}
        init = addon / "tests" / "__init__.py"
        nodes = ast.walk(ast.parse(init.read_text())) if names and init.exists() else ()
        imported = {alias.name for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names}
        for name in sorted(names - imported):
            outcome.fail(f"{addon.name}/tests/{name}.py", "tests/__init__.py does not import it")
        outcome.passed += bool(names) and names <= imported
    return outcome


def classes(addon):
    """Names of the addon's test classes with the number of their tests, tours apart: (plain, tours)."""
    plain, tours = {}, {}
    for path in sorted((paths.ROOT / addon / "tests").glob("test_*.py")):
        target = tours if "tour" in path.stem.split("_") else plain
        counts = {}
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef):
                own = sum(isinstance(part, ast.FunctionDef) and part.name.startswith("test_") for part in node.body)
                # And those of what it is made of, in the same file.
                counts[node.name] = own + sum(counts.get(getattr(base, "id", None), 0) for base in node.bases)
        target.update({name: count for name, count in counts.items() if count and name.startswith("Test")})
    return plain, tours


def shards(addon, count):
    """Tags of `count` parts of about equal size; the last takes all that the others leave, so that nothing is lost."""
    plain, tours = classes(addon)
    bins = [[] for _ in range(count)]
    for name in sorted(plain, key=plain.get, reverse=True):
        min(bins, key=lambda names: sum(plain[one] for one in names)).append(name)
    bins = [names for names in bins if names] or [[]]
    parts = [",".join(f"/{addon}:{name}" for name in names) for names in bins[:-1]]
    elsewhere = [name for names in bins[:-1] for name in names] + list(tours)
    parts.append(",".join([f"/{addon}", *(f"-/{addon}:{name}" for name in elsewhere)]))
    return parts


def tour_tags(addon):
    """Tags of the browser tours, or nothing when there are none."""
    return ",".join(f"/{addon}:{name}" for name in classes(addon)[1])


def jobs():
    """How many parts may run at once."""
    return int(os.environ.get("CFDI40_JOBS") or min(4, os.cpu_count() or 1))
