"""Our signed requests against those that satcfdi builds of the same data with the same key: signature for signature.

RSA signatures of PKCS#1 v1.5 have nothing random, so two builders that agree on every signed byte agree on them.
"""

import json
import subprocess
from base64 import b64encode
from pathlib import Path

import pytest
from apoyo import PASSWORD, csd, par
from fabrica_cancelacion import CANCELACION, DS, FECHA, PAC, RESPUESTA, firma_correcta
from lxml import etree

from l10n_mx_cfdi40.cfdi import cancelacion as c
from tools import paths

BATCH = Path(__file__).with_name("satcfdi_cancel.py")


@pytest.fixture(scope="module")
def theirs():
    cer, key = par()
    asked = {
        "cer": b64encode(cer).decode(),
        "key": b64encode(key).decode(),
        "password": PASSWORD,
        "fecha": FECHA.isoformat(),
        "pac": PAC,
        "folios": [[folio.uuid, folio.motivo, folio.folio_sustitucion] for folio in CANCELACION.folios],
        "respuestas": RESPUESTA.respuestas,
    }
    done = subprocess.run(
        [str(paths.ORACLE_PYTHON), str(BATCH)], input=json.dumps(asked), capture_output=True, text=True, check=True
    )
    return [text.encode() for text in json.loads(done.stdout)]


def _signed(xml):
    root = etree.fromstring(xml)
    return [root.findtext(f".//d:{name}", namespaces=DS) for name in ("DigestValue", "SignatureValue")]


def test_a_cancellation_has_the_same_signature(theirs):
    assert _signed(c.firmar_cancelacion(CANCELACION, csd())) == _signed(theirs[0])


def test_an_answer_says_the_same(theirs):
    """satcfdi writes the attributes and folios as we do, so this one is the same to the byte too."""
    assert _signed(c.firmar_respuesta(RESPUESTA, csd())) == _signed(theirs[1])


def test_theirs_are_read_and_verified_by_us(theirs):
    assert all(map(firma_correcta, theirs))
    assert [c.verificar_firma(xml).numero for xml in theirs] == [csd().certificado.numero] * 2
    assert c.leer_cancelacion(theirs[0]) == CANCELACION
    assert c.leer_respuesta(theirs[1]) == RESPUESTA
