"""The complement of real money: mailed by itself, or by hand, from the payment or the bank's entry."""
from odoo.addons.mail.tests.common import MockEmail
from odoo.tests import tagged

from .complement_common import ComplementCommon


@tagged("post_install_l10n", "post_install", "-at_install")
class TestComplementMailed(ComplementCommon, MockEmail):
    def mailed(self, document):
        """The one mail to the customer, which carries the XML and the PDF of the complement."""
        [mail] = [mail for mail in self._mails if any("cliente@example.com" in to for to in mail["email_to"])]
        files = {name: content for name, content, _type in mail["attachments"]}
        name = document._file_name().removesuffix(".xml")
        self.assertEqual(set(files), {f"{name}.xml", f"{name}.pdf"})
        self.assertEqual(files[f"{name}.xml"], document._stamped_bytes())
        return mail

    def test_by_itself(self):
        self.company.sudo().l10n_mx_cfdi40_rep_mail = True
        payment = self.register(self.ppd())
        with self.mock_mail_gateway():
            document, _pagos = self.complement(payment)
        self.mailed(document)
        self.assertEqual((document.pdf_id.res_model, document.pdf_id.res_id), ("account.payment", payment.id))
        self.assertIn(document.pdf_id, payment.message_ids.attachment_ids)

    def test_by_itself_to_nobody(self):
        self.company.sudo().l10n_mx_cfdi40_rep_mail = True
        self.customer.sudo().email = False
        payment = self.register(self.ppd())
        with self.mock_mail_gateway():
            document, _pagos = self.complement(payment)
        self.assertFalse(self._mails)
        self.assertEqual(document.state, "stamped")
        self.assertIn("was not sent", "".join(payment.message_ids.mapped("body")))

    def test_by_hand(self):
        for money in (self.register(self.ppd()), self.bank_line(500, self.ppd())):
            document, _pagos = self.complement(money)
            document = document.with_user(self.biller).sudo(False)
            context = document.action_send_complement()["context"]
            composer = self.env["mail.compose.message"].with_user(self.biller).with_context(**context).create({})
            with self.mock_mail_gateway():
                composer.action_send_mail()
            self.mailed(document)
