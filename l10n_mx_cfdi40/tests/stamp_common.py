"""Invoices ready to be stamped, and the embedded PAC at hand. In Odoo's test mode nothing is committed: what commits
are for is tested with real processes in tests/process."""
import base64

from odoo.addons.l10n_mx_cfdi40.pac.engine import Engine

from .invoice_common import NOW, InvoiceCommon

LATER = "2026-03-16 18:00:00"  # four days after NOW: no PAC takes what was sealed then


class StampCommon(InvoiceCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.pac = Engine(cls.store)
        cls.uso = cls.key("c_UsoCFDI", "G03")
        cls.forma = cls.key("c_FormaPago", "03")
        cls.customer.email = "cliente@example.com"
        cls.become(cls.biller)

    def setUp(self):
        super().setUp()
        # Every test of these classes happens at the same moment, for Odoo and for the PAC.
        self.enterContext(self.at(NOW))
        # The PAC's file is outside the transaction that is rolled back after each test.
        with self.store.writing() as db:
            for table in ("cancellation", "relation", "efos", "stamp", "call"):
                db.execute(f"DELETE FROM {table}")
        self.addCleanup(self.pac.faults.clear)

    def ready(self, post=True, **vals):
        """An invoice of the biller with nothing wrong."""
        return self.invoice(self.line(100, self.iva16), post=post, **{
            "l10n_mx_cfdi40_uso_id": self.uso.id, "l10n_mx_cfdi40_forma_pago_id": self.forma.id, **vals}).with_user(
                self.biller)

    def bad(self, **vals):
        """An invoice that the SAT would refuse: no use of the CFDI."""
        move = self.ready(**vals)
        move.l10n_mx_cfdi40_uso_id = False
        return move

    def fault(self, kind, **options):
        return self.pac.faults.set(kind, **options)

    def stamps(self):
        """How many stamps the PAC made in this test."""
        return self.pac.count()

    def document(self, move):
        return move.l10n_mx_cfdi40_document_id.sudo()

    def actions(self, document):
        """The history, oldest first."""
        return document.event_ids.sorted("id").mapped("action")

    def run_queue(self):
        self.env["l10n_mx_cfdi40.document"].sudo()._cron_queue()

    def run_recover(self):
        self.env["l10n_mx_cfdi40.document"].sudo()._cron_recover()

    def assertStamped(self, move):
        """Stamped, and the ledger holds what the PAC holds."""
        document = self.document(move)
        self.assertEqual(document.state, "stamped", document.message)
        xml = base64.b64decode(document.stamped_xml)
        stored = {stamp.uuid.upper(): stamp.xml for stamp in self.pac.stamps()}
        self.assertEqual(stored[document.uuid], xml)
        self.keep_document(document)
        return document
