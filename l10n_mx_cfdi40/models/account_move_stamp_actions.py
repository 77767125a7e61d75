"""Buttons and banners of the invoice about its CFDI. What is legal is asked of the document, nowhere else."""
from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from .document_states import UNSENT


class AccountMove(models.Model):
    _inherit = "account.move"

    l10n_mx_cfdi40_can_stamp = fields.Boolean(compute="_compute_l10n_mx_cfdi40_can")
    l10n_mx_cfdi40_can_ask = fields.Boolean(compute="_compute_l10n_mx_cfdi40_can")
    l10n_mx_cfdi40_document_count = fields.Integer(compute="_compute_l10n_mx_cfdi40_document_count")

    @api.depends("state", "move_type", "company_id", "l10n_mx_cfdi40_state", "l10n_mx_cfdi40_entry_kept")
    def _compute_l10n_mx_cfdi40_can(self):
        for move in self:
            document = move.l10n_mx_cfdi40_document_id.sudo()
            move.l10n_mx_cfdi40_can_ask = bool(document) and document._may("recover")
            move.l10n_mx_cfdi40_can_stamp = (
                move.state == "posted" and move._l10n_mx_cfdi40_is_applicable()
                and not move.l10n_mx_cfdi40_entry_kept
                and (not document or not document._is_live() or document._is_unsent()))

    @api.depends("l10n_mx_cfdi40_document_ids")
    def _compute_l10n_mx_cfdi40_document_count(self):
        for move in self:
            move.l10n_mx_cfdi40_document_count = len(move.sudo().l10n_mx_cfdi40_document_ids)

    # -- buttons -------------------------------------------------------------------------------------------------------

    def _l10n_mx_cfdi40_check_user(self):
        """Billing users stamp; whoever may only read, or not even that, does not.

        :raises AccessError: the user is no billing user, or may not write these invoices
        """
        if not (self.env.su or self.env.user.has_group("account.group_account_invoice")):
            raise AccessError(self.env._("Only billing users may stamp invoices."))
        self.check_access("write")

    def action_l10n_mx_cfdi40_stamp(self):
        """Open “Stamp”: what would be stamped and what is wrong with it, before anything is sent."""
        self._l10n_mx_cfdi40_check_user()
        return self.env["l10n_mx_cfdi40.stamp.wizard"]._open(self)

    def action_l10n_mx_cfdi40_ask(self):
        """Ask the PAC what became of a CFDI whose answer was lost."""
        self._l10n_mx_cfdi40_check_user()
        self.ensure_one()
        document = self.l10n_mx_cfdi40_document_id.sudo()
        document._check_may("recover")
        document._run()

    def action_l10n_mx_cfdi40_documents(self):
        """The CFDI documents of the invoice: the one, or the list."""
        self.ensure_one()
        return self.l10n_mx_cfdi40_document_ids._get_records_action(
            name=self.env._("CFDI of %s", self.display_name), context={"create": False})

    def action_l10n_mx_cfdi40_download_xml(self):
        """Download the stamped XML of one invoice."""
        self.ensure_one()
        document = self.l10n_mx_cfdi40_document_id
        if not document.uuid:
            raise UserError(self.env._("%s is not stamped yet: there is no XML to download.", self.display_name))
        return document._action_download("stamped_xml")

    def _get_invoice_legal_documents(self, filetype, allow_fallback=False):
        # EXTENDS 'account'
        if filetype != "cfdi":
            return super()._get_invoice_legal_documents(filetype, allow_fallback=allow_fallback)
        document = self.l10n_mx_cfdi40_document_id.sudo()
        if not document.uuid:
            return None
        return {"filename": document._file_name(), "filetype": "xml", "content": document._stamped_bytes()}

    # -- banners -------------------------------------------------------------------------------------------------------

    @api.depends("l10n_mx_cfdi40_state", "l10n_mx_cfdi40_document_id.message")
    def _compute_alerts(self):
        # EXTENDS 'account'
        return super()._compute_alerts()

    def _get_alerts(self):
        # EXTENDS 'account'
        alerts = super()._get_alerts()
        alert = self._l10n_mx_cfdi40_alert()
        if alert:
            alerts["l10n_mx_cfdi40"] = alert
        return alerts

    def _l10n_mx_cfdi40_alert(self):
        """What a person has to know or do about the CFDI of this invoice, or None when all is well."""
        document = self.l10n_mx_cfdi40_document_id.sudo()
        if self.state != "posted" or not document:
            return None
        if document.state == "in_doubt":
            return self._l10n_mx_cfdi40_doubt_alert(document)
        if document.state == "in_flight":
            return {"level": "info", "message": self.env._("The CFDI of this invoice is being stamped.")}
        if document._is_released():
            return {
                "level": "warning",
                "message": document._released_text(),
                "action_text": self.env._("Check and stamp again"),
                "action": self._l10n_mx_cfdi40_stamp_action(),
            }
        if document.state == "rejected":
            return {
                "level": "danger",
                "message": self.env._("The PAC refused the CFDI. %s", document._explanation()),
                **self._l10n_mx_cfdi40_remedy(document),
            }
        if document.state in UNSENT:
            return self._l10n_mx_cfdi40_waiting_alert(document)
        return None

    def _l10n_mx_cfdi40_doubt_alert(self, document):
        if document._may_be_released():
            return {
                "level": "warning",
                "message": self.env._(
                    "The PAC's answer about this invoice was lost, and it does not tell any more whether it stamped"
                    " it. %s",
                    document._given_up()),
                "action_text": self.env._("Open the CFDI"),
                "action": document.sudo(False)._get_records_action(),
            }
        return {
            "level": "warning",
            "message": self.env._(
                "It is not known whether the PAC stamped this invoice: the answer was lost. It is being asked,"
                " about the very same document, until it is known; meanwhile the invoice stays as it is. %s",
                document._trouble()),
            **(self._l10n_mx_cfdi40_remedy(document, or_stamp=False) or {
                "action_text": self.env._("Ask the PAC now"),
                "action_call": ["account.move", "action_l10n_mx_cfdi40_ask", self.ids],
            }),
        }

    def _l10n_mx_cfdi40_waiting_alert(self, document):
        if document.message and not document.retry_at:
            return {
                "level": "danger",
                "message": self.env._("The CFDI was not sent:\n%s", document.message),
                "action_text": self.env._("Check and stamp again"),
                "action": self._l10n_mx_cfdi40_stamp_action(),
            }
        if document.message or document.attempt:
            return {
                "level": "warning",
                "message": self.env._(
                    "The CFDI could not be sent yet. %s", document._trouble()),
                **self._l10n_mx_cfdi40_remedy(document, or_stamp=False),
            }
        return {"level": "info", "message": self.env._("The CFDI of this invoice waits in the queue to be stamped.")}

    def _l10n_mx_cfdi40_remedy(self, document, or_stamp=True):
        """The link of a banner: to the record that mends it, or else to the window that stamps."""
        mend = document._mend_action() if document.code else None
        if mend:
            return {"action_text": mend[0], "action": mend[1]}
        if not or_stamp:
            return {}
        return {"action_text": self.env._("Check and stamp again"), "action": self._l10n_mx_cfdi40_stamp_action()}

    def _l10n_mx_cfdi40_stamp_action(self):
        """The server action behind “Stamp”, for this invoice: it opens the wizard as the button does."""
        return self._l10n_mx_cfdi40_server_action("action_stamp")

    def _l10n_mx_cfdi40_server_action(self, name):
        """A server action of ours for these invoices. Banners show what an action returns, not what a method does."""
        return {
            **self.env["ir.actions.actions"]._for_xml_id(f"l10n_mx_cfdi40.{name}"),
            "context": {"active_model": "account.move", "active_ids": self.ids, "active_id": self.id},
        }
