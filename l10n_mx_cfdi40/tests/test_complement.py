"""Money meets a PPD invoice, and its complement makes itself: when, of what, and what undoes it."""
from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..models.receipt import deadline_of
from .complement_common import ComplementCommon


@tagged("post_install_l10n", "post_install", "-at_install")
class TestComplementDue(ComplementCommon):
    """Which money owes a complement."""

    def test_registered_payment(self):
        move = self.ppd()
        payment = self.register(move)
        receipt = self.receipt(payment)
        self.assertEqual(len(receipt), 1)
        self.assertEqual(
            (receipt.partner_id, receipt.amount, receipt.currency_id.name, receipt.state, str(receipt.deadline)),
            (self.customer, 1160, "MXN", "waiting", "2026-04-05"))
        self.assertEqual(str(receipt.issue_at), "2026-03-12 18:30:00", "after the grace time")
        self.assertEqual(self.stamps(), 1, "nothing but the invoice is stamped by reconciling")
        self.run_complements("2026-03-12 18:29:00")
        self.assertEqual(receipt.state, "waiting", "the grace time is not over")
        document, pagos = self.complement(payment)
        self.assertEqual(self.doctos(pagos), [(move.l10n_mx_cfdi40_uuid, 1, "1160.00", "1160.00", "0.00")])
        [pago] = pagos.pago
        self.assertEqual(
            (str(pago.monto), pago.moneda_p, pago.forma_de_pago_p, pago.fecha_pago.isoformat()),
            ("1160.00", "MXN", "03", "2026-03-12T12:00:00"))
        self.assertEqual(str(pagos.totales.monto_total_pagos), "1160.00")
        self.assertEqual(document.serie, "P")
        self.assertEqual(document.attachment_id.res_model, "account.payment")

    def test_bank_line_without_payment(self):
        move = self.ppd()
        line = self.bank_line(500, move)
        _document, pagos = self.complement(line)
        self.assertEqual(self.doctos(pagos), [(move.l10n_mx_cfdi40_uuid, 1, "1160.00", "500.00", "660.00")])

    def test_outstanding_credit(self):
        move = self.ppd()
        payment = self.env["account.payment"].create({
            "payment_type": "inbound", "partner_type": "customer", "partner_id": self.customer.id, "amount": 700,
            "date": "2026-03-10", "journal_id": self.bank.id})
        payment.action_post()
        self.assertFalse(self.receipt(payment))
        credit = payment.move_id.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
        move.js_assign_outstanding_line(credit.id)
        _document, pagos = self.complement(payment)
        self.assertEqual(str(pagos.pago[0].monto), "700.00")
        self.assertEqual(pagos.pago[0].fecha_pago.isoformat(), "2026-03-10T12:00:00")

    def test_entry_made_by_hand(self):
        for journal in (self.bank, self.company_data["default_journal_misc"]):
            with self.subTest(journal.type):
                self._entry_made_by_hand(journal)

    def _entry_made_by_hand(self, journal):
        move = self.ppd()
        receivable = move.sudo().line_ids.filtered(lambda line: line.account_type == "asset_receivable")
        entry = self.env["account.move"].sudo().create({
            "move_type": "entry", "journal_id": journal.id, "date": "2026-03-12", "line_ids": [
                Command.create({"account_id": self.bank.default_account_id.id, "debit": 1160}),
                Command.create({
                    "account_id": receivable.account_id.id, "credit": 1160, "partner_id": self.customer.id}),
            ]})
        entry.action_post()
        (receivable + entry.line_ids[1]).reconcile()
        [receipt] = entry.l10n_mx_cfdi40_receipt_ids
        # Of a bank's journal the form is known; of another one it is asked for.
        self.assertEqual(bool(receipt.forma_pago_id), journal == self.bank)
        receipt.forma_pago_id = self.forma
        self.run_complements()
        self.assertEqual((receipt.state, receipt.amount), ("issued", 1160))

    def test_one_payment_of_three_invoices(self):
        moves = self.ppd(1000) | self.ppd(2000) | self.ppd(3000)
        payment = self.register(moves, 5000)
        self.assertEqual(len(self.receipt(payment)), 1)
        _document, pagos = self.complement(payment)
        self.assertEqual([docto[2:] for docto in self.doctos(pagos)], [
            ("1160.00", "1160.00", "0.00"), ("2320.00", "2320.00", "0.00"), ("3480.00", "1520.00", "1960.00")])
        self.assertEqual(str(pagos.pago[0].monto), "5000.00")

    def test_several_payments_of_one_invoice(self):
        move = self.ppd()
        first, second = self.register(move, 160), self.register(move, 1000, date="2026-03-11")
        _document, pagos = self.complement(second)
        self.assertEqual(self.doctos(pagos)[0][1:], (1, "1160.00", "1000.00", "160.00"))
        pagos = self.pagos(self.receipt(first).document_id)
        self.assertEqual(self.doctos(pagos)[0][1:], (2, "160.00", "160.00", "0.00"))

    def test_nothing_is_owed_by_pue_or_a_credit_note(self):
        pue = self.ppd(l10n_mx_cfdi40_metodo_pago="PUE", l10n_mx_cfdi40_forma_pago_id=self.forma.id)
        self.assertFalse(self.receipt(self.register(pue)))
        move = self.ppd()
        self.refund(move)
        self.assertEqual(move.payment_state, "reversed")
        self.assertFalse(self.receipts.search([]))

    def test_a_payment_of_pue_and_ppd_says_the_ppd_part(self):
        pue = self.ppd(500, l10n_mx_cfdi40_metodo_pago="PUE", l10n_mx_cfdi40_forma_pago_id=self.forma.id)
        ppd = self.ppd()
        _document, pagos = self.complement(self.register(pue | ppd))
        self.assertEqual(str(pagos.pago[0].monto), "1160.00")

    def test_two_receptors_two_complements(self):
        mine, other = self.ppd(), self.ppd(2000, partner_id=self.other_customer.id)
        line = self.bank_line(3480, applied={mine: 1160, other: 2320})
        receipts = self.receipt(line)
        self.assertEqual({receipt.partner_id for receipt in receipts}, {self.customer, self.other_customer})
        self.run_complements()
        for receipt in receipts:
            pagos = self.pagos(receipt.document_id)
            self.assertEqual(float(pagos.pago[0].monto), receipt.amount)
            self.assertEqual(receipt.document_id.receiver_rfc, receipt.partner_id.vat)

    def test_partners_of_one_rfc_share_a_complement(self):
        branch = self.customer.sudo().copy({"name": "Sucursal Norte", "vat": self.customer.vat})
        moves = self.ppd(), self.ppd(2000, partner_id=branch.id)
        line = self.bank_line(3480, applied={moves[0]: 1160, moves[1]: 2320})
        self.assertEqual(len(self.receipt(line)), 1)
        _document, pagos = self.complement(line)
        self.assertEqual(len(self.doctos(pagos)), 2)

    def test_who_paid_does_not_matter(self):
        move = self.ppd()
        line = self.bank_line(1160, partner_id=self.other_customer.id)
        self.match(line, move, 1160)
        document, _pagos = self.complement(line)
        self.assertEqual(document.receiver_rfc, "URE180429TM6")

    def test_receptor_of_today(self):
        move = self.ppd()
        self.customer.sudo().write({"zip": "86990", "name": "Robótica Española, S.A. de C.V."})
        document, _pagos = self.complement(self.register(move))
        self.assertIn(b'DomicilioFiscalReceptor="86990"', document._stamped_bytes())
        self.assertEqual(document.receiver_name, "ROBOTICA ESPAÑOLA")


