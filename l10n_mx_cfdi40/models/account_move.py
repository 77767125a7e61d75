"""The fiscal fields of an invoice and what is proposed for them.

A proposal never overwrites what a person chose: `l10n_mx_cfdi40_proposed` remembers what was proposed last, and only a
value that is empty or still that one gives way to a new proposal.
"""
from calendar import monthrange

from odoo import Command, api, fields, models
from odoo.tools.sql import column_exists, create_column

from ..cfdi import rfc
from .document_states import DEAD, UNSENT

METODO_PAGO = [("PUE", "PUE - Paid in a single payment"), ("PPD", "PPD - In installments or deferred")]
EXPORTACION = [
    ("01", "01 - Not an export"),
    ("02", "02 - Definitive with key A1"),
    ("03", "03 - Temporary"),
    ("04", "04 - Definitive with another key"),
]
PERIODICIDAD = [
    ("01", "01 - Daily"),
    ("02", "02 - Weekly"),
    ("03", "03 - Fortnightly"),
    ("04", "04 - Monthly"),
    ("05", "05 - Bimonthly"),
]
MESES = [
    ("01", "01 - January"), ("02", "02 - February"), ("03", "03 - March"), ("04", "04 - April"), ("05", "05 - May"),
    ("06", "06 - June"), ("07", "07 - July"), ("08", "08 - August"), ("09", "09 - September"), ("10", "10 - October"),
    ("11", "11 - November"), ("12", "12 - December"), ("13", "13 - January-February"), ("14", "14 - March-April"),
    ("15", "15 - May-June"), ("16", "16 - July-August"), ("17", "17 - September-October"),
    ("18", "18 - November-December"),
]
PUBLICO_EN_GENERAL = "PUBLICO EN GENERAL"
#: Proposed where neither the customer nor the policy says another: transfer.
DEFAULT_FORMA_PAGO = "03"
#: Fields (without prefix) that follow the customer and the dates until a person chooses.
PROPOSED = ("metodo_pago", "forma_pago_id", "uso_id", "periodicidad", "meses", "anio")
#: Documents that customers pay, and that become a CFDI of type I.
INCOME_TYPES = ("out_invoice", "out_receipt")
_MOVE_TYPES = (*INCOME_TYPES, "out_refund")
# Stored and computed: at install, existing invoices must not be computed one by one, so their columns are made empty.
_COLUMNS = {
    "l10n_mx_cfdi40_uso_id": "int4",
    "l10n_mx_cfdi40_forma_pago_id": "int4",
    "l10n_mx_cfdi40_metodo_pago": "varchar",
    "l10n_mx_cfdi40_periodicidad": "varchar",
    "l10n_mx_cfdi40_meses": "varchar",
    "l10n_mx_cfdi40_anio": "int4",
    "l10n_mx_cfdi40_proposed": "jsonb",
}


