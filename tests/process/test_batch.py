"""Batches with real commits: bad ones, locked ones, a stop in the middle, and two workers at the same queue."""

import threading

import pytest

from tests.process.stamping import DOCUMENT, LIMIT, Shop, own_copy, prepared_database
from tools import sample_company

COUNT = 30
QUEUE = "\nenv['l10n_mx_cfdi40.document']._cron_queue()\n"


@pytest.fixture(scope="module")
def prepared(addon_template):
    """Name of a database with thirty posted invoices, and their ids."""
    def posted(env):
        customer, product = sample_company.prepare(env)
        first = sample_company.invoice(env, customer, product)
        others = env["account.move"].create([first.copy_data()[0] for _number in range(COUNT - 1)])
        others._post()
        return [first.id, *others.ids]

    with prepared_database(addon_template, posted) as made:
        yield made


@pytest.fixture
def shop(prepared):
    with own_copy(prepared, Shop) as made:
        yield made


def start(shop):
    with shop.env() as env:
        return env["l10n_mx_cfdi40.batch"]._start(env["account.move"].browse(shop.moves)).id


def counts(shop, batch):
    with shop.env() as env:
        record = env["l10n_mx_cfdi40.batch"].browse(batch)
        return {name: record[name] for name in ("stamped", "failed", "waiting", "doubt", "stopped") if record[name]}


def test_bad_ones_and_a_locked_one_stop_no_other(shop):
    """Three that the SAT would refuse, and one whose invoice another transaction holds: the rest are stamped."""
    batch = start(shop)
    bad, locked = shop.moves[3:6], shop.moves[7]
    with shop.env() as env:
        env["account.move"].browse(bad).l10n_mx_cfdi40_uso_id = False
    with shop.env() as holder:
        holder.cr.execute("SELECT id FROM account_move WHERE id = %s FOR UPDATE", [locked])
        with shop.env() as env:
            env[DOCUMENT]._cron_queue()
    assert counts(shop, batch) == {"stamped": COUNT - 4, "failed": 3, "waiting": 1}
    with shop.env() as env:
        record = env["l10n_mx_cfdi40.batch"].browse(batch)
        assert sorted(record.problem_ids.move_id.ids) == bad
        assert all("MX_RECEPTOR_SIN_USO" in line.explanation for line in record.problem_ids)
        env["account.move"].browse(bad).l10n_mx_cfdi40_uso_id = env["account.move"].browse(
            shop.move).l10n_mx_cfdi40_uso_id
        record.action_retry()
    shop.expire_lease()
    shop.recover()
    assert counts(shop, batch) == {"stamped": COUNT}
    shop.assert_once(shop.moves)
    assert sum(call.operation == "stamp" for call in shop.pac.calls()) == COUNT, "each was sent once"


def test_one_that_cannot_be_prepared_with_the_others(shop, monkeypatch):
    """Whatever goes wrong while a set is prepared: each of them is done by itself, in the same run of the queue."""
    from odoo.exceptions import UserError

    batch = start(shop)
    with shop.env() as env:
        document = env.registry[DOCUMENT]
        prepare = document._prepare

        def broken(self, moves, month_confirmed=False):
            if shop.moves[2] in moves.ids:
                raise UserError("this one breaks")
            return prepare(self, moves, month_confirmed)

        monkeypatch.setattr(document, "_prepare", broken)
        env[DOCUMENT]._cron_queue()
    assert counts(shop, batch) == {"stamped": COUNT - 1, "waiting": 1}
    with shop.env() as env:
        line = env["l10n_mx_cfdi40.batch"].browse(batch).problem_ids
        assert line.move_id.id == shop.moves[2]
        assert "this one breaks" in line.explanation


def test_another_worker_asked_for_the_balance_at_the_same_time(shop, monkeypatch):
    """Both wrote what the PAC said: who loses stamps all the same, in that very run."""
    from psycopg2.errors import SerializationFailure

    batch, done = start(shop), []

    def loses(self, is_seen=None):
        if not done:
            done.append(1)
            self.env.cr.execute("SELECT 1")
            raise SerializationFailure("could not serialize access due to concurrent update")

    with shop.env() as env:
        monkeypatch.setattr(env.registry["res.company"], "_l10n_mx_cfdi40_refresh_credits", loses)
        env[DOCUMENT]._cron_queue()
    assert done
    assert counts(shop, batch) == {"stamped": COUNT}


def test_the_log_keeps_refused_credentials(shop):
    """The error that the person sees takes nothing back of what was exchanged."""
    from odoo.exceptions import UserError

    with shop.env() as env:
        account = env["l10n_mx_cfdi40.pac.account"].create({
            "company_id": env.company.id, "provider": "loopback", "environment": "test", "username": "facturas",
            "password": "equivocada"}).id
    shop.pac.set_credentials("facturas", "correcta")
    with pytest.raises(UserError), shop.env() as env:
        env["l10n_mx_cfdi40.pac.account"].browse(account).action_check()
    told = shop.sql("SELECT operation, code FROM l10n_mx_cfdi40_pac_exchange WHERE account_id = %s", account)
    assert told == [("check", "300")]


