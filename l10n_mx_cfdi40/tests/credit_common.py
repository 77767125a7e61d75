"""An account at the embedded PAC whose stamps are bought in packages."""
from dataclasses import replace
from types import MappingProxyType
from unittest.mock import patch

from odoo.addons.l10n_mx_cfdi40.pac import registry
from odoo.addons.l10n_mx_cfdi40.pac.base import CAN_TELL_CREDITS

from .complement_common import ComplementCommon


class CreditCommon(ComplementCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.accountant.email = "contadora@example.com"
        cls.account = cls.env["l10n_mx_cfdi40.pac.account"].with_user(cls.accountant).create({
            "company_id": cls.company.id, "provider": "loopback", "environment": "test"})

    def setUp(self):
        super().setUp()
        self.addCleanup(self.pac.set_credits, None)
        self.uses = self.env["l10n_mx_cfdi40.credit.use"].sudo()

    def package(self, quantity, activate=True, **vals):
        """A package as the accountant buys it."""
        package = self.env["l10n_mx_cfdi40.credit.package"].with_user(self.accountant).create({
            "account_id": self.account.id, "quantity": quantity, **vals})
        if activate:
            package.action_activate()
        return package

    def stamped(self, count=1):
        """Invoices that the biller stamped."""
        moves = self.env["account.move"]
        for _number in range(count):
            move = self.ready()
            move._l10n_mx_cfdi40_stamp()
            self.assertStamped(move)
            moves |= move
        return moves

    def settle(self):
        """What the cron does."""
        self.env["l10n_mx_cfdi40.pac.account"].sudo()._cron_credits()
        self.env.invalidate_all()

    def provider(self, **changes):
        """From now on the embedded PAC is another kind of PAC."""
        provider = replace(registry.PROVIDERS["loopback"], **changes)
        patcher = patch.object(registry, "PROVIDERS", MappingProxyType({**registry.PROVIDERS, "loopback": provider}))
        patcher.start()
        self.addCleanup(patcher.stop)

    def mute(self):
        """A PAC that does not tell how many stamps are left."""
        self.provider(capabilities=registry.PROVIDERS["loopback"].capabilities - {CAN_TELL_CREDITS})

    def activities(self):
        return self.env["mail.activity"].sudo().search([
            ("activity_type_id", "=", self.env.ref("l10n_mx_cfdi40.mail_activity_credits").id),
            ("res_id", "=", self.account.id), ("user_id", "=", self.accountant.id)])

    def mails(self, record):
        return self.env["mail.mail"].sudo().search([("model", "=", record._name), ("res_id", "=", record.id)])
