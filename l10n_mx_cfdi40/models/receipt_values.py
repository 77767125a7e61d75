"""From payments received to the values of their complement: what the stamped invoices say, what the money covers, what
the complements and credit notes in force leave."""
import re
from dataclasses import dataclass, field, replace
from datetime import datetime, time

from odoo import models

from ..cfdi import amounts
from ..cfdi.amounts import CERO
from ..cfdi.cobranza import PagoRecibido, Recibo
from ..cfdi.complemento_pago import comprobante_de_pago
from ..cfdi.errors import MontoError
from ..cfdi.findings import Finding
from .account_move_concepts import decimal
from .payment_data import KEYS, normal_hour
from .receipt import NOON, deadline_of

#: Context key: no person looks at what is issued.
UNATTENDED = "l10n_mx_cfdi40_unattended"
COMPENSATION = "17"
_BANK = tuple(name for name in KEYS if name not in ("forma_pago_id", "hora"))
#: Fields of the row that the core calls by the attribute's whole name.
_NAMES = {"rfc_cta_ord": "rfc_emisor_cta_ord", "banco_ord_ext": "nom_banco_ord_ext",
          "rfc_cta_ben": "rfc_emisor_cta_ben"}
PAGOS = "Comprobante/Complemento/Pagos"
_PAGO = re.compile(re.escape(PAGOS) + r"/Pago\[([0-9]+)\]")


@dataclass(slots=True)
class ComplementPreview:
    """Payments as their complement would say them.

    :ivar comprobante: unsealed; None when none of the payments covers anything.
    :ivar rows: (receipt, invoice, `DocumentoPagado`, is_compensation) of each related document, in its order.
    :ivar payments: receipt of each Pago, in its order.
    :ivar rates: published rates that were asked for, by currency and day.
    """

    receipts: object
    replaces: object = None
    comprobante: object = None
    document: object = None
    certificate: object = None
    rows: list = field(default_factory=list)
    payments: list = field(default_factory=list)
    rates: dict = field(default_factory=dict)
    findings: list = field(default_factory=list)

    @property
    def errors(self):
        return [finding for finding in self.findings if finding.severity == "error"]


