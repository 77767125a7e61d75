"""Our own test certificate authority: CSDs and e.firmas of the shape of the SAT's, worth nothing outside our tests.

Its key and the one that stamps live in the loopback's store, made at first use, so that a certificate issued by one
process is recognised by the next, and by no other store.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from . import der
from .clock import Clock
from .store import Store, read_setting, write_setting

#: RFC of the SAT's test PAC: the RfcProvCertif of our stamps.
RFC_PAC = "SPR190613I52"
#: Years for which the SAT issues a CSD.
YEARS = 4
#: The SAT's test certificates are numbered 30001…; ours too, in a range that it does not use.
_FIRST_NUMBER = 30001000000900000001
#: The password that the SAT publishes with its own test keys.
PASSWORD = "12345678a"
_NUMBER = "last_certificate_number"

_CN, _SERIAL_NUMBER, _NAME, _O, _OU, _C = "2.5.4.3", "2.5.4.5", "2.5.4.41", "2.5.4.10", "2.5.4.11", "2.5.4.6"
_UNIQUE_IDENTIFIER, _EMAIL = "2.5.4.45", "1.2.840.113549.1.9.1"
_SHA256_RSA = "1.2.840.113549.1.1.11"
_BASIC_CONSTRAINTS, _KEY_USAGE, _EXTENDED_USAGE = "2.5.29.19", "2.5.29.15", "2.5.29.37"
_NETSCAPE_TYPE = "2.16.840.1.113730.1.1"
_EMAIL_PROTECTION, _CLIENT_AUTH = "1.3.6.1.5.5.7.3.4", "1.3.6.1.5.5.7.3.2"

# The holder of a legal person's certificate is its representative; these are the SAT's published test ones.
_REPRESENTATIVE_RFC, _REPRESENTATIVE_CURP = "VADA800927DJ3", "VADA800927HSRSRL05"
_TEST_EMAIL = "prueba@example.com"

_ISSUER = (
    (_CN, der.utf8("AC DE PRUEBA SIN VALIDEZ FISCAL")),
    (_O, der.utf8("AUTORIDAD CERTIFICADORA DE PRUEBA, NO ES EL SAT")),
    (_OU, der.utf8("PRUEBAS")),
    (_C, der.tlv(0x13, b"MX")),
)


@dataclass(frozen=True, slots=True)
class Identity:
    """A certificate (DER) with its private key."""

    certificate: bytes
    key: rsa.RSAPrivateKey

    @property
    def number(self) -> str:
        """The 20 digits of the certificate's serial."""
        serial = x509.load_der_x509_certificate(self.certificate).serial_number
        return serial.to_bytes(20, "big").decode("ascii")

    def firmar(self, datos: bytes) -> bytes:
        """Sign as ``cfdi.csd.Csd`` does: RSASSA-PKCS1-v1_5 with SHA-256."""
        return self.key.sign(datos, padding.PKCS1v15(), hashes.SHA256())


class Authority:
    """The certificate authority of one loopback store."""

    def __init__(self, store: Store):
        self._store = store
        self._clock = Clock(store)

    def csd(
        self,
        rfc: str,
        nombre: str,
        *,
        password: str = PASSWORD,
        desde: datetime | None = None,
        hasta: datetime | None = None,
        efirma: bool = False,
        sucursal: str = "Matriz",
    ) -> tuple[bytes, bytes]:
        """Issue a certificate and its key: ``(cer, key)``, both DER; the key is PKCS#8 encrypted with ``password``.

        ``rfc``: 12 characters for a legal person (the certificate then names a representative too), 13 for a natural
        one. ``nombre``: as the SAT has it, with the company type ("… SA DE CV"); Ñ and & welcome (Latin-1).
        ``desde``, ``hasta``: moments with zone; by default four years from yesterday of the store's clock, so an
        expired or a future one is made by giving them. ``efirma``: the personal one, which must not seal invoices.
        """
        desde = desde or self._clock.now() - timedelta(days=1)
        hasta = hasta or desde.replace(year=desde.year + YEARS, day=min(desde.day, 28))
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        number = self._next_number()
        signed = _sign(
            self._identity("ca").key, number=number, subject=_subject(rfc, nombre, efirma=efirma, sucursal=sucursal),
            public=key.public_key(), desde=desde, hasta=hasta, extensions=_extensions(efirma=efirma),
        )
        with self._store.writing() as db:
            db.execute(
                "INSERT INTO certificate (number, rfc, name, efirma, der) VALUES (?, ?, ?, ?, ?)",
                (number, rfc, nombre, int(efirma), signed),
            )
        return signed, key.private_bytes(
            serialization.Encoding.DER,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(password.encode()),
        )

    def issued(self, certificate: bytes) -> bool:
        """Whether this authority signed the certificate (DER). Anything unreadable was not."""
        try:
            own = x509.load_der_x509_certificate(self.certificate)
            x509.load_der_x509_certificate(certificate).verify_directly_issued_by(own)
        except (ValueError, TypeError, InvalidSignature):
            return False
        return True

    @property
    def certificate(self) -> bytes:
        """The authority's own certificate (DER)."""
        return self._identity("ca").certificate

    @property
    def stamping(self) -> Identity:
        """Certificate and key with which the embedded PAC signs its stamps."""
        return self._identity("pac")

    def _next_number(self) -> str:
        with self._store.writing() as db:
            last = read_setting(db, _NUMBER)
            number = int(last) + 1 if last else _FIRST_NUMBER
            write_setting(db, _NUMBER, str(number))
        return str(number)

    def _identity(self, name: str) -> Identity:
        stored = self._stored(name)
        if stored is None:
            certificate, key = self._make(name)
            with self._store.writing() as db:
                # Another process may have been quicker: the first one stays, and everybody reads it back.
                db.execute(
                    "INSERT OR IGNORE INTO identity (name, certificate, private_key) VALUES (?, ?, ?)",
                    (name, certificate, key),
                )
            stored = self._stored(name)
        return _load(*stored)

    def _stored(self, name: str) -> tuple[bytes, bytes] | None:
        with self._store.reading() as db:
            row = db.execute("SELECT certificate, private_key FROM identity WHERE name = ?", (name,)).fetchone()
        return (row["certificate"], row["private_key"]) if row else None

    def _make(self, name: str) -> tuple[bytes, bytes]:
        """A new identity: ``ca`` signs itself, ``pac`` is signed by it. Certificate and plain PKCS#8, both DER."""
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        desde = self._clock.now() - timedelta(days=365)
        certificate = _sign(
            key if name == "ca" else self._identity("ca").key,
            number=self._next_number(),
            subject=der.name(_ISSUER if name == "ca" else _PAC_SUBJECT),
            public=key.public_key(),
            desde=desde,
            hasta=desde + timedelta(days=20 * 365),
            extensions=_CA_EXTENSIONS if name == "ca" else _extensions(efirma=False),
        )
        private = key.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption(),
        )
        return certificate, private


