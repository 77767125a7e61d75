"""Random invoices paid bit by bit in other currencies: every complement is right, and the balances end at zero."""

import random
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal as D

import oracle
from apoyo import LARGO, csd, guardar
from estrategias import AHORA, CP, EMISOR, cifras, comprobantes
from fabrica_pagos import CIFRAS
from fabrica_reglas import contexto
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_complemento_pago import TIMBRE
from test_ida_y_vuelta import CON_ORACULO
from test_reglas_azar import estropear

from l10n_mx_cfdi40.cfdi import amounts, cadena, parse, seal
from l10n_mx_cfdi40.cfdi import equivalencia as eq
from l10n_mx_cfdi40.cfdi import values as v
from l10n_mx_cfdi40.cfdi.build import construir
from l10n_mx_cfdi40.cfdi.cobranza import Cuenta, PagoRecibido, Recibo, cuenta_de
from l10n_mx_cfdi40.cfdi.complemento_pago import comprobante_de_pago
from l10n_mx_cfdi40.cfdi.errors import XmlError
from l10n_mx_cfdi40.cfdi.findings import check, errores, mensaje

CUANTOS = 5000 if LARGO else 300
CONTEXTO = contexto(ahora=lambda _cp: AHORA)
muchos = settings(max_examples=CUANTOS, deadline=None, suppress_health_check=list(HealthCheck))
CLIENTE = v.Receptor(rfc='URE180429TM6', nombre='UNIVERSIDAD ROBOTICA ESPAÑOLA', domicilio_fiscal_receptor='86991',
                     regimen_fiscal_receptor='601', uso_cfdi='G03')
#: Pesos per unit, about which the rate of each payment moves.
PESOS = {'MXN': D(1), 'USD': D('17.1234'), 'EUR': D('19.876543'), 'JPY': D('0.118')}


#: Units of the last place, from one to a hundred million millions.
IMPORTES = st.integers(0, 14).flatmap(lambda cifras: st.integers(1, 10**cifras))


@st.composite
def cuentas(dibujar):
    """Accounts of one to four invoices, stamped; some with a credit note."""
    unas = []
    for numero in range(dibujar(st.integers(1, 4))):
        una = dibujar(comprobantes(maximo_lineas=3).filter(
            lambda c: c.tipo_de_comprobante == 'I' and c.total > 0 and not c.informacion_global))
        uuid = f'{numero:08x}{TIMBRE.uuid[8:]}'
        cuenta = cuenta_de(replace(una, complemento=(replace(TIMBRE, uuid=uuid),)))
        if dibujar(st.integers(0, 3)) == 0 and (nota := _parte(dibujar, cuenta)) < cuenta.saldo:
            cuenta = cuenta.acreditar(nota)
        unas.append(cuenta)
    return unas


def _parte(dibujar, cuenta):
    """Something between one unit of the last place and all of the balance."""
    decimales = CIFRAS[cuenta.factura.moneda]
    unidades = int(cuenta.saldo.scaleb(decimales))
    return D(dibujar(st.integers(1, unidades))).scaleb(-decimales)


@st.composite
def un_pago(dibujar, todas: list[Cuenta], liquidar: bool):
    """A payment of some of the accounts (all that is owed of all of them, to settle them), which changes the list."""
    moneda = dibujar(st.sampled_from(sorted(PESOS)))
    cambios = {clave: D(1) if clave == 'MXN' else cifras(valor * D(dibujar(st.integers(90, 110))) / 100, 6)
               for clave, valor in PESOS.items()}
    abiertas = [n for n, cuenta in enumerate(todas) if cuenta.saldo]
    elegidas = abiertas if liquidar else dibujar(st.lists(st.sampled_from(abiertas), min_size=1, unique=True))
    documentos, monto, unidad = [], D(0), D(1).scaleb(-CIFRAS[moneda])
    for n in elegidas:
        cuenta = todas[n]
        completo = liquidar or dibujar(st.booleans())
        importe = cuenta.saldo if completo else _parte(dibujar, cuenta)
        suya = cuenta.factura.moneda
        parte = importe if suya == moneda else max(
            unidad, cifras(importe * cambios[suya] / cambios[moneda], CIFRAS[moneda]))
        acordada = cambios[moneda] / cambios[suya] if suya != moneda and dibujar(st.booleans()) else None
        documento, todas[n] = cuenta.pagar(importe, parte=parte, equivalencia=acordada)
        documentos.append(documento)
        monto += parte
    de_mas = unidad * dibujar(st.sampled_from([0, 0, 0, 1, 12345]))
    return PagoRecibido(
        fecha=AHORA - timedelta(days=dibujar(st.integers(0, 40))),
        forma_pago=dibujar(st.sampled_from(['01', '03', '17'])), moneda=moneda,
        tipo_cambio=cambios[moneda], monto=monto + de_mas, documentos=tuple(documentos))


@st.composite
def cobranzas(dibujar):
    """Accounts, and the receipts that settle them, each of one or more payments."""
    iniciales = dibujar(cuentas())
    todas, recibos = list(iniciales), []
    for _ in range(dibujar(st.integers(0, 2))):
        pagos = []
        for _ in range(dibujar(st.integers(1, 2))):
            if any(cuenta.saldo for cuenta in todas):
                pagos.append(dibujar(un_pago(todas, False)))
        if pagos:
            recibos.append(_recibo(pagos))
    if any(cuenta.saldo for cuenta in todas):
        recibos.append(_recibo([dibujar(un_pago(todas, True))]))
    assert not any(cuenta.saldo for cuenta in todas)
    return iniciales, recibos


