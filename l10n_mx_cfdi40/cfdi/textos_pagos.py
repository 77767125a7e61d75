"""Sentences of the complement Pagos (codes CRP20xxx), as in ``textos.py``: field, what is wrong with it, what to do."""

_CLAVE = 'El campo «{campo}» tiene «{valor}», que no está en el catálogo {catalogo} del SAT vigente al {fecha}. '
_FIJO = 'En un comprobante de pago el campo «{campo}» debe ser {esperado} y es {valor}. '
_AUSENTE = 'Un comprobante de pago no lleva el campo «{campo}» y tiene «{valor}». '
_DECIMALES = 'El campo «{campo}» es {valor}, con más decimales que los {decimales} que admite la moneda {moneda}. '
_GENERAR = 'Genere el complemento de nuevo.'
_TOTAL = {
    None: 'El {campo} es {valor} y la suma de los pagos, en pesos, es {esperado}. Vuelva a generar el complemento para '
          'que cuadre.',
    'falta': 'Falta el {campo}, que debe ser {esperado} según los pagos. Vuelva a generar el complemento.',
}
_SOLO_CON = 'El campo «{campo}» tiene «{valor}» y solo va con formas de pago {formas}; la del pago es {forma}. '
_CUENTA = 'La {campo} «{valor}» no tiene el formato que el SAT pide para {forma} «{nombre}». '
_CADENA = {
    'exigido': 'Con cadena de pago de tipo {tipo_cadena} (SPEI) falta el campo «{campo}». Cópielo del comprobante '
               'electrónico de pago (CEP), o quite el tipo de cadena.',
    'sobrante': 'El campo «{campo}» solo va con un tipo de cadena de pago, que no está. Capture el tipo de cadena 01 '
                '(SPEI), o quite este dato.',
}
_SALDO_CERO = 'El {campo} es {valor} y debe ser mayor que cero. '
_BASE = 'La base del impuesto es cero y debe ser mayor que cero. Quite el impuesto del documento o corrija su base.'
_IMPUESTO = {
    None: _CLAVE + 'Debe ser 001 ISR, 002 IVA o 003 IEPS; tómelo de la factura pagada.',
    'lado': 'El impuesto {valor} no puede usarse así: el ISR (001) solo se retiene, no se traslada. Corrija el '
            'impuesto del documento.',
}
_FACTOR = _CLAVE + 'Debe ser Tasa, Cuota o Exento; tómelo de la factura pagada.'
_TASA = {
    None: 'La tasa o cuota {valor} de {impuesto} ({factor}) no está en el catálogo del SAT. Se admite: {admitidas}. '
          'Tómela de la factura pagada.',
    'decimales': 'La tasa o cuota {valor} de {impuesto} debe escribirse con seis decimales, como en el catálogo del '
                 'SAT (por ejemplo 0.160000). ' + _GENERAR,
}
_LIMITES_IMPUESTO = 'El importe {valor} de {impuesto} no corresponde a la base {base} por la tasa o cuota {tasa}: el ' \
    'SAT admite de {inferior} a {superior}. Corrija la base o el importe, o genere el complemento de nuevo.'
_MARGEN = 'El monto del pago, {valor} {moneda}, no alcanza para lo aplicado a las facturas en otra moneda, que ' \
    'equivale a entre {inferior} y {superior} {moneda}. Ajuste los importes aplicados, la equivalencia o el monto.'

