"""An acquirer and a certificate authority of our own, for the demo and the tests only.

In a shop the acquirer's private key never exists on this host, and the
certificates come from the shop's own authority.
"""

from __future__ import annotations

import ipaddress
from base64 import b64encode
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from agent.journal.note import Ed25519Signer, sign_note
from agent.keys.create import write_secret
from agent.texts import say
from drivers.card.seal import ACQUIRER_KEYS_HEADER, AcquirerKey

KEY_FILE: Final = "acquirer.keys"
PRIVATE_FILE: Final = "acquirer-private.key"
# FIPS 203: a decapsulation key is kept as its seed.


@dataclass(frozen=True, slots=True)
class DemoAcquirer:
    """The files of a pretended acquirer, and the settings that trust it."""

    keys: Path
    private: Path
    vkey: str
    key: AcquirerKey


def create_acquirer(folder: Path, today: date, days: int = 365, key_id: str = "demo-1") -> DemoAcquirer:
    """Make a key pair and a signed key file in `folder`. Raises `FileExistsError` for a second one."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    mlkem, x25519 = MLKEM768PrivateKey.generate(), X25519PrivateKey.generate()
    key = AcquirerKey(
        key_id,
        today - timedelta(days=1),
        today + timedelta(days=days),
        mlkem.public_key().public_bytes_raw(),
        x25519.public_key().public_bytes_raw(),
    )
    signer = Ed25519Signer("demo-acquirer.example", Ed25519PrivateKey.generate())
    private = folder / PRIVATE_FILE
    write_secret(private, mlkem.private_bytes_raw() + x25519.private_bytes_raw())
    keys = folder / KEY_FILE
    keys.write_text(sign_note(key_file_text([key]), signer), "utf-8")
    return DemoAcquirer(keys, private, signer.vkey, key)


def key_file_text(keys: list[AcquirerKey]) -> str:
    """The text that an acquirer signs."""
    lines = [
        f"{key.key_id} {key.not_before} {key.not_after} {_base64(key.mlkem768)} {_base64(key.x25519)}"
        for key in keys
    ]
    return "\n".join([ACQUIRER_KEYS_HEADER, *lines, ""])


class DemoAuthority:
    """A certificate authority that lives as long as the demo; its key is never written."""

    def __init__(self, today: date, days: int = 2) -> None:
        start = datetime.combine(today, time(), UTC)
        self._from, self._until = start - timedelta(days=1), start + timedelta(days=days)
        self._key = generate_private_key(SECP256R1())
        self._name = _name("Tillgate demo authority")
        authority = x509.BasicConstraints(ca=True, path_length=0)
        builder = self._builder(self._name, self._key.public_key()).add_extension(authority, critical=True)
        self.pem = self._sign(builder)

    def issue_client(self, request_pem: bytes) -> bytes:
        """A client certificate in PEM for a signing request on an elliptic curve."""
        request = x509.load_pem_x509_csr(request_pem)
        public_key = request.public_key()
        if not isinstance(public_key, EllipticCurvePublicKey) or not request.is_signature_valid:
            raise ValueError(say("keys.demo_curves"))
        names = request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        builder = self._builder(request.subject, public_key)
        return self._sign(_for(builder, names, ExtendedKeyUsageOID.CLIENT_AUTH))

    def issue_server(self) -> tuple[bytes, bytes]:
        """Certificate and private key in PEM for a server on this host's loopback."""
        key = generate_private_key(SECP256R1())
        loopback = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
        names = x509.SubjectAlternativeName([x509.DNSName("localhost"), loopback])
        builder = _for(
            self._builder(_name("localhost"), key.public_key()), names, ExtendedKeyUsageOID.SERVER_AUTH
        )
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return self._sign(builder), pem

    def _builder(self, subject: x509.Name, key: EllipticCurvePublicKey) -> x509.CertificateBuilder:
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(self._name).public_key(key)
        builder = builder.not_valid_before(self._from).not_valid_after(self._until)
        builder = builder.serial_number(x509.random_serial_number())
        ours = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        theirs = x509.SubjectKeyIdentifier.from_public_key(key)
        return builder.add_extension(ours, critical=False).add_extension(theirs, critical=False)

    def _sign(self, builder: x509.CertificateBuilder) -> bytes:
        return builder.sign(self._key, SHA256()).public_bytes(Encoding.PEM)


def _for(
    builder: x509.CertificateBuilder, names: x509.SubjectAlternativeName, usage: x509.ObjectIdentifier
) -> x509.CertificateBuilder:
    end = x509.BasicConstraints(ca=False, path_length=None)
    builder = builder.add_extension(names, critical=False).add_extension(end, critical=True)
    return builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _base64(raw: bytes) -> str:
    return b64encode(raw).decode("ascii")
