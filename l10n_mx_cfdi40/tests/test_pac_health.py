from datetime import timedelta
from unittest.mock import patch

from odoo import SUPERUSER_ID
from odoo.tests import tagged

from ..models import pac_exchange
from .stamp_common import StampCommon


@tagged("post_install_l10n", "post_install", "-at_install")
class TestPacHealth(StampCommon):
    """How a PAC did in the last day and week, from the log of exchanges."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.become(SUPERUSER_ID)
        cls.auditor = cls._user("auditora", "account.group_account_readonly")
        cls.stranger = cls._user(
            "ajena", "account.group_account_invoice", cls.env["res.company"].create({"name": "Otra"}))
        cls.become(cls.biller)
        cls.account = cls.env["l10n_mx_cfdi40.pac.account"].with_user(cls.accountant).create({
            "company_id": cls.company.id, "provider": "loopback", "environment": "test"})
        # The views ask the clock of the database.
        cls.env.cr.execute("SELECT now() AT TIME ZONE 'UTC'")
        cls.moment = cls.env.cr.fetchone()[0]

    def exchange(self, milliseconds, outcome="Accepted", ago=timedelta(minutes=5)):
        self.env["l10n_mx_cfdi40.pac.exchange"].sudo().create({
            "at": self.moment - ago, "company_id": self.company.id, "account_id": self.account.id, "pac": "loopback",
            "operation": "stamp", "outcome": outcome, "milliseconds": milliseconds})

    def health(self, user=None):
        self.env.flush_all()
        self.env.invalidate_all()
        return self.env["l10n_mx_cfdi40.pac.health"].with_user(user or self.biller).search(
            [("account_id", "=", self.account.id)])

    def test_nothing_yet(self):
        row = self.health()
        self.assertEqual((row.calls_day, row.rate_day, row.p95_week, row.doubt_count), (0, 0, 0, 0))
        self.assertEqual((row.display_name, row.state), (self.account.display_name, "ok"))

    def test_percentiles_and_rate(self):
        for number in range(1, 101):
            self.exchange(number * 10, "Unknown" if number == 100 else "Refused" if number == 99 else "Accepted")
        self.exchange(9999, "Step")
        self.exchange(50000, ago=timedelta(days=3))
        self.exchange(70000, "Unknown", ago=timedelta(days=8))
        row = self.health()
        self.assertEqual((row.calls_day, row.calls_week), (100, 101))
        self.assertEqual(row.rate_day, 99)
        # percentile_cont interpolates between the 95th and the 96th of 100.
        self.assertEqual((row.p50_day, row.p95_day, row.p99_day), (505, 950, 990))
        self.assertEqual(row.p50_week, 510)
        self.assertGreater(row.p99_week, row.p99_day)

    def test_documents_in_doubt_and_last_error(self):
        self.fault("timeout", times=1)
        move = self.ready()
        move._l10n_mx_cfdi40_stamp()
        row = self.health()
        self.assertEqual(row.doubt_count, 1)
        self.assertIn("no contestó", row.last_error)
        self.assertEqual(row.state, "failing")
        found = self.env["l10n_mx_cfdi40.document"].search(row.action_doubts()["domain"])
        self.assertEqual(found.move_id, move)

    def test_by_hour(self):
        hour = self.moment.replace(minute=0, second=0, microsecond=0) - timedelta(hours=2)
        for minutes, outcome in ((1, "Accepted"), (2, "Received"), (3, "Unknown"), (61, "Accepted")):
            self.exchange(100, outcome, ago=self.moment - hour - timedelta(minutes=minutes))
        self.env.flush_all()
        rows = self.env["l10n_mx_cfdi40.pac.hour"].search(self.health().action_hours()["domain"])
        self.assertEqual(
            {(row.hour, row.kind): row.calls for row in rows},
            {(hour, "answered"): 2, (hour, "failed"): 1, (hour + timedelta(hours=1), "answered"): 1})

    def test_what_is_left_of_the_log_is_pruned_in_the_same_run(self):
        for _number in range(3):
            self.exchange(10, ago=timedelta(days=4000))
        log = self.env["l10n_mx_cfdi40.pac.exchange"].sudo()
        with patch.object(pac_exchange, "_PRUNED_AT_ONCE", 2):
            self.assertEqual([log._gc_old(), log._gc_old()], [(2, True), (1, False)])
        self.assertFalse(log.search([("company_id", "=", self.company.id)]))

    def test_who_sees_it(self):
        self.assertFalse(self.health(self.stranger))
        self.exchange(100)
        self.env.flush_all()
        self.assertFalse(self.env["l10n_mx_cfdi40.pac.hour"].with_user(self.stranger).search([]))
        self.assertTrue(self.health(self.auditor))
        self.assertFalse(self.health(self.auditor).balance)
