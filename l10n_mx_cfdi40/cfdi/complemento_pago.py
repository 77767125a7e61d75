"""Payments received, as the CFDI of type P that documents them: Pagos 2.0, worked out in exact decimals.

`comprobante_de_pago` gives the whole document, ready to seal; `complemento` only its Pagos node. Nothing is judged
here: that is `findings.check`, which finds nothing wrong with what comes out of right data.

- What a payment covers of an invoice takes the same share of each of its taxes: BaseDR = Base x ImpPagado / Total. A
  full payment repeats the invoice's amounts; a part of it has six decimals, so that the rate gives ImporteDR within the
  SAT's limits (CRP20254, CRP20261).
- ImpuestosP adds up what each document says divided by its EquivalenciaDR, rounded once, to six decimals; Totales is
  made from what ImpuestosP writes, in pesos, rounded once, to two.
"""
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from . import equivalencia as eq
from .amounts import (
    CERO,
    cociente,
    decimales,
    division,
    impuesto_fuera_de_limites,
    producto,
    recortar,
    redondear,
    resta,
    suma,
)
from .cobranza import DocumentoPagado, PagoRecibido, Recibo
from .cuadre import repartir_proporcional
from .errors import MontoError
from .pagos import (
    DoctoRelacionado,
    ImpuestosDR,
    ImpuestosP,
    Pago,
    Pagos,
    RetencionDR,
    RetencionP,
    Totales,
    TrasladoDR,
    TrasladoP,
)
from .values import CfdiRelacionados, Comprobante, Concepto

PESO = 'MXN'
SIN_MONEDA = 'XXX'
CLAVE_PROD_SERV = '84111506'
USO_CFDI = 'CP01'
SUSTITUCION = '04'
CIFRAS = 6
CIFRAS_MXN = 2
UNO = Decimal(1)
MILLONESIMA = Decimal('0.000001')
#: ObjetoImpDR with which no tax is broken down (CRP20247).
SIN_DESGLOSE = frozenset({'01', '03', '04', '05'})
_BANCARIOS = ('num_operacion', 'rfc_emisor_cta_ord', 'nom_banco_ord_ext', 'cta_ordenante', 'rfc_emisor_cta_ben',
              'cta_beneficiario', 'tipo_cad_pago', 'cert_pago', 'cad_pago', 'sello_pago')
_RETENIDO = {'001': 'total_retenciones_isr', '002': 'total_retenciones_iva', '003': 'total_retenciones_ieps'}
_TASAS_IVA = {Decimal('0.16'): 'iva16', Decimal('0.08'): 'iva8', CERO: 'iva0'}


def comprobante_de_pago(recibo: Recibo, cifras: Mapping[str, int]) -> Comprobante:
    """The unsealed CFDI of type P of a receipt.

    :param cifras: decimals of every currency in use, by c_Moneda.
    :raises MontoError: those of `complemento`.
    """
    concepto = Concepto(
        clave_prod_serv=CLAVE_PROD_SERV, cantidad=UNO, clave_unidad='ACT', descripcion='Pago', valor_unitario=CERO,
        importe=CERO, objeto_imp='01', a_cuenta_terceros=recibo.tercero)
    relacionados = ()
    if recibo.sustituye:
        relacionados = (CfdiRelacionados(tipo_relacion=SUSTITUCION, uuids=recibo.sustituye),)
    return Comprobante(
        serie=recibo.serie, folio=recibo.folio, fecha=recibo.fecha, sub_total=CERO, moneda=SIN_MONEDA, total=CERO,
        tipo_de_comprobante='P', exportacion='01', lugar_expedicion=recibo.lugar_expedicion,
        cfdi_relacionados=relacionados, emisor=recibo.emisor, receptor=replace(recibo.receptor, uso_cfdi=USO_CFDI),
        conceptos=(concepto,), complemento=(complemento(recibo.pagos, cifras),))


def complemento(pagos: Iterable[PagoRecibido], cifras: Mapping[str, int]) -> Pagos:
    """The node Pagos for these payments, in their order.

    :param cifras: decimals of every currency in use, by c_Moneda.
    :raises MontoError: ``sin_decimales`` for a currency that ``cifras`` does not have; ``total_cero`` for an invoice of
        zero, of which nothing can be a part; ``sin_parte`` and ``pago_sin_importe`` where a payment in another currency
        does not say how much of it covers an invoice.
    """
    nodos = tuple(_pago(uno, cifras) for uno in pagos)
    return Pagos(totales=_totales(nodos), pago=nodos)


def _cifras(moneda, cifras):
    try:
        return cifras[moneda]
    except KeyError:
        raise MontoError('sin_decimales', f'No se conocen los decimales de la moneda «{moneda}». Elija una moneda del '
                         'catálogo del SAT.', moneda=moneda) from None


