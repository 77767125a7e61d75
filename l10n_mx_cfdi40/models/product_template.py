from odoo import fields, models

OBJETO_IMP = [
    ("01", "01 - Not subject to tax"),
    ("02", "02 - Subject to tax"),
    ("03", "03 - Subject to tax, not obliged to break it down"),
    ("04", "04 - Subject to tax, no tax caused"),
    ("05", "05 - Subject to tax, VAT PODEBI credit"),
    ("06", "06 - Subject to VAT, VAT not transferred"),
    ("07", "07 - VAT not transferred, IEPS broken down"),
    ("08", "08 - VAT not transferred, IEPS not broken down"),
]


class ProductTemplate(models.Model):
    _inherit = "product.template"

    l10n_mx_cfdi40_clave_id = fields.Many2one(
        comodel_name="l10n_mx_cfdi40.catalog",
        string="SAT Product Key",
        domain=[("catalog", "=", "c_ClaveProdServ")],
        ondelete="restrict",
        help="ClaveProdServ of the SAT's catalog. Type words or the eight digits.",
    )
    l10n_mx_cfdi40_objeto_imp = fields.Selection(
        selection=OBJETO_IMP,
        string="Tax Object",
        help="ObjetoImp. Leave it empty: it follows from the taxes of the line. Choose one only for the cases that "
        "taxes cannot tell (03 to 08).",
    )
    l10n_mx_cfdi40_predial = fields.Char(
        string="Property Tax Account",
        help="CuentaPredial of the leased property; several are separated by commas.",
    )
    l10n_mx_cfdi40_tercero_id = fields.Many2one(
        comodel_name="res.partner",
        string="Sold on Behalf of",
        help="Third party on whose account this product is sold (a cuenta de terceros).",
    )
