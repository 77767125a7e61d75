"""Requests to cancel that meet trouble: refused at the door, sent late, rejected before, told late, left waiting."""
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError
from odoo.models import BaseModel
from odoo.tests import tagged
from odoo.tools import SQL

from ..cfdi.cancelacion import leer_cancelacion
from ..cfdi.estado import EstadoSat
from .cancel_common import WEEK_LATER
from .cancel_wizard_common import CancelWizardCommon

#: Half an hour after WEEK_LATER: leases and first retries are over.
HALF_AN_HOUR_LATER = "2026-03-19 18:30:00"
#: Six hours and more than a day after it.
EVENING, NEXT_EVENING = "2026-03-20 00:30:00", "2026-03-20 22:00:00"


@tagged("post_install_l10n", "post_install", "-at_install")
class TestCancelDoubt(CancelWizardCommon):

    def _in_doubt(self, fault):
        """(invoice, request) of which nobody knows whether it arrived."""
        move = self.needing()
        self.fault(fault, operation="cancel")
        row = self.order(move)
        self.assertEqual(row.state, "in_doubt")
        return move, row

    # -- refused at the door -------------------------------------------------------------------------------------------

    def test_turned_away_while_in_doubt(self):
        """Who is turned away at the door hears nothing of the request before."""
        for code in ("300", "708", "711", "798", "799"):
            with self.subTest(code), self.later(WEEK_LATER):
                move, row = self._in_doubt("timeout")
                self.fault("refuse", operation="cancel", code=code)
                with self.later(HALF_AN_HOUR_LATER):
                    row._cron_send()
                self.assertEqual((row.state, self.document(move).state), ("in_doubt", "cancel_in_doubt"))

    def test_service_out_of_order(self):
        """What passes by itself needs nobody: the order is sent again."""
        for code, later in (("708", "2026-03-12 18:30:00"), ("798", "2026-03-15 18:00:01")):
            with self.subTest(code):
                move = self.small()
                self.fault("refuse", operation="cancel", code=code)
                row = self.order(move)
                self.assertEqual((row.state, self.document(move).state), ("waiting", "stamped"))
                self.assertIn(code, row.reason)
                self.assertFalse(move.activity_ids)
                with self.later("2026-03-12 18:10:00"):
                    self.run_cancellations()
                self.assertEqual(row.state, "waiting", "not before its time")
                with self.later(later):
                    self.run_cancellations()
                self.assertEqual(row.state, "cancelled")

    def test_too_early_while_in_doubt(self):
        """The SAT knows of no request, and the PAC says that it was too early for one: the order waits for later."""
        move = self.small()
        self.fault("timeout", operation="cancel")
        row = self.order(move)
        self.assertEqual((row.state, self.document(move).state), ("in_doubt", "cancel_in_doubt"))
        self.fault("refuse", operation="cancel", code="205")
        with self.later("2026-03-12 18:20:00"):
            row._cron_send()
            self.assertEqual((row.state, row.code, self.document(move).state), ("waiting", "205", "stamped"))
        with self.later("2026-03-12 19:30:00"):
            self.run_cancellations()
            self.assertEqual((row.state, self.requests(move)), ("cancelled", 1))

    def test_substitute_unknown_while_in_doubt(self):
        """The same of the substitute, which the SAT does not have yet."""
        move = self.needing()
        with self.later(WEEK_LATER):
            draft = move._l10n_mx_cfdi40_correct()
            draft.action_post()
            self.fault("timeout", operation="cancel")
            self.stamp(draft)
            row = self.document(move).cancellation_id
            row._cron_send()
            self.assertEqual((row.state, self.document(move).state), ("in_doubt", "cancel_in_doubt"))
        self.fault("refuse", operation="cancel", code="208")
        with self.later(HALF_AN_HOUR_LATER):
            row._cron_send()
            self.assertEqual((row.state, row.code, self.document(move).state), ("waiting", "208", "stamped"))
        with self.later("2026-03-19 20:00:00"):
            self.run_cancellations()
            self.assertEqual((row.state, self.requests(move)), ("requested", 1))

    def test_few_requests_for_one_cfdi(self):
        """PACs take five and no more: it takes a day until there were as many."""
        move = self.small()
        self.fault("refuse", operation="cancel", code="708", times=9)
        row = self.order(move)
        for _turn in range(4):
            with self.later(str(row.retry_at)):
                row._cron_send()
        self.assertEqual((row.attempt, row.state), (5, "waiting"))
        self.assertGreater(row.retry_at, fields.Datetime.to_datetime("2026-03-13 18:00:00"))

    def test_too_many_requests(self):
        """The PAC takes no more for this CFDI: a person has to talk to it."""
        move = self.small()
        self.fault("refuse", operation="cancel", code="799")
        row = self.order(move)
        self.assertEqual((row.state, row.code), ("refused", "799"))

    # -- sent late -----------------------------------------------------------------------------------------------------

    def test_sent_a_day_after_it_was_ordered(self):
        """The PAC was away for a day: what is sent then is as good as new, also when its answer is lost."""
        move = self.needing()
        with self.later(WEEK_LATER):
            self.fault("unreachable", operation="cancel")
            row = self.order(move)
            self.assertEqual(row.state, "waiting")
        with self.later(NEXT_EVENING):
            self.fault("timeout", operation="cancel")
            row._cron_send()
            self.assertEqual(row.state, "in_doubt")
            request = leer_cancelacion(row._request_bytes())
            self.assertEqual(request.fecha.isoformat(), "2026-03-20T16:00:00")
        with self.later("2026-03-20 22:10:00"):
            self.run_cancellations()
            self.assertEqual((row.state, self.requests()), ("requested", 1))
            self.assertEqual(str(row.deadline), "2026-03-26 05:59:59")

    def test_substitute_that_the_sat_does_not_have_yet(self):
        """Stamped a moment ago, and the cancellation goes out by itself: it is sent again until the SAT knows it."""
        move = self.needing()
        self.pac.delay_index(3600)
        self.addCleanup(self.pac.delay_index, 0)
        with self.later(WEEK_LATER):
            draft = move._l10n_mx_cfdi40_correct()
            draft.action_post()
            self.stamp(draft)
            self.run_cancellations()
            row = self.document(move).cancellation_id
            self.assertEqual((row.state, row.code, self.document(move).state), ("waiting", "208", "stamped"))
            self.assertFalse(move.activity_ids)
        with self.later("2026-03-19 20:00:00"):
            self.run_cancellations()
        self.assertEqual((row.state, self.requests()), ("requested", 1))

    # -- rejected before -----------------------------------------------------------------------------------------------

    def test_second_request_that_did_not_leave_at_once(self):
        """It is still the second one: the SAT goes on showing the rejection of the first, and no silence ends it."""
        with self.later(WEEK_LATER):
            move = self.rejected()
            self.fault("unreachable", operation="cancel")
            row = self.order(move)
            self.assertEqual(row.state, "waiting")
            with self.later(HALF_AN_HOUR_LATER):
                self.run_cancellations()
            self.assertEqual((row.state, row.after_rejection, row.deadline), ("requested", True, False))

    def test_second_request_that_was_refused(self):
        with self.later(WEEK_LATER):
            move = self.rejected()
            self.fault("refuse", operation="cancel", code="203")
            self.assertEqual(self.order(move).state, "refused")
            row = self.order(move)
            self.assertEqual((row.state, row.after_rejection, row.deadline), ("requested", True, False))

    def test_rejected_without_odoo(self):
        """Asked for at the SAT's portal and rejected there: the first request of Odoo is the second one of all."""
        with self.later(WEEK_LATER):
            move = self.rejected()
            document = self.document(move)
            # As if Odoo had never asked.
            document.cancellation_ids.flush_recordset()
            self.env.cr.execute("DELETE FROM l10n_mx_cfdi40_cancellation WHERE document_id = %s", [document.id])
            self.env.cr.execute("UPDATE l10n_mx_cfdi40_document SET state = 'stamped' WHERE id = %s", [document.id])
            self.env.invalidate_all()
            self.ask_sat(move)
            self.assertEqual((document.state, document.sat_process), ("stamped", "rejected"))
            row = self.order(move)
            self.assertEqual((row.state, row.after_rejection, row.deadline), ("requested", True, False))

    # -- told ----------------------------------------------------------------------------------------------------------

    def test_told_after_an_interruption(self):
        """The process died when the end was written down and before it was said: the cron says it."""
        Document = type(self.env["l10n_mx_cfdi40.document"])
        self.always_asked()
        refused, rejected = self.needing(), self.needing()
        with self.later(WEEK_LATER), patch.object(Document, "_conclude_cancellation", lambda _self: None):
            self.order(rejected)
            self.pac.reject(self.document(rejected).uuid)
            self.ask_sat(rejected)
            self.fault("refuse", operation="cancel", code="203")
            self.order(refused)
        for move, state in ((refused, "refused"), (rejected, "rejected")):
            self.assertEqual(self.document(move).cancellation_id.state, state)
            self.assertFalse(move.activity_ids)
        with self.later(HALF_AN_HOUR_LATER):
            self.run_cancellations()
        for move in refused | rejected:
            self.assertEqual(len(move.activity_ids), 1)

    def test_asked_less_often_as_time_goes_by(self):
        """One step of the waits for each question of the cron, and none for those of a person."""
        move = self.needing()
        with self.later(WEEK_LATER):
            self.order(move)
        document = self.document(move)
        document.write({"sat_tries": 0, "sat_next_at": WEEK_LATER})
        for moment, after in (
                ("2026-03-19 18:00:00", "2026-03-19 18:01:00"), ("2026-03-19 18:01:00", "2026-03-19 18:06:00"),
                ("2026-03-19 18:06:00", "2026-03-19 18:21:00"), ("2026-03-19 18:21:00", "2026-03-19 19:21:00")):
            with self.later(moment):
                document._cron_sat()
                self.assertEqual(str(document.sat_next_at), after)
                self.ask_sat(move)
                self.assertEqual(str(document.sat_next_at), after)

    def test_too_many_at_once(self):
        """One question a second would outlast the request of the browser."""
        documents = self.document(self.small())
        with patch("odoo.addons.l10n_mx_cfdi40.models.document_sat.ASK_AT_ONCE", 0), self.assertRaises(UserError):
            documents.with_user(self.biller).action_ask_sat()

    def test_a_day_that_a_new_version_brings_too(self):
        """Who wrote it before does not keep the addon from being upgraded."""
        Holiday = self.env["l10n_mx_cfdi40.holiday"]
        before = Holiday._calendar()
        Holiday.with_user(self.accountant).create({"date": "2026-03-16", "name": "Benito Juárez"})
        self.assertEqual(Holiday._calendar(), before)

    # -- left waiting --------------------------------------------------------------------------------------------------

    def _fail(self, row):
        with self.assertRaises(UserError) as caught:
            row._run()
        # Where commits are forbidden, as in tests, the queue writes nothing down.
        row._note_failure(caught.exception)

    def _in_need(self):
        """(invoice, order) that cannot be signed: there is no CSD in force."""
        move = self.small()
        self.certificate.sudo().active = False
        row = self.order(move)
        self._fail(row)
        self.assertEqual(row.state, "waiting")
        return move, row

    def test_an_order_that_needs_somebody(self):
        """Nothing of it was sent, for want of something of ours: somebody is told, once; and no more when it went."""
        move, row = self._in_need()
        self._fail(row)
        [activity] = move.activity_ids
        self.assertIn("CSD", activity.note)
        self.certificate.sudo().active = True
        with self.later("2026-03-12 19:30:00"):
            self.run_cancellations()
        self.assertEqual(row.state, "cancelled")
        self.assertFalse(move.activity_ids)

    def test_an_order_taken_back_needs_nobody(self):
        move, _row = self._in_need()
        self.assertTrue(move.activity_ids)
        move.action_l10n_mx_cfdi40_withdraw()
        self.assertFalse(move.activity_ids)

    # -- a database that is there already ------------------------------------------------------------------------------

    def test_upgrade_computes_nothing_row_by_row(self):
        """The columns are there before Odoo would compute them; what is replaced already is known by one query."""
        move = self.needing()
        new = self.document(self.substitute_of(move))
        self.env.flush_all()
        columns = {"l10n_mx_cfdi40.document": "is_substituted", "account.move": "l10n_mx_cfdi40_is_substituted"}
        found = {}
        with patch.object(BaseModel, "_auto_init", lambda _self: None):
            for name, field in columns.items():
                table, column = SQL.identifier(self.env[name]._table), SQL.identifier(field)
                self.env.cr.execute(SQL("ALTER TABLE %s DROP COLUMN %s", table, column))
                self.env[name]._auto_init()
                self.env.cr.execute(SQL("SELECT id FROM %s WHERE %s", table, column))
                found[name] = {row[0] for row in self.env.cr.fetchall()}
        self.assertIn(self.document(move).id, found["l10n_mx_cfdi40.document"])
        self.assertNotIn(new.id, found["l10n_mx_cfdi40.document"])
        self.assertFalse(found["account.move"])

    # -- many ----------------------------------------------------------------------------------------------------------

    def test_queries_of_the_window(self):
        """Rules, obstacles and order of many cost as many queries as of one; only each row is written."""
        moves = self.env["account.move"].concat(*(self.needing() for _number in range(8)))
        documents = moves.sudo().l10n_mx_cfdi40_document_id
        silent = EstadoSat.leer("S - Comprobante obtenido satisfactoriamente.", "Vigente", "", "")

        def cold(some):
            with patch.object(type(documents), "_ask_sat", lambda _self: silent):
                self.env.flush_all()
                self.env.invalidate_all()
                before = self.env.cr.sql_log_count
                some.with_user(self.biller).action_l10n_mx_cfdi40_cancel()
                self.env.flush_all()
                return self.env.cr.sql_log_count - before

        cold(moves[:1])
        self.assertLessEqual(cold(moves), cold(moves[:2]) + 3)
