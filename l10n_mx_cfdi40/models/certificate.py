"""Certificates that sign invoices (certificado de sello digital, CSD).

The row keeps the public certificate and, sealed with the server's master key, its private key. The password of the
.key file is not kept at all: the wizard opens the key once and encrypts it again with a random password, sealed beside
it, so that there is nothing to steal that opens the accountant's file (or whatever else has the same password).

**Which one signs.** The SAT gives a renewed certificate to the PACs 24 to 72 hours after issuing it; until then they
refuse it (304), while the previous one stays valid. So each certificate has a moment from which it is tried:

- the only usable one, at once;
- a renewed one, 72 hours after the SAT issued it, or at once if somebody presses "Use Now", or when the others expire.

The newest one that a PAC has accepted or whose moment has come signs. A refusal because of the certificate moves its
next try 24 hours ahead and the previous one goes on signing; if no other is usable it keeps signing, so that invoicing
never stops because of this rule.
"""

import base64
import secrets
from datetime import UTC, timedelta

import psycopg2.errors
from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools.lru import LRU

from ..cfdi.csd import Csd
from . import secret_box

# Opening a key costs tens of milliseconds: each worker keeps the opened ones, (database, id) -> (write date, Csd).
_OPENED = LRU(32)

# Characters of the random password of a stored key: 256 bits in hexadecimal.
PASSWORD_SIZE = 64

PUBLICATION = timedelta(hours=72)
RETRY = timedelta(hours=24)
WARNING_DAYS = (60, 30, 7)
ACTIVITY = "l10n_mx_cfdi40.mail_activity_certificate"


def naive_utc(moment):
    """A datetime as Odoo keeps it: in UTC, without zone."""
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


