"""What an accountant has to know before asking for a cancellation: acceptance, obstacles, the last legal day, the fine.

Nothing is asked of anybody here: these are the dated rules (models holiday, acceptance.rule, deadline.rule), applied to
what the XML says. What the SAT itself answers stands beside it.
"""
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from odoo import models

from ..cfdi import amounts
from ..cfdi.aceptacion import Caso, Dictamen, dictamen
from ..cfdi.parse import leer
from ..cfdi.plazos import Clase, Persona, Plazo, multa, ultimo_dia
from .document_protocol import central_time

#: Régimen Simplificado de Confianza.
RESICO = "626"


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """About one CFDI. ``acceptance``: whether the customer has to accept, and why, in Spanish. ``blockers``: CFDI in
    force to be cancelled first, in this order. ``last_day``: until when it may be cancelled. ``is_late``: that day is
    over. ``fine``: (least, most) in pesos of the fine for a late cancellation. ``total``: of the CFDI in pesos."""

    acceptance: Dictamen
    blockers: object
    last_day: Plazo | None
    is_late: bool
    fine: tuple[Decimal, Decimal]
    total: Decimal
    answer_until: datetime


class Document(models.Model):
    _inherit = "l10n_mx_cfdi40.document"

    def _advise(self):
        """{document: Advice} for documents that are stamped. Reads in sets, writes nothing."""
        calendar = self.env["l10n_mx_cfdi40.holiday"]._calendar()
        acceptance = self.env["l10n_mx_cfdi40.acceptance.rule"]._rules()
        deadlines = self.env["l10n_mx_cfdi40.deadline.rule"]._rules()
        blockers = self._blockers_of()
        now = central_time(self._now())
        answer_until = self._answer_deadline(self._now())
        return {
            document: document._advice(calendar, acceptance, deadlines, blockers[document], now, answer_until)
            for document in self
        }

    def _advice(self, calendar, acceptance, deadlines, blockers, now, answer_until):
        comprobante = leer(self._stamped_bytes())
        total = self._total_in_pesos(comprobante)
        issued: date = comprobante.fecha.date()
        resico = comprobante.informacion_global is not None and comprobante.emisor.regimen_fiscal == RESICO
        last_day = ultimo_dia(
            issued, Persona.de(comprobante.emisor.rfc), deadlines, Clase.GLOBAL_RESICO if resico else Clase.DOCUMENTO)
        caso = Caso(
            tipo=str(comprobante.tipo_de_comprobante), total=total, rfc_emisor=comprobante.emisor.rfc,
            rfc_receptor=comprobante.receptor.rfc, regimen_emisor=comprobante.emisor.regimen_fiscal, emitido=issued,
            solicitado=now.date())
        return Advice(
            acceptance=dictamen(caso, acceptance, calendar), blockers=blockers, last_day=last_day,
            is_late=bool(last_day) and now.date() > last_day.fecha, fine=multa(total), total=total,
            answer_until=answer_until)

    def _total_in_pesos(self, comprobante):
        """Total in pesos: of a complement the sum of its payments, else Total at TipoCambio."""
        if self.kind == "P":
            return amounts.redondear(Decimal(str(self.total)), 2)
        return amounts.redondear(amounts.producto(comprobante.total, comprobante.tipo_cambio or Decimal(1)), 2)
