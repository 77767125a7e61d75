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

    def test_negative_lines(self):
        """A return of the same product lowers the quantity; any other negative line is a discount."""
        other = self._product("Martillo", "M-1", 200)
        move = self.invoice(
            self.line(33.33, self.iva16, qty=5),
            self.line(33.33, self.iva16, qty=-2),
            self.line(200, self.iva16, product=other),
            self.line(-30, self.iva16, product=self._product("Promoción", "P-1", 0)),
        )
        values = self.assertMeets(move)
        self.assertEqual(values.total, D("313.19"))
        first, second = map(self.amounts, values.conceptos)
        self.assertEqual(first[:4], (D(3), D("33.33"), D("99.99"), D("9.999333")))
        self.assertEqual(first[4]["T", "002", D("0.16")][1], D("14.398507"))
        self.assertEqual(second[:4], (D(1), D(200), D(200), D("20.000667")))
        self.assertEqual(second[4]["T", "002", D("0.16")][1], D("28.799893"))
        [total] = values.impuestos.traslados
        self.assertEqual((total.base, total.importe), (D("269.99"), D("43.20")))

    def test_negative_line_without_a_counterpart_is_a_finding(self):
        move = self.invoice(self.line(100, self.iva16), self.line(-10, self.iva0, product=self._product("X", "X", 1)))
        codes = [finding.code for finding in self.findings(move)]
        self.assertIn("MX_LINEA_NEGATIVA", codes)

    def test_price_included(self):
        """299.97 in Odoo is 299.97 in the CFDI, and Base is Importe."""
        included = self.iva16.copy({"price_include_override": "tax_included", "name": "16% incluido"})
        move = self.invoice(*[self.line(99.99, included)] * 3)
        values = self.assertMeets(move)
        for concepto in values.conceptos:
            [tax] = concepto.impuestos.traslados
            self.assertEqual(tax.base, concepto.importe)
        self.assertEqual(values.conceptos[0].importe, D("86.198276"))
        self.assertEqual(values.conceptos[0].valor_unitario, D("86.198276"))

    def test_whole_discount(self):
        """A gift: no Base of zero (CFDI40174), ObjetoImp 04; the rest is as always."""
        move = self.invoice(
            self.line(100, self.iva16, discount=100), self.line(50, self.iva16), self.line(20, discount=100))
        values = self.assertMeets(move)
        gift, sold, untaxed = values.conceptos
        self.assertEqual((gift.importe, gift.descuento, gift.objeto_imp), (D(100), D(100), "04"))
        self.assertIsNone(gift.impuestos)
        self.assertEqual((sold.objeto_imp, untaxed.objeto_imp), ("02", "01"))
        self.assertEqual((values.sub_total, values.descuento, values.total), (D(170), D(120), D(58)))

    def test_quota(self):
        """A tax of so much per unit is a Cuota whose Base is the quantity."""
        quota = self.ieps8.copy({"name": "IEPS cuota", "amount_type": "fixed", "amount": 0.5911})
        values = self.assertMeets(self.invoice(self.line(20, quota, self.iva16, qty=10.5)))
        [concepto] = values.conceptos
        ieps = next(t for t in concepto.impuestos.traslados if t.impuesto == "003")
        self.assertEqual(
            (ieps.tipo_factor, ieps.tasa_o_cuota, ieps.base, ieps.importe),
            ("Cuota", D("0.5911"), D("10.5"), D("6.20655")))

    def test_local_taxes(self):
        """State and municipal taxes go to their complement, with two decimals, and to Total, never to Impuestos."""
        cedular = self.iva16.copy({"name": "Cedular 3%", "amount": -3, "l10n_mx_tax_type": "local",
                                   "invoice_label": "Cedular"})
        lodging = self.iva16.copy({"name": "ISH 3.5%", "amount": 3.5, "l10n_mx_tax_type": "local",
                                   "invoice_label": "ISH"})
        values = self.assertMeets(self.invoice(self.line(999.99, self.iva16, cedular, lodging)))
        [local] = values.complemento
        self.assertEqual((local.totalde_retenciones, local.totalde_traslados), (D("30.00"), D("35.00")))
        self.assertEqual(local.retenciones_locales[0].imp_loc_retenido, "Cedular")
        self.assertEqual(local.traslados_locales[0].tasade_traslado, D("3.50"))
        self.assertEqual([t.impuesto for t in values.impuestos.traslados], ["002"])
        alone = self.values(self.invoice(self.line(100, lodging)))
        self.assertEqual((alone.conceptos[0].objeto_imp, alone.impuestos), ("01", None))

    def test_cash_rounding(self):
        for strategy in ("add_invoice_line", "biggest_tax"):
            rounding = self.env["account.cash.rounding"].create({
                "name": strategy, "rounding": 1, "strategy": strategy, "rounding_method": "HALF-UP",
                "profit_account_id": self.company_data["default_account_revenue"].id,
                "loss_account_id": self.company_data["default_account_expense"].id})
            for price in (100.37, 100.81):
                with self.subTest(strategy=strategy, price=price):
                    move = self.invoice(
                        self.line(price, self.iva16), self.line(10, self.iva16), invoice_cash_rounding_id=rounding.id)
                    self.assertEqual(move.amount_total % 1, 0)
                    values = self.values(move)
                    self.assertEqual(values.total, D(move.amount_total))
                    self.assertEqual([f.code for f in self.findings(move)], [])
        # 110.81 * 1.16 = 128.54: upwards is a concept that is not subject to tax.
        self.assertEqual((values.conceptos[-1].descripcion, values.conceptos[-1].importe), ("Redondeo", D("0.46")))
        self.assertEqual(values.conceptos[-1].objeto_imp, "01")

    def test_early_payment_discount_mixed(self):
        """The discount lowers the taxes, not the price: so do the bases of the lines."""
        term = self.env["account.payment.term"].create({
            "name": "2/7", "early_discount": True, "discount_percentage": 2, "discount_days": 7,
            "early_pay_discount_computation": "mixed"})
        move = self.invoice(self.line(1000, self.iva16), invoice_payment_term_id=term.id)
        self.assertEqual(move.amount_total, 1156.80)
        values = self.assertMeets(move)
        [tax] = values.conceptos[0].impuestos.traslados
        self.assertEqual((values.sub_total, tax.base, tax.importe), (D(1000), D(980), D("156.80")))
        self.assertEqual([f.code for f in self.findings(move)], ["MX_DESCUENTO_MIXTO"])

    def test_round_per_line_and_changed_taxes(self):
        """Odoo's totals also where each line is rounded, and where somebody changed a tax by a cent."""
        self.company.tax_calculation_rounding_method = "round_per_line"
        lines = [self.line(price, self.iva16, self.ret_iva, qty=3) for price in (0.37, 11.11, 33.33, 7.77)]
        move = self.invoice(*lines)
        self.assertMeets(move)
        self.assertEqual([f.code for f in self.findings(move)], [])
        self.company.tax_calculation_rounding_method = "round_globally"
        move = self.invoice(self.line(33.33, self.iva16, qty=3), self.line(7.77, self.iva16), post=False)
        tax = move.line_ids.filtered("tax_line_id")
        before = move.amount_total
        move.write({"line_ids": [
            (1, tax.id, {"amount_currency": tax.amount_currency - 0.01}),
            (1, move.line_ids.filtered(lambda line: line.display_type == "payment_term").id,
             {"amount_currency": before + 0.01})]})
        move.action_post()
        self.assertAlmostEqual(move.amount_total, before + 0.01)
        self.assertMeets(move)
        self.assertEqual([f.code for f in self.findings(move)], [])

    def test_currency(self):
        move = self.invoice(self.line(1000, self.iva16), currency_id=self.usd.id)
        values = self.assertMeets(move)
        self.assertEqual((values.moneda, values.tipo_cambio, values.total), ("USD", D(20), D(1160)))
        refund = self.refund(move)
        values = self.assertMeets(refund)
        self.assertEqual((values.moneda, values.tipo_cambio, values.tipo_de_comprobante), ("USD", D(20), "E"))
        self.assertIsNone(self.values(self.invoice(self.line(1))).tipo_cambio)

    def test_lines_left_out_and_kept(self):
        """Sections, notes and cost lines are no concepts; a line without product is one, with its own keys."""
        move = self.invoice(
            (0, 0, {"display_type": "line_section", "name": "Sección"}),
            self.line(100, self.iva16),
            (0, 0, {"display_type": "line_note", "name": "Nota"}),
            self.line(1000, self.iva16, product=self.env["product.product"], name="Sin producto",
                      l10n_mx_cfdi40_clave_id=self.key("c_ClaveProdServ", "84111506").id,
                      l10n_mx_cfdi40_clave_unidad_id=self.key("c_ClaveUnidad", "ACT").id),
        )
        values = self.assertMeets(move)
        self.assertEqual([c.descripcion for c in values.conceptos], ["Tornillo", "Sin producto"])
        self.assertEqual((values.conceptos[1].clave_prod_serv, values.conceptos[1].clave_unidad), ("84111506", "ACT"))

    def test_cost_lines_are_left_out(self):
        move = self.invoice(self.line(1000, self.iva16), post=False)
        move.write({"line_ids": [
            (0, 0, {"display_type": "cogs", "account_id": account.id, "balance": balance, "name": "Costo",
                    "quantity": 1, "price_unit": balance, "tax_ids": [(5, 0, 0)]})
            for account, balance in (
                (self.company_data["default_account_expense"], 600.0),
                (self.company_data["default_account_revenue"], -600.0))]})
        move.action_post()
        self.assertEqual(len(move.line_ids.filtered(lambda line: line.display_type == "cogs")), 2)
        values = self.assertMeets(move)
        self.assertEqual([concepto.importe for concepto in values.conceptos], [D(1000)])

    def test_description(self):
        line = self.line(1, name="[T-1] Tornillo | de\u00a01/2\"\nacero\tinoxidable")
        long = self.line(1, name="x" * 1200)
        first, second = self.values(self.invoice(line, long)).conceptos
        self.assertEqual(first.descripcion, 'Tornillo / de 1/2" acero inoxidable')
        self.assertEqual(first.no_identificacion, "T-1")
        self.assertEqual((len(second.descripcion), second.descripcion[-1]), (1000, "…"))

    def test_customs_lease_and_third_party(self):
        owner = self.env["res.partner"].create({
            "name": "Xochilt Casas Chávez", "vat": "CACX7605101P8", "zip": "36257",
            "country_id": self.env.ref("base.mx").id,
            "l10n_mx_cfdi40_regimen_id": self.key("c_RegimenFiscal", "612").id})
        [concepto] = self.values(self.invoice(self.line(
            1, l10n_mx_cfdi40_pedimento="214738078003832", l10n_mx_cfdi40_predial="0123-456, 9",
            l10n_mx_cfdi40_tercero_id=owner.id))).conceptos
        self.assertEqual(concepto.informacion_aduanera, ("21  47  3807  8003832",))
        self.assertEqual(concepto.cuenta_predial, ("0123456", "9"))
        third = concepto.a_cuenta_terceros
        self.assertEqual(
            (third.rfc_a_cuenta_terceros, third.nombre_a_cuenta_terceros, third.regimen_fiscal_a_cuenta_terceros,
             third.domicilio_fiscal_a_cuenta_terceros), ("CACX7605101P8", "XOCHILT CASAS CHAVEZ", "612", "36257"))
