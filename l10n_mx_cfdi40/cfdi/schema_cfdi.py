"""Structure of CFDI 4.0 (cfdv40.xsd): every node and attribute, in order. See ``schema_tipos`` for what each says."""
from decimal import Decimal

from . import values
from .schema_tipos import (
    Atributo,
    Espacio,
    Hijo,
    Nodo,
    base64,
    catalogo,
    codigo,
    decimal,
    fecha,
    fijo,
    importe,
    pedimento,
    rfc,
    tasa,
    texto,
    uuid,
)

CFDI = Espacio('cfdi', 'http://www.sat.gob.mx/cfd/4', 'http://www.sat.gob.mx/sitio_internet/cfd/4/cfdv40.xsd')


def _nodo(nombre, clase, *atributos, hijos=(), cadena=None):
    return Nodo(nombre=nombre, espacio=CFDI, clase=clase, atributos=atributos, hijos=tuple(hijos), cadena=cadena)


INFORMACION_GLOBAL = _nodo(
    'InformacionGlobal', values.InformacionGlobal,
    catalogo('Periodicidad', 'c_Periodicidad'),
    catalogo('Meses', 'c_Meses'),
    Atributo(nombre='Año', tipo='entero', minimo=Decimal(2019), maximo=Decimal(32767)),
)

CFDI_RELACIONADO = _nodo('CfdiRelacionado', str, uuid('UUID'))

CFDI_RELACIONADOS = _nodo(
    'CfdiRelacionados', values.CfdiRelacionados,
    catalogo('TipoRelacion', 'c_TipoRelacion'),
    hijos=[Hijo('uuids', CFDI_RELACIONADO, 1, None)],
)

EMISOR = _nodo(
    'Emisor', values.Emisor,
    rfc('Rfc'),
    texto('Nombre', 300),
    catalogo('RegimenFiscal', 'c_RegimenFiscal'),
    codigo('FacAtrAdquirente', '[0-9]{10}', 10, requerido=False),
)

RECEPTOR = _nodo(
    'Receptor', values.Receptor,
    rfc('Rfc'),
    texto('Nombre', 300),
    codigo('DomicilioFiscalReceptor', '[0-9]{5}', 5),
    catalogo('ResidenciaFiscal', 'c_Pais', requerido=False),
    texto('NumRegIdTrib', 40, requerido=False, barra=True),
    catalogo('RegimenFiscalReceptor', 'c_RegimenFiscal'),
    catalogo('UsoCFDI', 'c_UsoCFDI'),
)

TRASLADO = _nodo(
    'Traslado', values.Traslado,
    decimal('Base'),
    catalogo('Impuesto', 'c_Impuesto'),
    catalogo('TipoFactor', 'c_TipoFactor'),
    tasa('TasaOCuota', requerido=False),
    importe('Importe', requerido=False),
)

RETENCION = _nodo(
    'Retencion', values.Retencion,
    decimal('Base'),
    catalogo('Impuesto', 'c_Impuesto'),
    catalogo('TipoFactor', 'c_TipoFactor'),
    tasa('TasaOCuota'),
    importe('Importe'),
)

#: In a concept Traslados come first; in the document (below) Retenciones do.
IMPUESTOS_CONCEPTO = _nodo(
    'Impuestos', values.ImpuestosConcepto,
    hijos=[Hijo('traslados', TRASLADO, 0, None, 'Traslados'), Hijo('retenciones', RETENCION, 0, None, 'Retenciones')],
)

A_CUENTA_TERCEROS = _nodo(
    'ACuentaTerceros', values.ACuentaTerceros,
    rfc('RfcACuentaTerceros'),
    texto('NombreACuentaTerceros', 300),
    catalogo('RegimenFiscalACuentaTerceros', 'c_RegimenFiscal'),
    codigo('DomicilioFiscalACuentaTerceros', '[0-9]{5}', 5),
)

INFORMACION_ADUANERA = _nodo('InformacionAduanera', str, pedimento())

CUENTA_PREDIAL = _nodo('CuentaPredial', str, codigo('Numero', '[0-9a-zA-Z]{1,150}', 1, 150))

