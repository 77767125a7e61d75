"""Rules of the document's Impuestos: the summary of what the concepts charge and withhold.

A problem that the concepts already have (a key out of its catalog, a rate that does not exist, an amount that cannot be
read) is reported there, and not once more for the sums that follow from it.
"""

from ..amounts import suma
from .documento import CERO, CON_FACTOR
from .registro import AVISO, ERROR, regla
from .tasas import TRASLADO

NODO = 'Comprobante/Impuestos'
SIN_IMPUESTOS = ('T', 'P', 'N')


def _retencion(j, atributo):
    return f'{NODO}/Retenciones/Retencion[{j}]/@{atributo}'


def _traslado(j, atributo):
    return f'{NODO}/Traslados/Traslado[{j}]/@{atributo}'


def _excede(doc, valor, ruta):
    if doc.excede_moneda(valor):
        yield ruta, {'valor': valor, 'moneda': doc.comprobante.moneda, 'decimales': doc.decimales_moneda}


def _resumen(doc):
    """Return whether the document must have a summary at all: types T, P and N have none (CFDI40201)."""
    return doc.tipo not in SIN_IMPUESTOS


@regla('CFDI40201')
def sin_impuestos(doc):
    """Types T and P (and N, by the filling guide) have no Impuestos."""
    if doc.impuestos is not None and not _resumen(doc):
        yield NODO, {'tipo': doc.tipo}


# -- totals


def _total(doc, campo):
    return doc.numero(getattr(doc.impuestos, campo, None))


@regla('CFDI40202')
def total_retenido_con_decimales_de_moneda(doc):
    """TotalImpuestosRetenidos has at most the decimals of the currency."""
    yield from _excede(doc, _total(doc, 'total_impuestos_retenidos'), f'{NODO}/@TotalImpuestosRetenidos')


@regla('CFDI40203')
def total_retenido_es_la_suma(doc):
    """TotalImpuestosRetenidos is the sum of the Retencion amounts."""
    total, importes = _total(doc, 'total_impuestos_retenidos'), [fila[2] for fila in doc.retenciones_doc]
    if total is not None and None not in importes and total != (esperado := suma(importes)):
        yield f'{NODO}/@TotalImpuestosRetenidos', {'valor': total, 'esperado': esperado}


@regla('CFDI40204')
def total_trasladado_con_decimales_de_moneda(doc):
    """TotalImpuestosTrasladados has at most the decimals of the currency."""
    yield from _excede(doc, _total(doc, 'total_impuestos_trasladados'), f'{NODO}/@TotalImpuestosTrasladados')


@regla('CFDI40205')
def total_trasladado_es_la_suma(doc):
    """TotalImpuestosTrasladados is the sum of the Traslado amounts."""
    total = _total(doc, 'total_impuestos_trasladados')
    importes = []
    for _j, nodo, _base, _tasa, importe in doc.traslados_doc:
        if nodo.importe is not None:
            importes.append(importe)
    if total is not None and None not in importes and total != (esperado := suma(importes)):
        yield f'{NODO}/@TotalImpuestosTrasladados', {'valor': total, 'esperado': esperado}


# -- Retenciones


@regla('CFDI40206')
def retenciones_con_total(doc):
    """TotalImpuestosRetenidos exists whenever anything is withheld, in the document or in a concept."""
    falta = doc.impuestos is None or doc.impuestos.total_impuestos_retenidos is None
    if falta and _resumen(doc) and (doc.retenciones_doc or doc.retenciones):
        yield f'{NODO}/@TotalImpuestosRetenidos', {}


@regla('CFDI40207')
def impuesto_retenido_en_catalogo(doc):
    """Impuesto is in c_Impuesto (one that a concept carries is CFDI40182)."""
    for j, nodo, _importe in doc.retenciones_doc:
        if nodo.impuesto is not None and nodo.impuesto not in doc.retenidos and doc.desconocida(
                'c_Impuesto', nodo.impuesto):
            yield _retencion(j, 'Impuesto'), doc.params_clave('c_Impuesto', nodo.impuesto)


def _repetidos(claves):
    vistas, repetidas = set(), set()
    for clave in claves:
        (repetidas if clave in vistas else vistas).add(clave)
    return repetidas


@regla('CFDI40208')
def una_retencion_por_impuesto(doc):
    """There is only one Retencion for each tax."""
    vistos = set()
    for j, nodo, _importe in doc.retenciones_doc:
        if nodo.impuesto in vistos:
            yield _retencion(j, 'Impuesto'), {'impuesto': str(nodo.impuesto)}
        vistos.add(nodo.impuesto)


@regla('CFDI40209')
def importe_retenido_con_total(doc):
    """A Retencion with Importe needs TotalImpuestosRetenidos.

    The matrix says it twice: of the node Retenciones (CFDI40206) and of its amounts (here).
    """
    if doc.impuestos is not None and doc.impuestos.total_impuestos_retenidos is None:
        for j, nodo, _importe in doc.retenciones_doc:
            if nodo.importe is not None:
                yield _retencion(j, 'Importe'), {'valor': nodo.importe}


