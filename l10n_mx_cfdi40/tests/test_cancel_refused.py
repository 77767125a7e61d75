"""What cannot be cancelled so is said in the window, and refused by its methods too, before anything is sent."""
import base64
import re
from datetime import datetime

from odoo.exceptions import UserError
from odoo.tests import tagged

from ..cfdi import values
from ..cfdi.cancelacion import Folio, SolicitudCancelacion, firmar_cancelacion
from .cancel_wizard_common import CancelWizardCommon
from .common import RFC

OTHER_UUID = "5FB2822E-396D-4725-8521-CDC4BDD20CCF"


@tagged("post_install_l10n", "post_install", "-at_install")
class TestCancelRefused(CancelWizardCommon):
    def assertRefused(self, wizard, pattern):
        self.assertRegex(wizard.problem, pattern)
        with self.assertRaisesRegex(UserError, pattern):
            wizard.action_confirm()
        self.assertFalse(wizard.done)
        self.assertFalse(self.requests())
        self.assertNotIn("waiting", wizard.document_id.cancellation_ids.mapped("state"))

    def by_uuid(self, move, uuid, xml=None):
        return self.cancel(move, "01", substitute_uuid=uuid, substitute_xml=xml and base64.b64encode(xml))

    # -- the CFDI ------------------------------------------------------------------------------------------------------

    def test_nothing_to_cancel(self):
        with self.assertRaises(UserError):
            self.ready().action_l10n_mx_cfdi40_cancel()

    def test_cancelled_already(self):
        """Also elsewhere: the SAT is asked when the window opens."""
        move = self.small()
        wizard = self.cancel(move, "03")
        self.order(move, "03")
        self.assertEqual(self.requests(), 1)
        with self.assertRaisesRegex(UserError, "cancelled at the SAT already"):
            wizard.action_confirm()
        self.assertEqual(self.requests(), 1)

    def test_no_certificate_in_force(self):
        move = self.small()
        self.company.sudo().l10n_mx_cfdi40_certificate_ids.active = False
        self.assertRefused(self.cancel(move, "03"), "CSD")

    def test_another_environment(self):
        move = self.small()
        self.env.cr.execute(
            "UPDATE l10n_mx_cfdi40_document SET environment = 'production' WHERE id = %s", [self.document(move).id])
        self.env.invalidate_all()
        self.assertRefused(self.cancel(move, "03"), "environment")

    def test_ordered_already(self):
        move, _complement = self.paid_with_complement()
        self.order(move, "02")
        wizard = self.cancel(move, "03")
        self.assertRegex(wizard.problem, "ordered already, with reason 02")
        with self.assertRaises(UserError):
            wizard.action_confirm()

    # -- a substitute of this ledger -----------------------------------------------------------------------------------

    def test_no_substitute(self):
        self.assertRefused(self.cancel(self.small(), "01"), "Reason 01 needs")

    def test_substitute_not_related(self):
        wizard = self.cancel(self.small(), "01", substitute_id=self.document(self.small()).id)
        self.assertRefused(wizard, "not related to this CFDI with 04")

    def test_substitute_related_in_another_way(self):
        move = self.small()
        wizard = self.cancel(move, "01", substitute_id=self.document(self.substitute_of(move, code="02")).id)
        self.assertRefused(wizard, "not related to this CFDI with 04")

    def test_substitute_not_stamped(self):
        new = self.ready()
        new._l10n_mx_cfdi40_enqueue()
        wizard = self.cancel(self.small(), "01", substitute_id=self.document(new).id)
        self.assertRefused(wizard, "stamp the substitute first")

    def test_substitute_cancelled(self):
        move = self.small()
        new = self.substitute_of(move)
        self.order(new, "03")
        self.assertEqual(self.document(new).state, "cancelled")
        wizard = self.cancel(move, "01", substitute_uuid=self.document(new).uuid)
        self.assertRegex(wizard.problem, "“Cancelled”")
        with self.assertRaisesRegex(UserError, "“Cancelled”"):
            wizard.action_confirm()
        self.assertEqual(self.requests(), 1)

    def test_itself(self):
        move = self.small()
        self.assertRefused(self.by_uuid(move, self.document(move).uuid), "cannot replace itself")

    def test_known_by_its_uuid(self):
        move = self.needing()
        new = self.document(self.substitute_of(move))
        wizard = self.cancel(move, "01", substitute_id=False, substitute_uuid=new.uuid.lower())
        self.assertFalse(wizard.problem)
        wizard.action_confirm()
        self.assertEqual(self.document(move).cancellation_id.substitute_id, new)

    # -- a substitute of another system --------------------------------------------------------------------------------

    def test_uuid_mistyped(self):
        for uuid in ("5FB2822E", OTHER_UUID[:-1], OTHER_UUID.replace("5", "G"), OTHER_UUID + "0"):
            with self.subTest(uuid):
                self.assertRefused(self.by_uuid(self.small(), uuid), "is no UUID")

    def test_xml_is_asked_for(self):
        wizard = self.by_uuid(self.small(), OTHER_UUID)
        self.assertTrue(wizard.needs_xml)
        self.assertRefused(wizard, "attach its XML")

    def test_taken(self):
        """Its XML proves it, the SAT says that it is in force, and its UUID goes in the request."""
        move = self.needing()
        xml, uuid = self.replaced_elsewhere(move)
        wizard = self.by_uuid(move, f" {uuid.lower()} ", xml)
        self.assertFalse(wizard.problem)
        wizard.action_confirm()
        row = self.document(move).cancellation_id
        self.assertEqual((row.substitute_uuid, row.motivo, row.state), (uuid, "01", "cancelled"))

    def test_xml_that_is_none(self):
        for content in (b"hola", b"<a/>", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'):
            with self.subTest(content):
                self.assertRefused(self.by_uuid(self.small(), OTHER_UUID, content), "cannot be read")

    def test_xml_that_is_damaged(self):
        """What it lacks, or says in another form, is told; it is no error of ours."""
        move = self.small()
        xml, uuid = self.replaced_elsewhere(move)
        for pattern, other in (
                (rb' Total="[^"]*"', b""), (rb' Total="[^"]*"', b' Total="NaN"'), (rb"<cfdi:Emisor[^>]*/>", b""),
                (rb"<cfdi:Receptor[^>]*/>", b""), (rb' UUID="%s"' % uuid.encode(), b"")):
            with self.subTest(pattern, other=other):
                damaged = re.sub(pattern, other, xml, count=1)
                self.assertNotEqual(damaged, xml)
                self.assertRefused(self.by_uuid(move, uuid, damaged), "cannot be read")

    def test_xml_not_stamped(self):
        move = self.small()
        self.assertRefused(
            self.by_uuid(move, OTHER_UUID, self.document(move)._sealed_bytes()), "no stamp")

    def test_xml_of_another(self):
        move = self.small()
        xml, _uuid = self.replaced_elsewhere(move)
        self.assertRefused(self.by_uuid(move, OTHER_UUID, xml), "is of another CFDI")

    def test_xml_not_related(self):
        move = self.small()
        for relations in ((), (values.CfdiRelacionados(tipo_relacion="04", uuids=(OTHER_UUID,)),),
                          (values.CfdiRelacionados(tipo_relacion="01", uuids=(self.document(move).uuid,)),)):
            with self.subTest(relations):
                xml, uuid = self.replaced_elsewhere(move, relations, folio=str(len(relations) + 7))
                self.assertRefused(self.by_uuid(move, uuid, xml), "not related to this CFDI with 04")

    def test_xml_of_another_issuer(self):
        move = self.small()
        xml, uuid = self.replaced_elsewhere(move)
        xml = xml.replace(b'Rfc="EKU9003173C9"', b'Rfc="XIA190128J61"')
        self.assertRefused(self.by_uuid(move, uuid, xml), "issued by XIA190128J61")

    def assertRefusedBySat(self, wizard, pattern):
        self.assertFalse(wizard.problem, "only the SAT knows")
        with self.assertRaisesRegex(UserError, pattern):
            wizard.action_confirm()
        self.assertFalse(wizard.document_id.cancellation_ids)
        self.assertFalse(wizard.done)

    def test_cancelled_at_the_sat(self):
        move = self.needing()
        xml, uuid = self.replaced_elsewhere(move)
        wizard = self.by_uuid(move, uuid, xml)
        self.pac.set_policy(acceptance=False)
        self.addCleanup(self.pac.set_policy, acceptance=None)
        self.pac.cancel(firmar_cancelacion(SolicitudCancelacion(
            rfc_emisor=RFC, fecha=datetime(2026, 3, 12, 12), folios=(Folio(uuid, "03"),)), self.csd), uuid=uuid)
        self.assertRefusedBySat(wizard, "says that the substitute is cancelled")

    def test_unknown_to_the_sat(self):
        move = self.needing()
        xml, uuid = self.replaced_elsewhere(move)
        wizard = self.by_uuid(move, uuid, xml)
        self.pac.delay_index(3600)
        self.addCleanup(self.pac.delay_index, 0)
        self.assertRefusedBySat(wizard, "does not find the substitute")

    def test_sat_silent(self):
        move = self.needing()
        xml, uuid = self.replaced_elsewhere(move)
        wizard = self.by_uuid(move, uuid, xml)
        self.fault("timeout", operation="estado")
        self.assertRefusedBySat(wizard, "could not be asked")
        wizard.action_confirm()
        self.assertTrue(wizard.done)

    def test_asked_again_with_the_same(self):
        """The substitute of another system was proven with the first request: it is not asked for again."""
        self.always_asked()
        move = self.needing()
        xml, uuid = self.replaced_elsewhere(move)
        self.by_uuid(move, uuid, xml).action_confirm()
        self.pac.reject(self.document(move).uuid)
        wizard = self.cancel(move)
        self.assertTrue(wizard.is_rejected)
        wizard.action_ask_again()
        self.assertEqual(self.document(move).state, "cancel_requested")
        self.assertEqual(self.document(move).cancellation_id.substitute_uuid, uuid)
