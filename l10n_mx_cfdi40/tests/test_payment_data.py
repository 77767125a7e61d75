"""What a complement will say of how money was received, as accountants say it in payments."""
import base64
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, new_test_user, tagged

from .payment_data_common import BOTH, CARD, CLABE, NO_BANK, OUR_CLABE, PaymentDataCommon


@tagged("post_install_l10n", "post_install", "-at_install")
class TestForm(PaymentDataCommon):
    """The form of payment: what each screen proposes."""

    def test_by_journal_and_method(self):
        method = self.bank_journal.inbound_payment_method_line_ids[:1]
        self.assertEqual(method._l10n_mx_cfdi40_forma_code(), "03")
        self.assertEqual(self.cash_journal.inbound_payment_method_line_ids._l10n_mx_cfdi40_forma_code(), "01")
        credit = self.env(su=True)["account.journal"].create({"name": "Tarjeta", "type": "credit", "code": "TC"})
        self.assertEqual(credit._l10n_mx_cfdi40_forma_code(), "04")
        method.l10n_mx_cfdi40_forma_pago_id = self.key("c_FormaPago", "28")
        self.assertEqual((method._l10n_mx_cfdi40_forma_code(), self.bank_journal._l10n_mx_cfdi40_forma_code()),
                         ("28", "28"))

    def test_cheque(self):
        method = self.env(su=True)["account.payment.method"].create({
            "name": "Cheque", "code": "new_third_party_checks", "payment_type": "inbound"})
        line = self.env(su=True)["account.payment.method.line"].create({
            "payment_method_id": method.id, "journal_id": self.bank_journal.id})
        self.assertEqual(line._l10n_mx_cfdi40_forma_code(), "02")

    def test_payment_follows_its_method_until_chosen(self):
        payment = self.payment()
        self.assertEqual(payment.l10n_mx_cfdi40_forma_pago_id.code, "03")
        self.assertEqual(self.payment(journal_id=self.cash_journal.id).l10n_mx_cfdi40_forma_pago_id.code, "01")
        # Posted, it can still be said better.
        payment.l10n_mx_cfdi40_forma_pago_id = self.key("c_FormaPago", "28")
        self.env.flush_all()
        self.assertEqual(self.data(payment)["forma_pago_id"], self.key("c_FormaPago", "28").id)
        # What the method stands for from now on says nothing about payments of before.
        before = self.payment()
        self.env.flush_all()
        self.bank_journal.inbound_payment_method_line_ids.l10n_mx_cfdi40_forma_pago_id = self.key("c_FormaPago", "31")
        self.assertEqual(before.l10n_mx_cfdi40_forma_pago_id.code, "03")
        self.assertEqual(self.payment().l10n_mx_cfdi40_forma_pago_id.code, "31")

    def test_only_money_of_customers(self):
        for vals in ({"payment_type": "outbound"}, {"partner_type": "supplier"}):
            self.assertFalse(self.payment(**vals).l10n_mx_cfdi40_forma_pago_id, vals)
        self.root_company.account_fiscal_country_id = self.env.ref("base.us")
        self.assertFalse(self.payment().l10n_mx_cfdi40_forma_pago_id)

    def test_99_is_refused(self):
        undefined = self.key("c_FormaPago", "99")
        with self.assertRaisesRegex(ValidationError, "99"):
            self.payment(form="99")
        with self.assertRaisesRegex(ValidationError, "99"):
            self.bank_journal.inbound_payment_method_line_ids.l10n_mx_cfdi40_forma_pago_id = undefined
        with self.assertRaisesRegex(ValidationError, "99"):
            self.register(self.ready(), l10n_mx_cfdi40_forma_pago_id=undefined.id)

    def test_hour(self):
        payment = self.payment(l10n_mx_cfdi40_hora="9:05")
        self.assertEqual(self.data(payment)["hora"], "09:05:00")
        payment.l10n_mx_cfdi40_hora = "23:59:59"
        self.assertEqual(self.data(payment)["hora"], "23:59:59")
        payment.l10n_mx_cfdi40_hora = False
        self.assertIs(self.data(payment)["hora"], False)
        for wrong in ("24:00:00", "12:60", "12:00:60", "mediodía", "12", "12:00:00 "  "x"):
            with self.subTest(wrong), self.assertRaises(ValidationError):
                payment.l10n_mx_cfdi40_hora = wrong
        with Form(payment) as form:
            form.l10n_mx_cfdi40_hora = "7:30"
            self.assertEqual(form.l10n_mx_cfdi40_hora, "07:30:00")

    def test_nothing_said(self):
        data = self.data(self.payment())
        self.assertEqual(data.pop("forma_pago_id"), self.key("c_FormaPago", "03").id)
        self.assertEqual(set(data.values()), {False})
        self.assertEqual(len(data), 11)

    def test_spei_certificate(self):
        certificate = base64.b64encode(b"certificado").decode()
        payment = self.payment(l10n_mx_cfdi40_num_operacion="MBAN01 | 2 ", l10n_mx_cfdi40_tipo_cad_pago="01",
                               l10n_mx_cfdi40_cert_pago=f"{certificate[:4]}\n{certificate[4:]}",
                               l10n_mx_cfdi40_cad_pago=" ||1|03032026|| ")
        data = self.data(payment)
        self.assertEqual(
            [data[name] for name in ("num_operacion", "tipo_cad_pago", "cert_pago", "cad_pago", "sello_pago")],
            ["MBAN01 / 2", "01", certificate, "||1|03032026||", False])
        payment.l10n_mx_cfdi40_forma_pago_id = self.key("c_FormaPago", "02")
        self.assertFalse(self.data(payment)["tipo_cad_pago"])

    def test_auditor_and_locked(self):
        payment = self.payment()
        auditor = new_test_user(
            self.env(su=True), "auditora", "account.group_account_readonly",
            company_id=self.company.id, company_ids=self.company.ids)
        self.assertEqual(self.data(payment.with_user(auditor)), self.data(payment))
        with self.assertRaises(AccessError):
            payment.with_user(auditor).l10n_mx_cfdi40_num_operacion = "1"
        self.assertFalse(payment.l10n_mx_cfdi40_locked)

        def locked(payments):
            payments.l10n_mx_cfdi40_locked = True

        with patch.object(self.env.registry["account.payment"], "_compute_l10n_mx_cfdi40_locked", locked):
            payment.invalidate_recordset()
            with self.assertRaisesRegex(UserError, payment.name):
                payment.l10n_mx_cfdi40_num_operacion = "1"
            payment.memo = "otra cosa"

    def test_copy(self):
        payment = self.payment(form="28", l10n_mx_cfdi40_num_operacion="1", l10n_mx_cfdi40_hora="10:00")
        copy = payment.copy()
        self.assertEqual((copy.l10n_mx_cfdi40_forma_pago_id.code, copy.l10n_mx_cfdi40_num_operacion,
                          copy.l10n_mx_cfdi40_hora), ("03", False, False))


