"""The ledger: its states, who may do what with it, and that nothing in it is ever changed or lost."""
import base64
import itertools
from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError
from psycopg2.errors import UniqueViolation

from ..models.document_states import DEAD, IN_FORCE, LIFE, LIVE, UNANSWERED, UNSENT, next_state
from .invoice_common import InvoiceCommon

#: Written by hand from the drawing of the life of a document, not from the table that is tested.
LEGAL = {
    ("draft", "seal"): "sealed",
    ("sealed", "send"): "in_flight",
    ("sealed", "discard"): "discarded",
    ("in_flight", "accept"): "stamped",
    ("in_flight", "refuse"): "rejected",
    ("in_flight", "unsend"): "sealed",
    ("in_flight", "doubt"): "in_doubt",
    ("in_flight", "recover"): "in_doubt",
    ("in_doubt", "recover"): "in_doubt",
    ("in_doubt", "doubt"): "in_doubt",
    ("in_doubt", "accept"): "stamped",
    ("in_doubt", "refuse"): "rejected",
    ("in_doubt", "release"): "rejected",
    ("rejected", "accept"): "stamped",
    ("stamped", "request_cancel"): "cancel_in_flight",
    ("cancel_in_flight", "cancel_receive"): "cancel_requested",
    ("cancel_in_flight", "cancel_refuse"): "stamped",
    ("cancel_in_flight", "cancel_doubt"): "cancel_in_doubt",
    ("cancel_in_doubt", "cancel_doubt"): "cancel_in_doubt",
    ("cancel_in_doubt", "cancel_receive"): "cancel_requested",
    ("cancel_in_doubt", "cancel_refuse"): "stamped",
    ("cancel_in_doubt", "cancel_confirm"): "cancelled",
    ("cancel_in_doubt", "cancel_reject"): "cancel_rejected",
    ("cancel_in_flight", "cancel_unsend"): "stamped",
    ("cancel_in_doubt", "cancel_unsend"): "stamped",
    ("cancel_in_flight", "cancel_ask"): "cancel_in_doubt",
    ("cancel_in_doubt", "cancel_ask"): "cancel_in_doubt",
    ("cancel_requested", "cancel_lapse"): "stamped",
    ("stamped", "cancel_receive"): "cancel_requested",
    ("stamped", "cancel_confirm"): "cancelled",
    ("cancel_rejected", "cancel_receive"): "cancel_requested",
    ("cancel_rejected", "cancel_confirm"): "cancelled",
    ("cancel_requested", "cancel_confirm"): "cancelled",
    ("cancel_requested", "cancel_reject"): "cancel_rejected",
    ("cancel_rejected", "request_cancel"): "cancel_in_flight",
}
STATES = {state for state, _action in LEGAL} | set(LEGAL.values())
ACTIONS = {action for _state, action in LEGAL}


