"""What has become of a request at each moment, as the status service tells it: nothing runs, the clock moves."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from desk import DEAR, LATER, NOBODY, PUBLIC, RECEIVER, RFC, receipt, received

from l10n_mx_cfdi40.cfdi import seal
from l10n_mx_cfdi40.cfdi.errors import SatError
from l10n_mx_cfdi40.cfdi.estado import EsCancelable, Estado, EstatusCancelacion
from l10n_mx_cfdi40.cfdi.values import Receptor
from l10n_mx_cfdi40.pac import law
from l10n_mx_cfdi40.pac.clock import CENTRAL
from l10n_mx_cfdi40.pac.status import CLEAN, FOUND, NOT_FOUND

CON, SIN, NO = EsCancelable.CON_ACEPTACION, EsCancelable.SIN_ACEPTACION, EsCancelable.NO


def told(desk, uuid):
    """The three texts of the SAT's table."""
    state = desk.estado(uuid)
    assert state.codigo_estatus == FOUND
    return state.estado, state.es_cancelable, state.estatus_cancelacion


def second(number):
    return timedelta(seconds=number)


def test_in_force(desk, engine):
    cheap, dear = desk.stamped(), desk.stamped(price=DEAR)
    assert told(desk, cheap) == (Estado.VIGENTE, SIN, None)
    assert told(desk, dear) == (Estado.VIGENTE, SIN, None)
    engine.clock.freeze(LATER)
    assert told(desk, cheap) == (Estado.VIGENTE, SIN, None)
    assert told(desk, dear) == (Estado.VIGENTE, CON, None)


def test_named_by_another(desk):
    uuid = desk.stamped()
    debit, substitute = desk.naming(uuid, "02"), desk.naming(uuid, "04")
    assert told(desk, uuid) == (Estado.VIGENTE, NO, None)
    received(desk.cancel(debit))
    assert told(desk, uuid) == (Estado.VIGENTE, SIN, None)
    assert told(desk, substitute) == (Estado.VIGENTE, SIN, None)


def test_cancelled_at_once(desk):
    uuid = desk.stamped()
    received(desk.cancel(uuid))
    assert told(desk, uuid) == (Estado.CANCELADO, SIN, EstatusCancelacion.CANCELADO_SIN_ACEPTACION)


def test_waits_and_is_accepted(desk, engine):
    uuid = desk.dear()
    received(desk.cancel(uuid))
    assert told(desk, uuid) == (Estado.VIGENTE, CON, EstatusCancelacion.EN_PROCESO)
    engine.accept(uuid)
    assert told(desk, uuid) == (Estado.CANCELADO, CON, EstatusCancelacion.CANCELADO_CON_ACEPTACION)
    (request,) = engine.requests()
    assert request.answered_at == LATER


def test_silence_is_consent_from_one_second_to_the_next(desk, engine):
    uuid = desk.dear()
    received(desk.cancel(uuid))
    engine.clock.freeze(datetime(2026, 8, 21, 5, 59, 59, 999_999, tzinfo=UTC))
    assert told(desk, uuid) == (Estado.VIGENTE, CON, EstatusCancelacion.EN_PROCESO)
    engine.clock.freeze(datetime(2026, 8, 21, 6, 0, 0, tzinfo=UTC))
    assert told(desk, uuid) == (Estado.CANCELADO, CON, EstatusCancelacion.PLAZO_VENCIDO)
    with pytest.raises(ValueError, match="waits"):
        engine.accept(uuid)


def test_a_rejected_one_may_be_asked_for_again_and_then_waits_for_ever(desk, engine):
    uuid = desk.dear()
    received(desk.cancel(uuid))
    engine.reject(uuid)
    assert told(desk, uuid) == (Estado.VIGENTE, CON, EstatusCancelacion.RECHAZADA)
    received(desk.cancel(uuid))
    engine.clock.advance(timedelta(days=400))
    assert told(desk, uuid) == (Estado.VIGENTE, CON, EstatusCancelacion.EN_PROCESO)
    assert [request.expires_at is None for request in engine.requests()] == [False, True]
    engine.accept(uuid)
    assert told(desk, uuid) == (Estado.CANCELADO, CON, EstatusCancelacion.CANCELADO_CON_ACEPTACION)


