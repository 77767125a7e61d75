"""The window “Cancel CFDI”, and CFDI of another system that replace ours."""
from odoo import Command

from ..cfdi import parse, values
from .cancel_common import CancelCommon
from .external_common import ExternalCommon

WIZARD = "l10n_mx_cfdi40.cancel.wizard"


class CancelWizardCommon(CancelCommon, ExternalCommon):
    def opened(self, action):
        """The window that an action shows."""
        self.assertEqual((action["res_model"], action["target"]), (WIZARD, "new"))
        return self.env[WIZARD].browse(action["res_id"])

    def cancel(self, moves, motivo=None, **vals):
        """“Cancel CFDI” of these invoices, with what a person chooses in it."""
        wizard = self.opened(moves.action_l10n_mx_cfdi40_cancel())
        if motivo:
            vals["motivo"] = motivo
        if vals:
            wizard.write(vals)
        return wizard

    def substitute_of(self, move, code="04", **vals):
        """A stamped invoice that says to replace another one; its cancellation is not ordered by itself."""
        return self.needing(l10n_mx_cfdi40_relation_ids=[Command.create({
            "tipo_relacion_id": self.key("c_TipoRelacion", code).id, "related_move_id": move.id})], **vals)

    def replaced_elsewhere(self, move, relations=None, **changes):
        """(XML, UUID) of a CFDI that another system stamped in place of that of an invoice."""
        if relations is None:
            relations = (values.CfdiRelacionados(tipo_relacion="04", uuids=(self.document(move).uuid,)),)
        xml = self.stamped(move, cfdi_relacionados=relations, **changes)
        return xml, parse.leer(xml).timbre.uuid.upper()

    def paid_with_complement(self, **vals):
        """(invoice, complement) of a PPD invoice that is paid."""
        move = self.ppd(**vals)
        self.register(move)
        self.run_complements()
        return move, move.l10n_mx_cfdi40_instalment_ids.document_id.filtered(lambda one: one.state == "stamped")

    def always_asked(self):
        """The customer has to accept every cancellation, whatever the rules say."""
        self.pac.set_policy(acceptance=True)
        self.addCleanup(self.pac.set_policy, acceptance=None)

    def rejected(self, motivo="02", move=None, **options):
        """An invoice whose cancellation the customer rejected."""
        self.always_asked()
        move = move or self.needing()
        self.order(move, motivo, **options)
        self.pac.reject(self.document(move).uuid)
        self.ask_sat(move)
        self.assertEqual(self.document(move).state, "cancel_rejected")
        return move
