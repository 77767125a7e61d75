"""XML to values. ``arbol`` is the only parser for what comes from outside.

No entities, no DTD, no network, bounded size and depth. What the tables do not know is an error of structure, except
what Anexo 20 leaves open: complements without a table and addenda are kept whole (``values.Opaco``).
"""
import codecs
import re
from datetime import datetime
from decimal import Decimal

from lxml import etree

from . import schema
from .errors import XmlError
from .texto import escapar
from .values import Comprobante, Opaco

#: Largest file read, in bytes, and deepest nesting, in elements.
MAXIMO_BYTES = 20_000_000
MAXIMO_NIVELES = 64

_NUMERO = re.compile(r'-?[0-9]{1,24}(?:\.[0-9]{1,12})?')
_ENTERO = re.compile('0|[1-9][0-9]{0,8}')
_FECHA = re.compile('[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}')
_CODIFICACION = re.compile(r'<\?xml[ \t\r\n][^>]*?encoding[ \t\r\n]*=[ \t\r\n]*["\']([^"\']*)["\']')
_ESPACIO_COMPROBANTE = re.compile(r'\{http://www\.sat\.gob\.mx/cfd/[0-9]+\}Comprobante')
_DEMASIADO_PROFUNDO = etree.XPath('boolean(/' + '/'.join('*' * (MAXIMO_NIVELES + 1)) + ')')
_BLANCOS = ' \t\n\r'
_RACHA = re.compile('[ \t\n\r]*')
_ELEMENTO = re.compile(rb'<[^\s<>&!?/]')
_LIMITES = {etree.ErrorTypes.ERR_INTERNAL_ERROR, getattr(etree.ErrorTypes, 'ERR_RESOURCE_LIMIT', None)}
_UBICACION = f'{{{schema.XSI}}}schemaLocation'


def arbol(xml: bytes, maximo_bytes: int = MAXIMO_BYTES):
    """Root element of an XML that comes from outside. XmlError: demasiado_grande, codificacion, dtd, mal_formado,
    demasiado_profundo."""
    if len(xml) > maximo_bytes:
        raise XmlError('demasiado_grande', f'El archivo mide {len(xml):,} bytes y el máximo es {maximo_bytes:,}. '
                       'Revise que sea un CFDI.', bytes=len(xml), maximo=maximo_bytes)
    xml = xml.removeprefix(codecs.BOM_UTF8)
    _revisar_prologo(xml)
    analizador = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False,
                                 huge_tree=False, recover=False, encoding='UTF-8')
    try:
        raiz = etree.fromstring(xml, analizador)
    except etree.XMLSyntaxError as error:
        if error.code in _LIMITES:
            raise _demasiado_profundo() from None
        linea, columna = error.position
        raise XmlError('mal_formado', f'El archivo no es un XML bien formado (línea {linea}, columna {columna}). '
                       'Pida a quien lo envió el archivo original.', linea=linea, columna=columna) from None
    if raiz.getroottree().docinfo.internalDTD is not None:
        raise _con_dtd()
    if _DEMASIADO_PROFUNDO(raiz):
        raise _demasiado_profundo()
    return raiz


def _demasiado_profundo():
    return XmlError('demasiado_profundo', f'El XML tiene más de {MAXIMO_NIVELES} niveles de nodos o un dato desmedido. '
                    'Revise que sea un CFDI.', maximo=MAXIMO_NIVELES)


def _con_dtd():
    return XmlError('dtd', 'El XML trae una definición de tipo (DOCTYPE), que un CFDI no lleva y que puede ser '
                    'maliciosa. No se abrió.')


def _revisar_prologo(xml):
    """Refuses what is not UTF-8 and any DTD, before the parser sees it."""
    try:
        texto = xml.decode('utf-8')
    except UnicodeDecodeError as error:
        raise XmlError('codificacion', f'El archivo no está en UTF-8 (byte {error.start}). El SAT solo admite UTF-8: '
                       'pida el archivo original, sin convertir.', posicion=error.start) from None
    declarada = _CODIFICACION.match(texto)
    if declarada and declarada.group(1).lower() not in ('utf-8', 'utf8'):
        raise XmlError('codificacion', f'El XML dice estar en «{declarada.group(1)}» y el SAT solo admite UTF-8.',
                       codificacion=declarada.group(1))
    lugar = 0
    while True:
        lugar = _RACHA.match(texto, lugar).end()
        if texto.startswith('<!--', lugar):
            fin = texto.find('-->', lugar + 4)
        elif texto.startswith('<?', lugar):
            fin = texto.find('?>', lugar)
        elif texto.startswith('<!', lugar):
            raise _con_dtd()
        else:
            return
        if fin < 0:
            return
        lugar = fin + 2 + (texto[fin] == '-')


