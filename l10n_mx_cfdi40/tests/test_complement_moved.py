"""Payments that are reset, deleted or dated anew, complements that die: nothing is said twice, nothing forgotten."""
import contextlib
from datetime import datetime
from types import SimpleNamespace
from unittest.mock import patch
from uuid import uuid4

from odoo import SUPERUSER_ID, Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from .complement_common import ComplementCommon


class MovedCommon(ComplementCommon):
    def wizard(self, action):
        return self.env[action["res_model"]].browse(action["res_id"])

    def cancel(self, document):
        """What the SAT's answers will do one day."""
        for action in ("request_cancel", "cancel_receive", "cancel_confirm"):
            document._advance(action)

    def reconcile(self, *moves):
        lines = self.env["account.move.line"].sudo().union(*(self.receivable(move) for move in moves))
        lines.reconcile()


@tagged("post_install_l10n", "post_install", "-at_install")
class TestPaymentMoved(MovedCommon):
    """Odoo leaves entries reconciled that go back to draft."""

    def test_reset_to_draft_and_posted_again(self):
        move = self.ppd()
        payment = self.register(move)
        payment.sudo().action_draft()
        self.assertEqual(move.amount_residual, 0, "Odoo keeps what is reconciled")
        self.assertFalse(self.receipt(payment))
        self.run_complements()
        self.assertEqual(self.stamps(), 1)
        payment.sudo().date = "2026-02-10"
        payment.sudo().action_post()
        receipt = self.receipt(payment)
        self.assertEqual((receipt.state, str(receipt.date), str(receipt.deadline)), (
            "waiting", "2026-02-10", "2026-03-05"))
        _document, pagos = self.complement(payment)
        self.assertEqual(pagos.pago[0].fecha_pago.isoformat(), "2026-02-10T12:00:00")

    def test_reset_to_draft_after_the_complement(self):
        move = self.ppd()
        payment = self.register(move)
        self.complement(payment)
        payment.sudo().action_draft()
        receipt = self.receipt(payment)
        self.assertEqual(receipt.state, "unbacked")
        payment.sudo().action_post()
        self.assertEqual(receipt.state, "issued")
        self.assertFalse(receipt.activity_ids)

    def test_another_date_after_the_complement(self):
        """The complement says another FechaPago than the payment: it is replaced by one that says the new date."""
        move = self.ppd()
        payment = self.register(move)
        old, _pagos = self.complement(payment)
        payment.sudo().action_draft()
        payment.sudo().date = "2026-02-10"
        payment.sudo().action_post()
        receipt = self.receipt(payment)
        self.assertEqual(receipt.state, "unbacked")
        wizard = self.wizard(old.with_env(self.env).action_replace())
        wizard.action_issue()
        self.assertEqual((receipt.state, str(receipt.date)), ("issued", "2026-02-10"))
        self.assertFalse(receipt.activity_ids)
        pagos = self.pagos(wizard.document_id.sudo())
        self.assertEqual(pagos.pago[0].fecha_pago.isoformat(), "2026-02-10T12:00:00")

    def test_of_a_closed_month(self):
        """Its entry is of the first open day; the SAT hears of the day on which the money came."""
        self.company.sudo().fiscalyear_lock_date = "2026-02-28"
        payment = self.register(self.ppd(), date="2026-02-27")
        self.assertGreater(str(payment.move_id.date), "2026-02-28")
        self.assertEqual(str(self.receipt(payment).deadline), "2026-03-05")
        _document, pagos = self.complement(payment)
        self.assertEqual(pagos.pago[0].fecha_pago.isoformat(), "2026-02-27T12:00:00")

    def test_bank_line_dated_anew(self):
        line = self.bank_line(1160, self.ppd())
        line.date = "2026-02-27"
        receipt = self.receipt(line)
        self.assertEqual((str(receipt.date), str(receipt.deadline)), ("2026-02-27", "2026-03-05"))
        _document, pagos = self.complement(line)
        self.assertEqual(pagos.pago[0].fecha_pago.isoformat(), "2026-02-27T12:00:00")

    def test_deleted(self):
        for issued in (False, True):
            for kind in ("payment", "line"):
                with self.subTest(kind, issued=issued):
                    move = self.ppd()
                    money = self.register(move) if kind == "payment" else self.bank_line(1160, move)
                    if issued:
                        self.complement(money)
                    receipt = self.receipt(money)
                    if kind == "payment":
                        money.sudo().action_draft()
                    money.sudo().unlink()
                    self.env.flush_all()
                    self.env.invalidate_all()
                    self.assertEqual(receipt.exists().mapped("state"), ["unbacked"] if issued else [])
                    self.run_complements()

    def test_complement_of_a_deleted_payment(self):
        move = self.ppd()
        payment = self.register(move)
        document, _pagos = self.complement(payment)
        receipt = self.receipt(payment)
        payment.sudo().action_draft()
        payment.sudo().unlink()
        self.env.flush_all()
        self.env.invalidate_all()
        wizard = self.wizard(document.with_env(self.env).action_replace())
        self.assertEqual(wizard.finding_ids.mapped("code"), ["MX_REP_NADA_QUE_PAGAR"])
        self.cancel(document)
        self.assertFalse(receipt.exists(), "nothing is left to do")

    def test_invoice_in_draft_owes_nothing(self):
        move = self.ppd(stamp=False)
        payment = self.register(move, 500)
        self.assertTrue(self.receipt(payment))
        move.button_draft()
        self.assertFalse(self.receipt(payment))
        move.action_post()
        self.assertEqual(self.receipt(payment).amount, 500)


