"""“Customer's remittance”: one transfer pays many invoices, and the customer says how much of each.

What he sends is pasted or uploaded and read; every row shows its invoice, what is owed and what is wrong. A person
corrects it, and then exactly those amounts meet those invoices. The money is a deposit in the bank, a payment with
money left, or a payment that is being registered. Amounts are in the currency of the money. An invoice in another one
is taken by a deposit only, where a person sees how much of it the money pays, and may correct that.
"""
import base64
import binascii
from dataclasses import replace

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..cfdi import remesa
from ..cfdi.errors import RemesaError
from .remittance_file import read_file

_SOURCES = ("statement_line_id", "payment_id", "register_id")


class RemittanceWizard(models.TransientModel):
    _name = "l10n_mx_cfdi40.remittance.wizard"
    _description = "Apply a customer's remittance"
    _inherit = ["l10n_mx_cfdi40.shown.record"]
    _shown_fields = _SOURCES

    statement_line_id = fields.Many2one("account.bank.statement.line", "Deposit", readonly=True, ondelete="cascade")
    payment_id = fields.Many2one("account.payment", readonly=True, ondelete="cascade")
    register_id = fields.Many2one("account.payment.register", readonly=True, ondelete="cascade")
    company_id = fields.Many2one("res.company", compute="_compute_source")
    currency_id = fields.Many2one("res.currency", compute="_compute_source")
    partner_id = fields.Many2one("res.partner", "Paid by", compute="_compute_source")
    account_id = fields.Many2one("account.account", compute="_compute_source")

    text = fields.Text("Remittance")
    file = fields.Binary("Or a file", attachment=False)
    file_name = fields.Char()

    line_ids = fields.One2many("l10n_mx_cfdi40.remittance.line", "wizard_id", "Invoices")
    is_read = fields.Boolean()
    money = fields.Monetary("Money Received", compute="_compute_money", store=True, readonly=False)
    remitted = fields.Monetary("Remittance Total", compute="_compute_totals", help="Sum of all its rows.")
    applied = fields.Monetary("To Apply", compute="_compute_totals", help="Sum of the rows without a problem.")
    left = fields.Monetary("Left Over", compute="_compute_totals", help="Money that stays on no invoice.")
    ready_count = fields.Integer(compute="_compute_totals")
    problem_count = fields.Integer(compute="_compute_totals")
    customers = fields.Char(compute="_compute_customers")
    has_foreign = fields.Boolean(compute="_compute_totals")

    # -- the money -----------------------------------------------------------------------------------------------------

    def _source(self):
        self.ensure_one()
        return self.statement_line_id or self.payment_id or self.register_id

    @api.depends(*_SOURCES)
    def _compute_source(self):
        for wizard in self:
            source = wizard._source().sudo()
            wizard.company_id = source.company_id
            wizard.partner_id = source.partner_id
            wizard.currency_id = (
                source.l10n_mx_cfdi40_money_currency_id if wizard.statement_line_id else source.currency_id)
            # A deposit gets a line of the invoice's own account; a payment has its account already.
            wizard.account_id = (
                source._l10n_mx_cfdi40_unapplied_lines().account_id[:1] if wizard.payment_id
                else source.line_ids.account_id[:1] if wizard.register_id else False)

    @api.depends(*_SOURCES)
    def _compute_money(self):
        for wizard in self:
            wizard.money = wizard._money_there()

    def _money_there(self):
        """What may be applied, in the currency of the money; of a payment still to be registered, what a person typed
        there, if anything."""
        source = self._source().sudo()
        return source.custom_user_amount if source == self.register_id else source.l10n_mx_cfdi40_unapplied

    @api.depends("line_ids.amount", "line_ids.problem", "line_ids.is_foreign", "money")
    def _compute_totals(self):
        for wizard in self:
            ready = wizard.line_ids.filtered(lambda line: not line.problem)
            wizard.remitted = sum(wizard.line_ids.mapped("amount"))
            wizard.applied = sum(ready.mapped("amount"))
            wizard.left = wizard.money - wizard.applied
            wizard.ready_count = len(ready)
            wizard.problem_count = len(wizard.line_ids) - len(ready)
            wizard.has_foreign = any(line.is_foreign for line in wizard.line_ids)

    @api.depends("line_ids.move_id", "partner_id")
    def _compute_customers(self):
        """Names of the invoices' customers, where they are not just who paid."""
        for wizard in self:
            partners = wizard.line_ids.move_id.sudo().commercial_partner_id
            others = partners - wizard.partner_id.sudo().commercial_partner_id
            wizard.customers = ", ".join(partners.mapped("display_name")) if (
                len(partners) > 1 or (wizard.partner_id and others)) else False

    # -- opening and reading -------------------------------------------------------------------------------------------

    @api.model
    def _open(self, **vals):
        """The action that shows the remittance for a source of money; it is read at once if its text is given.

        :raises UserError: there is no money left to apply, or the text cannot be read
        """
        wizard = self.create(vals)
        if not wizard.register_id and wizard.currency_id.compare_amounts(wizard.money, 0) <= 0:
            raise UserError(self.env._("There is no money left to apply: all of it is on invoices already."))
        return wizard.action_read() if wizard.text or wizard.file else wizard._action()

    def _action(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Customer's Remittance"),
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
            "target": "new",
            "context": {"dialog_size": "extra-large"},
        }

    def action_read(self):
        """Read the text and the file and look for the invoices."""
        self.ensure_one()
        rows = self._rows()
        found = self.env["account.move"]._l10n_mx_cfdi40_find(rows, self.company_id, self.partner_id)
        # Before the old rows go: deleting forgets what was just read of the invoices.
        lines = [{"wizard_id": self.id, "row": number, **self._line_vals(row, found[number])}
                 for number, row in enumerate(rows, start=1)]
        self.line_ids.unlink()
        self.env["l10n_mx_cfdi40.remittance.line"].create(lines)
        self.is_read = True
        if self.register_id and not self.money:
            # The transfer is what it says that it pays, until somebody says another amount.
            self.money = self.remitted
        return self._action()

    def _rows(self):
        """Rows of the text and of the file, numbered through."""
        content = self.with_context(bin_size=False).file
        if not content and not (self.text or "").strip():
            raise UserError(self.env._("Paste the customer's remittance, or choose its file."))
        try:
            rows = remesa.leer(self.text) if (self.text or "").strip() else []
            rows += read_file(self.env, base64.b64decode(content)) if content else []
        except RemesaError as error:
            raise UserError(str(error)) from error
        except binascii.Error as error:
            raise UserError(self.env._("The file did not arrive whole: choose it again.")) from error
        return [replace(row, linea=number) for number, row in enumerate(rows, start=1)]

    def _line_vals(self, row, moves):
        """What a row says; of a row that only names the invoice, the whole of what is owed."""
        move = moves if len(moves) == 1 else moves.browse()
        amount = float(row.importe or 0)
        whole = row.importe is None and move and not row.problema
        if whole and move.currency_id == self.currency_id:
            amount = move.amount_residual
        elif whole and self.statement_line_id:
            amount = move.currency_id._convert(
                move.amount_residual, self.currency_id, self.company_id, self.statement_line_id.date)
        note = row.problema
        foreign = self.statement_line_id and move and move.currency_id != self.currency_id
        if foreign and row.importe is not None and move.currency_id.compare_amounts(amount, move.amount_residual) <= 0:
            # It may be an amount in either currency: nobody guesses which.
            amount = 0.0
            note = note or self.env._(
                "The invoice is in %(invoice)s: type how much of the money, in %(money)s, is for it.",
                invoice=move.currency_id.name, money=self.currency_id.name)
        if not note and len(moves) > 1:
            note = self.env._(
                "It may be any of these: %s. Choose one.", ", ".join(moves.sorted("id").mapped("display_name")))
        return {
            "reference": row.referencia,
            "move_id": move.id,
            "amount": self.currency_id.round(amount),
            "note": note or (not move and self.env._("No posted invoice of the company has this folio or UUID.")),
        }

    def action_back(self):
        """Show the text again, to correct it."""
        self.ensure_one()
        self.line_ids.unlink()
        self.is_read = False
        if self.register_id:
            self.money = self._money_there()
        return self._action()

    # -- applying ------------------------------------------------------------------------------------------------------

    def action_apply(self):
        """Apply the rows without a problem, each amount to its invoice; what is left stays open on the money.

        :raises UserError: no row can be applied, or they are more than the money
        """
        self.ensure_one()
        ready = self.line_ids.filtered(lambda line: not line.problem)
        if not ready:
            raise UserError(self.env._("No row can be applied yet: correct what is said beside each."))
        money = self.money if self.register_id else self._money_there()
        applied = self.currency_id.round(sum(ready.mapped("amount")))
        if self.currency_id.compare_amounts(applied, money) > 0:
            raise UserError(self.env._(
                "%(applied)s would be applied, but there is only %(money)s. Correct the amounts.",
                applied=self.currency_id.format(applied), money=self.currency_id.format(money)))
        amounts = {line.move_id: line.amount for line in ready}
        if self.register_id:
            return self.register_id._l10n_mx_cfdi40_pay(amounts, money)
        if self.statement_line_id:
            foreign = {line.move_id: line.covered for line in ready if line.is_foreign}
            self.statement_line_id._l10n_mx_cfdi40_apply(amounts, foreign)
        else:
            self.payment_id._l10n_mx_cfdi40_apply(amounts)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "title": self.env._("Remittance applied"),
                "message": self.env._(
                    "%(applied)s on %(count)s invoices; %(left)s left over.",
                    applied=self.currency_id.format(applied), count=len(amounts),
                    left=self.currency_id.format(money - applied)),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }
