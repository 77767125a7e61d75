"""The window “Generate complement”, the board, substitution and factoring, as the biller uses them."""
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from ..cfdi import parse
from .complement_common import ComplementCommon


class WizardCommon(ComplementCommon):
    def wizard(self, action):
        self.assertEqual(action["res_model"], "l10n_mx_cfdi40.complement.wizard")
        return self.env[action["res_model"]].browse(action["res_id"])

    def board(self, **conditions):
        rows = self.env["l10n_mx_cfdi40.complement.board"]
        self.env.flush_all()
        return rows.search([(name, "=", value) for name, value in conditions.items()])


@tagged("post_install_l10n", "post_install", "-at_install")
class TestComplementWizard(WizardCommon):
    def test_shows_what_is_written_and_issues(self):
        move = self.ppd(1000, self.iva16, self.ret_isr)
        payment = self.register(move, 530)
        wizard = self.wizard(payment.action_l10n_mx_cfdi40_complement())
        [line] = wizard.line_ids
        self.assertEqual((line.move_id, line.num_parcialidad, line.saldo_anterior, line.pagado, line.saldo_insoluto), (
            move, 1, 1060, 530, 530))
        self.assertIn("IVA 16 %: base 500.00, importe 80.00 MXN", wizard.taxes)
        self.assertIn("ISR retenido: 50.00 MXN", wizard.taxes)
        self.assertFalse(wizard.error_count)
        self.assertEqual(self.stamps(), 1, "nothing is sent by looking")
        wizard.payment_ids.write({"num_operacion": "ABC123", "hora": "09:15:00"})
        wizard.action_issue()
        self.assertEqual(wizard.state, "stamped")
        [pago] = self.pagos(wizard.document_id.sudo()).pago
        self.assertEqual((pago.num_operacion, pago.fecha_pago.isoformat()), ("ABC123", "2026-03-12T09:15:00"))
        with self.assertRaises(UserError):
            wizard.payment_ids.write({"num_operacion": "late"})

    def test_problems_lead_to_where_they_are_mended(self):
        move = self.ppd()
        payment = self.register(move)
        self.customer.sudo().zip = False
        payment.l10n_mx_cfdi40_forma_pago_id = False
        wizard = self.wizard(self.receipt(payment).with_env(self.env).action_open_wizard())
        self.assertEqual(wizard.error_count, 2)
        codes = {finding.code: finding for finding in wizard.finding_ids}
        self.assertEqual(set(codes), {"MX_RECEPTOR_SIN_CP", "MX_REP_SIN_FORMA"})
        self.assertEqual(codes["MX_RECEPTOR_SIN_CP"].action_mend()["res_id"], self.customer.id)
        self.assertEqual(
            codes["MX_REP_SIN_FORMA"].action_mend()["res_model"], "l10n_mx_cfdi40.receipt")
        wizard.action_issue()
        self.assertFalse(wizard.document_id)
        self.assertEqual(self.stamps(), 1)
        self.customer.sudo().zip = "86991"
        wizard.payment_ids.forma_pago_id = self.forma
        wizard.action_refresh()
        self.assertFalse(wizard.finding_ids)
        wizard.action_issue()
        self.assertEqual(wizard.state, "stamped")

    def test_by_customer_and_month(self):
        move = self.ppd(3000)
        march, february = self.register(move, 100), self.register(move, 200, date="2026-02-20")
        self.register(self.ppd(partner_id=self.other_customer.id))
        wizard = self.wizard(self.env["l10n_mx_cfdi40.complement.wizard"].action_open_empty())
        with self.assertRaises(UserError):
            wizard.action_find()
        with Form(wizard) as form:
            form.partner_id = self.customer
            form.month = "2026-03-01"
        wizard.action_find()
        self.assertEqual(wizard.payment_ids.receipt_id.payment_id, march)
        wizard = self.wizard(self.env["l10n_mx_cfdi40.complement.wizard"].action_open_empty())
        wizard.partner_id = self.customer
        wizard.action_find()
        self.assertEqual(wizard.payment_ids.receipt_id.payment_id, march | february)
        wizard.action_issue()
        self.assertEqual(
            [docto[1:4] for docto in self.doctos(self.pagos(wizard.document_id.sudo()))],
            [(1, "3480.00", "200.00"), (2, "3280.00", "100.00")])
        wizard = self.wizard(self.env["l10n_mx_cfdi40.complement.wizard"].action_open_empty())
        wizard.partner_id = self.customer
        with self.assertRaises(UserError):
            wizard.action_find()

    def test_issued_meanwhile(self):
        """By another user, by the queue, or by pressing twice: the one complement is shown."""
        payment = self.register(self.ppd())
        wizards = [self.wizard(payment.action_l10n_mx_cfdi40_complement()) for _user in range(2)]
        for wizard in (*wizards, wizards[0]):
            wizard.action_issue()
        self.assertEqual(self.stamps(), 2)
        self.assertEqual(wizards[0].document_id, wizards[1].document_id)
        old = wizards[0].document_id
        wizards = [self.wizard(old.action_replace()) for _user in range(2)]
        for wizard in (*wizards, wizards[0]):
            wizard.action_issue()
        self.assertEqual(self.stamps(), 3)
        self.assertEqual(wizards[0].document_id.replaces_id, old)

    def test_some_of_the_payments(self):
        move = self.ppd()
        first, second = self.register(move, 100), self.register(move, 200)
        wizard = self.wizard(self.env["l10n_mx_cfdi40.complement.wizard"]._open(
            self.receipt(first, second).with_env(self.env)))
        wizard.payment_ids.filtered(lambda row: row.receipt_id.payment_id == first).included = False
        wizard.action_issue()
        self.assertEqual(self.receipt(first).state, "waiting")
        self.assertEqual(self.receipt(second).state, "issued")

    def test_one_receptor_at_a_time(self):
        receipts = self.receipt(
            self.register(self.ppd()), self.register(self.ppd(partner_id=self.other_customer.id)))
        with self.assertRaises(UserError):
            self.env["l10n_mx_cfdi40.complement.wizard"]._open(receipts.with_env(self.env))

    def test_who_may_open_it(self):
        receipt = self.receipt(self.register(self.ppd())).with_user(self.auditor)
        with self.assertRaises(AccessError):
            receipt.action_open_wizard()
        with self.assertRaises(AccessError):
            self.env["l10n_mx_cfdi40.complement.wizard"].with_user(self.auditor).create({})


