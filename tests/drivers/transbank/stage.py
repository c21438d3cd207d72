"""What the Transbank tests stand on: a counter with our session and our terminal, and one written by hand.

Time is a number that only the test moves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime

from drivers.card.card import SecretBuffer
from drivers.driver import Options
from drivers.simulator.core.bank import Bank
from drivers.simulator.core.script import parse
from drivers.simulator.core.terminal import Installation
from drivers.simulator.transbank.terminal import make
from drivers.terminal import (
    Command,
    ConnectionLost,
    DialogueEnded,
    DriverFact,
    Event,
    Operation,
    Receipt,
    Result,
    TransactionResult,
)
from drivers.transbank.commands import PESO
from drivers.transbank.driver import DRIVER
from drivers.transbank.frame import encode_frame
from drivers.transbank.packet import ticket
from tests.drivers.zvt.stage import card_sealer

STARTED = datetime(2025, 3, 1, 12, 0, 0, tzinfo=UTC)
# More turns than the longest dialogue with all its repeats.
MANY_TURNS = 2000
PESOS = "[terminal]\ncurrency = 152\n"
ACK, NAK = b"\x06", b"\x15"

SALE = Command(Operation.SALE, "till 1", 25000, PESO, sequence=4711)
TICKET = ticket(4711)
POLL = encode_frame(b"0100")
SALE_FRAME = encode_frame(f"0200|25000|{TICKET}|||1|".encode())


# What a wire makes of the bytes that are put on it.
Wire = Callable[[bytes], bytes]


class Counter:
    """Our session and our terminal, joined by a wire that takes no time."""

    def __init__(
        self, script: str = "", bank: Bank | None = None, quirks: Iterable[str] = (), piece: int = 4096
    ) -> None:
        self.now = 0.0
        self.bank = bank or Bank()
        orders = parse(script)
        if "[terminal]" not in script:
            orders = replace(orders, terminal=replace(orders.terminal, currency=PESO))
        self.terminal = make(Installation(self.bank, STARTED, orders))
        self.buffer = SecretBuffer(DRIVER.buffer_bytes)
        self.session = DRIVER.session(
            self.buffer, card_sealer(), Options(currency=PESO, quirks=frozenset(quirks))
        )
        self.session.connected(0.0)
        self.heard: list[Event] = []
        self.to_terminal = bytearray()
        self.to_till = bytearray()
        self.accepts = True
        self.plugged = True
        self.there: Wire = bytes
        self.back: Wire = bytes
        self._piece = piece

    def perform(self, command: Command) -> DialogueEnded | ConnectionLost:
        """The end of one command; then the line is heard out until both sides rest."""
        self.heard.clear()
        self.session.start(command, self.now)
        self.hear_out()
        return next(event for event in self.heard if isinstance(event, (DialogueEnded, ConnectionLost)))

    def result(self) -> Result:
        """The one result of the command performed last."""
        (outcome,) = self.outcomes()
        return outcome.result

    def outcomes(self) -> list[TransactionResult]:
        return [event for event in self.heard if isinstance(event, TransactionResult)]

    def late(self) -> list[Result]:
        return [outcome.result for outcome in self.outcomes() if outcome.late]

    def hear_out(self, until: float = 1e9) -> None:
        for _ in range(MANY_TURNS):
            self.exchange()
            times = [self.session.deadline(), self.terminal.deadline()]
            due = min((time for time in times if time is not None), default=1e9)
            if due >= until:
                return
            self.now = max(self.now, due)
            self.session.deadline_passed(self.now)
            self.terminal.deadline_passed(self.now)
        raise AssertionError("the dialogue does not end")

    def exchange(self) -> None:
        """Bytes there and back, events taken and accepted, until both are silent."""
        while True:
            there = self.session.bytes_to_send()
            if self.plugged and self.terminal.plugged:
                self.to_terminal += there
                self.terminal.receive(self.there(there), self.now)
            back = self.back(self.terminal.bytes_to_send(self.now))
            self._look_at_plug()
            if self.plugged:
                self.to_till += back
                self.feed(back)
            if not self._take_events() and not there and not back:
                return

    def feed(self, data: bytes) -> None:
        """Bytes on the till's end, in pieces."""
        for at in range(0, len(data), self._piece):
            part = data[at : at + self._piece]
            self.buffer.space()[: len(part)] = part
            self.buffer.filled(len(part))
            self.session.receive(self.now)

    def _look_at_plug(self) -> None:
        if self.plugged and not self.terminal.plugged:
            self.session.disconnected(DriverFact("wires.unplugged"), self.now)
            self.plugged = False
        elif self.terminal.plugged and not self.plugged:
            self.session.connected(self.now)
            self.plugged = True

    def _take_events(self) -> bool:
        events = list(self.session.events())
        self.heard += events
        for event in events:
            if isinstance(event, (TransactionResult, Receipt)) and self.accepts:
                self.session.acknowledge(self.now)
        return bool(events)


class ByHand:
    """A session whose terminal says what the test tells it to."""

    def __init__(self, quirks: Iterable[str] = ()) -> None:
        self.now = 0.0
        self.buffer = SecretBuffer(DRIVER.buffer_bytes)
        self.session = DRIVER.session(
            self.buffer, card_sealer(), Options(currency=PESO, quirks=frozenset(quirks))
        )
        self.session.connected(0.0)

    def start(self, command: Command) -> bytes:
        """What the terminal hears when the command begins and the poll is answered."""
        self.session.start(command, self.now)
        assert self.session.bytes_to_send() == encode_frame(b"0100")
        self.says(ACK)
        return self.session.bytes_to_send()

    def says(self, *pieces: bytes | str) -> list[Event]:
        """The terminal's bytes, all in one read; texts are framed. Gives what the session makes of it."""
        data = b"".join(
            piece if isinstance(piece, bytes) else encode_frame(piece.encode("latin-1")) for piece in pieces
        )
        if data:
            self.buffer.space()[: len(data)] = data
            self.buffer.filled(len(data))
            self.session.receive(self.now)
        return list(self.session.events())

    def hears(self) -> bytes:
        return self.session.bytes_to_send()

    def wait(self, seconds: float) -> list[Event]:
        """Time passes, with every deadline that lies in it."""
        end = self.now + seconds
        while (deadline := self.session.deadline()) is not None and deadline <= end:
            self.now = max(self.now, deadline)
            self.session.deadline_passed(self.now)
        self.now = end
        return list(self.session.events())

    def acknowledge(self) -> bytes:
        self.session.acknowledge(self.now)
        return self.session.bytes_to_send()


def sale_answer(code: str = "00", order: str = TICKET, amount: int = 25000, **more: str) -> str:
    """A 0210 (or, with `function`, a 0260) as reference 4 has it."""
    fields = [more.get("function", "0210"), code, "597029414300", more.get("terminal", "75001637"), order]
    fields += ["252985", str(amount), "0", "", "0461", more.get("operation", "000123"), "CR", ""]
    fields += [more.get("account", ""), "VI", more.get("date", "01032025"), more.get("time", "120100"), "0"]
    return "|".join([*fields, more.get("tip", "0"), "", ""])


def paying() -> ByHand:
    """The terminal has acknowledged a sale."""
    hand = ByHand()
    assert hand.start(SALE) == SALE_FRAME
    assert hand.says(ACK) == []
    return hand


def outcomes(events: list[Event]) -> list[TransactionResult]:
    return [event for event in events if isinstance(event, TransactionResult)]


def end(events: list[Event]) -> DialogueEnded | ConnectionLost:
    (one,) = [event for event in events if isinstance(event, DialogueEnded | ConnectionLost)]
    return one
