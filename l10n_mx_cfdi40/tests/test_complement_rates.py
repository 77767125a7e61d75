"""What one deposit covers of each invoice where rates, write-offs and other things meet in it."""
from decimal import Decimal

from odoo import Command
from odoo.tests import tagged

from .complement_common import ComplementCommon


@tagged("post_install_l10n", "post_install", "-at_install")
class TestComplementRates(ComplementCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.jpy = cls.unrated("JPY")
        cls.rates(
            (cls.usd, "2026-03-10", 22), (cls.usd, "2026-03-11", 18), (cls.usd, "2026-03-12", 20),
            (cls.jpy, "2020-01-01", 0.125))
        cls.bank_usd = cls.bank.sudo().copy({"name": "Banco USD", "code": "BUSD", "currency_id": cls.usd.id})
        cls.loss = cls.account("Diferencias", "expense")
        cls.interest = cls.account("Intereses", "income_other")

    @classmethod
    def account(cls, name, kind):
        return cls.env(su=True)["account.account"].create({
            "name": name, "code": f"X{name[:5].upper()}", "account_type": kind})

    def said(self, *money):
        """([Monto of each payment], {UUID: (ImpPagado, ImpSaldoInsoluto, EquivalenciaDR)}) of the complement."""
        _document, pagos = self.complement(*money)
        return [str(pago.monto) for pago in pagos.pago], {
            docto.id_documento: (str(docto.imp_pagado), str(docto.imp_saldo_insoluto), docto.equivalencia_dr)
            for pago in pagos.pago for docto in pago.docto_relacionado}

    def test_invoices_of_several_rates_in_one_line_of_money(self):
        """At 18 and at 22, paid at 20: each takes half of the pesos, whatever Odoo's differences of exchange are."""
        moves = [self.ppd(100, currency_id=self.usd.id, invoice_date=day) for day in ("2026-03-11", "2026-03-10")]
        payment = self.register(moves[0] | moves[1], currency=self.company.currency_id)
        self.assertEqual(payment.amount, 4640)
        amounts, doctos = self.said(payment)
        self.assertEqual(amounts, ["4640.00"])
        for move in moves:
            self.assertEqual(doctos[move.l10n_mx_cfdi40_uuid], ("116.00", "0.00", Decimal("0.05")))

    def test_exchange_booked_in_the_bank_line_itself(self):
        """As other programs for bank reconciliation book it: no partial of Odoo shows it."""
        company = self.company
        for rate, account in ((22, company.expense_currency_exchange_account_id),
                              (18, company.income_currency_exchange_account_id)):
            with self.subTest(rate=rate):
                day = "2026-03-10" if rate == 22 else "2026-03-11"
                move = self.ppd(100, currency_id=self.usd.id, invoice_date=day)
                line = self.bank_line(1000)
                self.split(line, (move, -50 * rate, -50), (account, 50 * rate - 1000))
                amounts, doctos = self.said(line)
                self.assertEqual(amounts, ["1000.00"])
                self.assertEqual(doctos[move.l10n_mx_cfdi40_uuid], ("50.00", "66.00", Decimal("0.05")))

    def test_exchange_account_without_currencies_is_a_write_off(self):
        move = self.ppd()
        line = self.bank_line(1150)
        self.split(line, (move, -1160), (self.company.expense_currency_exchange_account_id, 10))
        amounts, doctos = self.said(line)
        self.assertEqual((amounts, doctos[move.l10n_mx_cfdi40_uuid][:2]), (["1150.00"], ("1150.00", "10.00")))

    def test_other_things_in_the_deposit_make_up_for_no_write_off(self):
        move = self.ppd()
        line = self.bank_line(1250)
        self.split(line, (move, -1160), (self.loss, 10), (self.interest, -100))
        amounts, doctos = self.said(line)
        self.assertEqual((amounts, doctos[move.l10n_mx_cfdi40_uuid][:2]), (["1150.00"], ("1150.00", "10.00")))

    def test_what_closes_an_invoice_later_changes_nothing(self):
        """A write-off belongs to the invoice that it closed, not to the one that another payment closes afterwards."""
        closed, part = self.ppd(), self.ppd()
        line = self.bank_line(1650)
        self.split(line, (closed, -1160), (part, -500), (self.loss, 10))
        _amounts, doctos = self.said(line)
        self.assertEqual(doctos[closed.l10n_mx_cfdi40_uuid][:2], ("1150.00", "10.00"))
        self.assertEqual(doctos[part.l10n_mx_cfdi40_uuid][:2], ("500.00", "660.00"))
        rest = self.register(part)
        self.assertEqual(part.amount_residual, 0)
        self.assertEqual(self.receipt(line).mapped("state"), ["issued"])
        _amounts, doctos = self.said(rest)
        self.assertEqual(doctos[part.l10n_mx_cfdi40_uuid][:2], ("660.00", "0.00"))

    def test_more_received_than_owed_by_cents(self):
        move = self.ppd()
        payment = self.register(
            move, 1160.50, payment_difference_handling="reconcile", writeoff_account_id=self.interest.id)
        amounts, doctos = self.said(payment)
        self.assertEqual((amounts, doctos[move.l10n_mx_cfdi40_uuid][:2]), (["1160.00"], ("1160.00", "0.00")))

    def test_peso_invoice_paid_in_full_in_dollars(self):
        """62.70 USD at 18.50 are 1159.95; nothing may stay owed of 1160.00."""
        self.env["res.currency.rate"].sudo().create({
            "name": "2026-03-09", "currency_id": self.usd.id, "company_id": self.company.id,
            "inverse_company_rate": 18.5})
        move = self.ppd(invoice_date="2026-03-09")
        payment = self.register(move, journal=self.bank_usd, currency=self.usd, date="2026-03-09")
        self.assertEqual((payment.amount, move.amount_residual), (62.70, 0))
        _amounts, doctos = self.said(payment)
        self.assertEqual(doctos[move.l10n_mx_cfdi40_uuid][:2], ("1160.00", "0.00"))
        self.assertFalse(move._l10n_mx_cfdi40_open_at_sat())

    def test_deposit_of_foreign_money_in_a_peso_account(self):
        usd, mxn = self.ppd(100, currency_id=self.usd.id), self.ppd(500)
        line = self.bank_line(2000, foreign_currency_id=self.usd.id, amount_currency=100)
        self.match(line, usd, 80)
        self.match(line, mxn, 20)
        amounts, doctos = self.said(line)
        self.assertEqual(amounts, ["100.00"])
        self.assertEqual(doctos[usd.l10n_mx_cfdi40_uuid], ("80.00", "36.00", 1))
        self.assertEqual(doctos[mxn.l10n_mx_cfdi40_uuid], ("400.00", "180.00", 20))

    def test_a_currency_without_decimals(self):
        move = self.ppd(10000, currency_id=self.jpy.id)
        amounts, doctos = self.said(self.bank_line(700.33, move))
        self.assertEqual((amounts, doctos[move.l10n_mx_cfdi40_uuid][:2]), (["700.33"], ("5603", "5997")))
        bank = self.bank.sudo().copy({"name": "Banco JPY", "code": "BJPY", "currency_id": self.jpy.id})
        amounts, doctos = self.said(self.register(move, journal=bank, currency=self.jpy))
        self.assertEqual((amounts, doctos[move.l10n_mx_cfdi40_uuid]), (["5997"], ("5997", "0", 1)))

    def test_two_due_dates(self):
        term = self.env["account.payment.term"].sudo().create({"name": "30/60", "line_ids": [
            Command.create({"value": "percent", "value_amount": 50, "nb_days": days}) for days in (30, 60)]})
        move = self.ppd(invoice_payment_term_id=term.id)
        _amounts, doctos = self.said(self.register(move, 900))
        self.assertEqual(doctos[move.l10n_mx_cfdi40_uuid][:2], ("900.00", "260.00"))
        _amounts, doctos = self.said(self.register(move))
        self.assertEqual(doctos[move.l10n_mx_cfdi40_uuid][:2], ("260.00", "0.00"))

    def test_overpayment_given_back(self):
        move = self.ppd()
        payment = self.register(move, 1500)
        back = self.env["account.payment"].sudo().create({
            "payment_type": "outbound", "partner_type": "customer", "partner_id": self.customer.id, "amount": 340,
            "date": "2026-03-12", "journal_id": self.bank.id})
        back.action_post()
        (self.receivable(payment.move_id) | self.receivable(back.move_id)).reconcile()
        self.assertFalse(self.receipt(back))
        amounts, doctos = self.said(payment)
        self.assertEqual((amounts, doctos[move.l10n_mx_cfdi40_uuid][:2]), (["1160.00"], ("1160.00", "0.00")))

    def test_credit_note_of_a_price_with_its_tax_inside(self):
        tax = self.iva16.sudo().copy({"name": "IVA 16% incluido", "price_include_override": "tax_included"})
        move = self.ppd(1160, tax)
        self.complement(self.register(
            move, 1136.80, payment_difference_handling="reconcile", writeoff_account_id=self.loss.id))
        note = self.env["account.move"].browse(move.action_l10n_mx_cfdi40_discount()["res_id"])
        self.assertEqual((note.amount_total, note.amount_tax), (23.20, 3.20))

    def test_sales_receipt(self):
        """Odoo's other document of income, stamped as PPD."""
        move = self.ppd(move_type="out_receipt")
        _amounts, doctos = self.said(self.register(move))
        self.assertEqual(doctos[move.l10n_mx_cfdi40_uuid][:2], ("1160.00", "0.00"))
