"""Rules of the root node: dates, amounts, currency, keys."""

from datetime import timedelta
from decimal import Decimal

from ..amounts import suma
from ..values import ImpuestosLocales
from .documento import CERO
from .formato import fecha_valida
from .registro import TIEMPO, regla

PLAZO = timedelta(hours=72)
CON_IMPORTES = ('I', 'E', 'N')
SIN_IMPORTES = ('T', 'P')
UNO = Decimal(1)


@regla('CFDI40101')
def fecha_con_formato(doc):
    """Fecha is AAAA-MM-DDThh:mm:ss, a real date without zone or fractions."""
    fecha = doc.comprobante.fecha
    if not fecha_valida(fecha):
        yield 'Comprobante/@Fecha', {'valor': fecha}


@regla('401', grupo=TIEMPO)
def fecha_dentro_de_plazo(doc):
    """Fecha is at most 72 hours old and not in the future, by the clock of LugarExpedicion (RMF 2.7.2.9)."""
    fecha = doc.comprobante.fecha
    if not fecha_valida(fecha):
        return
    ahora = doc.contexto.ahora(doc.comprobante.lugar_expedicion)
    if fecha > ahora:
        yield 'Comprobante/@Fecha', {'motivo': 'futura', 'valor': fecha, 'ahora': ahora}
    elif ahora - fecha > PLAZO:
        yield 'Comprobante/@Fecha', {'motivo': 'vencida', 'valor': fecha, 'ahora': ahora}


@regla('CFDI40103')
def sin_forma_pago(doc):
    """Types T, N and P carry no FormaPago."""
    if doc.tipo in ('T', 'N', 'P') and doc.comprobante.forma_pago is not None:
        yield 'Comprobante/@FormaPago', {'valor': doc.comprobante.forma_pago, 'tipo': doc.tipo}


@regla('CFDI40104')
def forma_pago_en_catalogo(doc):
    """Types I and E carry a FormaPago in force."""
    clave = doc.comprobante.forma_pago
    if doc.tipo in ('T', 'N', 'P'):
        return
    if clave is None:
        if doc.tipo in ('I', 'E'):
            yield 'Comprobante/@FormaPago', {'motivo': 'falta'}
    elif doc.desconocida('c_FormaPago', clave):
        yield 'Comprobante/@FormaPago', doc.params_clave('c_FormaPago', clave)


@regla('CFDI40105')
def forma_pago_por_definir(doc):
    """With MetodoPago PPD, FormaPago is 99."""
    clave = doc.comprobante.forma_pago
    if doc.comprobante.metodo_pago == 'PPD' and clave is not None and clave != '99':
        yield 'Comprobante/@FormaPago', {'valor': clave}


def _decimales_de_moneda(doc, campo, atributo):
    valor = doc.numero(getattr(doc.comprobante, campo))
    # T and P may write their zero "with decimals" (CFDI40109), though XXX has none.
    if doc.excede_moneda(valor) and (valor or doc.tipo not in SIN_IMPORTES):
        yield f'Comprobante/@{atributo}', {
            'valor': valor, 'moneda': doc.comprobante.moneda, 'decimales': doc.decimales_moneda}


@regla('CFDI40107')
def subtotal_con_decimales_de_moneda(doc):
    """SubTotal has at most the decimals of the currency."""
    yield from _decimales_de_moneda(doc, 'sub_total', 'SubTotal')


@regla('CFDI40108')
def subtotal_es_la_suma(doc):
    """In I, E and N, SubTotal is the rounded sum of the concepts' Importe."""
    subtotal = doc.numero(doc.comprobante.sub_total)
    importes = [fila[4] for fila in doc.conceptos]
    if doc.tipo not in CON_IMPORTES or subtotal is None or None in importes:
        return
    esperado = doc.redondear(suma(importes))
    if subtotal != esperado:
        yield 'Comprobante/@SubTotal', {'valor': subtotal, 'esperado': esperado}


@regla('CFDI40109')
def subtotal_cero(doc):
    """In T and P, SubTotal is zero."""
    subtotal = doc.numero(doc.comprobante.sub_total)
    if doc.tipo in SIN_IMPORTES and subtotal:
        yield 'Comprobante/@SubTotal', {'valor': subtotal, 'tipo': doc.tipo}


