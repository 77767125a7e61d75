"""Payment complements exactly once: whatever dies, races, is undone or is lost meanwhile, each payment has the one
complement that it owes, the instalments of an invoice follow each other, and none is in force that nobody knows of."""

import threading

import pytest

from tests.process import complements
from tests.process.complements import RECEIPT
from tests.process.stamping import DOCUMENT, LIMIT
from tools import odoo_env, sample_company

ISSUE = "\nreceipts._cron_issue()\n"
#: One row's turn in the queue, as the cron takes it.
TURN = "\nreceipts._work_through([receipts.browse({row})], receipts._turn)\n"
CALL = "from odoo.addons.l10n_mx_cfdi40.models.document_call import Call; "


@pytest.fixture(scope="session")
def prepared(addon_template):
    """Name of a database with stamped PPD invoices, and their ids."""
    with complements.prepared_office(addon_template) as made:
        yield made


@pytest.fixture
def office(prepared):
    """A database and a PAC for this test alone."""
    with complements.own_office(prepared) as made:
        yield made


@pytest.fixture
def due(office):
    """An office whose first invoice (116) was paid in full; its complement is due."""
    office.pay(116)
    office.expire()
    return office


# -- killed at each step -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("step", "states", "sent"), [
    # (where the process dies, what the ledger says then, complements at the PAC then)
    ("die_at_commit(1, Receipt)", [], 0),  # its turn in the queue is not written yet
    ("Receipt._prepare = die", [], 0),  # its next turn is written
    ("after(Receipt, '_prepare', die, '')", [], 0),  # sealed, not committed
    ("die_at_commit(1)", [], 0),  # claimed, not committed
    (CALL + "Call.run = die", ["in_flight"], 0),
    ("Document._record = die", ["in_flight"], 1),  # the answer is there, nothing of it is written
    ("die_at_commit(2)", ["in_flight"], 1),  # the answer is written, not committed
    ("Document._conclude = die", ["stamped"], 1),  # before the file and what the stamp changes elsewhere
    ("die_at_commit(3)", ["stamped"], 1),
])
def test_killed(due, step, states, sent):
    due.worker(step + ISSUE).wait_killed()
    assert (due.complements(), due.sent()) == (states, sent)
    due.settle()
    due.assert_complete("issued")
    due.assert_chain((116, 116, 0))


def test_killed_in_the_queue_of_what_was_sealed(due):
    """The PAC could not be reached: the sealed complement waits in the queue of documents, and that one is killed."""
    due.pac.faults.set("unreachable")
    due.recover()
    assert (due.complements(), due.sent()) == (["sealed"], 0)
    due.expire()
    due.worker("Document._record = die\nenv['l10n_mx_cfdi40.document']._cron_queue()\n").wait_killed()
    assert (due.complements(), due.sent()) == (["in_flight"], 1)
    due.settle()
    due.assert_complete("issued")
    due.assert_chain((116, 116, 0))


# -- races -------------------------------------------------------------------------------------------------------------


def test_two_payments_of_one_invoice(office):
    """Registered and reconciled at once, then issued at once: each worker has begun before the other one commits."""
    pay = """
tries = []
def pay():
    tries.append(1)
    move = env["account.move"].browse({move})
    assert move.amount_residual  # the snapshot is taken here
    meet("paying")
    sample_company.pay(env, move, {amount})
retrying(pay, env)
env.cr.commit()
print("TRIES", len(tries))
"""
    workers = [office.worker(pay.format(move=office.move, amount=amount)) for amount in (40, 50)]
    for worker in workers:
        worker.wait()
    assert sorted(worker.text().split("TRIES")[1].split()[0] for worker in workers) == ["1", "2"], "they did meet"
    assert office.rows() == ["waiting", "waiting"]
    assert office.sent() == 0
    office.expire()
    rows = [row for row, in office.sql("SELECT id FROM l10n_mx_cfdi40_receipt ORDER BY id")]
    workers = [
        office.worker("after(Receipt, '_preview', meet, 'issuing')" + TURN.format(row=row)) for row in rows]
    for worker in workers:
        worker.wait()
    assert office.sent() == 1, "both began with instalment 1"
    assert sorted(office.rows()) == ["issued", "waiting"], "who gave way lacks nothing: it only waits for its turn"
    office.settle()
    office.assert_complete("issued", "issued")
    [first] = office.sql("SELECT pagado::float FROM l10n_mx_cfdi40_instalment WHERE live AND num_parcialidad = 1")
    second = {40: 50, 50: 40}[first[0]]
    office.assert_chain((116, first[0], 116 - first[0]), (116 - first[0], second, 26))


