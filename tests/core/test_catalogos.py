"""The shipped catalogs, as the pure reader gives them."""

import csv
import gzip
import hashlib
import io
from datetime import date

import pytest

from l10n_mx_cfdi40.cfdi import catalogos
from l10n_mx_cfdi40.cfdi.catalogos import ArchivoCatalogos

HOY = date(2026, 8, 15)


@pytest.fixture(scope="module")
def archivo():
    return ArchivoCatalogos()


def test_every_catalog_has_the_rows_that_the_index_says(archivo):
    indice = archivo.indice()
    assert {nombre: len(list(archivo.todas(nombre))) for nombre in indice} == {
        nombre: uno.filas for nombre, uno in indice.items()
    }


@pytest.mark.parametrize(
    ("catalogo", "filas"),
    [
        ("c_ClaveProdServ", 52514),
        ("c_ClaveUnidad", 2418),
        ("c_CodigoPostal", 95749),
        ("c_RegimenFiscal", 19),
        ("c_UsoCFDI", 24),
        ("c_FormaPago", 22),
        ("c_MetodoPago", 2),
        ("c_Moneda", 183),
        ("c_TasaOCuota", 21),
        ("c_Pais", 250),
        ("c_TipoRelacion", 7),
        ("c_Periodicidad", 5),
        ("c_Meses", 18),
        ("c_ObjetoImp", 8),
        ("c_Exportacion", 4),
        ("c_MotivoCancelacion", 4),
        ("c_Aduana", 50),
        ("c_Impuesto", 3),
        ("c_TipoFactor", 3),
        ("c_TipoDeComprobante", 5),
        ("c_Estado", 95),
        ("c_TipoCadenaPago", 1),
    ],
)
def test_number_of_keys(archivo, catalogo, filas):
    assert archivo.indice()[catalogo].filas == filas


def test_files_are_what_the_index_says_byte_by_byte(archivo):
    for nombre, uno in archivo.indice().items():
        texto = gzip.decompress((catalogos.CARPETA / f"{nombre}.csv.gz").read_bytes())
        assert hashlib.sha256(texto).hexdigest() == uno.sha256, nombre


def test_files_are_in_order_of_key_and_without_repeated_keys(archivo):
    for nombre in archivo.indice():
        texto = gzip.decompress((catalogos.CARPETA / f"{nombre}.csv.gz").read_bytes()).decode()
        claves = [fila[0] for fila in csv.reader(io.StringIO(texto, newline=""))][1:]
        assert claves == sorted(set(claves)), nombre


@pytest.mark.parametrize(
    ("codigo", "zona", "frontera", "estado"),
    [
        ("32000", "America/Ciudad_Juarez", 1, "CHH"),
        ("22000", "America/Tijuana", 1, "BCN"),
        ("77500", "America/Cancun", 0, "ROO"),
        ("63732", "America/Mexico_City", 0, "NAY"),
        ("63000", "America/Mazatlan", 0, "NAY"),
        ("83000", "America/Hermosillo", 0, "SON"),
        ("84000", "America/Hermosillo", 1, "SON"),
        ("31000", "America/Mexico_City", 0, "CHH"),
        ("80000", "America/Mazatlan", 0, "SIN"),
        ("23000", "America/Mazatlan", 0, "BCS"),
        ("88000", "America/Matamoros", 1, "TAM"),
        ("06600", "America/Mexico_City", 0, "CMX"),
        ("30700", "America/Mexico_City", 2, "CHP"),
    ],
)
def test_zone_and_border_of_a_zip(archivo, codigo, zona, frontera, estado):
    datos = archivo.buscar("c_CodigoPostal", [codigo], HOY)[codigo].datos
    assert (datos["zona"], datos["frontera"], datos["estado"]) == (zona, frontera, estado)
    assert archivo.zona(codigo) == zona


def test_zips_of_each_border_stimulus(archivo):
    cuantos = {}
    for entrada in archivo.todas("c_CodigoPostal"):
        cuantos[entrada.datos["frontera"]] = cuantos.get(entrada.datos["frontera"], 0) + 1
    assert cuantos == {0: 89573, 1: 5519, 2: 657}


def test_zone_of_an_unknown_zip_is_that_of_the_centre(archivo):
    assert archivo.zona("99999") == "America/Mexico_City"


