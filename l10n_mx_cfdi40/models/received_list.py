"""The list of cancellations that wait for our answer, as the PAC gives it.

New ones become rows with an activity; of those that it no longer has the SAT is asked (see received_sat).
"""
from datetime import timedelta

from markupsafe import Markup
from odoo import api, fields, models
from odoo.exceptions import AccessError, LockError, UserError
from odoo.tools import format_datetime

from ..pac.base import CAN_PENDING, Pending, Unknown
from ..pac.cancel_codes import explain_answer
from ..pac.registry import PROVIDERS
from .account_move_bill import is_uuid
from .document_protocol import central_time
from .received_protocol import SETTLED
from .received_request import ACTIVITY, AT_ONCE, SAT_PORTAL

#: The list before tells since when a new request can be there, if it is not older than this.
RECENT = timedelta(hours=24)


class ResCompany(models.Model):
    _inherit = "res.company"

    l10n_mx_cfdi40_received_user_id = fields.Many2one(
        "res.users", string="Answers the Cancellations of Vendors", domain=[("share", "=", False)],
        help="Who gets an activity when a vendor asks to cancel an invoice. Empty: the accountant in charge of"
        " complements, or an accounting manager.")
    l10n_mx_cfdi40_received_at = fields.Datetime("Vendors' cancellations asked for on", readonly=True)
    l10n_mx_cfdi40_received_trouble = fields.Char("Why they could not be asked for", readonly=True)


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    l10n_mx_cfdi40_received_user_id = fields.Many2one(
        related="company_id.l10n_mx_cfdi40_received_user_id", readonly=False)


