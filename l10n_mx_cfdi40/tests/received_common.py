"""A vendor that stamps invoices to our RFC at the same embedded PAC and SAT, and asks to cancel them."""
from datetime import timedelta
from decimal import Decimal
from functools import cache

from odoo import SUPERUSER_ID, Command
from odoo.tests import new_test_user

from ..cfdi.cancelacion import Folio, Motivo, SolicitudCancelacion, firmar_cancelacion
from ..cfdi.csd import Csd
from ..cfdi.seal import sellar
from ..cfdi.timbre import leer_timbre
from ..cfdi.values import Comprobante, Concepto, Emisor, Impuestos, ImpuestosConcepto, Receptor, Traslado
from ..pac.authority import Authority
from ..pac.base import Accepted, Received
from ..pac.clock import CENTRAL
from ..pac.store import Store
from .common import DESDE, HASTA, NOMBRE, PASSWORD, RFC, _prepared
from .complement_common import ComplementCommon

VENDOR_RFC, VENDOR_NAME = "XIA190128J61", "XENON INDUSTRIAL ARTICLES"
#: NOW is Thursday 12 March 2026; the third business day after it is Wednesday 18 (Monday 16 is a holiday).
DEADLINE = "2026-03-19 05:59:59"
SILENCE = "2026-03-19 06:30:00"
SOON = "2026-03-12 18:40:00"


@cache
def _vendor_files():
    """The vendor's certificate, made once a process by the authority of which every test has a copy."""
    return Authority(Store(_prepared()[0])).csd(
        VENDOR_RFC, f"{VENDOR_NAME} SA DE CV", password=PASSWORD, desde=DESDE, hasta=HASTA)


class Vendor:
    """Issues CFDI to our company and asks for their cancellation, without Odoo."""

    def __init__(self, pac):
        self.pac = pac
        self.csd = Csd.abrir(*_vendor_files(), PASSWORD)

    def _local(self):
        return self.pac.clock.now().astimezone(CENTRAL).replace(tzinfo=None, microsecond=0)

    def issue(self, net="1000.00"):
        """Stamp an invoice to our company. :return: (UUID, xml)"""
        net = Decimal(net)
        vat = (net * Decimal("0.16")).quantize(Decimal("0.01"))
        tax = Traslado(
            base=net, impuesto="002", tipo_factor="Tasa", tasa_o_cuota=Decimal("0.160000"), importe=vat)
        line = Concepto(
            clave_prod_serv="01010101", cantidad=Decimal("1"), clave_unidad="ACT", descripcion="Venta",
            valor_unitario=net, importe=net, objeto_imp="02", impuestos=ImpuestosConcepto(traslados=(tax,)))
        sealed = sellar(Comprobante(
            serie="V", folio=str(self.pac.count() + 1), fecha=self._local() - timedelta(hours=1), forma_pago="03",
            sub_total=net, moneda="MXN", total=net + vat, tipo_de_comprobante="I", exportacion="01",
            metodo_pago="PUE", lugar_expedicion="76343",
            emisor=Emisor(rfc=VENDOR_RFC, nombre=VENDOR_NAME, regimen_fiscal="601"),
            receptor=Receptor(
                rfc=RFC, nombre=NOMBRE, domicilio_fiscal_receptor="42501", regimen_fiscal_receptor="601",
                uso_cfdi="G03"),
            conceptos=(line,), impuestos=Impuestos(total_impuestos_trasladados=vat, traslados=(tax,))), self.csd).xml
        answer = self.pac.stamp(sealed)
        assert isinstance(answer, Accepted), answer
        return leer_timbre(answer.xml).uuid.upper(), answer.xml

    def cancel(self, uuid):
        """Ask the SAT to cancel: it asks our company."""
        request = SolicitudCancelacion(
            rfc_emisor=VENDOR_RFC, fecha=self._local(), folios=(Folio(uuid, Motivo.NO_REALIZADA),))
        answer = self.pac.cancel(firmar_cancelacion(request, self.csd), uuid=uuid)
        assert isinstance(answer, Received), answer

    def asked(self, net="1000.00"):
        """An invoice whose cancellation waits for our answer. :return: its UUID"""
        uuid, _xml = self.issue(net)
        self.cancel(uuid)
        return uuid