@regla('CFDI40110')
def descuento_no_mayor_que_subtotal(doc):
    """Descuento is at most SubTotal."""
    descuento, subtotal = doc.numero(doc.comprobante.descuento), doc.numero(doc.comprobante.sub_total)
    if descuento is not None and subtotal is not None and descuento > subtotal:
        yield 'Comprobante/@Descuento', {'valor': descuento, 'maximo': subtotal}


@regla('CFDI40111')
def descuento_es_la_suma(doc):
    """In I, E and N, Descuento exists if and only if a concept has one, and is their rounded sum; T and P have none."""
    valor = doc.comprobante.descuento
    con_descuento = [(i, c, descuento) for i, c, _q, _v, _imp, descuento in doc.conceptos if c.descuento is not None]
    if doc.tipo in SIN_IMPORTES:
        if valor is not None:
            yield 'Comprobante/@Descuento', {'motivo': 'tipo', 'valor': valor, 'tipo': doc.tipo}
        for i, concepto, _descuento in con_descuento:
            yield f'Comprobante/Conceptos/Concepto[{i}]/@Descuento', {
                'motivo': 'tipo', 'valor': concepto.descuento, 'tipo': doc.tipo, **doc.linea(i)}
        return
    if not con_descuento:
        if valor is not None:
            yield 'Comprobante/@Descuento', {'motivo': 'sobra', 'valor': valor}
        return
    descuentos = [descuento for _i, _c, descuento in con_descuento]
    if None in descuentos:
        return
    esperado = doc.redondear(suma(descuentos))
    if valor is None:
        yield 'Comprobante/@Descuento', {'motivo': 'falta', 'esperado': esperado}
    elif (numero := doc.numero(valor)) is not None and numero != esperado:
        yield 'Comprobante/@Descuento', {'motivo': 'suma', 'valor': numero, 'esperado': esperado}


@regla('CFDI40112')
def descuento_con_decimales_de_moneda(doc):
    """Descuento has at most the decimals of the currency."""
    yield from _decimales_de_moneda(doc, 'descuento', 'Descuento')


@regla('CFDI40113')
def moneda_en_catalogo(doc):
    """Moneda is in c_Moneda."""
    clave = doc.comprobante.moneda
    if clave is not None and doc.desconocida('c_Moneda', clave):
        yield 'Comprobante/@Moneda', doc.params_clave('c_Moneda', clave)


@regla('CFDI40114')
def tipo_cambio_del_peso(doc):
    """With MXN, TipoCambio is 1 or absent."""
    valor = doc.numero(doc.comprobante.tipo_cambio)
    if doc.comprobante.moneda == 'MXN' and valor is not None and valor != UNO:
        yield 'Comprobante/@TipoCambio', {'valor': valor}


@regla('CFDI40115')
def tipo_cambio_requerido(doc):
    """With any currency but MXN and XXX, TipoCambio exists (an unknown currency is CFDI40113)."""
    moneda = doc.comprobante.moneda
    if moneda in ('MXN', 'XXX', None) or doc.comprobante.tipo_cambio is not None:
        return
    if not doc.desconocida('c_Moneda', moneda):
        yield 'Comprobante/@TipoCambio', {'moneda': moneda}


@regla('CFDI40116')
def tipo_cambio_sin_moneda(doc):
    """With XXX there is no TipoCambio."""
    if doc.comprobante.moneda == 'XXX' and doc.comprobante.tipo_cambio is not None:
        yield 'Comprobante/@TipoCambio', {'valor': doc.comprobante.tipo_cambio}


@regla('CFDI40117')
def tipo_cambio_con_formato(doc):
    """TipoCambio has up to 18 digits and 6 decimals, and is at least 0.000001."""
    valor = doc.comprobante.tipo_cambio
    if valor is not None and not doc.numero(valor):
        yield 'Comprobante/@TipoCambio', {'valor': valor}


def _locales(doc):
    """Return (charged, withheld) local taxes, or None if one of them is not a number."""
    cargados = retenidos = CERO
    for nodo in doc.comprobante.complemento or ():
        if isinstance(nodo, ImpuestosLocales):
            for valor in (nodo.totalde_traslados, nodo.totalde_retenciones):
                if not isinstance(valor, Decimal) or not valor.is_finite():
                    return None
            cargados += nodo.totalde_traslados
            retenidos += nodo.totalde_retenciones
    return cargados, retenidos


