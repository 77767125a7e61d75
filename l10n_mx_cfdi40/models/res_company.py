"""What a company needs to issue CFDI: environment, PAC and certificate."""

import re
from pathlib import Path

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import config

from ..cfdi.values import Emisor
from ..pac import registry
from .certificate import naive_utc


class ResCompany(models.Model):
    _inherit = "res.company"

    l10n_mx_cfdi40_environment = fields.Selection(
        [("test", "Test"), ("production", "Production")],
        string="CFDI Environment", default="test", required=True,
        help="Nothing that is stamped in the test environment has fiscal validity.",
    )
    l10n_mx_cfdi40_pac_account_ids = fields.One2many(
        "l10n_mx_cfdi40.pac.account", "company_id", string="PAC Accounts")
    l10n_mx_cfdi40_pac = fields.Selection(
        "_l10n_mx_cfdi40_pac_selection", string="PAC", compute="_compute_l10n_mx_cfdi40_pac",
        help="The certification provider (PAC) that stamps the invoices of this company: that of its first account. "
        "Without any, in the test environment, the embedded one.",
    )
    l10n_mx_cfdi40_log_days = fields.Integer(
        "Keep Exchanges With PACs (days)", default=90, required=True,
        help="Older ones are deleted. The CFDI and its history stay.")
    l10n_mx_cfdi40_stamp_on_post = fields.Boolean(
        "Stamp on Posting", help="Queue an invoice for stamping as soon as it is posted.",
    )
    l10n_mx_cfdi40_certificate_ids = fields.One2many(
        "l10n_mx_cfdi40.certificate", "company_id", string="CFDI Certificates",
    )

    @api.model
    def _l10n_mx_cfdi40_pac_selection(self):
        return [(provider.code, provider.label) for provider in registry.PROVIDERS.values()]

    @api.depends(
        "l10n_mx_cfdi40_environment", "l10n_mx_cfdi40_pac_account_ids.active",
        "l10n_mx_cfdi40_pac_account_ids.sequence", "l10n_mx_cfdi40_pac_account_ids.environment")
    def _compute_l10n_mx_cfdi40_pac(self):
        for company in self:
            company.l10n_mx_cfdi40_pac = company._l10n_mx_cfdi40_pac_accounts()[:1].provider or (
                company.l10n_mx_cfdi40_environment == "test" and "loopback")

    @api.constrains("l10n_mx_cfdi40_environment")
    def _check_l10n_mx_cfdi40_pac(self):
        for company in self:
            root = company._l10n_mx_cfdi40_fiscal_root()
            if company == root and company.l10n_mx_cfdi40_environment == "production" and (
                    not root._l10n_mx_cfdi40_pac_accounts()):
                raise ValidationError(self.env._(
                    "%s has no account at a PAC for production, and the embedded one gives no fiscal validity: add the"
                    " account of the PAC with which you have a contract, or stay in the test environment.",
                    company.display_name))

    # -- who issues ----------------------------------------------------------------------------------------------------

    def _l10n_mx_cfdi40_rfc(self):
        """RFC of this very company: upper case, without spaces, hyphens or country prefix; '' if it has none."""
        self.ensure_one()
        # Odoo takes "/" for "no tax ID".
        rfc = re.sub(r"[\s./-]", "", self.vat or "").upper()
        # "MX" before the 12 or 13 characters is the country's prefix; an RFC itself may begin with MX.
        return rfc[2:] if rfc.startswith("MX") and len(rfc) in (14, 15) else rfc

    def _l10n_mx_cfdi40_fiscal_root(self):
        """The company whose RFC, certificates, PAC and stamp credits this one uses.

        A branch without an RFC of its own, or with its parent's, issues in the name of the nearest parent that has one.

        :return: one company, with sudo: somebody who works in a branch only may not open the parent
        """
        self.ensure_one()
        owner, rfc = self.sudo(), ""
        for company in reversed(self.sudo().parent_ids):
            own = company._l10n_mx_cfdi40_rfc()
            if rfc and own != rfc:
                break
            owner, rfc = company, own
        return owner

    def _l10n_mx_cfdi40_select_certificate(self, when):
        """The certificate that signs for this company a document dated ``when``.

        :param datetime when: moment in UTC, naive as Odoo keeps it or with its zone
        :return: one certificate with the caller's rights, or an empty record if none is in force
        """
        root = self._l10n_mx_cfdi40_fiscal_root()
        moment = naive_utc(when)
        found = self.env["l10n_mx_cfdi40.certificate"].sudo().search_fetch([
            ("company_id", "=", root.id),
            ("rfc", "=", root._l10n_mx_cfdi40_rfc()),
            ("active", "=", True),
            ("date_from", "<=", moment),
            ("date_to", ">=", moment),
            ("key_sealed", "!=", False),
        ])
        return found._pick().sudo(self.env.su)

    def _l10n_mx_cfdi40_emisor(self):
        """Who issues the CFDI of this company: the owner of the RFC that it uses."""
        root = self._l10n_mx_cfdi40_fiscal_root()
        return Emisor(
            rfc=root._l10n_mx_cfdi40_rfc(),
            nombre=root.partner_id.l10n_mx_cfdi40_name or "",
            regimen_fiscal=root.partner_id.l10n_mx_cfdi40_regimen_id.code or "",
        )

    # -- who stamps ----------------------------------------------------------------------------------------------------

    def _l10n_mx_cfdi40_pac_accounts(self, environment=None):
        """Accounts that stamp for this company, the preferred one first, with sudo."""
        root = self._l10n_mx_cfdi40_fiscal_root()
        environment = environment or root.l10n_mx_cfdi40_environment
        return root.l10n_mx_cfdi40_pac_account_ids.filtered(
            lambda account: account.active and account.environment == environment).sorted(
                lambda account: (account.sequence, account.id))

    def _l10n_mx_cfdi40_next_account(self, tried=()):
        """The account that gets the next document: the first that does not rest and has stamps; after it only
        those where the issuer's agreement is in place.

        :param tried: ids that could not be reached just now (False: the embedded PAC)
        :return: (code of the PAC, account); (None, empty) when none can be used now; an empty account is the embedded
        """
        accounts = self._l10n_mx_cfdi40_pac_accounts()
        if not accounts:
            embedded = self.l10n_mx_cfdi40_pac if False not in tried else None
            return embedded or None, accounts
        account = self._l10n_mx_cfdi40_usable_accounts().filtered(
            lambda one: one.id not in tried and not one._is_resting() and not one._lacks_credits())[:1]
        return account.provider or None, account

    def _l10n_mx_cfdi40_usable_accounts(self):
        """Accounts that may get a document: the first, and those where the issuer's agreement is in place."""
        accounts = self._l10n_mx_cfdi40_pac_accounts()
        return accounts.filtered(lambda account: account.is_ready or account == accounts[0])

    def _l10n_mx_cfdi40_pac_client(self, code=None, environment=None, account=None, observer=None):
        """A client of the company's PAC, with its settings: plain values, no record reaches it.

        :param code: the PAC that got a document, which alone may be asked about it; without, the company's own
        :param environment: where that document was sent ('test', 'production'); without, the company's own
        :param account: the account at that PAC, if it is known
        :param observer: is told of every exchange with the PAC
        :raise UserError: the PAC's settings are incomplete, or it may not be used in this environment
        """
        root = self._l10n_mx_cfdi40_fiscal_root()
        environment = environment or root.l10n_mx_cfdi40_environment
        code = code or root.l10n_mx_cfdi40_pac
        account = account or root.with_context(active_test=False).l10n_mx_cfdi40_pac_account_ids.filtered(
            lambda one: one.provider == code and one.environment == environment).sorted("active", reverse=True)[:1]
        if account:
            return account._client(observer=observer)
        if code == "loopback":
            return self._l10n_mx_cfdi40_embedded_client(environment, observer)
        raise UserError(self.env._(
            "%(company)s has no account at the PAC for the environment “%(environment)s”: add it in CFDI > PAC"
            " accounts.", company=root.name, environment=environment))

    def _l10n_mx_cfdi40_embedded_client(self, environment, observer=None):
        try:
            return registry.client(
                "loopback", {"store": str(self._l10n_mx_cfdi40_loopback_store())},
                production=environment == "production", observer=observer)
        except (LookupError, ValueError) as error:
            raise UserError(str(error)) from error

    @api.model
    def _l10n_mx_cfdi40_loopback_store(self):
        """The embedded test PAC's file: beside the database, never inside its transaction."""
        return Path(config["data_dir"]) / "l10n_mx_cfdi40" / f"{self.env.cr.dbname}.sqlite3"
