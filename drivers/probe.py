"""Who is on this port? One harmless question for each protocol, and how its answer is known.

Each protocol's own is `drivers/NAME/probe.py`. No question touches money; each
says why beside it. Nothing that is said is an acknowledgement, nor could a terminal take
it for one: a result that it still holds is left unanswered and stays the terminal's, and
the payment's driver gets it or it is reversed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Final, Protocol

from drivers.card.secret import SecretBuffer
from drivers.driver import PROTOCOLS, SerialDefaults

# The longest answer looked at; a terminal that says more is known long before.
LONGEST_ANSWER_BYTES: Final = 4096


class ProbeListener(Protocol):
    """Listens to the answer to one question.

    `known`: it is this protocol. `over`: nothing more is to be heard. `holds_result`:
    the terminal offered something of its own accord that belongs to a payment.
    """

    known: bool
    over: bool
    holds_result: bool

    def receive(self) -> bytes:
        """Look at what has come into the buffer; gives what to say to it now."""

    def finish(self) -> bytes:
        """The wait is over; gives what puts the terminal to rest."""


@dataclass(frozen=True, slots=True)
class Probe:
    """One protocol's question: what is sent, on which line, and who listens.

    `rank` is when it is asked: the surest answer first, at 10;
    last, at 90, the one that is a single byte.
    """

    protocol: str
    rank: int
    question: bytes
    listener: Callable[[SecretBuffer], ProbeListener]
    line: SerialDefaults


class SignListener:
    """Waits for a sign that only one protocol gives.

    `sign` is looked for in all that was heard. A `weak` sign is one byte that others
    say too: it counts only when it stayed alone. `result` is the start of a message
    that nobody asked for.
    """

    def __init__(
        self,
        buffer: SecretBuffer,
        sign: re.Pattern[bytes],
        *,
        result: re.Pattern[bytes] | None = None,
        weak: bool = False,
        closing_bytes: bytes = b"",
    ) -> None:
        self._buffer = buffer
        self._sign = sign
        self._result = result
        self._weak = weak
        self._closing_bytes = closing_bytes
        self.known = self.over = self.holds_result = False

    def receive(self) -> bytes:
        heard = self._buffer.view[self._buffer.start : self._buffer.end]
        if self._result is not None and self._result.search(heard):
            self.known = self.over = self.holds_result = True
        elif not self._weak and self._sign.search(heard):
            self.known = self.over = True
        return b""

    def finish(self) -> bytes:
        heard = self._buffer.view[self._buffer.start : self._buffer.end]
        if self._weak and not self.over:
            self.known = self._sign.fullmatch(heard) is not None
        return self._closing_bytes if self.known and not self.holds_result else b""


def probes() -> tuple[Probe, ...]:
    """Every protocol's question, in the order in which they are asked."""
    found = [import_module(f"drivers.{name}.probe").PROBE for name in PROTOCOLS]
    return tuple(sorted(found, key=lambda probe: (probe.rank, probe.protocol)))
