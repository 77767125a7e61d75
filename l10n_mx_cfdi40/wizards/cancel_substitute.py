"""The substitute of a CFDI that is cancelled with 01: chosen from the ledger, or typed and proven with its XML."""
import re

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..cfdi.errors import SatError
from ..models.document_cancel_check import UUID
from .external_wizard import _decode


class CancelWizard(models.TransientModel):
    _inherit = "l10n_mx_cfdi40.cancel.wizard"

    needs_xml = fields.Boolean(compute="_compute_needs_xml")
    can_correct = fields.Boolean(compute="_compute_can_correct")
    suggests_01 = fields.Boolean(compute="_compute_suggests_01")

    @api.depends("substitute_uuid", "substitute_id", "motivo")
    def _compute_needs_xml(self):
        """Whether a UUID is typed that this ledger does not have: its XML has to prove it."""
        for wizard in self:
            uuid = wizard._typed_uuid()
            wizard.needs_xml = (
                wizard.motivo == "01" and not wizard.substitute_id and bool(UUID.fullmatch(uuid))
                and not wizard._known(uuid) and uuid != wizard._accepted_before())

    @api.depends("motivo", "substitute_id", "substitute_uuid", "line_id.obstacle")
    def _compute_can_correct(self):
        for wizard in self:
            document = wizard.document_id
            wizard.can_correct = (
                wizard.motivo == "01" and not (wizard.substitute_id or wizard.substitute_uuid)
                and not wizard.line_id.obstacle and not document.is_substituted
                and (document._may_be_replaced() and bool(document.receipt_ids) if document.kind == "P"
                     else bool(document.move_id)))

    @api.depends("motivo", "line_id.substitute_id")
    def _compute_suggests_01(self):
        for wizard in self:
            wizard.suggests_01 = wizard.motivo in ("02", "03") and bool(wizard.line_id.substitute_id)

    @api.onchange("substitute_uuid")
    def _onchange_substitute_uuid(self):
        if self.substitute_uuid:
            self.substitute_id = self._known(self._typed_uuid())

    @api.onchange("substitute_id")
    def _onchange_substitute_id(self):
        if self.substitute_id and self._typed_uuid() != self.substitute_id.uuid:
            self.substitute_uuid = False

    def _typed_uuid(self):
        """The typed UUID in upper case, without what a person pastes around it."""
        return re.sub(r"[\s{}]", "", self.substitute_uuid or "").upper()

    def _known(self, uuid):
        """The issued document of this ledger with that UUID, of those that the user may read."""
        documents = self.env["l10n_mx_cfdi40.document"]
        return documents.search([("direction", "=", "issued"), ("uuid", "=", uuid)], limit=1) if uuid else documents

    def _accepted_before(self):
        """UUID of the substitute that the SAT took with the last request of this CFDI, which was rejected."""
        row = self.document_id.cancellation_id
        return row.substitute_uuid if row.state == "rejected" else None

    def _substitute_of(self, line):
        """The document that replaces that of a line; empty when a typed UUID does."""
        if line != self.line_id:
            return line.substitute_id
        return self.substitute_id or self._known(self._typed_uuid())

    def _substitute_problems_of(self, line):
        """Why the CFDI of a line cannot be replaced by what was chosen, in words."""
        document, substitute = line.document_id, self._substitute_of(line)
        if substitute:
            return document._substitute_problems(substitute)
        uuid = self._typed_uuid() if line == self.line_id else ""
        if not uuid:
            return [self.env._(
                "Reason 01 needs the CFDI that replaces this one: choose it, or issue it with “Correct and replace”.")]
        if not UUID.fullmatch(uuid):
            return [self.env._(
                "“%s” is no UUID: it has 32 digits 0-9 and letters A-F in five groups, as 5FB2822E-396D-4725-8521-"
                "CDC4BDD20CCF. Copy it from the CFDI of the substitute.", self.substitute_uuid.strip())]
        if uuid == document.uuid:
            return [self.env._("A CFDI cannot replace itself: type the UUID of the one that was issued in its place.")]
        if uuid == self._accepted_before():
            return []
        content = self._xml_content()
        if not content:
            return [self.env._(
                "The substitute is not in Odoo: attach its XML, so that it is checked before anything is sent.")]
        return document._substitute_xml_problems(content, uuid)[1]

    def _xml_content(self):
        return _decode(self.with_context(bin_size=False, bin_size_substitute_xml=False).substitute_xml)

    def _checked_uuid(self):
        """The typed UUID of a substitute that is not in Odoo, once the SAT says that it is in force; else None.

        :raises UserError: the SAT says that it is not, or does not answer: nothing is ordered
        """
        line = self.line_id
        if self.motivo != "01" or not line or self._substitute_of(line):
            return None
        uuid = self._typed_uuid()
        if uuid == self._accepted_before():
            return uuid
        comprobante, _problems = line.document_id._substitute_xml_problems(self._xml_content(), uuid)
        try:
            problem = line.document_id._substitute_sat_problem(comprobante)
        except SatError as error:
            raise UserError(self.env._(
                "The SAT could not be asked whether the substitute is in force, so nothing was sent. %s", error,
            )) from error
        if problem:
            raise UserError(problem)
        return uuid
