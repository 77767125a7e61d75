"""The values of a CFDI 4.0: what the SAT's XML says, as plain immutable objects.

Names are those of Anexo 20 in snake_case (SubTotal -> sub_total). An optional attribute that is absent is ``None``;
an empty string is an attribute that is present and empty, which is not the same in the cadena original. Children are
tuples in the order of the document. Amounts are ``Decimal`` in the currency of the document, with the decimals that the
XML writes. A document that was read may carry ``str`` where a number or a date was expected: text that is not canonical
is kept as it came, and ``findings.check`` reports it.
"""
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from .enums import (  # noqa: F401  (the closed lists are part of this vocabulary)
    Exportacion,
    Impuesto,
    MetodoPago,
    ObjetoImp,
    TipoDeComprobante,
    TipoFactor,
    TipoRelacion,
)
from .pagos import Pagos


@dataclass(frozen=True, slots=True, kw_only=True)
class InformacionGlobal:
    """Period covered by a global invoice to the general public. ``anio`` is the attribute Año."""
    periodicidad: str
    meses: str
    anio: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CfdiRelacionados:
    """Documents to which this one is related, all by the same TipoRelacion."""
    tipo_relacion: str
    uuids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Emisor:
    """Who issues. ``nombre`` as the SAT has it registered; ``fac_atr_adquirente`` are 10 digits."""
    rfc: str
    nombre: str
    regimen_fiscal: str
    fac_atr_adquirente: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receptor:
    """Who receives. Foreigners carry ``residencia_fiscal`` (country) and ``num_reg_id_trib`` (their tax id)."""
    rfc: str
    nombre: str
    domicilio_fiscal_receptor: str
    residencia_fiscal: str | None = None
    num_reg_id_trib: str | None = None
    regimen_fiscal_receptor: str
    uso_cfdi: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Traslado:
    """A tax that is charged, on a concept or summed for the document. Exento carries neither rate nor amount."""
    base: Decimal
    impuesto: str
    tipo_factor: str
    tasa_o_cuota: Decimal | None = None
    importe: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Retencion:
    """A tax that the receptor withholds, on a concept."""
    base: Decimal
    impuesto: str
    tipo_factor: str
    tasa_o_cuota: Decimal
    importe: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class RetencionTotal:
    """All that is withheld of one tax in the whole document."""
    impuesto: str
    importe: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ImpuestosConcepto:
    """Taxes of a concept."""
    traslados: tuple[Traslado, ...] = ()
    retenciones: tuple[Retencion, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Impuestos:
    """Taxes of the document; the totals have the decimals of the currency."""
    total_impuestos_retenidos: Decimal | None = None
    total_impuestos_trasladados: Decimal | None = None
    retenciones: tuple[RetencionTotal, ...] = ()
    traslados: tuple[Traslado, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ACuentaTerceros:
    """The third party on whose behalf the concept is invoiced."""
    rfc_a_cuenta_terceros: str
    nombre_a_cuenta_terceros: str
    regimen_fiscal_a_cuenta_terceros: str
    domicilio_fiscal_a_cuenta_terceros: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Parte:
    """A component of a concept, informative. ``informacion_aduanera`` are NumeroPedimento texts."""
    clave_prod_serv: str
    no_identificacion: str | None = None
    cantidad: Decimal
    unidad: str | None = None
    descripcion: str
    valor_unitario: Decimal | None = None
    importe: Decimal | None = None
    informacion_aduanera: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Opaco:
    """A piece of XML that the core keeps whole: an addendum, or a complement without a class of its own.

    ``xml`` is one element in UTF-8 with the namespaces that it uses declared on it (or, in an addendum, bare text);
    ``esquema`` is the URL of its XSD when the document's schemaLocation named one, so that it is named again."""
    xml: bytes
    esquema: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Concepto:
    """A line. ``importe`` is before ``descuento``; unit value and amounts may carry up to six decimals."""
    clave_prod_serv: str
    no_identificacion: str | None = None
    cantidad: Decimal
    clave_unidad: str
    unidad: str | None = None
    descripcion: str
    valor_unitario: Decimal
    importe: Decimal
    descuento: Decimal | None = None
    objeto_imp: str
    impuestos: ImpuestosConcepto | None = None
    a_cuenta_terceros: ACuentaTerceros | None = None
    informacion_aduanera: tuple[str, ...] = ()
    cuenta_predial: tuple[str, ...] = ()
    complemento_concepto: tuple[Opaco, ...] = ()
    parte: tuple[Parte, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TimbreFiscalDigital:
    """The stamp, version 1.1. ``fecha_timbrado`` is central Mexico time, whatever the zone of the issuer."""
    version: str = '1.1'
    uuid: str
    fecha_timbrado: datetime
    rfc_prov_certif: str
    leyenda: str | None = None
    sello_cfd: str
    no_certificado_sat: str
    sello_sat: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RetencionLocal:
    """A local tax withheld; the rate is a percentage with two decimals (5.00 is five per cent)."""
    imp_loc_retenido: str
    tasade_retencion: Decimal
    importe: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class TrasladoLocal:
    """A local tax charged; the rate is a percentage with two decimals."""
    imp_loc_trasladado: str
    tasade_traslado: Decimal
    importe: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ImpuestosLocales:
    """Complement implocal 1.0: state and municipal taxes. They enter Total, not the federal Impuestos node."""
    version: str = '1.0'
    totalde_retenciones: Decimal
    totalde_traslados: Decimal
    retenciones_locales: tuple[RetencionLocal, ...] = ()
    traslados_locales: tuple[TrasladoLocal, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Comprobante:
    """A CFDI 4.0. ``fecha`` is the local time of the ZIP of LugarExpedicion, naive and in whole seconds."""
    version: str = '4.0'
    serie: str | None = None
    folio: str | None = None
    fecha: datetime
    sello: str = ''
    forma_pago: str | None = None
    no_certificado: str = ''
    certificado: str = ''
    condiciones_de_pago: str | None = None
    sub_total: Decimal
    descuento: Decimal | None = None
    moneda: str
    tipo_cambio: Decimal | None = None
    total: Decimal
    tipo_de_comprobante: str
    exportacion: str
    metodo_pago: str | None = None
    lugar_expedicion: str
    confirmacion: str | None = None
    informacion_global: InformacionGlobal | None = None
    cfdi_relacionados: tuple[CfdiRelacionados, ...] = ()
    emisor: Emisor
    receptor: Receptor
    conceptos: tuple[Concepto, ...]
    impuestos: Impuestos | None = None
    complemento: tuple[TimbreFiscalDigital | ImpuestosLocales | Pagos | Opaco, ...] = ()
    addenda: tuple[Opaco, ...] = ()

    @property
    def timbre(self) -> TimbreFiscalDigital | None:
        """The stamp, or None when the document has none."""
        return next((nodo for nodo in self.complemento if isinstance(nodo, TimbreFiscalDigital)), None)
