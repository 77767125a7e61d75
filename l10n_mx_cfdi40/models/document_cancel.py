"""What stands between a CFDI and its cancellation: documents in force that depend on it, and its substitute."""
from collections import defaultdict

from odoo import api, fields, models
from odoo.tools import SQL
from odoo.tools.sql import column_exists, create_column, table_exists

from ..cfdi.errors import CfdiError
from ..cfdi.parse import leer
from .document_states import IN_FORCE, NOT_CANCELLED

#: TipoRelacion of a substitute.
SUSTITUCION = "04"


class Document(models.Model):
    _inherit = "l10n_mx_cfdi40.document"

    cancellation_ids = fields.One2many(
        "l10n_mx_cfdi40.cancellation", "document_id", "Requests to cancel", readonly=True)
    cancellation_id = fields.Many2one(
        "l10n_mx_cfdi40.cancellation", compute="_compute_cancellation_id",
        help="The request under way, or the last one.")
    is_substituted = fields.Boolean(
        "Substituted, still in force", compute="_compute_is_substituted", store=True, precompute=True,
        help="Its substitute is in force, and the SAT has not cancelled this one yet.")
    can_cancel = fields.Boolean(compute="_compute_can_cancel")

    def _auto_init(self):
        if table_exists(self.env.cr, self._table) and not column_exists(self.env.cr, self._table, "is_substituted"):
            # An upgrade: one query for all the documents that are there, instead of computing them one by one.
            create_column(self.env.cr, self._table, "is_substituted", "bool")
            self.env.cr.execute(SQL(
                "UPDATE l10n_mx_cfdi40_document SET is_substituted = TRUE WHERE state IN %(live)s AND id IN ("
                " SELECT replaces_id FROM l10n_mx_cfdi40_document WHERE state IN %(live)s AND replaces_id IS NOT NULL)",
                live=tuple(NOT_CANCELLED)))
        return super()._auto_init()

    @api.depends("cancellation_ids.state")
    def _compute_cancellation_id(self):
        for document in self:
            document.cancellation_id = document._open_cancellation() or document.cancellation_ids[:1]

    def _open_cancellation(self):
        """The request under way, of which the database allows one; empty if there is none."""
        return self.cancellation_ids.filtered(lambda row: row._is_open())[:1]

    @api.depends("state", "replacement_ids.state")
    def _compute_is_substituted(self):
        for document in self:
            document.is_substituted = document.state in NOT_CANCELLED and any(
                other.state in NOT_CANCELLED for other in document.replacement_ids)

    @api.depends("state", "direction", "cancellation_ids.state")
    def _compute_can_cancel(self):
        for document in self:
            document.can_cancel = document.direction == "issued" and document.state in IN_FORCE and not any(
                row._is_open() for row in document.cancellation_ids)

    def _was_rejected(self):
        """Whether a customer has said no to a request before, also to one that was made without Odoo. Then the SAT goes
        on showing that for a while after the next request, and silence consents no more."""
        return self.state == "cancel_rejected" or self.sat_process == "rejected" or any(
            row.state == "rejected" for row in self.cancellation_ids)

    # -- what depends on it --------------------------------------------------------------------------------------------

    def _blockers(self):
        """CFDI in force, of this ledger, that depend on these: the SAT calls these “No cancelable” meanwhile.

        Complements that say payments of an invoice, and documents related to it, unless they replace it (04).
        """
        return self.browse({one.id for found in self._blockers_of().values() for one in found})

    def _blockers_of(self):
        """{document: CFDI in force that depend on it}, in sets."""
        documents = self.sudo()
        found = defaultdict(self.sudo().browse)
        by_move = {document.move_id: document for document in documents if document.move_id and document.kind != "P"}
        rows = self.env["l10n_mx_cfdi40.instalment"].sudo().search([
            ("move_id", "in", [move.id for move in by_move]), ("document_id.state", "in", list(NOT_CANCELLED))])
        for row in rows:
            found[by_move[row.move_id]] |= row.document_id
        for document, relation in documents._relations_to():
            other = relation.move_id.l10n_mx_cfdi40_document_id
            if other != document and other.state in NOT_CANCELLED:
                found[document] |= other
        return {document: found[document.sudo()].sorted("id", reverse=True) for document in self}

    def _relations_to(self):
        """[(document, row of an invoice that is related to it in another way than replacing it)]"""
        by_uuid = {document.uuid: document for document in self if document.uuid}
        by_move = {document.move_id.id: document for document in self if document.move_id and document.kind != "P"}
        by_id = {document.id: document for document in self}
        rows = self.env["l10n_mx_cfdi40.relation"].sudo().search([
            "|", "|", ("document_id", "in", list(by_id)), ("related_move_id", "in", list(by_move)),
            ("uuid", "in", [*by_uuid, *(uuid.lower() for uuid in by_uuid)])])
        return [
            (document, row) for row in rows.filtered(lambda one: one.tipo_relacion_id.code != SUSTITUCION)
            if (document := by_id.get(row.document_id.id) or by_uuid.get((row.uuid or "").upper())
                or by_move.get(row.related_move_id.id))
        ]

    # -- its substitute ------------------------------------------------------------------------------------------------

    def _substitute_problems(self, substitute):
        """Why `substitute` cannot replace this CFDI, in words; empty when it can. The SAT's codes 208 and 212."""
        self.ensure_one()
        substitute, problems = substitute.sudo(), []
        if substitute == self.sudo():
            return [self.env._("A CFDI cannot replace itself: choose the one that was issued in its place.")]
        if substitute.state not in IN_FORCE:
            problems.append(self.env._(
                "%(name)s is “%(state)s”: stamp the substitute first (SAT code 208).",
                name=substitute.display_name, state=substitute._state_label()))
        if substitute.issuer_rfc != self.issuer_rfc:
            problems.append(self.env._(
                "%(name)s was issued by %(other)s and this CFDI by %(own)s: a substitute has the same issuer (SAT code"
                " 208).", name=substitute.display_name, other=substitute.issuer_rfc, own=self.issuer_rfc))
        if substitute.stamped_xml and self.uuid not in substitute._replaced_uuids():
            problems.append(self.env._(
                "%(name)s is not related to this CFDI with 04 (substitution): issue another one with that relation"
                " (SAT code 212).", name=substitute.display_name))
        return problems

    def _replaced_uuids(self):
        """UUID that this CFDI says to replace (TipoRelacion 04), read from its XML, in upper case."""
        try:
            comprobante = leer(self._stamped_bytes())
        except CfdiError:
            # Taken in from elsewhere, with an addenda that cannot be read here: it says nothing.
            return set()
        return {
            uuid.upper() for relacion in comprobante.cfdi_relacionados if relacion.tipo_relacion == SUSTITUCION
            for uuid in relacion.uuids}

    def _possible_substitutes(self):
        """Documents of this ledger that say to replace this one."""
        self.ensure_one()
        return self.sudo().replacement_ids.filtered(lambda one: one.state in IN_FORCE).sudo(self.env.su)

