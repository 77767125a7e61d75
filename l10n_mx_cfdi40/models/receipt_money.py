"""How much of each payment covers each invoice, read from the reconciliation in sets.

Money is what was received, never what Odoo's partials say: those also hold exchange differences, write-offs and early
payment discounts. A commission that the bank or the terminal kept was paid by the customer all the same.
"""
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from odoo import api, models
from odoo.tools import SQL

from ..cfdi import amounts
from ..cfdi.cuadre import repartir_proporcional
from .account_move import INCOME_TYPES
from .account_move_concepts import decimal

CERO = Decimal(0)
#: What is read of each invoice that money covers, here and for its complement.
_OF_INVOICE = (
    "move_type", "name", "currency_id", "company_id", "commercial_partner_id", "amount_residual",
    "l10n_mx_cfdi40_metodo_pago", "l10n_mx_cfdi40_state", "l10n_mx_cfdi40_uuid", "l10n_mx_cfdi40_document_id",
    "l10n_mx_cfdi40_replaces_id", "l10n_mx_cfdi40_opening_balance", "l10n_mx_cfdi40_opening_instalments")


@dataclass(slots=True, kw_only=True)
class Covered:
    """What one payment covers of one invoice: ``paid`` in the invoice's currency, ``part`` in the payment's;
    ``last``: id of its last reconciliation with it."""

    paid: Decimal = CERO
    part: Decimal = CERO
    last: int = 0


@dataclass(slots=True, kw_only=True)
class Money:
    """What one entry says of the money it carries, in the payment's currency.

    :ivar units: {move line of a receivable: units of the payment's currency for one of the line's}
    :ivar discount: what closes receivables without being money: write-off, early payment discount
    :ivar exchange: difference of exchange booked in this same entry; above zero: more was closed than was received
    :ivar covered: {invoice: Covered}, of all its invoices
    """

    currency: object
    rate: Decimal
    units: dict = field(default_factory=dict)
    discount: Decimal = CERO
    exchange: Decimal = CERO
    covered: dict = field(default_factory=dict)


class Taken(NamedTuple):
    """One reconciliation of a line of money: what it takes of it, in the line's currency, and what it pays of the
    other line, in the other's (``currency_id``)."""

    id: int
    line_id: int
    move_id: int
    move_type: str
    currency_id: int
    paid: float
    taken: float
    is_exchange: bool


class MoneyLines(NamedTuple):
    """Lines of an entry that carries money.

    :ivar liquidity: where the money is. :ivar receivable: what it pays
    :ivar written_off: what closed receivables without being money: write-off, early payment discount
    :ivar exchange: differences of exchange booked in the entry itself, as some programs for bank reconciliation do
    """

    liquidity: object
    receivable: object
    written_off: object
    exchange: object


def _positive(value):
    return abs(decimal(value))


