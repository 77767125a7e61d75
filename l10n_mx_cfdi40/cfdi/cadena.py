"""The cadena original: what the seal is computed over.

``cadena_of_xml`` walks the text of an XML as it stands, with the same tables that write it; ``build.escribir`` writes
it from values. Both equal the SAT's stylesheet. A required attribute always counts, empty if it is not there; an
optional one counts when present, even empty. The stamp and the addenda say nothing.
"""
from lxml import etree

from . import schema
from .errors import XmlError
from .parse import arbol, revisar_raiz
from .texto import colapsar


class _Pasos:
    """A node's table, flattened for walking an XML tree."""
    __slots__ = ('atributos', 'hijos', 'partes')

    def __init__(self, nodo: schema.Nodo):
        self.atributos = tuple((a.nombre, a.requerido) for a in nodo.atributos if a.en_cadena)
        self.hijos = tuple(map(_ruta, nodo.hijos))
        self.partes = nodo.cadena and tuple(
            ((parte.nombre, parte.requerido), None) if isinstance(parte, schema.Atributo) else (None, _ruta(parte))
            for parte in nodo.cadena)


def _ruta(hijo):
    """``(names to descend through, steps of what is found there)``; the steps are None for any complement."""
    espacio = f'{{{schema.CFDI.uri}}}' if hijo.nodo is None else f'{{{hijo.nodo.espacio.uri}}}'
    nombres = [espacio + nombre for nombre in (hijo.envoltura, hijo.nodo and hijo.nodo.nombre) if nombre]
    if hijo.envoltura == 'Addenda':
        nombres = ()
    return tuple(nombres), hijo.nodo and _Pasos(hijo.nodo)


_COMPROBANTE = _Pasos(schema.COMPROBANTE)
_COMPLEMENTOS = {nombre: _Pasos(nodo) for nombre, nodo in schema.COMPLEMENTOS_XML.items() if nodo.en_cadena}
_CALLADOS = {nombre for nombre, nodo in schema.COMPLEMENTOS_XML.items() if not nodo.en_cadena}


def _caminar(pasos, elemento, campos):
    if not pasos.partes:
        for nombre, requerido in pasos.atributos:
            _atributo(elemento, nombre, requerido, campos)
        for ruta in pasos.hijos:
            _hijos(ruta, elemento, campos)
        return
    for atributo, ruta in pasos.partes:
        if ruta is None:
            _atributo(elemento, *atributo, campos)
        else:
            _hijos(ruta, elemento, campos)


def _atributo(elemento, nombre, requerido, campos):
    valor = elemento.get(nombre)
    if valor is not None:
        campos.append(colapsar(valor))
    elif requerido:
        campos.append('')


def _hijos(ruta, elemento, campos):
    nombres, pasos = ruta
    if not nombres:
        return
    encontrados = elemento.iterchildren(nombres[0])
    if pasos is None:
        for envoltura in encontrados:
            for complemento in envoltura.iterchildren(etree.Element):
                campos.extend(campos_de_complemento(complemento))
    elif len(nombres) == 1:
        for hijo in encontrados:
            _caminar(pasos, hijo, campos)
    else:
        for envoltura in encontrados:
            for hijo in envoltura.iterchildren(nombres[1]):
                _caminar(pasos, hijo, campos)


def campos_de_complemento(elemento) -> list[str]:
    """What a complement's element adds to the cadena. XmlError ``complemento_sin_tabla`` if it has no table: a cadena
    that left it out would be a wrong one."""
    campos = []
    pasos = _COMPLEMENTOS.get(elemento.tag)
    if pasos is not None:
        _caminar(pasos, elemento, campos)
    elif elemento.tag not in _CALLADOS:
        nombre = etree.QName(elemento)
        raise XmlError('complemento_sin_tabla', f'El complemento «{nombre.localname}» ({nombre.namespace}) aún no se '
                       'conoce aquí, y sin él la cadena original sería incorrecta. No se puede sellar ni verificar.',
                       complemento=nombre.localname, espacio=nombre.namespace)
    return campos


def cadena_de_arbol(raiz) -> str:
    """Cadena original of a tree that ``parse.arbol`` gave."""
    revisar_raiz(raiz)
    campos = []
    _caminar(_COMPROBANTE, raiz, campos)
    return f'||{"|".join(campos)}||'


def cadena_of_xml(xml: bytes) -> str:
    """Cadena original 4.0 of an XML as it is written, sealed or not, stamped or not. XmlError: those of
    ``parse.arbol``, no_es_cfdi, version and complemento_sin_tabla."""
    return cadena_de_arbol(arbol(xml))


def cadena(comprobante) -> str:
    """Cadena original 4.0 of values. XmlError if a value cannot be written or a complement has no table."""
    from .build import escribir  # build needs the complements' walker of this module

    return escribir(comprobante)[1]


def cadena_timbre(timbre) -> str:
    """Cadena original of a TimbreFiscalDigital 1.1 (values): what SelloSAT is computed over."""
    from .build import escribir_timbre

    return f'||{"|".join(escribir_timbre(timbre)[1])}||'
