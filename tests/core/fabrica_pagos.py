"""Payment complements for the tests of the rules: valid ones, and ways to break one thing of them."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal as D

from fabrica_reglas import CP, EMISOR, FECHA, RECEPTOR

from l10n_mx_cfdi40.cfdi import values as v
from l10n_mx_cfdi40.cfdi.cobranza import Cuenta, Factura, PagoRecibido, Recibo
from l10n_mx_cfdi40.cfdi.complemento_pago import comprobante_de_pago
from l10n_mx_cfdi40.cfdi.pagos import ImpuestosDR, ImpuestosP, Totales

CIFRAS = {'MXN': 2, 'USD': 2, 'EUR': 2, 'JPY': 0}
UUIDS = ('5FB2822E-396D-4725-8521-CDC4BDD20CCF', 'D21CA0C2-3EA4-4510-ABE3-F05771523E25',
         'C1DF8D01-8436-4E7D-BECF-20F31624280D')
CUANDO = datetime(2026, 7, 30, 12, 0, 0)


def traslado(base='200.00', impuesto='002', factor='Tasa', tasa='0.160000', importe='32.00'):
    """Return a tax charged by an invoice."""
    exento = factor == 'Exento'
    return v.Traslado(base=D(base), impuesto=impuesto, tipo_factor=factor, tasa_o_cuota=None if exento else D(tasa),
                      importe=None if exento else D(importe))


def retencion(base='200.00', impuesto='001', tasa='0.100000', importe='20.00'):
    """Return a tax withheld in an invoice."""
    return v.Retencion(base=D(base), impuesto=impuesto, tipo_factor='Tasa', tasa_o_cuota=D(tasa), importe=D(importe))


def factura(traslados=None, retenciones=(), *, moneda='MXN', total='232.00', objeto='02', cual=0):
    """Return an invoice of 200.00 with IVA 16 %, or with the taxes given."""
    traslados = (traslado(),) if traslados is None else tuple(traslados)
    return Factura(uuid=UUIDS[cual], serie='A', folio=str(cual + 1), moneda=moneda, total=D(total), objeto_imp=objeto,
                   traslados=traslados, retenciones=tuple(retenciones))


def pagado(una=None, importe=None, **resto):
    """Return what a payment covers of an invoice: all of it, unless told otherwise."""
    una = una or factura()
    return Cuenta(factura=una, saldo=una.total).pagar(una.total if importe is None else D(importe), **resto)[0]


def pago(*documentos, monto=None, **cambios):
    """Return a payment by transfer, in pesos, of as much as it covers."""
    documentos = documentos or (pagado(),)
    datos = {'fecha': CUANDO, 'forma_pago': '03', 'moneda': 'MXN',
             'monto': D(monto) if monto else sum(d.parte or d.pagado for d in documentos), 'documentos': documentos}
    return PagoRecibido(**(datos | cambios))


def recibo(*pagos, **cambios) -> Recibo:
    """Return a receipt of the payments."""
    datos = {'fecha': FECHA, 'emisor': EMISOR, 'receptor': RECEPTOR, 'lugar_expedicion': CP,
             'pagos': pagos or (pago(),)}
    return Recibo(**(datos | cambios))


def rep(*pagos, **cambios) -> v.Comprobante:
    """Return a valid CFDI of type P for the payments, then with ``cambios`` put in place."""
    return replace(comprobante_de_pago(recibo(*pagos), CIFRAS), **cambios)


def con_concepto(documento, **cambios):
    """Return the document with something of its only concept changed."""
    return replace(documento, conceptos=(replace(documento.conceptos[0], **cambios),))


def con_pagos(documento, **cambios):
    """Return the document with something of its complement changed."""
    return replace(documento, complemento=(replace(documento.complemento[0], **cambios),))


def con_totales(documento, **cambios):
    """Return the document with something of Totales changed."""
    return con_pagos(documento, totales=replace(documento.complemento[0].totales, **cambios))


def solo_monto(documento):
    """Return the document with no total but MontoTotalPagos."""
    return con_pagos(documento, totales=Totales(
        monto_total_pagos=documento.complemento[0].totales.monto_total_pagos))


def con_pago(documento, cual=0, **cambios):
    """Return the document with something of a payment changed."""
    pagos = list(documento.complemento[0].pago)
    pagos[cual] = replace(pagos[cual], **cambios)
    return con_pagos(documento, pago=tuple(pagos))


def con_docto(documento, cual=0, **cambios):
    """Return the document with something of a related document of its first payment changed."""
    doctos = list(documento.complemento[0].pago[0].docto_relacionado)
    doctos[cual] = replace(doctos[cual], **cambios)
    return con_pago(documento, docto_relacionado=tuple(doctos))


def con_dr(documento, lado, **cambios):
    """Return the document with something of the first tax of its first related document changed."""
    impuestos = documento.complemento[0].pago[0].docto_relacionado[0].impuestos_dr
    nodos = getattr(impuestos, lado)
    return con_docto(documento, impuestos_dr=replace(impuestos, **{lado: (replace(nodos[0], **cambios), *nodos[1:])}))


def con_p(documento, lado, cual=0, **cambios):
    """Return the document with something of a tax of its first payment changed."""
    impuestos = documento.complemento[0].pago[0].impuestos_p
    nodos = list(getattr(impuestos, lado))
    nodos[cual] = replace(nodos[cual], **cambios)
    return con_pago(documento, impuestos_p=replace(impuestos, **{lado: tuple(nodos)}))


def mas_p(documento, lado, *nuevos, desde=None):
    """Return the document with more taxes in its first payment (in place of those from ``desde`` on)."""
    impuestos = documento.complemento[0].pago[0].impuestos_p or ImpuestosP()
    return con_pago(documento, impuestos_p=replace(
        impuestos, **{lado: (*getattr(impuestos, lado)[:desde], *nuevos)}))


def vacio():
    """Return an ImpuestosDR with nothing in it."""
    return ImpuestosDR()
