"""Stamped invoices whose cancellation is asked for, and the SAT's answers to it."""
from .complement_common import ComplementCommon

#: A week after NOW (Thursday 12 March 2026): the next business day after the issue is over.
WEEK_LATER = "2026-03-19 18:00:00"
#: The end of the third business day after that (Tuesday 24 March) is over in the centre of Mexico.
SILENCE = "2026-03-25 06:30:00"


class CancelCommon(ComplementCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Cancellation = cls.env["l10n_mx_cfdi40.cancellation"]

    def needing(self, price=5000, **vals):
        """A stamped PUE invoice whose cancellation the customer has to accept, once the next business day is over."""
        move = self.invoice(self.line(price, self.iva16), **{
            "l10n_mx_cfdi40_uso_id": self.uso.id, "l10n_mx_cfdi40_metodo_pago": "PUE",
            "l10n_mx_cfdi40_forma_pago_id": self.forma.id, **vals}).with_user(self.biller)
        self.stamp(move)
        return move

    def small(self, **vals):
        """A stamped invoice of 116: it needs no acceptance."""
        return self.needing(price=100, **vals)

    def order(self, move, motivo="02", **options):
        """Order the cancellation of an invoice, or of a document, and send it if nothing stands in its way."""
        document = move if move._name == "l10n_mx_cfdi40.document" else self.document(move)
        row = self.env["l10n_mx_cfdi40.cancellation"].sudo()._order_for(document, motivo, **options)
        self.run_cancellations()
        return row

    def run_cancellations(self):
        """What the crons do, as often as one step leads to the next."""
        for _round in range(4):
            self.env["l10n_mx_cfdi40.cancellation"].sudo()._cron_send()
            self.env["l10n_mx_cfdi40.document"].sudo()._cron_sat()

    def ask_sat(self, move):
        document = move if move._name == "l10n_mx_cfdi40.document" else self.document(move)
        return document._ask_sat()

    def requests(self, move=None):
        """How many requests the SAT has, or has of one invoice."""
        found = self.pac.requests()
        return len(found if move is None else [one for one in found if one.uuid == self.document(move).uuid])

    def posted_lines(self, move):
        """What the entry of an invoice says, to prove that nobody touched it."""
        move.invalidate_recordset()
        return move.state, move.name, move.date, [
            (line.id, line.account_id.id, line.balance, line.amount_currency, line.tax_base_amount)
            for line in move.line_ids]
