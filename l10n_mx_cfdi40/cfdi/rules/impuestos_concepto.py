"""Rules of the taxes of a concept."""

from ..amounts import limites_impuesto
from .conceptos import MILLONESIMA, cifras_de_limite
from .documento import CON_FACTOR
from .registro import AVISO, ERROR, regla
from .tasas import RETENCION, TRASLADO

_NODOS = {TRASLADO: 'Traslados/Traslado', RETENCION: 'Retenciones/Retencion'}


def ruta(lado: str, i: int, j: int, atributo: str) -> str:
    """Return the path of an attribute of the j-th traslado or retención of the i-th concept."""
    return f'Comprobante/Conceptos/Concepto[{i}]/Impuestos/{_NODOS[lado]}[{j}]/@{atributo}'


def _base_positiva(doc, filas, lado):
    for i, j, _nodo, base, _tasa, _importe in filas:
        if base is not None and not base:
            yield ruta(lado, i, j, 'Base'), {'valor': base, **doc.linea(i)}


def _impuesto_en_catalogo(doc, filas, lado):
    catalogo = doc.catalogo('c_Impuesto')
    if catalogo is None:
        return
    admitidos = {clave for clave, fila in catalogo.items() if fila.datos.get(lado)}
    for i, j, nodo, *_numeros in filas:
        if nodo.impuesto not in admitidos and nodo.impuesto is not None:
            yield ruta(lado, i, j, 'Impuesto'), {
                **doc.params_clave('c_Impuesto', nodo.impuesto), **doc.linea(i),
                'motivo': 'lado' if nodo.impuesto in catalogo else 'catalogo'}


def _factor_en_catalogo(doc, filas, lado):
    catalogo = doc.catalogo('c_TipoFactor')
    if catalogo is None:
        return
    for i, j, nodo, *_numeros in filas:
        if nodo.tipo_factor not in catalogo and nodo.tipo_factor is not None:
            yield ruta(lado, i, j, 'TipoFactor'), {
                **doc.params_clave('c_TipoFactor', nodo.tipo_factor), **doc.linea(i)}


def _tasa_en_catalogo(doc, filas, lado):
    """A tax or a factor out of its catalog has its own code, and no rate to be compared with."""
    tasas, impuestos = doc.tasas, doc.catalogo('c_Impuesto') or {}
    if tasas is None:
        return
    gravables = {clave for clave, fila in impuestos.items() if fila.datos.get(lado)}
    for i, j, nodo, _base, tasa, _importe in filas:
        factor, impuesto = nodo.tipo_factor, nodo.impuesto
        if tasa is None or factor not in CON_FACTOR or (impuestos and impuesto not in gravables):
            continue
        motivo = tasas.problema(impuesto, factor, lado, tasa)
        if motivo is not None:
            yield ruta(lado, i, j, 'TasaOCuota'), {
                'motivo': motivo, 'valor': tasa, 'impuesto': str(impuesto), 'factor': str(factor),
                'admitidas': tasas.admitidas(impuesto, factor, lado), **doc.linea(i),
            }, AVISO if motivo == 'decimales' else ERROR


def limites_rotos(doc, base, tasa, importe):
    """Return (lowest, highest) tax if the amount is outside of them, else None.

    An amount written with n decimals is between the limits whenever it is less than one unit of its last place away
    from Base x TasaOCuota: only the rest needs the limits themselves.
    """
    diferencia = base * tasa - importe
    if -MILLONESIMA < diferencia < MILLONESIMA:
        return None
    cifras = cifras_de_limite(doc, importe)
    if abs(diferencia).scaleb(cifras) < 1:
        return None
    inferior, superior = limites_impuesto(base, tasa, cifras)
    return None if inferior <= importe <= superior else (inferior, superior)


def _importe_dentro_de_limites(doc, filas, lado):
    for i, j, nodo, base, tasa, importe in filas:
        if base and tasa is not None and importe is not None and nodo.tipo_factor != 'Exento':
            limites = limites_rotos(doc, base, tasa, importe)
            if limites is not None:
                yield ruta(lado, i, j, 'Importe'), {
                    'valor': importe, 'inferior': limites[0], 'superior': limites[1], 'base': base, 'tasa': tasa,
                    'impuesto': str(nodo.impuesto), **doc.linea(i)}