def leer(xml: bytes, maximo_bytes: int = MAXIMO_BYTES) -> Comprobante:
    """A CFDI 4.0, stamped or not, as values. Text that is not a canonical number or date stays as text.

    XmlError: those of ``arbol``, and no_es_cfdi, version (another CFDI), estructura (a node or attribute that Anexo 20
    does not have, or in another order)."""
    return comprobante_de(arbol(xml, maximo_bytes))


def revisar_raiz(raiz) -> None:
    """XmlError ``no_es_cfdi`` or ``version`` unless ``raiz`` is the root of a CFDI 4.0."""
    if raiz.tag != schema.COMPROBANTE.nombre_xml:
        if raiz.tag == 'Comprobante' or _ESPACIO_COMPROBANTE.fullmatch(raiz.tag):
            raise XmlError('version', f'El comprobante es de otra versión ({raiz.get("Version") or raiz.get("version")}'
                           '); aquí solo se leen CFDI 4.0.', version=raiz.get('Version') or raiz.get('version'))
        raise XmlError('no_es_cfdi', f'El XML no es un CFDI: su nodo principal es «{raiz.tag}» y debe ser '
                       'cfdi:Comprobante.', nodo=raiz.tag)


def comprobante_de(raiz) -> Comprobante:
    """``leer`` for a tree that ``arbol`` gave."""
    revisar_raiz(raiz)
    partes = (raiz.get(_UBICACION) or '').split()
    esquemas = dict(zip(partes[::2], partes[1::2], strict=False))  # an odd one has no pair
    return _leer_nodo(_LECTURA[schema.COMPROBANTE], raiz, esquemas, 'Comprobante')


def nodo_de(elemento, nodo: schema.Nodo, ruta: str):
    """An element as values, by its table. XmlError ``estructura``."""
    return _leer_nodo(_LECTURA[nodo], elemento, {}, ruta)


class _Lectura:
    """A node's table, flattened for reading."""
    __slots__ = ('atributos', 'clase', 'faltantes', 'hijos', 'nodo')

    def __init__(self, nodo):
        self.nodo = nodo
        self.clase = nodo.clase
        self.atributos = {a.nombre: (a.campo, _CONVERSORES.get(a.tipo)) for a in nodo.atributos}
        self.faltantes = {a.campo: None for a in nodo.atributos}
        self.hijos = {}
        espacio = nodo.espacio.uri
        for orden, hijo in enumerate(nodo.hijos):
            if hijo.nodo is not None or hijo.envoltura:
                nombre = f'{{{espacio}}}{hijo.envoltura}' if hijo.envoltura else hijo.nodo.nombre_xml
                self.hijos[nombre] = (orden, hijo)
                self.faltantes[hijo.campo] = () if hijo.maximo is None else None


def _numero(texto):
    return Decimal(texto) if _NUMERO.fullmatch(texto) else texto


def _entero(texto):
    return int(texto) if _ENTERO.fullmatch(texto) else texto


def _fecha(texto):
    if not _FECHA.fullmatch(texto):
        return texto
    try:
        return datetime.fromisoformat(texto)
    except ValueError:  # 30 February, 25:00
        return texto


_CONVERSORES = {'importe': _numero, 'decimal': _numero, 'entero': _entero, 'fecha': _fecha}


def _todos(nodo, vistos):
    vistos.setdefault(nodo)
    for hijo in nodo.hijos:
        if hijo.nodo is not None:
            _todos(hijo.nodo, vistos)
    return vistos


_LECTURA = {}
for _raiz in (schema.COMPROBANTE, *schema.COMPLEMENTOS.values()):
    for _nodo in _todos(_raiz, {}):
        _LECTURA[_nodo] = _Lectura(_nodo)


def _estructura(ruta, mensaje):
    return XmlError('estructura', f'{ruta}: {mensaje}, y el Anexo 20 no lo admite ahí. El XML no cumple la estructura '
                    'del SAT; pida el original o genere el comprobante de nuevo.', ruta=ruta)


def _suelto(texto):
    """Whether there is text between nodes, other than white space."""
    return bool(texto) and bool(texto.strip(_BLANCOS))


def _leer_nodo(lectura, elemento, esquemas, ruta):
    """One element as an object of its class. ``esquemas``: URL of the XSD by namespace, as the root names them."""
    campos = dict(lectura.faltantes)
    for nombre, texto in elemento.items():
        atributo = lectura.atributos.get(nombre)
        if atributo is None:
            if nombre.startswith(f'{{{schema.XSI}}}'):
                continue
            raise _estructura(f'{ruta}/@{nombre}', 'hay un atributo desconocido')
        campo, convertir = atributo
        campos[campo] = convertir(texto) if convertir else texto
    if len(elemento):
        _leer_hijos(lectura, elemento, esquemas, ruta, campos)
    if _suelto(elemento.text):
        raise _estructura(ruta, 'hay texto suelto')
    if lectura.clase is str:
        return next(iter(campos.values())) or ''
    return lectura.clase(**campos)


