"""The main job in a browser, as an accountant who is no administrator: from the CSD's files to the stamped XML and PDF.

Inside Odoo's test mode nothing may be committed, so the exactly-once protocol itself is not proven here: the same way
through the screens against a real server is in the project's `tests/process`.
"""
from unittest.mock import patch

from odoo import Command
from odoo.tests import HttpCase, tagged

from ..cfdi import parse
from ..pac.engine import Engine
from .invoice_common import InvoiceCommon

FOLDER = "/l10n_mx_cfdi40/tests"
CUSTOMER_RFC = "XIA190128J61"
LOGIN = "contadora"


class TourCase(InvoiceCommon, HttpCase):
    """A company with fiscal data and without certificate, whose CSD files the tour finds under ``FOLDER``."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # The other tests find one installed.
        cls.env["l10n_mx_cfdi40.certificate"].search([]).unlink()
        groups = cls.env.ref("base.group_partner_manager") + cls.env.ref("product.group_product_manager")
        cls.accountant.group_ids = [Command.link(group.id) for group in groups]
        # A product of no company is priced in the currency of the first company of the database.
        cls.product.write({"taxes_id": cls.iva16.ids, "company_id": cls.company.id})
        cls.company.external_report_layout_id = cls.env.ref("web.external_layout_standard")
        for name, content in zip(("company.cer", "company.key"), cls.csd_files, strict=True):
            cls.env["ir.attachment"].create({
                "name": name, "url": f"{FOLDER}/{name}", "raw": content, "type": "binary", "public": True})

    def setUp(self):
        super().setUp()
        # Odoo's tests get HTML for a PDF unless told otherwise; the accountant gets a PDF.
        reports = self.registry["ir.actions.report"]
        original = reports._pre_render_qweb_pdf

        def render(records, *args, **kwargs):
            return original(records.with_context(force_report_rendering=True), *args, **kwargs)

        self.startPatcher(patch.object(reports, "_pre_render_qweb_pdf", render))

    def run_tour(self):
        """Run the tour and check what it left: in the ledger, at the PAC and behind the server's addresses."""
        self.start_tour("/odoo/customer-invoices", "l10n_mx_cfdi40_first_invoice", login=LOGIN, timeout=240)
        certificate = self.env["l10n_mx_cfdi40.certificate"].search([])
        self.assertEqual((certificate.rfc, certificate.create_uid), ("EKU9003173C9", self.accountant))
        moves = self.env["account.move"].search([
            ("company_id", "=", self.company.id), ("partner_id.vat", "=", CUSTOMER_RFC)], order="id")
        self.assertEqual(moves.mapped("l10n_mx_cfdi40_state"), ["stamped", "stamped"])
        self.assertEqual(moves.l10n_mx_cfdi40_document_ids.create_uid, self.accountant)
        # The PAC stamped these invoices and nothing else.
        self.assertEqual(
            {stamp.uuid.upper() for stamp in Engine(self.store).stamps()}, set(moves.mapped("l10n_mx_cfdi40_uuid")))
        self.authenticate(LOGIN, f"{LOGIN}-{LOGIN}")
        for move in moves:
            self._check_downloads(move)

    def _check_downloads(self, move):
        document = move.l10n_mx_cfdi40_document_id
        xml = self.url_open(document.action_download_stamped()["url"])
        self.assertEqual(xml.content, document._stamped_bytes())
        comprobante = parse.leer(xml.content)
        self.assertEqual((comprobante.receptor.rfc, str(comprobante.total)), (CUSTOMER_RFC, "116.00"))
        pdf = self.url_open(f"/report/pdf/account.account_invoices/{move.id}", timeout=60)
        self.assertEqual(pdf.status_code, 200)
        self.assertTrue(pdf.content.startswith(b"%PDF-"), pdf.content[:200])


@tagged("post_install_l10n", "post_install", "-at_install")
class TestTour(TourCase):
    browser_size = "1366x900"

    def test_first_invoice(self):
        self.run_tour()


@tagged("post_install_l10n", "post_install", "-at_install")
class TestTourPhone(TourCase):
    browser_size = "390x844"
    touch_enabled = True

    def test_first_invoice(self):
        self.run_tour()
