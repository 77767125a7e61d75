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

        :return: list of (account.move.line or empty, had_taxes, `cuadre.Linea`) and {account.tax: local tax amount,
            with the decimals of the currency}. The empty line is a positive cash rounding.
        """
        self.ensure_one()
        base_lines, discounts = self._l10n_mx_cfdi40_base_lines()
        keys = self._l10n_mx_cfdi40_tax_keys(base_lines)
        goals, local = self._l10n_mx_cfdi40_goals(keys)
        lines = [
            self._l10n_mx_cfdi40_line(base_line, keys)
            for base_line in self._l10n_mx_cfdi40_merge_negative(base_lines)
            if base_line["quantity"] or base_line["tax_details"]["raw_total_excluded_currency"]
        ]
        self._l10n_mx_cfdi40_early_payment(lines, discounts, keys)
        self._l10n_mx_cfdi40_cash_rounding(lines)
        cuadre.cuadrar([line for _record, _taxed, line in lines], goals, self.currency_id.decimal_places)
        return lines, local

    def _l10n_mx_cfdi40_base_lines(self):
        """Lines of goods, and those of a mixed early payment discount, with what the tax engine makes of them.

        Only exact amounts are wanted: Odoo's rounded ones are read from its tax lines, which also know what a person
        changed by hand.
        """
        lines = self.line_ids.grouped("display_type")
        none = self.line_ids.browse()
        products = [
            self._prepare_product_base_line_for_taxes_computation(line) for line in lines.get("product", none)]
        discounts = [self._prepare_epd_base_line_for_taxes_computation(line) for line in lines.get("epd", none)]
        self.env["account.tax"]._add_tax_details_in_base_lines(products + discounts, self.company_id)
        return products, discounts

    def _l10n_mx_cfdi40_tax_keys(self, base_lines):
        """{account.tax id: TaxKey} of every tax that the engine computed."""
        taxes = {tax_data["tax"] for base_line in base_lines for tax_data in base_line["tax_details"]["taxes_data"]}
        return {tax.id: tax._l10n_mx_cfdi40_tax_key() for tax in taxes}

    def _l10n_mx_cfdi40_goals(self, keys):
        """What Odoo's totals are, for the lines to meet them, and the local taxes, which no line carries."""
        digits = self.currency_id.decimal_places
        charged, withheld, local = defaultdict(Decimal), defaultdict(Decimal), defaultdict(Decimal)
        for key in keys.values():
            if not key.local and not key.retencion:
                charged[key.clave] = CERO
        for line in self.line_ids:
            tax = line.tax_line_id
            if not tax or line.display_type == "rounding":
                continue
            key = keys.get(tax.id) or tax._l10n_mx_cfdi40_tax_key()
            amount = decimal(self.direction_sign * line.amount_currency)
            if key.local:
                local[tax] += amount
            elif key.retencion:
                withheld[key.impuesto] -= amount
            else:
                charged[key.clave] += amount
        rounding_by_tax, _rounding = self._l10n_mx_cfdi40_rounding()
        goals = cuadre.Metas(
            neto=amounts.redondear(decimal(self.amount_untaxed), digits) + rounding_by_tax,
            traslados={key: amounts.redondear(amount, digits) for key, amount in charged.items() if key[2] is not None},
            retenciones={name: amounts.redondear(amount, digits) for name, amount in withheld.items()},
        )
        return goals, {tax: amounts.redondear(amount, digits) for tax, amount in local.items()}

    def _l10n_mx_cfdi40_rounding(self):
        """Cash rounding: what Odoo added to a tax, and what it put in a line of its own."""
        in_tax = alone = CERO
        for line in self.line_ids:
            if line.display_type == "rounding":
                amount = decimal(self.direction_sign * line.amount_currency)
                in_tax, alone = (in_tax + amount, alone) if line.tax_line_id else (in_tax, alone + amount)
        digits = self.currency_id.decimal_places
        return amounts.redondear(in_tax, digits), amounts.redondear(alone, digits)

    def _l10n_mx_cfdi40_merge_negative(self, base_lines):
        """Leave no negative line, which a CFDI cannot have: a return of the same product lowers its quantity, anything
        else is a discount of the lines with the same taxes."""
        if all(base_line["tax_details"]["raw_total_excluded_currency"] >= 0 for base_line in base_lines):
            return base_lines
        AccountTax, company = self.env["account.tax"], self.company_id
        AccountTax._round_base_lines_tax_details(base_lines, company)
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
        elif excluded:
            gross = price * quantity
        else:
            # The price holds its taxes: what is left without them, before the discount, only the engine knows.
            gross = decimal(base_line["tax_ids"]._get_tax_details(
                float(price), float(quantity), rounding_method="round_globally",
                product=base_line["product_id"])["total_excluded"])
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
                base = self._l10n_mx_cfdi40_units(quantity, amount, key.tasa_o_cuota)
            if amounts.redondear(base, cuadre.CIFRAS):
                line.impuestos.append(
                    cuadre.ImpuestoLinea(clave=key.clave, retencion=key.retencion, base=base, importe=amount))
        return base_line["record"], taxed, line

    def _l10n_mx_cfdi40_units(self, quantity, amount, rate):
        """Base of a quota, which is units where the engine's is money: those of the line, or those that the tax makes
        up if a merged line changed it."""
        exact = abs(quantity * rate - amount) < Decimal(1).scaleb(-self.currency_id.decimal_places)
        return quantity if exact else amount / rate

    def _l10n_mx_cfdi40_early_payment(self, lines, base_lines, keys):
        """A mixed early payment discount lowers the taxes of the invoice, not its price: so do the bases."""
        for base_line in base_lines:
            for tax_data in base_line["tax_details"]["taxes_data"]:
                key = keys[tax_data["tax"].id]
                taxes = [tax for _record, _taxed, line in lines for tax in line.impuestos
                         if tax.clave == key.clave and tax.retencion == key.retencion]
                total = amounts.redondear(-decimal(tax_data["raw_base_amount_currency"]), cuadre.CIFRAS)
                parts = cuadre.repartir_proporcional(total, [tax.base for tax in taxes])
                for tax, part in zip(taxes, parts, strict=True):
                    tax.base -= part
                    tax.importe = tax.base * (tax.clave[2] or CERO)

    def _l10n_mx_cfdi40_cash_rounding(self, lines):
        """Cash rounding changes what is paid, never the taxes: upwards it is a concept of its own that is not subject
        to tax (ObjetoImp 01), downwards a discount of the largest line whose tax bases stay. That way Total is what
        Odoo asks for and every amount of tax is still rate by base, which a changed tax would not be."""
        amount = sum(self._l10n_mx_cfdi40_rounding())
        if amount > 0:
            line = cuadre.Linea(cantidad=Decimal(1), precio=amount, importe=amount, neto=amount)
            lines.append((self.env["account.move.line"], False, line))
        elif amount < 0 and lines:
            max(lines, key=lambda line: line[2].neto)[2].neto += amount
