"""What the windows share that show documents before they are sent: rows about records, and problems."""
from odoo import api, fields, models


class ShownRecord(models.AbstractModel):
    """A window or row about the records in `_shown_fields`, of which more is shown than the user may read himself.

    They are read with sudo, so nobody may choose one that he may not read anyway. Not a constraint: those are checked
    with sudo too.
    """

    _name = "l10n_mx_cfdi40.shown.record"
    _description = "Row about a record"

    _shown_fields = ("move_id",)

    @api.model_create_multi
    def create(self, vals_list):
        rows = super().create(vals_list)
        rows._check_shown(self._shown_fields)
        return rows

    def write(self, vals):
        result = super().write(vals)
        self._check_shown(name for name in self._shown_fields if name in vals)
        return result

    def _check_shown(self, names):
        for name in names:
            self[name].check_access("read")


class ShownFinding(models.AbstractModel):
    _name = "l10n_mx_cfdi40.shown.finding"
    _description = "Problem of a document"
    _order = "severity, id"

    severity = fields.Selection([("error", "Error"), ("warning", "Warning")], required=True, readonly=True)
    code = fields.Char(readonly=True)
    path = fields.Char("Where", readonly=True)
    message = fields.Text(readonly=True)
    has_remedy = fields.Boolean(readonly=True)
