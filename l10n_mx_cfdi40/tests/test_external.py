"""A CFDI that was stamped elsewhere becomes the one of its invoice, or is refused in words that say what to do."""
import base64
from dataclasses import replace
from datetime import datetime

from lxml import html
from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from .external_common import UUID, ExternalCommon


@tagged("post_install_l10n", "post_install", "-at_install")
class TestExternal(ExternalCommon):
    def test_from_the_menu_to_the_ledger(self):
        move = self.ready()
        xml = self.stamped(move, receptor=replace(self.values_of(move).receptor, uso_cfdi="G01"))
        action = self.env.ref("l10n_mx_cfdi40.action_external").with_user(self.biller).with_context(
            active_model="account.move", active_ids=move.ids, active_id=move.id).run()
        form = Form(self.env[action["res_model"]].with_user(self.biller).with_context(**action["context"]))
        self.assertFalse(form.uuid)
        form.xml = base64.b64encode(xml).decode()
        [stamp] = self.pac.stamps()
        self.assertEqual((form.uuid, form.number, form.total), (stamp.uuid, "VIEJA 1234", "116.00 MXN"))
        self.assertEqual((form.kind, form.metodo_pago, form.fecha), ("I", "PPD", "2026-03-12 12:00:00"))
        self.assertEqual(form.issuer, "EKU9003173C9 ESCUELA KEMPER URGATE")
        self.assertEqual(form.receiver, "URE180429TM6 UNIVERSIDAD ROBOTICA ESPAÑOLA")
        self.assertEqual((form.opening_balance, form.opening_instalments), (116, 0))
        self.assertFalse(form.problem or form.warning)
        self.assertTrue(form.ready)
        form.opening_balance = 58
        self.assertRegex(form.warning, "Previous instalments")
        form.opening_instalments = 2
        self.assertNotRegex(form.warning, "Previous instalments")
        form.save().action_take_in()
        self.assertEqual((move.l10n_mx_cfdi40_state, move.l10n_mx_cfdi40_uuid), ("stamped", stamp.uuid))
        self.assertEqual((move.l10n_mx_cfdi40_metodo_pago, move.l10n_mx_cfdi40_forma_pago_id.code), ("PPD", "99"))
        self.assertEqual(move.l10n_mx_cfdi40_uso_id.code, "G01")
        self.assertTrue(move.l10n_mx_cfdi40_external)
        self.assertEqual((move.l10n_mx_cfdi40_opening_balance, move.l10n_mx_cfdi40_opening_instalments), (58, 2))
        self.assertFalse(move.l10n_mx_cfdi40_folio, "the folio is of the other system's series")
        self.assertEqual(self.stamps(), 1, "nobody stamped it again")

    def test_the_row_of_the_ledger(self):
        move = self.ready()
        comprobante = self.values_of(move, fecha=datetime(2025, 11, 5, 9, 15, 30))
        xml = self.forged(comprobante)
        document = self.take_in(move, xml)
        self.assertEqual(document._stamped_bytes(), xml)
        row = document.read([
            "state", "direction", "kind", "serie", "folio", "date_local", "issuer_rfc", "receiver_rfc", "receiver_name",
            "total", "uuid", "environment", "pac", "sealed_xml", "sha256", "attempt", "external"])[0]
        row.pop("id")
        self.assertEqual(row, {
            "state": "stamped", "direction": "issued", "kind": "I", "serie": "VIEJA", "folio": "1234",
            "date_local": "2025-11-05T09:15:30", "issuer_rfc": "EKU9003173C9", "receiver_rfc": "URE180429TM6",
            "receiver_name": "UNIVERSIDAD ROBOTICA ESPAÑOLA", "total": 116.0, "uuid": UUID, "environment": "test",
            "pac": False, "sealed_xml": False, "sha256": False, "attempt": 0, "external": True})
        self.assertEqual(fields.Datetime.to_string(document.date), "2025-11-05 15:15:30")
        self.assertEqual(fields.Datetime.to_string(document.stamped_at), "2026-03-01 16:30:00")
        self.assertEqual((document.currency_id, document.company_id), (move.currency_id, move.company_id))
        self.assertFalse(document.certificate_id)
        self.assertEqual(self.actions(document), ["import", "file"])
        self.assertEqual(document.event_ids.user_id, self.biller)
        for vals in ({"external": False}, {"uuid": "X"}, {"stamped_xml": False}, {"total": 1}, {"environment": False}):
            with self.assertRaises(UserError):
                document.write(vals)

    def test_a_stamp_of_a_real_pac_is_of_production(self):
        move = self.ready()
        document = self.take_in(
            move, self.forged(self.values_of(move), no_certificado_sat="00001000000504465028"))
        self.assertEqual(document.environment, "production")

    def test_the_file_on_the_invoice(self):
        move = self.ready()
        xml = self.forged(self.values_of(move, serie="A/B?", folio="7 8"))
        document = self.take_in(move, xml)
        attachment = document.attachment_id
        self.assertEqual((attachment.res_model, attachment.res_id), ("account.move", move.id))
        self.assertEqual((attachment.raw, attachment.name), (xml, f"A_B_-7_8_{UUID}.xml"))
        # Somebody uploaded it: a browser must not take it for a page with scripts.
        self.assertEqual(attachment.mimetype, "text/plain")
        message = move.message_ids.filtered(lambda message: UUID in (message.body or ""))
        self.assertIn("stamped elsewhere", message.body)
        self.assertEqual((message.attachment_ids, message.author_id), (attachment, self.biller.partner_id))
        messages = len(move.message_ids)
        attachment.sudo().unlink()
        self.run_recover()
        self.assertEqual((document.attachment_id.raw, document.attachment_id.mimetype), (xml, "text/plain"))
        self.assertEqual(len(move.message_ids), messages)

    def test_dollars(self):
        move = self.ready(currency_id=self.usd.id)
        xml = self.stamped(move)
        wizard = self.wizard(move, xml)
        self.assertEqual((wizard.total, wizard.opening_balance, wizard.currency_id), ("116.00 USD", 116, self.usd))
        wizard.write({"opening_balance": 20.5, "opening_instalments": 1})
        wizard.action_take_in()
        document = self.document(move)
        self.assertEqual((document.currency_id, document.total), (self.usd, 116))
        self.assertEqual((move.l10n_mx_cfdi40_opening_balance, move.l10n_mx_cfdi40_opening_instalments), (20.5, 1))
        self.assertRegex(document.event_ids.filtered(lambda event: event.action == "import").message, r"20\.50")

    def test_credit_note(self):
        invoice = self.ready()
        refund = self.refund(invoice).with_user(self.biller)
        made = replace(self.values_of(invoice), tipo_de_comprobante="E", metodo_pago="PUE", forma_pago="03")
        wizard = self.wizard(refund, self.forged(made))
        self.assertEqual((wizard.kind, wizard.problem, wizard.warning), ("E", "", ""))
        wizard.action_take_in()
        self.assertEqual(self.document(refund).kind, "E")
        self.assertRefused(invoice, self.forged(made, uuid=UUID.replace("AD", "BB")), "Type: the CFDI is of type E")

    def test_an_invoice_that_stands_for_what_is_left(self):
        """Opening balances are often entered as one line without taxes: the XML is of more."""
        whole = self.ready()
        xml = self.stamped(whole)
        move = self.invoice(self.line(50)).with_user(self.biller)
        wizard = self.wizard(move, xml, opening_instalments=1)
        self.assertRegex(wizard.warning, r"Total: the CFDI is of .*116\.00 and the invoice of .*50\.00")
        self.assertEqual((wizard.opening_balance, wizard.problem), (50, ""))
        wizard.action_take_in()
        self.assertEqual((move.amount_total, move.l10n_mx_cfdi40_opening_balance), (50, 50))
        self.assertEqual(self.document(move).total, 116)

    def test_what_looks_like_a_slip(self):
        move = self.ready()
        xml = self.stamped(move)
        for vals, pattern in (
            ({"opening_balance": 58}, "no instalment is counted"),
            ({"opening_instalments": 1}, "although there were instalments"),
            ({"opening_balance": 58, "opening_instalments": 1}, r"in Odoo .*116\.00 of the invoice remain"),
        ):
            wizard = self.wizard(move, xml, **vals)
            self.assertRegex(wizard.warning, pattern)
            self.assertTrue(wizard.ready, "a warning does not stop anybody")
        # Nobody complements an invoice that is paid at once.
        paid = self.forged(self.values_of(move, metodo_pago="PUE", forma_pago="03"))
        self.assertFalse(self.wizard(move, paid, opening_balance=58).warning)

    # -- afterwards ----------------------------------------------------------------------------------------------------

    def test_it_is_in_force_as_one_stamped_here(self):
        move = self.ready()
        self.take_in(move, self.stamped(move))
        for forbidden in (move.button_draft, move.button_cancel, move.unlink):
            with self.assertRaises(UserError):
                forbidden()
        with self.assertRaises(UserError):
            move.l10n_mx_cfdi40_metodo_pago = "PUE"
        self.assertTrue(move.l10n_mx_cfdi40_locked)
        self.assertFalse(move.show_reset_to_draft_button)
        self.assertNotIn("l10n_mx_cfdi40", move.alerts or {})

    def test_it_is_never_stamped_again(self):
        move = self.ready()
        document = self.take_in(move, self.stamped(move))
        self.assertFalse(move.l10n_mx_cfdi40_can_stamp or move.l10n_mx_cfdi40_can_ask)
        move._l10n_mx_cfdi40_stamp()
        self.assertFalse(move._l10n_mx_cfdi40_enqueue())
        self.run_queue()
        self.run_recover()
        wizard = self.env["l10n_mx_cfdi40.stamp.wizard"].with_user(self.biller).browse(
            move.action_l10n_mx_cfdi40_stamp()["res_id"])
        self.assertFalse(wizard.ready_count or wizard.issuers)
        with self.assertRaises(UserError):
            wizard.action_stamp()
        self.assertFalse(document.with_user(self.accountant).can_ask or document.with_user(self.accountant).can_release)
        self.assertEqual(self.stamps(), 1)
        self.assertEqual(move.l10n_mx_cfdi40_document_ids.ids, document.ids)

    def test_pdf_and_send(self):
        move = self.ready()
        document = self.take_in(move, self.stamped(move))
        body = self.env["ir.actions.report"]._render_qweb_html("account.account_invoices", move.ids)[0]
        text = " ".join(html.fromstring(body).text_content().split())
        for part in (document.uuid, "VIEJA 1234", "PPD - Pago en parcialidades o diferido", "Tornillo", "116.00 MXN"):
            self.assertIn(part, text)
        send = self.env["account.move.send"]
        self.assertFalse(send._get_default_extra_edis(move))
        self.assertEqual(send._get_invoice_extra_attachments(move), document.attachment_id)
        self.assertEqual(move._get_invoice_legal_documents("cfdi")["content"], document._stamped_bytes())
        self.assertEqual(move._get_report_base_filename(), f"VIEJA-1234_{document.uuid}")

    def test_a_credit_note_of_it_names_it(self):
        move = self.ready()
        document = self.take_in(move, self.stamped(move))
        [related] = self.values(self.refund(move)).cfdi_relacionados
        self.assertEqual(related.uuids, (document.uuid,))

    def test_what_waits_in_the_queue_gives_way(self):
        queued, sealed = self.ready(), self.ready()
        queued._l10n_mx_cfdi40_enqueue()
        self.env["l10n_mx_cfdi40.document"]._prepare(sealed)
        self.assertEqual((queued.l10n_mx_cfdi40_state, sealed.l10n_mx_cfdi40_state), ("draft", "sealed"))
        for number, move in enumerate((queued, sealed)):
            self.take_in(move, self.stamped(move, folio=str(number)))
            self.assertEqual(move.l10n_mx_cfdi40_state, "stamped")
        self.assertEqual(len(queued.l10n_mx_cfdi40_document_ids), 1)
        self.assertEqual(set(sealed.l10n_mx_cfdi40_document_ids.mapped("state")), {"stamped", "discarded"})
        self.run_queue()
        self.assertEqual(self.stamps(), 2)

    def test_correcting_where_the_complements_start(self):
        move = self.ready()
        document = self.take_in(move, self.stamped(move), opening_balance=58, opening_instalments=1)
        action = move.action_l10n_mx_cfdi40_external()
        form = Form(self.env[action["res_model"]].with_user(self.biller).with_context(**action["context"]))
        self.assertEqual((form.opening_balance, form.opening_instalments), (58, 1))
        self.assertEqual((form.uuid, form.correcting), (document.uuid, True))
        self.assertFalse(form.problem)
        form.opening_instalments = 2
        form.save().action_take_in()
        self.assertEqual(move.l10n_mx_cfdi40_opening_instalments, 2)
        self.assertEqual(self.actions(document), ["import", "file", "opening"])
        with self.assertRaisesRegex(UserError, "more than zero"):
            self.wizard(move, opening_balance=-1).action_take_in()
        complement = self.env["l10n_mx_cfdi40.document"].sudo().create({
            "company_id": move.company_id.id, "kind": "P", "state": "sealed"})
        self.env["l10n_mx_cfdi40.instalment"].sudo().create({
            "document_id": complement.id, "move_id": move.id, "currency_id": move.currency_id.id,
            "num_parcialidad": 3, "saldo_anterior": 58, "pagado": 8, "saldo_insoluto": 50})
        with self.assertRaisesRegex(UserError, "payment complement"):
            self.wizard(move, opening_balance=50).action_take_in()
        self.assertEqual(move.l10n_mx_cfdi40_opening_balance, 58)
