from unittest.mock import patch

from odoo import SUPERUSER_ID, Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, new_test_user, tagged

from .credit_common import CreditCommon


@tagged("post_install_l10n", "post_install", "-at_install")
class TestCreditBills(CreditCommon):
    """Packages come into force when their bill is paid, or their proof of payment goes to the PAC; warnings in time."""

    def bill(self, **vals):
        bill = self.env["account.move"].with_user(self.accountant).create({
            "move_type": "in_invoice", "partner_id": self.customer.id, "invoice_date": "2026-03-12",
            "ref": "PAC-77",
            "invoice_line_ids": [Command.create({"name": "Timbres", "quantity": 1, "price_unit": 1000})], **vals})
        bill.action_post()
        return bill

    def pay_bill(self, bill, user=None):
        return self.env["account.payment.register"].with_user(user or self.accountant).with_context(
            active_model="account.move", active_ids=bill.ids).create({})._create_payments()

    def test_paid_bill_activates(self):
        bill = self.bill()
        package = self.package(100, activate=False, bill_id=bill.id)
        self.assertEqual(package.state, "draft")
        self.pay_bill(bill)
        self.assertEqual(package.state, "active")
        self.assertEqual(self.account.credit_left, 100)

    def test_paid_by_somebody_who_manages_no_packages(self):
        bill = self.bill()
        package = self.package(100, activate=False, bill_id=bill.id)
        self.pay_bill(bill, self.biller)
        self.assertEqual(package.state, "active")

    def test_bill_of_a_package_was_paid_before(self):
        bill = self.bill()
        self.pay_bill(bill)
        self.assertEqual(self.package(100, activate=False, bill_id=bill.id).state, "active")
        late = self.package(50, activate=False)
        late.bill_id = bill
        self.assertEqual(late.state, "active")

    def test_paid_without_a_reconciliation(self):
        """The payment state may change without the hook: the cron looks."""
        bill = self.bill()
        package = self.package(100, activate=False, bill_id=bill.id)
        self.patch(self.env.registry["account.move"], "_invoice_paid_hook", lambda moves: None)
        self.pay_bill(bill)
        self.assertEqual(package.state, "draft")
        self.settle()
        self.assertEqual(package.state, "active")

    def test_partly_paid(self):
        bill = self.bill()
        package = self.package(100, activate=False, bill_id=bill.id)
        self.env["account.payment.register"].with_user(self.accountant).with_context(
            active_model="account.move", active_ids=bill.ids).create({"amount": 10})._create_payments()
        self.assertEqual(package.state, "draft")

    def test_only_vendor_bills(self):
        with self.assertRaises(UserError):
            self.package(100, activate=False, bill_id=self.ready().id)

    def test_only_bills_of_the_own_company(self):
        """The files of the bill are mailed to whoever is written as contact: not those of somebody else's bill."""
        # Who makes a company may work in it.
        other = self.env(user=SUPERUSER_ID)["res.company"].create({"name": "Otra"})
        self.env["account.chart.template"].sudo().with_company(other).try_loading("mx", company=other)
        journal = self.env["account.journal"].sudo().search([
            ("company_id", "=", other.id), ("type", "=", "purchase")], limit=1)
        bill = self.env["account.move"].sudo().with_company(other).create({
            "move_type": "in_invoice", "partner_id": self.customer.id, "invoice_date": "2026-03-12",
            "journal_id": journal.id})
        self.assertEqual(bill.company_id, other)
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            self.package(100, activate=False, bill_id=bill.id)
        package = self.package(100, activate=False)
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            package.bill_id = bill.id
        self.accountant.sudo().company_ids += other
        with self.assertRaisesRegex(UserError, "is not a bill of"), self.env.cr.savepoint():
            package.with_context(allowed_company_ids=(self.company + other).ids).bill_id = bill.id

    def test_bill_of_a_branch(self):
        """A branch may buy for its parent."""
        branch = self.env["res.company"].sudo().create({
            "name": "Sucursal", "parent_id": self.company.id, "country_id": self.company.country_id.id, "zip": "42501"})
        self.accountant.sudo().company_ids += branch
        bill = self.bill()
        bill.sudo().flush_recordset()
        self.env.cr.execute("UPDATE account_move SET company_id = %s WHERE id = %s", [branch.id, bill.id])
        self.env.invalidate_all()
        both = self.env["l10n_mx_cfdi40.credit.package"].with_user(self.accountant).with_context(
            allowed_company_ids=(self.company + branch).ids)
        self.assertTrue(both.create({"account_id": self.account.id, "quantity": 100, "bill_id": bill.id}))

    def test_closed_does_not_come_back(self):
        bill = self.bill()
        package = self.package(100, activate=False, bill_id=bill.id)
        package.action_activate()
        package.action_close()
        self.pay_bill(bill)
        self.settle()
        self.assertEqual(package.state, "closed")

    # -- proof of payment ----------------------------------------------------------------------------------------------

    def test_proof_is_mailed_once(self):
        self.account.write({
            "contact_email": "soporte@pac.example", "credit_needs_proof": True, "username": "facturacion@kemper.mx"})
        bill = self.bill()
        package = self.package(100, activate=False, bill_id=bill.id)
        self.assertTrue(package.needs_proof)
        bill.message_post(body="SPEI", attachments=[("comprobante.pdf", b"%PDF-1.4 proof")])
        payment = self.pay_bill(bill)
        self.assertEqual(package.state, "to_activate")
        self.assertFalse(self.mails(package))
        self.settle()
        mail = self.mails(package)
        self.assertEqual((mail.email_to, len(mail)), ("soporte@pac.example", 1))
        self.assertIn("PAC-77", mail.body_html)
        self.assertIn("facturacion@kemper.mx", mail.body_html)
        self.assertIn("EKU9003173C9", mail.subject)
        names = mail.attachment_ids.mapped("name")
        self.assertIn("comprobante.pdf", names)
        self.assertTrue(any(payment.name.replace("/", "_") in name for name in names), names)
        self.settle()
        self.assertEqual(len(self.mails(package)), 1)
        package.action_send_proof()
        self.assertEqual(len(self.mails(package)), 2)
        # Paid is not active: nothing of it is consumed.
        self.assertEqual(self.account.credit_left, 0)
        package.action_activate()
        self.assertEqual(self.account.credit_left, 100)
        with self.assertRaises(UserError):
            package.action_send_proof()

    def test_proof_is_in_spanish_if_it_is_there(self):
        """The PAC's people read it, whatever the language of the company's own record."""
        self.env["res.lang"]._activate_lang("es_MX")
        self.company.partner_id.lang = "en_US"
        package = self.package(100, activate=False)
        template = self.env.ref("l10n_mx_cfdi40.mail_template_credit_proof")
        self.assertEqual(template._render_lang(package.ids), {package.id: "es_MX"})

    def test_what_is_noted_by_itself_is_in_the_companys_language(self):
        self.env["res.lang"]._activate_lang("es_MX")
        self.company.partner_id.lang = "es_MX"
        self.account.write({"contact_email": "soporte@pac.example", "credit_needs_proof": True})
        package = self.package(100, activate=False, bill_id=self.bill().id)
        self.pay_bill(package.bill_id)
        seen = []
        with patch.object(type(package), "_send_proof", lambda one: seen.append(one.env.lang)):
            self.settle()
        self.assertEqual(seen, ["es_MX"])

    def test_proof_waits_for_an_address(self):
        self.account.credit_needs_proof = True
        bill = self.bill()
        package = self.package(100, activate=False, bill_id=bill.id)
        self.pay_bill(bill)
        with self.assertRaises(UserError):
            package.action_send_proof()
        self.settle()
        self.assertFalse(package.proof_at)
        self.account.contact_email = "soporte@pac.example"
        self.settle()
        self.assertTrue(package.proof_at)
        self.assertEqual(len(self.mails(package)), 1)

    # -- warnings ------------------------------------------------------------------------------------------------------

    def test_warned_once_for_each_crossing(self):
        self.account.write({"credit_warn_unit": "number", "credit_warn_at": 2, "credit_warn_days": 0})
        self.package(4)
        self.settle()
        self.assertFalse(self.activities())
        self.stamped(2)
        self.settle()
        self.assertEqual(len(self.activities()), 1)
        self.assertIn("2", self.activities().summary)
        mail = self.mails(self.account)
        self.assertEqual(len(mail), 1)
        self.assertIn(self.accountant.partner_id, mail.recipient_ids)
        self.stamped()
        self.settle()
        self.assertEqual((len(self.activities()), len(self.mails(self.account))), (1, 1))
        # To zero is another crossing, whose warning takes the place of the first.
        self.stamped()
        self.settle()
        self.assertEqual((len(self.activities()), len(self.mails(self.account))), (1, 2))
        # Above it again there is nothing to do, and the next crossing is news.
        self.package(3)
        self.settle()
        self.assertFalse(self.activities())
        self.stamped()
        self.settle()
        self.assertEqual((len(self.activities()), len(self.mails(self.account))), (1, 3))

    def test_percentage(self):
        self.account.write({"credit_warn_at": 50, "credit_warn_days": 0})
        self.package(4)
        self.stamped()
        self.settle()
        self.assertFalse(self.activities())
        self.stamped()
        self.settle()
        self.assertEqual(len(self.activities()), 1)

    def test_before_expiry(self):
        self.account.write({"credit_warn_at": 0, "credit_warn_days": 10})
        package = self.package(4, kind="other", expiry="2026-03-31")
        self.settle()
        self.assertFalse(self.activities())
        for day in ("2026-03-21 18:00:00", "2026-03-22 18:00:00"):
            with freeze_time(day):
                self.settle()
            self.assertEqual(len(self.activities()), 1)
        self.assertIn(package.display_name, self.activities().note)
        with freeze_time("2026-03-22 18:00:00"):
            package.expiry = "2026-04-01"
            self.settle()
        self.assertEqual(len(self.activities()), 2)

    def test_text_of_a_warning_is_no_markup(self):
        self.company.sudo().name = "Arena <Grava> & Cal"
        self.account.write({"credit_warn_at": 1, "credit_warn_unit": "number", "credit_warn_days": 0})
        self.package(1)
        self.settle()
        self.assertIn("Arena &lt;Grava&gt; &amp; Cal", self.activities().note)

    def test_each_is_warned_in_their_own_language(self):
        self.env["res.lang"].sudo()._activate_lang("es_MX")
        self.accountant.sudo().lang = "es_MX"
        self.company.partner_id.sudo().lang = "en_US"
        other = new_test_user(
            self.env(su=True), "otra", "l10n_mx_cfdi40.group_manager", lang="en_US", email="otra@example.com",
            company_id=self.company.id, company_ids=[(6, 0, self.company.ids)])
        self.account.write({"credit_warn_at": 0, "credit_warn_days": 30})
        self.package(4, kind="other", expiry="2026-03-31")
        self.settle()
        notes = {activity.user_id: activity.note for activity in self.env["mail.activity"].sudo().search(
            [("res_model", "=", self.account._name), ("res_id", "=", self.account.id)])}
        self.assertIn("Timbres del paquete", notes[self.accountant])
        self.assertIn("4 stamps of the package", notes[other])
        bodies = {mail.recipient_ids: mail.body_html for mail in self.mails(self.account)}
        self.assertIn("Timbres del paquete", bodies[self.accountant.partner_id])
        self.assertTrue(any("4 stamps of the package" in body for people, body in bodies.items()
                            if other.partner_id in people))

    def test_no_warning_where_nothing_is_managed(self):
        self.stamped()
        self.settle()
        self.account.no_limit = True
        self.package(1)
        self.settle()
        self.assertFalse(self.activities())


