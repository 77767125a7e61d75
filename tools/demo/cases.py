"""The invoices of the demonstration, as data: who buys what, with which taxes and payment terms.

Receptors are the SAT's published test identities; everything else is invented. Prices are decimal texts in the
invoice's currency, taxes are the keys of ``TAXES`` in company.py.
"""
from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Customer:
    """A receptor: RFC, legal name as the SAT has it, régimen, fiscal ZIP and default uso."""

    key: str
    name: str
    rfc: str | None
    regimen: str
    zip: str
    uso: str
    country: str = "base.mx"


@dataclass(frozen=True)
class Product:
    """Something sold: SAT key, unit (key of c_ClaveUnidad) and default taxes."""

    key: str
    name: str
    clave: str
    unidad: str
    price: str
    taxes: tuple[str, ...]


@dataclass(frozen=True)
class Line:
    """One invoice line; ``product`` None means that its keys are typed on the line itself."""

    product: str | None
    quantity: str = "1"
    price: str | None = None
    discount: str = "0"
    taxes: tuple[str, ...] | None = None
    name: str | None = None
    clave: str | None = None
    global_discount: bool = False


@dataclass(frozen=True)
class Case:
    """One invoice of the demonstration. ``days`` is the time to pay: 0 = on the spot."""

    key: str
    title: str
    customer: str
    lines: tuple[Line, ...]
    metodo: str = "PUE"
    forma: str = "03"
    days: int = 0
    currency: str = "MXN"
    global_period: str | None = None
    extra: dict = field(default_factory=dict)


CUSTOMERS = (
    Customer("ure", "UNIVERSIDAD ROBOTICA ESPAÑOLA", "URE180429TM6", "601", "86991", "G03"),
    Customer("xia", "XENON INDUSTRIAL ARTICLES", "XIA190128J61", "601", "76343", "G03"),
    Customer("jes", "JIMENEZ ESTRADA SALAS", "JES900109Q90", "601", "01030", "G01"),
    Customer("funk", "KARLA FUENTE NOLASCO", "FUNK671228PH6", "612", "01160", "G03"),
    Customer("publico", "PUBLICO EN GENERAL", "XAXX010101000", "616", "", "S01"),
    Customer("foreign", "Northwind Traders Inc.", None, "616", "94105", "S01", "base.us"),
)

PRODUCTS = (
    Product("laptop", "Computadora portátil 14\"", "43211503", "H87", "8500.00", ("iva16",)),
    Product("support", "Soporte técnico mensual", "81111811", "E48", "1250.50", ("iva16",)),
    Product("freight", "Flete de mercancías, ruta centro", "78101802", "E48", "4200.00", ("iva16", "ret_iva4")),
    Product("fees", "Honorarios por asesoría contable", "84111502", "E48", "15000.00",
            ("iva16", "ret_iva_2_3", "ret_isr10")),
    Product("beer", "Cerveza clara, lata de 355 ml, caja de 24", "50202201", "H87", "312.40", ("ieps265", "iva16")),
    Product("book", "Libro de texto de matemáticas", "55101509", "H87", "389.00", ("iva_exento",)),
    Product("food", "Frijol negro, saco de 25 kg", "50401800", "KGM", "42.75", ("iva0",)),
)

CASES = (
    Case("pue", "Contado, IVA 16 %", "ure", (Line("laptop", "2"), Line("support", "1.5"))),
    Case("ppd", "Crédito con retenciones", "xia", (Line("freight"), Line("fees")), "PPD", "99", 30),
    Case("ieps", "IEPS + IVA", "jes", (Line("beer", "12"), Line("laptop"))),
    Case("exempt", "Exento y tasa 0 %", "funk", (Line("book", "3"), Line("food", "25.125"))),
    Case("ppd2", "Crédito, segunda factura del cliente", "xia", (Line("laptop", "3"),), "PPD", "99", 30),
    Case("ppd3", "Crédito, tercera factura del cliente", "xia", (Line("beer", "5"), Line("support")), "PPD", "99", 30),
    Case("usd", "En dólares, a crédito", "ure", (Line("laptop", "1", "1160.37"),), "PPD", "99", 45, "USD"),
    Case("global", "Público en general (global del día)", "publico", (
        Line(None, "1", "517.24", taxes=("iva16",), name="Venta", clave="01010101", ),
        Line(None, "1", "86.21", taxes=("iva16",), name="Venta", clave="01010101"),
    ), forma="01", global_period="01"),
    Case("export", "Cliente extranjero", "foreign", (Line("support", "3", taxes=("iva0",)),)),
    Case("discount", "Descuentos y línea negativa", "ure", (
        Line("laptop", "3", discount="10"),
        Line("support", "7", "12.3456"),
        Line("laptop", "-1", discount="10"),
        Line(None, "1", "-150", taxes=("iva16",), name="Descuento por cliente frecuente", clave="84111506",
             global_discount=True),
    )),
    Case("wrong", "Con un precio equivocado: se corrige y sustituye", "jes", (Line("support", "1", "1919"),)),
    Case("accepted", "El cliente acepta su cancelación", "ure", (Line("laptop"),)),
    Case("rejected", "El cliente rechaza su cancelación", "xia", (Line("laptop", "2"),)),
    Case("waiting", "Su cancelación espera la respuesta del cliente", "funk", (Line("laptop", "4"),)),
)
