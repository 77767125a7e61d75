from typing import NamedTuple

from odoo import api, fields, models, tools
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL

KINDS = [
    ("invoice", "Invoices"),
    ("credit_note", "Credit Notes"),
    ("complement", "Payment Complements"),
    ("global", "Global Invoices"),
]
#: Prefix of the series that a company starts with.
_DEFAULTS = {"invoice": "F", "credit_note": "NC", "complement": "P", "global": "G"}


class SerieRow(NamedTuple):
    """What choosing a series needs to know of it."""

    id: int
    company_id: int
    journal_id: int | bool
    kind: str
    prefix: str


class Serie(models.Model):
    """A series of folios of one company or branch, for one kind of document.

    A folio is taken when a document is sealed, once, and kept by it: a retry or a correction has the same one. The row
    is locked while the transaction lasts, so that folios are consecutive; what a rolled back one took is free again.
    """

    _name = "l10n_mx_cfdi40.serie"
    _description = "CFDI Series"
    _order = "company_id, kind, journal_id, prefix"
    _rec_name = "prefix"
    _check_company_auto = True

    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company, index=True)
    journal_id = fields.Many2one(
        "account.journal", check_company=True, domain=[("type", "=", "sale")],
        help="Only for the documents of this journal. Empty: for those of any journal without a series of its own.")
    kind = fields.Selection(KINDS, string="For", required=True, default="invoice")
    prefix = fields.Char(string="Series", required=True, size=25, help="Serie of the CFDI: letters, without the year.")
    next_folio = fields.Integer(
        required=True, default=1, help="Number that the next sealed document takes.", aggregator=None)
    first_folio = fields.Integer(
        default=1, readonly=True, aggregator=None, help="First number of the series: none below it is missing.")
    active = fields.Boolean(default=True)
    missing_count = fields.Integer(string="Missing Folios", compute="_compute_missing_count")

    _prefix_uniq = models.Constraint(
        "UNIQUE (company_id, prefix)", "There is already a series with this prefix in the company.")
    _folio_positive = models.Constraint("CHECK (next_folio > 0)", "A folio is a positive number.")

    @api.depends("prefix", "next_folio")
    def _compute_display_name(self):
        for serie in self:
            serie.display_name = f"{serie.prefix or ''} ({serie.next_folio})"

    @api.depends("next_folio", "first_folio")
    def _compute_missing_count(self):
        counts = dict(self.env["l10n_mx_cfdi40.folio.gap"]._read_group(
            [("serie_id", "in", self.ids)], ["serie_id"], ["count:sum"]))
        for serie in self:
            serie.missing_count = counts.get(serie, 0)

    @api.constrains("prefix")
    def _check_prefix(self):
        for serie in self:
            if "|" in serie.prefix or serie.prefix != serie.prefix.strip():
                raise ValidationError(self.env._("A series has no pipes and no spaces at its ends."))
            root = serie.company_id._l10n_mx_cfdi40_fiscal_root()
            twins = self.sudo().with_context(active_test=False).search([
                ("prefix", "=", serie.prefix), ("id", "!=", serie.id), ("company_id", "child_of", root.id)])
            for twin in twins:
                if twin.company_id._l10n_mx_cfdi40_fiscal_root() == root:
                    raise ValidationError(self.env._(
                        "%(company)s already uses the series “%(prefix)s” with the same RFC.",
                        company=twin.company_id.name, prefix=serie.prefix))

    @api.constrains("next_folio")
    def _check_next_folio(self):
        for serie in self:
            used = serie._last_used()
            if serie.next_folio <= used:
                raise ValidationError(self.env._(
                    "Folio %(used)s of series %(prefix)s is used: the next one must be higher.",
                    used=used, prefix=serie.prefix))

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            vals["first_folio"] = vals.get("next_folio", 1)
        self.env.registry.clear_cache()
        return super().create(vals_list)

    def write(self, vals):
        if vals.keys() & {"prefix", "company_id", "kind"} and any(
                serie._last_used(external=False) for serie in self):
            raise UserError(self.env._("A series with sealed documents keeps its prefix, company and kind."))
        result = super().write(vals)
        if vals.keys() - {"next_folio"}:
            self.env.registry.clear_cache()
        if "next_folio" in vals:
            for serie in self.filtered(lambda serie: not serie._last_used(external=False)):
                super(Serie, serie).write({"first_folio": vals["next_folio"]})
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_unused(self):
        if any(serie._last_used(external=False) for serie in self):
            raise UserError(self.env._("A series with sealed documents cannot be deleted; archive it."))

    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()

    def _last_used(self, external=True):
        """Highest folio that a sealed document or an invoice holds in this series; 0 if it is unused.

        :param external: count those of CFDI stamped elsewhere too
        """
        self.ensure_one()
        return self.env.execute_query(SQL(
            """SELECT COALESCE(MAX(folio), 0)
                 FROM (SELECT l10n_mx_cfdi40_folio AS folio FROM account_move WHERE l10n_mx_cfdi40_serie_id = %s
                       UNION ALL
                       SELECT folio::bigint FROM l10n_mx_cfdi40_document
                        WHERE serie = %s AND company_id = %s AND direction = 'issued'
                          AND folio ~ '^[0-9]{1,9}$' AND (%s OR external IS NOT TRUE)) used""",
            self.id, self.prefix, self.company_id.id, external))[0][0]

    # -- choosing and taking -------------------------------------------------------------------------------------------

    @api.model
    def _for(self, requests):
        """Choose series for many documents with one query.

        The journal's own series comes first, then the company's, then those of the parents with the same RFC.

        :param requests: iterable of (company, journal, kind).
        :return: {(company, journal, kind): series, empty if there is none}.
        """
        requests = set(requests)
        lines = {}
        for company in {company for company, _journal, _kind in requests}:
            root = company.sudo()._l10n_mx_cfdi40_fiscal_root()
            ancestors = company.sudo().parent_ids.sorted(lambda c: -len(c.parent_path))
            lines[company] = list(ancestors[:list(ancestors).index(root) + 1])
        rows = self._all()
        chosen = {}
        for company, journal, kind in requests:
            near = [ancestor.id for ancestor in lines[company]]
            candidates = [
                (bool(row.journal_id), -near.index(row.company_id), -row.id) for row in rows
                if row.kind == kind and row.company_id in near and row.journal_id in (False, journal.id)]
            chosen[company, journal, kind] = self.browse(-max(candidates)[2] if candidates else ())
        return chosen

    @api.model
    @tools.ormcache()
    def _all(self):
        """The series in use, as `SerieRow`; folios are not in it, so it changes only when somebody configures them."""
        return tuple(
            SerieRow(serie.id, serie.company_id.id, serie.journal_id.id, serie.kind, serie.prefix)
            for serie in self.sudo().search_fetch([], ["company_id", "journal_id", "kind", "prefix"], order="id"))

    def _take(self, count=1):
        """Take `count` consecutive folios; other transactions wait until this one ends.

        :return: the first one.
        """
        self.ensure_one()
        self.flush_recordset(["next_folio"])
        [(after,)] = self.env.execute_query(SQL(
            "UPDATE l10n_mx_cfdi40_serie SET next_folio = next_folio + %s WHERE id = %s RETURNING next_folio",
            count, self.id))
        self.invalidate_recordset(["next_folio"])
        return after - count

    @api.model
    def _create_defaults(self, companies=None):
        """Give each Mexican company that issues with its own RFC the series that it lacks."""
        companies = companies or self.env["res.company"].sudo().search([
            ("account_fiscal_country_id.code", "=", "MX")])
        existing = self.sudo().with_context(active_test=False).search([("company_id", "in", companies.ids)])
        found = {(serie.company_id, serie.kind) for serie in existing}
        prefixes = {(serie.company_id, serie.prefix) for serie in existing}
        self.sudo().create([
            {"company_id": company.id, "kind": kind, "prefix": prefix}
            for company in companies if company._l10n_mx_cfdi40_fiscal_root() == company
            for kind, prefix in _DEFAULTS.items()
            if (company, kind) not in found and (company, prefix) not in prefixes
        ])

    def action_open_missing(self):
        """Open the report of missing folios of these series."""
        action = self.env["ir.actions.act_window"]._for_xml_id("l10n_mx_cfdi40.action_folio_gap")
        return {**action, "domain": [("serie_id", "in", self.ids)]}
