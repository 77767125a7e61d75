"""A stored key is not protected by its owner's password but by one of ours."""
from datetime import UTC, datetime

import pytest

from l10n_mx_cfdi40.cfdi.csd import Certificado, Csd
from l10n_mx_cfdi40.cfdi.errors import CsdError
from l10n_mx_cfdi40.pac.authority import Authority
from l10n_mx_cfdi40.pac.store import Store

RFC, NOMBRE = 'EKU9003173C9', 'ESCUELA KEMPER URGATE'


@pytest.fixture
def authority(tmp_path):
    return Authority(Store(tmp_path / 'store.sqlite3'))


def test_the_key_with_another_password(authority):
    cer, key = authority.csd(RFC, NOMBRE, password='de la contadora')
    otra = Csd.abrir(cer, key, 'de la contadora').cifrar_llave('la nuestra')
    with pytest.raises(CsdError) as error:
        Csd.abrir(cer, otra, 'de la contadora')
    assert error.value.code == 'password_incorrecto'
    firma = Csd.abrir(cer, otra, 'la nuestra').firmar(b'cadena')
    assert Certificado.leer(cer).verifica(firma, b'cadena')


def test_an_efirma_is_known_without_its_key(authority):
    desde = datetime(2024, 1, 1, tzinfo=UTC)
    efirma = Certificado.leer(authority.csd(RFC, NOMBRE, efirma=True, desde=desde)[0])
    with pytest.raises(CsdError) as error:
        efirma.revisar_csd()
    assert error.value.code == 'es_efirma'
    assert NOMBRE in str(error.value)
    Certificado.leer(authority.csd(RFC, NOMBRE, desde=desde)[0]).revisar_csd()
