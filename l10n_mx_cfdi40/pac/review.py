"""Everything that the SAT asks of a sealed document before it is stamped, in the order in which a PAC looks at it.

301 structure, 307 already stamped, 308/306/303/304/402/305 certificate, 302 seal, 401 date, and then every rule of
Anexo 20 at once (CFDI40xxx). The first trouble in that order decides the code of the refusal.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from ..cfdi import cadena, catalogos, findings, parse
from ..cfdi.csd import Certificado
from ..cfdi.errors import CsdError, XmlError
from ..cfdi.values import Comprobante, TimbreFiscalDigital
from . import codes
from .base import Refused

#: How old a document may be when it is stamped (RMF, rule 2.7.2.9, fraction I).
WINDOW = timedelta(hours=72)

# The rule of Anexo 20 about the format of Fecha.
_BAD_DATE = "CFDI40101"

# States of a certificate in the SAT's list of issuers (LCO).
REVOKED, EXPIRED, UNLISTED = "R", "C", "N"


@dataclass(frozen=True, slots=True)
class Standing:
    """What the SAT's list of issuers says. ``status``: of the certificate, ``None`` when active. ``obligations``: the
    issuer may invoice."""

    status: str | None
    obligations: bool


@dataclass(frozen=True, slots=True)
class Examiner:
    """What the review needs from outside.

    ``now``: the moment, with zone. ``issued``: whether our authority signed a certificate (DER).
    ``standing``: of (certificate number, issuer's RFC) in the list of issuers.
    """

    now: datetime
    issued: Callable[[bytes], bool]
    standing: Callable[[str, str], Standing]


class Stop(Exception):
    """The review ends here with a refusal."""

    def __init__(self, code: str, detail: str = "", **params):
        text = codes.CODES[code].text if code in codes.CODES else ""
        self.refused = Refused(code, f"{text} {detail}".strip(), params)
        super().__init__(self.refused.message)


def review(sealed: bytes, examiner: Examiner) -> Comprobante:
    """The comprobante, if the SAT would stamp it; :class:`Stop` with the refusal if not. Never anything else, whatever
    the bytes hold."""
    comprobante = _read(sealed)
    found = _findings(comprobante, examiner)
    _structure(comprobante, found)
    if any(isinstance(part, TimbreFiscalDigital) for part in comprobante.complemento):
        raise Stop("307", "El archivo enviado ya trae un timbre.")
    certificate = _certificate(comprobante, examiner)
    _seal(sealed, comprobante, certificate)
    _date(comprobante, examiner)
    if found:
        code, text = found[0]
        raise Stop(code, text, findings=tuple(found))
    return comprobante


def _read(sealed: bytes) -> Comprobante:
    try:
        return parse.leer(sealed)
    except XmlError as error:
        raise Stop("301", str(error)) from error


def _structure(comprobante: Comprobante, found: list[tuple[str, str]]) -> None:
    """What the XSD asks. An attribute that has a rule of its own is refused with the rule's code, in its turn; but
    without these four nothing further can be looked at."""
    broken = [(code, text) for code, text in found if code == "301"]
    if broken:
        raise Stop("301", broken[0][1], findings=tuple(broken))
    for attribute, value in (
        ("Sello", comprobante.sello), ("Certificado", comprobante.certificado),
        ("NoCertificado", comprobante.no_certificado),
    ):
        if not value:
            raise Stop("301", f"Falta el atributo {attribute}.")
    if not isinstance(comprobante.fecha, datetime):
        raise Stop(_BAD_DATE, dict(found).get(_BAD_DATE, "Falta el atributo Fecha."))


def _findings(comprobante: Comprobante, examiner: Examiner) -> list[tuple[str, str]]:
    """Errors of content, as (code, text). The seal and the 72 hours have their own steps, with the PACs' own codes."""
    context = findings.Contexto(
        catalogos=_catalogs().buscar,
        ahora=lambda code: examiner.now.astimezone(zone_of(code)).replace(tzinfo=None),
    )
    return [
        (finding.code, findings.mensaje(finding))
        for finding in findings.check(comprobante, context, skip={"seal", "time"})
        if finding.severity == "error"
    ]


def _certificate(comprobante: Comprobante, examiner: Examiner) -> Certificado:
    try:
        decoded = base64.b64decode(comprobante.certificado, validate=True)
        certificate = Certificado.leer(decoded)
    except (ValueError, CsdError):
        raise Stop("308", "El atributo Certificado no contiene un certificado.") from None
    if certificate.der != decoded:
        raise Stop("308", "El atributo Certificado no contiene el archivo .cer tal cual.")
    if certificate.numero != comprobante.no_certificado:
        raise Stop(
            "308", f"NoCertificado dice {comprobante.no_certificado} y el certificado es el {certificate.numero}.",
        )
    if not examiner.issued(certificate.der) and not looks_like_sat_test(certificate):
        raise Stop("308", "Este PAC de pruebas sólo acepta certificados de prueba, suyos o del SAT.")
    if not certificate.es_csd:
        raise Stop("306")
    # With FacAtrAdquirente the buyer issues the document in the seller's name and seals it with the buyer's CSD.
    allowed = {comprobante.emisor.rfc}
    if comprobante.emisor.fac_atr_adquirente:
        allowed.add(comprobante.receptor.rfc)
    if certificate.rfc not in allowed:
        raise Stop("303", f"El CSD es de {certificate.rfc} y el emisor es {comprobante.emisor.rfc}.")
    standing = examiner.standing(certificate.numero, certificate.rfc)
    if standing.status:
        raise Stop("304", f"Certificado {certificate.numero}: {_STATUS[standing.status]}.")
    if not standing.obligations:
        raise Stop("402")
    _validity(comprobante, certificate)
    return certificate


_STATUS = {REVOKED: "revocado", EXPIRED: "caduco", UNLISTED: "todavía no publicado"}


def _validity(comprobante: Comprobante, certificate: Certificado) -> None:
    issued_at = _moment(comprobante)
    if not certificate.desde <= issued_at <= certificate.hasta:
        raise Stop("305", f"Fecha {comprobante.fecha:%Y-%m-%dT%H:%M:%S}; el CSD vale de {certificate.desde:%Y-%m-%d} "
                          f"a {certificate.hasta:%Y-%m-%d}.")


def _seal(sealed: bytes, comprobante: Comprobante, certificate: Certificado) -> None:
    """The seal against the text of the file itself, not against what we understood of it."""
    try:
        signature = base64.b64decode(comprobante.sello, validate=True)
    except ValueError:
        raise Stop("302", "El sello no está en base64.") from None
    try:
        verified = certificate.verifica(signature, cadena.cadena_of_xml(sealed).encode("utf-8"))
    except CsdError:
        raise Stop("308", "La llave del certificado no es RSA.") from None
    if not verified:
        raise Stop("302")


def _date(comprobante: Comprobante, examiner: Examiner) -> None:
    age = examiner.now - _moment(comprobante)
    if not timedelta(0) <= age <= WINDOW:
        zone = zone_of(comprobante.lugar_expedicion)
        raise Stop("401", f"Fecha {comprobante.fecha:%Y-%m-%dT%H:%M:%S}; en el código postal "
                          f"{comprobante.lugar_expedicion} son las {examiner.now.astimezone(zone):%Y-%m-%dT%H:%M:%S}.")


def _moment(comprobante: Comprobante) -> datetime:
    """Fecha as a moment: it is written in the local time of LugarExpedicion."""
    local = comprobante.fecha.replace(tzinfo=zone_of(comprobante.lugar_expedicion))
    return local.astimezone(UTC)


def zone_of(postal_code: str | None) -> ZoneInfo:
    """The time zone of a ZIP code; that of the centre for one that is not in the catalog (CFDI40126 tells of it)."""
    return ZoneInfo(_catalogs().zona(postal_code or ""))


def looks_like_sat_test(certificate: Certificado) -> bool:
    """Whether a certificate has the shape of those that the SAT publishes for tests.

    Worth little: it looks at the issuer's name ("AC UAT" of the SAT) and at the number (30001…), which anybody can
    write into a certificate of their own; the SAT's certificates are not ours to ship, so its signature cannot be
    checked here. It is enough because a stamp of this PAC is worth nothing either, and it keeps out what matters: the
    certificates of real taxpayers (issued by another authority, numbered 00001…), which have no business in a test.
    """
    return (
        certificate.numero.startswith("30001")
        and certificate.emisor.get("2.5.4.3") == "AC UAT"
        and certificate.emisor.get("2.5.4.10") == "SERVICIO DE ADMINISTRACION TRIBUTARIA"
    )


@lru_cache(maxsize=1)
def _catalogs() -> catalogos.ArchivoCatalogos:
    return catalogos.ArchivoCatalogos()