class Certificate(models.Model):
    _name = "l10n_mx_cfdi40.certificate"
    _description = "Digital seal certificate (CSD)"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "date_from desc, id desc"
    _rec_name = "serial"

    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True, ondelete="restrict")
    rfc = fields.Char("RFC", required=True, readonly=True)
    name = fields.Char("Legal Name", readonly=True, help="The holder's name as the SAT wrote it in the certificate.")
    serial = fields.Char("Certificate Number", required=True, readonly=True, help="The 20 digits of NoCertificado.")
    issuer = fields.Char(readonly=True, help="The authority that issued the certificate.")
    date_from = fields.Datetime("Valid From", required=True, readonly=True)
    date_to = fields.Datetime("Valid Until", required=True, readonly=True)
    active = fields.Boolean(
        default=True, help="Archive a certificate that you revoked at the SAT: it will not sign any more.",
    )
    cer = fields.Binary("Certificate (.cer)", attachment=False, readonly=True)
    key_sealed = fields.Binary(attachment=False, readonly=True, copy=False, groups=fields.NO_ACCESS)
    accepted_at = fields.Datetime(
        "Accepted by a PAC", readonly=True, copy=False, help="When a PAC first stamped an invoice signed with it.",
    )
    refused_at = fields.Datetime("Refused by a PAC", readonly=True, copy=False)
    refused_code = fields.Char("Refusal Code", readonly=True, copy=False)
    try_from = fields.Datetime(
        "First Try", readonly=True, copy=False, help="From when it signs although no PAC has accepted it yet.",
    )
    warned_days = fields.Integer(readonly=True, copy=False, help="Days before expiry of the last warning given.")
    state = fields.Selection(
        [
            ("pending", "Not Yet Accepted"),
            ("active", "In Force"),
            ("refused", "Refused by the PAC"),
            ("future", "Not Yet Valid"),
            ("no_key", "Install Again"),
            ("expired", "Expired"),
            ("archived", "Archived"),
        ],
        compute="_compute_state",
    )
    is_signing = fields.Boolean("Signs Now", compute="_compute_state")

    _serial_uniq = models.Constraint("UNIQUE(company_id, serial)", "This certificate is already installed.")

    @api.depends("active", "date_from", "date_to", "key_sealed", "accepted_at", "refused_at", "try_from", "company_id")
    def _compute_state(self):
        now = fields.Datetime.now()
        signing = self.browse()
        for company in self.sudo().company_id:
            signing |= company._l10n_mx_cfdi40_select_certificate(now)
        for certificate in self:
            certificate.state = certificate._state(now)
            certificate.is_signing = certificate._origin in signing and certificate.state != "no_key"

    def _state(self, now):
        if not self.active:
            return "archived"
        if self.date_to and self.date_to < now:
            return "expired"
        if self.date_from and self.date_from > now:
            return "future"
        if not self._has_key():
            return "no_key"
        if self.refused_at:
            return "refused"
        return "active" if self.accepted_at else "pending"

    @api.depends("serial", "rfc")
    def _compute_display_name(self):
        for certificate in self:
            certificate.display_name = f"{certificate.serial} ({certificate.rfc})"

    # -- writing: only what a person may decide ------------------------------------------------------------------------

    def write(self, vals):
        if not self.env.su and vals.keys() - {"active"}:
            raise AccessError(self.env._(
                'A certificate is changed only by installing its files: use the button "Install".',
            ))
        if "key_sealed" in vals:
            self._forget_opened()
        return super().write(vals)

    def unlink(self):
        self._forget_opened()
        return super().unlink()

    def copy_data(self, default=None):
        raise UserError(self.env._("A certificate cannot be duplicated: install its files."))

    def action_use_now(self):
        """Let a renewed certificate sign from now on, without waiting for the SAT's usual delay."""
        self.check_access("write")
        self.sudo().write({"try_from": fields.Datetime.now(), "refused_at": False, "refused_code": False})

    def action_install(self):
        """Open the wizard that installs a certificate, also this one again."""
        return self.env["ir.actions.act_window"]._for_xml_id("l10n_mx_cfdi40.action_certificate_wizard")

    # -- signing -------------------------------------------------------------------------------------------------------

    def _csd(self):
        """The opened certificate, ready to sign: the only door to the private key.

        :return: :class:`..cfdi.csd.Csd`, kept in this worker's memory
        :raise UserError: the key is not here, or this server lacks the master key that opens it
        """
        self.ensure_one()
        self.check_access("read")
        record = self.sudo()
        place = (self.env.cr.dbname, record.id)
        cached = _OPENED.get(place)
        if cached and cached[0] == record.write_date:
            return cached[1]
        opened = record._open()
        _OPENED[place] = (record.write_date, opened)
        return opened

    def _open(self):
        # Both with one query; Odoo reads each binary field by itself.
        self.with_context(bin_size=False).fetch(["cer", "key_sealed"])
        sealed = self._content("key_sealed")
        if not sealed:
            raise UserError(self.env._(
                "The private key of certificate %s is not in this database: install its .cer and .key files again.",
                self.serial,
            ))
        opened = secret_box.unseal(sealed, self.env, purpose=self._purpose(self.serial))
        password, key = opened[:PASSWORD_SIZE], opened[PASSWORD_SIZE:]
        return Csd.abrir(self._content("cer"), key, password.decode("ascii"))

    @api.model
    def _seal_key(self, csd):
        """What ``key_sealed`` keeps of an opened certificate (base64)."""
        password = secrets.token_hex(PASSWORD_SIZE // 2)
        plain = password.encode("ascii") + csd.cifrar_llave(password)
        return base64.b64encode(secret_box.seal(plain, self.env, purpose=self._purpose(csd.certificado.numero)))

    def _has_key(self):
        """Whether the private key is here and this server can open it. Opens nothing."""
        return secret_box.is_readable(self.sudo()._content("key_sealed"), self.env)

    def _content(self, name):
        """Bytes of a binary field, whatever the context says about sizes."""
        value = self.with_context(**{"bin_size": False, f"bin_size_{name}": False})[name]
        return base64.b64decode(value) if value else b""

    @api.model
    def _purpose(self, serial):
        return secret_box.purpose(self._name, "key_sealed", serial)

    def _forget_opened(self):
        for certificate in self:
            _OPENED.pop((self.env.cr.dbname, certificate.id), None)

    # -- which one signs -----------------------------------------------------------------------------------------------

    def _pick(self):
        """Of a company's certificates in force (newest first), the one that signs now; see the top of this file."""
        now = fields.Datetime.now()
        trusted = self.filtered(lambda one: one.accepted_at or (one.try_from and one.try_from <= now))
        # All refused or waiting: one never refused, else the one refused longest ago, which may be published by now.
        return trusted[:1] or self.sorted(lambda one: (bool(one.refused_at), one.refused_at or now))[:1]

    def _mark_accepted(self):
        """A PAC stamped something signed with these certificates. Writes once; never waits for another worker."""
        news = self.sudo().filtered(lambda one: not one.accepted_at or one.refused_at)
        news._lock_for_mark().write({
            "accepted_at": fields.Datetime.now(), "refused_at": False, "refused_code": False,
        })

    def _mark_refused(self, code):
        """A PAC refused these certificates themselves: not published yet, revoked, unknown (304, 308, 402 ...).

        :param str code: the PAC's or the SAT's code
        :return: the certificate with which the company signs from now on; the same one if there is no other
        """
        self.ensure_one()
        now = fields.Datetime.now()
        self.sudo()._lock_for_mark().write({
            "accepted_at": False, "refused_at": now, "refused_code": code, "try_from": now + RETRY,
        })
        return self.company_id._l10n_mx_cfdi40_select_certificate(now)

    def _lock_for_mark(self):
        """Those of self that this transaction may write without waiting or failing.

        Marks are written while the answer of a PAC is being recorded, which must not be lost because another worker
        recorded the same about the same certificate: that one's mark is as good as ours.
        """
        if not self:
            return self
        self.flush_recordset()
        try:
            with self.env.cr.savepoint(flush=False):
                self.env.cr.execute(
                    "SELECT id FROM l10n_mx_cfdi40_certificate WHERE id IN %s FOR NO KEY UPDATE SKIP LOCKED",
                    [tuple(self.ids)], log_exceptions=False,
                )
                return self.browse(row[0] for row in self.env.cr.fetchall())
        except psycopg2.errors.SerializationFailure:
            return self.browse()

    # -- expiry --------------------------------------------------------------------------------------------------------

    @api.model
    def _cron_warn_expiry(self):
        """Warn the administrators of each company 60, 30 and 7 days before its last certificate expires."""
        now = fields.Datetime.now()
        in_force = self.search([("date_to", ">", now)])
        for company in in_force.company_id:
            last = in_force.filtered(lambda one, company=company: one.company_id == company).sorted("date_to")[-1:]
            left = last.date_to - now
            due = min((limit for limit in WARNING_DAYS if left <= timedelta(days=limit)), default=0)
            if due and (not last.warned_days or due < last.warned_days):
                last._warn(due, left.days)

    def _warn(self, due, days):
        """One activity for each administrator, in place of the earlier warning's."""
        self.activity_unlink([ACTIVITY])
        summary = self.env._("Certificate %(serial)s expires in %(days)s days", serial=self.serial, days=days)
        note = self.env._(
            "Ask the SAT for a new certificate (CSD) of %(rfc)s with CertiSAT and install it here before %(date)s: "
            "without one no invoice can be stamped.",
            rfc=self.rfc, date=fields.Date.to_string(self.date_to),
        )
        for user in self._responsibles():
            self.activity_schedule(ACTIVITY, summary=summary, note=note, user_id=user.id)
        self.warned_days = due

    def _responsibles(self):
        group = self.env.ref("l10n_mx_cfdi40.group_manager")
        return group.all_user_ids.filtered(lambda user: self.company_id in user.company_ids and not user.share)

    def _close_warnings(self):
        """A newer certificate is installed: the warnings about the earlier ones are done."""
        earlier = self.search([("company_id", "=", self.company_id.id), ("date_to", "<", self.date_to)])
        if earlier:
            earlier.activity_feedback(
                [ACTIVITY], feedback=self.env._("Certificate %s was installed.", self.serial),
            )
