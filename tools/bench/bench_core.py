"""The document core, from values (their construction included) to sealed bytes: against RSA alone and satcfdi."""

import functools
import statistics
import subprocess
import tempfile
import time
import tracemalloc
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from tools import core_path, paths
from tools.bench import benchmark

core_path.register()

from l10n_mx_cfdi40.cfdi import seal, values  # noqa: E402 - only importable once the core is registered
from l10n_mx_cfdi40.cfdi.csd import Csd  # noqa: E402
from l10n_mx_cfdi40.pac.authority import PASSWORD, Authority  # noqa: E402
from l10n_mx_cfdi40.pac.store import Store  # noqa: E402

LINES = 1000
PEER_SCRIPT = Path(__file__).with_name("peer_satcfdi.py")
_DATE = datetime(2026, 1, 2, 3, 4, 5)
_IVA, _RET_IVA, _RET_ISR = Decimal("0.160000"), Decimal("0.106667"), Decimal("0.012500")


@functools.cache
def _pair():
    """``(cer, key)`` of a CSD made for this run."""
    with tempfile.TemporaryDirectory() as folder:
        authority = Authority(Store(Path(folder) / "store.sqlite3"))
        return authority.csd("EKU9003173C9", "ESCUELA KEMPER URGATE", desde=datetime(2025, 1, 1, tzinfo=UTC))


@functools.cache
def _csd():
    return Csd.abrir(*_pair(), PASSWORD)


def _line(number):
    quantity, price = Decimal(number % 7 + 1), Decimal(f"{100 + number}.250000")
    base = quantity * price
    return values.Concepto(
        clave_prod_serv="43231500",
        no_identificacion=f"SKU-{number}",
        cantidad=quantity,
        clave_unidad="H87",
        unidad="Pieza",
        descripcion=f"Producto número {number}",
        valor_unitario=price,
        importe=base,
        objeto_imp="02",
        impuestos=values.ImpuestosConcepto(
            traslados=(_tax(values.Traslado, base, "002", _IVA),),
            retenciones=(
                _tax(values.Retencion, base, "002", _RET_IVA),
                _tax(values.Retencion, base, "001", _RET_ISR),
            ),
        ),
    )


def _tax(kind, base, tax, rate):
    return kind(base=base, impuesto=tax, tipo_factor="Tasa", tasa_o_cuota=rate, importe=Decimal("16.040000"))


def document(lines):
    """An invoice with that many lines of three taxes each. The amounts are written, not worked out: what is measured
    begins where they are known."""
    amount = Decimal("1234.56")
    return values.Comprobante(
        serie="A",
        folio="1",
        fecha=_DATE,
        forma_pago="03",
        sub_total=amount,
        moneda="MXN",
        total=amount,
        tipo_de_comprobante="I",
        exportacion="01",
        metodo_pago="PUE",
        lugar_expedicion="45110",
        emisor=values.Emisor(rfc="EKU9003173C9", nombre="ESCUELA KEMPER URGATE", regimen_fiscal="601"),
        receptor=values.Receptor(
            rfc="URE180429TM6",
            nombre="UNIVERSIDAD ROBOTICA ESPAÑOLA",
            domicilio_fiscal_receptor="86991",
            regimen_fiscal_receptor="601",
            uso_cfdi="G03",
        ),
        conceptos=tuple(map(_line, range(lines))),
        impuestos=values.Impuestos(
            total_impuestos_retenidos=amount,
            total_impuestos_trasladados=amount,
            retenciones=(
                values.RetencionTotal(impuesto="001", importe=amount),
                values.RetencionTotal(impuesto="002", importe=amount),
            ),
            traslados=(_tax(values.Traslado, amount, "002", _IVA),),
        ),
    )


def _sealed(lines):
    return seal.sellar(document(lines), _csd())


def _milliseconds(clock, function, *arguments):
    started = clock()
    function(*arguments)
    return (clock() - started) * 1000


@benchmark("core_one_line_over_rsa", unit="x", limit=1.2)
def one_line(options):
    """One line, over the RSA signature of the same cadena; both taken in turns, medians."""
    cadena = _sealed(1).cadena.encode()
    whole, signature = [], []
    for _ in range(100 if options.quick else 600):
        whole.append(_milliseconds(time.perf_counter, _sealed, 1))
        signature.append(_milliseconds(time.perf_counter, _csd().firmar, cadena))
    return statistics.median(whole) / statistics.median(signature)


@benchmark("core_1000_lines_over_satcfdi", unit="x", limit=0.2)
def thousand_lines(options):
    """A thousand lines, over satcfdi's time for the same document in an environment of its own; processor time of both,
    since they do not run in turns."""
    times = 3 if options.quick else 9
    own = statistics.median(_milliseconds(time.process_time, _sealed, LINES) for _ in range(times))
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / name for name in ("csd.cer", "csd.key")]
        for file, content in zip(files, _pair(), strict=True):
            file.write_bytes(content)
        done = subprocess.run(
            [str(paths.ORACLE_PYTHON), str(PEER_SCRIPT), *map(str, files), PASSWORD, str(LINES), str(times)],
            capture_output=True,
            text=True,
            check=True,
        )
    peer = float(done.stdout)
    return own / peer, f"{peer:.0f} ms (satcfdi), {own:.1f} ms (own)"


@benchmark("core_1000_lines_peak_mb", unit="MB", limit=12)
def peak_memory(options):
    """Peak of what is allocated from values to sealed bytes of a thousand lines, above the imported core."""
    _sealed(1)
    tracemalloc.start()
    try:
        _sealed(LINES)
        return tracemalloc.get_traced_memory()[1] / 1_000_000
    finally:
        tracemalloc.stop()
