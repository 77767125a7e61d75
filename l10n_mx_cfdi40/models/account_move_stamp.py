"""What an invoice knows about its CFDI: state, UUID and documents, all computed from the ledger."""
from odoo import api, fields, models

from .document import STATES
from .document_states import DEAD


class AccountMove(models.Model):
    _inherit = "account.move"

    l10n_mx_cfdi40_document_ids = fields.One2many(
        "l10n_mx_cfdi40.document", "move_id", "CFDI documents", readonly=True, copy=False)
    # Stored not only to be searched: each step of the protocol so UPDATEs the invoice's row too, and a transaction
    # that meanwhile resets it to draft from an older snapshot fails instead of winning.
    l10n_mx_cfdi40_document_id = fields.Many2one(
        "l10n_mx_cfdi40.document", "CFDI", compute="_compute_l10n_mx_cfdi40_document", store=True, copy=False,
        index="btree_not_null", help="The live document, or the last one if none is live.")
    l10n_mx_cfdi40_state = fields.Selection(
        STATES, string="CFDI state", compute="_compute_l10n_mx_cfdi40_document", store=True, copy=False)
    l10n_mx_cfdi40_uuid = fields.Char(
        "UUID", compute="_compute_l10n_mx_cfdi40_document", store=True, copy=False, index="btree_not_null")

    @api.depends("l10n_mx_cfdi40_document_ids.state", "l10n_mx_cfdi40_document_ids.uuid")
    def _compute_l10n_mx_cfdi40_document(self):
        for move in self:
            # Payment complements of this invoice are its documents too, but not its CFDI.
            documents = move.l10n_mx_cfdi40_document_ids.filtered(lambda d: d.kind != "P").sorted("id", reverse=True)
            document = documents.filtered(lambda d: d.state not in DEAD)[:1] or documents[:1]
            move.l10n_mx_cfdi40_document_id = document
            move.l10n_mx_cfdi40_state = document.state
            move.l10n_mx_cfdi40_uuid = document.uuid
