"""Requests to the SAT's cancellation service: their values, what they look like and what is refused."""
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from apoyo import csd
from fabrica_cancelacion import CANCELACION, EMISOR, FECHA, PAC, RELACIONADOS, RESPUESTA, A, B, C
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from l10n_mx_cfdi40.cfdi import cancelacion as c
from l10n_mx_cfdi40.cfdi.errors import CancelacionError, CfdiError, CsdError, XmlError
from l10n_mx_cfdi40.cfdi.parse import MAXIMO_NIVELES

NS = {'c': 'http://cancelacfd.sat.gob.mx', 'd': 'http://www.w3.org/2000/09/xmldsig#'}
PARES = [(c.firmar_cancelacion, c.leer_cancelacion, CANCELACION), (c.firmar_respuesta, c.leer_respuesta, RESPUESTA),
         (c.firmar_relacionados, c.leer_relacionados, RELACIONADOS)]
cada_una = pytest.mark.parametrize(('firmar', 'leer', 'valores'), PARES,
                                   ids=['cancelacion', 'respuesta', 'relacionados'])


def solicitud(*folios):
    return c.SolicitudCancelacion(EMISOR, FECHA, folios)


def codigo(clase, hacer, *argumentos):
    with pytest.raises(clase) as error:
        hacer(*argumentos)
    assert len(str(error.value)) > 30
    return error.value.code


@cada_una
def test_round_trip(firmar, leer, valores):
    assert leer(firmar(valores, csd())) == valores


def test_what_a_request_looks_like():
    xml = c.firmar_cancelacion(CANCELACION, csd())
    assert xml.startswith(
        b'<?xml version="1.0" encoding="UTF-8"?><Cancelacion xmlns="http://cancelacfd.sat.gob.mx" '
        b'xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        b'RfcEmisor="EKU9003173C9" Fecha="2026-01-15T10:04:59"><Folios><Folio UUID="%b" Motivo="01" '
        b'FolioSustitucion="%b"/></Folios><Folios><Folio UUID="%b" Motivo="02"/></Folios><Signature xmlns='
        % (A.encode(), B.encode(), C.encode()))
    assert b'\n' not in xml
    assert not any((nodo.text or '').isspace() or (nodo.tail or '').strip() for nodo in etree.fromstring(xml).iter())


def test_what_an_answer_and_a_question_look_like():
    raiz = etree.fromstring(c.firmar_respuesta(RESPUESTA, csd()))
    assert dict(raiz.attrib) == {'RfcReceptor': EMISOR, 'RfcPacEnviaSolicitud': PAC, 'Fecha': '2026-01-15T10:04:59'}
    assert [[hijo.text for hijo in folio] for folio in raiz.findall('c:Folios', NS)] == [[A, 'Aceptacion'],
                                                                                        [B, 'Rechazo']]
    raiz = etree.fromstring(c.firmar_relacionados(RELACIONADOS, csd()))
    assert dict(raiz.attrib) == {'Uuid': A, 'RfcEmisor': EMISOR, 'RfcReceptor': '', 'RfcPacEnviaSolicitud': PAC}
    receptor = c.PeticionRelacionados(A, PAC, rfc_receptor=EMISOR)
    raiz = etree.fromstring(c.firmar_relacionados(receptor, csd()))
    assert (raiz.get('RfcEmisor'), raiz.get('RfcReceptor')) == ('', EMISOR)


def test_upper_case_and_members():
    folio = c.Folio(A.lower(), '01', B.lower())
    assert (folio.uuid, folio.motivo, folio.folio_sustitucion) == (A, c.Motivo.CON_RELACION, B)
    assert isinstance(folio.motivo, c.Motivo)
    assert RESPUESTA.respuestas[1][1] is c.Respuesta.RECHAZO


@pytest.mark.parametrize(('folios', 'esperado'), [
    ((c.Folio('', '02'),), 'uuid_mal_escrito'),
    ((c.Folio(A[:-1], '02'),), 'uuid_mal_escrito'),
    ((c.Folio(A + '\n', '02'),), 'uuid_mal_escrito'),
    ((c.Folio('G' + A[1:], '02'),), 'uuid_mal_escrito'),
    ((c.Folio('٣' + A[1:], '02'),), 'uuid_mal_escrito'),
    ((c.Folio(A, '01', 'no'),), 'uuid_mal_escrito'),
    ((c.Folio(A, ''),), 'motivo_desconocido'),
    ((c.Folio(A, '05'),), 'motivo_desconocido'),
    ((c.Folio(A, '1'),), 'motivo_desconocido'),
    ((c.Folio(A, '01'),), 'falta_sustituto'),
    ((c.Folio(A, '01', ''),), 'falta_sustituto'),
    ((c.Folio(A, '02', B),), 'sobra_sustituto'),
    ((c.Folio(A, '03', B),), 'sobra_sustituto'),
    ((c.Folio(A, '04', ''),), 'sobra_sustituto'),
    ((c.Folio(A, '01', A.lower()),), 'sustituto_es_el_mismo'),
    ((c.Folio(A, '02'), c.Folio(A.lower(), '03')), 'folio_repetido'),
    ((), 'sin_folios'),
    (tuple(c.Folio(f'{n:08X}{A[8:]}', '02') for n in range(501)), 'demasiados_folios'),
])
def test_refused(folios, esperado):
    assert codigo(CancelacionError, solicitud(*folios).revisar) == esperado
    assert codigo(CancelacionError, c.firmar_cancelacion, solicitud(*folios), csd()) == esperado


