"""Money received that owes a payment complement: one row for each payment and receptor, from the reconciliation on.

A row is *open* until a complement of it lives. While it is open, undoing the reconciliation withdraws it without a
trace; afterwards the complement exists at the SAT, and only a person decides what to do about it.
"""
import re
from calendar import monthrange
from datetime import datetime, time, timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from .document_states import DEAD, IN_FORCE

#: A complement is due on this day of the month after the payment (RMF 2026, rule 2.7.1.32).
DEADLINE_DAY = 5
#: FechaPago when the hour is not known (filling guide of Pagos 2.0).
NOON = "12:00:00"
#: Two at night in the centre of Mexico, and noon in its last zone, as UTC.
NIGHT, NOON_UTC = time(8), time(19)
_HOUR = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?")
#: What the complement says of the payment and a person may correct while no complement says it.
PAYMENT_DATA = (
    "forma_pago_id", "hora", "num_operacion", "rfc_cta_ord", "banco_ord_ext", "cta_ordenante", "rfc_cta_ben",
    "cta_beneficiario", "tipo_cad_pago", "cert_pago", "cad_pago", "sello_pago",
)
_BY_HAND = frozenset({*PAYMENT_DATA, "factor_id", "compensation", "issue_at"})


def deadline_of(day):
    """Last day on which the complement of a payment of `day` is in time."""
    return day.replace(day=monthrange(day.year, day.month)[1]) + timedelta(days=DEADLINE_DAY)


