"""The list of cancellations that vendors ask us to accept: what appears, how its time runs, and how it goes away."""
from dataclasses import replace
from types import MappingProxyType
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged

from ..models import received_list, received_request
from ..pac.base import Pending
from ..pac.loopback import Loopback
from ..pac.registry import PROVIDERS
from .received_common import DEADLINE, SILENCE, SOON, ReceivedCommon


@tagged("post_install_l10n", "post_install", "-at_install")
class TestReceivedList(ReceivedCommon):
    def test_a_new_request_appears_with_its_time_and_an_activity(self):
        uuid = self.vendor.asked()
        self.ask()
        row = self.row(uuid)
        self.assertEqual((row.state, row.company_id, str(row.deadline)), ("pending", self.company, DEADLINE))
        self.assertEqual((row.days_left, row.environment), (6, "test"))
        self.assertTrue(row.time_left)
        activity = row.activity_ids
        self.assertEqual((activity.user_id, str(activity.date_deadline)), (self.manager, "2026-03-18"))
        self.assertIn(uuid, activity.note)
        self.ask()
        self.assertEqual(self.Request.with_user(self.manager).search_count([("uuid", "=", uuid)]), 1)
        self.assertEqual(len(row.activity_ids), 1)

    def test_the_first_accounting_manager_when_nobody_is_named(self):
        self.company.sudo().write({"l10n_mx_cfdi40_received_user_id": False, "l10n_mx_cfdi40_rep_user_id": False})
        row = self.received()
        self.assertTrue(row.activity_ids.user_id.has_group("account.group_account_manager"))

    def test_the_time_may_have_begun_when_it_was_not_in_the_list_before(self):
        self.ask()
        with self.later("2026-03-13 08:00:00"):
            # Friday in the centre of Mexico; the list before is of Thursday.
            row = self.received()
            self.assertEqual(str(row.deadline), DEADLINE)
        with self.later("2026-03-17 18:00:00"):
            # That list is too old to tell.
            row = self.received()
            self.assertEqual(str(row.deadline), "2026-03-21 05:59:59")

    def test_time_runs(self):
        row = self.received()
        for moment, left, days in (
            ("2026-03-18 06:00:00", "23", 0), ("2026-03-19 05:00:00", "59", 0), (SILENCE, "over", -1),
        ):
            with self.later(moment):
                row.invalidate_recordset()
                self.assertIn(left, row.time_left)
                self.assertEqual(row.days_left, days)

    def test_filter_of_those_that_end_soon(self):
        row = self.received()
        soon = [("is_open", "=", True), ("deadline", "<", "now +24H")]
        self.assertIn("now +24H", self.env.ref("l10n_mx_cfdi40.view_received_request_search").sudo().arch)
        self.assertNotIn(row, self.Request.with_user(self.manager).search(soon))
        with self.later("2026-03-18 07:00:00"):
            self.assertIn(row, self.Request.with_user(self.manager).search(soon))

    def test_silence(self):
        uuid, _xml = self.vendor.issue()
        bill = self.bill(uuid)
        self.vendor.cancel(uuid)
        self.ask()
        row, before = self.row(uuid), self.entry(bill)
        with self.later(SILENCE):
            self.ask()
            self.run_answers()
            self.assertEqual((row.state, row.sat_state, row.user_id.id), ("expired", "cancelado", False))
            self.assertFalse(row.activity_ids)
            self.assertEqual(self.entry(bill), before)
            self.assertIn(uuid, bill.activity_ids.note)

    def test_answered_at_the_portal(self):
        for answer, state in (("accept", "accepted"), ("reject", "rejected")):
            uuid, _xml = self.vendor.issue()
            self.bill(uuid)
            self.vendor.cancel(uuid)
            self.ask()
            getattr(self.pac, answer)(uuid)
            self.ask()
            self.run_answers()
            row = self.row(uuid)
            self.assertEqual((row.state, row.answer), (state, False))

    def test_gone_where_the_sat_cannot_be_asked(self):
        """No bill tells the total: nobody knows what became of it, only that nothing is to be answered."""
        row = self.received()
        self.pac.reject(row.uuid)
        self.ask()
        self.run_answers()
        self.assertEqual((row.state, row.sat_next_at), ("gone", False))
        self.assertFalse(row.activity_ids)

    def test_it_stays_while_the_sat_says_that_it_is_in_process(self):
        uuid, _xml = self.vendor.issue()
        self.bill(uuid)
        self.vendor.cancel(uuid)
        self.ask()
        with patch.object(Loopback, "pending", lambda self, rfc: Pending(())):
            self.ask()
        row = self.row(uuid)
        self.assertTrue(row.is_unlisted)
        self.run_answers()
        self.assertEqual(row.state, "pending")
        self.ask()
        self.assertFalse(row.is_unlisted)

    def test_it_stays_while_the_sat_does_not_answer(self):
        uuid, _xml = self.vendor.issue()
        self.bill(uuid)
        self.vendor.cancel(uuid)
        self.ask()
        self.pac.accept(uuid)
        self.fault("timeout", operation="estado")
        self.ask()
        self.run_answers()
        row = self.row(uuid)
        self.assertEqual((row.state, row.is_unlisted), ("pending", True))
        with self.later(SOON):
            self.run_answers()
        self.assertEqual(row.state, "accepted")

    def test_listed_again(self):
        row = self.received()
        with patch.object(Loopback, "pending", lambda self, rfc: Pending(())):
            self.ask()
            self.run_answers()
        self.assertEqual(row.state, "gone")
        with self.later("2026-03-12 20:00:00"):
            self.ask()
        self.assertEqual((row.state, str(row.deadline), len(row.activity_ids)), ("pending", DEADLINE, 1))

    def test_asked_again_after_a_rejection(self):
        row = self.received()
        self.answer(row, "reject")
        with self.later("2026-03-13 18:00:00"):
            self.vendor.cancel(row.uuid)
            self.ask()
            again = self.row(row.uuid)
            self.assertNotEqual(again, row)
            self.assertEqual((again.state, again.after_rejection, again.deadline), ("pending", True, False))
            self.assertTrue(again.activity_ids)
            self.assertIn("Nothing happens", again.effect_silence)

    def test_trouble_is_told(self):
        self.fault("refuse", operation="pending", code="300")
        with self.assertRaises(UserError), self.env.cr.savepoint():
            self.Request.with_user(self.biller).action_ask_now()
        self.fault("refuse", operation="pending", code="300")
        self.ask()
        self.assertIn("contraseña", self.company.sudo().l10n_mx_cfdi40_received_trouble)
        self.assertIn("contraseña", self.Request.with_user(self.biller)._action_open()["help"])
        action = self.Request.with_user(self.biller).action_ask_now()
        self.assertEqual(action["params"]["type"], "success")
        self.assertFalse(self.company.sudo().l10n_mx_cfdi40_received_trouble)

    def test_a_pac_that_cannot(self):
        """It is said, with what to do, and nothing is asked."""
        row = self.received()
        less = MappingProxyType({**PROVIDERS, "loopback": replace(
            PROVIDERS["loopback"], capabilities=frozenset({"stamp"}))})
        with patch.object(received_list, "PROVIDERS", less), patch.object(received_request, "PROVIDERS", less):
            for text in (self.Request.with_user(self.biller)._action_open()["help"], row.pac_hint):
                self.assertIn("portalcfdi", text)
            with self.assertRaisesRegex(UserError, "portalcfdi"):
                row.action_accept()
            with self.assertRaisesRegex(UserError, "portalcfdi"):
                self.Request.with_user(self.biller).action_ask_now()
            calls = len(self.pac.calls())
            self.ask()
            self.assertEqual(len(self.pac.calls()), calls)

    def test_ask_now(self):
        uuid = self.vendor.asked()
        action = self.Request.with_user(self.biller).action_ask_now()
        self.assertEqual(action["params"]["type"], "warning")
        self.assertEqual(self.row(uuid).state, "pending")
