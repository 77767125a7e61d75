"""Every rule: a document that breaks only it gives only its code, and the same document mended gives nothing."""

import re
from pathlib import Path

import pytest
from casos_pagos import CASOS as CASOS_PAGOS
from casos_reglas import CASOS
from fabrica_reglas import contexto, factura, nombre

from l10n_mx_cfdi40.cfdi import rules
from l10n_mx_cfdi40.cfdi.findings import check, mensaje

#: Rules of the seal need real keys: test_reglas_sello.py.
DE_SELLO = {'CFDI40102', 'CFDI40106'}
PEDIDAS = {
    f'CFDI{numero}' for numero in [
        *range(40101, 40137), 40146, 40149, 40151, 40159, *range(40162, 40222)]
}


#: Where a finding is -> how its message begins: the first that fits.
LUGARES_DE_FACTURA = (('/Concepto[', 'Línea 1 (TORNILLO): '),)
LUGARES_DE_PAGO = (('/DoctoRelacionado[', 'Pago 1, documento 1'), ('/Pago[', 'Pago 1: '))


@pytest.mark.parametrize('caso', [*CASOS, *CASOS_PAGOS], ids=nombre)
def test_bien(caso):
    hallazgos = check(caso.bien, contexto(caso.propios, **caso.contexto), skip=caso.saltar)
    assert [(h.code, h.path) for h in hallazgos] == []


@pytest.mark.parametrize('caso', [*CASOS, *CASOS_PAGOS], ids=nombre)
def test_mal(caso):
    hallazgos = check(caso.mal, contexto(caso.propios, **caso.contexto), skip=caso.saltar)
    assert {(h.code, h.path) for h in hallazgos} == {(caso.codigo, caso.ruta), *caso.ademas}
    assert len(hallazgos) == 1 + len(caso.ademas)
    uno = next(h for h in hallazgos if (h.code, h.path) == (caso.codigo, caso.ruta))
    assert uno.severity == caso.severidad


@pytest.mark.parametrize(('caso', 'lugares'), [
    *((caso, LUGARES_DE_FACTURA) for caso in CASOS), *((caso, LUGARES_DE_PAGO) for caso in CASOS_PAGOS),
], ids=lambda uno: '' if isinstance(uno, tuple) else nombre(uno))
def test_mensaje(caso, lugares):
    for hallazgo in check(caso.mal, contexto(caso.propios, **caso.contexto), skip=caso.saltar):
        texto = mensaje(hallazgo)
        assert texto.endswith(f'. ({hallazgo.code})') or texto.endswith(f') ({hallazgo.code})')
        assert 'sin dato' not in texto, 'a param that the sentence names is missing'
        assert not re.search(r'[{}]', texto)
        assert texto.startswith(next((inicio for lugar, inicio in lugares if lugar in hallazgo.path), ''))


def test_todas_las_pedidas_estan_registradas():
    assert rules.codigos() >= PEDIDAS


def test_cada_regla_tiene_sus_casos():
    assert rules.codigos() - DE_SELLO <= {caso.codigo for caso in [*CASOS, *CASOS_PAGOS]}
    # and those of the seal, in their own file
    texto = (Path(__file__).parent / 'test_reglas_sello.py').read_text(encoding='utf-8')
    assert all(codigo in texto for codigo in DE_SELLO)


def test_cada_regla_tiene_nombre_y_explicacion():
    for regla in rules.REGLAS:
        assert regla.funcion.__doc__, regla.codigo


def test_las_suspendidas_solo_corren_si_el_contexto_las_pone_en_vigor():
    suspendidas = {regla.codigo for regla in rules.REGLAS if regla.suspendida}
    assert suspendidas == {
        'CFDI40118', 'CFDI40120', 'CFDI40127', 'CFDI40128', 'CFDI40129', 'CRP20216', 'CRP20220'}
    for caso in [*CASOS, *CASOS_PAGOS]:
        if caso.codigo in suspendidas:
            apagada = contexto(**caso.contexto | {'confirmacion_en_vigor': False})
            assert check(caso.mal, apagada, skip=caso.saltar) == []


def test_un_grupo_desconocido_es_un_error_de_quien_llama():
    with pytest.raises(ValueError, match='sello'):
        check(factura(), contexto(), skip=('sello',))


def test_se_pregunta_una_vez_por_catalogo():
    preguntas = []
    base = contexto()

    def contar(catalogo, claves, el):
        preguntas.append(catalogo)
        return base.catalogos(catalogo, claves, el)

    check(factura(), contexto(catalogos=contar), skip=('seal', 'time'))
    assert len(preguntas) == len(set(preguntas))
    assert 'c_ClaveProdServ' in preguntas


def test_sin_catalogos_las_reglas_de_claves_callan():
    solo_calculo = contexto(catalogos=lambda _catalogo, _claves, _el: None)
    assert check(factura(), solo_calculo, skip=('seal', 'time')) == []
    hallazgos = check(factura(moneda='ABC', total=1), solo_calculo, skip=('seal', 'time'))
    assert {h.code for h in hallazgos} == {'301', 'CFDI40115'}
