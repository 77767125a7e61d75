"""What was exchanged with each PAC: when, what for, with what outcome and in how many milliseconds. Without secrets:
the client masks them before anybody sees a word. For the administrator, and pruned by age."""
from datetime import timedelta

from odoo import api, fields, models

from ..pac import registry

#: Characters kept of a request or an answer: the documents themselves are in the ledger.
LONGEST = 20_000
#: Days for which exchanges are kept; a setting of the company.
KEPT_DAYS = 90
_PRUNED_AT_ONCE = 10_000

#: What a client was asked for (see pac.transport), and the SAT's own service of states.
OPERATIONS = [
    ("stamp", "Stamp"),
    ("recover", "Recover a stamp"),
    ("cancel", "Cancel"),
    ("receipt", "Receipt of a cancellation"),
    ("estado", "State at the SAT"),
    ("related", "Related CFDI"),
    ("pending", "Cancellations to accept"),
    ("answer", "Accept or reject"),
    ("credits", "Balance of stamps"),
    ("check", "Test of the credentials"),
    ("authenticate", "Log in"),
    ("other", "Other"),
]
#: Classes of pac.base, and those of pac.transport.
OUTCOMES = [
    ("Accepted", "Accepted"),
    ("Received", "Received"),
    ("Refused", "Refused"),
    ("NotFound", "Not found"),
    ("Unknown", "Not answered"),
    ("CredentialsOk", "Known"),
    ("Step", "Step"),
    ("Done", "Answered"),
]
_KNOWN_OPERATIONS, _KNOWN_OUTCOMES = dict(OPERATIONS), dict(OUTCOMES)


class PacExchange(models.Model):
    _name = "l10n_mx_cfdi40.pac.exchange"
    _description = "Exchange with a PAC"
    _order = "id desc"

    at = fields.Datetime("When", required=True, index=True, readonly=True)
    company_id = fields.Many2one("res.company", required=True, ondelete="cascade", index=True, readonly=True)
    account_id = fields.Many2one(
        "l10n_mx_cfdi40.pac.account", ondelete="set null", index="btree_not_null", readonly=True)
    pac = fields.Char("Code of the PAC", readonly=True)
    pac_label = fields.Char("PAC", compute="_compute_pac_label")
    operation = fields.Selection(OPERATIONS, readonly=True)
    document_id = fields.Many2one(
        "l10n_mx_cfdi40.document", "CFDI", ondelete="set null", index="btree_not_null", readonly=True)
    outcome = fields.Selection(OUTCOMES, readonly=True)
    code = fields.Char("Answer", readonly=True)
    milliseconds = fields.Integer(readonly=True, aggregator="avg")
    request = fields.Text(readonly=True)
    response = fields.Text(readonly=True)

    @api.depends("pac")
    def _compute_pac_label(self):
        for exchange in self:
            provider = registry.PROVIDERS.get(exchange.pac)
            exchange.pac_label = provider.label if provider else exchange.pac

    @api.depends("operation", "document_id")
    @api.depends_context("lang")
    def _compute_display_name(self):
        operations = dict(self._fields["operation"]._description_selection(self.env))
        for exchange in self:
            names = operations.get(exchange.operation), exchange.document_id.display_name
            exchange.display_name = " ".join(filter(None, names))

    @api.model
    def _write_down(self, exchanges, company, account=None, document=None):
        """Keep what a client told of its exchanges. Does not commit.

        :param exchanges: of `pac.transport.Exchange`
        """
        root = company._l10n_mx_cfdi40_fiscal_root()
        self.sudo().create([self._vals_of(one, root, account, document) for one in exchanges])

    @api.model
    def _write_down_calls(self, calls, account):
        """The same for calls about documents of one RFC."""
        if any(call.exchanges for call in calls):
            root = calls[0].document.company_id._l10n_mx_cfdi40_fiscal_root()
            self.sudo().create([
                self._vals_of(one, root, account, call.document) for call in calls for one in call.exchanges])

    @api.model
    def _vals_of(self, one, root, account, document):
        return {
            "at": one.when.replace(tzinfo=None),
            "company_id": root.id,
            "account_id": account.id if account else False,
            "pac": one.pac,
            "operation": one.operation if one.operation in _KNOWN_OPERATIONS else "other",
            "document_id": document.id if document else False,
            "outcome": one.outcome if one.outcome in _KNOWN_OUTCOMES else "Done",
            "code": one.code or False,
            "milliseconds": one.milliseconds,
            "request": (one.request or "")[:LONGEST] or False,
            "response": (one.response or "")[:LONGEST] or False,
        }

    @api.autovacuum
    def _gc_old(self):
        done, remaining = 0, False
        for company, in self.sudo()._read_group([], ["company_id"]):
            limit = fields.Datetime.now() - timedelta(days=company.l10n_mx_cfdi40_log_days or KEPT_DAYS)
            old = self.sudo().search([("company_id", "=", company.id), ("at", "<", limit)], limit=_PRUNED_AT_ONCE)
            done, remaining = done + len(old), remaining or len(old) == _PRUNED_AT_ONCE
            old.unlink()
        # Whoever cleans comes again for the rest.
        return done, remaining