@tagged("post_install_l10n", "post_install", "-at_install")
class TestComplementReplace(WizardCommon):
    def test_wrong_form(self):
        move = self.ppd()
        payment = self.register(move, 600)
        old, _pagos = self.complement(payment)
        after = self.register(move)
        self.complement(after)
        wizard = self.wizard(old.with_env(self.env).action_replace())
        wizard.payment_ids.forma_pago_id = self.key("c_FormaPago", "02")
        wizard.action_issue()
        new = wizard.document_id.sudo()
        self.assertEqual((new.state, new.replaces_id), ("stamped", old))
        comprobante = parse.leer(new._stamped_bytes())
        [related] = comprobante.cfdi_relacionados
        self.assertEqual((related.tipo_relacion, [uuid.upper() for uuid in related.uuids]), ("04", [old.uuid]))
        pagos = self.pagos(new)
        self.assertEqual(pagos.pago[0].forma_de_pago_p, "02")
        self.assertEqual(
            self.doctos(pagos)[0][1:], (1, "1160.00", "600.00", "560.00"), "what the second goes on from")
        self.assertEqual(self.receipt(payment).document_id, new)
        [row] = old.cancellation_ids
        self.assertEqual((old.state, row.state, row.motivo, row.substitute_id), ("stamped", "waiting", "01", new))
        self.assertIn(row, self.env["l10n_mx_cfdi40.cancellation"].search([("retry_at", "<=", "2026-03-12 18:45:00")]),
                      "it goes out by itself")
        self.assertEqual(old.instalment_ids.mapped("live"), [False])
        self.assertFalse(payment.activity_ids)
        with self.assertRaises(UserError):
            old.with_env(self.env).action_replace()
        self.assertEqual(move._l10n_mx_cfdi40_accounts()[move].saldo, 0)

    def test_another_amount_goes_on_from_the_others(self):
        move = self.ppd()
        payment = self.register(move, 600)
        old, _pagos = self.complement(payment)
        self.complement(self.register(move, 300))
        self.receivable(payment.move_id).remove_move_reconcile()
        receivable = self.receivable(payment.move_id)
        receivable._l10n_mx_cfdi40_reconcile_exactly({self.receivable(move): 200})
        wizard = self.wizard(old.with_env(self.env).action_replace())
        wizard.action_issue()
        self.assertEqual(
            self.doctos(self.pagos(wizard.document_id.sudo()))[0][1:], (3, "860.00", "200.00", "660.00"))

    def test_refused_the_old_one_stands(self):
        payment = self.register(self.ppd())
        old, _pagos = self.complement(payment)
        self.fault("refuse", code="CFDI40102")
        wizard = self.wizard(old.with_env(self.env).action_replace())
        wizard.action_issue()
        self.assertEqual(wizard.state, "rejected")
        receipt = self.receipt(payment)
        self.assertEqual((receipt.document_id, receipt.state), (old, "issued"))
        self.assertEqual(old.instalment_ids.mapped("live"), [True])
        self.pac.faults.clear()
        wizard = self.wizard(old.with_env(self.env).action_replace())
        wizard.action_issue()
        self.assertEqual(wizard.state, "stamped")


