from odoo import api, fields, models

# Units that Odoo ships, by xmlid in the module uom, and the key of c_ClaveUnidad that says the same.
KEYS = {
    "product_uom_unit": "H87",
    "product_uom_dozen": "DZN",
    "product_uom_hour": "HUR",
    "product_uom_day": "DAY",
    "product_uom_minute": "MIN",
    "product_uom_millimeter": "MMT",
    "product_uom_cm": "CMT",
    "product_uom_meter": "MTR",
    "product_uom_km": "KMT",
    "product_uom_square_meter": "MTK",
    "product_uom_milliliter": "MLT",
    "product_uom_litre": "LTR",
    "product_uom_cubic_meter": "MTQ",
    "product_uom_gram": "GRM",
    "product_uom_kgm": "KGM",
    "product_uom_ton": "TNE",
    "product_uom_oz": "ONZ",
    "product_uom_lb": "LBR",
    "product_uom_inch": "INH",
    "product_uom_foot": "FOT",
    "product_uom_yard": "YRD",
    "product_uom_mile": "SMI",
    "product_uom_square_foot": "FTK",
    "product_uom_floz": "OZA",
    "product_uom_qt": "QTL",
    "product_uom_gal": "GLL",
    "product_uom_cubic_inch": "INQ",
    "product_uom_cubic_foot": "FTQ",
    "product_uom_kwh": "KWH",
}


class UomUom(models.Model):
    _inherit = "uom.uom"

    l10n_mx_cfdi40_clave_unidad_id = fields.Many2one(
        comodel_name="l10n_mx_cfdi40.catalog",
        string="SAT Unit",
        domain=[("catalog", "=", "c_ClaveUnidad")],
        ondelete="restrict",
        help="ClaveUnidad of the SAT's catalog that the CFDI states for this unit.",
    )

    @api.model
    def _l10n_mx_cfdi40_set_known_keys(self):
        """Give Odoo's own units their key of c_ClaveUnidad, where they have none: what somebody chose stays."""
        catalog = self.env["l10n_mx_cfdi40.catalog"]
        ids = {
            entry.code: entry.id
            for entry in catalog.search([("catalog", "=", "c_ClaveUnidad"), ("code", "in", list(set(KEYS.values())))])
        }
        for xmlid, code in KEYS.items():
            unit = self.env.ref(f"uom.{xmlid}", raise_if_not_found=False)
            if unit and not unit.l10n_mx_cfdi40_clave_unidad_id and code in ids:
                unit.l10n_mx_cfdi40_clave_unidad_id = ids[code]
