"""Complements that make themselves: what is due is issued by the queue, what is missing is said, deadlines warn."""
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import format_date, format_datetime

from .queue import LATER

#: When a payment that lacked something is looked at again by itself.
AGAIN = timedelta(hours=1)
WEEKLY = "l10n_mx_cfdi40.mail_activity_weekly"


class Receipt(models.Model):
    _name = "l10n_mx_cfdi40.receipt"
    _inherit = ["l10n_mx_cfdi40.receipt", "l10n_mx_cfdi40.queue"]

    def _issue(self, replaces=None):
        """Issue one complement for these payments, of one company and receptor. Commits; safe to call again.

        Only from a place that owns its transaction: a button, a cron.

        :param replaces: the complement that this one replaces
        :return: `ComplementPreview`; with errors among its findings nothing was sent, and the payments say why
        :raises UserError, CfdiError: something of ours is missing (certificate, PAC), or an amount cannot be said
        :raises LockError: another transaction is at one of these payments
        """
        preview = self._prepare(replaces)
        if preview.errors:
            if preview.document:
                preview.document._drop()
            self.sudo()._keep_back(preview.errors)
            return preview
        if self._is_seen():
            preview.document._run()
        else:
            self.env.ref("l10n_mx_cfdi40.cron_queue")._trigger()
        return preview

    def _is_seen(self):
        """Whether another connection sees these rows: committing then gives away nobody's half-done work. If not, the
        queue sends what is sealed."""
        if not self._can_commit():
            return True
        with self.env.registry.cursor(readonly=True) as cr:
            cr.execute("SELECT count(*) FROM l10n_mx_cfdi40_receipt WHERE id IN %s", [tuple(self.ids)])
            return cr.fetchone()[0] == len(self)

    def _keep_back(self, errors):
        """Say what is missing; it is looked at again by itself, unless complements are issued by hand."""
        again = fields.Datetime.now() + AGAIN
        for receipt in self.filtered("is_open"):
            manual = receipt.company_id._l10n_mx_cfdi40_fiscal_root().l10n_mx_cfdi40_rep_mode == "manual"
            receipt.write({
                "reason": "\n".join(dict.fromkeys(self._finding_text(error) for error in errors)),
                "issue_at": False if manual else again,
            })

    def _note_failure(self, error):
        # EXTENDS 'l10n_mx_cfdi40.queue'
        self.exists().filtered("is_open").write({"reason": str(error), "issue_at": fields.Datetime.now() + AGAIN})

    # -- crons ---------------------------------------------------------------------------------------------------------

    @api.model
    def _cron_issue(self):
        """Issue the complements whose time has come."""
        due = self.sudo().search([("is_open", "=", True), ("issue_at", "<=", fields.Datetime.now())], order="date, id")
        self._work_through(due._batches(), self._turn)

    def _batches(self):
        """Payments that go into one complement: each on its own, or by customer and month if the company says so."""
        batches = {}
        for receipt in self:
            root = receipt.company_id._l10n_mx_cfdi40_fiscal_root()
            together = root.l10n_mx_cfdi40_rep_mode == "monthly"
            key = (
                (receipt.company_id, receipt.receiver_key, receipt.date.year, receipt.date.month) if together
                else receipt)
            batches[key] = batches.get(key, self.browse()) | receipt
        return list(batches.values())

    def _turn(self, batch):
        """One complement's turn in the queue."""
        # Re-reads: since the search another worker may have done it, or somebody undone the reconciliation.
        now = fields.Datetime.now()
        batch = batch.exists()._in_its_language().filtered(
            lambda one: one.is_open and one.issue_at and one.issue_at <= now)
        if not batch:
            return
        batch.write({"issue_at": now + LATER})
        self._commit()
        batch._issue()

    def _in_its_language(self):
        reader = self.create_uid[:1] if self.create_uid[:1].active else self.env.user
        return self.with_context(lang=reader.lang or self.company_id[:1].partner_id.lang or self.env.lang)

    @api.model
    def _cron_remind(self):
        """Once a week: an activity for the accountant in charge of each company with complements to issue."""
        waiting = self.sudo().search([("is_open", "=", True)], order="deadline, id")
        self.env["mail.activity"].sudo().search([("activity_type_id", "=", self.env.ref(WEEKLY).id)]).unlink()
        today = fields.Date.context_today(self)
        for company, receipts in waiting.grouped("company_id").items():
            first = receipts[:1]
            late = len(receipts.filtered(lambda one: one.deadline < today))
            root = company._l10n_mx_cfdi40_fiscal_root()
            user = root.l10n_mx_cfdi40_rep_user_id or first._accountant()
            if user:
                first.activity_schedule(
                    WEEKLY, date_deadline=max(first.deadline, today), user_id=user.id,
                    summary=self.env._("Complements to issue: %s", len(receipts)),
                    note=self.env._(
                        "Payments of %(company)s without their complement: %(count)s; late: %(late)s. The first one is"
                        " due on %(date)s. See Customers > CFDI > Complements to issue.",
                        count=len(receipts), company=company.name, late=late,
                        date=format_date(self.env, first.deadline)))

    def _accountant(self):
        """Somebody who answers for the company's accounts, when nobody was named."""
        group = self.env.ref("account.group_account_manager")
        return group.all_user_ids.filtered(
            lambda user: self.company_id in user.company_ids and not user.share)[:1]

    # -- words ---------------------------------------------------------------------------------------------------------

    def _waits_for(self):
        """Why there is no complement in force and in order, in words."""
        self.ensure_one()
        if self.reason:
            return self.reason
        if self.state == "unbacked":
            return self.env._("The complement is at the SAT, and its payment does not cover all that it says.")
        if self.state == "sending":
            return self.document_id._reason() or self.env._("It is being stamped.")
        if not self.forma_pago_id:
            return self.env._("The payment form is missing.")
        if not self.issue_at:
            return self.env._("It is issued only by hand.")
        return self.env._("It issues itself: %s", format_datetime(self.env, self.issue_at, dt_format="short"))

    def _alert(self):
        """The banner on the invoice, the payment and the bank line."""
        level = {"waiting": "info", "sending": "info", "unbacked": "danger"}.get(self.state, "warning")
        if self.is_open and not self.forma_pago_id:
            level = "warning"
        alert = {"level": level, "message": self._alert_text()}
        if self.is_open and self.env.user.has_group("account.group_account_invoice"):
            alert["action_text"] = self.env._("Generate complement")
            alert["action"] = {
                **self.env["ir.actions.actions"]._for_xml_id("l10n_mx_cfdi40.action_receipt_complement"),
                # Nobody tells the form behind a window that was opened from a banner to load anew.
                "context": {
                    "active_model": self._name, "active_ids": self.ids, "active_id": self.id,
                    "l10n_mx_cfdi40_reload": True},
            }
        else:
            alert["action_text"] = self.env._("See the payment") if self.is_open else self.env._("See the complement")
            alert["action"] = (self if self.is_open else self.document_id).sudo(False)._get_records_action()
        return alert

    def _alert_text(self):
        payment = self.money_name or self.env._("a payment that is gone")
        if self.state == "unbacked":
            return self.env._(
                "The complement %(complement)s is at the SAT, but its payment %(payment)s does not cover all that it"
                " says any more.", complement=self.document_id.display_name, payment=payment)
        return self.env._(
            "The payment complement of %(payment)s is due on %(date)s. %(reason)s",
            payment=payment, date=format_date(self.env, self.deadline), reason=self._waits_for())

    # -- buttons -------------------------------------------------------------------------------------------------------

    def _check_billing(self):
        """
        :raises AccessError: the user does not issue documents, or may not see these payments
        """
        if not (self.env.su or self.env.user.has_group("account.group_account_invoice")):
            raise AccessError(self.env._("Only billing users may issue complements."))
        self.check_access("read")

    def action_issue(self):
        """Issue these complements as soon as the queue gets to them; a single one opens its window first."""
        self._check_billing()
        if len(self) == 1:
            return self.action_open_wizard()
        self.sudo()._enqueue()
        return {"type": "ir.actions.client", "tag": "display_notification", "params": {
            "type": "success", "message": self.env._("%s payments are in the queue.", len(self)),
            "next": {"type": "ir.actions.client", "tag": "soft_reload"}}}

    def _enqueue(self):
        """Put open rows at the head of the queue, whatever the grace. Does not commit, calls nobody."""
        self.filtered("is_open").write({"issue_at": fields.Datetime.now(), "reason": False})
        self._trigger()

    def action_open_wizard(self):
        """Show what the complement will say, before it is issued."""
        self._check_billing()
        return self.env["l10n_mx_cfdi40.complement.wizard"]._open(self)

    def action_open_document(self):
        """The complement of this payment."""
        return self.document_id._get_records_action()

    def action_open_money(self):
        """The payment, bank line or entry that brought the money."""
        money = self.payment_id or self.statement_line_id.move_id or self.money_move_id
        return money._get_records_action()
