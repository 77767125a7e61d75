"""What every PAC offers and the only outcomes it may answer with.

A caller must know, after any call, one of three things: the document *is* stamped, it *is not* and never was, or
*nobody knows*. There is no fourth, so a provider turns every time-out, broken connection and unreadable answer into
:class:`Unknown` and never lets an exception of its transport out.
"""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from ..cfdi.acuse import Relacionado
from ..cfdi.csd import Certificado
from ..cfdi.estado import EstadoSat
from ..cfdi.parse import leer

#: Sends a sealed document to be stamped.
CAN_STAMP = "stamp"
#: Can say, given the sealed bytes, what became of them.
CAN_RECOVER = "recover"
#: Answers a repeated ``stamp`` of the same bytes with the first stamp (directly, or through its code 307).
CAN_REPEAT = "repeat"
#: Tells how many stamps are left.
CAN_TELL_CREDITS = "credits"
#: Takes a signed request of cancellation to the SAT.
CAN_CANCEL = "cancel"
#: Answers what the SAT's own status service would: a PAC that is its own SAT, or one that asks it for the caller.
CAN_SAT_STATUS = "sat_status"
#: Lists the documents that are related to one.
CAN_RELATED = "related"
#: Lists the cancellations that wait for the answer of a receiver.
CAN_PENDING = "pending"
#: Takes a receiver's signed answer to the SAT.
CAN_ANSWER = "answer"
#: Gives again the SAT's receipt of a cancellation.
CAN_RECEIPT = "receipt"
#: Says whether user and password are good, without stamping anything.
CAN_TEST_CREDENTIALS = "check"

#: A document of this age can be stamped by nobody, whichever zone its date is of: to send it again only asks about it.
BEYOND_STAMPING = timedelta(hours=72 + 36)

_NOTHING: Mapping[str, object] = MappingProxyType({})


def key_of(sealed: bytes) -> str:
    """The idempotency key of a sealed document: the sha256 of its bytes, in lower-case hexadecimal (64 characters)."""
    return hashlib.sha256(sealed).hexdigest()


@dataclass(frozen=True, slots=True)
class Accepted:
    """The document is stamped. The caller must store ``xml`` as it stands and commit before it does anything else.

    ``xml``: the whole stamped CFDI, TimbreFiscalDigital included, byte for byte as the PAC gave it.
    ``repeated``: the PAC had stamped these bytes before (the SAT's code 307, or a recovery); it is the first stamp, and
    no second one was made nor charged.
    """

    xml: bytes
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """The document was read and is not stamped: final for these bytes. The caller writes it down as rejected.

    ``code``: the SAT's or the PAC's, as it came ("302", "CFDI40108"). ``message``: the PAC's own text, whole.
    ``params``: what else the answer carried; ``findings`` there is a tuple of (code, text) when there were several.
    ``examined``: the PAC looked at the document itself, so it would have told of an earlier stamp. ``False`` when it
    turned the caller away at the door (credentials, no stamps left): that settles a first attempt, but a document that
    was **in doubt stays in doubt**, because the earlier attempt may have been stamped.
    What a person should do is in :func:`codes.explain`.
    """

    code: str
    message: str
    params: Mapping[str, object] = field(default_factory=lambda: _NOTHING, hash=False)
    examined: bool = True


@dataclass(frozen=True, slots=True)
class NotFound:
    """The PAC answered, and it has no stamp for these bytes *at this moment*. Only an answer to ``recover``.

    A stamp may still be on its way (PACs index late), so this alone never turns a document into a rejected one. The
    caller may send the **same bytes** again, or wait; once the 72 hours have passed, it is final.
    """

    message: str = ""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody knows. The document stays in doubt: never resealed, never sent to another PAC, only asked about again.

    ``reason``: an ASCII slug of ours (``timeout``, ``unreachable``, ``credentials``, ``unreadable_answer``,
    ``server_error``).
    ``detail``: what was seen, for the log and the history; never carries a credential.
    ``sent``: whether the document may have left. ``False`` only when it certainly did not (no connection was made), and
    then the caller may take a *first* attempt back. In the answer to ``recover`` it says nothing: the doubt remains.
    """

    reason: str
    detail: str
    sent: bool


@dataclass(frozen=True, slots=True)
class Received:
    """The SAT has the request of cancellation. It does **not** say that the document is cancelled: only the status
    service says so.

    ``code``: "201", or "202" when a request was there before (of these bytes or of others). ``message``: the PAC's own
    text. ``acuse``: the SAT's receipt, byte for byte, to be kept as evidence; ``None`` if the answer carried none.
    """

    code: str
    message: str
    acuse: bytes | None = None


@dataclass(frozen=True, slots=True)
class Related:
    """Documents related to the one asked about. ``padres``: those that name it; ``hijos``: those that it names. Both
    empty when the SAT answers that there are none (2001)."""

    padres: tuple[Relacionado, ...] = ()
    hijos: tuple[Relacionado, ...] = ()


@dataclass(frozen=True, slots=True)
class Pending:
    """UUIDs, in upper case, of the documents whose cancellation waits for the answer of the RFC asked about."""

    uuids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answered:
    """The receiver's answer was read. ``codes``: by UUID in upper case, "1000" received, else why it was not.
    ``acuse``: the SAT's receipt, or ``None``."""

    codes: Mapping[str, str] = field(hash=False)
    acuse: bytes | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """``xml``: the SAT's receipt of a cancellation, byte for byte as the PAC gave it."""

    xml: bytes


@dataclass(frozen=True, slots=True)
class CredentialsOk:
    """The PAC knows who we are. ``message``: what else it said, for the person who asked."""

    message: str = ""


