"""From posted invoices to sealed documents, in sets: the content of the CFDI is read, checked, numbered and sealed.

Nothing leaves the house here, and the caller's transaction decides whether any of it happened: a folio taken by a
transaction that fails is free again.
"""
import base64
import hashlib
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from odoo import api, models

from ..cfdi.cadena import cadena, cadena_of_xml
from ..cfdi.findings import Finding
from ..cfdi.seal import sellar
from .document_states import DEAD, UNSENT

#: Fecha falls in another month than the invoice, and no person has agreed to that yet.
OTHER_MONTH = "MX_FECHA_OTRO_MES"


@dataclass(slots=True)
class Preview:
    """One invoice as it would be stamped: the unsealed values, everything that is wrong with them, and its document."""

    comprobante: object = None
    document: object = None
    certificate: object = None
    #: Who asked for the stamp, where a cron puts another document in the place of one that was never sent.
    author: object = None
    findings: list = field(default_factory=list)

    @property
    def errors(self):
        return [finding for finding in self.findings if finding.severity == "error"]


class Document(models.Model):
    _inherit = "l10n_mx_cfdi40.document"

    @api.model
    def _preview(self, moves, month_confirmed=False):
        """What each invoice would be stamped with. Reads in sets, writes nothing.

        :param month_confirmed: True, or the moves whose Fecha may fall in another month than the invoice
        :return: {move: Preview}; of an invoice whose CFDI was sent already only the document is filled in
        """
        previews = {move: Preview(document=document) for move, document in self._live_of(moves).items()}
        todo = moves.filtered(lambda move: previews[move].document.state in (False, *UNSENT))
        # What is sealed keeps its Fecha for as long as a PAC takes it.
        fechas = {
            move: datetime.fromisoformat(document.date_local)
            for move in todo if (document := previews[move].document).state == "sealed" and not document._expired()
        }
        values = todo._l10n_mx_cfdi40_values(fechas)
        certificates = todo._l10n_mx_cfdi40_certificates(values)
        findings = todo._l10n_mx_cfdi40_findings(values, certificates)
        for move in todo:
            preview = previews[move]
            preview.comprobante = values.get(move)
            preview.certificate = certificates.get(move)
            preview.findings = list(findings.get(move, ()))
            agreed = preview.document.month_confirmed or month_confirmed is True or (
                month_confirmed and move in month_confirmed)
            if preview.comprobante and not agreed and self._other_month(move, preview.comprobante):
                preview.findings.append(Finding(OTHER_MONTH, "Comprobante/@Fecha", "error", {
                    "fecha": preview.comprobante.fecha, "factura": move.invoice_date}))
        return previews

    @api.model
    def _other_month(self, move, comprobante):
        fecha, day = comprobante.fecha, move.invoice_date
        return bool(day) and (fecha.year, fecha.month) != (day.year, day.month)

    @api.model
    def _live_of(self, moves):
        """{move: its live CFDI, or the empty recordset}; complements of its payments are not meant."""
        return {
            move: move.sudo().l10n_mx_cfdi40_document_ids.filtered(
                lambda document: document.state not in DEAD and document.kind != "P")
            for move in moves
        }

    @api.model
    def _prepare(self, moves, month_confirmed=False):
        """Seal the invoices that can be: after this they have a live document whose bytes are in the ledger.

        The invoices' rows are locked first, and the document's creation UPDATEs them: of two transactions that prepare
        the same invoice, the one with the older snapshot fails.

        :return: {move: Preview}; with errors among its findings nothing was written for that invoice
        :raises LockError: another transaction is at one of the invoices
        """
        moves.lock_for_update(allow_referencing=True)
        previews = self._preview(moves, month_confirmed)
        ready = {}
        for move, preview in previews.items():
            if preview.comprobante is None or preview.errors:
                continue
            if preview.document.state == "sealed":
                if preview.document._still_says(preview.comprobante, preview.certificate):
                    continue
                # Never sent, and the invoice says something else by now, or Fecha is too old for any PAC.
                preview.author = self.env.user._is_superuser() and preview.document.create_uid
                preview.document._drop()
                preview.document = preview.document.browse()
            ready[move] = preview
        if ready:
            self._seal(ready)
        return previews

    def _still_says(self, comprobante, certificate):
        """Whether the sealed bytes are what the invoice would be sealed as now."""
        if self._expired():
            return False
        same = replace(
            comprobante, serie=self.serie or None, folio=self.folio or None,
            no_certificado=certificate.sudo().serial)
        return cadena(same) == cadena_of_xml(self._sealed_bytes())

    @api.model
    def _seal(self, previews):
        """Number and seal, and write one row for each; a row that was queued becomes the sealed one."""
        moves = self.env["account.move"].concat(*previews)
        moves._l10n_mx_cfdi40_assign_folio()
        vals_list = []
        for move, preview in previews.items():
            certificate = preview.certificate.sudo()
            comprobante = replace(
                preview.comprobante,
                serie=move.l10n_mx_cfdi40_serie or None, folio=str(move.l10n_mx_cfdi40_folio))
            sealed = sellar(comprobante, certificate._csd())
            vals_list.append({
                **self._invoice_vals(move, sealed.comprobante), **self._sealed_vals(sealed, certificate)})
        new, values = [], {}
        for (move, preview), vals in zip(previews.items(), vals_list, strict=True):
            if preview.document:
                values[preview.document.id] = vals
            else:
                new.append((move, preview.author or self.env.user, {**vals, "state": "sealed"}))
        queued = self.sudo().browse(values)
        for document in queued:
            # While it is a draft anything may be written; the state follows for all of them at once.
            document.write(values[document.id])
        queued._advance("seal")
        # The database allows one live document: those that died in this transaction make room first.
        self.flush_model(["state"])
        for author in {author for _move, author, _vals in new}:
            mine = [(move, vals) for move, one, vals in new if one == author]
            # With a company: else the author is read to know of one.
            written = self.with_user(author).sudo().with_company(moves.company_id[:1]).create(
                [vals for _move, vals in mine])
            created = self.sudo().browse(written.ids)
            created._log("seal", "draft")
            for (move, _vals), document in zip(mine, created, strict=True):
                previews[move].document = document

    @api.model
    def _instant(self, comprobante):
        """Fecha, which is local time of the ZIP of LugarExpedicion, as naive UTC."""
        zone = ZoneInfo(self.env["l10n_mx_cfdi40.catalog"]._zone(comprobante.lugar_expedicion))
        return comprobante.fecha.replace(tzinfo=zone).astimezone(UTC).replace(tzinfo=None)

    @api.model
    def _content_vals(self, comprobante):
        """What the ledger says of any CFDI, from its values."""
        return {
            "direction": "issued",
            "kind": str(comprobante.tipo_de_comprobante),
            "serie": comprobante.serie,
            "folio": comprobante.folio,
            "date": self._instant(comprobante),
            "date_local": comprobante.fecha.isoformat(),
            "issuer_rfc": comprobante.emisor.rfc,
            "receiver_rfc": comprobante.receptor.rfc,
            "receiver_name": comprobante.receptor.nombre,
        }

    @api.model
    def _invoice_vals(self, move, comprobante):
        """What the ledger says of the CFDI of an invoice besides: whose it is, and its total in its currency."""
        return {
            "move_id": move.id,
            "company_id": move.company_id.id,
            "currency_id": move.currency_id.id,
            "total": float(comprobante.total),
        }

    @api.model
    def _sealed_vals(self, sealed, certificate):
        return {
            **self._content_vals(sealed.comprobante),
            "certificate_id": certificate.id,
            "sealed_xml": base64.b64encode(sealed.xml),
            "sha256": hashlib.sha256(sealed.xml).hexdigest(),
            "code": False,
            "message": False,
            "retry_at": self._now(),
        }

    def _drop(self):
        """Take documents that were never sent out of the way: a queued one goes, a sealed one stays as discarded."""
        for document in self.sudo():
            if document.state == "draft":
                document.unlink()
            else:
                document._advance("discard", {"retry_at": False})
