"""Install a certificate: show what the files are, refuse precisely, keep nothing in clear."""

import base64
import binascii
import json
from dataclasses import dataclass

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..cfdi.csd import Certificado, Csd
from ..cfdi.errors import CsdError
from ..models import secret_box
from ..models.certificate import PUBLICATION, naive_utc

# A .cer or .key file of the SAT has 1 to 3 KB; anything much larger was taken from elsewhere.
MAX_FILE = 64 * 1024


@dataclass(frozen=True, slots=True)
class Examination:
    """What the files turned out to be. ``problem`` is '' when they may be installed or when some are still missing."""

    certificado: Certificado | None = None
    csd: Csd | None = None
    problem: str = ""


class CertificateWizard(models.TransientModel):
    _name = "l10n_mx_cfdi40.certificate.wizard"
    _description = "Install a digital seal certificate (CSD)"

    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company._l10n_mx_cfdi40_fiscal_root().id,
    )
    cer = fields.Binary("Certificate (.cer)", attachment=False)
    cer_filename = fields.Char()
    # Never stored and never sent back: create() and write() seal what they get and forget it.
    key = fields.Binary("Private Key (.key)", compute="_compute_never_shown", readonly=False)
    password = fields.Char("Key Password", compute="_compute_never_shown", readonly=False)
    secrets_sealed = fields.Binary(attachment=False, copy=False, groups=fields.NO_ACCESS)
    has_key = fields.Boolean(compute="_compute_preview")

    rfc = fields.Char("RFC", compute="_compute_preview")
    name = fields.Char("Legal Name", compute="_compute_preview")
    serial = fields.Char("Certificate Number", compute="_compute_preview")
    issuer = fields.Char(compute="_compute_preview")
    date_from = fields.Datetime("Valid From", compute="_compute_preview")
    date_to = fields.Datetime("Valid Until", compute="_compute_preview")
    problem = fields.Text(compute="_compute_preview")
    notice = fields.Text(compute="_compute_preview")
    ready = fields.Boolean(compute="_compute_preview")

    def _compute_never_shown(self):
        self.key = False
        self.password = False

    # -- secrets never reach the table in clear ------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        public, secrets = zip(*map(self._split, vals_list), strict=True) if vals_list else ((), ())
        wizards = super().create(list(public))
        for wizard, given in zip(wizards, secrets, strict=True):
            wizard._keep(given)
        return wizards

    def write(self, vals):
        public, given = self._split(vals)
        done = super().write(public)
        for wizard in self:
            wizard._keep(given)
        return done

    def copy_data(self, default=None):
        raise UserError(self.env._("Choose the files again."))

    @staticmethod
    def _split(vals):
        """Values that may be stored, and the secrets among them."""
        secrets = {name: vals[name] for name in ("key", "password") if name in vals}
        return {name: value for name, value in vals.items() if name not in secrets}, secrets

    def _keep(self, given):
        """Seal the secrets until the button is pressed; an empty one does not erase what was given before."""
        secrets = self._kept() | {name: _text(value) for name, value in given.items() if value}
        if given and secrets:
            sealed = secret_box.seal(json.dumps(secrets).encode(), self.env, purpose=self._purpose())
            self.sudo().secrets_sealed = base64.b64encode(sealed)

    def _kept(self):
        """The secrets given so far: key (base64) and password, as far as they are known."""
        record = self._origin.sudo().with_context(bin_size=False, bin_size_secrets_sealed=False)
        if not record.secrets_sealed:
            return {}
        sealed = base64.b64decode(record.secrets_sealed)
        return json.loads(secret_box.unseal(sealed, self.env, purpose=self._purpose()))

    def _purpose(self):
        return secret_box.purpose(self._name, "secrets_sealed", self._origin.id)

    # -- what the files are --------------------------------------------------------------------------------------------

    @api.depends("cer", "key", "password", "company_id", "secrets_sealed")
    def _compute_preview(self):
        for wizard in self:
            key, password = wizard._secrets()
            found = wizard._examine(key, password)
            certificado = found.certificado
            wizard.has_key = bool(key)
            wizard.problem = found.problem
            wizard.ready = bool(found.csd and not found.problem)
            wizard.notice = wizard._notice(certificado) if wizard.ready else False
            wizard.rfc = certificado and certificado.rfc
            wizard.name = certificado and certificado.nombre
            wizard.serial = certificado and certificado.numero
            wizard.issuer = certificado and certificado.emisor_texto
            wizard.date_from = certificado and naive_utc(certificado.desde)
            wizard.date_to = certificado and naive_utc(certificado.hasta)

    def _secrets(self):
        """Key file (bytes) and password (str) as typed now or sealed before; empty when not given."""
        kept = self._kept()
        return _decode(self.key or kept.get("key")), self.password or kept.get("password") or ""

    def _examine(self, key, password):
        """Look at the files in the order in which they can be mended: certificate, company, key, password."""
        cer = _decode(self.with_context(bin_size=False, bin_size_cer=False).cer)
        if not cer:
            return Examination()
        if max(len(cer), len(key)) > MAX_FILE:
            return Examination(problem=self.env._(
                "These files are too large to be a certificate and its key: choose the .cer and .key files that the "
                "SAT gave you.",
            ))
        certificado = csd = None
        try:
            certificado = Certificado.leer(cer)
            certificado.revisar_csd()
            problem = self._company_problem(certificado)
            certificado.revisar_vigencia(fields.Datetime.now())
            problem = problem or self._duplicate_problem(certificado)
            if not problem and key and password:
                csd = Csd.abrir(cer, key, password)
        except CsdError as error:
            return Examination(certificado, problem=str(error))
        return Examination(certificado, csd, problem)

    def _company_problem(self, certificado):
        """'' if the certificate is the company's; CsdError ``rfc_distinto`` if it is somebody else's."""
        company = self.company_id._l10n_mx_cfdi40_fiscal_root()
        rfc = company._l10n_mx_cfdi40_rfc()
        if rfc:
            certificado.revisar_rfc(rfc)
            return ""
        return self.env._(
            "%(company)s has no RFC yet. The certificate belongs to %(rfc)s (%(name)s): if that is this company, enter "
            "%(rfc)s as its Tax ID and come back.",
            company=company.display_name, rfc=certificado.rfc, name=certificado.nombre,
        )

    def _installed(self, serial):
        """The same certificate if this company has it already, archived or not."""
        root = self.company_id._l10n_mx_cfdi40_fiscal_root()
        return self.env["l10n_mx_cfdi40.certificate"].sudo().with_context(active_test=False).search([
            ("company_id", "=", root.id), ("serial", "=", serial),
        ])

    def _duplicate_problem(self, certificado):
        installed = self._installed(certificado.numero)
        if installed.active and installed._has_key():
            return self.env._(
                "Certificate %s is installed already and its key is in place: there is nothing to do.",
                installed.serial,
            )
        return ""

    def _notice(self, certificado):
        """What happens after installing, so that nobody wonders which certificate signs."""
        if self._installed(certificado.numero):
            return self.env._("This certificate is known already: its private key will be stored again.")
        first = self._try_from(certificado)
        if first <= fields.Datetime.now():
            return self.env._("It signs the next invoice.")
        return self.env._(
            "The SAT takes 24 to 72 hours to tell the PACs about a renewed certificate. Until %(moment)s the present "
            'one goes on signing; "Use Now" on the certificate tries it before.',
            moment=fields.Datetime.context_timestamp(self, first).strftime("%d/%m/%Y %H:%M"),
        )

    def _try_from(self, certificado):
        """From when (naive UTC) the certificate signs: at once if no other can."""
        now = fields.Datetime.now()
        present = self.company_id._l10n_mx_cfdi40_select_certificate(now)
        if not present.accepted_at or present.serial == certificado.numero:
            return now
        return max(now, naive_utc(certificado.desde) + PUBLICATION)

    # -- installing ----------------------------------------------------------------------------------------------------

    def action_install(self):
        """Install the certificate if nothing speaks against it."""
        self.ensure_one()
        self.check_access("write")
        if not self.env.user.has_group("l10n_mx_cfdi40.group_manager"):
            raise UserError(self.env._("Only a CFDI administrator may install certificates."))
        key, password = self._secrets()
        found = self._examine(key, password)
        missing = self._missing(key, password)
        if found.problem or missing:
            raise UserError(found.problem or missing)
        certificate = self._install(found)
        self.sudo().secrets_sealed = False
        return self._done(certificate)

    def _missing(self, key, password):
        if not self.cer:
            return self.env._("Choose the certificate (.cer file).")
        if not key:
            return self.env._("Choose the private key (.key file).")
        return "" if password else self.env._("Type the password of the private key.")

    def _install(self, found):
        """Store the certificate with its key sealed; refresh the key of one that is known already."""
        certificado, root = found.certificado, self.company_id._l10n_mx_cfdi40_fiscal_root()
        certificates = self.env["l10n_mx_cfdi40.certificate"].sudo()
        values = {
            "key_sealed": certificates._seal_key(found.csd),
            "cer": base64.b64encode(certificado.der),
            "active": True,
        }
        installed = self._installed(certificado.numero)
        if installed:
            installed.write(values)
        else:
            installed = certificates.create(values | {
                "company_id": root.id,
                "rfc": certificado.rfc,
                "name": certificado.nombre,
                "serial": certificado.numero,
                "issuer": certificado.emisor_texto,
                "date_from": naive_utc(certificado.desde),
                "date_to": naive_utc(certificado.hasta),
                "try_from": self._try_from(certificado),
            })
        installed.message_post(
            body=self.env._("Certificate and private key installed."), author_id=self.env.user.partner_id.id,
        )
        installed._close_warnings()
        return installed.sudo(False)

    def _done(self, certificate):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "title": self.env._("Certificate installed"),
                "message": self.env._("%(serial)s of %(name)s", serial=certificate.serial, name=certificate.name),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }


def _text(value):
    """A binary field's value may arrive as base64 text or bytes."""
    return value.decode("ascii") if isinstance(value, bytes) else value


def _decode(value):
    """Bytes of a base64 value; what is not base64 yields what no reader takes for a key."""
    try:
        return base64.b64decode(value or b"")
    except (binascii.Error, ValueError):
        return b"\0"
