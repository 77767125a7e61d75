"""PACs that the sandbox speaks as, over a socket of this machine."""
import shutil
import tempfile
from pathlib import Path
from unittest.mock import patch

from ..pac.sandbox import Sandbox


class SandboxCommon:
    """For a class with an engine ``pac``: after ``serve`` its sandbox is ``self.sandbox``."""

    @classmethod
    def serve(cls, user, password):
        """Serve the protocols until the class ends; the engine admits only this user. Contracts that are read have a
        folder of their own."""
        cls.pac.set_credentials(user, password)
        cls.sandbox = cls.enterClassContext(Sandbox(cls.pac))
        contracts = Path(tempfile.mkdtemp(prefix="l10n_mx_cfdi40_contracts_"))
        cls.addClassCleanup(shutil.rmtree, contracts)
        cls.startClassPatcher(patch.object(
            cls.env.registry["l10n_mx_cfdi40.pac.account"], "_cache_folder", lambda self: contracts))

    @classmethod
    def _request_handler(cls, session, request, /, **options):
        # EXTENDS: Odoo's own compares the time-out with a number, and ours is a pair. Connections of this machine only.
        timeout = options.get("timeout")
        if isinstance(timeout, tuple):
            options["timeout"] = max(timeout)
        return super()._request_handler(session, request, **options)
