"""From the reconciliation to the rows that owe a complement. Only rows are written here: nothing is ever sealed or sent
inside of a reconciliation, and nothing that goes wrong with a complement stops one.

`_sync` compares what the money covers now with what complements that live say of it, and says what is left. It gives
the same result however often and in whatever order it is called: when reconciling, undoing it, stamping the invoice.
"""
from collections import defaultdict

from markupsafe import escape
from odoo import api, models

from ..cfdi import amounts
from ..cfdi.amounts import CERO
from .account_move import INCOME_TYPES
from .account_move_concepts import decimal

ACTIVITY = "l10n_mx_cfdi40.mail_activity_unbacked"


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    def _reconcile_post_hook(self, data):
        # EXTENDS 'account': called recursively, and often with nothing
        result = super()._reconcile_post_hook(data)
        moves = self.sudo().move_id
        if any(move._l10n_mx_cfdi40_is_income() for move in moves):
            moves._l10n_mx_cfdi40_payment_changed()
        return result


class AccountPartialReconcile(models.Model):
    _inherit = "account.partial.reconcile"

    def unlink(self):
        # EXTENDS 'account'
        moves = (self.debit_move_id | self.credit_move_id).move_id.sudo()
        concerned = any(move._l10n_mx_cfdi40_is_income() for move in moves)
        result = super().unlink()
        if concerned:
            moves.exists()._l10n_mx_cfdi40_payment_changed()
        return result


class AccountMove(models.Model):
    _inherit = "account.move"

    def _l10n_mx_cfdi40_is_income(self):
        return self.move_type in INCOME_TYPES and self._l10n_mx_cfdi40_is_applicable()

    def _l10n_mx_cfdi40_owes_complement(self):
        """Whether payments of this invoice owe a complement: it is PPD, and was or is to be stamped."""
        return self._l10n_mx_cfdi40_is_income() and self.l10n_mx_cfdi40_metodo_pago == "PPD"

    def _l10n_mx_cfdi40_payment_changed(self):
        """These invoices and entries of money were reconciled, or are no longer.

        An invoice that is paid before it is stamped first proposes what that makes of it.
        """
        unstamped = self.filtered(lambda move: (
            move.state == "posted" and move._l10n_mx_cfdi40_is_income() and not move.l10n_mx_cfdi40_locked))
        if unstamped:
            unstamped._compute_l10n_mx_cfdi40_proposed()
        # Of a bank line that is being deleted only the entry is left, and the rows that it had.
        self.env["l10n_mx_cfdi40.receipt"]._sync(
            self._l10n_mx_cfdi40_carries_money() | self.filtered("l10n_mx_cfdi40_receipt_ids"))

    def _l10n_mx_cfdi40_payers(self):
        """Posted entries that carry money and are reconciled with these invoices."""
        lines = self.line_ids.filtered(lambda line: line.account_id.account_type == "asset_receivable")
        return lines.matched_credit_ids.credit_move_id.move_id.filtered(
            lambda move: move.state == "posted")._l10n_mx_cfdi40_carries_money()