def test_whoever_said_no_is_asked_again_whatever_the_rules_say_by_then(desk, engine):
    uuid = desk.dear()
    received(desk.cancel(uuid))
    engine.reject(uuid)
    engine.set_policy(acceptance=False)
    received(desk.cancel(uuid))
    assert told(desk, uuid) == (Estado.VIGENTE, CON, EstatusCancelacion.EN_PROCESO)


def test_rejected_and_then_named_by_another(desk, engine):
    uuid = desk.dear()
    received(desk.cancel(uuid))
    engine.reject(uuid)
    desk.naming(uuid, "02")
    assert told(desk, uuid) == (Estado.VIGENTE, NO, EstatusCancelacion.RECHAZADA)


def test_nobody_is_waited_for_twice(desk, engine):
    uuid = desk.stamped()
    for act in (engine.accept, engine.reject):
        with pytest.raises(ValueError, match="waits"):
            act(uuid)
    received(desk.cancel(uuid))
    with pytest.raises(ValueError, match="waits"):
        engine.reject(uuid)


# Who must accept

@pytest.mark.parametrize(("changes", "cancelable"), [
    ({}, CON),
    ({"price": Decimal("862.07")}, SIN),  # 1,000.00 with its tax
    ({"price": Decimal("862.08")}, CON),
    ({"price": Decimal("50.00"), "moneda": "USD", "tipo_cambio": Decimal("20.00")}, CON),
    ({"price": Decimal("43.10"), "moneda": "USD", "tipo_cambio": Decimal("20.00")}, SIN),
    (PUBLIC, SIN),
    ({"receptor": Receptor(
        rfc="XEXX010101000", nombre="ACME INC", domicilio_fiscal_receptor="42501", residencia_fiscal="USA",
        num_reg_id_trib="123456789", regimen_fiscal_receptor="616", uso_cfdi="S01",
    )}, SIN),
])
def test_who_must_accept(desk, engine, changes, cancelable):
    uuid = desk.stamped(**{"price": DEAR, **changes})
    engine.clock.freeze(LATER)
    assert told(desk, uuid)[1] is cancelable
    received(desk.cancel(uuid))
    assert engine.requests()[0].needs_acceptance is (cancelable is CON)


def test_a_complement_always_needs_it(desk):
    uuid = desk.stamped(metodo_pago="PPD", forma_pago="99")
    paid = replace(receipt(desk.values(uuid), "58.00"), fecha=desk.local())
    assert told(desk, desk.stamp(seal.sellar(paid, desk.documents.csd).xml))[1] is CON


def test_the_next_business_day_ends_with_the_issuers_day(desk, engine):
    """In Tijuana it is still Friday when it is Saturday in the centre."""
    centre = desk.stamped(price=DEAR)
    tijuana = desk.stamped(price=DEAR, lugar_expedicion="22000", fecha=desk.local() - timedelta(hours=2))
    engine.clock.freeze(datetime(2026, 8, 15, 6, 30, tzinfo=UTC))
    assert (told(desk, centre)[1], told(desk, tijuana)[1]) == (CON, SIN)


@pytest.mark.parametrize("policy", [True, False])
def test_a_policy_of_the_tests_own(desk, engine, policy):
    engine.set_policy(acceptance=policy)
    uuid = desk.dear()
    assert told(desk, uuid)[1] is (CON if policy else SIN)
    received(desk.cancel(uuid))
    assert engine.requests()[0].needs_acceptance is policy
    engine.set_policy(acceptance=None)
    assert told(desk, desk.stamped())[1] is SIN


# Business days