def test_an_error_says_which_document():
    with pytest.raises(CancelacionError) as error:
        solicitud(c.Folio(A, '02'), c.Folio(B, '01')).revisar()
    assert error.value.params['uuid'] == B


def test_five_hundred_are_taken():
    muchos = solicitud(*(c.Folio(f'{n:08X}{A[8:]}', '01', B) for n in range(500)))
    xml = c.firmar_cancelacion(muchos, csd())
    assert c.leer_cancelacion(xml) == muchos
    assert len(xml) < c.MAXIMO_BYTES / 4


@pytest.mark.parametrize(('respuestas', 'esperado'), [
    ((), 'sin_folios'), (((A, 'Aceptación'),), 'respuesta_desconocida'), ((('x', 'Rechazo'),), 'uuid_mal_escrito'),
    (((A, 'Rechazo'), (A, 'Aceptacion')), 'folio_repetido'),
    (tuple((f'{n:08X}{A[8:]}', 'Rechazo') for n in range(501)), 'demasiados_folios'),
])
def test_refused_answers(respuestas, esperado):
    valores = replace(RESPUESTA, respuestas=respuestas)
    assert codigo(CancelacionError, c.firmar_respuesta, valores, csd()) == esperado


@pytest.mark.parametrize(('rfcs', 'esperado'), [
    ({}, 'un_solo_rfc'), ({'rfc_emisor': '', 'rfc_receptor': None}, 'un_solo_rfc'),
    ({'rfc_emisor': EMISOR, 'rfc_receptor': EMISOR}, 'un_solo_rfc'),
])
def test_refused_questions(rfcs, esperado):
    assert codigo(CancelacionError, c.firmar_relacionados, c.PeticionRelacionados(A, PAC, **rfcs), csd()) == esperado
    assert codigo(CancelacionError, c.PeticionRelacionados('A', PAC, EMISOR).revisar) == 'uuid_mal_escrito'


def test_signed_only_by_its_own():
    ajeno = csd('XIA190128J61', 'XENON INDUSTRIAL ARTICLES')
    for firmar, _leer, valores in PARES:
        assert codigo(CsdError, firmar, valores, ajeno) == 'rfc_distinto'
    assert codigo(CfdiError, c.firmar_respuesta, replace(RESPUESTA, rfc_pac='PAC'), csd()) == 'rfc_invalido'


def test_the_date_is_local_and_without_fractions():
    with pytest.raises(ValueError):
        c.firmar_cancelacion(replace(CANCELACION, fecha=FECHA.replace(tzinfo=UTC)), csd())
    xml = c.firmar_cancelacion(replace(CANCELACION, fecha=FECHA.replace(microsecond=999999)), csd())
    assert c.leer_cancelacion(xml).fecha == FECHA


def escrita(dentro='', nombre='Cancelacion', atributos=f'RfcEmisor="{EMISOR}" Fecha="2026-01-15T10:04:59"'):
    return f'<{nombre} xmlns="{c.ESPACIO}" {atributos}>{dentro}</{nombre}>'.encode()


def test_what_others_write_is_read():
    leida = c.leer_cancelacion(escrita(
        f'\n <Folios>\n <Folio UUID="{A.lower()}" Motivo="02" FolioSustitucion=""/><Folio UUID="{B}" Motivo="9"/>\n'
        '</Folios> ', atributos='xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="a b" '
        f'RfcEmisor="{EMISOR}" Fecha="2026-01-15T10:04:59"'))
    assert leida == solicitud(c.Folio(A, '02'), c.Folio(B, '9'))
    assert codigo(CancelacionError, leida.revisar) == 'motivo_desconocido'
    vacio = c.leer_cancelacion(escrita('<Folios><Folio/></Folios>'))
    assert codigo(CancelacionError, vacio.revisar) == 'uuid_mal_escrito'
    assert codigo(CancelacionError, c.leer_cancelacion(escrita()).revisar) == 'sin_folios'


