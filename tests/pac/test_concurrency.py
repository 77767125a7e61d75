"""Several processes on one store, and processes killed in the middle: one UUID for a document, and none lost."""

import os
import signal
from multiprocessing import get_context

import pytest

from l10n_mx_cfdi40.cfdi import timbre
from l10n_mx_cfdi40.pac.base import Accepted, NotFound, key_of
from l10n_mx_cfdi40.pac.faults import FaultKind
from l10n_mx_cfdi40.pac.loopback import Loopback

FORK = get_context("fork")


def _stamp_each(path, documents, start, results):
    start.wait()
    pac = Loopback(path)
    results.put([pac.stamp(sealed, key=key_of(sealed)).xml for sealed in documents])


def race(engine, documents, processes):
    """Every process stamps the same documents at the same time; what each was answered."""
    start, results = FORK.Barrier(processes), FORK.Queue()
    workers = [
        FORK.Process(target=_stamp_each, args=(engine.store.path, documents, start, results)) for _ in range(processes)
    ]
    for worker in workers:
        worker.start()
    answers = [results.get(timeout=60) for _ in workers]
    for worker in workers:
        worker.join(60)
        assert worker.exitcode == 0
    return answers


def test_two_processes_stamp_the_same_bytes_at_once(engine, documents):
    sealed = [documents.sealed(folio=str(number)) for number in range(10)]
    answers = race(engine, sealed, 2)
    assert answers[0] == answers[1]
    assert engine.count() == len(sealed)
    assert [stamp.sha256 for stamp in engine.stamps()].count(key_of(sealed[0])) == 1


def test_four_processes_spend_one_credit_a_document(engine, documents):
    engine.set_credits(5)
    sealed = [documents.sealed(folio=str(number)) for number in range(5)]
    assert len({tuple(answer) for answer in race(engine, sealed, 4)}) == 1
    assert engine.credits() == 0
    assert engine.count() == 5


def _stamp_one(path, sealed):
    Loopback(path).stamp(sealed, key=key_of(sealed))
    os._exit(0)


def kill_in(engine, fault_kind, sealed):
    """Start a process that stamps, wait until it stands in the pause, and kill it there."""
    fault = engine.faults.set(fault_kind)
    process = FORK.Process(target=_stamp_one, args=(engine.store.path, sealed))
    process.start()
    try:
        assert engine.faults.wait_reached(fault)
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.join(60)
    assert process.exitcode == -signal.SIGKILL


def test_killed_before_the_stamp_is_stored(engine, documents, pac, stamp):
    sealed = documents.sealed()
    kill_in(engine, FaultKind.PAUSE_BEFORE, sealed)
    assert engine.count() == 0
    (call,) = engine.calls()
    assert call.outcome is None
    assert isinstance(pac.recover(sealed, key=key_of(sealed)), NotFound)
    assert isinstance(stamp(sealed), Accepted)
    assert engine.count() == 1


def test_killed_after_the_stamp_is_stored(engine, documents, pac, stamp):
    sealed = documents.sealed()
    kill_in(engine, FaultKind.PAUSE_AFTER, sealed)
    (stored,) = engine.stamps()
    assert timbre.leer_timbre(stored.xml).uuid == stored.uuid
    assert pac.recover(sealed, key=key_of(sealed)) == Accepted(stored.xml, repeated=True)
    assert stamp(sealed) == Accepted(stored.xml, repeated=True)
    assert engine.count() == 1


def test_a_second_process_passes_while_the_first_stands_in_a_pause(engine, documents, stamp):
    """A pause holds no lock: the store goes on working, and the late call gets the other's stamp."""
    sealed = documents.sealed()
    fault = engine.faults.set(FaultKind.PAUSE_BEFORE)
    start, results = FORK.Barrier(1), FORK.Queue()
    late = FORK.Process(target=_stamp_each, args=(engine.store.path, [sealed], start, results))
    late.start()
    assert engine.faults.wait_reached(fault)
    first = stamp(sealed)
    engine.faults.release(fault)
    assert results.get(timeout=60) == [first.xml]
    late.join(60)
    assert engine.count() == 1


@pytest.mark.parametrize("kind", [FaultKind.PAUSE_BEFORE, FaultKind.PAUSE_AFTER])
def test_killed_many_times_over(engine, documents, stamp, kind):
    sealed = documents.sealed()
    for _ in range(3):
        kill_in(engine, kind, sealed)
    assert isinstance(stamp(sealed), Accepted)
    assert engine.count() == 1
