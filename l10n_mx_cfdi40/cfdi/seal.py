"""The seal (Sello): making it and verifying it.

Sello is the SHA-256 RSA signature, in base64, of the cadena original in UTF-8 (Anexo 20, part I.F). NoCertificado is in
the cadena, Sello and Certificado are not.
"""
import base64
import binascii
from dataclasses import replace

from . import schema
from .build import escribir
from .cadena import cadena_de_arbol
from .csd import Certificado, Csd
from .errors import CfdiError, CsdError, SealError, XmlError
from .parse import arbol
from .timbre import timbre_de_arbol, verificar_timbre
from .values import Comprobante


class Sellado:
    """A sealed document: ``cadena``, its cadena original; ``xml``, its bytes; ``comprobante``, its values with Sello,
    NoCertificado and Certificado set (made when asked for: what is kept of a sealed document is its bytes)."""
    __slots__ = ('_original', '_sello', 'cadena', 'certificado', 'xml')

    def __init__(self, original: Comprobante, sello: str, certificado: Certificado, cadena: str, xml: bytes):
        self._original = original
        self._sello = sello
        self.certificado = certificado
        self.cadena = cadena
        self.xml = xml

    @property
    def comprobante(self) -> Comprobante:
        """The sealed values."""
        return replace(self._original, sello=self._sello, no_certificado=self.certificado.numero,
                       certificado=self.certificado.base64)


def sellar(comprobante: Comprobante, csd: Csd) -> Sellado:
    """Seals a document, in one pass over it. Whether the certificate is in force or of this issuer is not asked here:
    that is for ``findings.check``. XmlError if a value cannot be written or a complement has no table."""
    certificado = csd.certificado
    xml, cadena = escribir(comprobante, sellado=('', certificado.numero, ''))
    sello = base64.b64encode(csd.firmar(cadena.encode())).decode('ascii')
    # Both are in the root's opening, before any text that could look like them (quotes are escaped).
    xml[0] = xml[0].replace(' Sello=""', f' Sello="{sello}"', 1).replace(
        ' Certificado=""', f' Certificado="{certificado.base64}"', 1)
    return Sellado(comprobante, sello, certificado, cadena, ''.join(xml).encode())


def verificar(xml: bytes, certificado_sat: Certificado | None = None) -> list[CfdiError]:
    """Everything wrong with the seals of a CFDI 4.0, as errors that are returned, not raised; empty if all is well.

    The seal is verified over the text as it stands, with the certificate in the XML; then that the stamp (if any)
    carries the same seal and, when the SAT's or PAC's certificate is given, the stamp's own seal. Whether a certificate
    comes from the SAT is not decided here. XmlError is raised for what is not a CFDI 4.0 at all."""
    raiz = arbol(xml)
    try:
        cadena = cadena_de_arbol(raiz)
    except XmlError as error:
        if error.code != 'complemento_sin_tabla':
            raise
        problemas = [error]
        cadena = None
    else:
        problemas = []
    problemas += _verificar_sello(raiz, cadena)
    timbre = timbre_de_arbol(raiz)
    if timbre is not None:
        problemas += verificar_timbre(timbre, raiz.get('Sello'), certificado_sat)
    return problemas


def _verificar_sello(raiz, cadena):
    sello = raiz.get('Sello')
    if not sello:
        return [SealError('sin_sello', 'El comprobante no tiene sello. Séllelo con el CSD del emisor.')]
    if not raiz.get('Certificado'):
        return [SealError('sin_certificado', 'El comprobante no incluye el certificado con que se selló (atributo '
                          'Certificado). Séllelo de nuevo.')]
    try:
        certificado = Certificado.leer(base64.b64decode(raiz.get('Certificado'), validate=True))
        clave = certificado.clave_publica
    except (binascii.Error, ValueError, CsdError):
        return [SealError('certificado_ilegible', 'El atributo Certificado no contiene un certificado del SAT. Vuelva '
                          'a sellar con el archivo .cer original.')]
    problemas = []
    if raiz.get('NoCertificado') != certificado.numero:
        problemas.append(SealError(
            'no_certificado_distinto', f'NoCertificado dice {raiz.get("NoCertificado")} y el certificado incluido es '
            f'el {certificado.numero}. Vuelva a sellar.', escrito=raiz.get('NoCertificado'), numero=certificado.numero))
    emisor = raiz.find(f'{{{schema.CFDI.uri}}}Emisor')
    rfc = emisor.get('Rfc') if emisor is not None else None
    if rfc != certificado.rfc:
        problemas.append(SealError(
            'emisor_distinto', f'El emisor es {rfc} y el certificado es de {certificado.rfc}. Selle con el CSD del '
            'emisor.', emisor=rfc, certificado=certificado.rfc))
    if cadena is not None and clave is not None and not firma_valida(certificado, sello, cadena):
        problemas.append(SealError('sello_invalido', 'El sello no corresponde al contenido: el comprobante se modificó '
                                   'después de sellarlo, o se selló con otra llave. Pida el original o selle de '
                                   'nuevo.'))
    return problemas


def firma_valida(certificado: Certificado, sello: str, cadena: str) -> bool:
    """Whether ``sello`` (base64) is the signature of ``cadena`` by that certificate."""
    try:
        firma = base64.b64decode(''.join(sello.split()), validate=True)
    except (binascii.Error, ValueError):
        return False
    return certificado.verifica(firma, cadena.encode())
