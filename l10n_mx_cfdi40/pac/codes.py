"""What the codes of the SAT and the PACs mean: an explanation and a remedy in plain Spanish, and what kind of trouble.

The 300 and 400 series are the SAT's common codes for PACs (``validación y certificación``). CFDI40xxx and CRP20xxx
belong to the rules of Anexo 20 and of the payment complement, whose texts live in ``cfdi.mensajes``. ``MX_…`` are
ours. A code that nobody knows keeps the PAC's own text whole: a half-understood error is worse than a foreign one.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType

from ..cfdi import mensajes
from . import register
from .base import Refused

SIN_FOLIOS = "MX_SIN_FOLIOS"
#: The issuer's RFC is not in the account that the company has with the PAC.
NOT_ENROLLED = "MX_EMISOR_NO_REGISTRADO"
#: The PAC has closed the account, or the issuer's place in it.
SUSPENDED = "MX_CUENTA_SUSPENDIDA"
#: The PAC spoke without a code: only its text says what is wrong.
UNCODED = "MX_SIN_CODIGO"

#: A reason of ``Unknown``: the PAC says that it stamped these bytes before, and does not hand the stamp over yet.
LATE_STAMP = "late_stamp"
#: Another: nothing can be learned from this PAC about bytes that are too old to be stamped (see ``Pac.recover``).
CANNOT_ASK = "cannot_ask"
#: Another: it could not be asked for leave to speak (a token), so the document waits.
NO_ACCESS = "no_access"
#: Another: too late to begin; another process may have taken the document over by now.
LATE_START = "late_start"
#: Reasons of ours why a document waits: its PAC failed lately, or answered that the account is not good.
RESTING, TURNED_AWAY = "resting", "turned_away"

#: Refusals at the door: given before the document is looked at, they say nothing about an earlier attempt.
NOT_EXAMINED = frozenset({"300", "404", SIN_FOLIOS, NOT_ENROLLED, SUSPENDED})

_RULE = re.compile(r"(?:CFDI1?40|CRP20)[0-9]{3}")


class Place(StrEnum):
    """The record in which the trouble is mended."""

    CERTIFICATE = "certificate"
    CUSTOMER = "customer"
    COMPANY = "company"
    ACCOUNT = "account"
    CREDITS = "credits"
    #: The place of issue: its ZIP says the zone of Fecha.
    ISSUE = "issue"
    #: The invoice itself, or nothing in Odoo.
    NONE = ""


class Kind(StrEnum):
    """Where the trouble is, so that the screen offers the right way out."""

    #: The document's content: mend the invoice, the partner or the product, and stamp a new one.
    DATA = "data"
    #: The issuer's certificate, or the issuer's standing at the SAT.
    CERTIFICATE = "certificate"
    #: User, password or contract at the PAC. The document is not at fault.
    CREDENTIALS = "credentials"
    #: No stamps left at the PAC. The document is not at fault.
    CREDITS = "credits"
    #: Something of the program, the PAC or the SAT. The document is not at fault.
    SYSTEM = "system"
    #: It was stamped before: ask for that stamp, never send it anew.
    ALREADY = "already"


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """``text``: what happened. ``remedy``: what the person can do, or empty when ``text`` says it. ``known``: whether
    the code is in our tables."""

    code: str
    kind: Kind
    text: str
    remedy: str = ""
    known: bool = True

    @property
    def place(self) -> Place:
        """Where it is mended."""
        if self.code in _PLACES:
            return _PLACES[self.code]
        return _PLACE_OF_KIND.get(self.kind, Place.NONE)

    def __str__(self) -> str:
        # The names of doubts are the program's own; a code is what a person asks the PAC or the SAT about.
        code = "" if self.code in DOUBTS else f"[{self.code}]"
        return " ".join(part for part in (code, self.text, self.remedy) if part)


_PLACES = MappingProxyType({
    "401": Place.ISSUE,
    RESTING: Place.ACCOUNT,
    # What the SAT knows of the issuer: its standing, not its certificate.
    "402": Place.COMPANY,
    **dict.fromkeys(register.OF_RECEIVER, Place.CUSTOMER),
    **dict.fromkeys(register.OF_ISSUER, Place.COMPANY),
})
_PLACE_OF_KIND = MappingProxyType({
    Kind.CERTIFICATE: Place.CERTIFICATE, Kind.CREDENTIALS: Place.ACCOUNT, Kind.CREDITS: Place.CREDITS,
})


def _all(*rows: tuple[str, Kind, str, str]) -> Mapping[str, Explanation]:
    return MappingProxyType({
        code: Explanation(code=code, kind=kind, text=text, remedy=remedy) for code, kind, text, remedy in rows
    })


CODES = _all(
    ("300", Kind.CREDENTIALS, "El PAC no reconoce el usuario o la contraseña.",
     "Revise las credenciales y la vigencia del contrato con el PAC; después vuelva a intentarlo."),
    ("301", Kind.SYSTEM, "El archivo no cumple la estructura que pide el SAT (Anexo 20).",
     "Revise el dato que se indica. Si no lo reconoce, avise a soporte: reenviar lo mismo dará el mismo resultado."),
    ("302", Kind.SYSTEM, "El sello no corresponde al contenido del comprobante.",
     "Vuelva a timbrar para sellar de nuevo con el CSD vigente; no modifique el XML a mano."),
    ("303", Kind.CERTIFICATE, "El certificado de sello digital (CSD) es de un RFC distinto al del emisor.",
     "Cargue el CSD de la empresa que factura."),
    ("304", Kind.CERTIFICATE, "El CSD está revocado o caduco, o todavía no aparece en la lista del SAT.",
     "Verifíquelo en el portal del SAT. Uno recién tramitado tarda de 24 a 72 horas en publicarse."),
    ("305", Kind.CERTIFICATE, "La fecha del comprobante está fuera de la vigencia del CSD.",
     "Corrija la fecha, o renueve el CSD y cárguelo."),
    ("306", Kind.CERTIFICATE, "Se selló con la e.firma; las facturas se sellan con el certificado de sello digital.",
     "Cargue el CSD de la empresa (.cer y .key) y su contraseña."),
    ("307", Kind.ALREADY, "Este comprobante ya fue timbrado.",
     "Recupere el timbre que ya existe; no lo envíe como nuevo."),
    ("308", Kind.CERTIFICATE, "El certificado no fue emitido por el SAT.",
     "Use el CSD tramitado ante el SAT; en pruebas, uno de prueba."),
    ("309", Kind.SYSTEM, "El PAC no admite cómo está escrito el folio.",
     "Revise la serie y el folio de la factura; si son los de siempre, avise a soporte."),
    ("401", Kind.DATA, "La fecha es de hace más de 72 horas o futura, según la hora del código postal de expedición.",
     "Timbre con una fecha dentro de las últimas 72 horas y revise el código postal del lugar de expedición."),
    ("402", Kind.CERTIFICATE, "El SAT no tiene al emisor en su lista de contribuyentes con obligaciones (LCO).",
     "Revise la situación fiscal de la empresa en el portal del SAT; la lista se actualiza cada día."),
    ("403", Kind.DATA, "La fecha del comprobante es anterior a 2012.", "Corrija la fecha de la factura."),
    ("404", Kind.SYSTEM, "El PAC tuvo un error que no explica.",
     "Espere unos minutos y vuelva a intentarlo; si sigue, avise al PAC."),
    # Of Finkok only, whose other numbers are said with ours.
    ("603", Kind.SYSTEM, "El PAC no tiene un timbre anterior de este archivo.", "Vuelva a timbrar."),
    ("704", Kind.CERTIFICATE, "El PAC no pudo abrir la llave del certificado que tiene guardado.",
     "Cargue de nuevo en el portal del PAC el CSD de la empresa y su contraseña."),
    ("707", Kind.ALREADY, "El archivo que se envió ya llevaba un timbre.",
     "No se envía un CFDI timbrado: recupere el timbre que ya existe o avise a soporte."),
    ("711", Kind.CERTIFICATE, "El PAC no pudo usar el certificado de sello digital.",
     "Revise que el CSD de la empresa esté vigente y dado de alta con el PAC; después vuelva a timbrar."),
    ("712", Kind.CERTIFICATE, "El número de certificado no es el del certificado con que se selló.",
     "Cargue de nuevo el CSD de la empresa y vuelva a timbrar."),
    *((code, Kind.CERTIFICATE, "El PAC no admite la firma o el certificado de un productor del sector primario.",
       "Revise con el PAC cómo está dado de alta el emisor.") for code in ("715", "716", "717")),
    # Of SW only: structure, and chain of certificates.
    *((f"CO100{digit}", Kind.SYSTEM, "El PAC no pudo leer el archivo: su estructura no es la que pide el SAT.",
       "Revise el dato que se indica. Si no lo reconoce, avise a soporte.") for digit in range(6)),
    *((code, Kind.CERTIFICATE, "El PAC no reconoce al emisor del certificado con que se selló.",
       "Use el CSD tramitado ante el SAT; en pruebas, uno de prueba.") for code in ("CC2001", "CC3001", "CC3002")),
    (SIN_FOLIOS, Kind.CREDITS, "Se acabaron los timbres contratados con el PAC.",
     "Compre más timbres y vuelva a timbrar."),
    (NOT_ENROLLED, Kind.CREDENTIALS, "El RFC del emisor no está dado de alta en la cuenta que la empresa tiene con el"
     " PAC.", "Dé de alta el RFC en el portal del PAC (o pídaselo) y vuelva a timbrar."),
    (SUSPENDED, Kind.CREDENTIALS, "El PAC tiene suspendida la cuenta de la empresa.",
     "Hable con el PAC para reactivarla y después vuelva a timbrar."),
    *((code, Kind.DATA, text, remedy) for code, text, remedy in register.RULES),
)

#: Our text is general, and the PAC's may know more: it is added, whole.
_QUOTED = frozenset(code for code, _text, _remedy in register.RULES) | {
    "704", "707", "711", "712", "715", "716", "717", "CC2001", "CC3001", "CC3002", NOT_ENROLLED, SUSPENDED,
}

#: What :class:`base.Unknown` (its ``reason``) and :class:`base.NotFound` mean. Nobody has to do anything at once: the
#: same file is asked about again by itself.
DOUBTS = _all(
    ("timeout", Kind.SYSTEM, "El PAC no contestó a tiempo.",
     "No se sabe si timbró; se le volverá a preguntar por el mismo archivo, sin riesgo de timbrar dos veces."),
    ("unreachable", Kind.SYSTEM, "No hubo conexión con el PAC; la factura no salió.",
     "Se volverá a intentar. Si sigue, revise la conexión a internet o pregunte al PAC."),
    ("credentials", Kind.CREDENTIALS, "El PAC no reconoce el usuario o la contraseña, así que no se le pudo preguntar.",
     "Revise las credenciales y la vigencia del contrato con el PAC."),
    ("unreadable_answer", Kind.SYSTEM, "La respuesta del PAC no se entiende.",
     "No se sabe si timbró; se le volverá a preguntar por el mismo archivo."),
    ("server_error", Kind.SYSTEM, "El PAC tuvo un error propio.",
     "No se sabe si timbró; se le volverá a preguntar por el mismo archivo."),
    (RESTING, Kind.SYSTEM, "El PAC falló hace poco y se deja descansar; la factura no ha salido.",
     "Se volverá a intentar por sí sola."),
    (TURNED_AWAY, Kind.CREDENTIALS, "El PAC no admite la cuenta de la empresa; la factura no ha salido.",
     "En cuanto se corrija se enviará por sí sola."),
    ("contract", Kind.SYSTEM, "El PAC cambió su servicio, o no se pudo leer cómo llamarlo; la factura no salió.",
     "Se volverá a intentar. Si sigue, avise a soporte."),
    (NO_ACCESS, Kind.SYSTEM, "El PAC no dio acceso a su servicio; no salió nada de aquí.", "Se volverá a intentar."),
    ("not_found", Kind.SYSTEM, "El PAC no tiene, por ahora, un timbre para este archivo.",
     "Se volverá a enviar el mismo archivo; si pasaron 72 horas de su fecha, un responsable puede liberar la factura."),
    (LATE_START, Kind.SYSTEM, "El servidor tardó en empezar el envío y otro proceso puede haberlo tomado; de aquí no"
     " salió nada.", "Se volverá a intentar."),
    (CANNOT_ASK, Kind.SYSTEM, "A este PAC no se le puede preguntar por un envío y ya no admite el archivo, que tiene"
     " más de 72 horas.", "Busque la factura en el portal del SAT y en el del PAC. Después un responsable puede"
     " liberarla: si está timbrada, cargue su XML en la factura; si no, tímbrela de nuevo."),
    ("respuesta_de_otro_cfdi", Kind.SYSTEM, "El PAC respondió con un CFDI distinto del que se le envió.",
     "No se tomó como timbrado; se le volverá a preguntar."),
    ("timbre_de_otro_cfdi", Kind.SYSTEM, "La respuesta del PAC no trae el timbre de este CFDI.",
     "No se tomó como timbrado; se le volverá a preguntar."),
    ("sello_sat_invalido", Kind.SYSTEM, "El timbre que dio el PAC no está bien sellado: su sello no verifica con el"
     " certificado que él mismo indica.", "No se tomó como timbrado; se le volverá a preguntar."),
    (LATE_STAMP, Kind.SYSTEM, "El PAC dice que ya timbró este archivo y todavía no entrega el timbre.",
     "Se le volverá a preguntar por el mismo archivo; no se timbra dos veces."),
)


def explain(code: str, message: str = "") -> Explanation:
    """What a code means and what to do.

    ``code``: as the PAC gave it. ``message``: the PAC's own text. It is kept whole when the code is unknown, and added
    to ours when it may know more: what is wrong with the structure, or the values that break a rule.
    The slugs of ``DOUBTS`` are explained too, with their technical detail in ``message``.
    """
    if code in DOUBTS:
        doubt = DOUBTS[code]
        return doubt if message in ("", doubt.text) else replace(
            doubt, text=f"{doubt.text} Detalle: {message.rstrip('.')}.")
    known = CODES.get(code)
    if known is not None:
        text = known.text
        if message.startswith(text):
            text = message
        elif message and (known.kind is Kind.SYSTEM or code in _QUOTED):
            text = f"{text} {_quoted(message)}"
        return replace(known, text=text)
    rule = mensajes.texto(code) if _RULE.fullmatch(code) else None
    if rule and message.endswith(f"({code})"):
        # Worded by the core, whose sentences end with the code: the values and the remedy are in it.
        return Explanation(code=code, kind=Kind.DATA, text=message)
    if rule:
        return Explanation(code=code, kind=Kind.DATA, text=f"{rule} {_quoted(message)}".rstrip())
    text = message or "El PAC rechazó el comprobante sin decir por qué."
    return Explanation(code=code, kind=Kind.SYSTEM, text=text, known=False)


def is_turned_away(answer: object) -> bool:
    """Whether the PAC refused because of the account, not of the document: whatever comes next would be refused too."""
    return isinstance(answer, Refused) and explain(answer.code, answer.message).kind is Kind.CREDENTIALS


def _quoted(message: str) -> str:
    return f"El PAC dijo: «{message}»." if message else ""
