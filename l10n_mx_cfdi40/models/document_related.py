"""CFDI that depend on this one by what the SAT knows, also those that are not in this ledger."""
from odoo import models

from ..cfdi.cancelacion import PeticionRelacionados, firmar_relacionados
from ..pac.base import CAN_RELATED, Related


class Document(models.Model):
    _inherit = "l10n_mx_cfdi40.document"

    def _ask_related(self):
        """UUID of the CFDI that name this one, as the SAT has them. Calls the PAC; writes nothing.

        :return: tuple of UUID; None when nobody can tell (the PAC does not offer it or does not answer, no CSD)
        :raises UserError: the CFDI is of another environment than its company is now in
        """
        self.ensure_one()
        document = self.sudo()
        root = document._check_environment()
        pac = document._cancel_pac()
        certificate = root._l10n_mx_cfdi40_select_certificate(document._now()).sudo()
        if CAN_RELATED not in pac.capabilities or not certificate:
            return None
        request = firmar_relacionados(PeticionRelacionados(
            uuid=document.uuid, rfc_pac=pac.rfc, rfc_emisor=document.issuer_rfc), certificate._csd())
        answer = pac.related(request)
        return tuple(one.uuid for one in answer.padres) if isinstance(answer, Related) else None


class Cancellation(models.Model):
    _inherit = "l10n_mx_cfdi40.cancellation"

    def _look_into_refusal(self):
        # EXTENDS 'l10n_mx_cfdi40': what the SAT calls “No cancelable” without our knowing why is asked about
        super()._look_into_refusal()
        row = self.sudo()
        if row.state != "refused" or row.code != "no_cancelable" or row.document_id._blockers():
            return
        uuids = row.document_id._ask_related()
        if uuids:
            row.message = " ".join(filter(None, (row.message, self.env._(
                "In force at the SAT and related to it: %s. Cancel these first.", ", ".join(uuids)))))
            row._commit()
