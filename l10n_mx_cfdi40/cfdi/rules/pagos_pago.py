"""Rules of Pago: form, currency, amount, and the bank's data."""

import re
from decimal import Decimal

from ..amounts import decimales, producto, suma
from ..pagos import Pagos
from .confirmacion import limite_de_importe, limites_de_cambio
from .documento import RFC_EXTRANJERO
from .filas_pagos import cifras_de
from .registro import regla

UNO = Decimal(1)
#: Forms of payment that may name the account of origin, and that of destination (matrix; c_FormaPago agrees).
CON_ORDENANTE = frozenset({'02', '03', '04', '05', '06', '28', '29'})
CON_BENEFICIARIO = CON_ORDENANTE - {'06'}
TRANSFERENCIA = '03'
_CADENA = (('cert_pago', 'CertPago', 'CRP20230', 'CRP20231'), ('cad_pago', 'CadPago', 'CRP20232', 'CRP20233'),
           ('sello_pago', 'SelloPago', 'CRP20234', 'CRP20235'))


@regla('301', complemento=None)
def complemento_de_pago(doc):
    """A document of type P carries the complement; the matrix of the complement has no code for its absence."""
    if doc.tipo == 'P' and Pagos not in doc.clases_complemento:
        yield 'Comprobante/Complemento/Pagos', {'motivo': 'nodo', 'nodo': 'Pagos'}


@regla('CRP20212', complemento=Pagos)
def forma_definida(doc):
    """FormaDePagoP is not 99."""
    for pago in doc.pagos:
        if pago.nodo.forma_de_pago_p == '99':
            yield f'{pago.ruta}/@FormaDePagoP', {'valor': '99'}


@regla('CRP20213', complemento=Pagos)
def moneda_definida(doc):
    """MonedaP is not XXX."""
    for pago in doc.pagos:
        if pago.nodo.moneda_p == 'XXX':
            yield f'{pago.ruta}/@MonedaP', {'valor': 'XXX'}


@regla('CRP20214', complemento=Pagos)
def tipo_cambio_requerido(doc):
    """A payment in another currency than the peso has TipoCambioP (XXX is CRP20213)."""
    for pago in doc.pagos:
        moneda = pago.nodo.moneda_p
        if moneda not in ('MXN', 'XXX', None) and pago.nodo.tipo_cambio_p is None:
            yield f'{pago.ruta}/@TipoCambioP', {'moneda': moneda}


@regla('CRP20215', complemento=Pagos)
def tipo_cambio_del_peso(doc):
    """A payment in pesos has TipoCambioP 1, compared as a number: the guide's own examples write 1.000000."""
    for pago in doc.pagos:
        valor = pago.nodo.tipo_cambio_p
        numero = doc.numero(valor)
        if pago.nodo.moneda_p == 'MXN' and (valor is None or (numero is not None and numero != UNO)):
            yield f'{pago.ruta}/@TipoCambioP', {'valor': valor}


@regla('CRP20216', suspendida=True, complemento=Pagos)
def tipo_cambio_confirmado(doc):
    """A TipoCambioP outside the margin of its currency needs Confirmacion."""
    for pago in doc.pagos:
        limites = limites_de_cambio(doc, pago.nodo.moneda_p, pago.cambio)
        if limites is not None and doc.comprobante.confirmacion is None:
            yield f'{pago.ruta}/@TipoCambioP', {
                'valor': pago.cambio, 'inferior': limites[0], 'superior': limites[1]}


@regla('CRP20217', complemento=Pagos)
def monto_alcanza(doc):
    """What a payment covers of invoices in its own currency is at most Monto (one of zero is CRP20218)."""
    for pago in doc.pagos:
        propios = [docto.pagado for docto in pago.doctos if docto.nodo.moneda_dr == pago.nodo.moneda_p]
        if pago.monto and None not in propios and (aplicado := suma(propios)) > pago.monto:
            yield f'{pago.ruta}/@Monto', {'valor': pago.monto, 'aplicado': aplicado, 'moneda': pago.nodo.moneda_p}


@regla('CRP20218', complemento=Pagos)
def monto_positivo(doc):
    """Monto is greater than zero."""
    for pago in doc.pagos:
        if pago.monto is not None and not pago.monto:
            yield f'{pago.ruta}/@Monto', {'valor': pago.monto}


@regla('CRP20219', complemento=Pagos)
def monto_con_decimales_de_moneda(doc):
    """Monto has at most the decimals of MonedaP."""
    for pago in doc.pagos:
        cifras = cifras_de(doc, pago.nodo.moneda_p)
        if pago.monto is not None and cifras is not None and decimales(pago.monto) > cifras:
            yield f'{pago.ruta}/@Monto', {'valor': pago.monto, 'moneda': pago.nodo.moneda_p, 'decimales': cifras}


