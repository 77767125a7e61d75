"""Writing the shipped catalogs: same data, same bytes; an unchanged catalog keeps its version."""

import json
from datetime import date

import pytest

from l10n_mx_cfdi40.cfdi.catalogos import ArchivoCatalogos
from tools.catalogs import build, sources

HEADS = ("decimales:entero", "fisica:logico", "regimenes:lista", "similares?")
ROWS = [
    ("B", "Segunda, con coma", "2022-01-01", "", "3", "", "601 603", ""),
    ("A", 'Primera "entre comillas"', "", "2025-12-31", "2", "1", "", "otra\ncosa"),
]


def test_what_is_written_is_read_back(tmp_path):
    build.write(tmp_path, {"c_Prueba": (HEADS, ROWS)}, date(2026, 1, 2))
    archivo = ArchivoCatalogos(tmp_path)
    primera, segunda = archivo.todas("c_Prueba")
    assert (primera.clave, primera.nombre, primera.desde, primera.hasta) == (
        "A", 'Primera "entre comillas"', None, date(2025, 12, 31),
    )
    assert dict(primera.datos) == {"decimales": 2, "fisica": True, "regimenes": [], "similares": "otra\ncosa"}
    assert dict(segunda.datos) == {"decimales": 3, "fisica": False, "regimenes": ["601", "603"]}
    assert not primera.vigente(date(2026, 1, 1))
    assert list(archivo.buscar("c_Prueba", (), date(2026, 1, 1))) == ["B"]


def test_unchanged_data_keeps_version_and_bytes_whatever_the_order(tmp_path):
    build.write(tmp_path, {"c_Prueba": (HEADS, ROWS)}, date(2026, 1, 2))
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    build.write(tmp_path, {"c_Prueba": (HEADS, ROWS[::-1])}, date(2026, 9, 9))
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_changed_data_gets_the_new_version_and_strays_go(tmp_path):
    build.write(tmp_path, {"c_Prueba": (HEADS, ROWS), "c_Otra": ((), [("1", "Uno", "", "")])}, date(2026, 1, 2))
    build.write(tmp_path, {"c_Prueba": (HEADS, ROWS[:1])}, date(2026, 9, 9))
    index = json.loads((tmp_path / "indice.json").read_text(encoding="utf-8"))
    assert (list(index), index["c_Prueba"]["version"], index["c_Prueba"]["filas"]) == (["c_Prueba"], "2026-09-09", 1)
    assert not (tmp_path / "c_Otra.csv.gz").exists()


def test_a_key_twice_is_refused():
    with pytest.raises(ValueError, match="twice"):
        build.text_of((), [("1", "Uno", "", ""), ("1", "Otro uno", "", "")])


def test_a_table_that_would_run_code_is_refused():
    with pytest.raises(sources.pickle.UnpicklingError):
        sources._plain(sources.pickle.dumps(print))
