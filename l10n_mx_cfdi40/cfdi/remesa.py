"""The remittance of a customer: which invoices a transfer pays and how much of each, read from what he sends.

He sends what he has: a table pasted from a spreadsheet or a mail, a CSV, a list in a message. There is no format, so
`leer` looks for what each line says (see `celdas`) and uses the titles of the columns when there are any. It never
guesses between two amounts: such a row comes back without one and with a problem in words, for a person to decide.
"""
import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise

from . import celdas
from .amounts import suma
from .errors import RemesaError

MAX_BYTES = 1_000_000
MAX_LINEAS = 10_000
MAX_RENGLONES = 3_000
MAX_LARGO = 2_000
MAX_COLUMNAS = 60

_SIN_FACTURA = 'No se encuentra el folio ni el UUID de la factura en este renglón.'
_SIN_IMPORTE = 'El renglón no trae importe.'
_VARIOS_UUID = 'El renglón trae varios UUID: deje una factura por renglón.'
_TOTAL = re.compile(r'(?:GRAN |SUB ?|SALDO |IMPORTE )?TOTAL(?:ES)?\b|SUMAS?\b')
_SOLO_TOTAL = re.compile(_TOTAL.pattern + r' ?:?')
_VINETA = re.compile(r'^\s*(?:[0-9]{1,3}[.)]|[-*•·])\s+(?=.*[0-9])')
#: Titles of the column of amounts, the surest first; and words that tell that a column is another.
_IMPORTES = (('PAGADO', 'PAGO', 'PAID', 'PAYMENT'), ('APLICADO', 'APLICAR', 'ABONO', 'DEPOSITO', 'NETO'),
             ('IMPORTE', 'MONTO', 'AMOUNT', 'CANTIDAD', 'VALOR'), ('TOTAL',), ('SALDO',))
_NO_IMPORTE = frozenset({
    'FECHA', 'DATE', 'FORMA', 'METODO', 'REFERENCIA', 'REF', 'NO', 'NUM', 'NUMERO', 'MONEDA', 'IVA', 'SUBTOTAL',
    'RETENCION', 'RETENCIONES', 'DESCUENTO', 'FOLIO', 'UUID', 'PARCIALIDAD', 'CUENTA', 'BANCO'})
_FACTURAS = (('FACTURA', 'FACTURAS', 'INVOICE'), ('FOLIO', 'FOLIOS'), ('DOCUMENTO', 'DOCTO', 'DOC', 'CFDI'),
             ('REFERENCIA', 'REFERENCE', 'REF'), ('CONCEPTO',))
_NO_FACTURA = frozenset({
    'FECHA', 'DATE', 'IMPORTE', 'MONTO', 'TOTAL', 'SALDO', 'FISCAL', 'UUID', 'TIPO', 'MONEDA', 'PAGADO', 'PAGO',
    'ORDEN', 'PEDIDO', 'CLIENTE'})


@dataclass(frozen=True, slots=True, kw_only=True)
class Renglon:
    """One invoice of the remittance.

    :ivar referencia: how the customer wrote it; '' if the row names none.
    :ivar uuid: folio fiscal in upper case, if the row has one. It goes before everything else.
    :ivar folio: series and number without the words around them (`celdas.folio`), or None.
    :ivar escritas: all that may be the invoice's number in the row, as written, the surest first.
    :ivar claves: their keys (`celdas.claves`), under which the invoice may be known.
    :ivar importe: what is paid of it, in the currency of the money; None if unknown or unsure.
    :ivar linea: number of the line or of the sheet's row, from 1.
    :ivar problema: what is wrong with the row, in Spanish, or None.
    """

    referencia: str
    uuid: str | None = None
    folio: str | None = None
    escritas: tuple[str, ...] = ()
    claves: tuple[str, ...] = ()
    importe: Decimal | None = None
    linea: int
    problema: str | None = None


@dataclass(frozen=True, slots=True)
class _Columnas:
    """Where the titles say that each thing is; -1 where they do not."""

    ancho: int
    importe: int = -1
    serie: int = -1
    factura: int = -1


def leer(contenido: str | bytes) -> list[Renglon]:
    """The rows of a pasted text or of a text file (CSV): one for each line that names an invoice or an amount.

    Titles, totals, greetings and blank lines are left out.

    :raises RemesaError: it is too large, it is no text, or nothing in it looks like an invoice.
    """
    lineas = _texto(contenido).splitlines()
    separador = _separador(lineas)
    return leer_filas(_partir(linea, separador) for linea in lineas)


