"""What was consumed: one row for each stamp, and for each cancellation where the PAC charges it.

The row is inserted in the transaction that records the PAC's answer, so it is there exactly when the stamp is: no
crash lies between both, and a UNIQUE index makes a second one impossible. It names no package then: who records an
answer must never wait for another worker, let alone fail, because both take from the same package. The settlement
assigns packages afterwards, one worker for an account at a time; until then a row counts as pending, and the balance
knows of it at once.
"""
from odoo import api, fields, models
from odoo.tools import SQL

from .credit_package import COUNTED
from .document import KINDS

OPERATIONS = [("stamp", "Stamp"), ("cancel", "Cancellation")]
#: Rows that are settled in one transaction.
AT_ONCE = 5_000


class CreditUse(models.Model):
    _name = "l10n_mx_cfdi40.credit.use"
    _description = "Consumption of stamps"
    _order = "at desc, id desc"
    _rec_name = "document_id"

    operation = fields.Selection(OPERATIONS, required=True, readonly=True)
    at = fields.Datetime("When", required=True, readonly=True, index=True)
    document_id = fields.Many2one(
        "l10n_mx_cfdi40.document", "CFDI", required=True, readonly=True, ondelete="restrict", index=True)
    cancellation_id = fields.Many2one(
        "l10n_mx_cfdi40.cancellation", readonly=True, ondelete="restrict", index="btree_not_null")
    account_id = fields.Many2one(
        "l10n_mx_cfdi40.pac.account", "PAC account", readonly=True, ondelete="restrict", index="btree_not_null",
        help="Empty: the embedded PAC.")
    package_id = fields.Many2one(
        "l10n_mx_cfdi40.credit.package", readonly=True, ondelete="restrict", index="btree_not_null",
        help="Empty: none was in force when it was made, or it is not settled yet.")
    settled = fields.Boolean(readonly=True, help="It was looked for a package.")
    environment = fields.Selection([("test", "Test"), ("production", "Production")], readonly=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="restrict", index=True)
    journal_id = fields.Many2one("account.journal", readonly=True, ondelete="set null")
    user_id = fields.Many2one("res.users", "Stamped by", readonly=True, ondelete="set null")
    kind = fields.Selection(KINDS, "Type", readonly=True)

    _one_stamp = models.UniqueIndex(
        "(document_id) WHERE operation = 'stamp'", "The stamp of this CFDI is counted already.")
    _one_cancel = models.UniqueIndex(
        "(cancellation_id) WHERE operation = 'cancel'", "This cancellation is counted already.")
    _pending = models.Index("(account_id, at) WHERE settled IS NOT TRUE")

    @api.model
    def _count(self, operation, document, account, at, cancellation=None):
        """Count a stamp or a cancellation; the second time nothing happens. Takes no lock that anybody waits for.

        :param account: the PAC account that was charged; empty for the embedded PAC
        :param at: naive UTC
        """
        journal = document.move_id.journal_id or document.receipt_ids[:1].money_move_id.journal_id
        row = {
            "operation": operation, "at": at, "document_id": document.id,
            "cancellation_id": cancellation.id if cancellation else None, "account_id": account.id or None,
            "settled": not account, "environment": document.environment or None, "company_id": document.company_id.id,
            "journal_id": journal.id or None, "user_id": (cancellation or document).create_uid.id or None,
            "kind": document.kind or None, "create_uid": self.env.uid, "write_uid": self.env.uid,
        }
        # Rows that it refers to may be new in this transaction.
        self.env.flush_all()
        names = SQL(", ").join(SQL.identifier(name) for name in row)
        values = SQL(", ").join(SQL("%s", value) for value in row.values())
        self.env.cr.execute(SQL(
            "INSERT INTO l10n_mx_cfdi40_credit_use (%s, create_date, write_date)"
            " VALUES (%s, now() at time zone 'UTC', now() at time zone 'UTC') ON CONFLICT DO NOTHING", names, values))
        self.invalidate_model()

    @api.model
    def _settle(self, account):
        """Assign packages to what was consumed of this account: of those in force at that moment the one that expires
        first. Does not commit.

        The packages' rows are locked, and their counters written, so two settlements never take the same stamp; whoever
        comes while another one is at it goes away.

        :return: whether there is more to settle
        """
        packages = self._lock_packages(account)
        if packages is None:
            return False
        # In the order in which they were made, so that the outcome does not depend on when they are settled.
        uses = self.search([("account_id", "=", account.id), ("settled", "=", False)], order="at, id", limit=AT_ONCE)
        free = {package: package.left for package in packages}
        taken = {}
        for use in uses:
            package = next((one for one in packages if free[one] > 0 and one._covers(use.at)), packages.browse())
            if use.environment != account.environment:
                package = packages.browse()
            if package:
                free[package] -= 1
            taken.setdefault(package, []).append(use.id)
        for package, ids in taken.items():
            self.browse(ids).write({"package_id": package.id, "settled": True})
            if package:
                package.write({"used": package.used + len(ids)})
        packages._follow()
        return len(uses) == AT_ONCE

    def _lock_packages(self, account):
        """The packages of an account in the order in which they are consumed; None when another worker is at them."""
        Package = self.env["l10n_mx_cfdi40.credit.package"].sudo()
        packages = Package.search([("account_id", "=", account.id), ("state", "in", COUNTED)])
        if packages:
            self.env.cr.execute(
                "SELECT id FROM l10n_mx_cfdi40_credit_package WHERE id IN %s FOR NO KEY UPDATE SKIP LOCKED",
                [tuple(packages.ids)])
            if len(self.env.cr.fetchall()) < len(packages):
                return None
            packages.invalidate_recordset()
        return packages

    def action_open_document(self):
        """The CFDI that was stamped or cancelled."""
        return self.document_id._get_records_action()
