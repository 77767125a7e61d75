"""Exactly once: whatever dies, races, is retried, comes late or is lost: one stamp an invoice, and none is lost."""

import threading

import pytest

from tests.process.stamping import DOCUMENT, LIMIT, Shop, own_copy, prepared_database
from tools import odoo_env, sample_company

STAMP = "\nmove._l10n_mx_cfdi40_stamp()\n"


@pytest.fixture(scope="session")
def prepared(addon_template):
    """Name of a database with posted invoices, and their ids."""
    def posted(env):
        customer, product = sample_company.prepare(env)
        return [sample_company.invoice(env, customer, *[product] * lines).id for lines in (1, 2, 3)]

    with prepared_database(addon_template, posted) as made:
        yield made


@pytest.fixture
def shop(prepared):
    """A database and a PAC for this test alone."""
    with own_copy(prepared, Shop) as made:
        yield made


# -- killed at each step -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("step", "state", "sent"), [
    # (where the process dies, what the ledger says then, stamps at the PAC then)
    ("die_at_commit(1)", None, 0),  # sealed and in_flight written, not committed
    ("from odoo.addons.l10n_mx_cfdi40.models.document_call import Call; Call.run = die", "in_flight", 0),
    ("Document._record = die", "in_flight", 1),  # the answer is there, nothing of it is written
    ("die_at_commit(2)", "in_flight", 1),  # the answer is written, not committed
    ("Document._conclude = die", "stamped", 1),  # before the file, the message, the PDF
    ("die_at_commit(3)", "stamped", 1),
])
def test_killed(shop, step, state, sent):
    shop.worker(step + STAMP).wait_killed()
    assert shop.states() == ([state] if state else [])
    assert shop.pac.count() == sent
    if not state:
        shop.stamp()  # nothing was ever there: the user presses the button again
    shop.expire_lease()
    shop.recover()
    shop.assert_once()


@pytest.mark.parametrize(("pause", "sent"), [("pause_before", 0), ("pause_after", 1)])
def test_killed_while_the_pac_works(shop, pause, sent):
    fault = shop.pac.faults.set(pause, limit_seconds=LIMIT)
    worker = shop.worker(STAMP)
    assert shop.pac.faults.wait_reached(fault, limit_seconds=LIMIT)
    worker.kill()
    assert (shop.states(), shop.pac.count()) == (["in_flight"], sent)
    shop.recover()
    assert shop.states() == ["in_flight"], "its lease still runs"
    shop.expire_lease()
    shop.recover()
    shop.assert_once()


def test_killed_again_while_recovering(shop):
    shop.worker("Document._record = die" + STAMP).wait_killed()
    shop.expire_lease()
    shop.worker("Document._record = die\nenv['l10n_mx_cfdi40.document']._cron_recover()\n").wait_killed()
    assert shop.states() == ["in_doubt"]
    shop.recover()
    assert shop.states() == ["in_doubt"], "the recovery has a lease of its own"
    shop.expire_lease()
    shop.recover()
    shop.assert_once()


def test_killed_in_the_queue_does_not_stop_the_queue(shop):
    """An invoice breaks the process, and with it a whole set. The next time each is tried by itself, and then it is not
    the first one again."""
    with shop.env() as env:
        env["account.move"].browse(shop.moves)._l10n_mx_cfdi40_enqueue()
    breaking = f"""
prepare = Document._prepare
def broken(self, moves, *arguments):
    return die() if {shop.move} in moves.ids else prepare(self, moves, *arguments)
Document._prepare = broken
env['l10n_mx_cfdi40.document']._cron_queue()
"""
    shop.worker(breaking).wait_killed()
    assert shop.states() == ["draft"] * 3
    shop.expire_lease()
    shop.worker(breaking).wait_killed()
    shop.worker(breaking).wait()
    assert sorted(shop.states()) == ["draft", "stamped", "stamped"]
    shop.expire_lease()
    shop.recover()
    shop.assert_once(shop.moves)


# -- races -------------------------------------------------------------------------------------------------------------


def test_two_workers_one_call(shop):
    fault = shop.pac.faults.set("pause_before", limit_seconds=LIMIT)
    first = shop.worker(STAMP)
    assert shop.pac.faults.wait_reached(fault, limit_seconds=LIMIT)
    shop.worker(STAMP).wait()
    shop.worker("env['l10n_mx_cfdi40.document']._cron_queue()\nenv['l10n_mx_cfdi40.document']._cron_recover()\n").wait()
    assert shop.states() == ["in_flight"]
    shop.pac.faults.release(fault)
    first.wait()
    assert len(shop.pac.calls()) == 1
    shop.assert_once()