@tagged("post_install_l10n", "post_install", "-at_install")
class TestAccounts(PaymentDataCommon):
    """Which accounts and banks are said: only when somebody wants it, and never one that would be refused."""

    def test_option_and_choice(self):
        account = self.account("1234567890", l10n_mx_edi_clabe="0020 1007 7777 7777 71")
        self.assertEqual(self.banks(self.payment()), NO_BANK)
        self.assertEqual(self.banks(self.payment(l10n_mx_cfdi40_cta_ordenante_id=account.id)), BOTH)
        self.root_company.l10n_mx_cfdi40_rep_bank_data = True
        self.assertEqual(self.banks(self.payment()), BOTH)
        self.assertEqual(self.banks(self.payment(journal_id=self.cash_journal.id)), NO_BANK)
        self.assertEqual(self.banks(self.payment(form="17")), NO_BANK)
        # With two accounts nobody knows which.
        self.account("0987654321")
        self.assertEqual(
            self.banks(self.payment()), {**BOTH, "rfc_cta_ord": False, "cta_ordenante": False})

    def test_patterns(self):
        account = self.account("1")
        for form, number, ordering, receiving in (
            ("03", CLABE, CLABE, OUR_CLABE),
            ("03", CARD, CARD, OUR_CLABE),
            ("03", "12345678901", False, OUR_CLABE),
            ("02", "12345678901", "12345678901", OUR_CLABE),
            ("04", CARD, CARD, OUR_CLABE),
            ("28", "4152-3134-1234-1234", CARD, OUR_CLABE),
            ("04", CLABE, False, OUR_CLABE),
            ("29", "371234567890123", "371234567890123", OUR_CLABE),
            ("06", "5512345678", "5512345678", False),
            ("06", CLABE, False, False),
            ("01", CLABE, False, False),
        ):
            with self.subTest(form=form, number=number):
                account.acc_number = number
                payment = self.payment(form, l10n_mx_cfdi40_cta_ordenante_id=account.id)
                data = self.data(payment)
                self.assertEqual((data["cta_ordenante"], data["cta_beneficiario"]), (ordering, receiving))
                self.assertEqual(data["rfc_cta_ord"], ordering and "BNM840515VB1")
                self.assertEqual(data["rfc_cta_ben"], receiving and "BBA830831LJ2")
                self.assertEqual(payment.l10n_mx_cfdi40_account_left_out, not ordering and form != "01")

    def test_foreign_bank(self):
        bank = self.env(su=True)["res.bank"].create({"name": "First | Bank", "country": self.env.ref("base.us").id})
        account = self.account("9876543210", bank_id=bank.id)
        payment = self.payment(l10n_mx_cfdi40_cta_ordenante_id=account.id)
        foreign = {**BOTH, "rfc_cta_ord": "XEXX010101000", "banco_ord_ext": "First / Bank"}
        self.assertEqual(self.banks(payment), {**foreign, "cta_ordenante": "9876543210"})
        account.acc_number = "US-77 1"
        self.assertEqual(self.banks(payment), {**foreign, "cta_ordenante": False})
        bank.l10n_mx_cfdi40_rfc = "BNM840515VB1"
        account.acc_number = CLABE
        self.assertEqual(self.banks(payment), BOTH)

    def test_account_without_bank(self):
        account = self.account(CLABE, bank_id=False)
        self.assertEqual(self.banks(self.payment(l10n_mx_cfdi40_cta_ordenante_id=account.id)),
                         {**BOTH, "rfc_cta_ord": False})

    def test_rfc_of_a_bank(self):
        self.assertEqual(self.their_bank.l10n_mx_cfdi40_rfc, "BNM840515VB1")
        for wrong in ("BNM840515", "XEXX010101000", "CACX7605101P8"):
            with self.subTest(wrong), self.assertRaises(ValidationError):
                self.their_bank.l10n_mx_cfdi40_rfc = wrong

    def test_another_customer(self):
        account = self.account(CLABE)
        form = Form(self.env["account.payment"].with_context(
            default_payment_type="inbound", default_partner_type="customer"))
        form.partner_id = self.customer
        form.l10n_mx_cfdi40_cta_ordenante_id = account
        form.partner_id = self.foreigner
        self.assertFalse(form.l10n_mx_cfdi40_cta_ordenante_id)


