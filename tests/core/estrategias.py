"""Hypothesis strategies for documents that the SAT would accept, and a fixed one for examples.

Amounts are worked out here from scratch, with nothing but ``decimal``: six decimals on the lines, those of the currency
in the document, each document tax the rounded sum of the lines' exact amounts.
"""
from collections import defaultdict
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from hypothesis import strategies as st

from l10n_mx_cfdi40.cfdi import values as v

AHORA = datetime(2026, 3, 10, 12, 0, 0)
EMISOR = v.Emisor(rfc='EKU9003173C9', nombre='ESCUELA KEMPER URGATE', regimen_fiscal='601')
CP = '42501'
D = Decimal
_MONEDAS = {'MXN': 2, 'USD': 2, 'EUR': 2, 'JPY': 0}
_IEPS = [D('0.080000'), D('0.265000'), D('0.300000'), D('1.600000')]
_IVA = [D('0.160000'), D('0.000000')]


def cifras(valor, cuantas):
    """Half up to that many decimals."""
    return valor.quantize(D(1).scaleb(-cuantas), ROUND_HALF_UP)


def numeros(minimo, maximo, decimales):
    """Decimals written with any number of decimals up to ``decimales``."""
    return st.integers(0, decimales).flatmap(
        lambda n: st.integers(max(1, int(D(minimo).scaleb(n))), int(D(maximo).scaleb(n))).map(
            lambda entero: D(entero).scaleb(-n)))


_LETRAS = st.characters(codec='utf-8', categories=('L', 'N', 'P', 'S', 'Zs'), exclude_characters='|')


def textos(maximo):
    """Text with anything that an XML and Anexo 20 admit, never empty once collapsed."""
    return st.text(_LETRAS, min_size=1, max_size=maximo).filter(lambda t: t.strip(' '))


_CODIGOS = st.text('ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-', min_size=1, max_size=12)


@st.composite
def receptores(dibujar):
    """Receptor, and whether it is a global invoice's."""
    cual = dibujar(st.sampled_from(['moral', 'fisica', 'publico', 'nombrado', 'extranjero']))
    if cual == 'moral':
        return v.Receptor(rfc='URE180429TM6', nombre='UNIVERSIDAD ROBOTICA ESPAÑOLA', domicilio_fiscal_receptor='86991',
                          regimen_fiscal_receptor='601', uso_cfdi=dibujar(st.sampled_from(['G01', 'G03', 'I04'])))
    if cual == 'fisica':
        return v.Receptor(rfc='CACX7605101P8', nombre='XOCHILT CASAS CHAVEZ', domicilio_fiscal_receptor='10740',
                          regimen_fiscal_receptor='612', uso_cfdi=dibujar(st.sampled_from(['G03', 'S01'])))
    if cual == 'extranjero':
        return v.Receptor(rfc='XEXX010101000', nombre='ACME & SONS "INC"', domicilio_fiscal_receptor=CP,
                          residencia_fiscal='USA', num_reg_id_trib='123456789', regimen_fiscal_receptor='616',
                          uso_cfdi='S01')
    nombre = 'PUBLICO EN GENERAL' if cual == 'publico' else 'JUANA LOPEZ'
    return v.Receptor(rfc='XAXX010101000', nombre=nombre, domicilio_fiscal_receptor=CP, regimen_fiscal_receptor='616',
                      uso_cfdi='S01')


@st.composite
def impuestos_de_linea(dibujar, base):
    """Taxes of a line: IEPS by rate or quota, then IVA on top of it or exempt, and what is withheld."""
    traslados, ieps = [], D(0)
    cual = dibujar(st.sampled_from(['', '', 'tasa', 'cuota']))
    if cual == 'tasa':
        tasa = dibujar(st.sampled_from(_IEPS))
        ieps = cifras(base * tasa, 6)
        traslados.append(v.Traslado(base=base, impuesto='003', tipo_factor='Tasa', tasa_o_cuota=tasa, importe=ieps))
    elif cual == 'cuota':
        cuota = D(dibujar(st.integers(1, 40_000_000))).scaleb(-6)
        unidades = cifras(dibujar(numeros('0.1', 50, 6)), 6)
        ieps = cifras(unidades * cuota, 6)
        traslados.append(v.Traslado(base=unidades, impuesto='003', tipo_factor='Cuota', tasa_o_cuota=cuota,
                                    importe=ieps))
    base_iva = base + ieps
    iva = dibujar(st.sampled_from([*_IVA, 'exento']))
    if iva == 'exento':
        traslados.append(v.Traslado(base=base_iva, impuesto='002', tipo_factor='Exento'))
    else:
        traslados.append(v.Traslado(base=base_iva, impuesto='002', tipo_factor='Tasa', tasa_o_cuota=iva,
                                    importe=cifras(base_iva * iva, 6)))
    retenciones = []
    for impuesto, tasas in (('002', ['0.106667', '0.040000', '0.053333']), ('001', ['0.100000', '0.012500'])):
        if dibujar(st.booleans()) and iva == D('0.160000'):
            tasa = D(dibujar(st.sampled_from(tasas)))
            retenciones.append(v.Retencion(base=base, impuesto=impuesto, tipo_factor='Tasa', tasa_o_cuota=tasa,
                                           importe=cifras(base * tasa, 6)))
    return v.ImpuestosConcepto(traslados=tuple(traslados), retenciones=tuple(retenciones))


