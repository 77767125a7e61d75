"""What goes before the cancellation of a paid invoice that was replaced, and is done by itself.

Its payments go over to the new invoice, and each of its complements is issued anew, related with 04 to the old one and
saying the new UUID; the old complements are cancelled, and then the old invoice: in this order, each step when the SAT
has answered the one before. All of it can be done again: what is done already is left alone.
"""
from odoo import fields, models

from .document_states import IN_FORCE
from .receipt_values import UNATTENDED

#: Sent, and not known yet whether it is at the SAT.
_BEING_STAMPED = ("in_flight", "in_doubt")


class AccountMove(models.Model):
    _inherit = "account.move"

    def _l10n_mx_cfdi40_hand_over_payments(self, substitute):
        """Take the payments of this invoice over to the one that replaces it, or the invoices of a credit note. Does
        nothing when there are none.

        Its own entry stays as it is: only what its receivable is reconciled with changes.
        """
        receivable = self.line_ids.filtered(lambda line: line.account_id.account_type == "asset_receivable")
        partials, others = self._l10n_mx_cfdi40_to_hand_over(receivable)
        # In Odoo a payment may do without an entry: then it is only linked to its invoice.
        payments = self.matched_payment_ids.filtered(lambda one: not one.move_id or one.move_id in others.move_id)
        if not (partials or payments) or substitute.state != "posted":
            return
        if payments:
            self.matched_payment_ids -= payments
            substitute.matched_payment_ids |= payments
        partials.unlink()
        for account, lines in others.grouped("account_id").items():
            target = substitute.line_ids.filtered(lambda line, own=account: line.account_id == own)
            if target:
                (lines | target).reconcile()
        # Paid until now, it could not be taken out of what is to be collected.
        self._l10n_mx_cfdi40_block_payment()
        self.message_post(body=self.env._(
            "Its payments went over to %s, which replaces it.", substitute._get_html_link()))

    def _l10n_mx_cfdi40_to_hand_over(self, receivable):
        """(reconciliations of these lines, lines of the others in them): of an invoice those with money, of a credit
        note those with what it takes off."""
        if self.move_type == "out_refund":
            partials = receivable.matched_debit_ids.filtered(
                lambda one: one.debit_move_id.move_id._l10n_mx_cfdi40_is_income())
            return partials, partials.debit_move_id
        payers = self._l10n_mx_cfdi40_payers()
        partials = receivable.matched_credit_ids.filtered(lambda one: one.credit_move_id.move_id in payers)
        return partials, partials.credit_move_id

    def _l10n_mx_cfdi40_end_entry(self, document):
        # EXTENDS 'l10n_mx_cfdi40'
        result = super()._l10n_mx_cfdi40_end_entry(document)
        self.filtered(lambda move: move.state == "cancel")._l10n_mx_cfdi40_block_payment()
        return result

    def action_l10n_mx_cfdi40_reverse_entry(self):
        # EXTENDS 'l10n_mx_cfdi40': until it is reversed, nobody is to collect it
        result = super().action_l10n_mx_cfdi40_reverse_entry()
        self._l10n_mx_cfdi40_block_payment()
        return result


class Document(models.Model):
    _inherit = "l10n_mx_cfdi40.document"

    def _is_given_up(self):
        """Whether its cancellation is under way, and not in exchange for another that takes its place."""
        return any(row._is_open() and row.motivo != "01" for row in self.cancellation_ids)

    def _hand_over_others(self):
        """Other invoices that these complements say may be on their way to be replaced too: their payments go over
        before the complement that says both is issued anew."""
        for row in self.instalment_ids.move_id.l10n_mx_cfdi40_document_id.cancellation_ids.filtered(
                lambda one: one.state == "waiting" and one.motivo == "01"):
            substitute = row._substitute()
            if substitute.state in IN_FORCE and substitute.move_id:
                row.document_id.move_id._l10n_mx_cfdi40_hand_over_payments(substitute.move_id)

    def _renew_for(self, substitute):
        """Issue this complement anew, now that the payments it says are on `substitute`. Commits.

        :return: why it could not be done, in words; '' when it was
        """
        self.ensure_one()
        receipts = self.receipt_ids
        if not receipts:
            return self.env._("Nothing is left of the payment of the complement %s: cancel it.", self.display_name)
        preview = receipts.with_context(**{UNATTENDED: True})._issue(self)
        if preview.comprobante is None and substitute.l10n_mx_cfdi40_metodo_pago == "PUE":
            # The new invoice owes none: the old complement says what should not be said, and nothing replaces it.
            self.env["l10n_mx_cfdi40.cancellation"]._order_for(self, "02")
            return ""
        if preview.errors:
            return "\n".join(dict.fromkeys(receipts._finding_text(error) for error in preview.errors))
        if preview.document.state in IN_FORCE:
            return ""
        return self.env._(
            "The complement in place of %(old)s is “%(state)s”. %(why)s", old=self.display_name,
            state=preview.document._state_label(), why=preview.document._reason())


class Cancellation(models.Model):
    _inherit = "l10n_mx_cfdi40.cancellation"

    way_reason = fields.Text(readonly=True, help="What keeps what has to come before it from being done by itself.")

    def _prepare_way(self):
        # EXTENDS 'l10n_mx_cfdi40'
        super()._prepare_way()
        substitute = self._substitute()
        move = self.document_id.move_id
        if (self.state != "waiting" or self.motivo != "01" or self.document_id.kind == "P" or not move
                or substitute.state not in IN_FORCE or not substitute.move_id or substitute._is_given_up()):
            return
        move._l10n_mx_cfdi40_hand_over_payments(substitute.move_id)
        self._commit()
        complements = self.document_id._blockers().sorted("id").filtered(
            lambda one: one._may_be_replaced() and not one.cancellation_id._is_open())
        complements._hand_over_others()
        self._commit()
        # The oldest first, so that the instalments of the new invoice are in the order of the payments.
        reasons = [complement._renew_for(substitute.move_id) for complement in complements]
        self.way_reason = "\n".join(dict.fromkeys(filter(None, reasons))) or False
        if self.way_reason:
            self._tell_waiting(self.way_reason)
        self._commit()

    def _hindrance(self):
        # EXTENDS 'l10n_mx_cfdi40'
        substitute = self._substitute() if self.motivo == "01" else self.document_id.browse()
        if substitute._is_given_up():
            return self.env._(
                "Its substitute %s is being cancelled: this order is taken back once the SAT has cancelled that one.",
                substitute.display_name)
        reason = super()._hindrance() or self._unanswered_hindrance() or self._chain_hindrance()
        return "\n".join(filter(None, (self.way_reason, reason))) if reason else ""

    def _unanswered_hindrance(self):
        """A complement that is on its way will depend on the invoice, if the SAT gets it."""
        pending = self.document_id.move_id.l10n_mx_cfdi40_instalment_ids.document_id.filtered(
            lambda one: one.state in _BEING_STAMPED) if self.document_id.kind != "P" else ()
        if pending:
            return self.env._(
                "It waits until it is known whether these were stamped: %s.", ", ".join(pending.mapped("display_name")))
        return ""

    def _chain_hindrance(self):
        """A CFDI that was replaced itself stays in force until that for which it stands in was asked for."""
        first = self.document_id.replaces_id.cancellation_ids.filtered(
            lambda row: row.state in ("waiting", "in_flight", "in_doubt") and row._substitute() == self.document_id)
        if first and self.motivo == "01":
            return self.env._(
                "It is named in the cancellation of %s, which has to be sent first.", first.document_id.display_name)
        return ""
