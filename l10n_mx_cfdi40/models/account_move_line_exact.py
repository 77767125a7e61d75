"""Reconciling exact amounts: so much of this money for each invoice, whatever order Odoo would take them in."""
from odoo import api, models
from odoo.tools import frozendict

#: Context key: {id of an invoice's line: what may be reconciled of it, in its currency}.
EXACT = "l10n_mx_cfdi40_exact"


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    def _l10n_mx_cfdi40_reconcile_exactly(self, parts):
        """Reconcile these lines, which are money, with lines of invoices of the same account and currency.

        :param dict parts: {invoice's line: amount, in its currency}
        """
        exact = frozendict({line.id: amount for line, amount in parts.items()})
        self.with_context(**{EXACT: exact})._reconcile_plan([self + line for line in parts])

    @api.model
    def _prepare_reconciliation_plan(self, plan, amls_values_map, shadowed_aml_values=None):
        # EXTENDS 'account'
        exact = self.env.context.get(EXACT)
        # Differences of exchange that come of it are reconciled in here too, and are no part of the amount.
        if exact and not self.env.context.get("no_exchange_difference"):
            amls_values_map = {
                line: line._l10n_mx_cfdi40_limited(amls_values_map[line], exact.get(line.id)) for line in plan["amls"]}
        return super()._prepare_reconciliation_plan(plan, amls_values_map, shadowed_aml_values=shadowed_aml_values)

    def _l10n_mx_cfdi40_limited(self, values, amount):
        """The residuals of a line, no larger than an amount in its currency if one is given.

        Those of money are given back as they are, the same dictionary: Odoo keeps in it what is left for the next.
        """
        if amount is None or self.currency_id.compare_amounts(amount, values["amount_residual_currency"]) >= 0:
            return values
        balance = amount
        if self.currency_id != self.company_currency_id:
            # As Odoo itself converts the part of a line that is paid: at the rate of its own amounts.
            balance = self.company_currency_id.round(amount * self.balance / self.amount_currency)
        return {
            **values,
            "amount_residual": min(balance, values["amount_residual"]),
            "amount_residual_currency": amount,
        }
