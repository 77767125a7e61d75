"""The answers of “The customer asks for a change”: what will happen, why, who has to accept and until when."""
from dataclasses import dataclass, field

from markupsafe import Markup
from odoo import models
from odoo.tools import format_date

from ..cfdi.parse import leer
from ..models.document_states import IN_FORCE
from ..models.res_partner import compact_rfc

#: How many invoices of a selection are spelled out.
SHOWN = 10


@dataclass(slots=True, kw_only=True)
class Answer:
    """``kind``: what the button does (see ``ChangeWizard._do_…``); '' for nothing. ``what`` happens and ``why``.
    ``warnings``: what else is to be known or done. ``table``: of the customer's data. ``cancels``: the CFDI will have
    to be cancelled, so the rules of that are said. ``plan``: steps of each invoice."""

    what: str
    why: str
    kind: str = ""
    warnings: list = field(default_factory=list)
    table: Markup = field(default_factory=Markup)
    cancels: bool = False
    plan: bool = False


class ChangeWizard(models.TransientModel):
    _inherit = "l10n_mx_cfdi40.change.wizard"

    def _moves(self):
        """The invoices, also while the form is being filled in."""
        return self.move_ids._origin

    def _answer(self):
        """:class:`Answer` to what was chosen, as things stand now."""
        answer = getattr(self, f"_answer_{self.change}")()
        if answer.cancels and answer.kind:
            self._look_for_obstacles(answer)
        return answer

    def _look_for_obstacles(self, answer):
        """What is cancelled, or replaced, already is not so a second time."""
        documents = self._moves().sudo().l10n_mx_cfdi40_document_id
        replaced = documents.filtered("is_substituted")
        under_way = documents.filtered(lambda one: one.cancellation_id._is_open()) - replaced
        if replaced:
            answer.warnings.append(self.env._(
                "%s: another CFDI replaces it already. Ask for the change on that one.",
                ", ".join(replaced.mapped("display_name"))))
        if under_way:
            answer.warnings.append(self.env._(
                "%s: its cancellation is under way already. Wait for the SAT's answer, or take the request back if it"
                " was not sent.", ", ".join(under_way.mapped("display_name"))))
        if replaced or under_way:
            answer.kind, answer.what = "", self.env._("Not now.")

    # -- nothing fiscal ------------------------------------------------------------------------------------------------

    def _answer_mail(self):
        return Answer(
            kind="send", what=self.env._("The same CFDI is sent again: its XML and its PDF."),
            why=self.env._(
                "A mail address is not part of the CFDI. The one that was issued is valid, whoever received it: nothing"
                " is stamped or cancelled. Correct the address in the customer's file, or in the mail itself."))

    def _answer_notes(self):
        return Answer(
            kind="send", what=self.env._("The same CFDI is sent again, with what is missing in the mail."),
            why=self.env._(
                "An addenda or a note is outside of what the SAT stamps: adding it changes neither the UUID nor the"
                " amounts. Nothing is stamped or cancelled."))

    # -- the customer --------------------------------------------------------------------------------------------------

    def _answer_receiver(self):
        table, differs, other_rfc = self._receiver_table()
        if other_rfc:
            return Answer(table=table, what=self.env._("It is the RFC that is another."), why=self.env._(
                "In the customer's file the RFC is not that of the CFDI. That is no correction of the same customer's"
                " data: choose “The RFC: it was issued to somebody else”."))
        if not differs:
            return Answer(table=table, what=self.env._("Nothing would change."), why=self.env._(
                "The customer's file says the same as the CFDI, so the new one would have the same mistake. Correct the"
                " customer's data first, by the tax status certificate (Constancia de Situación Fiscal), and come"
                " back."))
        answer = self._replace(self.env._(
            "These data were wrong on the day of issue, so the customer may not be able to deduct it: it is replaced by"
            " one with the data of the customer's file."))
        answer.table = table
        answer.warnings.insert(0, self.env._(
            "If they only changed after the issue, the CFDI is right as it is: choose “Their data changed"
            " afterwards”."))
        return answer

    def _receiver_table(self):
        """(what the CFDI say beside the customers' files, whether any of it differs, whether an RFC does)"""
        rows, differs, other_rfc = [], False, False
        for move in self._moves():
            comprobante = leer(move.sudo().l10n_mx_cfdi40_document_id._stamped_bytes())
            was, partner = comprobante.receptor, move.commercial_partner_id
            now = partner._l10n_mx_cfdi40_receptor(comprobante.lugar_expedicion, was.uso_cfdi)
            other_rfc = other_rfc or was.rfc != now.rfc
            for label, one, other in (
                (self.env._("RFC"), was.rfc, now.rfc),
                (self.env._("Name"), was.nombre, now.nombre),
                (self.env._("ZIP"), was.domicilio_fiscal_receptor, now.domicilio_fiscal_receptor),
                (self.env._("Tax regime"), was.regimen_fiscal_receptor, now.regimen_fiscal_receptor),
            ):
                differs = differs or one != other
                if one != other or self.count == 1:
                    rows.append((move.name if self.count > 1 else "", label, one, other, one != other))
        return self._side_by_side(rows), differs, other_rfc

    def _side_by_side(self, rows):
        line = Markup('<tr class="{mark}"><td>{invoice}{label}</td><td>{was}</td><td>{now}{sign}</td></tr>')
        return Markup(
            '<table class="table table-sm"><thead><tr><th></th><th>{was}</th><th>{now}</th></tr></thead>'
            "<tbody>{rows}</tbody></table>").format(
            was=self.env._("In the CFDI"), now=self.env._("Customer's file"),
            rows=Markup().join(line.format(
                mark="table-warning" if differs else "", invoice=Markup("{}<br/>").format(invoice) if invoice else "",
                label=label, was=was or "—", now=now or "—", sign=" ≠" if differs else "")
                for invoice, label, was, now, differs in rows[:4 * SHOWN]))

    def _answer_use(self):
        return self._replace(self.env._(
            "The CFDI use is part of what was stamped. Choose the right one on the new invoice, and in the customer's"
            " file for the next ones."))

    def _answer_moved(self):
        return Answer(
            kind="partner" if self.customer_id else "", what=self.env._("Nothing has to be done."), why=self.env._(
                "A CFDI is right when it says what was true on the day of its issue: the customer can deduct it as it"
                " is. Cancelling it because the customer moved, or has another name or regime since, is not needed."
                " Only update the customer's file, so that the next invoice says the new data."))

    def _do_partner(self):
        return self.action_partner()

    def _answer_rfc(self):
        reason = self.env._(
            "A substitute (04) keeps the receptor: what was issued to another RFC cannot be replaced. So the invoice of"
            " the wrong one is cancelled with 02, without a relation, and the right customer gets a new one.")
        wrong = {leer(document._stamped_bytes()).receptor.rfc
                 for document in self._moves().sudo().l10n_mx_cfdi40_document_id}
        answer = Answer(
            kind="other", why=reason, cancels=True, what=self.env._(
                "A new invoice for the right customer is made as a draft, and the cancellation (02) of this one is"
                " ordered."))
        if not self.partner_id:
            answer.kind = ""
            answer.warnings.append(self.env._("Choose the right customer."))
        elif compact_rfc(self.partner_id.vat) in wrong:
            answer.kind = ""
            answer.warnings.append(self.env._(
                "%s has the RFC that the CFDI has: it is the same receptor.", self.partner_id.display_name))
        if self.is_paid:
            answer.warnings.append(self.env._(
                "It has payments. Its cancellation waits until their complements are cancelled, which were issued to"
                " the wrong RFC too: cancel them with 02 and put the payments on the new invoice once it is stamped."))
        return answer

    # -- amounts -------------------------------------------------------------------------------------------------------

    def _answer_payment(self):
        return self._replace(self.env._(
            "Payment form and policy are part of what was stamped. Choose the right ones on the new invoice. (What was"
            " issued as PPD and is paid later needs no correction: each payment has its complement.)"))

    def _answer_price(self):
        if self.is_paid and not self.total_goes:
            return Answer(what=self.env._("Say first what becomes of the total."), why=self.env._(
                "Something was paid already, and a lower price then has a lighter way than a new invoice."))
        if self.is_paid and self.total_goes == "lower":
            return self._note(
                self.env._(
                    "It was paid already: a credit note of the difference needs no acceptance, and neither the payment"
                    " nor its complements are touched. A new invoice would mean cancelling all of them."))
        return self._replace(self.env._(
            "What is sold, how much and at which price is what the CFDI certifies: correct it on the new invoice."))

    def _answer_return(self):
        return self._note(self.env._(
            "The sale took place, and a part of it came back: the invoice stays, and the credit note, related with 03,"
            " takes off what was returned."))

    def _answer_discount(self):
        return self._note(self.env._(
            "The invoice was right when it was issued: it stays, and the credit note, related with 01, takes off what"
            " was given afterwards."))

    def _note(self, why):
        if any(move.move_type == "out_refund" for move in self._moves()):
            return Answer(what=self.env._("That is for invoices."), why=self.env._(
                "There is a credit note among these: correct it as “Price, quantity or description”, or cancel it."))
        if len(self._moves().company_id) > 1:
            return Answer(what=self.env._("One company at a time."), why=self.env._(
                "Choose invoices of the same company."))
        return Answer(kind="note", what=self.env._("A credit note (egreso) is made, related to the invoice."), why=why)

    def _replace(self, why):
        """The answer “Correct and replace”; of a paid invoice with the plan that it starts."""
        return Answer(
            kind="correct", cancels=True, plan=True, why=why, what=self.env._(
                "A copy of today is made as a draft, related with 04 to the original. Correct it and stamp it: the"
                " cancellation of the original (01) then goes out by itself."))

    # -- it should not be there ----------------------------------------------------------------------------------------

    def _answer_never(self):
        answer = Answer(
            kind="cancel", cancels=True, what=self.env._("It is cancelled with 03, and nothing takes its place."),
            why=self.env._("The operation did not take place."))
        if self.is_paid:
            answer.warnings.append(self.env._(
                "It has payments: give the money back, or put it on another invoice, and cancel their complements"
                " first. If only a part came back, a credit note is the right thing."))
        return answer

    def _answer_twice(self):
        return Answer(
            kind="cancel", cancels=True, what=self.env._("It is cancelled with 02: the other one stays."),
            why=self.env._("The same sale was invoiced twice. Make sure that this is the one that goes."))

    # -- words ---------------------------------------------------------------------------------------------------------

    def _answer_html(self, answer):
        """The answer as it is shown."""
        parts = [
            Markup("<p><strong>{}</strong></p><p>{}</p>").format(answer.what, answer.why), answer.table,
            *(Markup('<div class="alert alert-warning py-2" role="alert">{}</div>').format(text)
              for text in answer.warnings)]
        if answer.cancels:
            parts.append(self._rules_html())
        elif answer.kind == "note":
            parts.append(Markup("<p>{}</p>").format(self.env._("The customer does not have to accept a credit note.")))
        if answer.plan and answer.kind:
            parts += self._plan_html()
        return Markup().join(parts)

    def _rules_html(self):
        """Whether the customer has to accept, and until when it may be done, of each invoice."""
        documents = self._moves()[:SHOWN].sudo().l10n_mx_cfdi40_document_id.filtered(lambda one: one.state in IN_FORCE)
        items = []
        for document, advice in documents._advise().items():
            texts = [advice.acceptance.texto]
            if advice.last_day:
                texts.append(self.env._(
                    "It may be cancelled until %s.", format_date(self.env, advice.last_day.fecha)))
            if advice.is_late:
                texts.append(self.env._(
                    "That day is over: the fine is between %(least)s and %(most)s pesos.",
                    least=f"{advice.fine[0]:,.2f}", most=f"{advice.fine[1]:,.2f}"))
            name = document.move_id.name if self.count > 1 else ""
            items.append(Markup("<li>{}{}</li>").format(f"{name}: " if name else "", " ".join(texts)))
        return Markup("<ul>{}</ul>").format(Markup().join(items))

    def _plan_html(self):
        """What happens after the draft is stamped, step by step; of the invoices that have more than one step."""
        moves = self.env["account.move"]
        for move in self._moves()[:SHOWN]:
            if self.count > 1 and not move.sudo()._l10n_mx_cfdi40_has_payments():
                continue
            steps = move.sudo().l10n_mx_cfdi40_document_id._plan(moves.sudo())
            title = self.env._("The plan, each step when the SAT has answered the one before:")
            yield Markup("<p class='mb-1'>{}{}</p>{}").format(
                f"{move.name}. " if self.count > 1 else "", title, moves._l10n_mx_cfdi40_plan_html(steps))
