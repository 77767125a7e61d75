"""A selection of invoices that was stamped together: how far it is, how fast it goes, and what went wrong with each.

Nothing is counted while stamping: how things stand is read from the ledger, in one query for any number of invoices,
so a batch can neither be wrong nor stand in anybody's way.
"""
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .document_prepare import OTHER_MONTH
from .document_states import UNSENT

#: Days for which batches are kept. The CFDI and their history stay.
KEPT_DAYS = 180
_PRUNED_AT_ONCE = 1000

OUTCOMES = [
    ("stamped", "Stamped"),
    ("waiting", "Waiting"),
    ("failed", "Failed"),
    ("doubt", "In doubt"),
    ("stopped", "Taken out"),
]
# What became of each invoice. One that waits for a person has no next attempt; one without a live CFDI was taken out of
# the queue, here or by resetting it to draft.
_STANDING = SQL("""
    SELECT l.id, l.batch_id, d.id AS document_id, d.code, d.message,
           CASE WHEN d.state IS NULL OR d.state = 'discarded' THEN 'stopped'
                WHEN d.state = 'rejected' THEN 'failed'
                WHEN d.state = 'in_doubt' THEN 'doubt'
                WHEN d.state IN ('draft', 'sealed') AND d.retry_at IS NULL THEN 'failed'
                WHEN d.state IN ('draft', 'sealed', 'in_flight') THEN 'waiting'
                ELSE 'stamped' END AS outcome
      FROM l10n_mx_cfdi40_batch_line l
      JOIN account_move m ON m.id = l.move_id
      LEFT JOIN l10n_mx_cfdi40_document d ON d.id = m.l10n_mx_cfdi40_document_id
""")
_NEEDED = {
    "l10n_mx_cfdi40.batch.line": ["batch_id", "move_id"],
    "l10n_mx_cfdi40.document": ["state", "retry_at", "code", "message"],
    "account.move": ["l10n_mx_cfdi40_document_id"],
}


