"""One passing and one failing case for every rule of the complement Pagos, as in ``casos_reglas.py``."""

from dataclasses import replace
from decimal import Decimal as D

from casos_reglas import Caso
from fabrica_pagos import (
    UUIDS,
    con_concepto,
    con_docto,
    con_dr,
    con_p,
    con_pago,
    con_totales,
    factura,
    mas_p,
    pagado,
    pago,
    rep,
    retencion,
    solo_monto,
    traslado,
    vacio,
)
from fabrica_reglas import factura as factura_i

from l10n_mx_cfdi40.cfdi import values as v
from l10n_mx_cfdi40.cfdi.findings import Inscrito
from l10n_mx_cfdi40.cfdi.pagos import RetencionP, TrasladoP

CASOS: list[Caso] = []


def caso(codigo, ruta, bien, mal, **resto):
    """Add a case."""
    CASOS.append(Caso(codigo=codigo, ruta=ruta, bien=bien, mal=mal, **resto))


C = 'Comprobante'
LINEA = f'{C}/Conceptos/Concepto[1]'
N = f'{C}/Complemento/Pagos'
T, P = f'{N}/Totales', f'{N}/Pago[1]'
DR = f'{P}/DoctoRelacionado[1]'
TDR, RDR = f'{DR}/ImpuestosDR/TrasladosDR/TrasladoDR[1]', f'{DR}/ImpuestosDR/RetencionesDR/RetencionDR[1]'
TP, RP = f'{P}/ImpuestosP/TrasladosP/TrasladoP[1]', f'{P}/ImpuestosP/RetencionesP/RetencionP[1]'
valido = rep()

# -- The envelope. Where the matrix of the CFDI forbids the same thing, both say it, each with its code.
caso('CRP20101', f'{C}/@TipoDeComprobante', valido, factura_i(complemento=valido.complemento))
caso('CRP20102', f'{C}/@Exportacion', valido, rep(exportacion='03'))
caso('CRP20103', f'{C}/@SubTotal', rep(sub_total=D('0.00')), rep(sub_total=D('1')),
     ademas=(('CFDI40109', f'{C}/@SubTotal'), ('CFDI40119', f'{C}/@Total')))
caso('CRP20104', f'{C}/@Moneda', valido, rep(moneda='MXN'))
caso('CRP20105', f'{C}/@FormaPago', valido, rep(forma_pago='03'), ademas=(('CFDI40103', f'{C}/@FormaPago'),))
caso('CRP20106', f'{C}/@MetodoPago', valido, rep(metodo_pago='PUE'), ademas=(('CFDI40125', f'{C}/@MetodoPago'),))
caso('CRP20107', f'{C}/@CondicionesDePago', valido, rep(condiciones_de_pago='Contado'))
caso('CRP20108', f'{C}/@Descuento', valido, rep(descuento=D('0')), ademas=(('CFDI40111', f'{C}/@Descuento'),))
caso('CRP20109', f'{C}/@TipoCambio', valido, rep(tipo_cambio=D('1')), ademas=(('CFDI40116', f'{C}/@TipoCambio'),))
caso('CRP20110', f'{C}/@Total', valido, rep(total=D('1')), ademas=(('CFDI40119', f'{C}/@Total'),))
caso('CRP20111', f'{C}/Conceptos', valido, rep(conceptos=valido.conceptos * 2))
caso('CRP20112', f'{LINEA}/CuentaPredial', con_concepto(valido, a_cuenta_terceros=v.ACuentaTerceros(
    rfc_a_cuenta_terceros='JES900109Q90', nombre_a_cuenta_terceros='JIMENEZ ESTRADA SALAS',
    regimen_fiscal_a_cuenta_terceros='601', domicilio_fiscal_a_cuenta_terceros='01030')),
     con_concepto(valido, cuenta_predial=('15956011002',)))
