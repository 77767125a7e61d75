"""Money of customers where it is registered: the window "Pay", the bank's statement, entries made by hand."""
from odoo import Command
from odoo.exceptions import ValidationError
from odoo.tests import Form, tagged

from .payment_data_common import BOTH, CLABE, NO_BANK, OUR_CLABE, PaymentDataCommon


@tagged("post_install_l10n", "post_install", "-at_install")
class TestEntries(PaymentDataCommon):
    """Money that no payment describes: lines of the bank's statement and entries made by hand."""

    def statement_line(self, **vals):
        """A line of the bank's statement, which billers may see; Odoo lets them write only in its entry."""
        return self.env(su=True)["account.bank.statement.line"].create({
            "journal_id": self.bank_journal.id, "amount": 116, "payment_ref": "Pago 123456789", **vals,
        }).with_env(self.env)

    def test_statement_line(self):
        line = self.statement_line()
        data = self.data(line)
        self.assertEqual(data.pop("forma_pago_id"), self.key("c_FormaPago", "03").id)
        self.assertEqual(set(data.values()), {False})
        self.assertEqual(self.data(line.move_id), self.data(line))
        self.bank_journal.inbound_payment_method_line_ids[:1].l10n_mx_cfdi40_forma_pago_id = self.key(
            "c_FormaPago", "28")
        self.assertEqual(self.data(line)["forma_pago_id"], self.key("c_FormaPago", "28").id)
        line.sudo().l10n_mx_cfdi40_num_operacion = "77"
        line.move_id.write({
            "l10n_mx_cfdi40_forma_pago_id": self.key("c_FormaPago", "02").id, "l10n_mx_cfdi40_hora": "8:00"})
        data = self.data(line)
        self.assertEqual((data["forma_pago_id"], data["hora"], data["num_operacion"]),
                         (self.key("c_FormaPago", "02").id, "08:00:00", "77"))
        with self.assertRaisesRegex(ValidationError, "99"):
            line.sudo().l10n_mx_cfdi40_forma_pago_id = self.key("c_FormaPago", "99")
        with self.assertRaises(ValidationError):
            line.sudo().l10n_mx_cfdi40_hora = "25:00"

    def test_reference(self):
        for reference, number in (
            ("MBAN01002603120000012345", "MBAN01002603120000012345"),
            (" 0081234567 ", "0081234567"),
            ("Pago de la factura 123456", False),
            ("INV/2026/00001", False),
            ("GRACIAS", False),
            ("123", False),
            ("1" * 101, False),
        ):
            line = self.statement_line(ref=reference)
            self.assertEqual(self.data(line)["num_operacion"], number, reference)

    def test_accounts_of_a_statement(self):
        line = self.statement_line(partner_id=self.customer.id, account_number="002-010-07777777777-1")
        self.assertEqual(self.banks(line), NO_BANK)
        self.root_company.l10n_mx_cfdi40_rep_bank_data = True
        ours = {"rfc_cta_ben": "BBA830831LJ2", "cta_beneficiario": OUR_CLABE, "banco_ord_ext": False}
        self.assertEqual(self.banks(line), {**ours, "rfc_cta_ord": False, "cta_ordenante": CLABE})
        self.account("555", l10n_mx_edi_clabe=CLABE)
        self.assertEqual(self.banks(line), BOTH)
        line.sudo().account_number = False
        self.assertEqual(self.banks(line), BOTH)
        line.sudo().account_number = "CUENTA TERMINACION 4321"
        self.assertEqual(self.banks(line), {**ours, "rfc_cta_ord": False, "cta_ordenante": False})

    def test_entry_by_hand(self):
        receivable = self.customer.property_account_receivable_id
        entries = self.env["account.move"].create([{
            "journal_id": journal.id,
            "line_ids": [
                Command.create({"account_id": journal.default_account_id.id, "debit": sign * 116}),
                Command.create({"account_id": receivable.id, "credit": sign * 116, "partner_id": self.customer.id}),
            ],
        } for journal, sign in ((self.cash_journal, 1), (self.bank_journal, 1))])
        cash, bank = entries
        self.assertEqual(self.data(cash)["forma_pago_id"], self.key("c_FormaPago", "01").id)
        self.assertEqual(self.data(bank)["forma_pago_id"], self.key("c_FormaPago", "03").id)
        self.assertTrue(cash.l10n_mx_cfdi40_is_receipt)
        with Form(bank) as form:
            form.l10n_mx_cfdi40_num_operacion = "99887766"
        self.assertEqual(self.data(bank)["num_operacion"], "99887766")

    def test_entry_of_a_payment(self):
        payment = self.payment(form="28")
        self.assertEqual(self.data(payment.move_id), self.data(payment))
        self.assertFalse(payment.move_id.l10n_mx_cfdi40_is_receipt)
        self.assertFalse(self.ready().l10n_mx_cfdi40_is_receipt)

    def test_queries_do_not_grow(self):
        self.root_company.l10n_mx_cfdi40_rep_bank_data = True
        self.account(CLABE)
        payments = self.env["account.payment"].union(*(self.payment() for _number in range(5)))
        counts = []
        for some in (payments[:1], payments[:1], payments):  # the first time, what is cached for good is read
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            for payment in some:
                self.data(payment)
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[1], counts[2])


