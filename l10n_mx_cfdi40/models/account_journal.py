from odoo import api, fields, models
from odoo.exceptions import ValidationError

#: Form of payment (c_FormaPago) of what comes in through a journal: cash, transfer, credit card.
FORMA_BY_TYPE = {"cash": "01", "bank": "03", "credit": "04"}


class AccountJournal(models.Model):
    _inherit = "account.journal"

    l10n_mx_cfdi40_zip = fields.Char(
        string="Place of Issue (ZIP)",
        size=5,
        help="LugarExpedicion of the documents of this journal. Empty: the ZIP of the company or branch.",
    )
    l10n_mx_cfdi40_serie_ids = fields.One2many("l10n_mx_cfdi40.serie", "journal_id", string="CFDI Series")

    @api.constrains("l10n_mx_cfdi40_zip")
    def _check_l10n_mx_cfdi40_zip(self):
        for journal in self.filtered("l10n_mx_cfdi40_zip"):
            if len(journal.l10n_mx_cfdi40_zip) != 5 or not journal.l10n_mx_cfdi40_zip.isdecimal():
                raise ValidationError(self.env._("The place of issue is a ZIP of five digits."))

    def _l10n_mx_cfdi40_forma_code(self):
        """Key of c_FormaPago for money that comes in through this journal without a payment that says more: that of its
        first incoming payment method, else the usual one of a journal of its type. False if there is none."""
        self.ensure_one()
        method = self.inbound_payment_method_line_ids[:1]
        return method._l10n_mx_cfdi40_own_code() or FORMA_BY_TYPE.get(self.type, False)
