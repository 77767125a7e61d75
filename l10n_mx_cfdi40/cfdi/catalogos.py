"""Catalogs of the SAT as shipped with the addon: dated keys, read from compressed files, without a database.

One gzip CSV per catalog under ``data/catalogs/`` and an index with version, number of rows and digest of each. The
columns ``clave, nombre, desde, hasta`` come first; the others are the attributes of the catalog, and their header tells
the type: ``texto`` by default, ``:entero``, ``:logico``, ``:lista`` (words apart by spaces); a ``?`` at the end means
that an empty cell leaves the attribute out. Dates are ISO. The files are written by ``tools/catalogs`` only.
"""

import csv
import gzip
import io
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from types import MappingProxyType

CARPETA = Path(__file__).resolve().parent.parent / 'data' / 'catalogs'
INDICE = 'indice.json'
COLUMNAS_FIJAS = ('clave', 'nombre', 'desde', 'hasta')

ZONA_CENTRO = 'America/Mexico_City'
"""Zone of a ZIP that no catalog knows: that of 85 % of the country."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrada:
    """One key of a catalog.

    ``desde`` and ``hasta`` are both inclusive; None leaves that side open. ``datos`` holds the other columns, by the
    names in the head of each shipped file (e.g. ``decimales`` in c_Moneda).
    """

    clave: str
    nombre: str
    desde: date | None = None
    hasta: date | None = None
    datos: Mapping[str, object] = field(default_factory=dict)

    def vigente(self, el: date) -> bool:
        """Tell whether the key may be used in a document of that day."""
        return (self.desde is None or self.desde <= el) and (self.hasta is None or el <= self.hasta)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumen:
    """What the index says of one shipped file: date of the data, number of rows, SHA-256 of the text."""

    version: date
    filas: int
    sha256: str


class ArchivoCatalogos:
    """The shipped catalogs. Each file is read when first asked for, and kept; cheap to create, safe to share."""

    def __init__(self, carpeta: Path | None = None):
        self._carpeta = Path(carpeta or CARPETA)
        self._leidos = {}

    def indice(self) -> dict[str, Resumen]:
        """Return {catalog: summary} of every shipped file."""
        crudo = json.loads((self._carpeta / INDICE).read_text(encoding='utf-8'))
        return {
            nombre: Resumen(version=date.fromisoformat(uno['version']), filas=uno['filas'], sha256=uno['sha256'])
            for nombre, uno in crudo.items()
        }

    def buscar(self, catalogo: str, claves: Collection[str], el: date) -> dict[str, Entrada] | None:
        """Return {key: entry} of the keys in force on that day; None if that catalog is not shipped.

        Empty ``claves`` asks for all of a (small) catalog.
        """
        tabla = self._tabla(catalogo)
        if tabla is None:
            return None
        entradas = (tabla.entrada(clave) for clave in claves or tabla.filas)
        return {una.clave: una for una in entradas if una is not None and una.vigente(el)}

    def todas(self, catalogo: str) -> Iterator[Entrada]:
        """Walk every key of a catalog, in force or not, in the order of the file (by key)."""
        tabla = self._tabla(catalogo)
        return (tabla.entrada(clave) for clave in tabla.filas) if tabla else iter(())

    def zona(self, codigo_postal: str) -> str:
        """Return the IANA zone of a ZIP; that of the centre of the country for one that the catalog does not have."""
        entrada = self._tabla('c_CodigoPostal').entrada(codigo_postal)
        return entrada.datos['zona'] if entrada else ZONA_CENTRO

    def _tabla(self, catalogo):
        if catalogo not in self._leidos:
            self._leidos[catalogo] = _leer(self._carpeta, catalogo)
        return self._leidos[catalogo]


class _Tabla:
    """One file in memory: raw rows by key; an entry is made only when somebody asks for it."""

    def __init__(self, cabeza, filas):
        self.filas = filas
        self._columnas = [_columna(titulo) for titulo in cabeza[len(COLUMNAS_FIJAS):]]
        self._vistos = {}

    def entrada(self, clave):
        fila = self.filas.get(clave)
        if fila is None:
            return None
        return Entrada(clave=clave, nombre=fila[1], desde=_fecha(fila[2]), hasta=_fecha(fila[3]),
                       datos=self._datos(tuple(fila[len(COLUMNAS_FIJAS):])))

    def _datos(self, celdas):
        # Thousands of keys share the same attributes: they share one read-only mapping too.
        datos = self._vistos.get(celdas)
        if datos is None:
            datos = MappingProxyType({
                nombre: leer(celda)
                for (nombre, leer, opcional), celda in zip(self._columnas, celdas, strict=True)
                if celda or not opcional
            })
            self._vistos[celdas] = datos
        return datos


def _leer(carpeta, catalogo):
    ruta = carpeta / f'{catalogo}.csv.gz'
    # The name may come from a document: only a plain name of ours is looked for on the disk.
    if not catalogo.isidentifier() or not ruta.is_file():
        return None
    filas = csv.reader(io.StringIO(gzip.decompress(ruta.read_bytes()).decode('utf-8'), newline=''))
    cabeza = next(filas)
    return _Tabla(cabeza, {fila[0]: fila for fila in filas})


@cache
def _fecha(celda):
    return date.fromisoformat(celda) if celda else None


_TIPOS = {
    'texto': str,
    'entero': int,
    'logico': lambda celda: celda == '1',
    'lista': str.split,
}


def _columna(titulo):
    """Return (name, function that reads a cell, whether an empty cell leaves it out) of one column's head."""
    nombre, _, tipo = titulo.removesuffix('?').partition(':')
    return nombre, _TIPOS[tipo or 'texto'], titulo.endswith('?')
