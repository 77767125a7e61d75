"""The loopback's memory: one SQLite file, outside any other transaction, shared by every process that opens it.

Each piece of work opens its own connection: a connection must not cross a fork, and Odoo's workers are forks. Writing
takes the file's lock at the start (``BEGIN IMMEDIATE``), so that what was read inside is still true at the commit, and
the commit waits for the disk.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from .relations import write_relations

#: Seconds that a process waits for another one to let go of the file.
BUSY_SECONDS = 30

_FIRST = """
CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE identity (name TEXT PRIMARY KEY, certificate BLOB NOT NULL, private_key BLOB NOT NULL);
CREATE TABLE certificate (
    number TEXT PRIMARY KEY, rfc TEXT NOT NULL, name TEXT NOT NULL, efirma INTEGER NOT NULL, der BLOB NOT NULL);
CREATE TABLE certificate_status (number TEXT PRIMARY KEY, status TEXT NOT NULL);
CREATE TABLE taxpayer (rfc TEXT PRIMARY KEY, obligations INTEGER NOT NULL);
CREATE TABLE stamp (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    sha256 TEXT NOT NULL UNIQUE, seal TEXT NOT NULL UNIQUE, uuid TEXT NOT NULL UNIQUE,
    issuer_rfc TEXT NOT NULL, receiver_rfc TEXT NOT NULL, kind TEXT NOT NULL, serie TEXT, folio TEXT,
    total TEXT NOT NULL, currency TEXT NOT NULL, stamped_at TEXT NOT NULL, xml BLOB NOT NULL);
CREATE TABLE fault (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    operation TEXT NOT NULL, kind TEXT NOT NULL, remaining INTEGER NOT NULL, sha256 TEXT, code TEXT, message TEXT,
    limit_seconds REAL NOT NULL, reached INTEGER NOT NULL DEFAULT 0, released INTEGER NOT NULL DEFAULT 0);
CREATE TABLE call (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    operation TEXT NOT NULL, sha256 TEXT NOT NULL, process INTEGER NOT NULL, outcome TEXT, code TEXT);
"""

# What a document says of others (kind: the TipoRelacion, or "DR" for the invoice that a payment covers), and the
# requests of cancellation. Moments are UTC in ISO 8601; without `expires_at` a request waits until it is answered. The
# index is what makes two live requests for one document impossible: only a rejected one lets another in.
_CANCELLATION = """
CREATE TABLE relation (
    stamp INTEGER NOT NULL REFERENCES stamp (id), uuid TEXT NOT NULL, kind TEXT NOT NULL,
    PRIMARY KEY (stamp, uuid, kind)) WITHOUT ROWID;
CREATE INDEX relation_uuid ON relation (uuid);
CREATE TABLE cancellation (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid TEXT NOT NULL REFERENCES stamp (uuid), reason TEXT NOT NULL, substitute TEXT,
    issuer_rfc TEXT NOT NULL, receiver_rfc TEXT NOT NULL, requested_at TEXT NOT NULL,
    needs_acceptance INTEGER NOT NULL, expires_at TEXT, answer TEXT, answered_at TEXT,
    request BLOB NOT NULL, acuse BLOB);
CREATE UNIQUE INDEX cancellation_live ON cancellation (uuid) WHERE answer IS NULL OR answer <> 'Rechazo';
CREATE INDEX cancellation_receiver ON cancellation (receiver_rfc);
CREATE TABLE efos (rfc TEXT PRIMARY KEY, code TEXT NOT NULL);
"""


def _make_first(db: sqlite3.Connection) -> None:
    _run(db, _FIRST)


def _add_cancellation(db: sqlite3.Connection) -> None:
    """The stamps of a store of version 1 name other documents too: what they say is read from their XML."""
    _run(db, _CANCELLATION)
    for row in db.execute("SELECT id, xml FROM stamp").fetchall():
        write_relations(db, row["id"], row["xml"])


#: What takes a store from each version to the next; a new one (version 0) goes through all.
_STEPS = (_make_first, _add_cancellation)


class Store:
    """The SQLite file at ``path``, made (readable by its owner only) at first use together with its folder."""

    def __init__(self, path: str | os.PathLike[str]):
        self.path = os.fspath(path)
        self._ready = False

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection to look with. Rows answer to column names."""
        connection = self._connect()
        try:
            yield connection
        finally:
            connection.close()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A connection inside a transaction that already holds the write lock; committed at the end, or undone."""
        connection = self._connect()
        try:
            connection.execute("BEGIN IMMEDIATE")
            with connection:
                yield connection
        finally:
            connection.close()

    def setting(self, name: str) -> str | None:
        """The stored setting, or ``None``."""
        with self.reading() as db:
            return read_setting(db, name)

    def set_setting(self, name: str, value: str | None) -> None:
        """Store a setting; ``None`` removes it."""
        with self.writing() as db:
            write_setting(db, name, value)

    def _connect(self) -> sqlite3.Connection:
        if not self._ready or not os.path.exists(self.path):
            self._create()
        return self._open()

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=BUSY_SECONDS, isolation_level=None)
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA synchronous = FULL")
        return connection

    def _create(self) -> None:
        """Make file and tables if they are missing, and bring an older store up to date; all of it or nothing. Two
        processes may come here at once: the lock lets one through."""
        folder = os.path.dirname(os.path.abspath(self.path))
        os.makedirs(folder, mode=0o700, exist_ok=True)
        # Only when it is not there: whoever closes a file so loses all locks that other threads of this process hold on
        # it (POSIX), and SQLite's with them.
        with suppress(FileExistsError):
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        connection = self._open()
        try:
            connection.execute("BEGIN IMMEDIATE")
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            for step in _STEPS[version:]:
                step(connection)
            if version < len(_STEPS):
                connection.execute(f"PRAGMA user_version = {len(_STEPS)}")
            connection.execute("COMMIT")
        finally:
            connection.close()
        self._ready = True


def _run(db: sqlite3.Connection, script: str) -> None:
    # Not executescript(), which commits first: the whole change is one transaction.
    for statement in script.split(";"):
        db.execute(statement)


def read_setting(db: sqlite3.Connection, name: str) -> str | None:
    """A setting, inside the caller's connection."""
    row = db.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()
    return row["value"] if row else None


def write_setting(db: sqlite3.Connection, name: str, value: str | None) -> None:
    """Write or (``None``) remove a setting, inside the caller's transaction."""
    if value is None:
        db.execute("DELETE FROM setting WHERE name = ?", (name,))
    else:
        db.execute("INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)", (name, value))
