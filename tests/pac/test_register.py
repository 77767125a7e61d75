"""The likely cause of a refusal of the receiver's data, and where each code is mended."""

import pytest

from l10n_mx_cfdi40.cfdi import textos
from l10n_mx_cfdi40.pac import cancel_codes, codes, register
from l10n_mx_cfdi40.pac.codes import Place


def hint(code, **values):
    return register.hint(code, **{
        "written": "URE180429TM6", "rfc": "URE180429TM6", "name": "UNIVERSIDAD ROBOTICA ESPAÑOLA", "zip_code": "86991",
        "regime": "601", **values})


@pytest.mark.parametrize(("code", "values", "expected"), [
    ("CFDI40143", {"written": "URE-180429 TM6"}, "«URE-180429 TM6», con espacios, guiones"),
    ("CFDI40143", {"written": "URE180429TM7", "rfc": "URE180429TM7"}, "El último carácter de «URE180429TM7»"),
    ("CFDI40143", {"written": "URE18", "rfc": "URE18"}, "«URE18» no tiene la forma"),
    ("CFDI40143", {}, "«URE180429TM6» está bien formado"),
    ("CFDI40143", {"written": "XAXX010101000", "rfc": "XAXX010101000"}, "Se envió el RFC genérico XAXX010101000"),
    ("CFDI40145", {"name": "UNIVERSIDAD ROBOTICA ESPAÑOLA SA DE CV"},
     "es probable que el SAT lo tenga como «UNIVERSIDAD ROBOTICA ESPAÑOLA»"),
    ("CFDI40145", {}, "Se envió «UNIVERSIDAD ROBOTICA ESPAÑOLA» para el RFC URE180429TM6"),
    ("CFDI40144", {"rfc": "XAXX010101000"}, "escriba su propio RFC"),
    ("CFDI40147", {}, "«86991»"),
    ("CFDI40148", {"zip_code": "06000"}, "«06000»"),
    ("CFDI40149", {"rfc": "XAXX010101000"}, "el del lugar de expedición"),
    ("CFDI40157", {}, "«601»"),
    ("CFDI40159", {"rfc": "XAXX010101000"}, "616"),
])
def test_the_likely_cause_has_the_value(code, values, expected):
    assert expected in hint(code, **values)


@pytest.mark.parametrize("code", ["CFDI40103", "302", codes.SIN_FOLIOS, ""])
def test_no_hint_for_what_is_not_of_the_receiver(code):
    assert hint(code) == ""


@pytest.mark.parametrize("code", [code for code, _text, _remedy in register.RULES])
def test_what_only_the_register_knows_is_explained_and_the_pac_quoted(code):
    explanation = codes.explain(code, "texto del PAC")
    assert explanation.known
    assert explanation.remedy.endswith(".")
    assert "«texto del PAC»" in explanation.text
    assert code not in textos.TEXTOS, "the core would find it before"


def test_rfc_not_found_is_said_in_these_words():
    assert "RFC no encontrado" in codes.explain("CFDI40143").text


@pytest.mark.parametrize(("code", "place"), [
    ("300", Place.ACCOUNT), (codes.NOT_ENROLLED, Place.ACCOUNT), (codes.SUSPENDED, Place.ACCOUNT),
    ("credentials", Place.ACCOUNT), (codes.SIN_FOLIOS, Place.CREDITS), ("303", Place.CERTIFICATE),
    ("304", Place.CERTIFICATE), ("305", Place.CERTIFICATE), ("306", Place.CERTIFICATE), ("308", Place.CERTIFICATE),
    ("402", Place.COMPANY), ("CFDI40139", Place.COMPANY), ("CFDI40141", Place.COMPANY), ("CFDI40143", Place.CUSTOMER),
    ("CFDI40145", Place.CUSTOMER), ("CFDI40148", Place.CUSTOMER), ("CFDI40157", Place.CUSTOMER),
    ("401", Place.ISSUE), ("CFDI40161", Place.NONE), ("CFDI40108", Place.NONE), ("307", Place.NONE),
    ("timeout", Place.NONE), ("ZZZ", Place.NONE),
])
def test_where_it_is_mended(code, place):
    assert codes.explain(code).place is place


def test_every_code_says_where():
    """Trouble with certificates, credentials and stamps always leads to a record."""
    for table in (codes.CODES, codes.DOUBTS, cancel_codes.CANCEL, cancel_codes.DOUBTS_OF_CANCEL):
        for explanation in table.values():
            if explanation.kind in (codes.Kind.CERTIFICATE, codes.Kind.CREDENTIALS, codes.Kind.CREDITS):
                assert explanation.place is not Place.NONE, explanation.code


def test_an_unknown_code_shows_the_text_of_the_pac_whole():
    text = "Error 99: " + "algo muy largo " * 60
    assert text in str(codes.explain("P-99", text))
