"""The XML signature (XML-DSig) of what is asked of the SAT: cancellations, answers to them, related documents.

The SAT takes one shape only, as phpcfdi and satcfdi have found: the whole document (Reference with an empty URI, and
the enveloped-signature transform), inclusive C14N, RSA-SHA1 and SHA-1 digests, the certificate in KeyInfo. SHA-1 is
weak, and it is not for us to choose. Who verifies accepts that shape and no other, so that what is signed is what is
read.
"""
import base64
import binascii

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from lxml import etree

from . import xmldsig
from .csd import Certificado, Csd
from .errors import CsdError, SealError
from .parse import arbol

DS = 'http://www.w3.org/2000/09/xmldsig#'
FIRMA = f'{{{DS}}}Signature'
C14N = 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315'
RSA_SHA1 = f'{DS}rsa-sha1'
SHA1 = f'{DS}sha1'
SOBRE = f'{DS}enveloped-signature'
DECLARACION = b'<?xml version="1.0" encoding="UTF-8"?>'

#: Signature's nodes in order: its path, and the algorithm that it must name.
_FORMA = (
    ('SignedInfo', None), ('SignedInfo/CanonicalizationMethod', C14N), ('SignedInfo/SignatureMethod', RSA_SHA1),
    ('SignedInfo/Reference', None), ('SignedInfo/Reference/Transforms', None),
    ('SignedInfo/Reference/Transforms/Transform', SOBRE), ('SignedInfo/Reference/DigestMethod', SHA1),
    ('SignedInfo/Reference/DigestValue', None), ('SignatureValue', None), ('KeyInfo', None),
)
#: Short names of the parts of an issuer's name, as OpenSSL writes them; the others go by their number.
_PARTES = {
    '2.5.4.3': 'CN', '2.5.4.5': 'serialNumber', '2.5.4.6': 'C', '2.5.4.7': 'L', '2.5.4.8': 'ST', '2.5.4.9': 'street',
    '2.5.4.10': 'O', '2.5.4.11': 'OU', '2.5.4.17': 'postalCode', '2.5.4.41': 'name', '2.5.4.45': 'x500UniqueIdentifier',
    '1.2.840.113549.1.9.1': 'emailAddress', '1.2.840.113549.1.9.2': 'unstructuredName',
}
_PLANTILLA = (
    f'<Signature xmlns="{DS}"><SignedInfo><CanonicalizationMethod Algorithm="{C14N}"/>'
    f'<SignatureMethod Algorithm="{RSA_SHA1}"/><Reference URI=""><Transforms>'
    f'<Transform Algorithm="{SOBRE}"/></Transforms><DigestMethod Algorithm="{SHA1}"/><DigestValue/></Reference>'
    '</SignedInfo><SignatureValue/></Signature>'
)


def firmar(raiz, csd: Csd) -> bytes:
    """The document of an lxml root (which gets its Signature as last child), signed, in UTF-8 and without white space.

    :raises SealError: those of ``Csd.firmar_xml``."""
    firma = etree.fromstring(_PLANTILLA)
    raiz.append(firma)
    csd.firmar_xml(firma)
    valor = firma.find(f'{{{DS}}}SignatureValue')
    valor.text = ''.join(valor.text.split())
    # KeyInfo is outside of what is signed, so it is added when xmlsec can no longer break its lines.
    firma.append(_datos_de_llave(csd.certificado))
    return DECLARACION + etree.tostring(raiz, encoding='UTF-8')


def _datos_de_llave(certificado):
    numeros = certificado.clave_publica.public_numbers()
    informacion = etree.Element(f'{{{DS}}}KeyInfo', nsmap={None: DS})
    datos = etree.SubElement(informacion, f'{{{DS}}}X509Data')
    emisor = etree.SubElement(datos, f'{{{DS}}}X509IssuerSerial')
    _texto(emisor, 'X509IssuerName', nombre_rfc4514(certificado.emisor))
    # The standard's integer. Some write the 20 digits that are its bytes; who verifies should look at neither.
    _texto(emisor, 'X509SerialNumber', str(int.from_bytes(certificado.numero.encode(), 'big')))
    _texto(datos, 'X509Certificate', certificado.base64)
    rsa = etree.SubElement(etree.SubElement(informacion, f'{{{DS}}}KeyValue'), f'{{{DS}}}RSAKeyValue')
    _texto(rsa, 'Modulus', _entero_base64(numeros.n))
    _texto(rsa, 'Exponent', _entero_base64(numeros.e))
    return informacion


