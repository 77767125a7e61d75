"""The printed payment complement says what its stamped XML says, in the currency and with the decimals of each amount,
and only to who may read the ledger."""
import base64
import io
from dataclasses import replace
from functools import partial

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools.pdf import PdfFileReader
from odoo.tools.safe_eval import safe_eval

from ..cfdi import cadena, parse, qr
from ..cfdi.values import ACuentaTerceros
from .invoice_common import D
from .printed_complement_common import REPORT, ComplementReportCommon, exento, factura, iva, pagado, pago

WRONG = "5FB2822E-396D-4725-8521-CDC4BDD20CCF"


@tagged("post_install_l10n", "post_install", "-at_install")
class TestComplementReport(ComplementReportCommon):
    def test_everything_that_the_law_asks_for(self):
        document = self.complement()
        comprobante = parse.leer(document._stamped_bytes())
        timbre = comprobante.timbre
        text = self.text(document)
        for part in (
            "Recibo de pago P7", "ESCUELA KEMPER URGATE", "EKU9003173C9", "601 - General de Ley Personas Morales",
            "42501", "UNIVERSIDAD ROBOTICA ESPAÑOLA", "URE180429TM6", "86991", "CP01 - Pagos", timbre.uuid, "P - Pago",
            comprobante.fecha.isoformat(" "), timbre.fecha_timbrado.isoformat(" "), "01 - No aplica",
            "84111506 · 1 ACT · Pago · valor unitario 0 · importe 0 · objeto de impuesto 01 - No objeto de impuesto.",
            "moneda XXX · subtotal 0 · total 0", timbre.sello_cfd, timbre.sello_sat, cadena.cadena_timbre(timbre),
            comprobante.no_certificado, timbre.no_certificado_sat, timbre.rfc_prov_certif,
            "CIENTO DIECISÉIS PESOS 00/100 M.N.", "Este documento es una representación impresa de un CFDI",
            "SIN VALIDEZ FISCAL",
        ):
            self.assertIn(part, text)
        self.assertNotIn("Pago 1 de 1", text)
        printed = document._printed()
        self.assertEqual(printed["qr_link"], qr.expresion(comprobante))
        self.assertEqual(self.tree(document).xpath("//img[@alt='Código QR']/@src"), [printed["qr"]])

    def test_part_of_an_invoice_in_pesos(self):
        document = self.complement(self.instalment())
        data = self.data(document)
        self.assertEqual(data["Fecha de pago"], "2026-03-10 12:00:00")
        self.assertEqual(data["Forma de pago"], "03 - Transferencia electrónica de fondos")
        self.assertEqual(data["Monto"], "500.00 MXN")
        self.assertEqual(data["Moneda"], "MXN - Peso Mexicano")
        self.assertNotIn("Tipo de cambio", data)
        self.assertNotIn("Número de operación", data)
        self.assertNotIn("Ordenante", self.text(document))
        _heads, row = self.rows(document, "o_cfdi40_paid")
        self.assertEqual(row, [
            f"F 31 {factura(31, 1).uuid} Objeto de impuesto: 02 - Sí objeto de impuesto."
            " IVA 16 % · base 474.69 · importe 75.95 Ret. IVA 10.6667 % · base 474.69 · importe 50.63",
            "3", "MXN", "1", "1,053.33", "500.00", "553.33"])
        self.assertEqual(self.rows(document, "o_cfdi40_taxes"), [
            ["Impuestos del pago, en MXN", "Base", "Importe"],
            ["IVA", "16 %", "474.69", "75.95"],
            ["Ret. IVA", "", "", "50.63"]])
        self.assertEqual(self.totals(document), {
            "Base de IVA 16 %": "474.69", "IVA 16 %": "75.95", "IVA retenido": "50.63",
            "Total de los pagos": "500.00 MXN"})
        self.assertIn("QUINIENTOS PESOS 00/100 M.N.", self.text(document))

    def test_invoice_in_dollars_paid_in_pesos(self):
        document = self.complement(self.crossed())
        (paid,) = parse.leer(document._stamped_bytes()).complemento[0].pago[0].docto_relacionado
        _heads, row = self.rows(document, "o_cfdi40_paid")
        self.assertEqual(row[1:], ["1", "USD", f"{paid.equivalencia_dr}", "1,160.00", "580.00", "580.00"])
        self.assertIn("IVA 16 % · base 500.00 · importe 80.00", row[0])
        self.assertGreater(len(row[3]), 6, "the equivalence has all its decimals")
        self.assertEqual(self.totals(document)["Total de los pagos"], "10,886.25 MXN")
        self.assertEqual(self.rows(document, "o_cfdi40_taxes")[1], ["IVA", "16 %", "9,384.70", "1,501.55"])

    def test_payment_in_dollars(self):
        una = factura(33, "1160.00", iva("1000.00"), moneda="USD")
        document = self.complement(pago(pagado(una), moneda="USD", tipo_cambio=D("18.7694")))
        data = self.data(document)
        self.assertEqual(data["Monto"], "1,160.00 USD")
        self.assertEqual(data["Moneda"], "USD - Dólar americano")
        self.assertEqual(data["Tipo de cambio"], "18.7694 MXN")
        self.assertEqual(self.rows(document, "o_cfdi40_taxes")[0][0], "Impuestos del pago, en USD")
        self.assertEqual(self.totals(document), {
            "Base de IVA 16 %": "18,769.40", "IVA 16 %": "3,003.10", "Total de los pagos": "21,772.50 MXN"})

    def test_currency_without_decimals(self):
        una = factura(34, "11600", iva("10000"), moneda="JPY")
        document = self.complement(pago(pagado(una, "5800", parte=D("700.00")), monto="700.00"))
        _heads, row = self.rows(document, "o_cfdi40_paid")
        self.assertEqual([row[2], *row[4:]], ["JPY", "11,600", "5,800", "5,800"])
        self.assertIn("base 5,000 · importe 800", row[0])

    def test_accounts_and_operation(self):
        document = self.complement(self.banked())
        data = self.data(document)
        self.assertEqual(data["Número de operación"], "2026031000012345")
        text = self.text(document)
        for part in (
            "Ordenante Banco First Bank of Texas RFC del banco XEXX010101000 Cuenta 012180001234567891",
            "Beneficiario RFC del banco BBA830831LJ2 Cuenta 012180009876543219",
            "Cadena de pago 01 - SPEI ||1|cadena SPEI||", f"Sello del pago {base64.b64encode(b'seal').decode()}",
            f"Certificado del pago {base64.b64encode(b'certificate').decode()}",
        ):
            self.assertIn(part, text)

    def test_several_payments(self):
        una = factura(36, "116.00", iva("100.00"))
        document = self.complement(
            pago(pagado(una, "58.00"), forma_pago="01"),
            pago(pagado(factura(37, "100.00", exento("100.00"))), pagado(replace(
                factura(38, "50.00", objeto="01"), serie=None, folio=None))))
        text = self.text(document)
        for part in ("Pago 1 de 2", "Pago 2 de 2", "01 - Efectivo", "Objeto de impuesto: 01 - No objeto de impuesto.",
                     "IVA Exento · base 100.00"):
            self.assertIn(part, text)
        self.assertNotIn("base 100.00 · importe", text)
        data = self.data(document)
        self.assertEqual(
            [data[label] for label in ("Pagos", "Documentos pagados", "Total de los pagos")], ["2", "3", "208.00 MXN"])
        first, exempt, bare = [row for row in self.rows(document, "o_cfdi40_paid") if row[1] != "Parcialidad"]
        self.assertTrue(first[0].startswith("F 36 "))
        self.assertTrue(exempt[0].startswith("F 37 "))
        self.assertTrue(bare[0].startswith(factura(38, 1).uuid), "no number in the complement: its UUID alone")
        self.assertEqual(self.totals(document), {
            "Base de IVA 16 %": "50.00", "IVA 16 %": "8.00", "Base de IVA exento": "100.00",
            "Total de los pagos": "208.00 MXN"})

    def test_what_it_replaces_and_for_whom(self):
        third = ACuentaTerceros(
            rfc_a_cuenta_terceros="JUFA7608212V6", nombre_a_cuenta_terceros="ADRIANA JUAREZ FERNANDEZ",
            regimen_fiscal_a_cuenta_terceros="601", domicilio_fiscal_a_cuenta_terceros="29133")
        text = self.text(self.complement(sustituye=(WRONG,), tercero=third))
        self.assertIn(f"CFDI relacionados 04 - Sustitución de los CFDI previos : {WRONG}", text)
        self.assertIn("A cuenta de : ADRIANA JUAREZ FERNANDEZ (JUFA7608212V6)", text)

    def test_it_is_read_back_from_the_xml(self):
        document = self.complement()
        before = self.text(document)
        self.customer.sudo().write({"name": "Otro nombre", "zip": "06000"})
        self.company.sudo().partner_id.l10n_mx_cfdi40_name = "OTRA EMPRESA"
        self.money.button_draft()
        self.assertEqual(self.text(document), before)

    def test_labels_are_spanish_whatever_the_language(self):
        self.customer.sudo().lang = "en_US"
        text = self.text(self.complement())
        for label in ("Folio fiscal (UUID)", "Documento relacionado", "Saldo insoluto", "Impuestos del pago"):
            self.assertIn(label, text)

    def test_room_for_the_letterhead(self):
        """All that Odoo prints above the page of a company with a logo; less would be printed over."""
        report, company = self.env["report.l10n_mx_cfdi40.report_complement"], self.company.sudo()
        for details, height in (("Una<br/>Dos<br/>Tres", 56), ("Una<br/>Dos<br/>Tres<br/>Cuatro<br/>Cinco", 68),
                                ("Una línea tan larga que no cabe en la mitad de la hoja<br/>Tres<br/>Cuatro", 62)):
            company.company_details = details
            self.assertEqual(report._letterhead(company), height)
        company.company_details = "Una"
        self.assertEqual(report._letterhead(company), self.env.ref("base.paperformat_us").sudo().margin_top)
        company.company_details = False
        self.assertGreater(report._letterhead(company), 56, "its address is printed")
        html_tag = self.tree(self.complement())
        self.assertEqual(html_tag.get("data-report-margin-top"), str(report._letterhead(company)))
        self.assertEqual(html_tag.get("data-report-header-spacing"), str(report._letterhead(company)))

    def test_several_complements_at_once(self):
        documents = self.complement() + self.complement(folio="8")
        text = self.text(documents)
        for uuid in documents.mapped("uuid"):
            self.assertEqual(text.count(f"Folio fiscal (UUID): {uuid}"), 1)

    def test_only_stamped_complements(self):
        move = self.ready()
        move._l10n_mx_cfdi40_stamp()
        invoice = move.l10n_mx_cfdi40_document_id
        waiting = self.env["l10n_mx_cfdi40.document"].sudo().create({
            "kind": "P", "company_id": self.company.id, "move_id": move.id}).sudo(False)
        for document, message in ((invoice, "print its invoice instead"), (waiting, "not stamped yet")):
            for use in (document.action_print_complement, document.action_send_complement, document._complement_pdf,
                        document._send_complement, partial(self.tree, document)):
                with self.assertRaisesRegex(UserError, message):
                    use()
        self.assertEqual(invoice._printed()["payments"], [])

    def test_where_the_print_menu_offers_it(self):
        move = self.ready()
        move._l10n_mx_cfdi40_stamp()
        document, invoice = self.complement(), move.l10n_mx_cfdi40_document_id
        report = self.env.ref(REPORT).with_user(self.biller)
        self.assertEqual(report.get_valid_action_reports(document._name, document.ids), report.ids)
        self.assertEqual(report.get_valid_action_reports(invoice._name, invoice.ids), [])

    def test_name_of_the_file(self):
        document = self.complement()
        self.assertEqual(document.action_print_complement()["report_name"], "l10n_mx_cfdi40.report_complement")
        expression = self.env.ref(REPORT).print_report_name
        self.assertEqual(safe_eval(expression, {"object": document}), f"P-7_{document.uuid}")

    def test_who_may_read_the_ledger_may_print(self):
        document = self.complement()
        auditor = new_test_user(
            self.env(su=True), "auditora", "account.group_account_readonly", company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)])
        for user in (self.biller, self.accountant, auditor):
            self.assertIn(document.uuid, self.text(document, user))
        self.assertTrue(document.with_user(auditor).action_print_complement())
        with self.assertRaises(AccessError):
            document.with_user(auditor).action_send_complement()

    def test_nobody_else(self):
        document = self.complement()
        other = self.env["res.company"].sudo().create({"name": "Otra"})
        portal = new_test_user(
            self.env(su=True), "cliente", "base.group_portal", partner_id=self.customer.id, company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)])
        employee = new_test_user(
            self.env(su=True), "empleado", "base.group_user", company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)])
        stranger = new_test_user(
            self.env(su=True), "extraño", "account.group_account_invoice", company_id=other.id,
            company_ids=[Command.set(other.ids)])
        for user in (portal, employee, stranger):
            self.env.invalidate_all()
            with self.assertRaises(AccessError):
                self.tree(document, user)
            with self.assertRaises(AccessError):
                document.with_user(user).action_print_complement()
            with self.assertRaises(AccessError):
                document.with_user(user).action_send_complement()


