"""Stamps are counted where answers are recorded, and none is asked for where there are none left."""
from datetime import timedelta

from odoo import api, fields, models
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from ..cfdi.findings import Finding
from ..pac import registry
from ..pac.codes import SIN_FOLIOS
from .document import STAMPING_WINDOW
from .document_protocol import stamp_instant
from .document_states import UNSENT

#: When an invoice that waits for stamps is looked at again; a new package, or the PAC's word, wakes it sooner.
AGAIN = timedelta(hours=1)
#: The SAT has the request: the PAC did its work.
_ARRIVED = ("requested", "cancelled", "rejected")
#: Our request may have got there. One that waits never left, and what the SAT says then is about another one.
_SENT = ("in_flight", "in_doubt", "requested")


class Document(models.Model):
    _inherit = "l10n_mx_cfdi40.document"

    # -- counting ------------------------------------------------------------------------------------------------------

    def _record_accepted(self, call, answer, timbre):
        # EXTENDS 'l10n_mx_cfdi40': in the same transaction; of the same stamp again nothing is counted
        result = super()._record_accepted(call, answer, timbre)
        self.env["l10n_mx_cfdi40.credit.use"].sudo()._count(
            "stamp", self, self.pac_account_id, stamp_instant(timbre))
        return result

    # -- none left -----------------------------------------------------------------------------------------------------

    @api.model
    def _preview(self, moves, month_confirmed=False):
        # EXTENDS 'l10n_mx_cfdi40'
        previews = super()._preview(moves, month_confirmed)
        for company, group in moves.grouped("company_id").items():
            todo = [previews[move] for move in group if previews[move].comprobante is not None]
            finding = company._l10n_mx_cfdi40_credit_finding() if todo else None
            if finding:
                for preview in todo:
                    preview.findings.append(finding)
        return previews

    def _block(self, errors):
        # EXTENDS 'l10n_mx_cfdi40': what lacks nothing but stamps goes on by itself once there are some
        if {error.code for error in errors} != {SIN_FOLIOS}:
            return super()._block(errors)
        self.sudo().write({
            "retry_at": self._now() + AGAIN,
            "code": SIN_FOLIOS,
            "message": self.move_id._l10n_mx_cfdi40_finding_text(errors[0]),
        })
        return None

    @api.model
    def _cron_queue(self):
        # EXTENDS 'l10n_mx_cfdi40': before anything is locked
        due = self.sudo()._read_group(
            [("state", "in", list(UNSENT)), ("retry_at", "<=", self._now())], ["company_id"])
        for company in {company._l10n_mx_cfdi40_fiscal_root() for [company] in due}:
            try:
                company._l10n_mx_cfdi40_refresh_credits()
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                # Another worker has just asked, or noted what the PAC did: the queue does not wait for that.
                if not self._can_commit():
                    raise
                self.env.cr.rollback()
        return super()._cron_queue()

    def _turn(self, document):
        # EXTENDS 'l10n_mx_cfdi40': those before it in the queue may have taken the last ones
        document.company_id._l10n_mx_cfdi40_refresh_credits()
        return super()._turn(document)

    @api.model
    def _wake_for_credits(self, root):
        """There are stamps again: what waits for them in the queue, and what was refused for lack of them within the
        hours in which it would be stamped as it was, goes on. Does not commit, calls nobody."""
        found = self.sudo().search([
            ("code", "=", SIN_FOLIOS), ("direction", "=", "issued"), ("company_id", "child_of", root.id),
            "|", ("state", "in", list(UNSENT)),
            "&", ("state", "=", "rejected"), ("date", ">", self._now() - STAMPING_WINDOW)])
        found = found.filtered(lambda one: one.company_id._l10n_mx_cfdi40_fiscal_root() == root)
        waiting = found.filtered(lambda one: one.state in UNSENT)
        waiting.write({"retry_at": self._now(), "code": False, "message": False})
        refused = found - waiting
        refused.receipt_ids.filtered("is_open")._enqueue()
        moves = refused.filtered(lambda one: (
            one.kind != "P" and one.move_id.state == "posted" and one.move_id.l10n_mx_cfdi40_document_id == one))
        for (user, confirmed), documents in moves.grouped(lambda one: (one.create_uid, one.month_confirmed)).items():
            documents.with_user(user).sudo()._enqueue(documents.move_id.with_user(user).sudo(), confirmed)
        if waiting or moves:
            self.env.ref("l10n_mx_cfdi40.cron_queue").sudo()._trigger()


