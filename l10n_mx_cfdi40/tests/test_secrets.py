import base64
import os
import re
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from unittest.mock import patch

from cryptography.hazmat.primitives import serialization
from odoo.exceptions import AccessError, UserError
from odoo.modules.neutralize import get_neutralization_queries
from odoo.service.model import get_public_method
from odoo.tests import tagged
from odoo.tools import config

from ..cfdi.csd import Csd
from ..models import certificate as certificate_module
from ..models import secret_box
from .common import NOMBRE, RFC, CfdiCommon

PURPOSE = secret_box.purpose("some.model", "field", 1)


def new_key():
    return base64.b64encode(os.urandom(32)).decode()


@tagged("post_install_l10n", "post_install", "-at_install")
class TestSecretBox(CfdiCommon):
    """The master key: where it comes from and what a wrong one does."""

    def seal(self, plain=b"secreto"):
        return secret_box.seal(plain, self.env, purpose=PURPOSE)

    def unseal(self, sealed, purpose=PURPOSE):
        return secret_box.unseal(sealed, self.env, purpose=purpose)

    def with_variable(self, value):
        self.startPatcher(patch.dict(os.environ, {secret_box.VARIABLE: value}))

    def test_round_trip(self):
        sealed = self.seal()
        self.assertNotIn(b"secreto", sealed)
        self.assertNotEqual(sealed, self.seal(), "each time another nonce")
        self.assertEqual(self.unseal(sealed), b"secreto")
        self.assertTrue(secret_box.is_readable(sealed, self.env))

    def test_bound_to_its_purpose(self):
        with self.assertRaisesRegex(UserError, "belongs to another record"):
            self.unseal(self.seal(), purpose=secret_box.purpose("some.model", "field", 2))

    def test_every_byte_is_authenticated(self):
        sealed = self.seal(b"x")
        for place in range(len(sealed)):
            altered = bytearray(sealed)
            altered[place] ^= 1
            with self.subTest(place=place), self.assertRaises(secret_box.SecretError):
                self.unseal(bytes(altered))
        with self.assertRaises(secret_box.SecretError):
            self.unseal(b"")

    def test_other_master_key(self):
        sealed = self.seal()
        self.with_variable(new_key())
        self.assertFalse(secret_box.is_readable(sealed, self.env))
        with self.assertRaisesRegex(UserError, "install the files again"):
            self.unseal(sealed)

    def test_changing_the_master_key(self):
        old, new = new_key(), new_key()
        self.with_variable(old)
        sealed = self.seal()
        self.with_variable(f"{new}, {old}")
        self.assertEqual(self.unseal(sealed), b"secreto", "the old one still opens")
        sealed_again = self.seal()
        self.with_variable(new)
        self.assertEqual(self.unseal(sealed_again), b"secreto", "the first one seals")
        self.assertFalse(secret_box.is_readable(sealed, self.env))

    def test_hexadecimal(self):
        self.with_variable(os.urandom(32).hex())
        self.assertEqual(self.unseal(self.seal()), b"secreto")

    def test_malformed_key_is_refused_and_not_repeated(self):
        for bad in ("una frase larga que parece segura", base64.b64encode(b"corta").decode(), "ñandú"):
            self.with_variable(bad)
            with self.assertRaisesRegex(UserError, "openssl rand -base64 32") as caught:
                self.seal()
            self.assertNotIn(bad, str(caught.exception))

    def test_order_of_sources(self):
        option, variable = new_key(), new_key()
        self.with_variable(variable)
        self.assertEqual(secret_box.source(), "environment")
        sealed = self.seal()
        with patch.dict(secret_box.config, {secret_box.OPTION: option}):
            self.assertEqual(secret_box.source(), "option")
            self.assertFalse(secret_box.is_readable(sealed, self.env))
        self.with_variable("")
        self.assertEqual(secret_box.source(), "file")

    def test_file_made_once_and_closed(self):
        self.with_variable("")
        path = secret_box.key_file()
        self.addCleanup(path.unlink, missing_ok=True)
        self.assertFalse(secret_box.is_readable(b"\x01" + b"0" * 40, self.env))
        self.assertFalse(path.exists(), "looking makes no key")
        with ThreadPoolExecutor(8) as pool:
            sealed = list(pool.map(lambda _n: self.seal(), range(24)))
        self.assertEqual(path.stat().st_mode & 0o777, 0o600)
        self.assertEqual([self.unseal(one) for one in sealed], [b"secreto"] * 24, "all racers took the same key")
        self.assertEqual([file.name for file in path.parent.iterdir()], [path.name], "no drafts are left")

    def test_open_file_is_refused(self):
        self.with_variable("")
        path = secret_box.key_file()
        self.addCleanup(path.unlink, missing_ok=True)
        sealed = self.seal()
        path.chmod(0o640)
        for use in (self.seal, lambda: self.unseal(sealed)):
            with self.assertRaisesRegex(UserError, "chmod 600"):
                use()
        path.chmod(0o600)
        self.assertEqual(self.unseal(sealed), b"secreto")

    def test_link_in_place_of_the_file_is_refused(self):
        self.with_variable("")
        path = secret_box.key_file()
        self.seal()
        elsewhere = path.with_name("elsewhere")
        path.rename(elsewhere)
        path.symlink_to(elsewhere)
        self.addCleanup(elsewhere.unlink)
        self.addCleanup(path.unlink)
        with self.assertRaisesRegex(UserError, "cannot be read"):
            self.seal()


