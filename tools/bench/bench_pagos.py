"""The payment complement: two hundred invoices of one payment, from what was received to sealed bytes."""

import statistics
import time
from datetime import datetime
from decimal import Decimal

from tools import core_path
from tools.bench import benchmark
from tools.bench.bench_core import _csd

core_path.register()

from l10n_mx_cfdi40.cfdi import seal, values  # noqa: E402 - only importable once the core is registered
from l10n_mx_cfdi40.cfdi.catalogos import ArchivoCatalogos  # noqa: E402
from l10n_mx_cfdi40.cfdi.cobranza import Cuenta, Factura, PagoRecibido, Recibo  # noqa: E402
from l10n_mx_cfdi40.cfdi.complemento_pago import comprobante_de_pago  # noqa: E402
from l10n_mx_cfdi40.cfdi.findings import Contexto, check  # noqa: E402

DOCUMENTS = 200
_DATE = datetime(2026, 8, 3, 10, 0, 0)
_DECIMALS = {"MXN": 2, "USD": 2}


def _invoice(number):
    """An invoice in pesos with IVA 16 % and ISR withheld."""
    base = Decimal(f"{1000 + number}.25")
    tax, withheld = round(base * Decimal("0.16"), 2), round(base * Decimal("0.0125"), 2)
    return Factura(
        uuid=f"{number:08X}-3EA4-4510-ABE3-F05771523E25",
        serie="A",
        folio=str(number),
        moneda="MXN",
        total=base + tax - withheld,
        objeto_imp="02",
        traslados=(
            values.Traslado(
                base=base, impuesto="002", tipo_factor="Tasa", tasa_o_cuota=Decimal("0.160000"), importe=tax
            ),
        ),
        retenciones=(
            values.Retencion(
                base=base, impuesto="001", tipo_factor="Tasa", tasa_o_cuota=Decimal("0.012500"), importe=withheld
            ),
        ),
    )


def receipt(documents, currency):
    """One payment, of half of each invoice (and all of every third), in pesos or in dollars."""
    covered, amount = [], Decimal(0)
    for number in range(documents):
        invoice = _invoice(number)
        paid = invoice.total if number % 3 == 0 else round(invoice.total / 2, 2)
        part = paid if currency == "MXN" else round(paid / Decimal("17.1234"), 2)
        covered.append(Cuenta(factura=invoice, saldo=invoice.total).pagar(paid, parte=part)[0])
        amount += part
    payment = PagoRecibido(
        fecha=_DATE,
        forma_pago="03",
        moneda=currency,
        tipo_cambio=Decimal("17.1234"),
        monto=amount,
        documentos=tuple(covered),
    )
    return Recibo(
        fecha=_DATE,
        serie="P",
        folio="1",
        lugar_expedicion="20000",
        emisor=values.Emisor(rfc="EKU9003173C9", nombre="ESCUELA KEMPER URGATE", regimen_fiscal="601"),
        receptor=values.Receptor(
            rfc="XIA190128J61",
            nombre="XENON INDUSTRIAL ARTICLES",
            domicilio_fiscal_receptor="76343",
            regimen_fiscal_receptor="601",
            uso_cfdi="CP01",
        ),
        pagos=(payment,),
    )


def _sealed(one):
    return seal.sellar(comprobante_de_pago(one, _DECIMALS), _csd())


def _milliseconds(function, times):
    """Median of the processor's time: no part of it waits for anything, and others may be at work on the machine."""
    taken = []
    for _ in range(times):
        started = time.process_time()
        function()
        taken.append((time.process_time() - started) * 1000)
    return statistics.median(taken)


def _measure(options, currency):
    one = receipt(DOCUMENTS, currency)
    context = Contexto(catalogos=ArchivoCatalogos().buscar, ahora=lambda _zip: _DATE)
    found = check(_sealed(one).comprobante, context, skip=("seal",))
    if found:
        raise AssertionError(f"the measured complement is not valid: {found[:3]}")
    return _milliseconds(lambda: _sealed(one), 10 if options.quick else 60)


@benchmark("complement_200_documents", unit="ms", limit=15)
def complement_200_documents(options):
    """Amounts worked out, built and sealed; a payment in the currency of its invoices."""
    return _measure(options, "MXN")


@benchmark("complement_200_documents_other_currency", unit="ms", limit=15)
def complement_200_other_currency(options):
    """The same of a payment in dollars for invoices in pesos: each with its equivalence and margins."""
    return _measure(options, "USD")


@benchmark("complement_200_documents_check", unit="ms", limit=20)
def complement_200_check(options):
    """All rules over that complement, as they run before it is sent."""
    document = comprobante_de_pago(receipt(DOCUMENTS, "USD"), _DECIMALS)
    context = Contexto(catalogos=ArchivoCatalogos().buscar, ahora=lambda _zip: _DATE)
    return _milliseconds(lambda: check(document, context, skip=("seal",)), 10 if options.quick else 60)