class ReceivedCommon(ComplementCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = cls.accountant
        cls.Request = cls.env["l10n_mx_cfdi40.received.request"]
        root = cls.env(su=True)
        cls.supplier = cls.other_customer
        cls.vat16 = root["account.tax"].search([
            ("company_id", "=", cls.company.id), ("type_tax_use", "=", "purchase"), ("amount", "=", 16),
            ("l10n_mx_tax_type", "=", "iva"), ("amount_type", "=", "percent")], limit=1)
        cls.company.sudo().l10n_mx_cfdi40_received_user_id = cls.manager

    def setUp(self):
        super().setUp()
        self.vendor = Vendor(self.pac)
        self.pac.set_policy(acceptance=True)
        self.addCleanup(self.pac.set_policy, acceptance=None)

    def member(self, login, groups, company):
        return new_test_user(
            self.env(user=SUPERUSER_ID), login=login, password=f"{login}-{login}", groups=groups,
            company_id=company.id, company_ids=[(6, 0, company.ids)])

    # -- our side ------------------------------------------------------------------------------------------------------

    def ask(self):
        """What the cron does every few hours."""
        self.Request.sudo()._cron_ask()

    def run_answers(self):
        self.Request.sudo()._cron_answers()

    def row(self, uuid, user=None):
        """The last row of this UUID, with the rights of the manager."""
        return self.Request.with_user(user or self.manager).search([("uuid", "=", uuid)], order="id desc", limit=1)

    def received(self, net="1000.00"):
        """A row that waits for our answer."""
        uuid = self.vendor.asked(net)
        self.ask()
        return self.row(uuid)

    def wizard(self, rows, answer="accept", **vals):
        """The window that the button opens."""
        action = rows.action_accept() if answer == "accept" else rows.action_reject()
        wizard = self.env[action["res_model"]].with_user(rows.env.user).browse(action["res_id"])
        if vals:
            wizard.write(vals)
        return wizard

    def answer(self, rows, answer="accept", **vals):
        """Answer as the manager does."""
        self.wizard(rows, answer, **vals).action_confirm()

    def at_sat(self, uuid):
        """(answer, how many requests) that the SAT has."""
        found = [request for request in self.pac.requests() if request.uuid == uuid]
        return (found[-1].answer and str(found[-1].answer), len(found))

    def bill(self, uuid=None, net=1000, post=True, user=None, **vals):
        """A vendor's bill of the biller's; `uuid` in its own field."""
        move = self.env["account.move"].with_user(user or self.biller).create({
            "move_type": "in_invoice", "partner_id": self.supplier.id, "invoice_date": "2026-03-12",
            "date": "2026-03-12", "company_id": self.company.id, "invoice_payment_term_id": False,
            "l10n_mx_cfdi40_bill_uuid": uuid,
            "invoice_line_ids": [Command.create({
                "name": "Compra", "quantity": 1, "price_unit": net, "tax_ids": [Command.set(self.vat16.ids)]})],
            **vals})
        if post:
            move.action_post()
        return move

    def pay(self, bill, date="2026-03-12"):
        self.env["account.payment.register"].with_user(self.manager).with_context(
            active_model="account.move", active_ids=bill.ids).create({
                "payment_date": date, "journal_id": self.bank.id})._create_payments()

    def entry(self, move):
        """What an entry says, to prove that nobody touched it."""
        move.invalidate_recordset()
        return move.state, move.name, move.date, [
            (line.id, line.account_id.id, line.balance, line.reconciled) for line in move.line_ids]
