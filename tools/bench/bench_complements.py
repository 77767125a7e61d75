"""What payment complements cost in Odoo: at the reconciliation, and when a month's payments are made into complements.

The data are made by cheap means: invoices and payments in batches, without the cash basis entries that Odoo makes of
each payment, and of each invoice the stamped XML of the first one with a UUID of its own.
"""

import base64
import contextlib
import datetime
import functools
import os
import statistics
import string
import time
import uuid

from tools import cluster, odoo_env, paths, sample_company, templates
from tools.bench import benchmark

DOCUMENT, RECEIPT, CATALOG = "l10n_mx_cfdi40.document", "l10n_mx_cfdi40.receipt", "l10n_mx_cfdi40.catalog"
#: What our part of a reconciliation is called.
HOOK = "_l10n_mx_cfdi40_payment_changed"
#: Invoices of one payment.
SIZES = (1, 10, 100)
CUSTOMERS, QUICK_CUSTOMERS, PAYMENTS_EACH = 500, 20, 4
#: Invoices of each payment of the month: half of the customers have payments of the one kind, half of the other.
FEW, MANY = 1, 3
#: Records that are made at once.
AT_ONCE = 500


@contextlib.contextmanager
def office(name):
    """(environment, customer, product, stamped XML of an invoice of the product to the customer) on an own database."""
    cluster.ensure()
    database = f"bench_{name}_{paths.short_hash(paths.ROOT, os.getpid())}"
    templates.clone(templates.addon(), database)
    try:
        with odoo_env.environment(database) as env:
            customer, product = sample_company.prepare(env)
            move = sample_company.ppd(env, customer, product)
            preview = env[DOCUMENT]._prepare(move)[move]
            env.cr.commit()
            preview.document._run()
            if move.l10n_mx_cfdi40_state != "stamped":
                raise AssertionError([finding.code for finding in preview.errors], preview.document.message)
            yield env, customer, product, preview.document._stamped_bytes()
            env.cr.rollback()
    finally:
        odoo_env.close(database)
        templates.drop(database)


# -- data --------------------------------------------------------------------------------------------------------------


def cheaply(records):
    """The records in an environment in which making more of them costs less."""
    return records.with_context(tracking_disable=True, mail_create_nolog=True, no_cash_basis=True)


def customers(env, count):
    """Companies with an RFC each, for which nothing is missing."""
    letters = string.ascii_uppercase
    regime = env[CATALOG]._key("c_RegimenFiscal", "601")
    return cheaply(env["res.partner"]).create([{
        "name": f"Cliente {number}", "is_company": True, "zip": "76343", "country_id": env.ref("base.mx").id,
        "vat": f"{letters[number // 676]}{letters[number // 26 % 26]}{letters[number % 26]}010101AA0",
        "l10n_mx_cfdi40_regimen_id": regime.id,
    } for number in range(count)])


def invoices(env, product, partners, xml, day):
    """Stamped PPD invoices of 116.00, one for each partner given."""
    use, form = env[CATALOG]._key("c_UsoCFDI", "G03"), env[CATALOG]._key("c_FormaPago", "99")
    moves = cheaply(env["account.move"])
    for start in range(0, len(partners), AT_ONCE):
        moves |= moves.create([{
            "move_type": "out_invoice", "partner_id": partner.id, "invoice_date": day,
            "l10n_mx_cfdi40_uso_id": use.id, "l10n_mx_cfdi40_forma_pago_id": form.id,
            "l10n_mx_cfdi40_metodo_pago": "PPD",
            "invoice_line_ids": [(0, 0, {"product_id": product.id, "quantity": 1, "price_unit": 100})],
        } for partner in partners[start:start + AT_ONCE]])
    moves._post()
    before, after = xml.split(_uuid_of(xml))
    new = [str(uuid.uuid4()).upper() for _move in moves]
    env[DOCUMENT].create([{
        "move_id": move.id, "company_id": move.company_id.id, "kind": "I", "state": "stamped", "uuid": folio,
        "serie": "B", "folio": str(move.id), "date": env.cr.now(), "currency_id": move.currency_id.id,
        "total": move.amount_total, "stamped_xml": base64.b64encode(before + folio.encode() + after),
    } for move, folio in zip(moves, new, strict=True)])
    env.flush_all()
    return moves


def _uuid_of(xml):
    from odoo.addons.l10n_mx_cfdi40.cfdi.timbre import leer_timbre

    return leer_timbre(xml).uuid.encode()


def payments(env, groups, day_of):
    """Payments of groups of invoices, posted and reconciled in one go.

    :param day_of: function of the number of a payment that gives its day
    """
    journal = env["account.journal"].search([("type", "=", "bank"), ("company_id", "=", env.company.id)], limit=1)
    made = cheaply(env["account.payment"]).create([{
        "payment_type": "inbound", "partner_type": "customer", "partner_id": group.partner_id.id,
        "amount": sum(group.mapped("amount_total")), "date": day_of(number), "journal_id": journal.id,
    } for number, group in enumerate(groups)])
    made.action_post()
    cheaply(env["account.move.line"])._reconcile_plan([
        (payment.move_id | group).line_ids.filtered(lambda line: line.account_type == "asset_receivable")
        for payment, group in zip(made, groups, strict=True)])
    env.flush_all()


