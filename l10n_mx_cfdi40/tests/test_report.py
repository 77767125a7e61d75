"""The printed representation says what the stamped XML says, all that RMF 2.7.1.7 and Anexo 20 ask for, and nothing
that the invoice says only since then. Rendered as HTML here; tests/process prints real PDFs."""
import io
import zipfile
from types import SimpleNamespace

from lxml import html
from odoo import Command
from odoo.addons.mail.tests.common import MockEmail
from odoo.tests import HttpCase, new_test_user, tagged

from ..cfdi import cadena, parse, qr, values
from ..models.document_report import _exchange
from .invoice_common import D
from .stamp_common import StampCommon

UNSTAMPED = "Sin timbrar: este documento no es un CFDI."


class ReportCommon(StampCommon):
    def stamped(self, *lines, **vals):
        move = self.invoice(*lines or (self.line(100, self.iva16),), **{
            "l10n_mx_cfdi40_uso_id": self.uso.id, "l10n_mx_cfdi40_forma_pago_id": self.forma.id, **vals})
        return self.stamp(move)

    def stamp(self, move):
        preview = move._l10n_mx_cfdi40_stamp()
        self.assertFalse(preview.errors)
        self.assertStamped(move)
        return move

    def tree(self, moves):
        body = self.env["ir.actions.report"]._render_qweb_html("account.account_invoices", moves.ids)[0]
        return html.fromstring(body)

    def text(self, moves):
        """What a reader sees, white space made single."""
        tree = self.tree(moves)
        for hidden in tree.xpath("//style | //head"):
            hidden.getparent().remove(hidden)
        return " ".join(" ".join(tree.itertext()).split()).replace(" ;", ";")

    def totals(self, move):
        """{label: amount} of the totals, as printed."""
        rows = self.tree(move).xpath("//table[contains(@class, 'o_cfdi40_sum')]//tr")
        return {row[0].text_content().strip(): " ".join(row[1].text_content().split()) for row in rows}


