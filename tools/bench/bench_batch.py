"""Many invoices through the queue: how much faster than one after another, and what of it is our own time.

The PAC is the embedded one, in this process, made to answer after a fixed time; its own work is within that time.
"""

import contextlib
import functools
import os
import time
from concurrent.futures import Future
from unittest.mock import patch

from tools import cluster, odoo_env, paths, sample_company, templates
from tools.bench import benchmark

DOCUMENT = "l10n_mx_cfdi40.document"
#: Seconds that the PAC takes for each stamp; connections at once; invoices of the batch.
ANSWER, WIDTH, BATCH = 0.3, 8, 200
#: As many one after another say how long all of them would take.
SINGLE = 30
#: Rounds of the measure of our own time: what else the machine does is not ours, so the best one counts.
ROUNDS = 3
SELECTION = 1000


@contextlib.contextmanager
def office(count):
    """(environment, ids of posted invoices that nothing is wrong with) on a database of its own."""
    cluster.ensure()
    name = f"bench_batch_{paths.short_hash(paths.ROOT, os.getpid())}"
    templates.clone(templates.addon(), name)
    try:
        with odoo_env.environment(name) as env:
            customer, product = sample_company.prepare(env)
            env["l10n_mx_cfdi40.pac.account"].create({
                "company_id": env.company.id, "provider": "loopback", "environment": "test", "max_connections": WIDTH})
            env["ir.cron"].search([]).active = False
            first = sample_company.invoice(env, customer, product)
            moves = first
            while len(moves) < count:
                moves |= env["account.move"].with_context(tracking_disable=True, mail_create_nolog=True).create([
                    first.copy_data()[0] for _number in range(min(200, count - len(moves)))])
            (moves - first)._post()
            env.cr.commit()
            yield env, moves.ids
            env.cr.rollback()
    finally:
        odoo_env.close(name)
        templates.drop(name)


@contextlib.contextmanager
def slow_pac(seconds):
    """The embedded PAC answers a stamp this long after it was called."""
    from odoo.addons.l10n_mx_cfdi40.pac.loopback import Loopback

    stamp = Loopback.stamp

    def slow(self, sealed, *, key):
        start = time.perf_counter()
        answer = stamp(self, sealed, key=key)
        time.sleep(max(0, seconds - (time.perf_counter() - start)))
        return answer

    with patch.object(Loopback, "stamp", slow):
        yield


class Immediate:
    """Stands for the threads: each call is made at once, in this thread, and its time is added up."""

    def __init__(self, *_arguments, **_keywords):
        self.seconds = 0

    def submit(self, function, *arguments):
        future, start = Future(), time.perf_counter()
        future.set_result(function(*arguments))
        self.seconds += time.perf_counter() - start
        return future

    def shutdown(self, wait=True):
        pass


def enqueue(env, ids):
    env["account.move"].browse(ids)._l10n_mx_cfdi40_enqueue()
    env.cr.commit()


def run_queue(env):
    """Seconds that the cron takes, with every cache of the records empty, as in a process of its own."""
    env.invalidate_all()
    start = time.perf_counter()
    env[DOCUMENT].sudo()._cron_queue()
    return time.perf_counter() - start


def check(env, ids):
    states = set(env["account.move"].browse(ids).mapped("l10n_mx_cfdi40_state"))
    if states != {"stamped"}:
        raise AssertionError(states)


def one_by_one(env, ids):
    """Seconds an invoice, one after another."""
    start = time.perf_counter()
    for move_id in ids:
        env["account.move"].browse(move_id)._l10n_mx_cfdi40_stamp()
    return (time.perf_counter() - start) / len(ids)


def overhead(env, ids):
    """Milliseconds an invoice of the queue's run that were not spent in calls."""
    from odoo.addons.l10n_mx_cfdi40.models import document_together

    made = []

    def immediate(*arguments, **keywords):
        made.append(Immediate())
        return made[-1]

    enqueue(env, ids)
    with patch.object(document_together, "ThreadPoolExecutor", immediate):
        seconds = run_queue(env)
    check(env, ids)
    calls = sum(one.seconds for one in made)
    print(f"{len(ids)} invoices: {seconds:.2f} s, of which {calls:.2f} s in calls")
    return (seconds - calls) / len(ids) * 1000


@functools.cache
def measured(quick):
    """(times faster, milliseconds of our own)."""
    single, batch = (10, 64) if quick else (SINGLE, BATCH)
    with office(single + (1 + ROUNDS) * batch + WIDTH) as (env, made):
        # What Python itself imports and compiles the first time.
        enqueue(env, made[:WIDTH])
        run_queue(env)
        ids = made[WIDTH:]
        own = min(overhead(env, ids[start:start + batch]) for start in range(0, ROUNDS * batch, batch))
        with slow_pac(ANSWER):
            each = one_by_one(env, ids[-single:])
            rest = ids[ROUNDS * batch:-single]
            enqueue(env, rest)
            seconds = run_queue(env)
            check(env, rest)
        print(f"one after another {each * 1000:.0f} ms each; {len(rest)} together in {seconds:.1f} s")
        return each * len(rest) / seconds, own


@benchmark("batch_speedup", unit="x", limit=6, at_least=True, peer="one after another = 1")
def batch_speedup(options):
    """200 invoices with a PAC that takes 300 ms: over 8 connections, compared with one after another."""
    return measured(options.quick)[0]


@benchmark("batch_own_ms", unit="ms", limit=25)
def batch_own(options):
    """Our own time for each document of a batch, outside the call: prepare, seal, claim, record, file, tell."""
    return measured(options.quick)[1]


@functools.cache
def opened(quick):
    """{invoices: (queries, seconds)} of opening the window for a selection and putting it in the queue."""
    sizes = (50, 200) if quick else (100, SELECTION)
    result = {}
    with office(sizes[-1]) as (env, ids):
        for size in (sizes[0], *sizes):
            env.invalidate_all()
            queries, start = env.cr.sql_log_count, time.perf_counter()
            wizards = env["l10n_mx_cfdi40.stamp.wizard"]
            wizard = wizards.browse(wizards._open(env["account.move"].browse(ids[:size]))["res_id"])
            wizard.action_stamp()
            env.flush_all()
            result[size] = env.cr.sql_log_count - queries, time.perf_counter() - start
            env.cr.rollback()
    print(f"opened and queued: {result}")
    return result


@benchmark("batch_open_1000_s", unit="s", limit=6)
def batch_open(options):
    """Seconds from “Stamp” on a list of a thousand invoices to a thousand in the queue, all checked on the way."""
    return opened(options.quick)[max(opened(options.quick))][1]


@benchmark("batch_open_queries_per_invoice", unit="queries", limit=0.2)
def batch_open_queries(options):
    """Queries that each further invoice of the selection adds: Odoo reads and writes them in sets of a thousand."""
    small, large = sorted(opened(options.quick))
    return (opened(options.quick)[large][0] - opened(options.quick)[small][0]) / (large - small)
