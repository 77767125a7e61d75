"""xmlsec may be absent or at odds with lxml; whoever needs it is told what to do."""
import builtins
import sys

import pytest

from l10n_mx_cfdi40.cfdi import xmldsig
from l10n_mx_cfdi40.cfdi.errors import SealError

_import = builtins.__import__


def failing(error, monkeypatch):
    def importing(name, *args, **kwargs):
        if name == 'xmlsec':
            raise error
        return _import(name, *args, **kwargs)

    monkeypatch.delitem(sys.modules, 'xmlsec', raising=False)
    monkeypatch.setattr(builtins, '__import__', importing)


def test_present():
    assert xmldsig.cargar().SignatureContext


def test_absent(monkeypatch):
    failing(ImportError('no module'), monkeypatch)
    with pytest.raises(SealError) as caught:
        xmldsig.cargar()
    assert caught.value.code == 'xmlsec_ausente'


def test_compiled_with_another_libxml2(monkeypatch):
    internal = type('InternalError', (Exception,), {'__module__': 'xmlsec'})
    failing(internal(-1, 'lxml & xmlsec libxml2 library version mismatch'), monkeypatch)
    with pytest.raises(SealError) as caught:
        xmldsig.cargar()
    assert caught.value.code == 'xmlsec_incompatible'
    assert 'xmlsec 1.3.14' in str(caught.value)


def test_anything_else_is_not_hidden(monkeypatch):
    failing(ZeroDivisionError(), monkeypatch)
    with pytest.raises(ZeroDivisionError):
        xmldsig.cargar()
