"""Names of taxpayers, tax registrations of foreigners: what is proposed from what people write."""
import pytest

from l10n_mx_cfdi40.cfdi.nombre import mismo, nombre_fiscal
from l10n_mx_cfdi40.cfdi.paises import registro_tributario


@pytest.mark.parametrize(('escrito', 'esperado'), [
    ('Universidad Robótica Española, S.A. de C.V.', 'UNIVERSIDAD ROBOTICA ESPAÑOLA'),
    ('EMPRESA S A DE C V', 'EMPRESA'),
    ('Empresa S.A de C.V', 'EMPRESA'),
    ('Empresa SA de CV.', 'EMPRESA'),
    ('Empresa, S.A.B. de C.V., SOFOM, E.N.R.', 'EMPRESA'),
    ('Empresa, S.P.R. de R.I.', 'EMPRESA'),
    ('Cooperativa Ejemplo, S.C.L. de C.V.', 'COOPERATIVA EJEMPLO'),
    ('Ñandú & Hijos, S. de R.L. de C.V.', 'ÑANDU & HIJOS'),
    ('S de RL de CV Consultores, S.C.', 'S DE RL DE CV CONSULTORES'),
    ('Sociedad Anónima Mexicana, S.A. de C.V.', 'SOCIEDAD ANONIMA MEXICANA'),
    ('CV Soluciones SA de CV', 'CV SOLUCIONES'),
    ('Grupo CV, S.A.P.I. de C.V.', 'GRUPO CV'),
    ('Bufete A.C.', 'BUFETE'),
    ('Casa Sa', 'CASA'),
    ('Mesa', 'MESA'),
    ('Tapas', 'TAPAS'),
    ('Tienda ASA', 'TIENDA ASA'),
    ('S.A. de C.V.', 'S.A. DE C.V.'),
    ('', ''),
])
def test_moral(escrito, esperado):
    assert nombre_fiscal(escrito) == esperado


def test_fisica_is_not_cut():
    assert nombre_fiscal('Ana Sa', moral=False) == 'ANA SA'


@pytest.mark.parametrize(('nombre', 'certificado', 'igual'), [
    ('ESCUELA KEMPER URGATE', 'ESCUELA KEMPER URGATE SA DE CV', True),
    ('ESCUELA KEMPER URGATE SA DE CV', 'ESCUELA KEMPER URGATE SA DE CV', False),
    ('', 'ESCUELA KEMPER URGATE SA DE CV', True),
    ('XOCHILT CASAS CHAVEZ', 'XOCHILT CASAS CHAVEZ', True),
    ('UNIVERSIDAD ROBOTICA ESPAÑOLA', 'UNIVERSIDAD ROBOTICA ESPANOLA SA DE CV', True),
    ('MI EMPRESA', 'ESCUELA KEMPER URGATE SA DE CV', False),
    ('ESCUELA', 'ESCUELA KEMPER URGATE SA DE CV', False),
])
def test_mismo(nombre, certificado, igual):
    assert mismo(nombre, certificado) is igual


def test_mismo_fisica():
    assert mismo('ANA SA', 'ANA SA', moral=False)


@pytest.mark.parametrize(('pais', 'escrito', 'esperado'), [
    ('USA', '12-3456789', '123456789'),
    ('USA', 'US 12-3456789', '123456789'),
    ('USA', '1234567', None),
    ('CAN', '123456789RT0001', None),
    ('ESP', 'ESA12345674', 'ESA12345674'),
    ('ESP', '', None),
    ('DEU', 'x' * 50, 'X' * 40),
    (None, 'A1', 'A1'),
])
def test_registro_tributario(pais, escrito, esperado):
    assert registro_tributario(pais, escrito) == esperado
