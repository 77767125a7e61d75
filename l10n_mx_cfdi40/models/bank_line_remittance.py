"""A deposit in the bank, and the invoices that it pays by the customer's remittance."""
from odoo import Command, api, fields, models
from odoo.exceptions import UserError


class AccountBankStatementLine(models.Model):
    _inherit = "account.bank.statement.line"

    l10n_mx_cfdi40_money_currency_id = fields.Many2one(
        "res.currency", "Currency of the Money", compute="_compute_l10n_mx_cfdi40_unapplied")
    l10n_mx_cfdi40_unapplied = fields.Monetary(
        "Not Applied", compute="_compute_l10n_mx_cfdi40_unapplied", currency_field="l10n_mx_cfdi40_money_currency_id",
        help="Money of this deposit that is on no invoice yet.")
    l10n_mx_cfdi40_has_applied = fields.Boolean(compute="_compute_l10n_mx_cfdi40_unapplied")
    l10n_mx_cfdi40_invoice_ids = fields.Many2many(
        "account.move", string="Invoices Paid", compute="_compute_l10n_mx_cfdi40_invoice_ids")

    @api.depends("amount", "move_id.line_ids.account_id", "move_id.line_ids.amount_currency")
    def _compute_l10n_mx_cfdi40_unapplied(self):
        for line in self:
            _liquidity, suspense, other = line._seek_for_lines()
            line.l10n_mx_cfdi40_money_currency_id = suspense.currency_id[:1] or line.currency_id
            line.l10n_mx_cfdi40_unapplied = -sum(suspense.mapped("amount_currency"))
            line.l10n_mx_cfdi40_has_applied = bool(other)

    @api.depends("move_id.line_ids.matched_debit_ids")
    def _compute_l10n_mx_cfdi40_invoice_ids(self):
        for line in self:
            line.l10n_mx_cfdi40_invoice_ids = line.move_id.line_ids.matched_debit_ids.debit_move_id.move_id.filtered(
                lambda move: move.is_invoice(include_receipts=True))

    def action_l10n_mx_cfdi40_remittance(self):
        """Open the customer's remittance for this deposit."""
        self.ensure_one()
        return self.env["l10n_mx_cfdi40.remittance.wizard"]._open(statement_line_id=self.id)

    def _l10n_mx_cfdi40_apply(self, amounts, foreign=None):
        """Put the money that is in suspense on invoices, one line for each, and leave the rest in suspense.

        :param dict amounts: {invoice: amount}, in the currency of the suspense line
        :param dict foreign: {invoice: what is paid of it, in its own currency} of those in another currency
        :raises UserError: it is more than is in suspense
        """
        self.ensure_one()
        self.move_id.check_access("write")
        suspense = self._seek_for_lines()[1]
        currency = suspense.currency_id
        rows = [row for move, amount in amounts.items()
                for row in self._l10n_mx_cfdi40_rows(move, amount, (foreign or {}).get(move))]
        left = -suspense.amount_currency - sum(amount for _lines, amount, _covered in rows)
        if len(suspense) != 1 or currency.compare_amounts(left, 0) < 0:
            raise UserError(self.env._("There is not so much money left on this deposit."))
        credits = self._l10n_mx_cfdi40_replace(suspense, rows, currency.round(left))
        self.env["account.move.line"]._reconcile_plan([
            credit + lines for credit, (lines, _amount, _covered) in zip(credits, rows, strict=True)])

    def _l10n_mx_cfdi40_rows(self, move, amount, covered):
        """[(open lines of the invoice, amount, what it pays in the invoice's own currency if that is another)]: one, as
        all have one account unless somebody changed it by hand."""
        if covered is not None:
            parts = move._l10n_mx_cfdi40_allot(covered)
            # The money is one amount: it goes with the first line's account, which is that of all.
            return [(self.env["account.move.line"].concat(*parts), amount, sum(parts.values()))]
        parts = move._l10n_mx_cfdi40_allot(amount)
        lines = self.env["account.move.line"].concat(*parts)
        return [(some, sum(parts[line] for line in some), None) for some in lines.grouped("account_id").values()]

    def _l10n_mx_cfdi40_replace(self, suspense, rows, left):
        """Write the receivable lines, one for each row, instead of as much of the suspense line; they are returned."""
        values, taken = [], 0.0
        for lines, amount, covered in rows:
            balance = suspense.company_currency_id.round(suspense.balance * amount / -suspense.amount_currency)
            taken += balance
            values.append({
                "name": f"{lines.move_id.name} · {self.payment_ref or ''}".rstrip(" ·"),
                "account_id": lines.account_id[:1].id,
                "partner_id": lines.partner_id.id,
                "currency_id": (suspense if covered is None else lines).currency_id.id,
                "amount_currency": -(amount if covered is None else covered),
                "balance": balance,
            })
        rest = suspense.company_currency_id.round(suspense.balance - taken)
        if not left:
            # Nothing stays in suspense, so the last takes the cents of rounding. Its line is the suspense line itself.
            values[-1]["balance"] += rest
            commands = [Command.update(suspense.id, values[-1]), *map(Command.create, values[:-1])]
        else:
            commands = [
                Command.update(suspense.id, {"amount_currency": -left, "balance": rest}), *map(Command.create, values)]
        before = self.move_id.line_ids
        # Nothing of the deposit itself changes: who may invoice may not touch it.
        self.move_id.with_context(
            skip_readonly_check=True, skip_account_move_synchronization=True,
        ).write({"line_ids": commands})
        credits = list((self.move_id.line_ids - before).sorted("id"))
        return credits if left else [*credits, suspense]
