"""The document core on the command line: cadena, seal, verify, check and show.

Exit code 0 when all went well, 1 when a document has an error, 2 when the command is wrong. What is wrong with a file
is said in Spanish and never as a traceback; the other files go on.
"""
import argparse
import getpass
import json
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from . import amounts
from .cadena import cadena_of_xml
from .catalogos import ZONA_CENTRO, ArchivoCatalogos
from .csd import Certificado, Csd
from .errors import CfdiError
from .findings import Contexto, check, mensaje
from .letras import importe_con_letra
from .parse import leer
from .seal import sellar, verificar
from .values import Comprobante

_ENTRADA_ESTANDAR = '-'


def main(argv: list[str]) -> int:
    """Runs a command and returns its exit code."""
    opciones = _argumentos().parse_args(argv)
    try:
        return opciones.orden(opciones)
    except CfdiError as error:
        return _fallo(error)
    except OSError as error:
        return _fallo(_error_de_archivo(error))


def _argumentos():
    raiz = argparse.ArgumentParser(prog='cfdi', description='CFDI 4.0 sin Odoo ni base de datos.')
    ordenes = raiz.add_subparsers(required=True, metavar='ORDEN')

    def orden(nombre, funcion, ayuda):
        una = ordenes.add_parser(nombre, help=ayuda, description=ayuda)
        una.add_argument('archivos', nargs='+', metavar='FILE', help='archivo XML («-» es la entrada estándar)')
        una.set_defaults(orden=funcion)
        return una

    orden('cadena', _cadena, 'Escribe la cadena original de cada archivo.')
    sellado = orden('seal', _sellar, 'Sella un comprobante con un CSD.')
    sellado.add_argument('--cer', required=True, help='archivo .cer del CSD')
    sellado.add_argument('--key', required=True, help='archivo .key del CSD')
    sellado.add_argument('--password', help='contraseña de la llave; sin ella se pregunta')
    sellado.add_argument('-o', '--output', help='archivo que se escribe; sin él, la salida estándar')
    verificacion = orden('verify', _verificar, 'Verifica el sello y el timbre de cada archivo.')
    verificacion.add_argument('--sat', help='certificado .cer del SAT o PAC que firmó el timbre')
    revision = orden('check', _revisar, 'Revisa cada archivo con las reglas del SAT; un objeto JSON por línea.')
    revision.add_argument('--skip', default='', metavar='seal,time', help='grupos de reglas que no se revisan')
    orden('show', _mostrar, 'Resume cada archivo.')
    return raiz


def _fallo(error, archivo=None):
    print(f'{archivo}: {error}' if archivo else error, file=sys.stderr)
    return 1


def _error_de_archivo(error):
    return CfdiError('archivo', f'No se pudo abrir «{error.filename}»: {error.strerror}. Revise la ruta y los '
                     'permisos.')


def _leer(archivo) -> bytes:
    """The bytes of a file. CfdiError ``archivo`` if it cannot be read."""
    if archivo == _ENTRADA_ESTANDAR:
        return sys.stdin.buffer.read()
    try:
        return Path(archivo).read_bytes()
    except OSError as error:
        raise _error_de_archivo(error) from None


def _por_archivo(archivos, hacer: Callable[[str, bytes], int]) -> int:
    """Does something with each file; one that fails is named and the rest go on."""
    peor = 0
    for archivo in archivos:
        try:
            peor = max(peor, hacer(archivo, _leer(archivo)))
        except CfdiError as error:
            peor = max(peor, _fallo(error, archivo))
    return peor


def _cadena(opciones):
    def hacer(_archivo, xml):
        print(cadena_of_xml(xml))
        return 0

    return _por_archivo(opciones.archivos, hacer)


def _sellar(opciones):
    if len(opciones.archivos) > 1:
        print('Selle un archivo a la vez.', file=sys.stderr)
        return 2
    password = opciones.password
    if password is None:
        password = getpass.getpass('Contraseña de la llave privada: ')
    csd = Csd.abrir(_leer(opciones.cer), _leer(opciones.key), password)

    def hacer(_archivo, xml):
        sellado = sellar(leer(xml), csd)
        if opciones.output:
            Path(opciones.output).write_bytes(sellado.xml)
        else:
            sys.stdout.buffer.write(sellado.xml)
            sys.stdout.buffer.flush()
        return 0

    return _por_archivo(opciones.archivos, hacer)


