"""Rules of Receptor."""

from .documento import PUBLICO_EN_GENERAL, RFC_EXTRANJERO, RFC_NACIONAL
from .registro import regla

NODO = 'Comprobante/Receptor'
GENERICOS = (RFC_NACIONAL, RFC_EXTRANJERO)


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


@regla('CFDI40157')
def regimen_receptor_en_catalogo(doc):
    """RegimenFiscalReceptor is in force in its catalog (the XSD still lists retired keys)."""
    yield from _clave(doc, 'c_RegimenFiscal', 'regimen_fiscal_receptor', 'RegimenFiscalReceptor')


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