@tagged("post_install_l10n", "post_install", "-at_install")
class TestComplementPdf(ComplementReportCommon, HttpCase):
    """The real program that prints, with the style sheets of the server."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.sudo().external_report_layout_id = cls.env.ref("web.external_layout_standard")

    def pages(self, document):
        """Text of each page, without white space."""
        content = document.with_context(force_report_rendering=True)._complement_pdf().raw
        self.assertTrue(content.startswith(b"%PDF"))
        reader = PdfFileReader(io.BytesIO(content))
        for page in reader.pages:
            self.assertEqual([int(side) for side in page.mediabox.upper_right], [612, 792], "a letter page")
        return ["".join(page.extract_text().split()) for page in reader.pages]

    def test_short(self):
        for number, payment in enumerate((self.instalment(), self.crossed()), 1):
            document = self.complement(payment, folio=str(number))
            (page,) = self.pages(document)
            timbre = parse.leer(document._stamped_bytes()).timbre
            for part in (document.uuid, timbre.sello_cfd, timbre.sello_sat, payment.documentos[0].factura.uuid,
                         "Saldoinsoluto", "UNIVERSIDADROBOTICAESPAÑOLA"):
                self.assertIn(part, page, "all on one page, and no letter of it is cut")

    def test_several_payments(self):
        """Each payment of few documents stays in one piece, and the seals too."""
        invoices = [factura(60 + number, "1160.00", iva("1000.00")) for number in range(6)]
        document = self.complement(
            self.banked(), pago(*map(pagado, invoices[:3])), pago(*map(pagado, invoices[3:]), forma_pago="01"),
            sustituye=(WRONG,))
        pages = self.pages(document)
        self.assertEqual(len(pages), 2)
        for number, first, last in ((1, "F35", "F35"), (2, "F60", "F62"), (3, "F63", "F65")):
            (page,) = [page for page in pages if f"PAGO{number}DE3" in page]
            self.assertIn(first, page)
            self.assertIn(last, page)
        self.assertIn(parse.leer(document._stamped_bytes()).timbre.sello_sat, pages[-1])

    def test_thirty_documents(self):
        invoices = [factura(100 + number, "1160.00", iva("1000.00")) for number in range(30)]
        document = self.complement(pago(*map(pagado, invoices)))
        pages = self.pages(document)
        self.assertGreater(len(pages), 1)
        for invoice in invoices:
            (page,) = [page for page in pages if invoice.uuid in page]
            self.assertIn("Saldoinsoluto", page, "each page has its heads")
            row = page[page.index(invoice.uuid):]
            self.assertIn("Objetodeimpuesto:02", row, "a row is not cut")
            self.assertIn("importe160.00", row)
        self.assertIn(parse.leer(document._stamped_bytes()).timbre.sello_sat, pages[-1], "the seals stay together")
        self.assertIn("34,800.00MXN", "".join(pages))
