"""Payment ids for payments that begin at the command line."""

from __future__ import annotations

import secrets
from base64 import b32encode

# 60 bits: a shop with a million payments a year meets a repeat once in a million years.
_RANDOM_BYTES = 8
_GROUPS = 3


def new_payment_id() -> str:
    """Such as `K7Q2-M4XW-3DTA`: can be read out on the phone, and never looks like a card number."""
    letters = b32encode(secrets.token_bytes(_RANDOM_BYTES)).decode("ascii")
    return "-".join(letters[4 * i : 4 * i + 4] for i in range(_GROUPS))
