"""Asked for once: claim, call, record, as for a stamp (see document_protocol).

The signed request is in the row before anything is sent, and only those bytes are ever sent again, to the same PAC,
after the SAT was asked and knew of no request. What was received is not a cancellation: the SAT's state is.
"""
import base64
import time
from datetime import timedelta

from odoo import models
from odoo.exceptions import LockError, UserError

from ..cfdi.acuse import leer_acuse
from ..cfdi.cancelacion import Folio, SolicitudCancelacion, firmar_cancelacion
from ..cfdi.errors import XmlError
from ..pac.base import Received, Refused, Unknown
from ..pac.cancel_codes import NOT_EXAMINED, explain_cancel
from .cancellation import DECIDE
from .cancellation_call import CancelCall, Seen, Untraced
from .document_call import START_WITHIN, lease_seconds
from .document_protocol import central_instant
from .queue import LATER

#: A signed request that may have been lost is sent again for this long; later a new one is signed, if the SAT knows
#: of none.
REQUEST_FRESH = timedelta(hours=24)
#: The SAT learns of a new CFDI from the PAC, within minutes or hours: this code until then.
NOT_YET_AT_SAT = "205"
#: The substitute does not exist, or does not name the other: of one that was stamped a while ago, the same.
NO_SUBSTITUTE = frozenset({"208", "212", "312", "314"})
#: The SAT is out of order, or the same was asked too soon: it passes by itself.
TOO_SOON = "798"
PASSING = frozenset({"708", TOO_SOON})
#: When a request that was refused only for now is sent again: four times later each time, as PACs take no more than
#: five for one CFDI; and after 798, whose PAC wants that much time between two of them.
REPEAT_AFTER, LONGEST_PAUSE, AFTER_TOO_SOON = timedelta(minutes=15), timedelta(hours=12), timedelta(hours=72)
#: When an order that waits for something else is looked at again by itself.
LOOK_AGAIN = timedelta(hours=1)


