"""The sandbox's own side of the story: what it was asked, by whom, about what, and how it went."""

import json

import pytest
from wired import PASSWORD, USER, connect

from l10n_mx_cfdi40.pac.base import Accepted, Unknown, key_of
from l10n_mx_cfdi40.pac.sandbox import Journal, Sandbox
from l10n_mx_cfdi40.pac.sandbox.consulta import PATH
from l10n_mx_cfdi40.sat.consulta import ConsultaCfdi, Pace

PACS = ("finkok", "sw", "solucion_factible", "prodigia")


@pytest.fixture
def journal(tmp_path):
    return Journal(tmp_path / "out" / "exchanges.jsonl")


@pytest.fixture
def sandbox(engine, journal):
    engine.set_credentials(USER, PASSWORD)
    with Sandbox(engine, journal=journal) as running:
        yield running


def lines(journal):
    return [json.loads(line) for line in journal.path.read_text().splitlines()]


@pytest.mark.parametrize("code", PACS)
def test_a_stamp_and_what_was_lost_of_it(engine, sandbox, journal, documents, code):
    client = connect(code, engine, sandbox.address)
    sealed = documents.sealed()
    engine.faults.set("closed")
    assert isinstance(client.stamp(sealed, key=key_of(sealed)), Unknown)
    assert isinstance(client.stamp(sealed, key=key_of(sealed)), Accepted)
    client.close()
    [stamp] = engine.stamps()
    first, *_others, last = [line for line in lines(journal) if line["operation"] in ("stamp", "recover")]
    for line in (first, last):
        assert (line["pac"], line["uuid"], line["outcome"]) == (code, stamp.uuid.upper(), "Accepted")
        assert line["sha256"] == key_of(sealed)
    assert (first["operation"], first["fault"]) == ("stamp", "closed")
    assert "fault" not in last
    assert first["time"] <= last["time"]


def test_a_refusal_has_its_code(engine, sandbox, journal, documents):
    client = connect("sw", engine, sandbox.address)
    engine.faults.set("refuse", code="CFDI40145")
    sealed = documents.sealed()
    client.stamp(sealed, key=key_of(sealed))
    client.check()
    client.close()
    told = [(line["operation"], line["uuid"], line["outcome"], line["code"]) for line in lines(journal)]
    assert ("stamp", "", "Refused", "CFDI40145") in told
    assert told[-1][0] in ("check", "credits")


def test_the_sat_is_one_of_them(engine, sandbox, journal, desk):
    engine.set_credentials(None, None)
    uuid = desk.stamped()
    client = ConsultaCfdi(f"{sandbox.address}{PATH}", pace=Pace(0))
    client.estado(desk.consulta(uuid))
    client.close()
    [line] = lines(journal)
    assert (line["pac"], line["operation"], line["uuid"], line["outcome"]) == ("sat", "estado", uuid, "EstadoSat")


def test_no_secret_is_written_down(engine, sandbox, journal, documents):
    for code in PACS:
        client = connect(code, engine, sandbox.address)
        sealed = documents.sealed(folio=code[:3])
        client.stamp(sealed, key=key_of(sealed))
        client.check()
        client.close()
    text = journal.path.read_text()
    assert "Accepted" in text
    for secret in (USER, PASSWORD, "larga"):
        assert secret not in text


def test_without_one_nothing_is_written(engine, tmp_path):
    with Sandbox(engine) as running:
        assert running.address
    assert not list(tmp_path.glob("**/*.jsonl"))


def test_each_run_begins_anew(journal):
    journal.path.write_text("{}\n")
    assert Journal(journal.path).path.read_text() == ""
