"""Run one part's process with its output in a log, within a time limit, and leave nothing of it behind."""

import contextlib
import os
import signal
import subprocess
import time

_running = set()


def kill_all():
    """End whatever parts are still running, when the whole run is given up."""
    for process in tuple(_running):
        kill_group(process)


def kill_group(process):
    """End a process that we started, and all it started in turn."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def run(command, *, log, env, cwd, limit, progress=None):
    """Exit code of the command, or None when the limit was reached; now and then `progress` is called with the log."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as out:
        process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env=env,
            cwd=cwd,
            start_new_session=True,
        )
    _running.add(process)
    end, last = time.monotonic() + limit, time.monotonic()
    try:
        while True:
            try:
                return process.wait(timeout=1)
            except subprocess.TimeoutExpired:
                if time.monotonic() > end:
                    return None
            if progress and time.monotonic() - last > 20:
                last = time.monotonic()
                progress(log)
    finally:
        _running.discard(process)
        kill_group(process)
