"""What a payment complement says of how money was received: form, hour, operation, accounts, SPEI certificate.

It is never an obstacle to registering money: what is missing stays empty, and an account that the SAT would refuse is
left out of the complement.
"""
import re

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..cfdi import limpieza
from ..cfdi.rfc import RFC_EXTRANJERO
from ..cfdi.rules.pagos_pago import CON_BENEFICIARIO, CON_ORDENANTE, TRANSFERENCIA

#: FormaDePagoP is never 99 (CRP20212).
DEFINED_FORM = [("catalog", "=", "c_FormaPago"), ("code", "!=", "99")]
#: Keys of what `_l10n_mx_cfdi40_payment_data` returns; each may be False.
KEYS = (
    "forma_pago_id", "hora", "num_operacion", "rfc_cta_ord", "banco_ord_ext", "cta_ordenante", "rfc_cta_ben",
    "cta_beneficiario", "tipo_cad_pago", "cert_pago", "cad_pago", "sello_pago",
)
_HOUR = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?")
#: A reference that a bank gave: letters and digits in one word, several of them digits.
_OPERATION = re.compile(r"(?=(?:\D*\d){4})[A-Za-z0-9]{6,100}")


# -- fields that several models have


def refuse_undefined_form(records):
    """Constraint: the form of a payment that was made is known."""
    for record in records:
        if record.l10n_mx_cfdi40_forma_pago_id.code == "99":
            raise ValidationError(record.env._(
                "99 (to be defined) is the payment form of an invoice that has not been paid. Choose how this money "
                "was paid: for example 03 for a transfer or 01 for cash."))


def refuse_wrong_hour(records):
    """Constraint: an hour is one of the day."""
    for record in records:
        hour = record.l10n_mx_cfdi40_hora
        if hour and not normal_hour(hour):
            raise ValidationError(record.env._(
                '"%s" is not an hour of the day. Write hours, minutes and seconds, such as 16:05:00, or leave it '
                "empty: then the complement says 12:00:00.", hour))


def normal_hour(text):
    """``HH:MM:SS`` of an hour written with or without its seconds; False if it is empty or none."""
    match = _HOUR.fullmatch((text or "").strip())
    return bool(match) and f"{match[1]:0>2}:{match[2]}:{match[3] or '00'}"


def operation_number(reference):
    """The reference of a bank transaction if it looks like its number, and not like a text; else False."""
    reference = (reference or "").strip()
    return bool(_OPERATION.fullmatch(reference)) and reference


# -- the plain values


def payment_data(form, hour, operation):
    """A dictionary with all the `KEYS`, and nothing of banks yet.

    :param form: record of c_FormaPago, or none
    """
    return {
        **dict.fromkeys(KEYS, False),
        "forma_pago_id": form.id,
        "hora": normal_hour(hour),
        "num_operacion": limpieza.limpiar(operation, 100) or False,
    }


def ordering_data(form, account, number=False):
    """What is said of the account from which it was paid: nothing where the form of payment has no such account, or
    where the number has not the form that c_FormaPago asks for (CRP20225).

    Of a foreign bank its name is said (CRP20223) even if the number is of no form that the SAT knows.

    :param account: res.partner.bank, perhaps none
    :param number: number of an account that is not among the customer's; used without ``account``
    """
    if form.code not in CON_ORDENANTE:
        return {}
    pattern = form.data.get("patron_ordenante")
    number = account._l10n_mx_cfdi40_number(pattern) if account else account._l10n_mx_cfdi40_matching([number], pattern)
    bank = account.bank_id
    if bank._l10n_mx_cfdi40_is_foreign():
        named = form.data.get("banco_extranjero") and limpieza.limpiar(bank.name, 300)
        foreign = {"rfc_cta_ord": RFC_EXTRANJERO, "banco_ord_ext": named} if named else {}
        return {**foreign, "cta_ordenante": number}
    return {"rfc_cta_ord": bank.l10n_mx_cfdi40_rfc, "cta_ordenante": number} if number else {}


def receiving_data(form, account):
    """What is said of the account in which it was received, under the same conditions (CRP20226)."""
    if form.code not in CON_BENEFICIARIO:
        return {}
    number = account._l10n_mx_cfdi40_number(form.data.get("patron_beneficiario"))
    return {"rfc_cta_ben": account.bank_id.l10n_mx_cfdi40_rfc, "cta_beneficiario": number} if number else {}


