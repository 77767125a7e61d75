"""A vendor's cancellation is answered once: whatever dies meanwhile, the SAT has one answer, that which was ordered."""

import pytest

from tests.process import complements
from tests.process.complements import Office
from tests.process.stamping import LIMIT

REQUEST = "l10n_mx_cfdi40.received.request"
MODEL = f"Request = env.registry['{REQUEST}']\n"
ANSWER = f"\nenv['{REQUEST}'].search([])._order_answer('accept')\n"
SEND = f"\nenv['{REQUEST}']._cron_answers()\n"


@pytest.fixture(scope="session")
def prepared(addon_template):
    """Name of a database with stamped invoices, and their ids."""
    with complements.prepared_office(addon_template) as made:
        yield made


class Answering(Office):
    """An office of which a cancellation is asked."""

    def ask(self):
        """Let the SAT ask us to accept a cancellation, and the cron find it."""
        self.pac.set_policy(acceptance=True)
        with self.env() as env:
            document = env["account.move"].browse(self.move).l10n_mx_cfdi40_document_id
            env["l10n_mx_cfdi40.cancellation"]._order_for(document, "03")
            env["l10n_mx_cfdi40.cancellation"]._cron_send()
        with self.pac.store.writing() as db:
            # As if the invoice were a vendor's to us: the receiver is who is asked.
            db.execute("UPDATE cancellation SET receiver_rfc = issuer_rfc")
        with self.env() as env:
            env[REQUEST]._cron_ask()
        assert self.state() == ("pending", None)

    def state(self):
        """(state of the row, the receiver's answer at the SAT)"""
        [(state,)] = self.sql("SELECT state FROM l10n_mx_cfdi40_received_request")
        [request] = self.pac.requests()
        return state, request.answer and str(request.answer)

    def expire(self):
        # EXTENDS Office
        super().expire()
        for name in ("lease_until", "retry_at", "sat_next_at"):
            self.sql(
                f"UPDATE l10n_mx_cfdi40_received_request SET {name} ="
                f" LEAST({name}, (now() at time zone 'UTC') - interval '1 second') WHERE {name} IS NOT NULL")

    def answers(self):
        """How many answers reached the SAT."""
        return len([call for call in self.pac.calls() if call.operation == "answer"])

    def recover(self):
        # EXTENDS Office: the cron of the answers too
        super().recover()
        with self.env() as env:
            env[REQUEST]._cron_answers()


@pytest.fixture
def office(prepared):
    """A database and a PAC for this test alone, with a cancellation to be answered."""
    with complements.own_office(prepared, Answering) as made:
        made.ask()
        yield made


@pytest.mark.parametrize(("step", "state"), [
    # (where the process dies, the ledger and the SAT then)
    ("Request._claim = die", ("waiting", None)),
    ("die_at_commit(3, Request)", ("waiting", None)),  # claimed, not committed
    ("Request._record = die", ("in_flight", "Aceptacion")),  # the answer is there, unwritten
    ("die_at_commit(4, Request)", ("in_flight", "Aceptacion")),  # written, not committed
    ("Request._follow = die", ("accepted", "Aceptacion")),
])
def test_killed(office, step, state):
    office.worker(MODEL + step + ANSWER).wait_killed()
    assert office.state() == state
    for _turn in range(2):
        office.settle()
    assert office.state() == ("accepted", "Aceptacion")


def test_two_workers_send_one_answer(office):
    fault = office.pac.faults.set("pause_before", operation="answer", limit_seconds=LIMIT)
    first = office.worker(ANSWER)
    assert office.pac.faults.wait_reached(fault, limit_seconds=LIMIT)
    office.worker(SEND).wait()
    assert office.state() == ("in_flight", None)
    office.pac.faults.release(fault)
    first.wait()
    office.settle()
    assert office.state() == ("accepted", "Aceptacion")
    assert office.answers() == 1


def test_nobody_answers_otherwise_meanwhile(office):
    """Another accountant rejects while the acceptance is on its way."""
    fault = office.pac.faults.set("pause_before", operation="answer", limit_seconds=LIMIT)
    first = office.worker(ANSWER)
    assert office.pac.faults.wait_reached(fault, limit_seconds=LIMIT)
    with office.env() as env, pytest.raises(Exception, match="not to be answered"):
        env[REQUEST].search([])._order_answer("reject")
    office.pac.faults.release(fault)
    first.wait()
    office.settle()
    assert office.state() == ("accepted", "Aceptacion")
    assert office.answers() == 1
