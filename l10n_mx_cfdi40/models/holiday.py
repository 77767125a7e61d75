"""The legal facts of cancellation as dated rows, so that a new year or a new rule needs no new version.

Days on which the SAT does not work, what frees a cancellation from the customer's acceptance, and until when a CFDI may
be cancelled. How sure each is stands in it: A official text, B several sources, C one, U uncertain.
"""
from odoo import api, fields, models

from ..cfdi.aceptacion import Condicion, ReglaAceptacion
from ..cfdi.plazos import Calendario, Clase, Persona, ReglaPlazo

CERTAINTY = [("A", "A - Official text"), ("B", "B - Several sources"), ("C", "C - One source"), ("U", "U - Uncertain")]


class Holiday(models.Model):
    # A day may be there twice, which changes nothing: written by hand first, and then by a new version.
    _name = "l10n_mx_cfdi40.holiday"
    _description = "Day on which the SAT does not work"
    _order = "date"
    _rec_name = "name"

    date = fields.Date(required=True, index=True)
    name = fields.Char(required=True)
    source = fields.Char(help="Article or rule that says so.")
    certainty = fields.Selection(CERTAINTY, required=True, default="A")

    @api.model
    def _calendar(self):
        """The SAT's calendar, for the pure functions of cfdi.plazos."""
        return Calendario(frozenset(self.sudo().search_fetch([], ["date"]).mapped("date")))


class AcceptanceRule(models.Model):
    _name = "l10n_mx_cfdi40.acceptance.rule"
    _description = "Rule of acceptance of cancellations"
    _order = "sequence, id"
    _rec_name = "text"

    sequence = fields.Integer(default=10)
    code = fields.Char(required=True)
    condition = fields.Selection(
        [
            (Condicion.TOTAL_HASTA.value, "Total up to"),
            (Condicion.TIPO.value, "Type of document"),
            (Condicion.RECEPTOR_GENERICO.value, "General public"),
            (Condicion.RECEPTOR_EXTRANJERO.value, "Foreign resident"),
            (Condicion.REGIMEN_EMISOR.value, "Tax regime of the issuer"),
            (Condicion.DIA_HABIL_SIGUIENTE.value, "Up to the business day after the issue"),
            (Condicion.MANUAL.value, "The document does not tell"),
        ], required=True, help="What the rule looks at.")
    value = fields.Char(help="What it is compared with: an amount in pesos, types, tax regimes, keys of other rules.")
    date_from = fields.Date("In force from")
    date_to = fields.Date("In force to")
    needs_acceptance = fields.Boolean(help="The rule asks for acceptance; otherwise it frees from it.")
    certainty = fields.Selection(CERTAINTY, required=True, default="A")
    source = fields.Char()
    text = fields.Char("In words", required=True, help="Said to the accountant, in Spanish.")

    @api.model
    def _rules(self):
        """All rules, in their order, as values."""
        return [
            ReglaAceptacion(
                clave=row.code, condicion=Condicion(row.condition), valor=row.value or "", desde=row.date_from or None,
                hasta=row.date_to or None, certeza=row.certainty, necesita=row.needs_acceptance,
                fuente=row.source or "", texto=row.text)
            for row in self.sudo().search([])
        ]


class DeadlineRule(models.Model):
    _name = "l10n_mx_cfdi40.deadline.rule"
    _description = "Last legal day to cancel"
    _order = "sequence, id"
    _rec_name = "text"

    sequence = fields.Integer(default=10)
    code = fields.Char(required=True)
    person = fields.Selection(
        [("moral", "Legal person"), ("fisica", "Natural person"), ("todas", "Both")], required=True, default="todas")
    kind = fields.Selection(
        [("documento", "Any"), ("global_resico", "Global invoice of the simplified regime (626)")], required=True,
        default="documento")
    date_from = fields.Date("Issued from")
    date_to = fields.Date("Issued to")
    month = fields.Integer(
        required=True, aggregator=None, help="Of the year after that of issue; 0: the last day of the month of issue.")
    day = fields.Integer(required=True, aggregator=None)
    certainty = fields.Selection(CERTAINTY, required=True, default="A")
    source = fields.Char()
    text = fields.Char("In words", required=True, help="Said to the accountant, in Spanish.")

    @api.model
    def _rules(self):
        """All rules, in their order, as values."""
        return [
            ReglaPlazo(
                clave=row.code, persona=Persona(row.person), clase=Clase(row.kind), emitido_desde=row.date_from or None,
                emitido_hasta=row.date_to or None, mes=row.month, dia=row.day, certeza=row.certainty,
                fuente=row.source or "", texto=row.text)
            for row in self.sudo().search([])
        ]
