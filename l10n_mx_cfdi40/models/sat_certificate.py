"""Certificates with which the PACs seal timbres, as the SAT publishes them.

A timbre names its certificate by number only. The first one seen of each number is noted where the stamp is recorded;
a cron asks the SAT's repository for the file. From then on every timbre that names it has to verify with it, or it is
not believed.
"""
import base64
import re
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL, ormcache

from ..cfdi.csd import Certificado
from ..cfdi.errors import SatError
from ..sat import certificados

#: When one that the SAT did not give is asked for again.
AGAIN = timedelta(days=1)
_NUMBER = re.compile(r"[0-9]{20}")


class SatCertificate(models.Model):
    _name = "l10n_mx_cfdi40.sat.certificate"
    _description = "Certificate that seals timbres"
    _inherit = "l10n_mx_cfdi40.queue"
    _rec_name = "number"
    _order = "number"

    number = fields.Char(required=True, readonly=True)
    content = fields.Binary("File (.cer)", attachment=False, readonly=True)
    retry_at = fields.Datetime("Asked for again on", readonly=True)
    trouble = fields.Char("Why it is missing", readonly=True)

    _number_unique = models.UniqueIndex("(number)", "This certificate is known already.")

    @api.model
    def _note(self, number):
        """A timbre named this certificate. Does nothing for one that is there."""
        if not _NUMBER.fullmatch(number or "") or number in self._numbers():
            return
        self.env.cr.execute(SQL(
            "INSERT INTO l10n_mx_cfdi40_sat_certificate (number, retry_at, create_uid, create_date)"
            " VALUES (%s, %s, %s, now() at time zone 'UTC') ON CONFLICT DO NOTHING",
            number, self._now(), self.env.uid))
        self.invalidate_model()

    @ormcache()
    def _numbers(self):
        """Those whose file is there."""
        return frozenset(self.sudo().search([("content", "!=", False)]).mapped("number"))

    @api.model
    def _known(self):
        """{number: Certificado} of those whose file is there, for the clients of the PACs."""
        rows = self.sudo().with_context(bin_size=False).search([("content", "!=", False)])
        return {row.number: Certificado.leer(base64.b64decode(row.content)) for row in rows}

    @api.model
    def _cron_fetch(self):
        """Ask the SAT for the files of those that were seen."""
        self._take_turns([("content", "=", False), ("retry_at", "<=", self._now())], lambda row: row._fetch())

    def _fetch(self):
        """Ask for this one. The next turn is written first. Commits."""
        self.retry_at = self._now() + AGAIN
        self._commit()
        try:
            found = certificados.descargar(self.number, repository=certificados.REPOSITORY)
        except SatError as error:
            self.trouble = str(error)[:500]
            return
        self.write({"content": base64.b64encode(found.der), "trouble": False, "retry_at": False})
        self.env.registry.clear_cache()

    def _in_its_language(self):
        return self

    def _note_failure(self, error):
        # EXTENDS 'l10n_mx_cfdi40.queue'
        self.trouble = str(error)[:500]


class Document(models.Model):
    _inherit = "l10n_mx_cfdi40.document"

    def _record_accepted(self, call, answer, timbre):
        # EXTENDS 'l10n_mx_cfdi40': those of tests are not published
        result = super()._record_accepted(call, answer, timbre)
        if self.environment == "production":
            self.env["l10n_mx_cfdi40.sat.certificate"]._note(timbre.no_certificado_sat)
        return result


class PacAccount(models.Model):
    _inherit = "l10n_mx_cfdi40.pac.account"

    def _client(self, observer=None):
        # EXTENDS 'l10n_mx_cfdi40': with the certificates by which its stamps are verified
        client = super()._client(observer)
        client.trust(self.env["l10n_mx_cfdi40.sat.certificate"]._known())
        return client