class ReceivedRequest(models.Model):
    _inherit = "l10n_mx_cfdi40.received.request"

    # -- asking --------------------------------------------------------------------------------------------------------

    @api.model
    def _cron_ask(self):
        """Ask the PAC of each company that owns an RFC and has a certificate, where it can tell."""
        companies = self.env["res.company"].sudo().search([("l10n_mx_cfdi40_certificate_ids", "!=", False)])
        roots = companies.filtered(
            lambda one: one._l10n_mx_cfdi40_fiscal_root() == one and not self._list_hint(one))
        self._work_through(
            [self.sudo().with_context(received_root=root.id) for root in roots],
            lambda rows: rows._ask_pending(self.env["res.company"].sudo().browse(rows.env.context["received_root"])))

    def _note_failure(self, error):
        # EXTENDS 'l10n_mx_cfdi40.queue'
        root = self.env["res.company"].sudo().browse(self.env.context.get("received_root"))
        if root:
            root.l10n_mx_cfdi40_received_trouble = str(error)
            return None
        return super()._note_failure(error)

    @api.model
    def _list_hint(self, root):
        """Why the list cannot be asked for, and what to do; '' when it can."""
        if not root._l10n_mx_cfdi40_rfc():
            return self.env._("%s has no RFC: enter its Tax ID.", root.name)
        provider = PROVIDERS.get(root.l10n_mx_cfdi40_pac)
        if not provider:
            return self.env._("%s has no account at a PAC: add it in CFDI > PAC accounts.", root.name)
        if CAN_PENDING in provider.capabilities:
            return ""
        return self.env._(
            "%(pac)s does not tell which cancellations wait for %(company)s. Look at the SAT's portal (%(url)s,"
            " “Consultar solicitudes de cancelación”) at least every two business days: silence is acceptance.",
            pac=provider.label, company=root.name, url=SAT_PORTAL)

    @api.model
    def _ask_pending(self, root):
        """Ask for the list of one company now. Commits.

        :param root: the company that owns the RFC, with sudo
        :return: why there is no list, in words; '' when there is
        """
        pac = root._l10n_mx_cfdi40_pac_client()
        rfc = root._l10n_mx_cfdi40_rfc()
        # What is read after the call is then as of after the call.
        self._commit()
        answer = pac.pending(rfc)
        if not isinstance(answer, Pending):
            unknown = isinstance(answer, Unknown)
            trouble = str(explain_answer(
                answer.reason if unknown else answer.code, (answer.detail if unknown else answer.message) or ""))
            root.l10n_mx_cfdi40_received_trouble = trouble
            self._commit()
            return trouble
        try:
            root.lock_for_update(allow_referencing=True)
        except LockError:
            # Another process takes down the same list.
            return ""
        self.sudo()._take_list(root, {uuid.upper() for uuid in answer.uuids if is_uuid(uuid.upper())})
        root.write({"l10n_mx_cfdi40_received_at": self._now(), "l10n_mx_cfdi40_received_trouble": False})
        self._commit()
        return ""

    def _take_list(self, root, uuids):
        """Make rows of new UUIDs, and mark those that are not listed any more. The company is locked by the caller."""
        mine = [("company_id", "=", root.id), ("environment", "=", root.l10n_mx_cfdi40_environment)]
        known = self.search([*mine, ("uuid", "in", list(uuids))], order="id")
        last = {row.uuid: row for row in known}
        open_rows = self.search([*mine, ("state", "in", ("pending", "waiting"))])
        missing = open_rows.filtered(lambda row: row.uuid not in uuids and not row.is_unlisted)
        missing.write({"is_unlisted": True, "sat_next_at": self._now(), "sat_tries": 0})
        open_rows.filtered(lambda row: row.uuid in uuids and row.is_unlisted).write({
            "is_unlisted": False, "sat_next_at": False})
        back = self.browse()
        create = []
        for uuid in sorted(uuids):
            row = last.get(uuid, self.browse())
            if row.is_open or (row.settled_at and row.settled_at + SETTLED > self._now()):
                # The list may be a little late.
                continue
            if row.state == "gone":
                back |= row
            else:
                create.append(self._new_vals(root, uuid, row))
        back._reopen()
        (back | self.create(create))._schedule()
        if missing:
            self._trigger()

    def _new_vals(self, root, uuid, before):
        """Values of a new row; `before` is the last one of the same UUID, if there is one."""
        now, asked = self._now(), root.l10n_mx_cfdi40_received_at
        # It was made after the list before, so that is when the three days may have begun.
        since = asked if asked and asked + RECENT > now else now
        again = before.state == "rejected"
        return {
            "company_id": root.id, "uuid": uuid, "environment": root.l10n_mx_cfdi40_environment, "first_seen_at": now,
            "after_rejection": again,
            "deadline": False if again else self.env["l10n_mx_cfdi40.document"]._answer_deadline(since),
        }

    # -- who is told ---------------------------------------------------------------------------------------------------

    @api.model
    def _responsible(self, company):
        """Who answers for the company: who was named, else an accounting manager."""
        company = company.sudo()
        for user in (company.l10n_mx_cfdi40_received_user_id, company.l10n_mx_cfdi40_rep_user_id):
            if user.active and not user.share:
                return user
        return self.env["l10n_mx_cfdi40.receipt"]._accountant(company) or self.env.user

    def _schedule(self):
        """An activity for who has to answer, for each row that has none."""
        for one in self.sudo():
            user = self._responsible(one.company_id)
            row = one.with_context(lang=user.lang)
            if row.activity_search([ACTIVITY]):
                continue
            bill = row.bill_id.display_name or row.env._("no bill of it in Odoo")
            local = row.deadline and central_time(row.deadline).date()
            row.activity_schedule(
                ACTIVITY, date_deadline=local or fields.Date.context_today(row), user_id=user.id,
                summary=row.env._("Vendor asks to cancel %s", row.vendor or row.uuid),
                note=row.env._(
                    "The vendor asks you to accept the cancellation of the CFDI %(uuid)s (%(bill)s). %(silence)s",
                    uuid=row.uuid, bill=bill, silence=row.effect_silence))

    # -- the screen ----------------------------------------------------------------------------------------------------

    @api.model
    def _roots(self):
        """The companies that own the RFC of those the user works in, with sudo."""
        return self.env["res.company"].sudo().union(
            *(company._l10n_mx_cfdi40_fiscal_root() for company in self.env.companies))

    def action_ask_now(self):
        """Ask the PAC now which cancellations wait for the companies the user works in."""
        user = self.env.user
        if not (self.env.su or user.has_group("account.group_account_invoice")):
            raise AccessError(self.env._("Only billing users may ask the SAT."))
        texts = []
        for root in self._roots():
            texts.append(self._list_hint(root) or self.sudo()._ask_pending(root))
            rows = self.sudo().search([
                ("company_id", "=", root.id), ("sat_next_at", "<=", self._now())], order="sat_next_at", limit=AT_ONCE)
            for row in rows:
                row._follow()
        troubles = [text for text in texts if text]
        if troubles:
            raise UserError("\n\n".join(troubles))
        count = self.search_count([("state", "=", "pending")])
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning" if count else "success",
                "message": self.env._("Cancellations that wait for your answer: %s", count),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    @api.model
    def _action_open(self):
        """The list, with what a person should know when it is empty."""
        action = self.env["ir.actions.actions"]._for_xml_id("l10n_mx_cfdi40.action_received_request")
        lines = []
        for root in self._roots():
            text = self._list_hint(root) or root.l10n_mx_cfdi40_received_trouble
            if not text and root.l10n_mx_cfdi40_received_at:
                text = self.env._(
                    "%(company)s: asked on %(when)s.", company=root.name,
                    when=format_datetime(self.env, root.l10n_mx_cfdi40_received_at, dt_format="short"))
            if text:
                lines.append(text)
        return {**action, "help": Markup(action["help"] or "") + Markup("").join(
            Markup("<p>%s</p>") % line for line in lines)}
