"""What a CFDI lacks of its two parties, in the words of the fields where it is filled in."""
from odoo import models

from ..cfdi import nombre, rfc
from ..cfdi.findings import Finding


class ResCompany(models.Model):
    _inherit = "res.company"

    def _l10n_mx_cfdi40_missing(self, comprobante, certificate, journal):
        """Findings about who issues the document.

        :param certificate: the one in force at its Fecha, or empty
        :param journal: where its place of issue may be written
        """
        company = {"empresa": self.name}
        emisor = comprobante.emisor
        if not certificate:
            yield Finding("MX_SIN_CERTIFICADO", "Comprobante/@NoCertificado", "error", {
                **company, "fecha": comprobante.fecha.date()})
        if not emisor.rfc:
            yield Finding("MX_EMISOR_SIN_RFC", "Comprobante/Emisor/@Rfc", "error", company)
        elif certificate and not nombre.mismo(
                emisor.nombre, certificate.name, moral=not rfc.es_fisica(emisor.rfc)):
            yield Finding("MX_EMISOR_NOMBRE", "Comprobante/Emisor/@Nombre", "warning", {
                "nombre": emisor.nombre, "certificado": certificate.name})
        if not emisor.regimen_fiscal:
            yield Finding("MX_EMISOR_SIN_REGIMEN", "Comprobante/Emisor/@RegimenFiscal", "error", company)
        if not comprobante.lugar_expedicion:
            yield Finding("MX_SIN_LUGAR_EXPEDICION", "Comprobante/@LugarExpedicion", "error", {
                **company, "diario": journal.name})


class ResPartner(models.Model):
    _inherit = "res.partner"

    def _l10n_mx_cfdi40_missing(self, receptor):
        """Findings about this partner as the receptor of a document."""
        for code, attribute, value in (
            ("MX_RECEPTOR_SIN_RFC", "Rfc", receptor.rfc),
            ("MX_RECEPTOR_SIN_REGIMEN", "RegimenFiscalReceptor", receptor.regimen_fiscal_receptor),
            ("MX_RECEPTOR_SIN_CP", "DomicilioFiscalReceptor", receptor.domicilio_fiscal_receptor),
            ("MX_RECEPTOR_SIN_USO", "UsoCFDI", receptor.uso_cfdi),
        ):
            if not value:
                yield Finding(code, f"Comprobante/Receptor/@{attribute}", "error", {
                    "cliente": self.name or "(sin cliente)"})
        number = rfc.compact(self.vat or "")
        if receptor.residencia_fiscal and not receptor.num_reg_id_trib and number and number != receptor.rfc:
            yield Finding("MX_RECEPTOR_REGISTRO", "Comprobante/Receptor/@NumRegIdTrib", "warning", {
                "cliente": self.name or "", "registro": number, "pais": receptor.residencia_fiscal})
