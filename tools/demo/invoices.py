"""Posts the demonstration's invoices and stamps them the way an accountant does: with Send."""
from __future__ import annotations

from datetime import date, timedelta

from .cases import CASES
from .company import UNITS, catalog


def _line(env, line, products, taxes):
    """Command that creates one invoice line."""
    values = {"quantity": float(line.quantity), "discount": float(line.discount)}
    if line.product:
        values["product_id"] = products[line.product].id
    else:
        values["name"] = line.name
        values["product_uom_id"] = env.ref(UNITS["ACT"]).id
        values["l10n_mx_cfdi40_clave_id"] = catalog(env, "c_ClaveProdServ", line.clave).id
    if line.price is not None:
        values["price_unit"] = float(line.price)
    if line.taxes is not None:
        values["tax_ids"] = [(6, 0, [taxes[key].id for key in line.taxes])]
    return (0, 0, values)


def create(env, case, customers, products, taxes, today: date):
    """Create and post the invoice of one case.

    :return: the posted ``account.move``.
    """
    values = {
        "move_type": "out_invoice",
        "partner_id": customers[case.customer].id,
        "invoice_date": today,
        "invoice_date_due": today + timedelta(days=case.days),
        "invoice_payment_term_id": False,
        "currency_id": env.ref(f"base.{case.currency}").id,
        "l10n_mx_cfdi40_metodo_pago": case.metodo,
        "l10n_mx_cfdi40_forma_pago_id": catalog(env, "c_FormaPago", case.forma).id,
        "invoice_line_ids": [_line(env, line, products, taxes) for line in case.lines],
    }
    if case.global_period:
        values["l10n_mx_cfdi40_periodicidad"] = case.global_period
    move = env["account.move"].create(values)
    move.action_post()
    return move


def post_all(env, customers, products, taxes, today):
    """Post every case; return pairs (case, move) in order."""
    return [(case, create(env, case, customers, products, taxes, today)) for case in CASES]


def send(move):
    """Stamp and print one invoice through Odoo's own Send, unmailed. UserError says what was wrong with it."""
    move.env["account.move.send"]._generate_and_send_invoices(move, sending_methods=[])
