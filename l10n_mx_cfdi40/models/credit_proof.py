"""“Paid, to be activated”: the proof of payment goes to the PAC's contact."""
import logging

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError

_logger = logging.getLogger(__name__)

TEMPLATE = "l10n_mx_cfdi40.mail_template_credit_proof"
RECEIPT = "account.action_report_payment_receipt"


class CreditPackage(models.Model):
    _inherit = "l10n_mx_cfdi40.credit.package"

    def action_send_proof(self):
        """Mail the proof of payment to the PAC's contact, again if need be."""
        self.ensure_one()
        self.check_access("write")
        if self.state not in ("draft", "to_activate"):
            raise UserError(self.env._("The package is active already: there is nothing to prove."))
        if not self.account_id.contact_email:
            raise UserError(self.env._(
                "Write the e-mail address of the PAC's contact in its account %s first.", self.account_id.display_name))
        self.sudo()._send_proof()
        if self.state == "draft":
            self.sudo().write({"state": "to_activate"})

    @api.model
    def _send_proofs(self, account):
        """Mail those of this account that nobody mailed yet. Does not commit."""
        if account.contact_email:
            for package in self.search([
                    ("account_id", "=", account.id), ("state", "=", "to_activate"), ("proof_at", "=", False)]):
                package._send_proof()

    def _proof_lang(self):
        """Spanish, which every PAC reads, if it is there; else the language of the company."""
        installed = {code for code, _name in self.env["res.lang"].get_installed()}
        spanish = next((code for code in ("es_MX", "es_419", "es") if code in installed), None)
        return spanish or self.company_id.partner_id.lang

    def _send_proof(self):
        """Put the mail in the queue. Does not commit."""
        self.ensure_one()
        files = self._proof_files()
        self.env.ref(TEMPLATE).send_mail(self.id, email_values={"attachment_ids": files.ids})
        self.proof_at = fields.Datetime.now()
        self._message_log(body=self.env._(
            "Proof of payment mailed to %(address)s: %(files)s.", address=self.account_id.contact_email,
            files=", ".join(files.mapped("name")) or self.env._("without files")), attachment_ids=files.ids)

    def _proof_files(self):
        """What proves it: files on the bill and on its payments, and the payments' receipts."""
        bill = self.bill_id
        payments = bill._get_reconciled_payments() | bill.matched_payment_ids
        files = self.env["ir.attachment"].search([
            ("res_field", "=", False), "|",
            "&", ("res_model", "=", "account.move"), ("res_id", "in", bill.ids),
            "&", ("res_model", "=", "account.payment"), ("res_id", "in", payments.ids)])
        for payment in payments:
            files |= self._receipt_file(payment)
        return files

    def _receipt_file(self, payment):
        files = self.env["ir.attachment"]
        try:
            content, kind = self.env["ir.actions.report"]._render_qweb_pdf(RECEIPT, payment.ids)
        except UserError as error:
            # Without a printer of PDF the mail goes with the other files.
            _logger.warning("CFDI: the receipt of %s cannot be printed: %s", payment.display_name, error)
            return files
        return files.with_user(SUPERUSER_ID).create({
            "name": f"{(payment.name or self.env._('Payment')).replace('/', '_')}.{kind}",
            "raw": content, "res_model": self._name, "res_id": self.id})
