"""The tables to ship: for each catalog its extra columns and its rows, from the sources.

A row is (clave, nombre, desde, hasta, *extra), all text; the head of an extra column tells its type, as
``l10n_mx_cfdi40/cfdi/catalogos.py`` explains.
"""

import re
from pathlib import Path

from . import sources
from .sources import tidy

# Text of the time zone in c_CodigoPostal -> IANA zone. Where one text covers states that keep different hours, the
# state decides: Sonora has never changed its clocks, and its neighbours did until 2022, so that old dates differ.
# The border of Chihuahua is in the catalog "Centro en Frontera", that is Matamoros: UTC-6, in summer UTC-5.
# The law of October 2022 puts Ciudad Juárez one hour further west. Which of both a PAC goes by is not written anywhere;
# a Fecha by the law is an hour old for a PAC that goes by the catalog, and one by the catalog would be in the future,
# and refused (401), for a PAC that goes by the law.
ZONES = {
    ("Tiempo del Centro", None): "America/Mexico_City",
    ("Tiempo del Centro en Frontera", "CHH"): "America/Ciudad_Juarez",
    ("Tiempo del Centro en Frontera", None): "America/Matamoros",
    ("Tiempo del Noroeste", None): "America/Tijuana",
    ("Tiempo del Pacífico", None): "America/Mazatlan",
    ("Tiempo del Pacífico", "SON"): "America/Hermosillo",
    ("Tiempo del Sureste", None): "America/Cancun",
}

# Highest IEPS quota of earlier years. The limits published for 2023 and 2025 were not in the sources: the one before
# stands until the next that is known.
OLD_QUOTAS = (
    ("59.144900", "2022-01-01", "2023-12-31"),
    ("66.506200", "2024-01-01", "2025-12-31"),
)


def simple(folder: Path, table: str, extra=(), key="id"):
    """Table of a catalog whose extra columns are cells of the dump, unchanged. ``extra``: (head, column)."""
    rows = [
        (
            row[key],
            tidy(row.get("texto", row[key])),
            row.get("vigencia_desde", ""),
            row.get("vigencia_hasta", ""),
            *(row[column] for _head, column in extra),
        )
        for row in sources.dump_rows(folder, table)
    ]
    return tuple(head for head, _column in extra), rows


def forms_of_payment(folder: Path):
    """c_FormaPago. A pattern of any text (key 99) is left empty; whether an account may be given is its own column."""
    heads, rows = simple(
        folder,
        "cfdi_40_formas_pago",
        (
            ("bancarizado:logico", "es_bancarizado"),
            ("rfc_ordenante:logico", "permite_banco_ordenante_rfc"),
            ("cuenta_ordenante:logico", "permite_cuenta_ordenante"),
            ("patron_ordenante", "patron_cuenta_ordenante"),
            ("rfc_beneficiario:logico", "permite_banco_beneficiario_rfc"),
            ("cuenta_beneficiario:logico", "permite_cuenta_beneficiario"),
            ("patron_beneficiario", "patron_cuenta_beneficiario"),
            ("cadena_pago:logico", "permite_tipo_cadena_pago"),
            ("banco_extranjero:logico", "requiere_banco_ordenante_nombre_ext"),
        ),
    )
    return heads, [tuple("" if cell == r"\V*" else cell for cell in row) for row in rows]


def uses(folder: Path):
    """c_UsoCFDI with the regimes of the receiver for which each use is allowed."""
    heads, rows = simple(
        folder,
        "cfdi_40_usos_cfdi",
        (
            ("fisica:logico", "aplica_fisica"),
            ("moral:logico", "aplica_moral"),
            ("regimenes:lista", "regimenes_fiscales_receptores"),
        ),
    )
    return heads, [(*row[:-1], " ".join(sorted(re.findall(r"\d{3}", row[-1])))) for row in rows]


def units(folder: Path):
    """c_ClaveUnidad with its symbol, and the synonyms that its description gives."""
    rows = []
    for row in sources.dump_rows(folder, "cfdi_40_claves_unidades"):
        synonyms = re.match(r"Sinónimos?: *(.+)", row["descripcion"])
        rows.append(
            (
                row["id"],
                tidy(row["texto"]),
                row["vigencia_desde"],
                row["vigencia_hasta"],
                row["simbolo"],
                tidy(synonyms[1]) if synonyms else "",
            )
        )
    return ("simbolo", "similares?"), rows


