"""Money of a customer, invoices that wait for it, and what he says of them."""
import base64
import io

from .invoice_common import TODAY
from .stamp_common import StampCommon


class RemittanceCommon(StampCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.root = cls.env(user=cls.env.ref("base.user_root"), su=True)
        cls.bank = cls.company_data["default_journal_bank"]
        cls.other_customer = cls.customer.sudo().copy({
            "name": "Otra Cliente SA de CV", "vat": "XIQB891116QE4"}).with_env(cls.env)

    def owed(self, *amounts, **vals):
        """Posted invoices of these totals, each with its CFDI folio, as the biller sees them."""
        moves = self.env["account.move"].concat(*[
            self.invoice(self.line(amount), **vals) for amount in amounts])
        moves._l10n_mx_cfdi40_assign_folio()
        return moves.with_env(self.env)

    def folio(self, move):
        return f"{move.l10n_mx_cfdi40_serie}-{move.l10n_mx_cfdi40_folio}"

    def deposit(self, amount, **vals):
        """Money on the bank's statement, as it was imported."""
        line = self.root["account.bank.statement.line"].create({
            "journal_id": self.bank.id, "date": TODAY, "payment_ref": "SPEI RECIBIDO", "amount": amount, **vals})
        return line.with_env(self.env)

    def payment(self, amount, **vals):
        payment = self.env["account.payment"].create({
            "payment_type": "inbound", "partner_type": "customer", "partner_id": self.customer.id, "amount": amount,
            "date": TODAY, "journal_id": self.bank.id, **vals})
        payment.action_post()
        return payment

    def register(self, moves, **vals):
        return self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=moves.ids,
        ).create({"payment_date": TODAY, "journal_id": self.bank.id, **vals})

    def open(self, source, text=None, **vals):
        """The remittance wizard on a deposit, a payment or Register Payment, having read the text."""
        if source._name == "account.payment.register":
            source.write({"l10n_mx_cfdi40_remit": True, "l10n_mx_cfdi40_remittance_text": text})
            action = source.action_create_payments()
        else:
            action = source.action_l10n_mx_cfdi40_remittance()
        wizard = self.env[action["res_model"]].browse(action["res_id"])
        if not wizard.is_read:
            wizard.write({"text": text, **vals})
            wizard.action_read()
        return wizard

    def text_of(self, moves, amounts=None):
        return "\n".join(
            f"{self.folio(move)}\t${amount:,.2f}"
            for move, amount in zip(moves, amounts or moves.mapped("amount_total"), strict=True))

    def applied(self, source):
        """{invoice: amount} that this money really pays, by Odoo's reconciliation."""
        lines = source.move_id.line_ids
        paid = {}
        for partial in lines.matched_debit_ids:
            move = partial.debit_move_id.move_id
            self.assertEqual(partial.amount, partial.credit_amount_currency)
            paid[move] = paid.get(move, 0) + partial.debit_amount_currency
        return paid

    def problems(self, wizard):
        return [line.problem or "" for line in wizard.line_ids]

    def book(self, rows):
        """An XLSX file, base64."""
        import openpyxl
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(row)
        stream = io.BytesIO()
        book.save(stream)
        return base64.b64encode(stream.getvalue())