caso('CRP20113', f'{LINEA}/@ClaveProdServ', valido, con_concepto(valido, clave_prod_serv='84111505'))
caso('CRP20114', f'{LINEA}/@NoIdentificacion', valido, con_concepto(valido, no_identificacion='1'))
caso('CRP20115', f'{LINEA}/@Cantidad', con_concepto(valido, cantidad=D('1.0')), con_concepto(valido, cantidad=D('2')))
caso('CRP20116', f'{LINEA}/@ClaveUnidad', valido, con_concepto(valido, clave_unidad='H87'))
caso('CRP20117', f'{LINEA}/@Unidad', valido, con_concepto(valido, unidad='Actividad'))
caso('CRP20118', f'{LINEA}/@Descripcion', valido, con_concepto(valido, descripcion='Pagos'))
caso('CRP20119', f'{LINEA}/@ValorUnitario', valido, con_concepto(valido, valor_unitario=D('0.1')))
caso('CRP20120', f'{LINEA}/@Importe', valido, con_concepto(valido, importe=D('0.1')))
caso('CRP20121', f'{LINEA}/@Descuento', valido, con_concepto(valido, descuento=D('0')),
     ademas=(('CFDI40111', f'{LINEA}/@Descuento'),))
caso('CRP20122', f'{LINEA}/@ObjetoImp', valido, con_concepto(valido, objeto_imp='03'))
caso('CRP20123', f'{C}/Impuestos', valido, rep(impuestos=v.Impuestos()), ademas=(('CFDI40201', f'{C}/Impuestos'),))
caso('CRP20123', f'{LINEA}/Impuestos', valido, con_concepto(valido, impuestos=v.ImpuestosConcepto(traslados=(
    v.Traslado(base=D('1'), impuesto='002', tipo_factor='Exento'),))), nombre='en el concepto',
     ademas=(('CFDI40172', f'{LINEA}/@ObjetoImp'),))
caso('301', f'{N}', valido, rep(complemento=()), nombre='sin complemento')

# -- Totales
_ivas = [traslado(), traslado(tasa='0.080000', importe='16.00'), traslado(tasa='0.000000', importe='0.00'),
         traslado(factor='Exento')]
_retenidos = [retencion(), retencion(impuesto='002', tasa='0.106667', importe='21.33'),
              retencion(impuesto='003', tasa='0.080000', importe='16.00')]
completo = rep(pago(pagado(factura(_ivas, _retenidos, total='790.67'))))
for codigo, campo, atributo in (
        ('CRP20201', 'total_retenciones_iva', 'TotalRetencionesIVA'),
        ('CRP20202', 'total_retenciones_isr', 'TotalRetencionesISR'),
        ('CRP20203', 'total_retenciones_ieps', 'TotalRetencionesIEPS'),
        ('CRP20204', 'total_traslados_base_iva16', 'TotalTrasladosBaseIVA16'),
        ('CRP20205', 'total_traslados_impuesto_iva16', 'TotalTrasladosImpuestoIVA16'),
        ('CRP20206', 'total_traslados_base_iva8', 'TotalTrasladosBaseIVA8'),
        ('CRP20207', 'total_traslados_impuesto_iva8', 'TotalTrasladosImpuestoIVA8'),
        ('CRP20208', 'total_traslados_base_iva0', 'TotalTrasladosBaseIVA0'),
        ('CRP20209', 'total_traslados_impuesto_iva0', 'TotalTrasladosImpuestoIVA0'),
        ('CRP20210', 'total_traslados_base_iva_exento', 'TotalTrasladosBaseIVAExento'),
        ('CRP20211', 'monto_total_pagos', 'MontoTotalPagos')):
    _valor = getattr(completo.complemento[0].totales, campo)
    caso(codigo, f'{T}/@{atributo}', completo, con_totales(completo, **{campo: _valor + D('0.01')}))
    if codigo != 'CRP20211':
        caso(codigo, f'{T}/@{atributo}', completo, con_totales(completo, **{campo: None}), nombre='falta')
caso('CRP20206', f'{T}/@TotalTrasladosBaseIVA8', valido, con_totales(valido, total_traslados_base_iva8=D('1.00')),
     nombre='sin impuestos que sumar')

