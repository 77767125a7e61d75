"""Rules of Parte: the components of a concept."""

from .conceptos import limites_rotos
from .registro import regla


def ruta(i: int, j: int, atributo: str) -> str:
    """Return the path of an attribute of the j-th part of the i-th concept."""
    return f'Comprobante/Conceptos/Concepto[{i}]/Parte[{j}]/@{atributo}'


@regla('CFDI40196')
def clave_de_parte_en_catalogo(doc):
    """ClaveProdServ is in force in its catalog."""
    for i, j, parte in doc.partes:
        clave = parte.clave_prod_serv
        if clave is not None and doc.desconocida('c_ClaveProdServ', clave):
            yield ruta(i, j, 'ClaveProdServ'), {**doc.params_clave('c_ClaveProdServ', clave), **doc.linea(i)}


@regla('CFDI40197')
def valor_de_parte_positivo(doc):
    """ValorUnitario, where it exists, is greater than zero."""
    for i, j, parte in doc.partes:
        valor = doc.numero(parte.valor_unitario)
        if valor is not None and not valor:
            yield ruta(i, j, 'ValorUnitario'), {'valor': valor, **doc.linea(i)}


@regla('CFDI40198')
def importe_de_parte_dentro_de_limites(doc):
    """Importe, where it exists, is between the limits of Cantidad x ValorUnitario."""
    for i, j, parte in doc.partes:
        cantidad, valor, importe = (doc.numero(n) for n in (parte.cantidad, parte.valor_unitario, parte.importe))
        if cantidad and valor and importe is not None:
            limites = limites_rotos(doc, cantidad, valor, importe)
            if limites is not None:
                yield ruta(i, j, 'Importe'), {
                    'valor': importe, 'inferior': limites[0], 'superior': limites[1], 'cantidad': cantidad,
                    'valor_unitario': valor, **doc.linea(i)}
