"""What the adviser says of each CFDI that is to be cancelled, and afterwards how its request stands."""
from odoo import api, fields, models
from odoo.tools import format_amount, format_date

ACCEPTANCE = [
    ("no", "Without acceptance"),
    ("yes", "The customer has to accept"),
    ("unsure", "Not certain"),
]


class CancelWizardLine(models.TransientModel):
    _name = "l10n_mx_cfdi40.cancel.wizard.line"
    _description = "CFDI to cancel"
    _inherit = ["l10n_mx_cfdi40.shown.record"]
    _shown_fields = ("document_id", "substitute_id")

    wizard_id = fields.Many2one("l10n_mx_cfdi40.cancel.wizard", required=True, ondelete="cascade")
    document_id = fields.Many2one("l10n_mx_cfdi40.document", "CFDI", required=True, readonly=True, ondelete="cascade")
    uuid = fields.Char(related="document_id.uuid")
    receiver_name = fields.Char(related="document_id.receiver_name", string="Customer")
    issuer_rfc = fields.Char(related="document_id.issuer_rfc")
    kind = fields.Selection(related="document_id.kind")
    currency_id = fields.Many2one(related="document_id.currency_id")
    total = fields.Monetary(related="document_id.total")
    state = fields.Selection(related="document_id.state", string="CFDI state")
    substitute_id = fields.Many2one("l10n_mx_cfdi40.document")

    obstacle = fields.Text(readonly=True, help="Why it cannot be cancelled now, whatever the reason.")
    is_global = fields.Boolean(readonly=True)
    acceptance = fields.Selection(ACCEPTANCE, readonly=True)
    acceptance_text = fields.Text("By the rules", readonly=True)
    answer_until = fields.Datetime(
        "To be answered until", readonly=True, help="If it is requested now: three business days of the SAT.")
    last_day = fields.Date("Last legal day", readonly=True)
    last_day_text = fields.Text("By which rule", readonly=True)
    is_late = fields.Boolean(readonly=True)
    fine = fields.Char("Fine for cancelling late", readonly=True)
    sat_problem = fields.Text(readonly=True)
    sat_at = fields.Datetime(related="document_id.sat_at")
    sat_text = fields.Text("The SAT says", compute="_compute_sat_text")
    problem = fields.Text(compute="_compute_problem")
    warning = fields.Text(compute="_compute_problem")
    remark = fields.Text("What is wrong", compute="_compute_problem")
    result = fields.Text("How it stands", compute="_compute_result")

    @api.depends("wizard_id.motivo", "wizard_id.substitute_id", "substitute_id", "obstacle")
    def _compute_problem(self):
        for line in self:
            line.problem, line.warning = line.wizard_id._judge(line)
            line.remark = line.obstacle or (line.wizard_id.motivo and (line.problem or line.warning))

    @api.depends("sat_problem", "document_id.sat_at", "document_id.sat_state", "document_id.sat_cancelable")
    def _compute_sat_text(self):
        for line in self:
            document = line.document_id
            if line.sat_problem:
                line.sat_text = self.env._("The SAT was not reached: %s", line.sat_problem)
            else:
                line.sat_text = document.sat_at and (document._sat_text() or self.env._("It does not say."))

    @api.depends("document_id.state", "document_id.cancel_text", "problem")
    def _compute_result(self):
        for line in self:
            line.result = line.document_id.cancel_text or line.problem

    def _advice_vals(self, advice, pesos):
        """What the rules say, as values of the line; the SAT's own answer, where it is known, goes before them.

        :param pesos: the currency of the fine
        """
        said = {"without": "no", "with": "yes"}.get(self.document_id.sat_cancelable)
        own = "unsure" if advice.acceptance.incierto else "yes" if advice.acceptance.necesita else "no"
        day = advice.last_day
        return {
            "acceptance": said or own,
            "acceptance_text": self._acceptance_text(advice.acceptance, said),
            "answer_until": advice.answer_until if (
                (said or own) != "no" and self.document_id.state != "cancel_rejected") else False,
            "last_day": day.fecha if day else False,
            "last_day_text": self._last_day_text(day) if day else False,
            "is_late": advice.is_late,
            "fine": advice.is_late and self.env._(
                "From %(least)s to %(most)s (5 to 10 %% of the total)",
                least=format_amount(self.env, float(advice.fine[0]), pesos),
                most=format_amount(self.env, float(advice.fine[1]), pesos)),
        }

    def _acceptance_text(self, dictamen, said):
        if said and (said == "yes") != dictamen.necesita:
            return self.env._("The SAT says otherwise, and its word counts. By the rules: %s", dictamen.texto)
        return dictamen.texto

    def _last_day_text(self, day):
        text = f"{format_date(self.env, day.fecha)}. {day.regla.texto}"
        return self.env._("%s It is not certain.", text) if day.incierto else text

    def action_open(self):
        """The CFDI in the ledger."""
        return self.document_id._get_records_action()
