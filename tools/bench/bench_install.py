"""The whole installation of the addon on a database that has Odoo's modules already."""

import time

from tools import paths, templates
from tools.bench import benchmark

DATABASE = "bench_install"


@benchmark("install_s", unit="s", limit=30.0, peer="66 s (OCA: catalogs, cfdi and cfdi_account)")
def install(_options):
    """Seconds from starting Odoo's command to its end: module, catalogs, views, Spanish."""
    log = paths.LOGS / "bench_install.log"
    templates.clone(templates.base(), DATABASE)
    try:
        started = time.perf_counter()
        templates.install(DATABASE, [paths.ADDON], log)
        return time.perf_counter() - started
    finally:
        templates.drop(DATABASE)
