"""What a piece of text in a customer's remittance says: an amount, a date, an RFC, or which invoice it means.

People write a same invoice as ``F123``, ``F-00123``, ``Factura F 123`` or ``INV/2026/00012``. All are compared by their
key (`clave`): the runs of letters and of digits in upper case, numbers without leading zeros, joined by hyphens.
"""
import re
import unicodedata
from decimal import Decimal

from .schema_tipos import RFC, UUID

_UUID = re.compile(r'(?<![0-9A-Fa-f-])[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}(?![0-9A-Fa-f-])')
_GRUPOS = re.compile(r'[A-ZÑ&]+|[0-9]+')
_MONEDA = re.compile(r'US\$|MX\$|\$|€|\b(?:MXN|USD|EUR|MXP|DLLS?|DLS|PESOS|DOLARES|M\.?N\.?|M/N)(?![A-Z0-9])\.?')
_MILES_COMA = re.compile(r'[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]{1,6})?')
_MILES_BLANCO = re.compile(r'[0-9]{1,3}(?: [0-9]{3})+(?:\.[0-9]{1,6})?')
_LLANO = re.compile(r'[0-9]+(?:\.[0-9]{1,6})?|\.[0-9]{1,6}')
_COMA_DECIMAL = re.compile(r'(?:[0-9]+|[0-9]{1,3}(?:\.[0-9]{3})+),[0-9]{2}')
_MILES_PUNTO = re.compile(r'[0-9]{1,3}(?:\.[0-9]{3}){2,}')
#: One point and three figures: a thousand where the comma is decimal, a little more than one where the point is.
_DUDOSO = re.compile(r'[1-9][0-9]{0,2}\.[0-9]{3}')
_MESES = 'ENE|FEB|MAR|ABR|MAY|JUN|JUL|AGO|SEP|OCT|NOV|DIC|JAN|APR|AUG|DEC'
_FECHA = re.compile(
    r'(?:[0-9]{1,2}([/.-])[0-9]{1,2}\1(?:[0-9]{4}|[0-9]{2})|[0-9]{4}([/.-])[0-9]{1,2}\2[0-9]{1,2}'
    rf'|[0-9]{{1,2}}[/ -](?:DE )?(?:{_MESES})[A-Z]*\.?[/ -](?:DE )?[0-9]{{2,4}})'
    r'(?:[T ][0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?)?|[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?')

#: Words around a folio that are no part of it.
_PALABRAS = frozenset({
    'FACTURA', 'FACTURAS', 'FOLIO', 'FOLIOS', 'INVOICE', 'INVOICES', 'CFDI', 'NUMERO', 'NUM', 'NO', 'NRO', 'REF',
    'REFERENCIA', 'DOCUMENTO', 'DOC', 'DOCTO', 'SERIE', 'PAGO', 'CONCEPTO'})
#: The same, but these may as well be the series.
_ABREVIATURAS = frozenset({'FAC', 'FACT', 'FOL', 'INV'})
#: A short word before a number is its series, unless it is one of these.
_VACIAS = frozenset({
    'A', 'AL', 'CON', 'DE', 'DEL', 'E', 'EL', 'EN', 'ES', 'LA', 'LAS', 'LO', 'LOS', 'MAS', 'O', 'POR', 'QUE', 'SE',
    'SIN', 'SU', 'SUS', 'UN', 'UNA', 'UNO', 'Y', 'DIA', 'MES', 'ANO', 'TOTAL', 'SUMA', 'TEL', 'CEL', 'EXT', 'CP',
    'AV', 'COL', 'CALLE', 'CTA', 'BANCO', 'CLABE', 'RFC'})
_MAX_NUMERO = 10
_MAX_REFERENCIA = 60
_MAX_ENTEROS = 15


def plano(texto: str) -> str:
    """Upper case, no accents (Ñ stays), plain spaces and hyphens: how texts are compared."""
    texto = texto.upper().replace('Ñ', '\0')
    texto = ''.join(c for c in unicodedata.normalize('NFKD', texto) if not unicodedata.combining(c))
    texto = re.sub(r'[\u2010-\u2015\u2212\u00ad]', '-', texto.replace('\0', 'Ñ'))
    return ' '.join(texto.split())


def uuids(texto: str) -> list[str]:
    """The folios fiscales in it, as the SAT writes them (upper case), each once."""
    return list(dict.fromkeys(hallado.upper() for hallado in _UUID.findall(texto) if UUID.match(hallado)))


def sin_uuid(texto: str) -> str:
    return _UUID.sub(' ', texto)


def _numero(texto: str) -> tuple[str, bool, bool]:
    """Digits and separators of an amount; whether it is negative; whether it names a currency."""
    texto = plano(texto)
    sin_moneda = _MONEDA.sub(' ', texto)
    con_moneda = sin_moneda != texto
    limpio = ' '.join(sin_moneda.split())
    negativo = False
    if limpio.startswith('(') and limpio.endswith(')'):
        limpio, negativo = limpio[1:-1].strip(), True
    elif limpio.startswith('-') or (limpio.endswith('-') and not limpio[:-1].isdigit()):
        limpio, negativo = limpio.strip('-').strip(), True
    return limpio.lstrip('+').replace("'", ','), negativo, con_moneda