@tagged("post_install_l10n", "post_install", "-at_install")
class TestNotTwice(MovedCommon):
    """While a complement without its payment is in force, nothing says the same money or invoice by itself."""

    def test_moved_to_another_invoice(self):
        first, second = self.ppd(), self.ppd()
        payment = self.register(first)
        old, _pagos = self.complement(payment)
        self.unreconcile(first)
        self.reconcile(second, payment.move_id)
        self.assertEqual(self.receipt(payment).mapped("state"), ["unbacked", "waiting"])
        self.run_complements()
        waiting = self.receipt(payment).filtered("is_open")
        self.assertEqual((waiting.state, self.stamps()), ("blocked", 3))
        self.assertIn(old.display_name, waiting.reason)
        wizard = self.wizard(old.with_env(self.env).action_replace())
        wizard.action_issue()
        new = wizard.document_id.sudo()
        self.assertEqual([docto[0] for docto in self.doctos(self.pagos(new))], [second.l10n_mx_cfdi40_uuid])
        receipt = self.receipt(payment)
        self.assertEqual((receipt.document_id, receipt.state), (new, "issued"), "one row, and no activity")
        self.assertFalse(receipt.activity_ids)

    def test_paid_again_while_the_old_complement_stands(self):
        move = self.ppd()
        returned = self.register(move, 500)
        old, _pagos = self.complement(returned)
        self.unreconcile(move)
        again = self.register(move, 500)
        self.run_complements()
        receipt = self.receipt(again)
        self.assertEqual(receipt.state, "blocked")
        self.cancel(old)
        self.run_complements("2026-03-12 20:00:00")
        self.assertEqual(receipt.state, "issued", "it goes on by itself")
        self.assertEqual(self.doctos(self.pagos(receipt.document_id))[0][1:3], (1, "1160.00"))

    def test_a_person_may_go_on(self):
        move = self.ppd()
        self.complement(self.register(move, 500))
        self.unreconcile(move)
        wizard = self.wizard(self.receipt(self.register(move, 500)).with_env(self.env).action_open_wizard())
        self.assertEqual(
            wizard.finding_ids.mapped(lambda finding: (finding.code, finding.severity)),
            [("MX_REP_SIN_RESPALDO", "warning")])
        wizard.action_issue()
        self.assertEqual(wizard.state, "stamped")

    def test_the_new_one_says_all_of_the_old_one(self):
        self.company.sudo().l10n_mx_cfdi40_rep_mode = "monthly"
        move = self.ppd()
        first, second = self.register(move, 300), self.register(move, 400)
        self.run_complements("2026-04-01 09:00:00")
        old = self.receipt(first).document_id
        self.assertEqual(old, self.receipt(second).document_id)
        wizard = self.wizard(old.with_env(self.env).action_replace())
        left_out = wizard.payment_ids.filtered(lambda row: row.receipt_id.payment_id == first)
        left_out.included = False
        with self.later("2026-04-02 18:00:00"), self.assertRaises(UserError):
            wizard.action_issue()
        # Of what was undone it says nothing.
        self.receivable(move).matched_credit_ids.filtered(
            lambda part: part.credit_move_id.move_id == first.move_id).unlink()
        self.assertEqual([self.receipt(one).state for one in (first, second)], ["unbacked", "issued"])
        left_out.included = True
        with self.later("2026-04-02 18:00:00"):
            wizard.action_issue()
        pagos = self.pagos(wizard.document_id.sudo())
        self.assertEqual([docto[1:4] for docto in self.doctos(pagos)], [(1, "1160.00", "400.00")])
        self.assertEqual([self.receipt(one).state for one in (first, second)], ["issued", "issued"])

    def test_one_receptor_whatever_the_window_holds(self):
        receipts = self.receipt(
            self.register(self.ppd()), self.register(self.ppd(partner_id=self.other_customer.id)))
        wizard = self.env["l10n_mx_cfdi40.complement.wizard"].create({
            "payment_ids": [Command.create({"receipt_id": receipt.id}) for receipt in receipts]})
        with self.assertRaises(UserError):
            wizard.action_issue()
        self.assertEqual(self.stamps(), 2)

    def test_partners_who_come_to_share_an_rfc(self):
        first, second = self.customer, self.other_customer
        moves = self.ppd(), self.ppd(partner_id=second.id)
        line = self.bank_line(1000, applied={moves[0]: 500, moves[1]: 500})
        receipts = self.receipt(line)
        self.assertEqual(len(receipts), 2)
        second.sudo().vat = first.vat
        preview = receipts._preview()
        self.assertEqual(len(preview.rows), 2, "each invoice once")
        self.run_complements()
        self.assertEqual(self.receipt(line).mapped("state"), ["issued"])
        self.assertEqual(len(self.doctos(self.pagos(self.receipt(line).document_id))), 2)


