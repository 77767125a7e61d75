"""A row of a customer's remittance: the invoice that it means, what is owed of it, and what is wrong."""
from odoo import api, fields, models


class RemittanceLine(models.TransientModel):
    _name = "l10n_mx_cfdi40.remittance.line"
    _description = "Row of a customer's remittance"
    _order = "row, id"

    wizard_id = fields.Many2one("l10n_mx_cfdi40.remittance.wizard", required=True, ondelete="cascade")
    row = fields.Integer(readonly=True, default=1_000_000)
    reference = fields.Char("As Written", readonly=True)
    move_id = fields.Many2one("account.move", "Invoice", ondelete="cascade")
    partner_id = fields.Many2one(related="move_id.commercial_partner_id", string="Customer")
    move_currency_id = fields.Many2one(related="move_id.currency_id", string="Invoice Currency")
    residual = fields.Monetary(related="move_id.amount_residual", currency_field="move_currency_id", string="Owed")
    currency_id = fields.Many2one(related="wizard_id.currency_id")
    amount = fields.Monetary(help="What is paid of this invoice.")
    difference = fields.Monetary(compute="_compute_problem", help="What stays owed of the invoice.")
    note = fields.Text(readonly=True, help="What could not be read, or not found.")
    problem = fields.Text(compute="_compute_problem")
    is_too_much = fields.Boolean(compute="_compute_problem")

    # What is shown of an invoice here is read with sudo: nobody chooses one that he may not read anyway. Not a
    # constraint: those are checked with sudo too.

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines.move_id.check_access("read")
        return lines

    def write(self, vals):
        result = super().write(vals)
        if "move_id" in vals:
            self.move_id.check_access("read")
        return result

    @api.onchange("move_id")
    def _onchange_move_id(self):
        if self.move_id and not self.amount:
            self.amount = self.residual

    @api.depends(
        "move_id.amount_residual", "amount", "note", "wizard_id.currency_id", "wizard_id.account_id",
        "wizard_id.line_ids.move_id")
    def _compute_problem(self):
        for wizard, lines in self.grouped("wizard_id").items():
            first = {}
            for line in wizard.line_ids:
                first.setdefault(line.move_id, line)
            for line in lines:
                line.difference = line.residual - line.amount if line.move_id else 0.0
                line.is_too_much = bool(line.move_id) and line.difference < 0 < line.residual
                repeated = first.get(line.move_id, line) != line
                line.problem = line._problem_of_invoice(repeated) or line._problem_of_amount() or False

    def _problem_of_invoice(self, repeated):
        """Why no money of the wizard can meet this invoice; None if it can."""
        move, wizard = self.move_id.sudo(), self.wizard_id
        if not move:
            return self.note or self.env._("Choose the invoice.")
        if move.move_type != "out_invoice" or move.state != "posted":
            return self.env._("It is not a posted customer invoice.")
        if wizard.company_id not in move.company_id.parent_ids:
            return self.env._("It is an invoice of another company: %s.", move.company_id.display_name)
        if move.currency_id.compare_amounts(move.amount_residual, 0) <= 0:
            return self.env._("It is paid already.")
        if move.currency_id != wizard.currency_id:
            return self.env._(
                "The invoice is in %(invoice)s and the money in %(money)s: register this payment from the invoice.",
                invoice=move.currency_id.name, money=wizard.currency_id.name)
        if wizard.account_id and wizard.account_id not in move._l10n_mx_cfdi40_owed_lines().account_id:
            return self.env._("The invoice is in another receivable account than the payment.")
        if repeated:
            return self.env._("Repeated: this invoice is in a row above already.")
        return None

    def _problem_of_amount(self):
        if self.currency_id.compare_amounts(self.amount, 0) <= 0:
            return self.note or self.env._("Type the amount that is paid.")
        if self.currency_id.compare_amounts(self.amount, self.residual) > 0:
            return self.env._(
                "%s more than is owed.", self.currency_id.format(self.amount - self.residual))
        return None

    def action_limit(self):
        """Pay no more than is owed; the rest stays on the money."""
        for line in self:
            line.amount = min(line.amount, line.residual)
        return self.wizard_id._action()