# -- Traslados


@regla('CFDI40174')
def base_de_traslado_positiva(doc):
    """Base is greater than zero."""
    yield from _base_positiva(doc, doc.traslados, TRASLADO)


@regla('CFDI40175')
def impuesto_de_traslado(doc):
    """Impuesto is in c_Impuesto, among those that are charged: ISR is only withheld."""
    yield from _impuesto_en_catalogo(doc, doc.traslados, TRASLADO)


@regla('CFDI40176')
def factor_de_traslado(doc):
    """TipoFactor is in its catalog."""
    yield from _factor_en_catalogo(doc, doc.traslados, TRASLADO)


@regla('CFDI40177')
def exento_sin_tasa_ni_importe(doc):
    """Exento carries neither TasaOCuota nor Importe."""
    for i, j, nodo, *_numeros in doc.traslados:
        if nodo.tipo_factor == 'Exento':
            for campo, atributo in (('tasa_o_cuota', 'TasaOCuota'), ('importe', 'Importe')):
                if getattr(nodo, campo) is not None:
                    yield ruta(TRASLADO, i, j, atributo), {'valor': getattr(nodo, campo), **doc.linea(i)}


@regla('CFDI40178')
def tasa_con_tasa_e_importe(doc):
    """Tasa and Cuota carry TasaOCuota and Importe."""
    for i, j, nodo, _base, tasa, importe in doc.traslados:
        if (tasa is None or importe is None) and nodo.tipo_factor in CON_FACTOR:
            for campo, atributo in (('tasa_o_cuota', 'TasaOCuota'), ('importe', 'Importe')):
                if getattr(nodo, campo) is None:
                    yield ruta(TRASLADO, i, j, atributo), {'factor': str(nodo.tipo_factor), **doc.linea(i)}


@regla('CFDI40179')
def tasa_de_traslado(doc):
    """TasaOCuota is a fixed value of c_TasaOCuota, or within a range of it, for the tax and factor charged."""
    yield from _tasa_en_catalogo(doc, doc.traslados, TRASLADO)


@regla('CFDI40180')
def importe_de_traslado(doc):
    """Importe is between the limits of Base x TasaOCuota, as Anexo 20 computes them."""
    yield from _importe_dentro_de_limites(doc, doc.traslados, TRASLADO)


# -- Retenciones


@regla('CFDI40181')
def base_de_retencion_positiva(doc):
    """Base is greater than zero."""
    yield from _base_positiva(doc, doc.retenciones, RETENCION)


@regla('CFDI40182')
def impuesto_de_retencion(doc):
    """Impuesto is in c_Impuesto, among those that are withheld."""
    yield from _impuesto_en_catalogo(doc, doc.retenciones, RETENCION)


@regla('CFDI40183')
def factor_de_retencion(doc):
    """TipoFactor is in its catalog."""
    yield from _factor_en_catalogo(doc, doc.retenciones, RETENCION)


@regla('CFDI40184')
def retencion_no_exenta(doc):
    """A retención is never Exento."""
    for i, j, nodo, *_numeros in doc.retenciones:
        if nodo.tipo_factor == 'Exento':
            yield ruta(RETENCION, i, j, 'TipoFactor'), {'valor': 'Exento', **doc.linea(i)}


@regla('CFDI40185')
def tasa_de_retencion(doc):
    """TasaOCuota is a fixed value of c_TasaOCuota, or within a range of it, for the tax and factor withheld."""
    yield from _tasa_en_catalogo(doc, doc.retenciones, RETENCION)


@regla('CFDI40186')
def importe_de_retencion(doc):
    """Importe is between the limits of Base x TasaOCuota, as Anexo 20 computes them."""
    yield from _importe_dentro_de_limites(doc, doc.retenciones, RETENCION)
