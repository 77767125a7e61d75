"""Every rule of the complement Pagos: a document that breaks only it gives only its code; mended, nothing."""

import re

import pytest
from casos_pagos import CASOS
from fabrica_reglas import contexto

from l10n_mx_cfdi40.cfdi import rules
from l10n_mx_cfdi40.cfdi.build import construir
from l10n_mx_cfdi40.cfdi.findings import check, mensaje
from l10n_mx_cfdi40.cfdi.mensajes import texto
from l10n_mx_cfdi40.cfdi.parse import leer

#: Every code of the official matrix (Rev B) but CRP20999, "not classified".
PEDIDAS = {f'CRP{numero}' for numero in [*range(20101, 20124), *range(20201, 20280)]}


def _nombre(caso):
    return f'{caso.codigo} {caso.nombre}'.strip()


@pytest.mark.parametrize('caso', CASOS, ids=_nombre)
def test_bien(caso):
    hallazgos = check(caso.bien, contexto(caso.propios, **caso.contexto), skip=caso.saltar)
    assert [(h.code, h.path) for h in hallazgos] == []


@pytest.mark.parametrize('caso', CASOS, ids=_nombre)
def test_mal(caso):
    hallazgos = check(caso.mal, contexto(caso.propios, **caso.contexto), skip=caso.saltar)
    assert {(h.code, h.path) for h in hallazgos} == {(caso.codigo, caso.ruta), *caso.ademas}
    assert len(hallazgos) == 1 + len(caso.ademas)
    uno = next(h for h in hallazgos if (h.code, h.path) == (caso.codigo, caso.ruta))
    assert uno.severity == caso.severidad


@pytest.mark.parametrize('caso', CASOS, ids=_nombre)
def test_mensaje(caso):
    for hallazgo in check(caso.mal, contexto(caso.propios, **caso.contexto), skip=caso.saltar):
        dicho = mensaje(hallazgo)
        assert dicho.endswith(f'. ({hallazgo.code})') or dicho.endswith(f') ({hallazgo.code})')
        assert 'sin dato' not in dicho, 'a param that the sentence names is missing'
        assert not re.search(r'[{}]', dicho)
        if '/DoctoRelacionado[' in hallazgo.path:
            assert dicho.startswith('Pago 1, documento 1')
        elif '/Pago[' in hallazgo.path:
            assert dicho.startswith('Pago 1: ')


def test_todas_las_de_la_matriz_estan_registradas_con_su_texto():
    assert rules.codigos() >= PEDIDAS
    assert all(texto(codigo) for codigo in PEDIDAS)


def test_cada_regla_tiene_sus_casos():
    assert {caso.codigo for caso in CASOS} >= PEDIDAS


@pytest.mark.parametrize('caso', [caso for caso in CASOS if caso.codigo != '301'], ids=_nombre)
def test_lo_leido_del_xml_se_juzga_igual(caso):
    entorno = contexto(caso.propios, **caso.contexto)
    leido = leer(construir(caso.mal))
    assert check(leido, entorno, skip=caso.saltar) == check(caso.mal, entorno, skip=caso.saltar)


def test_sin_catalogos_las_reglas_de_claves_callan():
    solo_calculo = contexto(catalogos=lambda _catalogo, _claves, _el: None)
    for caso in CASOS:
        assert check(caso.bien, solo_calculo, skip=caso.saltar) == []
