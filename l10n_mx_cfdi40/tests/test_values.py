from odoo.tests import tagged

from .invoice_common import D, InvoiceCommon


@tagged("post_install_l10n", "post_install", "-at_install")
class TestValues(InvoiceCommon):
    """Exact amounts of the cases that were worked out by hand over Odoo's tax engine."""

    def test_mixed_taxes(self):
        move = self.invoice(
            self.line(33.33, self.iva16, qty=3),
            self.line(12.3456, self.iva16, self.ret_iva, self.ret_isr, qty=7, discount=10),
            self.line(50, self.exento),
            self.line(10.01, self.ieps8, self.iva16, qty=2),
        )
        values = self.assertMeets(move)
        a, b, c, d = map(self.amounts, values.conceptos)
        self.assertEqual(a, (D(3), D("33.33"), D("99.99"), None, {("T", "002", D("0.16")): (D("99.99"), D("15.9984"))}))
        self.assertEqual(b, (D(7), D("12.3456"), D("86.4192"), D("8.64192"), {
            ("T", "002", D("0.16")): (D("77.77728"), D("12.444365")),
            ("R", "002", D("0.106667")): (D("77.77728"), D("8.296269")),
            ("R", "001", D("0.1")): (D("77.77728"), D("7.777728")),
        }))
        self.assertEqual(c, (D(1), D(50), D(50), None, {("T", "002", None): (D(50), None)}))
        self.assertEqual(d, (D(2), D("10.01"), D("20.02"), None, {
            ("T", "003", D("0.08")): (D("20.02"), D("1.6016")),
            ("T", "002", D("0.16")): (D("21.6216"), D("3.459456")),
        }))
        self.assertEqual([concept.objeto_imp for concept in values.conceptos], ["02"] * 4)
        taxes = values.impuestos
        self.assertEqual(
            {(t.impuesto, t.tipo_factor, t.tasa_o_cuota): (t.base, t.importe) for t in taxes.traslados}, {
                ("002", "Tasa", D("0.16")): (D("199.39"), D("31.90")),
                ("002", "Exento", None): (D("50.00"), None),
                ("003", "Tasa", D("0.08")): (D("20.02"), D("1.60")),
            })
        self.assertEqual({r.impuesto: r.importe for r in taxes.retenciones}, {"002": D("8.30"), "001": D("7.78")})
