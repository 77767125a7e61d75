"""What the embedded PAC gives back, before judges that are not ours: the SAT's XSD and stylesheets."""

import base64
import os
import random
import re
from datetime import datetime
from decimal import Decimal

import oracle
import pytest

from l10n_mx_cfdi40.cfdi import cadena, parse, timbre
from l10n_mx_cfdi40.cfdi.csd import Certificado
from l10n_mx_cfdi40.cfdi.errors import XmlError
from l10n_mx_cfdi40.cfdi.values import (
    ImpuestosLocales,
    InformacionGlobal,
    Opaco,
    Receptor,
    TrasladoLocal,
)
from l10n_mx_cfdi40.pac.base import Accepted, Refused, key_of

if not oracle.SCHEMAS.is_dir():
    pytest.skip("the SAT's schemas are not set up here", allow_module_level=True)

LOCAL_TAX = ImpuestosLocales(
    totalde_retenciones=Decimal("0.00"), totalde_traslados=Decimal("3.00"),
    traslados_locales=(
        TrasladoLocal(imp_loc_trasladado="ISH", tasade_traslado=Decimal("3.00"), importe=Decimal("3.00")),
    ),
)
EVERYBODY = Receptor(
    rfc="XAXX010101000", nombre="PUBLICO EN GENERAL", domicilio_fiscal_receptor="42501", regimen_fiscal_receptor="616",
    uso_cfdi="S01",
)


@pytest.mark.parametrize("changes", [
    {},
    {"complemento": (LOCAL_TAX,), "total": Decimal("119.00")},
    {"addenda": (Opaco(xml=b'<pedido xmlns="urn:prueba">123</pedido>'),)},
    {"complemento": (LOCAL_TAX,), "total": Decimal("119.00"), "addenda": (Opaco(xml=b"<nota>Gracias</nota>"),)},
    {"receptor": EVERYBODY, "informacion_global": InformacionGlobal(periodicidad="01", meses="08", anio=2026)},
    {"metodo_pago": "PPD", "forma_pago": "99", "condiciones_de_pago": "A 30 días & más <ya>"},
], ids=["plain", "complement", "addenda", "both", "global", "escapes"])
def test_a_stamped_document_satisfies_the_sat(engine, documents, stamp, changes):
    sealed = documents.sealed(**changes)
    outcome = stamp(sealed)
    assert isinstance(outcome, Accepted), outcome
    assert oracle.validate_xsd(outcome.xml) == []
    assert oracle.cadena_xslt(outcome.xml) == cadena.cadena_of_xml(sealed)
    found = timbre.leer_timbre(outcome.xml)
    assert oracle.cadena_tfd_xslt(outcome.xml) == cadena.cadena_timbre(found)
    certificate = Certificado.leer(engine.authority.stamping.certificate)
    assert timbre.verificar_timbre(found, parse.leer(outcome.xml).sello, certificate) == []


def test_a_stamp_of_another_place_and_hour(documents, stamp):
    outcome = stamp(documents.sealed(lugar_expedicion="77500", fecha=datetime(2026, 8, 13, 12, 59, 59)))
    assert isinstance(outcome, Accepted), outcome
    assert oracle.validate_xsd(outcome.xml) == []


# Values that stand at the edge of some format or rule.
EDGES = (
    "", " ", "0", "00", "-1", "+1", ".5", "5.", "007.50", "1e9", "NaN", "100.001", "100.0000001", "116.0", " 116.00 ",
    "1" * 18, "9" * 19, "9" * 60, "01", "002", "99", "601", "I", "E", "T", "P", "N", "XXX", "USD", "MXN", "PUE", "PPD",
    "Tasa", "Exento", "A", "A  B", " A", "A|B", "Ñ", "\u00a0", "x" * 300, "&#10;", "2026-08-13T10:00:00",
)


def changed(sealed, dice):
    """The document with one to three attributes changed, dropped or doubled nodes, as text."""
    for _ in range(dice.randrange(1, 4)):
        if dice.random() < 0.9:
            found = dice.choice(list(re.finditer(rb' ([A-Za-z]+)="[^"]*"', sealed)))
            value = dice.choice(EDGES).encode()
            middle = b"" if dice.random() < 0.15 else b' %s="%s"' % (found.group(1), value)
        else:
            found = dice.choice(list(re.finditer(rb"<[^>]+/>", sealed)))
            middle = dice.choice((b"", found.group() * 2))
        sealed = sealed[:found.start()] + middle + sealed[found.end():]
    return sealed


def test_what_is_accepted_satisfies_the_schema(documents, pac):
    """Random changes, sealed anew so that the seal does not hide them: whatever passes our checks passes the XSD."""
    dice = random.Random(40)
    sealed = documents.sealed()
    accepted = refused = 0
    for _ in range(20_000 if os.environ.get("CFDI40_LONG") else 250):
        document = changed(sealed, dice)
        try:
            seal = base64.b64encode(documents.csd.firmar(cadena.cadena_of_xml(document).encode()))
        except XmlError:
            seal = b"AAAA"
        document = re.sub(rb' Sello="[^"]*"', b' Sello="%s"' % seal, document, count=1)
        outcome = pac.stamp(document, key=key_of(document))
        if isinstance(outcome, Accepted):
            accepted += 1
            assert oracle.validate_xsd(outcome.xml) == [], document
            assert oracle.cadena_xslt(outcome.xml) == cadena.cadena_of_xml(document)
        else:
            refused += 1
            assert isinstance(outcome, Refused), outcome
    assert accepted >= 5
    assert refused >= 50