@tagged("post_install_l10n", "post_install", "-at_install")
class TestComplementUndo(ComplementCommon):
    """What undoing a reconciliation does, before and after the complement."""

    def test_within_the_grace_it_leaves_no_trace(self):
        move = self.ppd()
        payment = self.register(move)
        self.unreconcile(move)
        self.assertFalse(self.receipt(payment))
        self.run_complements()
        self.assertEqual(self.stamps(), 1)

    def test_after_the_complement_it_is_marked_and_told(self):
        move = self.ppd()
        payment = self.register(move)
        document, _pagos = self.complement(payment)
        self.unreconcile(move)
        receipt = self.receipt(payment)
        self.assertEqual((receipt.state, document.state), ("unbacked", "stamped"), "never an automatic cancellation")
        [activity] = receipt.activity_ids
        self.assertIn(document.uuid, activity.note)
        self.assertIn("l10n_mx_cfdi40_receipt_%s" % receipt.id, move._get_alerts())
        lines = (move | payment.move_id).sudo().line_ids
        lines.filtered(lambda line: line.account_type == "asset_receivable").reconcile()
        self.assertEqual(receipt.state, "issued", "reconciled again: as it should be")
        self.assertFalse(receipt.activity_ids)
        self.assertEqual(len(self.receipt(payment)), 1)

    def test_payment_of_another_invoice_later(self):
        """What is left of a payment and covers another invoice after the complement: one more, of the rest."""
        first, second = self.ppd(), self.ppd(500)
        line = self.bank_line(1740, first, applied={first: 1160})
        self.complement(line)
        self.match(line, second, 580)
        self.assertEqual(sorted(self.receipt(line).mapped("state")), ["issued", "waiting"])
        self.run_complements()
        receipts = self.receipt(line).sorted("id")
        self.assertEqual(receipts.mapped("state"), ["issued", "issued"])
        pagos = self.pagos(receipts[1].document_id)
        self.assertEqual(str(pagos.pago[0].monto), "580.00")

    def test_sealed_and_never_sent_is_withdrawn(self):
        move = self.ppd()
        payment = self.register(move)
        self.fault("unreachable")
        self.run_complements()
        document = self.receipt(payment).document_id
        self.assertEqual(document.state, "sealed", "the PAC could not be reached")
        self.unreconcile(move)
        self.assertFalse(self.receipt(payment))
        self.assertEqual(document.state, "discarded")