@regla('CFDI40210')
def retencion_con_decimales_de_moneda(doc):
    """Importe has at most the decimals of the currency."""
    for j, _nodo, importe in doc.retenciones_doc:
        yield from _excede(doc, importe, _retencion(j, 'Importe'))


@regla('CFDI40211')
def retencion_es_la_suma(doc):
    """Importe is the rounded sum of what the concepts withhold of that tax, and no tax withheld is left out.

    Of a repeated tax only CFDI40208 is said; an unknown one is CFDI40182 or CFDI40207.
    """
    if not _resumen(doc):
        return
    retenidos = doc.retenidos
    impuestos = [nodo.impuesto for _j, nodo, _importe in doc.retenciones_doc]
    repetidos = _repetidos(impuestos)
    for j, nodo, importe in doc.retenciones_doc:
        suma_conceptos = retenidos.get(nodo.impuesto, CERO)
        if nodo.impuesto in repetidos or suma_conceptos is None or importe is None:
            continue
        if nodo.impuesto not in retenidos and doc.desconocida('c_Impuesto', nodo.impuesto):
            continue
        esperado = doc.redondear(suma_conceptos)
        if importe != esperado:
            yield _retencion(j, 'Importe'), {
                'valor': importe, 'esperado': esperado, 'impuesto': str(nodo.impuesto)}
    if doc.retenciones_doc:
        for impuesto, importe in retenidos.items():
            if impuesto not in impuestos and importe is not None:
                yield f'{NODO}/Retenciones', {
                    'motivo': 'falta', 'esperado': doc.redondear(importe), 'impuesto': str(impuesto)}


# -- Traslados


@regla('CFDI40212')
def traslados_con_total(doc):
    """TotalImpuestosTrasladados exists whenever a concept charges a tax that is not Exento."""
    falta = doc.impuestos is None or doc.impuestos.total_impuestos_trasladados is None
    if not falta or not _resumen(doc):
        return
    if any(fila[2].tipo_factor != 'Exento' for fila in doc.traslados) or any(
            fila[1].tipo_factor != 'Exento' for fila in doc.traslados_doc):
        yield f'{NODO}/@TotalImpuestosTrasladados', {}


@regla('CFDI40213')
def exento_con_lo_suyo(doc):
    """If all is Exento, each Traslado has Base, Impuesto and TipoFactor, and neither rate nor amount.

    The same holds for the Exento of a document that also charges other taxes, for which the matrix has no code. A total
    of zero beside nothing but Exento is superfluous, which the matrix does not forbid: a warning.
    """
    if not _resumen(doc):
        return
    for j, nodo, *_numeros in doc.traslados_doc:
        if nodo.tipo_factor == 'Exento':
            for campo, atributo in (('tasa_o_cuota', 'TasaOCuota'), ('importe', 'Importe')):
                if getattr(nodo, campo) is not None:
                    yield _traslado(j, atributo), {'motivo': 'sobra', 'valor': getattr(nodo, campo)}, ERROR
    if not doc.solo_exentos:
        return
    if not doc.traslados_doc:
        yield f'{NODO}/Traslados', {'motivo': 'falta'}, ERROR
    elif doc.impuestos.total_impuestos_trasladados == 0:
        yield f'{NODO}/@TotalImpuestosTrasladados', {'motivo': 'total', 'valor': CERO}, AVISO


@regla('CFDI40214')
def base_con_decimales_de_moneda(doc):
    """Base has at most the decimals of the currency."""
    for j, _nodo, base, _tasa, _importe in doc.traslados_doc:
        yield from _excede(doc, base, _traslado(j, 'Base'))


def _clave(nodo, tasa):
    return (nodo.impuesto, nodo.tipo_factor, None if nodo.tipo_factor == 'Exento' else tasa)


def _comparables(doc):
    """Yield (j, group key, sum of the concepts or None if there is none, base, importe) of what can be compared.

    Left out: repeated combinations (CFDI40218), taxes with a concept that cannot be added up, and combinations that no
    concept has because their tax or rate is not one (CFDI40217, CFDI40219).
    """
    claves = [_clave(nodo, tasa) for _j, nodo, _base, tasa, _importe in doc.traslados_doc]
    repetidas = _repetidos(claves)
    for (j, nodo, base, _tasa, importe), clave in zip(doc.traslados_doc, claves, strict=True):
        if clave in repetidas or nodo.impuesto in doc.traslados_dudosos or (
                clave[2] is None and clave[1] != 'Exento'):
            continue
        grupo = doc.grupos.get(clave)
        if grupo is None and _sin_tasa_valida(doc, clave):
            continue
        yield j, clave, grupo, base, importe


def _sin_tasa_valida(doc, clave):
    impuesto, factor, tasa = clave
    if doc.desconocida('c_Impuesto', impuesto):
        return True
    tasas = doc.tasas
    return factor in CON_FACTOR and tasas is not None and not tasas.admite(impuesto, factor, TRASLADO, tasa)