def leer_filas(filas: Iterable[Sequence[str]]) -> list[Renglon]:
    """The same for the cells of a table, such as a sheet of a workbook; errors as `leer`, without `no_es_texto`."""
    columnas, renglones, con_columna = None, [], False
    for linea, fila in enumerate(filas, start=1):
        if linea > MAX_LINEAS:
            raise _demasiados(MAX_LINEAS)
        cortas = [celda.strip() for celda in fila[:MAX_COLUMNAS]]
        if not any(cortas):
            continue
        titulos = _titulos(cortas)
        if titulos is not None:
            columnas, con_columna = titulos, con_columna or titulos.importe >= 0
            continue
        renglon = _renglon(cortas, columnas, linea)
        if renglon is None:
            continue
        renglones.append(renglon)
        if len(renglones) > MAX_RENGLONES:
            raise _demasiados(MAX_RENGLONES)
    if not any(renglon.referencia for renglon in renglones):
        raise RemesaError('sin_renglones', 'No se reconoce ninguna factura. Pegue una por renglón: su folio o su UUID, '
                          'y el importe pagado.')
    return _sin_importe(_sin_sumas(renglones), con_columna)


def _demasiados(maximo):
    return RemesaError('demasiados_renglones', f'La remesa trae más de {maximo:,} renglones. Divídala en partes.')


# -- from bytes to cells -----------------------------------------------------------------------------------------------

def _texto(contenido):
    if len(contenido) > MAX_BYTES:
        raise RemesaError('demasiado_grande', f'La remesa pesa más de {MAX_BYTES // 1_000_000} MB. Deje solo la lista '
                          'de facturas.')
    if isinstance(contenido, bytes):
        contenido = _decodificar(contenido)
    if '\0' in contenido:
        raise RemesaError('no_es_texto', 'Esto no es texto. Pegue la lista de facturas, o suba un archivo CSV o XLSX.')
    if any(len(linea) > MAX_LARGO for linea in contenido.splitlines()):
        raise RemesaError('no_es_texto', f'La remesa trae una línea de más de {MAX_LARGO} caracteres. Ponga cada '
                          'factura en su renglón.')
    return contenido


def _decodificar(contenido):
    if contenido.startswith((b'PK\x03\x04', b'\xd0\xcf\x11\xe0')):
        raise RemesaError('es_libro', 'Es un libro de Excel que no se puede leer como texto. Guárdelo como XLSX o CSV.')
    if contenido.startswith((b'\xff\xfe', b'\xfe\xff')):
        return contenido.decode('utf-16', errors='replace')
    try:
        return contenido.decode('utf-8-sig')
    except UnicodeDecodeError:
        # What Excel writes in Mexico where nobody chose UTF-8.
        return contenido.decode('cp1252', errors='replace')


def _separador(lineas):
    """What most lines separate their cells with; None where blanks do."""
    utiles = [linea for linea in lineas if any(c.isdigit() for c in linea)]
    for separador in ('\t', ';', '|'):
        if utiles and 2 * sum(separador in linea for linea in utiles) >= len(utiles):
            return separador
    comas = [_sin_numeros(linea) for linea in utiles]
    con_coma = [linea for linea in comas if ',' in linea]
    if not con_coma or 2 * len(con_coma) < len(utiles):
        return None
    return ',' if any(re.search(r',(?! |$)', linea) for linea in con_coma) else ', '


def _sin_numeros(linea):
    """The line without what is quoted and without commas that group thousands."""
    linea = re.sub(r'"[^"]*"', '0', linea)
    return re.sub(r'(?<![0-9A-Za-z,.])[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?(?![0-9,])', '0', linea)


def _partir(linea, separador):
    if separador == ', ':
        return re.split(r',\s+', linea)
    if separador:
        try:
            return next(csv.reader([linea], delimiter=separador, skipinitialspace=True), [])
        except csv.Error:
            return linea.split(separador)
    return re.split(r'\t|\s{2,}', _VINETA.sub('', linea.strip()))


# -- titles ------------------------------------------------------------------------------------------------------------

