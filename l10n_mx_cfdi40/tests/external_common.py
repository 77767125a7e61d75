"""Invoices, and CFDI of them that another system made."""
import base64
from dataclasses import replace
from datetime import datetime

from odoo.exceptions import UserError

from ..cfdi import timbre, values
from ..cfdi.csd import Csd
from ..cfdi.seal import sellar
from ..pac.base import Accepted
from .common import PASSWORD
from .stamp_common import StampCommon

WIZARD = "l10n_mx_cfdi40.external.wizard"
UUID = "AD662D33-6934-459C-A128-BDF0393F0F44"


class ExternalCommon(StampCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # The certificate of the other system is one of the company's too, and need not be known here.
        cls.csd = Csd.abrir(*cls.csd_files, PASSWORD)

    def values_of(self, move, **changes):
        """What a CFDI of this invoice says: to be paid in instalments, of a series of the other system."""
        made = move._l10n_mx_cfdi40_values()[move]
        return replace(made, **{
            "serie": "VIEJA", "folio": "1234", "metodo_pago": "PPD", "forma_pago": "99", **changes})

    def stamped(self, move, **changes):
        """Its XML, stamped by the embedded PAC behind the back of this ledger."""
        answer = self.pac.stamp(sellar(self.values_of(move, **changes), self.csd).xml)
        self.assertIsInstance(answer, Accepted, answer)
        return answer.xml

    def forged(self, comprobante, csd=None, seal=None, **stamp):
        """An XML with the stamp that is asked for, whatever a PAC would say of it."""
        sealed = sellar(comprobante, csd or self.csd)
        identity = self.authority.stamping
        node = values.TimbreFiscalDigital(**{
            "uuid": UUID.lower(), "fecha_timbrado": datetime(2026, 3, 1, 10, 30), "rfc_prov_certif": "SPR190613I52",
            "sello_cfd": seal or sealed.comprobante.sello, "no_certificado_sat": identity.number, "sello_sat": "",
            **stamp})
        return timbre.agregar(sealed.xml, timbre.sellar_timbre(node, identity))

    def wizard(self, move, xml=None, user=None, **vals):
        return self.env(user=user or self.biller)[WIZARD].create({
            "move_id": move.id, "xml": xml and base64.b64encode(xml), **vals})

    def take_in(self, move, xml, **vals):
        self.assertEqual(self.wizard(move, xml, **vals).action_take_in()["type"], "ir.actions.act_window_close")
        return self.document(move)

    def assertRefused(self, move, xml, pattern, **vals):
        """The wizard says why, its button is not offered, and pressing it all the same changes nothing."""
        wizard = self.wizard(move, xml, **vals)
        self.assertRegex(wizard.problem, pattern)
        self.assertFalse(wizard.ready)
        before = len(move.message_ids)
        with self.assertRaisesRegex(UserError, pattern):
            wizard.action_take_in()
        self.assertFalse(move.l10n_mx_cfdi40_document_ids)
        self.assertFalse(move.l10n_mx_cfdi40_opening_balance)
        self.assertEqual(move.l10n_mx_cfdi40_metodo_pago, "PUE")
        self.assertEqual(len(move.message_ids), before)
        return wizard