def test_two_workers_at_one_batch(shop):
    batch = start(shop)
    workers = [shop.worker(QUEUE) for _worker in range(2)]
    for worker in workers:
        worker.wait()
    shop.expire_lease()
    shop.recover()
    assert counts(shop, batch) == {"stamped": COUNT}
    shop.assert_once(shop.moves)
    assert sum(call.operation == "stamp" for call in shop.pac.calls()) == COUNT


def test_killed_with_calls_under_way(shop):
    """Some answers are recorded, some calls are under way, the next set is claimed: nothing is lost or made twice."""
    batch = start(shop)
    fault = shop.pac.faults.set("pause_after", limit_seconds=LIMIT)
    worker = shop.worker(QUEUE)
    assert shop.pac.faults.wait_reached(fault, limit_seconds=LIMIT)
    worker.kill()
    shop.expire_lease()
    shop.recover()
    shop.expire_lease()
    shop.recover()
    assert counts(shop, batch) == {"stamped": COUNT}
    shop.assert_once(shop.moves)


def test_answers_are_recorded_before_anything_is_filed(shop):
    """It dies when it files the first ones: every answer that came is in the ledger, and the cron files them."""
    batch = start(shop)
    shop.worker("Document._follow_up = die" + QUEUE).wait_killed()
    stamped = shop.sql("SELECT count(*) FROM l10n_mx_cfdi40_document WHERE state = 'stamped'")[0][0]
    assert stamped
    assert not shop.sql("SELECT 1 FROM l10n_mx_cfdi40_document WHERE attachment_id IS NOT NULL")
    shop.expire_lease()
    shop.recover()
    shop.expire_lease()
    shop.recover()
    assert counts(shop, batch) == {"stamped": COUNT}
    shop.assert_once(shop.moves)


def test_stopped_while_it_runs(shop):
    """What is sent is finished, what is not claimed yet is taken out; resumed, all are stamped once."""
    with shop.env() as env:
        env["l10n_mx_cfdi40.pac.account"].create({
            "company_id": env.company.id, "provider": "loopback", "environment": "test", "max_connections": 2})
    batch = start(shop)
    fault = shop.pac.faults.set("pause_before", limit_seconds=LIMIT)
    worker = shop.worker(QUEUE)
    assert shop.pac.faults.wait_reached(fault, limit_seconds=LIMIT)
    with shop.env() as env:
        env["l10n_mx_cfdi40.batch"].browse(batch).action_stop()
    shop.pac.faults.release(fault)
    worker.wait()
    after = counts(shop, batch)
    assert after["stamped"] + after["stopped"] == COUNT
    assert after["stopped"]
    assert shop.pac.count() == after["stamped"]
    with shop.env() as env:
        env["l10n_mx_cfdi40.batch"].browse(batch).action_resume()
    shop.recover()
    assert counts(shop, batch) == {"stamped": COUNT}
    shop.assert_once(shop.moves)


def test_the_first_account_fails_in_the_middle(shop, monkeypatch):
    """What certainly never reached the first PAC goes to the next one, over a connection of its own."""
    from odoo.addons.l10n_mx_cfdi40.pac.base import Unknown
    from odoo.addons.l10n_mx_cfdi40.pac.loopback import Loopback

    with shop.env() as env:
        for sequence, user in enumerate(("first", "second")):
            env["l10n_mx_cfdi40.pac.account"].create({
                "company_id": env.company.id, "provider": "loopback", "environment": "test", "sequence": sequence,
                "username": user, "max_connections": 2, "active": user == "first"})
            env.flush_all()
            if user == "first":
                # One login of a PAC is active at a time: the second one stands for another PAC.
                env.cr.execute("DROP INDEX IF EXISTS l10n_mx_cfdi40_pac_account_one_login")
        env["l10n_mx_cfdi40.pac.account"].with_context(active_test=False).search([]).active = True
    stamp, lock, sent = Loopback.stamp, threading.Lock(), []

    def flaky(self, sealed, *, key):
        user = self._credentials["user"]
        with lock:
            sent.append(user)
            if user == "first" and sent.count("first") > 5:
                return self._ask("stamp", lambda: Unknown("unreachable", "no route", sent=False))
        self._credentials = {"user": None, "password": None}
        try:
            return stamp(self, sealed, key=key)
        finally:
            self._credentials = {"user": user, "password": None}

    monkeypatch.setattr(Loopback, "stamp", flaky)
    batch = start(shop)
    with shop.env() as env:
        env[DOCUMENT]._cron_queue()
    assert counts(shop, batch) == {"stamped": COUNT}
    shop.assert_once(shop.moves)
    by_account = dict(shop.sql(
        "SELECT a.username, count(*) FROM l10n_mx_cfdi40_document d JOIN l10n_mx_cfdi40_pac_account a"
        " ON a.id = d.pac_account_id GROUP BY a.username"))
    assert by_account == {"first": 5, "second": COUNT - 5}
    assert sent.count("second") == COUNT - 5, "the ledger names the PAC that got it"