class AccountMove(models.Model):
    _inherit = "account.move"

    def _l10n_mx_cfdi40_carries_money(self):
        """Those of the entries that are money received: a payment, a bank line, or made by hand, in whatever journal,
        with money that came into a bank or cash account."""
        return self.filtered(lambda move: move.origin_payment_id or move.statement_line_id or (
            move.move_type == "entry" and any(
                line.account_id.account_type == "asset_cash" and line.balance > 0 for line in move.line_ids)))

    def _l10n_mx_cfdi40_paid_on(self):
        """Day of the money: that of the payment, whose entry may be of a later one because the period was closed."""
        self.ensure_one()
        return self.origin_payment_id.date or self.date

    def _l10n_mx_cfdi40_money(self):
        """{move: `Money`} of entries that carry money; whom they cover is read with one query for all."""
        result = {move: move._l10n_mx_cfdi40_read_money() for move in self}
        rows = self._l10n_mx_cfdi40_taken()
        lines = {line.id: line for line in self.line_ids}
        by_line, parts = defaultdict(list), {}
        for row in rows:
            by_line[row.line_id].append(row)
        for line_id, some in by_line.items():
            parts |= lines[line_id]._l10n_mx_cfdi40_parts(some)
        rows = [row for row in rows if row.move_type in INCOME_TYPES and not row.is_exchange]
        # Of one recordset, so that what is read of one is read of all; only what is read: an invoice has many columns.
        found = self.browse({row.move_id for row in rows})
        found.fetch(_OF_INVOICE)
        invoices = {invoice.id: invoice for invoice in found}
        for row in rows:
            line = lines[row.line_id]
            money = result[line.move_id]
            one = money.covered.setdefault(invoices[row.move_id], Covered())
            one.paid += decimal(row.paid)
            one.part += parts[row.id] * money.units[line]
            one.last = max(one.last, row.id)
        for money in result.values():
            _settle(money)
        return result

    def _l10n_mx_cfdi40_taken(self):
        """Reconciliations of the money of these entries (list of `Taken`), those of older invoices first.

        Odoo keeps what is reconciled with an entry that was reset to draft: only what is posted counts.
        """
        self.env["account.partial.reconcile"].flush_model()
        self.env["account.move.line"].flush_model(["move_id", "journal_id", "account_id", "currency_id"])
        self.env["account.move"].flush_model(["state", "move_type", "invoice_date"])
        return [Taken(*row) for row in self.env.execute_query(SQL(
            """
            SELECT part.id, line.id, other.move_id, move.move_type, other.currency_id,
                   part.debit_amount_currency::float, part.credit_amount_currency::float,
                   move.journal_id IS NOT DISTINCT FROM company.currency_exchange_journal_id
              FROM account_move_line line
              JOIN account_account account ON account.id = line.account_id
              JOIN account_move money ON money.id = line.move_id
              JOIN account_partial_reconcile part ON part.credit_move_id = line.id
              JOIN account_move_line other ON other.id = part.debit_move_id
              JOIN account_move move ON move.id = other.move_id
              JOIN res_company company ON company.id = move.company_id
             WHERE money.id IN %s AND money.state = 'posted' AND move.state = 'posted'
               AND account.account_type = 'asset_receivable'
             ORDER BY money.id, move.invoice_date, move.id, part.id
            """, tuple(self.ids) or (0,)))]

    def _l10n_mx_cfdi40_read_money(self):
        """`Money` of one entry, without whom it covers."""
        payment, bank_line = self.origin_payment_id, self.statement_line_id
        parts = self._l10n_mx_cfdi40_money_lines()
        liquidity = parts.liquidity
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
        same = currency == self.company_currency_id or not received or not balance
        money = Money(currency=currency, rate=Decimal(1) if same else balance / received)
        for line in parts.receivable:
            money.units[line] = self._l10n_mx_cfdi40_money_units(line, currency, money.rate)
        money.discount = _total(parts.written_off) / money.rate
        money.exchange = _total(parts.exchange) / money.rate
        return money

    @api.model
    def _l10n_mx_cfdi40_money_units(self, line, currency, rate):
        """Units of `currency` for one unit of the line's own."""
        if line.currency_id == currency or not line.amount_currency:
            return Decimal(1)
        return _positive(line.balance) / _positive(line.amount_currency) / rate

    def _l10n_mx_cfdi40_money_lines(self):
        """`MoneyLines` of this entry. Commissions are in none of its fields: the customer paid them."""
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
        company = self.company_id
        exchange = others.filtered(lambda line: line.account_id in (
            company.expense_currency_exchange_account_id | company.income_currency_exchange_account_id))
        written_off = others - fees - exchange
        if self.statement_line_id:
            # A deposit may hold other things besides, such as interest earned, which make up for no discount.
            written_off = written_off.filtered(lambda line: line.balance > 0)
        elif _total(written_off) <= CERO:
            written_off = written_off.browse()
        return MoneyLines(liquidity=liquidity, receivable=receivable, written_off=written_off, exchange=exchange)


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    def _l10n_mx_cfdi40_parts(self, rows):
        """{id of the reconciliation: what it takes of this line of money}, in the line's currency.

        Odoo values what an invoice in another currency takes at the invoice's rate if that is less, and takes the rest
        with a difference of exchange. Those of all its invoices are shared by what the money was worth for each.
        """
        parts = {row.id: decimal(row.taken) for row in rows if not row.is_exchange}
        exchange = sum((decimal(row.taken) for row in rows if row.is_exchange), CERO)
        foreign = [row for row in rows if not row.is_exchange and row.currency_id != self.currency_id.id]
        if exchange and foreign:
            total = exchange + sum((parts[row.id] for row in foreign), CERO)
            shares = repartir_proporcional(
                total, self._l10n_mx_cfdi40_worth(foreign), self.currency_id.decimal_places)
            parts.update(zip((row.id for row in foreign), shares, strict=True))
        return parts

    def _l10n_mx_cfdi40_worth(self, rows):
        """What was paid by each of the rows, in one currency, at the rate of the day of the money."""
        currencies = self.env["res.currency"].browse({row.currency_id for row in rows})
        rates = {
            currency.id: Decimal(1) if len(currencies) == 1 else decimal(currency._get_conversion_rate(
                currency, self.company_currency_id, self.company_id, self.date))
            for currency in currencies}
        return [decimal(row.paid) * rates[row.currency_id] for row in rows]