def rates(folder: Path):
    """c_TasaOCuota has no keys of its own: ours is made of tax, factor and value. A fixed value is a range of one."""
    heads = ("tipo", "minimo", "maximo", "impuesto", "factor", "traslado:logico", "retencion:logico", "frontera:logico")
    rows = []
    for row in sources.dump_rows(folder, "cfdi_40_reglas_tasa_cuota"):
        tax, _, stimulus = row["impuesto"].partition(" ")
        limits = [(row["valor"], row["vigencia_desde"], row["vigencia_hasta"])]
        if row["factor"] == "Cuota":
            limits = [*OLD_QUOTAS, *limits]
        for top, since, until in limits:
            low = row["minimo"] or top
            key = "-".join(
                (
                    tax,
                    row["factor"],
                    "T" * (row["traslado"] == "1") + "R" * (row["retencion"] == "1"),
                    *((low, top) if row["tipo"] == "Rango" else (top,)),
                )
            )
            name = f"{row['impuesto']} {row['factor']} {top if low == top else f'{low} a {top}'}"
            rows.append(
                (
                    key,
                    name,
                    since,
                    until,
                    row["tipo"],
                    low,
                    top,
                    tax,
                    row["factor"],
                    row["traslado"],
                    row["retencion"],
                    "1" if stimulus else "",
                )
            )
    return heads, rows


def products(packages: Path):
    """c_ClaveProdServ. No source says which complement a key requires: the column is empty until the SAT's workbook
    fills it."""
    rows = [
        (
            key,
            tidy(row["name"]),
            row["from"],
            row["to"],
            row["iva"],
            row["ieps"],
            "",
            row["border"],
            tidy(row["similar"]),
        )
        for key, row in sources.products(packages).items()
    ]
    return ("iva", "ieps", "complemento", "frontera:entero", "similares?"), rows


def postal_codes(packages: Path, folder: Path):
    """c_CodigoPostal. The SAT gives a ZIP no name: municipality and state stand for it."""
    states = {
        row["estado"]: tidy(row["texto"])
        for row in sources.dump_rows(folder, "cfdi_40_estados")
        if row["pais"] == "MEX"
    }
    towns = {
        (row["estado"], row["municipio"]): tidy(row["texto"]) for row in sources.dump_rows(folder, "cfdi_40_municipios")
    }
    rows = []
    for key, (state, town, locality, border, zone_text) in sources.postal_codes(packages).items():
        zone = ZONES.get((zone_text, state)) or ZONES[zone_text, None]
        place = ", ".join(filter(None, (towns.get((state, town)), states[state])))
        rows.append((key, place, "", "", state, town, locality, border, zone))
    return ("estado", "municipio", "localidad", "frontera:entero", "zona"), rows


def reasons(packages: Path):
    """Reasons of cancellation; the SAT's list has no name, ours is c_MotivoCancelacion."""
    return (), [(key, tidy(name), "2022-01-01", "") for key, name in sources.cancellation_reasons(packages).items()]


def every(packages: Path, folder: Path):
    """Return {catalog: (heads of the extra columns, rows)}."""
    persons = (("fisica:logico", "aplica_fisica"), ("moral:logico", "aplica_moral"))
    return {
        "c_Aduana": simple(folder, "cfdi_40_aduanas"),
        "c_ClaveProdServ": products(packages),
        "c_ClaveUnidad": units(folder),
        "c_CodigoPostal": postal_codes(packages, folder),
        "c_Estado": simple(folder, "cfdi_40_estados", (("pais", "pais"),), key="estado"),
        "c_Exportacion": simple(folder, "cfdi_40_exportaciones"),
        "c_FormaPago": forms_of_payment(folder),
        "c_Impuesto": simple(
            folder,
            "cfdi_40_impuestos",
            (("retencion:logico", "retencion"), ("traslado:logico", "traslado"), ("ambito", "ambito")),
        ),
        "c_Meses": simple(folder, "cfdi_40_meses"),
        "c_MetodoPago": simple(folder, "cfdi_40_metodos_pago"),
        "c_Moneda": simple(
            folder,
            "cfdi_40_monedas",
            (("decimales:entero", "decimales"), ("porcentaje_variacion:entero", "porcentaje_variacion")),
        ),
        "c_MotivoCancelacion": reasons(packages),
        "c_ObjetoImp": simple(folder, "cfdi_40_objetos_impuestos"),
        "c_Pais": simple(
            folder,
            "cfdi_40_paises",
            (
                ("patron_cp", "patron_codigo_postal"),
                ("patron_id", "patron_identidad_tributaria"),
                ("validacion_id", "validacion_identidad_tributaria"),
                ("agrupaciones", "agrupaciones"),
            ),
        ),
        "c_Periodicidad": simple(folder, "cfdi_40_periodicidades"),
        "c_RegimenFiscal": simple(folder, "cfdi_40_regimenes_fiscales", persons),
        "c_TasaOCuota": rates(folder),
        "c_TipoCadenaPago": simple(folder, "pagos_tipos_cadena_pago"),
        "c_TipoDeComprobante": simple(folder, "cfdi_40_tipos_comprobantes", (("valor_maximo", "valor_maximo"),)),
        "c_TipoFactor": simple(folder, "cfdi_40_tipos_factores"),
        "c_TipoRelacion": simple(folder, "cfdi_40_tipos_relaciones"),
        "c_UsoCFDI": uses(folder),
    }
