"""Packages of stamps bought at a PAC: how many, until when, and how they come into force.

A package is *draft* until its vendor bill is paid (or a person activates it). Then it is active, or, where the PAC
activates it by hand, *paid, to be activated*: its proof of payment is mailed to the PAC's contact. What was consumed of
each one is written by the settlement alone (see credit_use).
"""
from datetime import UTC, datetime, time

from dateutil.relativedelta import relativedelta
from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from .document_protocol import STAMP_ZONE

KINDS = [
    ("gift", "Gift"),
    ("year", "One year"),
    ("two_years", "Two years"),
    ("other", "Other"),
]
_YEARS = {"year": 1, "two_years": 2}
STATES = [
    ("draft", "Draft"),
    ("to_activate", "Paid, to be activated"),
    ("active", "Active"),
    ("used", "Used up"),
    ("expired", "Expired"),
    ("closed", "Closed"),
]
#: Their stamps are counted; which of these a package is in follows from what was consumed and from its expiry.
COUNTED = ("active", "used", "expired")
#: There is something to manage: the account's stamps are bought in packages.
MANAGED = ("to_activate", *COUNTED)
PAID = ("in_payment", "paid")
#: Only the program writes these.
_OWN = frozenset({"state", "used", "active_from", "proof_at", "expiry_warned"})
#: What was bought does not change once it counts.
_FIXED = frozenset({"account_id", "start"})


def local_day(moment):
    """The day in the centre of Mexico of a moment (naive UTC), by which packages begin and expire."""
    return moment.replace(tzinfo=UTC).astimezone(STAMP_ZONE).date()


def day_start(day):
    """The first instant (naive UTC) of a day in the centre of Mexico."""
    return datetime.combine(day, time(), STAMP_ZONE).astimezone(UTC).replace(tzinfo=None)


