from odoo import fields, models


class Catalog(models.Model):
    """Keys of the SAT's catalogs."""

    _name = "l10n_mx_cfdi40.catalog"
    _description = "SAT Catalog"

    catalog = fields.Char(required=True)
    code = fields.Char(required=True)
    name = fields.Char()
    date_from = fields.Date()
    date_to = fields.Date()
    data = fields.Json()
