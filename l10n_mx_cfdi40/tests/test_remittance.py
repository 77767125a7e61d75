"""One transfer for many invoices: reading what the customer says, and putting exactly that on them."""
import base64

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from ..cfdi import remesa
from .remittance_common import RemittanceCommon


@tagged("post_install_l10n", "post_install", "-at_install")
class TestRemittanceMoney(RemittanceCommon):
    """Where the money goes."""

    def test_thirty_invoices_with_one_deposit(self):
        moves = self.owed(*[100 + n for n in range(30)])
        deposit = self.deposit(sum(moves.mapped("amount_total")))
        wizard = self.open(deposit, self.text_of(moves))
        self.assertEqual(wizard.line_ids.move_id, moves)
        self.assertEqual(self.problems(wizard), [""] * 30)
        self.assertEqual((wizard.applied, wizard.left, wizard.money), (deposit.amount, 0, deposit.amount))
        wizard.action_apply()
        self.assertEqual(self.applied(deposit), {move: move.amount_total for move in moves})
        self.assertEqual(set(moves.mapped("payment_state")), {"paid"})
        self.assertTrue(deposit.is_reconciled)
        self.assertEqual(deposit.l10n_mx_cfdi40_unapplied, 0)
        self.assertEqual(deposit.l10n_mx_cfdi40_invoice_ids, moves)
        self.assertEqual(deposit.amount, sum(moves.mapped("amount_total")))
        self.assertEqual(len(deposit._seek_for_lines()[0]), 1)

    def test_parts_and_what_is_left(self):
        moves = self.owed(1000, 1000, 1000)
        deposit = self.deposit(2500)
        wizard = self.open(deposit, self.text_of(moves, [1000, 250.5, 700.25]))
        self.assertEqual(wizard.line_ids.mapped("difference"), [0, 749.5, 299.75])
        self.assertEqual(wizard.left, 549.25)
        wizard.action_apply()
        self.assertEqual(self.applied(deposit), dict(zip(moves, [1000, 250.5, 700.25], strict=True)))
        self.assertEqual(moves.mapped("amount_residual"), [0, 749.5, 299.75])
        self.assertFalse(deposit.is_reconciled)
        self.assertEqual(deposit.l10n_mx_cfdi40_unapplied, 549.25)
        # The rest is applied another day, and the second invoice is paid twice: with the exact rest.
        self.open(deposit, self.text_of(moves[1], [549.25])).action_apply()
        self.assertEqual(self.applied(deposit)[moves[1]], 799.75)
        self.assertEqual(moves[1].amount_residual, 200.25)
        self.assertTrue(deposit.is_reconciled)
        with self.assertRaisesRegex(UserError, "no money left"):
            deposit.action_l10n_mx_cfdi40_remittance()

    def test_undone_by_the_accountant(self):
        moves = self.owed(100, 200)
        deposit = self.deposit(300)
        self.open(deposit, self.text_of(moves)).action_apply()
        with self.assertRaises(AccessError):
            deposit.action_undo_reconciliation()
        deposit.with_user(self.accountant).action_undo_reconciliation()
        self.assertEqual(moves.mapped("amount_residual"), [100, 200])
        self.assertEqual(deposit.l10n_mx_cfdi40_unapplied, 300)

    def test_payment_with_money_left(self):
        """Odoo would take the oldest first and whole; the customer says otherwise."""
        moves = self.owed(1000, 1000, 1000)
        payment = self.payment(1500)
        self.assertEqual(payment.l10n_mx_cfdi40_unapplied, 1500)
        wizard = self.open(payment, self.text_of(moves, [100, 900.01, 300]))
        self.assertEqual((wizard.money, wizard.partner_id), (1500, self.customer))
        wizard.action_apply()
        self.assertEqual(self.applied(payment), dict(zip(moves, [100, 900.01, 300], strict=True)))
        self.assertEqual(moves.mapped("amount_residual"), [900, 99.99, 700])
        self.assertEqual(payment.l10n_mx_cfdi40_unapplied, 199.99)
        self.assertEqual(payment.reconciled_invoice_ids, moves)

    def test_register_payment(self):
        moves = self.owed(1000, 1000, 1000)
        register = self.register(moves, communication="Marzo")
        wizard = self.open(register, self.text_of(moves, [100, 900, 300]))
        self.assertEqual(wizard.money, 1300)
        action = wizard.action_apply()
        payment = self.env["account.payment"].browse(action["res_id"])
        self.assertEqual((payment.amount, payment.memo, payment.partner_id), (1300, "Marzo", self.customer))
        self.assertEqual(self.applied(payment), dict(zip(moves, [100, 900, 300], strict=True)))
        self.assertEqual(moves.matched_payment_ids, payment)
        self.assertEqual(payment.l10n_mx_cfdi40_unapplied, 0)

    def test_register_payment_for_more(self):
        """The amount typed in Register Payment counts; so does an invoice that was not chosen there."""
        moves = self.owed(1000, 1000)
        register = self.register(moves[0], amount=1500)
        register.custom_user_amount = 1500
        wizard = self.open(register, self.text_of(moves, [400, 1000]))
        self.assertEqual((wizard.money, wizard.left), (1500, 100))
        payment = self.env["account.payment"].browse(wizard.action_apply()["res_id"])
        self.assertEqual(payment.amount, 1500)
        self.assertEqual(self.applied(payment), dict(zip(moves, [400, 1000], strict=True)))
        self.assertEqual(payment.l10n_mx_cfdi40_unapplied, 100)

    def test_register_payment_with_nothing_pasted_is_odoos(self):
        moves = self.owed(1000, 1000)
        register = self.register(moves, group_payment=True, l10n_mx_cfdi40_remit=True)
        payment = self.env["account.payment"].browse(register.action_create_payments()["res_id"])
        self.assertEqual(self.applied(payment), dict.fromkeys(moves, 1000))
        both = self.register(self.owed(10) + self.owed(20, partner_id=self.other_customer.id))
        self.assertFalse(both.l10n_mx_cfdi40_can_remit)
        with self.assertRaises(UserError):
            both.action_l10n_mx_cfdi40_read()

    def test_installments_are_paid_as_they_fall_due(self):
        term = self.env.ref("account.account_payment_term_advance_60days").sudo()
        move = self.owed(1000, invoice_payment_term_id=term.id)
        self.assertEqual(len(move._l10n_mx_cfdi40_owed_lines()), 2)
        first, last = move._l10n_mx_cfdi40_owed_lines()
        payment = self.payment(500)
        self.open(payment, self.text_of(move, [400])).action_apply()
        self.assertEqual((first.amount_residual, last.amount_residual), (0, 600))
        self.assertEqual(self.applied(payment), {move: 400})
        deposit = self.deposit(500)
        self.open(deposit, self.text_of(move, [450])).action_apply()
        self.assertEqual(last.amount_residual, 150)

    def test_taxes_on_what_is_paid(self):
        """IVA becomes due with the part that is paid of each invoice."""
        moves = self.env["account.move"].concat(*[self.invoice(self.line(1000, self.iva16)) for _each in range(2)])
        moves._l10n_mx_cfdi40_assign_folio()
        payment, deposit = self.payment(1000), self.deposit(1000)
        self.open(payment, self.text_of(moves, [580, 290])).action_apply()
        self.open(deposit, self.text_of(moves, [290, 580])).action_apply()
        for move, due in zip(moves, ([80, 40], [40, 80]), strict=True):
            entries = self.env["account.move"].search([("tax_cash_basis_origin_move_id", "=", move.id)], order="id")
            taxes = entries.mapped(lambda entry: -sum(entry.line_ids.filtered(
                lambda line: line.tax_line_id and line.balance < 0).mapped("balance")))
            self.assertEqual(taxes, due)

    def test_dollars(self):
        """In the currency of the invoices; the rate has changed, and Odoo books the difference of exchange."""
        self.root["res.currency.rate"].create({
            "name": "2026-03-01", "currency_id": self.usd.id, "company_id": self.company.id,
            "inverse_company_rate": 18})
        moves = self.owed(100, 100, 100, currency_id=self.usd.id, invoice_date="2026-02-02")
        usd_bank = self.root["account.journal"].create({
            "name": "Dólares", "code": "USD1", "type": "bank", "currency_id": self.usd.id,
            "company_id": self.company.id})
        deposit = self.deposit(180, journal_id=usd_bank.id)
        self.open(deposit, self.text_of(moves[:2], [100, 79.99])).action_apply()
        self.assertEqual(moves.mapped("amount_residual"), [0, 20.01, 100])
        self.assertEqual(deposit.l10n_mx_cfdi40_unapplied, 0.01)
        self.assertAlmostEqual(sum(deposit.move_id.line_ids.mapped("balance")), 0)
        self.open(deposit, self.text_of(moves[1], [0.01])).action_apply()
        self.assertTrue(deposit.is_reconciled)
        payment = self.payment(70, currency_id=self.usd.id)
        self.open(payment, self.text_of(moves[1:], [20, 33.33])).action_apply()
        self.assertEqual(moves.mapped("amount_residual"), [0, 0, 66.67])
        self.assertEqual(payment.l10n_mx_cfdi40_unapplied, 16.67)
        partials = moves.line_ids.matched_credit_ids
        self.assertTrue(partials.exchange_move_id)

    def test_pesos_for_a_dollar_invoice(self):
        """A deposit in pesos pays it at the bank's own rate: what it pays of the invoice is shown, and corrected."""
        dollars, pesos = self.owed(100, currency_id=self.usd.id), self.owed(500)
        deposit = self.deposit(2485)
        text = f"{self.folio(dollars)}\t$1,985.00\n{self.folio(pesos)}\t$500.00"
        wizard = self.open(deposit, text)
        row = wizard.line_ids[0]
        self.assertEqual((row.problem, row.covered, row.difference), (False, 99.25, 0.75))
        row.covered = 101
        self.assertIn("no more than is owed", row.problem)
        row.covered = 50
        self.assertIn("At the rate of the day", row.problem)
        row.covered = 100
        self.assertFalse(row.problem)
        wizard.action_apply()
        self.assertEqual((dollars.amount_residual, pesos.amount_residual), (0, 0))
        self.assertTrue(deposit.is_reconciled)
        [covered] = [
            covered for invoice, covered in deposit.move_id.sudo()._l10n_mx_cfdi40_money()[deposit.move_id.sudo()]
            .covered.items() if invoice == dollars]
        self.assertEqual((str(covered.paid), str(covered.part)), ("100.00", "1985.00"), "the money that was received")

    def test_several_customers(self):
        moves = self.owed(100) + self.owed(200, partner_id=self.other_customer.id)
        deposit = self.deposit(300, partner_id=self.customer.id)
        wizard = self.open(deposit, self.text_of(moves))
        self.assertIn(self.other_customer.name, wizard.customers)
        self.assertFalse(self.open(deposit, self.text_of(moves[0])).customers)
        wizard.action_apply()
        self.assertEqual(self.applied(deposit), {moves[0]: 100, moves[1]: 200})
        credits = deposit.move_id.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
        self.assertEqual(credits.partner_id, moves.partner_id)

    def test_no_more_than_was_received(self):
        moves = self.owed(100, 200)
        for money in (self.deposit(299.99), self.payment(299.99)):
            wizard = self.open(money, self.text_of(moves))
            self.assertEqual(round(wizard.left, 2), -0.01)
            with self.assertRaisesRegex(UserError, "there is only"):
                wizard.action_apply()
            with self.assertRaisesRegex(UserError, "not so much money"):
                money._l10n_mx_cfdi40_apply({moves[0]: 100, moves[1]: 200})
        self.assertEqual(moves.mapped("amount_residual"), [100, 200])


