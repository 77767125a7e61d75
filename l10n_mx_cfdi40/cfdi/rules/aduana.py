"""Rules of InformacionAduanera: the customs document of imported goods, in a concept or in one of its parts.

NumeroPedimento is ``AA  DD  PPPP  NNNNNNN``: last two digits of the year of validation, customs office, patent of the
broker, and one digit of a year with six progressive ones, with two spaces between them.
"""

from ..schema_tipos import PEDIMENTO
from .registro import regla

#: How many years back the customs document may be.
ANIOS = 10


def problema(doc, pedimento) -> dict | None:
    """Return the params of what is wrong with a NumeroPedimento, or None.

    The first digit of the last group is not compared with the year: consolidated documents and rectifications carry
    another one (filling guide, NumeroPedimento).
    """
    if not isinstance(pedimento, str) or not PEDIMENTO.fullmatch(pedimento):
        return {'motivo': 'patron'}
    anio, aduana, patente, numero = pedimento.split('  ')
    actual = doc.dia.year
    # Two digits name the last year that ends like that.
    ejercicio = actual - (actual - int(anio)) % 100
    if actual - ejercicio > ANIOS:
        return {'motivo': 'anio', 'anio': anio, 'anios': ANIOS}
    if doc.desconocida('c_Aduana', aduana):
        return {'motivo': 'aduana', 'aduana': aduana}
    if doc.desconocida('c_PatenteAduanal', patente):
        return {'motivo': 'patente', 'patente': patente}
    consulta = doc.contexto.pedimentos
    ultimo = consulta(aduana, patente, ejercicio) if consulta is not None else None
    if ultimo is not None and not 0 < int(numero[1:]) <= ultimo:
        return {'motivo': 'numero', 'numero': numero, 'ultimo': ultimo}
    return None


def _ruta_concepto(i, k):
    return f'Comprobante/Conceptos/Concepto[{i}]/InformacionAduanera[{k}]/@NumeroPedimento'


def _ruta_parte(i, j, k):
    return f'Comprobante/Conceptos/Concepto[{i}]/Parte[{j}]/InformacionAduanera[{k}]/@NumeroPedimento'


@regla('CFDI40194')
def pedimento_de_concepto(doc):
    """A concept's NumeroPedimento is well formed, of the last ten years, of a known office and patent."""
    for i, k, pedimento in doc.pedimentos_concepto:
        if (params := problema(doc, pedimento)) is not None:
            yield _ruta_concepto(i, k), {'valor': pedimento, **params, **doc.linea(i)}


@regla('CFDI40195')
def pedimento_sin_comercio_exterior(doc):
    """A concept has no NumeroPedimento if the document carries the Comercio Exterior complement."""
    if doc.pedimentos_concepto and doc.comercio_exterior:
        for i, k, pedimento in doc.pedimentos_concepto:
            yield _ruta_concepto(i, k), {'valor': pedimento, **doc.linea(i)}


@regla('CFDI40199')
def pedimento_de_parte(doc):
    """A part's NumeroPedimento is well formed, of the last ten years, of a known office and patent."""
    for i, j, k, pedimento in doc.pedimentos_parte:
        if (params := problema(doc, pedimento)) is not None:
            yield _ruta_parte(i, j, k), {'valor': pedimento, **params, **doc.linea(i)}


@regla('CFDI40200')
def pedimento_de_parte_sin_comercio_exterior(doc):
    """A part has no NumeroPedimento if the document carries the Comercio Exterior complement."""
    if doc.pedimentos_parte and doc.comercio_exterior:
        for i, j, k, pedimento in doc.pedimentos_parte:
            yield _ruta_parte(i, j, k), {'valor': pedimento, **doc.linea(i)}
