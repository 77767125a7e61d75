"""Certificates of the SAT: the public half (``Certificado``) and the pair that seals (``Csd``).

Opening a key normally costs 50 ms, nearly all of it RSA's self check. It is skipped here, because something stronger
for our purpose takes its place: the key's modulus and exponent must be those of the certificate, and a signature made
with it must verify with the certificate. A damaged key fails the second; a key that signs well is the right key.
"""
import binascii
import re
from base64 import b64decode, b64encode
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
    load_der_public_key,
)

from . import der, xmldsig
from .errors import CsdError, SealError

_NOMBRE_COMUN, _ORGANIZACION, _UNIDAD, _RFC = '2.5.4.3', '2.5.4.10', '2.5.4.11', '2.5.4.45'
_NOMBRE = '2.5.4.41'
_USO_EXTENDIDO = '2.5.29.37'
_PEM = re.compile(rb'-----BEGIN [A-Z ]+-----([A-Za-z0-9+/=\s]+)-----END [A-Z ]+-----')
_PRUEBA = b'||prueba de la pareja de certificado y llave||'
_NO_ES_CERTIFICADO = ('El archivo .cer no es un certificado del SAT. Suba el archivo .cer del certificado de sello '
                      'digital (CSD) tal como lo descargó de Certifica o CertiSAT.')
_NO_ES_LLAVE = ('El archivo .key no es una llave privada del SAT. Suba el archivo .key que se generó junto con el '
                'certificado.')