@st.composite
def conceptos(dibujar, es_global):
    """A line; in a global invoice, a ticket."""
    cantidad = D(1) if es_global else dibujar(numeros('0.000001', 5000, 6))
    unitario = cifras(dibujar(numeros('0.01', 9000, 6)), 6)
    importe = cifras(cantidad * unitario, 6)
    descuento = None
    if importe > D('0.02') and dibujar(st.booleans()):
        descuento = cifras(importe * dibujar(st.sampled_from([D('0.1'), D('0.333333'), D(1)])), 6)
    base = importe - (descuento or 0)
    con_impuestos = base >= D('0.01') and dibujar(st.booleans())
    terceros = v.ACuentaTerceros(
        rfc_a_cuenta_terceros='JES900109Q90', nombre_a_cuenta_terceros='JIMENEZ ESTRADA SALAS',
        regimen_fiscal_a_cuenta_terceros='601', domicilio_fiscal_a_cuenta_terceros='01030')
    normal = not es_global
    return v.Concepto(
        clave_prod_serv='01010101' if es_global else dibujar(st.sampled_from(['43231500', '84111506', '01010101'])),
        no_identificacion=dibujar(_CODIGOS) if es_global else dibujar(st.none() | _CODIGOS),
        cantidad=cantidad,
        clave_unidad='ACT' if es_global else dibujar(st.sampled_from(['H87', 'E48', 'KGM'])),
        unidad=dibujar(st.none() | textos(20)) if normal else None,
        descripcion='Venta' if es_global else dibujar(textos(80)),
        valor_unitario=unitario, importe=importe, descuento=descuento,
        objeto_imp='02' if con_impuestos else '01',
        impuestos=dibujar(impuestos_de_linea(base)) if con_impuestos else None,
        a_cuenta_terceros=terceros if normal and dibujar(st.integers(0, 5)) == 0 else None,
        cuenta_predial=tuple(dibujar(st.lists(st.sampled_from(['15956011002', 'A1']), max_size=2))) if normal else (),
        parte=tuple(dibujar(st.lists(partes(), max_size=2))) if normal and dibujar(st.integers(0, 3)) == 0 else ())


@st.composite
def partes(dibujar):
    """A component of a line."""
    cantidad, unitario = dibujar(numeros('0.01', 100, 6)), cifras(dibujar(numeros('0.01', 100, 6)), 6)
    return v.Parte(clave_prod_serv='43211503', no_identificacion=dibujar(st.none() | _CODIGOS), cantidad=cantidad,
                   unidad=dibujar(st.none() | st.just('Pieza')), descripcion=dibujar(textos(40)),
                   valor_unitario=unitario, importe=cifras(cantidad * unitario, 6))


def totalizar(comprobante, decimales):
    """The document with SubTotal, Descuento, Impuestos and Total worked out from its lines."""
    traslados, retenciones = defaultdict(lambda: [D(0), D(0)]), defaultdict(D)
    subtotal = descuento = D(0)
    for concepto in comprobante.conceptos:
        subtotal += concepto.importe
        descuento += concepto.descuento or 0
        for uno in concepto.impuestos.traslados if concepto.impuestos else ():
            suma = traslados[uno.impuesto, uno.tipo_factor, uno.tasa_o_cuota]
            suma[0] += uno.base
            suma[1] += uno.importe or 0
        for uno in concepto.impuestos.retenciones if concepto.impuestos else ():
            retenciones[uno.impuesto] += uno.importe
    de_traslado = tuple(
        v.Traslado(base=cifras(base, decimales), impuesto=impuesto, tipo_factor=factor, tasa_o_cuota=tasa,
                   importe=None if factor == 'Exento' else cifras(importe, decimales))
        for (impuesto, factor, tasa), (base, importe) in traslados.items())
    de_retencion = tuple(v.RetencionTotal(impuesto=impuesto, importe=cifras(importe, decimales))
                         for impuesto, importe in retenciones.items())
    con_importe = [uno.importe for uno in de_traslado if uno.importe is not None]
    trasladados = sum(con_importe, D(0)) if con_importe else None
    retenidos = sum((uno.importe for uno in de_retencion), D(0)) if de_retencion else None
    subtotal = cifras(subtotal, decimales)
    con_descuento = any(concepto.descuento is not None for concepto in comprobante.conceptos)
    descuento = cifras(descuento, decimales) if con_descuento else None
    impuestos = None
    if de_traslado or de_retencion:
        impuestos = v.Impuestos(total_impuestos_retenidos=retenidos, total_impuestos_trasladados=trasladados,
                                retenciones=de_retencion, traslados=de_traslado)
    total = subtotal - (descuento or 0) + (trasladados or 0) - (retenidos or 0)
    return replace(comprobante, sub_total=subtotal, descuento=descuento, total=total, impuestos=impuestos)


