"""Fecha: which one to write in a document.

A PAC stamps a document up to 72 hours after its Fecha and never before it (RMF 2.7.2.9), by the clock of the ZIP of
LugarExpedicion. So the invoice's own date is kept while that is possible.
"""
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

LIMITE = timedelta(hours=72)
#: Left for sending, and for the hour that the clock moves at the northern border.
MARGEN = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Propuesta:
    """The Fecha to write (local, whole seconds). ``movida``: it is not on the invoice's date; ``cruza_mes``: nor in its
    month, so income and VAT would be declared in another period, and a person must agree."""
    fecha: datetime
    movida: bool
    cruza_mes: bool


def proponer(fecha_factura: date, ahora_local: datetime) -> Propuesta:
    """Fecha for an invoice of that date, at that local time of the place of issue (naive).

    Today's invoice takes the present time; a past one the same time of its day, or the end of it, while that is within
    the 72 hours; a future or older one is offered the present."""
    ahora = ahora_local.replace(microsecond=0)
    misma_hora = datetime.combine(fecha_factura, ahora.time())
    for fecha in (misma_hora, datetime.combine(fecha_factura, time(23, 59, 59))):
        if timedelta(0) <= ahora - fecha <= LIMITE - MARGEN:
            return Propuesta(fecha, movida=False, cruza_mes=False)
    cruza = (fecha_factura.year, fecha_factura.month) != (ahora.year, ahora.month)
    return Propuesta(ahora, movida=fecha_factura != ahora.date(), cruza_mes=cruza)
