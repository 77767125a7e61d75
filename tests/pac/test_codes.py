"""What a person reads for a code."""

from decimal import Decimal

import pytest

from l10n_mx_cfdi40.pac import codes
from l10n_mx_cfdi40.pac.codes import Kind


@pytest.mark.parametrize("code", [*(str(number) for number in (*range(300, 309), *range(401, 405))), codes.SIN_FOLIOS])
def test_every_common_code_has_text_and_remedy(code):
    explanation = codes.explain(code)
    assert explanation.known
    assert explanation.text.endswith(".")
    assert explanation.remedy.endswith(".")
    assert str(explanation).startswith(f"[{code}] ")


@pytest.mark.parametrize(("code", "kind"), [
    ("300", Kind.CREDENTIALS), ("302", Kind.SYSTEM), ("303", Kind.CERTIFICATE), ("306", Kind.CERTIFICATE),
    ("307", Kind.ALREADY), ("401", Kind.DATA), (codes.SIN_FOLIOS, Kind.CREDITS), ("CFDI40108", Kind.DATA),
    ("CRP20217", Kind.DATA),
])
def test_kinds(code, kind):
    assert codes.explain(code).kind is kind


def test_a_rule_of_the_sat_has_the_text_of_the_core():
    explanation = codes.explain("CFDI40105", "FormaPago incorrecta")
    assert explanation.known
    assert "99" in explanation.text
    assert "PPD" in explanation.text
    assert "«FormaPago incorrecta»" in explanation.text
    assert "{" not in explanation.text
    assert not codes.explain("CFDI40999").known


def test_a_refusal_worded_by_the_core_is_told_as_it_is(documents, stamp):
    refused = stamp(documents.sealed(total=Decimal("117.00")))
    explanation = codes.explain(refused.code, refused.message)
    assert explanation.text == refused.message
    assert "117.00" in explanation.text
    broken = stamp(b"<a/>")
    assert codes.explain(broken.code, broken.message).text.count(codes.CODES["301"].text) == 1


def test_a_doubt_is_explained_with_its_detail():
    assert codes.explain("timeout", codes.DOUBTS["timeout"].text).text == codes.DOUBTS["timeout"].text
    explanation = codes.explain("timeout", "read timed out (60 s)")
    assert explanation.text.endswith("Detalle: read timed out (60 s).")
    assert explanation.known
    assert explanation.remedy


def test_an_unknown_code_keeps_the_pacs_words_whole():
    words = "Error 9876: el nodo <X> no se esperaba; ver línea 3, columna 14"
    explanation = codes.explain("9876", words)
    assert explanation.text == words
    assert not explanation.known
    assert words in str(explanation)


def test_an_unknown_code_without_words():
    assert codes.explain("9876").text


def test_what_only_the_pac_knows_is_added_to_our_words():
    assert "columna 14" in codes.explain("301", "línea 3, columna 14").text
    own = codes.CODES["301"].text
    assert codes.explain("301", own).text == own


def test_a_doubt_does_not_show_its_own_name_and_a_refusal_its_code():
    assert str(codes.explain("timeout", "read timed out")) == (
        "El PAC no contestó a tiempo. Detalle: read timed out. " + codes.DOUBTS["timeout"].remedy)
    assert str(codes.explain("300")).startswith("[300] ")
    assert str(codes.explain("9876", "Ha fallado")) == "[9876] Ha fallado"