def test_the_next_instalment_while_the_first_is_at_the_pac(office):
    """It follows what was sent, whose answer is not known yet."""
    rows = office.pay(40, 50)
    office.expire()
    fault = office.pac.faults.set("pause_before", limit_seconds=LIMIT)
    first = office.worker(TURN.format(row=rows[0]))
    assert office.pac.faults.wait_reached(fault, limit_seconds=LIMIT)
    with office.env() as env:
        receipt = env[RECEIPT].browse(rows[1])
        receipt._work_through([receipt], receipt._turn)
    assert office.rows() == ["sending", "issued"]
    office.pac.faults.release(fault)
    first.wait()
    office.assert_complete("issued", "issued")
    office.assert_chain((116, 40, 76), (76, 50, 26))


def test_two_crons_at_the_same_rows(office):
    office.pay(40, 50)
    for move in office.moves[1:]:
        office.pay(100, move=move)
    office.expire()
    workers = [office.worker("after(Receipt, '_batches', meet, 'batches')" + ISSUE) for _worker in range(2)]
    for worker in workers:
        worker.wait()
    assert len(office.calls()) == len(set(office.calls())), "nothing was sent twice"
    office.settle()
    assert len(office.calls()) == office.before + 4
    office.assert_complete("issued", "issued", "issued", "issued")
    # Whoever finds the first payment locked goes on to the next one: either may be the first instalment.
    [(first,)] = office.sql(
        "SELECT pagado::int FROM l10n_mx_cfdi40_instalment WHERE move_id = %s AND num_parcialidad = 1", office.move)
    assert first in (40, 50)
    office.assert_chain((116, first, 116 - first), (116 - first, 90 - first, 26))
    office.assert_chain((232, 100, 132), move=office.moves[1])
    office.assert_chain((348, 100, 248), move=office.moves[2])


def test_a_button_while_the_cron_is_at_it(due):
    fault = due.pac.faults.set("pause_before", limit_seconds=LIMIT)
    cron = due.worker(ISSUE)
    assert due.pac.faults.wait_reached(fault, limit_seconds=LIMIT)
    with due.env() as env:
        receipt = env[RECEIPT].search([])
        preview = receipt._issue()
        assert [finding.code for finding in preview.errors] == ["MX_REP_NADA_QUE_PAGAR"]
        assert (receipt.state, receipt.reason) == ("sending", False)
    due.recover()
    due.pac.faults.release(fault)
    cron.wait()
    assert len(due.calls()) == due.before + 1
    due.assert_complete("issued")


def test_a_window_that_shows_what_was_issued_meanwhile(office):
    """It issues the rest: what has a complement keeps it."""
    rows = office.pay(40, 50)
    with office.env() as env:
        shown = env[RECEIPT].browse(rows)
        first, second = shown
        first._issue()
        document = first.document_id
        shown._issue()
        assert first.document_id == document
        assert second.document_id not in (document, document.browse())
    office.assert_complete("issued", "issued")
    office.assert_chain((116, 40, 76), (76, 50, 26))


def test_who_edits_the_invoice_does_not_stop_the_queue(office):
    """A lock on one invoice keeps its complement back for a while, says nothing is missing, and stops no other one."""
    office.pay(116)
    office.pay(232, move=office.moves[1])
    office.expire()
    with office.env() as editor:
        editor.cr.execute("SELECT 1 FROM account_move WHERE id = %s FOR NO KEY UPDATE", [office.move])
        office.recover()
    assert office.rows() == ["waiting", "issued"]
    office.settle()
    office.assert_complete("issued", "issued")


# -- undone meanwhile --------------------------------------------------------------------------------------------------


def test_undone_while_it_is_being_sealed(due):
    """Who undoes the reconciliation waits for the claim, fails, and comes again: the complement is known of."""
    worker = due.worker("after(Receipt, '_is_seen', halt, 'sealed')" + ISSUE)
    due.wait_halted("sealed")
    undo = threading.Thread(target=due.unreconcile)
    undo.start()
    due.wait_blocked()
    due.go("sealed")
    worker.wait()
    undo.join(LIMIT)
    due.settle()
    due.assert_complete("unbacked")
    [(summary, note)] = due.activities()
    [(uuid, folio)] = due.sql("SELECT uuid, serie || folio FROM l10n_mx_cfdi40_document WHERE kind = 'P'")
    assert uuid in note
    assert folio in summary


