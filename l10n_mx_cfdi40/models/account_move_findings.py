"""Everything that keeps an invoice from being stamped, at once: the SAT's rules and what is missing in Odoo."""
import re
from dataclasses import replace
from datetime import UTC
from zoneinfo import ZoneInfo

from odoo import models

from ..cfdi import amounts
from ..cfdi.findings import Contexto, Finding, check
from ..cfdi.pagos import Pagos
from .account_move_concepts import CERO, decimal

_CONCEPT = re.compile(r"/Concepto\[([0-9]+)\]")
#: Of these the rules want every row, whatever the document says.
_WHOLE = ("c_Impuesto", "c_TipoFactor", "c_TasaOCuota")


def catalog_keys(comprobante):
    """{catalog: keys that this document uses}; an empty set asks for the whole of a small catalog."""
    c, concepts = comprobante, comprobante.conceptos
    third = [concept.a_cuenta_terceros for concept in concepts if concept.a_cuenta_terceros]
    customs = [number for concept in concepts for number in concept.informacion_aduanera]
    period = c.informacion_global
    paid = [pago for node in c.complemento if isinstance(node, Pagos) for pago in node.pago]
    related = [docto for pago in paid for docto in pago.docto_relacionado]
    keys = {
        "c_ClaveProdServ": {concept.clave_prod_serv for concept in concepts},
        "c_ClaveUnidad": {concept.clave_unidad for concept in concepts},
        "c_ObjetoImp": {concept.objeto_imp for concept in concepts} | {docto.objeto_imp_dr for docto in related},
        "c_CodigoPostal": {c.lugar_expedicion, c.receptor.domicilio_fiscal_receptor}
        | {row.domicilio_fiscal_a_cuenta_terceros for row in third},
        "c_RegimenFiscal": {c.emisor.regimen_fiscal, c.receptor.regimen_fiscal_receptor}
        | {row.regimen_fiscal_a_cuenta_terceros for row in third},
        "c_UsoCFDI": {c.receptor.uso_cfdi},
        "c_Pais": {c.receptor.residencia_fiscal},
        "c_Moneda": {c.moneda} | {pago.moneda_p for pago in paid} | {docto.moneda_dr for docto in related},
        "c_FormaPago": {c.forma_pago} | {pago.forma_de_pago_p for pago in paid},
        "c_TipoCadenaPago": {pago.tipo_cad_pago for pago in paid},
        "c_MetodoPago": {c.metodo_pago},
        "c_TipoDeComprobante": {c.tipo_de_comprobante},
        "c_Exportacion": {c.exportacion},
        "c_Periodicidad": {period and period.periodicidad},
        "c_Meses": {period and period.meses},
        "c_TipoRelacion": {row.tipo_relacion for row in c.cfdi_relacionados},
        "c_Aduana": {number[4:6] for number in customs},
        "c_PatenteAduanal": {number[8:12] for number in customs},
    }
    return {name: {str(code) for code in codes if code} for name, codes in keys.items()}


def with_rules(own, comprobante, context, follows=()):
    """Own findings and those of the SAT's rules, which stay silent where an own error says the same of a field.

    :param follows: beginnings of paths about which the rules only say what follows from an own error
    """
    # A warning must not hide an error.
    said = {finding.path for finding in own if finding.severity == "error"}
    return own + [
        finding for finding in check(comprobante, context, skip={"seal"})
        if finding.path not in said and not finding.path.startswith(follows)]


