"""A CFDI that was stamped elsewhere becomes the one of its invoice, or is refused in words that say what to do."""
import base64
import re
from dataclasses import replace
from datetime import datetime
from unittest.mock import patch

from lxml import html
from odoo import SUPERUSER_ID, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged

from ..cfdi import timbre, values
from ..cfdi.csd import Csd
from ..cfdi.seal import sellar
from ..pac.base import Accepted
from ..pac.registry import PROVIDERS
from .common import PASSWORD
from .invoice_common import D
from .stamp_common import StampCommon

WIZARD = "l10n_mx_cfdi40.external.wizard"
UUID = "AD662D33-6934-459C-A128-BDF0393F0F44"


class ExternalCommon(StampCommon):
    """Invoices, and CFDI of them that another system made."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # The certificate of the other system is one of the company's too, and need not be known here.
        cls.csd = Csd.abrir(*cls.csd_files, PASSWORD)

    def values_of(self, move, **changes):
        """What a CFDI of this invoice says: to be paid in instalments, of a series of the other system."""
        made = move._l10n_mx_cfdi40_values()[move]
        return replace(made, **{
            "serie": "VIEJA", "folio": "1234", "metodo_pago": "PPD", "forma_pago": "99", **changes})

    def stamped(self, move, **changes):
        """Its XML, stamped by the embedded PAC behind the back of this ledger."""
        answer = self.pac.stamp(sellar(self.values_of(move, **changes), self.csd).xml)
        self.assertIsInstance(answer, Accepted, answer)
        return answer.xml

    def forged(self, comprobante, csd=None, seal=None, **stamp):
        """An XML with the stamp that is asked for, whatever a PAC would say of it."""
        sealed = sellar(comprobante, csd or self.csd)
        identity = self.authority.stamping
        node = values.TimbreFiscalDigital(**{
            "uuid": UUID.lower(), "fecha_timbrado": datetime(2026, 3, 1, 10, 30), "rfc_prov_certif": "SPR190613I52",
            "sello_cfd": seal or sealed.comprobante.sello, "no_certificado_sat": identity.number, "sello_sat": "",
            **stamp})
        return timbre.agregar(sealed.xml, timbre.sellar_timbre(node, identity))

    def wizard(self, move, xml=None, user=None, **vals):
        return self.env(user=user or self.biller)[WIZARD].create({
            "move_id": move.id, "xml": xml and base64.b64encode(xml), **vals})

    def take_in(self, move, xml, **vals):
        self.assertEqual(self.wizard(move, xml, **vals).action_take_in()["type"], "ir.actions.act_window_close")
        return self.document(move)

    def assertRefused(self, move, xml, pattern, **vals):
        """The wizard says why, its button is not offered, and pressing it all the same changes nothing."""
        wizard = self.wizard(move, xml, **vals)
        self.assertRegex(wizard.problem, pattern)
        self.assertFalse(wizard.ready)
        before = len(move.message_ids)
        with self.assertRaisesRegex(UserError, pattern):
            wizard.action_take_in()
        self.assertFalse(move.l10n_mx_cfdi40_document_ids)
        self.assertFalse(move.l10n_mx_cfdi40_opening_balance)
        self.assertEqual(move.l10n_mx_cfdi40_metodo_pago, "PUE")
        self.assertEqual(len(move.message_ids), before)
        return wizard


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
        for forbidden in (move.button_draft, move.button_cancel, move.button_request_cancel, move.unlink):
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


@tagged("post_install_l10n", "post_install", "-at_install")
class TestExternalRefused(ExternalCommon):
    def test_not_the_cfdi_of_this_invoice(self):
        move = self.ready()
        made = self.values_of(move)
        other = self.authority.csd("CACX7605101P8", "XOCHILT CASAS CHAVEZ", password=PASSWORD)
        issuer = replace(made.emisor, rfc="CACX7605101P8", nombre="XOCHILT CASAS CHAVEZ")
        receiver = replace(made.receptor, rfc="XAXX010101000", nombre="PUBLICO EN GENERAL")
        for xml, pattern in (
            (self.forged(replace(made, emisor=issuer), Csd.abrir(*other, PASSWORD)),
             r"Issuer: .*CACX7605101P8 \(XOCHILT.*EKU9003173C9.*mend the RFC of the company"),
            (self.forged(replace(made, receptor=receiver)),
             r"Customer: .*XAXX010101000 .*URE180429TM6.*mend the RFC of the customer"),
            (self.forged(replace(made, moneda="USD", tipo_cambio=D(20))), "Currency: the CFDI is in USD .* in MXN"),
            (self.forged(replace(made, tipo_de_comprobante="E")), "Type: the CFDI is of type E"),
        ):
            with self.subTest(pattern):
                self.assertRefused(move, xml, pattern)

    def test_all_at_once(self):
        move = self.ready(currency_id=self.usd.id)
        made = replace(self.values_of(move), moneda="MXN", tipo_cambio=None, tipo_de_comprobante="E")
        wizard = self.assertRefused(move, self.forged(made), "Currency", opening_instalments=-1)
        self.assertEqual([line.partition(":")[0] for line in wizard.problem.splitlines()], [
            "Currency", "Type", "Previous instalments"])

    def test_a_customer_without_rfc(self):
        move = self.ready()
        xml = self.stamped(move)
        self.customer.sudo().vat = False
        self.assertRefused(move, xml, r"Customer: .* is none\.")

    def test_where_the_complements_cannot_start(self):
        move = self.ready()
        xml = self.stamped(move)
        for vals, pattern in (
            ({"opening_balance": 0}, r"Opening balance: .*more than zero .*116\.00"),
            ({"opening_balance": -5}, "Opening balance"),
            ({"opening_balance": 0.004}, "Opening balance"),
            ({"opening_balance": 116.01}, "no more than the total"),
            ({"opening_instalments": -1}, "Previous instalments: -1"),
        ):
            with self.subTest(vals):
                self.assertRefused(move, xml, pattern, **vals)

    def test_a_uuid_that_the_ledger_has(self):
        first, second = self.ready(), self.ready()
        xml = self.stamped(first)
        self.take_in(first, xml)
        self.assertRefused(second, xml, f"UUID: .* of {re.escape(first.name)}.*Choose the XML")
        stamped = self.ready()
        stamped._l10n_mx_cfdi40_stamp()
        self.assertRefused(second, self.document(stamped)._stamped_bytes(), "UUID")
        # By somebody else: who creates a company works in it.
        other = self.env(user=SUPERUSER_ID)["res.company"].create({"name": "Otra"})
        self.env["l10n_mx_cfdi40.document"].sudo().create(
            {"company_id": other.id, "kind": "I", "state": "stamped", "uuid": UUID, "folio": "SECRETO"})
        wizard = self.assertRefused(second, self.forged(self.values_of(second)), "UUID: .*another company")
        self.assertNotIn("SECRETO", wizard.problem)

    def test_seals_that_do_not_hold(self):
        move = self.ready()
        good = self.stamped(move)
        for xml, pattern in (
            (good.replace(b' Total="116.00"', b' Total="115.00"'), "sello no corresponde"),
            (self.forged(self.values_of(move), seal="QUJD"), "timbre es de otro comprobante"),
            (sellar(self.values_of(move), self.csd).xml, "no tiene timbre"),
            (good.replace(b' Sello="', b' Sello="AA', 1), "(?s)sello no corresponde.*timbre es de otro"),
        ):
            with self.subTest(pattern):
                self.assertRefused(move, xml, pattern)

    def test_what_is_no_cfdi(self):
        move = self.ready()
        good = self.stamped(move)
        bomb = b'<!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;">]>' + good.partition(b"?>")[2].lstrip()
        for xml, pattern in (
            (b"%PDF-1.4", "no es un XML bien formado"),
            (b"\xff\xfe\x00", "UTF-8"),
            (b"<a/>", "no es un CFDI"),
            (bomb, "DOCTYPE"),
            (b"<a>" * 100 + b"</a>" * 100, "niveles"),
            (b" " * 20_000_001, r"20,000,001 bytes"),
            (good.replace(b"/cfd/4", b"/cfd/3").replace(b'Version="4.0"', b'Version="3.3"'), "Version: .* 3.3,.* 4.0"),
            (good.replace(b' Total="116.00"', b' Total="1e2"'), "«total» tiene «1e2»"),
        ):
            with self.subTest(pattern):
                self.assertRefused(move, xml, pattern)
        wizard = self.wizard(move)
        with self.assertRaisesRegex(UserError, "Choose the XML"):
            wizard.action_take_in()
        self.assertRegex(self.env[WIZARD].with_user(self.biller).new(
            {"move_id": move.id, "xml": "not base64!"}).problem or "", "XML")

    def test_a_complement_that_is_not_known(self):
        """Foreign trade, say: the seal cannot be verified, and that is said; the CFDI is taken in."""
        move = self.ready()
        xml = self.stamped(move).replace(
            b"</cfdi:Complemento>", b'<a:ComercioExterior xmlns:a="urn:a"/></cfdi:Complemento>')
        wizard = self.wizard(move, xml)
        self.assertRegex(wizard.warning, "Seal: .*ComercioExterior")
        wizard.action_take_in()
        self.assertEqual(self.document(move)._stamped_bytes(), xml)
        self.env["ir.actions.report"]._render_qweb_html("account.account_invoices", move.ids)

    def test_a_test_stamp_in_production(self):
        move = self.ready()
        xml = self.stamped(move)
        with patch.object(type(PROVIDERS["loopback"]), "test_only", False, create=True):
            self.company.sudo().l10n_mx_cfdi40_environment = "production"
        self.assertRefused(move, xml, r"Stamp: .*test certificate \(3000.*no fiscal validity")

    def test_not_an_invoice_that_can_have_one(self):
        draft = self.ready(post=False)
        receipt = self.ready(move_type="out_receipt")
        stamped = self.ready()
        stamped._l10n_mx_cfdi40_stamp()
        lost = self.ready()
        self.fault("lost")
        lost._l10n_mx_cfdi40_stamp()
        bill = self.env["account.move"].create({"move_type": "in_invoice", "partner_id": self.customer.id})
        xml = self.forged(self.values_of(self.ready()))
        for move, pattern in (
            (draft, "not posted"), (receipt, "not an invoice"), (stamped, "has a CFDI already"),
            (lost, "has a CFDI already"), (bill, "not posted"),
        ):
            with self.subTest(pattern):
                with self.assertRaisesRegex(UserError, pattern):
                    move.with_user(self.biller).action_l10n_mx_cfdi40_external()
                with self.assertRaisesRegex(UserError, pattern):
                    move.with_user(self.biller)._l10n_mx_cfdi40_take_in(xml, 116)
        self.assertFalse(self.env["l10n_mx_cfdi40.document"].search([("external", "=", True)]))

    def test_after_a_refusal_of_the_pac_it_may_have_one(self):
        move = self.ready()
        self.fault("refuse", code="CFDI40147")
        move._l10n_mx_cfdi40_stamp()
        self.assertEqual(move.l10n_mx_cfdi40_state, "rejected")
        self.take_in(move, self.stamped(move))
        self.assertEqual(move.l10n_mx_cfdi40_state, "stamped")

    # -- rights --------------------------------------------------------------------------------------------------------

    def test_an_auditor_does_not_take_in(self):
        auditor = new_test_user(
            self.env(su=True), "auditora", "account.group_account_readonly", company_id=self.company.id,
            company_ids=self.company.ids)
        move = self.ready()
        with self.assertRaises(AccessError):
            move.with_user(auditor).action_l10n_mx_cfdi40_external()
        with self.assertRaises(AccessError):
            self.wizard(move, user=auditor)
        self.take_in(move, self.stamped(move))
        self.env.invalidate_all()
        self.assertEqual(move.with_user(auditor).l10n_mx_cfdi40_opening_balance, 116)
        self.assertTrue(move.with_user(auditor).l10n_mx_cfdi40_external)

    def test_another_company_sees_nothing_of_the_invoice(self):
        move = self.ready()
        other = self.env(user=SUPERUSER_ID)["res.company"].create({"name": "Otra"})
        stranger = new_test_user(
            self.env(su=True), "extraño", "account.group_account_invoice", company_id=other.id, company_ids=other.ids)
        with self.assertRaises(AccessError):
            self.wizard(move, self.stamped(move), user=stranger)
        own = self.wizard(move)
        with self.assertRaises(AccessError):
            own.with_user(stranger).read(["uuid"])
        with self.assertRaises(AccessError):
            own.with_user(stranger).action_take_in()

    def test_nobody_writes_the_opening_by_hand(self):
        move = self.ready()
        values_of_new = {"move_type": "out_invoice", "partner_id": self.customer.id}
        for name, value in (("opening_balance", 5), ("opening_instalments", 5)):
            field = f"l10n_mx_cfdi40_{name}"
            with self.assertRaises(AccessError):
                move.write({field: value})
            with self.assertRaises(AccessError):
                self.env["account.move"].with_user(self.biller).create({**values_of_new, field: value})
        self.take_in(move, self.stamped(move), opening_instalments=3)
        copy = move.copy()
        self.assertFalse(copy.l10n_mx_cfdi40_opening_balance or copy.l10n_mx_cfdi40_opening_instalments)

    # -- folios --------------------------------------------------------------------------------------------------------

    def test_folios_of_a_series_that_odoo_has_too(self):
        series = self.env["l10n_mx_cfdi40.serie"].search([
            ("company_id", "=", self.company.id), ("kind", "=", "invoice")])
        move = self.ready()
        xml = self.stamped(move, serie=series.prefix, folio="843")
        wizard = self.wizard(move, xml)
        self.assertRegex(wizard.warning, f"Folio: the series {series.prefix} .* 843")
        wizard.action_take_in()
        with self.assertRaises(UserError):
            series.next_folio = 843
        series.next_folio = 850
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertFalse(series.missing_count, "what came before Odoo is not missing in Odoo")
        later = self.ready()
        self.assertFalse(self.wizard(later, self.stamped(later, serie=series.prefix, folio="12")).warning)
        # One in the middle fills what would be a gap.
        after = self.ready()
        after._l10n_mx_cfdi40_stamp()
        self.assertEqual(after.l10n_mx_cfdi40_folio, 850)
        series.next_folio = 854
        self.take_in(later, self.stamped(later, serie=series.prefix, folio="852"))
        self.env.flush_all()
        self.env.invalidate_all()
        gaps = self.env["l10n_mx_cfdi40.folio.gap"].search([("serie_id", "=", series.id)])
        self.assertEqual([(gap.first, gap.last) for gap in gaps], [(851, 851), (853, 853)])
