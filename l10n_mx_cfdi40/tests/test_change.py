"""“The customer asks for a change”: the lightest right thing for each case, said before it is done."""
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged

from .cancel_common import WEEK_LATER
from .substitution_common import SubstitutionCommon


@tagged("post_install_l10n", "post_install", "-at_install")
class TestChange(SubstitutionCommon):

    def ask(self, moves, change, **vals):
        """The window with this answer, filled in as on the screen."""
        action = moves.action_l10n_mx_cfdi40_change()
        window = self.env[action["res_model"]].browse(action["res_id"])
        with Form(window) as form:
            form.change = change
            for name, value in vals.items():
                setattr(form, name, value)
            # What the screen shows while it is filled in is what is saved.
            shown = form.answer
        self.assertEqual(str(shown), str(window.answer))
        return window

    def assertUntouched(self, move):
        self.assertEqual((move.l10n_mx_cfdi40_state, self.document(move).cancellation_ids.ids), ("stamped", []))
        self.assertEqual(self.requests(), 0)

    def test_nothing_fiscal_is_sent_again(self):
        move = self.needing()
        for change in ("mail", "notes"):
            window = self.ask(move, change)
            self.assertEqual(window.kind, "send")
            action = window.action_confirm()
            self.assertEqual(action["res_model"], "account.move.send.wizard")
            self.assertEqual(action["context"]["active_ids"], move.ids)
        self.assertUntouched(move)
        action = self.ask(move | self.small(), "mail").action_confirm()
        self.assertEqual(action["res_model"], "account.move.send.batch.wizard")

    def test_receiver_that_would_not_change(self):
        window = self.ask(self.needing(), "receiver")
        self.assertFalse(window.kind)
        self.assertIn("Nothing would change", window.answer)
        with self.assertRaises(UserError):
            window.action_confirm()

    def test_receiver_mended_and_replaced(self):
        move = self.needing()
        window = self.ask(move, "receiver")
        mend = window.action_partner()
        self.assertEqual((mend["res_model"], mend["res_id"]), ("res.partner", self.customer.id))
        partner = self.customer.with_user(self.biller).with_context(**mend["context"])
        partner.zip = "76343"
        self.assertEqual(partner.action_l10n_mx_cfdi40_mended()["res_id"], window.id)
        window.invalidate_recordset()
        self.assertEqual(window.kind, "correct")
        self.assertIn("86991", window.answer)
        self.assertIn("76343", window.answer)
        draft = self.env["account.move"].browse(window.action_confirm()["res_id"])
        self.assertEqual((draft.state, draft.l10n_mx_cfdi40_replaces_id), ("draft", self.document(move)))
        self.assertUntouched(move)
        draft.action_post()
        self.stamp(draft)
        self.assertIn(b'DomicilioFiscalReceptor="76343"', self.document(draft)._stamped_bytes())
        self.run_cancellations()
        self.assertReplaced(move, draft)

    def test_receiver_with_another_rfc(self):
        move = self.needing()
        self.customer.sudo().vat = "XIA190128J61"
        window = self.ask(move, "receiver")
        self.assertFalse(window.kind)
        self.assertIn("somebody else", window.answer)

    def test_data_that_changed_afterwards(self):
        move = self.needing()
        window = self.ask(move, "moved")
        self.assertIn("Nothing has to be done", window.answer)
        self.assertEqual(window.action_confirm()["res_model"], "res.partner")
        self.assertUntouched(move)

    def test_what_is_said_before(self):
        """Acceptance, the last day, and the fine when that is over; by the rules of the day it is asked on."""
        move = self.needing()
        self.assertIn("No necesita aceptación", self.ask(move, "use").answer)
        with self.later(WEEK_LATER):
            answer = self.ask(move, "use").answer
            self.assertIn("Necesita aceptación", answer)
            self.assertIn("03/31/2027", answer)
        with self.later("2027-04-05 18:00:00"):
            self.assertIn("290.00", self.ask(move, "use").answer, "5 % of 5,800")

    def test_several_are_corrected(self):
        moves = self.needing() | self.small()
        window = self.ask(moves, "payment")
        drafts = self.env["account.move"].search(window.action_confirm()["domain"])
        self.assertEqual(drafts.l10n_mx_cfdi40_replaces_id, self.document(moves))
        self.assertEqual(set(drafts.mapped("state")), {"draft"})
        # Asked for again, they are the same.
        self.assertEqual(self.env["account.move"].search(window.action_confirm()["domain"]), drafts)

    def test_price_not_paid(self):
        window = self.ask(self.needing(), "price")
        self.assertEqual((window.kind, window.is_paid), ("correct", False))

    def test_price_paid(self):
        move, _payments, [complement] = self.paid(5800)
        window = self.ask(move, "price")
        self.assertFalse(window.kind, "what becomes of the total decides")
        window = self.ask(move, "price", total_goes="lower")
        self.assertEqual(window.kind, "note")
        self.assertEqual(window.action_confirm()["context"]["default_l10n_mx_cfdi40_tipo_relacion"], "01")
        window = self.ask(move, "price", total_goes="higher")
        self.assertEqual(window.kind, "correct")
        # The plan of the whole way, in its order.
        texts = [move.name, "payments go over", f"Issue the complement {complement.display_name}",
                 f"Cancel the old complement {complement.display_name}", "Cancel the old invoice", "Cancel its entry"]
        places = [window.answer.index(text, window.answer.index("The plan")) for text in texts]
        self.assertEqual(places, sorted(places))
        self.assertUntouched(move)

    def test_credit_notes(self):
        for change, relation in (("return", "03"), ("discount", "01")):
            move = self.needing()
            window = self.ask(move, change)
            action = window.action_confirm()
            self.assertEqual(action["res_model"], "account.move.reversal")
            reversal = self.env["account.move.reversal"].with_context(**action["context"]).create({
                "journal_id": move.journal_id.id})
            note = self.env["account.move"].browse(reversal.refund_moves()["res_id"])
            [row] = note.l10n_mx_cfdi40_relation_ids
            self.assertEqual((row.tipo_relacion_id.code, row.related_move_id), (relation, move))
            self.assertUntouched(move)
        note.action_post()
        self.stamp(note)
        self.assertFalse(self.ask(note, "discount").kind)

    def test_wrong_rfc(self):
        move = self.needing()
        window = self.ask(move, "rfc")
        self.assertFalse(window.kind, "the right customer is not chosen")
        same = self.customer.sudo().copy({"vat": self.customer.vat})
        self.assertFalse(self.ask(move, "rfc", partner_id=same).kind)
        window = self.ask(move, "rfc", partner_id=self.other_customer)
        self.assertEqual(window.kind, "other")
        draft = self.env["account.move"].browse(window.action_confirm()["res_id"])
        self.assertEqual((draft.state, draft.partner_id), ("draft", self.other_customer))
        self.assertFalse(draft.l10n_mx_cfdi40_relation_ids)
        self.assertFalse(draft.l10n_mx_cfdi40_replaces_id)
        self.assertEqual(draft.amount_total, move.amount_total)
        self.assertEqual(draft.l10n_mx_cfdi40_uso_id.code, "G03")
        row = self.document(move).cancellation_id
        self.assertEqual((row.motivo, row.state), ("02", "waiting"))
        self.run_cancellations()
        self.assertEqual((row.state, move.state, self.requests()), ("cancelled", "cancel", 1))
        draft.action_post()
        self.stamp(draft)
        self.assertEqual(self.related(self.document(draft)), [])
        self.assertEqual(self.document(draft).receiver_rfc, "XIA190128J61")

    def test_that_should_not_be_there(self):
        for change, motivo in (("never", "03"), ("twice", "02")):
            move = self.needing()
            window = self.ask(move, change)
            action = window.action_confirm()
            self.assertEqual(action["res_model"], "l10n_mx_cfdi40.cancel.wizard")
            self.assertEqual(self.env[action["res_model"]].browse(action["res_id"]).motivo, motivo)
            self.assertUntouched(move)

    def test_what_is_under_way_already(self):
        move = self.needing()
        with self.later(WEEK_LATER):
            self.order(move, "03")
            window = self.ask(move, "use")
            self.assertFalse(window.kind)
            self.assertIn("under way", window.answer)
            self.assertEqual(self.ask(move, "mail").kind, "send", "sending it again harms nobody")
        other = self.needing()
        with self.later(WEEK_LATER):
            self.replace(other)
            window = self.ask(other, "use")
            self.assertFalse(window.kind)
            self.assertIn("replaces it already", window.answer)

    def test_invoices_without_a_cfdi_in_force(self):
        unstamped = self.ppd(stamp=False)
        with self.assertRaisesRegex(UserError, "not stamped yet"):
            unstamped.action_l10n_mx_cfdi40_change()
        cancelled = self.small()
        self.order(cancelled, "03")
        with self.assertRaisesRegex(UserError, "is cancelled"):
            cancelled.action_l10n_mx_cfdi40_change()
        window = self.ask(self.needing() | unstamped, "use")
        self.assertEqual(window.count, 1)
        self.assertIn(unstamped.name, window.left_out)

    def test_who_may_ask(self):
        move = self.needing()
        window = self.ask(move, "use")
        with self.assertRaises(AccessError):
            move.with_user(self.auditor).action_l10n_mx_cfdi40_change()
        other = new_test_user(
            self.env(su=True), login="otra", password="otra-otra-otra", groups="account.group_account_invoice",
            company_id=self.company.id, company_ids=[(6, 0, self.company.ids)])
        with self.assertRaises(AccessError):
            window.with_user(other).read(["answer"])

    def test_plan_on_the_invoice(self):
        """The auditor sees it too; an invoice without a substitution has none."""
        move = self.needing()
        self.assertFalse(move.l10n_mx_cfdi40_plan)
        move._l10n_mx_cfdi40_correct()
        move.invalidate_recordset()
        self.assertIn("Stamp the new invoice", move.with_user(self.auditor).l10n_mx_cfdi40_plan)
