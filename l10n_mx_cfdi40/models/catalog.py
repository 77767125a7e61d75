import json
import re
import unicodedata
from types import MappingProxyType

from odoo import api, fields, models, tools
from odoo.fields import Domain
from odoo.tools import SQL

from ..cfdi import catalogos

# A search that many rows match (two letters, "para") is ranked among the first ones found only: what the user sees is
# in the exact and prefix matches anyway, and the next letter narrows it.
CANDIDATES = 1000

ACCENTS = re.compile("[\u0300-\u036f]+")
NOT_WORDS = re.compile("[^a-z0-9]+")


def fold(text):
    """Lower case, no accents, words apart by one space: how names are compared, both stored and typed ones."""
    plain = unicodedata.normalize("NFKD", text.lower())
    if not plain.isascii():
        plain = ACCENTS.sub("", plain)
    return NOT_WORDS.sub(" ", plain).strip()


def search_text(entry):
    """Text in which words are looked for: `` key name|similar words|symbol``; None where only the key is looked for.

    The space in front lets ``% word%`` mean "a word begins so"; the bar ends the name.
    """
    if entry.datos.get("zona"):
        return None
    extra = (entry.datos.get("similares") or "", entry.datos.get("simbolo") or "")
    return f" {fold(entry.clave)} {fold(entry.nombre)}|" + "".join(f" {fold(text)}|" for text in extra if text)


