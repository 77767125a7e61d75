"""Payment complements for the customer: the PDF that is kept, and the mail with it and the XML."""
from markupsafe import Markup
from odoo import SUPERUSER_ID, fields, models
from odoo.exceptions import AccessError, UserError

REPORT = "l10n_mx_cfdi40.action_report_complement"
TEMPLATE = "l10n_mx_cfdi40.mail_template_complement"
#: Without these an invoice would read the XML that is posted on it as a vendor bill to import.
NO_IMPORT = {"no_document": True, "disable_attachment_import": True}


class Document(models.Model):
    _inherit = "l10n_mx_cfdi40.document"

    pdf_id = fields.Many2one(
        "ir.attachment", "PDF file", readonly=True, ondelete="set null", index="btree_not_null",
        help="The printed representation that goes with the XML by mail. Made when it is first needed.")

    def action_print_complement(self):
        """Print payment complements.

        :raises UserError: one is no payment complement, or is not stamped yet
        """
        self._check_complement()
        return self.env.ref(REPORT).report_action(self)

    def action_send_complement(self):
        """Open the mail of a payment complement, ready to be sent with its XML and PDF.

        :raises AccessError: the user is no billing user
        :raises UserError: it is no payment complement in force, or nothing says where its mail belongs
        """
        if not (self.env.su or self.env.user.has_group("account.group_account_invoice")):
            raise AccessError(self.env._("Only billing users may send payment complements."))
        return self._compose(
            self._complement_record(), self._complement_mail(), self.env._("Send payment complement"))

    def _send_complement(self):
        """Mail a payment complement to its receptor, as `action_send_complement` would. Does not commit.

        :return: True; False if nobody of the recipients has an e-mail address, or the PDF cannot be made: then a note
            tells so, because nobody is there to read an error
        :raises UserError: it is no payment complement in force, or nothing says where its mail belongs
        """
        record = self._complement_record().with_context(**NO_IMPORT, email_notification_allow_footer=True)
        try:
            mail = self._complement_mail()
        except UserError as error:
            record.message_post(body=self.env._(
                "The payment complement %(name)s was not sent. %(reason)s", name=self.display_name, reason=error))
            return False
        partners = self.env["res.partner"].browse(mail["partner_ids"]).filtered("email")
        if not partners:
            record.message_post(body=self.env._(
                "The payment complement %(name)s was not sent: %(customer)s has no e-mail address.",
                name=self.display_name, customer=self.partner_id.display_name or self.receiver_name))
            return False
        author, sender = record._message_compute_author(email_from=mail.pop("email_from"))
        record.message_post(**{
            **mail, "partner_ids": partners.ids, "author_id": author, "email_from": sender, "message_type": "comment",
            "subtype_xmlid": "mail.mt_comment"})
        return True

    def _complement_record(self):
        """Where the mail of a payment complement is posted; never empty.

        :raises UserError: see `action_send_complement`
        """
        self.ensure_one()
        self._check_complement()
        if not self._is_in_force():
            raise UserError(self.env._(
                "The CFDI %(name)s is “%(state)s”: this cannot be done now.",
                name=self.display_name, state=self._state_label()))
        record = self._mail_record()
        if not record:
            raise UserError(self.env._("%s belongs to no payment on which its mail could be kept.", self.display_name))
        return record

    def _complement_mail(self):
        """Content and recipients of the mail, by the template that accountants may edit, in the language of the
        receptor: values of `message_post`, most of which are fields of the composer too."""
        return self._mail_by_template(TEMPLATE, self.env._("Payment complement %s", self.display_name),
                                      self._complement_files())

    def _mail_by_template(self, name, subject, files):
        """Content and recipients of a mail to the receptor: values of `message_post`.

        :param str name: of the template; if somebody deleted it, only `subject` is filled in
        :param files: attachments
        """
        mail = {
            "subject": subject,
            "body": Markup(),
            "partner_ids": self._addressee().ids,
            "email_from": False,
            "attachment_ids": files.ids,
            "email_layout_xmlid": self.env["account.move.send"]._get_mail_layout(),
            "email_add_signature": False,
        }
        template = self.env.ref(name, raise_if_not_found=False)
        if template:
            values = template._generate_template(
                self.ids, ("subject", "body_html", "email_from", "email_to", "email_cc", "partner_to"),
                find_or_create_partners=True)[self.id]
            mail.update(
                subject=values["subject"], body=values["body_html"], email_from=values["email_from"],
                partner_ids=values.get("partner_ids", []))
        return mail

    def _addressee(self):
        """To whom mails about this CFDI go."""
        return self.partner_id or self.move_id.partner_id

    def _compose(self, record, mail, title):
        """The action that opens a mail, ready to be sent, on `record`."""
        mail = dict(mail)
        return {
            "type": "ir.actions.act_window",
            "name": title,
            "res_model": "mail.compose.message",
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": {
                **NO_IMPORT,
                "default_composition_mode": "comment",
                "default_model": record._name,
                "default_res_ids": record.ids,
                "default_email_layout_xmlid": mail.pop("email_layout_xmlid"),
                "email_notification_allow_footer": True,
                **{f"default_{name}": value for name, value in mail.items()},
            },
        }

    def _complement_files(self):
        """The XML and the PDF of a payment complement, as attachments."""
        if not self.attachment_id:
            # Somebody deleted the copy. The cron would bring it back too, but not before this mail.
            self.sudo()._file()
        return self.attachment_id + self._complement_pdf()

    def _complement_pdf(self):
        """The PDF of a payment complement, as an attachment of what it is mailed from. Made once and kept: it says what
        the XML says, which never changes.

        :raises UserError: it is no payment complement, or is not stamped yet
        """
        self.ensure_one()
        self._check_complement()
        if not self.pdf_id:
            pdf = self.env["ir.actions.report"]._render_qweb_pdf(REPORT, self.ids)[0]
            record = self._mail_record() or self
            self.sudo().pdf_id = self.env["ir.attachment"].with_user(SUPERUSER_ID).create({
                "name": self._file_name().removesuffix(".xml") + ".pdf",
                "raw": pdf,
                "mimetype": "application/pdf",
                "res_model": record._name,
                "res_id": record.id,
            })
        return self.pdf_id
