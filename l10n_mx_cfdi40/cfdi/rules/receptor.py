"""Rules of Receptor."""

import re

from .documento import PUBLICO_EN_GENERAL, RFC_EXTRANJERO, RFC_NACIONAL
from .registro import regla

NODO = 'Comprobante/Receptor'
GENERICOS = (RFC_NACIONAL, RFC_EXTRANJERO)
MEXICO = 'MEX'


def _clave(doc, catalogo, campo, atributo):
    clave = getattr(doc.receptor, campo, None)
    if clave is not None and doc.desconocida(catalogo, clave):
        yield f'{NODO}/@{atributo}', doc.params_clave(catalogo, clave)


@regla('CFDI40146')
def publico_en_general_con_su_rfc(doc):
    """The name PUBLICO EN GENERAL goes only with XAXX010101000."""
    receptor = doc.receptor
    if receptor is not None and receptor.nombre == PUBLICO_EN_GENERAL and receptor.rfc != RFC_NACIONAL:
        yield f'{NODO}/@Rfc', {'valor': receptor.rfc}


@regla('CFDI40149')
def domicilio_de_rfc_generico(doc):
    """With a generic RFC, DomicilioFiscalReceptor is LugarExpedicion."""
    receptor, lugar = doc.receptor, doc.comprobante.lugar_expedicion
    if receptor is not None and receptor.rfc in GENERICOS and receptor.domicilio_fiscal_receptor != lugar:
        yield f'{NODO}/@DomicilioFiscalReceptor', {'valor': receptor.domicilio_fiscal_receptor, 'esperado': lugar}


@regla('CFDI40150')
def residencia_en_catalogo(doc):
    """ResidenciaFiscal is in c_Pais."""
    yield from _clave(doc, 'c_Pais', 'residencia_fiscal', 'ResidenciaFiscal')


@regla('CFDI40151')
def residencia_solo_de_extranjeros(doc):
    """Only the generic RFC of foreigners carries ResidenciaFiscal: any other RFC is one registered with the SAT."""
    receptor = doc.receptor
    if receptor is not None and receptor.residencia_fiscal is not None and receptor.rfc != RFC_EXTRANJERO:
        yield f'{NODO}/@ResidenciaFiscal', {'valor': receptor.residencia_fiscal, 'rfc': receptor.rfc}


@regla('CFDI40152')
def residencia_no_es_mexico(doc):
    """ResidenciaFiscal is never MEX."""
    if getattr(doc.receptor, 'residencia_fiscal', None) == MEXICO:
        yield f'{NODO}/@ResidenciaFiscal', {'valor': MEXICO}


@regla('CFDI40153')
def residencia_del_registro(doc):
    """NumRegIdTrib needs ResidenciaFiscal, and so does Comercio Exterior with a foreigner's generic RFC."""
    receptor = doc.receptor
    if receptor is None or receptor.residencia_fiscal is not None:
        return
    if receptor.num_reg_id_trib is not None or (receptor.rfc == RFC_EXTRANJERO and doc.comercio_exterior):
        yield f'{NODO}/@ResidenciaFiscal', {}


@regla('CFDI40154')
def registro_solo_de_extranjeros(doc):
    """Only the generic RFC of foreigners carries NumRegIdTrib."""
    receptor = doc.receptor
    if receptor is not None and receptor.num_reg_id_trib is not None and receptor.rfc != RFC_EXTRANJERO:
        yield f'{NODO}/@NumRegIdTrib', {'valor': receptor.num_reg_id_trib, 'rfc': receptor.rfc}


@regla('CFDI40155')
def registro_en_comercio_exterior(doc):
    """Comercio Exterior with a foreigner's generic RFC needs NumRegIdTrib.

    The SAT's message also reads the other way round (NumRegIdTrib only with that complement); its validation does not.
    """
    receptor = doc.receptor
    if (receptor is not None and receptor.rfc == RFC_EXTRANJERO and receptor.num_reg_id_trib is None
            and doc.comercio_exterior):
        yield f'{NODO}/@NumRegIdTrib', {}


@regla('CFDI40156')
def registro_con_la_forma_de_su_pais(doc):
    """NumRegIdTrib has the form that c_Pais gives for ResidenciaFiscal, where it gives one (MEX is CFDI40152)."""
    receptor = doc.receptor
    if receptor is None or not isinstance(receptor.num_reg_id_trib, str) or receptor.residencia_fiscal == MEXICO:
        return
    fila = (doc.catalogo('c_Pais') or {}).get(receptor.residencia_fiscal)
    patron = fila.datos.get('patron_id') if fila is not None else None
    if patron and not re.fullmatch(patron, receptor.num_reg_id_trib):
        yield f'{NODO}/@NumRegIdTrib', {'valor': receptor.num_reg_id_trib, 'pais': receptor.residencia_fiscal}


@regla('CFDI40157')
def regimen_receptor_en_catalogo(doc):
    """RegimenFiscalReceptor is in force in its catalog (the XSD still lists retired keys)."""
    yield from _clave(doc, 'c_RegimenFiscal', 'regimen_fiscal_receptor', 'RegimenFiscalReceptor')


@regla('CFDI40158')
def regimen_receptor_de_su_persona(doc):
    """RegimenFiscalReceptor is one of the receiver's kind of person (with a generic RFC, CFDI40159 says it all)."""
    receptor = doc.receptor
    if receptor is not None and receptor.rfc not in GENERICOS and doc.regimen_de_otra_persona(
            receptor.rfc, receptor.regimen_fiscal_receptor):
        yield f'{NODO}/@RegimenFiscalReceptor', {'valor': receptor.regimen_fiscal_receptor, 'rfc': receptor.rfc}


@regla('CFDI40159')
def regimen_de_rfc_generico(doc):
    """With a generic RFC, RegimenFiscalReceptor is 616."""
    receptor = doc.receptor
    if receptor is not None and receptor.rfc in GENERICOS and receptor.regimen_fiscal_receptor != '616':
        yield f'{NODO}/@RegimenFiscalReceptor', {'valor': receptor.regimen_fiscal_receptor, 'rfc': receptor.rfc}


@regla('CFDI40160')
def uso_en_catalogo(doc):
    """UsoCFDI is in force in its catalog (the XSD still lists P01)."""
    yield from _clave(doc, 'c_UsoCFDI', 'uso_cfdi', 'UsoCFDI')


@regla('CFDI40161')
def uso_del_regimen(doc):
    """UsoCFDI is one for the receiver's kind of person and regime (a regime out of its catalog is CFDI40157)."""
    receptor = doc.receptor
    fila = (doc.catalogo('c_UsoCFDI') or {}).get(getattr(receptor, 'uso_cfdi', None))
    if fila is None:
        return
    regimen, regimenes = receptor.regimen_fiscal_receptor, fila.datos.get('regimenes')
    params = {'valor': receptor.uso_cfdi, 'regimen': regimen, 'rfc': receptor.rfc}
    persona = doc.persona(receptor.rfc)
    if persona is not None and not fila.datos.get(persona, True):
        yield f'{NODO}/@UsoCFDI', {'motivo': 'persona', **params}
    elif regimenes and regimen not in regimenes and regimen is not None and not doc.desconocida(
            'c_RegimenFiscal', regimen):
        yield f'{NODO}/@UsoCFDI', params
