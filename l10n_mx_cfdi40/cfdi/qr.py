"""The printed expression of a CFDI and its QR code (Anexo 20, part I.D): the address where the SAT tells its state."""
import io
from decimal import Decimal

from . import amounts
from .errors import XmlError
from .values import Comprobante

SERVICIO = 'https://verificacfdi.facturaelectronica.sat.gob.mx/default.aspx'


def expresion_de(*, uuid: str, emisor: str, receptor: str, total: Decimal, sello: str) -> str:
    """The expression from its parts: RFC of both, Total, and Sello (its last eight characters are used).

    Total goes without superfluous zeros but with at least one decimal; an ``&`` in an RFC goes as ``&amp;``: that is
    how the SAT's service expects them."""
    importe = amounts.texto(amounts.con_decimales(total, 1, 6))
    partes = (('id', uuid), ('re', emisor), ('rr', receptor), ('tt', importe), ('fe', sello[-8:]))
    return f'{SERVICIO}?' + '&'.join(f'{clave}={valor.replace("&", "&amp;")}' for clave, valor in partes)


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
