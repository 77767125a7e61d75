"""What an invoice, and an entry that carries money, knows of payment complements."""
from odoo import api, fields, models
from odoo.tools.sql import column_exists, create_column

from .document_states import IN_FORCE

#: What a complement says of money that no payment describes.
_SAID = frozenset({"l10n_mx_cfdi40_forma_pago_id", "l10n_mx_cfdi40_hora", "l10n_mx_cfdi40_num_operacion"})


class AccountMove(models.Model):
    _inherit = "account.move"

    l10n_mx_cfdi40_receipt_ids = fields.One2many(
        "l10n_mx_cfdi40.receipt", "money_move_id", "Complements of this money", readonly=True, copy=False)
    l10n_mx_cfdi40_instalment_ids = fields.One2many(
        "l10n_mx_cfdi40.instalment", "move_id", "Payment complements", readonly=True, copy=False)
    # Stored so that sealing a complement UPDATEs the rows of its invoices: of two that cover the same invoice at once,
    # the one with the older snapshot fails instead of taking the same number.
    l10n_mx_cfdi40_instalment_count = fields.Integer(
        compute="_compute_l10n_mx_cfdi40_instalment_count", store=True, copy=False, aggregator=None)
    l10n_mx_cfdi40_complement_count = fields.Integer(compute="_compute_l10n_mx_cfdi40_complement_count")

    def _auto_init(self):
        # Nothing to compute for the entries that are there when the addon is installed.
        if not column_exists(self.env.cr, self._table, "l10n_mx_cfdi40_instalment_count"):
            create_column(self.env.cr, self._table, "l10n_mx_cfdi40_instalment_count", "int4")
        return super()._auto_init()

    @api.depends("l10n_mx_cfdi40_instalment_ids.live")
    def _compute_l10n_mx_cfdi40_instalment_count(self):
        for move in self:
            move.l10n_mx_cfdi40_instalment_count = len(move.l10n_mx_cfdi40_instalment_ids.filtered("live"))

    @api.depends("l10n_mx_cfdi40_receipt_ids", "l10n_mx_cfdi40_instalment_ids")
    def _compute_l10n_mx_cfdi40_complement_count(self):
        for move in self:
            move.l10n_mx_cfdi40_complement_count = len(move._l10n_mx_cfdi40_complements())

    def _l10n_mx_cfdi40_complements(self):
        """Complements that say something of these invoices, or of the money of these entries."""
        moves = self.sudo()
        return moves.l10n_mx_cfdi40_instalment_ids.document_id | moves.l10n_mx_cfdi40_receipt_ids.document_id

    def _l10n_mx_cfdi40_due_receipts(self):
        """Payments of these invoices, or of these entries, that wait for their complement or lack their payment."""
        moves = self.sudo()
        invoices = moves.filtered(lambda move: move._l10n_mx_cfdi40_is_income())
        money = (moves - invoices) | (invoices._l10n_mx_cfdi40_payers() if invoices else moves.browse())
        receipts = money.l10n_mx_cfdi40_receipt_ids | moves.l10n_mx_cfdi40_instalment_ids.receipt_id
        return receipts.filtered(lambda receipt: receipt.state != "issued")

    def _l10n_mx_cfdi40_payment_data_changed(self):
        """The payment says something else: what waits says it too."""
        for move in self:
            receipts = move.l10n_mx_cfdi40_receipt_ids.filtered("is_open")
            if receipts:
                receipts.write(move._l10n_mx_cfdi40_payment_data())
                receipts._look_again()

    def write(self, vals):
        # EXTENDS 'account'
        result = super().write(vals)
        if not _SAID.isdisjoint(vals):
            self.sudo().filtered(lambda move: move.move_type == "entry")._l10n_mx_cfdi40_payment_data_changed()
        return result

    # -- buttons -------------------------------------------------------------------------------------------------------

    def action_l10n_mx_cfdi40_complements(self):
        """The complements of the invoice or payment: the one, or the list."""
        return self._l10n_mx_cfdi40_complements().sudo(False)._get_records_action(
            name=self.env._("Payment complements"), context={"create": False})

    def action_l10n_mx_cfdi40_complement(self):
        """Show the complement that this payment, or the payments of this invoice, owe, and issue it."""
        receipts = self._l10n_mx_cfdi40_due_receipts().filtered("is_open").sudo(False)
        receipts._check_billing()
        return self.env["l10n_mx_cfdi40.complement.wizard"]._open(receipts)

    # -- banners -------------------------------------------------------------------------------------------------------

    def _l10n_mx_cfdi40_money_reference(self):
        """By what a person knows this money again: the bank's words, or the memo of the payment."""
        return self.statement_line_id.payment_ref or self.ref

    def _get_alerts(self):
        # EXTENDS 'account'
        alerts = super()._get_alerts()
        if self.state == "posted":
            unstamped = self._l10n_mx_cfdi40_is_income() and self.l10n_mx_cfdi40_state not in IN_FORCE
            for receipt in self._l10n_mx_cfdi40_due_receipts():
                alerts[f"l10n_mx_cfdi40_receipt_{receipt.id}"] = {
                    "level": "info",
                    "message": self.env._(
                        "The payment complement of %s follows once this invoice is stamped.", receipt.money_name),
                } if unstamped and receipt.is_open else receipt._alert()
        return alerts

    @api.depends("l10n_mx_cfdi40_instalment_ids.state")
    def _compute_alerts(self):
        # EXTENDS 'account'
        return super()._compute_alerts()


