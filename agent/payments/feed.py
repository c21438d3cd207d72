"""The feeds for watchers: the life of one payment, and everything that happens in the agent.

Both keep a bounded number of changes, shared by all readers. A reader is only a place in that
list, so a slow reader, or one that has stopped, costs nothing.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Final, Literal

from agent.payments.state import AlarmNews, ChangeKind, PaymentChange, PaymentState, Printout, TerminalStatus

# A payment shows about thirty texts and lines. A till that falls further behind than this gets the
# newest changes; each has the whole payment.
MAX_PAYMENT_CHANGES: Final = 500
# About ten payments with every text that their terminals showed: a reader that comes back within
# a minute misses nothing in a busy shop.
MAX_AGENT_CHANGES: Final = 500


class PaymentFeed:
    """The changes of one payment, from its request until nothing can change it any more."""

    def __init__(self) -> None:
        self._changes: deque[PaymentChange] = deque(maxlen=MAX_PAYMENT_CHANGES)
        self._over = False
        self._changed = asyncio.Event()

    @property
    def empty(self) -> bool:
        """Nothing was told yet."""
        return not self._changes

    def publish(
        self, kind: ChangeKind, state: PaymentState, receipt: Printout | None = None
    ) -> PaymentChange:
        """Tell every watcher. The oldest changes give way when there are too many."""
        change = PaymentChange(id=self._newest + 1, kind=kind, payment=state, receipt=receipt)
        self._changes.append(change)
        self._wake()
        return change

    def close(self) -> None:
        """The last change was told."""
        self._over = True
        self._wake()

    async def changed(self) -> None:
        """Return at the next change."""
        await self._changed.wait()

    async def changes(self, after: int) -> AsyncIterator[PaymentChange]:
        """Every change later than `after`, until the last.

        Ids begin again when the agent restarts: an `after` beyond the newest id is from an earlier run.
        """
        after = 0 if after > self._newest else after
        while True:
            news = [change for change in self._changes if change.id > after]
            for change in news:
                after = change.id
                yield change
            if self._over and not news:
                return
            if not news:
                await self.changed()

    @property
    def _newest(self) -> int:
        return self._changes[-1].id if self._changes else 0

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


AgentChangeKind = Literal["payment", "terminal", "alarm", "lost"]
AgentFact = PaymentChange | TerminalStatus | AlarmNews


@dataclass(frozen=True, slots=True)
class AgentChange:
    """Something that happened in the agent. `lost` has no fact: the reader missed some."""

    id: str
    kind: AgentChangeKind
    fact: AgentFact | None = None


class AgentEvents:
    """Everything that happens, for whoever watches the whole agent.

    An id is "LIFE.NUMBER". `life` is asked once; each start of the agent has a greater one.
    """

    def __init__(self, life: Callable[[], int], room: int = MAX_AGENT_CHANGES) -> None:
        self._life = life
        self._began: int | None = None
        self._told = 0
        self._kept: deque[AgentChange] = deque(maxlen=room)
        self._changed = asyncio.Event()

    def publish(self, fact: AgentFact) -> None:
        """Tell every watcher."""
        self._told += 1
        self._kept.append(AgentChange(self._id(self._told), _kind(fact), fact))
        self._changed.set()
        self._changed = asyncio.Event()

    def changes(self, after: str = "") -> AsyncIterator[AgentChange]:
        """Every change from this call on, or later than the id `after`. It has no end.

        A change that is no longer kept, or is from an earlier run, is told as `lost`.
        """
        return self._from(self._place(after))

    async def _from(self, place: int) -> AsyncIterator[AgentChange]:
        while True:
            oldest = self._told - len(self._kept)
            if place < oldest:
                place = oldest
                yield AgentChange(self._id(place), "lost")
            elif place < self._told:
                place += 1
                yield self._kept[place - oldest - 1]
            else:
                await self._changed.wait()

    def _place(self, after: str) -> int:
        """How many changes a reader has seen; -1 if its place is unknown here."""
        if not after:
            return self._told
        life, _, number = after.partition(".")
        known = life == self._id(0).partition(".")[0] and int(number) <= self._told
        return int(number) if known else -1

    def _id(self, number: int) -> str:
        if self._began is None:
            self._began = self._life()
        return f"{self._began}.{number}"


def _kind(fact: AgentFact) -> AgentChangeKind:
    match fact:
        case PaymentChange():
            return "payment"
        case TerminalStatus():
            return "terminal"
        case AlarmNews():
            return "alarm"
