"""Correct and replace: a copy related with 04 to the original, whose cancellation (01) goes out once it is stamped.

Of a paid invoice the payments go over to the new one, and each complement is issued anew, related with 04 to the old
one and saying the new UUID; the old complements are cancelled, and then the old invoice: in this order, each step when
the SAT has answered the one before.
"""
from odoo import Command, api, fields, models
from odoo.exceptions import RedirectWarning, UserError

from .document_cancel import SUSTITUCION
from .document_states import IN_FORCE, NOT_CANCELLED
from .receipt_values import UNATTENDED


class AccountMove(models.Model):
    _inherit = "account.move"

    l10n_mx_cfdi40_replaces_id = fields.Many2one(
        "l10n_mx_cfdi40.document", "Replaces the CFDI", readonly=True, copy=False, index="btree_not_null",
        ondelete="restrict",
        help="Once this invoice is stamped, the cancellation of that CFDI (01) goes out by itself.")
    l10n_mx_cfdi40_is_substituted = fields.Boolean(
        "Substituted, still in force", compute="_compute_l10n_mx_cfdi40_is_substituted", store=True, copy=False,
        help="Its substitute is stamped and the SAT has not cancelled this one yet: it is neither collected nor gets"
        " complements.")

    @api.depends("l10n_mx_cfdi40_document_id.is_substituted")
    def _compute_l10n_mx_cfdi40_is_substituted(self):
        for move in self:
            move.l10n_mx_cfdi40_is_substituted = move.l10n_mx_cfdi40_document_id.sudo().is_substituted

    def _l10n_mx_cfdi40_owes_complement(self):
        # EXTENDS 'l10n_mx_cfdi40'
        return super()._l10n_mx_cfdi40_owes_complement() and not self.l10n_mx_cfdi40_is_substituted

    def _l10n_mx_cfdi40_check_collectable(self):
        """Refuse payments of invoices that another one replaces.

        :raises RedirectWarning: with the way to the substitute, if there is one in Odoo
        """
        for move in self.filtered("l10n_mx_cfdi40_is_substituted"):
            document = move.sudo().l10n_mx_cfdi40_document_id
            substitutes = document.replacement_ids.filtered(lambda one: one.state in NOT_CANCELLED)
            text = self.env._(
                "%(invoice)s is replaced by %(substitute)s, and only waits to be cancelled at the SAT: register the"
                " payment on %(substitute)s. If the cancellation is rejected and you cancel the substitute instead, it"
                " can be paid again.",
                invoice=move.display_name, substitute=", ".join(substitutes.mapped("display_name")))
            if substitutes.move_id:
                raise RedirectWarning(
                    text, substitutes.move_id[:1].sudo(False)._get_records_action(), self.env._("Open the substitute"))
            raise UserError(text)

    # -- the corrected copy --------------------------------------------------------------------------------------------

    def _l10n_mx_cfdi40_correct(self):
        """The draft that replaces this invoice: the one that is there already, or a new copy related to it with 04.

        :return: account.move in draft, of today, with the customer's data of today
        :raises UserError: the CFDI is not in force, or is replaced already
        """
        self.ensure_one()
        document = self.sudo().l10n_mx_cfdi40_document_id
        if document.state not in IN_FORCE:
            raise UserError(self.env._(
                "%s has no CFDI in force: correct the invoice itself and stamp it.", self.display_name))
        draft = self.search([
            ("l10n_mx_cfdi40_replaces_id", "=", document.id), ("state", "!=", "cancel")], order="id desc", limit=1)
        if draft:
            return draft
        if document.is_substituted:
            raise UserError(self.env._(
                "%s is replaced by another CFDI already: correct that one.", self.display_name))
        return self.sudo().copy(self._l10n_mx_cfdi40_correction_vals(document)).sudo(self.env.su)

    def _l10n_mx_cfdi40_correction_vals(self, document):
        relations = [
            Command.create({
                "tipo_relacion_id": row.tipo_relacion_id.id, "related_move_id": row.related_move_id.id,
                "document_id": row.document_id.id, "uuid": row.uuid})
            for row in self.l10n_mx_cfdi40_relation_ids if row.tipo_relacion_id.code != SUSTITUCION]
        substitution = self.env["l10n_mx_cfdi40.relation"]._vals_for(self, SUSTITUCION)
        return {
            "invoice_date": fields.Date.context_today(self),
            "invoice_user_id": self.invoice_user_id.id,
            "reversed_entry_id": self.reversed_entry_id.id,
            "l10n_mx_cfdi40_replaces_id": document.id,
            "l10n_mx_cfdi40_metodo_pago": self.l10n_mx_cfdi40_metodo_pago,
            "l10n_mx_cfdi40_forma_pago_id": self.l10n_mx_cfdi40_forma_pago_id.id,
            "l10n_mx_cfdi40_relation_ids": [
                *relations, Command.create({**substitution, "document_id": document.id})],
        }

    def action_l10n_mx_cfdi40_correct(self):
        """Correct and replace: open the draft that will replace this invoice."""
        self._l10n_mx_cfdi40_check_user()
        return self._l10n_mx_cfdi40_correct()._get_records_action()

    # -- its payments --------------------------------------------------------------------------------------------------

    def _l10n_mx_cfdi40_hand_over_payments(self, substitute):
        """Take the payments of this invoice over to the one that replaces it. Does nothing when there are none."""
        receivable = self.line_ids.filtered(lambda line: line.account_id.account_type == "asset_receivable")
        payers = self._l10n_mx_cfdi40_payers()
        partials = receivable.matched_credit_ids.filtered(lambda one: one.credit_move_id.move_id in payers)
        if not partials or substitute.state != "posted":
            return
        money = partials.credit_move_id
        partials.unlink()
        for account, lines in money.grouped("account_id").items():
            target = substitute.line_ids.filtered(lambda line, own=account: line.account_id == own)
            if target:
                (lines | target).reconcile()
        # It was paid, and is open now: nobody is to collect it again.
        self._l10n_mx_cfdi40_block_payment()
        self.message_post(body=self.env._(
            "Its payments went over to %s, which replaces it.", substitute._get_html_link()))

    def _l10n_mx_cfdi40_block_payment(self):
        """Out of what is to be collected while its substitute is in force; back when that one is no more."""
        for move in self:
            if move.l10n_mx_cfdi40_is_substituted and move.payment_state in ("not_paid", "partial"):
                move.payment_state = "blocked"
            elif not move.l10n_mx_cfdi40_is_substituted and move.payment_state == "blocked":
                move.action_toggle_block_payment()


