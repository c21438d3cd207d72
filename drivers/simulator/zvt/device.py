"""A simulated terminal with its line: bytes in, bytes out, the time as an argument.

The process puts it behind a pty or a socket; a deterministic world joins it to
the agent's own session directly.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from drivers.card.card import Card, CardSealer, SecretBuffer
from drivers.simulator.core.behaviour import Harm, Side
from drivers.simulator.core.faults import Faults, damaged
from drivers.simulator.core.trace import Trace
from drivers.simulator.core.units import Cutter, SerialCutter, TcpCutter
from drivers.simulator.zvt.steps import Effect, ZvtGone, ZvtSend
from drivers.simulator.zvt.terminal import SimulatedTerminal
from drivers.terminal import ProtocolError, SealedCard
from drivers.zvt.frame import BUFFER_BYTES
from drivers.zvt.line import ZvtLine, ZvtSerialLine, ZvtTcpLine
from drivers.zvt.packet import UNKNOWN_COMMAND, ZvtAnswer, ZvtCardBinding, decode, encode


class _Shredder(CardSealer):
    """A terminal never gets a card from the till; if it did, the card would be wiped."""

    def __init__(self) -> None:
        pass

    def seal_card(self, card: Card, context: str) -> SealedCard:  # noqa: ARG002 - nothing is kept to bind
        card.wipe()
        return SealedCard("")


_BINDING: Final = ZvtCardBinding(_Shredder(), "")


class SimulatedDevice:
    """One terminal on one line. `plugged` is False while the port itself is gone."""

    def __init__(
        self, terminal: SimulatedTerminal, *, tcp: bool = False, faults: Faults, trace: Trace | None = None
    ) -> None:
        self.terminal = terminal
        self.terminal.hangs_up = self._tcp = tcp
        self.plugged = True
        self._buffer = SecretBuffer(BUFFER_BYTES)
        self._line: ZvtLine = ZvtTcpLine(self._buffer) if tcp else ZvtSerialLine(self._buffer)
        cutter = TcpCutter if tcp else SerialCutter
        self._cutters: dict[Side, Cutter] = {side: cutter() for side in Side}
        self._faults = faults
        self._trace = trace
        self._out = bytearray()
        self._last_answer = ZvtSend(UNKNOWN_COMMAND)
        self._leaving: ZvtGone | None = None
        self._gone_until: float | None = None
        self._was_under_way = False

    def connected(self, now: float) -> None:
        """The till opened a fresh connection (TCP)."""
        self._line.reset(now)
        self._apply(self.terminal.line_back(now), now)
        self._look_at_line(now)

    def receive(self, data: bytes, now: float) -> None:
        """Bytes came from the till."""
        data = self._over_the_line(Side.TILL, data, now)
        while data and self._gone_until is None:
            space = self._buffer.space()
            part = data[: len(space)]
            space[: len(part)] = part
            self._buffer.filled(len(part))
            self._receive(now)
            self._look_at_line(now)
            data = data[len(part) :]

    def bytes_to_send(self, now: float) -> bytes:
        """What goes to the till now; given once."""
        self._collect(now)
        out = bytes(self._out)
        self._out.clear()
        return out

    def deadline(self) -> float | None:
        """When `deadline_passed` wants to be called, or None."""
        line = self._line.deadline() if self._gone_until is None else None
        times = [time for time in (line, self.terminal.deadline(), self._gone_until) if time is not None]
        return min(times, default=None)

    def deadline_passed(self, now: float) -> None:
        """The time has come: for the line, for the terminal, or to be back."""
        if self._gone_until is not None and now >= self._gone_until:
            self._come_back(now)
        if self._gone_until is None:
            self._line.deadline_passed(now)
        under_way = self._under_way
        effects = self.terminal.deadline_passed(now, under_way=under_way)
        if under_way and (effects or not self.terminal.waits_for_answer):
            self._line.reset(now)  # the terminal has given up, so the line has nothing left to repeat
        self._apply(effects, now)
        self._look_at_line(now)

    def restart(self, seconds: float, now: float) -> None:
        """The power fails for so long."""
        if self._gone_until is None:
            self._leave(self.terminal.restart(seconds), now)

    def close(self) -> None:
        """Wipe the buffer and give it back."""
        self._buffer.close()

    def _receive(self, now: float) -> None:
        for apdu in self._line.receive(now):
            if self._leaving is not None and self._line.idle:
                # The plug is out: what came behind the acknowledgement was neither heard nor acknowledged.
                self._line.bytes_to_send()
                continue
            if self._line.repeated and self._began:
                self._apply([self._last_answer], now)
            else:
                self._apply(self._understand(apdu, now), now)

    @property
    def _began(self) -> bool:
        """The last command was taken up, so its repeat is not a new one; a refused one may be tried again."""
        answer = self._last_answer.packet
        return isinstance(answer, ZvtAnswer) and answer.positive

    def _understand(self, apdu: memoryview, now: float) -> list[Effect]:
        try:
            packet = decode(apdu, _BINDING, self.terminal.memory.setup.character_set)
        except ProtocolError:
            return [ZvtSend(UNKNOWN_COMMAND)]
        return self.terminal.receive(packet, now)

    def _apply(self, effects: Sequence[Effect], now: float) -> None:
        memory = self.terminal.memory
        for effect in effects:
            if self._leaving is not None or self._gone_until is not None:
                return  # nobody hears it
            if isinstance(effect, ZvtGone):
                self._leaving = effect
                return
            if isinstance(effect.packet, ZvtAnswer):
                self._last_answer = effect
            if self._trace is not None and memory.card is not None:
                self._trace.hide(memory.card)
            self._line.send(encode(effect.packet, memory.setup.character_set, effect.fields), now)

    @property
    def _under_way(self) -> bool:
        """The till cannot answer yet: the line is still busy bringing it the question."""
        return self.terminal.waits_for_answer and not self._line.idle

    def _look_at_line(self, now: float) -> None:
        """Leave once the last message has arrived: the script says what the till has seen."""
        if self._was_under_way and not self._under_way:
            self.terminal.delivered(now)
        self._was_under_way = self._under_way
        failed = self._line.trouble is not None
        if self._leaving is not None and (failed or self._line.idle):
            self._leave(self._leaving, now)
        elif failed:
            self._line.reset(now)
            self._apply(self.terminal.line_failed(now), now)

    def _leave(self, gone: ZvtGone, now: float) -> None:
        self._collect(now)
        self._line.reset(now)
        self._leaving = None
        self._gone_until = now + gone.seconds
        self.plugged = gone.reboot

    def _come_back(self, now: float) -> None:
        self._line.reset(now)
        self._gone_until = None
        self.plugged = True
        if not self._tcp:  # there the till has to connect first
            self._apply(self.terminal.line_back(now), now)

    def _collect(self, now: float) -> None:
        self._out += self._over_the_line(Side.TERMINAL, self._line.bytes_to_send(), now)

    def _over_the_line(self, side: Side, data: bytes, now: float) -> bytes:
        """Record the units and harm them; without faults the bytes pass as they come."""
        cutter, kept = self._cutters[side], bytearray()
        for unit in cutter.cut(data):
            harm = self._faults.harm_of(side, unit, cutter.control(unit))
            if self._trace is not None:
                self._trace.record(now, side, unit, harm)
            if harm is not Harm.DROP:
                kept += unit if harm is None else damaged(unit)
        return bytes(kept) if self._faults else data