class Catalog(models.Model):
    """Keys of the SAT's catalogs: one row per catalog and key, so that its id never changes.

    Written only by the loader (``_load_shipped``, ``_merge``); nobody edits it by hand. The same for all companies.
    """

    _name = "l10n_mx_cfdi40.catalog"
    _description = "SAT Catalog Key"
    _order = "catalog, code"
    _rec_names_search = ["code", "name"]
    # 150,000 rows that no user writes: who and when would say nothing, and cost a fifth of the table.
    _log_access = False

    catalog = fields.Char(required=True, readonly=True, help="Name of the catalog, as the SAT writes it: c_UsoCFDI.")
    code = fields.Char(string="Key", required=True, readonly=True)
    name = fields.Char(string="Description", required=True, readonly=True)
    date_from = fields.Date(string="Valid From", readonly=True)
    date_to = fields.Date(string="Valid To", readonly=True)
    data = fields.Json(string="Columns", readonly=True, help="The other columns of the catalog.")
    attributes = fields.Char(compute="_compute_attributes")
    search_text = fields.Char(readonly=True)
    in_force = fields.Boolean(compute="_compute_in_force", search="_search_in_force")
    history_ids = fields.One2many("l10n_mx_cfdi40.catalog.history", "entry_id", string="Earlier Values", readonly=True)

    # One index for uniqueness, for looking a key up and for keys that begin with what is typed.
    _key_uniq = models.UniqueIndex(
        "(catalog, code varchar_pattern_ops)", "A key appears only once in each catalog."
    )

    @api.depends("code", "name")
    def _compute_display_name(self):
        for entry in self:
            entry.display_name = f"{entry.code} {entry.name}" if entry.name else entry.code

    @api.depends("data")
    def _compute_attributes(self):
        for entry in self:
            entry.attributes = readable(entry.data)

    @api.depends("date_from", "date_to")
    @api.depends_context("l10n_mx_cfdi40_on")
    def _compute_in_force(self):
        day = self._today()
        for entry in self:
            entry.in_force = (not entry.date_from or entry.date_from <= day) and (
                not entry.date_to or entry.date_to >= day
            )

    @api.model
    def _search_in_force(self, operator, value):
        if operator != "in":
            return NotImplemented
        return self._in_force_domain(self._today())

    @api.model
    def _today(self):
        """Day on which keys must be in force: that of the context (``l10n_mx_cfdi40_on``), else today for the user."""
        return fields.Date.to_date(self.env.context.get("l10n_mx_cfdi40_on")) or fields.Date.context_today(self)

    @api.model
    def _in_force_domain(self, day):
        return (Domain("date_from", "=", False) | Domain("date_from", "<=", day)) & (
            Domain("date_to", "=", False) | Domain("date_to", ">=", day)
        )

    # -- what the rest of the addon asks

    @api.model
    def _lookup(self, keys_by_catalog, on):
        """Return ``{catalog: {code: Entrada}}`` of the keys in force on that day, in one query for all catalogs.

        A catalog of which the database has no key at all gives None instead: nothing can be said about its keys.

        :param dict keys_by_catalog: ``{catalog: set of keys}``; no keys asks for the whole of that (small) catalog.
        :param date on: day of the document.
        """
        result = {catalog: {} for catalog in keys_by_catalog}
        if not result:
            return result
        wanted = SQL(" OR ").join(
            SQL("(catalog = %s AND code IN %s)", catalog, tuple(codes)) if codes else SQL("catalog = %s", catalog)
            for catalog, codes in keys_by_catalog.items()
        )
        rows = self.env.execute_query(SQL(
            """
            SELECT catalog, code, name, date_from, date_to, data
              FROM l10n_mx_cfdi40_catalog
             WHERE (%s)
               AND (date_from IS NULL OR date_from <= %s)
               AND (date_to IS NULL OR date_to >= %s)
             UNION ALL
            SELECT asked.catalog, NULL, NULL, NULL, NULL, NULL
              FROM unnest(%s) AS asked (catalog)
             WHERE NOT EXISTS (SELECT FROM l10n_mx_cfdi40_catalog AS any_key WHERE any_key.catalog = asked.catalog)
            """,
            wanted, on, on, list(result),
        ))
        for catalog, code, name, date_from, date_to, data in rows:
            if code is None:
                result[catalog] = None
                continue
            result[catalog][code] = catalogos.Entrada(
                clave=code, nombre=name, desde=date_from, hasta=date_to, datos=MappingProxyType(data)
            )
        return result

    @api.model
    @tools.ormcache("catalog", "code")
    def _key_id(self, catalog, code):
        """Return the id of a key, in force or not; False when there is none. What a key's id is never changes."""
        rows = self.env.execute_query(SQL(
            "SELECT id FROM l10n_mx_cfdi40_catalog WHERE catalog = %s AND code = %s", catalog, code
        ))
        return rows[0][0] if rows else False

    @api.model
    def _key(self, catalog, code):
        """Return the record of a key, without a query once its id is known; none for False or an unknown key."""
        return self.browse((code and self._key_id(catalog, code)) or ())

    @api.model
    @tools.ormcache("zip_code")
    def _zone(self, zip_code):
        """Return the IANA time zone of a ZIP; that of the centre of the country for one the catalog does not have."""
        rows = self.env.execute_query(SQL(
            "SELECT data->>'zona' FROM l10n_mx_cfdi40_catalog WHERE catalog = 'c_CodigoPostal' AND code = %s", zip_code
        ))
        return rows[0][0] if rows else catalogos.ZONA_CENTRO

    # -- search

    @api.model
    def name_search(self, name="", domain=None, operator="ilike", limit=100):
        """Propose keys, best first: exact key, key that begins so, exact name, name that begins so, all the words.

        Only keys in force are proposed, unless the context says ``l10n_mx_cfdi40_all_dates``.
        """
        domain = Domain(domain or Domain.TRUE)
        if not self.env.context.get("l10n_mx_cfdi40_all_dates"):
            domain &= self._in_force_domain(self._today())
        words = fold(name or "").split()
        if operator != "ilike" or not words:
            return super().name_search(name, domain, operator, limit)
        ids = self._ranked_ids(domain, words, limit)
        return [(entry.id, entry.display_name) for entry in self.browse(ids).sudo()]

    @api.model
    def _ranked_ids(self, domain, words, limit):
        """Ids of the rows that match, best first; when nothing matches, of those that come close."""
        found = self._ids_by_key(domain, words, limit)
        if len(found) < limit:
            found = list(dict.fromkeys(found + self._ids_by_words(domain, words, limit)))
        stems = [_stem(word) for word in words]
        if not found and stems != words:
            found = self._ids_by_words(domain, stems, limit)
        # Digits are a key: one that merely looks like it would be another product.
        if not found and self.env.registry.has_trigram and not any(char.isdigit() for word in words for char in word):
            found = self._ids_by_likeness(domain, words, limit)
        return found[:limit]

    @api.model
    def _ids_by_key(self, domain, words, limit):
        if len(words) > 1:
            return []
        return list(self._search(domain & _key_begins(words[0]), order="code", limit=limit))

    @api.model
    def _ids_by_words(self, domain, words, limit):
        matches = Domain.AND([Domain("search_text", "like", word) for word in words])
        query = self._search(domain & matches)
        table = SQL.identifier(query.table)
        phrase = " ".join(words)
        after_key = SQL("substr(%s.search_text, strpos(ltrim(%s.search_text), ' ') + 2)", table, table)
        starts = SQL(" + ").join(
            SQL("(%s.search_text LIKE %s)::int", table, f"% {word}%") for word in words
        )
        query.limit = CANDIDATES
        candidates = query.select(
            SQL("%s.id", table),
            SQL("%s.code AS code", table),
            SQL("length(%s.name) AS size", table),
            SQL("starts_with(%s, %s) AS exact", after_key, phrase + "|"),
            SQL("starts_with(%s, %s) AS prefix", after_key, phrase),
            SQL("strpos(%s.search_text, %s) > 0 AS phrase", table, " " + phrase),
            SQL("%s AS starts", starts),
        )
        rows = self.env.execute_query(SQL(
            """
            SELECT id FROM (%s) AS found
             ORDER BY exact DESC, prefix DESC, phrase DESC, starts DESC, size, code
             LIMIT %s
            """,
            candidates, limit,
        ))
        return [row[0] for row in rows]

    @api.model
    def _ids_by_likeness(self, domain, words, limit):
        """Rows that have a word like each one typed, for who mistypes: "facturasion", "tornilo"."""
        query = self._search(domain)
        column = SQL.identifier(query.table, "search_text")
        for word in words:
            query.add_where(SQL("%s %%> %s", column, word))
        likeness = SQL(" + ").join(SQL("word_similarity(%s, %s)", word, column) for word in words)
        query.order = SQL("%s DESC, length(%s)", likeness, SQL.identifier(query.table, "name"))
        query.limit = limit
        self.env.cr.execute("SELECT set_config('pg_trgm.word_similarity_threshold', '0.5', true)")
        return [row[0] for row in self.env.execute_query(query.select(SQL.identifier(query.table, "id")))]

    @api.model
    def _search_display_name(self, operator, value):
        """Match the key or all the words, in any order, ignoring case and accents."""
        words = fold(value).split() if isinstance(value, str) else []
        if operator not in ("ilike", "not ilike") or not words:
            return super()._search_display_name(operator, value)
        found = Domain.AND([Domain("search_text", "like", word) for word in words])
        if len(words) == 1:
            found |= _key_begins(words[0])
        return ~found if operator == "not ilike" else found


def _key_begins(word):
    """Keys that begin with a folded word, which holds nothing but letters and digits."""
    return Domain("code", "=like", word.upper() + "%")


def _stem(word):
    """A word without its ending of number and gender, while enough of it is left to mean something."""
    stem = word
    for ending in ("s", "e", "a", "o"):
        if len(stem) > 4:
            stem = stem.removesuffix(ending)
    return stem


def readable(data):
    """The attributes of a key as one line of text; those without value are left out."""
    parts = ((name, value) for name, value in (data or {}).items() if value not in ("", None, []))
    return ", ".join(
        f"{name}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}" for name, value in parts
    )
