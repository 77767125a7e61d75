"""Cancellations in a browser, as who bills asks for them and as the accountant answers those of vendors.

Inside Odoo's test mode nothing may be committed, so the exactly-once protocol itself is not proven here. Whether the
customer has to accept is told to the embedded PAC, so that it does not depend on the day.
"""
from datetime import timedelta

from odoo import Command
from odoo.tests import tagged

from .received_common import VENDOR_RFC, Vendor
from .tour_common import Desktop, Phone, TourCommon


class CancelTours:
    """Stamped invoices of today, and what each tour needs besides."""

    def setUp(self):
        super().setUp()
        self.pac.set_policy(acceptance=False)
        self.addCleanup(self.pac.set_policy, acceptance=None)

    def run_crons(self):
        """What the crons do, as often as one step leads to the next."""
        for _round in range(4):
            self.env["l10n_mx_cfdi40.cancellation"].sudo()._cron_send()
            self.env["l10n_mx_cfdi40.document"].sudo()._cron_sat()

    def asked(self):
        """[(UUID, reason, UUID of the substitute)] of the requests that the SAT has, in their order."""
        return [(one.uuid, one.reason, one.substitute) for one in self.pac.requests()]

    def entry(self, move):
        """What an entry says, to prove that nobody touched it."""
        return move.state, move.name, move.date, [
            (line.id, line.account_id.id, line.balance, line.reconciled) for line in move.line_ids]

    # -- tours ---------------------------------------------------------------------------------------------------------

    def test_substitution(self):
        move = self.stamped(100)
        before, lines = self.asked(), self.entry(move)
        self.tour("l10n_mx_cfdi40_substitution", self.biller)
        [document] = move.l10n_mx_cfdi40_document_ids
        new = document.replacement_ids.move_id
        self.assertEqual((new.amount_total, new.l10n_mx_cfdi40_state), (174, "stamped"))
        self.assertEqual(new.l10n_mx_cfdi40_document_id.create_uid, self.biller)
        self.assertEqual(self.asked(), before, "nothing was asked of the SAT inside the stamping")
        self.assertEqual((self.entry(move), document.state), (lines, "stamped"))
        self.run_crons()
        self.assertEqual(self.asked()[len(before):], [(document.uuid, "01", new.l10n_mx_cfdi40_uuid)])
        self.assertEqual((document.state, move.state, new.state), ("cancelled", "cancel", "posted"))
        self.tour("l10n_mx_cfdi40_substituted", self.biller)

    def test_reason_03(self):
        move = self.stamped(100)
        before = self.asked()
        self.tour("l10n_mx_cfdi40_cancel_03", self.biller)
        document = move.l10n_mx_cfdi40_document_id
        self.assertEqual(self.asked()[len(before):], [(document.uuid, "03", None)])
        self.assertEqual((document.state, move.state), ("cancelled", "cancel"))
        self.assertEqual(document.cancellation_id.create_uid, self.biller)
        self.assertTrue(document.cancellation_id.acuse)

    def test_blocked(self):
        """Its complement is in force: the plan is shown, and goes by itself in its order."""
        move = self.stamped(1000, "PPD", invoice_date_due=self.today + timedelta(days=60))
        payment = self.env["account.payment.register"].with_user(self.biller).with_context(
            active_model="account.move", active_ids=move.ids).create({
                "payment_date": self.today, "journal_id": self.company_data["default_journal_bank"].id,
            })._create_payments()
        payment.move_id.sudo().l10n_mx_cfdi40_receipt_ids._issue()
        complement = move.l10n_mx_cfdi40_instalment_ids.document_id
        self.assertEqual((complement.kind, complement.state), ("P", "stamped"))
        before, lines = self.asked(), self.entry(move)
        self.tour("l10n_mx_cfdi40_cancel_blocked", self.biller)
        document = move.l10n_mx_cfdi40_document_id
        self.assertEqual(self.asked(), before, "the SAT would say “No cancelable”")
        self.assertEqual((self.entry(move), document.state, complement.state), (lines, "stamped", "stamped"))
        self.run_crons()
        self.assertEqual([uuid for uuid, *_reason in self.asked()[len(before):]], [complement.uuid, document.uuid])
        self.assertEqual((complement.state, document.state, move.state), ("cancelled", "cancelled", "cancel"))

    def test_received(self):
        """A vendor asks; the effect on the bill is shown, and the answer touches no entry."""
        self.pac.set_policy(acceptance=True)
        vendor = Vendor(self.pac)
        uuid, _xml = vendor.issue()
        supplier = self.env["res.partner"].create({
            "name": "Xenon Industrial Articles SA de CV", "is_company": True, "vat": VENDOR_RFC, "zip": "76343",
            "country_id": self.env.ref("base.mx").id})
        bill = self.env["account.move"].with_user(self.biller).create({
            "move_type": "in_invoice", "partner_id": supplier.id, "invoice_date": self.today, "date": self.today,
            "l10n_mx_cfdi40_bill_uuid": uuid, "ref": "V-1",
            "invoice_line_ids": [Command.create({"name": "Compra", "quantity": 1, "price_unit": 1160})]})
        bill.action_post()
        lines = self.entry(bill)
        vendor.cancel(uuid)
        self.tour("l10n_mx_cfdi40_received_accepted", self.accountant)
        request = self.env["l10n_mx_cfdi40.received.request"].search([("uuid", "=", uuid)])
        self.assertEqual((request.state, request.user_id, request.bill_id), ("accepted", self.accountant, bill))
        self.assertEqual(request.sat_state, "cancelado")
        self.assertEqual(self.entry(bill), lines, "accepting touches no entry")
        [found] = [one for one in self.pac.requests() if one.uuid == uuid]
        self.assertEqual(str(found.answer), "Aceptacion")


@tagged("post_install_l10n", "post_install", "-at_install")
class TestCancelTour(Desktop, CancelTours, TourCommon):
    pass


@tagged("post_install_l10n", "post_install", "-at_install")
class TestCancelTourPhone(Phone, CancelTours, TourCommon):
    pass