class AccountMove(models.Model):
    _inherit = "account.move"

    def _l10n_mx_cfdi40_findings(self, values, certificates=None):
        """Everything that is wrong with each CFDI, the SAT's rules and what is missing in Odoo, at once.

        :param values: what `_l10n_mx_cfdi40_values` returned.
        :param certificates: what `_l10n_mx_cfdi40_certificates` returned, if the caller has asked already.
        :return: {move: list of `Finding`}; those about a line carry its id in ``params['line_id']``.
        """
        context = self._l10n_mx_cfdi40_context(values)
        certificates = self._l10n_mx_cfdi40_certificates(values) if certificates is None else certificates
        records = {move: move.sudo() for move in values}
        unnumbered = {move: (record.company_id, record.journal_id, record._l10n_mx_cfdi40_serie_kind())
                      for move, record in records.items() if not record.l10n_mx_cfdi40_folio}
        series = self.env["l10n_mx_cfdi40.serie"]._for(unnumbered.values()) if unnumbered else {}
        result = {}
        for move, comprobante in values.items():
            record = records[move]
            own = [
                *record._l10n_mx_cfdi40_missing_here(comprobante, certificates[move]),
                *record._l10n_mx_cfdi40_missing_there(comprobante),
                *record._l10n_mx_cfdi40_wrong_lines(comprobante, context),
                *record._l10n_mx_cfdi40_mixed_discount(),
            ]
            if move in unnumbered and not series[unnumbered[move]]:
                own.append(Finding("MX_SIN_SERIE", "Comprobante/@Serie", "error", {"empresa": move.company_id.name}))
            # What follows from a negative line is mended with it: its amounts, and the summary that adds them up.
            negative = [
                f"{finding.path.rpartition('/@')[0]}/" for finding in own if finding.code == "MX_LINEA_NEGATIVA"]
            follows = (*negative, "Comprobante/Impuestos/") if negative else ()
            result[move] = record._l10n_mx_cfdi40_with_lines(with_rules(own, comprobante, context, follows))
        return result

    def _l10n_mx_cfdi40_context(self, values):
        """What the rules need from outside. All catalogs are read with one query for each day among the dates."""
        wanted = {}
        for comprobante in values.values():
            day = wanted.setdefault(comprobante.fecha.date(), {})
            for catalog, codes in catalog_keys(comprobante).items():
                day.setdefault(catalog, set()).update(codes)
        catalog_model = self.env["l10n_mx_cfdi40.catalog"].sudo()
        rows = {}
        for day, keys in wanted.items():
            asked = {catalog: codes for catalog, codes in keys.items() if codes} | {name: set() for name in _WHOLE}
            rows[day] = {catalog: {} for catalog in keys} | catalog_model._lookup(asked, day)

        def catalogos(name, codes, day):
            known, keys = rows.setdefault(day, {}), wanted.setdefault(day, {})
            if name not in known or not set(codes) <= keys.get(name, set(codes)):
                known[name] = catalog_model._lookup({name: set(codes)}, day)[name]
            return known[name]

        return Contexto(catalogos=catalogos, ahora=self._l10n_mx_cfdi40_local_now)

    def _l10n_mx_cfdi40_certificates(self, values):
        """{move: certificate in force at its Fecha, empty if none}; asked once for each company and day."""
        found, result = {}, {}
        for move, comprobante in values.items():
            key = (move.company_id, comprobante.fecha.date(), comprobante.lugar_expedicion)
            if key not in found:
                zone = ZoneInfo(self.env["l10n_mx_cfdi40.catalog"].sudo()._zone(comprobante.lugar_expedicion))
                moment = comprobante.fecha.replace(tzinfo=zone).astimezone(UTC)
                found[key] = move.company_id.sudo()._l10n_mx_cfdi40_select_certificate(moment)
            result[move] = found[key]
        return result

    # -- what is missing ----------------------------------------------------------------------------------------------

    def _l10n_mx_cfdi40_missing_here(self, comprobante, certificate):
        """Findings about the invoice and who issues it."""
        day = comprobante.fecha.date()
        if self.state != "posted":
            yield Finding("MX_FACTURA_SIN_CONFIRMAR", "Comprobante", "error", {})
        if not comprobante.conceptos:
            yield Finding("MX_SIN_LINEAS", "Comprobante/Conceptos", "error", {})
        yield from self.company_id._l10n_mx_cfdi40_missing(comprobante, certificate, self.journal_id)
        if self.invoice_date and self.invoice_date != day:
            yield Finding("MX_FECHA_MOVIDA", "Comprobante/@Fecha", "warning",
                          {"factura": self.invoice_date, "fecha": day})
        due = self.invoice_date_due
        if comprobante.metodo_pago == "PUE" and comprobante.tipo_de_comprobante == "I" and due and (
                (due.year, due.month) > (day.year, day.month)):
            yield Finding("MX_PUE_OTRO_MES", "Comprobante/@MetodoPago", "warning", {"vence": due})
        if comprobante.metodo_pago == "PUE" and comprobante.forma_pago == "99":
            yield Finding("MX_PUE_POR_DEFINIR", "Comprobante/@FormaPago", "warning", {})
        total = amounts.redondear(decimal(self.amount_total), self.currency_id.decimal_places)
        if comprobante.total != total:
            yield Finding("MX_TOTAL_DISTINTO", "Comprobante/@Total", "error",
                          {"cfdi": comprobante.total, "factura": total})

    def _l10n_mx_cfdi40_mixed_discount(self):
        """Finding about an early payment discount that lowers the taxes before anybody has earned it."""
        discounts = self.line_ids.filtered(lambda line: line.display_type == "epd" and line.tax_ids)
        amount = sum((decimal(-self.direction_sign * line.amount_currency) for line in discounts), CERO)
        if amount:
            yield Finding("MX_DESCUENTO_MIXTO", "Comprobante/@CondicionesDePago", "warning", {
                "plazo": self.invoice_payment_term_id.name,
                "descuento": amounts.redondear(amount, self.currency_id.decimal_places)})

    def _l10n_mx_cfdi40_missing_there(self, comprobante):
        """Findings about the customer and the related documents."""
        yield from self.commercial_partner_id._l10n_mx_cfdi40_missing(comprobante.receptor)
        relations = self.l10n_mx_cfdi40_relation_ids
        for number, relation in enumerate(relations, start=1):
            if not relation._related_uuid():
                yield Finding("MX_RELACION_SIN_UUID", f"Comprobante/CfdiRelacionados[{number}]", "error",
                              {"relacionada": relation.related_move_id.name or relation.document_id.display_name or ""})
        if comprobante.tipo_de_comprobante == "E" and not relations:
            yield Finding("MX_EGRESO_SIN_RELACION", "Comprobante/CfdiRelacionados", "warning", {})

    def _l10n_mx_cfdi40_wrong_lines(self, comprobante, context):
        """Findings about lines that have no SAT code, or whose code would not say what to do."""
        if not any(
                not (concept.clave_prod_serv and concept.clave_unidad) or concept.objeto_imp == "01"
                or self._l10n_mx_cfdi40_negative(concept)
                for concept in comprobante.conceptos
        ) and not self._l10n_mx_cfdi40_border(comprobante):
            return
        lines = self._l10n_mx_cfdi40_concept_lines()
        outside = self._l10n_mx_cfdi40_border(comprobante) and not self._l10n_mx_cfdi40_in_border(comprobante, context)
        for number, (concept, line) in enumerate(zip(comprobante.conceptos, lines, strict=True), start=1):
            node = f"Comprobante/Conceptos/Concepto[{number}]"
            params = {"concepto": concept.descripcion, "linea": number}
            product = line.product_id
            if not concept.clave_prod_serv:
                code = "MX_PRODUCTO_SIN_CLAVE" if product else "MX_LINEA_SIN_CLAVE"
                yield Finding(code, f"{node}/@ClaveProdServ", "error", {**params, "producto": product.display_name})
            if not concept.clave_unidad:
                yield Finding("MX_UNIDAD_SIN_CLAVE", f"{node}/@ClaveUnidad", "error",
                              {**params, "unidad": line.product_uom_id.name or "(sin unidad)"})
            if concept.objeto_imp == "01" and line and not (line.tax_ids or line._l10n_mx_cfdi40_chosen_objeto()):
                yield Finding("MX_LINEA_SIN_IMPUESTOS", f"{node}/@ObjetoImp", "warning", params)
            if self._l10n_mx_cfdi40_negative(concept):
                yield Finding("MX_LINEA_NEGATIVA", f"{node}/@Importe", "error", params)
            if outside and any(self._l10n_mx_cfdi40_is_border(tax) for tax in self._l10n_mx_cfdi40_charged(concept)):
                yield Finding("MX_IVA8_FUERA_DE_FRONTERA", f"{node}/Impuestos", "warning",
                              {**params, "lugar": comprobante.lugar_expedicion})

    def _l10n_mx_cfdi40_negative(self, concept):
        """Whether something of the line is below zero: its amount, or a tax per unit that a merged line exceeds."""
        return concept.importe < (concept.descuento or 0) or concept.importe < 0 or concept.cantidad < 0 or any(
            tax.base < 0 for tax in self._l10n_mx_cfdi40_charged(concept))

    def _l10n_mx_cfdi40_charged(self, concept):
        return concept.impuestos.traslados if concept.impuestos else ()

    def _l10n_mx_cfdi40_is_border(self, tax):
        return tax.impuesto == "002" and tax.tasa_o_cuota is not None and str(tax.tasa_o_cuota) == "0.080000"

    def _l10n_mx_cfdi40_border(self, comprobante):
        return bool(comprobante.impuestos) and any(
            self._l10n_mx_cfdi40_is_border(tax) for tax in comprobante.impuestos.traslados)

    def _l10n_mx_cfdi40_in_border(self, comprobante, context):
        rows = context.catalogos("c_CodigoPostal", {comprobante.lugar_expedicion}, comprobante.fecha.date())
        row = rows.get(comprobante.lugar_expedicion)
        return row is None or bool(row.datos.get("frontera"))

    def _l10n_mx_cfdi40_concept_lines(self):
        """The invoice line of each concept, in their order; an empty one for cash rounding."""
        return [record for record, _taxed, _line in self._l10n_mx_cfdi40_amounts()[0]]

    def _l10n_mx_cfdi40_with_lines(self, findings):
        """Add the id of the invoice line to the findings about a concept."""
        if not any(_CONCEPT.search(finding.path) for finding in findings):
            return findings
        lines = self._l10n_mx_cfdi40_concept_lines()
        result = []
        for finding in findings:
            match = _CONCEPT.search(finding.path)
            number = int(match[1]) if match else 0
            if 0 < number <= len(lines):
                result.append(replace(finding, params={**finding.params, "line_id": lines[number - 1].id}))
            else:
                result.append(finding)
        return result

    # -- where it is mended -------------------------------------------------------------------------------------------

    def _l10n_mx_cfdi40_finding_action(self, finding):
        """Window that opens the record in which a finding is mended.

        :return: action dict; False where that is the invoice itself or nothing in Odoo mends it.
        """
        self.ensure_one()
        if finding.code == "MX_SIN_SERIE":
            return self.env["ir.actions.act_window"]._for_xml_id("l10n_mx_cfdi40.action_serie")
        if finding.code == "MX_SIN_CERTIFICADO":
            return self._l10n_mx_cfdi40_certificate_action()
        line = self.env["account.move.line"].browse(finding.params.get("line_id") or 0).exists()
        if line:
            return line._l10n_mx_cfdi40_finding_action(finding)
        if "/Receptor/" in finding.path and not finding.path.endswith("@UsoCFDI"):
            return self._l10n_mx_cfdi40_open(self.commercial_partner_id)
        if "/Emisor/" in finding.path:
            return self._l10n_mx_cfdi40_open(self.company_id._l10n_mx_cfdi40_fiscal_root().partner_id)
        if finding.path.endswith("@LugarExpedicion"):
            return self._l10n_mx_cfdi40_open(
                self.journal_id if self.journal_id.l10n_mx_cfdi40_zip else self.company_id.partner_id)
        if finding.code == "MX_RELACION_SIN_UUID":
            pending = self.l10n_mx_cfdi40_relation_ids.filtered(lambda row: not row._related_uuid()).related_move_id
            return self._l10n_mx_cfdi40_open(pending[:1]) if pending else False
        return False

    def _l10n_mx_cfdi40_certificate_action(self):
        if not self.env.user.has_group("l10n_mx_cfdi40.group_manager"):
            return False
        return self.env["ir.actions.act_window"]._for_xml_id("l10n_mx_cfdi40.action_certificate_wizard")

    def _l10n_mx_cfdi40_open(self, record, view=None):
        """Window with one record, in a dialog."""
        if record._name == "res.partner":
            return record._l10n_mx_cfdi40_fiscal_action()
        return {
            "type": "ir.actions.act_window",
            "res_model": record._name,
            "res_id": record.id,
            "views": [(view.id if view else False, "form")],
            "view_mode": "form",
            "target": "new",
            "name": record.display_name,
        }
