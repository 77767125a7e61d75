"""The invoice's PDF: the printed representation of its CFDI once it is stamped; and the files that go with it."""
from odoo import models


class AccountMove(models.Model):
    _inherit = "account.move"

    def _get_name_invoice_report(self):
        # EXTENDS 'account'
        self.ensure_one()
        # Not through the document: who may read an invoice (a salesperson) may not read the ledger.
        if self.l10n_mx_cfdi40_uuid:
            return "l10n_mx_cfdi40.report_cfdi_document"
        return super()._get_name_invoice_report()

    def _get_report_base_filename(self):
        # EXTENDS 'account': PDF and XML of a CFDI lie side by side under the same name
        document = self.l10n_mx_cfdi40_document_id.sudo()
        if len(self) == 1 and document.uuid:
            return document._file_name().removesuffix(".xml")
        return super()._get_report_base_filename()

    def _get_invoice_proforma_pdf_report_filename(self):
        # EXTENDS 'account': a stamped invoice is no proforma, even when its PDF was not kept yet
        # Not through the document: who may read an invoice (a salesperson) may not read the ledger.
        if self.l10n_mx_cfdi40_uuid:
            return self._get_invoice_report_filename()
        return super()._get_invoice_proforma_pdf_report_filename()

    def _get_invoice_legal_documents_all(self, allow_fallback=False):
        # EXTENDS 'account': Odoo gives the attachments only to who has a kept PDF, and one that was stamped without
        # Send has none; its customer gets the XML in the portal all the same
        documents = super()._get_invoice_legal_documents_all(allow_fallback=allow_fallback)
        attachment = self.l10n_mx_cfdi40_document_id.sudo().attachment_id
        if not attachment or self.invoice_pdf_report_id:
            return documents
        return [*(documents or []), {
            "filename": attachment.name, "filetype": attachment.mimetype, "content": attachment.raw}]
