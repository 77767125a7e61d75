"""Rebuild the shipped catalogs: ``python -m tools.catalogs.build --small FOLDER --date DATE [--packages FOLDER]``.

Writes ``l10n_mx_cfdi40/data/catalogs``: the same data gives the same bytes, so that an unchanged catalog leaves no
difference behind. Without ``--packages`` the packages are fetched with pip into a temporary folder.
"""

import argparse
import csv
import gzip
import hashlib
import io
import json
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path

from . import sources, tables

TARGET = Path(__file__).resolve().parents[2] / "l10n_mx_cfdi40" / "data" / "catalogs"
FIXED = ("clave", "nombre", "desde", "hasta")


def text_of(heads, rows) -> bytes:
    """The CSV of one catalog, in the order of its keys."""
    keys = [row[0] for row in rows]
    if len(set(keys)) != len(keys):
        raise ValueError("a key appears twice")
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow((*FIXED, *heads))
    writer.writerows(sorted(rows))
    return out.getvalue().encode("utf-8")


def write(target: Path, catalogs, version: date):
    """Write every file and the index. A catalog whose text did not change keeps the version that it had."""
    target.mkdir(parents=True, exist_ok=True)
    index_file = target / "indice.json"
    before = json.loads(index_file.read_text(encoding="utf-8")) if index_file.exists() else {}
    index = {}
    for name, (heads, rows) in sorted(catalogs.items()):
        text = text_of(heads, rows)
        digest = hashlib.sha256(text).hexdigest()
        old = before.get(name, {})
        same = old.get("sha256") == digest
        index[name] = {"version": old["version"] if same else version.isoformat(), "filas": len(rows), "sha256": digest}
        if not same:
            (target / f"{name}.csv.gz").write_bytes(gzip.compress(text, 9, mtime=0))
        print(f"{name:22} {len(rows):7} {'unchanged' if same else 'written'}")
    for stray in target.glob("*.csv.gz"):
        if stray.name.removesuffix(".csv.gz") not in index:
            stray.unlink()
    index_file.write_text(json.dumps(index, indent=1) + "\n", encoding="utf-8")


def main(argv=None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", type=Path, required=True, help="folder with the SQL dumps of the small catalogs")
    parser.add_argument("--packages", type=Path, help="folder where the packages are already unpacked")
    parser.add_argument("--date", type=date.fromisoformat, required=True, help="date of the data")
    parser.add_argument("--target", type=Path, default=TARGET)
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as temporary:
        packages = options.packages or Path(temporary)
        if not options.packages:
            subprocess.run(
                [
                    sys.executable,
                    "-m",
                    "pip",
                    "install",
                    "--quiet",
                    "--no-deps",
                    "--target",
                    temporary,
                    *sources.PACKAGES,
                ],
                check=True,
            )
        write(options.target, tables.every(packages, options.small), options.date)
    return 0


if __name__ == "__main__":
    sys.exit(main())
