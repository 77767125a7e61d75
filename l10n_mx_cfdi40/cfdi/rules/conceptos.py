"""Rules of Concepto."""

import re
import unicodedata
from decimal import Decimal

from ..amounts import decimales, limites_importe
from .comprobante import CON_IMPORTES
from .registro import regla

MILLONESIMA = Decimal('0.000001')
#: Keys of ObjetoImp with which the concept breaks no tax down.
SIN_DESGLOSE = frozenset({'01', '03', '04', '05'})
_NO_ALFANUMERICO = re.compile('[^a-z0-9]+')


def ruta(i: int, atributo: str) -> str:
    """Return the path of an attribute of the i-th concept."""
    return f'Comprobante/Conceptos/Concepto[{i}]/@{atributo}'


def cifras_de_limite(doc, importe: Decimal) -> int:
    """Return with how many decimals an Importe is compared with its limits.

    Those with which it is written, at least the currency's and at most six.  The matrix speaks of the decimals of the
    currency and the guide (FAQ 41) of the most that the system allows: this admits what both admit.
    """
    return min(6, max(decimales(importe), doc.decimales_moneda or 0))


def limites_rotos(doc, cantidad, valor, importe):
    """Return (lowest, highest) Importe if it is outside of them, else None."""
    # Within a millionth of the product no rounding can leave it outside: nothing to round then.
    if -MILLONESIMA < cantidad * valor - importe < MILLONESIMA:
        return None
    inferior, superior = limites_importe(cantidad, valor, cifras_de_limite(doc, importe))
    return None if inferior <= importe <= superior else (inferior, superior)


def _en_catalogo(doc, catalogo, campo, atributo):
    filas = doc.catalogo(catalogo)
    if filas is None:
        return
    for i, concepto, *_numeros in doc.conceptos:
        clave = getattr(concepto, campo)
        if clave is not None and clave not in filas:
            yield ruta(i, atributo), {**doc.params_clave(catalogo, clave), **doc.linea(i)}


@regla('CFDI40162')
def clave_prod_serv_en_catalogo(doc):
    """ClaveProdServ is in force in its catalog."""
    yield from _en_catalogo(doc, 'c_ClaveProdServ', 'clave_prod_serv', 'ClaveProdServ')


def _simple(texto):
    descompuesto = unicodedata.normalize('NFKD', texto.lower())
    return _NO_ALFANUMERICO.sub('', ''.join(c for c in descompuesto if not unicodedata.combining(c)))


@regla('CFDI40163')
def complemento_de_la_clave(doc):
    """The complement that c_ClaveProdServ orders for the key is in the document or in the concept.

    The catalog names it in words ("Hidrocarburos y Petrolíferos"), which are compared with the name of its root
    element without accents, case or punctuation.
    """
    filas = doc.catalogo('c_ClaveProdServ') or {}
    exigidos = {clave: fila.datos['complemento'] for clave, fila in filas.items() if fila.datos.get('complemento')}
    if not exigidos:
        return
    for i, concepto, *_numeros in doc.conceptos:
        complemento = exigidos.get(concepto.clave_prod_serv)
        if complemento is None:
            continue
        raices = doc.complementos | doc.complementos_concepto(concepto)
        # "y" joins words in the catalog's name and not in the element's.
        buscado = _simple(re.sub(r'\b[yY]\b', '', complemento))
        if not any(_simple(raiz.rpartition('}')[2]) in buscado for raiz in raices):
            yield ruta(i, 'ClaveProdServ'), {
                'valor': concepto.clave_prod_serv, 'complemento': complemento, **doc.linea(i)}


@regla('CFDI40164')
def impuestos_de_la_clave(doc):
    """A concept subject to tax (ObjetoImp 02) charges the IVA or the IEPS that c_ClaveProdServ marks with "Sí"."""
    filas = doc.catalogo('c_ClaveProdServ') or {}
    exigidos = {
        clave: [impuesto for impuesto, dato in (('002', 'iva'), ('003', 'ieps')) if fila.datos.get(dato) == 'Sí']
        for clave, fila in filas.items()
    }
    if not any(exigidos.values()):
        return
    for i, concepto, *_numeros in doc.conceptos:
        if concepto.objeto_imp != '02' or concepto.impuestos is None:
            continue
        presentes = {traslado.impuesto for traslado in concepto.impuestos.traslados}
        for impuesto in exigidos.get(concepto.clave_prod_serv, ()):
            if impuesto not in presentes:
                yield ruta(i, 'ClaveProdServ'), {
                    'valor': concepto.clave_prod_serv, 'impuesto': impuesto, **doc.linea(i)}


@regla('CFDI40165')
def clave_unidad_en_catalogo(doc):
    """ClaveUnidad is in its catalog."""
    yield from _en_catalogo(doc, 'c_ClaveUnidad', 'clave_unidad', 'ClaveUnidad')


