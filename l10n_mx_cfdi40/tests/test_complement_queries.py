"""What a payment costs does not depend on how many invoices it covers, nor a complement on how many payments."""
import contextlib
from unittest.mock import patch

from odoo.tests import tagged

from .complement_common import ComplementCommon

MANY = 20


@tagged("post_install_l10n", "post_install", "-at_install")
class TestComplementQueries(ComplementCommon):
    @contextlib.contextmanager
    def counted(self, model, method):
        """Count the queries of each call of a method, what it leaves to be flushed included; Odoo's own are not."""
        original, counts = getattr(self.env.registry[model], method), []

        def counting(records, *args, **keywords):
            cr = records.env.cr
            records.env.flush_all()
            before = cr.sql_log_count
            result = original(records, *args, **keywords)
            records.env.flush_all()
            counts.append(cr.sql_log_count - before)
            return result

        with patch.object(self.env.registry[model], method, counting):
            yield counts

    def many(self, count, stamp=True):
        return self.env["account.move"].union(*(self.ppd(stamp=stamp) for _number in range(count)))

    def cold(self):
        self.env.flush_all()
        self.env.invalidate_all()

    def reconciled(self, moves):
        """Most queries that `_sync`, and all of our hook, cost when these invoices are paid by one payment."""
        self.cold()
        with (self.counted("l10n_mx_cfdi40.receipt", "_sync") as sync,
              self.counted("account.move", "_l10n_mx_cfdi40_payment_changed") as hook):
            payment = self.register(moves)
        self.assertEqual(self.receipt(payment).state, "waiting")
        return max(sync), max(hook)

    def prepared(self, receipts):
        """Queries of making the complement of these payments, with nothing in the cache."""
        self.cold()
        with self.later(), self.counted("l10n_mx_cfdi40.receipt", "_prepare") as counts:
            preview = receipts._prepare()
        self.assertEqual((preview.errors, preview.document.state), ([], "sealed"))
        self.assertEqual(set(receipts.mapped("state")), {"sending"})
        return counts[0]

    def test_reconciling(self):
        self.register(self.ppd())  # what is read once and for all
        few, many = self.reconciled(self.ppd()), self.reconciled(self.many(MANY))
        self.assertEqual(few, many)
        self.assertLessEqual(many[0], 10)

    def test_reconciling_before_the_stamp(self):
        """What the payment makes of each invoice (PUE, PPD) is proposed anew."""
        counts = []
        for moves in (self.many(2, stamp=False), self.many(3, stamp=False), self.many(MANY, stamp=False)):
            self.cold()
            with self.counted("account.move", "_l10n_mx_cfdi40_payment_changed") as hook:
                self.register(moves, sum(moves.mapped("amount_total")) - 1)
            counts.append(max(hook))
            self.assertEqual(sorted(set(moves.mapped("l10n_mx_cfdi40_metodo_pago"))), ["PPD", "PUE"])
        self.assertEqual(counts[1], counts[2])

    def test_preparing(self):
        """The same for one invoice and many, for one payment and many."""
        receipts = [self.receipt(self.register(moves)) for moves in (
            self.ppd(), self.ppd(), self.many(MANY), self.many(2))]
        month = self.receipt(*(self.register(self.ppd()) for _number in range(MANY)))
        self.prepared(receipts[0])
        one, many, two = (self.prepared(receipt) for receipt in receipts[1:])
        self.assertEqual((many, two), (one, one))
        # Odoo reads the journals' accounts of several payments once more than those of one.
        self.assertLessEqual(self.prepared(month), one)
        self.assertLessEqual(one, 45)

    def test_preparing_payments_in_dollars(self):
        """The rate is asked once a day."""
        bank = self.bank.sudo().copy({"name": "Banco USD", "code": "BUSD", "currency_id": self.usd.id})
        receipts = [self.receipt(*(
            self.register(self.ppd(currency_id=self.usd.id), journal=bank) for _number in range(count)
        )) for count in (2, 2, MANY)]
        self.prepared(receipts[0])
        self.assertEqual(self.prepared(receipts[1]), self.prepared(receipts[2]))