class CreditPackage(models.Model):
    _name = "l10n_mx_cfdi40.credit.package"
    _description = "Package of stamps"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    # Also the order in which they are consumed; one without expiry comes last.
    _order = "expiry, start, id"

    account_id = fields.Many2one(
        "l10n_mx_cfdi40.pac.account", "PAC account", required=True, ondelete="restrict", index=True, tracking=True)
    company_id = fields.Many2one(related="account_id.company_id", store=True, index=True, precompute=True)
    environment = fields.Selection(related="account_id.environment")
    kind = fields.Selection(KINDS, required=True, default="year", tracking=True)
    quantity = fields.Integer("Stamps", required=True, tracking=True)
    cost = fields.Monetary(help="Without taxes.")
    currency_id = fields.Many2one(
        "res.currency", required=True, compute="_compute_currency_id", store=True, readonly=False, precompute=True)
    unit_cost = fields.Float("Cost of a stamp", compute="_compute_unit_cost", digits=(16, 4), aggregator=None)
    start = fields.Date(
        required=True, default=lambda self: local_day(fields.Datetime.now()), tracking=True,
        help="Stamps count from this day on; of a package that starts today, from its activation.")
    expiry = fields.Date(
        compute="_compute_expiry", store=True, readonly=False, precompute=True, tracking=True,
        help="The last day. Empty: it does not expire.")
    bill_id = fields.Many2one(
        "account.move", "Vendor bill", copy=False, ondelete="restrict", index="btree_not_null", tracking=True,
        help="When it is paid, the package is activated, or its proof of payment is mailed to the PAC.")
    payment_state = fields.Selection(related="bill_id.payment_state", string="Payment of the bill")
    needs_proof = fields.Boolean(
        "The PAC activates it", compute="_compute_needs_proof", store=True, readonly=False, precompute=True,
        help="Once its bill is paid, the proof of payment is mailed to the PAC's contact, and a person says when it is"
        " active there.")
    proof_at = fields.Datetime("Proof mailed on", readonly=True, copy=False)
    state = fields.Selection(
        STATES, required=True, default="draft", readonly=True, copy=False, index=True, tracking=True)
    active_from = fields.Datetime("Counts from", readonly=True, copy=False)
    used = fields.Integer("Consumed", required=True, default=0, readonly=True, copy=False)
    left = fields.Integer(compute="_compute_left")
    expiry_warned = fields.Boolean(readonly=True, copy=False)
    use_ids = fields.One2many("l10n_mx_cfdi40.credit.use", "package_id", "Consumption", readonly=True)

    _quantity_positive = models.Constraint("CHECK(quantity > 0)", "A package has at least one stamp.")
    _used_within = models.Constraint(
        "CHECK(used >= 0 AND used <= quantity)", "More stamps of the package were consumed than it would have.")

    # -- what follows from what ----------------------------------------------------------------------------------------

    @api.depends("kind", "start")
    def _compute_expiry(self):
        for package in self:
            years = _YEARS.get(package.kind)
            if years and package.start:
                package.expiry = package.start + relativedelta(years=years)
            elif years:
                package.expiry = False

    @api.depends("account_id")
    def _compute_currency_id(self):
        for package in self:
            company = package.account_id.company_id or self.env.company
            package.currency_id = package.currency_id or company.currency_id

    @api.depends("account_id")
    def _compute_needs_proof(self):
        for package in self:
            package.needs_proof = package.account_id.credit_needs_proof

    @api.depends("cost", "quantity")
    def _compute_unit_cost(self):
        for package in self:
            package.unit_cost = package.cost / package.quantity if package.quantity else 0

    @api.depends("quantity", "used")
    def _compute_left(self):
        for package in self:
            package.left = package.quantity - package.used

    @api.depends("account_id", "kind", "quantity")
    @api.depends_context("lang")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for package in self:
            package.display_name = self.env._(
                "%(pac)s: %(quantity)s stamps (%(kind)s)", pac=package.account_id.display_name or "",
                quantity=package.quantity, kind=kinds.get(package.kind, ""))

    def _covers(self, moment):
        """Whether a stamp made at that moment (naive UTC) may be one of this package."""
        return bool(self.active_from) and self.active_from <= moment and (
            not self.expiry or local_day(moment) <= self.expiry)

    @api.constrains("bill_id", "account_id")
    def _check_bill(self):
        for package in self.filtered("bill_id"):
            if package.bill_id.move_type not in ("in_invoice", "in_receipt"):
                raise UserError(self.env._("%s is not a vendor bill.", package.bill_id.display_name))
            if package.bill_id.company_id._l10n_mx_cfdi40_fiscal_root() != package.account_id.company_id:
                raise UserError(self.env._(
                    "%(bill)s is not a bill of %(company)s.", bill=package.bill_id.display_name,
                    company=package.account_id.company_id.name))

    @api.constrains("start", "expiry")
    def _check_days(self):
        for package in self:
            if package.expiry and package.expiry < package.start:
                raise UserError(self.env._("A package does not expire before it starts."))

    # -- writing -------------------------------------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su and any(_OWN & vals.keys() for vals in vals_list):
            self._raise_own()
        self._check_bills([vals.get("bill_id") for vals in vals_list])
        packages = super().create(vals_list)
        packages.sudo()._take_payment()
        return packages

    def write(self, vals):
        if not self.env.su and _OWN & vals.keys():
            self._raise_own()
        self._check_bills([vals.get("bill_id")])
        fixed = _FIXED & vals.keys()
        if any(package.state in COUNTED and package._fields[name].convert_to_write(package[name], package) != vals[name]
               for package in self for name in fixed):
            raise UserError(self.env._(
                "Stamps of this package are counted already: its account and its start stay as they are."))
        if "expiry" in vals:
            vals = {**vals, "expiry_warned": False}
        result = super().write(vals)
        if {"expiry", "quantity", "kind"} & vals.keys():
            self.sudo()._follow()
            self.account_id.sudo()._credits_changed()
        if "bill_id" in vals:
            self.sudo()._take_payment()
        return result

    def _check_bills(self, ids):
        """Their files are mailed to whoever is written as the PAC's contact: only of bills that this user may see. (A
        constraint would be checked with all rights.)"""
        self.env["account.move"].browse([bill_id for bill_id in ids if bill_id]).check_access("read")

    def _raise_own(self):
        raise AccessError(self.env._(
            "The state of a package and what was consumed of it follow from its buttons and from stamping."))

    @api.ondelete(at_uninstall=False)
    def _unlink_only_draft(self):
        if any(package.state not in ("draft", "to_activate") for package in self):
            raise UserError(self.env._("A package whose stamps were counted is closed, not deleted."))

    # -- its life ------------------------------------------------------------------------------------------------------

    def action_activate(self):
        """Its stamps can be used from now on."""
        self.check_access("write")
        self.sudo()._activate()

    def action_close(self):
        """What is left of it does not count any more."""
        self.check_access("write")
        self.sudo().write({"state": "closed"})
        self.account_id.sudo()._credits_changed()

    def action_draft(self):
        """Take back an activation, or a closing, by which no stamp was consumed."""
        self.check_access("write")
        if any(package.used for package in self):
            raise UserError(self.env._("Stamps of this package were consumed: it can only be closed."))
        self.sudo().write({"state": "draft", "active_from": False, "proof_at": False})

    def action_open_uses(self):
        """The stamps that were consumed of this package."""
        return self.use_ids._get_records_action(name=self.env._("Consumption of %s", self.display_name))

    def _activate(self):
        now = fields.Datetime.now()
        for package in self:
            if package.state not in ("draft", "to_activate"):
                continue
            # What was stamped earlier today was of whatever there was before.
            start = now if package.start == local_day(now) else day_start(package.start)
            package.write({"state": "active", "active_from": start})
            package._follow()
            # Also those that nobody has looked at yet: a settlement that is under way did not know of this package, and
            # so one of both fails and comes again.
            self.env.flush_all()
            self.env.cr.execute(
                "UPDATE l10n_mx_cfdi40_credit_use SET settled = false"
                " WHERE account_id = %s AND package_id IS NULL AND at >= %s", [package.account_id.id, start])
            self.env["l10n_mx_cfdi40.credit.use"].invalidate_model(["settled"])
        self.account_id._credits_bought()

    def _follow(self):
        """Active, used up or expired, as it is by now."""
        today = local_day(fields.Datetime.now())
        for package in self.filtered(lambda one: one.state in COUNTED):
            if package.used >= package.quantity:
                state = "used"
            else:
                state = "expired" if package.expiry and package.expiry < today else "active"
            if package.state != state:
                package.write({"state": state})

    def _take_payment(self):
        """Activate those whose bill is paid, or put them before the PAC. Does nothing the second time."""
        paid = self.filtered(lambda one: one.state == "draft" and one.bill_id.payment_state in PAID)
        asked = paid.filtered("needs_proof")
        asked.write({"state": "to_activate"})
        (paid - asked)._activate()
        if asked:
            self.env.ref("l10n_mx_cfdi40.cron_credits").sudo()._trigger()
