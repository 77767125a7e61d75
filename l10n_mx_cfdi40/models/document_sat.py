"""What the SAT itself says of a CFDI: in force, being cancelled, cancelled. Only this moves a document to an end.

The SAT is asked by a cron while a request waits for its answer, less often as time goes by; by “Update state” at once;
and before a request whose answer was lost is sent again.
"""
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import LockError, UserError
from odoo.tools import config

from ..cfdi.errors import SatError
from ..cfdi.estado import EsCancelable, Estado, EstadoSat, EstatusCancelacion
from ..cfdi.parse import leer
from ..cfdi.qr import consulta_de
from ..pac.base import CAN_CANCEL, CAN_SAT_STATUS
from ..pac.registry import PROVIDERS
from ..sat import consulta as sat_consulta
from .cancellation import ENDED
from .document_protocol import central_instant, central_time
from .document_states import NOT_CANCELLED

SAT_STATES = [
    ("vigente", "In force"),
    ("cancelado", "Cancelled"),
    ("no_encontrado", "Not found"),
]
SAT_CANCELABLE = [
    ("without", "Can be cancelled without acceptance"),
    ("with", "Can be cancelled with acceptance"),
    ("no", "Cannot be cancelled"),
]
SAT_PROCESS = [
    ("in_process", "In process"),
    ("rejected", "Request rejected"),
    ("without", "Cancelled without acceptance"),
    ("accepted", "Cancelled with acceptance"),
    ("silence", "Cancelled by silence (time ran out)"),
]
_STATE = {Estado.VIGENTE: "vigente", Estado.CANCELADO: "cancelado", Estado.NO_ENCONTRADO: "no_encontrado"}
_CANCELABLE = {EsCancelable.SIN_ACEPTACION: "without", EsCancelable.CON_ACEPTACION: "with", EsCancelable.NO: "no"}
_PROCESS = {
    EstatusCancelacion.EN_PROCESO: "in_process",
    EstatusCancelacion.RECHAZADA: "rejected",
    EstatusCancelacion.CANCELADO_SIN_ACEPTACION: "without",
    EstatusCancelacion.CANCELADO_CON_ACEPTACION: "accepted",
    EstatusCancelacion.PLAZO_VENCIDO: "silence",
}
#: Minutes until the SAT is asked again about a request; the last one from then on.
WAITS = (1, 5, 15, 60, 180, 360)
#: A request that the SAT does not show for this long was lost there: it may be asked for again.
LAPSE = timedelta(days=5)
#: Option of the configuration file: where the SAT's service is instead, in the test environment only.
SAT_URL_OPTION = "l10n_mx_cfdi40_sat_url"
#: Where a sandbox, that of the first account, speaks as the SAT.
SANDBOX_PATH = "/sat/ConsultaCFDIService.svc"
#: How many are asked about at the SAT with one press of a button: it is slow.
ASK_AT_ONCE = 25
#: Times that the SAT is asked when the document moved on while it answered.
ASK_TRIES = 3
#: After a rejection the SAT may go on showing it for a while, though it was asked again.
STALE_REJECTION = timedelta(days=1)


