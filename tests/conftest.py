"""Every test here may import the core (`l10n_mx_cfdi40.cfdi`, `.pac`, `.sat`) and the project's tools, without Odoo."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
for folder in (ROOT, ROOT / "tests" / "official", ROOT / "tests" / "core", ROOT / "tests" / "pac"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

from tools import core_path, paths  # noqa: E402 - only importable once the root is on the path

core_path.register()


@pytest.fixture(scope="session")
def xml_dir():
    """Folder where tests drop every XML that they generate; the last part of the run checks what lies there."""
    paths.XML_DIR.mkdir(parents=True, exist_ok=True)
    return paths.XML_DIR


@pytest.fixture(scope="session")
def shared_data():
    """Folder with the SAT's test certificates and catalogs, where the machine has it."""
    folder = paths.shared_data()
    if folder is None:
        pytest.skip("the SAT's test data is not beside the project")
    return folder
