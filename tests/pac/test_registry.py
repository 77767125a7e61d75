"""The list of PACs, and what their outcomes promise."""

import pytest

from l10n_mx_cfdi40.pac import base, registry


def test_every_provider_is_complete():
    assert "loopback" in registry.PROVIDERS
    for code, provider in registry.PROVIDERS.items():
        assert provider.code == code
        assert provider.label
        assert base.CAN_STAMP in provider.capabilities
        # What became of a document can be asked, or found by sending the same bytes again.
        assert {base.CAN_RECOVER, base.CAN_REPEAT} & provider.capabilities


def test_the_test_pac_is_refused_in_production(tmp_path):
    with pytest.raises(ValueError, match="no se puede usar en producción"):
        registry.client("loopback", {"store": tmp_path / "s.sqlite3"}, production=True)


def test_a_missing_setting_is_named():
    with pytest.raises(ValueError, match="store"):
        registry.client("loopback", {})


def test_an_unknown_provider():
    with pytest.raises(LookupError):
        registry.client("nadie", {})


def test_the_key_is_that_of_the_bytes():
    key = base.key_of(b"abc")
    assert key == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    base.check_key(b"abc", key)
    with pytest.raises(ValueError, match="sha256"):
        base.check_key(b"abd", key)