@tagged("post_install_l10n", "post_install", "-at_install")
class TestComplementFactoring(WizardCommon):
    def test_guide_appendix_9(self):
        """The SAT's example: 203,000.00 sold; 180,670.00 arrive, the fee of 2,030.00 is kept; later 11,165.00 of the
        deposit arrive and interest of 9,135.00 is kept."""
        move = self.ppd(175000)
        factor = self.other_customer
        line = self.bank_line(180670, partner_id=factor.id)
        self.match(line, move, 180670)
        receipt = self.receipt(line).with_env(self.env)
        wizard = self.wizard(receipt.action_open_wizard())
        self.assertEqual(wizard.payer_id, factor)
        with Form(wizard) as form:
            form.is_factoring = True
            form.factor_id = factor
            form.compensation = 2030
        wizard.action_issue()
        document = wizard.document_id.sudo()
        self.assertEqual((document.state, document.receiver_rfc), ("stamped", factor.vat))
        pagos = self.pagos(document)
        self.assertEqual([(p.forma_de_pago_p, str(p.monto)) for p in pagos.pago], [
            ("03", "180670.00"), ("17", "2030.00")])
        self.assertEqual([docto[1:] for docto in self.doctos(pagos)], [
            (1, "203000.00", "180670.00", "22330.00"), (2, "22330.00", "2030.00", "20300.00")])
        self.assertEqual(receipt.state, "issued")
        # The fee never came in as money, so the books still show it as owed: it is no reason for another complement.
        rest = self.bank_line(11165, partner_id=factor.id)
        self.match(rest, move, 11165)
        wizard = self.wizard(self.receipt(rest).with_env(self.env).action_open_wizard())
        with Form(wizard) as form:
            form.is_factoring = True
            form.factor_id = factor
            form.compensation = 9135
        wizard.action_issue()
        pagos = self.pagos(wizard.document_id.sudo())
        self.assertEqual([docto[1:] for docto in self.doctos(pagos)], [
            (3, "20300.00", "11165.00", "9135.00"), (4, "9135.00", "9135.00", "0.00")])

    def test_more_than_is_owed(self):
        line = self.bank_line(1000, self.ppd())
        wizard = self.wizard(self.receipt(line).with_env(self.env).action_open_wizard())
        with Form(wizard) as form:
            form.is_factoring = True
            form.factor_id = self.other_customer
            form.compensation = 161
        wizard.action_refresh()
        self.assertEqual(wizard.finding_ids.mapped("code"), ["MX_REP_COMPENSACION"])