def _texto(padre, nombre, texto):
    etree.SubElement(padre, f'{{{DS}}}{nombre}').text = texto


def _entero_base64(numero):
    return base64.b64encode(numero.to_bytes((numero.bit_length() + 7) // 8, 'big')).decode('ascii')


def nombre_rfc4514(partes: dict[str, str]) -> str:
    """A distinguished name (``{oid: text}``) as text: last part first, with what RFC 4514 escapes escaped."""
    return ','.join(f'{_PARTES.get(oid, oid)}={_escapado(texto)}' for oid, texto in reversed(partes.items()))


def _escapado(texto):
    escrito = ''.join(f'\\{letra}' if letra in '",+;<>\\' else letra for letra in texto if letra.isprintable())
    if escrito[:1] in ('#', ' '):
        escrito = f'\\{escrito}'
    return f'{escrito[:-1]}\\ ' if escrito.endswith(' ') and len(escrito) > 1 else escrito


def verificar(xml: bytes, raices: frozenset[str], maximo_bytes: int) -> Certificado:
    """The certificate whose key signed the whole of a document with one of those roots (``{uri}Name``).

    Whether it is a CSD, in force, of the right RFC or issued by the SAT is for the caller to ask. XmlError: those of
    ``parse.arbol``.

    :raises SealError: firma_ausente (no signature, or not at the end of such a root), firma_invalida (it does not
        match, or is not of the SAT's shape), certificado_ilegible; those of ``xmldsig.cargar``.
    """
    raiz = arbol(xml, maximo_bytes)
    if raiz.tag not in raices or not len(raiz) or raiz[-1].tag != FIRMA:
        raise SealError('firma_ausente', 'La solicitud no está firmada. Fírmela con el certificado de sello digital.')
    firma = raiz[-1]
    if sum(1 for _ in raiz.iter(FIRMA)) != 1 or not _tiene_la_forma(firma):
        raise _invalida()
    certificado = _certificado(firma)
    xmlsec = xmldsig.cargar()
    contexto = xmlsec.SignatureContext()
    try:
        contexto.key = xmlsec.Key.from_memory(
            certificado.clave_publica.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
            xmlsec.KeyFormat.DER)
        contexto.verify(firma)
    except xmlsec.Error:
        raise _invalida() from None
    return certificado


def _invalida():
    return SealError('firma_invalida', 'La firma no corresponde a la solicitud: se modificó después de firmarla, se '
                     'firmó con otra llave o no tiene la forma que pide el SAT. Genérela de nuevo.')


def _tiene_la_forma(firma):
    """Whether the signature says exactly what ``_FORMA`` says; KeyInfo's content is free."""
    vistos = []
    for nodo in firma.iter():
        if not isinstance(nodo.tag, str):
            return False
        ruta, padre = [], nodo
        while padre is not firma:
            ruta.append(etree.QName(padre).localname if padre.tag.startswith(f'{{{DS}}}') else '?')
            padre = padre.getparent()
        if ruta and (ruta[-1] != 'KeyInfo' or len(ruta) == 1):
            vistos.append(('/'.join(reversed(ruta)), nodo.get('Algorithm')))
    referencia = firma.find(f'{{{DS}}}SignedInfo/{{{DS}}}Reference')
    return tuple(vistos) == _FORMA and dict(referencia.attrib) == {'URI': ''}


def _certificado(firma):
    encontrados = firma.findall(f'{{{DS}}}KeyInfo/{{{DS}}}X509Data/{{{DS}}}X509Certificate')
    try:
        if len(encontrados) != 1:
            raise ValueError
        certificado = Certificado.leer(base64.b64decode(''.join((encontrados[0].text or '').split()), validate=True))
        certificado.clave_publica  # noqa: B018 - it may turn out not to be RSA
    except (binascii.Error, ValueError, CsdError):
        raise SealError('certificado_ilegible', 'La firma no incluye un certificado del SAT que se pueda leer. Firme '
                        'de nuevo con el archivo .cer original.') from None
    return certificado
