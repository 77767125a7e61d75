"""The comprobante as the rules read it: rows ready to walk, catalogs asked once, sums made in one pass."""

from datetime import date
from decimal import Decimal
from functools import cached_property
from itertools import count
from operator import attrgetter
from typing import NamedTuple

from .. import amounts
from ..errors import CfdiError
from ..pagos import Pagos
from ..parse import arbol
from ..schema_cfdi import CONCEPTO, RETENCION, RETENCION_TOTAL, TRASLADO, TRASLADO_TOTAL
from ..values import Opaco
from .columnas import importe as leer_importe
from .columnas import importes
from .filas_pagos import filas_de_pagos
from .formato import fecha_valida
from .tasas import Tasas

RFC_NACIONAL = 'XAXX010101000'
RFC_EXTRANJERO = 'XEXX010101000'
PUBLICO_EN_GENERAL = 'PUBLICO EN GENERAL'
CON_FACTOR = ('Tasa', 'Cuota')
CERO = Decimal(0)


class Grupo(NamedTuple):
    """What the concepts add up to for one Impuesto, TipoFactor and TasaOCuota (None for Exento)."""

    impuesto: str
    factor: str
    tasa: Decimal | None
    base: Decimal
    importe: Decimal


class Documento:
    """A comprobante prepared for the rules.

    Rows carry 1-based indexes and the numbers already checked: whatever is not a plain t_Importe is ``None`` in them.

    - ``conceptos``: (i, concepto, cantidad, valor_unitario, importe, descuento)
    - ``traslados``, ``retenciones``: (i, j, nodo, base, tasa, importe) of the concepts' taxes
    - ``traslados_doc``: (j, nodo, base, tasa, importe); ``retenciones_doc``: (j, nodo, importe) of the document
    - ``terceros``: (i, nodo); ``partes``: (i, j, parte)
    - ``pagos``: the payments of the complement Pagos, as ``filas_pagos.FilaPago``
    """

    def __init__(self, comprobante, contexto):
        self.comprobante = comprobante
        self.contexto = contexto
        self.tipo = comprobante.tipo_de_comprobante
        self.emisor = comprobante.emisor
        self.receptor = comprobante.receptor
        self.impuestos = comprobante.impuestos
        self._catalogos = {}
        #: Columns of amounts, by table and field, in which every value is a plain t_Importe (or absent).
        self.sanas = set()
        nodos = self.nodos_concepto = list(comprobante.conceptos or ())
        columnas = (self.columna(CONCEPTO, nodos, campo) for campo in (
            'cantidad', 'valor_unitario', 'importe', 'descuento'))
        self.conceptos = list(zip(count(1), nodos, *columnas))
        grupos = [(i, n.impuestos) for i, n in enumerate(nodos, 1) if n.impuestos is not None]
        self.traslados = self._renglones(
            TRASLADO, [(i, j, t) for i, grupo in grupos for j, t in enumerate(grupo.traslados, 1)])
        self.retenciones = self._renglones(
            RETENCION, [(i, j, r) for i, grupo in grupos for j, r in enumerate(grupo.retenciones, 1)])
        traslados = self.impuestos.traslados if self.impuestos is not None else ()
        retenciones = self.impuestos.retenciones if self.impuestos is not None else ()
        self.traslados_doc = self._renglones(TRASLADO_TOTAL, [(j, t) for j, t in enumerate(traslados, 1)])
        self.retenciones_doc = list(zip(
            count(1), retenciones, self.columna(RETENCION_TOTAL, retenciones, 'importe')))
        self.terceros = [(i, n.a_cuenta_terceros) for i, n in enumerate(nodos, 1) if n.a_cuenta_terceros is not None]
        self.partes = [(i, j, p) for i, n in enumerate(nodos, 1) if n.parte for j, p in enumerate(n.parte, 1)]
        self.pedimentos_concepto = [
            (i, k, p) for i, n in enumerate(nodos, 1) if n.informacion_aduanera
            for k, p in enumerate(n.informacion_aduanera, 1)]
        self.pedimentos_parte = [
            (i, j, k, p) for i, j, parte in self.partes for k, p in enumerate(parte.informacion_aduanera, 1)]

        self.clases_complemento = frozenset(map(type, comprobante.complemento or ()))
        self.pagos = filas_de_pagos(self) if Pagos in self.clases_complemento else ()

    def columna(self, tabla, nodos, campo):
        """Return the numbers of one attribute of many nodes (None where there is none); note whether all are right."""
        valores = list(map(attrgetter(campo), nodos))
        numeros = importes(valores)
        if numeros is valores:
            self.sanas.add((tabla, campo))
        return numeros

    def _renglones(self, tabla, lugares):
        nodos = [lugar[-1] for lugar in lugares]
        columnas = (self.columna(tabla, nodos, campo) for campo in ('base', 'tasa_o_cuota', 'importe'))
        return [(*lugar, *numeros) for lugar, *numeros in zip(lugares, *columnas, strict=True)]

    # -- numbers and dates

    def numero(self, valor) -> Decimal | None:
        """Return the number that t_Importe reads in the value, or None."""
        return leer_importe(valor)

    @cached_property
    def dia(self) -> date:
        """Day on which catalogs must be in force: that of Fecha, or today where it has none that can be read."""
        fecha = self.comprobante.fecha
        if fecha_valida(fecha):
            return fecha.date()
        return self.contexto.ahora(self.comprobante.lugar_expedicion).date()

    @cached_property
    def decimales_moneda(self) -> int | None:
        """Decimals of Moneda by c_Moneda; None if the catalog does not know the currency."""
        return self.decimales_de(self.comprobante.moneda)

    def excede_moneda(self, valor: Decimal | None) -> bool:
        """Tell whether the amount is written with more decimals than the currency has."""
        cifras = self.decimales_moneda
        return valor is not None and cifras is not None and amounts.decimales(valor) > cifras

    def redondear(self, valor: Decimal) -> Decimal:
        """Round to the decimals of the currency; of one that is unknown, to those that SubTotal shows."""
        cifras = self.decimales_moneda
        if cifras is None:
            subtotal = self.numero(self.comprobante.sub_total)
            cifras = 2 if subtotal is None else amounts.decimales(subtotal)
        return amounts.redondear(valor, cifras)

    # -- catalogs

    def catalogo(self, nombre: str):
        """Return {clave: Entrada} in force for the keys that the document uses, or None if it is not at hand.

        The context is asked once per catalog.
        """
        if nombre not in self._catalogos:
            claves = _CLAVES[nombre](self)
            if claves is None:
                filas = self.contexto.catalogos(nombre, (), self.dia)
            else:
                claves = {clave for clave in claves if isinstance(clave, str) and clave}
                filas = self.contexto.catalogos(nombre, claves, self.dia) if claves else {}
            self._catalogos[nombre] = filas
        return self._catalogos[nombre]

    def desconocida(self, nombre: str, clave) -> bool:
        """Tell whether the key is not in force in the catalog; False while the catalog is not at hand."""
        filas = self.catalogo(nombre)
        return filas is not None and clave not in filas

    def params_clave(self, nombre: str, clave) -> dict:
        """Return the params of a finding about a key that is not in force."""
        return {'valor': clave, 'catalogo': nombre, 'fecha': self.dia}

    def persona(self, rfc) -> str | None:
        """Return 'moral' or 'fisica', as the catalogs' columns, by the length of an RFC; None if it is neither."""
        return {12: 'moral', 13: 'fisica'}.get(len(rfc)) if isinstance(rfc, str) else None

    def regimen_de_otra_persona(self, rfc, regimen) -> bool:
        """Tell whether c_RegimenFiscal has the regime, and not for the kind of person of this RFC."""
        fila = (self.catalogo('c_RegimenFiscal') or {}).get(regimen)
        persona = self.persona(rfc)
        return fila is not None and persona is not None and not fila.datos.get(persona, True)

    @cached_property
    def tasas(self) -> Tasas | None:
        """c_TasaOCuota in force, or None if it is not at hand."""
        filas = self.catalogo('c_TasaOCuota')
        return None if filas is None else Tasas(filas.values())

    def decimales_de(self, moneda) -> int | None:
        """Decimals of a currency by c_Moneda; None if the catalog does not know it."""
        fila = (self.catalogo('c_Moneda') or {}).get(moneda)
        return int(fila.datos['decimales']) if fila is not None else None

    @cached_property
    def inscritos(self):
        """Rows of the l_RFC for the third parties, asked once; None if the list is not at hand."""
        rfcs = _de_terceros(self, 'rfc_a_cuenta_terceros')
        if self.contexto.lista_rfc is None or not rfcs:
            return None
        return self.contexto.lista_rfc(rfcs)

    # -- what messages say of a line

    def linea(self, i: int) -> dict:
        """Return the params that name a concept to a person: its number and description."""
        return {'linea': i, 'concepto': self.nodos_concepto[i - 1].descripcion}

    # -- complements

    @cached_property
    def complementos(self) -> frozenset[str]:
        """Names of the roots of the document's complements as ``{namespace}Name`` (those kept as raw XML)."""
        return _raices(self.comprobante.complemento or ())

    def complementos_concepto(self, concepto) -> frozenset[str]:
        """Names of the roots of a concept's own complements."""
        return _raices(concepto.complemento_concepto or ())

    @cached_property
    def comercio_exterior(self) -> bool:
        """Whether the Comercio Exterior complement is present."""
        return any(raiz.endswith('}ComercioExterior') for raiz in self.complementos)

    # -- sums of the concepts' taxes

    @cached_property
    def _sumas(self):
        por_texto, dudosos = {}, set()
        for _i, _j, nodo, base, tasa, importe in self.traslados:
            factor = nodo.tipo_factor
            if base is None or (factor != 'Exento' and (None in (tasa, importe) or factor not in CON_FACTOR)):
                dudosos.add(nodo.impuesto)
                continue
            # A Decimal hashes slowly: rates are grouped by their text, and by value once few are left.
            clave = (nodo.impuesto, factor, str(tasa))
            sumas = por_texto.get(clave)
            if sumas is None:
                sumas = por_texto[clave] = [tasa, CERO, CERO]
            sumas[1] += base
            if importe is not None:
                sumas[2] += importe
        grupos = {}
        for (impuesto, factor, _texto), (tasa, base, importe) in por_texto.items():
            exento = factor == 'Exento'
            clave = (impuesto, factor, None if exento else tasa)
            previo = grupos.get(clave, Grupo(*clave, CERO, CERO))
            grupos[clave] = Grupo(*clave, previo.base + base, CERO if exento else previo.importe + importe)
        return grupos, frozenset(dudosos)

    @property
    def grupos(self) -> dict[tuple, Grupo]:
        """Sums of the concepts' traslados by (Impuesto, TipoFactor, TasaOCuota)."""
        return self._sumas[0]

    @property
    def traslados_dudosos(self) -> frozenset[str]:
        """Taxes with a traslado that cannot be added up (reported where it is): their totals are not judged."""
        return self._sumas[1]

    @cached_property
    def retenidos(self) -> dict[str, Decimal | None]:
        """Sum of the concepts' retentions by tax; None where one of them cannot be added up."""
        sumas = {}
        for _i, _j, nodo, _base, _tasa, importe in self.retenciones:
            previa = sumas.get(nodo.impuesto, CERO)
            sumas[nodo.impuesto] = None if previa is None or importe is None else previa + importe
        return sumas

    @cached_property
    def solo_exentos(self) -> bool:
        """Whether the concepts carry traslados and all of them are Exento."""
        return bool(self.traslados) and all(fila[2].tipo_factor == 'Exento' for fila in self.traslados)


