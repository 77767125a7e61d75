"""“The customer asks for a change”: what is wrong with a stamped invoice, and the lightest thing that puts it right.

It decides nothing by itself: it says what will happen, why, who has to accept and until when; the button then opens the
window, or makes the drafts, in which that is done. Nothing is sent to anybody from here.
"""
from odoo import Command, api, fields, models
from odoo.exceptions import UserError

from ..models.document_states import IN_FORCE

CHANGES = [
    ("mail", "It did not arrive, or went to another mail address"),
    ("notes", "An addenda, an order number or a note: nothing fiscal"),
    ("receiver", "Name, ZIP or tax regime were wrong when it was issued"),
    ("use", "CFDI use"),
    ("payment", "Payment form, or payment policy (PUE, PPD)"),
    ("price", "Price, quantity or description"),
    ("rfc", "The RFC: it was issued to somebody else"),
    ("moved", "Their data changed afterwards (moved, new name, new regime)"),
    ("return", "They return goods"),
    ("discount", "A discount or bonus given afterwards"),
    ("never", "The sale did not take place"),
    ("twice", "It was invoiced twice"),
]
TOTALS = [
    ("lower", "The total goes down"),
    ("higher", "The total goes up"),
    ("same", "The total stays as it is"),
]


class ChangeWizard(models.TransientModel):
    _name = "l10n_mx_cfdi40.change.wizard"
    _description = "The customer asks for a change"
    _inherit = ["l10n_mx_cfdi40.shown.record"]
    _shown_fields = ("move_ids", "partner_id")

    move_ids = fields.Many2many("account.move", string="Invoices", readonly=True)
    move_id = fields.Many2one("account.move", "Invoice", compute="_compute_moves")
    customer_id = fields.Many2one("res.partner", compute="_compute_moves")
    currency_id = fields.Many2one(related="move_id.currency_id")
    amount_total = fields.Monetary(related="move_id.amount_total", string="Total")
    uuid = fields.Char(related="move_id.l10n_mx_cfdi40_uuid")
    count = fields.Integer("Number of invoices", compute="_compute_moves")
    is_paid = fields.Boolean(compute="_compute_moves", help="Something of them was paid.")
    left_out = fields.Text(readonly=True)

    change = fields.Selection(CHANGES, "What is wrong?")
    total_goes = fields.Selection(TOTALS, "What becomes of the total?")
    partner_id = fields.Many2one(
        "res.partner", "The right customer", domain="[('id', '!=', customer_id), ('parent_id', '=', False)]",
        help="Whom the invoice should have been issued to.")

    kind = fields.Char(compute="_compute_answer", help="What the button does; empty: there is nothing to do.")
    answer = fields.Html(compute="_compute_answer", sanitize=False)

    @api.depends("move_ids")
    def _compute_moves(self):
        for wizard in self:
            moves = wizard._moves()
            wizard.count = len(moves)
            wizard.move_id = moves if len(moves) == 1 else False
            wizard.customer_id = moves.commercial_partner_id if len(moves.commercial_partner_id) == 1 else False
            wizard.is_paid = any(move._l10n_mx_cfdi40_has_payments() for move in moves.sudo())

    @api.depends("move_ids", "change", "total_goes", "partner_id")
    def _compute_answer(self):
        for wizard in self:
            answer = wizard._answer() if wizard.change and wizard._moves() else None
            wizard.kind = answer.kind if answer else False
            wizard.answer = wizard._answer_html(answer) if answer else False

    # -- opening -------------------------------------------------------------------------------------------------------

    @api.model
    def _open(self, moves):
        """The window that asks what is wrong with these invoices.

        :raises AccessError: the user is no billing user
        :raises UserError: none of them has a CFDI in force
        """
        moves._l10n_mx_cfdi40_check_user()
        stamped = moves.filtered(lambda move: move.l10n_mx_cfdi40_state in IN_FORCE)
        others = moves - stamped
        if not stamped:
            raise UserError("\n".join(move._l10n_mx_cfdi40_no_change_text() for move in others[:5]) or self.env._(
                "Choose at least one stamped invoice."))
        wizard = self.create({
            "move_ids": [Command.set(stamped.ids)],
            "left_out": "\n".join(move._l10n_mx_cfdi40_no_change_text() for move in others[:5]),
        })
        return wizard._action()

    def _action(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("The customer asks for a change"),
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
            "target": "new",
        }

    @api.model
    def _back(self):
        """The window that something was opened from to be mended, as things stand now; None if there is none."""
        wizard = self.browse(self.env.context.get("l10n_mx_cfdi40_change_wizard") or 0).exists()
        return wizard._action() if wizard else None

    # -- buttons -------------------------------------------------------------------------------------------------------

    def action_confirm(self):
        """Do what the answer says, as things stand by now."""
        self.ensure_one()
        self.move_ids._l10n_mx_cfdi40_check_user()
        self.invalidate_recordset(["kind", "answer"])
        if not self.kind:
            raise UserError(self.env._("There is nothing to do here: read what is said above."))
        return getattr(self, f"_do_{self.kind}")()

    def action_partner(self):
        """Open the customer's fiscal data, and come back here."""
        self.ensure_one()
        if not self.customer_id:
            raise UserError(self.env._("These invoices are of several customers: open each from its invoice."))
        return {
            **self.customer_id._l10n_mx_cfdi40_fiscal_action(),
            "context": {"l10n_mx_cfdi40_change_wizard": self.id},
        }

    def _do_send(self):
        return self.move_ids.action_send_and_print()

    def _do_correct(self):
        return self.move_ids._l10n_mx_cfdi40_correct()._get_records_action(name=self.env._("Drafts that replace"))

    def _do_note(self):
        """The credit note's own window, with the relation that this case asks for."""
        relation = "03" if self.change == "return" else "01"
        return {
            **self.move_ids.action_reverse(),
            "context": {
                "active_model": "account.move", "active_ids": self.move_ids.ids, "active_id": self.move_ids[:1].id,
                "default_l10n_mx_cfdi40_tipo_relacion": relation},
        }

    def _do_other(self):
        """New invoices for the right customer, and the cancellation (02) of those of the wrong one."""
        drafts = self.move_ids._l10n_mx_cfdi40_copy_for(self.partner_id)
        for move in self.move_ids:
            self.env["l10n_mx_cfdi40.cancellation"]._order_for(move.l10n_mx_cfdi40_document_id, "02")
        return drafts._get_records_action(name=self.env._("Drafts for the right customer"))

    def _do_cancel(self):
        documents = self.move_ids.l10n_mx_cfdi40_document_id
        action = self.env["l10n_mx_cfdi40.cancel.wizard"]._open(documents)
        window = self.env["l10n_mx_cfdi40.cancel.wizard"].browse(action["res_id"])
        window.motivo = "02" if self.change == "twice" else "03"
        return action


