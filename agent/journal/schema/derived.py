"""Derived state between two runs: bytes that name their version. Another version is dropped."""

from __future__ import annotations

import hashlib
from base64 import b32encode
from typing import Generic, TypeVar

import msgspec

from agent.journal.schema.entry import FORMAT_VERSION

T = TypeVar("T")


class OutdatedStateError(ValueError):
    """The bytes are not of this version, or no state at all. It is made again from the journal."""


class DerivedState(Generic[T]):
    """How one derived state is kept. `version` grows when the same fields get another meaning.

    The fields themselves are part of the version, and so is the journal's format: a state that
    learns something new cannot be read from one that did not know it.
    """

    def __init__(self, content: type[T], version: int) -> None:
        schema = msgspec.json.encode(msgspec.json.schema(content), order="sorted")
        digest = b32encode(hashlib.sha256(schema).digest()[:10]).decode("ascii").lower()
        self._head = f"{FORMAT_VERSION}.{version}.{digest}\n".encode()
        self._decoder = msgspec.json.Decoder(content)

    def encode(self, content: T) -> bytes:
        """The bytes to keep."""
        return self._head + msgspec.json.encode(content)

    def decode(self, raw: bytes) -> T:
        """What was kept. Raises `OutdatedStateError`."""
        if not raw.startswith(self._head):
            raise OutdatedStateError("another version")
        try:
            return self._decoder.decode(memoryview(raw)[len(self._head) :])
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise OutdatedStateError(str(error)) from None