@st.composite
def comprobantes(dibujar, ahora=AHORA, emisor=EMISOR, maximo_lineas=5):
    """An invoice, or a credit note, that breaks no rule of the SAT at ``ahora``; not sealed."""
    receptor = dibujar(receptores())
    es_global = receptor.nombre == 'PUBLICO EN GENERAL'
    moneda = 'MXN' if es_global else dibujar(st.sampled_from(sorted(_MONEDAS)))
    tipo = 'I' if es_global else dibujar(st.sampled_from('IIIE'))
    a_plazos = tipo == 'I' and not es_global and dibujar(st.booleans())
    if (tipo == 'E' and receptor.uso_cfdi not in ('S01', 'G03')) or (tipo == 'E' and receptor.uso_cfdi == 'G03'):
        receptor = replace(receptor, uso_cfdi='G02')
    relacionados = ()
    if tipo == 'E' or (not es_global and dibujar(st.integers(0, 3)) == 0):
        uuids = tuple(map(str, dibujar(st.lists(st.uuids(), min_size=1, max_size=3))))
        relacionados = (v.CfdiRelacionados(tipo_relacion='01' if tipo == 'E' else '04', uuids=uuids),)
    lineas = tuple(dibujar(st.lists(conceptos(es_global), min_size=1, max_size=maximo_lineas)))
    documento = v.Comprobante(
        serie=dibujar(st.none() | _CODIGOS), folio=dibujar(st.none() | _CODIGOS),
        fecha=ahora - timedelta(seconds=dibujar(st.integers(60, 70 * 3600))),
        forma_pago='99' if a_plazos else dibujar(st.sampled_from(['01', '03', '28'])),
        condiciones_de_pago=dibujar(st.none() | textos(100)), sub_total=D(0), moneda=moneda,
        tipo_cambio=None if moneda == 'MXN' else cifras(dibujar(numeros('0.1', 25, 6)), 4),
        total=D(0), tipo_de_comprobante=tipo, exportacion='01', metodo_pago='PPD' if a_plazos else 'PUE',
        lugar_expedicion=CP, emisor=emisor, receptor=receptor, conceptos=lineas, cfdi_relacionados=relacionados,
        informacion_global=v.InformacionGlobal(periodicidad='04', meses='03', anio=2026) if es_global else None)
    return totalizar(documento, _MONEDAS[moneda])


def ejemplo(**cambios):
    """A plain invoice of one line with IVA 16 %, for tests that need any document."""
    base = D('100.000000')
    linea = v.Concepto(
        clave_prod_serv='43231500', cantidad=D(1), clave_unidad='H87', descripcion='Programa', valor_unitario=base,
        importe=base, objeto_imp='02', impuestos=v.ImpuestosConcepto(traslados=(v.Traslado(
            base=base, impuesto='002', tipo_factor='Tasa', tasa_o_cuota=D('0.160000'), importe=D('16.000000')),)))
    documento = v.Comprobante(
        serie='A', folio='1', fecha=AHORA, forma_pago='03', sub_total=D(0), moneda='MXN', total=D(0),
        tipo_de_comprobante='I', exportacion='01', metodo_pago='PUE', lugar_expedicion=CP, emisor=EMISOR,
        receptor=v.Receptor(rfc='URE180429TM6', nombre='UNIVERSIDAD ROBOTICA ESPAÑOLA',
                            domicilio_fiscal_receptor='86991', regimen_fiscal_receptor='601', uso_cfdi='G03'),
        conceptos=(linea,))
    return replace(totalizar(documento, 2), **cambios)
