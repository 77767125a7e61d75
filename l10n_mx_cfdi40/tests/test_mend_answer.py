from odoo.tests import tagged

from ..pac.codes import NOT_ENROLLED, SIN_FOLIOS
from .stamp_common import StampCommon


@tagged("post_install_l10n", "post_install", "-at_install")
class TestMendAnswer(StampCommon):
    """What the PAC or the SAT answered, in words, with the way to the record that mends it."""

    def refused(self, code, message="", **vals):
        move = self.ready(**vals)
        self.fault("refuse", code=code, message=message, times=1)
        move._l10n_mx_cfdi40_stamp()
        return move

    def alert(self, move):
        return move._l10n_mx_cfdi40_alert()

    def assertLeadsTo(self, alert, model, record_id=None):
        self.assertEqual(alert["action"]["res_model"], model)
        if record_id:
            self.assertEqual(alert["action"]["res_id"], record_id)
        self.assertTrue(alert["action_text"])

    def test_customer(self):
        for code in ("CFDI40143", "CFDI40144", "CFDI40145", "CFDI40147", "CFDI40148", "CFDI40157", "CFDI40158"):
            with self.subTest(code):
                self.assertLeadsTo(self.alert(self.refused(code)), "res.partner", self.customer.id)

    def test_rfc_not_found_says_the_customers_own(self):
        self.customer.vat = "URE180429TM6"
        message = self.alert(self.refused("CFDI40143", "RFC no inscrito"))["message"]
        self.assertIn("RFC no encontrado", message)
        self.assertIn("«URE180429TM6» está bien formado", message)
        self.assertIn("«RFC no inscrito»", message)

    def test_name_as_sent(self):
        self.customer.l10n_mx_cfdi40_name = "UNIVERSIDAD ROBOTICA ESPAÑOLA SA DE CV"
        self.assertIn(
            "es probable que el SAT lo tenga como «UNIVERSIDAD ROBOTICA ESPAÑOLA»",
            self.alert(self.refused("CFDI40145"))["message"])

    def test_zip_and_regime_as_sent(self):
        """Also once the customer is mended: what was refused is what was sent."""
        sent = self.customer.zip
        moves = self.refused("CFDI40148"), self.refused("CFDI40158")
        regime = self.customer.l10n_mx_cfdi40_regimen_id.code
        self.customer.write({"zip": "06000", "l10n_mx_cfdi40_regimen_id": self.key("c_RegimenFiscal", "603").id})
        self.assertNotIn("06000", sent)
        self.assertNotEqual(regime, "603")
        self.assertIn(f"Se envió el código postal «{sent}»", self.alert(moves[0])["message"])
        self.assertIn(f"Se envió el régimen «{regime}»", self.alert(moves[1])["message"])

    def test_issuer(self):
        for code in ("402", "CFDI40138", "CFDI40139", "CFDI40141"):
            with self.subTest(code):
                self.assertLeadsTo(self.alert(self.refused(code)), "res.partner", self.company.partner_id.id)

    def test_certificate(self):
        for code in ("303", "304", "305", "306", "308"):
            with self.subTest(code):
                move = self.refused(code)
                self.assertLeadsTo(
                    self.alert(move), "l10n_mx_cfdi40.certificate", self.document(move).certificate_id.id)

    def test_account_and_stamps(self):
        account = self.env["l10n_mx_cfdi40.pac.account"].with_user(self.accountant).create({
            "company_id": self.company.id, "provider": "loopback", "environment": "test"})
        for code in ("300", NOT_ENROLLED):
            with self.subTest(code):
                self.assertLeadsTo(self.alert(self.refused(code)), "l10n_mx_cfdi40.pac.account", account.id)
                account.action_wake()
        action = self.alert(self.refused(SIN_FOLIOS))["action"]
        self.assertIn(action["res_model"], ("l10n_mx_cfdi40.pac.account", "l10n_mx_cfdi40.credit.package"))

    def test_place_of_issue(self):
        self.assertLeadsTo(self.alert(self.refused("401")), "res.partner", self.company.partner_id.id)

    def test_other_rules_lead_to_the_window_with_what_is_wrong(self):
        alert = self.alert(self.refused("CFDI40108"))
        self.assertEqual(alert["action"]["type"], "ir.actions.server")

    def test_unknown_code_shows_the_pacs_text_whole(self):
        text = "Error interno del validador " * 40
        alert = self.alert(self.refused("PX-17", text.strip()))
        self.assertIn(text.strip(), alert["message"])
        self.assertIn("[PX-17]", alert["message"])

    def test_the_wizard_leads_there_too(self):
        move = self.ready()
        self.fault("refuse", code="CFDI40145", times=1)
        wizard = self.env["l10n_mx_cfdi40.stamp.wizard"].browse(move.action_l10n_mx_cfdi40_stamp()["res_id"])
        self.assertFalse(wizard.has_mend)
        wizard.action_stamp()
        self.assertTrue(wizard.has_mend)
        self.assertEqual(wizard.action_mend_answer()["res_id"], self.customer.id)
        self.assertIn("CFDI40145", wizard.result)

    # -- unavailable ---------------------------------------------------------------------------------------------------

    def test_in_doubt_says_when_and_until_when(self):
        move = self.ready()
        self.fault("timeout", times=1)
        move._l10n_mx_cfdi40_stamp()
        document = self.document(move)
        self.assertEqual(document.state, "in_doubt")
        message = self.alert(move)["message"]
        self.assertIn("El PAC no contestó a tiempo", message)
        self.assertIn("at growing intervals", message)
        self.assertIn("72 hours", message)
        first = document.retry_at
        with self.at("2026-03-12 18:30:00"):
            self.fault("timeout", operation="recover", times=1)
            self.run_recover()
            self.assertGreater(document.retry_at - document._now(), first - document.create_date, "longer each time")

    def test_what_is_said_once_is_enough(self):
        move = self.ready()
        self.fault("timeout", times=1)
        move._l10n_mx_cfdi40_stamp()
        self.assertNotIn("se le volverá a preguntar", self.alert(move)["message"])

    def test_credentials_of_which_a_question_failed(self):
        move = self.ready()
        self.fault("timeout", times=1)
        move._l10n_mx_cfdi40_stamp()
        account = self.loopback_account()
        self.document(move).write({"code": "credentials", "pac_account_id": account.id})
        self.assertLeadsTo(self.alert(move), "l10n_mx_cfdi40.pac.account", account.id)

    def test_waiting_for_an_account_that_was_turned_away(self):
        """Its rest ends by nothing but new credentials: whoever waits is told, and led there."""
        account = self.loopback_account()
        moves = self.ready(), self.ready()
        self.fault("refuse", code="300", times=1)
        moves[0]._l10n_mx_cfdi40_stamp()
        moves[1]._l10n_mx_cfdi40_stamp()
        self.assertEqual((self.document(moves[1]).state, self.document(moves[1]).code), ("sealed", "turned_away"))
        alert = self.alert(moves[1])
        self.assertIn("usuario o la contraseña", alert["message"])
        self.assertLeadsTo(alert, "l10n_mx_cfdi40.pac.account", account.id)

    def test_over_the_72_hours(self):
        move = self.ready()
        self.fault("timeout", times=1)
        move._l10n_mx_cfdi40_stamp()
        with self.at("2026-03-16 18:00:00"):
            self.assertIn("are over", self.document(move)._retry_text())

    def loopback_account(self):
        return self.env["l10n_mx_cfdi40.pac.account"].with_user(self.accountant).create({
            "company_id": self.company.id, "provider": "loopback", "environment": "test",
            "contact_email": "soporte@pac.example"})

    def test_after_an_hour_the_contact(self):
        account = self.loopback_account()
        moves = self.ready(), self.ready()
        self.fault("unreachable", times=1)
        moves[0]._l10n_mx_cfdi40_stamp()
        document = self.document(moves[0])
        self.assertEqual((document.state, account.sudo().state), ("sealed", "resting"))
        self.assertNotIn("soporte@pac.example", self.alert(moves[0])["message"])
        account.sudo().failing_since = "2026-03-12 16:59:00"
        self.assertIn("soporte@pac.example", self.alert(moves[0])["message"])
        account.sudo().contact_email = False
        self.assertIn("note their contact", self.alert(moves[0])["message"])
