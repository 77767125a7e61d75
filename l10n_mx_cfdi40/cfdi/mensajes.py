"""What each finding says to an accountant: which field, what is wrong with it, and how to mend it.

The wording is our own; the SAT's code goes at the end, so that it can be looked up.  ``textos.py`` holds the sentences;
here they are filled in: amounts with thousands separators, dates as people write them, keys with their names.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from .textos import CAMPOS, ESTRUCTURA, NODOS, TEXTOS
from .textos_propios import PROPIOS

_TIPOS = {'I': 'ingreso', 'E': 'egreso', 'T': 'traslado', 'N': 'nómina', 'P': 'pago'}
_IMPUESTOS = {'001': 'ISR', '002': 'IVA', '003': 'IEPS'}
_LINEA = re.compile(r'/Concepto\[([0-9]+)\]')
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
    return CAMPOS.get(nombre.lstrip('@'), nombre.lstrip('@')) if nombre.startswith('@') else NODOS.get(nombre, nombre)


def _sentencia(codigo: str, params: Mapping) -> str:
    textos = ESTRUCTURA if codigo == '301' else TEXTOS.get(codigo) or PROPIOS.get(codigo)
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
    return _sentencia(codigo, {}).format_map(_SinDatos()) if codigo in TEXTOS else None


def mensaje(finding) -> str:
    """Return the Spanish sentence of a finding: line (if it is of one), field, problem, remedy and code."""
    params = finding.params
    datos = _Datos({clave: _legible(clave, valor) for clave, valor in params.items()})
    datos['campo'] = _campo(finding.path)
    linea = _LINEA.search(finding.path)
    lugar = ''
    if linea:
        concepto = f' ({datos["concepto"]})' if params.get('concepto') else ''
        lugar = f'Línea {linea.group(1)}{concepto}: '
    sentencia = _sentencia(finding.code, params).format_map(datos)
    return f'{lugar}{sentencia[:1].upper()}{sentencia[1:]} ({finding.code})'
