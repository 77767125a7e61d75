from datetime import datetime

from odoo import Command
from odoo.tests import tagged

from .invoice_common import NOW, D, InvoiceCommon


@tagged("post_install_l10n", "post_install", "-at_install")
class TestRefusals(InvoiceCommon):
    """What the SAT would refuse, or an accountant would not expect, is mended or said before it is sent."""

    def codes(self, move):
        return {finding.code for finding in self.findings(move)}

    def test_use_of_a_regime_set_later(self):
        person = self.env["res.partner"].create({
            "name": "Xochilt Casas Chávez", "vat": "CACX7605101P8", "zip": "36257",
            "country_id": self.env.ref("base.mx").id})
        move = self.invoice(self.line(100, self.iva16), partner_id=person.id)
        person.l10n_mx_cfdi40_regimen_id = self.key("c_RegimenFiscal", "605")
        self.assertIn("CFDI40161", self.codes(move))
        move.l10n_mx_cfdi40_uso_id = self.key("c_UsoCFDI", "S01")
        self.assertNotIn("CFDI40161", self.codes(move))
        person.l10n_mx_cfdi40_regimen_id = self.key("c_RegimenFiscal", "601")
        self.assertIn("CFDI40158", self.codes(move))

    def test_tax_registration_abroad(self):
        self.foreigner.vat = "US12-3456789"
        move = self.invoice(self.line(100, self.iva0), partner_id=self.foreigner.id)
        self.assertEqual(self.values(move).receptor.num_reg_id_trib, "123456789")
        self.assertNotIn("MX_RECEPTOR_REGISTRO", self.codes(move))
        self.foreigner.vat = "ABC123"
        receptor = self.values(move).receptor
        self.assertEqual((receptor.residencia_fiscal, receptor.num_reg_id_trib), ("USA", None))
        self.assertIn("MX_RECEPTOR_REGISTRO", self.codes(move))
        self.assertNotIn("CFDI40156", self.codes(move))

    def test_written_name(self):
        self.customer.l10n_mx_cfdi40_name = "  Otra\u00a0razón   social "
        self.assertEqual(self.customer.l10n_mx_cfdi40_name, "OTRA RAZÓN SOCIAL")
        move = self.invoice(self.line(100, self.iva16))
        self.assertEqual(self.values(move).receptor.nombre, "OTRA RAZÓN SOCIAL")

    def test_object_of_tax_chosen_without_taxes(self):
        move = self.invoice(self.line(100, l10n_mx_cfdi40_objeto_imp="02"))
        self.assertIn("CFDI40171", self.codes(move))
        gift = self.invoice(self.line(100, self.iva16, discount=100, l10n_mx_cfdi40_objeto_imp="02"))
        self.assertEqual(self.values(gift).conceptos[0].objeto_imp, "04")
        self.assertIn("CFDI140226", self.codes(self.invoice(self.line(1, self.iva16, l10n_mx_cfdi40_objeto_imp="06"))))

    def test_base_of_a_quota_is_its_units(self):
        quota = self.env["account.tax"].create({
            "name": "Gasolina", "amount": 5.9195, "amount_type": "fixed", "type_tax_use": "sale",
            "company_id": self.company.id, "country_id": self.env.ref("base.mx").id, "l10n_mx_tax_type": "ieps",
            "l10n_mx_factor_type": "Cuota", "include_base_amount": True, "sequence": 0,
            "tax_group_id": self.iva16.tax_group_id.id})
        for method in ("round_per_line", "round_globally"):
            self.company.tax_calculation_rounding_method = method
            values = self.assertMeets(self.invoice(self.line(24.99, quota, self.iva16, qty=37.5)))
            traslado = values.conceptos[0].impuestos.traslados[0]
            self.assertEqual((traslado.base, traslado.tasa_o_cuota), (D("37.5"), D("5.9195")))
            self.assertEqual(values.impuestos.traslados[0].importe, D("221.98"))

    def test_a_negative_line_is_said_once(self):
        move = self.invoice(self.line(100, self.iva16), self.line(-10, self.iva0, product=self._product("X", "X", 1)))
        errors = [finding for finding in self.findings(move) if finding.severity == "error"]
        self.assertEqual([finding.code for finding in errors], ["MX_LINEA_NEGATIVA"])

    def test_discounts_of_prices_with_taxes(self):
        self.iva16.price_include_override = "tax_included"
        for method in ("round_per_line", "round_globally"):
            self.company.tax_calculation_rounding_method = method
            values = self.assertMeets(self.invoice(
                self.line(116, self.iva16, discount=100), self.line(123.45, self.iva16, discount=99.9),
                self.line(58, self.iva16, discount=50)))
            gift, almost, half = values.conceptos
            self.assertEqual((gift.importe, gift.descuento, gift.objeto_imp), (D(100), D(100), "04"))
            self.assertAlmostEqual(almost.valor_unitario, D("106.422414"), places=2)
            self.assertAlmostEqual(half.valor_unitario, D(50), places=2)
            self.assertEqual(half.descuento, D(25))

    def test_terms_in_the_customers_language(self):
        self.env["res.lang"]._activate_lang("es_MX")
        term = self.env["account.payment.term"].create({
            "name": "In ten days",
            "line_ids": [Command.create({"value": "percent", "value_amount": 100, "nb_days": 10})]})
        term.with_context(lang="es_MX").name = "A diez días"
        self.customer.lang = "es_MX"
        move = self.invoice(self.line(100, self.iva16), invoice_payment_term_id=term.id)
        for lang in ("en_US", "es_MX"):
            self.assertEqual(self.values(move.with_context(lang=lang)).condiciones_de_pago, "A diez días")

    def test_a_warning_hides_no_error(self):
        move = self.invoice(self.line(100, self.iva16))
        with self.at(NOW):
            values = move._l10n_mx_cfdi40_values({move: datetime(2026, 3, 1, 10, 0)})
            found = {finding.code for finding in move._l10n_mx_cfdi40_findings(values)[move]}
        self.assertLessEqual({"MX_FECHA_MOVIDA", "401"}, found)

    def test_pue_to_be_defined(self):
        move = self.invoice(self.line(100, self.iva16))
        self.assertNotIn("MX_PUE_POR_DEFINIR", self.codes(move))
        move.l10n_mx_cfdi40_forma_pago_id = self.key("c_FormaPago", "99")
        self.assertIn("MX_PUE_POR_DEFINIR", self.codes(move))

    def test_name_of_the_issuer(self):
        move = self.invoice(self.line(100, self.iva16))
        self.assertNotIn("MX_EMISOR_NOMBRE", self.codes(move))
        self.company.partner_id.l10n_mx_cfdi40_name = "MI EMPRESA"
        self.assertIn("MX_EMISOR_NOMBRE", self.codes(move))
