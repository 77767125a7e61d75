"""Warnings before the stamps run out or expire, and the daily question about the PAC's own balance.

Each warning is given once: again only after the stamps have been above the threshold, or the expiry was changed.
"""
from datetime import timedelta

from markupsafe import Markup
from odoo import api, fields, models
from odoo.tools import format_date

from .credit_package import COUNTED, PAID, local_day

ACTIVITY = "l10n_mx_cfdi40.mail_activity_credits"
LAYOUT = "mail.mail_notification_light"


class PacAccount(models.Model):
    _name = "l10n_mx_cfdi40.pac.account"
    _inherit = ["l10n_mx_cfdi40.pac.account", "l10n_mx_cfdi40.queue"]

    credit_warn_unit = fields.Selection(
        [("number", "Stamps"), ("percent", "% of the packages in force")], "Warn at, unit", required=True,
        default="percent")
    credit_warn_at = fields.Integer(
        "Warn at", default=10, aggregator=None, help="Zero: no warning before they run out.")
    credit_warn_days = fields.Integer(
        "Warn before expiry", default=30, aggregator=None, help="Days before a package with stamps left expires.")
    credit_warned = fields.Selection(
        [("low", "Few are left"), ("out", "None is left")], "Warned", readonly=True, copy=False)

    # -- crons ---------------------------------------------------------------------------------------------------------

    @api.model
    def _cron_credits(self):
        """Settle what was consumed, take up paid bills, mail proofs of payment, warn."""
        uses = self.env["l10n_mx_cfdi40.credit.use"].sudo()
        pending = uses._read_group([("account_id", "!=", False), ("settled", "=", False)], ["account_id"])
        # Also of those that were archived meanwhile.
        accounts = self.sudo().search([("active", "=", True)]).union(*(account for [account] in pending))

        def turn(account):
            # What is noted on packages is read by people of the company, not by whoever runs the crons.
            account = account._in_its_language()
            account._take_payments()
            uses = account.env["l10n_mx_cfdi40.credit.use"]
            while uses._settle(account):
                account._commit()
            account._commit()
            packages = account.env["l10n_mx_cfdi40.credit.package"]
            packages.search([("account_id", "=", account.id), ("state", "in", COUNTED)])._follow()
            if not account.active:
                return
            packages._send_proofs(account)
            account._warn_credits()

        self._work_through(list(accounts), turn)

    @api.model
    def _cron_balances(self):
        """Ask the PACs for their balances."""
        accounts = self.sudo().search([("active", "=", True)]).filtered(lambda account: (
            account._can_tell() and account.state != "incomplete"
            and account.environment == account.company_id.l10n_mx_cfdi40_environment))
        self._work_through(list(accounts), lambda account: account._ask_credits())

    def _note_failure(self, error):
        # EXTENDS 'l10n_mx_cfdi40.queue'
        self.write({"pac_credits_tried_at": self._now(), "pac_credits_error": str(error)[:500]})

    def _in_its_language(self):
        return self.with_context(lang=self.company_id.partner_id.lang or self.env.lang)

    def _take_payments(self):
        """Bills that were paid without a reconciliation, which tells of no such thing."""
        self.env["l10n_mx_cfdi40.credit.package"].search([
            ("account_id", "=", self.id), ("state", "=", "draft"), ("bill_id.payment_state", "in", PAID),
        ])._take_payment()

    # -- warnings ------------------------------------------------------------------------------------------------------

    def _warn_credits(self):
        """Warn of what was crossed since the last time. Does not commit."""
        managed, packages, pending = self._credit_facts()[self.id]
        if not managed:
            return
        left = sum(packages.mapped("left")) - pending
        level = self._warning_level(left, sum(packages.mapped("quantity")))
        if level != self.credit_warned:
            worse = level == "out" or (level == "low" and not self.credit_warned)
            self.credit_warned = level
            self.activity_unlink([ACTIVITY])
            if worse:
                self._warn(lambda account: account._warning_text(level, max(0, left)))
        limit = local_day(self._now()) + timedelta(days=self.credit_warn_days)
        ending = packages.filtered(lambda one: (
            one.expiry and one.expiry <= limit and one.left and not one.expiry_warned))
        if ending and self.credit_warn_days:
            ending.write({"expiry_warned": True})
            self._warn(lambda account: account._expiry_text(ending))

    def _warning_level(self, left, quantity):
        if left <= 0:
            return "out"
        threshold = self.credit_warn_at
        low = left * 100 <= threshold * quantity if self.credit_warn_unit == "percent" else left <= threshold
        return "low" if low and threshold else False

    def _warning_text(self, level, left):
        if level == "out":
            return self.env._(
                "No stamps are left at %(pac)s by the packages of %(company)s: buy a package, and activate it here.",
                pac=self.display_name, company=self.company_id.name)
        lasts = self.credit_out_on
        text = self.env._(
            "%(left)s stamps are left at %(pac)s by the packages of %(company)s.", left=left, pac=self.display_name,
            company=self.company_id.name)
        return text if not lasts else " ".join((text, self.env._(
            "At the pace of the last 30 days they last until %s.", format_date(self.env, lasts))))

    def _expiry_text(self, packages):
        return "\n".join(self.env._(
            "%(left)s stamps of the package “%(package)s” expire on %(date)s.", left=package.left,
            package=package.display_name, date=format_date(self.env, package.expiry),
        ) for package in packages.with_env(self.env))

    def _warn(self, tell):
        """Warn each of those in charge, in their own language.

        :param tell: function that words the warning in the language of the account that it is given
        """
        for lang, users in self._responsibles().grouped("lang").items():
            account = self.with_context(lang=lang) if lang else self._in_its_language()
            account._warn_users(users, tell(account))

    def _warn_users(self, users, text):
        """An activity for each of them, and one mail to all."""
        body = Markup("<br/>").join(text.split("\n"))
        for user in users:
            # Quietly: the mail below says the same.
            self.with_context(mail_activity_quick_update=True).activity_schedule(
                ACTIVITY, summary=text.split("\n")[0][:200], note=body, user_id=user.id)
        people = users.partner_id.filtered("email")
        if not people:
            return
        template = self.env.ref("l10n_mx_cfdi40.mail_template_credit_warning")
        template.with_context(credit_warning=body, credit_warning_lang=self.env.lang).send_mail(
            self.id, email_values={"recipient_ids": [fields.Command.set(people.ids)]}, email_layout_xmlid=LAYOUT)

    def _responsibles(self):
        group = self.env.ref("l10n_mx_cfdi40.group_manager")
        return group.all_user_ids.filtered(lambda user: self.company_id in user.company_ids and not user.share)