@tagged("post_install_l10n", "post_install", "-at_install")
class TestRegister(PaymentDataCommon):
    """The window "Pay" of an invoice asks for what the complement says, and never stands in the way."""

    def ppd(self, **vals):
        return self.ready(l10n_mx_cfdi40_metodo_pago="PPD",
                          l10n_mx_cfdi40_forma_pago_id=self.key("c_FormaPago", "99").id, **vals)

    def wizard(self, *moves):
        return Form(self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=[move.id for move in moves]))

    def test_the_payment_has_the_data(self):
        account = self.account(CLABE)
        _wizard, payment = self.register(
            self.ppd(), l10n_mx_cfdi40_forma_pago_id=self.key("c_FormaPago", "02").id, l10n_mx_cfdi40_hora="16:05:00",
            l10n_mx_cfdi40_num_operacion="1234", l10n_mx_cfdi40_cta_ordenante_id=account.id)
        data = self.data(payment)
        self.assertEqual(
            (data["forma_pago_id"], data["hora"], data["num_operacion"], data["cta_ordenante"]),
            (self.key("c_FormaPago", "02").id, "16:05:00", "1234", CLABE))
        self.assertEqual(payment.reconciled_invoice_ids.payment_state, "paid")

    def test_proposal_and_warning(self):
        form = self.wizard(self.ppd())
        self.assertTrue(form.l10n_mx_cfdi40_applicable)
        self.assertTrue(form.l10n_mx_cfdi40_ppd)
        self.assertEqual(form.l10n_mx_cfdi40_forma_pago_id.code, "03")
        form.journal_id = self.cash_journal
        self.assertEqual(form.l10n_mx_cfdi40_forma_pago_id.code, "01")
        form.l10n_mx_cfdi40_forma_pago_id = self.env["l10n_mx_cfdi40.catalog"]
        payment = form.save()._create_payments()  # a warning, no obstacle
        self.assertFalse(payment.l10n_mx_cfdi40_forma_pago_id)
        self.assertFalse(self.wizard(self.ready()).l10n_mx_cfdi40_ppd)

    def test_several(self):
        """Each payment has the form and the hour; operation and account are one customer's."""
        other = self.env["res.partner"].create({"name": "Otro"})
        one, two, three = self.ppd(), self.ppd(), self.ppd(partner_id=other.id)
        account = self.account(CLABE)
        vals = {"l10n_mx_cfdi40_forma_pago_id": self.key("c_FormaPago", "31").id, "l10n_mx_cfdi40_hora": "8:00",
                "l10n_mx_cfdi40_num_operacion": "55", "l10n_mx_cfdi40_cta_ordenante_id": account.id}
        _wizard, payments = self.register(one, three, **vals)
        self.assertEqual(len(payments), 2)
        for payment in payments:
            self.assertEqual((payment.l10n_mx_cfdi40_forma_pago_id.code, payment.l10n_mx_cfdi40_hora,
                              payment.l10n_mx_cfdi40_num_operacion, payment.l10n_mx_cfdi40_cta_ordenante_id),
                             ("31", "8:00", False, account.browse()))
        four = self.ppd()
        _wizard, payments = self.register(two, four, group_payment=False, **vals)
        self.assertEqual(payments.mapped("l10n_mx_cfdi40_num_operacion"), ["55", "55"])
        self.assertEqual(payments.l10n_mx_cfdi40_cta_ordenante_id, account)

    def test_vendors_are_not_asked(self):
        bill = self.env["account.move"].create({
            "move_type": "in_invoice", "partner_id": self.customer.id, "invoice_date": "2026-03-12",
            "invoice_line_ids": [Command.create({"name": "X", "price_unit": 10, "tax_ids": False})]})
        bill.action_post()
        self.assertFalse(self.wizard(bill).l10n_mx_cfdi40_applicable)
        _wizard, payment = self.register(bill)
        self.assertFalse(payment.l10n_mx_cfdi40_forma_pago_id)

    def test_writeoff(self):
        chart = self.env(su=True)["account.chart.template"].with_company(self.company)
        fee = chart.ref("l10n_mx_cfdi40_bank_fee")
        discount = chart.ref("cuenta402_01")
        for move, account, amount, expected in (
            (self.ppd(), fee, 100, "fee"),
            (self.ppd(), discount, 100, "short"),
            (self.ppd(), discount, 120, False),
            (self.ready(), fee, 100, False),
        ):
            form = self.wizard(move)
            form.amount = amount
            self.assertFalse(form.l10n_mx_cfdi40_writeoff)
            form.payment_difference_handling = "reconcile"
            form.writeoff_account_id = account
            self.assertEqual(form.l10n_mx_cfdi40_writeoff, expected)
            form.payment_difference_handling = "open"
            self.assertFalse(form.l10n_mx_cfdi40_writeoff)

    def test_early_payment_discount(self):
        term = self.env(su=True)["account.payment.term"].create({
            "name": "2 %", "early_discount": True, "discount_percentage": 2, "discount_days": 10,
            "early_pay_discount_computation": "included"})
        form = self.wizard(self.ppd(invoice_payment_term_id=term.id))
        self.assertTrue(form.early_payment_discount_mode)
        self.assertEqual(form.l10n_mx_cfdi40_writeoff, "short")

    def test_account_of_a_wrong_form(self):
        account = self.account("12345")
        form = self.wizard(self.ppd())
        form.l10n_mx_cfdi40_cta_ordenante_id = account
        self.assertTrue(form.l10n_mx_cfdi40_account_left_out)
        payment = form.save()._create_payments()
        self.assertFalse(self.data(payment)["cta_ordenante"])
