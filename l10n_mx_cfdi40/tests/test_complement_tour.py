"""From money received to the stamped complement in a browser, as who bills and as the accountant, neither of them an
administrator.

Inside Odoo's test mode nothing may be committed, so the exactly-once protocol itself is not proven here.
"""
from datetime import datetime, time, timedelta

from odoo.tests import tagged

from ..cfdi import parse
from ..cfdi.pagos import Pagos
from .tour_common import Desktop, Phone, TourCommon

FOLDER = "/l10n_mx_cfdi40/tests"
#: Number under which the bank has the transfer.
TRACKING = "MBAN01002607150045"


class ComplementTours:
    """Stamped PPD invoices of today, and what each tour needs besides."""

    def ppd(self, price):
        """A stamped invoice of today, of the price plus IVA, to be paid later."""
        return self.stamped(price, "PPD", invoice_date_due=self.today + timedelta(days=60))

    def stored(self):
        """{UUID: XML} of all that the PAC stamped."""
        return {stamp.uuid.upper(): stamp.xml for stamp in self.pac.stamps()}

    def complement_after(self, tour, user, money_of):
        """Run the tour; the one Pago of the complement that it left in the ledger, at the PAC and on the payment.

        :param money_of: finds the money, a payment or a bank line, once the tour is over
        """
        before = self.stored()
        self.tour(tour, user)
        receipt = money_of().move_id.l10n_mx_cfdi40_receipt_ids
        document = receipt.document_id
        self.assertEqual((receipt.state, document.state, document.kind), ("issued", "stamped", "P"))
        self.assertEqual(document.create_uid, user)
        new = {uuid: xml for uuid, xml in self.stored().items() if uuid not in before}
        self.assertEqual(new, {document.uuid: document._stamped_bytes()}, "the PAC stamped this and nothing else")
        self.keep_document(document)
        comprobante = parse.leer(document._stamped_bytes())
        self.assertEqual((comprobante.receptor.rfc, comprobante.fecha.date()), ("URE180429TM6", self.today))
        [pagos] = [one for one in comprobante.complemento if isinstance(one, Pagos)]
        [pago] = pagos.pago
        return comprobante, pago

    def doctos(self, pago):
        """[(UUID, NumParcialidad, ImpSaldoAnt, ImpPagado, ImpSaldoInsoluto)]"""
        return [
            (docto.id_documento.upper(), docto.num_parcialidad, str(docto.imp_saldo_ant), str(docto.imp_pagado),
             str(docto.imp_saldo_insoluto))
            for docto in pago.docto_relacionado]

    def test_payment(self):
        """Register Payment, and the complement from the banner of the invoice."""
        move = self.ppd(1000)
        comprobante, pago = self.complement_after(
            "l10n_mx_cfdi40_complement_of_payment", self.biller,
            lambda: self.env["account.payment"].search([("company_id", "=", self.company.id)]))
        self.assertEqual((pago.forma_de_pago_p, pago.num_operacion, str(pago.monto)), ("02", "CH-00451", "500.00"))
        # A payment is never later than its complement.
        typed = datetime.combine(self.today, time(9, 15))
        self.assertEqual(pago.fecha_pago, min(typed, comprobante.fecha))
        self.assertEqual(self.doctos(pago), [(move.l10n_mx_cfdi40_uuid, 1, "1160.00", "500.00", "660.00")])
        self.assertEqual(move.amount_residual, 660)

    def test_deposit(self):
        """A deposit of the bank, the customer's remittance, and the complement from the board."""
        whole, part = self.ppd(1000), self.ppd(2000)
        text = "".join(
            f"{move.l10n_mx_cfdi40_serie}-{move.l10n_mx_cfdi40_folio}\t{amount}\n"
            for move, amount in ((whole, "1,160.00"), (part, "340.00")))
        self.env["ir.attachment"].create({
            "name": "remittance.txt", "url": f"{FOLDER}/remittance.txt", "raw": text.encode(), "type": "binary",
            "mimetype": "text/plain", "public": True})
        deposit = self.env["account.bank.statement.line"].create({
            "journal_id": self.company_data["default_journal_bank"].id, "date": self.today, "amount": 1500,
            "payment_ref": "SPEI RECIBIDO", "ref": TRACKING})
        _comprobante, pago = self.complement_after(
            "l10n_mx_cfdi40_complement_of_deposit", self.accountant, lambda: deposit)
        self.assertEqual((pago.forma_de_pago_p, pago.num_operacion, str(pago.monto)), ("03", TRACKING, "1500.00"))
        self.assertEqual(sorted(self.doctos(pago)), sorted([
            (whole.l10n_mx_cfdi40_uuid, 1, "1160.00", "1160.00", "0.00"),
            (part.l10n_mx_cfdi40_uuid, 1, "2320.00", "340.00", "1980.00")]))
        self.assertTrue(deposit.is_reconciled)
        self.assertEqual((whole.amount_residual, part.amount_residual), (0, 1980))


@tagged("post_install_l10n", "post_install", "-at_install")
class TestComplementTour(Desktop, ComplementTours, TourCommon):
    pass


@tagged("post_install_l10n", "post_install", "-at_install")
class TestComplementTourPhone(Phone, ComplementTours, TourCommon):
    pass
