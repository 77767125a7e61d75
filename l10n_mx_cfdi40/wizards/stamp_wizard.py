"""“Stamp”: what will be stamped, with which date, certificate and PAC, and everything that is wrong, before anything is
sent; and afterwards what happened. One invoice is stamped at once; several go to the queue as a batch."""
from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.document import KINDS, STATES
from ..models.document_prepare import OTHER_MONTH
from ..pac.registry import PROVIDERS


class StampWizard(models.TransientModel):
    _name = "l10n_mx_cfdi40.stamp.wizard"
    _description = "Stamp invoices"

    line_ids = fields.One2many("l10n_mx_cfdi40.stamp.wizard.line", "wizard_id", "Invoices")
    finding_ids = fields.One2many("l10n_mx_cfdi40.stamp.wizard.finding", "wizard_id", "Problems")
    done = fields.Boolean()
    is_single = fields.Boolean(compute="_compute_counts")
    is_test = fields.Boolean(compute="_compute_counts")
    ready_count = fields.Integer(compute="_compute_counts")
    error_count = fields.Integer(compute="_compute_counts")
    to_confirm_count = fields.Integer(compute="_compute_counts")
    confirmed_count = fields.Integer(compute="_compute_counts")
    waiting_count = fields.Integer(compute="_compute_counts")
    issuers = fields.Text("Certificate and PAC", compute="_compute_issuers")

    # A single invoice is shown as a form: the same line, read through these.
    line_id = fields.Many2one("l10n_mx_cfdi40.stamp.wizard.line", readonly=True)
    move_id = fields.Many2one(related="line_id.move_id")
    partner_id = fields.Many2one(related="line_id.partner_id")
    kind = fields.Selection(related="line_id.kind")
    fecha = fields.Char(related="line_id.fecha")
    invoice_date = fields.Date(related="line_id.invoice_date")
    other_month = fields.Boolean(related="line_id.other_month")
    month_confirmed = fields.Boolean(related="line_id.month_confirmed", readonly=False)
    currency_id = fields.Many2one(related="line_id.currency_id")
    amount_total = fields.Monetary(related="line_id.amount_total")
    state = fields.Selection(related="line_id.state")
    uuid = fields.Char(related="line_id.uuid")
    result = fields.Text(related="line_id.result")
    has_mend = fields.Boolean(compute="_compute_has_mend")

    @api.depends("done", "result", "move_id.l10n_mx_cfdi40_document_id.code")
    def _compute_has_mend(self):
        for wizard in self:
            document = wizard.move_id.l10n_mx_cfdi40_document_id.sudo()
            wizard.has_mend = bool(wizard.done and document.code and document._mend_action())

    @api.depends("line_ids.certificate", "line_ids.pac")
    def _compute_issuers(self):
        for wizard in self:
            pairs = {(line.certificate or self.env._("no certificate in force"), line.pac)
                     for line in wizard.line_ids if not line.move_id.l10n_mx_cfdi40_external}
            wizard.issuers = "\n".join(f"{certificate} · {pac}" for certificate, pac in sorted(pairs))

    @api.depends(
        "line_ids.is_ready", "line_ids.error_count", "line_ids.state", "line_ids.other_month",
        "line_ids.month_confirmed")
    def _compute_counts(self):
        for wizard in self:
            lines = wizard.line_ids
            wizard.is_single = len(lines) == 1
            wizard.is_test = any(line.environment == "test" for line in lines)
            wizard.ready_count = len(lines.filtered("is_ready"))
            wizard.error_count = len(lines.filtered("error_count"))
            wizard.to_confirm_count = len(lines.filtered(lambda line: line.other_month and not line.month_confirmed))
            wizard.confirmed_count = len(lines.filtered("month_confirmed"))
            wizard.waiting_count = len(lines.filtered(lambda line: line.state in ("draft", "sealed", "in_flight")))

    # -- opening -------------------------------------------------------------------------------------------------------

    @api.model
    def _open(self, moves):
        """The action that shows these invoices as they would be stamped.

        :raises UserError: none of them is a posted invoice that becomes a CFDI
        """
        moves = moves.filtered(lambda move: move.state == "posted" and move._l10n_mx_cfdi40_is_applicable())
        if not moves:
            raise UserError(self.env._(
                "Nothing to stamp: choose posted customer invoices or credit notes of a Mexican company."))
        moves._l10n_mx_cfdi40_refresh_credits()
        wizard = self.create({})
        wizard._load(moves)
        return wizard._action()

    def _load(self, moves):
        """(Re)write the lines and problems from how the invoices are now."""
        self.line_id = False
        self.line_ids.unlink()
        previews = {}
        for company, group in moves.grouped("company_id").items():
            previews.update(self.env["l10n_mx_cfdi40.document"]._preview(group.with_company(company)))
        lines = self.env["l10n_mx_cfdi40.stamp.wizard.line"].create([
            self._line_vals(move, preview) for move, preview in previews.items()])
        self.env["l10n_mx_cfdi40.stamp.wizard.finding"].create([
            line._finding_vals(finding)
            for line, preview in zip(lines, previews.values(), strict=True)
            for finding in preview.findings if finding.code != OTHER_MONTH])
        self.line_id = lines if len(lines) == 1 else False
        self.invalidate_recordset()

    def _line_vals(self, move, preview):
        comprobante, document = preview.comprobante, preview.document
        root = move.company_id._l10n_mx_cfdi40_fiscal_root()
        certificate = preview.certificate or document.certificate_id
        code = document.pac or root.l10n_mx_cfdi40_pac
        return {
            "wizard_id": self.id,
            "move_id": move.id,
            "kind": str(comprobante.tipo_de_comprobante) if comprobante else document.kind,
            "fecha": comprobante.fecha.isoformat(" ") if comprobante else (document.date_local or "").replace("T", " "),
            "other_month": any(finding.code == OTHER_MONTH for finding in preview.findings),
            "certificate": certificate.sudo().serial,
            "pac": PROVIDERS[code].label if code in PROVIDERS else code,
            "environment": document.environment or root.l10n_mx_cfdi40_environment,
            "error_count": sum(finding.code != OTHER_MONTH for finding in preview.errors),
            "warning_count": len(preview.findings) - len(preview.errors),
        }

    def _action(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Stamp CFDI"),
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
            "target": "new",
        }

    # -- buttons -------------------------------------------------------------------------------------------------------

    def action_stamp(self):
        """Stamp the invoices that are ready: a single one now, several through the queue."""
        self.ensure_one()
        ready = self.line_ids.filtered("is_ready")
        if not ready:
            raise UserError(self.env._("Nothing can be stamped yet: mend what is listed, or confirm the date."))
        ready.move_id._l10n_mx_cfdi40_check_user()
        if len(ready) == 1:
            preview = ready.move_id._l10n_mx_cfdi40_stamp(month_confirmed=ready.month_confirmed)
            if preview.errors:
                # It changed since this was opened.
                self._load(self.line_ids.move_id)
                return self._action()
        batch = self.env["l10n_mx_cfdi40.batch"]
        if len(ready) > 1:
            batch = batch._start(ready.move_id, ready.filtered("month_confirmed").move_id)
        self.done = True
        self.line_ids.invalidate_recordset()
        self.invalidate_recordset()
        return (batch or self)._action()

    def action_mend_answer(self):
        """Open the record in which the PAC's answer about the single invoice is mended."""
        self.ensure_one()
        return self.move_id._l10n_mx_cfdi40_mend_action()

    def action_refresh(self):
        """Show how things stand by now."""
        self.ensure_one()
        if not self.done:
            self._load(self.line_ids.move_id)
        return self._action()

    @api.model
    def _back(self):
        """What to show once something is mended: the wizard that it was opened from, if any, as things stand now."""
        wizard = self.browse(self.env.context.get("l10n_mx_cfdi40_stamp_wizard") or 0).exists()
        return wizard.action_refresh() if wizard else {"type": "ir.actions.act_window_close"}


