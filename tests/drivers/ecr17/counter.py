"""A till's counter: our session and our terminal, joined by bytes in simulated time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from drivers.card.card import Card, CardSealer, SecretBuffer
from drivers.driver import Options
from drivers.ecr17.config import Ecr17Keys
from drivers.ecr17.driver import DRIVER
from drivers.ecr17.session import Ecr17Session
from drivers.simulator.core.bank import Bank
from drivers.simulator.core.script import parse
from drivers.simulator.core.terminal import Installation
from drivers.simulator.ecr17.terminal import make
from drivers.terminal import (
    Command,
    ConnectionLost,
    DialogueEnded,
    DriverFact,
    Event,
    Operation,
    Receipt,
    SealedCard,
    TransactionResult,
)

STARTED = datetime(2025, 3, 1, 12, 0, 0, tzinfo=UTC)
SALE = Command(Operation.SALE, "till 1", 1010, 978, sequence=7)
STATUS = Command(Operation.STATUS)
LAST = Command(Operation.REPEAT_RECEIPT)
OPTIONS = Options(wire="tcp", receipts="terminal", own=Ecr17Keys(terminal_id="29001006"))
# More turns than the longest dialogue with all its repeats.
MANY_TURNS = 500
NEVER_S = 1e9

# What a line makes of the bytes of one turn; the till's come with True.
Cable = Callable[[bytes, bool], bytes]


class MaskingSealer(CardSealer):
    """Masks and wipes as the card sealer does, without keys."""

    def __init__(self) -> None:
        pass

    def seal_card(self, card: Card, context: str) -> SealedCard:
        masked = card.masked()
        card.wipe()
        return SealedCard(masked, key_id=context)


def whole(data: bytes, _from_till: bool) -> bytes:
    """A good cable."""
    return data


@dataclass
class Counter:
    """A till whose disk answers after `accept_after_s`."""

    script: str = ""
    variant: str = ""
    options: Options = OPTIONS
    accept_after_s: float = 0.0
    cable: Cable = whole
    now: float = 0.0
    heard: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.bank = Bank()
        self.terminal = make(Installation(self.bank, STARTED, parse(self.script), variant=self.variant))
        self.buffer = SecretBuffer(DRIVER.buffer_bytes)
        session = DRIVER.session(self.buffer, MaskingSealer(), self.options)
        assert isinstance(session, Ecr17Session)
        self.session = session
        self.session.connected(0.0)
        self.plugged = True
        self.held: list[float] = []
        self.sent = b""  # all that the till said

    def perform(self, command: Command) -> DialogueEnded | ConnectionLost:
        """The end of one command; then the line is heard out until both sides rest."""
        self.heard.clear()
        self.session.start(command, self.now)
        return self.wait()

    def wait(self) -> DialogueEnded | ConnectionLost:
        """Go on until nothing is due, and give the end of the command."""
        self.wait_until_quiet()
        return next(event for event in self.heard if isinstance(event, (DialogueEnded, ConnectionLost)))

    def wait_until_quiet(self) -> Counter:
        """Go on until nothing is due."""
        for _ in range(MANY_TURNS):
            self._exchange()
            times = (self.session.deadline(), self.terminal.deadline(), *self.held)
            due = min((time for time in times if time is not None), default=NEVER_S)
            if due >= NEVER_S:
                return self
            self.now = max(self.now, due)
            self.session.deadline_passed(self.now)
            self.terminal.deadline_passed(self.now)
        raise AssertionError("the dialogue does not end")

    def outcomes(self) -> list[TransactionResult]:
        return [event for event in self.heard if isinstance(event, TransactionResult)]

    def lines(self) -> list[str]:
        return [line for event in self.heard if isinstance(event, Receipt) for line in event.lines]

    def _exchange(self) -> None:
        while True:
            there = self.session.bytes_to_send()
            self.sent += there
            if self.plugged:
                self.terminal.receive(self.cable(there, True), self.now)
            back = self.terminal.bytes_to_send(self.now)
            self._plug()
            if self.plugged:
                self.arrive(self.cable(back, False))
            if not self._look() and not there and not back:
                return

    def arrive(self, data: bytes) -> None:
        """Bytes at the till."""
        self.buffer.space()[: len(data)] = data
        self.buffer.filled(len(data))
        self.session.receive(self.now)

    def _plug(self) -> None:
        if self.terminal.plugged and not self.plugged:
            self.session.connected(self.now)
            self.terminal.connected(self.now)
        elif self.plugged and not self.terminal.plugged:
            self.session.disconnected(DriverFact("wires.unplugged"), self.now)
            self.held.clear()
        self.plugged = self.terminal.plugged

    def _look(self) -> bool:
        """Take the session's events and accept what is due; True when something happened."""
        events = list(self.session.events())
        self.heard += events
        self.held += [
            self.now + self.accept_after_s
            for event in events
            if isinstance(event, (TransactionResult, Receipt))
        ]
        due = [at for at in self.held if at <= self.now]
        self.held = [at for at in self.held if at > self.now]
        for _ in due:
            self.session.acknowledge(self.now)
        return bool(events or due)
