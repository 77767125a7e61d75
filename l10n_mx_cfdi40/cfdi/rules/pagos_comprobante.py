"""Rules of the CFDI that carries the complement Pagos: an envelope in which almost everything is fixed.

They hold only for a document of type P: of one of another type only CRP20101 is said.
"""

from decimal import Decimal

from ..pagos import Pagos
from .registro import regla

CONCEPTO = 'Comprobante/Conceptos/Concepto[1]'
CERO, UNO = Decimal(0), Decimal(1)
#: Code, whose field it is (None: the document's; else the concept's), field, attribute and its only value.
_FIJOS = (
    ('CRP20102', None, 'exportacion', 'Exportacion', '01'),
    ('CRP20103', None, 'sub_total', 'SubTotal', CERO),
    ('CRP20104', None, 'moneda', 'Moneda', 'XXX'),
    ('CRP20110', None, 'total', 'Total', CERO),
    ('CRP20113', CONCEPTO, 'clave_prod_serv', 'ClaveProdServ', '84111506'),
    ('CRP20115', CONCEPTO, 'cantidad', 'Cantidad', UNO),
    ('CRP20116', CONCEPTO, 'clave_unidad', 'ClaveUnidad', 'ACT'),
    ('CRP20118', CONCEPTO, 'descripcion', 'Descripcion', 'Pago'),
    ('CRP20119', CONCEPTO, 'valor_unitario', 'ValorUnitario', CERO),
    ('CRP20120', CONCEPTO, 'importe', 'Importe', CERO),
    ('CRP20122', CONCEPTO, 'objeto_imp', 'ObjetoImp', '01'),
)
#: The same of what must not be there.
_AUSENTES = (
    ('CRP20105', None, 'forma_pago', 'FormaPago'),
    ('CRP20106', None, 'metodo_pago', 'MetodoPago'),
    ('CRP20107', None, 'condiciones_de_pago', 'CondicionesDePago'),
    ('CRP20108', None, 'descuento', 'Descuento'),
    ('CRP20109', None, 'tipo_cambio', 'TipoCambio'),
    ('CRP20114', CONCEPTO, 'no_identificacion', 'NoIdentificacion'),
    ('CRP20117', CONCEPTO, 'unidad', 'Unidad'),
    ('CRP20121', CONCEPTO, 'descuento', 'Descuento'),
)
#: What a concept may hold beside ACuentaTerceros; its Impuestos are CRP20123.
_HIJOS = (('informacion_aduanera', 'InformacionAduanera'), ('cuenta_predial', 'CuentaPredial'),
          ('complemento_concepto', 'ComplementoConcepto'), ('parte', 'Parte'))


def _de_pago(doc):
    return doc.tipo == 'P'


def _portador(doc, lugar):
    """Return (path, node) of the document, or of its only concept; (None, None) if that is not what there is."""
    if not _de_pago(doc):
        return None, None
    if lugar is None:
        return 'Comprobante', doc.comprobante
    return (lugar, doc.nodos_concepto[0]) if len(doc.nodos_concepto) == 1 else (None, None)


@regla('CRP20101', complemento=Pagos)
def tipo_de_pago(doc):
    """A document with the complement is of type P."""
    if not _de_pago(doc):
        yield 'Comprobante/@TipoDeComprobante', {'tipo': doc.tipo}


def _fijo(codigo, lugar, campo, atributo, esperado):
    @regla(codigo, complemento=Pagos)
    def fijo(doc):
        ruta, nodo = _portador(doc, lugar)
        if nodo is None or (valor := getattr(nodo, campo)) is None:
            return
        # A zero or a one is compared as a number: the guide itself prints 0.00.
        leido = doc.numero(valor) if isinstance(esperado, Decimal) else valor
        if leido is not None and leido != esperado:
            yield f'{ruta}/@{atributo}', {'valor': valor, 'esperado': esperado}

    fijo.__doc__ = f'{atributo} is {esperado}.'


def _ausente(codigo, lugar, campo, atributo):
    @regla(codigo, complemento=Pagos)
    def ausente(doc):
        ruta, nodo = _portador(doc, lugar)
        if nodo is not None and (valor := getattr(nodo, campo)) is not None:
            yield f'{ruta}/@{atributo}', {'valor': valor}

    ausente.__doc__ = f'There is no {atributo}.'


for _argumentos in _FIJOS:
    _fijo(*_argumentos)
for _argumentos in _AUSENTES:
    _ausente(*_argumentos)


@regla('CRP20111', complemento=Pagos)
def un_solo_concepto(doc):
    """There is one Concepto (none at all is a problem of structure)."""
    if _de_pago(doc) and len(doc.nodos_concepto) > 1:
        yield 'Comprobante/Conceptos', {'valor': len(doc.nodos_concepto)}


@regla('CRP20112', complemento=Pagos)
def concepto_sin_hijos(doc):
    """The concept holds nothing but, if anything, ACuentaTerceros."""
    ruta, concepto = _portador(doc, CONCEPTO)
    for campo, nombre in _HIJOS if concepto is not None else ():
        if getattr(concepto, campo):
            yield f'{ruta}/{nombre}', {'nodo': nombre}


@regla('CRP20123', complemento=Pagos)
def sin_impuestos(doc):
    """Neither the document nor its concept has Impuestos.

    The matrix names the concept in one column and the CFDI in the other: this covers both.
    """
    if _de_pago(doc) and doc.impuestos is not None:
        yield 'Comprobante/Impuestos', {}
    ruta, concepto = _portador(doc, CONCEPTO)
    if concepto is not None and concepto.impuestos is not None:
        yield f'{ruta}/Impuestos', {}