# -- Pago
usd = rep(pago(pagado(factura(moneda='USD')), moneda='USD', tipo_cambio=D('17.1234')))
caso('CRP20212', f'{P}/@FormaDePagoP', valido, con_pago(valido, forma_de_pago_p='99'))
caso('CRP20213', f'{P}/@MonedaP', valido, con_pago(valido, moneda_p='XXX'))
caso('CRP20214', f'{P}/@TipoCambioP', usd, con_pago(usd, tipo_cambio_p=None))
caso('CRP20215', f'{P}/@TipoCambioP', con_pago(valido, tipo_cambio_p=D('1.000000')),
     con_pago(valido, tipo_cambio_p=D('1.01')))
caso('CRP20215', f'{P}/@TipoCambioP', valido, con_pago(valido, tipo_cambio_p=None), nombre='falta')
vigente = {'confirmacion_en_vigor': True, 'tipo_cambio_fix': lambda _moneda, _el: D('15'),
           'confirmacion': lambda _clave, _rfc: 'valida'}
caso('CRP20216', f'{P}/@TipoCambioP', replace(usd, confirmacion='Buena'), usd, contexto=vigente)
caso('CRP20217', f'{P}/@Monto', rep(pago(monto='232.01')), con_totales(
    con_pago(valido, monto=D('231.99')), monto_total_pagos=D('231.99')))
caso('CRP20218', f'{P}/@Monto', valido, con_totales(con_pago(valido, monto=D('0.00')), monto_total_pagos=D('0.00')))
caso('CRP20219', f'{P}/@Monto', valido, con_pago(valido, monto=D('232.000')))
caso('CRP20220', f'{P}/@Monto', replace(valido, confirmacion='Buena'), valido,
     contexto=vigente | {'limite_total': lambda _rfc: D('100')})
banco = {'rfc_emisor_cta_ord': 'BBA940707IE1', 'cta_ordenante': '012345678901234567',
         'rfc_emisor_cta_ben': 'BBA940707IE1', 'cta_beneficiario': '765432109876543210'}
for codigo, campo, atributo in (('CRP20221', 'rfc_emisor_cta_ord', 'RfcEmisorCtaOrd'),
                                ('CRP20224', 'cta_ordenante', 'CtaOrdenante'),
                                ('CRP20227', 'rfc_emisor_cta_ben', 'RfcEmisorCtaBen'),
                                ('CRP20228', 'cta_beneficiario', 'CtaBeneficiario')):
    caso(codigo, f'{P}/@{atributo}', con_pago(valido, **banco), con_pago(
        valido, forma_de_pago_p='01', **{campo: banco[campo]}))
monedero = con_pago(valido, forma_de_pago_p='06', rfc_emisor_cta_ord='BBA940707IE1', cta_ordenante='0123456789')
caso('CRP20227', f'{P}/@RfcEmisorCtaBen', monedero, con_pago(monedero, rfc_emisor_cta_ben='BBA940707IE1'),
     nombre='dinero electrónico')
caso('CRP20222', f'{P}/@RfcEmisorCtaOrd', con_pago(valido, rfc_emisor_cta_ord='BBA940707IE1'),
     con_pago(valido, rfc_emisor_cta_ord='BBA940707IE2'), contexto={'lista_rfc': lambda _rfcs: {
         'BBA940707IE1': Inscrito(nombre='BBVA', codigo_postal='06600')}})
foraneo = con_pago(valido, rfc_emisor_cta_ord='XEXX010101000', nom_banco_ord_ext='BANK OF TOKYO')
caso('CRP20223', f'{P}/@NomBancoOrdExt', foraneo, con_pago(foraneo, nom_banco_ord_ext=None))
caso('CRP20225', f'{P}/@CtaOrdenante', con_pago(valido, cta_ordenante='0123456789'),
     con_pago(valido, cta_ordenante='01234567890'))
caso('CRP20226', f'{P}/@CtaBeneficiario', con_pago(valido, cta_beneficiario='0123456789'),
     con_pago(valido, cta_beneficiario='0123456789012345'))
