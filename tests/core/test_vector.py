"""The walker against what the SAT's stylesheet gives for a document that uses every node."""
from dataclasses import replace

from lxml import etree

from l10n_mx_cfdi40.cfdi import build, cadena, parse
from l10n_mx_cfdi40.cfdi.values import TimbreFiscalDigital

#: Not valid, but complete: an empty attribute, runs of spaces, entities, Pagos 2.0, a stamp and an addendum.
XML = '''<?xml version="1.0" encoding="UTF-8"?>
<cfdi:Comprobante xmlns:cfdi="http://www.sat.gob.mx/cfd/4" xmlns:pago20="http://www.sat.gob.mx/Pagos20" Version="4.0"
 Serie="" Folio="F1" Fecha="2026-01-01T00:00:00" Sello="S" FormaPago="01" NoCertificado="30001000000500003416"
 Certificado="C" CondicionesDePago="a   b" SubTotal="1" Descuento="0" Moneda="MXN" TipoCambio="1" Total="1"
 TipoDeComprobante="I" Exportacion="01" MetodoPago="PUE" LugarExpedicion="01000" Confirmacion="ABCDE">
<cfdi:InformacionGlobal Periodicidad="01" Meses="01" Año="2026"/>
<cfdi:CfdiRelacionados TipoRelacion="04"><cfdi:CfdiRelacionado UUID="u1"/><cfdi:CfdiRelacionado UUID="u2"/>
</cfdi:CfdiRelacionados><cfdi:CfdiRelacionados TipoRelacion="01"><cfdi:CfdiRelacionado UUID="u3"/>
</cfdi:CfdiRelacionados>
<cfdi:Emisor Rfc="A&amp;B" Nombre="EM" RegimenFiscal="601" FacAtrAdquirente="fa"/>
<cfdi:Receptor Rfc="R" Nombre="RE" DomicilioFiscalReceptor="01000" ResidenciaFiscal="USA" NumRegIdTrib="123"
 RegimenFiscalReceptor="616" UsoCFDI="S01"/>
<cfdi:Conceptos><cfdi:Concepto ClaveProdServ="cps" NoIdentificacion="ni" Cantidad="1" ClaveUnidad="ACT" Unidad="un"
 Descripcion="de" ValorUnitario="vu" Importe="im" Descuento="d" ObjetoImp="02"><cfdi:Impuestos><cfdi:Traslados>
<cfdi:Traslado Base="tb" Impuesto="002" TipoFactor="Tasa" TasaOCuota="0.160000" Importe="ti"/>
<cfdi:Traslado Base="tb2" Impuesto="002" TipoFactor="Exento"/></cfdi:Traslados><cfdi:Retenciones>
<cfdi:Retencion Base="rb" Impuesto="001" TipoFactor="Tasa" TasaOCuota="0.1" Importe="ri"/></cfdi:Retenciones>
</cfdi:Impuestos><cfdi:ACuentaTerceros RfcACuentaTerceros="ar" NombreACuentaTerceros="an"
 RegimenFiscalACuentaTerceros="601" DomicilioFiscalACuentaTerceros="ad"/>
<cfdi:InformacionAduanera NumeroPedimento="10  47  3807  8003832"/><cfdi:CuentaPredial Numero="cp1"/>
<cfdi:CuentaPredial Numero="cp2"/><cfdi:Parte ClaveProdServ="pc" NoIdentificacion="pn" Cantidad="2" Unidad="pu"
 Descripcion="pd" ValorUnitario="pv" Importe="pi"><cfdi:InformacionAduanera NumeroPedimento="11  47  3807  8003832"/>
</cfdi:Parte></cfdi:Concepto></cfdi:Conceptos>
<cfdi:Impuestos TotalImpuestosRetenidos="tr" TotalImpuestosTrasladados="tt"><cfdi:Retenciones>
<cfdi:Retencion Impuesto="001" Importe="dri"/></cfdi:Retenciones><cfdi:Traslados>
<cfdi:Traslado Base="dtb" Impuesto="002" TipoFactor="Tasa" TasaOCuota="0.160000" Importe="dti"/></cfdi:Traslados>
</cfdi:Impuestos><cfdi:Complemento><pago20:Pagos Version="2.0">
<pago20:Totales TotalRetencionesIVA="t1" TotalTrasladosBaseIVA16="t4" MontoTotalPagos="mt"/>
<pago20:Pago FechaPago="fp" FormaDePagoP="03" MonedaP="MXN" TipoCambioP="1" Monto="m" CtaOrdenante="co">
<pago20:DoctoRelacionado IdDocumento="id" Serie="s" Folio="f" MonedaDR="MXN" EquivalenciaDR="1" NumParcialidad="1"
 ImpSaldoAnt="sa" ImpPagado="ip" ImpSaldoInsoluto="si" ObjetoImpDR="02"><pago20:ImpuestosDR><pago20:RetencionesDR>
<pago20:RetencionDR BaseDR="rbd" ImpuestoDR="001" TipoFactorDR="Tasa" TasaOCuotaDR="0.1" ImporteDR="rid"/>
</pago20:RetencionesDR><pago20:TrasladosDR>
<pago20:TrasladoDR BaseDR="tbd" ImpuestoDR="002" TipoFactorDR="Tasa" TasaOCuotaDR="0.16" ImporteDR="tid"/>
</pago20:TrasladosDR></pago20:ImpuestosDR></pago20:DoctoRelacionado><pago20:ImpuestosP><pago20:RetencionesP>
<pago20:RetencionP ImpuestoP="001" ImporteP="rip"/></pago20:RetencionesP><pago20:TrasladosP>
<pago20:TrasladoP BaseP="tbp" ImpuestoP="002" TipoFactorP="Tasa" TasaOCuotaP="0.16" ImporteP="tip"/>
</pago20:TrasladosP></pago20:ImpuestosP></pago20:Pago></pago20:Pagos>
<tfd:TimbreFiscalDigital xmlns:tfd="http://www.sat.gob.mx/TimbreFiscalDigital" UUID="X"/></cfdi:Complemento>
<cfdi:Addenda><x>hola</x></cfdi:Addenda></cfdi:Comprobante>'''.encode()