class Batch(models.Model):
    _name = "l10n_mx_cfdi40.batch"
    _description = "Invoices stamped together"
    _order = "id desc"

    company_id = fields.Many2one("res.company", required=True, ondelete="cascade", index=True, readonly=True)
    create_uid = fields.Many2one("res.users", "Started by", readonly=True)
    create_date = fields.Datetime("Started", readonly=True)
    line_ids = fields.One2many("l10n_mx_cfdi40.batch.line", "batch_id", "Invoices", readonly=True)
    problem_ids = fields.Many2many(
        "l10n_mx_cfdi40.batch.line", compute="_compute_standing", string="What is wrong",
        help="Invoices that were not stamped, that wait because of a failure, or whose answer is not known yet.")
    state = fields.Selection(
        [("running", "Running"), ("stopped", "Stopped"), ("done", "Done")], compute="_compute_standing")
    total = fields.Integer("Number of invoices", compute="_compute_standing")
    stamped = fields.Integer(compute="_compute_standing")
    failed = fields.Integer(compute="_compute_standing")
    waiting = fields.Integer(compute="_compute_standing")
    doubt = fields.Integer("In doubt", compute="_compute_standing")
    stopped = fields.Integer("Taken out", compute="_compute_standing")
    unconfirmed = fields.Integer(
        compute="_compute_standing", help="Invoices whose Fecha would be in another month, which nobody confirmed.")
    progress = fields.Integer(
        "Progress (%)", compute="_compute_standing", help="Share of the invoices for which nothing is left to be done.")
    ended_at = fields.Datetime("Ended", compute="_compute_speed")
    speed = fields.Float("Stamped per minute", digits=(16, 1), compute="_compute_speed")

    @api.depends("create_date")
    def _compute_display_name(self):
        for batch in self:
            moment = fields.Datetime.context_timestamp(batch, batch.create_date) if batch.create_date else None
            batch.display_name = self.env._("Batch of %s", moment.strftime("%d/%m/%Y %H:%M")) if moment else ""

    # -- how it stands -------------------------------------------------------------------------------------------------

    def _standing(self):
        """Rows (batch id, line id, outcome, code, whether a failure is told) of the lines of these batches."""
        for model, names in _NEEDED.items():
            self.env[model].flush_model(names)
        return self.env.execute_query(SQL(
            "SELECT batch_id, id, outcome, code, message IS NOT NULL FROM (%s) s WHERE batch_id IN %s ORDER BY id",
            _STANDING, tuple(self.ids) or (0,)))

    @api.depends("line_ids.move_id.l10n_mx_cfdi40_state")
    def _compute_standing(self):
        counts = {batch_id: dict.fromkeys(dict(OUTCOMES), 0) for batch_id in self.ids}
        problems = {batch_id: [] for batch_id in self.ids}
        unconfirmed = dict.fromkeys(self.ids, 0)
        for batch_id, line_id, outcome, code, told in self._standing():
            counts[batch_id][outcome] += 1
            unconfirmed[batch_id] += outcome == "failed" and code == OTHER_MONTH
            if outcome in ("failed", "doubt") or (outcome == "waiting" and told):
                problems[batch_id].append(line_id)
        for batch in self:
            count = counts.get(batch.id) or dict.fromkeys(dict(OUTCOMES), 0)
            batch.total = sum(count.values())
            for outcome, number in count.items():
                batch[outcome] = number
            batch.unconfirmed = unconfirmed.get(batch.id, 0)
            batch.progress = 100 * (batch.total - batch.waiting - batch.stopped) // (batch.total or 1)
            batch.state = "running" if batch.waiting else "stopped" if batch.stopped else "done"
            # A batch may hold invoices of companies that not everybody sees.
            batch.problem_ids = self.env["l10n_mx_cfdi40.batch.line"].browse(
                problems.get(batch.id, []))._filtered_access("read")

    @api.depends("line_ids.move_id.l10n_mx_cfdi40_state", "create_date")
    def _compute_speed(self):
        self.env["l10n_mx_cfdi40.document.event"].flush_model()
        last = dict(self.env.execute_query(SQL("""
            SELECT l.batch_id, max(e.create_date)
              FROM l10n_mx_cfdi40_batch_line l
              JOIN l10n_mx_cfdi40_batch b ON b.id = l.batch_id
              JOIN account_move m ON m.id = l.move_id
              JOIN l10n_mx_cfdi40_document_event e ON e.document_id = m.l10n_mx_cfdi40_document_id
             WHERE l.batch_id IN %s AND e.create_date >= b.create_date
               AND e.action IN ('accept', 'refuse', 'doubt', 'unsend', 'late', 'discard')
             GROUP BY l.batch_id""", tuple(self.ids) or (0,))))
        for batch in self:
            ended = last.get(batch.id) or batch.create_date
            batch.ended_at = False if batch.waiting else ended
            until = batch.ended_at or fields.Datetime.now()
            seconds = (until - batch.create_date).total_seconds() if batch.create_date else 0
            batch.speed = 60 * batch.stamped / seconds if seconds > 0 else 0

    # -- start, stop, resume -------------------------------------------------------------------------------------------

    @api.model
    def _start(self, moves, confirmed=None):
        """Queue these invoices and keep them together. Does not commit.

        :param confirmed: those of them of which a person agreed that Fecha may fall in another month
        :return: the batch
        """
        moves._l10n_mx_cfdi40_check_user()
        confirmed = moves.browse() if confirmed is None else confirmed
        batch = self.sudo().create({
            "company_id": moves.company_id.id if len(moves.company_id) == 1 else self.env.company.id,
            "line_ids": [(0, 0, {"move_id": move.id, "month_confirmed": move in confirmed}) for move in moves],
        }).sudo(self.env.su)
        batch._enqueue_lines(batch.sudo().line_ids)
        return batch

    def _enqueue_lines(self, lines):
        for confirmed, group in lines.grouped("month_confirmed").items():
            group.move_id.sudo(self.env.su)._l10n_mx_cfdi40_enqueue(month_confirmed=confirmed)
        self.invalidate_recordset()

    def _lines_that(self, *outcomes, code=None):
        """Lines with one of these outcomes, with sudo, once the user was found to be one who may stamp them."""
        self.ensure_one()
        self.check_access("read")
        found = self.env["l10n_mx_cfdi40.batch.line"].sudo().browse([
            line_id for _batch, line_id, outcome, its_code, _told in self._standing()
            if outcome in outcomes and code in (None, its_code)])
        found.move_id.sudo(self.env.su)._l10n_mx_cfdi40_check_user()
        return found

    def action_stop(self):
        """Take out of the queue what was not sent yet. What is being stamped just now is finished."""
        documents = self._lines_that("waiting").move_id.l10n_mx_cfdi40_document_id
        # What another transaction holds is being claimed: it is too late for that one.
        free = documents.try_lock_for_update(allow_referencing=True)
        free.invalidate_recordset(["state"])
        free.filtered(lambda document: document.state in UNSENT)._drop()
        self.invalidate_recordset()

    def action_resume(self):
        """Queue again what was taken out."""
        self._enqueue_lines(self._lines_that("stopped"))

    def action_retry(self):
        """Queue again what failed, once it is mended."""
        self._enqueue_lines(self._lines_that("failed"))

    def action_confirm_month(self):
        """Agree that the invoices that wait for it are dated in another month, and queue them."""
        lines = self._lines_that("failed", code=OTHER_MONTH)
        if not lines:
            raise UserError(self.env._("None of these invoices waits for its date to be confirmed any more."))
        lines.month_confirmed = True
        self._enqueue_lines(lines)

    def action_moves(self):
        """The invoices of this batch."""
        self.ensure_one()
        return self.line_ids.move_id._get_records_action(name=self.display_name, context={"create": False})

    def _action(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Stamping"),
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
            "target": "current",
        }

    @api.autovacuum
    def _gc_old(self):
        limit = fields.Datetime.now() - timedelta(days=KEPT_DAYS)
        old = self.sudo().search([("create_date", "<", limit)], limit=_PRUNED_AT_ONCE)
        found = len(old)
        old.unlink()
        return found, found == _PRUNED_AT_ONCE


