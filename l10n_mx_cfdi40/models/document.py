"""The ledger of CFDIs: one row per document, never deleted once sealed, written only by code.

No group has the right to create, write or delete here; the methods that do are few, use sudo() themselves and re-read
the state first. The bytes that were sealed and the bytes that came back stamped live in the row (not in the filestore,
which is not synced to disk when a transaction commits), and what is shown about a document is read back from them.
"""
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..pac.codes import CANNOT_ASK
from .document_states import DEAD, IN_FORCE, LIFE, LIVE, UNANSWERED, UNSENT, next_state

#: A PAC refuses (401) a CFDI whose Fecha is older than this when it arrives.
STAMPING_WINDOW = timedelta(hours=72)

STATES = [
    ("draft", "Queued"),
    ("sealed", "Sealed"),
    ("in_flight", "Being stamped"),
    ("in_doubt", "In doubt"),
    ("stamped", "Stamped"),
    ("rejected", "Rejected"),
    ("discarded", "Discarded"),
    ("cancel_in_flight", "Being cancelled"),
    ("cancel_in_doubt", "Cancellation in doubt"),
    ("cancel_requested", "Cancellation requested"),
    ("cancel_rejected", "Cancellation rejected"),
    ("cancelled", "Cancelled"),
]
KINDS = [("I", "I - Income"), ("E", "E - Egress"), ("T", "T - Transfer"), ("P", "P - Payment"), ("N", "N - Payroll")]
_LIVE_SQL = "state NOT IN (%s)" % ", ".join(f"'{state}'" for state in sorted(DEAD))
_FROZEN_SEALED = frozenset({
    "move_id", "company_id", "direction", "kind", "serie", "folio", "date", "date_local", "issuer_rfc", "receiver_rfc",
    "receiver_name", "partner_id", "total", "currency_id", "replaces_id", "certificate_id", "sealed_xml", "sha256",
    "external",
})
_FROZEN_STAMPED = frozenset({"uuid", "stamped_at", "stamped_xml", "pac", "environment"})


