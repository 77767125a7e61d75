"""The whole life of a CFDI over each real PAC's protocol, and every fault on its way: never two stamps, never a lost
one, and in the end the state that is true."""
from contextlib import contextmanager
from datetime import timedelta

from odoo.tests import tagged

from ..pac.base import CAN_TELL_CREDITS
from ..pac.cancel_codes import IN_PROCESS
from ..pac.registry import PROVIDERS
from .cancel_common import WEEK_LATER
from .pac_common import PACS, PacCommon

#: (fault, its options, whether the PAC did the work all the same)
FAULTS = (
    ("lost", {}, True), ("stalled", {}, True), ("closed", {}, True), ("truncated", {}, True), ("http_after", {}, True),
    ("http_after", {"code": "500"}, True), ("timeout", {}, False), ("unreachable", {}, False), ("html", {}, False),
    ("http", {"code": "429"}, False), ("http", {"code": "500"}, False), ("http", {"code": "503"}, False),
)
#: Those that take until the client gives up.
SLOW = ("lost", "stalled", "timeout")


class FaultsCommon(PacCommon):
    @contextmanager
    def over(self, code):
        """A subtest over this PAC."""
        with self.subTest(pac=code), self.using(code) as account:
            yield account

    def faulty(self, kind, options, act, **more):
        """Do it while the next call of the operation meets the fault."""
        self.fault(kind, **options, **more)
        if kind in SLOW:
            with self.impatient():
                return act()
        return act()


@tagged("post_install_l10n", "post_install", "-at_install")
class TestPacLife(FaultsCommon):

    # -- the whole life ------------------------------------------------------------------------------------------------

    def test_stamped_and_cancelled(self):
        for code in PACS:
            with self.over(code) as account:
                before = self.stamps()
                move = self.small()
                document = self.assertStamped(move)
                self.assertEqual((document.pac, document.pac_account_id, document.attempt), (code, account.sudo(), 1))
                self.assertEqual(self.stamps() - before, 1)
                row = self.order(move, "02")
                self.assertEqual((row.state, move.state), ("cancelled", "cancel"), row.message)
                self.assertTrue(row._bytes_of("acuse"))
                self.assertEqual(self.requests(move), 1)
                told = self.Exchange.search([("document_id", "=", document.id)])
                self.assertEqual(set(told.mapped("pac")), {code})
                self.assertEqual(told.account_id, account.sudo())
                self.assertIn("Accepted", told.mapped("outcome"))
                self.assertIn("Received", told.mapped("outcome"))
                self.assertEqual(account.state, "ok")

    def test_accepted_and_rejected_by_the_customer(self):
        for code in PACS:
            with self.over(code) as account:
                accepted, rejected = self.needing(), self.needing()
                with self.later(WEEK_LATER):
                    rows = [self.order(move, "02") for move in (accepted, rejected)]
                    if code == "solucion_factible":
                        # It only says that it is at it: what the SAT has, the SAT is asked.
                        self.assertEqual({row.code for row in rows}, {IN_PROCESS})
                        self.assertEqual((account.failures, account.state), (0, "ok"))
                        for row in rows:
                            row.retry_at = row._now()
                        self.run_cancellations()
                    self.assertEqual([row.state for row in rows], ["requested", "requested"])
                    self.pac.accept(self.document(accepted).uuid)
                    self.pac.reject(self.document(rejected).uuid)
                    for move in (accepted, rejected):
                        self.ask_sat(move)
                self.assertEqual([row.state for row in rows], ["cancelled", "rejected"])
                self.assertEqual([accepted.state, rejected.state], ["cancel", "posted"])

    def test_credits(self):
        for code in PACS:
            with self.over(code) as account:
                client = account._client()
                if CAN_TELL_CREDITS not in PROVIDERS[code].capabilities:
                    with self.assertRaises(NotImplementedError):
                        client.credits()
                    continue
                self.pac.set_credits(7)
                self.addCleanup(self.pac.set_credits, None)
                self.assertEqual(client.credits(), 7)
                self.ready()._l10n_mx_cfdi40_stamp()
                self.assertEqual(client.credits(), 6)
                client.close()
        self.pac.set_credits(None)

    def test_no_credits_left(self):
        self.addCleanup(self.pac.set_credits, None)
        for code in PACS:
            with self.over(code) as account:
                self.pac.set_credits(0)
                move = self.ready()
                move._l10n_mx_cfdi40_stamp()
                document = self.document(move)
                self.assertEqual((document.state, document.code), ("rejected", "MX_SIN_FOLIOS"))
                self.assertEqual(account.state, "ok", "it answers")
                self.pac.set_credits(None)
                move._l10n_mx_cfdi40_stamp()
                self.assertStamped(move)

    # -- cancellations -------------------------------------------------------------------------------------------------

    def test_every_fault_while_cancelling(self):
        for code in PACS:
            with self.over(code) as account:
                for kind, options, done in FAULTS:
                    with self.subTest(kind=kind, **options):
                        account.action_wake()
                        move = self.small()
                        cancellations = self.env["l10n_mx_cfdi40.cancellation"].sudo()
                        row = cancellations._order_for(self.document(move), "02")
                        self.faulty(kind, options, row._run, operation="cancel")
                        self.assertEqual((row.state, move.state), ("in_doubt", "posted"))
                        self.assertEqual(self.requests(move), int(done))
                        row.write({"retry_at": row._now(), "lease_until": False})
                        self.run_cancellations()
                        self.assertEqual((row.state, move.state), ("cancelled", "cancel"), row.message)
                        self.assertEqual(self.requests(move), 1)

    def test_nobody_listens_while_cancelling(self):
        for code in PACS:
            with self.over(code) as account:
                move = self.small()
                row = self.env["l10n_mx_cfdi40.cancellation"].sudo()._order_for(self.document(move), "02")
                account.sandbox_url = self.nobody()
                row._run()
                self.assertEqual((row.state, self.document(move).state), ("waiting", "stamped"))
                account.sandbox_url = self.sandbox.address
                row.retry_at = row._now()
                self.run_cancellations()
                self.assertEqual(row.state, "cancelled")
                self.assertEqual(self.requests(move), 1)