@tagged("post_install_l10n", "post_install", "-at_install")
class TestComplementBoard(WizardCommon):
    def test_what_is_on_it(self):
        paid, late = self.register(self.ppd(), 100), self.register(self.ppd(), 200, date="2026-01-15")
        deposit = self.bank_line(5000, date="2026-03-01")
        advance = self.env["account.payment"].create({
            "payment_type": "inbound", "partner_type": "customer", "partner_id": self.customer.id, "amount": 300,
            "date": "2026-03-02", "journal_id": self.bank.id})
        advance.action_post()
        moves = {money.move_id: kind for money, kind in (
            (paid, "complement"), (late, "complement"), (deposit, "deposit"), (advance, "advance"))}
        rows = self.board(company_id=self.company.id)
        self.assertEqual({row.money_move_id: row.kind for row in rows}, moves)
        by_move = {row.money_move_id: row for row in rows}
        self.assertEqual(by_move[late.move_id].days_left, -35, "overdue")
        self.assertEqual(by_move[deposit.move_id].days_left, 24)
        self.assertEqual(by_move[advance.move_id].amount, 300)
        self.assertTrue(all(row.reason for row in rows))
        self.assertEqual(self.board(kind="complement", money_move_id=paid.move_id.id).days_left, 24)
        rows.with_env(self.env).action_issue_all()
        self.run_complements()
        self.assertEqual({row.kind for row in self.board(company_id=self.company.id)}, {"deposit", "advance"})

    def test_the_hour_is_the_users(self):
        payment = self.register(self.ppd())
        self.biller.sudo().tz = "America/Mexico_City"
        receipt = self.receipt(payment).with_user(self.biller)
        self.assertIn("12:30", receipt._waits_for(), "half past six, UTC")

    def test_weekly_activity(self):
        self.company.sudo().l10n_mx_cfdi40_rep_user_id = self.accountant
        receipts = self.receipt(self.register(self.ppd(), 100), self.register(self.ppd(), 200, date="2026-01-15"))
        for _week in range(2):
            self.receipts.sudo()._cron_remind()
        [activity] = receipts.activity_ids
        self.assertEqual(activity.user_id, self.accountant)
        self.assertIn("2", activity.summary)
        self.run_complements()
        self.receipts.sudo()._cron_remind()
        self.assertFalse(receipts.activity_ids)

    def test_another_company_is_not_seen(self):
        self.register(self.ppd())
        other = self.env["res.company"].sudo().create({"name": "Otra"})
        stranger = self.accountant.sudo().copy({
            "login": "ajena", "company_id": other.id, "company_ids": [(6, 0, other.ids)]})
        for model in ("complement.board", "receipt", "instalment"):
            self.assertFalse(self.env[f"l10n_mx_cfdi40.{model}"].with_user(stranger).search([]))


