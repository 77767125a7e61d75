"""The demonstration's company: chart of accounts, CSD, accountant, customers and products."""
from __future__ import annotations

import base64
from decimal import Decimal
from pathlib import Path

from .cases import CUSTOMERS, PRODUCTS

# Key -> (l10n_mx tax type, factor, percentage) by which the chart's sale tax is found.
TAXES = {
    "iva16": ("iva", "Tasa", "16"),
    "iva0": ("iva", "Tasa", "0"),
    "iva_exento": ("iva", "Exento", "0"),
    "ieps265": ("ieps", "Tasa", "26.5"),
    "ret_iva4": ("iva", "Tasa", "-4"),
    "ret_iva_2_3": ("iva", "Tasa", "-10.6667"),
    "ret_isr10": ("isr", "Tasa", "-10"),
}
UNITS = {
    "H87": "uom.product_uom_unit",
    "KGM": "uom.product_uom_kgm",
    "E48": "l10n_mx.product_uom_service_unit",
    "ACT": "l10n_mx.product_uom_activity",
}
LOGIN, PASSWORD = "contador", "contador"


def catalog(env, name, code):
    """The catalog row of a SAT key; the demonstration stops if the catalog lacks it."""
    row = env["l10n_mx_cfdi40.catalog"].search([("catalog", "=", name), ("code", "=", code)])
    if len(row) != 1:
        raise SystemExit(f"El catálogo {name} no tiene la clave {code}")
    return row


def prepare_company(env, rfc, name, zip_code="06000"):
    """Turn the main company into a Mexican one with its chart of accounts.

    :param rfc: RFC of the CSD that will seal; its length tells the person type and so the régimen.
    :param name: legal name as the SAT has it, without the company type.
    """
    company = env.ref("base.main_company")
    mexico = env.ref("base.mx")
    company.write({"name": name.title(), "country_id": mexico.id, "zip": zip_code, "city": "Ciudad de México",
                   "street": "Av. Juárez 1", "email": "facturas@example.com", "logo": False,
                   "paperformat_id": env.ref("base.paperformat_us").id,
                   "company_details": f"<p>Av. Juárez 1, {zip_code} Ciudad de México</p>"})
    regimen = "601" if len(rfc) == 12 else "612"
    company.partner_id.write({
        "lang": "es_MX", "vat": rfc, "l10n_mx_cfdi40_name": name,
        "l10n_mx_cfdi40_regimen_id": catalog(env, "c_RegimenFiscal", regimen).id,
    })
    if company.chart_template != "mx":
        env["account.chart.template"].try_loading("mx", company, install_demo=False)
    env.ref("base.USD").active = True
    env["res.currency.rate"].search([("currency_id", "=", env.ref("base.USD").id)]).unlink()
    env["res.currency.rate"].create(
        {"currency_id": env.ref("base.USD").id, "company_id": company.id, "inverse_company_rate": 18.4321,
         "name": "2020-01-01"})
    return company


def create_accountant(env, company):
    """The user of the demonstration: an accountant, no administrator."""
    return env["res.users"].with_context(no_reset_password=True).create({
        "name": "Contadora de ejemplo", "login": LOGIN, "password": PASSWORD, "lang": "es_MX",
        "tz": "America/Mexico_City", "company_id": company.id, "company_ids": [(6, 0, company.ids)],
        "group_ids": [(6, 0, (env.ref("account.group_account_manager") + env.ref("base.group_user")
                              + env.ref("base.group_partner_manager") + env.ref("product.group_product_manager")).ids)],
    })


def install_certificate(env, cer: Path | bytes, key: Path | bytes, password: str):
    """Upload the CSD through the certificate wizard, as its user does."""
    def data(source):
        return base64.b64encode(source if isinstance(source, bytes) else source.read_bytes())

    wizard = env["l10n_mx_cfdi40.certificate.wizard"].create(
        {"cer": data(cer), "key": data(key), "password": password})
    wizard.action_install()
    return wizard


def sale_taxes(env, company):
    """The chart's sale taxes by the keys of ``TAXES``; inactive ones are switched on."""
    found = {}
    taxes = env["account.tax"].with_context(active_test=False).search(
        [("company_id", "=", company.id), ("type_tax_use", "=", "sale")])
    for key, (kind, factor, amount) in TAXES.items():
        match = taxes.filtered(lambda t, k=kind, f=factor, a=amount: (
            t.l10n_mx_tax_type == k and t.l10n_mx_factor_type == f and Decimal(str(t.amount)) == Decimal(a)))[:1]
        if not match:
            raise SystemExit(f"El plan de cuentas no tiene el impuesto {key}")
        match.active = True
        found[key] = match
    return found


def create_customers(env):
    """Customers of the demonstration by their key."""
    return {c.key: env["res.partner"].create({
        "name": c.name.title() if c.country == "base.mx" else c.name,
        "is_company": True, "vat": c.rfc, "zip": c.zip, "country_id": env.ref(c.country).id, "lang": "es_MX",
        "email": f"{c.key}@example.com", "l10n_mx_cfdi40_name": c.name.upper(),
        "l10n_mx_cfdi40_regimen_id": catalog(env, "c_RegimenFiscal", c.regimen).id,
        "l10n_mx_cfdi40_uso_id": catalog(env, "c_UsoCFDI", c.uso).id,
    }) for c in CUSTOMERS}


def create_products(env, taxes):
    """Products of the demonstration by their key."""
    for code, xmlid in UNITS.items():
        unit = env.ref(xmlid)
        if not unit.l10n_mx_cfdi40_clave_unidad_id:
            unit.l10n_mx_cfdi40_clave_unidad_id = catalog(env, "c_ClaveUnidad", code)
    return {p.key: env["product.product"].create({
        "name": p.name, "type": "consu", "default_code": p.key.upper(), "list_price": float(p.price),
        "uom_id": env.ref(UNITS[p.unidad]).id,
        "l10n_mx_cfdi40_clave_id": catalog(env, "c_ClaveProdServ", p.clave).id,
        "taxes_id": [(6, 0, [taxes[t].id for t in p.taxes])],
    }) for p in PRODUCTS}
