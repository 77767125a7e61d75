"""Rules of Emisor."""

from .registro import regla


@regla('CFDI40140')
def regimen_emisor_en_catalogo(doc):
    """RegimenFiscal is in force in its catalog (the XSD still lists retired keys)."""
    clave = doc.emisor.regimen_fiscal if doc.emisor is not None else None
    if clave is not None and doc.desconocida('c_RegimenFiscal', clave):
        yield 'Comprobante/Emisor/@RegimenFiscal', doc.params_clave('c_RegimenFiscal', clave)


@regla('CFDI40141')
def regimen_emisor_de_su_persona(doc):
    """RegimenFiscal is one of the issuer's kind of person: legal (RFC of 12) or natural (of 13)."""
    emisor = doc.emisor
    if emisor is not None and doc.regimen_de_otra_persona(emisor.rfc, emisor.regimen_fiscal):
        yield 'Comprobante/Emisor/@RegimenFiscal', {'valor': emisor.regimen_fiscal, 'rfc': emisor.rfc}
