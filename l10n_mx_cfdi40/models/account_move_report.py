"""The invoice's PDF: the printed representation of its CFDI once it is stamped."""
from odoo import models


class AccountMove(models.Model):
    _inherit = "account.move"

    def _get_name_invoice_report(self):
        # EXTENDS 'account'
        self.ensure_one()
        if self.l10n_mx_cfdi40_uuid:
            return "l10n_mx_cfdi40.report_cfdi_document"
        return super()._get_name_invoice_report()
