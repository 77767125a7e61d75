import os
import random
from collections import Counter

from odoo.tests import tagged

from .invoice_common import NOW, TODAY, D, InvoiceCommon

#: 300 invoices; 2,000 with CFDI40_LONG=1.
HOW_MANY = 2000 if os.environ.get("CFDI40_LONG") else 300
#: One of so many is shown to the SAT's schema and stylesheet too, which take their time.
SAMPLE = 10


@tagged("post_install_l10n", "post_install", "-at_install")
class TestRandomValues(InvoiceCommon):
    """Whatever an invoice holds, its CFDI satisfies every rule and says what Odoo says, to the cent."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for name in ("Product Price", "Product Unit"):
            cls.env["decimal.precision"].search([("name", "=", name)]).digits = 6
        cls.env.ref("base.EUR").active = True
        cls.env["res.currency.rate"].create({
            "name": "2020-01-01", "currency_id": cls.env.ref("base.EUR").id, "company_id": cls.company.id,
            "inverse_company_rate": 21.837465})
        cls.included = cls.iva16.copy({"name": "16% incluido", "price_include_override": "tax_included"})
        cls.quota = cls.ieps8.copy({"name": "Cuota", "amount_type": "fixed", "amount": 0.5911})
        cls.ieps265 = cls.env["account.chart.template"].with_company(cls.company).ref("ieps_26_5_sale")
        cls.ieps265.active = True
        cls.others = [cls._product(f"Producto {n}", f"R-{n}", n) for n in range(6)]

    def _lines(self, rng):
        """Between one and nine lines; negative ones only together with a larger positive one of the same taxes."""
        taxes = [
            [self.iva16], [self.iva16], [self.iva8], [self.iva0], [self.exento], [], [self.ieps8, self.iva16],
            [self.ieps265, self.iva16], [self.quota, self.iva16], [self.iva16, self.ret_iva, self.ret_isr],
            [self.iva16, self.ret_iva4], [self.iva16, self.ret_resico], [self.included],
            [self.iva0, self.ret_isr], [self.quota],
        ]
        lines = []
        for _number in range(rng.choice((1, 1, 2, 3, 4, 6, 9))):
            chosen, product = rng.choice(taxes), rng.choice(self.others)
            price = round(10 ** rng.uniform(-1, 4), rng.choice((0, 2, 2, 4, 6))) or 1
            qty = round(10 ** rng.uniform(-1, 2.5), rng.choice((0, 0, 2, 3, 6))) or 1
            if price * qty < 0.02:
                price = 10
            discount = rng.choice((0, 0, 0, 5, 12.5, 33.33, 100, round(rng.uniform(0, 99), 2)))
            lines.append(self.line(price, *chosen, qty=qty, product=product, discount=discount))
            if rng.random() < 0.15 and discount != 100 and self.quota not in chosen:
                less = rng.uniform(0.05, 0.9)
                if rng.random() < 0.5:
                    lines.append(self.line(
                        price, *chosen, qty=-round(qty * less, 6), product=product, discount=discount))
                else:
                    amount = -(round(price * qty * (1 - discount / 100) * less, 2) or 0.01)
                    lines.append(self.line(amount, *chosen, product=rng.choice(self.others)))
        rng.shuffle(lines)
        return lines

    def test_random_invoices(self):
        seed = int(os.environ.get("CFDI40_SEED") or 20260312)
        rng = random.Random(seed)
        currencies = [self.company.currency_id, self.company.currency_id, self.usd, self.env.ref("base.EUR")]
        kept, seen = 0, Counter()
        while kept < HOW_MANY:
            moves = self.env["account.move"].create([{
                "move_type": rng.choice(("out_invoice", "out_invoice", "out_refund")),
                "partner_id": self.customer.id, "invoice_date": TODAY, "invoice_payment_term_id": False,
                "currency_id": rng.choice(currencies).id, "invoice_line_ids": self._lines(rng),
            } for _number in range(100)])
            moves = moves.filtered(lambda move: move.amount_total > 0 and move.amount_untaxed > 0)
            moves.action_post()
            with self.at(NOW):
                values = moves._l10n_mx_cfdi40_values()
                findings = moves._l10n_mx_cfdi40_findings(values)
            for move, comprobante in values.items():
                where = f"seed {seed}, invoice {kept}: " + "; ".join(
                    f"{line.quantity} x {line.price_unit} -{line.discount}% {line.tax_ids.mapped('name')}"
                    for line in move.invoice_line_ids)
                errors = [finding for finding in findings[move] if finding.severity == "error"]
                self.assertFalse(errors, where)
                self.assertEqual(comprobante.total, D(f"{move.amount_total:.2f}"), where)
                self.assertEqual(
                    comprobante.sub_total - (comprobante.descuento or 0), D(f"{move.amount_untaxed:.2f}"), where)
                kept += 1
                seen.update(
                    tax.tipo_factor for c in comprobante.conceptos if c.impuestos for tax in c.impuestos.traslados)
                if kept % SAMPLE == 0:
                    self.keep_xml(comprobante)
        self.assertEqual(set(seen), {"Tasa", "Cuota", "Exento"})
