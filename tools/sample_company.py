"""A Mexican company that can stamp with the embedded PAC: for measurements and for tests with real processes."""

import base64
from datetime import datetime
from zoneinfo import ZoneInfo


def _key(env, catalog, code):
    return env["l10n_mx_cfdi40.catalog"].search([("catalog", "=", catalog), ("code", "=", code)]).id


def prepare(env):
    """Turn the database's company into the SAT's test company EKU9003173C9, with chart, certificate and a customer.

    :return: (customer, product), with which an invoice has nothing wrong
    """
    from odoo.addons.l10n_mx_cfdi40.pac.authority import Authority
    from odoo.addons.l10n_mx_cfdi40.pac.store import Store as OdooStore

    company, mexico = env.company, env.ref("base.mx")
    company.country_id = mexico
    env["account.chart.template"].try_loading("mx", company=company, install_demo=False)
    company.write({"name": "Escuela Kemper Urgate SA de CV", "vat": "EKU9003173C9", "zip": "42501"})
    company.partner_id.l10n_mx_cfdi40_regimen_id = _key(env, "c_RegimenFiscal", "601")
    cer, secret = Authority(OdooStore(company._l10n_mx_cfdi40_loopback_store())).csd(
        "EKU9003173C9", "ESCUELA KEMPER URGATE SA DE CV")
    wizard = env["l10n_mx_cfdi40.certificate.wizard"].create({
        "cer": base64.b64encode(cer), "key": base64.b64encode(secret), "password": "12345678a"})
    wizard.action_install()
    customer = env["res.partner"].create({
        "name": "Universidad Robótica Española, S.A. de C.V.", "is_company": True, "vat": "URE180429TM6",
        "zip": "86991", "country_id": mexico.id, "l10n_mx_cfdi40_regimen_id": _key(env, "c_RegimenFiscal", "601")})
    unit = env.ref("uom.product_uom_unit")
    unit.l10n_mx_cfdi40_clave_unidad_id = _key(env, "c_ClaveUnidad", "H87")
    product = env["product.product"].create({
        "name": "Tornillo", "uom_id": unit.id, "l10n_mx_cfdi40_clave_id": _key(env, "c_ClaveProdServ", "31161500")})
    return customer, product


def invoice(env, customer, *products, **vals):
    """A posted invoice to that customer, one line for each product, ready to be stamped."""
    move = env["account.move"].create({
        "move_type": "out_invoice", "partner_id": customer.id,
        "l10n_mx_cfdi40_uso_id": _key(env, "c_UsoCFDI", "G03"),
        "l10n_mx_cfdi40_forma_pago_id": _key(env, "c_FormaPago", "03"),
        "invoice_line_ids": [(0, 0, {"product_id": product.id, "quantity": 1, "price_unit": 100})
                             for product in products],
        **vals,
    })
    move.action_post()
    return move


def ppd(env, customer, *products, **vals):
    """A posted invoice whose payments owe complements."""
    return invoice(env, customer, *products, **{
        "l10n_mx_cfdi40_metodo_pago": "PPD", "l10n_mx_cfdi40_forma_pago_id": _key(env, "c_FormaPago", "99"), **vals})


def today():
    """The day in the centre of Mexico: money that came in tomorrow has no complement."""
    return datetime.now(ZoneInfo("America/Mexico_City")).date()


def pay(env, moves, amount=None):
    """Register Payment of these invoices, of today, by transfer.

    :return: the payment
    """
    wizard = env["account.payment.register"].with_context(
        active_model="account.move", active_ids=moves.ids).create({
            "payment_date": today(), "group_payment": True, **({} if amount is None else {"amount": amount})})
    return wizard._create_payments()