@pytest.mark.parametrize(("asked", "last"), [
    (datetime(2026, 8, 13, 12), date(2026, 8, 18)),  # Thursday: over a week-end
    (datetime(2026, 8, 15, 12), date(2026, 8, 19)),  # Saturday: counts from Monday
    (datetime(2026, 9, 14, 23, 59, 59), date(2026, 9, 18)),  # over Independence Day
    (datetime(2026, 12, 31, 12), date(2027, 1, 6)),  # over New Year, a Friday
])
def test_the_term_skips_what_is_no_business_day(asked, last):
    end = law.answer_deadline(asked.replace(tzinfo=CENTRAL).astimezone(UTC)).astimezone(CENTRAL)
    assert end.replace(tzinfo=None) == datetime.combine(last, time(23, 59, 59))


def test_the_end_of_the_year_is_no_deadline(desk, engine):
    """Since 2026 what was issued in a year may be cancelled in the next one."""
    uuid = desk.stamped()
    engine.clock.freeze(datetime(2027, 1, 1, 6, 0, 0, tzinfo=UTC))
    received(desk.cancel(uuid))


# Not found

@pytest.mark.parametrize("text", [
    "", "?", "no es una expresión", "?re=X&rr=Y&tt=1&id=Z", "\x00", "?id=" + "9" * 100_000, "?re=&rr=&tt=&id=&fe=",
])
def test_601_an_expression_that_is_none(engine, text):
    state = engine.estado(text)
    assert (state.codigo_estatus, state.estado) == (NOT_FOUND["601"], Estado.NO_ENCONTRADO)
    assert state.es_cancelable is state.estatus_cancelacion is None
    assert state.validacion_efos == ""


@pytest.mark.parametrize("changes", [
    {"emisor": RECEIVER}, {"receptor": RFC}, {"total": Decimal("116.01")},
    {"sello": "AAAAAAAA"},
])
def test_602_what_does_not_match(desk, changes):
    uuid = desk.stamped()
    texts = [desk.consulta(uuid, **changes), desk.consulta(uuid).replace(uuid, NOBODY)]
    for state in map(desk.pac.estado, texts):
        assert (state.codigo_estatus, state.estado) == (NOT_FOUND["602"], Estado.NO_ENCONTRADO)


def test_the_seal_may_be_left_out_and_the_total_written_otherwise(desk):
    uuid = desk.stamped()
    assert "fe=" not in desk.consulta(uuid, sello="")
    for text in (desk.consulta(uuid, sello=""), desk.consulta(uuid).replace("tt=116.0", "tt=0000000116.000000")):
        assert desk.pac.estado(text).estado is Estado.VIGENTE


def test_602_until_the_sat_has_it(desk, engine):
    engine.delay_index(300)
    uuid = desk.stamped()
    engine.clock.advance(second(299))
    assert desk.estado(uuid).codigo_estatus == NOT_FOUND["602"]
    engine.clock.advance(second(1))
    assert told(desk, uuid)[0] is Estado.VIGENTE


# EFOS

@pytest.mark.parametrize(("code", "listed"), [
    ("100", True), ("104", True), ("102", False), ("201", False), ("999", None),
])
def test_efos(desk, engine, code, listed):
    uuid = desk.stamped()
    assert desk.estado(uuid).validacion_efos == CLEAN
    engine.set_efos(RFC, code)
    state = desk.estado(uuid)
    assert (state.validacion_efos, state.en_lista_69b) == (code, listed)
    engine.set_efos(RECEIVER, "100")
    engine.set_efos(RFC, None)
    assert desk.estado(uuid).en_lista_69b is False


def test_a_store_that_fails_is_an_error_of_the_servers(desk):
    uuid = desk.stamped()
    text = desk.consulta(uuid)
    with open(desk.engine.store.path, "r+b") as file:
        file.truncate(100)
    with pytest.raises(SatError) as caught:
        desk.pac.estado(text)
    assert caught.value.code == "server_error"
