"""Stamped payment complements in the ledger, made with the core alone: how a payment of Odoo becomes one is tested
elsewhere."""
import base64
import hashlib
import os
from datetime import datetime
from pathlib import Path
from unittest.mock import patch
from uuid import UUID

from lxml import html

from ..cfdi import parse, values
from ..cfdi.cobranza import Cuenta, Factura, PagoRecibido, Recibo
from ..cfdi.complemento_pago import comprobante_de_pago
from ..cfdi.seal import sellar
from ..pac.base import Accepted
from .invoice_common import D
from .stamp_common import StampCommon

REPORT = "l10n_mx_cfdi40.action_report_complement"
#: Decimals of the currencies of these tests.
CIFRAS = {"MXN": 2, "USD": 2, "JPY": 0}
EMISOR = values.Emisor(rfc="EKU9003173C9", nombre="ESCUELA KEMPER URGATE", regimen_fiscal="601")
RECEPTOR = values.Receptor(
    rfc="URE180429TM6", nombre="UNIVERSIDAD ROBOTICA ESPAÑOLA", domicilio_fiscal_receptor="86991",
    regimen_fiscal_receptor="601", uso_cfdi="CP01")


def iva(base, tasa="0.160000"):
    """IVA charged on an amount."""
    return values.Traslado(
        base=D(base), impuesto="002", tipo_factor="Tasa", tasa_o_cuota=D(tasa), importe=round(D(base) * D(tasa), 2))


def exento(base):
    """An amount exempt from IVA."""
    return values.Traslado(base=D(base), impuesto="002", tipo_factor="Exento")


def retenido(base, impuesto="002", tasa="0.106667"):
    """A tax withheld of an amount; two thirds of IVA unless told otherwise."""
    return values.Retencion(
        base=D(base), impuesto=impuesto, tipo_factor="Tasa", tasa_o_cuota=D(tasa),
        importe=round(D(base) * D(tasa), 2))


def factura(folio, total, *taxes, moneda="MXN", objeto="02", **changes):
    """An invoice as complements name it; its UUID follows from its folio."""
    return Factura(**{
        "uuid": str(UUID(int=0xA0000000000040008000000000000000 + int(folio))).upper(),
        "serie": "F", "folio": str(folio), "moneda": moneda, "total": D(total), "objeto_imp": objeto,
        "traslados": tuple(tax for tax in taxes if isinstance(tax, values.Traslado)),
        "retenciones": tuple(tax for tax in taxes if isinstance(tax, values.Retencion)), **changes})


def pagado(una, importe=None, *, antes=0, **how):
    """What a payment covers of an invoice, all of it unless told otherwise, after ``antes`` payments of it."""
    return Cuenta(factura=una, saldo=una.total, parcialidades=antes).pagar(
        una.total if importe is None else D(importe), **how)[0]


def pago(*documentos, monto=None, **changes):
    """A transfer in pesos of as much as it covers, unless told otherwise."""
    return PagoRecibido(**{
        "fecha": datetime(2026, 3, 10, 12, 0, 0), "forma_pago": "03", "moneda": "MXN", "documentos": documentos,
        "monto": D(monto) if monto else sum(documento.pagado for documento in documentos), **changes})


