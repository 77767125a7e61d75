"""The payment complement against the filling guide's worked examples, and what it makes of invoices."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal as D

import oracle
import pytest
from apoyo import csd, guardar
from estrategias import ejemplo
from fabrica_pagos import CIFRAS, con_docto, factura, pagado, pago, recibo, rep, retencion, traslado
from fabrica_reglas import contexto
from test_ida_y_vuelta import CON_ORACULO

from l10n_mx_cfdi40.cfdi import cadena, equivalencia, parse, seal
from l10n_mx_cfdi40.cfdi import values as v
from l10n_mx_cfdi40.cfdi.amounts import decimales, limites_pagado, recortar
from l10n_mx_cfdi40.cfdi.cobranza import Cuenta, cuenta_de, factura_de
from l10n_mx_cfdi40.cfdi.complemento_pago import complemento, comprobante_de_pago
from l10n_mx_cfdi40.cfdi.errors import MontoError
from l10n_mx_cfdi40.cfdi.findings import check

TIMBRE = v.TimbreFiscalDigital(
    uuid='D21CA0C2-3EA4-4510-ABE3-F05771523E25', fecha_timbrado=datetime(2026, 7, 21), rfc_prov_certif='SAT970701NN3',
    sello_cfd='c2VsbG8=', no_certificado_sat='30001000000400002495', sello_sat='c2VsbG8=')


def juzgar(comprobante):
    """Seal the document and have everyone judge it."""
    sellado = seal.sellar(comprobante, csd())
    assert check(comprobante, contexto(), skip=('seal', 'time')) == []
    assert parse.leer(sellado.xml) == sellado.comprobante
    assert cadena.cadena_of_xml(sellado.xml) == sellado.cadena
    guardar(sellado.xml)
    if CON_ORACULO:
        assert oracle.validate_xsd(sellado.xml) == []
        assert oracle.cadena_xslt(sellado.xml) == sellado.cadena
    return sellado.comprobante.complemento[0]


def maquina(moneda):
    """Return the account of the guide's machine: 350,000 and IVA, less a credit note of 50,000 and IVA (appendix 8)."""
    cuenta = Cuenta(factura=factura([traslado('350000.00', importe='56000.00')], moneda=moneda, total='406000.00'),
                    saldo=D('406000.00'))
    return cuenta.acreditar(D('58000.00'))


# -- Appendix 8: currencies


def test_factura_en_pesos_pagada_en_dolares():
    documento, cuenta = maquina('MXN').pagar(D('348000.00'), equivalencia=D('17.7331'))
    pagos = juzgar(comprobante_de_pago(recibo(pago(
        documento, moneda='USD', tipo_cambio=D('17.7331'), monto='19624.32')), CIFRAS))
    uno = pagos.pago[0]
    docto = uno.docto_relacionado[0]
    assert (uno.monto, uno.moneda_p, uno.tipo_cambio_p) == (D('19624.32'), 'USD', D('17.7331'))
    assert (docto.moneda_dr, str(docto.equivalencia_dr), docto.num_parcialidad) == ('MXN', '17.7331', 1)
    assert (docto.imp_saldo_ant, docto.imp_pagado, str(docto.imp_saldo_insoluto)) == (348000, 348000, '0.00')
    assert cuenta.saldo == 0
    tras = docto.impuestos_dr.traslados_dr[0]
    assert (str(tras.base_dr), str(tras.importe_dr)) == ('300000.00', '48000.00')
    assert str(uno.impuestos_p.traslados_p[0].base_p) == '16917.515832'  # 300000 / 17.7331
    assert (pagos.totales.total_traslados_base_iva16, pagos.totales.total_traslados_impuesto_iva16) == (300000, 48000)
    assert pagos.totales.monto_total_pagos == D('348000.03')  # 19624.32 x 17.7331


def test_factura_en_dolares_pagada_en_pesos():
    documento, _cuenta = maquina('USD').pagar(D('348000.00'))
    comprobante = comprobante_de_pago(recibo(pago(documento, monto='6171118.80')), CIFRAS)
    pagos = juzgar(comprobante)
    docto = pagos.pago[0].docto_relacionado[0]
    assert str(docto.equivalencia_dr) == '0.0563917194'  # 1 / 17.7331; the guide shows its first six decimals
    assert (docto.imp_saldo_ant, docto.imp_pagado, docto.imp_saldo_insoluto) == (348000, 348000, 0)
    assert (pagos.totales.monto_total_pagos, str(pagos.pago[0].tipo_cambio_p)) == (D('6171118.80'), '1')
    # 300,000.00 dollars at 17.7331
    assert pagos.totales.total_traslados_base_iva16 == D('5319930.00')


