from odoo.tests import tagged

from .invoice_common import D, InvoiceCommon


@tagged("post_install_l10n", "post_install", "-at_install")
class TestTaxes(InvoiceCommon):
    """How each tax of the chart appears in a CFDI."""

    def test_keys(self):
        for tax, expected in (
            (self.iva16, ("002", "Tasa", D("0.160000"), False)),
            (self.iva8, ("002", "Tasa", D("0.080000"), False)),
            (self.iva0, ("002", "Tasa", D("0.000000"), False)),
            (self.exento, ("002", "Exento", None, False)),
            (self.ieps8, ("003", "Tasa", D("0.080000"), False)),
            (self.ret_iva, ("002", "Tasa", D("0.106667"), True)),
            (self.ret_iva4, ("002", "Tasa", D("0.040000"), True)),
            (self.ret_isr, ("001", "Tasa", D("0.100000"), True)),
            (self.ret_resico, ("001", "Tasa", D("0.012500"), True)),
            (self.ieps8.copy({"name": "C", "amount_type": "fixed", "amount": 6.6231}),
             ("003", "Cuota", D("6.6231"), False)),
        ):
            key = tax._l10n_mx_cfdi40_tax_key()
            self.assertEqual((key.impuesto, key.tipo_factor, key.tasa_o_cuota, key.retencion), expected, tax.name)
            if key.tasa_o_cuota is not None:
                self.assertEqual(key.tasa_o_cuota.as_tuple().exponent, -6)
            self.assertFalse(key.local)

    def test_every_tax_of_the_chart(self):
        """None is misread: those with a negative amount are withheld, the others charged, and rates are of the SAT."""
        taxes = self.env["account.tax"].with_context(active_test=False).search([
            ("company_id", "=", self.company.id), ("amount_type", "!=", "group"), ("country_id.code", "=", "MX")])
        self.assertGreater(len(taxes), 30)
        for tax in taxes:
            key = tax._l10n_mx_cfdi40_tax_key()
            self.assertEqual(key.retencion, tax.amount < 0, tax.name)
            if key.impuesto == "001":
                self.assertTrue(key.retencion, tax.name)
            self.assertEqual(key.tipo_factor, "Exento" if "xento" in tax.name else "Tasa", tax.name)

    def test_retentions_of_a_fresh_chart(self):
        """A company whose chart has just been installed can invoice with all of them, in Mexican accounts."""
        chart = self.env["account.chart.template"].with_company(self.company)
        two_thirds_8 = chart.ref("l10n_mx_cfdi40_iva_ret_5_33_sale")
        self.assertEqual(two_thirds_8._l10n_mx_cfdi40_tax_key().tasa_o_cuota, D("0.053333"))
        for tax in (self.ret_iva, self.ret_iva4, two_thirds_8, self.ret_isr, self.ret_resico):
            self.assertTrue(tax.active, tax.name)
            self.assertEqual(tax.type_tax_use, "sale")
            iva = self.iva8 if tax == two_thirds_8 else self.iva16
            move = self.invoice(self.line(1000, iva, tax))
            self.assertMeets(move)
            self.assertEqual(
                [finding.code for finding in self.findings(move) if finding.severity == "error"], [], tax.name)
        account = self.ret_iva.cash_basis_transition_account_id
        self.assertEqual((account.code, account.reconcile), ("119.01.05", True))

    def test_a_chart_that_was_there_before(self):
        """What a new chart brings reaches a company that had the chart already, and only what it lacks."""
        chart = self.env["account.chart.template"].with_company(self.company)
        self.ret_iva4.name = "Mi retención"
        self.ret_isr.unlink()
        self.env["account.chart.template"]._l10n_mx_cfdi40_complete()
        self.assertEqual(chart.ref("l10n_mx_cfdi40_isr_ret_10_sale").amount, -10)
        self.assertEqual(self.ret_iva4.name, "Mi retención")

    def test_shown_in_words(self):
        self.assertEqual(self.ret_iva.l10n_mx_cfdi40_key, "Withheld 002 Tasa 0.106667")
        self.assertEqual(self.exento.l10n_mx_cfdi40_key, "Charged 002 Exento")

    def test_border_rate(self):
        """8 % is for the border: elsewhere there is a warning."""
        move = self.invoice(self.line(100, self.iva8))
        self.assertEqual(
            [(f.code, f.severity) for f in self.findings(move)], [("MX_IVA8_FUERA_DE_FRONTERA", "warning")])
        move.journal_id.l10n_mx_cfdi40_zip = "22000"
        self.assertEqual(self.findings(move), [])