@tagged("post_install_l10n", "post_install", "-at_install")
class TestReport(ReportCommon):
    def test_everything_that_the_law_asks_for(self):
        move = self.stamped()
        comprobante = parse.leer(self.document(move)._stamped_bytes())
        timbre = comprobante.timbre
        text = self.text(move)
        for part in (
            "ESCUELA KEMPER URGATE", "EKU9003173C9", "601 - General de Ley Personas Morales", "42501",
            "UNIVERSIDAD ROBOTICA ESPAÑOLA", "URE180429TM6", "86991", "G03 - Gastos en general",
            timbre.uuid, "I - Ingreso", comprobante.fecha.isoformat(" "), timbre.fecha_timbrado.isoformat(" "),
            "01 - No aplica", "PUE - Pago en una sola exhibición", "03 - Transferencia electrónica de fondos",
            "MXN - Peso Mexicano", "31161500", "H87", "Tornillo", "02 - Sí objeto de impuesto",
            "CIENTO DIECISÉIS PESOS 00/100 M.N.", timbre.sello_cfd, timbre.sello_sat,
            cadena.cadena_timbre(timbre), comprobante.no_certificado, timbre.no_certificado_sat,
            timbre.rfc_prov_certif, "Este documento es una representación impresa de un CFDI",
            "SIN VALIDEZ FISCAL",
        ):
            self.assertIn(part, text)
        self.assertEqual(self.totals(move), {"Subtotal": "100.00", "IVA 16 %": "16.00", "Total": "116.00 MXN"})
        self.assertNotIn(UNSTAMPED, text)
        printed = self.document(move)._printed()
        self.assertEqual(printed["qr_link"], qr.expresion(comprobante))
        self.assertEqual(self.tree(move).xpath("//img[@alt='Código QR']/@src"), [printed["qr"]])

    def test_it_is_read_back_from_the_xml(self):
        move = self.stamped()
        before = self.text(move)
        self.customer.sudo().write({"name": "Otro nombre", "zip": "06000"})
        self.product.sudo().name = "Otro producto"
        self.company.sudo().partner_id.l10n_mx_cfdi40_name = "OTRA EMPRESA"
        self.assertEqual(self.text(move), before)

    def test_labels_are_spanish_whatever_the_language(self):
        self.customer.sudo().lang = "en_US"
        self.assertIn("Folio fiscal (UUID)", self.text(self.stamped()))

    def test_not_stamped(self):
        move = self.ready()
        text = self.text(move)
        self.assertIn(UNSTAMPED, text)
        self.assertIn(move.name, text)
        self.assertNotIn("Folio fiscal", text)

    def test_other_documents_bear_no_notice(self):
        bill = self.env["account.move"].sudo().create({
            "move_type": "in_invoice", "partner_id": self.customer.id, "company_id": self.company.id,
            "invoice_line_ids": [Command.create({"name": "Algo", "price_unit": 1})]})
        self.assertNotIn(UNSTAMPED, self.text(bill))

    def test_several_at_once(self):
        moves = self.stamped() + self.stamped() + self.ready()
        text = self.text(moves)
        for uuid in moves[:2].mapped("l10n_mx_cfdi40_uuid"):
            self.assertEqual(text.count(f"Folio fiscal (UUID): {uuid}"), 1)
        self.assertEqual(text.count(UNSTAMPED), 1)

    def test_foreign_currency(self):
        move = self.stamped(self.line(10, self.iva16), currency_id=self.usd.id)
        text = self.text(move)
        self.assertIn("USD - Dólar americano", text)
        self.assertIn("Tipo de cambio 20 MXN", text.replace("20.000000", "20").replace("20.0000", "20"))
        self.assertIn("ONCE DÓLARES 60/100 USD", text)
        self.assertEqual(self.totals(move)["Total"], "11.60 USD")

    def test_taxes(self):
        move = self.stamped(
            self.line(1000, self.iva16, self.ret_iva, self.ret_isr), self.line(50, self.exento),
            self.line(200, self.iva0), self.line(100, self.ieps8, self.iva16))
        self.assertEqual(self.totals(move), {
            "Subtotal": "1,350.00", "IVA 16 %": "177.28", "IVA Exento": "0.00", "IVA 0 %": "0.00", "IEPS 8 %": "8.00",
            "IVA retenido": "-106.67", "ISR retenido": "-100.00", "Total": "1,328.61 MXN"})
        text = self.text(move)
        self.assertIn("Ret. IVA 10.6667 % · base 1,000.00 · importe 106.67", text)
        self.assertIn("IVA Exento · base 50.00", text)

    def test_discount(self):
        move = self.stamped(self.line(100, self.iva16, discount=10), self.line(100, self.iva16))
        self.assertEqual(self.totals(move)["Descuento"], "-10.00")
        heads = [" ".join(cell.text_content().split()) for cell in self.tree(move).xpath(
            "//table[contains(@class, 'o_cfdi40_lines')]//th")]
        self.assertIn("Descuento", heads)
        self.assertEqual(self.totals(move)["Total"], "220.40 MXN")

    def test_credit_note_names_what_it_corrects(self):
        move = self.stamped()
        refund = move._reverse_moves([{"invoice_date": move.invoice_date}])
        refund.action_post()
        text = self.text(self.stamp(refund))
        self.assertIn("Nota de crédito", text)
        self.assertIn("01 - Nota de crédito de los documentos relacionados", text)
        self.assertIn(move.l10n_mx_cfdi40_uuid, text)

    def test_global_invoice(self):
        move = self.stamped(partner_id=self.public.id, l10n_mx_cfdi40_uso_id=False)
        text = self.text(move)
        self.assertIn("PUBLICO EN GENERAL", text)
        self.assertIn("Información global 04 - Mensual; 03 - Marzo; año 2026", text)

    def test_foreigner(self):
        move = self.stamped(self.line(100, self.iva0), partner_id=self.foreigner.id, l10n_mx_cfdi40_uso_id=False)
        text = self.text(move)
        self.assertIn("XEXX010101000", text)
        self.assertIn("USA - Estados Unidos", text)

    def test_local_taxes(self):
        """No invoice of this version has any, but the CFDI may: the rows come from the complement."""
        move = self.stamped()
        document = self.document(move)
        comprobante = parse.leer(document._stamped_bytes())
        local = SimpleNamespace(
            traslados_locales=[SimpleNamespace(imp_loc_trasladado="ISH", importe=D("3.00"))],
            retenciones_locales=[SimpleNamespace(imp_loc_retenido="5 al millar", importe=D("0.50"))])
        rows = dict(document._printed_totals(SimpleNamespace(
            sub_total=comprobante.sub_total, descuento=None, impuestos=None, complemento=(local,),
            total=D("102.50")), 2))
        self.assertEqual(rows, {
            "Subtotal": "100.00", "ISH": "3.00", "5 al millar retenido": "-0.50", "Total": "102.50"})

    def test_exchange_rate_is_printed_only_where_it_says_something(self):
        for moneda, rate, text in (("MXN", D(1), ""), ("XXX", None, ""), ("USD", D("18.4321"), "18.4321 MXN")):
            self.assertEqual(_exchange(moneda, rate), text)

    def test_notes_of_a_line(self):
        parte = values.Parte(
            clave_prod_serv="31161500", cantidad=D("2.500"), descripcion="Tuerca",
            informacion_aduanera=("15  48  3009  0001234",))
        concepto = SimpleNamespace(
            informacion_aduanera=("10  47  3807  8003832",), cuenta_predial=("123",),
            a_cuenta_terceros=None, parte=(parte,))
        self.assertEqual(self.env["l10n_mx_cfdi40.document"]._printed_notes(concepto), [
            ("Pedimento", "10  47  3807  8003832"), ("Cuenta predial", "123"),
            ("Parte", "31161500 Tuerca · cantidad 2.5 · pedimento 15  48  3009  0001234")])


