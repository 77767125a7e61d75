"""What the commands share: words on the terminal, child processes, locks, stamps of finished stages."""

import contextlib
import fcntl
import hashlib
import os
import subprocess
import sys
import tempfile
import time

from tools import paths


class Failure(Exception):
    """Something that the person at the terminal must know or mend; the text says how."""


def say(text):
    """Say what is being done."""
    print(f"[dev] {text}", file=sys.stderr, flush=True)


def run(command, *, log=None, text_in="", **kwargs):
    """Run a command to its end and return its output; raise Failure with the end of its output if it fails."""
    command = [str(part) for part in command]
    if log:
        log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w+b") if log else tempfile.TemporaryFile() as out:
        done = subprocess.run(
            command, input=text_in.encode(), stdout=out, stderr=subprocess.STDOUT, check=False, **kwargs
        )
        out.seek(0)
        output = out.read().decode(errors="replace")
    if done.returncode:
        tail = "\n".join(output.splitlines()[-25:])
        raise Failure(f"`{' '.join(command[:6])}` ended with {done.returncode}:\n{tail}")
    return output


@contextlib.contextmanager
def lock(name):
    """Hold a lock that all the checkouts sharing `.local` know, and say so when it makes us wait."""
    paths.LOCKS.mkdir(parents=True, exist_ok=True)
    with (paths.LOCKS / name).open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"waiting for another ./dev ({name})")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def digest(*parts):
    """Hash of texts and of the contents of files."""
    total = hashlib.sha256()
    for part in parts:
        total.update(part.read_bytes() if hasattr(part, "read_bytes") else str(part).encode())
        total.update(b"\0")
    return total.hexdigest()[:16]


def is_done(stage, key):
    """True when the stage was finished with this key."""
    stamp = paths.STAMPS / stage
    return stamp.exists() and stamp.read_text() == key


def mark_done(stage, key):
    """Remember that the stage is finished."""
    paths.STAMPS.mkdir(parents=True, exist_ok=True)
    (paths.STAMPS / stage).write_text(key)


def once(stage, key, action, text):
    """Do a stage of the set-up unless it is done already; safe when several processes ask at once."""
    if is_done(stage, key):
        return
    with lock(f"setup-{stage}"):
        if is_done(stage, key):
            return
        say(text)
        started = time.monotonic()
        action()
        mark_done(stage, key)
        say(f"{stage}: ready after {time.monotonic() - started:.0f} s")


def is_root():
    """True for the superuser."""
    return os.geteuid() == 0
