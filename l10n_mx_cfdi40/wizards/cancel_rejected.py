"""The customer rejected the cancellation: mail him, ask again, or cancel the substitute, so that one CFDI is left."""
from odoo import api, fields, models
from odoo.exceptions import UserError


class CancelWizard(models.TransientModel):
    _inherit = "l10n_mx_cfdi40.cancel.wizard"

    rejected_id = fields.Many2one("l10n_mx_cfdi40.cancellation", compute="_compute_rejected")
    rejected_motivo = fields.Selection(related="rejected_id.motivo", string="Reason given")
    rejected_requested_at = fields.Datetime(related="rejected_id.requested_at", string="Asked for on")
    rejected_answered_at = fields.Datetime(related="rejected_id.answered_at", string="Rejected on")
    other_id = fields.Many2one("l10n_mx_cfdi40.document", "Substitute in force", compute="_compute_rejected")

    @api.depends("line_id.document_id.cancellation_ids.state")
    def _compute_rejected(self):
        for wizard in self:
            document = wizard.document_id
            row = document.cancellation_id
            wizard.rejected_id = row if row.state == "rejected" else False
            other = row._substitute() | document._possible_substitutes() if document else document
            wizard.other_id = other.sudo(False)._filtered_access("read").filtered(lambda one: one._is_in_force())[:1]

    def _check_rejected(self):
        self.ensure_one()
        self.document_id._check_billing()
        if self.document_id.state != "cancel_rejected":
            raise UserError(self.env._("The customer has not rejected this cancellation, or it moved on meanwhile."))

    def action_mail(self):
        """Ask the customer by mail to accept."""
        self._check_rejected()
        return self.document_id.action_mail_rejection()

    def action_ask_again(self):
        """Request the same again: same reason, same substitute."""
        self._check_rejected()
        row = self.rejected_id
        if not row.motivo:
            # It was asked for outside of Odoo: nobody knows why.
            return self.action_other_reason()
        self.write({
            "motivo": row.motivo, "is_rejected": False,
            "substitute_id": row._substitute().id if row.motivo == "01" else False,
            "substitute_uuid": row.substitute_uuid if row.motivo == "01" and not row._substitute() else False,
        })
        return self.action_confirm()

    def action_cancel_substitute(self):
        """Cancel the CFDI that was to replace this one: this one stays in force, and is collected again."""
        self._check_rejected()
        if not self.other_id:
            raise UserError(self.env._("No CFDI in force in Odoo replaces this one."))
        return self._open(self.other_id)

    def action_other_reason(self):
        """Ask again, but for another reason or with another substitute."""
        self._check_rejected()
        self.is_rejected = False
        return self._action()
