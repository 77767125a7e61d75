"""The SAT's rules, one file per node. Importing the package registers them, in the order of the official matrix."""

from . import comprobante  # noqa: F401
from . import confirmacion  # noqa: F401
from . import sello  # noqa: F401
from . import informacion_global  # noqa: F401
from . import relacionados  # noqa: F401
from . import emisor  # noqa: F401
from . import receptor  # noqa: F401
from . import conceptos  # noqa: F401
from . import impuestos_concepto  # noqa: F401
from . import terceros  # noqa: F401
from . import aduana  # noqa: F401
from . import partes  # noqa: F401
from . import impuestos  # noqa: F401
from .registro import REGLAS, Regla, codigos, regla

__all__ = ['REGLAS', 'Regla', 'codigos', 'regla']
