"""Sentences of ``mensajes.py``, by code and, where a rule fails in several ways, by ``motivo`` (None: any other).

Each names the field as accountants call it, says what is wrong and what to do.
"""

_CLAVE = 'El campo «{campo}» tiene «{valor}», que no está en el catálogo {catalogo} del SAT vigente al {fecha}. '
_DECIMALES = 'El campo «{campo}» es {valor}, con más decimales que los {decimales} que admite la moneda {moneda}. '
_LIMITES = 'El importe {valor} no corresponde a la cantidad {cantidad} por el valor unitario {valor_unitario}: ' \
    'el SAT admite de {inferior} a {superior}. Corrija cantidad, valor unitario o importe.'
_LIMITES_IMPUESTO = 'El importe {valor} de {impuesto} no corresponde a la base {base} por la tasa o cuota {tasa}: el ' \
    'SAT admite de {inferior} a {superior}. Revise la base y la tasa del impuesto.'
_TASA = {
    None: 'La tasa o cuota {valor} de {impuesto} ({factor}) no está en el catálogo del SAT. Se admite: {admitidas}. '
          'Corrija el impuesto de la línea.',
    'decimales': 'La tasa o cuota {valor} de {impuesto} debe escribirse con seis decimales, como en el catálogo del '
                 'SAT (por ejemplo 0.160000). Revise la configuración del impuesto.',
}
_IMPUESTO = {
    None: _CLAVE + 'Elija un impuesto válido: 001 ISR, 002 IVA o 003 IEPS.',
    'lado': 'El impuesto {valor} no puede usarse así: el ISR (001) solo se retiene, no se traslada. Corrija el '
            'impuesto de la línea.',
}
_FACTOR = _CLAVE + 'Debe ser Tasa, Cuota o Exento; corrija el impuesto de la línea.'
_BASE = 'La base del impuesto es cero y debe ser mayor que cero. Quite el impuesto de la línea o corrija su importe.'
_PEDIMENTO = {
    None: 'El número de pedimento «{valor}» no tiene la forma 00  00  0000  0000000 (año, aduana, patente y número, '
          'separados por dos espacios). Escríbalo como aparece en el pedimento.',
    'anio': 'El pedimento «{valor}» es del año {anio} y el SAT admite solo los últimos {anios} años. Revise los dos '
            'primeros dígitos.',
    'aduana': 'La aduana {aduana} del pedimento «{valor}» no está en el catálogo del SAT. Revise el tercer y cuarto '
              'dígitos.',
    'patente': 'La patente aduanal {patente} del pedimento «{valor}» no está en el catálogo del SAT. Revísela en el '
               'pedimento.',
    'numero': 'El número {numero} del pedimento «{valor}» es mayor que el último que registró esa aduana ({ultimo}). '
              'Revíselo en el pedimento.',
}
_PEDIMENTO_CCE = 'El número de pedimento «{valor}» no va en una factura con complemento de Comercio Exterior. ' \
    'Quítelo de la línea.'
_CONFIRMACION = 'La clave de confirmación «{valor}» '

