"""Cancellations that vendors ask us to accept: each is answered once, by whoever may, and ends as the SAT says."""
import contextlib
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..cfdi.acuse import leer_acuse_respuesta
from ..cfdi.cancelacion import leer_respuesta, verificar_firma
from ..pac.authority import RFC_PAC
from ..pac.base import Answered, Refused
from ..pac.loopback import Loopback
from .received_common import SOON, ReceivedCommon

NOBODY = "11111111-2222-4333-8444-555555555555"


@tagged("post_install_l10n", "post_install", "-at_install")
class TestReceivedAnswer(ReceivedCommon):
    def test_the_answer_that_was_sent(self):
        """Signed by our CSD, with the PAC's RFC and local time; kept to the letter, and acknowledged."""
        for answer, said in (("accept", "Aceptacion"), ("reject", "Rechazo")):
            row = self.received()
            self.answer(row, answer, note="Porque sí")
            xml = row._bytes_of("request_xml")
            self.assertEqual(verificar_firma(xml).numero, row.certificate_id.serial)
            asked = leer_respuesta(xml)
            self.assertEqual(
                (asked.rfc_receptor, asked.rfc_pac, asked.fecha.isoformat(), asked.respuestas),
                (self.company.vat, RFC_PAC, "2026-03-12T12:00:00", ((row.uuid, said),)))
            self.assertEqual(self.at_sat(row.uuid), (said, 1))
            self.assertEqual(row.code, "1000")
            self.assertEqual(leer_acuse_respuesta(row._bytes_of("acuse")).folios[0].estatus, "1000")
            self.assertEqual((row.answer, row.user_id, row.note), (answer, self.manager, "Porque sí"))
            self.assertEqual(row.state, {"accept": "accepted", "reject": "rejected"}[answer])
            self.assertIn("Porque sí", "".join(row.message_ids.mapped("body")))
            self.assertFalse(row.activity_ids, "nothing is left to answer")

    def test_accepted_and_cancelled(self):
        uuid, _xml = self.vendor.issue()
        bill = self.bill(uuid)
        before = self.entry(bill)
        self.vendor.cancel(uuid)
        self.ask()
        row = self.row(uuid)
        self.answer(row)
        self.assertEqual((row.state, row.sat_state), ("accepted", "cancelado"))
        self.assertEqual(self.entry(bill), before, "accepting touches no entry")
        self.assertEqual(bill.activity_ids.user_id, self.manager)

    def test_rejected_stays_in_force(self):
        uuid, _xml = self.vendor.issue()
        bill = self.bill(uuid)
        self.vendor.cancel(uuid)
        self.ask()
        row = self.row(uuid)
        self.answer(row, "reject")
        self.assertEqual((row.state, row.sat_state), ("rejected", "vigente"))
        self.assertFalse(bill.activity_ids)

    def test_many_at_once(self):
        rows = self.Request.with_user(self.manager)
        for _one in range(7):
            rows |= self.received()
        wizard = self.wizard(rows)
        self.assertEqual(wizard.count, 7)
        self.assertTrue(wizard.warning)
        wizard.action_confirm()
        self.assertEqual(set(rows.mapped("state")), {"accepted", "waiting"})
        self.run_answers()
        self.assertEqual(set(rows.mapped("state")), {"accepted"})
        self.assertEqual({self.at_sat(row.uuid) for row in rows}, {("Aceptacion", 1)})

    def test_answered_once(self):
        row = self.received()
        first, second = self.wizard(row), self.wizard(row, "reject")
        first.action_confirm()
        with self.assertRaises(UserError):
            second.action_confirm()
        with self.assertRaises(UserError):
            row.action_reject()
        self.assertEqual(self.at_sat(row.uuid), ("Aceptacion", 1))

    def test_lost_receipt(self):
        """In doubt; the very same bytes go again, and the SAT says that it has them."""
        row = self.received()
        self.fault("lost", operation="answer")
        self.answer(row)
        sent = row._bytes_of("request_xml")
        self.assertEqual(row.state, "in_doubt")
        with self.assertRaises(UserError):
            row.action_reject()
        with self.assertRaises(UserError):
            row.action_withdraw()
        with self.later(SOON):
            self.run_answers()
        self.assertEqual((row.state, row.code, row._bytes_of("request_xml")), ("accepted", "1002", sent))
        self.assertEqual(self.at_sat(row.uuid), ("Aceptacion", 1))

    def test_answer_that_never_arrived(self):
        row = self.received()
        self.fault("timeout", operation="answer")
        self.answer(row, "reject")
        self.assertEqual((row.state, self.at_sat(row.uuid)), ("in_doubt", (None, 1)))
        sent = row._bytes_of("request_xml")
        with self.later(SOON):
            self.run_answers()
        self.assertEqual((row.state, row.code, row._bytes_of("request_xml")), ("rejected", "1000", sent))

    def test_pac_down(self):
        """Certain that nothing left: it goes by itself later, or is taken back."""
        row, other = self.received(), self.received()
        for one in (row, other):
            self.fault("unreachable", operation="answer")
            self.answer(one)
            self.assertEqual(one.state, "waiting")
            self.assertTrue(one.explanation)
        other.action_withdraw()
        self.assertEqual((other.state, other.answer, other.request_xml), ("pending", False, False))
        self.answer(other, "reject")
        with self.later(SOON):
            self.run_answers()
        self.assertEqual((row.state, other.state), ("accepted", "rejected"))

    def test_process_killed_in_the_middle(self):
        """The claim is committed, the answer at the SAT, and nothing written: the cron finds out."""
        row = self.received()
        # Not assertRaises, which would take back what is committed here.
        with patch.object(type(row), "_record", side_effect=MemoryError), contextlib.suppress(MemoryError):
            self.answer(row)
        self.assertEqual((row.state, self.at_sat(row.uuid)), ("in_flight", ("Aceptacion", 1)))
        self.run_answers()
        self.assertEqual(row.state, "in_flight", "its lease runs")
        with self.later(SOON):
            self.run_answers()
        self.assertEqual((row.state, self.at_sat(row.uuid)), ("accepted", ("Aceptacion", 1)))

    def test_codes_of_the_first_attempt(self):
        """What the SAT says of the UUID, and what the row is then. What was refused may be answered again."""
        for code, state in (
            ("1001", "gone"), ("1002", "gone"), ("1003", "pending"), ("1004", "pending"), ("1005", "pending"),
            ("1006", "pending"), ("9999", "pending"),
        ):
            row = self.received()
            with self.subTest(code), patch.object(
                    Loopback, "answer", lambda self, request, row=row, code=code: Answered({row.uuid: code})):
                self.answer(row)
                self.assertEqual((row.state, row.code), (state, code))
                self.assertTrue(row.explanation)
                self.assertEqual(bool(row.answer), state == "gone")
                self.assertEqual(bool(row.activity_ids), state == "pending")

    def test_refusals_of_the_whole(self):
        for code in ("300", "301", "302", "304", "305", "309", "310", "708"):
            row = self.received()
            with self.subTest(code):
                self.fault("refuse", operation="answer", code=code)
                self.answer(row)
                self.assertEqual((row.state, row.code, row.request_xml), ("pending", code, False))
                self.answer(row, "reject")
                self.assertEqual((row.state, self.at_sat(row.uuid)), ("rejected", ("Rechazo", 1)))

    def test_refused_while_in_doubt(self):
        """It says nothing about the attempt before: only the list does, and only after a while."""
        arrived, lost = self.received(), self.received()
        self.fault("lost", operation="answer")
        self.answer(arrived)
        self.fault("timeout", operation="answer")
        self.answer(lost)
        refuse = patch.object(Loopback, "answer", lambda self, request: Refused("304", "Venció."))
        with self.later(SOON), refuse:
            self.run_answers()
            self.assertEqual((arrived.state, lost.state), ("gone", "in_doubt"))
        with self.later("2026-03-12 20:30:00"), refuse:
            self.run_answers()
            self.assertEqual((lost.state, lost.answer, lost.code), ("pending", False, "304"))

    def test_answer_about_another(self):
        row = self.received()
        with patch.object(Loopback, "answer", lambda self, request: Answered({NOBODY: "1000"})):
            self.answer(row)
        self.assertEqual((row.state, row.code), ("in_doubt", "unreadable_answer"))

    def test_lower_case_answer(self):
        row = self.received()
        with patch.object(Loopback, "answer", lambda self, request: Answered({row.uuid.lower(): "1000"})):
            self.answer(row)
        self.assertEqual(row.state, "accepted")

    def test_late_answer_changes_nothing(self):
        row = self.received().sudo()
        row.write({"state": "waiting", "answer": "accept"})
        call = row._claim()
        row.attempt += 1
        row._record(call, call.run())
        self.assertEqual(row.state, "in_flight")
        self.assertEqual(self.at_sat(row.uuid), ("Aceptacion", 1))

    def test_no_certificate_in_force(self):
        row = self.received()
        self.certificate.sudo().active = False
        with self.assertRaisesRegex(UserError, "CSD"):
            row.action_accept()
        self.assertEqual(self.at_sat(row.uuid), (None, 1))

    def test_certificate_that_expires_before_the_cron_sends_it(self):
        row = self.received()
        self.fault("unreachable", operation="answer")
        self.answer(row)
        self.certificate.sudo().active = False
        with self.later(SOON), self.assertLogs("odoo.addons.l10n_mx_cfdi40.models.queue", "WARNING"):
            self.run_answers()
        self.assertEqual((row.state, row.attempt, self.at_sat(row.uuid)), ("waiting", 1, (None, 1)))
        row.sudo()._note_failure(UserError("CSD"))
        self.assertEqual(row.explanation, "CSD")

    def test_other_environment(self):
        """A copy of a production database is set to test: nothing of it gets out."""
        row = self.received()
        row.sudo().environment = "production"
        with self.assertRaisesRegex(UserError, "environment"):
            row.action_accept()
        row.sudo().write({"state": "in_doubt", "answer": "accept", "retry_at": "2026-03-12 18:00:00"})
        calls = len(self.pac.calls())
        self.run_answers()
        self.assertEqual(len(self.pac.calls()), calls)

    def test_the_sat_has_the_last_word(self):
        """Taken (1000), and the SAT does not show it yet: it is asked again until it does."""
        uuid, _xml = self.vendor.issue()
        bill = self.bill(uuid)
        self.vendor.cancel(uuid)
        self.ask()
        row = self.row(uuid)
        with patch.object(Loopback, "answer", lambda self, request: Answered({uuid: "1000"})):
            self.answer(row)
        self.assertEqual((row.state, row.sat_state), ("accepted", "vigente"))
        self.assertFalse(bill.activity_ids, "accepted is not cancelled")
        with self.later(SOON):
            self.pac.accept(uuid)
            self.run_answers()
            self.assertEqual(row.sat_state, "cancelado")
            self.assertTrue(bill.activity_ids)


