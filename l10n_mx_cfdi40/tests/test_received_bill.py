"""The vendor's bill behind a cancellation: how it is found, what is said of it, and how it ends."""
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .received_common import ReceivedCommon

NOBODY = "11111111-2222-4333-8444-555555555555"


@tagged("post_install_l10n", "post_install", "-at_install")
class TestReceivedBill(ReceivedCommon):
    def asked_about(self, **vals):
        """(row that waits for our answer, its bill, posted and not paid)"""
        uuid, _xml = self.vendor.issue()
        bill = self.bill(uuid, **vals)
        self.vendor.cancel(uuid)
        self.ask()
        return self.row(uuid), bill

    def lock(self, day="2026-03-31"):
        self.company.sudo().fiscalyear_lock_date = day

    # -- the folio fiscal of a bill ------------------------------------------------------------------------------------

    def test_folio_fiscal_is_tidied_and_checked(self):
        bill = self.bill(f"  {NOBODY.lower()} \n", post=False)
        self.assertEqual(bill.l10n_mx_cfdi40_bill_uuid, NOBODY)
        bill.l10n_mx_cfdi40_bill_uuid = "   "
        self.assertFalse(bill.l10n_mx_cfdi40_bill_uuid)
        for wrong in ("F-123", NOBODY[:-1], NOBODY.replace("-", ""), NOBODY.replace("1", "G"), f"{NOBODY}0"):
            with self.subTest(wrong), self.assertRaises(ValidationError):
                bill.l10n_mx_cfdi40_bill_uuid = wrong
        bill.l10n_mx_cfdi40_bill_uuid = NOBODY
        self.assertFalse(bill.copy().l10n_mx_cfdi40_bill_uuid)

    def test_the_same_folio_fiscal_twice_is_warned_of(self):
        bill, other, free = self.bill(NOBODY), self.bill(NOBODY, net=5), self.bill()
        self.assertIn(other.name, bill.l10n_mx_cfdi40_bill_uuid_warning)
        self.assertIn(bill.name, other.l10n_mx_cfdi40_bill_uuid_warning)
        self.assertFalse(free.l10n_mx_cfdi40_bill_uuid_warning)
        other.button_cancel()
        bill.invalidate_recordset()
        self.assertFalse(bill.l10n_mx_cfdi40_bill_uuid_warning)

    # -- which bill ----------------------------------------------------------------------------------------------------

    def test_found_by_its_field_or_by_a_reference(self):
        for holder in (
            lambda uuid: {"l10n_mx_cfdi40_bill_uuid": uuid},
            lambda uuid: {"l10n_mx_cfdi40_bill_uuid": False, "ref": f"F-1 {uuid.lower()}"},
            lambda uuid: {"l10n_mx_cfdi40_bill_uuid": False, "payment_reference": uuid},
        ):
            uuid = self.vendor.asked()
            bill = self.bill(**holder(uuid))
            self.ask()
            row = self.row(uuid)
            self.assertEqual((row.bill_id, row.vendor_rfc, row.total), (bill, self.supplier.vat, 1160))
        self.assertEqual(len(self.Request.with_user(self.manager).search([]).bill_id), 3)

    def test_a_bill_that_changes_looks_for_no_request(self):
        """Else each change of any invoice would."""
        uuid = self.vendor.asked()
        bill = self.bill(l10n_mx_cfdi40_bill_uuid=uuid)
        self.ask()
        row = self.row(uuid)
        self.assertEqual((row.bill_state, row.bill_payment_state), (bill.state, bill.payment_state))
        for name in ("bill_state", "bill_payment_state"):
            depends = self.env.registry.field_depends[self.Request._fields[name]]
            self.assertFalse([path for path in depends if path.startswith("bill_id.")], name)

    def test_the_field_counts_more_than_what_a_reference_mentions(self):
        uuid = self.vendor.asked()
        self.bill(NOBODY, ref=f"En lugar de {uuid}")
        self.ask()
        self.assertFalse(self.row(uuid).bill_id)

    def test_the_posted_one_of_several(self):
        uuid = self.vendor.asked()
        draft, posted = self.bill(uuid, post=False), self.bill(uuid)
        self.ask()
        row = self.row(uuid)
        self.assertEqual((row.bill_id, row.bill_count), (posted, 2))
        self.assertIn("2 bills", row.effect_accept)
        self.assertTrue(draft)

    def test_customers_invoices_are_no_bills(self):
        uuid = self.vendor.asked()
        self.ready(ref=uuid)
        self.ask()
        self.assertFalse(self.row(uuid).bill_id)

    def test_queries_do_not_grow(self):
        def rows(count):
            found = self.Request.with_user(self.manager)
            for _one in range(count):
                found |= self.asked_about()[0]
            return found

        def queries(found):
            self.env.invalidate_all()
            found = found.with_env(found.env(su=False))
            before = self.env.cr.sql_log_count
            found.read(["vendor", "total", "effect_accept", "bill_vat_credited", "bill_is_closed"])
            return self.env.cr.sql_log_count - before

        few = rows(2)
        queries(few)
        count = queries(few)
        self.assertLessEqual(queries(few | rows(4)), count + 1)

    # -- what is said --------------------------------------------------------------------------------------------------

    def test_effect_without_a_bill(self):
        row = self.received()
        self.assertIn("No bill", row.effect_accept)
        self.assertIn("stays in force", row.effect_reject)
        self.assertIn("by itself", row.effect_silence)

    def test_effect_on_a_bill_that_is_not_paid(self):
        row, bill = self.asked_about()
        self.assertEqual((row.bill_vat, row.bill_vat_credited, row.bill_paid), (160, 0, 0))
        self.assertFalse(row.bill_is_closed)
        self.assertIn(bill.name, row.effect_accept)
        self.assertIn("not credited yet", row.effect_accept)
        self.assertNotIn("are paid", row.effect_accept)

    def test_effect_on_a_paid_bill(self):
        row, bill = self.asked_about()
        self.pay(bill)
        row.invalidate_recordset()
        self.assertEqual((row.bill_vat, row.bill_vat_credited, row.bill_paid), (160, 160, 1160))
        self.assertIn("was credited", row.effect_accept)
        self.assertIn("are paid", row.effect_accept)

    def test_effect_in_a_locked_period(self):
        row, _bill = self.asked_about()
        self.assertIn("is open", row.effect_accept)
        self.lock()
        row.invalidate_recordset()
        self.assertTrue(row.bill_is_closed)
        self.assertIn("locked", row.effect_accept)
        self.assertIn("today's date", row.effect_accept)

    def test_effect_on_a_draft_and_on_a_cancelled_bill(self):
        row, bill = self.asked_about(post=False)
        self.assertIn("draft", row.effect_accept)
        self.assertEqual(row.bill_vat_credited, 0)
        bill.button_cancel()
        row.invalidate_recordset()
        self.assertIn("already", row.effect_accept)

    def test_the_window_shows_it(self):
        row, bill = self.asked_about()
        wizard = self.wizard(row)
        self.assertEqual(wizard.effect, row.effect_accept)
        self.assertFalse(wizard.warning)
        wizard.answer = "reject"
        self.assertEqual(wizard.effect, row.effect_reject)
        both = self.wizard(row | self.received())
        self.assertIn(bill.name, both.effect)
        self.assertIn("1 of them", both.warning)

    def test_the_banner_of_the_bill_leads_to_the_answer(self):
        row, bill = self.asked_about()
        alert = bill.with_user(self.biller)._get_alerts()["l10n_mx_cfdi40"]
        self.assertEqual((alert["level"], alert["action"]["res_id"]), ("warning", row.id))
        self.assertNotIn("l10n_mx_cfdi40", self.bill(NOBODY)._get_alerts())

    # -- how it ends ---------------------------------------------------------------------------------------------------

    def test_bill_of_an_open_period_is_cancelled_by_its_button(self):
        row, bill = self.asked_about()
        with self.assertRaises(UserError):
            bill.action_l10n_mx_cfdi40_end_bill()
        self.answer(row)
        self.assertEqual(bill.state, "posted")
        alert = bill._get_alerts()["l10n_mx_cfdi40"]
        self.assertEqual(alert["action_call"][1], "action_l10n_mx_cfdi40_end_bill")
        self.assertIn("cancel its bill", bill.activity_ids.note)
        bill.action_l10n_mx_cfdi40_end_bill()
        self.assertEqual((bill.state, len(bill.activity_ids)), ("cancel", 0))
        self.assertNotIn("l10n_mx_cfdi40", bill._get_alerts())

    def test_bill_of_a_locked_period_is_reversed_with_todays_date(self):
        uuid, _xml = self.vendor.issue()
        bill = self.bill(uuid, invoice_date="2026-02-10", date="2026-02-10")
        self.vendor.cancel(uuid)
        self.ask()
        self.lock("2026-02-28")
        before = self.entry(bill)
        self.answer(self.row(uuid))
        self.assertIn("reverse", bill.activity_ids.note)
        self.assertEqual(self.entry(bill), before)
        reversal = self.env["account.move"].browse(
            bill.with_user(self.manager).action_l10n_mx_cfdi40_end_bill()["res_id"])
        self.assertEqual((reversal.move_type, str(reversal.date), reversal.amount_total, reversal.state),
                         ("in_refund", "2026-03-12", 1160, "posted"))
        self.assertEqual((bill.state, bill.payment_state, str(bill.date)), ("posted", "reversed", "2026-02-10"))
        self.assertFalse(bill.activity_ids)
        with self.assertRaises(UserError):
            bill.with_user(self.manager).action_l10n_mx_cfdi40_end_bill()

    def test_who_may_only_look_does_not_end_a_bill(self):
        row, bill = self.asked_about()
        self.answer(row)
        with self.assertRaises(AccessError):
            bill.with_user(self.auditor).action_l10n_mx_cfdi40_end_bill()

    def test_a_draft_bill_is_told_of_too(self):
        row, bill = self.asked_about(post=False)
        self.answer(row)
        self.assertIn("do not post", bill.activity_ids.note)

    def test_total_of_the_bill_is_not_that_of_the_cfdi(self):
        """The SAT does not find it: accepted, and nothing is done to a bill by guessing."""
        row, bill = self.asked_about(net=999)
        self.answer(row)
        self.assertEqual((row.state, row.sat_state), ("accepted", "no_encontrado"))
        self.assertFalse(bill.activity_ids)
        for day in range(13, 28):
            with self.later(f"2026-03-{day} 18:00:00"):
                self.run_answers()
        self.assertFalse(row.sat_next_at)
        self.assertIn("portal", "".join(row.message_ids.mapped("body")))

    def test_update_state(self):
        row, _bill = self.asked_about(net=999)
        with self.assertRaises(UserError):
            row.action_ask_sat()
        self.answer(row)
        row.bill_id.sudo().button_draft()
        row.bill_id.sudo().invoice_line_ids.price_unit = 1000
        row.with_user(self.biller).action_ask_sat()
        self.assertEqual(row.sat_state, "cancelado")
        with self.assertRaises(AccessError):
            row.with_user(self.auditor).action_ask_sat()
