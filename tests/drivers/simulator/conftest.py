"""Tills to hold against the simulated terminal: one speaks packets, one speaks over a line."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from drivers.card.card import Card, CardSealer, SecretBuffer
from drivers.simulator.core.bank import Bank
from drivers.simulator.core.faults import Faults
from drivers.simulator.core.script import parse
from drivers.simulator.core.trace import Trace
from drivers.simulator.zvt.device import SimulatedDevice
from drivers.simulator.zvt.steps import Effect, ZvtGone
from drivers.simulator.zvt.terminal import SimulatedTerminal
from drivers.terminal import SealedCard
from drivers.zvt.line import ZvtSerialLine
from drivers.zvt.packet import (
    POSITIVE,
    Authorisation,
    Charset,
    Registration,
    ZvtAnswer,
    ZvtCardBinding,
    ZvtPacket,
    decode,
    encode,
)

STARTED = datetime(2025, 3, 1, 12, 0, 0, tzinfo=UTC)
# More turns than any dialogue has; a test that needs more hangs.
MANY_TURNS = 500

Policy = Callable[[ZvtPacket], ZvtAnswer | None]


def yes(_packet: ZvtPacket) -> ZvtAnswer | None:
    return POSITIVE


class Till:
    """Speaks packets with a terminal and answers each command of it by a policy; time jumps."""

    def __init__(self, script: str = "", bank: Bank | None = None, seed: int = 0) -> None:
        self.bank = bank or Bank()
        self.terminal = SimulatedTerminal(self.bank, parse(script), started=STARTED, seed=seed)
        self.now = 0.0
        self.gone: list[ZvtGone] = []

    def register(self, config: int = 0xBE, commands: tuple[int, ...] = (0x06D3,)) -> list[ZvtPacket]:
        return self.run(Registration(123456, config, 978, permitted_commands=commands))

    def pay(self, amount: int = 1010, answer: Policy = yes) -> list[ZvtPacket]:
        return self.run(Authorisation(amount, 978), answer)

    def run(self, command: ZvtPacket, answer: Policy = yes) -> list[ZvtPacket]:
        """All that the terminal says until it is at rest, or waits for nothing more."""
        heard: list[ZvtPacket] = []
        waiting = self.say(command)
        for _ in range(MANY_TURNS):
            if not waiting:
                due = self.terminal.deadline()
                if due is None:
                    return heard
                waiting = self.wait_until(due)
                continue
            packet = waiting.pop(0)
            heard.append(packet)
            reply = None if isinstance(packet, ZvtAnswer) else answer(packet)
            if reply is not None:
                waiting += self.say(reply)
        raise AssertionError("the dialogue does not end")

    def say(self, packet: ZvtPacket) -> list[ZvtPacket]:
        self.now += 0.01
        return self._packets(self.terminal.receive(packet, self.now))

    def wait_until(self, now: float) -> list[ZvtPacket]:
        self.now = now
        return self._packets(self.terminal.deadline_passed(now))

    def _packets(self, effects: list[Effect]) -> list[ZvtPacket]:
        self.gone += [effect for effect in effects if isinstance(effect, ZvtGone)]
        return [effect.packet for effect in effects if not isinstance(effect, ZvtGone)]


class Shredder(CardSealer):
    """Tests of the terminal do not look at cards."""

    def __init__(self) -> None:
        pass

    def seal_card(self, card: Card, context: str) -> SealedCard:
        card.wipe()
        return SealedCard(context)


class LineTill:
    """Speaks frames with a device over a wire that takes no time."""

    def __init__(self, script: str = "") -> None:
        parsed = parse(script)
        self.bank = Bank()
        self.lines: list[str] = []
        terminal = SimulatedTerminal(self.bank, parsed, started=STARTED)
        self.device = SimulatedDevice(
            terminal, faults=Faults(parsed.faults), trace=Trace(self.lines.append, stuffed=True)
        )
        self.buffer = SecretBuffer(1 << 17)
        self.line = ZvtSerialLine(self.buffer)
        self.now = 0.0
        self.outages: list[float] = []

    def register(self) -> list[ZvtPacket]:
        return self.run(Registration(123456, 0xBE, 978, permitted_commands=(0x06D3,)))

    def pay(self, amount: int = 1010, answer: Policy = yes) -> list[ZvtPacket]:
        return self.run(Authorisation(amount, 978), answer)

    def run(self, command: ZvtPacket | None, answer: Policy = yes) -> list[ZvtPacket]:
        """Say the command and answer until both sides have nothing to wait for."""
        heard: list[ZvtPacket] = []
        if self.line.trouble is not None:
            self.line.reset(self.now)
        if command is not None:
            self.line.send(encode(command), self.now)
        for _ in range(MANY_TURNS):
            self._exchange(heard, answer)
            times = [time for time in (self.line.deadline(), self.device.deadline()) if time is not None]
            if not times:
                return heard
            self.now = max(self.now, min(times))
            self.line.deadline_passed(self.now)
            self.device.deadline_passed(self.now)
        raise AssertionError("the dialogue does not end")

    def _exchange(self, heard: list[ZvtPacket], answer: Policy) -> None:
        """Bytes there and back until both are silent."""
        while True:
            plugged = self.device.plugged
            there = self.line.bytes_to_send()
            if plugged:
                self.device.receive(there, self.now)
            back = self.device.bytes_to_send(self.now)
            if plugged and not self.device.plugged:
                self.outages.append(self.now)
                self.line.reset(self.now)
            if not there and not back:
                return
            self._hear(back, heard, answer)

    def _hear(self, data: bytes, heard: list[ZvtPacket], answer: Policy) -> None:
        self.buffer.space()[: len(data)] = data
        self.buffer.filled(len(data))
        for apdu in self.line.receive(self.now):
            packet = decode(apdu, ZvtCardBinding(Shredder(), ""), Charset.CP437)
            heard.append(packet)
            reply = None if isinstance(packet, ZvtAnswer) else answer(packet)
            if reply is not None:
                self.line.send(encode(reply), self.now)


@pytest.fixture
def till() -> Till:
    """A registered till at a terminal that behaves."""
    made = Till()
    made.register()
    return made


@pytest.fixture
def till_with() -> Callable[[str], Till]:
    """A registered till at a terminal with this script."""

    def make(script: str) -> Till:
        made = Till(script)
        made.register()
        return made

    return make


@pytest.fixture
def line_till_with() -> Callable[[str], LineTill]:
    """A registered till on a line with this script."""

    def make(script: str) -> LineTill:
        made = LineTill(script)
        made.register()
        return made

    return make


@pytest.fixture
def examples() -> Path:
    """The scripts that are shipped."""
    return Path(__file__).parents[3] / "config" / "simulator"