TEXTOS = {
    '401': {
        None: 'La fecha y hora {valor} tiene más de 72 horas (en el lugar de expedición ahora es {ahora}). Genere '
              'la factura con una fecha más reciente.',
        'futura': 'La fecha y hora {valor} es futura: en el lugar de expedición ahora es {ahora}. Corrija la '
                  'fecha o revise el código postal y el reloj del servidor.',
    },
    'CFDI40101': 'La fecha «{valor}» no es una fecha y hora válida (AAAA-MM-DDThh:mm:ss, hora local, sin zona). '
                 'Corrija la fecha de la factura.',
    'CFDI40102': {
        None: 'El sello no corresponde al contenido de la factura. Vuelva a sellarla con el certificado vigente y no '
              'modifique el XML después.',
        'falta': 'La factura no tiene sello. Séllela con el certificado de sello digital (CSD) del emisor.',
        'complemento': 'No se puede comprobar el sello porque el complemento «{complemento}» no se conoce aquí. Pida '
                       'su validación al PAC.',
    },
    'CFDI40103': 'Un comprobante de {tipo} no lleva forma de pago y tiene «{valor}». Quite la forma de pago.',
    'CFDI40104': {
        None: _CLAVE + 'Elija una forma de pago válida.',
        'falta': 'Falta la forma de pago. Elija con qué se paga la factura, o 99 «Por definir» si se pagará después.',
    },
    'CFDI40105': 'Con método de pago PPD (parcialidades o diferido) la forma de pago debe ser 99 «Por definir», y es '
                 '«{valor}». Cambie la forma o el método de pago.',
    'CFDI40106': {
        None: 'El certificado incluido en la factura no se puede leer. Vuelva a sellar con el archivo .cer original.',
        'falta': 'La factura no incluye el certificado con que se selló. Séllela con el CSD del emisor.',
        'numero': 'El número de certificado «{valor}» no es el del certificado incluido ({numero}). Vuelva a sellar.',
        'efirma': 'El certificado {numero} es una e.firma y no un certificado de sello digital. Selle con un CSD.',
        'rfc': 'El certificado {numero} es de {rfc_certificado} y el emisor es {rfc}. Selle con el CSD del emisor.',
        'vigencia': 'La fecha de la factura está fuera de la vigencia del certificado {numero} (del {desde} al '
                    '{hasta}, UTC). Selle con un CSD vigente.',
        'autoridad': 'El certificado {numero} no fue emitido por el SAT o está revocado. Selle con un CSD vigente del '
                     'emisor.',
    },
    'CFDI40107': _DECIMALES + 'Redondee el subtotal.',
    'CFDI40108': 'El subtotal es {valor} y la suma de los importes de las líneas es {esperado}. Vuelva a calcular la '
                 'factura o corrija los importes.',
    'CFDI40109': 'El subtotal de un comprobante de {tipo} debe ser cero y es {valor}. Deje el subtotal en cero.',
    'CFDI40110': 'El descuento {valor} es mayor que el subtotal {maximo}. Reduzca los descuentos de las líneas.',
    'CFDI40111': {
        None: 'El descuento es {valor} y la suma de los descuentos de las líneas es {esperado}. Vuelva a calcular la '
              'factura.',
        'falta': 'Hay líneas con descuento y falta el descuento total, que debe ser {esperado}. Vuelva a calcular la '
                 'factura.',
        'sobra': 'La factura tiene un descuento total de {valor} y ninguna línea lleva descuento. Los descuentos se '
                 'registran por línea: páselo a ellas o quítelo.',
        'tipo': 'Un comprobante de {tipo} no lleva descuentos y tiene uno de {valor}. Quite el descuento.',
    },
    'CFDI40112': _DECIMALES + 'Redondee el descuento.',
    'CFDI40113': _CLAVE + 'Elija una moneda válida (por ejemplo MXN o USD).',
    'CFDI40114': 'El tipo de cambio es {valor} y con pesos mexicanos (MXN) debe ser 1 o quedar vacío. Corríjalo.',
    'CFDI40115': 'Falta el tipo de cambio de la moneda {moneda}. Capture el tipo de cambio del día.',
    'CFDI40116': 'Con la moneda XXX no se registra tipo de cambio y hay uno de {valor}. Quítelo.',
    'CFDI40117': 'El tipo de cambio «{valor}» debe ser mayor que cero y tener hasta 18 enteros y 6 decimales. '
                 'Corríjalo.',
    'CFDI40118': 'El tipo de cambio {valor} está fuera de lo habitual (de {inferior} a {superior}). Corríjalo, o pida '
                 'al PAC una clave de confirmación.',
    'CFDI40119': {
        None: 'El total es {valor} y subtotal menos descuento más impuestos trasladados menos retenidos da {esperado}. '
              'Vuelva a calcular la factura.',
        'decimales': 'El total {valor} tiene más decimales de los que admite la moneda; debe ser {esperado}. '
                     'Redondéelo.',
    },
    'CFDI40120': 'El total equivale a {valor} pesos y supera el límite de {maximo}. Revíselo, o pida al PAC una clave '
                 'de confirmación.',
    'CFDI40121': _CLAVE + 'Debe ser I, E, T, N o P.',
    'CFDI40122': 'La exportación «02» (definitiva con clave A1) exige el complemento de Comercio Exterior, que no '
                 'está. Agréguelo o cambie la clave de exportación.',
    'CFDI40123': _CLAVE + 'Elija 01 «No aplica» o la clave de exportación que corresponda.',
    'CFDI40124': {
        None: _CLAVE + 'Elija PUE o PPD.',
        'falta': 'Falta el método de pago. Elija PUE (una sola exhibición) o PPD (parcialidades o diferido).',
    },
    'CFDI40125': 'Un comprobante de {tipo} no lleva método de pago y tiene «{valor}». Quite el método de pago.',
    'CFDI40126': _CLAVE + 'Corrija el código postal del lugar de expedición; si es nuevo, use el más cercano que esté '
                          'en el catálogo.',
    'CFDI40127': _CONFIRMACION + 'sobra: el tipo de cambio y el total están en los límites. Quítela.',
    'CFDI40128': _CONFIRMACION + 'no es válida. Pida una nueva al PAC.',
    'CFDI40129': _CONFIRMACION + 'ya se usó en otra factura. Pida una nueva al PAC.',
    'CFDI40130': {
        None: 'A una factura a PUBLICO EN GENERAL (XAXX010101000) le falta la información global. Capture '
              'periodicidad, mes y año; si no es global, use el nombre del cliente.',
        'sobra': 'La información global solo va en una factura de ingreso a PUBLICO EN GENERAL con RFC XAXX010101000. '
                 'Quítela o corrija el cliente.',
    },
    'CFDI40131': _CLAVE + 'Elija la periodicidad de la factura global.',
    'CFDI40132': 'La periodicidad bimestral (05) es solo para el régimen 621, y el emisor tiene el {regimen}. Elija '
                 'otra periodicidad.',
    'CFDI40133': _CLAVE + 'Elija el mes de la factura global.',
    'CFDI40134': 'Con periodicidad «{periodicidad}» el mes debe ser de 01 a 12 y es «{valor}». Elija un solo mes.',
    'CFDI40135': 'Con periodicidad bimestral el mes debe ser un bimestre, de 13 a 18, y es «{valor}». Elija el '
                 'bimestre.',
    'CFDI40136': 'El año {valor} de la factura global debe ser {actual} o el anterior (el SAT rechaza los futuros y '
                 'los de más de {anteriores} ejercicios atrás). Corrija el año.',
    'CFDI40137': _CLAVE + 'Elija un tipo de relación vigente.',
    'CFDI40140': _CLAVE + 'Corrija el régimen fiscal de la empresa según su Constancia de Situación Fiscal.',
    'CFDI40141': 'El régimen fiscal {valor} de la empresa no es de su tipo de persona (RFC {rfc}). Corríjalo según su '
                 'Constancia de Situación Fiscal.',
    'CFDI40142': 'El número de operación de FacAtrAdquirente «{valor}» debe tener 10 dígitos; complételo con ceros a '
                 'la izquierda.',
    'CFDI40146': 'El nombre PUBLICO EN GENERAL va solo con el RFC XAXX010101000, y el RFC es «{valor}». Corrija el RFC '
                 'o el nombre del cliente.',
    'CFDI40149': 'Con RFC genérico el código postal del cliente debe ser el del lugar de expedición ({esperado}) y es '
                 '«{valor}». Corríjalo.',
    'CFDI40150': _CLAVE + 'Elija el país de residencia del cliente.',
    'CFDI40151': 'El cliente {rfc} es nacional y no lleva residencia fiscal, que es «{valor}». Quítela o use el RFC '
                 'XEXX010101000 si es extranjero.',
    'CFDI40152': 'La residencia fiscal del cliente no puede ser México. Quítela, o corrija el país del cliente.',
    'CFDI40153': 'Falta el país de residencia fiscal del cliente extranjero. Elija el país en su ficha.',
    'CFDI40154': 'El cliente {rfc} es nacional y no lleva registro tributario extranjero, que es «{valor}». Quítelo.',
    'CFDI40155': 'Con el complemento de Comercio Exterior falta el registro tributario del cliente extranjero. '
                 'Escríbalo en su ficha.',
    'CFDI40156': 'El registro tributario «{valor}» del cliente no tiene la forma que el SAT espera de {pais}. '
                 'Corríjalo en su ficha.',
    'CFDI40157': _CLAVE + 'Pida al cliente su Constancia de Situación Fiscal y corrija su régimen.',
    'CFDI40158': 'El régimen fiscal {valor} no es del tipo de persona del cliente {rfc}. Pida su Constancia de '
                 'Situación Fiscal y corríjalo.',
    'CFDI40159': 'Con el RFC genérico {rfc} el régimen del cliente debe ser 616 «Sin obligaciones fiscales» y es '
                 '«{valor}». Corríjalo.',
    'CFDI40160': _CLAVE + 'Elija un uso del CFDI vigente.',
    'CFDI40161': {
        None: 'El uso del CFDI {valor} no es compatible con el régimen fiscal {regimen} del cliente. Elija otro uso en '
              'la factura, o corrija el régimen.',
        'persona': 'El uso del CFDI {valor} no es para el tipo de persona del cliente {rfc}. Elija otro uso en la '
                   'factura.',
    },
    'CFDI40162': _CLAVE + 'Elija otra clave en el producto o en la línea.',
    'CFDI40163': 'La clave {valor} exige el complemento «{complemento}», que no está. Agréguelo o cambie la clave.',
    'CFDI40164': 'La clave {valor} exige trasladar {impuesto} y la línea no lo lleva. Agregue el impuesto o cambie la '
                 'clave.',
    'CFDI40165': _CLAVE + 'Elija otra clave de unidad en la unidad de medida.',
    'CFDI40166': 'El valor unitario es {valor} y debe ser mayor que cero. Corrija el precio o quite la línea; un '
                 'regalo se factura con su precio y un descuento del 100 %.',
    'CFDI40167': _LIMITES,
    'CFDI40168': 'El descuento {valor} tiene más decimales que el importe {importe} de la línea. Redondéelo.',
    'CFDI40169': 'El descuento {valor} es mayor que el importe {maximo} de la línea. Redúzcalo.',
    'CFDI40170': _CLAVE + 'Elija otro objeto de impuesto.',
    'CFDI40171': 'El objeto de impuesto es 02 y la línea no lleva impuestos. Agregue sus impuestos o cambie el objeto '
                 'de impuesto.',
    'CFDI40172': 'Con objeto de impuesto {valor} la línea no debe llevar impuestos. Quítelos o cambie el objeto de '
                 'impuesto a 02.',
    'CFDI40173': 'El desglose de impuestos está vacío. Agregue un traslado o una retención, o quite el desglose.',
    'CFDI40174': _BASE,
    'CFDI40175': _IMPUESTO,
    'CFDI40176': _FACTOR,
    'CFDI40177': 'Un impuesto exento no lleva {campo} y tiene {valor}. Revise la configuración del impuesto.',
    'CFDI40178': 'Al impuesto por {factor} le falta {campo}. Revise la configuración del impuesto.',
    'CFDI40179': _TASA,
    'CFDI40180': _LIMITES_IMPUESTO,
    'CFDI40181': _BASE,
    'CFDI40182': _IMPUESTO,
    'CFDI40183': _FACTOR,
    'CFDI40184': 'Una retención no puede ser exenta. Use Tasa o Cuota, o quite la retención.',
    'CFDI40185': _TASA,
    'CFDI40186': _LIMITES_IMPUESTO,
    'CFDI40187': 'El RFC {valor} del tercero no está en la lista de contribuyentes con obligaciones (LCO). Confírmelo '
                 'con el tercero.',
    'CFDI40188': 'El RFC {valor} del tercero es el mismo que el del {quien}. Quite los datos del tercero o corrija su '
                 'RFC.',
    'CFDI40189': {
        None: 'El RFC {rfc} del tercero no está inscrito en el SAT. Pida su Constancia de Situación Fiscal.',
        'extranjero': 'Con el RFC EXT990101NI1 el nombre del tercero debe ser el texto que fija el SAT («{esperado}»). '
                      'Corríjalo.',
    },
    'CFDI40190': 'El nombre «{valor}» no es el que el SAT tiene para {rfc}. Cópielo de la Constancia de Situación '
                 'Fiscal del tercero.',
    'CFDI40191': _CLAVE + 'Corrija el régimen del tercero según su Constancia de Situación Fiscal.',
    'CFDI40192': 'El SAT no tiene código postal registrado para {rfc}. Pida al tercero que actualice su domicilio '
                 'fiscal.',
    'CFDI40193': {
        None: 'El código postal {valor} no es el del domicilio fiscal de {rfc}. Cópielo de la Constancia de Situación '
              'Fiscal del tercero.',
        'extranjero': 'Con el RFC EXT990101NI1 el código postal del tercero debe ser el del lugar de expedición '
                      '({esperado}) y es {valor}. Corríjalo.',
    },
    'CFDI40194': _PEDIMENTO,
    'CFDI40195': _PEDIMENTO_CCE,
    'CFDI40196': _CLAVE + 'Elija otra clave para la parte.',
    'CFDI40197': 'El valor unitario de la parte es {valor} y debe ser mayor que cero. Corríjalo o déjelo vacío.',
    'CFDI40198': _LIMITES,
    'CFDI40199': _PEDIMENTO,
    'CFDI40200': _PEDIMENTO_CCE,
    'CFDI40201': 'Un comprobante de {tipo} no lleva resumen de impuestos. Quite los impuestos.',
    'CFDI40202': _DECIMALES + 'Redondee el total de impuestos retenidos.',
    'CFDI40203': 'El total de impuestos retenidos es {valor} y la suma de las retenciones es {esperado}. Vuelva a '
                 'calcular la factura.',
    'CFDI40204': _DECIMALES + 'Redondee el total de impuestos trasladados.',
    'CFDI40205': 'El total de impuestos trasladados es {valor} y la suma de los traslados es {esperado}. Vuelva a '
                 'calcular la factura.',
    'CFDI40206': 'Hay impuestos retenidos y falta su total. Vuelva a calcular la factura.',
    'CFDI40207': _CLAVE + 'Corrija el impuesto retenido.',
    'CFDI40208': 'La retención de {impuesto} está repetida en el resumen. Sume en una sola las retenciones del mismo '
                 'impuesto.',
    'CFDI40209': 'Hay una retención de {valor} y falta el total de impuestos retenidos. Vuelva a calcular la factura.',
    'CFDI40210': _DECIMALES + 'Redondee la retención.',
    'CFDI40211': {
        None: 'La retención de {impuesto} es {valor} y la suma de las líneas es {esperado}. Vuelva a calcular la '
              'factura.',
        'falta': 'Las líneas retienen {esperado} de {impuesto} y el resumen de impuestos no lo incluye. Vuelva a '
                 'calcular la factura.',
    },
    'CFDI40212': 'Las líneas trasladan impuestos y falta el total de impuestos trasladados. Vuelva a calcular la '
                 'factura.',
    'CFDI40213': {
        None: 'Un impuesto exento lleva solo base, impuesto y tipo de factor, y tiene {campo}: {valor}. Quítelo.',
        'falta': 'Las líneas son exentas y el resumen de impuestos no incluye su base. Vuelva a calcular la factura.',
        'total': 'Si todo es exento sobra el total de impuestos trasladados en cero. Conviene quitarlo.',
    },
    'CFDI40214': _DECIMALES + 'Redondee la base del resumen de impuestos.',
    'CFDI40215': 'La base de {impuesto} ({factor} {tasa}) es {valor} y la suma de las líneas es {esperado}. Vuelva a '
                 'calcular la factura.',
    'CFDI40216': 'La base exenta de {impuesto} es {valor} y la suma de las líneas es {esperado}. Vuelva a calcular la '
                 'factura.',
    'CFDI40217': _CLAVE + 'Corrija el impuesto trasladado.',
    'CFDI40218': 'El traslado de {impuesto} ({factor} {tasa}) está repetido en el resumen. Súmelos en uno solo.',
    'CFDI40219': {
        None: _TASA[None],
        'falta': 'Al traslado de {impuesto} por {factor} le falta la tasa o cuota. Vuelva a calcular la factura.',
    },
    'CFDI40220': _DECIMALES + 'Redondee el importe del traslado.',
    'CFDI40221': {
        None: 'El traslado de {impuesto} ({factor} {tasa}) es {valor} y la suma de las líneas es {esperado}. Vuelva a '
              'calcular la factura.',
        'sin_importe': 'Al traslado de {impuesto} ({factor} {tasa}) le falta el importe, que debe ser {esperado}. '
                       'Vuelva a calcular la factura.',
        'falta': 'Las líneas trasladan {impuesto} ({factor} {tasa}) por {esperado} y el resumen de impuestos no lo '
                 'incluye. Vuelva a calcular la factura.',
    },
    'CFDI40222': 'Con exportación «{valor}» no va el complemento de Comercio Exterior. Quítelo o cambie la clave de '
                 'exportación.',
    'CFDI140226': 'Con objeto de impuesto {valor} la línea no desglosa IVA ni IEPS (puede retener ISR). Quite esos '
                  'impuestos o cambie el objeto de impuesto a 02.',
    'CFDI140227': {
        None: 'Con objeto de impuesto 07 la línea no desglosa IVA. Quite el IVA o cambie el objeto de impuesto a 02.',
        'ieps': 'Con objeto de impuesto 07 la línea debe trasladar IEPS. Agréguelo o cambie el objeto de impuesto.',
    },
}