@regla('CFDI40166')
def valor_unitario_positivo(doc):
    """In I, E and N, ValorUnitario is greater than zero."""
    if doc.tipo not in CON_IMPORTES:
        return
    for i, _concepto, _cantidad, valor, _importe, _descuento in doc.conceptos:
        if valor is not None and not valor:
            yield ruta(i, 'ValorUnitario'), {'valor': valor, **doc.linea(i)}


@regla('CFDI40167')
def importe_dentro_de_limites(doc):
    """Importe is between the limits of Cantidad x ValorUnitario, as Anexo 20 computes them."""
    for i, _concepto, cantidad, valor, importe, _descuento in doc.conceptos:
        if cantidad and valor is not None and importe is not None:
            limites = limites_rotos(doc, cantidad, valor, importe)
            if limites is not None:
                yield ruta(i, 'Importe'), {
                    'valor': importe, 'inferior': limites[0], 'superior': limites[1], 'cantidad': cantidad,
                    'valor_unitario': valor, **doc.linea(i)}


@regla('CFDI40168')
def descuento_con_decimales_de_importe(doc):
    """Descuento is written with at most the decimals of Importe."""
    for i, _concepto, _cantidad, _valor, importe, descuento in doc.conceptos:
        if descuento is not None and importe is not None and decimales(descuento) > decimales(importe):
            yield ruta(i, 'Descuento'), {'valor': descuento, 'importe': importe, **doc.linea(i)}


@regla('CFDI40169')
def descuento_no_mayor_que_importe(doc):
    """Descuento is at most Importe."""
    for i, _concepto, _cantidad, _valor, importe, descuento in doc.conceptos:
        if descuento is not None and importe is not None and descuento > importe:
            yield ruta(i, 'Descuento'), {'valor': descuento, 'maximo': importe, **doc.linea(i)}


@regla('CFDI40170')
def objeto_imp_en_catalogo(doc):
    """ObjetoImp is in force in its catalog."""
    yield from _en_catalogo(doc, 'c_ObjetoImp', 'objeto_imp', 'ObjetoImp')


@regla('CFDI40171')
def con_desglose(doc):
    """With ObjetoImp 02 the concept has taxes."""
    for i, concepto, *_numeros in doc.conceptos:
        if concepto.objeto_imp == '02' and concepto.impuestos is None:
            yield ruta(i, 'ObjetoImp'), {'valor': '02', **doc.linea(i)}


@regla('CFDI40172')
def sin_desglose(doc):
    """With ObjetoImp 01, 03, 04 or 05 the concept has no taxes."""
    for i, concepto, *_numeros in doc.conceptos:
        if concepto.impuestos is not None and concepto.objeto_imp in SIN_DESGLOSE:
            yield ruta(i, 'ObjetoImp'), {'valor': str(concepto.objeto_imp), **doc.linea(i)}


@regla('CFDI40173')
def impuestos_con_contenido(doc):
    """The concept's Impuestos holds at least one traslado or retención."""
    for i, concepto, *_numeros in doc.conceptos:
        impuestos = concepto.impuestos
        if impuestos is not None and not impuestos.traslados and not impuestos.retenciones:
            yield f'Comprobante/Conceptos/Concepto[{i}]/Impuestos', doc.linea(i)


def _impuestos_de(concepto):
    """Return the keys that the concept (charges, withholds)."""
    impuestos = concepto.impuestos
    if impuestos is None:
        return frozenset(), frozenset()
    return ({nodo.impuesto for nodo in impuestos.traslados}, {nodo.impuesto for nodo in impuestos.retenciones})


@regla('CFDI140226')
def iva_que_no_se_traslada(doc):
    """With ObjetoImp 06 or 08 the concept neither charges nor withholds IVA or IEPS; it may withhold ISR."""
    for i, concepto, *_numeros in doc.conceptos:
        if concepto.objeto_imp in ('06', '08'):
            trasladados, retenidos = _impuestos_de(concepto)
            if not {'002', '003'}.isdisjoint(trasladados | retenidos):
                yield ruta(i, 'ObjetoImp'), {'valor': str(concepto.objeto_imp), **doc.linea(i)}


@regla('CFDI140227')
def solo_ieps_desglosado(doc):
    """With ObjetoImp 07 the concept charges IEPS, and neither charges nor withholds IVA."""
    for i, concepto, *_numeros in doc.conceptos:
        if concepto.objeto_imp == '07':
            trasladados, retenidos = _impuestos_de(concepto)
            if '002' in trasladados | retenidos:
                yield ruta(i, 'ObjetoImp'), {'motivo': 'iva', 'valor': '07', **doc.linea(i)}
            elif '003' not in trasladados:
                yield ruta(i, 'ObjetoImp'), {'motivo': 'ieps', 'valor': '07', **doc.linea(i)}
