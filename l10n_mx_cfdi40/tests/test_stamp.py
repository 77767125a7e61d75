"""Stamping as a biller does it: what is sent, what is not, and what becomes of every kind of answer."""
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.addons.l10n_mx_cfdi40.cfdi.parse import leer
from odoo.addons.l10n_mx_cfdi40.pac.loopback import Loopback
from odoo.exceptions import UserError
from odoo.tests import tagged

from .stamp_common import LATER, StampCommon


@tagged("post_install_l10n", "post_install", "-at_install")
class TestStamp(StampCommon):
    # -- accepted ------------------------------------------------------------------------------------------------------

    def test_stamped(self):
        move = self.ready()
        preview = move._l10n_mx_cfdi40_stamp()
        self.assertFalse(preview.errors)
        document = self.assertStamped(move)
        self.assertEqual(self.actions(document), ["seal", "send", "accept", "file"])
        self.assertEqual(move.l10n_mx_cfdi40_state, "stamped")
        self.assertEqual(move.l10n_mx_cfdi40_uuid, document.uuid)
        comprobante = leer(document._stamped_bytes())
        self.assertEqual(comprobante.folio, str(move.l10n_mx_cfdi40_folio))
        self.assertEqual(comprobante.serie or False, move.l10n_mx_cfdi40_serie)
        self.assertEqual(str(comprobante.total), "116.00")
        self.assertEqual(comprobante.fecha.isoformat(), document.date_local)
        # Noon in the centre of Mexico.
        self.assertEqual(document.date_local, "2026-03-12T12:00:00")
        self.assertEqual(fields.Datetime.to_string(document.date), "2026-03-12 18:00:00")
        self.assertEqual(fields.Datetime.to_string(document.stamped_at), "2026-03-12 18:00:00")
        self.assertEqual((document.kind, document.attempt), ("I", 1))
        self.assertEqual((document.pac, document.environment), ("loopback", "test"))
        self.assertEqual(document.event_ids.user_id, self.biller)

    def test_the_xml_is_on_the_invoice(self):
        move = self.ready()
        move._l10n_mx_cfdi40_stamp()
        document = self.document(move)
        attachment = document.attachment_id
        self.assertEqual((attachment.res_model, attachment.res_id), ("account.move", move.id))
        self.assertEqual(attachment.raw, document._stamped_bytes())
        self.assertEqual(attachment.name, f"{document.serie}-{document.folio}_{document.uuid}.xml")
        self.assertEqual(attachment.mimetype, "application/xml")
        message = move.message_ids.filtered(lambda message: document.uuid in (message.body or ""))
        self.assertEqual(message.attachment_ids, attachment)
        legal = move._get_invoice_legal_documents("cfdi")
        self.assertEqual((legal["filename"], legal["content"]), (attachment.name, attachment.raw))
        # The copy may be deleted; the original cannot, and the copy comes back, without a second message.
        messages = len(move.message_ids)
        attachment.sudo().unlink()
        self.run_recover()
        self.assertEqual(document.attachment_id.raw, document._stamped_bytes())
        self.assertEqual(len(move.message_ids), messages)

    def test_again_does_nothing(self):
        move = self.ready()
        for _time in range(3):
            move._l10n_mx_cfdi40_stamp()
        self.assertEqual(self.stamps(), 1)
        self.assertEqual(len(move.l10n_mx_cfdi40_document_ids), 1)
        self.assertFalse(move._l10n_mx_cfdi40_enqueue())

    def test_an_accepted_certificate_is_marked(self):
        self.ready()._l10n_mx_cfdi40_stamp()
        self.assertTrue(self.env["l10n_mx_cfdi40.certificate"].search([]).accepted_at)

    def test_refund_is_an_egreso(self):
        move = self.ready()
        move._l10n_mx_cfdi40_stamp()
        wizard = self.env["account.move.reversal"].with_context(
            active_model="account.move", active_ids=move.ids).create({"journal_id": move.journal_id.id})
        refund = self.env["account.move"].browse(wizard.refund_moves()["res_id"])
        refund.invoice_date = move.invoice_date
        refund.l10n_mx_cfdi40_uso_id = self.key("c_UsoCFDI", "G02")
        refund.action_post()
        preview = refund._l10n_mx_cfdi40_stamp()
        self.assertFalse([refund._l10n_mx_cfdi40_finding_text(finding) for finding in preview.errors])
        document = self.assertStamped(refund)
        self.assertEqual(document.kind, "E")
        related = leer(document._stamped_bytes()).cfdi_relacionados
        self.assertEqual([uuid.upper() for row in related for uuid in row.uuids], [move.l10n_mx_cfdi40_uuid])

    # -- not sent ------------------------------------------------------------------------------------------------------

    def test_findings_block_and_use_nothing_up(self):
        move = self.bad()
        self.customer.sudo().zip = False
        preview = move._l10n_mx_cfdi40_stamp()
        self.assertGreaterEqual(len(preview.errors), 2, "all at once")
        self.assertFalse(move.l10n_mx_cfdi40_document_ids)
        self.assertFalse(move.l10n_mx_cfdi40_folio)
        self.assertEqual(self.stamps(), 0)

    def test_only_posted_invoices(self):
        with self.assertRaises(UserError):
            self.ready(post=False)._l10n_mx_cfdi40_stamp()
        self.assertFalse(self.ready(post=False)._l10n_mx_cfdi40_enqueue())

    def test_another_month_needs_a_person(self):
        move = self.ready(invoice_date="2026-02-20")
        self.assertEqual([finding.code for finding in move._l10n_mx_cfdi40_stamp().errors], ["MX_FECHA_OTRO_MES"])
        move._l10n_mx_cfdi40_enqueue()
        self.run_queue()
        self.assertEqual(move.l10n_mx_cfdi40_state, "draft")
        self.assertEqual(move.alerts["l10n_mx_cfdi40"]["level"], "danger")
        self.assertEqual(self.stamps(), 0)
        move._l10n_mx_cfdi40_stamp(month_confirmed=True)
        self.assertEqual(self.assertStamped(move).date_local, "2026-03-12T12:00:00")

    # -- refused -------------------------------------------------------------------------------------------------------

    def test_the_queue_speaks_the_language_of_who_asked(self):
        self.env["res.lang"].sudo()._activate_lang("es_MX")
        self.biller.sudo().lang = "es_MX"
        move = self.ready()
        move._l10n_mx_cfdi40_enqueue()
        self.assertEqual(self.document(move)._in_its_language().env.lang, "es_MX")
        with patch.object(self.registry["l10n_mx_cfdi40.document"], "_turn", autospec=True) as turn:
            self.run_queue()
        self.assertEqual([call.args[1].env.lang for call in turn.call_args_list], ["es_MX"])
        # What the cron itself put in the queue: the seller's.
        document = self.document(move)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE l10n_mx_cfdi40_document SET create_uid = %s WHERE id = %s",
            [self.env.ref("base.user_root").id, document.id])
        document.invalidate_recordset(["create_uid"])
        self.assertEqual(document._in_its_language().env.lang, move.invoice_user_id.lang)

    def test_refused_and_mended(self):
        move = self.ready()
        self.fault("refuse", code="CFDI40145", message="El nombre no corresponde")
        move._l10n_mx_cfdi40_stamp()
        first = self.document(move)
        folio = move.l10n_mx_cfdi40_folio
        self.assertEqual((first.state, first.code), ("rejected", "CFDI40145"))
        alert = move.alerts["l10n_mx_cfdi40"]
        self.assertEqual(alert["level"], "danger")
        self.assertIn("CFDI40145", alert["message"])
        self.assertEqual(alert["action"]["res_id"], self.customer.id)
        self.assertTrue(move.message_ids.filtered(lambda message: "CFDI40145" in (message.body or "")))
        # Nothing is at the SAT: the invoice is free.
        self.assertFalse(move.need_cancel_request)
        move._l10n_mx_cfdi40_stamp()
        second = self.assertStamped(move)
        self.assertNotEqual(second, first)
        self.assertEqual(first.state, "rejected")
        self.assertEqual(second.folio, str(folio), "a folio is kept")

    def test_a_refused_certificate_is_marked(self):
        move = self.ready()
        self.fault("refuse", code="304")
        move._l10n_mx_cfdi40_stamp()
        self.assertEqual(self.env["l10n_mx_cfdi40.certificate"].search([]).refused_code, "304")

    # -- not sent because nobody was there -----------------------------------------------------------------------------

    def test_pac_down_then_queue(self):
        move = self.ready()
        self.fault("unreachable", times=2)
        move._l10n_mx_cfdi40_stamp()
        document = self.document(move)
        sealed = document.sealed_xml
        self.assertEqual(document.state, "sealed")
        self.assertEqual(document.retry_at - fields.Datetime.now(), timedelta(minutes=1))
        self.run_queue()
        self.assertEqual(document.attempt, 1, "its turn has not come")
        document.retry_at = fields.Datetime.now()
        self.run_queue()
        self.assertEqual((document.state, document.attempt), ("sealed", 2))
        self.assertEqual(document.retry_at - fields.Datetime.now(), timedelta(minutes=2), "each time later")
        document.retry_at = fields.Datetime.now()
        self.run_queue()
        self.assertEqual(self.assertStamped(move).sealed_xml, sealed, "the same bytes")
        self.assertEqual(self.stamps(), 1)

    def test_what_is_sent_is_what_the_invoice_says(self):
        move = self.ready()
        self.fault("unreachable")
        move._l10n_mx_cfdi40_stamp()
        old = self.document(move)
        move.l10n_mx_cfdi40_uso_id = self.key("c_UsoCFDI", "G01")
        move._l10n_mx_cfdi40_stamp()
        new = self.assertStamped(move)
        self.assertEqual(old.state, "discarded")
        self.assertNotEqual(new, old)
        self.assertEqual(leer(new._stamped_bytes()).receptor.uso_cfdi, "G01")
        self.assertEqual(new.folio, old.folio)

    def test_too_old_and_never_sent_is_sealed_again(self):
        move = self.ready()
        self.fault("unreachable")
        move._l10n_mx_cfdi40_stamp()
        old = self.document(move)
        with self.at(LATER):
            self.run_queue()
            new = self.assertStamped(move)
        self.assertEqual(old.state, "discarded")
        self.assertEqual((new.date_local, new.folio), ("2026-03-16T12:00:00", old.folio))

    def test_reset_to_draft_before_it_was_sent(self):
        move = self.ready()
        self.fault("unreachable")
        move._l10n_mx_cfdi40_stamp()
        move.button_draft()
        self.assertEqual(move.l10n_mx_cfdi40_state, "discarded")
        self.run_queue()
        self.assertEqual(self.stamps(), 0)
        move.action_post()
        move._l10n_mx_cfdi40_stamp()
        self.assertStamped(move)

    # -- queue and posting ---------------------------------------------------------------------------------------------

    def test_stamp_on_posting_never_fails_posting(self):
        self.company.sudo().l10n_mx_cfdi40_stamp_on_post = True
        self.fault("unreachable", times=5)
        with patch.object(Loopback, "stamp", side_effect=AssertionError("no call while posting")):
            move = self.ready()
            bad = self.bad()
        self.assertEqual((move + bad).mapped("state"), ["posted", "posted"])
        self.assertEqual((move + bad).mapped("l10n_mx_cfdi40_state"), ["draft", "draft"])
        self.run_queue()
        self.assertEqual(move.l10n_mx_cfdi40_state, "sealed")
        self.pac.faults.clear()
        self.document(move).retry_at = fields.Datetime.now()
        self.run_queue()
        self.assertStamped(move)

    def test_one_bad_invoice_does_not_stop_the_queue(self):
        moves = self.ready() + self.bad() + self.ready()
        refused = self.ready()
        refused_document = refused._l10n_mx_cfdi40_enqueue()
        moves._l10n_mx_cfdi40_enqueue()
        self.fault("refuse", code="CFDI40145")
        self.run_queue()
        self.assertEqual(moves.mapped("l10n_mx_cfdi40_state"), ["stamped", "draft", "stamped"])
        self.assertEqual(refused_document.state, "rejected")
        alert = moves[1].alerts["l10n_mx_cfdi40"]
        self.assertEqual(alert["level"], "danger")
        self.assertFalse(self.document(moves[1]).retry_at, "it waits for a person")
        moves[1].l10n_mx_cfdi40_uso_id = self.uso
        moves[1]._l10n_mx_cfdi40_enqueue()
        self.run_queue()
        self.assertStamped(moves[1])

    def test_in_somebody_elses_transaction_it_is_only_queued(self):
        move = self.ready()
        with patch.object(type(move), "_l10n_mx_cfdi40_is_seen_posted", lambda self: False):
            move._l10n_mx_cfdi40_stamp()
        self.assertEqual((move.l10n_mx_cfdi40_state, self.stamps()), ("draft", 0))

    def test_no_certificate(self):
        self.env["l10n_mx_cfdi40.certificate"].search([]).sudo().active = False
        preview = self.ready()._l10n_mx_cfdi40_stamp()
        self.assertIn("MX_SIN_CERTIFICADO", [finding.code for finding in preview.errors])

    # -- the wizard ----------------------------------------------------------------------------------------------------

    def wizard(self, moves):
        action = moves.action_l10n_mx_cfdi40_stamp()
        return self.env[action["res_model"]].browse(action["res_id"])

    def test_wizard_for_one(self):
        move = self.ready()
        wizard = self.wizard(move)
        self.assertEqual((wizard.fecha, wizard.kind, wizard.ready_count), ("2026-03-12 12:00:00", "I", 1))
        self.assertIn(self.env["l10n_mx_cfdi40.certificate"].search([]).serial, wizard.issuers)
        self.assertEqual(self.stamps(), 0, "nothing is sent before it was seen")
        wizard.action_stamp()
        self.assertEqual((wizard.done, wizard.state, wizard.uuid), (True, "stamped", move.l10n_mx_cfdi40_uuid))
        self.assertStamped(move)

    def test_wizard_shows_all_that_is_wrong(self):
        self.customer.sudo().zip = False
        move = self.bad()
        wizard = self.wizard(move)
        self.assertGreaterEqual(len(wizard.finding_ids), 2)
        self.assertEqual(wizard.ready_count, 0)
        mend = wizard.finding_ids.filtered("has_remedy")[:1].action_mend()
        self.assertEqual((mend["res_model"], mend["res_id"]), ("res.partner", self.customer.id))
        with self.assertRaises(UserError):
            wizard.action_stamp()
        self.customer.sudo().zip = "86991"
        move.l10n_mx_cfdi40_uso_id = self.uso
        wizard.action_refresh()
        self.assertFalse(wizard.finding_ids.filtered(lambda finding: finding.severity == "error"))
        wizard.action_stamp()
        self.assertStamped(move)

    def test_wizard_asks_for_another_month(self):
        move = self.ready(invoice_date="2026-02-20")
        wizard = self.wizard(move)
        self.assertTrue(wizard.other_month)
        with self.assertRaises(UserError):
            wizard.action_stamp()
        wizard.month_confirmed = True
        wizard.action_stamp()
        self.assertStamped(move)

    def test_wizard_for_several_uses_the_queue(self):
        moves = self.ready() + self.ready() + self.bad() + self.ready(invoice_date="2026-02-20")
        wizard = self.wizard(moves)
        wizard.line_ids.filtered("other_month").month_confirmed = True
        wizard.action_stamp()
        self.assertEqual(self.stamps(), 0)
        self.run_queue()
        wizard.action_refresh()
        states = {line.move_id: line.state for line in wizard.line_ids}
        self.assertEqual([states[move] for move in moves], ["stamped", "stamped", False, "stamped"])
        self.assertTrue(wizard.line_ids.filtered(lambda line: not line.state).result)

    def test_wizard_after_a_refusal(self):
        move = self.ready()
        self.fault("refuse", code="CFDI40145")
        wizard = self.wizard(move)
        wizard.action_stamp()
        self.assertEqual(wizard.state, "rejected")
        self.assertIn("CFDI40145", wizard.result)

    # -- branches ------------------------------------------------------------------------------------------------------

    def test_a_branch_stamps_with_its_parents_certificate(self):
        branch = self.env["res.company"].sudo().create({
            "name": "Sucursal", "parent_id": self.company.id, "zip": "42501", "country_id": self.company.country_id.id})
        self.cr.precommit.run()  # the chart of accounts of the branch
        self.biller.sudo().company_ids += branch
        self.env = self.env(context={**self.env.context, "allowed_company_ids": [branch.id, self.company.id]})
        move = self.ready(company_id=branch.id)
        preview = move._l10n_mx_cfdi40_stamp()
        self.assertFalse([move._l10n_mx_cfdi40_finding_text(finding) for finding in preview.errors])
        document = self.assertStamped(move)
        self.assertEqual((document.company_id, document.issuer_rfc), (branch, "EKU9003173C9"))
