"""What sealing costs in Odoo: from a posted invoice to the sealed XML in the ledger, cold, without the PAC."""

import contextlib
import functools
import os
import statistics
import time

from tools import cluster, odoo_env, paths, sample_company, templates
from tools.bench import benchmark

SIZES = (1, 10, 100)
LARGE = 1000


@contextlib.contextmanager
def company():
    """An environment on a database of its own, with invoices of each size, the large one too."""
    cluster.ensure()
    name = f"bench_{paths.short_hash(paths.ROOT, os.getpid())}"
    templates.clone(templates.addon(), name)
    try:
        with odoo_env.environment(name) as env:
            customer, product = sample_company.prepare(env)
            products = env["product.product"].create([{
                "name": f"Producto {number}", "uom_id": product.uom_id.id,
                "l10n_mx_cfdi40_clave_id": product.l10n_mx_cfdi40_clave_id.id} for number in range(LARGE)])
            yield env, {size: sample_company.invoice(env, customer, *products[:size]) for size in (*SIZES, LARGE)}
            env.cr.rollback()
    finally:
        odoo_env.close(name)
        templates.drop(name)


def seal_cold(env, move):
    """(queries, seconds without RSA) of sealing one invoice with every cache empty; nothing of it is kept."""
    from odoo.addons.l10n_mx_cfdi40.cfdi.csd import Csd
    from odoo.addons.l10n_mx_cfdi40.models import certificate

    signing = []
    sign = Csd.firmar

    def timed(self, data):
        start = time.perf_counter()
        signature = sign(self, data)
        signing.append(time.perf_counter() - start)
        return signature

    env.flush_all()
    env.cr.execute("SAVEPOINT bench")
    env.invalidate_all()
    env.registry.clear_all_caches()
    Csd.firmar = timed
    try:
        queries, start = env.cr.sql_log_count, time.perf_counter()
        preview = env["l10n_mx_cfdi40.document"]._prepare(move)[move]
        env.flush_all()
        seconds, queries = time.perf_counter() - start, env.cr.sql_log_count - queries
    finally:
        Csd.firmar = sign
    if preview.document.state != "sealed":
        raise AssertionError([finding.code for finding in preview.findings])
    env.cr.execute("ROLLBACK TO SAVEPOINT bench")
    env.invalidate_all()
    certificate._OPENED.clear()
    return queries, seconds - sum(signing)


@functools.cache
def measured(rounds):
    """{lines: (most queries, median seconds)}; the rounds of the sizes are interleaved."""
    with company() as (env, moves):
        seal_cold(env, moves[1])  # what Python itself imports and compiles the first time
        large = moves.pop(LARGE)
        runs = {size: [] for size in SIZES}
        for _round in range(rounds):
            for size, move in moves.items():
                runs[size].append(seal_cold(env, move))
        runs[LARGE] = [seal_cold(env, large)]
    return {
        size: (max(queries for queries, _ in values), statistics.median(seconds for _, seconds in values))
        for size, values in runs.items()
    }


@benchmark("seal_queries", unit="queries", limit=30)
def seal_queries(options):
    """The most queries for 1, 10 and 100 lines of distinct products; they must be the same for all."""
    queries = {size: count for size, (count, _) in measured(3 if options.quick else 7).items()}
    if len({queries[size] for size in SIZES}) != 1:
        raise AssertionError(f"queries grow with the lines: {queries}")
    return queries[1]


@benchmark("seal_queries_1000_lines", unit="queries", limit=31)
def seal_queries_large(options):
    """Queries for a thousand lines: one more, since Odoo reads a thousand records at once and there are tax lines."""
    return measured(3 if options.quick else 7)[LARGE][0]


@benchmark("seal_100_lines_over_1", unit="x", limit=4)
def seal_100_lines_over_1(options):
    """Time of 100 lines over that of 1 line."""
    times = measured(3 if options.quick else 7)
    return times[100][1] / times[1][1]