@tagged("post_install_l10n", "post_install", "-at_install")
class TestPaidBeforeStamping(WizardCommon):
    def test_all_of_it(self):
        move = self.ppd(stamp=False, l10n_mx_cfdi40_metodo_pago=False)
        self.assertEqual(move.l10n_mx_cfdi40_metodo_pago, "PPD")
        payment = self.register(move, journal=self.cash)
        self.assertEqual((move.l10n_mx_cfdi40_metodo_pago, move.l10n_mx_cfdi40_forma_pago_id.code), ("PUE", "01"))
        self.assertFalse(self.receipt(payment), "a PUE invoice owes no complement")
        self.unreconcile(move)
        self.assertEqual((move.l10n_mx_cfdi40_metodo_pago, move.l10n_mx_cfdi40_forma_pago_id.code), ("PPD", "99"))

    def test_a_part_of_it(self):
        move = self.invoice(
            self.line(1000, self.iva16), l10n_mx_cfdi40_uso_id=self.uso.id).with_user(self.biller)
        self.assertEqual(move.l10n_mx_cfdi40_metodo_pago, "PUE")
        payment = self.register(move, 200)
        self.assertEqual((move.l10n_mx_cfdi40_metodo_pago, move.l10n_mx_cfdi40_forma_pago_id.code), ("PPD", "99"))
        self.stamp(move)
        _document, pagos = self.complement(payment)
        self.assertEqual(self.doctos(pagos)[0][2:], ("1160.00", "200.00", "960.00"))

    def test_what_a_person_chose_stays(self):
        move = self.ppd(stamp=False)
        move.l10n_mx_cfdi40_metodo_pago = "PUE"
        move.l10n_mx_cfdi40_forma_pago_id = self.key("c_FormaPago", "28")
        self.register(move, 200)
        self.assertEqual((move.l10n_mx_cfdi40_metodo_pago, move.l10n_mx_cfdi40_forma_pago_id.code), ("PUE", "28"))


@tagged("post_install_l10n", "post_install", "-at_install")
class TestStampedElsewhere(WizardCommon):
    def test_starts_from_its_opening(self):
        origin = self.ppd(1000)
        xml = self.document(origin)._stamped_bytes()
        # The same CFDI in a database that never saw it stamped.
        self.env.cr.execute("UPDATE l10n_mx_cfdi40_document SET uuid = NULL, state = 'rejected' WHERE id = %s", [
            self.document(origin).id])
        self.env.invalidate_all()
        # Entered with its outstanding balance only.
        move = self.ppd(500, stamp=False)
        payment = self.register(move, 300)
        move._l10n_mx_cfdi40_take_in(xml, 580, 2)
        self.assertEqual(move.l10n_mx_cfdi40_state, "stamped")
        _document, pagos = self.complement(payment)
        self.assertEqual(self.doctos(pagos)[0][1:], (3, "580.00", "300.00", "280.00"))

    def test_payments_in_its_opening_have_their_complement(self):
        """Paid in Odoo, with complements from another system: the balance that they left says so."""
        xml = self.document(self.ppd(1000))._stamped_bytes()
        self.env.cr.execute("UPDATE l10n_mx_cfdi40_document SET uuid = NULL, state = 'rejected' WHERE kind = 'I'")
        self.env.invalidate_all()
        move = self.ppd(1000, stamp=False)
        january = self.register(move, 300, date="2026-01-20")
        march = self.register(move, 200)
        move._l10n_mx_cfdi40_take_in(xml, 860, 1)
        self.assertFalse(self.receipt(january), "860 are owed after it: the other system said it")
        self.assertEqual(self.receipt(march).amount, 200)
        _document, pagos = self.complement(march)
        self.assertEqual(self.doctos(pagos)[0][1:], (2, "860.00", "200.00", "660.00"))
        _document, pagos = self.complement(self.register(move))
        self.assertEqual(self.doctos(pagos)[0][1:], (3, "660.00", "660.00", "0.00"))

    def test_opening_corrected(self):
        xml = self.document(self.ppd(1000))._stamped_bytes()
        self.env.cr.execute("UPDATE l10n_mx_cfdi40_document SET uuid = NULL, state = 'rejected' WHERE kind = 'I'")
        self.env.invalidate_all()
        move = self.ppd(1000, stamp=False)
        payment = self.register(move, 300)
        move._l10n_mx_cfdi40_take_in(xml, 1160)
        self.assertEqual(self.receipt(payment).amount, 300)
        move._l10n_mx_cfdi40_correct_opening(860, 1)
        self.assertFalse(self.receipt(payment))
