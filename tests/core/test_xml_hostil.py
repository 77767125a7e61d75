"""XML that comes from outside and means harm, or is simply not what it should be: always a typed error."""
import contextlib
import time

import pytest
from estrategias import ejemplo
from hypothesis import given, settings
from hypothesis import strategies as st

from l10n_mx_cfdi40.cfdi import build, cadena, parse, seal, timbre
from l10n_mx_cfdi40.cfdi.errors import XmlError

BUENO = build.construir(ejemplo())
CUERPO = BUENO.split(b'?>\n', 1)[1]
BOMBA = ('<!DOCTYPE b [<!ENTITY a0 "ja">' + ''.join(
    f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12)) + ']><b>&a11;</b>').encode()


def codigo(xml, hacer=parse.leer):
    with pytest.raises(XmlError) as error:
        hacer(xml)
    return error.value.code


@pytest.mark.parametrize('xml', [
    BOMBA,
    b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]><x>&e;</x>',
    b'<!DOCTYPE x SYSTEM "http://example.com/x.dtd"><x/>',
    b'<?xml version="1.0"?>\n<!-- <x> --> <?pi ?>\n<!DOCTYPE x><x/>',
    b'<!--a--><!--b--><!DOCTYPE x><x/>',
    b'\xef\xbb\xbf<!DOCTYPE x><x/>',
    b'<!DOCTYPE',
])
def test_dtd(xml):
    for hacer in (parse.leer, parse.arbol, cadena.cadena_of_xml, timbre.leer_timbre, seal.verificar):
        assert codigo(xml, hacer) == 'dtd'


def test_a_dtd_that_is_only_text_is_none():
    xml = BUENO.replace(b'</cfdi:Comprobante>', b'<cfdi:Addenda><!-- <!DOCTYPE x> --><a><![CDATA[<!DOCTYPE x>]]></a>'
                        b'</cfdi:Addenda></cfdi:Comprobante>')
    assert parse.leer(xml).addenda[0].xml == b'<a>&lt;!DOCTYPE x&gt;</a>'


@pytest.mark.parametrize('xml', [
    BUENO.decode().encode('utf-16'), BUENO.decode().replace('UTF-8', 'UTF-16').encode('utf-16'),
    BUENO.decode().replace('ñ', 'ñ').replace('Programa', 'Compañía').encode('latin-1'),
    BUENO.replace(b'UTF-8', b'ISO-8859-1'), BUENO.replace(b'encoding="UTF-8"', b"encoding = 'utf-7'"),
    b'\xff\xfe\x00\x00', b'\x80',
])
def test_other_encodings(xml):
    assert codigo(xml) == 'codificacion'


@pytest.mark.parametrize('declaracion', [b'', b'<?xml version="1.0"?>', b'<?xml version="1.0" encoding="utf-8"?>',
                                         b'\xef\xbb\xbf<?xml version="1.0" encoding="UTF-8"?>', b'\xef\xbb\xbf'])
def test_utf8_however_it_is_declared(declaracion):
    assert parse.leer(declaracion + CUERPO) == ejemplo()


@pytest.mark.parametrize('xml', [
    b'', b' ', b'hola', b'<', b'<a', b'<a>', b'<a></b>', b'<a b=1/>', b'<a/><b/>', b'<a>&nbsp;</a>', b'<a b="<"/>',
    b'<a \x00/>', b'<a b="&#0;"/>', b'<!-- ', b'<?xml', b'\x00' * 100, BUENO[:-5], BUENO + b'x', b'{"json": 1}',
    CUERPO.replace(b'cfdi:Emisor', b'otro:Emisor'),
])
def test_not_well_formed(xml):
    assert codigo(xml) == 'mal_formado'


def test_deep_nesting():
    for niveles in (parse.MAXIMO_NIVELES + 1, 300, 100_000):
        assert codigo(b'<a>' * niveles + b'</a>' * niveles) == 'demasiado_profundo'
    justo = parse.MAXIMO_NIVELES
    assert codigo(b'<a>' * justo + b'</a>' * justo) == 'no_es_cfdi'


def test_megabytes():
    assert codigo(b'<a>' + b'x' * parse.MAXIMO_BYTES + b'</a>') == 'demasiado_grande'
    assert codigo(BUENO, lambda xml: parse.leer(xml, maximo_bytes=100)) == 'demasiado_grande'


