"""Sentences of what the SAT has no code for: what is missing before there is a CFDI to judge.

As in ``textos.py``: the field as accountants call it, what is wrong, what to do.
"""

PROPIOS = {
    'MX_FACTURA_SIN_CONFIRMAR': 'La factura está en borrador. Confírmela antes de timbrarla.',
    'MX_SIN_LINEAS': 'La factura no tiene líneas con cantidad. Agregue lo que se vende.',
    'MX_SIN_CERTIFICADO': 'La empresa {empresa} no tiene un certificado de sello digital (CSD) vigente el {fecha}. '
                          'Instale uno en Configuración > CFDI > Certificados; si el instalado es posterior a la '
                          'factura, póngale a ella una fecha desde que está vigente.',
    'MX_EMISOR_SIN_RFC': 'La empresa {empresa} no tiene RFC. Escríbalo en el NIF de la empresa.',
    'MX_EMISOR_NOMBRE': 'El nombre de la empresa, «{nombre}», no es el de su certificado, «{certificado}». El SAT lo '
                        'rechazaría (CFDI40139): en la ficha de su contacto escriba el de la Constancia de Situación '
                        'Fiscal, sin el tipo de sociedad.',
    'MX_EMISOR_SIN_REGIMEN': 'La empresa {empresa} no tiene régimen fiscal. Elíjalo en Configuración > CFDI > Datos '
                             'fiscales de la empresa.',
    'MX_SIN_LUGAR_EXPEDICION': 'Falta el código postal del lugar de expedición. Escríbalo en la dirección de la '
                               'empresa o sucursal {empresa}, o en el diario {diario}.',
    'MX_SIN_SERIE': 'La empresa {empresa} no tiene una serie de folios para este tipo de comprobante. Créela en '
                    'Configuración > CFDI > Series.',
    'MX_SIN_FOLIOS': 'Sin folios disponibles: los timbres de {empresa} con {pac} se agotaron o vencieron, y el PAC no '
                     'dice que queden. Compre un paquete y actívelo en CFDI > Saldo de timbres; si ya está pagado y '
                     'por activar, envíe desde ahí el comprobante de pago al PAC. Lo que espera se timbra solo cuando '
                     'los haya.',
    'MX_RECEPTOR_SIN_RFC': 'El cliente {cliente} no tiene RFC. Escríbalo en su ficha; si no lo dio, use el genérico '
                           'XAXX010101000, y si vive en el extranjero, ponga su país.',
    'MX_RECEPTOR_SIN_REGIMEN': 'El cliente {cliente} no tiene régimen fiscal. Cópielo de su Constancia de Situación '
                               'Fiscal a su ficha.',
    'MX_RECEPTOR_SIN_CP': 'El cliente {cliente} no tiene código postal. Escriba en su dirección el del domicilio '
                          'fiscal de su Constancia de Situación Fiscal.',
    'MX_RECEPTOR_SIN_USO': 'Falta el uso del CFDI. Elíjalo en la factura, o en la ficha del cliente {cliente} para '
                           'las siguientes.',
    'MX_PRODUCTO_SIN_CLAVE': 'El producto {producto} no tiene clave de producto o servicio del SAT. Elíjala en su '
                             'ficha.',
    'MX_LINEA_SIN_CLAVE': 'La línea no tiene producto ni clave de producto o servicio del SAT. Elija la clave en la '
                          'línea.',
    'MX_UNIDAD_SIN_CLAVE': 'La unidad de medida {unidad} no tiene clave de unidad del SAT. Elíjala en la unidad, o en'
                           ' la línea.',
    'MX_LINEA_SIN_IMPUESTOS': 'La línea no lleva impuestos, así que se timbraría como «no objeto de impuesto» (01). Si '
                              'causa IVA, aunque sea exenta o de tasa 0 %, agregue su impuesto.',
    'MX_LINEA_NEGATIVA': 'La línea es negativa y no hay otra con los mismos impuestos de la que pueda descontarse. '
                         'Use el descuento (%) de la otra línea o una nota de crédito, o ponga en la línea los mismos '
                         'impuestos que en lo que descuenta.',
    'MX_TOTAL_DISTINTO': 'El total que admite el SAT para estas líneas es {cfdi} y el de la factura es {factura}. '
                         'Revise los importes de impuestos cambiados a mano y el redondeo.',
    'MX_DESCUENTO_MIXTO': 'El plazo de pago «{plazo}» rebaja en {descuento} la base de los impuestos por un pronto '
                          'pago que aún no se hace: el precio se cobra completo y el IVA no. El SAT lo admite, pero '
                          'si el cliente paga después faltará IVA. Regrese la factura a borrador y elija un plazo cuyo '
                          '«Impuesto reducido» sea «Con pago anticipado»; el descuento, cuando se gane, se documenta '
                          'con una nota de crédito.',
    'MX_RECEPTOR_REGISTRO': 'El número fiscal «{registro}» del cliente {cliente} no tiene la forma que el SAT espera '
                            'de {pais} (nueve dígitos), así que no se incluye. Corríjalo en su ficha si debe '
                            'aparecer.',
    'MX_RELACION_SIN_UUID': 'La factura relacionada {relacionada} todavía no está timbrada. Tímbrela primero, o quite'
                            ' la relación.',
    'MX_EGRESO_SIN_RELACION': 'La nota de crédito no está relacionada con ninguna factura. Agregue la relación en la '
                              'pestaña CFDI si corresponde a una.',
    'MX_FECHA_MOVIDA': 'La factura es del {factura} y el SAT ya no la admite con esa fecha, o aún no: se timbraría '
                       'con fecha {fecha}.',
    'MX_PUE_POR_DEFINIR': 'El método de pago es PUE y la forma de pago es 99 «Por definir», que es la de PPD. Elija '
                          'la forma en que se paga, o cambie el método de pago a PPD.',
    'MX_PUE_OTRO_MES': 'El método de pago es PUE y la factura vence el {vence}, en otro mes. Si no se pagará este '
                       'mes, use PPD con forma de pago 99.',
    'MX_IVA8_FUERA_DE_FRONTERA': 'La línea lleva IVA de 8 % y el lugar de expedición {lugar} no está en la región '
                                 'fronteriza. Use el IVA de 16 % o corrija el lugar de expedición.',
    'MX_REP_SIN_TIMBRE': 'La factura {factura} no tiene un CFDI vigente, y un complemento solo relaciona facturas '
                         'timbradas. Tímbrela; el complemento saldrá después por sí mismo.',
    'MX_REP_SALDO': 'A la factura {factura} se le aplican {importe} y según sus complementos y notas de crédito solo '
                    'se deben {saldo}. Corrija la conciliación; el excedente se devuelve o se factura como anticipo.',
    'MX_REP_COMPENSACION': 'La compensación de {importe} rebasa por {sobra} lo que queda por pagar de las facturas. '
                           'Corrija el importe que retuvo el factorante.',
    'MX_REP_SIN_FORMA': 'No se sabe con qué forma se pagó {pago}. Elija la forma de pago en el pago, o en su método de '
                        'pago del diario para los siguientes.',
    'MX_REP_FECHA_FUTURA': 'El pago es del {fecha}, que todavía no llega: el SAT no admite complementos de promesas de '
                           'pago. Se emitirá ese día, o corrija la fecha del pago.',
    'MX_REP_FUERA_DE_PLAZO': 'El pago es del {fecha} y su complemento debió emitirse a más tardar el {limite}. Emítalo '
                             'cuanto antes.',
    'MX_REP_SIN_RESPALDO': 'El complemento {complemento} está vigente y su pago ya no está aplicado, así que este '
                           'podría decir el mismo dinero otra vez. Primero sustitúyalo o pida su cancelación.',
    'MX_REP_NADA_QUE_PAGAR': 'El pago no cubre ninguna factura PPD de este receptor que no esté ya en un complemento. '
                             'Concílielo con sus facturas.',
}
