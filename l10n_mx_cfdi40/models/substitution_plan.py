"""The plan of a substitution: what of it is done, what waits and for whom, and what comes then.

Nothing of it is stored: each step is read from the documents, their cancellations and the payments as they stand.
"""
from dataclasses import dataclass

from markupsafe import Markup
from odoo import api, fields, models
from odoo.tools import format_datetime

from .document_protocol import STAMP_ZONE
from .document_states import DEAD, NOT_CANCELLED, UNANSWERED

DONE, SAT, PERSON, COMING = "done", "sat", "person", "coming"
_ICONS = {
    DONE: "fa-check-circle text-success", SAT: "fa-hourglass-half text-info", PERSON: "fa-user text-warning",
    COMING: "fa-circle-o text-muted"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a plan. ``state``: done, sat (waits for the SAT or the PAC), person (waits for somebody) or coming
    (by itself, when those before are done). ``text``: what is done; ``note``: until when it waits, or why. ``record``:
    of which document or invoice."""

    state: str
    text: str
    note: str = ""
    record: object = None


class AccountMove(models.Model):
    _inherit = "account.move"

    l10n_mx_cfdi40_plan = fields.Html(
        "Plan", compute="_compute_l10n_mx_cfdi40_plan", sanitize=False,
        help="What happens to this invoice, which replaces another or is replaced, in order.")

    def _compute_l10n_mx_cfdi40_plan(self):
        for move in self:
            move.l10n_mx_cfdi40_plan = move._l10n_mx_cfdi40_plan_html(move._l10n_mx_cfdi40_plan())

    def _l10n_mx_cfdi40_plan(self):
        """[`Step`] of the substitution in which this invoice is replaced, or replaces another; [] without one."""
        self.ensure_one()
        move = self.sudo()
        own = move.l10n_mx_cfdi40_document_id
        steps = []
        replaced = own.replaces_id or move.l10n_mx_cfdi40_replaces_id
        if replaced.move_id and own.state != "cancelled" and move.state != "cancel":
            steps += replaced._plan(move)
        substitute = own._plan_substitute() if own else move.browse()
        return steps + own._plan(substitute) if substitute else steps

    @api.model
    def _l10n_mx_cfdi40_plan_html(self, steps):
        """The steps as a numbered list; False without any."""
        if not steps:
            return False
        return Markup('<ol class="list-unstyled mb-0">{}</ol>').format(Markup().join(
            Markup(
                '<li class="d-flex gap-2 mb-2">'
                '<i class="fa fa-fw flex-shrink-0 mt-1 {icon}" role="img" title="{label}"></i>'
                '<div class="flex-grow-1">{number}. {text} <span class="text-muted">· {label}</span>{note}</div></li>'
            ).format(
                icon=_ICONS[step.state], label=self._l10n_mx_cfdi40_step_label(step.state), number=number,
                text=step.text, note=Markup('<div class="small text-muted">{}</div>').format(step.note)
                if step.note else "")
            for number, step in enumerate(steps, 1)))

    @api.model
    def _l10n_mx_cfdi40_step_label(self, state):
        return {
            DONE: self.env._("done"),
            SAT: self.env._("waiting for the SAT"),
            PERSON: self.env._("waiting for you"),
            COMING: self.env._("to come, by itself"),
        }[state]


class Document(models.Model):
    _inherit = "l10n_mx_cfdi40.document"

    def _plan_substitute(self):
        """The invoice that replaces this CFDI, or the draft that will; empty without one."""
        live = self.replacement_ids.filtered(lambda one: one.state not in DEAD and one.kind != "P")
        return live[:1].move_id or self.env["account.move"].sudo().search([
            ("l10n_mx_cfdi40_replaces_id", "=", self.id), ("state", "!=", "cancel")], order="id desc", limit=1)

    def _plan(self, substitute):
        """[`Step`] of replacing this CFDI of an invoice.

        :param substitute: the invoice that replaces it; empty while it is only thought of
        """
        self.ensure_one()
        complements = self._plan_complements()
        cancelled = self.env._("Cancel the old invoice %s with 01.", self._plan_name())
        return [
            self._plan_stamp(substitute),
            *self._plan_payments(substitute),
            *(step for one in complements for step in one._plan_renewal(substitute)),
            *self._plan_related(complements),
            self._plan_cancellation(cancelled),
            self._plan_entry(),
        ]

    def _plan_name(self):
        return self.move_id.name or self.display_name

    def _plan_stamp(self, substitute):
        own = substitute.l10n_mx_cfdi40_document_id
        text = self.env._(
            "Stamp the new invoice%(name)s, related with 04 to %(old)s.",
            name=f" {substitute.name}" if substitute.name and substitute.name != "/" else "", old=self._plan_name())
        if own.state in NOT_CANCELLED:
            return Step(state=DONE, text=text, record=substitute)
        if own.state in UNANSWERED:
            return Step(state=SAT, text=text, note=own._reason(), record=substitute)
        note = own._reason() if own.state == "rejected" else self.env._("Correct what is wrong in it, and stamp it.")
        return Step(state=PERSON, text=text, note=note, record=substitute)

    def _plan_payments(self, substitute):
        left = self.move_id._l10n_mx_cfdi40_payers()
        if left:
            return [Step(state=COMING, text=self.env._("Its payments go over to the new invoice."), note=", ".join(
                money.origin_payment_id.name or money.name for money in left))]
        moved = substitute._l10n_mx_cfdi40_payers() if substitute else left
        if moved:
            return [Step(state=DONE, text=self.env._("Its payments are on the new invoice."))]
        return []

    def _plan_complements(self):
        """Complements that say payments of this invoice, in the order in which they were issued: those in force, and
        those that were cancelled in exchange for another."""
        return self.move_id.l10n_mx_cfdi40_instalment_ids.document_id.sorted("id").filtered(lambda one: (
            one.state in NOT_CANCELLED or (one.state == "cancelled" and one._plan_successor())))

    def _plan_successor(self):
        return self.replacement_ids.filtered(lambda one: one.state not in DEAD)[:1]

    def _plan_renewal(self, substitute):
        """Steps of a complement of a replaced invoice: issue it anew, cancel the old one."""
        successor = self._plan_successor()
        cancel = self._plan_cancellation(self.env._(
            "Cancel the old complement %s; its customer has to accept.", self.display_name))
        if not successor and substitute.l10n_mx_cfdi40_metodo_pago == "PUE":
            return [cancel]
        text = self.env._(
            "Issue the complement %s anew, related with 04 to it and with the UUID of the new invoice.",
            self.display_name)
        if successor:
            state = DONE if successor.state in NOT_CANCELLED else SAT
            note = successor.display_name if state == DONE else successor._reason()
            return [Step(state=state, text=text, note=note, record=successor), cancel]
        if not self.receipt_ids:
            return [Step(state=PERSON, text=self.env._("Cancel the complement %s.", self.display_name), record=self,
                         note=self.env._("Nothing is left of its payment."))]
        return [Step(state=COMING, text=text, record=self), cancel]

    def _plan_related(self, complements):
        """Other CFDI in force that depend on the old invoice: nobody replaces those by itself."""
        for other in self._blockers() - complements:
            step = other._plan_cancellation(self.env._(
                "Cancel %s, which is related to the old invoice.", other.display_name))
            yield step if step.state != COMING or other.cancellation_id._is_open() else Step(
                state=PERSON, text=step.text, record=other,
                note=self.env._("Issue it anew for the new invoice if it still stands."))

    def _plan_cancellation(self, text):
        """The step of cancelling this CFDI, as its request stands."""
        row = self.cancellation_id
        state, note = COMING, ""
        if self.state == "cancelled":
            state, note = DONE, dict(row._fields["end"]._description_selection(self.env)).get(row.end, "")
        elif self.state == "cancel_requested":
            state = SAT
            if row.deadline:
                # By the clock of the SAT, wherever the reader is.
                note = self.env._("The customer may answer until %s.", format_datetime(
                    self.env, row.deadline, tz=STAMP_ZONE.key))
        elif self.state in UNANSWERED:
            state, note = SAT, row.explanation or ""
        elif row.state == "rejected":
            state, note = PERSON, self.env._(
                "The customer rejected it: talk to the customer, and ask again with “Cancel CFDI”.")
        elif row.state in ("refused", "withdrawn"):
            state, note = PERSON, row.explanation or self.env._("Its request was taken back.")
        elif row.state == "waiting":
            note = row.reason or ""
            state = PERSON if row.way_reason else COMING
        return Step(state=state, text=text, note=note, record=self)

    def _plan_entry(self):
        move = self.move_id
        if move.l10n_mx_cfdi40_must_reverse and not move._l10n_mx_cfdi40_is_closed():
            # The SAT's answer is there, and what follows from it is being done.
            return Step(state=COMING, text=self.env._("Cancel its entry in Odoo."), record=move)
        if move.l10n_mx_cfdi40_must_reverse:
            return Step(
                state=PERSON, text=self.env._("Reverse its entry with today's date."), record=move,
                note=self.env._("Its period is closed."))
        ended = move.state == "cancel" or self.state == "cancelled"
        return Step(
            state=DONE if ended else COMING, text=self.env._("Cancel its entry in Odoo."), record=move,
            note="" if ended else self.env._("Not before the SAT has cancelled the CFDI."))
