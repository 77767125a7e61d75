"""Where every Odoo test of the addon starts: a Mexican company and its certificate, and people without admin rights."""

import base64
import os
import shutil
import tempfile
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from unittest.mock import patch

from odoo.addons.account.tests.common import AccountTestInvoicingCommon
from odoo.tests import freeze_time, new_test_user

from ..models import secret_box
from ..pac.authority import Authority
from ..pac.clock import Clock
from ..pac.store import Store

#: Password of every key that these tests make. No key of the tests is worth anything.
PASSWORD = "12345678a"
#: The tests' certificates are in force at any moment that a test may choose.
DESDE, HASTA = datetime(2024, 1, 1, tzinfo=UTC), datetime(2049, 12, 31, tzinfo=UTC)

RFC, NOMBRE = "EKU9003173C9", "ESCUELA KEMPER URGATE"


@cache
def _prepared():
    """A store with its authority and the company's certificate, made once a process: making RSA keys takes time."""
    folder = Path(tempfile.mkdtemp(prefix="l10n_mx_cfdi40_tests_"))
    store = Store(folder / "prepared.sqlite3")
    authority = Authority(store)
    files = authority.csd(RFC, f"{NOMBRE} SA DE CV", password=PASSWORD, desde=DESDE, hasta=HASTA)
    authority.stamping  # noqa: B018 - made now, so that every copy has it
    return store.path, files


class CfdiCommon(AccountTestInvoicingCommon):
    """A company (EKU9003173C9) with the MX chart, and three users of it:

    - ``accountant``: accounting manager, installs certificates; **not** an administrator of the system;
    - ``biller``: issues invoices;
    - ``self.env``'s user, who may do all, for preparing.

    ``become(user)`` makes ``self.env`` that user's. ``store``, ``authority`` and ``clock`` are the embedded PAC's, in a
    file of this class. ``with self.at("2026-03-02 18:00:00"):`` stops both clocks, Odoo's and the PAC's (UTC).
    """

    @classmethod
    @AccountTestInvoicingCommon.setup_country("mx")
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.company_data["company"]
        cls._isolate()
        # Demo data may have given the same RFC to another company.
        cls.env["res.company"].search([("vat", "=", RFC), ("id", "!=", cls.company.id)]).write({"vat": False})
        mexico = cls.env.ref("base.mx")
        cls.company.write({
            "name": "Escuela Kemper Urgate SA de CV",
            "vat": RFC,
            "street": "Av. Juárez 100",
            "city": "Pachuca",
            "zip": "42501",
            "state_id": cls.env.ref("base.state_mx_hgo").id,
            "country_id": mexico.id,
        })
        cls.accountant = cls._user("contadora", "account.group_account_manager")
        cls.biller = cls._user("facturista", "account.group_account_invoice")
        cls.csd_files = _prepared()[1]

    @classmethod
    def _isolate(cls):
        """An own embedded PAC and an own master key: nothing of the machine's is read or written."""
        folder = Path(tempfile.mkdtemp(prefix="l10n_mx_cfdi40_tests_"))
        cls.addClassCleanup(shutil.rmtree, folder)
        path = folder / "store.sqlite3"
        shutil.copyfile(_prepared()[0], path)
        cls.store = Store(path)
        cls.authority = Authority(cls.store)
        cls.clock = Clock(cls.store)
        companies = cls.env.registry["res.company"]
        cls.startClassPatcher(patch.object(companies, "_l10n_mx_cfdi40_loopback_store", lambda self: path))
        key = base64.b64encode(b"master key of the tests, 32 byte").decode()
        cls.startClassPatcher(patch.dict(os.environ, {secret_box.VARIABLE: key}))
        cls.startClassPatcher(patch.object(secret_box, "config", {"data_dir": str(folder)}))

    @classmethod
    def _user(cls, login, groups, company=None):
        company = company or cls.company
        return new_test_user(
            cls.env, login=login, password=f"{login}-{login}", groups=groups,
            company_id=company.id, company_ids=[(6, 0, company.ids)],
        )

    @classmethod
    def become(cls, user):
        """From now on ``cls.env`` (and each test's ``self.env``) is this user's."""
        cls.env = cls.env(user=user)
        cls.company = cls.company.with_env(cls.env)

    @classmethod
    def install_certificate(cls, files=None, *, password=PASSWORD, user=None, company=None):
        """Install a certificate through the wizard, as the accountant does; the company's own one unless given.

        :param tuple files: ``(cer, key)``, DER, as ``authority.csd()`` returns them
        :return: the certificate, with the rights of ``cls.env``
        """
        cer, key = files or cls.csd_files
        company = company or cls.company
        wizards = cls.env(user=user or cls.accountant)["l10n_mx_cfdi40.certificate.wizard"]
        wizard = wizards.with_company(company).create({
            "cer": base64.b64encode(cer), "key": base64.b64encode(key), "password": password,
        })
        wizard.action_install()
        return cls.env["l10n_mx_cfdi40.certificate"].search([("serial", "=", wizard.serial)])

    @contextmanager
    def at(self, moment):
        """Stop the clocks of Odoo and of the embedded PAC.

        :param str moment: UTC, ``YYYY-MM-DD HH:MM:SS``
        """
        self.clock.freeze(datetime.fromisoformat(moment).replace(tzinfo=UTC))
        try:
            with freeze_time(moment):
                yield
        finally:
            self.clock.reset()
