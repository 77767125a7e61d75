from odoo import fields, models

METODO_PAGO = [("PUE", "PUE - Paid in a single payment"), ("PPD", "PPD - In installments or deferred")]
EXPORTACION = [
    ("01", "01 - Not an export"),
    ("02", "02 - Definitive with key A1"),
    ("03", "03 - Temporary"),
    ("04", "04 - Definitive with another key"),
]
PERIODICIDAD = [
    ("01", "01 - Daily"),
    ("02", "02 - Weekly"),
    ("03", "03 - Fortnightly"),
    ("04", "04 - Monthly"),
    ("05", "05 - Bimonthly"),
]
MESES = [(f"{n:02d}", f"{n:02d}") for n in range(1, 19)]


class AccountMove(models.Model):
    _inherit = "account.move"

    l10n_mx_cfdi40_uso_id = fields.Many2one(
        comodel_name="l10n_mx_cfdi40.catalog",
        string="CFDI Use",
        domain=[("catalog", "=", "c_UsoCFDI")],
    )
    l10n_mx_cfdi40_forma_pago_id = fields.Many2one(
        comodel_name="l10n_mx_cfdi40.catalog",
        string="Payment Form",
        domain=[("catalog", "=", "c_FormaPago")],
    )
    l10n_mx_cfdi40_metodo_pago = fields.Selection(METODO_PAGO, string="Payment Policy")
    l10n_mx_cfdi40_exportacion = fields.Selection(EXPORTACION, string="Export", help="Empty means 01, not an export.")
    l10n_mx_cfdi40_relation_ids = fields.One2many("l10n_mx_cfdi40.relation", "move_id", string="Related CFDI")
    l10n_mx_cfdi40_periodicidad = fields.Selection(PERIODICIDAD, string="Period Kind")
    l10n_mx_cfdi40_meses = fields.Selection(MESES, string="Months")
    l10n_mx_cfdi40_anio = fields.Integer(string="Year", aggregator=None)
    l10n_mx_cfdi40_serie_id = fields.Many2one("l10n_mx_cfdi40.serie", copy=False, readonly=True, ondelete="restrict")
    l10n_mx_cfdi40_serie = fields.Char(string="CFDI Series", copy=False, readonly=True)
    l10n_mx_cfdi40_folio = fields.Integer(string="CFDI Folio", copy=False, readonly=True, aggregator=None)

    def _l10n_mx_cfdi40_is_applicable(self):
        """Whether this move is one that becomes a CFDI: a customer document of a Mexican company.

        :return: bool; says nothing about whether it may be stamped now.
        """
        self.ensure_one()
        return (
            self.move_type in ("out_invoice", "out_refund", "out_receipt")
            and self.company_id.account_fiscal_country_id.code == "MX"
        )
