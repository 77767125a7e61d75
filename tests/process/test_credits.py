"""Consumption equals stamps: whatever dies, races or is lost meanwhile, each stamp consumes one of the packages, once,
and no package gives more than it has."""


import pytest

from tests.process.stamping import LIMIT, Shop, own_copy, prepared_database
from tools import sample_company

PACKAGE, ACCOUNT = "l10n_mx_cfdi40.credit.package", "l10n_mx_cfdi40.pac.account"
STAMP = "\nmove._l10n_mx_cfdi40_stamp()\n"
#: As a request over HTTP: two that take the next folio at once do not both get it.
RETRIED = "\nfrom odoo.service.model import retrying\nretrying(move._l10n_mx_cfdi40_stamp, env)\n"
SETTLE = "\nenv['l10n_mx_cfdi40.pac.account']._cron_credits()\n"
MODELS = """
Use = env.registry["l10n_mx_cfdi40.credit.use"]
Account = env.registry["l10n_mx_cfdi40.pac.account"]
"""
#: Stamps that the packages of a test have, the one that expires first before the others.
QUANTITIES = (2, 3, 50)


@pytest.fixture(scope="session")
def prepared(addon_template):
    """Name of a database with an account at the embedded PAC, packages and posted invoices, and their ids."""
    def posted(env):
        customer, product = sample_company.prepare(env)
        moves = [sample_company.invoice(env, customer, product).id for _number in range(6)]
        account = env[ACCOUNT].create({"company_id": env.company.id, "provider": "loopback", "environment": "test"})
        for kind, quantity in zip(("year", "two_years", "gift"), QUANTITIES, strict=True):
            env[PACKAGE].create({"account_id": account.id, "kind": kind, "quantity": quantity}).action_activate()
        return moves

    with prepared_database(addon_template, posted) as made:
        yield made


class Market(Shop):
    """A shop whose stamps are counted."""

    def used(self):
        """Consumed of each package, the one that expires first before the others."""
        return [row[0] for row in self.sql(
            "SELECT used FROM l10n_mx_cfdi40_credit_package ORDER BY expiry, start, id")]

    def uses(self):
        """Rows of consumption."""
        return self.sql("SELECT count(*) FROM l10n_mx_cfdi40_credit_use")[0][0]

    def settle(self):
        """What the crons do, once everything may be taken up."""
        self.expire_lease()
        self.recover()
        with self.env() as env:
            env[ACCOUNT]._cron_credits()

    def assert_counted(self, count):
        """So many stamps, each consumed once, of the packages in their order."""
        assert self.pac.count() == self.uses() == count
        rows = self.sql(
            "SELECT p.used, count(u.id) FROM l10n_mx_cfdi40_credit_package p"
            "  LEFT JOIN l10n_mx_cfdi40_credit_use u ON u.package_id = p.id"
            " GROUP BY p.id ORDER BY p.expiry, p.start, p.id")
        assert [used for used, _rows in rows] == [rows for _used, rows in rows]
        expected, left = [], count
        for quantity in QUANTITIES:
            expected.append(min(quantity, left))
            left -= expected[-1]
        assert self.used() == expected
        documents = self.sql(
            "SELECT d.uuid FROM l10n_mx_cfdi40_credit_use u JOIN l10n_mx_cfdi40_document d ON d.id = u.document_id")
        assert {uuid for uuid, in documents} == {stamp.uuid.upper() for stamp in self.pac.stamps()}


@pytest.fixture
def market(prepared):
    """A database and a PAC for this test alone."""
    with own_copy(prepared, Market) as made:
        yield made


@pytest.mark.parametrize(("step", "sent", "counted"), [
    # (where the process dies, stamps at the PAC then, consumed then)
    ("Document._record = die", 1, 0),
    ("Use._count = die", 1, 0),  # the answer is being written
    ("die_at_commit(2)", 1, 0),  # written and counted, not committed
    ("Account._note_call = die", 1, 1),
    ("Document._conclude = die", 1, 1),
])
def test_killed(market, step, sent, counted):
    market.worker(MODELS + step + STAMP).wait_killed()
    assert (market.pac.count(), market.uses()) == (sent, counted)
    for _turn in range(2):
        market.settle()
    market.assert_counted(1)


