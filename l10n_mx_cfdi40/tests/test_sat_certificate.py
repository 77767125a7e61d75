from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.tests import tagged

from ..pac.sandbox import Response, Sandbox
from ..sat import certificados
from .pac_common import PacCommon

MODEL = "l10n_mx_cfdi40.sat.certificate"


@tagged("post_install_l10n", "post_install", "-at_install")
class TestSatCertificate(PacCommon):
    """The certificates of timbres become known by themselves, and what does not verify with them is not believed."""

    @classmethod
    def _client_of(cls, make):
        # EXTENDS: here clients know what the records say, and nothing else
        def client(code, settings, **options):
            made = make(code, settings, **options)
            if code != "loopback":
                made._sleep = lambda seconds: None
            return made

        return staticmethod(client).__func__

    def setUp(self):
        super().setUp()
        self.addCleanup(self.env.registry.clear_cache)
        self.stamping = self.pac.authority.stamping
        self.Certificate = self.env[MODEL].sudo()

    def fetch(self, response):
        path = certificados.address(self.stamping.number, "/rccf")
        with Sandbox(routes={("GET", path): lambda _request: response}) as server, patch.object(
                certificados, "REPOSITORY", f"{server.address}/rccf"):
            self.Certificate._cron_fetch()

    def seen(self):
        return self.Certificate.search([("number", "=", self.stamping.number)])

    def test_from_the_first_stamp_to_a_forged_one(self):
        with self.using("finkok") as account:
            self.assertFalse(account._client().certificates)
            self.small()
            self.assertFalse(self.seen(), "those of tests are not published")
            move = self.ready()
            document = self.env.registry["l10n_mx_cfdi40.document"]
            record = document._record_accepted

            def in_production(self, call, answer, timbre):
                self.environment = "production"
                return record(self, call, answer, timbre)

            with patch.object(document, "_record_accepted", in_production):
                move._l10n_mx_cfdi40_stamp()
                self.ready()._l10n_mx_cfdi40_stamp()
            self.assertEqual(len(self.seen()), 1)

            self.fetch(Response(status=503))
            self.assertRegex(self.seen().trouble, "503")
            self.fetch(Response(body=self.stamping.certificate))
            self.assertFalse(self.seen().content, "not asked for again at once")
            self.seen().retry_at = self.clock_now
            self.fetch(Response(body=self.stamping.certificate))
            self.assertTrue(self.seen().content)
            self.assertEqual((self.seen().trouble, self.seen().retry_at), (False, False))
            self.assertEqual(list(account._client().certificates), [self.stamping.number])

            self.small()
            forged = self.ready()
            self.fault("bad_seal")
            forged._l10n_mx_cfdi40_stamp()
            self.assertEqual(
                (self.document(forged).state, self.document(forged).code), ("in_doubt", "sello_sat_invalido"))

    def test_only_numbers(self):
        for number in (False, "", "1", "../../etc/passwd", "0000100000050723701a"):
            self.Certificate._note(number)
        self.assertFalse(self.Certificate.search([]))

    def test_nobody_writes_them(self):
        self.Certificate._note(self.stamping.number)
        for user in (self.biller, self.accountant):
            row = self.seen().with_user(user)
            for act in (lambda row=row: row.write({"content": "eA=="}), row.unlink,
                        lambda row=row: row.create({"number": "0" * 20})):
                with self.assertRaises(AccessError):
                    act()
