"""C2SP signed-note v1.0.0: a text and its signatures. Read strictly: a stray newline is an attack.

Key types: `01` Ed25519, `04` timestamped Ed25519 cosignature (tlog-cosignature),
`ff` a type of our own (`evolving.py`). Lines of other types are ignored, as the
specification demands.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from binascii import b2a_base64
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from agent.base.coded import CodedError

ED25519 = b"\x01"
COSIGNATURE = b"\x04"
OWN_TYPE = b"\xff"

KEY_ID_BYTES = 4
# Sixteen lines must be accepted; the longest known line (ML-DSA-44) has 3,300 bytes.
MAX_NOTE_BYTES = 65_536
# Each line of a known key costs a signature check; Go's sumdb/note stops at the same number.
MAX_SIGNATURES = 100

_PREFIX = "\N{EM DASH} "
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f]")
_KEY_ID_HEX = re.compile("[0-9a-f]{8}")
_TIME_BYTES = 8


class NoteError(CodedError, ValueError):
    """A note, a key or a signature is not what it claims to be. The code says why."""


class Signer(Protocol):
    """Something that can sign; the key may live elsewhere."""

    @property
    def name(self) -> str:
        """The key's name; for a log it equals the origin."""

    @property
    def key_id(self) -> bytes:
        """The four bytes before the signature."""

    @property
    def vkey(self) -> str:
        """The text that `parse_vkey` reads."""

    def sign(self, text: bytes) -> bytes:
        """The bytes that follow the key id."""


class Verifier(Protocol):
    """Something that can check signatures of one key."""

    @property
    def name(self) -> str:
        """The key's name."""

    @property
    def key_id(self) -> bytes:
        """The four bytes before the signature."""

    def verify(self, text: bytes, signature: bytes) -> bool:
        """Whether `signature` (without the key id) is this key's signature of `text`."""


@dataclass(frozen=True, slots=True)
class Signature:
    """One line under a note: `value` is what follows the key id."""

    name: str
    key_id: bytes
    value: bytes

    def line(self) -> str:
        """The line as it stands in the note, with its newline."""
        return signature_line(self.name, self.key_id, self.value)


@dataclass(frozen=True, slots=True)
class Note:
    """A parsed note. `verified` are those of `signatures` that a known key made."""

    text: str
    signatures: tuple[Signature, ...]
    verified: tuple[Signature, ...] = ()

    def of(self, verifier: Verifier) -> Signature | None:
        """The first checked signature of one key."""
        mine = (verifier.name, verifier.key_id)
        return next((s for s in self.verified if (s.name, s.key_id) == mine), None)


class Ed25519Signer:
    """Type `01`. `vkey` is the text to give to a verifier."""

    def __init__(self, name: str, key: Ed25519PrivateKey) -> None:
        check_name(name)
        public = key.public_key().public_bytes_raw()
        self.name = name
        self.key_id = key_id(name, ED25519, public)
        self.vkey = _vkey(name, ED25519, public)
        self._sign = key.sign

    def sign(self, text: bytes) -> bytes:
        return self._sign(text)


class Cosigner:
    """Type `04`: a witness that signs a checkpoint with the time."""

    def __init__(self, name: str, key: Ed25519PrivateKey) -> None:
        check_name(name)
        public = key.public_key().public_bytes_raw()
        self.name = name
        self.key_id = key_id(name, COSIGNATURE, public)
        self.vkey = _vkey(name, COSIGNATURE, public)
        self._sign = key.sign

    def cosign(self, text: str, at_s: int) -> Signature:
        """The cosignature of a checkpoint's text at a POSIX time in seconds."""
        value = at_s.to_bytes(_TIME_BYTES, "big") + self._sign(_cosigned(text.encode(), at_s))
        return Signature(self.name, self.key_id, value)


@dataclass(frozen=True, slots=True)
class Ed25519Verifier:
    """Type `01`."""

    name: str
    key_id: bytes
    public: Ed25519PublicKey

    def verify(self, text: bytes, signature: bytes) -> bool:
        return _ed25519(self.public, signature, text)


@dataclass(frozen=True, slots=True)
class CosignatureVerifier:
    """Type `04`; `cosigned_at` tells the time of a checked signature."""

    name: str
    key_id: bytes
    public: Ed25519PublicKey

    def verify(self, text: bytes, signature: bytes) -> bool:
        at_s = int.from_bytes(signature[:_TIME_BYTES], "big")
        return _ed25519(self.public, signature[_TIME_BYTES:], _cosigned(text, at_s))


def cosigned_at(signature: Signature) -> int:
    """The POSIX time in seconds inside a signature of type `04`."""
    return int.from_bytes(signature.value[:_TIME_BYTES], "big")


