"""Random documents: valid ones give nothing; whatever is done to them, `check` and `mensaje` answer."""

import os
import time
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal as D

from estrategias import AHORA, comprobantes
from fabrica_reglas import ARCHIVO, concepto, contexto, factura, retencion, traslado
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from l10n_mx_cfdi40.cfdi.build import construir
from l10n_mx_cfdi40.cfdi.errors import XmlError
from l10n_mx_cfdi40.cfdi.findings import check, errores, mensaje
from l10n_mx_cfdi40.cfdi.parse import leer

CUANTOS = 5000 if os.environ.get('CFDI40_LONG') == '1' else 300
CONTEXTO = contexto(ahora=lambda _cp: AHORA)
muchos = settings(max_examples=CUANTOS, deadline=None, suppress_health_check=list(HealthCheck))
RAROS = [
    None, '', ' ', 'x', '|', '１', '\x00', '\x85', 'ñ' * 1500, '-1', '1e5', 'NaN', '0', '99', '1.1234567',
    D('NaN'), D('sNaN'), D('Infinity'), D('-1'), D('-0'), D('0'), D('1E+999999'), D('1E-999999'), D('1E+17'),
    D('123456789012345678.123456'), D('0.1234567'), 0, -5, 10**30, datetime(1, 1, 1), datetime(2026, 1, 1, tzinfo=UTC),
]
#: Fields that hold a node or nothing: the parser puts no text there.
NODOS = {'emisor', 'receptor', 'informacion_global', 'impuestos', 'a_cuenta_terceros', 'totales', 'impuestos_p',
         'impuestos_dr'}
TEXTOS = [raro for raro in RAROS if raro is None or isinstance(raro, str)]


@given(comprobantes())
@muchos
def test_los_validos_no_dan_hallazgos(documento):
    """Their texts may carry the odd spaces, of which there is a warning."""
    hallazgos = check(documento, CONTEXTO, skip=('seal',))
    assert errores(hallazgos) == []
    assert {h.params['motivo'] for h in hallazgos} <= {'espacio'}


@given(comprobantes())
@settings(muchos, max_examples=CUANTOS // 5)
def test_lo_que_se_escribe_se_juzga_igual(documento):
    assert check(leer(construir(documento)), CONTEXTO, skip=('seal',)) == check(documento, CONTEXTO, skip=('seal',))


@st.composite
def estropeados(dibujar):
    """A valid document with up to three of its fields, anywhere, holding something else."""
    documento = dibujar(comprobantes())
    for _ in range(dibujar(st.integers(1, 3))):
        documento = dibujar(estropear(documento))
    return documento


@st.composite
def estropear(dibujar, nodo):
    """The node with one of its fields, here or further down, holding something else."""
    elegido = dibujar(st.sampled_from(fields(nodo)))
    campo, valor = elegido.name, getattr(nodo, elegido.name)
    if isinstance(valor, tuple):
        if valor and is_dataclass(valor[0]) and dibujar(st.integers(0, 9)):
            indice = dibujar(st.integers(0, len(valor) - 1))
            otro = (*valor[:indice], dibujar(estropear(valor[indice])), *valor[indice + 1:])
        elif valor and isinstance(valor[0], str):
            otro = (*valor, dibujar(st.sampled_from([texto for texto in TEXTOS if texto is not None])))
        else:
            otro = dibujar(st.sampled_from([(), valor * 2]))
    elif is_dataclass(valor) and dibujar(st.integers(0, 9)):
        otro = dibujar(estropear(valor))
    elif campo in NODOS:
        otro = None
    else:
        de_texto = elegido.type in (str, str | None)
        otro = dibujar(st.sampled_from(TEXTOS if de_texto else RAROS))
    return replace(nodo, **{campo: otro})


@given(estropeados(), st.sampled_from([(), ('seal', 'time')]))
@muchos
def test_nada_de_lo_que_diga_el_documento_lanza_un_error(documento, saltar):
    for hallazgo in check(documento, CONTEXTO, skip=saltar):
        assert hallazgo.path.startswith('Comprobante')
        assert mensaje(hallazgo).endswith(f'({hallazgo.code})')


@given(estropeados())
@settings(muchos, max_examples=CUANTOS // 3)
def test_lo_que_no_se_puede_escribir_es_un_error(documento):
    documento = replace(documento, sello='', no_certificado='', certificado='')  # not judged before sealing
    try:
        construir(documento)
    except XmlError:
        assert errores(check(documento, CONTEXTO, skip=('seal', 'time')))


def _segundos(lineas):
    linea = concepto((traslado(), traslado(impuesto='003', tasa='0.080000')), (retencion(),))
    claves = [una.clave for una in ARCHIVO.todas('c_ClaveProdServ')][:lineas]
    documento = factura(*(replace(linea, clave_prod_serv=clave, objeto_imp='XX', descripcion='|') for clave in claves))
    inicio = time.perf_counter()
    hallazgos = check(documento, contexto(), skip=('seal', 'time'))
    assert len([h for h in hallazgos if h.code == 'CFDI40170']) == lineas
    return time.perf_counter() - inicio


def test_el_trabajo_crece_con_las_lineas_y_no_mas():
    """Even when every line is wrong: ten times the lines, about ten times the time (quadratic would be a hundred)."""
    _segundos(200)
    corto = min(_segundos(200) for _ in range(3))
    largo = min(_segundos(2000) for _ in range(3))
    assert largo < corto * 40


def test_el_tiempo_se_mide_en_la_zona_del_lugar():
    pedidos = []

    def ahora(codigo_postal):
        pedidos.append(codigo_postal)
        return AHORA

    documento = factura(fecha=AHORA - timedelta(hours=73), lugar_expedicion='22000')
    assert '401' in {h.code for h in check(documento, contexto(ahora=ahora), skip=('seal',))}
    assert pedidos == ['22000']
