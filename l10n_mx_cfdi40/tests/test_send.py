"""The Send wizard stamps first, tells beforehand what is wrong, and never loses a stamp to somebody else's problem."""
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged

from .stamp_common import StampCommon


@tagged("post_install_l10n", "post_install", "-at_install")
class TestSend(StampCommon):
    def send(self, moves):
        model = "account.move.send.wizard" if len(moves) == 1 else "account.move.send.batch.wizard"
        return self.env[model].with_context(active_model="account.move", active_ids=moves.ids).create({})

    def send_in_background(self, moves):
        self.send(moves).action_send_and_print()
        self.env.flush_all()
        self.run_send_cron(len(moves))

    def run_send_cron(self, count):
        # Its commit is forbidden in tests.
        with patch.object(self.registry["ir.cron"], "_commit_progress", lambda *args, **keywords: float("inf")):
            self.env["account.move"].sudo()._cron_account_move_send(job_count=count)

    def test_single(self):
        move = self.ready()
        wizard = self.send(move)
        self.assertEqual(wizard.extra_edis, ["mx_cfdi40"])
        self.assertFalse(wizard.alerts)
        shown = [row["mimetype"] for row in wizard.mail_attachments_widget if row["placeholder"]]
        self.assertIn("application/xml", shown)
        wizard.action_send_and_print()
        document = self.assertStamped(move)
        self.assertTrue(move.invoice_pdf_report_id)
        names = [row.name for row in self.env["account.move.send"]._get_invoice_extra_attachments(move)]
        self.assertIn(document.attachment_id.name, names)
        sent = move.message_ids.filtered(lambda message: "cliente@example.com" in message.partner_ids.mapped("email"))
        self.assertIn(document.attachment_id.name, sent.attachment_ids.mapped("name"), "the mail carries the XML")

    def test_stamped_already(self):
        move = self.ready()
        move._l10n_mx_cfdi40_stamp()
        wizard = self.send(move)
        self.assertFalse(wizard.extra_edis)
        self.assertIn(self.document(move).attachment_id.id, [row["id"] for row in wizard.mail_attachments_widget])
        wizard.action_send_and_print()
        self.assertEqual(self.stamps(), 1)

    def test_the_pdf_from_before_the_stamp_is_replaced(self):
        move = self.ready()
        wizard = self.send(move)
        wizard.extra_edi_checkboxes = {"mx_cfdi40": {"checked": False, "label": "CFDI 4.0"}}
        wizard.action_send_and_print()
        old = move.invoice_pdf_report_id
        self.assertTrue(old)
        self.assertEqual(self.stamps(), 0, "not ticked")
        self.send(move).action_send_and_print()
        self.assertStamped(move)
        self.assertTrue(move.invoice_pdf_report_id)
        self.assertNotEqual(move.invoice_pdf_report_id, old)
        self.assertTrue(old.exists(), "kept, under a name that says what it is")

    def test_an_invoice_of_a_month_that_is_over_is_sent_without_stamping(self):
        """It was stamped in the system before this one, or a person has to agree to another month first."""
        move = self.ready(invoice_date="2026-01-20")
        wizard = self.send(move)
        self.assertFalse(wizard.extra_edis)
        self.assertEqual(wizard.alerts["l10n_mx_cfdi40_without"]["level"], "warning")
        self.assertIn(move.name, wizard.alerts["l10n_mx_cfdi40_without"]["message"])
        wizard.action_send_and_print()
        self.assertTrue(move.invoice_pdf_report_id)
        self.assertEqual(self.stamps(), 0)
        # Who agrees to the other month has it stamped by Send too.
        move._l10n_mx_cfdi40_enqueue(month_confirmed=True)
        self.assertEqual(self.send(move).extra_edis, ["mx_cfdi40"])

    def test_what_is_wrong_is_said_before(self):
        move = self.bad()
        wizard = self.send(move)
        alerts = [alert for key, alert in wizard.alerts.items() if key.startswith("l10n_mx_cfdi40")]
        self.assertIn("danger", [alert["level"] for alert in alerts])
        with self.assertRaises(UserError):
            wizard.action_send_and_print()
        self.assertEqual(self.stamps(), 0)

    def test_callers_that_pass_no_wizard_are_checked_too(self):
        move = self.bad()
        with self.assertRaises(UserError):
            self.env["account.move.send"]._generate_and_send_invoices(move, sending_methods=[])
        self.assertFalse(move.l10n_mx_cfdi40_document_ids)
        self.assertFalse(move.invoice_pdf_report_id)

    def test_refused(self):
        move = self.ready()
        self.fault("refuse", code="CFDI40145", message="El nombre no corresponde")
        with self.assertRaisesRegex(UserError, "CFDI40145"):
            self.send(move).action_send_and_print()

    def test_one_refused_does_not_stop_the_others(self):
        moves = self.ready() + self.ready() + self.ready()
        self.fault("refuse", code="CFDI40145")
        self.send_in_background(moves)
        states = sorted(moves.mapped("l10n_mx_cfdi40_state"))
        self.assertEqual(states, ["rejected", "stamped", "stamped"])
        refused = moves.filtered(lambda move: move.l10n_mx_cfdi40_state == "rejected")
        self.assertFalse(refused.invoice_pdf_report_id)
        self.assertFalse(refused.sending_data, "nothing to try again: the invoice has to be mended")
        for move in moves - refused:
            self.assertStamped(move)
            self.assertTrue(move.invoice_pdf_report_id)

    def test_pac_down_in_the_background_is_tried_again(self):
        moves = self.ready() + self.ready()
        self.fault("unreachable")
        self.send_in_background(moves)
        waiting = moves.filtered(lambda move: move.l10n_mx_cfdi40_state == "sealed")
        self.assertEqual(len(waiting), 1)
        self.assertTrue(waiting.sending_data)
        document = self.document(waiting)
        # The cron comes round at once; the PAC is not asked before the document's next turn.
        self.run_send_cron(2)
        self.assertEqual(document.attempt, 1)
        document.retry_at = False
        self.run_send_cron(2)
        self.assertStamped(waiting)
        self.assertFalse(waiting.sending_data)
        self.assertEqual(self.stamps(), 2)
