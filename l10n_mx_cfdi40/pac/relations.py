"""Which documents a stamped one names: what its CfdiRelacionados say, and the invoices that its payments cover."""

import sqlite3

from ..cfdi import parse
from ..cfdi.errors import XmlError
from ..cfdi.pagos import Pagos
from ..cfdi.values import Comprobante, TipoRelacion

#: The kind of a relation between a payment and the invoice that it covers (DoctoRelacionado); others are TipoRelacion.
PAYMENT = "DR"
#: The relation of a substitute with what it replaces: it alone does not stand in the way of a cancellation.
REPLACES = str(TipoRelacion.SUSTITUCION)


def relations_of(comprobante: Comprobante) -> frozenset[tuple[str, str]]:
    """(UUID in upper case, kind) of every document that this one names."""
    found = {
        (uuid.upper(), str(group.tipo_relacion)) for group in comprobante.cfdi_relacionados for uuid in group.uuids
    }
    for pagos in comprobante.complemento:
        if isinstance(pagos, Pagos):
            found |= {(paid.id_documento.upper(), PAYMENT) for pago in pagos.pago for paid in pago.docto_relacionado}
    return frozenset(found)


def write_relations(db: sqlite3.Connection, stamp: int, xml: bytes) -> None:
    """Store what the document of a stamp (its id) says of others; inside the caller's transaction."""
    try:
        comprobante = parse.leer(xml)
    except XmlError:
        return  # stamped by a version that read more than this one: it stands, and names nobody
    db.executemany(
        "INSERT OR IGNORE INTO relation (stamp, uuid, kind) VALUES (?, ?, ?)",
        [(stamp, uuid, kind) for uuid, kind in sorted(relations_of(comprobante))],
    )
