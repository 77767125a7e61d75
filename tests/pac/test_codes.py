"""What a person reads for a code."""

from decimal import Decimal

import pytest

from l10n_mx_cfdi40.pac import cancel_codes, codes
from l10n_mx_cfdi40.pac.codes import Kind


@pytest.mark.parametrize("code", [*(str(number) for number in (*range(300, 309), *range(401, 405))), codes.SIN_FOLIOS])
def test_every_common_code_has_text_and_remedy(code):
    explanation = codes.explain(code)
    assert explanation.known
    assert explanation.text.endswith(".")
    assert explanation.remedy.endswith(".")
    assert str(explanation).startswith(f"[{code}] ")


@pytest.mark.parametrize("code", [
    "309", "603", "704", "707", "711", "712", "715", "716", "717", *(f"CO100{digit}" for digit in range(6)), "CC2001",
    "CC3001", "CC3002", codes.NOT_ENROLLED, codes.SUSPENDED, *codes.DOUBTS,
])
def test_every_code_that_a_pac_documents_has_text_and_remedy(code):
    explanation = codes.explain(code, "Lo que dice el PAC")
    assert explanation.known
    assert explanation.text[0].isupper()
    assert explanation.remedy.endswith(".")
    assert "Lo que dice el PAC" in explanation.text


@pytest.mark.parametrize("code", [
    *(str(number) for number in (*range(201, 214), *range(300, 306), *range(308, 313), 314, 402, 708, 711, 798, 799)),
    "no_cancelable", codes.SIN_FOLIOS, codes.NOT_ENROLLED, codes.SUSPENDED, *cancel_codes.DOUBTS_OF_CANCEL,
])
def test_every_code_of_a_cancellation_has_text_and_remedy(code):
    explanation = cancel_codes.explain_cancel(code, "Lo que dice el PAC")
    assert explanation.known
    assert explanation.remedy.endswith(".")
    assert "Lo que dice el PAC" in explanation.text


def test_requests_that_came_too_often():
    """Finkok takes another one after 72 hours (798), and no more than five for a document (799)."""
    assert "72 horas" in cancel_codes.explain_cancel("798").remedy
    assert "cinco" in cancel_codes.explain_cancel("799").text
    for code in ("798", "799"):
        assert "minutos" not in str(cancel_codes.explain_cancel(code))


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
