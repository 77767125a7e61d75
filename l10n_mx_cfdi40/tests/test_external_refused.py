"""What cannot become the CFDI of an invoice, and the words that say what to do."""
import re
from dataclasses import replace

from odoo import SUPERUSER_ID
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from ..cfdi.csd import Csd
from ..cfdi.seal import sellar
from .common import PASSWORD
from .external_common import UUID, WIZARD, ExternalCommon
from .invoice_common import D


@tagged("post_install_l10n", "post_install", "-at_install")
class TestExternalRefused(ExternalCommon):
    def test_not_the_cfdi_of_this_invoice(self):
        move = self.ready()
        made = self.values_of(move)
        other = self.authority.csd("CACX7605101P8", "XOCHILT CASAS CHAVEZ", password=PASSWORD)
        issuer = replace(made.emisor, rfc="CACX7605101P8", nombre="XOCHILT CASAS CHAVEZ")
        receiver = replace(made.receptor, rfc="XAXX010101000", nombre="PUBLICO EN GENERAL")
        for xml, pattern in (
            (self.forged(replace(made, emisor=issuer), Csd.abrir(*other, PASSWORD)),
             r"Issuer: .*CACX7605101P8 \(XOCHILT.*EKU9003173C9.*mend the RFC of the company"),
            (self.forged(replace(made, receptor=receiver)),
             r"Customer: .*XAXX010101000 .*URE180429TM6.*mend the RFC of the customer"),
            (self.forged(replace(made, moneda="USD", tipo_cambio=D(20))), "Currency: the CFDI is in USD .* in MXN"),
            (self.forged(replace(made, tipo_de_comprobante="E")), "Type: the CFDI is of type E"),
        ):
            with self.subTest(pattern):
                self.assertRefused(move, xml, pattern)

    def test_all_at_once(self):
        move = self.ready(currency_id=self.usd.id)
        made = replace(self.values_of(move), moneda="MXN", tipo_cambio=None, tipo_de_comprobante="E")
        wizard = self.assertRefused(move, self.forged(made), "Currency", opening_instalments=-1)
        self.assertEqual([line.partition(":")[0] for line in wizard.problem.splitlines()], [
            "Currency", "Type", "Previous instalments"])

    def test_a_customer_without_rfc(self):
        move = self.ready()
        xml = self.stamped(move)
        self.customer.sudo().vat = False
        self.assertRefused(move, xml, r"Customer: .* is none\.")

    def test_where_the_complements_cannot_start(self):
        move = self.ready()
        xml = self.stamped(move)
        for vals, pattern in (
            ({"opening_balance": 0}, r"Opening balance: .*more than zero .*116\.00"),
            ({"opening_balance": -5}, "Opening balance"),
            ({"opening_balance": 0.004}, "Opening balance"),
            ({"opening_balance": 116.01}, "no more than the total"),
            ({"opening_instalments": -1}, "Previous instalments: -1"),
        ):
            with self.subTest(vals):
                self.assertRefused(move, xml, pattern, **vals)

    def test_a_uuid_that_the_ledger_has(self):
        first, second = self.ready(), self.ready()
        xml = self.stamped(first)
        self.take_in(first, xml)
        self.assertRefused(second, xml, f"UUID: .* of {re.escape(first.name)}.*Choose the XML")
        stamped = self.ready()
        stamped._l10n_mx_cfdi40_stamp()
        self.assertRefused(second, self.document(stamped)._stamped_bytes(), "UUID")
        # By somebody else: who creates a company works in it.
        other = self.env(user=SUPERUSER_ID)["res.company"].create({"name": "Otra"})
        self.env["l10n_mx_cfdi40.document"].sudo().create(
            {"company_id": other.id, "kind": "I", "state": "stamped", "uuid": UUID, "folio": "SECRETO"})
        wizard = self.assertRefused(second, self.forged(self.values_of(second)), "UUID: .*another company")
        self.assertNotIn("SECRETO", wizard.problem)

    def test_seals_that_do_not_hold(self):
        move = self.ready()
        good = self.stamped(move)
        for xml, pattern in (
            (good.replace(b' Total="116.00"', b' Total="115.00"'), "sello no corresponde"),
            (self.forged(self.values_of(move), seal="QUJD"), "timbre es de otro comprobante"),
            (sellar(self.values_of(move), self.csd).xml, "no tiene timbre"),
            (good.replace(b' Sello="', b' Sello="AA', 1), "(?s)sello no corresponde.*timbre es de otro"),
        ):
            with self.subTest(pattern):
                self.assertRefused(move, xml, pattern)

    def test_what_is_no_cfdi(self):
        move = self.ready()
        good = self.stamped(move)
        bomb = b'<!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;">]>' + good.partition(b"?>")[2].lstrip()
        for xml, pattern in (
            (b"%PDF-1.4", "no es un XML bien formado"),
            (b"\xff\xfe\x00", "UTF-8"),
            (b"<a/>", "no es un CFDI"),
            (bomb, "DOCTYPE"),
            (b"<a>" * 100 + b"</a>" * 100, "niveles"),
            (b" " * 20_000_001, r"20,000,001 bytes"),
            (good.replace(b"/cfd/4", b"/cfd/3").replace(b'Version="4.0"', b'Version="3.3"'), "Version: .* 3.3,.* 4.0"),
            (good.replace(b' Total="116.00"', b' Total="1e2"'), "«total» tiene «1e2»"),
        ):
            with self.subTest(pattern):
                self.assertRefused(move, xml, pattern)
        wizard = self.wizard(move)
        with self.assertRaisesRegex(UserError, "Choose the XML"):
            wizard.action_take_in()
        self.assertRegex(self.env[WIZARD].with_user(self.biller).new(
            {"move_id": move.id, "xml": "not base64!"}).problem or "", "XML")

    def test_a_complement_that_is_not_known(self):
        """Foreign trade, say: the seal cannot be verified, and that is said; the CFDI is taken in."""
        move = self.ready()
        xml = self.stamped(move).replace(
            b"</cfdi:Complemento>", b'<a:ComercioExterior xmlns:a="urn:a"/></cfdi:Complemento>')
        wizard = self.wizard(move, xml)
        self.assertRegex(wizard.warning, "Seal: .*ComercioExterior")
        wizard.action_take_in()
        self.assertEqual(self.document(move)._stamped_bytes(), xml)
        self.env["ir.actions.report"]._render_qweb_html("account.account_invoices", move.ids)

    def test_a_test_stamp_in_production(self):
        move = self.ready()
        xml = self.stamped(move)
        self.env["l10n_mx_cfdi40.pac.account"].with_user(self.accountant).create({
            "company_id": self.company.id, "provider": "sw", "environment": "production", "token": "de-produccion"})
        self.company.sudo().l10n_mx_cfdi40_environment = "production"
        self.assertRefused(move, xml, r"Stamp: .*test certificate \(3000.*no fiscal validity")

    def test_not_an_invoice_that_can_have_one(self):
        draft = self.ready(post=False)
        receipt = self.ready(move_type="out_receipt")
        stamped = self.ready()
        stamped._l10n_mx_cfdi40_stamp()
        lost = self.ready()
        self.fault("lost")
        lost._l10n_mx_cfdi40_stamp()
        bill = self.env["account.move"].create({"move_type": "in_invoice", "partner_id": self.customer.id})
        xml = self.forged(self.values_of(self.ready()))
        for move, pattern in (
            (draft, "not posted"), (receipt, "not an invoice"), (stamped, "has a CFDI already"),
            (lost, "has a CFDI already"), (bill, "not posted"),
        ):
            with self.subTest(pattern):
                with self.assertRaisesRegex(UserError, pattern):
                    move.with_user(self.biller).action_l10n_mx_cfdi40_external()
                with self.assertRaisesRegex(UserError, pattern):
                    move.with_user(self.biller)._l10n_mx_cfdi40_take_in(xml, 116)
        self.assertFalse(self.env["l10n_mx_cfdi40.document"].search([("external", "=", True)]))

    def test_after_a_refusal_of_the_pac_it_may_have_one(self):
        move = self.ready()
        self.fault("refuse", code="CFDI40147")
        move._l10n_mx_cfdi40_stamp()
        self.assertEqual(move.l10n_mx_cfdi40_state, "rejected")
        self.take_in(move, self.stamped(move))
        self.assertEqual(move.l10n_mx_cfdi40_state, "stamped")

    # -- rights --------------------------------------------------------------------------------------------------------

    def test_an_auditor_does_not_take_in(self):
        auditor = new_test_user(
            self.env(su=True), "auditora", "account.group_account_readonly", company_id=self.company.id,
            company_ids=self.company.ids)
        move = self.ready()
        with self.assertRaises(AccessError):
            move.with_user(auditor).action_l10n_mx_cfdi40_external()
        with self.assertRaises(AccessError):
            self.wizard(move, user=auditor)
        self.take_in(move, self.stamped(move))
        self.env.invalidate_all()
        self.assertEqual(move.with_user(auditor).l10n_mx_cfdi40_opening_balance, 116)
        self.assertTrue(move.with_user(auditor).l10n_mx_cfdi40_external)

    def test_another_company_sees_nothing_of_the_invoice(self):
        move = self.ready()
        other = self.env(user=SUPERUSER_ID)["res.company"].create({"name": "Otra"})
        stranger = new_test_user(
            self.env(su=True), "extraño", "account.group_account_invoice", company_id=other.id, company_ids=other.ids)
        with self.assertRaises(AccessError):
            self.wizard(move, self.stamped(move), user=stranger)
        own = self.wizard(move)
        with self.assertRaises(AccessError):
            own.with_user(stranger).read(["uuid"])
        with self.assertRaises(AccessError):
            own.with_user(stranger).action_take_in()

    def test_nobody_writes_the_opening_by_hand(self):
        move = self.ready()
        values_of_new = {"move_type": "out_invoice", "partner_id": self.customer.id}
        for name, value in (("opening_balance", 5), ("opening_instalments", 5)):
            field = f"l10n_mx_cfdi40_{name}"
            with self.assertRaises(AccessError):
                move.write({field: value})
            with self.assertRaises(AccessError):
                self.env["account.move"].with_user(self.biller).create({**values_of_new, field: value})
        self.take_in(move, self.stamped(move), opening_instalments=3)
        copy = move.copy()
        self.assertFalse(copy.l10n_mx_cfdi40_opening_balance or copy.l10n_mx_cfdi40_opening_instalments)

    # -- folios --------------------------------------------------------------------------------------------------------

    def test_folios_of_a_series_that_odoo_has_too(self):
        series = self.env["l10n_mx_cfdi40.serie"].search([
            ("company_id", "=", self.company.id), ("kind", "=", "invoice")])
        move = self.ready()
        xml = self.stamped(move, serie=series.prefix, folio="843")
        wizard = self.wizard(move, xml)
        self.assertRegex(wizard.warning, f"Folio: the series {series.prefix} .* 843")
        wizard.action_take_in()
        with self.assertRaises(UserError):
            series.next_folio = 843
        series.next_folio = 850
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertFalse(series.missing_count, "what came before Odoo is not missing in Odoo")
        later = self.ready()
        self.assertFalse(self.wizard(later, self.stamped(later, serie=series.prefix, folio="12")).warning)
        # One in the middle fills what would be a gap.
        after = self.ready()
        after._l10n_mx_cfdi40_stamp()
        self.assertEqual(after.l10n_mx_cfdi40_folio, 850)
        series.next_folio = 854
        self.take_in(later, self.stamped(later, serie=series.prefix, folio="852"))
        self.env.flush_all()
        self.env.invalidate_all()
        gaps = self.env["l10n_mx_cfdi40.folio.gap"].search([("serie_id", "=", series.id)])
        self.assertEqual([(gap.first, gap.last) for gap in gaps], [(851, 851), (853, 853)])
