"""Rules of Emisor."""

from .registro import regla


@regla('CFDI40140')
def regimen_emisor_en_catalogo(doc):
    """RegimenFiscal is in force in its catalog (the XSD still lists retired keys)."""
    clave = doc.emisor.regimen_fiscal if doc.emisor is not None else None
    if clave is not None and doc.desconocida('c_RegimenFiscal', clave):
        yield 'Comprobante/Emisor/@RegimenFiscal', doc.params_clave('c_RegimenFiscal', clave)
