"""The structure tables as one: where to look a node up, and how to walk a document with them.

Builder, parser, cadena original and format checks all walk these tables. A new complement is a new table in a file of
its own, registered in ``COMPLEMENTOS``.
"""
from collections.abc import Iterator

from .schema_cfdi import CFDI, COMPROBANTE, CONCEPTO  # noqa: F401
from .schema_complementos import IMPLOCAL, IMPUESTOS_LOCALES, TFD, TIMBRE  # noqa: F401
from .schema_pagos import PAGO20, PAGOS  # noqa: F401
from .schema_tipos import Atributo, Espacio, Hijo, Nodo, campo_de  # noqa: F401
from .values import Opaco

XSI = 'http://www.w3.org/2001/XMLSchema-instance'

#: What may stand inside Complemento or ComplementoConcepto and has a table: by class of its values, and by XML name.
COMPLEMENTOS: dict[type, Nodo] = {nodo.clase: nodo for nodo in (TIMBRE, IMPUESTOS_LOCALES, PAGOS)}
COMPLEMENTOS_XML: dict[str, Nodo] = {nodo.nombre_xml: nodo for nodo in COMPLEMENTOS.values()}


def _por_ruta(nodo: Nodo, ruta: str, nodos: dict) -> dict:
    nodos[ruta] = nodo
    for hijo in nodo.hijos:
        if hijo.nodo is not None:
            _por_ruta(hijo.nodo, f'{ruta}/{_tramo(hijo)}', nodos)
    return nodos


def _tramo(hijo: Hijo) -> str:
    return f'{hijo.envoltura}/{hijo.nodo.nombre}' if hijo.envoltura else hijo.nodo.nombre


#: Every node by its path without indices: ``NODOS['Comprobante/Conceptos/Concepto']``.
NODOS: dict[str, Nodo] = _por_ruta(COMPROBANTE, 'Comprobante', {})
for _nodo in COMPLEMENTOS.values():
    _por_ruta(_nodo, f'Comprobante/Complemento/{_nodo.nombre}', NODOS)


def recorrer(objeto, nodo: Nodo = COMPROBANTE, ruta: str = 'Comprobante') -> Iterator[tuple[str, Nodo, object]]:
    """Every node of a document as ``(path, table, value)``, parents first. Repeated nodes carry a 1-based index:
    ``Comprobante/Conceptos/Concepto[3]/Impuestos/Traslados/Traslado[1]``. The attributes of each are
    ``nodo.valores(value)``, in the order of ``nodo.atributos``. Opaque pieces are passed over."""
    yield ruta, nodo, objeto
    for hijo in nodo.hijos:
        valor = getattr(objeto, hijo.campo)
        if not valor:
            continue
        if hijo.nodo is None:
            yield from _recorrer_complementos(valor, f'{ruta}/{hijo.envoltura}')
        elif hijo.maximo is None:
            tramo = f'{ruta}/{_tramo(hijo)}'
            for indice, elemento in enumerate(valor, 1):
                yield from recorrer(elemento, hijo.nodo, f'{tramo}[{indice}]')
        else:
            yield from recorrer(valor, hijo.nodo, f'{ruta}/{_tramo(hijo)}')


def _recorrer_complementos(valores, ruta):
    for valor in valores:
        if not isinstance(valor, Opaco):
            nodo = COMPLEMENTOS[type(valor)]
            yield from recorrer(valor, nodo, f'{ruta}/{nodo.nombre}')
