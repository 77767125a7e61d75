"""Where things are: all derived from the project's root. `.local` may be a link that several checkouts share."""

import hashlib
import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ADDON = "l10n_mx_cfdi40"
LOCAL = (ROOT / ".local").resolve()
VENV = LOCAL / "venv"
VENV_PYTHON = VENV / "bin" / "python"
ORACLE_VENV = LOCAL / "satcfdi-venv"
ORACLE_PYTHON = ORACLE_VENV / "bin" / "python"
ORACLE_TREE = LOCAL / "satcfdi"
ODOO_TREE = LOCAL / "odoo"
BIN = LOCAL / "bin"
DATA = LOCAL / "data"
STAMPS = LOCAL / "stamps"
LOCKS = LOCAL / "locks"
TEMPLATES = LOCAL / "templates"
CLONES = LOCAL / "clones"


def instance():
    """Name of this checkout among those that share `.local`; empty for the one that holds it."""
    return "" if LOCAL.parent == ROOT else ROOT.name.replace("-", "_")


def short_hash(*parts):
    """Eight hexadecimal digits that stand for the parts."""
    return hashlib.sha256("\0".join(str(part) for part in parts).encode()).hexdigest()[:8]


def _own(kind):
    return LOCAL / kind / (instance() or "main")


LOGS = _own("logs")
RUN = _own("run")
XML_DIR = Path(os.environ.get("CFDI40_XML_DIR") or RUN / "xml")
DEMO_DB = "_".join(filter(None, ("cfdi40_demo", instance())))


def shared_data():
    """Folder with the SAT's test certificates and catalogs beside the project, or None."""
    folder = ROOT.parent / "shared" / "data"
    return folder if folder.is_dir() else None