def _bases(doc, exentas):
    for j, clave, grupo, base, _importe in _comparables(doc):
        if (doc.solo_exentos and clave[1] == 'Exento') is not exentas or base is None:
            continue
        esperado = doc.redondear(grupo.base if grupo is not None else CERO)
        if base != esperado:
            yield _traslado(j, 'Base'), {
                'valor': base, 'esperado': esperado, 'impuesto': str(clave[0]), 'factor': str(clave[1]),
                'tasa': clave[2]}


@regla('CFDI40215')
def base_es_la_suma(doc):
    """Base is the rounded sum of the concepts' bases with that tax, factor and rate."""
    if _resumen(doc):
        yield from _bases(doc, False)


@regla('CFDI40216')
def base_exenta_es_la_suma(doc):
    """If all is Exento, Base is the rounded sum of the concepts' bases."""
    if _resumen(doc):
        yield from _bases(doc, True)


@regla('CFDI40217')
def impuesto_trasladado_en_catalogo(doc):
    """Impuesto is in c_Impuesto (one that a concept carries is CFDI40175)."""
    de_conceptos = {fila[2].impuesto for fila in doc.traslados}
    for j, nodo, *_numeros in doc.traslados_doc:
        if nodo.impuesto is not None and nodo.impuesto not in de_conceptos and doc.desconocida(
                'c_Impuesto', nodo.impuesto):
            yield _traslado(j, 'Impuesto'), doc.params_clave('c_Impuesto', nodo.impuesto)


@regla('CFDI40218')
def un_traslado_por_combinacion(doc):
    """There is only one Traslado for each tax, factor and rate."""
    vistas = set()
    for j, nodo, _base, tasa, _importe in doc.traslados_doc:
        clave = _clave(nodo, tasa)
        if clave in vistas:
            yield _traslado(j, 'Impuesto'), {
                'impuesto': str(nodo.impuesto), 'factor': str(nodo.tipo_factor), 'tasa': tasa}
        vistas.add(clave)


@regla('CFDI40219')
def tasa_trasladada_en_catalogo(doc):
    """TasaOCuota is in c_TasaOCuota for the tax and factor (one that a concept carries is CFDI40179)."""
    tasas = doc.tasas
    for j, nodo, _base, tasa, _importe in doc.traslados_doc:
        impuesto, factor = nodo.impuesto, nodo.tipo_factor
        if factor not in CON_FACTOR or doc.desconocida('c_Impuesto', impuesto):
            continue
        params = {'impuesto': str(impuesto), 'factor': str(factor)}
        if nodo.tasa_o_cuota is None:
            yield _traslado(j, 'TasaOCuota'), {'motivo': 'falta', **params}
        elif (tasa is not None and tasas is not None and (impuesto, factor, tasa) not in doc.grupos
                and not tasas.admite(impuesto, factor, TRASLADO, tasa)):
            yield _traslado(j, 'TasaOCuota'), {
                'valor': tasa, 'admitidas': tasas.admitidas(impuesto, factor, TRASLADO), **params}


@regla('CFDI40220')
def importe_trasladado_con_decimales_de_moneda(doc):
    """Importe has at most the decimals of the currency."""
    for j, _nodo, _base, _tasa, importe in doc.traslados_doc:
        yield from _excede(doc, importe, _traslado(j, 'Importe'))


@regla('CFDI40221')
def importe_trasladado_es_la_suma(doc):
    """Importe is the rounded sum of the concepts' amounts with that tax, factor and rate, and none is left out."""
    if not _resumen(doc):
        return
    for j, clave, grupo, _base, importe in _comparables(doc):
        if clave[1] not in CON_FACTOR:
            continue
        params = {'impuesto': str(clave[0]), 'factor': str(clave[1]), 'tasa': clave[2]}
        esperado = doc.redondear(grupo.importe if grupo is not None else CERO)
        if doc.impuestos.traslados[j - 1].importe is None:
            yield _traslado(j, 'Importe'), {'motivo': 'sin_importe', 'esperado': esperado, **params}
        elif importe is not None and importe != esperado:
            yield _traslado(j, 'Importe'), {'valor': importe, 'esperado': esperado, **params}
    yield from _combinaciones_que_faltan(doc)


def _combinaciones_que_faltan(doc):
    """Yield what the concepts charge and the document does not list (if it lists nothing: CFDI40212, CFDI40213)."""
    if not doc.traslados_doc:
        return
    presentes = {_clave(nodo, tasa) for _j, nodo, _base, tasa, _importe in doc.traslados_doc}
    for clave, grupo in doc.grupos.items():
        if clave not in presentes and clave[0] not in doc.traslados_dudosos:
            yield f'{NODO}/Traslados', {
                'motivo': 'falta', 'esperado': doc.redondear(grupo.importe), 'base': doc.redondear(grupo.base),
                'impuesto': str(clave[0]), 'factor': str(clave[1]), 'tasa': clave[2]}
