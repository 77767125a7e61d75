"""What the Mexican chart of accounts lacks for whom customers withhold taxes from: sale taxes, group and accounts."""
from odoo import Command, api, models
from odoo.addons.account.models.chart_template import template

_FEE = "l10n_mx_cfdi40_bank_fee"
#: Grouping code of the SAT for bank commissions: with it begin the codes of whoever follows the SAT's numbering.
_FEE_CODE = "701.10"
# VAT withheld by customers is creditable once they pay, like the VAT that it is a part of: it waits in a transition
# account. Income tax is withheld when it is invoiced. The chart has no account for what banks and card terminals keep.
_ACCOUNTS = {
    "l10n_mx_cfdi40_iva_ret_pending": {
        "name": "VAT Withheld by Customers, not Collected",
        "name@es": "IVA retenido por clientes, no cobrado",
        "code": "119.01.05",
        "account_type": "asset_current",
        "reconcile": True,
    },
    "l10n_mx_cfdi40_iva_ret": {
        "name": "VAT Withheld by Customers",
        "name@es": "IVA retenido por clientes",
        "code": "113.01.02",
        "account_type": "asset_current",
    },
    _FEE: {
        "name": "Bank Commissions",
        "name@es": "Comisiones bancarias",
        "code": "701.10.01",
        "account_type": "expense",
        "l10n_mx_cfdi40_is_fee": True,
    },
}
_GROUPS = {
    "l10n_mx_cfdi40_group_iva_ret_5_33": {
        "name": "VAT Retention 5.33%",
        "name@es": "IVA Retención 5.33%",
        "country_id": "base.mx",
        "tax_payable_account_id": "cuenta213_01",
        "tax_receivable_account_id": "cuenta113_01",
    },
}
# xmlid: name, description, description in Spanish, label, percentage, tax, group. 10.6667 % and 5.3333 % are two thirds
# of the VAT of 16 % and of 8 %.
_TAXES = {
    "l10n_mx_cfdi40_iva_ret_10_67_sale": (
        "10.67% VAT WH", "VAT withheld by the customer: fees and leases",
        "Retención de IVA: honorarios y arrendamiento",
        "Retención IVA 10.6667%", -10.6667, "iva", "tax_group_iva_ret_1067"),
    "l10n_mx_cfdi40_iva_ret_4_sale": (
        "4% VAT WH", "VAT withheld by the customer: freight", "Retención de IVA: autotransporte de carga",
        "Retención IVA 4%", -4.0, "iva", "tax_group_iva_ret_4"),
    "l10n_mx_cfdi40_iva_ret_5_33_sale": (
        "5.33% VAT WH", "VAT withheld by the customer: fees and leases at the border",
        "Retención de IVA: honorarios y arrendamiento en la frontera",
        "Retención IVA 5.3333%", -5.3333, "iva", "l10n_mx_cfdi40_group_iva_ret_5_33"),
    "l10n_mx_cfdi40_isr_ret_10_sale": (
        "10% ISR WH", "Income tax withheld by the customer: fees and leases",
        "Retención de ISR: honorarios y arrendamiento",
        "Retención ISR 10%", -10.0, "isr", "tax_group_isr_ret_10"),
}
#: The chart has it, archived.
_RESICO = "mx_wh_1_25_sale"


def _tax(sequence, name, description, description_es, label, amount, kind, group):
    account = "l10n_mx_cfdi40_iva_ret" if kind == "iva" else "cuenta113_02_02"
    vals = {
        "sequence": sequence,
        "name": name,
        "description": description,
        "description@es": description_es,
        "invoice_label": label,
        "amount": amount,
        "amount_type": "percent",
        "type_tax_use": "sale",
        "tax_group_id": group,
        "tax_exigibility": "on_payment" if kind == "iva" else "on_invoice",
        "l10n_mx_tax_type": kind,
        "l10n_mx_factor_type": "Tasa",
        "repartition_line_ids": [
            Command.create({
                "document_type": document,
                "repartition_type": repartition,
                **({"account_id": account} if repartition == "tax" else {}),
            })
            for document in ("invoice", "refund") for repartition in ("base", "tax")
        ],
    }
    if kind == "iva":
        vals["cash_basis_transition_account_id"] = "l10n_mx_cfdi40_iva_ret_pending"
    else:
        vals["is_base_affected"] = False  # income tax is withheld from the price, never from IEPS
    return vals


class AccountChartTemplate(models.AbstractModel):
    _inherit = "account.chart.template"

    @template("mx", "account.account")
    def _get_mx_cfdi40_account_account(self):
        return {xmlid: dict(vals) for xmlid, vals in _ACCOUNTS.items()}

    @template("mx", "account.tax.group")
    def _get_mx_cfdi40_account_tax_group(self):
        return {xmlid: dict(vals) for xmlid, vals in _GROUPS.items()}

    @template("mx", "account.tax")
    def _get_mx_cfdi40_account_tax(self):
        taxes = {xmlid: _tax(40 + position, *row) for position, (xmlid, row) in enumerate(_TAXES.items())}
        return {**taxes, _RESICO: {"active": True}}

    def _post_load_data(self, template_code, company, template_data):
        # EXTENDS 'account'
        result = super()._post_load_data(template_code, company, template_data)
        if template_code == "mx":
            self.env["l10n_mx_cfdi40.serie"]._create_defaults(company or self.env.company)
        return result

    @api.model
    def _l10n_mx_cfdi40_complete(self):
        """Give the companies that had the Mexican chart before this addon what a new chart comes with.

        Only what a company lacks is created; what somebody changed or archived since stays so.
        """
        companies = self.env["res.company"].search([("chart_template", "=", "mx"), ("parent_id", "=", False)])
        for company in companies:
            chart = self.with_company(company)
            chart._l10n_mx_cfdi40_adopt_fee_accounts(company)
            data = {
                model: {
                    xmlid: vals for xmlid, vals in getattr(self, method)().items()
                    if not chart.ref(xmlid, raise_if_not_found=False)
                }
                for model, method in (
                    ("account.account", "_get_mx_cfdi40_account_account"),
                    ("account.tax.group", "_get_mx_cfdi40_account_tax_group"),
                    ("account.tax", "_get_mx_cfdi40_account_tax"),
                )
            }
            resico = chart.ref(_RESICO, raise_if_not_found=False)
            if resico and data["account.tax"]:
                resico.active = True
            data["account.tax"].pop(_RESICO, None)
            if any(data.values()):
                chart._load_data(data)
        self.env["l10n_mx_cfdi40.serie"]._create_defaults()

    @api.model
    def _l10n_mx_cfdi40_adopt_fee_accounts(self, company):
        """Who opened accounts for bank commissions before needs no other one: theirs are marked, once."""
        if self.ref(_FEE, raise_if_not_found=False):
            return
        accounts = self.env["account.account"].search([
            *self.env["account.account"]._check_company_domain(company), ("code", "=like", f"{_FEE_CODE}%")])
        if accounts:
            accounts.l10n_mx_cfdi40_is_fee = True
            self.env["ir.model.data"]._update_xmlids([
                {"xml_id": self.company_xmlid(_FEE, company), "record": accounts[0], "noupdate": True}])