@pytest.mark.parametrize('xml', [
    escrita('<Otro/>'), escrita('hola'), escrita('<Folios/>hola'), escrita('<Folios a="1"/>'),
    escrita('<Folios>x</Folios>'),
    escrita('<Folios><Folio UUID="x" Otro="1"/></Folios>'), escrita('<Folios><Folio><a/></Folio></Folios>'),
    escrita('<Folios><Otro/></Folios>'), escrita('<Folios><!-- x --></Folios>'), escrita('<?pi x?>'),
    escrita('<Folios xmlns=""/>'), escrita(escrita().decode()),
    escrita(atributos='Fecha="2026-01-15T10:04:59" Rfc="x"'), escrita(atributos=''), escrita(atributos='Fecha="hoy"'),
    escrita(atributos='Fecha="2026-02-30T10:04:59"'), escrita(atributos='Fecha="2026-01-15T10:04:59Z"'),
    escrita(atributos='Fecha="2026-01-15T10:04:59.1"'),
    escrita(f'<Signature xmlns="{NS["d"]}"/><Folios/>'), escrita(f'<Signature xmlns="{NS["d"]}"/>' * 2),
])
def test_structure(xml):
    assert codigo(XmlError, c.leer_cancelacion, xml) == 'estructura'


@pytest.mark.parametrize('folios', [
    '<Folios/>', f'<Folios><UUID>{A}</UUID></Folios>', f'<Folios><UUID>{A}</UUID><UUID>{A}</UUID></Folios>',
    f'<Folios><UUID>{A}</UUID><Respuesta>Rechazo</Respuesta><Respuesta>Aceptacion</Respuesta></Folios>',
    f'<Folios><UUID>{A}<b/></UUID><Respuesta>Rechazo</Respuesta></Folios>',
    f'<Folios><UUID>{A}</UUID><Respuesta>Rechazo<!-- no --></Respuesta></Folios>',
    f'<Folios><UUID a="">{A}</UUID><Respuesta>Rechazo</Respuesta></Folios>', '<Otro/>',
])
def test_structure_of_an_answer(folios):
    xml = escrita(folios, 'SolicitudAceptacionRechazo', f'RfcReceptor="{EMISOR}" Fecha="2026-01-15T10:04:59"')
    assert codigo(XmlError, c.leer_respuesta, xml) == 'estructura'


def test_structure_of_a_question():
    xml = escrita('<Folios/>', 'PeticionConsultaRelacionados', f'Uuid="{A}"')
    assert codigo(XmlError, c.leer_relacionados, xml) == 'estructura'


@cada_una
def test_another_document(firmar, leer, valores):
    for xml in (b'<Cancelacion/>', b'<a/>', escrita('', 'Otra'), f'<S xmlns="{c.ESPACIO}">'.encode() + firmar(
            valores, csd()).split(b'?>')[1] + b'</S>'):
        assert codigo(XmlError, leer, xml) == 'no_es_solicitud'
    for otro, _leer, otros in PARES:
        if otro is not firmar:
            assert codigo(XmlError, leer, otro(otros, csd())) == 'no_es_solicitud'


@pytest.mark.parametrize(('xml', 'esperado'), [
    (b'<!DOCTYPE b [<!ENTITY a "ja"><!ENTITY c "&a;&a;&a;&a;">]><b>&c;</b>', 'dtd'),
    (b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]><x>&e;</x>', 'dtd'),
    (b'', 'mal_formado'), (b'\xff\xfe', 'codificacion'), (escrita()[:-3], 'mal_formado'),
    (b'<a>' * (MAXIMO_NIVELES + 1) + b'</a>' * (MAXIMO_NIVELES + 1), 'demasiado_profundo'),
    (escrita(' ' * c.MAXIMO_BYTES), 'demasiado_grande'),
])
def test_hostile(xml, esperado):
    for leer in (c.leer_cancelacion, c.leer_respuesta, c.leer_relacionados):
        assert codigo(XmlError, leer, xml) == esperado
    assert codigo(XmlError, c.verificar_firma, xml) == esperado


FIRMADA = c.firmar_cancelacion(CANCELACION, csd())


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_damaged_requests_give_values_or_a_typed_error(datos):
    roto = bytearray(FIRMADA)
    for _ in range(datos.draw(st.integers(1, 4))):
        lugar = datos.draw(st.integers(0, 600))
        roto[lugar:lugar + datos.draw(st.integers(0, 3))] = datos.draw(st.binary(max_size=3))
    try:
        leida = c.leer_cancelacion(bytes(roto))
    except XmlError:
        return
    assert isinstance(leida.fecha, datetime)
