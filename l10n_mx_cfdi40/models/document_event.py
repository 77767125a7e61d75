"""History of each CFDI of the ledger: what was done, by whom, and what was answered. Only ever added to."""
from odoo import api, fields, models
from odoo.exceptions import UserError


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
    action = fields.Char(required=True, readonly=True)
    state_from = fields.Char(readonly=True)
    state_to = fields.Char(readonly=True)
    attempt = fields.Integer(readonly=True)
    code = fields.Char(readonly=True)
    message = fields.Text(readonly=True)
    xml = fields.Binary(
        attachment=False, readonly=True,
        help="An answer of the PAC that could not be taken over, kept so that nothing it says is lost.")

    def write(self, vals):
        raise UserError(self.env._("The history of a CFDI is never changed."))

    @api.ondelete(at_uninstall=False)
    def _unlink_with_draft(self):
        if any(event.document_id.state != "draft" for event in self):
            raise UserError(self.env._("The history of a CFDI is never changed."))
