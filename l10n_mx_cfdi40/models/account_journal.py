from odoo import fields, models


class AccountJournal(models.Model):
    _inherit = "account.journal"

    l10n_mx_cfdi40_zip = fields.Char(
        string="Place of Issue (ZIP)",
        size=5,
        help="LugarExpedicion of the documents of this journal. Empty: the ZIP of the company or branch.",
    )
