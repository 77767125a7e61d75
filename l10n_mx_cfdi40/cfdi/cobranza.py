"""What a payment complement is made from: invoices as they were stamped, what is still owed of them, money received.

Everything here is a plain value. Amounts of an invoice are in its own currency, those of a payment in the payment's.
"""
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from .amounts import CERO, resta, suma
from .errors import MontoError
from .values import ACuentaTerceros, Comprobante, Emisor, Receptor, Retencion, Traslado

#: Key of ObjetoImp that stands for an invoice whose lines carry several: the one with most to say of taxes first.
_PRIORIDAD = ('02', '07', '06', '08', '03', '04', '05', '01')
_SIN_IMPUESTOS = '01'


@dataclass(frozen=True, slots=True, kw_only=True)
class Factura:
    """An invoice as its complements name it: what its stamped XML says.

    :ivar uuid: folio fiscal. :ivar moneda: its currency; ``total`` and the taxes are in it, with its decimals.
    :ivar objeto_imp: one key for the whole document (see `objeto_de`).
    :ivar traslados: charged taxes, one per tax, factor and rate; :ivar retenciones: withheld ones, likewise.
    """

    uuid: str
    serie: str | None = None
    folio: str | None = None
    moneda: str
    total: Decimal
    objeto_imp: str
    traslados: tuple[Traslado, ...] = ()
    retenciones: tuple[Retencion, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentoPagado:
    """What one payment covers of one invoice.

    :ivar saldo_anterior: what was owed before, and ``pagado`` what is covered now, both in the invoice's currency.
    :ivar parcialidad: 1 for the first payment of the invoice, counted over its complements in force.
    :ivar parte: the same coverage in the payment's currency; None when it follows from ``equivalencia``, or when the
        payment covers nothing else.
    :ivar equivalencia: agreed units of the invoice's currency per unit of the payment's, or None to use the quotient of
        ``pagado`` by ``parte``. It gives way to the quotient where the SAT's margins would refuse it.
    """

    factura: Factura
    saldo_anterior: Decimal
    pagado: Decimal
    parcialidad: int
    parte: Decimal | None = None
    equivalencia: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PagoRecibido:
    """Money that came in on one date by one form, and what it covers.

    :ivar fecha: local date and time; 12:00:00 when the hour is not known (filling guide, FechaPago).
    :ivar tipo_cambio: pesos per unit of ``moneda``, up to six decimals; ignored for MXN, which is written 1.
    :ivar monto: all that was received, in ``moneda``: fees withheld on the way do not reduce it.
    """

    fecha: datetime
    forma_pago: str
    moneda: str
    tipo_cambio: Decimal | None = None
    monto: Decimal
    num_operacion: str | None = None
    rfc_emisor_cta_ord: str | None = None
    nom_banco_ord_ext: str | None = None
    cta_ordenante: str | None = None
    rfc_emisor_cta_ben: str | None = None
    cta_beneficiario: str | None = None
    tipo_cad_pago: str | None = None
    cert_pago: str | None = None
    cad_pago: str | None = None
    sello_pago: str | None = None
    documentos: tuple[DocumentoPagado, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recibo:
    """What a CFDI of type P says: who, whom, and which payments, all of one receptor.

    :ivar fecha: local date and time of issue (that of each payment is its own).
    :ivar receptor: today's data of whom the invoices were for; its UsoCFDI is always written CP01.
    :ivar sustituye: UUIDs of the wrong complements that this one replaces (TipoRelacion 04).
    :ivar tercero: on whose behalf the money was collected: then one document for each third party (guide, appendix 7).
    """

    fecha: datetime
    serie: str | None = None
    folio: str | None = None
    lugar_expedicion: str
    emisor: Emisor
    receptor: Receptor
    pagos: tuple[PagoRecibido, ...]
    sustituye: tuple[str, ...] = ()
    tercero: ACuentaTerceros | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cuenta:
    """What is owed of an invoice at some moment: its balance, in its currency, and how many payments it has had.

    Payments and credits give another one, so that several payments of a same complement chain by themselves.
    """

    factura: Factura
    saldo: Decimal
    parcialidades: int = 0

    def pagar(self, importe: Decimal, *, parte: Decimal | None = None,
              equivalencia: Decimal | None = None) -> tuple[DocumentoPagado, 'Cuenta']:
        """Cover ``importe`` of the balance: what the complement says of it, and what is owed afterwards.

        :raises MontoError: ``pago_sin_importe`` if it is not above zero, ``pago_mayor_que_saldo``.
        """
        if importe <= CERO:
            raise MontoError('pago_sin_importe', f'Lo aplicado a la factura {self.nombre} es {importe} y debe ser '
                             'mayor que cero. Corrija el importe aplicado.', importe=importe)
        documento = DocumentoPagado(
            factura=self.factura, saldo_anterior=self.saldo, pagado=importe, parcialidad=self.parcialidades + 1,
            parte=parte, equivalencia=equivalencia)
        return documento, replace(self, saldo=self._menos(importe), parcialidades=self.parcialidades + 1)

    def acreditar(self, importe: Decimal) -> 'Cuenta':
        """Take a credit note off the balance: it is not a payment and uses up no parcialidad (guide, appendix 8).

        :raises MontoError: ``pago_mayor_que_saldo``.
        """
        return replace(self, saldo=self._menos(importe))

    def _menos(self, importe: Decimal) -> Decimal:
        saldo = resta(self.saldo, importe)
        if saldo < CERO:
            raise MontoError('pago_mayor_que_saldo', f'A la factura {self.nombre} se le aplican {importe} y solo se '
                             f'deben {self.saldo} {self.factura.moneda}. Reduzca lo aplicado; el excedente se devuelve '
                             'o se factura como anticipo.', importe=importe, saldo=self.saldo)
        return saldo

    @property
    def nombre(self) -> str:
        """Series and folio of the invoice, or its UUID."""
        return ' '.join(filter(None, (self.factura.serie, self.factura.folio))) or self.factura.uuid


def cuenta_de(comprobante: Comprobante) -> Cuenta:
    """The account of an invoice of which nothing has been paid. Errors: those of `factura_de`."""
    factura = factura_de(comprobante)
    return Cuenta(factura=factura, saldo=factura.total)


def factura_de(comprobante: Comprobante) -> Factura:
    """What a complement needs of an invoice, from its stamped document.

    Charged taxes are the document's; withheld ones, of which the document only says the amount by tax, are added up
    from the lines by tax, factor and rate.

    :raises MontoError: ``sin_timbre``; ``monto_ilegible`` where an amount is not a canonical number.
    """
    timbre = comprobante.timbre
    if timbre is None:
        raise MontoError('sin_timbre', 'La factura no tiene timbre, y un complemento de pago solo relaciona facturas '
                         'timbradas. Tímbrela primero.')
    impuestos = comprobante.impuestos
    traslados = impuestos.traslados if impuestos is not None else ()
    retenciones = _retenciones(comprobante) if impuestos is not None and impuestos.retenciones else ()
    _exigir_numeros(comprobante.total, *(n for t in traslados for n in (t.base, t.tasa_o_cuota, t.importe)))
    return Factura(
        uuid=timbre.uuid, serie=comprobante.serie, folio=comprobante.folio, moneda=comprobante.moneda,
        total=comprobante.total, objeto_imp=objeto_de(comprobante, bool(traslados or retenciones)),
        traslados=tuple(traslados), retenciones=retenciones)


def objeto_de(comprobante: Comprobante, con_impuestos: bool) -> str:
    """The one ObjetoImpDR of an invoice: 02 if any line is, as its taxes are broken down; else the key of its lines,
    and of several the one with most to say of taxes. 02 without any tax would be refused (CRP20246): then 01."""
    claves = {str(concepto.objeto_imp) for concepto in comprobante.conceptos}
    if not con_impuestos:
        claves.discard('02')
    return next((clave for clave in _PRIORIDAD if clave in claves), _SIN_IMPUESTOS)


def _exigir_numeros(*valores):
    for valor in valores:
        if valor is not None and not isinstance(valor, Decimal):
            raise MontoError('monto_ilegible', f'La factura trae el importe «{valor}», que no es un número. Pida el '
                             'XML original a quien la emitió.', valor=valor)


def _retenciones(comprobante) -> tuple[Retencion, ...]:
    """The lines' retentions by tax, factor and rate, adding up to the document's amounts."""
    grupos: dict[tuple, list[Retencion]] = {}
    for concepto in comprobante.conceptos:
        for una in concepto.impuestos.retenciones if concepto.impuestos is not None else ():
            _exigir_numeros(una.base, una.tasa_o_cuota, una.importe)
            grupos.setdefault((una.impuesto, una.tipo_factor, una.tasa_o_cuota), []).append(una)
    return tuple(
        Retencion(base=suma(r.base for r in unas), impuesto=impuesto, tipo_factor=factor, tasa_o_cuota=tasa,
                  importe=suma(r.importe for r in unas))
        for (impuesto, factor, tasa), unas in grupos.items())