class StampedComplementCommon(StampCommon):
    """``money``: the record that stands for the payment. How a complement finds its own is tested elsewhere."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.money = cls.invoice(cls.line(100, cls.iva16))
        documents = cls.env.registry["l10n_mx_cfdi40.document"]
        cls.startClassPatcher(patch.object(documents, "_mail_record", lambda document: document.move_id))

    def complement(self, *pagos, vals=None, **changes):
        """A row of the ledger with the stamped complement of the payments, for the biller; one simple payment unless
        told otherwise. ``vals``: of the row; other changes: of the receipt."""
        recibo = Recibo(**{
            "fecha": datetime(2026, 3, 12, 11, 30, 0), "serie": "P", "folio": "7", "lugar_expedicion": "42501",
            "emisor": EMISOR, "receptor": RECEPTOR, "pagos": pagos or (self.simple(),), **changes})
        sealed = sellar(comprobante_de_pago(recibo, CIFRAS), self.certificate.sudo()._csd())
        outcome = self.pac.stamp(sealed.xml)
        self.assertIsInstance(outcome, Accepted, outcome)
        folder = os.environ.get("CFDI40_XML_DIR")
        if folder:
            Path(folder, f"{hashlib.sha1(outcome.xml).hexdigest()}.xml").write_bytes(outcome.xml)
        document = self.env["l10n_mx_cfdi40.document"].sudo().create(
            {**self.row(sealed, parse.leer(outcome.xml), outcome.xml), **(vals or {})})
        return document.with_user(self.biller).sudo(False)

    def simple(self):
        return pago(pagado(factura(1, "116.00", iva("100.00"))))

    def row(self, sealed, comprobante, xml):
        return {
            "move_id": self.money.id,
            "company_id": self.company.id,
            "kind": "P",
            "state": "stamped",
            "environment": "test",
            "pac": "loopback",
            "serie": comprobante.serie,
            "folio": comprobante.folio,
            "date": "2026-03-12 17:30:00",
            "date_local": comprobante.fecha.isoformat(),
            "issuer_rfc": comprobante.emisor.rfc,
            "receiver_rfc": comprobante.receptor.rfc,
            "receiver_name": comprobante.receptor.nombre,
            "partner_id": self.customer.id,
            "certificate_id": self.certificate.id,
            "sealed_xml": base64.b64encode(sealed.xml),
            "sha256": hashlib.sha256(sealed.xml).hexdigest(),
            "stamped_xml": base64.b64encode(xml),
            "uuid": comprobante.timbre.uuid.upper(),
            "stamped_at": "2026-03-12 18:00:00",
        }

class ComplementReportCommon(StampedComplementCommon):
    def tree(self, documents, user=None):
        reports = self.env(user=user or self.biller)["ir.actions.report"]
        return html.fromstring(reports._render_qweb_html(REPORT, documents.ids)[0])

    def text(self, documents, user=None):
        """What a reader sees, white space made single."""
        tree = self.tree(documents, user)
        for hidden in tree.xpath("//style | //head"):
            hidden.getparent().remove(hidden)
        return " ".join(" ".join(tree.itertext()).split())

    def rows(self, documents, table):
        """The rows of the tables of a kind, each a list of the texts of its cells."""
        found = self.tree(documents).xpath(f"//table[contains(concat(' ', @class, ' '), ' {table} ')]//tr")
        return [[" ".join(cell.text_content().split()) for cell in row] for row in found]

    def totals(self, document):
        """{label: amount} of the totals of the complement."""
        tables = self.tree(document).xpath(
            "//table[contains(@class, 'o_cfdi40_sum') and not(contains(@class, 'o_cfdi40_taxes'))]")
        self.assertEqual(len(tables), 1)
        return {row[0].text_content().strip(): " ".join(row[1].text_content().split())
                for row in tables[0].xpath(".//tr")}

    def data(self, document):
        """{label: text} of the boxes."""
        return dict(row for row in self.rows(document, "o_cfdi40_data") if len(row) == 2)

    def instalment(self):
        """A part of an invoice of 1,000.00 with IVA and two thirds of it withheld, after two others."""
        una = factura(31, "1053.33", iva("1000.00"), retenido("1000.00"))
        return pago(pagado(una, "500.00", antes=2))

    def banked(self):
        """A transfer with all that a complement may tell of it."""
        return pago(
            pagado(factura(35, "116.00", iva("100.00"))), num_operacion="2026031000012345",
            rfc_emisor_cta_ord="XEXX010101000", nom_banco_ord_ext="First Bank of Texas",
            cta_ordenante="012180001234567891", rfc_emisor_cta_ben="BBA830831LJ2",
            cta_beneficiario="012180009876543219", tipo_cad_pago="01",
            cert_pago=base64.b64encode(b"certificate").decode(), cad_pago="||1|cadena SPEI||",
            sello_pago=base64.b64encode(b"seal").decode())

    def crossed(self):
        """An invoice in dollars, paid in pesos at 18.7694."""
        una = factura(32, "1160.00", iva("1000.00"), moneda="USD")
        return pago(pagado(una, "580.00", parte=D("10886.25")), monto="10886.25")