@pytest.mark.parametrize('xml', [
    b' ' * 5_000_000 + b'<a/>', b'<!---->' * 300_000 + b'<a/>', b'<a>' + b'<b/>' * 500_000 + b'</a>',
    b'<a b="' + b'&amp;' * 500_000 + b'"/>', b'<a ' + b' '.join(b'a%d=""' % n for n in range(20_000)) + b'/>',
    BUENO.replace(b'Total="116.00"', b'Total="' + b'9' * 1_000_000 + b'"'),
])
def test_large_but_silly_documents_take_no_longer_than_their_size(xml):
    antes = time.process_time()
    with contextlib.suppress(XmlError):
        parse.leer(xml)
    assert time.process_time() - antes < 4


@pytest.mark.parametrize(('xml', 'esperado'), [
    (b'<a/>', 'no_es_cfdi'), (b'<Comprobante/>', 'version'),
    (b'<cfdi:Comprobante xmlns:cfdi="http://www.sat.gob.mx/cfd/3" Version="3.3"/>', 'version'),
    (b'<x:Comprobante xmlns:x="http://example.com"/>', 'no_es_cfdi'),
])
def test_another_document(xml, esperado):
    assert codigo(xml) == codigo(xml, cadena.cadena_of_xml) == codigo(xml, seal.verificar) == esperado


@pytest.mark.parametrize(('antes', 'despues'), [
    (b' Version="4.0"', b' Version="4.0" Extra="1"'),
    (b'<cfdi:Emisor', b'<cfdi:Otro/><cfdi:Emisor'),
    (b'<cfdi:Emisor', b'<Emisor/><cfdi:Emisor'),
    (b'<cfdi:Emisor', b'texto<cfdi:Emisor'),
    (b'<cfdi:Conceptos>', b'<cfdi:Conceptos a="1">'),
    (b'<cfdi:Conceptos>', b'<cfdi:Conceptos><cfdi:Otro/>'),
    (b'<cfdi:Conceptos>', b'<cfdi:Conceptos/><cfdi:Conceptos>'),
    (b'</cfdi:Conceptos>', b'</cfdi:Conceptos><cfdi:Receptor/>'),
    (b'<cfdi:Traslados><cfdi:Traslado ', b'<cfdi:Traslados/><cfdi:Traslados><cfdi:Traslado '),
    (b'</cfdi:Comprobante>', b'<cfdi:Complemento>hola</cfdi:Complemento></cfdi:Comprobante>'),
    (b'</cfdi:Comprobante>', b'<cfdi:Complemento/><cfdi:Complemento/></cfdi:Comprobante>'),
    (b'</cfdi:Comprobante>', b'<cfdi:Addenda/><cfdi:Complemento/></cfdi:Comprobante>'),
])
def test_structure(antes, despues):
    assert codigo(BUENO.replace(antes, despues, 1)) == 'estructura'


def test_comments_and_instructions_between_nodes_say_nothing():
    xml = BUENO.replace(b'<cfdi:Emisor', b'<!-- x --><?y z?><cfdi:Emisor').replace(
        b'<cfdi:Concepto ', b'<!-- x --><cfdi:Concepto ')
    assert parse.leer(xml) == ejemplo()
    assert cadena.cadena_of_xml(xml) == cadena.cadena_of_xml(BUENO)


def test_what_is_missing_is_none_and_not_an_error():
    leido = parse.leer(b'<cfdi:Comprobante xmlns:cfdi="http://www.sat.gob.mx/cfd/4"/>')
    assert (leido.emisor, leido.total, leido.conceptos) == (None, None, ())
    assert parse.leer(build.construir(leido)) == leido
    assert cadena.cadena(leido) == cadena.cadena_of_xml(build.construir(leido))


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_damaged_documents_give_values_or_a_typed_error(datos):
    roto = bytearray(BUENO)
    for _ in range(datos.draw(st.integers(1, 4))):
        lugar = datos.draw(st.integers(0, len(roto) - 1))
        roto[lugar:lugar + datos.draw(st.integers(0, 3))] = datos.draw(st.binary(max_size=3))
    try:
        leido = parse.leer(bytes(roto))
    except XmlError:
        return
    assert parse.leer(build.construir(leido)) == leido
