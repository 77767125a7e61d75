"""The payments of the demonstration: what the customers pay of their PPD invoices, and how it arrives.

Nothing here makes a complement: it only registers payments and applies a line of the bank, as the accountant does.
"""
from __future__ import annotations

from datetime import timedelta


def register(moves, amount=None, **values):
    """Register Payment on these invoices; one payment for all of them.

    :param amount: in the invoices' currency; without it, all that is owed.
    """
    wizard = moves.env["account.payment.register"].with_context(
        active_model="account.move", active_ids=moves.ids).create(
            {"group_payment": True, **values, **({} if amount is None else {"amount": amount})})
    return wizard._create_payments()


def deposit(env, amount, day, reference):
    """A line of the bank in pesos, of which nobody has said yet what it pays."""
    journal = env["account.journal"].search([
        *env["account.journal"]._check_company_domain(env.company), ("type", "=", "bank")], limit=1)
    # The bank's file comes in by itself: in Community nobody but the system writes its lines.
    return env["account.bank.statement.line"].sudo().create({
        "journal_id": journal.id, "amount": amount, "date": day, "payment_ref": reference})


def pay_all(pairs, today):
    """Partial payments, dollars paid in pesos from a bank line, one payment for three invoices.

    :param pairs: (case, move) of the stamped invoices.
    """
    by_key = {case.key: move for case, move in pairs}
    usd = by_key["usd"]
    yesterday = today - timedelta(days=1)
    register(by_key["ppd"], 5000, l10n_mx_cfdi40_num_operacion="SPEI 0045")
    register(by_key["ppd"], 2500, l10n_mx_cfdi40_hora="16:30:00")
    # The customer transferred pesos at the bank's own rate.
    dollars = round(usd.amount_total * 0.6, 2)
    pesos = round(dollars * 18.5012, 2)
    line = deposit(usd.env, pesos, yesterday, "TRANSFERENCIA RECIBIDA 88231").sudo(False)
    # What the window “Apply Remittance” of the deposit does.
    line._l10n_mx_cfdi40_apply({usd: pesos}, {usd: dollars})
    register(by_key["ppd"] | by_key["ppd2"] | by_key["ppd3"])


def issue(env):
    """What the queue does when the grace time is over. The demonstration does not wait for half an hour."""
    receipts = env["l10n_mx_cfdi40.receipt"].sudo().search([("is_open", "=", True)])
    receipts._enqueue()
    env.cr.commit()
    env["l10n_mx_cfdi40.receipt"].sudo()._cron_issue()
    return receipts.document_id.sorted("id")


def leave_waiting(pairs, today):
    """What the board still shows when the demonstration is over: a payment, an advance and a deposit."""
    by_key = {case.key: move for case, move in pairs}
    usd = by_key["usd"]
    register(usd, 100)
    env = usd.env
    env["account.payment"].create({
        "payment_type": "inbound", "partner_type": "customer", "partner_id": by_key["ppd"].partner_id.id,
        "amount": 8000, "date": today, "memo": "Anticipo"}).action_post()
    deposit(env, 12345.67, today.replace(day=1) - timedelta(days=40), "DEPOSITO EN EFECTIVO SUC 0312")
