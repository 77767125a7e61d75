"""What is particular to the ledger's rows of type P: whose payments they say, what they replace, what follows."""
from odoo import api, fields, models
from odoo.exceptions import UserError

from .document_states import DEAD, IN_FORCE, next_state


class Document(models.Model):
    _inherit = "l10n_mx_cfdi40.document"

    receipt_ids = fields.One2many("l10n_mx_cfdi40.receipt", "document_id", "Payments", readonly=True)
    instalment_ids = fields.One2many("l10n_mx_cfdi40.instalment", "document_id", "Invoices", readonly=True)
    replaces_id = fields.Many2one(
        "l10n_mx_cfdi40.document", ondelete="restrict", index="btree_not_null", readonly=True,
        help="The wrong complement in whose place this one was issued (relation 04).")
    replacement_ids = fields.One2many("l10n_mx_cfdi40.document", "replaces_id", "Replaced by", readonly=True)
    can_replace = fields.Boolean(compute="_compute_can_replace")
    is_unbacked = fields.Boolean(compute="_compute_is_unbacked")

    @api.depends("kind", "state", "replacement_ids.state")
    def _compute_can_replace(self):
        for document in self:
            document.can_replace = document._may_be_replaced()

    @api.depends("receipt_ids.state")
    def _compute_is_unbacked(self):
        """Whether a payment that it says does not cover the invoices any more."""
        for document in self:
            document.is_unbacked = "unbacked" in document.receipt_ids.mapped("state")

    def _may_be_replaced(self):
        return self.kind == "P" and self.state in IN_FORCE and all(
            other.state in DEAD for other in self.replacement_ids)

    def _mail_record(self):
        # EXTENDS 'l10n_mx_cfdi40': the payment, the entry of a bank line, or an invoice when the payment is gone
        if self.kind != "P":
            return super()._mail_record()
        money = (self.receipt_ids | self.instalment_ids.receipt_id).money_move_id[:1]
        return money.origin_payment_id or money or self.instalment_ids.move_id[:1]

    def _turn(self, document):
        # EXTENDS 'l10n_mx_cfdi40'
        if document.kind != "P":
            return super()._turn(document)
        receipts = document.receipt_ids
        if not document._is_unsent() or not receipts:
            # The reconciliation was undone since the queue looked: it is discarded.
            return None
        if not receipts._is_of_one_receptor():
            # They shared an RFC when it was sealed: each goes on by itself.
            return document._drop()
        return receipts._issue(document.replaces_id)

    def _rival(self):
        # EXTENDS 'l10n_mx_cfdi40': of a complement, those that say the same money, or the same instalment of an invoice
        if self.kind != "P":
            return super()._rival()
        mine = {(row.move_id, row.num_parcialidad) for row in self.instalment_ids}
        rows = self.instalment_ids.move_id.l10n_mx_cfdi40_instalment_ids | self.instalment_ids.receipt_id.instalment_ids
        return rows.filtered(lambda row: row.live and row.document_id != self and (
            (row.move_id, row.num_parcialidad) in mine or row.receipt_id in self.instalment_ids.receipt_id
        )).document_id

    def _advance(self, action, vals=None, event=None):
        # EXTENDS 'l10n_mx_cfdi40'
        for document in self.sudo().filtered(lambda one: one.kind == "P" and next_state(one.state, action) in DEAD):
            # Its instalments stop counting before others with their numbers do: the database checks both.
            document.instalment_ids.live = False
            document.instalment_ids.flush_recordset(["live"])
        result = super()._advance(action, vals, event)
        if action == "accept":
            # Of a late answer: the payments may have gone on to a successor, which is dropped.
            for document in self.sudo().filtered(lambda one: one.kind == "P"):
                document.instalment_ids.receipt_id.filtered("is_open").document_id = document
        for document in self.sudo().filtered(lambda one: one.kind == "P" and one.state in DEAD):
            receipts = document.receipt_ids
            if document.replaces_id.state in IN_FORCE:
                # The attempt to replace it came to nothing: it is the payments' complement as before.
                receipts.document_id = document.replaces_id
            elif document.state == "discarded":
                receipts._look_again()
            elif document.state == "rejected":
                receipts.write({"reason": str(document._explanation())})
            else:
                receipts.write({"reason": self.env._(
                    "Its complement %s was cancelled: issue it anew if the payment stands.", document.display_name)})
                receipts._released()
        return result

    def _after_stamp(self):
        # EXTENDS 'l10n_mx_cfdi40'
        result = super()._after_stamp()
        complements = self.filtered(lambda one: one.kind == "P")
        (self - complements).filtered(lambda one: one.move_id._l10n_mx_cfdi40_is_income())._owe_complements()
        for document in complements:
            if document.replaces_id.state in IN_FORCE:
                document.replaces_id._order_substitution(document)
            document._sync_payments()
            if document.company_id._l10n_mx_cfdi40_fiscal_root().l10n_mx_cfdi40_rep_mail:
                document._send_complement()
        return result

    def _sync_payments(self):
        """Take up what changed of the payments while nobody knew what would become of this complement."""
        (self.receipt_ids | self.instalment_ids.receipt_id)._released()
        receipts = self.receipt_ids
        if self.state in IN_FORCE:
            for receipt in receipts.filtered(lambda one: one.is_unbacked and not one._is_warned()):
                receipt._warn_unbacked(self)
            if not receipts and self._may_be_replaced():
                # Refused, its payment undone, and stamped by a late answer after all.
                receipts._warn_unbacked(self, self._mail_record())

    def _tell_refusal(self):
        # EXTENDS 'l10n_mx_cfdi40'
        result = super()._tell_refusal()
        if self.kind == "P":
            self._sync_payments()
        return result

    def _release(self):
        # EXTENDS 'l10n_mx_cfdi40'
        result = super()._release()
        for document in self.sudo().filtered(lambda one: one.kind == "P"):
            document._sync_payments()
        return result

    def _owe_complements(self):
        """Payments that came before the stamp waited for it."""
        receipts = self.env["l10n_mx_cfdi40.receipt"]
        payers = self.move_id._l10n_mx_cfdi40_payers()
        if not payers:
            return
        receipts._sync(payers)
        receipts.search([
            ("money_move_id", "in", payers.ids), ("is_open", "=", True), ("reason", "!=", False)])._look_again()

    # -- buttons -------------------------------------------------------------------------------------------------------

    def action_replace(self):
        """Open the complement anew, to correct what may be corrected and issue it in place of this one."""
        self._check_billing()
        self.ensure_one()
        if not self._may_be_replaced():
            raise UserError(self.env._("Only a complement in force that was not replaced yet can be replaced."))
        return self.env["l10n_mx_cfdi40.complement.wizard"]._open(self.receipt_ids, replaces=self)

    def action_open_payments(self):
        """The payments of this complement."""
        return self.receipt_ids._get_records_action(name=self.env._("Payments of %s", self.display_name))
