"""What outlives a process: one request however many ask at once, one that is there after a kill, and older stores."""

import os
import signal
import sqlite3
from multiprocessing import get_context

import pytest
from desk import NOBODY, RECEIVER, RFC, receipt, received

from l10n_mx_cfdi40.cfdi import seal
from l10n_mx_cfdi40.cfdi.errors import SatError
from l10n_mx_cfdi40.cfdi.estado import Estado
from l10n_mx_cfdi40.pac.base import Answered, Pending, Received, Refused, Related, Unknown
from l10n_mx_cfdi40.pac.engine import Engine
from l10n_mx_cfdi40.pac.faults import ANSWER, CANCEL, ESTADO, PENDING, RELATED, FaultKind
from l10n_mx_cfdi40.pac.loopback import Loopback
from l10n_mx_cfdi40.pac.status import NOT_FOUND
from l10n_mx_cfdi40.pac.store import Store

FORK = get_context("fork")


# Two processes

def _cancel_each(path, requests, start, results):
    start.wait()
    pac = Loopback(path)
    results.put([pac.cancel(request, uuid=uuid).code for uuid, request in requests])


@pytest.mark.parametrize("processes", [2, 4])
def test_processes_that_ask_at_once_make_one_request_a_document(desk, engine, processes):
    requests = [(uuid, desk.request((uuid, "02"))) for uuid in (desk.stamped() for _ in range(8))]
    start, results = FORK.Barrier(processes), FORK.Queue()
    workers = [
        FORK.Process(target=_cancel_each, args=(engine.store.path, requests, start, results))
        for _ in range(processes)
    ]
    for worker in workers:
        worker.start()
    answers = [results.get(timeout=60) for _ in workers]
    for worker in workers:
        worker.join(60)
        assert worker.exitcode == 0
    assert sorted(request.uuid for request in engine.requests()) == sorted(uuid for uuid, _request in requests)
    for codes in zip(*answers, strict=True):
        assert sorted(codes) == ["201"] + ["202"] * (processes - 1)


def test_the_store_itself_admits_one_live_request(desk, engine):
    uuid = desk.dear()
    received(desk.cancel(uuid))
    columns = ("uuid, reason, issuer_rfc, receiver_rfc, requested_at, needs_acceptance, request")
    insert = f"INSERT INTO cancellation ({columns}) SELECT {columns} FROM cancellation WHERE uuid = ? LIMIT 1"
    with pytest.raises(sqlite3.IntegrityError), engine.store.writing() as db:
        db.execute(insert, (uuid,))
    engine.reject(uuid)
    with engine.store.writing() as db:
        db.execute(insert, (uuid,))
    assert len(engine.requests()) == 2


# Killed and lost

def _cancel_one(path, uuid, request):
    Loopback(path).cancel(request, uuid=uuid)
    os._exit(0)


@pytest.mark.parametrize(("kind", "stored", "code"), [
    (FaultKind.PAUSE_BEFORE, 0, "201"), (FaultKind.PAUSE_AFTER, 1, "202"),
])
def test_killed_in_a_pause(desk, engine, kind, stored, code):
    uuid = desk.stamped()
    request = desk.request((uuid, "02"))
    fault = engine.faults.set(kind, operation=CANCEL)
    process = FORK.Process(target=_cancel_one, args=(engine.store.path, uuid, request))
    process.start()
    try:
        assert engine.faults.wait_reached(fault)
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.join(60)
    assert process.exitcode == -signal.SIGKILL
    assert len(engine.requests()) == stored
    assert desk.estado(uuid).estado is (Estado.CANCELADO if stored else Estado.VIGENTE)
    received(desk.pac.cancel(request, uuid=uuid), code)
    assert len(engine.requests()) == 1


@pytest.mark.parametrize(("kind", "stored", "sent"), [
    (FaultKind.LOST, 1, True), (FaultKind.TIMEOUT, 0, True), (FaultKind.UNREACHABLE, 0, False),
])
def test_no_answer_to_a_request(desk, engine, kind, stored, sent):
    uuid = desk.stamped()
    engine.faults.set(kind, operation=CANCEL)
    outcome = desk.cancel(uuid)
    assert isinstance(outcome, Unknown)
    assert outcome.sent is sent
    assert len(engine.requests()) == stored
    received(desk.cancel(uuid), "202" if stored else "201")


def test_refused_with_any_code(desk, engine):
    uuid = desk.stamped()
    engine.faults.set(FaultKind.REFUSE, operation=CANCEL, code="708")
    assert not desk.cancel(uuid).examined
    engine.faults.set(FaultKind.REFUSE, operation=CANCEL, code="213", message="Rechazada por el SAT")
    assert desk.cancel(uuid) == Refused("213", "Rechazada por el SAT")
    assert engine.requests() == []


def test_a_pause_that_nobody_releases(desk, engine):
    uuid = desk.stamped()
    engine.faults.set(FaultKind.PAUSE_AFTER, operation=CANCEL, limit_seconds=0)
    assert isinstance(desk.cancel(uuid), Unknown)
    assert len(engine.requests()) == 1


def test_only_the_named_document_fails(desk, engine):
    first, second = desk.stamped(), desk.stamped()
    engine.faults.set(FaultKind.LOST, operation=CANCEL, key=second)
    engine.faults.set(FaultKind.REFUSE, operation=ESTADO, code="602", key=second)
    engine.faults.set(FaultKind.LOST, operation=RELATED, key=second)
    assert isinstance(desk.cancel(first), Received)
    assert isinstance(desk.pac.related(desk.ask_related(first, issuer=RFC)), Related)
    assert isinstance(desk.pac.related(desk.ask_related(second, issuer=RFC)), Unknown)
    assert desk.estado(first).estado is Estado.CANCELADO
    assert desk.estado(second).codigo_estatus == NOT_FOUND["602"]
    assert isinstance(desk.cancel(second), Unknown)


