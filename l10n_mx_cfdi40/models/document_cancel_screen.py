"""Doors to the cancellation of CFDI: from the ledger, from payments, and the mail to a customer who rejected one."""
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_datetime

from .document_protocol import STAMP_ZONE
from .document_states import IN_FORCE

TEMPLATE = "l10n_mx_cfdi40.mail_template_cancel_rejected"


class Document(models.Model):
    _inherit = "l10n_mx_cfdi40.document"

    can_withdraw = fields.Boolean(compute="_compute_can_withdraw")
    cancel_text = fields.Text("How its cancellation stands", compute="_compute_cancel_text")

    @api.depends("cancellation_ids.state")
    def _compute_can_withdraw(self):
        for document in self:
            document.can_withdraw = document.cancellation_id.state == "waiting"

    @api.depends("state", "cancellation_ids.state", "cancellation_ids.reason", "cancellation_ids.deadline")
    def _compute_cancel_text(self):
        for document in self:
            document.cancel_text = document.cancellation_id._status_text()

    def action_cancel(self):
        """Open “Cancel CFDI” for these: nothing is sent before it is confirmed there."""
        return self.env["l10n_mx_cfdi40.cancel.wizard"]._open(self)

    def action_withdraw_cancellation(self):
        """Take back the order to cancel, while it was not sent."""
        self._check_billing()
        self.cancellation_ids.filtered(lambda row: row.state == "waiting").action_withdraw()

    def action_mail_rejection(self):
        """Open a mail that asks the customer to accept the cancellation that he rejected.

        :raises UserError: no cancellation of it was rejected, or nothing says where its mail belongs
        """
        self._check_billing()
        self.ensure_one()
        if self.state != "cancel_rejected":
            raise UserError(self.env._("The customer has not rejected the cancellation of %s.", self.display_name))
        record = self._mail_record()
        if not record:
            raise UserError(self.env._("%s belongs to no record on which its mail could be kept.", self.display_name))
        mail = self._mail_by_template(
            TEMPLATE, self.env._("Cancellation of the CFDI %s", self.display_name), self.attachment_id)
        return self._compose(record, mail, self.env._("Ask the customer to accept"))

    def _is_cancelling(self):
        """Whether a request was sent and the SAT has not ended it."""
        return self.state in ("cancel_in_flight", "cancel_in_doubt", "cancel_requested")

    def _replaced_by(self):
        """Numbers of the CFDI in force that replace this one, for mails; '' if none does."""
        return ", ".join(
            f"{one.display_name} ({one.uuid})" for one in self.sudo().replacement_ids if one.state in IN_FORCE)


class Cancellation(models.Model):
    _inherit = "l10n_mx_cfdi40.cancellation"

    status_text = fields.Text("How it stands", compute="_compute_status_text")
    countdown = fields.Char("Left to answer", compute="_compute_countdown")
    is_deciding = fields.Boolean(
        compute="_compute_is_deciding", help="The customer rejected it, and nobody has decided yet what to do.")

    @api.depends("state", "reason", "deadline", "end", "code", "message", "after_rejection")
    def _compute_status_text(self):
        for row in self:
            row.status_text = row._status_text()

    @api.depends("state", "deadline")
    def _compute_countdown(self):
        now = self._now()
        for row in self:
            left = row.deadline - now if row.deadline and row.state == "requested" else None
            row.countdown = left is not None and row._left_text(left)

    def _left_text(self, left):
        if left.days < 0:
            return self.env._("Over: the SAT is asked")
        if left.days:
            return self.env._("%(days)s d %(hours)s h", days=left.days, hours=left.seconds // 3600)
        return self.env._("%s h", left.seconds // 3600)

    @api.depends("state", "document_id.state", "document_id.cancellation_ids.state")
    def _compute_is_deciding(self):
        for row in self:
            document = row.document_id
            row.is_deciding = document.state == "cancel_rejected" and document.cancellation_id == row and (
                row.state == "rejected")

    def action_ask_sat(self):
        """Ask the SAT now how it stands."""
        self.document_id.action_ask_sat()

    def action_decide(self):
        """What to do after the customer's rejection."""
        return self.document_id.action_cancel()

    def _status_text(self):
        """How a request stands, for people."""
        if self.state == "waiting":
            return self.reason or self.env._("It is ordered and goes out by itself in a moment.")
        if self.state in ("in_flight", "in_doubt"):
            return self.env._(
                "It was sent and its answer is not known yet: it is being found out, and never requested twice. %s",
                self.explanation or "").strip()
        if self.state == "requested":
            if self.deadline:
                return self.env._(
                    "The customer has to accept it until %s; without an answer it is cancelled by itself. Until the SAT"
                    " says so the CFDI is in force.", format_datetime(
                        self.env, self.deadline, tz=STAMP_ZONE.key))
            if self.after_rejection:
                return self.env._(
                    "The customer has to accept it. It was rejected before, so nothing ends by silence this time.")
            return self.env._(
                "The SAT has received the request. Until it says that it is cancelled, the CFDI is in force.")
        if self.state == "cancelled":
            end = dict(self._fields["end"]._description_selection(self.env)).get(self.end)
            return " ".join(filter(None, (self.env._("The SAT has cancelled it."), end and f"{end}.")))
        if self.state == "rejected":
            return self.env._("The customer rejected it: the CFDI is in force.")
        return self.explanation or ""


class AccountMove(models.Model):
    _inherit = "account.move"

    def _l10n_mx_cfdi40_cancellable_complements(self):
        """Complements in force of the money of these entries whose cancellation nobody asked for yet."""
        return self.sudo()._l10n_mx_cfdi40_mexican().l10n_mx_cfdi40_receipt_ids.document_id.filtered("can_cancel")


class ComplementOfMoney(models.AbstractModel):
    _inherit = "l10n_mx_cfdi40.complement.money"

    l10n_mx_cfdi40_can_cancel = fields.Boolean(compute="_compute_l10n_mx_cfdi40_can_cancel")

    @api.depends("move_id.l10n_mx_cfdi40_receipt_ids.document_id.can_cancel")
    def _compute_l10n_mx_cfdi40_can_cancel(self):
        for money in self:
            money.l10n_mx_cfdi40_can_cancel = bool(money.move_id._l10n_mx_cfdi40_cancellable_complements())

    def action_l10n_mx_cfdi40_cancel(self):
        """Open “Cancel CFDI” for the complement of this money: the money itself stays as it is."""
        documents = self.move_id._l10n_mx_cfdi40_cancellable_complements().sudo(False)
        if not documents:
            raise UserError(self.env._("No complement in force says this payment."))
        return documents.action_cancel()
