"""Early payment discounts on the invoice's side: what the CFDI says in each of Odoo's ways to reduce their tax."""
import random

from odoo.tests import tagged

from .invoice_common import D
from .stamp_common import StampCommon

MODES = ("included", "excluded", "mixed")


@tagged("post_install_l10n", "post_install", "-at_install")
class TestEarlyPayment(StampCommon):
    def term(self, mode, percentage=2):
        return self.env["account.payment.term"].sudo().create({
            "name": f"{percentage}/7 {mode}", "early_discount": True, "discount_percentage": percentage,
            "discount_days": 7, "early_pay_discount_computation": mode})

    def discounted(self, mode, *lines, percentage=2, **vals):
        return self.invoice(*lines or (self.line(1000, self.iva16),), **{
            "invoice_payment_term_id": self.term(mode, percentage).id, "l10n_mx_cfdi40_uso_id": self.uso.id, **vals})

    def errors(self, move):
        return [(finding.code, finding.path) for finding in self.findings(move) if finding.severity == "error"]

    def assertTotals(self, move):
        """The CFDI says what the invoice says, to the cent, and the SAT has nothing against it."""
        values = self.assertMeets(move)
        self.assertEqual(self.errors(move), [])
        return values

    def test_a_discount_that_is_to_come_is_not_in_the_cfdi(self):
        for mode in ("included", "excluded"):
            with self.subTest(mode):
                move = self.discounted(mode)
                values = self.assertTotals(move)
                [concept] = values.conceptos
                [tax] = concept.impuestos.traslados
                self.assertEqual((values.sub_total, values.descuento, values.total), (D(1000), None, D(1160)))
                self.assertEqual((tax.base, tax.importe), (D(1000), D(160)))
                self.assertNotIn("MX_DESCUENTO_MIXTO", [finding.code for finding in self.findings(move)])

    def test_mixed_lowers_the_base_and_not_the_price(self):
        move = self.discounted("mixed")
        self.assertEqual(move.amount_total, 1156.80)
        values = self.assertTotals(move)
        [concept] = values.conceptos
        [tax] = concept.impuestos.traslados
        self.assertEqual((values.sub_total, values.descuento, values.total), (D(1000), None, D("1156.80")))
        self.assertEqual((concept.valor_unitario, concept.importe, concept.descuento), (D(1000), D(1000), None))
        self.assertEqual((tax.base, tax.importe), (D(980), D("156.80")))
        [total] = values.impuestos.traslados
        self.assertEqual((total.base, total.importe), (D("980.00"), D("156.80")))

    def test_mixed_is_told_before_it_is_stamped(self):
        """The SAT admits it, but who pays the whole price later has paid too little IVA."""
        move = self.discounted("mixed", self.line(600, self.iva16), self.line(400, self.iva16, self.ret_iva))
        [finding] = [finding for finding in self.findings(move) if finding.code == "MX_DESCUENTO_MIXTO"]
        self.assertEqual(finding.severity, "warning")
        text = move._l10n_mx_cfdi40_finding_text(finding)
        for part in ("2/7 mixed", "20.00", "nota de crédito"):
            self.assertIn(part, text)
        self.assertFalse(move._l10n_mx_cfdi40_finding_action(finding), "another term is chosen on the invoice")

    def test_the_pac_stamps_all_three(self):
        for mode in MODES:
            move = self.discounted(mode, l10n_mx_cfdi40_metodo_pago="PUE", l10n_mx_cfdi40_forma_pago_id=self.forma.id)
            preview = move.with_user(self.biller)._l10n_mx_cfdi40_stamp()
            self.assertFalse(preview.errors)
            self.assertStamped(move)

    def test_all_kinds_of_taxes(self):
        lines = (
            self.line(1000, self.iva16, self.ret_iva, self.ret_isr), self.line(333.33, self.iva16, qty=3, discount=10),
            self.line(77.77, self.iva0), self.line(50, self.exento), self.line(100.01, self.ieps8, self.iva16, qty=2),
            self.line(20))
        for mode in MODES:
            with self.subTest(mode):
                values = self.assertTotals(self.discounted(mode, *lines))
                part = D("0.98") if mode == "mixed" else D(1)
                first, second, zero, exempt, ieps, bare = map(self.amounts, values.conceptos)
                for key in (("T", "002", D("0.16")), ("R", "002", D("0.106667")), ("R", "001", D("0.1"))):
                    self.assertAlmostEqual(first[4][key][0], 1000 * part, delta=D("0.01"))
                self.assertEqual((second[2], second[3]), (D("999.99"), D("99.999")))
                self.assertAlmostEqual(second[4]["T", "002", D("0.16")][0], D("899.991") * part, delta=D("0.01"))
                self.assertAlmostEqual(zero[4]["T", "002", D("0")][0], D("77.77") * part, delta=D("0.01"))
                self.assertEqual(exempt[4]["T", "002", None], (50 * part, None))
                self.assertAlmostEqual(ieps[4]["T", "003", D("0.08")][0], D("200.02") * part, delta=D("0.01"))
                self.assertEqual(bare[4], {})

    def test_prices_with_their_taxes_in_them(self):
        included = self.iva16.sudo().copy({"price_include_override": "tax_included", "name": "16% incluido"})
        for mode in MODES:
            with self.subTest(mode):
                self.assertTotals(self.discounted(mode, *[self.line(99.99, included)] * 3))

    def test_a_quota_is_not_discounted(self):
        """So much a litre is due whatever is paid for the litre: only the taxes on the price are lowered."""
        quota = self.ieps8.sudo().copy({"name": "IEPS cuota", "amount_type": "fixed", "amount": 0.5911})
        for mode in MODES:
            with self.subTest(mode):
                values = self.assertTotals(self.discounted(mode, self.line(20, quota, self.iva16, qty=10.5)))
                [concept] = values.conceptos
                quotas = [tax for tax in concept.impuestos.traslados if tax.tipo_factor == "Cuota"]
                self.assertEqual([(tax.base, tax.importe) for tax in quotas], [(D("10.5"), D("6.20655"))])

    def test_dollars_and_credit_notes(self):
        for mode in MODES:
            with self.subTest(mode):
                move = self.discounted(mode, self.line(333.33, self.iva16, qty=3), currency_id=self.usd.id)
                values = self.assertTotals(move)
                self.assertEqual(values.moneda, "USD")
                refund = self.refund(move)
                self.assertEqual(refund.amount_total, move.amount_total)
                credited = self.assertMeets(refund)
                self.assertEqual(credited.impuestos.traslados, values.impuestos.traslados)

    def test_negative_lines_and_cash_rounding(self):
        rounding = self.env["account.cash.rounding"].sudo().create({
            "name": "Pesos", "rounding": 1, "strategy": "add_invoice_line", "rounding_method": "HALF-UP",
            "profit_account_id": self.company_data["default_account_revenue"].id,
            "loss_account_id": self.company_data["default_account_expense"].id})
        promotion = self.product.sudo().copy({"name": "Promoción"}).with_env(self.env)
        for mode in MODES:
            with self.subTest(mode):
                self.assertTotals(self.discounted(
                    mode, self.line(200, self.iva16, qty=5), self.line(200, self.iva16, qty=-2),
                    self.line(-30, self.iva16, product=promotion)))
                move = self.discounted(mode, self.line(100.37, self.iva16), invoice_cash_rounding_id=rounding.id)
                self.assertEqual(move.amount_total % 1, 0)
                self.assertEqual(self.values(move).total, D(f"{move.amount_total:.2f}"))
                self.assertEqual(self.errors(move), [])

    def test_any_prices(self):
        chance = random.Random(2026)
        for _time in range(12):
            lines = [
                self.line(round(chance.uniform(0.01, 5000), 2), *taxes, qty=chance.randint(1, 9),
                          discount=chance.choice((0, 0, 7.5)))
                for taxes in chance.choices(
                    ((self.iva16,), (self.iva16, self.ret_iva), (self.iva8,), (self.iva0,)), k=chance.randint(1, 6))]
            percentage = chance.choice((1, 2, 3.5, 10))
            with self.subTest(percentage=percentage, lines=len(lines)):
                self.assertTotals(self.discounted("mixed", *lines, percentage=percentage))
