"""The cancellations of the demonstration: a substitution in one step, one accepted, one rejected, one still waiting and
one that the SAT calls “No cancelable”.

The accountant does the work with the windows' own methods; what the customer and the passing days do is told to the
embedded PAC, which is the SAT here.
"""
from __future__ import annotations

from datetime import timedelta

from . import invoices


def engine(env):
    """The PAC and SAT of the demonstration."""
    from odoo.addons.l10n_mx_cfdi40.pac.engine import Engine
    from odoo.addons.l10n_mx_cfdi40.pac.store import Store

    return Engine(Store(env.company._l10n_mx_cfdi40_loopback_store()))


def run_queue(env):
    """What the crons do: orders go out, the SAT is asked about what waits."""
    env["l10n_mx_cfdi40.cancellation"].sudo()._cron_send()
    env["l10n_mx_cfdi40.document"].sudo()._cron_sat()


def substitute(move):
    """“Correct and replace”: a corrected copy is stamped, and the original is cancelled by itself.

    :return: the invoice that replaces it
    """
    draft = move._l10n_mx_cfdi40_correct()
    draft.invoice_line_ids[0].price_unit = 1199
    draft.action_post()
    # What others do not see posted is not stamped at once, but queued.
    draft.env.cr.commit()
    invoices.send(draft)
    run_queue(move.env)
    return draft


def ask(move, motivo):
    """Ask for a cancellation in the window.

    :return: the request
    """
    env = move.env
    action = move.action_l10n_mx_cfdi40_cancel()
    wizard = env[action["res_model"]].browse(action["res_id"])
    wizard.motivo = motivo
    wizard.action_confirm()
    return move.l10n_mx_cfdi40_document_id.cancellation_id


def cancel_all(by_key):
    """A week later, when the customers have to accept.

    :param by_key: {key of the case: stamped invoice}
    :return: [(invoice, state in which it has to end)]
    """
    accepted, rejected, waiting = by_key["accepted"], by_key["rejected"], by_key["waiting"]
    env = accepted.env
    sat = engine(env)
    sat.clock.advance(timedelta(days=7))
    print("El reloj del SAT de prueba avanza una semana: ahora los clientes deben aceptar.\n")
    try:
        for move in (accepted, rejected, waiting):
            ask(move, "02")
        sat.accept(accepted.l10n_mx_cfdi40_uuid)
        sat.reject(rejected.l10n_mx_cfdi40_uuid)
        # Also about the one that waits: not every PAC says at once that the SAT has the request.
        for move in (accepted, rejected, waiting):
            move.action_l10n_mx_cfdi40_ask_sat()
    finally:
        sat.clock.reset()
    # Its complements are in force: the order waits for them.
    ask(by_key["ppd"], "02")
    run_queue(env)
    return [
        (accepted, "cancelled"), (rejected, "cancel_rejected"), (waiting, "cancel_requested"),
        (by_key["ppd"], "stamped"),
    ]
