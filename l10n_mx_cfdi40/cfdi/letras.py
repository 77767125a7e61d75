"""Amounts in Spanish words, as a Mexican invoice prints them: CIENTO DIECISÉIS PESOS 00/100 M.N."""
from decimal import Decimal

from . import amounts
from .errors import MontoError

_MENORES = (
    'CERO', 'UNO', 'DOS', 'TRES', 'CUATRO', 'CINCO', 'SEIS', 'SIETE', 'OCHO', 'NUEVE', 'DIEZ', 'ONCE', 'DOCE', 'TRECE',
    'CATORCE', 'QUINCE', 'DIECISÉIS', 'DIECISIETE', 'DIECIOCHO', 'DIECINUEVE', 'VEINTE', 'VEINTIUNO', 'VEINTIDÓS',
    'VEINTITRÉS', 'VEINTICUATRO', 'VEINTICINCO', 'VEINTISÉIS', 'VEINTISIETE', 'VEINTIOCHO', 'VEINTINUEVE',
)
_DECENAS = ('', '', '', 'TREINTA', 'CUARENTA', 'CINCUENTA', 'SESENTA', 'SETENTA', 'OCHENTA', 'NOVENTA')
_CENTENAS = ('', 'CIENTO', 'DOSCIENTOS', 'TRESCIENTOS', 'CUATROCIENTOS', 'QUINIENTOS', 'SEISCIENTOS', 'SETECIENTOS',
             'OCHOCIENTOS', 'NOVECIENTOS')
_APOCOPES = {'VEINTIUNO': 'VEINTIÚN', 'UNO': 'UN'}
_MAXIMO = 10 ** 15
#: Singular, plural and what closes the phrase. Any other currency is named by its key.
_MONEDAS = {
    'MXN': ('PESO', 'PESOS', 'M.N.'),
    'USD': ('DÓLAR', 'DÓLARES', 'USD'),
    'EUR': ('EURO', 'EUROS', 'EUR'),
}


def _hasta_mil(numero: int) -> str:
    centenas, resto = divmod(numero, 100)
    if numero == 100:
        return 'CIEN'
    palabras = [_CENTENAS[centenas]] if centenas else []
    if resto >= 30:
        decenas, unidades = divmod(resto, 10)
        palabras.append(f'{_DECENAS[decenas]} Y {_MENORES[unidades]}' if unidades else _DECENAS[decenas])
    elif resto:
        palabras.append(_MENORES[resto])
    return ' '.join(palabras)


def _hasta_millon(numero: int) -> str:
    miles, resto = divmod(numero, 1000)
    palabras = []
    if miles:
        palabras.append('MIL' if miles == 1 else f'{_apocope(_hasta_mil(miles))} MIL')
    if resto:
        palabras.append(_hasta_mil(resto))
    return ' '.join(palabras)


def _apocope(palabras: str) -> str:
    """UNO before a noun is UN: TREINTA Y UN MIL, VEINTIÚN PESOS."""
    for larga, corta in _APOCOPES.items():
        if palabras.endswith(larga):
            return palabras.removesuffix(larga) + corta
    return palabras


def numero_con_letra(numero: int) -> str:
    """A whole number from 0 to 10^15 - 1 in words, in the long scale that Spanish uses (a BILLÓN is 10^12)."""
    if not 0 <= numero < _MAXIMO:
        raise MontoError('monto_fuera_de_rango', f'El importe {numero} no se puede escribir con letra: debe estar '
                         'entre 0 y 999 billones.', numero=numero)
    if not numero:
        return _MENORES[0]
    billones, resto = divmod(numero, 10 ** 12)
    millones, unidades = divmod(resto, 10 ** 6)
    palabras = []
    for cuantos, uno, varios in ((billones, 'BILLÓN', 'BILLONES'), (millones, 'MILLÓN', 'MILLONES')):
        if cuantos:
            palabras.append(f'UN {uno}' if cuantos == 1 else f'{_apocope(_hasta_millon(cuantos))} {varios}')
    if unidades:
        palabras.append(_hasta_millon(unidades))
    return ' '.join(palabras)


def importe_con_letra(importe: Decimal, moneda: str = 'MXN') -> str:
    """An amount of 0 to 10^15 in words, rounded to cents: ``VEINTIÚN PESOS 50/100 M.N.``, ``UN MILLÓN DE DÓLARES
    00/100 USD``; other currencies by their key: ``DIEZ 00/100 JPY``. MontoError if negative or too large."""
    escrito = amounts.texto(amounts.redondear(importe, 2))
    entero, _punto, centavos = escrito.partition('.')
    numero = int(entero)
    palabras = numero_con_letra(numero)
    if moneda not in _MONEDAS:
        return f'{palabras} {centavos}/100 {moneda}'
    uno, varios, cierre = _MONEDAS[moneda]
    palabras = _apocope(palabras)
    if numero and numero % 10 ** 6 == 0:
        palabras += ' DE'  # UN MILLÓN DE PESOS
    return f'{palabras} {uno if numero == 1 else varios} {centavos}/100 {cierre}'