@lru_cache(maxsize=16)
def _load(certificate: bytes, private_key: bytes) -> Identity:
    # Our own key, kept in our own store: checking its primes again costs 50 ms a time and tells nothing.
    key = serialization.load_der_private_key(private_key, None, unsafe_skip_rsa_key_validation=True)
    return Identity(certificate, key)


def _subject(rfc: str, nombre: str, *, efirma: bool, sucursal: str) -> bytes:
    """The holder's name, attribute by attribute in the SAT's order. Only a CSD has the OU (its branch)."""
    moral = len(rfc) == 12
    identifier = f"{rfc} / {_REPRESENTATIVE_RFC}" if moral else rfc
    curp = f" / {_REPRESENTATIVE_CURP}" if moral else f"{rfc[:10]}HDFXXX09"
    attributes = [(_CN, der.text(nombre)), (_NAME, der.text(nombre)), (_O, der.text(nombre))]
    if efirma:
        attributes += [(_C, der.text("MX")), (_EMAIL, der.ia5(_TEST_EMAIL))]
    attributes += [(_UNIQUE_IDENTIFIER, der.text(identifier)), (_SERIAL_NUMBER, der.text(curp))]
    if not efirma:
        attributes.append((_OU, der.text(sucursal)))
    return der.name(attributes)


_PAC_SUBJECT = (
    (_CN, der.text("PAC DE PRUEBA SIN VALIDEZ FISCAL")),
    (_NAME, der.text("PAC DE PRUEBA SIN VALIDEZ FISCAL")),
    (_O, der.text("SERVICIO DE ADMINISTRACION TRIBUTARIA (PRUEBA, NO ES EL SAT)")),
    (_UNIQUE_IDENTIFIER, der.text("SAT970701NN3 / SAT970701NN3")),
    (_SERIAL_NUMBER, der.text(" / ")),
    (_OU, der.text(f"PAC{RFC_PAC}00000")),
)


def _extension(dotted: str, value: bytes, *, critical: bool = False) -> bytes:
    return der.sequence(der.oid(dotted), *([der.boolean(True)] if critical else []), der.octet_string(value))


def _extensions(*, efirma: bool) -> bytes:
    """Uses as the SAT writes them: a CSD signs and cannot repudiate; the e.firma may also encipher and log in."""
    found = [_extension(_BASIC_CONSTRAINTS, der.sequence(), critical=True)]
    if not efirma:
        found.append(_extension(_KEY_USAGE, der.bit_string(b"\xc0", 6)))
    else:
        found += [
            _extension(_KEY_USAGE, der.bit_string(b"\xd8", 3)),
            _extension(_NETSCAPE_TYPE, der.bit_string(b"\xa0", 5)),
            _extension(_EXTENDED_USAGE, der.sequence(der.oid(_EMAIL_PROTECTION), der.oid(_CLIENT_AUTH))),
        ]
    return der.sequence(*found)


_CA_EXTENSIONS = der.sequence(
    _extension(_BASIC_CONSTRAINTS, der.sequence(der.boolean(True)), critical=True),
    _extension(_KEY_USAGE, der.bit_string(b"\x06", 1), critical=True),  # signs certificates and lists of revoked ones
)


def _sign(
    signer: rsa.RSAPrivateKey, *, number: str, subject: bytes, public: rsa.RSAPublicKey, desde: datetime,
    hasta: datetime, extensions: bytes,
) -> bytes:
    """An X.509 v3 certificate (DER). Its serial is the number's 20 digits as ASCII bytes, as the SAT's are."""
    algorithm = der.sequence(der.oid(_SHA256_RSA), der.null())
    to_be_signed = der.sequence(
        der.tlv(0xA0, der.integer(2)),
        der.integer(int.from_bytes(number.encode("ascii"), "big")),
        algorithm,
        der.name(_ISSUER),
        der.sequence(der.time(desde), der.time(hasta)),
        subject,
        public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo),
        der.tlv(0xA3, extensions),
    )
    signature = signer.sign(to_be_signed, padding.PKCS1v15(), hashes.SHA256())
    return der.sequence(to_be_signed, algorithm, der.bit_string(signature))
