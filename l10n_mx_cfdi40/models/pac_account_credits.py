"""Stamps left in an account: by our packages, by the PAC, and until when they last.

Packages are ours, so nothing stops because of them alone. Stamping stops when they say zero **and** the PAC says so
too, or cannot tell, or has just refused for lack of stamps. An account without packages is not managed here: it stops
when the PAC has refused for lack of stamps and says zero. One with a plan without limit needs none.
"""
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_datetime, formatLang

from ..pac import registry
from ..pac.base import CAN_TELL_CREDITS, Accepted, Refused, Unknown
from ..pac.codes import Kind, explain
from .credit_package import MANAGED, local_day
from .document_mend import MOMENT

#: What the PAC said counts for this long; at zero it is asked again afterwards, before the next stamp.
FRESH = timedelta(minutes=5)
#: The forecast goes by what was consumed in these days.
FORECAST_DAYS = 30
#: In days; and how many stamps are told of at most: some PACs tell of a plan without limit with a huge number.
LONGEST_FORECAST, MOST = 36_500, 999_999_999


class PacAccount(models.Model):
    _inherit = "l10n_mx_cfdi40.pac.account"

    no_limit = fields.Boolean(
        "Plan without limit", help="It needs no packages of stamps, and nothing stops for lack of them.")
    credit_needs_proof = fields.Boolean(
        "The PAC activates packages", help="New packages are not activated by their paid bill: its proof of payment is"
        " mailed to the contact of the PAC, which activates them.")
    package_ids = fields.One2many("l10n_mx_cfdi40.credit.package", "account_id", "Packages of stamps")
    is_credit_managed = fields.Boolean("Counted here", compute="_compute_credits")
    credit_quantity = fields.Integer("Stamps bought", compute="_compute_credits", help="Of the packages in force.")
    credit_left = fields.Integer("Stamps left", compute="_compute_credits", help="By the packages in force.")
    credit_daily = fields.Float(
        "Stamps a day", compute="_compute_credits", digits=(16, 1), help="Average of the last 30 days.")
    credit_out_on = fields.Date(
        "They last until", compute="_compute_credits",
        help="At that pace, with what expires meanwhile taken off. Empty: nothing was consumed lately.")
    credit_next_expiry = fields.Date("Next expiry", compute="_compute_credits")
    is_out_of_credits = fields.Boolean("Without stamps", compute="_compute_is_out_of_credits")

    pac_credits = fields.Integer("Stamps left, by the PAC", readonly=True, copy=False)
    pac_no_limit = fields.Boolean("Without limit, by the PAC", readonly=True, copy=False)
    pac_credits_at = fields.Datetime("PAC asked on", readonly=True, copy=False)
    pac_told = fields.Char(
        "By the PAC", compute="_compute_pac_told", help="How many stamps were left when it was asked.")
    pac_credits_tried_at = fields.Datetime(readonly=True, copy=False)
    pac_credits_mark = fields.Integer(
        readonly=True, copy=False, help="The last consumption that was known when the PAC was asked: moments are too"
        " coarse to tell which stamps came later.")
    pac_credits_error = fields.Char("Why it did not say", readonly=True, copy=False)
    credit_difference = fields.Integer(
        "Difference", readonly=True, copy=False, help="What the PAC said minus what was left by our packages then.")
    credit_refused_at = fields.Datetime(
        "Refused for lack of stamps", readonly=True, copy=False,
        help="Until a package is activated or the PAC says that there are stamps.")
    can_tell_credits = fields.Boolean(compute="_compute_can_tell_credits")

    # -- by our packages -----------------------------------------------------------------------------------------------

    @api.depends("no_limit", "package_ids.state", "package_ids.used", "package_ids.quantity", "package_ids.expiry")
    def _compute_credits(self):
        facts = self.sudo()._credit_facts()
        daily = self.sudo()._credit_pace()
        today = local_day(self._now())
        for account in self:
            managed, packages, pending = facts.get(account._origin.id, (False, account.package_ids.browse(), 0))
            pace = daily.get(account._origin.id, 0.0)
            account.is_credit_managed = managed
            account.credit_quantity = sum(packages.mapped("quantity"))
            account.credit_left = max(0, sum(packages.mapped("left")) - pending)
            account.credit_daily = pace
            account.credit_next_expiry = min((one.expiry for one in packages if one.expiry), default=False)
            days = _days_left(packages, pending, pace, today) if managed and pace else LONGEST_FORECAST
            # What lasts for generations has no last day.
            account.credit_out_on = days < LONGEST_FORECAST and today + timedelta(days=days)

    def _credit_facts(self):
        """{id: (managed, packages in force now in the order of consumption, stamps that are not settled yet)}

        Three queries for any number of accounts; one when none of them has packages.
        """
        Package = self.env["l10n_mx_cfdi40.credit.package"]
        now = self._now()
        known = Package.search([("account_id", "in", self.ids), ("state", "in", MANAGED)])
        managed = known.account_id.filtered(lambda one: not one.no_limit)
        pending = dict(self.env["l10n_mx_cfdi40.credit.use"]._read_group(
            [("account_id", "in", managed.ids), ("settled", "=", False)],
            ["account_id"], ["__count"])) if managed else {}
        grouped = known.grouped("account_id")
        return {
            account.id: (
                account in managed,
                grouped.get(account, Package).filtered(lambda one: one.state == "active" and one._covers(now)),
                pending.get(account, 0))
            for account in self.browse(self.ids)}

    def _credit_pace(self):
        """{id: stamps a day}, the average of the last 30 days, or since the first one if that is less."""
        now = self._now()
        rows = self.env["l10n_mx_cfdi40.credit.use"]._read_group(
            [("account_id", "in", self.ids), ("at", ">=", now - timedelta(days=FORECAST_DAYS))],
            ["account_id"], ["__count", "at:min"])
        return {
            account.id: count / min(FORECAST_DAYS, max(1, (now - first).days + 1)) for account, count, first in rows}

    def _credits_left(self):
        """Stamps left by our packages; None for an account that is not managed here."""
        managed, packages, pending = self.sudo()._credit_facts()[self.id]
        return sum(packages.mapped("left")) - pending if managed else None

    # -- whether it stops ----------------------------------------------------------------------------------------------

    @api.depends_context("uid")
    @api.depends("credit_left", "pac_credits", "pac_credits_at", "credit_refused_at", "no_limit")
    def _compute_is_out_of_credits(self):
        for account in self:
            account.is_out_of_credits = bool(account._origin) and account._origin._lacks_credits()

    @api.depends("pac_credits", "pac_no_limit", "pac_credits_at")
    @api.depends_context("lang")
    def _compute_pac_told(self):
        for account in self:
            told = account.pac_credits_at and not account.pac_no_limit and formatLang(
                self.env, account.pac_credits, digits=0)
            account.pac_told = self.env._("without limit") if account.pac_no_limit else told

    @api.depends("provider")
    def _compute_can_tell_credits(self):
        for account in self:
            account.can_tell_credits = account._can_tell()

    def _can_tell(self):
        provider = registry.PROVIDERS.get(self.provider)
        return bool(provider) and CAN_TELL_CREDITS in provider.capabilities

    def _lacks_credits(self):
        """Whether nothing may be stamped for lack of stamps, by what is known now. Asks nobody."""
        self.ensure_one()
        account = self.sudo()
        left = account._credits_left()
        if left is None:
            return not account.no_limit and bool(account.credit_refused_at) and account._is_confirmed()
        if account.credit_refused_at:
            return True
        if left > 0 or account.pac_no_limit:
            return False
        if not account._can_tell():
            return True
        return account._is_confirmed()

    def _is_confirmed(self):
        """Whether the PAC said that there are none. Who stamps asks first: see `_is_to_be_asked`."""
        return self._can_tell() and bool(self.pac_credits_at) and not self.pac_no_limit and (
            self._pac_credits_left() <= 0)

    def _stamps_in_sight(self):
        """How many stamps there are by what is known, if any; None when nobody knows of a limit."""
        account = self.sudo()
        left = account._credits_left()
        if left is None or left > 0:
            return left
        known = account.pac_credits_at and not account.pac_no_limit and account._pac_credits_left()
        return known if known and known > 0 else None

    def _pac_credits_left(self):
        """What the PAC said, less what was consumed since."""
        return self.pac_credits - self.env["l10n_mx_cfdi40.credit.use"].search_count(
            [("account_id", "=", self.id), ("id", ">", self.pac_credits_mark)])

    def _is_to_be_asked(self):
        """Whether our packages say zero, or a refusal did, and what the PAC said is not fresh any more."""
        account = self.sudo()
        tried = account.pac_credits_tried_at
        if account.no_limit or not account._can_tell() or (tried and tried > account._now() - FRESH):
            return False
        left = account._credits_left()
        return bool(account.credit_refused_at) or (left is not None and left <= 0)

    def _refresh_credits(self):
        """Ask the PAC for its balance. Only from a place that owns its transaction and holds no lock. Commits."""
        for account in self.sudo():
            try:
                account._ask_credits()
            except UserError as error:
                # Its settings are incomplete, which whoever stamps is told anyhow.
                account.write({"pac_credits_tried_at": account._now(), "pac_credits_error": str(error)})
            account._commit()

    # -- by the PAC ----------------------------------------------------------------------------------------------------

    def _ask_credits(self):
        """Ask the PAC for its balance and keep what it says. Does not commit.

        :return: whether it said it
        :raises UserError: the settings of the account are incomplete
        """
        self.ensure_one()
        exchanges = []
        last = self.env["l10n_mx_cfdi40.credit.use"].sudo().search(
            [("account_id", "=", self.id)], order="id desc", limit=1)
        client = self._client(observer=exchanges.append)
        try:
            answer = client.credits()
        finally:
            client.close()
        account = self.sudo()
        account.env["l10n_mx_cfdi40.pac.exchange"]._write_down(exchanges, account.company_id, account=account)
        now = account._now()
        if isinstance(answer, Unknown):
            account.write({
                "pac_credits_tried_at": now,
                "pac_credits_error": str(explain(answer.reason, answer.detail))[:500]})
            return False
        answer = answer if answer is None else max(-MOST, min(answer, MOST))
        left = account._credits_left()
        account.write({
            "pac_credits": answer or 0, "pac_no_limit": answer is None, "pac_credits_at": now,
            "pac_credits_tried_at": now, "pac_credits_error": False, "pac_credits_mark": last.id,
            # Whatever was stamped beyond the packages, before that was settled, is not owed to anybody.
            "credit_difference": 0 if answer is None or left is None else answer - max(0, left),
        })
        if answer is None or answer > 0:
            account.credit_refused_at = False
            account._credits_changed()
        return True

    def action_ask_credits(self):
        """Ask the PAC how many stamps are left.

        :raises UserError: it offers no such question, its settings are incomplete, or it does not answer
        """
        self.ensure_one()
        self.check_access("read")
        self.env["l10n_mx_cfdi40.document"]._check_billing()
        if not self._can_tell():
            raise UserError(self.env._("This PAC does not tell how many stamps are left: see its own portal."))
        told = self._ask_credits()
        return {"type": "ir.actions.client", "tag": "display_notification", "params": {
            "type": "success" if told else "warning",
            "message": self._pac_credits_text() if told else self.sudo().pac_credits_error,
            "next": {"type": "ir.actions.client", "tag": "soft_reload"}}}

    def _pac_credits_text(self):
        account = self.sudo()
        if account.pac_no_limit:
            return self.env._("The PAC counts no stamps: a plan without limit.")
        text = self.env._("The PAC says that %s stamps are left.", account.pac_credits)
        if account.is_credit_managed and account.credit_difference:
            text = " ".join((text, self.env._(
                "By the packages here it would be %s.", account.pac_credits - account.credit_difference)))
        return text

    def _balance_text(self):
        """How many stamps are left, in a few words: by the packages and by the PAC; empty while nobody counts them."""
        account = self.sudo()
        if account.no_limit or account.pac_no_limit:
            return self.env._("without limit")
        texts = []
        if account.is_credit_managed:
            texts.append(self.env._("%s by the packages", account.credit_left))
        if account.pac_credits_at:
            texts.append(self.env._(
                "%(left)s by the PAC (%(when)s)", left=account.pac_credits,
                when=format_datetime(self.env, account.pac_credits_at, dt_format=MOMENT)))
        return ", ".join(texts)

    def _note_answer(self, answer):
        # EXTENDS 'l10n_mx_cfdi40': a refusal for lack of stamps marks the account, a new stamp of it ends that
        super()._note_answer(answer)
        if not self:
            return
        account = self.sudo()
        if isinstance(answer, Refused) and explain(answer.code, answer.message).kind is Kind.CREDITS:
            if not account.credit_refused_at:
                account.credit_refused_at = account._now()
        elif isinstance(answer, Accepted) and not answer.repeated and account.credit_refused_at:
            account.credit_refused_at = False

    # -- what follows --------------------------------------------------------------------------------------------------

    def _credits_bought(self):
        """A package was activated: refusals and what the PAC said before are no longer news."""
        self.sudo().write({
            "credit_refused_at": False, "pac_credits_at": False, "pac_credits_tried_at": False, "credit_difference": 0})
        self._credits_changed()

    def _credits_changed(self):
        """There may be stamps again: what waits for them goes on."""
        self.invalidate_recordset(["credit_left", "is_out_of_credits"])
        for account in self.sudo():
            if not account.credit_refused_at and not account._lacks_credits():
                account.env["l10n_mx_cfdi40.document"]._wake_for_credits(account.company_id)

    def action_open_packages(self):
        """The packages of this account."""
        return {
            **self.env["ir.actions.act_window"]._for_xml_id("l10n_mx_cfdi40.action_credit_package"),
            "domain": [("account_id", "=", self.id)],
            "context": {"default_account_id": self.id, "search_default_in_force": 1},
        }

    def action_open_uses(self):
        """What was consumed of this account."""
        return {
            **self.env["ir.actions.act_window"]._for_xml_id("l10n_mx_cfdi40.action_credit_use"),
            "domain": [("account_id", "=", self.id)],
        }


def _days_left(packages, pending, pace, today):
    """Days until the packages are consumed at that pace; what expires meanwhile is lost."""
    days = 0.0
    for package in packages:
        left = max(0, package.left - pending)
        pending = max(0, pending - package.left)
        last = (package.expiry - today).days + 1 if package.expiry else None
        days += left / pace
        if last is not None:
            days = min(days, max(last, days - left / pace))
    return int(days)
