"""The list of PACs, and what their outcomes promise."""

import pytest

from l10n_mx_cfdi40.pac import base, registry


def test_every_provider_is_complete():
    assert "loopback" in registry.PROVIDERS
    for code, provider in registry.PROVIDERS.items():
        assert provider.code == code
        assert provider.label
        # A lost answer must be found one way or the other: by asking, or by sending the same bytes again.
        assert base.CAN_STAMP in provider.capabilities
        assert provider.capabilities & {base.CAN_RECOVER, base.CAN_REPEAT}
        assert len({one.name for one in provider.settings}) == len(provider.settings)
        assert all(one.label for one in provider.settings)
        assert provider.test_only or all(
            url.startswith("https://") and not url.endswith("/") for url in (provider.test_url, provider.production_url)
        )
        assert all(one.secret for one in provider.settings if one.name in ("password", "token"))


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
