from odoo import api, fields, models

from . import secret_box


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    l10n_mx_cfdi40_environment = fields.Selection(related="company_id.l10n_mx_cfdi40_environment", readonly=False)
    l10n_mx_cfdi40_pac = fields.Selection(related="company_id.l10n_mx_cfdi40_pac")
    l10n_mx_cfdi40_log_days = fields.Integer(related="company_id.l10n_mx_cfdi40_log_days", readonly=False)
    l10n_mx_cfdi40_stamp_on_post = fields.Boolean(related="company_id.l10n_mx_cfdi40_stamp_on_post", readonly=False)
    l10n_mx_cfdi40_fiscal_root_id = fields.Many2one("res.company", compute="_compute_l10n_mx_cfdi40")
    l10n_mx_cfdi40_certificate_id = fields.Many2one(
        "l10n_mx_cfdi40.certificate", string="Certificate That Signs", compute="_compute_l10n_mx_cfdi40",
    )
    l10n_mx_cfdi40_certificate_date_to = fields.Datetime(related="l10n_mx_cfdi40_certificate_id.date_to")
    l10n_mx_cfdi40_rfc = fields.Char(compute="_compute_l10n_mx_cfdi40")
    l10n_mx_cfdi40_key_file = fields.Char(compute="_compute_l10n_mx_cfdi40_key_file")

    @api.depends("company_id")
    def _compute_l10n_mx_cfdi40(self):
        for settings in self:
            root = settings.company_id._l10n_mx_cfdi40_fiscal_root()
            settings.l10n_mx_cfdi40_fiscal_root_id = root.sudo(False)
            settings.l10n_mx_cfdi40_rfc = root._l10n_mx_cfdi40_rfc()
            settings.l10n_mx_cfdi40_certificate_id = settings.company_id._l10n_mx_cfdi40_select_certificate(
                fields.Datetime.now(),
            )

    def _compute_l10n_mx_cfdi40_key_file(self):
        """Path of the master key when it is only a file of this server, which a database backup does not have."""
        self.l10n_mx_cfdi40_key_file = secret_box.source() == "file" and str(secret_box.key_file())

    def action_l10n_mx_cfdi40_install_certificate(self):
        return self.env["ir.actions.act_window"]._for_xml_id("l10n_mx_cfdi40.action_certificate_wizard")
