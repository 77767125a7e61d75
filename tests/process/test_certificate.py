"""Two workers record the PAC's acceptance of the same certificate: neither waits, neither loses what it records."""

import base64

import pytest

from tools import odoo_env

MODEL = "l10n_mx_cfdi40.certificate"


@pytest.fixture
def certificate(database, tmp_path):
    """Id of a certificate installed in the database, not yet accepted."""
    with odoo_env.environment(database) as env:
        from odoo.addons.l10n_mx_cfdi40.pac.authority import Authority
        from odoo.addons.l10n_mx_cfdi40.pac.store import Store

        env.company.partner_id.with_context(no_vat_validation=True).vat = "EKU9003173C9"
        cer, key = Authority(Store(tmp_path / "store.sqlite3")).csd("EKU9003173C9", "ESCUELA KEMPER URGATE")
        wizard = env["l10n_mx_cfdi40.certificate.wizard"].create({
            "cer": base64.b64encode(cer), "key": base64.b64encode(key), "password": "12345678a",
        })
        wizard.action_install()
        number = env[MODEL].search([("serial", "=", wizard.serial)]).id
    yield number
    odoo_env.close(database)


def test_the_other_worker_has_just_recorded_it(database, certificate):
    with odoo_env.environment(database) as slow:
        mine = slow[MODEL].browse(certificate)
        assert not mine.accepted_at  # the snapshot of this transaction is from before
        with odoo_env.environment(database) as quick:
            quick[MODEL].browse(certificate)._mark_accepted()
        mine._mark_accepted()
        slow["res.partner"].create({"name": "what was being recorded"})
    with odoo_env.environment(database) as after:
        assert after["res.partner"].search_count([("name", "=", "what was being recorded")]) == 1
        assert after[MODEL].browse(certificate).accepted_at


def test_the_other_worker_is_recording_it(database, certificate):
    with odoo_env.environment(database) as first:
        first[MODEL].browse(certificate)._mark_accepted()
        first.flush_all()
        with odoo_env.environment(database) as second:
            second.cr.execute("SET LOCAL lock_timeout = '2s'")
            second[MODEL].browse(certificate)._mark_accepted()
            second["res.partner"].create({"name": "the second's"})
    with odoo_env.environment(database) as after:
        assert after["res.partner"].search_count([("name", "=", "the second's")]) == 1
        assert after[MODEL].browse(certificate).accepted_at


def test_a_document_that_uses_it_does_not_stand_in_the_way(database, certificate):
    """A row that refers to the certificate locks its key only: marking goes on."""
    with odoo_env.environment(database) as holder:
        holder.cr.execute("SELECT 1 FROM l10n_mx_cfdi40_certificate WHERE id = %s FOR KEY SHARE", [certificate])
        with odoo_env.environment(database) as marker:
            marker[MODEL].browse(certificate)._mark_accepted()
    with odoo_env.environment(database) as after:
        assert after[MODEL].browse(certificate).accepted_at