@tagged("post_install_l10n", "post_install", "-at_install")
class TestComplementModes(ComplementCommon):
    """When the queue issues."""

    def mode(self, mode, grace=30):
        self.company.sudo().write({"l10n_mx_cfdi40_rep_mode": mode, "l10n_mx_cfdi40_rep_grace": grace})

    def test_without_grace(self):
        self.mode("grace", 0)
        receipt = self.receipt(self.register(self.ppd()))
        self.run_complements("2026-03-12 18:00:01")
        self.assertEqual(receipt.state, "issued")

    def test_nightly(self):
        self.mode("nightly")
        receipt = self.receipt(self.register(self.ppd()))
        self.assertEqual(str(receipt.issue_at), "2026-03-13 08:00:00")

    def test_by_hand(self):
        self.mode("manual")
        receipt = self.receipt(self.register(self.ppd()))
        self.assertFalse(receipt.issue_at)
        self.run_complements("2026-06-01 00:00:00")
        self.assertEqual(receipt.state, "waiting")

    def test_monthly(self):
        self.mode("monthly")
        moves = [self.ppd(), self.ppd(2000), self.ppd(partner_id=self.other_customer.id)]
        payments = [self.register(moves[0], 300), self.register(moves[0], 400, date="2026-03-11"),
                    self.register(moves[1]), self.register(moves[2])]
        receipts = self.receipt(*payments)
        self.assertEqual(set(map(str, receipts.mapped("issue_at"))), {"2026-04-01 08:00:00"})
        self.run_complements("2026-04-01 08:00:00")
        self.assertEqual(set(receipts.mapped("state")), {"issued"}, receipts.mapped("reason"))
        self.assertEqual(len(receipts.document_id), 2, "one for each customer")
        mine = self.receipt(payments[0]).document_id
        pagos = self.pagos(mine)
        self.assertEqual([str(pago.monto) for pago in pagos.pago], ["400.00", "300.00", "2320.00"])
        self.assertEqual([docto[1:] for docto in self.doctos(pagos)], [
            (1, "1160.00", "400.00", "760.00"), (2, "760.00", "300.00", "460.00"), (1, "2320.00", "2320.00", "0.00")])

    def test_a_promise_waits_for_its_day(self):
        self.mode("grace", 0)
        receipt = self.receipt(self.register(self.ppd(), date="2026-03-20"))
        self.assertEqual(str(receipt.issue_at), "2026-03-20 19:00:00")
        receipt.sudo().issue_at = "2026-03-12 18:00:00"
        self.run_complements()
        self.assertEqual(receipt.state, "blocked")
        self.assertIn("20/03/2026", receipt.reason)

    def test_deadline(self):
        move = self.ppd()
        for day, deadline in (("2026-01-31", "2026-02-05"), ("2026-12-01", "2027-01-05"), ("2028-02-29", "2028-03-05")):
            self.assertEqual(str(deadline_of(move.invoice_date.fromisoformat(day))), deadline)

    def test_what_is_missing_waits_and_is_said(self):
        move = self.ppd()
        self.customer.sudo().l10n_mx_cfdi40_regimen_id = False
        payment = self.register(move)
        self.run_complements()
        receipt = self.receipt(payment)
        self.assertEqual(receipt.state, "blocked")
        self.assertIn("régimen", receipt.reason)
        self.assertEqual(self.stamps(), 1, "nothing reached the PAC")
        self.customer.sudo().l10n_mx_cfdi40_regimen_id = self.key("c_RegimenFiscal", "601")
        self.run_complements("2026-03-12 20:00:00")
        self.assertEqual(receipt.state, "issued", "mended, it goes on by itself")

    def test_refused_by_the_pac(self):
        move = self.ppd()
        payment = self.register(move)
        self.fault("refuse", code="CFDI40102")
        self.run_complements()
        receipt = self.receipt(payment)
        self.assertEqual(receipt.state, "rejected")
        self.assertIn("CFDI40102", receipt.reason)
        refused = receipt.document_id
        self.pac.faults.clear()
        self.run_complements("2026-03-13 20:00:00")
        self.assertEqual(receipt.state, "rejected", "what a PAC refused is a person's")
        receipt.with_user(self.biller).action_issue()
        receipt.sudo()._enqueue()
        self.run_complements("2026-03-13 20:00:00")
        self.assertEqual(receipt.state, "issued")
        self.assertEqual(receipt.instalment_ids.filtered("live").mapped("num_parcialidad"), [1])
        again = receipt.document_id
        self.assertNotEqual(again, refused)
        self.assertEqual((again.serie, again.folio), (refused.serie, refused.folio), "no folio is left out")

    def test_before_the_invoice_is_stamped(self):
        move = self.ppd(stamp=False)
        payment = self.register(move, 500)
        receipt = self.receipt(payment)
        self.run_complements()
        self.assertEqual(receipt.state, "blocked")
        self.stamp(move)
        self.assertEqual(receipt.state, "waiting")
        self.run_complements("2026-03-12 19:00:00")
        self.assertEqual(receipt.state, "issued", receipt.reason)


@tagged("post_install_l10n", "post_install", "-at_install")
class TestComplementRights(ComplementCommon):
    def test_who_may(self):
        move = self.ppd()
        payment = self.register(move)
        receipt = self.receipt(payment).with_env(self.env)
        receipt.num_operacion = "12345"
        for vals in ({"amount": 1}, {"document_id": False}, {"is_unbacked": True}, {"money_move_id": False}):
            with self.assertRaises(AccessError):
                receipt.write(vals)
        with self.assertRaises(AccessError):
            receipt.unlink()
        self.assertEqual(receipt.with_user(self.auditor).num_operacion, "12345")
        with self.assertRaises(AccessError):
            receipt.with_user(self.auditor).num_operacion = "1"
        with self.assertRaises(AccessError):
            receipt.with_user(self.auditor).action_issue()
        self.complement(payment)
        with self.assertRaises(UserError):
            receipt.num_operacion = "54321"
        with self.assertRaises(UserError):
            receipt.instalment_ids.write({"pagado": 1})


