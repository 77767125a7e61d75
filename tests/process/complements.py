"""What the tests of payment complements with real processes share: an office with stamped PPD invoices, ways in which
money meets them, points where two processes meet, and what has to be true in the end."""

import base64
import shutil
import tempfile
import threading
import time
from pathlib import Path

from l10n_mx_cfdi40.cfdi import parse
from l10n_mx_cfdi40.cfdi.pagos import Pagos
from tests.process.stamping import DOCUMENT, LIMIT, Shop, own_copy, prepared_database
from tools import paths, sample_company

RECEIPT = "l10n_mx_cfdi40.receipt"

PRELUDE = """
import pathlib, sys, time
sys.path.append({root!r})
from odoo.service.model import retrying
from tools import sample_company
Receipt = env.registry["l10n_mx_cfdi40.receipt"]
receipts = env["l10n_mx_cfdi40.receipt"]
def stay(name, enough):
    # Come to a point where another process is awaited; whoever comes again goes straight on.
    folder = pathlib.Path({folder!r})
    (folder / (name + "." + str(os.getpid()))).touch()
    end = time.monotonic() + {limit}
    while not enough(folder):
        assert time.monotonic() < end, "nobody came to " + name
        time.sleep(0.01)
def meet(name):
    stay(name, lambda folder: len(list(folder.glob(name + ".*"))) > 1)
def halt(name):
    stay(name, lambda folder: (folder / ("go_" + name)).exists())
def after(model, method, then, name):
    original = getattr(model, method)
    def followed(self, *args, **keywords):
        result = original(self, *args, **keywords)
        then(name)
        return result
    setattr(model, method, followed)
def unreconcile():
    env["account.move"].browse({move}).line_ids.remove_move_reconcile()
"""


