"""One passing and one failing case for every rule: the failing one differs from the passing one in one thing."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal as D

from fabrica_reglas import (
    AHORA,
    COMERCIO_EXTERIOR,
    CP,
    EMISOR,
    EXTRANJERO,
    FECHA,
    PUBLICO,
    RECEPTOR,
    con_concepto,
    con_impuestos,
    con_traslado_doc,
    concepto,
    entrada,
    exento,
    factura,
    retencion,
    traslado,
    traslado_de_mercancia,
)

from l10n_mx_cfdi40.cfdi import values as v
from l10n_mx_cfdi40.cfdi.findings import Inscrito
from l10n_mx_cfdi40.cfdi.rules.terceros import NOMBRE_OFERENTE_EXTRANJERO


@dataclass(frozen=True, kw_only=True)
class Caso:
    """``mal`` must give exactly ``codigo`` at ``ruta`` (and the pairs of ``ademas``); ``bien`` nothing."""

    codigo: str
    ruta: str
    bien: object
    mal: object
    contexto: dict = field(default_factory=dict)
    propios: dict = field(default_factory=dict)
    ademas: tuple = ()
    saltar: tuple = ('seal', 'time')
    severidad: str = 'error'
    nombre: str = ''


CASOS: list[Caso] = []


def caso(codigo, ruta, bien, mal, **resto):
    """Add a case."""
    CASOS.append(Caso(codigo=codigo, ruta=ruta, bien=bien, mal=mal, **resto))


C = 'Comprobante'
LINEA = f'{C}/Conceptos/Concepto[1]'
TRAS, RET = f'{LINEA}/Impuestos/Traslados/Traslado[1]', f'{LINEA}/Impuestos/Retenciones/Retencion[1]'
valida = factura()
usd = factura(moneda='USD', tipo_cambio=D('17.1234'))

# -- Comprobante
caso('CFDI40101', f'{C}/@Fecha', valida, factura(fecha='2026-08-03 10:00:00'))
caso('CFDI40101', f'{C}/@Fecha', valida, factura(fecha=FECHA.replace(microsecond=5)), nombre='fracciones')
caso('CFDI40101', f'{C}/@Fecha', valida, factura(fecha='2026-02-30T10:00:00'), nombre='30 de febrero')
caso('CFDI40101', f'{C}/@Fecha', valida, factura(fecha=None), nombre='sin fecha')
caso('401', f'{C}/@Fecha', factura(fecha=AHORA - timedelta(hours=72)),
     factura(fecha=AHORA - timedelta(hours=72, seconds=1)), saltar=('seal',), nombre='vencida')
caso('401', f'{C}/@Fecha', factura(fecha=AHORA), factura(fecha=AHORA + timedelta(seconds=1)), saltar=('seal',),
     nombre='futura')
caso('CFDI40103', f'{C}/@FormaPago', traslado_de_mercancia(), traslado_de_mercancia(forma_pago='01'))
caso('CFDI40104', f'{C}/@FormaPago', factura(forma_pago='01'), factura(forma_pago='07'))
caso('CFDI40104', f'{C}/@FormaPago', valida, factura(forma_pago=None), nombre='falta')
caso('CFDI40105', f'{C}/@FormaPago', factura(metodo_pago='PPD', forma_pago='99'), factura(metodo_pago='PPD'))
caso('CFDI40107', f'{C}/@SubTotal', valida, factura(sub_total=D('200.000')))
caso('CFDI40108', f'{C}/@SubTotal', valida, factura(sub_total=D('200.01'), total=D('232.01')))
caso('CFDI40109', f'{C}/@SubTotal', traslado_de_mercancia(sub_total=D('0.00')),
     traslado_de_mercancia(sub_total=D('1'), total=D('1')))
descontada = factura(concepto((traslado('150.00'),), descuento=D('50.00')))
# the document's discount is the sum of the lines': it cannot be too big unless one of theirs is
caso('CFDI40110', f'{C}/@Descuento', descontada, factura(concepto((traslado('50.00'),), descuento=D('201.00'))),
     ademas=(('CFDI40169', f'{LINEA}/@Descuento'),))
caso('CFDI40111', f'{C}/@Descuento', descontada, replace(descontada, descuento=None, total=D('224.00')),
     nombre='falta')
caso('CFDI40111', f'{C}/@Descuento', descontada, replace(descontada, descuento=D('49.00'), total=D('175.00')),
     nombre='suma')
caso('CFDI40111', f'{C}/@Descuento', valida, factura(descuento=D('0.00')), nombre='sobra')
caso('CFDI40111', f'{LINEA}/@Descuento', traslado_de_mercancia(), replace(
    traslado_de_mercancia(), conceptos=(concepto(
        (), valor_unitario=D('0'), importe=D('0'), descuento=D('0')),)), nombre='tipo T')
caso('CFDI40112', f'{C}/@Descuento', descontada, replace(descontada, descuento=D('50.000')))
caso('CFDI40113', f'{C}/@Moneda', usd, factura(moneda='ABC', tipo_cambio=D('17.1234')))
caso('CFDI40114', f'{C}/@TipoCambio', factura(tipo_cambio=D('1')), factura(tipo_cambio=D('1.01')))
caso('CFDI40115', f'{C}/@TipoCambio', usd, factura(moneda='USD'))
caso('CFDI40116', f'{C}/@TipoCambio', traslado_de_mercancia(), traslado_de_mercancia(tipo_cambio=D('1')))
caso('CFDI40117', f'{C}/@TipoCambio', usd, factura(moneda='USD', tipo_cambio=D('17.1234567')))
caso('CFDI40117', f'{C}/@TipoCambio', usd, factura(moneda='USD', tipo_cambio=D('0')), nombre='cero')
caso('CFDI40119', f'{C}/@Total', valida, factura(total=D('232.01')))
caso('CFDI40119', f'{C}/@Total', valida, factura(total=D('232.000')), nombre='decimales')
locales = v.ImpuestosLocales(
    totalde_retenciones=D('2.00'), totalde_traslados=D('6.00'),
    retenciones_locales=(v.RetencionLocal(
        imp_loc_retenido='CINCO AL MILLAR', tasade_retencion=D('1.00'), importe=D('2.00')),),
    traslados_locales=(v.TrasladoLocal(
        imp_loc_trasladado='ISH', tasade_traslado=D('3.00'), importe=D('6.00')),))
caso('CFDI40119', f'{C}/@Total', factura(complemento=(locales,), total=D('236.00')),
     factura(complemento=(locales,)), nombre='impuestos locales')
caso('CFDI40121', f'{C}/@TipoDeComprobante', valida, factura(tipo_de_comprobante='X'))
caso('CFDI40122', f'{C}/@Exportacion', factura(exportacion='02', complemento=(COMERCIO_EXTERIOR,)),
     factura(exportacion='02'))
caso('CFDI40123', f'{C}/@Exportacion', factura(exportacion='04'), factura(exportacion='05'))
caso('CFDI40124', f'{C}/@MetodoPago', valida, factura(metodo_pago='PIP'))
caso('CFDI40124', f'{C}/@MetodoPago', valida, factura(metodo_pago=None), nombre='falta')
caso('CFDI40125', f'{C}/@MetodoPago', traslado_de_mercancia(), traslado_de_mercancia(metodo_pago='PUE'))
caso('CFDI40126', f'{C}/@LugarExpedicion', valida, factura(lugar_expedicion='00001'))

# -- The confirmation key: only when the context says that it is in force
vigente = {'confirmacion_en_vigor': True, 'tipo_cambio_fix': lambda _moneda, _el: D('17'),
           'confirmacion': lambda clave, _rfc: {'Buena': 'valida', 'Usada': 'usada'}.get(clave, 'invalida')}
caro = factura(moneda='USD', tipo_cambio=D('20'))
caso('CFDI40118', f'{C}/@TipoCambio', replace(caro, confirmacion='Buena'), caro, contexto=vigente)
con_limite = vigente | {'limite_total': lambda _rfc: D('100')}
caso('CFDI40120', f'{C}/@Total', factura(confirmacion='Buena'), valida, contexto=con_limite)
caso('CFDI40127', f'{C}/@Confirmacion', valida, factura(confirmacion='Buena'), contexto=vigente)
caso('CFDI40128', f'{C}/@Confirmacion', replace(caro, confirmacion='Buena'), replace(caro, confirmacion='Otra1'),
     contexto=vigente)
caso('CFDI40129', f'{C}/@Confirmacion', replace(caro, confirmacion='Buena'), replace(caro, confirmacion='Usada'),
     contexto=vigente)

# -- InformacionGlobal
IG = f'{C}/InformacionGlobal'


def mensual(**cambios):
    """Return a valid global invoice with something of its period changed."""
    periodo = {'periodicidad': '04', 'meses': '07', 'anio': 2026} | cambios
    return factura(receptor=PUBLICO, informacion_global=v.InformacionGlobal(**periodo))


rif = replace(EMISOR, rfc='CACX7605101P8', nombre='XOCHILT CASAS CHAVEZ', regimen_fiscal='621')
bimestral = replace(mensual(periodicidad='05', meses='16'), emisor=rif)
caso('CFDI40130', IG, mensual(), factura(receptor=PUBLICO), nombre='falta')
caso('CFDI40130', IG, valida, factura(informacion_global=mensual().informacion_global), nombre='sobra')
caso('CFDI40130', IG, factura(receptor=replace(PUBLICO, nombre='JUANA')), factura(receptor=PUBLICO),
     nombre='con nombre propio no es global')
caso('CFDI40131', f'{IG}/@Periodicidad', mensual(), mensual(periodicidad='06'))
caso('CFDI40132', f'{IG}/@Periodicidad', bimestral, replace(bimestral, emisor=replace(rif, regimen_fiscal='612')))
caso('CFDI40133', f'{IG}/@Meses', mensual(), mensual(meses='19'))
caso('CFDI40134', f'{IG}/@Meses', mensual(), mensual(meses='16'))
caso('CFDI40135', f'{IG}/@Meses', bimestral, replace(mensual(periodicidad='05'), emisor=rif))
caso('CFDI40136', f'{IG}/@Año', mensual(anio=2025), mensual(anio=2027), nombre='futuro')
caso('CFDI40136', f'{IG}/@Año', mensual(anio=2026), mensual(anio=2020), nombre='hace seis')
caso('CFDI40136', f'{IG}/@Año', mensual(anio=2025), mensual(anio=2024), severidad='warning', nombre='hace dos')
caso('CFDI40136', f'{IG}/@Año', mensual(anio=2025), mensual(anio=2024), contexto={'anios_anteriores': 1},
     nombre='hace dos, con la regla estricta')
caso('CFDI40136', f'{IG}/@Año', mensual(), mensual(anio='dos mil'), nombre='no es número')

# -- CfdiRelacionados, Emisor, Receptor
REC = f'{C}/Receptor'
UUID = '5FB2822E-396D-4725-8521-CDC4BDD20CCF'


def relacionada(tipo):
    """Return the invoice with one related document."""
    return factura(cfdi_relacionados=(v.CfdiRelacionados(tipo_relacion=tipo, uuids=(UUID,)),))


caso('CFDI40137', f'{C}/CfdiRelacionados[1]/@TipoRelacion', relacionada('04'), relacionada('08'))
caso('CFDI40140', f'{C}/Emisor/@RegimenFiscal', valida, factura(emisor=replace(EMISOR, regimen_fiscal='609')))
persona_fisica = replace(EMISOR, rfc='CACX7605101P8', nombre='XOCHILT CASAS CHAVEZ', regimen_fiscal='612')
caso('CFDI40141', f'{C}/Emisor/@RegimenFiscal', factura(emisor=persona_fisica),
     factura(emisor=replace(persona_fisica, regimen_fiscal='601')))
caso('CFDI40141', f'{C}/Emisor/@RegimenFiscal', factura(emisor=replace(EMISOR, regimen_fiscal='626')),
     factura(emisor=replace(EMISOR, regimen_fiscal='612')), nombre='moral')
caso('CFDI40142', f'{C}/Emisor/@FacAtrAdquirente', factura(emisor=replace(EMISOR, fac_atr_adquirente='0000012345')),
     factura(emisor=replace(EMISOR, fac_atr_adquirente='12345')))
caso('CFDI40146', f'{REC}/@Rfc', valida, factura(receptor=replace(RECEPTOR, nombre='PUBLICO EN GENERAL')))
caso('CFDI40149', f'{REC}/@DomicilioFiscalReceptor', factura(receptor=EXTRANJERO),
     factura(receptor=replace(EXTRANJERO, domicilio_fiscal_receptor='76343')))
caso('CFDI40150', f'{REC}/@ResidenciaFiscal', factura(receptor=replace(EXTRANJERO, residencia_fiscal='USA')),
     factura(receptor=replace(EXTRANJERO, residencia_fiscal='ZZ1')))
caso('CFDI40151', f'{REC}/@ResidenciaFiscal', factura(receptor=replace(EXTRANJERO, residencia_fiscal='USA')),
     factura(receptor=replace(RECEPTOR, residencia_fiscal='USA')))
caso('CFDI40151', f'{REC}/@ResidenciaFiscal', mensual(),
     replace(mensual(), receptor=replace(PUBLICO, residencia_fiscal='USA')), nombre='genérico nacional')
foraneo = replace(EXTRANJERO, residencia_fiscal='USA', num_reg_id_trib='123456789')
caso('CFDI40152', f'{REC}/@ResidenciaFiscal', factura(receptor=foraneo),
     factura(receptor=replace(foraneo, residencia_fiscal='MEX')))
caso('CFDI40153', f'{REC}/@ResidenciaFiscal', factura(receptor=foraneo),
     factura(receptor=replace(foraneo, residencia_fiscal=None)))
caso('CFDI40153', f'{REC}/@ResidenciaFiscal', factura(receptor=EXTRANJERO),
     factura(receptor=replace(foraneo, residencia_fiscal=None), exportacion='02', complemento=(COMERCIO_EXTERIOR,)),
     nombre='comercio exterior')
caso('CFDI40154', f'{REC}/@NumRegIdTrib', valida, factura(receptor=replace(RECEPTOR, num_reg_id_trib='123456789')),
     ademas=(('CFDI40153', f'{REC}/@ResidenciaFiscal'),))
caso('CFDI40155', f'{REC}/@NumRegIdTrib',
     factura(receptor=foraneo, exportacion='02', complemento=(COMERCIO_EXTERIOR,)),
     factura(receptor=replace(foraneo, num_reg_id_trib=None), exportacion='02', complemento=(COMERCIO_EXTERIOR,)))
caso('CFDI40156', f'{REC}/@NumRegIdTrib',
     factura(receptor=replace(foraneo, residencia_fiscal='ESP', num_reg_id_trib='ESA12345674')),
     factura(receptor=replace(foraneo, num_reg_id_trib='12345678')))
caso('CFDI40157', f'{REC}/@RegimenFiscalReceptor', valida,
     factura(receptor=replace(RECEPTOR, regimen_fiscal_receptor='630')))
cliente_fisico = replace(RECEPTOR, rfc='CACX7605101P8', nombre='XOCHILT CASAS CHAVEZ', regimen_fiscal_receptor='612')
caso('CFDI40158', f'{REC}/@RegimenFiscalReceptor', factura(receptor=cliente_fisico),
     factura(receptor=replace(cliente_fisico, regimen_fiscal_receptor='601')))
caso('CFDI40159', f'{REC}/@RegimenFiscalReceptor', factura(receptor=EXTRANJERO),
     factura(receptor=replace(EXTRANJERO, regimen_fiscal_receptor='626')))
caso('CFDI40160', f'{REC}/@UsoCFDI', valida, factura(receptor=replace(RECEPTOR, uso_cfdi='P01')))
caso('CFDI40161', f'{REC}/@UsoCFDI', factura(receptor=replace(
    cliente_fisico, regimen_fiscal_receptor='605', uso_cfdi='D01')), factura(receptor=replace(
        cliente_fisico, regimen_fiscal_receptor='605')))
caso('CFDI40161', f'{REC}/@UsoCFDI', factura(receptor=replace(cliente_fisico, uso_cfdi='D01')),
     factura(receptor=replace(RECEPTOR, uso_cfdi='D01')), nombre='persona')
caso('CFDI40161', f'{REC}/@UsoCFDI', factura(receptor=EXTRANJERO),
     factura(receptor=replace(EXTRANJERO, uso_cfdi='G03')), nombre='genérico')

# -- Concepto
caso('CFDI40162', f'{LINEA}/@ClaveProdServ', valida, con_concepto(clave_prod_serv='31161599'))
exige_complemento = {'c_ClaveProdServ': [entrada('31161500', complemento='Comercio Exterior', iva='Opcional')]}
caso('CFDI40163', f'{LINEA}/@ClaveProdServ', factura(complemento=(COMERCIO_EXTERIOR,), exportacion='02'), valida,
     propios=exige_complemento)
caso('CFDI40163', f'{LINEA}/@ClaveProdServ', con_concepto(complemento_concepto=(v.Opaco(
    xml=b'<hyp:HidrocarburosPetroliferos xmlns:hyp="http://www.sat.gob.mx/hidrocarburospetroliferos"/>'),)), valida,
     propios={'c_ClaveProdServ': [entrada('31161500', complemento='Hidrocarburos y Petrolíferos')]},
     nombre='en el concepto')
exige_iva = {'c_ClaveProdServ': [entrada('31161500', iva='Sí', ieps='Opcional', complemento='')]}
ieps = traslado(impuesto='003', tasa='0.080000')
caso('CFDI40164', f'{LINEA}/@ClaveProdServ', valida, factura(concepto((ieps,))), propios=exige_iva)
caso('CFDI40165', f'{LINEA}/@ClaveUnidad', valida, con_concepto(clave_unidad='ZZZ9'))
caso('CFDI40166', f'{LINEA}/@ValorUnitario', factura(concepto(()), concepto(())), factura(
    concepto((), valor_unitario=D('0.00'), importe=D('0.00')), concepto(())))
preciso = {'cantidad': D('3.141649'), 'valor_unitario': D('1230.00')}
caso('CFDI40167', f'{LINEA}/@Importe', factura(concepto((), **preciso, importe=D('3864.244594'))),
     factura(concepto((), **preciso, importe=D('3864.244595'))))
caso('CFDI40167', f'{LINEA}/@Importe', factura(concepto((), **preciso, importe=D('3864.211946'))),
     factura(concepto((), **preciso, importe=D('3864.211945'))), nombre='abajo')
caso('CFDI40168', f'{LINEA}/@Descuento', factura(concepto((), descuento=D('10.00'))),
     factura(concepto((), descuento=D('10.001')), total=D('190.00')))
caso('CFDI40169', f'{LINEA}/@Descuento', factura(concepto((), descuento=D('200.00')), concepto(())),
     factura(concepto((), descuento=D('200.01')), concepto(())))
caso('CFDI40170', f'{LINEA}/@ObjetoImp', factura(concepto((), objeto_imp='03')), factura(
    concepto((), objeto_imp='09')))
caso('CFDI40171', f'{LINEA}/@ObjetoImp', factura(concepto((), objeto_imp='01')), factura(
    concepto((), objeto_imp='02')))
for clave in ('01', '03', '04', '05'):
    caso('CFDI40172', f'{LINEA}/@ObjetoImp', valida, con_concepto(objeto_imp=clave), nombre=clave)
caso('CFDI40173', f'{LINEA}/Impuestos', factura(concepto(())), factura(
    concepto((), objeto_imp='02', impuestos=v.ImpuestosConcepto())))

isr = (retencion(),)
for clave in ('06', '08'):
    caso('CFDI140226', f'{LINEA}/@ObjetoImp', factura(concepto((), isr, objeto_imp=clave)),
         con_concepto(objeto_imp=clave), nombre=clave)
caso('CFDI140226', f'{LINEA}/@ObjetoImp', factura(concepto((), objeto_imp='06')), factura(
    concepto((), (retencion(impuesto='002', tasa='0.040000'),), objeto_imp='06')), nombre='retención de IVA')
solo_ieps = (traslado(impuesto='003', tasa='0.080000'),)
caso('CFDI140227', f'{LINEA}/@ObjetoImp', factura(concepto(solo_ieps, isr, objeto_imp='07')), factura(
    concepto((*solo_ieps, traslado()), objeto_imp='07')))
caso('CFDI140227', f'{LINEA}/@ObjetoImp', factura(concepto(solo_ieps, objeto_imp='07')), factura(
    concepto((), isr, objeto_imp='07')), nombre='sin IEPS')

# -- Taxes of the concept
cero = {'valor_unitario': D('100.00'), 'importe': D('200.00'), 'descuento': D('200.00')}
caso('CFDI40174', f'{TRAS}/@Base', factura(concepto((traslado('0.01'),), **cero)),
     factura(concepto((traslado('0.00'),), **cero)))
caso('CFDI40175', f'{TRAS}/@Impuesto', valida, factura(concepto((traslado(impuesto='009'),))))
caso('CFDI40175', f'{TRAS}/@Impuesto', valida, factura(concepto((traslado(impuesto='001', tasa='0.100000'),))),
     nombre='el ISR no se traslada')
caso('CFDI40176', f'{TRAS}/@TipoFactor', valida, con_traslado_doc(
    factura(concepto((traslado(factor='Porcentaje'),))), tipo_factor='Tasa'))
caso('CFDI40177', f'{TRAS}/@TasaOCuota', factura(concepto((exento(),))), replace(
    factura(concepto((exento(),))), conceptos=(concepto((replace(exento(), tasa_o_cuota=D('0.000000')),)),)))
caso('CFDI40177', f'{TRAS}/@Importe', factura(concepto((exento(),))), replace(
    factura(concepto((exento(),))), conceptos=(concepto((replace(exento(), importe=D('0.00')),)),)),
     nombre='importe')
caso('CFDI40178', f'{TRAS}/@TasaOCuota', valida, replace(
    valida, conceptos=(concepto((replace(traslado(), tasa_o_cuota=None),)),)))
caso('CFDI40178', f'{TRAS}/@Importe', valida, replace(
    valida, conceptos=(concepto((replace(traslado(), importe=None),)),)), nombre='importe')
caso('CFDI40179', f'{TRAS}/@TasaOCuota', factura(concepto((traslado(tasa='0.080000'),))),
     factura(concepto((traslado(tasa='0.110000'),))))
caso('CFDI40179', f'{TRAS}/@TasaOCuota', valida, factura(concepto((traslado(tasa='0.16'),))), severidad='warning',
     nombre='seis decimales')
cuota = {'impuesto': '003', 'factor': 'Cuota'}
caso('CFDI40179', f'{TRAS}/@TasaOCuota', factura(concepto((traslado(tasa='72.160500', **cuota),))),
     factura(concepto((traslado(tasa='72.160600', **cuota),))), nombre='rango de cuotas')
caso('CFDI40180', f'{TRAS}/@Importe', factura(concepto((traslado('33.330000', importe='5.332801'),))),
     factura(concepto((traslado('33.330000', importe='5.332802'),))))
caso('CFDI40180', f'{TRAS}/@Importe', factura(concepto((traslado('100.00', importe='15.99'),))),
     factura(concepto((traslado('100.00', importe='15.98'),))), nombre='dos decimales, abajo')
caso('CFDI40180', f'{TRAS}/@Importe', factura(concepto((traslado('100.00', importe='16.01'),))),
     factura(concepto((traslado('100.00', importe='16.02'),))), nombre='dos decimales, arriba')


def retenida(**cambios):
    """Return an invoice with ISR withheld, with something of the retention changed."""
    return factura(concepto(retenciones=(retencion(**cambios),)))


caso('CFDI40181', f'{RET}/@Base', retenida(base='0.01'), retenida(base='0.00'))
caso('CFDI40182', f'{RET}/@Impuesto', retenida(), retenida(impuesto='009'))
caso('CFDI40183', f'{RET}/@TipoFactor', retenida(), retenida(factor='Porcentaje'))
caso('CFDI40184', f'{RET}/@TipoFactor', retenida(), retenida(factor='Exento', importe='20.00'))
caso('CFDI40185', f'{RET}/@TasaOCuota', retenida(tasa='0.350000'), retenida(tasa='0.350001'))
caso('CFDI40185', f'{RET}/@TasaOCuota', retenida(impuesto='002', tasa='0.106667'),
     retenida(impuesto='002', tasa='0.160001'), nombre='IVA')
caso('CFDI40186', f'{RET}/@Importe', retenida(importe='20.00'), retenida(importe='20.02'))

# -- ACuentaTerceros
TER = f'{LINEA}/ACuentaTerceros'


def a_cuenta(**cambios):
    """Return an invoice on behalf of a third party, with something of it changed."""
    tercero = {'rfc_a_cuenta_terceros': 'JES900109Q90', 'nombre_a_cuenta_terceros': 'JIMENEZ ESTRADA SALAS',
               'regimen_fiscal_a_cuenta_terceros': '601', 'domicilio_fiscal_a_cuenta_terceros': '01030'} | cambios
    return con_concepto(a_cuenta_terceros=v.ACuentaTerceros(**tercero))


def de_lista(nombre='JIMENEZ ESTRADA SALAS', codigo_postal='01030', rfc='JES900109Q90'):
    """Return a context with a list of registered taxpayers of one row."""
    return {'lista_rfc': lambda _rfcs: {rfc: Inscrito(nombre=nombre, codigo_postal=codigo_postal)}}


extranjero = {'rfc_a_cuenta_terceros': 'EXT990101NI1', 'nombre_a_cuenta_terceros': NOMBRE_OFERENTE_EXTRANJERO,
              'regimen_fiscal_a_cuenta_terceros': '616', 'domicilio_fiscal_a_cuenta_terceros': CP}
caso('CFDI40187', f'{TER}/@RfcACuentaTerceros', a_cuenta(), a_cuenta(rfc_a_cuenta_terceros='URE180429TM6'),
     contexto={'lista_lco': lambda _rfcs: {'JES900109Q90'}})
caso('CFDI40188', f'{TER}/@RfcACuentaTerceros', a_cuenta(), a_cuenta(rfc_a_cuenta_terceros=EMISOR.rfc))
caso('CFDI40188', f'{TER}/@RfcACuentaTerceros', a_cuenta(), a_cuenta(rfc_a_cuenta_terceros=RECEPTOR.rfc),
     nombre='receptor')
caso('CFDI40189', f'{TER}/@NombreACuentaTerceros', a_cuenta(), a_cuenta(rfc_a_cuenta_terceros='URE180429TM6'),
     contexto=de_lista())
caso('CFDI40189', f'{TER}/@NombreACuentaTerceros', a_cuenta(**extranjero),
     a_cuenta(**extranjero | {'nombre_a_cuenta_terceros': 'ACME INC'}), nombre='extranjero')
caso('CFDI40190', f'{TER}/@NombreACuentaTerceros', a_cuenta(), a_cuenta(nombre_a_cuenta_terceros='OTRO NOMBRE'),
     contexto=de_lista())
caso('CFDI40191', f'{TER}/@RegimenFiscalACuentaTerceros', a_cuenta(),
     a_cuenta(regimen_fiscal_a_cuenta_terceros='630'))
caso('CFDI40192', f'{TER}/@DomicilioFiscalACuentaTerceros', a_cuenta(**extranjero), a_cuenta(),
     contexto=de_lista(codigo_postal=''))
caso('CFDI40193', f'{TER}/@DomicilioFiscalACuentaTerceros', a_cuenta(),
     a_cuenta(domicilio_fiscal_a_cuenta_terceros='76343'), contexto=de_lista())
caso('CFDI40193', f'{TER}/@DomicilioFiscalACuentaTerceros', a_cuenta(**extranjero),
     a_cuenta(**extranjero | {'domicilio_fiscal_a_cuenta_terceros': '76343'}), nombre='extranjero')

# -- InformacionAduanera
PED = f'{LINEA}/InformacionAduanera[1]/@NumeroPedimento'


def importada(*pedimentos, **cambios):
    """Return an invoice of imported goods."""
    return factura(concepto(informacion_aduanera=pedimentos), **cambios)


buen_pedimento = importada('26  47  3807  6003832')
caso('CFDI40194', PED, buen_pedimento, importada('26 47 3807 6003832'), nombre='un espacio')
caso('CFDI40194', PED, importada('16  47  3807  6003832'), importada('15  47  3807  6003832'), nombre='año')
caso('CFDI40194', PED, buen_pedimento, importada('27  47  3807  6003832'), nombre='año futuro')
caso('CFDI40194', PED, buen_pedimento, importada('26  98  3807  6003832'), nombre='aduana')
caso('CFDI40194', PED, buen_pedimento, importada('26  47  3808  6003832'), nombre='patente',
     propios={'c_PatenteAduanal': [entrada('3807')]})
caso('CFDI40194', PED, buen_pedimento, importada('26  47  3807  6003833'), nombre='número',
     contexto={'pedimentos': lambda aduana, patente, ejercicio: {('47', '3807', 2026): 3832}.get(
         (aduana, patente, ejercicio))})
exportada = {'complemento': (COMERCIO_EXTERIOR,), 'exportacion': '02'}
caso('CFDI40195', PED, factura(**exportada), importada('26  47  3807  6003832', **exportada))

# -- Parte
PARTE = f'{LINEA}/Parte[1]'


def con_parte(documento=None, **cambios):
    """Return an invoice with a part, with something of it changed."""
    parte = {'clave_prod_serv': '31161500', 'cantidad': D('10'), 'descripcion': 'PARTE',
             'valor_unitario': D('100.00'), 'importe': D('1000.00')} | cambios
    return con_concepto(parte=(v.Parte(**parte),))


caso('CFDI40196', f'{PARTE}/@ClaveProdServ', con_parte(), con_parte(clave_prod_serv='31161599'))
caso('CFDI40197', f'{PARTE}/@ValorUnitario', con_parte(valor_unitario=None, importe=None),
     con_parte(valor_unitario=D('0.00'), importe=None))
caso('CFDI40198', f'{PARTE}/@Importe', con_parte(importe=D('1050.06')), con_parte(importe=D('1050.07')))
PED_PARTE = f'{PARTE}/InformacionAduanera[1]/@NumeroPedimento'
caso('CFDI40199', PED_PARTE, con_parte(informacion_aduanera=('26  47  3807  6003832',)),
     con_parte(informacion_aduanera=('26  98  3807  6003832',)))
caso('CFDI40200', PED_PARTE, replace(con_parte(), **exportada), replace(
    con_parte(informacion_aduanera=('26  47  3807  6003832',)), **exportada))

caso('CFDI40222', f'{C}/@Exportacion', factura(**exportada), factura(**{**exportada, 'exportacion': '03'}))

# -- Impuestos of the document
IMP = f'{C}/Impuestos'
T1, R1 = f'{IMP}/Traslados/Traslado[1]', f'{IMP}/Retenciones/Retencion[1]'
con_ret = retenida()
exenta = factura(concepto((exento(),)))
mixta = factura(concepto(), concepto((exento(),)))
caso('CFDI40201', IMP, traslado_de_mercancia(), traslado_de_mercancia(impuestos=v.Impuestos()))
caso('CFDI40202', f'{IMP}/@TotalImpuestosRetenidos', con_ret,
     con_impuestos(con_ret, total_impuestos_retenidos=D('20.000')))
caso('CFDI40203', f'{IMP}/@TotalImpuestosRetenidos', con_ret, replace(
    con_impuestos(con_ret, total_impuestos_retenidos=D('20.01')), total=D('211.99')))
caso('CFDI40204', f'{IMP}/@TotalImpuestosTrasladados', valida,
     con_impuestos(valida, total_impuestos_trasladados=D('32.000')))
caso('CFDI40205', f'{IMP}/@TotalImpuestosTrasladados', valida, replace(
    con_impuestos(valida, total_impuestos_trasladados=D('32.01')), total=D('232.01')))
caso('CFDI40206', f'{IMP}/@TotalImpuestosRetenidos', con_ret, replace(con_impuestos(
    con_ret, total_impuestos_retenidos=None, retenciones=()), total=D('232.00')))
caso('CFDI40207', f'{R1}/@Impuesto', con_ret, replace(con_impuestos(
    valida, retenciones=(v.RetencionTotal(impuesto='009', importe=D('0.00')),), total_impuestos_retenidos=D('0.00'))))
caso('CFDI40208', f'{IMP}/Retenciones/Retencion[2]/@Impuesto', con_ret, con_impuestos(
    con_ret, retenciones=(v.RetencionTotal(impuesto='001', importe=D('10.00')),) * 2))
caso('CFDI40209', f'{R1}/@Importe', con_ret, con_impuestos(con_ret, total_impuestos_retenidos=None),
     ademas=(('CFDI40206', f'{IMP}/@TotalImpuestosRetenidos'),))  # the matrix states both of the same omission
caso('CFDI40210', f'{R1}/@Importe', con_ret, con_impuestos(
    con_ret, retenciones=(v.RetencionTotal(impuesto='001', importe=D('20.000')),)))
caso('CFDI40211', f'{R1}/@Importe', con_ret, replace(con_impuestos(
    con_ret, retenciones=(v.RetencionTotal(impuesto='001', importe=D('20.01')),),
    total_impuestos_retenidos=D('20.01')), total=D('211.99')))
dos_retenciones = factura(concepto(retenciones=(retencion(), retencion(impuesto='002', tasa='0.106667'))))
caso('CFDI40211', f'{IMP}/Retenciones', dos_retenciones, replace(con_impuestos(
    dos_retenciones, retenciones=dos_retenciones.impuestos.retenciones[:1],
    total_impuestos_retenidos=D('20.00')), total=D('212.00')), nombre='falta un impuesto')
caso('CFDI40212', f'{IMP}/@TotalImpuestosTrasladados', valida,
     con_impuestos(valida, total_impuestos_trasladados=None))
caso('CFDI40212', f'{IMP}/@TotalImpuestosTrasladados', valida, replace(valida, impuestos=None, total=D('200.00')),
     nombre='sin resumen')
caso('CFDI40213', f'{T1}/@TasaOCuota', exenta, con_traslado_doc(exenta, tasa_o_cuota=D('0.000000')))
caso('CFDI40213', f'{T1}/@Importe', exenta, con_traslado_doc(exenta, importe=D('0.00')), nombre='importe')
caso('CFDI40213', f'{IMP}/Traslados', exenta, replace(exenta, impuestos=None), nombre='falta')
caso('CFDI40213', f'{IMP}/@TotalImpuestosTrasladados', exenta,
     con_impuestos(exenta, total_impuestos_trasladados=D('0.00')), severidad='warning', nombre='total en cero')
caso('CFDI40214', f'{T1}/@Base', valida, con_traslado_doc(valida, base=D('200.000')))
caso('CFDI40215', f'{T1}/@Base', valida, con_traslado_doc(valida, base=D('200.01')))
caso('CFDI40215', f'{IMP}/Traslados/Traslado[2]/@Base', mixta, con_traslado_doc(mixta, 1, base=D('200.01')),
     nombre='exento entre gravados')
caso('CFDI40216', f'{T1}/@Base', exenta, con_traslado_doc(exenta, base=D('199.99')))
sobrante = v.Traslado(base=D('0.00'), impuesto='002', tipo_factor='Tasa', tasa_o_cuota=D('0.080000'),
                      importe=D('0.00'))
con_sobrante = con_impuestos(valida, traslados=(*valida.impuestos.traslados, sobrante))
T2 = f'{IMP}/Traslados/Traslado[2]'
caso('CFDI40217', f'{T2}/@Impuesto', con_sobrante, con_traslado_doc(con_sobrante, 1, impuesto='009'))
caso('CFDI40218', f'{T2}/@Impuesto', con_sobrante, con_impuestos(valida, traslados=(
    replace(valida.impuestos.traslados[0], base=D('100.00'), importe=D('16.00')),) * 2))
caso('CFDI40219', f'{T2}/@TasaOCuota', con_sobrante, con_traslado_doc(
    con_sobrante, 1, tasa_o_cuota=D('0.110000')))
caso('CFDI40219', f'{T2}/@TasaOCuota', con_sobrante, con_traslado_doc(con_sobrante, 1, tasa_o_cuota=None),
     nombre='falta')
caso('CFDI40220', f'{T1}/@Importe', valida, con_traslado_doc(valida, importe=D('32.000')))
caso('CFDI40221', f'{T1}/@Importe', valida, replace(con_impuestos(
    con_traslado_doc(valida, importe=D('32.01')), total_impuestos_trasladados=D('32.01')), total=D('232.01')))
caso('CFDI40221', f'{T1}/@Importe', valida, replace(con_impuestos(
    con_traslado_doc(valida, importe=None), total_impuestos_trasladados=D('0.00')), total=D('200.00')),
     nombre='sin importe')
dos_tasas = factura(concepto(), concepto((traslado(tasa='0.000000'),)))
caso('CFDI40221', f'{IMP}/Traslados', dos_tasas, con_impuestos(
    dos_tasas, traslados=dos_tasas.impuestos.traslados[:1]), nombre='falta una tasa')

# -- Structure
caso('301', f'{C}/@Version', valida, factura(version='3.3'))
caso('301', f'{C}/Emisor/@Nombre', valida, factura(emisor=replace(EMISOR, nombre='')))
caso('301', f'{C}/Emisor', valida, factura(emisor=None), nombre='sin emisor')
caso('301', f'{LINEA}/@Cantidad', valida, con_concepto(cantidad=D('0')), nombre='mínimo')

