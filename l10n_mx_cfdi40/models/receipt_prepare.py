"""From payments received to a sealed complement in the ledger, and the text of what keeps them from it."""
from dataclasses import replace
from datetime import datetime

from odoo import models

from ..cfdi.findings import Finding, mensaje
from ..cfdi.pagos import Pagos
from ..cfdi.seal import sellar
from .account_move_findings import with_rules
from .receipt_values import ComplementPreview


class Receipt(models.Model):
    _inherit = "l10n_mx_cfdi40.receipt"

    def _preview(self, replaces=None):
        """These payments, of one company and receptor, as their complement would say them. Writes nothing.

        :param replaces: the complement that this one replaces (relation 04)
        :raises MontoError: an amount that no complement can say
        """
        records = self.sudo().with_company(self[:1].company_id)
        preview = ComplementPreview(records, replaces=replaces, document=records._sealed_document())
        moves = self.env["account.move"].sudo()
        zip_code = records[:1].money_move_id._l10n_mx_cfdi40_lugar_expedicion()
        sealed = preview.document
        if sealed and not sealed._expired():
            when = datetime.fromisoformat(sealed.date_local)
            preview.replaces = sealed.replaces_id
        else:
            when = moves._l10n_mx_cfdi40_local_now(zip_code).replace(microsecond=0)
        without = (sealed or sealed.browse()) | (preview.replaces or sealed.browse())
        records._build(preview, when, without)
        if preview.comprobante is None:
            # What keeps an invoice out of it was said already; this would send the accountant to the reconciliation.
            if not preview.findings:
                preview.findings.append(Finding("MX_REP_NADA_QUE_PAGAR", "Comprobante/Complemento/Pagos", "error", {}))
            return preview
        values = {records[:1]: preview.comprobante}
        preview.certificate = moves._l10n_mx_cfdi40_certificates(values)[records[:1]]
        context = moves._l10n_mx_cfdi40_context(values)
        own = [*preview.findings, *records._own_findings(preview)]
        if not records._serie():
            own.append(Finding("MX_SIN_SERIE", "Comprobante/@Serie", "error", {"empresa": records.company_id[:1].name}))
        preview.findings = with_rules(own, preview.comprobante, context)
        records._point_at_receipts(preview)
        return preview

    def _sealed_document(self):
        """The complement of exactly these payments that was sealed and never sent, if there is one."""
        document = self.document_id if len(self.document_id) == 1 else self.document_id.browse()
        return document if document.state == "sealed" and document.receipt_ids == self else document.browse()

    def _serie(self):
        request = self.company_id[:1], self.env["account.journal"], "complement"
        return self.env["l10n_mx_cfdi40.serie"]._for([request])[request]

    def _prepare(self, replaces=None):
        """Seal the complement of these payments, if nothing is wrong: its bytes are in the ledger after this.

        The invoices' rows are locked first, and the new instalments UPDATE them: of two transactions that cover the
        same invoice the one with the older snapshot fails, and comes back with the next number.

        :return: `ComplementPreview`; with errors among its findings nothing was written
        :raises LockError: another transaction is at one of the payments or invoices
        """
        records = self.sudo()
        records.lock_for_update(allow_referencing=True)
        preview = records._preview(replaces)
        invoices = self.env["account.move"].sudo().union(*(invoice for _r, invoice, _d, _c in preview.rows))
        invoices.lock_for_update(allow_referencing=True)
        if preview.errors:
            return preview
        if preview.document:
            if preview.document._still_says(preview.comprobante, preview.certificate):
                return preview
            preview.document._drop()
        records._seal(preview)
        return preview

    def _seal(self, preview):
        certificate = preview.certificate.sudo()
        serie = self._serie().sudo()
        comprobante = replace(preview.comprobante, serie=serie.prefix, folio=str(serie._take()))
        sealed = sellar(comprobante, certificate._csd())
        Document = self.env["l10n_mx_cfdi40.document"].sudo()
        peso = self.env["res.currency"].with_context(active_test=False).search([("name", "=", "MXN")], limit=1)
        [pagos] = [one for one in comprobante.complemento if isinstance(one, Pagos)]
        document = Document.create({
            **Document._sealed_vals(sealed, certificate),
            "state": "sealed",
            "company_id": self.company_id[:1].id,
            "partner_id": self.receiver_id[:1].id,
            # Total of the CFDI itself is always zero.
            "currency_id": peso.id,
            "total": float(pagos.totales.monto_total_pagos),
            "replaces_id": preview.replaces.id if preview.replaces else False,
        })
        document._log("seal", "draft")
        self.write({"document_id": document.id, "issue_at": False, "reason": False, "is_unbacked": False})
        # Those of the complement that is replaced stop counting before the new ones take their numbers.
        self.env.flush_all()
        self._seal_instalments(preview, document)
        preview.document = document

    def _seal_instalments(self, preview, document):
        self.env["l10n_mx_cfdi40.instalment"].sudo().create([{
            "document_id": document.id,
            "receipt_id": receipt.id,
            "move_id": invoice.id,
            "is_compensation": compensation,
            "currency_id": invoice.currency_id.id,
            "num_parcialidad": covered.parcialidad,
            "saldo_anterior": float(covered.saldo_anterior),
            "pagado": float(covered.pagado),
            "saldo_insoluto": float(covered.saldo_anterior - covered.pagado),
        } for receipt, invoice, covered, compensation in preview.rows])
        self.env.flush_all()

    # -- words ---------------------------------------------------------------------------------------------------------

    def _finding_text(self, finding):
        """The finding in words, with its remedy."""
        return mensaje(finding)

    def _finding_action(self, finding):
        """Window that opens the record in which a finding is mended; False where nothing in Odoo mends it."""
        first = self[:1]
        if move_id := finding.params.get("move_id"):
            # Its own page, where it is stamped and where its complements are.
            return self.env["account.move"].browse(move_id)._get_records_action()
        if finding.code == "MX_SIN_SERIE":
            return self.env["ir.actions.act_window"]._for_xml_id("l10n_mx_cfdi40.action_serie")
        if finding.code == "MX_SIN_CERTIFICADO":
            return self.env["account.move"]._l10n_mx_cfdi40_certificate_action()
        if "/Receptor/" in finding.path:
            return first.receiver_id._l10n_mx_cfdi40_fiscal_action()
        if "/Emisor/" in finding.path:
            return first.company_id._l10n_mx_cfdi40_fiscal_action()
        if receipt_id := finding.params.get("receipt_id"):
            return self.browse(receipt_id)._get_records_action(
                target="new", name=self.env._("Payment"),
                views=[(self.env.ref("l10n_mx_cfdi40.view_receipt_mend_form").id, "form")])
        return False

    def action_mended(self):
        """The payment is saved by now: go back to “Generate complement” if it was opened from there."""
        return self.env["l10n_mx_cfdi40.complement.wizard"]._back() or {"type": "ir.actions.act_window_close"}
