from unittest.mock import patch

from odoo.addons.l10n_mx_cfdi40.pac.base import Unknown
from odoo.addons.l10n_mx_cfdi40.pac.codes import SIN_FOLIOS
from odoo.addons.l10n_mx_cfdi40.pac.loopback import Loopback
from odoo.tests import freeze_time, tagged

from .credit_common import CreditCommon

LATER = "2026-03-12 18:10:00"


@tagged("post_install_l10n", "post_install", "-at_install")
class TestCreditsStop(CreditCommon):
    """At zero stamping stops before anything is sent, if the PAC confirms it or cannot tell."""

    def use_up(self, quantity=1, **vals):
        package = self.package(quantity, **vals)
        self.stamped(quantity)
        return package

    def sent(self):
        """How many documents got to the PAC; to ask for its balance is another thing."""
        return sum(call.operation == "stamp" for call in self.pac.calls())

    def assertStopped(self, move):
        """Nothing was sent, and what is said is why."""
        calls = self.sent()
        preview = move._l10n_mx_cfdi40_stamp()
        self.assertEqual([finding.code for finding in preview.errors], [SIN_FOLIOS])
        self.assertFalse(move.l10n_mx_cfdi40_state)
        self.assertEqual(self.sent(), calls)

    def test_confirmed_by_the_pac(self):
        self.use_up()
        self.pac.set_credits(0)
        move = self.ready()
        self.assertStopped(move)
        self.assertEqual(self.account.pac_credits, 0)
        self.assertTrue(self.account.is_out_of_credits)
        wizard = self.env["l10n_mx_cfdi40.stamp.wizard"].browse(move.action_l10n_mx_cfdi40_stamp()["res_id"])
        self.assertEqual((wizard.finding_ids.code, wizard.ready_count), (SIN_FOLIOS, 0))
        self.assertIn("Sin folios disponibles", wizard.finding_ids.message)
        self.assertEqual(
            wizard.finding_ids.action_mend()["res_model"], "l10n_mx_cfdi40.pac.account")
        self.assertIn("Sin folios disponibles", move._get_alerts()["l10n_mx_cfdi40_credits"]["message"])

    def test_the_pac_has_some(self):
        """Our count is behind: it goes on, and the difference is shown."""
        self.use_up()
        self.pac.set_credits(2)
        self.stamped(2)
        self.assertEqual((self.account.pac_credits, self.account.credit_difference), (2, 2))
        # What it said is used up by now.
        self.assertTrue(self.account._lacks_credits())
        self.assertStopped(self.ready())
        with self.at(LATER):
            self.assertStopped(self.ready())
            self.assertEqual(self.account.pac_credits, 0)

    def test_the_pac_does_not_answer(self):
        """Nobody confirmed it: it goes on, and is not asked at every invoice."""
        self.use_up()
        with patch.object(Loopback, "credits", autospec=True, return_value=Unknown("timeout", "", True)) as asked:
            self.stamped(2)
        self.assertEqual(asked.call_count, 1)
        self.assertIn("no contestó", self.account.pac_credits_error)

    def test_the_pac_counts_none(self):
        self.use_up()
        self.stamped(2)
        self.assertTrue(self.account.pac_no_limit)

    def test_the_pac_cannot_tell(self):
        self.mute()
        self.use_up()
        move = self.ready()
        self.assertStopped(move)
        self.package(1)
        move._l10n_mx_cfdi40_stamp()
        self.assertStamped(move)

    def test_an_archived_account_stops_nothing(self):
        self.mute()
        self.use_up()
        root = self.company.sudo()
        account = self.account.with_user(self.accountant)
        for active in (True, False, True):
            account.active = active
            self.assertEqual(root.l10n_mx_cfdi40_has_pac, active)
            self.assertEqual(bool(root._l10n_mx_cfdi40_credit_finding()), active)

    def test_expired(self):
        self.mute()
        self.package(5, kind="other", expiry="2026-03-12")
        with self.at("2026-03-13 06:30:00"):
            self.assertStopped(self.ready())

    def test_nothing_is_managed_without_packages(self):
        self.mute()
        self.package(5, activate=False)
        self.stamped()
        self.assertFalse(self.account.is_credit_managed)

    def test_plan_without_limit(self):
        self.mute()
        self.use_up()
        self.account.no_limit = True
        self.stamped()

    def test_refused_for_lack_of_stamps(self):
        """The PAC knows better than our packages, until it says otherwise."""
        self.package(10)
        self.pac.set_credits(0)
        move = self.ready()
        move._l10n_mx_cfdi40_stamp()
        self.assertEqual((self.document(move).state, self.document(move).code), ("rejected", SIN_FOLIOS))
        self.assertTrue(self.account.credit_refused_at)
        other = self.ready()
        self.assertStopped(other)
        self.pac.set_credits(5)
        self.account.with_user(self.biller).action_ask_credits()
        self.assertFalse(self.account.credit_refused_at)
        # What was refused for it, and only for it, goes on by itself.
        self.assertEqual(move.l10n_mx_cfdi40_state, "draft")
        self.run_queue()
        self.assertStamped(move)
        self.assertEqual(self.document(move).create_uid, self.biller)
        other._l10n_mx_cfdi40_stamp()
        self.assertStamped(other)

    def test_refused_long_ago(self):
        """Who was refused days ago has done something else about it since."""
        self.package(10)
        self.pac.set_credits(0)
        move = self.ready()
        move._l10n_mx_cfdi40_stamp()
        with self.at("2026-03-17 18:00:00"):
            self.package(10)
        self.assertEqual(move.l10n_mx_cfdi40_state, "rejected")

    def test_refused_where_nothing_is_managed(self):
        """Without packages the refusal and the PAC's own word together stop it: a selection of a thousand is not
        refused a thousand times."""
        self.pac.set_credits(0)
        moves = self.ready() | self.ready()
        moves[0]._l10n_mx_cfdi40_stamp()
        self.assertEqual(moves[0].l10n_mx_cfdi40_state, "rejected")
        self.assertTrue(self.account.credit_refused_at)
        self.assertStopped(moves[1])
        # Asked again it says the same: what was refused is not sent again for that.
        self.account.with_user(self.biller).action_ask_credits()
        self.assertEqual(moves[0].l10n_mx_cfdi40_state, "rejected")
        self.pac.set_credits(5)
        with self.at(LATER), freeze_time(LATER):
            moves[1]._l10n_mx_cfdi40_stamp()
            self.assertStamped(moves[1])
            self.assertFalse(self.account.credit_refused_at)
            self.assertEqual(moves[0].l10n_mx_cfdi40_state, "draft")

    def test_refused_where_nobody_can_tell(self):
        """Without packages, and at a PAC that does not tell: each one is tried."""
        self.mute()
        self.pac.set_credits(0)
        for _time in range(2):
            move = self.ready()
            move._l10n_mx_cfdi40_stamp()
            self.assertEqual(move.l10n_mx_cfdi40_state, "rejected")

    def test_refused_in_a_plan_without_limit(self):
        """It goes on; and what was refused is not sent again each time that the PAC says zero."""
        self.account.no_limit = True
        self.pac.set_credits(0)
        for _time in range(2):
            move = self.ready()
            move._l10n_mx_cfdi40_stamp()
            self.assertEqual(move.l10n_mx_cfdi40_state, "rejected")
        self.account.with_user(self.biller).action_ask_credits()
        self.assertEqual(move.l10n_mx_cfdi40_state, "rejected")

    def test_queue(self):
        self.use_up()
        self.pac.set_credits(0)
        moves = self.ready() | self.ready()
        moves._l10n_mx_cfdi40_enqueue()
        calls = self.sent()
        self.run_queue()
        self.assertEqual(set(moves.mapped("l10n_mx_cfdi40_state")), {"draft"})
        self.assertEqual(self.sent(), calls)
        for move in moves:
            self.assertIn("Sin folios disponibles", self.document(move).message)
            self.assertIn("Sin folios disponibles", move._l10n_mx_cfdi40_alert()["message"])
            self.assertNotIn("l10n_mx_cfdi40_credits", move._get_alerts())
        self.pac.set_credits(10)
        self.package(10)
        self.run_queue()
        for move in moves:
            self.assertStamped(move)

    def test_queue_of_something_else_too(self):
        """What has more wrong with it waits for a person, as ever."""
        self.mute()
        self.use_up()
        bad = self.bad()
        bad._l10n_mx_cfdi40_enqueue()
        self.run_queue()
        self.assertFalse(self.document(bad).retry_at)
        self.package(5)
        self.assertFalse(self.document(bad).retry_at)

    def test_complement(self):
        self.mute()
        self.package(1)
        invoice = self.ppd()
        payment = self.register(invoice)
        receipt = self.receipt(payment)
        self.run_complements()
        self.assertIn("Sin folios disponibles", receipt.reason)
        self.assertFalse(receipt.document_id)
        self.package(5)
        self.run_complements("2026-03-12 21:00:00")
        self.assertEqual(receipt.document_id.state, "stamped")

    def test_the_next_account_has_some(self):
        self.mute()
        self.use_up()
        sibling = self.account.sudo().copy({"active": False})
        self.env.cr.execute("DROP INDEX l10n_mx_cfdi40_pac_account_one_login")
        sibling.write({"active": True, "sequence": 20})
        [move] = self.stamped()
        self.assertEqual(self.document(move).pac_account_id, sibling)
        sibling.is_ready = False
        self.assertStopped(self.ready())

    def test_send_wizard(self):
        self.mute()
        self.use_up()
        move = self.ready()
        wizard = self.env["account.move.send.wizard"].with_context(active_model="account.move", active_ids=move.ids)
        alerts = wizard.create({}).alerts
        self.assertTrue(any("Sin folios disponibles" in alert["message"] for alert in alerts.values()))

    def test_zero_by_the_hour(self):
        """What the PAC said is asked again when it is not fresh."""
        self.use_up()
        self.pac.set_credits(0)
        self.assertStopped(self.ready())
        self.pac.set_credits(3)
        self.assertStopped(self.ready())
        with self.at(LATER), freeze_time(LATER):
            self.stamped()