def _titulos(fila):
    """What the titles say, if this row is one of titles."""
    if len(fila) < 2 or any(c.isdigit() for celda in fila for c in celda):
        return None
    palabras = [set(re.findall(r'[A-ZÑ]+', celdas.plano(celda))) for celda in fila]
    serie = next((n for n, unas in enumerate(palabras) if unas == {'SERIE'}), -1)
    columnas = _Columnas(
        ancho=len(fila), importe=_mejor(palabras, _IMPORTES, _NO_IMPORTE), serie=serie,
        factura=_mejor(palabras, _FACTURAS[1:] + _FACTURAS[:1] if serie >= 0 else _FACTURAS, _NO_FACTURA))
    uuid = any(unas & {'UUID', 'FISCAL'} for unas in palabras)
    return columnas if columnas.importe >= 0 or columnas.factura >= 0 or uuid else None


def _mejor(palabras, grados, ajenas):
    for grado in grados:
        for numero, unas in enumerate(palabras):
            if unas.intersection(grado) and not unas & ajenas.difference(grado):
                return numero
    return -1


# -- rows --------------------------------------------------------------------------------------------------------------

def _renglon(fila, columnas, linea):
    """What a row says, or None if it says nothing of an invoice."""
    uuids = celdas.uuids(' '.join(fila))
    fila = [celdas.sin_uuid(celda).strip() for celda in fila]
    llenas = [celda for celda in fila if celda]
    if not uuids and _es_total(llenas):
        return None
    if columnas is not None and _cabe(fila, columnas):
        referencias, importe, problema = _por_titulos(fila, columnas)
    elif len(llenas) == 1 and not fila[0] and celdas.importe(llenas[0]) is not None:
        # Alone below the amounts: the total.
        referencias, importe, problema = [], *_importe_unico(llenas)
    else:
        referencias, importe, problema = _por_aspecto(llenas, bool(uuids))
    if not uuids and not referencias and importe is None and problema is None:
        return None
    if len(uuids) > 1:
        problema = _VARIOS_UUID
    elif not uuids and not referencias:
        problema = _SIN_FACTURA
    elif importe is not None and importe <= 0:
        problema = f'El importe es {importe}: debe ser mayor que cero. Las notas de crédito se aplican por separado.'
    return Renglon(
        referencia=uuids[0] if uuids else next(iter(referencias), ''), uuid=uuids[0] if len(uuids) == 1 else None,
        folio=celdas.folio(referencias[0]) if referencias else None, escritas=tuple(referencias),
        claves=tuple(dict.fromkeys(clave for escrita in referencias for clave in celdas.claves(escrita))),
        importe=importe, linea=linea, problema=problema)


def _es_total(fila):
    """Whether it is the row of the total: so rotulada, and without an invoice (a payer may be called Total)."""
    planas = [celdas.plano(celda) for celda in fila]
    rotulada = any(_SOLO_TOTAL.fullmatch(plana) for plana in planas) or (bool(planas) and _TOTAL.match(planas[0]))
    return bool(rotulada) and not _candidatas([*fila, *fila[0].split()])[0]


def _cabe(fila, columnas):
    """Whether the row has the shape that the titles promise; a message below the table has not."""
    return len(fila) == columnas.ancho or (len(fila) < columnas.ancho and len(fila) > max(
        columnas.importe, columnas.factura, columnas.serie, 1))


def _por_titulos(fila, columnas):
    """(references, amount, problem) of a row whose columns have titles."""
    escrita = fila[columnas.factura] if columnas.factura >= 0 else ''
    if escrita and columnas.serie >= 0:
        escrita = f'{fila[columnas.serie]} {escrita}'.strip()
    if columnas.factura >= 0:
        referencias = [escrita] if celdas.clave(escrita) else _candidatas([escrita] if escrita else [])[0]
    else:
        buenas, numeros = _candidatas([celda for n, celda in enumerate(fila) if n != columnas.importe and celda])
        referencias = buenas or numeros
    if columnas.importe < 0:
        otras = [celda for n, celda in enumerate(fila) if n not in (columnas.factura, columnas.serie) and celda]
        return referencias, *_importe_unico([celda for celda in otras if celdas.es_dinero(celda)])
    celda = fila[columnas.importe]
    if not celda or celdas.es_moneda(celda) or celda in ('-', '–'):
        return referencias, None, None
    return referencias, *_importe_unico([celda])


