"""The rules of the complement Pagos as a whole; each of them, with its two documents, is in test_reglas.py."""

import pytest
from casos_pagos import CASOS
from fabrica_reglas import contexto, nombre

from l10n_mx_cfdi40.cfdi import rules
from l10n_mx_cfdi40.cfdi.build import construir
from l10n_mx_cfdi40.cfdi.findings import check
from l10n_mx_cfdi40.cfdi.mensajes import texto
from l10n_mx_cfdi40.cfdi.parse import leer

#: Every code of the official matrix (Rev B) but CRP20999, "not classified".
PEDIDAS = {f'CRP{numero}' for numero in [*range(20101, 20124), *range(20201, 20280)]}


def test_todas_las_de_la_matriz_estan_registradas_con_su_texto():
    assert rules.codigos() >= PEDIDAS
    assert all(texto(codigo) for codigo in PEDIDAS)


def test_cada_regla_tiene_sus_casos():
    assert {caso.codigo for caso in CASOS} >= PEDIDAS


@pytest.mark.parametrize('caso', [caso for caso in CASOS if caso.codigo != '301'], ids=nombre)
def test_lo_leido_del_xml_se_juzga_igual(caso):
    entorno = contexto(caso.propios, **caso.contexto)
    leido = leer(construir(caso.mal))
    assert check(leido, entorno, skip=caso.saltar) == check(caso.mal, entorno, skip=caso.saltar)


def test_sin_catalogos_las_reglas_de_claves_callan():
    solo_calculo = contexto(catalogos=lambda _catalogo, _claves, _el: None)
    for caso in CASOS:
        assert check(caso.bien, solo_calculo, skip=caso.saltar) == []