@tagged("post_install_l10n", "post_install", "-at_install")
class TestReceivedRights(ReceivedCommon):
    def test_who_bills_or_audits_looks_and_does_not_answer(self):
        row = self.received()
        for user in (self.biller, self.auditor):
            shown = row.with_user(user)
            self.assertEqual(shown.read(["uuid", "state"])[0]["uuid"], row.uuid)
            self.assertFalse(shown.can_answer)
            for call in (shown.action_accept, shown.action_reject, shown.action_withdraw,
                         lambda shown=shown: shown.write({"state": "accepted"}), shown.unlink,
                         lambda user=user: self.env["l10n_mx_cfdi40.received.wizard"].with_user(user).create({
                             "request_ids": row.ids})):
                with self.assertRaises(AccessError):
                    call()
        with self.assertRaises(AccessError):
            self.Request.with_user(self.auditor).action_ask_now()
        self.assertEqual(self.at_sat(row.uuid), (None, 1))

    def test_a_manager_writes_nothing_by_the_api(self):
        row = self.received()
        for vals in ({"state": "accepted"}, {"answer": "accept"}, {"uuid": NOBODY}):
            with self.assertRaises(AccessError):
                row.write(vals)
        with self.assertRaises(AccessError):
            self.Request.with_user(self.manager).create({
                "uuid": NOBODY, "company_id": self.company.id, "environment": "test", "first_seen_at": SOON})
        with self.assertRaises(AccessError):
            row.unlink()
        with self.assertRaises(UserError):
            row.sudo().unlink()

    def test_an_employee_sees_nothing(self):
        row = self.received()
        employee = self.member("empleado", "base.group_user", self.company)
        with self.assertRaises(AccessError):
            row.with_user(employee).read(["uuid"])
        with self.assertRaises(AccessError):
            self.Request.with_user(employee).action_ask_now()

    def test_another_company(self):
        row = self.received()
        other = self.env["res.company"].sudo().create({"name": "Otra", "vat": "CACX7605101P8"})
        stranger = self.member("extraña", "account.group_account_manager", other)
        self.assertFalse(self.Request.with_user(stranger).search([("uuid", "=", row.uuid)]))
        with self.assertRaises(AccessError):
            row.with_user(stranger).action_accept()
        with self.assertRaises(AccessError):
            self.env["l10n_mx_cfdi40.received.wizard"].with_user(stranger).create({"request_ids": row.ids})
        wizard = self.wizard(row)
        with self.assertRaises(AccessError):
            wizard.with_user(stranger).action_confirm()

    def test_a_branch_uses_the_rfc_of_its_root(self):
        branch = self.env["res.company"].sudo().create({"name": "Sucursal", "parent_id": self.company.id})
        uuid, _xml = self.vendor.issue()
        self.vendor.cancel(uuid)
        self.ask()
        row = self.row(uuid)
        self.assertEqual(row.company_id, self.company)
        local = self.member("gerente", "account.group_account_manager", branch)
        shown = row.with_user(local).with_company(branch)
        self.assertEqual(shown.uuid, uuid)
        self.answer(shown)
        self.assertEqual((row.state, row.user_id), ("accepted", local))

    def test_a_branch_with_its_own_rfc_does_not_answer_for_its_parent(self):
        branch = self.env["res.company"].sudo().create({
            "name": "Filial", "parent_id": self.company.id, "vat": "CACX7605101P8"})
        row = self.received()
        local = self.member("gerente", "account.group_account_manager", branch)
        with self.assertRaises(AccessError):
            row.with_user(local).with_company(branch).action_accept()