@tagged("post_install_l10n", "post_install", "-at_install")
class TestRemittanceReading(RemittanceCommon):
    """Which invoice a row means."""

    def test_problems(self):
        moves = self.owed(100, 200, 300, 400)
        self.open(self.deposit(400), self.text_of(moves[3])).action_apply()
        dollars = self.owed(500, currency_id=self.usd.id)
        text = self.text_of(
            moves[0] + moves[0] + moves[1] + moves[3] + dollars, [60, 40, 200.01, 400, 500])
        wizard = self.open(self.deposit(1000), f"{text}\nZZ-999\t50.00\n{self.folio(moves[2])}\t1.234")
        for problem, expected in zip(self.problems(wizard), [
            "", "Repeated", "0.01 more than is owed", "paid already", "The invoice is in USD",
            "No posted invoice", "dos maneras",
        ], strict=True):
            self.assertIn(expected, problem)
            self.assertEqual(bool(problem), bool(expected))
        self.assertEqual((wizard.ready_count, wizard.problem_count, wizard.applied), (1, 6, 60))
        # Corrected by hand.
        wizard.line_ids[1].unlink()
        wizard.line_ids[1].action_limit()
        wizard.line_ids[-1].amount = 12.34
        self.assertEqual([bool(problem) for problem in self.problems(wizard)], [0, 0, 1, 1, 1, 0])
        wizard.action_apply()
        self.assertEqual(moves.mapped("amount_residual"), [40, 0, 287.66, 0])
        self.assertEqual(dollars.amount_residual, 500)

    def test_nothing_to_apply(self):
        wizard = self.open(self.deposit(10), "ZZ-999\t50.00")
        with self.assertRaisesRegex(UserError, "No row"):
            wizard.action_apply()

    def test_ways_to_name_an_invoice(self):
        move = self.owed(100)
        other = self.owed(200)
        move._l10n_mx_cfdi40_stamp()
        serie, folio, number = move.l10n_mx_cfdi40_serie, move.l10n_mx_cfdi40_folio, move.name
        deposit = self.deposit(1000)
        for written in (
            f"{serie}{folio}", f"{serie} {folio}", f"{serie}-{folio:06d}", f"Factura {serie}{folio}", str(folio),
            number, number.replace("/", "-"), number.lower().replace("/", " "), f"Factura {number}",
            move.l10n_mx_cfdi40_uuid, f"pago {move.l10n_mx_cfdi40_uuid.lower()}", f"OC-44\t{serie}-{folio}",
        ):
            with self.subTest(written):
                self.assertEqual(self.open(deposit, f"{written}\t$100.00").line_ids.move_id, move)
        for written in (f"{serie}X-{folio}", "6128396F-C09B-4EC6-8699-43C5F7E3B230", number + "9"):
            with self.subTest(written):
                self.assertFalse(self.open(deposit, f"{written}\t$100.00").line_ids.move_id)
        self.assertFalse(self.env["account.move"]._l10n_mx_cfdi40_find([], self.company, self.customer))
        self.assertNotEqual(other, move)

    def test_only_the_invoices_pays_them_whole(self):
        moves = self.owed(100, 200)
        wizard = self.open(self.deposit(300), "\n".join(map(self.folio, moves)))
        self.assertEqual(wizard.line_ids.mapped("amount"), [100, 200])
        self.assertEqual(self.problems(wizard), ["", ""])

    def twins(self, **vals):
        """Two invoices with the same folio in different series."""
        moves = self.owed(100) + self.owed(200, **vals)
        serie = self.root["l10n_mx_cfdi40.serie"].create({
            "company_id": self.company.id, "kind": "global", "prefix": "TWIN",
            "next_folio": moves[0].l10n_mx_cfdi40_folio})
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE account_move SET l10n_mx_cfdi40_serie_id = %s, l10n_mx_cfdi40_serie = %s, l10n_mx_cfdi40_folio = %s"
            " WHERE id = %s", [serie.id, "TWIN", moves[0].l10n_mx_cfdi40_folio, moves[1].id])
        moves.invalidate_recordset()
        return moves

    def test_ambiguous(self):
        moves = self.twins()
        text = f"{moves[0].l10n_mx_cfdi40_folio}\t100.00"
        wizard = self.open(self.deposit(300), text)
        self.assertFalse(wizard.line_ids.move_id)
        for move in moves:
            self.assertIn(move.name, wizard.line_ids.problem)
        wizard.line_ids.move_id = moves[1]
        self.assertFalse(wizard.line_ids.problem)
        wizard.action_apply()
        self.assertEqual(moves.mapped("amount_residual"), [100, 100])
        # What is paid already is not what the customer pays now.
        self.open(self.deposit(100), self.text_of(moves[1], [100])).action_apply()
        self.assertEqual(self.open(self.deposit(300), text).line_ids.move_id, moves[0])

    def test_who_paid_tells_twins_apart(self):
        moves = self.twins(partner_id=self.other_customer.id)
        text = f"{moves[0].l10n_mx_cfdi40_folio}\t100.00"
        self.assertFalse(self.open(self.deposit(300), text).line_ids.move_id)
        deposit = self.deposit(300, partner_id=self.other_customer.id)
        self.assertEqual(self.open(deposit, text).line_ids.move_id, moves[1])

    def test_files(self):
        moves = self.owed(1160, 580.5, 10)
        deposit = self.deposit(2000)
        rows = [["Remesa de marzo"], ["Serie", "Folio", "Importe"], *[
            [move.l10n_mx_cfdi40_serie, move.l10n_mx_cfdi40_folio, move.amount_total] for move in moves],
            [None, "Total", 1750.5]]
        csv = "\n".join(f"{self.folio(move)};{move.amount_total}" for move in moves)
        for name, content in (("r.xlsx", self.book(rows)), ("r.csv", base64.b64encode(csv.encode()))):
            with self.subTest(name):
                wizard = self.open(deposit, False, file=content, file_name=name)
                self.assertEqual(wizard.line_ids.move_id, moves)
                self.assertEqual(wizard.line_ids.mapped("amount"), [1160, 580.5, 10])
                self.assertEqual(self.problems(wizard), [""] * 3)
        for content, problem in (
            (b"PK\x03\x04 no book", "damaged"), (b"%PDF-1.7 \0\0", "no es texto"), (b"hola", "ninguna factura"),
            (base64.b64decode(self.book([["F-1", 1]]))[:900], "damaged"),
            (b"F-1 1\n" * (remesa.MAX_BYTES // 6 + 1), "MB"),
        ):
            with self.subTest(problem), self.assertRaisesRegex(UserError, problem):
                self.open(deposit, False, file=base64.b64encode(content))
        with self.assertRaisesRegex(UserError, "Paste"):
            self.open(deposit, " ")

    def test_back_to_the_text(self):
        move = self.owed(100)
        wizard = self.open(self.deposit(100), "ZZ-9 100.00")
        wizard.action_back()
        self.assertFalse(wizard.is_read or wizard.line_ids)
        wizard.text = self.text_of(move)
        wizard.action_read()
        self.assertEqual(wizard.line_ids.move_id, move)

    def test_queries_do_not_grow(self):
        moves = self.owed(*[100 + n for n in range(30)])
        deposit = self.deposit(10_000, partner_id=self.customer.id)
        counts = []
        for some in (moves[:3], moves[:3], moves):
            wizard = self.open(deposit, "ZZ-9 100.00")
            wizard.text = self.text_of(some)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            wizard.action_read()
            wizard.line_ids.mapped("problem")
            wizard.read(["applied", "left", "customers"])
            wizard.line_ids.read(["residual", "difference", "partner_id"])
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
            self.assertEqual(wizard.ready_count, len(some))
        self.assertEqual(counts[2], counts[1])
        self.assertLessEqual(counts[2], 40)


@tagged("post_install_l10n", "post_install", "-at_install")
class TestRemittanceRights(RemittanceCommon):
    def test_who_does_not_invoice(self):
        moves = self.owed(100)
        deposit, payment = self.deposit(100), self.payment(100)
        auditor = new_test_user(
            self.root, "auditora", "account.group_account_readonly", company_id=self.company.id,
            company_ids=self.company.ids)
        for source in (deposit, payment):
            with self.assertRaises(AccessError):
                source.with_user(auditor).action_l10n_mx_cfdi40_remittance()
            with self.assertRaises(AccessError):
                source.with_user(auditor)._l10n_mx_cfdi40_apply({moves.with_user(auditor): 100})

    def test_another_company(self):
        other = self.root["res.company"].create({"name": "Otra", "country_id": self.env.ref("base.mx").id})
        stranger = new_test_user(
            self.root, "extraña", "account.group_account_invoice", company_id=other.id, company_ids=other.ids)
        moves, deposit = self.owed(100), self.deposit(100)
        wizards = self.env["l10n_mx_cfdi40.remittance.wizard"].with_user(stranger)
        with self.assertRaises(AccessError):
            wizards.create({"statement_line_id": deposit.id})
        own = wizards.create({})
        for name, source in (("statement_line_id", deposit), ("payment_id", self.payment(100))):
            with self.assertRaises(AccessError):
                own.write({name: source.id})
        with self.assertRaises(AccessError):
            self.env["l10n_mx_cfdi40.remittance.line"].with_user(stranger).create({
                "wizard_id": own.id, "move_id": moves.id})
        mine = self.open(deposit, self.text_of(moves))
        self.env.invalidate_all()
        with self.assertRaises(AccessError):
            mine.line_ids.with_user(stranger).read(["amount"])
        with self.assertRaises(AccessError):
            mine.with_user(stranger).read(["text"])

    def test_invoices_of_branches_and_of_others(self):
        """Money of the parent pays invoices of its branches; never those of another company."""
        branch = self.root["res.company"].create({
            "name": "Sucursal", "parent_id": self.company.id, "country_id": self.company.country_id.id})
        self.env.cr.precommit.run()  # the branch gets its accounts
        self.biller.sudo().company_ids += branch
        self.env.invalidate_all()
        self.env = self.env(context={**self.env.context, "allowed_company_ids": [self.company.id, branch.id]})
        move = self.owed(100, company_id=branch.id)
        self.assertEqual(move.company_id, branch)
        deposit = self.deposit(100)
        wizard = self.open(deposit, self.text_of(move))
        self.assertEqual(wizard.line_ids.move_id, move)
        wizard.action_apply()
        self.assertEqual(self.applied(deposit), {move: 100})
        # With the branch left out of the companies at work, its invoices are not there.
        self.env = self.env(context={**self.env.context, "allowed_company_ids": [self.company.id]})
        again = self.open(self.deposit(100), self.text_of(move))
        self.assertFalse(again.line_ids.move_id)

    def test_who_registers_deposits(self):
        vals = {"journal_id": self.bank.id, "date": "2026-03-12", "payment_ref": "SPEI", "amount": 5}
        with self.assertRaises(AccessError):
            self.env["account.bank.statement.line"].create(vals)
        deposit = self.env["account.bank.statement.line"].with_user(self.accountant).create(vals)
        self.assertEqual(deposit.l10n_mx_cfdi40_unapplied, 5)
