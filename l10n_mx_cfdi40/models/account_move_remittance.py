"""Invoices as a customer's remittance names them, and what is still owed of each."""
from odoo import models
from odoo.fields import Domain

from ..cfdi import celdas


class AccountMove(models.Model):
    _inherit = "account.move"

    # A folio is looked for among all invoices; most entries have none.
    _l10n_mx_cfdi40_folio_idx = models.Index("(l10n_mx_cfdi40_folio) WHERE l10n_mx_cfdi40_folio > 0")

    def _l10n_mx_cfdi40_find(self, rows, company, payer):
        """The posted invoices that the rows of a remittance may mean, with one query for all of them.

        Where several have the same folio, those with something owed come first, then those of who paid.

        :param rows: list of `cfdi.remesa.Renglon`
        :param company: whose money it is; invoices of its branches count
        :param payer: partner that paid, may be empty
        :return: {number of the row's line: invoices}; more than one means that nobody can tell which
        """
        by_uuid, by_key = {}, {}
        for move in self._l10n_mx_cfdi40_search_named(rows, company):
            by_uuid.setdefault(move.l10n_mx_cfdi40_uuid, self.browse())
            by_uuid[move.l10n_mx_cfdi40_uuid] |= move
            for key in move._l10n_mx_cfdi40_keys():
                by_key[key] = by_key.get(key, self.browse()) | move
        found = {}
        for row in rows:
            if row.uuid:
                moves = by_uuid.get(row.uuid, self.browse())
            else:
                moves = next((by_key[key] for key in row.claves if key in by_key), self.browse())
            for narrower in (
                lambda move: not move.l10n_mx_cfdi40_is_substituted,
                lambda move: move.amount_residual > 0,
                lambda move: payer and move.commercial_partner_id == payer.commercial_partner_id,
            ):
                moves = moves.filtered(narrower) or moves if len(moves) > 1 else moves
            found[row.linea] = moves
        return found

    def _l10n_mx_cfdi40_search_named(self, rows, company):
        uuids = [row.uuid for row in rows if row.uuid]
        keys = {key for row in rows if not row.uuid for key in row.claves}
        folios = {int(key.rpartition("-")[2]) for key in keys}
        names = {name for row in rows if not row.uuid for written in row.escritas for name in _names(written)}
        return self.search_fetch(
            Domain([
                ("move_type", "=", "out_invoice"), ("state", "=", "posted"), ("company_id", "child_of", company.id)])
            & (Domain("l10n_mx_cfdi40_uuid", "in", uuids)
               | Domain("name", "in", sorted(names))
               | Domain("l10n_mx_cfdi40_folio", ">", 0)
               & Domain("l10n_mx_cfdi40_folio", "in", sorted(folio for folio in folios if folio < 2 ** 31))),
            ["name", "l10n_mx_cfdi40_uuid", "l10n_mx_cfdi40_serie", "l10n_mx_cfdi40_folio", "amount_residual",
             "commercial_partner_id", "currency_id", "company_id"])

    def _l10n_mx_cfdi40_keys(self):
        """The keys under which people know this invoice: series and folio, the folio alone, Odoo's number."""
        self.ensure_one()
        folio = self.l10n_mx_cfdi40_folio
        written = [f"{self.l10n_mx_cfdi40_serie or ''} {folio}", str(folio)] if folio else []
        return set(filter(None, map(celdas.clave, [*written, self.name or ""])))

    # -- what is owed --------------------------------------------------------------------------------------------------

    def _l10n_mx_cfdi40_owed_lines(self):
        """The open receivable lines of these invoices, those that are due first first."""
        return self.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable" and not line.reconciled
            and line.amount_residual_currency > 0,
        ).sorted(lambda line: (line.date_maturity or line.date, line.id))

    def _l10n_mx_cfdi40_allot(self, amount):
        """Divide an amount (in the invoice's currency) among its open receivable lines, as they fall due.

        :return: {line: part}; less than `amount` in all if less is owed
        """
        self.ensure_one()
        parts = {}
        for line in self._l10n_mx_cfdi40_owed_lines():
            part = min(amount, line.amount_residual_currency)
            if self.currency_id.compare_amounts(part, 0) > 0:
                parts[line] = self.currency_id.round(part)
                amount -= part
        return parts


def _names(reference):
    """How Odoo may number an invoice that a customer writes so: as it is, or with the separators and zeros of Odoo."""
    parts = celdas.partes(reference)
    padded = [*parts[:-1], parts[-1].zfill(5)] if parts else []
    return {celdas.plano(reference)} | {
        separator.join(some) for separator in ("/", "-", "") for some in (parts, padded) if some}
