from odoo import fields, models

from ..cfdi import limpieza
from ..cfdi.values import Concepto, ImpuestosConcepto, Retencion, Traslado
from .product_template import OBJETO_IMP


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    # Plain nullable columns: an empty one means "as the product says", so creating a line costs nothing more.
    l10n_mx_cfdi40_clave_id = fields.Many2one(
        comodel_name="l10n_mx_cfdi40.catalog",
        string="SAT Product Key",
        domain=[("catalog", "=", "c_ClaveProdServ")],
        ondelete="restrict",
        help="ClaveProdServ of this line. Empty: the product's.",
    )
    l10n_mx_cfdi40_clave_unidad_id = fields.Many2one(
        comodel_name="l10n_mx_cfdi40.catalog",
        string="SAT Unit Key",
        domain=[("catalog", "=", "c_ClaveUnidad")],
        ondelete="restrict",
        help="ClaveUnidad of this line. Empty: that of the unit of measure.",
    )
    l10n_mx_cfdi40_objeto_imp = fields.Selection(
        selection=OBJETO_IMP,
        string="Tax Object",
        help="ObjetoImp of this line. Empty: the product's, or what follows from the taxes.",
    )
    l10n_mx_cfdi40_predial = fields.Char(
        string="Property Tax Account",
        help="CuentaPredial of the leased property; several are separated by commas. Empty: the product's.",
    )
    l10n_mx_cfdi40_pedimento = fields.Char(
        string="Customs Document",
        help="NumeroPedimento of imported goods sold first hand, 15 digits (year, customs office, patent, number); "
        "several are separated by commas.",
    )
    l10n_mx_cfdi40_tercero_id = fields.Many2one(
        comodel_name="res.partner",
        string="On Behalf of",
        help="Third party on whose account this line is sold. Empty: the product's.",
    )

    def _l10n_mx_cfdi40_concept(self, line, taxed):
        """The Concepto of this invoice line, with the amounts of `line` (a `cuadre.Linea`)."""
        self.ensure_one()
        product = self.product_id
        third_party = self.l10n_mx_cfdi40_tercero_id or product.l10n_mx_cfdi40_tercero_id
        return Concepto(
            clave_prod_serv=self._l10n_mx_cfdi40_clave().code or "",
            no_identificacion=limpieza.limpiar(product.default_code, 100) or None,
            cantidad=line.cantidad,
            clave_unidad=self._l10n_mx_cfdi40_clave_unidad().code or "",
            descripcion=self._l10n_mx_cfdi40_descripcion(),
            valor_unitario=line.valor_unitario,
            importe=line.importe,
            descuento=line.descuento or None,
            objeto_imp=self._l10n_mx_cfdi40_objeto(line, taxed),
            impuestos=self._l10n_mx_cfdi40_impuestos(line),
            a_cuenta_terceros=third_party._l10n_mx_cfdi40_third_party() if third_party else None,
            informacion_aduanera=limpieza.pedimentos(self.l10n_mx_cfdi40_pedimento),
            cuenta_predial=limpieza.prediales(self.l10n_mx_cfdi40_predial or product.l10n_mx_cfdi40_predial),
        )

    def _l10n_mx_cfdi40_clave(self):
        return self.l10n_mx_cfdi40_clave_id or self.product_id.product_tmpl_id.l10n_mx_cfdi40_clave_id

    def _l10n_mx_cfdi40_clave_unidad(self):
        return self.l10n_mx_cfdi40_clave_unidad_id or self.product_uom_id.l10n_mx_cfdi40_clave_unidad_id

    def _l10n_mx_cfdi40_descripcion(self):
        """What the line says, in one line and without the internal reference, which is NoIdentificacion."""
        text = self.name or self.product_id.name or ""
        reference = self.product_id.default_code
        if reference and text.startswith(f"[{reference}]"):
            text = text[len(reference) + 2:]
        return limpieza.limpiar(text, 1000)

    def _l10n_mx_cfdi40_objeto(self, line, taxed):
        """ObjetoImp: as the line or the product says; else 02 with taxes, 01 without.

        A line whose discount is its whole price causes no tax, and a Base of zero is forbidden (CFDI40174): that is
        what 04, subject to tax that is not caused, is for; it still says that the goods are subject to tax.
        """
        chosen = self._l10n_mx_cfdi40_chosen_objeto()
        if chosen and not (chosen == "02" and taxed and not line.impuestos):
            return chosen
        if line.impuestos:
            return "02"
        return "04" if taxed else "01"

    def _l10n_mx_cfdi40_chosen_objeto(self):
        """ObjetoImp that a person chose, on the line or on its product; False where it follows from the taxes."""
        return self.l10n_mx_cfdi40_objeto_imp or self.product_id.l10n_mx_cfdi40_objeto_imp

    def _l10n_mx_cfdi40_impuestos(self, line):
        if not line.impuestos:
            return None
        return ImpuestosConcepto(
            traslados=tuple(
                Traslado(base=tax.base, impuesto=tax.clave[0], tipo_factor=tax.clave[1], tasa_o_cuota=tax.clave[2],
                         importe=None if tax.clave[2] is None else tax.importe)
                for tax in line.impuestos if not tax.retencion),
            retenciones=tuple(
                Retencion(base=tax.base, impuesto=tax.clave[0], tipo_factor=tax.clave[1], tasa_o_cuota=tax.clave[2],
                          importe=tax.importe)
                for tax in line.impuestos if tax.retencion),
        )

    def _l10n_mx_cfdi40_finding_action(self, finding):
        """Window where a finding about this line is mended: its product, its unit, its tax or its own keys."""
        self.ensure_one()
        move = self.move_id
        attribute = finding.path.rpartition("/")[2]
        if attribute == "@ClaveProdServ" and self.product_id and not self.l10n_mx_cfdi40_clave_id:
            return move._l10n_mx_cfdi40_open(self.product_id.product_tmpl_id)
        if attribute == "@ClaveUnidad" and self.product_uom_id and not self.l10n_mx_cfdi40_clave_unidad_id:
            return move._l10n_mx_cfdi40_open(self.product_uom_id)
        if attribute in ("@Impuesto", "@TipoFactor", "@TasaOCuota") and len(self.tax_ids) == 1:
            return move._l10n_mx_cfdi40_open(self.tax_ids)
        if "/ACuentaTerceros" in finding.path:
            third_party = self.l10n_mx_cfdi40_tercero_id or self.product_id.l10n_mx_cfdi40_tercero_id
            return move._l10n_mx_cfdi40_open(third_party)
        return move._l10n_mx_cfdi40_open(self, self.env.ref("l10n_mx_cfdi40.view_move_line_keys_form"))
