"""How a company issues its payment complements: when, who answers for them, and what they say of banks."""
from odoo import api, fields, models
from odoo.exceptions import ValidationError

REP_MODES = [
    ("grace", "By itself, after a grace time"),
    ("nightly", "By itself, every night"),
    ("monthly", "By itself, one per customer and month, on the 1st"),
    ("manual", "Only by hand"),
]


class ResCompany(models.Model):
    _inherit = "res.company"

    l10n_mx_cfdi40_rep_mode = fields.Selection(
        REP_MODES, string="Payment Complements", default="grace", required=True,
        help="When the complement of a payment of a PPD invoice is made. The SAT wants it by the fifth day of the "
        "month after the payment.",
    )
    l10n_mx_cfdi40_rep_grace = fields.Integer(
        "Grace Time (minutes)", default=30, required=True,
        help="Minutes between the reconciliation of a payment and its complement, in which it can be corrected.",
    )
    l10n_mx_cfdi40_rep_mail = fields.Boolean(
        "Mail Payment Complements", help="Mail each complement to its customer as soon as it is stamped.",
    )
    l10n_mx_cfdi40_rep_user_id = fields.Many2one(
        "res.users", string="Accountant in Charge of Complements", domain=[("share", "=", False)],
        help="Who gets the activities about complements that could not be made.",
    )
    l10n_mx_cfdi40_rep_bank_data = fields.Boolean(
        "Send Bank Accounts",
        help="Say in each complement the customer's account and yours, and the RFC of their banks. Sending bank "
        "accounts is optional, and wrong ones are the most frequent cause of refusal.",
    )

    def write(self, vals):
        # EXTENDS 'base': what waits follows the new setting, above all if nothing may be issued by itself any more
        before = {company: company.l10n_mx_cfdi40_rep_mode for company in self}
        result = super().write(vals)
        changed = self.filtered(lambda company: company.l10n_mx_cfdi40_rep_mode != before[company])
        if changed:
            self.env["l10n_mx_cfdi40.receipt"].sudo()._mode_changed(changed)
        return result

    @api.constrains("l10n_mx_cfdi40_rep_grace")
    def _check_l10n_mx_cfdi40_rep_grace(self):
        if any(company.l10n_mx_cfdi40_rep_grace < 0 for company in self):
            raise ValidationError(self.env._("The grace time of payment complements is zero minutes or more."))


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    l10n_mx_cfdi40_rep_mode = fields.Selection(related="company_id.l10n_mx_cfdi40_rep_mode", readonly=False)
    l10n_mx_cfdi40_rep_grace = fields.Integer(related="company_id.l10n_mx_cfdi40_rep_grace", readonly=False)
    l10n_mx_cfdi40_rep_mail = fields.Boolean(related="company_id.l10n_mx_cfdi40_rep_mail", readonly=False)
    l10n_mx_cfdi40_rep_user_id = fields.Many2one(related="company_id.l10n_mx_cfdi40_rep_user_id", readonly=False)
    l10n_mx_cfdi40_rep_bank_data = fields.Boolean(related="company_id.l10n_mx_cfdi40_rep_bank_data", readonly=False)
