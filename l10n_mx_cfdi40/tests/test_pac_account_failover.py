"""Which account takes a document, when another one may, and when never; how long one that fails is left alone."""
from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged

from ..cfdi.errors import SatError
from ..models.pac_account_rest import TOLERATED
from ..pac.base import Unknown
from ..sat.consulta import ConsultaCfdi
from .pac_common import PACS, PASSWORD, USER, PacCommon


@tagged("post_install_l10n", "post_install", "-at_install")
class TestPacFailover(PacCommon):

    def document_of(self, move):
        document = self.document(move)
        document.invalidate_recordset()
        return document

    def after(self, **step):
        """The moment so much later, for `self.at`."""
        return str(self.clock_now + timedelta(**step))

    # -- another one may -----------------------------------------------------------------------------------------------

    def test_the_second_takes_what_never_reached_the_first(self):
        for number, first in enumerate(PACS):
            second = PACS[number - 1]
            with self.subTest(first=first, second=second):
                stamps = self.stamps()
                one, two = self.two(first, second)
                move = self.ready()
                move._l10n_mx_cfdi40_stamp()
                document = self.assertStamped(move)
                self.assertEqual((document.pac, document.pac_account_id), (second, two.sudo()))
                self.assertEqual(self.stamps() - stamps, 1)
                self.assertEqual(self.actions(document), ["seal", "send", "unsend", "send", "accept", "file"])
                self.assertEqual((one.state, two.state), ("resting", "ok"))
                self.assertIn("No hubo conexión", one.last_error)
                self.retire(one | two)

    def test_while_it_rests_it_is_not_even_tried(self):
        one, two = self.two()
        self.ready()._l10n_mx_cfdi40_stamp()
        until, tried = one.rest_until, self.Exchange.search_count([("account_id", "=", one.id)])
        move = self.ready()
        move._l10n_mx_cfdi40_stamp()
        self.assertEqual(self.assertStamped(move).pac_account_id, two.sudo())
        self.assertEqual(self.actions(self.document(move)), ["seal", "send", "accept", "file"])
        self.assertEqual(self.Exchange.search_count([("account_id", "=", one.id)]), tried)
        self.assertEqual(one.rest_until, until)

    def test_without_an_agreement_there_it_waits(self):
        one, two = self.two(is_ready=False)
        move = self.ready()
        move._l10n_mx_cfdi40_stamp()
        document = self.document(move)
        self.assertEqual((document.state, document.code, self.stamps()), ("sealed", "unreachable", 0))
        self.assertEqual(document.retry_at, self.clock_now + timedelta(minutes=1))
        self.assertEqual(self.actions(document), ["seal", "send", "unsend"])
        one.sandbox_url = self.sandbox.address
        with self.at(self.after(minutes=2)):
            self.run_queue()
        self.assertEqual(self.assertStamped(move).pac_account_id, one.sudo())
        self.assertEqual(two.state, "ok")

    def test_an_agreement_matters_only_after_the_first(self):
        account = self.account("sw", is_ready=False)
        move = self.ready()
        move._l10n_mx_cfdi40_stamp()
        self.assertEqual(self.assertStamped(move).pac_account_id, account.sudo())

    def test_another_environment_never_takes_over(self):
        self.account("finkok", sequence=1, sandbox_url=self.nobody())
        self.account("sw", sequence=2, environment="production", sandbox_url=False)
        move = self.ready()
        move._l10n_mx_cfdi40_stamp()
        self.assertEqual((self.document(move).state, self.stamps()), ("sealed", 0))

    def test_all_rest_until_the_first_may_be_tried(self):
        one, two = self.two(sandbox_url=self.nobody())
        self.ready()._l10n_mx_cfdi40_stamp()
        self.assertEqual((one.state, two.state), ("resting", "resting"))
        now = self.clock_now
        one.sudo().rest_until, two.sudo().rest_until = now + timedelta(minutes=20), now + timedelta(minutes=7)
        move = self.ready()
        move._l10n_mx_cfdi40_stamp()
        document = self.document(move)
        self.assertEqual((document.state, document.code), ("sealed", "resting"))
        self.assertEqual(document.retry_at, now + timedelta(minutes=7))
        self.assertEqual(self.actions(document), ["seal"])
        two.sandbox_url = self.sandbox.address
        with self.at(self.after(minutes=6)):
            self.run_queue()
            self.assertEqual(document.state, "sealed")
        with self.at(self.after(minutes=8)):
            self.run_queue()
            self.assertEqual(self.assertStamped(move).pac_account_id, two.sudo())
        self.assertFalse(document.code)

    def test_who_may_not_take_over_is_not_waited_for(self):
        one, two = self.two(is_ready=False)
        now = self.clock_now
        one.sudo().rest_until, two.sudo().rest_until = now + timedelta(minutes=20), now + timedelta(minutes=7)
        move = self.ready()
        move._l10n_mx_cfdi40_stamp()
        self.assertEqual(self.document(move).retry_at, now + timedelta(minutes=20))

    # -- another one never may -----------------------------------------------------------------------------------------

    def test_after_an_unknown_answer_never_another_pac(self):
        """Whatever was seen, it may have been stamped: only the same account is asked, also while it rests."""
        kinds = (("lost", {}), ("timeout", {}), ("http", {"code": "503"}), ("http", {"code": "429"}), ("html", {}),
                 ("closed", {}), ("truncated", {}), ("http_after", {"code": "502"}))
        for number, (kind, more) in enumerate(kinds):
            first = PACS[number % len(PACS)]
            second = PACS[(number + 1) % len(PACS)]
            with self.subTest(kind=kind, first=first):
                one, two = self.account(first, sequence=1), self.account(second, sequence=2)
                before = self.stamps()
                self.fault(kind, **more)
                move = self.ready()
                with self.impatient():
                    move._l10n_mx_cfdi40_stamp()
                document = self.document(move)
                self.assertEqual((document.state, document.pac_account_id), ("in_doubt", one.sudo()))
                one.sudo().rest_until = self.clock_now + timedelta(hours=1)
                one.sequence = 99
                self.due(document)
                self.run_queue()
                self.run_recover()
                self.assertEqual(self.assertStamped(move).pac_account_id, one.sudo())
                self.assertEqual(self.stamps() - before, 1)
                self.assertFalse(self.Exchange.search([("account_id", "=", two.id)]))
                self.retire(one | two)

    def test_an_archived_account_is_still_asked(self):
        with self.using("finkok") as account:
            self.fault("closed")
            move = self.ready()
            move._l10n_mx_cfdi40_stamp()
            self.account("sw", sequence=1)
        self.due(self.document(move))
        self.run_recover()
        self.assertEqual(self.assertStamped(move).pac_account_id, account.sudo())
        self.assertEqual(self.stamps(), 1)

    def test_who_was_asked_and_cannot_be_reached_is_asked_again(self):
        """In doubt, even "certainly never sent" is said of the question only: the first sending may have arrived."""
        account = self.account("finkok", sequence=1)
        other = self.account("sw", sequence=2)
        self.fault("closed")
        move = self.ready()
        move._l10n_mx_cfdi40_stamp()
        account.sandbox_url = self.nobody()
        document = self.document(move)
        self.due(document)
        self.run_recover()
        self.assertEqual((document.state, document.code), ("in_doubt", "unreachable"))
        account.sandbox_url = self.sandbox.address
        self.due(document)
        self.run_recover()
        self.assertStamped(move)
        self.assertEqual(self.stamps(), 1)
        self.assertFalse(self.Exchange.search([("account_id", "=", other.id)]))

    def test_a_refusal_is_no_reason_to_try_another(self):
        one, two = self.account("finkok", sequence=1), self.account("sw", sequence=2)
        self.fault("refuse", code="CFDI40145")
        move = self.ready()
        move._l10n_mx_cfdi40_stamp()
        self.assertEqual((self.document(move).state, one.state, two.state), ("rejected", "ok", "ok"))
        self.assertFalse(self.Exchange.search([("account_id", "=", two.id)]))

    # -- the breaker ---------------------------------------------------------------------------------------------------

    def failing(self, account, times, reason="server_error", sent=True):
        for _time in range(times):
            account.sudo()._note_answer(Unknown(reason, "…", sent=sent))

    def test_it_rests_longer_each_time_and_never_too_long(self):
        account = self.account("finkok", sandbox_url=self.nobody())
        rests, moment = [], self.clock_now
        for _time in range(8):
            with self.at(str(moment)):
                self.failing(account, 1, "unreachable", sent=False)
                rests.append((account.rest_until - self.clock_now) // timedelta(minutes=1))
                self.assertEqual(account.state, "resting")
                moment = account.rest_until
            with self.at(str(moment)):
                account.invalidate_recordset()
                self.assertEqual(account.state, "failing")
        self.assertEqual(rests, [1, 2, 4, 8, 16, 30, 30, 30])

    def test_calls_that_fail_together_let_it_rest_once(self):
        account = self.account("finkok")
        self.failing(account, 32, "unreachable", sent=False)
        self.assertEqual((account.failures, account.rests), (32, 1))
        self.assertEqual(account.rest_until, self.clock_now + timedelta(minutes=1))

    def test_a_few_unknown_answers_are_tolerated(self):
        account = self.account("finkok")
        self.failing(account, 2)
        self.assertEqual((account.state, account.rest_until), ("failing", False))
        since = account.failing_since
        self.failing(account, 1)
        self.assertEqual((account.state, account.failing_since), ("resting", since))

    def test_what_says_nothing_against_the_pac_does_not_count(self):
        account = self.account("finkok")
        for reason in ("late_stamp", "cannot_ask", "late_start", "cancel_in_process"):
            self.failing(account, 5, reason)
        self.assertEqual((account.failures, account.state), (0, "ok"))

    def test_the_sats_silence_is_not_the_pacs(self):
        """Before a request is sent again the SAT is asked, and does not answer."""
        account = self.account("sw")
        move = self.small()
        row = self.env["l10n_mx_cfdi40.cancellation"].sudo()._order_for(self.document(move), "02")
        self.fault("closed", operation="cancel")
        row._run()
        self.assertEqual((row.state, account.failures), ("in_doubt", 1))
        with patch.object(ConsultaCfdi, "estado", side_effect=SatError("timeout", "…")):
            for _time in range(TOLERATED):
                row.write({"retry_at": row._now(), "lease_until": False})
                row._run()
        self.assertEqual((row.code, account.failures, account.state), ("timeout", 1, "failing"))
        row.write({"retry_at": row._now(), "lease_until": False})
        self.run_cancellations()
        self.assertEqual((row.state, self.requests(move)), ("cancelled", 1))

    def test_any_answer_ends_it(self):
        account = self.account("finkok")
        self.failing(account, 2)
        self.fault("refuse", code="CFDI40145")
        self.ready()._l10n_mx_cfdi40_stamp()
        self.assertEqual((account.state, account.failures, account.failing_since), ("ok", 0, False))

    def test_credentials_that_are_not_known_any_more(self):
        """Changed at the PAC: after a refusal what is left waits until the new password is written."""
        account = self.account("finkok")
        self.pac.set_credentials(USER, "otra")
        self.addCleanup(self.pac.set_credentials, USER, PASSWORD)
        move = self.ready()
        move._l10n_mx_cfdi40_stamp()
        self.assertEqual((self.document(move).state, self.document(move).code), ("rejected", "300"))
        self.assertEqual((account.state, account.failing_since), ("resting", False))
        waiting = self.ready()
        waiting._l10n_mx_cfdi40_stamp()
        document = self.document(waiting)
        self.assertEqual((document.state, document.code), ("sealed", "turned_away"))
        alert = waiting._l10n_mx_cfdi40_alert()
        self.assertIn("contraseña", alert["message"])
        self.assertEqual(alert["action"]["res_model"], account._name)
        account.password = "otra"
        self.assertEqual((account.state, account.failures), ("ok", 0))
        document.retry_at = self.clock_now
        self.run_queue()
        self.assertStamped(waiting)
        account.password = "ninguna"
        with self.assertRaises(UserError):
            account.action_check()
        self.ready()._l10n_mx_cfdi40_stamp()
        self.assertEqual(account.state, "resting")
        account.password = "otra"
        account.action_check()
        self.assertEqual(account.state, "ok")

    def test_credentials_that_are_not_known_when_it_is_asked(self):
        """One bad login is enough there too, and the PAC does answer."""
        account = self.account("finkok")
        self.fault("lost")
        move = self.ready()
        with self.impatient():
            move._l10n_mx_cfdi40_stamp()
        self.assertTrue(account.failing_since)
        self.pac.set_credentials(USER, "otra")
        self.addCleanup(self.pac.set_credentials, USER, PASSWORD)
        self.due(self.document(move))
        self.run_recover()
        self.assertEqual((self.document(move).state, self.document(move).code), ("in_doubt", "credentials"))
        self.assertEqual((account.state, account.failures, account.failing_since), ("resting", 2, False))

    def test_one_bad_login_for_a_whole_batch(self):
        account = self.account("finkok")
        self.pac.set_credentials(USER, "otra")
        self.addCleanup(self.pac.set_credentials, USER, PASSWORD)
        moves = self.env["account.move"].concat(*[self.ready() for _number in range(6)])
        moves._l10n_mx_cfdi40_enqueue()
        self.run_queue()
        self.assertEqual(self.calls("stamp"), 1)
        documents = moves.l10n_mx_cfdi40_document_id.sudo()
        self.assertEqual(sorted(documents.mapped("state")), ["rejected"] + ["sealed"] * 5)
        account.password = "otra"
        documents.filtered(lambda one: one.state == "sealed").retry_at = self.clock_now
        self.run_queue()
        self.assertEqual(sorted(documents.mapped("state")), ["rejected"] + ["stamped"] * 5)

    def test_a_person_wakes_it(self):
        one, _two = self.two()
        self.ready()._l10n_mx_cfdi40_stamp()
        one.sandbox_url = self.sandbox.address
        one.action_wake()
        self.assertEqual(one.state, "ok")
        move = self.ready()
        move._l10n_mx_cfdi40_stamp()
        self.assertEqual(self.assertStamped(move).pac_account_id, one.sudo())
