"""Who is on this port? One harmless question for each protocol, and the signs of its answer.

Each protocol's question is in `drivers/NAME/probe.py`. No question touches money; each says why beside
it. We send no acknowledgement, and nothing that a terminal could take for one. A result that the
terminal still holds stays unanswered: either the payment's driver gets it later, or it is reversed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Final, Protocol

from drivers.card.secret import SecretBuffer
from drivers.driver import PROTOCOLS, SerialDefaults

# The longest answer that we read; a longer one is recognised much earlier.
LONGEST_ANSWER_BYTES: Final = 4096


class ProbeListener(Protocol):
    """Listens to the answer to one question.

    `known`: it is this protocol. `over`: no more bytes will matter. `holds_result`: without
    being asked, the terminal offered something that belongs to a payment.
    """

    known: bool
    over: bool
    holds_result: bool

    def receive(self) -> bytes:
        """Read the bytes in the buffer; returns the bytes to send now."""

    def finish(self) -> bytes:
        """The wait is over; returns the bytes that put the terminal to rest."""


@dataclass(frozen=True, slots=True)
class Probe:
    """One protocol's question: the bytes, the line settings and the listener.

    `rank` sets the order: the surest answer comes first, at 10. An answer of a single byte
    comes last, at 90.
    """

    protocol: str
    rank: int
    question: bytes
    listener: Callable[[SecretBuffer], ProbeListener]
    line: SerialDefaults


class SignListener:
    """Waits for a sign that only one protocol gives.

    `sign` may be anywhere in the answer. A `weak` sign is one byte that other protocols send
    too: it counts only if nothing else came. `result` is the start of an unasked message.
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
