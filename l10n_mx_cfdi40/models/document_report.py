"""What the printed representation of a CFDI shows, read back from its stamped XML.

The paper must tell what the SAT holds, not what the invoice says today: every value comes from the stored bytes,
and only the texts of the SAT's keys come from the catalogs, as they stood on the document's date.
Required content: RMF 2.7.1.7 and Anexo 20 (printed representation).
"""
from base64 import b64encode

from odoo import models

from ..cfdi import amounts, cadena, letras, parse, qr

TIPOS = {"I": "Factura", "E": "Nota de crédito", "T": "Traslado", "P": "Recibo de pago", "N": "Nómina"}
IMPUESTOS = {"001": "ISR", "002": "IVA", "003": "IEPS"}
# Attribute of the CFDI -> catalog whose text goes beside the key.
CATALOGS = {
    "c_RegimenFiscal": ("emisor.regimen_fiscal", "receptor.regimen_fiscal_receptor"),
    "c_UsoCFDI": ("receptor.uso_cfdi",),
    "c_FormaPago": ("forma_pago",),
    "c_MetodoPago": ("metodo_pago",),
    "c_Exportacion": ("exportacion",),
    "c_TipoDeComprobante": ("tipo_de_comprobante",),
    "c_Periodicidad": ("informacion_global.periodicidad",),
    "c_Meses": ("informacion_global.meses",),
    "c_Moneda": ("moneda",),
    "c_Pais": ("receptor.residencia_fiscal",),
}


def _value(comprobante, path):
    """Follow a dotted path of attributes; None where a node is absent."""
    value = comprobante
    for name in path.split("."):
        value = getattr(value, name, None)
    return value


def _money(value, decimals):
    """Amount with thousands separators and the given decimals, '' for None."""
    return "" if value is None else f"{amounts.redondear(value, decimals):,}"


def _price(value):
    """Unit price as written, without trailing zeros beyond two decimals."""
    whole, _dot, fraction = amounts.texto(value).partition(".")
    return f"{int(whole):,}.{fraction.rstrip('0').ljust(2, '0')}"


def _quantity(value):
    """Quantity as written, without trailing zeros."""
    whole, _dot, fraction = amounts.texto(value).partition(".")
    fraction = fraction.rstrip("0")
    return f"{int(whole):,}" + (f".{fraction}" if fraction else "")


def _tax(key):
    """Name of a tax: 'IVA' for 002."""
    return IMPUESTOS.get(key, key)


def _rate(tipo_factor, tasa_o_cuota):
    """'16 %' for a Tasa, 'cuota 3.000000' for a Cuota, 'Exento' for an exempt one."""
    if tipo_factor == "Exento" or tasa_o_cuota is None:
        return "Exento"
    if tipo_factor == "Cuota":
        return f"cuota {amounts.texto(tasa_o_cuota)}"
    whole, _dot, fraction = amounts.texto(tasa_o_cuota.scaleb(2)).partition(".")
    fraction = fraction.rstrip("0")
    return f"{whole}.{fraction} %" if fraction else f"{whole} %"


def _exchange(moneda, tipo_cambio):
    """Rate to pesos as written; '' where it says nothing: in pesos, or without currency."""
    if tipo_cambio is None or moneda in ("MXN", "XXX"):
        return ""
    return f"{amounts.texto(tipo_cambio)} MXN"


def _entry(texts, catalog, code):
    """The catalog's entry of a key; None for one that the catalog does not know."""
    return (texts.get(catalog) or {}).get(str(code))


def _decimals(texts, moneda):
    """How many decimals amounts of a currency are printed with."""
    currency = _entry(texts, "c_Moneda", moneda)
    return currency.datos["decimales"] if currency else 2


