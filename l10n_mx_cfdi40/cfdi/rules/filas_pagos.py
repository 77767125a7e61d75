"""The payments of the complement Pagos as the rules read them: numbers checked, paths made, sums done once."""

from collections.abc import Iterator
from decimal import Decimal
from functools import cached_property
from itertools import islice
from typing import NamedTuple

from ..amounts import decimales, division
from ..equivalencia import CIFRAS, Convertido, convertir
from ..pagos import Pagos
from ..schema_pagos import DOCTO_RELACIONADO, PAGO, RETENCION_DR, RETENCION_P, TOTALES, TRASLADO_DR, TRASLADO_P
from ..texto import colapsar
from .columnas import escrito

NODO = 'Comprobante/Complemento/Pagos'
CON_FACTOR = ('Tasa', 'Cuota')
CERO, UNO = Decimal(0), Decimal(1)
_EQUIVALENCIA = next(a for a in DOCTO_RELACIONADO.atributos if a.nombre == 'EquivalenciaDR')
_SALDOS = ('imp_saldo_ant', 'imp_pagado', 'imp_saldo_insoluto')


class Impuesto(NamedTuple):
    """A tax of a related document: its path, its node and the numbers that could be read."""

    ruta: str
    nodo: object
    impuesto: str
    factor: str
    base: Decimal | None
    tasa: Decimal | None
    importe: Decimal | None

    @property
    def clave(self) -> tuple:
        """Tax, factor and rate (None for Exento): what ImpuestosP groups by."""
        return (self.impuesto, self.factor, None if self.factor == 'Exento' else self.tasa)


class FilaDocto(NamedTuple):
    """A related document. ``equivalencia`` is None if it is missing, unreadable or zero."""

    ruta: str
    nodo: object
    nombre: str
    equivalencia: Decimal | None
    saldo_ant: Decimal | None
    pagado: Decimal | None
    insoluto: Decimal | None
    retenciones: list[Impuesto]
    traslados: list[Impuesto]


class FilaTotal(NamedTuple):
    """A tax of the whole payment (TrasladoP or RetencionP)."""

    ruta: str
    nodo: object
    base: Decimal | None
    tasa: Decimal | None
    importe: Decimal | None

    @property
    def clave(self) -> tuple:
        """Tax, factor and rate, as those of the related documents."""
        nodo = self.nodo
        return (nodo.impuesto_p, nodo.tipo_factor_p, None if nodo.tipo_factor_p == 'Exento' else self.tasa)


class FilaPago:
    """One payment. ``cambio`` is pesos per unit of its currency (of the peso, always 1), None where it is unknown."""

    def __init__(self, numero, nodo, monto, cambio):
        self.numero, self.nodo, self.monto = numero, nodo, monto
        self.ruta = f'{NODO}/Pago[{numero}]'
        self.cambio = UNO if nodo.moneda_p == 'MXN' else cambio
        self.doctos: list[FilaDocto] = []
        self.retenciones: list[FilaTotal] = []
        self.traslados: list[FilaTotal] = []
        self._convertidos: dict[tuple, list[Convertido] | None] = {}

    @cached_property
    def otras_monedas(self) -> bool:
        """Whether a related document is in another currency than the payment."""
        return any(docto.nodo.moneda_dr != self.nodo.moneda_p for docto in self.doctos)

    def equivalencia_de(self, docto: FilaDocto) -> Decimal | None:
        """Return what divides the amounts of the document: 1 in the payment's currency, whatever is written."""
        return UNO if docto.nodo.moneda_dr == self.nodo.moneda_p else docto.equivalencia

    def convertidos(self, cifras: int, cifras_del_uno: int = CIFRAS) -> list[Convertido] | None:
        """Return what each document comes to in the payment's currency, None if one of them cannot be worked out.

        ``cifras_del_uno``: decimals with which the equivalence 1 of the payment's own currency counts in the margins
        (CRP20277: ten).
        """
        pregunta = (cifras, cifras_del_uno)
        if pregunta not in self._convertidos:
            self._convertidos[pregunta] = self._convertir(cifras, cifras_del_uno)
        return self._convertidos[pregunta]

    def _convertir(self, cifras, cifras_del_uno):
        resultado = []
        for docto in self.doctos:
            equivalencia = self.equivalencia_de(docto)
            if docto.pagado is None or equivalencia is None:
                return None
            propia = docto.nodo.moneda_dr == self.nodo.moneda_p
            propias = cifras_del_uno if propia else decimales(equivalencia)
            resultado.append(convertir(docto.pagado, equivalencia, cifras, propias))
        return resultado

    @cached_property
    def grupos(self) -> dict[tuple, tuple[Decimal, Decimal]]:
        """Sums of BaseDR and ImporteDR of the documents, in the payment's currency, by tax, factor and rate."""
        return self._sumas[0]

    @cached_property
    def retenidos(self) -> dict[str, Decimal]:
        """Sum of the ImporteDR withheld, in the payment's currency, by tax."""
        return self._sumas[1]

    @cached_property
    def dudosos(self) -> frozenset[str]:
        """Taxes with an amount that cannot be added up (reported where it is): their sums are not judged."""
        return self._sumas[2]

    @cached_property
    def _sumas(self):
        grupos, retenidos, dudosos = {}, {}, set()
        for docto in self.doctos:
            equivalencia = self.equivalencia_de(docto)
            for uno in (*docto.traslados, *docto.retenciones):
                sin_numeros = uno.base is None or (uno.factor != 'Exento' and None in (uno.tasa, uno.importe))
                if sin_numeros or equivalencia is None:
                    dudosos.add(uno.impuesto)
            if equivalencia is None:
                continue
            for uno in docto.traslados:
                base, importe = grupos.get(uno.clave, (CERO, CERO))
                grupos[uno.clave] = (base + _entre(uno.base, equivalencia), importe + _entre(uno.importe, equivalencia))
            for una in docto.retenciones:
                retenidos[una.impuesto] = retenidos.get(una.impuesto, CERO) + _entre(una.importe, equivalencia)
        return grupos, retenidos, frozenset(dudosos)

    @cached_property
    def solo_exentos(self) -> bool:
        """Whether the documents charge taxes and all of them are Exento."""
        factores = {uno.factor for docto in self.doctos for uno in docto.traslados}
        return factores == {'Exento'}


