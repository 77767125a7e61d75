from odoo import api, fields, models
from odoo.exceptions import ValidationError


class Relation(models.Model):
    """One row of CfdiRelacionados: this invoice, a kind of relation, another CFDI.

    The other CFDI is an invoice of Odoo (its UUID is read when this one is sealed, so the order in which both are
    stamped does not matter until then), a document of the ledger, or a UUID typed by hand.
    """

    _name = "l10n_mx_cfdi40.relation"
    _description = "CFDI Relation"
    _order = "move_id, id"

    move_id = fields.Many2one("account.move", string="Invoice", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="move_id.company_id", store=True, index=True)
    tipo_relacion_id = fields.Many2one(
        "l10n_mx_cfdi40.catalog",
        string="Relation",
        domain=[("catalog", "=", "c_TipoRelacion")],
        required=True,
        ondelete="restrict",
    )
    related_move_id = fields.Many2one(
        "account.move",
        string="Related Invoice",
        domain="[('move_type', 'in', ('out_invoice', 'out_refund')), ('state', '=', 'posted'),"
        " ('company_id', '=', company_id)]",
        index="btree_not_null",
    )
    document_id = fields.Many2one("l10n_mx_cfdi40.document", string="Related Document", ondelete="restrict")
    uuid = fields.Char(
        string="UUID Typed", size=36, help="Fiscal folio (UUID) typed by hand, for a CFDI that is not in Odoo.")
    related_uuid = fields.Char(string="UUID", compute="_compute_related_uuid")

    @api.depends("uuid", "document_id.uuid", "related_move_id.l10n_mx_cfdi40_uuid")
    def _compute_related_uuid(self):
        for relation in self:
            relation.related_uuid = relation._related_uuid()

    @api.constrains("move_id", "related_move_id", "document_id", "uuid")
    def _check_related(self):
        for relation in self:
            if not (relation.related_move_id or relation.document_id or relation.uuid):
                raise ValidationError(self.env._("Choose the related invoice or type its UUID."))
            if relation.related_move_id == relation.move_id:
                raise ValidationError(self.env._("An invoice cannot be related to itself."))

    def _related_uuid(self):
        """UUID of the other CFDI; empty while it is not stamped."""
        self.ensure_one()
        return self.document_id.uuid or self.related_move_id.l10n_mx_cfdi40_uuid or (self.uuid or "").strip()

    @api.model
    def _vals_for(self, related_move, tipo_relacion):
        """Values of a row that relates a new invoice to `related_move`; empty if the catalog lacks the key."""
        key = self.env["l10n_mx_cfdi40.catalog"].sudo().search(
            [("catalog", "=", "c_TipoRelacion"), ("code", "=", tipo_relacion)], limit=1)
        return {"tipo_relacion_id": key.id, "related_move_id": related_move.id} if key else {}
