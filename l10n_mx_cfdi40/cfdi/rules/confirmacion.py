"""Rules of the confirmation key, which the SAT has published but not put in force.

The filling guide (Comprobante: TipoCambio, Total, Confirmacion) says that CFDI40118, 40120 and 40127-40129 apply only
from when the SAT publishes how a key is obtained.  They are written, and run when
``Contexto.confirmacion_en_vigor`` is set.
"""

from decimal import Decimal

from .documento import CERO
from .registro import regla

CIEN = Decimal(100)


def limites_de_cambio(doc, moneda, valor):
    """Return (lowest, highest) exchange rate without a key, FIX x (1 -/+ variation), if ``valor`` is outside of them;
    None if it is inside, or when either is unknown."""
    consulta = doc.contexto.tipo_cambio_fix
    fila = (doc.catalogo('c_Moneda') or {}).get(moneda)
    if consulta is None or fila is None or moneda in ('MXN', 'XXX') or 'porcentaje_variacion' not in fila.datos:
        return None
    fix = consulta(moneda, doc.dia)
    if fix is None or valor is None:
        return None
    margen = Decimal(str(fila.datos['porcentaje_variacion'])) / CIEN
    inferior, superior = max(CERO, fix * (1 - margen)), fix * (1 + margen)
    return None if inferior <= valor <= superior else (inferior, superior)


def _tipo_cambio_fuera(doc):
    """Return the limits if TipoCambio is outside of them, else None."""
    return limites_de_cambio(doc, doc.comprobante.moneda, doc.numero(doc.comprobante.tipo_cambio))


def _rfc(doc):
    return getattr(doc.emisor, 'rfc', None)


def limite_de_importe(doc):
    """Return the highest Total (or Monto, in a payment) without a key, in MXN; None when it is unknown."""
    limite = doc.contexto.limite_total(_rfc(doc)) if doc.contexto.limite_total else None
    if limite is None:
        fila = (doc.catalogo('c_TipoDeComprobante') or {}).get(doc.tipo)
        maximo = fila.datos.get('valor_maximo') if fila is not None else None
        limite = Decimal(maximo) if maximo else None
    return limite


def _total_excedido(doc):
    """Return (Total in MXN, limit) if it is above the limit, else None."""
    c = doc.comprobante
    total, limite = doc.numero(c.total), limite_de_importe(doc)
    if total is None or limite is None:
        return None
    total *= doc.numero(c.tipo_cambio) or 1
    return (total, limite) if total > limite else None


def _pagos_fuera(doc):
    """Tell whether a payment has something to confirm (CRP20216, CRP20220)."""
    limite = limite_de_importe(doc)
    return any(
        limites_de_cambio(doc, pago.nodo.moneda_p, pago.cambio) is not None
        or (None not in (limite, pago.monto, pago.cambio) and pago.monto * pago.cambio > limite)
        for pago in doc.pagos)


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
    if clave is None or _pagos_fuera(doc):
        return
    if _tipo_cambio_fuera(doc) is None and _total_excedido(doc) is None:
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