class Document(models.Model):
    _inherit = "l10n_mx_cfdi40.document"

    def _printed(self):
        """Everything the PDF template needs, as plain values.

        :return: dict with ``cfdi`` (Comprobante), ``timbre``, ``cancelled``,
            ``qr`` (data URI), ``cadena`` (of the timbre),
            ``letra`` (total in words), ``key`` (callable that gives the text of a key), ``lines``, ``totals`` in
            ``currency``; ``payments`` of a complement (see document_report_payment), else empty.
        """
        self.ensure_one()
        comprobante = parse.leer(self._stamped_bytes())
        stamp = comprobante.timbre
        texts = self._printed_texts(comprobante)
        decimals = _decimals(texts, comprobante.moneda)
        expression = qr.expresion(comprobante)
        return {
            "cfdi": comprobante,
            "timbre": stamp,
            "cancelled": self.state == "cancelled",
            "title": TIPOS.get(comprobante.tipo_de_comprobante, "CFDI"),
            "folio": "".join(filter(None, (comprobante.serie, comprobante.folio))),
            "qr": "data:image/png;base64," + b64encode(qr.imagen_png(expression)).decode(),
            "qr_link": expression,
            "cadena": cadena.cadena_timbre(stamp),
            "letra": letras.importe_con_letra(comprobante.total, comprobante.moneda),
            "key": lambda catalog, code: self._printed_key(texts, catalog, code),
            "exchange": _exchange(comprobante.moneda, comprobante.tipo_cambio),
            "discounted": any(concepto.descuento is not None for concepto in comprobante.conceptos),
            "lines": [self._printed_line(concepto, texts, decimals) for concepto in comprobante.conceptos],
            "totals": self._printed_totals(comprobante, decimals),
            "currency": comprobante.moneda,
            **self._printed_payments(comprobante, texts),
        }

    def _printed_texts(self, comprobante):
        """Texts of every key that is printed, in one query."""
        keys = {catalog: wanted for catalog, wanted in self._printed_keys(comprobante).items() if wanted}
        return self.env["l10n_mx_cfdi40.catalog"]._lookup(keys, comprobante.fecha.date())

    def _printed_keys(self, comprobante):
        """{catalog: set of the keys of it that are printed}."""
        keys = {catalog: {str(v) for path in paths if (v := _value(comprobante, path))}
                for catalog, paths in CATALOGS.items()}
        keys["c_ClaveUnidad"] = {c.clave_unidad for c in comprobante.conceptos}
        keys["c_ObjetoImp"] = {c.objeto_imp for c in comprobante.conceptos}
        keys["c_TipoRelacion"] = {r.tipo_relacion for r in comprobante.cfdi_relacionados}
        return keys

    @staticmethod
    def _printed_key(texts, catalog, code):
        """'601 - General de Ley Personas Morales'; the bare key when the catalog does not know it."""
        if not code:
            return ""
        entry = _entry(texts, catalog, code)
        return f"{code} - {entry.nombre}" if entry else str(code)

    @staticmethod
    def _printed_line(concepto, texts, decimals):
        taxes = concepto.impuestos
        rows = [(_tax(t.impuesto), _rate(t.tipo_factor, t.tasa_o_cuota), _money(t.base, decimals),
                 _money(t.importe, decimals)) for t in (taxes.traslados if taxes else ())]
        rows += [(f"Ret. {_tax(t.impuesto)}", _rate(t.tipo_factor, t.tasa_o_cuota), _money(t.base, decimals),
                  _money(t.importe, decimals)) for t in (taxes.retenciones if taxes else ())]
        unit = _entry(texts, "c_ClaveUnidad", concepto.clave_unidad)
        return {
            "cfdi": concepto,
            "quantity": _quantity(concepto.cantidad),
            "unit": concepto.unidad or (unit.nombre if unit else ""),
            "price": _price(concepto.valor_unitario),
            "discount": _money(concepto.descuento, decimals),
            "amount": _money(concepto.importe, decimals),
            "taxes": rows,
            "notes": Document._printed_notes(concepto),
        }

    @staticmethod
    def _printed_notes(concepto):
        """Rows (label, text) of what a concept carries besides amounts."""
        rows = []
        if concepto.informacion_aduanera:
            rows.append(("Pedimento", ", ".join(concepto.informacion_aduanera)))
        if concepto.cuenta_predial:
            rows.append(("Cuenta predial", ", ".join(concepto.cuenta_predial)))
        third = concepto.a_cuenta_terceros
        if third:
            rows.append(("A cuenta de", (
                f"{third.nombre_a_cuenta_terceros} ({third.rfc_a_cuenta_terceros}), régimen "
                f"{third.regimen_fiscal_a_cuenta_terceros}, C.P. {third.domicilio_fiscal_a_cuenta_terceros}")))
        for part in concepto.parte:
            text = f"{part.clave_prod_serv} {part.descripcion} · cantidad {_quantity(part.cantidad)}"
            customs = ", ".join(part.informacion_aduanera)
            rows.append(("Parte", f"{text} · pedimento {customs}" if customs else text))
        return rows

    @staticmethod
    def _printed_totals(comprobante, decimals):
        """Rows (label, amount) from subtotal to total, with one row per tax and rate."""
        rows = [("Subtotal", _money(comprobante.sub_total, decimals))]
        if comprobante.descuento:
            rows.append(("Descuento", "-" + _money(comprobante.descuento, decimals)))
        taxes = comprobante.impuestos
        rows += [(f"{_tax(t.impuesto)} {_rate(t.tipo_factor, t.tasa_o_cuota)}",
                  _money(t.importe or t.base * 0, decimals)) for t in (taxes.traslados if taxes else ())]
        rows += [(f"{_tax(t.impuesto)} retenido", "-" + _money(t.importe, decimals))
                 for t in (taxes.retenciones if taxes else ())]
        for local in comprobante.complemento:
            rows += [(t.imp_loc_trasladado, _money(t.importe, decimals))
                     for t in getattr(local, "traslados_locales", ())]
            rows += [(f"{t.imp_loc_retenido} retenido", "-" + _money(t.importe, decimals))
                     for t in getattr(local, "retenciones_locales", ())]
        rows.append(("Total", _money(comprobante.total, decimals)))
        return rows