@tagged("post_install_l10n", "post_install", "-at_install")
class TestCreditCancellations(CreditCommon):
    """A cancellation is consumed where the PAC charges it."""

    def cancel(self, move):
        row = self.env["l10n_mx_cfdi40.cancellation"].sudo()._order_for(self.document(move), "02")
        for _round in range(4):
            self.env["l10n_mx_cfdi40.cancellation"].sudo()._cron_send()
            self.env["l10n_mx_cfdi40.document"].sudo()._cron_sat()
        return row

    def test_charged(self):
        self.provider(charges_cancellation=True)
        package = self.package(5)
        [move] = self.stamped()
        row = self.cancel(move)
        self.assertEqual(row.state, "cancelled")
        use = self.uses.search([("cancellation_id", "=", row.id)])
        self.assertEqual((use.operation, use.account_id, use.kind), ("cancel", self.account, "I"))
        self.settle()
        self.assertEqual(package.used, 2)

    def test_not_charged(self):
        package = self.package(5)
        [move] = self.stamped()
        self.assertEqual(self.cancel(move).state, "cancelled")
        self.settle()
        self.assertEqual(package.used, 1)

    def test_lost_answer(self):
        """The SAT tells that the request arrived; it was charged all the same, once."""
        self.provider(charges_cancellation=True)
        package = self.package(5)
        [move] = self.stamped()
        self.fault("lost", operation="cancel")
        row = self.cancel(move)
        self.assertEqual(row.state, "in_doubt")
        with self.at("2026-03-12 19:00:00"):
            self.cancel(move)
        self.assertEqual(row.state, "cancelled")
        self.settle()
        self.assertEqual(package.used, 2)

    def test_asked_for_elsewhere(self):
        """What was cancelled in the SAT's portal cost nothing here."""
        self.provider(charges_cancellation=True)
        package = self.package(5)
        [move] = self.stamped()
        document = self.document(move)
        row = self.env["l10n_mx_cfdi40.cancellation"].sudo()._order_for(document, "02")
        row._close("cancelled", "cancel_confirm")
        self.settle()
        self.assertEqual((row.state, package.used), ("cancelled", 1))
