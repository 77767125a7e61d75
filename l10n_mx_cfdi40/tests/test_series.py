from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

from .invoice_common import InvoiceCommon


@tagged("post_install_l10n", "post_install", "-at_install")
class TestSeries(InvoiceCommon):
    """Series without the year and numeric folios, taken once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.internal = cls._user("empleado", "base.group_user")
        cls.auditor = cls._user("auditora", "account.group_account_readonly")
        cls.other = cls.env["res.company"].create({"name": "Otra"})
        cls.outsider = cls._user("externa", "account.group_account_invoice", company=cls.other)
        cls.become(cls.biller)
        cls.serie = cls.env["l10n_mx_cfdi40.serie"]

    def _serie(self, kind, company=None):
        return self.serie.search([("kind", "=", kind), ("company_id", "=", (company or self.company).id)])

    def _number(self, move):
        move._l10n_mx_cfdi40_assign_folio()
        return move.l10n_mx_cfdi40_serie, move.l10n_mx_cfdi40_folio

    def test_a_new_company_has_its_series(self):
        self.assertEqual(
            {serie.kind: (serie.prefix, serie.next_folio) for serie in self.serie.search([
                ("company_id", "=", self.company.id)])},
            {"invoice": ("F", 1), "credit_note": ("NC", 1), "complement": ("P", 1), "global": ("G", 1)})

    def test_each_kind_takes_its_own_once(self):
        invoice = self.invoice(self.line(1))
        self._serie("invoice").next_folio = 4021
        self.assertEqual(self._number(invoice), ("F", 4021))
        self.assertEqual(self._number(invoice), ("F", 4021))
        self.assertEqual(self._number(self.invoice(self.line(1), partner_id=self.public.id)), ("G", 1))
        self.assertEqual(self._number(self.refund(invoice)), ("NC", 1))
        self.assertEqual(self._number(self.invoice(self.line(1))), ("F", 4022))
        values = self.values(invoice)
        self.assertEqual((values.serie, values.folio), ("F", "4021"))

    def test_in_a_set(self):
        moves = self.env["account.move"].concat(*[self.invoice(self.line(1)) for _number in range(3)])
        moves._l10n_mx_cfdi40_assign_folio()
        self.assertEqual(moves.mapped("l10n_mx_cfdi40_folio"), [1, 2, 3])
        self.assertEqual(self._serie("invoice").next_folio, 4)

    def test_a_copy_has_no_folio(self):
        move = self.invoice(self.line(1))
        self._number(move)
        self.assertFalse(move.copy().l10n_mx_cfdi40_folio)

    def test_of_a_journal(self):
        journal = self.company_data["default_journal_sale"]
        self.serie.create({"kind": "invoice", "prefix": "TIENDA", "journal_id": journal.id, "next_folio": 10,
                           "company_id": self.company.id})
        self.assertEqual(self._number(self.invoice(self.line(1))), ("TIENDA", 10))

    def test_of_a_branch(self):
        """A branch without series of its own counts with its parent's; with them, apart. Never one prefix twice."""
        sudo = self.env(su=True)
        branch = sudo["res.company"].create({
            "name": "Sucursal Norte", "parent_id": self.company.id, "country_id": self.env.ref("base.mx").id})
        branch.partner_id.zip = "22000"
        journal = self.company_data["default_journal_sale"]
        chosen = self.serie._for([(branch, journal, "invoice")])
        self.assertEqual(chosen[branch, journal, "invoice"], self._serie("invoice").sudo())
        with self.assertRaises(ValidationError):
            sudo["l10n_mx_cfdi40.serie"].create({"kind": "invoice", "prefix": "F", "company_id": branch.id})
        own = sudo["l10n_mx_cfdi40.serie"].create({"kind": "invoice", "prefix": "FN", "company_id": branch.id})
        self.assertEqual(self.serie._for([(branch, journal, "invoice")])[branch, journal, "invoice"], own)
        move = self.env["account.move"].with_user(self.env.ref("base.user_root")).new({
            "move_type": "out_invoice", "company_id": branch.id, "journal_id": journal.id})
        self.assertEqual(move._l10n_mx_cfdi40_lugar_expedicion(), "22000")

    def test_used_ones_are_kept(self):
        serie = self._serie("invoice")
        serie.next_folio = 7
        self._number(self.invoice(self.line(1)))
        with self.assertRaises(UserError):
            serie.unlink()
        with self.assertRaises(UserError):
            serie.prefix = "Z"
        with self.assertRaises(ValidationError):
            serie.next_folio = 7
        serie.next_folio = 100
        self._serie("complement").unlink()

    def test_nonsense_is_refused(self):
        with self.assertRaises(ValidationError):
            self.serie.create({"kind": "invoice", "prefix": "A|B", "company_id": self.company.id})
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            self.serie.create({"kind": "invoice", "prefix": "NC", "company_id": self.company.id})
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            self.serie.create({"kind": "invoice", "prefix": "Q", "next_folio": 0, "company_id": self.company.id})

    def test_without_series_is_a_finding(self):
        move = self.invoice(self.line(1, self.iva16))
        self._serie("invoice").unlink()
        [finding] = self.findings(move)
        self.assertEqual(finding.code, "MX_SIN_SERIE")
        self.assertEqual(move._l10n_mx_cfdi40_finding_action(finding)["res_model"], "l10n_mx_cfdi40.serie")

    def test_missing_folios(self):
        """The stretches that no sealed document holds."""
        serie = self._serie("invoice")
        serie.next_folio = 100
        documents = self.env(su=True)["l10n_mx_cfdi40.document"]
        for folio in ("101", "102", "105"):
            documents.create({"company_id": self.company.id, "kind": "I", "serie": "F", "folio": folio,
                              "state": "stamped", "sha256": folio})
        documents.create({"company_id": self.company.id, "kind": "I", "serie": "F", "folio": "104", "state": "draft"})
        serie.with_context(active_test=False).next_folio = 108
        gaps = self.env["l10n_mx_cfdi40.folio.gap"].search([("serie_id", "=", serie.id)])
        self.assertEqual(
            [(gap.first, gap.last, gap.count) for gap in gaps], [(100, 100, 1), (103, 104, 2), (106, 107, 2)])
        self.assertEqual(serie.missing_count, 5)

    def test_access(self):
        with self.assertRaises(AccessError):
            self.serie.with_user(self.internal).search([]).mapped("prefix")
        with self.assertRaises(AccessError):
            self._serie("invoice").with_user(self.auditor).next_folio = 50
        self.assertFalse(self.serie.with_user(self.outsider).search([("company_id", "=", self.company.id)]))
