"""Each request to cancel a CFDI: why, in exchange for what, what was sent, and what the SAT made of it.

A row is *ordered* first and sent when nothing stands in its way: the substitute is stamped, what depends on the CFDI is
cancelled. So a chain of them (new invoice, new complement, old complement, old invoice) goes its way by itself, each
step when the SAT has answered the one before. That a request was received never means that the CFDI is cancelled: only
the SAT's own answer about its state does (see document_sat).
"""
from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from .document_states import IN_FORCE

MOTIVOS = [
    ("01", "01 - Issued with errors, and replaced by another CFDI"),
    ("02", "02 - Issued with errors, and not replaced"),
    ("03", "03 - The operation did not take place"),
    ("04", "04 - Sale invoiced by name, of a global invoice"),
]
CANCELLATION_STATES = [
    ("waiting", "To be sent"),
    ("in_flight", "Being sent"),
    ("in_doubt", "In doubt"),
    ("requested", "Requested"),
    ("cancelled", "Cancelled"),
    ("rejected", "Rejected by the customer"),
    ("refused", "Refused"),
    ("withdrawn", "Withdrawn"),
]
#: Nothing is decided yet: a document has one such request at most.
OPEN = ("waiting", "in_flight", "in_doubt", "requested")
#: Somebody has to decide: the customer rejected, the SAT refused, or an order waits for what does not come by itself.
DECIDE = "l10n_mx_cfdi40.mail_activity_cancel_decide"
#: The SAT, the customer or the PAC has decided, and that is said on the document.
ENDED = ("cancelled", "rejected", "refused")
#: How the SAT says that a CFDI was cancelled.
ENDS = [
    ("without", "Without acceptance"),
    ("accepted", "Accepted by the customer"),
    ("silence", "By silence: the time to answer ran out"),
]


