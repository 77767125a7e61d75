"""Rules of the confirmation key, which the SAT has published but not put in force.

The filling guide (Comprobante: TipoCambio, Total, Confirmacion) says that CFDI40118, 40120 and 40127-40129 apply only
from when the SAT publishes how a key is obtained.  They are written, and run when
``Contexto.confirmacion_en_vigor`` is set.
"""

from decimal import Decimal

from .documento import CERO
from .registro import regla

CIEN = Decimal(100)


def _limites_tipo_cambio(doc):
    """Return (lowest, highest) TipoCambio without a key: FIX x (1 -/+ variation), or None when either is unknown."""
    moneda = doc.comprobante.moneda
    consulta = doc.contexto.tipo_cambio_fix
    fila = (doc.catalogo('c_Moneda') or {}).get(moneda)
    if consulta is None or fila is None or moneda in ('MXN', 'XXX') or 'porcentaje_variacion' not in fila.datos:
        return None
    fix = consulta(moneda, doc.dia)
    if fix is None:
        return None
    margen = Decimal(str(fila.datos['porcentaje_variacion'])) / CIEN
    return max(CERO, fix * (1 - margen)), fix * (1 + margen)


def _tipo_cambio_fuera(doc):
    """Return the limits if TipoCambio is outside of them, else None."""
    valor = doc.numero(doc.comprobante.tipo_cambio)
    limites = _limites_tipo_cambio(doc)
    if valor is None or limites is None or limites[0] <= valor <= limites[1]:
        return None
    return limites


def _rfc(doc):
    return getattr(doc.emisor, 'rfc', None)


def _total_excedido(doc):
    """Return (Total in MXN, limit) if it is above the limit, else None."""
    c = doc.comprobante
    total = doc.numero(c.total)
    limite = doc.contexto.limite_total(_rfc(doc)) if doc.contexto.limite_total else None
    if limite is None:
        fila = (doc.catalogo('c_TipoDeComprobante') or {}).get(doc.tipo)
        maximo = fila.datos.get('valor_maximo') if fila is not None else None
        limite = Decimal(maximo) if maximo else None
    if total is None or limite is None:
        return None
    total *= doc.numero(c.tipo_cambio) or 1
    return (total, limite) if total > limite else None


@regla('CFDI40118', suspendida=True)
def tipo_cambio_confirmado(doc):
    """A TipoCambio outside the margin of its currency needs Confirmacion."""
    limites = _tipo_cambio_fuera(doc)
    if limites is not None and doc.comprobante.confirmacion is None:
        yield 'Comprobante/@TipoCambio', {
            'valor': doc.comprobante.tipo_cambio, 'inferior': limites[0], 'superior': limites[1]}


@regla('CFDI40120', suspendida=True)
def total_confirmado(doc):
    """A Total above the SAT's limit, in MXN, needs Confirmacion."""
    excedido = _total_excedido(doc)
    if excedido is not None and doc.comprobante.confirmacion is None:
        yield 'Comprobante/@Total', {'valor': excedido[0], 'maximo': excedido[1]}


@regla('CFDI40127', suspendida=True)
def confirmacion_innecesaria(doc):
    """Without anything to confirm there is no Confirmacion."""
    clave = doc.comprobante.confirmacion
    if clave is not None and _tipo_cambio_fuera(doc) is None and _total_excedido(doc) is None:
        yield 'Comprobante/@Confirmacion', {'valor': clave}


def _respuesta(doc):
    consulta, clave = doc.contexto.confirmacion, doc.comprobante.confirmacion
    if consulta is None or clave is None:
        return None
    return consulta(clave, _rfc(doc))


@regla('CFDI40128', suspendida=True)
def confirmacion_entregada(doc):
    """Confirmacion is one that the PAC gave to this issuer."""
    if _respuesta(doc) == 'invalida':
        yield 'Comprobante/@Confirmacion', {'valor': doc.comprobante.confirmacion}


@regla('CFDI40129', suspendida=True)
def confirmacion_sin_usar(doc):
    """Confirmacion has not been used in another document."""
    if _respuesta(doc) == 'usada':
        yield 'Comprobante/@Confirmacion', {'valor': doc.comprobante.confirmacion}