@pytest.mark.parametrize("step", [
    "Use._lock_packages = die",
    "die_at_commit(1, Account)",  # settled, not committed
])
def test_killed_while_it_settles(market, step):
    market.stamp()
    market.worker(MODELS + step + SETTLE).wait_killed()
    assert market.used() == [0, 0, 0]
    market.settle()
    market.assert_counted(1)


def test_racing_workers(market):
    """Six workers stamp at once, which all would take from the same package, and two settle meanwhile."""
    fault = market.pac.faults.set("pause_after", operation="stamp", limit_seconds=LIMIT)
    first = market.worker(RETRIED, move=market.moves[0])
    assert market.pac.faults.wait_reached(fault, limit_seconds=LIMIT)
    others = [market.worker(RETRIED, move=move) for move in market.moves[1:]]
    market.pac.faults.release(fault)
    settling = [market.worker(SETTLE * 20) for _number in range(2)]
    for worker in (first, *others, *settling):
        worker.wait()
    market.settle()
    market.assert_counted(6)


def test_recorders_wait_for_no_settlement(market):
    """One that holds the packages keeps nobody from recording an answer."""
    market.stamp()
    with market.env() as env:
        assert env["l10n_mx_cfdi40.credit.use"]._lock_packages(env[ACCOUNT].search([]))
        market.worker(STAMP, move=market.moves[1]).wait()
        market.worker(SETTLE).wait()
        assert (market.uses(), market.used()) == (2, [0, 0, 0])
    market.settle()
    market.assert_counted(2)


def test_package_is_activated_while_it_settles(market):
    """A settlement that did not know of the package leaves nothing without it."""
    market.sql("UPDATE l10n_mx_cfdi40_credit_package SET state = 'draft', active_from = NULL")
    market.stamp()
    assert market.sql("SELECT settled FROM l10n_mx_cfdi40_credit_use") == [(False,)]
    from odoo.service.model import retrying

    with market.env() as env:
        # Its snapshot is from before the activation.
        uses = env["l10n_mx_cfdi40.credit.use"]
        assert uses.search_count([]) == 1
        with market.env() as other:
            packages = other[PACKAGE].search([])
            packages.start = "2026-01-01"
            packages.action_activate()

        def settle():
            uses._settle(env[ACCOUNT].search([]))

        retrying(settle, env)
    market.settle()
    market.assert_counted(1)


def test_lost_answers(market):
    for _time in range(2):
        market.pac.faults.set("lost")
    market.stamp()
    market.stamp(market.moves[1])
    assert (market.pac.count(), market.uses()) == (2, 0)
    for _turn in range(3):
        market.settle()
    market.assert_counted(2)


def test_the_pac_and_the_packages_end_together(market):
    """No stamps anywhere: nothing more is sent; a new package lets what waits go on."""
    market.sql("UPDATE l10n_mx_cfdi40_credit_package SET state = 'closed' WHERE quantity > 2")
    market.pac.set_credits(2)
    with market.env() as env:
        env["account.move"].browse(market.moves[:4])._l10n_mx_cfdi40_enqueue()
    market.settle()
    market.settle()
    assert (market.pac.count(), market.used()[0]) == (2, 2)
    assert sorted(market.states()) == ["draft", "draft", "stamped", "stamped"]
    calls = len(market.pac.calls())
    market.recover()
    assert len(market.pac.calls()) == calls
    market.pac.set_credits(10)
    with market.env() as env:
        env[PACKAGE].search([("state", "=", "closed"), ("quantity", "=", 3)]).action_draft()
        env[PACKAGE].search([("state", "=", "draft")]).action_activate()
    market.settle()
    assert (market.pac.count(), market.used()[:2]) == (4, [2, 2])
