"""The printed expression of a CFDI and its QR code (Anexo 20, part I.D): the address where the SAT tells its state."""
import io
import re
from dataclasses import dataclass
from decimal import Decimal

from . import amounts, rfc
from .errors import XmlError
from .values import Comprobante

SERVICIO = 'https://verificacfdi.facturaelectronica.sat.gob.mx/default.aspx'
_UUID = re.compile('[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}')
_TOTAL = re.compile(r'[0-9]{1,24}(?:\.[0-9]{1,6})?')
#: An ``&`` of an RFC should come as ``&amp;``, but many a printed code has it bare.
_SEPARADOR = re.compile('&(?=(?:id|re|rr|tt|fe)=)')
_SELLO8 = re.compile('[A-Za-z0-9+/=]{8}')


@dataclass(frozen=True, slots=True, kw_only=True)
class Consulta:
    """What a printed expression says: the folio fiscal, RFC of both, Total and, if it came, the last eight characters
    of Sello."""
    uuid: str
    emisor: str
    receptor: str
    total: Decimal
    sello8: str | None = None


def expresion_de(*, uuid: str, emisor: str, receptor: str, total: Decimal, sello: str) -> str:
    """The expression from its parts: RFC of both, Total, and Sello (its last eight characters are used).

    Total goes without superfluous zeros but with at least one decimal; an ``&`` in an RFC goes as ``&amp;``: that is
    how the SAT's service expects them."""
    partes = (('id', uuid), ('re', emisor), ('rr', receptor), ('tt', _importe(total)), ('fe', sello[-8:]))
    return f'{SERVICIO}?{_unir(partes)}'


def consulta_de(*, uuid: str, emisor: str, receptor: str, total: Decimal, sello: str) -> str:
    """What the SAT's query service (``ConsultaCFDIService``) takes: the same data in its order, without address.
    ``fe`` is left out when there is no seal, as the service allows."""
    partes = [('re', emisor), ('rr', receptor), ('tt', _importe(total)), ('id', uuid)]
    if sello:
        partes.append(('fe', sello[-8:]))
    return f'?{_unir(partes)}'


def leer_consulta(texto: str) -> Consulta:
    """The data of an expression, with or without address and in any order. XmlError ``expresion`` if something is
    missing, repeated, unknown or badly written. The SAT's own service answers 601 to those."""
    partes = [parte.partition('=') for parte in _SEPARADOR.split(texto.strip().rpartition('?')[2])]
    datos = {clave: valor.replace('&amp;', '&') for clave, _igual, valor in partes}
    if (len(datos) != len(partes) or not {'id', 're', 'rr', 'tt'} <= datos.keys() <= {'id', 're', 'rr', 'tt', 'fe'}
            or not _UUID.fullmatch(datos['id']) or not _TOTAL.fullmatch(datos['tt'])
            or not rfc.is_valid(datos['re']) or not rfc.is_valid(datos['rr'])
            or not (datos.get('fe', '') == '' or _SELLO8.fullmatch(datos['fe']))):
        raise XmlError('expresion', 'La expresión impresa no es válida: debe llevar re, rr, tt, id y fe como los '
                       'imprime el código QR de la factura.', expresion=texto)
    return Consulta(uuid=datos['id'].upper(), emisor=datos['re'], receptor=datos['rr'], total=Decimal(datos['tt']),
                    sello8=datos.get('fe') or None)


def _importe(total):
    return amounts.texto(amounts.con_decimales(total, 1, 6))


def _unir(partes):
    return '&'.join(f'{clave}={valor.replace("&", "&amp;")}' for clave, valor in partes)


def expresion(comprobante: Comprobante) -> str:
    """The expression of a stamped document. XmlError ``sin_timbre`` if it has no stamp."""
    timbre = comprobante.timbre
    if timbre is None:
        raise XmlError('sin_timbre', 'El comprobante no está timbrado: sin folio fiscal no hay código QR.')
    return expresion_de(uuid=timbre.uuid, emisor=comprobante.emisor.rfc, receptor=comprobante.receptor.rfc,
                        total=comprobante.total, sello=comprobante.sello)


def imagen_png(texto: str, puntos: int = 6) -> bytes:
    """A PNG of the QR code of ``texto``, ``puntos`` pixels to a module (the SAT asks for 2.75 cm of side in print)."""
    import qrcode

    codigo = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, box_size=puntos, border=4)
    codigo.add_data(texto)
    codigo.make(fit=True)
    salida = io.BytesIO()
    codigo.make_image().save(salida)
    return salida.getvalue()
