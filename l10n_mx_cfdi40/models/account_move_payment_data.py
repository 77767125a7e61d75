"""Money that came in by an entry of a cash or bank journal: a payment's, a bank statement's, or one made by hand."""
from odoo import api, fields, models

from .payment_data import normal_hour, payment_data, refuse_undefined_form, refuse_wrong_hour

_MONEY = ("bank", "cash", "credit")


class AccountMove(models.Model):
    _inherit = "account.move"

    # The form of payment of such an entry is l10n_mx_cfdi40_forma_pago_id, which invoices have too.
    l10n_mx_cfdi40_hora = fields.Char(
        string="Hour of Payment", copy=False,
        help="Local hour at which the money came in: HH:MM:SS. Empty: 12:00:00, as the SAT's guide says.",
    )
    l10n_mx_cfdi40_num_operacion = fields.Char(
        string="Operation Number", size=100, copy=False,
        help="NumOperacion: number of the cheque, tracking key of the SPEI transfer, authorization of the card. "
        "Optional. Empty: the reference of the bank's transaction, if it looks like one.",
    )
    l10n_mx_cfdi40_is_receipt = fields.Boolean(compute="_compute_l10n_mx_cfdi40_is_receipt")

    @api.depends("move_type", "journal_id", "origin_payment_id", "line_ids.account_id", "line_ids.balance")
    def _compute_l10n_mx_cfdi40_is_receipt(self):
        """Whether it shows money that came in and that no payment describes, in a Mexican company."""
        for move in self:
            money = (
                move.move_type == "entry" and move.journal_id.type in _MONEY and not move.origin_payment_id
                and move.company_id.account_fiscal_country_id.code == "MX")
            liquidity = move.journal_id.default_account_id
            move.l10n_mx_cfdi40_is_receipt = money and any(
                line.balance > 0 and line.account_id == liquidity for line in move.line_ids)

    @api.constrains("l10n_mx_cfdi40_forma_pago_id")
    def _check_l10n_mx_cfdi40_forma_pago_id(self):
        refuse_undefined_form(self.filtered(lambda move: move.move_type == "entry"))

    @api.constrains("l10n_mx_cfdi40_hora")
    def _check_l10n_mx_cfdi40_hora(self):
        refuse_wrong_hour(self)

    @api.onchange("l10n_mx_cfdi40_hora")
    def _onchange_l10n_mx_cfdi40_hora(self):
        self.l10n_mx_cfdi40_hora = normal_hour(self.l10n_mx_cfdi40_hora) or self.l10n_mx_cfdi40_hora

    def _l10n_mx_cfdi40_receipt_forma(self):
        """Form of payment (record of c_FormaPago) of this entry: what a person chose, else as its journal says."""
        return self.l10n_mx_cfdi40_forma_pago_id or self.env["l10n_mx_cfdi40.catalog"]._key(
            "c_FormaPago", self.journal_id._l10n_mx_cfdi40_forma_code())

    def _l10n_mx_cfdi40_payment_data(self):
        """What the complement says of the money that this entry shows, besides date and amount.

        :return: as `account.payment._l10n_mx_cfdi40_payment_data`
        """
        self.ensure_one()
        origin = self.origin_payment_id or self.statement_line_id
        if origin:
            return origin._l10n_mx_cfdi40_payment_data()
        return payment_data(
            self._l10n_mx_cfdi40_receipt_forma(), self.l10n_mx_cfdi40_hora, self.l10n_mx_cfdi40_num_operacion)
