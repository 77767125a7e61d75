"""Odoo's configuration of this checkout, written below `.local` each time it is needed."""

import os

from tools import paths, setup_odoo

TEMPLATE = """[options]
addons_path = {addons}
data_dir = {data}
db_name = {database}
list_db = False
http_interface = 127.0.0.1
admin_passwd = {admin}
max_cron_threads = 1
limit_time_cpu = 1200
limit_time_real = 2400
limit_memory_hard = 0
limit_memory_soft = 0
"""


def addon_folders():
    """Our addons: the main one and its siblings, which lie beside it in the project's root."""
    found = sorted(path.parent for path in paths.ROOT.glob("*/__manifest__.py"))
    return sorted(found, key=lambda folder: folder.name != paths.ADDON)


def write():
    """Write the configuration and return its path; readers never see a half-written file."""
    for folder in (paths.RUN, paths.LOGS, paths.DATA, paths.XML_DIR):
        folder.mkdir(parents=True, exist_ok=True)
    addons = [*setup_odoo.addons_path(), paths.ROOT]
    text = TEMPLATE.format(
        addons=",".join(str(folder) for folder in addons),
        data=paths.DATA,
        database=paths.DEMO_DB,
        # Nobody needs the database manager here; a random word keeps it shut.
        admin=os.urandom(16).hex(),
    )
    target = paths.RUN / "odoo.conf"
    part = target.with_suffix(f".{os.getpid()}")
    part.write_text(text)
    part.chmod(0o600)
    part.replace(target)
    return target