class Cancellation(models.Model):
    _name = "l10n_mx_cfdi40.cancellation"
    _description = "Request to cancel a CFDI"
    _inherit = ["l10n_mx_cfdi40.queue"]
    _order = "id desc"
    _rec_name = "document_id"

    document_id = fields.Many2one(
        "l10n_mx_cfdi40.document", "CFDI", required=True, ondelete="restrict", index=True, readonly=True)
    company_id = fields.Many2one(related="document_id.company_id", store=True, index=True)
    move_id = fields.Many2one(related="document_id.move_id")
    uuid = fields.Char(related="document_id.uuid")
    receiver_name = fields.Char(related="document_id.receiver_name")
    motivo = fields.Selection(
        MOTIVOS, "Reason", readonly=True, help="Empty: it was asked for outside of Odoo, and the SAT does not say why.")
    substitute_id = fields.Many2one(
        "l10n_mx_cfdi40.document", readonly=True, ondelete="restrict", index="btree_not_null")
    substitute_move_id = fields.Many2one(
        "account.move", "Substitute invoice", readonly=True, ondelete="restrict", index="btree_not_null",
        help="It is asked for once the CFDI of this invoice is stamped.")
    substitute_uuid = fields.Char(
        "UUID of the substitute", readonly=True, help="Of a substitute that is not in Odoo; FolioSustitucion.")
    state = fields.Selection(CANCELLATION_STATES, required=True, default="waiting", readonly=True, index=True)
    reason = fields.Text("Why it waits", readonly=True)
    retry_at = fields.Datetime("Next attempt", readonly=True, index="btree_not_null")
    lease_until = fields.Datetime(readonly=True)
    attempt = fields.Integer("Attempts", readonly=True)
    after_rejection = fields.Boolean(
        readonly=True, help="The customer had rejected an earlier request: nothing ends by silence this time.")
    is_in_process = fields.Boolean(readonly=True, help="The SAT has shown this request as one that is in process.")
    is_told = fields.Boolean(readonly=True, help="How it ended was said on the document.")

    certificate_id = fields.Many2one("l10n_mx_cfdi40.certificate", ondelete="restrict", readonly=True)
    pac = fields.Char("PAC", readonly=True)
    environment = fields.Selection([("test", "Test"), ("production", "Production")], readonly=True)
    request_xml = fields.Binary("Signed request", attachment=False, readonly=True)
    requested_at = fields.Datetime("Asked for on", readonly=True)
    deadline = fields.Datetime(
        "To be answered until", readonly=True, help="Three business days of the SAT; silence is acceptance.")
    answered_at = fields.Datetime("Answered on", readonly=True, help="When the SAT's answer was seen.")
    end = fields.Selection(ENDS, "How it ended", readonly=True)
    acuse = fields.Binary("Acknowledgement", attachment=False, readonly=True)
    acuse_at = fields.Datetime("Acknowledged on", readonly=True)
    code = fields.Char("Answer", readonly=True)
    message = fields.Text(readonly=True)
    explanation = fields.Text(compute="_compute_explanation")

    _one_open = models.UniqueIndex(
        "(document_id) WHERE state IN ('waiting', 'in_flight', 'in_doubt', 'requested')",
        "The cancellation of this CFDI is asked for already.")

    @api.depends("code", "message", "state", "reason")
    def _compute_explanation(self):
        for row in self:
            row.explanation = row.reason if row.state == "waiting" else row._explanation()

    def write(self, vals):
        if not self.env.su:
            raise AccessError(self.env._("A request to cancel follows from what is sent and answered."))
        frozen = {"document_id", "motivo"} & vals.keys()
        # While it waits, what was signed before certainly never arrived.
        sent = {"request_xml", "requested_at"} & vals.keys()
        if any(row[name] for row in self for name in frozen) or any(
                row[name] for row in self if row.state != "waiting" for name in sent):
            raise UserError(self.env._("What was asked of the SAT never changes."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("A request to cancel a CFDI is never deleted."))

    def _is_open(self):
        return self.state in OPEN

    # -- ordering ------------------------------------------------------------------------------------------------------

    @api.model
    def _order_for(self, document, motivo, substitute=None, substitute_move=None, substitute_uuid=None):
        """Put the cancellation of `document` in the queue. Does not commit, calls nobody; the same order twice is one.

        :param motivo: '01' … '04'
        :param substitute: with 01, the document that replaces it
        :param substitute_move: with 01, the invoice that will replace it once it is stamped
        :param substitute_uuid: with 01, the UUID of one that is not in Odoo
        :return: the row
        :raises UserError: the document is not in force, or is being cancelled for another reason
        """
        document = document.sudo()
        existing = document._open_cancellation()
        if existing:
            if existing.motivo != motivo:
                raise UserError(self.env._(
                    "The cancellation of %s is under way for another reason already.", document.display_name))
            return existing
        if document.state not in IN_FORCE or document.direction != "issued":
            raise UserError(self.env._(
                "%(name)s is “%(state)s”: only a CFDI in force can be cancelled.",
                name=document.display_name, state=document._state_label()))
        row = self.sudo().create({
            "document_id": document.id,
            "motivo": motivo,
            "substitute_id": substitute.id if substitute else False,
            "substitute_move_id": substitute_move.id if substitute_move else False,
            "substitute_uuid": (substitute_uuid or "").strip().upper() or False,
            "retry_at": self._now(),
            "after_rejection": document._was_rejected(),
        })
        document._log("cancel_order", document.state, message=row._motivo_label())
        row._wake()
        return row

    def _withdraw(self):
        """Take back orders that were not sent yet.

        :raises UserError: one was sent: the SAT decides by now
        """
        for row in self.sudo():
            if row.state != "waiting":
                raise UserError(self.env._(
                    "The cancellation of %s was sent already: it cannot be taken back.", row.document_id.display_name))
            row.write({"state": "withdrawn", "retry_at": False})
            row.document_id._log("cancel_withdraw", row.document_id.state)
            row.document_id._activities(DECIDE).unlink()

    def _motivo_label(self):
        return dict(self._fields["motivo"]._description_selection(self.env)).get(self.motivo, "")

    def _wake(self):
        """Look at waiting orders at once: what they wait for may have happened."""
        waiting = self.sudo().filtered(lambda row: row.state == "waiting")
        if waiting:
            waiting.write({"retry_at": self._now()})
            self.env.ref("l10n_mx_cfdi40.cron_cancellations").sudo()._trigger()

    @api.model
    def _wake_company(self, companies):
        """Something was cancelled or stamped: orders of these companies may have waited for it."""
        self.sudo().search([("state", "=", "waiting"), ("company_id", "in", companies.ids)])._wake()

    # -- what it waits for ---------------------------------------------------------------------------------------------

    def _substitute(self):
        """The document that replaces this one; empty while it has none, or if it is not in Odoo."""
        return self.substitute_id or self.substitute_move_id.sudo().l10n_mx_cfdi40_document_id

    def _substitute_folio(self):
        """FolioSustitucion, or None."""
        return (self._substitute().uuid or self.substitute_uuid or None) if self.motivo == "01" else None

    def _hindrance(self):
        """Why it cannot be sent now, in words; '' when nothing stands in its way."""
        self.ensure_one()
        if self.motivo == "01":
            text = self._substitute_hindrance()
            if text:
                return text
        blockers = self.document_id._blockers()
        if blockers:
            return self.env._(
                "The SAT calls it “No cancelable” while these are in force: %s. It is asked for by itself once they"
                " are cancelled.", ", ".join(f"{one.display_name} ({one.uuid})" for one in blockers))
        return ""

    def _substitute_hindrance(self):
        substitute = self._substitute()
        if not substitute:
            if self.substitute_uuid:
                return ""
            if self.substitute_move_id:
                return self.env._(
                    "It waits for its substitute %s to be stamped.", self.substitute_move_id.display_name)
            return self.env._("Reason 01 needs the CFDI that replaces this one.")
        if substitute.state not in IN_FORCE:
            return self.env._(
                "It waits for its substitute %(name)s, which is “%(state)s”.",
                name=substitute.display_name, state=substitute._state_label())
        return "\n".join(self.document_id._substitute_problems(substitute))

    # -- buttons -------------------------------------------------------------------------------------------------------

    def action_withdraw(self):
        """Take back an order that was not sent yet."""
        self.document_id._check_billing()
        self._withdraw()

    def action_open_document(self):
        """The CFDI of this request."""
        return self.document_id._get_records_action()

    def action_download_acuse(self):
        """Download the SAT's acknowledgement of the request."""
        self.ensure_one()
        if not self.acuse:
            raise UserError(self.env._("There is no acknowledgement for this request."))
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self._name}/{self.id}/acuse/acuse_{self.uuid}.xml?download=true",
            "target": "download",
        }
