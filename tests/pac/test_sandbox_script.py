"""`./dev sandbox` lets go wrong what its options say."""

from datetime import timedelta

import pytest

from l10n_mx_cfdi40.pac.base import Accepted, Refused, Unknown
from l10n_mx_cfdi40.pac.codes import SIN_FOLIOS
from l10n_mx_cfdi40.pac.faults import FaultKind
from tools import sandbox
from tools.ui import Failure


@pytest.fixture
def script(engine):
    """Sets what the options say in the store of the engine."""
    return lambda *options: sandbox.main(["--store", str(engine.store.path), "--set-only", *options])


def test_faults_and_the_end_of_them(engine, documents, script):
    script("--fault", "refuse::1:CFDI40145", "--fault", "lost", "--fault", "timeout:stamp:9")
    sealed = documents.sealed()
    first, lost = engine.stamp(sealed), engine.stamp(sealed)
    assert (type(first), first.code) == (Refused, "CFDI40145")
    assert (type(lost), engine.count()) == (Unknown, 1)
    script("--no-faults")
    assert isinstance(engine.stamp(sealed), Accepted)


def test_credits_and_clock(engine, documents, script):
    script("--credits", "0")
    assert engine.stamp(documents.sealed()).code == SIN_FOLIOS
    script("--credits", "-1")
    assert isinstance(engine.stamp(documents.sealed()), Accepted)
    script("--skew", "3600")
    before = engine.clock.now()
    script("--skew", "0")
    assert timedelta(minutes=59) < before - engine.clock.now() < timedelta(minutes=61)


def test_a_late_repeat(engine, documents, script):
    script("--late", "3600")
    sealed = documents.sealed()
    engine.stamp(sealed)
    assert isinstance(engine.stamp(sealed), Unknown)


@pytest.mark.parametrize(
    "text", ["nada", "lost:nothing", "hang_up:stamp", "refuse", "lost:stamp:muchos", "slow::1:mucho"])
def test_what_there_is_not(script, text):
    with pytest.raises(Failure, match=text.partition(":")[0]):
        script("--fault", text)


def test_all_kinds_are_named(capsys):
    with pytest.raises(SystemExit):
        sandbox.main(["--help"])
    told = "".join(capsys.readouterr().out.split())
    assert all(kind in told for kind in FaultKind)
