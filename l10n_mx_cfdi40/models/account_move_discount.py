"""What closed an invoice in the books without being money: the SAT hears of it by a credit note (egreso) only.

A write-off or an early payment discount is booked with the payment; the complement says what was received, so at the
SAT a balance stays. The credit note proposed here takes it off, and when it is posted the write-off is undone by an
entry of its own, so that the books hold the discount once.
"""
from odoo import Command, api, fields, models
from odoo.exceptions import UserError

from ..cfdi.amounts import CERO
from .account_move_concepts import decimal
from .document_states import IN_FORCE

#: Billing services; activity: what the SAT's guides use for discounts after the sale.
PRODUCT_KEY, UNIT_KEY = "84111506", "ACT"


class AccountMove(models.Model):
    _inherit = "account.move"

    l10n_mx_cfdi40_discount_move_id = fields.Many2one(
        "account.move", "Discount Booked In", copy=False, readonly=True, index="btree_not_null",
        help="The payment whose write-off or early payment discount this credit note documents.")

    def _l10n_mx_cfdi40_open_at_sat(self):
        """What is still owed of this PPD invoice by the CFDI in force, though its books are closed; 0 if they agree."""
        if not (self._l10n_mx_cfdi40_owes_complement() and self.l10n_mx_cfdi40_state in IN_FORCE
                and self.l10n_mx_cfdi40_instalment_count and self.currency_id.is_zero(self.amount_residual)):
            return CERO
        document = self.l10n_mx_cfdi40_document_id.sudo()
        balance, _number = self._l10n_mx_cfdi40_opening(decimal(document.total))
        paid, _number = self._l10n_mx_cfdi40_complemented()[self.id]
        return max(CERO, balance - paid - self._l10n_mx_cfdi40_credited()[self.id])

    def _get_alerts(self):
        # EXTENDS 'account'
        alerts = super()._get_alerts()
        if self.state != "posted" or self._l10n_mx_cfdi40_due_receipts():
            return alerts
        left = self._l10n_mx_cfdi40_open_at_sat()
        if left:
            text = self.currency_id.format(float(left))
            draft = self._l10n_mx_cfdi40_discount_notes()
            if draft:
                message = self.env._(
                    "At the SAT %s of this invoice is still owed until its credit note is stamped.", text)
            else:
                message = self.env._(
                    "At the SAT %s of this invoice is still owed: what closed it here is a discount or a write-off, and"
                    " no money. A credit note (egreso) takes it off.", text)
            alerts["l10n_mx_cfdi40_discount"] = {
                "level": "warning", "message": message,
                "action_text": self.env._("See the credit note") if draft else self.env._("Propose the credit note"),
                # Not an `action_call`: the banner would throw away the window that it returns.
                "action": {
                    **self.env["ir.actions.actions"]._for_xml_id("l10n_mx_cfdi40.action_discount"),
                    "context": {"active_model": "account.move", "active_ids": self.ids, "active_id": self.id},
                },
            }
        return alerts

    def _l10n_mx_cfdi40_discount_notes(self):
        """Credit notes proposed for this invoice that are not stamped yet."""
        relations = self.env["l10n_mx_cfdi40.relation"].sudo().search([
            ("related_move_id", "=", self.id), ("move_id.l10n_mx_cfdi40_discount_move_id", "!=", False),
            ("move_id.state", "!=", "cancel")])
        return relations.move_id.filtered(lambda note: note.l10n_mx_cfdi40_state not in IN_FORCE)

    def action_l10n_mx_cfdi40_discount(self):
        """The draft credit note of what closed this invoice without being money; made if there is none."""
        self.ensure_one()
        self._l10n_mx_cfdi40_check_user()
        notes = self._l10n_mx_cfdi40_discount_notes().sudo(False)
        if not notes:
            left = self._l10n_mx_cfdi40_open_at_sat()
            if not left:
                raise UserError(self.env._("Nothing is owed of %s at the SAT.", self.display_name))
            notes = self.create(self._l10n_mx_cfdi40_discount_vals(float(left)))
        return notes._get_records_action()

    def _l10n_mx_cfdi40_discount_vals(self, amount):
        """A credit note of `amount`, taxes included, in the proportion of the invoice's taxes."""
        payer = self._l10n_mx_cfdi40_payers().filtered(lambda move: move._l10n_mx_cfdi40_money_lines()[2])[:1]
        account = payer and payer._l10n_mx_cfdi40_money_lines()[2].filtered(lambda line: not line.tax_line_id)[:1]
        share = amount / self.amount_total
        keys = self.env["l10n_mx_cfdi40.catalog"]
        unit = self.env.ref("l10n_mx.product_uom_activity", raise_if_not_found=False)
        lines = self.invoice_line_ids.filtered(lambda line: line.display_type == "product")
        relation = self.env["l10n_mx_cfdi40.relation"]._vals_for(self, "01")
        return {
            "move_type": "out_refund",
            "partner_id": self.partner_id.id,
            "journal_id": self.journal_id.id,
            "company_id": self.company_id.id,
            "currency_id": self.currency_id.id,
            "invoice_payment_term_id": False,
            "l10n_mx_cfdi40_discount_move_id": payer.id,
            "l10n_mx_cfdi40_relation_ids": [Command.create(relation)],
            "l10n_mx_cfdi40_forma_pago_id": keys._key("c_FormaPago", "15").id,
            "invoice_line_ids": [Command.create({
                "name": self.env._("Discount on %s", self.name),
                "quantity": 1,
                "price_unit": sum(group.mapped("price_subtotal")) * share,
                "tax_ids": [Command.set(taxes.ids)],
                "product_uom_id": unit.id if unit else False,
                "l10n_mx_cfdi40_clave_id": keys._key("c_ClaveProdServ", PRODUCT_KEY).id,
                "l10n_mx_cfdi40_clave_unidad_id": keys._key("c_ClaveUnidad", UNIT_KEY).id,
                **({"account_id": account.account_id.id} if account else {}),
            }) for taxes, group in lines.grouped("tax_ids").items()],
        }

    def _post(self, soft=True):
        # EXTENDS 'account'
        posted = super()._post(soft=soft)
        for note in posted.filtered("l10n_mx_cfdi40_discount_move_id"):
            note.sudo()._l10n_mx_cfdi40_book_discount_once()
        return posted

    def _l10n_mx_cfdi40_book_discount_once(self):
        """Undo the payment's write-off against this credit note, up to its amount, so that it is not counted twice."""
        payer = self.l10n_mx_cfdi40_discount_move_id
        written_off = payer._l10n_mx_cfdi40_money_lines()[2]
        receivable = self.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable" and not line.reconciled)
        total = sum(written_off.mapped("balance"))
        if not receivable or not total:
            return
        credit = -sum(receivable.mapped("balance"))
        share = min(1, credit / total)
        entry = self.env["account.move"].create({
            "move_type": "entry", "date": self.date, "ref": self.env._("Discount of %s", self.name),
            "journal_id": self.env["account.journal"].search([
                *self.env["account.journal"]._check_company_domain(self.company_id), ("type", "=", "general")],
                limit=1).id,
            "line_ids": self._l10n_mx_cfdi40_undo_lines(written_off, share, receivable[:1], min(credit, total)),
        })
        entry.action_post()
        (receivable + entry.line_ids.filtered(lambda line: line.account_id == receivable.account_id)).reconcile()

    @api.model
    def _l10n_mx_cfdi40_undo_lines(self, written_off, share, receivable, amount):
        currency = receivable.company_currency_id
        lines, left = [], amount
        for number, line in enumerate(written_off, start=1):
            balance = left if number == len(written_off) else currency.round(line.balance * share)
            left -= balance
            lines.append(Command.create({
                "name": line.name, "account_id": line.account_id.id, "balance": -balance,
                "tax_tag_ids": [Command.set(line.tax_tag_ids.ids)],
            }))
        return [*lines, Command.create({
            "name": receivable.name, "account_id": receivable.account_id.id, "partner_id": receivable.partner_id.id,
            "balance": amount})]
