"""Just enough DER to read a certificate of the SAT.

``cryptography`` refuses the subject of a good part of them (names with Ñ in an encoding that X.509 does not allow), and
RFC and legal name are in the subject. This walk reads what is there; trust is not decided here.
"""
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

SECUENCIA = 0x30
CONJUNTO = 0x31
ENTERO = 0x02
OCTETOS = 0x04
OID = 0x06
_HORA_UTC = 0x17
_HORA_GENERAL = 0x18
_CODIFICACIONES = {0x1E: ('utf-16-be',), 0x1C: ('utf-32-be',)}


class DerError(ValueError):
    """The bytes are not the DER that was expected."""


@dataclass(frozen=True, slots=True)
class Pieza:
    """A DER element: its tag, the bytes that hold it whole and where its content starts in them."""
    etiqueta: int
    todo: bytes
    encabezado: int

    @property
    def contenido(self) -> bytes:
        """The value's bytes."""
        return self.todo[self.encabezado:]

    def hijos(self) -> 'list[Pieza]':
        """The elements inside a constructed one."""
        return list(piezas(self.contenido))


def piezas(datos: bytes) -> Iterator[Pieza]:
    """The elements that follow one another in ``datos``. DerError if they do not fill it exactly."""
    lugar = 0
    while lugar < len(datos):
        if len(datos) - lugar < 2:
            raise DerError('truncado')
        largo, encabezado = datos[lugar + 1], 2
        if largo & 0x80:
            octetos = largo & 0x7F
            if not 1 <= octetos <= 4 or lugar + 2 + octetos > len(datos):
                raise DerError('longitud')
            largo = int.from_bytes(datos[lugar + 2:lugar + 2 + octetos], 'big')
            encabezado += octetos
        fin = lugar + encabezado + largo
        if fin > len(datos):
            raise DerError('truncado')
        yield Pieza(datos[lugar], datos[lugar:fin], encabezado)
        lugar = fin


def secuencia(datos: bytes) -> list[Pieza]:
    """What is inside the one SEQUENCE that ``datos`` must be."""
    todas = list(piezas(datos))
    if len(todas) != 1 or todas[0].etiqueta != SECUENCIA:
        raise DerError('secuencia')
    return todas[0].hijos()


def oid(pieza: Pieza) -> str:
    """An object identifier in dotted notation."""
    datos = pieza.contenido
    if pieza.etiqueta != OID or not datos:
        raise DerError('oid')
    numeros, actual = [], 0
    for octeto in datos:
        actual = actual << 7 | octeto & 0x7F
        if not octeto & 0x80:
            numeros.append(actual)
            actual = 0
    primero = min(numeros[0] // 40, 2)
    return '.'.join(map(str, (primero, numeros[0] - 40 * primero, *numeros[1:])))


def texto(pieza: Pieza) -> str:
    """A string, whatever encoding its author really used: UTF-8 if it is, Latin-1 otherwise."""
    for codificacion in _CODIFICACIONES.get(pieza.etiqueta, ('utf-8',)):
        try:
            return pieza.contenido.decode(codificacion)
        except UnicodeDecodeError:
            continue
    return pieza.contenido.decode('latin-1')


def nombre(pieza: Pieza) -> dict[str, str]:
    """A distinguished name as ``{oid: text}`` (the first of each)."""
    atributos = {}
    for conjunto in pieza.hijos():
        for par in conjunto.hijos():
            clave, valor = par.hijos()
            atributos.setdefault(oid(clave), texto(valor))
    return atributos


def hora(pieza: Pieza) -> datetime:
    """UTCTime or GeneralizedTime, in UTC."""
    formatos = {_HORA_UTC: '%y%m%d%H%M%SZ', _HORA_GENERAL: '%Y%m%d%H%M%SZ'}
    if pieza.etiqueta not in formatos:
        raise DerError('hora')
    escrita = pieza.contenido.decode('ascii', 'replace')
    return datetime.strptime(escrita, formatos[pieza.etiqueta]).replace(tzinfo=UTC)
