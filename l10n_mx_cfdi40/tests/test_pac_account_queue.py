"""The queue over accounts at PACs: many calls at once, and what becomes of those whose account fails meanwhile."""
from datetime import timedelta
from unittest.mock import patch

from odoo.tests import tagged
from psycopg2.errors import SerializationFailure

from ..models import document_call, document_together
from .pac_common import PACS, PASSWORD, USER, PacCommon


@tagged("post_install_l10n", "post_install", "-at_install")
class TestPacQueue(PacCommon):

    def queued(self, count):
        moves = self.env["account.move"].browse([self.ready().id for _number in range(count)])
        moves._l10n_mx_cfdi40_enqueue()
        return moves

    def test_a_queue_over_each_pac(self):
        for code in PACS:
            with self.subTest(code=code), self.using(code) as account:
                before = self.stamps()
                moves = self.queued(5)
                self.run_queue()
                for move in moves:
                    self.assertEqual(self.assertStamped(move).pac_account_id, account.sudo())
                self.assertEqual(self.stamps() - before, 5)
                self.assertTrue(self.Exchange.search([("document_id", "in", moves.l10n_mx_cfdi40_document_id.ids)]))

    def test_one_bad_login_for_all_that_is_in_doubt(self):
        for code in PACS:
            with self.subTest(code=code), self.using(code) as account:
                moves = self.env["account.move"]
                for _number in range(3):
                    moves |= (move := self.ready())
                    self.fault("closed")
                    move._l10n_mx_cfdi40_stamp()
                documents = moves.l10n_mx_cfdi40_document_id.sudo()
                account.action_wake()
                self.pac.set_credentials(USER, "otra")
                self.addCleanup(self.pac.set_credentials, USER, PASSWORD)
                self.due(*documents)
                before = self.Exchange.search_count([])
                self.run_recover()
                self.assertEqual(account.state, "resting")
                asked = self.Exchange.search([], limit=self.Exchange.search_count([]) - before)
                self.assertEqual(len(asked.document_id), 1)
                self.assertEqual(set(documents.mapped("state")), {"in_doubt"})
                account.password = "otra"
                self.due(*documents)
                self.run_recover()
                self.assertEqual(set(documents.mapped("state")), {"stamped"})
                self.pac.set_credentials(USER, PASSWORD)

    def test_a_queue_goes_on_at_the_second_account(self):
        one, two = self.two()
        moves = self.queued(6)
        self.run_queue()
        for move in moves:
            self.assertEqual(self.assertStamped(move).pac_account_id, two.sudo())
        self.assertEqual(self.stamps(), 6)
        self.assertEqual((one.rests, one.rest_until), (1, self.clock_now + timedelta(minutes=1)))

    def test_it_rests_from_the_second_window_on(self):
        """What was claimed for one account goes over the connections of that account, and is written down so."""
        one = self.account("finkok", sequence=1, max_connections=1)
        two = self.account("sw", sequence=2)
        moves = self.queued(6)
        pools = document_together.ConnectionPool
        # How the account does is noted after each answer.
        with patch.object(document_together, "PER_CONNECTION", 2), patch.object(pools, "is_answered", False):
            self.fault("unreachable", times=2)
            one.sudo().failures = 2
            self.run_queue()
        self.assertEqual(one.state, "resting")
        first, others = moves[:2], moves[2:]
        self.assertEqual(others.l10n_mx_cfdi40_document_id.sudo().pac_account_id, two.sudo())
        asked = self.Exchange.search([("document_id", "in", others.l10n_mx_cfdi40_document_id.ids)])
        self.assertEqual(set(asked.mapped("pac")), {"sw"})
        for move in others:
            self.assertStamped(move)
        self.due(*first.l10n_mx_cfdi40_document_id.sudo())
        self.run_recover()
        for move in first:
            self.assertEqual(self.assertStamped(move).pac_account_id, one.sudo())
        self.assertEqual(self.stamps(), 6)

    def test_a_window_is_written_down_for_its_connections(self):
        """Another process let the account rest after the connections were made."""
        one, two = self.account("finkok", sequence=1), self.account("sw", sequence=2)
        moves = self.queued(3)
        Document = self.env.registry["l10n_mx_cfdi40.document"]
        claim_all = Document._claim_all

        def late(documents, pool):
            one.sudo().rest_until = one._now() + timedelta(minutes=5)
            return claim_all(documents, pool)

        with patch.object(Document, "_claim_all", late):
            self.run_queue()
        for move in moves:
            document = self.assertStamped(move)
            self.assertEqual(
                self.Exchange.search([("document_id", "=", document.id)]).account_id, document.pac_account_id)
            self.assertEqual(document.pac_account_id, one.sudo())
        self.assertFalse(self.Exchange.search([("account_id", "=", two.id)]))
        self.assertEqual(self.stamps(), 3)

    def test_what_started_late_is_of_the_next_run(self):
        """Those before it took too long. Here they would go one after another, while others are on their way."""
        account = self.account("finkok")
        moves = self.queued(4)
        with patch.object(document_call, "START_WITHIN", -1):
            self.run_queue()
        documents = moves.l10n_mx_cfdi40_document_id.sudo()
        self.assertEqual(set(documents.mapped("code")), {"late_start"})
        self.assertEqual(documents.mapped("attempt"), [1] * 4)
        self.assertEqual((self.stamps(), account.state), (0, "ok"))
        self.due(*documents)
        self.run_queue()
        for move in moves:
            self.assertStamped(move)

    def test_somebody_else_is_at_what_waits_for_an_account(self):
        """It stops no other company's invoices."""
        self.account("finkok").sudo().rest_until = self.clock_now + timedelta(hours=1)
        self.queued(2)
        Document = self.env.registry["l10n_mx_cfdi40.document"]
        with patch.object(Document, "_put_off", side_effect=SerializationFailure()) as put_off:
            self.run_queue()
        put_off.assert_called_once()

    def test_one_bad_answer_stops_no_other(self):
        self.account("sw")
        moves = self.queued(6)
        self.fault("http", code="503", times=2)
        self.fault("refuse", code="CFDI40145")
        self.run_queue()
        states = sorted(moves.l10n_mx_cfdi40_document_id.sudo().mapped("state"))
        self.assertEqual(states, ["in_doubt", "in_doubt", "rejected", "stamped", "stamped", "stamped"])
        self.due(*moves.l10n_mx_cfdi40_document_id.sudo().filtered(lambda one: one.state == "in_doubt"))
        self.run_recover()
        self.assertEqual(moves.l10n_mx_cfdi40_document_id.sudo().mapped("state").count("stamped"), 5)
        self.assertEqual(self.stamps(), 5)