#: What does not match the structure (code 301), by ``motivo``.
ESTRUCTURA = {
    None: 'El campo «{campo}» tiene «{valor}», que no es un dato válido. Corríjalo.',
    'falta': 'Falta el campo «{campo}». Captúrelo.',
    'nodo': 'Falta el apartado «{campo}». Complete la factura.',
    'patron': 'El campo «{campo}» tiene «{valor}», que no cumple con el formato del SAT. Corríjalo.',
    'largo': 'El campo «{campo}» tiene {largo} caracteres y el SAT admite de {minimo} a {maximo}. Ajuste el texto.',
    'caracter': 'El campo «{campo}» contiene un carácter de control invisible ({caracter}) que el SAT no admite. '
                'Bórrelo y escriba el texto de nuevo (suele llegar al copiar y pegar).',
    'barra': 'El campo «{campo}» contiene una barra vertical «|», que el SAT no admite. Quítela o cámbiela por «/».',
    'decimales': 'El campo «{campo}» tiene {valor}, con más de {maximo} decimales. Redondéelo.',
    'minimo': 'El campo «{campo}» tiene {valor} y debe ser al menos {minimo}. Corríjalo.',
    'maximo': 'El campo «{campo}» tiene {valor} y debe ser a lo más {maximo}. Corríjalo.',
    'fijo': 'El campo «{campo}» tiene «{valor}» y debe ser {esperado}. Genere el comprobante de nuevo.',
    'catalogo': _CLAVE + 'Corríjala.',
    'espacio': 'El campo «{campo}» contiene un espacio especial ({caracter}) que se ve como un espacio normal y no lo '
               'es; puede impedir que coincida con el registro del SAT. Cámbielo por un espacio normal.',
}