class ComplementOfMoney(models.AbstractModel):
    """What a payment and a bank line show of the complements of their money."""

    _name = "l10n_mx_cfdi40.complement.money"
    _description = "Complements of a payment"

    l10n_mx_cfdi40_due_alerts = fields.Json(compute="_compute_l10n_mx_cfdi40_due")
    l10n_mx_cfdi40_due = fields.Boolean(compute="_compute_l10n_mx_cfdi40_due")

    @api.depends("move_id")
    def _compute_l10n_mx_cfdi40_due(self):
        for money in self:
            receipts = money.move_id._l10n_mx_cfdi40_due_receipts()
            money.l10n_mx_cfdi40_due = any(receipt.is_open for receipt in receipts)
            money.l10n_mx_cfdi40_due_alerts = {str(receipt.id): receipt._alert() for receipt in receipts} or False

    def action_l10n_mx_cfdi40_complements(self):
        """The complements of this money."""
        return self.move_id.action_l10n_mx_cfdi40_complements()

    def action_l10n_mx_cfdi40_complement(self):
        """Show the complement that this money owes, and issue it."""
        return self.move_id.action_l10n_mx_cfdi40_complement()


class BankStatementLine(models.Model):
    _name = "account.bank.statement.line"
    _inherit = ["account.bank.statement.line", "l10n_mx_cfdi40.complement.money"]


class AccountPayment(models.Model):
    _name = "account.payment"
    _inherit = ["account.payment", "l10n_mx_cfdi40.complement.money"]

    l10n_mx_cfdi40_complement_count = fields.Integer(related="move_id.l10n_mx_cfdi40_complement_count")

    def _compute_l10n_mx_cfdi40_locked(self):
        # EXTENDS 'l10n_mx_cfdi40': what a complement that lives says of a payment is corrected by replacing it
        result = super()._compute_l10n_mx_cfdi40_locked()
        for payment in self:
            if any(not receipt.is_open for receipt in payment.sudo().move_id.l10n_mx_cfdi40_receipt_ids):
                payment.l10n_mx_cfdi40_locked = True
        return result

    def write(self, vals):
        # EXTENDS 'account'
        result = super().write(vals)
        if any(name.startswith("l10n_mx_cfdi40_") for name in vals):
            self.sudo().move_id._l10n_mx_cfdi40_payment_data_changed()
        return result
