"""Values to XML and cadena original, in one pass over the tables of ``schema``.

The tables are turned once, at import, into flat tuples; a document is then two lists of strings that are joined. That
is what keeps a document of a thousand lines within a few milliseconds; there is no other trick.
"""
from decimal import Decimal
from operator import attrgetter

from lxml import etree

from . import schema
from .cadena import campos_de_complemento
from .enums import Impuesto, TipoFactor
from .errors import XmlError
from .parse import leer_fragmento
from .texto import Inadmisible, canonico, escapar, escrito
from .values import Comprobante, Opaco

_DECLARACION = '<?xml version="1.0" encoding="UTF-8"?>\n'


class _Plan:
    """A node's table, flattened for writing."""
    __slots__ = ('abre', 'atributos', 'cierra', 'en_cadena', 'es_hoja', 'fin', 'hijos', 'leer_hijos', 'nodo', 'orden',
                 'plantilla', 'valores')

    def __init__(self, nodo: schema.Nodo):
        self.nodo = nodo
        self.abre = f'<{nodo.etiqueta}{_espacio_propio(nodo)}'
        self.cierra = f'</{nodo.etiqueta}>'
        self.valores = nodo.valores
        self.atributos = tuple((f' {a.nombre}="', a.en_cadena, a.requerido) for a in nodo.atributos)
        self.hijos = tuple(_PlanHijo(hijo, nodo.espacio.prefijo) for hijo in nodo.hijos)
        self.leer_hijos = _lector([hijo.campo for hijo in nodo.hijos])
        self.en_cadena = nodo.en_cadena
        self.fin = '' if nodo.hijos else '/>'
        self.plantilla = self.abre + ''.join(f' {a.nombre}="%s"' for a in nodo.atributos) + self.fin
        self.es_hoja = not nodo.hijos and all(a.en_cadena for a in nodo.atributos)
        partes = nodo.atributos + nodo.hijos
        self.orden = nodo.cadena and tuple(partes.index(parte) for parte in nodo.cadena)


class _PlanHijo:
    __slots__ = ('abre', 'cierra', 'hojas', 'plan', 'varios')

    def __init__(self, hijo: schema.Hijo, prefijo: str):
        self.abre = f'<{prefijo}:{hijo.envoltura}>' if hijo.envoltura else ''
        self.cierra = f'</{prefijo}:{hijo.envoltura}>' if hijo.envoltura else ''
        self.plan = None if hijo.nodo is None else _Plan(hijo.nodo)
        self.varios = hijo.maximo is None
        self.hojas = self.varios and self.plan is not None and self.plan.es_hoja


def _espacio_propio(nodo):
    """The stamp declares its namespace on itself: it is added to documents already written."""
    if nodo is not schema.TIMBRE:
        return ''
    espacio = nodo.espacio
    return (f' xmlns:{espacio.prefijo}="{espacio.uri}" xmlns:xsi="{schema.XSI}"'
            f' xsi:schemaLocation="{espacio.uri} {espacio.xsd}"')


def _lector(campos):
    if not campos:
        return None
    leer = attrgetter(*campos)
    return leer if len(campos) > 1 else lambda objeto: (leer(objeto),)


