from odoo import fields, models

KINDS = [
    ("invoice", "Invoices"),
    ("credit_note", "Credit Notes"),
    ("complement", "Payment Complements"),
    ("global", "Global Invoices"),
]


class Serie(models.Model):
    """A series of folios. Folios are taken when a document is sealed, once, and kept by it."""

    _name = "l10n_mx_cfdi40.serie"
    _description = "CFDI Series"
    _order = "company_id, kind, journal_id, prefix"
    _rec_name = "prefix"
    _check_company_auto = True

    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company, index=True)
    journal_id = fields.Many2one(
        "account.journal", check_company=True, help="Only for the documents of this journal. Empty: for all of them."
    )
    kind = fields.Selection(KINDS, required=True, default="invoice")
    prefix = fields.Char(string="Series", required=True, size=25, help="Without the year.")
    next_folio = fields.Integer(required=True, default=1, help="Number that the next sealed document takes.")
    active = fields.Boolean(default=True)