def test_two_workers_start_together(shop):
    """No pause, no order: whichever comes first, once."""
    workers = [shop.worker(f"""
from odoo.exceptions import LockError
from odoo.service.model import retrying
def press():
    try:
        env["account.move"].browse({shop.move})._l10n_mx_cfdi40_stamp()
    except LockError:
        pass
retrying(press, env)
""") for _worker in range(2)]
    for worker in workers:
        worker.wait()
    shop.recover()
    assert sum(call.operation == "stamp" for call in shop.pac.calls()) == 1
    shop.assert_once()


def test_while_one_seals_the_other_gives_way(shop):
    from odoo.exceptions import LockError

    with shop.env() as first:
        move = first["account.move"].browse(shop.move)
        preview = first[DOCUMENT]._prepare(move)[move]
        with shop.env() as second, pytest.raises(LockError):
            second["account.move"].browse(shop.move)._l10n_mx_cfdi40_stamp()
        preview.document._run()
    shop.assert_once()


def test_many_invoices_in_the_queue_and_a_button(shop):
    with shop.env() as env:
        env["account.move"].browse(shop.moves)._l10n_mx_cfdi40_enqueue()
    fault = shop.pac.faults.set("pause_before", limit_seconds=LIMIT)
    queue = shop.worker("env['l10n_mx_cfdi40.document']._cron_queue()\n")
    assert shop.pac.faults.wait_reached(fault, limit_seconds=LIMIT)
    for move in shop.moves:
        shop.stamp(move)
    shop.pac.faults.release(fault)
    queue.wait()
    shop.assert_once(shop.moves)


# -- serialization failures --------------------------------------------------------------------------------------------


def test_a_request_with_an_older_snapshot_is_retried(shop):
    """Another transaction stamps after this one took its snapshot: it fails, runs again, and sees the stamp."""
    from odoo.service.model import retrying

    tries = []
    with shop.env() as env:
        def press():
            move = env["account.move"].browse(shop.move)
            assert move.state == "posted"  # the snapshot is taken here
            tries.append(move.l10n_mx_cfdi40_state)
            if len(tries) == 1:
                shop.stamp()
            move._l10n_mx_cfdi40_stamp()

        retrying(press, env)
    assert tries == [False, "stamped"]
    assert len(shop.pac.calls()) == 1
    shop.assert_once()


def test_a_request_that_fails_after_the_stamp_does_not_stamp_again(shop):
    """What follows the stamp in the same request meets a concurrent writer: the request runs again from its start."""
    from odoo.service.model import retrying

    tries = []
    with shop.env() as env:
        def press():
            tries.append(1)
            env["account.move"].browse(shop.move)._l10n_mx_cfdi40_stamp()
            partner = env["res.partner"].search([("vat", "=", "URE180429TM6")])
            if len(tries) == 1:
                with shop.env() as other:
                    other["res.partner"].browse(partner.id).comment = "changed meanwhile"
            partner.comment = "changed here"

        retrying(press, env)
    assert len(tries) == 2
    assert len(shop.pac.calls()) == 1
    shop.assert_once()


def test_an_answer_is_recorded_in_spite_of_a_concurrent_writer(shop, monkeypatch):
    """Somebody holds the invoice's row when the answer comes, and commits: the answer is written down all the same."""
    with shop.env() as env, shop.env() as writer:
        Document = env.registry[DOCUMENT]
        record_once, seen = Document._record_once, []

        def held(self, *arguments):
            seen.append(1)
            if len(seen) == 1:
                self.env.cr.execute("SELECT pg_backend_pid()")
                pid = self.env.cr.fetchone()[0]
                writer.cr.execute("UPDATE account_move SET ref = 'held' WHERE id = %s", [shop.move])
                threading.Thread(target=_commit_once_waited_for, args=(shop, writer.cr, pid)).start()
            return record_once(self, *arguments)

        monkeypatch.setattr(Document, "_record_once", held)
        env["account.move"].browse(shop.move)._l10n_mx_cfdi40_stamp()
    assert len(seen) == 2, "it failed once, and was done again"
    assert shop.sql("SELECT ref FROM account_move WHERE id = %s", shop.move) == [("held",)]
    shop.assert_once()


def _commit_once_waited_for(shop, cursor, pid):
    waiting = "SELECT 1 FROM pg_stat_activity WHERE pid = %s AND wait_event_type = 'Lock'"
    while not shop.sql(waiting, pid):
        pass
    cursor.commit()