def test_faults_of_the_receivers_services(desk, engine):
    uuid = desk.dear()
    received(desk.cancel(uuid))
    reply = desk.reply((uuid, "Rechazo"))
    engine.faults.set(FaultKind.LOST, operation=PENDING, key=RECEIVER)
    assert isinstance(desk.pac.pending(RECEIVER), Unknown)
    assert desk.pac.pending(RECEIVER) == Pending((uuid,))
    engine.faults.set(FaultKind.REFUSE, operation=ANSWER, code="1006", key=uuid)
    assert desk.pac.answer(reply).code == "1006"
    engine.faults.set(FaultKind.LOST, operation=ANSWER, key=uuid)
    assert isinstance(desk.pac.answer(reply), Unknown)
    outcome = desk.pac.answer(reply)
    assert isinstance(outcome, Answered)
    assert outcome.codes == {uuid: "1002"}


@pytest.mark.parametrize(("kind", "code"), [
    (FaultKind.LOST, "timeout"), (FaultKind.TIMEOUT, "timeout"), (FaultKind.UNREACHABLE, "unreachable"),
    (FaultKind.REFUSE, "server_error"), (FaultKind.PAUSE_BEFORE, "timeout"), (FaultKind.PAUSE_AFTER, "timeout"),
])
def test_faults_of_the_status_service(desk, engine, kind, code):
    uuid = desk.stamped()
    engine.faults.set(kind, operation=ESTADO, code="500", limit_seconds=0)
    with pytest.raises(SatError) as caught:
        desk.estado(uuid)
    assert caught.value.code == code
    assert desk.estado(uuid).estado is Estado.VIGENTE


def test_calls_are_written_down_by_what_they_are_about(desk, engine):
    uuid = desk.stamped()
    desk.cancel(uuid), desk.estado(uuid), desk.pac.pending(RECEIVER), desk.pac.related(b""), desk.cancel(NOBODY)
    assert [(call.operation, call.sha256, call.outcome, call.code) for call in engine.calls()[1:]] == [
        ("cancel", uuid, "Received", "201"), ("estado", uuid, "EstadoSat", None),
        ("pending", RECEIVER, "Pending", None), ("related", "", "Refused", "301"), ("cancel", NOBODY, "Refused", "205"),
    ]


def test_a_store_that_fails_leaves_the_request_in_doubt(desk, tmp_path):
    path = tmp_path / "broken.sqlite3"
    path.write_bytes(b"this is not a database" * 100)
    pac = Loopback(path)
    for outcome in (
        pac.cancel(b"", uuid=NOBODY), pac.related(b""), pac.pending(RECEIVER), pac.answer(b""),
    ):
        assert isinstance(outcome, Unknown)
        assert outcome.sent


# Stores of version 1

def make_old(engine):
    """Take the store back to what version 1 was."""
    with engine.store.writing() as db:
        for table in ("cancellation", "relation", "efos"):
            db.execute(f"DROP TABLE {table}")
        db.execute("PRAGMA user_version = 1")
    return Engine(Store(engine.store.path))


def test_a_store_of_version_1_opens_and_goes_on(desk, engine):
    invoice = desk.stamped(metodo_pago="PPD", forma_pago="99")
    complement = desk.stamp(seal.sellar(receipt(desk.values(invoice), "58.00"), desk.documents.csd).xml)
    named = desk.stamped()
    debit, substitute = desk.naming(named, "02"), desk.naming(named)
    before = engine.stamps()
    again = make_old(engine)
    assert again.stamps() == before
    assert again.requests() == []
    with again.store.reading() as db:
        rows = db.execute(
            "SELECT s.uuid AS names, r.uuid, r.kind FROM relation r JOIN stamp s ON s.id = r.stamp ORDER BY s.id",
        ).fetchall()
        assert db.execute("PRAGMA user_version").fetchone()[0] == 2
    assert [tuple(row) for row in rows] == [
        (complement, invoice, "DR"), (debit, named, "02"), (substitute, named, "04"),
    ]
    assert desk.cancel(invoice).code == desk.cancel(named).code == "no_cancelable"
    received(desk.cancel(debit))
    received(desk.cancel(named, "01", substitute))


def test_an_old_store_that_cannot_be_brought_up_to_date_stays_as_it_was(desk, engine, monkeypatch):
    desk.stamped()
    again = make_old(engine)

    def fail(*_arguments):
        raise sqlite3.OperationalError("disk is full")

    with monkeypatch.context() as patch:
        patch.setattr("l10n_mx_cfdi40.pac.store.write_relations", fail)
        with pytest.raises(sqlite3.OperationalError):
            again.count()
    with sqlite3.connect(engine.store.path) as db:
        assert db.execute("PRAGMA user_version").fetchone()[0] == 1
        assert not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'cancellation'").fetchall()
    db.close()
    assert again.count() == 1
    received(desk.cancel(desk.stamped()))


def _open(path, start):
    start.wait()
    assert Engine(Store(path)).count() == 1


def test_processes_that_open_an_old_store_together(desk, engine):
    desk.stamped()
    make_old(engine)
    start = FORK.Barrier(4)
    workers = [FORK.Process(target=_open, args=(engine.store.path, start)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
        assert worker.exitcode == 0
