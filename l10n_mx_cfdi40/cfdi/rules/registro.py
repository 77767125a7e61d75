"""The register of rules: every rule is a small function that yields what it found.

A rule receives the prepared document (:class:`..documento.Documento`) and yields ``(path, params)``; the register adds
the code and the severity.  A rule may yield a third element to change the severity of one finding.  Rules never raise
for what the document holds: they read numbers only from the document's prepared rows, where whatever is not a plain
number is ``None``, and leave those to the format checks.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

ERROR = 'error'
AVISO = 'warning'

SELLO = 'seal'
TIEMPO = 'time'
GRUPOS = frozenset({SELLO, TIEMPO})


class Regla(NamedTuple):
    """A registered rule.

    ``grupo`` names the group with which `check` may be told to skip it ('seal', 'time'); ``suspendida`` marks the
    rules that the SAT has published but not put in force, which run only when the context says so.  ``complemento`` is
    the class of the complement that the rule judges: it runs only for documents that carry one.
    """

    codigo: str
    funcion: Callable[..., Iterable[tuple]]
    grupo: str | None
    severidad: str
    suspendida: bool
    complemento: type | None


REGLAS: list[Regla] = []


def regla(codigo: str, *, grupo: str | None = None, severidad: str = ERROR, suspendida: bool = False,
          complemento: type | None = None):
    """Register a function as the rule (or one of the rules) that reports ``codigo``."""
    if grupo is not None and grupo not in GRUPOS:
        raise ValueError(f'Unknown group of rules: {grupo}')

    def registrar(funcion):
        REGLAS.append(Regla(codigo, funcion, grupo, severidad, suspendida, complemento))
        return funcion

    return registrar


def codigos() -> frozenset[str]:
    """Return every code that a registered rule may report."""
    return frozenset(regla.codigo for regla in REGLAS)
