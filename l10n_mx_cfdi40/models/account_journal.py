from odoo import api, fields, models
from odoo.exceptions import ValidationError


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