# -- one payment


def _pago(pago: PagoRecibido, cifras) -> Pago:
    propias = _cifras(pago.moneda, cifras)
    monto = redondear(pago.monto, propias)
    doctos = tuple(
        _docto(documento, una, _cifras(documento.factura.moneda, cifras))
        for documento, una in zip(pago.documentos, _equivalencias(pago, monto, propias), strict=True))
    cambio = UNO if pago.moneda == PESO else pago.tipo_cambio
    return Pago(
        fecha_pago=pago.fecha, forma_de_pago_p=pago.forma_pago, moneda_p=pago.moneda,
        tipo_cambio_p=cambio if cambio is None or decimales(cambio) <= CIFRAS else redondear(cambio, CIFRAS),
        monto=monto, docto_relacionado=doctos, impuestos_p=_impuestos_p(doctos, propias),
        **{campo: getattr(pago, campo) for campo in _BANCARIOS})


def _equivalencias(pago: PagoRecibido, monto: Decimal, propias: int) -> list[Decimal]:
    if all(documento.factura.moneda == pago.moneda for documento in pago.documentos):
        return [UNO] * len(pago.documentos)
    partes = _partes(pago, monto, propias)
    return eq.ajustar(monto, [
        (documento.pagado, parte, None if documento.factura.moneda == pago.moneda else eq.equivalencia(
            documento.pagado, parte, propias, documento.equivalencia))
        for documento, parte in zip(pago.documentos, partes, strict=True)], propias)


def _partes(pago: PagoRecibido, monto: Decimal, propias: int) -> list[Decimal]:
    """How much of the payment covers each invoice; what has neither part nor rate shares what is left, by ImpPagado."""
    partes = [_parte(documento, pago.moneda, propias) for documento in pago.documentos]
    sin_parte = [documento for documento, parte in zip(pago.documentos, partes, strict=True) if parte is None]
    if len({documento.factura.moneda for documento in sin_parte}) > 1:
        raise MontoError('sin_parte', 'El pago cubre facturas en varias monedas y no se sabe cuánto de él corresponde '
                         'a cada una. Capture el importe o el tipo de cambio de cada factura.')
    if sin_parte:
        libre = resta(monto, suma(parte for parte in partes if parte is not None))
        nuevas = iter(repartir_proporcional(libre, [documento.pagado for documento in sin_parte], propias))
        partes = [next(nuevas) if parte is None else parte for parte in partes]
    if any(parte <= CERO for parte in partes) or any(documento.pagado <= CERO for documento in pago.documentos):
        raise MontoError('pago_sin_importe', 'A una de las facturas del pago no le toca nada de él. Quítela, o corrija '
                         'el importe aplicado a cada una.')
    return partes


def _parte(documento: DocumentoPagado, moneda: str, propias: int) -> Decimal | None:
    if documento.factura.moneda == moneda:
        return documento.pagado
    if documento.parte is not None:
        return redondear(documento.parte, propias)
    if documento.equivalencia is not None:
        return max(UNO.scaleb(-propias), cociente(documento.pagado, documento.equivalencia, propias))
    return None


# -- one invoice of a payment


def _docto(documento: DocumentoPagado, equivalencia: Decimal, propias: int) -> DoctoRelacionado:
    factura = documento.factura
    anterior, pagado = redondear(documento.saldo_anterior, propias), redondear(documento.pagado, propias)
    impuestos = None
    if factura.objeto_imp not in SIN_DESGLOSE and (factura.traslados or factura.retenciones):
        impuestos = _impuestos_dr(factura, pagado, propias)
    return DoctoRelacionado(
        id_documento=factura.uuid, serie=factura.serie, folio=factura.folio, moneda_dr=factura.moneda,
        equivalencia_dr=equivalencia, num_parcialidad=documento.parcialidad, imp_saldo_ant=anterior, imp_pagado=pagado,
        imp_saldo_insoluto=resta(anterior, pagado), objeto_imp_dr=factura.objeto_imp, impuestos_dr=impuestos)


def _impuestos_dr(factura, pagado, propias) -> ImpuestosDR:
    if factura.total <= CERO:
        raise MontoError('total_cero', f'El total de la factura {factura.uuid} es cero: no hay qué pagar de ella. '
                         'Quítela del pago.', uuid=factura.uuid)
    retenciones = tuple(
        RetencionDR(base_dr=base, impuesto_dr=una.impuesto, tipo_factor_dr=una.tipo_factor,
                    tasa_o_cuota_dr=una.tasa_o_cuota, importe_dr=importe)
        for una in factura.retenciones for base, importe in (_parte_de_impuesto(una, factura.total, pagado, propias),))
    traslados = tuple(
        TrasladoDR(base_dr=base, impuesto_dr=uno.impuesto, tipo_factor_dr=uno.tipo_factor,
                   tasa_o_cuota_dr=uno.tasa_o_cuota, importe_dr=importe)
        for uno in factura.traslados for base, importe in (_parte_de_impuesto(uno, factura.total, pagado, propias),))
    return ImpuestosDR(retenciones_dr=retenciones, traslados_dr=traslados)