def test_undone_first(due):
    """Undone and not committed yet when its turn comes: the queue waits, sees it, and goes on with the next one."""
    due.pay(232, move=due.moves[1])
    due.expire()
    with due.env() as env:
        env["account.move"].browse(due.move).line_ids.remove_move_reconcile()
        env.flush_all()
        queue = due.worker(ISSUE)
        due.wait_blocked()
        assert due.complements() == []
    queue.wait()
    due.assert_complete("issued")
    due.assert_chain(move=due.move)
    due.assert_chain((232, 232, 0), move=due.moves[1])


def test_undone_while_the_queue_is_at_others(due, monkeypatch):
    """The row was due when the queue began, and is gone when its turn comes."""
    due.pay(232, move=due.moves[1])
    due.expire()
    with due.env() as env:
        Receipt = env.registry[RECEIPT]
        turn = Receipt._turn

        def undone_then(self, batch):
            turn(self, batch)
            due.unreconcile(due.moves[1])

        monkeypatch.setattr(Receipt, "_turn", undone_then)
        env[RECEIPT]._cron_issue()
    due.assert_complete("issued")
    due.assert_chain((116, 116, 0))


def test_undone_while_it_is_at_the_pac(due):
    fault = due.pac.faults.set("pause_after", limit_seconds=LIMIT)
    worker = due.worker(ISSUE)
    assert due.pac.faults.wait_reached(fault, limit_seconds=LIMIT)
    due.unreconcile()
    assert (due.rows(), due.activities()) == (["sending"], []), "nobody knows yet whether it will be in force"
    due.pac.faults.release(fault)
    worker.wait()
    due.assert_complete("unbacked")
    [(_summary, note)] = due.activities()
    assert due.sql("SELECT uuid FROM l10n_mx_cfdi40_document WHERE kind = 'P'")[0][0] in note


def test_undone_and_then_refused(due):
    """Nothing is in force and nothing is paid: what remains is the refused document in the ledger."""
    due.pac.faults.set("refuse", code="CFDI40102")
    worker = due.worker("after(Document, '_claim', halt, 'claimed')" + ISSUE)
    due.wait_halted("claimed")
    due.unreconcile()
    assert due.rows() == ["sending"]
    due.go("claimed")
    worker.wait()
    assert (due.complements(), due.rows(), due.sent(), due.activities()) == (["rejected"], [], 0, [])


def test_moved_to_another_invoice_and_then_refused(due):
    """The payment of the refused complement waits for one of the other invoice already: the two rows become one."""
    due.pac.faults.set("refuse", code="CFDI40102")
    worker = due.worker("after(Document, '_claim', halt, 'claimed')" + ISSUE)
    due.wait_halted("claimed")
    due.unreconcile()
    with due.env() as env:
        payment = env["account.payment"].search([])
        lines = payment.move_id.line_ids | env["account.move"].browse(due.moves[1]).line_ids
        lines.filtered(lambda line: line.account_type == "asset_receivable").reconcile()
    assert due.rows() == ["sending", "waiting"]
    due.go("claimed")
    worker.wait()
    assert (due.complements(), due.rows(), due.activities()) == (["rejected"], ["rejected"], [])
    with due.env() as env:
        env[RECEIPT].search([])._enqueue()
    due.settle()
    assert (due.complements(), due.rows(), due.sent()) == (["rejected", "stamped"], ["issued"], 1)
    due.assert_ledger()
    due.assert_chain(move=due.move)
    due.assert_chain((232, 116, 116), move=due.moves[1])


