"""From posted invoices to the values of a CFDI.

Everything is read in sets: what one invoice of one line costs in queries, a hundred invoices of a hundred lines cost.
"""
from collections import defaultdict
from datetime import UTC, date
from decimal import Decimal
from zoneinfo import ZoneInfo

from odoo import fields, models

from ..cfdi import amounts, cuadre, fecha, limpieza
from ..cfdi.values import (
    CfdiRelacionados,
    Comprobante,
    Concepto,
    ImpuestosLocales,
    InformacionGlobal,
    RetencionLocal,
    TrasladoLocal,
)
from .account_move_concepts import CERO, decimal

#: What a CFDI says of a partner, or what that follows from.
_PARTNER_FIELDS = [
    "name", "vat", "zip", "is_company", "country_id", "commercial_partner_id",
    "l10n_mx_cfdi40_written_name", "l10n_mx_cfdi40_regimen_id", "lang",
]


class AccountMove(models.Model):
    _inherit = "account.move"

    def _l10n_mx_cfdi40_values(self, fechas=None):
        """Build the unsealed CFDI of each invoice of the set.

        What is missing (a key, the customer's regime) stays empty here; `_l10n_mx_cfdi40_findings` says so. It is read
        with sudo: whoever may stamp an invoice need not have the right to open, say, its third parties.

        :param fechas: {move: naive local datetime of the place of issue}; of a move that is not in it, the date of the
            invoice if the SAT still admits it, else now.
        :return: {move: `Comprobante`} of the moves that become a CFDI.
        """
        moves = self.filtered(lambda move: move.sudo()._l10n_mx_cfdi40_is_applicable())
        records = moves.sudo()
        records._l10n_mx_cfdi40_prefetch()
        fechas = {move.id: when for move, when in (fechas or {}).items()}
        proposals = records.filtered(lambda move: move.id not in fechas)._l10n_mx_cfdi40_fechas()
        fechas.update({move.id: proposal.fecha for move, proposal in proposals.items()})
        return {
            move: record._l10n_mx_cfdi40_comprobante(fechas[move.id])
            for move, record in zip(moves, records, strict=True)
        }

    def _l10n_mx_cfdi40_prefetch(self):
        """Read together what the mapping needs of lines, products and keys of the SAT."""
        companies = self.company_id
        (self.partner_id | self.commercial_partner_id | companies.partner_id).fetch(_PARTNER_FIELDS)
        lines = self.line_ids
        # One by one: that reads all columns of a thousand lines ahead. As a set, each field of the lines beyond
        # the first thousand would be a query of its own.
        products = self.env["product.product"].union(*(line.product_id for line in lines))
        templates = products.product_tmpl_id
        keys = self.env["l10n_mx_cfdi40.catalog"].browse(filter(None, {
            key.id
            for records, names in (
                (self, ("l10n_mx_cfdi40_uso_id", "l10n_mx_cfdi40_forma_pago_id")),
                (lines, ("l10n_mx_cfdi40_clave_id", "l10n_mx_cfdi40_clave_unidad_id")),
                (templates, ("l10n_mx_cfdi40_clave_id",)),
                (lines.product_uom_id, ("l10n_mx_cfdi40_clave_unidad_id",)),
                (self._l10n_mx_cfdi40_parties(), ("l10n_mx_cfdi40_regimen_id",)),
                (self.l10n_mx_cfdi40_relation_ids, ("tipo_relacion_id",)),
            )
            for record in records for name in names for key in record[name]
        }))
        keys.fetch(["code"])

    def _l10n_mx_cfdi40_parties(self):
        """Every partner whose fiscal data these invoices carry."""
        lines = self.line_ids
        issuers = self.env["res.partner"].union(
            *(company._l10n_mx_cfdi40_fiscal_root().partner_id for company in self.company_id))
        return (
            self.commercial_partner_id | issuers
            | lines.l10n_mx_cfdi40_tercero_id | lines.product_id.l10n_mx_cfdi40_tercero_id
        )

    # -- date ----------------------------------------------------------------------------------------------------------

    def _l10n_mx_cfdi40_fechas(self):
        """Fecha that each invoice would carry if it were sealed now.

        :return: {move: `cfdi.fecha.Propuesta`} (fecha: naive local datetime of the place of issue; movida: it is not
            the day of the invoice; cruza_mes: nor its month, which a person must confirm).
        """
        proposals = {}
        for move in self:
            now = self._l10n_mx_cfdi40_local_now(move._l10n_mx_cfdi40_lugar_expedicion())
            proposals[move] = fecha.proponer(move.invoice_date or now.date(), now)
        return proposals

    def _l10n_mx_cfdi40_local_now(self, zip_code):
        """Naive local time now in the zone of a ZIP."""
        zone = ZoneInfo(self.env["l10n_mx_cfdi40.catalog"].sudo()._zone(zip_code))
        return fields.Datetime.now().replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None)

    # -- document ------------------------------------------------------------------------------------------------------

    def _l10n_mx_cfdi40_comprobante(self, when):
        self.ensure_one()
        digits = self.currency_id.decimal_places
        lines, local = self._l10n_mx_cfdi40_amounts()
        concepts = tuple(
            record._l10n_mx_cfdi40_concept(line, taxed) if record else self._l10n_mx_cfdi40_rounding_concept(line)
            for record, taxed, line in lines)
        taxes = cuadre.resumir(concepts, digits)
        subtotal = amounts.redondear(amounts.suma(concept.importe for concept in concepts), digits)
        discounts = [concept.descuento for concept in concepts if concept.descuento is not None]
        discount = amounts.redondear(amounts.suma(discounts), digits) if discounts else None
        local_taxes = self._l10n_mx_cfdi40_local_taxes(local)
        total = (
            subtotal - (discount or CERO)
            + ((taxes and taxes.total_impuestos_trasladados) or CERO)
            - ((taxes and taxes.total_impuestos_retenidos) or CERO)
            + sum((c.totalde_traslados - c.totalde_retenciones for c in local_taxes), CERO)
        )
        method = self.l10n_mx_cfdi40_metodo_pago or "PUE"
        zip_code = self._l10n_mx_cfdi40_lugar_expedicion()
        return Comprobante(
            serie=self.l10n_mx_cfdi40_serie or None,
            folio=str(self.l10n_mx_cfdi40_folio) if self.l10n_mx_cfdi40_folio else None,
            fecha=when,
            forma_pago="99" if method == "PPD" else self.l10n_mx_cfdi40_forma_pago_id.code or None,
            condiciones_de_pago=self._l10n_mx_cfdi40_condiciones(),
            sub_total=subtotal,
            descuento=discount,
            moneda=self.currency_id.name,
            tipo_cambio=self._l10n_mx_cfdi40_tipo_cambio(),
            total=amounts.redondear(total, digits),
            tipo_de_comprobante=self._l10n_mx_cfdi40_tipo(),
            exportacion=self.l10n_mx_cfdi40_exportacion or "01",
            metodo_pago=method,
            lugar_expedicion=zip_code,
            informacion_global=self._l10n_mx_cfdi40_informacion_global(when),
            cfdi_relacionados=self._l10n_mx_cfdi40_relacionados(),
            emisor=self.company_id._l10n_mx_cfdi40_emisor(),
            receptor=self.commercial_partner_id._l10n_mx_cfdi40_receptor(zip_code, self.l10n_mx_cfdi40_uso_id.code),
            conceptos=concepts,
            impuestos=taxes,
            complemento=local_taxes,
        )

    def _l10n_mx_cfdi40_condiciones(self):
        """CondicionesDePago in the customer's language, whoever stamps: a biller, or the queue."""
        terms = self.invoice_payment_term_id
        return limpieza.limpiar(terms.with_context(lang=self.partner_id.lang).name, 1000) or None

    def _l10n_mx_cfdi40_tipo(self):
        """TipoDeComprobante: a credit note is an egreso, whatever it credits."""
        return "E" if self.move_type == "out_refund" else "I"

    def _l10n_mx_cfdi40_tipo_cambio(self):
        """Pesos for one unit of the currency, six decimals; None for pesos, where the SAT lets it out."""
        currency, company = self.currency_id, self.company_id
        if currency.name == "MXN":
            return None
        if company.currency_id.name == "MXN":
            rate = decimal(self.invoice_currency_rate)
            return amounts.con_decimales(1 / rate, 4, 6) if rate else None
        peso = self.env["res.currency"].search([("name", "=", "MXN")], limit=1)
        rate = currency._get_conversion_rate(currency, peso, company, self.invoice_date or fields.Date.today())
        return amounts.con_decimales(decimal(rate), 4, 6)

    def _l10n_mx_cfdi40_informacion_global(self, when):
        if not self._l10n_mx_cfdi40_is_global():
            return None
        kind = self.l10n_mx_cfdi40_periodicidad or "04"
        day = self.invoice_date or when.date()
        return InformacionGlobal(
            periodicidad=kind,
            meses=self.l10n_mx_cfdi40_meses or self._l10n_mx_cfdi40_default_meses(kind, day),
            anio=self.l10n_mx_cfdi40_anio or day.year,
        )

    def _l10n_mx_cfdi40_default_meses(self, kind, day: date):
        """Months of a global invoice of `day`: 01 to 12, or the pair of months 13 to 18 if it is bimonthly."""
        return f"{day.month if kind != '05' else 12 + (day.month + 1) // 2:02d}"

    def _l10n_mx_cfdi40_relacionados(self):
        by_kind = defaultdict(list)
        for relation in self.l10n_mx_cfdi40_relation_ids:
            uuid = relation._related_uuid()
            if uuid and uuid not in by_kind[relation.tipo_relacion_id.code]:
                by_kind[relation.tipo_relacion_id.code].append(uuid)
        return tuple(
            CfdiRelacionados(tipo_relacion=kind, uuids=tuple(uuids)) for kind, uuids in by_kind.items() if uuids)

    def _l10n_mx_cfdi40_local_taxes(self, local):
        """Complement of state and municipal taxes, as a tuple of none or one."""
        withheld = tuple(
            RetencionLocal(imp_loc_retenido=name, tasade_retencion=rate, importe=amount)
            for name, rate, amount in self._l10n_mx_cfdi40_local_rows(local, True))
        charged = tuple(
            TrasladoLocal(imp_loc_trasladado=name, tasade_traslado=rate, importe=amount)
            for name, rate, amount in self._l10n_mx_cfdi40_local_rows(local, False))
        if not withheld and not charged:
            return ()
        return (ImpuestosLocales(
            totalde_retenciones=amounts.redondear(amounts.suma(row.importe for row in withheld), 2),
            totalde_traslados=amounts.redondear(amounts.suma(row.importe for row in charged), 2),
            retenciones_locales=withheld,
            traslados_locales=charged,
        ),)

    def _l10n_mx_cfdi40_local_rows(self, local, withheld):
        for tax, amount in local.items():
            key = tax._l10n_mx_cfdi40_tax_key()
            if key.retencion == withheld:
                name = limpieza.limpiar(tax.invoice_label or tax.name, 250)
                yield name, key.tasa_o_cuota, amounts.redondear(abs(amount), 2)

    def _l10n_mx_cfdi40_rounding_concept(self, line):
        return Concepto(
            clave_prod_serv="01010101", cantidad=Decimal(1), clave_unidad="ACT", descripcion="Redondeo",
            valor_unitario=line.valor_unitario, importe=line.importe, objeto_imp="01")