cadena = {'tipo_cad_pago': '01', 'cert_pago': 'MIIC', 'cad_pago': '||Pago|Banco|300.00||', 'sello_pago': 'c2VsbG8='}
spei = con_pago(valido, **cadena)
caso('CRP20229', f'{P}/@TipoCadPago', spei, con_pago(spei, forma_de_pago_p='02'))
for campo, atributo, exigido, sobrante in (('cert_pago', 'CertPago', 'CRP20230', 'CRP20231'),
                                           ('cad_pago', 'CadPago', 'CRP20232', 'CRP20233'),
                                           ('sello_pago', 'SelloPago', 'CRP20234', 'CRP20235')):
    caso(exigido, f'{P}/@{atributo}', spei, con_pago(spei, **{campo: None}))
    caso(sobrante, f'{P}/@{atributo}', valido, con_pago(valido, **{campo: cadena[campo]}))
caso('301', f'{P}/@FormaDePagoP', valido, con_pago(valido, forma_de_pago_p='07'), nombre='forma fuera de catálogo')
caso('301', f'{P}/@TipoCadPago', spei, con_pago(spei, tipo_cad_pago='02'), nombre='cadena fuera de catálogo')
caso('301', f'{P}/@FechaPago', valido, con_pago(valido, fecha_pago='2026-02-30T12:00:00'), nombre='fecha')

# -- DoctoRelacionado
exenta = rep(pago(pagado(factura([traslado(factor='Exento')], total='200.00'))))
sin_objeto = rep(pago(pagado(factura([], total='200.00', objeto='01'))))
caso('CRP20236', f'{DR}/@MonedaDR', sin_objeto, con_docto(sin_objeto, moneda_dr='XXX'))
de_dolares = rep(pago(pagado(factura(moneda='USD'), parte=D('4000.00'))))
caso('CRP20237', f'{DR}/@EquivalenciaDR', de_dolares, con_docto(de_dolares, equivalencia_dr=None))
caso('CRP20238', f'{DR}/@EquivalenciaDR', con_docto(valido, equivalencia_dr=D('1.0000000000')),
     con_docto(valido, equivalencia_dr=D('1.0000000001')))
caso('CRP20238', f'{DR}/@EquivalenciaDR', valido, con_docto(valido, equivalencia_dr=None), nombre='falta')
caso('CRP20239', f'{DR}/@ImpSaldoAnt', valido, con_docto(valido, imp_saldo_ant=D('0.00')))
caso('CRP20240', f'{DR}/@ImpSaldoAnt', valido, con_docto(valido, imp_saldo_ant=D('232.000')))
caso('CRP20241', f'{DR}/@ImpPagado', valido, con_docto(valido, imp_pagado=D('0.00'), imp_saldo_insoluto=D('232.00')))
caso('CRP20242', f'{DR}/@ImpPagado', valido, con_docto(valido, imp_pagado=D('232.000')))
caso('CRP20243', f'{DR}/@ImpSaldoInsoluto', valido, con_docto(valido, imp_saldo_insoluto=D('0.000')))
parcial = rep(pago(pagado(importe='100.00')))
caso('CRP20244', f'{DR}/@ImpSaldoInsoluto', parcial, con_docto(parcial, imp_saldo_insoluto=D('131.99')))
caso('CRP20244', f'{DR}/@ImpSaldoInsoluto', valido, con_docto(valido, imp_saldo_ant=D('231.00')), nombre='excede')
caso('CRP20245', f'{DR}/@ObjetoImpDR', sin_objeto, con_docto(sin_objeto, objeto_imp_dr='09'))
caso('CRP20246', f'{DR}/@ObjetoImpDR', sin_objeto, con_docto(sin_objeto, objeto_imp_dr='02'))
for clave in ('01', '03', '04', '05'):
    caso('CRP20247', f'{DR}/@ObjetoImpDR', con_docto(sin_objeto, objeto_imp_dr=clave),
         con_docto(valido, objeto_imp_dr=clave), nombre=clave)
caso('CRP20248', f'{DR}/ImpuestosDR', sin_objeto, con_docto(sin_objeto, objeto_imp_dr='02', impuestos_dr=vacio()))
for clave in ('06', '08'):
    caso('CRP20278', f'{DR}/@ObjetoImpDR',
         rep(pago(pagado(factura([], [retencion()], total='180.00', objeto=clave)))),
         con_docto(valido, objeto_imp_dr=clave), nombre=clave)