class AccountMove(models.Model):
    _inherit = "account.move"

    def action_l10n_mx_cfdi40_change(self):
        """Open “The customer asks for a change” for one or many invoices."""
        return self.env["l10n_mx_cfdi40.change.wizard"]._open(self)

    def _l10n_mx_cfdi40_has_payments(self):
        """Whether money met this invoice, or a complement says so."""
        return bool(
            self._l10n_mx_cfdi40_payers() or self.matched_payment_ids
            or any(row.live for row in self.l10n_mx_cfdi40_instalment_ids))

    def _l10n_mx_cfdi40_no_change_text(self):
        """Why there is nothing to ask about this invoice, and what to do instead."""
        self.ensure_one()
        name, state = self.display_name, self.l10n_mx_cfdi40_state
        if not self._l10n_mx_cfdi40_is_applicable():
            return self.env._("%s becomes no CFDI: correct it as any other entry.", name)
        if state == "cancelled" or self.state == "cancel":
            return self.env._("%s is cancelled: there is nothing left to correct. Issue a new invoice.", name)
        if state in ("cancel_in_flight", "cancel_in_doubt"):
            return self.env._("The cancellation of %s is being asked for: wait for its answer.", name)
        if state in ("in_flight", "in_doubt"):
            return self.env._("%s is being stamped: wait until it is known whether it was.", name)
        return self.env._("%s is not stamped yet: correct the invoice itself, nobody has its CFDI.", name)

    def _l10n_mx_cfdi40_copy_for(self, partner):
        """Drafts of today of these invoices, for another customer and related to nothing.

        No relation 04: a substitute keeps the receptor, and what was issued to somebody else is not replaced.
        """
        result = self.browse()
        for move in self:
            draft = move.sudo().copy({
                **move._l10n_mx_cfdi40_copy_vals(), "partner_id": partner.id, "partner_shipping_id": partner.id,
                # Proposed anew, as his regime admits.
                "l10n_mx_cfdi40_uso_id": False,
            })
            draft._compute_l10n_mx_cfdi40_proposed()
            draft.message_post(body=self.env._(
                "For the right customer: %(invoice)s was issued to %(wrong)s.", invoice=move._get_html_link(),
                wrong=move.commercial_partner_id.display_name))
            move.message_post(body=self.env._(
                "It was issued to somebody else: %(draft)s is for %(partner)s, and the cancellation of this CFDI (02)"
                " is ordered.", draft=draft._get_html_link(), partner=partner.display_name))
            result |= draft.sudo(self.env.su)
        return result


class ResPartner(models.Model):
    _inherit = "res.partner"

    def action_l10n_mx_cfdi40_mended(self):
        # EXTENDS 'l10n_mx_cfdi40'
        return self.env["l10n_mx_cfdi40.change.wizard"]._back() or super().action_l10n_mx_cfdi40_mended()
