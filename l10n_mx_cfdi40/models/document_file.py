"""What follows an answer once it is safe in the ledger: the copy on the invoice, the message, the certificate's mark.

All of it can be done again, so a process that dies here loses nothing: the cron files every stamp without a file.
"""
import os
import re

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
        # A series from elsewhere may hold anything, and this is a name of a file and a part of an address.
        number = re.sub(r"[^\w-]+", "_", "-".join(filter(None, (self.serie, self.folio))))
        return "_".join(filter(None, (number, self.uuid))) + ".xml"

    def _file(self):
        """Copy the stamped XML to the invoice and say so there. The original stays in this row."""
        record = self._mail_record()
        # Odoo calls a file text/plain when its owner might have written a script into it. One that came from the PAC
        # has none; of one that somebody uploaded nobody knows what is in its addenda.
        attachments = self.env["ir.attachment"].with_user(SUPERUSER_ID)
        self.attachment_id = attachments.with_context(attachments_mime_plainxml=self.external).create({
            "name": self._file_name(),
            "raw": self._stamped_bytes(),
            "mimetype": "application/xml",
            "res_model": record._name,
            "res_id": record.id,
        })
        if self._has_event("file"):
            # Somebody deleted the copy: it comes back, without telling the story again.
            return
        self._log("file", self.state)
        self.certificate_id._mark_accepted()
        self._after_stamp()
        # Without these keys the invoice would read its own XML as a vendor bill to import.
        record.with_context(no_document=True, disable_attachment_import=True).message_post(
            body=self._filed_text(),
            attachment_ids=self.attachment_id.ids,
        )

    def _filed_text(self):
        if self.external:
            return self.env._("CFDI stamped elsewhere, taken in from its XML. UUID: %s", self.uuid)
        return self.env._("CFDI stamped. UUID: %s", self.uuid)

    def _mail_record(self):
        """The record on which people look for this document: its files and messages are there."""
        self.ensure_one()
        return self.move_id

    def _after_stamp(self):
        """What a stamp changes elsewhere. Once for each document; EXTENDED by the kinds of documents."""
        self._detach_old_pdf(self.env._("before stamping"))

    def _detach_old_pdf(self, when):
        """A PDF made before the stamp shows neither UUID nor QR, one made before a cancellation does not say that; and
        none would be made again while it is there.

        :param str when: it is told apart by this
        """
        move = self.move_id
        pdf = move.invoice_pdf_report_id
        if pdf:
            name, extension = os.path.splitext(pdf.name)
            pdf.write({
                "res_field": False,
                "name": f"{name} ({when}){extension}",
            })
            move.invalidate_recordset(["invoice_pdf_report_id", "invoice_pdf_report_file"])

    def _tell_refusal(self):
        self._log("tell", self.state)
        reason = self._explanation()
        if reason.kind == Kind.CERTIFICATE and self.certificate_id:
            self.certificate_id._mark_refused(self.code)
        self._mail_record().message_post(body=self.env._("The PAC refused the CFDI. %s", reason))

    def _explanation(self):
        """What the last answer means and what to do about it; ``str()`` of it is for people."""
        return explain(self.code or "", self.message or "")

    def _reason(self):
        """Why it was not sent, or why nobody knows, for people."""
        return str(self._explanation()) if self.code in DOUBTS else self.message or self.code or ""
