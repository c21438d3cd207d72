"""What may leave a driver about a card."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class CardNumber:
    """Which card it is, without its number: the `card`-th distinct one under the key number `key`."""

    key: int
    card: int


@dataclass(frozen=True, slots=True)
class SealedCard:
    """Everything that may leave a driver about a card: only the acquirer can open it.

    `masked` is the truncated number (first 6 and last 4 digits of a number of 16
    or more digits, else the last 4). `expiry` is YYMM. `numbers` says which card it is under each key
    that is alive, the newest first. `sealed` is HPKE ciphertext. Both are empty when the terminal itself
    had masked the number.
    """

    masked: str
    expiry: str = ""
    numbers: tuple[CardNumber, ...] = ()
    key_id: str = ""
    sealed: bytes = field(default=b"", repr=False)