@tagged("post_install_l10n", "post_install", "-at_install")
class TestDocument(InvoiceCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.internal = new_test_user(
            cls.env, login="interna", groups="base.group_user", company_id=cls.company.id,
            company_ids=[(6, 0, cls.company.ids)])
        cls.Document = cls.env["l10n_mx_cfdi40.document"].sudo()
        cls.move = cls.invoice(cls.line(100, cls.iva16))
        cls.env.flush_all()

    def document(self, state="sealed", **vals):
        return self.Document.create({
            "company_id": self.company.id, "kind": "I", "state": state,
            "sealed_xml": base64.b64encode(b"<sealed/>"), "serie": "A", "folio": "1", **vals})

    def complement(self, instalment):
        """A complement that says this instalment of the invoice."""
        document = self.document(kind="P")
        self.env["l10n_mx_cfdi40.instalment"].sudo().create({
            "document_id": document.id, "move_id": self.move.id, "currency_id": self.move.currency_id.id,
            "num_parcialidad": instalment, "saldo_anterior": 116, "pagado": 58, "saldo_insoluto": 58})
        self.env.flush_all()
        return document

    # -- states --------------------------------------------------------------------------------------------------------

    def test_every_action_from_every_state(self):
        self.assertEqual(set(LIFE), STATES)
        self.assertEqual(set(dict(self.Document._fields["state"].selection)), STATES)
        for state, action in itertools.product(STATES, ACTIONS):
            self.assertEqual(next_state(state, action), LEGAL.get((state, action)), (state, action))
            document = self.document(state)
            if (state, action) in LEGAL:
                document._advance(action)
                self.assertEqual(document.state, LEGAL[state, action])
                event = document.event_ids[:1]
                self.assertEqual((event.action, event.state_from, event.state_to), (action, state, document.state))
            else:
                with self.assertRaises(UserError):
                    document._advance(action)
                self.assertEqual(document.state, state)

    def test_no_jump_even_by_our_own_code(self):
        reachable = {state: {state, *(to for (before, _), to in LEGAL.items() if before == state)} for state in STATES}
        for before, after in itertools.product(STATES, STATES):
            document = self.document(before)
            if after in reachable[before]:
                document.write({"state": after})
            else:
                with self.assertRaises(UserError):
                    document.write({"state": after})

    def test_kinds_of_states(self):
        self.assertEqual(DEAD, {"rejected", "discarded", "cancelled"})
        self.assertEqual(DEAD | LIVE, STATES)
        self.assertFalse(DEAD & (UNANSWERED | IN_FORCE | UNSENT))
        self.assertEqual(LIVE, UNANSWERED | IN_FORCE | UNSENT)

    def test_a_running_lease_keeps_others_away(self):
        for state in ("in_flight", "in_doubt"):
            document = self.document(state, lease_until=fields.Datetime.now() + timedelta(minutes=1))
            self.assertFalse(document._may("recover"))
            document.lease_until = fields.Datetime.now() - timedelta(seconds=1)
            self.assertTrue(document._may("recover"))

    def test_release_needs_the_role_the_answer_and_the_72_hours(self):
        now = fields.Datetime.now()
        document = self.document("in_doubt", date=now - timedelta(hours=80))
        manager, biller = document.with_user(self.accountant), document.with_user(self.biller)
        self.assertFalse(manager._may("release"), "the PAC has not answered")
        # Not found, but when a PAC could still have stamped it.
        document.not_found_at = now - timedelta(hours=9)
        self.assertFalse(manager._may("release"))
        document.not_found_at = now - timedelta(hours=7)
        self.assertTrue(manager._may("release"))
        self.assertFalse(biller._may("release"))
        with self.assertRaises(UserError):
            biller.action_release()
        manager.action_release()
        self.assertEqual(document.state, "rejected")
        self.assertEqual(document.event_ids[:1].user_id, self.accountant)

    # -- append-only ---------------------------------------------------------------------------------------------------

    def test_nothing_sealed_is_deleted(self):
        for state in STATES - {"draft"}:
            with self.assertRaises(UserError):
                self.document(state).unlink()
        queued = self.document("draft")
        queued._log("enqueue", False)
        queued.unlink()
        self.assertFalse(queued.exists())

    def test_nor_through_its_invoice_or_company(self):
        document = self.document("discarded", move_id=self.move.id)
        self.move.button_draft()
        with self.assertRaises(UserError):
            self.move.unlink()
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"), self.cr.savepoint():
            self.cr.execute("DELETE FROM account_move WHERE id = %s", [self.move.id])
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"), self.cr.savepoint():
            self.cr.execute("DELETE FROM res_company WHERE id = %s", [self.company.id])
        self.assertTrue(document.exists())

    def test_a_queued_invoice_can_be_deleted(self):
        self.document("draft", move_id=self.move.id)
        self.move.button_draft()
        self.assertFalse(self.move.l10n_mx_cfdi40_document_ids, "out of the queue")
        self.document("draft", move_id=self.move.id)
        self.move.posted_before = False
        self.move.unlink()
        self.assertFalse(self.move.exists())

    def test_what_was_sealed_or_stamped_never_changes(self):
        document = self.document()
        for vals in (
            {"sealed_xml": base64.b64encode(b"<other/>")}, {"sha256": "0"}, {"folio": "2"}, {"move_id": self.move.id},
            {"date": fields.Datetime.now()}, {"total": 1}, {"kind": "E"},
        ):
            with self.assertRaises(UserError):
                document.write(vals)
        document._advance("send")
        document._advance("accept", {"stamped_xml": base64.b64encode(b"<stamped/>"), "uuid": "U"})
        for vals in ({"stamped_xml": False}, {"uuid": "V"}, {"pac": "other"}):
            with self.assertRaises(UserError):
                document.write(vals)
        event = document.event_ids[:1]
        with self.assertRaises(UserError):
            event.message = "other"
        with self.assertRaises(UserError):
            event.unlink()

    # -- one live document ---------------------------------------------------------------------------------------------

    def _refused_by_the_database(self, **vals):
        with self.assertRaises(UniqueViolation), mute_logger("odoo.sql_db"), self.cr.savepoint():
            self.document(**vals)
            self.env.flush_all()

    def test_one_live_document_for_an_invoice(self):
        for state in sorted(DEAD):
            self.document(state, move_id=self.move.id)
        live = self.document("draft", move_id=self.move.id)
        self._refused_by_the_database(move_id=self.move.id)
        self.assertEqual(self.move.l10n_mx_cfdi40_document_id, live)
        self.assertEqual(self.move.l10n_mx_cfdi40_state, "draft")

    def test_one_live_complement_for_an_instalment(self):
        self.document(move_id=self.move.id)
        first, second = self.complement(1), self.complement(2)
        with self.assertRaises(UniqueViolation), mute_logger("odoo.sql_db"), self.cr.savepoint():
            self.complement(1)
        self.assertNotIn(
            self.move.l10n_mx_cfdi40_document_id, first | second, "a complement is not the invoice's CFDI")
        first.write({"state": "discarded"})
        self.complement(1)

    def test_a_uuid_is_in_the_ledger_once(self):
        self.document("stamped", uuid="U")
        self._refused_by_the_database(state="stamped", uuid="U")
        # Both ends of one invoice may be companies of this database.
        self.document("stamped", uuid="U", direction="received")
        self._refused_by_the_database(state="stamped", uuid="U", direction="received")

    # -- access --------------------------------------------------------------------------------------------------------

    def test_users_read_and_never_write(self):
        document = self.document()
        document._log("seal", "draft")
        event = document.event_ids
        admin = self._user("sistema", "base.group_system,account.group_account_manager")
        for user in (self.accountant, self.biller, admin):
            own = document.with_user(user)
            own.check_access("read")
            for operation in ("create", "write", "unlink"):
                self.assertFalse(own.has_access(operation))
                self.assertFalse(event.with_user(user).has_access(operation))
            for records in (own, event.with_user(user)):
                with self.assertRaises(UserError):
                    records.write({"message": "changed"})
                with self.assertRaises(AccessError):
                    records.unlink()
                with self.assertRaises(AccessError):
                    records.copy()
            with self.assertRaises(AccessError):
                own.create({"company_id": self.company.id})

    def test_a_plain_internal_user_sees_nothing(self):
        document = self.document()
        for records in (document, document.event_ids.browse()):
            with self.assertRaises(AccessError):
                records.with_user(self.internal).search([])
        with self.assertRaises(AccessError):
            document.with_user(self.internal).read(["sealed_xml"])
        with self.assertRaises(AccessError):
            self.move.with_user(self.internal).action_l10n_mx_cfdi40_stamp()

    def test_an_auditor_reads_but_does_not_act(self):
        auditor = self._user("auditora", "account.group_account_readonly")
        document = self.document("in_doubt", move_id=self.move.id)
        self.assertEqual(document.with_user(auditor).folio, "1")
        for act in (document.with_user(auditor).action_ask, self.move.with_user(auditor).action_l10n_mx_cfdi40_ask,
                    self.move.with_user(auditor).action_l10n_mx_cfdi40_stamp):
            with self.assertRaises(AccessError):
                act()

    def test_another_company_does_not_see_it(self):
        other = self.env["res.company"].create({"name": "Otra", "country_id": self.env.ref("base.mx").id})
        stranger = self._user("ajena", "account.group_account_manager", company=other)
        document = self.document(move_id=self.move.id)
        document._log("seal", "draft")
        for records in (document, document.event_ids):
            self.assertFalse(records.with_user(stranger).search([("id", "in", records.ids)]))
            with self.assertRaises(AccessError):
                records.with_user(stranger).read(["message"])
