"""Exactly once: claim, call, record.

1. A document is *sealed* (see document_prepare): its bytes are in the ledger.
2. *Claim*: lock the row and UPDATE it in the same transaction, so that whoever has an older snapshot fails instead of
   acting on stale state; write ``in_flight``, the attempt and the lease; commit. From here on the PAC may have it.
3. *Call* with plain values (document_call). Accepted, refused or unknown.
4. *Record*: lock, re-read, write, commit. Then, in a transaction of its own, what can be done again: file, message.

A process may die between any two of these lines. What it leaves is ``sealed`` (nothing was sent), ``in_flight`` whose
lease runs out (recovery asks the same PAC about the same bytes) or ``stamped`` without a file (filed by the cron).
Odoo's HTTP layer runs a request again after a serialization failure: it finds the state that the first run committed.
"""
import base64
import logging
import time
from datetime import UTC, timedelta
from zoneinfo import ZoneInfo

from odoo import models
from odoo.exceptions import LockError, UserError

from ..pac.base import BEYOND_STAMPING, Accepted, NotFound, Refused, Unknown, key_of
from ..pac.codes import CANNOT_ASK, NOT_EXAMINED, RESTING, TURNED_AWAY
from .document_call import START_WITHIN, Call, believe, lease_seconds
from .document_states import UNSENT, next_state

_logger = logging.getLogger(__name__)

#: The timbre's date is local time of the centre of Mexico (Anexo 20, Timbre Fiscal Digital).
STAMP_ZONE = ZoneInfo("America/Mexico_City")


def stamp_instant(timbre):
    """FechaTimbrado as naive UTC."""
    return central_instant(timbre.fecha_timbrado)


def central_instant(local):
    """A naive local time of the centre of Mexico, in which the SAT speaks, as naive UTC."""
    return local.replace(tzinfo=STAMP_ZONE).astimezone(UTC).replace(tzinfo=None)


def central_time(instant):
    """A moment (naive UTC) as naive local time of the centre of Mexico."""
    return instant.replace(tzinfo=UTC).astimezone(STAMP_ZONE).replace(tzinfo=None)


