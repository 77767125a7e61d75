"""The folio fiscal (UUID) of a vendor's CFDI on its bill: by it the SAT speaks of the bill."""
import re

from odoo import api, fields, models
from odoo.exceptions import ValidationError

BILLS = ("in_invoice", "in_refund")
_UUID = re.compile("[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}")


class AccountMove(models.Model):
    _inherit = "account.move"

    l10n_mx_cfdi40_bill_uuid = fields.Char(
        "Folio fiscal", index="btree_not_null", copy=False,
        help="The UUID of the vendor's CFDI, as its stamp says. With it the bill is found when the vendor asks to"
        " cancel that CFDI.")
    l10n_mx_cfdi40_bill_uuid_warning = fields.Char(compute="_compute_l10n_mx_cfdi40_bill_uuid_warning")

    @api.model_create_multi
    def create(self, vals_list):
        # EXTENDS 'account'
        return super().create([_tidied(vals) for vals in vals_list])

    def write(self, vals):
        # EXTENDS 'account'
        return super().write(_tidied(vals))

    @api.constrains("l10n_mx_cfdi40_bill_uuid")
    def _check_l10n_mx_cfdi40_bill_uuid(self):
        for move in self:
            uuid = move.l10n_mx_cfdi40_bill_uuid
            if uuid and not is_uuid(uuid):
                raise ValidationError(self.env._(
                    "“%s” is no folio fiscal: it has 32 digits and letters from A to F, with four hyphens. Copy it from"
                    " the stamp of the vendor's invoice.", uuid))

    @api.depends("l10n_mx_cfdi40_bill_uuid", "company_id", "state")
    def _compute_l10n_mx_cfdi40_bill_uuid_warning(self):
        """One CFDI is one bill. A warning, not a refusal: the other one may be about to be cancelled."""
        uuids = {tidy_uuid(move.l10n_mx_cfdi40_bill_uuid) for move in self if move.l10n_mx_cfdi40_bill_uuid}
        twins = self.search([
            ("l10n_mx_cfdi40_bill_uuid", "in", list(uuids)), ("state", "!=", "cancel"),
            ("company_id", "in", self.company_id.ids)]) if uuids else self.browse()
        for move in self:
            others = twins.filtered(lambda twin, move=move: (
                twin.l10n_mx_cfdi40_bill_uuid == tidy_uuid(move.l10n_mx_cfdi40_bill_uuid)
                and twin.id != move._origin.id and twin.company_id == move.company_id
            )) if move.l10n_mx_cfdi40_bill_uuid and move.state != "cancel" else twins.browse()
            move.l10n_mx_cfdi40_bill_uuid_warning = bool(others) and self.env._(
                "%s has this folio fiscal too: the same CFDI may have been entered twice.",
                ", ".join(other.display_name for other in others[:3]))


def is_uuid(text):
    """Whether it is written as a folio fiscal, in upper case."""
    return bool(_UUID.fullmatch(text))


def tidy_uuid(text):
    """A UUID as it is kept: upper case, without the space around it that copying brings along; '' for nothing."""
    return (text or "").strip().upper()


def _tidied(vals):
    if vals.get("l10n_mx_cfdi40_bill_uuid"):
        return {**vals, "l10n_mx_cfdi40_bill_uuid": tidy_uuid(vals["l10n_mx_cfdi40_bill_uuid"]) or False}
    return vals
