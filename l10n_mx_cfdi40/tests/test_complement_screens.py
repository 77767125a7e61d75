"""What an accountant is led to: from a banner to the window, from the window to what is mended, and back."""
from odoo.tests import tagged

from .test_complement_wizard import WizardCommon


@tagged("post_install_l10n", "post_install", "-at_install")
class TestComplementBanners(WizardCommon):
    def banner(self, record):
        """The one banner about a complement; not read by an administrator."""
        record.invalidate_recordset()
        field = "alerts" if record._name == "account.move" else "l10n_mx_cfdi40_due_alerts"
        [alert] = [alert for key, alert in (record[field] or {}).items() if not key.endswith("discount")]
        return alert

    def follow(self, alert):
        """What the web client does with the link of a banner."""
        action = alert["action"]
        if action["type"] != "ir.actions.server":
            return action
        return self.env["ir.actions.server"].browse(action["id"]).with_context(**action["context"]).run()

    def test_of_a_payment_that_waits(self):
        move = self.ppd()
        payment = self.register(move, 500)
        for record in (move, payment):
            alert = self.banner(record)
            self.assertEqual(alert["level"], "info")
            self.assertIn("due on 04/05/2026", alert["message"])
            wizard = self.wizard(self.follow(alert))
            self.assertEqual(wizard.payment_ids.receipt_id.payment_id, payment)
            self.assertTrue(wizard.is_reloading, "nobody tells the form behind the window to load anew")
        self.assertEqual(wizard.action_close()["tag"], "soft_reload")
        self.assertFalse(self.wizard(payment.action_l10n_mx_cfdi40_complement()).is_reloading)
        wizard.action_issue()
        payment.invalidate_recordset()
        self.assertFalse(payment.l10n_mx_cfdi40_due_alerts)

    def test_of_a_deposit(self):
        line = self.bank_line(500, self.ppd()).with_env(self.env)
        self.assertEqual(self.wizard(self.follow(self.banner(line))).payment_ids.reference, "Depósito")

    def test_who_does_not_bill_sees_the_payment(self):
        payment = self.register(self.ppd())
        alert = self.banner(payment.with_user(self.auditor))
        self.assertEqual(
            (alert["action"]["res_model"], alert["action"]["res_id"]),
            ("l10n_mx_cfdi40.receipt", self.receipt(payment).id))

    def test_without_form_it_warns_before_anything_is_tried(self):
        payment = self.register(self.ppd())
        payment.l10n_mx_cfdi40_forma_pago_id = False
        alert = self.banner(payment)
        self.assertEqual(alert["level"], "warning")
        self.assertIn("form is missing", alert["message"])

    def test_of_an_invoice_that_is_not_stamped(self):
        move = self.ppd(stamp=False)
        payment = self.register(move, 500)
        alert = self.banner(move)
        self.assertIn(payment.name, alert["message"])
        self.assertNotIn("action", alert, "what is to be done is to stamp it")
        wizard = self.wizard(payment.action_l10n_mx_cfdi40_complement())
        self.assertEqual(wizard.finding_ids.mapped("code"), ["MX_REP_SIN_TIMBRE"], "one cause, one error")
        self.assertEqual(wizard.finding_ids.action_mend()["res_id"], move.id)

    def test_without_its_payment(self):
        move = self.ppd()
        payment = self.register(move)
        document, _pagos = self.complement(payment)
        self.assertFalse(document.is_unbacked)
        self.unreconcile(move)
        alert = self.banner(payment)
        self.assertEqual(alert["level"], "danger")
        self.assertEqual(self.follow(alert)["res_id"], document.id)
        self.assertTrue(document.is_unbacked)
        rows = self.board(company_id=self.company.id)
        # The money is free again, and so waits for an invoice too.
        self.assertEqual({row.kind for row in rows}, {"unbacked", "advance"})
        self.assertEqual(rows.filtered("receipt_id").action_open()["res_id"], document.id)
        wizard = self.wizard(document.with_env(self.env).action_replace())
        self.assertEqual(wizard.finding_ids.mapped("code"), ["MX_REP_NADA_QUE_PAGAR"])

    def test_discount_leads_to_its_credit_note(self):
        move = self.ppd()
        account = self.env["account.account"].sudo().create(
            {"name": "Descuentos", "code": "XDESC", "account_type": "expense"})
        self.complement(self.register(
            move, 1100, payment_difference_handling="reconcile", writeoff_account_id=account.id))
        move.invalidate_recordset()
        for _again in range(2):
            action = self.follow(move.alerts["l10n_mx_cfdi40_discount"])
            note = self.env["account.move"].browse(action["res_id"])
            self.assertEqual((note.move_type, note.amount_total), ("out_refund", 60))


@tagged("post_install_l10n", "post_install", "-at_install")
class TestComplementMended(WizardCommon):
    def mending(self, wizard):
        """The record that the only problem's link opens, as the web client has it in its window."""
        action = wizard.finding_ids.action_mend()
        self.assertEqual(action["target"], "new")
        return self.env[action["res_model"]].browse(action["res_id"]).with_context(**action["context"])

    def issue(self, wizard):
        self.assertFalse(wizard.finding_ids)
        wizard.action_issue()
        self.assertEqual(wizard.state, "stamped")

    def test_customer(self):
        payment = self.register(self.ppd())
        self.customer.sudo().l10n_mx_cfdi40_regimen_id = False
        wizard = self.wizard(payment.action_l10n_mx_cfdi40_complement())
        customer = self.mending(wizard)
        self.assertEqual(customer, self.customer)
        customer.l10n_mx_cfdi40_regimen_id = self.key("c_RegimenFiscal", "601")
        self.assertEqual(self.wizard(customer.action_l10n_mx_cfdi40_mended()), wizard)
        self.issue(wizard)

    def test_payment(self):
        payment = self.register(self.ppd())
        payment.l10n_mx_cfdi40_forma_pago_id = False
        wizard = self.wizard(payment.action_l10n_mx_cfdi40_complement())
        receipt = self.mending(wizard)
        receipt.forma_pago_id = self.forma
        self.assertEqual(self.wizard(receipt.action_mended()), wizard)
        self.issue(wizard)
        self.assertEqual(
            self.receipt(payment).with_env(self.env).action_mended()["type"], "ir.actions.act_window_close")

    def test_payment_of_a_complement_that_is_replaced_is_mended_in_the_window(self):
        document, _pagos = self.complement(self.register(self.ppd()))
        wizard = self.wizard(document.with_env(self.env).action_replace())
        self.assertIn(document.display_name, wizard._action()["name"])
        wizard.payment_ids.forma_pago_id = False
        wizard.action_refresh()
        self.assertEqual(wizard.finding_ids.mapped("code"), ["MX_REP_SIN_FORMA"])
        self.assertFalse(wizard.finding_ids.has_remedy)
        wizard.payment_ids.forma_pago_id = self.forma
        wizard.action_refresh()
        self.issue(wizard)

    def test_customers_who_wait(self):
        self.register(self.ppd())
        wizard = self.wizard(self.env["l10n_mx_cfdi40.complement.wizard"].action_open_empty())
        self.assertEqual(wizard.waiting_partner_ids, self.customer)
        self.run_complements()
        wizard.invalidate_recordset()
        self.assertFalse(wizard.waiting_partner_ids)