def cifras_de(doc, moneda) -> int | None:
    """Return the decimals of a currency; None if it is unknown, or XXX, which has a code of its own wherever it is."""
    return None if moneda == 'XXX' else doc.decimales_de(moneda)


def _entre(valor, equivalencia):
    if valor is None:
        return CERO
    return valor if equivalencia == UNO else division(valor, equivalencia)


def _leer_equivalencia(valor) -> Decimal | None:
    texto = escrito(valor) if isinstance(valor, Decimal) else colapsar(valor) if isinstance(valor, str) else None
    if texto is None or not _EQUIVALENCIA.patron.fullmatch(texto):
        return None
    return Decimal(texto) or None


def _hijos(nodo, campo):
    return getattr(nodo, campo) if nodo is not None else ()


def filas_de_pagos(doc) -> list[FilaPago]:
    """Return the payments of a document that has the complement, with every column of amounts read at once."""
    complementos = [nodo for nodo in doc.comprobante.complemento if isinstance(nodo, Pagos)]
    nodos = [pago for complemento in complementos for pago in complemento.pago or ()]
    for campo in (atributo.campo for atributo in TOTALES.atributos):
        doc.columna(TOTALES, [c.totales for c in complementos if c.totales is not None], campo)
    montos, cambios = (doc.columna(PAGO, nodos, campo) for campo in ('monto', 'tipo_cambio_p'))
    pagos = [FilaPago(numero, *columnas) for numero, columnas in enumerate(zip(nodos, montos, cambios, strict=True), 1)]
    _llenar_doctos(doc, pagos)
    for campo, tabla, columnas in (('retenciones', RETENCION_P, ('importe_p',)),
                                   ('traslados', TRASLADO_P, ('base_p', 'tasa_o_cuota_p', 'importe_p'))):
        grupos = [_hijos(pago.nodo.impuestos_p, f'{campo}_p') for pago in pagos]
        numeros = iter(_numeros(doc, tabla, grupos, columnas))
        tramo = f'{campo.capitalize()}P/{tabla.nombre}'
        for pago, grupo in zip(pagos, grupos, strict=True):
            for k, (nodo, fila) in enumerate(zip(grupo, islice(numeros, len(grupo)), strict=True), 1):
                valores = fila if len(fila) == 3 else (None, None, *fila)
                getattr(pago, campo).append(FilaTotal(f'{pago.ruta}/ImpuestosP/{tramo}[{k}]', nodo, *valores))
    return pagos


def _numeros(doc, tabla, grupos, campos) -> Iterator[tuple]:
    nodos = [nodo for grupo in grupos for nodo in grupo]
    return zip(*(doc.columna(tabla, nodos, campo) for campo in campos), strict=True)


def _llenar_doctos(doc, pagos):
    grupos = [pago.nodo.docto_relacionado or () for pago in pagos]
    todos = [docto for grupo in grupos for docto in grupo]
    saldos = iter(_numeros(doc, DOCTO_RELACIONADO, grupos, _SALDOS))
    retenciones = iter(_impuestos(doc, todos, 'retenciones_dr', RETENCION_DR))
    traslados = iter(_impuestos(doc, todos, 'traslados_dr', TRASLADO_DR))
    for pago, grupo in zip(pagos, grupos, strict=True):
        for j, nodo in enumerate(grupo, 1):
            ruta = f'{pago.ruta}/DoctoRelacionado[{j}]'
            pago.doctos.append(FilaDocto(
                ruta, nodo, ' '.join(filter(None, (nodo.serie, nodo.folio))) or str(nodo.id_documento),
                _leer_equivalencia(nodo.equivalencia_dr), *next(saldos),
                _filas(f'{ruta}/ImpuestosDR/RetencionesDR/RetencionDR', next(retenciones)),
                _filas(f'{ruta}/ImpuestosDR/TrasladosDR/TrasladoDR', next(traslados))))


def _impuestos(doc, doctos, campo, tabla) -> Iterator[list[tuple]]:
    """Yield, for each document, the (node, base, rate, amount) of its taxes of one kind."""
    grupos = [_hijos(docto.impuestos_dr, campo) for docto in doctos]
    numeros = iter(_numeros(doc, tabla, grupos, ('base_dr', 'tasa_o_cuota_dr', 'importe_dr')))
    for grupo in grupos:
        yield [(nodo, *fila) for nodo, fila in zip(grupo, islice(numeros, len(grupo)), strict=True)]


def _filas(ruta, nodos) -> list[Impuesto]:
    return [Impuesto(f'{ruta}[{k}]', nodo, nodo.impuesto_dr, nodo.tipo_factor_dr, *numeros)
            for k, (nodo, *numeros) in enumerate(nodos, 1)]
