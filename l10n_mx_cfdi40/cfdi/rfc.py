"""The RFC: shape, kind of person and check digit.

The check digit is only a hint: a few RFC that the SAT assigned fail it, so it must never block. Whether an RFC is
registered is known only to the SAT's list (l_RFC).
"""
from .errors import CfdiError
from .schema_tipos import RFC as PATRON

RFC_NACIONAL = 'XAXX010101000'
"""Stands for the general public: whoever does not give an RFC."""
RFC_EXTRANJERO = 'XEXX010101000'
"""Stands for anyone who lives abroad and has no RFC."""
GENERICOS = frozenset({RFC_NACIONAL, RFC_EXTRANJERO})

_ALFABETO = '0123456789ABCDEFGHIJKLMN&OPQRSTUVWXYZ Ñ'
_SEPARADORES = str.maketrans('', '', ' -./\t\n\r\u00a0')


def compact(rfc: str) -> str:
    """Upper case, without spaces, hyphens or dots: as the SAT writes it."""
    return rfc.upper().translate(_SEPARADORES)


def is_valid(rfc: str) -> bool:
    """Whether it has the shape of an RFC (t_RFC): 12 or 13 characters with a date inside."""
    return PATRON.match(rfc) is not None


def validate(rfc: str) -> str:
    """The RFC, compacted. CfdiError ``rfc_invalido`` if it has not the shape of one."""
    limpio = compact(rfc)
    if not is_valid(limpio):
        raise CfdiError('rfc_invalido', f'El RFC «{rfc}» no tiene la forma del SAT: 3 letras (persona moral) o 4 '
                        '(persona física), la fecha AAMMDD y 3 de homoclave. Cópielo de la constancia fiscal.',
                        rfc=rfc)
    return limpio


def es_generico(rfc: str) -> bool:
    """Whether it is one of the two generic RFC."""
    return rfc in GENERICOS


def es_moral(rfc: str) -> bool:
    """Whether it is a legal entity's: 12 characters."""
    return len(rfc) == 12 and is_valid(rfc)


def es_fisica(rfc: str) -> bool:
    """Whether it is a natural person's: 13 characters. The generic ones count, as in the SAT's rules."""
    return len(rfc) == 13 and is_valid(rfc)


def digito(rfc: str) -> str:
    """The check digit that corresponds to the rest of the RFC (its last character is not looked at)."""
    cuerpo = rfc[:-1].rjust(12)
    modulo = sum(_ALFABETO.index(letra) * (13 - lugar) for lugar, letra in enumerate(cuerpo)) % 11
    return '0A987654321'[modulo]


def digito_correcto(rfc: str) -> bool:
    """Whether the check digit is right. Only good for a warning; the generic RFC always pass."""
    return es_generico(rfc) or (is_valid(rfc) and digito(rfc) == rfc[-1])
