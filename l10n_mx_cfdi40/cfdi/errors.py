"""Typed errors of the document core.

An error here means that the core cannot do what it was asked (open a key, read a file, write an XML). Problems of
*content* are not errors: they are findings, see ``findings.check``. Whoever handles an error looks at ``code``, never
at its text.
"""


class CfdiError(Exception):
    """Base of all. ``code`` is an ASCII slug, ``params`` says what it concerned, ``str(error)`` is a Spanish sentence
    that names the field and the remedy, ready to be shown to an accountant."""

    def __init__(self, code: str, mensaje: str, **params):
        super().__init__(mensaje)
        self.code = code
        self.params = params

    def __reduce__(self):
        return (_rehacer, (type(self), self.code, str(self), self.params))


def _rehacer(clase, code, mensaje, params):
    return clase(code, mensaje, **params)


class CsdError(CfdiError):
    """A certificate or its private key cannot be used. Codes: no_es_certificado, no_es_llave, es_efirma, vencido,
    aun_no_vigente, password_incorrecto, llave_de_otro_certificado, rfc_distinto."""


class SealError(CfdiError):
    """A seal is missing, cannot be computed or does not belong to the text. Codes: sin_sello, sin_certificado,
    certificado_ilegible, no_certificado_distinto, sello_invalido, sello_cfd_distinto, sin_timbre,
    certificado_sat_distinto, sello_sat_invalido, emisor_distinto. Of a signed request (XML-DSig): firma_ausente,
    firma_invalida, certificado_ilegible, firma_imposible, xmlsec_ausente, xmlsec_incompatible."""


class XmlError(CfdiError):
    """An XML cannot be read or written. Codes when reading: demasiado_grande, codificacion, dtd, mal_formado,
    demasiado_profundo, no_es_cfdi, version, estructura, complemento_sin_tabla, ya_timbrado; no_es_solicitud,
    no_es_acuse (another document); expresion (what a QR code says). Codes when writing: caracter_no_permitido,
    valor_no_admitido, fragmento."""


class MontoError(CfdiError):
    """An amount that cannot be used. Codes: monto_no_finito (NaN, infinity); of a payment complement: monto_ilegible,
    sin_timbre, pago_sin_importe, pago_mayor_que_saldo, sin_parte, sin_decimales, total_cero."""


class RemesaError(CfdiError):
    """A customer's remittance cannot be read at all. Codes: demasiado_grande, demasiados_renglones, no_es_texto,
    es_libro, sin_renglones."""


class CancelacionError(CfdiError):
    """A request to the SAT's cancellation service that it would refuse. Codes: uuid_mal_escrito, motivo_desconocido,
    falta_sustituto, sobra_sustituto, sustituto_es_el_mismo, folio_repetido, demasiados_folios, sin_folios,
    respuesta_desconocida, un_solo_rfc. ``params['uuid']`` is the document, where it is one document's fault."""


class SatError(CfdiError):
    """A service of the SAT did not answer, or not with sense; what was asked stays unknown. Codes: timeout,
    unreachable, server_error, unreadable_answer."""