TEXTOS_PAGOS = {
    'CRP20101': 'El complemento de pagos solo va en un comprobante de pago (P) y este es de {tipo}. Quite el '
                'complemento o genere un comprobante de pago.',
    'CRP20111': 'Un comprobante de pago lleva un solo concepto y tiene {valor}. Deje solo el concepto «Pago».',
    'CRP20112': 'El concepto de un comprobante de pago no lleva el apartado «{nodo}», salvo el de cuenta de terceros. '
                'Quítelo.',
    'CRP20123': 'Un comprobante de pago no lleva el apartado de impuestos: los de cada factura van en el complemento. '
                'Quítelo.',
    'CRP20212': 'La forma de pago es 99 «Por definir». Indique la forma en que realmente le pagaron.',
    'CRP20213': 'La moneda del pago no puede ser XXX. Elija la moneda en que recibió el pago.',
    'CRP20214': 'Falta el tipo de cambio del pago en {moneda}. Capture los pesos por {moneda} del día en que se '
                'recibió.',
    'CRP20215': 'El tipo de cambio de un pago en pesos debe ser 1 y es {valor}. ' + _GENERAR,
    'CRP20216': 'El tipo de cambio {valor} está fuera de lo habitual (de {inferior} a {superior}). Corríjalo, o pida '
                'al PAC una clave de confirmación.',
    'CRP20217': 'Lo aplicado a las facturas suma {aplicado} {moneda}, más que el pago recibido ({valor}). Ajuste los '
                'importes aplicados o el monto del pago.',
    'CRP20218': 'El monto del pago es {valor} y debe ser mayor que cero. Capture lo que se recibió.',
    'CRP20219': _DECIMALES + 'Redondee el monto del pago.',
    'CRP20220': 'El pago equivale a {valor} pesos y supera el límite de {maximo}. Revíselo, o pida al PAC una clave de '
                'confirmación.',
    'CRP20221': _SOLO_CON + 'Quite el RFC del banco ordenante o corrija la forma de pago.',
    'CRP20222': 'El RFC {valor} del banco ordenante no está inscrito en el SAT. Corríjalo; si es un banco extranjero '
                'use XEXX010101000, o deje vacíos los datos bancarios, que son opcionales.',
    'CRP20223': 'Con el RFC {rfc} (banco extranjero) falta el nombre del banco ordenante. Captúrelo.',
    'CRP20224': _SOLO_CON + 'Quite la cuenta ordenante o corrija la forma de pago.',
    'CRP20225': _CUENTA + 'Corrija la cuenta del cliente (CLABE de 18 dígitos, tarjeta de 16…) o déjela vacía.',
    'CRP20226': _CUENTA + 'Corrija la cuenta en que recibió el pago (CLABE de 18 dígitos…) o déjela vacía.',
    'CRP20227': _SOLO_CON + 'Quite el RFC del banco beneficiario o corrija la forma de pago.',
    'CRP20228': _SOLO_CON + 'Quite la cuenta beneficiaria o corrija la forma de pago.',
    'CRP20229': _SOLO_CON + 'Quite el tipo de cadena de pago o corrija la forma de pago.',
    'CRP20236': 'La moneda de la factura pagada no puede ser XXX. Use la moneda en que se emitió.',
    'CRP20237': 'Falta la equivalencia: cuántas unidades de {moneda} vale una de {moneda_pago}. Captúrela, o el '
                'importe del pago que corresponde a la factura.',
    'CRP20238': 'La factura y el pago son en {moneda}: la equivalencia debe ser 1 y es {valor}. Corríjala.',
    'CRP20239': _SALDO_CERO + 'Revise si la factura ya está pagada, o sus notas de crédito.',
    'CRP20240': _DECIMALES + 'Redondee el saldo anterior.',
    'CRP20241': _SALDO_CERO + 'Quite la factura del pago o capture lo que se le aplica.',
    'CRP20242': _DECIMALES + 'Redondee el importe pagado.',
    'CRP20243': _DECIMALES + 'Redondee el saldo insoluto.',
    'CRP20244': {
        None: 'El saldo insoluto es {valor} y el saldo anterior {anterior} menos lo pagado {pagado} da {esperado}. '
              'Revise pagos previos o notas de crédito.',
        'excede': 'Se aplican {pagado} a una factura de la que se deben {anterior}. Reduzca el importe aplicado; el '
                  'excedente se devuelve o se factura como anticipo.',
    },
    'CRP20245': _CLAVE + 'Use el objeto de impuesto de la factura pagada.',
    'CRP20246': 'El objeto de impuesto del documento es 02 y no lleva sus impuestos. Tómelos de la factura pagada, o '
                'corrija el objeto de impuesto.',
    'CRP20247': 'Con objeto de impuesto {valor} el documento no lleva impuestos. Quítelos, o corrija el objeto de '
                'impuesto según la factura pagada.',
    'CRP20248': 'El apartado de impuestos del documento está vacío. Agregue sus traslados o retenciones, o quítelo.',
    'CRP20249': _BASE,
    'CRP20250': _IMPUESTO,
    'CRP20251': _FACTOR,
    'CRP20252': 'Una retención no puede ser exenta. Use Tasa o Cuota, o quite la retención.',
    'CRP20253': _TASA,
    'CRP20254': _LIMITES_IMPUESTO,
    'CRP20255': _BASE,
    'CRP20256': _IMPUESTO,
    'CRP20257': _FACTOR,
    'CRP20258': 'Un impuesto exento no lleva {campo} y tiene {valor}. Quítelo.',
    'CRP20259': 'Al impuesto por {factor} le falta {campo}. Tómelo de la factura pagada.',
    'CRP20260': _TASA,
    'CRP20261': _LIMITES_IMPUESTO,
    'CRP20262': _CLAVE + 'Corrija el impuesto retenido del pago.',
    'CRP20263': 'La retención de {impuesto} está repetida en el pago. Sume en una sola las del mismo impuesto.',
    'CRP20264': 'Hay impuestos retenidos en los pagos y falta su total en pesos. Vuelva a generar el complemento.',
    'CRP20265': {
        None: 'La retención de {impuesto} del pago es {valor} y la suma de los documentos es {esperado}. Vuelva a '
              'generar el complemento.',
        'falta': 'Los documentos retienen {esperado} de {impuesto} y el resumen del pago no lo incluye. Vuelva a '
                 'generar el complemento.',
    },
    'CRP20266': 'Un impuesto exento del pago lleva solo base, impuesto y tipo de factor, y tiene {campo}: {valor}. '
                'Quítelo.',
    'CRP20267': 'Los pagos trasladan IVA y falta el total de su base en pesos. Vuelva a generar el complemento.',
    'CRP20268': {
        None: 'La base de {impuesto} ({factor} {tasa}) del pago es {valor} y la suma de los documentos es {esperado}. '
              'Vuelva a generar el complemento.',
        'falta': 'Los documentos tienen una base exenta de {impuesto} de {esperado} y el resumen del pago no la '
                 'incluye. Vuelva a generar el complemento.',
    },
    'CRP20269': {
        None: 'La base exenta de {impuesto} del pago es {valor} y la suma de los documentos es {esperado}. Vuelva a '
              'generar el complemento.',
        'falta': 'Los documentos son exentos por {esperado} y el resumen del pago no incluye su base. Vuelva a generar '
                 'el complemento.',
    },
    'CRP20270': _CLAVE + 'Corrija el impuesto trasladado del pago.',
    'CRP20271': 'El traslado de {impuesto} ({factor} {tasa}) está repetido en el pago. Súmelos en uno solo.',
    'CRP20272': {
        None: _TASA[None],
        'falta': 'Al traslado de {impuesto} por {factor} del pago le falta la tasa o cuota. Vuelva a generar el '
                 'complemento.',
    },
    'CRP20273': 'Los pagos trasladan IVA y falta el total de su importe en pesos. Vuelva a generar el complemento.',
    'CRP20274': {
        None: 'El traslado de {impuesto} ({factor} {tasa}) del pago es {valor} y la suma de los documentos es '
              '{esperado}. Vuelva a generar el complemento.',
        'sin_importe': 'Al traslado de {impuesto} ({factor} {tasa}) del pago le falta el importe, que debe ser '
                       '{esperado}. Vuelva a generar el complemento.',
        'falta': 'Los documentos trasladan {impuesto} ({factor} {tasa}) por {esperado} y el resumen del pago no lo '
                 'incluye. Vuelva a generar el complemento.',
    },
    'CRP20275': 'Lo pagado, {valor}, entre la equivalencia {equivalencia} no queda entre {inferior} y {superior} '
                '{moneda}, que son sus límites. Escriba la equivalencia con menos decimales, o corríjala.',
    'CRP20276': _MARGEN,
    'CRP20277': _MARGEN + ' La equivalencia 1 de las facturas en {moneda} cuenta con diez decimales.',
    'CRP20278': 'Con objeto de impuesto {valor} el documento no desglosa IVA ni IEPS (puede retener ISR). Quite esos '
                'impuestos o corrija el objeto de impuesto según la factura pagada.',
    'CRP20279': {
        None: 'Con objeto de impuesto 07 el documento no desglosa IVA. Quítelo o corrija el objeto de impuesto según '
              'la factura pagada.',
        'ieps': 'Con objeto de impuesto 07 el documento debe trasladar IEPS. Tómelo de la factura pagada o corrija el '
                'objeto de impuesto.',
    },
}
TEXTOS_PAGOS.update(dict.fromkeys((f'CRP{n}' for n in (20102, 20104, 20113, 20116, 20118, 20122)), _FIJO + _GENERAR))
TEXTOS_PAGOS.update(dict.fromkeys(
    (f'CRP{n}' for n in (20103, 20110, 20115, 20119, 20120)),
    _FIJO + 'Los importes van en el complemento: deje este dato como se indica.'))