def _total_esperado(doc):
    """Return what Total must be, or None when one of its terms cannot be read.

    A total of taxes that is missing has its own code (CFDI40206, CFDI40212): here the sum of its nodes stands for it.
    """
    c = doc.comprobante
    impuestos = doc.impuestos
    cargados = retenidos = CERO
    if impuestos is not None:
        cargados = impuestos.total_impuestos_trasladados
        retenidos = impuestos.total_impuestos_retenidos
        if cargados is None:
            cargados = suma(fila[4] for fila in doc.traslados_doc if fila[4] is not None)
        if retenidos is None:
            retenidos = suma(fila[2] for fila in doc.retenciones_doc if fila[2] is not None)
    terminos = [doc.numero(c.sub_total), doc.numero(CERO if c.descuento is None else c.descuento),
                doc.numero(cargados), doc.numero(retenidos)]
    locales = _locales(doc)
    if locales is None or None in terminos:
        return None
    subtotal, descuento, cargados, retenidos = terminos
    return doc.redondear(subtotal - descuento + cargados + locales[0] - retenidos - locales[1])


@regla('CFDI40119')
def total_cuadra(doc):
    """Total is SubTotal - Descuento + taxes charged - taxes withheld, federal and local, with the currency's decimals.

    The matrix has no code of its own for the decimals of Total, which the filling guide limits: this one covers both.
    """
    total = doc.numero(doc.comprobante.total)
    esperado = _total_esperado(doc)
    if total is None or esperado is None:
        return
    if total != esperado:
        yield 'Comprobante/@Total', {'valor': total, 'esperado': esperado}
    elif doc.excede_moneda(total) and (total or doc.tipo not in SIN_IMPORTES):
        yield 'Comprobante/@Total', {'motivo': 'decimales', 'valor': total, 'esperado': esperado}


@regla('CFDI40121')
def tipo_en_catalogo(doc):
    """TipoDeComprobante is in its catalog."""
    if doc.tipo is not None and doc.desconocida('c_TipoDeComprobante', doc.tipo):
        yield 'Comprobante/@TipoDeComprobante', doc.params_clave('c_TipoDeComprobante', doc.tipo)


@regla('CFDI40122')
def exportacion_con_complemento(doc):
    """Exportacion 02 needs the Comercio Exterior complement."""
    if doc.comprobante.exportacion == '02' and not doc.comercio_exterior:
        yield 'Comprobante/@Exportacion', {'valor': '02'}


@regla('CFDI40123')
def exportacion_en_catalogo(doc):
    """Exportacion is in its catalog."""
    clave = doc.comprobante.exportacion
    if clave is not None and doc.desconocida('c_Exportacion', clave):
        yield 'Comprobante/@Exportacion', doc.params_clave('c_Exportacion', clave)


@regla('CFDI40124')
def metodo_pago_en_catalogo(doc):
    """Types I, E and N carry a MetodoPago of the catalog."""
    clave = doc.comprobante.metodo_pago
    if doc.tipo in SIN_IMPORTES:
        return
    if clave is None:
        if doc.tipo in CON_IMPORTES:
            yield 'Comprobante/@MetodoPago', {'motivo': 'falta'}
    elif doc.desconocida('c_MetodoPago', clave):
        yield 'Comprobante/@MetodoPago', doc.params_clave('c_MetodoPago', clave)


@regla('CFDI40125')
def sin_metodo_pago(doc):
    """Types T and P carry no MetodoPago."""
    if doc.tipo in SIN_IMPORTES and doc.comprobante.metodo_pago is not None:
        yield 'Comprobante/@MetodoPago', {'valor': doc.comprobante.metodo_pago, 'tipo': doc.tipo}


@regla('CFDI40126')
def lugar_expedicion_en_catalogo(doc):
    """LugarExpedicion is a ZIP in force."""
    clave = doc.comprobante.lugar_expedicion
    if clave is not None and doc.desconocida('c_CodigoPostal', clave):
        yield 'Comprobante/@LugarExpedicion', doc.params_clave('c_CodigoPostal', clave)


@regla('CFDI40222')
def complemento_solo_de_exportacion(doc):
    """With Exportacion 01 or 03 there is no Comercio Exterior complement."""
    if doc.comprobante.exportacion in ('01', '03') and doc.comercio_exterior:
        yield 'Comprobante/@Exportacion', {'valor': str(doc.comprobante.exportacion)}
