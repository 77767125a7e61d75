"""Format of every attribute: the structure tables of ``schema.py`` walked a column at a time.

Where the SAT has a code for the format of an attribute, that code is used; else ``301``, the PACs' common code for what
does not match the structure, with ``motivo`` saying why: falta, nodo, tipo, patron, largo, caracter, barra, decimales,
minimo, maximo, fijo, catalogo, or (as a warning) espacio.  Attributes whose value a rule judges in full (keys of
catalogs, Fecha, the seal, the customs documents) are left to it.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from operator import attrgetter

from ..schema import COMPLEMENTOS, COMPROBANTE
from ..schema_cfdi import (
    INFORMACION_ADUANERA,
    INFORMACION_GLOBAL,
    RETENCION,
    TRASLADO,
    TRASLADO_TOTAL,
)
from ..schema_pagos import DOCTO_RELACIONADO, PAGO, RETENCION_DR, TRASLADO_DR, TRASLADO_P
from ..texto import colapsar
from ..values import Opaco
from .columnas import escrito, textos_sanos
from .registro import AVISO, ERROR

ESTRUCTURA = '301'
# Attributes that a rule judges in full, with their own codes.
_DE_UNA_REGLA = {
    (COMPROBANTE, 'Sello'), (COMPROBANTE, 'Certificado'), (COMPROBANTE, 'NoCertificado'), (COMPROBANTE, 'Fecha'),
    (COMPROBANTE, 'TipoCambio'), (INFORMACION_GLOBAL, 'Año'), (INFORMACION_ADUANERA, 'NumeroPedimento'),
}
# A Base of zero has a code of its own (CFDI40174, CFDI40181, CRP20249, CRP20255): the XSD's lower bound is left to it.
_SIN_MINIMO = {(TRASLADO, 'Base'), (RETENCION, 'Base'), (TRASLADO_DR, 'BaseDR'), (RETENCION_DR, 'BaseDR')}
# Keys of a catalog for which the SAT has no code.
_CATALOGO_SIN_CODIGO = {
    (TRASLADO_TOTAL, 'TipoFactor'), (TRASLADO_P, 'TipoFactorP'), (PAGO, 'FormaDePagoP'), (PAGO, 'MonedaP'),
    (PAGO, 'TipoCadPago'), (DOCTO_RELACIONADO, 'MonedaDR'),
}
_CODIGO = {'FacAtrAdquirente': 'CFDI40142'}
_NO_XML = re.compile('[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]')
_ESPACIO_RARO = re.compile('[\x85\xa0\u1680\u2000-\u200f\u2028-\u202f\u205f\u2060\u3000\ufeff]')
_LINEA = re.compile(r'/Concepto\[([0-9]+)\]')
_FECHA_MINIMA, _FECHA_MAXIMA = 2010, 2099


def revisar(documento) -> Iterator[tuple]:
    """Yield (code, path, severity, params) for every attribute or node whose form is wrong."""
    for codigo, ruta, severidad, params in _tabla(
            documento, COMPROBANTE, [documento.comprobante], lambda _k: 'Comprobante'):
        linea = _LINEA.search(ruta)
        yield codigo, ruta, severidad, {**params, **documento.linea(int(linea.group(1)))} if linea else params


def _tabla(doc, tabla, objetos, ruta):
    """Check all the nodes of one table; ``ruta(k)`` is the path of the k-th, asked for only if something is wrong."""
    for atributo in tabla.atributos:
        if (tabla, atributo.nombre) not in _DE_UNA_REGLA:
            yield from _columna(doc, tabla, atributo, objetos, ruta)
    for hijo in tabla.hijos:
        valores = list(map(attrgetter(hijo.campo), objetos))
        if hijo.nodo is None:
            yield from _complementos(doc, hijo, valores, ruta)
            continue
        if hijo.minimo:
            nombre = hijo.envoltura or hijo.nodo.nombre
            for k, valor in enumerate(valores):
                if not valor:
                    yield ESTRUCTURA, f'{ruta(k)}/{nombre}', ERROR, {'motivo': 'nodo', 'nodo': nombre}
        tramo = f'{hijo.envoltura}/{hijo.nodo.nombre}' if hijo.envoltura else hijo.nodo.nombre
        if hijo.maximo is None:
            todos = [nodo for nodos in valores if nodos for nodo in nodos]
            donde = _Rutas(ruta, tramo, valores)
        else:
            lugares = [k for k, valor in enumerate(valores) if valor is not None]
            todos = [valores[k] for k in lugares]
            donde = _una_por_padre(ruta, tramo, lugares)
        if todos:
            yield from _tabla(doc, hijo.nodo, todos, donde)


class _Rutas:
    """Paths of the children of many parents; the index is made once, and only if something is wrong."""

    def __init__(self, ruta_padre, tramo, grupos):
        self.ruta_padre, self.tramo, self.grupos, self.lugares = ruta_padre, tramo, grupos, None

    def __call__(self, k):
        if self.lugares is None:
            self.lugares = [(p, n) for p, nodos in enumerate(self.grupos) for n, _ in enumerate(nodos or (), 1)]
        padre, numero = self.lugares[k]
        return f'{self.ruta_padre(padre)}/{self.tramo}[{numero}]'


def _una_por_padre(ruta_padre, tramo, lugares):
    return lambda k: f'{ruta_padre(lugares[k])}/{tramo}'


def _complementos(doc, hijo, valores, ruta):
    for k, nodos in enumerate(valores):
        for nodo in nodos or ():
            tabla = None if isinstance(nodo, Opaco) else COMPLEMENTOS.get(type(nodo))
            if tabla is not None:
                donde = f'{ruta(k)}/{hijo.envoltura}/{tabla.nombre}'
                yield from _tabla(doc, tabla, [nodo], lambda _k, donde=donde: donde)


# -- columns


def _columna(doc, tabla, atributo, objetos, ruta):
    if tabla.clase is str:
        valores = objetos
    else:
        valores = list(map(attrgetter(atributo.campo), objetos))
    if atributo.requerido:
        presentes = valores
    else:
        presentes = [valor for valor in valores if valor is not None]
    if not presentes or _sana(doc, tabla, atributo, presentes):
        return
    minimo = None if (tabla, atributo.nombre) in _SIN_MINIMO else atributo.minimo
    codigo = _CODIGO.get(atributo.nombre, ESTRUCTURA)
    for k, valor in enumerate(valores):
        if valor is None:
            if atributo.requerido:
                yield codigo, f'{ruta(k)}/@{atributo.nombre}', ERROR, {'motivo': 'falta'}
            continue
        problema = _problema(doc, tabla, atributo, minimo, valor)
        if problema is not None:
            motivo, datos = problema
            severidad = AVISO if motivo == 'espacio' else ERROR
            yield codigo, f'{ruta(k)}/@{atributo.nombre}', severidad, {'motivo': motivo, 'valor': valor, **datos}


def _sana(doc, tabla, atributo, presentes):
    """Tell, at the speed of C, whether the whole column is right; False when it must be looked at one by one."""
    tipo = atributo.tipo
    if tipo in ('importe', 'decimal'):
        if (tabla, atributo.campo) not in doc.sanas or atributo.decimales != 6 or None in presentes:
            return False
        return not atributo.minimo or (tabla, atributo.nombre) in _SIN_MINIMO or min(presentes) > 0
    if tipo == 'texto':
        return bool(atributo.maximo_largo) and atributo.minimo_largo == 1 and textos_sanos(
            presentes, atributo.maximo_largo)
    if tipo == 'catalogo' and (tabla, atributo.nombre) not in _CATALOGO_SIN_CODIGO:
        return None not in presentes
    return False


# -- one value


def _problema(doc, tabla, atributo, minimo, valor):
    """Return (motivo, params) of what is wrong with one value, or None."""
    tipo = atributo.tipo
    if tipo in ('importe', 'decimal'):
        return _problema_numero(atributo, minimo, valor)
    if tipo == 'entero':
        return _problema_entero(atributo, valor)
    if tipo == 'fecha':
        return None if fecha_valida(valor) else ('patron', {})
    if not isinstance(valor, str):
        return 'tipo', {}
    if tipo == 'catalogo':
        if (tabla, atributo.nombre) in _CATALOGO_SIN_CODIGO and doc.desconocida(atributo.catalogo, valor):
            return 'catalogo', doc.params_clave(atributo.catalogo, valor)
        return None
    return _problema_texto(atributo, valor)


def _problema_numero(atributo, minimo, valor):
    if isinstance(valor, Decimal):
        texto = escrito(valor)
    elif isinstance(valor, str):
        texto = colapsar(valor)
    else:
        return 'tipo', {}
    if texto is None:
        return 'patron', {}
    if not atributo.patron.fullmatch(texto):
        decimales = texto.partition('.')[2]
        if len(decimales) > atributo.decimales and decimales.isascii() and decimales.isdigit():
            return 'decimales', {'maximo': atributo.decimales}
        return 'patron', {}
    if minimo is not None and Decimal(texto) < minimo:
        return 'minimo', {'minimo': minimo}
    return None


def _problema_entero(atributo, valor):
    texto = str(valor) if isinstance(valor, int) else valor
    if not isinstance(texto, str) or not re.fullmatch('[0-9]{1,9}', colapsar(texto)):
        return 'patron', {}
    numero = int(colapsar(texto))
    if atributo.minimo is not None and numero < atributo.minimo:
        return 'minimo', {'minimo': atributo.minimo}
    if atributo.maximo is not None and numero > atributo.maximo:
        return 'maximo', {'maximo': atributo.maximo}
    return None


def fecha_valida(valor) -> bool:
    """Tell whether the value is a date and time that t_FechaH can write: local, in whole seconds, years 2010-2099."""
    return (
        isinstance(valor, datetime)
        and valor.tzinfo is None
        and not valor.microsecond
        and _FECHA_MINIMA <= valor.year <= _FECHA_MAXIMA
    )


def _problema_texto(atributo, valor):
    if prohibido := _NO_XML.search(valor):
        return 'caracter', {'caracter': f'U+{ord(prohibido.group()):04X}'}
    texto = colapsar(valor)
    minimo, maximo = atributo.minimo_largo, atributo.maximo_largo
    if atributo.tipo in ('texto', 'codigo') and minimo and not texto:
        return 'falta', {}
    if atributo.tipo == 'texto' and atributo.patron is not None and '|' in texto:
        return 'barra', {}
    if maximo is not None and not (minimo or 0) <= len(texto) <= maximo:
        return 'largo', {'largo': len(texto), 'minimo': minimo or 0, 'maximo': maximo}
    if atributo.patron is not None and not atributo.patron.fullmatch(texto):
        return ('fijo', {'esperado': atributo.fijo}) if atributo.fijo else ('patron', {})
    if raro := _ESPACIO_RARO.search(valor):
        return 'espacio', {'caracter': f'U+{ord(raro.group()):04X}'}
    return None
