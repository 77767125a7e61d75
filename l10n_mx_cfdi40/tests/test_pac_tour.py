"""A company's first days with its PAC in a browser: as the accountant, who keeps accounts and packages, and as who
bills.

Inside Odoo's test mode nothing may be committed, so the exactly-once protocol itself is not proven here.
"""
from odoo.tests import tagged

from .sandbox_common import SandboxCommon
from .tour_common import Desktop, Phone, TourCommon

USER, PASSWORD = "compras@kemper.mx", "correcta-0417"


class PacTours:
    """The sandbox of a PAC on this machine, whose address new accounts have by default."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.serve(USER, PASSWORD)
        cls.Account = cls.env["l10n_mx_cfdi40.pac.account"].with_user(cls.accountant)
        cls.env["ir.default"].sudo().set("l10n_mx_cfdi40.pac.account", "sandbox_url", cls.sandbox.address)

    def account(self):
        return self.Account.create({
            "company_id": self.company.id, "provider": "sw", "username": USER, "password": PASSWORD})

    def test_account(self):
        self.tour("l10n_mx_cfdi40_pac_account", self.accountant)
        account = self.company.l10n_mx_cfdi40_pac_account_ids
        self.assertEqual((account.provider, account.username, account.sandbox_url),
                         ("sw", USER, self.sandbox.address))
        self.assertEqual(account.sudo()._secrets(), {"password": PASSWORD})
        log = self.env["l10n_mx_cfdi40.pac.exchange"].sudo().search([("account_id", "=", account.id)])
        self.assertTrue(log)
        told = "".join(f"{one.request}{one.response}" for one in log)
        self.assertNotIn(PASSWORD, told)
        self.assertNotIn("equivocada", told)

    def several(self):
        moves = self.env["account.move"].with_user(self.biller)
        return moves.concat(*[self.posted(price) for price in (100, 200, 300)])

    def test_batch_ended(self):
        account = self.account()
        moves = self.several()
        action = moves.action_l10n_mx_cfdi40_stamp()
        wizard = self.env["l10n_mx_cfdi40.stamp.wizard"].with_user(self.biller).browse(action["res_id"])
        wizard.action_stamp()
        self.stamp_queue(moves, account)
        self.tour("l10n_mx_cfdi40_batch_ended", self.biller)

    def stamp_queue(self, moves, account):
        """What the cron does, while the PAC finds fault with one customer."""
        self.pac.faults.set("refuse", code="CFDI40145", operation="stamp", times=1)
        self.addCleanup(self.pac.faults.clear)
        self.env["l10n_mx_cfdi40.document"].sudo()._cron_queue()
        self.assertEqual(sorted(moves.mapped("l10n_mx_cfdi40_state")), ["rejected", "stamped", "stamped"])
        self.assertEqual(moves.l10n_mx_cfdi40_document_id.pac_account_id, account)

    def test_credits(self):
        account = self.account()
        self.pac.set_credits(40)
        self.addCleanup(self.pac.set_credits, None)
        self.tour("l10n_mx_cfdi40_credits", self.accountant)
        package = account.package_ids
        self.assertEqual((package.state, package.quantity, package.kind, package.create_uid),
                         ("active", 50, "year", self.accountant))
        self.tour("l10n_mx_cfdi40_balance", self.biller)
        self.assertEqual((account.pac_credits, account.credit_difference), (40, -10))


@tagged("post_install_l10n", "post_install", "-at_install")
class TestPacTour(Desktop, PacTours, SandboxCommon, TourCommon):
    def test_batch(self):
        """From the list of invoices: chosen, started, stopped, resumed, stamped."""
        account = self.account()
        moves = self.several()
        self.tour("l10n_mx_cfdi40_batch_started", self.biller)
        batch = self.env["l10n_mx_cfdi40.batch"].search([("line_ids.move_id", "in", moves.ids)])
        self.assertEqual((batch.create_uid, batch.line_ids.move_id), (self.biller, moves))
        self.stamp_queue(moves, account)
        self.assertEqual((batch.stamped, batch.failed, batch.state), (2, 1, "done"))


@tagged("post_install_l10n", "post_install", "-at_install")
class TestPacTourPhone(Phone, PacTours, SandboxCommon, TourCommon):
    pass
