"""An account that is edited, or whose PAC speaks nonsense, while a document's answer is missing."""
from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged

from ..pac.base import Refused
from ..pac.sandbox import http_faults
from ..pac.sw import Sw
from ..pac.transport import operation
from .pac_common import PACS, PASSWORD, PacCommon


@tagged("post_install_l10n", "post_install", "-at_install")
class TestPacAccountChanged(PacCommon):

    def in_doubt(self):
        """An invoice that the PAC stamped and whose answer was lost."""
        self.fault("closed")
        move = self.ready()
        move._l10n_mx_cfdi40_stamp()
        self.assertEqual((self.document(move).state, self.stamps()), ("in_doubt", 1))
        return move

    def test_an_account_that_got_a_document_stays_at_its_pac(self):
        """Else the same bytes would be asked about, and sent, at another PAC, which would stamp them again."""
        other = self.env["res.company"].sudo().create({"name": "Otra"})
        with self.using("finkok") as account:
            move = self.in_doubt()
            for vals in ({"provider": "sw"}, {"environment": "production", "sandbox_url": False},
                         {"company_id": other.id}):
                with self.subTest(vals=vals), self.assertRaisesRegex(UserError, "archive"), self.env.cr.savepoint():
                    account.sudo().write(vals)
            # The form writes all that it shows; credentials are renewed at any time.
            account.write({"provider": "finkok", "environment": "test", "password": PASSWORD})
        self.due(self.document(move))
        self.run_recover()
        self.assertEqual(self.assertStamped(move).pac, "finkok")
        self.assertEqual({one.pac for one in self.Exchange.search([("document_id", "=", self.document(move).id)])},
                         {"finkok"})

    def test_so_does_one_with_packages(self):
        account = self.account("finkok")
        account.provider = "sw"
        self.env["l10n_mx_cfdi40.credit.package"].with_user(self.accountant).create({
            "account_id": account.id, "quantity": 10})
        with self.assertRaisesRegex(UserError, "archive"), self.env.cr.savepoint():
            account.provider = "finkok"

    # -- nonsense ------------------------------------------------------------------------------------------------------

    def test_answers_that_no_database_takes(self):
        """A proxy's compressed page in place of an answer: the document is in doubt, and that is all."""
        for code in PACS:
            with self.subTest(code=code), self.using(code) as account:
                before, move = self.stamps(), self.ready()
                self.fault("html")
                with patch.object(http_faults, "PAGE", b"\x1f\x8b\x08\x00\x00\x00\xed\xa0\x80\x00"):
                    move._l10n_mx_cfdi40_stamp()
                document = self.document(move)
                self.env.flush_all()
                self.assertEqual(document.state, "in_doubt")
                self.assertTrue(self.Exchange.search([("document_id", "=", document.id)]))
                account.action_wake()
                self.due(document)
                self.run_recover()
                self.assertStamped(move)
                self.assertEqual(self.stamps() - before, 1)

    def test_a_refusal_that_no_database_takes(self):
        account = self.account("sw")
        move = self.ready()
        with patch.object(Sw, "stamp", operation("stamp")(lambda one, sealed, key: Refused(
                "CFDI40145", "El nombre \x00 no es \ud83d el suyo"))):
            move._l10n_mx_cfdi40_stamp()
        self.env.flush_all()
        document = self.document(move)
        self.assertEqual(document.state, "rejected")
        self.assertIn("no es", document.message)
        self.assertEqual(account.state, "ok")

    # -- who is waited for ---------------------------------------------------------------------------------------------

    def test_one_that_rests_is_waited_for_though_another_lacks_stamps(self):
        """Nothing can be sent until the first one is back: it is not tried every minute, and the reason is its own."""
        rests, lacks = self.account("finkok", sequence=2), self.account("prodigia", sequence=1)
        package = self.env["l10n_mx_cfdi40.credit.package"].with_user(self.accountant).create({
            "account_id": lacks.id, "quantity": 1})
        package.action_activate()
        package.sudo().write({"used": 1, "state": "used"})
        self.assertTrue(lacks._lacks_credits())
        until = self.clock_now + timedelta(minutes=20)
        rests.sudo().write({
            "rest_until": until, "failing_since": self.clock_now, "last_error": "No hubo conexión"})
        moves = self.ready() | self.ready()
        moves._l10n_mx_cfdi40_enqueue()
        with patch.object(self.env.registry["l10n_mx_cfdi40.document"], "_prepare", side_effect=AssertionError):
            self.run_queue()
        single = self.ready()
        single._l10n_mx_cfdi40_stamp()
        for move in moves | single:
            document = self.document(move)
            self.assertEqual((document.code, document.retry_at), ("resting", until))
            self.assertIn("No hubo conexión", document.message)
