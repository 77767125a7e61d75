"""Run the measurements: `./dev bench [NAME ...] [--json] [--quick]`."""

import argparse
import contextlib
import importlib
import json
import pkgutil
import sys

from tools import bench


def load():
    """Import all `bench_*` modules, which register themselves."""
    for module in pkgutil.iter_modules(bench.__path__):
        if module.name.startswith("bench_"):
            importlib.import_module(f"tools.bench.{module.name}")


def table(results):
    """Text with one line for each result."""
    lines = [f"{'measurement':<36}{'value':>12} {'unit':<8}{'limit':>10}  {'':<8}rival"]
    for name, one in results.items():
        limit = "" if one["limit"] is None else one["limit"]
        verdict = "ok" if one["ok"] else "BROKEN"
        lines.append(f"{name:<36}{one['value']:>12} {one['unit']:<8}{limit:>10}  {verdict:<8}{one['peer'] or ''}")
    return "\n".join(lines)


def main(arguments):
    """Exit code 1 when a limit is broken."""
    parser = argparse.ArgumentParser(prog="./dev bench", description="Measurements against their limits.")
    parser.add_argument("names", nargs="*", help="only these; a prefix is enough")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true", help="fewer repetitions")
    parser.add_argument("--list", action="store_true")
    options = parser.parse_args(arguments)
    load()
    chosen = {
        name: one
        for name, one in bench.REGISTRY.items()
        if not options.names or any(name.startswith(prefix) for prefix in options.names)
    }
    if options.list or not chosen:
        print("\n".join(chosen) or "no such measurement", file=sys.stdout if chosen else sys.stderr)
        return 0 if chosen else 1
    results = {}
    # What a measurement prints goes to the terminal's other channel: with --json the output is one document.
    with contextlib.redirect_stdout(sys.stderr):
        for name, one in chosen.items():
            print(f"measuring {name}")
            results[name] = one.measure(options)
    print(json.dumps(results, indent=2, ensure_ascii=False) if options.json else table(results))
    return 0 if all(one["ok"] for one in results.values()) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
