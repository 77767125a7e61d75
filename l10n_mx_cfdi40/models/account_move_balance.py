"""What is owed of stamped invoices, as the SAT sees it: the stamped XML, complements and credit notes in force."""
from collections import defaultdict

from odoo import fields, models
from odoo.tools import SQL

from ..cfdi import cobranza, parse
from ..cfdi.amounts import CERO
from .account_move_concepts import decimal
from .document_states import IN_FORCE

#: Relations by which an egreso lowers what is owed of an invoice: credit note, return, application of an advance.
REDUCES = ("01", "03", "07")


class AccountMove(models.Model):
    _inherit = "account.move"

    l10n_mx_cfdi40_opening_said = fields.Json(
        copy=False, readonly=True,
        help="Of a CFDI stamped elsewhere: {entry of money: what complements made elsewhere say of it}.")

    def _l10n_mx_cfdi40_opening_payments(self, balance):
        """What complements made elsewhere say of the payments that the invoice has in Odoo already.

        The books owe less than the opening balance by what has no complement yet; the rest of the payments, the older
        ones first, are in it.

        :param balance: opening balance, in the invoice's currency
        :return: {id of the entry as text: amount}
        """
        payers = self.sudo()._l10n_mx_cfdi40_payers().sorted(lambda money: (money._l10n_mx_cfdi40_paid_on(), money.id))
        paid = {
            payer.id: money.covered[self].paid for payer, money in payers._l10n_mx_cfdi40_money().items()
            if self in money.covered}
        pending = max(CERO, decimal(balance) - decimal(self.amount_residual))
        left, said = max(CERO, sum(paid.values(), CERO) - pending), {}
        for payer_id, amount in paid.items():
            if left:
                said[str(payer_id)] = float(min(left, amount))
                left -= min(left, amount)
        return said

    def _l10n_mx_cfdi40_said_elsewhere(self, money_move):
        """What complements made elsewhere say of this invoice by the money of an entry."""
        return decimal(float((self.l10n_mx_cfdi40_opening_said or {}).get(str(money_move.id), 0)))

    def _l10n_mx_cfdi40_accounts(self, without=None):
        """{invoice: `cobranza.Cuenta`} of those whose CFDI is in force; queries do not grow with the invoices.

        The balance starts from the total, or from what was given when the CFDI was taken in from elsewhere; complements
        that live and credit notes in force lower it. NumParcialidad follows the highest one that lives.

        :param without: complements (`l10n_mx_cfdi40.document`) that do not count, being made anew or replaced
        :raises MontoError: an invoice's XML cannot be the base of a complement
        """
        stamped = self.filtered(lambda move: move.l10n_mx_cfdi40_state in IN_FORCE)
        documents = stamped.l10n_mx_cfdi40_document_id.sudo()
        documents.fetch(["stamped_xml"])
        paid = stamped._l10n_mx_cfdi40_complemented(without)
        credited = stamped._l10n_mx_cfdi40_credited()
        accounts = {}
        for move in stamped:
            invoice = cobranza.factura_de(parse.leer(move.l10n_mx_cfdi40_document_id.sudo()._stamped_bytes()))
            amount, number = paid[move.id]
            balance, before = move._l10n_mx_cfdi40_opening(invoice.total)
            accounts[move] = cobranza.Cuenta(
                factura=invoice, saldo=balance - amount - credited[move.id], parcialidades=max(before, number))
        return accounts

    def _l10n_mx_cfdi40_opening(self, total):
        """(balance, instalments) with which Odoo took over: those of a new invoice, or those given for an older one."""
        if not self.l10n_mx_cfdi40_document_id.sudo().external:
            return total, 0
        return decimal(self.l10n_mx_cfdi40_opening_balance), self.l10n_mx_cfdi40_opening_instalments

    def _l10n_mx_cfdi40_complemented(self, without=None):
        """{invoice id: (paid by complements that live, highest instalment)}"""
        result = defaultdict(lambda: (CERO, 0))
        self.env["l10n_mx_cfdi40.instalment"].flush_model()
        rows = self.env.execute_query(SQL(
            "SELECT move_id, SUM(pagado)::float, MAX(num_parcialidad) FROM l10n_mx_cfdi40_instalment"
            " WHERE live AND move_id IN %s AND document_id NOT IN %s GROUP BY move_id",
            tuple(self.ids) or (0,), tuple(without.ids if without else ()) or (0,)))
        for move_id, amount, number in rows:
            result[move_id] = (decimal(amount), number)
        return result

    def _l10n_mx_cfdi40_credited(self):
        """{invoice id: what credit notes in force that relate to it take off its balance}, in the invoice's currency.

        One that relates to this invoice alone counts whole. One that relates to several, or is in another currency,
        counts with what the books apply of it to each.
        """
        result = defaultdict(lambda: CERO)
        uuids = {move.l10n_mx_cfdi40_uuid: move for move in self if move.l10n_mx_cfdi40_uuid}
        relations = self.env["l10n_mx_cfdi40.relation"].sudo().search_fetch([
            ("tipo_relacion_id.code", "in", REDUCES),
            ("move_id.move_type", "=", "out_refund"),
            ("move_id.l10n_mx_cfdi40_state", "in", list(IN_FORCE)),
            # Both are in force until the SAT has cancelled the one that was replaced.
            ("move_id.l10n_mx_cfdi40_is_substituted", "=", False),
            "|", "|", ("related_move_id", "in", self.ids), ("uuid", "in", [*uuids, *map(str.lower, uuids)]),
            ("document_id.uuid", "in", list(uuids)),
        ], ["move_id", "related_move_id", "uuid", "document_id"])
        if not relations:
            return result
        notes = relations.move_id
        applied = notes._l10n_mx_cfdi40_applied_to(self)
        for note in notes:
            related = {row._related_uuid().upper() for row in note.l10n_mx_cfdi40_relation_ids
                       if row.tipo_relacion_id.code in REDUCES}
            for uuid in related & uuids.keys():
                invoice = uuids[uuid]
                if len(related) == 1 and note.currency_id == invoice.currency_id:
                    result[invoice.id] += decimal(note.l10n_mx_cfdi40_document_id.sudo().total)
                else:
                    result[invoice.id] += applied[note.id, invoice.id]
        return result

    def _l10n_mx_cfdi40_applied_to(self, invoices):
        """{(credit note id, invoice id): reconciled amount in the invoice's currency}"""
        result = defaultdict(lambda: CERO)
        self.env["account.partial.reconcile"].flush_model()
        for note, invoice, amount in self.env.execute_query(SQL(
                """SELECT credit.move_id, debit.move_id, SUM(part.debit_amount_currency)::float
                     FROM account_partial_reconcile part
                     JOIN account_move_line credit ON credit.id = part.credit_move_id
                     JOIN account_move_line debit ON debit.id = part.debit_move_id
                    WHERE credit.move_id IN %s AND debit.move_id IN %s
                    GROUP BY credit.move_id, debit.move_id""",
                tuple(self.ids) or (0,), tuple(invoices.ids) or (0,))):
            result[note, invoice] += decimal(amount)
        return result