class Cancellation(models.Model):
    _inherit = "l10n_mx_cfdi40.cancellation"

    def _run(self):
        """Send this request, or find out what became of it, whichever is legal now; its answer is committed when this
        returns. Nothing happens when neither is legal, or another process is at it. Commits.

        :raises UserError: something of ours is missing (certificate, PAC): nothing was sent
        """
        self.ensure_one()
        call = self._claim()
        if not call:
            return
        answer = call.run()
        call.pac.close()
        self._record(call, answer)
        call.account._note_call(call, answer)
        self._look_into_refusal()
        self.document_id._conclude_cancellation()

    def _look_into_refusal(self):
        """Find out what a refusal does not say. EXTENDED where the SAT can be asked about it."""

    # -- claim ---------------------------------------------------------------------------------------------------------

    def _claim(self):
        """Make this process the owner of the request until its lease ends, and commit that.

        :return: the :class:`CancelCall` to make, or None
        """
        row = self.sudo()
        document = row.document_id
        try:
            document.lock_for_update(allow_referencing=True)
            row.lock_for_update()
        except LockError:
            return None
        row.invalidate_recordset()
        document.invalidate_recordset(["state"])
        if row.state == "waiting":
            vals = row._claim_first()
        elif row.state in ("in_flight", "in_doubt") and (not row.lease_until or row.lease_until <= row._now()):
            document._advance("cancel_ask")
            vals = {"state": "in_doubt"}
        else:
            return None
        if vals is None:
            return None
        exchanges = []
        pac = document._cancel_pac(vals.get("pac") or row.pac, observer=exchanges.append)
        row.write({
            **vals, "attempt": row.attempt + 1, "lease_until": row._now() + timedelta(seconds=2 * lease_seconds(pac))})
        call = CancelCall(
            document=document, account=document.pac_account_id, exchanges=exchanges,
            attempt=row.attempt, pac=pac, sat=document._sat_client(), request=row._request_bytes(), uuid=document.uuid,
            consulta=document._sat_expression(), ask=row.state == "in_doubt",
            fresh=row.requested_at + REQUEST_FRESH > row._now(), rejected_before=row.after_rejection,
            start_by=time.monotonic() + START_WITHIN)
        row._commit()
        return call

    def _claim_first(self):
        """Values of a row that is sent now for the first time; None if something stands in its way by now."""
        document = self.document_id
        reason = self._hindrance()
        if reason or not document._may("request_cancel"):
            self.write({"reason": reason, "retry_at": self._now() + LOOK_AGAIN})
            self._commit()
            return None
        root = document.company_id._l10n_mx_cfdi40_fiscal_root()
        vals = {
            "state": "in_flight", "reason": False, "code": False, "message": False,
            "after_rejection": document._was_rejected(),
            "pac": root.l10n_mx_cfdi40_pac if document.external else document.pac, "environment": document.environment,
            # Also one that was signed before: it certainly never arrived, and its date and its CSD may be over.
            **self._sign(root),
        }
        document._advance("request_cancel", event={"message": self._motivo_label()})
        document._activities(DECIDE).unlink()
        return vals

    def _sign(self, root):
        """The signed request: of the CSD that is in force now, which need not be the one that sealed the CFDI.

        :raises UserError: the company has no certificate in force
        """
        document = self.document_id
        certificate = root._l10n_mx_cfdi40_select_certificate(self._now()).sudo()
        if not certificate:
            raise UserError(self.env._(
                "%s has no digital seal certificate (CSD) in force, which signs cancellations too: install one.",
                root.name))
        now = self.env["account.move"]._l10n_mx_cfdi40_local_now(root.partner_id.zip).replace(microsecond=0)
        xml = firmar_cancelacion(SolicitudCancelacion(
            rfc_emisor=document.issuer_rfc, fecha=now,
            folios=(Folio(document.uuid, self.motivo, self._substitute_folio()),)), certificate._csd())
        return {
            "certificate_id": certificate.id, "request_xml": base64.b64encode(xml), "requested_at": self._now(),
            "substitute_id": self._substitute().id, "substitute_uuid": self._substitute_folio(),
        }

    def _request_bytes(self):
        return self._bytes_of("request_xml")

    # -- record --------------------------------------------------------------------------------------------------------

    def _record(self, call, answer):
        """Write down what was answered, and commit it, whatever happens meanwhile in other transactions."""
        self._record_for_sure(lambda: self._record_once(call, answer))

    def _record_once(self, call, answer):
        row = self.sudo()
        self.env.cr.execute(
            "SELECT id FROM l10n_mx_cfdi40_document WHERE id = %s FOR NO KEY UPDATE", [row.document_id.id])
        row.invalidate_recordset()
        row.document_id.invalidate_recordset()
        if row.attempt != call.attempt or row.state not in ("in_flight", "in_doubt"):
            # Another process found out meanwhile.
            row.document_id._log("late", row.document_id.state, **_answer_text(answer))
        elif isinstance(answer, Received):
            row._record_received(answer)
        elif isinstance(answer, Seen):
            row.document_id._take_sat_answer(answer.estado)
        elif isinstance(answer, Untraced):
            row._close("refused", "cancel_refuse", code="sin_rastro")
        elif isinstance(answer, Refused):
            row._record_refused(answer)
        else:
            row._record_unknown(answer)

    def _record_received(self, answer):
        self.write({
            "state": "requested", "lease_until": False, "retry_at": False, "code": answer.code,
            "message": answer.message, **self._acuse_vals(answer.acuse)})
        self.document_id._advance("cancel_receive", {"sat_next_at": self._now(), "sat_tries": 0}, {
            "code": answer.code, "message": answer.message})

    def _record_refused(self, answer):
        if self.state == "in_doubt" and (answer.code in NOT_EXAMINED or not answer.examined):
            # Turned away at the door: it says nothing about the attempt before.
            self._record_unknown(Unknown(reason=answer.code, detail=answer.message, sent=True))
            return
        document = self.document_id
        if self._passes_by_itself(answer.code):
            document._advance("cancel_unsend", event=_answer_text(answer))
            self.write({
                "state": "waiting", "lease_until": False, "retry_at": self._repeat_at(answer.code),
                **_answer_text(answer), "reason": str(explain_cancel(answer.code, answer.message))})
            return
        self.write(self._acuse_vals(answer.params.get("acuse")))
        self._close("refused", "cancel_refuse", **_answer_text(answer))

    def _passes_by_itself(self, code):
        """Whether a refusal only says that it was too early: then the order waits, and is sent again."""
        if code == NOT_YET_AT_SAT:
            return self.document_id._is_new_at_sat()
        return code in PASSING or (code in NO_SUBSTITUTE and self._substitute()._is_new_at_sat())

    def _repeat_at(self, code):
        pause = min(REPEAT_AFTER * 4 ** min(max(self.attempt - 1, 0), 5), LONGEST_PAUSE)
        return self._now() + (AFTER_TOO_SOON if code == TOO_SOON else pause)

    def _record_unknown(self, answer):
        text = _answer_text(answer)
        vals = {"lease_until": False, "retry_at": self._next_try(), **text}
        if not answer.sent and self.state == "in_flight":
            self.document_id._advance("cancel_unsend", event=text)
            self.write({**vals, "state": "waiting", "reason": str(explain_cancel(answer.reason, answer.detail))})
            return
        self.document_id._advance("cancel_doubt", event=text)
        self.write({**vals, "state": "in_doubt"})

    def _close(self, state, action, end=False, **text):
        """Nothing more is expected of this request."""
        if action:
            self.document_id._advance(action, event=text)
        self.write({
            "state": state, "lease_until": False, "retry_at": False, "answered_at": self._now(), "end": end, **text})

    def _acuse_vals(self, acuse):
        if not acuse:
            return {}
        vals = {"acuse": base64.b64encode(acuse), "acuse_at": self._now()}
        try:
            fecha = leer_acuse(acuse).fecha
        except XmlError:
            # Kept as evidence all the same.
            return vals
        if fecha:
            vals["acuse_at"] = central_instant(fecha.replace(microsecond=0))
        return vals

    def _explanation(self):
        """What the last answer means and what to do, for people."""
        return str(self._explained()) if self.code else ""

    def _explained(self):
        """What the last answer means, and where it is mended."""
        return explain_cancel(self.code, self.message or "")

    # -- the queue -----------------------------------------------------------------------------------------------------

    def _cron_send(self):
        """Send what was ordered and waits for nothing, and find out what became of what was sent without an answer."""
        now = self._now()

        def turn(row):
            row.write({"retry_at": now + LATER})
            row._commit()
            row._prepare_way()
            row._run()

        self._take_turns([("state", "=", "waiting"), ("retry_at", "<=", now)], turn)
        self._take_turns([
            "|", "&", ("state", "=", "in_flight"), ("lease_until", "<=", now),
            "&", ("state", "=", "in_doubt"), ("retry_at", "<=", now)], turn)

    def _in_its_language(self):
        return self.with_context(lang=(
            self.create_uid.lang if self.create_uid.active else self.company_id.partner_id.lang) or self.env.lang)

    def _prepare_way(self):
        """Do what has to come before this request and can be done by itself. EXTENDED by substitutions."""

    def _note_failure(self, error):
        # EXTENDS 'l10n_mx_cfdi40.queue'
        if not self.exists() or not self._is_open():
            return
        if self.state == "waiting":
            self.write({"reason": str(error)})
        self._tell_waiting(str(error))


def _answer_text(answer):
    """What the history says of an answer."""
    if isinstance(answer, Unknown):
        return {"code": answer.reason, "message": answer.detail}
    if isinstance(answer, Received | Refused):
        return {"code": answer.code, "message": answer.message}
    return {}