PARTE = _nodo(
    'Parte', values.Parte,
    catalogo('ClaveProdServ', 'c_ClaveProdServ'),
    texto('NoIdentificacion', 100, requerido=False),
    decimal('Cantidad'),
    texto('Unidad', 20, requerido=False),
    texto('Descripcion', 1000),
    importe('ValorUnitario', requerido=False),
    importe('Importe', requerido=False),
    hijos=[Hijo('informacion_aduanera', INFORMACION_ADUANERA, 0, None)],
)

CONCEPTO = _nodo(
    'Concepto', values.Concepto,
    catalogo('ClaveProdServ', 'c_ClaveProdServ'),
    texto('NoIdentificacion', 100, requerido=False),
    decimal('Cantidad'),
    catalogo('ClaveUnidad', 'c_ClaveUnidad'),
    texto('Unidad', 20, requerido=False),
    texto('Descripcion', 1000),
    importe('ValorUnitario'),
    importe('Importe'),
    importe('Descuento', requerido=False),
    catalogo('ObjetoImp', 'c_ObjetoImp'),
    hijos=[
        Hijo('impuestos', IMPUESTOS_CONCEPTO),
        Hijo('a_cuenta_terceros', A_CUENTA_TERCEROS),
        Hijo('informacion_aduanera', INFORMACION_ADUANERA, 0, None),
        Hijo('cuenta_predial', CUENTA_PREDIAL, 0, None),
        Hijo('complemento_concepto', None, 0, None, 'ComplementoConcepto'),
        Hijo('parte', PARTE, 0, None),
    ],
)

RETENCION_TOTAL = _nodo(
    'Retencion', values.RetencionTotal,
    catalogo('Impuesto', 'c_Impuesto'),
    importe('Importe'),
)

TRASLADO_TOTAL = _nodo(
    'Traslado', values.Traslado,
    importe('Base'),
    catalogo('Impuesto', 'c_Impuesto'),
    catalogo('TipoFactor', 'c_TipoFactor'),
    tasa('TasaOCuota', requerido=False),
    importe('Importe', requerido=False),
)

_TOTAL_RETENIDOS = importe('TotalImpuestosRetenidos', requerido=False)
_TOTAL_TRASLADADOS = importe('TotalImpuestosTrasladados', requerido=False)
_RETENCIONES = Hijo('retenciones', RETENCION_TOTAL, 0, None, 'Retenciones')
_TRASLADOS = Hijo('traslados', TRASLADO_TOTAL, 0, None, 'Traslados')

#: The stylesheet names each total after the amounts that it sums.
IMPUESTOS = _nodo(
    'Impuestos', values.Impuestos, _TOTAL_RETENIDOS, _TOTAL_TRASLADADOS,
    hijos=[_RETENCIONES, _TRASLADOS],
    cadena=(_RETENCIONES, _TOTAL_RETENIDOS, _TRASLADOS, _TOTAL_TRASLADADOS),
)

COMPROBANTE = _nodo(
    'Comprobante', values.Comprobante,
    fijo('Version', '4.0'),
    texto('Serie', 25, requerido=False),
    texto('Folio', 40, requerido=False),
    fecha('Fecha'),
    base64('Sello', en_cadena=False),
    catalogo('FormaPago', 'c_FormaPago', requerido=False),
    codigo('NoCertificado', '[0-9]{20}', 20),
    base64('Certificado', en_cadena=False),
    texto('CondicionesDePago', 1000, requerido=False),
    importe('SubTotal'),
    importe('Descuento', requerido=False),
    catalogo('Moneda', 'c_Moneda'),
    decimal('TipoCambio', requerido=False),
    importe('Total'),
    catalogo('TipoDeComprobante', 'c_TipoDeComprobante'),
    catalogo('Exportacion', 'c_Exportacion'),
    catalogo('MetodoPago', 'c_MetodoPago', requerido=False),
    catalogo('LugarExpedicion', 'c_CodigoPostal'),
    codigo('Confirmacion', '[0-9a-zA-Z]{5}', 5, requerido=False),
    hijos=[
        Hijo('informacion_global', INFORMACION_GLOBAL),
        Hijo('cfdi_relacionados', CFDI_RELACIONADOS, 0, None),
        Hijo('emisor', EMISOR, 1),
        Hijo('receptor', RECEPTOR, 1),
        Hijo('conceptos', CONCEPTO, 1, None, 'Conceptos'),
        Hijo('impuestos', IMPUESTOS),
        Hijo('complemento', None, 0, None, 'Complemento'),
        Hijo('addenda', None, 0, None, 'Addenda'),
    ],
)
