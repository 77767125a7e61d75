"""The queue: documents that wait for their turn, for a PAC that is down, or for an answer that was lost.

The queue is the ledger itself: whatever is ``draft`` or ``sealed`` with a time in ``retry_at``, and whatever is
``in_flight`` or ``in_doubt`` with a lease that ran out. One document at a time, one transaction each, and its next turn
is written before it is tried: one that breaks the process does not stand before the others for ever.
"""
from odoo import api, models

from .document_states import UNSENT
from .queue import LATER


class Document(models.Model):
    _inherit = "l10n_mx_cfdi40.document"

    @api.model
    def _enqueue(self, moves, month_confirmed=False):
        """Put the invoices in the queue, or forward to its head those that wait there. Does not commit.

        :param month_confirmed: a person agreed that Fecha may fall in another month than the invoices
        """
        now = self._now()
        live = self._live_of(moves)
        new = [{
            "move_id": move.id,
            "company_id": move.company_id.id,
            "kind": "E" if move.move_type == "out_refund" else "I",
            "retry_at": now,
            "month_confirmed": month_confirmed,
        } for move, document in live.items() if not document]
        self.flush_model(["state"])
        documents = self.sudo().create(new)
        documents._log("enqueue", False)
        waiting = self.sudo().browse([document.id for document in live.values() if document._is_waiting()])
        waiting.write({"retry_at": now, "code": False, "message": False})
        if month_confirmed:
            waiting.write({"month_confirmed": True})
        if documents or waiting:
            self.env.ref("l10n_mx_cfdi40.cron_queue")._trigger()
        return documents | waiting

    def _is_waiting(self):
        return self.state in (*UNSENT, "in_doubt")

    @api.model
    def _cron_recover(self):
        """Ask about what was sent without an answer, and file the stamps that were not filed."""
        now = self._now()
        self._work([
            "|",
            "&", ("state", "=", "in_flight"), ("lease_until", "<=", now),
            "&", "&", ("state", "=", "in_doubt"), ("retry_at", "<=", now),
            "|", ("lease_until", "=", False), ("lease_until", "<=", now),
        ], lambda document: document._ask_by_itself())
        self._work([
            ("state", "=", "stamped"), ("attachment_id", "=", False), ("direction", "=", "issued"),
        ], lambda document: document._conclude())

    def _ask_by_itself(self):
        """As soon as the PAC knows the account again: some lock one that logs in badly too often."""
        if self.pac_account_id._is_turned_away():
            self.retry_at = self.pac_account_id.rest_until
        else:
            self._run()

    @api.model
    def _work(self, domain, step):
        """Do `step` for each document of the domain as of now, oldest first, its next turn written before."""
        def turn(document):
            document._postpone()
            step(document)

        self._take_turns(domain, turn)

    def _in_its_language(self):
        """What a cron writes is read by who asked for the stamp, whatever the language of the cron's own user."""
        return self.with_context(lang=self._reader_lang())

    def _reader_lang(self):
        reader = self.create_uid if self.create_uid.active else self.move_id.invoice_user_id
        return reader.lang or self.company_id.partner_id.lang or self.env.lang

    def _postpone(self):
        """Write the next turn before this one, so that a crash does not put the document first again."""
        self.retry_at = self._now() + LATER
        self._commit()

    def _note_failure(self, error):
        # EXTENDS 'l10n_mx_cfdi40.queue'
        if self.exists() and self.state in UNSENT:
            self.write({"code": getattr(error, "code", False), "message": str(error)})

    def _turn(self, document):
        """One document's turn in the queue."""
        move = document.move_id
        if move.state != "posted":
            # Reset to draft meanwhile by something that does not call button_draft.
            document._drop()
            return
        preview = document._prepare(move)[move]
        if preview.errors:
            preview.document._block(preview.errors)
            return
        preview.document._run()

    def _block(self, errors):
        """A queued invoice that the SAT would refuse waits for a person, who sees all that is wrong on the invoice."""
        waiting = self
        if self.state == "sealed":
            # The bytes are good no longer; a place in the queue without bytes takes over.
            author = self.with_user(self.create_uid).sudo()
            self._drop()
            waiting = self.sudo().browse(author._enqueue(author.move_id).ids)
        waiting.write({
            "retry_at": False,
            "code": errors[0].code,
            "message": "\n".join(self.move_id._l10n_mx_cfdi40_finding_text(error) for error in errors),
        })
