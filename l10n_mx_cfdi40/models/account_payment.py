"""What an accountant says of a payment received, for its complement."""
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.sql import column_exists, create_column

from .payment_data import only_account, ordering_data, payment_data, receiving_data, spei_data

#: What a complement says of its payment, besides what the accounts say.
_SAID = frozenset(f"l10n_mx_cfdi40_{name}" for name in (
    "forma_pago_id", "hora", "num_operacion", "cta_ordenante_id", "tipo_cad_pago", "cert_pago", "cad_pago",
    "sello_pago"))


class AccountPayment(models.Model):
    _name = "account.payment"
    _inherit = ["account.payment", "l10n_mx_cfdi40.payment.data"]

    l10n_mx_cfdi40_forma_pago_id = fields.Many2one(
        compute="_compute_l10n_mx_cfdi40_forma_pago_id", store=True, readonly=False, copy=False)
    l10n_mx_cfdi40_tipo_cad_pago = fields.Selection(
        [("01", "01 - SPEI")], string="Payment Certificate", copy=False,
        help="TipoCadPago: if the customer asks for the SPEI certificate of the transfer (CEP) in the complement.")
    l10n_mx_cfdi40_cert_pago = fields.Text(
        string="Certificate", copy=False, help="CertPago: certificate of the CEP, in base64.")
    l10n_mx_cfdi40_cad_pago = fields.Text(
        string="Payment String", copy=False, help="CadPago: cadena original of the CEP.")
    l10n_mx_cfdi40_sello_pago = fields.Text(
        string="Payment Seal", copy=False, help="SelloPago: digital seal of the CEP, in base64.")
    l10n_mx_cfdi40_locked = fields.Boolean(compute="_compute_l10n_mx_cfdi40_locked")

    def _auto_init(self):
        # Stored and computed: at install, the payments that are there must not be computed one by one.
        if not column_exists(self.env.cr, self._table, "l10n_mx_cfdi40_forma_pago_id"):
            create_column(self.env.cr, self._table, "l10n_mx_cfdi40_forma_pago_id", "int4")
        return super()._auto_init()

    def _l10n_mx_cfdi40_is_received(self):
        """Whether it is money of a customer in a Mexican company, of which a complement may speak."""
        self.ensure_one()
        return (self.payment_type == "inbound" and self.partner_type == "customer"
                and self.company_id.account_fiscal_country_id.code == "MX")

    @api.depends("payment_method_line_id", "payment_type", "partner_type")
    def _compute_l10n_mx_cfdi40_forma_pago_id(self):
        for payment in self:
            line = payment.payment_method_line_id
            code = payment._l10n_mx_cfdi40_is_received() and line._l10n_mx_cfdi40_forma_code()
            payment.l10n_mx_cfdi40_forma_pago_id = self.env["l10n_mx_cfdi40.catalog"]._key("c_FormaPago", code)

    def _compute_l10n_mx_cfdi40_locked(self):
        """Whether a complement in force covers it: then what the complement says cannot be edited."""
        self.l10n_mx_cfdi40_locked = False

    def write(self, vals):
        # EXTENDS 'account'
        if not _SAID.isdisjoint(vals):
            for payment in self.filtered("l10n_mx_cfdi40_locked"):
                raise UserError(self.env._(
                    "%s is in a payment complement that is in force at the SAT: what the complement says of it cannot "
                    "be changed.", payment.display_name))
        return super().write(vals)

    def _l10n_mx_cfdi40_payment_data(self):
        """What the complement says of this payment, besides date and amount.

        :return: a dictionary of plain values with all the keys of `payment_data.KEYS`; what is empty is False.
            ``forma_pago_id`` is an id; ``hora`` is HH:MM:SS, local.
        """
        self.ensure_one()
        form, chosen = self.l10n_mx_cfdi40_forma_pago_id, self.l10n_mx_cfdi40_cta_ordenante_id
        data = payment_data(form, self.l10n_mx_cfdi40_hora, self.l10n_mx_cfdi40_num_operacion)
        if chosen or self.company_id.l10n_mx_cfdi40_rep_bank_data:
            account = chosen or only_account(self.partner_id, form, self.company_id)
            data.update(ordering_data(form, account), **receiving_data(form, self.journal_id.bank_account_id))
        return data | spei_data(form, self)
