from odoo import fields, models

from .product_template import OBJETO_IMP


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    # Plain nullable columns: an empty one means "as the product says", so creating a line costs nothing more.
    l10n_mx_cfdi40_clave_id = fields.Many2one(
        comodel_name="l10n_mx_cfdi40.catalog",
        string="SAT Product Key",
        domain=[("catalog", "=", "c_ClaveProdServ")],
        ondelete="restrict",
        help="ClaveProdServ of this line. Empty: the product's.",
    )
    l10n_mx_cfdi40_clave_unidad_id = fields.Many2one(
        comodel_name="l10n_mx_cfdi40.catalog",
        string="SAT Unit Key",
        domain=[("catalog", "=", "c_ClaveUnidad")],
        ondelete="restrict",
        help="ClaveUnidad of this line. Empty: that of the unit of measure.",
    )
    l10n_mx_cfdi40_objeto_imp = fields.Selection(
        selection=OBJETO_IMP,
        string="Tax Object",
        help="ObjetoImp of this line. Empty: the product's, or what follows from the taxes.",
    )
    l10n_mx_cfdi40_predial = fields.Char(
        string="Property Tax Account",
        help="CuentaPredial of the leased property; several are separated by commas. Empty: the product's.",
    )
    l10n_mx_cfdi40_pedimento = fields.Char(
        string="Customs Document",
        help="NumeroPedimento of imported goods sold first hand, 15 digits (year, customs office, patent, number); "
        "several are separated by commas.",
    )
    l10n_mx_cfdi40_tercero_id = fields.Many2one(
        comodel_name="res.partner",
        string="On Behalf of",
        help="Third party on whose account this line is sold. Empty: the product's.",
    )
