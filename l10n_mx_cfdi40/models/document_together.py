"""Many documents at once: prepared in sets, claimed with one commit, called concurrently, recorded one by one.

Threads call only `pac/`, with plain values and a client each; the ORM stays on the main thread. While calls are under
way the next set is prepared. Each answer is committed by itself before anything else is done; filing the XML and
telling the invoices comes after, for several together. What goes wrong with one stops no other: what cannot be
prepared together is taken up one by one.
"""
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from queue import SimpleQueue
from threading import Lock

from odoo import api, models
from odoo.exceptions import UserError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from ..cfdi.errors import CfdiError
from ..pac.base import Unknown
from ..pac.codes import LATE_START, is_turned_away
from .document_call import Call, lease_seconds
from .document_states import UNSENT
from .queue import LATER

#: Documents that one process claims at once, for each connection: all of them have to start within the lease.
PER_CONNECTION = 4
#: Connections with the embedded PAC of a company without an account.
EMBEDDED_WIDTH = 4
#: When an invoice that another transaction holds gets its next turn.
SOON = timedelta(minutes=1)
#: Code of documents that are being prepared in a set. Who comes back with it was in a set that broke the process.
PREPARING = "preparing"


class Connection:
    """A client for one thread, which tells of its exchanges to whatever call it is making."""

    def __init__(self, make):
        self._sink = []
        self.client = make(self._tell)

    def _tell(self, exchange):
        self._sink.append(exchange)

    def run(self, call):
        """The answer to `call`, made through this connection."""
        self._sink = call.exchanges
        return replace(call, pac=self.client).run()


class Document(models.Model):
    _inherit = "l10n_mx_cfdi40.document"

    @api.model
    def _cron_queue(self):
        """Stamp what waits in the queue, several calls to the PAC at once."""
        domain = [("state", "in", list(UNSENT)), ("retry_at", "<=", self._now())]
        due = self.sudo().search(domain, order="retry_at, id")
        invoices = due.filtered(
            lambda document: document.kind != "P" and document.move_id and document.code != PREPARING)
        for root, documents in invoices.grouped(
                lambda document: document.company_id._l10n_mx_cfdi40_fiscal_root()).items():
            if len(documents) > 1:
                self._work_together(root, documents.ids, domain)
        # What is left: complements, single invoices, those of a set that broke, and what there was no time for.
        self._work(domain, self._turn)

    def _work_together(self, root, ids, domain):
        """Stamp invoices of one RFC, with one account for as long as it works, then with the next one."""
        while ids:
            code, account = root._l10n_mx_cfdi40_next_account()
            if not code:
                left = self.sudo().browse(ids).exists().filtered_domain(domain)
                self._attempt(left, lambda some: some._put_off(root))
                return
            width = account._connections() if account else EMBEDDED_WIDTH
            try:
                pool = ConnectionPool(width, root, code, account)
            except UserError:
                # By itself each one says what is missing.
                return
            with pool:
                left = self._work_with(pool, root, ids, domain)
            if len(left) == len(ids):
                return
            ids = left

    def _put_off(self, root):
        """While no account can be used, and one of them rests, none of these is prepared in vain. Nothing for those
        that wait for another reason, which each one says by itself."""
        if any(account._is_resting() for account in root._l10n_mx_cfdi40_usable_accounts()):
            self._wait_for_a_pac(root)

    def _work_with(self, pool, root, ids, domain):
        """Keep the connections of `pool` busy until nothing is left, the time is over, or another account is due.

        :return: ids that are left; [] when the time is over
        """
        done, window = [], pool.width * PER_CONNECTION
        is_over = False
        while True:
            while ids and not is_over and pool.waiting <= pool.width:
                # Those before may have taken the last stamps.
                self._attempt(self.browse(), lambda _none: root._l10n_mx_cfdi40_refresh_credits())
                if root._l10n_mx_cfdi40_next_account() != (pool.code, pool.account):
                    break
                if not (room := pool.room(window)):
                    break
                part, ids = self.sudo().browse(ids[:room]).exists().filtered_domain(domain), ids[room:]
                pool.submit(part._claim_together(pool))
                is_over = not self._go_on_with(len(part), len(ids))
            if not pool.waiting:
                break
            call, answer = pool.take()
            call.document._record(call, answer)
            done.append((call, answer))
            if not pool.is_answered or len(done) >= window:
                self._follow_up(done)
                done = []
        self._follow_up(done)
        return [] if is_over else ids

    def _go_on_with(self, done, remaining):
        if not self._can_commit():
            return True
        return bool(self.env["ir.cron"]._commit_progress(done, remaining=remaining))

    def _follow_up(self, done):
        """What can be done again, once these answers are safe: notes about the PAC, files and messages. Raises nothing:
        other answers are on their way.

        :param done: list of (call, answer)
        """
        if not done:
            return
        done[0][0].account._note_calls(done)
        documents = self.sudo().browse([call.document.id for call, _answer in done])
        self._attempt(documents, lambda some: some._conclude())
        # What certainly never got there goes on by itself, to another account if there is one. What was not even tried,
        # because those before took too long, is of the next run: here it would go one after another.
        tried = {call.document.id for call, answer in done if call.account and not _is_late(answer)}
        for document in documents.filtered(lambda one: one.state == "sealed" and one.id in tried):
            self._attempt(document, lambda one: one._go_elsewhere())

    def _go_elsewhere(self):
        """What certainly never got to its PAC: to another account if there is one. Its next turn is written first."""
        self.retry_at = self._now() + LATER
        self._commit()
        self._run()

    def _reason(self):
        # EXTENDS 'l10n_mx_cfdi40': that it is being prepared is no reason
        return super()._reason() if self.code != PREPARING else self.message or ""

    # -- claim ---------------------------------------------------------------------------------------------------------

    def _claim_together(self, pool):
        """Prepare these queued invoices and claim those with nothing wrong, with one commit.

        When one of them is in the way of the others, each is done by itself.

        :return: list of :class:`Call`
        """
        if not self:
            return []
        if not self._mark_preparing():
            return []
        try:
            calls = self._prepare_together()._claim_all(pool)
            self._commit()
            return calls
        except (UserError, CfdiError, OSError, *PG_CONCURRENCY_EXCEPTIONS_TO_RETRY):
            # By itself each one says what is wrong.
            if not self._can_commit():
                raise
            self.env.cr.rollback()
        queued = self.exists().filtered(lambda document: document.state in UNSENT)
        self._work_through(
            [self.browse(one) for one in queued.ids], lambda document: self._turn(document._in_its_language()))
        return []

    def _mark_preparing(self):
        """Before it is tried: one that breaks the process is the next time tried by itself, and so are the others.

        :return: False when somebody else is at one of them: answers to other calls are on their way, so nothing may be
            raised here; whoever is left has a turn by itself
        """
        try:
            self.write({"retry_at": self._now() + SOON, "code": PREPARING})
            self._commit()
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            if not self._can_commit():
                raise
            self.env.cr.rollback()
            return False
        return True

    def _prepare_together(self):
        """Seal what can be; the others are told what is wrong with them. Does not commit.

        :return: the documents that are sealed
        """
        # As they are by now: a batch may have been stopped.
        queued = self.exists().filtered(lambda document: document.state in UNSENT)
        gone = queued.filtered(lambda document: document.move_id.state != "posted")
        waiting = queued - gone
        gone._drop()
        free = waiting.move_id.try_lock_for_update(allow_referencing=True)
        # Somebody is at the others just now.
        waiting.filtered(lambda document: document.move_id not in free).write({
            "retry_at": self._now() + SOON, "code": False})
        ready = self.browse()
        for company, moves in free.grouped("company_id").items():
            for preview in self._prepare(moves.with_company(company)).values():
                document = preview.document.sudo()
                if preview.errors:
                    document._in_its_language()._block(preview.errors)
                else:
                    ready |= document
        return ready.with_prefetch()

    def _claim_all(self, pool):
        """Become the owner of these sealed documents until their lease ends. Does not commit.

        :return: list of :class:`Call`, to be made by the connections of `pool` once this is committed
        """
        documents = self.sudo().try_lock_for_update(allow_referencing=True)
        documents.invalidate_recordset(["state", "lease_until", "attempt"])
        documents = documents.filtered(lambda document: document._may("send") and not document._expired())
        vals = {
            "pac": pool.code,
            "pac_account_id": pool.account.id,
            "environment": pool.environment,
            "lease_until": self._now() + timedelta(seconds=lease_seconds(pool.sample)),
        }
        for attempt, group in documents.grouped("attempt").items():
            group._advance("send", {**vals, "attempt": attempt + 1})
        return [Call.of_new(document, pool.account, pool.sample) for document in documents]