def _total(lines):
    return sum((decimal(line.balance) for line in lines), CERO)


def _settle(money):
    """Take what is no money off what it seems to cover, and round to what can be written."""
    digits = money.currency.decimal_places
    _spread_exchange(money)
    if money.discount > CERO and money.covered:
        _take_off_discount(money, amounts.redondear(money.discount, digits), digits)
    for invoice, one in money.covered.items():
        one.paid = amounts.redondear(one.paid, invoice.currency_id.decimal_places)
        one.part = amounts.redondear(one.part, digits)
        if invoice.currency_id == money.currency:
            one.part = one.paid
    money.covered = {
        invoice: one for invoice, one in money.covered.items() if one.paid > CERO and one.part > CERO}


def _spread_exchange(money):
    """A difference of exchange in the entry itself: invoices in other currencies were closed at their own rate, and the
    money covers them at another. Without such invoices it is a write-off by another name."""
    foreign = [one for invoice, one in money.covered.items() if invoice.currency_id != money.currency]
    total = sum((one.part for one in foreign), CERO)
    if money.exchange and total > money.exchange:
        for one in foreign:
            one.part -= money.exchange * one.part / total
    elif not foreign and all(invoice.company_currency_id == money.currency for invoice in money.covered):
        money.discount += max(CERO, money.exchange)


def _take_off_discount(money, discount, digits):
    """A discount or write-off closes invoices: it is taken from those that this payment closed, each by its share."""
    covered = money.covered
    closed = list(covered)
    if len(covered) > 1:
        closed = [invoice for invoice, one in covered.items() if _closed_by(invoice, one)] or closed
    parts = repartir_proporcional(discount, [covered[invoice].part for invoice in closed], digits)
    for invoice, part in zip(closed, parts, strict=True):
        one = covered[invoice]
        if one.part > part:
            one.paid -= one.paid * part / one.part
            one.part -= part
        else:
            one.paid = one.part = CERO


def _closed_by(invoice, one):
    """Whether this payment closed the invoice: what came after it must not change what it is said to have paid."""
    if not invoice.currency_id.is_zero(invoice.amount_residual):
        return False
    receivable = invoice.line_ids.filtered(lambda line: line.account_id.account_type == "asset_receivable")
    partials = receivable.matched_credit_ids.filtered(
        lambda part: part.credit_move_id.journal_id != invoice.company_id.currency_exchange_journal_id)
    return max(partials.ids, default=0) <= one.last
