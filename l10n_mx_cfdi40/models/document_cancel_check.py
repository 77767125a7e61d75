"""What is wrong with a cancellation before anybody is asked for it, in words, and in which order the CFDI go."""
import re
from datetime import timedelta

from odoo import models
from odoo.exceptions import UserError

from ..cfdi.errors import CfdiError, SealError
from ..cfdi.estado import Estado
from ..cfdi.externo import leer_timbrado
from ..cfdi.parse import leer
from .document_cancel import SUSTITUCION
from .document_states import IN_FORCE

UUID = re.compile("[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}")
#: The SAT learns of a stamp from the PAC within this time: until then it answers “No Encontrado”.
LATE_AT_SAT = timedelta(hours=72)


class Document(models.Model):
    _inherit = "l10n_mx_cfdi40.document"

    # -- the document itself -------------------------------------------------------------------------------------------

    def _cancel_obstacles(self):
        """{document: why its cancellation cannot be asked for now, in words; '' when it can}."""
        documents = self.sudo()
        ours = {
            (company, pac, environment): group[:1]._cancel_obstacle_of_ours()
            for (company, pac, environment), group in documents.grouped(
                lambda one: (one.company_id, one.pac, one.environment)).items()}
        return {
            document: one._cancel_obstacle_of_state() or ours[one.company_id, one.pac, one.environment]
            for document, one in zip(self, documents, strict=True)}

    def _cancel_obstacle_of_state(self):
        row = self.cancellation_id
        if self.direction != "issued":
            return self.env._("It was received, not issued: its issuer cancels it.")
        if not self.uuid:
            return self.env._("%s is not stamped: there is nothing to cancel at the SAT.", self.display_name)
        if self.state == "cancelled":
            return self.env._(
                "%s is cancelled at the SAT already: a cancelled CFDI never comes back.", self.display_name)
        if row.state == "waiting":
            return self.env._(
                "Its cancellation is ordered already, with reason %(motivo)s, and goes out by itself. To change the"
                " reason withdraw the order first. %(why)s", motivo=row.motivo, why=row.explanation or "")
        if row._is_open():
            return self.env._(
                "Its cancellation was requested already and the SAT has not ended it yet: “%s”. Use “Update state”.",
                self._state_label())
        if self.state not in IN_FORCE:
            return self.env._(
                "%(name)s is “%(state)s”: only a CFDI in force can be cancelled.", name=self.display_name,
                state=self._state_label())
        return ""

    def _cancel_obstacle_of_ours(self):
        """What is missing in the company: the same for all of its documents of one PAC."""
        try:
            root = self._check_environment()
            self._cancel_pac(root.l10n_mx_cfdi40_pac if self.external else None)
        except UserError as error:
            return str(error)
        if not root._l10n_mx_cfdi40_select_certificate(self._now()):
            return self.env._(
                "%s has no digital seal certificate (CSD) in force, which signs the request: it expired or is missing."
                " Install the new one in the accounting settings, CFDI; it need not be the one that sealed this CFDI.",
                root.name)
        return ""

    def _is_global_cfdi(self):
        """Whether its XML is that of a global invoice."""
        try:
            return leer(self._stamped_bytes()).informacion_global is not None
        except CfdiError:
            return False

    def _is_late_at_sat(self):
        """Whether the SAT does not know it yet, because it was stamped a while ago."""
        return self.sat_state == "no_encontrado" and self._is_new_at_sat()

    def _is_new_at_sat(self):
        """Whether it was stamped so lately that the PAC may not have told the SAT of it."""
        return bool(self.stamped_at) and self.stamped_at + LATE_AT_SAT > self._now()

    # -- the reason ----------------------------------------------------------------------------------------------------

    def _motivo_warnings(self, motivo, is_global):
        """What looks wrong with a reason that the SAT would take, in words."""
        self.ensure_one()
        warnings = []
        substitutes = self._possible_substitutes() if motivo in ("02", "03") else None
        if substitutes:
            warnings.append(self.env._(
                "%s replaces it (relation 04): then the reason is 01, with its UUID.",
                ", ".join(substitutes.mapped("display_name"))))
        if motivo == "04" and not is_global:
            warnings.append(self.env._(
                "It is no global invoice (its XML has no InformacionGlobal): reason 04 is for global invoices only."))
        if self._is_late_at_sat():
            warnings.append(self.env._(
                "The SAT does not have it yet, which takes minutes or hours after the stamp: the request is sent again"
                " by itself until it does."))
        return warnings

    # -- a substitute that is not in Odoo ------------------------------------------------------------------------------

    def _substitute_xml_problems(self, content, uuid):
        """Why the CFDI in this XML cannot replace this one, in words.

        :param bytes content: the stamped XML
        :param str uuid: as it was typed, in upper case
        :return: (Comprobante or None, list of texts); the SAT was not asked whether it is in force
        """
        self.ensure_one()
        try:
            # Whatever is uploaded: nothing of it is used before it has the form of Anexo 20.
            comprobante, _seals = leer_timbrado(content)
        except SealError:
            return None, [self.env._(
                "The XML of the substitute has no stamp: stamp the substitute first (SAT code 208).")]
        except CfdiError as error:
            return None, [self.env._("The XML of the substitute cannot be read. %s", error)]
        stamp, problems = comprobante.timbre, []
        if stamp.uuid.upper() != uuid:
            problems.append(self.env._(
                "The XML is of another CFDI: its UUID is %(own)s, and %(typed)s was typed.", own=stamp.uuid.upper(),
                typed=uuid))
        if comprobante.emisor.rfc != self.issuer_rfc:
            problems.append(self.env._(
                "The substitute was issued by %(other)s and this CFDI by %(own)s: a substitute has the same issuer (SAT"
                " code 208).", other=comprobante.emisor.rfc, own=self.issuer_rfc))
        if self.uuid not in {one.upper() for relacion in comprobante.cfdi_relacionados
                             if relacion.tipo_relacion == SUSTITUCION for one in relacion.uuids}:
            problems.append(self.env._(
                "The substitute is not related to this CFDI with 04 (substitution): issue another one with that"
                " relation (SAT code 212)."))
        return comprobante, problems

    def _substitute_sat_problem(self, comprobante):
        """Ask the SAT whether a substitute that is not in Odoo is in force; '' if it is. Writes nothing.

        :raises SatError: no answer
        """
        estado = self.sudo()._sat_client().estado(self._expression_of(comprobante, comprobante.timbre.uuid)).estado
        if estado is Estado.VIGENTE:
            return ""
        if estado is Estado.CANCELADO:
            return self.env._("The SAT says that the substitute is cancelled: another one has to replace this CFDI.")
        return self.env._(
            "The SAT does not find the substitute. If it was stamped just now, try again later; else check"
            " its XML.")

    # -- the order -----------------------------------------------------------------------------------------------------

    def _cancel_plan(self):
        """CFDI in force that have to be cancelled before these, in their order.

        :return: {document: those that it stands in the way of}, to be cancelled first first
        """
        graph, level = {}, self.sudo()
        while level:
            found = level._blockers_of()
            graph.update(found)
            level = level.browse().union(*found.values()) - level.browse(one.id for one in graph)
        plan = {}

        def visit(document, path):
            for blocker in graph[document]:
                if blocker in path:
                    continue
                if blocker not in plan:
                    visit(blocker, path | blocker)
                plan[blocker] = plan.get(blocker, self.sudo().browse()) | document

        for document in self.sudo():
            visit(document, document)
        return {blocker: waiting for blocker, waiting in plan.items() if blocker not in self.sudo()}

    def _plan_motivo(self):
        """(reason, substitute) with which a CFDI is cancelled that stands in another's way."""
        substitute = self._possible_substitutes()[:1]
        return ("01", substitute) if substitute else ("02", substitute)
