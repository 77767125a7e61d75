from odoo import api, fields, models

# Units that Odoo and its Mexican chart ship, by xmlid, and the key of c_ClaveUnidad that says the same.
KEYS = {
    "uom.product_uom_unit": "H87",
    "uom.product_uom_pack_6": "XPK",
    "uom.product_uom_dozen": "DZN",
    "uom.product_uom_hour": "HUR",
    "uom.product_uom_day": "DAY",
    "uom.product_uom_minute": "MIN",
    "uom.product_uom_millimeter": "MMT",
    "uom.product_uom_cm": "CMT",
    "uom.product_uom_meter": "MTR",
    "uom.product_uom_km": "KMT",
    "uom.product_uom_square_meter": "MTK",
    "uom.product_uom_milliliter": "MLT",
    "uom.product_uom_litre": "LTR",
    "uom.product_uom_cubic_meter": "MTQ",
    "uom.product_uom_gram": "GRM",
    "uom.product_uom_kgm": "KGM",
    "uom.product_uom_ton": "TNE",
    "uom.product_uom_oz": "ONZ",
    "uom.product_uom_lb": "LBR",
    "uom.product_uom_inch": "INH",
    "uom.product_uom_foot": "FOT",
    "uom.product_uom_yard": "YRD",
    "uom.product_uom_mile": "SMI",
    "uom.product_uom_square_foot": "FTK",
    "uom.product_uom_floz": "OZA",
    "uom.product_uom_qt": "QTL",
    "uom.product_uom_gal": "GLL",
    "uom.product_uom_cubic_inch": "INQ",
    "uom.product_uom_cubic_foot": "FTQ",
    "uom.product_uom_kwh": "KWH",
    "l10n_mx.product_uom_service_unit": "E48",
    "l10n_mx.product_uom_activity": "ACT",
    "l10n_mx.product_uom_job": "E51",
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
            unit = self.env.ref(xmlid, raise_if_not_found=False)
            if unit and not unit.l10n_mx_cfdi40_clave_unidad_id and code in ids:
                unit.l10n_mx_cfdi40_clave_unidad_id = ids[code]
