from odoo import fields, models

RELATIONS = [
    ("01", "01 - Credit note: discount or bonus"),
    ("03", "03 - Return of goods"),
]


class AccountMoveReversal(models.TransientModel):
    _inherit = "account.move.reversal"

    l10n_mx_cfdi40_tipo_relacion = fields.Selection(
        RELATIONS, string="CFDI Relation", default="01",
        help="How the credit note (an egreso) is related to the invoice.")

    def reverse_moves(self, is_modify=False):
        # EXTENDS 'account'
        wizard = self.with_context(l10n_mx_cfdi40_tipo_relacion=self.l10n_mx_cfdi40_tipo_relacion)
        return super(AccountMoveReversal, wizard).reverse_moves(is_modify=is_modify)
