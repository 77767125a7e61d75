from odoo import fields, models


class Relation(models.Model):
    """One row of CfdiRelacionados: this invoice, a kind of relation, another CFDI."""

    _name = "l10n_mx_cfdi40.relation"
    _description = "CFDI Relation"
    _order = "move_id, id"

    move_id = fields.Many2one("account.move", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="move_id.company_id", store=True, index=True)
    tipo_relacion_id = fields.Many2one(
        "l10n_mx_cfdi40.catalog",
        string="Relation",
        domain=[("catalog", "=", "c_TipoRelacion")],
        required=True,
        ondelete="restrict",
    )
    related_move_id = fields.Many2one("account.move", string="Related Invoice", index="btree_not_null")
    document_id = fields.Many2one("l10n_mx_cfdi40.document", string="Related Document", ondelete="restrict")
    uuid = fields.Char(string="UUID", size=36, help="Fiscal folio typed by hand, for a CFDI that is not in Odoo.")
