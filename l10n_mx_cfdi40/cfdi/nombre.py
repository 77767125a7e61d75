"""The name of a taxpayer as the SAT has it, proposed from the name that people use.

Anexo 20 wants Nombre as in the register: upper case and without the type of company (régimen societario). The register
is written without accents on vowels and with Ñ, so that is what is proposed; whoever issues the invoice compares it
with the customer's Constancia de Situación Fiscal.
"""
import re
import unicodedata

# Types of company as they read once dots are gone. Words that are also surnames or words of a name on their own
# ("AR", "MI") are left out: a proposal that cuts too little is seen, one that cuts too much is not.
_TIPOS = (
    "SOCIEDAD ANONIMA PROMOTORA DE INVERSION DE CAPITAL VARIABLE",
    "SOCIEDAD ANONIMA PROMOTORA DE INVERSION",
    "SOCIEDAD ANONIMA BURSATIL DE CAPITAL VARIABLE",
    "SOCIEDAD POR ACCIONES SIMPLIFICADA DE CAPITAL VARIABLE",
    "SOCIEDAD POR ACCIONES SIMPLIFICADA",
    "SOCIEDAD DE RESPONSABILIDAD LIMITADA DE CAPITAL VARIABLE",
    "SOCIEDAD DE RESPONSABILIDAD LIMITADA",
    "SOCIEDAD COOPERATIVA DE RESPONSABILIDAD LIMITADA DE CAPITAL VARIABLE",
    "SOCIEDAD ANONIMA DE CAPITAL VARIABLE",
    "SOCIEDAD ANONIMA",
    "SOCIEDAD CIVIL",
    "SOCIEDAD EN NOMBRE COLECTIVO",
    "ASOCIACION CIVIL",
    "ASOCIACION EN PARTICIPACION",
    "INSTITUCION DE ASISTENCIA PRIVADA",
    "SAPI DE CV SOFOM ENR",
    "SAPI DE CV SOFOM ER",
    "SA DE CV SOFOM ENR",
    "SA DE CV SOFOM ER",
    "SAB DE CV SOFOM ENR",
    "SAB DE CV SOFOM ER",
    "S DE RL DE CV SOFOM ENR",
    "S DE PR DE RL DE CV",
    "S DE PR DE RL",
    "S DE RL DE CV MI",
    "SCL DE CV",
    "SPR DE RI",
    "SC DE RL DE CV",
    "SPR DE RL DE CV",
    "S EN C POR A DE CV",
    "S EN C POR A",
    "S EN C DE CV",
    "S EN C",
    "S DE RL DE CV",
    "S DE RL MI",
    "SPR DE RL",
    "SC DE RL",
    "S DE RL",
    "SAPI DE CV",
    "SAPIB DE CV",
    "SAB DE CV",
    "SAS DE CV",
    "SA DE CV",
    "SAPI",
    "SAB",
    "SAS",
    "SNC",
    "SPR",
    "SCL",
    "SA",
    "SC",
    "AC",
    "IAP",
    "ABP",
    "A EN P",
)


def _patron(tipo: str) -> str:
    """Regular expression of a type: the letters of an acronym may stand apart (S A DE C V), commas may divide words."""
    palabras = tipo.split()
    return "[ ,]+".join(
        " ?".join(palabra) if len(palabra) <= 4 and palabra not in _ENTERAS else palabra for palabra in palabras)


# Words of a type that nobody writes letter by letter.
_ENTERAS = frozenset({"DE", "EN", "POR", "SAPI"})
_FINAL = re.compile(r"[ ,]+(?:%s)$" % "|".join(_patron(tipo) for tipo in sorted(_TIPOS, key=len, reverse=True)))
# "S.A. DE C.V.", "S. A. DE C. V." and "SA DE CV" are one: an initial loses its dot and joins the initial after it.
_INICIALES = re.compile(r"\b(?:[A-Z]\.\s?){2,}")
_TILDES = str.maketrans("ÁÉÍÓÚÀÈÌÒÙÂÊÎÔÛ", "AEIOUAEIOUAEIOU")


def nombre_fiscal(nombre: str | None, *, moral: bool = True) -> str:
    """Propose the name of the SAT's register for `nombre`.

    :param nombre: the name that people use; may be empty.
    :param moral: a legal person, whose name may end in its type; of a natural person nothing is cut.
    :return: upper case, single spaces, no accents but Ñ and Ü; empty without a name.

    >>> nombre_fiscal("Universidad Robótica Española, S.A. de C.V.")
    'UNIVERSIDAD ROBOTICA ESPAÑOLA'
    >>> nombre_fiscal("Xochilt Casas Chávez", moral=False)
    'XOCHILT CASAS CHAVEZ'
    """
    texto = unicodedata.normalize("NFC", nombre or "").upper().translate(_TILDES)
    texto = " ".join(texto.split())
    if not moral:
        return texto
    junto = _INICIALES.sub(lambda m: m[0].replace(".", "").replace(" ", "") + " ", texto)
    junto = " ".join(junto.replace(".", " ").split())
    corto = _FINAL.sub("", junto)
    if corto == junto or not corto:
        return texto
    return _recortar(texto, corto)


def _recortar(texto: str, corto: str) -> str:
    """The beginning of `texto` that has the letters of `corto`, with the dots and commas it had."""
    faltan = sum(letra.isalnum() for letra in corto)
    for posicion, letra in enumerate(texto, start=1):
        faltan -= letra.isalnum()
        if not faltan:
            return texto[:posicion].rstrip(" ,")
    return texto


def mismo(nombre: str | None, certificado: str | None, *, moral: bool = True) -> bool:
    """Whether `nombre` is the one that the holder of a certificate has in the register: the certificate's, without the
    type of company. The certificate may write Ñ and accents in another way. True if one of them is empty.

    >>> mismo("UNIVERSIDAD ROBOTICA ESPAÑOLA", "UNIVERSIDAD ROBOTICA ESPAÑOLA SA DE CV")
    True
    """
    uno, otro = _letras(nombre), _letras(nombre_fiscal(certificado, moral=moral))
    return not uno or not otro or uno == otro


def _letras(texto: str | None) -> str:
    descompuesto = unicodedata.normalize("NFKD", (texto or "").upper())
    return "".join(filter(str.isalnum, descompuesto))
