"""Requests to the SAT's cancellation service: to cancel, to answer a cancellation, to ask for related documents.

Sources: the SAT's ``CancelaCfdi.xsd``; namespaces and signature as phpcfdi/xml-cancelacion and satcfdi send them.
Values that were read are kept as they are written; ``revisar`` tells whether the SAT would take them.
"""
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from lxml import etree

from . import firma_xml, rfc
from .csd import Certificado, Csd
from .errors import CancelacionError, XmlError
from .parse import arbol
from .schema import XSI

ESPACIO = 'http://cancelacfd.sat.gob.mx'
#: Most documents in one request.
MAXIMO_FOLIOS = 500
#: Largest request read, in bytes: 500 documents with their signature take a fifth of it.
MAXIMO_BYTES = 1_000_000
XSD = 'http://www.w3.org/2001/XMLSchema'

_UUID = re.compile('[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}')
_FECHA = re.compile('[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}')
_CANCELACION = f'{{{ESPACIO}}}Cancelacion'
_RESPUESTA = f'{{{ESPACIO}}}SolicitudAceptacionRechazo'
_RELACIONADOS = f'{{{ESPACIO}}}PeticionConsultaRelacionados'
_FOLIOS, _FOLIO = f'{{{ESPACIO}}}Folios', f'{{{ESPACIO}}}Folio'
_NODO_UUID, _NODO_RESPUESTA = f'{{{ESPACIO}}}UUID', f'{{{ESPACIO}}}Respuesta'


class Motivo(StrEnum):
    """Why a document is cancelled (c_Motivo)."""
    CON_RELACION = '01'
    """It has errors and another document already replaces it (related to it with 04): FolioSustitucion names it."""
    SIN_RELACION = '02'
    """It has errors and nothing replaces it: issued twice, or to the wrong client."""
    NO_REALIZADA = '03'
    """The operation did not take place."""
    GLOBAL = '04'
    """A sale of a global invoice is being invoiced to its buyer."""


class Respuesta(StrEnum):
    """What a receptor says to a request of cancellation."""
    ACEPTACION = 'Aceptacion'
    RECHAZO = 'Rechazo'


@dataclass(frozen=True, slots=True)
class Folio:
    """A document to cancel. UUIDs are kept in upper case. ``motivo`` is a ``Motivo``, or the text that was read."""
    uuid: str
    motivo: Motivo | str
    folio_sustitucion: str | None = None

    def __post_init__(self):
        object.__setattr__(self, 'uuid', self.uuid.upper())
        object.__setattr__(self, 'motivo', _miembro(Motivo, self.motivo))
        if self.folio_sustitucion is not None:
            object.__setattr__(self, 'folio_sustitucion', self.folio_sustitucion.upper())

    def revisar(self) -> None:
        """CancelacionError: uuid_mal_escrito, motivo_desconocido, falta_sustituto, sobra_sustituto,
        sustituto_es_el_mismo."""
        _revisar_uuid(self.uuid, self.uuid)
        if not isinstance(self.motivo, Motivo):
            raise CancelacionError('motivo_desconocido', f'El motivo de cancelación «{self.motivo}» no existe. Elija '
                                   '01, 02, 03 o 04.', uuid=self.uuid, motivo=self.motivo)
        if self.motivo is not Motivo.CON_RELACION:
            if self.folio_sustitucion is not None:
                raise CancelacionError('sobra_sustituto', f'Con el motivo {self.motivo} no se indica factura que '
                                       'sustituye. Quítela, o elija el motivo 01.', uuid=self.uuid)
            return
        if not self.folio_sustitucion:
            raise CancelacionError('falta_sustituto', 'El motivo 01 pide el folio fiscal de la factura que sustituye a '
                                   'la cancelada. Timbre primero la nueva, con relación 04, o elija otro motivo.',
                                   uuid=self.uuid)
        _revisar_uuid(self.folio_sustitucion, self.uuid)
        if self.folio_sustitucion == self.uuid:
            raise CancelacionError('sustituto_es_el_mismo', f'La factura {self.uuid} no se puede sustituir a sí misma. '
                                   'Indique el folio fiscal de la nueva.', uuid=self.uuid)


