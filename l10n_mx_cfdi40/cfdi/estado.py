"""What the SAT's query service says of a CFDI: whether it is in force, whether it can be cancelled, and how that goes.

Sources: "Documentación del Servicio de Consulta de CFDI" v1.4 (SAT, November 2022), for the texts and the EFOS codes.
"""
import unicodedata
from dataclasses import dataclass
from enum import StrEnum


class Estado(StrEnum):
    """The document itself."""
    VIGENTE = 'Vigente'
    CANCELADO = 'Cancelado'
    NO_ENCONTRADO = 'No Encontrado'
    """The SAT does not know it (yet: it may take minutes or hours after the stamp), or not with those data."""


class EsCancelable(StrEnum):
    """Whether the issuer may cancel it."""
    SIN_ACEPTACION = 'Cancelable sin aceptación'
    CON_ACEPTACION = 'Cancelable con aceptación'
    NO = 'No cancelable'
    """Other documents in force refer to it: those are cancelled first."""


class EstatusCancelacion(StrEnum):
    """How a request of cancellation stands; there is none before the first request."""
    EN_PROCESO = 'En proceso'
    """Waiting for the receptor's answer."""
    PLAZO_VENCIDO = 'Plazo vencido'
    """Cancelled: the receptor did not answer in three business days."""
    CANCELADO_SIN_ACEPTACION = 'Cancelado sin aceptación'
    CANCELADO_CON_ACEPTACION = 'Cancelado con aceptación'
    RECHAZADA = 'Solicitud rechazada'
    """The receptor said no: the document is in force and a new request may be made."""


_EN_LISTA = {'100': True, '101': True, '104': True, '102': False, '103': False, '200': False, '201': False}
_TEXTO_EFOS = {
    True: 'El emisor está en la lista definitiva del artículo 69-B del CFF (EFOS): sus comprobantes no producen '
          'efectos fiscales. Consulte a su asesor antes de deducir o acreditar.',
    False: 'El emisor no está en la lista definitiva del artículo 69-B del CFF.',
    None: 'El SAT no dijo si el emisor está en la lista del artículo 69-B del CFF. Consúltela en su portal.',
}
_TERCEROS = ' En cambio, sí lo está un tercero por cuenta de quien se factura.'


@dataclass(frozen=True, slots=True, kw_only=True)
class EstadoSat:
    """One answer of the service. What it left empty, or said in words that are not known here, is None."""
    codigo_estatus: str
    """«S - Comprobante obtenido satisfactoriamente.», «N - 601: ...» (bad expression) or «N - 602: ...» (not found)."""
    estado: Estado | None
    es_cancelable: EsCancelable | None
    estatus_cancelacion: EstatusCancelacion | None
    validacion_efos: str = ''

    @classmethod
    def leer(cls, codigo_estatus: str | None, estado: str | None, es_cancelable: str | None,
             estatus_cancelacion: str | None, validacion_efos: str | None = '') -> 'EstadoSat':
        """From the service's texts; accents, case and white space do not matter. Never an error."""
        return cls(codigo_estatus=(codigo_estatus or '').strip(), estado=_buscar(Estado, estado),
                   es_cancelable=_buscar(EsCancelable, es_cancelable),
                   estatus_cancelacion=_buscar(EstatusCancelacion, estatus_cancelacion),
                   validacion_efos=(validacion_efos or '').strip())

    @property
    def en_lista_69b(self) -> bool | None:
        """Whether the issuer is in the definitive list of article 69-B; None: unknown, never to be taken as clean."""
        return _EN_LISTA.get(self.validacion_efos)

    @property
    def texto_efos(self) -> str:
        """The same as a sentence for the accountant."""
        return _TEXTO_EFOS[self.en_lista_69b] + (_TERCEROS if self.validacion_efos in ('102', '103') else '')


def _llano(texto):
    """Without accents, case and superfluous white space."""
    sueltos = unicodedata.normalize('NFD', texto)
    return ' '.join(''.join(letra for letra in sueltos if not unicodedata.combining(letra)).lower().split())


def _buscar(clase, texto):
    llano = _llano(texto or '')
    return next((uno for uno in clase if _llano(uno) == llano), None)