TEXTOS_PAGOS.update(dict.fromkeys(
    (f'CRP{n}' for n in (20105, 20106, 20109)), _AUSENTE + 'Quítelo: el dato va en cada pago del complemento.'))
TEXTOS_PAGOS.update(dict.fromkeys((f'CRP{n}' for n in (20107, 20108, 20114, 20117, 20121)), _AUSENTE + 'Quítelo.'))
TEXTOS_PAGOS.update(dict.fromkeys((f'CRP{n}' for n in range(20201, 20212)), _TOTAL))
TEXTOS_PAGOS.update(dict.fromkeys((f'CRP{n}' for n in (20230, 20232, 20234)), _CADENA['exigido']))
TEXTOS_PAGOS.update(dict.fromkeys((f'CRP{n}' for n in (20231, 20233, 20235)), _CADENA['sobrante']))

CAMPOS_PAGOS = {
    'BaseDR': 'base del impuesto', 'BaseP': 'base del impuesto', 'CadPago': 'cadena original del pago',
    'CertPago': 'certificado del pago', 'CtaBeneficiario': 'cuenta beneficiaria', 'CtaOrdenante': 'cuenta ordenante',
    'EquivalenciaDR': 'equivalencia', 'FechaPago': 'fecha de pago', 'FormaDePagoP': 'forma de pago',
    'IdDocumento': 'folio fiscal (UUID) de la factura', 'ImpPagado': 'importe pagado', 'ImpSaldoAnt': 'saldo anterior',
    'ImpSaldoInsoluto': 'saldo insoluto', 'ImporteDR': 'importe del impuesto', 'ImporteP': 'importe del impuesto',
    'ImpuestoDR': 'impuesto', 'ImpuestoP': 'impuesto', 'MonedaDR': 'moneda de la factura', 'MonedaP': 'moneda del pago',
    'Monto': 'monto del pago', 'MontoTotalPagos': 'monto total de los pagos',
    'NomBancoOrdExt': 'nombre del banco ordenante', 'NumOperacion': 'número de operación',
    'NumParcialidad': 'número de parcialidad', 'ObjetoImpDR': 'objeto de impuesto',
    'RfcEmisorCtaBen': 'RFC del banco beneficiario', 'RfcEmisorCtaOrd': 'RFC del banco ordenante',
    'SelloPago': 'sello del pago', 'TasaOCuotaDR': 'tasa o cuota', 'TasaOCuotaP': 'tasa o cuota',
    'TipoCadPago': 'tipo de cadena de pago', 'TipoCambioP': 'tipo de cambio del pago',
    'TipoFactorDR': 'tipo de factor', 'TipoFactorP': 'tipo de factor',
    'TotalRetencionesIEPS': 'total de IEPS retenido', 'TotalRetencionesISR': 'total de ISR retenido',
    'TotalRetencionesIVA': 'total de IVA retenido', 'TotalTrasladosBaseIVA0': 'total de la base de IVA al 0 %',
    'TotalTrasladosBaseIVA16': 'total de la base de IVA al 16 %',
    'TotalTrasladosBaseIVA8': 'total de la base de IVA al 8 %',
    'TotalTrasladosBaseIVAExento': 'total de la base exenta de IVA',
    'TotalTrasladosImpuestoIVA0': 'total de IVA al 0 %', 'TotalTrasladosImpuestoIVA16': 'total de IVA al 16 %',
    'TotalTrasladosImpuestoIVA8': 'total de IVA al 8 %',
}
NODOS_PAGOS = {
    'DoctoRelacionado': 'facturas pagadas', 'Pago': 'pagos', 'Pagos': 'complemento de pagos',
    'Totales': 'totales del complemento de pagos', 'ImpuestosP': 'impuestos del pago',
}