class Office(Shop):
    """One database of one test, whose invoices are stamped and PPD."""

    def __init__(self, database, moves):
        super().__init__(database, moves)
        self.before = len(self.pac.stamps())
        self.folder = Path(tempfile.mkdtemp(prefix="l10n_mx_cfdi40_process_"))

    def close(self):
        super().close()
        shutil.rmtree(self.folder)

    def worker(self, code, *, move=None):
        prelude = PRELUDE.format(root=str(paths.ROOT), folder=str(self.folder), limit=LIMIT, move=move or self.move)
        return super().worker(prelude + code, move=move)

    # -- points where processes meet -----------------------------------------------------------------------------------

    def wait_halted(self, name):
        """Wait until a worker stands at `halt(name)`."""
        _wait(lambda: any(self.folder.glob(f"{name}.*")))

    def go(self, name):
        """Let it go on."""
        (self.folder / f"go_{name}").touch()

    def wait_blocked(self):
        """Wait until some transaction of this database waits for another one's lock."""
        self.wait_for("SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")

    def wait_for(self, statement):
        """Wait until a statement finds something."""
        _wait(lambda: self.sql(statement))

    # -- what people and crons do --------------------------------------------------------------------------------------

    def pay(self, *amounts, move=None):
        """Payments of one invoice, each in a transaction of its own; ids of the rows that owe their complements."""
        found = []
        for amount in amounts:
            with self.env() as env:
                payment = sample_company.pay(env, env["account.move"].browse(move or self.move), amount)
                found += payment.move_id.l10n_mx_cfdi40_receipt_ids.ids
        return found

    def unreconcile(self, move=None):
        """What the cross beside a payment on the invoice does, until it wins."""
        from odoo.service.model import retrying

        with self.env() as env:
            def undo():
                env["account.move"].browse(move or self.move).line_ids.remove_move_reconcile()

            retrying(undo, env)

    def expire(self):
        """Move the clock beyond every lease, grace and next turn."""
        self.expire_lease()
        self.sql(
            "UPDATE l10n_mx_cfdi40_receipt"
            " SET issue_at = LEAST(issue_at, (now() at time zone 'UTC') - interval '1 second')")

    def recover(self):
        # EXTENDS Shop: what the three crons do
        super().recover()
        with self.env() as env:
            env[RECEIPT]._cron_issue()

    def settle(self):
        """As time goes by and the crons come round."""
        self.expire()
        self.recover()

    # -- what is there -------------------------------------------------------------------------------------------------

    def complements(self):
        """States of the complements, oldest first."""
        return [row[0] for row in self.sql("SELECT state FROM l10n_mx_cfdi40_document WHERE kind = 'P' ORDER BY id")]

    def rows(self):
        """States of the payments that owe or have a complement, oldest first."""
        return [row[0] for row in self.sql("SELECT state FROM l10n_mx_cfdi40_receipt ORDER BY id")]

    def sent(self):
        """How many complements the PAC stamped."""
        return self.pac.count() - self.before

    def calls(self):
        """Documents that came to the PAC to be stamped, with the invoices of the preparation."""
        return [call.sha256 for call in self.pac.calls() if call.operation == "stamp"]

    def activities(self):
        """(summary, note) of the activities about complements without their payment."""
        with self.env() as env:
            activities = env["mail.activity"].search([
                ("activity_type_id", "=", env.ref("l10n_mx_cfdi40.mail_activity_unbacked").id)])
            return [(activity.summary, str(activity.note)) for activity in activities]

    # -- what has to be true -------------------------------------------------------------------------------------------

    def assert_chain(self, *expected, move=None):
        """What the complements in force say of an invoice, at the PAC, in the ledger and in the instalments.

        :param expected: (saldo anterior, pagado, saldo insoluto) of each instalment, from the first one on
        """
        move = move or self.move
        [(uuid,)] = self.sql("SELECT l10n_mx_cfdi40_uuid FROM account_move WHERE id = %s", move)
        said = sorted(
            (docto.num_parcialidad, *map(float, (docto.imp_saldo_ant, docto.imp_pagado, docto.imp_saldo_insoluto)))
            for pagos in self._pagos() for pago in pagos.pago for docto in pago.docto_relacionado
            if docto.id_documento.upper() == uuid)
        assert said == [(number, *row) for number, row in enumerate(expected, start=1)]
        rows = self.sql(
            "SELECT num_parcialidad, saldo_anterior::float, pagado::float, saldo_insoluto::float"
            "  FROM l10n_mx_cfdi40_instalment WHERE live AND move_id = %s ORDER BY num_parcialidad", move)
        assert rows == said

    def _pagos(self):
        """Pagos of the complements that the PAC stamped."""
        for stamp in self.pac.stamps():
            if stamp.kind == "P":
                yield from (one for one in parse.leer(stamp.xml).complemento if isinstance(one, Pagos))

    def assert_complete(self, *states):
        """Each row in its state, each in force and stamped once, and the ledger equal to the PAC's store.

        :param states: of the rows, oldest first; each "issued" or "unbacked" has a complement of its own
        """
        assert self.rows() == list(states)
        assert self.sent() == len(states)
        held = self.sql("SELECT document_id FROM l10n_mx_cfdi40_receipt")
        assert len(set(held)) == len(states), "one complement for each"
        self.assert_ledger()
        # A corrected one has the folio of the attempt before it.
        folios = self.sql("SELECT DISTINCT folio::int FROM l10n_mx_cfdi40_document WHERE kind = 'P' ORDER BY 1")
        assert [folio for folio, in folios] == list(range(1, len(folios) + 1)), "no folio is skipped"

    def assert_ledger(self):
        """What is stamped here is what the PAC stamped, byte for byte, and each is filed where people look for it."""
        stored = {stamp.uuid.upper(): stamp for stamp in self.pac.stamps()}
        ledger = self.sql(
            "SELECT uuid, sha256, stamped_xml, attachment_id FROM l10n_mx_cfdi40_document WHERE state = 'stamped'")
        assert {row[0] for row in ledger} == set(stored)
        for uuid, sha256, xml, attachment in ledger:
            assert (sha256, base64.b64decode(bytes(xml))) == (stored[uuid].sha256, stored[uuid].xml)
            assert attachment, "filed"
        self.keep_xml(stored)

    def assert_no_trace(self):
        """Nothing was sent, nothing is owed, nothing waits."""
        assert (self.rows(), self.sent(), len(self.calls())) == ([], 0, self.before)
        assert set(self.complements()) <= {"discarded"}
        self.settle()
        assert (self.rows(), self.sent()) == ([], 0)


def _wait(condition):
    turn, end = threading.Event(), time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < end, "it never came to that"
        turn.wait(0.01)


def prepare(env):
    """A company that can issue, and ids of stamped PPD invoices of 116, 232 and 348."""
    customer, product = sample_company.prepare(env)
    moves = [sample_company.ppd(env, customer, *[product] * lines) for lines in (1, 2, 3)]
    for move in moves:
        preview = env[DOCUMENT]._prepare(move)[move]
        assert not preview.errors, preview.errors
        preview.document._run()
        assert move.l10n_mx_cfdi40_state == "stamped", preview.document.message
    env["ir.cron"].search([]).active = False
    return [move.id for move in moves]


def prepared_office(addon_template):
    """Name of a database with stamped PPD invoices, and their ids; both go at the end."""
    return prepared_database(addon_template, prepare)


def own_office(prepared, kind=Office):
    """A copy of a prepared office, its PAC included, for one test alone."""
    return own_copy(prepared, kind)
