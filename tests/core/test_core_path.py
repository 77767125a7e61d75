"""The core is imported without Odoo: this is what lets it be used alone."""

import importlib
import sys


def test_core_imports_without_odoo():
    for name in ("cfdi", "pac", "sat"):
        importlib.import_module(f"l10n_mx_cfdi40.{name}")
    assert not any(name == "odoo" or name.startswith("odoo.") for name in sys.modules)
