"""The mail of a payment complement goes to its receptor with the XML and the PDF, by the window or by itself."""
from unittest.mock import patch

from lxml import html
from odoo.addons.mail.tests.common import MockEmail
from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from .printed_complement_common import ComplementReportCommon


@tagged("post_install_l10n", "post_install", "-at_install")
class TestComplementMail(ComplementReportCommon, MockEmail):
    def posted(self, record, before):
        return record.message_ids - before

    def test_pdf_is_made_once(self):
        document = self.complement()
        pdf = document._complement_pdf()
        self.assertEqual(document.pdf_id, pdf)
        self.assertEqual((pdf.res_model, pdf.res_id), ("account.move", self.money.id))
        self.assertEqual(pdf.name, f"P-7_{document.uuid}.pdf")
        self.assertEqual(pdf.mimetype, "application/pdf")
        self.assertIn(document.uuid.encode(), pdf.raw, "in the test mode of Odoo its content is HTML")
        self.assertEqual(document._complement_pdf(), pdf)
        pdf.sudo().unlink()
        again = document._complement_pdf()
        self.assertTrue(again.exists())
        self.assertEqual(document.pdf_id, again)

    def test_window(self):
        document = self.complement()
        document.sudo()._file()
        before = self.money.message_ids
        action = document.action_send_complement()
        self.assertEqual((action["res_model"], action["target"]), ("mail.compose.message", "new"))
        composer = self.env["mail.compose.message"].with_context(**action["context"]).create({})
        self.assertEqual((composer.model, composer._evaluate_res_ids()), ("account.move", self.money.ids))
        self.assertEqual(composer.partner_ids, self.customer)
        self.assertEqual(composer.subject, f"{self.company.name}: payment complement P7")
        body = " ".join(html.fromstring(composer.body).text_content().split())
        self.assertIn(f"Dear {self.customer.name}", body)
        self.assertIn(document.uuid, body)
        self.assertIn("116.00 MXN, 03/10/2026: F 1", body)
        self.assertEqual(composer.attachment_ids, document.attachment_id + document.pdf_id)
        with self.mock_mail_gateway():
            composer.action_send_mail()
        self.assertMailed(document, self.posted(self.money, before))

    def assertMailed(self, document, message):
        """One message on the record, mailed to the customer with both files."""
        self.assertEqual(len(message), 1)
        self.assertEqual(message.partner_ids, self.customer)
        self.assertEqual(message.attachment_ids, document.attachment_id + document.pdf_id)
        self.assertEqual(message.message_type, "comment")
        mail = next(mail for mail in self._mails if any("cliente@example.com" in to for to in mail["email_to"]))
        self.assertIn("payment complement P7", mail["subject"])
        self.assertIn(document.uuid, mail["body"])
        files = {name: content for name, content, _type in mail["attachments"]}
        self.assertEqual(set(files), {f"P-7_{document.uuid}.xml", f"P-7_{document.uuid}.pdf"})
        self.assertEqual(files[f"P-7_{document.uuid}.xml"], document._stamped_bytes())

    def test_without_window(self):
        document = self.complement()
        document.sudo()._file()
        before = self.money.message_ids
        with self.mock_mail_gateway():
            self.assertIs(document._send_complement(), True)
        self.assertMailed(document, self.posted(self.money, before))

    def test_by_the_system(self):
        """As a cron sends it: by nobody in particular, from the company's address."""
        self.company.sudo().email = "cobranza@example.com"
        document = self.complement()
        before = self.money.message_ids
        with self.mock_mail_gateway():
            self.assertTrue(document.with_user(self.env.ref("base.user_root"))._send_complement())
        message = self.posted(self.money, before).filtered(lambda message: message.message_type == "comment")
        self.assertMailed(document, message)
        self.assertIn("cobranza@example.com", message.email_from)

    def test_customer_without_address(self):
        self.customer.sudo().email = False
        for folio, partner in (("7", self.customer), ("8", self.env["res.partner"])):
            document = self.complement(folio=folio, vals={"partner_id": partner.id})
            document.sudo()._file()
            before = self.money.message_ids
            with self.mock_mail_gateway():
                self.assertIs(document._send_complement(), False)
            self.assertFalse(self._mails)
            note = self.posted(self.money, before)
            self.assertEqual(len(note), 1)
            self.assertIn("was not sent", note.body)
            self.assertIn(partner.name or "UNIVERSIDAD ROBOTICA ESPAÑOLA", note.body)
            self.assertIn(f"P{folio}", note.body)
            self.assertFalse(note.partner_ids)

    def test_program_that_prints_is_missing(self):
        document = self.complement()
        document.sudo()._file()
        before = self.money.message_ids
        reports = self.env.registry["ir.actions.report"]
        with patch.object(reports, "_render_qweb_pdf", side_effect=UserError("Unable to find Wkhtmltopdf")):
            self.assertIs(document._send_complement(), False)
            with self.assertRaises(UserError):
                document.action_send_complement()
        self.assertIn("was not sent. Unable to find Wkhtmltopdf", self.posted(self.money, before).body)

    def test_language_of_the_receptor(self):
        self.env["res.lang"].sudo()._activate_lang("es_MX")
        self.customer.sudo().lang = "es_MX"
        template = self.env.ref("l10n_mx_cfdi40.mail_template_complement").sudo()
        template.with_context(lang="es_MX").subject = "Complemento de pago {{ object.display_name }}"
        context = self.complement().action_send_complement()["context"]
        self.assertEqual(context["default_subject"], "Complemento de pago P7")
        self.assertIn("10/03/2026", context["default_body"])

    def test_template_that_somebody_changed_or_deleted(self):
        document = self.complement()
        template = self.env.ref("l10n_mx_cfdi40.mail_template_complement").sudo()
        template.email_cc = "archivo@example.com"
        context = document.action_send_complement()["context"]
        partners = self.env["res.partner"].browse(context["default_partner_ids"])
        self.assertEqual(set(partners.mapped("email")), {"cliente@example.com", "archivo@example.com"})
        template.unlink()
        context = document.action_send_complement()["context"]
        self.assertEqual(context["default_partner_ids"], self.customer.ids)
        self.assertEqual(context["default_subject"], "Payment complement P7")
        self.assertEqual(len(context["default_attachment_ids"]), 2)

    def test_xml_that_somebody_deleted_comes_back(self):
        document = self.complement()
        document.sudo()._file()
        document.attachment_id.sudo().unlink()
        before = self.money.message_ids
        document.action_send_complement()
        self.assertEqual(document.attachment_id.raw, document._stamped_bytes())
        self.assertEqual(self.money.message_ids, before, "the story is told once")

    def test_not_what_is_cancelled_or_belongs_nowhere(self):
        cancelled = self.complement(vals={"state": "cancelled"})
        nowhere = self.complement(folio="8", vals={"move_id": False})
        for document in (cancelled, nowhere):
            for use in (document.action_send_complement, document._send_complement):
                with self.assertRaises(UserError):
                    use()
            self.assertIn(document.uuid, self.text(document), "it can be printed")

    def test_buttons(self):
        document = self.complement()
        form = self.env["l10n_mx_cfdi40.document"].get_view(view_type="form")["arch"]
        self.assertEqual(
            [form.count(f'name="{name}"') for name in ("action_send_complement", "action_print_complement")], [1, 1])
        auditor = new_test_user(self.env(su=True), "auditora", "account.group_account_readonly")
        form = document.with_user(auditor).get_view(view_type="form")["arch"]
        self.assertEqual(
            [form.count(f'name="{name}"') for name in ("action_send_complement", "action_print_complement")], [0, 1])
