"""Rules of the seal: certificate and signature (group 'seal')."""

import binascii
from base64 import b64decode
from datetime import UTC, timedelta, timezone
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ..cadena import cadena
from ..csd import Certificado
from ..errors import CsdError, XmlError
from ..seal import firma_valida
from ..texto import colapsar
from .formato import fecha_valida
from .registro import AVISO, ERROR, SELLO, regla

#: Central Mexico, for a ZIP whose zone is unknown.
CENTRO = timezone(timedelta(hours=-6))


def certificado(doc) -> Certificado | None:
    """Return the certificate that the document carries, or None if it cannot be read."""
    texto = doc.comprobante.certificado
    if not isinstance(texto, str) or not texto:
        return None
    try:
        return Certificado.leer(b64decode(colapsar(texto), validate=True))
    except (binascii.Error, ValueError, CsdError):
        return None


def _fecha_utc(doc):
    """Return Fecha in UTC, by the zone that c_CodigoPostal gives to LugarExpedicion."""
    fila = (doc.catalogo('c_CodigoPostal') or {}).get(doc.comprobante.lugar_expedicion)
    zona = CENTRO
    if fila is not None and fila.datos.get('zona'):
        try:
            zona = ZoneInfo(fila.datos['zona'])
        except ZoneInfoNotFoundError:
            zona = CENTRO
    return doc.comprobante.fecha.replace(tzinfo=zona).astimezone(UTC)


@regla('CFDI40102', grupo=SELLO)
def sello_corresponde(doc):
    """Sello is the signature of the cadena original with the certificate of the document."""
    ruta = 'Comprobante/@Sello'
    sello = doc.comprobante.sello
    if not isinstance(sello, str) or not colapsar(sello):
        yield ruta, {'motivo': 'falta'}
        return
    propio = certificado(doc)
    if propio is None:
        return  # CFDI40106
    try:
        texto = cadena(doc.comprobante)
    except XmlError as error:
        if error.code == 'complemento_sin_tabla':
            yield ruta, {'motivo': 'complemento', **error.params}, AVISO
        return  # what cannot be written is a finding of its attribute
    if not firma_valida(propio, colapsar(sello), texto):
        yield ruta, {'motivo': 'distinto'}


@regla('CFDI40106', grupo=SELLO)
def certificado_utilizable(doc):
    """Certificado is a CSD of the issuer, in force at Fecha, and NoCertificado is its number.

    An invoice made through the buyer (FacAtrAdquirente) carries the buyer's certificate.
    """
    ruta = 'Comprobante/@Certificado'
    propio = certificado(doc)
    if propio is None:
        yield ruta, {'motivo': 'ilegible' if doc.comprobante.certificado else 'falta'}
        return
    datos = {'numero': propio.numero}
    if doc.comprobante.no_certificado != propio.numero:
        yield 'Comprobante/@NoCertificado', {
            'motivo': 'numero', 'valor': doc.comprobante.no_certificado, **datos}, ERROR
    if not propio.es_csd:
        yield ruta, {'motivo': 'efirma', **datos}, ERROR
    emisor = doc.emisor
    if emisor is not None and emisor.fac_atr_adquirente is None and emisor.rfc != propio.rfc:
        yield ruta, {'motivo': 'rfc', 'rfc': emisor.rfc, 'rfc_certificado': propio.rfc, **datos}, ERROR
    if fecha_valida(doc.comprobante.fecha) and not propio.desde <= _fecha_utc(doc) <= propio.hasta:
        yield ruta, {'motivo': 'vigencia', 'desde': propio.desde, 'hasta': propio.hasta, **datos}, ERROR
    if doc.contexto.certificado_valido is not None and not doc.contexto.certificado_valido(propio):
        yield ruta, {'motivo': 'autoridad', **datos}, ERROR