def test_products(archivo):
    claves = archivo.buscar("c_ClaveProdServ", ["84111506", "01010101", "80111700", "31161500", "00000000"], HOY)
    assert set(claves) == {"84111506", "01010101", "80111700", "31161500"}
    assert claves["84111506"].nombre == "Servicios de facturación"
    assert dict(claves["84111506"].datos) == {"iva": "Opcional", "ieps": "Opcional", "complemento": "", "frontera": 1}
    assert claves["01010101"].datos["frontera"] == 0
    assert claves["01010101"].datos["similares"] == "Público en general"
    assert claves["80111700"].datos["iva"] == "Sí"


def test_a_product_key_that_ended_is_found_only_while_it_was_in_force(archivo):
    assert archivo.buscar("c_ClaveProdServ", ["15101506"], date(2020, 1, 15))
    assert archivo.buscar("c_ClaveProdServ", ["15101506"], date(2020, 1, 16)) == {}


def test_regimes_tell_natural_from_legal_persons(archivo):
    regimenes = archivo.buscar("c_RegimenFiscal", (), HOY)
    personas = {clave: (una.datos["fisica"], una.datos["moral"]) for clave, una in regimenes.items()}
    assert (personas["601"], personas["605"], personas["626"]) == ((False, True), (True, False), (True, True))


def test_uses_and_the_regimes_that_they_allow(archivo):
    usos = archivo.buscar("c_UsoCFDI", (), HOY)
    assert "P01" not in usos
    assert {clave for clave, uso in usos.items() if "616" in uso.datos["regimenes"]} == {"G02", "S01", "CP01"}
    assert usos["CN01"].datos["regimenes"] == ["605"]
    assert "605" not in usos["G03"].datos["regimenes"]
    assert not usos["D01"].datos["moral"]
    assert "626" not in usos["D01"].datos["regimenes"]


def test_objeto_imp_06_to_08_began_in_december_2024(archivo):
    assert not {"06", "07", "08"} & set(archivo.buscar("c_ObjetoImp", (), date(2024, 12, 12)))
    assert set(archivo.buscar("c_ObjetoImp", (), date(2024, 12, 13))) == {f"0{n}" for n in range(1, 9)}


@pytest.mark.parametrize(
    ("dia", "tope"),
    [(date(2023, 6, 1), "59.144900"), (date(2025, 12, 31), "66.506200"), (date(2026, 1, 1), "72.160500")],
)
def test_highest_ieps_quota_by_date(archivo, dia, tope):
    cuotas = [una for una in archivo.buscar("c_TasaOCuota", (), dia).values() if una.datos["factor"] == "Cuota"]
    assert [(una.datos["minimo"], una.datos["maximo"]) for una in cuotas] == [("0.000000", tope)]


def test_rates_of_iva(archivo):
    tasas = [una.datos for una in archivo.buscar("c_TasaOCuota", (), HOY).values() if una.datos["impuesto"] == "IVA"]
    assert {(t["tipo"], t["minimo"], t["maximo"], t["traslado"], t["retencion"], t["frontera"]) for t in tasas} == {
        ("Fijo", "0.000000", "0.000000", True, False, False),
        ("Fijo", "0.080000", "0.080000", True, False, True),
        ("Fijo", "0.160000", "0.160000", True, False, False),
        ("Rango", "0.000000", "0.160000", False, True, False),
    }


def test_decimals_of_currencies(archivo):
    monedas = archivo.buscar("c_Moneda", ["MXN", "USD", "JPY", "KWD", "CLF", "XXX"], HOY)
    assert {clave: una.datos["decimales"] for clave, una in monedas.items()} == {
        "MXN": 2, "USD": 2, "JPY": 0, "KWD": 3, "CLF": 4, "XXX": 0,
    }


def test_forms_of_payment(archivo):
    formas = archivo.buscar("c_FormaPago", (), HOY)
    assert formas["03"].datos["patron_ordenante"] == "[0-9]{10}|[0-9]{16}|[0-9]{18}"
    assert formas["03"].datos["cadena_pago"]
    assert not formas["02"].datos["cadena_pago"]
    assert not formas["06"].datos["cuenta_beneficiario"]
    assert not formas["01"].datos["bancarizado"]
    assert formas["99"].datos["cuenta_ordenante"]
    assert not formas["99"].datos["patron_ordenante"]


def test_an_unknown_catalog_is_none_and_no_path_is_followed(archivo):
    assert archivo.buscar("c_Inventado", ["1"], HOY) is None
    assert archivo.buscar("../catalogs/c_Moneda", ["MXN"], HOY) is None


def test_attributes_cannot_be_changed_through_an_entry(archivo):
    entrada = archivo.buscar("c_Moneda", ["MXN"], HOY)["MXN"]
    with pytest.raises(TypeError):
        entrada.datos["decimales"] = 3
