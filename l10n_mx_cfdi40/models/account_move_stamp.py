"""What an invoice knows about its CFDI, what that forbids it, and the two doors to stamping: now, or in the queue."""
from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools.sql import column_exists, create_column

from ..cfdi.findings import mensaje
from .document import STATES
from .document_prepare import OTHER_MONTH, Preview
from .document_states import DEAD, IN_FORCE, UNANSWERED

#: An invoice whose CFDI is at the SAT, or may be, keeps its number, its place and what only the CFDI says.
_FROZEN = frozenset({
    "name", "state", "journal_id", "company_id", "move_type", "l10n_mx_cfdi40_serie", "l10n_mx_cfdi40_folio",
    "l10n_mx_cfdi40_uso_id", "l10n_mx_cfdi40_forma_pago_id", "l10n_mx_cfdi40_metodo_pago", "l10n_mx_cfdi40_exportacion",
    "l10n_mx_cfdi40_periodicidad", "l10n_mx_cfdi40_meses", "l10n_mx_cfdi40_anio"})

#: Only the protocol says these: who could write them could set free an invoice whose CFDI is in force at the SAT.
_NUMBER = ("l10n_mx_cfdi40_serie_id", "l10n_mx_cfdi40_serie", "l10n_mx_cfdi40_folio")
#: Where payment complements start from: said once, with the XML of a CFDI stamped elsewhere.
_OPENING = (
    "l10n_mx_cfdi40_opening_balance", "l10n_mx_cfdi40_opening_instalments", "l10n_mx_cfdi40_opening_said")
_PROTOCOL = frozenset({
    *_NUMBER, *_OPENING, "l10n_mx_cfdi40_document_ids", "l10n_mx_cfdi40_document_id", "l10n_mx_cfdi40_state",
    "l10n_mx_cfdi40_uuid"})
# Stored and computed, but nothing to compute for the invoices that are there when the addon is installed.
_COLUMNS = {
    "l10n_mx_cfdi40_document_id": "int4", "l10n_mx_cfdi40_state": "varchar", "l10n_mx_cfdi40_uuid": "varchar"}


