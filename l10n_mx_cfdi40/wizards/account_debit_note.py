from odoo import Command, models


class AccountDebitNote(models.TransientModel):
    _inherit = "account.debit.note"

    def _prepare_default_values(self, move):
        # EXTENDS 'account_debit_note'
        values = super()._prepare_default_values(move)
        if values["move_type"] == "out_invoice" and move._l10n_mx_cfdi40_is_applicable():
            relation = self.env["l10n_mx_cfdi40.relation"]._vals_for(move, "02")
            if relation:
                values["l10n_mx_cfdi40_relation_ids"] = [Command.create(relation)]
        return values