StampOutcome = Accepted | Refused | Unknown
RecoverOutcome = Accepted | Refused | NotFound | Unknown
#: :class:`Refused` carries a code of the SAT's (203 to 213, ``no_cancelable``, 300 to 314); its ``params`` hold the
#: ``acuse`` (bytes) when there was one.
CancelOutcome = Received | Refused | Unknown
RelatedOutcome = Related | Refused | Unknown
PendingOutcome = Pending | Refused | Unknown
AnswerOutcome = Answered | Refused | Unknown
#: :class:`NotFound`: the PAC keeps no receipt of that document.
ReceiptOutcome = Receipt | NotFound | Refused | Unknown
CheckOutcome = CredentialsOk | Refused | Unknown


class Pac(ABC):
    """A client of one provider with one set of credentials. Plain values in and out; no Odoo, no database.

    A client is used by one thread at a time. Every call has a time limit of its own.
    """

    #: Code in the registry, kept with each document: the same bytes are never taken to another PAC.
    code: str
    #: What it can do: the ``CAN_…`` constants.
    capabilities: frozenset[str] = frozenset()
    #: RFC with which it presents itself to the SAT: the RfcPacEnviaSolicitud of the requests that name it.
    rfc: str = ""
    #: Seconds after which a call has certainly ended, answer or not: the caller's lease is longer than this.
    time_limit: int = 60
    #: How many calls at once the PAC puts up with: its own limit where it publishes one, else a careful number.
    max_connections: int = 8
    #: Certificates with which its stamps may be sealed, by number, as far as they are known: a stamp that names one of
    #: them must verify with it.
    certificates: Mapping[str, Certificado] = MappingProxyType({})

    def trust(self, certificates: Mapping[str, Certificado]) -> None:
        """From now on these certificates are known, by number, beside those that it knows by itself."""
        self.certificates = MappingProxyType({**self.certificates, **certificates})

    @abstractmethod
    def stamp(self, sealed: bytes, *, key: str) -> StampOutcome:
        """Send a sealed CFDI to be stamped.

        ``sealed``: the exact bytes that the ledger stored. ``key``: :func:`key_of` them, for the providers that take
        an identifier of the caller's; a different one is the caller's mistake (``ValueError``, nothing is sent).
        A provider answers a 307 ("already stamped") with the first stamp as :class:`Accepted`, asking for it with
        another call if need be; if it cannot get it, that is :class:`Unknown`, not a refusal.
        """

    @abstractmethod
    def recover(self, sealed: bytes, *, key: str) -> RecoverOutcome:
        """Ask what became of bytes that were sent before. Never stamps, never costs a credit.

        :class:`Refused` only when the provider remembers having refused these very bytes; being turned away at the
        door (credentials) is :class:`Unknown` here. Without ``CAN_RECOVER`` it is only asked about bytes that are too
        old to be stamped, and what it cannot tell is Unknown (``cannot_ask``).
        """

    # What not every provider can do: without the capability, NotImplementedError.

    def cancel(self, request: bytes, *, uuid: str) -> CancelOutcome:
        """Ask the SAT to cancel. ``request``: the signed bytes (``cfdi.cancelacion.firmar_cancelacion``); ``uuid``: the
        folio in it whose outcome is wanted. The same bytes again make no second request: they are answered 202."""
        raise NotImplementedError(f"{self.code}: {CAN_CANCEL}")

    def related(self, request: bytes) -> RelatedOutcome:
        """Documents related to one; ``request`` is signed (``firmar_relacionados``)."""
        raise NotImplementedError(f"{self.code}: {CAN_RELATED}")

    def pending(self, rfc: str) -> PendingOutcome:
        """Cancellations that wait for this receiver's answer."""
        raise NotImplementedError(f"{self.code}: {CAN_PENDING}")

    def answer(self, request: bytes) -> AnswerOutcome:
        """The receiver accepts or rejects cancellations; ``request`` is signed (``firmar_respuesta``)."""
        raise NotImplementedError(f"{self.code}: {CAN_ANSWER}")

    def acuse(self, uuid: str, *, rfc: str) -> ReceiptOutcome:
        """The SAT's receipt of the cancellation of a document that ``rfc`` issued."""
        raise NotImplementedError(f"{self.code}: {CAN_RECEIPT}")

    def credits(self) -> int | Unknown | None:
        """Stamps left at the PAC; ``None`` when it counts none (a plan without limit)."""
        raise NotImplementedError(f"{self.code}: {CAN_TELL_CREDITS}")

    def check(self) -> CheckOutcome:
        """Whether user and password are good. Nothing is stamped, nothing is charged."""
        raise NotImplementedError(f"{self.code}: {CAN_TEST_CREDENTIALS}")

    def estado(self, consulta: str) -> EstadoSat:
        """The state at the SAT of a document; ``consulta`` is that of ``cfdi.qr.consulta_de``.

        SatError (timeout, unreachable, server_error, unreadable_answer): nobody knows, ask again later.
        """
        raise NotImplementedError(f"{self.code}: {CAN_SAT_STATUS}")

    def close(self) -> None:  # noqa: B027 - a client without a connection has nothing to let go of
        """Let go of the connections."""


def check_key(sealed: bytes, key: str) -> None:
    """Raise ``ValueError`` if ``key`` is not that of ``sealed``: the bytes changed between the ledger and here."""
    if key != key_of(sealed):
        raise ValueError("The key is not the sha256 of the sealed bytes")


def is_beyond_stamping(sealed: bytes, now: datetime) -> bool:
    """Whether ``sealed`` is so old (at ``now``, aware) that nobody can stamp it."""
    fecha = leer(sealed).fecha
    return isinstance(fecha, datetime) and now - fecha.replace(tzinfo=UTC) >= BEYOND_STAMPING