@regla('CRP20220', suspendida=True, complemento=Pagos)
def monto_confirmado(doc):
    """A Monto above the SAT's limit, in pesos, needs Confirmacion."""
    limite = limite_de_importe(doc)
    for pago in doc.pagos if limite is not None and doc.comprobante.confirmacion is None else ():
        if pago.monto is not None and pago.cambio is not None:
            pesos = producto(pago.monto, pago.cambio)
            if pesos > limite:
                yield f'{pago.ruta}/@Monto', {'valor': pesos, 'maximo': limite}


# -- the bank's data


def _solo_con(codigo, campo, atributo, formas):
    @regla(codigo, complemento=Pagos)
    def solo_con(doc):
        for pago in doc.pagos:
            valor, forma = getattr(pago.nodo, campo), pago.nodo.forma_de_pago_p
            if valor is not None and forma is not None and forma not in formas:
                yield f'{pago.ruta}/@{atributo}', {'valor': valor, 'forma': forma, 'formas': ', '.join(sorted(formas))}

    solo_con.__doc__ = f'{atributo} goes only with FormaDePagoP {", ".join(sorted(formas))}.'


_solo_con('CRP20221', 'rfc_emisor_cta_ord', 'RfcEmisorCtaOrd', CON_ORDENANTE)
_solo_con('CRP20224', 'cta_ordenante', 'CtaOrdenante', CON_ORDENANTE)
_solo_con('CRP20227', 'rfc_emisor_cta_ben', 'RfcEmisorCtaBen', CON_BENEFICIARIO)
_solo_con('CRP20228', 'cta_beneficiario', 'CtaBeneficiario', CON_BENEFICIARIO)
_solo_con('CRP20229', 'tipo_cad_pago', 'TipoCadPago', {TRANSFERENCIA})


@regla('CRP20222', complemento=Pagos)
def banco_ordenante_inscrito(doc):
    """RfcEmisorCtaOrd is in the SAT's list of registered taxpayers, unless it is the foreigners' generic one."""
    rfcs = {pago.nodo.rfc_emisor_cta_ord for pago in doc.pagos} - {None, RFC_EXTRANJERO}
    if doc.contexto.lista_rfc is None or not rfcs:
        return
    inscritos = doc.contexto.lista_rfc(rfcs)
    for pago in doc.pagos if inscritos is not None else ():
        rfc = pago.nodo.rfc_emisor_cta_ord
        if rfc in rfcs and rfc not in inscritos:
            yield f'{pago.ruta}/@RfcEmisorCtaOrd', {'valor': rfc}


@regla('CRP20223', complemento=Pagos)
def banco_extranjero_con_nombre(doc):
    """With the foreigners' generic RFC, the bank of origin is named."""
    for pago in doc.pagos:
        if pago.nodo.rfc_emisor_cta_ord == RFC_EXTRANJERO and pago.nodo.nom_banco_ord_ext is None:
            yield f'{pago.ruta}/@NomBancoOrdExt', {'rfc': RFC_EXTRANJERO}


def _cuenta_con_patron(codigo, campo, atributo, patron, formas):
    @regla(codigo, complemento=Pagos)
    def con_patron(doc):
        catalogo = doc.catalogo('c_FormaPago') or {}
        for pago in doc.pagos:
            cuenta, forma = getattr(pago.nodo, campo), pago.nodo.forma_de_pago_p
            fila = catalogo.get(forma) if forma in formas and isinstance(cuenta, str) else None
            if fila is not None and fila.datos.get(patron) and not re.fullmatch(fila.datos[patron], cuenta):
                yield f'{pago.ruta}/@{atributo}', {'valor': cuenta, 'forma': forma, 'nombre': fila.nombre}

    con_patron.__doc__ = f'{atributo} has the form that c_FormaPago gives for the form of payment.'


_cuenta_con_patron('CRP20225', 'cta_ordenante', 'CtaOrdenante', 'patron_ordenante', CON_ORDENANTE)
_cuenta_con_patron('CRP20226', 'cta_beneficiario', 'CtaBeneficiario', 'patron_beneficiario', CON_BENEFICIARIO)


def _de_la_cadena(campo, atributo, exigido, sobrante):
    @regla(exigido, complemento=Pagos)
    def con_cadena(doc):
        for pago in doc.pagos:
            if pago.nodo.tipo_cad_pago is not None and getattr(pago.nodo, campo) is None:
                yield f'{pago.ruta}/@{atributo}', {'tipo_cadena': pago.nodo.tipo_cad_pago}

    @regla(sobrante, complemento=Pagos)
    def sin_cadena(doc):
        for pago in doc.pagos:
            if pago.nodo.tipo_cad_pago is None and getattr(pago.nodo, campo) is not None:
                yield f'{pago.ruta}/@{atributo}', {}

    con_cadena.__doc__ = f'With TipoCadPago there is {atributo}.'
    sin_cadena.__doc__ = f'Without TipoCadPago there is no {atributo}.'


for _argumentos in _CADENA:
    _de_la_cadena(*_argumentos)
