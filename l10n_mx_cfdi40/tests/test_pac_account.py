"""Accounts at PACs: who may do what with them, in which environment, and what is said when something is missing."""
from dataclasses import replace
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.modules.neutralize import get_neutralization_queries
from odoo.tests import tagged
from psycopg2 import IntegrityError

from ..models.pac_account import PLAIN, SECRET
from ..pac import registry, transport
from ..sat.consulta import ConsultaCfdi
from .pac_common import PACS, PASSWORD, TOKEN, USER, PacCommon

QUEUE = "odoo.addons.l10n_mx_cfdi40.models.queue"


@tagged("post_install_l10n", "post_install", "-at_install")
class TestPacAccount(PacCommon):

    # -- settings ------------------------------------------------------------------------------------------------------

    def test_every_setting_of_every_pac_has_a_field(self):
        for provider in registry.PROVIDERS.values():
            for setting in provider.settings:
                with self.subTest(provider=provider.code, setting=setting.name):
                    self.assertTrue(setting.automatic or setting.name in (SECRET if setting.secret else PLAIN))

    def test_what_is_missing_is_named(self):
        for code, given, missing in (
            ("finkok", {}, "Usuario, Contraseña"),
            ("finkok", {"username": USER}, "Contraseña"),
            ("prodigia", {"password": PASSWORD}, "Contrato, Usuario"),
            ("solucion_factible", {"password": PASSWORD}, "Usuario"),
            ("sw", {}, "Usuario y Contraseña o Token infinito"),
            ("sw", {"username": USER}, "Usuario y Contraseña o Token infinito"),
            ("sw", {"password": PASSWORD}, "Usuario y Contraseña o Token infinito"),
        ):
            with self.subTest(code=code, given=list(given)):
                account = self.Account.create({"company_id": self.company.id, "provider": code, **given})
                self.assertEqual(account.state, "incomplete")
                with self.refused(f"lacks: {missing}\\. Complete it in CFDI > PAC accounts"):
                    account.action_check()
                with self.refused(f"lacks: {missing}\\."):
                    self.ready()._l10n_mx_cfdi40_stamp()
                self.retire(account)
        self.assertEqual(self.pac.calls(), [])

    def test_one_of_two_ways_is_enough(self):
        for given in ({"username": USER, "password": PASSWORD}, {"token": TOKEN}):
            account = self.Account.create({"company_id": self.company.id, "provider": "sw", **given})
            self.assertEqual(account.state, "ok")
            self.retire(account)

    def test_an_incomplete_account_lets_the_queue_say_so(self):
        move = self.ready()
        move._l10n_mx_cfdi40_enqueue()
        with self.using("finkok", password=False), self.assertLogs(QUEUE, "WARNING") as logs:
            self.run_queue()
        self.assertIn("Contraseña", "".join(logs.output))
        self.assertIn(self.document(move).state, ("draft", "sealed"))

    def test_the_form_asks_for_what_the_pac_needs(self):
        asked = {
            "loopback": {"username", "password"}, "finkok": {"username", "password", "rfc_pac"},
            "sw": {"username", "password", "token"}, "solucion_factible": {"username", "password"},
            "prodigia": {"username", "password", "contract"},
        }
        self.assertEqual(set(asked), set(registry.PROVIDERS))
        for code, names in asked.items():
            account = self.Account.new({"provider": code})
            found = {name for name in (*PLAIN, *SECRET) if name in self.Account._fields and account._fields.get(
                f"asks_{name}") and account[f"asks_{name}"]}
            self.assertEqual(found, names, code)

    def test_what_a_pac_can_do(self):
        with self.using("finkok") as account:
            for told in ("stamp", "recover a stamp", "cancel with a request signed here", "balance of stamps",
                         "accept or reject", "test the credentials"):
                self.assertIn(told, account.capability_text)
        with self.using("prodigia") as account:
            self.assertIn("repeat without a second stamp", account.capability_text)
            for told in ("recover a stamp", "balance of stamps", "cancellations to accept", "state at the SAT"):
                self.assertNotIn(told, account.capability_text)

    def test_connections_are_the_pacs_or_fewer(self):
        with self.using("finkok") as account:
            most = registry.PROVIDERS["finkok"].max_connections
            for given, expected in ((0, most), (2, 2), (most + 50, most), (-3, 1)):
                account.max_connections = given
                self.assertEqual(account._connections(), expected)

    # -- the test of credentials ---------------------------------------------------------------------------------------

    def test_credentials_are_tested_without_a_stamp(self):
        for code in PACS:
            with self.subTest(code=code), self.using(code) as account:
                action = account.action_check()
                self.assertEqual(action["params"]["type"], "success")
                account.password = "otra"
                with self.refused(r"^\[300\] .*credenciales"):
                    account.action_check()
                account.sandbox_url = self.nobody()
                with self.refused("No hubo conexión con el PAC"):
                    account.action_check()
                self.assertTrue(self.Exchange.search([("account_id", "=", account.id), ("operation", "!=", False)]))
                with self.assertRaises(AccessError):
                    account.with_user(self.biller).action_check()
        self.assertEqual(self.stamps(), 0)

    # -- environments --------------------------------------------------------------------------------------------------

    def test_production_refuses_what_is_for_tests(self):
        with self.refused("no fiscal validity", ValidationError):
            self.account("loopback", environment="production")
        for url in (self.sandbox.address, "https://services.test.sw.com.mx"):
            with self.refused("only for the test environment", ValidationError):
                self.account("sw", environment="production", sandbox_url=url)
        account = self.account("sw", environment="production", sandbox_url=False)
        with self.refused("only for the test environment", ValidationError):
            account.sandbox_url = self.sandbox.address
        with self.using("finkok") as test, self.refused("only for", ValidationError):
            test.environment = "production"

    def test_a_sandbox_is_on_this_machine(self):
        for url in ("http://192.0.2.1:8075", "https://pac.example.com", "file:///etc/passwd", "127.0.0.1:8075",
                    "http://127.0.0.1@example.com"):
            with self.subTest(url=url), self.refused("sandbox", ValidationError):
                self.account("sw", sandbox_url=url)
        self.assertTrue(self.account("sw", sandbox_url="http://localhost:8075/"))

    def test_past_the_constraint_the_client_still_refuses(self):
        """A row that was written with SQL, or by an older version."""
        account = self.account("sw")
        self.env.cr.execute(
            "UPDATE l10n_mx_cfdi40_pac_account SET environment = 'production' WHERE id = %s", [account.id])
        account.invalidate_recordset()
        with self.refused("sandbox"):
            account._client()
        self.env.cr.execute(
            "UPDATE l10n_mx_cfdi40_pac_account SET provider = 'loopback' WHERE id = %s", [account.id])
        account.invalidate_recordset()
        with self.refused("no se puede usar en producción"):
            account._client()

    def test_a_company_in_production_needs_an_account_there(self):
        company = self.company.with_user(self.accountant).sudo()
        with self.using("finkok"), self.refused("no account at a PAC for production", ValidationError):
            company.l10n_mx_cfdi40_environment = "production"
        company.invalidate_recordset()
        self.account("finkok", environment="production", sandbox_url=False)
        company.l10n_mx_cfdi40_environment = "production"
        self.assertEqual(company.l10n_mx_cfdi40_pac, "finkok")
        client = company._l10n_mx_cfdi40_pac_client()
        self.assertEqual(client._url, "https://facturacion.finkok.com")

    def test_without_any_account_in_production_nothing_is_sent(self):
        """The last one was archived: the person is told what to do, and the embedded PAC gets nothing."""
        account = self.account("finkok", environment="production", sandbox_url=False)
        self.company.sudo().l10n_mx_cfdi40_environment = "production"
        account.active = False
        move = self.ready()
        with self.refused("no account at a PAC that may stamp"):
            move._l10n_mx_cfdi40_stamp()
        move._l10n_mx_cfdi40_enqueue()
        with self.assertLogs(QUEUE, "WARNING") as logs:
            self.run_queue()
        self.assertIn("no account at a PAC that may stamp", "".join(logs.output))
        root = self.company.sudo()
        self.assertIn("no account at a PAC", self.env["l10n_mx_cfdi40.received.request"]._list_hint(root))
        self.assertIn("no account at a PAC", self.env["l10n_mx_cfdi40.received.request"]._pac_hint(root))
        self.assertEqual(self.pac.calls(), [])

    def test_test_and_production_addresses(self):
        for code in PACS:
            provider = registry.PROVIDERS[code]
            for environment in ("test", "production"):
                account = self.account(code, environment=environment, sandbox_url=False)
                client = account._client()
                self.assertEqual(client._url, provider.url(environment == "production"))
                client.close()

    # -- neutralized copies --------------------------------------------------------------------------------------------

    def in_production(self):
        """A company in production with a stamped invoice, one in doubt and a cancellation that waits."""
        self.account("finkok", environment="production", sandbox_url=False)
        with self.using("finkok"):
            stamped, doubtful = self.small(), self.ready()
            row = self.env["l10n_mx_cfdi40.cancellation"].sudo()._order_for(self.document(stamped), "02")
            self.fault("closed")
            doubtful._l10n_mx_cfdi40_stamp()
        self.company.sudo().l10n_mx_cfdi40_environment = "production"
        account = self.Account.search([("provider", "=", "finkok")])
        self.env.flush_all()
        # As they would be if they had been stamped there.
        self.env.cr.execute(
            "UPDATE l10n_mx_cfdi40_document SET pac_account_id = %s, environment = 'production' WHERE id IN %s",
            [account.id, (self.document(stamped).id, self.document(doubtful).id)])
        self.env.cr.execute(
            "UPDATE l10n_mx_cfdi40_cancellation SET environment = 'production' WHERE id = %s", [row.id])
        self.env.invalidate_all()
        return stamped, doubtful, row

    def neutralize(self):
        self.env.cr.execute("\n".join(get_neutralization_queries(["l10n_mx_cfdi40"])))
        self.env.invalidate_all()

    def test_a_neutralized_copy_reaches_no_production(self):
        stamped, doubtful, row = self.in_production()
        self.neutralize()
        account = self.document(doubtful).pac_account_id.with_user(self.accountant)
        self.assertFalse(account.active)
        self.assertFalse(account.sudo().secret_sealed or account.password)
        self.assertEqual(self.company.sudo().l10n_mx_cfdi40_pac, "loopback")
        # Somebody types the credentials in again, to look at something.
        account.write({"password": PASSWORD})
        reached = []

        def send(self, method, url, **options):
            reached.append(url)
            raise AssertionError(url)

        self.due(self.document(doubtful))
        row.retry_at = self.clock_now
        with patch.object(transport.Wire, "send", send), patch.object(
                ConsultaCfdi, "estado", lambda self, consulta: reached.append(self.url)):
            for act in (
                self.run_recover, self.run_queue, self.run_cancellations, row._run,
                lambda: self.document(stamped)._ask_sat(), doubtful.action_l10n_mx_cfdi40_ask,
                lambda: self.document(stamped)._cancel_pac(),
                lambda: self.env["l10n_mx_cfdi40.received.request"].sudo()._cron_ask(),
            ):
                try:
                    act()
                except UserError as error:
                    self.assertRegex(str(error), "environment|certificate")
        self.assertEqual(reached, [])
        self.assertEqual(self.document(doubtful).state, "in_doubt")
        self.assertEqual(self.document(stamped).state, "stamped")

    def test_without_the_copys_settings_it_would_be_reached(self):
        """Otherwise the test above could not fail."""
        _stamped, doubtful, _row = self.in_production()
        reached = []

        def send(self, method, url, **options):
            reached.append(url)
            raise transport.Failed(transport.Unknown("unreachable", "", sent=False))

        self.due(self.document(doubtful))
        with patch.object(transport.Wire, "send", send):
            doubtful.action_l10n_mx_cfdi40_ask()
        self.assertTrue(reached[0].startswith("https://facturacion.finkok.com"))

    # -- whose accounts ------------------------------------------------------------------------------------------------

    def test_one_account_of_a_pac_for_each_environment(self):
        self.account("finkok")
        with self.assertRaises(IntegrityError), self.env.cr.savepoint(), self.assertLogs("odoo.sql_db", "ERROR"):
            self.account("finkok")
        self.assertTrue(self.account("finkok", environment="production", sandbox_url=False))
        self.assertTrue(self.account("finkok", active=False))

    def test_another_company_sees_nothing(self):
        account = self.account("finkok")
        account.action_check()
        other = self.env["res.company"].sudo().create({"name": "Otra"})
        stranger = self.person("extraña", "account.group_account_manager", other)
        seen = self.Account.with_user(stranger).with_context(allowed_company_ids=other.ids)
        self.assertFalse(seen.search([("id", "=", account.id)]))
        for act in (lambda: seen.browse(account.id).read(["provider"]), seen.browse(account.id).action_wake,
                    seen.browse(account.id).action_check, lambda: seen.browse(account.id).write({"sequence": 1}),
                    lambda: seen.create({"company_id": self.company.id, "provider": "sw"})):
            with self.assertRaises(AccessError):
                act()
        self.assertFalse(self.Exchange.sudo(False).with_user(stranger).search([]))

    def branch(self):
        return self.env["res.company"].sudo().create({
            "name": "Sucursal", "parent_id": self.company.id, "zip": "06000", "country_id": self.company.country_id.id})

    def test_a_branch_uses_its_parents_account(self):
        account = self.account("finkok")
        branch = self.branch()
        self.assertEqual(branch._l10n_mx_cfdi40_pac_accounts(), account.sudo())
        self.assertEqual(branch._l10n_mx_cfdi40_pac_client().code, "finkok")
        with self.refused("belongs to the parent", ValidationError):
            self.Account.sudo().create({"company_id": branch.id, "provider": "sw"})
        worker = self.person("sucursal", "account.group_account_invoice", branch)
        seen = account.with_user(worker).with_context(allowed_company_ids=branch.ids)
        self.assertEqual(seen.read(["state"])[0]["state"], "ok")
        boss = self.person("jefa", "account.group_account_manager", branch)
        with self.assertRaises(AccessError):
            account.with_user(boss).with_context(allowed_company_ids=branch.ids).sequence = 1

    def test_a_branch_with_an_rfc_of_its_own_does_not(self):
        self.account("finkok")
        branch = self.branch()
        branch.vat = "XIA190128J61"
        self.assertFalse(branch._l10n_mx_cfdi40_pac_accounts())
        self.assertTrue(self.Account.sudo().create({"company_id": branch.id, "provider": "sw"}))

    def test_what_a_pac_can_do_is_said_in_words(self):
        for code in PACS:
            with self.using(code) as account:
                said = set(account.capability_text.split(", "))
                self.assertEqual(len(said), len(registry.PROVIDERS[code].capabilities))
                self.assertFalse(said & registry.PROVIDERS[code].capabilities - {"stamp"}, said)

    def test_whatever_is_exchanged_is_kept(self):
        """A client of another day may name what this version has no word for."""
        with self.using("finkok") as account:
            exchanges = []
            account._client(observer=exchanges.append).check()
            strange = [replace(exchanges[0], operation="x", outcome="Y")]
            self.Exchange._write_down(strange, self.company, account=account)
        self.assertEqual(self.Exchange.search([], limit=1).operation, "other")

    def test_names_of_what_was_exchanged(self):
        with self.using("sw") as account:
            account.action_check()
        told = self.Exchange.search([("account_id", "=", account.id)])
        self.assertEqual(set(told.mapped("pac_label")), {"SW Sapien (SmarterWeb)"})
        self.assertLessEqual(set(told.mapped("display_name")), {"Test of the credentials", "Log in"})
        self.assertEqual(told.new({"pac": "otro"}).pac_label, "otro")

    def test_what_was_exchanged_about_a_document(self):
        with self.using("sw") as account:
            move = self.ready()
            move._l10n_mx_cfdi40_stamp()
            account.action_check()
        document = self.document(move)
        found = self.Exchange.search(document.with_user(self.accountant).action_exchanges()["domain"])
        self.assertEqual(found.document_id, document)
        # The newest first.
        self.assertEqual(found.mapped("display_name"), [
            f"{operation} {document.display_name}" for operation in ("Stamp", "Log in")])

    def test_nothing_chosen_yet_does_not_work(self):
        self.assertEqual(self.Account.new({}).state, "incomplete")

    # -- rights --------------------------------------------------------------------------------------------------------

    def test_only_managers_change_accounts(self):
        account = self.account("finkok")
        account.action_check()
        for user in (self.biller, self.auditor):
            seen = account.with_user(user)
            with self.subTest(user=user.login):
                values = seen.read(["state", "provider", "rest_until", "last_error"])[0]
                self.assertEqual((values["state"], values["provider"]), ("ok", "finkok"))
                for name in ("username", "password", "token", "contract", "sandbox_url", "secret_sealed"):
                    self.assertNotIn(name, seen.read()[0])
                    with self.assertRaises(AccessError):
                        seen.read([name])
                for act in (lambda s=seen: s.write({"sequence": 1}), lambda s=seen: s.write({"password": "x"}),
                            lambda s=seen: s.create({"provider": "sw"}), seen.unlink, seen.action_wake,
                            lambda s=seen: s.write({"rest_until": False}),
                            lambda s=seen: s.env["l10n_mx_cfdi40.pac.exchange"].search([])):
                    with self.assertRaises(AccessError):
                        act()

    def test_who_may_not_change_an_account_is_offered_nothing_to_do(self):
        for user, offered in ((self.accountant, True), (self.biller, False)):
            form = self.Account.with_user(user).get_view(view_type="form")["arch"]
            for name in ("action_check", "action_wake", "action_exchanges"):
                self.assertEqual(f'name="{name}"' in form, offered, (user.login, name))

    def test_not_even_managers_change_the_log(self):
        account = self.account("finkok")
        account.action_check()
        told = self.env["l10n_mx_cfdi40.pac.exchange"].with_user(self.accountant).search([])
        self.assertTrue(told)
        for act in (lambda: told.write({"outcome": "Done"}), told.unlink,
                    lambda: told.create({"at": self.clock_now, "company_id": self.company.id})):
            with self.assertRaises(AccessError):
                act()

    def test_the_log_is_pruned_by_age(self):
        self.account("finkok").action_check()
        before = self.Exchange.search([("company_id", "=", self.company.id)])
        self.Exchange._gc_old()
        self.assertTrue(before.exists())
        self.company.sudo().l10n_mx_cfdi40_log_days = 2
        with self.later("2026-03-14 17:00:00"):
            self.Exchange._gc_old()
            self.assertTrue(before.exists())
        with self.later("2026-03-14 19:00:00"):
            self.Exchange._gc_old()
        self.assertFalse(before.exists())
