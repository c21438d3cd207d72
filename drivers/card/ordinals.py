"""The identity of a card: "the 17th distinct card under key 4", and nothing that leads back to its number.

A hash that is stored, beside first six and last four digits and a key on the same disk, gives every number
in seconds. So the key is random, stays in secret memory and is never written. The map from a card to its
ordinal stays in memory as well. When the key is wiped, its map is only noise.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import Final

from drivers.card.secret import SecretBuffer
from drivers.terminal import CardNumber

KEY_BYTES: Final = 32
# 128 bits: two cards of one shop never meet.
_DIGEST_BYTES: Final = 16
# A grocer has some hundred distinct cards a day. 20 000 take 4 MB; the next ones have no ordinal and
# are counted by what is masked.
MAX_CARDS_A_KEY: Final = 20_000
# The key of this business day, and that of the day before.
KEYS_ALIVE: Final = 2

# Fills a block of secret memory with random bytes.
FillRandom = Callable[[memoryview], None]


class _Key:
    """One key with its cards. `number` is its name in the journal."""

    def __init__(self, number: int, fill: FillRandom) -> None:
        self.number = number
        self._secret = SecretBuffer(KEY_BYTES)
        fill(self._secret.view)
        self._cards: dict[bytes, int] = {}

    def ordinal(self, digits: memoryview) -> int:
        """The card's place among the distinct ones, from 1; 0 when there is no place left."""
        digest = hmac.digest(self._secret.view, digits, "sha256")[:_DIGEST_BYTES]
        if digest not in self._cards and len(self._cards) >= MAX_CARDS_A_KEY:
            return 0
        return self._cards.setdefault(digest, len(self._cards) + 1)

    def close(self) -> None:
        """Wipe the key and forget its cards."""
        self._secret.close()
        self._cards.clear()


class CardOrdinals:
    """The keys that are alive, the newest first. It begins with none: then no card has an ordinal."""

    def __init__(self) -> None:
        self._keys: list[_Key] = []

    def begin(self, number: int, fill: FillRandom, *, keep: bool) -> None:
        """Make the key `number`. Without `keep`, no older one stays; with it, the newest of them does."""
        kept = KEYS_ALIVE - 1 if keep else 0
        for old in self._keys[kept:]:
            old.close()
        self._keys = [_Key(number, fill), *self._keys[:kept]]

    def numbers(self, digits: memoryview) -> tuple[CardNumber, ...]:
        """The card under each key that is alive, newest first. `digits` stay in secret memory."""
        return tuple(CardNumber(key.number, card) for key in self._keys if (card := key.ordinal(digits)))

    def close(self) -> None:
        """Wipe all keys."""
        for key in self._keys:
            key.close()
        self._keys = []
