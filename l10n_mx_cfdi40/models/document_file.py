"""What follows an answer once it is safe in the ledger: the copy on the invoice, the message, the certificate's mark.

All of it can be done again, so a process that dies here loses nothing: the cron files every stamp without a file.
"""
import os

from odoo import SUPERUSER_ID, models

from ..pac.codes import DOUBTS, Kind, explain


class Document(models.Model):
    _inherit = "l10n_mx_cfdi40.document"

    def _conclude(self):
        """Tell the invoice what happened to its CFDI. Commits; does nothing the second time."""
        self.ensure_one()
        document = self.sudo()
        if document.state == "stamped" and not document.attachment_id:
            document._file()
        elif document.state == "rejected" and not document._has_event("tell"):
            document._tell_refusal()
        else:
            return
        self._commit()

    def _has_event(self, action):
        return any(event.action == action for event in self.event_ids)

    def _file_name(self):
        """Name of the XML file: serie, folio and UUID, as accountants keep them."""
        self.ensure_one()
        number = "-".join(filter(None, (self.serie, self.folio)))
        return "_".join(filter(None, (number, self.uuid))) + ".xml"

    def _file(self):
        """Copy the stamped XML to the invoice and say so there. The original stays in this row."""
        move = self.move_id
        # Odoo calls a file text/plain when its owner might have written a script into it; this one came from the PAC.
        self.attachment_id = self.env["ir.attachment"].with_user(SUPERUSER_ID).create({
            "name": self._file_name(),
            "raw": self._stamped_bytes(),
            "mimetype": "application/xml",
            "res_model": move._name,
            "res_id": move.id,
        })
        if self._has_event("file"):
            # Somebody deleted the copy: it comes back, without telling the story again.
            return
        self._log("file", self.state)
        self._detach_old_pdf()
        self.certificate_id._mark_accepted()
        # Without these keys the invoice would read its own XML as a vendor bill to import.
        move.with_context(no_document=True, disable_attachment_import=True).message_post(
            body=self.env._("CFDI stamped. UUID: %s", self.uuid),
            attachment_ids=self.attachment_id.ids,
        )

    def _mail_record(self):
        """The record on which people look for this document: its files and messages are there."""
        self.ensure_one()
        return self.move_id

    def _detach_old_pdf(self):
        """A PDF made before the stamp shows neither UUID nor QR, and would never be made again while it is there."""
        move = self.move_id
        pdf = move.invoice_pdf_report_id
        if pdf:
            name, extension = os.path.splitext(pdf.name)
            pdf.write({
                "res_field": False,
                "name": self.env._("%(name)s (before stamping)%(extension)s", name=name, extension=extension),
            })
            move.invalidate_recordset(["invoice_pdf_report_id", "invoice_pdf_report_file"])

    def _tell_refusal(self):
        self._log("tell", self.state)
        reason = self._explanation()
        if reason.kind == Kind.CERTIFICATE and self.certificate_id:
            self.certificate_id._mark_refused(self.code)
        self.move_id.message_post(body=self.env._("The PAC refused the CFDI. %s", reason))

    def _explanation(self):
        """What the last answer means and what to do about it; ``str()`` of it is for people."""
        return explain(self.code or "", self.message or "")

    def _reason(self):
        """Why it was not sent, or why nobody knows, for people."""
        return str(self._explanation()) if self.code in DOUBTS else self.message or self.code or ""
