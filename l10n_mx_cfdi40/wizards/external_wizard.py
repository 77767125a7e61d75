"""“CFDI stamped elsewhere”: what an XML says and why it is not the one of the invoice, before anything is taken in."""
import base64
import binascii

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.account_move import METODO_PAGO
from ..models.account_move_external import External
from ..models.document import KINDS


class ExternalWizard(models.TransientModel):
    _name = "l10n_mx_cfdi40.external.wizard"
    _description = "Take in a CFDI stamped elsewhere"

    move_id = fields.Many2one("account.move", "Invoice", required=True, readonly=True, ondelete="cascade")
    currency_id = fields.Many2one(related="move_id.currency_id")
    xml = fields.Binary("XML of the CFDI", attachment=False)
    xml_filename = fields.Char()
    # Taken in already: its XML is in the ledger, and only where the complements start can be corrected.
    correcting = fields.Boolean(compute="_compute_correcting")
    # With the user's own rights: nobody is shown the amounts of an invoice that he may not read.
    opening_balance = fields.Monetary(
        compute="_compute_opening_balance", store=True, readonly=False, compute_sudo=False,
        help="What was still to be paid of the CFDI when Odoo took over.")
    opening_instalments = fields.Integer(
        "Previous instalments", compute="_compute_opening_instalments", store=True, readonly=False, compute_sudo=False,
        help="How many of its payments had a complement before.")

    uuid = fields.Char("UUID", compute="_compute_preview")
    number = fields.Char("Series and Folio", compute="_compute_preview")
    fecha = fields.Char(compute="_compute_preview")
    kind = fields.Selection(KINDS, "Type", compute="_compute_preview")
    issuer = fields.Char(compute="_compute_preview")
    receiver = fields.Char(compute="_compute_preview")
    total = fields.Char(compute="_compute_preview")
    metodo_pago = fields.Selection(METODO_PAGO, "Payment Policy", compute="_compute_preview")
    problem = fields.Text(compute="_compute_preview")
    warning = fields.Text(compute="_compute_preview")
    ready = fields.Boolean(compute="_compute_preview")

    @api.model_create_multi
    def create(self, vals_list):
        wizards = super().create(vals_list)
        wizards.move_id.check_access("write")
        return wizards

    def write(self, vals):
        result = super().write(vals)
        if "move_id" in vals:
            self.move_id.check_access("write")
        return result

    # -- what the XML says ---------------------------------------------------------------------------------------------

    def _content(self):
        """The XML as chosen now, or as it was taken in; empty when nothing was chosen."""
        if self.correcting:
            return self.move_id.l10n_mx_cfdi40_document_id._stamped_bytes()
        return _decode(self.with_context(bin_size=False, bin_size_xml=False).xml)

    def _read(self):
        """The XML as `account.move` reads it; None when nothing was chosen. In the ledger already, it needs no judging:
        it would be found to be its own twin."""
        content = self._content()
        external = self.move_id._l10n_mx_cfdi40_read_external(content) if content and self.move_id else None
        return External(external.comprobante) if external and self.correcting else external

    @api.depends("move_id")
    def _compute_correcting(self):
        for wizard in self:
            wizard.correcting = bool(wizard.move_id) and wizard.move_id._l10n_mx_cfdi40_is_external()

    @api.depends("xml", "move_id")
    def _compute_opening_balance(self):
        for wizard in self:
            if wizard.correcting:
                wizard.opening_balance = wizard.move_id.l10n_mx_cfdi40_opening_balance
                continue
            external = wizard._read()
            comprobante = external and external.comprobante
            wizard.opening_balance = comprobante and wizard.move_id._l10n_mx_cfdi40_default_opening(comprobante)

    # Apart: who gives one of two fields that are computed together leaves the other empty.
    @api.depends("xml", "move_id")
    def _compute_opening_instalments(self):
        for wizard in self:
            wizard.opening_instalments = wizard.correcting and wizard.move_id.l10n_mx_cfdi40_opening_instalments

    @api.depends("xml", "move_id", "opening_balance", "opening_instalments")
    def _compute_preview(self):
        for wizard in self:
            external = wizard._read()
            comprobante = external and external.comprobante
            wizard._show(comprobante)
            problems = list(external.problems) if external else []
            warnings = list(external.warnings) if external else []
            if comprobante:
                opening = comprobante, wizard.opening_balance, wizard.opening_instalments
                problems += wizard.move_id._l10n_mx_cfdi40_opening_problems(*opening)
                warnings += wizard.move_id._l10n_mx_cfdi40_opening_warnings(*opening)
            wizard.problem = "\n".join(problems)
            wizard.warning = "\n".join(warnings)
            wizard.ready = bool(comprobante) and not problems

    def _show(self, comprobante):
        """Fill in what the XML says; nothing without one that can be read."""
        c = comprobante
        self.uuid = c and c.timbre.uuid.upper()
        self.number = c and " ".join(filter(None, (c.serie, c.folio)))
        self.fecha = c and c.fecha.isoformat(" ")
        self.kind = c and c.tipo_de_comprobante in dict(KINDS) and c.tipo_de_comprobante
        self.issuer = c and f"{c.emisor.rfc} {c.emisor.nombre}"
        self.receiver = c and f"{c.receptor.rfc} {c.receptor.nombre}"
        self.total = c and f"{c.total:,} {c.moneda}"
        self.metodo_pago = c and c.metodo_pago in dict(METODO_PAGO) and c.metodo_pago

    # -- button --------------------------------------------------------------------------------------------------------

    def action_take_in(self):
        """Take in the CFDI, or write the corrected balance and instalments."""
        self.ensure_one()
        move = self.move_id
        move._l10n_mx_cfdi40_check_user()
        if self.correcting:
            move._l10n_mx_cfdi40_correct_opening(self.opening_balance, self.opening_instalments)
        elif not self.xml:
            raise UserError(self.env._("Choose the XML of the CFDI first."))
        else:
            move._l10n_mx_cfdi40_take_in(self._content(), self.opening_balance, self.opening_instalments)
        return {"type": "ir.actions.act_window_close"}


def _decode(value):
    """Bytes of a base64 value; what is not base64 yields what no reader takes for an XML."""
    try:
        return base64.b64decode(value or b"")
    except (binascii.Error, ValueError):
        return b"\0"
