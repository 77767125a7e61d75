"""Requests of cancellation for tests, and a judge of their signatures that shares nothing with who made them."""
import hashlib
import re
from base64 import b64decode
from datetime import datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.hashes import SHA1
from lxml import etree

from l10n_mx_cfdi40.cfdi import cancelacion as c
from l10n_mx_cfdi40.cfdi.csd import Certificado

EMISOR = 'EKU9003173C9'
PAC = 'SPR190613I52'
FECHA = datetime(2026, 1, 15, 10, 4, 59)
A, B, C = (f'11111111-2222-4333-8444-55555555555{letra}' for letra in 'ABC')
DS = {'d': 'http://www.w3.org/2000/09/xmldsig#'}

CANCELACION = c.SolicitudCancelacion(EMISOR, FECHA, (c.Folio(A, '01', B), c.Folio(C, '02')))
RESPUESTA = c.RespuestaReceptor(EMISOR, PAC, FECHA, ((A, 'Aceptacion'), (B, 'Rechazo')))
RELACIONADOS = c.PeticionRelacionados(A, PAC, rfc_emisor=EMISOR)


def firma_correcta(xml: bytes) -> bool:
    """Whether the signature is right, by lxml's C14N and cryptography's RSA: no xmlsec."""
    raiz = etree.fromstring(xml)
    firma = raiz.find('d:Signature', DS)
    certificado = Certificado.leer(b64decode(firma.findtext('.//d:X509Certificate', namespaces=DS)))
    # In its context: inclusive C14N writes on the first node of a part the declarations that are in scope there.
    completa = etree.tostring(raiz, method='c14n', exclusive=False, with_comments=False)
    informacion = re.search(b'<SignedInfo>.*</SignedInfo>', completa).group().replace(
        b'<SignedInfo>', b'<SignedInfo xmlns="http://www.w3.org/2000/09/xmldsig#" '
        b'xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">')
    try:
        certificado.clave_publica.verify(b64decode(firma.findtext('d:SignatureValue', namespaces=DS)), informacion,
                                         padding.PKCS1v15(), SHA1())
    except InvalidSignature:
        return False
    resumen = b64decode(firma.findtext('.//d:DigestValue', namespaces=DS))
    raiz.remove(firma)
    sin_firma = etree.tostring(raiz, method='c14n', exclusive=False, with_comments=False)
    return hashlib.sha1(sin_firma).digest() == resumen
