"""“Accept” and “Reject”: what the answer leads to, for each request, before anything is sent."""
from odoo import api, fields, models

from ..models.received_request import ANSWERS


class ReceivedWizard(models.TransientModel):
    _name = "l10n_mx_cfdi40.received.wizard"
    _description = "Answer to cancellations that vendors ask for"
    _inherit = ["l10n_mx_cfdi40.shown.record"]

    _shown_fields = ("request_ids",)

    request_ids = fields.Many2many(
        "l10n_mx_cfdi40.received.request", "l10n_mx_cfdi40_received_wizard_rel", string="Requests", readonly=True)
    answer = fields.Selection(ANSWERS, required=True, default="accept")
    note = fields.Text(help="For your records: the SAT does not get it.")
    count = fields.Integer(compute="_compute_effect")
    effect = fields.Text(compute="_compute_effect", string="What follows")
    warning = fields.Text(compute="_compute_effect")

    @api.depends("request_ids", "answer")
    def _compute_effect(self):
        for wizard in self:
            rows = wizard.request_ids
            wizard.count = len(rows)
            wizard.effect = "\n\n".join(wizard._effects_of(rows))
            unknown = rows.filtered(lambda row: not row.bill_id)
            wizard.warning = wizard.answer == "accept" and len(rows) > 1 and unknown and self.env._(
                "No bill carries the folio fiscal of %(count)s of them: %(uuids)s.", count=len(unknown),
                uuids=", ".join(unknown[:5].mapped("uuid")) + ("…" if len(unknown) > 5 else ""))

    def _effects_of(self, rows):
        """Texts, each with the requests that it is true of."""
        by_text = {}
        for row in rows:
            text = row.effect_accept if self.answer == "accept" else row.effect_reject
            by_text.setdefault(text, []).append(row.bill_id.display_name or row.vendor or row.uuid)
        if len(rows) == 1:
            return list(by_text)
        return [f"{', '.join(names)}:\n{text}" for text, names in by_text.items()]

    def action_confirm(self):
        """Sign the answers and send them to the SAT."""
        self.ensure_one()
        self.request_ids._order_answer(self.answer, self.note)
        return {"type": "ir.actions.act_window_close"}
