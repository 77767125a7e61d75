from odoo import api, fields, models


class FolioGap(models.Model):
    """Report of missing folios: stretches of a series that no sealed document of the ledger holds."""

    _name = "l10n_mx_cfdi40.folio.gap"
    _description = "Missing Folios"
    _auto = False
    _order = "serie_id, first"
    _depends = {
        "l10n_mx_cfdi40.serie": ["company_id", "prefix", "first_folio", "next_folio"],
        "l10n_mx_cfdi40.document": ["company_id", "direction", "serie", "folio", "sha256", "external"],
    }

    serie_id = fields.Many2one("l10n_mx_cfdi40.serie", string="Series", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    kind = fields.Selection(related="serie_id.kind")
    first = fields.Integer(string="From", readonly=True, aggregator=None)
    last = fields.Integer(string="To", readonly=True, aggregator=None)
    count = fields.Integer(string="How Many", readonly=True)

    @property
    def _table_query(self):
        # Each folio in use is followed by the next one in use; a gap is what lies between. The two ends of the series
        # count as in use: the one before its first folio and the one that comes next. What was stamped elsewhere with
        # the same series fills a gap, but begins none before the first folio.
        return """
            WITH used AS (
                SELECT s.id AS serie_id, d.folio::bigint AS folio
                  FROM l10n_mx_cfdi40_serie s
                  JOIN l10n_mx_cfdi40_document d
                    ON d.serie = s.prefix AND d.company_id IN (
                        SELECT c.id FROM res_company c, res_company o
                         WHERE o.id = s.company_id AND starts_with(c.parent_path, o.parent_path))
                 WHERE d.direction = 'issued' AND d.folio ~ '^[0-9]{1,9}$'
                   AND (d.sha256 IS NOT NULL OR d.external)
                 UNION SELECT id, first_folio - 1 FROM l10n_mx_cfdi40_serie
                 UNION SELECT id, next_folio FROM l10n_mx_cfdi40_serie
            ), stretch AS (
                SELECT serie_id, folio + 1 AS first, LEAD(folio) OVER (PARTITION BY serie_id ORDER BY folio) - 1 AS last
                  FROM used
            )
            SELECT ROW_NUMBER() OVER (ORDER BY g.serie_id, g.first)::int AS id, g.serie_id, s.company_id,
                   g.first::int AS first, g.last::int AS last, (g.last - g.first + 1)::int AS count
              FROM stretch g
              JOIN l10n_mx_cfdi40_serie s ON s.id = g.serie_id
             WHERE g.first <= g.last AND g.first >= s.first_folio AND g.last < s.next_folio
        """

    @api.depends("first", "last", "serie_id")
    def _compute_display_name(self):
        for gap in self:
            gap.display_name = f"{gap.serie_id.prefix} {gap.first}-{gap.last}"
