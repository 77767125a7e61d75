"""Until when: business days of the tax authority, the receptor's three, and the last day to cancel.

The rules are data (``data/l10n_mx_cfdi40.*.csv``), because they change with each year's resolution; here is how they
are applied. ``certeza`` says how sure a rule is: A, the official text; B, several sources; C, one; U, in doubt.
"""
import calendar
import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum

from . import amounts, rfc

#: Business days that the receptor has to answer (RMF 2.7.1.34).
DIAS_RESPUESTA = 3
_MULTA_MINIMA, _MULTA_MAXIMA = Decimal('0.05'), Decimal('0.10')


@dataclass(frozen=True, slots=True)
class Calendario:
    """Business days of the tax authority (CFF 12): not Saturday, Sunday nor a day of ``inhabiles``."""
    inhabiles: frozenset[date] = frozenset()

    def es_habil(self, dia: date) -> bool:
        """Whether terms run on that day."""
        return dia.weekday() < 5 and dia not in self.inhabiles

    def siguiente_habil(self, dia: date) -> date:
        """The first business day after that one."""
        return self.sumar_habiles(dia, 1)

    def sumar_habiles(self, dia: date, cuantos: int) -> date:
        """The day on which that many business days have passed after ``dia``, which does not count. 0 gives ``dia``."""
        while cuantos > 0:
            dia += timedelta(days=1)
            cuantos -= self.es_habil(dia)
        return dia

    def vence_respuesta(self, solicitada: datetime) -> datetime:
        """The last second in which the receptor may answer a request made then; after it, silence is consent. Both are
        naive, of the centre of Mexico."""
        return datetime.combine(self.sumar_habiles(solicitada.date(), DIAS_RESPUESTA), time(23, 59, 59))

    def conoce(self, anio: int) -> bool:
        """Whether there is a holiday of that year: without any, what is counted in it is only Saturdays and Sundays."""
        return any(dia.year == anio for dia in self.inhabiles)


class Persona(StrEnum):
    """Whose deadline it is: the annual return of each falls in another month."""
    MORAL = 'moral'
    FISICA = 'fisica'
    TODAS = 'todas'

    @classmethod
    def de(cls, rfc_emisor: str) -> 'Persona':
        """The kind of person of an RFC."""
        return cls.MORAL if rfc.es_moral(rfc_emisor) else cls.FISICA


class Clase(StrEnum):
    """Documents with a deadline of their own."""
    DOCUMENTO = 'documento'
    """Any."""
    GLOBAL_RESICO = 'global_resico'
    """Global invoice of a natural person in the simplified regime (626)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReglaPlazo:
    """The last day to cancel what was issued between two dates (inclusive; None leaves that side open): ``dia`` of
    ``mes`` of the year after the issue, or, if ``mes`` is 0, the last day of the month of issue."""
    clave: str
    persona: Persona
    clase: Clase
    emitido_desde: date | None
    emitido_hasta: date | None
    mes: int
    dia: int
    certeza: str
    fuente: str
    texto: str

    def rige(self, emitido: date, persona: Persona, clase: Clase) -> bool:
        """Whether it is about such a document."""
        return (self.clase is clase and self.persona in (persona, Persona.TODAS)
                and (self.emitido_desde is None or self.emitido_desde <= emitido)
                and (self.emitido_hasta is None or emitido <= self.emitido_hasta))

    def fecha(self, emitido: date) -> date:
        """The last day for a document issued then."""
        anio, mes = (emitido.year + 1, self.mes) if self.mes else (emitido.year, emitido.month)
        ultimo = calendar.monthrange(anio, mes)[1]
        return date(anio, mes, min(self.dia, ultimo) if self.mes else ultimo)


@dataclass(frozen=True, slots=True)
class Plazo:
    """The last day to ask for the cancellation; ``incierto`` if the rule that says so is in doubt."""
    fecha: date
    regla: ReglaPlazo
    incierto: bool


def ultimo_dia(emitido: date, persona: Persona, reglas: Iterable[ReglaPlazo],
               clase: Clase = Clase.DOCUMENTO) -> Plazo | None:
    """The last day to cancel a document issued on that (local) day, by the first rule that is about it; None if there
    is none. A class without a rule of its own has that of any document."""
    reglas = tuple(reglas)
    for buscada in dict.fromkeys((clase, Clase.DOCUMENTO)):
        for regla in reglas:
            if regla.rige(emitido, persona, buscada):
                return Plazo(regla.fecha(emitido), regla, regla.certeza == 'U')
    return None


def multa(total: Decimal) -> tuple[Decimal, Decimal]:
    """Least and greatest fine for cancelling late: 5 % and 10 % of the document's total, in its currency (CFF 81 XLVI
    and 82 XLII)."""
    return tuple(amounts.redondear(amounts.producto(total, parte), 2) for parte in (_MULTA_MINIMA, _MULTA_MAXIMA))


def leer_reglas_plazo(texto_csv: str) -> tuple[ReglaPlazo, ...]:
    """The shipped rules, in the order of ``sequence``. ValueError or KeyError if the file is not what it should be."""
    return tuple(ReglaPlazo(
        clave=fila['code'], persona=Persona(fila['person']), clase=Clase(fila['kind']),
        emitido_desde=leer_dia(fila['date_from']), emitido_hasta=leer_dia(fila['date_to']), mes=int(fila['month']),
        dia=int(fila['day']), certeza=fila['certainty'], fuente=fila['source'], texto=fila['text'],
    ) for fila in leer_filas(texto_csv))


def leer_inhabiles(texto_csv: str) -> frozenset[date]:
    """The days of the shipped calendar. ValueError or KeyError as ``leer_reglas_plazo``."""
    return frozenset(date.fromisoformat(fila['date']) for fila in csv.DictReader(io.StringIO(texto_csv)))


def leer_filas(texto_csv: str) -> list[dict[str, str]]:
    """The rows of a shipped table of rules, in the order in which they are tried."""
    return sorted(csv.DictReader(io.StringIO(texto_csv)), key=lambda fila: int(fila['sequence']))


def leer_dia(texto: str) -> date | None:
    """A date in ISO, or None if the cell is empty."""
    return date.fromisoformat(texto) if texto else None