class AccountMove(models.Model):
    _inherit = "account.move"

    l10n_mx_cfdi40_applicable = fields.Boolean(compute="_compute_l10n_mx_cfdi40_applicable")
    l10n_mx_cfdi40_global = fields.Boolean(compute="_compute_l10n_mx_cfdi40_applicable")
    l10n_mx_cfdi40_locked = fields.Boolean(compute="_compute_l10n_mx_cfdi40_locked")
    l10n_mx_cfdi40_ask_keys = fields.Boolean(compute="_compute_l10n_mx_cfdi40_ask_keys")
    l10n_mx_cfdi40_uso_id = fields.Many2one(
        comodel_name="l10n_mx_cfdi40.catalog",
        string="CFDI Use",
        domain=[("catalog", "=", "c_UsoCFDI")],
        compute="_compute_l10n_mx_cfdi40_proposed", store=True, readonly=False,
        help="UsoCFDI: what the customer uses this invoice for.",
    )
    l10n_mx_cfdi40_forma_pago_id = fields.Many2one(
        comodel_name="l10n_mx_cfdi40.catalog",
        string="Payment Form",
        domain=[("catalog", "=", "c_FormaPago")],
        compute="_compute_l10n_mx_cfdi40_proposed", store=True, readonly=False, copy=False,
        help="FormaPago: how it was or will be paid; 99 with PPD.",
    )
    l10n_mx_cfdi40_metodo_pago = fields.Selection(
        selection=METODO_PAGO,
        string="Payment Policy",
        compute="_compute_l10n_mx_cfdi40_proposed", store=True, readonly=False, copy=False,
        help="MetodoPago. PUE: paid in one payment no later than the last day of the month of the invoice. PPD: paid "
        "later or in several payments, each with its complement.",
    )
    l10n_mx_cfdi40_proposed = fields.Json(
        compute="_compute_l10n_mx_cfdi40_proposed", store=True, readonly=False)
    l10n_mx_cfdi40_exportacion = fields.Selection(EXPORTACION, string="Export", help="Empty means 01, not an export.")
    l10n_mx_cfdi40_relation_ids = fields.One2many(
        "l10n_mx_cfdi40.relation", "move_id", string="Related CFDI", copy=False)
    l10n_mx_cfdi40_periodicidad = fields.Selection(
        PERIODICIDAD, string="Period Kind",
        compute="_compute_l10n_mx_cfdi40_proposed", store=True, readonly=False, copy=False,
        help="How often the sales to the general public are invoiced.")
    l10n_mx_cfdi40_meses = fields.Selection(
        MESES, string="Months",
        compute="_compute_l10n_mx_cfdi40_proposed", store=True, readonly=False, copy=False)
    l10n_mx_cfdi40_anio = fields.Integer(
        string="Year", aggregator=None,
        compute="_compute_l10n_mx_cfdi40_proposed", store=True, readonly=False, copy=False)
    l10n_mx_cfdi40_serie_id = fields.Many2one(
        "l10n_mx_cfdi40.serie", string="Series of the Folio", copy=False, readonly=True, ondelete="restrict",
        index="btree_not_null")
    l10n_mx_cfdi40_serie = fields.Char(string="CFDI Series", copy=False, readonly=True)
    l10n_mx_cfdi40_folio = fields.Integer(string="CFDI Folio", copy=False, readonly=True, aggregator=None)

    def _auto_init(self):
        for name, kind in _COLUMNS.items():
            if not column_exists(self.env.cr, self._table, name):
                create_column(self.env.cr, self._table, name, kind)
        return super()._auto_init()

    # -- what it is ----------------------------------------------------------------------------------------------------

    def _l10n_mx_cfdi40_is_applicable(self):
        """Whether this move is one that becomes a CFDI: a customer document of a Mexican company.

        :return: bool; says nothing about whether it may be stamped now.
        """
        self.ensure_one()
        return self.move_type in _MOVE_TYPES and self.company_id.account_fiscal_country_id.code == "MX"

    def _l10n_mx_cfdi40_is_global(self):
        """Whether it is a global invoice: an income to the generic RFC under the name PUBLICO EN GENERAL."""
        self.ensure_one()
        partner = self.commercial_partner_id
        return (
            self.move_type != "out_refund"
            and partner._l10n_mx_cfdi40_rfc() == rfc.RFC_NACIONAL
            and partner.l10n_mx_cfdi40_name == PUBLICO_EN_GENERAL
        )

    def _l10n_mx_cfdi40_lugar_expedicion(self):
        """ZIP where the invoice is issued: that of its journal, else of its company or branch.

        A journal that a branch shares with its parent tells nothing about the branch.
        """
        self.ensure_one()
        own = self.journal_id.company_id == self.company_id and self.journal_id.l10n_mx_cfdi40_zip
        return (own or self.company_id.partner_id.zip or self.journal_id.l10n_mx_cfdi40_zip
                or self.company_id._l10n_mx_cfdi40_fiscal_root().partner_id.zip or "").strip()

    @api.depends("move_type", "company_id.account_fiscal_country_id", "partner_id")
    def _compute_l10n_mx_cfdi40_applicable(self):
        for move in self:
            move.l10n_mx_cfdi40_applicable = applicable = move._l10n_mx_cfdi40_is_applicable()
            move.l10n_mx_cfdi40_global = applicable and bool(move.partner_id) and move._l10n_mx_cfdi40_is_global()

    @api.depends("l10n_mx_cfdi40_state", "state")
    def _compute_l10n_mx_cfdi40_locked(self):
        """The CFDI fields show what was sent: nobody edits them until its answer, or the cancellation, frees them."""
        for move in self:
            move.l10n_mx_cfdi40_locked = move.state == "cancel" or bool(
                move.l10n_mx_cfdi40_state and move.l10n_mx_cfdi40_state not in (*DEAD, *UNSENT))

    @api.depends("invoice_line_ids.product_id", "invoice_line_ids.display_type")
    def _compute_l10n_mx_cfdi40_ask_keys(self):
        for move in self:
            move.l10n_mx_cfdi40_ask_keys = any(
                line.display_type == "product" and not line.product_id for line in move.invoice_line_ids)

    # -- what is proposed ----------------------------------------------------------------------------------------------

    @api.depends(
        "commercial_partner_id", "move_type", "company_id", "invoice_date", "invoice_date_due",
        "invoice_payment_term_id")
    def _compute_l10n_mx_cfdi40_proposed(self):
        # What was sent stays as it was sent, whatever makes Odoo compute it again.
        applicable = self.filtered(
            lambda move: move._l10n_mx_cfdi40_is_applicable() and not move.l10n_mx_cfdi40_locked)
        for move in self - applicable:
            for name in PROPOSED:
                move[f"l10n_mx_cfdi40_{name}"] = move[f"l10n_mx_cfdi40_{name}"]
            move.l10n_mx_cfdi40_proposed = move.l10n_mx_cfdi40_proposed
        if not applicable:
            return
        keys = self._l10n_mx_cfdi40_proposable_keys()
        for move in applicable:
            last = move.l10n_mx_cfdi40_proposed or {}
            proposals = move.with_company(move.company_id)._l10n_mx_cfdi40_proposals(keys)
            for name, value in proposals.items():
                field = move._fields[f"l10n_mx_cfdi40_{name}"]
                current = move[field.name].id if field.type == "many2one" else move[field.name]
                move[field.name] = value if not current or current == last.get(name) else current
            move.l10n_mx_cfdi40_proposed = proposals

    def _l10n_mx_cfdi40_proposable_keys(self):
        """{(catalog, key): record} of the small catalogs from which something is proposed, read at once."""
        rows = self.env["l10n_mx_cfdi40.catalog"].sudo().search_fetch(
            [("catalog", "in", ("c_FormaPago", "c_UsoCFDI"))], ["catalog", "code", "data"])
        return {(row.catalog, row.code): row for row in rows}

    def _l10n_mx_cfdi40_proposals(self, keys):
        """{field without prefix: value} that this invoice should have by its customer and its dates."""
        partner = self.commercial_partner_id
        is_global = bool(partner) and self._l10n_mx_cfdi40_is_global()
        paid_by = self._l10n_mx_cfdi40_paid_before()
        if is_global:
            method = "PUE"
        elif paid_by is not None:
            method = "PUE" if paid_by else "PPD"
        else:
            method = self._l10n_mx_cfdi40_propose_metodo(partner)
        form = "99" if method == "PPD" else paid_by or partner.l10n_mx_cfdi40_forma_pago_id.code
        if form in (False, "99") and method == "PUE":
            form = DEFAULT_FORMA_PAGO
        use = self._l10n_mx_cfdi40_propose_uso(partner, keys)
        day = self.invoice_date or fields.Date.context_today(self)
        period = is_global and (self.l10n_mx_cfdi40_periodicidad or "04")
        none = self.env["l10n_mx_cfdi40.catalog"]
        return {
            "metodo_pago": method,
            "forma_pago_id": keys.get(("c_FormaPago", form), none).id,
            "uso_id": keys.get(("c_UsoCFDI", use), none).id,
            "periodicidad": is_global and "04",
            "meses": is_global and self._l10n_mx_cfdi40_default_meses(period, day),
            "anio": is_global and day.year,
        }

    def _l10n_mx_cfdi40_paid_before(self):
        """What payments make of an invoice that is not stamped yet: the form of payment if they pay all of it (PUE),
        '' if they pay a part (PPD), None if there are none."""
        if self.state != "posted" or self.move_type not in INCOME_TYPES:
            return None
        payers = self._l10n_mx_cfdi40_payers()
        if not payers:
            return None
        if not self.currency_id.is_zero(self.amount_residual):
            return ""
        biggest = max(payers, key=lambda move: move.amount_total_signed)
        form = self.env["l10n_mx_cfdi40.catalog"].browse(biggest._l10n_mx_cfdi40_payment_data()["forma_pago_id"])
        return form.sudo().code or DEFAULT_FORMA_PAGO

    def _l10n_mx_cfdi40_propose_metodo(self, partner):
        """PPD when it will be paid in another month than that of the invoice, or in several payments."""
        if self.move_type == "out_refund":
            return "PUE"
        if partner.l10n_mx_cfdi40_metodo_pago:
            return partner.l10n_mx_cfdi40_metodo_pago
        day = self.invoice_date or fields.Date.context_today(self)
        due = self.invoice_date_due or day
        month_end = day.replace(day=monthrange(day.year, day.month)[1])
        return "PPD" if due > month_end or len(self.invoice_payment_term_id.line_ids) > 1 else "PUE"

    def _l10n_mx_cfdi40_propose_uso(self, partner, keys):
        """S01 for generic customers; for the others their own, or G02 for a credit note and G03 for an invoice where
        their regime admits it."""
        if partner and partner._l10n_mx_cfdi40_rfc() in (rfc.RFC_NACIONAL, rfc.RFC_EXTRANJERO):
            return "S01"
        use = "G02" if self.move_type == "out_refund" else partner.l10n_mx_cfdi40_uso_id.code or "G03"
        regime = partner.l10n_mx_cfdi40_regimen_id.code
        row = keys.get(("c_UsoCFDI", use))
        return use if not regime or not row or regime in (row.data or {}).get("regimenes", [regime]) else "S01"

    @api.onchange("l10n_mx_cfdi40_periodicidad")
    def _onchange_l10n_mx_cfdi40_periodicidad(self):
        for move in self.filtered("l10n_mx_cfdi40_periodicidad"):
            day = move.invoice_date or fields.Date.context_today(move)
            move.l10n_mx_cfdi40_meses = move._l10n_mx_cfdi40_default_meses(move.l10n_mx_cfdi40_periodicidad, day)

    @api.onchange("l10n_mx_cfdi40_metodo_pago")
    def _onchange_l10n_mx_cfdi40_metodo_pago(self):
        """PPD is always 99; who goes back to PUE gets the customer's form again."""
        for move in self.filtered("l10n_mx_cfdi40_metodo_pago"):
            pending = move.l10n_mx_cfdi40_forma_pago_id.code == "99"
            if pending == (move.l10n_mx_cfdi40_metodo_pago == "PPD"):
                continue
            keys = move._l10n_mx_cfdi40_proposable_keys()
            usual = move.commercial_partner_id.with_company(move.company_id).l10n_mx_cfdi40_forma_pago_id.code
            form = "99" if not pending else usual if usual not in (False, "99") else DEFAULT_FORMA_PAGO
            move.l10n_mx_cfdi40_forma_pago_id = keys.get(("c_FormaPago", form))

    # -- folio ---------------------------------------------------------------------------------------------------------

    def _l10n_mx_cfdi40_serie_kind(self):
        """Kind of series from which this invoice takes its folio."""
        self.ensure_one()
        if self.move_type == "out_refund":
            return "credit_note"
        return "global" if self._l10n_mx_cfdi40_is_global() else "invoice"

    def _l10n_mx_cfdi40_assign_folio(self):
        """Give a folio to each invoice that has none; called when it is sealed, in the same transaction.

        Who has one keeps it, whatever happened to the document that carried it. An invoice without a series stays
        without folio (`_l10n_mx_cfdi40_findings` says so).
        """
        moves = self.sudo().filtered(lambda move: not move.l10n_mx_cfdi40_folio)
        wanted = {move: (move.company_id, move.journal_id, move._l10n_mx_cfdi40_serie_kind()) for move in moves}
        chosen = self.env["l10n_mx_cfdi40.serie"]._for(wanted.values())
        by_serie = moves.grouped(lambda move: chosen[wanted[move]])
        # Always in the same order, so that two transactions never wait for each other.
        prefixes = {row.id: row.prefix for row in chosen and self.env["l10n_mx_cfdi40.serie"]._all()}
        for serie in sorted(filter(None, by_serie), key=lambda serie: serie.id):
            first = serie.sudo()._take(len(by_serie[serie]))
            for folio, move in enumerate(by_serie[serie], start=first):
                # The write of account.move would balance the entry again and mark the invoice as changed by hand.
                models.BaseModel.write(move, {
                    "l10n_mx_cfdi40_serie_id": serie.id,
                    "l10n_mx_cfdi40_serie": prefixes[serie.id],
                    "l10n_mx_cfdi40_folio": folio,
                })

    # -- credit notes --------------------------------------------------------------------------------------------------

    def _reverse_moves(self, default_values_list=None, cancel=False):
        # EXTENDS 'account'
        defaults = default_values_list or [{} for _move in self]
        kind = self.env.context.get("l10n_mx_cfdi40_tipo_relacion") or "01"
        for move, values in zip(self, defaults, strict=True):
            if move.move_type != "out_invoice" or not move._l10n_mx_cfdi40_is_applicable() or (
                    values.get("l10n_mx_cfdi40_cancels_id")):
                continue
            relation = self.env["l10n_mx_cfdi40.relation"]._vals_for(move, kind)
            if relation:
                values.setdefault("l10n_mx_cfdi40_relation_ids", [Command.create(relation)])
            values.setdefault("l10n_mx_cfdi40_uso_id", False)
            values.setdefault("l10n_mx_cfdi40_forma_pago_id", move._l10n_mx_cfdi40_refund_forma().id)
        return super()._reverse_moves(default_values_list=defaults, cancel=cancel)

    def _l10n_mx_cfdi40_refund_forma(self):
        """FormaPago of a credit note of this invoice: its own; of one that was to be paid later (99, which an egreso
        cannot have), 15 Condonación while nothing was paid. Empty: the way in which money is given back."""
        self.ensure_one()
        form = self.l10n_mx_cfdi40_forma_pago_id
        if self.l10n_mx_cfdi40_metodo_pago != "PPD":
            return form if form.code != "99" else form.browse()
        if self.payment_state != "not_paid":
            return form.browse()
        return self._l10n_mx_cfdi40_proposable_keys().get(("c_FormaPago", "15"), form.browse())
