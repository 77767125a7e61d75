"""History of each CFDI of the ledger: what was done, by whom, and what was answered. Only ever added to."""
from odoo import api, fields, models
from odoo.exceptions import UserError

from .document import STATES

ACTIONS = [
    ("enqueue", "Queued"),
    ("seal", "Sealed"),
    ("discard", "Discarded, never sent"),
    ("send", "Sent"),
    ("recover", "Asked about"),
    ("accept", "Stamped"),
    ("refuse", "Refused"),
    ("unsend", "Could not be sent"),
    ("doubt", "No answer"),
    ("late", "Late answer"),
    ("surplus", "Second stamp"),
    ("import", "Taken in from its XML"),
    ("opening", "Opening balance corrected"),
    ("file", "XML put on the invoice"),
    ("tell", "Refusal told on the invoice"),
    ("release", "Released by a person"),
    ("request_cancel", "Cancellation sent"),
    ("cancel_receive", "Cancellation received"),
    ("cancel_refuse", "Cancellation refused by the PAC"),
    ("cancel_doubt", "No answer to the cancellation"),
    ("cancel_confirm", "Cancelled"),
    ("cancel_reject", "Cancellation rejected"),
    ("cancel_unsend", "The cancellation could not be sent"),
    ("cancel_ask", "Asked about the cancellation"),
    ("cancel_lapse", "The SAT has no such request"),
    ("cancel_order", "Cancellation ordered"),
    ("cancel_withdraw", "Cancellation withdrawn before it was sent"),
    ("sat", "Answer of the SAT"),
    ("entry", "Entry of the cancelled CFDI"),
]


class DocumentEvent(models.Model):
    _name = "l10n_mx_cfdi40.document.event"
    _description = "Event of a CFDI"
    _order = "id desc"
    _rec_name = "action"

    # Only a document that was never sealed can be deleted, and its events with it.
    document_id = fields.Many2one(
        "l10n_mx_cfdi40.document", required=True, ondelete="cascade", index=True, readonly=True)
    company_id = fields.Many2one("res.company", required=True, ondelete="restrict", readonly=True)
    user_id = fields.Many2one("res.users", readonly=True)
    create_date = fields.Datetime("When", readonly=True)
    action = fields.Selection(ACTIONS, "Event", required=True, readonly=True)
    state_from = fields.Selection(STATES, "Before", readonly=True)
    state_to = fields.Selection(STATES, "After", readonly=True)
    attempt = fields.Integer(readonly=True)
    code = fields.Char("Answer", readonly=True)
    message = fields.Text(readonly=True)
    xml = fields.Binary(
        "XML", attachment=False, readonly=True,
        help="A stamp that could not be taken over, kept so that nothing the PAC says is lost.")

    def write(self, vals):  # pylint: disable=method-required-super
        raise UserError(self.env._("The history of a CFDI is never changed."))

    @api.ondelete(at_uninstall=False)
    def _unlink_with_draft(self):
        if any(event.document_id.state != "draft" for event in self):
            raise UserError(self.env._("The history of a CFDI is never changed."))