def test_undone_and_refused_and_stamped_after_all(due):
    """The PAC refuses what recovery sends again, and the lost answer to the first call was a stamp: it is told."""
    fault = due.pac.faults.set("pause_after", limit_seconds=LIMIT)
    slow = due.worker(ISSUE)
    assert due.pac.faults.wait_reached(fault, limit_seconds=LIMIT)
    due.unreconcile()
    due.pac.faults.set("refuse", operation="recover", code="CFDI40102")
    due.settle()
    assert (due.complements(), due.rows()) == (["rejected"], [])
    due.pac.faults.release(fault)
    slow.wait()
    due.settle()
    assert (due.complements(), due.rows(), due.sent()) == (["stamped"], [], 1)
    due.assert_ledger()
    due.assert_chain((116, 116, 0))
    [(_summary, note)] = due.activities()
    assert due.sql("SELECT uuid FROM l10n_mx_cfdi40_document WHERE kind = 'P'")[0][0] in note


@pytest.mark.parametrize("kind", ["lost", "timeout"])
def test_undone_while_in_doubt(due, kind):
    due.pac.faults.set(kind)
    due.recover()
    assert due.complements() == ["in_doubt"]
    due.unreconcile()
    assert (due.rows(), due.activities()) == (["sending"], [])
    due.settle()
    due.assert_complete("unbacked")
    [(_summary, note)] = due.activities()
    assert due.sql("SELECT uuid FROM l10n_mx_cfdi40_document WHERE kind = 'P'")[0][0] in note


def test_undone_after_the_stamp_and_before_its_file(due):
    """The process died when the stamp was in the ledger; what the stamp changes elsewhere is made up for."""
    due.worker("Document._conclude = die" + ISSUE).wait_killed()
    due.unreconcile()
    due.settle()
    due.assert_complete("unbacked")
    assert len(due.activities()) == 1, "told once"


def test_undone_when_it_was_sealed_and_never_sent(due, monkeypatch):
    """Sealed while the PAC is down; undone at the very moment when the queue of documents comes to it."""
    due.pac.faults.set("unreachable")
    due.recover()
    due.expire()
    with due.env() as env:
        Document = env.registry[DOCUMENT]
        postpone = Document._postpone

        def undone_then(self):
            postpone(self)
            due.unreconcile()

        monkeypatch.setattr(Document, "_postpone", undone_then)
        env[DOCUMENT]._cron_queue()
    assert due.complements() == ["discarded"]
    assert (due.rows(), due.sent()) == ([], 0)


def test_undone_and_paid_again(due):
    """The second payment of the same invoice goes on from the complement that lost its payment."""
    due.recover()
    due.unreconcile()
    [again] = due.pay(16)
    due.settle()
    assert due.rows() == ["unbacked", "blocked"]
    [(reason,)] = due.sql("SELECT reason FROM l10n_mx_cfdi40_receipt WHERE id = %s", again)
    assert reason, "at the SAT nothing is left to be paid"
    assert due.sent() == 1


# -- the HTTP layer ----------------------------------------------------------------------------------------------------


def test_a_reconciliation_that_is_retried_owes_one_complement(office):
    """What follows in the same request meets a concurrent writer: the request runs again from its start."""
    from odoo.service.model import retrying

    tries = []
    with office.env() as env:
        def pay():
            tries.append(1)
            sample_company.pay(env, env["account.move"].browse(office.move), 116)
            env.flush_all()
            partner = env["res.partner"].search([("vat", "=", "URE180429TM6")])
            if len(tries) == 1:
                with office.env() as other:
                    other["res.partner"].browse(partner.id).comment = "changed meanwhile"
            partner.comment = "changed here"

        retrying(pay, env)
    assert len(tries) == 2
    assert office.rows() == ["waiting"]
    assert office.sql("SELECT count(*) FROM account_payment") == [(1,)]
    office.settle()
    office.assert_complete("issued")


def test_real_crons_issue_what_is_paid(office, make_server):
    """A server with its cron thread, no grace: a payment is registered over RPC, and nothing else is done."""
    with office.env() as env:
        env["ir.cron"].search([("cron_name", "like", "CFDI: %"), ("active", "=", False)]).active = True
        env.company.l10n_mx_cfdi40_rep_grace = 0
    odoo_env.close(office.database)
    server = make_server(office.database, crons=1)
    context = {"context": {"active_model": "account.move", "active_ids": [office.move]}}
    wizard = server.call(
        "account.payment.register", "create", [{"payment_date": str(sample_company.today())}], context)
    server.call("account.payment.register", "action_create_payments", [[wizard]], context)
    office.wait_for("SELECT 1 FROM l10n_mx_cfdi40_document WHERE kind = 'P' AND attachment_id IS NOT NULL")
    office.assert_complete("issued")
