from odoo.tests import tagged

from .invoice_common import NOW, InvoiceCommon


@tagged("post_install_l10n", "post_install", "-at_install")
class TestQueries(InvoiceCommon):
    """What a line costs does not depend on how many there are."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.products = [cls._product(f"Producto {n}", f"Q-{n}", n) for n in range(100)]
        cls.moves = {
            count: cls.invoice(*[
                cls.line(10 + n, cls.iva16, cls.ret_iva, cls.ret_isr, product=product)
                for n, product in enumerate(cls.products[:count])])
            for count in (1, 10, 100)}

    def _cold(self, moves):
        """Queries of values and findings with nothing in any cache, as the biller."""
        moves = moves.with_env(self.env(user=self.biller))
        self.env.flush_all()
        self.env.invalidate_all()
        self.env.registry.clear_all_caches()
        queries = self.env.cr.sql_log_count
        moves._l10n_mx_cfdi40_findings(moves._l10n_mx_cfdi40_values())
        return self.env.cr.sql_log_count - queries

    def test_queries(self):
        """The same for 1, 10 and 100 lines and for several invoices; the whole way to a sealed XML may cost 30."""
        with self.at(NOW):
            self._cold(self.moves[1])
            counts = {count: self._cold(move) for count, move in self.moves.items()}
            together = self._cold(self.env["account.move"].concat(*self.moves.values()))
        self.assertEqual(set(counts.values()), {counts[1]})
        self.assertLessEqual(counts[1], 22)
        self.assertLessEqual(together, counts[1])
