"""How the PACs do: answers and their times in the last day and week, by the log of exchanges, and what is in doubt.

Two views over the log. Percentiles are PostgreSQL's (percentile_cont); an exchange that got an answer of any kind, a
refusal too, counts as answered: the PAC did its work. Steps within an operation (logging in) are not counted.
"""
from odoo import api, fields, models
from odoo.tools import SQL

# Of each period: its name in fields, and its length for PostgreSQL.
_PERIODS = (("day", "24 hours"), ("week", "7 days"))
_NOW = SQL("(now() AT TIME ZONE 'UTC')")


def _measures(name, length):
    since = SQL("x.at >= %s - interval '%s'", _NOW, SQL(length))
    columns = [
        SQL("count(*) FILTER (WHERE %s) AS %s", since, SQL.identifier(f"calls_{name}")),
        SQL("100.0 * count(*) FILTER (WHERE %s AND x.outcome <> 'Unknown')"
            " / NULLIF(count(*) FILTER (WHERE %s), 0) AS %s", since, since, SQL.identifier(f"rate_{name}")),
    ]
    columns += [
        SQL("(percentile_cont(%s) WITHIN GROUP (ORDER BY x.milliseconds) FILTER (WHERE %s))::int AS %s",
            SQL(str(percent / 100)), since, SQL.identifier(f"p{percent}_{name}"))
        for percent in (50, 95, 99)]
    return SQL(", ").join(columns)


class PacHealth(models.Model):
    _name = "l10n_mx_cfdi40.pac.health"
    _description = "Health of a PAC"
    _auto = False
    _order = "company_id, environment, sequence, id"
    _depends = {
        "l10n_mx_cfdi40.pac.account": ["company_id", "provider", "environment", "sequence", "active"],
        "l10n_mx_cfdi40.pac.exchange": ["account_id", "at", "outcome", "milliseconds"],
        "l10n_mx_cfdi40.document": ["pac_account_id", "state"],
    }

    account_id = fields.Many2one("l10n_mx_cfdi40.pac.account", "PAC account", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    environment = fields.Selection([("test", "Test"), ("production", "Production")], readonly=True)
    sequence = fields.Integer(readonly=True, aggregator=None)
    calls_day = fields.Integer("Calls, 24 h", readonly=True)
    calls_week = fields.Integer("Calls, 7 days", readonly=True)
    rate_day = fields.Float("Answered, 24 h (%)", digits=(5, 1), readonly=True, aggregator="avg")
    rate_week = fields.Float("Answered, 7 days (%)", digits=(5, 1), readonly=True, aggregator="avg")
    p50_day = fields.Integer("Half within, 24 h (ms)", readonly=True, aggregator=None)
    p95_day = fields.Integer("95 % within, 24 h (ms)", readonly=True, aggregator=None)
    p99_day = fields.Integer("99 % within, 24 h (ms)", readonly=True, aggregator=None)
    p50_week = fields.Integer("Half within, 7 days (ms)", readonly=True, aggregator=None)
    p95_week = fields.Integer("95 % within, 7 days (ms)", readonly=True, aggregator=None)
    p99_week = fields.Integer("99 % within, 7 days (ms)", readonly=True, aggregator=None)
    doubt_count = fields.Integer("In doubt", readonly=True, help="CFDI whose answer from this PAC is not known.")
    state = fields.Selection(related="account_id.state")
    rest_until = fields.Datetime(related="account_id.rest_until")
    is_out_of_credits = fields.Boolean(related="account_id.is_out_of_credits")
    last_error = fields.Char(related="account_id.last_error")
    last_error_at = fields.Datetime(related="account_id.last_error_at")
    balance = fields.Char(
        "Stamps left", compute="_compute_balance", help="By the packages, and as the PAC said last, where it can tell.")

    @property
    def _table_query(self):
        return SQL("""
            SELECT a.id, a.id AS account_id, a.company_id, a.environment, a.sequence, %s,
                   (SELECT count(*) FROM l10n_mx_cfdi40_document d
                     WHERE d.pac_account_id = a.id AND d.state IN ('in_doubt', 'cancel_in_doubt')) AS doubt_count
              FROM l10n_mx_cfdi40_pac_account a
              LEFT JOIN l10n_mx_cfdi40_pac_exchange x
                     ON x.account_id = a.id AND x.outcome <> 'Step' AND x.at >= %s - interval '7 days'
             WHERE a.active
             GROUP BY a.id""", SQL(", ").join(_measures(name, length) for name, length in _PERIODS), _NOW)

    @api.depends("account_id")
    def _compute_display_name(self):
        for row in self:
            row.display_name = row.account_id.sudo().display_name

    def _compute_balance(self):
        for row in self:
            row.balance = row.account_id.sudo()._balance_text()

    def action_exchanges(self):
        """What was exchanged with this account, for who may see it."""
        self.ensure_one()
        return self.account_id.action_exchanges()

    def action_hours(self):
        """The exchanges of this account, hour by hour."""
        self.ensure_one()
        return {
            **self.env["ir.actions.actions"]._for_xml_id("l10n_mx_cfdi40.action_pac_hour"),
            "domain": [("account_id", "=", self.account_id.id)],
        }

    def action_doubts(self):
        """The CFDI whose answer from this PAC is not known."""
        self.ensure_one()
        return {
            **self.env["ir.actions.actions"]._for_xml_id("l10n_mx_cfdi40.action_document"),
            "domain": [("pac_account_id", "=", self.account_id.id),
                       ("state", "in", ("in_doubt", "cancel_in_doubt"))],
            "context": {},
        }

    def action_account(self):
        """The account."""
        self.ensure_one()
        return self.account_id._get_records_action()


class PacHour(models.Model):
    _name = "l10n_mx_cfdi40.pac.hour"
    _description = "Exchanges with a PAC by hour"
    _auto = False
    _order = "hour desc, id"
    _depends = {"l10n_mx_cfdi40.pac.exchange": ["account_id", "company_id", "at", "outcome", "milliseconds"]}

    account_id = fields.Many2one("l10n_mx_cfdi40.pac.account", "PAC account", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    hour = fields.Datetime(readonly=True)
    kind = fields.Selection(
        [("answered", "Answered"), ("refused", "Refused"), ("failed", "Not answered")], "Outcome", readonly=True)
    calls = fields.Integer(readonly=True)
    milliseconds = fields.Integer("Half within (ms)", readonly=True, aggregator="avg")

    @property
    def _table_query(self):
        return SQL("""
            SELECT min(x.id) AS id, x.account_id, x.company_id, date_trunc('hour', x.at) AS hour,
                   CASE x.outcome WHEN 'Unknown' THEN 'failed' WHEN 'Refused' THEN 'refused'
                                  ELSE 'answered' END AS kind,
                   count(*) AS calls,
                   (percentile_cont(0.5) WITHIN GROUP (ORDER BY x.milliseconds))::int AS milliseconds
              FROM l10n_mx_cfdi40_pac_exchange x
             WHERE x.outcome <> 'Step' AND x.account_id IS NOT NULL AND x.at >= %s - interval '7 days'
             GROUP BY x.account_id, x.company_id, 4, 5""", _NOW)