class Receipt(models.Model):
    _inherit = "l10n_mx_cfdi40.receipt"

    def _build(self, preview, when, without):
        """Fill in the preview with what the complement of these payments says, and what is wrong with them.

        Queries do not grow with the payments, nor with their invoices.

        :param when: Fecha, naive local time of the place of issue
        :param without: documents that do not count, being made anew or replaced
        """
        receipts = self.sorted(lambda one: (one.date, one.id))
        money = receipts.money_move_id._l10n_mx_cfdi40_money()
        said = self._said(self.search([("money_move_id", "in", receipts.money_move_id.ids)]), without)
        owed = {receipt: receipt._owed(money, said) for receipt in receipts._once()}
        covered = self.env["account.move"].union(*(invoice for ones in owed.values() for invoice in ones))
        accounts = covered._l10n_mx_cfdi40_accounts(without)
        if preview.replaces:
            self._keep_instalments(preview.replaces, owed, accounts)
        payments = []
        for receipt, invoices in owed.items():
            for payment in receipt._payments(preview, money, invoices, accounts, when):
                payments.append(payment)
                preview.payments.append(receipt)
        if payments:
            preview.comprobante = self._comprobante(preview, payments, when)

    def _keep_instalments(self, replaced, owed, accounts):
        """An invoice of which the new complement says the same as the one that it replaces keeps its instalments and
        balances, though later complements go on from them."""
        for invoice, rows in replaced.instalment_ids.grouped("move_id").items():
            before = {row.receipt_id: decimal(row.pagado) for row in rows}
            now = {receipt: ones[invoice][0] for receipt, ones in owed.items() if invoice in ones}
            if before == now and invoice in accounts and not any(rows.mapped("is_compensation")):
                first = min(rows, key=lambda row: row.num_parcialidad)
                accounts[invoice] = replace(
                    accounts[invoice], saldo=decimal(first.saldo_anterior), parcialidades=first.num_parcialidad - 1)

    def _once(self):
        """One row for each payment and receptor: two of partners who came to share an RFC owe the same."""
        first = {}
        for receipt in self:
            first.setdefault((receipt.money_move_id, receipt.partner_id._l10n_mx_cfdi40_receiver_key()), receipt)
        return self.browse(receipt.id for receipt in first.values())

    def _owed(self, money, said):
        """{invoice: (paid, part)}: what this payment covers of the receptor's PPD invoices and no complement says."""
        self.ensure_one()
        if not self.money_move_id:
            return {}
        move, key = self.money_move_id, self.partner_id._l10n_mx_cfdi40_receiver_key()
        return {
            invoice: parts for invoice, parts in self._rest(move, money[move], said[move]).items()
            if invoice.commercial_partner_id._l10n_mx_cfdi40_receiver_key() == key}

    def _payments(self, preview, money, owed, accounts, when):
        """The Pago of this row, and the one of a factor's compensation; the accounts go on from what they cover."""
        documents = []
        for invoice, (paid, part) in owed.items():
            document = self._cover(preview, accounts, invoice, paid, part)
            if document:
                documents.append(document)
                preview.rows.append((self, invoice, document, False))
        if not documents:
            return
        one = money[self.money_move_id]
        payment = PagoRecibido(
            fecha=self._moment(when), forma_pago=self.forma_pago_id.code or "", moneda=one.currency.name,
            tipo_cambio=self._exchange_rate(one, preview.rates),
            # A payment of several receptors, or of other things too, says in each complement what is of that one.
            monto=amounts.suma(document.parte for document in documents),
            documentos=tuple(documents), **{_NAMES.get(name, name): self[name] or None for name in _BANK})
        yield payment
        if self.compensation:
            yield from self._compensate(preview, payment, list(owed), accounts)

    def _cover(self, preview, accounts, invoice, paid, part):
        """What the complement says of one invoice; None, with a finding, if it cannot say it."""
        path = f"{PAGOS}/Pago[{len(preview.payments) + 1}]"
        if invoice not in accounts:
            preview.findings.append(Finding("MX_REP_SIN_TIMBRE", path, "error", {
                "factura": invoice.name, "move_id": invoice.id}))
            return None
        try:
            document, accounts[invoice] = accounts[invoice].pagar(paid, parte=part)
        except MontoError as error:
            if error.code != "pago_mayor_que_saldo":
                raise
            preview.findings.append(Finding("MX_REP_SALDO", path, "error", {
                "factura": accounts[invoice].nombre, "importe": paid, "saldo": accounts[invoice].saldo,
                "move_id": invoice.id}))
            return None
        return document

    def _compensate(self, preview, payment, invoices, accounts):
        """What a factor kept, as a payment of form 17 that covers what is left of the invoices, in their order."""
        left, documents = amounts.redondear(decimal(self.compensation), self.currency_id.decimal_places), []
        for invoice in invoices:
            account = accounts.get(invoice)
            if not account or account.factura.moneda != payment.moneda:
                continue
            amount = min(left, account.saldo)
            if amount > CERO:
                document, accounts[invoice] = account.pagar(amount, parte=amount)
                documents.append(document)
                preview.rows.append((self, invoice, document, True))
                left -= amount
        if left > CERO:
            preview.findings.append(Finding(
                "MX_REP_COMPENSACION", f"{PAGOS}/Pago[{len(preview.payments) + 1}]", "error", {
                    "importe": decimal(self.compensation), "sobra": left, "receipt_id": self.id}))
        if documents:
            yield PagoRecibido(
                fecha=payment.fecha, forma_pago=COMPENSATION, moneda=payment.moneda, tipo_cambio=payment.tipo_cambio,
                monto=amounts.suma(document.pagado for document in documents), documentos=tuple(documents))

    def _moment(self, when):
        """FechaPago: the day and hour of the payment; noon when the hour is not known, but never after the issue."""
        moment = datetime.combine(self._day(), time.fromisoformat(normal_hour(self.hora) or NOON))
        # A day to come is left as it is: a finding says so.
        return min(moment, when) if moment.date() == when.date() else moment

    def _exchange_rate(self, money, known):
        """Pesos for one unit of the payment's currency, six decimals; None for pesos.

        :param known: published rates by currency and day, asked once each; added to
        """
        currency, day = money.currency, self._day()
        if currency.name == "MXN":
            return None
        if (currency, day) not in known:
            known[currency, day] = self._published_rate(currency)
        published = known[currency, day]
        if self.company_id.currency_id.name != "MXN":
            return amounts.con_decimales(published, 4, 6)
        # The published rate, where it is what the entry was made with; else what the entry says.
        received = decimal(self.amount) or amounts.CERO
        same = received and amounts.redondear(received * published, 2) == amounts.redondear(received * money.rate, 2)
        return amounts.con_decimales(published if same else money.rate, 4, 6)

    def _published_rate(self, currency):
        """Pesos for one unit of the currency on the day of the payment, as Odoo's table of rates has it."""
        company = self.company_id
        peso = company.currency_id
        if peso.name != "MXN":
            peso = self.env["res.currency"].search([("name", "=", "MXN")], limit=1)
        return decimal(currency._get_conversion_rate(currency, peso, company, self._day()))

    def _comprobante(self, preview, payments, when):
        """The unsealed document of these payments, of one receptor."""
        first = self[:1]
        zip_code = self._lugar_expedicion()
        replaces = preview.replaces
        currencies = self.env["res.currency"].with_context(active_test=False).search([
            ("name", "in", [*{payment.moneda for payment in payments},
                            *{d.factura.moneda for payment in payments for d in payment.documentos}])])
        return comprobante_de_pago(Recibo(
            fecha=when, lugar_expedicion=zip_code, emisor=first.company_id._l10n_mx_cfdi40_emisor(),
            receptor=first.receiver_id._l10n_mx_cfdi40_receptor(zip_code, "CP01"), pagos=tuple(payments),
            sustituye=(replaces.uuid,) if replaces else (),
        ), {currency.name: currency.decimal_places for currency in currencies})

    # -- findings ------------------------------------------------------------------------------------------------------

    def _own_findings(self, preview):
        """What is missing in Odoo for the complement, in the words of the fields."""
        first = self[:1]
        comprobante = preview.comprobante
        yield from first.company_id._l10n_mx_cfdi40_missing(
            comprobante, preview.certificate, first.money_move_id.journal_id)
        yield from first.receiver_id._l10n_mx_cfdi40_missing(comprobante.receptor)
        today = comprobante.fecha.date()
        for number, receipt in enumerate(preview.payments, start=1):
            path = f"{PAGOS}/Pago[{number}]"
            if not receipt.forma_pago_id:
                yield Finding("MX_REP_SIN_FORMA", f"{path}/@FormaDePagoP", "error", {
                    "pago": receipt.display_name, "receipt_id": receipt.id})
            day = receipt._day()
            if day > today:
                yield Finding("MX_REP_FECHA_FUTURA", f"{path}/@FechaPago", "error", {
                    "fecha": day, "receipt_id": receipt.id})
            if deadline_of(day) < today:
                yield Finding("MX_REP_FUERA_DE_PLAZO", f"{path}/@FechaPago", "warning", {
                    "fecha": day, "limite": deadline_of(day)})
        unbacked = self._unbacked_rivals(preview)
        if unbacked:
            # A person who knows what becomes of it may go on; by itself nothing says the same money twice.
            yield Finding("MX_REP_SIN_RESPALDO", PAGOS, "error" if self.env.context.get(UNATTENDED) else "warning", {
                "complemento": ", ".join(unbacked.mapped("display_name"))})

    def _unbacked_rivals(self, preview):
        """Complements in force whose payment was taken off, of the same money or the same invoices; not the one that is
        replaced."""
        invoices = {invoice.id for _receipt, invoice, _document, _compensation in preview.rows}
        rivals = self.search([
            ("state", "=", "unbacked"),
            "|", ("money_move_id", "in", self.money_move_id.ids), ("instalment_ids.move_id", "in", list(invoices))])
        # Those of an invoice that was replaced are issued anew by themselves, each in its turn.
        rivals = rivals.filtered(lambda one: not any(
            row.live and row.move_id.l10n_mx_cfdi40_is_substituted for row in one.instalment_ids))
        return rivals.document_id - preview.document - (preview.replaces or preview.document)

    def _point_at_receipts(self, preview):
        """Say which payment each finding of the rules is about, so that it can be opened."""
        for number, finding in enumerate(preview.findings):
            place = _PAGO.match(finding.path)
            if place and "receipt_id" not in finding.params and 0 < int(place[1]) <= len(preview.payments):
                preview.findings[number] = replace(finding, params={
                    **finding.params, "receipt_id": preview.payments[int(place[1]) - 1].id})
