"""Odoo 19 Community: the checkout that ODOO_HOME names, or Debian's package unpacked under `.local`."""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from tools import paths
from tools.ui import Failure, once, run, say

PACKAGE = "odoo-19"
SUITE = "sid"
KEYRINGS = tuple(Path("/usr/share/keyrings") / f"debian-archive-keyring.{suffix}" for suffix in ("gpg", "pgp"))
# Scripts that Debian removed from the package although Odoo's bundles name them: the bundle logs an error without them,
# and an error on the console makes every browser test fail.
STUBS = ("addons/mail/static/lib/selfie_segmentation/selfie_segmentation.js",)
SHARED = ("javascript", "fonts", "fonts-font-awesome")


def python_path():
    """Folder to put on PYTHONPATH so that `import odoo` works."""
    home = os.environ.get("ODOO_HOME")
    if not home:
        return paths.ODOO_TREE / "usr" / "lib" / "python3" / "dist-packages"
    home = Path(home).expanduser().resolve()
    for candidate in (home, home / "usr" / "lib" / "python3" / "dist-packages"):
        if (candidate / "odoo" / "release.py").exists():
            return candidate
    raise Failure(f"ODOO_HOME is {home}, but there is no odoo/release.py in it: name the folder of an Odoo 19 checkout")


def addons_path():
    """Folders with Odoo's own addons: a checkout keeps most of them beside the package."""
    base = python_path()
    return [folder for folder in (base / "addons", base / "odoo" / "addons") if folder.is_dir()]


def version():
    """Text that changes when Odoo does; part of the name of the prepared databases."""
    release = (python_path() / "odoo" / "release.py").read_text()
    info = re.search(r"^version_info = (.*)$", release, re.M)
    deb = paths.ODOO_TREE / "package"
    extra = deb.read_text() if not os.environ.get("ODOO_HOME") and deb.exists() else str(python_path())
    return f"{info.group(1) if info else release} {extra}"


def mirrors():
    """Addresses of the archives that this machine's apt uses, those of Debian first, security archives left out."""
    listing = run(["apt-get", "indextargets", "--format", "$(REPO_URI)|$(COMPONENT)", "Created-By: Packages"])
    found = []
    for line in listing.splitlines():
        uri, _, component = line.partition("|")
        if component == "main" and "security" not in uri and uri not in found:
            found.append(uri)
    return sorted(found, key=lambda uri: not uri.rstrip("/").endswith("/debian"))


def _apt_options(folder, uri):
    keyring = next((path for path in KEYRINGS if path.exists()), None)
    if not keyring:
        raise Failure(
            "The keys that Debian signs its archive with are missing: apt-get install -y debian-archive-keyring"
        )
    for name in ("lists/partial", "cache/archives/partial"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    source = folder / "odoo.sources"
    source.write_text(f"Types: deb\nURIs: {uri}\nSuites: {SUITE}\nComponents: main\nSigned-By: {keyring}\n")
    settings = {
        "Dir::Etc::sourcelist": source,
        "Dir::Etc::sourceparts": "/dev/null",
        "Dir::State::lists": folder / "lists",
        "Dir::Cache": folder / "cache",
        # The sandbox user of apt may not be allowed to write below the project's folder.
        "APT::Sandbox::User": "root",
    }
    return [part for name, value in settings.items() for part in ("-o", f"{name}={value}")]


def _download(folder):
    """Fetch the package with apt, which checks the archive's signature; the system's own lists stay as they are."""
    reasons = []
    for uri in mirrors():
        try:
            options = _apt_options(folder, uri)
            run(["apt-get", *options, "update"])
            run(["apt-get", *options, "download", PACKAGE], cwd=folder)
            return max(folder.glob(f"{PACKAGE}_*.deb"), key=lambda path: path.stat().st_mtime)
        except Failure as failure:
            reasons.append(f"{uri}: {failure}")
    raise Failure(
        f"No mirror of this machine has Debian's package {PACKAGE}. Set ODOO_HOME to a checkout of Odoo 19.\n"
        + "\n".join(reasons),
    )


def _install():
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        raise Failure("There is no apt-get here: set ODOO_HOME to a checkout of Odoo 19 Community")
    paths.LOCAL.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=paths.LOCAL, prefix="odoo-") as work:
        package = _download(Path(work))
        say(f"unpacking {package.name}")
        tree = Path(work) / "tree"
        run(["dpkg-deb", "-x", package, tree])
        mend(tree)
        (tree / "package").write_text(package.name)
        shutil.rmtree(paths.ODOO_TREE, ignore_errors=True)
        tree.rename(paths.ODOO_TREE)


def mend(tree):
    """Give the unpacked tree what the package expects from the system, so that the web client's bundles compile."""
    share = tree / "usr" / "share"
    share.mkdir(parents=True, exist_ok=True)
    for name in SHARED:
        link = share / name
        if not link.is_symlink() and not link.exists():
            link.symlink_to(Path("/usr/share") / name)
    for name in STUBS:
        stub = tree / "usr" / "lib" / "python3" / "dist-packages" / "odoo" / name
        if not stub.exists():
            stub.parent.mkdir(parents=True, exist_ok=True)
            stub.write_text("/* not in Debian's package */\n")


def ensure():
    """Odoo 19 where python_path() says."""
    if os.environ.get("ODOO_HOME"):
        python_path()
        return
    once("odoo", f"{PACKAGE} {SUITE} 1", _install, "Odoo 19 Community from Debian's archive (120 MB)")


def environment():
    """Environment of a process that imports Odoo: its path, our tools first on PATH, our configuration."""
    env = dict(os.environ)
    env["PYTHONPATH"] = os.pathsep.join(filter(None, (str(python_path()), env.get("PYTHONPATH"))))
    env["PATH"] = os.pathsep.join((str(paths.BIN), str(paths.VENV / "bin"), env.get("PATH", os.defpath)))
    env["ODOO_RC"] = str(paths.RUN / "odoo.conf")
    env["CFDI40_XML_DIR"] = str(paths.XML_DIR)
    env.setdefault("PYTHONUNBUFFERED", "1")
    return env


def odoo_command():
    """Command that starts Odoo's own command line."""
    return [str(paths.VENV_PYTHON), "-m", "odoo"]


def check_import():
    """Odoo's version as Odoo itself says it."""
    done = subprocess.run(
        [*odoo_command(), "--version"],
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Failure(f"Odoo does not start:\n{done.stderr[-2000:]}")
    return done.stdout.strip()
