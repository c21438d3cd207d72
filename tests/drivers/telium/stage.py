"""Our session and our terminal, joined by a wire that takes no time; and a session alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from drivers.card.card import Card, CardSealer, SecretBuffer
from drivers.driver import Options, WireKind
from drivers.simulator.core.bank import Bank
from drivers.simulator.core.script import parse
from drivers.simulator.core.terminal import Installation
from drivers.simulator.telium.terminal import make
from drivers.telium.driver import DRIVER
from drivers.telium.frame import encode_frame
from drivers.terminal import (
    Command,
    ConnectionLost,
    DialogueEnded,
    DriverFact,
    Event,
    Operation,
    SealedCard,
    TransactionResult,
)

STARTED = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
MANY_TURNS = 3000
ENQ, ACK, NAK, EOT = b"\x05", b"\x06", b"\x15", b"\x04"

SALE = Command(Operation.SALE, "A-1", 1010, 978, sequence=7)
REGISTER = Command(Operation.REGISTER)
STATUS = Command(Operation.STATUS)
E_PLUS, V3 = "e+", "v3"


class MaskingSealer(CardSealer):
    """Masks and wipes as the card sealer does; the context stands where the seal would."""

    def __init__(self) -> None:
        pass

    def seal_card(self, card: Card, context: str) -> SealedCard:
        masked = card.masked()
        card.wipe()
        return SealedCard(masked, sealed=context.encode())


@dataclass
class Solo:
    """A session without a terminal: bytes are put in and looked at by hand."""

    variant: str = E_PLUS
    quirks: frozenset[str] = frozenset()
    wire: WireKind = "serial"
    now: float = 0.0

    def __post_init__(self) -> None:
        self.buffer = SecretBuffer(DRIVER.buffer_bytes)
        options = Options(wire=self.wire, variant=self.variant, quirks=self.quirks)
        self.session = DRIVER.session(self.buffer, MaskingSealer(), options)
        self.session.connected(0.0)

    def start(self, command: Command = SALE) -> bytes:
        self.session.start(command, self.now)
        return self.session.bytes_to_send()

    def hears(self, data: bytes) -> bytes:
        space = self.buffer.space()
        space[: len(data)] = data
        self.buffer.filled(len(data))
        self.session.receive(self.now)
        return self.session.bytes_to_send()

    def hears_message(self, message: bytes) -> bytes:
        """ENQ, and the message when it was answered."""
        assert self.hears(ENQ) == ACK
        return self.hears(encode_frame(message))

    def accepts(self) -> bytes:
        self.session.acknowledge(self.now)
        return self.session.bytes_to_send()

    def waits(self, seconds: float) -> bytes:
        """Let the time pass, each deadline at its own time."""
        end, out = self.now + seconds, b""
        while (due := self.session.deadline()) is not None and due <= end:
            self.now = max(self.now, due)
            self.session.deadline_passed(self.now)
            out += self.session.bytes_to_send()
        self.now = end
        return out

    def events(self) -> list[Event]:
        return list(self.session.events())

    def running(self, command: Command = SALE) -> bytes:
        """Start a payment and bring its message to the terminal; gives the message's frame."""
        assert self.start(command) == ENQ
        frame = self.hears(ACK)
        assert self.hears(ACK) == EOT
        return frame


@dataclass
class Counter:
    """A till's counter with a simulated terminal."""

    script: str = ""
    variant: str = E_PLUS
    quirks: frozenset[str] = frozenset()
    cut: int = 0  # bytes that arrive together; 0 is all
    harm: Callable[[bytes], bytes] = bytes  # what the line does to what the terminal sends
    harm_there: Callable[[bytes], bytes] = bytes  # and to what the till sends
    acknowledges: bool = True
    now: float = 0.0
    heard: list[Event] = field(default_factory=list)
    accepted: list[TransactionResult] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.bank = Bank()
        self.terminal = make(Installation(self.bank, STARTED, parse(self.script), variant=self.variant))
        self.buffer = SecretBuffer(DRIVER.buffer_bytes)
        options = Options(variant=self.variant, quirks=self.quirks)
        self.session = DRIVER.session(self.buffer, MaskingSealer(), options)
        self.resolver = DRIVER.resolver(options)
        self.session.connected(0.0)
        self.plugged = True

    def perform(self, command: Command = SALE) -> DialogueEnded | ConnectionLost:
        """The end of one command."""
        self.heard.clear()
        self.session.start(command, self.now)
        self._until(lambda: any(isinstance(event, DialogueEnded | ConnectionLost) for event in self.heard))
        return next(event for event in self.heard if isinstance(event, DialogueEnded | ConnectionLost))

    def idle(self, seconds: float) -> None:
        """The line is open and nothing is asked."""
        end = self.now + seconds
        self._until(lambda: self.now >= end, end)

    def outcomes(self) -> list[TransactionResult]:
        return [event for event in self.heard if isinstance(event, TransactionResult)]

    def _until(self, done: Callable[[], bool], end: float | None = None) -> None:
        for _ in range(MANY_TURNS):
            self._exchange()
            if done():
                return
            times = (self.session.deadline(), self.terminal.deadline(), end)
            self.now = max(self.now, min(time for time in times if time is not None))
            self.session.deadline_passed(self.now)
            self.terminal.deadline_passed(self.now)
        raise AssertionError("the dialogue does not end")

    def _exchange(self) -> None:
        while True:
            there = self.session.bytes_to_send()
            if self.plugged and there:
                self.terminal.receive(self.harm_there(there), self.now)
            back = self.terminal.bytes_to_send(self.now)
            self._look_at_plug()
            if self.plugged:
                self._give(self.harm(back))
            events = list(self.session.events())
            self.heard += events
            for event in events:
                if isinstance(event, TransactionResult) and self.acknowledges:
                    self.accepted.append(event)
                    self.session.acknowledge(self.now)
            if not there and not back and not events:
                return

    def _give(self, data: bytes) -> None:
        step = self.cut or len(data) or 1
        for at in range(0, len(data), step):
            part = data[at : at + step]
            self.buffer.space()[: len(part)] = part
            self.buffer.filled(len(part))
            self.session.receive(self.now)

    def _look_at_plug(self) -> None:
        if self.plugged and not self.terminal.plugged:
            self.session.disconnected(DriverFact("wires.unplugged"), self.now)
        elif self.terminal.plugged and not self.plugged:
            self.session.connected(self.now)
        self.plugged = self.terminal.plugged
