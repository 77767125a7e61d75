"""What the exactly-once tests share: a database with an invoice to stamp, the PAC's store, and workers to kill.

A worker is a process of its own (`odoo shell`), outside Odoo's test mode: its commits are real, and so is its death.
The PAC's store is a file that no transaction of Odoo's reaches, so that store and ledger can be compared afterwards.
"""

import base64
import contextlib
import itertools
import os
import shutil
import signal
import subprocess
import tempfile

from l10n_mx_cfdi40.pac.engine import Engine
from l10n_mx_cfdi40.pac.store import Store
from tools import cluster, config, odoo_env, paths, setup_odoo, templates

DOCUMENT = "l10n_mx_cfdi40.document"
#: No test waits longer than this for another process.
LIMIT = 120

PRELUDE = """
import os, signal
Document = env.registry["l10n_mx_cfdi40.document"]
move = env["account.move"].browse({move})
def die(*args, **keywords):
    os.kill(os.getpid(), signal.SIGKILL)
def die_at_commit(number, model=Document):
    commit, done = model._commit, []
    def counted(self):
        done.append(1)
        if len(done) == number:
            self.env.flush_all()
            die()
        commit(self)
    model._commit = counted
"""

_numbers = itertools.count(1)


@contextlib.contextmanager
def prepared_database(addon_template, prepare):
    """Name of a database that several tests start from, and what `prepare(env)` returned (its invoices); both go at the
    end. No cron runs by itself there: the tests say when."""
    name = f"process_{paths.short_hash(paths.ROOT, os.getpid())}_made{next(_numbers)}"
    templates.clone(addon_template, name)
    try:
        with odoo_env.environment(name) as env:
            moves = prepare(env)
            env["ir.cron"].search([]).active = False
        odoo_env.close(name)
        yield name, moves
    finally:
        templates.drop(name)
        store_of(name).unlink(missing_ok=True)


@contextlib.contextmanager
def own_copy(prepared, kind):
    """A copy of a prepared database, its PAC included, for one test alone.

    :param kind: the class of what is given to the test
    """
    template, moves = prepared
    name = f"{template}_{next(_numbers)}"
    templates.clone(template, name)
    shutil.copyfile(store_of(template), store_of(name))
    made = kind(name, moves)
    try:
        yield made
    finally:
        made.close()
        templates.drop(name)
        store_of(name).unlink(missing_ok=True)


def store_of(database):
    """The file of the embedded PAC of a database."""
    return paths.DATA / "l10n_mx_cfdi40" / f"{database}.sqlite3"


class Shop:
    """One database of one test. ``moves``: ids of its posted invoices."""

    def __init__(self, database, moves):
        self.database, self.moves, self.move = database, moves, moves[0]
        self.pac = Engine(Store(store_of(database)))
        self.workers = []

    def env(self):
        """An environment in this process, committed at the end."""
        return odoo_env.environment(self.database)

    def worker(self, code, *, move=None):
        """Start a process that runs the code."""
        worker = Worker(self.database, PRELUDE.format(move=move or self.move) + code)
        self.workers.append(worker)
        return worker

    def sql(self, statement, *parameters):
        return cluster.query(statement, list(parameters), self.database)

    def expire_lease(self):
        """Move the clock beyond the lease and the next turn of every document."""
        self.sql(
            "UPDATE l10n_mx_cfdi40_document SET"
            " lease_until = LEAST(lease_until, (now() at time zone 'UTC') - interval '1 second'),"
            " retry_at = LEAST(retry_at, (now() at time zone 'UTC') - interval '1 second')")

    def recover(self):
        """What the two crons do."""
        with self.env() as env:
            env[DOCUMENT]._cron_recover()
            env[DOCUMENT]._cron_queue()

    def stamp(self, move=None):
        """What the button does."""
        with self.env() as env:
            env["account.move"].browse(move or self.move)._l10n_mx_cfdi40_stamp()

    def states(self):
        return [row[0] for row in self.sql("SELECT state FROM l10n_mx_cfdi40_document ORDER BY id")]

    def assert_once(self, moves=None):
        """One stamp for each invoice, none lost, and the ledger equal to the PAC's store, byte for byte."""
        moves = moves or [self.move]
        stored = {stamp.uuid.upper(): stamp for stamp in self.pac.stamps()}
        ledger = self.sql(
            "SELECT uuid, sha256, stamped_xml, sealed_xml, move_id, attachment_id, folio FROM l10n_mx_cfdi40_document"
            " WHERE state = 'stamped'")
        assert sorted(row[4] for row in ledger) == sorted(moves)
        assert {row[0] for row in ledger} == set(stored)
        for uuid, sha256, stamped, sealed, move, attachment, _folio in ledger:
            assert stored[uuid].sha256 == sha256
            assert base64.b64decode(bytes(stamped)) == stored[uuid].xml
            assert sealed
            assert attachment, "filed on the invoice"
            state, seen = self.sql(
                "SELECT l10n_mx_cfdi40_state, l10n_mx_cfdi40_uuid FROM account_move WHERE id = %s", move)[0]
            assert (state, seen) == ("stamped", uuid)
        assert sorted(int(row[6]) for row in ledger) == list(range(1, len(moves) + 1)), "no folio is skipped"
        self.keep_xml(stored)

    @staticmethod
    def keep_xml(stored):
        """The stamped files go where the last part of the run checks them with the SAT's own schema."""
        paths.XML_DIR.mkdir(parents=True, exist_ok=True)
        for uuid, stamp in stored.items():
            (paths.XML_DIR / f"{uuid}.xml").write_bytes(stamp.xml)

    def close(self):
        for worker in self.workers:
            worker.kill()
        odoo_env.close(self.database)


class Worker:
    """A process that runs Python with Odoo's `env`, and can be killed at any moment."""

    def __init__(self, database, code):
        config.write()
        # Open for as long as the process lives.
        self.log = tempfile.TemporaryFile("w+")  # noqa: SIM115
        self._script = tempfile.TemporaryFile("w+")  # noqa: SIM115
        self._script.write(code)
        self._script.seek(0)
        self.process = subprocess.Popen(
            [*setup_odoo.odoo_command(), "shell", "-d", database, "--no-http", "--max-cron-threads=0",
             "--shell-interface=python"],
            stdin=self._script, stdout=self.log, stderr=subprocess.STDOUT, env=setup_odoo.environment(),
            start_new_session=True)

    def kill(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def text(self):
        self.log.seek(0)
        return self.log.read()

    def wait(self):
        """Wait for its end; it must end well."""
        assert self.process.wait(LIMIT) == 0, self.text()[-3000:]
        assert "Traceback" not in self.text(), self.text()[-3000:]

    def wait_killed(self):
        """Wait until it has killed itself."""
        assert self.process.wait(LIMIT) == -signal.SIGKILL, self.text()[-3000:]
