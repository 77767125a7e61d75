"""The window “Cancel CFDI” as the biller uses it: one, many, in exchange for a substitute, blocked, rejected."""
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged

from ..cfdi.cancelacion import leer_cancelacion
from .cancel_common import WEEK_LATER
from .cancel_wizard_common import WIZARD, CancelWizardCommon

#: The legal persons' last day for what was issued in 2026 is over.
TOO_LATE = "2027-04-15 18:00:00"


@tagged("post_install_l10n", "post_install", "-at_install")
class TestCancelWizard(CancelWizardCommon):
    def test_one_that_needs_no_acceptance(self):
        move = self.small()
        wizard = self.cancel(move)
        self.assertEqual((wizard.acceptance, wizard.answer_until), ("no", False))
        self.assertIn("No necesita aceptación", wizard.acceptance_text)
        self.assertTrue(wizard.sat_text)
        self.assertEqual(str(wizard.last_day), "2027-03-31")
        self.assertFalse(wizard.fine)
        self.assertEqual(self.requests(), 0, "nothing is sent by looking")
        self.assertEqual(wizard.problem, "Choose the reason.")
        wizard.motivo = "03"
        self.assertFalse(wizard.problem)
        wizard.action_confirm()
        self.assertEqual((wizard.done, wizard.state, move.state), (True, "cancelled", "cancel"))
        self.assertIn("The SAT has cancelled it", wizard.result)
        wizard.action_confirm()
        self.assertEqual(self.requests(), 1)
        self.assertEqual(wizard.action_close()["tag"], "soft_reload")

    def test_one_that_the_customer_has_to_accept(self):
        move = self.needing()
        with self.later(WEEK_LATER):
            wizard = self.cancel(move, "02")
            self.assertEqual((wizard.acceptance, str(wizard.answer_until)), ("yes", "2026-03-25 05:59:59"))
            wizard.action_confirm()
            self.assertEqual((wizard.state, move.state), ("cancel_requested", "posted"))
            self.assertIn("has to accept it until", wizard.result)
            again = self.cancel(move, "02")
            self.assertIn("requested already", again.problem)
            with self.assertRaisesRegex(UserError, "requested already"):
                again.action_confirm()
        self.assertEqual(self.requests(), 1)

    def test_on_the_screen(self):
        """The form lets choose the reason and shows what is wrong at once, without saving anything."""
        move = self.needing()
        substitute = self.document(self.substitute_of(move))
        wizard = self.cancel(self.small())
        with Form(wizard) as form:
            form.motivo = "01"
            self.assertIn("Reason 01 needs", form.problem)
            form.substitute_uuid = "5FB2822E"
            self.assertIn("is no UUID", form.problem)
            form.substitute_uuid = f" {substitute.uuid.lower()} "
            self.assertEqual(form.substitute_id, substitute)
            self.assertIn("not related to this CFDI with 04", form.problem)
            form.motivo = "02"
            self.assertFalse(form.problem)

    def test_several(self):
        moves = self.small() | self.small() | self.ready()
        wizard = self.cancel(moves)
        self.assertFalse(wizard.is_single)
        self.assertEqual(wizard.line_ids.document_id, moves[:2].l10n_mx_cfdi40_document_id, "only what is stamped")
        with Form(wizard) as form:
            form.motivo = "03"
        self.assertEqual((wizard.ready_count, wizard.problem_count), (2, 0))
        wizard.action_confirm()
        self.assertEqual(self.requests(), 0, "several go to the queue")
        self.assertEqual(set(wizard.line_ids.document_id.cancellation_id.mapped("state")), {"waiting"})
        self.run_cancellations()
        wizard.action_refresh()
        self.assertEqual(set(wizard.line_ids.mapped("state")), {"cancelled"})
        self.assertEqual(moves.mapped("state"), ["cancel", "cancel", "posted"])

    def test_several_leave_out_what_cannot_be_cancelled(self):
        first, second = self.needing(), self.needing()
        substitute = self.document(self.substitute_of(first))
        wizard = self.cancel(first | second, "01")
        self.assertEqual(wizard.line_ids.mapped("substitute_id"), substitute)
        self.assertEqual((wizard.ready_count, wizard.problem_count), (1, 1))
        wizard.action_confirm()
        self.run_cancellations()
        self.assertEqual(self.document(first).state, "cancelled")
        self.assertEqual(self.document(second).state, "stamped")

    def test_the_sat_is_asked_for_the_first_ones(self):
        moves = self.env["account.move"].union(*(self.small() for _number in range(7)))
        wizard = self.cancel(moves)
        self.assertEqual(wizard.unasked_count, 2)
        wizard.action_ask_sat()
        self.assertEqual(wizard.line_ids.mapped("sat_problem"), [False] * 7)
        self.assertEqual(wizard.unasked_count, 0)

    def test_the_sat_does_not_answer(self):
        """The window opens all the same, says so, and asks only once."""
        moves = self.small() | self.small()
        self.fault("timeout", operation="estado", times=5)
        wizard = self.cancel(moves)
        self.assertEqual(len([text for text in wizard.line_ids.mapped("sat_text") if "was not reached" in text]), 2)
        self.assertEqual(len([call for call in self.pac.calls() if call.operation == "estado"]), 1)
        self.pac.faults.clear()
        wizard.action_ask_sat()
        self.assertFalse(any(wizard.line_ids.mapped("sat_problem")))

    def test_late(self):
        move = self.needing()
        with self.later(TOO_LATE):
            wizard = self.cancel(move, "02")
            self.assertTrue(wizard.is_late)
            # 5,800: from 5 to 10 %.
            self.assertIn("290.00", wizard.fine)
            self.assertIn("580.00", wizard.fine)

    # -- reasons -------------------------------------------------------------------------------------------------------

    def test_in_exchange_for_a_known_substitute(self):
        move = self.needing()
        new = self.document(self.substitute_of(move))
        wizard = self.cancel(move)
        self.assertEqual((wizard.motivo, wizard.substitute_id), ("01", new), "it is proposed")
        wizard.action_confirm()
        row = self.document(move).cancellation_id
        [folio] = leer_cancelacion(row._request_bytes()).folios
        self.assertEqual((folio.motivo, folio.folio_sustitucion), ("01", new.uuid))
        self.assertEqual(self.document(move).state, "cancelled")

    def test_replaced_but_another_reason(self):
        move = self.needing()
        new = self.document(self.substitute_of(move))
        wizard = self.cancel(move, "02", substitute_id=False)
        self.assertIn(new.display_name, wizard.warning)
        self.assertTrue(wizard.suggests_01)
        wizard.action_use_01()
        self.assertEqual((wizard.motivo, wizard.substitute_id), ("01", new))
        self.assertFalse(wizard.warning)

    def test_only_global_invoices_have_reason_04(self):
        wizard = self.cancel(self.small(), "04")
        self.assertIn("no global invoice", wizard.warning)
        total = self.small(partner_id=self.public.id, l10n_mx_cfdi40_uso_id=self.key("c_UsoCFDI", "S01").id)
        self.assertTrue(total.l10n_mx_cfdi40_global)
        wizard = self.cancel(total, "04")
        self.assertFalse(wizard.warning)
        wizard.action_confirm()
        self.assertEqual(self.document(total).state, "cancelled")

    def test_correct_and_replace(self):
        move = self.needing()
        wizard = self.cancel(move, "01")
        self.assertTrue(wizard.can_correct)
        draft = self.env["account.move"].browse(wizard.action_correct()["res_id"])
        self.assertEqual((draft.state, draft.l10n_mx_cfdi40_replaces_id), ("draft", self.document(move)))
        draft.action_post()
        self.stamp(draft)
        self.run_cancellations()
        self.assertEqual(self.document(move).state, "cancelled")

    def test_replace_a_complement(self):
        _move, complement = self.paid_with_complement()
        wizard = self.opened(complement.action_cancel())
        wizard.motivo = "01"
        self.assertTrue(wizard.can_correct)
        self.assertEqual(wizard.action_correct()["res_model"], "l10n_mx_cfdi40.complement.wizard")

    # -- what goes first -----------------------------------------------------------------------------------------------

    def test_blocked(self):
        """An invoice, its credit note and its complement: what goes first is listed, and goes first by itself."""
        move, complement = self.paid_with_complement()
        wizard = self.cancel(move, "02")
        self.assertEqual(wizard.step_ids.document_id, complement)
        self.assertIn("reason 02", wizard.step_ids.text)
        self.assertEqual(wizard.step_ids.acceptance, "yes", "complements need it since 2026")
        self.assertEqual(wizard.orders_first_count, 1)
        wizard.cancel_first = True
        wizard.action_confirm()
        self.assertEqual(self.requests(), 0, "it cannot go before the complement")
        self.assertIn(complement.uuid, wizard.result)
        self.assertEqual(complement.cancellation_id.motivo, "02")
        with self.later("2026-03-12 19:00:00"):
            self.run_cancellations()
            self.assertEqual((complement.state, self.document(move).state), ("cancel_requested", "stamped"))
            self.pac.accept(complement.uuid)
            self.ask_sat(complement.sudo())
            self.run_cancellations()
        self.assertEqual((complement.state, self.document(move).state), ("cancelled", "cancelled"))

    def test_blocked_without_the_tick(self):
        move, complement = self.paid_with_complement()
        wizard = self.cancel(move, "02")
        wizard.action_confirm()
        self.run_cancellations()
        self.assertEqual((complement.state, self.requests()), ("stamped", 0))
        self.assertEqual(self.document(move).cancellation_id.state, "waiting")

    def test_in_their_order(self):
        """The complement of a credit note's invoice … : what blocks a blocker goes before it."""
        move, complement = self.paid_with_complement()
        related = self.document(self.substitute_of(move, code="02"))
        second = self.document(self.substitute_of(related.move_id.with_user(self.biller), code="02"))
        plan = list(self.document(move)._cancel_plan())
        self.assertEqual(set(plan), {complement.sudo(), related, second})
        self.assertLess(plan.index(second), plan.index(related))

    def test_a_complement_that_is_replaced_with_its_invoice(self):
        move, complement = self.paid_with_complement()
        new = self.substitute_of(move, l10n_mx_cfdi40_metodo_pago="PPD", price=1000)
        wizard = self.cancel(move)
        self.assertEqual(wizard.motivo, "01")
        self.assertEqual(wizard.substitute_id, self.document(new))
        self.assertTrue(wizard.step_ids.is_by_itself)
        self.assertEqual(wizard.orders_first_count, 0)
        wizard.cancel_first = True
        wizard.action_confirm()
        self.assertFalse(complement.cancellation_id, "nobody asks to cancel it for nothing in exchange")

    # -- rejected ------------------------------------------------------------------------------------------------------

    def test_rejected_and_asked_again(self):
        move = self.rejected()
        wizard = self.cancel(move)
        self.assertTrue(wizard.is_rejected)
        self.assertEqual(wizard.rejected_motivo, "02")
        wizard.action_ask_again()
        self.assertEqual((wizard.done, wizard.state), (True, "cancel_requested"))
        self.assertIn("rejected before", wizard.result)
        self.assertEqual(self.requests(move), 2)
        with self.assertRaises(UserError):
            wizard.action_ask_again()
        self.assertEqual(self.requests(move), 2)

    def test_rejected_and_mailed(self):
        move = self.rejected()
        action = self.cancel(move).action_mail()
        context = action["context"]
        self.assertEqual((action["res_model"], context["default_res_ids"]), ("mail.compose.message", move.ids))
        self.assertEqual(context["default_partner_ids"], self.customer.ids)
        self.assertIn(move.l10n_mx_cfdi40_uuid, str(context["default_body"]))
        self.assertEqual(context["default_attachment_ids"], self.document(move).attachment_id.ids)
        with self.assertRaises(UserError):
            self.document(self.small()).with_env(self.env).action_mail_rejection()

    def test_rejected_and_the_substitute_cancelled(self):
        """Then the original is what is collected again."""
        move = self.needing()
        new = self.document(self.substitute_of(move))
        self.rejected("01", move=move, substitute=new)
        self.assertEqual((move.l10n_mx_cfdi40_is_substituted, move.payment_state), (True, "blocked"))
        wizard = self.cancel(move)
        self.assertEqual(wizard.other_id, new)
        self.assertIn(new.uuid, str(wizard.action_mail()["context"]["default_body"]))
        other = self.opened(wizard.action_cancel_substitute())
        self.assertEqual(other.document_id, new)
        other.motivo = "02"
        other.action_confirm()
        self.pac.accept(new.uuid)
        self.ask_sat(new)
        self.assertEqual((new.state, move.l10n_mx_cfdi40_is_substituted), ("cancelled", False))
        self.assertEqual(move.payment_state, "not_paid")

    def test_rejected_for_another_reason(self):
        move = self.rejected()
        wizard = self.cancel(move)
        wizard.action_other_reason()
        self.assertFalse(wizard.is_rejected)
        wizard.motivo = "03"
        wizard.action_confirm()
        self.assertEqual(self.document(move).cancellation_id.motivo, "03")

    # -- who -----------------------------------------------------------------------------------------------------------

    def test_who_may(self):
        move = self.small()
        document = self.document(move)
        stranger_company = self.env["res.company"].sudo().create({"name": "Otra"})
        stranger = new_test_user(
            self.env(su=True), "extraña", "account.group_account_invoice", company_id=stranger_company.id,
            company_ids=stranger_company.ids)
        wizard = self.cancel(move, "03")
        for user in (self.auditor, stranger):
            with self.subTest(user.login):
                shown = document.with_user(user)
                for method in (
                        shown.action_cancel, shown.action_mail_rejection, shown.action_withdraw_cancellation,
                        shown.action_ask_sat):
                    with self.assertRaises(AccessError):
                        method()
                with self.assertRaises(AccessError):
                    move.with_user(user).action_l10n_mx_cfdi40_cancel()
                with self.assertRaises(AccessError):
                    wizard.with_user(user).action_confirm()
                with self.assertRaises(AccessError):
                    self.env[WIZARD].with_user(user).create({"line_ids": [(0, 0, {"document_id": document.id})]})
                self.env.invalidate_all()
        self.assertFalse(document.cancellation_ids)

    def test_a_window_is_its_users_own(self):
        wizard = self.cancel(self.small(), "03")
        with self.assertRaises(AccessError):
            wizard.with_user(self.accountant).action_confirm()

    def test_withdraw(self):
        move, _complement = self.paid_with_complement()
        self.cancel(move, "02").action_confirm()
        document = self.document(move).with_env(self.env)
        self.assertTrue(document.can_withdraw)
        self.assertFalse(document.can_cancel)
        document.action_withdraw_cancellation()
        self.assertEqual((document.can_withdraw, document.can_cancel), (False, True))
