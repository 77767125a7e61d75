"""CFDI stamped elsewhere: they enter the ledger with their XML, stamped already. No PAC is ever asked about them."""
import base64

from odoo import api, models

from ..cfdi.externo import es_de_prueba
from .document_protocol import stamp_instant


class Document(models.Model):
    _inherit = "l10n_mx_cfdi40.document"

    @api.model
    def _take_in(self, move, comprobante, xml, note):
        """Write down the CFDI of an invoice that was stamped elsewhere, and put its XML on the invoice.

        Nothing is judged here: `account.move._l10n_mx_cfdi40_take_in` is the door. Does not commit.

        :param comprobante: the values of `xml`, of good form and with a timbre
        :param bytes xml: the CFDI, kept to the letter
        :param str note: what the history says of it
        :return: the new row
        """
        timbre = comprobante.timbre
        # The database allows one live document: one that was dropped in this transaction makes room first.
        self.flush_model(["state"])
        document = self.sudo().create({
            **self._invoice_vals(move, comprobante),
            **self._content_vals(comprobante),
            "state": "stamped",
            "external": True,
            "environment": "test" if es_de_prueba(timbre) else "production",
            "stamped_xml": base64.b64encode(xml),
            "uuid": timbre.uuid.upper(),
            "stamped_at": stamp_instant(timbre),
        })
        document._log("import", False, message=note)
        document._file()
        return document
