"""What the codes of a cancellation and of a receiver's answer mean, with the remedy, in plain Spanish.

The same number means one thing when a document is stamped (``codes``) and another one here, so these tables are apart.
The texts of 207 to 212 differ among PACs; ours are the SAT's. Whatever the wording, from 203 on nothing is cancelled.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from .codes import CODES, DOUBTS, NO_ACCESS, NOT_ENROLLED, SIN_FOLIOS, SUSPENDED, Explanation, Kind

#: The document has others in force that name it. The SAT's text, not a number.
NO_CANCELABLE = "no_cancelable"

#: A reason of ``Unknown``: the PAC has taken the request and tells of the SAT's answer later.
IN_PROCESS = "cancel_in_process"

#: Refusals at the door: given before the request is looked at, they say nothing about an earlier attempt.
NOT_EXAMINED = frozenset({"300", "708", "711", "798", "799", SIN_FOLIOS, NOT_ENROLLED, SUSPENDED})


def _all(*rows: tuple[str, Kind, str, str]) -> Mapping[str, Explanation]:
    return MappingProxyType({
        code: Explanation(code=code, kind=kind, text=text, remedy=remedy) for code, kind, text, remedy in rows
    })


# What both kinds of request share: signature, certificate, credentials, and the PAC's own troubles.
_SHARED = (
    ("300", Kind.CREDENTIALS, "El PAC no reconoce el usuario o la contraseña.",
     "Revise las credenciales y la vigencia del contrato con el PAC; después vuelva a enviar la solicitud."),
    ("301", Kind.SYSTEM, "La solicitud no cumple la estructura que pide el SAT.",
     "Vuelva a enviarla. Si se repite, avise a soporte: reenviar lo mismo dará el mismo resultado."),
    ("302", Kind.SYSTEM, "La firma de la solicitud no corresponde a su contenido.",
     "Vuelva a solicitar para que se firme de nuevo con el CSD vigente."),
    ("303", Kind.CERTIFICATE, "La solicitud se firmó con el certificado de otro RFC.",
     "Cargue el certificado de sello digital (CSD) de la empresa y vuelva a solicitar."),
    ("304", Kind.CERTIFICATE, "El CSD con que se firmó la solicitud está revocado o venció.",
     "Tramite un CSD nuevo en Certifica del SAT, cárguelo y vuelva a solicitar."),
    ("305", Kind.CERTIFICATE, "El SAT no admite el certificado con que se firmó la solicitud.",
     "Use un CSD vigente emitido por el SAT; uno recién tramitado tarda de 24 a 72 horas en publicarse."),
    ("309", Kind.SYSTEM, "Un folio fiscal (UUID) de la solicitud está mal escrito.",
     "Copie el folio fiscal del XML timbrado y vuelva a solicitar."),
    ("308", Kind.CERTIFICATE, "El certificado con que se firmó la solicitud no fue emitido por el SAT.",
     "Use el CSD tramitado ante el SAT; en pruebas, uno de prueba."),
    ("310", Kind.CERTIFICATE, "La solicitud se firmó con la e.firma y debe firmarse con el certificado de sello (CSD).",
     "Cargue el CSD de la empresa (.cer y .key) y vuelva a solicitar."),
    ("402", Kind.CERTIFICATE, "El SAT no tiene a la empresa en su lista de contribuyentes con obligaciones (LCO).",
     "Revise la situación fiscal de la empresa en el portal del SAT; la lista se actualiza cada día."),
    ("708", Kind.SYSTEM, "El servicio de cancelación del SAT no está disponible.",
     "No es culpa de la factura. Espere unos minutos y vuelva a intentarlo."),
    ("711", Kind.CERTIFICATE, "El PAC no pudo usar el certificado de sello digital.",
     "Revise que el CSD de la empresa esté vigente y dado de alta con el PAC; después vuelva a solicitar."),
    ("798", Kind.SYSTEM, "El PAC ya tiene una solicitud reciente por este mismo folio y no admite otra tan pronto.",
     "Consulte el estado en el SAT; si no procedió, vuelva a solicitar cuando pasen 72 horas de la anterior."),
    ("799", Kind.SYSTEM, "El PAC ya recibió más de cinco solicitudes por este mismo folio y no admite otra.",
     "Consulte el estado en el SAT antes de volver a solicitar; si sigue vigente, pida al PAC que la libere."),
    (SIN_FOLIOS, Kind.CREDITS, CODES[SIN_FOLIOS].text, "Compre más timbres y vuelva a enviar la solicitud."),
    (NOT_ENROLLED, Kind.CREDENTIALS, CODES[NOT_ENROLLED].text,
     "Dé de alta el RFC en el portal del PAC (o pídaselo) y vuelva a enviar la solicitud."),
    (SUSPENDED, Kind.CREDENTIALS, CODES[SUSPENDED].text,
     "Hable con el PAC para reactivarla y después vuelva a enviar la solicitud."),
)

CANCEL = _all(
    *_SHARED,
    ("201", Kind.ALREADY, "El SAT recibió la solicitud. Todavía no significa que la factura esté cancelada.",
     "Consulte el estado en el SAT: si necesita aceptación, el cliente tiene tres días hábiles para contestar."),
    ("202", Kind.ALREADY, "La cancelación ya se había solicitado, o la factura ya está cancelada.",
     "No hace falta repetirla: consulte el estado en el SAT."),
    ("203", Kind.DATA, "La factura no la emitió el RFC que pide cancelarla.",
     "Revise que la empresa activa sea la emisora; solo el emisor puede cancelar."),
    ("204", Kind.DATA, "El SAT dice que la factura no se puede cancelar.",
     "Consulte su estado en el SAT; si otras facturas o pagos dependen de ella, cancele primero esos."),
    ("205", Kind.DATA, "El SAT todavía no tiene este folio fiscal.",
     "Si se timbró hace poco, espere: puede tardar desde minutos hasta horas. Después vuelva a solicitar."),
    ("206", Kind.DATA, "El folio fiscal no es de un CFDI del sector primario, que es lo que admite este servicio.",
     "Solicite la cancelación por el servicio general, con el CSD de la empresa."),
    ("207", Kind.DATA, "Falta el motivo de cancelación, o no es válido para esta factura.",
     "Elija el motivo: 01 errores con sustituta, 02 errores sin sustituta, 03 no se llevó a cabo la operación;"
     " el 04 es solo para facturas globales."),
    ("208", Kind.DATA, "El folio de la factura sustituta no es válido.",
     "Timbre primero la factura sustituta, del mismo emisor y con relación 04 a la que se cancela, y que siga vigente;"
     " o elija el motivo 02 si no hay sustituta."),
    ("209", Kind.DATA, "Se indicó una factura sustituta y el motivo elegido no la lleva.",
     "Quite el folio de sustitución, o use el motivo 01."),
    ("210", Kind.DATA, "Ya pasó el plazo para cancelar: el mes en que se presenta la declaración anual del ejercicio en"
     " que se emitió.", "Ya no se puede cancelar. Consulte con su contador cómo corregirlo, por ejemplo con una nota de"
     " crédito."),
    ("211", Kind.DATA, "Ya pasó el plazo para cancelar la factura global.",
     "Ya no se puede cancelar. Consulte con su contador cómo corregirlo, por ejemplo con una nota de crédito."),
    ("212", Kind.DATA, "La factura sustituta no dice que sustituye a esta.",
     "Timbre la sustituta con la relación 04 (sustitución) a esta factura; o elija el motivo 02."),
    ("213", Kind.DATA, "La solicitud de cancelación fue rechazada: por el cliente, si necesitaba su aceptación, o por"
     " el SAT.",
     "Consulte el estado de la factura en el SAT; si sigue vigente, acuerde la cancelación con el cliente y vuelva a"
     " solicitar."),
    (NO_CANCELABLE, Kind.DATA, "La factura no se puede cancelar mientras haya documentos vigentes relacionados con ella"
     " (complementos de pago, notas de crédito u otros).", "Cancele primero esos documentos y después la factura."),
    ("311", Kind.DATA, "La clave del motivo de cancelación está mal escrita.",
     "Elija uno de los motivos 01, 02, 03 o 04 y vuelva a solicitar."),
    ("312", Kind.DATA, "La factura sustituta no está relacionada como pide el motivo elegido.",
     "Timbre la sustituta con la relación 04 (sustitución) a esta factura; o elija el motivo 02."),
    ("314", Kind.DATA, "La relación de la factura sustituta con la que se cancela no es válida.",
     "Timbre la sustituta con la relación 04 (sustitución) a esta factura; o elija el motivo 02."),
)

ANSWER = _all(
    *_SHARED,
    ("1000", Kind.ALREADY, "El SAT recibió la respuesta.", "Consulte el estado de la factura en el SAT."),
    ("1001", Kind.DATA, "No hay una solicitud de cancelación pendiente de su respuesta para este folio.",
     "Pudo vencer el plazo o retirarse: consulte el estado de la factura en el SAT."),
    ("1002", Kind.ALREADY, "Ya se había contestado la solicitud de cancelación de este folio.",
     "La respuesta no se puede cambiar; consulte el estado de la factura en el SAT."),
    ("1003", Kind.CERTIFICATE, "La respuesta se firmó con el certificado de otro RFC: firma quien recibió la factura.",
     "Cargue el CSD de la empresa que recibió la factura y vuelva a contestar."),
    ("1004", Kind.DATA, "Hay más de una solicitud de cancelación para el mismo folio.",
     "Conteste cada folio una sola vez; si se repite, espere unos minutos y vuelva a consultar las pendientes."),
    ("1005", Kind.SYSTEM, "El folio fiscal (UUID) de la respuesta falta o está mal escrito.",
     "Copie el folio fiscal del XML timbrado y vuelva a contestar."),
    ("1006", Kind.SYSTEM, "La respuesta lleva más folios de los que el SAT admite a la vez (500).",
     "Conteste en grupos de 500 o menos."),
    ("1100", Kind.ALREADY, "Hay cancelaciones que esperan su respuesta.",
     "Acéptelas o rechácelas antes de tres días hábiles: el silencio se toma como aceptación."),
    ("1101", Kind.ALREADY, "No hay cancelaciones que esperen su respuesta.", "No hace falta hacer nada."),
    ("2000", Kind.ALREADY, "La factura tiene documentos relacionados.",
     "Si están vigentes y no la sustituyen, cancele primero esos documentos."),
    ("2001", Kind.ALREADY, "La factura no tiene documentos relacionados.", "Puede solicitar su cancelación."),
    ("2002", Kind.DATA, "El folio fiscal no es de una factura de este RFC.",
     "Consulte como quien la emitió o la recibió, y revise el folio."),
)


# A doubt about a cancellation is not one about a stamp, so its words are its own.
DOUBTS_OF_CANCEL = _all(
    ("timeout", Kind.SYSTEM, "El PAC no contestó a tiempo.",
     "No se sabe si el SAT tiene la solicitud; se le preguntará por su estado. Repetirla no cancela dos veces."),
    ("unreachable", Kind.SYSTEM, "No hubo conexión con el PAC; la solicitud no salió.",
     "Se volverá a intentar. Si sigue, revise la conexión a internet o pregunte al PAC."),
    ("credentials", Kind.CREDENTIALS, DOUBTS["credentials"].text, DOUBTS["credentials"].remedy),
    ("unreadable_answer", Kind.SYSTEM, "La respuesta del PAC no se entiende.",
     "No se sabe si el SAT tiene la solicitud; se le preguntará por su estado."),
    ("server_error", Kind.SYSTEM, "El PAC tuvo un error propio.",
     "No se sabe si el SAT tiene la solicitud; se le preguntará por su estado."),
    ("contract", Kind.SYSTEM, "El PAC cambió su servicio, o no se pudo leer cómo llamarlo; la solicitud no salió.",
     "Se volverá a intentar. Si sigue, avise a soporte."),
    (NO_ACCESS, Kind.SYSTEM, DOUBTS[NO_ACCESS].text, DOUBTS[NO_ACCESS].remedy),
    (IN_PROCESS, Kind.SYSTEM, "El PAC tiene la solicitud y todavía no dice qué contestó el SAT.",
     "Se consultará su estado en el SAT. Repetirla no cancela dos veces."),
)


def explain_cancel(code: str, message: str = "") -> Explanation:
    """What a code of a cancellation means and what to do.

    ``code``: EstatusUUID, CodEstatus or a slug of :class:`base.Unknown`, as it came. ``message``: the PAC's own text;
    it is kept whole when the code is unknown, and added to ours when it says more.
    """
    return _explain(CANCEL, code, message, "El PAC rechazó la cancelación sin decir por qué.")


def explain_answer(code: str, message: str = "") -> Explanation:
    """The same for a receiver's answer, the list of pending ones and that of related documents."""
    return _explain(ANSWER, code, message, "El PAC rechazó la petición sin decir por qué.")


def _explain(table: Mapping[str, Explanation], code: str, message: str, silent: str) -> Explanation:
    known = table.get(code) or DOUBTS_OF_CANCEL.get(code)
    if known is None:
        return Explanation(code=code, kind=Kind.SYSTEM, text=message or silent, known=False)
    if not message or message == known.text:
        return known
    if message.startswith(known.text):
        return replace(known, text=message)
    said = f"Detalle: {message.rstrip('.')}." if code in DOUBTS_OF_CANCEL else f"El PAC dijo: «{message}»."
    return replace(known, text=f"{known.text} {said}")
