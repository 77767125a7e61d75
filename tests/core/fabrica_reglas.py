"""Documents and contexts for the tests of the rules: a valid invoice, and ways to break one thing of it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from l10n_mx_cfdi40.cfdi import amounts
from l10n_mx_cfdi40.cfdi import values as v
from l10n_mx_cfdi40.cfdi.catalogos import ArchivoCatalogos, Entrada
from l10n_mx_cfdi40.cfdi.findings import Contexto

FECHA = datetime(2026, 8, 3, 10, 0, 0)
AHORA = datetime(2026, 8, 3, 12, 0, 0)
CP = '20000'
COMERCIO_EXTERIOR = v.Opaco(
    xml=b'<cce20:ComercioExterior xmlns:cce20="http://www.sat.gob.mx/ComercioExterior20" Version="2.0"/>')
ARCHIVO = ArchivoCatalogos()
D = Decimal


def catalogos(propios: Mapping[str, list[Entrada]] | None = None):
    """Return the shipped catalogs as the context wants them; ``propios`` puts rows in place of a whole catalog."""
    propios = propios or {}

    def buscar(catalogo, claves, el: date):
        if catalogo not in propios:
            return ARCHIVO.buscar(catalogo, claves, el)
        return {fila.clave: fila for fila in propios[catalogo]
                if fila.vigente(el) and (not claves or fila.clave in claves)}

    return buscar


def entrada(clave, desde=None, hasta=None, **datos):
    """Return a row of a catalog."""
    return Entrada(clave=clave, nombre=clave, desde=desde, hasta=hasta, datos=datos)


def contexto(propios=None, **cambios) -> Contexto:
    """Return a context over the shipped catalogs, where now is two hours after FECHA."""
    return Contexto(**{'catalogos': catalogos(propios), 'ahora': lambda _cp: AHORA, **cambios})


def traslado(base='200.00', impuesto='002', factor='Tasa', tasa='0.160000', importe='auto'):
    """Return a traslado; its amount is computed to six decimals unless given."""
    return v.Traslado(base=D(base), impuesto=impuesto, tipo_factor=factor, **_tasa(base, factor, tasa, importe))


def retencion(base='200.00', impuesto='001', factor='Tasa', tasa='0.100000', importe='auto'):
    """Return a retención; its amount is computed to six decimals unless given."""
    return v.Retencion(base=D(base), impuesto=impuesto, tipo_factor=factor, **_tasa(base, factor, tasa, importe))


def exento(base='200.00', impuesto='002'):
    """Return an exempt traslado."""
    return v.Traslado(base=D(base), impuesto=impuesto, tipo_factor='Exento')


def _tasa(base, factor, tasa, importe):
    tasa = D(tasa) if tasa is not None else None
    if importe == 'auto':
        importe = amounts.redondear(D(base) * tasa, 6) if tasa is not None and factor != 'Exento' else None
    return {'tasa_o_cuota': tasa, 'importe': D(importe) if importe is not None else None}


def concepto(traslados=None, retenciones=(), **cambios):
    """Return a concept of 2 x 100.00 with IVA 16 % (or with the taxes given, which may be none)."""
    traslados = (traslado(),) if traslados is None else tuple(traslados)
    datos = {
        'clave_prod_serv': '31161500', 'cantidad': D('2'), 'clave_unidad': 'H87', 'descripcion': 'TORNILLO',
        'valor_unitario': D('100.00'), 'importe': D('200.00'), 'objeto_imp': '01',
    }
    if traslados or retenciones:
        datos |= {'objeto_imp': '02',
                  'impuestos': v.ImpuestosConcepto(traslados=traslados, retenciones=tuple(retenciones))}
    return v.Concepto(**(datos | cambios))


EMISOR = v.Emisor(rfc='EKU9003173C9', nombre='ESCUELA KEMPER URGATE', regimen_fiscal='601')
RECEPTOR = v.Receptor(
    rfc='XIA190128J61', nombre='XENON INDUSTRIAL ARTICLES', domicilio_fiscal_receptor='76343',
    regimen_fiscal_receptor='601', uso_cfdi='G03')
PUBLICO = v.Receptor(
    rfc='XAXX010101000', nombre='PUBLICO EN GENERAL', domicilio_fiscal_receptor=CP, regimen_fiscal_receptor='616',
    uso_cfdi='S01')
EXTRANJERO = v.Receptor(
    rfc='XEXX010101000', nombre='ACME INC', domicilio_fiscal_receptor=CP, regimen_fiscal_receptor='616',
    uso_cfdi='S01')


def resumen(conceptos, cifras=2):
    """Return the document's Impuestos for the concepts, None if they have no taxes. Our own sums, to judge with."""
    traslados, retenciones = {}, {}
    for uno in conceptos:
        for t in uno.impuestos.traslados if uno.impuestos else ():
            grupo = traslados.setdefault((t.impuesto, t.tipo_factor, t.tasa_o_cuota), [D(0), D(0)])
            grupo[0] += t.base
            grupo[1] += t.importe or 0
        for r in uno.impuestos.retenciones if uno.impuestos else ():
            retenciones[r.impuesto] = retenciones.get(r.impuesto, D(0)) + r.importe
    if not traslados and not retenciones:
        return None
    nodos = tuple(
        v.Traslado(base=amounts.redondear(base, cifras), impuesto=impuesto, tipo_factor=factor, tasa_o_cuota=tasa,
                   importe=None if tasa is None else amounts.redondear(importe, cifras))
        for (impuesto, factor, tasa), (base, importe) in traslados.items())
    retenidos = tuple(v.RetencionTotal(impuesto=impuesto, importe=amounts.redondear(importe, cifras))
                      for impuesto, importe in retenciones.items())
    gravados = [nodo.importe for nodo in nodos if nodo.importe is not None]
    return v.Impuestos(
        total_impuestos_retenidos=sum(r.importe for r in retenidos) if retenidos else None,
        total_impuestos_trasladados=sum(gravados) if gravados else None,
        retenciones=retenidos, traslados=nodos)


