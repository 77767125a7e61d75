"""Register Payment with the customer's remittance: one payment, and on each invoice what the customer says."""
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import frozendict

#: Context key: {id of an invoice: amount} to apply of the payment that is being created.
AMOUNTS = "l10n_mx_cfdi40_remittance"


class AccountPaymentRegister(models.TransientModel):
    _inherit = "account.payment.register"

    l10n_mx_cfdi40_can_remit = fields.Boolean(compute="_compute_l10n_mx_cfdi40_can_remit")
    l10n_mx_cfdi40_remit = fields.Boolean(
        "Customer's Remittance", help="The customer says how much he pays of each invoice.")
    l10n_mx_cfdi40_remittance_text = fields.Text(
        "Remittance", help="The rows of the customer's mail or spreadsheet: folio or UUID, and the amount paid.")
    l10n_mx_cfdi40_remittance_file = fields.Binary("Or a File", attachment=False)
    l10n_mx_cfdi40_remittance_file_name = fields.Char()

    @api.depends(
        "line_ids", "can_edit_wizard", "partner_type", "payment_type", "company_id", "currency_id",
        "source_currency_id")
    def _compute_l10n_mx_cfdi40_can_remit(self):
        for wizard in self:
            wizard.l10n_mx_cfdi40_can_remit = (
                wizard.can_edit_wizard and wizard.partner_type == "customer" and wizard.payment_type == "inbound"
                and wizard.country_code == "MX" and not wizard.is_register_payment_on_draft
                and wizard.currency_id == wizard.source_currency_id)

    def action_l10n_mx_cfdi40_read(self):
        """Show what the remittance says, beside the invoices."""
        self.ensure_one()
        if not self.l10n_mx_cfdi40_can_remit:
            raise UserError(self.env._(
                "A remittance pays posted invoices of one customer, with a payment in their own currency."))
        return self.env["l10n_mx_cfdi40.remittance.wizard"]._open(
            register_id=self.id,
            text=self.l10n_mx_cfdi40_remittance_text,
            file=self.with_context(bin_size=False).l10n_mx_cfdi40_remittance_file,
            file_name=self.l10n_mx_cfdi40_remittance_file_name)

    def action_create_payments(self):
        # EXTENDS 'account'
        given = self.l10n_mx_cfdi40_remittance_text or self.l10n_mx_cfdi40_remittance_file
        if self.l10n_mx_cfdi40_remit and given and AMOUNTS not in self.env.context:
            # Nobody pastes a remittance to have it ignored.
            return self.action_l10n_mx_cfdi40_read()
        return super().action_create_payments()

    def _l10n_mx_cfdi40_pay(self, amounts, money):
        """Register one payment and apply so much of it to each invoice.

        :param dict amounts: {invoice: amount}; also of invoices that were not chosen when the payment was registered
        :param money: amount of the payment; what is not applied stays open on it
        :return: the action that shows the payment
        """
        self.ensure_one()
        self.write({
            "group_payment": True,
            "amount": money,
            "custom_user_amount": money,
            "custom_user_currency_id": self.currency_id.id,
            "communication": self.communication,
            "payment_difference_handling": "open",
        })
        exact = frozendict({move.id: amount for move, amount in amounts.items()})
        return self.with_context(**{AMOUNTS: exact}).action_create_payments()

    def _reconcile_payments(self, to_process, edit_mode=False):
        # EXTENDS 'account'
        exact = self.env.context.get(AMOUNTS)
        if exact is None:
            return super()._reconcile_payments(to_process, edit_mode=edit_mode)
        moves = self.env["account.move"].browse(exact)
        for vals in to_process:
            payment = vals["payment"]
            payment._l10n_mx_cfdi40_apply({move: exact[move.id] for move in moves})
            moves.matched_payment_ids += payment
        return None