caso('CRP20278', f'{DR}/@ObjetoImpDR', con_docto(sin_objeto, objeto_imp_dr='06'), rep(pago(pagado(factura(
    [], [retencion(impuesto='003', tasa='0.080000', importe='16.00')], total='184.00', objeto='06')))),
     nombre='retención de IEPS')
ieps = traslado(impuesto='003', tasa='0.080000', importe='16.00')
con_ieps = rep(pago(pagado(factura([ieps], [retencion()], total='196.00', objeto='07'))))
caso('CRP20279', f'{DR}/@ObjetoImpDR', con_ieps, con_docto(valido, objeto_imp_dr='07'))
caso('CRP20279', f'{DR}/@ObjetoImpDR', con_ieps, rep(pago(pagado(factura(
    [], [retencion()], total='180.00', objeto='07')))), nombre='sin IEPS')

# -- Margins of several currencies
# two hundred million pesos for dollars: ten decimals leave the amount outside of its own limits, nine do not
grande = factura([], moneda='USD', total='10000000.00', objeto='01')
enorme = rep(pago(pagado(grande, parte=D('200000000.01')), monto='200000001.00'))
caso('CRP20275', f'{DR}/@ImpPagado', enorme, con_docto(enorme, equivalencia_dr=D('0.0499999999')))
otra = factura([], moneda='USD', total='5137.42', objeto='01')
dolares = rep(pago(pagado(otra, parte=D('96426.29'))))
caso('CRP20276', f'{P}/@Monto', con_totales(con_pago(dolares, monto=D('96426.19')), monto_total_pagos=D('96426.19')),
     con_totales(con_pago(dolares, monto=D('96426.18')), monto_total_pagos=D('96426.18')))
caso('CRP20276', f'{P}/@Monto', con_totales(con_pago(dolares, monto=D('97000.00')), monto_total_pagos=D('97000.00')),
     con_docto(dolares, equivalencia_dr=D('0.0532')), nombre='equivalencia corta')
mixto = rep(pago(pagado(factura([], total='200.00', objeto='01', cual=1)), pagado(otra, parte=D('96426.29'))))
caso('CRP20277', f'{P}/@Monto', mixto, con_totales(
    con_pago(mixto, monto=D('96560.00')), monto_total_pagos=D('96560.00')))
caso('CRP20217', f'{P}/@Monto', mixto, con_totales(con_pago(mixto, monto=D('199.99')), monto_total_pagos=D('199.99')),
     nombre='en varias monedas')

# -- ImpuestosDR
con_ret = rep(pago(pagado(factura(retenciones=[retencion()], total='212.00'))))
MAL_RET, MAL_TRAS = 'retenciones_dr', 'traslados_dr'
caso('CRP20249', f'{RDR}/@BaseDR', con_ret, con_dr(con_ret, MAL_RET, base_dr=D('0')))
caso('CRP20250', f'{RDR}/@ImpuestoDR', con_ret, con_p(con_dr(con_ret, MAL_RET, impuesto_dr='009'), 'retenciones_p',
                                                      impuesto_p='009'),
     ademas=(('CRP20202', f'{T}/@TotalRetencionesISR'),))
caso('CRP20251', f'{RDR}/@TipoFactorDR', con_ret, con_dr(con_ret, MAL_RET, tipo_factor_dr='Porcentaje'))
caso('CRP20252', f'{RDR}/@TipoFactorDR', con_ret, con_dr(con_ret, MAL_RET, tipo_factor_dr='Exento'))


def con_tasa(tasa, importe):
    """Return a complement with ISR withheld at that rate."""
    return rep(pago(pagado(factura(retenciones=[retencion(tasa=tasa, importe=importe)], total='212.00'))))


caso('CRP20253', f'{RDR}/@TasaOCuotaDR', con_tasa('0.350000', '70.00'), con_tasa('0.350001', '70.00'))
caso('CRP20253', f'{RDR}/@TasaOCuotaDR', con_ret, con_tasa('0.1', '20.00'), severidad='warning',
     nombre='seis decimales')