class Receipt(models.Model):
    _inherit = "l10n_mx_cfdi40.receipt"

    @api.model
    def _sync(self, money_moves):
        """Bring the rows of these entries in line with what their money covers now.

        Queries do not grow with the invoices of a payment, nor with the payments.
        """
        if not money_moves:
            return
        rows = self.search([("money_move_id", "in", money_moves.ids)])
        # What was sealed and never sent says something that may not hold any more: it is made anew.
        rows.document_id.filtered(lambda document: document._is_unsent())._drop()
        money = money_moves._l10n_mx_cfdi40_money()
        said = self._said(rows)
        by_move = rows.grouped("money_move_id")
        new, gone = [], self.browse()
        for move, one in money.items():
            left = self._left(move, one, said[move])
            existing = by_move.get(move, self.browse())
            for receipt in existing.filtered("is_open"):
                _partner, amount = left.pop(receipt.partner_id._l10n_mx_cfdi40_receiver_key(), (None, CERO))
                if amount:
                    receipt._follow(amount)
                else:
                    gone |= receipt
            new += [self._new_vals(move, one, partner, amount) for partner, amount in left.values()]
            existing.filtered(lambda receipt: not receipt.is_open)._mark_unbacked(one, said[move])
        # The payment covers nothing any more and nobody outside knows of it: no trace remains.
        gone.unlink()
        # Nothing of it is worth a message, and nobody follows it: it may be gone in half an hour.
        quiet = self.with_context(mail_create_nolog=True, mail_create_nosubscribe=True, tracking_disable=True)
        quiet.create(new)._trigger()

    def _follow(self, amount):
        """Say what an open row owes by now."""
        vals, day = {}, self._day()
        if decimal(self.amount) != amount:
            vals["amount"] = float(amount)
        if self.date != day:
            vals.update(date=day, reason=False, issue_at=self._issue_time(self.company_id, day))
        if self.is_unbacked:
            # Its complement was cancelled, or never was.
            vals["is_unbacked"] = False
            self.activity_unlink([ACTIVITY])
        if vals:
            self.write(vals)

    def _released(self):
        """Their complement is refused or cancelled: what the payments cover by now waits, and nothing else is left."""
        money = self.money_move_id
        self.filtered(lambda receipt: receipt.is_open and not receipt.money_move_id).unlink()
        self._sync(money)

    @api.model
    def _said(self, rows, without=None):
        """{entry: {invoice: what complements that live say was paid by its money}}

        :param without: complements that do not count, being made anew or replaced
        """
        said = defaultdict(lambda: defaultdict(lambda: CERO))
        for instalment in rows.instalment_ids:
            if instalment.live and not instalment.is_compensation and not (
                    without and instalment.document_id in without):
                said[instalment.receipt_id.money_move_id][instalment.move_id] += decimal(instalment.pagado)
        return said

    @api.model
    def _left(self, move, money, said):
        """{key of the receptor: (customer, amount in the payment's currency that no complement says yet)}"""
        left = {}
        for invoice, (_paid, part) in self._rest(move, money, said).items():
            partner = invoice.commercial_partner_id
            key = partner._l10n_mx_cfdi40_receiver_key()
            partner, amount = left.get(key, (partner, CERO))
            left[key] = partner, amount + part
        return left

    @api.model
    def _rest(self, move, money, said):
        """{PPD invoice: (paid, part)}: what the money of an entry covers and no complement says yet; ``paid`` in the
        invoice's currency, ``part`` in the payment's.

        :param said: {invoice: what complements say of it by this money}
        """
        result = {}
        root = move.company_id._l10n_mx_cfdi40_fiscal_root()
        for invoice, covered in money.covered.items():
            if any(said.get(replaced) for replaced in invoice._l10n_mx_cfdi40_replaced_moves()):
                # The complement of an invoice that this one replaces says it: that one is issued anew, not another.
                continue
            rest = covered.paid - said.get(invoice, CERO) - invoice._l10n_mx_cfdi40_said_elsewhere(move)
            if rest > CERO and invoice._l10n_mx_cfdi40_owes_complement() and (
                    invoice.company_id._l10n_mx_cfdi40_fiscal_root() == root):
                part = amounts.redondear(covered.part * rest / covered.paid, money.currency.decimal_places)
                if part > CERO:  # less than its currency can say otherwise
                    result[invoice] = rest, part
        return result

    @api.model
    def _new_vals(self, move, money, partner, amount):
        day = move._l10n_mx_cfdi40_paid_on()
        return {
            "money_move_id": move.id,
            "company_id": move.company_id.id,
            "partner_id": partner.id,
            "date": day,
            "currency_id": money.currency.id,
            "amount": float(amount),
            "issue_at": self._issue_time(move.company_id, day),
            **move._l10n_mx_cfdi40_payment_data(),
        }

    def _mark_unbacked(self, money, said):
        """Say which complements the payment no longer backs, and which it backs again."""
        short = {
            invoice for invoice, paid in said.items()
            if paid > (money.covered[invoice].paid if invoice in money.covered else CERO)}
        for receipt in self:
            live = receipt.instalment_ids.filtered("live")
            unbacked = bool(live) and (
                receipt.date != receipt._day() or any(row.move_id in short for row in live))
            if unbacked == receipt.is_unbacked:
                continue
            receipt.is_unbacked = unbacked
            if not unbacked:
                receipt.activity_unlink([ACTIVITY])
            elif receipt.state == "unbacked" and not (
                    short and all(invoice.l10n_mx_cfdi40_is_substituted for invoice in short)):
                receipt._warn_unbacked(receipt.document_id)
            # Else nobody knows yet whether it will be in force: it is told when it is. And of an invoice that was
            # replaced the payments went over to the new one, and its complement is issued anew by itself.

    def _warn_unbacked(self, document, record=None):
        """An activity for who answers for complements: never a cancellation by itself.

        :param record: where it is told when nothing is left of the payment's row
        """
        record = record or self
        record.activity_schedule(
            ACTIVITY,
            summary=self.env._("Complement %s without applied payment", document.display_name),
            note=self.env._(
                "The payment %(payment)s was taken off the invoices or has another date, but its complement %(uuid)s"
                " says at the SAT that it covers them. If it was a mistake, undo it. If the payment covers other"
                " invoices, use “Replace” on the complement. If there was no such payment, ask for the cancellation of"
                " the complement: since 2026 the customer has to accept it.",
                payment=escape(record.display_name), uuid=document.uuid),
            user_id=self._responsible(document).id)

    def _is_warned(self):
        return bool(self.activity_search([ACTIVITY]))

    def _responsible(self, document=None):
        """Who answers for the complements of the company: who was named, else who reconciled the payment if that was a
        person, else an accountant."""
        document = document or self.document_id
        company = self.company_id or document.company_id
        creator = (self or document).create_uid
        creator = creator if creator.active and not creator.share else self.env["res.users"]
        named = company._l10n_mx_cfdi40_fiscal_root().l10n_mx_cfdi40_rep_user_id
        return named or creator or self._accountant(company) or self.env.user
