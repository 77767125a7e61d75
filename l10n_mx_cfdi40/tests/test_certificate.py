import base64
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged

from ..pac import registry
from .common import NOMBRE, PASSWORD, RFC, CfdiCommon


def b64(data):
    return base64.b64encode(data)


@tagged("post_install_l10n", "post_install", "-at_install")
class TestCertificateWizard(CfdiCommon):
    """Each refusal, as an accountant without admin rights."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.become(cls.accountant)

    def wizard(self, cer, key, password=PASSWORD, **values):
        return self.env["l10n_mx_cfdi40.certificate.wizard"].create({
            "cer": b64(cer), "key": b64(key), "password": password, **values,
        })

    def assertRefused(self, wizard, pattern):
        """The preview says why, the button says the same, and nothing is installed."""
        before = self.env["l10n_mx_cfdi40.certificate"].search_count([])
        self.assertFalse(wizard.ready)
        self.assertRegex(wizard.problem, pattern)
        with self.assertRaisesRegex(UserError, pattern):
            wizard.action_install()
        self.assertEqual(self.env["l10n_mx_cfdi40.certificate"].search_count([]), before)

    def test_installs(self):
        wizard = self.wizard(*self.csd_files)
        self.assertFalse(wizard.problem)
        self.assertTrue(wizard.ready)
        self.assertEqual((wizard.rfc, wizard.name), (RFC, f"{NOMBRE} SA DE CV"))
        self.assertRegex(wizard.serial, r"^\d{20}$")
        self.assertEqual(wizard.date_from, datetime(2024, 1, 1))
        self.assertEqual(wizard.date_to, datetime(2049, 12, 31))
        wizard.action_install()
        certificate = self.env["l10n_mx_cfdi40.certificate"].search([("serial", "=", wizard.serial)])
        self.assertEqual(certificate.company_id, self.company)
        self.assertEqual(certificate.date_to, datetime(2049, 12, 31))
        self.assertEqual(base64.b64decode(certificate.cer), self.csd_files[0])
        self.assertTrue(certificate.is_signing)
        self.assertEqual(certificate.state, "pending")
        signature = certificate._csd().firmar(b"||4.0|cadena||")
        self.assertTrue(certificate._csd().certificado.verifica(signature, b"||4.0|cadena||"))

    def test_form_shows_the_certificate_before_installing(self):
        """The web client's way: each field is sent by an onchange; nothing is stored yet."""
        form = Form(self.env["l10n_mx_cfdi40.certificate.wizard"])
        self.assertFalse(form.serial)
        form.cer = b64(self.csd_files[0])
        self.assertEqual(form.rfc, RFC)
        self.assertFalse(form.ready)
        form.key = b64(self.csd_files[1])
        form.password = "otra"
        self.assertRegex(form.problem, "(?i)contraseña")
        form.password = PASSWORD
        self.assertFalse(form.problem)
        self.assertTrue(form.ready)
        wizard = form.save()
        self.assertFalse(wizard.key or wizard.password, "secrets never come back")
        self.assertTrue(wizard.ready, "and yet they are known")
        wizard.action_install()

    def test_password_typed_again_after_a_mistake(self):
        wizard = self.wizard(*self.csd_files, password="mala")
        self.assertRefused(wizard, "(?i)contraseña")
        wizard.password = PASSWORD
        self.assertFalse(wizard.problem)
        wizard.action_install()

    def test_missing_files(self):
        wizard = self.env["l10n_mx_cfdi40.certificate.wizard"].create({})
        self.assertFalse(wizard.problem)
        with self.assertRaisesRegex(UserError, r"\.cer"):
            wizard.action_install()
        wizard.cer = b64(self.csd_files[0])
        with self.assertRaisesRegex(UserError, r"\.key"):
            wizard.action_install()
        wizard.write({"key": b64(self.csd_files[1])})
        with self.assertRaisesRegex(UserError, "password"):
            wizard.action_install()

    def test_not_a_certificate(self):
        for junk in (b"%PDF-1.4 una constancia", self.csd_files[1], b"0"):
            self.assertRefused(self.wizard(junk, self.csd_files[1]), r"no es un certificado del SAT")

    def test_not_a_key(self):
        self.assertRefused(self.wizard(self.csd_files[0], b"%PDF-1.4"), r"no es una llave privada")

    def test_too_large(self):
        self.assertRefused(self.wizard(b"0" * 70000, self.csd_files[1]), "too large")

    def test_efirma(self):
        files = self.authority.csd(RFC, NOMBRE, password=PASSWORD, efirma=True)
        self.assertRefused(self.wizard(*files), r"(?i)e\.firma")

    def test_expired(self):
        files = self.authority.csd(
            RFC, NOMBRE, password=PASSWORD,
            desde=datetime(2018, 5, 1, tzinfo=UTC), hasta=datetime(2022, 5, 1, tzinfo=UTC),
        )
        self.assertRefused(self.wizard(*files), r"(?i)venció")

    def test_not_yet_valid(self):
        start = datetime.now(UTC) + timedelta(days=2)
        files = self.authority.csd(RFC, NOMBRE, password=PASSWORD, desde=start, hasta=start + timedelta(days=1460))
        self.assertRefused(self.wizard(*files), r"(?i)empieza a valer")

    def test_wrong_password(self):
        self.assertRefused(self.wizard(*self.csd_files, password="12345678b"), "(?i)contraseña")

    def test_key_of_another_certificate(self):
        other = self.authority.csd(RFC, NOMBRE, password=PASSWORD)
        self.assertRefused(self.wizard(self.csd_files[0], other[1]), "no es la de este certificado")

    def test_other_rfc(self):
        files = self.authority.csd("CACX7605101P8", "XOCHILT CASAS CHAVEZ", password=PASSWORD)
        self.assertRefused(self.wizard(*files), f"CACX7605101P8.*{RFC}")

    def test_company_without_rfc(self):
        self.company.sudo().vat = False
        self.assertRefused(self.wizard(*self.csd_files), f"{RFC}.*Tax ID")

    def test_names_with_special_letters(self):
        for rfc, name in (("OÑO120726RX3", "ORGANICOS ÑAVEZ OSORIO"), ("H&E951128469", "HERRERIA & ELECTRICOS")):
            self.company.sudo().partner_id.with_context(no_vat_validation=True).vat = rfc
            wizard = self.wizard(*self.authority.csd(rfc, name, password=PASSWORD))
            self.assertFalse(wizard.problem)
            self.assertEqual((wizard.rfc, wizard.name), (rfc, name))
            wizard.action_install()
            self.assertEqual(self.company._l10n_mx_cfdi40_select_certificate(datetime.now(UTC)).rfc, rfc)

    def test_same_certificate_twice(self):
        self.install_certificate()
        self.assertRefused(self.wizard(*self.csd_files), "installed already")

    def test_reinstalling_an_archived_one(self):
        certificate = self.install_certificate()
        certificate.active = False
        self.assertFalse(self.company._l10n_mx_cfdi40_select_certificate(datetime.now(UTC)))
        wizard = self.wizard(*self.csd_files)
        wizard.action_install()
        self.assertTrue(certificate.active)

    def test_biller_may_not_install(self):
        with self.assertRaises(AccessError):
            self.env(user=self.biller)["l10n_mx_cfdi40.certificate.wizard"].create({"cer": b64(self.csd_files[0])})
        wizard = self.wizard(*self.csd_files)
        with self.assertRaises(UserError):
            wizard.with_user(self.biller).action_install()


