"""Correct and replace invoices that were paid: the whole way, each step when the SAT has answered the one before."""
from unittest.mock import patch

from odoo.tests import tagged

from .cancel_common import WEEK_LATER
from .substitution_common import SubstitutionCommon


@tagged("post_install_l10n", "post_install", "-at_install")
class TestPaidSubstitution(SubstitutionCommon):
    """Invoices with payments, and complements that the customer has to accept the end of."""

    def test_one_complement(self):
        old, [payment], [complement] = self.paid(5800)
        before = self.posted_lines(old)
        with self.later(WEEK_LATER):
            draft = old._l10n_mx_cfdi40_correct()
            self.assertEqual(self.steps(draft), ["person", "coming", "coming", "coming", "coming", "coming"])
            draft.action_post()
            self.stamp(draft)
            self.assertEqual(old.payment_state, "paid", "nothing moves inside of stamping")
            self.run_cancellations()
            self.assertEqual((old.payment_state, draft.payment_state), ("blocked", "paid"))
            renewed = self.successor(complement)
            self.assertEqual(self.related(renewed), [("04", complement.uuid)])
            self.assertEqual(self.doctos(self.pagos(renewed)), [
                (draft.l10n_mx_cfdi40_uuid, 1, "5800.00", "5800.00", "0.00")])
            self.assertEqual((complement.state, self.document(old).state), ("cancel_requested", "stamped"))
            self.assertEqual(self.steps(draft), ["done", "done", "done", "sat", "coming", "coming"])
            self.assertEqual(self.receipt(payment).document_id, renewed)
            self.assertBoardIsClean()
            self.assertEqual(self.posted_lines(old), before)
            self.accept(complement)
            self.assertEqual(complement.cancellation_id.substitute_uuid, renewed.uuid)
            self.assertEqual(self.document(old).state, "cancel_requested")
            self.assertEqual(self.posted_lines(old), before)
            self.accept(self.document(old))
        self.assertReplaced(old, draft)
        self.assertEqual(self.requests(), 2)
        self.assertEqual((self.live(old), self.live(draft)), ([], [(1, 5800, 0)]))
        self.assertEqual((draft.amount_residual, draft.payment_state), (0, "paid"))
        self.assertEqual(payment.reconciled_invoice_ids, draft)
        self.assertBoardIsClean()

    def test_two_payments(self):
        old, payments, complements = self.paid(2000, 1800)
        with self.later(WEEK_LATER):
            new = self.replace(old)
            self.run_cancellations()
            self.assertEqual(self.live(new), [(1, 2000, 3800), (2, 1800, 2000)])
            self.assertEqual([self.receipt(one).document_id for one in payments],
                             [self.successor(one) for one in complements])
            self.accept(complements[1])
            self.assertEqual(self.document(old).state, "stamped", "the other complement is in force")
            self.assertEqual(self.steps(new), ["done", "done", "done", "sat", "done", "done", "coming", "coming"])
            self.accept(complements[0])
            self.accept(self.document(old))
        self.assertReplaced(old, new)
        self.assertEqual(self.requests(), 3)
        self.assertEqual((new.amount_residual, new.payment_state), (2000, "partial"))
        self.assertBoardIsClean()
        # The next payment goes on from there.
        with self.later(WEEK_LATER):
            payment = self.register(new, 2000, date="2026-03-19")
        self.run_complements("2026-03-19 18:45:00")
        self.assertEqual(self.live(new)[2], (3, 2000, 0))
        self.assertEqual(self.receipt(payment).state, "issued")

    def test_complement_shared_with_another_invoice(self):
        """The other invoice keeps its instalment and balances, though a later complement goes on from them."""
        old, other = self.ppd(5000), self.ppd(1000)
        shared = self.complement(self.bank_line(6000, applied={old: 5800, other: 200}))[0]
        later = self.register(other, 100)
        second = self.complement(later)[0]
        self.assertEqual(self.live(other), [(1, 200, 960), (2, 100, 860)])
        with self.later(WEEK_LATER):
            new = self.replace(old)
            self.run_cancellations()
            self.assertEqual((self.live(new), self.live(other)), ([(1, 5800, 0)], [(1, 200, 960), (2, 100, 860)]))
            self.accept(shared)
            self.accept(self.document(old))
        self.assertReplaced(old, new)
        self.assertEqual(second.state, "stamped")
        self.assertEqual((other.state, other.amount_residual), ("posted", 860))
        self.assertBoardIsClean()

    def test_two_complements_of_the_same_two_invoices(self):
        """Each is issued anew in its turn, though the other one lacks its payment meanwhile."""
        old, other = self.ppd(5000), self.ppd(1000)
        lines = [self.bank_line(1100, applied={old: 1000, other: 100}) for _number in range(2)]
        complements = [self.complement(line)[0] for line in lines]
        with self.later(WEEK_LATER):
            new = self.replace(old)
            self.run_cancellations()
            self.assertFalse(self.document(old).cancellation_id.way_reason)
            self.assertEqual(self.live(new), [(1, 1000, 4800), (2, 1000, 3800)])
            self.assertEqual(self.live(other), [(1, 100, 1060), (2, 100, 960)])
            for one in complements:
                self.accept(one)
            self.accept(self.document(old))
        self.assertReplaced(old, new)
        self.assertBoardIsClean()

    def test_both_invoices_of_a_complement(self):
        one, other = self.ppd(5000), self.ppd(1000)
        first = self.complement(self.register(one | other))[0]
        with self.later(WEEK_LATER):
            new = [self.replace(one), self.replace(other)]
            self.run_cancellations()
            for _round in range(3):
                for document in (first, *first.replacement_ids, self.document(one), self.document(other)):
                    if document.state == "cancel_requested":
                        self.accept(document)
        for old, substitute in zip((one, other), new, strict=True):
            self.assertReplaced(old, substitute)
        self.assertEqual((self.live(new[0]), self.live(new[1])), ([(1, 5800, 0)], [(1, 1160, 0)]))
        self.assertBoardIsClean()

    def test_bank_line(self):
        old = self.ppd(5000)
        line = self.bank_line(5800, old)
        complement = self.complement(line)[0]
        with self.later(WEEK_LATER):
            new = self.replace(old)
            self.run_cancellations()
            self.accept(complement)
            self.accept(self.document(old))
        self.assertReplaced(old, new)
        self.assertEqual((self.live(new), new.payment_state), ([(1, 5800, 0)], "paid"))
        self.assertBoardIsClean()

    def test_foreign_currency(self):
        """An invoice in dollars, paid in pesos at another rate: the difference of exchange is made anew."""
        self.rates((self.usd, "2026-03-11", 20), (self.usd, "2026-03-13", 18), (self.usd, "2026-03-19", 19))
        old = self.ppd(1000, currency_id=self.usd.id)
        with self.later("2026-03-16 18:00:00"):
            payment = self.register(old, 1160 * 18, date="2026-03-16", currency=self.env.ref("base.MXN"))
        self.assertEqual(old.amount_residual, 0)
        self.run_complements("2026-03-16 18:45:00")
        complement = self.receipt(payment).document_id
        self.assertEqual(self.live(old), [(1, 1160, 0)])
        with self.later(WEEK_LATER):
            new = self.replace(old)
            self.run_cancellations()
            self.assertEqual((new.amount_residual, self.live(new)), (0, [(1, 1160, 0)]))
            self.accept(complement)
            self.accept(self.document(old))
        self.assertReplaced(old, new)
        money = self.receivable(new) + self.receivable(payment.move_id)
        self.assertEqual((money.mapped("amount_residual"), new.payment_state), ([0, 0], "paid"))
        self.assertBoardIsClean()

    def test_paid_before_its_complement_was_issued(self):
        """The payment owes its complement for the new invoice, and nothing is left of the old one."""
        old = self.ppd(5000)
        payment = self.register(old)
        new = self.replace(old)
        self.run_cancellations()
        self.assertReplaced(old, new)
        document = self.complement(payment)[0]
        self.assertEqual(self.related(document), [])
        self.assertEqual(self.live(new), [(1, 5800, 0)])

    def test_pue(self):
        """A paid invoice without complements: its payment goes over, and it is cancelled."""
        old = self.needing()
        self.register(old)
        with self.later(WEEK_LATER):
            new = self.replace(old)
            self.run_cancellations()
            self.assertEqual((old.payment_state, new.payment_state), ("blocked", "paid"))
            self.assertEqual(self.steps(new), ["done", "done", "sat", "coming"])
            self.accept(self.document(old))
        self.assertReplaced(old, new)
        self.assertFalse(self.receipts.sudo().search([]))

    def test_from_ppd_to_pue(self):
        """The new invoice owes no complement: the old one is cancelled, and nothing takes its place."""
        old, [payment], [complement] = self.paid(5800)
        with self.later(WEEK_LATER):
            new = self.replace(
                old, l10n_mx_cfdi40_metodo_pago="PUE", l10n_mx_cfdi40_forma_pago_id=self.forma.id)
            self.run_cancellations()
            self.assertEqual((complement.state, complement.cancellation_id.motivo), ("cancel_requested", "02"))
            self.accept(complement)
            self.accept(self.document(old))
        self.assertReplaced(old, new)
        self.assertFalse(self.receipt(payment))
        self.assertEqual(self.requests(), 2)

    def test_from_pue_to_ppd(self):
        """The payment owes a complement by now."""
        old = self.needing()
        payment = self.register(old)
        new = self.replace(
            old, l10n_mx_cfdi40_metodo_pago="PPD", l10n_mx_cfdi40_forma_pago_id=self.key("c_FormaPago", "99").id)
        self.run_cancellations()
        self.assertReplaced(old, new)
        self.complement(payment)
        self.assertEqual(self.live(new), [(1, 5800, 0)])

    def test_a_substitute_that_is_given_up(self):
        """Nothing is cancelled in exchange for what was cancelled itself; the old complement is the payment's again."""
        old, [payment], [complement] = self.paid(5800)
        with self.later(WEEK_LATER):
            new = self.replace(old)
            self.run_cancellations()
            self.reject(complement)
            renewed = self.successor(complement)
            # It waits for its complement, and the old one no longer waits for it.
            row = self.order(new, "02")
            self.assertEqual(row.state, "waiting")
            self.order(renewed, "02")
            self.assertIn(self.document(new).display_name, self.document(old).cancellation_id._hindrance())
            self.accept(renewed)
            self.assertEqual(self.receipt(payment).document_id, complement)
            self.assertEqual(len(complement.replacement_ids), 1)
        self.assertEqual((self.document(new).state, new.state), ("cancelled", "cancel"))
        self.assertEqual(self.document(old).cancellation_id.state, "withdrawn")
        self.assertEqual((self.document(old).state, old.payment_state), ("stamped", "not_paid"))
        self.assertEqual((self.live(old), self.live(new)), ([(1, 5800, 0)], []))
        # Its payment is free: put on the old invoice, all is as it was.
        self.assertEqual(self.receipt(payment).state, "unbacked")
        (self.receivable(old) + self.receivable(payment.move_id)).reconcile()
        self.assertEqual(self.receipt(payment).state, "issued")
        self.assertBoardIsClean()

    def test_the_customer_rejects_the_end_of_the_complement(self):
        old, _payments, [complement] = self.paid(5800)
        before = self.posted_lines(old)
        with self.later(WEEK_LATER):
            new = self.replace(old)
            self.run_cancellations()
            self.reject(complement)
            self.assertEqual(complement.state, "cancel_rejected")
            self.assertEqual(self.steps(new), ["done", "done", "done", "person", "coming", "coming"])
            self.assertIn(complement.display_name, self.document(old).cancellation_id.reason)
            self.assertEqual(self.document(old).state, "stamped")
        with self.later("2026-03-27 18:00:00"):
            for _round in range(2):
                self.run_cancellations()
            self.assertEqual((len(complement.replacement_ids), self.requests()), (1, 1), "no circles")
            self.assertEqual(self.posted_lines(old), before)
            # Talked to, the customer accepts the second request.
            self.order(complement, "01", substitute=self.successor(complement))
            self.assertEqual(self.steps(new), ["done", "done", "done", "sat", "coming", "coming"])
            self.accept(complement)
            self.accept(self.document(old))
        self.assertEqual((self.document(old).state, old.state), ("cancelled", "cancel"))
        self.assertEqual(self.live(new), [(1, 5800, 0)])
        self.assertEqual(set(self.steps(new)), {"done"})
        self.assertBoardIsClean()

    def test_what_keeps_a_complement_from_being_issued_is_said(self):
        old, _payments, [complement] = self.paid(5800)
        with self.later(WEEK_LATER):
            new = self.replace(old)
            self.customer.sudo().l10n_mx_cfdi40_regimen_id = False
            self.run_cancellations()
            row = self.document(old).cancellation_id
            self.assertFalse(complement.replacement_ids)
            self.assertIn("égimen", row.reason)
            self.assertIn(complement.uuid, row.reason)
            self.assertEqual(self.steps(new)[4], "person")
            self.customer.sudo().l10n_mx_cfdi40_regimen_id = self.key("c_RegimenFiscal", "601")
            row._wake()
            self.run_cancellations()
            self.assertFalse(row.way_reason)
            self.accept(complement)
            self.accept(self.document(old))
        self.assertReplaced(old, new)

    def test_refused_by_the_pac(self):
        """The payment keeps the old complement, which is issued anew when that is tried again."""
        old, [payment], [complement] = self.paid(5800)
        with self.later(WEEK_LATER):
            new = self.replace(old)
            self.fault("refuse", code="CFDI40145", message="El nombre no corresponde")
            self.run_cancellations()
            row = self.document(old).cancellation_id
            self.assertIn("El nombre no corresponde", row.reason)
            self.assertEqual(self.receipt(payment).document_id, complement)
            self.assertEqual((self.steps(new)[2], self.steps(new)[4]), ("coming", "person"))
            self.assertEqual(self.requests(), 0)
            row._wake()
            self.run_cancellations()
            [renewed] = complement.replacement_ids.filtered(lambda one: one.state == "stamped")
            self.assertEqual((self.receipt(payment).document_id, row.way_reason), (renewed, False))
            self.accept(complement)
            self.accept(self.document(old))
        self.assertReplaced(old, new)
        self.assertBoardIsClean()

    def test_credit_note_of_the_old_invoice(self):
        """What else depends on it waits for a person, and the plan says so."""
        old = self.ppd(5000)
        note = self.refund(old, post=False)
        note.invoice_line_ids.price_unit = 500
        note.action_post()
        note = note.with_user(self.biller)
        note.l10n_mx_cfdi40_forma_pago_id = self.forma
        self.stamp(note)
        with self.later(WEEK_LATER):
            new = self.replace(old)
            self.run_cancellations()
            self.assertEqual(self.steps(new), ["done", "person", "coming", "coming"])
            self.assertEqual(self.document(old).state, "stamped")
            self.order(note, "02")
            self.assertEqual(self.document(note).state, "cancelled", "an egreso needs no acceptance")
            self.assertEqual(self.document(old).state, "cancel_requested")
            self.accept(self.document(old))
        self.assertReplaced(old, new)

    def test_the_total_goes_down(self):
        """What is left of the payment is the customer's credit, and the complement says no more than what is owed."""
        old, [payment], [complement] = self.paid(5800)
        with self.later(WEEK_LATER):
            draft = old._l10n_mx_cfdi40_correct()
            draft.invoice_line_ids.price_unit = 4000
            draft.action_post()
            self.stamp(draft)
            self.run_cancellations()
            self.assertEqual(self.live(draft), [(1, 4640, 0)])
            self.accept(complement)
            self.accept(self.document(old))
        self.assertReplaced(old, draft)
        self.assertEqual(self.receivable(payment.move_id).amount_residual, -1160)
        self.assertBoardIsClean()

    def test_payment_without_an_entry(self):
        """As Odoo leaves it with a program for bank reconciliation: until then it is only linked to the invoice."""
        moves = type(self.env["account.move"])
        self.startPatcher(patch.object(moves, "_get_invoice_in_payment_state", lambda _self: "in_payment"))
        self.bank.sudo().inbound_payment_method_line_ids.payment_account_id = False
        old = self.needing()
        payment = self.register(old)
        self.assertEqual((old.payment_state, payment.move_id.ids), ("in_payment", []))
        with self.later(WEEK_LATER):
            new = self.replace(old)
            self.run_cancellations()
            self.assertEqual((payment.invoice_ids, new.payment_state), (new, "in_payment"))
            self.assertEqual(old.payment_state, "blocked")
            self.accept(self.document(old))
        self.assertReplaced(old, new)

    def test_closed_period(self):
        """The SAT has cancelled it, and a person reverses its entry, which stays as it was."""
        old = self.needing()
        self.register(old)
        before = self.posted_lines(old)
        with self.later("2026-04-08 18:00:00"):
            self.company.sudo().sale_lock_date = "2026-03-31"
            new = self.replace(old)
            self.run_cancellations()
            self.accept(self.document(old))
            self.assertEqual((self.document(old).state, self.posted_lines(old)), ("cancelled", before))
            self.assertEqual(self.steps(new), ["done", "done", "done", "person"])
            self.assertEqual(old.payment_state, "blocked", "nobody is to collect it")
            old.action_l10n_mx_cfdi40_reverse_entry()
            self.assertEqual(old.payment_state, "reversed")
            self.assertEqual(set(self.steps(new)), {"done"})
        self.assertEqual(self.posted_lines(old), before)
        self.assertEqual((new.amount_residual, new.payment_state), (0, "paid"))

    def test_credit_note_that_is_replaced(self):
        """What it takes off goes over with it, and is taken off once while both are in force."""
        move = self.ppd(5000)
        old = self.refund(move, post=False)
        old.invoice_line_ids.price_unit = 500
        old.action_post()
        old = old.with_user(self.biller)
        old.l10n_mx_cfdi40_forma_pago_id = self.forma
        self.stamp(old)
        self.assertEqual((move.amount_residual, move._l10n_mx_cfdi40_accounts()[move].saldo), (5220, 5220))
        draft = old._l10n_mx_cfdi40_correct()
        draft.invoice_line_ids.price_unit = 600
        draft.action_post()
        self.stamp(draft)
        self.assertEqual(self.related(self.document(draft)), [
            ("01", self.document(move).uuid), ("04", self.document(old).uuid)])
        row = self.document(old).cancellation_id
        self.assertEqual((row.state, move._l10n_mx_cfdi40_accounts()[move].saldo), ("waiting", 5104))
        self.run_cancellations()
        self.assertReplaced(old, draft)
        self.assertEqual((move.amount_residual, move._l10n_mx_cfdi40_accounts()[move].saldo), (5104, 5104))
