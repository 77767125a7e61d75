"""What the embedded PAC gives back, before judges that are not ours: the SAT's XSD and stylesheets."""

from datetime import datetime
from decimal import Decimal

import oracle
import pytest

from l10n_mx_cfdi40.cfdi import cadena, parse, timbre
from l10n_mx_cfdi40.cfdi.csd import Certificado
from l10n_mx_cfdi40.cfdi.values import (
    ImpuestosLocales,
    InformacionGlobal,
    Opaco,
    Receptor,
    TrasladoLocal,
)
from l10n_mx_cfdi40.pac.base import Accepted

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
