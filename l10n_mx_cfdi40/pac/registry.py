"""The PACs there are. A new one is a file beside this one and one entry in ``PROVIDERS``."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from .base import (
    CAN_ANSWER,
    CAN_CANCEL,
    CAN_PENDING,
    CAN_RECOVER,
    CAN_RELATED,
    CAN_REPEAT,
    CAN_SAT_STATUS,
    CAN_STAMP,
    CAN_TELL_CREDITS,
    Pac,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PacProvider:
    """One provider as the screens need it, without connecting to anything.

    ``code``: kept in the company and in each document; never changes. ``label``: what a person reads (Spanish).
    ``capabilities``: the ``CAN_…`` constants of ``base``. ``test_only``: its stamps have no fiscal validity, so it
    cannot be chosen in production. ``settings``: names that ``factory`` needs, in order.
    """

    code: str
    label: str
    capabilities: frozenset[str]
    test_only: bool
    settings: tuple[str, ...]
    factory: Callable[[Mapping[str, object]], Pac]


def _loopback(settings: Mapping[str, object]) -> Pac:
    # Here and not above: a company with a real PAC never loads the embedded one.
    from .loopback import Loopback

    return Loopback(settings["store"], user=settings.get("user"), password=settings.get("password"))


PROVIDERS: Mapping[str, PacProvider] = MappingProxyType({
    provider.code: provider
    for provider in (
        PacProvider(
            code="loopback",
            label="PAC integrado de pruebas (sin validez fiscal)",
            capabilities=frozenset({
                CAN_STAMP, CAN_RECOVER, CAN_REPEAT, CAN_TELL_CREDITS, CAN_CANCEL, CAN_SAT_STATUS, CAN_RELATED,
                CAN_PENDING, CAN_ANSWER,
            }),
            test_only=True,
            settings=("store",),
            factory=_loopback,
        ),
    )
})


def client(code: str, settings: Mapping[str, object], *, production: bool = False) -> Pac:
    """A client of the provider ``code``.

    ``settings``: the provider's own; the loopback takes ``store`` (path of its SQLite file) and, when its store asks
    for credentials, ``user`` and ``password``. ``production``: the company is in production, where a provider for tests
    is refused. ``LookupError``: no such provider. ``ValueError``: a setting is missing, or the provider is only for
    tests.
    """
    if code not in PROVIDERS:
        raise LookupError(f"No hay un PAC con la clave {code!r}.")
    provider = PROVIDERS[code]
    if production and provider.test_only:
        raise ValueError(f"{provider.label}: no se puede usar en producción. Elija un PAC autorizado por el SAT.")
    missing = [name for name in provider.settings if not settings.get(name)]
    if missing:
        raise ValueError(f"{provider.label}: falta configurar {', '.join(missing)}.")
    return provider.factory(settings)