def parse_vkey(vkey: str) -> Ed25519Verifier | CosignatureVerifier:
    """The verifier that a vkey names. Raises `NoteError`."""
    parts = vkey.split("+", 2)  # base64 may hold a `+` of its own
    if len(parts) != 3:
        raise NoteError("journal.vkey_form")
    name, identifier, encoded = parts
    check_name(name)
    raw = _base64(encoded)
    kind, public = raw[:1], raw[1:]
    if not _KEY_ID_HEX.fullmatch(identifier) or bytes.fromhex(identifier) != key_id(name, kind, public):
        raise NoteError("journal.vkey_key_id", name=name)
    if kind not in (ED25519, COSIGNATURE) or len(public) != 32:
        raise NoteError("journal.vkey_type", name=name)
    loaded = Ed25519PublicKey.from_public_bytes(public)
    made = Ed25519Verifier if kind == ED25519 else CosignatureVerifier
    return made(name, bytes.fromhex(identifier), loaded)


def key_id(name: str, kind: bytes, public: bytes) -> bytes:
    """SHA-256(name, newline, type, public key), first four bytes."""
    return sha256(name.encode() + b"\n" + kind + public).digest()[:KEY_ID_BYTES]


def check_name(name: str) -> None:
    """Raise `NoteError` unless `name` may name a key."""
    if not name or "+" in name or _CONTROL.search(name) or any(c.isspace() for c in name):
        raise NoteError("journal.key_name")


def signature_line(name: str, key_id: bytes, signature: bytes) -> str:
    """One signature line with its newline."""
    return f"{_PREFIX}{name} {b2a_base64(key_id + signature, newline=False).decode()}\n"


def sign_note(text: str, *signers: Signer) -> str:
    """The note of `text`, signed by each signer in turn."""
    check_text(text)
    raw = text.encode()
    return text + "\n" + "".join(signature_line(s.name, s.key_id, s.sign(raw)) for s in signers)


def check_text(text: str) -> None:
    """Raise `NoteError` unless `text` may stand above signatures."""
    if not text.endswith("\n") or _CONTROL.search(text):
        raise NoteError("journal.note_text")


def parse_note(raw: bytes) -> Note:
    """Take a note apart without checking a signature. Raises `NoteError`."""
    if len(raw) > MAX_NOTE_BYTES:
        raise NoteError("journal.note_too_long", limit=MAX_NOTE_BYTES)
    try:
        whole = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise NoteError("journal.note_not_utf8") from None
    # The text may hold empty lines of its own: the last one begins the signatures.
    body, separator, lines = whole.rpartition("\n\n")
    text = body + "\n"
    check_text(text)
    if not separator or not body or not lines.endswith("\n"):
        raise NoteError("journal.note_shape")
    signed = lines[:-1].split("\n")
    if len(signed) > MAX_SIGNATURES:
        raise NoteError("journal.note_signatures", limit=MAX_SIGNATURES)
    return Note(text, tuple(_signature(line) for line in signed))


def open_note(raw: bytes, verifiers: Iterable[Verifier]) -> Note:
    """The note, checked by every known key that signed it; at least one must have.

    Lines of unknown keys are ignored. If the signature of a known key fails, the
    whole note is a forgery. Raises `NoteError`.
    """
    note = parse_note(raw)
    known = {(v.name, v.key_id): v for v in verifiers}
    text = note.text.encode()
    verified = []
    for signature in note.signatures:
        verifier = known.get((signature.name, signature.key_id))
        if verifier is None:
            continue
        if not verifier.verify(text, signature.value):
            raise NoteError("journal.wrong_signature", name=signature.name)
        verified.append(signature)
    if not verified:
        raise NoteError("journal.no_known_signer")
    return Note(note.text, note.signatures, tuple(verified))


def _signature(line: str) -> Signature:
    if not line.startswith(_PREFIX):
        raise NoteError("journal.signature_prefix")
    name, _, encoded = line[len(_PREFIX) :].partition(" ")
    check_name(name)
    raw = _base64(encoded)
    if len(raw) <= KEY_ID_BYTES:
        raise NoteError("journal.signature_content")
    return Signature(name, raw[:KEY_ID_BYTES], raw[KEY_ID_BYTES:])


def _base64(encoded: str) -> bytes:
    try:
        raw = b64decode(encoded.encode("ascii"), validate=True)
    except (Base64Error, UnicodeEncodeError):
        raise NoteError("journal.not_base64") from None
    # Two spellings of one signature would be two notes.
    if b64encode(raw).decode("ascii") != encoded:
        raise NoteError("journal.base64_spelling")
    return raw


def _vkey(name: str, kind: bytes, public: bytes) -> str:
    return f"{name}+{key_id(name, kind, public).hex()}+{b64encode(kind + public).decode('ascii')}"


def _cosigned(text: bytes, at_s: int) -> bytes:
    return b"cosignature/v1\ntime %d\n" % at_s + text


def _ed25519(public: Ed25519PublicKey, signature: bytes, text: bytes) -> bool:
    try:
        public.verify(signature, text)
    except InvalidSignature:
        return False
    return True
