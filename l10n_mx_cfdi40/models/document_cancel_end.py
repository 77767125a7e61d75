"""What follows the SAT's answer to a request: the message, the activity, the entry, and whatever waited for it.

All of it can be done again: a process that dies here loses nothing, the cron ends what was not ended.
"""
import logging

from odoo import api, fields, models
from odoo.exceptions import UserError

from .cancellation import DECIDE
from .queue import LATER

_logger = logging.getLogger(__name__)

#: The entry of a cancelled CFDI is in a period that is closed.
REVERSE = "l10n_mx_cfdi40.mail_activity_cancel_reverse"


class Document(models.Model):
    _inherit = "l10n_mx_cfdi40.document"

    is_cancel_concluded = fields.Boolean(readonly=True)

    def _conclude_cancellation(self):
        """Say how a request ended, and end what the cancelled CFDI stood for. Commits; does nothing the second time."""
        self.ensure_one()
        document = self.sudo()
        for row in document.cancellation_ids.filtered(lambda one: not one.is_told):
            if row.state == "cancelled":
                document._tell_cancelled(row)
            elif row.state in ("rejected", "refused"):
                document._tell_not_cancelled(row)
            else:
                continue
            row.is_told = True
            document._commit()
        if document.state == "cancelled" and not document.is_cancel_concluded:
            document._end_cancelled()
            document.is_cancel_concluded = True
            self.env["l10n_mx_cfdi40.cancellation"]._wake_company(document.company_id)
            document._commit()

    def _tell_cancelled(self, row):
        end = dict(row._fields["end"]._description_selection(self.env)).get(row.end)
        self._say(self.env._("The SAT has cancelled the CFDI %s.", self.uuid) + (f" {end}." if end else ""))
        self._activities(DECIDE).unlink()

    def _tell_not_cancelled(self, row):
        if row.state == "rejected":
            text = self.env._(
                "The customer rejected the cancellation of the CFDI %s: it is in force. Talk to the customer and ask"
                " again, or leave it in force; if it was replaced, its substitute has to be cancelled then.", self.uuid)
        else:
            text = self.env._("The CFDI %(uuid)s was not cancelled. %(why)s", uuid=self.uuid, why=row._explanation())
        self._say(text)
        record = self._mail_record()
        if record:
            record.activity_schedule(
                DECIDE, summary=self.env._("CFDI %s was not cancelled", self.display_name), note=text,
                user_id=self._cancel_responsible(row).id)

    def _say(self, text):
        record = self._mail_record()
        if record:
            record.message_post(body=text)

    def _activities(self, kind):
        record = self._mail_record()
        return record.activity_search([kind]) if record else self.env["mail.activity"]

    def _cancel_responsible(self, row):
        """Who ordered the cancellation if that was a person, else who sells to this customer, else an accountant."""
        for user in (row.create_uid, self.move_id.invoice_user_id):
            if user.active and not user.share:
                return user
        return self.env["l10n_mx_cfdi40.receipt"]._accountant(self.company_id) or self.env.user

    def _end_cancelled(self):
        """End in Odoo what the SAT has cancelled. A payment stays as it is: only its complement is gone."""
        # A PDF that was kept does not say that it is cancelled.
        self.pdf_id = False
        self._detach_old_pdf(self.env._("before the cancellation"))
        if self.kind != "P" and self.move_id:
            self.move_id._l10n_mx_cfdi40_end_entry(self)

    def _note_failure(self, error):
        # EXTENDS 'l10n_mx_cfdi40.queue'
        if self.exists() and self.state == "cancelled":
            self.write({"retry_at": self._now() + LATER, "message": str(error)})
            return None
        return super()._note_failure(error)


class Cancellation(models.Model):
    _inherit = "l10n_mx_cfdi40.cancellation"

    def _tell_waiting(self, why):
        """Tell somebody, once, that this order waits for what does not come by itself."""
        document = self.document_id
        record = document._mail_record()
        if record and not document._activities(DECIDE):
            record.activity_schedule(
                DECIDE, summary=self.env._("The cancellation of the CFDI %s waits for you", document.display_name),
                note=why, user_id=document._cancel_responsible(self).id)