def _raices(nodos) -> frozenset[str]:
    raices = set()
    for nodo in nodos:
        if isinstance(nodo, Opaco):
            try:
                raices.add(arbol(nodo.xml).tag)
            except CfdiError:
                continue  # a complement that is not XML cannot be one that a rule asks for
    return frozenset(raices)


def _de_terceros(doc, campo):
    return {getattr(nodo, campo) for _i, nodo in doc.terceros}


def _de_receptor(doc, campo):
    return {getattr(doc.receptor, campo, None)}


def _global(doc, campo):
    return {getattr(doc.comprobante.informacion_global, campo, None)}


def _pedimentos(doc):
    lugares = [*doc.pedimentos_concepto, *doc.pedimentos_parte]
    return [lugar[-1] for lugar in lugares if isinstance(lugar[-1], str)]


def _doctos(doc):
    return [(pago, docto) for pago in doc.pagos for docto in pago.doctos]


def _todas(_doc):
    return None


# Which keys of each catalog a document uses; None asks for the whole of a small catalog.
_CLAVES = {
    'c_ClaveProdServ': lambda doc: {n.clave_prod_serv for n in doc.nodos_concepto}.union(
        p.clave_prod_serv for _i, _j, p in doc.partes),
    'c_ClaveUnidad': lambda doc: {n.clave_unidad for n in doc.nodos_concepto},
    'c_CodigoPostal': lambda doc: {doc.comprobante.lugar_expedicion}.union(
        _de_terceros(doc, 'domicilio_fiscal_a_cuenta_terceros')),
    'c_Moneda': lambda doc: {doc.comprobante.moneda}.union(
        (pago.nodo.moneda_p for pago in doc.pagos), (docto.nodo.moneda_dr for _p, docto in _doctos(doc))),
    'c_FormaPago': lambda doc: {doc.comprobante.forma_pago}.union(pago.nodo.forma_de_pago_p for pago in doc.pagos),
    'c_TipoCadenaPago': lambda doc: {pago.nodo.tipo_cad_pago for pago in doc.pagos},
    'c_MetodoPago': lambda doc: {doc.comprobante.metodo_pago},
    'c_TipoDeComprobante': lambda doc: {doc.comprobante.tipo_de_comprobante},
    'c_Exportacion': lambda doc: {doc.comprobante.exportacion},
    'c_Periodicidad': lambda doc: _global(doc, 'periodicidad'),
    'c_Meses': lambda doc: _global(doc, 'meses'),
    'c_TipoRelacion': lambda doc: {n.tipo_relacion for n in doc.comprobante.cfdi_relacionados or ()},
    'c_RegimenFiscal': lambda doc: {getattr(doc.emisor, 'regimen_fiscal', None)}.union(
        _de_receptor(doc, 'regimen_fiscal_receptor'), _de_terceros(doc, 'regimen_fiscal_a_cuenta_terceros')),
    'c_UsoCFDI': lambda doc: _de_receptor(doc, 'uso_cfdi'),
    'c_Pais': lambda doc: _de_receptor(doc, 'residencia_fiscal'),
    'c_ObjetoImp': lambda doc: {n.objeto_imp for n in doc.nodos_concepto}.union(
        docto.nodo.objeto_imp_dr for _p, docto in _doctos(doc)),
    'c_Impuesto': _todas,
    'c_TipoFactor': _todas,
    'c_TasaOCuota': _todas,
    'c_Aduana': lambda doc: {pedimento[4:6] for pedimento in _pedimentos(doc)},
    'c_PatenteAduanal': lambda doc: {pedimento[8:12] for pedimento in _pedimentos(doc)},
}