class Document(models.Model):
    _inherit = "l10n_mx_cfdi40.document"

    @api.model
    def _invoice_vals(self, move, comprobante):
        # EXTENDS 'l10n_mx_cfdi40': what it replaces, also where a person only wrote the relation 04
        replaces = move.l10n_mx_cfdi40_replaces_id or move.l10n_mx_cfdi40_relation_ids.filtered(
            lambda row: row.tipo_relacion_id.code == SUSTITUCION)._related_documents()[:1]
        return {**super()._invoice_vals(move, comprobante), "replaces_id": replaces.id}

    def _after_stamp(self):
        # EXTENDS 'l10n_mx_cfdi40'
        result = super()._after_stamp()
        if self.replaces_id.state in NOT_CANCELLED and self.kind != "P":
            self.replaces_id.move_id._l10n_mx_cfdi40_block_payment()
            if self.move_id.l10n_mx_cfdi40_replaces_id == self.replaces_id:
                self.replaces_id._order_substitution(self)
        elif self.kind != "P":
            # It may be what an order of another document waits for.
            self.env["l10n_mx_cfdi40.cancellation"].sudo().search([
                ("state", "=", "waiting"), ("substitute_move_id", "=", self.move_id.id)])._wake()
        return result

    def _order_substitution(self, substitute):
        """This CFDI is replaced: its cancellation with 01 and the substitute's UUID goes out by itself."""
        if self.state in IN_FORCE:
            row = self.env["l10n_mx_cfdi40.cancellation"]._order_for(self, "01", substitute=substitute)
            if row.state == "waiting" and not row._substitute():
                row.substitute_id = substitute

    def _advance(self, action, vals=None, event=None):
        # EXTENDS 'l10n_mx_cfdi40'
        result = super()._advance(action, vals, event)
        # The substitute is gone, and its original is collected again.
        replaced = self.sudo().filtered(lambda one: one.state == "cancelled").replaces_id.move_id
        replaced.filtered(lambda move: not move.l10n_mx_cfdi40_is_substituted)._l10n_mx_cfdi40_block_payment()
        return result


class Relation(models.Model):
    _inherit = "l10n_mx_cfdi40.relation"

    def _related_documents(self):
        """Documents of the ledger that these rows name, in force at the SAT."""
        documents = self.sudo().document_id | self.sudo().related_move_id.l10n_mx_cfdi40_document_id
        typed = [row.uuid.strip().upper() for row in self if row.uuid]
        if typed:
            documents |= documents.search([("direction", "=", "issued"), ("uuid", "in", typed)])
        return documents.filtered(lambda one: one.state in NOT_CANCELLED)


class Cancellation(models.Model):
    _inherit = "l10n_mx_cfdi40.cancellation"

    def _prepare_way(self):
        # EXTENDS 'l10n_mx_cfdi40': payments and complements of a replaced invoice go over to its substitute
        super()._prepare_way()
        substitute = self._substitute()
        move = self.document_id.move_id
        if (self.state != "waiting" or self.motivo != "01" or self.document_id.kind == "P" or not move
                or substitute.state not in IN_FORCE or not substitute.move_id):
            return
        move._l10n_mx_cfdi40_hand_over_payments(substitute.move_id)
        self._commit()
        for complement in self.document_id._blockers().filtered(lambda one: one._may_be_replaced()):
            receipts = complement.receipt_ids
            if not receipts:
                # Nothing is left of its payment: a person cancels it.
                continue
            preview = receipts.with_context(**{UNATTENDED: True})._issue(complement)
            if preview.errors:
                self.reason = "\n".join(dict.fromkeys(receipts._finding_text(error) for error in preview.errors))
                self._commit()