class AccountMove(models.Model):
    _inherit = "account.move"

    l10n_mx_cfdi40_cancels_id = fields.Many2one(
        "l10n_mx_cfdi40.document", "Reverses the cancelled CFDI", readonly=True, copy=False, index="btree_not_null",
        ondelete="restrict", help="An entry only: the SAT has cancelled that CFDI, so this one becomes none.")
    l10n_mx_cfdi40_entry_kept = fields.Boolean(
        "Entry to be reversed only",
        readonly=True, copy=False,
        help="The SAT has cancelled its CFDI and the entry stayed, to be reversed: it is not stamped again.")
    l10n_mx_cfdi40_must_reverse = fields.Boolean(compute="_compute_l10n_mx_cfdi40_must_reverse")

    def _l10n_mx_cfdi40_is_applicable(self):
        # EXTENDS 'l10n_mx_cfdi40'
        return super()._l10n_mx_cfdi40_is_applicable() and not self.l10n_mx_cfdi40_cancels_id

    @api.depends("l10n_mx_cfdi40_entry_kept")
    def _compute_l10n_mx_cfdi40_locked(self):
        # EXTENDS 'l10n_mx_cfdi40': what is only to be reversed is not filled in again
        result = super()._compute_l10n_mx_cfdi40_locked()
        self.filtered("l10n_mx_cfdi40_entry_kept").l10n_mx_cfdi40_locked = True
        return result

    def _compute_l10n_mx_cfdi40_must_reverse(self):
        """Whether the CFDI is cancelled and its entry, in a closed period, is not reversed yet."""
        cancelled = self.filtered(lambda move: move.state == "posted" and move.l10n_mx_cfdi40_entry_kept)
        reversed_ids = set(self.sudo().search([
            ("l10n_mx_cfdi40_cancels_id", "in", cancelled.sudo().l10n_mx_cfdi40_document_id.ids),
            ("state", "!=", "cancel")]).l10n_mx_cfdi40_cancels_id.ids)
        for move in self:
            move.l10n_mx_cfdi40_must_reverse = (
                move in cancelled and move.sudo().l10n_mx_cfdi40_document_id.id not in reversed_ids)

    def _l10n_mx_cfdi40_is_closed(self):
        """Whether the period of the entry is locked, or the entry itself is sealed by Odoo."""
        self.ensure_one()
        affects_taxes = any(line.tax_ids or line.tax_line_id for line in self.line_ids)
        return bool(self.inalterable_hash or self._get_violated_lock_dates(self.date, affects_taxes))

    def _l10n_mx_cfdi40_end_entry(self, document):
        """Cancel the entry of a cancelled CFDI, or propose its reversal when its period is closed."""
        if self.state != "posted" or self.l10n_mx_cfdi40_document_id != document:
            return
        if not self._l10n_mx_cfdi40_is_closed():
            try:
                with self.env.cr.savepoint():
                    self.button_cancel()
                    return
            except UserError as error:
                # Something else of Odoo keeps it (a lock of another module, an asset …): a person decides.
                _logger.info("CFDI: entry %s of a cancelled CFDI stays posted: %s", self.id, error)
        self.l10n_mx_cfdi40_entry_kept = True
        self.activity_schedule(
            REVERSE, summary=self.env._("Reverse the entry of the cancelled CFDI"),
            note=self.env._(
                "The SAT has cancelled the CFDI %s. Its entry cannot be cancelled, because its period is closed:"
                " reverse it with “Reverse the entry with today's date” on the invoice.", document.uuid),
            user_id=document._cancel_responsible(document.cancellation_id).id)

    def button_draft(self):
        # EXTENDS 'account': its period was opened again, so it may become another CFDI
        result = super().button_draft()
        self.filtered("l10n_mx_cfdi40_entry_kept").l10n_mx_cfdi40_entry_kept = False
        return result

    def action_l10n_mx_cfdi40_reverse_entry(self):
        """Reverse, dated today, the entry of a CFDI that the SAT has cancelled. The reversal becomes no CFDI."""
        self._l10n_mx_cfdi40_check_user()
        self.ensure_one()
        if not self.l10n_mx_cfdi40_must_reverse:
            raise UserError(self.env._("There is no entry of a cancelled CFDI to reverse here."))
        today = fields.Date.context_today(self)
        document = self.sudo().l10n_mx_cfdi40_document_id
        reversal = self._reverse_moves([{
            "date": today, "invoice_date": today, "invoice_date_due": today,
            "l10n_mx_cfdi40_cancels_id": document.id,
            "ref": self.env._(
                "Reversal of %(invoice)s: CFDI %(uuid)s cancelled", invoice=self.name, uuid=document.uuid),
        }], cancel=True)
        self.activity_feedback([REVERSE])
        return reversal._get_records_action()
