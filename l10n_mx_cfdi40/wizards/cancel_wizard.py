"""“Cancel CFDI”: why, in exchange for what, what the rules and the SAT say of it, what has to go first; and afterwards
how it stands. Nothing is sent before it is confirmed, and only the SAT's own state ends anything."""
from odoo import Command, api, fields, models
from odoo.exceptions import LockError, UserError

from ..cfdi.errors import CfdiError
from ..models.document_sat import ASK_AT_ONCE

#: How many are asked about at the SAT when the window opens: it is slow.
ASK_AT_OPENING = 5
#: What each reason is for, below its name.
USES = [
    ("01", "01 · It has an error; another CFDI replaces it\n"
           "The price, a product, the name, the tax regime, the use … is wrong. The right one is issued first."),
    ("02", "02 · It has an error, and nothing replaces it\n"
           "It was issued twice, or to another customer (RFC) than it should have been."),
    ("03", "03 · The operation did not take place\n"
           "The customer gave up the order, or nothing was delivered, and nothing was paid for it."),
    ("04", "04 · A sale in this global invoice got its own CFDI\n"
           "A customer asks for the invoice of a ticket that the global invoice contains already."),
]


class CancelWizard(models.TransientModel):
    _name = "l10n_mx_cfdi40.cancel.wizard"
    _description = "Cancel CFDI"
    _inherit = ["l10n_mx_cfdi40.shown.record"]
    _shown_fields = ("line_id", "substitute_id")

    line_ids = fields.One2many("l10n_mx_cfdi40.cancel.wizard.line", "wizard_id", "CFDI to cancel")
    step_ids = fields.One2many("l10n_mx_cfdi40.cancel.wizard.step", "wizard_id", "To be cancelled first", readonly=True)
    motivo = fields.Selection(USES, "Reason")
    cancel_first = fields.Boolean(
        "Cancel these first, in this order, by itself",
        help="Each is asked for once the SAT has cancelled the one before.")
    done = fields.Boolean(readonly=True)
    is_single = fields.Boolean(compute="_compute_counts")
    is_test = fields.Boolean(compute="_compute_counts")
    ready_count = fields.Integer(compute="_compute_counts")
    problem_count = fields.Integer(compute="_compute_counts")
    unasked_count = fields.Integer(compute="_compute_counts")
    orders_first_count = fields.Integer(compute="_compute_counts")

    # A single CFDI is shown as a form: the same line, read through these.
    line_id = fields.Many2one("l10n_mx_cfdi40.cancel.wizard.line", readonly=True)
    document_id = fields.Many2one(related="line_id.document_id")
    uuid = fields.Char(related="line_id.uuid")
    receiver_name = fields.Char(related="line_id.receiver_name")
    kind = fields.Selection(related="line_id.kind")
    issuer_rfc = fields.Char(related="line_id.document_id.issuer_rfc")
    currency_id = fields.Many2one(related="line_id.currency_id")
    total = fields.Monetary(related="line_id.total")
    state = fields.Selection(related="line_id.state")
    acceptance = fields.Selection(related="line_id.acceptance")
    acceptance_text = fields.Text(related="line_id.acceptance_text")
    sat_text = fields.Text(related="line_id.sat_text")
    last_day = fields.Date(related="line_id.last_day")
    last_day_text = fields.Text(related="line_id.last_day_text")
    is_late = fields.Boolean(related="line_id.is_late")
    fine = fields.Char(related="line_id.fine")
    answer_until = fields.Datetime(related="line_id.answer_until")
    result = fields.Text(related="line_id.result")
    problem = fields.Text(compute="_compute_problem")
    warning = fields.Text(compute="_compute_problem")

    # The substitute of a single one; those of several are on their lines. See cancel_substitute.
    substitute_id = fields.Many2one("l10n_mx_cfdi40.document")
    substitute_uuid = fields.Char("Or its UUID", help="Of a CFDI that was issued with another system.")
    substitute_xml = fields.Binary("XML of the substitute", attachment=False)
    substitute_xml_name = fields.Char()

    # A customer rejected the last request: three ways on. See cancel_rejected.
    is_rejected = fields.Boolean(readonly=True)

    @api.depends("line_ids.problem", "line_ids.state", "line_ids.sat_at", "step_ids.is_by_itself")
    def _compute_counts(self):
        for wizard in self:
            lines = wizard.line_ids
            wizard.is_single = len(lines) == 1
            wizard.is_test = any(line.document_id.environment == "test" for line in lines)
            wizard.ready_count = len(lines.filtered(lambda line: not line.problem))
            wizard.problem_count = len(lines) - wizard.ready_count
            wizard.unasked_count = len(lines.filtered(lambda line: not line.sat_at))
            wizard.orders_first_count = len(wizard.step_ids.filtered(lambda step: not step.is_by_itself))

    @api.depends("motivo", "substitute_id", "substitute_uuid", "substitute_xml", "line_id.obstacle")
    def _compute_problem(self):
        for wizard in self:
            wizard.problem, wizard.warning = wizard._judge(wizard.line_id) if wizard.line_id else (False, False)

    def _judge(self, line):
        """(why this CFDI cannot be cancelled so, what looks wrong though it can): texts, '' when there is nothing."""
        document = line.document_id
        if line.obstacle or not document:
            return line.obstacle, ""
        if not self.motivo:
            return self.env._("Choose the reason."), ""
        problems = self._substitute_problems_of(line) if self.motivo == "01" else []
        warnings = document._motivo_warnings(self.motivo, line.is_global)
        return "\n".join(problems), "\n".join(warnings)

    # -- opening -------------------------------------------------------------------------------------------------------

    @api.model
    def _open(self, documents):
        """The action that shows what the cancellation of these CFDI means, before anything is sent.

        Asks the SAT about the first ones, which commits.

        :raises AccessError: the user is no billing user, or may not read them
        :raises UserError: none of them is an issued and stamped CFDI, or they are of several companies
        """
        documents._check_billing()
        documents = documents.filtered(lambda one: one.direction == "issued" and one.uuid)
        if not documents:
            raise UserError(self.env._("None of these is a CFDI of yours that is stamped: there is nothing to cancel."))
        if len(documents.company_id) > 1:
            raise UserError(self.env._("Choose CFDI of one company: each has its own certificate."))
        silent = self._ask(documents[:ASK_AT_OPENING])
        wizard = self.create({
            "line_ids": [Command.create({"document_id": document.id}) for document in documents]})
        wizard._load(silent)
        if wizard.is_single:
            wizard._propose()
        return wizard._action()

    @api.model
    def _ask(self, documents):
        """Ask the SAT about these, one after another; when it does not answer, the others are not asked either.

        :return: {document: why there is no answer, in words}
        """
        silent, down = {}, None
        for document in documents:
            if down:
                silent[document] = down
                continue
            try:
                document._ask_sat()
            except LockError:
                silent[document] = self.env._("Another process is at this CFDI: ask again in a moment.")
            except UserError as error:
                silent[document] = str(error)
            except CfdiError as error:
                down = silent[document] = str(error)
        return silent

    def _load(self, silent=None):
        """(Re)write what the rules, the ledger and the SAT say by now.

        :param dict silent: {document: why the SAT did not answer about it}
        """
        documents = self.line_ids.document_id
        documents.invalidate_recordset()
        advice, obstacles = documents._advise(), documents._cancel_obstacles()
        pesos = self.env.ref("base.MXN")
        for line in self.line_ids:
            document = line.document_id
            line.write({
                "obstacle": obstacles[document], "is_global": document._is_global_cfdi(),
                **line._advice_vals(advice[document], pesos),
                **({"sat_problem": (silent or {}).get(document, False)} if silent is not None else {}),
            })
            if not line.substitute_id:
                line.substitute_id = document._possible_substitutes().sudo(False)._filtered_access("read")[:1]
        self.line_id = self.line_ids if len(self.line_ids) == 1 else False
        self._load_steps(documents._cancel_plan())
        self._forget()

    def _forget(self):
        """What the documents say was written behind these rows."""
        self.line_ids.document_id.invalidate_recordset()
        self.line_ids.invalidate_recordset()
        self.invalidate_recordset()

    def _load_steps(self, plan):
        self.step_ids.unlink()
        shown = self.env["l10n_mx_cfdi40.document"].union(*plan).sudo(False)._filtered_access("read")
        advice = shown._advise()
        self.step_ids = [
            Command.create({
                "sequence": number, "document_id": document.id,
                "waiting": ", ".join(waiting.mapped("display_name")),
                "acceptance": "yes" if advice[document].acceptance.necesita else "no",
            })
            for number, (document, waiting) in enumerate(plan.items(), 1) if document in shown]

    def _propose(self):
        """What is likely: what the last request said, or that the CFDI is cancelled in exchange for its substitute."""
        document = self.document_id
        self.substitute_id = self.line_id.substitute_id
        self.is_rejected = document.state == "cancel_rejected" and not document.cancellation_id._is_open()
        if self.substitute_id:
            self.motivo = "01"

    def _action(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Cancel CFDI"),
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
            "target": "new",
            "context": {"dialog_size": "extra-large"},
        }

    # -- buttons -------------------------------------------------------------------------------------------------------

    def action_ask_sat(self):
        """Ask the SAT about those that it was not asked about yet; of one, ask it again."""
        self.ensure_one()
        lines = self.line_ids
        if len(lines) > 1:
            lines = lines.filtered(lambda line: not line.sat_at or line.sat_problem)[:ASK_AT_ONCE]
        lines.document_id._check_billing()
        self._load(self._ask(lines.document_id))
        return self._action()

    def action_refresh(self):
        """Show how things stand by now."""
        self.ensure_one()
        self._load()
        return self._action()

    def action_use_01(self):
        """Take reason 01 with the substitute that is known."""
        self.ensure_one()
        self.motivo = "01"
        self.substitute_id = self.line_id.substitute_id
        return self._action()

    def action_correct(self):
        """Correct and replace: the draft that will replace the invoice, or the complement anew."""
        self.ensure_one()
        document = self.document_id
        document._check_billing()
        if document.kind == "P":
            return document.action_replace()
        return document.move_id.action_l10n_mx_cfdi40_correct()

    def action_confirm(self):
        """Order the cancellation of those without a problem; a single one that nothing hinders is sent now.

        :raises UserError: nothing can be asked for; says why
        """
        self.ensure_one()
        documents = self.line_ids.document_id
        documents._check_billing()
        if self.done:
            return self._action()
        self._load()
        ready = self.line_ids.filtered(lambda line: not line.problem)
        if not ready:
            raise UserError("\n".join(dict.fromkeys(filter(None, self.line_ids.mapped("problem")))))
        uuid = self._checked_uuid()
        rows = self._put_in_queue(ready, uuid)
        self.done = True
        if len(self.line_ids) == 1:
            self._send_now(rows)
        self._forget()
        return self._action()

    def _put_in_queue(self, lines, uuid):
        """Put the cancellations in the queue: first what has to go first, if that was asked for."""
        Cancellation = self.env["l10n_mx_cfdi40.cancellation"]
        if self.cancel_first:
            for step in self.step_ids.filtered(lambda one: one._is_to_order()):
                motivo, substitute = step.document_id._plan_motivo()
                Cancellation._order_for(step.document_id, motivo, substitute=substitute)
        rows = Cancellation
        for line in lines:
            substitute = self._substitute_of(line) if self.motivo == "01" else None
            rows |= Cancellation._order_for(
                line.document_id, self.motivo, substitute=substitute, substitute_uuid=None if substitute else uuid)
        return rows

    def _send_now(self, row):
        """Send the one request if nothing hinders it, and ask the SAT what came of it; else say what hinders it."""
        row = row.sudo()
        hindrance = row.state == "waiting" and row._hindrance()
        if hindrance:
            row.reason = hindrance
            return
        row._prepare_way()
        row._run()
        if row.state == "requested":
            row.document_id._ask_quietly()

    def action_close(self):
        """Close the window and load what is behind it anew."""
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    def action_open_document(self):
        """The CFDI in the ledger."""
        return self.document_id._get_records_action()


