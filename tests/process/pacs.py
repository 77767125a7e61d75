"""What the tests of real PACs with real processes share: sandboxes that are processes of their own, each over a durable
store of its own, an office with an account at each, and workers of its queue that die at any moment.

Two PACs have two stores: a document that both had got would have two stamps, and that is seen.
"""

import os
import random
import shutil
import signal
import subprocess
import time
from pathlib import Path

from l10n_mx_cfdi40.pac.engine import Engine
from l10n_mx_cfdi40.pac.faults import STAMP
from l10n_mx_cfdi40.pac.store import Store
from tests.process.stamping import LIMIT, Shop, store_of
from tools import paths, sample_company, setup_odoo

ACCOUNT, PACKAGE = "l10n_mx_cfdi40.pac.account", "l10n_mx_cfdi40.credit.package"
USER, PASSWORD = "facturas@example.com", "clave de las pruebas"
#: Seconds for one operation in a worker: nobody waits for an answer that was lost as long as in real life.
PATIENCE = 3

WORK = f"""
from odoo.addons.l10n_mx_cfdi40.pac import registry
make = registry.client
def quick(*arguments, **options):
    made = make(*arguments, **options)
    if hasattr(made, "_wire"):
        made._wire._limit = {PATIENCE}
    return made
registry.client = quick
documents = env["l10n_mx_cfdi40.document"]
documents._cron_queue()
documents._cron_recover()
"""

#: What may go wrong with a call: (fault, options).
TROUBLES = (
    ("lost", {}), ("timeout", {}), ("closed", {}), ("truncated", {}), ("http_after", {"code": "502"}), ("html", {}),
    ("http", {"code": "429"}), ("http", {"code": "503"}), ("unreachable", {}), ("other_uuid", {}), ("stalled", {}),
)
#: One call in so many meets one.
ONE_IN = 20


def prepare(env, invoices, pacs):
    """A company with this many posted invoices in its queue, and accounts at these PACs; the first is preferred."""
    customer, product = sample_company.prepare(env)
    first = sample_company.invoice(env, customer, product)
    moves = first
    for start in range(1, invoices, 500):
        count = min(500, invoices - start)
        copies = env["account.move"].create([data for _one in range(count) for data in first.copy_data()])
        copies.invoice_date = first.invoice_date
        copies.action_post()
        moves |= copies
    moves._l10n_mx_cfdi40_enqueue()
    for sequence, code in enumerate(pacs):
        account = env[ACCOUNT].create({
            "company_id": env.company.id, "provider": code, "sequence": sequence, "username": USER,
            "password": PASSWORD, "contract": "contrato", "sandbox_url": "http://127.0.0.1:9"})
        env[PACKAGE].create({"account_id": account.id, "kind": "year", "quantity": invoices}).action_activate()
    env["ir.cron"].search([]).active = False
    return moves.ids


class SandboxProcess:
    """`./dev sandbox` on a store; it may be killed and started again at the same address."""

    def __init__(self, store):
        self.store, self.port, self.process = store, 0, None
        self.engine = Engine(Store(store))
        self.engine.set_credentials(USER, PASSWORD)
        self.start()

    def start(self):
        """Start it, and wait until it answers."""
        code = "import sys; from tools.sandbox import main; sys.exit(main(sys.argv[1:]))"
        self.process = subprocess.Popen(
            [str(paths.VENV_PYTHON), "-c", code, "--port", str(self.port), "--store", str(self.store)],
            cwd=paths.ROOT, env=setup_odoo.environment() | {"PYTHONPATH": str(paths.ROOT)}, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True, start_new_session=True)
        address = self.process.stdout.readline().strip()
        assert address, "the sandbox did not start"
        self.port = int(address.split(":")[2].split("/")[0])

    @property
    def address(self):
        return f"http://127.0.0.1:{self.port}"

    def kill(self):
        """As a PAC that falls over, in the middle of whatever it does."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()


class Business(Shop):
    """One database of one test, its PACs, and the accidents of its days. ``seed``: of the accidents."""

    def __init__(self, database, moves, pacs, seed):
        super().__init__(database, moves)
        self.random = random.Random(seed)
        self.sandboxes = {}
        for code in pacs:
            store = Path(f"{store_of(database)}.{code}")
            # The same authority, so that the issuer's certificate is known there; stamps of its own.
            shutil.copyfile(store_of(database), store)
            self.sandboxes[code] = SandboxProcess(store)
            self.sql(
                "UPDATE l10n_mx_cfdi40_pac_account SET sandbox_url = %s WHERE provider = %s",
                self.sandboxes[code].address, code)
        self.seen = dict.fromkeys(pacs, 0)
        self.killed = self.troubles = 0
        self.down = []

    def close(self):
        super().close()
        for sandbox in self.sandboxes.values():
            if sandbox not in self.down:
                sandbox.kill()
            sandbox.store.unlink()

    def count(self):
        """Stamps at all PACs."""
        return sum(sandbox.engine.count() for sandbox in self.sandboxes.values())

    def waiting(self):
        """How many documents are not stamped."""
        return self.sql("SELECT count(*) FROM l10n_mx_cfdi40_document WHERE state != 'stamped'")[0][0]

    def expire(self):
        """Time goes by: leases, turns and rests are over."""
        self.expire_lease()
        self.sql(
            "UPDATE l10n_mx_cfdi40_pac_account"
            " SET rest_until = LEAST(rest_until, (now() at time zone 'UTC') - interval '1 second')")

    def settle(self):
        """What the crons do in the end: what is stamped is filed, what was consumed is counted."""
        self.expire()
        self.recover()
        with self.env() as env:
            env[ACCOUNT]._cron_credits()

    def work(self, kill_every):
        """Two workers at the queue until they have nothing more to do; about every so many stamps one is killed."""
        self._mend()
        running, target = [self.worker(WORK) for _number in range(2)], self._next(kill_every)
        end = time.monotonic() + LIMIT + len(self.moves)
        while running:
            assert time.monotonic() < end, running[0].text()[-3000:]
            self._trouble()
            if self.count() >= target:
                self._accident(running)
                target = self._next(kill_every)
            for worker in [one for one in running if one.process.poll() is not None]:
                worker.wait()
                running.remove(worker)
            time.sleep(0.02)

    def _mend(self):
        """PACs that fell over are back."""
        while self.down:
            self.down.pop().start()

    def _next(self, kill_every):
        return self.count() + self.random.randint(kill_every // 2, kill_every * 3 // 2)

    def _trouble(self):
        """Let about one call in so many meet a fault."""
        for code, sandbox in self.sandboxes.items():
            with sandbox.engine.store.reading() as db:
                calls = db.execute("SELECT count(*) FROM call WHERE operation = 'stamp'").fetchone()[0]
            for _call in range(self.seen[code], calls):
                if self.random.randrange(ONE_IN) == 0:
                    kind, options = self.random.choice(TROUBLES)
                    sandbox.engine.faults.set(kind, operation=STAMP, **options)
                    self.troubles += 1
            self.seen[code] = calls

    def _accident(self, running):
        """Kill a worker, or now and then (and the first time) the preferred PAC: it stays away until the next accident,
        and the other one takes what never reached it."""
        self.killed += 1
        self._mend()
        if self.killed == 1 or self.random.randrange(4) == 0:
            preferred = next(iter(self.sandboxes.values()))
            preferred.kill()
            self.down.append(preferred)
            return
        victim = self.random.choice(running)
        victim.kill()
        running.remove(victim)
        if self.random.randrange(2):
            # Also those that the other worker holds: it is slow, and somebody else asks meanwhile.
            self.expire()
        running.append(self.worker(WORK))
