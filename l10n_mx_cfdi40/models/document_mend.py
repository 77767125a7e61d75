"""What a person does about a refusal or a failure: the likely cause, where it is mended, until when it goes on."""
from dataclasses import replace
from datetime import timedelta

from odoo import models
from odoo.tools import format_datetime

from ..cfdi.parse import leer
from ..pac import register
from ..pac.codes import CANNOT_ASK, DOUBTS, NO_ACCESS, RESTING, Place, explain
from .document import STAMPING_WINDOW
from .document_states import UNSENT

#: How a moment is written within a sentence: to the minute, and not ending in a full stop ("p. m.").
MOMENT = "dd/MM/yyyy HH:mm"
#: After so long without an answer the PAC's contact is named.
PATIENCE = timedelta(hours=1)
#: Doubts whose remedy is only that it goes on by itself, which `_retry_text` says with its time.
GOES_ON = frozenset({"timeout", "unreadable_answer", "server_error", RESTING, NO_ACCESS, "late_start"})


class Document(models.Model):
    _inherit = "l10n_mx_cfdi40.document"

    def _explanation(self):
        # EXTENDS 'l10n_mx_cfdi40': what the SAT's register refuses, with the values that were sent
        explanation = super()._explanation()
        hint = self._receiver_hint(explanation.code)
        return replace(explanation, remedy=f"{hint} {explanation.remedy}".rstrip()) if hint else explanation

    def _receiver_hint(self, code):
        if code not in register.OF_RECEIVER or not self.sealed_xml:
            return ""
        receptor = leer(self._sealed_bytes()).receptor
        return register.hint(
            code, written=self._addressee().commercial_partner_id.vat or "", rfc=receptor.rfc, name=receptor.nombre,
            zip_code=receptor.domicilio_fiscal_receptor, regime=receptor.regimen_fiscal_receptor)

    # -- where it is mended --------------------------------------------------------------------------------------------

    def _mend_action(self, explanation=None):
        """Window with the record in which the last answer is mended, for whoever may open it.

        :param explanation: of another answer about this CFDI, as that to its cancellation
        :return: (label, action dict); None where that is the invoice itself, or nothing in Odoo mends it
        """
        self.ensure_one()
        place = (explanation or self._explanation()).place
        move = self.move_id.sudo(False)
        root = self.company_id._l10n_mx_cfdi40_fiscal_root()
        if place == Place.CUSTOMER:
            partner = self._addressee().commercial_partner_id.sudo(False)
            return self.env._("Open the customer"), partner._l10n_mx_cfdi40_fiscal_action()
        if place == Place.COMPANY:
            return self.env._("Open the company"), root.partner_id.sudo(False)._l10n_mx_cfdi40_fiscal_action()
        if place == Place.ISSUE and move:
            journal = move.journal_id
            return self.env._("Open the place of issue"), move._l10n_mx_cfdi40_open(
                journal if journal.l10n_mx_cfdi40_zip else move.company_id.partner_id)
        if place == Place.CERTIFICATE:
            return self.env._("Open the certificate"), self._mend_certificate()
        if place == Place.CREDITS:
            return self.env._("Open the stamps"), self.company_id._l10n_mx_cfdi40_credit_action()
        if place == Place.ACCOUNT:
            return self.env._("Open the PAC account"), self._mend_account()
        return None

    def _mend_certificate(self):
        certificate = self.certificate_id.sudo(False)
        if certificate:
            return certificate._get_records_action()
        return self.env["ir.actions.actions"]._for_xml_id("l10n_mx_cfdi40.action_certificate")

    def _mend_account(self):
        account = (self.pac_account_id or self._resting_account()).sudo(False)
        return account._get_records_action() if account else self.env["ir.actions.actions"]._for_xml_id(
            "l10n_mx_cfdi40.action_pac_account")

    def _account_at_work(self):
        """The account that has this document, or would get it first; with sudo."""
        accounts = self.pac_account_id or self.company_id._l10n_mx_cfdi40_fiscal_root()._l10n_mx_cfdi40_pac_accounts()
        return accounts[:1].sudo()

    def _resting_account(self):
        """The same, if it rests."""
        return self._account_at_work().filtered(lambda account: account._is_resting())

    # -- until when it is tried again ----------------------------------------------------------------------------------

    def _retry_text(self):
        """When and until when this document is tried again by itself; after an hour, whom to write. Or nothing."""
        if self.state not in (*UNSENT, "in_doubt") or not self.retry_at:
            return ""
        texts = [self.env._(
            "It is tried again by itself, at growing intervals; the next time on %s.",
            format_datetime(self.env, self.retry_at, dt_format=MOMENT))]
        until = self.date + STAMPING_WINDOW if self.date else None
        if until and until > self._now():
            texts.append(self.env._(
                "A PAC takes it until %s, 72 hours after its Fecha.",
                format_datetime(self.env, until, dt_format=MOMENT)))
        elif until:
            texts.append(self.env._("The 72 hours in which a PAC takes it are over."))
        contact = self._contact_text()
        return " ".join([*texts, contact] if contact else texts)

    def _contact_text(self):
        account = self._account_at_work()
        since = account.failing_since
        if not since or since > self._now() - PATIENCE:
            return ""
        moment = format_datetime(self.env, since, dt_format=MOMENT)
        if account.contact_email:
            return self.env._(
                "%(pac)s has not answered since %(since)s: write to %(contact)s.", pac=account.display_name,
                since=moment, contact=account.contact_email)
        return self.env._(
            "%(pac)s has not answered since %(since)s: ask them, and note their contact on the PAC account.",
            pac=account.display_name, since=moment)

    def _trouble(self):
        """Why nobody knows yet, or why it was not sent, and until when it is tried again."""
        retry = self._retry_text()
        if retry and self.code in GOES_ON:
            reason = explain(self.code).text
        else:
            reason = self._reason() if self.message or self.code in DOUBTS else ""
        # A PAC may rest for a reason that somebody has to mend, such as its credentials.
        account = self._resting_account() if self.code == RESTING else None
        cause = f"{account.display_name}: {account.last_error}" if account and account.last_error else ""
        return " ".join(filter(None, (reason, cause, retry)))

    def _is_released(self):
        """Whether nobody refused it: a person gave it up, as its last answer is none."""
        return self.state == "rejected" and self.code in DOUBTS

    def _released_text(self):
        return self.env._(
            "It was released by a person, because the PAC did not tell whether it stamped it. If it is in the SAT's"
            " portal or in the PAC's, load its XML (CFDI stamped elsewhere); if it is not, stamp it again.")

    def _given_up(self):
        """What there is to do about a document of which the PAC tells nothing more, with the 72 hours over."""
        return f"{explain(self.code).text} {DOUBTS[CANNOT_ASK].remedy}"


class AccountMove(models.Model):
    _inherit = "account.move"

    def _l10n_mx_cfdi40_mend_action(self):
        """Window with the record in which what stopped the CFDI of this invoice is mended, or None."""
        self.ensure_one()
        document = self.l10n_mx_cfdi40_document_id.sudo()
        if document.state in UNSENT and not document.retry_at:
            return self._l10n_mx_cfdi40_first_finding_action()
        mend = document._mend_action() if document.code else None
        return mend and mend[1]

    def _l10n_mx_cfdi40_first_finding_action(self):
        """Of the first problem, as things stand now, that is mended in another record than the invoice."""
        move = self.with_company(self.company_id)
        preview = self.env["l10n_mx_cfdi40.document"]._preview(move)[move]
        actions = (move._l10n_mx_cfdi40_finding_action(finding) for finding in preview.errors)
        return next((action for action in actions if action), None)