@tagged("post_install_l10n", "post_install", "-at_install")
class TestFiles(ReportCommon, MockEmail, HttpCase):
    """The files that a customer gets: by mail and in the portal."""

    def test_mail(self):
        move = self.ready()
        wizard = self.env["account.move.send.wizard"].with_context(
            active_model="account.move", active_ids=move.ids).create({"sending_methods": ["email"]})
        with self.mock_mail_gateway():
            wizard.action_send_and_print()
        document = self.document(move)
        mail = next(mail for mail in self._mails if any("cliente@example.com" in to for to in mail["email_to"]))
        files = {name: content for name, content, _type in mail["attachments"]}
        base = f"{document.serie}-{document.folio}_{document.uuid}"
        self.assertEqual(set(files), {f"{base}.pdf", f"{base}.xml"})
        self.assertEqual(files[f"{base}.xml"], document._stamped_bytes())

    def test_portal_gives_the_xml_even_when_no_pdf_was_kept(self):
        move = self.stamped()
        self.assertFalse(move.invoice_pdf_report_id)
        user = new_test_user(
            self.env(user=1), login="cliente", password="cliente-cliente", groups="base.group_portal",
            partner_id=self.customer.id, company_id=self.company.id, company_ids=[Command.set(self.company.ids)])
        move.sudo().message_subscribe(user.partner_id.ids)
        self.authenticate("cliente", "cliente-cliente")
        response = self.url_open(f"/my/invoices/{move.id}?report_type=pdf&download=True", timeout=60)
        self.assertEqual(response.status_code, 200, response.url)
        self.assertEqual(response.headers["Content-Type"], "zip", (response.url, response.text[:3000]))
        with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
            base = self.document(move)._file_name().removesuffix(".xml")
            self.assertEqual(set(archive.namelist()), {f"{base}.pdf", f"{base}.xml"})
            self.assertEqual(archive.read(f"{base}.xml"), self.document(move)._stamped_bytes())

    def test_portal_of_somebody_else(self):
        move = self.stamped()
        new_test_user(
            self.env(user=1), login="otro", password="otro-otro-otro", groups="base.group_portal",
            company_id=self.company.id, company_ids=[Command.set(self.company.ids)])
        self.authenticate("otro", "otro-otro-otro")
        response = self.url_open(f"/my/invoices/{move.id}?report_type=pdf&download=True", timeout=60)
        self.assertTrue(response.url.endswith("/my"), response.url)
        self.assertNotIn(move.l10n_mx_cfdi40_uuid.encode(), response.content)
        document = self.document(move)
        response = self.url_open(f"/web/content/{document._name}/{document.id}/stamped_xml/x.xml")
        self.assertNotEqual(response.status_code, 200)
