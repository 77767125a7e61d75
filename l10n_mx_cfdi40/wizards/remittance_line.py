"""A row of a customer's remittance: the invoice that it means, what is owed of it, and what is wrong."""
from odoo import api, fields, models

#: How far the rate that a customer and a company agree on may be from the day's before it looks like a slip.
RATE_MARGIN = 0.1


class RemittanceLine(models.TransientModel):
    _name = "l10n_mx_cfdi40.remittance.line"
    _description = "Row of a customer's remittance"
    _inherit = ["l10n_mx_cfdi40.shown.record"]
    _order = "row, id"

    wizard_id = fields.Many2one("l10n_mx_cfdi40.remittance.wizard", required=True, ondelete="cascade")
    row = fields.Integer(readonly=True, default=1_000_000)
    reference = fields.Char("As Written", readonly=True)
    move_id = fields.Many2one("account.move", "Invoice", ondelete="cascade")
    partner_id = fields.Many2one(related="move_id.commercial_partner_id", string="Customer")
    move_currency_id = fields.Many2one(related="move_id.currency_id", string="Invoice Currency")
    residual = fields.Monetary(related="move_id.amount_residual", currency_field="move_currency_id", string="Owed")
    currency_id = fields.Many2one(related="wizard_id.currency_id")
    amount = fields.Monetary(help="Money for this invoice.")
    is_foreign = fields.Boolean(compute="_compute_is_foreign")
    covered = fields.Monetary(
        "Paid of the Invoice", currency_field="move_currency_id", compute="_compute_covered", store=True,
        readonly=False,
        help="What the money pays of an invoice in another currency, at the rate of the deposit's day. Correct it if "
        "the customer and you agreed on another rate.")
    difference = fields.Monetary(
        compute="_compute_problem", currency_field="move_currency_id", help="What stays owed of the invoice.")
    note = fields.Text(readonly=True, help="What could not be read, or not found.")
    problem = fields.Text(compute="_compute_problem")
    is_too_much = fields.Boolean(compute="_compute_problem")

    @api.depends("move_id.currency_id", "wizard_id.currency_id")
    def _compute_is_foreign(self):
        for line in self:
            line.is_foreign = bool(line.move_id) and line.move_currency_id != line.currency_id

    @api.depends("move_id", "amount")
    def _compute_covered(self):
        for line in self:
            line.covered = min(line._converted(line.amount), line.residual) if line.is_foreign else line.amount

    def _converted(self, amount, back=False):
        """An amount of money in the invoice's currency, at the rate of the day of the money; `back`: the other way."""
        currencies = self.currency_id, self.move_currency_id
        source, target = reversed(currencies) if back else currencies
        return source._convert(amount, target, self.wizard_id.company_id, self.wizard_id.statement_line_id.date)

    @api.onchange("move_id")
    def _onchange_move_id(self):
        if self.move_id and not self.amount:
            self.amount = self._owed()

    def _owed(self):
        """What is owed of the invoice, in the currency of the money."""
        return self._converted(self.residual, back=True) if self.is_foreign else self.residual

    @api.depends(
        "move_id.amount_residual", "move_id.l10n_mx_cfdi40_is_substituted", "amount", "covered", "note",
        "wizard_id.currency_id", "wizard_id.account_id", "wizard_id.line_ids.move_id")
    def _compute_problem(self):
        for wizard, lines in self.grouped("wizard_id").items():
            first = {}
            for line in wizard.line_ids:
                first.setdefault(line.move_id, line)
            for line in lines:
                line.difference = line.residual - line.covered if line.move_id else 0.0
                line.is_too_much = bool(line.move_id) and not line.is_foreign and line.difference < 0 < line.residual
                repeated = first.get(line.move_id, line) != line
                line.problem = (
                    line._problem_of_substituted() or line._problem_of_invoice(repeated) or line._problem_of_amount()
                    or False)

    def _problem_of_substituted(self):
        move = self.move_id.sudo()
        return self.env._(
            "%s replaces it: the payment belongs to that one.",
            ", ".join(move.l10n_mx_cfdi40_document_id.replacement_ids.mapped("display_name")),
        ) if move.l10n_mx_cfdi40_is_substituted else None

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
        if move.currency_id != wizard.currency_id and not wizard.statement_line_id:
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
        if self.is_foreign:
            return self._problem_of_covered()
        if self.currency_id.compare_amounts(self.amount, self.residual) > 0:
            return self.env._(
                "%s more than is owed.", self.currency_id.format(self.amount - self.residual))
        return None

    def _problem_of_covered(self):
        """What is wrong with what the money pays of an invoice in another currency."""
        if not 0 < self.move_currency_id.round(self.covered) <= self.residual:
            return self.env._(
                "What is paid of the invoice is more than zero and no more than is owed, %s.",
                self.move_currency_id.format(self.residual))
        agreed = self._converted(self.amount) / self.covered
        if not 1 - RATE_MARGIN < agreed < 1 + RATE_MARGIN:
            return self.env._(
                "At the rate of the day, %(amount)s are %(converted)s of the invoice: correct one of the two amounts.",
                amount=self.currency_id.format(self.amount),
                converted=self.move_currency_id.format(self._converted(self.amount)))
        return None

    def action_limit(self):
        """Pay no more than is owed; the rest stays on the money."""
        for line in self:
            line.amount = min(line.amount, line.residual)
        return self.wizard_id._action()