@dataclass(frozen=True, slots=True)
class SolicitudCancelacion:
    """What an issuer asks to cancel. ``fecha`` is his local time, naive, in whole seconds."""
    rfc_emisor: str
    fecha: datetime
    folios: tuple[Folio, ...]

    def revisar(self) -> None:
        """CancelacionError: those of each ``Folio``, sin_folios, demasiados_folios, folio_repetido."""
        _revisar_cuantos([folio.uuid for folio in self.folios])
        for folio in self.folios:
            folio.revisar()


@dataclass(frozen=True, slots=True)
class RespuestaReceptor:
    """What a receptor answers to requests that wait for him: pairs of UUID and answer. ``rfc_pac`` is that of the PAC
    that carries it; ``fecha`` as in ``SolicitudCancelacion``."""
    rfc_receptor: str
    rfc_pac: str
    fecha: datetime
    respuestas: tuple[tuple[str, Respuesta | str], ...]

    def __post_init__(self):
        object.__setattr__(self, 'respuestas', tuple(
            (uuid.upper(), _miembro(Respuesta, respuesta)) for uuid, respuesta in self.respuestas))

    def revisar(self) -> None:
        """CancelacionError: uuid_mal_escrito, respuesta_desconocida, sin_folios, demasiados_folios, folio_repetido."""
        _revisar_cuantos([uuid for uuid, _ in self.respuestas])
        for uuid, respuesta in self.respuestas:
            _revisar_uuid(uuid, uuid)
            if not isinstance(respuesta, Respuesta):
                raise CancelacionError('respuesta_desconocida', f'La respuesta «{respuesta}» no existe: acepte o '
                                       'rechace la cancelación.', uuid=uuid)


@dataclass(frozen=True, slots=True)
class PeticionRelacionados:
    """Which documents are related to this one, asked by its issuer or by its receptor: one of the RFC, not both."""
    uuid: str
    rfc_pac: str
    rfc_emisor: str | None = None
    rfc_receptor: str | None = None

    def __post_init__(self):
        object.__setattr__(self, 'uuid', self.uuid.upper())

    def revisar(self) -> None:
        """CancelacionError: uuid_mal_escrito, un_solo_rfc."""
        _revisar_uuid(self.uuid, self.uuid)
        if bool(self.rfc_emisor) is bool(self.rfc_receptor):
            raise CancelacionError('un_solo_rfc', 'Pida los comprobantes relacionados como emisor o como receptor, con '
                                   'uno solo de los dos RFC.', uuid=self.uuid)


def firmar_cancelacion(solicitud: SolicitudCancelacion, csd: Csd) -> bytes:
    """The request to cancel, signed with the issuer's CSD (RMF 2.7.2.9), ready to be sent by a PAC.

    :raises CancelacionError: the SAT would refuse it (``SolicitudCancelacion.revisar``).
    :raises CsdError: rfc_distinto, the pair is not the issuer's.
    :raises SealError: it cannot be signed on this server (``xmldsig.cargar``).
    """
    solicitud.revisar()
    csd.revisar_rfc(solicitud.rfc_emisor)
    raiz = _raiz(_CANCELACION, RfcEmisor=csd.certificado.rfc, Fecha=_escrita(solicitud.fecha))
    for folio in solicitud.folios:
        nodo = etree.SubElement(etree.SubElement(raiz, _FOLIOS), _FOLIO, UUID=folio.uuid, Motivo=folio.motivo)
        if folio.folio_sustitucion:
            nodo.set('FolioSustitucion', folio.folio_sustitucion)
    return firma_xml.firmar(raiz, csd)


