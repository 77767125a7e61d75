"""Many documents at once: prepared in sets, claimed with one commit, called concurrently, recorded one by one.

Threads call only `pac/`, with plain values and a client each; the ORM stays on the main thread. What goes wrong with
one stops no other: whatever cannot be prepared together is taken up one by one.
"""
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from queue import SimpleQueue

from odoo import api, models
from odoo.exceptions import UserError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from ..cfdi.errors import CfdiError
from .document_states import UNSENT
from .queue import LATER

#: Documents that one process claims at once, for each connection: all of them have to start within the lease.
PER_CONNECTION = 4


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
        invoices = due.filtered(lambda document: document.kind != "P" and document.move_id)
        for company, documents in invoices.grouped(
                lambda document: document.company_id._l10n_mx_cfdi40_fiscal_root()).items():
            if len(documents) > 1:
                self._work_together(company, documents, domain)
        # What is left: complements, single invoices, and what could not be done together.
        self._work(domain, self._turn)

    def _work_together(self, root, documents, domain):
        """Stamp invoices of one RFC, a window at a time, for as long as they go to the same account."""
        code, account = root._l10n_mx_cfdi40_next_account()
        if not code:
            return
        width = account._connections() if account else PER_CONNECTION
        ids, window = documents.ids, width * PER_CONNECTION
        with ConnectionPool(width, root, account) as pool:
            for start in range(0, len(ids), window):
                if root._l10n_mx_cfdi40_next_account() != (code, account):
                    return
                part = self.sudo().browse(ids[start:start + window]).exists().filtered_domain(domain)
                if part and not self._window_together(part, pool):
                    return
                if not self._go_on(len(ids) - start - len(part)):
                    return

    def _window_together(self, documents, pool):
        """One window: prepare, claim, call, record.

        :return: False when it has to be done one by one
        """
        try:
            calls = documents._claim_together(pool)
        except (UserError, CfdiError, OSError, *PG_CONCURRENCY_EXCEPTIONS_TO_RETRY):
            # One of them is in the way, or all of them are: by itself each one says what is wrong.
            if not self._can_commit():
                raise
            self.env.cr.rollback()
            return False
        for call, answer in pool.run(calls):
            document = call.document
            document._record(call, answer)
            call.account._note_call(call, answer)
            document._conclude()
        # What certainly never got there goes on by itself, to another account if there is one.
        for call in calls:
            if call.document.state == "sealed" and call.account:
                call.document._postpone()
                call.document._run()
        return True

    def _claim_together(self, pool):
        """Prepare these queued invoices in sets and claim those with nothing wrong, with one commit.

        :return: list of :class:`Call`
        """
        for document in self:
            document.retry_at = self._now() + LATER
        self._commit()
        moves = self.move_id.with_company(self[:1].company_id)
        gone = self.filtered(lambda document: document.move_id.state != "posted")
        gone._drop()
        previews = {}
        for company, group in (moves - gone.exists().move_id).filtered(
                lambda move: move.state == "posted").grouped("company_id").items():
            previews.update(self._prepare(group.with_company(company)))
        ready = []
        for preview in previews.values():
            if preview.errors:
                preview.document._in_its_language()._block(preview.errors)
            elif preview.document:
                ready.append(preview.document.sudo()._in_its_language())
        self._commit()
        calls = [call for document in ready if (call := document._claim(commit=False, pool=pool))]
        self._commit()
        return calls


class ConnectionPool:
    """As many clients as the PAC puts up with, each used by one thread at a time."""

    def __init__(self, width, root, account):
        self.account = account
        self._width = width
        self._free = SimpleQueue()
        self._make = lambda observer: root._l10n_mx_cfdi40_pac_client(account=account, observer=observer)
        self._threads = None
        self._made = []

    @property
    def sample(self):
        """A client, to know what it can do and how long it may take."""
        return self._connections()[0].client

    def _connections(self):
        # Made on the main thread: reading the account needs the ORM.
        if not self._made:
            self._made = [Connection(self._make) for _number in range(self._width)]
            for connection in self._made:
                self._free.put(connection)
        return self._made

    def __enter__(self):
        self._threads = ThreadPoolExecutor(self._width, thread_name_prefix="l10n_mx_cfdi40_pac")
        return self

    def __exit__(self, *_error):
        self._threads.shutdown(wait=True)
        for connection in self._made:
            connection.client.close()

    def run(self, calls):
        """(call, answer) of each, as the answers come."""
        self._connections()
        pending = {self._threads.submit(self._one, call): call for call in calls}
        for future in as_completed(pending):
            yield pending[future], future.result()

    def _one(self, call):
        connection = self._free.get()
        try:
            return connection.run(call)
        finally:
            self._free.put(connection)
