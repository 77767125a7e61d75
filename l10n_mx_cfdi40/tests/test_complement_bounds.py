"""The bounds of payment complements: who sees and does what, other companies and countries, and how much is read."""
from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .complement_common import ComplementCommon


@tagged("post_install_l10n", "post_install", "-at_install")
class TestComplementDoors(ComplementCommon):
    """What RPC leaves open."""

    def stranger(self):
        other = self.env["res.company"].sudo().create({"name": "Otra"})
        return new_test_user(
            self.env(su=True), "ajena", "account.group_account_manager", company_id=other.id, company_ids=other.ids)

    def test_another_company(self):
        payment = self.register(self.ppd())
        document, _pagos = self.complement(payment)
        waiting = self.receipt(self.register(self.ppd()))
        wizards = self.env["l10n_mx_cfdi40.complement.wizard"]
        mine = wizards.browse(waiting.with_env(self.env).action_open_wizard()["res_id"])
        stranger = self.stranger()
        theirs = wizards.with_user(stranger).create({})
        for vals in (
            {"payment_ids": [Command.create({"receipt_id": waiting.id})]},
            {"payment_id": mine.payment_id.id}, {"document_id": document.id}, {"replaces_id": document.id},
        ):
            with self.subTest(vals), self.assertRaises(AccessError), self.env.cr.savepoint():
                theirs.write(vals)
            self.env.invalidate_all()
        for record, method in (
            (waiting, "action_open_wizard"), (waiting, "action_issue"), (document, "action_replace"),
            (document, "action_send_complement"), (mine, "action_issue"), (mine, "action_refresh"),
            (payment, "action_l10n_mx_cfdi40_complement"),
        ):
            with self.subTest(method), self.assertRaises(AccessError), self.env.cr.savepoint():
                getattr(record.sudo(False).with_user(stranger), method)()
            self.env.invalidate_all()
        self.assertEqual(self.stamps(), 3)

    def test_users_without_accounting(self):
        payment = self.register(self.ppd())
        document, _pagos = self.complement(payment)
        receipt = self.receipt(self.register(self.ppd()))
        for groups in ("base.group_user", "base.group_portal"):
            user = new_test_user(self.env(su=True), groups, groups)
            for record, method in (
                (receipt, "action_issue"), (receipt, "action_open_wizard"), (document, "action_replace"),
                (self.env["l10n_mx_cfdi40.complement.wizard"], "action_open_empty"),
                (self.env["l10n_mx_cfdi40.complement.board"], "action_issue_all"),
            ):
                with self.subTest(groups, method=method), self.assertRaises(AccessError):
                    getattr(record.sudo(False).with_user(user), method)()
            for model in ("receipt", "instalment", "complement.board"):
                with self.subTest(groups, model=model), self.assertRaises(AccessError):
                    self.env[f"l10n_mx_cfdi40.{model}"].with_user(user).search_read([])

    def test_names_are_no_html(self):
        self.customer.sudo().name = "<b onclick='x'>Robótica</b> & Cía"
        move = self.ppd()
        payment = self.register(move)
        self.complement(payment)
        self.unreconcile(move)
        self.assertIn("&lt;b onclick", self.receipt(payment).activity_ids.note)


@tagged("post_install_l10n", "post_install", "-at_install")
class TestComplementSettings(ComplementCommon):
    def test_from_automatic_to_by_hand_and_back(self):
        receipt = self.receipt(self.register(self.ppd()))
        self.company.sudo().l10n_mx_cfdi40_rep_mode = "manual"
        self.run_complements()
        self.assertEqual((receipt.state, receipt.issue_at), ("waiting", False))
        self.company.sudo().l10n_mx_cfdi40_rep_mode = "nightly"
        self.assertEqual(str(receipt.issue_at), "2026-03-13 08:00:00")

    def test_what_was_refused_stays_with_a_person(self):
        receipt = self.receipt(self.register(self.ppd()))
        self.fault("refuse", code="CFDI40102")
        self.run_complements()
        self.company.sudo().l10n_mx_cfdi40_rep_mode = "nightly"
        self.assertFalse(receipt.issue_at)


@tagged("post_install_l10n", "post_install", "-at_install")
class TestComplementElsewhere(ComplementCommon):
    def test_invoice_of_a_branch_paid_at_its_parent(self):
        branch = self.env["res.company"].sudo().create({
            "name": "Sucursal Tijuana", "parent_id": self.company.id, "country_id": self.env.ref("base.mx").id,
            "zip": "22000"})
        # Odoo gives it its parent's chart of accounts at the end of the transaction.
        self.env.cr.precommit.run()
        self.biller.sudo().company_ids += branch
        self.become(self.biller)
        move = self.ppd(company_id=branch.id)
        self.assertEqual(move.company_id, branch)
        line = self.bank_line(1160)
        self.match(line, move, 1160)
        receipt = self.receipt(line)
        self.assertEqual(receipt.company_id, self.company)
        document, pagos = self.complement(line)
        self.assertEqual(self.doctos(pagos)[0][:2], (move.l10n_mx_cfdi40_uuid, 1))
        self.assertEqual(document.issuer_rfc, self.company._l10n_mx_cfdi40_fiscal_root()._l10n_mx_cfdi40_rfc())

    def test_another_country(self):
        """Nothing of ours is read or written where there is no CFDI."""
        self.company.sudo().account_fiscal_country_id = self.env.ref("base.us")
        move = self.invoice(self.line(1000), l10n_mx_cfdi40_metodo_pago="PPD").with_user(self.biller)
        payment = self.register(move)
        self.assertFalse(self.receipt(payment))
        self.assertFalse(move._l10n_mx_cfdi40_due_receipts())
        payment.sudo().action_draft()
        payment.sudo().action_post()
        self.unreconcile(move)
        self.assertFalse(self.receipts.search([]))


@tagged("post_install_l10n", "post_install", "-at_install")
class TestComplementQueries(ComplementCommon):
    def cold(self, work):
        """Queries of some work with nothing in any cache."""
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        work()
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def test_invoices_of_one_payment(self):
        counts = {"preview": set(), "sync": set()}
        for number in (2, 8):
            payment = self.register(self.env["account.move"].union(*(self.ppd(100 + n) for n in range(number))))
            receipt = self.receipt(payment)
            counts["sync"].add(self.cold(lambda money=payment.move_id: self.receipts.sudo()._sync(money.sudo())))
            counts["preview"].add(self.cold(receipt._preview))
        self.assertEqual({name: len(some) for name, some in counts.items()}, dict.fromkeys(counts, 1), counts)

    def test_payments_of_one_month(self):
        self.company.sudo().l10n_mx_cfdi40_rep_mode = "monthly"
        counts = set()
        for customer, number in ((self.customer, 2), (self.other_customer, 8)):
            payments = [self.register(self.ppd(100 + n, partner_id=customer.id)) for n in range(number)]
            counts.add(self.cold(self.receipt(*payments)._preview))
        self.assertEqual(len(counts), 1, counts)