@tagged("post_install_l10n", "post_install", "-at_install")
class TestPacFaults(FaultsCommon):

    # -- stamps --------------------------------------------------------------------------------------------------------

    def test_every_fault_while_stamping(self):
        for code in PACS:
            with self.over(code) as account:
                for kind, options, done in FAULTS:
                    with self.subTest(kind=kind, **options):
                        account.action_wake()
                        before, move = self.stamps(), self.ready()
                        self.faulty(kind, options, move._l10n_mx_cfdi40_stamp)
                        document = self.document(move)
                        self.assertEqual((document.state, self.stamps() - before), ("in_doubt", int(done)))
                        sealed = document.sealed_xml
                        self.due(document)
                        self.run_recover()
                        self.assertEqual(self.assertStamped(move).sealed_xml, sealed)
                        self.assertEqual(self.stamps() - before, 1)

    def test_a_fault_while_recovering_too(self):
        for code in PACS:
            with self.over(code) as account:
                operation = "recover" if code == "finkok" else "stamp"
                for kind, options, _done in FAULTS:
                    with self.subTest(kind=kind, **options):
                        account.action_wake()
                        before, move = self.stamps(), self.ready()
                        self.fault("closed")
                        move._l10n_mx_cfdi40_stamp()
                        document = self.document(move)
                        self.due(document)
                        self.faulty(kind, options, self.run_recover, operation=operation)
                        self.assertEqual(document.state, "in_doubt")
                        self.due(document)
                        self.run_recover()
                        self.assertStamped(move)
                        self.assertEqual(self.stamps() - before, 1)

    def test_spoilt_stamps_are_not_believed(self):
        for code in PACS:
            with self.over(code) as account:
                for kind in ("other_uuid", "bad_seal"):
                    with self.subTest(kind=kind):
                        account.action_wake()
                        before, move = self.stamps(), self.ready()
                        self.fault(kind)
                        move._l10n_mx_cfdi40_stamp()
                        document = self.document(move)
                        self.assertEqual((document.state, document.uuid), ("in_doubt", False))
                        self.due(document)
                        self.run_recover()
                        self.assertStamped(move)
                        self.assertEqual(self.stamps() - before, 1)

    def test_the_first_stamp_is_handed_over_late(self):
        """Lost, and for an hour the PAC only says that it was given before."""
        self.addCleanup(self.pac.delay_repeat, 0)
        for code in PACS:
            with self.over(code) as account:
                self.pac.delay_repeat(3600)
                before, move = self.stamps(), self.ready()
                self.fault("closed")
                move._l10n_mx_cfdi40_stamp()
                document = self.document(move)
                self.due(document)
                self.run_recover()
                self.assertEqual((document.state, document.code), ("in_doubt", "late_stamp"))
                with self.at(str(self.clock_now + timedelta(hours=2))):
                    self.due(document)
                    self.run_recover()
                    self.assertStamped(move)
                self.assertEqual(self.stamps() - before, 1)
                self.assertEqual(account.state, "ok")
                self.pac.delay_repeat(0)

    def test_the_server_hangs_up_at_once(self):
        for code in PACS:
            with self.over(code) as account:
                # The contracts are read and the connection is not kept: what fails is the call.
                self.ready()._l10n_mx_cfdi40_stamp()
                before, move = self.stamps(), self.ready()
                self.fault("hang_up", operation="connect")
                move._l10n_mx_cfdi40_stamp()
                document = self.document(move)
                self.assertIn(document.state, ("in_doubt", "sealed"))
                account.action_wake()
                self.due(document)
                self.run_recover()
                self.run_queue()
                self.assertStamped(move)
                self.assertEqual(self.stamps() - before, 1)

    def test_nobody_listens(self):
        for code in PACS:
            with self.over(code) as account:
                move = self.ready()
                account.sandbox_url = self.nobody()
                move._l10n_mx_cfdi40_stamp()
                document = self.document(move)
                self.assertEqual((document.state, document.code), ("sealed", "unreachable"))
                account.sandbox_url = self.sandbox.address
                account.action_wake()
                self.due(document)
                self.run_queue()
                self.assertStamped(move)

    def test_turned_away_while_in_doubt(self):
        """The password was changed meanwhile: this says nothing about the first attempt."""
        for code in PACS:
            with self.over(code) as account:
                before, move = self.stamps(), self.ready()
                self.fault("closed")
                move._l10n_mx_cfdi40_stamp()
                document, good = self.document(move), account.sudo()._secrets()["password"]
                account.password = "otra"
                self.due(document)
                self.run_recover()
                self.assertEqual(document.state, "in_doubt")
                account.password = good
                self.due(document)
                self.run_recover()
                self.assertStamped(move)
                self.assertEqual(self.stamps() - before, 1)
