"""What only the SAT's register of taxpayers knows: the codes with which it refuses names, RFC and ZIP codes, and the
likely cause, from what was sent.

No rule of ours can find these before sending, so the message has to carry what a person would look at next.
"""

from ..cfdi import rfc as rfcs
from ..cfdi.nombre import nombre_fiscal

_CSF = "la Constancia de Situación Fiscal"

#: (code, text, remedy) of the rules about the register.
RULES = (
    ("CFDI40138", "El SAT no encuentra a la empresa en su registro de contribuyentes.",
     f"Revise el RFC y el nombre de la empresa contra {_CSF}."),
    ("CFDI40139", "El nombre de la empresa no es el que tiene registrado el SAT.",
     f"Escriba el nombre como está en {_CSF}: en mayúsculas y sin el tipo de sociedad."),
    ("CFDI40143", "RFC no encontrado: el RFC del cliente no está en la lista del SAT, o fue cancelado.",
     f"Pida al cliente {_CSF} y corrija el RFC en su ficha."),
    ("CFDI40144", "El nombre del cliente no está en el registro del SAT.",
     f"Escriba el nombre como está en {_CSF} del cliente: en mayúsculas y sin el tipo de sociedad."),
    ("CFDI40145", "El nombre del cliente no es el que el SAT tiene registrado para su RFC.",
     f"Escriba el nombre como está en {_CSF} del cliente: en mayúsculas y sin el tipo de sociedad."),
    ("CFDI40147", "El código postal fiscal del cliente no está en el registro del SAT.",
     f"Escriba el código postal que dice {_CSF} del cliente."),
    ("CFDI40148", "El código postal fiscal del cliente no es el que el SAT tiene registrado para su RFC.",
     f"Escriba el código postal que dice {_CSF} del cliente; no el de entrega ni el de una sucursal."),
)

_OF_RFC = frozenset({"CFDI40143"})
_OF_NAME = frozenset({"CFDI40144", "CFDI40145", "CFDI40146"})
_OF_ZIP = frozenset({"CFDI40147", "CFDI40148", "CFDI40149"})
_OF_REGIME = frozenset({"CFDI40157", "CFDI40158", "CFDI40159"})
#: Mended on the customer's record. Those about the use of the CFDI (40160, 40161) are of the invoice.
OF_RECEIVER = _OF_RFC | _OF_NAME | _OF_ZIP | _OF_REGIME | {f"CFDI40{number}" for number in range(150, 157)}
#: Mended in the company's fiscal data.
OF_ISSUER = frozenset({f"CFDI40{number}" for number in range(138, 143)})


def hint(code: str, *, written: str, rfc: str, name: str, zip_code: str = "", regime: str = "") -> str:
    """The likely cause of a refusal of the receiver's data, with the values concerned; empty for any other code.

    ``written``: the RFC as it stands on the customer's record. ``rfc``, ``name``, ``zip_code``, ``regime``: as sent.
    """
    if code not in OF_RECEIVER:
        return ""
    if rfcs.es_generico(rfc) and code not in _OF_ZIP | _OF_REGIME:
        return _generic(rfc)
    if code in _OF_RFC:
        return _about_rfc(written, rfc)
    if code in _OF_NAME:
        return _about_name(rfc, name)
    if code in _OF_ZIP:
        return f"Se envió el código postal «{zip_code}»." + (
            " Con el RFC genérico debe ser el del lugar de expedición." if rfcs.es_generico(rfc) else "")
    if code in _OF_REGIME:
        return f"Se envió el régimen «{regime}»." + (
            " Con el RFC genérico es el 616, sin obligaciones fiscales." if rfcs.es_generico(rfc) else "")
    return ""


def _generic(rfc: str) -> str:
    return (f"Se envió el RFC genérico {rfc}: si el cliente pidió factura a su nombre, escriba su propio RFC; si no,"
            " van con él el régimen 616, el uso S01 y el código postal del lugar de expedición.")


def _about_rfc(written: str, rfc: str) -> str:
    if written.strip() != rfcs.compact(written):
        return (f"En su ficha está escrito «{written}», con espacios, guiones u otros signos, y se envió «{rfc}»:"
                " compare letra por letra y escríbalo sin ellos.")
    if not rfcs.is_valid(rfc):
        return f"«{rfc}» no tiene la forma de un RFC (12 o 13 caracteres)."
    if not rfcs.digito_correcto(rfc):
        return (f"El último carácter de «{rfc}» no es el que le toca por los demás: es probable que haya un error al"
                " escribirlo.")
    return (f"«{rfc}» está bien formado: es probable que sea de otra persona, que esté cancelado o que el SAT lo haya"
            " dado de alta hace poco.")


def _about_name(rfc: str, name: str) -> str:
    proposal = nombre_fiscal(name, moral=not rfcs.es_fisica(rfc))
    if proposal and proposal != name:
        return f"Se envió «{name}»; es probable que el SAT lo tenga como «{proposal}»."
    return (f"Se envió «{name}» para el RFC {rfc}: compare con la constancia hasta los puntos, las comas y las letras Ñ"
            " y &.")