class BatchLine(models.Model):
    _name = "l10n_mx_cfdi40.batch.line"
    _description = "Invoice of a batch"
    _order = "id"

    batch_id = fields.Many2one("l10n_mx_cfdi40.batch", required=True, ondelete="cascade", index=True, readonly=True)
    move_id = fields.Many2one(
        "account.move", "Invoice", required=True, ondelete="cascade", index=True, readonly=True)
    month_confirmed = fields.Boolean("Stamp in another month", readonly=True)
    company_id = fields.Many2one(related="move_id.company_id")
    partner_id = fields.Many2one(related="move_id.commercial_partner_id", string="Customer")
    currency_id = fields.Many2one(related="move_id.currency_id")
    amount_total = fields.Monetary(related="move_id.amount_total", string="Total")
    outcome = fields.Selection(OUTCOMES, compute="_compute_outcome")
    explanation = fields.Text(compute="_compute_outcome", help="What happened, and what to do about it.")

    @api.depends("move_id.l10n_mx_cfdi40_state", "move_id.l10n_mx_cfdi40_document_id.message")
    def _compute_outcome(self):
        outcomes = {line_id: outcome for _batch, line_id, outcome, _code, _told in self.batch_id._standing()}
        for line in self:
            line.outcome = outcomes.get(line.id)
            alert = line.move_id._l10n_mx_cfdi40_alert() if line.outcome != "stamped" else None
            line.explanation = alert["message"] if alert else False

    @api.depends("move_id.name")
    def _compute_display_name(self):
        for line in self:
            line.display_name = line.move_id.display_name

    def action_mend(self):
        """Open the record in which this is mended, or else the invoice."""
        self.ensure_one()
        return self.move_id._l10n_mx_cfdi40_mend_action() or self.move_id._get_records_action()
