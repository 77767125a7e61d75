"""xmlsec, loaded only when something has to be signed with XML-DSig (requests of cancellation, the SAT's services).

It shares libxml2 with lxml and refuses to be imported when both were compiled with different versions of it. That
must not stop those who only seal and stamp, so it is imported here, when it is needed, and the remedy is told."""
from types import ModuleType

from .errors import SealError

_REMEDIO = ('xmlsec y lxml no se pueden usar juntos en este servidor: se compilaron con versiones distintas de '
            'libxml2. Instale xmlsec 1.3.14 si lxml es 5.2, o bien lxml 6.0 o posterior con xmlsec 1.3.17.')
_FALTA = ('Falta la biblioteca xmlsec en el servidor, con la que se firman las cancelaciones. '
          'Instálela: pip install xmlsec.')


def cargar() -> ModuleType:
    """The module ``xmlsec``. SealError ``xmlsec_incompatible`` or ``xmlsec_ausente``: stamping goes on without it."""
    try:
        import xmlsec
    except ImportError:
        raise SealError('xmlsec_ausente', _FALTA) from None
    except Exception as error:
        # Its error class belongs to the very module that could not be imported, so it has no name to be caught by.
        if type(error).__module__ != 'xmlsec':
            raise
        raise SealError('xmlsec_incompatible', _REMEDIO) from error
    return xmlsec
