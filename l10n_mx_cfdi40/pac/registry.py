"""The PACs there are. A new one is a file beside this one and one entry in ``PROVIDERS``."""

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import urlsplit

from .base import (
    CAN_ANSWER,
    CAN_CANCEL,
    CAN_PENDING,
    CAN_RECEIPT,
    CAN_RECOVER,
    CAN_RELATED,
    CAN_REPEAT,
    CAN_SAT_STATUS,
    CAN_STAMP,
    CAN_TELL_CREDITS,
    CAN_TEST_CREDENTIALS,
    Pac,
)

#: The setting that takes a client to the sandbox of this machine instead of the PAC. Never in production.
SANDBOX_URL = "sandbox_url"

_LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One thing that a provider needs to know of its customer.

    ``name``: key in the settings. ``label``, ``help``: what a person reads (Spanish). ``secret``: encrypted, never
    shown again. ``required``: no client without it. ``test``, ``production``: its value when none is given, by
    environment. ``automatic``: the program fills it in, so no form asks for it.
    """

    name: str
    label: str
    help: str = ""
    secret: bool = False
    required: bool = True
    test: str = ""
    production: str = ""
    automatic: bool = False

    def default(self, production: bool) -> str:
        """Its value in that environment when none is given; empty for none."""
        return self.production if production else self.test


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What a factory makes a client of.

    ``settings``: with their defaults. ``url``: where the PAC answers, without a slash at the end; empty for one without
    a wire. ``sandbox``: it is the sandbox that answers there. ``rfc``: of the issuer, for PACs that keep accounts by
    issuer. ``observer``: is told of every exchange (``transport``). ``cache``: folder where contracts are kept;
    ``None`` for the memory of the process only.
    """

    settings: Mapping[str, object] = field(repr=False)
    url: str = ""
    production: bool = False
    sandbox: bool = False
    rfc: str = ""
    observer: Callable | None = None
    cache: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PacProvider:
    """One provider as the screens need it, without connecting to anything.

    ``code``: kept in the company and in each document; never changes. ``label``: what a person reads (Spanish).
    ``capabilities``: the ``CAN_…`` constants of ``base``. ``test_only``: its stamps have no fiscal validity, so it
    cannot be chosen in production. ``settings``: what ``factory`` needs, in order. ``alternatives``: sets of optional
    settings of which one has to be whole. ``test_url``, ``production_url``: where it answers, without a slash at the
    end. ``charges_cancellation``: a cancellation costs a stamp.
    ``max_connections``: calls at once (see ``Pac``).
    """

    code: str
    label: str
    capabilities: frozenset[str]
    test_only: bool = False
    settings: tuple[Setting, ...]
    factory: Callable[[Access], Pac]
    alternatives: tuple[tuple[str, ...], ...] = ()
    test_url: str = ""
    production_url: str = ""
    charges_cancellation: bool = False
    max_connections: int = 8

    def url(self, production: bool) -> str:
        """Where it answers in that environment."""
        return self.production_url if production else self.test_url

    def missing(self, given: Set[str], *, production: bool) -> list[str]:
        """Labels of what it still has to know; ``given``: names of the settings that have a value."""
        lacking = [
            one.label for one in self.settings
            if one.required and one.name not in given and not one.default(production)
        ]
        if self.alternatives and not any(given >= set(names) for names in self.alternatives):
            labels = {one.name: one.label for one in self.settings}
            lacking.append(" o ".join(" y ".join(labels[name] for name in names) for names in self.alternatives))
        return lacking


def _loopback(access: Access) -> Pac:
    # Here and not above: a company with a real PAC never loads the embedded one.
    from .loopback import Loopback

    settings = access.settings
    return Loopback(
        settings["store"], user=settings.get("username"), password=settings.get("password"), observer=access.observer)


def _finkok(access: Access) -> Pac:
    from .finkok import Finkok

    return Finkok(access)


def _solucion_factible(access: Access) -> Pac:
    from .solucion_factible import SolucionFactible

    return SolucionFactible(access)


def _sw(access: Access) -> Pac:
    from .sw import Sw

    return Sw(access)


def _prodigia(access: Access) -> Pac:
    from .prodigia import Prodigia

    return Prodigia(access)


#: What most PACs ask for.
_LOGIN = (
    Setting(name="username", label="Usuario"),
    Setting(name="password", label="Contraseña", secret=True),
)

