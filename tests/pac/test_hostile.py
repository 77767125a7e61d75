"""Whatever the bytes are, the answer is a refusal: no exception, no file read, no memory spent."""

import base64
import random

import pytest
from desk import RFC

from l10n_mx_cfdi40.cfdi import parse
from l10n_mx_cfdi40.cfdi.estado import EstadoSat
from l10n_mx_cfdi40.pac.base import Accepted, Answered, Received, Refused, Related, key_of

BOMB = b"""<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "ja"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;">]><a>&d;</a>"""


@pytest.mark.parametrize("data", [
    b"", b" ", b"\x00", b"no es xml", b"<", b"<a", b"<a/>", b"{}", b"\xff\xfe<\x00a\x00/\x00>\x00", BOMB,
    b'<?xml version="1.0"?><!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
    b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
    b'<?xml version="1.0" encoding="ISO-8859-1"?><a>\xf1</a>',
    b'<cfdi:Comprobante xmlns:cfdi="http://www.sat.gob.mx/cfd/4"/>',
    b'<cfdi:Comprobante xmlns:cfdi="http://www.sat.gob.mx/cfd/4" Version="4.0"/>',
    b'<cfdi:Comprobante xmlns:cfdi="http://www.sat.gob.mx/cfd/3" Version="3.3"/>',
    b"<a>" * 100_000 + b"</a>" * 100_000,
    b"<a" + b" b='c'" * 2 + b"/>",
], ids=lambda data: repr(data[:30]))
def test_not_a_cfdi(engine, stamp, data):
    outcome = stamp(data)
    assert isinstance(outcome, Refused)
    assert outcome.code == "301"
    assert "passwd" not in outcome.message
    assert "root:" not in outcome.message
    assert engine.count() == 0


def test_megabytes(stamp):
    assert stamp(b"<a>" + b"x" * 30_000_000 + b"</a>").code == "301"


def test_a_document_in_another_encoding(documents, stamp):
    """The right content, but not in UTF-8: the SAT takes nothing else."""
    latin = documents.sealed().decode().encode("latin-1")
    assert stamp(latin).code == "301"
    declared = latin.replace(b"UTF-8", b"ISO-8859-1", 1).replace(b"utf-8", b"ISO-8859-1", 1)
    assert stamp(declared).code == "301"
    assert stamp(documents.sealed().decode().encode("utf-16")).code == "301"


def test_an_entity_inside_a_good_document(documents, stamp):
    sealed = documents.sealed()
    start = sealed.index(b"<cfdi:Comprobante")
    dtd = b'<!DOCTYPE x [<!ENTITY v "Venta">]>'
    hostile = sealed[:start] + dtd + sealed[start:].replace(b'Descripcion="Venta"', b'Descripcion="&v;"', 1)
    assert stamp(hostile).code == "301"


@pytest.mark.parametrize("certificate", [
    b"", b"=", b"%%%", base64.b64encode(b"\x30\x80"), base64.b64encode(b"\x30\x84\xff\xff\xff\xff"),
    base64.b64encode(b"\x30" * 3000),
])
def test_a_hostile_certificate(documents, stamp, certificate):
    sealed = documents.sealed()
    good = parse.leer(sealed).certificado.encode()
    outcome = stamp(sealed.replace(good, certificate, 1))
    assert isinstance(outcome, Refused)
    assert outcome.code in ("301", "308")


def test_a_truncated_or_damaged_certificate(documents, stamp):
    sealed = documents.sealed()
    good = base64.b64decode(parse.leer(sealed).certificado)
    dice = random.Random(4)
    for _ in range(60):
        bad = bytearray(good[:dice.randrange(len(good))] if dice.random() < 0.3 else good)
        for _ in range(dice.randrange(1, 4)):
            if bad:
                bad[dice.randrange(len(bad))] = dice.randrange(256)
        if bytes(bad) == good:
            continue
        outcome = stamp(sealed.replace(base64.b64encode(good), base64.b64encode(bad), 1))
        assert isinstance(outcome, Refused), outcome


def test_damaged_documents(documents, pac):
    """One byte changed, removed or doubled anywhere: refused, or the very same document to the SAT's eyes."""
    sealed = documents.sealed()
    dice = random.Random(40)
    for _ in range(150):
        place = dice.randrange(len(sealed))
        middle = dice.choice((b"", sealed[place:place + 1] * 2, bytes((dice.randrange(256),))))
        damaged = sealed[:place] + middle + sealed[place + 1:]
        outcome = pac.stamp(damaged, key=key_of(damaged))
        assert isinstance(outcome, (Refused, Accepted))
        if isinstance(outcome, Accepted):
            assert parse.leer(damaged).sello == parse.leer(sealed).sello


def damage(dice, data):
    """The data with a few bytes changed, removed, doubled, or cut off."""
    found = bytearray(data)
    for _ in range(dice.randrange(1, 4)):
        place = dice.randrange(len(found))
        match dice.randrange(4):
            case 0:
                found[place] = dice.randrange(256)
            case 1:
                del found[place:place + dice.randrange(1, 40)]
            case 2:
                found[place:place] = found[place:place + dice.randrange(1, 40)]
            case 3:
                found[place:place] = dice.choice((b"<", b">", b"&", b"\x00", b"<!--x-->", b"<?x?>", b'"', b"\xc3"))
        if not found:
            break
    return bytes(found)


def test_damaged_requests(desk, engine, pac):
    """Whatever is left of a signed request is refused, or is the request that was signed."""
    uuid, other = desk.dear(), desk.stamped()
    assert isinstance(desk.cancel(uuid), Received)
    dice = random.Random(7)
    for good, call, right in (
        (desk.request((other, "02")), lambda data: pac.cancel(data, uuid=other), Received),
        (desk.reply((uuid, "Rechazo")), pac.answer, Answered),
        (desk.ask_related(uuid, issuer=RFC), pac.related, Related),
    ):
        for _ in range(120):
            damaged = damage(dice, good)
            outcome = call(damaged)
            assert isinstance(outcome, (Refused, right)), (damaged, outcome)
    reasons = {request.uuid: request.reason for request in engine.requests()}
    assert reasons.get(other, "02") == reasons[uuid] == "02"


@pytest.mark.parametrize("data", [
    b"", b" ", b"\x00", BOMB, b"<a>" * 100_000, b"\xff\xfe<\x00", b"<Cancelacion/>",
    b'<Cancelacion xmlns="http://cancelacfd.sat.gob.mx"/>', b"<x>" + b"y" * 2_000_000 + b"</x>",
    b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><Cancelacion xmlns="http://cancelacfd.sat.gob.mx"/>',
], ids=lambda data: repr(data[:30]))
def test_what_is_no_request(pac, data):
    for outcome in (pac.cancel(data, uuid="x"), pac.cancel(data, uuid=""), pac.answer(data), pac.related(data)):
        assert isinstance(outcome, Refused)
        assert outcome.code == "301"
        assert "root:" not in outcome.message


def test_damaged_expressions(desk, pac):
    good = desk.consulta(desk.stamped())
    dice = random.Random(11)
    for _ in range(300):
        damaged = damage(dice, good.encode()).decode("utf-8", "replace")
        assert isinstance(pac.estado(damaged), EstadoSat)
    for text in ("\x00", "\ud800", "?" * 10_000, "?tt=" + "9" * 5000, good + "\n", "tt=٣"):
        assert isinstance(pac.estado(text), EstadoSat)
    assert pac.pending("") == pac.pending("\x00") == pac.pending("x" * 100_000)
