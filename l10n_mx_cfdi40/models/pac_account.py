"""Accounts at the PACs: with whom the company has a contract, in which order they are used, and how each one is doing.

Credentials are encrypted (see secret_box) and written only: no screen, API or log ever shows them again. What becomes
of an account whose PAC fails is in pac_account_rest.
"""
import base64
import json
from pathlib import Path

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import config

from ..pac import registry
from ..pac.base import (
    CAN_TEST_CREDENTIALS,
    CredentialsOk,
    Refused,
)
from ..pac.codes import explain
from . import secret_box

#: What is shown of a secret that is there.
MASK = "••••••••"
#: Settings that a screen has a field for; which of them a PAC asks for, its provider says.
PLAIN = ("username", "contract", "rfc_pac", "sandbox_url")
SECRET = ("password", "token")
MANAGER = "l10n_mx_cfdi40.group_manager"
#: What an account that was used keeps: it says where its documents are.
_FIXED = frozenset({"provider", "environment", "company_id"})


class PacAccount(models.Model):
    _name = "l10n_mx_cfdi40.pac.account"
    _description = "Account at a PAC"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "company_id, environment, sequence, id"
    _check_company_auto = True

    company_id = fields.Many2one(
        "res.company", required=True, ondelete="restrict", index=True, default=lambda self: self.env.company,
        help="Who owns the RFC; its branches use the same account.")
    provider = fields.Selection("_provider_selection", "PAC", required=True)
    environment = fields.Selection(
        [("test", "Test"), ("production", "Production")], required=True, default="test")
    sequence = fields.Integer(
        "Priority", default=10, help="The first one is used; the next ones when it cannot be reached.")
    active = fields.Boolean(default=True)
    is_ready = fields.Boolean(
        "Agreement in place", default=True,
        help="The issuer is registered there and its agreement is signed: it may take over when another PAC fails.")
    max_connections = fields.Integer(
        "Connections at once", aggregator=None, help="Zero: as many as the PAC admits.")
    contact_email = fields.Char("Contact of the PAC", help="Whom to write when it does not answer for an hour.")

    username = fields.Char("User", groups=MANAGER)
    contract = fields.Char(groups=MANAGER)
    rfc_pac = fields.Char(
        "RFC of the PAC", groups=MANAGER, help="With which it presents itself to the SAT; empty for the usual one.")
    sandbox_url = fields.Char(
        "Address", groups=MANAGER,
        help="Only in the test environment: instead of the PAC's own address, that of a sandbox on this machine.")
    password = fields.Char(compute="_compute_secrets", inverse="_inverse_password", store=False, groups=MANAGER)
    token = fields.Char(compute="_compute_secrets", inverse="_inverse_token", store=False, groups=MANAGER)
    secret_sealed = fields.Binary(attachment=False, readonly=True, copy=False, groups=fields.NO_ACCESS)
    secret_names = fields.Char(
        readonly=True, copy=False, groups=fields.NO_ACCESS, help="Which secrets are there: known without opening them.")
    asks_username = fields.Boolean(compute="_compute_asks")
    asks_password = fields.Boolean(compute="_compute_asks")
    asks_token = fields.Boolean(compute="_compute_asks")
    asks_contract = fields.Boolean(compute="_compute_asks")
    asks_rfc_pac = fields.Boolean(compute="_compute_asks")
    can_check = fields.Boolean(compute="_compute_asks")
    capability_text = fields.Char("Can do", compute="_compute_asks")

    state = fields.Selection(
        [("ok", "Works"), ("failing", "Failing"), ("resting", "Rests"), ("incomplete", "Incomplete")],
        compute="_compute_state")

    _one_login = models.UniqueIndex(
        "(company_id, provider, environment) WHERE active",
        "The company already has an account of this PAC in this environment.")

    @api.model
    def _provider_selection(self):
        return [(provider.code, provider.label) for provider in registry.PROVIDERS.values()]

    # -- what follows from what ----------------------------------------------------------------------------------------

    @api.depends("provider", "environment")
    def _compute_display_name(self):
        labels = dict(self._provider_selection())
        for account in self:
            account.display_name = labels.get(account.provider, account.provider)

    @api.depends("provider")
    def _compute_asks(self):
        for account in self:
            provider = registry.PROVIDERS.get(account.provider)
            names = {setting.name for setting in provider.settings} if provider else set()
            for name in (*PLAIN, *SECRET):
                if name != registry.SANDBOX_URL:
                    account[f"asks_{name}"] = name in names
            account.can_check = bool(provider) and CAN_TEST_CREDENTIALS in provider.capabilities
            account.capability_text = ", ".join(sorted(
                self._capability_label(one) for one in provider.capabilities)) if provider else ""

    @api.model
    def _capability_label(self, capability):
        return {
            "stamp": self.env._("stamp"),
            "recover": self.env._("recover a stamp"),
            "repeat": self.env._("repeat without a second stamp"),
            "cancel": self.env._("cancel with a request signed here"),
            "sat_status": self.env._("state at the SAT"),
            "related": self.env._("related CFDI"),
            "pending": self.env._("cancellations to accept"),
            "answer": self.env._("accept or reject"),
            "receipt": self.env._("receipt (acuse) of a cancellation"),
            "credits": self.env._("balance of stamps"),
            "check": self.env._("test the credentials"),
        }.get(capability, capability)

    @api.depends("rest_until", "failures", "provider", "environment", "username", "contract", "secret_names")
    def _compute_state(self):
        now = self._now()
        for account in self:
            if not account.provider or account.sudo()._missing():
                account.state = "incomplete"
            elif account.rest_until and account.rest_until > now:
                account.state = "resting"
            else:
                account.state = "failing" if account.failures else "ok"

    @api.constrains("provider", "environment", "sandbox_url")
    def _check_environment(self):
        for account in self:
            provider = registry.PROVIDERS[account.provider]
            if account.environment == "production" and provider.test_only:
                raise ValidationError(self.env._(
                    '"%s" gives no fiscal validity, so it cannot be used in production. Choose the PAC with which you'
                    " have a contract, or stay in the test environment.", provider.label))
            if account.environment == "production" and account.sandbox_url:
                raise ValidationError(self.env._(
                    "Another address than the PAC's own is only for the test environment: remove it."))
            try:
                registry.sandbox_address(account.sandbox_url, production=False)
            except ValueError as error:
                raise ValidationError(str(error)) from error

    @api.constrains("company_id")
    def _check_owner(self):
        for account in self:
            if account.company_id._l10n_mx_cfdi40_fiscal_root() != account.company_id:
                raise ValidationError(self.env._(
                    "%s issues with the RFC of its parent: the account belongs to the parent.",
                    account.company_id.name))

    def write(self, vals):
        changed = [name for name in vals if name in _FIXED]
        for account in self if changed else ():
            if any(account._fields[name].convert_to_write(account[name], account) != vals[name] for name in changed):
                account._check_unused()
        return super().write(vals)

    def _check_unused(self):
        """What a PAC got is asked about, and cancelled, at that PAC: under another name it would be stamped again.

        :raises UserError: a document was sent with this account, or stamps were bought for it
        """
        mine = [("pac_account_id", "=", self.id)]
        if self.env["l10n_mx_cfdi40.document"].sudo().search_count(mine, limit=1) or self.sudo().package_ids:
            raise UserError(self.env._(
                "CFDI were sent with the account at %s, or stamps were bought for it, so its PAC, environment and"
                " company stay as they are: archive it, and add another account.", self.display_name))

    def _now(self):
        return fields.Datetime.now()

    # -- secrets -------------------------------------------------------------------------------------------------------

    @api.depends("secret_names")
    def _compute_secrets(self):
        for account in self:
            there = account.sudo()._secret_names()
            for name in SECRET:
                account[name] = MASK if name in there else False

    def _inverse_password(self):
        self._keep_secret("password")

    def _inverse_token(self):
        self._keep_secret("token")

    def _keep_secret(self, name):
        for account in self:
            value = account[name]
            if value == MASK:
                continue
            secrets = account.sudo()._secrets_to_keep()
            secrets.pop(name, None)
            if value:
                secrets[name] = value
            account.sudo()._seal(secrets)
            account.sudo()._wake()
            # What was written must not be answered to whoever reads the record in this same request.
            account._fields[name]._update_cache(account, MASK if value else False)

    def _seal(self, secrets):
        sealed = secret_box.seal(
            json.dumps(secrets).encode(), self.env, purpose=self._purpose()) if secrets else b""
        self.write({
            "secret_sealed": base64.b64encode(sealed) if sealed else False,
            "secret_names": ",".join(sorted(secrets)) or False,
        })

    def _secret_names(self):
        return set((self.secret_names or "").split(",")) - {""}

    def _purpose(self):
        return secret_box.purpose(self._name, "secret_sealed", self.id)

    def _sealed(self):
        return base64.b64decode(self.with_context(bin_size=False, bin_size_secret_sealed=False).secret_sealed or b"")

    def _secrets(self):
        """{name: secret}, opened; only ever handed to a client."""
        sealed = self._sealed()
        return json.loads(secret_box.unseal(sealed, self.env, purpose=self._purpose())) if sealed else {}

    def _secrets_to_keep(self):
        """The same; none when the master key was lost: who writes them anew must not need the old ones."""
        try:
            return self._secrets()
        except secret_box.SecretError:
            return {}

    def _missing(self):
        """Labels of the settings that the PAC asks for and that are not there. Opens no secret."""
        provider = registry.PROVIDERS.get(self.provider)
        if not provider:
            return []
        given = {name for name in PLAIN if self[name]} | self._secret_names()
        given |= {setting.name for setting in provider.settings if setting.automatic}
        return provider.missing(given, production=self.environment == "production")

    # -- the client ----------------------------------------------------------------------------------------------------

    def _client(self, observer=None):
        """A client of this account: plain values, no record reaches it.

        :param observer: is told of every exchange (see pac.transport)
        :raises UserError: the settings are incomplete
        """
        self.ensure_one()
        account = self.sudo()
        missing = account._missing()
        if missing:
            raise UserError(self.env._(
                "The account at %(pac)s lacks: %(settings)s. Complete it in CFDI > PAC accounts.",
                pac=account.display_name, settings=", ".join(missing)))
        settings = {name: account[name] for name in PLAIN if account[name]} | account._secrets()
        settings["store"] = str(account.company_id._l10n_mx_cfdi40_loopback_store())
        try:
            return registry.client(
                account.provider, settings, production=account.environment == "production", observer=observer,
                rfc=account.company_id._l10n_mx_cfdi40_rfc(), cache=str(account._cache_folder()))
        except (LookupError, ValueError) as error:
            raise UserError(str(error)) from error

    def _connections(self):
        """How many calls at once: the PAC's own limit, or fewer if this account says so."""
        most = registry.PROVIDERS[self.provider].max_connections
        return max(1, min(self.max_connections or most, most))

    @api.model
    def _cache_folder(self):
        """Where the contracts (WSDL) of the PACs are kept, for all databases of this server."""
        return Path(config["data_dir"]) / "l10n_mx_cfdi40" / "contracts"

    # -- buttons -------------------------------------------------------------------------------------------------------

    def action_check(self):
        """Ask the PAC whether it knows these credentials. Stamps nothing, costs nothing.

        :raises UserError: it does not, or it did not answer; says what to do
        """
        self.check_access("write")
        self.ensure_one()
        exchanges = []
        client = self._client(observer=exchanges.append)
        answer = client.check()
        client.close()
        self.env["l10n_mx_cfdi40.pac.exchange"]._write_down(exchanges, self.company_id, account=self)
        if not isinstance(answer, CredentialsOk):
            # The log keeps what went wrong, too.
            self._commit()
            refused = isinstance(answer, Refused)
            raise UserError(str(explain(
                answer.code if refused else answer.reason, answer.message if refused else answer.detail)))
        self.sudo()._wake()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("%s knows these credentials.", self.display_name),
            },
        }

    def action_exchanges(self):
        """What was exchanged with this account."""
        return {
            **self.env["ir.actions.actions"]._for_xml_id("l10n_mx_cfdi40.action_pac_exchange"),
            "domain": [("account_id", "in", self.ids)],
        }