@tagged("post_install_l10n", "post_install", "-at_install")
class TestSecretsStaySecret(CfdiCommon):
    """Nothing of a key or its password can be read back, by anybody, from anywhere."""

    password = "Contraseña-irrepetible-8472"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.files = cls.authority.csd(RFC, NOMBRE, password=cls.password, desde=datetime(2024, 1, 1, tzinfo=UTC))
        cls.certificate = cls.install_certificate(cls.files, password=cls.password)
        cls.admin = cls.env.ref("base.user_admin")
        cls.admin.write({"company_ids": [(4, cls.company.id)], "company_id": cls.company.id})

    def users(self):
        for user in (self.biller, self.accountant, self.admin):
            yield self.env(user=user, context={"allowed_company_ids": self.company.ids})

    def denied(self, call):
        with self.assertRaises(AccessError):
            call()

    # -- RPC -----------------------------------------------------------------------------------------------------------

    def test_no_way_to_read_the_key(self):
        for env in self.users():
            records = env["l10n_mx_cfdi40.certificate"].browse(self.certificate.id)
            self.assertEqual(records.read(["serial"])[0]["serial"], self.certificate.serial, "it may see the rest")
            with self.subTest(user=env.user.login):
                self.denied(lambda r=records: r.read(["key_sealed"]))
                self.denied(lambda r=records: r.key_sealed)
                self.denied(lambda r=records: r.web_read({"key_sealed": {}}))
                with self.assertRaises(UserError):  # not all of them may export at all
                    records.export_data(["serial", "key_sealed"])
                self.denied(lambda r=records: r.search([("key_sealed", "!=", False)]))
                self.denied(lambda r=records: r.search([("key_sealed", "=", "A")]))
                with self.assertRaises(NotImplementedError):
                    records.search([("key_sealed", "ilike", "A")])
                self.denied(lambda r=records: r.search([], order="key_sealed"))
                self.denied(lambda r=records: r.web_search_read([], {"key_sealed": {}}))
                self.denied(lambda r=records: r.search_read([], ["key_sealed"]))
                self.denied(lambda r=records: r.name_search("", [("key_sealed", "!=", False)]))
                self.denied(lambda r=records: r.formatted_read_group([], ["key_sealed"], ["__count"]))
                self.denied(lambda r=records: r.formatted_read_group([], [], ["key_sealed:array_agg"]))
                self.denied(lambda r=records: r.env["ir.binary"]._get_stream_from(r, "key_sealed"))
                self.denied(lambda e=env: e["res.company"].search(
                    [("l10n_mx_cfdi40_certificate_ids.key_sealed", "!=", False)],
                ))
                self.assertNotIn("key_sealed", records.read()[0])
                self.assertNotIn("key_sealed", records.fields_get())
                self.denied(lambda r=records: r.write({"key_sealed": base64.b64encode(b"x")}))

    def test_signing_is_not_an_rpc(self):
        for name in ("_csd", "_open", "_content", "_seal_key", "_mark_accepted", "_mark_refused"):
            with self.assertRaises(AccessError):
                get_public_method(self.env["l10n_mx_cfdi40.certificate"], name)

    def test_wizard_gives_nothing_back(self):
        wizards = self.env(user=self.accountant)["l10n_mx_cfdi40.certificate.wizard"]
        spec = {"key": {}, "password": {}, "serial": {}}
        saved = wizards.web_save(
            {"cer": base64.b64encode(self.files[0]).decode(), "key": base64.b64encode(self.files[1]).decode(),
             "password": self.password}, spec,
        )[0]
        self.assertEqual((saved["key"], saved["password"], saved["serial"]), (False, False, self.certificate.serial))
        wizard = wizards.browse(saved["id"])
        self.assertEqual(wizard.web_save({"password": "otra"}, spec)[0]["password"], False)
        values = wizard.read()[0]
        self.assertFalse(values["key"] or values["password"])
        self.assertNotIn("secrets_sealed", values)
        self.denied(lambda: wizard.read(["secrets_sealed"]))
        self.denied(lambda: wizard.search([("secrets_sealed", "!=", False)]))
        for name in ("key", "password"):
            with self.assertRaises(ValueError):
                wizard.search([(name, "=", "x")])
        self.denied(lambda: wizard.with_user(self.admin).read(["serial"]))
        with self.assertRaises(UserError):
            wizard.copy()

    # -- at rest -------------------------------------------------------------------------------------------------------

    def needles(self):
        """What must not be found: the password, the .key file as given, and the private key itself."""
        key = serialization.load_der_private_key(self.files[1], self.password.encode())
        numbers = key.private_numbers()
        private = key.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption(),
        )
        return {
            # The part that JSON and every encoding write alike.
            "password": b"irrepetible-8472",
            "key file": self.files[1][40:140],
            # Not its beginning: that is the modulus, which the certificate publishes.
            "private key": private[-140:-40],
            "prime": numbers.p.to_bytes(128, "big")[4:60],
            "exponent": numbers.d.to_bytes(256, "big")[4:60],
        }

    def assertNowhere(self, haystack, needles=None):
        lower = haystack.lower()
        for name, needle in (needles or self.needles()).items():
            # base64 of something in the middle of a text has three forms, by where it begins.
            forms = [needle, *(base64.b64encode(b"\0" * shift + needle)[4 if shift else 0:-4] for shift in range(3))]
            for form in forms:
                self.assertFalse(form in haystack or form.hex().encode() in lower, f"{name} can be read")

    def dump(self):
        """Every row of every table, as text; binary columns in hexadecimal."""
        self.env.flush_all()
        self.env.cr.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
        out = BytesIO()
        for (table,) in self.env.cr.fetchall():
            self.env.cr._obj.copy_expert(f'COPY "{table}" TO STDOUT', out)
        return out.getvalue()

    def filestore_since(self, moment):
        folder = Path(config.filestore(self.env.cr.dbname))
        files = [file for file in folder.rglob("*") if file.is_file() and file.stat().st_mtime >= moment]
        return b"\n".join(file.read_bytes() for file in files)

    def test_database_and_files_hold_no_secret(self):
        started = time.time() - 1
        wizards = self.env(user=self.accountant)["l10n_mx_cfdi40.certificate.wizard"]
        files = self.authority.csd(RFC, NOMBRE, password=self.password)
        waiting = wizards.create({
            "cer": base64.b64encode(files[0]), "key": base64.b64encode(self.files[1]), "password": self.password,
        })
        self.assertTrue(waiting.problem, "one that did not install stays in its table")
        dump = self.dump()
        self.assertIn(self.certificate.serial.encode(), dump, "the dump has the certificate")
        self.assertNowhere(dump)
        self.assertNowhere(self.filestore_since(started))
        attachments = self.env["ir.attachment"].sudo().search([
            ("res_model", "like", "l10n_mx_cfdi40.certificate%"), ("res_field", "!=", False),
        ])
        self.assertFalse(attachments)

    def test_the_search_would_find_them(self):
        """Otherwise the test above could not fail."""
        for name, needle in self.needles().items():
            for planted in (needle, *(base64.b64encode(b"a" * n + needle + b"zz") for n in range(3))):
                for text in (planted.hex(), planted.decode("latin-1") if planted.isascii() else planted.hex().upper()):
                    partner = self.env["res.partner"].create({"name": "x", "ref": text})
                    with self.subTest(name=name), self.assertRaises(AssertionError):
                        self.env.flush_all()
                        self.env.cr.execute("SELECT ref FROM res_partner WHERE id = %s", [partner.id])
                        self.assertNowhere(self.env.cr.fetchone()[0].encode(), {name: needle})

    def test_logs_hold_no_secret(self):
        files = self.authority.csd(RFC, NOMBRE, password=self.password)
        wizards = self.env(user=self.accountant)["l10n_mx_cfdi40.certificate.wizard"]
        with self.assertLogs("odoo", level="DEBUG") as logs:
            wizard = wizards.create({
                "cer": base64.b64encode(files[0]), "key": base64.b64encode(files[1]), "password": "equivocada-551",
            })
            with self.assertRaises(UserError):
                wizard.action_install()
            wizard.password = self.password
            wizard.action_install()
            self.env.flush_all()
        text = "\n".join(logs.output)
        self.assertIn("l10n_mx_cfdi40_certificate", text, "the statements themselves were logged")
        self.assertNotIn("equivocada-551", text)
        self.assertNowhere(text.encode())

    def test_nothing_left_in_the_wizard_after_installing(self):
        wizard = self.env["l10n_mx_cfdi40.certificate.wizard"].sudo().search([], order="id desc", limit=1)
        self.assertEqual(wizard.serial, self.certificate.serial)
        self.assertFalse(wizard.secrets_sealed)

    # -- opened keys ---------------------------------------------------------------------------------------------------

    def test_a_key_is_opened_once(self):
        self.certificate._forget_opened()
        with patch.object(Csd, "abrir", side_effect=Csd.abrir) as opening:
            first = self.certificate._csd()
            self.assertIs(self.certificate.with_user(self.biller)._csd(), first)
            self.assertEqual(opening.call_count, 1)
            self.certificate.sudo().key_sealed = self.certificate._seal_key(first)
            self.assertIsNot(self.certificate._csd(), first, "a stored key that changed is opened again")

    def test_opened_keys_are_bounded(self):
        opened = certificate_module._OPENED
        self.addCleanup(opened.clear)
        for number in range(500):
            opened["other database", number] = (None, None)
        self.assertLess(len(opened), 50)

    def test_lost_master_key(self):
        self.env.flush_all()
        self.startPatcher(patch.dict(os.environ, {secret_box.VARIABLE: new_key()}))
        self.certificate._forget_opened()
        self.env.invalidate_all()
        self.assertEqual(self.certificate.state, "no_key")
        with self.assertRaisesRegex(UserError, "install the files again"):
            self.certificate._csd()
        again = self.install_certificate(self.files, password=self.password)
        self.assertEqual(again, self.certificate, "the same one, refreshed")
        self.assertTrue(self.certificate._csd().firmar(b"x"))
        self.env.invalidate_all()
        self.assertEqual(self.certificate.state, "pending")

    def test_key_of_another_row_does_not_open(self):
        """Somebody who can write the table must not be able to sign with another company's key."""
        other = self.env["l10n_mx_cfdi40.certificate"].sudo().create({
            "company_id": self.company.id, "rfc": RFC, "serial": "0" * 20, "cer": self.certificate.cer,
            "date_from": "2024-01-01", "date_to": "2028-01-01", "key_sealed": self.certificate.sudo().key_sealed,
        })
        with self.assertRaisesRegex(UserError, "belongs to another record"):
            other._csd()

    def test_neutralized_copy_has_no_secret(self):
        queries = "\n".join(get_neutralization_queries(["l10n_mx_cfdi40"]))
        self.assertTrue(re.search("key_sealed", queries))
        self.env.flush_all()
        self.env.cr.execute(queries)
        self.env.invalidate_all()
        self.certificate._forget_opened()
        self.assertEqual(self.certificate.state, "no_key")
        self.assertFalse(self.company._l10n_mx_cfdi40_select_certificate(datetime.now(UTC)))
        self.assertEqual(self.company.l10n_mx_cfdi40_environment, "test")
        self.assertEqual(self.company.l10n_mx_cfdi40_pac, "loopback")
        with self.assertRaisesRegex(UserError, "not in this database"):
            self.certificate._csd()