class Receipt(models.Model):
    _name = "l10n_mx_cfdi40.receipt"
    _description = "Payment that owes a complement"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "date, id"

    money_move_id = fields.Many2one(
        "account.move", "Entry of the money", ondelete="set null", index=True, readonly=True,
        help="Journal entry of the payment, of the bank line, or made by hand, that carries the money.")
    payment_id = fields.Many2one(related="money_move_id.origin_payment_id")
    statement_line_id = fields.Many2one(related="money_move_id.statement_line_id")
    money_name = fields.Char("Payment or deposit", compute="_compute_money_name")
    reference = fields.Char(compute="_compute_money_name", help="What the bank or the payment says of the money.")
    company_id = fields.Many2one("res.company", required=True, ondelete="restrict", index=True, readonly=True)
    partner_id = fields.Many2one(
        "res.partner", "Customer", required=True, ondelete="restrict", index=True, readonly=True,
        help="Whom the invoices are for, whoever paid them.")
    receiver_id = fields.Many2one(
        "res.partner", "Receptor", compute="_compute_receiver", store=True,
        help="Whom the complement is for: the customer, or the factor that paid.")
    receiver_key = fields.Char(
        compute="_compute_receiver", store=True, index=True,
        help="Payments with the same one may share a complement: the RFC, with a generic one also the partner.")
    date = fields.Date("Payment date", required=True, readonly=True)
    deadline = fields.Date(compute="_compute_deadline", store=True, help="The 5th of the month after the payment.")
    days_left = fields.Integer(compute="_compute_days_left", aggregator=None)
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    amount = fields.Monetary(
        readonly=True, help="What the payment covers of the customer's PPD invoices, in the payment's currency.")

    document_id = fields.Many2one(
        "l10n_mx_cfdi40.document", "Complement", readonly=True, ondelete="restrict", index="btree_not_null")
    uuid = fields.Char(related="document_id.uuid")
    instalment_ids = fields.One2many("l10n_mx_cfdi40.instalment", "receipt_id", "Invoices covered", readonly=True)
    is_open = fields.Boolean(compute="_compute_state", store=True)
    is_unbacked = fields.Boolean(
        "Without applied payment", readonly=True,
        help="The complement is at the SAT, but the payment no longer covers what it says.")
    state = fields.Selection(
        [
            ("waiting", "To issue"),
            ("blocked", "Something is missing"),
            ("rejected", "Refused by the PAC"),
            ("sending", "Being stamped"),
            ("issued", "Issued"),
            ("unbacked", "Complement without applied payment"),
        ],
        compute="_compute_state", store=True, index=True)
    issue_at = fields.Datetime(index="btree_not_null", help="When it issues itself. Empty: only by hand.")
    reason = fields.Text("Why it waits", readonly=True)

    forma_pago_id = fields.Many2one(
        "l10n_mx_cfdi40.catalog", "Payment Form", domain=[("catalog", "=", "c_FormaPago"), ("code", "!=", "99")],
        help="FormaDePagoP: how it was paid.")
    hora = fields.Char("Hour", size=8, help="HH:MM:SS of the payment; 12:00:00 is written when it is not known.")
    num_operacion = fields.Char("Operation number", size=100, help="Number of the cheque, tracking key of the SPEI …")
    rfc_cta_ord = fields.Char("RFC of the ordering bank", size=13)
    banco_ord_ext = fields.Char("Foreign ordering bank", size=300)
    cta_ordenante = fields.Char("Ordering account", size=50)
    rfc_cta_ben = fields.Char("RFC of the receiving bank", size=12)
    cta_beneficiario = fields.Char("Receiving account", size=50)
    tipo_cad_pago = fields.Selection([("01", "01 - SPEI")], "Payment chain")
    cert_pago = fields.Text("Payment certificate", help="CertPago, in base 64.")
    cad_pago = fields.Text("Original chain of the payment")
    sello_pago = fields.Text("Payment seal", help="SelloPago, in base 64.")
    factor_id = fields.Many2one(
        "res.partner", ondelete="restrict",
        help="Factoring: who bought the invoices and paid in place of the customer. The complement is for the factor.")
    compensation = fields.Monetary(
        help="Factoring: what the factor kept (fee, interest). It is written as a second payment, form 17, and covers "
        "the invoices too.")

    # The board asks for what is not over, which stays a small part of all that was ever paid.
    _not_over = models.Index("(company_id, deadline) WHERE state <> 'issued'")
    _one_open = models.UniqueIndex(
        "(money_move_id, partner_id) WHERE is_open", "The payment already waits for its complement to this customer.")

    # -- what follows from what ----------------------------------------------------------------------------------------

    @api.depends("partner_id.vat", "partner_id.country_id", "factor_id.vat", "factor_id.country_id")
    def _compute_receiver(self):
        for receipt in self:
            receipt.receiver_id = receipt.factor_id.commercial_partner_id or receipt.partner_id
            receipt.receiver_key = receipt.receiver_id._l10n_mx_cfdi40_receiver_key()

    @api.depends("date")
    def _compute_deadline(self):
        for receipt in self:
            receipt.deadline = receipt.date and deadline_of(receipt.date)

    @api.depends("deadline")
    def _compute_days_left(self):
        today = fields.Date.context_today(self)
        for receipt in self:
            receipt.days_left = (receipt.deadline - today).days if receipt.deadline else 0

    @api.depends("document_id.state", "is_unbacked", "reason")
    def _compute_state(self):
        for receipt in self:
            state = receipt.document_id.state
            receipt.is_open = not state or state in DEAD
            if receipt.is_open:
                receipt.state = "rejected" if state == "rejected" else "blocked" if receipt.reason else "waiting"
            elif receipt.is_unbacked:
                receipt.state = "unbacked"
            else:
                receipt.state = "issued" if state in IN_FORCE else "sending"

    @api.depends("payment_id.name", "money_move_id.name", "money_move_id.ref", "statement_line_id.payment_ref")
    def _compute_money_name(self):
        for receipt in self:
            receipt.money_name = receipt.payment_id.name or receipt.money_move_id.name
            receipt.reference = receipt.money_move_id._l10n_mx_cfdi40_money_reference()

    @api.depends("money_name", "partner_id.name")
    def _compute_display_name(self):
        for receipt in self:
            receipt.display_name = f"{receipt.money_name or self.env._('Payment')} · {receipt.partner_id.name or ''}"

    @api.constrains("forma_pago_id", "hora", "compensation", "factor_id")
    def _check_payment_data(self):
        for receipt in self:
            if receipt.forma_pago_id.code == "99":
                raise ValidationError(self.env._(
                    "A payment that was received has a known form: choose another one than 99."))
            if receipt.hora and not _HOUR.fullmatch(receipt.hora):
                raise ValidationError(self.env._("Write the hour of the payment as HH:MM:SS, for instance 16:30:00."))
            if receipt.compensation < 0 or (receipt.compensation and not receipt.factor_id):
                raise ValidationError(self.env._(
                    "A compensation is what a factor kept: choose the factor and write an amount above zero."))

    # -- who may write what --------------------------------------------------------------------------------------------

    def write(self, vals):
        if not self.env.su:
            if vals.keys() - _BY_HAND:
                raise AccessError(self.env._(
                    "What a payment covers follows from its reconciliation: nobody writes it by hand."))
            if vals.keys() - {"issue_at"}:
                self._check_editable()
        result = super().write(vals)
        if not self.env.su and not vals.keys() <= {"issue_at"}:
            # What kept it back may be mended: it is looked at again, and says anew what is missing.
            self.sudo().filtered("is_open")._look_again()
        return result

    def _check_editable(self):
        """
        :raises UserError: a complement that lives says these data, and is not being replaced
        """
        replacing = self.env.context.get("l10n_mx_cfdi40_replacing")
        for receipt in self.filtered(lambda one: not one.is_open):
            if not replacing or receipt.document_id.id != replacing:
                raise UserError(self.env._(
                    "The complement %s says these data already: replace it to correct them.",
                    receipt.document_id.display_name))

    @api.ondelete(at_uninstall=False)
    def _unlink_only_open(self):
        if any(not receipt.is_open for receipt in self):
            raise UserError(self.env._("A payment with a complement stays on the board of complements."))

    # -- when it issues itself -----------------------------------------------------------------------------------------

    @api.model
    def _issue_time(self, company, day):
        """When a payment of `day` issues its complement by itself (naive UTC); False: only by hand.

        A payment of a day to come waits for it: no complement documents a promise (filling guide, question 11).
        """
        root = company._l10n_mx_cfdi40_fiscal_root()
        if root.l10n_mx_cfdi40_rep_mode == "manual":
            return False
        now = fields.Datetime.now()
        when = now + timedelta(minutes=root.l10n_mx_cfdi40_rep_grace)
        if root.l10n_mx_cfdi40_rep_mode == "nightly":
            when = datetime.combine(now.date() + timedelta(days=now.hour >= NIGHT.hour), NIGHT)
        elif root.l10n_mx_cfdi40_rep_mode == "monthly":
            first = deadline_of(day) - timedelta(days=DEADLINE_DAY - 1)
            when = max(when, datetime.combine(first, NIGHT))
        return max(when, datetime.combine(day, NOON_UTC)) if day > now.date() else when

    def _look_again(self):
        """Try open rows anew, unless complements are issued only by hand; what is still missing is said anew."""
        for receipt in self.filtered("is_open"):
            receipt.write({"reason": False, "issue_at": receipt._issue_time(receipt.company_id, receipt.date)})
        self._trigger()

    def _trigger(self):
        """Wake the queue when the first of these is due; the rest of the time it comes round by itself."""
        times = [receipt.issue_at for receipt in self if receipt.issue_at]
        if times:
            self.env.ref("l10n_mx_cfdi40.cron_complements")._trigger(max(min(times), fields.Datetime.now()))
