"""Prepared databases: made once, kept as templates, cloned in a second with their filestore.

Two levels: `tmpl_base_…` has Odoo's modules that the addon depends on and Mexican Spanish, `tmpl_addon_…` has the addon
as well. The names carry a hash of what went in, so a change makes a new template and never spoils one in use.
"""

import contextlib
import hashlib
import os
import shutil
import time

from tools import cluster, config, paths, setup_odoo
from tools.ui import Failure, lock, run, say

MODULES = ("account", "account_debit_note", "l10n_mx", "base_vat", "base_iban")
# English first: it is the language of the users that Odoo makes at the start, and what tests compare with.
LANGUAGES = "en_US,es_MX"
KEEP_SECONDS = 24 * 3600


def exists(name):
    """True when the server has this database."""
    return bool(cluster.query("SELECT 1 FROM pg_database WHERE datname = %s", [name]))


def _filestore(name):
    return paths.DATA / "filestore" / name


def drop(name):
    """Remove a database, whoever is connected to it, with its filestore."""
    cluster.query(f'ALTER DATABASE "{name}" IS_TEMPLATE false') if exists(name) else None
    cluster.query(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    shutil.rmtree(_filestore(name), ignore_errors=True)
    for folder in (paths.CLONES, paths.TEMPLATES):
        (folder / name).unlink(missing_ok=True)


def _note(folder, name):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).touch()


def clone(template, name, *, keep=False):
    """A database `name` like the template, in place of one that may be there; `keep` it even if nobody uses it."""
    drop(name)
    if template.startswith("tmpl_"):
        _note(paths.TEMPLATES, template)
    cluster.query(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    if _filestore(template).is_dir():
        # Files of the store are named by their content and never written again, so links are as good as copies.
        shutil.copytree(_filestore(template), _filestore(name), copy_function=os.link)
    if not keep:
        _note(paths.CLONES, name)
    return name


def addon_hash():
    """Hash of our addons' files, their tests left out: they change nothing in the database."""
    total = hashlib.sha256()
    for path in sorted(path for folder in config.addon_folders() for path in folder.rglob("*")):
        relative = path.relative_to(paths.ROOT)
        if path.is_file() and "__pycache__" not in relative.parts and relative.parts[1] != "tests":
            total.update(str(relative).encode() + b"\0" + path.read_bytes() + b"\0")
    return total.hexdigest()


def install(database, modules, log):
    """Install modules in a database; an error in Odoo's log counts as failure even if the process says otherwise."""
    config.write()
    log.unlink(missing_ok=True)
    command = [
        *setup_odoo.odoo_command(),
        "-d",
        database,
        "-i",
        ",".join(modules),
        "--load-language",
        LANGUAGES,
        "--stop-after-init",
        "--no-http",
        "--without-demo=True",
        "--max-cron-threads=0",
        "--log-level=info",
    ]
    run(command, env=setup_odoo.environment(), log=log)
    text = log.read_text(errors="replace")
    bad = [line for line in text.splitlines() if " ERROR " in line or " CRITICAL " in line]
    if bad:
        raise Failure(f"installing {', '.join(modules)} logged errors ({log}):\n" + "\n".join(bad[:10]))


def _compile_assets(database, log):
    """Compile the web client's scripts and styles once, here, instead of in the first request to every clone."""
    code = "env['ir.qweb']._pregenerate_assets_bundles(); env.cr.commit()\n"
    run(
        [*setup_odoo.odoo_command(), "shell", "-d", database, "--no-http", "--shell-interface=python"],
        env=setup_odoo.environment(),
        log=log,
        text_in=code,
    )


def _publish(work, name):
    """Give a finished database its final name; a half-made one never carries it."""
    cluster.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [work])
    if _filestore(work).is_dir():
        shutil.rmtree(_filestore(name), ignore_errors=True)
        _filestore(work).rename(_filestore(name))
    cluster.query(f'ALTER DATABASE "{work}" RENAME TO "{name}"')
    cluster.query(f'ALTER DATABASE "{name}" IS_TEMPLATE true ALLOW_CONNECTIONS false')
    (paths.CLONES / work).unlink(missing_ok=True)
    _note(paths.TEMPLATES, name)


@contextlib.contextmanager
def _work(name):
    """Name of a database to prepare: it becomes the template when all went well, and goes away otherwise."""
    work = f"{name}_work"
    try:
        yield work
        _publish(work, name)
    except (Failure, KeyboardInterrupt):
        drop(work)
        raise
    forget_old()


def base():
    """Name of the database with Odoo's modules, made if need be."""
    name = f"tmpl_base_{paths.short_hash(setup_odoo.version(), MODULES, LANGUAGES, paths.LOCAL)}"
    if not exists(name):
        with lock(name):
            if not exists(name):
                say("preparing a database with Odoo's modules (once, about two minutes)")
                with _work(name) as work:
                    drop(work)
                    cluster.query(f"CREATE DATABASE \"{work}\" ENCODING 'UTF8' LC_COLLATE 'C' TEMPLATE template0")
                    install(work, MODULES, paths.LOGS / f"{name}.log")
                    _compile_assets(work, paths.LOGS / f"{name}-assets.log")
    _note(paths.TEMPLATES, name)
    return name


def addon():
    """Name of the database with the addon as it is in this checkout, made if need be."""
    below = base()
    name = f"tmpl_addon_{paths.short_hash(below, addon_hash())}"
    if not exists(name):
        with lock(name):
            if not exists(name):
                say("preparing a database with the addon as it is now")
                with _work(name) as work:
                    clone(below, work)
                    install(work, [paths.ADDON], paths.LOGS / f"{name}.log")
    _note(paths.TEMPLATES, name)
    return name


def forget_old():
    """Drop templates and clones that nobody has used for a day; a newer one may belong to another checkout."""
    limit = time.time() - KEEP_SECONDS
    for folder in (paths.TEMPLATES, paths.CLONES):
        for note in folder.glob("*") if folder.is_dir() else ():
            if note.stat().st_mtime < limit:
                drop(note.name)
