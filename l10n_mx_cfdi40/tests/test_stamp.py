"""Stamping as a biller does it: what is sent, what is not, and what becomes of every kind of answer."""
import base64
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.addons.l10n_mx_cfdi40.cfdi.parse import leer
from odoo.addons.l10n_mx_cfdi40.pac.base import Accepted, NotFound, Refused, Unknown
from odoo.addons.l10n_mx_cfdi40.pac.loopback import Loopback
from odoo.exceptions import UserError
from odoo.tests import tagged

from .stamp_common import StampCommon

LATER = "2026-03-16 18:00:00"  # four days after NOW: no PAC takes what was sealed then


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
        self.assertEqual(alert["action"]["context"]["active_ids"], move.ids)
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

    # -- nobody knows --------------------------------------------------------------------------------------------------

    def in_doubt(self, kind="lost"):
        move = self.ready()
        self.fault(kind)
        move._l10n_mx_cfdi40_stamp()
        self.assertEqual(move.l10n_mx_cfdi40_state, "in_doubt")
        return move

    def test_lost_answer_is_asked_about(self):
        move = self.in_doubt()
        self.assertEqual(self.stamps(), 1, "stamped, and nobody told us")
        self.assertEqual(move.alerts["l10n_mx_cfdi40"]["action_call"][1], "action_l10n_mx_cfdi40_ask")
        move.action_l10n_mx_cfdi40_ask()
        self.assertStamped(move)
        self.assertEqual(self.stamps(), 1)

    def test_lost_request_is_sent_again_with_the_same_bytes(self):
        move = self.in_doubt("timeout")
        document = self.document(move)
        sealed = document.sealed_xml
        document.retry_at = fields.Datetime.now()
        self.run_recover()
        self.assertEqual(self.assertStamped(move).sealed_xml, sealed)
        self.assertEqual(self.stamps(), 1)
        self.assertEqual({call.operation for call in self.pac.calls()[-2:]}, {"stamp", "recover"})

    def test_meanwhile_the_invoice_stays_as_it_is(self):
        move = self.in_doubt()
        self._assert_untouchable(move)
        self.assertFalse(move.show_reset_to_draft_button)
        self.assertFalse(move._l10n_mx_cfdi40_enqueue() - self.document(move))
        preview = move._l10n_mx_cfdi40_stamp()
        self.assertFalse(preview.errors)
        self.assertEqual(self.stamps(), 1)

    def test_in_force_it_stays_too(self):
        move = self.ready()
        move._l10n_mx_cfdi40_stamp()
        self._assert_untouchable(move)
        self.assertTrue(move.need_cancel_request)
        self.assertFalse(move.show_reset_to_draft_button)
        with self.assertRaisesRegex(UserError, move.l10n_mx_cfdi40_uuid):
            move.button_request_cancel()

    def _assert_untouchable(self, move):
        name = move.name
        for touch in (
            move.button_draft, move.button_cancel, move.with_context(force_delete=True).unlink,
            lambda: move.write({"name": "INV/OTRA/1"}), lambda: move.write({"state": "draft"}),
            lambda: move.sudo().write({"l10n_mx_cfdi40_folio": 99}),
        ):
            with self.assertRaises(UserError):
                touch()
        self.assertEqual((move.state, move.name), ("posted", name))

    def test_the_same_pac_is_asked(self):
        move = self.in_doubt()
        company = self.company.sudo()
        asked = []
        client = type(company)._l10n_mx_cfdi40_pac_client

        def spy(company, code=None, environment=None):
            asked.append((code, environment))
            return client(company, code, environment)

        # As if the company had changed to a contract in production meanwhile.
        self.env.flush_all()
        self.cr.execute(
            "UPDATE res_company SET l10n_mx_cfdi40_environment = 'production' WHERE id = %s", [company.id])
        company.invalidate_recordset()
        with patch.object(type(company), "_l10n_mx_cfdi40_pac_client", spy):
            move.action_l10n_mx_cfdi40_ask()
        self.assertEqual(asked, [("loopback", "test")])
        self.assertStamped(move)

    def test_not_found_after_72_hours_may_be_released(self):
        move = self.in_doubt("timeout")
        document = self.document(move)
        with self.at(LATER):
            self.run_recover()
            self.assertEqual(document.state, "in_doubt")
            self.assertFalse(document.retry_at, "a person decides")
            self.assertEqual(self.stamps(), 0, "too old to be sent again")
            with self.assertRaises(UserError):
                document.with_user(self.biller).action_release()
            document.with_user(self.accountant).action_release()
            self.assertEqual(document.state, "rejected")
            move._l10n_mx_cfdi40_stamp()
            self.assertNotEqual(self.assertStamped(move), document)
        self.assertEqual(self.stamps(), 1)

    def test_refused_at_the_door_says_nothing_about_the_first_attempt(self):
        move = self.in_doubt()
        document = self.document(move)
        self.fault("not_found", operation="recover")
        self.fault("refuse", code="300")
        move.action_l10n_mx_cfdi40_ask()
        self.assertEqual(document.state, "in_doubt")
        move.action_l10n_mx_cfdi40_ask()
        self.assertStamped(move)
        self.assertEqual(self.stamps(), 1)

    # -- answers that are not what they seem ---------------------------------------------------------------------------

    def test_an_answer_about_another_invoice_is_not_believed(self):
        other = self.ready()
        other._l10n_mx_cfdi40_stamp()
        xml = self.document(other)._stamped_bytes()
        move = self.ready()
        with patch.object(Loopback, "stamp", lambda *args, **keywords: Accepted(xml=xml)):
            move._l10n_mx_cfdi40_stamp()
        document = self.document(move)
        self.assertEqual((document.state, document.code, document.uuid), ("in_doubt", "respuesta_de_otro_cfdi", False))
        move.action_l10n_mx_cfdi40_ask()
        self.assertStamped(move)

    def test_an_answer_without_a_stamp_is_not_believed(self):
        move = self.ready()
        with patch.object(Loopback, "stamp", lambda self, sealed, key: Accepted(xml=sealed)):
            move._l10n_mx_cfdi40_stamp()
        self.assertEqual(self.document(move).code, "timbre_de_otro_cfdi")
        move = self.ready()
        with patch.object(Loopback, "stamp", lambda self, sealed, key: Accepted(xml=b"<html>Error 500</html>")):
            move._l10n_mx_cfdi40_stamp()
        self.assertEqual(self.document(move).state, "in_doubt")

    def claimed_twice(self):
        """A document whose first call hangs beyond its lease while a second process asks about it."""
        move = self.ready()
        Document = self.env["l10n_mx_cfdi40.document"]
        document = Document._prepare(move)[move].document
        first = document._claim()
        document.lease_until = fields.Datetime.now()
        second = document._claim()
        self.assertEqual((first.attempt, second.attempt, first.sealed), (1, 2, second.sealed))
        self.assertIsNone(document._claim(), "the lease runs")
        return move, document, first, second

    def test_late_answers(self):
        move, document, first, second = self.claimed_twice()
        answer = first.run()
        # The first process knows nothing any more that counts, unless it is a stamp.
        document._record(first, Unknown("timeout", "", True))
        document._record(first, Refused("CFDI40145", "tarde"))
        self.assertEqual((document.state, bool(document.lease_until)), ("in_doubt", True))
        document._record(first, answer)
        self.assertEqual(document.state, "stamped")
        document._record(second, second.run())
        document._record(second, NotFound())
        self.assertStamped(move)
        self.assertEqual(self.actions(document).count("accept"), 1)
        self.assertEqual(self.stamps(), 1)

    def test_a_stamp_after_a_refusal_is_true(self):
        move, document, first, second = self.claimed_twice()
        document._record(second, Refused("CFDI40145", "no"))
        self.assertEqual(document.state, "rejected")
        queued = move._l10n_mx_cfdi40_enqueue()
        document._record(first, first.run())
        self.assertStamped(move)
        self.assertFalse(queued.exists(), "what waited in its place is taken out of the queue")

    def test_a_second_stamp_is_kept_and_shouted(self):
        move, document, first, second = self.claimed_twice()
        document._record(second, Refused("CFDI40145", "no"))
        with self.at("2026-03-12 18:00:30"):
            move._l10n_mx_cfdi40_stamp()
            new = self.assertStamped(move)
            with self.assertLogs("odoo.addons.l10n_mx_cfdi40.models.document_protocol", "ERROR"):
                document._record(first, first.run())
        self.assertEqual(move.l10n_mx_cfdi40_document_id, new)
        event = document.event_ids.filtered(lambda event: event.action == "surplus")
        self.assertEqual(base64.b64decode(event.xml), self.pac.stamps()[-1].xml)

    def test_a_call_that_starts_late_is_not_made(self):
        move = self.ready()
        document = self.env["l10n_mx_cfdi40.document"]._prepare(move)[move].document
        call = document._claim()
        with patch("odoo.addons.l10n_mx_cfdi40.models.document_call.time.monotonic", lambda: call.start_by + 1):
            document._record(call, call.run())
        self.assertEqual((document.state, document.code), ("sealed", "late_start"))
        self.assertEqual(self.stamps(), 0)

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
