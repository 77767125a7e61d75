"""Bank accounts, and payments that a biller registers."""
from .stamp_common import StampCommon

CLABE, OUR_CLABE, CARD = "002010077777777771", "012180001234567897", "4152313412341234"
NO_BANK = dict.fromkeys(
    ("rfc_cta_ord", "banco_ord_ext", "cta_ordenante", "rfc_cta_ben", "cta_beneficiario"), False)
BOTH = {"rfc_cta_ord": "BNM840515VB1", "banco_ord_ext": False, "cta_ordenante": CLABE,
        "rfc_cta_ben": "BBA830831LJ2", "cta_beneficiario": OUR_CLABE}


class PaymentDataCommon(StampCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        root = cls.env(su=True)
        cls.bank_journal = cls.company_data["default_journal_bank"].with_env(root)
        cls.cash_journal = cls.company_data["default_journal_cash"].with_env(root)
        mexico = root.ref("base.mx")
        cls.their_bank, cls.our_bank = root["res.bank"].create([
            {"name": "Banco del Cliente", "country": mexico.id, "l10n_mx_cfdi40_rfc": "bnm-840515-vb1"},
            {"name": "Banco Nuestro", "country": mexico.id, "l10n_mx_cfdi40_rfc": "BBA830831LJ2"},
        ])
        cls.bank_journal.bank_account_id = root["res.partner.bank"].create({
            "acc_number": OUR_CLABE, "partner_id": cls.company.partner_id.id, "bank_id": cls.our_bank.id})
        cls.root_company = cls.company.sudo()

    def account(self, number, **vals):
        return self.env(su=True)["res.partner.bank"].create({
            "acc_number": number, "partner_id": self.customer.id, "bank_id": self.their_bank.id, **vals})

    def payment(self, form=None, **vals):
        """A customer's payment by the biller, posted."""
        values = {"payment_type": "inbound", "partner_type": "customer", "partner_id": self.customer.id, "amount": 116,
                  "journal_id": self.bank_journal.id, **vals}
        if form:
            values["l10n_mx_cfdi40_forma_pago_id"] = self.key("c_FormaPago", form).id
        payment = self.env["account.payment"].create(values)
        payment.action_post()
        return payment

    def data(self, record):
        return record._l10n_mx_cfdi40_payment_data()

    def banks(self, record):
        data = self.data(record)
        return {name: data[name] for name in NO_BANK}

    def register(self, *moves, **vals):
        """The payments that Register Payment makes for these invoices."""
        moves = self.env["account.move"].browse([move.id for move in moves])
        wizard = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=moves.ids).create(vals)
        return wizard, wizard._create_payments()