def firmar_respuesta(respuesta: RespuestaReceptor, csd: Csd) -> bytes:
    """The receptor's answer, signed with his CSD. Errors as ``firmar_cancelacion``, and CfdiError rfc_invalido (that of
    the PAC)."""
    respuesta.revisar()
    csd.revisar_rfc(respuesta.rfc_receptor)
    raiz = _raiz(_RESPUESTA, RfcReceptor=csd.certificado.rfc, RfcPacEnviaSolicitud=rfc.validate(respuesta.rfc_pac),
                 Fecha=_escrita(respuesta.fecha))
    for uuid, dicha in respuesta.respuestas:
        folios = etree.SubElement(raiz, _FOLIOS)
        etree.SubElement(folios, _NODO_UUID).text = uuid
        etree.SubElement(folios, _NODO_RESPUESTA).text = dicha
    return firma_xml.firmar(raiz, csd)


def firmar_relacionados(peticion: PeticionRelacionados, csd: Csd) -> bytes:
    """The question for related documents, signed with the CSD of who asks. Errors as ``firmar_respuesta``."""
    peticion.revisar()
    csd.revisar_rfc(peticion.rfc_emisor or peticion.rfc_receptor)
    propio = csd.certificado.rfc
    return firma_xml.firmar(_raiz(
        _RELACIONADOS, Uuid=peticion.uuid, RfcEmisor=propio if peticion.rfc_emisor else '',
        RfcReceptor=propio if peticion.rfc_receptor else '', RfcPacEnviaSolicitud=rfc.validate(peticion.rfc_pac)), csd)


def verificar_firma(xml: bytes) -> Certificado:
    """The certificate that signed one of the three requests, of which nothing is left unsigned. That it is a CSD, in
    force and of the right RFC is for the caller to ask (``revisar_csd``...).

    :raises SealError: firma_ausente, firma_invalida, certificado_ilegible; those of ``xmldsig.cargar``.
    :raises XmlError: those of ``parse.arbol``.
    """
    return firma_xml.verificar(xml, frozenset({_CANCELACION, _RESPUESTA, _RELACIONADOS}), MAXIMO_BYTES)


def leer_cancelacion(xml: bytes) -> SolicitudCancelacion:
    """A request to cancel as values, as they are written: ``revisar`` them. The signature is another matter.

    :raises XmlError: those of ``parse.arbol``, no_es_solicitud, estructura.
    """
    raiz = _leer_raiz(xml, _CANCELACION, {'RfcEmisor', 'Fecha'})
    folios = []
    for grupo in _hijos(raiz, _FOLIOS, firmada=True):
        for folio in _hijos(grupo, _FOLIO):
            _sin_mas(folio, {'UUID', 'Motivo', 'FolioSustitucion'})
            # satcfdi and others send FolioSustitucion empty where there is none.
            folios.append(Folio(folio.get('UUID', ''), folio.get('Motivo', ''), folio.get('FolioSustitucion') or None))
    return SolicitudCancelacion(raiz.get('RfcEmisor', ''), _leida(raiz), tuple(folios))


def leer_respuesta(xml: bytes) -> RespuestaReceptor:
    """A receptor's answer as values. Errors as ``leer_cancelacion``."""
    raiz = _leer_raiz(xml, _RESPUESTA, {'RfcReceptor', 'RfcPacEnviaSolicitud', 'Fecha'})
    respuestas = []
    for grupo in _hijos(raiz, _FOLIOS, firmada=True):
        datos = [(nodo.tag, nodo.text or '') for nodo in grupo]
        if sorted(nombre for nombre, _ in datos) != [_NODO_RESPUESTA, _NODO_UUID]:
            raise _estructura('Folios')
        for nodo in grupo:
            _sin_mas(nodo, set(), con_texto=True)
        respuestas.append((dict(datos)[_NODO_UUID].strip(), dict(datos)[_NODO_RESPUESTA].strip()))
    return RespuestaReceptor(raiz.get('RfcReceptor', ''), raiz.get('RfcPacEnviaSolicitud', ''), _leida(raiz),
                             tuple(respuestas))


def leer_relacionados(xml: bytes) -> PeticionRelacionados:
    """A question for related documents as values. Errors as ``leer_cancelacion``."""
    raiz = _leer_raiz(xml, _RELACIONADOS, {'Uuid', 'RfcEmisor', 'RfcReceptor', 'RfcPacEnviaSolicitud'})
    _hijos(raiz, None, firmada=True)
    return PeticionRelacionados(raiz.get('Uuid', ''), raiz.get('RfcPacEnviaSolicitud', ''),
                                raiz.get('RfcEmisor') or None, raiz.get('RfcReceptor') or None)


