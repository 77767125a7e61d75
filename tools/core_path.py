"""Let `l10n_mx_cfdi40.cfdi`, `.pac` and `.sat` be imported without Odoo.

Importing the addon the usual way runs its `__init__`, which imports models and so Odoo. An empty parent package with
the addon's folder as its path makes Python find the three subpackages and run nothing else.
"""

import sys
import types

from tools import paths


def register():
    """Put the empty parent package in place, unless the real one was imported already."""
    if paths.ADDON not in sys.modules:
        package = types.ModuleType(paths.ADDON)
        package.__path__ = [str(paths.ROOT / paths.ADDON)]
        sys.modules[paths.ADDON] = package
    return sys.modules[paths.ADDON]
