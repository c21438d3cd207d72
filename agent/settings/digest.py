"""The hash of settings: what a journal entry says it was decided by."""

from __future__ import annotations

import hashlib
from base64 import b32encode
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import time
from pathlib import Path
from typing import Any

import msgspec

from agent.base.money import Currency
from agent.rules.policy import Opening


def digest(section: Any) -> str:
    """SHA-256 over the canonical JSON of settings or of one section, in base32.

    Defaults count, for a new default is another decision. A value whose field says
    `hashed = False` stays out: a short one could be found again from a published hash.
    """
    canonical = msgspec.json.encode(_plain(section), order="deterministic")
    return b32encode(hashlib.sha256(canonical).digest()).decode("ascii").rstrip("=").lower()


def text(section: Any) -> str:
    """What `digest` hashes, for people: each value that counts, and no secret."""
    return msgspec.json.format(msgspec.json.encode(_plain(section), order="deterministic")).decode() + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    if isinstance(value, Path | Currency | Opening | time):
        return str(value)
    return dict(_plain_fields(value)) if is_dataclass(value) else value


def _plain_fields(section: Any) -> Iterator[tuple[str, Any]]:
    for field in fields(section):
        if field.metadata.get("hashed", True):
            yield field.name, _plain(getattr(section, field.name))
