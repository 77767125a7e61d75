"""The SAT's rules about who accepts and until when, applied to a stamped document at a moment: the same files that the
addon loads into its tables."""

from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

from ..cfdi import aceptacion, plazos, rfc
from ..cfdi.amounts import producto
from ..cfdi.values import Comprobante
from .clock import CENTRAL
from .review import zone_of

_DATA = Path(__file__).resolve().parent.parent / "data"
#: Régimen Simplificado de Confianza.
_RESICO = "626"


def needs_acceptance(comprobante: Comprobante, now: datetime) -> bool:
    """Whether the receiver must accept the cancellation if it is asked for now."""
    rate = comprobante.tipo_cambio if isinstance(comprobante.tipo_cambio, Decimal) else Decimal(1)
    case = aceptacion.Caso(
        tipo=comprobante.tipo_de_comprobante, total=producto(comprobante.total, rate),
        rfc_emisor=comprobante.emisor.rfc, rfc_receptor=comprobante.receptor.rfc,
        regimen_emisor=comprobante.emisor.regimen_fiscal, emitido=comprobante.fecha.date(),
        solicitado=local_date(comprobante, now),
    )
    return aceptacion.dictamen(case, _acceptance_rules(), _calendar()).necesita


def answer_deadline(now: datetime) -> datetime:
    """The last second in which the receiver may answer a request made now; with zone."""
    asked = now.astimezone(CENTRAL).replace(tzinfo=None)
    return _calendar().vence_respuesta(asked).replace(tzinfo=CENTRAL).astimezone(now.tzinfo)


def last_day(comprobante: Comprobante) -> date | None:
    """The last local day on which its cancellation may be asked for; ``None``: no rule is about it."""
    term = plazos.ultimo_dia(
        comprobante.fecha.date(), plazos.Persona.de(comprobante.emisor.rfc), _deadline_rules(),
        plazos.Clase.GLOBAL_RESICO if is_resico_global(comprobante) else plazos.Clase.DOCUMENTO,
    )
    return term.fecha if term else None


def is_resico_global(comprobante: Comprobante) -> bool:
    """Whether it is a global invoice of a natural person in the RESICO, which has a deadline of its own."""
    return (
        comprobante.informacion_global is not None
        and comprobante.emisor.regimen_fiscal == _RESICO
        and not rfc.es_moral(comprobante.emisor.rfc)
    )


def local_date(comprobante: Comprobante, now: datetime) -> date:
    """The day that it is where the document was issued."""
    return now.astimezone(zone_of(comprobante.lugar_expedicion)).date()


@lru_cache(maxsize=1)
def _calendar() -> plazos.Calendario:
    return plazos.Calendario(plazos.leer_inhabiles(_read("holiday")))


@lru_cache(maxsize=1)
def _acceptance_rules() -> tuple[aceptacion.ReglaAceptacion, ...]:
    return aceptacion.leer_reglas_aceptacion(_read("acceptance.rule"))


@lru_cache(maxsize=1)
def _deadline_rules() -> tuple[plazos.ReglaPlazo, ...]:
    return plazos.leer_reglas_plazo(_read("deadline.rule"))


def _read(table: str) -> str:
    return (_DATA / f"l10n_mx_cfdi40.{table}.csv").read_text(encoding="utf-8")