class StampWizardLine(models.TransientModel):
    _name = "l10n_mx_cfdi40.stamp.wizard.line"
    _description = "Invoice to stamp"
    _inherit = ["l10n_mx_cfdi40.shown.record"]

    wizard_id = fields.Many2one("l10n_mx_cfdi40.stamp.wizard", required=True, ondelete="cascade")
    move_id = fields.Many2one("account.move", "Invoice", required=True, readonly=True, ondelete="cascade")
    partner_id = fields.Many2one(related="move_id.commercial_partner_id", string="Customer")
    currency_id = fields.Many2one(related="move_id.currency_id")
    amount_total = fields.Monetary(related="move_id.amount_total", string="Total")
    invoice_date = fields.Date(related="move_id.invoice_date")
    kind = fields.Selection(KINDS, "Type", readonly=True)
    fecha = fields.Char(readonly=True, help="Local time of the place of issue, as the CFDI will say.")
    other_month = fields.Boolean(
        readonly=True,
        help="Fecha would fall in another month than the invoice: the SAT takes nothing older than 72 hours.")
    month_confirmed = fields.Boolean("Stamp in another month")
    certificate = fields.Char(readonly=True)
    pac = fields.Char("PAC", readonly=True)
    environment = fields.Selection([("test", "Test"), ("production", "Production")], readonly=True)
    error_count = fields.Integer("Errors", readonly=True)
    warning_count = fields.Integer("Warnings", readonly=True)
    is_ready = fields.Boolean(compute="_compute_is_ready")
    state = fields.Selection(STATES, "CFDI state", compute="_compute_result")
    uuid = fields.Char("UUID", compute="_compute_result")
    result = fields.Text(compute="_compute_result")

    @api.depends("error_count", "other_month", "month_confirmed", "move_id.l10n_mx_cfdi40_state")
    def _compute_is_ready(self):
        for line in self:
            line.is_ready = (
                line.move_id.l10n_mx_cfdi40_can_stamp and not line.error_count
                and (not line.other_month or line.month_confirmed))

    @api.depends("move_id.l10n_mx_cfdi40_state", "move_id.l10n_mx_cfdi40_uuid")
    def _compute_result(self):
        for line in self:
            line.state = line.move_id.l10n_mx_cfdi40_state
            line.uuid = line.move_id.l10n_mx_cfdi40_uuid
            line.result = line._result()

    def _result(self):
        """What happened, in words; nothing for what is stamped, where the UUID says it."""
        alert = self.move_id._l10n_mx_cfdi40_alert()
        if alert:
            return alert["message"]
        if self.state not in (False, "discarded"):
            return False
        if self.error_count:
            return self.env._("Not sent: what is wrong has to be mended first.")
        if self.other_month and not self.month_confirmed:
            return self.env._("Not sent: the date in another month was not confirmed.")
        return False

    def _finding_vals(self, finding):
        move = self.move_id
        return {
            "wizard_id": self.wizard_id.id,
            "line_id": self.id,
            "severity": finding.severity,
            "code": finding.code,
            "path": finding.path,
            "message": move._l10n_mx_cfdi40_finding_text(finding),
            "has_remedy": not self.wizard_id.is_single or bool(move._l10n_mx_cfdi40_finding_action(finding)),
        }


