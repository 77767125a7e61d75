"""Values of the complement Pagos 2.0 (receipt of payments). Same conventions as ``values``.

Amounts of ``Totales`` are in MXN with two decimals; those of a ``Pago`` in ``moneda_p``; those of a
``DoctoRelacionado`` in ``moneda_dr``.
"""
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class TrasladoDR:
    """Tax charged by the related document, in the part that this payment covers."""
    base_dr: Decimal
    impuesto_dr: str
    tipo_factor_dr: str
    tasa_o_cuota_dr: Decimal | None = None
    importe_dr: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RetencionDR:
    """Tax withheld in the related document, in the part that this payment covers."""
    base_dr: Decimal
    impuesto_dr: str
    tipo_factor_dr: str
    tasa_o_cuota_dr: Decimal
    importe_dr: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ImpuestosDR:
    """Taxes of one related document."""
    retenciones_dr: tuple[RetencionDR, ...] = ()
    traslados_dr: tuple[TrasladoDR, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DoctoRelacionado:
    """An invoice that the payment covers, with its balance before and after. ``equivalencia_dr``: units of
    ``moneda_dr`` per unit of the payment's currency, up to ten decimals."""
    id_documento: str
    serie: str | None = None
    folio: str | None = None
    moneda_dr: str
    equivalencia_dr: Decimal | None = None
    num_parcialidad: int
    imp_saldo_ant: Decimal
    imp_pagado: Decimal
    imp_saldo_insoluto: Decimal
    objeto_imp_dr: str
    impuestos_dr: ImpuestosDR | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrasladoP:
    """Charged tax of the whole payment, one per tax, factor and rate."""
    base_p: Decimal
    impuesto_p: str
    tipo_factor_p: str
    tasa_o_cuota_p: Decimal | None = None
    importe_p: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RetencionP:
    """Withheld tax of the whole payment, one per tax."""
    impuesto_p: str
    importe_p: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ImpuestosP:
    """Taxes of the whole payment."""
    retenciones_p: tuple[RetencionP, ...] = ()
    traslados_p: tuple[TrasladoP, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pago:
    """One payment received and the documents that it covers."""
    fecha_pago: datetime
    forma_de_pago_p: str
    moneda_p: str
    tipo_cambio_p: Decimal | None = None
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
    docto_relacionado: tuple[DoctoRelacionado, ...] = ()
    impuestos_p: ImpuestosP | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Totales:
    """Sums of all payments in MXN, two decimals."""
    total_retenciones_iva: Decimal | None = None
    total_retenciones_isr: Decimal | None = None
    total_retenciones_ieps: Decimal | None = None
    total_traslados_base_iva16: Decimal | None = None
    total_traslados_impuesto_iva16: Decimal | None = None
    total_traslados_base_iva8: Decimal | None = None
    total_traslados_impuesto_iva8: Decimal | None = None
    total_traslados_base_iva0: Decimal | None = None
    total_traslados_impuesto_iva0: Decimal | None = None
    total_traslados_base_iva_exento: Decimal | None = None
    monto_total_pagos: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Pagos:
    """The complement: its totals and one or more payments."""
    version: str = '2.0'
    totales: Totales
    pago: tuple[Pago, ...]