def test_la_guia_rompe_sus_propios_margenes_con_seis_decimales():
    """0.056391, as the guide prints it, cuts the equivalence: what was paid would come to 6,171,197.53."""
    documento, _cuenta = maquina('USD').pagar(D('348000.00'))
    como_la_guia = con_docto(rep(pago(documento, monto='6171118.80')), equivalencia_dr=D('0.056391'))
    assert 'CRP20276' in {h.code for h in check(como_la_guia, contexto(), skip=('seal', 'time'))}


def test_equivalencia_del_campo():
    """Field EquivalenciaDR: 100 euros, 104.66 dollars."""
    dolares = pagado(factura([], moneda='USD', total='104.66', objeto='01'), equivalencia=D('1.0465711361'))
    pagos = juzgar(rep(pago(dolares, moneda='EUR', tipo_cambio=D('20.5'), monto='100.00')))
    assert str(pagos.pago[0].docto_relacionado[0].equivalencia_dr) == '1.0465711361'


def test_sin_equivalencia_acordada_es_el_cociente():
    dolares = pagado(factura([], moneda='USD', total='104.66', objeto='01'))
    pagos = juzgar(rep(pago(dolares, moneda='EUR', tipo_cambio=D('20.5'), monto='100.00')))
    assert str(pagos.pago[0].docto_relacionado[0].equivalencia_dr) == '1.0466'


def test_limites_del_ejemplo():
    assert limites_pagado(D('5137.42'), D('0.0532782081'), 2, 10) == (D('96426.19'), D('96426.38'))
    # without decimals a 1 would stand for anything from 0.5 to 1.5 (CRP20277)
    assert limites_pagado(D('100.00'), D('1'), 2, 0) == (D('66.66'), D('200.01'))
    assert limites_pagado(D('100.00'), D('1'), 2, 10) == (D('99.99'), D('100.01'))
    assert equivalencia.equivalencia(D('5137.42'), D('96426.29'), 2, 1 / D('18.7694')) == D('0.0532782081')


def test_suma_de_impuestos_en_la_moneda_del_pago():
    """100,000.00 at 1.329310 and 1,773,309.77 at 23.5728 are 150,453.9442."""
    una = factura([traslado('100000.00', importe='16000.00')], moneda='USD', total='116000.00')
    otra = factura([traslado('1773309.77', importe='283729.56')], total='2057039.33', cual=1)
    pagos = juzgar(rep(pago(
        pagado(una, equivalencia=D('1.329310')), pagado(otra, equivalencia=D('23.5728')), moneda='EUR',
        tipo_cambio=D('23.5728'), monto='174526.58')))
    base = pagos.pago[0].impuestos_p.traslados_p[0].base_p
    assert round(base, 4) == D('150453.9442')


# -- Appendix 9: factoring


def test_factoraje():
    """What the supplier gets from the factor, fee and interest by compensation: four payments in two receipts."""
    cuenta = Cuenta(factura=factura([traslado('175000.00', importe='28000.00')], total='203000.00'),
                    saldo=D('203000.00'))
    escritos, pagos = [], []
    for importe, forma in (('180670.00', '03'), ('2030.00', '17'), ('11165.00', '03'), ('9135.00', '17')):
        documento, cuenta = cuenta.pagar(D(importe))
        pagos.append(pago(documento, forma_pago=forma))
    bases = impuestos = D(0)
    for dos in (pagos[:2], pagos[2:]):
        nodo = juzgar(comprobante_de_pago(recibo(*dos), CIFRAS))
        bases += nodo.totales.total_traslados_base_iva16
        impuestos += nodo.totales.total_traslados_impuesto_iva16
        for uno in nodo.pago:
            docto = uno.docto_relacionado[0]
            escritos.append((uno.forma_de_pago_p, docto.num_parcialidad, str(docto.imp_saldo_ant),
                             str(docto.imp_pagado), str(docto.imp_saldo_insoluto)))
    assert escritos == [
        ('03', 1, '203000.00', '180670.00', '22330.00'), ('17', 2, '22330.00', '2030.00', '20300.00'),
        ('03', 3, '20300.00', '11165.00', '9135.00'), ('17', 4, '9135.00', '9135.00', '0.00')]
    assert cuenta.saldo == 0
    assert (bases, impuestos) == (D('175000.00'), D('28000.00'))


