from unittest.mock import patch

from odoo import SUPERUSER_ID, fields
from odoo.exceptions import AccessError
from odoo.tests import tagged

from ..models import batch as batches
from .stamp_common import LATER, StampCommon


@tagged("post_install_l10n", "post_install", "-at_install")
class TestBatch(StampCommon):
    """Several invoices stamped together: how far they are, and what went wrong with each."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.become(SUPERUSER_ID)
        cls.auditor = cls._user("auditora", "account.group_account_readonly")
        cls.stranger = cls._user(
            "ajena", "account.group_account_invoice", cls.env["res.company"].create({"name": "Otra"}))
        cls.become(cls.biller)

    def start(self, moves):
        """The batch, as the wizard makes it of these invoices."""
        action = moves.action_l10n_mx_cfdi40_stamp()
        wizard = self.env["l10n_mx_cfdi40.stamp.wizard"].browse(action["res_id"])
        action = wizard.action_stamp()
        self.assertEqual(action["res_model"], "l10n_mx_cfdi40.batch")
        return self.env["l10n_mx_cfdi40.batch"].browse(action["res_id"])

    def counts(self, batch):
        batch.invalidate_recordset()
        names = ("total", "stamped", "waiting", "failed", "doubt", "stopped", "progress", "state")
        return {name: batch[name] for name in names if batch[name]}

    def several(self, count=3):
        return self.env["account.move"].concat(*[self.ready() for _number in range(count)])

    def test_from_the_wizard_to_the_end(self):
        moves = self.several()
        batch = self.start(moves)
        self.assertEqual(batch.line_ids.move_id, moves)
        self.assertEqual(self.counts(batch), {"total": 3, "waiting": 3, "state": "running"})
        self.assertFalse(batch.ended_at)
        self.run_queue()
        self.assertEqual(self.counts(batch), {"total": 3, "stamped": 3, "progress": 100, "state": "done"})
        self.assertTrue(batch.ended_at)
        self.assertFalse(batch.problem_ids)
        for move in moves:
            self.assertStamped(move)
        self.assertEqual(batch.action_moves()["domain"], [("id", "in", moves.ids)])

    def test_speed(self):
        moves = self.several(2)
        batch = self.start(moves)
        self.run_queue()
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE l10n_mx_cfdi40_batch SET create_date = (SELECT max(create_date) FROM l10n_mx_cfdi40_document_event)"
            " - interval '30 seconds' WHERE id = %s", [batch.id])
        self.env.invalidate_all()
        self.assertAlmostEqual(batch.speed, 4, places=1)
        self.assertEqual((batch.ended_at - batch.create_date).total_seconds(), 30)

    def test_each_failure_beside_its_invoice(self):
        moves = self.several(3)
        batch = self.start(moves)
        moves[0].l10n_mx_cfdi40_uso_id = False
        self.fault("refuse", code="CFDI40145", times=1)
        self.run_queue()
        self.assertEqual(self.counts(batch), {
            "total": 3, "stamped": 1, "failed": 2, "progress": 100, "state": "done"})
        explained = {line.move_id: line for line in batch.problem_ids}
        self.assertIn("MX_RECEPTOR_SIN_USO", explained[moves[0]].explanation)
        refused = (batch.problem_ids - explained[moves[0]]).move_id
        self.assertIn("UNIVERSIDAD ROBOTICA ESPAÑOLA", explained[refused].explanation)
        self.assertEqual(explained[moves[0]].action_mend()["res_id"], moves[0].id, "mended on the invoice itself")
        self.assertEqual(explained[refused].action_mend()["res_id"], self.customer.id)
        # Mended, they go on.
        moves[0].l10n_mx_cfdi40_uso_id = self.uso
        batch.action_retry()
        self.assertEqual(self.counts(batch)["waiting"], 2)
        self.run_queue()
        self.assertEqual(self.counts(batch)["stamped"], 3)
        self.assertEqual(self.stamps(), 3)

    def test_in_doubt(self):
        moves = self.several(2)
        batch = self.start(moves)
        self.fault("lost", times=1)
        self.run_queue()
        self.assertEqual(self.counts(batch)["doubt"], 1)
        self.assertEqual(batch.problem_ids.outcome, "doubt")
        self.assertIn("timeout", self.document(batch.problem_ids.move_id).code)
        # In words: the names and errors of the program are for the log.
        self.assertIn("El PAC no contestó a tiempo.", batch.problem_ids.explanation)
        self.assertNotIn("[timeout]", batch.problem_ids.explanation)
        self.assertNotIn("Detalle", batch.problem_ids.explanation)
        self.run_recover()
        with self.at("2026-03-12 18:30:00"):
            self.run_recover()
        self.assertEqual(self.counts(batch)["stamped"], 2)

    def test_stop_and_resume(self):
        moves = self.several(3)
        batch = self.start(moves)
        # One of them is on its way already.
        sent = self.document(moves[1])
        document_model = self.env["l10n_mx_cfdi40.document"].sudo()
        document_model._prepare(moves[1])
        call = sent._claim()
        batch.action_stop()
        self.assertEqual(self.counts(batch), {"total": 3, "waiting": 1, "stopped": 2, "state": "running"})
        self.run_queue()
        self.assertEqual(self.stamps(), 0, "nothing of it is in the queue any more")
        sent._record(call, call.run())
        self.assertEqual(self.counts(batch)["state"], "stopped")
        batch.action_resume()
        self.assertEqual(self.counts(batch)["waiting"], 2)
        self.run_queue()
        self.assertEqual(self.counts(batch), {"total": 3, "stamped": 3, "progress": 100, "state": "done"})
        self.assertEqual(self.stamps(), 3)

    def test_stopped_while_it_is_prepared(self):
        """What was taken out after the queue had looked is not stamped after all."""
        moves = self.several(3)
        batch = self.start(moves)
        documents = type(self.env["l10n_mx_cfdi40.document"])
        prepare = documents._prepare_together

        def stopped(records):
            batch.action_stop()
            return prepare(records)

        with patch.object(documents, "_prepare_together", stopped):
            self.run_queue()
        self.assertEqual(self.stamps(), 0)
        self.assertEqual(self.counts(batch)["stopped"], 3)

    def test_another_month_is_confirmed_for_all(self):
        moves = self.several(2)
        batch = self.start(moves)
        with self.at("2026-04-02 18:00:00"):
            self.run_queue()
            self.assertEqual((self.counts(batch)["failed"], batch.unconfirmed), (2, 2))
            batch.action_confirm_month()
            self.run_queue()
            self.assertEqual(self.counts(batch)["stamped"], 2)

    def test_who_may(self):
        moves = self.several(2)
        batch = self.start(moves)
        auditor, stranger = self.auditor, self.stranger
        seen = batch.with_user(auditor)
        self.assertEqual(seen.waiting, 2)
        for name in ("action_stop", "action_resume", "action_retry"):
            with self.assertRaises(AccessError):
                getattr(seen, name)()
        with self.assertRaises(AccessError):
            batch.with_user(stranger).action_stop()
        self.assertFalse(self.env["l10n_mx_cfdi40.batch"].with_user(stranger).search([]))
        self.assertFalse(self.env["l10n_mx_cfdi40.batch.line"].with_user(stranger).search([]))
        self.assertEqual(self.counts(batch)["waiting"], 2)

    def test_of_several_companies(self):
        """Who sees only one of them sees its invoices in the batch, and no error."""
        moves = self.several(2)
        batch = self.start(moves)
        for move in moves:
            move.l10n_mx_cfdi40_uso_id = False
        self.run_queue()
        other = self.stranger.sudo().company_id
        self.env.flush_all()
        self.env.cr.execute("UPDATE account_move SET company_id = %s WHERE id = %s", [other.id, moves[1].id])
        self.env.invalidate_all()
        values = batch.web_read({"problem_ids": {"fields": {"explanation": {}}}})
        self.assertEqual(len(values[0]["problem_ids"]), 1)

    def test_queries_do_not_grow(self):
        batches = [self.start(self.several(count)) for count in (2, 12)]
        counts = []
        for batch in (batches[0], *batches):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            batch.read(["total", "progress", "speed", "state", "problem_ids"])
            counts.append(self.env.cr.sql_log_count - before)
        # The first time access rights and the like are read too.
        self.assertEqual(counts[1], counts[2])

    def test_old_ones_go(self):
        batch = self.start(self.several(2))
        self.env.cr.execute(
            "UPDATE l10n_mx_cfdi40_batch SET create_date = %s WHERE id = %s",
            [fields.Datetime.to_datetime("2025-01-01"), batch.id])
        with patch.object(batches, "_PRUNED_AT_ONCE", 1):
            self.assertEqual(self.env["l10n_mx_cfdi40.batch"]._gc_old(), (1, True))
            self.assertEqual(self.env["l10n_mx_cfdi40.batch"]._gc_old(), (0, False))
        self.assertFalse(batch.exists())

    def test_being_prepared_is_no_reason(self):
        move = self.ready()
        move._l10n_mx_cfdi40_enqueue()
        document = self.document(move)
        document._mark_preparing()
        self.assertTrue(document.code)
        self.assertFalse(document.explanation)

    def test_expired_while_waiting(self):
        """Sealed too long ago: it is sealed anew when its turn comes."""
        moves = self.several(2)
        batch = self.start(moves)
        self.fault("unreachable", times=2)
        self.run_queue()
        with self.at(LATER):
            # The cron's own user asked for nothing.
            self.as_cron()._cron_queue()
            self.assertEqual(self.counts(batch)["stamped"], 2)
        self.assertIn("discarded", moves.sudo().l10n_mx_cfdi40_document_ids.mapped("state"))
        documents = moves.sudo().l10n_mx_cfdi40_document_id
        self.assertEqual(documents.create_uid, self.biller)
        uses = self.env["l10n_mx_cfdi40.credit.use"].sudo().search([("document_id", "in", documents.ids)])
        self.assertEqual((len(uses), uses.user_id), (2, self.biller))

    def test_who_asked_for_what_cannot_be_sent_as_it_was_sealed(self):
        move = self.ready()
        document = self.env["l10n_mx_cfdi40.document"]._prepare(move)[move].document.sudo()
        move.l10n_mx_cfdi40_uso_id = False
        self.as_cron()._cron_queue()
        self.assertEqual(document.state, "discarded")
        waiting = self.document(move)
        self.assertEqual((waiting.state, waiting.create_uid), ("draft", self.biller))

    def as_cron(self):
        return self.env["l10n_mx_cfdi40.document"].with_user(SUPERUSER_ID)
