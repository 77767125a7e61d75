"""What the other screens show of cancellations, and where a replaced invoice is not offered any more."""
from lxml import etree, html
from odoo.exceptions import AccessError, RedirectWarning
from odoo.tests import tagged

from .cancel_wizard_common import CancelWizardCommon


@tagged("post_install_l10n", "post_install", "-at_install")
class TestCancelScreens(CancelWizardCommon):
    def test_one_button_on_the_invoice(self):
        """Odoo's own button is not shown beside ours."""
        arch = etree.fromstring(self.env["account.move"].get_view(
            self.env.ref("account.view_move_form").id, "form")["arch"])
        [odoo] = arch.xpath("//header/button[@name='button_request_cancel']")
        self.assertIn("l10n_mx_cfdi40_uuid", odoo.get("invisible"))
        [ours] = arch.xpath("//header/button[@name='action_l10n_mx_cfdi40_cancel']")
        self.assertIn("not l10n_mx_cfdi40_can_cancel", ours.get("invisible"))
        move = self.small()
        self.assertEqual((move.l10n_mx_cfdi40_can_cancel, move.l10n_mx_cfdi40_is_cancelling), (True, False))
        self.always_asked()
        self.order(move)
        self.assertEqual((move.l10n_mx_cfdi40_can_cancel, move.l10n_mx_cfdi40_is_cancelling), (False, True))
        self.assertEqual(self.opened(self.small().button_request_cancel()).is_single, True)

    def test_banners_open_what_they_say(self):
        move = self.rejected()
        [alert] = [one for name, one in move.alerts.items() if name == "l10n_mx_cfdi40"]
        action = self.env["ir.actions.server"].browse(alert["action"]["id"])
        wizard = self.opened(action.with_context(**alert["action"]["context"]).run())
        self.assertTrue(wizard.is_rejected)

    def test_from_a_payment_and_a_bank_line(self):
        """They open the cancellation of their complement; the money stays."""
        paid, deposited = self.ppd(), self.ppd()
        payment, line = self.register(paid), self.bank_line(1160, deposited).with_env(self.env)
        self.assertFalse(payment.l10n_mx_cfdi40_can_cancel)
        self.run_complements()
        for money in (payment, line):
            money.invalidate_recordset()
            self.assertTrue(money.l10n_mx_cfdi40_can_cancel)
            wizard = self.opened(money.action_l10n_mx_cfdi40_cancel())
            self.assertEqual(wizard.document_id, self.receipt(money).document_id)
            with self.assertRaises(AccessError):
                money.with_user(self.auditor).action_l10n_mx_cfdi40_cancel()

    def test_from_the_board(self):
        move, complement = self.paid_with_complement()
        self.unreconcile(move)
        self.env.flush_all()
        [row] = self.env["l10n_mx_cfdi40.complement.board"].search([("kind", "=", "unbacked")])
        self.assertEqual(self.opened(row.action_cancel()).document_id, complement)

    def test_server_actions(self):
        moves = self.small() | self.small()
        documents = moves.l10n_mx_cfdi40_document_id
        for name, records in (("action_move_cancel", moves), ("action_document_cancel", documents)):
            action = self.env.ref(f"l10n_mx_cfdi40.{name}")
            result = action.with_context(active_model=records._name, active_ids=records.ids).run()
            self.assertEqual(len(self.opened(result).line_ids), 2)

    def test_how_it_stands_in_the_list(self):
        self.always_asked()
        move = self.needing()
        row = self.order(move).with_user(self.auditor)
        self.assertIn("has to accept it", row.status_text)
        self.assertFalse(row.is_deciding)
        self.pac.reject(self.document(move).uuid)
        row.with_user(self.biller).action_ask_sat()
        self.assertTrue(row.is_deciding)
        with self.assertRaises(AccessError):
            row.action_decide()
        self.assertTrue(self.opened(row.with_user(self.biller).action_decide()).is_rejected)

    # -- collection ----------------------------------------------------------------------------------------------------

    def test_a_replaced_invoice_is_not_collected(self):
        move = self.needing()
        self.always_asked()
        new = self.substitute_of(move)
        self.order(move, "01", substitute=self.document(new))
        self.assertEqual((self.document(move).state, move.payment_state), ("cancel_requested", "blocked"))
        # What makes Odoo compute it again leaves it blocked.
        self.env.add_to_compute(move._fields["payment_state"], move)
        self.assertEqual(move.payment_state, "blocked")
        with self.assertRaisesRegex(RedirectWarning, self.document(new).display_name):
            self.register(move)
        with self.assertRaises(RedirectWarning):
            self.env["account.payment.register"].with_context(
                active_model="account.move", active_ids=new.ids).create({
                    "line_ids": [(6, 0, self.receivable(move).ids)], "journal_id": self.bank.id})
        self.assertTrue(self.register(new))

    def test_nor_offered_in_a_remittance(self):
        move = self.needing()
        self.always_asked()
        new = self.substitute_of(move)
        line = self.bank_line(5800)
        wizard = self.env["l10n_mx_cfdi40.remittance.wizard"].browse(
            line.with_env(self.env).action_l10n_mx_cfdi40_remittance()["res_id"])
        wizard.text = f"{move.l10n_mx_cfdi40_uuid}\t5800.00"
        wizard.action_read()
        self.assertIn(self.document(new).display_name, wizard.line_ids.problem)

    def test_a_paid_invoice_that_is_replaced(self):
        """Its payments go over to the substitute, and what is open of it then is not collected."""
        move = self.needing()
        self.register(move)
        self.always_asked()
        new = self.substitute_of(move)
        self.cancel(move, "01").action_confirm()
        self.assertEqual(move.payment_state, "blocked")
        self.assertIn(new.payment_state, ("paid", "in_payment"))

    # -- PDF -----------------------------------------------------------------------------------------------------------

    def printed(self, report, records):
        tree = html.fromstring(self.env["ir.actions.report"]._render_qweb_html(report, records.ids)[0])
        return [one.text_content() for one in tree.xpath("//*[contains(@class, 'o_cfdi40_cancelled')]")]

    def test_cancelled_on_paper(self):
        move = self.small()
        self.assertEqual(self.printed("account.account_invoices", move), [])
        self.order(move, "03")
        self.assertEqual(self.printed("account.account_invoices", move), ["CANCELADO"])
        _invoice, complement = self.paid_with_complement()
        self.assertEqual(self.printed("l10n_mx_cfdi40.report_complement", complement), [])
        self.pac.set_policy(acceptance=False)
        self.addCleanup(self.pac.set_policy, acceptance=None)
        with self.later("2026-03-12 19:00:00"):
            self.order(complement.sudo(), "02")
        self.assertEqual(self.printed("l10n_mx_cfdi40.report_complement", complement), ["CANCELADO"])

    def test_configuration(self):
        """The accountant keeps holidays and rules; the biller only reads them."""
        for name in ("holiday", "acceptance.rule", "deadline.rule"):
            rows = self.env[f"l10n_mx_cfdi40.{name}"].search([])
            self.assertTrue(rows)
            self.assertTrue(rows[0].certainty)
            with self.assertRaises(AccessError):
                rows[0].source = "?"
