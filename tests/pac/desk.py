"""An issuer's and a receiver's desks over one engine: what each signs and what each is answered."""

from datetime import UTC, datetime
from decimal import Decimal

from lxml import etree

from l10n_mx_cfdi40.cfdi import firma_xml, parse, qr
from l10n_mx_cfdi40.cfdi.cancelacion import ESPACIO
from l10n_mx_cfdi40.cfdi.cobranza import PagoRecibido, Recibo, cuenta_de
from l10n_mx_cfdi40.cfdi.complemento_pago import comprobante_de_pago
from l10n_mx_cfdi40.cfdi.values import CfdiRelacionados, InformacionGlobal, Receptor
from l10n_mx_cfdi40.pac.authority import RFC_PAC
from l10n_mx_cfdi40.pac.base import Received
from l10n_mx_cfdi40.pac.clock import CENTRAL

RFC, RECEIVER, STRANGER = "EKU9003173C9", "URE180429TM6", "CACX7605101P8"
#: A folio that nobody stamped.
NOBODY = "11111111-2222-4333-8444-555555555555"
#: When the complements of payment were issued, if not said otherwise.
ISSUED = datetime(2026, 8, 13, 11, 45, 0)
#: A Monday: the second business day after the documents' Thursday, so the receiver must accept what is worth more than
#: a thousand pesos.
LATER = datetime(2026, 8, 17, 18, 0, 0, tzinfo=UTC)
#: Sums to more than a thousand pesos.
DEAR = Decimal("10000.00")
PUBLIC = {
    "receptor": Receptor(
        rfc="XAXX010101000", nombre="PUBLICO EN GENERAL", domicilio_fiscal_receptor="42501",
        regimen_fiscal_receptor="616", uso_cfdi="S01",
    ),
    "informacion_global": InformacionGlobal(periodicidad="01", meses="08", anio=2026),
}
_NAMESPACES = {
    None: ESPACIO, "xsd": "http://www.w3.org/2001/XMLSchema", "xsi": "http://www.w3.org/2001/XMLSchema-instance",
}


def received(outcome, code="201"):
    """The outcome, once it is known to say that the request is there."""
    assert isinstance(outcome, Received), outcome
    assert outcome.code == code
    return outcome


def receipt(invoice, amount):
    """One transfer for the invoice, as it was stamped."""
    covered, _account = cuenta_de(invoice).pagar(Decimal(amount))
    payment = PagoRecibido(
        fecha=datetime(2026, 8, 12, 12, 0, 0), forma_pago="03", moneda="MXN", monto=covered.pagado,
        documentos=(covered,),
    )
    return comprobante_de_pago(
        Recibo(
            fecha=ISSUED, serie="P", folio="1", lugar_expedicion=invoice.lugar_expedicion, emisor=invoice.emisor,
            receptor=invoice.receptor, pagos=(payment,),
        ),
        {"MXN": 2},
    )


class Desk:
    """``csds``: by RFC. Requests are written here by hand, so that also those that the core refuses to write can be."""

    def __init__(self, engine, pac, documents, stamp, csds):
        self.engine, self.pac, self.documents, self._stamp, self.csds = engine, pac, documents, stamp, csds

    # Documents

    def stamp(self, sealed):
        """UUID of a sealed document, once stamped."""
        return parse.leer(self._stamp(sealed).xml).timbre.uuid

    def stamped(self, **changes):
        """UUID of a new document, sealed at the engine's moment."""
        changes.setdefault("fecha", self.local())
        changes.setdefault("folio", str(self.engine.count() + 1))
        return self.stamp(self.documents.sealed(**changes))

    def dear(self, **changes):
        """UUID of a document that the receiver must accept to cancel; the clock goes to that day."""
        uuid = self.stamped(price=DEAR, **changes)
        self.engine.clock.freeze(LATER)
        return uuid

    def naming(self, uuid, kind="04", **changes):
        """UUID of a document that names another by that relation."""
        return self.stamped(cfdi_relacionados=(CfdiRelacionados(tipo_relacion=kind, uuids=(uuid,)),), **changes)

    def values(self, uuid):
        """A stamped document, read."""
        return parse.leer(next(stamp.xml for stamp in self.engine.stamps() if stamp.uuid == uuid))

    def local(self):
        """The time in the centre of Mexico, as documents and requests write it."""
        return self.engine.clock.now().astimezone(CENTRAL).replace(tzinfo=None, microsecond=0)

    # The issuer

    def request(self, *folios, rfc=RFC, signer=None, fecha=None):
        """A signed request; each folio is (UUID, motivo) or (UUID, motivo, substitute), ``None`` for an absent one."""
        root = self._root("Cancelacion", RfcEmisor=rfc, Fecha=self._date(fecha))
        for folio in folios:
            values = dict(zip(("UUID", "Motivo", "FolioSustitucion"), folio, strict=False))
            node = etree.SubElement(etree.SubElement(root, f"{{{ESPACIO}}}Folios"), f"{{{ESPACIO}}}Folio")
            for name, value in values.items():
                if value is not None:
                    node.set(name, value)
        return firma_xml.firmar(root, signer or self.csds[rfc])

    def cancel(self, uuid, reason="02", substitute=None, **how):
        """What the issuer is answered."""
        return self.pac.cancel(self.request((uuid, reason, substitute), **how), uuid=uuid)

    def estado(self, uuid):
        """What the SAT says of a document."""
        return self.pac.estado(self.consulta(uuid))

    def consulta(self, uuid, **changes):
        """The expression of a document."""
        values = self.values(uuid)
        return qr.consulta_de(**{
            "uuid": uuid, "emisor": values.emisor.rfc, "receptor": values.receptor.rfc, "total": values.total,
            "sello": values.sello, **changes,
        })

    # The receiver

    def reply(self, *answers, rfc=RECEIVER, signer=None, rfc_pac=RFC_PAC, fecha=None):
        """A signed answer; each is (UUID, "Aceptacion" or "Rechazo")."""
        root = self._root(
            "SolicitudAceptacionRechazo", RfcReceptor=rfc, RfcPacEnviaSolicitud=rfc_pac, Fecha=self._date(fecha),
        )
        for uuid, answer in answers:
            node = etree.SubElement(root, f"{{{ESPACIO}}}Folios")
            etree.SubElement(node, f"{{{ESPACIO}}}UUID").text = uuid
            etree.SubElement(node, f"{{{ESPACIO}}}Respuesta").text = answer
        return firma_xml.firmar(root, signer or self.csds[rfc])

    def ask_related(self, uuid, *, issuer="", receiver="", signer=None, rfc_pac=RFC_PAC):
        """A signed question for related documents."""
        root = self._root(
            "PeticionConsultaRelacionados", Uuid=uuid, RfcEmisor=issuer, RfcReceptor=receiver,
            RfcPacEnviaSolicitud=rfc_pac,
        )
        return firma_xml.firmar(root, signer or self.csds[issuer or receiver])

    def _date(self, fecha):
        return (fecha or self.local()).isoformat()

    @staticmethod
    def _root(name, **attributes):
        return etree.Element(f"{{{ESPACIO}}}{name}", attributes, nsmap=_NAMESPACES)
