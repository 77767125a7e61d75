"""Judges that are not ours: the SAT's own XSD and XSLT files, and satcfdi in a virtual environment of its own.

validate_xsd(xml) -> list of errors; cadena_xslt(xml) -> str; cadena_satcfdi([xml, ...]) -> list of str.
Nothing here uses the network: what a schema or stylesheet refers to by address is read from the local copy.
"""

import functools
import json
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

from lxml import etree

from tools import paths

SCHEMAS = paths.ORACLE_TREE / "satcfdi" / "transform" / "schemas"
FOLDER_40 = "www.sat.gob.mx/sitio_internet/cfd/4"
XSLT_40 = f"{FOLDER_40}/cadenaoriginal_4_0/cadenaoriginal_4_0.xslt"
XSLT_TFD = "www.sat.gob.mx/sitio_internet/cfd/TimbreFiscalDigital/cadenaoriginal_TFD_1_1.xslt"
XS = "http://www.w3.org/2001/XMLSchema"
BATCH = Path(__file__).with_name("satcfdi_batch.py")
CFDI_40 = "http://www.sat.gob.mx/cfd/4"
TFD = "http://www.sat.gob.mx/TimbreFiscalDigital"


class LocalCopy(etree.Resolver):
    """Reads http addresses from the local tree, whose folders are named by host and path."""

    def resolve(self, system_url, public_id, context):
        """Called by lxml for every file that is referred to."""
        parts = urlsplit(system_url)
        if parts.scheme in ("http", "https"):
            return self.resolve_filename(str(SCHEMAS / parts.netloc / parts.path.lstrip("/")), context)
        return None


def _parser():
    parser = etree.XMLParser(no_network=True, huge_tree=True)
    parser.resolvers.add(LocalCopy())
    return parser


@functools.cache
def _files_by_namespace():
    """Schema file of each namespace; of several versions the one with the higher number."""
    found = {}
    for path in sorted(SCHEMAS.rglob("*.xsd"), key=lambda path: (len(path.name), path.name)):
        for _event, root in etree.iterparse(str(path), events=("start",)):
            if root.get("targetNamespace"):
                found[root.get("targetNamespace")] = path
            break
    return found


@functools.cache
def _schema(namespaces):
    """One compiled schema for the namespaces of a document; compiling reads the catalogs and takes seconds, so once."""
    wrapper = etree.Element(f"{{{XS}}}schema", nsmap={"xs": XS})
    for namespace in sorted(namespaces):
        etree.SubElement(
            wrapper,
            f"{{{XS}}}import",
            namespace=namespace,
            schemaLocation=_files_by_namespace()[namespace].as_uri(),
        )
    return etree.XMLSchema(etree.fromstring(etree.tostring(wrapper), _parser()))


def validate_xsd(xml):
    """Errors that the SAT's schemas find in a document; an element of a namespace without a schema is one too."""
    root = etree.fromstring(xml)
    used = {etree.QName(node).namespace for node in root.iter(etree.Element)}
    addenda = root.find(f"{{{CFDI_40}}}Addenda")
    if addenda is not None:
        # What a customer wants in the addenda is outside of the SAT's rules.
        root.remove(addenda)
        used = {etree.QName(node).namespace for node in root.iter(etree.Element)}
    unknown = [f"no official schema for namespace {name}" for name in used if name not in _files_by_namespace()]
    if unknown:
        return sorted(unknown)
    schema = _schema(frozenset(used | {CFDI_40, TFD} if CFDI_40 in used else used))
    schema.validate(root)
    return [f"line {error.line}: {error.message}" for error in schema.error_log]


@functools.cache
def _stylesheet(name):
    return etree.XSLT(etree.parse(str(SCHEMAS / name), _parser()))


def cadena_xslt(xml):
    """Cadena original of a CFDI 4.0 by the SAT's own stylesheet."""
    return str(_stylesheet(XSLT_40)(etree.fromstring(xml)))


def cadena_tfd_xslt(xml):
    """Cadena original of the stamp inside a stamped document, or of a bare stamp, by the SAT's own stylesheet."""
    root = etree.fromstring(xml)
    stamp = root if etree.QName(root).namespace == TFD else root.find(f".//{{{TFD}}}TimbreFiscalDigital")
    return str(_stylesheet(XSLT_TFD)(etree.fromstring(etree.tostring(stamp))))


def _without_addenda(xml):
    """The document without its addenda, which no cadena contains and satcfdi reads only when it knows the customer."""
    root = etree.fromstring(xml)
    for addenda in root.findall(f"{{{CFDI_40}}}Addenda"):
        root.remove(addenda)
    return etree.tostring(root, encoding="unicode")


def cadena_satcfdi(documents):
    """Cadenas of many documents by satcfdi, in one process; an item is an Exception where satcfdi refused it."""
    if not documents:
        return []
    done = subprocess.run(
        [str(paths.ORACLE_PYTHON), str(BATCH)],
        input=json.dumps([_without_addenda(xml) for xml in documents]),
        capture_output=True,
        text=True,
        check=True,
    )
    return [item["cadena"] if "cadena" in item else ValueError(item["error"]) for item in json.loads(done.stdout)]
