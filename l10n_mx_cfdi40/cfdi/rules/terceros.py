"""Rules of ACuentaTerceros: the third party on whose behalf a concept is invoiced.

CFDI40187, 40189, 40190, 40192 and 40193 compare with the SAT's lists of taxpayers (l_LCO, l_RFC), which not everyone
has: while ``Contexto.lista_lco`` or ``Contexto.lista_rfc`` is None or does not answer, they say nothing of what depends
on it.
"""

from decimal import Decimal

from .registro import regla

#: RFC with which platforms resident in Mexico invoice for sellers resident abroad, and the name that goes with it.
RFC_OFERENTE_EXTRANJERO = 'EXT990101NI1'
NOMBRE_OFERENTE_EXTRANJERO = (
    'EXPEDICIÓN DE CFDI POR RESIDENTES EN MÉXICO QUE PRESTAN SERVICIOS DE INTERMEDIACIÓN ENTRE TERCEROS A OFERENTES DE '
    'BIENES Y SERVICIOS RESIDENTES EN EL EXTRANJERO'
)
TASA_FRONTERA = Decimal('0.08')


def ruta(i: int, atributo: str) -> str:
    """Return the path of an attribute of the third party of the i-th concept."""
    return f'Comprobante/Conceptos/Concepto[{i}]/ACuentaTerceros/@{atributo}'


def _con_rfc(doc):
    return [(i, nodo) for i, nodo in doc.terceros
            if nodo.rfc_a_cuenta_terceros and nodo.rfc_a_cuenta_terceros != RFC_OFERENTE_EXTRANJERO]


def _inscritos(doc):
    """Yield (i, node, row of the l_RFC or None) while the list is at hand."""
    filas = doc.inscritos
    if filas is not None:
        for i, nodo in _con_rfc(doc):
            yield i, nodo, filas.get(nodo.rfc_a_cuenta_terceros)


@regla('CFDI40187')
def tercero_en_lco(doc):
    """The third party's RFC is in the l_LCO (EXT990101NI1 need not be)."""
    terceros = _con_rfc(doc)
    if doc.contexto.lista_lco is None or not terceros:
        return
    presentes = doc.contexto.lista_lco({nodo.rfc_a_cuenta_terceros for _i, nodo in terceros})
    if presentes is None:
        return
    for i, nodo in terceros:
        if nodo.rfc_a_cuenta_terceros not in presentes:
            yield ruta(i, 'RfcACuentaTerceros'), {'valor': nodo.rfc_a_cuenta_terceros, **doc.linea(i)}


@regla('CFDI40188')
def tercero_distinto_de_las_partes(doc):
    """The third party is neither the issuer nor the receiver."""
    partes = {getattr(doc.emisor, 'rfc', None): 'emisor', getattr(doc.receptor, 'rfc', None): 'receptor'}
    for i, nodo in doc.terceros:
        if nodo.rfc_a_cuenta_terceros in partes and nodo.rfc_a_cuenta_terceros is not None:
            yield ruta(i, 'RfcACuentaTerceros'), {
                'valor': nodo.rfc_a_cuenta_terceros, 'quien': partes[nodo.rfc_a_cuenta_terceros], **doc.linea(i)}


@regla('CFDI40189')
def tercero_inscrito(doc):
    """The third party is in the l_RFC; with EXT990101NI1 the name is the one that the SAT orders."""
    for i, nodo in doc.terceros:
        if (nodo.rfc_a_cuenta_terceros == RFC_OFERENTE_EXTRANJERO
                and nodo.nombre_a_cuenta_terceros != NOMBRE_OFERENTE_EXTRANJERO):
            yield ruta(i, 'NombreACuentaTerceros'), {
                'motivo': 'extranjero', 'valor': nodo.nombre_a_cuenta_terceros,
                'esperado': NOMBRE_OFERENTE_EXTRANJERO, **doc.linea(i)}
    for i, nodo, inscrito in _inscritos(doc):
        if inscrito is None:
            yield ruta(i, 'NombreACuentaTerceros'), {
                'motivo': 'lista', 'valor': nodo.nombre_a_cuenta_terceros, 'rfc': nodo.rfc_a_cuenta_terceros,
                **doc.linea(i)}


@regla('CFDI40190')
def nombre_del_tercero(doc):
    """The third party's name is the one registered for its RFC."""
    for i, nodo, inscrito in _inscritos(doc):
        if inscrito is not None and nodo.nombre_a_cuenta_terceros != inscrito.nombre:
            yield ruta(i, 'NombreACuentaTerceros'), {
                'valor': nodo.nombre_a_cuenta_terceros, 'rfc': nodo.rfc_a_cuenta_terceros, **doc.linea(i)}


@regla('CFDI40191')
def regimen_del_tercero(doc):
    """The third party's regime is in force in c_RegimenFiscal."""
    for i, nodo in doc.terceros:
        clave = nodo.regimen_fiscal_a_cuenta_terceros
        if clave is not None and doc.desconocida('c_RegimenFiscal', clave):
            yield ruta(i, 'RegimenFiscalACuentaTerceros'), {
                **doc.params_clave('c_RegimenFiscal', clave), **doc.linea(i)}


@regla('CFDI40192')
def domicilio_del_tercero_registrado(doc):
    """The l_RFC has a ZIP for the third party (an RFC that is not in the list is CFDI40189)."""
    for i, nodo, inscrito in _inscritos(doc):
        if inscrito is not None and not inscrito.codigo_postal and not _en_frontera(doc, i, nodo):
            yield ruta(i, 'DomicilioFiscalACuentaTerceros'), {
                'valor': nodo.domicilio_fiscal_a_cuenta_terceros, 'rfc': nodo.rfc_a_cuenta_terceros, **doc.linea(i)}


@regla('CFDI40193')
def domicilio_del_tercero(doc):
    """The third party's ZIP is the registered one; with EXT990101NI1, that of LugarExpedicion."""
    lugar = doc.comprobante.lugar_expedicion
    for i, nodo in doc.terceros:
        if nodo.rfc_a_cuenta_terceros == RFC_OFERENTE_EXTRANJERO and nodo.domicilio_fiscal_a_cuenta_terceros != lugar:
            yield ruta(i, 'DomicilioFiscalACuentaTerceros'), {
                'motivo': 'extranjero', 'valor': nodo.domicilio_fiscal_a_cuenta_terceros, 'esperado': lugar,
                **doc.linea(i)}
    for i, nodo, inscrito in _inscritos(doc):
        registrado = inscrito.codigo_postal if inscrito is not None else None
        if (registrado and nodo.domicilio_fiscal_a_cuenta_terceros != registrado
                and not _en_frontera(doc, i, nodo)):
            yield ruta(i, 'DomicilioFiscalACuentaTerceros'), {
                'motivo': 'lista', 'valor': nodo.domicilio_fiscal_a_cuenta_terceros,
                'rfc': nodo.rfc_a_cuenta_terceros, **doc.linea(i)}


def _en_frontera(doc, i, nodo):
    """Tell whether the line uses the border's 8 % with a border ZIP: the guide then leaves the l_RFC's ZIP aside."""
    fila = (doc.catalogo('c_CodigoPostal') or {}).get(nodo.domicilio_fiscal_a_cuenta_terceros)
    if fila is None or not fila.datos.get('frontera'):
        return False
    return any(
        fila_i == i and traslado.impuesto == '002' and tasa == TASA_FRONTERA
        for fila_i, _j, traslado, _base, tasa, _importe in doc.traslados
    )
