"""The bill that a vendor's cancellation is about, and what each answer would lead to, said before anything is sent."""
from collections import defaultdict

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_date, format_datetime, formatLang

from .account_move_bill import BILLS, tidy_uuid
from .document_protocol import STAMP_ZONE

#: Which of several bills with one UUID is spoken of.
_RANK = {"posted": 0, "draft": 1, "cancel": 2}


class ReceivedRequest(models.Model):
    _inherit = "l10n_mx_cfdi40.received.request"

    bill_id = fields.Many2one("account.move", string="Vendor bill", compute="_compute_bill")
    bill_count = fields.Integer(compute="_compute_bill")
    vendor = fields.Char(compute="_compute_bill")
    vendor_rfc = fields.Char("RFC of the vendor", compute="_compute_bill")
    currency_id = fields.Many2one("res.currency", compute="_compute_bill")
    total = fields.Monetary(compute="_compute_bill")
    bill_date = fields.Date("Period", compute="_compute_bill", help="Accounting date of the bill.")
    # Not related: each change of any bill would look for the requests that have it.
    bill_state = fields.Selection(
        lambda self: self._names_of_bills("state"), "State of the bill", compute="_compute_bill")
    bill_payment_state = fields.Selection(
        lambda self: self._names_of_bills("payment_state"), "Payment of the bill", compute="_compute_bill")

    company_currency_id = fields.Many2one(related="company_id.currency_id")
    bill_paid = fields.Monetary("Paid", compute="_compute_bill_effect", help="In the currency of the bill.")
    bill_is_closed = fields.Boolean("Period locked", compute="_compute_bill_effect")
    bill_vat = fields.Monetary(
        "VAT of the bill", compute="_compute_bill_effect", currency_field="company_currency_id")
    bill_vat_credited = fields.Monetary(
        "VAT credited", compute="_compute_bill_effect", currency_field="company_currency_id",
        help="What the tax lines of the bill, or of its payments where VAT follows the payment, have credited so far.")
    effect_accept = fields.Text("If you accept", compute="_compute_effects")
    effect_reject = fields.Text("If you reject", compute="_compute_effects")
    effect_silence = fields.Text("Without an answer", compute="_compute_effects")

    # -- which bill ----------------------------------------------------------------------------------------------------

    def _received_documents(self):
        """{row: received CFDI of the ledger with its UUID}"""
        found = self.env["l10n_mx_cfdi40.document"].sudo().search([
            ("direction", "=", "received"), ("uuid", "in", self.mapped("uuid")),
            ("company_id", "child_of", self.sudo().company_id.ids)])
        by_key = defaultdict(found.browse)
        for document in found:
            by_key[document.company_id._l10n_mx_cfdi40_fiscal_root().id, document.uuid] |= document
        return {row: by_key[row.company_id.id, row.uuid][:1] for row in self}

    def _bills(self):
        """{row: bills that carry its UUID, the one to speak of first}: in their field, by the received CFDI of the
        ledger, or in a reference that somebody typed."""
        uuids = set(self.mapped("uuid"))
        if not uuids:
            return dict.fromkeys(self, self.env["account.move"])
        by_document = {
            document.move_id.id: document.uuid for document in self._received_documents().values() if document.move_id}
        holding = Domain.OR(
            Domain(name, "ilike", uuid) for uuid in uuids for name in ("ref", "payment_reference"))
        moves = self.env["account.move"].search(
            Domain("move_type", "in", BILLS) & Domain("company_id", "child_of", self.sudo().company_id.ids)
            & (Domain("l10n_mx_cfdi40_bill_uuid", "in", list(uuids)) | Domain("id", "in", list(by_document)) | holding))
        found = defaultdict(moves.browse)
        for move in moves.sorted(lambda move: (_RANK[move.state], not move.l10n_mx_cfdi40_bill_uuid, move.id)):
            root = move.company_id._l10n_mx_cfdi40_fiscal_root().id
            if move.l10n_mx_cfdi40_bill_uuid:
                # What its own field says counts, not what else a reference mentions.
                found[root, move.l10n_mx_cfdi40_bill_uuid] |= move
                continue
            text = tidy_uuid(f"{move.ref or ''} {move.payment_reference or ''} {by_document.get(move.id, '')}")
            for uuid in uuids:
                if uuid in text:
                    found[root, uuid] |= move
        return {row: found[row.company_id.id, row.uuid] for row in self}

    @api.depends("uuid", "company_id")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_bill(self):
        bills, documents = self._bills(), self._received_documents()
        for row in self:
            bill, document = bills[row][:1], documents[row]
            partner = bill.commercial_partner_id
            row.bill_id = bill
            row.bill_count = len(bills[row])
            row.vendor = partner.name or document.issuer_rfc or False
            row.vendor_rfc = document.issuer_rfc or (partner._l10n_mx_cfdi40_rfc() if partner else False)
            row.currency_id = bill.currency_id or document.currency_id or row.company_id.currency_id
            row.total = bill.amount_total if bill else document.total
            row.bill_date = bill.date
            row.bill_state = bill.state
            row.bill_payment_state = bill.payment_state

    def _names_of_bills(self, name):
        return self.env["account.move"]._fields[name]._description_selection(self.env)

    # -- what it stands for in the books -------------------------------------------------------------------------------

    @api.depends("bill_id")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_bill_effect(self):
        credited = self._vat_credited()
        closed = {}
        for row in self:
            bill = row.bill_id
            vat_lines = bill.line_ids.filtered(_is_vat)
            row.bill_vat = sum(vat_lines.mapped("balance"))
            row.bill_vat_credited = credited.get(bill.id, 0)
            row.bill_paid = bill.amount_total - bill.amount_residual if bill.state == "posted" else 0
            key = bill.company_id, bill.journal_id, bill.date, bool(vat_lines), bill.inalterable_hash
            if bill and key not in closed:
                closed[key] = bill._l10n_mx_cfdi40_is_closed()
            row.bill_is_closed = bool(bill) and closed[key]

    def _vat_credited(self):
        """{id of the bill: VAT that its posted entries have credited}: of taxes on payment, those of the payments."""
        bills = self.bill_id.filtered(lambda bill: bill.state == "posted")
        result = defaultdict(float)
        for line in bills.line_ids.filtered(_is_vat):
            if line.tax_line_id.tax_exigibility != "on_payment":
                result[line.move_id.id] += line.balance
        entries = self.env["account.move"].search([
            ("tax_cash_basis_origin_move_id", "in", bills.ids), ("state", "=", "posted")]) if bills else bills
        for line in entries.line_ids.filtered(_is_vat):
            result[line.move_id.tax_cash_basis_origin_move_id.id] += line.balance
        return result

    # -- in words ------------------------------------------------------------------------------------------------------

    @api.depends("bill_id", "deadline", "after_rejection", "state")
    @api.depends_context("uid", "lang", "allowed_company_ids")
    def _compute_effects(self):
        for row in self:
            row.effect_accept = "\n".join(row._accept_texts())
            row.effect_reject = "\n".join(row._reject_texts())
            row.effect_silence = row._silence_text()

    def _accept_texts(self):
        texts = [self.env._("The SAT cancels the CFDI: it stops having fiscal effects, and that cannot be undone.")]
        bill = self.bill_id
        if not bill:
            return [*texts, self.env._(
                "No bill in Odoo carries this folio fiscal. Find out which purchase it is before you accept: write the"
                " folio fiscal on its bill, and it appears here.")]
        if self.bill_count > 1:
            texts.append(self.env._(
                "%s bills carry this folio fiscal: one of them may be a duplicate.", self.bill_count))
        if bill.state == "cancel":
            return [*texts, self.env._(
                "The bill %s is cancelled in Odoo already: nothing else is left to do.", bill.name)]
        if bill.state == "draft":
            return [*texts, self.env._(
                "The bill %s is a draft: nothing was credited with it. Do not post it.", bill.display_name)]
        return [*texts, *self._posted_texts(bill)]

    def _posted_texts(self, bill):
        period = format_date(self.env, bill.date, date_format="MMMM y")
        texts = [self.env._(
            "The bill %s stays as it is: accepting does not touch its entry. Once the SAT has cancelled the CFDI you"
            " get an activity to end it.", bill.name)]
        if self.bill_is_closed:
            texts.append(self.env._(
                "Its period (%s) is locked: the entry will have to be reversed with today's date.", period))
        else:
            texts.append(self.env._("Its period (%s) is open: the bill will have to be cancelled.", period))
        if self.bill_vat_credited:
            texts.append(self.env._(
                "VAT of %s was credited with it: it can no longer be, so the return of that period may have to be"
                " corrected.", self._company_money(self.bill_vat_credited)))
        elif self.bill_vat:
            texts.append(self.env._(
                "Its VAT of %s was not credited yet, and will not be.", self._company_money(self.bill_vat)))
        if self.bill_paid:
            texts.append(self.env._(
                "%s of it are paid: the vendor owes you that money, or another CFDI in exchange.",
                formatLang(self.env, self.bill_paid, currency_obj=bill.currency_id)))
        return texts

    def _reject_texts(self):
        texts = [self.env._(
            "The CFDI stays in force, and so do its deduction and its VAT. Reject when the operation did take place as"
            " the CFDI says.")]
        if not self.after_rejection:
            texts.append(self.env._(
                "The vendor may ask again; from then on there is no time limit, and silence is no acceptance."))
        return texts

    def _silence_text(self):
        if self.after_rejection:
            return self.env._("Nothing happens: you rejected it before, so the SAT waits until you answer.")
        if not self.deadline:
            return self.env._("The SAT cancels the CFDI by itself when the time to answer is over.")
        return self.env._(
            "On %s at the latest the SAT cancels the CFDI by itself, as if you had accepted (not so the sale of fuels,"
            " which always needs an answer).", format_datetime(
                self.env, self.deadline, tz=STAMP_ZONE.key, dt_format="short"))

    def _company_money(self, amount):
        return formatLang(self.env, amount, currency_obj=self.company_id.currency_id)


def _is_vat(line):
    """Whether it is a line of VAT charged by the vendor (not withheld from him)."""
    tax = line.tax_line_id
    return tax.l10n_mx_tax_type == "iva" and tax.amount > 0
