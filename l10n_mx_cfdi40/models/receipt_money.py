"""How much of each payment covers each invoice, read from the reconciliation in sets.

Money is what was received, never what Odoo's partials say: those also hold exchange differences, write-offs and early
payment discounts. A commission that the bank or the terminal kept was paid by the customer all the same.
"""
from dataclasses import dataclass, field
from decimal import Decimal

from odoo import api, models
from odoo.tools import SQL

from ..cfdi import amounts
from ..cfdi.cuadre import repartir_proporcional
from .account_move_concepts import decimal

CERO = Decimal(0)
#: What is read of each invoice that money covers, here and for its complement.
_OF_INVOICE = (
    "move_type", "name", "currency_id", "company_id", "commercial_partner_id", "amount_residual",
    "l10n_mx_cfdi40_metodo_pago", "l10n_mx_cfdi40_state", "l10n_mx_cfdi40_uuid", "l10n_mx_cfdi40_document_id",
    "l10n_mx_cfdi40_opening_balance", "l10n_mx_cfdi40_opening_instalments")


@dataclass(slots=True, kw_only=True)
class Covered:
    """What one payment covers of one invoice: ``paid`` in the invoice's currency, ``part`` in the payment's."""

    paid: Decimal
    part: Decimal
    closed: bool


@dataclass(slots=True, kw_only=True)
class Money:
    """What one entry says of the money it carries, in the payment's currency.

    :ivar units: {move line of a receivable: units of the payment's currency for one of the line's}
    :ivar discount: what closes receivables without being money: write-off, early payment discount
    :ivar covered: {invoice: Covered}, of all its invoices
    """

    currency: object
    rate: Decimal
    units: dict = field(default_factory=dict)
    discount: Decimal = CERO
    covered: dict = field(default_factory=dict)


def _positive(value):
    return abs(decimal(value))


