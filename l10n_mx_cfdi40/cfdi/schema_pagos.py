"""Structure of the complement Pagos 2.0 (Pagos20.xsd)."""
from decimal import Decimal

from . import pagos
from .schema_tipos import (
    RFC_PM,
    UUID,
    Atributo,
    Espacio,
    Hijo,
    Nodo,
    _patron,
    base64,
    catalogo,
    codigo,
    decimal,
    fecha,
    fijo,
    importe,
    importe_mxn,
    rfc,
    tasa,
    texto,
    uuid,
)

PAGO20 = Espacio('pago20', 'http://www.sat.gob.mx/Pagos20',
                 'http://www.sat.gob.mx/sitio_internet/cfd/Pagos/Pagos20.xsd')
_FECHA_RFC = '[0-9]{2}(?:0[1-9]|1[012])(?:0[1-9]|[12][0-9]|3[01])[A-Z0-9]{2}[0-9A]'
_ID_DOCUMENTO = _patron(UUID.pattern[len(r'\A(?:'):-len(r')\Z')] + '|[0-9]{3}-[0-9]{2}-[0-9]{9}')


def _nodo(nombre, clase, *atributos, hijos=()):
    return Nodo(nombre=nombre, espacio=PAGO20, clase=clase, atributos=atributos, hijos=tuple(hijos))


TOTALES = _nodo(
    'Totales', pagos.Totales,
    importe_mxn('TotalRetencionesIVA'),
    importe_mxn('TotalRetencionesISR'),
    importe_mxn('TotalRetencionesIEPS'),
    importe_mxn('TotalTrasladosBaseIVA16'),
    importe_mxn('TotalTrasladosImpuestoIVA16'),
    importe_mxn('TotalTrasladosBaseIVA8'),
    importe_mxn('TotalTrasladosImpuestoIVA8'),
    importe_mxn('TotalTrasladosBaseIVA0'),
    importe_mxn('TotalTrasladosImpuestoIVA0'),
    importe_mxn('TotalTrasladosBaseIVAExento'),
    importe_mxn('MontoTotalPagos', requerido=True),
)

RETENCION_DR = _nodo(
    'RetencionDR', pagos.RetencionDR,
    decimal('BaseDR'),
    catalogo('ImpuestoDR', 'c_Impuesto'),
    catalogo('TipoFactorDR', 'c_TipoFactor'),
    tasa('TasaOCuotaDR'),
    importe('ImporteDR'),
)

TRASLADO_DR = _nodo(
    'TrasladoDR', pagos.TrasladoDR,
    decimal('BaseDR'),
    catalogo('ImpuestoDR', 'c_Impuesto'),
    catalogo('TipoFactorDR', 'c_TipoFactor'),
    tasa('TasaOCuotaDR', requerido=False),
    importe('ImporteDR', requerido=False),
)

IMPUESTOS_DR = _nodo(
    'ImpuestosDR', pagos.ImpuestosDR,
    hijos=[Hijo('retenciones_dr', RETENCION_DR, 0, None, 'RetencionesDR'),
           Hijo('traslados_dr', TRASLADO_DR, 0, None, 'TrasladosDR')],
)

DOCTO_RELACIONADO = _nodo(
    'DoctoRelacionado', pagos.DoctoRelacionado,
    uuid('IdDocumento', patron=_ID_DOCUMENTO, minimo_largo=16),
    texto('Serie', 25, requerido=False),
    texto('Folio', 40, requerido=False),
    catalogo('MonedaDR', 'c_Moneda'),
    decimal('EquivalenciaDR', requerido=False, decimales=10, minimo=Decimal('1E-10')),
    Atributo(nombre='NumParcialidad', tipo='entero', patron=_patron('[1-9][0-9]{0,2}'), minimo=Decimal(1),
             maximo=Decimal(999)),
    importe('ImpSaldoAnt'),
    importe('ImpPagado'),
    importe('ImpSaldoInsoluto'),
    catalogo('ObjetoImpDR', 'c_ObjetoImp'),
    hijos=[Hijo('impuestos_dr', IMPUESTOS_DR)],
)

RETENCION_P = _nodo('RetencionP', pagos.RetencionP, catalogo('ImpuestoP', 'c_Impuesto'), importe('ImporteP'))

TRASLADO_P = _nodo(
    'TrasladoP', pagos.TrasladoP,
    importe('BaseP'),
    catalogo('ImpuestoP', 'c_Impuesto'),
    catalogo('TipoFactorP', 'c_TipoFactor'),
    tasa('TasaOCuotaP', requerido=False),
    importe('ImporteP', requerido=False),
)

IMPUESTOS_P = _nodo(
    'ImpuestosP', pagos.ImpuestosP,
    hijos=[Hijo('retenciones_p', RETENCION_P, 0, None, 'RetencionesP'),
           Hijo('traslados_p', TRASLADO_P, 0, None, 'TrasladosP')],
)

PAGO = _nodo(
    'Pago', pagos.Pago,
    fecha('FechaPago'),
    catalogo('FormaDePagoP', 'c_FormaPago'),
    catalogo('MonedaP', 'c_Moneda'),
    decimal('TipoCambioP', requerido=False),
    importe('Monto'),
    texto('NumOperacion', 100, requerido=False),
    rfc('RfcEmisorCtaOrd', requerido=False, patron=_patron(f'XEXX010101000|[A-Z&Ñ]{{3}}{_FECHA_RFC}')),
    texto('NomBancoOrdExt', 300, requerido=False),
    codigo('CtaOrdenante', '[A-Z0-9_]{10,50}', 10, 50, requerido=False),
    rfc('RfcEmisorCtaBen', requerido=False, patron=RFC_PM),
    codigo('CtaBeneficiario', '[A-Z0-9_]{10,50}', 10, 50, requerido=False),
    catalogo('TipoCadPago', 'c_TipoCadenaPago', requerido=False),
    base64('CertPago', requerido=False),
    texto('CadPago', 8192, requerido=False, barra=True),
    base64('SelloPago', requerido=False),
    hijos=[Hijo('docto_relacionado', DOCTO_RELACIONADO, 1, None), Hijo('impuestos_p', IMPUESTOS_P)],
)

PAGOS = _nodo(
    'Pagos', pagos.Pagos,
    fijo('Version', '2.0'),
    hijos=[Hijo('totales', TOTALES, 1), Hijo('pago', PAGO, 1, None)],
)
