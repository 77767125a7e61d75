from odoo import Command
from odoo.exceptions import ValidationError
from odoo.tests import Form, tagged

from .invoice_common import NOW, D, InvoiceCommon


@tagged("post_install_l10n", "post_install", "-at_install")
class TestInvoice(InvoiceCommon):
    """What is proposed on an invoice, its relations and its date."""

    def _codes(self, move):
        return move.l10n_mx_cfdi40_metodo_pago, move.l10n_mx_cfdi40_forma_pago_id.code, move.l10n_mx_cfdi40_uso_id.code

    def test_proposed_policy(self):
        """PUE if it is to be paid this month at the latest, else PPD, whose form is always 99."""
        for due, term, expected in (
            ("2026-03-12", False, ("PUE", "03", "G03")),
            ("2026-03-31", False, ("PUE", "03", "G03")),
            ("2026-04-01", False, ("PPD", "99", "G03")),
            (False, self.env.ref("account.account_payment_term_30days"), ("PPD", "99", "G03")),
            (False, self.env.ref("account.account_payment_term_advance_60days"), ("PPD", "99", "G03")),
        ):
            vals = {"invoice_payment_term_id": term.id} if term else {"invoice_date_due": due}
            move = self.invoice(self.line(1), post=False, **vals)
            self.assertEqual(self._codes(move), expected, (due, term))

    def test_a_choice_is_never_overwritten(self):
        with self.at(NOW):
            form = Form(self.env["account.move"].with_user(self.biller).with_context(default_move_type="out_invoice"))
            form.partner_id = self.customer
            form.invoice_date = "2026-03-12"
            form.invoice_payment_term_id = self.env["account.payment.term"]
            form.invoice_date_due = "2026-04-15"
            self.assertEqual(form.l10n_mx_cfdi40_metodo_pago, "PPD")
            form.l10n_mx_cfdi40_uso_id = self.key("c_UsoCFDI", "I01")
            form.l10n_mx_cfdi40_metodo_pago = "PUE"
            self.assertEqual(form.l10n_mx_cfdi40_forma_pago_id.code, "03")
            form.invoice_date_due = "2026-05-15"
            self.assertEqual(form.l10n_mx_cfdi40_metodo_pago, "PUE")
            form.partner_id = self.foreigner
            self.assertEqual(form.l10n_mx_cfdi40_uso_id.code, "I01")
            with form.invoice_line_ids.new() as line:
                line.product_id = self.product
            move = form.save()
        self.assertEqual(self._codes(move), ("PUE", "03", "I01"))

    def test_a_proposal_follows_the_customer(self):
        with self.at(NOW):
            form = Form(self.env["account.move"].with_user(self.biller).with_context(default_move_type="out_invoice"))
            form.partner_id = self.customer
            self.assertEqual(form.l10n_mx_cfdi40_uso_id.code, "G03")
            form.partner_id = self.foreigner
            self.assertEqual(form.l10n_mx_cfdi40_uso_id.code, "S01")

    def test_explicit_values_are_kept(self):
        move = self.invoice(
            self.line(1), l10n_mx_cfdi40_metodo_pago="PPD", l10n_mx_cfdi40_uso_id=self.key("c_UsoCFDI", "G01").id)
        self.assertEqual(self._codes(move), ("PPD", "99", "G01") if move.l10n_mx_cfdi40_forma_pago_id.code == "99"
                         else ("PPD", "03", "G01"))
        self.assertEqual((self.values(move).metodo_pago, self.values(move).forma_pago), ("PPD", "99"))

    def test_other_documents_have_none(self):
        bill = self.env["account.move"].create({"move_type": "in_invoice", "partner_id": self.customer.id})
        self.assertEqual(self._codes(bill), (False, False, False))
        self.assertFalse(bill._l10n_mx_cfdi40_is_applicable())
        self.assertEqual(bill._l10n_mx_cfdi40_values(), {})

    def test_refund_is_an_egress_with_its_relation(self):
        invoice = self.invoice(self.line(100, self.iva16))
        for kind in ("01", "03"):
            refund = self.refund(invoice, l10n_mx_cfdi40_tipo_relacion=kind)
            values = self.values(refund)
            self.assertEqual(values.tipo_de_comprobante, "E")
            self.assertEqual(self._codes(refund), ("PUE", "03", "G02"))
            self.assertEqual(refund.l10n_mx_cfdi40_relation_ids.tipo_relacion_id.code, kind)
            self.assertEqual(values.cfdi_relacionados, ())
            self.assertIn("MX_RELACION_SIN_UUID", [finding.code for finding in self.findings(refund)])
        self._stamp(invoice, "11111111-2222-3333-4444-555555555555")
        [related] = self.values(refund).cfdi_relacionados
        self.assertEqual((related.tipo_relacion, related.uuids), ("03", ("11111111-2222-3333-4444-555555555555",)))
        self.assertEqual([finding.code for finding in self.findings(refund)], [])

    def _stamp(self, move, uuid):
        self.env["l10n_mx_cfdi40.document"].sudo().create({
            "move_id": move.id, "company_id": move.company_id.id, "kind": "I", "state": "stamped", "uuid": uuid})

    def test_form_of_a_refund(self):
        """The invoice's own form; 15 if it was to be paid later and nothing was paid; never 99."""
        card = self.key("c_FormaPago", "04").id
        invoice = self.invoice(self.line(100), l10n_mx_cfdi40_forma_pago_id=card)
        self.assertEqual(self.refund(invoice, post=False).l10n_mx_cfdi40_forma_pago_id.code, "04")
        later = self.invoice(self.line(100), invoice_date_due="2026-05-01")
        self.assertEqual(self.refund(later, post=False).l10n_mx_cfdi40_forma_pago_id.code, "15")
        self._register_payment(later, payment_date="2026-03-12", amount=10)
        self.assertEqual(self.refund(later, post=False).l10n_mx_cfdi40_forma_pago_id.code, "03")

    def test_debit_note(self):
        invoice = self.invoice(self.line(100))
        self._stamp(invoice, "11111111-2222-3333-4444-555555555555")
        wizard = self.env["account.debit.note"].with_context(
            active_model="account.move", active_ids=invoice.ids).create({"copy_lines": True, "date": "2026-03-12"})
        note = self.env["account.move"].browse(wizard.create_debit()["res_id"])
        values = self.values(note)
        self.assertEqual(values.tipo_de_comprobante, "I")
        self.assertEqual([(row.tipo_relacion, len(row.uuids)) for row in values.cfdi_relacionados], [("02", 1)])

    def test_typed_relations(self):
        kind = {code: self.key("c_TipoRelacion", code).id for code in ("04", "07")}
        uuids = [f"{n:08d}-0000-0000-0000-000000000000" for n in range(3)]
        move = self.invoice(self.line(100, self.iva16), l10n_mx_cfdi40_relation_ids=[
            Command.create({"tipo_relacion_id": kind["07"], "uuid": uuids[0]}),
            Command.create({"tipo_relacion_id": kind["04"], "uuid": uuids[1]}),
            Command.create({"tipo_relacion_id": kind["07"], "uuid": uuids[2]}),
            Command.create({"tipo_relacion_id": kind["07"], "uuid": uuids[2]}),
        ])
        self.assertEqual({row.tipo_relacion: row.uuids for row in self.values(move).cfdi_relacionados},
                         {"07": (uuids[0], uuids[2]), "04": (uuids[1],)})
        self.assertEqual(self.findings(move), [])
        with self.assertRaises(ValidationError):
            move.l10n_mx_cfdi40_relation_ids = [Command.create({"tipo_relacion_id": kind["04"]})]

    def test_date(self):
        """The date of the invoice while the SAT admits it, in the zone of the place of issue, whoever asks."""
        move = self.invoice(self.line(1, self.iva16), invoice_date="2026-03-10")
        for zone in (False, "Asia/Tokyo"):
            self.biller.tz = zone
            with self.at("2026-03-12 05:30:00"):  # the 11th, 23:30, in Pachuca
                values = move.with_user(self.biller)._l10n_mx_cfdi40_values()[move.with_user(self.biller)]
            self.assertEqual(values.fecha.isoformat(), "2026-03-10T23:30:00")
        with self.at("2026-03-20 18:00:00"):
            moved = move._l10n_mx_cfdi40_values()
            self.assertEqual(moved[move].fecha.isoformat(), "2026-03-20T12:00:00")
            self.assertEqual([f.code for f in move._l10n_mx_cfdi40_findings(moved)[move]], ["MX_FECHA_MOVIDA"])
            proposal = move._l10n_mx_cfdi40_fechas()[move]
            self.assertEqual((proposal.movida, proposal.cruza_mes), (True, False))
        move.journal_id.l10n_mx_cfdi40_zip = "22000"
        with self.at("2026-01-12 18:00:00"):
            self.assertEqual(move._l10n_mx_cfdi40_values()[move].fecha.hour, 10)  # Tijuana is eight hours behind

    def test_place_of_issue(self):
        move = self.invoice(self.line(1))
        self.assertEqual(self.values(move).lugar_expedicion, "42501")
        move.journal_id.l10n_mx_cfdi40_zip = "64000"
        self.assertEqual(self.values(move).lugar_expedicion, "64000")
        with self.assertRaises(ValidationError):
            move.journal_id.l10n_mx_cfdi40_zip = "6400"

    def test_draft_without_keys(self):
        """Everything that is missing is said at once, and each thing leads to where it is written."""
        bare = self._product("Sin clave", "SC", 10, l10n_mx_cfdi40_clave_id=False)
        unit = self.unit.copy({"name": "Cubeta", "l10n_mx_cfdi40_clave_unidad_id": False})
        move = self.invoice(
            self.line(10, self.iva16, product=bare, product_uom_id=unit.id),
            self.line(10, self.iva16, product=self.env["product.product"], name="A mano"), post=False)
        findings = self.findings(move)
        lines = move.invoice_line_ids
        self.assertEqual([(f.code, f.params.get("line_id")) for f in findings], [
            ("MX_FACTURA_SIN_CONFIRMAR", None),
            ("MX_PRODUCTO_SIN_CLAVE", lines[0].id), ("MX_UNIDAD_SIN_CLAVE", lines[0].id),
            ("MX_LINEA_SIN_CLAVE", lines[1].id), ("MX_UNIDAD_SIN_CLAVE", lines[1].id)])
        opened = [move._l10n_mx_cfdi40_finding_action(finding) for finding in findings]
        self.assertEqual([action and (action["res_model"], action["res_id"]) for action in opened], [
            False, ("product.template", bare.product_tmpl_id.id), ("uom.uom", unit.id),
            ("account.move.line", lines[1].id), ("account.move.line", lines[1].id)])
        self.assertTrue(move.l10n_mx_cfdi40_ask_keys)

    def test_keys_of_a_posted_line(self):
        """The keys of a line without product can be given after posting, by who issues invoices."""
        move = self.invoice(self.line(10, self.iva16, product=self.env["product.product"], name="A mano"))
        line = move.invoice_line_ids.with_user(self.biller)
        line.write({"l10n_mx_cfdi40_clave_id": self.key("c_ClaveProdServ", "84111506").id,
                    "l10n_mx_cfdi40_clave_unidad_id": self.key("c_ClaveUnidad", "ACT").id})
        self.assertEqual(self.findings(move), [])

    def test_without_certificate(self):
        self.env["l10n_mx_cfdi40.certificate"].search([]).active = False
        move = self.invoice(self.line(1, self.iva16))
        self.assertEqual([finding.code for finding in self.findings(move)], ["MX_SIN_CERTIFICADO"])

    def test_line_without_taxes_is_pointed_out(self):
        """It goes as 01, which is right only for what the law leaves out: said, unless somebody chose it."""
        move = self.invoice(
            self.line(1), self.line(1, self.iva16), self.line(1, l10n_mx_cfdi40_objeto_imp="01"))
        self.assertEqual(
            [(f.code, f.severity, f.params["line_id"]) for f in self.findings(move)],
            [("MX_LINEA_SIN_IMPUESTOS", "warning", move.invoice_line_ids[0].id)])

    def test_object_of_tax(self):
        move = self.invoice(
            self.line(1), self.line(1, self.iva16), self.line(1, l10n_mx_cfdi40_objeto_imp="03"),
            self.line(1, product=self._product("A", "A", 1, l10n_mx_cfdi40_objeto_imp="06")))
        self.assertEqual([c.objeto_imp for c in self.values(move).conceptos], ["01", "02", "03", "06"])
        self.assertEqual(self.values(move).total, D("4.16"))
