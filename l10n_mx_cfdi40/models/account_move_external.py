"""Invoices whose CFDI was stamped elsewhere: before this addon came, or by another system.

The CFDI is taken in with its XML. From then on it is the CFDI of the invoice like one stamped here, and the payment
complements go on from the balance and the instalment that were reached elsewhere.
"""
from dataclasses import dataclass

from odoo import fields, models
from odoo.exceptions import UserError

from ..cfdi.errors import CfdiError
from ..cfdi.externo import es_de_prueba, leer_timbrado
from ..cfdi.values import Comprobante
from .account_move import METODO_PAGO
from .document_states import DEAD

_MOVE_TYPES = ("out_invoice", "out_refund")


@dataclass(frozen=True, slots=True)
class External:
    """An XML that is to be the CFDI of an invoice. ``problems``: why it cannot be; ``warnings``: what a person should
    look at before; both in words, with their remedy."""

    comprobante: Comprobante | None = None
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def is_paid_in_instalments(comprobante):
    """Whether payment complements follow this CFDI: only those start from its opening balance."""
    return comprobante.metodo_pago == "PPD" and comprobante.tipo_de_comprobante == "I"


class AccountMove(models.Model):
    _inherit = "account.move"

    l10n_mx_cfdi40_external = fields.Boolean(
        "CFDI stamped elsewhere", related="l10n_mx_cfdi40_document_id.external")
    l10n_mx_cfdi40_opening_balance = fields.Monetary(
        "Opening balance", currency_field="currency_id", copy=False, readonly=True,
        help="Of a CFDI stamped elsewhere: what was still to be paid of it when Odoo took over, in its currency. The"
        " first payment complement made here starts from it (ImpSaldoAnt).")
    l10n_mx_cfdi40_opening_instalments = fields.Integer(
        "Previous instalments", copy=False, readonly=True, aggregator=None,
        help="Of a CFDI stamped elsewhere: how many payments had a complement before Odoo took over. The first one made"
        " here is the next (NumParcialidad).")

    # -- the doors -----------------------------------------------------------------------------------------------------

    def action_l10n_mx_cfdi40_external(self):
        """Open “CFDI stamped elsewhere”, to take in its XML or to correct what was said when it was taken in."""
        self._l10n_mx_cfdi40_check_user()
        self.ensure_one()
        if not self._l10n_mx_cfdi40_is_external():
            self._l10n_mx_cfdi40_check_external()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("CFDI stamped elsewhere: %s", self.display_name),
            "res_model": "l10n_mx_cfdi40.external.wizard",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_move_id": self.id},
        }

    def _l10n_mx_cfdi40_take_in(self, xml, balance, instalments=0):
        """Make a CFDI that was stamped elsewhere the one of this invoice. Does not commit and calls nobody.

        :param bytes xml: the stamped CFDI
        :param float balance: what was still to be paid of it when Odoo took over, in its currency
        :param int instalments: payments with a complement before
        :return: its document
        :raises UserError: everything that speaks against it
        :raises LockError: another transaction is at this invoice
        """
        self.ensure_one()
        self._l10n_mx_cfdi40_check_external()
        # As who seals locks it: of two that give this invoice a CFDI, the one with the older snapshot fails.
        self.lock_for_update(allow_referencing=True)
        external = self._l10n_mx_cfdi40_read_external(xml)
        problems = [*external.problems]
        if external.comprobante:
            problems += self._l10n_mx_cfdi40_opening_problems(external.comprobante, balance, instalments)
        if problems:
            raise UserError("\n".join(problems))
        Document = self.env["l10n_mx_cfdi40.document"]
        # It may wait in the queue to be stamped here, which nobody wants any more.
        Document._live_of(self)[self]._drop()
        self._l10n_mx_cfdi40_write_fiscal({
            **self._l10n_mx_cfdi40_external_vals(external.comprobante),
            **self._l10n_mx_cfdi40_opening_vals(balance, instalments),
        })
        note = self._l10n_mx_cfdi40_opening_note(external.comprobante.timbre.uuid)
        return Document._take_in(self, external.comprobante, xml, note)

    def _l10n_mx_cfdi40_correct_opening(self, balance, instalments):
        """Correct the balance and the instalments from which the complements of a CFDI stamped elsewhere start.

        :raises UserError: impossible values, or a complement started from them already
        :raises LockError: another transaction is at this invoice
        """
        self.ensure_one()
        self.lock_for_update(allow_referencing=True)
        document = self.env["l10n_mx_cfdi40.document"]._live_of(self)[self]
        if self.l10n_mx_cfdi40_instalment_count:
            raise UserError(self.env._(
                "%s has a payment complement in Odoo, which started from this balance: it cannot be changed any more."
                " Cancel the complement first.", self.display_name))
        comprobante, _errors = leer_timbrado(document._stamped_bytes())
        problems = self._l10n_mx_cfdi40_opening_problems(comprobante, balance, instalments)
        if problems:
            raise UserError("\n".join(problems))
        self._l10n_mx_cfdi40_write_fiscal(self._l10n_mx_cfdi40_opening_vals(balance, instalments))
        document._log("opening", document.state, message=self._l10n_mx_cfdi40_opening_note(document.uuid))
        document._owe_complements()

    def _l10n_mx_cfdi40_is_external(self):
        """Whether the live CFDI of this invoice was stamped elsewhere."""
        return self.l10n_mx_cfdi40_external and self.l10n_mx_cfdi40_state not in DEAD

    def _l10n_mx_cfdi40_check_external(self):
        """
        :raises UserError: this invoice cannot be given a CFDI stamped elsewhere
        """
        self._l10n_mx_cfdi40_check_stampable()
        if self.move_type not in _MOVE_TYPES:
            raise UserError(self.env._(
                "%s is not an invoice or a credit note: choose one of these.", self.display_name))
        document = self.env["l10n_mx_cfdi40.document"]._live_of(self)[self]
        if document and not document._is_unsent():
            raise UserError(self.env._(
                "%(invoice)s has a CFDI already (%(state)s): it cannot have another one.",
                invoice=self.display_name, state=document._state_label()))

    # -- what is written -----------------------------------------------------------------------------------------------

    def _l10n_mx_cfdi40_write_fiscal(self, vals):
        """Write what the CFDI says. The write of account.move would balance the entry again and mark the invoice as
        changed by hand; and nobody else may write these."""
        models.BaseModel.write(self.sudo(), vals)

    def _l10n_mx_cfdi40_external_vals(self, comprobante):
        """Method, form and use as the XML says; what the catalog does not know stays as it was."""
        keys = self._l10n_mx_cfdi40_proposable_keys()
        none = self.env["l10n_mx_cfdi40.catalog"]
        vals = {
            "l10n_mx_cfdi40_metodo_pago": comprobante.metodo_pago in dict(METODO_PAGO) and comprobante.metodo_pago,
            "l10n_mx_cfdi40_forma_pago_id": keys.get(("c_FormaPago", comprobante.forma_pago), none).id,
            "l10n_mx_cfdi40_uso_id": keys.get(("c_UsoCFDI", comprobante.receptor.uso_cfdi), none).id,
        }
        return {name: value for name, value in vals.items() if value}

    def _l10n_mx_cfdi40_opening_vals(self, balance, instalments):
        return {
            "l10n_mx_cfdi40_opening_balance": self.currency_id.round(balance),
            "l10n_mx_cfdi40_opening_instalments": instalments,
            "l10n_mx_cfdi40_opening_said": self._l10n_mx_cfdi40_opening_payments(balance),
        }

    def _l10n_mx_cfdi40_opening_note(self, uuid):
        return self.env._(
            "%(uuid)s. Opening balance: %(balance)s, previous instalments: %(instalments)s", uuid=uuid.upper(),
            balance=self.currency_id.format(self.l10n_mx_cfdi40_opening_balance),
            instalments=self.l10n_mx_cfdi40_opening_instalments)

    # -- where the complements start -----------------------------------------------------------------------------------

    def _l10n_mx_cfdi40_default_opening(self, comprobante):
        """Opening balance to propose: the total, or what remains to be paid of an invoice that stands for the rest."""
        total = float(comprobante.total)
        same = self.currency_id.compare_amounts(total, self.amount_total) == 0
        if same or not is_paid_in_instalments(comprobante):
            return total
        return min(self.amount_residual, total)

    def _l10n_mx_cfdi40_opening_problems(self, comprobante, balance, instalments):
        """Why no complement can start from there, in words."""
        currency, total = self.currency_id, float(comprobante.total)
        problems = []
        if not 0 < currency.round(balance) <= currency.round(total):
            problems.append(self.env._(
                "Opening balance: it is %(balance)s, and it has to be more than zero and no more than the total of the"
                " CFDI, %(total)s. Enter what was still to be paid of it when Odoo took over.",
                balance=currency.format(balance), total=currency.format(total)))
        if instalments < 0:
            problems.append(self.env._(
                "Previous instalments: %s is less than zero. Enter how many payments had a complement before, or 0.",
                instalments))
        return problems

    def _l10n_mx_cfdi40_opening_warnings(self, comprobante, balance, instalments):
        """What looks like a slip in the numbers that complements start from, in words."""
        if not is_paid_in_instalments(comprobante):
            return []
        currency, warnings = self.currency_id, []
        left = currency.compare_amounts(balance, float(comprobante.total))
        if left < 0 and not instalments:
            warnings.append(self.env._(
                "Previous instalments: part of the CFDI is paid and no instalment is counted. If that payment has a"
                " complement, count it: its number cannot be used again."))
        elif not left and instalments > 0:
            warnings.append(self.env._(
                "Opening balance: it is the whole total, although there were instalments before. Enter what they left"
                " to be paid."))
        if currency.compare_amounts(balance, self.amount_residual):
            warnings.append(self.env._(
                "Opening balance: it is %(balance)s, and in Odoo %(residual)s of the invoice remain to be paid. The"
                " complements will follow the opening balance.",
                balance=currency.format(balance), residual=currency.format(self.amount_residual)))
        return warnings

    # -- the XML -------------------------------------------------------------------------------------------------------

    def _l10n_mx_cfdi40_read_external(self, xml):
        """Read a CFDI that is to be this invoice's. Writes nothing.

        :param bytes xml: what somebody chose; it may be anything
        :return: :class:`External`
        """
        self.ensure_one()
        try:
            comprobante, errors = leer_timbrado(xml)
        except CfdiError as error:
            return External(problems=(self._l10n_mx_cfdi40_unreadable(error),))
        unverified = [error for error in errors if error.code == "complemento_sin_tabla"]
        problems = [str(error) for error in errors if error not in unverified]
        problems += self.sudo()._l10n_mx_cfdi40_external_mismatches(comprobante)
        warnings = [self.env._(
            "Seal: it cannot be verified here, because of a complement that is not known: “%s”. Make sure that the XML"
            " is the original.", error.params["complemento"]) for error in unverified]
        warnings += self.sudo()._l10n_mx_cfdi40_external_warnings(comprobante)
        return External(comprobante, tuple(problems), tuple(warnings))

    def _l10n_mx_cfdi40_unreadable(self, error):
        if error.code == "version":
            return self.env._(
                "Version: the XML is a CFDI %s, and only 4.0 can be taken in. Issue the payment complements of this"
                " invoice in the system that stamped it.", error.params["version"] or "?")
        return str(error)

    def _l10n_mx_cfdi40_external_mismatches(self, comprobante):
        """Why this CFDI is not the one of this invoice, in words, all at once."""
        root = self.company_id._l10n_mx_cfdi40_fiscal_root()
        customer, none = self.commercial_partner_id, self.env._("none")
        mine, theirs = root._l10n_mx_cfdi40_rfc(), customer._l10n_mx_cfdi40_rfc()
        emisor, receptor = comprobante.emisor, comprobante.receptor
        if emisor.rfc != mine:
            yield self.env._(
                "Issuer: the CFDI is of %(xml)s (%(name)s), and the RFC of %(company)s is %(rfc)s. Choose the XML of"
                " this invoice, or mend the RFC of the company.",
                xml=emisor.rfc, name=emisor.nombre, company=root.name, rfc=mine or none)
        if receptor.rfc != theirs:
            yield self.env._(
                "Customer: the CFDI is for %(xml)s (%(name)s), and the RFC of %(customer)s is %(rfc)s. Choose the XML"
                " of this invoice, or mend the RFC of the customer.",
                xml=receptor.rfc, name=receptor.nombre, customer=customer.name, rfc=theirs or none)
        if comprobante.moneda != self.currency_id.name:
            yield self.env._(
                "Currency: the CFDI is in %(xml)s and the invoice in %(currency)s. Choose the XML of this invoice, or"
                " make the invoice anew in %(xml)s.", xml=comprobante.moneda, currency=self.currency_id.name)
        if comprobante.tipo_de_comprobante != self._l10n_mx_cfdi40_tipo():
            yield self.env._(
                "Type: the CFDI is of type %(xml)s, and this document is of type %(type)s. Choose the XML of this"
                " document: I of an invoice, E of a credit note.",
                xml=comprobante.tipo_de_comprobante, type=self._l10n_mx_cfdi40_tipo())
        if root.l10n_mx_cfdi40_environment == "production" and es_de_prueba(comprobante.timbre):
            yield self.env._(
                "Stamp: it was made with a test certificate (%s) and has no fiscal validity. Choose the XML of the"
                " real CFDI.", comprobante.timbre.no_certificado_sat)
        yield from self._l10n_mx_cfdi40_external_twins(comprobante.timbre.uuid.upper())

    def _l10n_mx_cfdi40_external_twins(self, uuid):
        """That the ledger has this UUID already; what it belongs to only if the user may see that."""
        twin = self.env["l10n_mx_cfdi40.document"].sudo().search(
            [("uuid", "=", uuid), ("direction", "=", "issued")], limit=1)
        if twin and twin.company_id in self.env.companies:
            yield self.env._(
                "UUID: %(uuid)s is in the ledger already, as the CFDI of %(name)s. Choose the XML of this invoice.",
                uuid=uuid, name=twin.move_id.display_name or twin.display_name)
        elif twin:
            yield self.env._(
                "UUID: %s is in the ledger of another company already. Choose the XML of this invoice.", uuid)

    def _l10n_mx_cfdi40_external_warnings(self, comprobante):
        """What a person should look at before this CFDI becomes the one of this invoice, in words."""
        total = float(comprobante.total)
        if comprobante.moneda == self.currency_id.name and self.currency_id.compare_amounts(total, self.amount_total):
            yield self.env._(
                "Total: the CFDI is of %(xml)s and the invoice of %(invoice)s. That is right where the invoice was"
                " entered with its outstanding balance only; else choose the XML of this invoice.",
                xml=self.currency_id.format(total), invoice=self.currency_id.format(self.amount_total))
        serie, folio = comprobante.serie, comprobante.folio or ""
        if not serie or not folio.isdecimal() or len(folio) > 9:
            return
        root = self.company_id._l10n_mx_cfdi40_fiscal_root()
        series = self.env["l10n_mx_cfdi40.serie"].search([
            ("prefix", "=", serie), ("company_id", "child_of", root.id), ("next_folio", "<=", int(folio))])
        if any(row.company_id._l10n_mx_cfdi40_fiscal_root() == root for row in series):
            yield self.env._(
                "Folio: the series %(series)s of Odoo will come to %(folio)s too. Set its next folio beyond those of"
                " the other system, in Configuration > CFDI > Series.", series=serie, folio=folio)
