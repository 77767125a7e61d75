"""Failures on demand: each kind, in both operations, and the answers that come late."""

import pytest

from l10n_mx_cfdi40.pac.base import Accepted, NotFound, Refused, Unknown, key_of
from l10n_mx_cfdi40.pac.faults import AFTER_WORK, BEFORE_WORK, CONNECT, RECOVER, FaultKind


@pytest.fixture
def sealed(documents):
    return documents.sealed()


def recover(pac, sealed):
    return pac.recover(sealed, key=key_of(sealed))


def test_refused_with_any_code(engine, pac, stamp, sealed):
    engine.faults.set(FaultKind.REFUSE, code="704", message="La cuenta está suspendida")
    assert stamp(sealed) == Refused("704", "La cuenta está suspendida")
    assert engine.count() == 0
    assert isinstance(recover(pac, sealed), NotFound)
    assert isinstance(stamp(sealed), Accepted)


def test_turned_away_at_the_door(engine, stamp, sealed):
    engine.faults.set(FaultKind.REFUSE, code="300")
    assert not stamp(sealed).examined
    engine.faults.set(FaultKind.REFUSE, code="302")
    assert stamp(sealed).examined


def test_a_lost_answer_is_stamped_and_recovered(engine, pac, stamp, sealed):
    engine.faults.set(FaultKind.LOST)
    outcome = stamp(sealed)
    assert isinstance(outcome, Unknown)
    assert outcome.sent
    (stored,) = engine.stamps()
    assert recover(pac, sealed) == Accepted(stored.xml, repeated=True)
    assert stamp(sealed) == Accepted(stored.xml, repeated=True)
    assert engine.count() == 1


def test_a_lost_request_is_not_stamped(engine, pac, stamp, sealed):
    engine.faults.set(FaultKind.TIMEOUT)
    outcome = stamp(sealed)
    assert isinstance(outcome, Unknown)
    assert outcome.sent
    assert engine.count() == 0
    assert isinstance(recover(pac, sealed), NotFound)


def test_unreachable_means_that_nothing_left(engine, stamp, sealed):
    engine.faults.set(FaultKind.UNREACHABLE, times=2)
    for _ in range(2):
        outcome = stamp(sealed)
        assert isinstance(outcome, Unknown)
        assert not outcome.sent
    assert engine.count() == 0
    assert isinstance(stamp(sealed), Accepted)


def test_a_late_index(engine, pac, stamp, sealed):
    """The PAC has the stamp, and for a while says that it does not, or nothing at all."""
    engine.faults.set(FaultKind.LOST)
    engine.faults.set(FaultKind.NOT_FOUND, operation=RECOVER, times=2)
    engine.faults.set(FaultKind.UNREACHABLE, operation=RECOVER)
    stamp(sealed)
    assert [type(recover(pac, sealed)) for _ in range(4)] == [NotFound, NotFound, Unknown, Accepted]
    assert engine.count() == 1


def test_only_the_named_document_fails(engine, documents, stamp):
    first, second = documents.sealed(folio="1"), documents.sealed(folio="2")
    engine.faults.set(FaultKind.REFUSE, code="301", key=key_of(second))
    assert isinstance(stamp(first), Accepted)
    assert stamp(second).code == "301"


def test_faults_are_met_in_order_and_used_up(engine, stamp, sealed):
    engine.faults.set(FaultKind.REFUSE, code="A")
    engine.faults.set(FaultKind.REFUSE, code="B")
    assert [stamp(sealed).code for _ in range(2)] == ["A", "B"]
    assert isinstance(stamp(sealed), Accepted)


def test_a_pause_that_nobody_releases_is_a_call_out_of_time(engine, pac, stamp, sealed):
    engine.faults.set(FaultKind.PAUSE_BEFORE, limit_seconds=0)
    outcome = stamp(sealed)
    assert isinstance(outcome, Unknown)
    assert outcome.sent
    assert engine.count() == 0
    fault = engine.faults.set(FaultKind.PAUSE_AFTER, limit_seconds=0)
    assert isinstance(stamp(sealed), Unknown)
    assert engine.faults.reached(fault) == 1
    assert engine.count() == 1


def test_a_released_pause_lets_the_call_through(engine, stamp, sealed):
    fault = engine.faults.set(FaultKind.PAUSE_BEFORE)
    engine.faults.release(fault)
    assert isinstance(stamp(sealed), Accepted)
    assert engine.faults.reached(fault) == 1


def test_clear_forgets_all(engine, stamp, sealed):
    engine.faults.set(FaultKind.REFUSE, code="A", times=5)
    engine.faults.clear()
    assert isinstance(stamp(sealed), Accepted)


@pytest.mark.parametrize("arguments", [
    {"kind": FaultKind.REFUSE}, {"kind": FaultKind.NOT_FOUND}, {"kind": "nothing"},
    {"kind": FaultKind.LOST, "operation": "nothing"}, {"kind": FaultKind.NOT_FOUND, "operation": "cancel"},
])
def test_a_fault_that_makes_no_sense(engine, arguments):
    with pytest.raises(ValueError):
        engine.faults.set(**arguments)


def test_every_call_is_written_down(engine, pac, stamp, sealed):
    stamp(sealed)
    recover(pac, sealed)
    engine.faults.set(FaultKind.REFUSE, code="A")
    stamp(sealed)
    calls = engine.calls()
    assert [(call.operation, call.outcome, call.code) for call in calls] == [
        ("stamp", "Accepted", None), ("recover", "Accepted", None), ("stamp", "Refused", "A"),
    ]
    assert {call.sha256 for call in calls} == {key_of(sealed)}


# Failures of the wire, for who calls without one

@pytest.mark.parametrize("kind", sorted(BEFORE_WORK))
def test_a_wire_that_fails_before_the_work(engine, pac, stamp, sealed, kind):
    engine.faults.set(kind, code="503")
    outcome = stamp(sealed)
    assert (outcome.reason, outcome.sent) == ("server_error", True)
    assert engine.count() == 0
    assert isinstance(recover(pac, sealed), NotFound)


@pytest.mark.parametrize("kind", sorted(AFTER_WORK))
def test_a_wire_that_fails_after_the_work(engine, pac, stamp, sealed, kind):
    engine.faults.set(kind)
    outcome = stamp(sealed)
    assert (outcome.reason, outcome.sent) == ("timeout", True)
    assert engine.count() == 1
    assert recover(pac, sealed).repeated


@pytest.mark.parametrize(("kind", "operation", "code"), [
    (FaultKind.HTTP, "stamp", ""), (FaultKind.HANG_UP, "stamp", ""), (FaultKind.LOST, CONNECT, ""),
    (FaultKind.HTTP, CONNECT, "503"), (FaultKind.BAD_SEAL, "cancel", ""),
])
def test_failures_that_cannot_be(engine, kind, operation, code):
    with pytest.raises(ValueError, match=r"needs a code|No fault"):
        engine.faults.set(kind, operation=operation, code=code)


def test_questions_about_the_account_fail_too(engine, pac):
    for operation, ask in (("check", pac.check), ("credits", pac.credits)):
        engine.faults.set(FaultKind.UNREACHABLE, operation=operation)
        assert ask().reason == "unreachable"
        assert not isinstance(ask(), Unknown)
