"""Stamped PPD invoices and ways in which money meets them."""
import contextlib
from datetime import datetime

from odoo import SUPERUSER_ID, Command
from odoo.tests import freeze_time, new_test_user

from ..cfdi import parse
from ..cfdi.pagos import Pagos
from .invoice_common import NOW
from .stamp_common import StampCommon

#: After the grace time.
AFTER = "2026-03-12 18:45:00"


class ComplementCommon(StampCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        env = cls.env(su=True)
        cls.bank = cls.company_data["default_journal_bank"]
        cls.cash = cls.company_data["default_journal_cash"]
        cls.other_customer = env["res.partner"].create({
            "name": "Xenon Industrial Articles SA de CV", "is_company": True, "vat": "XIA190128J61", "zip": "76343",
            "country_id": env.ref("base.mx").id, "email": "xia@example.com",
            "l10n_mx_cfdi40_regimen_id": cls.key("c_RegimenFiscal", "601").id,
        })
        cls.auditor = new_test_user(
            cls.env(user=SUPERUSER_ID), login="auditora", password="auditora-auditora",
            groups="account.group_account_readonly", company_id=cls.company.id, company_ids=[(6, 0, cls.company.ids)])
        cls.receipts = cls.env["l10n_mx_cfdi40.receipt"]

    @classmethod
    def unrated(cls, code):
        """A currency in use and without any rate."""
        currency = cls.env(su=True).ref(f"base.{code}")
        currency.active = True
        currency.rate_ids.unlink()
        return currency

    @classmethod
    def rates(cls, *rows):
        """Rates of the company, as (currency, day, pesos for one unit)."""
        cls.env(su=True)["res.currency.rate"].create([{
            "name": day, "currency_id": currency.id, "company_id": cls.company.id, "inverse_company_rate": rate,
        } for currency, day, rate in rows])

    def ppd(self, price=1000, *taxes, stamp=True, **vals):
        """A stamped invoice to be paid later, of the price plus 16 % IVA unless other taxes are given."""
        move = self.invoice(self.line(price, *(taxes or (self.iva16,))), **{
            "l10n_mx_cfdi40_uso_id": self.uso.id, "l10n_mx_cfdi40_metodo_pago": "PPD",
            "invoice_date_due": "2026-05-31", **vals}).with_user(self.biller)
        if stamp:
            self.stamp(move)
        return move

    def stamp(self, move):
        preview = move._l10n_mx_cfdi40_stamp()
        self.assertFalse(preview.errors)
        self.assertEqual(move.l10n_mx_cfdi40_state, "stamped", self.document(move).message)

    def register(self, moves, amount=None, date="2026-03-12", journal=None, currency=None, **vals):
        """Register Payment, as the biller does it.

        :return: the payment
        """
        wizard = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=moves.ids).create({
                "payment_date": date, "journal_id": (journal or self.bank).id, "group_payment": True,
                **({} if currency is None else {"currency_id": currency.id}),
                **({} if amount is None else {"amount": amount})})
        # What follows from the amount is chosen after it, as on the screen.
        wizard.write(vals)
        return wizard._create_payments()

    def bank_line(self, amount, moves=None, date="2026-03-12", applied=None, **vals):
        """A line of the bank, put straight on the invoices: no account.payment at all.

        :param applied: {invoice: amount in the line's currency}; without, all of it to the first ones
        """
        line = self.env["account.bank.statement.line"].sudo().create({
            "journal_id": self.bank.id, "amount": amount, "date": date, "payment_ref": "Depósito", **vals})
        for move, part in (applied or ({moves[:1]: amount} if moves else {})).items():
            self.match(line, move, part)
        return line

    def match(self, line, move, part):
        """Move a part of the bank line's suspense to the invoice's receivable, and reconcile."""
        line = line.with_context(skip_account_move_synchronization=True, skip_readonly_check=True, force_delete=True)
        _liquidity, suspense, _others = line._seek_for_lines()
        receivable = move.sudo().line_ids.filtered(lambda one: one.account_type == "asset_receivable")
        rate = suspense.balance / suspense.amount_currency
        left = suspense.amount_currency + part
        commands = [Command.create({
            "account_id": receivable.account_id.id, "partner_id": move.commercial_partner_id.id, "name": "pago",
            "currency_id": suspense.currency_id.id, "amount_currency": -part, "balance": -part * rate})]
        if suspense.currency_id.is_zero(left):
            commands.append(Command.delete(suspense.id))
        else:
            commands.append(Command.update(suspense.id, {"amount_currency": left, "balance": left * rate}))
        before = line.line_ids
        line.move_id.write({"line_ids": commands})
        (line.move_id.line_ids - before + receivable).reconcile()

    def split(self, line, *rows):
        """Write a bank line's entry as a program for bank reconciliation does, and reconcile what pays invoices.

        :param rows: (invoice or account, balance[, amount in the invoice's currency])
        """
        suspense = line._seek_for_lines()[1]
        commands, moves = [Command.delete(suspense.id)], []
        for target, balance, *foreign in rows:
            vals = {"name": "parte", "balance": balance, "account_id": target.id}
            if target._name == "account.move":
                moves.append(target)
                vals |= {
                    "account_id": self.receivable(target).account_id.id, "partner_id": target.commercial_partner_id.id}
            if foreign:
                vals.update(currency_id=target.currency_id.id, amount_currency=foreign[0])
            commands.append(Command.create(vals))
        before = line.line_ids
        entry = line.move_id.with_context(
            skip_account_move_synchronization=True, skip_readonly_check=True, force_delete=True)
        entry.write({"line_ids": commands})
        paying = (line.move_id.line_ids - before).filtered(lambda one: one.account_type == "asset_receivable")
        for move, part in zip(moves, paying.sorted("id"), strict=True):
            (part + self.receivable(move)).reconcile()

    def receivable(self, move):
        return move.sudo().line_ids.filtered(lambda one: one.account_type == "asset_receivable")

    def receipt(self, *money):
        """The rows of these payments or bank lines."""
        moves = self.env["account.move"].union(*(one.move_id for one in money))
        return self.receipts.sudo().search([("money_move_id", "in", moves.ids)])

    @contextlib.contextmanager
    def later(self, moment=AFTER):
        """Move both clocks on."""
        self.clock.freeze(datetime.fromisoformat(f"{moment}+00:00"))
        with freeze_time(moment):
            yield
        self.clock.freeze(datetime.fromisoformat(f"{NOW}+00:00"))

    def run_complements(self, moment=AFTER):
        """What the queue does when the grace time is over."""
        with self.later(moment):
            self.receipts.sudo()._cron_issue()

    def complement(self, *money):
        """Issue what these payments owe, through the queue.

        :return: (document, its Pagos)
        """
        self.run_complements()
        receipt = self.receipt(*money)
        self.assertEqual(set(receipt.mapped("state")), {"issued"}, receipt.mapped("reason"))
        document = receipt.document_id
        self.assertEqual(len(document), 1)
        return document, self.pagos(document)

    def pagos(self, document):
        """The complement as the stamped XML has it."""
        self.assertEqual(document.state, "stamped", document.message)
        self.keep_document(document)
        comprobante = parse.leer(document._stamped_bytes())
        [pagos] = [one for one in comprobante.complemento if isinstance(one, Pagos)]
        return pagos

    def doctos(self, pagos):
        """[(UUID, parcialidad, saldo anterior, pagado, insoluto)] of all payments, as text."""
        return [
            (docto.id_documento, docto.num_parcialidad, str(docto.imp_saldo_ant), str(docto.imp_pagado),
             str(docto.imp_saldo_insoluto))
            for pago in pagos.pago for docto in pago.docto_relacionado]

    def unreconcile(self, move):
        move.sudo().line_ids.remove_move_reconcile()
