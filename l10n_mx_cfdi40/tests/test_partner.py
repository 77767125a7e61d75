from odoo.tests import Form, tagged

from ..cfdi import rfc
from .invoice_common import D, InvoiceCommon


@tagged("post_install_l10n", "post_install", "-at_install")
class TestPartner(InvoiceCommon):
    """Who receives: the name and the RFC as the SAT has them, and what each kind of customer may carry."""

    def test_name_is_proposed_and_editable(self):
        partner = self.env["res.partner"].with_user(self.biller).create(
            {"name": "Xenon Industrial Articles, S. de R.L. de C.V.", "is_company": True})
        self.assertEqual(partner.l10n_mx_cfdi40_name, "XENON INDUSTRIAL ARTICLES")
        partner.name = "Xenon Industrial Articles SA"
        self.assertEqual(partner.l10n_mx_cfdi40_name, "XENON INDUSTRIAL ARTICLES")
        partner.l10n_mx_cfdi40_name = "XENON ARTICLES"
        partner.name = "Xenón"
        self.assertEqual(partner.l10n_mx_cfdi40_name, "XENON ARTICLES")
        partner.l10n_mx_cfdi40_name = False
        self.assertEqual(partner.l10n_mx_cfdi40_name, "XENON")

    def test_a_person_keeps_the_whole_name(self):
        partner = self.env["res.partner"].create({
            "name": "Juan Pérez SA", "is_company": True, "vat": "CACX7605101P8",
            "country_id": self.env.ref("base.mx").id})
        self.assertEqual(partner.l10n_mx_cfdi40_name, "JUAN PEREZ SA")

    def test_form(self):
        form = Form(self.customer.with_user(self.biller))
        self.assertEqual(form.l10n_mx_cfdi40_name, "UNIVERSIDAD ROBOTICA ESPAÑOLA")
        form.name = "Universidad Robótica Mexicana"
        self.assertEqual(form.l10n_mx_cfdi40_name, "UNIVERSIDAD ROBOTICA MEXICANA")

    def test_rfc(self):
        mexico, states = self.env.ref("base.mx").id, self.env.ref("base.us").id
        for vat, country, expected in (
            ("URE180429TM6", mexico, "URE180429TM6"),
            ("MXURE180429TM6", mexico, "URE180429TM6"),
            ("ure-180429-tm6", False, "URE180429TM6"),
            (False, mexico, ""),
            (False, False, ""),
            (False, states, rfc.RFC_EXTRANJERO),
            ("12-3456789", states, rfc.RFC_EXTRANJERO),
            ("URE180429TM6", states, "URE180429TM6"),
            ("XAXX010101000", mexico, rfc.RFC_NACIONAL),
        ):
            partner = self.env["res.partner"].with_context(no_vat_validation=True).create(
                {"name": "X", "vat": vat, "country_id": country})
            self.assertEqual(partner._l10n_mx_cfdi40_rfc(), expected, (vat, country))

    def test_national_customer(self):
        receptor = self.values(self.invoice(self.line(1))).receptor
        self.assertEqual(
            (receptor.rfc, receptor.nombre, receptor.domicilio_fiscal_receptor, receptor.regimen_fiscal_receptor,
             receptor.uso_cfdi, receptor.residencia_fiscal, receptor.num_reg_id_trib),
            ("URE180429TM6", "UNIVERSIDAD ROBOTICA ESPAÑOLA", "86991", "601", "G03", None, None))

    def test_contact_of_a_customer(self):
        contact = self.env["res.partner"].create({"name": "Compras", "parent_id": self.customer.id, "zip": "01000"})
        receptor = self.values(self.invoice(self.line(1), partner_id=contact.id)).receptor
        self.assertEqual((receptor.rfc, receptor.domicilio_fiscal_receptor), ("URE180429TM6", "86991"))

    def test_foreigner(self):
        """XEXX: the ZIP is that of the place of issue, the regime 616 and the use S01; never the foreign address."""
        move = self.invoice(self.line(1, self.iva0), partner_id=self.foreigner.id)
        receptor = self.values(move).receptor
        self.assertEqual(
            (receptor.rfc, receptor.domicilio_fiscal_receptor, receptor.regimen_fiscal_receptor, receptor.uso_cfdi,
             receptor.residencia_fiscal, receptor.num_reg_id_trib),
            (rfc.RFC_EXTRANJERO, "42501", "616", "S01", "USA", None))
        self.assertEqual(self.findings(move), [])
        self.foreigner.with_context(no_vat_validation=True).vat = "12-3456789"
        self.assertEqual(self.values(move).receptor.num_reg_id_trib, "123456789")
        self.assertEqual(self.findings(move), [])

    def test_general_public(self):
        """PUBLICO EN GENERAL is a global invoice; the generic RFC under another name is somebody's own."""
        move = self.invoice(self.line(1, self.iva16), partner_id=self.public.id)
        values = self.values(move)
        info = values.informacion_global
        self.assertEqual((info.periodicidad, info.meses, info.anio), ("04", "03", 2026))
        self.assertEqual(
            (values.receptor.nombre, values.receptor.uso_cfdi, values.receptor.regimen_fiscal_receptor,
             values.receptor.domicilio_fiscal_receptor, values.metodo_pago),
            ("PUBLICO EN GENERAL", "S01", "616", "42501", "PUE"))
        self.assertEqual(self.findings(move), [])
        someone = self.env["res.partner"].create({
            "name": "Juan Pérez", "vat": "XAXX010101000", "country_id": self.env.ref("base.mx").id})
        move = self.invoice(self.line(1, self.iva16), partner_id=someone.id)
        self.assertIsNone(self.values(move).informacion_global)
        self.assertEqual(self.findings(move), [])

    def test_bimonthly(self):
        with self.at("2026-03-12 18:00:00"):
            form = Form(self.env["account.move"].with_context(default_move_type="out_invoice"))
            form.partner_id = self.public
            self.assertEqual((form.l10n_mx_cfdi40_periodicidad, form.l10n_mx_cfdi40_meses), ("04", "03"))
            form.l10n_mx_cfdi40_periodicidad = "05"
            self.assertEqual(form.l10n_mx_cfdi40_meses, "14")

    def test_missing_data(self):
        """Each thing that is missing is said once, with the record where it is written."""
        nobody = self.env["res.partner"].create({"name": "Nadie", "country_id": self.env.ref("base.mx").id})
        move = self.invoice(self.line(1), partner_id=nobody.id)
        findings = self.findings(move)
        self.assertEqual(
            [(f.code, f.path) for f in findings if f.path.startswith("Comprobante/Receptor")], [
                ("MX_RECEPTOR_SIN_RFC", "Comprobante/Receptor/@Rfc"),
                ("MX_RECEPTOR_SIN_REGIMEN", "Comprobante/Receptor/@RegimenFiscalReceptor"),
                ("MX_RECEPTOR_SIN_CP", "Comprobante/Receptor/@DomicilioFiscalReceptor")])
        action = move._l10n_mx_cfdi40_finding_action(findings[0])
        self.assertEqual((action["res_model"], action["res_id"]), ("res.partner", nobody.id))

    def test_company_dependent_defaults(self):
        self.customer.l10n_mx_cfdi40_uso_id = self.key("c_UsoCFDI", "G01")
        self.customer.l10n_mx_cfdi40_forma_pago_id = self.key("c_FormaPago", "04")
        move = self.invoice(self.line(1), post=False)
        self.assertEqual((move.l10n_mx_cfdi40_uso_id.code, move.l10n_mx_cfdi40_forma_pago_id.code), ("G01", "04"))
        self.customer.l10n_mx_cfdi40_metodo_pago = "PPD"
        move = self.invoice(self.line(1))
        self.assertEqual((move.l10n_mx_cfdi40_metodo_pago, self.values(move).forma_pago), ("PPD", "99"))
        self.assertEqual(self.values(move).total, D(1))