def _parte_de_impuesto(impuesto, total, pagado, propias) -> tuple[Decimal, Decimal | None]:
    """``(BaseDR, ImporteDR)``: the share of ``pagado`` in ``total``. ImporteDR is the share of the invoice's own
    amount, brought inside of the limits of BaseDR x rate where its lines were rounded one by one."""
    entero = pagado == total
    cifras = propias if entero else CIFRAS
    base = max(MILLONESIMA, _fraccion(impuesto.base, total, pagado, entero, cifras, propias))
    if impuesto.importe is None:
        return base, None
    importe = _fraccion(impuesto.importe, total, pagado, entero, cifras, propias)
    limites = impuesto_fuera_de_limites(base, impuesto.tasa_o_cuota, importe, cifras)
    if limites is not None:
        importe = recortar(min(max(importe, limites[0]), limites[1]), propias)
    return base, importe


def _fraccion(importe, total, pagado, entero, cifras, propias) -> Decimal:
    if entero:
        return redondear(importe, cifras)
    return recortar(cociente(producto(importe, pagado), total, cifras), propias)


# -- sums


def _impuestos_p(doctos: Sequence[DoctoRelacionado], propias: int) -> ImpuestosP | None:
    retenidos: dict[str, Decimal] = {}
    trasladados: dict[tuple, list] = {}
    for docto in doctos:
        if docto.impuestos_dr is None:
            continue
        equivalencia = docto.equivalencia_dr
        for una in docto.impuestos_dr.retenciones_dr:
            retenidos[una.impuesto_dr] = suma((
                retenidos.get(una.impuesto_dr, CERO), _en_pago(una.importe_dr, equivalencia)))
        for uno in docto.impuestos_dr.traslados_dr:
            clave = (uno.impuesto_dr, uno.tipo_factor_dr, uno.tasa_o_cuota_dr)
            sumas = trasladados.setdefault(clave, [[], []])
            sumas[0].append(_en_pago(uno.base_dr, equivalencia))
            if uno.importe_dr is not None:
                sumas[1].append(_en_pago(uno.importe_dr, equivalencia))
    if not retenidos and not trasladados:
        return None
    return ImpuestosP(
        retenciones_p=tuple(RetencionP(impuesto_p=impuesto, importe_p=_escribir(importe, propias))
                            for impuesto, importe in retenidos.items()),
        traslados_p=tuple(
            TrasladoP(base_p=_escribir(suma(bases), propias), impuesto_p=impuesto, tipo_factor_p=factor,
                      tasa_o_cuota_p=tasa, importe_p=None if tasa is None else _escribir(suma(importes), propias))
            for (impuesto, factor, tasa), (bases, importes) in trasladados.items()))


def _en_pago(importe, equivalencia):
    return importe if equivalencia is UNO else division(importe, equivalencia)


def _escribir(valor, propias):
    return recortar(redondear(valor, CIFRAS), propias)


def _totales(pagos: Sequence[Pago]) -> Totales:
    """In pesos. What has no total of its own (IEPS charged, other rates) is left out; a rate charged has both."""
    sumas: dict[str, list[Decimal]] = {}

    def agregar(campo, importe, pago):
        sumas.setdefault(campo, []).append(producto(importe, pago.tipo_cambio_p or UNO))

    for pago in pagos:
        agregar('monto_total_pagos', pago.monto, pago)
        impuestos = pago.impuestos_p or ImpuestosP()
        for una in impuestos.retenciones_p:
            if una.impuesto_p in _RETENIDO:
                agregar(_RETENIDO[una.impuesto_p], una.importe_p, pago)
        for uno in impuestos.traslados_p:
            if uno.impuesto_p != '002':
                continue
            if uno.tipo_factor_p == 'Exento':
                agregar('total_traslados_base_iva_exento', uno.base_p, pago)
            elif uno.tasa_o_cuota_p in _TASAS_IVA:
                tasa = _TASAS_IVA[uno.tasa_o_cuota_p]
                agregar(f'total_traslados_base_{tasa}', uno.base_p, pago)
                agregar(f'total_traslados_impuesto_{tasa}', uno.importe_p, pago)
    return Totales(**{campo: redondear(suma(importes), CIFRAS_MXN) for campo, importes in sumas.items()})
