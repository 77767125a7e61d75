"""The embedded PAC stamps payment complements, and refuses a wrong one with the code of its matrix."""

from dataclasses import replace
from decimal import Decimal

from desk import receipt

from l10n_mx_cfdi40.cfdi import parse, seal
from l10n_mx_cfdi40.pac.base import Accepted, Refused


def test_the_complement_of_a_stamped_invoice_is_stamped(documents, stamp):
    invoice = parse.leer(stamp(documents.sealed(metodo_pago="PPD", forma_pago="99")).xml)
    outcome = stamp(seal.sellar(receipt(invoice, "58.00"), documents.csd).xml)
    assert isinstance(outcome, Accepted), outcome
    (paid,) = parse.leer(outcome.xml).complemento[0].pago[0].docto_relacionado
    assert (paid.id_documento, paid.num_parcialidad) == (invoice.timbre.uuid, 1)
    assert (paid.imp_saldo_ant, paid.imp_saldo_insoluto) == (Decimal("116.00"), Decimal("58.00"))


def test_a_payment_that_covers_more_than_was_received_is_refused(documents, stamp):
    invoice = parse.leer(stamp(documents.sealed(metodo_pago="PPD", forma_pago="99")).xml)
    right = receipt(invoice, "58.00")
    pagos = right.complemento[0]
    short = replace(
        pagos, totales=replace(pagos.totales, monto_total_pagos=Decimal("57.99")),
        pago=(replace(pagos.pago[0], monto=Decimal("57.99")),),
    )
    outcome = stamp(seal.sellar(replace(right, complemento=(short,)), documents.csd).xml)
    assert isinstance(outcome, Refused)
    assert outcome.code == "CRP20217"
