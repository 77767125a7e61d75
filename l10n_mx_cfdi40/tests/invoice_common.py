"""Customers, products, taxes and invoices for the tests of what becomes a CFDI."""
import hashlib
import os
from decimal import Decimal
from pathlib import Path

from odoo import Command
from odoo.tests import freeze_time

from ..cfdi.seal import sellar
from .common import CfdiCommon

#: A Thursday at noon in the centre of Mexico.
NOW = "2026-03-12 18:00:00"
TODAY = "2026-03-12"


def D(text):
    return Decimal(str(text))


class InvoiceCommon(CfdiCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # As every user who makes invoices for new customers.
        cls.biller.group_ids += cls.env.ref("base.group_partner_manager")
        cls.company.partner_id.l10n_mx_cfdi40_regimen_id = cls.key("c_RegimenFiscal", "601")
        mexico = cls.env.ref("base.mx")
        cls.customer = cls.env["res.partner"].create({
            "name": "Universidad Robótica Española, S.A. de C.V.",
            "is_company": True,
            "vat": "URE180429TM6",
            "zip": "86991",
            "country_id": mexico.id,
            "l10n_mx_cfdi40_regimen_id": cls.key("c_RegimenFiscal", "601").id,
        })
        cls.public = cls.env["res.partner"].create({
            "name": "Público en General", "vat": "XAXX010101000", "country_id": mexico.id})
        cls.foreigner = cls.env["res.partner"].create({
            "name": "Northwind Traders Inc.", "is_company": True, "country_id": cls.env.ref("base.us").id,
            "zip": "90210"})
        cls.unit = cls.env.ref("uom.product_uom_unit")
        cls.unit.l10n_mx_cfdi40_clave_unidad_id = cls.key("c_ClaveUnidad", "H87")
        cls.product = cls._product("Tornillo", "T-1", 100)
        chart = cls.env["account.chart.template"].with_company(cls.company)
        cls.iva16, cls.iva8, cls.iva0, cls.exento = (chart.ref(name) for name in ("tax12", "tax17", "tax9", "tax19"))
        cls.ret_iva = chart.ref("l10n_mx_cfdi40_iva_ret_10_67_sale")
        cls.ret_iva4 = chart.ref("l10n_mx_cfdi40_iva_ret_4_sale")
        cls.ret_isr = chart.ref("l10n_mx_cfdi40_isr_ret_10_sale")
        cls.ret_resico = chart.ref("mx_wh_1_25_sale")
        cls.ieps8 = chart.ref("ieps_8_sale")
        cls.ieps8.active = True
        cls.certificate = cls.install_certificate()
        cls.usd = cls.env.ref("base.USD")
        cls.usd.active = True
        cls.usd.rate_ids.unlink()
        cls.env["res.currency.rate"].create({
            "name": "2020-01-01", "currency_id": cls.usd.id, "company_id": cls.company.id, "inverse_company_rate": 20})

    @classmethod
    def key(cls, catalog, code):
        return cls.env["l10n_mx_cfdi40.catalog"].search([("catalog", "=", catalog), ("code", "=", code)])

    @classmethod
    def _product(cls, name, reference, price, **vals):
        return cls.env["product.product"].create({
            "name": name, "default_code": reference, "list_price": price, "uom_id": cls.unit.id,
            "l10n_mx_cfdi40_clave_id": cls.key("c_ClaveProdServ", "31161500").id, "taxes_id": False, **vals})

    @classmethod
    def line(cls, price, *taxes, qty=1, product=None, **vals):
        product = cls.product if product is None else product
        return Command.create({
            "product_id": product.id, "quantity": qty, "price_unit": price,
            "tax_ids": [Command.set([tax.id for tax in taxes])], **vals})

    @classmethod
    def invoice(cls, *lines, post=True, move_type="out_invoice", **vals):
        with freeze_time(NOW):
            move = cls.env["account.move"].create({
                "move_type": move_type, "partner_id": cls.customer.id, "invoice_date": TODAY,
                "company_id": cls.company.id, "invoice_payment_term_id": False, "invoice_line_ids": list(lines),
                **vals})
            if post:
                move.action_post()
        return move

    def refund(self, move, post=True, **vals):
        """A credit note of the invoice, made with the wizard."""
        with freeze_time(NOW):
            wizard = self.env["account.move.reversal"].with_context(
                active_model="account.move", active_ids=move.ids,
            ).create({"date": TODAY, "journal_id": move.journal_id.id, **vals})
            refund = self.env["account.move"].browse(wizard.refund_moves()["res_id"])
            if post:
                refund.action_post()
        return refund

    def values(self, move):
        with self.at(NOW):
            return move._l10n_mx_cfdi40_values()[move]

    def findings(self, move):
        with self.at(NOW):
            return move._l10n_mx_cfdi40_findings(move._l10n_mx_cfdi40_values())[move]

    def assertMeets(self, move, values=None):
        """The CFDI says what Odoo's invoice says, to the cent."""
        values = values or self.values(move)
        self.assertEqual(values.total, D(f"{move.amount_total:.2f}"))
        net = values.sub_total - (values.descuento or 0)
        self.assertEqual(net, D(f"{move.amount_untaxed:.2f}"))
        self.keep_xml(values)
        return values

    def keep_xml(self, values):
        """Leave the sealed XML where the SAT's own schema and stylesheet are tried on it."""
        folder = os.environ.get("CFDI40_XML_DIR")
        if folder:
            xml = sellar(values, self.certificate.sudo()._csd()).xml
            Path(folder, f"values_{hashlib.sha256(xml).hexdigest()[:20]}.xml").write_bytes(xml)

    def keep_document(self, document):
        """Leave the stamped XML where the SAT's own schema and stylesheet are tried on it."""
        folder = os.environ.get("CFDI40_XML_DIR")
        if folder:
            xml = document._stamped_bytes()
            Path(folder, f"{hashlib.sha1(xml).hexdigest()}.xml").write_bytes(xml)

    def amounts(self, concepto):
        """(cantidad, valor unitario, importe, descuento, {tax key: (base, importe)}) of a concept, as numbers."""
        taxes = {}
        if concepto.impuestos:
            for tax in concepto.impuestos.traslados:
                taxes["T", tax.impuesto, tax.tasa_o_cuota] = (tax.base, tax.importe)
            for tax in concepto.impuestos.retenciones:
                taxes["R", tax.impuesto, tax.tasa_o_cuota] = (tax.base, tax.importe)
        return (concepto.cantidad, concepto.valor_unitario, concepto.importe, concepto.descuento, taxes)
