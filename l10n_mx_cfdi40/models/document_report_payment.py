"""The printed representation of a payment complement (Pagos 2.0): what each payment covered, read back from its XML.

Amounts are printed with the decimals of their own currency: those of a payment in its currency, those of a related
document in the document's, the totals of the complement in pesos.
"""
from math import ceil

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import html2plaintext

from ..cfdi import amounts, letras
from ..cfdi.pagos import Pagos
from .document_report import _decimals, _exchange, _money, _rate, _tax

# Attributes of Totales, as they are read: each base before its tax, then what was withheld.
TOTALES = (
    ("total_traslados_base_iva16", "Base de IVA 16 %"),
    ("total_traslados_impuesto_iva16", "IVA 16 %"),
    ("total_traslados_base_iva8", "Base de IVA 8 %"),
    ("total_traslados_impuesto_iva8", "IVA 8 %"),
    ("total_traslados_base_iva0", "Base de IVA 0 %"),
    ("total_traslados_impuesto_iva0", "IVA 0 %"),
    ("total_traslados_base_iva_exento", "Base de IVA exento"),
    ("total_retenciones_iva", "IVA retenido"),
    ("total_retenciones_isr", "ISR retenido"),
    ("total_retenciones_ieps", "IEPS retenido"),
    ("monto_total_pagos", "Total de los pagos"),
)
# Totales are in pesos and have two decimals, whatever the currencies of the payments.
PESO, DECIMALES_PESO = "MXN", 2
# What Odoo's layouts put at the top of a page, in millimetres: edge, logo and gaps; one line of text. And how many
# characters go into a line there.
LETTERHEAD_LOGO, LETTERHEAD_LINE, LETTERHEAD_CHARACTERS = 36, 6.35, 45


def _pagos(comprobante):
    """The complement of payments of a CFDI; None when it has none."""
    return next((node for node in comprobante.complemento if isinstance(node, Pagos)), None)


def _number(documento):
    """Series and folio of a related document, '' when the complement names it only by its UUID."""
    return " ".join(filter(None, (documento.serie, documento.folio)))


def _taxes_of_document(documento, decimals):
    """Rows (tax, rate, base, amount) of a related document."""
    taxes = documento.impuestos_dr
    if not taxes:
        return []
    rows = [("", tax) for tax in taxes.traslados_dr] + [("Ret. ", tax) for tax in taxes.retenciones_dr]
    return [
        (prefix + _tax(tax.impuesto_dr), _rate(tax.tipo_factor_dr, tax.tasa_o_cuota_dr), _money(tax.base_dr, decimals),
         _money(tax.importe_dr, decimals))
        for prefix, tax in rows]


def _taxes_of_payment(pago, decimals):
    """Rows (tax, rate, base, amount) of a payment; of what is withheld the complement says only the amount."""
    taxes = pago.impuestos_p
    if not taxes:
        return []
    return [
        *((_tax(tax.impuesto_p), _rate(tax.tipo_factor_p, tax.tasa_o_cuota_p), _money(tax.base_p, decimals),
           _money(tax.importe_p, decimals)) for tax in taxes.traslados_p),
        *((f"Ret. {_tax(tax.impuesto_p)}", "", "", _money(tax.importe_p, decimals)) for tax in taxes.retenciones_p)]


def _rows(*rows):
    """Those of the rows (label, text) that say something."""
    return [row for row in rows if row[1]]


