from odoo import api, fields, models

from .catalog import readable


class CatalogHistory(models.Model):
    """What a key of the SAT's catalogs said before a newer catalog changed it. Written only by the loader."""

    _name = "l10n_mx_cfdi40.catalog.history"
    _description = "Earlier Values of a SAT Catalog Key"
    _order = "replaced_on desc, id desc"
    _log_access = False

    entry_id = fields.Many2one(
        comodel_name="l10n_mx_cfdi40.catalog",
        string="Key",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    replaced_on = fields.Datetime(required=True, readonly=True, help="When the newer values were loaded.")
    source = fields.Char(readonly=True, help="Where the newer values came from.")
    name = fields.Char(string="Description", readonly=True)
    date_from = fields.Date(string="Valid From", readonly=True)
    date_to = fields.Date(string="Valid To", readonly=True)
    data = fields.Json(string="Columns", readonly=True)
    attributes = fields.Char(compute="_compute_attributes")

    @api.depends("data")
    def _compute_attributes(self):
        for earlier in self:
            earlier.attributes = readable(earlier.data)
