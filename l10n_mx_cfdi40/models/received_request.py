"""Cancellations that our vendors ask us to accept: the customer's side.

The SAT lists them by UUID alone, and silence is acceptance. So each is shown with its time that runs, the bill that it
is about and what every answer would lead to. An answer is given once (see received_protocol); what became of the CFDI
only the SAT says (see received_sat).
"""
from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError

from ..pac.base import CAN_ANSWER
from ..pac.registry import PROVIDERS
from .document_sat import SAT_STATES
from .queue import LATER

ANSWERS = [("accept", "Accept"), ("reject", "Reject")]
RECEIVED_STATES = [
    ("pending", "To be answered"),
    ("waiting", "Answer to be sent"),
    ("in_flight", "Being answered"),
    ("in_doubt", "In doubt"),
    ("accepted", "Accepted"),
    ("rejected", "Rejected"),
    ("expired", "Cancelled by silence"),
    ("gone", "No longer pending"),
]
#: The SAT may still wait for our answer: one such row for each company and UUID.
OPEN = ("pending", "waiting", "in_flight", "in_doubt")
#: Our answer may have left: nothing else may be answered.
SENT = ("in_flight", "in_doubt")
#: Where the SAT takes the answers of those whose PAC does not.
SAT_PORTAL = "https://portalcfdi.facturaelectronica.sat.gob.mx"
#: Answers that a button sends while the user waits; the others go out by the cron at once.
AT_ONCE = 5
#: Somebody has to answer.
ACTIVITY = "l10n_mx_cfdi40.mail_activity_received"


