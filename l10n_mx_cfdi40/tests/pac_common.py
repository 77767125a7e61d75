"""Accounts at real PACs whose protocols the sandbox speaks, over a socket of this machine, to their real clients."""
import socket
from contextlib import contextmanager
from unittest.mock import patch

from odoo import SUPERUSER_ID
from odoo.exceptions import UserError
from odoo.tests import new_test_user

from ..cfdi.csd import Certificado
from ..pac import registry
from ..sat import consulta
from .cancel_common import CancelCommon
from .sandbox_common import SandboxCommon

#: The PACs that there are beside the embedded one.
PACS = ("finkok", "sw", "solucion_factible", "prodigia")
#: The part of a password that every way of writing it leaves as it is.
NEEDLE = "irrepetible-5519"
USER, PASSWORD = "facturas@kemper.mx", f'Cl4ve "ñ" & <{NEEDLE}>'
TOKEN_NEEDLE = "irrepetible-7731"
TOKEN = f"infinito-{TOKEN_NEEDLE}"
#: What each account is made with.
LOGIN = {code: {"username": USER, "password": PASSWORD} for code in PACS}
LOGIN["prodigia"]["contract"] = "c0ntrat0"


class PacCommon(SandboxCommon, CancelCommon):
    """``with self.using("finkok") as account:`` the biller stamps over that PAC. ``self.pac`` is the engine behind it.

    Clients wait for nobody (``limit`` seconds for one operation, if given, as real time does not stand still with the
    clocks), and know the certificate of the engine's stamps, as they would know the SAT's.
    """

    limit = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Account = cls.env["l10n_mx_cfdi40.pac.account"].with_user(cls.accountant)
        cls.Exchange = cls.env["l10n_mx_cfdi40.pac.exchange"].sudo()
        cls.serve(USER, PASSWORD)
        cls.startClassPatcher(patch.object(registry, "client", cls._client_of(registry.client)))
        cls.startClassPatcher(patch.object(consulta.SHARED_PACE, "_seconds", 0))

    @classmethod
    def _client_of(cls, make):
        def client(code, settings, **options):
            made = make(code, settings, **options)
            if code != "loopback":
                stamping = cls.pac.authority.stamping
                made.certificates = {stamping.number: Certificado.leer(stamping.certificate)}
                made._sleep = lambda seconds: None
                ticks = iter(range(0, 10_000, 5))
                made._clock = lambda: next(ticks)
                if cls.limit:
                    made._wire._limit = cls.limit
            return made

        return staticmethod(client).__func__

    @classmethod
    def account(cls, code, **vals):
        """An account of the company, at the sandbox unless another address is given; made by the accountant."""
        login = {} if code == "loopback" else {"sandbox_url": cls.sandbox.address, **LOGIN[code]}
        return cls.Account.create({"company_id": cls.company.id, "provider": code, **login, **vals})

    def two(self, first="finkok", second="sw", **vals):
        """Two accounts, and nobody answers at the first."""
        return (self.account(first, sequence=1, sandbox_url=self.nobody()),
                self.account(second, sequence=2, **vals))

    @contextmanager
    def using(self, code, **vals):
        """While it lasts the company stamps over this PAC."""
        account = self.account(code, **vals)
        try:
            yield account
        finally:
            self.retire(account)

    def retire(self, accounts):
        """Archive them; others of the same PACs may come."""
        accounts.active = False
        accounts.flush_recordset()

    @contextmanager
    def refused(self, text, error=UserError):
        """What is done inside is refused with this text, and leaves nothing behind."""
        with self.assertRaisesRegex(error, text), self.env.cr.savepoint():
            yield

    @contextmanager
    def impatient(self, seconds=1):
        """While it lasts an operation takes no longer than this."""
        with patch.object(PacCommon, "limit", seconds):
            yield

    @staticmethod
    def nobody():
        """An address where nobody listens."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            return f"http://127.0.0.1:{free.getsockname()[1]}"

    def calls(self, operation):
        """How many calls of an operation arrived at the PAC."""
        return sum(call.operation == operation for call in self.pac.calls())

    def due(self, *documents):
        """Their next turn has come, and nobody has a hold of them."""
        for document in documents:
            document.write({"retry_at": document._now(), "lease_until": False})

    def person(self, login, groups, company):
        return new_test_user(
            self.env(user=SUPERUSER_ID), login=login, password=f"{login}-{login}", groups=groups,
            company_id=company.id, company_ids=[(6, 0, company.ids)])

    @property
    def clock_now(self):
        return self.Account._now()
