"""Making the keys of one installation, and the folder that headquarters needs to enrol it.

A key that exists is never replaced: a new journal key would make the old
journal somebody else's.
"""

from __future__ import annotations

import os
import secrets
from base64 import b32encode
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from agent.journal.evolving import KeyFile, enrol
from agent.journal.note import Ed25519Signer
from agent.keys.store import (
    EVOLVING_KEY,
    JOURNAL_KEY,
    SYMMETRIC_KEY_BYTES,
    KeysError,
    load_journal_key,
    read_secret,
    wipe,
)
from agent.settings.types import Settings
from agent.texts import say

ENROLMENT_FOLDER: Final = "enrolment"
FIRST_KEY: Final = "first-evolving.key"
JOURNAL_VKEY: Final = "journal.vkey"
UPLOAD_REQUEST: Final = "upload.csr"
TOKEN_BYTES: Final = 20
# X.509 allows 64 characters in a common name (RFC 5280, ub-common-name).
_MAX_COMMON_NAME: Final = 64


@dataclass(slots=True)
class Created:
    """What was made, what was there before, and what headquarters must get."""

    made: list[Path] = field(default_factory=list)
    kept: list[Path] = field(default_factory=list)
    enrolment: list[Path] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Places:
    """Where the keys of one agent lie."""

    origin: str
    credentials: Path
    state: Path
    api_token: str
    upload_key: str


def places_of(settings: Settings) -> Places:
    """The places that the settings name."""
    agent = settings.agent
    return Places(settings.origin, agent.credentials, agent.state, settings.api.token, settings.upload.key)


def create(places: Places) -> Created:
    """Make every missing key and the enrolment folder. Raises `KeysError`."""
    created = Created()
    try:
        places.credentials.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not places.state.exists():
            places.state.mkdir(mode=0o750, parents=True)
            _give_to_owner_of(places.state.parent, places.state)
        for name, make in _secrets(places).items():
            _make(created, places.credentials / name, make)
        _make_enrolment(created, places)
    except OSError as error:
        raise KeysError(
            say(
                "keys.not_written",
                credentials=error.filename or places.credentials,
                strerror=error.strerror,
            )
        ) from error
    return created


def write_secret(path: Path, content: bytes | bytearray) -> None:
    """Write a new file of mode 0600 and sync it. Raises `FileExistsError` rather than replace one."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb", buffering=0) as file:
        file.write(content)
        os.fsync(descriptor)


def client_name(origin: str) -> str:
    """The name of an agent in its client certificate, as the collector's `client` setting wants it."""
    return f"tillgate:{origin}"


def certificate_request(key: EllipticCurvePrivateKey, origin: str) -> bytes:
    """A certificate signing request in PEM for the uploader of one agent."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, origin[:_MAX_COMMON_NAME])])
    names = x509.SubjectAlternativeName([x509.UniformResourceIdentifier(client_name(origin))])
    builder = x509.CertificateSigningRequestBuilder().subject_name(name).add_extension(names, critical=False)
    return builder.sign(key, SHA256()).public_bytes(Encoding.PEM)


def load_upload_key(path: Path) -> EllipticCurvePrivateKey:
    """The uploader's TLS key. Raises `KeysError`."""
    pem = read_secret(path)
    try:
        key = load_pem_private_key(pem, None)
    except (ValueError, TypeError) as error:
        raise KeysError(say("keys.no_upload_key", path=path)) from error
    finally:
        wipe(pem)
    if not isinstance(key, EllipticCurvePrivateKey):
        raise KeysError(say("keys.no_curve_key", path=path))
    return key


def _secrets(places: Places) -> dict[str, Callable[[], bytes]]:
    return {
        JOURNAL_KEY: lambda: _pem(Ed25519PrivateKey.generate()),
        places.api_token: _token,
        # P-256: every TLS library and every certificate authority takes it.
        places.upload_key: lambda: _pem(generate_private_key(SECP256R1())),
    }


def _make(created: Created, path: Path, make: Callable[[], bytes]) -> None:
    if path.exists():
        created.kept.append(path)
        return
    write_secret(path, make())
    created.made.append(path)


def _make_enrolment(created: Created, places: Places) -> None:
    """Everything that headquarters needs; the first evolving key leaves this host with it."""
    evolving = places.state / EVOLVING_KEY
    folder = places.credentials / ENROLMENT_FOLDER
    if evolving.exists():
        created.kept.append(evolving)
        return
    folder.mkdir(mode=0o700, exist_ok=True)
    signer = Ed25519Signer(places.origin, load_journal_key(places.credentials))
    upload_key = load_upload_key(places.credentials / places.upload_key)
    k0 = bytearray(secrets.token_bytes(SYMMETRIC_KEY_BYTES))
    try:
        for name, content in (
            (JOURNAL_VKEY, f"{signer.vkey}\n".encode()),
            (UPLOAD_REQUEST, certificate_request(upload_key, places.origin)),
            (FIRST_KEY, k0),
        ):
            write_secret(folder / name, content)
            created.enrolment.append(folder / name)
        enrol(KeyFile(evolving), k0)
        _give_to_owner_of(places.state, evolving)
    finally:
        wipe(k0)
    created.made.append(evolving)


def _give_to_owner_of(folder: Path, path: Path) -> None:
    """The installer is root; the agent, who replaces this file, is not."""
    owner = folder.stat()
    if os.geteuid() == 0 and (owner.st_uid, owner.st_gid) != (0, 0):
        os.chown(path, owner.st_uid, owner.st_gid)


def _pem(key: Ed25519PrivateKey | EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _token() -> bytes:
    return b32encode(secrets.token_bytes(TOKEN_BYTES)).lower() + b"\n"
