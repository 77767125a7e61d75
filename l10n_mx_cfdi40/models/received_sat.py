"""What became of a CFDI whose cancellation was asked of us: only the SAT says so, and only then its bill is to end.

Accepted is not cancelled: the SAT is asked, less often as time goes by. It can be asked where the total of the CFDI is
known: by its XML or by the bill. The entry of the bill is never touched by itself.
"""
from datetime import timedelta
from decimal import Decimal

from odoo import models
from odoo.exceptions import AccessError, LockError, UserError

from ..cfdi import rfc
from ..cfdi.errors import CfdiError, SatError
from ..cfdi.estado import Estado, EstatusCancelacion
from ..cfdi.parse import leer
from ..cfdi.qr import consulta_de
from .document_sat import _STATE, WAITS
from .received_request import SENT

#: Questions to the SAT after which it is left to a person: some two days.
TRIES = 13
#: The vendor's CFDI is cancelled, and its bill is not.
END_BILL = "l10n_mx_cfdi40.mail_activity_bill_cancelled"
_ENDS = {EstatusCancelacion.CANCELADO_CON_ACEPTACION: "accepted", EstatusCancelacion.PLAZO_VENCIDO: "expired"}


class ReceivedRequest(models.Model):
    _inherit = "l10n_mx_cfdi40.received.request"

    # -- the question --------------------------------------------------------------------------------------------------

    def _consulta(self):
        """The expression with which the SAT is asked about this CFDI; '' when its issuer or total is not known."""
        self.ensure_one()
        row = self.sudo()
        document = row._received_documents()[row]
        if document.stamped_xml:
            return _expression(document, row.uuid)
        bill = row.bill_id
        issuer = bill.commercial_partner_id._l10n_mx_cfdi40_rfc() if bill else ""
        receiver = row.company_id._l10n_mx_cfdi40_rfc()
        if not (rfc.is_valid(issuer) and rfc.is_valid(receiver)):
            return ""
        total = Decimal(f"{bill.amount_total:.{bill.currency_id.decimal_places}f}")
        return consulta_de(uuid=row.uuid, emisor=issuer, receptor=receiver, total=total, sello="")

    def _follow(self):
        """Ask the SAT what became of the CFDI, if nothing is expected of us, and do what it says. Commits."""
        self.ensure_one()
        if not self.sat_next_at or not self._may_follow():
            return
        wait = WAITS[min(self.sat_tries, len(WAITS) - 1)]
        self.write({"sat_next_at": self._now() + timedelta(minutes=wait), "sat_tries": self.sat_tries + 1})
        self._commit()
        try:
            self._ask_sat()
        except LockError:
            return
        except SatError:
            self._give_up()
            self._commit()

    def _may_follow(self):
        if self.state in SENT or self.environment != self.company_id.l10n_mx_cfdi40_environment:
            return False
        return self.is_unlisted or not self.is_open

    def _ask_sat(self):
        """
        :raises SatError: no answer; nothing changed
        :raises LockError: another process is at this row
        """
        consulta, before = self._consulta(), (self.state, self.attempt)
        estado = None
        if consulta:
            estado = self.env["l10n_mx_cfdi40.document"]._sat_client_of(
                self.company_id, self.environment).estado(consulta)
        self.lock_for_update(allow_referencing=True)
        self.invalidate_recordset()
        if (self.state, self.attempt) == before and self._may_follow():
            self._take_sat(estado)
        self._commit()
        self._conclude()

    # -- the answer ----------------------------------------------------------------------------------------------------

    def _take_sat(self, estado):
        """Move to what the SAT says; `estado` is None where it cannot be asked. The row is locked by the caller."""
        if estado is None:
            self._end("gone" if self.is_open else self.state)
            return
        self.write({"sat_state": _STATE.get(estado.estado, False), "sat_at": self._now()})
        process = estado.estatus_cancelacion
        if estado.estado is Estado.CANCELADO:
            self._end(_ENDS.get(process) or ("accepted" if self.state == "accepted" else "expired"))
        elif process is EstatusCancelacion.EN_PROCESO:
            self._take_in_process()
        elif self.state == "accepted":
            # The SAT has our acceptance, and may take a while to show it.
            self._give_up()
        elif process is EstatusCancelacion.RECHAZADA:
            self._end("rejected")
        elif estado.estado is Estado.VIGENTE:
            self._end("gone" if self.is_open else self.state)
        else:
            if self.is_open:
                self._settle_as("gone", sat_tries=self.sat_tries, sat_next_at=self.sat_next_at)
            self._give_up()

    def _take_in_process(self):
        """The SAT waits for an answer: of us, unless it has it already."""
        if self.state in ("gone", "expired"):
            self._reopen()
            self._schedule()
        elif not self.is_open:
            self._give_up()

    def _end(self, state):
        if state == self.state:
            self.sat_next_at = False
        else:
            self._settle_as(state, sat_next_at=False)

    def _give_up(self):
        """After many questions it is left to a person."""
        if self.sat_tries < TRIES:
            return
        if self.is_open:
            self._settle_as("gone")
        self.sat_next_at = False
        if self.state == "accepted":
            self._log_on(self.env._(
                "The SAT has the acceptance and does not show the CFDI as cancelled, or does not find it with the total"
                " of the bill. Look at the SAT's portal, and correct the bill if its total is not that of the CFDI."))

    # -- what follows --------------------------------------------------------------------------------------------------

    def _conclude(self):
        """Say on the bill that the SAT has cancelled its CFDI. Commits; does nothing the second time."""
        for one in self.sudo():
            if one.sat_state != "cancelado" or one.is_told:
                continue
            user = self._responsible(one.company_id)
            row = one.with_context(lang=user.lang)
            row._log_on(row.env._("The SAT has cancelled the CFDI."))
            for bill in row._bills()[row].filtered(lambda one: one.state != "cancel"):
                bill.message_post(body=row.env._("The SAT has cancelled the vendor's CFDI %s.", row.uuid))
                bill.activity_schedule(
                    END_BILL, user_id=user.id, summary=row.env._("The vendor's CFDI is cancelled: end the bill"),
                    note=row._proposal(bill))
            row.is_told = True
            row._commit()

    def _proposal(self, bill):
        """What to do with the bill of a cancelled CFDI."""
        if bill.state == "draft":
            return self.env._("The CFDI %s was cancelled: do not post this bill, cancel it.", self.uuid)
        if bill._l10n_mx_cfdi40_is_closed():
            return self.env._(
                "The CFDI %s was cancelled and the period of its bill is locked: reverse the bill with today's date"
                " with “Reverse with today's date” on it.", self.uuid)
        return self.env._(
            "The CFDI %s was cancelled: cancel its bill with “Cancel the bill” on it, or enter the vendor's new CFDI in"
            " its place.", self.uuid)

    # -- button --------------------------------------------------------------------------------------------------------

    def action_ask_sat(self):
        """Ask the SAT now what the state of these CFDI is."""
        if not (self.env.su or self.env.user.has_group("account.group_account_invoice")):
            raise AccessError(self.env._("Only billing users may ask the SAT."))
        self.check_access("read")
        for row in self.sudo():
            if not row._may_follow():
                raise UserError(self.env._(
                    "%s waits for your answer: there is nothing to ask the SAT yet.", row.uuid))
            if not row._consulta():
                raise UserError(self.env._(
                    "The SAT tells the state of a CFDI only to who knows its issuer and total: write its folio fiscal"
                    " on the bill first."))
            try:
                row._ask_sat()
            except SatError as error:
                raise UserError(str(error)) from error


def _expression(document, uuid):
    """The expression of a CFDI by its XML; '' of one that cannot be read."""
    try:
        return document._expression_of(leer(document._stamped_bytes()), uuid)
    except CfdiError:
        return ""
