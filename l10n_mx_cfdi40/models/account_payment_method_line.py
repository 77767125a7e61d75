"""How customers pay through each incoming payment method, as the SAT calls it."""
from odoo import api, fields, models

from .account_journal import FORMA_BY_TYPE
from .payment_data import DEFINED_FORM, refuse_undefined_form

#: Codes of Odoo's payment methods that are cheques, whatever bank journal they are in.
_CHEQUES = frozenset({"check_printing", "new_third_party_checks", "in_third_party_checks"})


class AccountPaymentMethodLine(models.Model):
    _inherit = "account.payment.method.line"

    l10n_mx_cfdi40_forma_pago_id = fields.Many2one(
        comodel_name="l10n_mx_cfdi40.catalog",
        string="Payment Form (SAT)",
        domain=DEFINED_FORM,
        help="FormaDePagoP proposed for the payments by this method. Empty: 01 in a cash journal, 03 in a bank journal "
        "(02 for cheques) and 04 in a credit card journal.",
    )

    @api.constrains("l10n_mx_cfdi40_forma_pago_id")
    def _check_l10n_mx_cfdi40_forma_pago_id(self):
        refuse_undefined_form(self)

    def _l10n_mx_cfdi40_own_code(self):
        """Key of c_FormaPago that this method itself stands for, False where only the type of its journal tells."""
        return self.l10n_mx_cfdi40_forma_pago_id.code or (self.code in _CHEQUES and "02")

    def _l10n_mx_cfdi40_forma_code(self):
        """Key of c_FormaPago of a payment by this method; False where nothing tells it."""
        return self._l10n_mx_cfdi40_own_code() or FORMA_BY_TYPE.get(self.journal_id.type, False)
