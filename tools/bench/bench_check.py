"""Cost of `findings.check`, compared with lxml's parse of the same document."""

import random
import statistics
import time
from datetime import datetime, timedelta
from decimal import Decimal

from lxml import etree

from tools import core_path
from tools.bench import benchmark

LINES = 1000


def random_document(lines, catalogs, seed=40):
    """A valid income document: every line with its own key, a quota tax, a rate tax and a retention."""
    from l10n_mx_cfdi40.cfdi import amounts
    from l10n_mx_cfdi40.cfdi import values as v

    chance = random.Random(seed)
    when = datetime(2026, 8, 3, 10, 0, 0)
    keys = chance.sample(sorted(e.clave for e in catalogs.todas("c_ClaveProdServ") if e.vigente(when.date())), lines)
    units = sorted(e.clave for e in catalogs.todas("c_ClaveUnidad") if e.vigente(when.date()))
    concepts = []
    for number, key in enumerate(keys):
        quantity = Decimal(chance.randrange(1_000_000, 99_000_000)).scaleb(-6)
        price = Decimal(chance.randrange(1_000_000, 9_999_000_000)).scaleb(-6)
        amount = amounts.redondear(quantity * price, 6)
        taxes = {
            name: (base, rate, amounts.redondear(base * rate, 6))
            for name, base, rate in (
                ("ieps", quantity, Decimal("6.455500")),
                ("iva", amount, Decimal("0.160000")),
                ("isr", amount, Decimal("0.012500")),
            )
        }

        def tax(cls, name, code, factor, taxes=taxes):
            base, rate, result = taxes[name]
            return cls(base=base, impuesto=code, tipo_factor=factor, tasa_o_cuota=rate, importe=result)

        concepts.append(
            v.Concepto(
                clave_prod_serv=key,
                no_identificacion=f"SKU-{number:05d}",
                cantidad=quantity,
                clave_unidad=chance.choice(units),
                unidad="Pieza",
                descripcion=f"Artículo número {number} del catálogo, presentación de {chance.randrange(1, 99)} piezas",
                valor_unitario=price,
                importe=amount,
                objeto_imp="02",
                impuestos=v.ImpuestosConcepto(
                    traslados=(tax(v.Traslado, "ieps", "003", "Cuota"), tax(v.Traslado, "iva", "002", "Tasa")),
                    retenciones=(tax(v.Retencion, "isr", "001", "Tasa"),),
                ),
            )
        )
    return _with_totals(concepts, when)


def _with_totals(concepts, when):
    from l10n_mx_cfdi40.cfdi import amounts
    from l10n_mx_cfdi40.cfdi import values as v

    def total(attribute, chosen):
        return amounts.redondear(amounts.suma(getattr(tax, attribute) for tax in chosen), 2)

    charged = [tuple(concept.impuestos.traslados[n] for concept in concepts) for n in (0, 1)]
    withheld = [concept.impuestos.retenciones[0] for concept in concepts]
    subtotal = total("importe", concepts)
    transfers = tuple(
        v.Traslado(
            base=total("base", one),
            impuesto=one[0].impuesto,
            tipo_factor=one[0].tipo_factor,
            tasa_o_cuota=one[0].tasa_o_cuota,
            importe=total("importe", one),
        )
        for one in charged
    )
    all_charged, all_withheld = amounts.suma(one.importe for one in transfers), total("importe", withheld)
    return v.Comprobante(
        fecha=when,
        forma_pago="99",
        sub_total=subtotal,
        moneda="MXN",
        total=subtotal + all_charged - all_withheld,
        tipo_de_comprobante="I",
        exportacion="01",
        metodo_pago="PPD",
        lugar_expedicion="20000",
        emisor=v.Emisor(rfc="EKU9003173C9", nombre="ESCUELA KEMPER URGATE", regimen_fiscal="601"),
        receptor=v.Receptor(
            rfc="XIA190128J61",
            nombre="XENON INDUSTRIAL ARTICLES",
            domicilio_fiscal_receptor="76343",
            regimen_fiscal_receptor="601",
            uso_cfdi="G03",
        ),
        conceptos=tuple(concepts),
        impuestos=v.Impuestos(
            total_impuestos_retenidos=all_withheld,
            total_impuestos_trasladados=all_charged,
            retenciones=(v.RetencionTotal(impuesto="001", importe=all_withheld),),
            traslados=transfers,
        ),
    )


def _seconds(function):
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


@benchmark("check_over_parse", unit="x lxml", limit=12, peer="lxml's parse of the same bytes = 1")
def check_over_parse(options):
    """Median of `check` over median of lxml's parse, interleaved, for a thousand lines with distinct keys."""
    core_path.register()
    from l10n_mx_cfdi40.cfdi.build import construir
    from l10n_mx_cfdi40.cfdi.catalogos import ArchivoCatalogos
    from l10n_mx_cfdi40.cfdi.findings import Contexto, check

    catalogs = ArchivoCatalogos()
    document = random_document(LINES, catalogs)
    xml = construir(document)
    context = Contexto(catalogos=catalogs.buscar, ahora=lambda _zip: document.fecha + timedelta(hours=1))
    found = check(document, context, skip=("seal",))
    if found:
        raise AssertionError(f"the measured document is not valid: {found[:3]}")
    checks, parses = [], []
    for _ in range(5 if options.quick else 25):
        checks.append(_seconds(lambda: check(document, context, skip=("seal",))))
        parses.append(_seconds(lambda: etree.fromstring(xml)))
    return statistics.median(checks) / statistics.median(parses)