PROVIDERS: Mapping[str, PacProvider] = MappingProxyType({
    provider.code: provider
    for provider in (
        PacProvider(
            code="loopback",
            label="PAC integrado de pruebas (sin validez fiscal)",
            capabilities=frozenset({
                CAN_STAMP, CAN_RECOVER, CAN_REPEAT, CAN_TELL_CREDITS, CAN_CANCEL, CAN_SAT_STATUS, CAN_RELATED,
                CAN_PENDING, CAN_ANSWER, CAN_TEST_CREDENTIALS,
            }),
            test_only=True,
            settings=(
                Setting(name="store", label="Archivo del PAC de pruebas (store)", automatic=True),
                Setting(name="username", label="Usuario", required=False),
                Setting(name="password", label="Contraseña", required=False, secret=True),
            ),
            factory=_loopback,
        ),
        PacProvider(
            code="finkok",
            label="Finkok (Quadrum)",
            capabilities=frozenset({
                CAN_STAMP, CAN_RECOVER, CAN_REPEAT, CAN_TELL_CREDITS, CAN_CANCEL, CAN_SAT_STATUS, CAN_RELATED,
                CAN_PENDING, CAN_ANSWER, CAN_RECEIPT, CAN_TEST_CREDENTIALS,
            }),
            settings=(*_LOGIN, Setting(
                name="rfc_pac", label="RFC del PAC ante el SAT", required=False,
                help="Con el que Finkok envía respuestas y consultas de relacionados; vacío para el habitual.",
            )),
            factory=_finkok,
            test_url="https://demo-facturacion.finkok.com",
            production_url="https://facturacion.finkok.com",
        ),
        PacProvider(
            code="sw",
            label="SW Sapien (SmarterWeb)",
            # As the next one: it finds a document by the bytes that are sent again, not by a question.
            capabilities=frozenset({
                CAN_STAMP, CAN_REPEAT, CAN_TELL_CREDITS, CAN_CANCEL, CAN_RELATED, CAN_PENDING, CAN_ANSWER, CAN_RECEIPT,
                CAN_TEST_CREDENTIALS,
            }),
            settings=(
                Setting(name="username", label="Usuario", required=False),
                Setting(name="password", label="Contraseña", required=False, secret=True),
                Setting(
                    name="token", label="Token infinito", required=False, secret=True,
                    help="El que se genera en el portal de SW, en vez de usuario y contraseña.",
                ),
            ),
            alternatives=(("username", "password"), ("token",)),
            factory=_sw,
            test_url="https://services.test.sw.com.mx",
            production_url="https://services.sw.com.mx",
        ),
        PacProvider(
            code="solucion_factible",
            label="Solución Factible",
            # There is nothing to ask with what became of a document without its UUID: the same bytes are sent again,
            # and it answers with the first stamp.
            capabilities=frozenset({
                CAN_STAMP, CAN_REPEAT, CAN_TELL_CREDITS, CAN_CANCEL, CAN_RECEIPT, CAN_TEST_CREDENTIALS,
            }),
            settings=_LOGIN,
            factory=_solucion_factible,
            test_url="https://testing.solucionfactible.com",
            production_url="https://solucionfactible.com",
        ),
        PacProvider(
            code="prodigia",
            label="Prodigia (PADE)",
            capabilities=frozenset({CAN_STAMP, CAN_REPEAT, CAN_CANCEL, CAN_RECEIPT, CAN_TEST_CREDENTIALS}),
            settings=(Setting(name="contract", label="Contrato"), *_LOGIN),
            factory=_prodigia,
            test_url="https://pruebas.pade.mx",
            production_url="https://timbrado.pade.mx",
        ),
    )
})


def client(
    code: str, settings: Mapping[str, object], *, production: bool = False, rfc: str = "",
    observer: Callable | None = None, cache: str | None = None,
) -> Pac:
    """A client of the provider ``code``.

    ``settings``: the provider's own (``PacProvider.settings``), and for a test ``sandbox_url``: the address of the
    sandbox on this machine. ``production``: the company is in production, where a provider for tests and the sandbox
    are refused. The rest as in :class:`Access`. ``LookupError``: no such provider. ``ValueError``: a setting is
    missing, or the provider is only for tests.
    """
    if code not in PROVIDERS:
        raise LookupError(f"No hay un PAC con la clave {code!r}.")
    provider = PROVIDERS[code]
    if production and provider.test_only:
        raise ValueError(f"{provider.label}: no se puede usar en producción. Elija un PAC autorizado por el SAT.")
    values = {one.name: one.default(production) for one in provider.settings if one.default(production)}
    values |= {name: value for name, value in settings.items() if value}
    missing = provider.missing(values.keys(), production=production)
    if missing:
        raise ValueError(f"{provider.label}: falta configurar {', '.join(missing)}.")
    sandbox = sandbox_address(values.pop(SANDBOX_URL, ""), production=production) if provider.test_url else ""
    return provider.factory(Access(
        settings=MappingProxyType(values), url=sandbox or provider.url(production), production=production,
        sandbox=bool(sandbox), rfc=rfc, observer=observer, cache=cache,
    ))


def sandbox_address(url: object, *, production: bool) -> str:
    """The sandbox's address, without a slash at the end; empty for none. ``ValueError``: in production, or not on this
    machine, as credentials would go elsewhere then."""
    if not url:
        return ""
    if production:
        raise ValueError("El sandbox no se puede usar en producción.")
    parts = urlsplit(str(url))
    if parts.scheme not in ("http", "https") or parts.hostname not in _LOOPBACK_HOSTS:
        raise ValueError("El sandbox debe estar en esta máquina (http://127.0.0.1:puerto).")
    return str(url).rstrip("/")
