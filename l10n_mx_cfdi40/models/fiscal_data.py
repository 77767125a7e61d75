"""The short forms in which what a CFDI lacks is filled in, and the way back to the window that asked for it."""
from odoo import models


class ResPartner(models.Model):
    _inherit = "res.partner"

    def action_l10n_mx_cfdi40_mended(self):
        """The record is saved by now: go back to “Generate complement” or “Stamp” if it was opened from there."""
        return self.env["l10n_mx_cfdi40.complement.wizard"]._back() or self.env["l10n_mx_cfdi40.stamp.wizard"]._back()

    def _l10n_mx_cfdi40_fiscal_action(self):
        """Window with what a CFDI says about this party, and nothing else."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "views": [(self.env.ref("l10n_mx_cfdi40.view_partner_fiscal_form").id, "form")],
            "view_mode": "form",
            "target": "new",
            "name": self.env._("Fiscal Data"),
        }


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    def action_l10n_mx_cfdi40_mended(self):
        """The record is saved by now: go back to “Stamp” if it was opened from there."""
        return self.env["l10n_mx_cfdi40.stamp.wizard"]._back()


class ResCompany(models.Model):
    _inherit = "res.company"

    def _l10n_mx_cfdi40_fiscal_action(self):
        """Window with the fiscal data of who issues for this company: RFC, legal name, regime, ZIP."""
        return self._l10n_mx_cfdi40_fiscal_root().partner_id.sudo(False)._l10n_mx_cfdi40_fiscal_action()
