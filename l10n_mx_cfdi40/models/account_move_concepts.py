"""The lines of an invoice and its taxes, from Odoo's tax engine to exact amounts that meet Odoo's totals."""
from collections import defaultdict
from decimal import Decimal

from odoo import models

from ..cfdi import amounts, cuadre

CERO = Decimal(0)


def decimal(value):
    """The Decimal that `value` (a float of the ORM) prints as: the shortest one that is that float."""
    return Decimal(repr(value))


class AccountMove(models.Model):
    _inherit = "account.move"

    def _l10n_mx_cfdi40_amounts(self):
        """Amounts of the concepts of this invoice, in its currency.

        :return: list of (account.move.line or empty, had_taxes, `cuadre.Linea`) and {account.tax: local tax amount, with
            the decimals of the currency}. The empty line is a positive cash rounding.
        """
        self.ensure_one()
        base_lines, _tax_lines = self._get_rounded_base_and_tax_lines()
        keys = self._l10n_mx_cfdi40_tax_keys(base_lines)
        goals, local = self._l10n_mx_cfdi40_goals(base_lines, keys)
        special = defaultdict(list)
        for base_line in base_lines:
            special[base_line["special_type"]].append(base_line)
        lines = [
            self._l10n_mx_cfdi40_line(base_line, keys)
            for base_line in self._l10n_mx_cfdi40_merge_negative(special[False])
            if base_line["quantity"] or base_line["tax_details"]["raw_total_excluded_currency"]
        ]
        self._l10n_mx_cfdi40_early_payment(lines, special["early_payment"], keys)
        self._l10n_mx_cfdi40_cash_rounding(lines)
        cuadre.cuadrar([line for _record, _taxed, line in lines], goals, self.currency_id.decimal_places)
        return lines, local

    def _l10n_mx_cfdi40_tax_keys(self, base_lines):
        """{account.tax id: TaxKey} of every tax that the engine computed."""
        taxes = {tax_data["tax"] for base_line in base_lines for tax_data in base_line["tax_details"]["taxes_data"]}
        return {tax.id: tax._l10n_mx_cfdi40_tax_key() for tax in taxes}

    def _l10n_mx_cfdi40_goals(self, base_lines, keys):
        """What Odoo's totals are, for the lines to meet them, and the local taxes, which no line carries."""
        digits = self.currency_id.decimal_places
        charged, withheld, local = defaultdict(Decimal), defaultdict(Decimal), defaultdict(Decimal)
        rounding_by_tax, rounding = self._l10n_mx_cfdi40_rounding()
        for base_line in base_lines:
            for tax_data in base_line["tax_details"]["taxes_data"]:
                tax, amount = tax_data["tax"], decimal(tax_data["tax_amount_currency"])
                key = keys[tax.id]
                if key.local:
                    local[tax] += amount
                elif key.retencion:
                    withheld[key.impuesto] -= amount
                else:
                    charged[key.clave] += amount
        for tax, amount in rounding_by_tax.items():
            key = keys.get(tax.id) or tax._l10n_mx_cfdi40_tax_key()
            if not key.local and not key.retencion:
                charged[key.clave] -= amount
        net = amounts.redondear(decimal(self.amount_untaxed), digits)
        goals = cuadre.Metas(
            neto=net + sum(rounding_by_tax.values(), CERO),
            traslados={key: amounts.redondear(amount, digits) for key, amount in charged.items() if key[2] is not None},
            retenciones={name: amounts.redondear(amount, digits) for name, amount in withheld.items()},
        )
        return goals, {tax: amounts.redondear(amount, digits) for tax, amount in local.items()}

    def _l10n_mx_cfdi40_rounding(self):
        """Cash rounding: {tax whose amount Odoo changed: by how much}, and the amount of a line of its own."""
        by_tax, alone = defaultdict(Decimal), CERO
        for line in self.line_ids:
            if line.display_type != "rounding":
                continue
            amount = decimal(self.direction_sign * line.amount_currency)
            if line.tax_repartition_line_id:
                by_tax[line.tax_repartition_line_id.tax_id] += amount
            else:
                alone += amount
        return by_tax, amounts.redondear(alone, self.currency_id.decimal_places)

    def _l10n_mx_cfdi40_merge_negative(self, base_lines):
        """Leave no negative line, which a CFDI cannot have: a return of the same product lowers its quantity, anything
        else is a discount of the lines with the same taxes."""
        if all(base_line["tax_details"]["raw_total_excluded_currency"] >= 0 for base_line in base_lines):
            return base_lines
        AccountTax, company = self.env["account.tax"], self.company_id
        base_lines = AccountTax._dispatch_return_of_merchandise_lines(base_lines, company)
        AccountTax._squash_return_of_merchandise_lines(base_lines, company)
        for base_line in base_lines:
            if base_line["tax_details"]["raw_total_excluded_currency"] < 0:
                base_line["special_type"] = "global_discount"
        base_lines = AccountTax._dispatch_global_discount_lines(base_lines, company)
        AccountTax._squash_global_discount_lines(base_lines, company)
        return base_lines

    def _l10n_mx_cfdi40_line(self, base_line, keys):
        """One base line of the engine as (record, had federal taxes, exact amounts)."""
        details = base_line["tax_details"]
        net = decimal(details["raw_total_excluded_currency"])
        shared_discount = sum(
            (decimal(other["tax_details"]["raw_total_excluded_currency"])
             for other in base_line.get("discount_base_lines", ())), CERO)
        quantity, price = decimal(base_line["quantity"]), decimal(base_line["price_unit"])
        if quantity < 0 and price < 0:
            quantity, price = -quantity, -price
        paid = 1 - decimal(base_line["discount"]) / 100
        excluded = not any(tax_data["price_include"] for tax_data in details["taxes_data"])
        if paid == 1:
            gross = net - shared_discount
        elif excluded or not paid:
            gross = price * quantity
        else:
            gross = (net - shared_discount) / paid
        line = cuadre.Linea(
            cantidad=amounts.con_decimales(quantity, 0, cuadre.CIFRAS),
            precio=price if excluded and 0 <= paid <= 1 else None,
            importe=max(gross, net),
            neto=net,
        )
        taxed = False
        for tax_data in details["taxes_data"]:
            key = keys[tax_data["tax"].id]
            if key.local:
                continue
            taxed = True
            amount = decimal(tax_data["raw_tax_amount_currency"])
            amount = -amount if key.retencion else amount
            base = decimal(tax_data["raw_base_amount_currency"])
            if key.tipo_factor == "Cuota" and key.tasa_o_cuota:
                base = amount / key.tasa_o_cuota  # the engine's base is money, that of a quota is units
            if amounts.redondear(base, cuadre.CIFRAS):
                line.impuestos.append(
                    cuadre.ImpuestoLinea(clave=key.clave, retencion=key.retencion, base=base, importe=amount))
        return base_line["record"], taxed, line

    def _l10n_mx_cfdi40_early_payment(self, lines, base_lines, keys):
        """A mixed early payment discount lowers the taxes of the invoice, not its price: so do the bases of the lines."""
        for base_line in base_lines:
            for tax_data in base_line["tax_details"]["taxes_data"]:
                key = keys[tax_data["tax"].id]
                taxes = [tax for _record, _taxed, line in lines for tax in line.impuestos
                         if tax.clave == key.clave and tax.retencion == key.retencion]
                total = amounts.redondear(-decimal(tax_data["raw_base_amount_currency"]), cuadre.CIFRAS)
                parts = cuadre.repartir_proporcional(total, [tax.base for tax in taxes])
                for tax, part in zip(taxes, parts):
                    tax.base -= part
                    tax.importe = tax.base * (tax.clave[2] or CERO)

    def _l10n_mx_cfdi40_cash_rounding(self, lines):
        """Cash rounding changes what is paid, never the taxes: upwards it is a concept of its own that is not subject to
        tax (ObjetoImp 01), downwards a discount of the largest line whose tax bases stay. That way Total is what Odoo
        asks for and every amount of tax is still rate by base, which a changed tax would not be."""
        by_tax, alone = self._l10n_mx_cfdi40_rounding()
        amount = alone + sum(by_tax.values(), CERO)
        if amount > 0:
            line = cuadre.Linea(cantidad=Decimal(1), precio=amount, importe=amount, neto=amount)
            lines.append((self.env["account.move.line"], False, line))
        elif amount < 0 and lines:
            max(lines, key=lambda line: line[2].neto)[2].neto += amount
