"""A real PAC for the demonstration: its protocol, spoken by the sandbox over the embedded PAC's own store, and the
account with which the company uses it. The SAT's status service is the sandbox's too."""
from __future__ import annotations

import contextlib

#: The PACs whose protocols the sandbox speaks.
CODES = ("finkok", "sw", "solucion_factible", "prodigia")
LOG = "exchanges.jsonl"
USER, PASSWORD, CONTRACT = "facturas@example.com", "clave-de-la-demostracion", "contrato-demo"


@contextlib.contextmanager
def serving(env, code, folder):
    """While it lasts the company stamps over that PAC; without a code, with the embedded one. What the sandbox was
    asked is left in the folder.

    :param env: the accountant's environment
    """
    from .cancellations import engine

    pac = engine(env)
    # The store outlives the database: what somebody let go wrong in the last one is over.
    pac.faults.clear()
    if not code:
        yield
        return
    from odoo.addons.l10n_mx_cfdi40.pac.sandbox import Journal, Sandbox

    pac.set_credentials(USER, PASSWORD)
    try:
        with Sandbox(pac, journal=Journal(folder / LOG)) as sandbox:
            account = _account(env, code, sandbox.address)
            print(f"PAC {account.display_name}: el sandbox habla su protocolo en {sandbox.address}.\n")
            yield
            print(f"\nLo que se le pidió al sandbox quedó en {folder / LOG}")
            print(f"Para seguir con esta base: ./dev sandbox --port {sandbox.address.rpartition(':')[2]}"
                  f" --store {pac.store.path}")
    finally:
        # Who goes on with the demonstration's database and the embedded PAC is asked for nothing.
        pac.set_credentials(None, None)


def _account(env, code, address):
    account = env["l10n_mx_cfdi40.pac.account"].create({
        "company_id": env.company.id, "provider": code, "username": USER, "password": PASSWORD,
        "contract": CONTRACT if code == "prodigia" else False, "sandbox_url": address})
    account.action_check()
    env.cr.commit()
    return account
