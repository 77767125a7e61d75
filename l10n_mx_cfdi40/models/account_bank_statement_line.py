from odoo import models

from .payment_data import only_account, operation_number, ordering_data, payment_data, receiving_data


class AccountBankStatementLine(models.Model):
    _inherit = "account.bank.statement.line"

    def _l10n_mx_cfdi40_payment_data(self):
        """What the complement says of money that the bank's statement shows, besides date and amount.

        What a person wrote in the entry's own fields goes first. The bank's reference stands for the operation number
        only if it looks like one.

        :return: as `account.payment._l10n_mx_cfdi40_payment_data`
        """
        self.ensure_one()
        form = self.move_id._l10n_mx_cfdi40_receipt_forma()
        data = payment_data(
            form, self.l10n_mx_cfdi40_hora, self.l10n_mx_cfdi40_num_operacion or operation_number(self.ref))
        if self.company_id.l10n_mx_cfdi40_rep_bank_data:
            account = self._l10n_mx_cfdi40_ordering_account()
            if not account and not self.account_number:
                account = only_account(self.partner_id, form, self.company_id)
            data.update(ordering_data(form, account, self.account_number),
                        **receiving_data(form, self.journal_id.bank_account_id))
        return data

    def _l10n_mx_cfdi40_ordering_account(self):
        """The customer's account that the statement names; none if the customer has not got it."""
        customer = self.partner_id.commercial_partner_id
        # Odoo may have proposed an account of the company.
        if customer and self.partner_bank_id.partner_id.commercial_partner_id == customer:
            return self.partner_bank_id
        number = self.env["res.partner.bank"]._l10n_mx_cfdi40_matching([self.account_number], "")
        known = customer.bank_ids
        return known.filtered(lambda bank: number and number in (
            bank._l10n_mx_cfdi40_matching([bank.l10n_mx_edi_clabe], ""),
            bank._l10n_mx_cfdi40_matching([bank.acc_number], "")))[:1]
