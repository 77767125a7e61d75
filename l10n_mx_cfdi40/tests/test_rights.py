"""Who may see and do what with the CFDI of an invoice, by the doors that RPC leaves open."""
from lxml import etree
from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .stamp_common import StampCommon


@tagged("post_install_l10n", "post_install", "-at_install")
class TestRights(StampCommon):
    def test_nobody_writes_what_follows_from_stamping(self):
        move = self.ready()
        move._l10n_mx_cfdi40_stamp()
        for name, value in (
            ("state", False), ("uuid", "X"), ("document_id", False), ("document_ids", [Command.clear()]),
            ("serie_id", False), ("serie", "Z"), ("folio", 99),
        ):
            with self.subTest(name), self.assertRaises(AccessError):
                move.write({f"l10n_mx_cfdi40_{name}": value})
        self.assertStamped(move)
        self.assertEqual(move.l10n_mx_cfdi40_state, "stamped")

    def test_a_new_invoice_brings_no_folio(self):
        values = {"move_type": "out_invoice", "partner_id": self.customer.id}
        moves = self.env["account.move"].with_user(self.biller)
        with self.assertRaises(AccessError):
            moves.create({**values, "l10n_mx_cfdi40_folio": 5})
        with self.assertRaises(AccessError):
            moves.with_context(default_l10n_mx_cfdi40_serie="F").create(values)
        self.assertTrue(moves.create(values))

    def test_a_copy_brings_nothing_of_the_cfdi(self):
        move = self.ready()
        move._l10n_mx_cfdi40_stamp()
        copy = move.copy()
        names = ("state", "uuid", "document_id", "document_ids", "serie_id", "serie", "folio", "relation_ids")
        self.assertFalse([name for name in names if copy[f"l10n_mx_cfdi40_{name}"]])
        self.assertFalse(copy.attachment_ids)

    def test_the_wizard_shows_no_invoice_of_another_company(self):
        move = self.ready()
        other = self.env["res.company"].sudo().create({"name": "Otra"})
        stranger = new_test_user(
            self.env(su=True), "extraño", "account.group_account_invoice", company_id=other.id, company_ids=other.ids)
        wizard = self.env["l10n_mx_cfdi40.stamp.wizard"].with_user(stranger).create({})
        lines = self.env["l10n_mx_cfdi40.stamp.wizard.line"].with_user(stranger)
        with self.assertRaises(AccessError):
            lines.create({"wizard_id": wizard.id, "move_id": move.id})
        self.env.invalidate_all()
        opened = self.env["l10n_mx_cfdi40.stamp.wizard"].with_user(self.biller).browse(
            move.action_l10n_mx_cfdi40_stamp()["res_id"])
        with self.assertRaises(AccessError):
            opened.line_ids.with_user(stranger).read(["amount_total"])

    def salesperson(self):
        """A user as `sale` makes them: may read invoices, and nothing else of accounting."""
        group = self.env["res.groups"].sudo().create({"name": "Ventas"})
        for model in ("account.move", "account.move.line"):
            self.env["ir.model.access"].sudo().create({
                "name": model, "model_id": self.env["ir.model"].sudo()._get_id(model), "group_id": group.id,
                "perm_read": True})
        seller = new_test_user(self.env(su=True), "vendedor", "base.group_user")
        seller.sudo().group_ids = [Command.link(group.id)]
        return seller

    def test_who_may_send_but_not_invoice_does_not_stamp(self):
        move = self.ready()
        for user, stamps in ((self.salesperson(), False), (self.biller, True)):
            send = self.env["account.move.send"].with_user(user)
            shown = move.with_user(user)
            self.assertEqual(send._l10n_mx_cfdi40_is_to_stamp(shown), stamps)
            data = {shown.sudo(): {"extra_edis": {"mx_cfdi40"}}}
            send._call_web_service_before_invoice_pdf_render(data)
            self.assertEqual(bool(move.l10n_mx_cfdi40_uuid), stamps)

    def test_who_sees_invoices_but_not_the_ledger_can_print_them(self):
        """A salesperson: `sale` lets him read invoices."""
        move = self.ready()
        move._l10n_mx_cfdi40_stamp()
        seller = self.salesperson()
        shown = move.with_user(seller)
        self.assertEqual(shown._get_name_invoice_report(), "l10n_mx_cfdi40.report_cfdi_document")
        reports = self.env["ir.actions.report"].with_user(seller)
        html, _kind = reports._render_qweb_html("account.account_invoices", shown.ids)
        self.assertIn(move.l10n_mx_cfdi40_uuid, str(html))
        view = self.env["account.move"].with_user(seller).get_view(
            self.env.ref("account.view_move_form").id, "form")["arch"]
        self.assertNotIn("l10n_mx_cfdi40_relation_ids", view)

    def test_stamping_a_selection_is_one_click(self):
        users = ((self.biller, True), (self.salesperson(), False))
        for xmlid in ("account.view_out_invoice_tree", "account.view_out_credit_note_tree"):
            for user, offered in users:
                view = self.env["account.move"].with_user(user).get_view(self.env.ref(xmlid).id, "list")["arch"]
                header = etree.fromstring(view).find("header")
                found = header.xpath("button[@name='action_l10n_mx_cfdi40_stamp']")
                self.assertEqual(bool(found), offered, (xmlid, user.login))
        bills = self.env["account.move"].get_view(self.env.ref("account.view_in_invoice_tree").id, "list")["arch"]
        self.assertNotIn("action_l10n_mx_cfdi40_stamp", bills)

    def test_missing_folios_with_the_rights_of_a_biller(self):
        move = self.ready()
        move._l10n_mx_cfdi40_stamp()
        series = move.sudo().l10n_mx_cfdi40_serie_id.with_user(self.biller)
        gaps = self.env["l10n_mx_cfdi40.folio.gap"].with_user(self.biller)
        self.assertFalse(gaps.search([("serie_id", "=", series.id)]))
        series.next_folio += 3
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(gaps.search([("serie_id", "=", series.id)]).mapped("count"), [3])
        self.assertEqual(series.missing_count, 3)
