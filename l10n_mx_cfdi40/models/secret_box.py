"""Secrets at rest: sealed with a master key that lives outside the database.

A database dump, a backup or a replica must not be enough to sign invoices in the company's name. Every secret (private
keys, credentials of a PAC) is therefore stored as AES-256-GCM ciphertext, and the 32-byte master key is taken from, in
this order:

1. ``l10n_mx_cfdi40_master_key`` in ``odoo.conf``;
2. the environment variable ``L10N_MX_CFDI40_MASTER_KEY``;
3. ``<data_dir>/l10n_mx_cfdi40/master.key``, readable by Odoo's user only, made at the first use.

A key is written as base64 or hexadecimal of 32 bytes (``openssl rand -base64 32``). Several may be given, separated by
commas: the first one seals, all of them open, so that a key can be changed without asking for the files again.

It is never an ``ir.config_parameter``: those are in the dump.

A ciphertext is ``version (1) | key id (8) | nonce (12) | AES-GCM output``. The purpose is authenticated with it, so
that one moved to another model, field or record does not open.
"""

import base64
import binascii
import hashlib
import os
import stat
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from odoo.exceptions import UserError
from odoo.tools import config

OPTION = "l10n_mx_cfdi40_master_key"
VARIABLE = "L10N_MX_CFDI40_MASTER_KEY"

_VERSION = b"\x01"
_KEY_ID_SIZE = 8
_NONCE_SIZE = 12
_HEADER_SIZE = len(_VERSION) + _KEY_ID_SIZE + _NONCE_SIZE
_KEY_SIZE = 32


class SecretError(UserError):
    """A secret cannot be sealed or opened; the text says what to do about it, never what the secret is."""


def purpose(model, field, record):
    """Name what a secret is for.

    :param str model: model that stores it, ``l10n_mx_cfdi40.certificate``
    :param str field: field that stores it, ``key_sealed``
    :param record: what tells its row from the others and never changes: a certificate's serial, a company's id
    """
    return f"{model}:{field}:{record}"


def seal(plain, env, *, purpose):
    """Encrypt a secret.

    :param bytes plain: the secret
    :param env: environment, for the language of the errors
    :param str purpose: see :func:`purpose`
    :return: the ciphertext (bytes), to be stored in a field that nobody may read
    :raise SecretError: the master key is malformed or its file is open to others
    """
    key = _keys(env, create=True)[0]
    nonce = os.urandom(_NONCE_SIZE)
    header = _VERSION + _key_id(key)
    return header + nonce + AESGCM(key).encrypt(nonce, plain, header + purpose.encode())


def unseal(sealed, env, *, purpose):
    """Decrypt what :func:`seal` made for the same purpose.

    :raise SecretError: sealed with a master key that this server does not have, or altered
    """
    key = _key_of(sealed, env)
    if key is None:
        raise SecretError(env._(
            "This secret was encrypted with a master key that this server does not have, as happens when a database is "
            "restored elsewhere. Put back the original key (option %(option)s of odoo.conf, or the file %(file)s), or "
            "install the files again: nothing else is lost.",
            option=OPTION, file=key_file(),
        ))
    header, nonce = sealed[:_HEADER_SIZE - _NONCE_SIZE], sealed[_HEADER_SIZE - _NONCE_SIZE:_HEADER_SIZE]
    try:
        return AESGCM(key).decrypt(nonce, sealed[_HEADER_SIZE:], header + purpose.encode())
    except InvalidTag:
        raise SecretError(env._(
            "This secret was altered in the database or belongs to another record, so it cannot be used. Install the "
            "files again.",
        )) from None


def is_readable(sealed, env):
    """Whether this server has the master key of a ciphertext. Decrypts nothing."""
    return bool(sealed) and _key_of(sealed, env) is not None


def source():
    """Where the master key comes from: ``'option'``, ``'environment'`` or ``'file'``."""
    if config.get(OPTION):
        return "option"
    return "environment" if os.environ.get(VARIABLE) else "file"


def key_file():
    """Path of the file that holds the master key when neither the option nor the variable gives one."""
    return Path(config["data_dir"]) / "l10n_mx_cfdi40" / "master.key"


def _key_of(sealed, env):
    """The master key (bytes) that made a ciphertext, None if it is not here."""
    wanted = sealed[len(_VERSION):len(_VERSION) + _KEY_ID_SIZE]
    if sealed[:len(_VERSION)] != _VERSION or len(sealed) < _HEADER_SIZE:
        return None
    return next((key for key in _keys(env) if _key_id(key) == wanted), None)


def _key_id(key):
    return hashlib.sha256(b"l10n_mx_cfdi40 master key id" + key).digest()[:_KEY_ID_SIZE]


def _keys(env, create=False):
    """The master keys (bytes), the one that seals first; an empty list if there is none yet."""
    text = config.get(OPTION) or os.environ.get(VARIABLE)
    if not text:
        path = key_file()
        if create:
            _ensure_file(path)
        text = _read_file(path, env)
    keys = [_decode(part.strip(), env) for part in text.split(",") if part.strip()]
    if create and not keys:
        raise SecretError(env._("The master key file %s is empty. Put the original key back.", key_file()))
    return keys


def _decode(text, env):
    for decode in (bytes.fromhex, lambda value: base64.b64decode(value, validate=True)):
        try:
            key = decode(text)
        except (ValueError, binascii.Error):
            continue
        if len(key) == _KEY_SIZE:
            return key
    # The text itself is the secret: it is not repeated here.
    raise SecretError(env._(
        "The master key of the CFDI secrets is malformed: it must be 32 bytes written in base64 or hexadecimal. "
        'Make one with "openssl rand -base64 32" and give it as %(option)s in odoo.conf or as %(variable)s in the '
        "environment.",
        option=OPTION, variable=VARIABLE,
    ))


def _ensure_file(path):
    """Make the key file unless it is there. Two workers that race end with one key, whole on disk."""
    if path.exists():
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(8).hex()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(base64.b64encode(os.urandom(_KEY_SIZE)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            # A link appears at once, complete, and never replaces a file that another worker has just made.
            os.link(draft, path)
        except FileExistsError:
            return
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    finally:
        draft.unlink()


def _read_file(path, env):
    """Text of the key file, '' if there is none."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise SecretError(env._(
            "The master key file %(file)s cannot be read (%(reason)s). It must be a plain file of Odoo's own user.",
            file=path, reason=error.strerror,
        )) from None
    with os.fdopen(handle, "rb") as file:
        if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
            raise SecretError(env._(
                "Other users of the server can read the master key file %(file)s. Close it with "
                '"chmod 600 %(file)s" and try again.',
                file=path,
            ))
        return file.read().decode("ascii", "replace")
