from odoo import fields, models


class AccountAccount(models.Model):
    _inherit = "account.account"

    l10n_mx_cfdi40_is_fee = fields.Boolean(
        string="Bank or Terminal Commission",
        help="What a payment posts here was withheld on the way by the bank or the card terminal: the customer paid it "
        "all the same, so it does not reduce the amount of the payment complement (Monto).",
    )
