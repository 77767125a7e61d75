"""Credentials of PACs: encrypted, written only, and in nothing that anybody reads, whatever goes wrong."""
import base64
import html
import io
import json
import logging
import traceback
from urllib.parse import quote

from odoo.exceptions import AccessError, UserError
from odoo.service.model import get_public_method
from odoo.tests import tagged

from ..models.pac_account import MASK
from ..models.secret_box import SecretError
from .pac_common import NEEDLE, PACS, PASSWORD, TOKEN, TOKEN_NEEDLE, USER, PacCommon

SECRETS = ("password", "token")


@tagged("post_install_l10n", "post_install", "-at_install")
class TestPacAccountSecrets(PacCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env(su=True).ref("base.user_admin").company_ids += cls.company.sudo()

    def assertNowhere(self, text):
        """No way of writing password or token is in the text."""
        text = str(text)
        for secret in (PASSWORD, TOKEN):
            login = base64.b64encode(f"{USER}:{secret}".encode()).decode()
            for form in (secret, TOKEN_NEEDLE if secret is TOKEN else NEEDLE, html.escape(secret),
                         quote(secret), json.dumps(secret)[1:-1], login,
                         base64.b64encode(secret.encode()).decode()):
                self.assertNotIn(form, text)

    def dump(self, *tables):
        """Every row of these tables (all there are, if none is named), as text."""
        self.env.flush_all()
        if not tables:
            self.env.cr.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
            tables = [row[0] for row in self.env.cr.fetchall()]
        out = io.BytesIO()
        for table in tables:
            self.env.cr._obj.copy_expert(f'COPY "{table}" TO STDOUT', out)
        return out.getvalue().decode("utf-8", "replace")

    def users(self):
        for user in (self.biller, self.accountant, self.auditor, self.env.ref("base.user_admin")):
            yield self.env(user=user, context={"allowed_company_ids": self.company.ids})

    # -- written only --------------------------------------------------------------------------------------------------

    def test_the_client_gets_what_was_written(self):
        account = self.account("sw", token=TOKEN)
        self.assertEqual(account.sudo()._secrets(), {"password": PASSWORD, "token": TOKEN})
        account.write({"password": MASK, "token": MASK})
        self.assertEqual(account.sudo()._secrets(), {"password": PASSWORD, "token": TOKEN}, "not touched")
        account.token = False
        self.assertEqual(account.sudo()._secrets(), {"password": PASSWORD})
        self.assertEqual((account.password, account.token), (MASK, False))
        account.password = False
        self.assertEqual((account.sudo()._secrets(), account.state), ({}, "incomplete"))
        self.assertFalse(account.sudo().secret_sealed)

    def test_masked_in_the_very_request_that_wrote_it(self):
        spec = {name: {} for name in (*SECRETS, "username", "state")}
        values = {"company_id": self.company.id, "provider": "sw", "username": USER, "password": PASSWORD}
        saved = self.Account.web_save(values, spec)[0]
        self.assertEqual((saved["password"], saved["token"], saved["state"]), (MASK, False, "ok"))
        account = self.Account.browse(saved["id"])
        saved = account.web_save({"token": TOKEN}, spec)[0]
        self.assertEqual((saved["password"], saved["token"]), (MASK, MASK))
        self.assertEqual(account.read(SECRETS)[0]["password"], MASK)
        self.retire(account)
        made = self.Account.create(values)
        self.assertEqual((made.password, made.token), (MASK, False))

    def test_no_rpc_answers_with_it(self):
        account = self.account("sw", token=TOKEN)
        self.env.flush_all()
        self.env.invalidate_all()
        for env in self.users():
            seen = account.with_env(env)
            answers = [seen.fields_get(), seen.web_read({"display_name": {}, "state": {}}), seen.web_search_read(
                [], {"provider": {}}), seen.get_views([(False, "form"), (False, "list")])]
            manager = env.user.has_group("l10n_mx_cfdi40.group_manager")
            if manager:
                answers += [seen.read(), seen.web_read({name: {} for name in SECRETS}), seen.copy_data(),
                            seen.export_data(["username", "password", "token"]) if env.user.has_group(
                                "base.group_allow_export") else ""]
            self.assertNowhere(answers)
            with self.subTest(user=env.user.login):
                for name in ("secret_sealed", "secret_names"):
                    for ask in (
                        lambda n=name, s=seen: s.read([n]), lambda n=name, s=seen: s.web_read({n: {}}),
                        lambda n=name, s=seen: s.search([(n, "!=", False)]),
                        lambda n=name, s=seen: s.search([], order=n),
                        lambda n=name, s=seen: s.formatted_read_group([], [n], ["__count"]),
                        lambda n=name, s=seen: s.formatted_read_group([], [], [f"{n}:array_agg"]),
                        lambda n=name, s=seen: s.write({n: False}),
                    ):
                        with self.assertRaises(AccessError):
                            ask()
                    with self.assertRaises(UserError):  # not all of them may export at all
                        seen.export_data(["provider", name])
                for name in SECRETS:
                    for ask in (
                        lambda n=name, s=seen: s.search([(n, "=", PASSWORD)]),
                        lambda n=name, s=seen: s.search([(n, "like", "Cl4ve%")]),
                        lambda n=name, s=seen: s.search([], order=n),
                        lambda n=name, s=seen: s.formatted_read_group([], [n], ["__count"]),
                    ):
                        self.assertTrue(self.is_refused(ask))

    @staticmethod
    def is_refused(ask):
        """Neither the secret nor its mask can be asked for: no such search, or no right."""
        try:
            ask()
        except (AccessError, UserError, ValueError):
            return True
        return False

    def test_opening_is_not_an_rpc(self):
        for name in ("_secrets", "_sealed", "_client", "_seal", "_keep_secret", "_note_call"):
            with self.assertRaises(AccessError):
                get_public_method(self.env["l10n_mx_cfdi40.pac.account"], name)

    def test_a_copy_has_no_credentials(self):
        account = self.account("sw", token=TOKEN)
        self.retire(account)
        copy = account.copy({"active": False})
        self.assertFalse(copy.sudo().secret_sealed or copy.sudo().secret_names or copy.password or copy.token)
        self.assertEqual(copy.state, "incomplete")

    def test_a_ciphertext_of_another_account_does_not_open(self):
        account, other = self.account("sw"), self.account("finkok")
        other.sudo().secret_sealed = account.sudo().secret_sealed
        with self.assertRaises(SecretError):
            other._client()
        # As after the master key was lost: what is written anew is what counts.
        with self.assertRaises(UserError):
            other.action_check()
        other.password = PASSWORD
        other.action_check()
        self.assertEqual(other.sudo()._secrets(), {"password": PASSWORD})

    # -- at rest and in what is told -----------------------------------------------------------------------------------

    def test_the_database_has_no_credentials(self):
        account = self.account("sw", token=TOKEN)
        dump = self.dump()
        self.assertIn(USER, dump, "the dump has the account")
        self.assertNowhere(dump)
        sealed = base64.b64decode(account.sudo().secret_sealed)
        self.assertNowhere(sealed.decode("latin-1"))

    def test_what_goes_wrong_tells_no_credentials(self):
        """Whatever is stamped, refused, lost, cancelled or asked, at each PAC, with everything logged that can be."""
        names = ("odoo.addons.l10n_mx_cfdi40", "zeep", "urllib3", "requests")
        handler = logging.StreamHandler(told := io.StringIO())
        handler.setFormatter(logging.Formatter("%(name)s %(message)s %(args)s %(exc_info)s"))
        for logger in (logging.getLogger(name) for name in names):
            self.addCleanup(logger.setLevel, logger.level)
            self.addCleanup(logger.removeHandler, handler)
            logger.setLevel(logging.DEBUG)
            logger.addHandler(handler)
        texts = []
        for code in PACS:
            with self.subTest(code=code), self.using(code) as account:
                texts += self.misadventures(account)
        self.assertIn("urllib3", told.getvalue(), "something was logged")
        for text in (told.getvalue(), *texts, self.dump("mail_message", "l10n_mx_cfdi40_pac_exchange",
                     "l10n_mx_cfdi40_document", "l10n_mx_cfdi40_document_event", "mail_tracking_value", "ir_logging")):
            self.assertNowhere(text)
        kept = self.dump("l10n_mx_cfdi40_pac_exchange")
        self.assertIn("•••", kept, "masked, and so it was there")
        self.assertNotIn(USER, kept)

    def misadventures(self, account):
        """What is shown of a day on which all goes wrong."""
        texts = [repr(account), str(account._client())]
        for fault in ({"kind": "http", "code": "401"}, {"kind": "http", "code": "503"}, {"kind": "html"},
                      {"kind": "closed"}, {"kind": "truncated"},
                      {"kind": "refuse", "code": "CFDI40145", "message": f"No: {USER} {PASSWORD}"}):
            self.fault(**fault)
            move = self.ready()
            try:
                move._l10n_mx_cfdi40_stamp()
            except UserError:
                texts.append(traceback.format_exc())
            document = self.document(move)
            texts += [document.message, str(document.event_ids.mapped("message"))]
        self.pac.faults.clear()
        account.action_wake()
        move = self.small()
        row = self.order(move, "02")
        self.assertEqual(row.state, "cancelled", row.message)
        texts.append(str(row.read()))
        for vals in ({"password": f"{PASSWORD}x"}, {"password": PASSWORD, "sandbox_url": self.nobody()}):
            account.write(vals)
            with self.assertRaises(UserError) as caught:
                account.action_check()
            texts.append("".join(traceback.format_exception(caught.exception)))
        texts.append(str(account.message_ids.mapped("body")))
        return texts

    def test_the_search_would_find_it(self):
        """Otherwise the tests above could not fail."""
        for planted in (PASSWORD, TOKEN, html.escape(PASSWORD), quote(PASSWORD), json.dumps(PASSWORD),
                        base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()):
            with self.assertRaises(AssertionError):
                self.assertNowhere(f"x{planted}y")
        self.env["res.partner"].sudo().create({"name": "x", "comment": f"<p>{NEEDLE}</p>"})
        with self.assertRaises(AssertionError):
            self.assertNowhere(self.dump("res_partner"))