class Certificado:
    """A certificate of the SAT (CSD, e.firma or that of a PAC), read from its .cer file.

    Attributes: ``der`` (the file), ``numero`` (20 digits, NoCertificado), ``rfc``, ``nombre`` (legal name as the SAT
    wrote it), ``desde`` and ``hasta`` (aware, UTC), ``sujeto`` and ``emisor`` (``{oid: text}``), ``es_csd``."""

    def __init__(self, contenido: bytes):
        self.der = _sin_pem(contenido)
        try:
            self._recorrer()
        except (ValueError, IndexError):  # DerError is a ValueError; so are a bad date and a bad number
            raise CsdError('no_es_certificado', _NO_ES_CERTIFICADO) from None

    @classmethod
    def leer(cls, contenido: bytes) -> 'Certificado':
        """The certificate in a .cer file (DER, or PEM). CsdError ``no_es_certificado``."""
        return cls(contenido)

    def _recorrer(self):
        partes = der.secuencia(self.der)[0].hijos()
        if partes[0].etiqueta == 0xA0:  # version
            partes = partes[1:]
        serie, _algoritmo, emisor, vigencia, sujeto, llave, *resto = partes
        numero = serie.contenido.lstrip(b'\0')
        if serie.etiqueta != der.ENTERO or len(numero) != 20 or not numero.isdigit():
            raise der.DerError('serie')
        self.numero = numero.decode('ascii')
        self.emisor = der.nombre(emisor)
        self.sujeto = der.nombre(sujeto)
        self.desde, self.hasta = map(der.hora, vigencia.hijos())
        self._llave = llave.todo
        self.rfc = self.sujeto[_RFC].partition('/')[0].strip() if _RFC in self.sujeto else ''
        if not self.rfc:
            raise der.DerError('rfc')
        self.nombre = next((self.sujeto[o] for o in (_NOMBRE, _NOMBRE_COMUN, _ORGANIZACION) if o in self.sujeto), '')
        extensiones = [e for parte in resto if parte.etiqueta == 0xA3 for e in parte.hijos()[0].hijos()]
        con_uso_extendido = any(der.oid(e.hijos()[0]) == _USO_EXTENDIDO for e in extensiones)
        # Two marks that agree in every certificate seen: a CSD names a branch (OU) and has no extended key usage;
        # an e.firma is the other way round. What disagrees is not taken for a CSD.
        self.es_csd = _UNIDAD in self.sujeto and not con_uso_extendido

    @property
    def emisor_texto(self) -> str:
        """Name of who issued it."""
        return self.emisor.get(_NOMBRE_COMUN) or self.emisor.get(_ORGANIZACION, '')

    @cached_property
    def base64(self) -> str:
        """The attribute Certificado: the file in base64, in one line."""
        return b64encode(self.der).decode('ascii')

    @cached_property
    def clave_publica(self) -> rsa.RSAPublicKey:
        """The public key. CsdError ``no_es_certificado`` if it is not RSA."""
        try:
            clave = load_der_public_key(self._llave)
        except (ValueError, UnsupportedAlgorithm):
            clave = None
        if not isinstance(clave, rsa.RSAPublicKey):
            raise CsdError('no_es_certificado', _NO_ES_CERTIFICADO)
        return clave

    def verifica(self, firma: bytes, datos: bytes) -> bool:
        """Whether ``firma`` is the SHA-256 RSA signature of ``datos`` by this certificate's key."""
        try:
            self.clave_publica.verify(firma, datos, padding.PKCS1v15(), SHA256())
        except InvalidSignature:
            return False
        return True

    def revisar_csd(self) -> None:
        """CsdError ``es_efirma`` unless it is a certificate of digital seal."""
        if not self.es_csd:
            raise CsdError('es_efirma', f'El certificado {self.numero} es la e.firma de {self.nombre}, no un '
                           'certificado de sello digital. Para facturar se usa el CSD: genérelo en Certifica del SAT.',
                           numero=self.numero)

    def revisar_vigencia(self, cuando: datetime) -> None:
        """CsdError ``vencido`` or ``aun_no_vigente`` at that instant (aware, or naive in UTC)."""
        if cuando.tzinfo is None:
            cuando = cuando.replace(tzinfo=UTC)
        if cuando > self.hasta:
            raise CsdError('vencido', f'El certificado {self.numero} venció el {self.hasta:%d/%m/%Y}. Tramite uno '
                           'nuevo en Certifica del SAT y súbalo.', numero=self.numero, hasta=self.hasta)
        if cuando < self.desde:
            raise CsdError('aun_no_vigente', f'El certificado {self.numero} empieza a valer el '
                           f'{self.desde:%d/%m/%Y %H:%M} UTC. Espere a esa fecha o use otro.',
                           numero=self.numero, desde=self.desde)

    def revisar_rfc(self, rfc: str) -> None:
        """CsdError ``rfc_distinto`` unless the certificate is of that RFC."""
        if rfc.strip().upper() != self.rfc:
            raise CsdError('rfc_distinto', f'El certificado es del RFC {self.rfc} y la empresa tiene '
                           f'{rfc or "ninguno"}. Suba el certificado de la empresa o corrija su RFC.',
                           certificado=self.rfc, rfc=rfc)

    def __repr__(self):
        return f'Certificado({self.numero}, {self.rfc})'


