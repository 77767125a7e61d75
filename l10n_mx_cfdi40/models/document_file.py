"""What follows an answer once it is safe in the ledger: the copy on the invoice, the message, the certificate's mark.

All of it can be done again, so a process that dies here loses nothing: the cron files every stamp without a file.
"""
import os
import re

from odoo import SUPERUSER_ID, models
from odoo.exceptions import UserError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from ..cfdi.errors import CfdiError
from ..pac.codes import DOUBTS, TURNED_AWAY, Kind, explain


class Document(models.Model):
    _inherit = "l10n_mx_cfdi40.document"

    def _conclude(self):
        """Tell the invoices what happened to their CFDI. Commits; does nothing the second time.

        Several are filed together; what one of them is in the way of is done one by one.
        """
        try:
            if self._conclude_once():
                self._commit()
        except (UserError, CfdiError, OSError, *PG_CONCURRENCY_EXCEPTIONS_TO_RETRY):
            if len(self) == 1 or not self._can_commit():
                raise
            self.env.cr.rollback()
            self._work_through([self.browse(one) for one in self.ids], lambda document: document._conclude())

    def _conclude_once(self):
        documents = self.sudo()
        unfiled = documents.filtered(lambda one: one.state == "stamped" and not one.attachment_id)
        for lang, group in unfiled.grouped(lambda one: one._reader_lang()).items():
            group.with_context(lang=lang)._file()
        untold = documents.filtered(lambda one: one.state == "rejected" and not one._has_event("tell"))
        for document in untold:
            document._in_its_language()._tell_refusal()
        return bool(unfiled or untold)

    def _has_event(self, action):
        return any(event.action == action for event in self.event_ids)

    def _file_name(self):
        """Name of the XML file: serie, folio and UUID, as accountants keep them."""
        self.ensure_one()
        # A series from elsewhere may hold anything, and this is a name of a file and a part of an address.
        number = re.sub(r"[^\w-]+", "_", "-".join(filter(None, (self.serie, self.folio))))
        return "_".join(filter(None, (number, self.uuid))) + ".xml"

    def _file(self):
        """Copy the stamped XML to the invoices and say so there. The original stays in these rows."""
        # Odoo calls a file text/plain when its owner might have written a script into it. One that came from the PAC
        # has none; of one that somebody uploaded nobody knows what is in its addenda.
        for external, documents in self.grouped("external").items():
            attachments = self.env["ir.attachment"].with_user(SUPERUSER_ID).with_context(
                attachments_mime_plainxml=external).create([document._file_vals() for document in documents])
            for document, attachment in zip(documents, attachments, strict=True):
                document.attachment_id = attachment
        # Of the others somebody deleted the copy: it comes back, without telling the story again.
        new = self.filtered(lambda document: not document._has_event("file"))
        if not new:
            return
        new._log("file", "stamped")
        new.certificate_id._mark_accepted()
        new._after_stamp()
        new._tell_filed()

    def _file_vals(self):
        record = self._mail_record()
        return {
            "name": self._file_name(),
            "raw": self._stamped_bytes(),
            "mimetype": "application/xml",
            "res_model": record._name,
            "res_id": record.id,
        }

    def _tell_filed(self):
        """A note with the XML on each record, as `message_post` would leave it, whose price is too high for many."""
        if len(self) == 1:
            # Without these keys the invoice would read its own XML as a vendor bill to import.
            self._mail_record().with_context(no_document=True, disable_attachment_import=True).message_post(
                body=self._filed_text(), attachment_ids=self.attachment_id.ids)
            return
        thread = self.env["mail.thread"].sudo()
        author, sender = thread._message_compute_author()
        common = {
            "author_id": author,
            "email_from": sender,
            "reply_to": thread._notify_get_reply_to(default=sender, author_id=author)[False],
            "message_type": "notification",
            "subtype_id": self.env["ir.model.data"]._xmlid_to_res_id("mail.mt_note"),
            "is_internal": True,
            "email_add_signature": False,
            "record_alias_domain_id": False,
            "record_company_id": False,
        }
        vals_list = []
        for document in self:
            record = document._mail_record()
            vals_list.append({
                **common, "model": record._name, "res_id": record.id, "body": document._filed_text(),
                "attachment_ids": [(6, 0, document.attachment_id.ids)]})
        thread._message_create(vals_list)

    def _filed_text(self):
        if self.external:
            return self.env._("CFDI stamped elsewhere, taken in from its XML. UUID: %s", self.uuid)
        return self.env._("CFDI stamped. UUID: %s", self.uuid)

    def _mail_record(self):
        """The record on which people look for this document: its files and messages are there."""
        self.ensure_one()
        return self.move_id

    def _after_stamp(self):
        """What these stamps change elsewhere. Once for each document; EXTENDED by the kinds of documents."""
        for document in self:
            document._detach_old_pdf(self.env._("before stamping"))

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
        """Why it was not sent, or why nobody knows, for people: the technical detail stays in the log."""
        if self.code in DOUBTS and self.code != TURNED_AWAY:
            return str(explain(self.code))
        return str(self._explanation()) if self.code == TURNED_AWAY else self.message or self.code or ""