class Document(models.Model):
    _inherit = "l10n_mx_cfdi40.document"

    def _printed_keys(self, comprobante):
        keys = super()._printed_keys(comprobante)
        pagos = _pagos(comprobante)
        for pago in pagos.pago if pagos else ():
            keys.setdefault("c_FormaPago", set()).add(pago.forma_de_pago_p)
            keys.setdefault("c_Moneda", {PESO}).update(
                (pago.moneda_p, *(documento.moneda_dr for documento in pago.docto_relacionado)))
            keys.setdefault("c_ObjetoImp", set()).update(
                documento.objeto_imp_dr for documento in pago.docto_relacionado)
            if pago.tipo_cad_pago:
                keys.setdefault("c_TipoCadenaPago", set()).add(pago.tipo_cad_pago)
        return keys

    @api.model
    def _printed_payments(self, comprobante, texts):
        """What `_printed` says besides of a payment complement: ``payments``, and the complement's totals and their sum
        in words instead of those of the document, which are zero. Only empty ``payments`` of any other CFDI."""
        pagos = _pagos(comprobante)
        if not pagos:
            return {"payments": []}
        return {
            "payments": [self._printed_payment(pago, texts) for pago in pagos.pago],
            "totals": [(label, _money(value, DECIMALES_PESO)) for name, label in TOTALES
                       if (value := getattr(pagos.totales, name)) is not None],
            "currency": PESO,
            "letra": letras.importe_con_letra(pagos.totales.monto_total_pagos, PESO),
        }

    @api.model
    def _printed_payment(self, pago, texts):
        decimals = _decimals(texts, pago.moneda_p)
        return {
            "cfdi": pago,
            "amount": _money(pago.monto, decimals),
            "exchange": _exchange(pago.moneda_p, pago.tipo_cambio_p),
            "payer": _rows(
                ("Banco", pago.nom_banco_ord_ext), ("RFC del banco", pago.rfc_emisor_cta_ord),
                ("Cuenta", pago.cta_ordenante)),
            "payee": _rows(("RFC del banco", pago.rfc_emisor_cta_ben), ("Cuenta", pago.cta_beneficiario)),
            "documents": [
                self._printed_paid(documento, _decimals(texts, documento.moneda_dr))
                for documento in pago.docto_relacionado],
            "taxes": _taxes_of_payment(pago, decimals),
        }

    @api.model
    def _printed_paid(self, documento, decimals):
        return {
            "cfdi": documento,
            "number": _number(documento),
            "equivalence": "" if documento.equivalencia_dr is None else amounts.texto(documento.equivalencia_dr),
            "before": _money(documento.imp_saldo_ant, decimals),
            "paid": _money(documento.imp_pagado, decimals),
            "after": _money(documento.imp_saldo_insoluto, decimals),
            "taxes": _taxes_of_document(documento, decimals),
        }

    def _payments_received(self):
        """What the mail of a complement says of each payment: date, amount and currency as text, documents paid."""
        self.ensure_one()
        printed = self._printed()
        return [{
            "date": payment["cfdi"].fecha_pago.date(),
            "amount": payment["amount"],
            "currency": payment["cfdi"].moneda_p,
            "documents": ", ".join(paid["number"] or paid["cfdi"].id_documento for paid in payment["documents"]),
        } for payment in printed["payments"]]

    def _check_complement(self):
        """
        :raises AccessError: the user may not read these documents
        :raises UserError: one is no payment complement, or is not stamped yet
        """
        self.check_access("read")
        for document in self:
            if document.kind != "P":
                raise UserError(self.env._(
                    "%s is not a payment complement: print its invoice instead.", document.display_name))
            if not document.uuid:
                raise UserError(self.env._("%s is not stamped yet: there is nothing to print.", document.display_name))


class ComplementReport(models.AbstractModel):
    _name = "report.l10n_mx_cfdi40.report_complement"
    _description = "Printed payment complement"

    @api.model
    def _get_report_values(self, docids, data=None):
        """The template shows values that are read as superuser: here is where it is seen whether the user may.

        :raises AccessError, UserError: those of `_check_complement`
        """
        documents = self.env["l10n_mx_cfdi40.document"].browse(docids)
        documents._check_complement()
        return {
            "doc_ids": docids,
            "doc_model": documents._name,
            "docs": documents,
            "printed": {document.id: document._printed() for document in documents},
            "letterhead": max(map(self._letterhead, documents.company_id), default=0),
        }

    @api.model
    def _letterhead(self, company):
        """Millimetres at the top of each page for the logo and the lines of the company below it.

        The paper's own margin is enough for three lines; any more would be printed over the title of the first page and
        over the heads of the table on the others. (Odoo's invoice leaves room for an address there, which a CFDI has in
        its table.)
        """
        company = company.sudo()
        details = html2plaintext(company.company_details or "").strip() or "\n".join(
            (company.name, company.partner_id._display_address(without_company=True)))
        lines = sum(ceil(len(line) / LETTERHEAD_CHARACTERS) for line in details.splitlines() if line.strip())
        paper = self.env["ir.actions.report"]._get_report(self._name.removeprefix("report.")).get_paperformat()
        return max(paper.margin_top, ceil(LETTERHEAD_LOGO + lines * LETTERHEAD_LINE))
