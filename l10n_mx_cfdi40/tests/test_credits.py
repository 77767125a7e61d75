from datetime import date, datetime

from odoo import SUPERUSER_ID
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, freeze_time, new_test_user, tagged

from .credit_common import CreditCommon


@tagged("post_install_l10n", "post_install", "-at_install")
class TestCredits(CreditCommon):
    """Stamps are bought in packages, and each stamp consumes one, once."""

    # -- packages ------------------------------------------------------------------------------------------------------

    def test_expiry_follows_from_the_kind(self):
        year = self.package(10, activate=False)
        self.assertEqual((year.start, year.expiry), (date(2026, 3, 12), date(2027, 3, 12)))
        self.assertEqual(self.package(10, activate=False, kind="two_years").expiry, date(2028, 3, 12))
        self.assertFalse(self.package(10, activate=False, kind="gift").expiry)
        year.expiry = "2027-06-30"
        self.assertEqual(year.expiry, date(2027, 6, 30))

    def test_cost(self):
        self.assertEqual(self.package(1000, cost=1500).unit_cost, 1.5)

    def test_rights(self):
        package = self.package(10)
        as_biller = package.with_user(self.biller)
        self.assertEqual(as_biller.left, 10)
        for call in (
                lambda: as_biller.write({"quantity": 20}), as_biller.action_close,
                lambda: as_biller.create({"account_id": self.account.id, "quantity": 1}),
                # What was consumed is nobody's to say.
                lambda: package.write({"used": 5}), lambda: package.write({"state": "draft"}),
                lambda: self.uses.with_user(self.accountant).sudo(False).create({"operation": "stamp"})):
            with self.assertRaises(AccessError):
                call()
        with self.assertRaises(UserError):
            package.unlink()
        self.package(5, activate=False).unlink()

    def test_screens(self):
        with Form(self.env["l10n_mx_cfdi40.credit.package"].with_user(self.accountant)) as form:
            form.account_id = self.account
            form.quantity = 1000
            form.kind = "two_years"
            self.assertEqual(form.expiry, date(2028, 3, 12))
        form.record.action_activate()
        with Form(self.account) as form:
            self.assertEqual((form.credit_left, form.is_out_of_credits), (1000, False))
            form.credit_warn_unit = "number"
            form.credit_warn_at = 20
        self.assertEqual(self.account.credit_warn_at, 20)
        self.assertEqual(self.account.action_open_packages()["domain"], [("account_id", "=", self.account.id)])
        for xmlid in ("action_credit_account", "action_credit_package", "action_credit_use"):
            action = self.env["ir.actions.act_window"].with_user(self.biller)._for_xml_id(f"l10n_mx_cfdi40.{xmlid}")
            self.env[action["res_model"]].with_user(self.biller).get_views(action["views"])

    # -- consumption ---------------------------------------------------------------------------------------------------

    def test_each_stamp_is_counted_once(self):
        package = self.package(10)
        [move] = self.stamped()
        document = self.document(move)
        use = self.uses.search([("document_id", "=", document.id)])
        self.assertEqual(
            (use.operation, use.company_id, use.journal_id, use.user_id, use.kind, use.environment, use.account_id),
            ("stamp", self.company, move.journal_id, self.biller, "I", "test", self.account))
        self.assertEqual(use.at, document.stamped_at)
        # The balance knows of it before any settlement.
        self.assertEqual((package.left, self.account.credit_left), (10, 9))
        self.settle()
        self.assertEqual((package.used, package.left, self.account.credit_left), (1, 9, 9))
        self.assertEqual(use.package_id, package)
        self.settle()
        self.assertEqual(package.used, 1)

    def test_a_lost_answer_counts_once(self):
        package = self.package(10)
        self.fault("lost")
        move = self.ready()
        move._l10n_mx_cfdi40_stamp()
        self.assertEqual(self.document(move).state, "in_doubt")
        self.assertFalse(self.uses.search_count([("account_id", "=", self.account.id)]))
        move.action_l10n_mx_cfdi40_ask()
        self.assertStamped(move)
        self.settle()
        self.assertEqual((package.used, self.stamps()), (1, 1))

    def test_a_second_answer_counts_nothing(self):
        package = self.package(10)
        call = []
        documents = self.env.registry["l10n_mx_cfdi40.document"]
        record = documents._record

        def keep(document, *arguments):
            call.append(arguments)
            return record(document, *arguments)

        self.patch(documents, "_record", keep)
        [move] = self.stamped()
        self.document(move)._record(*call[0])
        self.settle()
        self.assertEqual(package.used, 1)

    def test_a_refusal_counts_nothing(self):
        self.package(10)
        self.fault("refuse", code="402")
        move = self.ready()
        move._l10n_mx_cfdi40_stamp()
        self.assertEqual(self.document(move).state, "rejected")
        self.settle()
        self.assertEqual(self.account.credit_left, 10)

    def test_the_one_that_expires_first(self):
        later = self.package(2, kind="two_years")
        sooner = self.package(2)
        endless = self.package(1, kind="gift")
        self.stamped(3)
        self.settle()
        self.assertEqual((sooner.used, later.used, endless.used), (2, 1, 0))
        self.assertEqual((sooner.state, later.state), ("used", "active"))

    def test_late_settlement_goes_by_when_it_was_stamped(self):
        """A package that has expired since was in force then."""
        old = self.package(5, kind="other", start="2026-03-01", expiry="2026-03-12")
        new = self.package(5)
        self.stamped(2)
        with freeze_time("2026-03-20 18:00:00"):
            self.settle()
            self.assertEqual((old.used, old.state, new.used), (2, "expired", 0))
            self.assertEqual(self.account.credit_left, 5)

    def test_before_it_counts(self):
        """Stamps made before the package are none of it; one with an earlier start counts them from then on."""
        self.stamped()
        with freeze_time("2026-03-12 20:00:00"):
            package = self.package(5)
            self.settle()
            self.assertEqual(package.used, 0)
            package.action_draft()
            package.start = "2026-03-01"
            package.action_activate()
            self.settle()
            self.assertEqual(package.used, 1)

    def test_extended_and_enlarged(self):
        package = self.package(1, kind="other", expiry="2026-03-12")
        self.stamped()
        self.settle()
        self.assertEqual(package.state, "used")
        package.quantity = 3
        self.assertEqual(package.state, "active")
        with freeze_time("2026-03-14 18:00:00"):
            self.settle()
            self.assertEqual(package.state, "expired")
            package.expiry = "2026-12-31"
            self.assertEqual((package.state, self.account.credit_left), ("active", 2))
            with self.assertRaises(UserError):
                package.start = "2026-03-02"

    def test_closed(self):
        package = self.package(5)
        self.package(3)
        package.action_close()
        self.assertEqual((package.state, self.account.credit_left), ("closed", 3))

    def test_only_its_own_environment(self):
        """What was stamped in the test environment takes nothing from a package for production."""
        package = self.package(5)
        self.stamped()
        self.env.cr.execute("UPDATE l10n_mx_cfdi40_credit_use SET environment = 'production'")
        self.env.invalidate_all()
        self.settle()
        self.assertEqual(package.used, 0)

    def test_the_embedded_pac_takes_from_no_package(self):
        package = self.package(5)
        self.account.active = False
        [move] = self.stamped()
        self.settle()
        use = self.uses.search([("document_id", "=", self.document(move).id)])
        self.assertTrue(use)
        self.assertFalse(use.account_id or use.package_id or package.used)

    def test_complement(self):
        package = self.package(5)
        self.complement(self.register(self.ppd()))
        self.settle()
        uses = self.uses.search([("account_id", "=", self.account.id)], order="id")
        self.assertEqual(uses.mapped("kind"), ["I", "P"])
        self.assertTrue(all(use.journal_id for use in uses))
        self.assertEqual(package.used, 2)

    def test_consumption_by_company_journal_user_and_type(self):
        self.package(10)
        self.stamped(2)
        rows = self.uses.with_user(self.biller).sudo(False)._read_group(
            [], ["company_id", "journal_id", "user_id", "kind"], ["__count"])
        self.assertEqual([(company, user, kind, count) for company, _journal, user, kind, count in rows],
                         [(self.company, self.biller, "I", 2)])

    def test_branch(self):
        """A branch stamps with its parent's packages, and its consumption is its own."""
        package = self.package(10)
        env = self.env(user=SUPERUSER_ID)
        branch = env["res.company"].create({
            "name": "Sucursal", "parent_id": self.company.id, "country_id": self.company.country_id.id,
            "zip": "42501"})
        user, manager = (
            new_test_user(env, login=login, groups=group, company_id=branch.id, company_ids=[(6, 0, branch.ids)])
            for login, group in (
                ("sucursal", "account.group_account_invoice"), ("gerente", "account.group_account_manager")))
        self.assertEqual(package.with_user(user).with_company(branch).left, 10)
        self.assertEqual(branch.sudo()._l10n_mx_cfdi40_usable_accounts(), self.account)
        with self.assertRaises(AccessError):
            package.with_user(manager).with_company(branch).write({"cost": 5})

    # -- forecast ------------------------------------------------------------------------------------------------------

    def test_forecast(self):
        self.package(100)
        self.stamped(2)
        with freeze_time("2026-03-13 18:00:00"):
            # Two in two days.
            self.account.invalidate_recordset()
            self.assertEqual((self.account.credit_daily, self.account.credit_left), (1.0, 98))
            self.assertEqual(self.account.credit_out_on, date(2026, 6, 19))
        with freeze_time("2026-05-13 18:00:00"):
            self.account.invalidate_recordset()
            self.assertEqual((self.account.credit_daily, self.account.credit_out_on), (0, False))

    def test_forecast_loses_what_expires(self):
        self.package(100, kind="other", expiry="2026-03-21")
        self.stamped()
        # One a day until the 21st, and nothing afterwards.
        self.account.invalidate_recordset()
        self.assertEqual(self.account.credit_out_on, date(2026, 3, 22))
        self.assertEqual(self.account.credit_next_expiry, date(2026, 3, 21))

    def test_forecast_beyond_all_calendars(self):
        """One stamp a month of a package that does not expire."""
        self.package(200_000, kind="other")
        self.stamped()
        with freeze_time("2026-04-10 18:00:00"):
            self.account.invalidate_recordset()
            self.assertFalse(self.account.credit_out_on)
            self.settle()

    def test_archived(self):
        """What was stamped before the account was archived is of its packages all the same."""
        package = self.package(5)
        self.stamped(2)
        self.account.active = False
        self.settle()
        self.assertEqual(package.used, 2)

    def test_more_than_a_number_holds(self):
        """Some PACs tell of an unlimited plan with a huge number."""
        self.package(5)
        self.pac.set_credits(99_999_999_999)
        self.account.with_user(self.biller).action_ask_credits()
        self.env.flush_all()
        self.assertGreater(self.account.pac_credits, 10**8)
        self.assertFalse(self.account._lacks_credits())

    def test_queries_of_a_balance(self):
        """They do not grow with the packages, nor with what was consumed."""
        def queries():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.account.with_user(self.biller)._lacks_credits()
            return self.env.cr.sql_log_count - before

        self.package(10)
        few = queries()
        for _number in range(5):
            self.package(10)
        self.stamped(2)
        self.assertEqual(queries(), few)

    # -- balance of the PAC --------------------------------------------------------------------------------------------

    def test_balance_of_the_pac(self):
        self.package(10)
        self.pac.set_credits(7)
        action = self.account.with_user(self.biller).action_ask_credits()
        self.assertEqual((self.account.pac_credits, self.account.credit_difference), (7, -3))
        self.assertEqual(self.account.pac_credits_at, datetime(2026, 3, 12, 18))
        self.assertIn("7", action["params"]["message"])
        self.assertIn("10", action["params"]["message"])
        self.pac.set_credits(None)
        self.env["l10n_mx_cfdi40.pac.account"].sudo()._cron_balances()
        self.assertTrue(self.account.pac_no_limit)
        self.assertFalse(self.account.credit_difference)

    def test_what_was_stamped_beyond_the_packages_is_no_difference(self):
        package = self.package(2)
        self.stamped(1)
        package.action_close()
        # The stamp is not settled yet: by the packages nothing is left, and nothing less than that.
        self.pac.set_credits(0)
        self.account.with_user(self.biller).action_ask_credits()
        self.assertEqual((self.account.pac_told, self.account.credit_difference), ("0", 0))

    def test_a_new_package_makes_the_difference_old(self):
        self.package(2)
        self.pac.set_credits(7)
        self.account.with_user(self.biller).action_ask_credits()
        self.assertEqual(self.account.credit_difference, 5)
        self.package(5)
        self.assertEqual((self.account.pac_told, self.account.credit_difference), (False, 0))

    def test_an_incomplete_account_is_not_asked(self):
        other = self.account.create({"company_id": self.company.id, "provider": "finkok", "environment": "test"})
        self.pac.set_credits(7)
        self.env["l10n_mx_cfdi40.pac.account"].sudo()._cron_balances()
        self.assertEqual((self.account.pac_told, other.pac_told), ("7", False))
        self.assertFalse(other.pac_credits_error)

    def test_balance_in_a_few_words(self):
        def said():
            self.env.flush_all()
            self.env.invalidate_all()
            return self.env["l10n_mx_cfdi40.pac.health"].search([("account_id", "=", self.account.id)]).balance

        self.assertEqual(said(), "")
        self.package(10)
        self.assertEqual(said(), "10 by the packages")
        self.pac.set_credits(7)
        self.account.action_ask_credits()
        self.assertRegex(said(), r"^10 by the packages, 7 by the PAC \(12/03/2026 \d\d:00\)$")
        self.account.with_user(self.accountant).no_limit = True
        self.assertEqual(said(), "without limit")

    def test_a_pac_that_does_not_tell(self):
        self.mute()
        with self.assertRaises(UserError):
            self.account.with_user(self.biller).action_ask_credits()
        self.env["l10n_mx_cfdi40.pac.account"].sudo()._cron_balances()
        self.assertFalse(self.account.pac_credits_tried_at)