class _Escritura:
    """One document being written. ``xml`` and ``cadena`` are the pieces; the cadena's carry no bars yet.

    ``con_cadena`` False leaves opaque complements out of the cadena instead of walking them: they can be written
    without a table, but not sealed."""
    __slots__ = ('cadena', 'con_cadena', 'espacios', 'xml')

    def __init__(self, con_cadena):
        self.xml = []
        self.cadena = []
        self.espacios = {}
        self.con_cadena = con_cadena

    def documento(self, comprobante, sellado):
        """Writes the root and all below it; its namespaces are known last and go first. ``sellado``: Sello,
        NoCertificado and Certificado in place of the document's."""
        plan = _COMPROBANTE
        valores = plan.valores(comprobante)
        if sellado:
            valores = list(valores)
            valores[_SELLO], valores[_NO_CERTIFICADO], valores[_CERTIFICADO] = sellado
        self.atributos(plan, valores, self.cadena)
        self.hijos(plan, comprobante, self.cadena)
        if self.espacios:
            self.xml[0] = _raiz(self.espacios) + self.xml[0][len(_RAIZ):]

    def nodo(self, plan, objeto, cadena):
        """Writes one node and all below it."""
        if plan.orden:
            self._en_otro_orden(plan, objeto, cadena)
            return
        self.atributos(plan, plan.valores(objeto), cadena)
        if plan.leer_hijos is not None:
            self.hijos(plan, objeto, cadena)

    def hijos(self, plan, objeto, cadena):
        """Writes the children of a node, and its end."""
        xml = self.xml
        abierto = False
        for hijo, valor in zip(plan.hijos, plan.leer_hijos(objeto), strict=True):
            if valor:
                if not abierto:
                    xml.append('>')
                    abierto = True
                self.hijo(hijo, valor, cadena)
        xml.append(plan.cierra if abierto else '/>')

    def hojas(self, plan, objetos, cadena):
        """Writes nodes of a kind that have no children, taxes above all. One that has all its attributes and nothing to
        escape is one format and one extend."""
        xml, leer, plantilla = self.xml, plan.valores, plan.plantilla
        for objeto in objetos:
            valores = leer(objeto)
            if _TIPOS_SENCILLOS.issuperset(map(type, valores)):
                textos = tuple(map(str, valores))
                unido = ''.join(textos).replace('.', '')
                # Signs and exponents are not alphanumeric (E always has one after it); a NaN is.
                if unido.isalnum() and 'NaN' not in unido and 'Inf' not in unido:
                    xml.append(plantilla % textos)
                    cadena += textos
                    continue
            self.atributos(plan, valores, cadena)

    def atributos(self, plan, valores, cadena):
        """Writes the opening of a node, attribute by attribute."""
        partes = [plan.abre]
        for (prefijo, en_cadena, requerido), valor in zip(plan.atributos, valores, strict=True):
            clase = type(valor)
            if clase is str:
                escapado = texto = valor
                if not valor.isalnum():
                    escapado, texto = escrito(valor)
            elif valor is None:
                if requerido and en_cadena:
                    cadena.append('')  # as the stylesheet does with what should be there
                continue
            elif clase is Decimal:
                escapado = texto = str(valor)
                if 'E' in texto or not '/' < texto < ':':  # exponent, sign, NaN
                    escapado = texto = canonico(valor)
            else:
                escapado = texto = canonico(valor)
            partes.append(f'{prefijo}{escapado}"')
            if en_cadena:
                cadena.append(texto)
        partes.append(plan.fin)
        self.xml.append(''.join(partes))

    def hijo(self, hijo, valor, cadena):
        """Writes a child, or all of a kind, with the node that wraps them."""
        if hijo.abre == _ADDENDA:
            self._addenda(valor)
            return
        if hijo.abre:
            self.xml.append(hijo.abre)
        if hijo.plan is None:
            for elemento in valor:
                self.complemento(elemento, cadena)
        elif hijo.hojas:
            self.hojas(hijo.plan, valor, cadena)
        elif hijo.varios:
            escribir, plan = self.nodo, hijo.plan
            for elemento in valor:
                escribir(plan, elemento, cadena)
        else:
            self.nodo(hijo.plan, valor, cadena)
        if hijo.cierra:
            self.xml.append(hijo.cierra)

    def _en_otro_orden(self, plan, objeto, cadena):
        """A node whose place in the cadena is not the order of the XML: its parts are kept apart, then put in order."""
        partes = []
        xml = self.xml
        xml.append(plan.abre)
        for (prefijo, _en_cadena, requerido), valor in zip(plan.atributos, plan.valores(objeto), strict=True):
            if valor is None:
                partes.append([''] if requerido else ())
                continue
            escapado, texto = escrito(valor if type(valor) is str else canonico(valor))
            xml.append(f'{prefijo}{escapado}"')
            partes.append([texto])
        xml.append('>')
        for hijo, valor in zip(plan.hijos, plan.leer_hijos(objeto), strict=True):
            parte = []
            if valor:
                self.hijo(hijo, valor, parte)
            partes.append(parte)
        xml.append(plan.cierra)
        for indice in plan.orden:
            cadena += partes[indice]

    def complemento(self, valor, cadena):
        """Writes what stands in Complemento or ComplementoConcepto."""
        if isinstance(valor, Opaco):
            self._opaco(valor, cadena)
            return
        plan = _COMPLEMENTOS.get(type(valor))
        if plan is None:
            raise XmlError('valor_no_admitido', f'Un complemento no puede ser de tipo {type(valor).__name__}.',
                           tipo=type(valor).__name__)
        if not plan.abre.endswith('"'):  # all but the stamp are declared at the root
            espacio = plan.nodo.espacio
            self.espacios[espacio.uri] = (espacio.prefijo, espacio.xsd)
        self.nodo(plan, valor, cadena if plan.en_cadena else [])

    def _opaco(self, opaco, cadena):
        texto, elemento = leer_fragmento(opaco.xml)
        self.xml.append(texto)
        if elemento is None:
            raise XmlError('fragmento', 'Un complemento debe ser un nodo de XML, no un texto.')
        uri = etree.QName(elemento).namespace
        if opaco.esquema and uri:
            self.espacios.setdefault(uri, (None, opaco.esquema))
        if self.con_cadena:
            cadena.extend(campos_de_complemento(elemento))

    def _addenda(self, opacos):
        """Addenda is no part of the cadena, and may be a whole node kept with its attributes."""
        partes = [leer_fragmento(opaco.xml) for opaco in opacos]
        entera = len(partes) == 1 and partes[0][1] is not None and partes[0][1].tag == _ADDENDA_XML
        textos = [texto for texto, _elemento in partes]
        self.xml.extend(textos if entera else [_ADDENDA, *textos, _ADDENDA.replace('<', '</')])