def _recibo(pagos):
    return Recibo(fecha=AHORA - timedelta(hours=1), serie='P', folio='1', lugar_expedicion=CP, emisor=EMISOR,
                  receptor=CLIENTE, pagos=tuple(pagos))


@muchos
@given(cobranzas())
def test_todo_complemento_es_valido_y_los_saldos_llegan_a_cero(cobranza):
    iniciales, recibos = cobranza
    saldos = {cuenta.factura.uuid: (cuenta.saldo, 0) for cuenta in iniciales}
    for recibo in recibos:
        comprobante = comprobante_de_pago(recibo, CIFRAS)
        assert errores(check(comprobante, CONTEXTO, skip=('seal',))) == []
        for pago in comprobante.complemento[0].pago:
            for docto in pago.docto_relacionado:
                saldo, parcialidades = saldos[docto.id_documento]
                assert (docto.imp_saldo_ant, docto.num_parcialidad) == (saldo, parcialidades + 1)
                assert docto.imp_saldo_insoluto == saldo - docto.imp_pagado
                saldos[docto.id_documento] = (docto.imp_saldo_insoluto, docto.num_parcialidad)
        _oficial(comprobante)
    assert {saldo for saldo, _parcialidades in saldos.values()} == {D(0)}


def _oficial(comprobante):
    """Sealed, it reads back equal and is right for the SAT's schema and stylesheet; one in ten is kept for later."""
    sellado = seal.sellar(comprobante, csd())
    assert parse.leer(sellado.xml) == sellado.comprobante
    assert sellado.cadena == cadena.cadena_of_xml(sellado.xml)
    if random.Random(len(sellado.xml)).random() < 0.1:
        guardar(sellado.xml)
    if CON_ORACULO:
        assert oracle.validate_xsd(sellado.xml) == []
        assert oracle.cadena_xslt(sellado.xml) == sellado.cadena


@settings(muchos, max_examples=CUANTOS // 3)
@given(cobranzas())
def test_los_impuestos_de_los_pagos_suman_los_de_la_factura(cobranza):
    """Up to the millionths of each rounding; of an invoice with credit notes, in proportion to what was paid."""
    iniciales, recibos = cobranza
    partes = {}
    for recibo in recibos:
        for pago in comprobante_de_pago(recibo, CIFRAS).complemento[0].pago:
            for docto in pago.docto_relacionado:
                bases = [t.base_dr for t in docto.impuestos_dr.traslados_dr] if docto.impuestos_dr else []
                partes.setdefault(docto.id_documento, []).append(bases)
    for cuenta in iniciales:
        factura = cuenta.factura
        for n, traslado in enumerate(factura.traslados):
            veces = len(partes[factura.uuid])
            pagada = sum(bases[n] for bases in partes[factura.uuid])
            assert abs(pagada - traslado.base * cuenta.saldo / factura.total) <= D('0.000001') * veces


@muchos
@given(st.lists(st.tuples(IMPORTES, IMPORTES), min_size=1, max_size=30), st.integers(0, 2))
def test_la_equivalencia_cabe_en_los_margenes_de_cualquier_importe(pares, decimales):
    """Amounts from a cent to a million millions, with any rate between them that EquivalenciaDR can write."""
    pares = [(D(pagado).scaleb(-2), D(parte).scaleb(-decimales)) for pagado, parte in pares
             if D('1E-7') < D(pagado).scaleb(-2) / D(parte).scaleb(-decimales)]
    monto = sum((parte for _pagado, parte in pares), D(0))
    unas = eq.ajustar(monto, [(pagado, parte, eq.equivalencia(pagado, parte, decimales)) for pagado, parte in pares],
                      decimales)
    convertidos = [eq.convertir(pagado, una, decimales, amounts.decimales(una))
                   for (pagado, _parte), una in zip(pares, unas, strict=True)]
    assert eq.cubre(monto, convertidos, decimales)
    assert all(eq.dentro_de_sus_limites(uno, decimales) for uno in convertidos)


@st.composite
def estropeados(dibujar):
    """A complement with up to three of its fields, anywhere, holding something else."""
    _iniciales, recibos = dibujar(cobranzas())
    documento = comprobante_de_pago(recibos[0], CIFRAS)
    for _ in range(dibujar(st.integers(1, 3))):
        documento = dibujar(estropear(documento))
    return documento


@settings(muchos, max_examples=CUANTOS // 2)
@given(estropeados())
def test_nada_de_lo_que_diga_el_complemento_lanza_un_error(documento):
    for hallazgo in check(documento, CONTEXTO):
        assert hallazgo.path.startswith('Comprobante')
        assert mensaje(hallazgo).endswith(f'({hallazgo.code})')


@settings(muchos, max_examples=CUANTOS // 3)
@given(estropeados())
def test_lo_que_no_se_puede_escribir_es_un_error(documento):
    documento = replace(documento, sello='', no_certificado='', certificado='')  # not judged before sealing
    try:
        construir(documento)
    except XmlError:
        assert errores(check(documento, CONTEXTO, skip=('seal', 'time')))