def only_account(partner, form, company):
    """The account from which a customer pays when nobody said which: the only one it has that this form of payment can
    have. With several, none: a wrong account is worse than no account."""
    if form.code not in CON_ORDENANTE:
        return partner.bank_ids.browse()
    pattern = form.data.get("patron_ordenante")
    accounts = partner.commercial_partner_id.bank_ids.filtered(
        lambda account: account.company_id in (account.company_id.browse(), company) and (
            account.bank_id._l10n_mx_cfdi40_is_foreign() or account._l10n_mx_cfdi40_number(pattern)))
    return accounts if len(accounts) == 1 else accounts.browse()


def spei_data(form, record):
    """The certificate of a transfer by SPEI, which no other form of payment has (CRP20229)."""
    if form.code != TRANSFERENCIA or not record.l10n_mx_cfdi40_tipo_cad_pago:
        return {}
    return {
        "tipo_cad_pago": record.l10n_mx_cfdi40_tipo_cad_pago,
        "cert_pago": "".join((record.l10n_mx_cfdi40_cert_pago or "").split()) or False,
        "cad_pago": (record.l10n_mx_cfdi40_cad_pago or "").strip() or False,
        "sello_pago": "".join((record.l10n_mx_cfdi40_sello_pago or "").split()) or False,
    }


class PaymentData(models.AbstractModel):
    """The fields with which a person says how a customer paid."""

    _name = "l10n_mx_cfdi40.payment.data"
    _description = "Data of a Payment Complement"

    l10n_mx_cfdi40_forma_pago_id = fields.Many2one(
        comodel_name="l10n_mx_cfdi40.catalog",
        string="Payment Form",
        domain=DEFINED_FORM,
        help="FormaDePagoP: how the customer paid. It is proposed from the payment method.",
    )
    l10n_mx_cfdi40_forma_code = fields.Char(related="l10n_mx_cfdi40_forma_pago_id.code", string="Payment Form Key")
    l10n_mx_cfdi40_hora = fields.Char(
        string="Hour of Payment", copy=False,
        help="Local hour at which the money came in: HH:MM:SS. Empty: 12:00:00, as the SAT's guide says.",
    )
    l10n_mx_cfdi40_num_operacion = fields.Char(
        string="Operation Number", size=100, copy=False,
        help="NumOperacion: number of the cheque, tracking key of the SPEI transfer, authorization of the card. "
        "Optional.",
    )
    l10n_mx_cfdi40_cta_ordenante_id = fields.Many2one(
        comodel_name="res.partner.bank",
        string="Paid From Account",
        domain="[('partner_id', 'child_of', partner_id)]",
        check_company=True, copy=False,
        help="Account of the customer from which it was paid. Optional: if you choose it, the complement says this "
        "account, that of the journal, and their banks.",
    )
    l10n_mx_cfdi40_account_left_out = fields.Boolean(compute="_compute_l10n_mx_cfdi40_account_left_out")

    @api.depends("l10n_mx_cfdi40_forma_pago_id", "l10n_mx_cfdi40_cta_ordenante_id")
    def _compute_l10n_mx_cfdi40_account_left_out(self):
        """Whether the account that a person chose has a number that the SAT would refuse with this form of payment."""
        for record in self:
            form, account = record.l10n_mx_cfdi40_forma_pago_id, record.l10n_mx_cfdi40_cta_ordenante_id
            record.l10n_mx_cfdi40_account_left_out = bool(
                account and form.code in CON_ORDENANTE
                and not account._l10n_mx_cfdi40_number(form.data.get("patron_ordenante")))

    @api.constrains("l10n_mx_cfdi40_forma_pago_id")
    def _check_l10n_mx_cfdi40_forma_pago_id(self):
        refuse_undefined_form(self)

    @api.constrains("l10n_mx_cfdi40_hora")
    def _check_l10n_mx_cfdi40_hora(self):
        refuse_wrong_hour(self)

    @api.onchange("l10n_mx_cfdi40_hora")
    def _onchange_l10n_mx_cfdi40_hora(self):
        self.l10n_mx_cfdi40_hora = normal_hour(self.l10n_mx_cfdi40_hora) or self.l10n_mx_cfdi40_hora

    @api.onchange("partner_id")
    def _onchange_l10n_mx_cfdi40_partner(self):
        owner = self.l10n_mx_cfdi40_cta_ordenante_id.partner_id.commercial_partner_id
        if owner and owner != self.partner_id.commercial_partner_id:
            self.l10n_mx_cfdi40_cta_ordenante_id = False
