"""The main job from end to end, without a screen: CSD, fiscal data, invoices, stamps, XML and PDF.

The accountant of the demonstration does the work: nothing but the company's own set-up runs as administrator.
"""
from __future__ import annotations

import argparse
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from tools import odoo_env, paths
from tools.demo import cancellations, invoices, payments, real_pac
from tools.demo import company as setup
from tools.demo.output import Output
from tools.odoo_process import OdooServer

# Issuer of the demonstration's own CSD: invented, with a valid check digit.
OWN_RFC, OWN_NAME = "EKU9003173C9", "ESCUELA KEMPER URGATE"
OWN_PASSWORD = "12345678a"


def parse(argv):
    """Options of the command line."""
    parser = argparse.ArgumentParser(prog="./dev demo", description=__doc__.splitlines()[0])
    parser.add_argument("--cer", type=Path, help="CSD certificate (.cer) that seals, instead of our own test one")
    parser.add_argument("--key", type=Path, help="its private key (.key)")
    parser.add_argument("--password", help="the key's password")
    parser.add_argument("--out", type=Path, default=paths.ROOT / "out" / "demo")
    parser.add_argument("--pac", choices=real_pac.CODES, help="stamp over this PAC's protocol, spoken by the sandbox")
    options = parser.parse_args(argv)
    given = [options.cer, options.key, options.password]
    if any(given) and not all(given):
        parser.error("--cer, --key and --password go together")
    return options


def certificate(env, options):
    """The CSD that seals: (cer, key, password, rfc, legal name)."""
    from odoo.addons.l10n_mx_cfdi40.cfdi import nombre
    from odoo.addons.l10n_mx_cfdi40.cfdi.csd import Csd
    from odoo.addons.l10n_mx_cfdi40.pac.engine import Engine
    from odoo.addons.l10n_mx_cfdi40.pac.store import Store

    if options.cer:
        certificado = Csd.abrir(options.cer.read_bytes(), options.key.read_bytes(), options.password).certificado
        # The certificate names the company with its type, the SAT's register without it.
        legal = nombre.nombre_fiscal(certificado.nombre, moral=len(certificado.rfc) == 12)
        return options.cer, options.key, options.password, certificado.rfc, legal
    authority = Engine(Store(env.company._l10n_mx_cfdi40_loopback_store())).authority
    cer, key = authority.csd(OWN_RFC, OWN_NAME, password=OWN_PASSWORD)
    return cer, key, OWN_PASSWORD, OWN_RFC, OWN_NAME


def prepare(env, options):
    """Company, accountant and certificate; returns the accountant's environment."""
    cer, key, password, rfc, name = certificate(env, options)
    company = setup.prepare_company(env, rfc, name)
    accountant = setup.create_accountant(env, company)
    mine = env(user=accountant.id, context={"lang": "es_MX", "tz": accountant.tz, "allowed_company_ids": company.ids})
    setup.install_certificate(mine, cer, key, password)
    print(f"Empresa {name} ({rfc}); certificado instalado por {accountant.name}.\n")
    return mine


def stamp_all(env, output, pairs):
    """Send every invoice: stamped, printed and recorded one by one."""
    for _case, move in pairs:
        invoices.send(move)
        pdf = move.invoice_pdf_report_id.raw
        output.add("invoice", move.l10n_mx_cfdi40_document_id, pdf)
        env.cr.commit()


def complement_all(env, output, pairs, today):
    """The payments come in and are reconciled; their complements make themselves, and are printed."""
    payments.pay_all(pairs, today)
    env.cr.commit()
    for document in payments.issue(env):
        pdf = document._complement_pdf().raw if document.uuid else None
        output.add("complement", document, pdf)
        env.cr.commit()
    payments.leave_waiting(pairs, today)
    env.cr.commit()


def cancel_all(env, output, pairs):
    """A wrong invoice is corrected and replaced; others are cancelled, or not, as the SAT and the customers say."""
    by_key = {case.key: move for case, move in pairs}
    substitute = cancellations.substitute(by_key["wrong"])
    env.cr.commit()
    output.add("substitution", substitute.l10n_mx_cfdi40_document_id, substitute.invoice_pdf_report_id.raw)
    output.add("substitution", by_key["wrong"].l10n_mx_cfdi40_document_id, expected="cancelled")
    for move, expected in cancellations.cancel_all(by_key):
        document = move.l10n_mx_cfdi40_document_id
        output.add("cancellation", document, expected=expected, answer=document.cancellation_id)
        env.cr.commit()


def run(env, options):
    """The whole story; returns the number of documents that did not end as they should."""
    mine = prepare(env, options)
    taxes = setup.sale_taxes(env, mine.company)
    customers = setup.create_customers(mine)
    products = setup.create_products(mine, taxes)
    zone = mine["l10n_mx_cfdi40.catalog"]._zone(mine.company.zip)
    today = datetime.now(ZoneInfo(zone)).date()
    pairs = invoices.post_all(mine, customers, products, taxes, today)
    env.cr.commit()
    output = Output(options.out)
    # The PDF's style sheets are fetched from a server.
    with real_pac.serving(mine, options.pac, options.out), OdooServer(env.cr.dbname) as server:
        env["ir.config_parameter"].set_param("report.url", server.url)
        env.cr.commit()
        stamp_all(mine, output, pairs)
        complement_all(mine, output, pairs, today)
        cancel_all(mine, output, pairs)
        env["ir.config_parameter"].search([("key", "=", "report.url")]).unlink()
        env.cr.commit()
    output.print_table()
    output.write_summary()
    print(f"\nXML y PDF en {options.out}")
    return sum(row["state"] != row["expected"] for row in output.rows)


def main(arguments, database):
    """Walk through the job on ``database``, a fresh clone with the addon.

    :return: exit status, 0 when every document ended as it should.
    """
    options = parse(arguments)
    with odoo_env.environment(database, context={"lang": "es_MX"}) as env:
        return 1 if run(env, options) else 0
