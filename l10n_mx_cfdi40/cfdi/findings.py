"""Everything that is wrong with a comprobante, at once: `check` runs the format checks and the SAT's rules.

What a document holds never raises here: it becomes a :class:`Finding`.  The codes are the SAT's ("Matriz de errores del
CFDI 4.0"); structure problems without a code of their own use the PACs' common code ``301``, and a date outside the 72
hours uses ``401``.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Context, Decimal, localcontext

from .mensajes import mensaje
from .rules import REGLAS, formato
from .rules.documento import Documento
from .rules.registro import AVISO, ERROR, GRUPOS

__all__ = ['Contexto', 'Finding', 'Inscrito', 'check', 'mensaje']

# Products of two t_Importe (18 integer digits, 6 decimals) and sums of many of them stay exact, whatever the context of
# the caller.
_ARITMETICA = Context(prec=96, traps=[])


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem of a comprobante.

    ``path`` names the attribute or node with 1-based indexes, e.g.
    ``Comprobante/Conceptos/Concepto[3]/Impuestos/Traslados/Traslado[1]/@Base``; ``severity`` is 'error' (the SAT or the
    PAC would refuse the document) or 'warning'; ``params`` holds what the message needs (amounts as Decimal).
    """

    code: str
    path: str
    severity: str = ERROR
    params: Mapping[str, object] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inscrito:
    """What the SAT's list of registered RFC (l_RFC) says of one RFC: legal name and ZIP of the fiscal address."""

    nombre: str
    codigo_postal: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Contexto:
    """What the rules need from outside, as plain callables.

    :ivar catalogos: ``(catalogo, claves, el) -> {clave: Entrada}`` with the rows in force on that date; empty
        ``claves`` asks for every row of a small catalog; an answer of ``None`` means that this catalog is not at hand,
        and its rules stay silent.
    :ivar ahora: ``(codigo_postal) -> datetime`` the naive local time now in the zone of that ZIP.
    :ivar anios_anteriores: how many years before that of Fecha the SAT accepts in InformacionGlobal/@Año: the official
        matrix says five (CFDI40136). The filling guide says one: between both there is a warning.
    :ivar confirmacion_en_vigor: whether the SAT has put in force the confirmation key (CFDI40118, 40120, 40127-40129,
        CRP20216 and CRP20220 are suspended until it publishes how to obtain one).
    :ivar tipo_cambio_fix: ``(moneda, el) -> Decimal | None`` the published FIX rate, for CFDI40118 and CRP20216.
    :ivar limite_total: ``(rfc) -> Decimal | None`` the issuer's own limit of Total (or of a Monto) in MXN, for
        CFDI40120 and CRP20220; without one, that of c_TipoDeComprobante.
    :ivar confirmacion: ``(clave, rfc) -> 'valida' | 'invalida' | 'usada' | None``, for CFDI40128 and CFDI40129.
    :ivar lista_lco: ``(rfcs) -> those that are in the l_LCO``, or None when the list is unknown (CFDI40187).
    :ivar lista_rfc: ``(rfcs) -> {rfc: Inscrito}`` from the l_RFC, or None when the list is unknown (CFDI40189-40193,
        CRP20222).
    :ivar pedimentos: ``(aduana, patente, ejercicio) -> last progressive number``, None when unknown (CFDI40194).
    :ivar certificado_valido: ``(Certificado) -> bool``, whether the certificate was issued by the SAT (or by the test
        authority in use) and not revoked; None when nobody can tell (CFDI40106).
    """

    catalogos: Callable[[str, Collection[str], date], Mapping[str, object] | None]
    ahora: Callable[[str], datetime]
    anios_anteriores: int = 5
    confirmacion_en_vigor: bool = False
    tipo_cambio_fix: Callable[[str, date], Decimal | None] | None = None
    limite_total: Callable[[str], Decimal | None] | None = None
    confirmacion: Callable[[str, str], str | None] | None = None
    lista_lco: Callable[[Collection[str]], Collection[str]] | None = None
    lista_rfc: Callable[[Collection[str]], Mapping[str, Inscrito]] | None = None
    pedimentos: Callable[[str, str, int], int | None] | None = None
    certificado_valido: Callable[[object], bool] | None = None


def check(comprobante, context: Contexto, *, skip: Collection[str] = ()) -> list[Finding]:
    """Return every finding of the comprobante, in the order of its nodes' rules.

    :param skip: groups of rules to leave out: 'seal' (Sello, Certificado and NoCertificado: CFDI40102, CFDI40106) for
        a document not yet sealed, 'time' (the 72 hours of Fecha: 401) for one of the past.
    :raises ValueError: for an unknown group; never for what the document holds.
    """
    saltar = frozenset(skip)
    if not saltar <= GRUPOS:
        raise ValueError(f'Unknown groups of rules: {sorted(saltar - GRUPOS)}')
    with localcontext(_ARITMETICA):
        documento = Documento(comprobante, context)
        hallazgos = [
            Finding(codigo, ruta, severidad, params)
            for codigo, ruta, severidad, params in formato.revisar(documento)
        ]
        for una in REGLAS:
            if una.grupo in saltar or (una.suspendida and not context.confirmacion_en_vigor):
                continue
            if una.complemento is not None and una.complemento not in documento.clases_complemento:
                continue
            for ruta, params, *severidad in una.funcion(documento):
                hallazgos.append(Finding(una.codigo, ruta, severidad[0] if severidad else una.severidad, params))
    return hallazgos


def errores(hallazgos: Collection[Finding]) -> list[Finding]:
    """Return the findings that forbid sending the document."""
    return [hallazgo for hallazgo in hallazgos if hallazgo.severity != AVISO]
