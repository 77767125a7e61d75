"""The structure tables against the classes of values and, where it is at hand, the SAT's own XSD."""
import dataclasses
import re

import oracle
import pytest
from estrategias import ejemplo
from lxml import etree

from l10n_mx_cfdi40.cfdi import schema

XS = '{http://www.w3.org/2001/XMLSchema}'


@pytest.mark.parametrize('ruta', schema.NODOS)
def test_tables_and_classes_have_the_same_fields(ruta):
    nodo = schema.NODOS[ruta]
    if nodo.clase is not str:
        campos = {campo.name for campo in dataclasses.fields(nodo.clase)}
        assert campos == {parte.campo for parte in (*nodo.atributos, *nodo.hijos)}
    else:
        assert len(nodo.atributos) == 1


@pytest.mark.parametrize('ruta', schema.NODOS)
def test_patterns_take_no_digit_but_ascii_ones(ruta):
    for atributo in schema.NODOS[ruta].atributos:
        if atributo.patron:
            assert r'\d' not in atributo.patron.pattern
            assert atributo.patron.pattern.startswith(r'\A')
            assert atributo.patron.pattern.endswith(r'\Z')


def del_xsd(nombre, archivo):
    """``{path: ([(attribute, required)], [children])}`` of an XSD, wrappers included."""
    raiz = etree.parse(str(oracle.SCHEMAS / 'www.sat.gob.mx/sitio_internet/cfd' / archivo)).getroot()
    nodos = {}

    def andar(elemento, ruta):
        tipo = elemento.find(f'{XS}complexType')
        atributos = [(a.get('name'), a.get('use') == 'required') for a in tipo.findall(f'{XS}attribute')]
        hijos = [e for e in tipo.iter(f'{XS}element')
                 if next(p for p in e.iterancestors(f'{XS}element')) is elemento]
        nodos[ruta] = atributos, [e.get('name') for e in hijos]
        for hijo in hijos:
            if hijo.find(f'{XS}complexType') is not None:
                andar(hijo, f'{ruta}/{hijo.get("name")}')

    andar(next(e for e in raiz if e.get('name') == nombre), nombre)
    return nodos


def de_la_tabla(nodo, ruta, nodos):
    nodos[ruta] = [(a.nombre, a.requerido) for a in nodo.atributos], [h.envoltura or h.nodo.nombre for h in nodo.hijos]
    for hijo in nodo.hijos:
        donde = ruta
        if hijo.envoltura:
            donde = f'{ruta}/{hijo.envoltura}'
            nodos[donde] = [], [hijo.nodo.nombre] if hijo.nodo else []
        if hijo.nodo:
            de_la_tabla(hijo.nodo, f'{donde}/{hijo.nodo.nombre}', nodos)
    return nodos


@pytest.mark.parametrize(('nodo', 'archivo'), [
    (schema.COMPROBANTE, '4/cfdv40.xsd'), (schema.PAGOS, 'Pagos/Pagos20.xsd'),
    (schema.IMPUESTOS_LOCALES, 'implocal/implocal.xsd'),
    (schema.TIMBRE, 'TimbreFiscalDigital/TimbreFiscalDigitalv11.xsd'),
], ids=lambda uno: getattr(uno, 'nombre', ''))
def test_tables_are_those_of_the_xsd(nodo, archivo):
    oficial, propia = del_xsd(nodo.nombre, archivo), de_la_tabla(nodo, nodo.nombre, {})
    assert set(propia) == set(oficial)
    for ruta, (atributos, hijos) in oficial.items():
        assert propia[ruta][1] == hijos, ruta
        assert sorted(propia[ruta][0]) == sorted(atributos), ruta
        assert propia[ruta][0] == atributos, ruta


def test_walking_gives_paths_that_name_each_node():
    rutas = [ruta for ruta, _nodo, _valor in schema.recorrer(ejemplo())]
    assert rutas[0] == 'Comprobante'
    assert 'Comprobante/Conceptos/Concepto[1]/Impuestos/Traslados/Traslado[1]' in rutas
    assert all(re.sub(r'\[[0-9]+\]', '', ruta) in schema.NODOS for ruta in rutas)


@pytest.mark.parametrize(('nombre', 'campo'), [
    ('SubTotal', 'sub_total'), ('UsoCFDI', 'uso_cfdi'), ('TasaOCuota', 'tasa_o_cuota'), ('UUID', 'uuid'),
    ('Año', 'anio'),
    ('RfcACuentaTerceros', 'rfc_a_cuenta_terceros'), ('TotaldeRetenciones', 'totalde_retenciones'),
    ('TotalTrasladosBaseIVA16', 'total_traslados_base_iva16'), ('NoCertificadoSAT', 'no_certificado_sat'),
])
def test_names(nombre, campo):
    assert schema.campo_de(nombre) == campo
