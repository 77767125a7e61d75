"""What a company needs to issue CFDI: environment, PAC and certificate."""

import re

from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    l10n_mx_cfdi40_environment = fields.Selection(
        [("test", "Test"), ("production", "Production")],
        string="CFDI Environment", default="test", required=True,
        help="Nothing that is stamped in the test environment has fiscal validity.",
    )
    l10n_mx_cfdi40_pac = fields.Selection(
        [("loopback", "Embedded test PAC")], string="PAC", default="loopback", required=True,
        help="The certification provider (PAC) that stamps the invoices of this company.",
    )
    l10n_mx_cfdi40_stamp_on_post = fields.Boolean(
        "Stamp on Posting", help="Queue an invoice for stamping as soon as it is posted.",
    )
    l10n_mx_cfdi40_certificate_ids = fields.One2many(
        "l10n_mx_cfdi40.certificate", "company_id", string="CFDI Certificates",
    )

    def _l10n_mx_cfdi40_rfc(self):
        """RFC of this very company: upper case, without spaces, hyphens or country prefix; '' if it has none."""
        self.ensure_one()
        rfc = re.sub(r"[\s./-]", "", self.vat or "").upper()
        # "MX" + 12 or 13 characters is the country's prefix; an RFC itself may begin with MX.
        return rfc[2:] if rfc.startswith("MX") and len(rfc) in (14, 15) else rfc

    def _l10n_mx_cfdi40_fiscal_root(self):
        """The company whose RFC, certificates, PAC and stamp credits this one uses.

        A branch without an RFC of its own, or with its parent's, issues in the name of the nearest parent that has one.

        :return: one company, with sudo: somebody who works in a branch only may not open the parent
        """
        self.ensure_one()
        owner, rfc = self.sudo(), ""
        for company in reversed(self.sudo().parent_ids):
            own = company._l10n_mx_cfdi40_rfc()
            if rfc and own != rfc:
                break
            owner, rfc = company, own
        return owner
