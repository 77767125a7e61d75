"""What the complement needs, asked for where the payment of an invoice is registered. Nothing of it blocks."""
from odoo import api, fields, models

from ..models.account_move import INCOME_TYPES


class AccountPaymentRegister(models.TransientModel):
    _name = "account.payment.register"
    _inherit = ["account.payment.register", "l10n_mx_cfdi40.payment.data"]

    l10n_mx_cfdi40_forma_pago_id = fields.Many2one(
        compute="_compute_l10n_mx_cfdi40_forma_pago_id", store=True, readonly=False)
    l10n_mx_cfdi40_applicable = fields.Boolean(compute="_compute_l10n_mx_cfdi40_applicable")
    l10n_mx_cfdi40_ppd = fields.Boolean(compute="_compute_l10n_mx_cfdi40_applicable")
    l10n_mx_cfdi40_writeoff = fields.Selection(
        [("fee", "Withheld commission"), ("short", "Not received")], compute="_compute_l10n_mx_cfdi40_writeoff")

    @api.model_create_multi
    def create(self, vals_list):
        wizards = super().create(vals_list)
        wizards.line_ids.move_id._l10n_mx_cfdi40_check_collectable()
        return wizards

    @api.model
    def default_get(self, fields):
        # EXTENDS 'account'
        values = super().default_get(fields)
        lines = self.env["account.move.line"].browse(
            [line for command in values.get("line_ids") or [] for line in command[2]])
        lines.move_id._l10n_mx_cfdi40_check_collectable()
        return values

    @api.depends("line_ids", "company_id")
    def _compute_l10n_mx_cfdi40_applicable(self):
        """Whether customers pay invoices of a Mexican company, and whether any of them needs a complement (PPD)."""
        for wizard in self:
            wizard.l10n_mx_cfdi40_applicable = wizard.company_id.account_fiscal_country_id.code == "MX" and any(
                wizard._l10n_mx_cfdi40_is_received(batch) for batch in wizard.batches)
            wizard.l10n_mx_cfdi40_ppd = wizard.l10n_mx_cfdi40_applicable and any(
                move.move_type in INCOME_TYPES and move.l10n_mx_cfdi40_metodo_pago == "PPD"
                for move in wizard.line_ids.move_id)

    @api.depends("payment_method_line_id", "l10n_mx_cfdi40_applicable")
    def _compute_l10n_mx_cfdi40_forma_pago_id(self):
        for wizard in self:
            code = wizard.l10n_mx_cfdi40_applicable and wizard.payment_method_line_id._l10n_mx_cfdi40_forma_code()
            wizard.l10n_mx_cfdi40_forma_pago_id = self.env["l10n_mx_cfdi40.catalog"]._key("c_FormaPago", code)

    @api.depends(
        "l10n_mx_cfdi40_ppd", "payment_difference", "payment_difference_handling", "early_payment_discount_mode",
        "writeoff_account_id", "writeoff_is_exchange_account")
    def _compute_l10n_mx_cfdi40_writeoff(self):
        """What the complement makes of the difference that is written off.

        'fee': withheld on the way, so it was paid; 'short': not money, so only a credit note settles it; False: nothing
        is written off, or only a difference of exchange, or more was paid than was owed.
        """
        for wizard in self:
            short = (
                wizard.l10n_mx_cfdi40_ppd and wizard.payment_difference_handling == "reconcile"
                and wizard.payment_difference > 0 and not wizard.writeoff_is_exchange_account)
            if short and not wizard.early_payment_discount_mode and wizard.writeoff_account_id:
                wizard.l10n_mx_cfdi40_writeoff = "fee" if wizard.writeoff_account_id.l10n_mx_cfdi40_is_fee else "short"
            else:
                wizard.l10n_mx_cfdi40_writeoff = short and wizard.early_payment_discount_mode and "short"

    def _l10n_mx_cfdi40_is_received(self, batch):
        """Whether a batch of lines is paid by a customer."""
        values = batch["payment_values"]
        return values["payment_type"] == "inbound" and values["partner_type"] == "customer"

    def _create_payment_vals_from_wizard(self, batch_result):
        # EXTENDS 'account'
        values = super()._create_payment_vals_from_wizard(batch_result)
        return values | self._l10n_mx_cfdi40_payment_vals(batch_result)

    def _create_payment_vals_from_batch(self, batch_result):
        # EXTENDS 'account'
        values = super()._create_payment_vals_from_batch(batch_result)
        return values | self._l10n_mx_cfdi40_payment_vals(batch_result)

    def _l10n_mx_cfdi40_payment_vals(self, batch):
        """Values of the payment of this batch: of a customer, what the wizard says; of others, nothing.

        Payments of several customers have neither operation nor account in common: the wizard does not ask for them.
        """
        if not self.l10n_mx_cfdi40_applicable or not self._l10n_mx_cfdi40_is_received(batch):
            return {}
        names = ["hora"]
        if self.can_edit_wizard:
            names += ["num_operacion", "cta_ordenante_id"]
        if self.payment_type == "inbound":  # else the payments get another method than the wizard shows
            names.append("forma_pago_id")
        values = {}
        for name in names:
            value = self[f"l10n_mx_cfdi40_{name}"]
            values[f"l10n_mx_cfdi40_{name}"] = value.id if isinstance(value, models.BaseModel) else value
        return values
