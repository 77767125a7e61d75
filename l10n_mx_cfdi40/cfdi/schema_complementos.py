"""Structure of the stamp (TimbreFiscalDigital 1.1) and of the local taxes (implocal 1.0)."""
from . import values
from .schema_tipos import (
    RFC_PM,
    Espacio,
    Hijo,
    Nodo,
    base64,
    codigo,
    decimal,
    fecha,
    fijo,
    rfc,
    texto,
    uuid,
)

TFD = Espacio('tfd', 'http://www.sat.gob.mx/TimbreFiscalDigital',
              'http://www.sat.gob.mx/sitio_internet/cfd/TimbreFiscalDigital/TimbreFiscalDigitalv11.xsd')
IMPLOCAL = Espacio('implocal', 'http://www.sat.gob.mx/implocal',
                   'http://www.sat.gob.mx/sitio_internet/cfd/implocal/implocal.xsd')

#: Says nothing in the document's cadena; its own leaves SelloSAT out.
TIMBRE = Nodo(
    nombre='TimbreFiscalDigital', espacio=TFD, clase=values.TimbreFiscalDigital, en_cadena=False,
    atributos=(
        fijo('Version', '1.1'),
        uuid('UUID'),
        fecha('FechaTimbrado'),
        rfc('RfcProvCertif', patron=RFC_PM),
        texto('Leyenda', 150, requerido=False, minimo=12),
        base64('SelloCFD'),
        codigo('NoCertificadoSAT', '[0-9]{20}', 20),
        base64('SelloSAT', en_cadena=False),
    ),
)


def _porcentaje_o_importe(nombre):
    return decimal(nombre, decimales=2, minimo=None, signo='-?')


RETENCIONES_LOCALES = Nodo(
    nombre='RetencionesLocales', espacio=IMPLOCAL, clase=values.RetencionLocal,
    atributos=(
        texto('ImpLocRetenido', None, minimo=0, barra=True),
        _porcentaje_o_importe('TasadeRetencion'),
        _porcentaje_o_importe('Importe'),
    ),
)

TRASLADOS_LOCALES = Nodo(
    nombre='TrasladosLocales', espacio=IMPLOCAL, clase=values.TrasladoLocal,
    atributos=(
        texto('ImpLocTrasladado', None, minimo=0, barra=True),
        _porcentaje_o_importe('TasadeTraslado'),
        _porcentaje_o_importe('Importe'),
    ),
)

#: Its XSD lets the two kinds of children alternate; the stylesheet reads the withheld ones first.
IMPUESTOS_LOCALES = Nodo(
    nombre='ImpuestosLocales', espacio=IMPLOCAL, clase=values.ImpuestosLocales, orden_libre=True,
    atributos=(
        fijo('version', '1.0'),
        _porcentaje_o_importe('TotaldeRetenciones'),
        _porcentaje_o_importe('TotaldeTraslados'),
    ),
    hijos=(
        Hijo('retenciones_locales', RETENCIONES_LOCALES, 0, None),
        Hijo('traslados_locales', TRASLADOS_LOCALES, 0, None),
    ),
)
