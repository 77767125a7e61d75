"""What the demonstration leaves behind: a table on the terminal, XML and PDF files, and a summary in JSON."""
from __future__ import annotations

import json
import shutil
from pathlib import Path

#: What is printed of each document: its key in the rows, its title, its width (0: as long as it is).
COLUMNS = (
    ("step_name", "Paso", 12), ("folio", "Folio", 8), ("customer", "Cliente", 30), ("kind", "Tipo", 4),
    ("total", "Total", 12), ("currency", "Moneda", 6), ("uuid", "UUID", 36), ("state_name", "Estado", 24),
    ("answer", "Respuesta del SAT", 0),
)
#: What the table calls the steps.
STEPS = {
    "invoice": "Factura", "complement": "Complemento", "substitution": "Sustitución", "cancellation": "Cancelación"}


class Output:
    """Collects the rows of the run and writes their files."""

    def __init__(self, folder: Path):
        self.folder = folder
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self.rows: list[dict] = []

    def add(self, step, document, pdf: bytes | None = None, *, expected="stamped", answer=None):
        """Record one document of the ledger and write its XML (and PDF).

        :param step: stage of the demonstration, e.g. ``invoice``.
        :param document: record of ``l10n_mx_cfdi40.document``.
        :param expected: the state in which it should be by now.
        :param answer: the request to cancel it, whose receipt of the SAT is written too.
        """
        name = f"{document.serie or ''}{document.folio or document.id}"
        files = []
        xml = document._stamped_bytes()
        acuse = answer._bytes_of("acuse") if answer else None
        for suffix, data in ((".xml", xml), (".pdf", pdf), ("_acuse.xml", acuse)):
            if data:
                path = self.folder / f"{name}{suffix}"
                path.write_bytes(data)
                files.append(path.name)
        self.rows.append({
            "step": step, "kind": document.kind, "folio": name,
            "customer": document.receiver_name,
            "currency": document.currency_id.name, "total": f"{document.total:.{document.currency_id.decimal_places}f}",
            "uuid": document.uuid or "",
            "step_name": STEPS[step], "state_name": document._state_label(),
            "state": document.state, "expected": expected, "answer": _answer(document), "files": files,
        })

    def print_row(self, row):
        """One line of the table."""
        cells = ((key, str(row[key])[:width or None], width) for key, _title, width in COLUMNS)
        print("  ".join(cell.rjust(width) if key == "total" else cell.ljust(width) for key, cell, width in cells)
              .rstrip(), flush=True)

    def print_table(self):
        """The whole table. Of a complement, the total is that of its payments, in pesos."""
        self.print_row({key: title for key, title, _width in COLUMNS})
        print("  ".join("-" * (width or len(title)) for _key, title, width in COLUMNS))
        for row in self.rows:
            self.print_row(row)

    def write_summary(self):
        """``summary.json``: the same rows as a list of objects."""
        (self.folder / "summary.json").write_text(json.dumps(self.rows, ensure_ascii=False, indent=2) + "\n")


def _answer(document):
    """What the SAT said of it, and why a cancellation that was ordered waits."""
    row = document.cancellation_id
    waiting = row.reason.splitlines()[0] if row.state == "waiting" and row.reason else ""
    return " · ".join(part for part in (document._sat_text(), waiting) if part)
