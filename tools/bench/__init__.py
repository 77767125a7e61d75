"""Measurements: each is a function with a limit that the project promises to keep.

    from tools.bench import benchmark

    @benchmark("seal_over_rsa", unit="x", limit=1.25, peer="satcfdi 7.6")
    def seal_over_rsa(options):
        return 1.09

Modules named `bench_*.py` beside this file are found by themselves. A limit is an upper one, unless `at_least` is set.
A benchmark returns its value, or a pair of the value and the peer's value as measured in the same run.
"""

import dataclasses
from collections.abc import Callable

REGISTRY: dict[str, "Benchmark"] = {}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Benchmark:
    """What is measured, in what unit, against what limit, and what a rival needs for the same."""

    name: str
    function: Callable
    unit: str = "x"
    limit: float | None = None
    at_least: bool = False
    peer: object = None

    def measure(self, options):
        """Run it; a dictionary as `--json` prints it."""
        value, peer = self.function(options), self.peer
        if isinstance(value, tuple):
            value, peer = value
        ok = self.limit is None or (value >= self.limit if self.at_least else value <= self.limit)
        return {"value": round(value, 4), "unit": self.unit, "limit": self.limit, "ok": ok, "peer": peer}


def benchmark(name, **settings):
    """Decorator that puts a function into the registry."""

    def register(function):
        if name in REGISTRY:
            raise ValueError(f"two benchmarks are called {name}")
        REGISTRY[name] = Benchmark(name=name, function=function, **settings)
        return function

    return register
