"""What the structure tables are made of: attributes, nodes, children, and the simple types of tdCFDI.xsd.

Patterns are those of the SAT's XSD, written with ``[0-9]`` (``\\d`` would let other scripts' digits in) and anchored at
both ends. They apply to the attribute's text after white space is collapsed, as the XSD says.
"""
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from operator import attrgetter

_ENTRE_MINUSCULA_Y_MAYUSCULA = re.compile(r'([a-z0-9])([A-Z])')
_ENTRE_SIGLA_Y_PALABRA = re.compile(r'([A-Z]+)([A-Z][a-z])')


def campo_de(nombre: str) -> str:
    """Python name of an attribute or node of the SAT: ``UsoCFDI`` -> ``uso_cfdi``, ``Año`` -> ``anio``."""
    nombre = nombre.replace('ñ', 'ni')
    nombre = _ENTRE_SIGLA_Y_PALABRA.sub(r'\1_\2', _ENTRE_MINUSCULA_Y_MAYUSCULA.sub(r'\1_\2', nombre))
    return nombre.lower()


@dataclass(frozen=True, slots=True, eq=False)
class Espacio:
    """A namespace, with the prefix that the SAT orders and the URL of its XSD."""
    prefijo: str
    uri: str
    xsd: str


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Atributo:
    """An attribute of Anexo 20.

    ``tipo``: importe, decimal, entero, fecha, rfc, uuid, texto, codigo (short text with its own pattern), catalogo,
    base64 or fijo. ``patron`` matches the whole text, collapsed. Lengths count characters of the collapsed text.
    ``decimales``, ``minimo`` and ``maximo`` bound numbers. ``catalogo`` is the SAT's name of the catalog.
    ``en_cadena`` is False for what the cadena original leaves out (Sello, Certificado, SelloSAT)."""
    nombre: str
    tipo: str
    requerido: bool = True
    campo: str = ''
    patron: re.Pattern | None = None
    minimo_largo: int | None = None
    maximo_largo: int | None = None
    decimales: int | None = None
    minimo: Decimal | None = None
    maximo: Decimal | None = None
    catalogo: str | None = None
    fijo: str | None = None
    en_cadena: bool = True

    def __post_init__(self):
        if not self.campo:
            object.__setattr__(self, 'campo', campo_de(self.nombre))


@dataclass(frozen=True, slots=True, eq=False)
class Hijo:
    """A child of a node: where it is kept (``campo``), its table and how many there may be (``maximo`` None = any
    number, kept as a tuple). ``envoltura`` is the node without attributes that holds them (Conceptos, Traslados).
    ``nodo`` None stands for any element: the content of Complemento, ComplementoConcepto or Addenda."""
    campo: str
    nodo: 'Nodo | None'
    minimo: int = 0
    maximo: int | None = 1
    envoltura: str | None = None


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Nodo:
    """A node: its attributes in XSD order and its children in theirs.

    ``clase`` is the class of its values; ``str`` for a node that is nothing but one attribute. ``cadena`` is its own
    order in the cadena original (attributes and children mixed) where that differs from attributes-then-children.
    ``en_cadena`` False: the node says nothing there. ``orden_libre``: its children may come interleaved."""
    nombre: str
    espacio: Espacio
    clase: type
    atributos: tuple[Atributo, ...]
    hijos: tuple[Hijo, ...] = ()
    cadena: tuple[Atributo | Hijo, ...] | None = None
    en_cadena: bool = True
    orden_libre: bool = False
    valores: Callable = field(init=False)
    """``nodo.valores(objeto)``: the values of its attributes, in their order."""

    def __post_init__(self):
        campos = [atributo.campo for atributo in self.atributos]
        if self.clase is str:
            valores = _solo
        elif len(campos) == 1:
            valores = partial(_uno, attrgetter(*campos))
        elif campos:
            valores = attrgetter(*campos)
        else:
            valores = _ninguno
        object.__setattr__(self, 'valores', valores)

    @property
    def etiqueta(self) -> str:
        """Name with prefix, as written: ``cfdi:Concepto``."""
        return f'{self.espacio.prefijo}:{self.nombre}'

    @property
    def nombre_xml(self) -> str:
        """Name as lxml gives it: ``{uri}Concepto``."""
        return f'{{{self.espacio.uri}}}{self.nombre}'


def _solo(objeto):
    return (objeto,)


def _uno(leer, objeto):
    return (leer(objeto),)


def _ninguno(objeto):
    return ()


def _patron(texto: str) -> re.Pattern:
    return re.compile(rf'\A(?:{texto})\Z')