# -- the reconciliation ------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def hooked(env):
    """A list to which each call of our part of a reconciliation adds (queries, seconds), its writes included."""
    model, calls = env.registry["account.move"], []
    original = getattr(model, HOOK)

    def timed(self):
        # What Odoo has left to be written is not ours.
        self.env.flush_all()
        queries, start = self.env.cr.sql_log_count, time.perf_counter()
        original(self)
        self.env.flush_all()
        calls.append((self.env.cr.sql_log_count - queries, time.perf_counter() - start))

    setattr(model, HOOK, timed)
    try:
        yield calls
    finally:
        setattr(model, HOOK, original)


def register(env, moves, calls):
    """(queries, seconds) of our part, and the seconds of all, of one payment of the invoices, with an empty cache."""
    calls.clear()
    env.flush_all()
    env.invalidate_all()
    start = time.perf_counter()
    payment = sample_company.pay(env, moves)
    env.flush_all()
    seconds = time.perf_counter() - start
    if len(payment.move_id.l10n_mx_cfdi40_receipt_ids) != 1:
        raise AssertionError("the payment owes no complement")
    # Odoo reconciles in steps, and calls us in each.
    return sum(queries for queries, _ in calls), sum(added for _, added in calls), seconds


@benchmark("reconcile_added_ms", unit="ms", limit=10)
def reconcile_added(options):
    """What we add to registering the payment of one invoice (median); its queries are those of 100 invoices."""
    with office("reconcile") as (env, customer, product, xml):
        rounds = 10 if options.quick else 50
        moves = invoices(env, product, [customer] * (rounds + 1), xml, sample_company.today())
        with hooked(env) as calls:
            register(env, moves[0], calls)  # what Python itself imports and compiles the first time
            runs = [register(env, move, calls) for move in moves[1:]]
            many = {size: register(
                env, invoices(env, product, [customer] * size, xml, sample_company.today()), calls) for size in SIZES}
    queries = {size: run[0] for size, run in many.items()}
    if {*queries.values()} != {runs[0][0]}:
        raise AssertionError(f"queries grow with the invoices: {queries}")
    added, whole = (statistics.median(run[place] for run in runs) * 1000 for place in (1, 2))
    print(f"added for {SIZES} invoices: {[round(run[1] * 1000, 1) for run in many.values()]} ms")
    return added, f"{whole:.0f} ms: all of Register Payment; {runs[0][0]} queries are ours"


# -- a month -----------------------------------------------------------------------------------------------------------


def month(env, product, xml, partners):
    """Pay the whole of last month's invoices: some payments of each customer, on all days, waiting for complements."""
    env.company.l10n_mx_cfdi40_rep_mode = "monthly"
    first = (sample_company.today().replace(day=1) - datetime.timedelta(days=1)).replace(day=1)
    half = len(partners) // 2
    for size, chosen in ((FEW, partners[:half]), (MANY, partners[half:])):
        owners = [partner for partner in chosen for _number in range(PAYMENTS_EACH * size)]
        moves = invoices(env, product, owners, xml, first)
        groups = [moves[start:start + size] for start in range(0, len(moves), size)]
        payments(env, groups, lambda number: first + datetime.timedelta(days=number % 28))
    env.cr.commit()


@functools.cache
def made(count):
    """[(invoices of each payment, queries, seconds)] of preparing the complement of each of these customers."""
    with office("month") as (env, _customer, product, xml):
        start = time.perf_counter()
        partners = customers(env, count + 2)
        month(env, product, xml, partners)
        print(f"{count} customers, {count * PAYMENTS_EACH} payments: made in {time.perf_counter() - start:.0f} s")
        batches = env[RECEIPT].search([("is_open", "=", True)])._batches()
        if {len(batch) for batch in batches} != {PAYMENTS_EACH} or len(batches) != count + 2:
            raise AssertionError("one complement for each customer was expected")
        # The first one of each kind fills the caches that last.
        return [run for run in [prepare(env, batch) for batch in batches] if run[3] not in (partners[0], partners[-1])]


def prepare(env, batch):
    """(invoices of each payment, queries, seconds, customer) of sealing one complement, committed."""
    env.cr.commit()  # and the cache is empty
    queries, start = env.cr.sql_log_count, time.perf_counter()
    preview = batch._prepare()
    env.flush_all()
    queries, seconds = env.cr.sql_log_count - queries, time.perf_counter() - start
    if preview.errors or preview.document.state != "sealed":
        raise AssertionError([finding.code for finding in preview.errors])
    result = len(preview.rows) // len(batch), queries, seconds, batch.partner_id
    env.cr.commit()
    return result


@benchmark("month_2000_payments_queries", unit="queries", limit=45)
def month_queries(options):
    """Queries for each of 500 complements of 4 payments; the same for payments of one invoice and of three."""
    runs = made(QUICK_CUSTOMERS if options.quick else CUSTOMERS)
    most = {size: max(run[1] for run in runs if run[0] == size) for size in (FEW, MANY)}
    if most[FEW] != most[MANY]:
        raise AssertionError(f"queries grow with the invoices: {most}")
    seconds = sum(run[2] for run in runs)
    slowest = {size: statistics.median(run[2] for run in runs if run[0] == size) * 1000 for size in (FEW, MANY)}
    return most[FEW], (
        f"{seconds:.1f} s for {len(runs)} complements; median {slowest[FEW]:.0f} ms of {PAYMENTS_EACH} invoices,"
        f" {slowest[MANY]:.0f} ms of {PAYMENTS_EACH * MANY}")
