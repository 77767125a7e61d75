"""What each payment complement says of each invoice: instalment, previous balance, paid, remaining.

One row for each DoctoRelacionado, written when the complement is sealed and never changed. What the next complement of
the same invoice starts from is read here, so the database itself keeps two of them from having the same number.
"""
from odoo import api, fields, models
from odoo.exceptions import UserError

from .document_states import DEAD


class Instalment(models.Model):
    _name = "l10n_mx_cfdi40.instalment"
    _description = "Invoice in a payment complement"
    _order = "move_id, num_parcialidad, id"
    _rec_name = "document_id"

    document_id = fields.Many2one(
        "l10n_mx_cfdi40.document", "Complement", required=True, ondelete="restrict", index=True, readonly=True)
    company_id = fields.Many2one(related="document_id.company_id", store=True)
    move_id = fields.Many2one(
        "account.move", "Invoice", required=True, ondelete="restrict", index=True, readonly=True)
    receipt_id = fields.Many2one(
        "l10n_mx_cfdi40.receipt", "Payment received", ondelete="set null", index="btree_not_null", readonly=True)
    is_compensation = fields.Boolean(
        "Compensation", readonly=True, help="Covered by a compensation with a factor, not by money.")
    currency_id = fields.Many2one("res.currency", required=True, readonly=True, help="That of the invoice.")
    num_parcialidad = fields.Integer("Instalment", required=True, readonly=True, aggregator=None)
    saldo_anterior = fields.Monetary("Previous balance", readonly=True, aggregator=None)
    pagado = fields.Monetary("Paid", readonly=True)
    saldo_insoluto = fields.Monetary("Remaining balance", readonly=True, aggregator=None)
    state = fields.Selection(related="document_id.state")
    uuid = fields.Char(related="document_id.uuid")
    stamped_at = fields.Datetime(related="document_id.stamped_at")
    live = fields.Boolean(
        compute="_compute_live", store=True, help="Whether it counts: not refused, cancelled or replaced by another.")

    _live_number = models.UniqueIndex(
        "(move_id, num_parcialidad) WHERE live", "This instalment of the invoice already has a live complement.")

    @api.depends("document_id.state", "document_id.replacement_ids.state")
    def _compute_live(self):
        for row in self:
            document = row.document_id
            row.live = document.state not in DEAD and all(
                other.state in DEAD for other in document.replacement_ids)

    def write(self, vals):
        # `live` follows the document; nothing else of what a CFDI was sealed with changes.
        if vals.keys() - {"live", "receipt_id", "company_id"}:
            raise UserError(self.env._("What a CFDI was sealed or stamped with never changes."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("A CFDI that was sealed stays in the ledger: it cannot be deleted."))

    def action_open_document(self):
        """The complement of this instalment."""
        return self.document_id._get_records_action()

    def action_open_move(self):
        """The invoice of this instalment."""
        return self.move_id._get_records_action()

    def action_download(self):
        """Download the complement's XML."""
        return self.document_id.action_download_stamped()
