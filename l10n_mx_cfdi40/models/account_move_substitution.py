"""Correct and replace: a copy related with 04 to the original, whose cancellation (01) goes out once it is stamped.

What happens to payments and complements of a paid one is in substitution_way.
"""
from odoo import Command, api, fields, models
from odoo.exceptions import RedirectWarning, UserError
from odoo.tools.sql import column_exists, create_column

from .document_cancel import SUSTITUCION
from .document_states import IN_FORCE, NOT_CANCELLED

_PERIOD = ("l10n_mx_cfdi40_periodicidad", "l10n_mx_cfdi40_meses", "l10n_mx_cfdi40_anio")


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

    # Two people may correct the same invoice at once.
    _l10n_mx_cfdi40_one_replacement = models.UniqueIndex(
        "(l10n_mx_cfdi40_replaces_id) WHERE l10n_mx_cfdi40_replaces_id IS NOT NULL AND state != 'cancel'",
        "Somebody else is correcting this invoice already: there is a draft that replaces it.")

    def _auto_init(self):
        # No invoice that is there when the addon is installed or upgraded was replaced: nothing to compute.
        if not column_exists(self.env.cr, self._table, "l10n_mx_cfdi40_is_substituted"):
            create_column(self.env.cr, self._table, "l10n_mx_cfdi40_is_substituted", "bool")
        return super()._auto_init()

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
        """The drafts that replace these invoices: those that are there already, or new copies related to them with 04.

        :return: account.move in draft, of today, with the customer's data of today; in the order of these
        :raises UserError: a CFDI is not in force, or is replaced already
        """
        documents = self.sudo().l10n_mx_cfdi40_document_id
        drafts = {draft.l10n_mx_cfdi40_replaces_id: draft for draft in self.search([
            ("l10n_mx_cfdi40_replaces_id", "in", documents.ids), ("state", "!=", "cancel")], order="id")}
        result = self.browse()
        for move in self:
            document = move.sudo().l10n_mx_cfdi40_document_id
            if document.state not in IN_FORCE:
                raise UserError(self.env._(
                    "%s has no CFDI in force: correct the invoice itself and stamp it.", move.display_name))
            draft = drafts.get(document)
            if document.is_substituted:
                raise UserError(self.env._(
                    "%s is replaced by another CFDI already: correct that one.", move.display_name))
            result |= draft or move.sudo().copy(move._l10n_mx_cfdi40_correction_vals(document)).sudo(self.env.su)
        return result

    def _l10n_mx_cfdi40_correction_vals(self, document):
        relations = [
            Command.create({
                "tipo_relacion_id": row.tipo_relacion_id.id, "related_move_id": row.related_move_id.id,
                "document_id": row.document_id.id, "uuid": row.uuid})
            for row in self.l10n_mx_cfdi40_relation_ids if row.tipo_relacion_id.code != SUSTITUCION]
        substitution = self.env["l10n_mx_cfdi40.relation"]._vals_for(self, SUSTITUCION)
        return {
            **self._l10n_mx_cfdi40_copy_vals(),
            "reversed_entry_id": self.reversed_entry_id.id,
            "l10n_mx_cfdi40_replaces_id": document.id,
            "l10n_mx_cfdi40_relation_ids": [
                *relations, Command.create({**substitution, "document_id": document.id})],
        }

    def _l10n_mx_cfdi40_copy_vals(self):
        """What a copy of today keeps of this invoice that Odoo's own copy does not."""
        today = fields.Date.context_today(self)
        return {
            "invoice_date": today,
            # Of a due date that was written by hand; otherwise it follows the terms of payment.
            **({} if self.invoice_payment_term_id else {
                "invoice_date_due": max(today, self.invoice_date_due or today)}),
            "invoice_user_id": self.invoice_user_id.id,
            "l10n_mx_cfdi40_metodo_pago": self.l10n_mx_cfdi40_metodo_pago,
            "l10n_mx_cfdi40_forma_pago_id": self.l10n_mx_cfdi40_forma_pago_id.id,
            # Kept as they are: who corrects the copy says what was wrong, no proposal does.
            "l10n_mx_cfdi40_proposed": False,
            # Of a global invoice: the period that it is about, whenever it is corrected.
            **({name: self[name] for name in _PERIOD} if self.l10n_mx_cfdi40_periodicidad else {}),
        }

    def action_l10n_mx_cfdi40_correct(self):
        """Correct and replace: open the drafts that will replace these invoices."""
        self._l10n_mx_cfdi40_check_user()
        return self._l10n_mx_cfdi40_correct()._get_records_action(name=self.env._("Drafts that replace"))

    def _l10n_mx_cfdi40_replaced_moves(self):
        """Invoices that this one replaces: the one, the one that that one replaced, and so on."""
        self.ensure_one()
        found, move = self.browse(), self.sudo()
        while True:
            document = move.l10n_mx_cfdi40_document_id.replaces_id or move.l10n_mx_cfdi40_replaces_id
            move = document.move_id
            if not move or move in found | self:
                return found
            found |= move

    def _compute_duplicated_ref_ids(self):
        # EXTENDS 'account': what was replaced and what replaces it look alike, and are no duplicates
        result = super()._compute_duplicated_ref_ids()
        for move in self.filtered("duplicated_ref_ids"):
            move.duplicated_ref_ids -= move._l10n_mx_cfdi40_replaced_moves() | move.duplicated_ref_ids.filtered(
                lambda other, one=move: one._origin in other._l10n_mx_cfdi40_replaced_moves())
        return result

    def _get_copy_message_content(self, default):
        # EXTENDS 'account'
        if (default or {}).get("l10n_mx_cfdi40_replaces_id"):
            return self.env._("It corrects %s and replaces its CFDI once it is stamped.", self._get_html_link())
        return super()._get_copy_message_content(default)

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
        invoices = self.filtered(lambda one: one.kind != "P")
        for document in invoices.filtered(lambda one: one.replaces_id.state in NOT_CANCELLED):
            document.replaces_id.move_id._l10n_mx_cfdi40_block_payment()
            if document.move_id.l10n_mx_cfdi40_replaces_id == document.replaces_id:
                document.replaces_id._order_substitution(document)
        # They may be what orders wait for.
        self.env["l10n_mx_cfdi40.cancellation"].sudo().search([
            ("state", "=", "waiting"), ("substitute_move_id", "in", invoices.move_id.ids)])._wake()
        return result

    def _order_substitution(self, substitute):
        """This CFDI is replaced: its cancellation with 01 and the substitute's UUID goes out by itself."""
        under_way = self.cancellation_ids.filtered(lambda row: row._is_open())
        if self.state not in IN_FORCE or under_way.filtered(lambda row: row.motivo != "01"):
            # It goes its way for another reason already, perhaps asked for outside of Odoo.
            return
        row = self.env["l10n_mx_cfdi40.cancellation"]._order_for(self, "01", substitute=substitute)
        if row.state == "waiting" and not row._substitute():
            row.substitute_id = substitute

    def _advance(self, action, vals=None, event=None):
        # EXTENDS 'l10n_mx_cfdi40'
        result = super()._advance(action, vals, event)
        gone = self.sudo().filtered(lambda one: one.state == "cancelled" and one.replaces_id)
        if gone:
            # The substitute is gone: its original is collected again, and is not cancelled in exchange for it.
            gone.replaces_id.move_id.filtered(
                lambda move: not move.l10n_mx_cfdi40_is_substituted)._l10n_mx_cfdi40_block_payment()
            gone.replaces_id.cancellation_ids.filtered(
                lambda row: row.state == "waiting" and row._substitute() in gone)._withdraw()
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
