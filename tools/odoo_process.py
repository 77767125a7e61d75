"""Real Odoo processes outside test mode, for the tests that kill them and for the web client.

with OdooServer("database", env={"X": "1"}) as server:
    server.call("res.users", "search_count", [[]])     # as admin, over JSON-RPC
    server.kill()
"""

import contextlib
import json
import os
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

from tools import config, paths, setup_odoo
from tools.testing.odoo_part import free_port
from tools.ui import Failure

START_LIMIT = 180


class OdooServer:
    """One Odoo server on a database, started when entered, killed when left."""

    def __init__(self, database, *, port=None, env=None, options=(), crons=0):
        self.database = database
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = paths.LOGS / f"server-{database}-{self.port}.log"
        self._env = {**setup_odoo.environment(), **(env or {})}
        self._options = [f"--max-cron-threads={crons}", *options]
        self.process = None
        self._uid = {}

    def __enter__(self):
        return self.start()

    def __exit__(self, *_exception):
        self.kill()

    def start(self):
        """Start it and wait until it answers."""
        self.launch()
        self.wait()
        return self

    def launch(self):
        """Start it without waiting."""
        config.write()
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                [*setup_odoo.odoo_command(), "-d", self.database, "--http-port", str(self.port), *self._options],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=self._env,
                start_new_session=True,
            )

    def wait(self, limit=START_LIMIT):
        """Wait until the server answers requests."""
        end = time.monotonic() + limit
        while time.monotonic() < end:
            if self.process.poll() is not None:
                break
            with contextlib.suppress(OSError), urllib.request.urlopen(f"{self.url}/web/health", timeout=10):
                return
            time.sleep(0.2)
        self.kill()
        tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-30:])
        raise Failure(f"Odoo did not answer on port {self.port}:\n{tail}")

    def kill(self, signum=signal.SIGKILL):
        """End it at once (or with another signal) and wait for its end."""
        if self.process and self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signum)
            self.process.wait()

    def rpc(self, service, method, *arguments, timeout=300):
        """One JSON-RPC request; raises RemoteError when the server answers with an error."""
        body = {
            "jsonrpc": "2.0",
            "method": "call",
            "id": 1,
            "params": {"service": service, "method": method, "args": arguments},
        }
        request = urllib.request.Request(
            f"{self.url}/jsonrpc",
            json.dumps(body).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=timeout) as response:
            answer = json.load(response)
        if "error" in answer:
            raise RemoteError(answer["error"])
        return answer.get("result")

    def call(self, model, method, arguments=(), keywords=None, *, login="admin", password="admin", timeout=300):
        """Call a method of a model as a user."""
        if login not in self._uid:
            self._uid[login] = self.rpc("common", "login", self.database, login, password)
        return self.rpc(
            "object",
            "execute_kw",
            self.database,
            self._uid[login],
            password,
            model,
            method,
            list(arguments),
            keywords or {},
            timeout=timeout,
        )


class RemoteError(Exception):
    """The server's answer to a call that failed."""

    def __init__(self, error):
        self.data = error.get("data") or {}
        super().__init__(self.data.get("debug") or self.data.get("message") or error.get("message"))


def run_python(database, code, *, env=None, log=None, check=True):
    """Run code in a process of its own with `env` on a database: `odoo shell` fed from a file. Returns the process."""
    with tempfile.TemporaryFile("w+") as script:
        script.write(code)
        script.seek(0)
        done = subprocess.run(
            [
                *setup_odoo.odoo_command(),
                "shell",
                "-d",
                database,
                "--no-http",
                "--max-cron-threads=0",
                "--shell-interface=python",
            ],
            stdin=script,
            stdout=subprocess.PIPE,
            stderr=log or subprocess.PIPE,
            text=True,
            env={**setup_odoo.environment(), **(env or {})},
            check=False,
        )
    if check and done.returncode:
        raise Failure(f"the code ended with {done.returncode}:\n{(done.stderr or '')[-3000:]}")
    return done
