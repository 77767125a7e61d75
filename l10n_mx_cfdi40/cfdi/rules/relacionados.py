"""Rules of CfdiRelacionados."""

from .registro import regla


@regla('CFDI40137')
def tipo_relacion_en_catalogo(doc):
    """TipoRelacion is in force in its catalog (the XSD still lists retired keys)."""
    for i, nodo in enumerate(doc.comprobante.cfdi_relacionados or (), 1):
        if nodo.tipo_relacion is not None and doc.desconocida('c_TipoRelacion', nodo.tipo_relacion):
            yield f'Comprobante/CfdiRelacionados[{i}]/@TipoRelacion', doc.params_clave(
                'c_TipoRelacion', nodo.tipo_relacion)