def test_el_factorante_cobra_al_deudor():
    nodo = juzgar(rep(pago(pagado(factura([traslado('175000.00', importe='28000.00')], total='203000.00')))))
    assert nodo.totales.monto_total_pagos == D('203000.00')


# -- Appendix 7: collection for third parties


def test_por_cuenta_de_terceros():
    tercero = v.ACuentaTerceros(
        rfc_a_cuenta_terceros='JES900109Q90', nombre_a_cuenta_terceros='JIMENEZ ESTRADA SALAS',
        regimen_fiscal_a_cuenta_terceros='601', domicilio_fiscal_a_cuenta_terceros='01030')
    comprobante = comprobante_de_pago(recibo(tercero=tercero, sustituye=(TIMBRE.uuid,)), CIFRAS)
    juzgar(comprobante)
    assert comprobante.conceptos[0].a_cuenta_terceros is tercero
    assert comprobante.cfdi_relacionados[0].tipo_relacion == '04'


# -- from a stamped invoice


def linea(objeto='02', base='100.00', retenciones=()):
    """Return a concept with IVA 16 % if its object says so."""
    impuestos = v.ImpuestosConcepto(traslados=(v.Traslado(
        base=D(base), impuesto='002', tipo_factor='Tasa', tasa_o_cuota=D('0.160000'),
        importe=D(base) * D('0.16')),), retenciones=tuple(retenciones)) if objeto == '02' else None
    return replace(ejemplo().conceptos[0], objeto_imp=objeto, impuestos=impuestos)


def timbrada(*conceptos, **cambios):
    """Return a stamped invoice of these lines; its amounts are not looked at."""
    return replace(ejemplo(), conceptos=conceptos, complemento=(TIMBRE,), **cambios)


@pytest.mark.parametrize(('objetos', 'esperado'), [
    (['02'], '02'), (['01', '02', '03'], '02'), (['01'], '01'), (['03', '01'], '03'), (['05', '04'], '04')])
def test_objeto_de_la_factura(objetos, esperado):
    una = timbrada(*map(linea, objetos))
    if '02' not in objetos:
        una = replace(una, impuestos=None)
    assert factura_de(una).objeto_imp == esperado


def test_objeto_que_no_desglosa_nada():
    assert factura_de(timbrada(linea('02'), impuestos=None)).objeto_imp == '01'
    assert factura_de(timbrada(linea('06'), linea('01'), impuestos=None)).objeto_imp == '06'


def test_retenciones_por_tasa():
    """The document says only 33.00 of ISR; the lines, at which rates."""
    isr = [retencion('100.00', tasa='0.100000', importe='10.000000'),
           retencion('184.00', tasa='0.125000', importe='23.000000')]
    una = timbrada(linea(retenciones=isr[:1]), linea(retenciones=isr), impuestos=replace(
        ejemplo().impuestos, retenciones=(v.RetencionTotal(impuesto='001', importe=D('43.00')),)))
    assert [(r.tasa_o_cuota, r.base, r.importe) for r in factura_de(una).retenciones] == [
        (D('0.1'), D('200.00'), D('20')), (D('0.125'), D('184.00'), D('23'))]


def test_cuenta_de_una_factura():
    cuenta = cuenta_de(timbrada(linea()))
    assert (cuenta.saldo, cuenta.parcialidades, cuenta.nombre) == (D('116.00'), 0, 'A 1')
    assert Cuenta(factura=replace(cuenta.factura, serie=None, folio=None), saldo=D(1)).nombre == TIMBRE.uuid


