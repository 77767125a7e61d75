"""“Generate complement”: which payments, what will be written of each invoice, everything that is wrong, and issue.

What it shows is made anew from the payments each time; only their own data (form, hour, operation, bank) are edited.
"""
from odoo import Command, api, fields, models
from odoo.exceptions import UserError

from ..cfdi.errors import CfdiError
from ..cfdi.pagos import Pagos
from ..models.document_report import _rate, _tax


class ComplementWizard(models.TransientModel):
    _name = "l10n_mx_cfdi40.complement.wizard"
    _description = "Generate complement"
    _inherit = ["l10n_mx_cfdi40.shown.record"]
    _shown_fields = ("payment_id", "replaces_id", "document_id")

    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, readonly=True)
    partner_id = fields.Many2one("res.partner", "Customer")
    waiting_partner_ids = fields.Many2many("res.partner", compute="_compute_waiting_partner_ids")
    month = fields.Date(help="Any day of the month whose payments are wanted. Empty: all that wait.")
    replaces_id = fields.Many2one("l10n_mx_cfdi40.document", readonly=True)
    payment_ids = fields.One2many("l10n_mx_cfdi40.complement.wizard.payment", "wizard_id", "Payments")
    line_ids = fields.One2many("l10n_mx_cfdi40.complement.wizard.line", "wizard_id", "Invoices", readonly=True)
    finding_ids = fields.One2many("l10n_mx_cfdi40.complement.wizard.finding", "wizard_id", "Problems", readonly=True)
    # A single payment shows what it is about as a form.
    payment_id = fields.Many2one("l10n_mx_cfdi40.complement.wizard.payment", readonly=True)
    is_factoring = fields.Boolean("A factor paid (factoring)")
    factor_id = fields.Many2one(related="payment_id.factor_id", readonly=False)
    compensation = fields.Monetary(related="payment_id.compensation", readonly=False, currency_field="paid_currency_id")
    paid_currency_id = fields.Many2one(related="payment_id.currency_id", string="Currency of the payment")
    payer_id = fields.Many2one("res.partner", compute="_compute_payer_id", help="Who paid, if not the customer.")
    taxes = fields.Text(readonly=True)
    total = fields.Monetary("Total of the payments (MXN)", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    fecha = fields.Char(readonly=True)
    certificate = fields.Char(readonly=True)
    is_test = fields.Boolean(readonly=True)
    error_count = fields.Integer(readonly=True)
    document_id = fields.Many2one("l10n_mx_cfdi40.document", "Complement", readonly=True)
    state = fields.Selection(related="document_id.state", string="CFDI state")
    uuid = fields.Char(related="document_id.uuid")
    result = fields.Text(compute="_compute_result")
    is_reloading = fields.Boolean(
        default=lambda self: self.env.context.get("l10n_mx_cfdi40_reload"), readonly=True,
        help="What is behind the window does not load anew by itself when it is closed.")

    @api.depends("company_id")
    def _compute_waiting_partner_ids(self):
        waiting = dict(self.env["l10n_mx_cfdi40.receipt"]._read_group(
            [("is_open", "=", True), ("company_id", "in", self.company_id.ids)],
            ["company_id"], ["receiver_id:recordset"]))
        for wizard in self:
            wizard.waiting_partner_ids = waiting.get(wizard.company_id, False)

    @api.depends("payment_id")
    def _compute_payer_id(self):
        for wizard in self:
            receipt = wizard.payment_id.receipt_id
            payer = (receipt.payment_id.partner_id or receipt.statement_line_id.partner_id).commercial_partner_id
            key = payer and payer._l10n_mx_cfdi40_receiver_key()
            wizard.payer_id = payer if key and key != receipt.receiver_key else False

    @api.depends("document_id.state", "document_id.message")
    def _compute_result(self):
        for wizard in self:
            document = wizard.document_id.sudo()
            wizard.result = document and document.state != "stamped" and document.explanation

    # -- opening -------------------------------------------------------------------------------------------------------

    @api.model
    def _open(self, receipts, replaces=None):
        """The action that shows these payments as their complement.

        :raises UserError: they wait for no complement, or are of several receptors
        """
        if not replaces:
            receipts = receipts.filtered("is_open")
            if not receipts:
                raise UserError(self.env._("No payment waits for a complement here."))
        receipts._check_one_receptor()
        receipts.company_id[:1]._l10n_mx_cfdi40_refresh_credits(receipts._is_seen)
        wizard = self.create({
            "company_id": receipts[:1].company_id.id, "partner_id": receipts[:1].receiver_id.id,
            "replaces_id": replaces.id if replaces else False,
        })
        wizard._load(receipts, chosen=receipts)
        return wizard._action()

    @api.model
    def action_open_empty(self):
        """Open it without payments: the customer and the month are chosen in it."""
        self.env["l10n_mx_cfdi40.receipt"]._check_billing()
        return self.create({})._action()

    def _action(self):
        name = self.env._("Replace the complement %s", self.replaces_id.display_name) if self.replaces_id else (
            self.env._("Generate complement"))
        return {
            "type": "ir.actions.act_window", "name": name, "res_model": self._name,
            "res_id": self.id, "views": [(False, "form")], "target": "new",
            "context": {"dialog_size": "extra-large"},
        }

    def _waiting(self):
        """Open payments of the chosen customer, its RFC's other partners included, and month."""
        domain = [("is_open", "=", True), ("company_id", "=", self.company_id.id)]
        if self.partner_id:
            key = self.partner_id.commercial_partner_id._l10n_mx_cfdi40_receiver_key()
            domain.append(("receiver_key", "=", key))
        if self.month:
            first = self.month.replace(day=1)
            domain += [("date", ">=", first), ("date", "<=", fields.Date.end_of(first, "month"))]
        return self.env["l10n_mx_cfdi40.receipt"].search(domain)

    def _load(self, receipts, chosen):
        """(Re)write the payments, and what their complement would say."""
        self.payment_id = False
        self.payment_ids.unlink()
        self.payment_ids = [
            Command.create({"receipt_id": receipt.id, "included": receipt in chosen}) for receipt in receipts]
        if len(receipts) == 1:
            self.write({"payment_id": self.payment_ids.id, "is_factoring": bool(receipts.factor_id)})
        self._show()

    def _show(self):
        """(Re)write what the complement of the included payments says."""
        self.line_ids.unlink()
        self.finding_ids.unlink()
        chosen = self.payment_ids.filtered("included").receipt_id
        vals = {"taxes": False, "total": 0, "fecha": False, "certificate": False, "error_count": 0}
        if chosen:
            chosen.check_access("read")
            vals["partner_id"] = chosen[0].receiver_id.id
            try:
                preview = chosen._preview(replaces=self.replaces_id.sudo() or None)
            except CfdiError as error:
                vals.update(error_count=1, finding_ids=[Command.create({
                    "severity": "error", "code": error.code, "message": str(error)})])
            else:
                vals.update(self._shown(preview))
        self.write(vals)
        self.invalidate_recordset()

    def _shown(self, preview):
        root = self.company_id._l10n_mx_cfdi40_fiscal_root()
        vals = {
            "is_test": root.l10n_mx_cfdi40_environment == "test",
            "certificate": preview.certificate.sudo().serial if preview.certificate else False,
            "error_count": len(preview.errors),
            "finding_ids": [Command.create({
                "severity": finding.severity, "code": finding.code, "path": finding.path,
                "message": preview.receipts._finding_text(finding),
                "has_remedy": bool(self._remedy(preview.receipts.sudo(False), finding)),
            }) for finding in preview.findings],
            "line_ids": [Command.create({
                "receipt_id": receipt.id, "move_id": invoice.id, "currency_id": invoice.currency_id.id,
                "num_parcialidad": covered.parcialidad, "saldo_anterior": float(covered.saldo_anterior),
                "pagado": float(covered.pagado), "saldo_insoluto": float(covered.saldo_anterior - covered.pagado),
                "is_compensation": compensation,
            }) for receipt, invoice, covered, compensation in preview.rows],
        }
        if preview.comprobante:
            [pagos] = [one for one in preview.comprobante.complemento if isinstance(one, Pagos)]
            peso = self.env["res.currency"].with_context(active_test=False).search([("name", "=", "MXN")], limit=1)
            vals.update(
                fecha=preview.comprobante.fecha.isoformat(" "), currency_id=peso.id,
                total=float(pagos.totales.monto_total_pagos), taxes=self._tax_text(pagos))
        return vals

    def _remedy(self, receipts, finding):
        """Where a finding is mended; False where nothing but this window mends it: what a complement that is being
        replaced says of its payment is corrected here."""
        action = receipts._finding_action(finding)
        return False if self.replaces_id and action and action["res_model"] == receipts._name else action

    @api.model
    def _tax_text(self, pagos):
        """One line for each tax of each payment: what will be written in ImpuestosP."""
        rows = []
        for number, pago in enumerate(pagos.pago, start=1):
            which = self.env._("Payment %s", number) + " · " if len(pagos.pago) > 1 else ""
            taxes = pago.impuestos_p
            for tax in taxes.traslados_p if taxes else ():
                amount = "" if tax.importe_p is None else f", importe {tax.importe_p:,f}"
                rate = _rate(tax.tipo_factor_p, tax.tasa_o_cuota_p)
                rows.append(f"{which}{_tax(tax.impuesto_p)} {rate}: base {tax.base_p:,f}{amount} {pago.moneda_p}")
            rows += [
                f"{which}{_tax(tax.impuesto_p)} retenido: {tax.importe_p:,f} {pago.moneda_p}"
                for tax in (taxes.retenciones_p if taxes else ())]
        return "\n".join(rows)

    # -- buttons -------------------------------------------------------------------------------------------------------

    def action_find(self):
        """Show the payments of the chosen customer and month that wait."""
        self.ensure_one()
        receipts = self._waiting()
        if not receipts:
            raise UserError(self.env._("No payment waits for a complement with these conditions."))
        key = receipts[0].receiver_key
        same = receipts.filtered(lambda receipt: receipt.receiver_key == key)
        if same != receipts:
            raise UserError(self.env._("Payments of several customers wait: choose one of them."))
        self._load(receipts, chosen=receipts)
        return self._action()

    def action_refresh(self):
        """Show what the complement says by now."""
        self.ensure_one()
        self._show()
        return self._action()

    def action_issue(self):
        """Issue the complement of the included payments."""
        self.ensure_one()
        chosen = self.payment_ids.filtered("included").receipt_id
        if not chosen:
            raise UserError(self.env._("Choose at least one payment."))
        chosen._check_billing()
        done = chosen.document_id
        if len(done) == 1 and done != self.replaces_id and not any(chosen.mapped("is_open")):
            # Somebody, or the queue, or this very request before it was run again, did it meanwhile.
            self.document_id = done
            return self._action()
        if self.replaces_id and not self.replaces_id._may_be_replaced():
            raise UserError(self.env._("This complement was replaced or is being cancelled already."))
        if self.replaces_id and chosen != self.replaces_id.receipt_ids:
            raise UserError(self.env._(
                "The new complement says all the payments of the one that it replaces. Take a payment off by undoing"
                " its reconciliation."))
        preview = chosen.sudo()._issue(self.replaces_id.sudo() or None)
        if preview.errors:
            # It changed since this was shown.
            self._show()
        else:
            self.document_id = preview.document.id
        return self._action()

    def action_open_document(self):
        """The complement."""
        return self.document_id._get_records_action()

    def action_close(self):
        """Close the window and load what is behind it anew."""
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    @api.model
    def _back(self):
        """What to show once something is mended: the wizard that it was opened from, if any, as things stand now."""
        wizard = self.browse(self.env.context.get("l10n_mx_cfdi40_complement_wizard") or 0).exists()
        return wizard.action_refresh() if wizard else None


class ComplementWizardPayment(models.TransientModel):
    _name = "l10n_mx_cfdi40.complement.wizard.payment"
    _description = "Payment of a complement to generate"
    _inherit = ["l10n_mx_cfdi40.shown.record"]
    _shown_fields = ("receipt_id",)

    wizard_id = fields.Many2one("l10n_mx_cfdi40.complement.wizard", required=True, ondelete="cascade")
    receipt_id = fields.Many2one("l10n_mx_cfdi40.receipt", "Payment", required=True, ondelete="cascade")
    included = fields.Boolean(default=True)
    money_name = fields.Char(related="receipt_id.money_name")
    reference = fields.Char(related="receipt_id.reference")
    date = fields.Date(related="receipt_id.date")
    currency_id = fields.Many2one(related="receipt_id.currency_id")
    amount = fields.Monetary(related="receipt_id.amount")
    forma_pago_id = fields.Many2one(related="receipt_id.forma_pago_id", readonly=False)
    hora = fields.Char(related="receipt_id.hora", readonly=False)
    num_operacion = fields.Char(related="receipt_id.num_operacion", readonly=False)
    rfc_cta_ord = fields.Char(related="receipt_id.rfc_cta_ord", readonly=False)
    banco_ord_ext = fields.Char(related="receipt_id.banco_ord_ext", readonly=False)
    cta_ordenante = fields.Char(related="receipt_id.cta_ordenante", readonly=False)
    rfc_cta_ben = fields.Char(related="receipt_id.rfc_cta_ben", readonly=False)
    cta_beneficiario = fields.Char(related="receipt_id.cta_beneficiario", readonly=False)
    tipo_cad_pago = fields.Selection(related="receipt_id.tipo_cad_pago", readonly=False)
    cert_pago = fields.Text(related="receipt_id.cert_pago", readonly=False)
    cad_pago = fields.Text(related="receipt_id.cad_pago", readonly=False)
    sello_pago = fields.Text(related="receipt_id.sello_pago", readonly=False)
    factor_id = fields.Many2one(related="receipt_id.factor_id", readonly=False)
    compensation = fields.Monetary(related="receipt_id.compensation", readonly=False)

    def write(self, vals):
        # The payment's own checks are made as this user; while it is being replaced, what it says may be corrected.
        replaces = self.wizard_id.replaces_id[:1]
        rows = self.with_context(l10n_mx_cfdi40_replacing=replaces.id) if replaces else self
        return super(ComplementWizardPayment, rows).write(vals)


class ComplementWizardLine(models.TransientModel):
    _name = "l10n_mx_cfdi40.complement.wizard.line"
    _description = "Invoice of a complement to generate"

    wizard_id = fields.Many2one("l10n_mx_cfdi40.complement.wizard", required=True, ondelete="cascade")
    receipt_id = fields.Many2one("l10n_mx_cfdi40.receipt", "Payment", readonly=True, ondelete="cascade")
    move_id = fields.Many2one("account.move", "Invoice", readonly=True, ondelete="cascade")
    currency_id = fields.Many2one("res.currency", readonly=True)
    num_parcialidad = fields.Integer("Instalment", readonly=True)
    saldo_anterior = fields.Monetary("Previous balance", readonly=True)
    pagado = fields.Monetary("Paid", readonly=True)
    saldo_insoluto = fields.Monetary("Remaining balance", readonly=True)
    is_compensation = fields.Boolean("Compensation", readonly=True)


class ComplementWizardFinding(models.TransientModel):
    _name = "l10n_mx_cfdi40.complement.wizard.finding"
    _description = "Problem of a complement to generate"
    _inherit = ["l10n_mx_cfdi40.shown.finding"]

    wizard_id = fields.Many2one("l10n_mx_cfdi40.complement.wizard", required=True, ondelete="cascade")

    def action_mend(self):
        """Open the record where this is mended."""
        self.ensure_one()
        wizard = self.wizard_id
        chosen = wizard.payment_ids.filtered("included").receipt_id
        preview = chosen._preview(replaces=wizard.replaces_id.sudo() or None)
        for finding in preview.findings:
            if (finding.code, finding.path) == (self.code, self.path):
                action = wizard._remedy(chosen, finding)
                if action:
                    context = action.get("context")
                    action["context"] = {
                        **(context if isinstance(context, dict) else {}), "l10n_mx_cfdi40_complement_wizard": wizard.id}
                return action or wizard._action()
        # Mended already.
        return wizard.action_refresh()
