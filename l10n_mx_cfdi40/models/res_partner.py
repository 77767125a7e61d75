from odoo import api, fields, models

from ..cfdi import limpieza, nombre, paises, rfc
from ..cfdi.values import ACuentaTerceros, Receptor


def compact_rfc(vat):
    """What a tax ID says of an RFC: upper case, no separators, without the country's prefix; '' for "/", no tax ID."""
    text = rfc.compact(vat or "")
    # "MX" before the 12 or 13 characters is the prefix; an RFC itself may begin with MX.
    return text[2:] if text.startswith("MX") and len(text) in (14, 15) else text


class ResPartner(models.Model):
    _inherit = "res.partner"

    l10n_mx_cfdi40_name = fields.Char(
        string="Legal Name (SAT)",
        compute="_compute_l10n_mx_cfdi40_name",
        inverse="_inverse_l10n_mx_cfdi40_name",
        help="Name exactly as in the tax status certificate (Constancia de Situación Fiscal): upper case and without "
        "the type of company. It is proposed from the name until somebody writes another one.",
    )
    # Only what a person wrote; what is proposed follows the name and is never stored.
    l10n_mx_cfdi40_written_name = fields.Char(string="Legal Name Written by Hand")
    l10n_mx_cfdi40_regimen_id = fields.Many2one(
        comodel_name="l10n_mx_cfdi40.catalog",
        string="Tax Regime",
        domain=[("catalog", "=", "c_RegimenFiscal")],
        ondelete="restrict",
        help="Tax regime (régimen fiscal) as in the tax status certificate.",
    )
    l10n_mx_cfdi40_uso_id = fields.Many2one(
        comodel_name="l10n_mx_cfdi40.catalog",
        string="CFDI Use",
        domain=[("catalog", "=", "c_UsoCFDI")],
        company_dependent=True,
        help="What the customer uses the invoices for (UsoCFDI); proposed on new invoices.",
    )
    l10n_mx_cfdi40_forma_pago_id = fields.Many2one(
        comodel_name="l10n_mx_cfdi40.catalog",
        string="Payment Form",
        domain=[("catalog", "=", "c_FormaPago")],
        company_dependent=True,
        help="How this customer usually pays (FormaPago); proposed on new invoices.",
    )
    l10n_mx_cfdi40_metodo_pago = fields.Selection(
        selection=[("PUE", "PUE - Paid in a single payment"), ("PPD", "PPD - In installments or deferred")],
        string="Payment Policy",
        company_dependent=True,
        help="MetodoPago proposed on new invoices. Empty: decided by the due date of each invoice.",
    )

    @api.depends("name", "vat", "is_company", "l10n_mx_cfdi40_written_name")
    def _compute_l10n_mx_cfdi40_name(self):
        for partner in self:
            proposed = partner._l10n_mx_cfdi40_proposed_name()
            partner.l10n_mx_cfdi40_name = partner.l10n_mx_cfdi40_written_name or proposed

    def _inverse_l10n_mx_cfdi40_name(self):
        for partner in self:
            # The register is in upper case, and what is pasted from a PDF brings spaces that only look like one.
            written = limpieza.limpiar(partner.l10n_mx_cfdi40_name, 300).upper()
            proposed = partner._l10n_mx_cfdi40_proposed_name()
            partner.l10n_mx_cfdi40_written_name = written if written != proposed else False
        self.invalidate_recordset(["l10n_mx_cfdi40_name"])  # emptied, it is the proposal again

    def _l10n_mx_cfdi40_proposed_name(self):
        """Name that the SAT's register probably has, from the name people use."""
        self.ensure_one()
        written = compact_rfc(self.vat)
        moral = rfc.es_moral(written) if rfc.is_valid(written) else self.is_company
        return nombre.nombre_fiscal(self.name, moral=moral)

    def _l10n_mx_cfdi40_rfc(self):
        """RFC with which this partner appears in a CFDI.

        :return: the RFC, compact; the generic foreign one for a partner abroad without RFC; empty when it is missing.
        """
        self.ensure_one()
        written = compact_rfc(self.vat)
        if self.country_code not in (False, "MX") and not rfc.is_valid(written):
            return rfc.RFC_EXTRANJERO
        return written

    def _l10n_mx_cfdi40_receiver_key(self):
        """What partners that are one receptor share: the RFC. Behind a generic RFC, or none, each is on its own."""
        self.ensure_one()
        number = self._l10n_mx_cfdi40_rfc()
        if number in ("", rfc.RFC_NACIONAL, rfc.RFC_EXTRANJERO):
            return f"{number}/{self.id or 0}"
        return number

    def _l10n_mx_cfdi40_receptor(self, zip_code, uso):
        """This partner as the receptor of a CFDI. With a generic RFC, fiscal address and regime are those that the SAT
        prescribes.

        :param zip_code: LugarExpedicion; :param uso: key of UsoCFDI, or empty
        """
        self.ensure_one()
        number = self._l10n_mx_cfdi40_rfc()
        generic = number in (rfc.RFC_NACIONAL, rfc.RFC_EXTRANJERO)
        country = tax_id = None
        if number == rfc.RFC_EXTRANJERO and self.country_code != "MX":
            country = paises.clave_pais(self.country_code)
            if country and rfc.compact(self.vat or "") != number:
                tax_id = paises.registro_tributario(country, self.vat)
        return Receptor(
            rfc=number,
            nombre=self.l10n_mx_cfdi40_name or "",
            domicilio_fiscal_receptor=zip_code if generic else (self.zip or "").strip(),
            residencia_fiscal=country,
            num_reg_id_trib=tax_id,
            regimen_fiscal_receptor="616" if generic else self.l10n_mx_cfdi40_regimen_id.code or "",
            uso_cfdi=uso or "",
        )

    def _l10n_mx_cfdi40_third_party(self):
        return ACuentaTerceros(
            rfc_a_cuenta_terceros=self._l10n_mx_cfdi40_rfc(),
            nombre_a_cuenta_terceros=self.l10n_mx_cfdi40_name or "",
            regimen_fiscal_a_cuenta_terceros=self.l10n_mx_cfdi40_regimen_id.code or "",
            domicilio_fiscal_a_cuenta_terceros=(self.zip or "").strip(),
        )
