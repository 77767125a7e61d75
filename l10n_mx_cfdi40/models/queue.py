"""How a cron works through what waits: one thing at a time, in transactions of its own."""
import base64
import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import LockError, UserError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from ..cfdi.errors import CfdiError

_logger = logging.getLogger(__name__)

#: When something of ours (certificate, settings, a lock) was in the way and no PAC was called.
LATER = timedelta(minutes=15)
#: Minutes until the next attempt: 1, 2, 4 … and from then on once in six hours.
LONGEST_WAIT = timedelta(hours=6)
#: The rows of a protocol are only ever held for the milliseconds of another record or claim.
RECORD_TRIES = 10


class Queue(models.AbstractModel):
    _name = "l10n_mx_cfdi40.queue"
    _description = "Queue of CFDI"

    def _now(self):
        """The clock of the protocols (naive UTC): leases, retries and the 72 hours read it and nothing else."""
        return fields.Datetime.now()

    def _next_try(self):
        """When to ask again: each time twice as long, so that a PAC that is down is not flooded when it comes back."""
        return self._now() + min(timedelta(minutes=2 ** min(max(self.attempt - 1, 0), 10)), LONGEST_WAIT)

    def _bytes_of(self, name):
        # A form that is being read asks for the sizes of files instead of their content.
        record = self.sudo().with_context(bin_size=False, **{f"bin_size_{name}": False})
        return base64.b64decode(record[name] or b"")

    @api.model
    def _take_turns(self, domain, step, order="retry_at, id"):
        """Do `step` for each record of the domain as of now, in this order, each in transactions of its own."""
        def turn(record):
            record = record._in_its_language()
            # Re-reads: since the search another worker may have done it.
            if record.filtered_domain(domain):
                step(record)

        found = self.sudo().search(domain, order=order)
        self._work_through([self.sudo().browse(record_id) for record_id in found.ids], turn)

    def _in_its_language(self):
        """What a cron writes is read by a person, whatever the language of the cron's own user."""
        raise NotImplementedError

    def _work_through(self, batches, step):
        """Do `step` for each batch of records; what goes wrong with one is noted on it and stops no other.

        `step` writes the next turn of its batch before it tries it, and commits that (`_commit`): a batch that breaks
        the process does not stand before the others for ever.
        """
        for done, batch in enumerate(batches, 1):
            self._attempt(batch, step)
            if not self._go_on(len(batches) - done):
                break

    def _attempt(self, batch, step):
        """Do `step` for this batch and commit; what goes wrong is noted on it, and raises nothing."""
        try:
            step(batch)
            error = None
        except (UserError, CfdiError, OSError, *PG_CONCURRENCY_EXCEPTIONS_TO_RETRY) as caught:
            error = caught
        self._close_step(batch, error)

    def _close_step(self, batch, error):
        if error is None:
            self._commit()
            return
        _logger.warning("CFDI: %s %s: %s", batch._name, batch.ids, error)
        if not self._can_commit():
            return
        self.env.cr.rollback()
        # Somebody else is at it: nothing is missing, and the next turn is written already.
        if isinstance(error, (UserError, CfdiError)) and not isinstance(error, LockError):
            batch._note_failure(error)
            self._commit()

    def _note_failure(self, error):
        """Write on the records that something here is missing (a certificate, a master key …): nothing was sent."""
        raise NotImplementedError

    def _go_on(self, remaining):
        if not self._can_commit():
            return True
        return bool(self.env["ir.cron"]._commit_progress(1, remaining=remaining))

    # -- commits -------------------------------------------------------------------------------------------------------

    def _can_commit(self):
        return self.env["account.move.send"]._can_commit()

    def _commit(self):
        """End the step. In Odoo's test mode the whole test is one transaction: only the order of the SQL remains."""
        if self._can_commit():
            # The protocol is made of commits: see document_protocol.
            self.env.cr.commit()  # pylint: disable=invalid-commit
        else:
            self.env.flush_all()

    def _record_for_sure(self, write_down):
        """Write down an answer and commit it, whatever happens meanwhile in other transactions.

        :param write_down: function without arguments that locks, re-reads and writes
        """
        for left in reversed(range(RECORD_TRIES)):
            try:
                write_down()
                self._commit()
                return
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                # Somebody else wrote these rows after our snapshot. There is no other work to lose: what came before
                # the call was committed before it.
                if not left or not self._can_commit():
                    raise
                self.env.cr.rollback()
