"""What several tests of the core need: a CSD of the test authority, and where generated XML goes."""
import functools
import hashlib
import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from l10n_mx_cfdi40.cfdi.csd import Csd
from l10n_mx_cfdi40.pac.authority import Authority
from l10n_mx_cfdi40.pac.store import Store

PASSWORD = '12345678a'
LARGO = os.environ.get('CFDI40_LONG') == '1'


@functools.cache
def autoridad():
    """The test authority, with its store in a folder that lives as long as the run."""
    carpeta = tempfile.TemporaryDirectory(prefix='cfdi40-core-')
    autoridad.carpeta = carpeta
    return Authority(Store(Path(carpeta.name) / 'store.sqlite3'))


def par(rfc='EKU9003173C9', nombre='ESCUELA KEMPER URGATE'):
    """``(cer, key)`` of a certificate in force during the dates that the tests use; the same one each time."""
    return _par(rfc, nombre)


@functools.cache
def _par(rfc, nombre):
    return autoridad().csd(rfc, nombre, password=PASSWORD, desde=datetime(2024, 1, 1, tzinfo=UTC),
                           hasta=datetime(2028, 1, 1, tzinfo=UTC))


def csd(rfc='EKU9003173C9', nombre='ESCUELA KEMPER URGATE'):
    """That pair, open."""
    return _csd(rfc, nombre)


@functools.cache
def _csd(rfc, nombre):
    return Csd.abrir(*_par(rfc, nombre), PASSWORD)


def guardar(xml):
    """Leaves a generated XML for the official judges, when the run asks for it."""
    carpeta = os.environ.get('CFDI40_XML_DIR')
    if carpeta:
        Path(carpeta).mkdir(parents=True, exist_ok=True)
        (Path(carpeta) / f'{hashlib.sha1(xml).hexdigest()}.xml').write_bytes(xml)