class Document(models.Model):
    _inherit = "l10n_mx_cfdi40.document"

    sat_state = fields.Selection(SAT_STATES, "State at the SAT", readonly=True)
    sat_cancelable = fields.Selection(SAT_CANCELABLE, "Cancellable", readonly=True)
    sat_process = fields.Selection(SAT_PROCESS, "Cancellation at the SAT", readonly=True)
    sat_efos = fields.Char(
        "Issuer on list 69-B", readonly=True, help="ValidacionEFOS: the code of the SAT, as of when it was asked.")
    sat_efos_text = fields.Char("Article 69-B", compute="_compute_sat_efos_text")
    sat_at = fields.Datetime("SAT asked on", readonly=True)
    sat_next_at = fields.Datetime("SAT asked again on", readonly=True, index="btree_not_null")
    sat_tries = fields.Integer(readonly=True)

    @api.depends("sat_efos")
    def _compute_sat_efos_text(self):
        for document in self:
            document.sat_efos_text = document.sat_efos and EstadoSat.leer(
                None, None, None, None, document.sat_efos).texto_efos

    # -- who is asked --------------------------------------------------------------------------------------------------

    def _cancel_pac(self, code=None, observer=None):
        """Client of the PAC through which this CFDI is cancelled.

        :param observer: is told of every exchange with it
        :raises UserError: its settings are incomplete, it cannot cancel, or the CFDI is of another environment
        """
        root = self._check_environment()
        pac = root._l10n_mx_cfdi40_pac_client(
            code or self.pac or root.l10n_mx_cfdi40_pac, self.environment, account=self.pac_account_id,
            observer=observer)
        if CAN_CANCEL not in pac.capabilities:
            raise UserError(self.env._("The PAC of this CFDI offers no cancellation with a request signed here."))
        return pac

    def _sat_client(self):
        """Client of the SAT's query service for this CFDI."""
        return self._sat_client_of(self._check_environment(), self.environment, self.pac)

    @api.model
    def _sat_client_of(self, root, environment, pac=None):
        """Client of the SAT's query service: the real one, or in tests that of the embedded PAC, which is a SAT too.

        :param root: the company that owns the RFC
        :param pac: code of the PAC that has what is asked about; without, the company's own
        """
        if environment == "production":
            return sat_consulta.ConsultaCfdi()
        other = config.get(SAT_URL_OPTION)
        sandbox = root._l10n_mx_cfdi40_pac_accounts(environment)[:1].sandbox_url
        if not other and sandbox:
            other = sandbox.rstrip("/") + SANDBOX_PATH
        if other:
            return sat_consulta.ConsultaCfdi(other)
        code = pac or root.l10n_mx_cfdi40_pac
        if CAN_SAT_STATUS in PROVIDERS[code].capabilities and PROVIDERS[code].test_only:
            return root._l10n_mx_cfdi40_pac_client(code, environment)
        return sat_consulta.ConsultaCfdi(sat_consulta.TEST)

    def _check_environment(self):
        """The company that owns the RFC. A copy of a production database is set to test: nothing of it gets out.

        :raises UserError: the CFDI is of another environment than its company is now in
        """
        root = self.company_id._l10n_mx_cfdi40_fiscal_root()
        if self.environment != root.l10n_mx_cfdi40_environment:
            raise UserError(self.env._(
                "%(name)s is a CFDI of the environment “%(own)s”, and %(company)s is in “%(other)s” now: nothing is"
                " asked nor cancelled from here.", name=self.display_name, company=root.name,
                own=self._environment_label(self.environment),
                other=self._environment_label(root.l10n_mx_cfdi40_environment)))
        return root

    def _environment_label(self, value):
        return dict(self._fields["environment"]._description_selection(self.env)).get(value, value)

    def _sat_expression(self):
        """The expression with which the SAT is asked about this CFDI, from its own XML."""
        return self._expression_of(leer(self._stamped_bytes()), self.uuid)

    @staticmethod
    def _expression_of(comprobante, uuid):
        return consulta_de(
            uuid=uuid, emisor=comprobante.emisor.rfc, receptor=comprobante.receptor.rfc, total=comprobante.total,
            sello=comprobante.sello)

    # -- asking --------------------------------------------------------------------------------------------------------

    def _ask_sat(self):
        """Ask the SAT about this CFDI now, and do what its answer says. Commits.

        :return: :class:`EstadoSat`
        :raises SatError: no answer; nothing changed
        :raises LockError: another process is at this document
        """
        self.ensure_one()
        document = self.sudo()
        client, expression = document._sat_client(), document._sat_expression()
        for _try in range(ASK_TRIES):
            before = document._moment()
            estado = client.estado(expression)
            document.lock_for_update(allow_referencing=True)
            document.invalidate_recordset()
            document.cancellation_ids.invalidate_recordset()
            if document._moment() == before:
                break
            # A request was sent or answered meanwhile: what the SAT said is from before it.
            document._commit()
        else:
            return estado
        document._take_sat_answer(estado)
        document._commit()
        document._conclude_cancellation()
        return estado

    def _moment(self):
        """What changes whenever a step of the protocol is made."""
        rows = self.cancellation_ids
        return self.state, len(rows), sum(rows.mapped("attempt")), self._open_cancellation().state

    def action_ask_sat(self):
        """Ask the SAT what the state of these CFDI is, one after another.

        :raises UserError: they are too many, or the SAT does not answer; what it said of those before is kept
        """
        self._check_may_ask()
        if len(self) > ASK_AT_ONCE:
            raise UserError(self.env._(
                "The SAT answers one question a second, and slower at peaks: choose at most %s CFDI.", ASK_AT_ONCE))
        for document in self:
            try:
                document._ask_sat()
            except SatError as error:
                raise UserError(str(error)) from error

    def _check_may_ask(self):
        self._check_billing()
        if any(not document.uuid for document in self):
            raise UserError(self.env._("Only a stamped CFDI is known at the SAT."))

    # -- what the answer means -----------------------------------------------------------------------------------------

    def _take_sat_answer(self, estado):
        """Write down the SAT's answer and move to the state that it says. The row is locked by the caller."""
        before = self.sat_state, self.sat_cancelable, self.sat_process
        vals = {
            "sat_state": _STATE.get(estado.estado, False),
            "sat_cancelable": _CANCELABLE.get(estado.es_cancelable, False),
            "sat_process": _PROCESS.get(estado.estatus_cancelacion, False),
            "sat_efos": estado.validacion_efos or False,
            "sat_at": self._now(),
        }
        self.write(vals)
        if (vals["sat_state"], vals["sat_cancelable"], vals["sat_process"]) != before:
            self._log("sat", self.state, message=self._sat_text())
        self._follow_sat(estado)
        if self.state != "cancel_requested":
            self.sat_next_at = False
        elif not self.sat_next_at or self.sat_next_at <= self._now():
            self.sat_next_at = self._sat_turn()

    def _follow_sat(self, estado):
        if self.state not in NOT_CANCELLED or (self.state == "cancel_in_flight" and not self._lease_is_over()):
            return
        if self.state == "cancel_in_flight":
            self._advance("cancel_ask")
        row = self._open_cancellation()
        if estado.estado is Estado.CANCELADO:
            self._confirm_cancelled(row, estado)
        elif estado.estatus_cancelacion is EstatusCancelacion.EN_PROCESO:
            self._confirm_requested(row)
        elif estado.estatus_cancelacion is EstatusCancelacion.RECHAZADA:
            self._confirm_rejected(row)
        elif self.state == "cancel_requested" and estado.estado is Estado.VIGENTE and row and (
                row.requested_at or row.create_date) + LAPSE <= self._now():
            row._close("refused", "cancel_lapse", code="sin_rastro")

    def _lease_is_over(self):
        row = self._open_cancellation()
        return not row.lease_until or row.lease_until <= self._now()

    def _confirm_cancelled(self, row, estado):
        end = _PROCESS.get(estado.estatus_cancelacion)
        row = row or self._foreign_request()
        row._close("cancelled", "cancel_confirm", end=end if end in ("without", "accepted", "silence") else False)

    def _confirm_requested(self, row):
        if self.state != "cancel_requested":
            row = row or self._foreign_request()
            self._advance("cancel_receive", {"sat_tries": 0})
        vals = {"state": "requested", "lease_until": False, "retry_at": False, "is_in_process": True}
        if not row.deadline and not row.after_rejection:
            vals["deadline"] = self._answer_deadline(row.requested_at or self._now())
        row.write(vals)

    def _confirm_rejected(self, row):
        if self.state not in ("cancel_in_doubt", "cancel_requested") or not row:
            return
        if row.after_rejection and not row.is_in_process and (
                self.state == "cancel_in_doubt" or row.requested_at + STALE_REJECTION > self._now()):
            # It may be the answer to the request before.
            return
        row._close("rejected", "cancel_reject")

    def _foreign_request(self):
        """A row for what was asked for outside of Odoo."""
        now = self._now()
        return self.env["l10n_mx_cfdi40.cancellation"].sudo().create({
            "document_id": self.id, "state": "requested", "requested_at": now,
            "environment": self.environment, "pac": self.pac,
        })

    def _answer_deadline(self, requested_at):
        """Last instant to answer a request (naive UTC): the end of the third business day of the SAT after it."""
        calendar = self.env["l10n_mx_cfdi40.holiday"]._calendar()
        return central_instant(calendar.vence_respuesta(central_time(requested_at)))

    def _sat_text(self):
        """The SAT's answer in words: state, whether it can be cancelled, the process."""
        parts = [
            dict(self._fields[name]._description_selection(self.env)).get(self[name])
            for name in ("sat_state", "sat_cancelable", "sat_process")]
        return " · ".join(part for part in parts if part)

    # -- crons ---------------------------------------------------------------------------------------------------------

    @api.model
    def _cron_sat(self):
        """Ask the SAT about what waits for its answer, and end what it has cancelled."""
        now = self._now()
        asked = [("state", "=", "cancel_requested"), "|", ("sat_next_at", "<=", now), ("sat_next_at", "=", False)]

        def ask(document):
            document._postpone_sat()
            document._ask_quietly()

        self._take_turns(asked, ask, order="sat_next_at, id")
        self._work([
            ("direction", "=", "issued"),
            "|", "&", ("state", "=", "cancelled"), ("is_cancel_concluded", "=", False),
            ("cancellation_ids", "any", [("state", "in", ENDED), ("is_told", "=", False)]),
        ], lambda document: document._conclude_cancellation())

    def _postpone_sat(self):
        """Write the next question before this one, each time later."""
        self.write({"sat_next_at": self._sat_turn(), "sat_tries": self.sat_tries + 1})
        self._commit()

    def _sat_turn(self):
        return self._now() + timedelta(minutes=WAITS[min(self.sat_tries, len(WAITS) - 1)])

    def _ask_quietly(self):
        """Ask the SAT; without an answer it is asked again later."""
        try:
            return self._ask_sat()
        except (SatError, LockError):
            return None
