"""Certificates that sign invoices (certificado de sello digital, CSD)."""

from odoo import fields, models


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
    issuer = fields.Char(readonly=True)
    date_from = fields.Datetime("Valid From", required=True, readonly=True)
    date_to = fields.Datetime("Valid Until", required=True, readonly=True)
    active = fields.Boolean(default=True)
    cer = fields.Binary("Certificate (.cer)", attachment=False, readonly=True)
    key_sealed = fields.Binary(attachment=False, readonly=True, copy=False, groups=fields.NO_ACCESS)
    accepted_at = fields.Datetime("Accepted by a PAC", readonly=True, copy=False)
    refused_at = fields.Datetime("Refused by a PAC", readonly=True, copy=False)
    refused_code = fields.Char(readonly=True, copy=False)
    try_from = fields.Datetime("First Try", readonly=True, copy=False)
    warned_days = fields.Integer(readonly=True, copy=False)

    _serial_uniq = models.Constraint("UNIQUE(company_id, serial)", "This certificate is already installed.")
