"""A stamped CFDI that this house did not make: read, and believed only as far as its own seals prove it."""
from datetime import datetime

from .errors import CfdiError, SealError, XmlError
from .findings import Contexto, check, errores, mensaje
from .parse import leer
from .rules.formato import ESTRUCTURA
from .seal import verificar
from .values import Comprobante, TimbreFiscalDigital

#: The certificates of the SAT and of the PACs are numbered so; those of the SAT's test authority begin with 2 or 3.
_CERTIFICADO_DE_PRODUCCION = '0000'
# Only the form is judged: what was in the catalogs, or in time, on the day of the stamp was the PAC's matter.
_SOLO_FORMA = Contexto(
    catalogos=lambda *_pregunta: None, ahora=lambda _codigo_postal: datetime.fromisoformat('2099-12-31'))


def leer_timbrado(xml: bytes) -> tuple[Comprobante, list[CfdiError]]:
    """A stamped CFDI 4.0 as values, every one of them of the form of Anexo 20, and what is wrong with its seals.

    The seal is verified with the certificate in the XML, and the stamp is of that seal; whether the SAT issued the
    certificates, and whether it has the document, is not known here. What ``seal.verificar`` returns, is returned:
    ``complemento_sin_tabla`` among it only says that the seal could not be verified. XmlError for what is not a CFDI
    4.0 or not of its form, SealError ``sin_timbre``."""
    comprobante = leer(xml)
    for hallazgo in errores(check(comprobante, _SOLO_FORMA, skip={'seal', 'time'})):
        if hallazgo.code == ESTRUCTURA:
            raise XmlError('estructura', mensaje(hallazgo), ruta=hallazgo.path)
    if comprobante.timbre is None:
        raise SealError('sin_timbre', 'El comprobante no tiene timbre: no es el XML que devolvió el PAC. Descargue el '
                        'XML timbrado del sistema que lo emitió o del portal del SAT.')
    return comprobante, verificar(xml)


def es_de_prueba(timbre: TimbreFiscalDigital) -> bool:
    """Whether the stamp was made with a test certificate: it has no fiscal validity."""
    return not timbre.no_certificado_sat.startswith(_CERTIFICADO_DE_PRODUCCION)
