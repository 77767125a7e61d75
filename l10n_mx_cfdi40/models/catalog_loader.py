import io
import json
import logging
import time
from datetime import date

import psycopg2
from odoo import api, fields, models
from odoo.modules.db import has_trigram
from odoo.tools import SQL
from odoo.tools.gc import disabling_gc

from ..cfdi import catalogos
from .catalog import search_text

_logger = logging.getLogger(__name__)

# {catalog: {"version": date of the data, "sha256": digest}} of what was loaded last from the shipped files.
LOADED = "l10n_mx_cfdi40.catalogs_loaded"
COLUMNS = SQL("catalog, code, name, date_from, date_to, data, search_text")
TRIGRAM_INDEX = "l10n_mx_cfdi40_catalog_search_text_trigram"


class Catalog(models.Model):
    """Loading: rows are copied to a temporary table, compared there, and only what changed is written."""

    _inherit = "l10n_mx_cfdi40.catalog"

    @api.model
    def _load_shipped(self):
        """Load the shipped catalogs whose content is new; called at install and at each upgrade of the addon.

        A catalog that was refreshed from a newer workbook of the SAT stays as it is.
        """
        started = time.monotonic()
        archive = catalogos.ArchivoCatalogos()
        parameters = self.env["ir.config_parameter"].sudo()
        loaded = json.loads(parameters.get_param(LOADED) or "{}")
        pending = {
            name: summary
            for name, summary in archive.indice().items()
            if loaded.get(name, {}).get("sha256") != summary.sha256
            and date.fromisoformat(loaded.get(name, {}).get("version", "0001-01-01")) <= summary.version
        }
        if pending:
            entries = ((name, entry) for name in pending for entry in archive.todas(name))
            counts = self._merge(entries, source="l10n_mx_cfdi40")
            self._remember_loaded({name: (one.version, one.sha256) for name, one in pending.items()})
            _logger.info("%d catalogs loaded in %.2f s: %s", len(pending), time.monotonic() - started, counts)
        self._create_search_index()

    @api.model
    def _remember_loaded(self, versions):
        """Keep which data each catalog has: ``{catalog: (date of the data, digest)}``."""
        parameters = self.env["ir.config_parameter"].sudo()
        loaded = json.loads(parameters.get_param(LOADED) or "{}")
        for name, (version, digest) in versions.items():
            loaded[name] = {"version": version.isoformat(), "sha256": digest}
        parameters.set_param(LOADED, json.dumps(loaded, sort_keys=True))

    @api.model
    def _merge(self, entries, source):
        """Bring the catalogs up to what ``entries`` says: new keys are added, changed ones updated in place.

        What a changed row said before goes to the history. Keys that ``entries`` lacks stay as they are: the SAT
        withdraws a key with an end date.

        :param entries: iterable of (catalog, Entrada).
        :param str source: where they come from, for the history.
        :return: ``{"added": int, "changed": int}``
        """
        self.flush_model()
        cr = self.env.cr
        cr.execute("SELECT EXISTS (SELECT FROM l10n_mx_cfdi40_catalog)")
        if cr.fetchone()[0]:
            self._stage(entries)
            changed = self._update_changed(source)
            added = self._insert_new()
            cr.execute("DROP TABLE l10n_mx_cfdi40_catalog_change")
        else:
            changed, added = 0, self._copy("l10n_mx_cfdi40_catalog", entries)
        if added + changed > 1000:
            # The planner must know at once which index is worth using.
            cr.execute("ANALYZE l10n_mx_cfdi40_catalog")
        self.env["l10n_mx_cfdi40.catalog.history"].invalidate_model()
        self.invalidate_model()
        self.env.registry.clear_cache()
        return {"added": added, "changed": changed}

    @api.model
    def _copy(self, table, entries):
        """Copy the entries to a table in one go; return how many."""
        cr = self.env.cr
        # The thousands of small objects that this makes all die young: looking for cycles among them costs a second.
        with disabling_gc():
            lines = _Lines(_copy_lines(entries))
            cr.copy_expert(SQL("COPY %s (%s) FROM STDIN", SQL.identifier(table), COLUMNS).code, lines, size=1 << 16)
        return cr.rowcount

    @api.model
    def _stage(self, entries):
        """Leave the entries that are new or say something else in the temporary table l10n_mx_cfdi40_catalog_change.

        Its column ``entry_id`` is the row that would change, NULL for a new key.
        """
        cr = self.env.cr
        cr.execute(
            """
            DROP TABLE IF EXISTS l10n_mx_cfdi40_catalog_stage, l10n_mx_cfdi40_catalog_change;
            CREATE TEMPORARY TABLE l10n_mx_cfdi40_catalog_stage (
                catalog varchar, code varchar, name varchar, date_from date, date_to date, data jsonb,
                search_text varchar
            ) ON COMMIT DROP
            """
        )
        self._copy("l10n_mx_cfdi40_catalog_stage", entries)
        cr.execute(
            """
            ANALYZE l10n_mx_cfdi40_catalog_stage;
            CREATE TEMPORARY TABLE l10n_mx_cfdi40_catalog_change ON COMMIT DROP AS
            SELECT old.id AS entry_id, new.*
              FROM l10n_mx_cfdi40_catalog_stage AS new
              LEFT JOIN l10n_mx_cfdi40_catalog AS old ON old.catalog = new.catalog AND old.code = new.code
             WHERE old.id IS NULL
                OR (old.name, old.date_from, old.date_to, old.data, old.search_text)
                   IS DISTINCT FROM (new.name, new.date_from, new.date_to, new.data, new.search_text);
            DROP TABLE l10n_mx_cfdi40_catalog_stage
            """
        )

    @api.model
    def _update_changed(self, source):
        """Update the rows that differ, after writing what they said to the history; return how many."""
        cr = self.env.cr
        cr.execute(SQL(
            """
            INSERT INTO l10n_mx_cfdi40_catalog_history (entry_id, replaced_on, source, name, date_from, date_to, data)
            SELECT old.id, %s, %s, old.name, old.date_from, old.date_to, old.data
              FROM l10n_mx_cfdi40_catalog AS old
              JOIN l10n_mx_cfdi40_catalog_change AS new ON old.id = new.entry_id
             WHERE (old.name, old.date_from, old.date_to, old.data)
                   IS DISTINCT FROM (new.name, new.date_from, new.date_to, new.data)
            """,
            fields.Datetime.now(), source,
        ))
        cr.execute(
            """
            UPDATE l10n_mx_cfdi40_catalog AS old
               SET name = new.name, date_from = new.date_from, date_to = new.date_to, data = new.data,
                   search_text = new.search_text
              FROM l10n_mx_cfdi40_catalog_change AS new
             WHERE old.id = new.entry_id
            """
        )
        return cr.rowcount

    @api.model
    def _insert_new(self):
        """Insert the keys that the table lacks; return how many."""
        cr = self.env.cr
        cr.execute(SQL(
            """
            INSERT INTO l10n_mx_cfdi40_catalog (%s)
            SELECT %s FROM l10n_mx_cfdi40_catalog_change WHERE entry_id IS NULL
            """,
            COLUMNS, COLUMNS,
        ))
        return cr.rowcount

    @api.model
    def _create_search_index(self):
        """Create the trigram index, after the first load (several times faster than filling it row by row).

        Without the extension pg_trgm, or the right to create it, searching still works, only slower.
        """
        cr = self.env.cr
        if not has_trigram(cr):
            try:
                with cr.savepoint(flush=False):
                    cr.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
            except psycopg2.Error as error:
                _logger.warning("No trigram index on the SAT's catalogs, searches will be slower: %s", error)
                return
        cr.execute(SQL(
            "CREATE INDEX IF NOT EXISTS %s ON l10n_mx_cfdi40_catalog USING gin (search_text gin_trgm_ops)",
            SQL.identifier(TRIGRAM_INDEX),
        ))


