"""What a complement says of banks and accounts, written as the SAT wants it."""
import re

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..cfdi import rfc

#: t_CtaOrdenante, t_CtaBeneficiario of the schema.
_ACCOUNT = re.compile(r"[A-Z0-9_]{10,50}")


class ResBank(models.Model):
    _inherit = "res.bank"

    l10n_mx_cfdi40_rfc = fields.Char(
        string="RFC",
        help="RFC of the bank, twelve characters: RfcEmisorCtaOrd and RfcEmisorCtaBen of the payment complements. "
        "Leave it empty if you are not sure of it: the SAT refuses a wrong one.",
    )

    @api.constrains("l10n_mx_cfdi40_rfc")
    def _check_l10n_mx_cfdi40_rfc(self):
        for bank in self.filtered("l10n_mx_cfdi40_rfc"):
            if not rfc.es_moral(bank.l10n_mx_cfdi40_rfc):
                raise ValidationError(self.env._(
                    '"%(rfc)s" is not the RFC of a bank: three letters, the date (YYMMDD) and three more characters. '
                    "Copy it from a statement of %(bank)s.",
                    rfc=bank.l10n_mx_cfdi40_rfc, bank=bank.name))

    @api.model_create_multi
    def create(self, vals_list):
        # EXTENDS 'base'
        return super().create([self._l10n_mx_cfdi40_compact(vals) for vals in vals_list])

    def write(self, vals):
        # EXTENDS 'base'
        return super().write(self._l10n_mx_cfdi40_compact(vals))

    @api.model
    def _l10n_mx_cfdi40_compact(self, vals):
        """The values to write, with the RFC as the SAT writes it."""
        written = vals.get("l10n_mx_cfdi40_rfc")
        return {**vals, "l10n_mx_cfdi40_rfc": rfc.compact(written)} if written else vals

    def _l10n_mx_cfdi40_is_foreign(self):
        """Whether it is a bank abroad, which has no RFC. A bank without a country is taken for a Mexican one."""
        return bool(self.country) and self.country.code != "MX" and not self.l10n_mx_cfdi40_rfc


class ResPartnerBank(models.Model):
    _inherit = "res.partner.bank"

    def _l10n_mx_cfdi40_number(self, pattern):
        """The number of this account that a complement may carry: the CLABE, or else what was written as its number.

        :param pattern: regular expression that c_FormaPago gives for the form of payment; empty where it gives none
        :return: only capitals and digits; False when neither has the form
        """
        return self._l10n_mx_cfdi40_matching([self.l10n_mx_edi_clabe, self.acc_number], pattern)

    @api.model
    def _l10n_mx_cfdi40_matching(self, numbers, pattern):
        """The first of the numbers that has the form asked for, compact; False if none has."""
        for number in numbers:
            compact = re.sub(r"[^A-Z0-9_]", "", (number or "").upper())
            if _ACCOUNT.fullmatch(compact) and re.fullmatch(pattern or ".*", compact):
                return compact
        return False
