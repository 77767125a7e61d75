"""Buttons of the ledger's form. Nothing here writes; each asks `_may` and hands over to the protocol."""
from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..pac.codes import CANNOT_ASK
from ..pac.registry import PROVIDERS


class Document(models.Model):
    _inherit = "l10n_mx_cfdi40.document"

    can_ask = fields.Boolean(compute="_compute_can")
    can_release = fields.Boolean(compute="_compute_can")
    is_unanswerable = fields.Boolean(compute="_compute_can")
    pac_name = fields.Char("PAC used", compute="_compute_pac_name")
    explanation = fields.Text(
        compute="_compute_explanation", help="What the last answer means, and what to do about it.")

    @api.depends("state", "lease_until", "not_found_at", "code")
    @api.depends_context("uid")
    def _compute_can(self):
        for document in self:
            document.can_ask = document._may("recover")
            document.can_release = document._may("release")
            document.is_unanswerable = document.code == CANNOT_ASK

    @api.depends("pac")
    def _compute_pac_name(self):
        for document in self:
            document.pac_name = PROVIDERS[document.pac].label if document.pac in PROVIDERS else document.pac

    @api.depends("code", "message", "state")
    def _compute_explanation(self):
        for document in self:
            if document._is_released():
                document.explanation = document._released_text()
            elif document.state == "rejected":
                document.explanation = str(document._explanation())
            else:
                document.explanation = document._reason()

    def _check_may(self, action):
        """
        :raises UserError: `action` is not legal now
        """
        self.ensure_one()
        if not self._may(action):
            raise UserError(self.env._(
                "The CFDI %(name)s is “%(state)s”: this cannot be done now.",
                name=self.display_name, state=self._state_label()))

    def action_ask(self):
        """Ask the PAC what became of a document whose answer was lost."""
        self._check_billing()
        self._check_may("recover")
        self._run()

    def action_release(self):
        """Give up a document that the PAC does not have, or cannot be asked about: the invoice can be stamped anew."""
        self._check_billing()
        self._release()

    def _check_billing(self):
        if not (self.env.su or self.env.user.has_group("account.group_account_invoice")):
            raise AccessError(self.env._("Only billing users may stamp invoices."))
        self.check_access("read")

    def action_download_sealed(self):
        """Download what was sealed, before any stamp."""
        return self._action_download("sealed_xml")

    def action_download_stamped(self):
        """Download the CFDI."""
        return self._action_download("stamped_xml")

    def _action_download(self, name):
        self.ensure_one()
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self._name}/{self.id}/{name}/{self._file_name()}?download=true",
            "target": "download",
        }

    def action_exchanges(self):
        """What was exchanged with PACs about this document, for who may see it."""
        self.ensure_one()
        return {
            **self.env["ir.actions.actions"]._for_xml_id("l10n_mx_cfdi40.action_pac_exchange"),
            "domain": [("document_id", "=", self.id)],
        }

    def action_open_move(self):
        """The invoice of this document."""
        return self.move_id._get_records_action()
