"""What is believed of a stamp, and the answers that the embedded PAC spoils on demand."""

from datetime import timedelta

import pytest

from l10n_mx_cfdi40.pac import trust
from l10n_mx_cfdi40.pac.base import Accepted, CredentialsOk, NotFound, Refused, Unknown, key_of
from l10n_mx_cfdi40.pac.faults import RECOVER, FaultKind
from l10n_mx_cfdi40.pac.loopback import Loopback


def stamp(pac, sealed):
    return pac.stamp(sealed, key=key_of(sealed))


def test_a_good_stamp_is_believed(pac, documents, engine):
    sealed = documents.sealed()
    answer, timbre = trust.believe(pac, sealed, stamp(pac, sealed))
    assert isinstance(answer, Accepted)
    assert timbre.uuid == engine.stamps()[0].uuid


def test_what_is_no_stamp_is_handed_on(pac, documents):
    for answer in (Refused("301", ""), Unknown("timeout", "", sent=True), NotFound()):
        assert trust.believe(pac, documents.sealed(), answer) == (answer, None)


@pytest.mark.parametrize(("kind", "reason"), [
    (FaultKind.OTHER_UUID, "timbre_de_otro_cfdi"), (FaultKind.BAD_SEAL, "sello_sat_invalido"),
])
@pytest.mark.parametrize("operation", ["stamp", RECOVER])
def test_a_spoilt_timbre_is_not(pac, documents, engine, kind, reason, operation):
    sealed = documents.sealed()
    first = stamp(pac, sealed)
    engine.faults.set(kind, operation=operation)
    spoilt = pac.stamp(sealed, key=key_of(sealed)) if operation == "stamp" else pac.recover(sealed, key=key_of(sealed))
    assert spoilt.xml != first.xml
    answer, timbre = trust.believe(pac, sealed, spoilt)
    assert (answer.reason, answer.sent, timbre) == (reason, True, None)
    assert stamp(pac, sealed) == Accepted(first.xml, repeated=True)
    assert engine.count() == 1


def test_a_seal_of_an_unknown_certificate_is_let_be(pac, documents, engine):
    """Those of production are known to nobody here: the rest is looked at all the same."""
    sealed = documents.sealed()
    engine.faults.set(FaultKind.BAD_SEAL)
    spoilt = stamp(pac, sealed)
    assert trust.stamp_of(sealed, spoilt.xml).uuid == engine.stamps()[0].uuid
    with pytest.raises(trust.AnswerMismatch):
        trust.stamp_of(sealed, spoilt.xml, pac.certificates)


def test_the_stamp_of_another_document(pac, documents):
    sealed, other = documents.sealed(), documents.sealed(folio="2")
    answer, _timbre = trust.believe(pac, sealed, stamp(pac, other))
    assert answer.reason == "respuesta_de_otro_cfdi"


def test_a_first_stamp_that_comes_late(pac, documents, engine):
    sealed = documents.sealed()
    engine.delay_repeat(30)
    first = stamp(pac, sealed)
    doubt = stamp(pac, sealed)
    assert (type(doubt), doubt.reason, doubt.sent) == (Unknown, "late_stamp", True)
    assert isinstance(pac.recover(sealed, key=key_of(sealed)), NotFound)
    engine.clock.advance(timedelta(seconds=31))
    assert pac.recover(sealed, key=key_of(sealed)) == Accepted(first.xml, repeated=True)
    assert engine.count() == 1


def test_the_embedded_pac_tests_credentials(engine):
    engine.set_credentials("yo", "mía")
    assert Loopback(engine.store.path, user="yo", password="mía").check() == CredentialsOk()
    refused = Loopback(engine.store.path, user="yo", password="otra").check()
    assert (refused.code, refused.examined) == ("300", False)
