"""A queue over two real PACs on their worst day: one call in twenty goes wrong, workers and PACs are killed at any
moment, time goes by. In the end every invoice has one stamp, both sides know the same ones, and as many credits are
consumed."""

import base64
import itertools
import os
import time

import pytest

from tests.process import pacs
from tests.process.stamping import store_of
from tools import odoo_env, paths, templates

#: Invoices in all: 300, or 10,000 with `./dev test long`.
HOW_MANY = 10_000 if os.environ.get("CFDI40_LONG") else 300
PAIRS = (("finkok", "sw"), ("solucion_factible", "prodigia"))
#: A kill about every so many stamps: about ten in all, a hundred in the long run.
KILL_EVERY = 100 if os.environ.get("CFDI40_LONG") else 30
ROUNDS = 40
_numbers = itertools.count(1)


@pytest.fixture(params=PAIRS, ids="-".join)
def business(request, addon_template):
    """A database with its queue, and two PACs."""
    name = f"process_{paths.short_hash(paths.ROOT, os.getpid())}_pacs{next(_numbers)}"
    seed = int(os.environ.get("CFDI40_SEED") or time.time_ns() % 1_000_000)
    print(f"CFDI40_SEED={seed} repeats these accidents")
    templates.clone(addon_template, name)
    with odoo_env.environment(name) as env:
        moves = pacs.prepare(env, HOW_MANY // len(PAIRS), request.param)
    odoo_env.close(name)
    made = pacs.Business(name, moves, request.param, seed)
    yield made
    made.close()
    templates.drop(name)
    store_of(name).unlink(missing_ok=True)


def test_every_invoice_has_one_stamp(business):
    for _round in range(ROUNDS):
        business.work(KILL_EVERY)
        if not business.waiting():
            break
        business.expire()
    print(f"{business.killed} killed, {business.troubles} faults")
    assert business.killed >= len(business.moves) // KILL_EVERY // 2
    assert business.troubles >= len(business.moves) // pacs.ONE_IN // 4
    business.settle()
    _assert_same(business)
    _stamp_twice(business)
    # Otherwise it could not fail.
    with pytest.raises(AssertionError):
        _assert_same(business)


def _assert_same(business):
    ledger = business.sql(
        "SELECT uuid, pac, sha256, stamped_xml, move_id, attachment_id FROM l10n_mx_cfdi40_document"
        " WHERE state = 'stamped'")
    assert sorted(row[4] for row in ledger) == sorted(business.moves), "no document is lost"
    assert business.sql("SELECT count(*) FROM l10n_mx_cfdi40_document")[0][0] == len(business.moves)
    stored = {
        (code, stamp.uuid.upper()): stamp
        for code, sandbox in business.sandboxes.items() for stamp in sandbox.engine.stamps()}
    assert {(pac, uuid) for uuid, pac, *_rest in ledger} == set(stored), "both sides know the same stamps"
    assert len(stored) == len(business.moves), "none has two"
    for uuid, pac, sha256, xml, _move, attachment in ledger:
        assert stored[pac, uuid].sha256 == sha256
        assert base64.b64decode(bytes(xml)) == stored[pac, uuid].xml
        assert attachment, "filed on the invoice"
    consumed = dict(business.sql(
        "SELECT a.provider, p.used FROM l10n_mx_cfdi40_credit_package p"
        "  JOIN l10n_mx_cfdi40_pac_account a ON a.id = p.account_id"))
    stamps = {code: sandbox.engine.count() for code, sandbox in business.sandboxes.items()}
    uses = dict(business.sql(
        "SELECT a.provider, count(*) FROM l10n_mx_cfdi40_credit_use u"
        "  JOIN l10n_mx_cfdi40_pac_account a ON a.id = u.account_id GROUP BY a.provider"))
    assert consumed == {code: uses.get(code, 0) for code in consumed} == stamps, "consumption equals stamps"
    # What one PAC has seen, no other has.
    seen = [{call.sha256 for call in sandbox.engine.calls() if call.operation in ("stamp", "recover")}
            for sandbox in business.sandboxes.values()]
    assert not set.intersection(*seen)
    assert all(seen), "both were used"


def _stamp_twice(business):
    """What must never happen: the bytes of one document go to both PACs."""
    sealed = business.sql("SELECT sealed_xml FROM l10n_mx_cfdi40_document LIMIT 1")[0][0]
    for sandbox in business.sandboxes.values():
        sandbox.engine.faults.clear()
        sandbox.engine.stamp(base64.b64decode(bytes(sealed)), user=pacs.USER, password=pacs.PASSWORD)
