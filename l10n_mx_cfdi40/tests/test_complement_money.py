"""What a complement says of the money: currencies, discounts, commissions, overpayments, advances, credit notes."""
from decimal import Decimal

from odoo import Command
from odoo.tests import tagged

from .complement_common import ComplementCommon


@tagged("post_install_l10n", "post_install", "-at_install")
class TestComplementCurrencies(ComplementCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.eur = cls.unrated("EUR")
        cls.rates((cls.usd, "2026-03-11", 18.5), (cls.eur, "2020-01-01", 22), (cls.eur, "2026-03-11", 21.3))
        cls.bank_usd = cls.bank.sudo().copy({"name": "Banco USD", "code": "BUSD", "currency_id": cls.usd.id})

    def usd_invoice(self, price=100, **vals):
        # Of a day with another rate (20) than the payment's (18.50).
        return self.ppd(price, currency_id=self.usd.id, invoice_date="2026-03-10", **vals)

    def meets(self, pagos, converted):
        """Σ ImpPagado / EquivalenciaDR, cut to the payment's decimals, is what was received."""
        [pago] = pagos.pago
        total = sum((docto.imp_pagado / docto.equivalencia_dr for docto in pago.docto_relacionado), Decimal(0))
        self.assertEqual(round(total, 2), Decimal(converted))
        self.assertLessEqual(int(total * 100), int(pago.monto * 100))

    def test_usd_invoice_paid_in_pesos_from_a_bank_line(self):
        """Odoo's partial says 999.93 or so and an exchange difference; the customer paid 1000.00."""
        move = self.usd_invoice()
        _document, pagos = self.complement(self.bank_line(1000, move))
        [pago] = pagos.pago
        [docto] = pago.docto_relacionado
        self.assertEqual((str(pago.monto), pago.moneda_p, str(pago.tipo_cambio_p)), ("1000.00", "MXN", "1"))
        self.assertEqual((docto.moneda_dr, str(docto.imp_pagado), str(docto.imp_saldo_ant)), ("USD", "54.05", "116.00"))
        self.assertEqual(docto.equivalencia_dr, Decimal("0.05405"))
        self.meets(pagos, "1000.00")

    def test_usd_invoice_paid_in_usd_at_another_rate(self):
        move = self.usd_invoice()
        payment = self.register(move, journal=self.bank_usd)
        self.assertEqual(payment.currency_id, self.usd)
        _document, pagos = self.complement(payment)
        [pago] = pagos.pago
        self.assertEqual((pago.moneda_p, str(pago.monto), str(pago.tipo_cambio_p)), ("USD", "116.00", "18.5000"))
        self.assertEqual(pago.docto_relacionado[0].equivalencia_dr, 1)
        self.assertEqual(str(pagos.totales.monto_total_pagos), "2146.00")
        self.assertEqual(move.payment_state, move._get_invoice_in_payment_state())

    def test_peso_invoice_paid_in_dollars(self):
        move = self.ppd(1000)
        payment = self.register(move, 50, journal=self.bank_usd, currency=self.usd)
        _document, pagos = self.complement(payment)
        [pago] = pagos.pago
        [docto] = pago.docto_relacionado
        self.assertEqual((pago.moneda_p, str(pago.monto)), ("USD", "50.00"))
        self.assertEqual((docto.moneda_dr, str(docto.imp_pagado), str(docto.imp_saldo_insoluto)), (
            "MXN", "925.00", "235.00"))
        self.assertEqual(docto.equivalencia_dr, Decimal("18.5"))

    def test_euro_invoice_paid_in_dollars(self):
        move = self.ppd(100, currency_id=self.eur.id, invoice_date="2026-03-10")
        payment = self.register(move, journal=self.bank_usd, currency=self.usd)
        _document, pagos = self.complement(payment)
        [pago] = pagos.pago
        [docto] = pago.docto_relacionado
        self.assertEqual((pago.moneda_p, docto.moneda_dr, str(docto.imp_pagado), str(docto.imp_saldo_insoluto)), (
            "USD", "EUR", "116.00", "0.00"))
        self.assertEqual(float(pago.monto), payment.amount)
        self.meets(pagos, str(pago.monto))

    def test_dollar_and_peso_invoices_in_one_peso_payment(self):
        usd, mxn = self.usd_invoice(), self.ppd(500)
        line = self.bank_line(2726, applied={usd: 2146, mxn: 580})
        _document, pagos = self.complement(line)
        [pago] = pagos.pago
        self.assertEqual(str(pago.monto), "2726.00")
        self.assertEqual([str(docto.imp_saldo_insoluto) for docto in pago.docto_relacionado], ["0.00", "0.00"])
        self.meets(pagos, "2726.00")

    def test_paid_in_several_currencies_until_nothing_is_left(self):
        move = self.usd_invoice()
        self.complement(self.bank_line(777.77, move))
        line = self.bank_line(0.01 + 1000, move)
        self.complement(line)
        payment = self.register(move, journal=self.bank_usd)
        _document, pagos = self.complement(payment)
        docto = pagos.pago[0].docto_relacionado[0]
        self.assertEqual((docto.num_parcialidad, str(docto.imp_saldo_insoluto)), (3, "0.00"))


@tagged("post_install_l10n", "post_install", "-at_install")
class TestComplementAmounts(ComplementCommon):
    def account(self, name, kind="expense", **vals):
        return self.env["account.account"].sudo().create({
            "name": name, "code": f"X{name[:5].upper()}", "account_type": kind, **vals})

    def test_write_off_is_no_money(self):
        move = self.ppd()
        payment = self.register(
            move, 1150, payment_difference_handling="reconcile", writeoff_account_id=self.account("Redondeos").id,
            writeoff_label="Ajuste")
        self.assertEqual(move.amount_residual, 0)
        document, pagos = self.complement(payment)
        self.assertEqual(self.doctos(pagos)[0][2:], ("1160.00", "1150.00", "10.00"))
        self.assertEqual(str(pagos.pago[0].monto), "1150.00")
        self.assertEqual(document.state, "stamped")
        self.assertIn("10.00", move._get_alerts()["l10n_mx_cfdi40_discount"]["message"])

    def test_credit_note_of_a_discount(self):
        """An egreso is proposed for what closed the invoice without being money; the books hold the discount once."""
        move = self.ppd()
        account = self.account("Descuentos")
        payment = self.register(
            move, 1136.80, payment_difference_handling="reconcile", writeoff_account_id=account.id,
            writeoff_label="Pronto pago")
        self.complement(payment)
        note = self.env["account.move"].browse(move.action_l10n_mx_cfdi40_discount()["res_id"])
        self.assertEqual((note.state, note.amount_total, note.amount_tax), ("draft", 23.20, 3.20))
        self.assertEqual(move.action_l10n_mx_cfdi40_discount()["res_id"], note.id, "proposed once")
        note.action_post()
        self.assertEqual(note.amount_residual, 0, "it took the place of the write-off")
        balance = sum(self.env["account.move.line"].sudo().search([("account_id", "=", account.id)]).mapped("balance"))
        self.assertEqual(round(balance, 2), 20, "the discount once, its IVA apart")
        self.stamp(note)
        self.assertIn(move.l10n_mx_cfdi40_uuid.encode(), self.document(note)._stamped_bytes())
        self.assertFalse(move._l10n_mx_cfdi40_open_at_sat())
        self.assertNotIn("l10n_mx_cfdi40_discount", move._get_alerts())

    def test_commission_was_paid_by_the_customer(self):
        move = self.ppd()
        payment = self.register(
            move, 1130, payment_difference_handling="reconcile",
            writeoff_account_id=self.account("Comisiones", l10n_mx_cfdi40_is_fee=True).id, writeoff_label="Comisión")
        _document, pagos = self.complement(payment)
        self.assertEqual(self.doctos(pagos)[0][2:], ("1160.00", "1160.00", "0.00"))
        self.assertEqual(str(pagos.pago[0].monto), "1160.00")

    def test_early_payment_discount(self):
        for mode, paid in (("included", "1136.80"), ("excluded", "1140.00"), ("mixed", "1136.80")):
            with self.subTest(mode):
                term = self.env["account.payment.term"].sudo().create({
                    "name": f"2/10 {mode}", "early_discount": True, "discount_percentage": 2, "discount_days": 10,
                    "early_pay_discount_computation": mode,
                    "line_ids": [Command.create({"value": "percent", "value_amount": 100, "nb_days": 60})]})
                move = self.ppd(1000, invoice_payment_term_id=term.id)
                payment = self.register(move)
                self.assertEqual(move.amount_residual, 0)
                self.assertEqual(f"{payment.amount:.2f}", paid)
                _document, pagos = self.complement(payment)
                [docto] = self.doctos(pagos)
                self.assertEqual((docto[3], str(pagos.pago[0].monto)), (paid, paid))
                self.assertEqual(Decimal(docto[4]), Decimal(docto[2]) - Decimal(paid))

    def test_overpayment(self):
        move = self.ppd()
        payment = self.register(move, 1500)
        _document, pagos = self.complement(payment)
        self.assertEqual(self.doctos(pagos)[0][2:], ("1160.00", "1160.00", "0.00"), "never a negative balance")
        board = self.env["l10n_mx_cfdi40.complement.board"].search([("money_move_id", "=", payment.move_id.id)])
        self.assertEqual((board.kind, board.amount), ("advance", 340), "the excess is an advance to be invoiced")

    def test_credit_note_lowers_the_balance_of_its_invoice_only(self):
        move, other = self.ppd(), self.ppd()
        refund = self.refund(move, post=False)
        refund.sudo().invoice_line_ids.price_unit = 100
        refund.action_post()
        payment = self.register(move | other)
        self.run_complements()
        receipt = self.receipt(payment)
        self.assertEqual(receipt.state, "issued", "the note is not stamped: at the SAT it lowers nothing yet")
        self.assertEqual(sorted(docto[3] for docto in self.doctos(self.pagos(receipt.document_id))), [
            "1044.00", "1160.00"])
        self.stamp(refund.with_user(self.biller))
        accounts = (move | other)._l10n_mx_cfdi40_accounts()
        self.assertEqual([str(accounts[one].saldo) for one in (move, other)], ["0.00", "0.00"])

    def test_credit_note_between_two_payments(self):
        move = self.ppd()
        self.complement(self.register(move, 500))
        refund = self.refund(move, post=False)
        refund.sudo().invoice_line_ids.price_unit = 100
        refund.action_post()
        self.stamp(refund.with_user(self.biller))
        _document, pagos = self.complement(self.register(move))
        self.assertEqual(self.doctos(pagos)[0][1:], (2, "544.00", "544.00", "0.00"))

    def test_taxes_are_those_of_the_stamped_xml(self):
        move = self.ppd(1000, self.iva16, self.ret_iva, self.ret_isr)
        # What Odoo's lines say afterwards does not matter: the SAT has the XML.
        _document, pagos = self.complement(self.register(move))
        [docto] = pagos.pago[0].docto_relacionado
        taxes = docto.impuestos_dr
        self.assertEqual([(t.impuesto_dr, str(t.base_dr), str(t.importe_dr)) for t in taxes.traslados_dr], [
            ("002", "1000.00", "160.00")])
        self.assertEqual({(t.impuesto_dr, str(t.importe_dr)) for t in taxes.retenciones_dr}, {
            ("001", "100.00"), ("002", "106.67")})
        self.assertEqual(str(pagos.totales.total_retenciones_isr), "100.00")

    def test_cash(self):
        _document, pagos = self.complement(self.register(self.ppd(), journal=self.cash))
        self.assertEqual(pagos.pago[0].forma_de_pago_p, "01")