class Cancellation(models.Model):
    _inherit = "l10n_mx_cfdi40.cancellation"

    def write(self, vals):
        # EXTENDS 'l10n_mx_cfdi40': counted when it is known that our request arrived, whoever said so
        sent = self.filtered(lambda row: row.state in _SENT) if vals.get("state") in _ARRIVED else self.browse()
        result = super().write(vals)
        for row in sent.filtered("request_xml"):
            row._count_credit()
        return result

    def _count_credit(self):
        provider = registry.PROVIDERS.get(self.pac)
        if provider and provider.charges_cancellation:
            self.env["l10n_mx_cfdi40.credit.use"].sudo()._count(
                "cancel", self.document_id, self._charged_account(), self._now(), cancellation=self)

    def _charged_account(self):
        """The account through which it was sent; empty for the embedded PAC."""
        own = self.document_id.pac_account_id
        if own.provider == self.pac:
            return own
        accounts = self.document_id.company_id._l10n_mx_cfdi40_fiscal_root().with_context(
            active_test=False).l10n_mx_cfdi40_pac_account_ids
        return accounts.filtered(lambda one: one.provider == self.pac and one.environment == self.environment)[:1]


class Receipt(models.Model):
    _inherit = "l10n_mx_cfdi40.receipt"

    def _preview(self, replaces=None):
        # EXTENDS 'l10n_mx_cfdi40'
        preview = super()._preview(replaces)
        finding = preview.comprobante is not None and self.company_id[:1]._l10n_mx_cfdi40_credit_finding()
        if finding:
            preview.findings.append(finding)
        return preview

    def _issue(self, replaces=None):
        # EXTENDS 'l10n_mx_cfdi40': before anything is locked
        self.company_id[:1]._l10n_mx_cfdi40_refresh_credits(self._is_seen)
        return super()._issue(replaces)

    def _finding_action(self, finding):
        # EXTENDS 'l10n_mx_cfdi40'
        if finding.code == SIN_FOLIOS:
            return self.company_id[:1]._l10n_mx_cfdi40_credit_action()
        return super()._finding_action(finding)


class ResCompany(models.Model):
    _inherit = "res.company"

    l10n_mx_cfdi40_has_pac = fields.Boolean(
        "Has an account at a PAC", compute="_compute_l10n_mx_cfdi40_has_pac", store=True,
        help="Known without a further query wherever the company is read: without any there are no stamps to count.")

    @api.depends("l10n_mx_cfdi40_pac_account_ids.active")
    def _compute_l10n_mx_cfdi40_has_pac(self):
        for company in self:
            company.l10n_mx_cfdi40_has_pac = bool(company.sudo().l10n_mx_cfdi40_pac_account_ids.filtered("active"))

    def _l10n_mx_cfdi40_credit_finding(self):
        """The finding that stops stamping when no account has stamps left, or None. Asks nobody."""
        if not self._l10n_mx_cfdi40_fiscal_root().l10n_mx_cfdi40_has_pac:
            return None
        accounts = self._l10n_mx_cfdi40_usable_accounts()
        if not accounts or not all(account._lacks_credits() for account in accounts):
            return None
        return Finding(SIN_FOLIOS, "Comprobante", "error", {
            "empresa": accounts[0].company_id.name, "pac": accounts[0].display_name})

    def _l10n_mx_cfdi40_refresh_credits(self, is_seen=None):
        """Ask the PACs how many stamps are left, where our packages say that there are none. Commits if it asked.

        :param is_seen: function that says whether other connections see what is to be stamped; if not, nobody is asked,
            because the transaction is somebody else's
        """
        accounts = self._l10n_mx_cfdi40_usable_accounts().filtered(lambda account: account._is_to_be_asked())
        if accounts and (is_seen is None or is_seen()):
            accounts._refresh_credits()

    def _l10n_mx_cfdi40_credit_action(self):
        """Window with the accounts and their stamps, where packages are bought and activated."""
        return self.env["ir.actions.act_window"]._for_xml_id("l10n_mx_cfdi40.action_credit_account")
