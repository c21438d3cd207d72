"""The cable between agent and terminal: a serial line or a TCP connection, with what can befall it.

What is written at once is one piece. Pieces never overtake each other; those that
arrive together are read together.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.simulation.plan import Fault, Way
from tests.support.cable_end import CableEnd

if TYPE_CHECKING:
    from tests.simulation.outside import Outside

# One way. Anything above zero: an answer must not come before the call has returned.
CABLE_S = 0.001


class Cable:
    """Both ways. `end` is the agent's end while it has the port open."""

    def __init__(self, outside: Outside, *, tcp: bool) -> None:
        self._outside = outside
        self._tcp = tcp
        self.end: CableEnd | None = None
        self.frozen_until: float | None = None
        self._silent_until = self._out_until = 0.0
        self._ways: dict[Way, list[tuple[float, bytes, str]]] = {"to_terminal": [], "to_till": []}

    @property
    def plugged(self) -> bool:
        """Whether the agent finds a port."""
        return self._outside.device.plugged and self._outside.now >= self._out_until

    def carry(self, way: Way, data: bytes, owner: str = "") -> None:
        """A piece begins its way; `owner` is the payment id that it is sent for."""
        outside = self._outside
        at = outside.now + CABLE_S
        fault = outside.armed(way)
        if outside.now < self._silent_until or not self.plugged:
            return
        if fault is None:
            self._queue(way, at, data, owner)
        elif fault.what in {"unplug", "silence", "reboot", "freeze"}:
            self._rough(fault, way, data, owner)
        else:
            self._harm(fault, way, at, data, owner)

    def deliver(self) -> None:
        """What has arrived by now."""
        now = self._outside.now
        if self.frozen_until is not None and now >= self.frozen_until:
            self.frozen_until = None
        for way, pieces in self._ways.items():
            if way == "to_terminal" and self.frozen_until is not None:
                continue
            while pieces and pieces[0][0] <= now:
                _, data, owner = pieces.pop(0)
                while way == "to_till" and pieces and pieces[0][0] <= now:
                    data += pieces.pop(0)[1]
                self._arrive(way, data, owner)

    def deadline(self) -> float | None:
        """When the next piece arrives, or the terminal wakes."""
        to_terminal, to_till = self._ways["to_terminal"], self._ways["to_till"]
        times = [pieces[0][0] for pieces in (to_terminal, to_till) if pieces]
        if self.frozen_until is not None:
            times = [self.frozen_until, *(to_till[0][0] for _ in to_till[:1])]
        return min(times, default=None)

    def opened(self, end: CableEnd) -> None:
        """The agent opened the port: on TCP a fresh connection, and nothing comes of an older one."""
        self.end = end
        if self._tcp:
            self._ways["to_till"].clear()
            self._ways["to_terminal"].clear()
            self._outside.device.connected(self._outside.now)
            self._outside.collect()

    def lose_end(self, reason: str) -> None:
        """The agent is told that its end is gone, and what was on its way is lost."""
        if self.end is not None:
            self._outside.tell("lost", reason)
            self.end.lose()
            self.end = None
        self._ways["to_till"].clear()

    def mend(self) -> None:
        """From here on it is a good cable."""
        self._silent_until = min(self._silent_until, self._outside.now)
        self._out_until = min(self._out_until, self._outside.now)

    def _queue(self, way: Way, at: float, data: bytes, owner: str) -> None:
        pieces = self._ways[way]
        pieces.append((max(at, pieces[-1][0]) if pieces else at, data, owner))

    def _arrive(self, way: Way, data: bytes, owner: str) -> None:
        if way == "to_till":
            if self.end is not None:
                self.end.bring(data)
            return
        if self._outside.device.plugged:
            if owner:
                self._outside.bank.heard_from = owner
            self._outside.device.receive(data, self._outside.now)

    def _rough(self, fault: Fault, way: Way, data: bytes, owner: str) -> None:
        until = self._outside.now + fault.seconds
        match fault.what:
            case "unplug":
                self._out_until = until
                self._ways["to_terminal"].clear()
                self.lose_end("unplugged")
            case "silence":
                self._silent_until = until
            case "reboot":
                self._outside.reboot_terminal(fault.seconds)
            case _:
                self._queue(way, self._outside.now + CABLE_S, data, owner)
                self.frozen_until = until

    def _harm(self, fault: Fault, way: Way, at: float, data: bytes, owner: str) -> None:
        place = fault.size % len(data)
        match fault.what:
            case "lose":
                pass
            case "cut_short":
                self._queue(way, at, data[:place] or data[:1], owner)
            case "damage":
                bad = bytes((data[place] ^ 1 << fault.size % 8,))
                self._queue(way, at, data[:place] + bad + data[place + 1 :], owner)
            case "repeat":
                self._outside.bank.stray_answers = True
                self._queue(way, at, data, owner)
                self._queue(way, at + fault.seconds, data, owner)
            case "delay":
                self._queue(way, at + fault.seconds, data, owner)
            case "split":
                self._queue(way, at, data[:place], owner)
                self._queue(way, at + fault.seconds, data[place:], owner)
            case _:
                noise = bytes(self._outside.dice.randrange(256) for _ in range(fault.size))
                self._queue(way, at, noise + data, owner)


class PaymentsEnd(CableEnd):
    """`owner` tells for which payment it speaks."""

    def __init__(self, outside: Outside, owner: Callable[[], str]) -> None:
        super().__init__()
        self._outside = outside
        self._owner = owner

    @property
    def _there(self) -> bool:
        return self._outside.cable.plugged

    def _opened(self) -> None:
        self._outside.cable.opened(self)

    def _closed(self) -> None:
        if self._outside.cable.end is self:
            self._outside.cable.end = None

    def _send(self, data: bytes) -> None:
        outside = self._outside
        try:
            outside.touch()
            outside.tell("till", len(data), zlib.crc32(data))
            outside.cable.carry("to_terminal", data, self._owner())
            outside.touch()
        except OSError:
            pass
