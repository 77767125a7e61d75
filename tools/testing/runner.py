"""Choose the parts of the tests, run them beside each other, add up what they bring."""

import concurrent.futures
import contextlib
import os
import shutil
import signal
import sys
import time

from tools import config, paths, templates
from tools.testing import child, odoo_part, pytest_part
from tools.testing.outcome import Outcome, broken
from tools.ui import Failure, say

KINDS = ("core", "odoo", "process", "tour", "official")
LIMIT = 40 * 60
LONG_LIMIT = 4 * 3600
USAGE = "usage: ./dev test [core | odoo | process | tour | official | long | KIND:FILTER] ..."


def choose(arguments):
    """Pairs of kind and filter, and whether everything runs at full size."""
    words = [word for word in arguments if word != "long"]
    chosen = []
    for word in words:
        kind, _, chosen_filter = word.partition(":")
        if kind not in KINDS:
            raise Failure(f"{USAGE}\nno such part: {word}")
        chosen.append((kind, chosen_filter))
    return chosen or [(kind, "") for kind in KINDS], "long" in arguments


def needs(chosen):
    """Stages of the set-up that the chosen parts need."""
    stages = []
    kinds = {kind for kind, _filter in chosen}
    if kinds & {"odoo", "process", "tour"}:
        stages += ["odoo", "system", "cluster"]
    if kinds & {"official", "core", "process"}:
        stages += ["oracle"]
    return stages


def _named(kind, chosen_filter):
    """Name of a filtered part: its own, so that several may run from one checkout at the same time."""
    return f"{kind}-{paths.short_hash(chosen_filter)[:4]}"


