"""A bill whose vendor asks to cancel its CFDI: the banner that leads to the answer, and its end once it is cancelled.

The entry is touched by the button alone, never by an answer or by the SAT's.
"""
import re

from odoo import fields, models
from odoo.exceptions import UserError

from .account_move_bill import BILLS, tidy_uuid
from .received_sat import END_BILL

_UUID_IN_TEXT = re.compile("[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}")


class AccountMove(models.Model):
    _inherit = "account.move"

    def _l10n_mx_cfdi40_bill_requests(self):
        """Cancellations that the vendor asked for of the CFDI of this bill, the last one first; with sudo."""
        self.ensure_one()
        Request = self.env["l10n_mx_cfdi40.received.request"].sudo()
        if self.move_type not in BILLS:
            return Request
        uuids = [self.l10n_mx_cfdi40_bill_uuid] if self.l10n_mx_cfdi40_bill_uuid else [
            *_UUID_IN_TEXT.findall(tidy_uuid(f"{self.ref or ''} {self.payment_reference or ''}")),
            *self.sudo().l10n_mx_cfdi40_document_ids.filtered(lambda one: one.direction == "received").mapped("uuid")]
        if not uuids:
            return Request
        return Request.search([
            ("uuid", "in", uuids), ("company_id", "=", self.company_id._l10n_mx_cfdi40_fiscal_root().id)],
            order="id desc")

    def _l10n_mx_cfdi40_alert(self):
        # EXTENDS 'l10n_mx_cfdi40'
        return super()._l10n_mx_cfdi40_alert() or self._l10n_mx_cfdi40_bill_alert()

    def _l10n_mx_cfdi40_bill_alert(self):
        """What a person has to know about the CFDI of a vendor's bill, or None."""
        if self.move_type not in BILLS or self.state == "cancel":
            return None
        request = self._l10n_mx_cfdi40_bill_requests()[:1]
        if request.is_open:
            return {
                "level": "warning",
                "message": self.env._(
                    "The vendor asks to cancel the CFDI of this bill. %s", request.effect_silence or ""),
                "action_text": self.env._("See and answer"),
                "action": request._get_records_action(),
            }
        if request.sat_state != "cancelado" or not self._l10n_mx_cfdi40_must_end():
            return None
        closed = self.state == "posted" and self._l10n_mx_cfdi40_is_closed()
        return {
            "level": "danger",
            "message": self.env._(
                "The SAT has cancelled the CFDI of this bill: it supports neither its expense nor its VAT any more.")
            + (" " + self.env._("Its period is locked.") if closed else ""),
            "action_text": self.env._("Reverse with today's date") if closed else self.env._("Cancel the bill"),
            "action_call": ["account.move", "action_l10n_mx_cfdi40_end_bill", self.ids],
        }

    def _l10n_mx_cfdi40_must_end(self):
        """Whether the entry still says what a cancelled CFDI said."""
        return self.state != "cancel" and not self.reversal_move_ids.filtered(
            lambda move: move.state == "posted" and move.amount_total == self.amount_total)

    def action_l10n_mx_cfdi40_end_bill(self):
        """Cancel the bill of a CFDI that the SAT has cancelled, or reverse it with today's date in a locked period.

        :return: the action that shows the reversal, or None
        :raises UserError: its CFDI is not cancelled, or it is ended already
        """
        self._l10n_mx_cfdi40_check_user()
        self.ensure_one()
        request = self._l10n_mx_cfdi40_bill_requests()[:1]
        if request.sat_state != "cancelado" or request.is_open or not self._l10n_mx_cfdi40_must_end():
            raise UserError(self.env._(
                "The SAT has not cancelled the CFDI of this bill, or the bill is ended already."))
        reversal = None
        if self.state == "posted" and self._l10n_mx_cfdi40_is_closed():
            today = fields.Date.context_today(self)
            reversal = self._reverse_moves([{
                "date": today, "invoice_date": today, "invoice_date_due": today,
                "ref": self.env._("Reversal of %(bill)s: CFDI %(uuid)s cancelled", bill=self.name, uuid=request.uuid),
            }], cancel=True)
        else:
            self.button_cancel()
        self.activity_feedback([END_BILL])
        return reversal and reversal._get_records_action()
