from decimal import Decimal
from typing import NamedTuple

from odoo import api, fields, models

from ..cfdi import amounts
from ..cfdi.enums import Impuesto, TipoFactor

#: `l10n_mx_tax_type` to c_Impuesto; the chart leaves it empty on some VAT taxes (exempt ones).
_IMPUESTOS = {"isr": Impuesto.ISR, "iva": Impuesto.IVA, "ieps": Impuesto.IEPS, False: Impuesto.IVA}


class TaxKey(NamedTuple):
    """How a tax appears in a CFDI. Of a local tax only `retencion` and `tasa` (a percentage, two decimals) count."""

    impuesto: str
    tipo_factor: str
    tasa_o_cuota: Decimal | None
    retencion: bool
    local: bool

    @property
    def clave(self):
        return self.impuesto, self.tipo_factor, self.tasa_o_cuota


class AccountTax(models.Model):
    _inherit = "account.tax"

    l10n_mx_cfdi40_key = fields.Char(
        string="In the CFDI",
        compute="_compute_l10n_mx_cfdi40_key",
        help="How this tax appears in a CFDI: charged (traslado) or withheld (retención), tax, factor and rate.",
    )

    @api.depends("amount", "amount_type", "l10n_mx_tax_type", "l10n_mx_factor_type")
    def _compute_l10n_mx_cfdi40_key(self):
        for tax in self:
            key = tax._l10n_mx_cfdi40_tax_key()
            if tax.amount_type == "group":
                tax.l10n_mx_cfdi40_key = False
                continue
            kind = self.env._("Withheld") if key.retencion else self.env._("Charged")
            rate = "" if key.tasa_o_cuota is None else amounts.texto(key.tasa_o_cuota)
            name = self.env._("Local") if key.local else f"{key.impuesto} {key.tipo_factor}"
            tax.l10n_mx_cfdi40_key = f"{kind} {name} {rate}".strip()

    def _l10n_mx_cfdi40_tax_key(self):
        """Derive Impuesto, TipoFactor and TasaOCuota from the tax.

        The rate is the percentage over one hundred: `amount` has four decimals, so that six are exact (10.6667 % is
        0.106667, two thirds of 16 %). An amount per unit is a Cuota whatever `l10n_mx_factor_type` says, whose default
        is Tasa.

        :return: `TaxKey`; of a group of taxes it says nothing useful, its children have their own.
        """
        self.ensure_one()
        amount = Decimal(repr(self.amount))
        local = self.l10n_mx_tax_type == "local"
        impuesto = "" if local else str(_IMPUESTOS.get(self.l10n_mx_tax_type, Impuesto.IVA))
        if local:
            return TaxKey(impuesto, str(TipoFactor.TASA), amounts.redondear(abs(amount), 2), amount < 0, True)
        if self.l10n_mx_factor_type == "Exento" and not amount:
            return TaxKey(impuesto, str(TipoFactor.EXENTO), None, False, False)
        if self.amount_type == "fixed":
            factor, rate = TipoFactor.CUOTA, abs(amount)
        elif self.amount_type == "division":
            # The percentage is of the price with the tax inside: 13.7931 % of 116 is 16 % of 100.
            factor, rate = TipoFactor.TASA, abs(amount) / (100 - abs(amount))
        else:
            factor, rate = TipoFactor.TASA, abs(amount) / 100
        return TaxKey(impuesto, str(factor), amounts.redondear(rate, 6), amount < 0, False)
