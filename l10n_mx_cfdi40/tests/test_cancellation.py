"""Requests to cancel against the embedded PAC: what is sent, what comes back, and that only the SAT's state ends it."""
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..cfdi.acuse import leer_acuse
from ..cfdi.cancelacion import leer_cancelacion, verificar_firma
from ..cfdi.errors import SatError
from .cancel_common import SILENCE, WEEK_LATER, CancelCommon


@tagged("post_install_l10n", "post_install", "-at_install")
class TestCancellation(CancelCommon):

    def test_without_acceptance(self):
        move = self.small()
        row = self.order(move, "03")
        self.assertEqual((row.state, row.end), ("cancelled", "without"))
        self.assertEqual(self.document(move).state, "cancelled")
        self.assertEqual(move.state, "cancel")
        self.assertEqual(self.requests(), 1)

    def test_the_request_that_was_sent(self):
        """Signed by the company's CSD, for this UUID and reason, at local time; and it is kept to the letter."""
        move = self.small()
        row = self.order(move, "02")
        xml = row._request_bytes()
        certificate = verificar_firma(xml)
        self.assertEqual(certificate.numero, row.certificate_id.serial)
        request = leer_cancelacion(xml)
        self.assertEqual(request.rfc_emisor, self.company.vat)
        self.assertEqual(request.fecha.isoformat(), "2026-03-12T12:00:00")
        [folio] = request.folios
        self.assertEqual((folio.uuid, folio.motivo, folio.folio_sustitucion),
                         (self.document(move).uuid, "02", None))
        [answer] = leer_acuse(row._bytes_of("acuse")).folios
        self.assertEqual((answer.uuid, answer.estatus), (self.document(move).uuid, "201"))

    def test_received_is_not_cancelled(self):
        """201: the entry stays untouched until the SAT says that it is cancelled."""
        move = self.needing()
        before = self.posted_lines(move)
        with self.later(WEEK_LATER):
            row = self.order(move)
            self.assertEqual((row.state, row.code), ("requested", "201"))
            self.assertEqual(self.document(move).state, "cancel_requested")
            self.assertEqual(self.document(move).sat_process, "in_process")
            self.assertEqual(str(row.deadline), "2026-03-25 05:59:59")
            self.assertEqual(self.posted_lines(move), before)
            with self.assertRaises(UserError):
                move.button_draft()
            with self.assertRaises(UserError):
                move.button_cancel()
            self.pac.accept(self.document(move).uuid)
            self.assertEqual(self.posted_lines(move), before)
            self.ask_sat(move)
        self.assertEqual((row.state, row.end), ("cancelled", "accepted"))
        self.assertEqual(move.state, "cancel")

    def test_silence(self):
        move = self.needing()
        with self.later(WEEK_LATER):
            row = self.order(move)
        with self.later(SILENCE):
            self.run_cancellations()
        self.assertEqual((row.state, row.end, move.state), ("cancelled", "silence", "cancel"))

    def test_rejected_and_asked_again(self):
        move = self.needing()
        before = self.posted_lines(move)
        with self.later(WEEK_LATER):
            first = self.order(move)
            self.pac.reject(self.document(move).uuid)
            self.ask_sat(move)
            self.assertEqual((first.state, self.document(move).state), ("rejected", "cancel_rejected"))
            self.assertEqual(self.posted_lines(move), before)
            self.assertIn(self.document(move).uuid, move.activity_ids.note)
            second = self.order(move)
            self.assertNotEqual(first, second)
            self.assertEqual((second.state, second.deadline), ("requested", False))
            self.assertTrue(second.after_rejection)
        with self.later(SILENCE):
            # The second time nothing ends by silence.
            self.run_cancellations()
            self.assertEqual(second.state, "requested")
            self.pac.accept(self.document(move).uuid)
            self.ask_sat(move)
        self.assertEqual((second.state, move.state), ("cancelled", "cancel"))
        self.assertEqual(self.requests(move), 2)
        self.assertFalse(move.activity_ids, "nothing is left to decide")

    def test_same_order_twice_is_one(self):
        move = self.needing()
        with self.later(WEEK_LATER):
            row = self.order(move)
            self.assertEqual(self.order(move), row)
            with self.assertRaises(UserError):
                self.order(move, "03")
        self.assertEqual(self.requests(), 1)

    def test_lost_answer(self):
        """The request arrived, its answer did not: in doubt, found out, never requested twice."""
        move = self.needing()
        with self.later(WEEK_LATER):
            self.fault("lost", operation="cancel")
            row = self.env["l10n_mx_cfdi40.cancellation"].sudo()._order_for(self.document(move), "02")
            row._cron_send()
            self.assertEqual((row.state, self.document(move).state), ("in_doubt", "cancel_in_doubt"))
            self.assertEqual(move.state, "posted")
            sent = row._request_bytes()
        with self.later("2026-03-19 18:30:00"):
            self.run_cancellations()
            self.assertEqual((row.state, self.document(move).state), ("requested", "cancel_requested"))
            self.assertEqual(row._request_bytes(), sent)
        self.assertEqual(self.requests(), 1)

    def test_request_that_never_arrived(self):
        """The same bytes are sent again once the SAT has answered that it knows of no request."""
        move = self.needing()
        with self.later(WEEK_LATER):
            self.fault("timeout", operation="cancel")
            row = self.env["l10n_mx_cfdi40.cancellation"].sudo()._order_for(self.document(move), "02")
            row._cron_send()
            self.assertEqual((row.state, self.requests()), ("in_doubt", 0))
            sent = row._request_bytes()
        with self.later("2026-03-19 18:30:00"):
            self.run_cancellations()
        self.assertEqual((row.state, row._request_bytes(), self.requests()), ("requested", sent, 1))

    def test_unreachable_pac(self):
        move = self.needing()
        with self.later(WEEK_LATER):
            self.fault("unreachable", operation="cancel")
            row = self.order(move)
            self.assertEqual((row.state, self.document(move).state), ("waiting", "stamped"))
            self.assertTrue(row.reason)
        with self.later("2026-03-19 18:30:00"):
            self.run_cancellations()
        self.assertEqual((row.state, self.requests()), ("requested", 1))

    def test_refused(self):
        """Whatever the SAT refuses leaves the CFDI in force, with the code explained."""
        for code in ("203", "204", "206", "207", "208", "209", "210", "211", "212", "213", "301", "302", "303", "304",
                     "305", "310", "311", "312", "314", "no_cancelable"):
            with self.subTest(code):
                move = self.small()
                self.fault("refuse", operation="cancel", code=code)
                row = self.order(move)
                self.assertEqual((row.state, row.code, self.document(move).state), ("refused", code, "stamped"))
                self.assertIn(code, row.explanation)
                self.assertEqual(move.state, "posted")
                self.assertTrue(move.activity_ids)

    def test_already_requested(self):
        """202: somebody asked before; the SAT's state says what became of it."""
        move = self.small()
        self.fault("refuse", operation="cancel", code="203")
        self.order(move)
        row = self.order(move)
        self.assertEqual((row.state, self.requests()), ("cancelled", 1))

    def test_not_at_the_sat_yet(self):
        """205 minutes after stamping: it is asked again by itself."""
        move = self.small()
        self.fault("refuse", operation="cancel", code="205")
        row = self.order(move)
        self.assertEqual((row.state, self.document(move).state), ("waiting", "stamped"))
        with self.later("2026-03-12 18:30:00"):
            self.run_cancellations()
        self.assertEqual(row.state, "cancelled")

    def test_sat_does_not_answer(self):
        move = self.needing()
        with self.later(WEEK_LATER):
            row = self.order(move)
            self.pac.accept(self.document(move).uuid)
            self.fault("timeout", operation="estado")
            with self.assertRaises(SatError):
                self.ask_sat(move)
            with self.assertRaises(UserError):
                self.fault("timeout", operation="estado")
                move.action_l10n_mx_cfdi40_ask_sat()
            self.assertEqual((row.state, move.state), ("requested", "posted"))
            self.ask_sat(move)
        self.assertEqual(move.state, "cancel")

    def test_cancelled_elsewhere(self):
        """At the SAT's portal, without Odoo: “Update state” finds out, and the entry follows."""
        move, document = self.needing(), None
        document = self.document(move)
        with self.later(WEEK_LATER):
            row = self.order(move)
            # As if Odoo had never asked.
            self.env.cr.execute("UPDATE l10n_mx_cfdi40_document SET state = 'stamped' WHERE id = %s", [document.id])
            self.env.cr.execute(
                "UPDATE l10n_mx_cfdi40_cancellation SET state = 'withdrawn' WHERE id = %s", [row.id])
            self.env.invalidate_all()
            move.action_l10n_mx_cfdi40_ask_sat()
            self.assertEqual(document.state, "cancel_requested")
            self.assertFalse(document.cancellation_id.motivo)
            self.pac.accept(document.uuid)
            move.action_l10n_mx_cfdi40_ask_sat()
        self.assertEqual((document.state, move.state), ("cancelled", "cancel"))

    def test_locked_period(self):
        """The entry of a closed period stays; its reversal, dated today, is proposed and becomes no CFDI."""
        move = self.small()
        self.company.sudo().fiscalyear_lock_date = "2026-03-31"
        before = self.posted_lines(move)
        with self.later("2026-03-13 18:00:00"):
            row = self.order(move, "03")
        self.assertEqual((row.state, self.document(move).state), ("cancelled", "cancelled"))
        self.assertEqual(self.posted_lines(move), before)
        self.assertTrue(move.activity_ids)
        self.assertTrue(move.l10n_mx_cfdi40_must_reverse)
        self.assertNotStampedAgain(move)
        with self.later("2026-04-02 18:00:00"):
            action = move.action_l10n_mx_cfdi40_reverse_entry()
            reversal = self.env["account.move"].browse(action["res_id"])
            self.assertEqual((str(reversal.date), reversal.state), ("2026-04-02", "posted"))
            self.assertFalse(reversal._l10n_mx_cfdi40_is_applicable())
            self.assertFalse(reversal.l10n_mx_cfdi40_can_stamp)
        self.assertEqual(move.payment_state, "reversed")
        self.assertFalse(move.l10n_mx_cfdi40_must_reverse)
        self.assertNotStampedAgain(move)
        with self.assertRaises(UserError):
            move.action_l10n_mx_cfdi40_reverse_entry()

    def assertNotStampedAgain(self, move):
        """Neither the button, nor Send, nor the queue makes another CFDI of what only waits for its reversal."""
        self.assertFalse(move.l10n_mx_cfdi40_can_stamp)
        self.assertFalse(self.env["account.move.send"]._l10n_mx_cfdi40_is_to_stamp(move))
        self.assertFalse(move._l10n_mx_cfdi40_enqueue())
        with self.assertRaisesRegex(UserError, "only to be reversed"):
            move._l10n_mx_cfdi40_stamp()

    def test_reopened(self):
        """An entry that was cancelled may become an invoice, and a CFDI, again."""
        move = self.small()
        self.order(move, "03")
        self.assertEqual(move.state, "cancel")
        move.button_draft()
        move.action_post()
        self.assertFalse(move.l10n_mx_cfdi40_must_reverse)
        self.assertTrue(move.l10n_mx_cfdi40_can_stamp)
        with self.later("2026-03-12 19:00:00"):
            self.stamp(move)
        self.assertEqual(len(move.l10n_mx_cfdi40_document_ids), 2)

    def test_blocked_by_its_complement(self):
        """“No cancelable” until the complement is cancelled; then it goes out by itself."""
        move = self.ppd()
        self.register(move)
        self.run_complements()
        complement = move.l10n_mx_cfdi40_instalment_ids.document_id
        self.assertEqual(self.document(move)._blockers(), complement.sudo())
        row = self.order(move)
        self.assertEqual((row.state, self.requests()), ("waiting", 0))
        self.assertIn(complement.uuid, row.reason)
        with self.later("2026-03-12 19:00:00"):
            self.order(complement.sudo(), "02")
            self.assertEqual(complement.state, "cancel_requested")
            self.assertEqual(row.state, "waiting")
            self.pac.accept(complement.uuid)
            self.ask_sat(complement.sudo())
            self.run_cancellations()
        self.assertEqual((complement.state, row.state, move.state), ("cancelled", "cancelled", "cancel"))

    def test_released_only_when_cancelled(self):
        """A complement's balances are set free by the SAT's answer, not by the request."""
        move = self.ppd()
        self.register(move, 500)
        self.run_complements()
        complement = move.l10n_mx_cfdi40_instalment_ids.document_id.sudo()
        instalment, receipt = move.l10n_mx_cfdi40_instalment_ids, complement.receipt_ids
        with self.later("2026-03-12 19:00:00"):
            self.order(complement, "02")
            self.assertTrue(instalment.live)
            self.assertEqual(receipt.state, "issued")
            self.pac.accept(complement.uuid)
            self.ask_sat(complement)
        self.assertFalse(instalment.live)
        self.assertEqual(receipt.state, "blocked")

    def test_withdrawn_before_it_was_sent(self):
        move = self.ppd()
        self.register(move)
        self.run_complements()
        row = self.order(move)
        row.with_user(self.biller).action_withdraw()
        self.assertEqual(row.state, "withdrawn")
        self.run_cancellations()
        self.assertEqual(self.requests(), 0)
        other = self.small()
        sent = self.order(other)
        with self.assertRaises(UserError):
            sent.with_user(self.biller).action_withdraw()

    def test_certificate_in_force_signs(self):
        """The CSD that sealed may be over: any in force of that RFC signs; without one the order waits and says so."""
        move = self.small()
        self.company.sudo().l10n_mx_cfdi40_certificate_ids.active = False
        row = self.order(move)
        self.assertEqual((row.state, self.document(move).state), ("waiting", "stamped"))
        with self.assertRaises(UserError) as caught:
            row._run()
        self.assertIn("CSD", str(caught.exception))
        row._note_failure(caught.exception)
        self.assertIn("CSD", row.explanation)
        self.company.sudo().with_context(active_test=False).l10n_mx_cfdi40_certificate_ids.active = True
        with self.later("2026-03-12 19:00:00"):
            self.run_cancellations()
        self.assertEqual(row.state, "cancelled")

    def test_other_environment(self):
        """A copy of the database that was set to test cancels nothing of production."""
        move = self.small()
        self.env.cr.execute(
            "UPDATE l10n_mx_cfdi40_document SET environment = 'production' WHERE id = %s", [self.document(move).id])
        self.env.invalidate_all()
        with self.assertRaises(UserError):
            self.ask_sat(move)
        row = self.order(move)
        self.assertEqual((row.state, self.requests()), ("waiting", 0))

    def test_stale_answer_is_not_believed(self):
        """What the SAT said before a request was sent says nothing about that request."""
        move = self.needing()
        with self.later(WEEK_LATER):
            self.order(move)
            self.pac.reject(self.document(move).uuid)
            self.ask_sat(move)
            document = self.document(move)
            client = document._sat_client()
            old = client.estado(document._sat_expression())
            answers = [old]

            class Slow:
                def estado(slow, consulta):
                    if not answers:
                        return client.estado(consulta)
                    stale = answers.pop()
                    self.order(move)
                    return stale

            with patch.object(type(document), "_sat_client", lambda _self: Slow()):
                document._ask_sat()
        self.assertEqual(document.state, "cancel_requested")

    def test_nobody_writes_it(self):
        row = self.order(self.small()).with_user(self.biller)
        with self.assertRaises(AccessError):
            row.write({"state": "waiting"})
        with self.assertRaises(AccessError):
            row.create({"document_id": row.document_id.id, "motivo": "02"})
        with self.assertRaises(UserError):
            row.sudo().unlink()
        with self.assertRaises(UserError):
            row.sudo().motivo = "03"
        self.assertTrue(row.with_user(self.auditor).explanation)

    def test_paid_invoice(self):
        """Its payment is free again when the SAT has cancelled it, not before."""
        move = self.small()
        payment = self.register(move)
        self.assertIn(move.payment_state, ("paid", "in_payment"))
        self.order(move, "03")
        self.assertEqual(move.state, "cancel")
        self.assertIn(payment.state, ("in_process", "paid"))
        money = payment.move_id.line_ids.filtered(lambda line: line.account_id.account_type == "asset_receivable")
        self.assertEqual(money.amount_residual, money.balance)
