"""The board “Complements to issue”: all money received that is not over, each with its clock.

Payments that wait for their complement, complements whose payment was taken off, bank deposits that nobody identified,
and customers' payments that no invoice has taken yet (an advance to be invoiced).
"""
from odoo import api, fields, models

KINDS = [
    ("complement", "Complement to issue"),
    ("unbacked", "Complement without payment"),
    ("deposit", "Deposit not identified"),
    ("advance", "Advance to be invoiced"),
]


class ComplementBoard(models.Model):
    _name = "l10n_mx_cfdi40.complement.board"
    _description = "Complements to issue"
    _auto = False
    _order = "deadline, date, id"
    _depends = {
        "l10n_mx_cfdi40.receipt": [
            "money_move_id", "company_id", "partner_id", "date", "deadline", "amount", "currency_id", "state"],
        "account.bank.statement.line": ["move_id", "amount", "amount_residual", "is_reconciled", "partner_id"],
        "account.payment": ["move_id", "payment_type", "partner_type", "date"],
        "account.move.line": ["move_id", "account_id", "amount_residual_currency", "currency_id", "reconciled"],
    }

    kind = fields.Selection(KINDS, readonly=True)
    receipt_id = fields.Many2one("l10n_mx_cfdi40.receipt", readonly=True)
    money_move_id = fields.Many2one("account.move", "Money", readonly=True)
    money_name = fields.Char("Payment or deposit", compute="_compute_money_name")
    reference = fields.Char(compute="_compute_money_name", help="What the bank or the payment says of the money.")
    company_id = fields.Many2one("res.company", readonly=True)
    partner_id = fields.Many2one("res.partner", "Customer", readonly=True)
    date = fields.Date("Payment date", readonly=True)
    deadline = fields.Date(readonly=True, help="The 5th of the month after the payment.")
    days_left = fields.Integer(compute="_compute_days_left")
    amount = fields.Monetary(readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    state = fields.Selection(related="receipt_id.state")
    issue_at = fields.Datetime(related="receipt_id.issue_at")
    reason = fields.Text("Why it waits", compute="_compute_reason")

    @property
    def _table_query(self):
        # Identifiers of three tables in one column: each takes every third number.
        return """
            SELECT r.id * 3 AS id, CASE r.state WHEN 'unbacked' THEN 'unbacked' ELSE 'complement' END AS kind,
                   r.id AS receipt_id, r.money_move_id, r.company_id, r.partner_id, r.date, r.deadline,
                   r.amount, r.currency_id
              FROM l10n_mx_cfdi40_receipt r
             WHERE r.state <> 'issued'
             UNION ALL
            SELECT l.id * 3 + 1, 'deposit', NULL, l.move_id, m.company_id,
                   l.partner_id, m.date, (date_trunc('month', m.date) + interval '1 month 4 days')::date,
                   ABS(l.amount_residual), COALESCE(l.foreign_currency_id, l.currency_id)
              FROM account_bank_statement_line l
              JOIN account_move m ON m.id = l.move_id
              JOIN res_company c ON c.id = m.company_id
              JOIN res_country k ON k.id = c.account_fiscal_country_id
             WHERE NOT l.is_reconciled AND l.amount > 0 AND m.state = 'posted' AND k.code = 'MX'
             UNION ALL
            SELECT p.id * 3 + 2, 'advance', NULL, p.move_id, m.company_id,
                   p.partner_id, p.date, (date_trunc('month', p.date) + interval '1 month 4 days')::date,
                   SUM(-a.amount_residual_currency), a.currency_id
              FROM account_payment p
              JOIN account_move m ON m.id = p.move_id
              JOIN account_move_line a ON a.move_id = m.id AND NOT a.reconciled AND a.amount_residual_currency < 0
              JOIN account_account t ON t.id = a.account_id AND t.account_type = 'asset_receivable'
              JOIN res_company c ON c.id = m.company_id
              JOIN res_country k ON k.id = c.account_fiscal_country_id
             WHERE p.payment_type = 'inbound' AND p.partner_type = 'customer' AND m.state = 'posted' AND k.code = 'MX'
             GROUP BY p.id, m.id, a.currency_id
        """

    @api.depends("deadline")
    def _compute_days_left(self):
        today = fields.Date.context_today(self)
        for row in self:
            row.days_left = (row.deadline - today).days

    @api.depends("receipt_id.reason", "receipt_id.state")
    def _compute_reason(self):
        for row in self:
            if row.receipt_id:
                row.reason = row.receipt_id._waits_for()
            elif row.kind == "deposit":
                row.reason = self.env._("Nobody has said yet what it pays: apply a remittance.")
            else:
                row.reason = self.env._("No invoice has taken it: apply it to one, or invoice the advance.")

    @api.depends("money_move_id.name", "money_move_id.ref", "money_move_id.statement_line_id.payment_ref")
    def _compute_money_name(self):
        for row in self:
            row.money_name = row.money_move_id.name
            row.reference = row.money_move_id._l10n_mx_cfdi40_money_reference()

    @api.depends("money_move_id.name", "receipt_id")
    def _compute_display_name(self):
        for row in self:
            row.display_name = row.receipt_id.display_name or row.money_move_id.display_name

    def action_issue(self):
        """Issue the complements among these rows; of a single one its window opens first."""
        return self.receipt_id.action_issue() if self.receipt_id else self._nothing()

    def action_issue_all(self):
        """Put every complement that may be issued in the queue."""
        return self.search([("kind", "=", "complement")]).receipt_id.filtered("is_open").action_issue()

    def action_cancel(self):
        """Open “Cancel CFDI” for the complement that lacks its payment."""
        return self.receipt_id.document_id.action_cancel()

    def _nothing(self):
        return {"type": "ir.actions.client", "tag": "display_notification", "params": {
            "type": "warning", "message": self.env._("Deposits and advances have no complement yet: open them.")}}

    def action_open(self):
        """Open what mends this row: the complement's window, the bank line, or the payment."""
        self.ensure_one()
        if self.receipt_id.state == "unbacked":
            return self.receipt_id.action_open_document()
        if self.receipt_id:
            return self.receipt_id._get_records_action()
        move = self.money_move_id
        return (move.origin_payment_id or move.statement_line_id or move)._get_records_action()
