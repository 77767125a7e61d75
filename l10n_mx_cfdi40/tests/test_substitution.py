"""Correct and replace: from the corrected copy to the SAT's last answer. Of paid ones see test_substitution_paid."""
from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

from .cancel_common import SILENCE, WEEK_LATER
from .substitution_common import SubstitutionCommon


@tagged("post_install_l10n", "post_install", "-at_install")
class TestSubstitution(SubstitutionCommon):
    """Invoices without payments."""

    def test_in_one_step(self):
        old = self.needing()
        self.assertEqual(self.steps(old), [])
        draft = old._l10n_mx_cfdi40_correct()
        self.assertEqual(draft, old._l10n_mx_cfdi40_correct(), "the same draft, however often it is asked for")
        self.assertEqual(self.steps(old), ["person", "coming", "coming"])
        self.assertFalse(self.document(old).cancellation_ids, "nothing is ordered by a draft")
        self.assertFalse((old | draft).duplicated_ref_ids, "they look alike, and are no duplicates")
        draft.invoice_line_ids.price_unit = 4000
        draft.action_post()
        self.stamp(draft)
        self.assertEqual(self.related(self.document(draft)), [("04", self.document(old).uuid)])
        self.run_cancellations()
        self.assertEqual(self.document(old).cancellation_id.end, "without")
        self.assertReplaced(old, draft)
        self.assertEqual(self.steps(old), ["done"] * 3)
        self.assertEqual(self.requests(), 1)
        self.assertIn("no está en la lista definitiva", self.document(old).sat_efos_text)

    def test_two_people_correct_it_at_once(self):
        """Neither sees the other's draft: the second one is told, and there is one."""
        move = self.needing()
        draft = move._l10n_mx_cfdi40_correct()
        with self.assertRaises(IntegrityError), self.env.cr.savepoint(), mute_logger("odoo.sql_db"):
            move.copy(move._l10n_mx_cfdi40_correction_vals(self.document(move)))
        self.assertEqual(move._l10n_mx_cfdi40_correct(), draft)
        draft.button_cancel()
        self.assertNotEqual(move._l10n_mx_cfdi40_correct(), draft)

    def test_both_in_force(self):
        """Until the SAT has cancelled the old one it is not collected, and its entry is left alone."""
        old = self.needing()
        before = self.posted_lines(old)
        with self.later(WEEK_LATER):
            new = self.replace(old)
            self.assertEqual((old.payment_state, new.payment_state), ("blocked", "not_paid"))
            self.assertTrue(old.l10n_mx_cfdi40_is_substituted)
            with self.assertRaises(UserError):
                old._l10n_mx_cfdi40_correct()
            self.run_cancellations()
            self.assertEqual(self.document(old).state, "cancel_requested")
            self.assertEqual(self.steps(new), ["done", "sat", "coming"])
            self.assertIn("03/24/2026", new.l10n_mx_cfdi40_plan, "until when the customer may answer")
            self.assertEqual(self.posted_lines(old), before)
        with self.later(SILENCE):
            self.run_cancellations()
        self.assertEqual(self.document(old).cancellation_id.end, "silence")
        self.assertReplaced(old, new)

    def test_rejected(self):
        old = self.needing()
        before = self.posted_lines(old)
        with self.later(WEEK_LATER):
            new = self.replace(old)
            self.run_cancellations()
            self.reject(self.document(old))
            self.assertEqual((self.document(old).state, old.payment_state), ("cancel_rejected", "blocked"))
            self.assertEqual(self.steps(old), ["done", "person", "coming"])
            self.assertEqual(self.posted_lines(old), before)
            # The customer insists: the new one goes instead, and the old one is collected as before.
            # (On the day of its issue, without the customer's acceptance.)
            self.order(new, "02")
        self.assertEqual((new.state, old.state, old.payment_state), ("cancel", "posted", "not_paid"))
        self.assertFalse(old.l10n_mx_cfdi40_is_substituted)
        self.assertEqual(self.steps(old), [])

    def test_what_the_copy_keeps(self):
        """Who corrects says what was wrong: payment policy, form, due date and use are those of the original."""
        old = self.ppd()
        self.assertEqual(str(old.invoice_date_due), "2026-05-31")
        with self.later(WEEK_LATER):
            draft = old._l10n_mx_cfdi40_correct()
            self.assertEqual(str(draft.invoice_date), "2026-03-19")
            self.assertEqual(draft.invoice_date_due, old.invoice_date_due)
            draft.invoice_line_ids.price_unit = 900
            draft.invoice_date = "2026-03-18"
            draft.action_post()
        for name in ("metodo_pago", "forma_pago_id", "uso_id"):
            self.assertEqual(draft[f"l10n_mx_cfdi40_{name}"], old[f"l10n_mx_cfdi40_{name}"])

    def test_a_global_invoice_keeps_its_period(self):
        old = self.invoice(
            self.line(100, self.iva16), partner_id=self.public.id, l10n_mx_cfdi40_forma_pago_id=self.forma.id)
        old = old.with_user(self.biller)
        self.stamp(old)
        with self.later("2026-04-08 18:00:00"):
            draft = old._l10n_mx_cfdi40_correct()
        self.assertEqual((draft.l10n_mx_cfdi40_meses, draft.l10n_mx_cfdi40_anio), ("03", 2026))

    def test_relation_written_by_hand(self):
        """Who relates an invoice with 04 by hand orders no cancellation, but it waits for one that is ordered."""
        old = self.needing()
        relation = self.env["l10n_mx_cfdi40.relation"]._vals_for(old, "04")
        new = self.needing(l10n_mx_cfdi40_relation_ids=[Command.create(relation)])
        self.assertTrue(old.l10n_mx_cfdi40_is_substituted)
        self.assertFalse(self.document(old).cancellation_ids)
        self.order(old, "01", substitute=self.document(new))
        self.assertReplaced(old, new)

    def test_of_a_chain_the_first_is_cancelled_first(self):
        first = self.needing()
        second = self.replace(first)
        third = self.replace(second)
        self.run_cancellations()
        self.assertReplaced(second, third)
        self.assertEqual((self.document(first).state, first.state), ("cancelled", "cancel"))
        self.assertEqual([request.uuid for request in self.pac.requests()], [
            self.document(first).uuid, self.document(second).uuid])

    def test_another_cancellation_under_way(self):
        """Stamping the substitute does not fail because the original is being cancelled for another reason."""
        old = self.needing()
        draft = old._l10n_mx_cfdi40_correct()
        with self.later(WEEK_LATER):
            draft.invoice_date = "2026-03-19"
            row = self.order(old, "03")
            draft.action_post()
            self.stamp(draft)
            self.assertEqual(self.document(old).cancellation_id, row)
            self.assertEqual(row.state, "requested")
