"""The circuit breaker: a PAC that fails is rested for a while, longer each time, and tried again.

Meanwhile the next account takes documents that certainly never reached the first one, if the issuer's agreement is in
place there. It is seen on the account: how many failures, since when, until when it rests, and the last error.
"""
from datetime import timedelta

from odoo import fields, models
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from ..pac.base import Accepted, NotFound, Received, Refused, Unknown
from ..pac.cancel_codes import IN_PROCESS
from ..pac.codes import CANNOT_ASK, LATE_STAMP, LATE_START, explain, is_turned_away

#: Failures in a row after which an account rests. One is enough when there was no connection at all, or when the PAC
#: does not know the credentials: some lock an account after three bad logins.
TOLERATED = 3
#: Minutes of rest: the first time, and never more than.
FIRST_REST, LONGEST_REST = 1, 30
#: Reasons of an Unknown that say nothing against the PAC: it answered, or was not even called.
NO_FAULT = frozenset({LATE_START, CANNOT_ASK, LATE_STAMP, IN_PROCESS})


class PacAccount(models.Model):
    _inherit = "l10n_mx_cfdi40.pac.account"

    failures = fields.Integer("Failures in a row", readonly=True, copy=False)
    rests = fields.Integer(readonly=True, copy=False)
    rest_until = fields.Datetime("Rests until", readonly=True, copy=False)
    failing_since = fields.Datetime(readonly=True, copy=False)
    last_error = fields.Char(readonly=True, copy=False)
    last_error_at = fields.Datetime(readonly=True, copy=False)

    def _is_resting(self):
        return bool(self.rest_until) and self.rest_until > self._now()

    def _is_turned_away(self):
        """Whether it rests because the PAC answers and does not know who asks: the account has to be mended."""
        return self._is_resting() and not self.failing_since

    def _note_call(self, call, answer):
        """Write down how the PAC did, and what was exchanged with it, in a transaction of its own: the document's
        answer is safe already. Commits; what another transaction is in the way of is left out."""
        self._note_calls([(call, answer)])

    def _note_calls(self, done):
        """The same for several calls with this account, in the order of their answers.

        :param done: list of (call, answer)
        """
        document = done[0][0].document
        try:
            for call, answer in done:
                # Without any it was not the PAC that did not answer.
                if call.exchanges:
                    self._note_answer(answer)
            self.env["l10n_mx_cfdi40.pac.exchange"]._write_down_calls([call for call, _answer in done], self)
            document._commit()
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            if not document._can_commit():
                raise
            self.env.cr.rollback()

    def _note_answer(self, answer):
        """How the PAC did: a failure makes it rest after a while, any answer of it ends that. Does not commit."""
        if not self:
            return
        if isinstance(answer, Unknown):
            if answer.reason not in NO_FAULT:
                # Of what was asked about it says by this that it does not know who asks, as in a refusal below.
                unknown_here = answer.reason == "credentials"
                self._note_fault(
                    explain(answer.reason, answer.detail), at_once=unknown_here or not answer.sent,
                    is_silent=not unknown_here)
        elif is_turned_away(answer):
            # The next ones would be too. It does answer, so its contact need not be told.
            self._note_fault(explain(answer.code, answer.message), at_once=True, is_silent=False)
        elif isinstance(answer, Accepted | Received | NotFound | Refused) and (self.failures or self.rest_until):
            self._wake()

    def _note_fault(self, explanation, at_once=False, is_silent=True):
        account = self.sudo()
        failures = account.failures + 1
        vals = {
            "failures": failures,
            "failing_since": is_silent and (account.failing_since or account._now()),
            "last_error": str(explanation)[:500],
            "last_error_at": account._now(),
        }
        # Of calls that were made at once the first one that fails lets it rest; the others add nothing to that.
        if (at_once or failures >= TOLERATED) and not account._is_resting():
            minutes = min(FIRST_REST * 2 ** min(account.rests, 10), LONGEST_REST)
            vals.update(rests=account.rests + 1, rest_until=account._now() + timedelta(minutes=minutes))
        account.write(vals)

    def action_wake(self):
        """Use it again at once."""
        self.check_access("write")
        self.sudo()._wake()

    def _wake(self):
        self.write({"failures": 0, "rests": 0, "rest_until": False, "failing_since": False})