def _leer_hijos(lectura, elemento, esquemas, ruta, campos):
    ultimo = -1
    listas = {}
    for hijo_xml in elemento:
        if _suelto(hijo_xml.tail):
            raise _estructura(ruta, 'hay texto suelto')
        if not isinstance(hijo_xml.tag, str):  # comment or processing instruction
            continue
        orden, hijo = lectura.hijos.get(hijo_xml.tag, (None, None))
        if hijo is None:
            raise _estructura(f'{ruta}/{etree.QName(hijo_xml).localname}', 'hay un nodo desconocido')
        if orden < ultimo and not lectura.nodo.orden_libre:
            raise _estructura(f'{ruta}/{etree.QName(hijo_xml).localname}', 'hay un nodo fuera de orden')
        if orden == ultimo and (hijo.maximo == 1 or hijo.envoltura):
            raise _estructura(f'{ruta}/{etree.QName(hijo_xml).localname}', 'hay un nodo repetido')
        ultimo = orden
        if hijo.envoltura:
            campos[hijo.campo] = _leer_envoltura(hijo, hijo_xml, esquemas, f'{ruta}/{hijo.envoltura}')
        elif hijo.maximo is None:
            lista = listas.setdefault(hijo.campo, [])
            lista.append(_leer_nodo(_LECTURA[hijo.nodo], hijo_xml, esquemas,
                                    f'{ruta}/{hijo.nodo.nombre}[{len(lista) + 1}]'))
        else:
            campos[hijo.campo] = _leer_nodo(_LECTURA[hijo.nodo], hijo_xml, esquemas, f'{ruta}/{hijo.nodo.nombre}')
    for campo, lista in listas.items():
        campos[campo] = tuple(lista)


def _leer_envoltura(hijo, elemento, esquemas, ruta):
    """The content of Conceptos, Traslados..., or of Complemento and Addenda."""
    if hijo.envoltura == 'Addenda':
        return _leer_addenda(elemento, esquemas)
    if elemento.attrib or _suelto(elemento.text):
        raise _estructura(ruta, 'hay un atributo o un texto desconocido')
    leidos = []
    for hijo_xml in elemento:
        if _suelto(hijo_xml.tail):
            raise _estructura(ruta, 'hay texto suelto')
        if not isinstance(hijo_xml.tag, str):
            continue
        nodo = hijo.nodo or schema.COMPLEMENTOS_XML.get(hijo_xml.tag)
        if nodo is None:
            leidos.append(opaco_de(hijo_xml, esquemas))
        elif hijo_xml.tag == nodo.nombre_xml:
            indice = f'[{len(leidos) + 1}]' if hijo.nodo else ''
            leidos.append(_leer_nodo(_LECTURA[nodo], hijo_xml, esquemas, f'{ruta}/{nodo.nombre}{indice}'))
        else:
            raise _estructura(f'{ruta}/{etree.QName(hijo_xml).localname}', 'hay un nodo desconocido')
    if hijo.nodo and not leidos:
        raise _estructura(ruta, 'hay un nodo vacío')
    return tuple(leidos)


def _leer_addenda(elemento, esquemas):
    """What the parties add for themselves, elements and bare text. With attributes of its own it is kept whole."""
    if elemento.attrib:
        return (opaco_de(elemento, esquemas),)
    leidos = [_opaco_texto(elemento.text)] if _suelto(elemento.text) else []
    for hijo in elemento:
        if isinstance(hijo.tag, str):
            leidos.append(opaco_de(hijo, esquemas))
        if _suelto(hijo.tail):
            leidos.append(_opaco_texto(hijo.tail))
    return tuple(leidos)


def _opaco_texto(texto):
    return Opaco(xml=escapar(texto).encode())


def opaco_de(elemento, esquemas=None) -> Opaco:
    """An element as ``Opaco``: self-contained, with the namespaces in scope that it uses, in names or in its text."""
    suelto = etree.fromstring(etree.tostring(elemento, encoding='utf-8', with_tail=False))
    texto = etree.tostring(suelto, encoding='unicode')
    usados = [prefijo for nodo in suelto.iter(etree.Element) for prefijo in nodo.nsmap
              if prefijo and f'{prefijo}:' in texto]
    etree.cleanup_namespaces(suelto, keep_ns_prefixes=sorted(set(usados)))
    uri = etree.QName(suelto).namespace
    return Opaco(xml=etree.tostring(suelto, encoding='utf-8'), esquema=(esquemas or {}).get(uri))


def leer_fragmento(xml: bytes):
    """The XML of an ``Opaco`` as ``(text to write as it stands, its element)``; the element is None for bare text.
    XmlError ``fragmento`` if it is not well formed by itself."""
    try:
        if b'<' not in xml:
            arbol(b'<a>' + xml + b'</a>')
            return xml.decode(), None
        elemento = arbol(xml)
    except XmlError as error:
        raise XmlError('fragmento', f'Un complemento o una addenda no se puede escribir: {error}',
                       causa=error.code) from None
    texto = xml.decode() if _ELEMENTO.match(xml) else etree.tostring(elemento, encoding='unicode')
    return texto, elemento
