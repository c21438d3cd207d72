"""What the session needs of a line: one with a dialogue around each message, or a bare one."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum, auto
from typing import Final, Protocol

from drivers.dialogue import DialogueLine
from drivers.terminal import SIMULATOR_SOFTWARE

# A simulator's hello is short; what begins like one and is longer is none.
MOST_HELLO_CHARS: Final = 40
SIMULATOR: Final = SIMULATOR_SOFTWARE.encode("ascii")


class TeliumSendReport(Enum):
    """What became of a dialogue that `send` began, or of the line."""

    POLLED = auto()  # the terminal answered ENQ, and there was nothing to send
    DELIVERED = auto()  # the terminal acknowledged the message
    UNCONFIRMED = auto()  # the message left and was not acknowledged
    REFUSED = auto()  # the terminal answered each copy of the message with NAK
    BUSY = auto()  # it answered ENQ with NAK to the end
    SILENT = auto()  # it did not answer ENQ
    DAMAGED = auto()  # its message came damaged again and again


class Line(DialogueLine, Protocol):
    """What the session needs of a line: `drivers.telium.line.TeliumLine` or `drivers.telium.bare.BareLine`.

    `left`: a byte of the message that `send` was given last has left. `ended_well`: the terminal has
    shown that it took our acknowledgement of its last message.
    """

    left: bool
    ended_well: bool

    def send(self, message: bytes | None, now: float) -> None:
        """Begin a dialogue as soon as the line is free; None only asks whether the terminal answers."""

    def acknowledge(self, now: float) -> None:
        """The message that was given last is safe. Without one that waits, nothing."""

    def drop(self, now: float) -> None:
        """The message that was given last is not acknowledged."""

    def receive(self, now: float) -> Iterator[memoryview]:
        """Take what has arrived; each message is to be read before the next one is asked for."""

    def ripe(self, now: float) -> Iterator[memoryview]:
        """Messages that are whole since the time has passed."""

    def last_words(self, now: float) -> Iterator[memoryview]:
        """The line is gone: messages that are whole by that."""

    def name_of_simulator(self, message: memoryview) -> memoryview | None:
        """The software that a simulator names in this message; None for any other message."""

    def reports(self) -> Iterator[TeliumSendReport]:
        """Drain what became of our dialogues."""

    def deadline_passed(self, now: float) -> None:
        """The time has come."""


def names_simulator(text: memoryview) -> bool:
    """Whether a text is the name of our simulator's software."""
    return len(text) <= MOST_HELLO_CHARS and bytes(text[: len(SIMULATOR)]) == SIMULATOR