def test_importe_de_lineas_redondeadas_una_por_una():
    """Twenty lines whose cents were rounded down: the invoice's tax is outside of base x rate, the complement's not."""
    una = factura([traslado('100.00', importe='15.90')], total='115.90')
    docto = juzgar(rep(pago(pagado(una)))).pago[0].docto_relacionado[0]
    assert str(docto.impuestos_dr.traslados_dr[0].importe_dr) == '15.99'
    parte = juzgar(rep(pago(pagado(una, '50.00')))).pago[0].docto_relacionado[0].impuestos_dr.traslados_dr[0]
    assert abs(parte.base_dr * D('0.16') - parte.importe_dr) < D('0.00001')


def test_lo_que_se_paga_de_menos_de_un_millonesimo_tiene_base():
    una = factura([traslado('0.01', importe='0.00'), traslado('1000000.00', factor='Exento')], total='1000000.01')
    docto = juzgar(rep(pago(pagado(una, '0.01')))).pago[0].docto_relacionado[0]
    assert str(docto.impuestos_dr.traslados_dr[0].base_dr) == '0.000001'


# -- what cannot be


@pytest.mark.parametrize(('codigo', 'hacer'), [
    ('pago_mayor_que_saldo', lambda: pagado(importe='232.01')),
    ('pago_mayor_que_saldo', lambda: Cuenta(factura=factura(), saldo=D('1')).acreditar(D('2'))),
    ('pago_sin_importe', lambda: pagado(importe='0.00')),
    ('sin_timbre', lambda: factura_de(ejemplo())),
    ('monto_ilegible', lambda: factura_de(timbrada(linea(), total='1.1234567'))),
    ('sin_decimales', lambda: complemento([pago(moneda='USD', tipo_cambio=D('17'))], {'MXN': 2})),
    ('total_cero', lambda: rep(pago(replace(pagado(), factura=factura(total='0.00'))))),
    ('pago_sin_importe', lambda: rep(pago(pagado(factura(moneda='USD'), parte=D('0.001')), monto='1.00'))),
    ('sin_parte', lambda: rep(pago(pagado(factura(moneda='USD')), pagado(factura(moneda='EUR'))))),
])
def test_errores(codigo, hacer):
    with pytest.raises(MontoError) as info:
        hacer()
    assert info.value.code == codigo
    assert str(info.value).endswith('.')


def test_el_resto_se_reparte_entre_las_que_no_dicen_su_parte():
    casos = [('10.00', {}), ('20.00', {}), ('5.00', {'parte': D('100.00')})]
    tres = [pagado(factura([], moneda='USD', total=total, objeto='01', cual=n), **resto)
            for n, (total, resto) in enumerate(casos)]
    pagos = juzgar(rep(pago(*tres, monto='640.00')))
    assert [str(d.equivalencia_dr) for d in pagos.pago[0].docto_relacionado] == ['0.0555555556', '0.0555555556', '0.05']


@pytest.mark.parametrize(('valor', 'minimo', 'esperado'), [
    ('1.500000', 2, '1.50'), ('1.5', 2, '1.5'), ('1.000000', 0, '1'), ('100', 0, '100'), ('0.000000', 2, '0.00'),
    ('1.234500', 2, '1.2345'), ('1E-10', 0, '1E-10'), ('0.0000000100', 0, '1E-8')])
def test_recortar(valor, minimo, esperado):
    assert str(recortar(D(valor), minimo)) == esperado


def test_lo_que_cada_una_pasa_de_menos_de_un_centavo_no_hace_pasarse_al_pago():
    """Two hundred invoices of 312 millions, each converted to some tenth of a cent too much, and one whose agreed rate
    leaves three cents: together they would be refused."""
    pagado, parte, acordado = D('312288471.92'), D('96641849.33'), D('17.00001')
    muchas = [(pagado, parte, equivalencia.equivalencia(pagado, parte, 2))] * 200
    una = (D('1700.00'), D('100.03'), equivalencia.equivalencia(D('1700.00'), D('100.03'), 2, acordado))
    monto = parte * 200 + D('100.03')

    def cubre(equivalencias):
        return equivalencia.cubre(monto, [
            equivalencia.convertir(importe, valor, 2, decimales(valor))
            for (importe, _parte, _previa), valor in zip([*muchas, una], equivalencias, strict=True)], 2)

    assert una[2] == acordado
    assert not cubre([valor for _importe, _parte, valor in [*muchas, una]])
    assert cubre(equivalencia.ajustar(monto, [*muchas, una], 2))
