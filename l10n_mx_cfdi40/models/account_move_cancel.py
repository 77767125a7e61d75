"""The invoice's doors to the cancellation of its CFDI, and what its banner says of it."""
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_datetime

from .document_protocol import STAMP_ZONE
from .document_states import IN_FORCE


class AccountMove(models.Model):
    _inherit = "account.move"

    l10n_mx_cfdi40_can_cancel = fields.Boolean(compute="_compute_l10n_mx_cfdi40_can_cancel")
    l10n_mx_cfdi40_is_cancelling = fields.Boolean(compute="_compute_l10n_mx_cfdi40_can_cancel")

    @api.depends("l10n_mx_cfdi40_document_id.can_cancel", "l10n_mx_cfdi40_state")
    def _compute_l10n_mx_cfdi40_can_cancel(self):
        for move in self:
            document = move.l10n_mx_cfdi40_document_id.sudo()
            move.l10n_mx_cfdi40_can_cancel = document.can_cancel
            move.l10n_mx_cfdi40_is_cancelling = document._is_cancelling()

    def button_request_cancel(self):
        # EXTENDS 'account': the core's own button
        if self.l10n_mx_cfdi40_state in IN_FORCE:
            return self.action_l10n_mx_cfdi40_cancel()
        return super().button_request_cancel()

    def action_l10n_mx_cfdi40_cancel(self):
        """Open “Cancel CFDI” for one or many invoices: nothing is sent before it is confirmed there."""
        self._l10n_mx_cfdi40_check_user()
        documents = self.l10n_mx_cfdi40_document_id.filtered(lambda one: one.state in IN_FORCE)
        if not documents:
            raise UserError(self.env._("None of these has a CFDI in force at the SAT."))
        return self.env["l10n_mx_cfdi40.cancel.wizard"]._open(documents)

    def action_l10n_mx_cfdi40_ask_sat(self):
        """Ask the SAT now what it says of these invoices."""
        self._l10n_mx_cfdi40_check_user()
        self.l10n_mx_cfdi40_document_id.filtered("uuid").action_ask_sat()

    def action_l10n_mx_cfdi40_withdraw(self):
        """Take back the orders to cancel that were not sent yet: these CFDI stay in force."""
        self._l10n_mx_cfdi40_check_user()
        self.l10n_mx_cfdi40_document_id.action_withdraw_cancellation()

    def _l10n_mx_cfdi40_alert(self):
        # EXTENDS 'l10n_mx_cfdi40'
        return self._l10n_mx_cfdi40_cancel_alert() or super()._l10n_mx_cfdi40_alert()

    def _l10n_mx_cfdi40_cancel_alert(self):
        """What a person has to know or do about the cancellation of this invoice, or None."""
        document = self.l10n_mx_cfdi40_document_id.sudo()
        if self.state != "posted" or not document:
            return None
        return (
            self._l10n_mx_cfdi40_reverse_alert() or self._l10n_mx_cfdi40_under_way_alert(document)
            or self._l10n_mx_cfdi40_decide_alert(document))

    def _l10n_mx_cfdi40_reverse_alert(self):
        if not self.l10n_mx_cfdi40_must_reverse:
            return None
        return {
            "level": "warning",
            "message": self.env._("The SAT has cancelled this CFDI, and the period of its entry is closed."),
            "action_text": self.env._("Reverse the entry with today's date"),
            "action": self._l10n_mx_cfdi40_server_action("action_move_reverse_cancelled"),
        }

    def _l10n_mx_cfdi40_under_way_alert(self, document):
        """A cancellation that was ordered or sent, whose end is not known."""
        row = document.cancellation_id
        ask = {
            "action_text": self.env._("Update state"),
            "action_call": ["account.move", "action_l10n_mx_cfdi40_ask_sat", self.ids],
        }
        if document.state in ("cancel_in_flight", "cancel_in_doubt"):
            return {"level": "warning", "message": self.env._(
                "The cancellation was sent and its answer is not known yet: it is being found out. Meanwhile the"
                " invoice stays as it is. %s", row.explanation or ""), **ask}
        if document.state == "cancel_requested":
            texts = (self._l10n_mx_cfdi40_substituted_text(document), self._l10n_mx_cfdi40_waiting_text(row))
            return {"level": "info", "message": " ".join(filter(None, texts)), **ask}
        if row.state == "waiting":
            return {"level": "info", "message": self.env._(
                "The cancellation is ordered and goes out by itself. %s", row.explanation or ""),
                "action_text": self.env._("Withdraw order"),
                "action_call": ["account.move", "action_l10n_mx_cfdi40_withdraw", self.ids]}
        return None

    def _l10n_mx_cfdi40_decide_alert(self, document):
        """A CFDI that was not cancelled though it should, or that is replaced: a person decides."""
        row = document.cancellation_id
        refused = row.explanation if row.state == "refused" and row.explanation else ""
        substituted = self._l10n_mx_cfdi40_substituted_text(document)
        decide = {
            "action_text": self.env._("Decide what to do"),
            "action": self._l10n_mx_cfdi40_server_action("action_move_cancel"),
        }
        if document.state == "cancel_rejected":
            rejected = self.env._("The customer rejected the cancellation: the CFDI is in force.")
            return {"level": "danger", "message": f"{rejected} {substituted}".rstrip(), **decide}
        if substituted:
            return {"level": "warning", "message": f"{substituted} {refused}".rstrip(), **decide}
        if refused and document.state == "stamped":
            mend = document._mend_action(row._explained()) if row.code else None
            return {"level": "warning", "message": self.env._("The CFDI was not cancelled. %s", refused),
                    **({"action_text": mend[0], "action": mend[1]} if mend else {})}
        return None

    def _l10n_mx_cfdi40_waiting_text(self, row):
        if row.deadline:
            return self.env._(
                "The customer has to accept the cancellation until %s; without an answer it is cancelled by itself."
                " Until the SAT says so the CFDI is in force.", format_datetime(
                    self.env, row.deadline, tz=STAMP_ZONE.key))
        return self.env._(
            "The cancellation was requested. Until the SAT says that it is cancelled, the CFDI is in force.")

    def _l10n_mx_cfdi40_substituted_text(self, document):
        if not document.is_substituted:
            return ""
        return self.env._(
            "%s replaces it, and both are in force: this one is neither collected nor gets complements.",
            ", ".join(document.replacement_ids.filtered(lambda one: one.state in IN_FORCE).mapped("display_name")))
