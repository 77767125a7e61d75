"""The stamp (TimbreFiscalDigital 1.1): adding it to sealed bytes, reading it, sealing and verifying it."""
import base64
import binascii
from dataclasses import replace
from xml.parsers import expat

from . import schema
from .build import escribir_timbre
from .csd import Certificado, Csd
from .errors import SealError, XmlError
from .parse import arbol, nodo_de, revisar_raiz
from .values import TimbreFiscalDigital

_COMPLEMENTO = f'{{{schema.CFDI.uri}}}Complemento'


def timbre_de_arbol(raiz) -> TimbreFiscalDigital | None:
    """The stamp in a tree that ``parse.arbol`` gave, or None."""
    for complemento in raiz.iterchildren(_COMPLEMENTO):
        for elemento in complemento.iterchildren(schema.TIMBRE.nombre_xml):
            return nodo_de(elemento, schema.TIMBRE, 'Comprobante/Complemento/TimbreFiscalDigital')
    return None


def leer_timbre(xml: bytes) -> TimbreFiscalDigital | None:
    """The stamp of a CFDI 4.0, or None if it has none. XmlError if it is not a CFDI 4.0."""
    raiz = arbol(xml)
    revisar_raiz(raiz)
    return timbre_de_arbol(raiz)


def sellar_timbre(timbre: TimbreFiscalDigital, csd: Csd) -> TimbreFiscalDigital:
    """The stamp with SelloSAT made by that pair (what a PAC does; its number must be in ``no_certificado_sat``)."""
    campos = escribir_timbre(timbre)[1]
    firma = csd.firmar(f'||{"|".join(campos)}||'.encode())
    return replace(timbre, sello_sat=base64.b64encode(firma).decode('ascii'))


def verificar_timbre(timbre: TimbreFiscalDigital, sello: str | None,
                     certificado_sat: Certificado | None = None) -> list[SealError]:
    """What is wrong with a stamp: that its SelloCFD is not the document's Sello and, if the SAT's or PAC's certificate
    is given, that it is not the one named or that SelloSAT does not verify."""
    problemas = []
    if timbre.sello_cfd != sello:
        problemas.append(SealError('sello_cfd_distinto', 'El timbre es de otro comprobante: su SelloCFD no es el sello '
                                   'de este. Descargue de nuevo el XML timbrado.'))
    if certificado_sat is None:
        return problemas
    if certificado_sat.numero != timbre.no_certificado_sat:
        problemas.append(SealError(
            'certificado_sat_distinto', f'El timbre dice haberse sellado con el certificado '
            f'{timbre.no_certificado_sat} y se dio el {certificado_sat.numero}. Use el que indica el timbre.',
            timbre=timbre.no_certificado_sat, certificado=certificado_sat.numero))
        return problemas
    try:
        firma = base64.b64decode(timbre.sello_sat or '', validate=True)
    except (binascii.Error, ValueError):
        firma = b''
    if not certificado_sat.verifica(firma, f'||{"|".join(escribir_timbre(timbre)[1])}||'.encode()):
        problemas.append(SealError('sello_sat_invalido', 'El sello del SAT no corresponde al timbre: el timbre se '
                                   'modificó. Descargue de nuevo el XML timbrado o consúltelo en el portal del SAT.'))
    return problemas


class _Lugar:
    """Finds, in bytes, where a stamp goes: expat gives the offset of each tag, so not a byte of the rest changes."""

    def __init__(self, xml: bytes):
        self.cierra = self.antes_de = None
        self.nombre = ''
        self._nivel = 0
        self._lector = expat.ParserCreate()
        self._lector.StartElementHandler = self._abre
        self._lector.EndElementHandler = self._cierra
        self._lector.Parse(xml, True)

    def _abre(self, etiqueta, _atributos):
        self._nivel += 1
        if self._nivel != 2:
            return
        if _local(etiqueta) == 'Complemento':
            self.nombre = etiqueta
        elif _local(etiqueta) == 'Addenda':
            self.antes_de = self._lector.CurrentByteIndex

    def _cierra(self, etiqueta):
        if self._nivel == 2 and _local(etiqueta) == 'Complemento':
            self.cierra = self._lector.CurrentByteIndex
        elif self._nivel == 1 and self.antes_de is None:
            self.antes_de = self._lector.CurrentByteIndex
        self._nivel -= 1


def _local(etiqueta):
    return etiqueta.rpartition(':')[2]


def agregar(xml: bytes, timbre: TimbreFiscalDigital) -> bytes:
    """The sealed XML with the stamp as the last of its Complemento (created if there is none, before Addenda). All
    other bytes stay as they are. XmlError ``ya_timbrado`` if it has a stamp; those of ``parse.arbol`` otherwise."""
    if leer_timbre(xml) is not None:
        raise XmlError('ya_timbrado', 'El comprobante ya tiene timbre. Use el que tiene.')
    nodo = escribir_timbre(timbre)[0].encode()
    lugar = _Lugar(xml)
    if lugar.cierra is None:
        nombre = f'{schema.CFDI.prefijo}:Complemento'.encode()
        return xml[:lugar.antes_de] + b'<%s>%s</%s>' % (nombre, nodo, nombre) + xml[lugar.antes_de:]
    nombre = lugar.nombre.encode()
    if not xml.startswith(b'</' + nombre, lugar.cierra):  # <cfdi:Complemento/>, whose end expat puts after it
        return xml[:lugar.cierra - 2] + b'>%s</%s>' % (nodo, nombre) + xml[lugar.cierra:]
    return xml[:lugar.cierra] + nodo + xml[lugar.cierra:]
