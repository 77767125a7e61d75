"""A customer's payment with money that is on no invoice yet, and the remittance that says where it goes."""
from odoo import api, fields, models
from odoo.exceptions import UserError


class AccountPayment(models.Model):
    _inherit = "account.payment"

    l10n_mx_cfdi40_unapplied = fields.Monetary(
        "Not Applied", compute="_compute_l10n_mx_cfdi40_unapplied", currency_field="currency_id",
        help="Money of this payment that is on no invoice yet.")

    @api.depends("payment_type", "partner_type", "move_id.state", "move_id.line_ids.amount_residual_currency")
    def _compute_l10n_mx_cfdi40_unapplied(self):
        for payment in self:
            payment.l10n_mx_cfdi40_unapplied = -sum(
                payment._l10n_mx_cfdi40_unapplied_lines().mapped("amount_residual_currency"))

    def _l10n_mx_cfdi40_unapplied_lines(self):
        """Receivable lines of the payment with money for invoices."""
        if self.payment_type != "inbound" or self.partner_type != "customer":
            return self.env["account.move.line"]
        return self.move_id.line_ids.filtered(
            lambda line: line.parent_state == "posted" and line.account_type == "asset_receivable"
            and not line.reconciled and line.amount_residual_currency < 0)

    def action_l10n_mx_cfdi40_remittance(self):
        """Open the customer's remittance for the money of this payment that is left."""
        self.ensure_one()
        return self.env["l10n_mx_cfdi40.remittance.wizard"]._open(payment_id=self.id)

    def _l10n_mx_cfdi40_apply(self, amounts):
        """Put so much of this payment on each invoice; the rest stays open on it.

        :param dict amounts: {invoice: amount}, in the currency of the payment, which is the invoices' too
        :raises UserError: it is more than the payment has left
        """
        self.ensure_one()
        self.check_access("write")
        if self.currency_id.compare_amounts(sum(amounts.values()), self.l10n_mx_cfdi40_unapplied) > 0:
            raise UserError(self.env._("There is not so much money left on this payment."))
        parts = {}
        for move, amount in amounts.items():
            parts.update(move._l10n_mx_cfdi40_allot(amount))
        self._l10n_mx_cfdi40_unapplied_lines()._l10n_mx_cfdi40_reconcile_exactly(parts)