CADENA = (
    '||4.0||F1|2026-01-01T00:00:00|01|30001000000500003416|a b|1|0|MXN|1|1|I|01|PUE|01000|ABCDE|01|01|2026|04|u1|u2|01'
    '|u3|A&B|EM|601|fa|R|RE|01000|USA|123|616|S01|cps|ni|1|ACT|un|de|vu|im|d|02|tb|002|Tasa|0.160000|ti|tb2|002|Exento|rb'
    '|001|Tasa|0.1|ri|ar|an|601|ad|10 47 3807 8003832|cp1|cp2|pc|pn|2|pu|pd|pv|pi|11 47 3807 8003832|001|dri|tr|dtb|002'
    '|Tasa|0.160000|dti|tt|2.0|t1|t4|mt|fp|03|MXN|1|m|co|id|s|f|MXN|1|1|sa|ip|si|02|rbd|001|Tasa|0.1|rid|tbd|002|Tasa|0.16|tid'
    '|001|rip|tbp|002|Tasa|0.16|tip||')


def test_from_the_text_of_the_xml():
    assert cadena.cadena_of_xml(XML) == CADENA


def test_from_values():
    assert cadena.cadena(parse.leer(XML)) == CADENA


def test_after_a_round_trip():
    assert cadena.cadena_of_xml(build.construir(parse.leer(XML))) == CADENA


def test_what_is_required_counts_even_if_it_is_not_there():
    raiz = etree.fromstring(XML)
    del raiz.attrib['Total']
    assert cadena.cadena_of_xml(etree.tostring(raiz, encoding='utf-8')) == CADENA.replace('|MXN|1|1|I|', '|MXN|1||I|')


def test_the_vector_of_the_reference(shared_data):
    carpeta = shared_data.parent / 'reference' / 'sat'
    xml = (carpeta / 'vector_cadena40.xml').read_bytes()
    assert cadena.cadena_of_xml(xml) == (carpeta / 'vector_cadena40.txt').read_text(encoding='utf-8').rstrip('\n')


def test_stamp():
    timbre = TimbreFiscalDigital(
        uuid='ad662d33-6934-459c-a128-bdf0393f0f44', fecha_timbrado='2026-01-01T00:00:00',
        rfc_prov_certif='SPR190613I52', sello_cfd='abc=', no_certificado_sat='30001000000500003456',
        sello_sat='no cuenta')
    sin_leyenda = ('||1.1|ad662d33-6934-459c-a128-bdf0393f0f44|2026-01-01T00:00:00|SPR190613I52|abc=|'
                   '30001000000500003456||')
    assert cadena.cadena_timbre(timbre) == sin_leyenda
    assert cadena.cadena_timbre(replace(timbre, leyenda='una  leyenda')) == sin_leyenda.replace(
        '|abc=', '|una leyenda|abc=')