class AccountMove(models.Model):
    _inherit = "account.move"

    def _l10n_mx_cfdi40_carries_money(self):
        """Those of the entries that are money received: a payment, a bank line, or made by hand on a bank or cash."""
        return self.filtered(lambda move: move.origin_payment_id or move.statement_line_id or (
            move.move_type == "entry" and move.journal_id.type in ("bank", "cash", "credit")
            and any(line.account_id.account_type == "asset_cash" for line in move.line_ids)))

    def _l10n_mx_cfdi40_money(self):
        """{move: `Money`} of entries that carry money; whom they cover is read with one query for all."""
        result = {move: move._l10n_mx_cfdi40_read_money() for move in self}
        rows = self._l10n_mx_cfdi40_partials()
        # Of one recordset, so that what is read of one is read of all; only what is read: an invoice has many columns.
        found = self.browse({row[1] for row in rows})
        found.fetch(_OF_INVOICE)
        invoices = {invoice.id: invoice for invoice in found}
        lines = {line.id: line for line in self.line_ids}
        for money_id, invoice_id, line_id, paid, taken, exchange in rows:
            money, invoice = result[self.browse(money_id)], invoices[invoice_id]
            one = money.covered.setdefault(invoice, Covered(
                paid=CERO, part=CERO, closed=invoice.currency_id.is_zero(invoice.amount_residual)))
            units = money.units[lines[line_id]]
            one.paid += decimal(paid)
            one.part += (decimal(taken) + decimal(exchange)) * units
        for money in result.values():
            _settle(money)
        return result

    def _l10n_mx_cfdi40_partials(self):
        """(money, invoice, money line, paid of the invoice, taken of the money line, exchange difference of it).

        An exchange difference that consumes the rest of a money line belongs to what that line covers, by its share.
        """
        self.env["account.partial.reconcile"].flush_model()
        self.env["account.move.line"].flush_model(["move_id", "journal_id", "account_id"])
        return self.env.execute_query(SQL(
            """
            WITH taken AS (
                SELECT money.move_id AS money_id, money.id AS line_id, other.move_id AS other_id,
                       part.debit_amount_currency AS paid, part.credit_amount_currency AS taken,
                       other.journal_id = company.currency_exchange_journal_id AS is_exchange
                  FROM account_partial_reconcile part
                  JOIN account_move_line money ON money.id = part.credit_move_id
                  JOIN account_account account ON account.id = money.account_id
                  JOIN account_move_line other ON other.id = part.debit_move_id
                  JOIN res_company company ON company.id = other.company_id
                 WHERE money.move_id IN %s AND account.account_type = 'asset_receivable'
            ), shares AS (
                SELECT taken.*,
                       SUM(taken) FILTER (WHERE is_exchange) OVER (PARTITION BY line_id) AS exchange,
                       SUM(taken) FILTER (WHERE NOT is_exchange) OVER (PARTITION BY line_id) AS whole
                  FROM taken
            )
            SELECT s.money_id, s.other_id, s.line_id, s.paid::float, s.taken::float,
                   COALESCE(s.exchange * s.taken / NULLIF(s.whole, 0), 0)::float
              FROM shares s
              JOIN account_move invoice ON invoice.id = s.other_id
             WHERE NOT s.is_exchange AND invoice.move_type = 'out_invoice'
             ORDER BY s.money_id, invoice.invoice_date, s.other_id
            """, tuple(self.ids) or (0,)))

    def _l10n_mx_cfdi40_read_money(self):
        """`Money` of one entry, without whom it covers."""
        payment, bank_line = self.origin_payment_id, self.statement_line_id
        liquidity, receivable, others = self._l10n_mx_cfdi40_money_lines()
        if payment:
            currency = payment.currency_id
        elif bank_line:
            currency = bank_line.foreign_currency_id or bank_line.currency_id
        else:
            currency = liquidity[:1].currency_id or self.company_currency_id
        # Company units for one unit of the payment's currency, as this entry has them.
        if bank_line.foreign_currency_id:
            received = _positive(bank_line.amount_currency)
        else:
            own = liquidity.filtered(lambda line: line.currency_id == currency)
            received = sum((_positive(line.amount_currency) for line in own), CERO)
        balance = abs(decimal(sum(liquidity.mapped("balance"))))
        rate = Decimal(1) if currency == self.company_currency_id or not received else balance / received
        money = Money(currency=currency, rate=rate)
        for line in receivable:
            money.units[line] = self._l10n_mx_cfdi40_money_units(line, currency, rate)
        discount = sum((decimal(line.balance) for line in others), CERO)
        money.discount = max(CERO, discount / rate)
        return money

    @api.model
    def _l10n_mx_cfdi40_money_units(self, line, currency, rate):
        """Units of `currency` for one unit of the line's own."""
        if line.currency_id == currency or not line.amount_currency:
            return Decimal(1)
        return _positive(line.balance) / _positive(line.amount_currency) / rate

    def _l10n_mx_cfdi40_money_lines(self):
        """Lines of this entry: where the money is, what it pays, and what closes a receivable without being money."""
        self.ensure_one()
        if self.origin_payment_id:
            liquidity, _counterpart, _others = self.origin_payment_id._seek_for_lines()
        elif self.statement_line_id:
            liquidity, suspense, _others = self.statement_line_id._seek_for_lines()
        else:
            liquidity = self.line_ids.filtered(lambda line: line.account_id.account_type == "asset_cash")
        receivable = self.line_ids.filtered(lambda line: line.account_id.account_type == "asset_receivable")
        others = self.line_ids - liquidity - receivable
        if self.statement_line_id:
            others -= suspense
        others = others.filtered(lambda line: line.account_id.account_type != "liability_payable")
        fees = others.filtered("account_id.l10n_mx_cfdi40_is_fee")
        # The tax on a commission was kept with it.
        fees |= others.filtered(lambda line: line.tax_line_id and line.tax_line_id in fees.tax_ids)
        return liquidity, receivable, others - fees


def _settle(money):
    """Take what is no money off what it seems to cover, and round to what can be written.

    A discount or write-off closes invoices, so it is taken from those that are closed, each by its share.
    """
    digits = money.currency.decimal_places
    covered = money.covered
    closed = [invoice for invoice, one in covered.items() if one.closed] or list(covered)
    if money.discount and closed:
        total = amounts.redondear(money.discount, digits)
        parts = repartir_proporcional(total, [covered[invoice].part for invoice in closed], digits)
        for invoice, discount in zip(closed, parts, strict=True):
            one = covered[invoice]
            if one.part > discount:
                one.paid -= one.paid * discount / one.part
                one.part -= discount
            else:
                one.paid = one.part = CERO
    for invoice, one in covered.items():
        one.paid = amounts.redondear(one.paid, invoice.currency_id.decimal_places)
        one.part = amounts.redondear(one.part, digits)
        if invoice.currency_id == money.currency:
            one.part = one.paid
    money.covered = {invoice: one for invoice, one in covered.items() if one.paid > CERO and one.part > CERO}