def _raiz(espacios):
    """Opening of the root: declaration, namespaces and schemaLocation of the document and its complements."""
    cfdi = schema.CFDI
    declarados = [f' xmlns:{cfdi.prefijo}="{cfdi.uri}" xmlns:xsi="{schema.XSI}"']
    pares = [f'{cfdi.uri} {cfdi.xsd}']
    for uri, (prefijo, xsd) in espacios.items():
        if prefijo:
            declarados.append(f' xmlns:{prefijo}="{uri}"')
        pares.append(f'{escapar(uri)} {escapar(xsd)}')
    return f'{_DECLARACION}<{schema.COMPROBANTE.etiqueta}{"".join(declarados)} xsi:schemaLocation="{" ".join(pares)}"'


_RAIZ = _raiz({})
#: Types whose ``str()`` is what is written, save for what the inner loop looks at.
_TIPOS_SENCILLOS = {str, Decimal, int, Impuesto, TipoFactor}
_ADDENDA = f'<{schema.CFDI.prefijo}:Addenda>'
_ADDENDA_XML = f'{{{schema.CFDI.uri}}}Addenda'
_COMPROBANTE = _Plan(schema.COMPROBANTE)
_COMPROBANTE.abre = _RAIZ  # what nearly every document begins with
_SELLO, _NO_CERTIFICADO, _CERTIFICADO = (
    [a.nombre for a in schema.COMPROBANTE.atributos].index(nombre)
    for nombre in ('Sello', 'NoCertificado', 'Certificado'))
_COMPLEMENTOS = {clase: _Plan(nodo) for clase, nodo in schema.COMPLEMENTOS.items()}
_TIMBRE = _COMPLEMENTOS[schema.TIMBRE.clase]


def escribir(comprobante: Comprobante, con_cadena: bool = True,
             sellado: tuple[str, str, str] | None = None) -> tuple[list[str], str]:
    """``(XML in pieces, cadena original)`` of a document; the first piece is the root's opening. ``sellado``: values
    for Sello, NoCertificado and Certificado in place of the document's. XmlError if a value cannot be written or, when
    ``con_cadena``, if a complement has no table (``complemento_sin_tabla``)."""
    escritura = _Escritura(con_cadena)
    try:
        escritura.documento(comprobante, sellado)
    except Inadmisible as error:
        raise _donde(comprobante, error) from None
    return escritura.xml, f'||{"|".join(escritura.cadena)}||'


def construir(comprobante: Comprobante) -> bytes:
    """The XML of a document: UTF-8, with schemaLocation and a single Complemento. XmlError if a value cannot be
    written (a control character, a number that is none, a date with a time zone...)."""
    return ''.join(escribir(comprobante, con_cadena=False)[0]).encode()


def escribir_timbre(timbre) -> tuple[str, list[str]]:
    """The XML of a stamp, which declares its own namespaces, and the fields of its cadena."""
    escritura = _Escritura(False)
    try:
        escritura.nodo(_TIMBRE, timbre, escritura.cadena)
    except Inadmisible as error:
        raise XmlError(error.code, f'El timbre no se puede escribir: un dato {error}') from None
    return ''.join(escritura.xml), escritura.cadena


def _donde(comprobante, error):
    """The error, with the path of the first value that cannot be written."""
    for ruta, nodo, objeto in schema.recorrer(comprobante):
        for atributo, valor in zip(nodo.atributos, nodo.valores(objeto), strict=True):
            try:
                if valor is not None:
                    escrito(valor if type(valor) is str else canonico(valor))
            except Inadmisible as encontrado:
                lugar = f'{ruta}/@{atributo.nombre}'
                return XmlError(encontrado.code, f'{lugar}: el dato {encontrado}', ruta=lugar)
    return XmlError(error.code, f'Un dato del comprobante {error}')