class _Lines(io.TextIOBase):
    """A file for COPY made of lines that are produced as they are read: memory stays small."""

    def __init__(self, lines):
        self._lines = lines

    def readable(self):
        return True

    def read(self, size=-1):  # pylint: disable=method-required-super  # a file, not a model
        chunk, length = [], 0
        for line in self._lines:
            chunk.append(line)
            length += len(line)
            if 0 < size <= length:
                break
        return "".join(chunk)


def _copy_lines(entries):
    """Rows in PostgreSQL's text format, one by one."""
    texts = {}
    for catalog, entry in entries:
        # Thousands of keys share one mapping of attributes, which lives as long as the archive it comes from.
        key = id(entry.datos)
        if key not in texts:
            texts[key] = (entry.datos, _escape(json.dumps(dict(entry.datos), ensure_ascii=False)))
        words = search_text(entry)
        yield "\t".join((
            catalog,
            _escape(entry.clave),
            _escape(entry.nombre),
            entry.desde.isoformat() if entry.desde else "\\N",
            entry.hasta.isoformat() if entry.hasta else "\\N",
            texts[key][1],
            "\\N\n" if words is None else words + "\n",
        ))


def _escape(value):
    if "\\" in value or "\t" in value or "\n" in value or "\r" in value:
        value = value.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
    return value