class AccountMove(models.Model):
    _inherit = "account.move"

    l10n_mx_cfdi40_document_ids = fields.One2many(
        "l10n_mx_cfdi40.document", "move_id", "CFDI documents", readonly=True, copy=False)
    # Stored not only to be searched: each step of the protocol so UPDATEs the invoice's row too, and a transaction
    # that meanwhile resets it to draft from an older snapshot fails instead of winning.
    l10n_mx_cfdi40_document_id = fields.Many2one(
        "l10n_mx_cfdi40.document", "CFDI", compute="_compute_l10n_mx_cfdi40_document", store=True, copy=False,
        index="btree_not_null", help="The live document, or the last one if none is live.")
    l10n_mx_cfdi40_state = fields.Selection(
        STATES, string="CFDI state", compute="_compute_l10n_mx_cfdi40_document", store=True, copy=False)
    l10n_mx_cfdi40_uuid = fields.Char(
        "UUID", compute="_compute_l10n_mx_cfdi40_document", store=True, copy=False, index="btree_not_null")

    def _auto_init(self):
        for name, kind in _COLUMNS.items():
            if not column_exists(self.env.cr, self._table, name):
                create_column(self.env.cr, self._table, name, kind)
        return super()._auto_init()

    @api.depends("l10n_mx_cfdi40_document_ids.state", "l10n_mx_cfdi40_document_ids.uuid")
    def _compute_l10n_mx_cfdi40_document(self):
        for move in self:
            # Payment complements of this invoice are its documents too, but not its CFDI.
            documents = move.l10n_mx_cfdi40_document_ids.filtered(lambda d: d.kind != "P").sorted("id", reverse=True)
            document = documents.filtered(lambda d: d.state not in DEAD)[:1] or documents[:1]
            move.l10n_mx_cfdi40_document_id = document
            move.l10n_mx_cfdi40_state = document.state
            move.l10n_mx_cfdi40_uuid = document.uuid

    # -- the doors -----------------------------------------------------------------------------------------------------

    def _l10n_mx_cfdi40_stamp(self, month_confirmed=False):
        """Stamp this invoice now, or ask about it if an answer is missing. Commits; safe to call again at any time.

        Only from a place that owns its transaction: a button, a cron, the Send wizard. If other connections do not see
        the invoice posted yet, somebody else's transaction is not over, and it is put in the queue instead.

        :param bool month_confirmed: a person agreed that Fecha may fall in another month than the invoice
        :return: :class:`Preview`; with errors among its findings nothing was sent. What the PAC answered is on its
            document (`state`, `code`, `message`)
        :raises UserError: not a posted invoice that becomes a CFDI, or something of ours is missing (certificate, PAC)
        :raises LockError: another transaction is at this invoice
        """
        self.ensure_one()
        self._l10n_mx_cfdi40_check_stampable()
        Document = self.env["l10n_mx_cfdi40.document"]
        move = self.with_company(self.company_id)
        if not self._l10n_mx_cfdi40_is_seen_posted():
            return Preview(document=Document._enqueue(move, month_confirmed))
        preview = Preview(document=Document._live_of(move)[move])
        if preview.document.state in (False, "draft", "sealed"):
            preview = Document._prepare(move, month_confirmed)[move]
            if preview.errors:
                return preview
        preview.document._run()
        return preview

    def _l10n_mx_cfdi40_enqueue(self, month_confirmed=False):
        """Put invoices in the queue; the cron stamps them, one transaction each. Does not commit, calls nobody.

        :return: the queued documents; none for invoices that are not posted, become no CFDI, or have one already
        """
        moves = self.filtered(lambda move: (
            move.state == "posted" and move._l10n_mx_cfdi40_is_applicable() and not move.l10n_mx_cfdi40_entry_kept))
        return self.env["l10n_mx_cfdi40.document"]._enqueue(moves, month_confirmed)

    def _l10n_mx_cfdi40_check_stampable(self):
        for move in self:
            if move.state != "posted":
                raise UserError(self.env._("%s is not posted: post it before stamping it.", move.display_name))
            if not move._l10n_mx_cfdi40_is_applicable():
                raise UserError(self.env._("%s is not a document that becomes a CFDI.", move.display_name))
            if move.l10n_mx_cfdi40_entry_kept:
                raise UserError(self.env._(
                    "The SAT has cancelled the CFDI of %s, whose entry is only to be reversed: make a new invoice.",
                    move.display_name))

    def _l10n_mx_cfdi40_is_seen_posted(self):
        """Whether another connection sees this invoice posted: committing then gives away nobody's half-done work."""
        if not self.env["account.move.send"]._can_commit():
            # Odoo's test mode: the one transaction of the test is all there is.
            return True
        with self.env.registry.cursor(readonly=True) as cr:
            cr.execute("SELECT 1 FROM account_move WHERE id = %s AND state = 'posted'", [self.id])
            return bool(cr.fetchone())

    def _l10n_mx_cfdi40_finding_text(self, finding):
        """The finding in words, with its remedy."""
        if finding.code == OTHER_MONTH:
            return self.env._(
                "The invoice is of %(invoice)s, but the SAT takes nothing older than 72 hours: Fecha would be"
                " %(fecha)s, in another month. Confirm it when stamping, or change the date of the invoice.",
                invoice=finding.params["factura"], fecha=finding.params["fecha"].date())
        return mensaje(finding)

    # -- what a CFDI forbids -------------------------------------------------------------------------------------------

    def _l10n_mx_cfdi40_check_free(self):
        """Refuse to touch invoices whose CFDI is in force, or perhaps is.

        :raises UserError: says which one, why, and what to do
        """
        for move in self:
            if move.l10n_mx_cfdi40_state in UNANSWERED:
                raise UserError(self.env._(
                    "The CFDI of %(invoice)s was sent and its answer is not known yet (%(state)s). It may be valid at"
                    " the SAT, so the invoice stays as it is until the PAC has answered. Use “Ask the PAC” on the"
                    " invoice.",
                    invoice=move.display_name, state=move.l10n_mx_cfdi40_document_id.sudo()._state_label()))
            if move.l10n_mx_cfdi40_state in IN_FORCE:
                raise UserError(self.env._(
                    "%(invoice)s has a CFDI in force at the SAT (%(uuid)s). It has to be cancelled there before the"
                    " invoice can be changed.", invoice=move.display_name, uuid=move.l10n_mx_cfdi40_uuid))

    @api.model_create_multi
    def create(self, vals_list):
        # EXTENDS 'account'
        moves = super().create(vals_list)
        if not self.env.su and any(move[name] for move in moves for name in (*_NUMBER, *_OPENING)):
            self._l10n_mx_cfdi40_raise_protocol()
        return moves

    def write(self, vals):
        # EXTENDS 'account'
        if not self.env.su and not _PROTOCOL.isdisjoint(vals):
            self._l10n_mx_cfdi40_raise_protocol()
        frozen = _FROZEN & vals.keys()
        if frozen:
            self.filtered(lambda move: any(
                move._fields[name].convert_to_write(move[name], move) != vals[name] for name in frozen
            ))._l10n_mx_cfdi40_check_free()
        return super().write(vals)

    def _l10n_mx_cfdi40_raise_protocol(self):
        raise AccessError(self.env._(
            "The series, folio, UUID and state of a CFDI follow from stamping it: nobody writes them by hand."))

    def button_draft(self):
        # EXTENDS 'account'
        self._l10n_mx_cfdi40_check_free()
        result = super().button_draft()
        for document in self.env["l10n_mx_cfdi40.document"]._live_of(self).values():
            if document._is_unsent():
                document._drop()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_l10n_mx_cfdi40_without_documents(self):
        for move in self.sudo():
            if move.l10n_mx_cfdi40_document_ids.filtered(lambda document: document.state != "draft"):
                raise UserError(self.env._(
                    "%s has a sealed CFDI in the ledger, which is never deleted: cancel the invoice instead.",
                    move.display_name))

    def unlink(self):
        # EXTENDS 'account'
        self.sudo().l10n_mx_cfdi40_document_ids.filtered(lambda document: document.state == "draft").unlink()
        return super().unlink()

    def _need_cancel_request(self):
        # EXTENDS 'account'
        return super()._need_cancel_request() or self.l10n_mx_cfdi40_state in IN_FORCE

    @api.depends("l10n_mx_cfdi40_state")
    def _compute_need_cancel_request(self):
        # EXTENDS 'account'
        return super()._compute_need_cancel_request()

    @api.depends("l10n_mx_cfdi40_state")
    def _compute_show_reset_to_draft_button(self):
        # EXTENDS 'account'
        result = super()._compute_show_reset_to_draft_button()
        for move in self:
            if move.l10n_mx_cfdi40_state in UNANSWERED:
                move.show_reset_to_draft_button = False
        return result

    # -- posting -------------------------------------------------------------------------------------------------------

    def _post(self, soft=True):
        # EXTENDS 'account': only a row in the queue. Posting never waits for a PAC and never fails because of one.
        posted = super()._post(soft=soft)
        posted.filtered("company_id.l10n_mx_cfdi40_stamp_on_post")._l10n_mx_cfdi40_enqueue()
        return posted