class Run:
    """One run of the tests: its parts, its limits, its results."""

    def __init__(self, chosen, full_size):
        self.chosen = chosen
        self.limit = LONG_LIMIT if full_size else LIMIT
        self.env = {"CFDI40_XML_DIR": str(paths.XML_DIR), **({"CFDI40_LONG": "1"} if full_size else {})}
        self.outcomes = {}
        self._pool = concurrent.futures.ThreadPoolExecutor(odoo_part.jobs())
        self._template = None

    def whole(self):
        """True when every part was asked for."""
        return self.chosen == [(kind, "") for kind in KINDS]

    def parts(self):
        """Pairs of name and function, the longest first; the official check is not among them, it comes last."""
        found = []
        for kind, chosen_filter in self.chosen:
            if kind != "official":
                found += getattr(self, f"_{kind}_parts")(chosen_filter)
        return found

    def _pytest(self, name, targets):
        return lambda: pytest_part.run(name, targets, env=self.env, limit=self.limit)

    def _core_parts(self, chosen_filter):
        if chosen_filter:
            name = _named("core", chosen_filter)
            return [(name, self._pytest(name, chosen_filter.split()))]
        folder = paths.ROOT / "tests"
        ignored = [f"--ignore={folder / name}" for name in ("process", "official")]
        return [("core", self._pytest("core", [*ignored, folder]))]

    def _process_parts(self, chosen_filter):
        if chosen_filter:
            name = _named("process", chosen_filter)
            return [(name, self._on_template(self._pytest(name, chosen_filter.split())))]
        files = sorted((paths.ROOT / "tests" / "process").glob("test_*.py"))
        names = [(f"process-{path.stem.removeprefix('test_')}", path) for path in files]
        return [(name, self._on_template(self._pytest(name, [path]))) for name, path in names]

    def _odoo(self, name, tags):
        return name, self._on_template(
            lambda: odoo_part.run(name, tags, env=self.env, limit=self.limit, template=self._template.result()),
        )

    def _odoo_parts(self, chosen_filter):
        if chosen_filter:
            return [self._odoo(_named("odoo", chosen_filter), chosen_filter)]
        tags = odoo_part.shards(paths.ADDON, odoo_part.jobs())
        own = [self._odoo(f"odoo-{number}", one) for number, one in enumerate(tags, 1)]
        siblings = [folder.name for folder in config.addon_folders() if folder.name != paths.ADDON]
        parts = [*own, *(self._odoo(f"odoo-{name}", f"/{name}") for name in siblings if odoo_part.has_tests(name))]
        return [*parts, ("odoo-imports", odoo_part.check_imports)]

    def _tour_parts(self, chosen_filter):
        tags = chosen_filter or odoo_part.tour_tags(paths.ADDON)
        return [self._odoo("tour", tags)] if tags else []

    def _on_template(self, function):
        """The function once the database with the addon is there; a failure of the installation is one of the part."""

        def wait_and_run():
            try:
                self._template.result()
            except Failure as failure:
                raise Failure("not run: the addon could not be installed, see the part `install`") from failure
            return function()

        return wait_and_run

    def _prepare_template(self):
        self._template = self._pool.submit(templates.addon)
        try:
            self._template.result()
            self.outcomes["install"] = Outcome(passed=1)
        except Failure as failure:
            self.outcomes["install"] = broken("install", str(failure))

    def execute(self):
        """Run all the parts; their outcomes are in `outcomes` afterwards."""
        if self.whole():
            shutil.rmtree(paths.XML_DIR, ignore_errors=True)
        paths.XML_DIR.mkdir(parents=True, exist_ok=True)
        kinds = {kind for kind, _filter in self.chosen}
        parts = self.parts()
        early = [part for part in parts if part[0].startswith("core")]
        running = {self._pool.submit(self._timed, *part): part[0] for part in early}
        if kinds & {"odoo", "process", "tour"}:
            self._prepare_template()
        running |= {self._pool.submit(self._timed, *part): part[0] for part in parts if part not in early}
        for done in concurrent.futures.as_completed(running):
            self._keep(running[done], done.result())
        for kind, chosen_filter in self.chosen:
            if kind == "official":
                targets = chosen_filter.split() or [paths.ROOT / "tests" / "official"]
                self._keep("official", self._timed("official", self._pytest("official", targets)))
        self._pool.shutdown()

    def _timed(self, name, function):
        say(f"{name}: started")
        try:
            return function()
        except Failure as failure:
            return broken(name, str(failure))

    def _keep(self, name, outcome):
        self.outcomes[name] = outcome
        say(f"{name}: {outcome.passed} passed, {outcome.failed} failed in {outcome.seconds:.0f} s")


def report(outcomes, seconds):
    """Print failures, a table and the last line; the exit code."""
    for name, outcome in outcomes.items():
        for label, text in outcome.failures:
            print(f"\n{'=' * 100}\nFAILED {label}   (log: {outcome.log or name})\n{'-' * 100}\n{text}")
    print(f"\n{'part':<28}{'passed':>8}{'failed':>8}{'skipped':>9}{'seconds':>9}")
    for name, one in sorted(outcomes.items()):
        print(f"{name:<28}{one.passed:>8}{one.failed:>8}{one.skipped:>9}{one.seconds:>9.0f}")
    passed = sum(one.passed for one in outcomes.values())
    failed = sum(one.failed for one in outcomes.values()) or (0 if passed else 1)
    print(f"\nwall time {seconds:.0f} s, logs in {paths.LOGS.relative_to(paths.LOCAL.parent)}")
    print(f"{passed} passed, {failed} failed", flush=True)
    return 1 if failed else 0


def main(arguments, prepare):
    """Entry point; `prepare` does stages of the set-up by name."""
    started = time.monotonic()
    chosen, full_size = choose(arguments)
    try:
        prepare(needs(chosen))
    except Failure as failure:
        return report({"setup": broken("setup", str(failure))}, time.monotonic() - started)
    run = Run(chosen, full_size)
    # A run that is told to end does so like one that is interrupted: with all that it started.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt):
        run.execute()
        return report(run.outcomes, time.monotonic() - started)
    say("interrupted")
    child.kill_all()
    sys.stdout.flush()
    os._exit(130)