_FECHA_RFC = '[0-9]{2}(?:0[1-9]|1[012])(?:0[1-9]|[12][0-9]|3[01])[A-Z0-9]{2}[0-9A]'
RFC = _patron(f'[A-Z&Ñ]{{3,4}}{_FECHA_RFC}')
RFC_PM = _patron(f'[A-Z&Ñ]{{3}}{_FECHA_RFC}')
UUID = _patron('[a-fA-F0-9]{8}-[a-fA-F0-9]{4}-[a-fA-F0-9]{4}-[a-fA-F0-9]{4}-[a-fA-F0-9]{12}')
FECHA = _patron('20[1-9][0-9]-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]')
IMPORTE = _patron(r'[0-9]{1,18}(?:\.[0-9]{1,6})?')
IMPORTE_MXN = _patron(r'[0-9]{1,18}(?:\.[0-9]{1,2})?')
PEDIMENTO = _patron('[0-9]{2}  [0-9]{2}  [0-9]{4}  [0-9]{7}')
BASE64 = _patron('(?:[A-Za-z0-9+/] ?){2,}={0,2}')
CERO = Decimal(0)
MILLONESIMA = Decimal('0.000001')


def _decimales(cuantos: int, signo: str = '') -> re.Pattern:
    # xs:decimal has no limit of digits, but the rules compute with the 18 of t_Importe and would let a longer one pass.
    return _patron(rf'{signo}[0-9]{{1,18}}(?:\.[0-9]{{1,{cuantos}}})?')


def importe(nombre, requerido=True):
    """t_Importe: up to 18 digits and 6 decimals, not negative."""
    return Atributo(nombre=nombre, tipo='importe', requerido=requerido, patron=IMPORTE, decimales=6, minimo=CERO)


def importe_mxn(nombre, requerido=False):
    """t_ImporteMXN: up to 18 digits and 2 decimals, not negative."""
    return Atributo(nombre=nombre, tipo='importe', requerido=requerido, patron=IMPORTE_MXN, decimales=2, minimo=CERO)


def decimal(nombre, requerido=True, decimales=6, minimo=MILLONESIMA, signo=''):
    """xs:decimal with bounded decimals and a lower bound (None = any)."""
    return Atributo(nombre=nombre, tipo='decimal', requerido=requerido, patron=_decimales(decimales, signo),
                    decimales=decimales, minimo=minimo)


def tasa(nombre, requerido=True):
    """TasaOCuota: up to 6 decimals, not negative."""
    return decimal(nombre, requerido, minimo=CERO)


def texto(nombre, maximo, requerido=True, minimo=1, barra=False, en_cadena=True):
    """Text of bounded length, without the character ``|`` unless ``barra``."""
    patron = None if barra else _patron(f'[^|]{{{minimo},{maximo}}}')
    return Atributo(nombre=nombre, tipo='texto', requerido=requerido, patron=patron, minimo_largo=minimo,
                    maximo_largo=maximo, en_cadena=en_cadena)


def codigo(nombre, patron, minimo, maximo=None, requerido=True):
    """Short text with a pattern of its own."""
    return Atributo(nombre=nombre, tipo='codigo', requerido=requerido, patron=_patron(patron),
                    minimo_largo=minimo, maximo_largo=minimo if maximo is None else maximo)


def catalogo(nombre, cual, requerido=True):
    """A key of a catalog of the SAT."""
    return Atributo(nombre=nombre, tipo='catalogo', requerido=requerido, catalogo=cual)


def rfc(nombre, requerido=True, patron=RFC):
    """t_RFC (12 or 13 characters), or t_RFC_PM with that pattern."""
    return Atributo(nombre=nombre, tipo='rfc', requerido=requerido, patron=patron, minimo_largo=12,
                    maximo_largo=12 if patron is RFC_PM else 13)


def uuid(nombre, patron=UUID, minimo_largo=36):
    """36 characters, either case."""
    return Atributo(nombre=nombre, tipo='uuid', patron=patron, minimo_largo=minimo_largo, maximo_largo=36)


def fecha(nombre):
    """t_FechaH: AAAA-MM-DDThh:mm:ss, local, 2010 to 2099."""
    return Atributo(nombre=nombre, tipo='fecha', patron=FECHA)


def fijo(nombre, valor):
    """An attribute with only one admitted value (a version)."""
    return Atributo(nombre=nombre, tipo='fijo', fijo=valor, patron=_patron(re.escape(valor)))


def base64(nombre, requerido=True, en_cadena=True):
    """Base64 text: a seal or a certificate."""
    return Atributo(nombre=nombre, tipo='base64', requerido=requerido, patron=BASE64, en_cadena=en_cadena)


def pedimento():
    """NumeroPedimento: four groups of digits with two spaces between them; the only text that is not collapsed."""
    return Atributo(nombre='NumeroPedimento', tipo='codigo', patron=PEDIMENTO, minimo_largo=21, maximo_largo=21)