def factura(*conceptos, cifras=2, **cambios) -> v.Comprobante:
    """Return a valid invoice of type I for the concepts, then with ``cambios`` put in place."""
    conceptos = conceptos or (concepto(),)
    impuestos = resumen(conceptos, cifras)
    subtotal = amounts.redondear(sum(c.importe for c in conceptos), cifras)
    con_descuento = [c.descuento for c in conceptos if c.descuento is not None]
    descuento = amounts.redondear(sum(con_descuento), cifras) if con_descuento else None
    total = subtotal - (descuento or 0)
    if impuestos is not None:
        total += (impuestos.total_impuestos_trasladados or 0) - (impuestos.total_impuestos_retenidos or 0)
    datos = {
        'fecha': FECHA, 'forma_pago': '03', 'sub_total': subtotal, 'descuento': descuento, 'moneda': 'MXN',
        'total': total, 'tipo_de_comprobante': 'I', 'exportacion': '01', 'metodo_pago': 'PUE',
        'lugar_expedicion': CP, 'emisor': EMISOR, 'receptor': RECEPTOR, 'conceptos': conceptos,
        'impuestos': impuestos,
    }
    return v.Comprobante(**(datos | cambios))


def traslado_de_mercancia(**cambios):
    """Return a valid document of type T."""
    linea = concepto((), valor_unitario=D('0'), importe=D('0'))
    datos = {'tipo_de_comprobante': 'T', 'forma_pago': None, 'metodo_pago': None, 'moneda': 'XXX',
             'sub_total': D('0'), 'total': D('0'), 'receptor': replace(RECEPTOR, uso_cfdi='S01')}
    return factura(linea, **(datos | cambios))


def con_concepto(**cambios):
    """Return the valid invoice with something of its only concept changed."""
    return factura(concepto(**cambios))


def con_impuestos(documento, **cambios):
    """Return the document with something of its Impuestos changed."""
    return replace(documento, impuestos=replace(documento.impuestos, **cambios))


def con_traslado_doc(documento, indice=0, **cambios):
    """Return the document with something of one of its Traslados changed."""
    traslados = list(documento.impuestos.traslados)
    traslados[indice] = replace(traslados[indice], **cambios)
    return con_impuestos(documento, traslados=tuple(traslados))


def nombre(caso):
    """How a case of a rule is called among the tests."""
    return f'{caso.codigo} {caso.nombre}'.strip()