class Document(models.Model):
    _name = "l10n_mx_cfdi40.document"
    _description = "CFDI"
    _inherit = ["l10n_mx_cfdi40.queue"]
    _order = "id desc"
    _rec_names_search = ["uuid", "folio", "receiver_rfc", "receiver_name"]

    move_id = fields.Many2one("account.move", "Invoice", ondelete="restrict", index=True, readonly=True)
    company_id = fields.Many2one("res.company", required=True, ondelete="restrict", index=True, readonly=True)
    direction = fields.Selection(
        [("issued", "Issued"), ("received", "Received")], required=True, default="issued", readonly=True)
    kind = fields.Selection(KINDS, "Type", readonly=True)
    state = fields.Selection(STATES, required=True, default="draft", readonly=True, index=True)
    environment = fields.Selection(
        [("test", "Test"), ("production", "Production")], readonly=True,
        help="Where it was sent. A test CFDI has no fiscal validity.")
    external = fields.Boolean(
        "Stamped elsewhere", readonly=True,
        help="Stamped before, or by another system, and taken in with its XML: it was neither sealed nor sent here.")

    serie = fields.Char("Series", readonly=True)
    folio = fields.Char(readonly=True)
    date = fields.Datetime(readonly=True, help="The instant of Fecha.")
    date_local = fields.Char(
        "Fecha", readonly=True, help="Fecha as written in the CFDI: local time of the place of issue.")
    issuer_rfc = fields.Char("Issuer RFC", readonly=True)
    receiver_rfc = fields.Char("Receiver RFC", readonly=True)
    receiver_name = fields.Char("Receiver", readonly=True)
    partner_id = fields.Many2one("res.partner", "Receiver contact", readonly=True, ondelete="restrict")
    currency_id = fields.Many2one("res.currency", readonly=True)
    total = fields.Monetary(readonly=True)
    certificate_id = fields.Many2one("l10n_mx_cfdi40.certificate", ondelete="restrict", readonly=True)

    sealed_xml = fields.Binary("Sealed XML", attachment=False, readonly=True)
    sha256 = fields.Char(
        "SHA-256 of the sealed XML", readonly=True, help="Also the idempotency key at the PAC.")
    stamped_xml = fields.Binary("Stamped XML", attachment=False, readonly=True)
    uuid = fields.Char("UUID", readonly=True)
    stamped_at = fields.Datetime(readonly=True, help="The instant of FechaTimbrado.")
    attachment_id = fields.Many2one(
        "ir.attachment", "XML file", readonly=True, ondelete="set null", index="btree_not_null",
        help="A copy of the stamped XML on the invoice. The original is in this row.")

    pac = fields.Char("PAC", readonly=True, help="The PAC that got the bytes: only this one is asked about them.")
    pac_account_id = fields.Many2one(
        "l10n_mx_cfdi40.pac.account", "PAC account", readonly=True, ondelete="restrict", index="btree_not_null")
    attempt = fields.Integer("Attempts", readonly=True)
    lease_until = fields.Datetime(
        readonly=True, help="Until then the process that called the PAC owns the document.")
    retry_at = fields.Datetime("Next attempt", readonly=True, index="btree_not_null")
    not_found_at = fields.Datetime(readonly=True, help="Last time the PAC answered that it does not have it.")
    month_confirmed = fields.Boolean(
        readonly=True, help="A person agreed that Fecha falls in another month than the invoice.")
    code = fields.Char("Answer", readonly=True)
    message = fields.Text(readonly=True)
    event_ids = fields.One2many("l10n_mx_cfdi40.document.event", "document_id", "History", readonly=True)

    _live_per_move = models.UniqueIndex(
        f"(move_id) WHERE kind IS DISTINCT FROM 'P' AND {_LIVE_SQL}",
        "The invoice already has a live CFDI.")
    _uuid_issued = models.UniqueIndex(
        "(uuid) WHERE direction = 'issued' AND uuid IS NOT NULL", "This UUID is already in the ledger.")
    _uuid_received = models.UniqueIndex(
        "(company_id, uuid) WHERE direction = 'received' AND uuid IS NOT NULL",
        "This UUID is already in the ledger.")

    # -- what is legal -------------------------------------------------------------------------------------------------

    def _may(self, action):
        """Whether `action` is legal for this document now. Buttons, crons and the API all ask here.

        Besides the state table: a document whose lease runs belongs to another process, and with the 72 hours over one
        that the PAC has answered not to have, or cannot be asked about, may be released, by the CFDI managers.
        """
        self.ensure_one()
        if not next_state(self.state, action):
            return False
        now = self._now()
        if action == "recover":
            return not self.lease_until or self.lease_until <= now
        if action == "release":
            # Not while somebody is asking: the answer may be a stamp.
            return (not self.lease_until or self.lease_until <= now) and self._may_be_released() and (
                self.env.su or self.env.user.has_group("l10n_mx_cfdi40.group_manager"))
        return True

    def _may_be_released(self):
        """Whether nothing more can be learned from the PAC: it has none, or cannot be asked, now that none is taken."""
        if not self._expired():
            return False
        return (self.code == CANNOT_ASK and not self.retry_at) or bool(
            self.not_found_at and self.not_found_at > self.date + STAMPING_WINDOW)

    def _expired(self):
        """Whether a PAC would refuse it by now because its Fecha is more than 72 hours old."""
        return bool(self.date) and self.date + STAMPING_WINDOW <= self._now()

    # -- the only writers ----------------------------------------------------------------------------------------------

    def _advance(self, action, vals=None, event=None):
        """Carry out `action`: the state, `vals` and a line in the history, in one write for those in the same state.

        :raises UserError: `action` is not legal from the state the row is in.
        """
        for before, documents in self.sudo().grouped("state").items():
            state = next_state(before, action)
            if not state:
                raise UserError(self.env._(
                    "The CFDI %(name)s is “%(state)s”: this cannot be done now.",
                    name=documents[:1].display_name, state=documents[:1]._state_label()))
            documents.write({**(vals or {}), "state": state})
            documents._log(action, before, **(event or {}))

    def _log(self, action, state_from, **vals):
        """Add a line to the history."""
        self.env["l10n_mx_cfdi40.document.event"].sudo().create([{
            "document_id": document.id,
            "company_id": document.company_id.id,
            "user_id": self.env.uid,
            "action": action,
            "state_from": state_from,
            "state_to": document.state,
            "attempt": document.attempt,
            **vals,
        } for document in self])

    def write(self, vals):
        # The last line of defence against our own code: no user gets here (no group has the right to write).
        for document in self:
            if "state" in vals and vals["state"] not in (document.state, *LIFE[document.state].values()):
                raise UserError(self.env._(
                    "A CFDI cannot go from “%(before)s” to “%(after)s”.", before=document._state_label(),
                    after=document._state_label(vals["state"])))
            frozen = set()
            if document.state != "draft":
                frozen |= _FROZEN_SEALED
            if document.stamped_xml:
                frozen |= _FROZEN_STAMPED
            if frozen & vals.keys():
                raise UserError(self.env._("What a CFDI was sealed or stamped with never changes."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_only_draft(self):
        if any(document.state != "draft" for document in self):
            raise UserError(self.env._("A CFDI that was sealed stays in the ledger: it cannot be deleted."))

    # -- reading -------------------------------------------------------------------------------------------------------

    @api.depends("serie", "folio", "uuid", "move_id.name")
    def _compute_display_name(self):
        for document in self:
            number = f"{document.serie or ''}{document.folio or ''}"
            document.display_name = number or document.move_id.name or document.uuid or self.env._("CFDI")

    def _state_label(self, state=None):
        """The name of a state, its own if none is given, in the user's language."""
        return dict(self._fields["state"]._description_selection(self.env)).get(state or self.state, state)

    def _sealed_bytes(self):
        return self._bytes_of("sealed_xml")

    def _stamped_bytes(self):
        return self._bytes_of("stamped_xml")

    def _is_live(self):
        return self.state in LIVE

    def _is_unanswered(self):
        return self.state in UNANSWERED

    def _is_in_force(self):
        return self.state in IN_FORCE

    def _is_unsent(self):
        return self.state in UNSENT
