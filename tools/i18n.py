"""Translations of the addon: the template as Odoo exports it, the Spanish files, and what is wrong with them.

`es_MX.po` is the file that people translate. `es.po` carries the same texts for the other Spanish languages, which
otherwise would read English: a CFDI is a Mexican document, and its terms are the SAT's everywhere.
"""

import re
import tempfile
from collections import Counter
from pathlib import Path

import polib

from tools import paths, setup_odoo, templates
from tools.ui import run, say

FOLDER = paths.ROOT / paths.ADDON / "i18n"
POT = FOLDER / f"{paths.ADDON}.pot"
MASTER = FOLDER / "es_MX.po"
COPY = FOLDER / "es.po"
LANGUAGES = {MASTER: "es_MX", COPY: "es"}

_PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[sd]|%%|\{\w*\}")
_TAG = re.compile(r"</?[a-z]\w*", re.IGNORECASE)
# Attributes with a text that is translated together with the markup around it; the others must stay as they are.
_ATTRIBUTE = re.compile(r"""\s(?!(?:title|alt|aria-label|placeholder|string|help)=)([\w.-]+="[^"]*")""")


def export(database):
    """The template of the addon's terms as Odoo writes it, without the moment of the export.

    :return: `polib.POFile`
    """
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "terms.pot"
        command = [*setup_odoo.odoo_command(), "i18n", "export", "-d", database, "-o", target, paths.ADDON]
        run(command, env=setup_odoo.environment())
        pot = polib.pofile(str(target), wrapwidth=78)
    pot.metadata = _metadata()
    return pot


def _metadata(language=None):
    """Header of a file; it has no dates, which would change with every export and say nothing."""
    known = {
        "Project-Id-Version": "Odoo Server 19.0",
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
    }
    return {**known, "Language": language, "Plural-Forms": "nplurals=2; plural=(n != 1);"} if language else known


def terms(po):
    """What a template or a translation holds: each term with the places where Odoo uses it."""
    return {(entry.msgid, tuple(sorted(place for place, _line in entry.occurrences))) for entry in po}


def translated(pot, old, language):
    """The template's terms with the translations that `old` has for them; terms that are gone are left out."""
    texts = {entry.msgid: entry.msgstr for entry in old if not entry.fuzzy and not entry.obsolete}
    new = polib.POFile(wrapwidth=78)
    new.header = pot.header
    new.metadata = _metadata(language)
    for entry in pot:
        new.append(
            polib.POEntry(
                msgid=entry.msgid,
                msgstr=texts.get(entry.msgid, ""),
                occurrences=entry.occurrences,
                comment=entry.comment,
                flags=[flag for flag in entry.flags if flag != "fuzzy"],
            )
        )
    return new


def problems(po):
    """What a translator has to mend in a file: one sentence for each term that lacks something.

    A translation must have the placeholders of its term, as many times (named ones in any order), and its markup.
    """
    found = []
    for entry in po:
        text = entry.msgstr
        if entry.obsolete or entry.fuzzy:
            found.append(f"obsolete or fuzzy: {entry.msgid!r}")
        elif not text.strip():
            found.append(f"not translated: {entry.msgid!r}")
        else:
            for what, pattern in (("placeholders", _PLACEHOLDER), ("tags", _TAG), ("attributes", _ATTRIBUTE)):
                if Counter(pattern.findall(entry.msgid)) != Counter(pattern.findall(text)):
                    found.append(f"other {what}: {entry.msgid!r} -> {text!r}")
    return found


def read(path):
    """A template or translation; an empty one if the file is not there yet."""
    return polib.pofile(str(path), wrapwidth=78) if path.exists() else polib.POFile()


def main(_arguments):
    """Export the template again and carry the translations over; exit code 1 when terms lack a good one."""
    database = f"i18n_{paths.short_hash(paths.ROOT)}"
    templates.clone(templates.addon(), database)
    try:
        pot = export(database)
    finally:
        templates.drop(database)
    FOLDER.mkdir(exist_ok=True)
    pot.save(str(POT))
    old = read(MASTER)
    for path, language in LANGUAGES.items():
        translated(pot, old, language).save(str(path))
    found = problems(read(MASTER))
    for problem in found:
        print(problem)
    say(f"{len(pot)} terms, {len(found)} to mend in {MASTER.relative_to(paths.ROOT)}")
    return 1 if found else 0
