"""When cards get a new key: at each start of the agent and with each business day.

The entry is on disk before a card is numbered under the key. The key of the business day before stays alive
for one more day, so that a card of last night is known again. Then it is wiped, and nobody, also not with the
whole disk, can find a card by its ordinal.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from agent.journal.schema.entry import AnyBody, CardKeyBegan
from drivers.card.card import CardOrdinals

FillRandom = Callable[[memoryview], None]

_RANDOM: Final = Path("/dev/urandom")


def fill_from_kernel(view: memoryview) -> None:
    """Random bytes straight into secret memory: they are nowhere else. Raises `OSError`."""
    with _RANDOM.open("rb", buffering=0) as source:
        if source.readinto(view) != len(view):
            raise OSError(errno.EIO, os.strerror(errno.EIO))


class CardKeys:
    """Begins and ends the keys of the cards. `ordinals` is shared with what seals them."""

    def __init__(self, ordinals: CardOrdinals, fill: FillRandom) -> None:
        self.ordinals = ordinals
        self._fill = fill
        self._day: date | None = None

    def turn(self, day: date, last_number: int, write: Callable[[AnyBody], None]) -> None:
        """Begin a key if none was begun for this business day. `last_number` is the journal's last key.

        The day turns back only when persons have set a wrong clock right. That is another day, too.
        """
        before = self._day
        if day == before:
            return
        number = last_number + 1
        write(CardKeyBegan(number=number, why="start" if before is None else "day"))
        # A key whose day has been over for a day is wiped, also if no payment was asked for meanwhile.
        next_day = before is not None and abs(day - before) <= timedelta(days=1)
        self.ordinals.begin(number, self._fill, keep=next_day)
        self._day = day