def _miembro(clase, texto):
    return clase(texto) if texto in tuple(clase) else texto


def _revisar_uuid(escrito, uuid):
    if not _UUID.fullmatch(escrito):
        raise CancelacionError('uuid_mal_escrito', f'«{escrito}» no es un folio fiscal: son 32 cifras y letras de la A '
                               'a la F con cuatro guiones. Cópielo del timbre de la factura.', uuid=uuid,
                               escrito=escrito)


def _revisar_cuantos(uuids: Iterable[str]):
    if not uuids:
        raise CancelacionError('sin_folios', 'La solicitud no nombra ninguna factura. Elija al menos una.')
    if len(uuids) > MAXIMO_FOLIOS:
        raise CancelacionError('demasiados_folios', f'La solicitud nombra {len(uuids)} facturas y el SAT recibe hasta '
                               f'{MAXIMO_FOLIOS}. Repártalas en varias.', folios=len(uuids), maximo=MAXIMO_FOLIOS)
    repetido = next((uuid for lugar, uuid in enumerate(uuids) if uuid in uuids[:lugar]), None)
    if repetido is not None:
        raise CancelacionError('folio_repetido', f'La factura {repetido} está dos veces en la solicitud. Quite una.',
                               uuid=repetido)


def _escrita(fecha):
    if fecha.tzinfo is not None:
        raise ValueError('Fecha is local time, naive')
    return fecha.isoformat(timespec='seconds')


def _raiz(nombre, **atributos):
    # Nothing uses xsd and xsi, but the SAT's service computes the digest with them.
    return etree.Element(nombre, atributos, nsmap={None: ESPACIO, 'xsd': XSD, 'xsi': XSI})


def _estructura(ruta):
    return XmlError('estructura', f'La solicitud no tiene la estructura del SAT ({ruta}). Genérela de nuevo.',
                    ruta=ruta)


def _leer_raiz(xml, nombre, atributos):
    """The root, once it is known that nothing in the document can be read otherwise than it was signed."""
    raiz = arbol(xml, MAXIMO_BYTES)
    if raiz.tag != nombre:
        raise XmlError('no_es_solicitud', f'El XML no es una solicitud del SAT: su nodo principal es «{raiz.tag}».',
                       nodo=raiz.tag)
    if any(not isinstance(nodo.tag, str) for nodo in raiz.iter()):
        # A comment is not signed, and splits the text of its node.
        raise _estructura('comentario')
    _sin_mas(raiz, atributos, hoja=False)
    return raiz


def _sin_mas(nodo, atributos, *, hoja=True, con_texto=False):
    """XmlError unless a node has only those attributes (besides xsi's) and, if a leaf, nothing inside."""
    sobran = {uno for uno in nodo.attrib if uno not in atributos and not uno.startswith(f'{{{XSI}}}')}
    if sobran or (hoja and len(nodo)) or (not con_texto and (nodo.text or '').strip()) or (nodo.tail or '').strip():
        raise _estructura(etree.QName(nodo).localname)


def _hijos(padre, nombre, *, firmada=False):
    """The children of that name; XmlError if there are others, save for one Signature at the end."""
    hijos = list(padre)
    if firmada and hijos and hijos[-1].tag == firma_xml.FIRMA:
        hijos.pop()
    for hijo in hijos:
        if hijo.tag != nombre:
            raise _estructura(etree.QName(hijo).localname)
        if nombre == _FOLIOS:
            _sin_mas(hijo, set(), hoja=False)
    return hijos


def _leida(raiz):
    escrita = raiz.get('Fecha', '')
    try:
        if not _FECHA.fullmatch(escrita):
            raise ValueError
        return datetime.fromisoformat(escrita)
    except ValueError:  # 30 February, 25:00
        raise _estructura('Fecha') from None
