"""Every XML that the other tests generated, before judges that are not ours.

The documents are read when pytest collects, so each one is a test of its own; none at all is a failure.
"""

import functools
import importlib

import oracle
import pytest
from lxml import etree

from tools import paths

ROOT_TAG = f"{{{oracle.CFDI_40}}}Comprobante"


def _is_comprobante(path):
    try:
        return etree.parse(str(path)).getroot().tag == ROOT_TAG
    except etree.XMLSyntaxError:
        return True


# Cancellations and acknowledgements may lie here too; only CFDI have an official schema. A broken file counts as one.
DOCUMENTS = sorted(path for path in paths.XML_DIR.rglob("*.xml") if _is_comprobante(path))
NAMES = [str(path.relative_to(paths.XML_DIR)) for path in DOCUMENTS]
each_document = pytest.mark.parametrize("path", DOCUMENTS, ids=NAMES)


@functools.cache
def _satcfdi():
    return dict(zip(DOCUMENTS, oracle.cadena_satcfdi([path.read_bytes() for path in DOCUMENTS]), strict=True))


@functools.cache
def _own():
    return importlib.import_module("l10n_mx_cfdi40.cfdi.cadena").cadena_of_xml


def test_there_are_documents():
    assert DOCUMENTS, f"no test left a CFDI in {paths.XML_DIR}: run the other parts first"


@each_document
def test_official_schema(path):
    assert oracle.validate_xsd(path.read_bytes()) == []


@each_document
def test_cadena_equals_the_official_stylesheet(path):
    data = path.read_bytes()
    assert _own()(data) == oracle.cadena_xslt(data)


@each_document
def test_cadena_equals_satcfdi(path):
    assert _own()(path.read_bytes()) == _satcfdi()[path]
