"""Warnings before a certificate expires, and the settings that show what signs."""
import os
from datetime import UTC, datetime
from unittest.mock import patch

from odoo.exceptions import ValidationError
from odoo.tests import Form, freeze_time, tagged

from ..models import certificate as certificate_module
from ..models import secret_box
from .common import NOMBRE, PASSWORD, RFC, CfdiCommon


@tagged("post_install_l10n", "post_install", "-at_install")
class TestCertificateExpiry(CfdiCommon):
    """One warning 60, 30 and 7 days before, for those who can renew it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        files = cls.authority.csd(
            RFC, NOMBRE, password=PASSWORD,
            desde=datetime(2022, 7, 1, tzinfo=UTC), hasta=datetime(2026, 7, 1, 12, tzinfo=UTC),
        )
        with freeze_time("2026-01-01"):
            cls.certificate = cls.install_certificate(files)

    def activities(self):
        return self.certificate.activity_ids.filtered(
            lambda activity: activity.activity_type_id == self.env.ref(certificate_module.ACTIVITY),
        )

    def run_cron(self, day):
        with self.at(f"{day} 13:00:00"):
            self.env["l10n_mx_cfdi40.certificate"].sudo()._cron_warn_expiry()

    def test_warnings(self):
        self.run_cron("2026-05-01")
        self.assertFalse(self.activities(), "60 days and 23 hours are left")
        self.run_cron("2026-05-02")
        self.assertIn(self.accountant, self.activities().user_id)
        self.assertNotIn(self.biller, self.activities().user_id)
        self.assertIn(self.certificate.serial, self.activities()[0].summary)
        first = self.activities()
        self.run_cron("2026-05-02")
        self.run_cron("2026-05-20")
        self.assertEqual(self.activities(), first, "once for each threshold")
        self.run_cron("2026-06-01")
        second = self.activities()
        self.assertFalse(second & first, "the second warning takes the place of the first")
        self.assertEqual(len(second), len(first))
        self.run_cron("2026-06-10")
        self.assertEqual(self.activities(), second)
        self.run_cron("2026-06-24")
        self.assertFalse(self.activities() & second)
        self.assertEqual(len(self.activities()), len(first))

    def test_done_warning_does_not_come_back(self):
        self.run_cron("2026-05-10")
        self.activities().unlink()
        self.run_cron("2026-05-11")
        self.assertFalse(self.activities())

    def test_closed_by_a_newer_certificate(self):
        self.run_cron("2026-06-10")
        self.assertTrue(self.activities())
        with self.at("2026-06-11 13:00:00"):
            self.install_certificate(self.authority.csd(RFC, NOMBRE, password=PASSWORD))
        self.assertFalse(self.activities())
        self.run_cron("2026-06-26")
        self.assertFalse(self.activities(), "the newer one is in force")



@tagged("post_install_l10n", "post_install", "-at_install")
class TestSettings(CfdiCommon):
    """The block "CFDI 4.0" of the settings, as the administrator of the system, who alone may open them."""

    def settings(self, company):
        return Form(self.env["res.config.settings"].with_company(company))

    def test_shows_what_signs(self):
        self.assertFalse(self.settings(self.company).l10n_mx_cfdi40_certificate_id)
        certificate = self.install_certificate()
        form = self.settings(self.company)
        self.assertEqual(form.l10n_mx_cfdi40_certificate_id, certificate)
        self.assertEqual(form.l10n_mx_cfdi40_rfc, RFC)
        self.assertFalse(form.l10n_mx_cfdi40_key_file, "the master key does not come from a file here")

    def test_tells_which_file_to_back_up(self):
        with patch.dict(os.environ, {secret_box.VARIABLE: ""}):
            form = self.settings(self.company)
            self.assertEqual(form.l10n_mx_cfdi40_key_file, str(secret_box.key_file()))

    def test_branch_shows_its_parents(self):
        certificate = self.install_certificate()
        branch = self.env["res.company"].create({"name": "Sucursal", "parent_id": self.company.id})
        self.env.user.company_ids += branch
        form = self.settings(branch)
        self.assertEqual(form.l10n_mx_cfdi40_fiscal_root_id, self.company)
        self.assertEqual(form.l10n_mx_cfdi40_certificate_id, certificate)

    def test_production_needs_a_real_pac(self):
        form = self.settings(self.company)
        form.l10n_mx_cfdi40_environment = "production"
        with self.assertRaises(ValidationError) as refused:  # undoes, as a request does; assertRaisesRegex would not
            form.save()
        self.assertIn("no fiscal validity", str(refused.exception))
        self.assertEqual(self.company.l10n_mx_cfdi40_environment, "test")

    def test_stamp_on_posting(self):
        form = self.settings(self.company)
        form.l10n_mx_cfdi40_stamp_on_post = True
        form.save().execute()
        self.assertTrue(self.company.l10n_mx_cfdi40_stamp_on_post)