@dataclass(frozen=True, slots=True, repr=False)
class Csd:
    """A certificate of digital seal with its private key, open and ready to sign. Cheap to keep and to share between
    threads; never written anywhere."""
    certificado: Certificado
    _llave: rsa.RSAPrivateKey

    @classmethod
    def abrir(cls, cer: bytes, key: bytes, password: str) -> 'Csd':
        """Opens a pair. CsdError: no_es_certificado, es_efirma, no_es_llave, password_incorrecto,
        llave_de_otro_certificado. Dates are another matter: ``revisar_vigencia``."""
        if _es_llave_cifrada(_sin_pem(cer)):
            raise CsdError('no_es_certificado', 'En lugar del certificado se subió una llave. Suba el archivo .cer del '
                           'certificado y, aparte, el archivo .key.')
        certificado = Certificado.leer(cer)
        certificado.revisar_csd()
        llave = _abrir_llave(_sin_pem(key), password)
        if llave.public_key().public_numbers() != certificado.clave_publica.public_numbers():
            raise CsdError('llave_de_otro_certificado', 'La llave .key no es la de este certificado: suba el par que '
                           f'se generó junto (certificado {certificado.numero}).', numero=certificado.numero)
        csd = cls(certificado, llave)
        try:
            buena = certificado.verifica(csd.firmar(_PRUEBA), _PRUEBA)
        except ValueError:  # OpenSSL refuses to sign with inconsistent numbers
            buena = False
        if not buena:
            raise CsdError('no_es_llave', 'El archivo .key está dañado: no firma bien. Use el archivo original.')
        return csd

    def firmar(self, datos: bytes) -> bytes:
        """RSASSA-PKCS1-v1_5 signature with SHA-256 (256 bytes for a 2048-bit key)."""
        return self._llave.sign(datos, padding.PKCS1v15(), SHA256())

    def firmar_xml(self, firma) -> None:
        """Completes a ``Signature`` of XML-DSig (an lxml element in its document, with the algorithms written and the
        values empty). SealError: those of ``xmldsig.cargar``; firma_imposible."""
        xmlsec = xmldsig.cargar()
        contexto = xmlsec.SignatureContext()
        try:
            # The key goes from memory to memory and dies with the context: xmlsec takes no other form of it.
            contexto.key = xmlsec.Key.from_memory(
                self._llave.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()), xmlsec.KeyFormat.DER)
            contexto.sign(firma)
        except xmlsec.Error:
            raise SealError('firma_imposible', 'Este servidor no pudo firmar con RSA-SHA1, la firma que el SAT pide en '
                            'las cancelaciones. Pida a su administrador que OpenSSL la permita.') from None

    def cifrar_llave(self, password: str) -> bytes:
        """The private key as a .key file (DER, PKCS#8, AES-256) with another password: whoever stores a key need not
        store the password that its owner chose."""
        return self._llave.private_bytes(Encoding.DER, PrivateFormat.PKCS8, BestAvailableEncryption(password.encode()))

    def revisar_vigencia(self, cuando: datetime) -> None:
        """See ``Certificado.revisar_vigencia``."""
        self.certificado.revisar_vigencia(cuando)

    def revisar_rfc(self, rfc: str) -> None:
        """See ``Certificado.revisar_rfc``."""
        self.certificado.revisar_rfc(rfc)

    def __repr__(self):
        return f'Csd({self.certificado!r})'

    def __reduce__(self):
        raise TypeError('a private key is not to be copied out of the process')


def _sin_pem(contenido):
    """The DER inside a PEM file; anything else as it came."""
    pem = _PEM.search(contenido) if contenido.lstrip().startswith(b'-----BEGIN') else None
    if pem is None:
        return contenido
    try:
        return b64decode(b''.join(pem.group(1).split()), validate=True)
    except binascii.Error:
        return b''


def _es_llave_cifrada(contenido):
    """Whether the bytes look like a PKCS#8 EncryptedPrivateKeyInfo: an algorithm and an octet string."""
    try:
        partes = der.secuencia(contenido)
        return (len(partes) == 2 and partes[1].etiqueta == der.OCTETOS and partes[0].etiqueta == der.SECUENCIA
                and bool(der.oid(partes[0].hijos()[0])))
    except (der.DerError, IndexError):
        return False


def _abrir_llave(contenido, password):
    """The private key, without RSA's self check (see the top of this file). An encrypted key that does not open has
    been given a wrong password: its structure was looked at first, so nothing is guessed from an error's text."""
    if not _es_llave_cifrada(contenido):
        raise CsdError('no_es_llave', _NO_ES_LLAVE)
    for codificacion in ('utf-8', 'latin-1'):  # old keys were made with Latin-1 passwords
        try:
            secreto = password.encode(codificacion)
            llave = load_der_private_key(contenido, secreto, unsafe_skip_rsa_key_validation=True) if secreto else None
        except UnsupportedAlgorithm:
            raise CsdError('no_es_llave', 'La llave .key usa un cifrado que aquí no se conoce. Use el archivo original '
                           'del SAT, sin convertirlo.') from None
        except (ValueError, TypeError):  # UnicodeEncodeError is a ValueError
            continue
        if llave is None:
            break
        if not isinstance(llave, rsa.RSAPrivateKey):
            raise CsdError('no_es_llave', _NO_ES_LLAVE)
        return llave
    raise CsdError('password_incorrecto', 'La contraseña de la llave privada no es correcta. Es la que se escribió al '
                   'generar el certificado; distingue mayúsculas de minúsculas.')