def test_reset_to_draft_with_an_older_snapshot_loses(shop):
    """It has seen the invoice without a CFDI; before it writes, another transaction sends it."""
    from odoo.exceptions import UserError
    from odoo.service.model import retrying

    tries = []
    with shop.env() as env:
        def reset():
            move = env["account.move"].browse(shop.move)
            tries.append(move.l10n_mx_cfdi40_state)
            if len(tries) == 1:
                shop.pac.faults.set("lost")
                shop.stamp()
            move.button_draft()

        with pytest.raises(UserError):
            retrying(reset, env)
        env.cr.rollback()
    assert tries == [False, "in_doubt"]
    shop.expire_lease()
    shop.recover()
    shop.assert_once()


# -- answers -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["lost", "timeout"])
def test_the_answer_or_the_request_is_lost(shop, kind):
    shop.pac.faults.set(kind)
    shop.stamp()
    assert (shop.states(), shop.pac.count()) == (["in_doubt"], int(kind == "lost"))
    shop.stamp()  # pressing the button only asks
    shop.expire_lease()
    shop.recover()
    shop.assert_once()


@pytest.mark.parametrize("pause", ["pause_before", "pause_after"])
def test_the_answer_is_late(shop, pause):
    """The call takes longer than the lease; recovery asks meanwhile; then the first answer arrives after all."""
    fault = shop.pac.faults.set(pause, limit_seconds=LIMIT)
    slow = shop.worker(STAMP)
    assert shop.pac.faults.wait_reached(fault, limit_seconds=LIMIT)
    shop.expire_lease()
    shop.recover()
    shop.assert_once()
    shop.pac.faults.release(fault)
    slow.wait()
    shop.assert_once()


def test_the_late_answer_comes_first_to_be_true(shop):
    """Recovery finds nothing yet and may not send; the late answer is accepted although its lease is over."""
    fault = shop.pac.faults.set("pause_after", limit_seconds=LIMIT)
    slow = shop.worker(STAMP)
    assert shop.pac.faults.wait_reached(fault, limit_seconds=LIMIT)
    shop.pac.faults.set("timeout", operation="recover")
    shop.expire_lease()
    shop.recover()
    assert shop.states() == ["in_doubt"]
    shop.pac.faults.release(fault)
    slow.wait()
    shop.assert_once()


# -- other people's transactions ---------------------------------------------------------------------------------------


def test_an_uncommitted_invoice_is_queued_not_sent(shop):
    """As when the point of sale posts and sends in the middle of its transaction, which then fails."""
    with shop.env() as env:
        move = env["account.move"].browse(shop.move).copy()
        move.action_post()
        move._l10n_mx_cfdi40_stamp()
        assert move.l10n_mx_cfdi40_state == "draft"
        env.cr.rollback()
    assert (shop.states(), shop.pac.calls()) == ([], [])


def test_what_fails_after_the_stamp_takes_nothing_back(shop):
    def stamp_and_fail():
        with shop.env() as env:
            env["account.move"].browse(shop.move)._l10n_mx_cfdi40_stamp()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        stamp_and_fail()
    shop.assert_once()


def test_one_refused_in_a_batch_takes_nothing_back(shop):
    """Several invoices sent in one call: the refused one raises, and the accepted ones keep their stamps."""
    from odoo.exceptions import UserError

    shop.pac.faults.set("refuse", code="CFDI40145", times=1)
    with shop.env() as env:
        moves = env["account.move"].browse(shop.moves)
        with pytest.raises(UserError, match="CFDI40145"):
            env["account.move.send"]._generate_and_send_invoices(moves, sending_methods=[])
        env.cr.rollback()
    assert sorted(shop.states()) == ["rejected", "stamped", "stamped"]
    assert shop.pac.count() == 2


def test_real_crons_stamp_what_is_posted(shop, make_server):
    """A server with its cron thread, the company set to stamp on posting: nothing else is done."""
    with shop.env() as env:
        env["ir.cron"].search([("cron_name", "like", "CFDI: %"), ("active", "=", False)]).active = True
        env.company.l10n_mx_cfdi40_stamp_on_post = True
        move = env["account.move"].browse(shop.move).copy()
        shop.move = move.id
    odoo_env.close(shop.database)
    with_cron = make_server(shop.database, crons=1)
    with_cron.call("account.move", "action_post", [[shop.move]])
    done = threading.Event()
    for _turn in range(LIMIT * 10):
        if shop.sql("SELECT 1 FROM l10n_mx_cfdi40_document WHERE state = 'stamped' AND attachment_id IS NOT NULL"):
            break
        done.wait(0.1)
    shop.assert_once()
