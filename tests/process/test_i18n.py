"""The Spanish is complete, right in form, and of this source."""

import polib
import pytest

from tools import i18n

# Words that are the same in both languages, or names; any other term that "translates" to itself was forgotten.
SAME = {
    "CFDI", "CFDI 4.0", "Error", "Folio", "Folio fiscal", "ID", "Local", "PAC", "Plan", "RFC", "Receptor", "SAT:",
    "Total", "XML", '<span class="o_stat_text">CFDI</span>'}
# Nor are examples, keys of the SAT, times left and the expression of a file's name words to translate.
SAME |= {
    "01 - SPEI", "12:00:00", "5FB2822E-396D-4725-8521-CDC4BDD20CCF", "F-123\t1,160.00\nF-124\t580.00", "%s h",
    "%s min", "24 h", "ms", "http://127.0.0.1:8075", "Token", "%(days)s d %(hours)s h",
    'object._file_name().removesuffix(".xml")'}


@pytest.mark.parametrize("path", i18n.LANGUAGES, ids=lambda path: path.name)
def test_every_term_is_translated(path):
    po = i18n.read(path)
    assert len(po), f"{path} has no terms"
    assert i18n.problems(po) == []
    assert {entry.msgid for entry in po if entry.msgid == entry.msgstr} <= SAME
    assert i18n.terms(po) == i18n.terms(i18n.read(i18n.POT))


def test_template_is_of_this_source(database):
    now, kept = i18n.terms(i18n.export(database)), i18n.terms(i18n.read(i18n.POT))
    assert now == kept, "run ./dev i18n and translate the new terms in es_MX.po"


def test_screens_are_in_spanish(database, make_server):
    """Odoo itself finds the translations: of a label, a choice, a view and a text in the code."""
    server = make_server(database)
    spanish = {"context": {"lang": "es_MX"}}
    labels = server.call("account.move", "fields_get", [["l10n_mx_cfdi40_uso_id", "l10n_mx_cfdi40_state"]], spanish)
    assert labels["l10n_mx_cfdi40_uso_id"]["string"] == "Uso del CFDI"
    assert dict(labels["l10n_mx_cfdi40_state"]["selection"])["in_doubt"] == "En duda"
    view = server.call("l10n_mx_cfdi40.stamp.wizard", "get_view", [], {**spanish, "view_type": "form"})
    assert 'string="Timbrar"' in view["arch"]


@pytest.mark.parametrize(
    ("term", "text", "problem"),
    [
        ("Stamp", "", "not translated"),
        ("Stamp", " ", "not translated"),
        ("CFDI of %s", "CFDI", "other placeholders"),
        ("%(a)s of %(b)s", "%(a)s de %(a)s", "other placeholders"),
        ("%(a)s of %(b)s", "%(a)s de %(b)", "other placeholders"),
        ("<b>Stamp</b>", "Timbrar", "other tags"),
        ('<i class="x"/>Yes', '<i class="y"/>Sí', "other attributes"),
    ],
)
def test_broken_translations_are_found(term, text, problem):
    po = polib.POFile()
    po.append(polib.POEntry(msgid=term, msgstr=text))
    assert [found.partition(":")[0] for found in i18n.problems(po)] == [problem]


def test_good_translations_are_left_alone():
    po = polib.POFile()
    po.append(polib.POEntry(msgid="%(a)s of %(b)s", msgstr="de %(b)s, %(a)s"))
    po.append(polib.POEntry(msgid='<i class="x" title="Yes"/>', msgstr='<i class="x" title="Sí"/>'))
    assert i18n.problems(po) == []


def test_merge_keeps_translations_and_drops_what_is_gone():
    pot, old = polib.POFile(), polib.POFile()
    for term in ("Stamp", "Close"):
        pot.append(polib.POEntry(msgid=term, occurrences=[("code:a.py", "0")]))
    for term, text in (("Stamp", "Timbrar"), ("Gone", "Ido")):
        old.append(polib.POEntry(msgid=term, msgstr=text))
    new = i18n.translated(pot, old, "es_MX")
    assert {entry.msgid: entry.msgstr for entry in new} == {"Stamp": "Timbrar", "Close": ""}
    assert i18n.terms(new) == i18n.terms(pot)