def importe(texto: str) -> Decimal | None:
    """The amount that a cell says, or None if it is no amount.

    The point is decimal, as in Mexico; a comma is decimal only before exactly two last digits, and groups thousands
    before three.

    >>> [importe(escrito) for escrito in ('$1,234.56', '1.234,56', '1234,5', '(10.00) MXN')]
    [Decimal('1234.56'), Decimal('1234.56'), None, Decimal('-10.00')]
    """
    limpio, negativo, _con_moneda = _numero(texto)
    if not limpio or len(limpio) > 2 * _MAX_ENTEROS:
        return None
    if _COMA_DECIMAL.fullmatch(limpio):
        limpio = limpio.replace('.', '').replace(',', '.')
    elif _MILES_PUNTO.fullmatch(limpio):
        limpio = limpio.replace('.', '')
    elif _MILES_COMA.fullmatch(limpio) or _MILES_BLANCO.fullmatch(limpio):
        limpio = limpio.replace(',', '').replace(' ', '')
    elif not _LLANO.fullmatch(limpio):
        return None
    if len(limpio.partition('.')[0]) > _MAX_ENTEROS:
        return None
    valor = Decimal(limpio)
    return -valor if negativo and valor else valor


def es_dudoso(texto: str) -> bool:
    """Whether an amount may be read in two ways, one a thousand times the other: ``1.234``."""
    return _DUDOSO.fullmatch(_numero(texto)[0]) is not None


def es_dinero(texto: str) -> bool:
    """Whether it is an amount and cannot be a folio: it has a currency, decimals or thousands."""
    limpio, _negativo, con_moneda = _numero(texto)
    return (con_moneda or not limpio.isdigit()) and importe(texto) is not None


def es_moneda(texto: str) -> bool:
    """Whether it is only the name or the sign of a currency."""
    texto = plano(texto)
    return bool(texto) and not _MONEDA.sub(' ', texto).strip()


def es_fecha(texto: str) -> bool:
    return _FECHA.fullmatch(plano(texto)) is not None


def _grupos(texto: str) -> list[str]:
    return [grupo.lstrip('0') or '0' if grupo.isdigit() else grupo for grupo in _GRUPOS.findall(plano(texto))]


def clave(texto: str) -> str | None:
    """What is compared of a folio, or None if it has not the shape of one: its last run must be a number.

    >>> clave('f-00123') == clave('F 123') == clave('F123')
    True
    """
    grupos = _grupos(texto)
    if not grupos or not grupos[-1].isdigit() or len(grupos[-1]) > _MAX_NUMERO or len(grupos) > 8:
        return None
    return '-'.join(grupos)


def claves(texto: str) -> tuple[str, ...]:
    """The keys that a reference may mean, the most literal first: ``FAC 12`` is series FAC, or just number 12."""
    entera = clave(texto)
    if entera is None:
        return ()
    grupos = entera.split('-')
    sin_palabras = [grupo for grupo in grupos if grupo not in _PALABRAS]
    sin_nada = [grupo for grupo in sin_palabras if grupo not in _ABREVIATURAS]
    return tuple(dict.fromkeys('-'.join(unos) for unos in (grupos, sin_palabras, sin_nada)))


def partes(texto: str) -> list[str]:
    """The runs of letters and digits of a reference as they are written, without the words around it."""
    return [parte for parte in _GRUPOS.findall(plano(texto)) if parte not in _PALABRAS]


def folio(texto: str) -> str | None:
    """The key of a reference without the words around it: ``Factura F-123`` is ``F-123``."""
    entera = clave(texto)
    return entera and '-'.join(grupo for grupo in entera.split('-') if grupo not in _PALABRAS)


def valor_de_referencia(texto: str) -> int:
    """How much a cell looks like an invoice: 2 with letters and number, 1 a bare number, 0 not at all."""
    limpio = plano(texto)
    entera = clave(limpio)
    if entera is None or len(limpio) > _MAX_REFERENCIA or es_fecha(limpio) or RFC.match(limpio):
        return 0
    if es_dinero(limpio) or es_moneda(limpio):
        return 0
    if not any(letra.isalpha() for letra in limpio):
        return 1
    # A sentence with a number in it is no folio. A is a word, and the commonest series too.
    palabras = limpio.split()
    return 2 if len(palabras) <= 4 and not any(map(_es_vacia, palabras, texto.split())) else 0


def _es_vacia(palabra, escrita):
    return palabra in _VACIAS and not (len(palabra) == 1 and escrita.isupper())


def es_serie(texto: str) -> bool:
    """Whether a word right before a number may be its series, or announces it."""
    limpio = plano(texto).rstrip('.:#')
    return limpio in _PALABRAS or (bool(re.fullmatch(r'[A-ZÑ&]{1,5}', limpio)) and not _es_vacia(limpio, texto.strip()))