@tagged("post_install_l10n", "post_install", "-at_install")
class TestComplementDies(MovedCommon):
    def test_cancelled_beside_another_that_waits(self):
        first, second = self.ppd(), self.ppd(500)
        line = self.bank_line(1740, applied={first: 1160})
        self.complement(line)
        self.match(line, second, 580)
        document = self.receipt(line).document_id
        self.cancel(document)
        receipt = self.receipt(line)
        self.assertEqual((receipt.state, receipt.amount), ("blocked", 1740), "one row of all that no complement says")
        self.assertIn(document.display_name, receipt.reason)
        receipt._enqueue()
        self.run_complements()
        self.assertEqual((receipt.state, len(self.doctos(self.pagos(receipt.document_id)))), ("issued", 2))

    def test_cancelled_without_payment(self):
        move = self.ppd()
        payment = self.register(move)
        document, _pagos = self.complement(payment)
        self.unreconcile(move)
        receipt = self.receipt(payment)
        self.cancel(document)
        self.assertFalse(receipt.exists(), "nothing is owed, and nobody has to do anything")

    def test_refused_after_it_was_undone(self):
        move = self.ppd()
        payment = self.register(move)
        self.fault("lost")
        self.run_complements()
        document = self.receipt(payment).document_id
        self.assertEqual(document.state, "in_doubt")
        self.unreconcile(move)
        self.assertEqual(self.receipt(payment).state, "sending", "nobody knows yet whether it is at the SAT")
        with self.later("2026-03-12 20:00:00"):
            document._advance("refuse", {"code": "CFDI40102", "message": "no"})
            document._conclude()
        self.assertFalse(self.receipt(payment))

    def test_given_up_after_it_was_undone(self):
        move = self.ppd()
        payment = self.register(move)
        self.fault("timeout")
        self.run_complements()
        document = self.receipt(payment).document_id
        self.unreconcile(move)
        with self.later("2026-03-17 18:00:00"):
            self.run_recover()
            document.with_user(self.accountant).action_release()
        self.assertEqual(document.state, "rejected")
        self.assertFalse(self.receipt(payment))

    def test_stamped_after_all_beside_its_successor(self):
        """A late answer: its successor is dropped if it was not sent; if it was, there are two, and the log says so."""
        for sent in (False, True):
            with self.subTest(sent=sent):
                move = self.ppd()
                payment = self.register(move, 500)
                self.fault("refuse", code="CFDI40102")
                self.run_complements()
                receipt = self.receipt(payment)
                first = receipt.document_id
                if not sent:
                    self.fault("unreachable")
                receipt._enqueue()
                self.run_complements()
                second = receipt.document_id
                self.assertEqual((first.state, second.state), ("rejected", "stamped" if sent else "sealed"))
                timbre = SimpleNamespace(uuid=str(uuid4()), fecha_timbrado=datetime(2026, 3, 12, 13))
                answer = SimpleNamespace(xml=first._sealed_bytes())
                with self.assertLogs(level="ERROR") if sent else contextlib.nullcontext():
                    first._record_accepted(SimpleNamespace(attempt=1), answer, timbre)
                self.env.flush_all()
                live, dead = (second, first) if sent else (first, second)
                self.assertEqual((live.state, dead.state), ("stamped", "rejected" if sent else "discarded"))
                self.assertEqual((receipt.document_id, receipt.state), (live, "issued"))
                self.assertEqual(receipt.instalment_ids.filtered("live").document_id, live)

    def test_filed_by_the_cron_after_a_crash(self):
        payment = self.register(self.ppd())
        with patch.object(type(self.env["l10n_mx_cfdi40.document"]), "_conclude", lambda self: None):
            self.run_complements()
        document = self.receipt(payment).document_id
        self.assertEqual((document.state, document.attachment_id.id), ("stamped", False))
        self.run_recover()
        self.assertEqual(document.attachment_id.res_model, "account.payment")

    def test_told_to_a_person(self):
        """Made by a cron, whose user reads no activities."""
        move = self.ppd()
        payment = self.register(move)
        receipt = self.receipt(payment)
        with self.later():
            self.receipts.with_user(SUPERUSER_ID)._cron_issue()
        self.unreconcile(move)
        self.assertEqual(receipt.activity_ids.user_id, self.biller)