class StampWizardFinding(models.TransientModel):
    _name = "l10n_mx_cfdi40.stamp.wizard.finding"
    _description = "Problem of an invoice to stamp"
    _inherit = ["l10n_mx_cfdi40.shown.finding"]
    _order = "severity, line_id, id"

    wizard_id = fields.Many2one("l10n_mx_cfdi40.stamp.wizard", required=True, ondelete="cascade")
    line_id = fields.Many2one("l10n_mx_cfdi40.stamp.wizard.line", required=True, ondelete="cascade")
    move_id = fields.Many2one(related="line_id.move_id")

    def action_mend(self):
        """Open the record where this is mended."""
        self.ensure_one()
        move = self.move_id.with_company(self.move_id.company_id)
        preview = self.env["l10n_mx_cfdi40.document"]._preview(move)[move]
        for finding in preview.findings:
            if (finding.code, finding.path) == (self.code, self.path):
                action = move._l10n_mx_cfdi40_finding_action(finding)
                if action and action.get("res_id"):
                    action["context"] = {"l10n_mx_cfdi40_stamp_wizard": self.wizard_id.id}
                # Mended on the invoice itself, which is behind the window unless there are several.
                return action or (None if self.wizard_id.is_single else move._get_records_action())
        # Mended already.
        self.wizard_id._load(self.wizard_id.line_ids.move_id)
        return self.wizard_id._action()
