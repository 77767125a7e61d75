"""A cancellation is asked for once: whatever dies, races or is lost meanwhile, the SAT has one request for each CFDI,
nothing is taken for cancelled that is not, and no entry is touched before the SAT has cancelled its CFDI."""


import pytest

from tests.process import complements
from tests.process.complements import Office
from tests.process.stamping import DOCUMENT, LIMIT

CANCELLATION = "l10n_mx_cfdi40.cancellation"
SEND = "\nenv['l10n_mx_cfdi40.cancellation']._cron_send()\n"
MODEL = "Cancellation = env.registry['l10n_mx_cfdi40.cancellation']\n"


@pytest.fixture(scope="session")
def prepared(addon_template):
    """Name of a database with stamped invoices, and their ids."""
    with complements.prepared_office(addon_template) as made:
        yield made


class Cancelling(Office):
    """An office that asks for cancellations."""

    def order(self, motivo="03", move=None):
        """Order the cancellation of an invoice; nothing is sent yet."""
        with self.env() as env:
            document = env["account.move"].browse(move or self.move).l10n_mx_cfdi40_document_id
            return env[CANCELLATION]._order_for(document, motivo).id

    def expire(self):
        # EXTENDS Office
        super().expire()
        self.sql(
            "UPDATE l10n_mx_cfdi40_cancellation SET"
            " lease_until = LEAST(lease_until, (now() at time zone 'UTC') - interval '1 second'),"
            " retry_at = LEAST(retry_at, (now() at time zone 'UTC') - interval '1 second')")
        self.sql(
            "UPDATE l10n_mx_cfdi40_document"
            " SET sat_next_at = LEAST(sat_next_at, (now() at time zone 'UTC') - interval '1 second')")

    def recover(self):
        # EXTENDS Office: the crons of cancellation too
        super().recover()
        with self.env() as env:
            env[CANCELLATION]._cron_send()
            env[DOCUMENT]._cron_sat()

    def state(self, move=None):
        """(state of the CFDI, of its last request, of the entry)"""
        return self.sql(
            "SELECT d.state, c.state, m.state FROM account_move m"
            "  JOIN l10n_mx_cfdi40_document d ON d.id = m.l10n_mx_cfdi40_document_id"
            "  LEFT JOIN l10n_mx_cfdi40_cancellation c ON c.document_id = d.id WHERE m.id = %s"
            " ORDER BY c.id DESC LIMIT 1", move or self.move)[0]

    def asked(self):
        """UUID of the requests that the SAT has, oldest first."""
        return [request.uuid for request in self.pac.requests()]

    def uuid(self, move=None):
        return self.sql("SELECT l10n_mx_cfdi40_uuid FROM account_move WHERE id = %s", move or self.move)[0][0]


@pytest.fixture
def office(prepared):
    """A database and a PAC for this test alone."""
    with complements.own_office(prepared, Cancelling) as made:
        yield made


@pytest.mark.parametrize(("step", "state", "asked"), [
    # (where the process dies, what the ledger says then, requests at the SAT then)
    ("Cancellation._claim = die", ("stamped", "waiting", "posted"), 0),
    ("die_at_commit(2, Cancellation)", ("stamped", "waiting", "posted"), 0),  # claimed, not committed
    ("Cancellation._record = die", ("cancel_in_flight", "in_flight", "posted"), 1),  # the answer is there, unwritten
    ("die_at_commit(3, Cancellation)", ("cancel_in_flight", "in_flight", "posted"), 1),  # written, not committed
    ("Document._conclude_cancellation = die", ("cancel_requested", "requested", "posted"), 1),
])
def test_killed(office, step, state, asked):
    office.order()
    office.worker(MODEL + step + SEND).wait_killed()
    assert (office.state(), len(office.asked())) == (state, asked)
    for _turn in range(2):
        office.settle()
    assert office.state() == ("cancelled", "cancelled", "cancel")
    assert office.asked() == [office.uuid()]


@pytest.mark.parametrize("method", ["_follow_sat", "_conclude_cancellation", "_end_cancelled"])
def test_killed_while_the_sat_is_asked(office, method):
    """The SAT has cancelled it; whoever finds out dies at each step after."""
    office.order()
    office.worker("Document._conclude_cancellation = lambda self: None" + SEND).wait()
    assert office.state() == ("cancel_requested", "requested", "posted")
    office.expire()
    office.worker(f"Document.{method} = die\nenv['l10n_mx_cfdi40.document']._cron_sat()\n").wait_killed()
    assert office.state()[2] == "posted"
    office.settle()
    assert office.state() == ("cancelled", "cancelled", "cancel")
    assert office.asked() == [office.uuid()]


def test_two_workers_send_one_request(office):
    office.order()
    fault = office.pac.faults.set("pause_before", operation="cancel", limit_seconds=LIMIT)
    first = office.worker(SEND)
    assert office.pac.faults.wait_reached(fault, limit_seconds=LIMIT)
    office.worker(SEND).wait()
    assert office.state()[:2] == ("cancel_in_flight", "in_flight")
    office.pac.faults.release(fault)
    first.wait()
    office.settle()
    assert office.state() == ("cancelled", "cancelled", "cancel")
    assert office.asked() == [office.uuid()]


def test_lease_runs_out_while_the_answer_is_on_its_way(office):
    """The one who asks about it finds the request at the SAT, and the late answer changes nothing."""
    office.order()
    fault = office.pac.faults.set("pause_after", operation="cancel", limit_seconds=LIMIT)
    first = office.worker(SEND)
    assert office.pac.faults.wait_reached(fault, limit_seconds=LIMIT)
    office.settle()
    assert office.state()[0] == "cancelled"
    office.pac.faults.release(fault)
    first.wait()
    office.settle()
    assert office.state() == ("cancelled", "cancelled", "cancel")
    assert office.asked() == [office.uuid()]


def test_nobody_resets_to_draft_meanwhile(office):
    """Whoever took the invoice up before the request was sent loses, and tries again in vain."""
    office.order()
    fault = office.pac.faults.set("pause_before", operation="cancel", limit_seconds=LIMIT)
    sender = office.worker(SEND)
    assert office.pac.faults.wait_reached(fault, limit_seconds=LIMIT)
    with office.env() as env:
        from odoo.exceptions import UserError

        with pytest.raises(UserError):
            env["account.move"].browse(office.move).button_draft()
        env.cr.rollback()
    office.pac.faults.release(fault)
    sender.wait()
    office.settle()
    assert office.state() == ("cancelled", "cancelled", "cancel")


def test_lost_answers_never_make_two_requests(office):
    for _time in range(3):
        office.pac.faults.set("lost", operation="cancel")
    office.order()
    for _turn in range(4):
        office.settle()
    assert office.state() == ("cancelled", "cancelled", "cancel")
    assert office.asked() == [office.uuid()]
