"""Run by satcfdi's own interpreter: milliseconds of processor time (median) for the document of `bench_core`.

    python peer_satcfdi.py FILE.cer FILE.key PASSWORD LINES TIMES
"""

import statistics
import sys
import time
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from satcfdi.create.cfd import cfdi40
from satcfdi.models import Signer


def line(number):
    """A line like that of `bench_core`; satcfdi works the amounts out by itself."""
    return cfdi40.Concepto(
        clave_prod_serv="43231500",
        no_identificacion=f"SKU-{number}",
        cantidad=Decimal(number % 7 + 1),
        clave_unidad="H87",
        unidad="Pieza",
        descripcion=f"Producto número {number}",
        valor_unitario=Decimal(f"{100 + number}.250000"),
        objeto_imp="02",
        impuestos=cfdi40.Impuestos(
            traslados=[cfdi40.Traslado(impuesto="002", tipo_factor="Tasa", tasa_o_cuota=Decimal("0.160000"))],
            retenciones=[
                cfdi40.Retencion(impuesto="002", tipo_factor="Tasa", tasa_o_cuota=Decimal("0.106667")),
                cfdi40.Retencion(impuesto="001", tipo_factor="Tasa", tasa_o_cuota=Decimal("0.012500")),
            ],
        ),
    )


def sealed(signer, lines):
    """Bytes of a signed invoice."""
    document = cfdi40.Comprobante(
        emisor=cfdi40.Emisor(rfc="EKU9003173C9", nombre="ESCUELA KEMPER URGATE", regimen_fiscal="601"),
        lugar_expedicion="45110",
        fecha=datetime(2026, 1, 2, 3, 4, 5),
        receptor=cfdi40.Receptor(
            rfc="URE180429TM6",
            nombre="UNIVERSIDAD ROBOTICA ESPAÑOLA",
            domicilio_fiscal_receptor="86991",
            regimen_fiscal_receptor="601",
            uso_cfdi="G03",
        ),
        conceptos=[line(number) for number in range(lines)],
        serie="A",
        folio="1",
        forma_pago="03",
        metodo_pago="PUE",
        moneda="MXN",
        exportacion="01",
    )
    document.sign(signer)
    return document.xml_bytes()


def main(cer, key, password, lines, times):
    """Print the median; the first run, which compiles the stylesheet, does not count."""
    signer = Signer.load(certificate=Path(cer).read_bytes(), key=Path(key).read_bytes(), password=password)
    sealed(signer, 1)
    taken = []
    for _ in range(int(times)):
        started = time.process_time()
        sealed(signer, int(lines))
        taken.append((time.process_time() - started) * 1000)
    print(statistics.median(taken))


if __name__ == "__main__":
    main(*sys.argv[1:])