class CancelWizardStep(models.TransientModel):
    _name = "l10n_mx_cfdi40.cancel.wizard.step"
    _description = "CFDI to be cancelled before others"
    _inherit = ["l10n_mx_cfdi40.shown.record"]
    _shown_fields = ("document_id",)
    _order = "sequence, id"

    wizard_id = fields.Many2one("l10n_mx_cfdi40.cancel.wizard", required=True, ondelete="cascade")
    sequence = fields.Integer("Step", readonly=True)
    document_id = fields.Many2one("l10n_mx_cfdi40.document", "CFDI", required=True, readonly=True, ondelete="cascade")
    uuid = fields.Char(related="document_id.uuid")
    kind = fields.Selection(related="document_id.kind")
    date_local = fields.Char(related="document_id.date_local")
    currency_id = fields.Many2one(related="document_id.currency_id")
    total = fields.Monetary(related="document_id.total")
    state = fields.Selection(related="document_id.state")
    acceptance = fields.Selection([("no", "Without acceptance"), ("yes", "Has to be accepted")], readonly=True)
    waiting = fields.Char("In the way of", readonly=True)
    is_by_itself = fields.Boolean(compute="_compute_text")
    text = fields.Text("What to do", compute="_compute_text")

    @api.depends("wizard_id.motivo", "wizard_id.substitute_id", "document_id.state")
    def _compute_text(self):
        for step in self:
            step.is_by_itself = step._goes_by_itself()
            step.text = step._text()

    def _goes_by_itself(self):
        """Whether it is replaced, and cancelled then, because the invoice that it pays is replaced."""
        wizard = self.wizard_id
        document = self.document_id
        substitutes = wizard.substitute_id | wizard.line_ids.substitute_id
        return (
            wizard.motivo == "01" and document.kind == "P" and document._may_be_replaced()
            and bool(document.sudo().receipt_ids) and bool(substitutes.sudo().move_id))

    def _text(self):
        document = self.document_id
        row = document.cancellation_id
        if row._is_open():
            return self.env._("Its cancellation is under way: %s", row._status_text())
        if self.is_by_itself:
            return self.env._(
                "By itself: its payment goes over to the new invoice, a new complement replaces it (04), and then it is"
                " cancelled.")
        motivo, substitute = document._plan_motivo()
        if substitute:
            return self.env._("Cancel it first with reason 01: %s replaces it.", substitute.display_name)
        if document.kind == "P":
            return self.env._(
                "Cancel this complement first: reason 02, or replace it before (01) if the payment stands. Once it is"
                " cancelled its payment owes a complement again.")
        return self.env._("Cancel it first (reason %s): it is related to that CFDI.", motivo)

    def _is_to_order(self):
        return not self.is_by_itself and self.document_id.can_cancel

    def action_open(self):
        """The CFDI that has to go first."""
        return self.document_id._get_records_action()
