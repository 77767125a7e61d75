"""The SAT's services for who received a document, and for whoever asks what is related to it."""

import sqlite3
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime

from ..cfdi.acuse import Relacionado
from ..cfdi.cancelacion import (
    MAXIMO_FOLIOS,
    PeticionRelacionados,
    Respuesta,
    RespuestaReceptor,
    leer_relacionados,
    leer_respuesta,
)
from . import acuses
from .authority import RFC_PAC
from .base import Answered, AnswerOutcome, Pending, Refused, Related, RelatedOutcome
from .cancel_codes import explain_answer
from .review import Examiner
from .signed import Halt, check_date, check_owner, check_signature, is_uuid, read
from .standing import CANCELLED, last_request, moment_text, requests, write_answer
from .store import Store


class Receivers:
    """Answers to cancellations, the list of those that wait, and related documents, over one store."""

    def __init__(self, store: Store, examiner: Callable[[], Examiner]):
        self._store, self._examiner = store, examiner

    def pending(self, rfc: str) -> Pending:
        """Documents whose cancellation waits for this receiver (1100; none: 1101)."""
        now = self._examiner().now
        with self._store.reading() as db:
            waiting = [request.uuid for request in requests(db, "receiver_rfc = ?", rfc) if request.waits(now)]
        return Pending(tuple(waiting))

    def answer(self, request: bytes) -> AnswerOutcome:
        """Take a receiver's signed answer; what can be answered is, whatever stands against the rest."""
        examiner, secret = self._examiner(), acuses.secret_of(self._store)
        try:
            asked = read(request, leer_respuesta)
            check_date(asked.fecha, examiner.now)
            certificate = check_signature(request, examiner)
            _check_answer(asked)
        except Halt as halt:
            return halt.refused
        if certificate.rfc != asked.rfc_receptor:
            codes = dict.fromkeys((uuid for uuid, _answer in asked.respuestas), "1003")
        else:
            codes = self._answer_each(asked, examiner.now)
        return Answered(codes, acuses.of_answer(asked, examiner.now, secret, status=codes))

    def _answer_each(self, asked: RespuestaReceptor, now: datetime) -> Mapping[str, str]:
        times = Counter(uuid for uuid, _answer in asked.respuestas)
        codes = {}
        with self._store.writing() as db:
            for uuid, answer in asked.respuestas:
                if not is_uuid(uuid):
                    codes[uuid] = "1005"
                elif times[uuid] > 1:
                    codes[uuid] = "1004"
                else:
                    codes[uuid] = _answer_one(db, uuid, answer, asked.rfc_receptor, now)
        return codes

    def related(self, request: bytes) -> RelatedOutcome:
        """Documents in force related to one (2000; none: 2001), for its issuer or its receiver (else 2002)."""
        examiner = self._examiner()
        try:
            asked = read(request, leer_relacionados)
            certificate = check_signature(request, examiner)
            _check_pac(asked.rfc_pac)
            if bool(asked.rfc_emisor) is bool(asked.rfc_receptor):
                raise Halt("301", "Debe llevar RfcEmisor o RfcReceptor, uno de los dos.")
            check_owner(certificate, asked.rfc_emisor or asked.rfc_receptor)
        except Halt as halt:
            return halt.refused
        with self._store.reading() as db:
            if not _is_party(db, asked):
                return Refused("2002", explain_answer("2002").text)
            return Related(
                padres=_documents(db, "JOIN relation r ON r.stamp = s.id WHERE r.uuid", asked.uuid, examiner.now),
                hijos=_documents(
                    db, "JOIN relation r ON r.uuid = s.uuid JOIN stamp o ON o.id = r.stamp WHERE o.uuid",
                    asked.uuid, examiner.now,
                ),
            )


def _answer_one(db: sqlite3.Connection, uuid: str, answer: Respuesta, rfc: str, now: datetime) -> str:
    request = last_request(db, uuid)
    # Whoever is not the receiver is not told whether there is a request.
    if request is None or request.receiver_rfc != rfc:
        return "1001"
    if request.answer is not None:
        return "1002"
    if not request.waits(now):
        return "1001"
    write_answer(db, request, answer, now)
    return "1000"


def _check_answer(asked: RespuestaReceptor) -> None:
    _check_pac(asked.rfc_pac)
    if not asked.respuestas:
        raise Halt("301", "No trae ningún folio.")
    if len(asked.respuestas) > MAXIMO_FOLIOS:
        raise Halt("1006", explain=explain_answer)
    for uuid, answer in asked.respuestas:
        if not isinstance(answer, Respuesta):
            raise Halt("301", f"Respuesta «{answer}» del folio {uuid}: debe ser Aceptacion o Rechazo.")


def _check_pac(rfc: str) -> None:
    if rfc != RFC_PAC:
        raise Halt("301", f"RfcPacEnviaSolicitud debe ser {RFC_PAC}, el de este PAC.")


def _is_party(db: sqlite3.Connection, asked: PeticionRelacionados) -> bool:
    row = db.execute("SELECT issuer_rfc, receiver_rfc FROM stamp WHERE uuid = ?", (asked.uuid,)).fetchone()
    if row is None:
        return False
    if asked.rfc_emisor:
        return row["issuer_rfc"] == asked.rfc_emisor
    return row["receiver_rfc"] == asked.rfc_receptor


def _documents(db: sqlite3.Connection, joined: str, uuid: str, now: datetime) -> tuple[Relacionado, ...]:
    rows = db.execute(
        f"SELECT DISTINCT s.uuid, s.issuer_rfc, s.receiver_rfc FROM stamp s {joined} = :uuid AND NOT {CANCELLED}"
        " ORDER BY s.uuid",
        {"uuid": uuid, "now": moment_text(now)},
    ).fetchall()
    return tuple(Relacionado(*row) for row in rows)
