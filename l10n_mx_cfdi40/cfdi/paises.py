"""Countries: c_Pais uses the three letters of ISO 3166-1, the rest of the world mostly two."""
import re

# Two letters and three letters of each country, together.
_ISO = (
    "ADAND AEARE AFAFG AGATG AIAIA ALALB AMARM AOAGO AQATA ARARG ASASM ATAUT AUAUS AWABW AXALA AZAZE BABIH BBBRB "
    "BDBGD BEBEL BFBFA BGBGR BHBHR BIBDI BJBEN BLBLM BMBMU BNBRN BOBOL BQBES BRBRA BSBHS BTBTN BVBVT BWBWA BYBLR "
    "BZBLZ CACAN CCCCK CDCOD CFCAF CGCOG CHCHE CICIV CKCOK CLCHL CMCMR CNCHN COCOL CRCRI CUCUB CVCPV CWCUW CXCXR "
    "CYCYP CZCZE DEDEU DJDJI DKDNK DMDMA DODOM DZDZA ECECU EEEST EGEGY EHESH ERERI ESESP ETETH FIFIN FJFJI FKFLK "
    "FMFSM FOFRO FRFRA GAGAB GBGBR GDGRD GEGEO GFGUF GGGGY GHGHA GIGIB GLGRL GMGMB GNGIN GPGLP GQGNQ GRGRC GSSGS "
    "GTGTM GUGUM GWGNB GYGUY HKHKG HMHMD HNHND HRHRV HTHTI HUHUN IDIDN IEIRL ILISR IMIMN ININD IOIOT IQIRQ IRIRN "
    "ISISL ITITA JEJEY JMJAM JOJOR JPJPN KEKEN KGKGZ KHKHM KIKIR KMCOM KNKNA KPPRK KRKOR KWKWT KYCYM KZKAZ LALAO "
    "LBLBN LCLCA LILIE LKLKA LRLBR LSLSO LTLTU LULUX LVLVA LYLBY MAMAR MCMCO MDMDA MEMNE MFMAF MGMDG MHMHL MKMKD "
    "MLMLI MMMMR MNMNG MOMAC MPMNP MQMTQ MRMRT MSMSR MTMLT MUMUS MVMDV MWMWI MXMEX MYMYS MZMOZ NANAM NCNCL NENER "
    "NFNFK NGNGA NINIC NLNLD NONOR NPNPL NRNRU NUNIU NZNZL OMOMN PAPAN PEPER PFPYF PGPNG PHPHL PKPAK PLPOL PMSPM "
    "PNPCN PRPRI PSPSE PTPRT PWPLW PYPRY QAQAT REREU ROROU RSSRB RURUS RWRWA SASAU SBSLB SCSYC SDSDN SESWE SGSGP "
    "SHSHN SISVN SJSJM SKSVK SLSLE SMSMR SNSEN SOSOM SRSUR SSSSD STSTP SVSLV SXSXM SYSYR SZSWZ TCTCA TDTCD TFATF "
    "TGTGO THTHA TJTJK TKTKL TLTLS TMTKM TNTUN TOTON TRTUR TTTTO TVTUV TWTWN TZTZA UAUKR UGUGA UMUMI USUSA UYURY "
    "UZUZB VAVAT VCVCT VEVEN VGVGB VIVIR VNVNM VUVUT WFWLF WSWSM YEYEM YTMYT ZAZAF ZMZMB ZWZWE "
)
_TRES = {par[:2]: par[2:] for par in _ISO.split()}
# c_Pais gives a form to the tax registration of these two; the SAT refuses any other one (CFDI40156).
_NUEVE_DIGITOS = re.compile("[0-9]{9}")
_CON_FORMA = {"USA": _NUEVE_DIGITOS, "CAN": _NUEVE_DIGITOS}


def clave_pais(iso2: str | None) -> str | None:
    """The key of c_Pais for a two-letter country code; None if ISO 3166-1 does not have it.

    >>> clave_pais("us")
    'USA'
    """
    return _TRES.get((iso2 or "").upper())


def registro_tributario(pais: str | None, escrito: str | None) -> str | None:
    """NumRegIdTrib for the tax number that people wrote, of at most 40 characters; None if there is none or it has not
    the form that c_Pais gives for the country (three letters): the SAT would refuse it, and does without it.

    >>> registro_tributario("USA", "12-3456789"), registro_tributario("USA", "US123456789")
    ('123456789', '123456789')
    >>> registro_tributario("USA", "1234567")
    >>> registro_tributario("ESP", "ES A12345674")
    'ESA12345674'
    """
    numero = "".join(filter(str.isalnum, escrito or "")).upper()[:40]
    forma = _CON_FORMA.get(pais or "")
    if forma:
        numero = numero.removeprefix(pais[:2])
    return numero if numero and (not forma or forma.fullmatch(numero)) else None
