"""When nobody knows what became of a call, and answers that are not what they seem."""
import base64
from unittest.mock import patch

from odoo import fields
from odoo.addons.l10n_mx_cfdi40.pac.base import Accepted, NotFound, Refused, Unknown
from odoo.addons.l10n_mx_cfdi40.pac.loopback import Loopback
from odoo.exceptions import UserError
from odoo.tests import tagged

from .stamp_common import LATER, StampCommon

#: 108 hours after the Fecha.
BEYOND = "2026-03-17 06:00:00"


@tagged("post_install_l10n", "post_install", "-at_install")
class TestDoubt(StampCommon):
    # -- nobody knows --------------------------------------------------------------------------------------------------

    def in_doubt(self, kind="lost"):
        move = self.ready()
        self.fault(kind)
        move._l10n_mx_cfdi40_stamp()
        self.assertEqual(move.l10n_mx_cfdi40_state, "in_doubt")
        return move

    def test_lost_answer_is_asked_about(self):
        move = self.in_doubt()
        self.assertEqual(self.stamps(), 1, "stamped, and nobody told us")
        self.assertEqual(move.alerts["l10n_mx_cfdi40"]["action_call"][1], "action_l10n_mx_cfdi40_ask")
        move.action_l10n_mx_cfdi40_ask()
        self.assertStamped(move)
        self.assertEqual(self.stamps(), 1)

    def test_lost_request_is_sent_again_with_the_same_bytes(self):
        move = self.in_doubt("timeout")
        document = self.document(move)
        sealed = document.sealed_xml
        document.retry_at = fields.Datetime.now()
        self.run_recover()
        self.assertEqual(self.assertStamped(move).sealed_xml, sealed)
        self.assertEqual(self.stamps(), 1)
        self.assertEqual({call.operation for call in self.pac.calls()[-2:]}, {"stamp", "recover"})

    def test_meanwhile_the_invoice_stays_as_it_is(self):
        move = self.in_doubt()
        self._assert_untouchable(move)
        self.assertFalse(move.show_reset_to_draft_button)
        self.assertFalse(move._l10n_mx_cfdi40_enqueue() - self.document(move))
        preview = move._l10n_mx_cfdi40_stamp()
        self.assertFalse(preview.errors)
        self.assertEqual(self.stamps(), 1)

    def test_in_force_it_stays_too(self):
        move = self.ready()
        move._l10n_mx_cfdi40_stamp()
        self._assert_untouchable(move)
        self.assertTrue(move.need_cancel_request)
        self.assertFalse(move.show_reset_to_draft_button)
        self.assertEqual(move.button_request_cancel()["res_model"], "l10n_mx_cfdi40.cancel.wizard")
        self._assert_untouchable(move)

    def _assert_untouchable(self, move):
        name = move.name
        for touch in (
            move.button_draft, move.button_cancel, move.with_context(force_delete=True).unlink,
            lambda: move.write({"name": "INV/OTRA/1"}), lambda: move.write({"state": "draft"}),
            lambda: move.sudo().write({"l10n_mx_cfdi40_folio": 99}),
            lambda: move.write({"l10n_mx_cfdi40_forma_pago_id": self.key("c_FormaPago", "01").id}),
            lambda: move.write({"l10n_mx_cfdi40_metodo_pago": "PPD"}),
        ):
            with self.assertRaises(UserError):
                touch()
        self.assertEqual((move.state, move.name), ("posted", name))

    def test_the_same_pac_is_asked(self):
        move = self.in_doubt()
        company = self.company.sudo()
        asked = []
        client = type(company)._l10n_mx_cfdi40_pac_client

        def spy(company, code=None, environment=None, **options):
            asked.append((code, environment))
            return client(company, code, environment, **options)

        # As if the company had changed to a contract in production meanwhile.
        self.env.flush_all()
        self.cr.execute(
            "UPDATE res_company SET l10n_mx_cfdi40_environment = 'production' WHERE id = %s", [company.id])
        company.invalidate_recordset()
        with patch.object(type(company), "_l10n_mx_cfdi40_pac_client", spy):
            move.action_l10n_mx_cfdi40_ask()
        self.assertEqual(asked, [("loopback", "test")])
        self.assertStamped(move)

    def test_not_found_after_72_hours_may_be_released(self):
        move = self.in_doubt("timeout")
        document = self.document(move)
        with self.at(LATER):
            self.run_recover()
            self.assertEqual(document.state, "in_doubt")
            self.assertFalse(document.retry_at, "a person decides")
            self.assertEqual(move._l10n_mx_cfdi40_alert()["action"]["res_id"], document.id)
            self.assertEqual(self.stamps(), 0, "too old to be sent again")
            with self.assertRaises(UserError):
                document.with_user(self.biller).action_release()
            document.with_user(self.accountant).action_release()
            self.assertEqual(document.state, "rejected")
            move._l10n_mx_cfdi40_stamp()
            self.assertNotEqual(self.assertStamped(move), document)
        self.assertEqual(self.stamps(), 1)

    def test_refused_at_the_door_says_nothing_about_the_first_attempt(self):
        move = self.in_doubt()
        document = self.document(move)
        self.fault("not_found", operation="recover")
        self.fault("refuse", code="300")
        move.action_l10n_mx_cfdi40_ask()
        self.assertEqual(document.state, "in_doubt")
        move.action_l10n_mx_cfdi40_ask()
        self.assertStamped(move)
        self.assertEqual(self.stamps(), 1)

    def test_turned_away_with_a_code_of_its_own(self):
        """The PAC says that it did not look at the document: whatever its code, the first attempt may be stamped."""
        move = self.in_doubt()
        self.fault("not_found", operation="recover")
        with patch.object(Loopback, "stamp", lambda *args, **keywords: Refused("ZZ9", "mantenimiento", examined=False)):
            move.action_l10n_mx_cfdi40_ask()
        self.assertEqual(self.document(move).state, "in_doubt")
        move.action_l10n_mx_cfdi40_ask()
        self.assertStamped(move)

    def test_a_pac_that_cannot_be_asked_any_more(self):
        """With the 72 hours over a person looks in the portals, and decides."""
        move = self.in_doubt("timeout")
        document = self.document(move)
        with patch.object(Loopback, "recover", lambda *args, **keywords: Unknown("cannot_ask", "", sent=True)):
            self.run_recover()
            self.assertFalse(document._may("release"), "it would still be stamped")
            with self.at(LATER):
                self.run_recover()
                self.assertEqual(str(document.retry_at), BEYOND, "asked once more, when that surely stamps nothing")
                self.assertFalse(document._may("release"))
            with self.at(BEYOND):
                self.run_recover()
                self.assertEqual((document.state, document.code), ("in_doubt", "cannot_ask"))
                self.assertTrue(document.is_unanswerable and document.with_user(self.accountant).can_release)
                self.assertFalse(document.retry_at, "asking again would change nothing")
                alert = move._l10n_mx_cfdi40_alert()
                self.assertIn("liberarla", alert["message"])
                self.assertNotIn("being asked", alert["message"])
                self.assertEqual(
                    (alert["action"]["res_model"], alert["action"]["res_id"]), (document._name, document.id))
                with self.assertRaises(UserError):
                    document.with_user(self.biller).action_release()
                document.with_user(self.accountant).action_release()
                said = move._l10n_mx_cfdi40_alert()["message"]
                self.assertIn("released by a person", said)
                self.assertNotIn("refused", said)
                self.assertEqual(document.explanation, said)
                move._l10n_mx_cfdi40_stamp()
                self.assertNotEqual(self.assertStamped(move), document)

    def test_nobody_gives_up_what_is_being_asked_about(self):
        move = self.in_doubt("timeout")
        document = self.document(move)
        with self.at(LATER):
            self.run_recover()
            self.assertTrue(document._may("release"))
            document._claim()
            self.assertFalse(document._may("release"))
            with self.assertRaises(UserError):
                document.with_user(self.accountant).action_release()

    def test_a_stamp_that_the_ledger_has_elsewhere(self):
        """Somebody took the XML from the PAC's portal and gave it to another invoice: the queue goes on, a person is
        told, and nobody is asked again and again."""
        move = self.in_doubt()
        document = self.document(move)
        twin = self.env["l10n_mx_cfdi40.document"].sudo().create({
            "move_id": self.ready().id, "company_id": self.company.id, "state": "stamped", "external": True,
            "uuid": self.pac.stamps()[0].uuid.upper(), "stamped_xml": base64.b64encode(self.pac.stamps()[0].xml)})
        document.write({"retry_at": document._now(), "lease_until": False})
        with self.assertLogs("odoo.addons.l10n_mx_cfdi40.models.document_protocol", "ERROR"):
            self.run_recover()
        self.assertEqual((document.state, document.code, document.retry_at), ("in_doubt", "uuid_ajeno", False))
        self.assertIn("surplus", self.actions(document))
        self.assertIn(self.pac.stamps()[0].uuid.upper(), move._l10n_mx_cfdi40_alert()["message"])
        self.assertTrue(twin.exists())

    # -- answers that are not what they seem ---------------------------------------------------------------------------

    def test_an_answer_about_another_invoice_is_not_believed(self):
        other = self.ready()
        other._l10n_mx_cfdi40_stamp()
        xml = self.document(other)._stamped_bytes()
        move = self.ready()
        with patch.object(Loopback, "stamp", lambda *args, **keywords: Accepted(xml=xml)):
            move._l10n_mx_cfdi40_stamp()
        document = self.document(move)
        self.assertEqual((document.state, document.code, document.uuid), ("in_doubt", "respuesta_de_otro_cfdi", False))
        move.action_l10n_mx_cfdi40_ask()
        self.assertStamped(move)

    def test_an_answer_without_a_stamp_is_not_believed(self):
        move = self.ready()
        with patch.object(Loopback, "stamp", lambda self, sealed, key: Accepted(xml=sealed)):
            move._l10n_mx_cfdi40_stamp()
        self.assertEqual(self.document(move).code, "timbre_de_otro_cfdi")
        move = self.ready()
        with patch.object(Loopback, "stamp", lambda self, sealed, key: Accepted(xml=b"<html>Error 500</html>")):
            move._l10n_mx_cfdi40_stamp()
        self.assertEqual(self.document(move).state, "in_doubt")

    def claimed_twice(self):
        """A document whose first call hangs beyond its lease while a second process asks about it."""
        move = self.ready()
        Document = self.env["l10n_mx_cfdi40.document"]
        document = Document._prepare(move)[move].document
        first = document._claim()
        document.lease_until = fields.Datetime.now()
        second = document._claim()
        self.assertEqual((first.attempt, second.attempt, first.sealed), (1, 2, second.sealed))
        self.assertIsNone(document._claim(), "the lease runs")
        return move, document, first, second

    def test_late_answers(self):
        move, document, first, second = self.claimed_twice()
        answer = first.run()
        # The first process knows nothing any more that counts, unless it is a stamp.
        document._record(first, Unknown("timeout", "", True))
        document._record(first, Refused("CFDI40145", "tarde"))
        self.assertEqual((document.state, bool(document.lease_until)), ("in_doubt", True))
        document._record(first, answer)
        self.assertEqual(document.state, "stamped")
        document._record(second, second.run())
        document._record(second, NotFound())
        self.assertStamped(move)
        self.assertEqual(self.actions(document).count("accept"), 1)
        self.assertEqual(self.stamps(), 1)

    def test_a_stamp_after_a_refusal_is_true(self):
        move, document, first, second = self.claimed_twice()
        document._record(second, Refused("CFDI40145", "no"))
        self.assertEqual(document.state, "rejected")
        queued = move._l10n_mx_cfdi40_enqueue()
        document._record(first, first.run())
        self.assertStamped(move)
        self.assertFalse(queued.exists(), "what waited in its place is taken out of the queue")

    def test_a_second_stamp_is_kept_and_shouted(self):
        move, document, first, second = self.claimed_twice()
        document._record(second, Refused("CFDI40145", "no"))
        with self.at("2026-03-12 18:00:30"):
            move._l10n_mx_cfdi40_stamp()
            new = self.assertStamped(move)
            with self.assertLogs("odoo.addons.l10n_mx_cfdi40.models.document_protocol", "ERROR"):
                document._record(first, first.run())
        self.assertEqual(move.l10n_mx_cfdi40_document_id, new)
        event = document.event_ids.filtered(lambda event: event.action == "surplus")
        self.assertEqual(base64.b64decode(event.xml), self.pac.stamps()[-1].xml)

    def test_a_call_that_starts_late_is_not_made(self):
        move = self.ready()
        document = self.env["l10n_mx_cfdi40.document"]._prepare(move)[move].document
        call = document._claim()
        with patch("odoo.addons.l10n_mx_cfdi40.models.document_call.time.monotonic", lambda: call.start_by + 1):
            document._record(call, call.run())
        self.assertEqual((document.state, document.code), ("sealed", "late_start"))
        self.assertEqual(self.stamps(), 0)