@tagged("post_install_l10n", "post_install", "-at_install")
class TestCertificateChoice(CfdiCommon):
    """Which certificate signs, and when."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.become(cls.accountant)

    def files(self, desde, hasta):
        moments = [datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (desde, hasta)]
        return self.authority.csd(RFC, NOMBRE, password=PASSWORD, desde=moments[0], hasta=moments[1])

    def signing(self):
        return self.company._l10n_mx_cfdi40_select_certificate(datetime.now(UTC))

    def accepted_one(self, desde="2024-01-01", hasta="2028-01-01"):
        certificate = self.install_certificate(self.files(desde, hasta))
        certificate._mark_accepted()
        return certificate

    def test_the_first_one_signs_at_once(self):
        with self.at("2026-05-04 15:00:00"):
            self.assertFalse(self.signing())
            first = self.install_certificate(self.files("2026-05-04 10:00:00", "2030-05-04"))
            self.assertEqual(self.signing(), first)
            first._mark_accepted()
            self.assertEqual(first.state, "active")
            self.assertEqual(first.accepted_at, datetime(2026, 5, 4, 15))

    def test_a_renewed_one_waits_for_its_publication(self):
        with self.at("2026-05-04 15:00:00"):
            old = self.accepted_one()
            new = self.install_certificate(self.files("2026-05-04 12:00:00", "2030-05-04"))
            self.assertEqual(new.state, "pending")
            self.assertEqual(self.signing(), old)
        with self.at("2026-05-07 11:59:00"):
            self.assertEqual(self.signing(), old)
        with self.at("2026-05-07 12:00:00"):
            self.assertEqual(self.signing(), new, "72 hours after its issue it gets its first try")
            new._mark_accepted()
            new.invalidate_recordset()
            self.assertEqual((new.state, new.is_signing, old.is_signing), ("active", True, False))

    def test_one_issued_long_ago_signs_at_once(self):
        with self.at("2026-05-04 15:00:00"):
            self.accepted_one()
            new = self.install_certificate(self.files("2026-04-20", "2030-05-04"))
            self.assertEqual(self.signing(), new)

    def test_use_now(self):
        with self.at("2026-05-04 15:00:00"):
            self.accepted_one()
            new = self.install_certificate(self.files("2026-05-04 12:00:00", "2030-05-04"))
            new.action_use_now()
            self.assertEqual(self.signing(), new)

    def test_refused_renewal_leaves_the_previous_one_signing(self):
        with self.at("2026-05-07 12:00:00"):
            old = self.accepted_one()
            new = self.install_certificate(self.files("2026-05-04 12:00:00", "2030-05-04"))
            self.assertEqual(self.signing(), new)
            self.assertEqual(new._mark_refused("304"), old, "tells with which one to go on")
            self.assertEqual((new.state, new.refused_code), ("refused", "304"))
            self.assertEqual(self.signing(), old)
        with self.at("2026-05-08 12:00:00"):
            self.assertEqual(self.signing(), new, "tried again a day later")

    def test_a_revoked_old_one_gives_way_to_the_renewed(self):
        with self.at("2026-05-04 15:00:00"):
            old = self.accepted_one()
            new = self.install_certificate(self.files("2026-05-04 12:00:00", "2030-05-04"))
            self.assertEqual(old._mark_refused("304"), new)

    def test_the_only_one_goes_on_signing_when_refused(self):
        with self.at("2026-05-04 15:00:00"):
            only = self.install_certificate(self.files("2026-05-04 12:00:00", "2030-05-04"))
            self.assertEqual(only._mark_refused("304"), only)
            self.assertEqual(self.signing(), only)

    def test_pending_signs_when_the_previous_expires(self):
        with self.at("2026-05-04 15:00:00"):
            old = self.accepted_one(hasta="2026-05-05 00:00:00")
            new = self.install_certificate(self.files("2026-05-04 12:00:00", "2030-05-04"))
            self.assertEqual(self.signing(), old)
        with self.at("2026-05-05 00:01:00"):
            old.invalidate_recordset()
            self.assertEqual(self.signing(), new)
            self.assertEqual(old.state, "expired")

    def test_choice_by_the_date_of_the_document(self):
        with self.at("2026-05-04 15:00:00"):
            old = self.accepted_one(hasta="2026-05-20")
            choose = self.company._l10n_mx_cfdi40_select_certificate
            self.assertEqual(choose(datetime(2026, 5, 19, 23)), old)
            self.assertFalse(choose(datetime(2026, 5, 21)))
            self.assertFalse(choose(datetime(2023, 12, 31)))

    def test_of_another_rfc_never_signs(self):
        self.accepted_one()
        self.assertTrue(self.signing())
        self.company.sudo().vat = "URE180429TM6"
        self.assertFalse(self.signing())

    def test_accepting_again_writes_nothing(self):
        certificate = self.accepted_one()
        certificate.sudo().accepted_at = "2025-01-01 00:00:00"
        certificate._mark_accepted()
        self.assertEqual(certificate.accepted_at, datetime(2025, 1, 1))

    def test_only_the_wizard_changes_a_certificate(self):
        certificate = self.accepted_one()
        for values in ({"date_to": "2099-01-01"}, {"accepted_at": False}, {"cer": b64(b"x")}, {"company_id": 1}):
            with self.assertRaises(AccessError):
                certificate.write(values)
        with self.assertRaises(AccessError):
            self.env["l10n_mx_cfdi40.certificate"].create({"serial": "1", "rfc": RFC})
        with self.assertRaises(UserError):
            certificate.copy()
        with self.assertRaises(AccessError):
            certificate.with_user(self.biller).active = False


@tagged("post_install_l10n", "post_install", "-at_install")
class TestCertificateCompanies(CfdiCommon):
    """Branches sign with their parent's; other companies see nothing."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.branch = cls.env["res.company"].create({
            "name": "Sucursal Tijuana", "parent_id": cls.company.id, "country_id": cls.env.ref("base.mx").id,
        })
        cls.other = cls.env["res.company"].create({
            "name": "Xenon Industrial Articles", "vat": "XIA190128J61", "country_id": cls.env.ref("base.mx").id,
        })
        cls.branch_user = cls._user("sucursal", "account.group_account_manager", cls.branch)
        cls.other_user = cls._user("ajena", "account.group_account_manager", cls.other)
        cls.certificate = cls.install_certificate()

    def test_branch_without_rfc(self):
        branch = self.branch.with_user(self.branch_user)
        self.assertEqual(branch._l10n_mx_cfdi40_fiscal_root(), self.company)
        chosen = branch._l10n_mx_cfdi40_select_certificate(datetime.now(UTC))
        self.assertEqual(chosen, self.certificate)
        self.assertFalse(chosen.env.su)
        self.assertEqual(chosen.serial, self.certificate.serial)
        self.assertTrue(chosen._csd().firmar(b"x"))
        with self.assertRaises(AccessError):
            chosen.active = False

    def test_branch_with_the_same_rfc(self):
        self.branch.with_context(no_vat_validation=True).vat = f"MX{RFC}"
        self.assertEqual(self.branch._l10n_mx_cfdi40_fiscal_root(), self.company)

    def test_branch_with_its_own_rfc(self):
        self.branch.vat = "URE180429TM6"
        self.assertEqual(self.branch._l10n_mx_cfdi40_fiscal_root(), self.branch)
        self.assertFalse(self.branch._l10n_mx_cfdi40_select_certificate(datetime.now(UTC)))
        below = self.env["res.company"].create({"name": "Caja 1", "parent_id": self.branch.id})
        self.assertEqual(below._l10n_mx_cfdi40_fiscal_root(), self.branch)

    def test_installing_from_the_branch_installs_for_the_parent(self):
        files = self.authority.csd(RFC, NOMBRE, password=PASSWORD)
        certificate = self.install_certificate(files, company=self.branch, user=self.env.user)
        self.assertEqual(certificate.company_id, self.company)

    def test_other_company_sees_nothing(self):
        Certificate = self.env(user=self.other_user)["l10n_mx_cfdi40.certificate"]
        self.assertFalse(Certificate.search([]))
        self.assertFalse(Certificate.name_search(self.certificate.serial))
        theirs = Certificate.browse(self.certificate.id)
        for reading in (lambda: theirs.read(["serial"]), theirs._csd, theirs.action_use_now):
            with self.assertRaises(AccessError):
                reading()
        own = self.install_certificate(
            self.authority.csd("XIA190128J61", "XENON INDUSTRIAL ARTICLES", password=PASSWORD),
            company=self.other, user=self.other_user,
        )
        self.assertEqual(own.company_id, self.other)
        self.assertFalse(self.env(user=self.accountant)["l10n_mx_cfdi40.certificate"].search([("id", "=", own.id)]))

    def test_test_pac_refused_in_production(self):
        with self.assertRaisesRegex(ValidationError, "production"):
            self.company.l10n_mx_cfdi40_environment = "production"

    def test_the_branch_stamps_with_its_parents_pac(self):
        with patch.object(registry, "client") as client:
            self.branch._l10n_mx_cfdi40_pac_client()
        client.assert_called_once_with("loopback", {"store": str(self.store.path)}, production=False, observer=None)

    def test_incomplete_settings_of_the_pac_are_told(self):
        incomplete = patch.object(registry, "client", side_effect=ValueError("falta configurar user"))
        with incomplete, self.assertRaisesRegex(UserError, "falta configurar user"):
            self.company._l10n_mx_cfdi40_pac_client()