def _verificar(opciones):
    certificado_sat = Certificado.leer(_leer(opciones.sat)) if opciones.sat else None

    def hacer(archivo, xml):
        problemas = verificar(xml, certificado_sat)
        for problema in problemas:
            print(f'{archivo}: {problema.code}: {problema}')
        if not problemas:
            timbre = leer(xml).timbre
            if timbre is None:
                alcance = 'sello correcto; sin timbre'
            elif certificado_sat is None:
                alcance = ('sello correcto y timbre de este comprobante; el sello del SAT no se verificó: indique con '
                           f'--sat el certificado {timbre.no_certificado_sat}')
            else:
                alcance = 'sello y timbre correctos'
            print(f'{archivo}: {alcance}')
        return 1 if problemas else 0

    return _por_archivo(opciones.archivos, hacer)


def contexto() -> Contexto:
    """Context of the rules without a database: the shipped catalogs and this machine's clock."""
    catalogos = ArchivoCatalogos()

    def ahora(codigo_postal):
        hoy = datetime.now(UTC).date()
        entradas = catalogos.buscar('c_CodigoPostal', [codigo_postal], hoy) or {}
        entrada = entradas.get(codigo_postal)
        zona = entrada.datos.get('zona') if entrada else None
        return datetime.now(ZoneInfo(zona or ZONA_CENTRO)).replace(tzinfo=None)

    return Contexto(catalogos=catalogos.buscar, ahora=ahora)


def _revisar(opciones):
    saltar = [grupo for grupo in opciones.skip.replace(' ', '').split(',') if grupo]
    if not set(saltar) <= {'seal', 'time'}:
        print('--skip admite seal y time, separados por coma.', file=sys.stderr)
        return 2
    entorno = contexto()
    peor = 0
    for archivo in opciones.archivos:
        hallazgos = _hallazgos(archivo, entorno, saltar)
        print(json.dumps({'file': archivo, 'findings': hallazgos}, ensure_ascii=False), flush=True)
        if any(uno['severity'] == 'error' for uno in hallazgos):
            peor = 1
    return peor


def _hallazgos(archivo, entorno, saltar):
    """Findings of a file as ``check`` prints them. One that cannot be read at all is what a PAC calls 301."""
    try:
        comprobante = leer(_leer(archivo))
    except CfdiError as error:
        codigo = error.code if error.code == 'archivo' else '301'
        return [{'code': codigo, 'path': error.params.get('ruta', ''), 'severity': 'error', 'message': str(error)}]
    return [{'code': uno.code, 'path': uno.path, 'severity': uno.severity, 'message': mensaje(uno)}
            for uno in check(comprobante, entorno, skip=saltar)]


def _mostrar(opciones):
    def hacer(archivo, xml):
        print(f'{archivo}\n{resumen(leer(xml))}\n')
        return 0

    return _por_archivo(opciones.archivos, hacer)


def _texto(valor) -> str:
    if isinstance(valor, datetime):
        return valor.isoformat(sep=' ')
    if isinstance(valor, date):
        return valor.isoformat()
    return '' if valor is None else str(valor)


def resumen(comprobante: Comprobante) -> str:
    """What a person wants to know of a document, in a few lines."""
    c = comprobante
    renglones = [
        f'  Tipo      {c.tipo_de_comprobante}  Serie y folio {_texto(c.serie)} {_texto(c.folio)}  '
        f'Fecha {_texto(c.fecha)}',
    ]
    if c.emisor:
        renglones.append(f'  Emisor    {c.emisor.rfc}  {c.emisor.nombre}  régimen {c.emisor.regimen_fiscal}')
    if c.receptor:
        renglones.append(f'  Receptor  {c.receptor.rfc}  {c.receptor.nombre}  régimen '
                         f'{c.receptor.regimen_fiscal_receptor}  uso {c.receptor.uso_cfdi}')
    for concepto in c.conceptos:
        renglones.append(f'  {_texto(concepto.cantidad):>12} {concepto.clave_unidad}  {concepto.clave_prod_serv}  '
                         f'{_texto(concepto.descripcion)[:60]}  {_texto(concepto.importe)}')
    renglones.append(f'  Subtotal {_texto(c.sub_total)}  Descuento {_texto(c.descuento) or "0"}  '
                     f'Total {_texto(c.total)} {c.moneda}')
    if isinstance(c.total, Decimal) and amounts.CERO <= c.total < 10 ** 15:
        renglones.append(f'  {importe_con_letra(c.total, c.moneda)}')
    timbre = c.timbre
    renglones.append(f'  Folio fiscal {timbre.uuid}  timbrado {_texto(timbre.fecha_timbrado)}' if timbre else
                     '  Sin timbre' if c.sello else '  Sin sello ni timbre')
    return '\n'.join(renglones)


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
