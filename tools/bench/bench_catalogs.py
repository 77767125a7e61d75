"""The SAT's catalogs: time to load all of them into an empty table, and to find a key by what people type."""

import contextlib
import time

from tools import odoo_env, templates
from tools.bench import benchmark

DATABASE = "bench_catalogs"
TABLE = "l10n_mx_cfdi40_catalog"
TYPED = (
    "facturacion", "Servicios de facturación", "31161500", "3116", "tornillo", "agua", "para", "de", "a", "software",
    "servicios de consultoria", "renta de oficinas", "computadora", "transporte de carga", "facturasion", "refacciones",
    "material de limpieza", "hospedaje", "capacitacion", "xqzwk",
)


@contextlib.contextmanager
def _database():
    """A fresh clone with the addon, dropped afterwards."""
    templates.clone(templates.addon(), DATABASE)
    try:
        with odoo_env.environment(DATABASE) as env:
            yield env
            env.cr.rollback()
    finally:
        odoo_env.close(DATABASE)
        templates.drop(DATABASE)


def _empty(env):
    """Put the table back as it is before the addon is first installed; the caller rolls back."""
    cr = env.cr
    cr.execute("SELECT conrelid::regclass, conname FROM pg_constraint WHERE confrelid = %s::regclass", [TABLE])
    for table, name in cr.fetchall():
        cr.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
    cr.execute(f"DROP INDEX IF EXISTS {TABLE}_search_text_trigram; TRUNCATE {TABLE}")
    env["ir.config_parameter"].sudo().set_param("l10n_mx_cfdi40.catalogs_loaded", "{}")


@benchmark("catalogs_load_s", unit="s", limit=5.0, peer="54 s (OCA, module's own time)")
def load(options):
    """Seconds to load every shipped catalog, index included; the best of three times."""
    times = []
    with _database() as env:
        for _round in range(1 if options.quick else 3):
            _empty(env)
            started = time.perf_counter()
            env["l10n_mx_cfdi40.catalog"]._load_shipped()
            times.append(time.perf_counter() - started)
            env.cr.rollback()
    return min(times)


@benchmark("catalogs_reload_s", unit="s", limit=0.5)
def reload(options):
    """Seconds that an upgrade spends on catalogs when the shipped files have not changed."""
    with _database() as env:
        started = time.perf_counter()
        env["l10n_mx_cfdi40.catalog"]._load_shipped()
        return time.perf_counter() - started


def _slowest(times):
    """Milliseconds of the text that takes longest, by its best round: what else the machine does is not ours."""
    return max(min(rounds) for rounds in times.values()) * 1000


@benchmark("catalogs_search_ms", unit="ms", limit=10.0)
def search(options):
    """Search among 52,000 products, for the slowest of the texts; the peer is the usual ILIKE, in the same run."""
    rounds = 3 if options.quick else 15
    ours, usual = {typed: [] for typed in TYPED}, {typed: [] for typed in TYPED}
    with _database() as env:
        catalog, cr = env["l10n_mx_cfdi40.catalog"], env.cr
        for number in range(rounds + 1):
            for typed in TYPED:
                started = time.perf_counter()
                catalog.name_search(typed, [("catalog", "=", "c_ClaveProdServ")], limit=8)
                middle = time.perf_counter()
                cr.execute(
                    f"SELECT id FROM {TABLE} WHERE catalog = 'c_ClaveProdServ' AND (code ILIKE %s OR name ILIKE %s) "
                    "ORDER BY code LIMIT 8",
                    [f"%{typed}%", f"%{typed}%"],
                )
                cr.fetchall()
                # The first round only warms the caches.
                if number:
                    ours[typed].append(middle - started)
                    usual[typed].append(time.perf_counter() - middle)
    return _slowest(ours), f"{_slowest(usual):.0f} ms (ILIKE without index)"