def ajustada(documento, lado, importe, total, campo):
    """Return the complement with another tax amount, here and in every sum."""
    otro = con_dr(documento, f'{lado}_dr', importe_dr=D(importe))
    return con_totales(con_p(otro, f'{lado}_p', importe_p=D(importe)), **{campo: D(total)})


caso('CRP20254', f'{RDR}/@ImporteDR', ajustada(con_ret, 'retenciones', '20.01', '20.01', 'total_retenciones_isr'),
     ajustada(con_ret, 'retenciones', '20.02', '20.02', 'total_retenciones_isr'))
caso('CRP20255', f'{TDR}/@BaseDR', exenta, con_totales(con_p(con_dr(
    exenta, MAL_TRAS, base_dr=D('0')), 'traslados_p', base_p=D('0')), total_traslados_base_iva_exento=D('0')))
caso('CRP20256', f'{TDR}/@ImpuestoDR', con_ieps, con_p(con_dr(con_ieps, MAL_TRAS, impuesto_dr='009'), 'traslados_p',
                                                       impuesto_p='009'), ademas=(('CRP20279', f'{DR}/@ObjetoImpDR'),))
de_isr = rep(pago(pagado(factura([traslado(impuesto='001', tasa='0.100000', importe='20.00')], total='220.00'))))
caso('CRP20256', f'{TDR}/@ImpuestoDR', valido, de_isr, nombre='el ISR no se traslada')
caso('CRP20257', f'{TDR}/@TipoFactorDR', con_ieps, con_p(
    con_dr(con_ieps, MAL_TRAS, tipo_factor_dr='Porcentaje'), 'traslados_p', tipo_factor_p='Tasa'),
     ademas=(('CRP20274', f'{TP}/@ImporteP'), ('CRP20268', f'{TP}/@BaseP')))
caso('CRP20258', f'{TDR}/@TasaOCuotaDR', exenta, con_dr(exenta, MAL_TRAS, tasa_o_cuota_dr=D('0.000000')))
caso('CRP20258', f'{TDR}/@ImporteDR', exenta, con_dr(exenta, MAL_TRAS, importe_dr=D('0.00')), nombre='importe')
caso('CRP20259', f'{TDR}/@TasaOCuotaDR', valido, con_dr(valido, MAL_TRAS, tasa_o_cuota_dr=None))
caso('CRP20259', f'{TDR}/@ImporteDR', valido, con_dr(valido, MAL_TRAS, importe_dr=None), nombre='importe')


def con_ieps_al(tasa, importe):
    """Return a complement with IEPS charged at that rate."""
    return rep(pago(pagado(factura([traslado(impuesto='003', tasa=tasa, importe=importe)], total='222.00'))))


caso('CRP20260', f'{TDR}/@TasaOCuotaDR', con_ieps_al('0.080000', '16.00'), con_ieps_al('0.110000', '22.00'))
caso('CRP20260', f'{TDR}/@TasaOCuotaDR', valido, rep(pago(pagado(factura([traslado(tasa='0.16')])))),
     severidad='warning', nombre='seis decimales')
caso('CRP20261', f'{TDR}/@ImporteDR', ajustada(valido, 'traslados', '32.01', '32.01', 'total_traslados_impuesto_iva16'),
     ajustada(valido, 'traslados', '32.02', '32.02', 'total_traslados_impuesto_iva16'))

# -- ImpuestosP
caso('CRP20262', f'{P}/ImpuestosP/RetencionesP/RetencionP[2]/@ImpuestoP', con_ret, mas_p(
    con_ret, 'retenciones_p', RetencionP(impuesto_p='009', importe_p=D('1.00'))))
caso('CRP20263', f'{P}/ImpuestosP/RetencionesP/RetencionP[2]/@ImpuestoP', con_ret, mas_p(
    con_ret, 'retenciones_p', *[RetencionP(impuesto_p='001', importe_p=D('10.00'))] * 2, desde=0))
caso('CRP20264', T, con_ret, con_totales(con_ret, total_retenciones_isr=None))
caso('CRP20265', f'{RP}/@ImporteP', con_ret, con_totales(
    con_p(con_ret, 'retenciones_p', importe_p=D('20.01')), total_retenciones_isr=D('20.01')))