def _is_late(answer):
    return isinstance(answer, Unknown) and answer.reason == LATE_START


class ConnectionPool:
    """As many clients of one account as its PAC puts up with, each used by one thread at a time.

    ``code``, ``account``: the PAC and the account, empty for the embedded one. ``waiting``: calls whose answer was not
    taken yet. ``sample``: a client, to know what it can do and how long it may take.
    """

    def __init__(self, width, root, code, account):
        self.width, self.code, self.account = width, code, account
        self.environment = root.l10n_mx_cfdi40_environment
        self.waiting = 0
        self._free, self._answers = SimpleQueue(), SimpleQueue()
        self._door, self._is_open, self._is_turned_away = Lock(), False, False
        # Made on the main thread: reading the account needs the ORM.
        self._made = [
            Connection(lambda observer: root._l10n_mx_cfdi40_pac_client(account=account, observer=observer))
            for _number in range(width)]
        for connection in self._made:
            self._free.put(connection)
        self._threads = None

    @property
    def sample(self):
        return self._made[0].client

    @property
    def is_answered(self):
        """Whether an answer is there already."""
        return not self._answers.empty()

    def __enter__(self):
        self._threads = ThreadPoolExecutor(self.width, thread_name_prefix="l10n_mx_cfdi40_pac")
        return self

    def __exit__(self, *_error):
        self._threads.shutdown(wait=True)
        for connection in self._made:
            connection.client.close()

    def room(self, most):
        """How many more documents to claim: `most`, or fewer when the account has no more stamps than for those."""
        left = self.account._stamps_in_sight() if self.account else None
        return most if left is None else max(0, min(most, left - self.waiting))

    def submit(self, calls):
        """Make these calls, as soon as connections are free."""
        self.waiting += len(calls)
        for call in calls:
            self._threads.submit(self._one, call).add_done_callback(
                lambda future, call=call: self._answers.put((call, future)))

    def take(self):
        """(call, answer) of the next one that is answered; waits for it."""
        call, future = self._answers.get()
        self.waiting -= 1
        return call, future.result()

    def _one(self, call):
        connection = self._free.get()
        try:
            # The first call alone shows that the PAC knows the credentials: some lock an account after three bad
            # logins, which eight at once would be.
            if not self._is_open:
                with self._door:
                    if not self._is_open:
                        return self._call(connection, call)
            return self._call(connection, call)
        finally:
            self._free.put(connection)

    def _call(self, connection, call):
        if self._is_turned_away:
            return Unknown(reason="credentials", detail="", sent=False)
        answer = connection.run(call)
        self._is_turned_away |= is_turned_away(answer)
        self._is_open = True
        return answer
