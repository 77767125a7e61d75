"""The Send wizard stamps before it prints: so that the PDF shows the UUID and the mail carries the XML.

The wizards show what is wrong beforehand (`_get_alerts`); crons and API callers do not pass there, so the same is
checked again just before sealing. Each invoice is committed when its answer is known, before the next is touched: an
error raised later rolls back no stamp.
"""
from odoo import api, models
from odoo.exceptions import LockError, UserError

from ..cfdi.errors import CfdiError

EDI = "mx_cfdi40"


class AccountMoveSend(models.AbstractModel):
    _inherit = "account.move.send"

    @api.model
    def _get_all_extra_edis(self):
        # EXTENDS 'account'
        return {**super()._get_all_extra_edis(), EDI: {
            "label": self.env._("CFDI 4.0"),
            "is_applicable": self._l10n_mx_cfdi40_is_to_stamp,
            "help": self.env._("Stamp the CFDI first, and send its XML with the PDF."),
        }}

    @api.model
    def _l10n_mx_cfdi40_is_to_stamp(self, move):
        """Whether Send stamps it: not for a salesperson, who may send invoices but not issue them."""
        return self._l10n_mx_cfdi40_lacks_stamp(move) and (
            self.env.su or self.env.user.has_group("account.group_account_invoice"))

    @api.model
    def _l10n_mx_cfdi40_lacks_stamp(self, move):
        document = move.l10n_mx_cfdi40_document_id.sudo()
        return move._l10n_mx_cfdi40_is_applicable() and not move.l10n_mx_cfdi40_entry_kept and (
            not document or not document._is_live() or document._is_unsent() or document._is_unanswered())

    @api.model
    def _get_default_extra_edis(self, move):
        # EXTENDS 'account'
        edis = super()._get_default_extra_edis(move)
        return edis - {EDI} if EDI in edis and self._l10n_mx_cfdi40_is_old(move) else edis

    @api.model
    def _l10n_mx_cfdi40_is_old(self, move):
        """Whether the invoice is of a month that is over: it was stamped before this addon came, or else a person has
        to agree to another month first. Sending it again stamps nothing unless somebody ticks that."""
        return not move.l10n_mx_cfdi40_document_id.sudo()._is_live() and any(
            proposal.cruza_mes for proposal in move.sudo()._l10n_mx_cfdi40_fechas().values())

    # -- before --------------------------------------------------------------------------------------------------------

    @api.model
    def _get_alerts(self, moves, moves_data):
        # EXTENDS 'account'
        alerts = super()._get_alerts(moves, moves_data)
        unstamped = moves.filtered(lambda move: move.state == "posted" and self._l10n_mx_cfdi40_lacks_stamp(move))
        todo = unstamped.filtered(lambda move: (
            EDI in (moves_data[move].get("extra_edis") or ()) and self._l10n_mx_cfdi40_is_to_stamp(move)))
        if left := unstamped - todo:
            alerts["l10n_mx_cfdi40_without"] = {
                "level": "warning",
                "message": self.env._(
                    "Without a CFDI of Odoo, and not to be stamped now: %s.", ", ".join(left.mapped("display_name"))),
            }
        if not todo:
            return alerts
        for move, preview in self.env["l10n_mx_cfdi40.document"]._preview(todo).items():
            for number, finding in enumerate(preview.findings):
                text = move._l10n_mx_cfdi40_finding_text(finding)
                action = move._l10n_mx_cfdi40_finding_action(finding)
                alerts[f"l10n_mx_cfdi40_{move.id}_{number}"] = {
                    "level": "danger" if finding.severity == "error" else "warning",
                    "message": f"{move.display_name}: {text}" if len(todo) > 1 else text,
                    **({"action": action, "action_text": self.env._("Mend it")} if action else {}),
                }
        return alerts

    @api.model
    def _get_placeholder_mail_attachments_data(self, move, invoice_edi_format=None, extra_edis=None, pdf_report=None):
        # EXTENDS 'account'
        result = super()._get_placeholder_mail_attachments_data(
            move, invoice_edi_format=invoice_edi_format, extra_edis=extra_edis, pdf_report=pdf_report)
        if EDI in (extra_edis or ()):
            name = f"{(move.name or 'CFDI').replace('/', '_')}.xml"
            result.append({
                "id": f"placeholder_{name}", "name": name, "mimetype": "application/xml", "placeholder": True})
        return result

    @api.model
    def _get_invoice_extra_attachments(self, move):
        # EXTENDS 'account': mail, portal, print menu and download all ask here
        return super()._get_invoice_extra_attachments(move) + move.l10n_mx_cfdi40_document_id.sudo().attachment_id

    # -- stamping ------------------------------------------------------------------------------------------------------

    @api.model
    def _call_web_service_before_invoice_pdf_render(self, invoices_data):
        # EXTENDS 'account'
        result = super()._call_web_service_before_invoice_pdf_render(invoices_data)
        for invoice, data in invoices_data.items():
            # A list from the wizard, a set from the cron.
            if EDI in (data.get("extra_edis") or ()) and self._l10n_mx_cfdi40_is_to_stamp(invoice):
                error = self._l10n_mx_cfdi40_stamp(invoice)
                if error:
                    data["error"] = error
        return result

    @api.model
    def _l10n_mx_cfdi40_stamp(self, invoice):
        """Stamp one invoice; the error that keeps it from being sent, in the form of this framework, or None."""
        title = self.env._("The CFDI of %s was not stamped.", invoice.display_name)
        if self._l10n_mx_cfdi40_must_wait(invoice):
            return {"error_title": title, "errors": [invoice._l10n_mx_cfdi40_alert()["message"]], "retry": True}
        try:
            preview = invoice._l10n_mx_cfdi40_stamp()
        except LockError:
            return {"error_title": title, "errors": [self.env._("Another process is stamping it.")], "retry": True}
        except (UserError, CfdiError) as error:
            return {"error_title": title, "errors": [str(error)]}
        if preview.errors:
            return {"error_title": title, "errors": [
                invoice._l10n_mx_cfdi40_finding_text(finding) for finding in preview.errors]}
        if invoice.l10n_mx_cfdi40_document_id.sudo()._is_in_force():
            return None
        alert = invoice._l10n_mx_cfdi40_alert()
        return {
            "error_title": title,
            "errors": [alert["message"]] if alert else [],
            "retry": invoice.l10n_mx_cfdi40_state != "rejected",
        }

    @api.model
    def _l10n_mx_cfdi40_must_wait(self, invoice):
        """Whether it was tried and its next turn has not come: the Send cron comes round faster than a PAC recovers."""
        document = invoice.l10n_mx_cfdi40_document_id.sudo()
        waits = document.retry_at and document.retry_at > document._now()
        return bool(document.attempt and document._is_live() and (waits or document.state == "in_flight"))