class ReceivedRequest(models.Model):
    _name = "l10n_mx_cfdi40.received.request"
    _description = "Cancellation asked for by a vendor"
    _inherit = ["l10n_mx_cfdi40.queue", "mail.thread", "mail.activity.mixin"]
    _order = "is_open desc, deadline, id desc"
    _rec_name = "uuid"
    _mail_post_access = "read"

    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, ondelete="restrict", index=True,
        help="The company that owns the RFC; its branches see the request too.")
    uuid = fields.Char("Folio fiscal", required=True, readonly=True, index=True)
    state = fields.Selection(
        RECEIVED_STATES, required=True, default="pending", readonly=True, index=True, tracking=True)
    is_open = fields.Boolean(compute="_compute_is_open", store=True)
    first_seen_at = fields.Datetime("First seen", required=True, readonly=True)
    deadline = fields.Datetime(
        "Answer until", readonly=True,
        help="Three business days of the SAT, counted from when the request may have been made; silence is acceptance."
        " The SAT does not say when it was: it may end earlier.")
    after_rejection = fields.Boolean(
        "Asked again after a rejection", readonly=True, help="This time nothing ends by silence.")
    days_left = fields.Integer(compute="_compute_left", help="Whole days until the time to answer ends.")
    time_left = fields.Char("Time left", compute="_compute_left")

    answer = fields.Selection(ANSWERS, readonly=True, tracking=True)
    user_id = fields.Many2one("res.users", "Answered by", readonly=True)
    note = fields.Text(readonly=True, help="Why it was answered so. It stays here: the SAT does not get it.")
    reason = fields.Text("Why it waits", readonly=True)
    attempt = fields.Integer("Attempts", readonly=True)
    lease_until = fields.Datetime(readonly=True)
    retry_at = fields.Datetime("Next attempt", readonly=True, index="btree_not_null")

    certificate_id = fields.Many2one("l10n_mx_cfdi40.certificate", ondelete="restrict", readonly=True)
    pac = fields.Char("PAC", readonly=True)
    environment = fields.Selection([("test", "Test"), ("production", "Production")], required=True, readonly=True)
    request_xml = fields.Binary("Signed answer", attachment=False, readonly=True)
    sent_at = fields.Datetime(readonly=True)
    answered_at = fields.Datetime("Answered on", readonly=True, help="When the SAT's receipt of the answer was seen.")
    acuse = fields.Binary("Acknowledgement", attachment=False, readonly=True)
    code = fields.Char("Answer of the SAT", readonly=True)
    message = fields.Text(readonly=True)
    explanation = fields.Text(compute="_compute_explanation")

    sat_state = fields.Selection(SAT_STATES, "State at the SAT", readonly=True)
    sat_at = fields.Datetime("SAT asked on", readonly=True)
    sat_next_at = fields.Datetime("SAT asked again on", readonly=True, index="btree_not_null")
    sat_tries = fields.Integer(readonly=True)
    is_unlisted = fields.Boolean(
        readonly=True, help="The PAC no longer lists it, though we did not answer: the SAT is asked what became of it.")
    settled_at = fields.Datetime(readonly=True)
    is_told = fields.Boolean(readonly=True, help="That the SAT cancelled the CFDI was said on the bill.")

    can_answer = fields.Boolean(compute="_compute_can_answer")
    pac_hint = fields.Text(compute="_compute_pac_hint")

    _one_open = models.UniqueIndex(
        "(company_id, uuid) WHERE state IN ('pending', 'waiting', 'in_flight', 'in_doubt')",
        "This request is in the list already.")

    # -- shown ---------------------------------------------------------------------------------------------------------

    @api.depends("state")
    def _compute_is_open(self):
        for row in self:
            row.is_open = row.state in OPEN

    @api.depends("deadline", "state")
    def _compute_left(self):
        now = self._now()
        for row in self:
            left = row.deadline and row.is_open and row.deadline - now
            row.days_left = left.days if left else 0
            row.time_left = row._left_text(left)

    def _left_text(self, left):
        if not self.is_open:
            return False
        if not left:
            return self.env._("No time limit") if self.after_rejection else False
        if left.total_seconds() < 0:
            return self.env._("Time is over")
        hours = left.seconds // 3600
        if left.days:
            return self.env._("%(days)s d %(hours)s h", days=left.days, hours=hours)
        if hours:
            return self.env._("%s h", hours)
        return self.env._("%s min", left.seconds // 60)

    @api.depends("code", "message", "reason", "state")
    def _compute_explanation(self):
        for row in self:
            row.explanation = row.reason if row.state == "waiting" and row.reason else row._explanation()

    @api.depends("state", "company_id")
    @api.depends_context("uid")
    def _compute_can_answer(self):
        allowed = self._may_answer()
        for row in self:
            row.can_answer = allowed and row.state == "pending"

    @api.depends("company_id")
    def _compute_pac_hint(self):
        for row in self:
            row.pac_hint = self._pac_hint(row.company_id) if row.state in ("pending", "waiting") else False

    @api.model
    def _pac_hint(self, company):
        """What to do where the company's PAC takes no answers; '' where it does."""
        provider = PROVIDERS.get(company.sudo().l10n_mx_cfdi40_pac)
        if not provider:
            return self.env._("%s has no account at a PAC: add it in CFDI > PAC accounts.", company.name)
        if CAN_ANSWER in provider.capabilities:
            return ""
        return self.env._(
            "%(pac)s does not take answers to cancellations. Answer at the SAT's portal (%(url)s, “Consultar"
            " solicitudes de cancelación”) with the e.firma or the password of %(company)s.",
            pac=provider.label, url=SAT_PORTAL, company=company.name)

    # -- who writes ----------------------------------------------------------------------------------------------------

    def write(self, vals):
        # The last line of defence against our own code: no group has the right to write.
        if "request_xml" in vals and any(
                row.request_xml and (vals["request_xml"] or vals.get("state") not in ("pending", "waiting"))
                for row in self):
            raise UserError(self.env._("What was answered never changes."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("A cancellation that was asked for is never deleted."))

    def _log_on(self, text):
        for row in self.sudo():
            row.message_post(body=text)

    # -- rights --------------------------------------------------------------------------------------------------------

    @api.model
    def _may_answer(self):
        """Accounting managers and CFDI managers answer; who bills or audits looks."""
        user = self.env.user
        return self.env.su or user.has_group("account.group_account_manager") or user.has_group(
            "l10n_mx_cfdi40.group_manager")

    def _check_may_answer(self):
        """
        :raises AccessError: the user may not answer, or not for these companies
        """
        if not self._may_answer():
            raise AccessError(self.env._("Only accounting managers answer the cancellations of vendors."))
        self.check_access("read")
        if self.env.su:
            return
        roots = {company._l10n_mx_cfdi40_fiscal_root().id for company in self.env.companies}
        if any(row.company_id.id not in roots for row in self.sudo()):
            raise AccessError(self.env._("This cancellation was asked of a company with another RFC than yours."))

    def _check_can_send(self):
        """
        :raises UserError: no certificate in force, the PAC takes no answers, or they are of another environment
        """
        for row in self.sudo():
            if row.environment != row.company_id.l10n_mx_cfdi40_environment:
                raise UserError(self.env._(
                    "%(uuid)s was asked for in another environment (test or production) than %(company)s is in now:"
                    " nothing is answered from here.", uuid=row.uuid, company=row.company_id.name))
        for company in self.sudo().company_id:
            hint = self._pac_hint(company)
            if hint:
                raise UserError(hint)
            self._certificate(company)

    @api.model
    def _certificate(self, company):
        """The certificate that signs answers now.

        :raises UserError: none is in force
        """
        certificate = company._l10n_mx_cfdi40_select_certificate(self._now()).sudo()
        if not certificate:
            raise UserError(self.env._(
                "%(company)s has no digital seal certificate (CSD) in force, which signs the answer: install one in"
                " Accounting > Configuration > CFDI. Until then you can answer at the SAT's portal (%(url)s).",
                company=company.name, url=SAT_PORTAL))
        return certificate

    # -- ordering ------------------------------------------------------------------------------------------------------

    def _order_answer(self, answer, note=None):
        """Put the answers in the queue; the first few are sent before this returns. Commits.

        :param answer: 'accept' or 'reject'
        :param note: for the history; the SAT does not get it
        :raises UserError: one is answered already, or something of ours is missing: nothing was sent
        """
        self._check_may_answer()
        if answer not in dict(ANSWERS):
            raise UserError(self.env._("A cancellation is accepted or rejected."))
        self._check_can_send()
        rows = self.sudo()
        rows.lock_for_update(allow_referencing=True)
        rows.invalidate_recordset()
        answered = rows.filtered(lambda row: row.state != "pending")
        if answered:
            raise UserError(self.env._(
                "These are not to be answered any more:\n%s", "\n".join(
                    f"{row.uuid}: {row._state_label()}" for row in answered)))
        rows.write({
            "state": "waiting", "answer": answer, "user_id": self.env.uid, "note": (note or "").strip() or False,
            "retry_at": self._now(), "reason": False, "code": False, "message": False, "request_xml": False,
        })
        if (note or "").strip():
            rows._log_on(self.env._("Note: %s", note.strip()))
        self._trigger()
        self._commit()
        for row in rows[:AT_ONCE]:
            row._run_postponed()

    def _run_postponed(self):
        """Send one, its next turn written before: who is killed does not stand before the others for ever."""
        self.write({"retry_at": self._now() + LATER})
        self._commit()
        self._run()

    def _withdraw(self):
        """Take back answers that certainly did not leave.

        :raises UserError: one may have left
        """
        rows = self.sudo()
        rows.lock_for_update(allow_referencing=True)
        rows.invalidate_recordset()
        for row in rows:
            if row.state != "waiting":
                raise UserError(self.env._(
                    "The answer about %s may have left already: it cannot be taken back.", row.uuid))
        rows._reopen()

    def _reopen(self, **vals):
        """Pending again, without an answer."""
        self.write({
            "state": "pending", "answer": False, "user_id": False, "note": False, "request_xml": False, "pac": False,
            "certificate_id": False, "retry_at": False, "lease_until": False, "reason": False, "sent_at": False,
            "sat_next_at": False, "is_unlisted": False, "settled_at": False, **vals})

    @api.model
    def _trigger(self, at=None):
        self.env.ref("l10n_mx_cfdi40.cron_received_answers").sudo()._trigger(at)

    def _state_label(self):
        return dict(self._fields["state"]._description_selection(self.env)).get(self.state, self.state)

    # -- buttons -------------------------------------------------------------------------------------------------------

    def action_accept(self):
        """Open the window that shows what accepting these leads to."""
        return self._action_answer("accept")

    def action_reject(self):
        """Open the window that shows what rejecting these leads to."""
        return self._action_answer("reject")

    def _action_answer(self, answer):
        self._check_may_answer()
        rows = self.filtered(lambda row: row.state == "pending")
        if not rows:
            raise UserError(self.env._("There is nothing to answer here."))
        self._check_can_send()
        accept = answer == "accept"
        wizard = self.env["l10n_mx_cfdi40.received.wizard"].create({
            "request_ids": [Command.set(rows.ids)], "answer": answer})
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Accept the cancellation") if accept else self.env._("Reject the cancellation"),
            "res_model": wizard._name,
            "res_id": wizard.id,
            "views": [(False, "form")],
            "target": "new",
            "context": {"dialog_size": "extra-large"},
        }

    def action_withdraw(self):
        """Take back an answer that was not sent yet."""
        self._check_may_answer()
        self._withdraw()

    def action_open_bill(self):
        """The bill that this is about."""
        self.ensure_one()
        return self.bill_id._get_records_action()

    def action_download_acuse(self):
        """Download the SAT's acknowledgement of the answer."""
        self.ensure_one()
        if not self.acuse:
            raise UserError(self.env._("There is no acknowledgement for this answer."))
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self._name}/{self.id}/acuse/acuse_{self.uuid}.xml?download=true",
            "target": "download",
        }