CAMPOS = {
    'Año': 'año', 'Base': 'base del impuesto', 'Cantidad': 'cantidad', 'ClaveProdServ': 'clave de producto o servicio',
    'ClaveUnidad': 'clave de unidad', 'CondicionesDePago': 'condiciones de pago', 'Descripcion': 'descripción',
    'Descuento': 'descuento', 'DomicilioFiscalACuentaTerceros': 'código postal del tercero',
    'DomicilioFiscalReceptor': 'código postal del cliente', 'Exportacion': 'exportación', 'Fecha': 'fecha',
    'Folio': 'folio', 'FormaPago': 'forma de pago', 'Importe': 'importe', 'Impuesto': 'impuesto',
    'LugarExpedicion': 'lugar de expedición', 'Meses': 'mes', 'MetodoPago': 'método de pago', 'Moneda': 'moneda',
    'NoIdentificacion': 'número de identificación', 'Nombre': 'nombre o razón social',
    'NombreACuentaTerceros': 'nombre del tercero', 'NumRegIdTrib': 'registro tributario del cliente extranjero',
    'Numero': 'cuenta predial', 'NumeroPedimento': 'número de pedimento', 'ObjetoImp': 'objeto de impuesto',
    'Periodicidad': 'periodicidad', 'RegimenFiscal': 'régimen fiscal del emisor',
    'RegimenFiscalACuentaTerceros': 'régimen fiscal del tercero',
    'RegimenFiscalReceptor': 'régimen fiscal del cliente', 'ResidenciaFiscal': 'residencia fiscal', 'Rfc': 'RFC',
    'RfcACuentaTerceros': 'RFC del tercero', 'Serie': 'serie', 'SubTotal': 'subtotal',
    'TasaOCuota': 'tasa o cuota', 'TipoCambio': 'tipo de cambio', 'TipoDeComprobante': 'tipo de comprobante',
    'TipoFactor': 'tipo de factor', 'TipoRelacion': 'tipo de relación', 'Total': 'total',
    'TotalImpuestosRetenidos': 'total de impuestos retenidos',
    'TotalImpuestosTrasladados': 'total de impuestos trasladados', 'UUID': 'folio fiscal (UUID)', 'Unidad': 'unidad',
    'UsoCFDI': 'uso del CFDI', 'ValorUnitario': 'valor unitario', 'Version': 'versión',
}

NODOS = {'Conceptos': 'líneas de la factura', 'Emisor': 'emisor', 'Receptor': 'cliente'}
