"""What a part of the tests brought."""

import dataclasses


@dataclasses.dataclass
class Outcome:
    """Counts of one part, and what is needed to understand its failures."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    failures: list[tuple[str, str]] = dataclasses.field(default_factory=list)
    seconds: float = 0.0
    log: str = ""

    def fail(self, name, text):
        """Count one more failure."""
        self.failed += 1
        self.failures.append((name, text))
        return self


def broken(name, text):
    """The outcome of a part that did not even run."""
    return Outcome().fail(name, text)