class Document(models.Model):
    _inherit = "l10n_mx_cfdi40.document"

    def _run(self):
        """Send this document, or ask about it, whichever is legal now; the answer is committed when this returns.

        Nothing happens when neither is legal: stamped already, or another process is at it. Commits.
        """
        self.ensure_one()
        tried = set()
        while call := self._claim(tried):
            answer = call.run()
            call.pac.close()
            self._record(call, answer)
            call.account._note_call(call, answer)
            if self.sudo().state != "sealed":
                break
            # It certainly never got there: the next account may have it.
            tried.add(call.account.id)
        self._conclude()

    # -- claim ---------------------------------------------------------------------------------------------------------

    def _claim(self, tried=()):
        """Make this process the owner of the document until its lease ends, and commit that.

        :param tried: ids of accounts that could not be reached just now (False: the embedded PAC)
        :return: the :class:`Call` to make, or None if there is none to make now
        :raises UserError: the company has no PAC, or settings of its account are missing
        """
        document = self.sudo()
        try:
            document.lock_for_update(allow_referencing=True)
        except LockError:
            return None
        document.invalidate_recordset(["state", "lease_until", "attempt"])
        action = "recover" if document._may("recover") else "send"
        if not document._may(action) or (action == "send" and document._expired()):
            return None
        vals = {"attempt": document.attempt + 1}
        account = document.pac_account_id
        if action == "recover":
            document._check_way_back()
        else:
            # Sent nowhere yet: the first account that can be reached. From here on it is only ever asked about there.
            root = document.company_id._l10n_mx_cfdi40_fiscal_root()
            code, account = root._l10n_mx_cfdi40_next_account(tried)
            if not code:
                if not tried:
                    document._wait_for_a_pac(root)
                return None
            vals.update(pac=code, pac_account_id=account.id, environment=root.l10n_mx_cfdi40_environment)
        call = document._call_of(action, vals, account)
        vals["lease_until"] = document._now() + timedelta(seconds=lease_seconds(call.pac))
        document._advance(action, vals)
        self._commit()
        return call

    def _call_of(self, action, vals, account):
        exchanges = []
        pac = self.company_id._l10n_mx_cfdi40_pac_client(
            vals.get("pac", self.pac), vals.get("environment", self.environment), account=account,
            observer=exchanges.append)
        sealed = self._sealed_bytes()
        return Call(
            document=self, account=account, attempt=vals["attempt"], pac=pac, sealed=sealed, key=key_of(sealed),
            ask=action == "recover", send=not self._expired(), start_by=time.monotonic() + START_WITHIN,
            exchanges=exchanges)

    def _check_way_back(self):
        """What was sent in production is asked about from production only: a copy of a database is set to test."""
        if self.environment == "production":
            self._check_environment()

    def _wait_for_a_pac(self, root):
        """Every account rests: these are tried again when the first of them may be. Commits.

        :raises UserError: there is no account at all
        """
        usable = root._l10n_mx_cfdi40_usable_accounts()
        if not usable:
            raise UserError(self.env._(
                "%s has no account at a PAC that may stamp: add it in CFDI > PAC accounts.", root.name))
        # Those that lack stamps are not waited for.
        usable = usable.filtered(lambda one: one._is_resting()) or usable
        first = min(usable, key=lambda one: one.rest_until or self._now())
        self.write({
            "retry_at": max(self._now() + timedelta(minutes=1), first.rest_until or self._now()),
            # One that answers is not waited for: its account has to be mended.
            "code": TURNED_AWAY if first._is_turned_away() else RESTING,
            "message": first.last_error or "",
        })
        self._commit()

    # -- record --------------------------------------------------------------------------------------------------------

    def _record(self, call, answer):
        """Write down what the PAC answered, and commit it, whatever happens meanwhile in other transactions."""
        answer, timbre = believe(call, answer)
        self._record_for_sure(lambda: self._record_once(call, answer, timbre))

    def _record_once(self, call, answer, timbre):
        document = self.sudo()
        # Waits, unlike lock_for_update(): an answer must not be lost because someone reads the row.
        self.env.cr.execute(
            "SELECT id FROM l10n_mx_cfdi40_document WHERE id = %s FOR NO KEY UPDATE", [document.id])
        document.invalidate_recordset()
        if isinstance(answer, Accepted):
            document._record_accepted(call, answer, timbre)
        elif document.attempt != call.attempt or document.state not in ("in_flight", "in_doubt"):
            # Too late: a later attempt decides. Only a stamp is true whenever it arrives.
            document._log("late", document.state, **self._answer_text(answer))
        elif isinstance(answer, Refused):
            document._record_refused(answer)
        else:
            document._record_unknown(answer)

    def _record_accepted(self, call, answer, timbre):
        uuid = timbre.uuid.upper()
        if self.stamped_xml and self.uuid == uuid:
            return
        event = {"message": uuid}
        if self._take_elsewhere(answer, uuid):
            return
        rivals = self._rival() if self.state == "rejected" else self.browse()
        unsent = rivals.filtered(lambda rival: rival.state in UNSENT)
        unsent._drop()
        if rivals - unsent or not next_state(self.state, "accept"):
            # Cannot happen while leases and PACs keep their word. If it does, the stamp exists: it is kept and shouted.
            self._log("surplus", self.state, xml=base64.b64encode(answer.xml), **event)
            _logger.error("CFDI %s of document %s cannot be taken over in state %s", uuid, self.id, self.state)
            return
        self._advance("accept", {
            "stamped_xml": base64.b64encode(answer.xml),
            "uuid": uuid,
            "stamped_at": stamp_instant(timbre),
            "attempt": max(self.attempt, call.attempt),
            "lease_until": False,
            "retry_at": False,
            "code": False,
            "message": False,
        }, event)

    def _take_elsewhere(self, answer, uuid):
        """Whether the ledger has this stamp as that of another invoice, to which somebody gave its XML: then a person
        decides what that invoice and this one are."""
        other = self.search([("uuid", "=", uuid), ("direction", "=", "issued"), ("id", "!=", self.id)], limit=1)
        if not other:
            return False
        self._log("surplus", self.state, xml=base64.b64encode(answer.xml), message=uuid)
        _logger.error("CFDI %s of document %s is in the ledger as document %s", uuid, self.id, other.id)
        if self.state in ("in_flight", "in_doubt"):
            text = self.env._(
                "The PAC stamped it with the UUID %(uuid)s, which is in the ledger as the CFDI of %(other)s. Cancel one"
                " of the two invoices.", uuid=uuid, other=other.display_name)
            self._advance("doubt", {"lease_until": False, "retry_at": False, "code": "uuid_ajeno", "message": text})
        return True

    def _record_refused(self, answer):
        text = self._answer_text(answer)
        if self.state == "in_doubt" and (answer.code in NOT_EXAMINED or not answer.examined):
            # Refused at the door: this says nothing about what became of the attempt before.
            self._advance("doubt", {"lease_until": False, "retry_at": self._next_try(), **text}, text)
            return
        self._advance("refuse", {"lease_until": False, "retry_at": False, **text}, text)

    def _record_unknown(self, answer):
        text = self._answer_text(answer)
        vals = {"lease_until": False, "retry_at": self._next_try(), **text}
        if isinstance(answer, NotFound):
            vals["not_found_at"] = self._now()
        if self._expired() and (isinstance(answer, NotFound) or text.get("code") == CANNOT_ASK):
            # No PAC takes it any more: nothing changes by asking again. A person may release it. Those that are asked
            # by sending it again are asked once more, when that surely stamps nothing.
            last = self.date + BEYOND_STAMPING
            vals["retry_at"] = not isinstance(answer, NotFound) and last > self._now() and last
        unsent = isinstance(answer, Unknown) and not answer.sent and self.state == "in_flight"
        self._advance("unsend" if unsent else "doubt", vals, text)

    def _answer_text(self, answer):
        if isinstance(answer, Refused):
            return {"code": answer.code, "message": answer.message}
        if isinstance(answer, NotFound):
            return {"code": "not_found", "message": answer.message}
        if isinstance(answer, Unknown):
            return {"code": answer.reason, "message": answer.detail}
        return {}

    def _rival(self):
        """Other documents that live and say the same: those of the same invoice."""
        return self.move_id.l10n_mx_cfdi40_document_ids.filtered(
            lambda other: other != self and other._is_live() and other.kind != "P")

    def _release(self):
        """Give up a document that the PAC answered not to have, with the 72 hours over: a new one may be made.

        :raises UserError: not in doubt, not (yet) known to be missing, or the user is not a CFDI manager
        """
        for document in self:
            document._check_may("release")
            document._advance("release", {"lease_until": False, "retry_at": False})
