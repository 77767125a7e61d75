"""What each finding says to an accountant: which field, what is wrong with it, and how to mend it.

The wording is our own; the SAT's code goes at the end, so that it can be looked up.  ``textos.py`` holds the sentences;
here they are filled in: amounts with thousands separators, dates as people write them, keys with their names.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from .textos import CAMPOS, ESTRUCTURA, NODOS, TEXTOS
from .textos_pagos import CAMPOS_PAGOS, NODOS_PAGOS, TEXTOS_PAGOS
from .textos_propios import PROPIOS

_TIPOS = {'I': 'ingreso', 'E': 'egreso', 'T': 'traslado', 'N': 'nómina', 'P': 'pago'}
_IMPUESTOS = {'001': 'ISR', '002': 'IVA', '003': 'IEPS'}
_LINEA = re.compile(r'/Concepto\[([0-9]+)\]')
_PAGO = re.compile(r'/Pago\[([0-9]+)\](?:/DoctoRelacionado\[([0-9]+)\])?')
_TEXTOS = TEXTOS | TEXTOS_PAGOS | PROPIOS
_CAMPOS = CAMPOS | CAMPOS_PAGOS
_NODOS = NODOS | NODOS_PAGOS
_INVISIBLES = re.compile('[\x00-\x1f\x7f-\x9f\u2028\u2029]')
_LARGO_MAXIMO = 80


class _Datos(dict):
    """Params ready for a sentence; one that is missing does not hide the rest of it."""

    def __missing__(self, clave):
        return 'sin dato'


def _legible(clave: str, valor) -> str:
    if valor is None:
        return 'sin tasa' if clave == 'tasa' else 'vacío'
    if isinstance(valor, Decimal):
        return _importe(valor)
    if isinstance(valor, datetime):
        return f'{valor:%d/%m/%Y %H:%M:%S}'
    if isinstance(valor, date):
        return f'{valor:%d/%m/%Y}'
    texto = _INVISIBLES.sub(' ', str(valor))
    if clave == 'tipo':
        return _TIPOS.get(texto, texto)
    if clave == 'impuesto':
        return _IMPUESTOS.get(texto, texto)
    return texto if len(texto) <= _LARGO_MAXIMO else f'{texto[:_LARGO_MAXIMO]}…'


def _importe(valor: Decimal) -> str:
    """Return the amount with thousands separators and the decimals that it is written with."""
    if not valor.is_finite() or valor.adjusted() > 40 or valor.as_tuple().exponent < -40:
        return str(valor)
    return f'{valor:,f}'


def _campo(ruta: str) -> str:
    """Return the name of the attribute or node at the end of a path, as people call it."""
    nombre = ruta.rpartition('/')[2]
    if not nombre.startswith('@'):
        return _NODOS.get(nombre, nombre)
    return _CAMPOS.get(nombre[1:], nombre[1:])


def _sentencia(codigo: str, params: Mapping) -> str:
    textos = ESTRUCTURA if codigo == '301' else _TEXTOS.get(codigo)
    if textos is None:
        return 'El campo «{campo}» no cumple con una regla del SAT. Revise el dato y vuelva a intentar.'
    if isinstance(textos, str):
        return textos
    return textos.get(params.get('motivo')) or textos[None]


class _SinDatos(dict):
    """No document at hand: every value shows as an ellipsis."""

    def __missing__(self, clave):
        return '…'


def texto(codigo: str) -> str | None:
    """Return what a code of the SAT says in general, without the values of a document; None if it is not known."""
    return _sentencia(codigo, {}).format_map(_SinDatos()) if codigo in TEXTOS or codigo in TEXTOS_PAGOS else None


def _lugar(ruta: str, datos: Mapping) -> str:
    """Return where a person finds it: "Línea 3 (TORNILLO): ", "Pago 1, documento 2 (A 123): ", or nothing."""
    if linea := _LINEA.search(ruta):
        return f'Línea {linea.group(1)}{_nombre(datos.get("concepto"))}: '
    if pago := _PAGO.search(ruta):
        documento = f', documento {pago.group(2)}{_nombre(datos.get("documento"))}' if pago.group(2) else ''
        return f'Pago {pago.group(1)}{documento}: '
    return ''


def _nombre(dato: str | None) -> str:
    return f' ({dato})' if dato and dato != 'vacío' else ''


def mensaje(finding) -> str:
    """Return the Spanish sentence of a finding: line or payment (if it is of one), field, problem, remedy and code."""
    params = finding.params
    datos = _Datos({clave: _legible(clave, valor) for clave, valor in params.items()})
    datos['campo'] = _campo(finding.path)
    lugar = _lugar(finding.path, datos)
    sentencia = _sentencia(finding.code, params).format_map(datos)
    return f'{lugar}{sentencia[:1].upper()}{sentencia[1:]} ({finding.code})'
