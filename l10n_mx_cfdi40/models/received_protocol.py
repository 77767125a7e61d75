"""Answered once: claim, call, record, as for a stamp (see document_protocol).

The signed answer is in the row before anything is sent, and only those bytes are ever sent again, to the same PAC: the
SAT takes the first and answers 1002 to the next, so that there are never two different ones.
"""
import base64
import time
from datetime import timedelta

from odoo import api, models
from odoo.exceptions import LockError

from ..cfdi.cancelacion import Respuesta, RespuestaReceptor, firmar_respuesta
from ..pac.base import Unknown
from ..pac.cancel_codes import explain_answer
from .document_call import START_WITHIN, lease_seconds
from .received_call import ANSWERED_BEFORE, NOTHING_PENDING, TAKEN, AnswerCall, NotPending, StillPending, Verdict
from .received_request import ACTIVITY

#: A PAC may list a request for a while after it was answered: before, it proves nothing that it is listed.
SETTLED = timedelta(hours=1)
_RESPUESTAS = {"accept": Respuesta.ACEPTACION, "reject": Respuesta.RECHAZO}
_ANSWERED = {"accept": "accepted", "reject": "rejected"}


class ReceivedRequest(models.Model):
    _inherit = "l10n_mx_cfdi40.received.request"

    def _run(self):
        """Send the answer, or send again the same one whose receipt was lost, whichever is legal now. Commits.

        :raises UserError: something of ours is missing (certificate, PAC): nothing was sent
        """
        self.ensure_one()
        row = self.sudo()
        call = row._claim()
        if not call:
            return
        row._record(call, call.run())
        row._follow()

    # -- claim ---------------------------------------------------------------------------------------------------------

    def _claim(self):
        """Make this process the owner of the row until its lease ends, and commit that.

        :return: the :class:`AnswerCall` to make, or None
        """
        try:
            self.lock_for_update(allow_referencing=True)
        except LockError:
            return None
        self.invalidate_recordset()
        root = self.company_id
        if self.environment != root.l10n_mx_cfdi40_environment:
            # A copy of a production database: nothing of it gets out.
            return None
        if self.state == "waiting":
            self._check_can_send()
            vals = {"state": "in_flight", "code": False, "message": False, "reason": False}
        elif self.state in ("in_flight", "in_doubt") and (not self.lease_until or self.lease_until <= self._now()):
            vals = {"state": "in_doubt"}
        else:
            return None
        pac = root._l10n_mx_cfdi40_pac_client(
            self.pac if self.request_xml else root.l10n_mx_cfdi40_pac, self.environment)
        if not self.request_xml:
            vals.update(self._sign(pac))
        self.write({
            **vals, "attempt": self.attempt + 1, "sent_at": self.sent_at or self._now(),
            "lease_until": self._now() + timedelta(seconds=2 * lease_seconds(pac))})
        call = AnswerCall(
            attempt=self.attempt, pac=pac, request=self._bytes_of("request_xml"), uuid=self.uuid,
            rfc=root._l10n_mx_cfdi40_rfc(), doubt=self.state == "in_doubt", start_by=time.monotonic() + START_WITHIN)
        self._commit()
        return call

    def _sign(self, pac):
        """The signed answer, of the CSD in force, which names the PAC that takes it."""
        root = self.company_id
        certificate = self._certificate(root)
        now = self.env["account.move"]._l10n_mx_cfdi40_local_now(root.partner_id.zip).replace(microsecond=0)
        xml = firmar_respuesta(RespuestaReceptor(
            rfc_receptor=root._l10n_mx_cfdi40_rfc(), rfc_pac=pac.rfc, fecha=now,
            respuestas=((self.uuid, _RESPUESTAS[self.answer]),)), certificate._csd())
        return {"certificate_id": certificate.id, "pac": pac.code, "request_xml": base64.b64encode(xml)}

    # -- record --------------------------------------------------------------------------------------------------------

    def _record(self, call, answer):
        """Write down what was answered, and commit it, whatever happens meanwhile in other transactions."""
        self._record_for_sure(lambda: self._record_once(call, answer))

    def _record_once(self, call, answer):
        self.env.cr.execute(
            "SELECT id FROM l10n_mx_cfdi40_received_request WHERE id = %s FOR NO KEY UPDATE", [self.id])
        self.invalidate_recordset()
        if self.attempt != call.attempt or self.state not in ("in_flight", "in_doubt"):
            self._log_on(self.env._("A late answer of the PAC, which changes nothing: %s", _words(answer)))
        elif isinstance(answer, Unknown):
            self._record_unknown(answer)
        elif isinstance(answer, StillPending):
            self._record_still_pending(answer.refused)
        elif isinstance(answer, NotPending):
            self._record_not_pending(answer.refused)
        elif answer.code == TAKEN or (answer.code == ANSWERED_BEFORE and call.doubt):
            self._record_taken(answer)
        elif answer.code in (NOTHING_PENDING, ANSWERED_BEFORE):
            self._record_not_pending(answer)
        else:
            self._record_refused(answer)

    def _record_taken(self, verdict):
        """The SAT has our answer. What became of the CFDI it is asked next."""
        self._settle_as(_ANSWERED[self.answer], answered_at=self._now(), **self._verdict_vals(verdict))

    def _record_not_pending(self, verdict):
        """The SAT waits for no answer: the time ran out, the vendor withdrew, or somebody answered at the portal."""
        self._settle_as("gone", **self._verdict_vals(verdict))

    def _record_still_pending(self, verdict):
        if (self.sent_at or self._now()) + SETTLED > self._now():
            self._record_unknown(Unknown(reason=verdict.code, detail=verdict.message, sent=True))
        else:
            self._record_refused(verdict)

    def _record_refused(self, verdict):
        """Nothing was answered: once mended, it may be answered again, in one way or the other."""
        vals = self._verdict_vals(verdict)
        self._reopen(**vals)
        self._log_on(self.env._("The answer was not taken: %s", self._explanation()))
        self._schedule()

    def _record_unknown(self, answer):
        vals = {
            "lease_until": False, "retry_at": self._next_try(), "code": answer.reason,
            "message": answer.detail or False}
        if not answer.sent and self.state == "in_flight":
            self.write({
                **vals, "state": "waiting", "reason": str(explain_answer(answer.reason, answer.detail or ""))})
        else:
            self.write({**vals, "state": "in_doubt"})

    def _settle_as(self, state, **vals):
        """No answer is expected of us any more; the SAT is asked what became of the CFDI."""
        self.write({
            "state": state, "lease_until": False, "retry_at": False, "reason": False, "is_unlisted": False,
            "settled_at": self._now(), "sat_tries": 0, "sat_next_at": self._now(), **vals})
        self.activity_unlink([ACTIVITY])

    def _verdict_vals(self, verdict):
        return {
            "code": verdict.code, "message": verdict.message or False,
            **({"acuse": base64.b64encode(verdict.acuse)} if verdict.acuse else {})}

    def _explanation(self):
        """What the last answer means and what to do, for people."""
        return str(explain_answer(self.code, self.message or "")) if self.code else ""

    # -- the queue -----------------------------------------------------------------------------------------------------

    @api.model
    def _cron_answers(self):
        """Send the answers that wait, find out about those whose receipt was lost, ask the SAT about the answered."""
        now = self._now()
        send = [
            "|", "&", ("state", "in", ("waiting", "in_doubt")), ("retry_at", "<=", now),
            "&", ("state", "=", "in_flight"), ("lease_until", "<=", now)]
        self._take_turns(send, lambda row: row._run_postponed())
        asked = [("state", "not in", ("in_flight", "in_doubt")), ("sat_next_at", "<=", now)]
        self._take_turns(asked, lambda row: row._follow(), order="sat_next_at, id")
        untold = [("sat_state", "=", "cancelado"), ("is_told", "=", False)]
        self._take_turns(untold, lambda row: row._conclude(), order="id")

    def _in_its_language(self):
        user = self.user_id or self._responsible(self.company_id)
        return self.with_context(lang=(user.active and user.lang) or self.company_id.partner_id.lang or self.env.lang)

    def _note_failure(self, error):
        # EXTENDS 'l10n_mx_cfdi40.queue'
        if self.exists() and self.state == "waiting":
            self.write({"reason": str(error)})


def _words(answer):
    if isinstance(answer, Verdict):
        return str(explain_answer(answer.code, answer.message))
    if isinstance(answer, Unknown):
        return str(explain_answer(answer.reason, answer.detail or ""))
    return str(explain_answer(answer.refused.code, answer.refused.message))
