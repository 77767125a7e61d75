"""From what is wrong to where it is mended, and back."""
from odoo.tests import Form, tagged

from .stamp_common import StampCommon


@tagged("post_install_l10n", "post_install", "-at_install")
class TestMend(StampCommon):
    def wizard(self, action):
        return self.env[action["res_model"]].with_user(self.biller).browse(action["res_id"])

    def test_the_customer_is_mended_in_one_window_and_the_wizard_comes_back(self):
        move = self.ready()
        self.customer.sudo().write({"zip": False, "l10n_mx_cfdi40_regimen_id": False})
        wizard = self.wizard(move.action_l10n_mx_cfdi40_stamp())
        self.assertIn("MX_RECEPTOR_SIN_CP", wizard.finding_ids.mapped("code"))
        self.assertIn("MX_RECEPTOR_SIN_REGIMEN", wizard.finding_ids.mapped("code"))
        action = wizard.finding_ids.filtered(lambda row: row.code == "MX_RECEPTOR_SIN_CP").action_mend()
        self.assertEqual((action["res_model"], action["res_id"]), ("res.partner", self.customer.id))
        customer = self.customer.with_context(**action["context"])
        with Form(customer, view=self.env["ir.ui.view"].browse(action["views"][0][0])) as form:
            form.zip = "65000"
            form.l10n_mx_cfdi40_regimen_id = self.key("c_RegimenFiscal", "601")
        back = self.wizard(customer.with_user(self.biller).action_l10n_mx_cfdi40_mended())
        self.assertEqual(back, wizard)
        self.assertFalse({"MX_RECEPTOR_SIN_CP", "MX_RECEPTOR_SIN_REGIMEN"} & set(back.finding_ids.mapped("code")))

    def test_among_several_what_is_mended_on_the_invoice_opens_it(self):
        bad, good = self.bad(), self.ready()
        finding = self.wizard(bad.action_l10n_mx_cfdi40_stamp()).finding_ids
        self.assertEqual(finding.mapped("has_remedy"), [False], "the invoice is behind the window")
        finding = self.wizard((bad | good).action_l10n_mx_cfdi40_stamp()).finding_ids
        self.assertEqual(finding.mapped("has_remedy"), [True])
        action = finding.action_mend()
        self.assertEqual((action["res_model"], action["res_id"]), ("account.move", bad.id))

    def test_without_a_wizard_the_window_just_closes(self):
        action = self.customer.with_user(self.biller).action_l10n_mx_cfdi40_mended()
        self.assertEqual(action["type"], "ir.actions.act_window_close")

    def test_the_company_has_its_own_entry(self):
        action = self.env.ref("l10n_mx_cfdi40.action_company_fiscal_data").with_company(self.company)
        result = action.with_user(self.accountant).run()
        self.assertEqual(result["res_id"], self.company.partner_id.id)
