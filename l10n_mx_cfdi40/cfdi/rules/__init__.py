"""The SAT's rules, one file per node. Importing the package registers them, in the order of the official matrix."""

from . import comprobante
from . import confirmacion
from . import sello
from . import informacion_global
from . import relacionados
from . import emisor
from . import receptor
from . import conceptos
from . import impuestos_concepto
from . import terceros
from . import aduana
from . import partes
from . import impuestos
from . import pagos_comprobante
from . import pagos_totales
from . import pagos_pago
from . import pagos_documentos
from . import pagos_impuestos_dr
from . import pagos_impuestos_p
from .registro import REGLAS, Regla, codigos, regla

__all__ = ['REGLAS', 'Regla', 'codigos', 'regla']
