"""Odoo inside this process: an environment on a database, for the demo, the measurements and tools.

    from tools import odoo_env
    with odoo_env.environment("name") as env:
        env["account.move"].search_count([])

Needs the virtual environment's Python and a prepared machine; a process started by `./dev` has both.
"""

import contextlib
import os
import sys

from tools import cluster, config, setup_odoo


def load():
    """Make `import odoo` work here, with our configuration; called once, later calls do nothing."""
    cluster.ensure()
    os.environ.update({name: value for name, value in setup_odoo.environment().items() if name != "PYTHONPATH"})
    folder = str(setup_odoo.python_path())
    if folder not in sys.path:
        sys.path.insert(0, folder)
    import odoo
    from odoo.tools import config as odoo_config

    if not getattr(odoo, "_cfdi40_loaded", False):
        odoo_config.parse_config(["-c", str(config.write()), "--no-http", "--max-cron-threads=0"], setup_logging=True)
        odoo._cfdi40_loaded = True
    return odoo


@contextlib.contextmanager
def environment(database, *, login=None, context=None):
    """An environment as the superuser or the user with this login, committed at the end unless something is raised."""
    load()
    from odoo import SUPERUSER_ID, api
    from odoo.modules.registry import Registry

    with Registry(database).cursor() as cursor:
        env = api.Environment(cursor, SUPERUSER_ID, context or {})
        if login:
            user = env["res.users"].search([("login", "=", login)])
            env = api.Environment(
                cursor, user.id, dict(env["res.users"].with_user(user).context_get(), **(context or {}))
            )
        yield env


def close(database):
    """Forget the registry and the connections of a database, so that it can be cloned or dropped."""
    odoo = load()
    from odoo.modules.registry import Registry

    Registry.delete(database)
    odoo.sql_db.close_db(database)