def _por_aspecto(fila, con_uuid):
    """(references, amount, problem) of a row without titles: what each cell looks like decides."""
    palabras = len(fila) == 1
    if palabras:
        fila = [palabra.strip(':,') for palabra in re.split(r'[\s=]+', fila[0])[:MAX_COLUMNAS]]
    fila = _juntar_moneda([celda for celda in fila if any(c.isalnum() or c == '$' for c in celda)])
    dinero = [celda for celda in fila if celdas.es_dinero(celda)]
    if palabras and not con_uuid and not dinero and len(fila) > 3 and not _hay_folio(fila):
        return [], None, None  # a sentence with some number in it
    buenas, numeros = _candidatas([celda for celda in fila if celda not in dinero])
    if not dinero and numeros and (buenas or con_uuid or len(numeros) > 1):
        dinero = [numeros.pop()]
    if partido := _partido(fila):
        return buenas or numeros, None, f'El importe puede ser {" o ".join(partido)}: escriba el correcto.'
    return buenas or numeros, *_importe_unico(dinero)


def _hay_folio(fila):
    return any(celdas.valor_de_referencia(celda) == 2 for celda in fila)


def _juntar_moneda(fila):
    """Cells where a currency alone was joined to the number beside it."""
    salida = []
    for celda in fila:
        if salida and celdas.es_moneda(salida[-1]) and celdas.importe(celda) is not None:
            salida[-1] = f'{salida[-1]} {celda}'
        elif celdas.es_moneda(celda) and salida and celdas.es_dinero(salida[-1]):
            continue
        else:
            salida.append(celda)
    return salida


def _partido(fila):
    """The two readings of an amount whose comma separated it in two cells: ``F123,1,160.00``."""
    for una, otra in pairwise(fila[1:]):
        junto = celdas.importe(f'{una},{otra}') if re.fullmatch(r'\$? ?[0-9]{1,3}', una) else None
        if junto is not None and re.fullmatch(r'[0-9]{3}(\.[0-9]+)?|[0-9]{2}', otra):
            return otra, f'{junto:,}'
    return None


def _candidatas(fila):
    """What in these cells may name the invoice, in order: (with letters and number, bare numbers)."""
    buenas, numeros, anterior = [], [], ''
    for celda in fila:
        valor = celdas.valor_de_referencia(celda)
        if valor == 1 and celdas.es_serie(anterior):
            buenas.append(f'{anterior} {celda}')
        elif valor:
            (buenas if valor == 2 else numeros).append(celda)
        elif ' ' in celda and any(c.isdigit() for c in celda) and not celdas.es_fecha(celda):
            buenas.extend(_candidatas([palabra.strip('.,:;()') for palabra in celda.split()[:MAX_COLUMNAS]])[0])
        anterior = celda
    return buenas, numeros


def _importe_unico(escritos):
    """(amount, problem) from what may be the amount; several that differ are not chosen among."""
    if any(celdas.es_dudoso(escrito) for escrito in escritos):
        dudoso = next(escrito for escrito in escritos if celdas.es_dudoso(escrito))
        return None, f'«{dudoso}» puede leerse de dos maneras: escriba el importe con centavos.'
    leidos = {escrito: celdas.importe(escrito) for escrito in escritos}
    ilegible = next((escrito for escrito, valor in leidos.items() if valor is None), None)
    if ilegible is not None:
        return None, f'«{ilegible[:40]}» no es un importe.'
    valores = {valor for valor in leidos.values() if valor} or set(leidos.values())
    if len(valores) > 1:
        return None, f'El renglón trae varios importes ({", ".join(leidos)}): escriba el que se pagó.'
    return next(iter(valores), None), None


def _sin_sumas(renglones):
    """Without the totals that no word tells: an amount without an invoice that is the sum of those that have one."""
    sumas, corrida = set(), Decimal(0)
    facturas = [una for una in renglones if una.referencia and una.importe is not None]
    if len(facturas) < 2:
        return renglones
    total = suma(una.importe for una in facturas)
    for una in renglones:
        if una.referencia:
            corrida += una.importe or 0
        elif una.importe in (corrida, total):
            sumas.add(una.linea)
    return [una for una in renglones if una.linea not in sumas]


def _sin_importe(renglones, con_columna):
    """A remittance of only invoices pays each whole; where others have amounts, who has none lacks it."""
    if not con_columna and all(una.importe is None for una in renglones):
        return renglones
    return [
        replace(una, problema=_SIN_IMPORTE) if una.importe is None and una.problema is None else una
        for una in renglones]
