"""Whether the receptor must accept a cancellation (RMF 2.7.1.34 and 2.7.1.35).

The rules are data, tried in order; the first that is met decides, and without any the receptor must accept. What cannot
be told from the document (rules ``manual``) never decides: it is said, for the accountant to judge. The SAT's query
service has the last word (``estado.EsCancelable``).
"""
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from .plazos import Calendario, leer_dia, leer_filas
from .rfc import RFC_EXTRANJERO, RFC_NACIONAL


class Condicion(StrEnum):
    """What a rule looks at; ``valor`` completes it."""
    TOTAL_HASTA = 'total_hasta'
    """The total, in pesos, is not above ``valor``."""
    TIPO = 'tipo'
    """TipoDeComprobante is one of ``valor`` (apart by spaces)."""
    RECEPTOR_GENERICO = 'receptor_generico'
    """It was issued to the general public (XAXX010101000)."""
    RECEPTOR_EXTRANJERO = 'receptor_extranjero'
    """It was issued to someone who lives abroad (XEXX010101000)."""
    REGIMEN_EMISOR = 'regimen_emisor'
    """The issuer's regime is one of ``valor``."""
    DIA_HABIL_SIGUIENTE = 'dia_habil_siguiente'
    """It is cancelled no later than the business day after its issue; of the types in ``valor``, or any if empty."""
    MANUAL = 'manual'
    """A document does not tell. ``valor``: keys of the rules to which this is an exception; empty: to needing it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caso:
    """A document that would be cancelled. ``total`` is in pesos (who asks converts it), ``emitido`` and ``solicitado``
    are local days."""
    tipo: str
    total: Decimal
    rfc_emisor: str
    rfc_receptor: str
    regimen_emisor: str
    emitido: date
    solicitado: date


@dataclass(frozen=True, slots=True, kw_only=True)
class ReglaAceptacion:
    """A rule, in force for requests made between two days (inclusive; None leaves that side open). ``certeza``: see
    ``plazos``. ``texto`` is a clause in Spanish that says the reason."""
    clave: str
    condicion: Condicion
    valor: str
    desde: date | None
    hasta: date | None
    certeza: str
    necesita: bool
    fuente: str
    texto: str

    def vigente(self, el: date) -> bool:
        """Whether it is in force for a request of that day."""
        return (self.desde is None or self.desde <= el) and (self.hasta is None or el <= self.hasta)

    def se_cumple(self, caso: Caso, calendario: Calendario) -> bool:
        """Whether the document is in it. A manual one never is."""
        return _CONDICIONES[self.condicion](caso, self.valor, calendario)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dictamen:
    """``regla`` decided (None: no rule did, so acceptance is needed); ``salvo`` are the manual ones that would decide
    the contrary if they apply. ``incierto``: the rule is in doubt. ``texto`` says it all to the accountant."""
    necesita: bool
    regla: ReglaAceptacion | None
    texto: str
    incierto: bool
    salvo: tuple[ReglaAceptacion, ...] = ()


def dictamen(caso: Caso, reglas: Iterable[ReglaAceptacion], calendario: Calendario) -> Dictamen:
    """Whether that document needs the receptor's acceptance, and why."""
    vigentes = [regla for regla in reglas if regla.vigente(caso.solicitado)]
    regla = next((una for una in vigentes if una.se_cumple(caso, calendario)), None)
    necesita = regla is None or regla.necesita
    clave = '' if regla is None else regla.clave
    salvo = tuple(una for una in vigentes if una.condicion is Condicion.MANUAL and una.necesita is not necesita
                  and (clave in una.valor.split() if una.valor else necesita))
    incierto = regla is not None and regla.certeza == 'U'
    return Dictamen(necesita=necesita, regla=regla, texto=_explicar(necesita, regla, salvo, incierto),
                    incierto=incierto, salvo=salvo)


def _explicar(necesita, regla, salvo, incierto):
    motivo = 'no está en ninguno de los casos de la regla 2.7.1.35 que la eximen' if regla is None else regla.texto
    frases = [f'{"Necesita" if necesita else "No necesita"} aceptación: {motivo}.']
    if incierto:
        frases.append('No es seguro: lo dirá la consulta del SAT.')
    if salvo:
        casos = '; '.join(una.texto for una in salvo)
        frases.append(f'Si aplica, no la necesita: {casos}.' if necesita else f'Si aplica, sí la necesita: {casos}.')
    return ' '.join(frases)


def _en_lista(texto, valor):
    return texto in valor.split()


def _a_tiempo(caso, valor, calendario):
    return ((not valor or _en_lista(caso.tipo, valor))
            and caso.solicitado <= calendario.siguiente_habil(caso.emitido))


_CONDICIONES: dict[Condicion, Callable[[Caso, str, Calendario], bool]] = {
    Condicion.TOTAL_HASTA: lambda caso, valor, _calendario: caso.total <= Decimal(valor),
    Condicion.TIPO: lambda caso, valor, _calendario: _en_lista(caso.tipo, valor),
    Condicion.RECEPTOR_GENERICO: lambda caso, _valor, _calendario: caso.rfc_receptor == RFC_NACIONAL,
    Condicion.RECEPTOR_EXTRANJERO: lambda caso, _valor, _calendario: caso.rfc_receptor == RFC_EXTRANJERO,
    Condicion.REGIMEN_EMISOR: lambda caso, valor, _calendario: _en_lista(caso.regimen_emisor, valor),
    Condicion.DIA_HABIL_SIGUIENTE: _a_tiempo,
    Condicion.MANUAL: lambda _caso, _valor, _calendario: False,
}


def leer_reglas_aceptacion(texto_csv: str) -> tuple[ReglaAceptacion, ...]:
    """The shipped rules, in the order of ``sequence``. ValueError or KeyError if the file is not what it should be."""
    return tuple(ReglaAceptacion(
        clave=fila['code'], condicion=Condicion(fila['condition']), valor=fila['value'],
        desde=leer_dia(fila['date_from']), hasta=leer_dia(fila['date_to']), certeza=fila['certainty'],
        necesita={'1': True, '0': False}[fila['needs_acceptance']], fuente=fila['source'], texto=fila['text'],
    ) for fila in leer_filas(texto_csv))
