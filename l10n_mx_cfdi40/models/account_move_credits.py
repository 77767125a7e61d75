"""Invoices that cannot be stamped for lack of stamps, and vendor bills that pay for new ones."""
from odoo import api, fields, models

from ..pac.codes import SIN_FOLIOS


class AccountMove(models.Model):
    _inherit = "account.move"

    l10n_mx_cfdi40_credit_package_ids = fields.One2many(
        "l10n_mx_cfdi40.credit.package", "bill_id", "Packages of stamps", readonly=True, copy=False)

    # -- stamping ------------------------------------------------------------------------------------------------------

    def _l10n_mx_cfdi40_stamp(self, month_confirmed=False):
        # EXTENDS 'l10n_mx_cfdi40': before anything is locked
        self._l10n_mx_cfdi40_refresh_credits()
        return super()._l10n_mx_cfdi40_stamp(month_confirmed)

    def _l10n_mx_cfdi40_refresh_credits(self):
        """See `_l10n_mx_cfdi40_refresh_credits` of companies."""
        todo = self.filtered("l10n_mx_cfdi40_can_stamp")
        for company, moves in todo.grouped(lambda move: move.company_id._l10n_mx_cfdi40_fiscal_root()).items():
            company._l10n_mx_cfdi40_refresh_credits(moves[:1]._l10n_mx_cfdi40_is_seen_posted)

    def _l10n_mx_cfdi40_finding_action(self, finding):
        # EXTENDS 'l10n_mx_cfdi40'
        if finding.code == SIN_FOLIOS:
            return self.company_id._l10n_mx_cfdi40_credit_action()
        return super()._l10n_mx_cfdi40_finding_action(finding)

    @api.depends("l10n_mx_cfdi40_can_stamp")
    def _compute_alerts(self):
        # EXTENDS 'account'
        return super()._compute_alerts()

    def _get_alerts(self):
        # EXTENDS 'account'
        alerts = super()._get_alerts()
        # What waits in the queue for stamps says so itself.
        if self.l10n_mx_cfdi40_can_stamp and self.l10n_mx_cfdi40_document_id.sudo().code != SIN_FOLIOS and (
                finding := self.company_id._l10n_mx_cfdi40_credit_finding()):
            alerts["l10n_mx_cfdi40_credits"] = {
                "level": "warning",
                "message": self._l10n_mx_cfdi40_finding_text(finding),
                "action_text": self.env._("Stamp credits"),
                "action": self.company_id._l10n_mx_cfdi40_credit_action(),
            }
        return alerts

    # -- vendor bills --------------------------------------------------------------------------------------------------

    def _invoice_paid_hook(self):
        # EXTENDS 'account': whoever registers the payment need not manage packages. Calls nobody: what is mailed, and
        # what is stamped now that there are stamps, goes by the crons.
        result = super()._invoice_paid_hook()
        self.sudo().l10n_mx_cfdi40_credit_package_ids._take_payment()
        return result
