"""The process that pays with the tapes of `tape.py` on standard input, and shows its memory to a scanner.

A card number never gets here but by `os.readv` into a session's own secret buffer, as from a wire.
Started with `careful`, or with `careless`: then one copy is kept, as careless code would.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

from drivers.card.card import CardSealer, SecretBuffer
from drivers.card.seal import HpkeSealer
from drivers.terminal import (
    Command,
    DialogueEnded,
    EndReason,
    Event,
    Operation,
    Receipt,
    Session,
    TransactionResult,
)
from tests.conformance.bed import sale
from tests.conformance.table import Case
from tests.system.memory.child import acquirer_key, ordinals
from tests.system.memory.tape import HEAD, rows

# Twice as long as a message over TCP without a frame takes to end.
SILENCE_S = 1.0


class Player:
    """One session that hears a tape and does what the till of a `Bed` does."""

    def __init__(self, case: Case, card_sealer: CardSealer) -> None:
        self.buffer = SecretBuffer(case.row.buffer_bytes)
        self.session: Session = case.row.session(self.buffer, card_sealer, case.options)
        self.now = 0.0
        self.paid = False
        self._todo = self._story(case)
        self._ended: DialogueEnded | None = None
        self.session.connected(0.0)
        next(self._todo)
        self._pump()

    def _story(self, case: Case) -> Iterator[None]:
        """As `Bed.begin` and `Bed.pay`; goes on whenever a command has ended."""
        operation = Operation.REGISTER
        while True:
            self.session.start(Command(operation), self.now)
            yield
            ended = self._ended
            if ended is not None and ended.maintenance is None and operation is Operation.STATUS:
                break
            operation = (ended.maintenance if ended else None) or Operation.STATUS
        self.session.start(Command(Operation.REPEAT_RECEIPT), self.now)
        yield
        self.session.start(sale(case), self.now)
        yield
        self.paid = self._ended is not None and self._ended.end_reason is EndReason.COMPLETED
        yield

    def hear(self, at: float, count: int) -> None:
        """So many bytes wait on standard input, and they came at this time."""
        self._pass_time(at)
        while count:
            got = os.readv(0, [self.buffer.space()[:count]])
            self.buffer.filled(got)
            count -= got
        self.session.receive(self.now)
        self._pump()

    def listen_on(self) -> None:
        """The terminal says no more; some protocols see a message's end only by that."""
        self._pass_time(self.now + SILENCE_S)

    def _pass_time(self, until: float) -> None:
        while (deadline := self.session.deadline()) is not None and deadline < until:
            self.now = max(self.now, deadline)
            self.session.deadline_passed(self.now)
            self._pump()
        self.now = until

    def _pump(self) -> None:
        moved = True
        while moved:
            sent, events = self.session.bytes_to_send(), list(self.session.events())
            for event in events:
                self._take(event)
            moved = bool(sent or events)

    def _take(self, event: Event) -> None:
        if isinstance(event, TransactionResult | Receipt):
            self.session.acknowledge(self.now)
        elif isinstance(event, DialogueEnded):
            self._ended = event
            next(self._todo)


def play(card_sealer: CardSealer) -> int:
    """How many payments of the tapes were paid."""
    table, player, paid = rows(), None, 0
    while head := os.read(0, HEAD.size):
        while len(head) < HEAD.size:
            head += os.read(0, HEAD.size - len(head))
        row, at, count = HEAD.unpack(head)
        player = player or Player(table[row], card_sealer)
        if count:
            player.hear(at, count)
            continue
        player.listen_on()
        paid += player.paid
        player.buffer.close()
        player = None
    return paid


def main(mode: str) -> None:
    """Say `ready` and the number of payments, and wait to be searched."""
    kept = b""
    if mode == "careless":
        buffer = SecretBuffer(1 << 16)
        buffer.filled(os.readv(0, [buffer.space()]))
        kept = bytes(buffer.view[: buffer.end])
        buffer.close()
    paid = play(CardSealer(HpkeSealer(acquirer_key(), "shop"), ordinals())) if not kept else len(kept)
    sys.stdout.write(f"ready {paid}\n")
    sys.stdout.flush()
    os.read(3, 1)


if __name__ == "__main__":
    main(sys.argv[1])