caso('CRP20265', f'{P}/ImpuestosP/RetencionesP', con_ret, con_totales(
    mas_p(con_ret, 'retenciones_p', desde=0), total_retenciones_isr=None), nombre='falta')
caso('CRP20266', f'{TP}/@TasaOCuotaP', exenta, con_p(exenta, 'traslados_p', tasa_o_cuota_p=D('0.000000')))
caso('CRP20266', f'{TP}/@ImporteP', exenta, con_p(exenta, 'traslados_p', importe_p=D('0.00')), nombre='importe')
caso('CRP20267', T, exenta, solo_monto(exenta))
caso('CRP20268', f'{TP}/@BaseP', valido, con_totales(
    con_p(valido, 'traslados_p', base_p=D('200.01')), total_traslados_base_iva16=D('200.01')))
caso('CRP20268', f'{TP}/@BaseP', con_p(valido, 'traslados_p', base_p=D('200')), con_totales(
    con_p(valido, 'traslados_p', base_p=D('201')), total_traslados_base_iva16=D('201')), nombre='sin decimales')
gravada_y_exenta = rep(pago(pagado(factura([traslado(), traslado(factor='Exento')], total='432.00'))))
caso('CRP20268', f'{P}/ImpuestosP/TrasladosP', gravada_y_exenta, con_totales(
    mas_p(gravada_y_exenta, 'traslados_p', desde=1), total_traslados_base_iva_exento=None), nombre='falta la exenta')
caso('CRP20269', f'{TP}/@BaseP', exenta, con_totales(
    con_p(exenta, 'traslados_p', base_p=D('199.99')), total_traslados_base_iva_exento=D('199.99')))
caso('CRP20269', f'{P}/ImpuestosP/TrasladosP', exenta, solo_monto(con_pago(exenta, impuestos_p=None)), nombre='falta')
sobrante = TrasladoP(base_p=D('0.00'), impuesto_p='003', tipo_factor_p='Tasa', tasa_o_cuota_p=D('0.080000'),
                     importe_p=D('0.00'))
con_sobrante = mas_p(valido, 'traslados_p', sobrante)
TP2 = f'{P}/ImpuestosP/TrasladosP/TrasladoP[2]'
caso('CRP20270', f'{TP2}/@ImpuestoP', con_sobrante, con_p(con_sobrante, 'traslados_p', 1, impuesto_p='009'))
caso('CRP20271', f'{TP2}/@ImpuestoP', con_sobrante, mas_p(valido, 'traslados_p', *[replace(
    valido.complemento[0].pago[0].impuestos_p.traslados_p[0], base_p=D('100.00'), importe_p=D('16.00'))] * 2, desde=0))
caso('CRP20272', f'{TP2}/@TasaOCuotaP', con_sobrante, con_p(
    con_sobrante, 'traslados_p', 1, tasa_o_cuota_p=D('0.110000')))
caso('CRP20272', f'{TP2}/@TasaOCuotaP', con_sobrante, con_p(con_sobrante, 'traslados_p', 1, tasa_o_cuota_p=None),
     nombre='falta')
caso('301', f'{TP2}/@TipoFactorP', con_sobrante, con_p(con_sobrante, 'traslados_p', 1, tipo_factor_p='Porcentaje'),
     nombre='factor fuera de catálogo')
caso('CRP20273', T, valido, con_totales(valido, total_traslados_impuesto_iva16=None))
caso('CRP20274', f'{TP}/@ImporteP', valido, con_totales(
    con_p(valido, 'traslados_p', importe_p=D('32.01')), total_traslados_impuesto_iva16=D('32.01')))
caso('CRP20274', f'{TP}/@ImporteP', con_ieps, con_p(con_ieps, 'traslados_p', importe_p=None), nombre='sin importe')
caso('CRP20274', f'{P}/ImpuestosP/TrasladosP', con_ieps, mas_p(con_ieps, 'traslados_p', desde=0), nombre='falta')
caso('301', f'{DR}/@IdDocumento', valido, con_docto(valido, id_documento=UUIDS[0][:-1]), nombre='UUID')