@tagged("post_install_l10n", "post_install", "-at_install")
class TestCommissions(PaymentDataCommon):
    """The accounts of what banks and card terminals keep."""

    def chart(self):
        return self.env(su=True)["account.chart.template"].with_company(self.company)

    def test_of_a_fresh_chart(self):
        account = self.chart().ref("l10n_mx_cfdi40_bank_fee")
        self.assertEqual((account.code, account.account_type, account.l10n_mx_cfdi40_is_fee),
                         ("701.10.01", "expense", True))
        self.assertFalse(self.chart().ref("cuenta601_74").l10n_mx_cfdi40_is_fee)

    def test_of_a_chart_that_was_there_before(self):
        account = self.chart().ref("l10n_mx_cfdi40_bank_fee")
        account.l10n_mx_cfdi40_is_fee = False
        self.chart()._l10n_mx_cfdi40_complete()
        self.assertFalse(account.l10n_mx_cfdi40_is_fee, "what somebody changed stays so")
        name = self.chart().company_xmlid("l10n_mx_cfdi40_bank_fee", self.company)
        link = self.env(su=True)["ir.model.data"].search([
            ("module", "=", "account"), ("name", "=", name.split(".", 1)[1])])
        link.unlink()
        account.code = "701.10.05"
        self.chart()._l10n_mx_cfdi40_complete()
        self.assertTrue(account.l10n_mx_cfdi40_is_fee, "their own account is marked")
        self.assertEqual(self.chart().ref("l10n_mx_cfdi40_bank_fee"), account)
        link = self.env(su=True)["ir.model.data"].search([
            ("module", "=", "account"), ("name", "=", name.split(".", 1)[1])])
        link.unlink()
        account.code = "799.99.99"
        self.chart()._l10n_mx_cfdi40_complete()
        self.assertEqual(self.chart().ref("l10n_mx_cfdi40_bank_fee").code, "701.10.01")


@tagged("post_install_l10n", "post_install", "-at_install")
class TestComplementSettings(PaymentDataCommon):
    def test_defaults(self):
        company = self.env(su=True)["res.company"].create({"name": "Nueva"})
        self.assertEqual(
            (company.l10n_mx_cfdi40_rep_mode, company.l10n_mx_cfdi40_rep_grace, company.l10n_mx_cfdi40_rep_mail,
             company.l10n_mx_cfdi40_rep_bank_data, len(company.l10n_mx_cfdi40_rep_user_id)),
            ("grace", 30, False, False, 0))

    def test_settings(self):
        settings = self.env(su=True)["res.config.settings"].with_company(self.company).create({
            "l10n_mx_cfdi40_rep_mode": "monthly", "l10n_mx_cfdi40_rep_user_id": self.biller.id,
            "l10n_mx_cfdi40_rep_bank_data": True})
        settings.execute()
        self.assertEqual(
            (self.company.l10n_mx_cfdi40_rep_mode, self.company.l10n_mx_cfdi40_rep_user_id,
             self.company.l10n_mx_cfdi40_rep_bank_data), ("monthly", self.biller, True))

    def test_grace(self):
        self.root_company.l10n_mx_cfdi40_rep_grace = 0
        with self.assertRaises(ValidationError):
            self.root_company.l10n_mx_cfdi40_rep_grace = -1
